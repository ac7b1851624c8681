/* SPDX-License-Identifier: Apache-2.0 */
/* ISD-R and ECASD as applications (SGP.22 5.7.1, 5.7.2), ES10a, what the card tells of itself, and
 * CRLs (5.7.3, 5.7.4, 5.7.8, 5.7.12, 5.7.20, 5.7.22). */
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)
#define ISDR "A0000005591010FFFFFFFF8900000100"
#define ECASD "A0000005591010FFFFFFFF8900000200"

/* ---- ATR, selection ---- */

TEST(atr)
{
    struct bytes atr = euicc_atr();
    uint8_t check = 0;

    REQUIRE(atr.n > 2 && atr.p[0] == 0x3B);
    for (size_t i = 1; i < atr.n; i++)
        check ^= atr.p[i];
    CHECK_INT(check, 0);
}

TEST(select)
{
    WITH_BENCH(b);

    CHECK_HEX(buf_bytes(&b.answer), "6F1F8410" ISDR "A5049F6501FF"
                                    "E005"
                                    "8203020500");
    CHECK_INT(b.sw, SW_OK);
    bench_hex(&b, "01A4040405A000000559");
    CHECK_INT(b.sw >> 8, 0x61); /* by the beginning of its name */
    bench_hex(&b, "01A40404"
                  "11" ISDR "00");
    CHECK_INT(b.sw, SW_FILE_NOT_FOUND);
    bench_hex(&b, "01A4040410A0000005591010FFFFFFFF8900000300");
    CHECK_INT(b.sw, SW_FILE_NOT_FOUND);
    /* the channel is as it was */
    CHECK_HEX(bench_es10_hex(&b, "BF2D00"), "BF2D02A000");
    bench_fini(&b);
}

/* v3: what the card is besides. */
TEST(select_v3)
{
    WITH_BENCH(b);

    b.made_of.highest_svn = RSP_VERSION(3, 1, 0);
    bench_make(&b);
    bench_open(&b);
    CHECK_HEX(buf_bytes(&b.answer), "6F228410" ISDR "A5049F6501FF"
                                    "E008"
                                    "8203020500"
                                    "030100");
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    CHECK_INT(bench_enable(&b, BENCH_ICCID, NO_REFRESH), RSP_ENABLE_OK);
    bench_open(&b);
    CHECK_HEX(buf_bytes(&b.answer), "6F238410" ISDR "A5049F6501FF"
                                    "E009"
                                    "8203020500"
                                    "03020520");
    bench_fini(&b);
}

TEST(channels)
{
    static const char *const selects[] = {"00A4040C10" ISDR, "01A4040C10" ISDR, "02A4040C10" ISDR,
                                          "03A4040C10" ISDR};
    WITH_BENCH(b);

    bench_hex(&b, "0070000001");
    bench_hex(&b, "0070000001");
    for (unsigned i = 0; i < ARRAY_LEN(selects); i++) {
        bench_hex(&b, selects[i]);
        CHECK_INT(b.sw, SW_OK);
        b.channel = i;
        CHECK_HEX(bench_es10_hex(&b, "BF2D00"), "BF2D02A000");
    }
    bench_hex(&b, "00708001"); /* closed: no longer */
    b.channel = 1;
    (void)bench_es10_hex(&b, "BF2D00");
    CHECK_INT(b.sw, SW_INS_UNKNOWN);
    bench_fini(&b);
}

TEST(not_selected)
{
    WITH_BENCH(b);

    b.channel = 0;
    (void)bench_es10_hex(&b, "BF2D00");
    CHECK_INT(b.sw, SW_INS_UNKNOWN);
    bench_fini(&b);
}

TEST(ecasd)
{
    WITH_BENCH(b);

    bench_hex(&b, "01A4040C10" ECASD);
    CHECK_INT(b.sw, SW_OK);
    bench_hex(&b, "81CA005A12");
    bench_hex(&b, "01C0000012");
    CHECK_HEX(buf_bytes(&b.answer), "5A10" RSP_EID);
    bench_hex(&b, "81CA006600");
    CHECK_INT(b.sw, SW_REF_DATA_NOT_FOUND);
    (void)bench_es10_hex(&b, "BF2D00");
    CHECK_INT(b.sw, SW_INS_UNKNOWN);
    bench_fini(&b);
}

/* ---- STORE DATA ---- */

TEST(blocks)
{
    WITH_BENCH(b);

    bench_hex(&b, "81E2110001BF");
    CHECK_INT(b.sw, SW_OK);
    bench_hex(&b, "81E21101012D");
    bench_hex(&b, "81E291030100"); /* a block is missing */
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    bench_hex(&b, "81E291020100");
    CHECK_INT(b.sw, 0x6105);
    bench_hex(&b, "81E2910003BF2D00"); /* numbers begin anew */
    CHECK_INT(b.sw, 0x6105);
    bench_hex(&b, "81E2110002BF2D"); /* begun, and begun again */
    bench_hex(&b, "81E2910003BF2D00");
    CHECK_INT(b.sw, 0x6105);
    bench_hex(&b, "81E2910103BF2D00"); /* nothing was begun */
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    bench_hex(&b, "81E2800003BF2D00"); /* P1 of another kind */
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    bench_hex(&b, "01E2910003BF2D00"); /* the class of SGP.22 5.7.2 */
    CHECK_INT(b.sw, SW_CLASS_UNSUPPORTED);
    bench_fini(&b);
}

/* A request belongs to its channel, and to the selection it was begun under. */
TEST(blocks_of_two_channels)
{
    WITH_BENCH(b);

    bench_hex(&b, "0070000001");
    bench_hex(&b, "02A4040C10" ISDR);
    bench_hex(&b, "81E2110002BF2D");
    bench_hex(&b, "82E291010100");
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    bench_hex(&b, "81E291010100");
    CHECK_INT(b.sw, 0x6105);
    bench_hex(&b, "81E2110002BF2D");
    bench_hex(&b, "01A4040C10" ISDR);
    bench_hex(&b, "81E291010100");
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    bench_fini(&b);
}

/* 256 blocks are the most there can be. */
TEST(blocks_too_many)
{
    uint8_t wire[6] = {0x81, 0xE2, 0x11, 0, 1, 0xBF};
    WITH_BENCH(b);

    for (unsigned i = 0; i < 256; i++) {
        wire[3] = (uint8_t)i;
        bench_apdu(&b, BYTES_OF(wire));
        CHECK_INT(b.sw, SW_OK);
    }
    wire[3] = 1;
    bench_apdu(&b, BYTES_OF(wire));
    CHECK_INT(b.sw, SW_WRONG_P1P2);
    CHECK_HEX(bench_es10_hex(&b, "BF2D00"), "BF2D02A000");
    bench_fini(&b);
}

TEST(unknown_functions)
{
    /* VerifySmdsResponse, LoadRpmPackage, PrepareDeviceChange; no function; no DER */
    static const struct {
        const char *request;
        uint16_t sw;
    } rows[] = {{"BF4500", SW_REF_DATA_NOT_FOUND}, {"BF4400", SW_REF_DATA_NOT_FOUND},
                {"BF4D00", SW_REF_DATA_NOT_FOUND}, {"8600", SW_REF_DATA_NOT_FOUND},
                {"BF2D", SW_WRONG_DATA},           {"BF2D0000", SW_WRONG_DATA},
                {"BF2D05", SW_WRONG_DATA},         {"00", SW_WRONG_DATA}};
    WITH_BENCH(b);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)bench_es10_hex(&b, rows[i].request);
        CHECK_INT(b.sw, rows[i].sw);
    }
    bench_fini(&b);
}

/* ---- ES10a ---- */

TEST(addresses)
{
    struct rsp_euicc_configured_addresses a;
    WITH_BENCH(b);

    REQUIRE(rsp_decode_euicc_configured_addresses(bench_es10_hex(&b, "BF3C00"), &a) == XK_OK);
    CHECK(bytes_eq(a.default_dp, BYTES_STR(RSP_DP_HOST)));
    CHECK(bytes_eq(a.root_ds, BYTES_STR(RSP_DS_HOST)));
    b.made_of.default_dp = NULL;
    b.made_of.root_ds = NULL;
    b.made_of.additional_ds[0] = "ds1.example.com";
    b.made_of.additional_ds[1] = "ds2.example.com";
    b.made_of.n_additional_ds = 2;
    bench_make(&b);
    bench_open(&b);
    REQUIRE(rsp_decode_euicc_configured_addresses(bench_es10_hex(&b, "BF3C00"), &a) == XK_OK);
    CHECK(!DER_PRESENT(a.default_dp));
    CHECK_INT(a.root_ds.n, 0);
    REQUIRE(a.additional_root_ds_n == 2);
    CHECK(bytes_eq(a.additional_root_ds[1], BYTES_STR("ds2.example.com")));
    bench_fini(&b);
}

static uint32_t set_default_dp(struct bench *b, struct bytes address, struct bytes ci)
{
    uint8_t mem[512];
    uint32_t result = UINT32_MAX;
    struct buf out;
    size_t at;

    buf_init_fixed(&out, mem, sizeof mem);
    at = der_begin(&out, TAG_SET_DEFAULT_DP_ADDRESS);
    der_put(&out, TAG_0, address);
    der_put_optional(&out, TAG_1, ci);
    der_close(&out, at);
    if (rsp_decode_set_default_dp_address_response(bench_es10(b, buf_bytes(&out)), &result) !=
        XK_OK)
        return UINT32_MAX;
    return result;
}

TEST(default_dp)
{
    static const uint8_t other[RSP_KEY_ID_LEN] = {9};
    struct rsp_euicc_configured_addresses a;
    WITH_BENCH(b);

    CHECK_INT(set_default_dp(&b, BYTES_STR("dp.example.org"), BYTES_NONE), 0);
    bench_open(&b);
    REQUIRE(rsp_decode_euicc_configured_addresses(bench_es10_hex(&b, "BF3C00"), &a) == XK_OK);
    CHECK(bytes_eq(a.default_dp, BYTES_STR("dp.example.org")));
    CHECK_INT(set_default_dp(&b, BYTES_STR("dp2.example.org"), BYTES_OF(other)),
              RSP_SET_DP_ADDRESS_UNSUPPORTED_CI);
    CHECK_INT(set_default_dp(&b, BYTES_STR("dp3.example.org"), rsp_pki_ski(b.pki)), 0);
    CHECK_INT(set_default_dp(&b, BYTES_STR(""), BYTES_NONE), 0);
    REQUIRE(rsp_decode_euicc_configured_addresses(bench_es10_hex(&b, "BF3C00"), &a) == XK_OK);
    CHECK(!DER_PRESENT(a.default_dp));
    bench_fini(&b);
}

TEST(default_dp_too_long)
{
    uint8_t longest[300];
    WITH_BENCH(b);

    memset(longest, 'a', sizeof longest);
    CHECK_INT(set_default_dp(&b, BYTES_OF(longest), BYTES_NONE), UINT32_MAX);
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

/* ---- What the card tells ---- */

TEST(info1)
{
    struct rsp_euicc_info1 info;
    WITH_BENCH(b);

    REQUIRE(rsp_decode_euicc_info1(bench_es10_hex(&b, "BF2000"), &info) == XK_OK);
    CHECK_INT(info.svn, RSP_VERSION(2, 5, 0));
    CHECK_INT(info.verification.n, 1);
    CHECK_INT(info.signing.n, 1);
    CHECK(bytes_eq(info.signing.id[0], rsp_pki_ski(b.pki)));
    CHECK(!info.has_highest_svn);
    bench_fini(&b);
}

TEST(info2)
{
    struct rsp_euicc_info2 info, after;
    WITH_BENCH(b);

    b.made_of.forbidden_ppr = RSP_BIT(RSP_PPR_1);
    b.made_of.highest_svn = RSP_VERSION(3, 1, 0);
    bench_make(&b);
    bench_open(&b);
    REQUIRE(rsp_decode_euicc_info2(bench_es10_hex(&b, "BF2200"), &info) == XK_OK);
    CHECK_INT(info.profile_version, RSP_VERSION(2, 3, 1));
    CHECK_INT(rsp_euicc_newest_svn(&info), RSP_VERSION(3, 1, 0));
    CHECK_INT(info.forbidden_ppr, RSP_BIT(RSP_PPR_1));
    CHECK(info.uicc_capability & RSP_BIT(UICC_CAP_USIM));
    CHECK(info.resource.known);
    CHECK_INT(info.resource.applications, 0);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    REQUIRE(rsp_decode_euicc_info2(bench_es10_hex(&b, "BF2200"), &after) == XK_OK);
    CHECK_INT(after.resource.applications, 1);
    CHECK(after.resource.free_nvm < info.resource.free_nvm);
    bench_fini(&b);
}

/* Two identities: NIST and Brainpool CI; the server chooses (SGP.22 5.6.1). */
TEST(two_identities)
{
    struct rsp_authenticate_server_response r;
    struct rsp_euicc_info1 info;
    struct bench b, other;

    bench_init(&b, EC_P256);
    bench_init(&other, EC_BRAINPOOL_P256R1);
    b.made_of.identities[1] = other.made_of.identities[0];
    b.made_of.n_identities = 2;
    bench_make(&b);
    bench_open(&b);
    REQUIRE(rsp_decode_euicc_info1(bench_es10_hex(&b, "BF2000"), &info) == XK_OK);
    CHECK_INT(info.signing.n, 2);
    CHECK_INT(info.verification.n, 2);
    b.dp.auth = other.dp.auth;
    b.dp.ci = other.dp.ci;
    REQUIRE(bench_authenticate(&b) == 0);
    REQUIRE(rsp_decode_authenticate_server_response(buf_bytes(&b.answer), &r) == XK_OK);
    CHECK(bytes_eq(r.euicc_certificate, other.identity.der));
    b.dp.pb = b.dp.auth; /* of the session's CI, but no CERT.DPpb */
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_CERTIFICATE);
    b.dp.pb = rsp_pki_cert(b.pki, RSP_DPPB); /* of another CI than the session's */
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_CERTIFICATE);
    b.dp.pb = other.dp.pb;
    CHECK_INT(bench_prepare(&b), 0);
    bench_fini(&b);
    bench_fini(&other);
}

TEST(eid)
{
    WITH_BENCH(b);

    CHECK_HEX(bench_es10_hex(&b, "BF3E035C015A"), "BF3E125A10" RSP_EID);
    (void)bench_es10_hex(&b, "BF3E035C0166");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    (void)bench_es10_hex(&b, "BF3E00");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

TEST(rat)
{
    struct rsp_rat rat;
    WITH_BENCH(b);

    REQUIRE(rsp_decode_get_rat_response(bench_es10_hex(&b, "BF4300"), &rat) == XK_OK);
    REQUIRE(rat.n == 1);
    CHECK_INT(rat.rules[0].ppr, RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2));
    CHECK(rat.rules[0].consent_required);
    CHECK_HEX(rat.rules[0].operators[0].mcc_mnc, "EEEEEE");
    b.made_of.rat.n = 0;
    bench_make(&b);
    bench_open(&b);
    CHECK_HEX(bench_es10_hex(&b, "BF4300"), "BF4302A000");
    bench_fini(&b);
}

/* ---- LoadCRL ---- */

static uint32_t load_crl(struct bench *b, struct bytes crl)
{
    struct rsp_load_crl_response r;
    struct der d = der_of(crl);
    struct buf out;
    uint32_t result = UINT32_MAX;

    buf_init(&out, BENCH_SIZE);
    if (rsp_encode_load_crl_request(der_take(&d, DER_SEQUENCE), &out) != XK_OK)
        abort();
    if (rsp_decode_load_crl_response(bench_es10(b, buf_bytes(&out)), &r) == XK_OK)
        result = r.ok ? 0 : r.error;
    buf_fini(&out);
    return result;
}

TEST(crl)
{
    struct bytes crl;
    struct bench b, other;
    uint8_t bent[2048];

    bench_init(&b, EC_P256);
    bench_init(&other, EC_BRAINPOOL_P256R1);
    bench_open(&b);
    crl = rsp_pki_crl(b.pki, b.dp.auth.der);
    REQUIRE(crl.n < sizeof bent);
    CHECK_INT(bench_authenticate(&b), 0);
    CHECK_INT(load_crl(&b, rsp_pki_crl(other.pki, BYTES_NONE)), RSP_LOAD_CRL_KEY_NOT_FOUND);
    memcpy(bent, crl.p, crl.n);
    bent[crl.n - 5] ^= 1;
    CHECK_INT(load_crl(&b, BYTES(bent, crl.n)), RSP_LOAD_CRL_INVALID_SIGNATURE);
    CHECK_INT(load_crl(&b, BYTES_STR("\x30\x02\x05\x00")), RSP_LOAD_CRL_INVALID_FORMAT);
    CHECK_INT(bench_authenticate(&b), 0);
    CHECK_INT(load_crl(&b, crl), 0);
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_INVALID_CERTIFICATE); /* revoked */
    euicc_free(b.card);
    REQUIRE(euicc_open(&b.port, &b.rand, &b.card) == XK_OK);
    bench_open(&b);
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_INVALID_CERTIFICATE); /* still */
    bench_fini(&b);
    bench_fini(&other);
}

/* ---- The maker ---- */

static void check_unmakeable(const char *what, struct bench *b, struct euicc_personalisation *p)
{
    struct flash_memory *memory = flash_memory_new();
    struct flash_port port = flash_memory_port(memory);
    struct euicc *card = NULL;
    const char *why = NULL;

    if (euicc_manufacture(&port, p, &b->rand, &card, &why) != XK_E_VALUE || !why)
        xt_fail(__FILE__, __LINE__, what);
    euicc_free(card);
    CHECK_INT(euicc_open(&port, &b->rand, &card), XK_E_FORMAT);
    flash_memory_free(memory);
}

TEST(maker_refuses)
{
    struct euicc_personalisation p;
    WITH_BENCH(b);

    p = b.made_of;
    p.eid[31] = '0';
    check_unmakeable("another EID", &b, &p);
    p.eid[0] = 'x';
    check_unmakeable("no EID", &b, &p);
    p = b.made_of;
    p.n_identities = 0;
    check_unmakeable("no identity", &b, &p);
    p = b.made_of;
    p.identities[0].key = b.dp.auth.key;
    check_unmakeable("another key", &b, &p);
    p = b.made_of;
    p.identities[0].certificate = b.dp.auth.der;
    check_unmakeable("a server's certificate", &b, &p);
    p = b.made_of;
    p.identities[0].eum_certificate = b.dp.auth.der;
    check_unmakeable("no EUM", &b, &p);
    p = b.made_of;
    p.identities[0].ci_certificate = b.identity.issuer;
    check_unmakeable("no CI", &b, &p);
    p = b.made_of;
    p.ci_certificates[0] = b.identity.issuer;
    p.n_ci_certificates = 1;
    check_unmakeable("no CI among the further ones", &b, &p);
    p = b.made_of;
    p.identities[0].certificate = rsp_pki_bent(b.pki, RSP_NO_AKI_EUICC).der;
    p.identities[0].key = rsp_pki_bent(b.pki, RSP_NO_AKI_EUICC).key;
    check_unmakeable("another EUM", &b, &p);
    bench_fini(&b);
}

/* A request that has no members but comes with some is none, and the session stays. */
TEST(members_where_none_are)
{
    static const char *const requests[] = {"BF20028001",   "BF2003800101", "BF2203800101",
                                           "BF2E03800101", "BF3C03800101", "BF4303800101"};
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        CHECK_INT(bench_es10_hex(&b, requests[i]).n, 0);
        CHECK_INT(b.sw, SW_WRONG_DATA);
    }
    CHECK_INT(bench_prepare(&b), 0);
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.1 ATR_And_ISDR_Selection: ATR", atr),
    XT_NAMED("SGP.23 4.2.1 ATR_And_ISDR_Selection: FCI, partial name, unknown AID", select),
    XT_NAMED("SGP.23 4.2.1 ATR_And_ISDR_Selection: v3, enabled profile told", select_v3),
    XT_NAMED("SGP.23 4.2.1 ATR_And_ISDR_Selection: logical channels", channels),
    XT_NAMED("SGP.23 4.2.1 ATR_And_ISDR_Selection: ES10 without selection", not_selected),
    XT_CASE(ecasd), XT_CASE(blocks), XT_CASE(blocks_of_two_channels), XT_CASE(blocks_too_many),
    XT_CASE(unknown_functions), XT_CASE(members_where_none_are),
    XT_NAMED("SGP.23 4.2.8 ES10a.GetEuiccConfiguredAddresses: set, absent, additional root SM-DS",
             addresses),
    XT_NAMED("SGP.23 4.2.9 ES10a.SetDefaultDpAddress: set, unsupported CI, empty removes",
             default_dp),
    XT_NAMED("SGP.23 4.2.9 ES10a.SetDefaultDpAddress: too long", default_dp_too_long),
    XT_NAMED("SGP.23 4.2.13 ES10b.GetEUICCInfo: EUICCInfo1", info1),
    XT_NAMED("SGP.23 4.2.13 ES10b.GetEUICCInfo: EUICCInfo2, resources after an installation",
             info2),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: two identities, the server chooses",
             two_identities),
    XT_NAMED("SGP.23 4.2.25 ES10c.GetEID: nominal, other tag, malformed", eid),
    XT_NAMED("SGP.23 4.2.27 ES10b.GetRAT: a rule, empty", rat),
    XT_NAMED(
        "SGP.23 4.2.17 ES10b.LoadCRL: nominal, key not found, signature, format, over a restart",
        crl),
    XT_CASE(maker_refuses))
