/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include "crypto/random.h"
#include "xt.h"
#include "xt_vectors.h"

static void check_hmac(const char *path, enum hash_algorithm algorithm)
{
    struct vectors v;

    vectors_open(&v, path);
    while (vectors_next(&v)) {
        uint8_t out[HASH_LEN];

        CHECK_OK(hash_hmac(algorithm, vectors_hex(&v, "key"), vectors_hex(&v, "data"), out));
        CHECK_HEX(BYTES_OF(out), vectors_text(&v, "mac"));
    }
}

/* RFC 4231 */
TEST(hmac_sha256)
{
    check_hmac("hmac/sha256.txt", HASH_SHA256);
}

/* GM/T 0042-2015 D.3 */
TEST(hmac_sm3)
{
    check_hmac("hmac/sm3.txt", HASH_SM3);
}

/* GB/T 32905-2016 appendix A */
TEST(sm3)
{
    struct vectors v;

    vectors_open(&v, "sm/sm3.txt");
    while (vectors_next(&v)) {
        uint8_t out[HASH_LEN];

        CHECK_OK(hash_digest(HASH_SM3, vectors_hex(&v, "data"), out));
        CHECK_HEX(BYTES_OF(out), vectors_text(&v, "digest"));
    }
}

/* FIPS 180-4 examples: "abc", the empty string */
TEST(sha256)
{
    uint8_t out[HASH_LEN];

    CHECK_OK(hash_digest(HASH_SHA256, BYTES_STR("abc"), out));
    CHECK_HEX(BYTES_OF(out), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(hash_digest(HASH_SHA256, BYTES_NONE, out));
    CHECK_HEX(BYTES_OF(out), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* An empty key is a key, not "the last one again" */
TEST(hmac_empty_key)
{
    uint8_t out[HASH_LEN], again[HASH_LEN];

    CHECK_OK(hash_hmac(HASH_SHA256, BYTES_NONE, BYTES_NONE, out));
    CHECK_HEX(BYTES_OF(out), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK_OK(hash_hmac(HASH_SHA256, BYTES_STR("other"), BYTES_NONE, again));
    CHECK_OK(hash_hmac(HASH_SHA256, BYTES_NONE, BYTES_NONE, again));
    CHECK(memcmp(out, again, sizeof out) == 0);
}

TEST(random_differs)
{
    uint8_t a[32], b[32];

    xk_rand_fill(random_openssl(), a, sizeof a);
    xk_rand_fill(random_openssl(), b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    xk_rand_fill(random_openssl(), a, 0);
}

TESTS_MAIN(XT_CASE(hmac_sha256), XT_CASE(hmac_sm3), XT_CASE(sm3), XT_CASE(sha256),
           XT_CASE(hmac_empty_key), XT_CASE(random_differs))
