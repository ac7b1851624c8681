/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/suci.h"

#include "crypto/random.h"
#include "xt.h"
#include "xt_vectors.h"

static struct vectors v;

/* Both ends against the annex; then each byte of the output changed. */
TEST(ts_33_501_annex_c)
{
    vectors_open(&v, "suci/ts33501.txt");
    while (vectors_next(&v)) {
        enum suci_scheme scheme = vectors_hex(&v, "scheme").p[0];
        struct bytes output = vectors_hex(&v, "output");
        const uint8_t *home = vectors_hex(&v, "home_private").p;
        uint8_t mem[128], bent[128], plain[128];
        struct buf b, text;

        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(suci_conceal_by(scheme, vectors_hex(&v, "ephemeral").p,
                                 vectors_hex(&v, "home_public"), vectors_hex(&v, "text"), &b));
        CHECK(bytes_eq(buf_bytes(&b), output));
        buf_init_fixed(&text, plain, sizeof plain);
        CHECK_OK(suci_reveal(scheme, home, output, &text));
        CHECK(bytes_eq(buf_bytes(&text), vectors_hex(&v, "text")));
        for (size_t i = 0; i < output.n; i++) {
            enum xk_err err;

            memcpy(bent, output.p, output.n);
            bent[i] ^= 0x01;
            buf_reset(&text);
            err = suci_reveal(scheme, home, BYTES(bent, output.n), &text);
            CHECK(err == XK_E_AUTH || err == XK_E_FORMAT);
            CHECK_INT(text.n, 0);
        }
    }
}

/* Texts of every length, keys at random. */
TEST(what_is_concealed_is_revealed)
{
    vectors_open(&v, "suci/ts33501.txt");
    while (vectors_next(&v)) {
        enum suci_scheme scheme = vectors_hex(&v, "scheme").p[0];
        uint8_t in[SUCI_PLAIN_MAX], out[SUCI_PLAIN_MAX + 64], back[SUCI_PLAIN_MAX];

        for (size_t n = 1; n <= sizeof in; n += 15) {
            struct buf b, text;

            xk_rand_fill(random_openssl(), in, n);
            buf_init_fixed(&b, out, sizeof out);
            buf_init_fixed(&text, back, sizeof back);
            CHECK_OK(suci_conceal(scheme, vectors_hex(&v, "home_public"), BYTES(in, n),
                                  random_openssl(), &b));
            CHECK_OK(suci_reveal(scheme, vectors_hex(&v, "home_private").p, buf_bytes(&b), &text));
            CHECK(bytes_eq(buf_bytes(&text), BYTES(in, n)));
        }
    }
}

TEST(the_null_scheme_conceals_nothing)
{
    static const uint8_t msin[] = {0x00, 0x01, 0x20, 0x80, 0xF6};
    uint8_t mem[16];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(suci_conceal(SUCI_NULL, BYTES_NONE, BYTES_OF(msin), random_openssl(), &b));
    CHECK(bytes_eq(buf_bytes(&b), BYTES_OF(msin)));
    buf_reset(&b);
    CHECK_OK(suci_reveal(SUCI_NULL, NULL, BYTES_OF(msin), &b));
    CHECK(bytes_eq(buf_bytes(&b), BYTES_OF(msin)));
}

/* A point of small order would make Z known to everybody (RFC 7748 6.1). */
TEST(keys_that_are_none)
{
    static const uint8_t zero[SUCI_KEY_A_LEN] = {0};
    static const uint8_t no_point[SUCI_KEY_B_LEN] = {0x02, [SUCI_KEY_B_LEN - 1] = 0x01};
    static const uint8_t text[SUCI_PLAIN_MAX + 1] = {1};
    uint8_t mem[512];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(suci_conceal(SUCI_PROFILE_A, BYTES_OF(zero), BYTES(text, 5), random_openssl(), &b),
              XK_E_VALUE);
    CHECK_INT(
        suci_conceal(SUCI_PROFILE_A, BYTES(no_point, 31), BYTES(text, 5), random_openssl(), &b),
        XK_E_VALUE);
    CHECK_INT(
        suci_conceal(SUCI_PROFILE_B, BYTES_OF(no_point), BYTES(text, 5), random_openssl(), &b),
        XK_E_VALUE);
    CHECK_INT(suci_conceal(SUCI_PROFILE_B, BYTES_NONE, BYTES(text, 5), random_openssl(), &b),
              XK_E_VALUE);
    CHECK_INT(suci_conceal(SUCI_PROFILE_A, BYTES_OF(zero), BYTES_OF(text), random_openssl(), &b),
              XK_E_VALUE);
    CHECK_INT(suci_reveal(SUCI_PROFILE_A, zero, BYTES(text, 40), &b), XK_E_FORMAT);
    CHECK_INT(suci_reveal(SUCI_PROFILE_B, zero, BYTES(text, 41), &b), XK_E_FORMAT);
    CHECK_INT(b.n, 0);
}

TESTS_MAIN(XT_CASE(ts_33_501_annex_c), XT_CASE(what_is_concealed_is_revealed),
           XT_CASE(the_null_scheme_conceals_nothing), XT_CASE(keys_that_are_none))
