/* SPDX-License-Identifier: Apache-2.0 */
/* Write tasks before the gates: refusals, the wait for a provider of real names, closing. */
#include "order_bench.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

#define RULE "org:" ORG_ROOT
#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"

static void put_rule(struct bench *b, const char *id, int real_name, const char *scenarios)
{
    struct gate_rule rule = {.real_name = real_name, .created_at = b->c.now};

    snprintf(rule.id, sizeof rule.id, "%s", id);
    snprintf(rule.scenarios, sizeof rule.scenarios, "%s", scenarios);
    CHECK_OK(gate_rule_put(b->store, &rule));
}

static void enter(struct bench *b)
{
    const struct real_name r = {
        .subject = "card:" CID, .id_hash = HASH, .level = 1, .created_at = b->c.now};

    CHECK_OK(real_name_put(b->store, &r));
}

static void block(struct bench *b, const char *subject)
{
    struct risk_block k = {.by_org = ORG_ROOT, .reason = "fraud", .until_at = INT64_MAX};

    snprintf(k.subject, sizeof k.subject, "%s", subject);
    CHECK_OK(risk_block(b->store, &k));
}

/* Refused, and nothing is held: number and card are as before. */
static void check_refused(struct bench *b, enum task_mode mode, int code, const char *message)
{
    struct task t;
    static int n;
    char order_no[16];

    snprintf(order_no, sizeof order_no, "refused-%d", n++);
    CHECK_INT(apply(b, order_no, mode, &t), code);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    if (!strstr(t.message, message))
        printf("# %s\n", t.message);
    CHECK(strstr(t.message, message) != NULL);
    CHECK_INT(b->asked.told, TASK_CHECK_FAIL);
    CHECK_INT(b->asked.told_code, code);
    check_number(b, "999701000000001", NUMBER_FREE);
    check_chip(b, SEED_IMSI, CHIP_IN_STOCK);
}

TEST(each_gate_refuses)
{
    struct bench b;
    struct task t;

    bench_init(&b);
    put_rule(&b, RULE, GATE_REAL_NAME_PERSONAL, "");
    check_refused(&b, TASK_MODE_NEW, CODE_NOT_REAL_NAMED, "real-named");
    enter(&b);
    block(&b, "card:" CID);
    check_refused(&b, TASK_MODE_NEW, CODE_RISK, "fraud");
    CHECK_OK(risk_unblock(b.store, "card:" CID, ORG_ROOT));
    put_rule(&b, "pool:main", GATE_NOT_SAID, "meter");
    check_refused(&b, TASK_MODE_NEW, CODE_SCENARIO, "meter");
    put_rule(&b, "card:" CID, GATE_NOT_SAID, "meter");
    CHECK_INT(apply(&b, "good", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    bench_fini(&b);
}

/* The pool of a number that was wished for is asked, whatever pool the wish names. */
TEST(the_pool_of_the_number_counts)
{
    struct pool other = {.id = "other", .purpose = NUMBER_FORMAL};
    struct order_wish w = {.app_id = "app",
                           .org_id = ORG_ROOT,
                           .order_no = "x",
                           .cid = CID,
                           .pool_id = "",
                           .target_msisdn = "1440000000001"};
    struct bench b;
    struct task t;
    bool repeat;
    int code;

    bench_init(&b);
    CHECK_OK(pool_create(b.store, &other));
    put_rule(&b, "pool:main", GATE_NOT_SAID, "meter");
    CHECK_OK(order_apply(&b.c, &w, &t, &code, &repeat));
    CHECK_INT(code, CODE_SCENARIO);
    bench_fini(&b);
}

/* To get rid of a number no name is needed, nor does risk stand in the way. */
TEST(closing_passes_all_gates)
{
    struct real_name r;
    struct bench b;
    struct task t;

    write_whole(&b, &t);
    enter(&b);
    put_rule(&b, RULE, GATE_REAL_NAME_PERSONAL, "x");
    put_rule(&b, "pool:main", GATE_REAL_NAME_PERSONAL, "y");
    block(&b, "card:" CID);
    CHECK_INT(apply(&b, "swap", TASK_MODE_SWAP, &t), CODE_RISK);
    CHECK_INT(apply(&b, "revoke", TASK_MODE_REVOKE, &t), CODE_OK);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_OK(real_name_get(b.store, "card:" CID, &r));
    CHECK(r.closed); /* it is one of ten no more */
    bench_fini(&b);
}

/* ---- a provider that takes its time ---------------------------------------------------------- */

struct provider {
    size_t asked;
    enum gate_answer answer;
    enum gate_real_name want;
    uint8_t task_id[TASK_ID_LEN];
    struct gate_ports ports;
};

static enum xk_err ask(void *ctx, struct store *s, const struct gate_person *p,
                       enum gate_answer *answer)
{
    struct provider *me = ctx;

    (void)s;
    CHECK_STR(p->cid, CID);
    CHECK_STR(p->org_path, "/platform/");
    me->asked++;
    me->want = p->want;
    memcpy(me->task_id, p->task_id, sizeof me->task_id);
    *answer = me->answer;
    return XK_OK;
}

static void open_with(struct bench *b, struct provider *p, enum gate_answer answer)
{
    *p = (struct provider){.answer = answer, .ports = {.ctx = p, .ask = ask}};
    bench_init(b);
    b->ports.gate = &p->ports;
    put_rule(b, RULE, GATE_REAL_NAME_COMPANY, "");
}

/* To where the task waits in CHECKING. */
static void open_waiting(struct bench *b, struct provider *p, struct task *t)
{
    open_with(b, p, GATE_LATER);
    CHECK_INT(apply(b, "o1", TASK_MODE_NEW, t), CODE_OK);
    CHECK_INT(t->state, TASK_CHECKING);
    CHECK_INT(t->due_at, b->c.now + 30000);
    CHECK_INT(p->want, GATE_REAL_NAME_COMPANY);
    CHECK_INT(memcmp(p->task_id, t->id, TASK_ID_LEN), 0);
    check_number(b, "999701000000001", NUMBER_FREE);
}

TEST(a_provider_is_asked_when_a_name_is_wanted)
{
    struct provider p;
    struct bench b;
    struct task t;

    open_with(&b, &p, GATE_NO);
    check_refused(&b, TASK_MODE_NEW, CODE_NOT_REAL_NAMED, "real-named");
    CHECK_INT(p.asked, 1);
    put_rule(&b, RULE, GATE_REAL_NAME_OFF, "");
    CHECK_INT(apply(&b, "o2", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_INT(p.asked, 1);
    bench_fini(&b);
    open_with(&b, &p, GATE_YES);
    CHECK_INT(apply(&b, "o3", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    bench_fini(&b);
}

TEST(an_answer_that_comes_later)
{
    struct provider p;
    struct bench b;
    struct task t;

    open_waiting(&b, &p, &t);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_LATER)); /* no answer */
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECKING);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_YES));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    check_number(&b, t.imsi, NUMBER_RESERVED);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_NO)); /* too late to say no */
    reload(&b, &t);
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    CHECK_INT(p.asked, 1);
    bench_fini(&b);

    open_waiting(&b, &p, &t);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_NO));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(t.code, CODE_NOT_REAL_NAMED);
    check_chip(&b, SEED_IMSI, CHIP_IN_STOCK);
    bench_fini(&b);
}

TEST(no_answer_at_all)
{
    struct provider p;
    struct bench b;
    struct task t;
    size_t moved;

    open_waiting(&b, &p, &t);
    b.c.now = t.due_at - 1;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    CHECK_INT(moved, 0);
    b.c.now = t.due_at;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(t.code, CODE_REAL_NAME_SILENT);
    CHECK_INT(b.asked.told_code, CODE_REAL_NAME_SILENT);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_YES));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    bench_fini(&b);
    open_waiting(&b, &p, &t); /* the platform was away for days */
    b.c.now = t.expires_at + 1;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    reload(&b, &t);
    CHECK_INT(t.code, CODE_REAL_NAME_SILENT);
    bench_fini(&b);
}

/* Meanwhile the world goes on: what was right when it was asked is looked at again. */
TEST(while_it_waits)
{
    struct provider p;
    struct bench b;
    struct task t, other;
    int code;

    open_waiting(&b, &p, &t);
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_OK);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_YES));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CANCELLED);
    bench_fini(&b);

    open_waiting(&b, &p, &t);
    p.answer = GATE_YES;
    CHECK_INT(apply(&b, "o2", TASK_MODE_NEW, &other), CODE_OK);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_YES));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(t.code, CODE_TASK_UNDER_WAY);
    check_number(&b, other.imsi, NUMBER_RESERVED);
    bench_fini(&b);

    open_waiting(&b, &p, &t);
    block(&b, RULE);
    CHECK_OK(order_on_real_name(&b.c, t.id, GATE_YES));
    reload(&b, &t);
    CHECK_INT(t.code, CODE_RISK);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(each_gate_refuses), XT_CASE(the_pool_of_the_number_counts),
           XT_CASE(closing_passes_all_gates), XT_CASE(a_provider_is_asked_when_a_name_is_wanted),
           XT_CASE(an_answer_that_comes_later), XT_CASE(no_answer_at_all), XT_CASE(while_it_waits))
