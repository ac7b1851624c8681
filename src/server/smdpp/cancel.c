/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+.CancelSession (SGP.22 5.6.5). */
#include <assert.h>

#include "codec/rsp/cancel_session.h"
#include "server/smdpp/engine.h"

struct cancel_row {
    uint32_t reason;
    enum download_cause cause;
    struct download_verdict verdict;
};

static const struct cancel_row rows[] = {
#define CANCEL_ROW(reason, cause, subject, code)                                                   \
    {RSP_CANCEL_##reason, DOWNLOAD_BY_##cause, {subject, code}},
#include "server/smdpp/cancel.def"
#undef CANCEL_ROW
};
static_assert(ARRAY_LEN(rows) == 20, "a row a cancelSessionReason; the last is for all others");

static const struct cancel_row *row_of(uint32_t reason)
{
    size_t i = 0;

    while (i < ARRAY_LEN(rows) - 1 && rows[i].reason != reason)
        i++;
    return &rows[i];
}

/* Signed by the eUICC of the session, of this transaction, and meant for us: in the order of the
 * specification. */
static enum rsp_verdict check(const struct smdpp *smdpp, const struct smdpp_session *session,
                              const struct rsp_cancel_session_response *in)
{
    const struct rsp_euicc_cancel_session_signed *data = &in->signed_data;

    if (!in->ok)
        return RSP_CANCEL_SESSION_NOT_CANCELLED;
    if (!bytes_eq(data->transaction_id, BYTES_OF(session->auth.transaction_id)))
        return RSP_CANCEL_SESSION_TRANSACTION_UNKNOWN;
    if (!auth_signed_by(&session->euicc, &data->raw, 1, in->signature))
        return RSP_CANCEL_SESSION_SIGNATURE_INVALID;
    if (!bytes_eq(data->smdp_oid, smdpp_oid(smdpp)))
        return RSP_CANCEL_SESSION_OID_MISMATCH;
    return RSP_EXECUTED;
}

/* Only the order that this session is about, and only while it waits for this eUICC. */
static enum xk_err move_order(const struct smdpp_call *call, const struct smdpp_session *session,
                              uint32_t reason, struct smdpp_effects *effects)
{
    const struct smdpp_ports *ports = call->ports;
    const struct cancel_row *row = row_of(reason);
    bool rejected = row->cause == DOWNLOAD_BY_REJECT;
    const struct download_event event = {.cause = row->cause,
                                         .point = !rejected ? DOWNLOAD_AT_NONE
                                                  : session->state == SMDPP_PACKAGE_SENT
                                                      ? DOWNLOAD_AT_INSTALLATION
                                                      : DOWNLOAD_AT_DOWNLOAD,
                                         .failed = rejected,
                                         .verdict = row->verdict,
                                         .detail = rsp_code_text(RSP_TABLE_CANCEL_REASON, reason)};
    struct download order;
    enum xk_err err = ports->find_by_iccid(ports->ctx, session->iccid, call->arena, &order);

    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    if (strcmp(order.eid, session->euicc.eid) != 0)
        return XK_OK;
    smdpp_take_order(&order, effects);
    if (!smdpp_move(effects, &event))
        effects->has_download = false;
    return XK_OK;
}

enum xk_err smdpp_cancel_session(const struct smdpp *smdpp, const struct smdpp_call *call,
                                 const struct rsp_es9p_cancel_session_request *req,
                                 struct smdpp_session *session,
                                 struct rsp_es9p_cancel_session_response *resp,
                                 struct smdpp_effects *effects)
{
    enum smdpp_step step = smdpp_step_of(session, SMDPP_CALL_CANCEL_SESSION, call->now);
    struct rsp_cancel_session_response in;
    enum rsp_verdict verdict = RSP_CANCEL_SESSION_MALFORMED;

    *resp = (struct rsp_es9p_cancel_session_response){0};
    *effects = (struct smdpp_effects){0};
    if (step == SMDPP_STEP_NONE ||
        !bytes_eq(req->transaction_id, BYTES_OF(session->auth.transaction_id)))
        verdict = RSP_CANCEL_SESSION_TRANSACTION_UNKNOWN;
    else if (rsp_decode_cancel_session_response(req->cancel_session_response, &in) == XK_OK)
        verdict = check(smdpp, session, &in);
    if (verdict != RSP_EXECUTED) {
        rsp_reject(&resp->status, verdict);
        return XK_OK;
    }
    if (step == SMDPP_STEP_CANCEL_AGAIN)
        return XK_OK;
    TRY(move_order(call, session, in.signed_data.reason, effects));
    session->state = SMDPP_CANCELLED;
    return XK_OK;
}
