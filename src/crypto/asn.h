/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: DER (X.690 10, 11) as certificates and CRLs use it, read off a cursor whose
 * failure is sticky. Single-byte tags, shortest definite lengths of up to 3 bytes. */
#ifndef CRYPTO_ASN_H
#define CRYPTO_ASN_H

#include "base/bytes.h"

enum asn_tag {
    ASN_BOOLEAN = 0x01,
    ASN_INTEGER = 0x02,
    ASN_BIT_STRING = 0x03,
    ASN_OCTET_STRING = 0x04,
    ASN_NULL = 0x05,
    ASN_OID = 0x06,
    ASN_UTF8 = 0x0C,
    ASN_PRINTABLE = 0x13,
    ASN_IA5 = 0x16,
    ASN_UTC_TIME = 0x17,
    ASN_GENERALIZED_TIME = 0x18,
    ASN_SEQUENCE = 0x30,
    ASN_SET = 0x31,
};
/* context-specific: primitive and constructed */
#define ASN_CONTEXT(n) (0x80 | (n))
#define ASN_CONTEXT_OF(n) (0xA0 | (n))

#define ASN_LENGTH_BYTES_MAX 3

static inline struct bytes asn_fail(struct cur *c)
{
    c->bad = true;
    c->n = 0;
    return BYTES_NONE;
}

/* The length field; shortest form only. */
static inline bool asn_length(struct cur *c, size_t *out)
{
    size_t count, length = 0;

    if (c->n == 0)
        return false;
    c->n--;
    if (*c->p < 0x80) {
        *out = *c->p++;
        return true;
    }
    count = *c->p++ & 0x7F;
    if (count == 0 || count > ASN_LENGTH_BYTES_MAX || count > c->n || *c->p == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | *c->p++;
    c->n -= count;
    *out = length;
    return length >= 0x80;
}

/* The contents of the next TLV, of whatever tag. */
static inline struct bytes asn_any(struct cur *c, uint8_t *tag)
{
    struct bytes v;
    size_t length;

    if (c->bad || c->n < 2 || (*c->p & 0x1F) == 0x1F)
        return asn_fail(c);
    *tag = *c->p++;
    c->n--;
    if (!asn_length(c, &length) || length > c->n)
        return asn_fail(c);
    v = BYTES(c->p, length);
    c->p += length;
    c->n -= length;
    return v;
}

static inline bool asn_is(const struct cur *c, uint8_t tag)
{
    return c->n > 0 && *c->p == tag;
}

/* The contents of the next TLV, which must have this tag. */
static inline struct bytes asn_take(struct cur *c, uint8_t tag)
{
    uint8_t got;

    return asn_is(c, tag) ? asn_any(c, &got) : asn_fail(c);
}

/* As asn_take, but tag and length too. */
static inline struct bytes asn_raw(struct cur *c, uint8_t tag)
{
    const uint8_t *from = c->p;

    asn_take(c, tag);
    return c->bad ? BYTES_NONE : BYTES(from, (size_t)(c->p - from));
}

/* INTEGER, not negative, shortest form; the contents as written. */
static inline struct bytes asn_integer(struct cur *c)
{
    struct bytes v = asn_take(c, ASN_INTEGER);

    if (v.n == 0 || (v.p[0] & 0x80) || (v.n > 1 && v.p[0] == 0 && !(v.p[1] & 0x80)))
        return asn_fail(c);
    return v;
}

/* An INTEGER that fits. */
static inline uint32_t asn_small(struct cur *c)
{
    struct bytes v = asn_integer(c);
    uint32_t n = 0;

    if (v.n > 4)
        asn_fail(c);
    for (size_t i = 0; !c->bad && i < v.n; i++)
        n = n << 8 | v.p[i];
    return n;
}

/* DER: TRUE is FF, and FALSE, being a default wherever we read one, is not written. */
static inline bool asn_true(struct cur *c)
{
    struct bytes v;

    if (!asn_is(c, ASN_BOOLEAN))
        return false;
    v = asn_take(c, ASN_BOOLEAN);
    if (v.n != 1 || v.p[0] != 0xFF)
        asn_fail(c);
    return true;
}

/* BIT STRING of whole octets. */
static inline struct bytes asn_octets(struct cur *c)
{
    struct bytes v = asn_take(c, ASN_BIT_STRING);

    if (v.n == 0 || v.p[0] != 0)
        return asn_fail(c);
    return BYTES(v.p + 1, v.n - 1);
}

/* UTCTime or GeneralizedTime, Zulu and with seconds (RFC 5280 4.1.2.5); milliseconds. */
int64_t asn_time(struct cur *c);

#endif
