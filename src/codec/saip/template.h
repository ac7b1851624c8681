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

#define SAIP_HIGH_UPDATE 0x01   /* often updated: special file information 80 */
#define SAIP_NEEDS_CONTENT 0x02 /* no default: the package must give contents */
#define SAIP_NEEDS_SIZE 0x04    /* no default size (or record length) */
#define SAIP_NEEDS_RECORDS 0x08 /* no default number of records */
#define SAIP_NEEDS_SFI 0x10     /* the package says whether there is an SFI */

struct saip_template_file {
    uint32_t tag;      /* of the element */
    uint32_t parent;   /* of the element of its directory; 0: the base, or the first row */
    uint16_t fid;      /* 0: the package gives it (ADFs: the temporary one) */
    uint16_t fid_last; /* the FIDs that the element may have are fid..fid_last */
    uint8_t kind;      /* enum saip_kind */
    uint8_t records;   /* 0: the package gives it */
    uint16_t size;     /* of the file; of a record; 0: the package gives it */
    uint8_t arr;       /* record of EF.ARR */
    uint8_t sfi;       /* 0: none */
    uint8_t flags;
    /* Contents of the file or of each record, in hexadecimal: "FF.." the last byte before the dots
     * fills up to what stands behind them ("FF..07"), "FFFFFF0000*" repeats; NULL: none, FF. */
    const char *pattern;
};

struct saip_template {
    struct bytes oid; /* value of the OBJECT IDENTIFIER */
    const char *name; /* "USIM", "OPT-USIM 2" */
    enum saip_type type;
    enum saip_base base;
    bool by_default;      /* files exist though the package does not name them */
    uint8_t major, minor; /* edition that brought it */
    const struct saip_template_file *files;
    size_t n;
};

/* NULL when there is none. */
const struct saip_template *saip_template_find(struct bytes oid);
/* All of them, for tables and tests; NULL behind the last. */
const struct saip_template *saip_template_at(size_t i);
const struct saip_template_file *saip_template_file(const struct saip_template *t, uint32_t tag);
/* "2.23.143.1.2.4.2"; of any OID. */
void saip_put_oid(struct buf *out, struct bytes oid);

/* Fills out[n] with a pattern as above, as for one file or record. */
void saip_pattern_fill(const char *pattern, uint8_t *out, size_t n);

#endif
