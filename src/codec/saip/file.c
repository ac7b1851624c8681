/* SPDX-License-Identifier: Apache-2.0 */
/* One file: template row, descriptor and contents put together. */
#include "codec/saip/file.h"

#define FDB_SHAREABLE 0x40
#define FDB_KIND 0x3F
#define FDB_TRANSPARENT 0x01 /* TS 102 221 11.1.1.4.3 */
#define FDB_LINEAR 0x02
#define FDB_CYCLIC 0x06
#define FDB_DIRECTORY 0x38
#define FDB_BER_TLV 0x39
#define LCSI_ACTIVATED 0x05
#define SPECIAL_HIGH_UPDATE 0x80
#define SFI_MAX 30
#define SFI_SHIFT 3
#define SFI_FROM_FID 0x1F

struct work {
    const struct saip_file_input *in;
    struct saip_fcp fcp;
    bool has_fcp, do_not_create;
    struct saip_node node;
    struct saip_fault fault;
};

static enum xk_err fault(struct work *w, enum xk_err err, const char *why, struct bytes at)
{
    w->fault = (struct saip_fault){.why = why, .at = at};
    return err;
}

static uint16_t u16_of(struct bytes b)
{
    return (uint16_t)(b.p[0] << 8 | b.p[1]);
}

static enum xk_err next_step(bool generic, struct cur *c, struct saip_step *step)
{
    return generic ? saip_next_gfm_step(c, step) : saip_next_step(c, step);
}

/* ---- what stands in the package -------------------------------------------------------------- */

static enum xk_err read_descriptor(struct work *w, const struct saip_step *step, unsigned n)
{
    if (w->has_fcp)
        return fault(w, XK_E_VALUE, "a second descriptor", step->raw);
    if (n > 0)
        return fault(w, XK_E_VALUE, "the descriptor is not the first thing", step->raw);
    w->has_fcp = true;
    if (saip_decode_fcp(step->value, &w->fcp) != XK_OK)
        return fault(w, XK_E_FORMAT, "the descriptor cannot be read", step->raw);
    return XK_OK;
}

static enum xk_err read_steps(struct work *w)
{
    struct cur c = cur_of(w->in->steps);
    struct saip_step step;

    for (unsigned n = 0; c.n > 0; n++) {
        if (next_step(w->in->generic, &c, &step) != XK_OK)
            return fault(w, XK_E_FORMAT, "a step cannot be read", w->in->steps);
        if (step.kind == SAIP_DO_NOT_CREATE && w->in->steps.n != step.raw.n)
            return fault(w, XK_E_VALUE, "doNotCreate does not stand alone", step.raw);
        if (step.kind == SAIP_DO_NOT_CREATE)
            w->do_not_create = true;
        if (step.kind == SAIP_DESCRIPTOR)
            TRY(read_descriptor(w, &step, n));
    }
    return XK_OK;
}

/* ---- the descriptor -------------------------------------------------------------------------- */

static enum xk_err kind_of(uint8_t fdb, bool adf, enum saip_kind *out)
{
    switch (fdb & FDB_KIND) {
    case FDB_TRANSPARENT:
        *out = SAIP_KIND_TRANSPARENT;
        return XK_OK;
    case FDB_LINEAR:
        *out = SAIP_KIND_LINEAR;
        return XK_OK;
    case FDB_CYCLIC:
        *out = SAIP_KIND_CYCLIC;
        return XK_OK;
    case FDB_DIRECTORY:
        *out = adf ? SAIP_KIND_ADF : SAIP_KIND_DF;
        return XK_OK;
    case FDB_BER_TLV:
        *out = SAIP_KIND_BER_TLV;
        return XK_OK;
    default:
        return XK_E_VALUE;
    }
}

static enum xk_err set_kind(struct work *w)
{
    const struct saip_template_file *row = w->in->row;
    struct bytes fdb = w->fcp.descriptor;
    enum saip_kind kind = row ? (enum saip_kind)row->kind : SAIP_KIND_TRANSPARENT;
    enum saip_kind named = kind;

    w->node.shareable = true;
    w->node.kind = kind;
    if (!fdb.p && !row)
        return fault(w, XK_E_VALUE, "no file descriptor", w->in->steps);
    if (!fdb.p)
        return XK_OK;
    if (kind_of(fdb.p[0], w->fcp.df_name.p != NULL, &named) != XK_OK)
        return fault(w, XK_E_VALUE, "a file descriptor byte that is not one", fdb);
    if (row && saip_kind_is_directory(kind) != saip_kind_is_directory(named))
        return fault(w, XK_E_VALUE, "a directory is no elementary file", fdb);
    w->node.shareable = (fdb.p[0] & FDB_SHAREABLE) != 0;
    if (!row || !saip_kind_is_directory(kind))
        w->node.kind = named;
    return XK_OK;
}

static enum xk_err set_identity(struct work *w)
{
    const struct saip_template_file *row = w->in->row;
    struct saip_node *node = &w->node;

    node->fid = row ? row->fid : 0;
    if (w->fcp.fid.p)
        node->fid = u16_of(w->fcp.fid);
    if (node->fid == 0)
        return fault(w, XK_E_VALUE, "no file identifier", w->in->steps);
    node->df_name = w->fcp.df_name;
    if (node->kind == SAIP_KIND_ADF && !node->df_name.p)
        return fault(w, XK_E_VALUE, "an ADF without dfName", w->in->steps);
    node->pin_status = w->fcp.pin_status;
    node->lcsi = w->fcp.lcsi.p ? w->fcp.lcsi.p[0] : LCSI_ACTIVATED;
    node->special = row && row->flags & SAIP_HIGH ? SPECIAL_HIGH_UPDATE : 0;
    if (w->fcp.special.p)
        node->special = w->fcp.special.p[0];
    return XK_OK;
}

/* TS 102 222: without tag 88 the SFI is the end of the FID; a template says its own. */
static enum xk_err set_sfi(struct work *w)
{
    struct saip_node *node = &w->node;
    struct bytes sfi = w->fcp.sfi;

    if (saip_kind_is_directory(node->kind))
        return XK_OK;
    node->sfi = w->in->row ? w->in->row->sfi : node->fid & SFI_FROM_FID;
    if (sfi.p)
        node->sfi = sfi.n > 0 ? sfi.p[0] >> SFI_SHIFT : 0;
    if (sfi.p && sfi.n > 0 && (node->sfi == 0 || node->sfi > SFI_MAX || sfi.p[0] & 0x07))
        return fault(w, XK_E_VALUE, "shortEFID is no short file identifier", sfi);
    if (node->sfi > SFI_MAX)
        node->sfi = 0;
    node->has_sfi = node->sfi != 0;
    return XK_OK;
}

static enum xk_err set_arr(struct work *w)
{
    struct saip_node *node = &w->node;
    struct bytes arr = w->fcp.arr;

    node->arr_fid = w->in->under_mf ? SAIP_FID_ARR_MF : SAIP_FID_ARR;
    node->arr_record = w->in->row ? w->in->row->arr : 0;
    if (arr.n == 1)
        node->arr_record = arr.p[0];
    if (arr.n == 3) {
        node->arr_fid = u16_of(arr);
        node->arr_record = arr.p[2];
    }
    if (arr.n == 2 || node->arr_record == 0)
        return fault(w, XK_E_VALUE, "no access rule", arr.p ? arr : w->in->steps);
    return XK_OK;
}

/* ---- size and contents ----------------------------------------------------------------------- */

static enum xk_err number_of(struct work *w, struct bytes b, uint32_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    if (v > SAIP_FILE_MAX)
        return fault(w, XK_E_LIMIT, "a file of this size", b);
    *out = (uint32_t)v;
    return XK_OK;
}

static enum xk_err set_records(struct work *w, uint32_t total)
{
    const struct saip_template_file *row = w->in->row;
    struct saip_node *node = &w->node;
    struct bytes fdb = w->fcp.descriptor;

    node->record_size = row ? row->size : 0;
    if (fdb.n == 3)
        node->record_size = fdb.p[2];
    if (fdb.n == 4)
        node->record_size = u16_of(bytes_part(fdb, 2, 2));
    if (node->record_size == 0)
        return fault(w, XK_E_VALUE, "no record length", fdb.p ? fdb : w->in->steps);
    if (total == 0 && row)
        total = (uint32_t)row->records * node->record_size;
    if (total == 0)
        return fault(w, XK_E_VALUE, "no number of records", w->in->steps);
    if (total % node->record_size != 0)
        return fault(w, XK_E_VALUE, "efFileSize is no multiple of the record length", w->fcp.size);
    if (total / node->record_size > 254)
        return fault(w, XK_E_VALUE, "more than 254 records", w->fcp.size);
    node->records = total / node->record_size;
    node->size = total;
    return XK_OK;
}

static enum xk_err set_size(struct work *w)
{
    const struct saip_template_file *row = w->in->row;
    struct saip_node *node = &w->node;
    uint32_t total = 0;

    if (saip_kind_is_directory(node->kind))
        return XK_OK;
    TRY(number_of(w, w->fcp.size, &total));
    if (saip_kind_has_records(node->kind))
        return set_records(w, total);
    if (node->kind == SAIP_KIND_BER_TLV)
        return number_of(w, w->fcp.maximum.p ? w->fcp.maximum : w->fcp.size, &node->size);
    node->size = total > 0 || !row || row->kind != SAIP_KIND_TRANSPARENT ? total : row->size;
    if (node->size == 0)
        return fault(w, XK_E_VALUE, "no file size", w->in->steps);
    return XK_OK;
}

static void fill(const struct work *w, uint8_t *content)
{
    const struct saip_node *node = &w->node;
    size_t unit = node->record_size ? node->record_size : node->size;
    const char *pattern = w->in->row ? w->in->row->pattern : NULL;

    if (w->fcp.fill.n > 0)
        saip_fill(w->fcp.fill, content, unit);
    else if (w->fcp.repeat.n > 0)
        saip_fill_repeat(w->fcp.repeat, content, unit);
    else
        saip_pattern_fill(pattern, content, unit);
    for (size_t at = unit; at + unit <= node->size; at += unit)
        memcpy(content + at, content, unit);
}

enum xk_err saip_write_steps(const struct saip_node *node, uint8_t *content, size_t n,
                             uint32_t *given, uint32_t *end)
{
    struct cur c = cur_of(node->steps);
    struct saip_step step;
    size_t at = 0;

    *given = *end = 0;
    while (c.n > 0) {
        TRY(next_step(node->generic, &c, &step));
        if (step.kind == SAIP_OFFSET)
            at += step.offset;
        if (step.kind != SAIP_CONTENT)
            continue;
        if (step.value.n > n || at > n - step.value.n)
            return XK_E_LIMIT;
        if (step.value.n > 0)
            memcpy(content + at, step.value.p, step.value.n);
        at += step.value.n;
        *given += (uint32_t)step.value.n;
        *end = (uint32_t)at;
    }
    return XK_OK;
}

static enum xk_err set_content(struct work *w, struct arena *arena)
{
    struct saip_node *node = &w->node;
    bool ber_tlv = node->kind == SAIP_KIND_BER_TLV;
    size_t room = ber_tlv && node->size == 0 ? w->in->steps.n : node->size;
    uint8_t *content;
    uint32_t end;

    if (room == 0)
        return XK_OK;
    content = arena_alloc(arena, room);
    if (!content)
        return fault(w, XK_E_NOMEM, "out of memory", BYTES_NONE);
    if (!ber_tlv)
        fill(w, content);
    if (saip_write_steps(node, content, room, &node->given, &end) != XK_OK)
        return fault(w, XK_E_LIMIT, "contents are longer than the file", w->in->steps);
    node->content = BYTES(content, ber_tlv ? end : room);
    return XK_OK;
}

static enum xk_err no_content(struct work *w, const char *why)
{
    struct cur c = cur_of(w->in->steps);
    struct saip_step step;

    while (c.n > 0) {
        TRY(next_step(w->in->generic, &c, &step));
        if (step.kind == SAIP_CONTENT)
            return fault(w, XK_E_VALUE, why, step.raw);
    }
    return XK_OK;
}

static enum xk_err resolve(struct work *w, struct arena *arena)
{
    TRY(read_steps(w));
    if (w->do_not_create)
        return XK_OK;
    TRY(set_kind(w));
    TRY(set_identity(w));
    TRY(set_sfi(w));
    TRY(set_arr(w));
    if (saip_kind_is_directory(w->node.kind))
        return no_content(w, "contents of a directory");
    w->node.link = w->fcp.link.n > 0;
    w->node.link_path = w->fcp.link;
    if (w->node.link)
        return no_content(w, "contents of a link");
    TRY(set_size(w));
    return set_content(w, arena);
}

enum xk_err saip_file_resolve(const struct saip_file_input *in, struct arena *arena,
                              struct saip_node *out, bool *created, struct saip_fault *out_fault)
{
    struct work w = {.in = in};
    enum xk_err err;

    w.node = (struct saip_node){
        .act = SAIP_CREATE,
        .name = in->name,
        .tag = in->row ? in->row->tag : 0,
        .row = in->row,
        .named = in->named,
        .generic = in->generic,
        .steps = in->steps,
    };
    err = resolve(&w, arena);
    *out_fault = w.fault;
    *out = w.node;
    *created = !w.do_not_create;
    return err;
}
