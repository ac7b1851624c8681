/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: which calls are in it, and how it is read (P-20). */
#include "api/partner/routes.h"

#define PAGE_MAX 500
#define VERIFY_MAX 5000 /* entries in one call */

/* ---- writing --------------------------------------------------------------------------------- */

/* What a call is about, as bodies and queries name it; the first that is there. */
static const char *const subjects[] = {
    "taskId", "cid", "ruleId",     "iccid",   "batchId", "poolId",      "orgId",
    "appId",  "to",  "templateId", "orderNo", "id",      "exceptionId",
};

const char *log_subject(struct call *c)
{
    const char *text = c->id;

    for (size_t i = 0; i < ARRAY_LEN(subjects) && !text; i++) {
        text = c->body ? json_text(json_member(c->body, subjects[i])) : NULL;
        if (!text)
            text = query_value(c, subjects[i]);
    }
    if (text && strspn(text, JSON_ID) == strlen(text))
        text = arena_strdup(c->order->arena, text);
    else
        text = NULL;
    return text ? text : "";
}

static bool is_logged(const struct call *c, const struct route *r)
{
    bool reads_secrets = r->handle == get_codes || r->handle == get_script;
    bool denied = c->code == CODE_FORBIDDEN || c->code == CODE_ORG_BLOCKED ||
                  c->code == CODE_IP_DENIED || c->code == CODE_SIGNATURE || c->code == CODE_SKEW ||
                  c->code == CODE_NONCE || c->code == CODE_APP;

    if (c->app.id[0] == '\0')
        return false; /* nobody that is known; the daemon's log has it */
    return denied || reads_secrets || strcmp(r->method, "POST") == 0;
}

enum xk_err log_call(struct call *c, const struct route *r)
{
    struct audit_entry e = {.at = c->order->now, .code = c->code};

    if (!is_logged(c, r))
        return XK_OK;
    copy_text(e.org_id, sizeof e.org_id, c->app.org.id);
    copy_text(e.app_id, sizeof e.app_id, c->app.id);
    copy_text(e.peer, sizeof e.peer, c->in->peer);
    snprintf(e.action, sizeof e.action, "%s %s", r->method, r->path);
    copy_text(e.subject, sizeof e.subject, c->subject ? c->subject : log_subject(c));
    copy_text(e.trace, sizeof e.trace, c->trace);
    TRY(hash_digest(HASH_SHA256, c->in->body, e.body));
    return audit_append(c->p->audit, c->order->store, &e);
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum xk_err put_entry(void *arg, const struct audit_entry *e)
{
    struct json_out *o = arg;
    char at[XK_TIME_TEXT_MAX], code[16];

    snprintf(code, sizeof code, "%d", e->code);
    json_open_object(o, NULL);
    json_put_int(o, "seq", e->seq);
    json_put_text(o, "at", xk_time_format(e->at, at));
    json_put_int(o, "atMs", e->at);
    json_put_text(o, "orgId", e->org_id);
    json_put_text(o, "appId", e->app_id);
    json_put_text(o, "peer", e->peer);
    json_put_text(o, "action", e->action);
    json_put_text(o, "subject", e->subject);
    json_put_text(o, "code", code);
    json_put_text(o, "traceId", e->trace);
    json_put_hex(o, "body", BYTES_OF(e->body));
    json_put_hex(o, "hash", BYTES_OF(e->hash));
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_audit(struct call *c)
{
    struct audit_filter f = {.app_id = query_value(c, "app"), .subject = query_value(c, "subject")};
    int64_t after, limit;
    enum xk_err err;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit) ||
        !query_number(c, "after", 0, INT64_MAX, &after) ||
        !query_number(c, "from", 0, INT64_MAX, &f.from) ||
        !query_number(c, "to", INT64_MAX, INT64_MAX, &f.to))
        return XK_OK;
    if (!query_org(c, &f.org_id, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "entries");
    TRY(audit_list(c->order->store, &f, after, (size_t)limit, put_entry, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

/* In steps: with "next", ask again from there. */
enum xk_err get_audit_verify(struct call *c)
{
    struct audit_verdict v;
    int64_t from;

    if (!query_number(c, "from", 1, INT64_MAX, &from))
        return XK_OK;
    if (from == 0)
        return answer_refuse(c, CODE_PARAMETER, "from");
    TRY(audit_verify(c->p->audit, c->order->store, from, VERIFY_MAX, &v));
    answer_begin(c);
    json_put_bool(&c->out, "whole", v.fault == AUDIT_WHOLE);
    json_put_text(&c->out, "fault", v.fault == AUDIT_WHOLE ? NULL : audit_fault_name(v.fault));
    json_put_int(&c->out, "checked", v.checked);
    json_put_int(&c->out, "seq", v.at_seq);
    if (v.next)
        json_put_int(&c->out, "next", v.next);
    else
        json_put_null(&c->out, "next");
    return answer_end(c);
}
