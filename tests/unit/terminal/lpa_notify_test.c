/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications (SGP.22 3.5) and discovery (3.6.2; SGP.23 4.4). */
#include "lpa_bench.h"
#include "xt.h"

#define OTHER "other.example.com"
#define SMDS "testrootsmds.example.com"
#define SMDS2 "second.example.com"

static uint8_t one[ICCID_LEN], two[ICCID_LEN];

static void open_with_notifications_and(struct lpa_bench *b, const struct lpa_config *config)
{
    bench_open_with(b, config);
    toyeuicc_iccid(1, one);
    toyeuicc_iccid(2, two);
    toyeuicc_notify(&b->card, RSP_EVENT_ENABLE, BENCH_HOST, one); /* 1 */
    toyeuicc_notify(&b->card, RSP_EVENT_DISABLE, OTHER, one);     /* 2 */
    toyeuicc_notify(&b->card, RSP_EVENT_DELETE, BENCH_HOST, one); /* 3 */
    toyeuicc_notify(&b->card, RSP_EVENT_ENABLE, OTHER, two);      /* 4 */
}

static void open_with_notifications(struct lpa_bench *b)
{
    open_with_notifications_and(b, &(struct lpa_config){.block = 0});
}

TEST(in_order)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    open_with_notifications(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.posts, 4);
    for (unsigned i = 0; i < b.posts; i++)
        CHECK_INT(b.post[i].seq_number, i + 1);
    CHECK_STR(b.post[1].address, OTHER);
    CHECK_INT(b.card.notifications, 0);
    CHECK_INT(b.result->sent, 4);
    CHECK_INT(b.result->notifications_n, 4);
    CHECK_INT(b.result->notifications[2].state, LPA_SENT);
    bench_close(&b);
}

/* Those of the deaf server stay, in their order; the others go. */
TEST(deaf_server)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    open_with_notifications(&b);
    b.deaf = BENCH_HOST;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_UNREACHABLE);
    CHECK_INT(b.posts, 3); /* 1 in vain, 2, 4; 3 not before 1 */
    CHECK_INT(b.result->sent, 2);
    CHECK_INT(b.result->kept, 2);
    CHECK_INT(b.card.notifications, 2);
    CHECK(strstr(b.text, BENCH_HOST) != NULL);
    b.deaf = NULL;
    b.posts = 0;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.posts, 2);
    CHECK_INT(b.post[0].seq_number, 1);
    CHECK_INT(b.post[1].seq_number, 3);
    CHECK_INT(b.card.notifications, 0);
    bench_close(&b);
}

TEST(kept_unless_2xx)
{
    static const enum lpa_reply_kind kinds[] = {LPA_REPLY_UNREACHABLE, LPA_REPLY_CUT, LPA_REPLY_TLS,
                                                LPA_REPLY_HTTP};
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct lpa_bench b;

        open_with_notifications(&b);
        b.fail = kinds[i];
        b.http_status = 500;
        CHECK(!bench_run(&b, &task)->ok);
        CHECK_INT(b.card.notifications, 4);
        CHECK_INT(b.posts, 2); /* each address once */
        CHECK_INT(b.result->kept, 4);
        bench_close(&b);
    }
}

/* Told again after a while; the others of that server are not waited for a second time. */
TEST(told_again)
{
    static const struct lpa_config config = {.notify_tries = 3};
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    open_with_notifications_and(&b, &config);
    b.cut_at = 1;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.posts, 5);
    CHECK_INT(b.post[1].seq_number, 1);
    CHECK_INT(b.waits, 1);
    CHECK_INT(b.waited_ms, 2000);
    CHECK_INT(b.result->sent, 4);
    bench_close(&b);
    open_with_notifications_and(&b, &config);
    b.deaf = BENCH_HOST;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_UNREACHABLE);
    CHECK_INT(b.posts, 5); /* 1 three times, 2, 4 */
    CHECK_INT(b.waited_ms, 6000);
    CHECK_INT(b.result->kept, 2);
    bench_close(&b);
    open_with_notifications_and(&b, &config);
    b.fail = LPA_REPLY_HTTP; /* it has answered */
    b.http_status = 500;
    CHECK(!bench_run(&b, &task)->ok);
    CHECK_INT(b.waits, 0);
    bench_close(&b);
}

/* The result of an installation that could not be told holds back what came later of its profile,
 * also at another address. */
TEST(installation_first)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    bench_open(&b);
    toyeuicc_iccid(1, one);
    toyeuicc_iccid(2, two);
    toyeuicc_notify(&b.card, RSP_EVENT_INSTALL, BENCH_HOST, one);
    toyeuicc_notify(&b.card, RSP_EVENT_ENABLE, OTHER, one);
    toyeuicc_notify(&b.card, RSP_EVENT_ENABLE, OTHER, two);
    b.deaf = BENCH_HOST;
    CHECK(!bench_run(&b, &task)->ok);
    CHECK_INT(b.posts, 1);
    CHECK_INT(b.result->kept, 3);
    bench_close(&b);
}

TEST(only_one)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY, .has_seq_number = true, .seq_number = 2};
    struct lpa_bench b;

    open_with_notifications(&b);
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.posts, 1);
    CHECK_INT(b.post[0].seq_number, 2);
    CHECK_INT(b.card.notifications, 3);
    task.seq_number = 77;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_NOTIFICATION);
    bench_close(&b);
}

TEST(shown_and_forgotten)
{
    struct lpa_task show = {.type = LPA_TASK_SHOW_NOTIFICATIONS};
    struct lpa_task forget = {
        .type = LPA_TASK_REMOVE_NOTIFICATION, .has_seq_number = true, .seq_number = 3};
    struct lpa_bench b;

    open_with_notifications(&b);
    CHECK(bench_run(&b, &show)->ok);
    REQUIRE(b.result->notifications_n == 4);
    CHECK_INT(b.result->notifications[3].seq_number, 4);
    CHECK_STR(b.result->notifications[3].address, OTHER);
    CHECK_STR(b.result->notifications[3].iccid, "89860123456789000020");
    CHECK_INT(b.posts, 0);
    CHECK(bench_run(&b, &forget)->ok);
    CHECK_INT(b.card.notifications, 3);
    CHECK_INT(bench_run(&b, &forget)->fault.kind, LPA_FAULT_NO_NOTIFICATION);
    b.card.override[0] = (struct toy_override){.tag = TAG_NOTIFICATION_SENT, .der = "BF300380017F"};
    CHECK_INT(bench_run(&b, &forget)->fault.kind, LPA_FAULT_CARD_CODE);
    bench_close(&b);
}

TEST(user_breaks_off)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    open_with_notifications(&b);
    b.cancel_at_post = 2;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CANCELLED);
    CHECK_INT(b.result->sent, 2); /* what was under way is ended */
    CHECK_INT(b.card.notifications, 2);
    bench_close(&b);
}

/* A card that does not list its notifications is no reason not to download. */
TEST(list_refused)
{
    struct lpa_task download = bench_download("A");
    struct lpa_task notify = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = TAG_LIST_NOTIFICATION, .sw = 0x6A88};
    CHECK(bench_run(&b, &download)->ok);
    CHECK_INT(b.result->notification_fault.kind, LPA_FAULT_CARD_REFUSED);
    CHECK_INT(bench_run(&b, &notify)->fault.kind, LPA_FAULT_CARD_REFUSED);
    bench_close(&b);
}

TEST(gone_between_list_and_retrieval)
{
    struct lpa_task task = {.type = LPA_TASK_NOTIFY};
    struct lpa_bench b;

    open_with_notifications(&b);
    b.card.override[0] = (struct toy_override){
        .tag = TAG_RETRIEVE_NOTIFICATIONS_LIST, .der = "BF2B02A000", .count = 1};
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->notifications[0].state, LPA_REMOVED);
    CHECK_INT(b.result->sent, 3);
    bench_close(&b);
}

/* ---- discovery ---- */

TEST(default_address)
{
    struct lpa_task task = {.type = LPA_TASK_DOWNLOAD};
    struct lpa_bench b;

    bench_open(&b);
    b.card.default_dp = "dp.example.com";
    CHECK(bench_run(&b, &task)->ok);
    CHECK_STR(b.post[0].address, "dp.example.com");
    CHECK(!b.card.has_matching_id);
    CHECK_INT(b.card.profiles, 1);
    bench_close(&b);
    bench_open(&b);
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_ADDRESS);
    bench_close(&b);
}

static void open_with_events(struct lpa_bench *b)
{
    bench_open(b);
    b->smds[0] = SMDS;
    b->smds[1] = SMDS2;
    b->event[0] = (struct bench_event){SMDS, "EVENT-1", "dp1.example.com"};
    b->event[1] = (struct bench_event){SMDS, "EVENT-2", "dp2.example.com"};
}

TEST(events_are_listed)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER};
    struct lpa_bench b;

    open_with_events(&b);
    b.event[2] = (struct bench_event){SMDS2, "EVENT-3", "dp3.example.com"};
    b.card.additional_ds = SMDS2;
    CHECK(bench_run(&b, &task)->ok);
    REQUIRE(b.result->found_n == 3);
    CHECK_STR(b.result->found[0].address, "dp1.example.com");
    CHECK_STR(b.result->found[0].event_id, "EVENT-1");
    CHECK_STR(b.result->found[0].smds, SMDS);
    CHECK_STR(b.result->found[2].smds, SMDS2);
    CHECK_INT(b.posts, 4); /* only the two SM-DS were asked */
    CHECK_INT(b.card.cancels, 0);
    bench_close(&b);
}

/* A profile at the default SM-DP+ is seen and left there. */
TEST(default_address_is_looked_at)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER};
    struct lpa_bench b;

    open_with_events(&b);
    b.card.default_dp = "dp.example.com";
    CHECK(bench_run(&b, &task)->ok);
    REQUIRE(b.result->found_n == 3);
    CHECK(b.result->found[0].has_metadata);
    CHECK_STR(b.result->found[0].iccid, "89860123456789000420");
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_POSTPONED);
    CHECK_INT(b.card.profiles, 0);
    bench_close(&b);
}

TEST(nothing_there)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER};
    struct lpa_bench b;

    bench_open(&b);
    b.smds[0] = SMDS;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOTHING_FOUND);
    b.card.default_dp = "dp.example.com";
    b.refuse = RSP_AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOTHING_FOUND);
    b.refuse = RSP_ES11_AUTHENTICATE_EVENT_UNKNOWN;
    b.card.default_dp = NULL;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOTHING_FOUND);
    bench_close(&b);
}

/* One place that cannot be asked does not hide the others; alone, it is told. */
TEST(one_is_down)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER};
    struct lpa_bench b;

    open_with_events(&b);
    b.card.default_dp = "dp.example.com";
    b.deaf = "dp.example.com";
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->found_n, 2);
    CHECK_INT(b.result->last_trouble.kind, LPA_FAULT_SERVER_UNREACHABLE);
    b.deaf = SMDS;
    b.card.default_dp = NULL;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_UNREACHABLE);
    CHECK_STR(b.result->fault.address, SMDS);
    bench_close(&b);
}

/* Root SM-DS, another SM-DS, SM-DP+: the event ID is the matching ID at each step. */
TEST(cascade)
{
    struct lpa_task task = {.type = LPA_TASK_DOWNLOAD, .discover = true};
    struct lpa_bench b;

    bench_open(&b);
    b.smds[0] = SMDS;
    b.smds[1] = SMDS2;
    b.event[0] = (struct bench_event){SMDS, "EVENT-2", SMDS2};
    b.event[1] = (struct bench_event){SMDS2, "EVENT-1", BENCH_HOST};
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.card.profiles, 1);
    CHECK_STR(b.card.matching_id, "EVENT-1");
    CHECK_STR(b.post[2].address, SMDS2);
    CHECK_STR(b.post[4].address, BENCH_HOST);
    bench_close(&b);
}

TEST(circle)
{
    struct lpa_task task = {.type = LPA_TASK_DOWNLOAD, .discover = true};
    struct lpa_bench b;

    bench_open(&b);
    b.smds[0] = SMDS;
    b.smds[1] = SMDS2;
    b.event[0] = (struct bench_event){SMDS, "E", SMDS2};
    b.event[1] = (struct bench_event){SMDS2, "E", SMDS};
    b.event[2] = (struct bench_event){SMDS, "F", SMDS2};
    b.event[3] = (struct bench_event){SMDS2, "G", SMDS};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOTHING_FOUND);
    CHECK(b.posts < 20);
    bench_close(&b);
}

TEST(given_smds)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER, .smds = SMDS2};
    struct lpa_bench b;

    open_with_events(&b);
    b.event[2] = (struct bench_event){SMDS2, "EVENT-3", "not a host"};
    b.event[3] = (struct bench_event){SMDS2, "EVENT-4", "dp4.example.com"};
    CHECK(bench_run(&b, &task)->ok);
    REQUIRE(b.result->found_n == 1);
    CHECK_STR(b.result->found[0].event_id, "EVENT-4");
    bench_close(&b);
}

#define NAMED(text, name) XT_NAMED("SGP.23 " text, name)

TESTS_MAIN(NAMED("4.4 LPA ES9+.HandleNotification: in order, removed after success", in_order),
           NAMED("4.4 LPA ES9+.HandleNotification: one server cannot be reached", deaf_server),
           NAMED("4.4 LPA ES9+.HandleNotification: kept unless 2xx", kept_unless_2xx),
           XT_CASE(told_again),
           NAMED("5.4 LPA notifications: an installation comes first", installation_first),
           XT_CASE(only_one), XT_CASE(shown_and_forgotten), XT_CASE(user_breaks_off),
           XT_CASE(list_refused), XT_CASE(gone_between_list_and_retrieval),
           NAMED("5.4 LPA default SM-DP+: download", default_address),
           NAMED("5.4 LPA SM-DS: events are found", events_are_listed),
           XT_CASE(default_address_is_looked_at), NAMED("5.4 LPA SM-DS: no event", nothing_there),
           XT_CASE(one_is_down), NAMED("5.4 LPA SM-DS: cascade to the SM-DP+", cascade),
           XT_CASE(circle), XT_CASE(given_smds))
