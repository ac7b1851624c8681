/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecdh.h"

#include "crypto/random.h"
#include "xt.h"

struct row {
    enum ec_curve curve;
    const char *a, *a_point, *b, *b_point, *z;
};

/* RFC 5903 8.1 and RFC 7027 A.1 */
static const struct row rows[] = {
    {EC_P256, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
     "04DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
     "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
     "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
     "04D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
     "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
     "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"},
    {EC_BRAINPOOL_P256R1, "81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D",
     "0444106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5"
     "8AB4846F11CACCB73CE49CBDD120F5A900A69FD32C272223F789EF10EB089BDC",
     "55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3",
     "048D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B"
     "990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A",
     "89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B"},
};

static void import(enum ec_curve curve, const char *hex, struct ecdh_key *out)
{
    uint8_t scalar[EC_SCALAR_LEN];

    CHECK_OK(hex_decode_exact(bytes_cstr(hex), scalar, sizeof scalar));
    CHECK_OK(ecdh_import(curve, BYTES_OF(scalar), out));
}

TEST(vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ecdh_key a, b;
        uint8_t z[ECDH_LEN];

        import(rows[i].curve, rows[i].a, &a);
        import(rows[i].curve, rows[i].b, &b);
        CHECK_HEX(BYTES_OF(a.point), rows[i].a_point);
        CHECK_HEX(BYTES_OF(b.point), rows[i].b_point);
        CHECK_OK(ecdh_agree(&a, BYTES_OF(b.point), z));
        CHECK_HEX(BYTES_OF(z), rows[i].z);
        CHECK_OK(ecdh_agree(&b, BYTES_OF(a.point), z));
        CHECK_HEX(BYTES_OF(z), rows[i].z);
    }
}

TEST(generated_keys_agree)
{
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        struct ecdh_key a, b;
        uint8_t za[ECDH_LEN], zb[ECDH_LEN];

        CHECK_OK(ecdh_generate(curve, random_openssl(), &a));
        CHECK_OK(ecdh_generate(curve, random_openssl(), &b));
        CHECK(memcmp(a.point, b.point, sizeof a.point) != 0);
        CHECK_OK(ec_point_check(curve, BYTES_OF(a.point)));
        CHECK_OK(ecdh_agree(&a, BYTES_OF(b.point), za));
        CHECK_OK(ecdh_agree(&b, BYTES_OF(a.point), zb));
        CHECK(memcmp(za, zb, sizeof za) == 0);
        ecdh_key_wipe(&a);
        for (size_t i = 0; i < sizeof a; i++)
            CHECK_INT(((const uint8_t *)&a)[i], 0);
    }
}

/* The same randomness gives the same key: what tests replay. */
TEST(randomness_is_a_port)
{
    struct xk_prng one = {.state = 7}, two = {.state = 7};
    const struct xk_rand r1 = xk_rand_prng(&one), r2 = xk_rand_prng(&two);
    struct ecdh_key a, b;

    CHECK_OK(ecdh_generate(EC_P256, &r1, &a));
    CHECK_OK(ecdh_generate(EC_P256, &r2, &b));
    CHECK(memcmp(a.point, b.point, sizeof a.point) == 0);
}

/* A peer's point off the curve would leak the scalar (invalid-curve attack). */
TEST(points_off_the_curve_are_refused)
{
    struct ecdh_key a, b, other;
    uint8_t z[ECDH_LEN] = {0};

    import(EC_P256, rows[0].a, &a);
    import(EC_P256, rows[0].b, &b);
    import(EC_BRAINPOOL_P256R1, rows[1].b, &other);
    CHECK_INT(ecdh_agree(&a, BYTES_OF(other.point), z), XK_E_VALUE);
    b.point[64] ^= 1;
    CHECK_INT(ecdh_agree(&a, BYTES_OF(b.point), z), XK_E_VALUE);
    b.point[64] ^= 1;
    b.point[0] = 0x06;
    CHECK_INT(ecdh_agree(&a, BYTES_OF(b.point), z), XK_E_VALUE);
    b.point[0] = 0x04;
    for (size_t n = 0; n < EC_POINT_LEN; n++)
        CHECK_INT(ecdh_agree(&a, BYTES(b.point, n), z), XK_E_VALUE);
    CHECK_INT(ecdh_agree(&a, BYTES_STR("\0"), z), XK_E_VALUE);
    memset(b.point + 1, 0, 64);
    CHECK_INT(ecdh_agree(&a, BYTES_OF(b.point), z), XK_E_VALUE);
    memset(b.point + 1, 0xFF, 64); /* x and y beyond the field */
    CHECK_INT(ecdh_agree(&a, BYTES_OF(b.point), z), XK_E_VALUE);
    for (size_t i = 0; i < sizeof z; i++)
        CHECK_INT(z[i], 0);
}

TEST(scalars_out_of_range_are_refused)
{
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", /* n */
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "01",
        "",
    };
    struct ecdh_key key;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t scalar[64];
        size_t n;

        CHECK_OK(hex_decode(bytes_cstr(bad[i]), scalar, sizeof scalar, &n));
        CHECK_INT(ecdh_import(EC_P256, BYTES(scalar, n), &key), XK_E_VALUE);
    }
}

TESTS_MAIN(XT_CASE(vectors), XT_CASE(generated_keys_agree), XT_CASE(randomness_is_a_port),
           XT_CASE(points_off_the_curve_are_refused), XT_CASE(scalars_out_of_range_are_refused))
