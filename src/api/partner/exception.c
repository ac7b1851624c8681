/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions (P-18, P-19): what partners see of them and do about them, and what they are told
 * (C3). */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "model/code.h"

#define PAGE_MAX 500
#define ITEMS_MAX 100
#define SAMPLES_MAX 1000
#define DAYS 31 /* of a review, when nothing else is asked for */

/* ---- as JSON --------------------------------------------------------------------------------- */

static void put_id(struct json_out *o, int64_t id)
{
    char text[24];

    snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
    json_put_text(o, "exceptionId", text);
}

/* What the grade demands: by when, when it was done, and whether that was in time (null: open). */
static void put_limits(struct json_out *o, const struct exception *e, int64_t now)
{
    json_open_object(o, "limits");
    for (int i = 0; i < EXCEPTION_STEPS; i++) {
        json_open_object(o, exception_step_name((enum exception_step)i));
        put_time(o, "by", e->by[i]);
        put_time(o, "at", e->at[i]);
        if (e->by[i] > 0 && e->at[i] == 0 && now < e->by[i])
            json_put_null(o, "kept");
        else
            json_put_bool(o, "kept", e->by[i] == 0 || (e->at[i] > 0 && e->at[i] <= e->by[i]));
        json_close_object(o);
    }
    json_close_object(o);
}

static void put_cause(struct json_out *o, enum exception_cause cause)
{
    const struct exception_cause_info *info = exception_cause_info(cause);

    json_put_text(o, "class", exception_class_name(info->class));
    json_put_text(o, "cause", info->name);
    json_put_text(o, "causeText", info->zh);
    json_put_text(o, "causeTextEn", info->en);
}

static void put_exception(struct json_out *o, const struct exception *e, int64_t now)
{
    put_id(o, e->id);
    json_put_text(o, "orgId", e->org_id);
    put_cause(o, e->cause);
    json_put_text(o, "grade", exception_grade_info(e->grade)->name);
    json_put_text(o, "gradeText", exception_grade_info(e->grade)->zh);
    json_put_text(o, "state", exception_state_name(e->state));
    json_put_text(o, "batchId", e->batch_id);
    json_put_text(o, "cid", e->card);
    json_put_int(o, "cards", e->cards);
    json_put_int(o, "unsolved", e->unsolved);
    put_time(o, "openedAt", e->opened_at);
    put_time(o, "gradedAt", e->graded_at);
    put_time(o, "lastAt", e->last_at);
    put_limits(o, e, now);
    json_put_text(o, "owner", e->owner);
    json_put_text(o, "finding", e->finding);
    json_put_text(o, "action", e->action);
}

static void put_line(struct json_out *o, const struct exception_event *e)
{
    json_put_int(o, "seq", e->seq);
    put_time(o, "at", e->at);
    json_put_text(o, "kind", e->kind);
    json_put_text(o, "who", e->who);
    json_put_text(o, "text", e->text);
}

enum xk_err partner_encode_exception(const struct exception *e, const struct exception_event *event,
                                     const char *event_id, struct buf *body)
{
    struct json_out o;

    json_out_init(&o, body);
    json_open_object(&o, NULL);
    json_put_text(&o, "eventId", event_id);
    json_put_text(&o, "eventType", "exception");
    json_put_text(&o, "seq", event_id);
    put_time(&o, "time", event->at);
    json_put_text(&o, "event", event->kind);
    json_put_text(&o, "eventText", event->text);
    put_exception(&o, e, event->at);
    json_close_object(&o);
    return buf_ok(body);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool take_exception_id(struct call *c, const char *text, int64_t *out)
{
    uint8_t id[TASK_ID_LEN] = {0};
    struct cur r = cur_of(BYTES_OF(id));

    if (hex_decode_exact(bytes_cstr(text), id, sizeof id) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "exceptionId");
    *out = (int64_t)cur_u64(&r);
    return true;
}

/* Loads one that the caller sees; false: refused, or *err. */
static bool find_exception(struct call *c, const char *text, struct exception *out,
                           enum xk_err *err)
{
    int64_t id = 0;

    *err = XK_OK;
    if (!take_exception_id(c, text, &id))
        return false;
    *err = exception_load(c->order->store, id, out);
    return call_found(c, err, out->org_id, CODE_NO_SUCH_EXCEPTION, NULL);
}

static enum xk_err put_listed(void *arg, const struct exception *e)
{
    struct call *c = arg;

    json_open_object(&c->out, NULL);
    put_exception(&c->out, e, c->order->now);
    json_close_object(&c->out);
    return XK_OK;
}

/* state, class and grade of the query; false: refused. */
static bool take_filter(struct call *c, struct exception_filter *f)
{
    const char *state = query_value(c, "state"), *class = query_value(c, "class");
    const char *grade = query_value(c, "grade");
    enum exception_state s = EXCEPTION_OPEN;
    enum exception_class k = EXCEPTION_A;
    enum exception_grade g = EXCEPTION_L1;

    if (state && exception_state_parse(state, &s) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "state");
    if (class && exception_class_parse(class, &k) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "class");
    if (grade && exception_grade_parse(grade, &g) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "grade");
    f->state = state ? (int)s : -1;
    f->class = class ? (int)k : -1;
    f->exact_grade = grade ? (int)g : 0;
    return true;
}

enum xk_err get_exceptions(struct call *c)
{
    struct exception_filter f = {.before = INT64_MAX, .to = INT64_MAX};
    const char *before = query_value(c, "before");
    enum xk_err err;
    int64_t limit;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit) ||
        (before && !take_exception_id(c, before, &f.before)) || !take_filter(c, &f))
        return XK_OK;
    if (!query_org(c, &f.org_id, &err))
        return err;
    f.limit = (size_t)limit;
    answer_begin(c);
    json_open_array(&c->out, "exceptions");
    TRY(exception_list(c->order->store, &f, put_listed, c));
    json_close_array(&c->out);
    return answer_end(c);
}

static enum xk_err put_event(void *arg, const struct exception_event *e)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    put_line(o, e);
    json_close_object(o);
    return XK_OK;
}

static enum xk_err put_item(void *arg, const struct exception_item *i)
{
    static const char *const kinds[] = {"task", "download", "callback"};
    struct json_out *o = arg;

    json_open_object(o, NULL);
    json_put_text(o, "kind", (size_t)i->of < ARRAY_LEN(kinds) ? kinds[i->of] : "?");
    json_put_text(o, "subject", i->subject);
    json_put_text(o, "cid", i->card);
    put_time(o, "at", i->at);
    json_put_bool(o, "solved", i->solved);
    json_close_object(o);
    return XK_OK;
}

static enum xk_err answer_exception(struct call *c, int64_t id)
{
    struct store *s = c->order->store;
    struct exception e;

    TRY(exception_load(s, id, &e));
    answer_begin(c);
    put_exception(&c->out, &e, c->order->now);
    json_open_array(&c->out, "events");
    TRY(exception_events(s, id, put_event, &c->out));
    json_close_array(&c->out);
    json_open_array(&c->out, "evidence");
    TRY(exception_items(s, id, ITEMS_MAX, put_item, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err get_exception(struct call *c)
{
    struct exception e;
    enum xk_err err;

    return find_exception(c, c->id, &e, &err) ? answer_exception(c, e.id) : err;
}

/* ---- doing ----------------------------------------------------------------------------------- */

#define ID_FIELD                                                                                   \
    {                                                                                              \
        .name = "exceptionId", .kind = JSON_STRING, .required = true, .min = 16, .max = 16,        \
        .text = &id                                                                                \
    }

static enum xk_err act(struct call *c, const char *id, struct exception_act *a)
{
    struct exception_ctx x = order_exceptions(c->order);
    struct exception e;
    enum xk_err err;

    if (!find_exception(c, id, &e, &err))
        return err;
    a->who = c->app.id;
    err = exception_do(&x, e.id, a);
    if (err == XK_E_STATE)
        return answer_refuse(c, CODE_EXCEPTION_STATE, NULL);
    TRY(err);
    return answer_exception(c, e.id);
}

static enum xk_err act_with_text(struct call *c, enum exception_step step)
{
    struct exception_act a = {.step = step, .text = ""};
    const char *id = "";
    const struct json_field fields[] = {
        ID_FIELD,
        {.name = "owner", .kind = JSON_STRING, .min = 1, .max = 32, .text = &a.owner},
        {.name = "text", .kind = JSON_STRING, .max = 255, .text = &a.text},
    };

    return take_fields(c, fields, ARRAY_LEN(fields)) ? act(c, id, &a) : XK_OK;
}

enum xk_err post_exception_respond(struct call *c)
{
    return act_with_text(c, EXCEPTION_RESPOND);
}

enum xk_err post_exception_relieve(struct call *c)
{
    return act_with_text(c, EXCEPTION_RELIEVE);
}

enum xk_err post_exception_report(struct call *c)
{
    return act_with_text(c, EXCEPTION_REPORT);
}

enum xk_err post_exception_close(struct call *c)
{
    struct exception_act a = {.step = EXCEPTION_CLOSE};
    const char *id = "";
    const struct json_field fields[] = {
        ID_FIELD,
        {.name = "cause",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = 255,
         .text = &a.finding},
        {.name = "action",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = 255,
         .text = &a.action},
    };

    return take_fields(c, fields, ARRAY_LEN(fields)) ? act(c, id, &a) : XK_OK;
}

/* What no failure tells: a leak, an outage, books that differ. */
enum xk_err post_exception(struct call *c)
{
    struct exception_ctx x = order_exceptions(c->order);
    const char *name = "", *text = "";
    const struct json_field fields[] = {
        {.name = "cause",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = 32,
         .text = &name},
        {.name = "text",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = 255,
         .text = &text},
    };
    enum exception_cause cause;
    enum xk_err err;
    int64_t id;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = exception_cause_parse(name, &cause);
    if (err == XK_OK)
        err = exception_open(&x, cause, c->app.id, text, &id);
    if (err == XK_E_VALUE)
        return answer_refuse(c, CODE_PARAMETER, "cause");
    TRY(err);
    return answer_exception(c, id);
}

enum xk_err post_exception_resume(struct call *c)
{
    struct exception_ctx x = order_exceptions(c->order);
    const char *id = "";
    const struct json_field fields[] = {ID_FIELD};
    struct exception e;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (!find_exception(c, id, &e, &err))
        return err;
    err = exception_resume_writing(&x, e.id, c->app.id);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_EXCEPTION_STATE, NULL);
    TRY(err);
    return answer_exception(c, e.id);
}

/* ---- the review (P-19) ----------------------------------------------------------------------- */

static enum xk_err put_group(void *arg, const struct exception_group *g)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    put_cause(o, g->cause);
    json_put_text(o, "grade", exception_grade_info(g->grade)->name);
    json_put_int(o, "exceptions", g->exceptions);
    json_put_int(o, "cards", g->cards);
    json_close_object(o);
    return XK_OK;
}

static enum xk_err put_sample(void *arg, const struct exception_sample *s)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    json_put_hex(o, "taskId", BYTES_OF(s->task_id));
    json_put_text(o, "orgId", s->org_id);
    json_put_text(o, "cid", s->cid);
    put_time(o, "finishedAt", s->at);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_exception_review(struct call *c)
{
    struct exception_filter f = {
        .state = -1, .class = -1, .grade = EXCEPTION_L2, .before = INT64_MAX, .limit = PAGE_MAX};
    struct store *s = c->order->store;
    enum xk_err err;

    if (!query_period(c, DAYS, &f.from, &f.to))
        return XK_OK;
    if (!query_org(c, &f.org_id, &err))
        return err;
    answer_begin(c);
    put_time(&c->out, "from", f.from);
    put_time(&c->out, "to", f.to);
    json_open_array(&c->out, "exceptions");
    TRY(exception_list(s, &f, put_listed, c));
    json_close_array(&c->out);
    json_open_array(&c->out, "causes");
    TRY(exception_groups(s, f.org_id, f.from, f.to, put_group, &c->out));
    json_close_array(&c->out);
    json_open_array(&c->out, "sample");
    TRY(exception_samples(s, f.org_id, f.from, f.to, SAMPLES_MAX, put_sample, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}
