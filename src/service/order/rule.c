/* SPDX-License-Identifier: Apache-2.0 */
#include "service/order/rule.h"

#include "service/order/task_store.h"
#include "service/org/org.h"

#define RULE_COLUMNS                                                                               \
    "r.rule_id, r.org_id, r.batch_id, r.pool_id, r.app_id, r.callback_url, r.created_at"

static void read_rule(struct store *s, struct write_rule *out)
{
    *out = (struct write_rule){0};
    store_get_text(s, 0, out->id, sizeof out->id);
    store_get_text(s, 1, out->org_id, sizeof out->org_id);
    store_get_text(s, 2, out->batch_id, sizeof out->batch_id);
    store_get_text(s, 3, out->pool_id, sizeof out->pool_id);
    store_get_text(s, 4, out->app_id, sizeof out->app_id);
    store_get_text(s, 5, out->callback_url, sizeof out->callback_url);
    out->created_at = store_get_int(s, 6);
}

enum xk_err rule_put(struct store *s, const struct write_rule *rule)
{
    static const struct store_query q = {
        "rule_put", "INSERT INTO write_rule (rule_id, org_id, batch_id, pool_id, app_id,"
                    " callback_url, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                    " ON CONFLICT (rule_id) DO UPDATE SET org_id = excluded.org_id,"
                    " batch_id = excluded.batch_id, pool_id = excluded.pool_id,"
                    " app_id = excluded.app_id, callback_url = excluded.callback_url"};

    return store_exec(s, &q,
                      SVS(sv_text(rule->id), sv_text(rule->org_id), sv_text(rule->batch_id),
                          sv_text(rule->pool_id), sv_text(rule->app_id),
                          sv_text(rule->callback_url), sv_int(rule->created_at)),
                      NULL);
}

enum xk_err rule_get(struct store *s, const char *id, struct write_rule *out)
{
    static const struct store_query q = {"rule_get", "SELECT " RULE_COLUMNS
                                                     " FROM write_rule r WHERE r.rule_id = $1"};

    TRY(store_row(s, &q, SVS(sv_text(id))));
    read_rule(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err rule_remove(struct store *s, const char *id)
{
    static const struct store_query q = {"rule_remove",
                                         "DELETE FROM write_rule WHERE rule_id = $1"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_text(id)), &changes));
    return changes > 0 ? XK_OK : XK_E_NOT_FOUND;
}

enum xk_err rule_list(struct store *s, const char *org_id, const char *after, size_t limit,
                      enum xk_err (*each)(void *arg, const struct write_rule *rule), void *arg)
{
    static const struct store_query all = {
        "rule_list", "SELECT " RULE_COLUMNS " FROM write_rule r WHERE $1 = '' AND r.rule_id > $2"
                     " ORDER BY r.rule_id LIMIT $3"};
    static const struct store_query of_org = {
        "rule_list_org", "SELECT " RULE_COLUMNS " FROM write_rule r WHERE r.org_id = $1"
                         " AND r.rule_id > $2 ORDER BY r.rule_id LIMIT $3"};
    enum xk_err err;

    TRY(store_open(s, org_id ? &of_org : &all,
                   SVS(sv_text(org_id ? org_id : ""), sv_text(after), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct write_rule rule;

        read_rule(s, &rule);
        err = each(arg, &rule);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- a card is seen -------------------------------------------------------------------------- */

/* The longer the path of the rule's organisation, the nearer it is. One that may not act has no
 * rules, nor a card of one. */
static enum xk_err find_rule(struct order_ctx *c, const struct chip *chip, struct write_rule *out)
{
    static const struct store_query q = {
        "rule_of_card",
        "SELECT " RULE_COLUMNS " FROM write_rule r JOIN org o ON o.org_id = r.org_id JOIN org own"
        " ON own.org_id = $1 WHERE own.blocked = 0 AND substr(own.path, 1, length(o.path)) = o.path"
        " AND (r.batch_id = '' OR r.batch_id = $2)"
        " AND NOT EXISTS (SELECT 1 FROM chip WHERE seed_imsi = $3 AND cid <> $4)"
        " ORDER BY length(o.path) DESC, r.batch_id DESC, r.rule_id LIMIT 1"};

    TRY(store_row(c->store, &q,
                  SVS(sv_text(chip->org_id), sv_text(chip->batch_id), sv_text(chip->seed_imsi),
                      sv_text(chip->cid))));
    read_rule(c->store, out);
    store_finish(c->store);
    return XK_OK;
}

/* The order number makes it once: the next time it is a repeat. */
static enum xk_err first_write(struct order_ctx *c, const struct chip *chip,
                               const struct write_rule *rule)
{
    char order_no[TASK_ORDER_NO_MAX + 1], line[64];
    const struct order_wish w = {.app_id = rule->app_id,
                                 .org_id = rule->org_id,
                                 .order_no = order_no,
                                 .cid = chip->cid,
                                 .pool_id = rule->pool_id,
                                 .callback_url = rule->callback_url,
                                 .mode = TASK_MODE_NEW};
    struct task t;
    bool repeat;
    int code;

    snprintf(order_no, sizeof order_no, "first-write-%s", chip->cid);
    snprintf(line, sizeof line, "by rule %s", rule->id);
    TRY(order_apply(c, &w, &t, &code, &repeat));
    return repeat ? XK_OK : task_event_add(c->store, &t, c->now, "note", line, BYTES_NONE);
}

enum xk_err rule_on_seen(struct order_ctx *c, const struct chip *chip)
{
    struct write_rule rule;
    enum xk_err err;

    if (chip->state != CHIP_IN_STOCK)
        return XK_OK;
    err = find_rule(c, chip, &rule);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    return first_write(c, chip, &rule);
}
