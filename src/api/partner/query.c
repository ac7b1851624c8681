/* SPDX-License-Identifier: Apache-2.0 */
/* Q1 to Q3: tasks with their time lines, batches, cards, status. */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "service/chip/chip.h"

#define PAGE_MAX 500
#define DESCRIPTION_MAX 4096

void put_time(struct json_out *o, const char *name, int64_t ms)
{
    char text[XK_TIME_TEXT_MAX];

    if (ms > 0)
        json_put_text(o, name, xk_time_format(ms, text));
    else
        json_put_null(o, name);
}

void put_task(struct json_out *o, const struct task *t)
{
    const struct task_state_info *info = task_state_info((int)t->state);
    char code[16];

    snprintf(code, sizeof code, "%d", t->code);
    json_put_hex(o, "taskId", BYTES_OF(t->id));
    json_put_text(o, "orderNo", t->order_no);
    json_put_text(o, "batchId", t->batch_id);
    json_put_text(o, "cid", t->cid);
    json_put_text(o, "mode", task_mode_name(t->mode));
    json_put_text(o, "channel", task_channel_name(t->channel));
    json_put_int(o, "stateCode", (int64_t)t->state);
    json_put_text(o, "state", info->name);
    json_put_text(o, "stateText", info->zh);
    json_put_bool(o, "finished", info->kind != TASK_OPEN);
    json_put_text(o, "msisdn", t->msisdn);
    json_put_text(o, "imsi", t->imsi);
    json_put_text(o, "iccid", t->iccid);
    if (t->activation_code[0])
        json_put_text(o, "activationCode", t->activation_code);
    json_put_text(o, "resultCode", code);
    json_put_text(o, "resultMsg", t->message);
    json_put_int(o, "attempts", t->attempts_all);
    json_put_int(o, "retries", t->retries);
    json_put_int(o, "rollbacks", t->rollbacks);
    put_time(o, "createdAt", t->created_at);
    put_time(o, "updatedAt", t->updated_at);
    put_time(o, "sendingAt", t->sending_at);
    put_time(o, "finishedAt", t->finished_at);
    json_put_int(o, "durationMs",
                 t->sending_at && t->finished_at ? t->finished_at - t->sending_at : 0);
}

struct time_line {
    struct call *c;
    const struct chip *chip;
    const struct chip_keys *keys;
    struct buf text;
};

static enum xk_err put_event(void *arg, const struct task_event *e)
{
    struct time_line *l = arg;
    struct json_out *o = &l->c->out;

    json_open_object(o, NULL);
    json_put_int(o, "seq", e->seq);
    put_time(o, "at", e->at);
    json_put_text(o, "kind", e->kind);
    json_put_text(o, "state", task_state_info((int)e->state)->name);
    json_put_text(o, "detail", e->detail);
    if (e->data.n > 1) {
        buf_reset(&l->text);
        TRY(l->c->p->o.describe(l->c->p->o.ctx, l->chip, l->keys, e->data.p[0],
                                bytes_part(e->data, 1, e->data.n), &l->text));
        json_put_hex(o, "data", e->data);
        json_put_bytes_text(o, "decoded", buf_bytes(&l->text));
    }
    json_close_object(o);
    return XK_OK;
}

static enum xk_err put_time_line(struct call *c, const struct task *t)
{
    struct chip_keys keys = {0};
    struct chip chip = {0};
    struct time_line l = {.c = c, .chip = &chip, .keys = &keys};
    enum xk_err err = chip_get(c->order->store, t->cid, &chip);

    if (err == XK_OK)
        err = chip_get_keys(c->order->store, c->order->keystore, t->cid, &keys);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    buf_init(&l.text, DESCRIPTION_MAX);
    json_open_array(&c->out, "events");
    err = task_events(c->order->store, t->id, put_event, &l);
    json_close_array(&c->out);
    buf_fini(&l.text);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

static enum xk_err answer_one(struct call *c, enum xk_err found, const struct task *t)
{
    const char *events = query_value(c, "events");

    if (!call_found(c, &found, t->org_id, CODE_NO_SUCH_TASK, NULL))
        return found;
    answer_begin(c);
    put_task(&c->out, t);
    if (events && strcmp(events, "1") == 0)
        TRY(put_time_line(c, t));
    return answer_end(c);
}

enum xk_err get_task(struct call *c)
{
    uint8_t id[TASK_ID_LEN];
    struct task t;

    if (!take_task_id(c, c->id, id))
        return XK_OK;
    return answer_one(c, task_load(c->order->store, id, &t), &t);
}

static enum xk_err put_listed(void *arg, const struct task *t)
{
    struct call *c = arg;

    json_open_object(&c->out, NULL);
    put_task(&c->out, t);
    json_close_object(&c->out);
    return XK_OK;
}

enum xk_err get_tasks(struct call *c)
{
    const char *order_no = query_value(c, "orderNo");
    const char *after = query_value(c, "after");
    struct task_filter f = {.batch_id = query_value(c, "batchId"), .cid = query_value(c, "cid")};
    struct task t;
    enum xk_err err;
    int64_t limit;

    if (order_no)
        return answer_one(c, task_load_by_order(c->order->store, c->app.id, order_no, &t), &t);
    if (!query_number(c, "limit", 100, PAGE_MAX, &limit) ||
        (after && !take_task_id(c, after, f.after)))
        return XK_OK;
    if (!query_org(c, &f.org_id, &err))
        return err;
    f.limit = (size_t)limit;
    answer_begin(c);
    json_open_array(&c->out, "tasks");
    TRY(task_list(c->order->store, &f, put_listed, c));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err get_batch(struct call *c)
{
    const struct task_state_info *states;
    struct task_batch b;
    uint64_t done = 0;
    enum xk_err err = task_batch_load(c->order->store, c->id, &b);
    size_t n;

    if (!call_found(c, &err, b.org_id, CODE_NO_SUCH_TASK, "batchId"))
        return err;
    answer_begin(c);
    json_put_text(&c->out, "batchId", b.id);
    json_put_int(&c->out, "total", (int64_t)b.total);
    json_put_bool(&c->out, "paused", b.paused);
    put_time(&c->out, "createdAt", b.created_at);
    states = task_states(&n);
    json_open_object(&c->out, "states");
    for (size_t i = 0; i < n; i++) {
        if (b.by_state[states[i].state] > 0)
            json_put_int(&c->out, states[i].name, (int64_t)b.by_state[states[i].state]);
        if (states[i].kind != TASK_OPEN)
            done += b.by_state[states[i].state];
    }
    json_close_object(&c->out);
    json_put_int(&c->out, "finished", (int64_t)done);
    json_put_int(&c->out, "success", (int64_t)b.by_state[TASK_SUCCESS]);
    return answer_end(c);
}

static void put_chip(struct json_out *o, const struct chip *chip)
{
    static const uint8_t no_task[TASK_ID_LEN];

    json_put_text(o, "cid", chip->cid);
    json_put_text(o, "batchId", chip->batch_id);
    json_put_text(o, "orgId", chip->org_id);
    json_put_text(o, "vendor", chip->vendor);
    json_put_text(o, "grade", chip_grade_name(chip->grade));
    json_put_text(o, "form", chip_form_name(chip->form));
    json_put_text(o, "state", chip_state_name(chip->state));
    json_put_text(o, "iccid", chip->iccid);
    json_put_text(o, "imsi", chip->imsi);
    json_put_text(o, "msisdn", chip->msisdn);
    json_put_text(o, "seedImsi", chip->seed_imsi);
    json_put_text(o, "seedMsisdn", chip->seed_msisdn);
    json_put_text(o, "radio", chip->radio);
    json_put_text(o, "imei", chip->imei);
    json_put_text(o, "cos", chip->cos);
    if (chip->wear_left == UINT32_MAX)
        json_put_null(o, "writesLeft");
    else
        json_put_int(o, "writesLeft", chip->wear_left);
    if (memcmp(chip->task_id, no_task, sizeof no_task) == 0)
        json_put_null(o, "taskId");
    else
        json_put_hex(o, "taskId", BYTES_OF(chip->task_id));
}

bool find_card(struct call *c, const char *id, struct chip *out, enum xk_err *err)
{
    *err = chip_get(c->order->store, id, out);
    if (*err == XK_E_NOT_FOUND)
        *err = chip_get_by_iccid(c->order->store, id, out);
    if (*err == XK_E_NOT_FOUND) {
        *err = answer_refuse(c, CODE_NO_SUCH_CARD, NULL);
        return false;
    }
    return call_found(c, err, out->org_id, CODE_NOT_YOURS, NULL);
}

enum xk_err get_card(struct call *c)
{
    struct task_filter f = {.org_id = call_is_root(c) ? NULL : c->app.org.id, .limit = 50};
    struct chip chip;
    enum xk_err err;

    if (!find_card(c, c->id, &chip, &err))
        return err;
    f.cid = chip.cid;
    answer_begin(c);
    put_chip(&c->out, &chip);
    json_open_array(&c->out, "history");
    TRY(task_list(c->order->store, &f, put_listed, c));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err get_cards(struct call *c)
{
    struct chip_filter f = {.batch_id = query_value(c, "batchId"), .state = -1};
    struct chip *list;
    enum xk_err err;
    int64_t limit;
    size_t n;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit))
        return XK_OK;
    if (!query_org(c, &f.org_id, &err))
        return err;
    list = arena_alloc(c->order->arena, (size_t)limit * sizeof *list + 1);
    if (!list)
        return XK_E_NOMEM;
    TRY(chip_list(c->order->store, &f, query_or(c, "after", ""), list, (size_t)limit, &n));
    answer_begin(c);
    json_open_array(&c->out, "cards");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&c->out, NULL);
        put_chip(&c->out, &list[i]);
        json_close_object(&c->out);
    }
    json_close_array(&c->out);
    return answer_end(c);
}

static enum xk_err count_tasks(struct call *c)
{
    static const struct store_query q = {"task_count_states",
                                         "SELECT state, COUNT(*) FROM task GROUP BY state"};
    enum xk_err err;

    json_open_object(&c->out, "tasks");
    TRY(store_open(c->order->store, &q, NULL, 0));
    while ((err = store_next(c->order->store)) == XK_OK) {
        const struct task_state_info *info =
            task_state_info((int)store_get_int(c->order->store, 0));

        json_put_int(&c->out, info ? info->name : "?", store_get_int(c->order->store, 1));
    }
    store_finish(c->order->store);
    json_close_object(&c->out);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err get_status(struct call *c)
{
    answer_begin(c);
    TRY(count_tasks(c));
    if (c->p->o.put_status)
        c->p->o.put_status(c->p->o.ctx, c->reply->body);
    return answer_end(c);
}

enum xk_err get_dead_callbacks(struct call *c)
{
    static const struct store_query q = {
        "dead_list", "SELECT d.outbox_id, d.url, d.reason, d.at, d.payload FROM callback_dead d "
                     "JOIN task t ON t.task_id = d.task_id WHERE $1 = '' OR "
                     "t.org_id = $1 ORDER BY d.outbox_id LIMIT 500"};
    struct store *s = c->order->store;
    const char *org;
    enum xk_err err;

    if (!query_org(c, &org, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "callbacks");
    TRY(store_open(s, &q, SV(sv_text(org ? org : "")), 1));
    while ((err = store_next(s)) == XK_OK) {
        json_open_object(&c->out, NULL);
        json_put_int(&c->out, "id", store_get_int(s, 0));
        json_put_bytes_text(&c->out, "url", store_get_bytes(s, 1));
        json_put_bytes_text(&c->out, "reason", store_get_bytes(s, 2));
        put_time(&c->out, "at", store_get_int(s, 3));
        json_put_bytes_text(&c->out, "body", store_get_bytes(s, 4));
        json_close_object(&c->out);
    }
    store_finish(s);
    json_close_array(&c->out);
    if (err != XK_E_NOT_FOUND)
        return err;
    return answer_end(c);
}

enum xk_err post_replay(struct call *c)
{
    static const struct store_query owner = {
        "dead_org", "SELECT t.org_id FROM callback_dead d JOIN task t ON t.task_id = d.task_id "
                    "WHERE d.outbox_id = $1"};
    int64_t id = 0;
    const struct json_field fields[] = {
        {.name = "id", .kind = JSON_INT, .required = true, .integer = &id}};
    char org[ORG_ID_MAX + 1] = "";
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = store_row(c->order->store, &owner, SVS(sv_int(id)));
    if (err == XK_OK) {
        store_get_text(c->order->store, 0, org, sizeof org);
        store_finish(c->order->store);
    }
    if (!call_found(c, &err, org, CODE_NO_SUCH_TASK, "id"))
        return err;
    TRY(outbox_revive(c->order->store, id, c->order->now));
    answer_begin(c);
    json_put_int(&c->out, "id", id);
    return answer_end(c);
}
