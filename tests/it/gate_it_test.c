/* SPDX-License-Identifier: Apache-2.0 */
/* The registers behind the gates behave the same on SQLite and PostgreSQL, and no document ever has
 * eleven cards, however many are registered at once. */
#include <pthread.h>

#include "backend_stories.h"
#include "model/code.h"
#include "service/gate/gate.h"

#define CID "89860123456789012301"
#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"
#define ASKERS 4
#define CARDS 5 /* by each of them: twenty together */

static struct store *open_fresh(const struct backend *b)
{
    struct store *s = b->fresh();

    if (!s || store_migrate(s) != XK_OK)
        abort();
    return s;
}

static enum xk_err enter(struct store *s, int card)
{
    struct real_name r = {.id_hash = HASH, .level = 1, .created_at = 1, .updated_at = 1};
    enum xk_err err = store_begin(s);

    snprintf(r.subject, sizeof r.subject, "card:%020d", card);
    if (err == XK_OK)
        err = real_name_put(s, &r);
    if (err == XK_OK)
        err = store_commit(s);
    if (err != XK_OK)
        store_rollback(s);
    return err;
}

struct asker {
    const struct backend *backend;
    pthread_t thread;
    int first, entered;
    enum xk_err err;
};

static void *ask(void *ctx)
{
    struct asker *a = ctx;
    struct store *s = a->backend->again();

    a->err = s ? XK_OK : XK_E_DB;
    for (int i = 0; a->err == XK_OK && i < CARDS; i++) {
        do {
            a->err = enter(s, a->first + i);
        } while (a->err == XK_E_BUSY);
        a->entered += a->err == XK_OK;
        if (a->err == XK_E_LIMIT)
            a->err = XK_OK;
    }
    store_close(s);
    return NULL;
}

static void ten_cards_and_no_more(const struct backend *b)
{
    struct asker askers[ASKERS];
    struct store *s = open_fresh(b);
    int64_t n = 0;
    int entered = 0;

    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.backend = b, .first = 1 + i * CARDS};
        REQUIRE(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        CHECK_OK(askers[i].err);
        entered += askers[i].entered;
    }
    CHECK_OK(real_name_count(s, HASH, &n));
    CHECK_INT(n, 10);
    CHECK_INT(entered, 10);
    store_close(s);
}

static enum xk_err count_rule(void *arg, const struct gate_rule *rule)
{
    (void)rule;
    ++*(int *)arg;
    return XK_OK;
}

static enum xk_err count_block(void *arg, const struct risk_block *b)
{
    (void)b;
    ++*(int *)arg;
    return XK_OK;
}

static void registers_are_looked_into(const struct backend *b)
{
    const struct gate_rule rule = {
        .id = "org:cust", .org_id = "cust", .real_name = GATE_REAL_NAME_COMPANY, .scenarios = "a"};
    const struct risk_block block = {
        .subject = "card:" CID, .by_org = "cust", .reason = "r", .until_at = 10};
    struct chip chip = {.cid = CID};
    struct pool pool = {.id = "main", .purpose = NUMBER_FORMAL};
    struct gate_ask ask = {.chip = &chip, .org_path = "/platform/cust/", .pool = &pool, .now = 9};
    struct store *s = open_fresh(b);
    struct gate_verdict v;
    int n = 0;

    CHECK_OK(gate_rule_put(s, &rule));
    CHECK_OK(gate_rule_put(s, &rule));
    CHECK_OK(risk_block(s, &block));
    CHECK_OK(risk_block(s, &block));
    CHECK_OK(gate_check(s, &ask, &v));
    CHECK_INT(v.code, CODE_RISK);
    CHECK_INT(v.want, GATE_REAL_NAME_COMPANY);
    ask.now = 10;
    CHECK_OK(gate_check(s, &ask, &v));
    CHECK_INT(v.code, CODE_OK);
    CHECK_OK(gate_rule_list(s, NULL, "", 5, count_rule, &n));
    CHECK_OK(gate_rule_list(s, "cust", "", 5, count_rule, &n));
    CHECK_OK(risk_list(s, NULL, "", 9, 5, count_block, &n));
    CHECK_OK(risk_list(s, "cust", "", 9, 5, count_block, &n));
    CHECK_INT(n, 4);
    CHECK_OK(gate_rule_give(s, CID, "other"));
    CHECK_OK(real_name_close(s, CID, 3));
    CHECK_OK(risk_unblock(s, block.subject, "cust"));
    CHECK_OK(gate_rule_remove(s, rule.id));
    store_close(s);
}

#define STORIES(S)                                                                                 \
    S(ten_cards_and_no_more)                                                                       \
    S(registers_are_looked_into)

STORIES(FILE_AND_PGSQL)

static const struct xt_case cases[] = {STORIES(FILE_AND_PGSQL_CASES)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    backend_clean_up();
    return rc;
}
