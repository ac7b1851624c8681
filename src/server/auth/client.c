/* SPDX-License-Identifier: Apache-2.0 */
/* SGP.22 5.6.3 (5.8.2), first steps: the eUICC's half of the mutual authentication. */
#include "crypto/ecdsa.h"
#include "server/auth/identity.h"

/* Which refusal a finding on the chain is: the leaf is CERT.EUICC, all others are the EUM's. */
static enum auth_refusal refusal_of(const struct x509_finding *finding)
{
    bool euicc = finding->at == 0;

    if (finding->verdict == CHAIN_UNKNOWN_CI)
        return AUTH_REFUSE_CI_UNKNOWN;
    if (finding->verdict == CHAIN_EXPIRED)
        return euicc ? AUTH_REFUSE_EUICC_EXPIRED : AUTH_REFUSE_EUM_EXPIRED;
    return euicc ? AUTH_REFUSE_EUICC_INVALID : AUTH_REFUSE_EUM_INVALID;
}

/* CERT.EUM and what is between it and the CI. */
static enum xk_err read_eum_side(struct bytes eum_certificate, struct bytes other_certs,
                                 struct x509_cert issuers[X509_CHAIN_MAX], size_t *n)
{
    *n = 0;
    TRY(x509_read(eum_certificate, &issuers[0]));
    *n = 1;
    if (!DER_PRESENT(other_certs))
        return XK_OK;
    return auth_read_issuers(other_certs, issuers, n);
}

static enum xk_err check_chain(const struct auth *auth, const struct x509_rules *rules,
                               const struct auth_chain *in, struct x509_cert *leaf,
                               struct rsp_status *status)
{
    struct x509_cert issuers[X509_CHAIN_MAX];
    struct x509_chain chain = {.leaf = leaf, .issuers = issuers};
    struct x509_finding finding;

    if (read_eum_side(in->eum_certificate, in->other_certs, issuers, &chain.n) != XK_OK) {
        auth_refuse(auth, AUTH_REFUSE_EUM_INVALID, "the EUM certificate cannot be read", status);
        return XK_OK;
    }
    if (x509_read(in->euicc_certificate, leaf) != XK_OK) {
        auth_refuse(auth, AUTH_REFUSE_EUICC_INVALID, "the eUICC certificate cannot be read",
                    status);
        return XK_OK;
    }
    /* SGP.22 5.6.3 names the CI first: the EUM's certificate must be of the one that was chosen. */
    if (rules->ci.n > 0 && !bytes_eq(issuers[chain.n - 1].aki, rules->ci)) {
        auth_refuse(auth, AUTH_REFUSE_CI_UNKNOWN, NULL, status);
        return XK_OK;
    }
    TRY(x509_check_euicc(rules, &chain, &finding));
    if (finding.verdict != CHAIN_GOOD)
        auth_refuse(auth, refusal_of(&finding), x509_verdict_text(finding.verdict), status);
    return XK_OK;
}

static enum xk_err check_euicc(const struct auth *auth, const struct x509_rules *rules,
                               const struct auth_chain *in, struct auth_euicc *out,
                               struct rsp_status *status)
{
    struct auth_euicc euicc = {0};
    struct x509_cert leaf = {0};

    TRY(check_chain(auth, rules, in, &leaf, status));
    if (!rsp_succeeded(status))
        return XK_OK;
    if (leaf.point.n != sizeof euicc.point)
        return XK_E_INTERNAL;
    euicc.curve = leaf.curve;
    memcpy(euicc.point, leaf.point.p, sizeof euicc.point);
    if (!bytes_to_cstr(leaf.serial_number, euicc.eid, sizeof euicc.eid))
        return XK_E_INTERNAL;
    *out = euicc;
    return XK_OK;
}

enum xk_err auth_check_chain(const struct auth *auth, int64_t now, const struct auth_chain *in,
                             struct auth_euicc *out, struct rsp_status *status)
{
    const struct x509_rules rules = {.store = auth->store, .now = now};

    return check_euicc(auth, &rules, in, out, status);
}

bool auth_signed_by(const struct auth_euicc *euicc, const struct bytes *parts, size_t n,
                    struct bytes signature)
{
    return ecdsa_verify_point(euicc->curve, BYTES_OF(euicc->point), parts, n,
                              rsp_signature_value(signature)) == XK_OK;
}

/* What the eUICC signed is of this transaction, for us, and answers our challenge. */
static bool answers_us(const struct auth *auth, const struct auth_session *session,
                       const struct rsp_euicc_signed1 *signed1)
{
    return auth_is_address(auth, signed1->server_address) &&
           bytes_eq(signed1->server_challenge, BYTES_OF(session->server_challenge));
}

enum xk_err auth_client(const struct auth *auth, int64_t now, const struct auth_session *session,
                        const struct rsp_authenticate_server_response *in, struct auth_euicc *out,
                        struct rsp_status *status)
{
    const struct x509_rules rules = {
        .store = auth->store, .now = now, .ci = BYTES_OF(session->client_ci)};
    const struct auth_chain chain = {in->euicc_certificate, in->eum_certificate,
                                     in->other_certs_in_chain};
    struct auth_euicc euicc = {0};

    if (!bytes_eq(in->transaction_id, BYTES_OF(session->transaction_id))) {
        auth_refuse(auth, AUTH_REFUSE_TRANSACTION, NULL, status);
        return XK_OK;
    }
    if (!in->ok) {
        auth_refuse(auth, AUTH_REFUSE_SERVER_NOT_ACCEPTED,
                    rsp_code_text(RSP_TABLE_AUTHENTICATE_ERROR, in->error), status);
        return XK_OK;
    }
    TRY(check_euicc(auth, &rules, &chain, &euicc, status));
    if (!rsp_succeeded(status))
        return XK_OK;
    if (!auth_signed_by(&euicc, &in->euicc_signed1.raw, 1, in->euicc_signature1) ||
        !answers_us(auth, session, &in->euicc_signed1)) {
        auth_refuse(auth, AUTH_REFUSE_SIGNATURE, NULL, status);
        return XK_OK;
    }
    *out = euicc;
    return XK_OK;
}
