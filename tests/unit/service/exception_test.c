/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions with a clock by hand: classes, grades, limits, who is told, what closes by itself. */
#include "service/exception/exception.h"

#include "base/hex.h"
#include "codec/script/script.h"
#include "fixture.h"
#include "model/code.h"
#include "model/org.h"
#include "xt.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define START (INT64_C(20000) * DAY) /* 08:00 in China */

struct desk {
    struct fixture f;
    struct arena arena;
    struct outbox_ids ids;
    struct outbox_list said;
    struct exception_ctx c;
    struct task task; /* a failed one, to be changed by the test */
    struct exception seen[16];
    size_t n;
};

static unsigned told; /* C3s */

static enum xk_err encode(const struct exception *e, const struct exception_event *event,
                          const char *event_id, struct buf *body)
{
    (void)event_id;
    told++;
    buf_printf(body, "%s %s", exception_cause_info(e->cause)->name, event->kind);
    return buf_ok(body);
}

static void desk_init(struct desk *d)
{
    memset(d, 0, sizeof *d);
    told = 0;
    fixture_open(&d->f);
    arena_init(&d->arena, 1 << 20);
    d->said.arena = &d->arena;
    outbox_ids_init(&d->ids, START);
    d->c = (struct exception_ctx){
        .store = d->f.store, .ids = &d->ids, .said = &d->said, .now = START, .encode = encode};
    d->task = (struct task){.state = TASK_CARD_ERROR,
                            .code = CODE_CARD_FAILED,
                            .card_result = SCRIPT_BAD_MAC,
                            .org_id = ORG_ROOT,
                            .callback_url = "http://hear.example"};
}

static void desk_fini(struct desk *d)
{
    arena_fini(&d->arena);
    fixture_close(&d->f);
}

/* The task of card n ends as d->task has it. */
static void end(struct desk *d, unsigned n)
{
    d->task.id[TASK_ID_LEN - 2] = (uint8_t)(n >> 8);
    d->task.id[TASK_ID_LEN - 1] = (uint8_t)n;
    snprintf(d->task.cid, sizeof d->task.cid, "8986%016u", n);
    CHECK_OK(exception_task_ended(
        &d->c, &(struct exception_ending){.task = &d->task, .from = TASK_DELIVERED}));
}

static enum xk_err take(void *arg, const struct exception *e)
{
    struct desk *d = arg;

    if (d->n < ARRAY_LEN(d->seen))
        d->seen[d->n] = *e;
    d->n++;
    return XK_OK;
}

/* All there are, the newest first. */
static size_t look(struct desk *d)
{
    const struct exception_filter f = {
        .state = -1, .class = -1, .before = INT64_MAX, .to = INT64_MAX, .limit = 100};

    d->n = 0;
    CHECK_OK(exception_list(d->f.store, &f, take, d));
    return d->n;
}

static void pass(struct desk *d, int64_t ms)
{
    size_t n;

    d->c.now += ms;
    do {
        CHECK_OK(exception_on_time(&d->c, 2, &n));
    } while (n == 2);
}

/* Ten cards of one cause in an hour, not fewer, not slower, and not one card ten times. */
TEST(ten_cards_are_graded_up)
{
    struct desk d;

    desk_init(&d);
    for (unsigned i = 0; i < 20; i++)
        end(&d, 1);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].cards, 1);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L1);
    d.c.now += 50 * MINUTE;
    for (unsigned i = 2; i <= 5; i++)
        end(&d, i);
    d.c.now += 30 * MINUTE; /* the first is too long ago */
    for (unsigned i = 6; i <= 10; i++)
        end(&d, i);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].cards, 10);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L1);
    CHECK_INT(told, 0);
    end(&d, 11);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L2);
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN);
    CHECK_INT(d.seen[0].by[EXCEPTION_RESPOND], d.c.now + 15 * MINUTE);
    CHECK_INT(d.seen[0].by[EXCEPTION_REPORT], START + 16 * HOUR); /* midnight in China */
    CHECK_INT(d.seen[0].at[EXCEPTION_RESPOND], 0);
    CHECK_INT(told, 1);
    d.c.now += HOUR; /* another one begins */
    end(&d, 12);
    CHECK_INT(look(&d), 2);
    desk_fini(&d);
}

TEST(a_thousand_cards)
{
    struct desk d;

    desk_init(&d);
    CHECK_OK(store_begin(d.f.store));
    for (unsigned i = 1; i <= 1000; i++)
        end(&d, i);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L2);
    end(&d, 1001);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L3);
    CHECK_INT(d.seen[0].cards, 1001);
    CHECK_INT(d.seen[0].by[EXCEPTION_RESPOND], d.c.now + 5 * MINUTE);
    CHECK_OK(store_commit(d.f.store));
    desk_fini(&d);
}

static bool is_stopped(struct desk *d)
{
    bool stopped;

    CHECK_OK(exception_writing_stopped(d->f.store, &stopped));
    return stopped;
}

static enum xk_err step(struct desk *d, enum exception_step step)
{
    return exception_do(&d->c, d->seen[0].id,
                        &(struct exception_act){.step = step,
                                                .who = "anna",
                                                .text = "",
                                                .finding = "keys of the batch",
                                                .action = "new keys"});
}

/* A warning when a quarter of the time is left, a mark when it is over: each once. */
TEST(limits_are_warned_of_and_missed)
{
    struct desk d;

    desk_init(&d);
    for (unsigned i = 1; i <= 10; i++)
        end(&d, i);
    CHECK_INT(told, 1);
    pass(&d, 11 * MINUTE);
    CHECK_INT(told, 1);
    pass(&d, MINUTE); /* of 15 */
    CHECK_INT(told, 2);
    pass(&d, 2 * MINUTE);
    CHECK_INT(told, 2);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].missed, 0);
    pass(&d, MINUTE);
    CHECK_INT(told, 3);
    look(&d);
    CHECK_INT(d.seen[0].missed, 1u << EXCEPTION_RESPOND);
    CHECK_OK(step(&d, EXCEPTION_RESPOND));
    CHECK_INT(step(&d, EXCEPTION_RESPOND), XK_E_STATE);
    CHECK_OK(step(&d, EXCEPTION_RELIEVE));
    CHECK_OK(step(&d, EXCEPTION_REPORT));
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
    CHECK_STR(d.seen[0].owner, "anna");
    pass(&d, 3 * DAY);
    look(&d);
    CHECK_INT(d.seen[0].missed, 1u << EXCEPTION_RESPOND | 1u << EXCEPTION_CLOSE);
    CHECK_OK(step(&d, EXCEPTION_CLOSE));
    CHECK_INT(step(&d, EXCEPTION_CLOSE), XK_E_STATE);
    CHECK_INT(step(&d, EXCEPTION_RELIEVE), XK_E_STATE);
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_CLOSED);
    CHECK_STR(d.seen[0].finding, "keys of the batch");
    pass(&d, 30 * DAY);
    CHECK_INT(look(&d), 1);
    d.seen[0].id++;
    CHECK_INT(step(&d, EXCEPTION_CLOSE), XK_E_NOT_FOUND);
    desk_fini(&d);
}

static void check_kept(struct desk *d, int64_t judged, int64_t in_time, int64_t wrong)
{
    struct exception_kept kept;

    CHECK_OK(exception_count_kept(d->f.store, ORG_ROOT, START, START + DAY, &kept));
    CHECK_INT(kept.judged, judged);
    CHECK_INT(kept.in_time, in_time);
    CHECK_INT(kept.wrong_numbers, wrong);
}

/* One that is open with time left is not judged yet; one that missed a limit stays late. */
TEST(how_many_were_in_time)
{
    struct exception_kept kept;
    struct desk d;
    int64_t id;

    desk_init(&d);
    check_kept(&d, 0, 0, 0);
    for (unsigned i = 1; i <= 10; i++)
        end(&d, i);
    look(&d);
    check_kept(&d, 0, 0, 0);
    CHECK_OK(step(&d, EXCEPTION_RESPOND));
    CHECK_OK(step(&d, EXCEPTION_RELIEVE));
    CHECK_OK(step(&d, EXCEPTION_REPORT));
    CHECK_OK(step(&d, EXCEPTION_CLOSE));
    check_kept(&d, 1, 1, 0);
    CHECK_OK(exception_open(&d.c, EXCEPTION_BY_WRONG_NUMBER, "anna", "seen on a device", &id));
    check_kept(&d, 1, 1, 1);
    pass(&d, 31 * MINUTE);
    check_kept(&d, 2, 1, 1);
    CHECK_OK(exception_count_kept(d.f.store, "other", START, START + DAY, &kept));
    CHECK(kept.judged == 0 && kept.wrong_numbers == 0);
    CHECK_OK(exception_count_kept(d.f.store, NULL, START + DAY, INT64_MAX, &kept));
    CHECK(kept.judged == 0 && kept.wrong_numbers == 0);
    desk_fini(&d);
}

TEST(a_retry_that_succeeds_closes)
{
    struct desk d;

    desk_init(&d);
    end(&d, 1);
    end(&d, 2);
    d.task.state = TASK_SUCCESS;
    end(&d, 1);
    look(&d);
    CHECK_INT(d.seen[0].unsolved, 1);
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN);
    end(&d, 2);
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].state, EXCEPTION_CLOSED);
    CHECK_INT(d.seen[0].unsolved, 0);
    CHECK_INT(d.seen[0].missed, 0);
    /* failing anew opens anew; a task that is withdrawn is nobody's trouble */
    d.task.state = TASK_CARD_ERROR;
    end(&d, 3);
    CHECK_INT(look(&d), 2);
    d.task.state = TASK_CANCELLED;
    end(&d, 3);
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_CLOSED);
    CHECK_INT(told, 0);
    desk_fini(&d);
}

/* From L2 on a person closes, but the cards relieve. */
TEST(many_retries_relieve)
{
    struct desk d;

    desk_init(&d);
    for (unsigned i = 1; i <= 10; i++)
        end(&d, i);
    d.task.state = TASK_SUCCESS;
    for (unsigned i = 1; i <= 10; i++)
        end(&d, i);
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
    CHECK(d.seen[0].at[EXCEPTION_RELIEVE] > 0 && d.seen[0].at[EXCEPTION_CLOSE] == 0);
    desk_fini(&d);
}

TEST(another_reason_for_the_same_task)
{
    struct desk d;

    desk_init(&d);
    end(&d, 1);
    d.task.card_result = SCRIPT_NO_SPACE;
    end(&d, 1);
    CHECK_INT(look(&d), 2);
    CHECK_INT(d.seen[0].cause, EXCEPTION_BY_CARD_CANNOT_TAKE);
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN);
    CHECK_INT(d.seen[1].state, EXCEPTION_CLOSED);
    snprintf(d.task.org_id, sizeof d.task.org_id, "other");
    end(&d, 2);
    CHECK_INT(look(&d), 3); /* each organisation has its own */
    desk_fini(&d);
}

/* The applicant has its answer: nothing to relieve, and in the end it is over. */
TEST(what_the_applicant_was_told)
{
    struct desk d;

    desk_init(&d);
    d.task.state = TASK_CHECK_FAIL;
    d.task.code = CODE_TEN_CARDS;
    end(&d, 1);
    look(&d);
    CHECK_INT(exception_cause_info(d.seen[0].cause)->class, EXCEPTION_A);
    CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
    pass(&d, 12 * HOUR);
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
    pass(&d, 12 * HOUR);
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_CLOSED);
    CHECK_INT(d.seen[0].missed, 0);
    for (unsigned i = 1; i <= 10; i++)
        end(&d, i);
    look(&d);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L2); /* somebody must talk to them */
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN);
    desk_fini(&d);
}

TEST(a_wrong_number_stops_writing)
{
    struct exception_fault f = {.cause = EXCEPTION_BY_WRONG_NUMBER,
                                .org_id = ORG_ROOT,
                                .subject = "01",
                                .card = "8986",
                                .text = "wrong"};
    struct desk d;

    desk_init(&d);
    CHECK(!is_stopped(&d));
    CHECK_OK(exception_note(&d.c, &f));
    CHECK(is_stopped(&d));
    look(&d);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L4);
    CHECK(d.seen[0].at[EXCEPTION_RESPOND] > 0); /* by stopping */
    CHECK_INT(d.seen[0].by[EXCEPTION_RELIEVE], d.c.now + 30 * MINUTE);
    CHECK_OK(exception_card_written(&d.c, "8986"));
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN); /* never by itself */
    CHECK_INT(step(&d, EXCEPTION_CLOSE), XK_E_STATE);
    CHECK_OK(exception_resume_writing(&d.c, d.seen[0].id, "anna"));
    CHECK(!is_stopped(&d));
    CHECK_INT(exception_resume_writing(&d.c, d.seen[0].id, "anna"), XK_E_NOT_FOUND);
    CHECK_OK(step(&d, EXCEPTION_CLOSE));
    desk_fini(&d);
}

TEST(batches_by_their_rate)
{
    static const struct {
        int64_t total, failed;
        bool paused;
        int grade; /* 0: no exception */
    } rows[] = {
        {9, 9, false, 0},     {10, 0, false, 0},   {10, 1, false, 2},   {10, 2, false, 3},
        {100, 2, false, 0},   {100, 3, false, 2},  {100, 10, false, 2}, {100, 11, false, 3},
        {1000, 20, false, 0}, {1000, 11, true, 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk d;
        struct exception_batch b = {.batch_id = "b1",
                                    .org_id = ORG_ROOT,
                                    .total = rows[i].total,
                                    .failed = rows[i].failed,
                                    .paused = rows[i].paused,
                                    .task = &d.task};

        desk_init(&d);
        CHECK_OK(exception_batch(&d.c, &b));
        CHECK_INT(look(&d), rows[i].grade > 0);
        if (rows[i].grade > 0)
            CHECK_INT(d.seen[0].grade, rows[i].grade);
        d.task.attempts_all = 2; /* after a round by hand */
        b.failed = 0;
        b.paused = false;
        CHECK_OK(exception_batch(&d.c, &b));
        if (look(&d) > 0)
            CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
        desk_fini(&d);
    }
}

/* A callback that nobody heard is the interface's trouble, also when the write succeeded; sent
 * again by hand and heard, it is none any more. One about an exception makes no other. */
TEST(what_nobody_heard)
{
    struct outbox_item item = {.kind = OUTBOX_CALLBACK, .address = "http://x", .group_key = ""};
    struct desk d;

    desk_init(&d);
    item.due_at = START;
    for (int i = 0; i < 3; i++) {
        static const enum outbox_kind kinds[] = {OUTBOX_CALLBACK, OUTBOX_ES2P, OUTBOX_SMDS};

        item.kind = kinds[i];
        CHECK_OK(outbox_add(d.f.store, &d.ids, &item, &d.said));
        CHECK_OK(exception_given_up(&d.c, d.ids.next - 1, "HTTP 500"));
        CHECK_INT(look(&d), i + 1);
        CHECK_INT(exception_cause_info(d.seen[0].cause)->class, EXCEPTION_I);
    }
    CHECK_INT(d.seen[2].cause, EXCEPTION_BY_CALLBACK);
    CHECK_INT(d.seen[1].cause, EXCEPTION_BY_ES2P);
    CHECK_INT(d.seen[0].cause, EXCEPTION_BY_SMDS);
    CHECK_STR(d.seen[0].org_id, ORG_ROOT);
    item.kind = OUTBOX_EXCEPTION;
    CHECK_OK(outbox_add(d.f.store, &d.ids, &item, &d.said));
    CHECK_OK(exception_given_up(&d.c, d.ids.next - 1, "HTTP 500"));
    CHECK_OK(exception_given_up(&d.c, 1, "there is no such row"));
    CHECK_INT(look(&d), 3);
    CHECK_OK(outbox_revive(d.f.store, (START << 12), d.c.now));
    CHECK_OK(exception_heard(&d.c, START << 12));
    look(&d);
    CHECK_INT(d.seen[2].state, EXCEPTION_CLOSED);
    CHECK_INT(d.seen[1].state, EXCEPTION_OPEN);
    desk_fini(&d);
}

/* Downloads that no write task waits for. */
TEST(downloads)
{
    struct download p = {.iccid = "8986", .eid = "8904"};
    struct desk d;

    desk_init(&d);
    CHECK_OK(exception_downloaded(&d.c, &p, DOWNLOAD_BY_FAIL_FOR_NOW));
    CHECK_INT(look(&d), 0);
    CHECK_OK(exception_downloaded(&d.c, &p, DOWNLOAD_BY_FAIL_FOR_GOOD));
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].cause, EXCEPTION_BY_CARD_FAILED);
    CHECK_STR(d.seen[0].card, "8904");
    CHECK_OK(exception_downloaded(&d.c, &p, DOWNLOAD_BY_INSTALL));
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_CLOSED);
    p.for_task = true;
    CHECK_OK(exception_downloaded(&d.c, &p, DOWNLOAD_BY_FAIL_FOR_GOOD));
    CHECK_INT(look(&d), 1);
    desk_fini(&d);
}

TEST(a_bearer_out_of_reach)
{
    struct desk d;
    size_t lines;

    desk_init(&d);
    CHECK_OK(exception_service(&d.c, 0));
    CHECK_OK(exception_service(&d.c, 10 * MINUTE - 1));
    CHECK_INT(look(&d), 0);
    CHECK_OK(exception_service(&d.c, 10 * MINUTE));
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].cause, EXCEPTION_BY_SERVICE_DOWN);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L3);
    lines = (size_t)d.seen[0].events;
    CHECK_OK(exception_service(&d.c, 20 * MINUTE));
    look(&d);
    CHECK_INT(d.seen[0].events, lines);
    CHECK_OK(exception_service(&d.c, 0));
    look(&d);
    CHECK_INT(d.seen[0].state, EXCEPTION_RELIEVED);
    CHECK(!is_stopped(&d));
    CHECK_OK(exception_service(&d.c, 30 * MINUTE)); /* down again */
    CHECK_INT(look(&d), 2);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L3);
    CHECK(!is_stopped(&d));
    CHECK_OK(exception_service(&d.c, HOUR));
    CHECK_INT(look(&d), 2);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L4);
    CHECK_INT(d.seen[0].state, EXCEPTION_OPEN);
    CHECK(is_stopped(&d));
    lines = (size_t)d.seen[0].events;
    CHECK_OK(exception_service(&d.c, 2 * HOUR));
    CHECK_OK(exception_service(&d.c, 0));
    CHECK_OK(exception_service(&d.c, 0));
    look(&d);
    CHECK_INT(d.seen[0].events, lines + 1);
    CHECK(is_stopped(&d)); /* a person resumes */
    desk_fini(&d);
}

static enum xk_err ends(struct fixture *f, void *ctx)
{
    struct desk *d = ctx;

    (void)f;
    return exception_task_ended(
        &d->c, &(struct exception_ending){.task = &d->task, .from = TASK_DELIVERED});
}

/* Whichever statement fails, the failure comes out: the caller undoes all of it. */
TEST(no_failure_of_the_store_is_swallowed)
{
    struct desk d;

    desk_init(&d);
    for (unsigned i = 1; i <= 9; i++)
        end(&d, i);
    d.task.id[TASK_ID_LEN - 1] = 10;
    snprintf(d.task.cid, sizeof d.task.cid, "10");
    CHECK(fixture_fail_everywhere(&d.f, ends, &d) > 5); /* grows, is graded up, told */
    CHECK_INT(look(&d), 1);
    CHECK_INT(d.seen[0].grade, EXCEPTION_L2);
    CHECK_INT(d.seen[0].cards, 10);
    d.task.state = TASK_SUCCESS;
    CHECK(fixture_fail_everywhere(&d.f, ends, &d) > 3);
    look(&d);
    CHECK_INT(d.seen[0].unsolved, 9);
    d.task.state = TASK_CHECK_FAIL;
    d.task.code = CODE_RISK;
    CHECK(fixture_fail_everywhere(&d.f, ends, &d) > 5); /* a new one */
    CHECK_INT(look(&d), 2);
    desk_fini(&d);
}

/* One in twenty, and everybody finds the same ones. */
TEST(the_sample)
{
    static const uint8_t known[TASK_ID_LEN] = {0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t id[TASK_ID_LEN] = {0};
    unsigned n = 0;

    CHECK(!exception_is_sampled(known)); /* AF55.. = 44885 */
    for (unsigned i = 0; i < 20000; i++) {
        id[6] = (uint8_t)(i >> 8);
        id[7] = (uint8_t)i;
        n += exception_is_sampled(id);
    }
    CHECK(n > 850 && n < 1150);
}

TESTS_MAIN(XT_CASE(ten_cards_are_graded_up), XT_CASE(a_thousand_cards),
           XT_CASE(limits_are_warned_of_and_missed), XT_CASE(how_many_were_in_time),
           XT_CASE(a_retry_that_succeeds_closes), XT_CASE(many_retries_relieve),
           XT_CASE(another_reason_for_the_same_task), XT_CASE(what_the_applicant_was_told),
           XT_CASE(a_wrong_number_stops_writing), XT_CASE(batches_by_their_rate),
           XT_CASE(what_nobody_heard), XT_CASE(downloads), XT_CASE(a_bearer_out_of_reach),
           XT_CASE(no_failure_of_the_store_is_swallowed), XT_CASE(the_sample))
