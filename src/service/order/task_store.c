/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks and their time lines as rows. */
#include "service/order/task_store.h"

#define TASK_COLUMNS                                                                               \
    "task_id, order_no, app_id, batch_id, cid, mode, channel, pool_id, target_msisdn, msisdn, "    \
    "imsi, iccid, state, step, attach_seen, report_seen, attempts, attempts_all, retries, "        \
    "card_result, code, message, callback_url, created_at, updated_at, sending_at, finished_at, "  \
    "due_at, expires_at, rollbacks, org_id, template_id, activation_code"

static void read_names(struct store *s, struct task *t)
{
    store_get_fixed(s, 0, t->id, sizeof t->id);
    store_get_text(s, 1, t->order_no, sizeof t->order_no);
    store_get_text(s, 2, t->app_id, sizeof t->app_id);
    store_get_text(s, 3, t->batch_id, sizeof t->batch_id);
    store_get_text(s, 4, t->cid, sizeof t->cid);
    t->mode = (enum task_mode)store_get_int(s, 5);
    t->channel = (enum task_channel)store_get_int(s, 6);
    store_get_text(s, 7, t->pool_id, sizeof t->pool_id);
    store_get_text(s, 8, t->target_msisdn, sizeof t->target_msisdn);
    store_get_text(s, 9, t->msisdn, sizeof t->msisdn);
    store_get_text(s, 10, t->imsi, sizeof t->imsi);
    store_get_text(s, 11, t->iccid, sizeof t->iccid);
}

static void read_task(struct store *s, struct task *t)
{
    *t = (struct task){0};
    read_names(s, t);
    t->state = (enum task_state)store_get_int(s, 12);
    t->step = (enum task_step)store_get_int(s, 13);
    t->attach_seen = store_get_int(s, 14) != 0;
    t->report_seen = store_get_int(s, 15) != 0;
    t->attempts = (uint32_t)store_get_int(s, 16);
    t->attempts_all = (uint32_t)store_get_int(s, 17);
    t->retries = (uint32_t)store_get_int(s, 18);
    t->card_result = (uint8_t)store_get_int(s, 19);
    t->code = (int)store_get_int(s, 20);
    store_get_text(s, 21, t->message, sizeof t->message);
    store_get_text(s, 22, t->callback_url, sizeof t->callback_url);
    t->created_at = store_get_int(s, 23);
    t->updated_at = store_get_int(s, 24);
    t->sending_at = store_get_int(s, 25);
    t->finished_at = store_get_int(s, 26);
    t->due_at = store_get_int(s, 27);
    t->expires_at = store_get_int(s, 28);
    t->rollbacks = (uint32_t)store_get_int(s, 29);
    store_get_text(s, 30, t->org_id, sizeof t->org_id);
    store_get_text(s, 31, t->template_id, sizeof t->template_id);
    store_get_text(s, 32, t->activation_code, sizeof t->activation_code);
}

static enum xk_err load_one(struct store *s, const struct store_query *q,
                            const struct store_value *v, size_t n, struct task *out)
{
    enum xk_err err;

    TRY(store_open(s, q, v, n));
    err = store_next(s);
    if (err == XK_OK)
        read_task(s, out);
    store_finish(s);
    return err;
}

enum xk_err task_load(struct store *s, const uint8_t id[TASK_ID_LEN], struct task *out)
{
    static const struct store_query q = {"task_load",
                                         "SELECT " TASK_COLUMNS " FROM task WHERE task_id = $1"};

    return load_one(s, &q, SV(sv_bytes(BYTES(id, TASK_ID_LEN))), 1, out);
}

enum xk_err task_load_by_order(struct store *s, const char *app_id, const char *order_no,
                               struct task *out)
{
    static const struct store_query q = {"task_load_by_order",
                                         "SELECT " TASK_COLUMNS
                                         " FROM task WHERE app_id = $1 AND order_no = $2"};

    return load_one(s, &q, SV(sv_text(app_id), sv_text(order_no)), 2, out);
}

enum xk_err task_load_by_imsi(struct store *s, const char *imsi, struct task *out)
{
    static const struct store_query q = {"task_load_by_imsi",
                                         "SELECT " TASK_COLUMNS " FROM task WHERE imsi = $1 "
                                         "ORDER BY created_at DESC, task_id DESC LIMIT 1"};

    return load_one(s, &q, SV(sv_text(imsi)), 1, out);
}

enum xk_err task_insert(struct store *s, const struct task *t)
{
    static const struct store_query q = {
        "task_insert",
        "INSERT INTO task (" TASK_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
        "$12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, "
        "$29, $30, $31, $32, $33)"};
    const struct store_value v[] = {
        sv_bytes(BYTES_OF(t->id)),   sv_text(t->order_no),     sv_text(t->app_id),
        sv_text(t->batch_id),        sv_text(t->cid),          sv_int((int64_t)t->mode),
        sv_int((int64_t)t->channel), sv_text(t->pool_id),      sv_text(t->target_msisdn),
        sv_text(t->msisdn),          sv_text(t->imsi),         sv_text(t->iccid),
        sv_int((int64_t)t->state),   sv_int((int64_t)t->step), sv_int(t->attach_seen),
        sv_int(t->report_seen),      sv_int(t->attempts),      sv_int(t->attempts_all),
        sv_int(t->retries),          sv_int(t->card_result),   sv_int(t->code),
        sv_text(t->message),         sv_text(t->callback_url), sv_int(t->created_at),
        sv_int(t->updated_at),       sv_int(t->sending_at),    sv_int(t->finished_at),
        sv_int(t->due_at),           sv_int(t->expires_at),    sv_int(t->rollbacks),
        sv_text(t->org_id),          sv_text(t->template_id),  sv_text(t->activation_code),
    };

    return store_exec(s, &q, v, ARRAY_LEN(v), NULL);
}

enum xk_err task_save(struct store *s, const struct task *t)
{
    static const struct store_query q = {
        "task_save",
        "UPDATE task SET msisdn = $1, imsi = $2, iccid = $3, state = $4, step = $5, "
        "attach_seen = $6, report_seen = $7, attempts = $8, attempts_all = $9, retries = $10, "
        "card_result = $11, code = $12, message = $13, updated_at = $14, sending_at = $15, "
        "finished_at = $16, due_at = $17, expires_at = $18, rollbacks = $19, channel = $20, "
        "template_id = $21, activation_code = $22 WHERE task_id = $23"};
    const struct store_value v[] = {
        sv_text(t->msisdn),        sv_text(t->imsi),
        sv_text(t->iccid),         sv_int((int64_t)t->state),
        sv_int((int64_t)t->step),  sv_int(t->attach_seen),
        sv_int(t->report_seen),    sv_int(t->attempts),
        sv_int(t->attempts_all),   sv_int(t->retries),
        sv_int(t->card_result),    sv_int(t->code),
        sv_text(t->message),       sv_int(t->updated_at),
        sv_int(t->sending_at),     sv_int(t->finished_at),
        sv_int(t->due_at),         sv_int(t->expires_at),
        sv_int(t->rollbacks),      sv_int((int64_t)t->channel),
        sv_text(t->template_id),   sv_text(t->activation_code),
        sv_bytes(BYTES_OF(t->id)),
    };

    return store_exec(s, &q, v, ARRAY_LEN(v), NULL);
}

enum xk_err task_event_add(struct store *s, const struct task *t, int64_t at, const char *kind,
                           const char *detail, struct bytes data)
{
    static const struct store_query q = {
        "task_event_add",
        "INSERT INTO task_event (task_id, seq, at, kind, state, detail, data) VALUES ($1,"
        " (SELECT COALESCE(MAX(seq), 0) + 1 FROM task_event WHERE task_id = $1), $2, $3, $4, $5,"
        " $6)"};

    return store_exec(s, &q,
                      SV(sv_bytes(BYTES_OF(t->id)), sv_int(at), sv_text(kind),
                         sv_int((int64_t)t->state), sv_text(detail),
                         data.n > 0 ? sv_bytes(data) : sv_null()),
                      6, NULL);
}

enum xk_err task_events(struct store *s, const uint8_t id[TASK_ID_LEN],
                        enum xk_err (*each)(void *arg, const struct task_event *e), void *arg)
{
    static const struct store_query q = {
        "task_events", "SELECT seq, at, kind, state, detail, data FROM task_event "
                       "WHERE task_id = $1 ORDER BY seq"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_bytes(BYTES(id, TASK_ID_LEN))), 1));
    while ((err = store_next(s)) == XK_OK) {
        struct task_event e = {0};

        e.seq = store_get_int(s, 0);
        e.at = store_get_int(s, 1);
        store_get_text(s, 2, e.kind, sizeof e.kind);
        e.state = (enum task_state)store_get_int(s, 3);
        store_get_text(s, 4, e.detail, sizeof e.detail);
        e.data = store_get_bytes(s, 5);
        err = each(arg, &e);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err task_was_delivered(struct store *s, const uint8_t id[TASK_ID_LEN], bool *delivered)
{
    static const struct store_query q = {
        "task_was_delivered", "SELECT 1 FROM task_event WHERE task_id = $1 AND (state = $2 OR kind "
                              "= 'sms_in') LIMIT 1"};
    enum xk_err err =
        store_row(s, &q, SVS(sv_bytes(BYTES(id, TASK_ID_LEN)), sv_int(TASK_DELIVERED)));

    *delivered = err == XK_OK;
    if (err == XK_OK)
        store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err task_list(struct store *s, const struct task_filter *f,
                      enum xk_err (*each)(void *arg, const struct task *t), void *arg)
{
    static const struct store_query by_batch = {
        "task_list_batch", "SELECT " TASK_COLUMNS " FROM task WHERE batch_id = $1 AND "
                           "($2 = '' OR org_id = $2) AND task_id > $3 ORDER BY task_id LIMIT $4"};
    static const struct store_query by_cid = {
        "task_list_cid", "SELECT " TASK_COLUMNS " FROM task WHERE cid = $1 AND "
                         "($2 = '' OR org_id = $2) AND task_id > $3 ORDER BY task_id LIMIT $4"};
    static const struct store_query by_org = {
        "task_list_org", "SELECT " TASK_COLUMNS " FROM task WHERE order_no <> $1 AND org_id = $2 "
                         "AND task_id > $3 ORDER BY task_id LIMIT $4"};
    static const struct store_query all = {
        "task_list_all", "SELECT " TASK_COLUMNS " FROM task WHERE order_no <> $1 AND $2 = '' "
                         "AND task_id > $3 ORDER BY task_id LIMIT $4"};
    const struct store_query *q = f->batch_id ? &by_batch
                                  : f->cid    ? &by_cid
                                  : f->org_id ? &by_org
                                              : &all;
    const char *key = f->batch_id ? f->batch_id : f->cid ? f->cid : "";
    enum xk_err err;

    TRY(store_open(s, q,
                   SV(sv_text(key), sv_text(f->org_id ? f->org_id : ""),
                      sv_bytes(BYTES_OF(f->after)), sv_int((int64_t)f->limit)),
                   4));
    while ((err = store_next(s)) == XK_OK) {
        struct task t;

        read_task(s, &t);
        err = each(arg, &t);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err task_due(struct store *s, int64_t now, size_t limit, uint8_t (*ids)[TASK_ID_LEN],
                     size_t *n)
{
    static const struct store_query q = {
        "task_due", "SELECT task_id FROM task WHERE due_at <= $1 ORDER BY due_at LIMIT $2"};
    enum xk_err err;

    *n = 0;
    TRY(store_open(s, &q, SV(sv_int(now), sv_int((int64_t)limit)), 2));
    while (*n < limit && (err = store_next(s)) == XK_OK)
        store_get_fixed(s, 0, ids[(*n)++], TASK_ID_LEN);
    store_finish(s);
    return *n == limit || err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err order_next_due(struct store *s, int64_t *at)
{
    static const struct store_query q = {"task_next_due",
                                         "SELECT COALESCE(MIN(due_at), $1) FROM task"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_int(INT64_MAX)), 1));
    err = store_next(s);
    if (err == XK_OK)
        *at = store_get_int(s, 0);
    store_finish(s);
    return err;
}
