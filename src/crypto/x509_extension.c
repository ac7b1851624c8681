/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions (RFC 5280 4.2), one reader each. */
#include "crypto/x509_parts.h"

#define OID_ROLES_N (sizeof X509_OID_ROLES - 1)
#define OID_SERVER_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x01"
#define OID_CLIENT_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x02"

const struct x509_role_info x509_roles[CERT_ROLES] = {
#define ROLE(id, role_name, v2_oid, v3_oid, usage, is_ca, alt, eku, by)                            \
    [CERT_##id] = {.name = (role_name),                                                            \
                   .v2 = {(const uint8_t *)(v2_oid), sizeof(v2_oid) - 1},                          \
                   .v3 = {(const uint8_t *)(v3_oid), sizeof(v3_oid) - 1},                          \
                   .key_usage = (usage),                                                           \
                   .ca = (is_ca),                                                                  \
                   .san = (alt),                                                                   \
                   .extended_key_usage = (eku),                                                    \
                   .issued_by = (by)},
#include "crypto/roles.def"
#undef ROLE
};

const char *x509_role_name(enum x509_role role)
{
    return role < CERT_ROLES ? x509_roles[role].name : "-";
}

static void subject_key_id(struct cur *c, struct x509_cert *out)
{
    out->ski = asn_take(c, ASN_OCTET_STRING);
    if (out->ski.n == 0)
        asn_fail(c);
}

/* AuthorityKeyIdentifier: the key identifier; issuer and serial are looked past. */
static void authority_key_id(struct cur *c, struct x509_cert *out)
{
    struct cur aki = cur_of(asn_take(c, ASN_SEQUENCE));
    uint8_t tag;

    if (asn_is(&aki, ASN_CONTEXT(0)))
        out->aki = asn_take(&aki, ASN_CONTEXT(0));
    while (aki.n > 0)
        asn_any(&aki, &tag);
    if (aki.bad)
        asn_fail(c);
}

/* Named bits; what the last octet leaves unused is not looked at: fixtures in the wild differ. */
static void key_usage(struct cur *c, struct x509_cert *out)
{
    struct bytes v = asn_take(c, ASN_BIT_STRING);

    if (v.n == 0 || v.n > 3 || v.p[0] > 7)
        asn_fail(c);
    else if (v.n > 1)
        out->key_usage = v.p[1];
}

static void basic_constraints(struct cur *c, struct x509_cert *out)
{
    struct cur bc = cur_of(asn_take(c, ASN_SEQUENCE));
    uint32_t n;

    out->ca = asn_true(&bc) ? CERT_IS_CA : CERT_IS_LEAF;
    if (asn_is(&bc, ASN_INTEGER)) {
        n = asn_small(&bc);
        out->path_len = n > INT16_MAX ? INT16_MAX : (int)n;
    }
    if (bc.bad || bc.n > 0)
        asn_fail(c);
}

static void extended_key_usage(struct cur *c, struct x509_cert *out)
{
    struct cur list = cur_of(asn_take(c, ASN_SEQUENCE));

    do {
        struct bytes oid = asn_take(&list, ASN_OID);

        if (bytes_eq(oid, BYTES_STR(OID_SERVER_AUTH)))
            out->extended_key_usage |= CERT_EKU_SERVER;
        else if (bytes_eq(oid, BYTES_STR(OID_CLIENT_AUTH)))
            out->extended_key_usage |= CERT_EKU_CLIENT;
        else
            out->extended_key_usage |= CERT_EKU_OTHER;
    } while (list.n > 0);
    if (list.bad)
        asn_fail(c);
}

static void set_role(struct bytes policy, struct x509_cert *out)
{
    struct bytes rest = bytes_part(policy, OID_ROLES_N, policy.n);

    if (rest.n == 0 || memcmp(policy.p, X509_OID_ROLES, OID_ROLES_N) != 0)
        return;
    for (size_t i = 0; i < CERT_ROLES; i++) {
        bool v2 = bytes_eq(rest, x509_roles[i].v2);

        if (v2 || bytes_eq(rest, x509_roles[i].v3)) {
            out->role = (enum x509_role)i;
            out->generation = v2 ? CERT_V2 : CERT_V3;
            return;
        }
    }
}

/* The first policy that is a role decides. */
static void policies(struct cur *c, struct x509_cert *out)
{
    struct cur list;

    out->policies = asn_take(c, ASN_SEQUENCE);
    list = cur_of(out->policies);
    do {
        struct cur info = cur_of(asn_take(&list, ASN_SEQUENCE));
        struct bytes policy = asn_take(&info, ASN_OID);

        if (list.bad || info.bad) {
            asn_fail(c);
            return;
        }
        if (out->role == CERT_NO_ROLE)
            set_role(policy, out);
    } while (list.n > 0);
}

static void alt_names(struct cur *c, struct x509_cert *out)
{
    struct cur names;
    uint8_t tag;

    out->alt_names = asn_take(c, ASN_SEQUENCE);
    names = cur_of(out->alt_names);
    do {
        struct bytes name = asn_any(&names, &tag);

        if (!names.bad && tag == ASN_CONTEXT(8) && !out->registered_id.p)
            out->registered_id = name;
    } while (names.n > 0);
    if (names.bad)
        asn_fail(c);
}

/* permittedSubtrees only; excluded ones are in no profile of ours, and must not be looked past. */
static void name_constraints(struct cur *c, struct x509_cert *out)
{
    struct cur nc = cur_of(asn_take(c, ASN_SEQUENCE));

    out->permitted_subtrees = asn_take(&nc, ASN_CONTEXT_OF(0));
    out->has_name_constraints = true;
    if (nc.bad || nc.n > 0)
        asn_fail(c);
}

static void crl_points(struct cur *c, struct x509_cert *out)
{
    out->crl_points = asn_take(c, ASN_SEQUENCE);
}

/* SGP.22 v3.0: SEQUENCE OF PrintableString */
static void permitted_eins(struct cur *c, struct x509_cert *out)
{
    out->permitted_eins = asn_take(c, ASN_SEQUENCE);
    out->has_permitted_eins = true;
}

static const struct {
    struct bytes oid;
    void (*read)(struct cur *c, struct x509_cert *out);
} readers[] = {
    {{(const uint8_t *)"\x55\x1D\x23", 3}, authority_key_id},
    {{(const uint8_t *)"\x55\x1D\x0E", 3}, subject_key_id},
    {{(const uint8_t *)"\x55\x1D\x0F", 3}, key_usage},
    {{(const uint8_t *)"\x55\x1D\x20", 3}, policies},
    {{(const uint8_t *)"\x55\x1D\x11", 3}, alt_names},
    {{(const uint8_t *)"\x55\x1D\x13", 3}, basic_constraints},
    {{(const uint8_t *)"\x55\x1D\x1E", 3}, name_constraints},
    {{(const uint8_t *)"\x55\x1D\x1F", 3}, crl_points},
    {{(const uint8_t *)"\x55\x1D\x25", 3}, extended_key_usage},
    {{(const uint8_t *)"\x67\x81\x12\x01\x02\x02\x00", 7}, permitted_eins}, /* 2.23.146.1.2.2.0 */
};

/* The reader's number, or -1. */
static int reader_of(struct bytes oid)
{
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (bytes_eq(oid, readers[i].oid))
            return (int)i;
    }
    return -1;
}

void x509_read_extensions(struct cur *c, struct x509_cert *out, bool *unknown)
{
    struct cur list = cur_of(asn_take(c, ASN_SEQUENCE));
    uint32_t seen = 0;

    do {
        struct cur extension = cur_of(asn_take(&list, ASN_SEQUENCE));
        struct bytes oid = asn_take(&extension, ASN_OID);
        bool critical = asn_true(&extension);
        struct cur value = cur_of(asn_take(&extension, ASN_OCTET_STRING));
        int reader = reader_of(oid);

        if (reader < 0 && critical)
            *unknown = true;
        if (reader >= 0) {
            if (seen & 1u << reader)
                asn_fail(&list);
            seen |= 1u << reader;
            readers[reader].read(&value, out);
            if (value.n > 0)
                asn_fail(&value);
        }
        if (extension.bad || extension.n > 0 || value.bad)
            asn_fail(&list);
    } while (list.n > 0);
    if (list.bad)
        asn_fail(c);
}
