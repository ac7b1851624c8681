/* SPDX-License-Identifier: Apache-2.0 */
/* ES8+: the commands inside a bound package (SGP.22 5.5). */
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)

/* Installs with dp as it is; refused with this command and reason, and nothing is there. */
static void check_refused(const char *what, struct bench *b, uint32_t command, uint32_t reason)
{
    struct euicc_state s;
    const char *before = strdup(bench_profiles(b));
    uint32_t got = bench_install(b);

    if (got != reason || b->result.data.command != command) {
        xt_fail(__FILE__, __LINE__, what);
        printf("# command %u reason %u\n", got ? b->result.data.command : 0, got);
    }
    CHECK(bytes_eq(b->result.data.transaction_id, BYTES_OF(b->dp.transaction_id)));
    CHECK_OK(euicc_get_state(b->card, &s));
    CHECK(!s.loading);
    CHECK_OK(euicc_check(b->card));
    CHECK_STR(bench_profiles(b), before);
    free((void *)(uintptr_t)before);
}

static void put_next_package(struct bench *b, struct buf *package)
{
    buf_init(package, BENCH_SIZE);
    if (bench_authenticate(b) != 0 || bench_prepare(b) != 0)
        abort();
    bench_put_package(b, package);
}

TEST(install_replaced_keys)
{
    WITH_BENCH(b);

    b.dp.replace_keys = true;
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    bench_fini(&b);
}

TEST(install_proprietary)
{
    uint8_t raw[16];
    size_t n;
    struct rsp_profile_info_list_response list;
    struct rsp_profile_info info;
    struct der d;
    WITH_BENCH(b);

    CHECK_OK(hex_decode(BYTES_STR("06042B060104"), raw, sizeof raw, &n));
    b.dp.dp_proprietary = BYTES(raw, n);
    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    REQUIRE(rsp_decode_profile_info_list_response(bench_es10_hex(&b, "BF2D035C01B8"), &list) ==
            XK_OK);
    d = der_of(list.profiles);
    REQUIRE(rsp_decode_profile_info(der_take_raw(&d, TAG_PROFILE_INFO), &info) == XK_OK);
    CHECK_HEX(info.dp_proprietary_data, "06042B060104");
    bench_fini(&b);
}

/* ---- InitialiseSecureChannel ---- */

TEST(isc_refused)
{
    WITH_BENCH(b);

    b.dp.bend_sign3 = true;
    check_refused("sign", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL, RSP_REASON_INVALID_SIGNATURE);
    b.dp.bend_sign3 = false;
    b.dp.other_transaction3 = true;
    check_refused("transaction", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL,
                  RSP_REASON_INVALID_TRANSACTION_ID);
    b.dp.other_transaction3 = false;
    b.dp.remote_op_id = 2;
    check_refused("operation", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL,
                  RSP_REASON_UNSUPPORTED_REMOTE_OPERATION);
    b.dp.remote_op_id = RSP_REMOTE_OP_INSTALL;
    b.dp.key_type = 0x80;
    check_refused("key type", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL,
                  RSP_REASON_UNSUPPORTED_CRT_VALUES);
    b.dp.key_type = RSP_KEY_TYPE_AES;
    b.dp.key_len = 0x20;
    check_refused("key length", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL,
                  RSP_REASON_UNSUPPORTED_CRT_VALUES);
    b.dp.key_len = RSP_KEY_LEN_AES128;
    b.dp.off_curve = true;
    check_refused("off the curve", &b, RSP_BPP_INITIALISE_SECURE_CHANNEL,
                  RSP_REASON_INCORRECT_INPUT_VALUES);
    bench_fini(&b);
}

TEST(isc_without_prepare)
{
    struct buf package;
    WITH_BENCH(b);

    put_next_package(&b, &package);
    bench_open(&b);
    CHECK_INT(bench_load(&b, buf_bytes(&package)), 0);
    CHECK_INT(b.sw, SW_CONDITIONS_NOT_SATISFIED);
    REQUIRE(bench_authenticate(&b) == 0);
    CHECK_INT(bench_load(&b, buf_bytes(&package)), 0);
    CHECK_INT(b.sw, SW_CONDITIONS_NOT_SATISFIED);
    buf_fini(&package);
    bench_fini(&b);
}

/* A second BF36 in the middle: the first load is told as interrupted, and its session is over. */
TEST(isc_second)
{
    struct rsp_bpp_pieces it;
    struct bytes piece;
    struct buf package;
    WITH_BENCH(b);

    put_next_package(&b, &package);
    CHECK_OK(rsp_bpp_pieces_init(&it, buf_bytes(&package)));
    CHECK(rsp_bpp_pieces_next(&it, &piece));
    CHECK_INT(bench_piece(&b, piece), 0);
    CHECK_INT(b.sw, SW_OK);
    CHECK_INT(bench_piece(&b, piece), 0);
    CHECK_INT(b.sw, SW_CONDITIONS_NOT_SATISFIED);
    CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    buf_fini(&package);
    bench_fini(&b);
}

/* ---- ConfigureISDP, StoreMetadata, ReplaceSessionKeys: each object bent in turn ---- */

/* A byte of the TLV with this number (0: the first A0's 87, 1: first 88, ...) is bent, `at` from
 * its end. */
static uint32_t install_bent(struct bench *b, size_t which, size_t at)
{
    struct rsp_bound_profile_package bpp;
    struct buf package;
    struct bytes part[4];
    uint32_t reason;

    put_next_package(b, &package);
    if (rsp_decode_bound_profile_package(buf_bytes(&package), &bpp) != XK_OK)
        abort();
    part[0] = bpp.first_87;
    part[1] = bpp.metadata_88;
    part[2] = bpp.second_87;
    part[3] = bpp.elements_86;
    package.p[(size_t)(part[which].p - package.p) + part[which].n - at] ^= 0x40;
    reason = bench_load(b, buf_bytes(&package));
    buf_fini(&package);
    return reason;
}

TEST(objects_bent)
{
    static const uint32_t commands[] = {RSP_BPP_CONFIGURE_ISDP, RSP_BPP_STORE_METADATA,
                                        RSP_BPP_REPLACE_SESSION_KEYS,
                                        RSP_BPP_LOAD_PROFILE_ELEMENTS};
    WITH_BENCH(b);

    b.dp.replace_keys = true;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        CHECK_INT(install_bent(&b, i, 1), RSP_REASON_BSP_SECURITY); /* the MAC */
        CHECK_INT(b.result.data.command, commands[i]);
        CHECK_INT(install_bent(&b, i, 9), RSP_REASON_BSP_SECURITY); /* the contents */
        CHECK_INT(b.result.data.command, commands[i]);
        CHECK_OK(euicc_check(b.card));
    }
    CHECK_STR(bench_profiles(&b), "");
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    bench_fini(&b);
}

TEST(configure_refused)
{
    uint8_t mem[256];
    struct buf raw;
    size_t at, inner;
    WITH_BENCH(b);

    buf_init_fixed(&raw, mem, sizeof mem);
    at = der_begin(&raw, TAG_CONFIGURE_ISDP);
    inner = der_begin(&raw, TAG_DP_PROPRIETARY_DATA);
    der_put(&raw, DER_OID, BYTES_STR("\x2B\x06\x01\x04"));
    buf_put_u16(&raw, 0x0481);
    buf_put_u8(&raw, 150);
    buf_put_fill(&raw, 7, 150);
    der_close(&raw, inner);
    der_close(&raw, at);
    b.dp.isdp_raw = buf_bytes(&raw);
    check_refused("too long", &b, RSP_BPP_CONFIGURE_ISDP, RSP_REASON_INCORRECT_INPUT_VALUES);
    b.dp.isdp_raw = BYTES_STR("\xBF\x25\x00");
    check_refused("another command", &b, RSP_BPP_CONFIGURE_ISDP, RSP_REASON_INCORRECT_INPUT_VALUES);
    bench_fini(&b);
}

TEST(replace_wrong_length)
{
    WITH_BENCH(b);

    b.dp.replace_keys = true;
    b.dp.ppk_len = 15;
    check_refused("15 bytes", &b, RSP_BPP_REPLACE_SESSION_KEYS, RSP_REASON_INCORRECT_INPUT_VALUES);
    bench_fini(&b);
}

TEST(metadata_refused)
{
    static const uint8_t other_owner[3] = {0x64, 0xF0, 0x10};
    WITH_BENCH(b);

    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    check_refused("ICCID exists", &b, RSP_BPP_STORE_METADATA, RSP_REASON_ICCID_ALREADY_EXISTS);
    bench_use_iccid(&b, BENCH_ICCID2);
    b.dp.metadata_raw = BYTES_STR("\xBF\x25\x03\x5A\x01\x98");
    check_refused("no ICCID", &b, RSP_BPP_STORE_METADATA, RSP_REASON_INCORRECT_INPUT_VALUES);
    b.dp.metadata_raw = BYTES_NONE;
    b.dp.metadata.has_profile_class = true;
    b.dp.metadata.profile_class = 3;
    check_refused("class", &b, RSP_BPP_STORE_METADATA, RSP_REASON_UNSUPPORTED_PROFILE_CLASS);
    b.dp.metadata.has_profile_class = false;
    b.made_of.rat.rules[0].operators[0].mcc_mnc = BYTES_OF(other_owner);
    bench_make(&b);
    bench_open(&b);
    b.dp.metadata.has_ppr = true;
    b.dp.metadata.ppr = RSP_BIT(RSP_PPR_2);
    check_refused("not in the RAT", &b, RSP_BPP_STORE_METADATA, RSP_REASON_PPR_NOT_ALLOWED);
    b.made_of.rat.n = 0;
    bench_make(&b);
    bench_open(&b);
    check_refused("empty RAT", &b, RSP_BPP_STORE_METADATA, RSP_REASON_PPR_NOT_ALLOWED);
    b.dp.metadata.ppr = RSP_BIT(RSP_PPR_UPDATE_CONTROL);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    bench_fini(&b);
}

TEST(metadata_forbidden_rule)
{
    WITH_BENCH(b);

    b.made_of.forbidden_ppr = RSP_BIT(RSP_PPR_1);
    bench_make(&b);
    bench_open(&b);
    b.dp.metadata.has_ppr = true;
    b.dp.metadata.ppr = RSP_BIT(RSP_PPR_2);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    bench_use_iccid(&b, BENCH_ICCID2);
    b.dp.metadata.ppr = RSP_BIT(RSP_PPR_1);
    check_refused("forbidden", &b, RSP_BPP_STORE_METADATA, RSP_REASON_PPR_NOT_ALLOWED);
    bench_fini(&b);
}

static void set_icon(struct bench *b, uint8_t icon[RSP_ICON_MAX])
{
    memset(icon, 0x5A, RSP_ICON_MAX);
    b->dp.metadata.has_icon_type = true;
    b->dp.metadata.icon_type = RSP_ICON_PNG;
    b->dp.metadata.icon = BYTES(icon, RSP_ICON_MAX);
}

TEST(metadata_with_icon)
{
    struct rsp_profile_info_list_response list;
    struct rsp_profile_info info;
    uint8_t icon[RSP_ICON_MAX];
    struct der d;
    WITH_BENCH(b);

    set_icon(&b, icon);
    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    REQUIRE(rsp_decode_profile_info_list_response(bench_es10_hex(&b, "BF2D00"), &list) == XK_OK);
    d = der_of(list.profiles);
    REQUIRE(rsp_decode_profile_info(der_take_raw(&d, TAG_PROFILE_INFO), &info) == XK_OK);
    CHECK(bytes_eq(info.metadata.icon, BYTES_OF(icon)));
    /* the second segment is a command of its own */
    bench_use_iccid(&b, BENCH_ICCID2);
    CHECK_INT(install_bent(&b, 1, 1), RSP_REASON_BSP_SECURITY);
    CHECK_INT(b.result.data.command, RSP_BPP_STORE_METADATA2);
    bench_fini(&b);
}

/* ---- LoadProfileElements ---- */

TEST(elements_refused)
{
    struct rsp_euicc_response response;
    struct buf upp;
    WITH_BENCH(b);

    buf_init(&upp, BENCH_SIZE);
    bench_put_upp(BENCH_ICCID, &upp);
    b.dp.upp = BYTES(upp.p, upp.n - 1);
    check_refused("no end", &b, RSP_BPP_LOAD_PROFILE_ELEMENTS, RSP_REASON_PE_PROCESSING);
    REQUIRE(rsp_decode_euicc_response(b.result.data.sima_response, &response) == XK_OK);
    REQUIRE(rsp_first_failure(&response));
    CHECK_INT(rsp_first_failure(&response)->status, RSP_PE_INVALID_REQUEST_FORMAT);
    CHECK(response.aborted);
    buf_put_u8(&upp, 0);
    b.dp.upp = buf_bytes(&upp);
    check_refused("behind the end", &b, RSP_BPP_LOAD_PROFILE_ELEMENTS, RSP_REASON_PE_PROCESSING);
    upp.p[4] = 9; /* of SAIP 9.x */
    upp.n--;
    b.dp.upp = buf_bytes(&upp);
    check_refused("edition", &b, RSP_BPP_LOAD_PROFILE_ELEMENTS, RSP_REASON_PE_PROCESSING);
    b.dp.upp = BYTES_NONE;
    b.dp.upp_iccid = BENCH_ICCID3;
    check_refused("other ICCID", &b, RSP_BPP_LOAD_PROFILE_ELEMENTS, RSP_REASON_DATA_MISMATCH);
    b.dp.upp_iccid = NULL;
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    buf_fini(&upp);
    bench_fini(&b);
}

TEST(elements_memory)
{
    struct euicc_state s;
    WITH_BENCH(b);

    CHECK_OK(euicc_get_state(b.card, &s));
    b.made_of.capacity = s.used + 4096 + 300;
    bench_make(&b);
    bench_open(&b);
    check_refused("too small", &b, RSP_BPP_LOAD_PROFILE_ELEMENTS, RSP_REASON_INSUFFICIENT_MEMORY);
    bench_fini(&b);
}

TEST(no_free_slot)
{
    char iccid[32];
    WITH_BENCH(b);

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        snprintf(iccid, sizeof iccid, "894944999999999%04u", i);
        REQUIRE(bench_install_iccid(&b, iccid) == BENCH_INSTALLED);
    }
    bench_use_iccid(&b, BENCH_ICCID3);
    check_refused("17th", &b, RSP_BPP_STORE_METADATA, RSP_REASON_INSUFFICIENT_MEMORY);
    CHECK_INT(bench_delete(&b, "8949449999999990003"), RSP_DELETE_OK);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.3 ES8+.InitialiseSecureChannel: signature, transactionId, remoteOpId, "
             "CRT, otPK",
             isc_refused),
    XT_NAMED("SGP.23 4.2.3 ES8+.InitialiseSecureChannel: before PrepareDownload",
             isc_without_prepare),
    XT_NAMED("SGP.23 4.2.3 ES8+.InitialiseSecureChannel: a second time", isc_second),
    XT_NAMED("SGP.23 4.2.4 ES8+.ConfigureISDP: dpProprietaryData", install_proprietary),
    XT_NAMED("SGP.23 4.2.4 ES8+.ConfigureISDP: too long, another command", configure_refused),
    XT_NAMED("SGP.23 4.2.4 ES8+.ConfigureISDP, StoreMetadata, ReplaceSessionKeys, "
             "LoadProfileElements: bad MAC and contents",
             objects_bent),
    XT_NAMED("SGP.23 4.2.5 ES8+.StoreMetadata: ICCID exists, malformed, class, PPR not in the RAT",
             metadata_refused),
    XT_NAMED("SGP.23 4.2.5 ES8+.StoreMetadata: forbidden PPR", metadata_forbidden_rule),
    XT_NAMED("SGP.23 4.2.5 ES8+.StoreMetadata: icon, two segments", metadata_with_icon),
    XT_NAMED("SGP.23 4.2.5 ES8+.StoreMetadata: no room for another profile", no_free_slot),
    XT_NAMED("SGP.23 4.2.6 ES8+.ReplaceSessionKeys: nominal", install_replaced_keys),
    XT_NAMED("SGP.23 4.2.6 ES8+.ReplaceSessionKeys: wrong length", replace_wrong_length),
    XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: no end, behind the end, edition, other ICCID",
             elements_refused),
    XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: not enough memory", elements_memory))
