/* SPDX-License-Identifier: Apache-2.0 */
/* X.690 clauses 8 and 10 as codec/der reads and writes them. */
#include "codec/der/der.h"
#include "codec/der/oid.h"
#include "xt.h"

static uint8_t memory[600];

static struct bytes hex(const char *text)
{
    size_t n = 0, at = 0;
    char digits[1200];

    for (; *text && at < sizeof digits; text++)
        if (*text != ' ')
            digits[at++] = *text;
    if (hex_decode(BYTES(digits, at), memory, sizeof memory, &n) != XK_OK)
        printf("Bail out! bad hex in the test\n");
    return BYTES(memory, n);
}

/* One TLV and nothing else, or not. X.690 8.1, 10.1 */
TEST(tags_and_lengths)
{
    static const struct {
        const char *what, *der;
        uint32_t tag;
        enum xk_err err;
    } rows[] = {
        {"short tag", "0400", 0x04, XK_OK},
        {"two bytes", "5F37 01 AA", 0x5F37, XK_OK},
        {"two bytes, constructed", "BF38 00", 0xBF38, XK_OK},
        {"three bytes", "9F8101 00", 0x9F8101, XK_OK},
        {"lowest high number", "9F1F 00", 0x9F1F, XK_OK},
        {"nothing", "", 0x04, XK_E_FORMAT},
        {"another tag", "0500", 0x04, XK_E_FORMAT},
        {"more behind", "040000", 0x04, XK_E_FORMAT},
        {"no length", "04", 0x04, XK_E_FORMAT},
        {"tag cut off", "BF", 0xBF38, XK_E_FORMAT},
        {"tag of three cut off", "9F81", 0x9F8101, XK_E_FORMAT},
        {"high form of a low number", "9F1E 00", 0x9F1E, XK_E_FORMAT},
        {"leading zeros of a tag", "9F8001 00", 0x9F8001, XK_E_FORMAT},
        {"four bytes of tag", "9F818101 00", 0x9F8181, XK_E_FORMAT},
        {"value cut off", "0402AA", 0x04, XK_E_FORMAT},
        {"indefinite", "3080 0000", 0x30, XK_E_FORMAT},
        {"reserved length FF", "04FF", 0x04, XK_E_FORMAT},
        {"five bytes of length", "04850000000000", 0x04, XK_E_FORMAT},
        {"long form of a short length", "04810100", 0x04, XK_E_FORMAT},
        {"leading zero of a length", "0482007F", 0x04, XK_E_FORMAT},
        {"length past the end", "0484FFFFFFFF", 0x04, XK_E_FORMAT},
        {"length bytes cut off", "048201", 0x04, XK_E_FORMAT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bytes in = hex(rows[i].der);
        struct der d = der_open(in, rows[i].tag);

        if (der_ok(&d) != rows[i].err)
            printf("# %s\n", rows[i].what);
        CHECK_INT(der_ok(&d), rows[i].err);
    }
}

/* X.690 8.3, 10.2 */
TEST(integers)
{
    static const struct {
        const char *der;
        int64_t value;
        enum xk_err err;
    } rows[] = {
        {"020100", 0, XK_OK},
        {"02017F", 127, XK_OK},
        {"02020080", 128, XK_OK},
        {"0201FF", -1, XK_OK},
        {"020180", -128, XK_OK},
        {"0202FF7F", -129, XK_OK},
        {"02087FFFFFFFFFFFFFFF", INT64_MAX, XK_OK},
        {"02088000000000000000", INT64_MIN, XK_OK},
        {"0200", 0, XK_E_FORMAT},
        {"02020001", 0, XK_E_FORMAT},
        {"0202FFFF", 0, XK_E_FORMAT},
        {"0209008000000000000000", 0, XK_E_VALUE},
    };
    uint8_t mem[16];
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bytes in = hex(rows[i].der);
        struct der d = der_of(in);
        int64_t got = der_int(&d, DER_INTEGER);

        CHECK_INT(der_end(&d), rows[i].err);
        if (rows[i].err != XK_OK)
            continue;
        CHECK_INT(got, rows[i].value);
        buf_init_fixed(&b, mem, sizeof mem);
        der_put_int(&b, DER_INTEGER, got);
        CHECK(bytes_eq(buf_bytes(&b), in));
    }
}

TEST(numbers_out_of_range)
{
    struct der d = der_of(hex("0201FF"));

    der_u32(&d, DER_INTEGER);
    CHECK_INT(der_ok(&d), XK_E_VALUE);
    d = der_of(hex("02050100000000"));
    der_u32(&d, DER_INTEGER);
    CHECK_INT(der_ok(&d), XK_E_VALUE);
    d = der_of(hex("020500FFFFFFFF"));
    CHECK_INT(der_u32(&d, DER_INTEGER), UINT32_MAX);
    CHECK_OK(der_end(&d));
}

/* X.690 8.6, 11.2.2; received with other counts of unused bits (SGP.22 in the field) */
TEST(named_bits)
{
    static const struct {
        const char *der;
        uint64_t bits;
        const char *canonical; /* NULL: refused */
    } rows[] = {
        {"030100", 0, "030100"},
        {"03020780", 1, "03020780"},
        {"03020080", 1, "03020780"},
        {"03020480", 1, "03020780"},
        {"0302 05 60", 6, "03020560"},
        {"0303 00 8000", 1, "03020780"},
        {"0304 00 000080", 1u << 16, "0304 07 000080"},
        {"0302 00 FF", 0xFF, "030200FF"},
        {"0302 07 FF", 1, "03020780"},
        {"0300", 0, NULL},
        {"030101", 0, NULL},
        {"03020880", 0, NULL},
    };
    uint8_t mem[16];
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct der d = der_of(hex(rows[i].der));
        uint64_t got = der_bits(&d, DER_BIT_STRING);

        CHECK_INT(der_end(&d), rows[i].canonical ? XK_OK : XK_E_FORMAT);
        if (!rows[i].canonical)
            continue;
        CHECK_INT(got, rows[i].bits);
        buf_init_fixed(&b, mem, sizeof mem);
        der_put_bits(&b, DER_BIT_STRING, got);
        CHECK_HEX(buf_bytes(&b), rows[i].canonical);
    }
}

TEST(all_64_bits_and_more)
{
    struct der d = der_of(hex("030A 00 8000000000000001 FF"));
    uint8_t mem[16];
    struct buf b;

    CHECK(der_bits(&d, DER_BIT_STRING) == (UINT64_C(1) << 63 | 1));
    CHECK_OK(der_end(&d));
    buf_init_fixed(&b, mem, sizeof mem);
    der_put_bits(&b, DER_BIT_STRING, UINT64_MAX);
    CHECK_HEX(buf_bytes(&b), "0309 00 FFFFFFFFFFFFFFFF");
}

TEST(booleans_and_nulls)
{
    static const struct {
        const char *der;
        bool value;
        enum xk_err err;
    } rows[] = {
        {"0101FF", true, XK_OK},  {"010101", true, XK_OK}, /* programs in the field send it */
        {"010100", false, XK_OK}, {"0100", false, XK_E_FORMAT}, {"0102FFFF", false, XK_E_FORMAT},
    };
    struct der d;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        d = der_of(hex(rows[i].der));
        CHECK_INT(der_bool(&d, DER_BOOLEAN), rows[i].value);
        CHECK_INT(der_ok(&d), rows[i].err);
    }
    d = der_of(hex("0500"));
    der_null(&d, DER_NULL);
    CHECK_OK(der_end(&d));
    d = der_of(hex("050100"));
    der_null(&d, DER_NULL);
    CHECK_INT(der_ok(&d), XK_E_FORMAT);
}

/* RFC 3629 4; SIZE counts characters (X.680 51.5.2) */
TEST(utf8)
{
    static const struct {
        const char *value;
        size_t max;
        enum xk_err err;
    } rows[] = {
        {"", 0, XK_OK},
        {"61 C3A9 E4B8AD F09F9880", 4, XK_OK},
        {"61 C3A9 E4B8AD F09F9880", 3, XK_E_VALUE},
        {"00", 8, XK_E_FORMAT},
        {"80", 8, XK_E_FORMAT},
        {"C0AF", 8, XK_E_FORMAT},
        {"C3", 8, XK_E_FORMAT},
        {"E08080", 8, XK_E_FORMAT},
        {"EDA080", 8, XK_E_FORMAT},
        {"F0808080", 8, XK_E_FORMAT},
        {"F4908080", 8, XK_E_FORMAT},
        {"F5808080", 8, XK_E_FORMAT},
        {"E4B841", 8, XK_E_FORMAT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(der_value_utf8(hex(rows[i].value), 0, rows[i].max), rows[i].err);
    CHECK_INT(der_value_utf8(hex(""), 1, 8), XK_E_VALUE);
}

/* X.690 8.19; 2.999 is where programs go wrong */
TEST(oids)
{
    static const struct {
        const char *contents, *text;
    } rows[] = {
        {"883702", "2.999.2"},
        {"88370A", "2.999.10"},
        {"678112010204", "2.23.146.1.2.4"},
        {"2A8648CE3D0301 07", "1.2.840.10045.3.1.7"},
        {"00", "0.0"},
        {"50", "2.0"},
        {"27", "0.39"},
        {"4F", "1.39"},
        {"2A FFFFFFFFFFFFFFFF7F", "1.2.9223372036854775807"},
        {"FFFFFFFFFFFFFFFF7F", "2.9223372036854775727"},
    };
    static const char *const bad_contents[] = {"", "80", "8001", "88", "2A8001", "2A88"};
    static const char *const bad_text[] = {
        "", "1", "1.", ".1", "3.1", "1.40", "1.2.", "1..2", "1.2a", "1.2.99999999999999999999"};
    char text[OID_TEXT_MAX];
    uint8_t out[OID_MAX];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_OK(oid_text(hex(rows[i].contents), text, sizeof text));
        CHECK_STR(text, rows[i].text);
        CHECK_OK(oid_from_text(bytes_cstr(rows[i].text), out, &n));
        CHECK_HEX(BYTES(out, n), rows[i].contents);
        CHECK_OK(der_value_oid(hex(rows[i].contents)));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad_contents); i++) {
        CHECK_INT(oid_text(hex(bad_contents[i]), text, sizeof text), XK_E_FORMAT);
        CHECK_INT(der_value_oid(hex(bad_contents[i])), XK_E_FORMAT);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad_text); i++)
        CHECK_INT(oid_from_text(bytes_cstr(bad_text[i]), out, &n), XK_E_FORMAT);
    CHECK_INT(oid_text(hex("883702"), text, 5), XK_E_LIMIT);
    CHECK_INT(oid_text(hex("2A FFFFFFFFFFFFFFFFFF7F"), text, sizeof text), XK_E_FORMAT);
}

TEST(octets_have_sizes)
{
    struct der d = der_of(hex("0402AABB"));

    CHECK_HEX(der_octets(&d, DER_OCTET_STRING, 2, 2), "AABB");
    CHECK_OK(der_end(&d));
    d = der_of(hex("0402AABB"));
    der_octets(&d, DER_OCTET_STRING, 3, 4);
    CHECK_INT(der_ok(&d), XK_E_VALUE);
    d = der_of(hex("0402AABB"));
    der_octets(&d, DER_OCTET_STRING, 0, 1);
    CHECK_INT(der_ok(&d), XK_E_VALUE);
}

TEST(a_failure_stays)
{
    struct der d = der_of(hex("0201FF 0400 0500")), inner;

    der_u32(&d, DER_INTEGER);
    CHECK_INT(der_ok(&d), XK_E_VALUE);
    CHECK(!der_more(&d));
    CHECK(!der_optional(&d, DER_OCTET_STRING));
    CHECK(der_take(&d, DER_OCTET_STRING).p == NULL);
    CHECK(der_take_raw(&d, DER_NULL).p == NULL);
    CHECK(der_rest(&d).p == NULL);
    inner = der_enter(&d, DER_SEQUENCE);
    CHECK_INT(der_ok(&inner), XK_E_VALUE);
    der_leave(&d, &inner);
    CHECK_INT(der_finish(&d), XK_E_VALUE);
    CHECK_INT(der_end(&d), XK_E_VALUE);
}

TEST(nesting)
{
    struct der d = der_of(hex("A006 8001AA 8101BB 0500")), inner = der_enter(&d, 0xA0);

    CHECK_HEX(der_take(&inner, 0x80), "AA");
    der_leave(&d, &inner); /* 81 is an extension */
    der_null(&d, DER_NULL);
    CHECK_OK(der_end(&d));
    d = der_of(hex("A005 8001AA 8101 0500"));
    inner = der_enter(&d, 0xA0);
    der_take(&inner, 0x80);
    der_leave(&d, &inner);
    CHECK_INT(der_ok(&d), XK_E_FORMAT);
    d = der_of(hex("A003 8003AA"));
    inner = der_enter(&d, 0xA0);
    der_take(&inner, 0x80);
    der_leave(&d, &inner);
    CHECK_INT(der_ok(&d), XK_E_FORMAT);
}

TEST(extensions_must_be_whole)
{
    struct der d = der_of(hex("0500 9F7B0101 A000"));

    der_null(&d, DER_NULL);
    CHECK_OK(der_finish(&d));
    d = der_of(hex("0500 9F7B02FF"));
    der_null(&d, DER_NULL);
    CHECK_INT(der_finish(&d), XK_E_FORMAT);
    d = der_of(hex("0500 0500"));
    der_null(&d, DER_NULL);
    CHECK_INT(der_end(&d), XK_E_FORMAT);
    CHECK_OK(der_check_run(hex("0500 0500"), DER_NULL));
    CHECK_OK(der_check_run(hex("0500 0401AA"), 0));
    CHECK_INT(der_check_run(hex("0500 0401AA"), DER_NULL), XK_E_FORMAT);
    CHECK_INT(der_check_run(hex("0500 04"), 0), XK_E_FORMAT);
}

/* Headers as they are written, at the borders of the lengths; read again by the reader. */
TEST(headers)
{
    static const size_t lengths[] = {0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0x123456};
    static const uint32_t tags[] = {0x30, 0x5F37, 0x9F8101};
    uint8_t head[16];

    for (size_t i = 0; i < ARRAY_LEN(lengths) * ARRAY_LEN(tags); i++) {
        uint32_t tag = tags[i % ARRAY_LEN(tags)];
        size_t n = lengths[i / ARRAY_LEN(tags)], head_n = der_header_len(tag, n);
        uint8_t *whole = calloc(1, head_n + n);
        struct buf b;
        size_t at;
        struct der d;

        REQUIRE(whole != NULL);
        der_write_header(whole, tag, n);
        d = der_open(BYTES(whole, head_n + n), tag);
        CHECK_INT(der_rest(&d).n, n);
        CHECK_OK(der_end(&d));
        buf_init(&b, 0x200000);
        at = der_begin(&b, tag);
        buf_put_fill(&b, 0, n);
        der_close(&b, at);
        CHECK(bytes_eq(buf_bytes(&b), BYTES(whole, head_n + n)));
        buf_fini(&b);
        free(whole);
    }
    der_write_header(head, 0x5F37, 0x40);
    CHECK_HEX(BYTES(head, 3), "5F3740");
}

TEST(absent_is_not_empty)
{
    uint8_t mem[8];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    der_put_optional(&b, 0x80, BYTES_NONE);
    der_put_optional(&b, 0x81, BYTES_STR(""));
    der_put_bool(&b, 0x82, true);
    CHECK_HEX(buf_bytes(&b), "8100 8201FF");
}

TESTS_MAIN(XT_CASE(tags_and_lengths), XT_CASE(integers), XT_CASE(numbers_out_of_range),
           XT_CASE(named_bits), XT_CASE(all_64_bits_and_more), XT_CASE(booleans_and_nulls),
           XT_CASE(utf8), XT_CASE(oids), XT_CASE(octets_have_sizes), XT_CASE(a_failure_stays),
           XT_CASE(nesting), XT_CASE(extensions_must_be_whole), XT_CASE(headers),
           XT_CASE(absent_is_not_empty))
