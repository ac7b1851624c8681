/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "crypto/asn.h"
#include "crypto/x509_parts.h"

/* Object identifiers, contents */
#define OID_EC_PUBLIC_KEY "\x2A\x86\x48\xCE\x3D\x02\x01"
#define OID_P256 "\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define OID_BRAINPOOL_P256R1 "\x2B\x24\x03\x03\x02\x08\x01\x01\x07"
#define OID_ORGANIZATION "\x55\x04\x0A"
#define OID_COMMON_NAME "\x55\x04\x03"
#define OID_SERIAL_NUMBER "\x55\x04\x05"

/* AlgorithmIdentifier of ecdsa-with-SHA256, whole: no parameters (RFC 5758 3.2) */
static const uint8_t ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                       0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};

#define VERSION_3 2
#define SERIAL_MAX                                                                                 \
    21 /* RFC 5280 4.1.2.2: 20 octets; one more for a sign octet, seen in the field */

void x509_take_algorithm(struct cur *c, bool *unknown)
{
    struct bytes algorithm = asn_raw(c, ASN_SEQUENCE);

    if (!bytes_eq(algorithm, BYTES_OF(ecdsa_sha256)))
        *unknown = true;
}

void x509_take_signature(struct cur *c, uint8_t signature[ECDSA_LEN])
{
    struct bytes der = asn_octets(c);

    if (!c->bad && ecdsa_from_der(der, signature) != XK_OK)
        asn_fail(c);
}

/* AttributeTypeAndValue; the first of a kind counts. */
static void take_attribute(struct cur *set, struct x509_cert *out)
{
    struct cur c = cur_of(asn_take(set, ASN_SEQUENCE));
    struct bytes type = asn_take(&c, ASN_OID);
    uint8_t tag;
    struct bytes value = asn_any(&c, &tag);
    struct bytes *field = NULL;

    if (c.bad || c.n > 0) {
        asn_fail(set);
        return;
    }
    if (bytes_eq(type, BYTES_STR(OID_ORGANIZATION)))
        field = &out->organization;
    else if (bytes_eq(type, BYTES_STR(OID_COMMON_NAME)))
        field = &out->common_name;
    else if (bytes_eq(type, BYTES_STR(OID_SERIAL_NUMBER)))
        field = &out->serial_number;
    if (field && !field->p)
        *field = value;
}

/* RDNSequence (RFC 5280 4.1.2.4) */
static void read_subject(struct cur *c, struct x509_cert *out)
{
    struct cur name = *c;

    out->subject = asn_raw(c, ASN_SEQUENCE);
    name = cur_of(asn_take(&name, ASN_SEQUENCE));
    while (name.n > 0) {
        struct cur set = cur_of(asn_take(&name, ASN_SET));

        do
            take_attribute(&set, out);
        while (set.n > 0);
        if (set.bad)
            asn_fail(c);
    }
    if (name.bad)
        asn_fail(c);
}

static void read_validity(struct cur *c, struct x509_cert *out)
{
    struct cur validity = cur_of(asn_take(c, ASN_SEQUENCE));

    out->not_before = asn_time(&validity);
    out->not_after = asn_time(&validity);
    if (validity.bad || validity.n > 0)
        asn_fail(c);
}

/* SubjectPublicKeyInfo with a named curve (RFC 5480 2) */
static void read_public_key(struct cur *c, struct x509_cert *out, bool *unknown_curve)
{
    struct cur info = cur_of(asn_take(c, ASN_SEQUENCE));
    struct cur algorithm = cur_of(asn_take(&info, ASN_SEQUENCE));
    struct bytes type = asn_take(&algorithm, ASN_OID);
    struct bytes curve;

    out->point = asn_octets(&info);
    if (info.bad || info.n > 0 || algorithm.bad) {
        asn_fail(c);
        return;
    }
    if (!bytes_eq(type, BYTES_STR(OID_EC_PUBLIC_KEY)) || !asn_is(&algorithm, ASN_OID)) {
        *unknown_curve = true;
        return;
    }
    curve = asn_take(&algorithm, ASN_OID);
    if (algorithm.bad || algorithm.n > 0)
        asn_fail(c);
    if (bytes_eq(curve, BYTES_STR(OID_P256)))
        out->curve = EC_P256;
    else if (bytes_eq(curve, BYTES_STR(OID_BRAINPOOL_P256R1)))
        out->curve = EC_BRAINPOOL_P256R1;
    else
        *unknown_curve = true;
    if (out->point.n != EC_POINT_LEN || out->point.p[0] != 0x04)
        *unknown_curve = true;
}

/* What there may be to say against a certificate. */
struct objections {
    bool bad, unknown_curve;
    bool unknown; /* another algorithm, or a critical extension */
};

static void read_tbs(struct bytes tbs, struct x509_cert *out, struct objections *o)
{
    struct cur outer = cur_of(tbs);
    struct cur c = cur_of(asn_take(&outer, ASN_SEQUENCE));
    struct cur version = cur_of(asn_take(&c, ASN_CONTEXT_OF(0)));
    struct cur extensions;

    if (asn_small(&version) != VERSION_3 || version.n > 0)
        asn_fail(&c);
    out->serial = asn_integer(&c);
    if (out->serial.n > SERIAL_MAX)
        asn_fail(&c);
    x509_take_algorithm(&c, &o->unknown);
    out->issuer = asn_raw(&c, ASN_SEQUENCE);
    read_validity(&c, out);
    read_subject(&c, out);
    read_public_key(&c, out, &o->unknown_curve);
    extensions = cur_of(asn_take(&c, ASN_CONTEXT_OF(3)));
    if (c.bad || c.n > 0) {
        o->bad = true;
        return;
    }
    x509_read_extensions(&extensions, out, &o->unknown);
    o->bad = extensions.bad || extensions.n > 0;
}

enum xk_err x509_read(struct bytes der, struct x509_cert *out)
{
    struct cur c = cur_of(der);
    struct x509_cert cert = {.path_len = X509_NO_PATH_LEN, .role = CERT_NO_ROLE};
    struct cur body = cur_of(asn_take(&c, ASN_SEQUENCE));
    struct objections o = {0};

    cert.raw = der;
    cert.tbs = asn_raw(&body, ASN_SEQUENCE);
    x509_take_algorithm(&body, &o.unknown);
    if (!o.unknown)
        x509_take_signature(&body, cert.signature);
    if (c.bad || c.n > 0 || (!o.unknown && (body.bad || body.n > 0)))
        return XK_E_FORMAT;
    read_tbs(cert.tbs, &cert, &o);
    if (o.bad)
        return XK_E_FORMAT;
    if (o.unknown_curve)
        return XK_E_UNSUPPORTED;
    if (o.unknown)
        return XK_E_VALUE;
    *out = cert;
    return XK_OK;
}
