/* SPDX-License-Identifier: Apache-2.0 */
/* The write task's machine: refusals, limits, replays, callbacks (P-13, P-16, P-17, P-19). */
#include "codec/script/script.h"
#include "order_bench.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

/* P-17: each refusal at the door, with its code, and remembered. */
TEST(refusals_at_the_door)
{
    struct bench b;
    struct task t, again;
    struct order_wish w = {.app_id = "app", .org_id = ORG_ROOT, .cid = CID, .pool_id = "main"};
    bool repeat;
    int code;

    bench_init(&b);
    w.order_no = "unknown";
    w.cid = "89860000000000000099";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_NO_SUCH_CARD);
    CHECK_INT(t.state, TASK_REJECTED);
    CHECK_OK(order_apply(&b.c, &w, &again, &code, &repeat));
    CHECK(repeat);
    CHECK_INT(code, CODE_NO_SUCH_CARD);
    CHECK(memcmp(t.id, again.id, sizeof t.id) == 0);

    w.cid = CID;
    w.order_no = "swap";
    w.mode = TASK_MODE_SWAP;
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_CARD_STATE);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    w.mode = TASK_MODE_RESTORE;
    w.order_no = "restore";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_CARD_STATE);
    w.mode = TASK_MODE_NEW;
    w.channel = TASK_CHANNEL_BIP;
    w.order_no = "bip";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_CARD_CANNOT);
    w.channel = TASK_CHANNEL_AUTO;
    w.pool_id = "other";
    w.order_no = "pool";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_POOL_EMPTY);
    w.pool_id = "main";
    w.target_msisdn = "1449999999999";
    w.order_no = "msisdn";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_NUMBER_ELSEWHERE);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);

    w.target_msisdn = "1440000000002";
    w.order_no = "good";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_OK);
    CHECK_STR(t.msisdn, "1440000000002");
    w.order_no = "second";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_TASK_UNDER_WAY);
    bench_fini(&b);
}

TEST(cancel_gives_everything_back)
{
    struct bench b;
    struct task t;
    int code;

    bench_init(&b);
    CHECK_INT(apply(&b, "o1", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_OK);
    check_number(&b, t.imsi, NUMBER_FREE);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    CHECK_INT(b.asked.told, TASK_CANCELLED);
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL)); /* the answer comes too late */
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CANCELLED);
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_TASK_STATE);
    bench_fini(&b);

    start(&b, &t);
    CHECK_OK(order_cancel(&b.c, t.id, &code)); /* a script is out */
    CHECK_INT(code, CODE_TASK_STATE);
    bench_fini(&b);
}

TEST(expiry_releases_what_was_held)
{
    struct bench b;
    struct task t;
    size_t moved;

    start(&b, &t);
    b.policy.max_attempts = 1;
    b.c.now += 5 * MINUTE;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    b.c.now += b.policy.expiry_ms;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_EXPIRED);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    CHECK_INT(b.said.last->kind, OUTBOX_CLOSE);
    bench_fini(&b);
}

TEST(a_replayed_report_changes_nothing)
{
    struct bench b;
    struct task t;
    struct chip chip;
    struct order_report r = {.counter = 5,
                             .has_result = true,
                             .result = SCRIPT_OK,
                             .from = SEED_MSISDN,
                             .packet = BYTES_STR("x")};

    start(&b, &t);
    memcpy(r.task_id, t.id, sizeof r.task_id);
    CHECK_OK(chip_get(b.store, CID, &chip));
    CHECK_OK(chip_accept_up_counter(b.store, CID, 5));
    CHECK_INT(order_on_report(&b.c, &chip, &r), XK_E_DENIED);
    r.is_answer = true;
    r.counter = chip.down_counter + 1; /* to a script that was never sent */
    CHECK_INT(order_on_report(&b.c, &chip, &r), XK_E_DENIED);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    bench_fini(&b);
}

/* A card cannot report for another card's task. */
TEST(a_report_for_another_cards_task_is_ignored)
{
    struct bench b;
    struct task t;
    struct chip other;
    struct order_report r = {
        .counter = 5, .has_result = true, .result = SCRIPT_OK, .packet = BYTES_STR("x")};

    start(&b, &t);
    add_chip(&b, "89860000000000000002", "999700000000002", "1490000000002");
    memcpy(r.task_id, t.id, sizeof r.task_id);
    CHECK_OK(chip_get(b.store, "89860000000000000002", &other));
    CHECK_OK(order_on_report(&b.c, &other, &r));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    CHECK(!t.report_seen);
    bench_fini(&b);
}

TEST(scripts_that_cannot_be_built)
{
    struct bench b;
    struct task t;

    bench_init(&b);
    b.asked.fail = XK_E_LIMIT;
    CHECK_INT(apply(&b, "o1", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(t.code, CODE_SCRIPT_TOO_LONG);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    bench_fini(&b);
}

TEST(the_home_network_refuses)
{
    struct bench b;
    struct task t;

    bench_init(&b);
    CHECK_INT(apply(&b, "o1", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_OK(order_on_opened(&b.c, t.imsi, "subscriber limit reached"));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_STR(t.message, "subscriber limit reached");
    check_number(&b, t.imsi, NUMBER_FREE);
    bench_fini(&b);
}

TEST(the_message_centre_refuses)
{
    struct bench b;
    struct task t;

    start(&b, &t);
    b.policy.max_attempts = 1;
    CHECK_OK(order_on_submitted(&b.c, t.id, "SMSC: invalid destination address"));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SEND_FAIL);
    CHECK_INT(t.code, CODE_SEND_FAILED);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    bench_fini(&b);
}

/* P-19: more than 20 % of the last 50 failed: the batch stops until a person resumes it. */
TEST(the_breaker_stops_a_batch)
{
    struct bench b;
    struct task t;
    struct task_batch batch;
    struct order_wish w = {
        .app_id = "app", .org_id = ORG_ROOT, .order_no = "x", .cid = CID, .pool_id = "main"};
    char id[33];
    bool repeat;
    size_t moved;
    int code;

    bench_init(&b);
    b.policy.breaker_window = 4;
    CHECK_OK(task_batch_create(&b.c, "app", ORG_ROOT, 5, id));
    w.batch_id = id;
    w.cid = "89860000000000000099";
    for (int i = 0; i < 4; i++) {
        char order_no[8];

        snprintf(order_no, sizeof order_no, "f%d", i);
        w.order_no = order_no;
        CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    }
    CHECK_OK(task_batch_load(b.store, id, &batch));
    CHECK(batch.paused);
    CHECK_INT(batch.by_state[TASK_REJECTED], 4);
    w.cid = CID;
    w.order_no = "held";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SCRIPT_READY);
    CHECK_INT(b.asked.scripts, 0);
    CHECK_OK(task_batch_resume(&b.c, id));
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    bench_fini(&b);
}

TEST(batches_by_file_are_checked_later)
{
    const struct order_wish w = {.app_id = "app",
                                 .org_id = ORG_ROOT,
                                 .order_no = "l1",
                                 .cid = CID,
                                 .pool_id = "main",
                                 .batch_id = ""};
    struct bench b;
    struct task t;
    size_t moved;

    bench_init(&b);
    CHECK_OK(order_accept(&b.c, &w));
    CHECK_OK(order_accept(&b.c, &w)); /* a repeated line */
    CHECK_OK(task_load_by_order(b.store, "app", "l1", &t));
    CHECK_INT(t.state, TASK_ACCEPTED);
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    CHECK_INT(moved, 1);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    bench_fini(&b);
}

/* Callbacks of one card come in order, wait as P-16 says, and end among the dead letters. */
TEST(callbacks_wait_their_turn)
{
    static const int64_t seconds[] = {10, 30, 120, 600, 3600, 21600, 86400};
    struct outbox_list due;
    struct bench b;
    struct task t;
    int64_t id;

    bench_init(&b);
    CHECK_INT(apply(&b, "a", TASK_MODE_SWAP, &t), CODE_CARD_STATE);
    CHECK_INT(apply(&b, "b", TASK_MODE_SWAP, &t), CODE_CARD_STATE);
    due = (struct outbox_list){.arena = &b.arena};
    CHECK_OK(outbox_take(b.store, b.c.now, 10, &due));
    REQUIRE(due.first != NULL);
    CHECK(due.first->next == NULL); /* the second of this card waits */
    id = due.first->id;
    CHECK_OK(outbox_done(b.store, id));
    due = (struct outbox_list){.arena = &b.arena};
    CHECK_OK(outbox_take(b.store, b.c.now, 10, &due));
    REQUIRE(due.first != NULL);
    CHECK(due.first->id > id);
    for (uint32_t i = 0; i < ARRAY_LEN(seconds); i++)
        CHECK_INT(outbox_callback_wait(i + 1), seconds[i] * 1000);
    CHECK_INT(outbox_callback_wait(8), 0);
    id = due.first->id;
    CHECK_OK(outbox_bury(b.store, id, "nobody there", b.c.now));
    due = (struct outbox_list){.arena = &b.arena};
    CHECK_OK(outbox_take(b.store, INT64_MAX - OUTBOX_LEASE_MS, 10, &due));
    CHECK(due.first == NULL);
    CHECK_OK(outbox_revive(b.store, id, b.c.now));
    CHECK_INT(outbox_revive(b.store, id, b.c.now), XK_E_NOT_FOUND);
    CHECK_OK(outbox_take(b.store, b.c.now, 10, &due));
    CHECK(due.first && due.first->id == id);
    bench_fini(&b);
}

/* P-17: why a wanted number cannot be had. */
TEST(numbers_that_are_taken_or_resting)
{
    static const char imsi[] = "999701000000002";
    struct order_wish w = {.app_id = "app",
                           .org_id = ORG_ROOT,
                           .cid = CID,
                           .pool_id = "main",
                           .target_msisdn = "1440000000002"};
    static const uint8_t other[TASK_ID_LEN] = {9};
    struct number n;
    struct bench b;
    struct task t;
    bool repeat;
    int code;

    bench_init(&b);
    CHECK_OK(number_reserve(b.store, "main", w.target_msisdn, "x", other, b.c.now, &n));
    w.order_no = "taken";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_NUMBER_TAKEN);
    CHECK_OK(number_move(b.store, imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, b.c.now));
    CHECK_OK(number_move(b.store, imsi, NUMBER_ASSIGNED, NUMBER_FROZEN, b.c.now));
    w.order_no = "frozen";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_NUMBER_FROZEN);
    w.order_no = "elsewhere";
    w.pool_id = "other";
    w.target_msisdn = "1440000000001";
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_NUMBER_ELSEWHERE);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    bench_fini(&b);
}

TEST(a_card_whose_keys_do_not_open)
{
    static const struct store_query spoil = {"test_spoil", "UPDATE number SET keys = $1"};
    struct bench b;
    struct task t;

    bench_init(&b);
    CHECK_INT(apply(&b, "o1", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_OK(store_exec(b.store, &spoil, SV(sv_bytes(BYTES_STR("not sealed by us"))), 1, NULL));
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(t.code, CODE_NO_KEYS);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    bench_fini(&b);
}

TEST(a_card_taken_out_of_service)
{
    struct bench b;
    struct task t;

    bench_init(&b);
    CHECK_OK(chip_block(b.store, CID, b.c.now));
    CHECK_INT(apply(&b, "o1", TASK_MODE_NEW, &t), CODE_CARD_STATE);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(numbers_that_are_taken_or_resting), XT_CASE(a_card_whose_keys_do_not_open),
           XT_CASE(a_card_taken_out_of_service), XT_CASE(refusals_at_the_door),
           XT_CASE(cancel_gives_everything_back), XT_CASE(expiry_releases_what_was_held),
           XT_CASE(a_replayed_report_changes_nothing),
           XT_CASE(a_report_for_another_cards_task_is_ignored),
           XT_CASE(scripts_that_cannot_be_built), XT_CASE(the_home_network_refuses),
           XT_CASE(the_message_centre_refuses), XT_CASE(the_breaker_stops_a_batch),
           XT_CASE(batches_by_file_are_checked_later), XT_CASE(callbacks_wait_their_turn))
