/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+.GetBoundProfilePackage (SGP.22 5.6.2). */
#include "codec/rsp/download.h"
#include "crypto/hash.h"
#include "server/smdpp/bind.h"

struct request {
    const struct smdpp *smdpp;
    const struct smdpp_call *call;
    const struct rsp_get_bound_profile_package_request *req;
    const struct smdpp_session *session;
    struct rsp_prepare_download_response euicc; /* decoded */
    struct download order;
    struct smdpp_package package;
    struct rsp_get_bound_profile_package_response *resp;
    struct smdpp_effects *effects;
};

static void refuse(struct request *r, enum rsp_verdict verdict)
{
    rsp_reject(&r->resp->status, verdict);
}

static bool going_on(const struct request *r)
{
    return rsp_succeeded(&r->resp->status);
}

/* The eUICC prepared this download: of this transaction, signed over what we had signed. */
static void check_preparation(struct request *r)
{
    const struct smdpp_session *s = r->session;
    uint8_t tlv[RSP_SIGNATURE_TLV_LEN];
    struct bytes parts[2] = {r->euicc.euicc_signed2.raw, BYTES_OF(tlv)};

    if (!bytes_eq(r->euicc.transaction_id, BYTES_OF(s->auth.transaction_id))) {
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_TRANSACTION_UNKNOWN);
        return;
    }
    if (!r->euicc.ok) {
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_PREPARATION_FAILED);
        r->resp->status.message =
            bytes_cstr(rsp_code_text(RSP_TABLE_DOWNLOAD_ERROR, r->euicc.error));
        return;
    }
    rsp_signature_tlv(s->smdp_signature2, tlv);
    if (!auth_signed_by(&s->euicc, parts, ARRAY_LEN(parts), r->euicc.euicc_signature2))
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_SIGNATURE_INVALID);
}

/* Refuses, and tells operator and order why. */
static void refuse_order(struct request *r, enum rsp_verdict verdict, enum download_cause cause,
                         enum download_point point)
{
    const struct download_event event = {
        .cause = cause, .point = point, .failed = true, .verdict = smdpp_codes(verdict)};

    refuse(r, verdict);
    if (!smdpp_move(r->effects, &event))
        r->effects->has_download = false;
}

/* The order may have been cancelled, or may have expired, since the eUICC was admitted. */
static enum xk_err load_order(struct request *r)
{
    const struct smdpp_ports *ports = r->call->ports;
    enum xk_err err =
        ports->find_by_iccid(ports->ctx, r->session->iccid, r->call->arena, &r->order);

    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    if (err == XK_E_NOT_FOUND || !download_is_offered(r->order.state) ||
        strcmp(r->order.eid, r->session->euicc.eid) != 0) {
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_REBINDING_REFUSED);
        r->resp->status.message = bytes_cstr("the download order is no longer there");
        return XK_OK;
    }
    if (r->call->now >= r->order.expires_at) {
        smdpp_take_order(&r->order, r->effects);
        refuse_order(r, RSP_GET_BOUND_PROFILE_PACKAGE_ORDER_EXPIRED, DOWNLOAD_BY_EXPIRE,
                     DOWNLOAD_AT_DOWNLOAD);
    }
    return XK_OK;
}

static void refuse_code(struct request *r)
{
    uint32_t *left;

    smdpp_take_order(&r->order, r->effects);
    left = &r->effects->download.code_tries_left;
    if (*left > 0)
        (*left)--;
    if (*left > 0)
        refuse_order(r, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED, DOWNLOAD_BY_REFUSE_CODE,
                     DOWNLOAD_AT_CONFIRMATION);
    else
        refuse_order(r, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_RETRIES_EXCEEDED,
                     DOWNLOAD_BY_EXHAUST_CODE, DOWNLOAD_AT_CONFIRMATION);
}

/* A wrong confirmation code counts against the order; the session may go on with the right one. */
static enum xk_err check_code(struct request *r)
{
    struct bytes got = r->euicc.euicc_signed2.hash_cc;
    uint8_t want[RSP_HASH_LEN];

    if (!r->order.has_code)
        return XK_OK;
    if (!DER_PRESENT(got)) {
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_MISSING);
        return XK_OK;
    }
    TRY(rsp_hash_cc_from_hash(r->order.code_hash, BYTES_OF(r->session->auth.transaction_id), want));
    if (r->order.code_tries_left == 0 || !bytes_eq_secret(got, BYTES_OF(want)))
        refuse_code(r);
    return XK_OK;
}

/* A kept package is good when it is for this eUICC, its one-time key and what we have in stock. */
static enum xk_err take_kept(struct request *r, const struct smdpp_bind *bind,
                             struct smdpp_binding *kept, bool *good)
{
    const struct smdpp_ports *ports = r->call->ports;
    bool another_key;
    uint8_t basis[32];
    enum xk_err err;

    *good = false;
    err = ports->load_binding(ports->ctx, r->order.iccid, r->call->arena, kept);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    TRY(smdpp_bind_basis(bind, basis));
    another_key = !bytes_eq(BYTES_OF(kept->euicc_otpk), bind->euicc_otpk);
    if (another_key && r->order.state == DOWNLOAD_DOWNLOADED &&
        r->smdpp->rebind == SMDPP_REFUSE_REBIND)
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_REBINDING_REFUSED);
    *good = !another_key && strcmp(kept->eid, r->session->euicc.eid) == 0 &&
            memcmp(kept->basis, basis, sizeof basis) == 0;
    return XK_OK;
}

/* Under the kept keys, or new ones. The binding goes into the effects. */
static enum xk_err bind_profile(struct request *r, const struct smdpp_bind *bind)
{
    struct smdpp_binding *binding = &r->effects->binding;
    bool kept;
    enum xk_err err;

    TRY(take_kept(r, bind, binding, &kept));
    if (!going_on(r))
        return XK_OK;
    if (kept)
        return smdpp_bind_again(bind, binding);
    err = smdpp_bind_fresh(bind, binding);
    if (err != XK_E_VALUE)
        return err;
    /* Signed by the eUICC, and no key all the same. */
    refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_SIGNATURE_INVALID);
    return XK_OK;
}

static enum xk_err hand_out(struct request *r, const struct smdpp_bind *bind,
                            const struct smdpp_binding *binding)
{
    TRY(smdpp_bind_package(bind, binding, &r->resp->bound_profile_package));
    return smdpp_keep(r->call->arena, BYTES_OF(r->session->auth.transaction_id),
                      &r->resp->transaction_id);
}

static enum xk_err commit_binding(struct request *r, struct smdpp_session *session)
{
    static const struct download_event event = {.cause = DOWNLOAD_BY_BIND,
                                                .point = DOWNLOAD_AT_DOWNLOAD};
    struct smdpp_session next = *r->session;

    smdpp_take_order(&r->order, r->effects);
    if (!smdpp_move(r->effects, &event))
        return XK_E_INTERNAL;
    r->effects->has_binding = true;
    next.state = SMDPP_PACKAGE_SENT;
    next.keep_until = r->call->now + r->smdpp->result_ms;
    TRY(hash_digest(HASH_SHA256, r->req->prepare_download_response, next.request2));
    *session = next;
    return XK_OK;
}

static struct smdpp_bind bind_of(const struct request *r)
{
    return (struct smdpp_bind){.smdpp = r->smdpp,
                               .call = r->call,
                               .identity =
                                   auth_identity(r->smdpp->auth, r->session->auth.server_ci),
                               .session = r->session,
                               .profile = &r->order,
                               .package = &r->package,
                               .euicc_otpk = r->euicc.euicc_signed2.euicc_otpk};
}

static enum xk_err load_package(struct request *r)
{
    const struct smdpp_ports *ports = r->call->ports;

    return ports->load_package(ports->ctx, r->order.iccid, r->call->arena, &r->package);
}

static enum xk_err bind_and_hand_out(struct request *r, struct smdpp_session *session)
{
    const struct smdpp_bind bind = bind_of(r);

    check_preparation(r);
    if (!going_on(r))
        return XK_OK;
    TRY(load_order(r));
    if (!going_on(r))
        return XK_OK;
    TRY(check_code(r));
    if (!going_on(r))
        return XK_OK;
    TRY(load_package(r));
    TRY(bind_profile(r, &bind));
    if (!going_on(r))
        return XK_OK;
    TRY(hand_out(r, &bind, &r->effects->binding));
    return commit_binding(r, session);
}

/* The answer to the same request was lost: the very same package again. */
static enum xk_err hand_out_again(struct request *r)
{
    const struct smdpp_bind bind = bind_of(r);
    const struct smdpp_ports *ports = r->call->ports;
    struct smdpp_binding *kept = &r->effects->binding;
    enum xk_err err;

    TRY(load_order(r));
    if (!going_on(r))
        return XK_OK;
    err = ports->load_binding(ports->ctx, r->order.iccid, r->call->arena, kept);
    if (err == XK_E_NOT_FOUND ||
        (err == XK_OK &&
         !bytes_eq(BYTES_OF(kept->transaction_id), BYTES_OF(r->session->auth.transaction_id)))) {
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_REBINDING_REFUSED);
        return XK_OK;
    }
    TRY(err);
    TRY(load_package(r));
    return hand_out(r, &bind, kept);
}

static enum xk_err take_request(struct request *r, enum smdpp_step step,
                                struct smdpp_session *session)
{
    uint8_t digest[HASH_LEN];

    if (step == SMDPP_STEP_BIND) {
        if (rsp_decode_prepare_download_response(r->req->prepare_download_response, &r->euicc) ==
            XK_OK)
            return bind_and_hand_out(r, session);
        refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_MALFORMED);
        return XK_OK;
    }
    TRY(hash_digest(HASH_SHA256, r->req->prepare_download_response, digest));
    if (memcmp(digest, r->session->request2, sizeof digest) == 0)
        return hand_out_again(r);
    refuse(r, RSP_GET_BOUND_PROFILE_PACKAGE_TRANSACTION_UNKNOWN);
    return XK_OK;
}

enum xk_err smdpp_get_bound_profile_package(const struct smdpp *smdpp,
                                            const struct smdpp_call *call,
                                            const struct rsp_get_bound_profile_package_request *req,
                                            struct smdpp_session *session,
                                            struct rsp_get_bound_profile_package_response *resp,
                                            struct smdpp_effects *effects)
{
    enum smdpp_step step = smdpp_step_of(session, SMDPP_CALL_GET_BOUND_PROFILE_PACKAGE, call->now);
    struct request r = {.smdpp = smdpp,
                        .call = call,
                        .req = req,
                        .session = session,
                        .resp = resp,
                        .effects = effects};
    enum xk_err err;

    *resp = (struct rsp_get_bound_profile_package_response){0};
    *effects = (struct smdpp_effects){0};
    if (step == SMDPP_STEP_NONE ||
        !bytes_eq(req->transaction_id, BYTES_OF(session->auth.transaction_id)) ||
        !auth_identity(smdpp->auth, session->auth.server_ci)) {
        refuse(&r, RSP_GET_BOUND_PROFILE_PACKAGE_TRANSACTION_UNKNOWN);
        return XK_OK;
    }
    err = take_request(&r, step, session);
    secret_wipe(&r.package.ppk);
    if (err != XK_OK || !effects->has_binding)
        smdpp_effects_wipe(effects);
    return err;
}
