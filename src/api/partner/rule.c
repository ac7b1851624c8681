/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the first write. */
#include "service/order/rule.h"

#include "api/partner/routes.h"
#include "service/number/number.h"

#define PAGE_MAX 500
#define ID_FIELD .kind = JSON_STRING, .min = 1, .max = 32, .allowed = JSON_ID

static void put_rule(struct json_out *o, const struct write_rule *rule)
{
    char at[XK_TIME_TEXT_MAX];

    json_put_text(o, "ruleId", rule->id);
    json_put_text(o, "orgId", rule->org_id);
    json_put_text(o, "batchId", rule->batch_id);
    json_put_text(o, "poolId", rule->pool_id);
    json_put_text(o, "appId", rule->app_id);
    json_put_text(o, "callbackUrl", rule->callback_url);
    json_put_text(o, "createdAt", xk_time_format(rule->created_at, at));
}

/* A rule of this id that the caller may change, or none: true; else refused, or *err. */
static bool is_own_or_new(struct call *c, const char *id, enum xk_err *err)
{
    struct write_rule there;

    *err = rule_get(c->order->store, id, &there);
    if (*err == XK_E_NOT_FOUND) {
        *err = XK_OK;
        return true;
    }
    return call_found(c, err, there.org_id, CODE_EXISTS, "ruleId");
}

/* The pool that numbers come from: one that the rule's organisation may use. */
static bool take_pool(struct call *c, const char *pool_id, const struct org *org, enum xk_err *err)
{
    struct pool pool;
    bool may = false;

    *err = pool_get(c->order->store, pool_id, &pool);
    if (*err == XK_OK)
        *err = order_may_use_pool(c->order->store, org->path, &pool, &may);
    if (*err == XK_E_NOT_FOUND || (*err == XK_OK && !may)) {
        *err = answer_refuse(c, CODE_NO_SUCH_POOL, "poolId");
        return false;
    }
    return *err == XK_OK;
}

enum xk_err post_write_rule(struct call *c)
{
    const char *id = "", *org_id = c->app.org.id, *batch_id = "", *pool_id = "", *url = "";
    const struct json_field fields[] = {
        {.name = "ruleId", .required = true, ID_FIELD, .text = &id},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &org_id},
        {.name = "batchId", .kind = JSON_STRING, .max = 32, .allowed = JSON_ID, .text = &batch_id},
        {.name = "poolId", .required = true, ID_FIELD, .text = &pool_id},
        {.name = "callbackUrl", .kind = JSON_STRING, .max = TASK_URL_MAX, .text = &url},
    };
    struct write_rule rule = {.created_at = c->order->now};
    struct org org;
    enum xk_err err = XK_OK;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (url[0] && !url_ok(url))
        return answer_refuse(c, CODE_PARAMETER, "callbackUrl");
    if (!take_org(c, org_id, &org, &err) || !take_pool(c, pool_id, &org, &err) ||
        !is_own_or_new(c, id, &err))
        return err;
    copy_text(rule.id, sizeof rule.id, id);
    copy_text(rule.org_id, sizeof rule.org_id, org.id);
    copy_text(rule.batch_id, sizeof rule.batch_id, batch_id);
    copy_text(rule.pool_id, sizeof rule.pool_id, pool_id);
    copy_text(rule.app_id, sizeof rule.app_id, c->app.id);
    copy_text(rule.callback_url, sizeof rule.callback_url, url);
    TRY(rule_put(c->order->store, &rule));
    answer_begin(c);
    put_rule(&c->out, &rule);
    return answer_end(c);
}

static enum xk_err put_listed(void *arg, const struct write_rule *rule)
{
    struct call *c = arg;

    json_open_object(&c->out, NULL);
    put_rule(&c->out, rule);
    json_close_object(&c->out);
    return XK_OK;
}

enum xk_err get_write_rules(struct call *c)
{
    const char *org_id;
    enum xk_err err;
    int64_t limit;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit))
        return XK_OK;
    if (!query_org(c, &org_id, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "rules");
    TRY(rule_list(c->order->store, org_id, query_or(c, "after", ""), (size_t)limit, put_listed, c));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err post_write_rule_remove(struct call *c)
{
    const char *id = "";
    const struct json_field fields[] = {
        {.name = "ruleId", .required = true, ID_FIELD, .text = &id}};
    struct write_rule rule;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = rule_get(c->order->store, id, &rule);
    if (!call_found(c, &err, rule.org_id, CODE_NO_SUCH_RULE, NULL))
        return err;
    TRY(rule_remove(c->order->store, id));
    answer_begin(c);
    json_put_text(&c->out, "ruleId", id);
    return answer_end(c);
}
