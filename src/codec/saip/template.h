/* SPDX-License-Identifier: Apache-2.0 */
/* The file tables of the templates (TCA eUICC Profile Package, annex A): what a file is when the
 * package says nothing about it. Rows in template.def (one line a template) and file.def. */
#ifndef CODEC_SAIP_TEMPLATE_H
#define CODEC_SAIP_TEMPLATE_H

#include "codec/saip/saip.h"

enum saip_kind {
    SAIP_KIND_MF,
    SAIP_KIND_ADF,
    SAIP_KIND_DF,
    SAIP_KIND_TRANSPARENT,
    SAIP_KIND_LINEAR,
    SAIP_KIND_CYCLIC,
    SAIP_KIND_BER_TLV
};
#define SAIP_KINDS 7
const char *saip_kind_name(enum saip_kind kind); /* "MF", "ADF", "DF", "TR", "LF", "CY", "BT" */

static inline bool saip_kind_is_directory(enum saip_kind kind)
{
    return kind <= SAIP_KIND_DF;
}

static inline bool saip_kind_has_records(enum saip_kind kind)
{
    return kind == SAIP_KIND_LINEAR || kind == SAIP_KIND_CYCLIC;
}

/* Where the files of a template stand. */
enum saip_base {
    SAIP_BASE_NONE, /* the template brings its MF or ADF */
    SAIP_BASE_MF,   /* a DF under the MF */
    SAIP_BASE_USIM, /* under the ADF of the last usim (or iot) */
    SAIP_BASE_ISIM, /* of the last isim */
    SAIP_BASE_CSIM, /* of the last csim */
    SAIP_BASE_LAST  /* of whichever came last: eap */
};
#define SAIP_BASES 6

enum {
    SAIP_PLAIN = 0,
    SAIP_HIGH = 0x01,          /* often updated: special file information 80 */
    SAIP_NEEDS_CONTENT = 0x02, /* no default: the package must give contents */
    SAIP_NEEDS_SFI = 0x04      /* the package says whether there is an SFI */
};

struct saip_template_file {
    uint32_t tag;    /* of the element */
    uint32_t parent; /* of the element of its directory; 0: the base, or itself the first */
    uint16_t fid;    /* 0: the package gives it (ADFs: the temporary one) */
    uint16_t size;   /* of the file, of a record; 0: the package gives it */
    uint8_t fids;    /* it may have fid, fid + 1, ... as many */
    uint8_t kind;    /* enum saip_kind */
    uint8_t records; /* 0: the package gives it */
    uint8_t arr;     /* record of EF.ARR */
    uint8_t sfi;     /* 0: none */
    uint8_t flags;
    uint8_t first, last; /* versions of the template that have it */
    /* Contents of the file or of each record, in hexadecimal: "FF.." the last byte before the dots
     * fills up to what stands behind them ("FF..07"), "FFFFFF0000*" repeats; NULL: none, FF. */
    const char *pattern;
};

#define SAIP_TEMPLATE_OID_MAX 7
struct saip_template {
    const char *name; /* "USIM", "OPT-USIM 2" */
    enum saip_type type;
    uint8_t version;
    uint8_t oid[SAIP_TEMPLATE_OID_MAX]; /* value of the OBJECT IDENTIFIER */
    uint8_t oid_n;
    enum saip_base base;
    bool by_default;      /* files exist though the package does not name them */
    uint8_t major, minor; /* edition that brought it */
};

/* NULL when there is none. */
const struct saip_template *saip_template_find(struct bytes oid);
/* All of them, for tables and tests; NULL behind the last. */
const struct saip_template *saip_template_at(size_t i);
/* The rows of a template in the order of its elements: the one behind `row` (NULL: the first);
 * NULL behind the last. */
const struct saip_template_file *saip_template_next(const struct saip_template *t,
                                                    const struct saip_template_file *row);
const struct saip_template_file *saip_template_file(const struct saip_template *t, uint32_t tag);
/* "2.23.143.1.2.4.2"; of any OID. */
void saip_put_oid(struct buf *out, struct bytes oid);

/* Fills out[n], one file or record: with a pattern as above; with a fill pattern, whose last byte
 * goes on to the end, or a repeat pattern of a descriptor (TS 102 222 6.3.2.2.2, tags C1 and C2).
 * what must not be empty. */
void saip_pattern_fill(const char *pattern, uint8_t *out, size_t n);
void saip_fill(struct bytes what, uint8_t *out, size_t n);
void saip_fill_repeat(struct bytes what, uint8_t *out, size_t n);

#endif
