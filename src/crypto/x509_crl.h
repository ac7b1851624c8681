/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 5, SGP.22 4.5.2.1.2): a reader that copies nothing. A list
 * may come in parts (id-rsp-totalPartialCrlNumber, id-rsp-partialCrlNumber) and its entries may say
 * when the revoked certificate would have expired (id-rsp-expDate). */
#ifndef CRYPTO_X509_CRL_H
#define CRYPTO_X509_CRL_H

#include "crypto/x509.h"

struct x509_crl {
    struct bytes raw, tbs;
    struct bytes issuer; /* Name, whole TLV */
    int64_t this_update;
    int64_t next_update;  /* 0: not said */
    struct bytes revoked; /* contents of the list */
    uint8_t signature[ECDSA_LEN];
    struct bytes aki;
    struct bytes number;             /* contents of cRLNumber */
    struct bytes distribution_point; /* contents of issuingDistributionPoint */
    uint32_t total_parts;            /* 0: not in parts */
    uint32_t part;                   /* from 1 */
};

struct x509_revoked {
    struct bytes serial;
    int64_t at;
    int64_t expires; /* 0: not said */
};

/* XK_E_FORMAT, XK_E_UNSUPPORTED as x509_read. Every entry has been looked at. */
enum xk_err x509_crl_read(struct bytes der, struct x509_crl *out) XK_MUST_CHECK;
/* *at starts at 0; false at the end. */
bool x509_crl_each(const struct x509_crl *crl, size_t *at, struct x509_revoked *out);

#endif
