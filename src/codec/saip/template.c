/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/template.h"

#include <inttypes.h>

#include "base/hex.h"
#include "codec/saip/schema.h"

#define YES true
#define NO false
#define OID_NUMBER_AT 5
#define BITS_PER_ARC_BYTE 7

static const struct saip_template templates[] = {
#define TEMPLATE(structure, number, sub, version, base, by_default, major, minor, name)            \
    {name,                                                                                         \
     SAIP_##structure,                                                                             \
     version,                                                                                      \
     {0x67, 0x81, 0x0F, 0x01, 0x02, number, sub},                                                  \
     (sub) != 0 ? SAIP_TEMPLATE_OID_MAX : SAIP_TEMPLATE_OID_MAX - 1,                               \
     SAIP_BASE_##base,                                                                             \
     by_default,                                                                                   \
     major,                                                                                        \
     minor},
#include "codec/saip/template.def"
#undef TEMPLATE
};

enum {
    PLAIN = SAIP_PLAIN,
    HIGH = SAIP_HIGH,
    CONTENT = SAIP_NEEDS_CONTENT,
    SFI = SAIP_NEEDS_SFI,
};

/* Row numbers: each BEGIN stands for a row, too. */
enum {
#define BEGIN(structure) AT_##structure,
#define FILE(structure, element, first, last, kind, parent, fid, fids, records, size, arr, sfi,    \
             flags, pattern)                                                                       \
    ROW_##structure##_##element##_##first,
#include "codec/saip/file.def"
#undef BEGIN
#undef FILE
    ROWS
};

static const struct saip_template_file rows[ROWS + 1] = {
#define BEGIN(structure) {.tag = 0},
#define FILE(structure, element, first, last, kind, parent, fid, fids, records, size, arr, sfi,    \
             flags, pattern)                                                                       \
    {SAIP_TAG_##structure##_##element,                                                             \
     SAIP_TAG_##structure##_##parent,                                                              \
     fid,                                                                                          \
     size,                                                                                         \
     fids,                                                                                         \
     SAIP_KIND_##kind,                                                                             \
     records,                                                                                      \
     arr,                                                                                          \
     sfi,                                                                                          \
     flags,                                                                                        \
     first,                                                                                        \
     last,                                                                                         \
     pattern},
#include "codec/saip/file.def"
#undef BEGIN
#undef FILE
};

static const uint16_t begins[SAIP_TYPES] = {
#define BEGIN(structure) [SAIP_##structure] = AT_##structure,
#define FILE(structure, element, first, last, kind, parent, fid, fids, records, size, arr, sfi,    \
             flags, pattern)
#include "codec/saip/file.def"
#undef BEGIN
#undef FILE
};

const char *saip_kind_name(enum saip_kind kind)
{
    static const char *const names[SAIP_KINDS] = {
        [SAIP_KIND_MF] = "MF",          [SAIP_KIND_ADF] = "ADF",   [SAIP_KIND_DF] = "DF",
        [SAIP_KIND_TRANSPARENT] = "TR", [SAIP_KIND_LINEAR] = "LF", [SAIP_KIND_CYCLIC] = "CY",
        [SAIP_KIND_BER_TLV] = "BT",
    };

    return names[kind];
}

const struct saip_template *saip_template_at(size_t i)
{
    return i < ARRAY_LEN(templates) ? &templates[i] : NULL;
}

const struct saip_template *saip_template_find(struct bytes oid)
{
    for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
        if (bytes_eq(BYTES(templates[i].oid, templates[i].oid_n), oid))
            return &templates[i];
    }
    return NULL;
}

const struct saip_template_file *saip_template_next(const struct saip_template *t,
                                                    const struct saip_template_file *row)
{
    row = row ? row + 1 : &rows[begins[t->type] + 1];
    while (row->tag != 0 && (t->version < row->first || t->version > row->last))
        row++;
    return row->tag != 0 ? row : NULL;
}

const struct saip_template_file *saip_template_file(const struct saip_template *t, uint32_t tag)
{
    const struct saip_template_file *row = saip_template_next(t, NULL);

    while (row && row->tag != tag)
        row = saip_template_next(t, row);
    return row;
}

void saip_put_oid(struct buf *out, struct bytes oid)
{
    uint64_t arc = 0;
    bool first = true;

    for (size_t i = 0; i < oid.n; i++) {
        arc = arc << BITS_PER_ARC_BYTE | (oid.p[i] & 0x7F);
        if (oid.p[i] & 0x80)
            continue;
        if (first) /* the first two arcs share a number */
            buf_printf(out, "%u.", arc < 40 ? 0 : arc < 80 ? 1 : 2);
        else
            buf_put_u8(out, '.');
        if (first)
            arc -= arc < 40 ? 0 : arc < 80 ? 40 : 80;
        buf_printf(out, "%" PRIu64, arc);
        first = false;
        arc = 0;
    }
}

/* ---- contents -------------------------------------------------------------------------------- */

#define PATTERN_MAX 64

void saip_fill_repeat(struct bytes what, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = what.p[i % what.n];
}

void saip_fill(struct bytes what, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = what.p[i < what.n ? i : what.n - 1];
}

void saip_pattern_fill(const char *pattern, uint8_t *out, size_t n)
{
    const char *text = pattern ? pattern : "FF..";
    size_t digits = strspn(text, "0123456789ABCDEF");
    struct bytes tail = bytes_cstr(text + digits + strspn(text + digits, ".*"));
    uint8_t before[PATTERN_MAX], behind[PATTERN_MAX];
    size_t n_before = 0, n_behind = 0;

    if (hex_decode(BYTES(text, digits), before, sizeof before, &n_before) != XK_OK ||
        hex_decode(tail, behind, sizeof behind, &n_behind) != XK_OK || n_before == 0)
        return;
    if (text[digits] == '*') {
        saip_fill_repeat(BYTES(before, n_before), out, n);
        return;
    }
    saip_fill(BYTES(before, n_before), out, n);
    if (n_behind <= n)
        memcpy(out + n - n_behind, behind, n_behind);
}
