/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: what certificates and CRLs share. */
#ifndef CRYPTO_X509_PARTS_H
#define CRYPTO_X509_PARTS_H

#include "crypto/asn.h"
#include "crypto/x509.h"

enum x509_san { CERT_SAN_NONE, CERT_SAN_RID, CERT_SAN_DNS_RID };

struct x509_role_info {
    const char *name;
    struct bytes v2, v3; /* behind 2.23.146.1.2.1; empty: none */
    uint32_t key_usage;
    enum x509_ca ca;
    enum x509_san san;
    uint32_t extended_key_usage;
    uint32_t issued_by; /* bit by enum x509_role */
};

extern const struct x509_role_info x509_roles[CERT_ROLES];
/* 2.23.146.1.2.1, contents */
#define X509_OID_ROLES "\x67\x81\x12\x01\x02\x01"

/* AlgorithmIdentifier; anything but ecdsa-with-SHA256 sets *unknown. */
void x509_take_algorithm(struct cur *c, bool *unknown);
/* BIT STRING with a DER signature. */
void x509_take_signature(struct cur *c, uint8_t signature[ECDSA_LEN]);
/* Reads Extensions off c; out must be zeroed there. A critical one that is not known sets
 * *unknown. */
void x509_read_extensions(struct cur *c, struct x509_cert *out, bool *unknown);

#endif
