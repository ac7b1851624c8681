/* SPDX-License-Identifier: Apache-2.0 */
/* A package becomes a card: files, PINs, authentication, as its elements say. */
#include "crypto/aka.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SELECT_USIM "00A40404 10" PACKAGE_USIM_AID
#define SELECT_ISIM "00A40404 10" PACKAGE_ISIM_AID
#define VERIFY_PIN1 "00200001 08 31323334FFFFFFFF"
#define VERIFY_ADM1 "0020000A 08 3838383838383838"
#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))

static void install(struct profile_rig *r, const struct package *p)
{
    profile_rig_open(r);
    profile_rig_must_install(r, package_bytes(p));
}

TEST(plain)
{
    struct profile_rig r;
    struct package p;

    package_plain(&p);
    install(&r, &p);
    CHECK_INT(r.response.pe_n, 1);
    CHECK_INT(profile_rig_status(&r), RSP_PE_OK);
    CHECK(!r.response.aborted);
    CHECK(profile_is_stored(r.flash, PROFILE_RIG_BASE));
    CHECK_INT(profile_stored_size(r.flash, PROFILE_RIG_BASE), r.size);
    profile_rig_expect(&r, "00A40804 02 2FE2", 0x9000);
    profile_rig_expect_data(&r, "00B00000 0A", PACKAGE_ICCID_EF);
    CHECK_OK(profile_erase(r.flash, PROFILE_RIG_BASE));
    CHECK(!profile_is_stored(r.flash, PROFILE_RIG_BASE));
    CHECK_INT(profile_erase(r.flash, PROFILE_RIG_BASE), XK_E_NOT_FOUND);
    profile_rig_close(&r);
}

TEST(builder_states)
{
    const struct profile_limits limits = {.memory = 100000};
    struct profile_builder *b;
    struct profile_rig r;
    struct package p;

    package_plain(&p);
    profile_rig_open(&r);
    CHECK_OK(profile_builder_new(&limits, &b));
    CHECK(profile_builder_iccid(b) == NULL);
    CHECK_INT(profile_builder_verdict(b), PROFILE_MORE);
    CHECK_INT(profile_builder_finish(b, r.flash, PROFILE_RIG_BASE), XK_E_STATE);
    CHECK_OK(profile_builder_feed(b, bytes_part(package_bytes(&p), 0, 200)));
    CHECK_HEX(BYTES(profile_builder_iccid(b), PROFILE_ICCID_LEN), PACKAGE_ICCID);
    CHECK_INT(profile_builder_finish(b, r.flash, PROFILE_RIG_BASE), XK_E_STATE);
    CHECK_OK(profile_builder_feed(b, bytes_part(package_bytes(&p), 200, SIZE_MAX)));
    CHECK_INT(profile_builder_verdict(b), PROFILE_WHOLE);
    CHECK_OK(profile_builder_end(b));
    CHECK_OK(profile_builder_finish(b, r.flash, PROFILE_RIG_BASE));
    flash_rollback(r.flash);
    CHECK(!profile_is_stored(r.flash, PROFILE_RIG_BASE));
    profile_builder_free(b);
    profile_builder_free(NULL);
    profile_rig_close(&r);
}

TEST(files)
{
    struct profile_rig r;
    struct package p;

    package_plain(&p);
    install(&r, &p);
    /* by the beginning of the name, by the whole name, and not by a name nobody has */
    profile_rig_expect(&r, "00A4040C 07 A0000000871002", 0x9000);
    profile_rig_expect(&r, "00A4040C 07 A0000000871004", 0x6A82);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6F07", 0x9000);
    CHECK_HEX(profile_rig_data(&r), "6217 82024121 83026F07 8A0105 8B036F0602 80020009 880138");
    profile_rig_expect(&r, "00B00000 09", 0x6982);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect_data(&r, "00B00000 09", PACKAGE_IMSI_EF);
    profile_rig_expect(&r, "00D60000 01 08", 0x6982);
    profile_rig_expect(&r, VERIFY_ADM1, 0x9000);
    profile_rig_expect(&r, "00D60001 01 09", 0x9000);
    profile_rig_expect_data(&r, "00B08700 02", "0809");
    /* template defaults: EF.KEYS, and what the package excludes is not there */
    profile_rig_expect(&r, "00A40004 02 6F08", 0x9000);
    profile_rig_expect_data(&r, "00B00000 03", "07FFFF");
    profile_rig_expect(&r, "00A40004 02 6F3C", 0x6A82);
    /* records, and the access rule by SFI */
    profile_rig_expect(&r, "00A40804 04 7FFF6FB7", 0x9000);
    profile_rig_expect_data(&r, "00B20104 04", "11F2FF00");
    /* what was written outlives a power cut */
    CHECK_OK(profile_rig_start(&r));
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect_data(&r, "00B08701 01", "09");
    profile_rig_close(&r);
}

TEST(pins)
{
    struct profile_rig r;
    struct package p;

    package_plain(&p);
    install(&r, &p);
    profile_rig_expect(&r, "00200001 00", 0x63C3);
    profile_rig_expect(&r, "00200001 08 31313131FFFFFFFF", 0x63C2);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, "00200001 00", 0x63C3);
    profile_rig_expect(&r, "00200081 00", 0x6A88); /* PIN2 is the USIM's */
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00200081 08 35363738FFFFFFFF", 0x9000);
    /* PIN2 may be changed, not switched off (attributes 03); PIN1 both (07) */
    profile_rig_expect(&r, "00260081 08 35363738FFFFFFFF", 0x6A88);
    profile_rig_expect(&r, "00240081 10 35363738FFFFFFFF 39393939FFFFFFFF", 0x9000);
    profile_rig_expect(&r, "00240081 10 35363738FFFFFFFF 39393939FFFFFFFF", 0x63C2);
    profile_rig_expect(&r, "00260001 08 31323334FFFFFFFF", 0x9000);
    profile_rig_expect(&r, "00280001 08 31323334FFFFFFFF", 0x9000);
    /* blocked, unblocked: three tries, PUK of the package; of PIN2 three */
    profile_rig_expect(&r, "00200081 08 30303030FFFFFFFF", 0x63C1);
    profile_rig_expect(&r, "00200081 08 30303030FFFFFFFF", 0x63C0);
    profile_rig_expect(&r, "00200081 08 39393939FFFFFFFF", 0x6983);
    profile_rig_expect(&r, "002C0081 00", 0x63C3);
    profile_rig_expect(&r, "002C0081 10 3131313131313131 35363738FFFFFFFF", 0x63C2);
    profile_rig_expect(&r, "002C0081 10 3837363534333231 35363738FFFFFFFF", 0x9000);
    profile_rig_expect(&r, "00200081 08 35363738FFFFFFFF", 0x9000);
    profile_rig_expect(&r, "002C0001 00", 0x63CA);
    profile_rig_expect(&r, "002C000A 10 3131313131313131 3838383838383838", 0x6A88);
    profile_rig_close(&r);
}

/* SAIP 8.4: filePath. PIN2 of the ISIM is the USIM's. */
TEST(pins_shared)
{
    struct profile_rig r;
    struct package p;

    package_start(&p);
    package_header(&p, SERVICES | SAIP_SERVICE_BIT(ISIM));
    package_mf(&p);
    package_puks(&p);
    package_pins_of_mf(&p);
    package_usim(&p);
    package_pin2(&p);
    package_milenage(&p);
    package_isim(&p);
    package_shared_pins(&p, "7FD0");
    package_mapped_aka(&p, PACKAGE_USIM_AID);
    package_end(&p);
    install(&r, &p);
    profile_rig_expect(&r, SELECT_ISIM, 0x9000);
    profile_rig_expect(&r, "00200081 08 30303030FFFFFFFF", 0x63C2);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00200081 00", 0x63C2);
    profile_rig_expect(&r, "00200081 08 35363738FFFFFFFF", 0x9000);
    profile_rig_close(&r);
}

/* ---- authentication ---- */

static struct aka_subscriber subscriber(enum aka_algorithm algorithm, const char *k,
                                        const char *opc, uint8_t res_len)
{
    struct aka_subscriber s = {.algorithm = algorithm, .res_len = res_len};
    size_t n;

    CHECK_OK(hex_decode(bytes_cstr(k), s.k.bytes, SECRET_MAX, &n));
    s.k.n = (uint8_t)n;
    CHECK_OK(hex_decode(bytes_cstr(opc), s.opc.bytes, SECRET_MAX, &n));
    s.opc.n = (uint8_t)n;
    return s;
}

static void challenge(const struct aka_subscriber *s, uint64_t sqn, struct aka_vector *v)
{
    static const uint8_t rand[AKA_RAND_LEN] = {0x23, 0x55, 0x3c, 0xbe, 0x96, 0x37, 0xa8, 0x9d};
    static const uint8_t amf[AKA_AMF_LEN] = {0x80, 0x00};
    uint8_t wire[AKA_SQN_LEN];

    aka_sqn_put(sqn, wire);
    CHECK_OK(aka_make_vector(s, rand, wire, amf, v));
}

/* AUTHENTICATE in the 3G context with this vector; the status word */
static uint16_t authenticate(struct profile_rig *r, const struct aka_vector *v)
{
    uint8_t wire[5 + 2 + AKA_RAND_LEN + AKA_AUTN_LEN] = {0x00, 0x88, 0x00, 0x81, 0x22, 0x10};

    memcpy(wire + 6, v->rand, AKA_RAND_LEN);
    wire[6 + AKA_RAND_LEN] = AKA_AUTN_LEN;
    memcpy(wire + 7 + AKA_RAND_LEN, v->autn, AKA_AUTN_LEN);
    return profile_rig_bytes(r, BYTES_OF(wire));
}

static void expect_vector(struct profile_rig *r, const struct aka_vector *v)
{
    uint8_t want[64] = {0xDB, v->res_n};
    size_t n = 2;

    CHECK_INT(authenticate(r, v), 0x9000);
    memcpy(want + n, v->res, v->res_n);
    n += v->res_n;
    want[n++] = AKA_CK_LEN;
    memcpy(want + n, v->ck, AKA_CK_LEN);
    n += AKA_CK_LEN;
    want[n++] = AKA_CK_LEN;
    memcpy(want + n, v->ik, AKA_CK_LEN);
    n += AKA_CK_LEN;
    CHECK(r->data_n >= n && memcmp(r->data, want, n) == 0);
}

/* AUTS, opened: the SQN of the card */
static uint64_t resynchronise(struct profile_rig *r, const struct aka_subscriber *s,
                              const struct aka_vector *v)
{
    uint8_t sqn[AKA_SQN_LEN] = {0};

    CHECK_INT(authenticate(r, v), 0x9000);
    CHECK(r->data_n == 2 + AKA_AUTS_LEN && r->data[0] == 0xDC && r->data[1] == AKA_AUTS_LEN);
    CHECK_OK(aka_open_auts(s, v->rand, r->data + 2, sqn));
    return aka_sqn_get(sqn);
}

TEST(milenage)
{
    struct aka_subscriber s = subscriber(AKA_MILENAGE, PACKAGE_K, PACKAGE_OPC, 0);
    struct profile_rig r;
    struct aka_vector v;
    struct package p;

    package_plain(&p);
    install(&r, &p);
    challenge(&s, 0x21, &v);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    CHECK_INT(authenticate(&r, &v), 0x6982); /* PIN1 first */
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    expect_vector(&r, &v);
    CHECK_INT(resynchronise(&r, &s, &v), 0x21);
    CHECK_OK(profile_rig_start(&r)); /* a SEQ once taken is remembered */
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    CHECK_INT(resynchronise(&r, &s, &v), 0x21);
    challenge(&s, 0x41, &v);
    expect_vector(&r, &v);
    v.autn[15] ^= 1;
    CHECK_INT(authenticate(&r, &v), 0x9862);
    /* sqnDelta of the package: 2^28, the schema's default */
    challenge(&s, ((UINT64_C(1) << 28) + 4) << 5, &v);
    CHECK_INT(resynchronise(&r, &s, &v), 0x41);
    profile_rig_close(&r);
}

/* Own rotation and XOR constants go with OPc to every function. */
TEST(milenage_constants)
{
    struct aka_subscriber s = subscriber(AKA_MILENAGE, PACKAGE_K, PACKAGE_OPC, 0);
    uint8_t xoring[SAIP_XORING_LEN] = {0};
    static const uint8_t rotation[] = {0x40, 0x08, 0x20, 0x48, 0x60};
    struct profile_rig r;
    struct aka_vector v;
    struct package p;
    size_t choice, at;

    for (unsigned i = 0; i < 5; i++)
        xoring[16 * i + 15] = (uint8_t)(i * 3);
    package_start(&p);
    package_header(&p, SERVICES);
    package_mf(&p);
    package_puks(&p);
    package_pins_of_mf(&p);
    package_usim(&p);
    package_open(&p, 0xA4);
    choice = der_begin(&p.b, 0xA1);
    at = der_begin(&p.b, 0xA1);
    der_put_int(&p.b, 0x80, SAIP_MILENAGE);
    package_hex(&p.b, 0x81, "00");
    package_hex(&p.b, 0x82, PACKAGE_K);
    package_hex(&p.b, 0x83, PACKAGE_OPC);
    der_put(&p.b, 0x84, BYTES_OF(rotation));
    der_put(&p.b, 0x85, BYTES_OF(xoring));
    der_close(&p.b, at);
    der_close(&p.b, choice);
    package_close(&p);
    package_end(&p);
    install(&r, &p);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    challenge(&s, 0x21, &v);
    CHECK_INT(authenticate(&r, &v), 0x9862);
    s.has_cr = true;
    memcpy(s.cr, rotation, sizeof rotation);
    memcpy(s.cr + sizeof rotation, xoring, sizeof xoring);
    challenge(&s, 0x21, &v);
    expect_vector(&r, &v);
    profile_rig_close(&r);
}

#define TUAK_K "ABABABABABABABABABABABABABABABAB"
#define TUAK_TOPC "BD04D9530E87513C5D837AC2AD954623A8E2330C115305A73EB45D1F40CCCBFF"

static void start_usim(struct package *p, uint32_t services)
{
    package_start(p);
    package_header(p, SAIP_SERVICE_BIT(USIM) | services);
    package_mf(p);
    package_puks(p);
    package_pins_of_mf(p);
    package_usim(p);
}

/* RES of 32, 64 and 128 bits by algorithmOptions; keys of 128 and 256 bits */
TEST(tuak)
{
    static const struct {
        uint8_t options, res_len;
        const char *k;
    } rows[] = {{0, 4, TUAK_K}, {1, 8, TUAK_K TUAK_K}, {2, 16, TUAK_K}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aka_subscriber s = subscriber(AKA_TUAK, rows[i].k, TUAK_TOPC, rows[i].res_len);
        struct profile_rig r;
        struct aka_vector v;
        struct package p;

        start_usim(&p, SAIP_SERVICE_BIT(TUAK128) | SAIP_SERVICE_BIT(TUAK256));
        package_aka(&p, SAIP_TUAK, rows[i].options, rows[i].k, TUAK_TOPC);
        package_end(&p);
        install(&r, &p);
        profile_rig_expect(&r, SELECT_USIM, 0x9000);
        profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
        challenge(&s, 0x21, &v);
        expect_vector(&r, &v);
        CHECK_INT(v.res_n, rows[i].res_len);
        CHECK_INT(resynchronise(&r, &s, &v), 0x21);
        profile_rig_close(&r);
    }
}

/* TS 34.108 8.1.2: any SQN is fresh; AMF FFFF asks for AUTS. */
TEST(test_algorithm)
{
    struct aka_subscriber s = subscriber(AKA_TEST, PACKAGE_K, "", 16);
    uint8_t sqn[AKA_SQN_LEN] = {0};
    struct profile_rig r;
    struct aka_vector v;
    struct package p;

    start_usim(&p, SAIP_SERVICE_BIT(TEST_ALGORITHM));
    package_aka(&p, SAIP_TEST_ALGORITHM, 2, PACKAGE_K, "00");
    package_end(&p);
    install(&r, &p);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    challenge(&s, 0x21, &v);
    expect_vector(&r, &v);
    expect_vector(&r, &v);
    CHECK_OK(aka_make_vector(&s, v.rand, sqn, (const uint8_t *)AKA_AMF_RESYNCH, &v));
    (void)resynchronise(&r, &s, &v);
    v.autn[9] ^= 1;
    CHECK_INT(authenticate(&r, &v), 0x9862);
    profile_rig_close(&r);
}

/* Keys and sequence numbers of the USIM serve the ISIM. */
TEST(mapped_keys)
{
    struct aka_subscriber s = subscriber(AKA_MILENAGE, PACKAGE_K, PACKAGE_OPC, 0);
    struct profile_rig r;
    struct aka_vector v;
    struct package p;

    start_usim(&p, SAIP_SERVICE_BIT(MILENAGE) | SAIP_SERVICE_BIT(ISIM));
    package_milenage(&p);
    package_isim(&p);
    package_mapped_aka(&p, PACKAGE_USIM_AID);
    package_end(&p);
    install(&r, &p);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    challenge(&s, 0x21, &v);
    profile_rig_expect(&r, SELECT_ISIM, 0x9000);
    expect_vector(&r, &v);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    CHECK_INT(resynchronise(&r, &s, &v), 0x21);
    challenge(&s, 0x41, &v);
    expect_vector(&r, &v);
    profile_rig_close(&r);
}

/* The GSM context of the USIM, and class A0 */
TEST(gsm)
{
    struct aka_subscriber s = subscriber(AKA_MILENAGE, PACKAGE_K, PACKAGE_OPC, 0);
    uint8_t sres[AKA_SRES_LEN], kc[AKA_KC_LEN], want[2 + AKA_SRES_LEN + AKA_KC_LEN] = {4};
    uint8_t rand[AKA_RAND_LEN] = {0x01, 0x02};
    struct profile_rig r;
    struct package p;

    CHECK_OK(aka_gsm(&s, rand, sres, kc));
    memcpy(want + 1, sres, sizeof sres);
    want[5] = AKA_KC_LEN;
    memcpy(want + 6, kc, sizeof kc);
    start_usim(&p, SAIP_SERVICE_BIT(MILENAGE));
    package_milenage(&p);
    package_gfm(&p);
    package_hex(&p.b, 0x80, "");
    package_hex(&p.b, 0x62, "8202782183027F208A01058B032F060EC606900180830101");
    package_gfm_close(&p);
    package_end(&p);
    install(&r, &p);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, "00880080 11 10 01020000000000000000000000000000", 0x9000);
    CHECK(bytes_eq(profile_rig_data(&r), BYTES_OF(want)));
    profile_rig_expect(&r, "A0A40000 02 7F20", 0x9000);
    profile_rig_expect(&r, "A0880000 10 01020000000000000000000000000000", 0x9000);
    CHECK(r.data_n == 12 && memcmp(r.data, sres, 4) == 0 && memcmp(r.data + 4, kc, 8) == 0);
    profile_rig_close(&r);
}

TESTS_MAIN(XT_CASE(plain), XT_CASE(builder_states), XT_CASE(files), XT_CASE(pins),
           XT_CASE(pins_shared), XT_CASE(milenage), XT_CASE(milenage_constants), XT_CASE(tuak),
           XT_CASE(test_algorithm), XT_CASE(mapped_keys), XT_CASE(gsm))
