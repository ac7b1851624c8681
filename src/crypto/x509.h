/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of remote SIM provisioning (SGP.22 4.5.2, RFC 5280): a reader that copies nothing.
 * All spans of a struct x509_cert lie in the DER it was read from.
 *
 * Strict: DER only, version 3, ECDSA with SHA-256 on a curve of ours, no extension twice, no
 * critical extension that is not understood. Reading checks no signature and no date: that is
 * x509_chain.h. */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include "crypto/ecdsa.h"

#define X509_EID_LEN 16
#define X509_SKI_LEN 20 /* SHA-1 of the point; other lengths are read too */

enum x509_role {
#define ROLE(id, name, v2, v3, usage, ca, san, eku, by) CERT_##id,
#include "crypto/roles.def"
#undef ROLE
    CERT_ROLES,
    CERT_NO_ROLE = CERT_ROLES
};

/* KeyUsage as its first octet has them */
enum x509_key_usage {
    CERT_KU_DIGITAL_SIGNATURE = 0x80,
    CERT_KU_KEY_AGREEMENT = 0x08,
    CERT_KU_CERT_SIGN = 0x04,
    CERT_KU_CRL_SIGN = 0x02,
};
enum x509_extended_key_usage { CERT_EKU_SERVER = 1, CERT_EKU_CLIENT = 2, CERT_EKU_OTHER = 4 };
enum x509_ca { CERT_IS_LEAF, CERT_IS_CA };
enum x509_generation { CERT_V2 = 2, CERT_V3 = 3 }; /* whose role OID it carries */

#define X509_NO_PATH_LEN (-1)

struct x509_cert {
    struct bytes raw;              /* all of it */
    struct bytes tbs;              /* what is signed: the whole TLV */
    struct bytes serial;           /* contents of the INTEGER */
    struct bytes issuer, subject;  /* Name, whole TLV */
    int64_t not_before, not_after; /* milliseconds since 1970, as every time here */
    enum ec_curve curve;
    struct bytes point; /* 65 bytes; not yet checked to lie on the curve */
    uint8_t signature[ECDSA_LEN];

    /* of the subject; contents, empty when absent */
    struct bytes organization, common_name, serial_number;

    /* extensions; empty or zero when absent */
    struct bytes ski, aki;
    uint32_t key_usage; /* enum x509_key_usage */
    enum x509_ca ca;
    int path_len;                /* X509_NO_PATH_LEN: unlimited */
    uint32_t extended_key_usage; /* enum x509_extended_key_usage */
    enum x509_role role;         /* by certificate policy; CERT_NO_ROLE: none of ours */
    enum x509_generation generation;
    struct bytes policies;           /* contents of the CertificatePolicies SEQUENCE */
    struct bytes alt_names;          /* contents of GeneralNames */
    struct bytes registered_id;      /* contents of the first registeredID: the OID of the holder */
    struct bytes permitted_subtrees; /* contents of permittedSubtrees */
    bool has_name_constraints;
    struct bytes permitted_eins; /* contents of SEQUENCE OF PrintableString */
    bool has_permitted_eins;
    struct bytes crl_points; /* contents of CRLDistributionPoints */
};

/* XK_E_FORMAT: not such a certificate, or bytes behind it. XK_E_UNSUPPORTED: well-formed, but a
 * key on a curve that is not known; XK_E_VALUE: a signature algorithm or a critical extension that
 * is not. */
enum xk_err x509_read(struct bytes der, struct x509_cert *out) XK_MUST_CHECK;

/* DER inside a PEM file (the first block of that label), or the DER file itself; the DER goes to
 * out. */
enum xk_err x509_from_file(struct bytes file, const char *label, struct buf *out) XK_MUST_CHECK;

/* "DPauth", "eUICC" ...; "-" for CERT_NO_ROLE. */
const char *x509_role_name(enum x509_role role);

/* The EID of CERT.EUICC: 32 digits in subject serialNumber, as 16 bytes. XK_E_VALUE when they are
 * no EID (check digits, ISO 7064 MOD 97-10). */
enum xk_err x509_eid(const struct x509_cert *cert, uint8_t eid[X509_EID_LEN]) XK_MUST_CHECK;
enum xk_err x509_eid_check(const uint8_t eid[X509_EID_LEN]) XK_MUST_CHECK;

/* Walk dNSNames, or distribution points' URIs; *at starts at 0. */
bool x509_each_dns_name(const struct x509_cert *cert, size_t *at, struct bytes *name);
bool x509_each_crl_point(const struct x509_cert *cert, size_t *at, struct bytes *uri);
/* Case does not matter; wildcards are not for these certificates. */
bool x509_has_dns_name(const struct x509_cert *cert, struct bytes host);
/* EID inside nameConstraints (organisation too) or permittedEins; false when there is neither. */
bool x509_permits_eid(const struct x509_cert *eum, const uint8_t eid[X509_EID_LEN]);

/* OID contents <-> "2.999.10". XK_E_FORMAT / XK_E_LIMIT. */
#define X509_OID_TEXT_MAX 128
enum xk_err x509_oid_format(struct bytes oid, char out[X509_OID_TEXT_MAX]) XK_MUST_CHECK;
enum xk_err x509_oid_parse(const char *text, struct buf *out) XK_MUST_CHECK;

/* The key identifier of GSMA certificates: SHA-1 of the point (RFC 5280 4.2.1.2 method 1). */
enum xk_err x509_key_id(struct bytes point, uint8_t out[X509_SKI_LEN]) XK_MUST_CHECK;

#endif
