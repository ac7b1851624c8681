/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a certificate that was read. */
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/hex.h"
#include "crypto/engine.h"
#include "crypto/x509_parts.h"

#define EID_DIGITS 32
#define OID_ORGANIZATION "\x55\x04\x0A"
#define OID_SERIAL_NUMBER "\x55\x04\x05"

/* ISO 7064 MOD 97-10: the whole number leaves 1. */
enum xk_err x509_eid_check(const uint8_t eid[X509_EID_LEN])
{
    uint32_t rest = 0;

    for (size_t i = 0; i < X509_EID_LEN; i++) {
        uint8_t high = eid[i] >> 4, low = eid[i] & 15;

        if (high > 9 || low > 9)
            return XK_E_VALUE;
        rest = (rest * 100 + high * 10u + low) % 97;
    }
    return rest == 1 ? XK_OK : XK_E_VALUE;
}

enum xk_err x509_eid(const struct x509_cert *cert, uint8_t eid[X509_EID_LEN])
{
    uint8_t read[X509_EID_LEN];

    if (cert->serial_number.n != EID_DIGITS ||
        hex_decode_exact(cert->serial_number, read, sizeof read) != XK_OK)
        return XK_E_VALUE;
    TRY(x509_eid_check(read));
    memcpy(eid, read, sizeof read);
    return XK_OK;
}

static void eid_digits(const uint8_t eid[X509_EID_LEN], uint8_t out[EID_DIGITS])
{
    for (size_t i = 0; i < EID_DIGITS; i++)
        out[i] = (uint8_t)('0' + (i % 2 ? eid[i / 2] & 15 : eid[i / 2] >> 4));
}

static bool starts_with(const uint8_t digits[EID_DIGITS], struct bytes prefix)
{
    return prefix.n > 0 && prefix.n <= EID_DIGITS && memcmp(digits, prefix.p, prefix.n) == 0;
}

bool x509_each_dns_name(const struct x509_cert *cert, size_t *at, struct bytes *name)
{
    struct cur c = cur_of(bytes_part(cert->alt_names, *at, cert->alt_names.n));
    uint8_t tag;

    while (c.n > 0) {
        struct bytes v = asn_any(&c, &tag);

        if (c.bad)
            return false;
        *at = cert->alt_names.n - c.n;
        if (tag == ASN_CONTEXT(2)) {
            *name = v;
            return true;
        }
    }
    return false;
}

/* DistributionPoint { [0] { [0] fullName { [6] URI } } }: the first URI of each. */
bool x509_each_crl_point(const struct x509_cert *cert, size_t *at, struct bytes *uri)
{
    struct cur c = cur_of(bytes_part(cert->crl_points, *at, cert->crl_points.n));

    while (c.n > 0) {
        struct cur point = cur_of(asn_take(&c, ASN_SEQUENCE));
        struct cur name = cur_of(asn_take(&point, ASN_CONTEXT_OF(0)));
        struct cur full = cur_of(asn_take(&name, ASN_CONTEXT_OF(0)));
        struct bytes v = asn_take(&full, ASN_CONTEXT(6));

        if (c.bad)
            return false;
        *at = cert->crl_points.n - c.n;
        if (!full.bad) {
            *uri = v;
            return true;
        }
    }
    return false;
}

bool x509_has_dns_name(const struct x509_cert *cert, struct bytes host)
{
    struct bytes name;
    size_t at = 0;

    while (x509_each_dns_name(cert, &at, &name)) {
        if (name.n == host.n && host.n > 0 &&
            strncasecmp((const char *)name.p, (const char *)host.p, host.n) == 0)
            return true;
    }
    return false;
}

/* One attribute of a permitted directory name: true when the eUICC's may stand below it. */
static bool attribute_permits(struct cur *set, const struct x509_cert *eum,
                              const uint8_t digits[EID_DIGITS], bool *names_eid)
{
    struct cur c = cur_of(asn_take(set, ASN_SEQUENCE));
    struct bytes type = asn_take(&c, ASN_OID);
    uint8_t tag;
    struct bytes value = asn_any(&c, &tag);

    if (set->bad || c.bad)
        return false;
    if (bytes_eq(type, BYTES_STR(OID_ORGANIZATION)))
        return bytes_eq(value, eum->organization);
    if (!bytes_eq(type, BYTES_STR(OID_SERIAL_NUMBER)))
        return false;
    *names_eid = true;
    return starts_with(digits, value);
}

/* GeneralSubtree { [4] { Name } }: all its attributes must permit, the EID among them. */
static bool subtree_permits(struct bytes subtree, const struct x509_cert *eum,
                            const uint8_t digits[EID_DIGITS])
{
    struct cur c = cur_of(subtree);
    struct cur base = cur_of(asn_take(&c, ASN_CONTEXT_OF(4)));
    struct cur name = cur_of(asn_take(&base, ASN_SEQUENCE));
    bool names_eid = false;

    while (name.n > 0) {
        struct cur set = cur_of(asn_take(&name, ASN_SET));

        do {
            if (!attribute_permits(&set, eum, digits, &names_eid))
                return false;
        } while (set.n > 0);
    }
    return names_eid && !name.bad && !c.bad;
}

static bool constraints_permit(const struct x509_cert *eum, const uint8_t digits[EID_DIGITS])
{
    struct cur trees = cur_of(eum->permitted_subtrees);

    while (trees.n > 0) {
        struct bytes tree = asn_take(&trees, ASN_SEQUENCE);

        if (!trees.bad && subtree_permits(tree, eum, digits))
            return true;
    }
    return false;
}

static bool eins_permit(const struct x509_cert *eum, const uint8_t digits[EID_DIGITS])
{
    struct cur eins = cur_of(eum->permitted_eins);

    while (eins.n > 0) {
        if (starts_with(digits, asn_take(&eins, ASN_PRINTABLE)))
            return true;
    }
    return false;
}

/* Where an EUM carries both, either may permit: permittedEins extends nameConstraints (v3). */
bool x509_permits_eid(const struct x509_cert *eum, const uint8_t eid[X509_EID_LEN])
{
    uint8_t digits[EID_DIGITS];

    eid_digits(eid, digits);
    return (eum->has_name_constraints && constraints_permit(eum, digits)) ||
           (eum->has_permitted_eins && eins_permit(eum, digits));
}

enum xk_err x509_key_id(struct bytes point, uint8_t out[X509_SKI_LEN])
{
    EVP_MD_CTX *ctx;

    TRY(engine_digest_start(ENGINE_SHA1, &ctx));
    if (EVP_DigestUpdate(ctx, point.p, point.n) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err x509_from_file(struct bytes file, const char *label, struct buf *out)
{
    static const char begin[] = "-----BEGIN ";
    BIO *bio;
    unsigned char *der = NULL;
    long n = 0;
    enum xk_err err = XK_E_FORMAT;

    if (file.n == 0 || file.n > INT_MAX)
        return XK_E_FORMAT;
    if (file.p[0] == ASN_SEQUENCE && !memmem(file.p, file.n, begin, sizeof begin - 1)) {
        buf_put_bytes(out, file);
        return buf_ok(out);
    }
    bio = BIO_new_mem_buf(file.p, (int)file.n);
    if (!bio)
        return XK_E_NOMEM;
    if (PEM_bytes_read_bio(&der, &n, NULL, label, bio, NULL, NULL) == 1) {
        buf_put(out, der, (size_t)n);
        err = buf_ok(out);
    }
    OPENSSL_free(der);
    BIO_free(bio);
    return err;
}

enum xk_err x509_oid_format(struct bytes oid, char out[X509_OID_TEXT_MAX])
{
    struct buf b;
    uint64_t v = 0;
    bool first = true, open = false;

    buf_init_fixed(&b, out, X509_OID_TEXT_MAX);
    for (size_t i = 0; i < oid.n; i++) {
        if (v > UINT32_MAX || (!open && oid.p[i] == 0x80))
            return XK_E_FORMAT;
        v = v << 7 | (oid.p[i] & 0x7F);
        open = oid.p[i] & 0x80;
        if (open)
            continue;
        if (first)
            buf_printf(&b, "%u.%u", v < 80 ? (unsigned)(v / 40) : 2u,
                       v < 80 ? (unsigned)(v % 40) : (unsigned)(v - 80));
        else
            buf_printf(&b, ".%u", (unsigned)v);
        first = false;
        v = 0;
    }
    if (open || first)
        return XK_E_FORMAT;
    buf_put_u8(&b, 0);
    return buf_ok(&b);
}

static void put_arc(struct buf *out, uint64_t v)
{
    int shift = 35;

    while (shift > 0 && v >> shift == 0)
        shift -= 7;
    for (; shift > 0; shift -= 7)
        buf_put_u8(out, (uint8_t)(0x80 | (v >> shift & 0x7F)));
    buf_put_u8(out, (uint8_t)(v & 0x7F));
}

enum xk_err x509_oid_parse(const char *text, struct buf *out)
{
    uint64_t first = 0;
    size_t arcs = 0;

    for (const char *p = text;; p++) {
        uint64_t v = 0;
        const char *from = p;

        while (*p >= '0' && *p <= '9' && v <= UINT32_MAX)
            v = v * 10 + (uint64_t)(*p++ - '0');
        if (p == from || v > UINT32_MAX || (*p && *p != '.') || (arcs == 0 && v > 2) ||
            (arcs == 1 && first < 2 && v > 39))
            return XK_E_FORMAT;
        if (arcs == 0)
            first = v;
        else
            put_arc(out, arcs == 1 ? first * 40 + v : v);
        arcs++;
        if (!*p)
            break;
    }
    return arcs >= 2 ? buf_ok(out) : XK_E_FORMAT;
}
