/* SPDX-License-Identifier: Apache-2.0 */
/* The write task's machine (P-6, P-12): from the wish to the attached number. */
#include "codec/script/script.h"
#include "order_bench.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

TEST(a_write_goes_all_the_way)
{
    struct bench b;
    struct task t;

    start(&b, &t);
    CHECK_INT(b.asked.step, TASK_STEP_PREPARE);
    CHECK(b.asked.has_number && !b.asked.single_shot);
    CHECK_OK(order_on_receipt(&b.c, t.id, true));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_DELIVERED);
    report(&b, &t, SCRIPT_PREPARED, false);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_PREPARED);
    CHECK_INT(b.asked.step, TASK_STEP_COMMIT);
    CHECK(!b.asked.has_number);
    check_number(&b, t.imsi, NUMBER_WRITTEN);
    report(&b, &t, SCRIPT_COMMITTED, false);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_COMMITTED);
    CHECK_OK(order_on_attach(&b.c, t.imsi, "860000000000001", b.c.now));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_ATTACHED);
    report(&b, &t, SCRIPT_OK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_INT(t.attempts_all, 1);
    CHECK_INT(b.asked.callbacks, 1);
    CHECK_INT(b.asked.told, TASK_SUCCESS);
    check_number(&b, t.imsi, NUMBER_IN_USE);
    check_chip(&b, t.imsi, CHIP_ACTIVE);
    bench_fini(&b);
}

/* "Committed", with the IMSI in use at the time of saying so. */
static void report_in_use(struct bench *b, const struct task *t, const char *imsi)
{
    struct order_report r = {.is_answer = true,
                             .counter = b->asked.counter,
                             .has_result = true,
                             .result = SCRIPT_COMMITTED,
                             .has_imsi_hash = true,
                             .from = SEED_MSISDN,
                             .iei = 0x71,
                             .packet = BYTES_STR("x")};
    struct chip chip;

    memcpy(r.task_id, t->id, sizeof r.task_id);
    CHECK_OK(script_imsi_hash(imsi, r.imsi_hash));
    CHECK_OK(chip_get(b->store, CID, &chip));
    CHECK_OK(order_on_report(&b->c, &chip, &r));
}

#define EARLIER "999701000000003" /* of a round before, it rests by now */

/* A card that has fallen back by the time it answers is on its seed, or still on a number that it
 * was given before: that is no wrong number, and stops nothing. */
TEST(only_a_number_of_another_is_a_wrong_one)
{
    static const struct {
        const char *imsi; /* NULL: the task's */
        bool wrong;
    } rows[] = {{NULL, false}, {SEED_IMSI, false}, {EARLIER, false}, {"999701000000002", true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number earlier;
        struct bench b;
        struct task t;
        bool stopped;

        start(&b, &t);
        add_number(&b, EARLIER, "1440000000003", "89860400000000000031");
        CHECK_OK(number_reserve(b.store, "main", "1440000000003", CID, t.id, b.c.now, &earlier));
        CHECK_OK(number_move(b.store, EARLIER, NUMBER_RESERVED, NUMBER_ASSIGNED, b.c.now));
        CHECK_OK(number_move(b.store, EARLIER, NUMBER_ASSIGNED, NUMBER_FROZEN, b.c.now));
        report(&b, &t, SCRIPT_PREPARED, false);
        report_in_use(&b, &t, rows[i].imsi ? rows[i].imsi : t.imsi);
        reload(&b, &t);
        CHECK_INT(t.state, rows[i].wrong ? TASK_PREPARED : TASK_COMMITTED);
        CHECK_OK(exception_writing_stopped(b.store, &stopped));
        CHECK(stopped == rows[i].wrong);
        bench_fini(&b);
    }
}

/* Reports, receipts and attach events overtake each other; the end is the same. */
TEST(any_order_of_arrival_ends_well)
{
    struct bench b;
    struct task t;

    start(&b, &t);
    report(&b, &t, SCRIPT_PREPARED, false);
    CHECK_OK(order_on_receipt(&b.c, t.id, true));         /* late */
    CHECK_OK(order_on_attach(&b.c, t.imsi, "", b.c.now)); /* before the card said it committed */
    reload(&b, &t);
    CHECK_INT(t.state, TASK_ATTACHED);
    report(&b, &t, SCRIPT_PREPARED, false); /* said again */
    report(&b, &t, SCRIPT_OK, true);
    report(&b, &t, SCRIPT_COMMITTED, false); /* overtaken */
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_INT(b.asked.scripts, 2);
    bench_fini(&b);
}

TEST(success_needs_both_words)
{
    struct bench b;
    struct task t;

    start(&b, &t);
    report(&b, &t, SCRIPT_PREPARED, false);
    report(&b, &t, SCRIPT_OK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_COMMITTED); /* the home network has not seen it */
    CHECK_OK(order_on_attach(&b.c, t.imsi, "", b.c.now));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    bench_fini(&b);
}

/* P-6: T1, five attempts, each with a fresh counter, then a person; W4 goes on from there. */
TEST(silence_is_asked_again_and_then_a_person)
{
    struct bench b;
    struct task t;
    uint64_t last;
    size_t moved;
    int code;

    start(&b, &t);
    for (unsigned i = 1; i < 5; i++) {
        last = b.asked.counter;
        b.c.now += 5 * MINUTE - 1;
        CHECK_OK(order_on_time(&b.c, 10, &moved));
        CHECK_INT(moved, 0);
        b.c.now += 1;
        CHECK_OK(order_on_time(&b.c, 10, &moved));
        CHECK_INT(moved, 1);
        CHECK_INT(b.asked.scripts, i + 1);
        CHECK(b.asked.counter > last);
        CHECK_OK(order_on_submitted(&b.c, t.id, NULL));
    }
    b.c.now += 5 * MINUTE;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_MANUAL);
    CHECK_INT(t.code, CODE_NO_ANSWER);
    check_number(&b, t.imsi, NUMBER_ASSIGNED); /* the card may have it: held */
    CHECK_INT(apply(&b, "o2", TASK_MODE_NEW, &t), CODE_TASK_UNDER_WAY);
    CHECK_OK(task_load_by_order(b.store, "app", "o1", &t));
    CHECK_OK(order_retry(&b.c, t.id, &code));
    CHECK_INT(code, CODE_OK);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    CHECK_INT(t.attempts_all, 6);
    report(&b, &t, SCRIPT_PREPARED, false);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_PREPARED);
    bench_fini(&b);
}

TEST(a_late_report_wakes_a_task_that_waits_for_a_person)
{
    struct bench b;
    struct task t;
    size_t moved;

    start(&b, &t);
    b.policy.max_attempts = 1;
    b.c.now += 5 * MINUTE;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_MANUAL);
    report(&b, &t, SCRIPT_PREPARED, false);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_PREPARED);
    bench_fini(&b);
}

/* P-3: what each result byte does to a task whose script is out. */
TEST(each_result_of_the_card)
{
    static const struct {
        uint8_t result;
        enum task_state want;
        int code;
    } rows[] = {
        {SCRIPT_OK, TASK_COMMITTED, CODE_OK},
        {SCRIPT_PREPARED, TASK_PREPARED, CODE_OK},
        {SCRIPT_COMMITTED, TASK_COMMITTED, CODE_OK},
        {SCRIPT_BAD_MAC, TASK_SENDING, CODE_OK},
        {SCRIPT_REPLAYED, TASK_SENDING, CODE_OK},
        {SCRIPT_WRONG_CARD, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {SCRIPT_BAD_VERSION, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {SCRIPT_NO_SPACE, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {SCRIPT_BAD_ALGORITHM, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {SCRIPT_BAD_LENGTH, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {SCRIPT_REFRESH_REFUSED, TASK_SENDING, CODE_OK},
        {SCRIPT_FELL_BACK, TASK_SENDING, CODE_OK}, /* nothing had been committed */
        {SCRIPT_ATTACH_TIMEOUT, TASK_SENDING, CODE_OK},
        {SCRIPT_INTERNAL, TASK_SENDING, CODE_OK},
        {0x77, TASK_SENDING, CODE_OK},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        struct task t;

        start(&b, &t);
        report(&b, &t, rows[i].result, false);
        reload(&b, &t);
        if (t.state != rows[i].want)
            printf("# result %02X\n", rows[i].result);
        CHECK_INT(t.state, rows[i].want);
        CHECK_INT(t.code, rows[i].code);
        CHECK_INT(t.card_result, rows[i].result);
        if (rows[i].code == CODE_CARD_FAILED) {
            check_number(&b, t.imsi, NUMBER_FROZEN);
            check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
        }
        bench_fini(&b);
    }
}

TEST(fall_back_is_tried_once_more_and_then_rests)
{
    struct bench b;
    struct task t;
    int code;

    start(&b, &t);
    report(&b, &t, SCRIPT_PREPARED, false);
    report(&b, &t, SCRIPT_COMMITTED, false);
    report(&b, &t, SCRIPT_FELL_BACK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    CHECK_INT(t.rollbacks, 1);
    CHECK_INT(b.asked.step, TASK_STEP_PREPARE);
    report(&b, &t, SCRIPT_PREPARED, false);
    report(&b, &t, SCRIPT_COMMITTED, false);
    report(&b, &t, SCRIPT_FELL_BACK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_ROLLED_BACK);
    CHECK_INT(t.code, CODE_FELL_BACK);
    check_number(&b, "999701000000001", NUMBER_FROZEN);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    CHECK_OK(order_retry(&b.c, t.id, &code)); /* with another number */
    CHECK_INT(code, CODE_OK);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    CHECK_STR(t.imsi, "999701000000002");
    bench_fini(&b);
}

TEST(swap_retires_the_old_number)
{
    struct bench b;
    struct task t;

    write_whole(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_INT(apply(&b, "o2", TASK_MODE_NEW, &t), CODE_CARD_BUSY);
    CHECK_INT(apply(&b, "o3", TASK_MODE_SWAP, &t), CODE_OK);
    CHECK_STR(t.imsi, "999701000000002");
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    report(&b, &t, SCRIPT_PREPARED, false);
    report(&b, &t, SCRIPT_COMMITTED, false);
    CHECK_OK(order_on_attach(&b.c, t.imsi, "", b.c.now));
    report(&b, &t, SCRIPT_OK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    check_number(&b, "999701000000001", NUMBER_FROZEN);
    check_number(&b, "999701000000002", NUMBER_IN_USE);
    bench_fini(&b);
}

TEST(restore_goes_back_to_the_seed)
{
    struct bench b;
    struct task t;

    write_whole(&b, &t);
    CHECK_INT(apply(&b, "o2", TASK_MODE_RESTORE, &t), CODE_OK);
    CHECK(b.asked.restore && !b.asked.has_number);
    report(&b, &t, SCRIPT_COMMITTED, false);
    CHECK_OK(order_on_attach(&b.c, SEED_IMSI, "", b.c.now));
    report(&b, &t, SCRIPT_OK, true);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    check_number(&b, "999701000000001", NUMBER_FROZEN);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    bench_fini(&b);
}

/* A blank card is written through whoever can reach it (W5, W6). */
TEST(relay_for_a_blank_card)
{
    const struct order_wish w = {.app_id = "app",
                                 .org_id = ORG_ROOT,
                                 .order_no = "r",
                                 .cid = "89860000000000000003",
                                 .pool_id = "main"};
    struct order_report r = {.is_answer = true, .has_result = true, .result = SCRIPT_COMMITTED};
    uint8_t mem[100];
    struct bench b;
    struct task t;
    struct chip chip;
    struct buf packet;
    bool repeat;
    int code;

    bench_init(&b);
    add_chip(&b, "89860000000000000003", "", "");
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(t.channel, TASK_CHANNEL_RELAY);
    buf_init_fixed(&packet, mem, sizeof mem);
    CHECK_OK(order_relay_script(&b.c, t.id, &packet, &code));
    CHECK_INT(code, CODE_TASK_STATE); /* the number is not open yet */
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    CHECK_OK(order_relay_script(&b.c, t.id, &packet, &code));
    CHECK_INT(code, CODE_OK);
    CHECK(b.asked.single_shot);
    CHECK_OK(order_relay_script(&b.c, t.id, &packet, &code));
    CHECK_INT(code, CODE_SCRIPT_GONE);
    CHECK_OK(chip_get(b.store, w.cid, &chip));
    r.counter = b.asked.counter;
    memcpy(r.task_id, t.id, sizeof r.task_id);
    CHECK_OK(order_on_report(&b.c, &chip, &r));
    CHECK_OK(order_on_attach(&b.c, t.imsi, "", b.c.now));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    bench_fini(&b);
}

static enum xk_err count_event(void *arg, const struct task_event *e)
{
    size_t *n = arg;

    CHECK_INT(e->seq, ++*n);
    return XK_OK;
}

TEST(the_time_line_is_whole)
{
    struct bench b;
    struct task t;
    size_t n = 0;

    write_whole(&b, &t);
    CHECK_OK(task_events(b.store, t.id, count_event, &n));
    CHECK_INT(n, 15);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(only_a_number_of_another_is_a_wrong_one), XT_CASE(a_write_goes_all_the_way),
           XT_CASE(any_order_of_arrival_ends_well), XT_CASE(success_needs_both_words),
           XT_CASE(silence_is_asked_again_and_then_a_person),
           XT_CASE(a_late_report_wakes_a_task_that_waits_for_a_person),
           XT_CASE(each_result_of_the_card), XT_CASE(fall_back_is_tried_once_more_and_then_rests),
           XT_CASE(swap_retires_the_old_number), XT_CASE(restore_goes_back_to_the_seed),
           XT_CASE(relay_for_a_blank_card), XT_CASE(the_time_line_is_whole))
