/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include <openssl/evp.h>

#include "base/hex.h"

#define COST_LOG2 15
#define COST_R 8
#define COST_P 1
/* of what is kept: what takes longer is no hash of ours */
#define LOG2_MAX 17
#define R_MAX 8
#define P_MAX 16
#define SALT_LEN 16
#define SALT_MAX 32
#define KEY_LEN 64
#define MEMORY_MAX (UINT64_C(256) << 20)

struct scrypt {
    unsigned log2, r, p;
    uint8_t salt[SALT_MAX];
    size_t salt_n;
};

static enum xk_err derive(const struct scrypt *s, struct bytes password, uint8_t key[KEY_LEN])
{
    int done = EVP_PBE_scrypt((const char *)password.p, password.n, s->salt, s->salt_n,
                              UINT64_C(1) << s->log2, s->r, s->p, MEMORY_MAX, key, KEY_LEN);

    return done == 1 ? XK_OK : XK_E_CRYPTO;
}

enum xk_err password_hash(struct bytes password, const struct xk_rand *rand,
                          char out[PASSWORD_HASH_TEXT])
{
    struct scrypt s = {.log2 = COST_LOG2, .r = COST_R, .p = COST_P, .salt_n = SALT_LEN};
    char salt[2 * SALT_LEN + 1], hash[2 * KEY_LEN + 1];
    uint8_t key[KEY_LEN];

    xk_rand_fill(rand, s.salt, SALT_LEN);
    TRY(derive(&s, password, key));
    hex_encode_lower(BYTES(s.salt, SALT_LEN), salt);
    hex_encode_lower(BYTES_OF(key), hash);
    explicit_bzero(key, sizeof key);
    snprintf(out, PASSWORD_HASH_TEXT, "scrypt$%u$%u$%u$%s$%s", s.log2, s.r, s.p, salt, hash);
    return XK_OK;
}

/* 1 to most, and the $ behind it */
static bool take_number(const char **at, unsigned long most, unsigned *out)
{
    unsigned long n;
    char *end;

    if (**at < '1' || **at > '9')
        return false;
    n = strtoul(*at, &end, 10);
    if (n > most || *end != '$')
        return false;
    *out = (unsigned)n;
    *at = end + 1;
    return true;
}

static bool parse(const char *text, struct scrypt *s, uint8_t want[KEY_LEN])
{
    static const char scheme[] = "scrypt$";
    const char *at = text + sizeof scheme - 1;
    size_t n;

    if (strncmp(text, scheme, sizeof scheme - 1) != 0 || !take_number(&at, LOG2_MAX, &s->log2) ||
        !take_number(&at, R_MAX, &s->r) || !take_number(&at, P_MAX, &s->p))
        return false;
    n = strcspn(at, "$");
    s->salt_n = n / 2;
    return at[n] == '$' && n % 2 == 0 && s->salt_n <= SALT_MAX &&
           hex_decode_exact(BYTES(at, n), s->salt, s->salt_n) == XK_OK &&
           hex_decode_exact(bytes_cstr(at + n + 1), want, KEY_LEN) == XK_OK;
}

enum xk_err password_check(struct bytes password, const char *hash, bool *same)
{
    uint8_t want[KEY_LEN], key[KEY_LEN];
    struct scrypt s;

    if (!parse(hash, &s, want))
        return XK_E_FORMAT;
    TRY(derive(&s, password, key));
    *same = bytes_eq_secret(BYTES_OF(key), BYTES_OF(want));
    explicit_bzero(key, sizeof key);
    return XK_OK;
}
