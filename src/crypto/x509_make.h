/* SPDX-License-Identifier: Apache-2.0 */
/* Making certificates and CRLs with the profiles of the GSMA test PKI (SGP.26): which extensions,
 * in which order, which of them critical, how names are spelt (profiles.def). What a certificate
 * says comes from a request; the signature from the issuer's key, wherever that is held. */
#ifndef CRYPTO_X509_MAKE_H
#define CRYPTO_X509_MAKE_H

#include "crypto/x509_crl.h"

#define X509_CERT_MAX 4096
#define X509_CRL_MAX ((size_t)16 << 20)

enum x509_extension {
    X509V3_SKI,
    X509V3_AKI,
    X509V3_KEY_USAGE,
    X509V3_EXTENDED_KEY_USAGE,
    X509V3_BASIC_CONSTRAINTS,
    X509V3_POLICIES,
    X509V3_ALT_NAME,
    X509V3_NAME_CONSTRAINTS,
    X509V3_PERMITTED_EINS,
    X509V3_CRL_POINTS,
    X509V3_EXTENSIONS
};

struct x509_request {
    enum x509_role role; /* CERT_NO_ROLE: no policy; with host as DPtls, else as DPauth (an eIM) */
    enum x509_generation generation; /* whose role OID; 0 is CERT_V2 */
    enum ec_curve curve;
    struct bytes point;
    struct bytes serial; /* 1 to 20 bytes, as a number: leading zeros fall away */
    int64_t not_before, not_after;
    /* of the subject; NULL: not in it */
    const char *country, *organization, *unit, *common_name;
    const char *serial_number;  /* CERT.EUICC: the EID, 32 digits */
    struct bytes registered_id; /* OID contents */
    const char *host;           /* dNSName */
    const char *const *eins;    /* an EUM's: what its EIDs start with */
    size_t eins_n;
    const char *const *crl_uris;
    size_t crl_uris_n;
    uint32_t without; /* bit by enum x509_extension: left out */
};

/* issuer NULL: self-signed, and key is that of the request's point. The DER is appended to out.
 * XK_E_VALUE: a request that makes no certificate of its role. */
enum xk_err x509_make(const struct x509_request *request, const struct x509_cert *issuer,
                      const struct ec_key *key, struct buf *out) XK_MUST_CHECK;

/* A request to a CI for such a certificate (PKCS#10, RFC 2986): subject, key and extensions;
 * serial, dates and what the issuer adds are not in it. Appended in DER. XK_E_VALUE: key is not
 * that of the request's point. */
enum xk_err x509_make_request(const struct x509_request *request, const struct ec_key *key,
                              struct buf *out) XK_MUST_CHECK;

struct x509_crl_request {
    struct bytes number;
    int64_t this_update, next_update;
    const char *uri; /* issuingDistributionPoint; NULL: none */
    const struct x509_revoked *revoked;
    size_t n;
    uint32_t total_parts, part; /* 0: whole */
};

enum xk_err x509_make_crl(const struct x509_crl_request *request, const struct x509_cert *issuer,
                          const struct ec_key *key, struct buf *out) XK_MUST_CHECK;

/* PEM around DER, appended. */
void x509_put_pem(const char *label, struct bytes der, struct buf *out);

#endif
