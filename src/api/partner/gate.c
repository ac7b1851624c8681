/* SPDX-License-Identifier: Apache-2.0 */
/* What is wanted of cards before they get a number: rules of organisations, pools and cards. */
#include "service/gate/gate.h"
#include "api/partner/routes.h"
#include "service/number/number.h"

#define PAGE_MAX 500

static bool take_pool(struct call *c, const char *pool_id, struct gate_rule *rule, enum xk_err *err)
{
    struct pool pool;

    *err = pool_get(c->order->store, pool_id, &pool);
    if (!call_found(c, err, pool.org_id, CODE_NO_SUCH_POOL, "poolId"))
        return false;
    gate_subject_put(GATE_POOL, pool.id, rule->id);
    copy_text(rule->org_id, sizeof rule->org_id, pool.org_id);
    return true;
}

/* What the rule is for: an organisation below the caller's, a pool or a card. */
static bool take_subject(struct call *c, const struct gate_names *names, struct gate_rule *rule,
                         enum xk_err *err)
{
    struct chip chip;

    *err = XK_OK;
    if ((names->cid || names->iccid) + (names->org != NULL) + (names->pool != NULL) > 1)
        return answer_refused(c, CODE_PARAMETER, names->pool ? "poolId" : "orgId");
    if (names->pool)
        return take_pool(c, names->pool, rule, err);
    if (names->org) {
        copy_text(rule->org_id, sizeof rule->org_id, names->org);
        return take_gate_org(c, names->org, rule->id, err);
    }
    if (!take_gate_card(c, names, rule->id, &chip, err))
        return false;
    copy_text(rule->org_id, sizeof rule->org_id, chip.org_id);
    return true;
}

static void put_rule(struct json_out *o, const struct gate_rule *rule)
{
    char at[XK_TIME_TEXT_MAX];

    json_put_text(o, "ruleId", rule->id);
    json_put_text(o, "orgId", rule->org_id);
    json_put_text(o, "realName", gate_real_name_name(rule->real_name));
    json_put_text(o, "scenarios", rule->scenarios);
    json_put_text(o, "createdAt", xk_time_format(rule->created_at, at));
}

/* Names with commas, none empty. */
static bool scenarios_ok(const char *list)
{
    struct bytes part;

    if (list[0] == '\0')
        return true;
    while (list_next(&list, &part)) {
        if (part.n == 0)
            return false;
    }
    return true;
}

enum xk_err post_gate_rule(struct call *c)
{
    struct gate_names names = {0};
    const char *real_name = "", *scenarios = "";
    const struct json_field fields[] = {
        {.name = "cid", GATE_CID_FIELD, .text = &names.cid},
        {.name = "iccid", GATE_ICCID_FIELD, .text = &names.iccid},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &names.org},
        {.name = "poolId", .min = 1, ORG_FIELD, .text = &names.pool},
        {.name = "realName", .kind = JSON_STRING, .max = 16, .text = &real_name},
        {.name = "scenarios",
         .kind = JSON_STRING,
         .max = GATE_SCENARIOS_MAX,
         .allowed = JSON_ID ",",
         .text = &scenarios},
    };
    struct gate_rule rule = {.real_name = GATE_NOT_SAID, .created_at = c->order->now};
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (real_name[0] && gate_real_name_parse(real_name, &rule.real_name) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "realName");
    if (!scenarios_ok(scenarios))
        return answer_refuse(c, CODE_PARAMETER, "scenarios");
    if (!take_subject(c, &names, &rule, &err))
        return err;
    copy_text(rule.scenarios, sizeof rule.scenarios, scenarios);
    TRY(gate_rule_put(c->order->store, &rule));
    answer_begin(c);
    put_rule(&c->out, &rule);
    return answer_end(c);
}

static enum xk_err put_listed(void *arg, const struct gate_rule *rule)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    put_rule(o, rule);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_gate_rules(struct call *c)
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
    TRY(gate_rule_list(c->order->store, org_id, query_or(c, "after", ""), (size_t)limit, put_listed,
                       &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err post_gate_rule_remove(struct call *c)
{
    const char *id = "", *subject;
    const struct json_field fields[] = {{.name = "ruleId",
                                         .kind = JSON_STRING,
                                         .required = true,
                                         .min = 1,
                                         .max = GATE_SUBJECT_TEXT - 1,
                                         .allowed = JSON_ID,
                                         .text = &id}};
    struct gate_rule rule;
    enum gate_subject kind;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = gate_rule_get(c->order->store, id, &rule);
    if (!call_found(c, &err, rule.org_id, CODE_NO_SUCH_RULE, NULL))
        return err;
    if (gate_subject_parse(id, &kind, &subject) == XK_OK && kind == GATE_ORG && !call_is_root(c) &&
        strcmp(subject, c->app.org.id) == 0)
        return answer_refuse(c, CODE_FORBIDDEN, "ruleId");
    TRY(gate_rule_remove(c->order->store, id));
    answer_begin(c);
    json_put_text(&c->out, "ruleId", id);
    return answer_end(c);
}
