/* SPDX-License-Identifier: Apache-2.0 */
/* Common mutual authentication (SGP.22 3.0.1) with an SM-DP+ or SM-DS, and cancelling (3.0.2). */
#include "crypto/x509.h"
#include "terminal/lpa/core.h"

#define TAC_LEN 4
#define RELEASE_15 RSP_VERSION(15, 0, 0)

struct bytes lpa_keep(struct lpa *l, struct bytes span)
{
    uint8_t *copy = DER_PRESENT(span) ? arena_copy(&l->session_arena, span) : NULL;

    return BYTES(copy, copy ? span.n : 0);
}

const struct lpa_source *lpa_source(const struct lpa *l)
{
    return &l->sources[l->source_at];
}

void lpa_session_end(struct lpa *l)
{
    arena_reset(&l->session_arena);
    explicit_bzero(&l->session, sizeof l->session);
}

void lpa_session_begin(struct lpa *l)
{
    lpa_session_end(l);
    lpa_go(l, STEP_GET_INFO1);
}

struct bytes lpa_host(const char *address)
{
    return BYTES(address, strcspn(address, ":"));
}

/* ---- replies ---- */

struct lpa_fault lpa_status_fault(const struct lpa *l, const struct rsp_status *status)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_SERVER_REFUSED);

    fault.function = l->post.function;
    lpa_copy_text(fault.subject, sizeof fault.subject, status->subject);
    lpa_copy_text(fault.reason, sizeof fault.reason, status->reason);
    lpa_copy_text(fault.message, sizeof fault.message, status->message);
    return fault;
}

bool lpa_reply_ok(struct lpa *l, const struct rsp_status *status)
{
    struct lpa_fault fault;

    if (rsp_succeeded(status))
        return true;
    fault = lpa_status_fault(l, status);
    lpa_fail_with(l, &fault);
    return false;
}

static enum lpa_fault_kind fault_of_reply(enum lpa_reply_kind kind)
{
    static const enum lpa_fault_kind kinds[] = {
        [LPA_REPLY_OK] = LPA_FAULT_SERVER_MALFORMED,
        [LPA_REPLY_UNREACHABLE] = LPA_FAULT_SERVER_UNREACHABLE,
        [LPA_REPLY_CUT] = LPA_FAULT_SERVER_CUT,
        [LPA_REPLY_TLS] = LPA_FAULT_SERVER_TLS,
        [LPA_REPLY_HTTP] = LPA_FAULT_SERVER_HTTP,
        [LPA_REPLY_MALFORMED] = LPA_FAULT_SERVER_MALFORMED,
    };

    return (size_t)kind < ARRAY_LEN(kinds) ? kinds[kind] : LPA_FAULT_SERVER_MALFORMED;
}

struct lpa_fault lpa_reply_fault(const struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, fault_of_reply(l->reply.kind));

    fault.function = l->post.function;
    fault.http_status = l->reply.http_status;
    lpa_copy_text(fault.message, sizeof fault.message, bytes_cstr(l->reply.text));
    return fault;
}

/* A server in trouble may be well again in a moment (RFC 9110 15.6); one that refuses is not asked
 * twice. */
static bool may_pass(const struct lpa_reply *reply)
{
    return reply->kind == LPA_REPLY_CUT || reply->kind == LPA_REPLY_UNREACHABLE ||
           (reply->kind == LPA_REPLY_HTTP &&
            (reply->http_status >= 500 || reply->http_status == 429));
}

void lpa_post_failed(struct lpa *l)
{
    struct lpa_fault fault = lpa_reply_fault(l);

    if (may_pass(&l->reply))
        lpa_try_again(l, &fault);
    else
        lpa_fail_with(l, &fault);
}

/* Success, but not what was asked for. */
static void malformed(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_SERVER_MALFORMED);

    fault.function = l->post.function;
    lpa_fail_with(l, &fault);
}

/* The whole session again: the server knows the order by its matching ID and the eUICC by its EID,
 * so that nothing is lost (5.6.3). */
void lpa_try_again(struct lpa *l, const struct lpa_fault *fault)
{
    if (l->download.tries >= l->config.tries) {
        lpa_fail_with(l, fault);
        return;
    }
    l->result.last_trouble = *fault;
    lpa_session_end(l);
    lpa_go(l, STEP_RETRY);
}

void lpa_retry(struct lpa *l)
{
    lpa_wait(l, LPA_RETRY_WAIT_MS << (l->download.tries > 0 ? l->download.tries - 1 : 0));
}

void lpa_retried(struct lpa *l)
{
    lpa_session_begin(l);
}

/* ---- ES10b.GetEUICCInfo, GetEUICCChallenge: 5.7.7, 5.7.8 ---- */

void lpa_get_info1(struct lpa *l)
{
    l->result.tries = ++l->download.tries;
    lpa_card_ask_empty(l, TAG_EUICC_INFO1);
}

void lpa_info1_given(struct lpa *l)
{
    struct rsp_euicc_info1 info;

    if (rsp_decode_euicc_info1(lpa_card_answer(l), &info) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    l->session.info1 = lpa_keep(l, info.raw);
    lpa_go(l, STEP_GET_CHALLENGE);
}

void lpa_get_challenge(struct lpa *l)
{
    lpa_card_ask_empty(l, TAG_GET_EUICC_CHALLENGE);
}

void lpa_challenge_given(struct lpa *l)
{
    struct bytes challenge;

    if (rsp_decode_get_euicc_challenge_response(lpa_card_answer(l), &challenge) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    l->session.challenge = lpa_keep(l, challenge);
    lpa_go(l, STEP_INITIATE);
}

/* ---- ES9+.InitiateAuthentication: 5.6.1; ES11 alike: 5.8.1 ---- */

void lpa_initiate(struct lpa *l)
{
    const struct lpa_source *source = lpa_source(l);

    l->post = (struct rsp_es9p_request){
        .function = RSP_INITIATE_AUTHENTICATION,
        .initiate_authentication = {.euicc_challenge = l->session.challenge,
                                    .smdp_address = lpa_host(source->address),
                                    .euicc_info1 = l->session.info1}};
    lpa_post(l, source->address);
}

static bool same_host(struct bytes a, struct bytes b)
{
    return a.n == b.n && strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/* 3.0.1: the object identifier of the activation code is that of CERT.DPauth */
static bool oid_is_expected(const struct lpa *l, struct bytes certificate)
{
    char text[X509_OID_TEXT_MAX];
    struct x509_cert cert;

    if (!l->task.code.smdp_oid[0] || !lpa_source(l)->by_code)
        return true;
    return x509_read(certificate, &cert) == XK_OK && cert.registered_id.n > 0 &&
           x509_oid_format(cert.registered_id, text) == XK_OK &&
           strcmp(text, l->task.code.smdp_oid) == 0;
}

static void keep_transaction(struct lpa *l, struct bytes id)
{
    memcpy(l->session.transaction_id, id.p, id.n);
    l->session.transaction_id_n = id.n;
}

static struct bytes transaction_id(const struct lpa *l)
{
    return BYTES(l->session.transaction_id, l->session.transaction_id_n);
}

/* The device: SGP.22 4.2. Without an IMEI a TAC of zeros, which is nobody's. */
static void describe_device(const struct lpa *l, uint8_t imei[8], struct rsp_device_info *out)
{
    bool known = l->config.imei[0] && rsp_imei_from_text(bytes_cstr(l->config.imei), imei) == XK_OK;

    if (!known)
        memset(imei, 0, 8);
    *out = (struct rsp_device_info){.tac = BYTES(imei, TAC_LEN)};
    if (known)
        out->imei = BYTES(imei, 8);
    out->releases = 1u << RSP_RELEASE_UTRAN | 1u << RSP_RELEASE_EUTRAN_EPC;
    out->release[RSP_RELEASE_UTRAN] = RELEASE_15;
    out->release[RSP_RELEASE_EUTRAN_EPC] = RELEASE_15;
}

/* ES10b.AuthenticateServer: 5.7.13; encoded while the reply is there */
static enum xk_err encode_authenticate_server(struct lpa *l,
                                              const struct rsp_initiate_authentication_response *r,
                                              const struct rsp_server_signed1 *signed1)
{
    const struct lpa_source *source = lpa_source(l);
    struct rsp_authenticate_server_request request = {
        .server_signed1 = *signed1,
        .server_signature1 = r->server_signature1,
        .server_certificate = r->server_certificate,
        .other_certs_in_chain = r->other_certs_in_chain,
        .crl_list = r->crl_list,
        .ctx_params1 = {.kind = RSP_CTX_COMMON_AUTHENTICATION}};
    struct der d = der_of(r->euicc_ci_pk_id);
    uint8_t imei[8];

    request.euicc_ci_pk_id = der_take(&d, DER_OCTET_STRING);
    TRY(der_end(&d));
    describe_device(l, imei, &request.ctx_params1.device_info);
    if (source->has_matching_id)
        request.ctx_params1.matching_id = bytes_cstr(source->matching_id);
    buf_wipe(&l->request);
    return rsp_encode_authenticate_server_request(&request, &l->request);
}

/* What the eUICC cannot know: where we dialled, and what the activation code says. */
static enum lpa_fault_kind check_server(const struct lpa *l,
                                        const struct rsp_initiate_authentication_response *r,
                                        const struct rsp_server_signed1 *signed1)
{
    if (!bytes_eq(signed1->transaction_id, r->transaction_id))
        return LPA_FAULT_TRANSACTION_MISMATCH;
    if (!same_host(signed1->server_address, lpa_host(lpa_source(l)->address)))
        return LPA_FAULT_ADDRESS_MISMATCH;
    return oid_is_expected(l, r->server_certificate) ? LPA_FAULT_NONE : LPA_FAULT_OID_MISMATCH;
}

static void server_is_wrong(struct lpa *l, enum lpa_fault_kind kind,
                            const struct rsp_server_signed1 *signed1)
{
    struct lpa_fault fault = lpa_fault(l, kind);

    if (kind == LPA_FAULT_ADDRESS_MISMATCH)
        lpa_copy_text(fault.message, sizeof fault.message, signed1->server_address);
    if (kind == LPA_FAULT_OID_MISMATCH)
        lpa_copy_text(fault.message, sizeof fault.message, bytes_cstr(l->task.code.smdp_oid));
    lpa_fail_with(l, &fault);
}

void lpa_initiated(struct lpa *l)
{
    const struct rsp_initiate_authentication_response *r;
    struct rsp_server_signed1 signed1;
    enum lpa_fault_kind wrong;

    if (!l->reply.response || l->reply.response->function != RSP_INITIATE_AUTHENTICATION) {
        malformed(l);
        return;
    }
    r = &l->reply.response->initiate_authentication;
    if (!lpa_reply_ok(l, &r->status))
        return;
    if (rsp_decode_server_signed1(r->server_signed1, &signed1) != XK_OK) {
        malformed(l);
        return;
    }
    wrong = check_server(l, r, &signed1);
    if (wrong != LPA_FAULT_NONE) {
        server_is_wrong(l, wrong, &signed1);
        return;
    }
    keep_transaction(l, signed1.transaction_id);
    if (encode_authenticate_server(l, r, &signed1) == XK_OK)
        lpa_go(l, STEP_AUTHENTICATE_SERVER);
    else
        malformed(l);
}

/* ---- ES10b.AuthenticateServer: 5.7.13 ---- */

void lpa_authenticate_server(struct lpa *l)
{
    lpa_card_ask(l, XK_OK);
}

void lpa_server_authenticated(struct lpa *l)
{
    struct rsp_authenticate_server_response r;

    if (rsp_decode_authenticate_server_response(lpa_card_answer(l), &r) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    if (!r.ok) {
        lpa_tell_refused(l, STEP_TELL_SERVER_REFUSED, RSP_TABLE_AUTHENTICATE_ERROR, r.error);
        return;
    }
    l->session.on_card = true;
    lpa_go(l, STEP_AUTHENTICATE_CLIENT);
}

/* ---- ES9+.AuthenticateClient: 5.6.3; ES11: 5.8.2 ---- */

void lpa_authenticate_client(struct lpa *l)
{
    l->post = (struct rsp_es9p_request){
        .function = RSP_AUTHENTICATE_CLIENT,
        .authenticate_client = {.transaction_id = transaction_id(l),
                                .authenticate_server_response = lpa_card_answer(l)}};
    lpa_post(l, lpa_source(l)->address);
}

static enum xk_err keep_offer(struct lpa *l, const struct rsp_authenticate_client_response *r)
{
    struct lpa_session *s = &l->session;

    TRY(rsp_decode_smdp_signed2(lpa_keep(l, r->smdp_signed2), &s->smdp_signed2));
    TRY(rsp_decode_store_metadata(lpa_keep(l, r->profile_metadata), &s->metadata));
    s->smdp_signature2 = lpa_keep(l, r->smdp_signature2);
    s->smdp_certificate = lpa_keep(l, r->smdp_certificate);
    return s->smdp_signature2.n && s->smdp_certificate.n ? XK_OK : XK_E_FORMAT;
}

static void profile_offered(struct lpa *l, const struct rsp_authenticate_client_response *r)
{
    if (!lpa_reply_ok(l, &r->status))
        return;
    if (keep_offer(l, r) != XK_OK) {
        malformed(l);
        return;
    }
    if (!bytes_eq(l->session.smdp_signed2.transaction_id, transaction_id(l))) {
        lpa_fail(l, LPA_FAULT_TRANSACTION_MISMATCH);
        return;
    }
    lpa_profile_offered(l);
}

void lpa_client_authenticated(struct lpa *l)
{
    const struct rsp_es9p_response *r = l->reply.response;

    if (r && r->function == RSP_AUTHENTICATE_CLIENT)
        profile_offered(l, &r->authenticate_client);
    else if (r && r->function == RSP_ES11_AUTHENTICATE)
        lpa_events_given(l, &r->es11_authenticate_client);
    else
        malformed(l);
}

/* ---- ES9+.GetBoundProfilePackage: 5.6.2 ---- */

void lpa_get_package(struct lpa *l)
{
    l->post = (struct rsp_es9p_request){
        .function = RSP_GET_BOUND_PROFILE_PACKAGE,
        .get_bound_profile_package = {.transaction_id = transaction_id(l),
                                      .prepare_download_response = lpa_card_answer(l)}};
    lpa_post(l, lpa_source(l)->address);
}

/* ---- cancelling: ES10b 5.7.14, ES9+ 5.6.4 ---- */

void lpa_cancel_session(struct lpa *l, enum rsp_cancel_reason reason, const struct lpa_fault *fault)
{
    struct rsp_cancel_session_request request = {.transaction_id = transaction_id(l),
                                                 .reason = reason};

    l->cancel_fault = *fault;
    l->cancelled = false;
    buf_wipe(&l->request);
    if (rsp_encode_cancel_session_request(&request, &l->request) == XK_OK)
        lpa_go(l, STEP_CANCEL_CARD);
    else
        lpa_cancel_ended(l);
}

void lpa_cancel_card(struct lpa *l)
{
    lpa_card_ask(l, XK_OK);
}

void lpa_cancelled_by_card(struct lpa *l)
{
    struct rsp_cancel_session_response r;

    if (rsp_decode_cancel_session_response(lpa_card_answer(l), &r) == XK_OK && r.ok)
        lpa_go(l, STEP_CANCEL_SERVER);
    else
        lpa_cancel_ended(l);
}

void lpa_cancel_server(struct lpa *l)
{
    l->post = (struct rsp_es9p_request){
        .function = RSP_CANCEL_SESSION,
        .cancel_session = {.transaction_id = transaction_id(l),
                           .cancel_session_response = lpa_card_answer(l)}};
    lpa_post(l, lpa_source(l)->address);
}

void lpa_tell_refused(struct lpa *l, enum lpa_step tell, enum rsp_code_table table, uint32_t code)
{
    l->cancel_fault = lpa_card_fault(l, table, code);
    lpa_go(l, tell);
}

/* However it went: what we tell is why it was cancelled. */
void lpa_cancel_ended(struct lpa *l)
{
    struct lpa_fault fault = l->cancel_fault;
    enum lpa_step next = l->after_cancel;

    lpa_session_end(l);
    l->after_cancel = STEP_END;
    if (next != STEP_END)
        lpa_go(l, next);
    else
        lpa_fail_with(l, &fault);
}
