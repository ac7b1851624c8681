/* SPDX-License-Identifier: Apache-2.0 */
/* Local management (SGP.22 3.2, 3.3; SGP.23 4.4) against cards of every kind. */
#include "lpa_bench.h"
#include "xt.h"

static uint8_t iccid[ICCID_LEN];

static struct lpa_task task_for(enum lpa_task_type type, unsigned number)
{
    struct lpa_task task = {.type = type};

    toyeuicc_iccid(number, iccid);
    task.profile.iccid = BYTES_OF(iccid);
    return task;
}

static void open_with_profiles(struct lpa_bench *b)
{
    bench_open(b);
    toyeuicc_add(&b->card, 1, true);
    toyeuicc_add(&b->card, 2, false);
}

TEST(chip)
{
    struct lpa_task task = {.type = LPA_TASK_CHIP};
    struct lpa_bench b;

    bench_open(&b);
    b.card.default_dp = "dp.example.com";
    CHECK(bench_run(&b, &task)->ok);
    CHECK_STR(b.result->eid, TOY_EID);
    REQUIRE(b.result->chip != NULL);
    CHECK_INT(b.result->chip->info2.svn, RSP_VERSION(2, 3, 0));
    CHECK_INT(b.result->chip->info2.resource.free_nvm, 200000);
    CHECK(bytes_eq(b.result->chip->addresses.default_dp, BYTES_STR("dp.example.com")));
    CHECK(b.result->chip->has_rat);
    CHECK_INT(b.posts, 0); /* reading needs no network */
    bench_close(&b);
    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_GET_RAT, .sw = 0x6A88};
    CHECK(bench_run(&b, &task)->ok); /* an old card */
    CHECK(!b.result->chip->has_rat);
    bench_close(&b);
}

TEST(list)
{
    struct lpa_task task = {.type = LPA_TASK_LIST};
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    REQUIRE(b.result->profiles_n == 2);
    CHECK_STR(b.result->profiles[0].iccid, "89860123456789000010");
    CHECK_INT(b.result->profiles[0].info.state, RSP_PROFILE_ENABLED);
    CHECK(bytes_eq(b.result->profiles[1].info.metadata.profile_name, BYTES_STR("profile 2")));
    bench_close(&b);
}

TEST(list_without_tags)
{
    struct lpa_task task = {.type = LPA_TASK_LIST};
    struct lpa_bench b;

    open_with_profiles(&b);
    b.card.refuses_tag_list = true;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->profiles_n, 2);
    bench_close(&b);
    open_with_profiles(&b);
    b.card.override[0] =
        (struct toy_override){.tag = TAG_PROFILE_INFO_LIST, .sw = 0x6A80, .count = 1};
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->profiles_n, 2);
    bench_close(&b);
}

TEST(list_refused)
{
    struct lpa_task task = {.type = LPA_TASK_LIST};
    struct lpa_bench b;

    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_PROFILE_INFO_LIST, .der = "BF2D0381010B"};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_LIST_REFUSED);
    CHECK_STR(b.text, "the eUICC does not list its profiles: code 11");
    bench_close(&b);
}

/* ---- enable and disable: every form a card may insist on ---- */

TEST(enable_forms)
{
    static const struct {
        unsigned forms;
        enum lpa_refresh refresh;
        unsigned tries;
        bool ok;
    } rows[] = {
        {0, LPA_REFRESH_AUTO, 1, true}, {1, LPA_REFRESH_AUTO, 1, true},
        {2, LPA_REFRESH_AUTO, 2, true}, {4, LPA_REFRESH_AUTO, 3, true},
        {8, LPA_REFRESH_AUTO, 4, true}, {16, LPA_REFRESH_AUTO, 4, false},
        {4, LPA_REFRESH_NO, 1, true},   {1, LPA_REFRESH_NO, 2, false},
        {2, LPA_REFRESH_YES, 2, true},  {8, LPA_REFRESH_YES, 2, false},
    };
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        open_with_profiles(&b);
        b.card.forms = rows[i].forms;
        task.refresh = rows[i].refresh;
        CHECK_INT(bench_run(&b, &task)->ok, rows[i].ok);
        CHECK_INT(b.card.enables, rows[i].tries);
        CHECK_INT(b.card.profile[1].enabled, rows[i].ok);
        CHECK_INT(b.card.profile[0].enabled, !rows[i].ok);
        CHECK_INT(b.resets, rows[i].ok ? 1 : 0);
        CHECK_STR(b.result->iccid, "89860123456789000020");
        if (!rows[i].ok)
            CHECK(strstr(b.text, "no such profile (iccidOrAidNotFound, 1)") != NULL);
        bench_close(&b);
    }
}

TEST(enable_by_aid)
{
    struct lpa_task task = {.type = LPA_TASK_ENABLE};
    struct lpa_bench b;

    open_with_profiles(&b);
    task.profile.aid = BYTES_OF(b.card.profile[1].aid);
    CHECK(bench_run(&b, &task)->ok);
    CHECK(b.card.profile[1].enabled);
    bench_close(&b);
}

/* After each change of state the servers are told, and the list is read. */
TEST(enable_tells)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->sent, 2); /* one disabled, one enabled */
    CHECK_INT(b.post[0].seq_number, 1);
    CHECK_INT(b.post[1].seq_number, 2);
    CHECK_INT(b.card.notifications, 0);
    CHECK_INT(b.questions, 1);
    CHECK_INT(b.question.type, LPA_ASK_ENABLE);
    CHECK_INT(b.result->profiles[1].info.state, RSP_PROFILE_ENABLED);
    CHECK_INT(b.card.opened, 2); /* the reset closes all channels */
    bench_close(&b);
}

TEST(enabled_already)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 1);
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK(b.result->already);
    CHECK_INT(b.card.enables, 0);
    CHECK_INT(b.questions, 0);
    bench_close(&b);
}

TEST(enable_refused)
{
    static const struct {
        const char *der;
        enum lpa_fault_kind kind;
        const char *text;
    } rows[] = {
        {"BF3103800103", LPA_FAULT_CARD_CODE, "a policy rule of the enabled profile forbids it"},
        {"BF3103800104", LPA_FAULT_CARD_CODE, "another profile must be enabled again first"},
        {"BF310380010A", LPA_FAULT_CARD_CODE, "no eSIM port is free"},
        {"BF310380017F", LPA_FAULT_CARD_CODE, "the eUICC gives no reason (undefinedError, 127)"},
        {"BF3103800105", LPA_FAULT_CARD_CODE, "a proactive command is running (catBusy, 5)"},
        {"BF3100", LPA_FAULT_CARD_MALFORMED, "not understood"},
    };
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        open_with_profiles(&b);
        b.card.override[0] = (struct toy_override){.tag = TAG_ENABLE_PROFILE, .der = rows[i].der};
        CHECK_INT(bench_run(&b, &task)->fault.kind, rows[i].kind);
        CHECK(strstr(b.text, rows[i].text) != NULL);
        bench_close(&b);
    }
}

TEST(busy_with_the_toolkit)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    b.card.override[0] =
        (struct toy_override){.tag = TAG_ENABLE_PROFILE, .der = "BF3103800105", .count = 2};
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.waits, 2);
    bench_close(&b);
}

TEST(status_words_in_place_of_results)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_ENABLE_PROFILE, .sw = 0x6A88, .count = 3};
    CHECK(bench_run(&b, &task)->ok); /* the fourth form */
    bench_close(&b);
    open_with_profiles(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_ENABLE_PROFILE, .sw = 0x6A88};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_REFUSED);
    CHECK_INT(b.result->fault.sw, 0x6A88);
    bench_close(&b);
}

/* It says yes, four times, and nothing happens. */
TEST(card_lies)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    b.card.lies = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOT_SWITCHED);
    CHECK_INT(b.card.enables, 4);
    CHECK_INT(b.resets, 4);
    bench_close(&b);
}

/* It switches and restarts before it has answered. */
TEST(card_restarts_by_itself)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_ENABLE_PROFILE, .count = 1};
    CHECK(bench_run(&b, &task)->ok);
    CHECK(b.card.profile[1].enabled);
    bench_close(&b);
}

TEST(card_gone_after_switching)
{
    struct lpa_task task = task_for(LPA_TASK_ENABLE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    b.reset_fails = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_GONE);
    bench_close(&b);
}

TEST(disable)
{
    struct lpa_task task = task_for(LPA_TASK_DISABLE, 1);
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK(!b.card.profile[0].enabled);
    CHECK_INT(b.question.type, LPA_ASK_DISABLE);
    CHECK_INT(b.result->sent, 1);
    CHECK(bench_run(&b, &task)->already);
    bench_close(&b);
    open_with_profiles(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_DISABLE_PROFILE, .der = "BF3203800103"};
    CHECK(!bench_run(&b, &task)->ok);
    CHECK(strstr(b.text, "a policy rule of the profile forbids it") != NULL);
    bench_close(&b);
}

TEST(no_such_profile)
{
    static const enum lpa_task_type types[] = {LPA_TASK_ENABLE, LPA_TASK_DISABLE, LPA_TASK_DELETE};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct lpa_task task = task_for(types[i], 77);
        struct lpa_bench b;

        open_with_profiles(&b);
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_PROFILE);
        CHECK_INT(b.questions, 0);
        bench_close(&b);
    }
}

TEST(user_says_no)
{
    static const enum lpa_task_type types[] = {LPA_TASK_ENABLE, LPA_TASK_DELETE, LPA_TASK_RESET};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct lpa_task task = task_for(types[i], 2);
        struct lpa_bench b;

        open_with_profiles(&b);
        b.answer = LPA_ANSWER_NO;
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_USER_SAID_NO);
        CHECK_INT(b.card.profiles, 2);
        b.answer = LPA_ANSWER_NONE;
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_USER_SILENT);
        bench_close(&b);
    }
}

/* ---- delete, nickname, reset, default address ---- */

TEST(delete)
{
    struct lpa_task task = task_for(LPA_TASK_DELETE, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.card.profiles, 1);
    CHECK_INT(b.result->profiles_n, 1);
    CHECK_INT(b.result->sent, 1);
    CHECK_INT(b.question.type, LPA_ASK_DELETE);
    task = task_for(LPA_TASK_DELETE, 1); /* it is enabled */
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_CODE);
    CHECK(strstr(b.text, "the profile is enabled (profileNotInDisabledState, 2)") != NULL);
    bench_close(&b);
}

TEST(nickname)
{
    struct lpa_task task = task_for(LPA_TASK_NICKNAME, 2);
    struct lpa_bench b;

    open_with_profiles(&b);
    task.text = BYTES_STR("Zuhause \xE5\xAE\xB6");
    CHECK(bench_run(&b, &task)->ok);
    CHECK(bytes_eq(b.result->profiles[1].info.nickname, task.text));
    task.text = BYTES_NONE;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_STR(b.card.profile[1].nickname, "");
    task = task_for(LPA_TASK_NICKNAME, 77);
    CHECK(!bench_run(&b, &task)->ok);
    CHECK(strstr(b.text, "no such profile (iccidNotFound, 1)") != NULL);
    bench_close(&b);
}

TEST(memory_reset)
{
    struct lpa_task task = {.type = LPA_TASK_RESET,
                            .reset_options = RSP_BIT(RSP_RESET_OPERATIONAL_PROFILES) |
                                             RSP_BIT(RSP_RESET_DEFAULT_SMDP_ADDRESS)};
    struct lpa_bench b;

    open_with_profiles(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.card.reset_options, task.reset_options);
    CHECK_INT(b.card.profiles, 0);
    CHECK_INT(b.result->sent, 2);
    CHECK_INT(b.question.type, LPA_ASK_RESET);
    CHECK(bench_run(&b, &task)->already); /* nothing to delete */
    b.card.override[0] =
        (struct toy_override){.tag = TAG_EUICC_MEMORY_RESET, .der = "BF3403800105"};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_CODE);
    bench_close(&b);
}

TEST(default_address)
{
    struct lpa_task task = {.type = LPA_TASK_DEFAULT_ADDRESS, .text = BYTES_STR("dp.example.com")};
    struct lpa_bench b;

    bench_open(&b);
    CHECK(bench_run(&b, &task)->ok);
    REQUIRE(b.result->chip != NULL);
    CHECK(bytes_eq(b.result->chip->addresses.default_dp, task.text));
    task.text = BYTES_NONE;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->chip->addresses.default_dp.n, 0);
    b.card.override[0] =
        (struct toy_override){.tag = TAG_SET_DEFAULT_DP_ADDRESS, .der = "BF3F0380017F"};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_ADDRESS_REFUSED);
    bench_close(&b);
}

/* ---- what is no task ---- */

TEST(tasks_refused)
{
    static const struct lpa_task tasks[] = {
        {.type = LPA_TASKS},
        {.type = LPA_TASK_ENABLE},
        {.type = LPA_TASK_NICKNAME},
        {.type = LPA_TASK_REMOVE_NOTIFICATION},
        {.type = LPA_TASK_DOWNLOAD, .code = {.address = "not a host"}},
        {.type = LPA_TASK_DISCOVER, .smds = "https://x"},
    };
    struct lpa_bench b;

    bench_open(&b);
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        CHECK_INT(lpa_begin(b.lpa, &tasks[i]), XK_E_VALUE);
    bench_close(&b);
}

TEST(settings_refused)
{
    static const struct lpa_config configs[] = {
        {.block = LPA_BLOCK_MIN - 1},
        {.block = LPA_BLOCK_MAX + 1},
        {.imei = "12345"},
        {.imei = "12345678901234X"},
        {.isdr_aid = {(const uint8_t *)"abc", 3}},
    };
    struct lpa *lpa = NULL;

    for (size_t i = 0; i < ARRAY_LEN(configs); i++)
        CHECK_INT(lpa_new(&configs[i], &lpa), XK_E_VALUE);
}

TEST(identifiers)
{
    uint8_t mem[RSP_AID_MAX];
    struct rsp_profile_id id = {.aid = BYTES_NONE};

    CHECK_OK(lpa_profile_id_from_text(BYTES_STR("8944538532046590109"), mem, &id));
    CHECK_HEX(id.iccid, "984435582340560901F9");
    CHECK(!DER_PRESENT(id.aid));
    CHECK_OK(lpa_profile_id_from_text(BYTES_STR("a0000005591010ffffffff8900001100"), mem, &id));
    CHECK_HEX(id.aid, "A0000005591010FFFFFFFF8900001100");
    CHECK(!DER_PRESENT(id.iccid));
    CHECK_INT(lpa_profile_id_from_text(BYTES_STR("home"), mem, &id), XK_E_FORMAT);
    CHECK_INT(lpa_profile_id_from_text(BYTES_STR("A000"), mem, &id), XK_E_FORMAT);
    CHECK_INT(lpa_profile_id_from_text(BYTES_NONE, mem, &id), XK_E_FORMAT);
}

#define NAMED(text, name) XT_NAMED("SGP.23 4.4 LPA " text, name)

TESTS_MAIN(NAMED("chip information", chip), NAMED("list of profiles", list),
           XT_CASE(list_without_tags), XT_CASE(list_refused),
           NAMED("enable: every form a card may take", enable_forms), XT_CASE(enable_by_aid),
           NAMED("enable: notifications after the change of state", enable_tells),
           XT_CASE(enabled_already), NAMED("enable: refused, with the reason", enable_refused),
           XT_CASE(busy_with_the_toolkit), XT_CASE(status_words_in_place_of_results),
           XT_CASE(card_lies), XT_CASE(card_restarts_by_itself), XT_CASE(card_gone_after_switching),
           NAMED("disable", disable), XT_CASE(no_such_profile),
           NAMED("enable, delete and memory reset only when confirmed", user_says_no),
           NAMED("delete", delete), NAMED("nickname", nickname),
           NAMED("memory reset", memory_reset), NAMED("default SM-DP+ address", default_address),
           XT_CASE(tasks_refused), XT_CASE(settings_refused), XT_CASE(identifiers))
