/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_make.h"

#include "base/tlv.h"
#include "crypto/asn_put.h"
#include "crypto/x509_parts.h"

#define VERSION_3 2
#define SERIAL_MAX 20
#define OID_EC_PUBLIC_KEY "\x2A\x86\x48\xCE\x3D\x02\x01"
#define OID_ECDSA_SHA256 "\x2A\x86\x48\xCE\x3D\x04\x03\x02"
#define OID_EXTENSION_REQUEST "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0E"
#define OID_SERVER_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x01"
#define OID_CLIENT_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x02"

enum profile { PROFILE_CI, PROFILE_EUM, PROFILE_EUICC, PROFILE_SIGN, PROFILE_TLS, PROFILE_SUBCA };

static const struct profile_row {
    enum profile profile;
    enum x509_extension extension;
    bool critical;
} profile_rows[] = {
#define PROFILE(kind, extension, critical) {PROFILE_##kind, X509V3_##extension, critical},
#include "crypto/profiles.def"
#undef PROFILE
};

static enum profile profile_of(const struct x509_request *r)
{
    switch (r->role) {
    case CERT_CI:
        return PROFILE_CI;
    case CERT_EUM:
        return PROFILE_EUM;
    case CERT_EUICC:
        return PROFILE_EUICC;
    case CERT_CI_SUBCA:
    case CERT_EUM_SUBCA:
    case CERT_DP_SUBCA:
    case CERT_DS_SUBCA:
        return PROFILE_SUBCA;
    case CERT_DPTLS:
    case CERT_DSTLS:
        return PROFILE_TLS;
    case CERT_DPAUTH:
    case CERT_DPPB:
    case CERT_DSAUTH:
        return PROFILE_SIGN;
    case CERT_NO_ROLE:
        break;
    }
    return r->host ? PROFILE_TLS : PROFILE_SIGN;
}

/* --- names --- */

struct attribute {
    uint8_t type; /* 2.5.4.type */
    uint8_t tag;
    const char *value;
};

static void put_attribute(struct buf *b, const struct attribute *a)
{
    const uint8_t oid[3] = {0x55, 0x04, a->type};
    size_t set, pair;

    if (!a->value)
        return;
    set = tlv_begin(b, ASN_SET);
    pair = tlv_begin(b, ASN_SEQUENCE);
    tlv_put(b, ASN_OID, BYTES_OF(oid));
    tlv_put(b, a->tag, bytes_cstr(a->value));
    tlv_end(b, pair);
    tlv_end(b, set);
}

/* As the test PKI spells them: a CI's name from the inside out, all others from the outside in. */
static void put_subject(struct buf *b, const struct x509_request *r)
{
    const struct attribute country = {6, ASN_PRINTABLE, r->country};
    const struct attribute organization = {10, ASN_UTF8, r->organization};
    const struct attribute unit = {11, ASN_UTF8, r->unit};
    const struct attribute serial_number = {5, ASN_PRINTABLE, r->serial_number};
    const struct attribute common_name = {3, ASN_UTF8, r->common_name};
    const struct attribute *const ci[] = {&common_name, &unit, &organization, &country};
    const struct attribute *const other[] = {&country, &organization, &unit, &serial_number,
                                             &common_name};
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    if (r->role == CERT_CI) {
        for (size_t i = 0; i < ARRAY_LEN(ci); i++)
            put_attribute(b, ci[i]);
    } else {
        for (size_t i = 0; i < ARRAY_LEN(other); i++)
            put_attribute(b, other[i]);
    }
    tlv_end(b, at);
}

/* --- extensions --- */

static void put_key_id(struct buf *b, uint32_t tag, struct bytes point)
{
    uint8_t id[X509_SKI_LEN];

    if (x509_key_id(point, id) != XK_OK)
        b->err = XK_E_CRYPTO;
    else
        tlv_put(b, tag, BYTES_OF(id));
}

static void put_aki(struct buf *b, struct bytes issuer_ski)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    tlv_put(b, ASN_CONTEXT(0), issuer_ski);
    tlv_end(b, at);
}

static void put_key_usage(struct buf *b, enum x509_role role)
{
    uint8_t usage = CERT_KU_DIGITAL_SIGNATURE;

    if (role != CERT_NO_ROLE)
        usage = (uint8_t)x509_roles[role].key_usage;
    asn_put_bits(b, role == CERT_CI ? usage | CERT_KU_CRL_SIGN : usage);
}

static void put_extended_key_usage(struct buf *b)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    tlv_put(b, ASN_OID, BYTES_STR(OID_SERVER_AUTH));
    tlv_put(b, ASN_OID, BYTES_STR(OID_CLIENT_AUTH));
    tlv_end(b, at);
}

/* An EUM of v2 issues eUICCs only; one of v3 may have a sub-CA. */
static void put_basic_constraints(struct buf *b, const struct x509_request *r)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    tlv_put_u8(b, ASN_BOOLEAN, 0xFF);
    if (r->role == CERT_EUM)
        asn_put_small(b, r->generation == CERT_V3 ? 1 : 0);
    else if (r->role != CERT_CI && r->role != CERT_CI_SUBCA)
        asn_put_small(b, 0);
    tlv_end(b, at);
}

static void put_policies(struct buf *b, const struct x509_request *r)
{
    const struct x509_role_info *role = &x509_roles[r->role];
    size_t list = tlv_begin(b, ASN_SEQUENCE);
    size_t info = tlv_begin(b, ASN_SEQUENCE);
    size_t oid = tlv_begin(b, ASN_OID);

    buf_put_bytes(b, BYTES_STR(X509_OID_ROLES));
    buf_put_bytes(b, r->generation == CERT_V3 && role->v3.n > 0 ? role->v3 : role->v2);
    tlv_end(b, oid);
    tlv_end(b, info);
    tlv_end(b, list);
}

static void put_alt_name(struct buf *b, const struct x509_request *r)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    if (r->host)
        tlv_put(b, ASN_CONTEXT(2), bytes_cstr(r->host));
    if (r->registered_id.n > 0)
        tlv_put(b, ASN_CONTEXT(8), r->registered_id);
    tlv_end(b, at);
}

/* One permitted directory name an EIN: O and serialNumber, each in its own RDN. */
static void put_name_constraints(struct buf *b, const struct x509_request *r)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);
    size_t permitted = tlv_begin(b, ASN_CONTEXT_OF(0));

    for (size_t i = 0; i < r->eins_n; i++) {
        const struct attribute organization = {10, ASN_UTF8, r->organization};
        const struct attribute serial_number = {5, ASN_PRINTABLE, r->eins[i]};
        size_t subtree = tlv_begin(b, ASN_SEQUENCE);
        size_t base = tlv_begin(b, ASN_CONTEXT_OF(4));
        size_t name = tlv_begin(b, ASN_SEQUENCE);

        put_attribute(b, &organization);
        put_attribute(b, &serial_number);
        tlv_end(b, name);
        tlv_end(b, base);
        tlv_end(b, subtree);
    }
    tlv_end(b, permitted);
    tlv_end(b, at);
}

static void put_permitted_eins(struct buf *b, const struct x509_request *r)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    for (size_t i = 0; i < r->eins_n; i++)
        tlv_put(b, ASN_PRINTABLE, bytes_cstr(r->eins[i]));
    tlv_end(b, at);
}

/* DistributionPoint { [0] { [0] fullName { [6] URI } } } */
static void put_point_name(struct buf *b, const char *uri)
{
    size_t name = tlv_begin(b, ASN_CONTEXT_OF(0));
    size_t full = tlv_begin(b, ASN_CONTEXT_OF(0));

    tlv_put(b, ASN_CONTEXT(6), bytes_cstr(uri));
    tlv_end(b, full);
    tlv_end(b, name);
}

static void put_crl_points(struct buf *b, const struct x509_request *r)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    for (size_t i = 0; i < r->crl_uris_n; i++) {
        size_t point = tlv_begin(b, ASN_SEQUENCE);

        put_point_name(b, r->crl_uris[i]);
        tlv_end(b, point);
    }
    tlv_end(b, at);
}

/* Whether the request says anything that goes into it. */
static bool is_wanted(const struct x509_request *r, enum x509_extension extension)
{
    if (r->without & 1u << extension)
        return false;
    switch (extension) {
    case X509V3_POLICIES:
        return r->role != CERT_NO_ROLE;
    case X509V3_ALT_NAME:
        return r->host || r->registered_id.n > 0;
    case X509V3_CRL_POINTS:
        return r->crl_uris_n > 0;
    case X509V3_NAME_CONSTRAINTS:
        return r->generation != CERT_V3 && r->eins_n > 0;
    case X509V3_PERMITTED_EINS:
        return r->generation == CERT_V3 && r->eins_n > 0;
    case X509V3_SKI:
    case X509V3_AKI:
    case X509V3_KEY_USAGE:
    case X509V3_EXTENDED_KEY_USAGE:
    case X509V3_BASIC_CONSTRAINTS:
    case X509V3_EXTENSIONS:
        break;
    }
    return true;
}

static void put_value(struct buf *b, const struct x509_request *r, const struct x509_cert *issuer,
                      enum x509_extension extension)
{
    switch (extension) {
    case X509V3_SKI:
        put_key_id(b, ASN_OCTET_STRING, r->point);
        break;
    case X509V3_AKI:
        if (issuer)
            put_aki(b, issuer->ski);
        break;
    case X509V3_KEY_USAGE:
        put_key_usage(b, r->role);
        break;
    case X509V3_EXTENDED_KEY_USAGE:
        put_extended_key_usage(b);
        break;
    case X509V3_BASIC_CONSTRAINTS:
        put_basic_constraints(b, r);
        break;
    case X509V3_POLICIES:
        put_policies(b, r);
        break;
    case X509V3_ALT_NAME:
        put_alt_name(b, r);
        break;
    case X509V3_NAME_CONSTRAINTS:
        put_name_constraints(b, r);
        break;
    case X509V3_PERMITTED_EINS:
        put_permitted_eins(b, r);
        break;
    case X509V3_CRL_POINTS:
        put_crl_points(b, r);
        break;
    case X509V3_EXTENSIONS:
        break;
    }
}

static size_t begin_extension(struct buf *b, size_t *value, struct bytes oid, bool critical)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    tlv_put(b, ASN_OID, oid);
    if (critical)
        tlv_put_u8(b, ASN_BOOLEAN, 0xFF);
    *value = tlv_begin(b, ASN_OCTET_STRING);
    return at;
}

static void end_extension(struct buf *b, size_t at, size_t value)
{
    tlv_end(b, value);
    tlv_end(b, at);
}

static const struct bytes extension_oids[X509V3_EXTENSIONS] = {
    [X509V3_SKI] = {(const uint8_t *)"\x55\x1D\x0E", 3},
    [X509V3_AKI] = {(const uint8_t *)"\x55\x1D\x23", 3},
    [X509V3_KEY_USAGE] = {(const uint8_t *)"\x55\x1D\x0F", 3},
    [X509V3_EXTENDED_KEY_USAGE] = {(const uint8_t *)"\x55\x1D\x25", 3},
    [X509V3_BASIC_CONSTRAINTS] = {(const uint8_t *)"\x55\x1D\x13", 3},
    [X509V3_POLICIES] = {(const uint8_t *)"\x55\x1D\x20", 3},
    [X509V3_ALT_NAME] = {(const uint8_t *)"\x55\x1D\x11", 3},
    [X509V3_NAME_CONSTRAINTS] = {(const uint8_t *)"\x55\x1D\x1E", 3},
    [X509V3_PERMITTED_EINS] = {(const uint8_t *)"\x67\x81\x12\x01\x02\x02\x00", 7},
    [X509V3_CRL_POINTS] = {(const uint8_t *)"\x55\x1D\x1F", 3},
};

static void put_extensions(struct buf *b, const struct x509_request *r,
                           const struct x509_cert *issuer)
{
    enum profile profile = profile_of(r);
    size_t list = tlv_begin(b, ASN_SEQUENCE);

    for (size_t i = 0; i < ARRAY_LEN(profile_rows); i++) {
        const struct profile_row *row = &profile_rows[i];
        size_t at, value;

        if (row->profile != profile || !is_wanted(r, row->extension) ||
            (row->extension == X509V3_AKI && !issuer))
            continue;
        at = begin_extension(b, &value, extension_oids[row->extension], row->critical);
        put_value(b, r, issuer, row->extension);
        end_extension(b, at, value);
    }
    tlv_end(b, list);
}

/* --- the whole --- */

static void put_algorithm(struct buf *b)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);

    tlv_put(b, ASN_OID, BYTES_STR(OID_ECDSA_SHA256));
    tlv_end(b, at);
}

static void put_public_key(struct buf *b, enum ec_curve curve, struct bytes point)
{
    static const struct bytes oids[EC_CURVES] = {
        [EC_P256] = {(const uint8_t *)"\x2A\x86\x48\xCE\x3D\x03\x01\x07", 8},
        [EC_BRAINPOOL_P256R1] = {(const uint8_t *)"\x2B\x24\x03\x03\x02\x08\x01\x01\x07", 9},
    };
    size_t at = tlv_begin(b, ASN_SEQUENCE);
    size_t algorithm = tlv_begin(b, ASN_SEQUENCE);

    tlv_put(b, ASN_OID, BYTES_STR(OID_EC_PUBLIC_KEY));
    tlv_put(b, ASN_OID, oids[curve]);
    tlv_end(b, algorithm);
    asn_put_octets(b, point);
    tlv_end(b, at);
}

static void put_tbs(struct buf *b, const struct x509_request *r, const struct x509_cert *issuer)
{
    size_t at = tlv_begin(b, ASN_SEQUENCE);
    size_t version = tlv_begin(b, ASN_CONTEXT_OF(0));
    size_t validity, extensions;

    asn_put_small(b, VERSION_3);
    tlv_end(b, version);
    asn_put_number(b, r->serial);
    put_algorithm(b);
    if (issuer)
        buf_put_bytes(b, issuer->subject);
    else
        put_subject(b, r);
    validity = tlv_begin(b, ASN_SEQUENCE);
    asn_put_time(b, r->not_before);
    asn_put_time(b, r->not_after);
    tlv_end(b, validity);
    put_subject(b, r);
    put_public_key(b, r->curve, r->point);
    extensions = tlv_begin(b, ASN_CONTEXT_OF(3));
    put_extensions(b, r, issuer);
    tlv_end(b, extensions);
    tlv_end(b, at);
}

/* SEQUENCE { tbs, algorithm, signature }, from `from` on where the tbs stands */
static enum xk_err seal(struct buf *b, size_t from, size_t whole, const struct ec_key *key)
{
    struct bytes tbs = bytes_part(buf_bytes(b), from, b->n);
    uint8_t signature[ECDSA_LEN];
    uint8_t der[ECDSA_DER_MAX];

    TRY(buf_ok(b));
    TRY(ecdsa_sign(key, &tbs, 1, signature));
    put_algorithm(b);
    asn_put_octets(b, BYTES(der, ecdsa_to_der(signature, der)));
    tlv_end(b, whole);
    return buf_ok(b);
}

enum xk_err x509_make(const struct x509_request *request, const struct x509_cert *issuer,
                      const struct ec_key *key, struct buf *out)
{
    const struct x509_request *r = request;
    size_t whole;

    if (r->serial.n == 0 || r->serial.n > SERIAL_MAX || r->not_before > r->not_after ||
        (!issuer && !bytes_eq(r->point, ec_key_point(key))) ||
        (r->role != CERT_NO_ROLE && r->generation != CERT_V3 && x509_roles[r->role].v2.n == 0))
        return XK_E_VALUE;
    TRY(ec_point_check(r->curve, r->point));
    whole = tlv_begin(out, ASN_SEQUENCE);
    put_tbs(out, r, issuer);
    return seal(out, whole, whole, key);
}

/* --- requests --- */

/* Attributes, one: extensionRequest (RFC 2985 5.4.2). */
static void put_extension_request(struct buf *b, const struct x509_request *r)
{
    size_t attributes = tlv_begin(b, ASN_CONTEXT_OF(0));
    size_t attribute = tlv_begin(b, ASN_SEQUENCE);
    size_t values;

    tlv_put(b, ASN_OID, BYTES_STR(OID_EXTENSION_REQUEST));
    values = tlv_begin(b, ASN_SET);
    put_extensions(b, r, NULL);
    tlv_end(b, values);
    tlv_end(b, attribute);
    tlv_end(b, attributes);
}

enum xk_err x509_make_request(const struct x509_request *request, const struct ec_key *key,
                              struct buf *out)
{
    size_t whole, info;

    if (!bytes_eq(request->point, ec_key_point(key)))
        return XK_E_VALUE;
    whole = tlv_begin(out, ASN_SEQUENCE);
    info = tlv_begin(out, ASN_SEQUENCE);
    asn_put_small(out, 0); /* version 1 */
    put_subject(out, request);
    put_public_key(out, request->curve, request->point);
    put_extension_request(out, request);
    tlv_end(out, info);
    return seal(out, whole, whole, key);
}

/* --- revocation lists --- */

static void put_expiration(struct buf *b, int64_t expires)
{
    size_t list = tlv_begin(b, ASN_SEQUENCE);
    size_t value;
    size_t at = begin_extension(b, &value, BYTES_STR("\x67\x81\x12\x01\x02\x00\x01"), false);

    asn_put_time(b, expires);
    end_extension(b, at, value);
    tlv_end(b, list);
}

static void put_revoked(struct buf *b, const struct x509_crl_request *r)
{
    size_t list;

    if (r->n == 0)
        return; /* RFC 5280 5.1.2.6: absent, not empty */
    list = tlv_begin(b, ASN_SEQUENCE);
    for (size_t i = 0; i < r->n; i++) {
        size_t entry = tlv_begin(b, ASN_SEQUENCE);

        asn_put_number(b, r->revoked[i].serial);
        asn_put_time(b, r->revoked[i].at);
        if (r->revoked[i].expires)
            put_expiration(b, r->revoked[i].expires);
        tlv_end(b, entry);
    }
    tlv_end(b, list);
}

static void put_number_extension(struct buf *b, struct bytes oid, uint32_t number)
{
    size_t value;
    size_t at = begin_extension(b, &value, oid, false);

    asn_put_small(b, number);
    end_extension(b, at, value);
}

static void put_crl_extensions(struct buf *b, const struct x509_crl_request *r,
                               const struct x509_cert *issuer)
{
    size_t outer = tlv_begin(b, ASN_CONTEXT_OF(0));
    size_t list = tlv_begin(b, ASN_SEQUENCE);
    size_t value;
    size_t at = begin_extension(b, &value, extension_oids[X509V3_AKI], false);

    put_aki(b, issuer->ski);
    end_extension(b, at, value);
    at = begin_extension(b, &value, BYTES_STR("\x55\x1D\x14"), false);
    asn_put_number(b, r->number);
    end_extension(b, at, value);
    if (r->uri) {
        size_t point;

        at = begin_extension(b, &value, BYTES_STR("\x55\x1D\x1C"), true);
        point = tlv_begin(b, ASN_SEQUENCE);
        put_point_name(b, r->uri);
        tlv_end(b, point);
        end_extension(b, at, value);
    }
    if (r->total_parts > 0) {
        put_number_extension(b, BYTES_STR("\x67\x81\x12\x01\x02\x00\x02"), r->total_parts);
        put_number_extension(b, BYTES_STR("\x67\x81\x12\x01\x02\x00\x03"), r->part);
    }
    tlv_end(b, list);
    tlv_end(b, outer);
}

enum xk_err x509_make_crl(const struct x509_crl_request *request, const struct x509_cert *issuer,
                          const struct ec_key *key, struct buf *out)
{
    size_t whole = tlv_begin(out, ASN_SEQUENCE);
    size_t tbs = tlv_begin(out, ASN_SEQUENCE);

    asn_put_small(out, 1); /* version 2 */
    put_algorithm(out);
    buf_put_bytes(out, issuer->subject);
    asn_put_time(out, request->this_update);
    asn_put_time(out, request->next_update);
    put_revoked(out, request);
    put_crl_extensions(out, request, issuer);
    tlv_end(out, tbs);
    return seal(out, whole, whole, key);
}

void x509_put_pem(const char *label, struct bytes der, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;

    buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < der.n; i += 3) {
        size_t n = der.n - i < 3 ? der.n - i : 3;
        uint32_t v = (uint32_t)der.p[i] << 16 | (n > 1 ? (uint32_t)der.p[i + 1] << 8 : 0) |
                     (n > 2 ? der.p[i + 2] : 0);

        for (size_t k = 0; k < 4; k++)
            buf_put_u8(out, k <= n ? (uint8_t)digits[v >> (18 - 6 * k) & 63] : '=');
        column += 4;
        if (column % 64 == 0 && i + 3 < der.n)
            buf_put_u8(out, '\n');
    }
    buf_printf(out, "\n-----END %s-----\n", label);
}
