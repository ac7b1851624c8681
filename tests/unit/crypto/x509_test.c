/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_make.h"

#include "base/tlv.h"
#include "rsp_pki.h"
#include "xt.h"

TEST(fields_of_a_server)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct bytes der = rsp_pki_cert(pki, RSP_DPTLS).der;
    struct x509_cert c, ci;
    char oid[X509_OID_TEXT_MAX];
    struct bytes name;
    size_t at = 0;

    CHECK_OK(x509_read(rsp_pki_cert(pki, RSP_CI).der, &ci));
    CHECK_OK(x509_read(der, &c));
    CHECK(bytes_eq(c.raw, der));
    CHECK_INT(c.role, CERT_DPTLS);
    CHECK_INT(c.generation, CERT_V2);
    CHECK_STR(x509_role_name(c.role), "DPtls");
    CHECK_HEX(c.organization, "41434D45");
    CHECK(bytes_eq(c.common_name, BYTES_STR(RSP_DP_HOST)));
    CHECK_INT(c.not_before, INT64_C(1577836800000));
    CHECK_INT(c.not_after, INT64_C(2524521600000));
    CHECK(bytes_eq(c.point, ec_key_point(rsp_pki_cert(pki, RSP_DPTLS).key)));
    CHECK(bytes_eq(c.aki, ci.ski));
    CHECK(bytes_eq(c.issuer, ci.subject));
    CHECK_INT(c.key_usage, CERT_KU_DIGITAL_SIGNATURE);
    CHECK_INT(c.extended_key_usage, CERT_EKU_SERVER | CERT_EKU_CLIENT);
    CHECK_INT(c.ca, CERT_IS_LEAF);
    CHECK_OK(x509_oid_format(c.registered_id, oid));
    CHECK_STR(oid, RSP_DP_OID);
    CHECK(x509_each_dns_name(&c, &at, &name));
    CHECK(bytes_eq(name, BYTES_STR(RSP_DP_HOST)));
    CHECK(!x509_each_dns_name(&c, &at, &name));
    CHECK(x509_has_dns_name(&c, BYTES_STR("TestSMDPplus1.Example.com")));
    CHECK(!x509_has_dns_name(&c, BYTES_STR("testsmdpplus1.example.co")));
    CHECK(!x509_has_dns_name(&c, BYTES_NONE));
    at = 0;
    CHECK(x509_each_crl_point(&c, &at, &name));
    CHECK(bytes_eq(name, BYTES_STR("http://ci.test.example.com/CRL-A.crl")));
    CHECK(x509_each_crl_point(&c, &at, &name));
    CHECK(!x509_each_crl_point(&c, &at, &name));
    rsp_pki_free(pki);
}

TEST(fields_of_eum_and_euicc)
{
    struct rsp_pki *pki = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct rsp_cert card = rsp_pki_euicc(pki, RSP_EID);
    struct x509_cert euicc, eum;
    uint8_t eid[X509_EID_LEN];

    CHECK_OK(x509_read(card.der, &euicc));
    CHECK_OK(x509_read(card.issuer, &eum));
    CHECK_INT(euicc.role, CERT_EUICC);
    CHECK_INT(euicc.curve, EC_BRAINPOOL_P256R1);
    CHECK_INT(euicc.not_after, INT64_C(174385699200000)); /* in the year 7496 */
    CHECK_OK(x509_eid(&euicc, eid));
    CHECK_HEX(BYTES_OF(eid), RSP_EID);
    CHECK_INT(eum.role, CERT_EUM);
    CHECK_INT(eum.ca, CERT_IS_CA);
    CHECK_INT(eum.path_len, 0);
    CHECK_INT(eum.key_usage, CERT_KU_CERT_SIGN);
    CHECK(eum.has_name_constraints);
    CHECK(x509_permits_eid(&eum, eid));
    eid[3] ^= 1;
    CHECK(!x509_permits_eid(&eum, eid));
    CHECK(!x509_permits_eid(&euicc, eid));
    rsp_pki_free(pki);
}

TEST(cut_anywhere)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct bytes der = rsp_pki_cert(pki, RSP_EUM).der;
    struct x509_cert c;
    uint8_t longer[X509_CERT_MAX];

    for (size_t n = 0; n < der.n; n++)
        CHECK_INT(x509_read(BYTES(der.p, n), &c), XK_E_FORMAT);
    memcpy(longer, der.p, der.n);
    longer[der.n] = 0;
    CHECK_INT(x509_read(BYTES(longer, der.n + 1), &c), XK_E_FORMAT);
    rsp_pki_free(pki);
}

/* --- certificates put together by hand --- */

#define OID_SKI "551D0E"
#define OID_AKI "551D23"
#define OID_KEY_USAGE "551D0F"
#define OID_POLICIES "551D20"
#define OID_ALT_NAME "551D11"
#define OID_BASIC "551D13"
#define OID_NAMES "551D1E"
#define OID_EKU "551D25"
#define OID_EINS "67811201020200"

struct hand {
    const char *version;   /* contents of [0] */
    const char *algorithm; /* AlgorithmIdentifier */
    const char *not_after; /* Time */
    const char *curve;     /* contents of the OID */
    const char *oid;       /* of the one extension; NULL: none */
    const char *critical;  /* BOOLEAN or "" */
    const char *value;     /* contents of its OCTET STRING */
    const char *again;     /* a second extension, whole */
    enum xk_err want;
};

#define ECDSA "300A06082A8648CE3D040302"
#define TIME "170D3330303130313030303030305A"
#define P256 "2A8648CE3D030107"
#define V3 "020102"
#define TRUE_ "0101FF"
#define SKI "04020102"
/* the usual, with this extension */
#define EXTENSION(oid, critical, value, want)                                                      \
    {                                                                                              \
        V3, ECDSA, TIME, P256, oid, critical, value, NULL, want                                    \
    }
#define SHAPE(version, algorithm, time, curve, want)                                               \
    {                                                                                              \
        version, algorithm, time, curve, OID_SKI, "", SKI, NULL, want                              \
    }

static void put_hex(struct buf *b, const char *hex)
{
    uint8_t raw[512];
    size_t n;

    CHECK_OK(hex_decode(bytes_cstr(hex), raw, sizeof raw, &n));
    buf_put(b, raw, n);
}

static void put_extensions(struct buf *b, const struct hand *h)
{
    size_t outer = tlv_begin(b, 0xA3);
    size_t list = tlv_begin(b, 0x30);
    size_t extension = tlv_begin(b, 0x30);
    size_t at = tlv_begin(b, 0x06);

    put_hex(b, h->oid);
    tlv_end(b, at);
    put_hex(b, h->critical);
    at = tlv_begin(b, 0x04);
    put_hex(b, h->value);
    tlv_end(b, at);
    tlv_end(b, extension);
    if (h->again)
        put_hex(b, h->again);
    tlv_end(b, list);
    tlv_end(b, outer);
}

static void put_public_key(struct buf *b, const char *curve)
{
    static const uint8_t point[66] = {0, 4};
    size_t info = tlv_begin(b, 0x30);
    size_t algorithm = tlv_begin(b, 0x30);
    size_t at;

    put_hex(b, "06072A8648CE3D0201");
    at = tlv_begin(b, 0x06);
    put_hex(b, curve);
    tlv_end(b, at);
    tlv_end(b, algorithm);
    tlv_put(b, 0x03, BYTES_OF(point));
    tlv_end(b, info);
}

static void put_by_hand(struct buf *b, const struct hand *h)
{
    size_t whole = tlv_begin(b, 0x30);
    size_t tbs = tlv_begin(b, 0x30);
    size_t at = tlv_begin(b, 0xA0);

    put_hex(b, h->version);
    tlv_end(b, at);
    put_hex(b, "020101");
    put_hex(b, h->algorithm);
    put_hex(b, "3000"); /* issuer */
    at = tlv_begin(b, 0x30);
    put_hex(b, "170D3230303130313030303030305A");
    put_hex(b, h->not_after);
    tlv_end(b, at);
    put_hex(b, "3000"); /* subject */
    put_public_key(b, h->curve);
    if (h->oid)
        put_extensions(b, h);
    tlv_end(b, tbs);
    put_hex(b, h->algorithm);
    put_hex(b, "0309003006020101020101");
    tlv_end(b, whole);
}

static const struct hand hands[] = {
    SHAPE(V3, ECDSA, TIME, P256, XK_OK),
    SHAPE("020101", ECDSA, TIME, P256, XK_E_FORMAT), /* version 2 */
    SHAPE("02020002", ECDSA, TIME, P256, XK_E_FORMAT),
    SHAPE(V3 "00", ECDSA, TIME, P256, XK_E_FORMAT),
    SHAPE(V3, "300A06082A8648CE3D040303", TIME, P256, XK_E_VALUE),     /* SHA-384 */
    SHAPE(V3, "300C06082A8648CE3D0403020500", TIME, P256, XK_E_VALUE), /* NULL parameters */
    SHAPE(V3, "300A06082A8648CE3D040303", TIME, "2B81040022", XK_E_UNSUPPORTED), /* on P-384 */
    SHAPE(V3, ECDSA, "180F39393939313233313233353935395A", P256, XK_OK),
    SHAPE(V3, ECDSA, "180F32303234303232393233353935395A", P256, XK_OK),       /* leap day */
    SHAPE(V3, ECDSA, "180F32303233303232393233353935395A", P256, XK_E_FORMAT), /* no such day */
    SHAPE(V3, ECDSA, "180F32303233303033303233353935395A", P256, XK_E_FORMAT), /* month 00 */
    SHAPE(V3, ECDSA, "170D3330303130313234303030305A", P256, XK_E_FORMAT),     /* 24 hours */
    SHAPE(V3, ECDSA, "170D3330303130313030363030305A", P256, XK_E_FORMAT),     /* 60 minutes */
    SHAPE(V3, ECDSA, "170B333030313031303030305A", P256, XK_E_FORMAT),         /* no seconds */
    SHAPE(V3, ECDSA, "170D3330303130313030303030302B", P256, XK_E_FORMAT),     /* not Zulu */
    SHAPE(V3, ECDSA, "170D33303031303130303030303A5A", P256, XK_E_FORMAT),     /* no digit */
    SHAPE(V3, ECDSA, "180D3330303130313030303030305A", P256, XK_E_FORMAT),     /* two-digit year */
    SHAPE(V3, ECDSA, "04023030", P256, XK_E_FORMAT),
    SHAPE(V3, ECDSA, TIME, "2B2403030208010107", XK_OK),      /* brainpoolP256r1 */
    SHAPE(V3, ECDSA, TIME, "2B81040022", XK_E_UNSUPPORTED),   /* P-384 */
    {V3, ECDSA, TIME, P256, NULL, "", "", NULL, XK_E_FORMAT}, /* no extensions at all */
    {V3, ECDSA, TIME, P256, OID_SKI, "", SKI, "300B0603551D0E040404020102",
     XK_E_FORMAT}, /* twice */
    {V3, ECDSA, TIME, P256, OID_SKI, "", SKI, "30090603551D0E04020400", XK_E_FORMAT},
    EXTENSION("551D7F", "", "0500", XK_OK),
    EXTENSION("551D7F", TRUE_, "0500", XK_E_VALUE),
    EXTENSION("551D7F", "010100", "0500", XK_E_FORMAT), /* a default, written */
    EXTENSION("551D7F", "010101", "0500", XK_E_FORMAT), /* TRUE is FF */
    EXTENSION(OID_SKI, "", "0400", XK_E_FORMAT),
    EXTENSION(OID_SKI, "", "0402010200", XK_E_FORMAT), /* something behind */
    EXTENSION(OID_SKI, "", "03020102", XK_E_FORMAT),
    EXTENSION(OID_SKI, "", "0481020102", XK_E_FORMAT), /* long length */
    EXTENSION(OID_SKI, "", "24800000", XK_E_FORMAT),   /* indefinite */
    EXTENSION(OID_AKI, "", "300480020102", XK_OK),
    EXTENSION(OID_AKI, "", "3006800201028200", XK_OK), /* with a serial number */
    EXTENSION(OID_AKI, "", "3004800301", XK_E_FORMAT),
    EXTENSION(OID_KEY_USAGE, TRUE_, "03020780", XK_OK),
    EXTENSION(OID_KEY_USAGE, TRUE_, "0303070080", XK_OK),
    EXTENSION(OID_KEY_USAGE, TRUE_, "0300", XK_E_FORMAT),
    EXTENSION(OID_KEY_USAGE, TRUE_, "03020880", XK_E_FORMAT),
    EXTENSION(OID_KEY_USAGE, TRUE_, "030500808080", XK_E_FORMAT),
    EXTENSION(OID_BASIC, TRUE_, "3000", XK_OK),
    EXTENSION(OID_BASIC, TRUE_, "30060101FF020100", XK_OK),
    EXTENSION(OID_BASIC, TRUE_, "3003010100", XK_E_FORMAT),
    EXTENSION(OID_BASIC, TRUE_, "30060101FF0201FF", XK_E_FORMAT), /* negative */
    EXTENSION(OID_BASIC, TRUE_, "30080101FF0201000500", XK_E_FORMAT),
    EXTENSION(OID_POLICIES, TRUE_, "300B3009060767811201020104", XK_OK),
    EXTENSION(OID_POLICIES, TRUE_, "3000", XK_E_FORMAT),
    EXTENSION(OID_POLICIES, TRUE_, "30023000", XK_E_FORMAT),
    EXTENSION(OID_ALT_NAME, "", "30058803883701", XK_OK),
    EXTENSION(OID_ALT_NAME, "", "3000", XK_E_FORMAT),
    EXTENSION(OID_ALT_NAME, "", "30058804883701", XK_E_FORMAT),
    EXTENSION(OID_NAMES, TRUE_, "3002A000", XK_OK),
    EXTENSION(OID_NAMES, TRUE_, "3002A100", XK_E_FORMAT), /* excluded */
    EXTENSION(OID_NAMES, TRUE_, "3004A000A100", XK_E_FORMAT),
    EXTENSION(OID_EKU, TRUE_, "3000", XK_E_FORMAT),
    EXTENSION(OID_EINS, TRUE_, "300413023839", XK_OK),
    EXTENSION(OID_EINS, TRUE_, "0500", XK_E_FORMAT),
};

TEST(what_is_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(hands); i++) {
        struct x509_cert c;
        struct buf b;

        buf_init(&b, X509_CERT_MAX);
        put_by_hand(&b, &hands[i]);
        if (x509_read(buf_bytes(&b), &c) != hands[i].want) {
            printf("# row %zu: %s\n", i, xk_err_name(x509_read(buf_bytes(&b), &c)));
            CHECK(!"as in the table");
        }
        buf_fini(&b);
    }
}

TEST(dates)
{
    static const struct {
        const char *time;
        int64_t ms;
    } rows[] = {
        {"170D3439313233313233353935395A", INT64_C(2524607999000)}, /* 2049 */
        {"170D3530303130313030303030305A", INT64_C(-631152000000)}, /* 1950 */
        {"170D3730303130313030303030305A", 0},
        {"180F32303530303130313030303030305A", INT64_C(2524608000000)},
        {"180F32303030303232393030303030305A", INT64_C(951782400000)}, /* 2000 had a leap day */
        {"180F39393939313233313233353935395A", INT64_C(253402300799000)},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct hand h = SHAPE(V3, ECDSA, rows[i].time, P256, XK_OK);
        struct x509_cert c = {.not_after = 1};
        struct buf b;

        buf_init(&b, X509_CERT_MAX);
        put_by_hand(&b, &h);
        CHECK_OK(x509_read(buf_bytes(&b), &c));
        CHECK_INT(c.not_after, rows[i].ms);
        buf_fini(&b);
    }
}

/* --- EIDs, OIDs, files --- */

TEST(eids)
{
    static const struct {
        const char *eid;
        enum xk_err want;
    } rows[] = {
        {"89882119900000000000000000001654", XK_OK},
        {"89086030202200000022000027485428", XK_OK},
        {"89049032123451234512345678901235", XK_OK},
        {"89049032123451234512345678901236", XK_E_VALUE},
        {"89049032123451234512345678901253", XK_E_VALUE}, /* two digits swapped */
        {"8904903212345123451234567890123A", XK_E_VALUE},
    };
    char made[33];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t eid[X509_EID_LEN];

        CHECK_OK(hex_decode_exact(bytes_cstr(rows[i].eid), eid, sizeof eid));
        CHECK_INT(x509_eid_check(eid), rows[i].want);
    }
    for (unsigned n = 0; n < 200; n++) {
        uint8_t eid[X509_EID_LEN];

        rsp_pki_eid(n, made);
        CHECK_OK(hex_decode_exact(bytes_cstr(made), eid, sizeof eid));
        CHECK_OK(x509_eid_check(eid));
    }
}

TEST(object_identifiers)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"2.999.10", "88370A"}, {"2.23.146.1.2.1.0", "67811201020100"},
        {"0.0", "00"},          {"1.39.1", "4F01"},
        {"2.0", "50"},          {"2.47.4294967295", "7F8FFFFFFF7F"},
    };
    static const char *const bad_text[] = {"",    "2",    "3.1",          "1.40",
                                           "2.",  ".2",   "2.1.",         "2..1",
                                           "2.x", "2.1 ", "2.4294967296", "2.99999999999999999999"};
    static const char *const bad_hex[] = {"", "88", "8001", "8880808080808000"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[X509_OID_TEXT_MAX];
        struct buf b;

        buf_init(&b, 64);
        CHECK_OK(x509_oid_parse(rows[i].text, &b));
        CHECK_HEX(buf_bytes(&b), rows[i].hex);
        CHECK_OK(x509_oid_format(buf_bytes(&b), text));
        CHECK_STR(text, rows[i].text);
        buf_fini(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad_text); i++) {
        struct buf b;

        buf_init(&b, 64);
        CHECK_INT(x509_oid_parse(bad_text[i], &b), XK_E_FORMAT);
        buf_fini(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad_hex); i++) {
        char text[X509_OID_TEXT_MAX];
        uint8_t raw[16];
        size_t n;

        CHECK_OK(hex_decode(bytes_cstr(bad_hex[i]), raw, sizeof raw, &n));
        CHECK_INT(x509_oid_format(BYTES(raw, n), text), XK_E_FORMAT);
    }
}

TEST(files)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct bytes der = rsp_pki_cert(pki, RSP_CI).der;
    struct buf pem, out;

    buf_init(&pem, 8192);
    buf_init(&out, 8192);
    buf_put_str(&pem, "what openssl prints before a certificate\n");
    x509_put_pem("CERTIFICATE", der, &pem);
    CHECK_OK(x509_from_file(buf_bytes(&pem), "CERTIFICATE", &out));
    CHECK(bytes_eq(buf_bytes(&out), der));
    buf_reset(&out);
    CHECK_OK(x509_from_file(der, "CERTIFICATE", &out));
    CHECK(bytes_eq(buf_bytes(&out), der));
    CHECK_INT(x509_from_file(buf_bytes(&pem), "X509 CRL", &out), XK_E_FORMAT);
    CHECK_INT(x509_from_file(BYTES_NONE, "CERTIFICATE", &out), XK_E_FORMAT);
    CHECK_INT(x509_from_file(BYTES_STR("nothing"), "CERTIFICATE", &out), XK_E_FORMAT);
    buf_fini(&pem);
    buf_fini(&out);
    rsp_pki_free(pki);
}

TEST(requests_refused)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct rsp_cert ci = rsp_pki_cert(pki, RSP_CI);
    const struct x509_request good = {.role = CERT_CI,
                                      .curve = EC_P256,
                                      .point = ec_key_point(ci.key),
                                      .serial = BYTES_STR("\1"),
                                      .not_after = RSP_NOW,
                                      .common_name = "x"};
    struct x509_request bad = good;
    struct x509_cert issuer;
    struct buf b;

    buf_init(&b, X509_CERT_MAX);
    CHECK_OK(x509_read(ci.der, &issuer));
    CHECK_OK(x509_make(&good, NULL, ci.key, &b));
    bad.serial = BYTES_NONE;
    CHECK_INT(x509_make(&bad, NULL, ci.key, &b), XK_E_VALUE);
    bad = good;
    bad.serial = BYTES_STR("123456789012345678901");
    CHECK_INT(x509_make(&bad, NULL, ci.key, &b), XK_E_VALUE);
    bad = good;
    bad.not_before = RSP_NOW + 1;
    CHECK_INT(x509_make(&bad, NULL, ci.key, &b), XK_E_VALUE);
    bad = good;
    bad.point = ec_key_point(rsp_pki_cert(pki, RSP_EUM).key); /* not the key that signs */
    CHECK_INT(x509_make(&bad, NULL, ci.key, &b), XK_E_VALUE);
    bad = good;
    bad.role = CERT_DP_SUBCA; /* of v3 only */
    CHECK_INT(x509_make(&bad, &issuer, ci.key, &b), XK_E_VALUE);
    bad = good;
    bad.curve = EC_BRAINPOOL_P256R1; /* off that curve */
    CHECK_INT(x509_make(&bad, &issuer, ci.key, &b), XK_E_VALUE);
    buf_fini(&b);
    rsp_pki_free(pki);
}

TESTS_MAIN(XT_CASE(fields_of_a_server), XT_CASE(fields_of_eum_and_euicc), XT_CASE(cut_anywhere),
           XT_CASE(what_is_refused), XT_CASE(dates), XT_CASE(eids), XT_CASE(object_identifiers),
           XT_CASE(files), XT_CASE(requests_refused))
