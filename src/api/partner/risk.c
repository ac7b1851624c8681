/* SPDX-License-Identifier: Apache-2.0 */
/* Risk control: cards, documents and organisations that nothing is written for. */
#include "api/partner/routes.h"
#include "service/gate/gate.h"

#define PAGE_MAX 500
#define DAYS_MAX 3650
#define DAY_MS INT64_C(86400000)

/* A card, an organisation below the caller's, or (for the operator) a document. */
static bool take_subject(struct call *c, const struct gate_names *names,
                         char out[GATE_SUBJECT_TEXT], enum xk_err *err)
{
    struct chip chip;

    *err = XK_OK;
    if (names->hash && !gate_hash_ok(names->hash))
        return answer_refused(c, CODE_PARAMETER, "idHash");
    if ((names->cid || names->iccid) + (names->org != NULL) + (names->hash != NULL) > 1)
        return answer_refused(c, CODE_PARAMETER, names->hash ? "idHash" : "orgId");
    if (names->org)
        return take_gate_org(c, names->org, out, err);
    if (!names->hash)
        return take_gate_card(c, names, out, &chip, err);
    if (!call_is_root(c))
        return answer_refused(c, CODE_FORBIDDEN, "idHash");
    gate_subject_put(GATE_ID, names->hash, out);
    return true;
}

static void put_subject(struct json_out *o, const char *subject)
{
    enum gate_subject kind;
    const char *id;

    if (gate_subject_parse(subject, &kind, &id) != XK_OK)
        return;
    json_put_text(o, kind == GATE_ORG ? "orgId" : kind == GATE_ID ? "idHash" : "cid", id);
}

static void put_block(struct json_out *o, const struct risk_block *b)
{
    char at[XK_TIME_TEXT_MAX];

    put_subject(o, b->subject);
    json_put_text(o, "subject", b->subject);
    json_put_text(o, "byOrg", b->by_org);
    json_put_text(o, "appId", b->app_id);
    json_put_text(o, "reason", b->reason);
    put_time(o, "until", b->until_at == INT64_MAX ? 0 : b->until_at);
    json_put_text(o, "createdAt", xk_time_format(b->created_at, at));
}

enum xk_err post_risk_block(struct call *c)
{
    struct gate_names names = {0};
    const char *reason = "";
    int64_t days = 0;
    const struct json_field fields[] = {
        {.name = "cid", GATE_CID_FIELD, .text = &names.cid},
        {.name = "iccid", GATE_ICCID_FIELD, .text = &names.iccid},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &names.org},
        {.name = "idHash", GATE_HASH_FIELD, .text = &names.hash},
        {.name = "reason",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = GATE_REASON_MAX,
         .text = &reason},
        {.name = "days", .kind = JSON_INT, .max = DAYS_MAX, .integer = &days},
    };
    struct risk_block b = {.created_at = c->order->now};
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (!take_subject(c, &names, b.subject, &err))
        return err;
    b.until_at = days > 0 ? c->order->now + days * DAY_MS : INT64_MAX;
    copy_text(b.by_org, sizeof b.by_org, c->app.org.id);
    copy_text(b.app_id, sizeof b.app_id, c->app.id);
    copy_text(b.reason, sizeof b.reason, reason);
    TRY(risk_block(c->order->store, &b));
    answer_begin(c);
    put_block(&c->out, &b);
    return answer_end(c);
}

/* One by the caller's organisation, or by one below it (byOrg). */
enum xk_err post_risk_unblock(struct call *c)
{
    struct gate_names names = {0};
    const char *by = c->app.org.id;
    const struct json_field fields[] = {
        {.name = "cid", GATE_CID_FIELD, .text = &names.cid},
        {.name = "iccid", GATE_ICCID_FIELD, .text = &names.iccid},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &names.org},
        {.name = "idHash", GATE_HASH_FIELD, .text = &names.hash},
        {.name = "byOrg", .min = 1, ORG_FIELD, .text = &by},
    };
    char subject[GATE_SUBJECT_TEXT];
    struct org o;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (!take_org(c, by, &o, &err) || !take_subject(c, &names, subject, &err))
        return err;
    err = risk_unblock(c->order->store, subject, o.id);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_BLOCK, NULL);
    TRY(err);
    answer_begin(c);
    put_subject(&c->out, subject);
    return answer_end(c);
}

static enum xk_err put_listed(void *arg, const struct risk_block *b)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    put_block(o, b);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_risk(struct call *c)
{
    const char *org_id;
    enum xk_err err;
    int64_t limit;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit))
        return XK_OK;
    if (!query_org(c, &org_id, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "blocks");
    TRY(risk_list(c->order->store, org_id, query_or(c, "after", ""), c->order->now, (size_t)limit,
                  put_listed, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}
