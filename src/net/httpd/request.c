/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler asks of its request. */
#include "net/httpd/httpd.h"

#include "base/hex.h"

#include <strings.h>

const char *http_header(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return NULL;
}

/* The byte behind "%", or -1; also for NUL. */
static int decode_escape(struct bytes digits)
{
    int high, low, byte;

    if (digits.n < 2)
        return -1;
    high = hex_digit((char)digits.p[0]);
    low = hex_digit((char)digits.p[1]);
    byte = high < 0 || low < 0 ? -1 : high << 4 | low;
    return byte == 0 ? -1 : byte;
}

const char *http_decode(struct arena *arena, struct bytes text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < text.n; i++) {
        int byte = text.p[i];

        if (byte == '%') {
            byte = decode_escape(bytes_part(text, i + 1, 2));
            i += 2;
        }
        if (byte <= 0)
            return NULL;
        out[n++] = (char)byte;
    }
    return out;
}

const char *http_query(struct http_request *req, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = req->query; *at; at += *at == '&') {
        size_t len = strcspn(at, "&");
        size_t key = strcspn(at, "=&");

        if (key == n && strncmp(at, name, n) == 0)
            return http_decode(req->arena,
                               BYTES(at + key + (at[key] == '='), len - key - (at[key] == '=')));
        at += len;
    }
    return NULL;
}
