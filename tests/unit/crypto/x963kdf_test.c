/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x963kdf.h"

#include "xt.h"

struct row {
    const char *z, *shared_info, *want;
};

/* The first two: NIST CAVS "ANS X9.63-2001 KDF", SHA-256, counts 0 of the sets 192/0/128 and
 * 192/128/1024. The others: pySim, tests/unittests/test_esim_bsp.py (SGP.22 session keys). */
static const struct row rows[] = {
    {"96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", "", "443024c3dae66b95e6f5670601558f71"},
    {"22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d", "75eef81aa3041e33b80971203d2c0c52",
     "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e"
     "52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485"
     "500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269"
     "142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21"},
    {"c9a993dd4879a8f7161f2085410edd4f9652f1df37be097ba96ba2ca6be528fe",
     "88100880808080808080801089049032123451234512345678901235",
     "406d507b448a699e7a36a38494debbde472f5bfadd97f21d34f3ce9b51b92751"
     "9ec07f5b36a13e12a991d66e294e6242"},
    {"8902dca391bbb22570fe60c176076246f568b1941265dff1d729e63039658089",
     "88100880808080808080801089049032123451234512345678901335",
     "734bc93ddb10c71c5ad13d420dc08b5bd782d575b22a38334556a3d9a1e2ae6b"
     "a35addc192ae8f934e2932116c7e89e7"},
};

TEST(vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t z[64], shared_info[64], out[160];
        size_t z_n, shared_info_n;
        size_t n = strlen(rows[i].want) / 2;

        CHECK_OK(hex_decode(bytes_cstr(rows[i].z), z, sizeof z, &z_n));
        CHECK_OK(hex_decode(bytes_cstr(rows[i].shared_info), shared_info, sizeof shared_info,
                            &shared_info_n));
        memset(out, 0xEE, sizeof out);
        CHECK_OK(x963kdf_sha256(BYTES(z, z_n), BYTES(shared_info, shared_info_n), out, n));
        CHECK_HEX(BYTES(out, n), rows[i].want);
        CHECK_INT(out[n], 0xEE);
    }
}

/* A shorter key is the beginning of a longer one, at every length around the block. */
TEST(lengths)
{
    uint8_t whole[100], part[100];

    CHECK_OK(x963kdf_sha256(BYTES_STR("z"), BYTES_STR("info"), whole, sizeof whole));
    for (size_t n = 0; n <= sizeof whole; n++) {
        CHECK_OK(x963kdf_sha256(BYTES_STR("z"), BYTES_STR("info"), part, n));
        CHECK(memcmp(part, whole, n) == 0);
    }
}

TESTS_MAIN(XT_CASE(vectors), XT_CASE(lengths))
