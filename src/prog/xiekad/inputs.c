/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of job decides. Worker thread, inside a savepoint. */
#include "prog/xiekad/daemon.h"

#include "api/otaw/otaw.h"
#include "api/partner/stock.h"
#include "codec/script/script.h"
#include "crypto/random.h"
#include "prog/xiekad/metrics.h"
#include "prog/xiekad/rsp.h"
#include "server/ota/ota.h"
#include "service/profile/offer.h"

#define DUE_TASKS_MAX 64
#define DUE_OUTBOX_MAX 256
#define DUE_ORDERS_MAX 32
#define DUE_EXCEPTIONS_MAX 32
#define QUARANTINE_MAX 64

/* The write engine behind the port of service/order. */
static enum xk_err build_script(void *ctx, const struct order_script *s, struct buf *packet)
{
    struct ota_script o = {
        .chip = s->chip,
        .chip_keys = s->chip_keys,
        .number = s->number,
        .number_keys = s->number_keys,
        .fallback_min = s->fallback_min,
        .counter = s->counter,
    };

    (void)ctx;
    memcpy(o.task_id, s->task->id, sizeof o.task_id);
    if (s->restore)
        o.flags = SCRIPT_RESTORE_SEED;
    else if (s->step == TASK_STEP_COMMIT)
        o.flags = SCRIPT_COMMIT;
    else
        o.flags = s->single_shot ? SCRIPT_PREPARE | SCRIPT_COMMIT : SCRIPT_PREPARE;
    if (s->keep_seed && !s->restore)
        o.flags |= SCRIPT_KEEP_SEED;
    return ota_build(&o, packet);
}

static enum xk_err encode_callback(void *ctx, const struct task *t, const char *event_id,
                                   int64_t at, struct buf *body)
{
    (void)ctx;
    return partner_encode_callback(t, event_id, at, body);
}

static enum xk_err describe(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                            uint8_t iei, struct bytes packet, struct buf *text)
{
    (void)ctx;
    return ota_describe(chip, keys, iei, packet, text);
}

static enum xk_err open_report(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                               uint8_t iei, struct bytes packet, struct arena *arena,
                               struct order_report *out)
{
    (void)ctx;
    return otaw_open(chip, keys, iei, packet, arena, out);
}

static bool open_download(void *ctx, const struct order_ctx *order, struct download_ctx *out)
{
    struct daemon *d = ctx;

    if (!d->rsp)
        return false;
    *out = (struct download_ctx){.store = order->store,
                                 .keystore = order->keystore,
                                 .rand = order->rand,
                                 .ids = order->ids,
                                 .arena = order->arena,
                                 .said = order->said,
                                 .now = order->now};
    rsp_plug(d->rsp, out);
    return true;
}

/* ---- the SM-DP+ behind the port of service/order ---- */

static enum xk_err offer(void *ctx, struct order_ctx *c, const struct task *t,
                         struct order_offer *out)
{
    struct daemon *d = ctx;
    struct offer_request r = {.eid = t->cid, .imsi = t->imsi, .template_id = t->template_id};
    struct prepare_refusal why;
    struct download_ctx download;

    if (!open_download(d, c, &download) || d->rsp->es2p.smdp_address[0] == '\0') {
        out->code = CODE_NO_SMDPP;
        return XK_OK;
    }
    r.address = d->rsp->es2p.smdp_address;
    TRY(offer_make(&download, &stock_protection, &r, out->activation_code, &why));
    out->code = why.code;
    memcpy(out->detail, why.detail, sizeof out->detail);
    return XK_OK;
}

static enum xk_err release(void *ctx, struct order_ctx *c, const struct task *t)
{
    struct download_ctx download;

    return open_download(ctx, c, &download) ? offer_release(&download, t->iccid) : XK_E_STATE;
}

static enum xk_err withdraw(void *ctx, struct order_ctx *c, const struct task *t)
{
    struct download_ctx download;

    return open_download(ctx, c, &download) ? offer_withdraw(&download, t->iccid) : XK_OK;
}

static const struct order_rsp_ports rsp_ports = {
    .offer = offer, .release = release, .withdraw = withdraw};

void inputs_plug(struct daemon *d, struct partner_options *o)
{
    o->download = open_download;
    d->ports.ctx = d;
    d->ports.rsp = &rsp_ports;
    d->ports.build_script = build_script;
    d->ports.encode_callback = encode_callback;
    d->ports.encode_exception = partner_encode_exception;
    o->describe = describe;
    o->open_report = open_report;
}

static const char *find_header(const void *request, const char *name)
{
    return http_header(request, name);
}

static enum xk_err decide_http(struct daemon *d, struct job *job, struct order_ctx *c)
{
    struct http_request *r = job->u.http.request;
    const struct partner_call call = {
        .method = http_method_name(r->method),
        .path = r->path,
        .query = r->query,
        .header = find_header,
        .request = r,
        .body = r->body,
        .peer = r->peer,
        .order = c,
    };

    job->u.http.reply.body = &job->u.http.body;
    return partner_handle(d->partner, &call, &job->u.http.reply);
}

static enum xk_err decide_events(struct job *job, struct order_ctx *c)
{
    struct home_event *events = arena_alloc(&job->arena, HOME_BATCH_MAX * sizeof *events);
    struct buf *out = &job->u.http.body;
    uint64_t seq = 0;
    size_t n;

    if (!events)
        return XK_E_NOMEM;
    buf_reset(out);
    if (home_decode_events(job->u.http.request->body, events, HOME_BATCH_MAX, &n, out) != XK_OK) {
        job->u.http.reply.status = 400;
        return XK_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (events[i].type == HOME_ATTACH)
            TRY(order_on_attach(c, events[i].imsi, events[i].imei, events[i].time));
        seq = events[i].seq;
    }
    buf_reset(out);
    job->u.http.reply.status = 200;
    return home_encode_taken(seq, out);
}

static enum xk_err decide_report(struct job *job, struct order_ctx *c)
{
    enum xk_err err = otaw_report(c, job->u.report.from, job->u.report.iei, job->u.report.packet);

    if (err == XK_E_AUTH || err == XK_E_FORMAT || err == XK_E_DENIED || err == XK_E_NOT_FOUND) {
        /* not from a card of ours, or a replay: taken off the SMSC's hands, nothing changed */
        xk_log(XK_LOG_WARN, "report.refused from=%s err=%s", job->u.report.from, xk_err_name(err));
        return XK_OK;
    }
    return err;
}

static enum xk_err decide_submitted(struct job *job, struct order_ctx *c)
{
    const char *reason = job->u.submitted.reason[0] ? job->u.submitted.reason : NULL;

    TRY(outbox_done(c->store, job->u.submitted.outbox_id));
    return order_on_submitted(c, job->u.submitted.task_id, reason);
}

/* A number waits for a task, or for a profile that was made of it. */
static enum xk_err take_opened(struct daemon *d, const struct opened *o, struct order_ctx *c)
{
    const char *reason = o->reason[0] ? o->reason : NULL;
    struct download_ctx download;

    TRY(order_on_opened(c, o->imsi, reason));
    return open_download(d, c, &download) ? prepare_on_opened(&download, o->imsi, reason) : XK_OK;
}

static enum xk_err decide_opened(struct daemon *d, struct job *job, struct order_ctx *c)
{
    for (size_t i = 0; i < job->u.opened.n; i++) {
        const struct opened *o = &job->u.opened.list[i];

        TRY(outbox_done(c->store, o->outbox_id));
        if (o->op == HOME_OPEN)
            TRY(take_opened(d, o, c));
    }
    return XK_OK;
}

static enum xk_err decide_callback(struct job *job, struct order_ctx *c)
{
    int64_t wait = outbox_callback_wait(job->u.callback.attempts + 1);
    struct exception_ctx x = order_exceptions(c);

    if (job->u.callback.reason[0] == '\0')
        return exception_heard(&x, job->u.callback.outbox_id);
    if (wait > 0)
        return outbox_again(c->store, job->u.callback.outbox_id, c->now + wait);
    return exception_given_up(&x, job->u.callback.outbox_id, job->u.callback.reason);
}

static enum xk_err decide_tick(struct daemon *d, struct job *job, struct order_ctx *c)
{
    struct exception_ctx x = order_exceptions(c);
    size_t moved, released, looked, ended = 0;

    if (job->u.tick.minute)
        TRY(platform_note(c->store, c->now, &job->u.tick.calls));
    TRY(order_on_time(c, DUE_TASKS_MAX, &moved));
    job->u.tick.more = moved == DUE_TASKS_MAX;
    if (d->rsp)
        TRY(rsp_on_time(d, job, DUE_ORDERS_MAX, &ended));
    TRY(exception_service(&x, job->u.tick.down_ms));
    TRY(exception_on_time(&x, DUE_EXCEPTIONS_MAX, &looked));
    job->u.tick.more = job->u.tick.more || ended == DUE_ORDERS_MAX || looked == DUE_EXCEPTIONS_MAX;
    TRY(outbox_take(c->store, c->now, DUE_OUTBOX_MAX, &job->said));
    return number_quarantine_release(c->store, d->keystore, c->rand, c->now, QUARANTINE_MAX,
                                     &released);
}

enum xk_err inputs_decide(struct daemon *d, struct job *job, struct order_ctx *c)
{
    switch (job->kind) {
    case JOB_HTTP:
        return decide_http(d, job, c);
    case JOB_METRICS:
        buf_reset(&job->u.http.body);
        job->u.http.reply.status = 200;
        return metrics_put_store(c->store, &job->u.http.body);
    case JOB_HSS_EVENTS:
        return decide_events(job, c);
    case JOB_REPORT:
        return decide_report(job, c);
    case JOB_RECEIPT:
        return order_on_receipt(c, job->u.receipt.task_id, job->u.receipt.delivered);
    case JOB_SUBMITTED:
        return decide_submitted(job, c);
    case JOB_OPENED:
        return decide_opened(d, job, c);
    case JOB_CALLBACK_DONE:
        return decide_callback(job, c);
    case JOB_AGAIN:
        return outbox_again(c->store, job->u.again.outbox_id, job->u.again.due_at);
    case JOB_ES9P:
    case JOB_ES11:
    case JOB_ES12:
    case JOB_ES2P:
    case JOB_SMDS_ANSWER:
        return rsp_decide(d, job);
    case JOB_TICK:
        return decide_tick(d, job, c);
    }
    return XK_E_INTERNAL;
}
