/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+.AuthenticateClient (SGP.22 5.6.3). */
#include <assert.h>

#include "codec/rsp/authenticate.h"
#include "codec/rsp/download.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "server/smdpp/eligibility.h"
#include "server/smdpp/engine.h"

/* What one call works on, from step to step. The status says whether to go on. */
struct admission {
    const struct smdpp *smdpp;
    const struct smdpp_call *call;
    const struct rsp_authenticate_client_request *req;
    struct rsp_authenticate_server_response euicc; /* decoded */
    struct smdpp_session session;                  /* as it will be */
    struct download order;
    struct rsp_authenticate_client_response *resp;
    struct smdpp_effects *effects;
};

static void refuse(struct admission *a, enum rsp_verdict verdict)
{
    rsp_reject(&a->resp->status, verdict);
}

static bool going_on(const struct admission *a)
{
    return rsp_succeeded(&a->resp->status);
}

/* By matching ID, or by EID when there is none (default address; SM-DS without event ID). */
static enum xk_err find_order(struct admission *a)
{
    const struct smdpp_ports *ports = a->call->ports;
    struct bytes matching_id = a->euicc.euicc_signed1.ctx_params1.matching_id;
    bool by_id = matching_id.n > 0;
    enum xk_err err;

    if (by_id)
        err = ports->find_by_matching_id(ports->ctx, matching_id, a->call->arena, &a->order);
    else
        err = ports->find_by_eid(ports->ctx, a->session.euicc.eid, a->call->arena, &a->order);
    if (err == XK_OK && a->order.smdp_address[0] != '\0' &&
        !smdpp_is_address(a->smdpp, bytes_cstr(a->order.smdp_address)))
        err = XK_E_NOT_FOUND;
    if (err == XK_E_NOT_FOUND) {
        refuse(a, by_id ? RSP_AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED
                        : RSP_AUTHENTICATE_CLIENT_EID_MISMATCH);
        return XK_OK;
    }
    return err;
}

struct order_row {
    enum download_state state;
    enum rsp_verdict verdict;
};

static const struct order_row order_rows[] = {
#define ORDER_ROW(state, verdict) {DOWNLOAD_##state, RSP_##verdict},
#include "server/smdpp/order.def"
#undef ORDER_ROW
};
static_assert(ARRAY_LEN(order_rows) == 12, "a row a state");

static enum rsp_verdict verdict_of_state(const struct download *order)
{
    enum rsp_verdict verdict = RSP_AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED;

    for (size_t i = 0; i < ARRAY_LEN(order_rows); i++) {
        if (order_rows[i].state == order->state)
            verdict = order_rows[i].verdict;
    }
    if (order->state == DOWNLOAD_ERROR) {
        enum rsp_verdict ended =
            rsp_verdict_find(RSP_AUTHENTICATE_CLIENT, bytes_cstr(order->ended.subject),
                             bytes_cstr(order->ended.reason));

        if (ended != RSP_EXECUTED)
            verdict = ended;
    }
    return verdict;
}

/* Refuses, and tells operator and order why. */
static void refuse_order(struct admission *a, enum rsp_verdict verdict, enum download_cause cause)
{
    const struct download_event event = {.cause = cause,
                                         .point = DOWNLOAD_AT_ELIGIBILITY,
                                         .failed = true,
                                         .verdict = smdpp_codes(verdict)};

    refuse(a, verdict);
    smdpp_take_order(&a->order, a->effects);
    if (!smdpp_move(a->effects, &event))
        a->effects->has_download = false;
}

/* Released, for this eUICC, not expired, not tried too often: in this order. */
static void check_order(struct admission *a)
{
    enum rsp_verdict verdict = verdict_of_state(&a->order);

    if (verdict != RSP_EXECUTED)
        refuse(a, verdict);
    else if (a->order.eid[0] != '\0' && strcmp(a->order.eid, a->session.euicc.eid) != 0)
        refuse(a, RSP_AUTHENTICATE_CLIENT_EID_MISMATCH);
    else if (a->call->now >= a->order.expires_at)
        refuse_order(a, RSP_AUTHENTICATE_CLIENT_ORDER_EXPIRED, DOWNLOAD_BY_EXPIRE);
    else if (a->order.attempts_left == 0)
        refuse_order(a, RSP_AUTHENTICATE_CLIENT_TOO_MANY_ATTEMPTS, DOWNLOAD_BY_EXHAUST_ATTEMPTS);
}

static enum xk_err check_eligibility(struct admission *a)
{
    char text[ELIGIBILITY_TEXT_MAX];
    enum rsp_verdict verdict = smdpp_eligibility(&a->order, &a->euicc.euicc_signed1, text);
    char *message;

    if (verdict == RSP_EXECUTED)
        return XK_OK;
    message = arena_strdup(a->call->arena, text);
    if (!message)
        return XK_E_NOMEM;
    refuse_order(a, verdict, DOWNLOAD_BY_INELIGIBLE);
    a->effects->events[0].detail = message;
    a->resp->status.message = bytes_cstr(message);
    return XK_OK;
}

/* The eUICC's one-time key of a package that is kept for it: it may use that key again. */
static enum xk_err offer_kept_package(struct admission *a, struct smdpp_binding *binding,
                                      struct rsp_smdp_signed2 *signed2)
{
    const struct smdpp_ports *ports = a->call->ports;
    enum xk_err err;

    err = ports->load_binding(ports->ctx, a->order.iccid, a->call->arena, binding);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    secret_wipe(&binding->keys);
    if (strcmp(binding->eid, a->session.euicc.eid) == 0)
        signed2->bpp_euicc_otpk = BYTES_OF(binding->euicc_otpk);
    return XK_OK;
}

/* smdpSigned2, and smdpSignature2 over it and euiccSignature1. */
static enum xk_err sign_second(struct admission *a, const struct auth_identity *identity)
{
    struct smdpp_session *s = &a->session;
    struct rsp_smdp_signed2 signed2 = {.transaction_id = BYTES_OF(s->auth.transaction_id),
                                       .cc_required = a->order.has_code};
    struct smdpp_binding binding;
    struct bytes parts[2];
    struct buf b;

    TRY(offer_kept_package(a, &binding, &signed2));
    buf_init_fixed(&b, s->smdp_signed2, sizeof s->smdp_signed2);
    TRY(rsp_encode_smdp_signed2(&signed2, &b));
    s->smdp_signed2_len = b.n;
    parts[0] = buf_bytes(&b);
    parts[1] = a->euicc.euicc_signature1;
    return ecdsa_sign(identity->pb_key, parts, ARRAY_LEN(parts), s->smdp_signature2);
}

static enum xk_err fill_answer(struct admission *a, const struct auth_identity *identity)
{
    const struct smdpp_session *s = &a->session;
    struct rsp_authenticate_client_response *resp = a->resp;
    uint8_t tlv[RSP_SIGNATURE_TLV_LEN];

    rsp_signature_tlv(s->smdp_signature2, tlv);
    TRY(smdpp_keep(a->call->arena, BYTES_OF(s->auth.transaction_id), &resp->transaction_id));
    TRY(smdpp_keep(a->call->arena, BYTES(s->smdp_signed2, s->smdp_signed2_len),
                   &resp->smdp_signed2));
    TRY(smdpp_keep(a->call->arena, BYTES_OF(tlv), &resp->smdp_signature2));
    resp->profile_metadata = a->order.metadata;
    resp->smdp_certificate = identity->pb_certificate;
    return XK_OK;
}

/* The order is this eUICC's from now on, and one attempt is used. */
static enum xk_err count_attempt(struct admission *a)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_ATTEMPT,
                                         .point = DOWNLOAD_AT_ELIGIBILITY};

    smdpp_take_order(&a->order, a->effects);
    a->effects->download.attempts_left--;
    memcpy(a->effects->download.eid, a->session.euicc.eid, sizeof a->effects->download.eid);
    return smdpp_move(a->effects, &event) ? XK_OK : XK_E_INTERNAL;
}

static enum xk_err admit(struct admission *a, struct smdpp_session *session)
{
    const struct auth_identity *identity = auth_identity(a->smdpp->auth, a->session.auth.server_ci);

    TRY(auth_client(a->smdpp->auth, a->call->now, &a->session.auth, &a->euicc, &a->session.euicc,
                    &a->resp->status));
    if (!going_on(a))
        return XK_OK;
    TRY(find_order(a));
    if (!going_on(a))
        return XK_OK;
    check_order(a);
    if (!going_on(a))
        return XK_OK;
    TRY(check_eligibility(a));
    if (!going_on(a))
        return XK_OK;
    TRY(sign_second(a, identity));
    TRY(fill_answer(a, identity));
    TRY(count_attempt(a));
    memcpy(a->session.iccid, a->order.iccid, sizeof a->session.iccid);
    a->session.state = SMDPP_AWAIT_PREPARATION;
    *session = a->session;
    return XK_OK;
}

/* The answer to the same request was lost: it is given again, unless the order is gone. */
static enum xk_err admit_again(struct admission *a)
{
    const struct auth_identity *identity = auth_identity(a->smdpp->auth, a->session.auth.server_ci);
    const struct smdpp_ports *ports = a->call->ports;
    enum xk_err err = ports->find_by_iccid(ports->ctx, a->session.iccid, a->call->arena, &a->order);

    if (err == XK_E_NOT_FOUND ||
        (err == XK_OK && (!download_is_offered(a->order.state) ||
                          strcmp(a->order.eid, a->session.euicc.eid) != 0))) {
        refuse(a, RSP_AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED);
        return XK_OK;
    }
    TRY(err);
    return fill_answer(a, identity);
}

enum xk_err smdpp_authenticate_client(const struct smdpp *smdpp, const struct smdpp_call *call,
                                      const struct rsp_authenticate_client_request *req,
                                      struct smdpp_session *session,
                                      struct rsp_authenticate_client_response *resp,
                                      struct smdpp_effects *effects)
{
    enum smdpp_step step = smdpp_step_of(session, SMDPP_CALL_AUTHENTICATE_CLIENT, call->now);
    struct admission a = {
        .smdpp = smdpp, .call = call, .req = req, .resp = resp, .effects = effects};
    uint8_t digest[HASH_LEN];

    *resp = (struct rsp_authenticate_client_response){0};
    *effects = (struct smdpp_effects){0};
    if (step == SMDPP_STEP_NONE ||
        !bytes_eq(req->transaction_id, BYTES_OF(session->auth.transaction_id)) ||
        !auth_identity(smdpp->auth, session->auth.server_ci)) {
        refuse(&a, RSP_AUTHENTICATE_CLIENT_TRANSACTION_UNKNOWN);
        return XK_OK;
    }
    a.session = *session;
    TRY(hash_digest(HASH_SHA256, req->authenticate_server_response, digest));
    if (step == SMDPP_STEP_ADMIT_AGAIN) {
        if (memcmp(digest, session->request1, sizeof digest) == 0)
            return admit_again(&a);
        refuse(&a, RSP_AUTHENTICATE_CLIENT_TRANSACTION_UNKNOWN);
        return XK_OK;
    }
    if (rsp_decode_authenticate_server_response(req->authenticate_server_response, &a.euicc) !=
        XK_OK) {
        refuse(&a, RSP_AUTHENTICATE_CLIENT_MALFORMED);
        return XK_OK;
    }
    memcpy(a.session.request1, digest, sizeof digest);
    return admit(&a, session);
}
