/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a decision: the row, its history, what the operator and the SM-DS hear. */
#include "service/download/operator.h"
#include "service/download/rows.h"

#define BODY_MAX OUTBOX_PAYLOAD_MAX
#define URL_MAX 1024
#define CALL_ID_MAX 32

void download_policy_default(struct download_policy *p)
{
    *p = (struct download_policy){
        .attempts = 10, .code_tries = 3, .order_ms = 0, .call_ms = 7ll * 86400000};
}

enum xk_err download_note(struct download_ctx *c, const struct download *d,
                          const struct download_event *event)
{
    static const struct store_query q = {
        "download_note",
        "INSERT INTO profile_event (iccid, seq, at, cause, state, eid, subject, reason, detail, "
        "data) VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM profile_event WHERE iccid = $1)"
        ", $2, $3, $4, $5, $6, $7, $8, $9)"};
    const char *detail = event->detail ? event->detail : download_cause_text(event->cause);

    TRY(store_exec(c->store, &q,
                   SVS(sv_text(d->iccid), sv_int(c->now), sv_int((int64_t)event->cause),
                       sv_int((int64_t)d->state), sv_text(d->eid), sv_text(event->verdict.subject),
                       sv_text(event->verdict.reason), sv_text(detail),
                       event->result_data.n > 0 ? sv_bytes(event->result_data) : sv_null()),
                   NULL));
    return d->for_task && c->ports->tell_task ? c->ports->tell_task(c->ports->ctx, c, d, event)
                                              : XK_OK;
}

static void read_history(struct store *s, struct download_history *h)
{
    *h = (struct download_history){0};
    h->seq = store_get_int(s, 0);
    h->at = store_get_int(s, 1);
    h->cause = (enum download_cause)store_get_int(s, 2);
    h->state = (enum download_state)store_get_int(s, 3);
    store_get_text(s, 4, h->eid, sizeof h->eid);
    store_get_text(s, 5, h->verdict.subject, sizeof h->verdict.subject);
    store_get_text(s, 6, h->verdict.reason, sizeof h->verdict.reason);
    store_get_text(s, 7, h->detail, sizeof h->detail);
    h->data = store_get_bytes(s, 8);
}

enum xk_err download_history(struct store *s, const char *iccid,
                             enum xk_err (*each)(void *arg, const struct download_history *h),
                             void *arg)
{
    static const struct store_query q = {
        "download_history", "SELECT seq, at, cause, state, eid, subject, reason, detail, data "
                            "FROM profile_event WHERE iccid = $1 ORDER BY seq"};
    enum xk_err err;

    TRY(store_open(s, &q, SVS(sv_text(iccid))));
    while ((err = store_next(s)) == XK_OK) {
        struct download_history h;

        read_history(s, &h);
        err = each(arg, &h);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- the operator ---------------------------------------------------------------------------- */

/* An identifier of a call of ours: unique, since it is the outbox row's. */
static const char *call_id(const struct download_ctx *c, char text[CALL_ID_MAX])
{
    snprintf(text, CALL_ID_MAX, "%016llX", (unsigned long long)c->ids->next);
    return text;
}

/* A row of the outbox with what a port wrote; nothing when it wrote no url. */
static enum xk_err put_out(struct download_ctx *c, enum outbox_kind kind, const char *group,
                           struct buf *url, const struct buf *body)
{
    struct outbox_item item = {.kind = kind, .due_at = c->now, .group_key = group};

    TRY(buf_ok(url));
    TRY(buf_ok(body));
    if (url->n == 0)
        return XK_OK;
    item.address = buf_cstr(url);
    item.payload = buf_bytes(body);
    return outbox_add(c->store, c->ids, &item, c->said);
}

/* SGP.22 5.3.5 */
enum xk_err download_tell(struct download_ctx *c, const struct download *d,
                          const struct download_event *event)
{
    struct download_telling t = {.download = d, .event = event, .at = c->now};
    uint8_t *room;
    struct operator_account account;
    char id[CALL_ID_MAX];
    struct buf url, body;
    enum xk_err err;

    if (event->point == DOWNLOAD_AT_NONE)
        return XK_OK;
    err = operator_load(c->store, d->owner, &account);
    if (err != XK_OK || account.callback_url[0] == '\0')
        return err == XK_E_NOT_FOUND ? XK_OK : err;
    room = arena_alloc(c->arena, URL_MAX + BODY_MAX);
    if (!room)
        return XK_E_NOMEM;
    t.call_id = call_id(c, id);
    t.callbacks = account.callbacks;
    t.base_url = account.callback_url;
    buf_init_fixed(&url, room, URL_MAX);
    buf_init_fixed(&body, room + URL_MAX, BODY_MAX);
    TRY(c->ports->encode_telling(c->ports->ctx, &t, &url, &body));
    return put_out(c, OUTBOX_ES2P, d->iccid, &url, &body);
}

/* ---- the SM-DS ------------------------------------------------------------------------------- */

/* SGP.22 5.9: *row is the outbox row (NULL: nobody asks). */
enum xk_err download_tell_smds(struct download_ctx *c, enum download_smds_op op,
                               const struct download *d, int64_t *row)
{
    uint8_t *room = arena_alloc(c->arena, URL_MAX + BODY_MAX);
    char id[CALL_ID_MAX];
    struct buf url, body;

    if (!room)
        return XK_E_NOMEM;
    if (row)
        *row = c->ids->next;
    buf_init_fixed(&url, room, URL_MAX);
    buf_init_fixed(&body, room + URL_MAX, BODY_MAX);
    TRY(c->ports->encode_event(c->ports->ctx, op, d, call_id(c, id), &url, &body));
    return put_out(c, OUTBOX_SMDS, d->iccid, &url, &body);
}

enum xk_err download_forget_event(struct download_ctx *c, struct download *d)
{
    if (d->smds != DOWNLOAD_SMDS_REGISTERED)
        return XK_OK;
    d->smds = DOWNLOAD_SMDS_DELETING;
    return download_tell_smds(c, DOWNLOAD_DELETE_EVENT, d, NULL);
}

/* ---- committing ------------------------------------------------------------------------------ */

struct exception_ctx download_exceptions(const struct download_ctx *c)
{
    return (struct exception_ctx){.store = c->store, .ids = c->ids, .said = c->said, .now = c->now};
}

static enum xk_err note_all(struct download_ctx *c, const struct download *d,
                            const struct download_event *events, size_t n)
{
    struct exception_ctx x = download_exceptions(c);

    for (size_t i = 0; i < n; i++) {
        TRY(download_note(c, d, &events[i]));
        TRY(download_tell(c, d, &events[i]));
        TRY(exception_downloaded(&x, d, events[i].cause));
    }
    return XK_OK;
}

enum xk_err download_commit(struct download_ctx *c, struct download *d,
                            const struct download_event *events, size_t n)
{
    bool attempt = n == 1 && events[0].cause == DOWNLOAD_BY_ATTEMPT;

    TRY(attempt ? download_save_attempt(c, d) : download_save_decision(c, d));
    return note_all(c, d, events, n);
}

enum xk_err download_step(struct download_ctx *c, struct download *d,
                          const struct download_event *event)
{
    enum download_state to;

    if (!download_move(d->state, event->cause, &to))
        return XK_E_STATE;
    d->state = to;
    TRY(download_save(c, d));
    return note_all(c, d, event, 1);
}
