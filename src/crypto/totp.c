/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SHA1_LEN 20

/* RFC 4226 5.3 */
enum xk_err totp_code(const struct secret *secret, uint64_t counter, unsigned digits,
                      char out[TOTP_DIGITS_MAX + 1])
{
    static const uint32_t modulus[] = {1000000, 10000000, 100000000};
    uint8_t text[8], mac[EVP_MAX_MD_SIZE];
    const uint8_t *at;
    uint32_t value;
    unsigned n = 0;

    if (digits < TOTP_DIGITS || digits > TOTP_DIGITS_MAX)
        return XK_E_VALUE;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(counter >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), secret->bytes, secret->n, text, sizeof text, mac, &n) || n != SHA1_LEN)
        return XK_E_CRYPTO;
    at = mac + (mac[SHA1_LEN - 1] & 0x0F);
    value = (uint32_t)(at[0] & 0x7F) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    value %= modulus[digits - TOTP_DIGITS];
    out[digits] = '\0';
    for (unsigned i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    explicit_bzero(mac, sizeof mac);
    return XK_OK;
}

/* RFC 6238 5.2 */
enum xk_err totp_check(const struct secret *secret, struct bytes code, int64_t now, int64_t *last,
                       bool *good)
{
    int64_t middle = now / TOTP_STEP_MS;
    char want[TOTP_DIGITS_MAX + 1];

    *good = false;
    for (int64_t step = middle - 1; step <= middle + 1 && !*good; step++) {
        TRY(totp_code(secret, (uint64_t)step, TOTP_DIGITS, want));
        if (step > *last && bytes_eq_secret(bytes_cstr(want), code)) {
            *last = step;
            *good = true;
        }
    }
    return XK_OK;
}

/* RFC 4648 6, without padding */
static void put_base32(struct buf *out, struct bytes b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    for (size_t bit = 0; bit < b.n * 8; bit += 5) {
        unsigned pair = (unsigned)b.p[bit / 8] << 8 | (bit / 8 + 1 < b.n ? b.p[bit / 8 + 1] : 0u);

        buf_put_u8(out, (uint8_t)digits[pair >> (11 - bit % 8) & 0x1F]);
    }
}

enum xk_err totp_uri(const char *issuer, const char *name, const struct secret *secret,
                     struct buf *out)
{
    buf_printf(out, "otpauth://totp/%s:%s?secret=", issuer, name);
    put_base32(out, secret_bytes(secret));
    buf_printf(out, "&issuer=%s&algorithm=SHA1&digits=%d&period=%d", issuer, TOTP_DIGITS,
               TOTP_STEP_MS / 1000);
    return buf_ok(out);
}
