/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_chain.h"

#include "crypto/x509_parts.h"
#include "crypto/x509_store.h"

static const struct {
    const char *name, *text;
} verdicts[CHAIN_VERDICTS] = {
#define VERDICT(id, text) {#id, text},
#include "crypto/verdicts.def"
#undef VERDICT
};

const char *x509_verdict_text(enum x509_verdict verdict)
{
    return verdict < CHAIN_VERDICTS ? verdicts[verdict].text : "?";
}

const char *x509_verdict_name(enum x509_verdict verdict)
{
    return verdict < CHAIN_VERDICTS ? verdicts[verdict].name : "?";
}

/* A chain being walked down from the CI. */
struct walk {
    const struct x509_rules *rules;
    const struct x509_chain *chain;
    const struct x509_ci *ci;
    const struct ecdsa_public *key; /* of the certificate above */
    struct x509_issuer *held;       /* whose key that is, unless the CI's */
};

/* 0 the leaf, n the one that the CI signed, n + 1 the CI */
static const struct x509_cert *cert_at(const struct walk *w, size_t i)
{
    if (i == 0)
        return w->chain->leaf;
    return i <= w->chain->n ? &w->chain->issuers[i - 1] : &w->ci->cert;
}

static enum x509_verdict find_ci(struct walk *w)
{
    const struct x509_cert *top = cert_at(w, w->chain->n);
    bool known;

    if (w->rules->ci.n > 0 && !bytes_eq(w->rules->ci, top->aki))
        return CHAIN_UNKNOWN_CI;
    w->ci = x509_store_ci_of(w->rules->store, top, &known);
    if (w->ci)
        return CHAIN_GOOD;
    return known ? CHAIN_ISSUER_MISMATCH : CHAIN_UNKNOWN_CI;
}

static enum x509_verdict check_dates(const struct x509_rules *rules, const struct x509_cert *cert)
{
    if (rules->now == X509_NO_CLOCK)
        return CHAIN_GOOD;
    if (rules->now < cert->not_before)
        return CHAIN_NOT_YET_VALID;
    /* notAfter is the last second that is in (RFC 5280 4.1.2.5) */
    return rules->now >= cert->not_after + 1000 ? CHAIN_EXPIRED : CHAIN_GOOD;
}

/* What the certificate is by itself, and as the i-th of its chain. */
static enum x509_verdict check_profile(const struct x509_cert *cert, size_t i)
{
    const struct x509_role_info *role;

    if (cert->role == CERT_NO_ROLE)
        return CHAIN_WRONG_ROLE;
    role = &x509_roles[cert->role];
    if (i > 0 && cert->ca != CERT_IS_CA)
        return CHAIN_NOT_A_CA;
    if (i == 0 && cert->ca == CERT_IS_CA)
        return CHAIN_CA_NOT_ALLOWED;
    if ((cert->key_usage & role->key_usage) != role->key_usage ||
        (cert->extended_key_usage & role->extended_key_usage) != role->extended_key_usage)
        return CHAIN_MISSING_KEY_USAGE;
    if (i > 0 && cert->path_len != X509_NO_PATH_LEN && (size_t)cert->path_len < i - 1)
        return CHAIN_TOO_LONG;
    return CHAIN_GOOD;
}

static enum x509_verdict check_link(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    if (cert->curve != issuer->curve)
        return CHAIN_WRONG_CURVE;
    if (!bytes_eq(cert->issuer, issuer->subject) || cert->aki.n == 0 ||
        !bytes_eq(cert->aki, issuer->ski))
        return CHAIN_ISSUER_MISMATCH;
    return CHAIN_GOOD;
}

static bool may_issue(const struct x509_cert *issuer, const struct x509_cert *cert)
{
    return issuer->role != CERT_NO_ROLE && x509_roles[cert->role].issued_by & 1u << issuer->role;
}

/* All but the signature. An issuer that may not issue this is itself what is wrong, unless it is
 * the CI, which is trusted. */
static void check_form(const struct walk *w, size_t i, struct x509_finding *out)
{
    const struct x509_cert *cert = cert_at(w, i);
    const struct x509_cert *issuer = cert_at(w, i + 1);

    *out = (struct x509_finding){check_profile(cert, i), i};
    if (out->verdict == CHAIN_GOOD)
        out->verdict = check_link(cert, issuer);
    if (out->verdict == CHAIN_GOOD && !may_issue(issuer, cert))
        *out = (struct x509_finding){CHAIN_WRONG_ROLE, i < w->chain->n ? i + 1 : i};
    if (out->verdict == CHAIN_GOOD)
        out->verdict = check_dates(w->rules, cert);
}

/* The signature on the i-th; above the leaf its key becomes the one to go on with. */
static enum xk_err check_signature(struct walk *w, size_t i, enum x509_verdict *out)
{
    const struct x509_cert *cert = cert_at(w, i);
    struct x509_issuer *issuer = NULL;
    enum xk_err err;

    if (i > 0)
        err = x509_store_issuer(w->rules->store, cert, cert_at(w, i + 1)->point, w->key, &issuer);
    else
        err = ec_point_check(cert->curve, cert->point);
    if (i == 0 && err == XK_OK)
        err = ecdsa_verify(w->key, &cert->tbs, 1, BYTES_OF(cert->signature));
    if (err == XK_E_AUTH || err == XK_E_VALUE) {
        *out = err == XK_E_AUTH ? CHAIN_BAD_SIGNATURE : CHAIN_BAD_KEY;
        return XK_OK;
    }
    TRY(err);
    if (issuer) {
        x509_issuer_release(w->rules->store, w->held);
        w->held = issuer;
        w->key = x509_issuer_key(issuer);
    }
    *out = CHAIN_GOOD;
    return XK_OK;
}

/* CRLs are those of the CI: they name what it signed. */
static enum x509_verdict check_revoked(const struct walk *w, size_t i)
{
    bool revoked =
        i == w->chain->n && x509_store_revoked(w->rules->store, w->ci, cert_at(w, i)->serial);

    return revoked ? CHAIN_REVOKED : CHAIN_GOOD;
}

static enum xk_err walk_down(struct walk *w, struct x509_finding *out)
{
    w->key = w->ci->key;
    *out = (struct x509_finding){check_dates(w->rules, &w->ci->cert), w->chain->n + 1};
    if (out->verdict == CHAIN_GOOD && w->ci->cert.path_len != X509_NO_PATH_LEN &&
        (size_t)w->ci->cert.path_len < w->chain->n)
        out->verdict = CHAIN_TOO_LONG;
    for (size_t i = w->chain->n + 1; i-- > 0 && out->verdict == CHAIN_GOOD;) {
        check_form(w, i, out);
        if (out->verdict == CHAIN_GOOD)
            TRY(check_signature(w, i, &out->verdict));
        if (out->verdict == CHAIN_GOOD)
            out->verdict = check_revoked(w, i);
    }
    return XK_OK;
}

/* All that does not depend on the leaf's role. */
static enum xk_err check_chain(const struct x509_rules *rules, enum x509_role role,
                               const struct x509_chain *chain, struct x509_finding *out)
{
    struct walk w = {.rules = rules, .chain = chain};
    enum xk_err err;

    *out = (struct x509_finding){CHAIN_GOOD, 0};
    if (chain->n > X509_CHAIN_MAX)
        out->verdict = CHAIN_TOO_LONG;
    else if (chain->leaf->role != role)
        out->verdict = CHAIN_WRONG_ROLE;
    if (out->verdict != CHAIN_GOOD)
        return XK_OK;
    *out = (struct x509_finding){find_ci(&w), chain->n};
    if (out->verdict != CHAIN_GOOD)
        return XK_OK;
    err = walk_down(&w, out);
    x509_issuer_release(rules->store, w.held);
    return err;
}

static const struct x509_cert *find_eum(const struct x509_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        if (chain->issuers[i].role == CERT_EUM)
            return &chain->issuers[i];
    }
    return NULL;
}

/* SGP.22 4.5.2.1.0.2, .3 */
static enum x509_verdict check_eid(const struct x509_chain *chain)
{
    const struct x509_cert *eum = find_eum(chain);
    uint8_t eid[X509_EID_LEN];

    if (x509_eid(chain->leaf, eid) != XK_OK)
        return CHAIN_EID_MALFORMED;
    if (!eum || !x509_permits_eid(eum, eid))
        return CHAIN_EID_NOT_PERMITTED;
    if (!bytes_eq(chain->leaf->organization, eum->organization))
        return CHAIN_ORGANISATION_DIFFERS;
    return CHAIN_GOOD;
}

enum xk_err x509_check_euicc(const struct x509_rules *rules, const struct x509_chain *chain,
                             struct x509_finding *out)
{
    struct x509_finding finding;

    TRY(check_chain(rules, CERT_EUICC, chain, &finding));
    if (finding.verdict == CHAIN_GOOD)
        finding = (struct x509_finding){check_eid(chain), 0};
    *out = finding;
    return XK_OK;
}

static enum x509_verdict check_names(const struct x509_cert *cert, struct bytes oid)
{
    enum x509_san san = x509_roles[cert->role].san;
    struct bytes host;
    size_t at = 0;

    if (san != CERT_SAN_NONE && cert->registered_id.n == 0)
        return CHAIN_MISSING_NAME;
    if (san == CERT_SAN_DNS_RID && !x509_each_dns_name(cert, &at, &host))
        return CHAIN_MISSING_NAME;
    if (oid.n > 0 && !bytes_eq(oid, cert->registered_id))
        return CHAIN_OID_DIFFERS;
    return CHAIN_GOOD;
}

enum xk_err x509_check_server(const struct x509_rules *rules, enum x509_role role,
                              const struct x509_chain *chain, struct bytes oid,
                              struct x509_finding *out)
{
    struct x509_finding finding;

    TRY(check_chain(rules, role, chain, &finding));
    if (finding.verdict == CHAIN_GOOD)
        finding = (struct x509_finding){check_names(chain->leaf, oid), 0};
    *out = finding;
    return XK_OK;
}
