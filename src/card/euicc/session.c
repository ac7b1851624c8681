/* SPDX-License-Identifier: Apache-2.0 */
/* The RSP session: challenge, mutual authentication, preparation, cancellation (SGP.22 3.0.1,
 * 5.7.5, 5.7.7, 5.7.13, 5.7.14). */
#include "card/euicc/state.h"
#include "crypto/ecdsa.h"

#define SIGNED_MAX ((size_t)4 << 10)

void session_drop(struct euicc *e)
{
    explicit_bzero(&e->session, sizeof e->session);
    load_drop(e);
}

struct bytes session_transaction(const struct session *s)
{
    return BYTES(s->transaction_id, s->transaction_id_len);
}

/* SGP.22 5.7.7: a new session; the one before is at its end. */
enum xk_err get_euicc_challenge(struct euicc *e, struct bytes request, struct buf *out)
{
    (void)request;
    TRY(load_abandon(e));
    session_drop(e);
    xk_rand_fill(&e->rand, e->session.challenge, sizeof e->session.challenge);
    e->session.state = SESSION_CHALLENGE;
    return rsp_encode_get_euicc_challenge_response(BYTES_OF(e->session.challenge), out);
}

/* What a chain check means to the one who asked for authentication. */
static uint32_t authenticate_error(enum x509_verdict verdict)
{
    if (verdict == CHAIN_GOOD)
        return 0;
    if (verdict == CHAIN_UNKNOWN_CI)
        return RSP_AUTHENTICATE_CI_PK_UNKNOWN;
    if (verdict == CHAIN_WRONG_CURVE)
        return RSP_AUTHENTICATE_UNSUPPORTED_CURVE;
    if (verdict == CHAIN_MISSING_NAME || verdict == CHAIN_OID_DIFFERS)
        return RSP_AUTHENTICATE_INVALID_OID;
    return RSP_AUTHENTICATE_INVALID_CERTIFICATE;
}

/* Issuing certificates of a v3 chain. */
static enum xk_err read_issuers(struct bytes run, struct x509_cert *issuers, size_t *n)
{
    struct der d = der_of(run);

    *n = 0;
    while (der_more(&d)) {
        if (*n >= X509_CHAIN_MAX)
            return XK_E_LIMIT;
        TRY(x509_read(der_take_raw(&d, DER_SEQUENCE), &issuers[*n]));
        ++*n;
    }
    return der_end(&d);
}

struct server {
    struct x509_cert cert;
    struct x509_cert issuers[X509_CHAIN_MAX];
    size_t n_issuers;
    uint32_t error; /* 0: good */
};

static enum xk_err check_role(const struct euicc *e, struct server *s, enum x509_role role,
                              struct bytes oid, struct bytes ci, struct x509_finding *finding)
{
    const struct x509_rules rules = {.store = e->store, .now = X509_NO_CLOCK, .ci = ci};
    const struct x509_chain chain = {.leaf = &s->cert, .issuers = s->issuers, .n = s->n_issuers};

    return x509_check_server(&rules, role, &chain, oid, finding);
}

/* CERT.DPauth or CERT.DSauth, under a CI of ours. */
static enum xk_err check_server(const struct euicc *e,
                                const struct rsp_authenticate_server_request *req, struct server *s)
{
    struct x509_finding finding;
    enum xk_err err;

    *s = (struct server){0};
    err = x509_read(req->server_certificate, &s->cert);
    if (err == XK_E_UNSUPPORTED)
        s->error = RSP_AUTHENTICATE_UNSUPPORTED_CURVE;
    else if (err != XK_OK ||
             read_issuers(req->other_certs_in_chain, s->issuers, &s->n_issuers) != XK_OK ||
             (s->cert.role != CERT_DPAUTH && s->cert.role != CERT_DSAUTH))
        s->error = RSP_AUTHENTICATE_INVALID_CERTIFICATE;
    if (s->error)
        return XK_OK;
    TRY(check_role(e, s, s->cert.role, BYTES_NONE, BYTES_NONE, &finding));
    s->error = authenticate_error(finding.verdict);
    return XK_OK;
}

/* The identity under the CI the server has chosen; without a choice (v3) our first. */
static unsigned find_identity(const struct euicc *e, struct bytes ci)
{
    if (ci.n == 0)
        return 0;
    for (unsigned i = 0; i < e->n_identities; i++) {
        if (bytes_eq(BYTES_OF(e->identities[i].ci), ci))
            return i;
    }
    return NO_SLOT;
}

/* The steps of SGP.22 5.7.13 in their order; 0 when all are good. */
static enum xk_err check_authenticate(const struct euicc *e,
                                      const struct rsp_authenticate_server_request *req,
                                      struct server *server, uint32_t *error)
{
    struct bytes signed1 = req->server_signed1.raw;

    *error = RSP_AUTHENTICATE_NO_SESSION;
    if (e->session.state != SESSION_CHALLENGE)
        return XK_OK;
    TRY(check_server(e, req, server));
    *error = server->error;
    if (*error)
        return XK_OK;
    if (find_identity(e, req->euicc_ci_pk_id) == NO_SLOT) {
        *error = RSP_AUTHENTICATE_CI_PK_UNKNOWN;
        return XK_OK;
    }
    if (ecdsa_verify_point(server->cert.curve, server->cert.point, &signed1, 1,
                           rsp_signature_value(req->server_signature1)) != XK_OK) {
        *error = RSP_AUTHENTICATE_INVALID_SIGNATURE;
        return XK_OK;
    }
    if (!bytes_eq(req->server_signed1.euicc_challenge, BYTES_OF(e->session.challenge))) {
        *error = RSP_AUTHENTICATE_EUICC_CHALLENGE_MISMATCH;
        return XK_OK;
    }
    if (server->cert.registered_id.n == 0 || server->cert.registered_id.n > sizeof e->session.oid ||
        req->server_signed1.server_address.n > RSP_FQDN_MAX)
        *error = RSP_AUTHENTICATE_INVALID_OID;
    return XK_OK;
}

/* What the session remembers of the server. */
static void enter_session(struct euicc *e, const struct rsp_authenticate_server_request *req,
                          const struct server *server)
{
    struct session *s = &e->session;
    struct bytes tid = req->server_signed1.transaction_id;
    struct bytes address = req->server_signed1.server_address;
    struct bytes ci =
        server->n_issuers > 0 ? server->issuers[server->n_issuers - 1].aki : server->cert.aki;

    s->state = SESSION_AUTHENTICATED;
    s->role = server->cert.role;
    s->identity = (uint8_t)find_identity(e, req->euicc_ci_pk_id);
    s->transaction_id_len = (uint8_t)tid.n;
    memcpy(s->transaction_id, tid.p, tid.n);
    s->oid_len = (uint8_t)server->cert.registered_id.n;
    memcpy(s->oid, server->cert.registered_id.p, s->oid_len);
    memcpy(s->address, address.p, address.n);
    s->address[address.n] = '\0';
    memcpy(s->ci, ci.p, ci.n < sizeof s->ci ? ci.n : sizeof s->ci);
}

/* EUICCInfo2 as it is now, read back for EuiccSigned1. */
static enum xk_err sign_signed1(struct euicc *e, const struct rsp_authenticate_server_request *req,
                                struct buf *info, struct buf *signed1)
{
    struct rsp_euicc_signed1 s = {.transaction_id = req->server_signed1.transaction_id,
                                  .server_address = req->server_signed1.server_address,
                                  .server_challenge = req->server_signed1.server_challenge,
                                  .ctx_params1 = req->ctx_params1};
    uint8_t value[RSP_SIGNATURE_LEN];
    struct bytes part;

    TRY(get_euicc_info2(e, BYTES_NONE, info));
    s.euicc_info2.raw = buf_bytes(info);
    TRY(rsp_encode_euicc_signed1(&s, signed1));
    part = buf_bytes(signed1);
    TRY(ecdsa_sign(e->identities[e->session.identity].key, &part, 1, value));
    rsp_signature_tlv(value, e->session.euicc_signature1);
    return XK_OK;
}

static enum xk_err answer_authenticated(struct euicc *e,
                                        const struct rsp_authenticate_server_request *req,
                                        struct buf *out)
{
    struct rsp_authenticate_server_response resp = {.ok = true};
    struct buf info, signed1;
    enum xk_err err;

    buf_init(&info, SIGNED_MAX);
    buf_init(&signed1, SIGNED_MAX);
    err = sign_signed1(e, req, &info, &signed1);
    resp.euicc_signed1.raw = buf_bytes(&signed1);
    resp.euicc_signature1 = BYTES_OF(e->session.euicc_signature1);
    if (err == XK_OK)
        err =
            flash_get(e->flash, OBJECT_CERTIFICATE + e->session.identity, &resp.euicc_certificate);
    if (err == XK_OK)
        err = flash_get(e->flash, OBJECT_EUM + e->session.identity, &resp.eum_certificate);
    if (err == XK_OK)
        err = rsp_encode_authenticate_server_response(&resp, out);
    buf_fini(&info);
    buf_fini(&signed1);
    return err;
}

/* SGP.22 5.7.13 */
enum xk_err authenticate_server(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_authenticate_server_response refusal = {0};
    struct rsp_authenticate_server_request req;
    struct server server;
    enum xk_err err;

    if (rsp_decode_authenticate_server_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(load_abandon(e));
    TRY(check_authenticate(e, &req, &server, &refusal.error));
    if (refusal.error) {
        refusal.transaction_id = req.server_signed1.transaction_id;
        session_drop(e);
        return rsp_encode_authenticate_server_response(&refusal, out);
    }
    enter_session(e, &req, &server);
    err = answer_authenticated(e, &req, out);
    if (err != XK_OK)
        session_drop(e);
    return err;
}

/* ---- PrepareDownload ---- */

static enum xk_err check_binding_certificate(const struct euicc *e, struct bytes certificate,
                                             struct server *s)
{
    const struct session *session = &e->session;
    struct x509_finding finding;
    enum xk_err err;

    *s = (struct server){0};
    err = x509_read(certificate, &s->cert);
    if (err != XK_OK) {
        s->error = err == XK_E_UNSUPPORTED ? RSP_DOWNLOAD_UNSUPPORTED_CURVE
                                           : RSP_DOWNLOAD_INVALID_CERTIFICATE;
        return XK_OK;
    }
    TRY(check_role(e, s, CERT_DPPB, BYTES(session->oid, session->oid_len), BYTES_OF(session->ci),
                   &finding));
    if (finding.verdict == CHAIN_WRONG_CURVE)
        s->error = RSP_DOWNLOAD_UNSUPPORTED_CURVE;
    else if (finding.verdict != CHAIN_GOOD)
        s->error = RSP_DOWNLOAD_INVALID_CERTIFICATE;
    return XK_OK;
}

static enum xk_err check_prepare(const struct euicc *e,
                                 const struct rsp_prepare_download_request *req, struct server *s,
                                 uint32_t *error)
{
    const struct session *session = &e->session;
    struct bytes parts[2] = {req->smdp_signed2.raw, BYTES_OF(session->euicc_signature1)};

    *error = RSP_DOWNLOAD_NO_SESSION;
    if (session->state < SESSION_AUTHENTICATED || session->role != CERT_DPAUTH || load_going(e))
        return XK_OK;
    TRY(check_binding_certificate(e, req->smdp_certificate, s));
    *error = s->error;
    if (*error)
        return XK_OK;
    if (ecdsa_verify_point(s->cert.curve, s->cert.point, parts, ARRAY_LEN(parts),
                           rsp_signature_value(req->smdp_signature2)) != XK_OK)
        *error = RSP_DOWNLOAD_INVALID_SIGNATURE;
    else if (!bytes_eq(req->smdp_signed2.transaction_id, session_transaction(session)))
        *error = RSP_DOWNLOAD_INVALID_TRANSACTION_ID;
    else if (req->smdp_signed2.cc_required && !DER_PRESENT(req->hash_cc))
        *error = RSP_DOWNLOAD_UNDEFINED;
    return XK_OK;
}

/* The one-time key the server names, when it is still here; else a new one, kept for a retry. */
static enum xk_err take_otpk(struct euicc *e, enum ec_curve curve, struct bytes named)
{
    struct kept_otpk kept;
    struct ecdh_key *key = &e->session.otpk;

    if (DER_PRESENT(named) &&
        flash_read(e->flash, OBJECT_OTPK, 0, (uint8_t *)&kept, sizeof kept) == XK_OK &&
        kept.curve == curve && bytes_eq(named, BYTES_OF(kept.point))) {
        key->curve = curve;
        memcpy(key->scalar, kept.scalar, sizeof kept.scalar);
        memcpy(key->point, kept.point, sizeof kept.point);
        explicit_bzero(&kept, sizeof kept);
        return XK_OK;
    }
    TRY(ecdh_generate(curve, &e->rand, key));
    kept.curve = (uint8_t)curve;
    memcpy(kept.scalar, key->scalar, sizeof kept.scalar);
    memcpy(kept.point, key->point, sizeof kept.point);
    TRY(flash_put(e->flash, OBJECT_OTPK, BYTES(&kept, sizeof kept)));
    explicit_bzero(&kept, sizeof kept);
    return XK_OK;
}

static enum xk_err answer_prepared(struct euicc *e, const struct rsp_prepare_download_request *req,
                                   struct buf *out)
{
    struct rsp_prepare_download_response resp = {.ok = true};
    struct rsp_euicc_signed2 s = {.transaction_id = session_transaction(&e->session),
                                  .euicc_otpk = BYTES_OF(e->session.otpk.point),
                                  .hash_cc = req->hash_cc};
    uint8_t value[RSP_SIGNATURE_LEN], tlv[RSP_SIGNATURE_TLV_LEN];
    struct bytes parts[2];
    struct buf signed2;
    enum xk_err err;

    buf_init(&signed2, SIGNED_MAX);
    err = rsp_encode_euicc_signed2(&s, &signed2);
    parts[0] = buf_bytes(&signed2);
    parts[1] = req->smdp_signature2;
    if (err == XK_OK)
        err = ecdsa_sign(e->identities[e->session.identity].key, parts, ARRAY_LEN(parts), value);
    rsp_signature_tlv(value, tlv);
    resp.euicc_signed2.raw = buf_bytes(&signed2);
    resp.euicc_signature2 = BYTES_OF(tlv);
    if (err == XK_OK)
        err = rsp_encode_prepare_download_response(&resp, out);
    buf_fini(&signed2);
    return err;
}

/* SGP.22 5.7.5 */
enum xk_err prepare_download(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_prepare_download_response refusal = {0};
    struct rsp_prepare_download_request req;
    struct session *s = &e->session;
    struct server server;

    if (rsp_decode_prepare_download_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(check_prepare(e, &req, &server, &refusal.error));
    if (refusal.error) {
        refusal.transaction_id = req.smdp_signed2.transaction_id;
        return rsp_encode_prepare_download_response(&refusal, out);
    }
    TRY(take_otpk(e, server.cert.curve, req.smdp_signed2.bpp_euicc_otpk));
    s->pb_curve = server.cert.curve;
    memcpy(s->pb_point, server.cert.point.p, sizeof s->pb_point);
    memcpy(s->smdp_signature2, req.smdp_signature2.p, sizeof s->smdp_signature2);
    s->state = SESSION_PREPARED;
    return answer_prepared(e, &req, out);
}

/* ---- CancelSession ---- */

static enum xk_err sign_cancel(struct euicc *e, const struct rsp_cancel_session_request *req,
                               struct buf *scratch, struct buf *out)
{
    struct rsp_cancel_session_response resp = {.ok = true};
    struct rsp_euicc_cancel_session_signed s = {.transaction_id = req->transaction_id,
                                                .smdp_oid =
                                                    BYTES(e->session.oid, e->session.oid_len),
                                                .reason = req->reason};
    uint8_t value[RSP_SIGNATURE_LEN], tlv[RSP_SIGNATURE_TLV_LEN];
    struct bytes part;

    TRY(rsp_encode_euicc_cancel_session_signed(&s, scratch));
    part = buf_bytes(scratch);
    TRY(ecdsa_sign(e->identities[e->session.identity].key, &part, 1, value));
    rsp_signature_tlv(value, tlv);
    resp.signed_data.raw = part;
    resp.signature = BYTES_OF(tlv);
    return rsp_encode_cancel_session_response(&resp, out);
}

/* SGP.22 5.7.14 */
enum xk_err cancel_session(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_cancel_session_response refusal = {.error = RSP_CANCEL_INVALID_TRANSACTION_ID};
    struct rsp_cancel_session_request req;
    struct buf scratch;
    enum xk_err err;

    if (rsp_decode_cancel_session_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    if (e->session.state < SESSION_AUTHENTICATED ||
        !bytes_eq(req.transaction_id, session_transaction(&e->session)))
        return rsp_encode_cancel_session_response(&refusal, out);
    buf_init(&scratch, SIGNED_MAX);
    err = sign_cancel(e, &req, &scratch, out);
    buf_fini(&scratch);
    TRY(err);
    TRY(load_abandon(e));
    session_drop(e);
    return XK_OK;
}
