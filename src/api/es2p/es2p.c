/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es2p/es2p.h"

#include "base/log.h"
#include "crypto/hash.h"

#define REQUEST_MAX 16384

/* One call on its way. */
struct work {
    const struct es2p *api;
    const struct es2p_call *in;
    struct download_ctx *c;
    struct operator_account account;
    struct es2p_request request;
    struct es2p_response response;
    struct download download; /* of the response */
    int64_t waits_for;
};

/* ---- the four functions ---------------------------------------------------------------------- */

static void answer_texts(const struct es2p *api, const struct download *d, struct es2p_response *r)
{
    if (r->function == RSP_DOWNLOAD_ORDER)
        r->iccid = d->iccid;
    if (r->function != RSP_CONFIRM_ORDER)
        return;
    r->eid = d->eid[0] ? d->eid : NULL;
    r->matching_id = d->matching_id;
    r->smdp_address = d->smdp_address[0] ? d->smdp_address : api->smdp_address;
}

/* SGP.22 5.3.1 */
static enum xk_err order(struct work *w, enum rsp_verdict *verdict)
{
    const struct download_order_request r = {.operator_id = w->account.id,
                                             .eid = w->request.eid,
                                             .iccid = w->request.iccid,
                                             .profile_type = w->request.profile_type};

    return download_order(w->c, &r, &w->download, verdict);
}

/* SGP.22 5.3.2 */
static enum xk_err confirm(struct work *w, enum rsp_verdict *verdict)
{
    const struct download_confirm_request r = {.operator_id = w->account.id,
                                               .iccid = w->request.iccid,
                                               .eid = w->request.eid,
                                               .matching_id = w->request.matching_id,
                                               .confirmation_code = w->request.confirmation_code,
                                               .smds_address = w->request.smds_address,
                                               .release = w->request.release};

    return download_confirm_order(w->c, &r, &w->download, verdict, &w->waits_for);
}

/* SGP.22 5.3.3 */
static enum xk_err cancel(struct work *w, enum rsp_verdict *verdict)
{
    struct download_cancel_request r = {.operator_id = w->account.id,
                                        .iccid = w->request.iccid,
                                        .eid = w->request.eid,
                                        .matching_id = w->request.matching_id};

    if (strcmp(w->request.final_state, "Available") == 0) {
        r.cause = DOWNLOAD_BY_CANCEL_AVAILABLE;
    } else if (strcmp(w->request.final_state, "Unavailable") == 0) {
        r.cause = DOWNLOAD_BY_CANCEL_UNAVAILABLE;
    } else {
        wire_reject_member(&w->response.status, WIRE_INVALID, "finalProfileStatusIndicator");
        return XK_OK;
    }
    return download_cancel_order(w->c, &r, &w->download, verdict);
}

static enum xk_err execute(struct work *w)
{
    enum rsp_verdict verdict = RSP_EXECUTED;

    switch ((int)w->request.function) {
    case RSP_DOWNLOAD_ORDER:
        TRY(order(w, &verdict));
        break;
    case RSP_CONFIRM_ORDER:
        TRY(confirm(w, &verdict));
        break;
    case RSP_CANCEL_ORDER:
        TRY(cancel(w, &verdict));
        break;
    default:
        TRY(download_release_profile(w->c, w->account.id, w->request.iccid, &w->download,
                                     &verdict)); /* SGP.22 5.3.4 */
        break;
    }
    rsp_reject(&w->response.status, verdict);
    if (rsp_succeeded(&w->response.status))
        answer_texts(w->api, &w->download, &w->response);
    return XK_OK;
}

/* ---- calls and their repeats ----------------------------------------------------------------- */

static void log_call(const struct work *w, const char *how)
{
    const struct es2p_request *r = &w->request;
    const struct rsp_status *s = &w->response.status;
    const char *iccid = w->download.iccid[0] ? w->download.iccid : r->iccid;

    xk_log(XK_LOG_INFO, "%s iccid=%s eid=%s operator=%s call=%s status=%.*s%s%.*s%s peer=%s",
           rsp_function_name(r->function), iccid ? iccid : "-", r->eid ? r->eid : "-",
           w->account.id[0] ? w->account.id : "-", r->header.call_id ? r->header.call_id : "-",
           (int)s->subject.n, (const char *)s->subject.p, rsp_succeeded(s) ? "ok" : "/",
           (int)s->reason.n, (const char *)s->reason.p, how, w->in->peer);
}

static enum xk_err decide_new(struct work *w, const struct operator_call *call,
                              struct es2p_reply *out)
{
    TRY(execute(w));
    if (w->waits_for != 0) {
        out->waits_for = w->waits_for;
        log_call(w, " waits");
        return operator_note_call(w->c, call, w->waits_for, BYTES_NONE);
    }
    TRY(es2p_encode_response(&w->response, out->body));
    log_call(w, "");
    return operator_note_call(w->c, call, 0, buf_bytes(out->body));
}

static enum xk_err refuse_other(struct work *w, struct es2p_reply *out)
{
    w->response.status = (struct rsp_status){
        .execution = RSP_FAILED,
        .subject = BYTES_STR("1.2.2"),
        .reason = BYTES_STR("3.3"),
        .message = BYTES_STR("the identifier was used for another call"),
    };
    log_call(w, "");
    return es2p_encode_response(&w->response, out->body);
}

/* SGP.22 5.2.2 */
static enum xk_err decide(struct work *w, struct es2p_reply *out)
{
    struct operator_call call = {.operator_id = w->account.id,
                                 .call_id = w->request.header.call_id,
                                 .function = es2p_path(w->request.function)};
    enum operator_repeat repeat = OPERATOR_CALL_NEW;
    struct bytes answer = BYTES_NONE;

    memcpy(call.request, w->request.digest, sizeof call.request);
    TRY(operator_find_call(w->c, &call, &repeat, &answer, &out->waits_for));
    switch (repeat) {
    case OPERATOR_CALL_NEW:
        return decide_new(w, &call, out);
    case OPERATOR_CALL_ANSWERED:
        log_call(w, " repeated");
        buf_put_bytes(out->body, answer);
        return buf_ok(out->body);
    case OPERATOR_CALL_WAITING:
        log_call(w, " repeated waits");
        return XK_OK;
    case OPERATOR_CALL_OTHER:
        break;
    }
    return refuse_other(w, out);
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static unsigned check_http(const struct es2p_call *in)
{
    if (strcmp(in->method, "POST") != 0)
        return 405;
    if (wire_media(in->content_type) != WIRE_JSON)
        return 415;
    return in->body.n > REQUEST_MAX ? 413 : 0;
}

static enum xk_err find_operator(const struct es2p_call *in, struct operator_account *out,
                                 unsigned *status)
{
    uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN];
    enum xk_err err;

    if (in->certificate.n == 0) {
        *status = 403;
        return XK_OK;
    }
    TRY(hash_digest(HASH_SHA256, in->certificate, fingerprint));
    err = operator_of(in->c->store, fingerprint, out);
    if (err != XK_E_NOT_FOUND)
        return err;
    *status = 403;
    return XK_OK;
}

enum xk_err es2p_handle(const struct es2p *api, const struct es2p_call *in, struct es2p_reply *out)
{
    struct work *w = arena_alloc(in->c->arena, sizeof *w);
    enum rsp_function function = RSP_DOWNLOAD_ORDER;
    enum xk_err err;

    if (!w)
        return XK_E_NOMEM;
    out->waits_for = 0;
    out->status = es2p_function(in->path, &function) ? check_http(in) : 404;
    if (out->status == 0)
        TRY(find_operator(in, &w->account, &out->status));
    if (out->status != 0) {
        xk_log(XK_LOG_INFO, "%s refused=%u peer=%s", in->path, out->status, in->peer);
        return XK_OK;
    }
    w->api = api;
    w->in = in;
    w->c = in->c;
    w->response.function = function;
    err = es2p_decode_request(function, in->body, in->c->arena, &w->request, &w->response.status);
    out->status = err == XK_E_FORMAT ? 400 : 200;
    if (err != XK_OK)
        return err == XK_E_FORMAT ? XK_OK : err;
    if (rsp_succeeded(&w->response.status))
        return decide(w, out);
    log_call(w, "");
    return es2p_encode_response(&w->response, out->body);
}

enum xk_err es2p_finish(const struct es2p *api, struct download_ctx *c, int64_t outbox_id,
                        const char *iccid, enum download_smds_answer answer, struct buf *body)
{
    struct es2p_response response = {.function = RSP_CONFIRM_ORDER};
    enum rsp_verdict verdict = RSP_EXECUTED;
    struct download d = {0};

    TRY(download_event_registered(c, iccid, answer, &d, &verdict));
    rsp_reject(&response.status, verdict);
    if (verdict == RSP_EXECUTED)
        answer_texts(api, &d, &response);
    xk_log(XK_LOG_INFO, "ES2+.ConfirmOrder iccid=%s eid=%s status=%.*s%s%.*s", iccid,
           d.eid[0] ? d.eid : "-", (int)response.status.subject.n,
           (const char *)response.status.subject.p, verdict == RSP_EXECUTED ? "ok" : "/",
           (int)response.status.reason.n, (const char *)response.status.reason.p);
    TRY(es2p_encode_response(&response, body));
    return operator_answer_calls(c, outbox_id, buf_bytes(body));
}
