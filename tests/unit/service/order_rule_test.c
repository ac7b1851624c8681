/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the first write: which card gets which number when it is first seen on its seed. */
#include "order_bench.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "service/order/rule.h"
#include "service/org/org.h"
#include "xt.h"

#define CID_2 "89860000000000000002"

static void put_rule(struct bench *b, const char *id, const char *org_id, const char *batch_id,
                     const char *pool_id)
{
    struct write_rule rule = {.created_at = b->c.now};

    snprintf(rule.id, sizeof rule.id, "%s", id);
    snprintf(rule.org_id, sizeof rule.org_id, "%s", org_id);
    snprintf(rule.batch_id, sizeof rule.batch_id, "%s", batch_id);
    snprintf(rule.pool_id, sizeof rule.pool_id, "%s", pool_id);
    snprintf(rule.app_id, sizeof rule.app_id, "robot");
    CHECK_OK(rule_put(b->store, &rule));
}

static void see(struct bench *b, const char *imsi)
{
    CHECK_OK(order_on_attach(&b->c, imsi, "860000000000001", b->c.now));
}

static bool task_of(struct bench *b, const char *cid, struct task *t)
{
    char order_no[64];

    snprintf(order_no, sizeof order_no, "first-write-%s", cid);
    return task_load_by_order(b->store, "robot", order_no, t) == XK_OK;
}

TEST(a_card_is_written_when_it_is_first_seen)
{
    struct bench b;
    struct task t;
    size_t scripts;

    bench_init(&b);
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t)); /* there is no rule */
    put_rule(&b, "r", ORG_ROOT, "", "main");
    see(&b, SEED_IMSI);
    CHECK(task_of(&b, CID, &t));
    CHECK_INT(t.state, TASK_NUMBER_LOCKED);
    CHECK_STR(t.org_id, ORG_ROOT);
    see(&b, SEED_IMSI); /* seen again: it is under way */
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SENDING);
    scripts = b.asked.scripts;
    see(&b, SEED_IMSI);
    CHECK_INT(b.asked.scripts, scripts);
    check_number(&b, "999701000000002", NUMBER_FREE);
    bench_fini(&b);
}

/* One that came to nothing is not tried for ever: that is a person's affair. */
TEST(once_and_no_more)
{
    struct bench b;
    struct task t;
    int code;

    bench_init(&b);
    put_rule(&b, "r", ORG_ROOT, "", "main");
    see(&b, SEED_IMSI);
    CHECK(task_of(&b, CID, &t));
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_OK);
    see(&b, SEED_IMSI);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CANCELLED);
    check_number(&b, t.imsi, NUMBER_FREE);
    bench_fini(&b);
}

TEST(cards_that_are_not_in_stock_are_left_alone)
{
    struct bench b;
    struct task t;

    write_whole(&b, &t); /* it has a number */
    put_rule(&b, "r", ORG_ROOT, "", "main");
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t));
    bench_fini(&b);
    bench_init(&b);
    put_rule(&b, "r", ORG_ROOT, "", "main");
    CHECK_OK(chip_block(b.store, CID, b.c.now));
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t));
    bench_fini(&b);
}

/* Which of the cards it is cannot be told. */
TEST(a_seed_that_several_cards_have)
{
    struct bench b;
    struct task t;

    bench_init(&b);
    put_rule(&b, "r", ORG_ROOT, "", "main");
    add_chip(&b, CID_2, SEED_IMSI, SEED_MSISDN);
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t) && !task_of(&b, CID_2, &t));
    bench_fini(&b);
}

static void add_org(struct bench *b, const char *id, const char *parent, enum org_kind kind)
{
    struct org o = {.kind = kind};

    snprintf(o.id, sizeof o.id, "%s", id);
    snprintf(o.parent, sizeof o.parent, "%s", parent);
    snprintf(o.name, sizeof o.name, "%s", id);
    CHECK_OK(org_create(b->store, &o, b->c.now));
}

static void add_pool(struct bench *b, const char *id, const char *org_id)
{
    struct pool pool = {.purpose = NUMBER_FORMAL};

    snprintf(pool.id, sizeof pool.id, "%s", id);
    snprintf(pool.org_id, sizeof pool.org_id, "%s", org_id);
    CHECK_OK(pool_create(b->store, &pool));
}

/* agent > cust; the card is cust's, of batch b1. */
static void open_tree(struct bench *b)
{
    bench_init(b);
    add_org(b, "agent", ORG_ROOT, ORG_AGENT);
    add_org(b, "cust", "agent", ORG_CUSTOMER);
    add_org(b, "other", ORG_ROOT, ORG_CUSTOMER);
    add_pool(b, "agents", "agent");
    add_pool(b, "custs", "cust");
    CHECK_OK(chip_give(b->store, CID, "cust", b->c.now));
}

static void check_rule(struct bench *b, const char *pool_id)
{
    struct task t = {0};

    see(b, SEED_IMSI);
    CHECK(task_of(b, CID, &t));
    CHECK_STR(t.pool_id, pool_id);
    bench_fini(b);
}

TEST(the_nearest_rule_counts)
{
    struct bench b;

    open_tree(&b);
    put_rule(&b, "a", ORG_ROOT, "", "main");
    put_rule(&b, "b", "agent", "", "agents");
    check_rule(&b, "agents");
    open_tree(&b);
    put_rule(&b, "a", "agent", "b1", "agents");
    put_rule(&b, "b", "cust", "", "custs");
    check_rule(&b, "custs");
    open_tree(&b);
    put_rule(&b, "a", "agent", "", "main");
    put_rule(&b, "b", "agent", "b1", "agents");
    put_rule(&b, "c", "agent", "b2", "main");
    check_rule(&b, "agents");
}

TEST(rules_of_others_do_not_count)
{
    struct bench b;
    struct task t;

    open_tree(&b);
    put_rule(&b, "a", "other", "", "main");
    put_rule(&b, "b", "agent", "b2", "agents");
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t));
    put_rule(&b, "c", "agent", "b1", "agents");
    CHECK_OK(org_move(b.store, "agent", ORG_SUSPENDED, b.c.now));
    see(&b, SEED_IMSI);
    CHECK(!task_of(&b, CID, &t));
    CHECK_OK(org_move(b.store, "agent", ORG_ACTIVE, b.c.now));
    see(&b, SEED_IMSI);
    CHECK(task_of(&b, CID, &t));
    CHECK_INT(t.code, CODE_POOL_EMPTY); /* said as it is for any other wish */
    bench_fini(&b);
}

static enum xk_err count(void *arg, const struct write_rule *rule)
{
    (void)rule;
    ++*(size_t *)arg;
    return XK_OK;
}

TEST(rules_are_kept_changed_and_listed)
{
    struct write_rule rule;
    struct bench b;
    size_t n = 0;

    open_tree(&b);
    put_rule(&b, "a", "agent", "", "agents");
    put_rule(&b, "b", "cust", "b1", "custs");
    put_rule(&b, "a", "agent", "b7", "main");
    CHECK_OK(rule_get(b.store, "a", &rule));
    CHECK_STR(rule.batch_id, "b7");
    CHECK_STR(rule.pool_id, "main");
    CHECK_OK(rule_list(b.store, NULL, "", 10, count, &n));
    CHECK_INT(n, 2);
    CHECK_OK(rule_list(b.store, "cust", "", 10, count, &n));
    CHECK_INT(n, 3);
    CHECK_OK(rule_list(b.store, NULL, "a", 10, count, &n));
    CHECK_INT(n, 4);
    CHECK_OK(rule_list(b.store, NULL, "", 1, count, &n));
    CHECK_INT(n, 5);
    CHECK_OK(rule_remove(b.store, "a"));
    CHECK_INT(rule_remove(b.store, "a"), XK_E_NOT_FOUND);
    CHECK_INT(rule_get(b.store, "a", &rule), XK_E_NOT_FOUND);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(a_card_is_written_when_it_is_first_seen), XT_CASE(once_and_no_more),
           XT_CASE(cards_that_are_not_in_stock_are_left_alone),
           XT_CASE(a_seed_that_several_cards_have), XT_CASE(the_nearest_rule_counts),
           XT_CASE(rules_of_others_do_not_count), XT_CASE(rules_are_kept_changed_and_listed))
