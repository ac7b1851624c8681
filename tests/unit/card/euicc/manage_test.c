/* SPDX-License-Identifier: Apache-2.0 */
/* ES10c: local profile management (SGP.22 5.7.15 to 5.7.21), and what the card does to the
 * terminal then. */
#include "codec/cat/cat.h"
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)
#define AID_FIRST "A0000005591010FFFFFFFF8900001000"
#define AID_SECOND "A0000005591010FFFFFFFF8900001100"
#define ONE BENCH_ICCID
#define TWO BENCH_ICCID2
#define REFRESH_DONE 0x00
#define TERMINAL_UNABLE 0x20

/* Two profiles, none enabled. */
static void two_profiles(struct bench *b, enum bench_terminal terminal)
{
    bench_init(b, EC_P256);
    bench_open_as(b, terminal);
    if (bench_install_iccid(b, ONE) != BENCH_INSTALLED ||
        bench_install_iccid(b, TWO) != BENCH_INSTALLED)
        abort();
}

static void put_ppr(struct bench *b, uint64_t ppr)
{
    b->dp.metadata.has_ppr = ppr != 0;
    b->dp.metadata.ppr = ppr;
}

static uint32_t ask(struct bench *b, const char *request, uint32_t tag)
{
    (void)bench_es10_hex(b, request);
    return bench_result(b, tag);
}

static const char *list_of(struct bench *b, const char *request)
{
    static char text[1024];

    if (!hex_encode(bench_es10_hex(b, request), text))
        abort();
    return text;
}

/* ---- GetProfilesInfo ---- */

TEST(info_searches)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_STR(list_of(&b, "BF2D19A0124F10" AID_FIRST "5C035A9F70"),
              "BF2D14A012E3105A0A989444999999990920F39F700100");
    CHECK_STR(list_of(&b, "BF2D13A00C5A0A989444999999990930F15C035A9F70"),
              "BF2D14A012E3105A0A989444999999990930F19F700100");
    CHECK_STR(list_of(&b, "BF2D0AA0039501025C035A9F70"), /* operational */
              "BF2D26A024E3105A0A989444999999990920F39F700100E3105A0A989444999999990930F19F700100");
    CHECK_STR(list_of(&b, "BF2D05A003950100"), "BF2D02A000"); /* test: none */
    CHECK_STR(list_of(&b, "BF2D0EA00C5A0A00000000000000000000"), "BF2D02A000");
    bench_fini(&b);
}

TEST(info_tag_list)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_STR(list_of(&b, "BF2D055C035A9F70"),
              "BF2D26A024E3105A0A989444999999990920F39F700100E3105A0A989444999999990930F19F700100");
    CHECK_STR(list_of(&b, "BF2D045C025A9F"), "BF2D03810101"); /* half a tag */
    bench_fini(&b);
}

TEST(info_empty)
{
    WITH_BENCH(b);

    CHECK_STR(list_of(&b, "BF2D00"), "BF2D02A000");
    bench_fini(&b);
}

/* Longer than one response: 61xx again and again. */
TEST(info_long)
{
    uint8_t icon[RSP_ICON_MAX];
    WITH_BENCH(b);

    memset(icon, 0x5A, sizeof icon);
    b.dp.metadata.has_icon_type = true;
    b.dp.metadata.icon_type = RSP_ICON_JPG;
    b.dp.metadata.icon = BYTES_OF(icon);
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    CHECK_INT(bench_install_iccid(&b, TWO), BENCH_INSTALLED);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    CHECK(b.answer.n > 2048);
    bench_fini(&b);
}

/* ---- EnableProfile, DisableProfile without REFRESH ---- */

TEST(enable_plain)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    /* the card of the profile is there: EF_ICCID on the basic channel */
    bench_hex(&b, "00A40004022FE2");
    bench_hex(&b, "00B000000A");
    CHECK_HEX(buf_bytes(&b.answer), "989444999999990920F3");
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_NOT_DISABLED);
    CHECK_INT(bench_enable(&b, TWO, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE " " TWO "*");
    bench_hex(&b, "00A40004022FE2");
    bench_hex(&b, "00B000000A");
    CHECK_HEX(buf_bytes(&b.answer), "989444999999990930F1");
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 2:install@" RSP_DP_HOST " 3:enable@" RSP_DP_HOST
              " 4:disable@" RSP_DP_HOST " 5:enable@" RSP_DP_HOST);
    CHECK_OK(euicc_check(b.card));
    bench_open(&b);
    CHECK_STR(bench_profiles(&b), ONE " " TWO "*");
    bench_fini(&b);
}

TEST(enable_by_aid)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_INT(ask(&b, "BF3117A0124F10" AID_SECOND "810100", TAG_ENABLE_PROFILE), RSP_ENABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE " " TWO "*");
    CHECK_INT(ask(&b, "BF3217A0124F10" AID_FIRST "810100", TAG_DISABLE_PROFILE),
              RSP_DISABLE_NOT_ENABLED);
    CHECK_INT(ask(&b, "BF3217A0124F10" AID_SECOND "810100", TAG_DISABLE_PROFILE), RSP_DISABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    bench_hex(&b, "00A40004022FE2"); /* an empty MF */
    CHECK_INT(b.sw, SW_FILE_NOT_FOUND);
    bench_fini(&b);
}

TEST(enable_not_found)
{
    WITH_BENCH(b);

    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_NOT_FOUND);
    CHECK_INT(bench_enable(&b, ONE, REFRESH), RSP_ENABLE_NOT_FOUND);
    CHECK_INT(bench_disable(&b, ONE, NO_REFRESH), RSP_DISABLE_NOT_FOUND);
    CHECK_INT(bench_delete(&b, ONE), RSP_DELETE_NOT_FOUND);
    (void)bench_es10_hex(&b, "BF3103810100");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    (void)bench_es10_hex(&b, "BF3203810100");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    (void)bench_es10_hex(&b, "BF3300");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

TEST(policy_rule_1)
{
    WITH_BENCH(b);

    put_ppr(&b, RSP_BIT(RSP_PPR_1));
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    put_ppr(&b, 0);
    CHECK_INT(bench_install_iccid(&b, TWO), BENCH_INSTALLED);
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_INT(bench_enable(&b, TWO, NO_REFRESH), RSP_ENABLE_DISALLOWED_BY_POLICY);
    CHECK_INT(bench_disable(&b, ONE, NO_REFRESH), RSP_DISABLE_DISALLOWED_BY_POLICY);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    /* a memory reset does not ask (SGP.22 5.7.19) */
    CHECK_INT(ask(&b, "BF340482020780", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_STR(bench_profiles(&b), "");
    bench_fini(&b);
}

TEST(policy_rule_2)
{
    WITH_BENCH(b);

    put_ppr(&b, RSP_BIT(RSP_PPR_2));
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    CHECK_INT(bench_delete(&b, ONE), RSP_DELETE_DISALLOWED_BY_POLICY);
    CHECK_STR(bench_profiles(&b), ONE);
    bench_fini(&b);
}

/* ---- with REFRESH ---- */

/* The state changes when the terminal has done the REFRESH. */
TEST(enable_refresh)
{
    struct bench b;

    two_profiles(&b, TERMINAL_TOOLKIT);
    CHECK_INT(bench_enable(&b, ONE, REFRESH), RSP_ENABLE_OK);
    CHECK_INT(b.sw >> 8, 0x91);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    /* meanwhile: busy; and what waits is not deleted */
    CHECK_INT(bench_enable(&b, TWO, REFRESH), RSP_ENABLE_CAT_BUSY);
    CHECK_INT(bench_disable(&b, ONE, NO_REFRESH), RSP_DISABLE_NOT_ENABLED);
    CHECK_INT(bench_delete(&b, ONE), RSP_DELETE_NOT_DISABLED);
    CHECK_INT(ask(&b, "BF340482020780", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_CAT_BUSY);
    CHECK_INT(bench_serve(&b, REFRESH_DONE), CAT_REFRESH);
    bench_open(&b);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 2:install@" RSP_DP_HOST " 3:enable@" RSP_DP_HOST);
    bench_fini(&b);
}

/* A reset instead of the TERMINAL RESPONSE does it, too, whether it was fetched or not. */
TEST(enable_refresh_by_reset)
{
    struct bench b;

    two_profiles(&b, TERMINAL_TOOLKIT);
    CHECK_INT(bench_enable(&b, ONE, REFRESH), RSP_ENABLE_OK);
    bench_open_as(&b, TERMINAL_TOOLKIT);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    CHECK_INT(bench_disable(&b, ONE, REFRESH), RSP_DISABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    bench_open_as(&b, TERMINAL_TOOLKIT);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    bench_open(&b); /* once */
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    bench_fini(&b);
}

TEST(refresh_not_done)
{
    struct bench b;

    two_profiles(&b, TERMINAL_TOOLKIT);
    CHECK_INT(bench_enable(&b, ONE, REFRESH), RSP_ENABLE_OK);
    CHECK_INT(bench_serve(&b, TERMINAL_UNABLE), CAT_REFRESH);
    bench_open(&b);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    bench_fini(&b);
}

/* A terminal without a toolkit cannot be asked: at once. */
TEST(refresh_without_toolkit)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_INT(bench_enable(&b, ONE, REFRESH), RSP_ENABLE_OK);
    CHECK_INT(b.sw, SW_OK);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    bench_fini(&b);
}

/* Waiting for the REFRESH when the card is pulled: the program that opens it anew finds it done. */
TEST(refresh_by_opening)
{
    struct bench b, copy;

    two_profiles(&b, TERMINAL_TOOLKIT);
    CHECK_INT(bench_enable(&b, TWO, REFRESH), RSP_ENABLE_OK);
    bench_copy(&b, &copy);
    bench_open(&copy);
    CHECK_STR(bench_profiles(&copy), ONE " " TWO "*");
    bench_copy_fini(&copy);
    bench_fini(&b);
}

/* ---- The channels over a change of cards ---- */

TEST(channels_carried)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    bench_hex(&b, "0070000001"); /* 2, closed again; 3 with the ISD-R */
    CHECK_HEX(buf_bytes(&b.answer), "02");
    bench_hex(&b, "0070000001");
    CHECK_HEX(buf_bytes(&b.answer), "03");
    bench_hex(&b, "00708002");
    bench_hex(&b, "03A4040410A0000005591010FFFFFFFF8900000100");
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    b.channel = 3;
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    b.channel = 2;
    (void)bench_es10_hex(&b, "BF2D00");
    CHECK(b.sw != SW_OK);
    bench_hex(&b, "0070000001");
    CHECK_HEX(buf_bytes(&b.answer), "02");
    bench_fini(&b);
}

/* An LPA on the basic channel, as some have it. */
TEST(basic_channel_carried)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    bench_open(&b);
    bench_hex(&b, "00A4040410A0000005591010FFFFFFFF8900000100");
    b.channel = 0;
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE "* " TWO);
    CHECK_INT(bench_disable(&b, ONE, NO_REFRESH), RSP_DISABLE_OK);
    CHECK_STR(bench_profiles(&b), ONE " " TWO);
    bench_fini(&b);
}

/* ---- DeleteProfile, eUICCMemoryReset ---- */

TEST(delete)
{
    struct bench b;

    two_profiles(&b, TERMINAL_PLAIN);
    CHECK_INT(bench_enable(&b, TWO, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_INT(bench_delete(&b, TWO), RSP_DELETE_NOT_DISABLED);
    CHECK_INT(bench_delete(&b, ONE), RSP_DELETE_OK);
    CHECK_STR(bench_profiles(&b), TWO "*");
    CHECK_INT(bench_delete(&b, ONE), RSP_DELETE_NOT_FOUND);
    CHECK_INT(ask(&b, "BF33124F10" AID_FIRST, TAG_DELETE_PROFILE), RSP_DELETE_NOT_FOUND);
    CHECK_OK(euicc_check(b.card));
    /* the place is used again */
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    CHECK_HEX(b.result.data.isdp_aid, AID_FIRST);
    CHECK_INT(ask(&b, "BF33124F10" AID_FIRST, TAG_DELETE_PROFILE), RSP_DELETE_OK);
    bench_fini(&b);
}

TEST(memory_reset_options)
{
    WITH_BENCH(b);

    b.dp.metadata.has_profile_class = true;
    b.dp.metadata.profile_class = RSP_CLASS_TEST;
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    b.dp.metadata.profile_class = RSP_CLASS_OPERATIONAL;
    CHECK_INT(bench_install_iccid(&b, TWO), BENCH_INSTALLED);
    b.dp.metadata.profile_class = RSP_CLASS_PROVISIONING;
    CHECK_INT(bench_install_iccid(&b, BENCH_ICCID3), BENCH_INSTALLED);
    /* nothing asked for: nothing done */
    CHECK_INT(ask(&b, "BF340482020700", TAG_EUICC_MEMORY_RESET),
              RSP_MEMORY_RESET_NOTHING_TO_DELETE);
    CHECK_INT(ask(&b, "BF340482020410", TAG_EUICC_MEMORY_RESET), /* pre-loaded test profiles */
              RSP_MEMORY_RESET_NOTHING_TO_DELETE);
    CHECK_INT(ask(&b, "BF340482020640", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_STR(bench_profiles(&b), TWO " " BENCH_ICCID3);
    CHECK_INT(ask(&b, "BF340482020780", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_STR(bench_profiles(&b), BENCH_ICCID3);
    CHECK_INT(ask(&b, "BF340482020520", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_STR(list_of(&b, "BF3C00"), "BF3C1A"
                                     "8118"
                                     "74657374726F6F74736D64732E6578616D706C652E636F6D");
    CHECK_INT(ask(&b, "BF340482020520", TAG_EUICC_MEMORY_RESET),
              RSP_MEMORY_RESET_NOTHING_TO_DELETE);
    CHECK_INT(ask(&b, "BF340482020308", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_STR(bench_profiles(&b), "");
    (void)bench_es10_hex(&b, "BF3400");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

/* The enabled profile goes: one notification, and the terminal is told. */
TEST(memory_reset_enabled)
{
    struct bench b;

    two_profiles(&b, TERMINAL_TOOLKIT);
    CHECK_INT(bench_enable(&b, ONE, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_INT(ask(&b, "BF340482020780", TAG_EUICC_MEMORY_RESET), RSP_MEMORY_RESET_OK);
    CHECK_OK(euicc_check(b.card));
    CHECK_INT(bench_serve(&b, REFRESH_DONE), CAT_REFRESH);
    CHECK_STR(bench_profiles(&b), "");
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 2:install@" RSP_DP_HOST " 3:enable@" RSP_DP_HOST
              " 4:delete@" RSP_DP_HOST " 5:delete@" RSP_DP_HOST);
    CHECK_INT(bench_serve(&b, REFRESH_DONE), 0);
    bench_fini(&b);
}

/* ---- SetNickname ---- */

static uint32_t set_nickname(struct bench *b, const char *iccid, struct bytes nickname)
{
    uint8_t id[RSP_ICCID_LEN], mem[256];
    struct buf out;
    size_t at;

    if (iccid_from_text(bytes_cstr(iccid), id) != XK_OK)
        abort();
    buf_init_fixed(&out, mem, sizeof mem);
    at = der_begin(&out, TAG_SET_NICKNAME);
    der_put(&out, TAG_ICCID, BYTES_OF(id));
    der_put(&out, TAG_PROFILE_NICKNAME, nickname);
    der_close(&out, at);
    (void)bench_es10(b, buf_bytes(&out));
    return bench_result(b, TAG_SET_NICKNAME);
}

TEST(nickname)
{
    uint8_t longest[RSP_NICKNAME_MAX + 1];
    WITH_BENCH(b);

    memset(longest, 'x', sizeof longest);
    CHECK_INT(bench_install_iccid(&b, ONE), BENCH_INSTALLED);
    CHECK_INT(set_nickname(&b, ONE, BYTES_STR("\xC3\xA9")), RSP_NICKNAME_OK);
    CHECK_STR(list_of(&b, "BF2D035C0190"), "BF2D08A006E3049002C3A9");
    bench_open(&b);
    CHECK_STR(list_of(&b, "BF2D035C0190"), "BF2D08A006E3049002C3A9");
    CHECK_INT(set_nickname(&b, ONE, BYTES(longest, RSP_NICKNAME_MAX + 1)), RSP_NICKNAME_UNDEFINED);
    CHECK_INT(set_nickname(&b, ONE, BYTES_STR("\xC3")), RSP_NICKNAME_UNDEFINED);
    CHECK_INT(set_nickname(&b, TWO, BYTES_STR("two")), RSP_NICKNAME_NOT_FOUND);
    CHECK_STR(list_of(&b, "BF2D035C0190"), "BF2D08A006E3049002C3A9");
    CHECK_INT(set_nickname(&b, ONE, BYTES(longest, RSP_NICKNAME_MAX)), RSP_NICKNAME_OK);
    CHECK_INT(strlen(list_of(&b, "BF2D035C0190")), 2 * (9 + RSP_NICKNAME_MAX));
    CHECK_INT(set_nickname(&b, ONE, BYTES_STR("")), RSP_NICKNAME_OK);
    CHECK_STR(list_of(&b, "BF2D035C0190"), "BF2D04A002E300");
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.20 ES10c.GetProfilesInfo: by AID, ICCID, class", info_searches),
    XT_NAMED("SGP.23 4.2.20 ES10c.GetProfilesInfo: tagList, malformed requests", info_tag_list),
    XT_NAMED("SGP.23 4.2.20 ES10c.GetProfilesInfo: no profile", info_empty),
    XT_NAMED("SGP.23 4.2.20 ES10c.GetProfilesInfo: longer than one response", info_long),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: nominal without REFRESH, already enabled, another "
             "enabled",
             enable_plain),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: by AID; DisableProfile by AID", enable_by_aid),
    XT_NAMED(
        "SGP.23 4.2.21 ES10c.EnableProfile, DisableProfile, DeleteProfile: not found, malformed",
        enable_not_found),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile, DisableProfile: PPR1; eUICCMemoryReset with PPR1",
             policy_rule_1),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: with REFRESH; catBusy", enable_refresh),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile, DisableProfile: reset in the place of REFRESH",
             enable_refresh_by_reset),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: terminal cannot REFRESH now", refresh_not_done),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: terminal without toolkit",
             refresh_without_toolkit),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: power off in the place of REFRESH",
             refresh_by_opening),
    XT_NAMED("SGP.23 4.2.21 ES10c.EnableProfile: logical channels stay", channels_carried),
    XT_NAMED("SGP.23 4.2.22 ES10c.DisableProfile: ISD-R on the basic channel",
             basic_channel_carried),
    XT_NAMED("SGP.23 4.2.23 ES10c.DeleteProfile: nominal, enabled, by AID", delete),
    XT_NAMED("SGP.23 4.2.23 ES10c.DeleteProfile: PPR2", policy_rule_2),
    XT_NAMED("SGP.23 4.2.24 ES10c.eUICCMemoryReset: each option", memory_reset_options),
    XT_NAMED("SGP.23 4.2.24 ES10c.eUICCMemoryReset: enabled profile, REFRESH",
             memory_reset_enabled),
    XT_NAMED("SGP.23 4.2.26 ES10c.SetNickname: nominal, 64, 65, empty, not found, not UTF-8",
             nickname))
