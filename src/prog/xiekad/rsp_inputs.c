/* SPDX-License-Identifier: Apache-2.0 */
/* What the jobs of consumer RSP decide. Worker thread, inside a savepoint. */
#include "prog/xiekad/rsp.h"

#include "crypto/random.h"

void rsp_plug(const struct rsp *rsp, struct download_ctx *out)
{
    out->policy = &rsp->policy;
    out->ports = &rsp->ports;
}

void rsp_context(struct daemon *d, struct job *job, struct download_ctx *out)
{
    *out = (struct download_ctx){
        .store = d->store,
        .keystore = d->keystore,
        .policy = &d->rsp->policy,
        .ports = &d->rsp->ports,
        .rand = random_openssl(),
        .ids = &d->ids,
        .arena = &job->arena,
        .said = &job->said,
        .now = xk_now(xk_clock_system()),
    };
}

static enum xk_err decide_lpa(struct job *job, struct download_ctx *c)
{
    const struct http_request *r = job->u.rsp.request;
    const struct rsp_door *door = job->u.rsp.door;
    const struct es9p_request in = {
        .method = http_method_name(r->method),
        .path = r->path,
        .content_type = http_header(r, "Content-Type"),
        .protocol = http_header(r, "X-Admin-Protocol"),
        .body = r->body,
        .peer = r->peer,
    };
    struct es9p_reply out = {.body = &job->u.rsp.body};
    enum xk_err err = job->kind == JOB_ES11 ? es11_handle(&door->es11, c, &in, &out)
                                            : es9p_handle(&door->es9p, c, &in, &out);

    job->u.rsp.status = out.status;
    job->u.rsp.content_type = out.content_type;
    return err;
}

static enum xk_err decide_es2p(struct daemon *d, struct job *job, struct download_ctx *c)
{
    const struct http_request *r = job->u.rsp.request;
    const struct es2p_call call = {
        .c = c,
        .method = http_method_name(r->method),
        .path = r->path,
        .content_type = http_header(r, "Content-Type"),
        .body = r->body,
        .certificate = r->peer_certificate,
        .peer = r->peer,
    };
    struct es2p_reply out = {.body = &job->u.rsp.body};

    TRY(es2p_handle(&d->rsp->es2p, &call, &out));
    job->u.rsp.status = out.status;
    job->u.rsp.content_type = WIRE_JSON_TYPE;
    job->u.rsp.waits_for = out.waits_for;
    return XK_OK;
}

static enum xk_err decide_es12(struct daemon *d, struct job *job, const struct download_ctx *c)
{
    const struct http_request *r = job->u.rsp.request;
    const struct es12_call call = {
        .store = c->store,
        .rand = c->rand,
        .arena = c->arena,
        .ids = c->ids,
        .said = c->said,
        .now = c->now,
        .method = http_method_name(r->method),
        .path = r->path,
        .content_type = http_header(r, "Content-Type"),
        .body = r->body,
        .certificate = r->peer_certificate,
        .peer = r->peer,
    };
    struct es12_reply out = {.body = &job->u.rsp.body};

    TRY(es12_handle(&d->rsp->es12, &call, &out));
    job->u.rsp.status = out.status;
    job->u.rsp.content_type = WIRE_JSON_TYPE;
    return XK_OK;
}

/* What an SM-DS answered to us. A registration decides a ConfirmOrder, at once and whatever it is;
 * all else is said again until it was heard. */
static enum xk_err decide_smds_answer(struct daemon *d, struct job *job, struct download_ctx *c)
{
    bool confirms = job->u.smds.registers && job->u.smds.iccid[0] != '\0';
    int64_t wait = outbox_callback_wait(job->u.smds.attempts + 1);
    struct exception_ctx x = download_exceptions(c);

    if (confirms) {
        TRY(outbox_done(c->store, job->u.smds.outbox_id));
        return es2p_finish(&d->rsp->es2p, c, job->u.smds.outbox_id, job->u.smds.iccid,
                           job->u.smds.answer, &job->u.smds.body);
    }
    if (job->u.smds.answer != DOWNLOAD_SMDS_UNREACHABLE)
        return exception_heard(&x, job->u.smds.outbox_id);
    if (wait > 0)
        return outbox_again(c->store, job->u.smds.outbox_id, c->now + wait);
    return exception_given_up(&x, job->u.smds.outbox_id, "the SM-DS cannot be reached");
}

enum xk_err rsp_decide(struct daemon *d, struct job *job)
{
    struct download_ctx c;

    rsp_context(d, job, &c);
    if (job->kind == JOB_SMDS_ANSWER) {
        buf_reset(&job->u.smds.body);
        return decide_smds_answer(d, job, &c);
    }
    buf_reset(&job->u.rsp.body);
    job->u.rsp.content_type = NULL;
    job->u.rsp.waits_for = 0;
    if (job->kind == JOB_ES2P)
        return decide_es2p(d, job, &c);
    if (job->kind == JOB_ES12)
        return decide_es12(d, job, &c);
    return decide_lpa(job, &c);
}

enum xk_err rsp_on_time(struct daemon *d, struct job *job, size_t limit, size_t *n)
{
    struct download_ctx c;

    rsp_context(d, job, &c);
    return download_on_time(&c, limit, n);
}

/* ---- what service/download asks to have written ---------------------------------------------- */

enum xk_err rsp_encode_telling(void *ctx, const struct download_telling *t, struct buf *url,
                               struct buf *body)
{
    const struct rsp *rsp = ctx;

    return es2p_encode_telling(t, rsp->requester, url, body);
}

/* What a write task waits for. */
enum xk_err rsp_tell_task(void *ctx, struct download_ctx *c, const struct download *d,
                          const struct download_event *event)
{
    const struct rsp *rsp = ctx;
    struct order_ctx order = {
        .store = c->store,
        .keystore = c->keystore,
        .policy = &rsp->d->policy,
        .ports = &rsp->d->ports,
        .rand = c->rand,
        .ids = c->ids,
        .arena = c->arena,
        .said = c->said,
        .now = c->now,
    };
    const char *text = event->detail ? event->detail : download_cause_text(event->cause);
    char detail[128];

    if (event->verdict.subject[0])
        snprintf(detail, sizeof detail, "%s (%s/%s)", text, event->verdict.subject,
                 event->verdict.reason);
    else
        snprintf(detail, sizeof detail, "%s", text);
    return order_on_download(&order, d->iccid, event->cause, detail);
}

/* SGP.22 5.9: the event is the order; its address is the one the profile is served at. An SM-DS is
 * told to pass it on: it knows itself whether it is the root. */
enum xk_err rsp_encode_event(void *ctx, enum download_smds_op op, const struct download *d,
                             const char *call_id, struct buf *url, struct buf *body)
{
    const struct rsp *rsp = ctx;
    struct es12_request r = {
        .function = op == DOWNLOAD_REGISTER_EVENT ? RSP_REGISTER_EVENT : RSP_DELETE_EVENT,
        .header = {.requester = rsp->requester, .call_id = call_id},
        .forward = true,
    };

    memcpy(r.eid, d->eid, sizeof r.eid);
    memcpy(r.event_id, d->matching_id, sizeof r.event_id);
    snprintf(r.address, sizeof r.address, "%s",
             d->smdp_address[0] ? d->smdp_address : rsp->es2p.smdp_address);
    es12_put_url(url, ES12, r.function, d->smds_address);
    return es12_encode_request(&r, body);
}
