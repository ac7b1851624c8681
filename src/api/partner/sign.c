/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of P-14: METHOD, PATH, canonical query, SHA-256 of the body, timestamp, nonce. */
#include "api/partner/partner.h"
#include "api/wire/base64.h"
#include "base/hex.h"
#include "crypto/hash.h"

#define QUERY_PARTS_MAX 32

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "b=2&a=1" to "a=1&b=2": keys ascending. Both ends send RFC 3986 encoding, so sorting the encoded
 * parts is sorting the keys. */
static const char *canonical_query(const char *query, struct arena *arena)
{
    char *copy = arena_strdup(arena, query ? query : "");
    char *out = arena_alloc(arena, strlen(query ? query : "") + 2);
    char *parts[QUERY_PARTS_MAX];
    char *rest = copy;
    size_t n = 0;
    size_t at = 0;

    if (!copy || !out)
        return NULL;
    while (rest && n < QUERY_PARTS_MAX) {
        char *part = strsep(&rest, "&");

        if (part[0] != '\0')
            parts[n++] = part;
    }
    if (rest)
        return NULL;
    qsort(parts, n, sizeof parts[0], by_text);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(parts[i]);

        if (i > 0)
            out[at++] = '&';
        memcpy(out + at, parts[i], len);
        at += len;
    }
    out[at] = '\0';
    return out;
}

enum xk_err partner_signature_of(const struct partner_to_sign *w, const char *algorithm,
                                 struct bytes secret, struct arena *arena, char out[64])
{
    const char *query = canonical_query(w->query, arena);
    char digest_hex[HEX_LEN(HASH_LEN)];
    uint8_t digest[HASH_LEN];
    char *text;
    struct buf b;

    if (!query)
        return XK_E_LIMIT;
    TRY(hash_digest(HASH_SHA256, w->body, digest));
    hex_encode_lower(BYTES_OF(digest), digest_hex);
    text = arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", w->method, w->path, query, digest_hex,
                        w->timestamp, w->nonce);
    if (!text)
        return XK_E_NOMEM;
    TRY(hash_hmac(strcmp(algorithm, "HMAC-SM3") == 0 ? HASH_SM3 : HASH_SHA256, secret,
                  bytes_cstr(text), digest));
    buf_init_fixed(&b, out, 64);
    base64_put(&b, BYTES_OF(digest));
    buf_put_u8(&b, '\0');
    return buf_ok(&b);
}
