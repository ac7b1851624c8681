/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"
#include "crypto/kdf.h"
#include "xt.h"

struct given {
    uint8_t bytes[128];
    size_t n;
};

static struct given unhex(const char *text)
{
    struct given g;

    if (hex_decode(bytes_cstr(text), g.bytes, sizeof g.bytes, &g.n) != XK_OK)
        abort();
    return g;
}

#define SPAN(given) BYTES((given).bytes, (given).n)

/* RFC 4493 4: the four examples */
TEST(cmac_rfc_4493)
{
    struct given key = unhex("2b7e151628aed2a6abf7158809cf4f3c");
    struct given m = unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                           "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    uint8_t out[16];

    CHECK_OK(cipher_cmac(SPAN(key), BYTES_NONE, out));
    CHECK_HEX(BYTES_OF(out), "bb1d6929e95937287fa37d129b756746");
    CHECK_OK(cipher_cmac(SPAN(key), BYTES(m.bytes, 16), out));
    CHECK_HEX(BYTES_OF(out), "070a16b46b4d4144f79bdd9dd04a287c");
    CHECK_OK(cipher_cmac(SPAN(key), BYTES(m.bytes, 40), out));
    CHECK_HEX(BYTES_OF(out), "dfa66747de9ae63030ca32611497c827");
    CHECK_OK(cipher_cmac(SPAN(key), BYTES(m.bytes, 64), out));
    CHECK_HEX(BYTES_OF(out), "51f0bebf7e3b9d92fc49741779363cfe");
}

/* TS 102 225 packets' checksums as another implementation computed them */
TEST(scp80_checksums)
{
    struct given key = unhex("aabbccddeeff11220000000000000000");
    struct given m = unhex("0028151e193232b00011000000000106"
                           "0123456789abcdef0123456701234567");
    uint8_t out[16];

    CHECK_OK(cipher_cbc_mac(CIPHER_3DES_2, SPAN(key), SPAN(m), out));
    CHECK_HEX(BYTES(out, 8), "c0995c616fa90e18");
    CHECK_OK(cipher_cmac(SPAN(key), SPAN(m), out));
    CHECK_HEX(BYTES(out, 8), "baddda0ee401d63d");
}

TESTS_MAIN(XT_CASE(cmac_rfc_4493), XT_CASE(scp80_checksums))
