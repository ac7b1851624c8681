/* SPDX-License-Identifier: Apache-2.0 */
/* A whole test CI in memory, for tests: what SGP.26 publishes, made anew, and every certificate
 * that must be refused, on demand. Trouble ends the program: tests need not ask.
 * Keys and names are the same in every run (seeded); everything returned lives as long as the PKI.
 *
 *     struct rsp_pki *pki = rsp_pki_new(EC_P256);
 *     struct rsp_cert dp = rsp_pki_cert(pki, RSP_DPAUTH);     dp.der, dp.key
 *     struct rsp_cert card = rsp_pki_euicc(pki, RSP_EID);     card.der, card.issuer, card.key
 *     struct rsp_cert bad = rsp_pki_bent(pki, RSP_EXPIRED_EUICC);
 *     x509_store_add_ci(store, rsp_pki_cert(pki, RSP_CI).der) */
#ifndef TESTS_RSP_PKI_H
#define TESTS_RSP_PKI_H

#include "crypto/x509_chain.h"

/* When it is: 2026-06-01. Good certificates are valid from 2020 to 2049 and longer. */
#define RSP_NOW INT64_C(1780272000000)
#define RSP_EID "89049032123451234512345678901235"
#define RSP_EIN "89049032"
#define RSP_DP_HOST "testsmdpplus1.example.com"
#define RSP_DP2_HOST "testsmdpplus2.example.com"
#define RSP_DS_HOST "testrootsmds.example.com"
#define RSP_EIM_HOST "eim.example.com"
#define RSP_DP_OID "2.999.10"
#define RSP_DP2_OID "2.999.12"

enum rsp_cert_id {
    RSP_CI,
    RSP_EUM,
    RSP_DPAUTH,
    RSP_DPPB,
    RSP_DPTLS,
    RSP_DP2AUTH,
    RSP_DP2PB,
    RSP_DP2TLS,
    RSP_DSAUTH,
    RSP_DSTLS,
    RSP_EIM,
    RSP_EIMTLS,
    RSP_CERTS
};

struct rsp_cert {
    struct bytes der;
    const struct ec_key *key;
    struct bytes issuer; /* CERT.EUM below an eUICC; empty where the CI signed */
    const struct ec_key *issuer_key;
};

struct rsp_pki;

struct rsp_pki *rsp_pki_new(enum ec_curve curve);
void rsp_pki_free(struct rsp_pki *pki);
enum ec_curve rsp_pki_curve(const struct rsp_pki *pki);
struct rsp_cert rsp_pki_cert(const struct rsp_pki *pki, enum rsp_cert_id id);
/* CERT.EUICC of that EID, issued by CERT.EUM; the same EID gives the same one. */
struct rsp_cert rsp_pki_euicc(struct rsp_pki *pki, const char *eid);
/* The n-th EID below RSP_EIN with right check digits, 33 characters with the NUL. */
void rsp_pki_eid(unsigned n, char eid[33]);
/* The SKI of the CI, 20 bytes. */
struct bytes rsp_pki_ski(const struct rsp_pki *pki);
/* A store with the CI (and nothing else); the caller frees it. */
struct x509_store *rsp_pki_store(const struct rsp_pki *pki);
/* A CRL of the CI naming one certificate; der empty: an empty list. */
struct bytes rsp_pki_crl(struct rsp_pki *pki, struct bytes der);

/* The negative set: what is wrong, which certificate is the leaf, what the chain check says, where.
 * BENT(id, leaf, verdict, at): at 0 the leaf, 1 its issuer. */
#define RSP_BENT_TABLE(BENT)                                                                       \
    BENT(RSP_EXPIRED_EUICC, CERT_EUICC, CHAIN_EXPIRED, 0)                                          \
    BENT(RSP_EXPIRED_EUM, CERT_EUICC, CHAIN_EXPIRED, 1)                                            \
    BENT(RSP_EXPIRED_DPAUTH, CERT_DPAUTH, CHAIN_EXPIRED, 0)                                        \
    BENT(RSP_EXPIRED_DPPB, CERT_DPPB, CHAIN_EXPIRED, 0)                                            \
    BENT(RSP_EXPIRED_DSAUTH, CERT_DSAUTH, CHAIN_EXPIRED, 0)                                        \
    BENT(RSP_EXPIRED_DPTLS, CERT_DPTLS, CHAIN_EXPIRED, 0)                                          \
    BENT(RSP_EARLY_EUICC, CERT_EUICC, CHAIN_NOT_YET_VALID, 0)                                      \
    BENT(RSP_EARLY_EUM, CERT_EUICC, CHAIN_NOT_YET_VALID, 1)                                        \
    BENT(RSP_EARLY_DPAUTH, CERT_DPAUTH, CHAIN_NOT_YET_VALID, 0)                                    \
    BENT(RSP_WRONG_EIN, CERT_EUICC, CHAIN_EID_NOT_PERMITTED, 0)                                    \
    BENT(RSP_NO_EIN, CERT_EUICC, CHAIN_EID_NOT_PERMITTED, 0)                                       \
    BENT(RSP_BAD_CHECK_DIGITS, CERT_EUICC, CHAIN_EID_MALFORMED, 0)                                 \
    BENT(RSP_SHORT_EID, CERT_EUICC, CHAIN_EID_MALFORMED, 0)                                        \
    BENT(RSP_NO_EID, CERT_EUICC, CHAIN_EID_MALFORMED, 0)                                           \
    BENT(RSP_OTHER_ORGANISATION, CERT_EUICC, CHAIN_ORGANISATION_DIFFERS, 0)                        \
    BENT(RSP_WRONG_POLICY_EUICC, CERT_EUICC, CHAIN_WRONG_ROLE, 0)                                  \
    BENT(RSP_WRONG_POLICY_EUM, CERT_EUICC, CHAIN_WRONG_ROLE, 1)                                    \
    BENT(RSP_NO_POLICY_EUM, CERT_EUICC, CHAIN_WRONG_ROLE, 1)                                       \
    BENT(RSP_WRONG_POLICY_DPAUTH, CERT_DPAUTH, CHAIN_WRONG_ROLE, 0)                                \
    BENT(RSP_WRONG_POLICY_DPPB, CERT_DPPB, CHAIN_WRONG_ROLE, 0)                                    \
    BENT(RSP_WRONG_POLICY_DSAUTH, CERT_DSAUTH, CHAIN_WRONG_ROLE, 0)                                \
    BENT(RSP_EUM_SIGNED_DPAUTH, CERT_DPAUTH, CHAIN_WRONG_ROLE, 1)                                  \
    BENT(RSP_OTHER_OID_DPPB, CERT_DPPB, CHAIN_OID_DIFFERS, 0)                                      \
    BENT(RSP_OTHER_OID_DPAUTH, CERT_DPAUTH, CHAIN_OID_DIFFERS, 0)                                  \
    BENT(RSP_NO_OID_DPAUTH, CERT_DPAUTH, CHAIN_MISSING_NAME, 0)                                    \
    BENT(RSP_NO_HOST_DPTLS, CERT_DPTLS, CHAIN_MISSING_NAME, 0)                                     \
    BENT(RSP_NO_KEY_USAGE_EUICC, CERT_EUICC, CHAIN_MISSING_KEY_USAGE, 0)                           \
    BENT(RSP_NO_KEY_USAGE_EUM, CERT_EUICC, CHAIN_MISSING_KEY_USAGE, 1)                             \
    BENT(RSP_NO_KEY_USAGE_DPAUTH, CERT_DPAUTH, CHAIN_MISSING_KEY_USAGE, 0)                         \
    BENT(RSP_NO_KEY_USAGE_DPPB, CERT_DPPB, CHAIN_MISSING_KEY_USAGE, 0)                             \
    BENT(RSP_NO_EXTENDED_KEY_USAGE_DPTLS, CERT_DPTLS, CHAIN_MISSING_KEY_USAGE, 0)                  \
    BENT(RSP_NO_CA_EUM, CERT_EUICC, CHAIN_NOT_A_CA, 1)                                             \
    BENT(RSP_NO_AKI_EUICC, CERT_EUICC, CHAIN_ISSUER_MISMATCH, 0)                                   \
    BENT(RSP_OTHER_EUM, CERT_EUICC, CHAIN_ISSUER_MISMATCH, 0)                                      \
    BENT(RSP_UNKNOWN_CI_EUM, CERT_EUICC, CHAIN_UNKNOWN_CI, 1)                                      \
    BENT(RSP_UNKNOWN_CI_DPAUTH, CERT_DPAUTH, CHAIN_UNKNOWN_CI, 0)                                  \
    BENT(RSP_UNKNOWN_CI_DPPB, CERT_DPPB, CHAIN_UNKNOWN_CI, 0)                                      \
    BENT(RSP_UNKNOWN_CI_DSAUTH, CERT_DSAUTH, CHAIN_UNKNOWN_CI, 0)                                  \
    BENT(RSP_SELF_SIGNED_DPTLS, CERT_DPTLS, CHAIN_UNKNOWN_CI, 0)                                   \
    BENT(RSP_WRONG_CURVE_EUICC, CERT_EUICC, CHAIN_WRONG_CURVE, 0)                                  \
    BENT(RSP_WRONG_CURVE_EUM, CERT_EUICC, CHAIN_WRONG_CURVE, 1)                                    \
    BENT(RSP_WRONG_CURVE_DPAUTH, CERT_DPAUTH, CHAIN_WRONG_CURVE, 0)                                \
    BENT(RSP_BAD_SIGNATURE_EUICC, CERT_EUICC, CHAIN_BAD_SIGNATURE, 0)                              \
    BENT(RSP_BAD_SIGNATURE_EUM, CERT_EUICC, CHAIN_BAD_SIGNATURE, 1)                                \
    BENT(RSP_BAD_SIGNATURE_DPAUTH, CERT_DPAUTH, CHAIN_BAD_SIGNATURE, 0)                            \
    BENT(RSP_BAD_SIGNATURE_DPPB, CERT_DPPB, CHAIN_BAD_SIGNATURE, 0)                                \
    BENT(RSP_BAD_SIGNATURE_DSAUTH, CERT_DSAUTH, CHAIN_BAD_SIGNATURE, 0)                            \
    BENT(RSP_FORGED_EUM, CERT_EUICC, CHAIN_BAD_SIGNATURE, 1)                                       \
    BENT(RSP_OFF_CURVE_EUICC, CERT_EUICC, CHAIN_BAD_KEY, 0)                                        \
    BENT(RSP_OFF_CURVE_EUM, CERT_EUICC, CHAIN_BAD_KEY, 1)

enum rsp_bent {
#define BENT_ID(id, leaf, verdict, at) id,
    RSP_BENT_TABLE(BENT_ID)
#undef BENT_ID
        RSP_BENTS
};

struct rsp_bent_info {
    const char *name;
    enum x509_role leaf;
    enum x509_verdict verdict;
    size_t at;
};

const struct rsp_bent_info *rsp_bent_info(enum rsp_bent bent);
/* Made on first use. The key is always the leaf's, so that signatures made with it are right and
 * only the certificate is wrong. */
struct rsp_cert rsp_pki_bent(struct rsp_pki *pki, enum rsp_bent bent);

/* Names for a TLS server of a name of your choosing, by this CI (a wrong one for the tests of host
 * names). */
struct rsp_cert rsp_pki_tls(struct rsp_pki *pki, const char *host);

#endif
