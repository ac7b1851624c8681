/* SPDX-License-Identifier: Apache-2.0 */
/* Real failures of cards, terminals, bearers and networks, each by its own way through the
 * platform, and the exceptions they make (P-18): class and grade, and that a retry which succeeds
 * closes. */
#include "codec/script/script.h"
#include "platform.h"
#include "xt.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

struct row {
    const char *what;
    void (*bend)(struct platform *p); /* before the task; NULL */
    void (*mend)(struct platform *p); /* before the retry; NULL: there is none */
    bool no_toolkit, refuse_refresh;
    uint16_t loss; /* of messages, permille */
    enum task_mode mode;
    enum exception_cause cause;
    enum exception_class class;
    enum exception_grade grade;
};

static enum xk_err take(void *arg, const struct exception *e)
{
    *(struct exception *)arg = *e;
    return XK_OK;
}

/* The newest; id 0: none. */
static void newest(struct platform *p, struct exception *e)
{
    const struct exception_filter f = {
        .state = -1, .class = -1, .before = INT64_MAX, .to = INT64_MAX, .limit = 1};

    e->id = 0;
    CHECK_OK(exception_list(p->store, &f, take, e));
}

static void calm(struct platform *p)
{
    fleet_calm(p->fleet);
}

#define SWITCH(field)                                                                              \
    static void field##_on(struct platform *p)                                                     \
    {                                                                                              \
        p->field = true;                                                                           \
    }                                                                                              \
    static void field##_off(struct platform *p)                                                    \
    {                                                                                              \
        p->field = false;                                                                          \
    }
SWITCH(refuse_opening)
SWITCH(refuse_sending)
SWITCH(break_packets)
SWITCH(forget_new)

static const struct row rows[] = {
    {"no such state", NULL, NULL, false, false, 0, TASK_MODE_SWAP, EXCEPTION_BY_CARD_STATE,
     EXCEPTION_A, EXCEPTION_L1},
    {"home network refuses", refuse_opening_on, refuse_opening_off, false, false, 0, TASK_MODE_NEW,
     EXCEPTION_BY_NUMBER_REFUSED, EXCEPTION_I, EXCEPTION_L1},
    {"bearer refuses", refuse_sending_on, refuse_sending_off, false, false, 0, TASK_MODE_NEW,
     EXCEPTION_BY_SEND_FAILED, EXCEPTION_I, EXCEPTION_L1},
    {"out of reach", NULL, calm, false, false, 1000, TASK_MODE_NEW, EXCEPTION_BY_UNREACHABLE,
     EXCEPTION_T, EXCEPTION_L1},
    {"no toolkit", NULL, NULL, true, false, 0, TASK_MODE_NEW, EXCEPTION_BY_SILENT, EXCEPTION_T,
     EXCEPTION_L1},
    {"wrong MAC", break_packets_on, break_packets_off, false, false, 0, TASK_MODE_NEW,
     EXCEPTION_BY_BAD_MAC, EXCEPTION_W, EXCEPTION_L1},
    {"REFRESH refused", NULL, NULL, false, true, 0, TASK_MODE_NEW, EXCEPTION_BY_REFRESH_REFUSED,
     EXCEPTION_T, EXCEPTION_L1},
    {"fell back", forget_new_on, forget_new_off, false, false, 0, TASK_MODE_NEW,
     EXCEPTION_BY_FELL_BACK, EXCEPTION_W, EXCEPTION_L1},
};

static void begin(struct platform *p, const struct row *r, uint32_t devices)
{
    struct platform_setup s = {.numbers = 2 * devices + 2, .seed = 1};

    fleet_config_default(&s.fleet);
    s.fleet.devices = devices;
    s.fleet.no_toolkit = r->no_toolkit;
    s.fleet.refuse_refresh = r->refuse_refresh;
    s.fleet.net.troubles.loss = r->loss;
    platform_init(p, &s);
    p->policy.max_attempts = 2;
    p->policy.fallback_min = 5;
    platform_run(p, PLATFORM_START + MINUTE);
}

static void check_row(const struct row *r)
{
    struct exception e;
    struct platform p;
    struct task t;

    begin(&p, r, 1);
    if (r->bend)
        r->bend(&p);
    (void)platform_apply(&p, "o", 0, r->mode, TASK_CHANNEL_AUTO, &t);
    platform_settle(&p, p.now + 3 * HOUR);
    platform_task(&p, "o", &t);
    newest(&p, &e);
    if (e.id == 0 || e.cause != r->cause)
        printf("# %s: %s, result %02X, %s\n", r->what, task_state_info((int)t.state)->name,
               t.card_result, e.id ? exception_cause_info(e.cause)->name : "none");
    CHECK(e.id != 0);
    CHECK_INT(e.cause, r->cause);
    CHECK_INT(exception_cause_info(e.cause)->class, r->class);
    CHECK_INT(e.grade, r->grade);
    CHECK_INT(e.cards, 1);
    CHECK(e.state != EXCEPTION_CLOSED);
    CHECK_STR(e.card, t.cid);
    if (r->mend) {
        r->mend(&p);
        if (platform_retry(&p, &t) != 0) /* that one has ended for good */
            CHECK_INT(platform_apply(&p, "o2", 0, r->mode, TASK_CHANNEL_AUTO, &t), 0);
        platform_settle(&p, p.now + 3 * HOUR);
        platform_task(&p, t.order_no, &t);
        newest(&p, &e);
        CHECK_INT(t.state, TASK_SUCCESS);
        CHECK_INT(e.state, EXCEPTION_CLOSED);
        CHECK_INT(e.unsolved, 0);
    }
    CHECK_INT(p.failed, 0);
    platform_fini(&p);
}

TEST(each_failure_by_its_own_way)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i]);
}

/* A card without a seed, whose script nobody fetches. */
TEST(a_script_that_nobody_fetches)
{
    struct platform_setup s = {.numbers = 2, .seed = 1};
    struct exception e;
    struct platform p;
    struct task t;

    fleet_config_default(&s.fleet);
    s.fleet.devices = s.fleet.blank = 1;
    platform_init(&p, &s);
    CHECK_INT(platform_apply(&p, "r", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    CHECK(platform_settle(&p, p.now + HOUR));
    newest(&p, &e);
    CHECK_INT(e.cause, EXCEPTION_BY_NOT_FETCHED);
    CHECK_STR(e.card, t.cid);
    platform_fini(&p);
}

#define MANY 12

static enum xk_err accept_batch(struct platform *p, struct order_ctx *c, void *arg)
{
    char id[33];

    (void)arg;
    TRY(task_batch_create(c, PLATFORM_APP, ORG_ROOT, MANY, id));
    for (uint32_t i = 0; i < MANY; i++) {
        struct fleet_device d;
        char order[24];

        TRY(fleet_get_device(p->fleet, i, &d));
        snprintf(order, sizeof order, "o%u", i);
        TRY(order_accept(c, &(struct order_wish){.app_id = PLATFORM_APP,
                                                 .org_id = ORG_ROOT,
                                                 .order_no = order,
                                                 .batch_id = id,
                                                 .cid = d.cid,
                                                 .pool_id = PLATFORM_POOL,
                                                 .target_msisdn = "",
                                                 .callback_url = "",
                                                 .mode = TASK_MODE_NEW,
                                                 .channel = TASK_CHANNEL_AUTO}));
    }
    return XK_OK;
}

static void retry(void *arg, const struct task *t)
{
    CHECK_INT(platform_retry(arg, t), 0);
}

/* The one of this grade. */
static void of_grade(struct platform *p, enum exception_grade grade, enum exception_cause cause,
                     struct exception *e)
{
    const struct exception_filter f = {.state = -1,
                                       .class = -1,
                                       .exact_grade = (int)grade,
                                       .before = INT64_MAX,
                                       .to = INT64_MAX,
                                       .limit = 1};

    e->id = 0;
    CHECK_OK(exception_list(p->store, &f, take, e));
    CHECK(e->id != 0);
    CHECK_INT(e->cause, cause);
}

/* A batch that fails altogether, and succeeds by hand. */
TEST(a_whole_batch)
{
    const struct row r = {.what = "batch"};
    struct exception e;
    struct platform p;

    begin(&p, &r, MANY);
    p.refuse_sending = true;
    CHECK_OK(platform_decide(&p, accept_batch, NULL));
    CHECK(platform_settle(&p, p.now + 3 * HOUR));
    of_grade(&p, EXCEPTION_L3, EXCEPTION_BY_BATCH, &e);
    CHECK_INT(e.state, EXCEPTION_OPEN);
    CHECK_INT(e.unsolved, MANY);
    CHECK(e.batch_id[0]);
    of_grade(&p, EXCEPTION_L2, EXCEPTION_BY_SEND_FAILED, &e);
    p.refuse_sending = false;
    platform_tasks(&p, retry, &p);
    CHECK(platform_settle(&p, p.now + 3 * HOUR));
    CHECK_INT(platform_numbers(&p, NUMBER_IN_USE), MANY);
    of_grade(&p, EXCEPTION_L3, EXCEPTION_BY_BATCH, &e);
    CHECK_INT(e.state, EXCEPTION_RELIEVED);
    CHECK_INT(e.unsolved, 0);
    CHECK_INT(p.failed, 0);
    platform_fini(&p);
}

/* Twelve cards with the same trouble: one exception, L2. */
TEST(many_of_the_same)
{
    const struct row r = {.what = "many"};
    struct exception e;
    struct platform p;
    char order[24];
    struct task t;

    begin(&p, &r, MANY);
    p.refuse_sending = true;
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(order, sizeof order, "o%u", i);
        CHECK_INT(platform_apply(&p, order, i, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    }
    CHECK(platform_settle(&p, p.now + 3 * HOUR));
    newest(&p, &e);
    CHECK_INT(e.grade, EXCEPTION_L2);
    CHECK_INT(e.cards, MANY);
    CHECK_INT(e.unsolved, MANY);
    platform_run(&p, p.now + 20 * MINUTE);
    newest(&p, &e);
    CHECK_INT(e.missed, 1u << EXCEPTION_RESPOND);
    platform_fini(&p);
}

static enum xk_err resume(struct platform *p, struct order_ctx *c, void *arg)
{
    struct exception_ctx x = order_exceptions(c);

    (void)p;
    return exception_resume_writing(&x, *(int64_t *)arg, "anna");
}

/* The card reports an IMSI that is not its task's: nothing more is sent until a person lets it. */
TEST(a_wrong_number_on_a_card)
{
    const struct row r = {.what = "wrong number"};
    struct testnet_stats before, after;
    struct exception e;
    struct platform p;
    struct task t, held;

    begin(&p, &r, 2);
    p.wrong_number = true;
    CHECK_INT(platform_apply(&p, "o", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    platform_run(&p, p.now + 3 * MINUTE);
    newest(&p, &e);
    CHECK_INT(e.cause, EXCEPTION_BY_WRONG_NUMBER);
    CHECK_INT(e.grade, EXCEPTION_L4);
    platform_task(&p, "o", &t);
    CHECK(t.state != TASK_SUCCESS);
    p.wrong_number = false;
    testnet_get_stats(fleet_net(p.fleet), &before);
    CHECK_INT(platform_apply(&p, "h", 1, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &held), 0);
    platform_run(&p, p.now + 10 * MINUTE);
    platform_task(&p, "h", &held);
    CHECK_INT(held.state, TASK_SCRIPT_READY);
    testnet_get_stats(fleet_net(p.fleet), &after);
    CHECK_INT(after.submitted - before.submitted, 0);
    CHECK_OK(platform_decide(&p, resume, &e.id));
    platform_run(&p, p.now + 5 * MINUTE);
    platform_task(&p, "h", &held);
    CHECK_INT(held.state, TASK_SUCCESS);
    newest(&p, &e);
    CHECK(e.state != EXCEPTION_CLOSED);
    CHECK_INT(p.failed, 0);
    platform_fini(&p);
}

TESTS_MAIN(XT_CASE(each_failure_by_its_own_way), XT_CASE(a_script_that_nobody_fetches),
           XT_CASE(a_whole_batch), XT_CASE(many_of_the_same), XT_CASE(a_wrong_number_on_a_card))
