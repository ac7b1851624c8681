/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"
#include "crypto/random.h"
#include "xt.h"

/* RFC 4231 4.3 */
TEST(hmac_sha256)
{
    uint8_t out[HASH_LEN];

    CHECK_OK(
        hash_hmac(HASH_SHA256, BYTES_STR("Jefe"), BYTES_STR("what do ya want for nothing?"), out));
    CHECK_HEX(BYTES_OF(out), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(random_differs)
{
    uint8_t a[32], b[32];

    xk_rand_fill(random_openssl(), a, sizeof a);
    xk_rand_fill(random_openssl(), b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

TESTS_MAIN(XT_CASE(hmac_sha256), XT_CASE(random_differs))
