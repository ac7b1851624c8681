/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_crl.h"

#include "crypto/x509_parts.h"

#define VERSION_2 1

#define OID_AKI "\x55\x1D\x23"
#define OID_CRL_NUMBER "\x55\x1D\x14"
#define OID_ISSUING_POINT "\x55\x1D\x1C"
#define OID_REASON "\x55\x1D\x15"
/* 2.23.146.1.2.0.n */
#define OID_EXPIRATION_DATE "\x67\x81\x12\x01\x02\x00\x01"
#define OID_TOTAL_PARTIAL_CRL_NUMBER "\x67\x81\x12\x01\x02\x00\x02"
#define OID_PARTIAL_CRL_NUMBER "\x67\x81\x12\x01\x02\x00\x03"

/* Extension: its OID; the value is put in *value. Gives whether it is critical. */
static bool take_extension(struct cur *list, struct bytes *oid, struct cur *value)
{
    struct cur c = cur_of(asn_take(list, ASN_SEQUENCE));
    bool critical;

    *oid = asn_take(&c, ASN_OID);
    critical = asn_true(&c);
    *value = cur_of(asn_take(&c, ASN_OCTET_STRING));
    if (c.bad || c.n > 0)
        asn_fail(list);
    return critical;
}

/* indirectCRL [4]: entries of other issuers, which nobody here would look for. */
static void read_issuing_point(struct cur *value, struct x509_crl *out, bool *unsupported)
{
    struct cur c;
    uint8_t tag = 0;

    out->distribution_point = asn_take(value, ASN_SEQUENCE);
    c = cur_of(out->distribution_point);
    while (c.n > 0) {
        asn_any(&c, &tag);
        if (tag == ASN_CONTEXT(4))
            *unsupported = true;
    }
    if (c.bad)
        asn_fail(value);
}

static void read_extension(struct cur *list, struct x509_crl *out, bool *unsupported)
{
    struct bytes oid;
    struct cur value;
    bool critical = take_extension(list, &oid, &value);

    if (list->bad)
        return;
    if (bytes_eq(oid, BYTES_STR(OID_AKI))) {
        struct cur aki = cur_of(asn_take(&value, ASN_SEQUENCE));

        if (asn_is(&aki, ASN_CONTEXT(0)))
            out->aki = asn_take(&aki, ASN_CONTEXT(0));
    } else if (bytes_eq(oid, BYTES_STR(OID_CRL_NUMBER)))
        out->number = asn_integer(&value);
    else if (bytes_eq(oid, BYTES_STR(OID_ISSUING_POINT)))
        read_issuing_point(&value, out, unsupported);
    else if (bytes_eq(oid, BYTES_STR(OID_TOTAL_PARTIAL_CRL_NUMBER)))
        out->total_parts = asn_small(&value);
    else if (bytes_eq(oid, BYTES_STR(OID_PARTIAL_CRL_NUMBER)))
        out->part = asn_small(&value);
    else {
        *unsupported |= critical;
        return;
    }
    if (value.bad || value.n > 0)
        asn_fail(list);
}

/* Version 1 lists have no extensions; we ask for version 2. */
static void read_list(struct cur *c, struct x509_crl *out, bool *unsupported)
{
    struct cur extensions, list;

    if (asn_small(c) != VERSION_2)
        asn_fail(c);
    x509_take_algorithm(c, unsupported);
    out->issuer = asn_raw(c, ASN_SEQUENCE);
    out->this_update = asn_time(c);
    if (asn_is(c, ASN_UTC_TIME) || asn_is(c, ASN_GENERALIZED_TIME))
        out->next_update = asn_time(c);
    if (asn_is(c, ASN_SEQUENCE))
        out->revoked = asn_take(c, ASN_SEQUENCE);
    if (c->n == 0)
        return;
    extensions = cur_of(asn_take(c, ASN_CONTEXT_OF(0)));
    list = cur_of(asn_take(&extensions, ASN_SEQUENCE));
    while (list.n > 0)
        read_extension(&list, out, unsupported);
    if (list.bad || extensions.bad || extensions.n > 0 || c->n > 0)
        asn_fail(c);
}

/* A reason is looked past, and whatever else is not critical. */
static void read_entry_extensions(struct cur *entry, struct x509_revoked *out, bool *unsupported)
{
    struct cur list = cur_of(asn_take(entry, ASN_SEQUENCE));
    struct bytes oid;
    struct cur value;

    while (list.n > 0) {
        bool critical = take_extension(&list, &oid, &value);

        if (!list.bad && bytes_eq(oid, BYTES_STR(OID_EXPIRATION_DATE))) {
            out->expires = asn_time(&value);
            if (value.bad)
                asn_fail(&list);
        } else if (critical && !bytes_eq(oid, BYTES_STR(OID_REASON)))
            *unsupported = true;
    }
    if (list.bad)
        asn_fail(entry);
}

static void read_entry(struct cur *list, struct x509_revoked *out, bool *unsupported)
{
    struct cur entry = cur_of(asn_take(list, ASN_SEQUENCE));

    *out = (struct x509_revoked){.serial = asn_integer(&entry)};
    out->at = asn_time(&entry);
    if (!entry.bad && entry.n > 0)
        read_entry_extensions(&entry, out, unsupported);
    if (entry.bad || entry.n > 0)
        asn_fail(list);
}

static void read_all_entries(struct bytes revoked, bool *bad, bool *unsupported)
{
    struct cur list = cur_of(revoked);
    struct x509_revoked entry;

    while (list.n > 0)
        read_entry(&list, &entry, unsupported);
    *bad |= list.bad;
}

enum xk_err x509_crl_read(struct bytes der, struct x509_crl *out)
{
    struct cur c = cur_of(der);
    struct x509_crl crl = {.raw = der};
    struct cur body = cur_of(asn_take(&c, ASN_SEQUENCE));
    struct cur tbs, list;
    bool unsupported = false;
    bool bad;

    crl.tbs = asn_raw(&body, ASN_SEQUENCE);
    x509_take_algorithm(&body, &unsupported);
    if (!unsupported)
        x509_take_signature(&body, crl.signature);
    bad = c.bad || c.n > 0 || body.bad || (!unsupported && body.n > 0);
    tbs = cur_of(crl.tbs);
    list = cur_of(asn_take(&tbs, ASN_SEQUENCE));
    read_list(&list, &crl, &unsupported);
    read_all_entries(crl.revoked, &bad, &unsupported);
    if (bad || list.bad || (crl.total_parts > 0 && (crl.part == 0 || crl.part > crl.total_parts)))
        return XK_E_FORMAT;
    if (unsupported)
        return XK_E_UNSUPPORTED;
    *out = crl;
    return XK_OK;
}

bool x509_crl_each(const struct x509_crl *crl, size_t *at, struct x509_revoked *out)
{
    struct cur list = cur_of(bytes_part(crl->revoked, *at, crl->revoked.n));
    bool unsupported;

    if (list.n == 0)
        return false;
    read_entry(&list, out, &unsupported);
    *at = crl->revoked.n - list.n;
    return !list.bad;
}
