/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations (P-23), and who sees what. */
#include "api/partner/routes.h"
#include "model/ident.h"

#define ORGS_MAX 200

bool call_is_root(const struct call *c)
{
    return strcmp(c->app.org.id, ORG_ROOT) == 0;
}

enum xk_err call_sees(struct call *c, const char *org_id, bool *sees)
{
    return org_holds(c->order->store, c->app.org.path, org_id, sees);
}

bool call_found(struct call *c, enum xk_err *err, const char *org_id, int code, const char *detail)
{
    bool sees = false;

    if (*err == XK_OK)
        *err = call_sees(c, org_id, &sees);
    if (*err == XK_OK && sees)
        return true;
    if (*err == XK_OK || *err == XK_E_NOT_FOUND)
        *err = answer_refuse(c, code, detail);
    return false;
}

/* One that the caller does not see is not there: refused with this detail, or *err. */
static bool find_org(struct call *c, const char *org_id, const char *detail, struct org *out,
                     enum xk_err *err)
{
    *err = org_get(c->order->store, org_id, out);
    if (*err == XK_OK && org_path_holds(c->app.org.path, out->path))
        return true;
    if (*err == XK_OK || *err == XK_E_NOT_FOUND)
        *err = answer_refuse(c, CODE_NO_SUCH_ORG, detail);
    return false;
}

bool query_org(struct call *c, const char **org_id, enum xk_err *err)
{
    const char *wanted = query_value(c, "org");
    struct org o;

    *err = XK_OK;
    *org_id = wanted ? wanted : call_is_root(c) ? NULL : c->app.org.id;
    return !wanted || find_org(c, wanted, "org", &o, err);
}

bool take_org(struct call *c, const char *org_id, struct org *out, enum xk_err *err)
{
    if (!find_org(c, org_id, NULL, out, err))
        return false;
    if (out->blocked == 0)
        return true;
    *err = answer_refuse(c, CODE_ORG_BLOCKED, NULL);
    return false;
}

static void put_org(struct json_out *o, const struct org *org)
{
    char at[XK_TIME_TEXT_MAX];

    json_put_text(o, "orgId", org->id);
    json_put_text(o, "parent", org->parent);
    json_put_text(o, "name", org->name);
    json_put_text(o, "kind", org_kind_name(org->kind));
    json_put_text(o, "kindText", org_kind_zh(org->kind));
    json_put_text(o, "state", org_state_name(org->state));
    json_put_text(o, "stateText", org_state_zh(org->state));
    json_put_bool(o, "mayAct", org->blocked == 0);
    json_put_text(o, "createdAt", xk_time_format(org->created_at, at));
}

static enum xk_err answer_org(struct call *c, const struct org *o)
{
    answer_begin(c);
    put_org(&c->out, o);
    TRY(hands_put_balance(c, o->id));
    return answer_end(c);
}

static enum xk_err make_org(struct call *c, struct org *o)
{
    enum xk_err err = org_create(c->order->store, o, c->order->now);

    switch ((int)err) {
    case XK_OK:
        return answer_org(c, o);
    case XK_E_VALUE:
        return answer_refuse(c, CODE_ORG_MISFIT, "kind");
    case XK_E_LIMIT:
        return answer_refuse(c, CODE_ORG_MISFIT, "parent");
    case XK_E_STATE:
        return answer_refuse(c, CODE_ORG_BLOCKED, "parent");
    case XK_E_EXISTS:
        return answer_refuse(c, CODE_EXISTS, "orgId");
    default:
        return err;
    }
}

enum xk_err post_org(struct call *c)
{
    const char *id = "", *parent = c->app.org.id, *name = "", *kind = "";
    const struct json_field fields[] = {
        {.name = "orgId", .required = true, .min = 1, ORG_FIELD, .text = &id},
        {.name = "parent", .min = 1, ORG_FIELD, .text = &parent},
        {.name = "name", .kind = JSON_STRING, .max = 64, .text = &name},
        {.name = "kind", .kind = JSON_STRING, .required = true, .max = 20, .text = &kind},
    };
    struct org o = {0}, above;
    enum import_reason why;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (!ident_is_name(bytes_cstr(id), ORG_ID_MAX, &why))
        return answer_refuse(c, CODE_PARAMETER, "orgId");
    if (org_kind_parse(kind, &o.kind) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "kind");
    if (!find_org(c, parent, "parent", &above, &err))
        return err;
    copy_text(o.id, sizeof o.id, id);
    copy_text(o.parent, sizeof o.parent, parent);
    copy_text(o.name, sizeof o.name, name[0] ? name : id);
    return make_org(c, &o);
}

enum xk_err get_org(struct call *c)
{
    struct org o;
    enum xk_err err;

    return find_org(c, c->id, NULL, &o, &err) ? answer_org(c, &o) : err;
}

enum xk_err get_orgs(struct call *c)
{
    struct org *list = arena_alloc(c->order->arena, ORGS_MAX * sizeof *list);
    struct org above;
    enum xk_err err;
    size_t n;

    if (!list)
        return XK_E_NOMEM;
    if (!find_org(c, query_or(c, "parent", c->app.org.id), "parent", &above, &err))
        return err;
    TRY(org_children(c->order->store, above.id, query_or(c, "after", ""), list, ORGS_MAX, &n));
    answer_begin(c);
    json_open_array(&c->out, "orgs");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&c->out, NULL);
        put_org(&c->out, &list[i]);
        json_close_object(&c->out);
    }
    json_close_array(&c->out);
    return answer_end(c);
}

/* Nobody stops or reopens the organisation it works for: that is for those above. */
enum xk_err post_org_state(struct call *c)
{
    const char *id = "", *state = "";
    const struct json_field fields[] = {
        {.name = "orgId", .required = true, .min = 1, ORG_FIELD, .text = &id},
        {.name = "state", .kind = JSON_STRING, .required = true, .max = 20, .text = &state},
    };
    enum org_state to;
    struct org o;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (org_state_parse(state, &to) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "state");
    if (!find_org(c, id, "orgId", &o, &err))
        return err;
    if (strcmp(o.id, c->app.org.id) == 0)
        return answer_refuse(c, CODE_FORBIDDEN, "orgId");
    err = org_move(c->order->store, id, to, c->order->now);
    if (err == XK_E_STATE)
        return answer_refuse(c, CODE_ORG_MISFIT, "state");
    TRY(err);
    TRY(org_get(c->order->store, id, &o));
    return answer_org(c, &o);
}
