/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors for ECDSA and ECDH: edge cases of the arithmetic, and everything that must be
 * refused. */
#include "crypto/ecdh.h"
#include "crypto/ecdsa.h"
#include "xt.h"
#include "xt_vectors.h"

static void say_where(const struct vectors *v, int before)
{
    if (xt_failures != before)
        printf("# %s set %ld\n", v->name, v->set);
}

static void check_ecdsa(enum ec_curve curve, const char *file)
{
    struct vectors v;

    vectors_open(&v, file);
    while (vectors_next(&v)) {
        struct bytes key = vectors_hex(&v, "key");
        struct bytes msg = vectors_hex(&v, "msg");
        struct bytes sig = vectors_hex(&v, "sig");
        enum xk_err want = vectors_number(&v, "good") ? XK_OK : XK_E_AUTH;
        struct ecdsa_public *public = NULL;
        int before = xt_failures;

        CHECK_INT(ecdsa_verify_point(curve, key, &msg, 1, sig), want);
        CHECK_OK(ecdsa_public_new(curve, key, &public));
        CHECK_INT(ecdsa_verify(public, &msg, 1, sig), want);
        ecdsa_public_free(public);
        say_where(&v, before);
    }
}

static void check_ecdh(enum ec_curve curve, const char *file)
{
    struct vectors v;

    vectors_open(&v, file);
    while (vectors_next(&v)) {
        struct bytes peer = vectors_hex(&v, "public");
        enum xk_err want = vectors_number(&v, "good") ? XK_OK : XK_E_VALUE;
        struct ecdh_key key;
        uint8_t z[ECDH_LEN];
        int before = xt_failures;

        CHECK_OK(ecdh_import(curve, vectors_hex(&v, "private"), &key));
        CHECK_INT(ecdh_agree(&key, peer, z), want);
        if (want == XK_OK)
            CHECK(bytes_eq(vectors_hex(&v, "shared"), BYTES_OF(z)));
        say_where(&v, before);
    }
}

TEST(ecdsa_p256)
{
    check_ecdsa(EC_P256, "ec/ecdsa-p256.txt");
}

TEST(ecdsa_brainpool)
{
    check_ecdsa(EC_BRAINPOOL_P256R1, "ec/ecdsa-brainpool.txt");
}

TEST(ecdh_p256)
{
    check_ecdh(EC_P256, "ec/ecdh-p256.txt");
}

TEST(ecdh_brainpool)
{
    check_ecdh(EC_BRAINPOOL_P256R1, "ec/ecdh-brainpool.txt");
}

TESTS_MAIN(XT_CASE(ecdsa_p256), XT_CASE(ecdsa_brainpool), XT_CASE(ecdh_p256),
           XT_CASE(ecdh_brainpool))
