/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted, and whether a chain leads there (SGP.22 4.5.2.2, RFC 5280 6). A store holds CI
 * certificates with their keys ready, CRLs, and a bounded cache of issuing certificates (EUMs and
 * sub-CAs) whose signature was found good, so that the second eUICC of an EUM costs one ECDSA
 * verification, not two. Dates and CRLs are looked at anew each time, cached or not.
 *
 * Threads may share a store without a lock of their own once its CIs are added; CRLs may be added
 * at any time. */
#ifndef CRYPTO_X509_CHAIN_H
#define CRYPTO_X509_CHAIN_H

#include "crypto/x509_crl.h"

#define X509_CHAIN_MAX 4  /* issuing certificates between leaf and CI */
#define X509_CIS_MAX 64   /* of one store */
#define X509_CRLS_MAX 256 /* of one store */

enum x509_verdict {
#define VERDICT(id, text) CHAIN_##id,
#include "crypto/verdicts.def"
#undef VERDICT
    CHAIN_VERDICTS
};

const char *x509_verdict_text(enum x509_verdict verdict);
const char *x509_verdict_name(enum x509_verdict verdict); /* "EXPIRED" */

/* A verdict, and on which certificate: SM-DP+ answers differently for EUM and eUICC. */
struct x509_finding {
    enum x509_verdict verdict;
    size_t at; /* 0 the leaf, i the i-th issuing certificate, from 1 */
};

struct x509_ci {
    struct x509_cert cert;
    struct ecdsa_public *key;
};

struct x509_store;

/* issuers_max bounds the cache (0: no cache); the least recently used one leaves. */
enum xk_err x509_store_new(size_t issuers_max, struct x509_store **out) XK_MUST_CHECK;
void x509_store_free(struct x509_store *store);
/* A CI certificate, DER or PEM, is copied. XK_E_VALUE: no CI (role, CA, key usage, its own
 * signature); its date is looked at in the checks. XK_E_EXISTS: the very same is there. Several
 * with one key may be (a CI renewed under another name, as the GSMA test CI was). */
enum xk_err x509_store_add_ci(struct x509_store *store, struct bytes file) XK_MUST_CHECK;
/* The first with this subject key identifier; NULL when there is none. */
const struct x509_ci *x509_store_find(const struct x509_store *store, struct bytes ski);
/* In the order added; NULL past the end. */
const struct x509_ci *x509_store_at(const struct x509_store *store, size_t i);

/* A CRL of one of the CIs, DER or PEM, is verified and copied; it replaces the older one of the
 * same CI, distribution point and part. XK_E_FORMAT, XK_E_UNSUPPORTED: unreadable; XK_E_NOT_FOUND:
 * of none of our CIs; XK_E_AUTH: its signature; XK_E_STATE: older than what is there; XK_E_LIMIT:
 * too many. */
enum xk_err x509_store_add_crl(struct x509_store *store, struct bytes file) XK_MUST_CHECK;
/* Whether that part (from 1) of a CRL in parts is there, whichever of its parts crl is. */
bool x509_store_has_part(struct x509_store *store, const struct x509_crl *crl, uint32_t part);

struct x509_cache_figures {
    uint64_t hits, misses;
    size_t kept;
};
void x509_store_figures(struct x509_store *store, struct x509_cache_figures *out);

/* What a check goes by. */
struct x509_rules {
    struct x509_store *store;
    int64_t now;     /* milliseconds, or X509_NO_CLOCK: dates are not looked at (a card) */
    struct bytes ci; /* SKI of the CI it must lead to; empty: any of the store's */
};
#define X509_NO_CLOCK INT64_MIN

/* The certificate with the role, and the certificates above it up to, not including, the CI: the
 * one that issued the leaf first. XK_OK with the finding, or our own trouble. */
struct x509_chain {
    const struct x509_cert *leaf;
    const struct x509_cert *issuers;
    size_t n;
};

/* CERT.EUICC and CERT.EUM (v3: with sub-CAs): issuers as above, and the EID: well-formed, permitted
 * by the EUM, organisation the same (SGP.22 4.5.2.1.0.2 and .3). */
enum xk_err x509_check_euicc(const struct x509_rules *rules, const struct x509_chain *chain,
                             struct x509_finding *out) XK_MUST_CHECK;
/* CERT.DPauth, DPpb, DPtls, DSauth, DStls: the role, with the names it must carry. oid (contents,
 * empty: any) is what its registeredID must be: that of the activation code, or for DPpb that of
 * DPauth. */
enum xk_err x509_check_server(const struct x509_rules *rules, enum x509_role role,
                              const struct x509_chain *chain, struct bytes oid,
                              struct x509_finding *out) XK_MUST_CHECK;

#endif
