/* SPDX-License-Identifier: Apache-2.0 */
/* One template, many numbers: each value stands where a card looks for it, and the card that comes
 * of it works with its own keys. */
#include "codec/saip/personalise.h"

#include <pthread.h>

#include "codec/ef/ef.h"
#include "crypto/aka.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(ISIM) | SAIP_SERVICE_BIT(MILENAGE))
#define SELECT_USIM "00A40404 10" PACKAGE_USIM_AID
#define SELECT_ISIM "00A40404 10" PACKAGE_ISIM_AID
#define ICCID "89860098765432109876"
#define IMSI "460019876543210"
#define MSISDN "+8614400001234"
#define SMSC "+8613800100500"
#define K "000102030405060708090A0B0C0D0E0F"
#define OPC "F0E0D0C0B0A090807060504030201000"
#define KIC "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"
#define SUCI                                                                                       \
    "A0020101A12580010A8120"                                                                       \
    "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650"

/* With a place for everything: opt-usim, ISIM, DF.5GS, a security domain. */
static void template_whole(struct package *p)
{
    package_begin(p, SERVICES);
    package_template(p, 0xB4, 5, 0);
    package_file(p, 0xA7, NULL, NULL);             /* EF.MSISDN, as the template has it */
    package_file(p, 0xB0, "80010A", "FFFFFF0000"); /* EF.OPLMNwAcT for two */
    package_file(p, 0xB1, NULL, NULL);             /* EF.HPLMNwAcT for one */
    package_file(p, 0xBF3A, NULL, NULL);           /* EF.EHPLMN */
    package_close(p);
    package_template(p, 0xBC, 13, 0);
    package_file(p, 0xA2, NULL, NULL);
    package_file(p, 0xA9, "800140", "A0020000");
    package_file(p, 0xAC, NULL, NULL);
    package_close(p);
    package_isim(p);
    package_milenage(p);
    package_usual_domain(p, NULL);
    package_end(p);
}

static struct saip_plan *plan_of(struct package *p)
{
    struct saip_plan *plan = NULL;

    if (saip_plan_new(package_bytes(p), &plan) != XK_OK)
        abort();
    return plan;
}

static void set_hex(struct secret *s, const char *hex)
{
    uint8_t value[SECRET_MAX];
    size_t n;

    if (hex_decode(bytes_cstr(hex), value, sizeof value, &n) != XK_OK ||
        secret_set(s, BYTES(value, n)) != XK_OK)
        abort();
}

static struct saip_number whole_number(void)
{
    static uint8_t suci[64];
    struct saip_number n = {.iccid = ICCID,
                            .imsi = IMSI,
                            .mnc_length = 2,
                            .msisdn = MSISDN,
                            .smsc = SMSC,
                            .spn = "xieka",
                            .impi = "460019876543210@ims.example",
                            .impu = "sip:460019876543210@ims.test",
                            .domain = "ims.example",
                            .pin1 = "4321",
                            .pin2 = "87654321",
                            .puk1 = "11112222",
                            .puk2 = "33334444",
                            .algorithm = SAIP_MILENAGE,
                            .keys = {{.version = 1, .identifier = 1}},
                            .n_keys = 1,
                            .hplmn = {{"46001", 0x4000}},
                            .oplmn = {{"46000", 0x8000}, {"310410", 0x4080}},
                            .ehplmn = {{"46001", 0}, {"46006", 0}},
                            .fplmn = {{"46011", 0}},
                            .routing_indicator = "123"};
    size_t n_suci;

    set_hex(&n.adm[0], "4142434445464748");
    set_hex(&n.k, K);
    set_hex(&n.opc, OPC);
    set_hex(&n.keys[0].key, KIC);
    if (hex_decode(bytes_cstr(SUCI), suci, sizeof suci, &n_suci) != XK_OK)
        abort();
    n.suci = BYTES(suci, n_suci);
    return n;
}

static struct bytes made(const struct saip_plan *plan, const struct saip_number *n, struct buf *out)
{
    enum saip_position failed;

    CHECK_OK(saip_personalise(plan, n, out, &failed));
    CHECK(out->n <= saip_plan_size(plan));
    return buf_bytes(out);
}

static void read_ef(struct profile_rig *r, const char *fid, uint8_t *out, size_t n)
{
    char command[32];

    snprintf(command, sizeof command, "00A40004 02 %s", fid);
    profile_rig_expect(r, command, 0x9000);
    snprintf(command, sizeof command, "00B00000 %02zX", n);
    profile_rig_expect(r, command, 0x9000);
    memcpy(out, r->data, n < r->data_n ? n : r->data_n);
}

static void read_record(struct profile_rig *r, const char *fid, size_t n)
{
    char command[32];

    snprintf(command, sizeof command, "00A40004 02 %s", fid);
    profile_rig_expect(r, command, 0x9000);
    snprintf(command, sizeof command, "00B20104 %02zX", n);
    profile_rig_expect(r, command, 0x9000);
}

static void expect_ef(struct profile_rig *r, const char *fid, const char *hex)
{
    uint8_t data[256], want[256];
    size_t n;

    CHECK_OK(hex_decode(bytes_cstr(hex), want, sizeof want, &n));
    read_ef(r, fid, data, n);
    CHECK(bytes_eq(BYTES(data, n), BYTES(want, n)));
}

static void check_usim(struct profile_rig *r)
{
    char text[EF_MSISDN_TEXT];
    uint8_t data[64];

    profile_rig_expect(r, SELECT_USIM, 0x9000);
    profile_rig_expect(r, "0020000108 34333231FFFFFFFF", 0x9000); /* PIN1 4321 */
    read_ef(r, "6F07", data, EF_IMSI_LEN);
    CHECK_OK(ef_decode_imsi(data, text));
    CHECK_STR(text, IMSI);
    expect_ef(r, "6F78", "0001");
    read_ef(r, "6FAD", data, 4);
    CHECK_INT(data[3], 2);
    read_record(r, "6F40", 24);
    CHECK_OK(ef_decode_msisdn(r->data + r->data_n - EF_MSISDN_LEN, text));
    CHECK_STR(text, MSISDN);
    read_record(r, "6F42", 38);
    CHECK_OK(ef_decode_smsc(r->data + r->data_n - EF_SMSP_LEN + 13, text));
    CHECK_STR(text, SMSC);
    CHECK_INT(r->data[r->data_n - EF_SMSP_LEN] & 0x02, 0);
    read_ef(r, "6F46", data, 7);
    CHECK(memcmp(data + 1, "xieka\xFF", 6) == 0);
    expect_ef(r, "6F62", "64F0104000");
    expect_ef(r, "6F61", "64F00080001300144080");
    expect_ef(r, "6FD9", "64F01064F060FFFFFF");
    expect_ef(r, "6F7B", "64F011FFFFFFFFFFFFFFFFFF");
    profile_rig_expect(r, "00A40004 02 5FC0", 0x9000);
    expect_ef(r, "4F0A", "21F3");
    profile_rig_expect(r, SELECT_USIM, 0x9000);
    profile_rig_expect(r, "00A40004 02 5FC0", 0x9000);
    expect_ef(r, "4F07", SUCI "FFFF");
}

static void check_codes(struct profile_rig *r)
{
    profile_rig_expect(r, "0020000108 31323334FFFFFFFF", 0x63C2); /* the template's */
    profile_rig_expect(r, "002C000110 3131313132323232 34333231FFFFFFFF", 0x9000);
    profile_rig_expect(r, "0020008108 3837363534333231", 0x9000);
    profile_rig_expect(r, "002C008110 3333333334343434 3837363534333231", 0x9000);
    profile_rig_expect(r, "0020000A08 4142434445464748", 0x9000);
}

static void check_isim(struct profile_rig *r)
{
    profile_rig_expect(r, SELECT_ISIM, 0x9000);
    expect_ef(r, "6F02", "801B343630303139383736353433323130");
    profile_rig_expect(r, "00A40004 02 6F04", 0x9000);
    profile_rig_expect(r, "00B20104 20", 0x9000);
    CHECK_INT(r->data[1], 28);
    CHECK(memcmp(r->data + 2, "sip:460019876543210@", 20) == 0);
}

/* AUTHENTICATE with a vector made of these keys */
static uint16_t authenticates(struct profile_rig *r, const char *k, const char *opc)
{
    static const uint8_t rand[AKA_RAND_LEN] = {7}, sqn[AKA_SQN_LEN] = {0, 0, 0, 0, 0, 0x21};
    static const uint8_t amf[AKA_AMF_LEN] = {0x80, 0};
    struct aka_subscriber s = {.algorithm = AKA_MILENAGE};
    struct aka_vector v;
    char command[160], hex[HEX_LEN(16)], more[HEX_LEN(16)];

    set_hex(&s.k, k);
    set_hex(&s.opc, opc);
    if (aka_make_vector(&s, rand, sqn, amf, &v) != XK_OK)
        abort();
    snprintf(command, sizeof command, "0088008122 10%s10%s", hex_encode(BYTES_OF(rand), hex),
             hex_encode(BYTES_OF(v.autn), more));
    return profile_rig_send(r, command);
}

TEST(everything_in_its_place)
{
    struct saip_number number = whole_number();
    struct saip_plan *plan;
    struct profile_rig r;
    struct package p;
    struct buf out;

    template_whole(&p);
    plan = plan_of(&p);
    buf_init(&out, SAIP_UPP_MAX);
    profile_rig_open(&r);
    profile_rig_must_install(&r, made(plan, &number, &out));
    profile_rig_expect(&r, "00A40004 02 2FE2", 0x9000);
    profile_rig_expect_data(&r, "00B00000 0A", "98680089674523018967");
    check_usim(&r);
    CHECK_INT(authenticates(&r, K, OPC), 0x9000);
    CHECK_INT(authenticates(&r, PACKAGE_K, PACKAGE_OPC), 0x9862);
    check_codes(&r);
    check_isim(&r);
    profile_rig_close(&r);
    buf_fini(&out);
    saip_plan_free(plan);
}

/* A number that says nothing leaves the template's card. */
TEST(nothing_to_write)
{
    const struct saip_number number = {0};
    struct saip_plan *plan;
    struct profile_rig r;
    struct package p;
    struct buf out;

    template_whole(&p);
    plan = plan_of(&p);
    buf_init(&out, SAIP_UPP_MAX);
    profile_rig_open(&r);
    profile_rig_must_install(&r, made(plan, &number, &out));
    profile_rig_expect(&r, "00A40004 02 2FE2", 0x9000);
    profile_rig_expect_data(&r, "00B00000 0A", PACKAGE_ICCID_EF);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "0020000108 31323334FFFFFFFF", 0x9000);
    expect_ef(&r, "6F07", PACKAGE_IMSI_EF);
    CHECK_INT(authenticates(&r, PACKAGE_K, PACKAGE_OPC), 0x9000);
    profile_rig_close(&r);
    buf_fini(&out);
    saip_plan_free(plan);
}

/* ---- refusals ---- */

typedef void bend_fn(struct saip_number *n);

struct refusal {
    bend_fn *bend;
    enum xk_err err;
    enum saip_position at;
};

static void letters_in_iccid(struct saip_number *n)
{
    n->iccid = "89860098765432109Z76";
}
static void short_imsi(struct saip_number *n)
{
    n->imsi = "46001";
}
static void four_digits_of_mnc(struct saip_number *n)
{
    n->mnc_length = 4;
}
static void letters_in_msisdn(struct saip_number *n)
{
    n->msisdn = "+86x";
}
static void long_spn(struct saip_number *n)
{
    n->spn = "a name of 17 char";
}
static void broken_spn(struct saip_number *n)
{
    n->spn = "\xE4\xBD";
}
static void long_spn_in_ucs2(struct saip_number *n)
{
    n->spn = "\xE7\x89\xA9\xE8\x81\x94\xE7\xBD\x91\xE7\x89\xA9\xE8\x81\x94\xE7\xBD\x91\xE7\x89\xA9"
             "\xE8\x81\x94";
}
static void long_impu(struct saip_number *n)
{
    n->impu = "sip:a-name-that-is-longer-than-the-file@example.net";
}
static void short_pin(struct saip_number *n)
{
    n->pin1 = "123";
}
static void short_puk(struct saip_number *n)
{
    n->puk2 = "1234567";
}
static void other_algorithm(struct saip_number *n)
{
    n->algorithm = SAIP_TUAK;
}
static void short_key(struct saip_number *n)
{
    n->k.n = 15;
}
static void long_domain_key(struct saip_number *n)
{
    set_hex(&n->keys[0].key, KIC KIC);
}
static void unknown_domain_key(struct saip_number *n)
{
    n->keys[0].version = 0x7F;
}
static void adm_that_is_not_there(struct saip_number *n)
{
    set_hex(&n->adm[1], "4142434445464748");
}
static void three_networks(struct saip_number *n)
{
    n->oplmn[2] = (struct saip_number_plmn){"46001", 0};
}
static void no_network(struct saip_number *n)
{
    n->fplmn[0] = (struct saip_number_plmn){"46", 0};
}
static void five_digits_of_routing(struct saip_number *n)
{
    n->routing_indicator = "12345";
}
static void long_suci(struct saip_number *n)
{
    static const uint8_t long_[65] = {0xA0};

    n->suci = BYTES_OF(long_);
}

static const struct refusal refusals[] = {
    {letters_in_iccid, XK_E_VALUE, SAIP_AT_ICCID},
    {short_imsi, XK_E_VALUE, SAIP_AT_IMSI},
    {four_digits_of_mnc, XK_E_VALUE, SAIP_AT_MNC},
    {letters_in_msisdn, XK_E_VALUE, SAIP_AT_MSISDN},
    {long_spn, XK_E_LIMIT, SAIP_AT_SPN},
    {broken_spn, XK_E_VALUE, SAIP_AT_SPN},
    {long_spn_in_ucs2, XK_E_LIMIT, SAIP_AT_SPN},
    {long_impu, XK_E_LIMIT, SAIP_AT_IMPU},
    {short_pin, XK_E_VALUE, SAIP_AT_PIN1},
    {short_puk, XK_E_VALUE, SAIP_AT_PUK2},
    {other_algorithm, XK_E_VALUE, SAIP_AT_K},
    {short_key, XK_E_VALUE, SAIP_AT_K},
    {long_domain_key, XK_E_VALUE, SAIP_AT_KEYS},
    {unknown_domain_key, XK_E_NOT_FOUND, SAIP_AT_KEYS},
    {adm_that_is_not_there, XK_E_NOT_FOUND, SAIP_AT_ADM},
    {three_networks, XK_E_LIMIT, SAIP_AT_OPLMN},
    {no_network, XK_E_VALUE, SAIP_AT_FPLMN},
    {five_digits_of_routing, XK_E_VALUE, SAIP_AT_ROUTING},
    {long_suci, XK_E_LIMIT, SAIP_AT_SUCI},
};

TEST(values_that_are_none)
{
    struct saip_plan *plan;
    struct package p;
    struct buf out;

    template_whole(&p);
    plan = plan_of(&p);
    buf_init(&out, SAIP_UPP_MAX);
    buf_put_str(&out, "before");
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct saip_number number = whole_number();
        enum saip_position failed = SAIP_POSITIONS;

        refusals[i].bend(&number);
        CHECK_INT(saip_personalise(plan, &number, &out, &failed), refusals[i].err);
        CHECK_STR(saip_position_name(failed), saip_position_name(refusals[i].at));
        CHECK_INT(out.n, 6);
    }
    buf_fini(&out);
    saip_plan_free(plan);
}

/* A plain USIM: no place for what an ISIM, 5G or a security domain would take. */
TEST(places_that_are_not_there)
{
    static const enum saip_position missing[] = {SAIP_AT_MSISDN, SAIP_AT_IMPI,    SAIP_AT_IMPU,
                                                 SAIP_AT_DOMAIN, SAIP_AT_KEYS,    SAIP_AT_HPLMN,
                                                 SAIP_AT_EHPLMN, SAIP_AT_ROUTING, SAIP_AT_SUCI};
    const struct saip_number whole = whole_number();
    struct saip_number number = {.impi = "a@b"};
    enum saip_position failed;
    struct saip_plan *plan;
    struct package p;
    struct buf out;

    package_plain(&p);
    plan = plan_of(&p);
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        CHECK(!(saip_plan_positions(plan) >> missing[i] & 1));
    CHECK(saip_plan_positions(plan) >> SAIP_AT_MNC & 1); /* of the template's defaults */
    CHECK(saip_plan_positions(plan) >> SAIP_AT_K & 1);
    buf_init(&out, SAIP_UPP_MAX);
    CHECK_INT(saip_personalise(plan, &number, &out, &failed), XK_E_NOT_FOUND);
    CHECK_STR(saip_position_name(failed), "impi");
    number = (struct saip_number){.suci = whole.suci};
    CHECK_INT(saip_personalise(plan, &number, &out, &failed), XK_E_NOT_FOUND);
    CHECK_STR(saip_position_name(failed), "suci");
    buf_fini(&out);
    saip_plan_free(plan);
}

TEST(templates_that_are_none)
{
    struct saip_plan *plan = NULL;
    struct package p;

    CHECK_INT(saip_plan_new(BYTES_STR("no package"), &plan), XK_E_FORMAT);
    package_plain(&p);
    CHECK_INT(saip_plan_new(bytes_part(package_bytes(&p), 0, p.b.n - 3), &plan), XK_E_FORMAT);
    package_start(&p);
    package_header(&p, SERVICES);
    package_mf(&p);
    package_usim_of(&p, 4, PACKAGE_ADF, PACKAGE_USIM_AID, PACKAGE_IMSI_EF "00");
    package_end(&p);
    CHECK_INT(saip_plan_new(package_bytes(&p), &plan), XK_E_FORMAT); /* contents too long */
    CHECK(plan == NULL);
}

/* UCS2 where the default alphabet has not the characters */
TEST(names_in_chinese)
{
    const struct saip_number number = {.spn = "\xE7\x89\xA9\xE8\x81\x94"}; /* 物联 */
    struct saip_plan *plan;
    struct profile_rig r;
    struct package p;
    struct buf out;

    package_plain(&p);
    plan = plan_of(&p);
    buf_init(&out, SAIP_UPP_MAX);
    profile_rig_open(&r);
    profile_rig_must_install(&r, made(plan, &number, &out));
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6F46", 0x9000);
    profile_rig_expect_data(&r, "00B00000 11", "01807269 8054FFFFFFFFFFFFFFFFFFFFFF");
    profile_rig_close(&r);
    buf_fini(&out);
    saip_plan_free(plan);
}

/* ---- threads ---- */

#define PACKAGES 200

struct maker {
    const struct saip_plan *plan;
    unsigned first;
    bool good;
};

static void *make_many(void *arg)
{
    struct maker *m = arg;

    m->good = true;
    for (unsigned i = 0; i < PACKAGES && m->good; i++) {
        char imsi[16], iccid[21];
        struct saip_number n = {.imsi = imsi, .iccid = iccid};
        enum saip_position failed;
        struct buf out;

        snprintf(imsi, sizeof imsi, "46001%010u", m->first + i);
        snprintf(iccid, sizeof iccid, "898600%014u", m->first + i);
        buf_init(&out, SAIP_UPP_MAX);
        m->good = saip_personalise(m->plan, &n, &out, &failed) == XK_OK;
        if (m->good) {
            uint8_t ef[EF_IMSI_LEN];

            m->good = ef_encode_imsi(imsi, ef) == XK_OK && memmem(out.p, out.n, ef, sizeof ef);
        }
        buf_fini(&out);
    }
    return NULL;
}

TEST(threads_share_a_plan)
{
    struct maker makers[4];
    pthread_t threads[ARRAY_LEN(makers)];
    struct saip_plan *plan;
    struct package p;

    template_whole(&p);
    plan = plan_of(&p);
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        makers[i] = (struct maker){.plan = plan, .first = 1000 * (unsigned)i};
        if (pthread_create(&threads[i], NULL, make_many, &makers[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        pthread_join(threads[i], NULL);
        CHECK(makers[i].good);
    }
    saip_plan_free(plan);
}

TESTS_MAIN(XT_CASE(everything_in_its_place), XT_CASE(nothing_to_write),
           XT_CASE(values_that_are_none), XT_CASE(places_that_are_not_there),
           XT_CASE(templates_that_are_none), XT_CASE(names_in_chinese),
           XT_CASE(threads_share_a_plan))
