/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keccak.h"

#include "xt.h"
#include "xt_vectors.h"

/* The permutation's published intermediate values */
TEST(f1600)
{
    struct vectors v;

    vectors_open(&v, "keccak/f1600.txt");
    while (vectors_next(&v)) {
        uint8_t state[KECCAK_STATE_LEN];
        struct bytes before = vectors_hex(&v, "before");

        REQUIRE(before.n == sizeof state);
        memcpy(state, before.p, sizeof state);
        keccak_permute(state);
        CHECK_HEX(BYTES_OF(state), vectors_text(&v, "after"));
    }
}

TESTS_MAIN(XT_CASE(f1600))
