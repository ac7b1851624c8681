/* SPDX-License-Identifier: Apache-2.0 */
/* All files of a package in the order in which a card makes them. */
#include "codec/saip/file.h"

static enum saip_base own_base(enum saip_type type)
{
    if (type == SAIP_USIM || type == SAIP_IOT)
        return SAIP_BASE_USIM;
    if (type == SAIP_ISIM)
        return SAIP_BASE_ISIM;
    return type == SAIP_CSIM ? SAIP_BASE_CSIM : SAIP_BASE_NONE;
}

void saip_walk_init(struct saip_walk *w)
{
    *w = (struct saip_walk){.type = SAIP_UNKNOWN};
}

/* Where the first directory of the template stands. */
static enum xk_err set_base(struct saip_walk *w)
{
    w->path[0] = SAIP_FID_MF;
    w->depth = 1;
    if (w->template_->base < SAIP_BASE_USIM)
        return XK_OK;
    if (w->adf[w->template_->base] == 0)
        return XK_E_STATE;
    w->path[w->depth++] = w->adf[w->template_->base];
    return XK_OK;
}

enum xk_err saip_walk_pe(struct saip_walk *w, const struct saip_pe *pe)
{
    struct saip_files files;

    w->type = SAIP_UNKNOWN;
    w->row = NULL;
    w->strange = w->commands = w->steps = cur_of(BYTES_NONE);
    if (pe->type == SAIP_GFM) {
        struct bytes commands;

        TRY(saip_decode_gfm(pe, &commands));
        w->commands = cur_of(commands);
    }
    if (saip_type_has_files(pe->type)) {
        TRY(saip_decode_files(pe, &files));
        w->template_ = saip_template_find(files.template_id);
        if (!w->template_ || w->template_->type != pe->type)
            return XK_E_UNSUPPORTED;
        w->files = files.files;
        w->strange = cur_of(files.files);
        TRY(set_base(w));
    }
    w->type = pe->type;
    return XK_OK;
}

/* ---- templates ------------------------------------------------------------------------------- */

static bool find_steps(const struct saip_walk *w, uint32_t tag, struct bytes *steps)
{
    struct cur c = cur_of(w->files);
    struct saip_file file;

    while (c.n > 0 && saip_next_file(w->type, &c, &file) == XK_OK) {
        if (file.tag == tag) {
            *steps = file.steps;
            return true;
        }
    }
    return false;
}

/* The FID under which a directory of this template is made. */
static uint16_t fid_of(const struct saip_walk *w, const struct saip_template_file *row)
{
    struct bytes steps = BYTES_NONE;
    struct saip_step step;
    struct saip_fcp fcp;
    struct cur c;

    (void)find_steps(w, row->tag, &steps);
    c = cur_of(steps);
    if (c.n > 0 && saip_next_step(&c, &step) == XK_OK && step.kind == SAIP_DESCRIPTOR &&
        saip_decode_fcp(step.value, &fcp) == XK_OK && fcp.fid.p)
        return (uint16_t)(fcp.fid.p[0] << 8 | fcp.fid.p[1]);
    return row->fid;
}

/* The directories above a row: those of the template, nearest last, behind the base. */
static void set_path(const struct saip_walk *w, const struct saip_template_file *row,
                     struct saip_node *node)
{
    const struct saip_template_file *chain[SAIP_DEPTH_MAX];
    size_t n = 0;

    node->depth = 0;
    if (row->kind == SAIP_KIND_MF)
        return;
    for (uint8_t i = 0; i < w->depth; i++)
        node->path[node->depth++] = w->path[i];
    while (row->parent != 0 && n < ARRAY_LEN(chain)) {
        row = saip_template_file(w->template_, row->parent);
        if (row->kind == SAIP_KIND_MF)
            break;
        chain[n++] = row;
    }
    while (n > 0 && node->depth < SAIP_DEPTH_MAX)
        node->path[node->depth++] = fid_of(w, chain[--n]);
}

static void remember_adf(struct saip_walk *w, const struct saip_node *node)
{
    if (node->kind != SAIP_KIND_ADF || own_base(w->type) == SAIP_BASE_NONE)
        return;
    w->adf[own_base(w->type)] = node->fid;
    w->adf[SAIP_BASE_LAST] = node->fid;
}

/* Right below the MF, or an ADF, or the MF: their rules are in its EF.ARR. */
static bool rules_in_mf(const struct saip_node *node, enum saip_kind kind)
{
    return node->depth <= 1 || kind == SAIP_KIND_ADF;
}

static enum xk_err resolve_at(const struct saip_file_input *in, struct arena *arena,
                              struct saip_node *out, bool *created, struct saip_fault *fault)
{
    struct saip_node place = *out;
    enum xk_err err = saip_file_resolve(in, arena, out, created, fault);

    memcpy(out->path, place.path, sizeof out->path);
    out->depth = place.depth;
    return err;
}

static enum xk_err next_of_template(struct saip_walk *w, struct arena *arena, struct saip_node *out,
                                    struct saip_fault *fault)
{
    const struct saip_template_file *row = saip_template_next(w->template_, w->row);
    bool created = false;

    for (; row; row = saip_template_next(w->template_, row)) {
        struct saip_file_input in = {.row = row, .name = saip_element_name(w->type, row->tag)};
        enum xk_err err;

        w->row = row;
        in.named = find_steps(w, row->tag, &in.steps);
        if (!in.named && !w->template_->by_default)
            continue;
        set_path(w, row, out);
        in.under_mf = rules_in_mf(out, (enum saip_kind)row->kind);
        err = resolve_at(&in, arena, out, &created, fault);
        if (err == XK_OK && !created)
            continue;
        if (err == XK_OK)
            remember_adf(w, out);
        return err;
    }
    return XK_E_NOT_FOUND;
}

/* Files of elements that this version of the template does not have. */
static enum xk_err next_strange(struct saip_walk *w, struct saip_node *out,
                                struct saip_fault *fault)
{
    struct saip_file file;

    while (w->strange.n > 0) {
        TRY(saip_next_file(w->type, &w->strange, &file));
        if (saip_template_file(w->template_, file.tag))
            continue;
        *out = (struct saip_node){.name = file.name, .tag = file.tag, .named = true};
        *fault = (struct saip_fault){.why = "the template has no such file", .at = file.steps};
        return XK_E_UNSUPPORTED;
    }
    return XK_E_NOT_FOUND;
}

/* ---- generic file management ----------------------------------------------------------------- */

static enum xk_err select_path(struct saip_walk *w, const struct saip_step *step,
                               struct saip_fault *fault)
{
    w->path[0] = SAIP_FID_MF;
    w->depth = 1;
    for (size_t i = 0; i + 1 < step->value.n; i += 2)
        w->path[w->depth++] = (uint16_t)(step->value.p[i] << 8 | step->value.p[i + 1]);
    if (step->value.n % 2 == 0)
        return XK_OK;
    *fault = (struct saip_fault){.why = "filePath is no row of file identifiers", .at = step->raw};
    return XK_E_VALUE;
}

/* The steps from here to the next path or descriptor: one file. */
static enum xk_err cut_steps(struct saip_walk *w, struct bytes *out)
{
    const uint8_t *start = w->steps.p;
    bool first = true;

    while (w->steps.n > 0) {
        struct cur before = w->steps;
        struct saip_step step;

        TRY(saip_next_gfm_step(&w->steps, &step));
        if (!first && (step.kind == SAIP_FILE_PATH || step.kind == SAIP_DESCRIPTOR)) {
            w->steps = before;
            break;
        }
        first = false;
    }
    *out = BYTES(start, (size_t)(w->steps.p - start));
    return XK_OK;
}

static enum xk_err refuse(struct saip_fault *fault, const char *why, struct bytes at)
{
    *fault = (struct saip_fault){.why = why, .at = at};
    return XK_E_FORMAT;
}

static enum xk_err create_generic(struct saip_walk *w, struct bytes steps, struct arena *arena,
                                  struct saip_node *out, struct saip_fault *fault)
{
    struct saip_file_input in = {.steps = steps, .named = true, .generic = true};
    bool created;

    memcpy(out->path, w->path, sizeof out->path);
    out->depth = w->depth;
    in.under_mf = rules_in_mf(out, SAIP_KIND_TRANSPARENT);
    TRY(resolve_at(&in, arena, out, &created, fault));
    if (saip_kind_is_directory(out->kind) && w->depth < SAIP_DEPTH_MAX)
        w->path[w->depth++] = out->fid; /* a new directory is the current one */
    return XK_OK;
}

static enum xk_err update_generic(const struct saip_walk *w, struct bytes steps,
                                  struct saip_node *out, struct saip_fault *fault)
{
    if (w->depth < 2)
        return refuse(fault, "contents without a file", steps);
    *out = (struct saip_node){
        .act = SAIP_UPDATE, .named = true, .generic = true, .steps = steps, .depth = w->depth};
    memcpy(out->path, w->path, sizeof out->path);
    out->depth--;
    out->fid = w->path[out->depth];
    return XK_OK;
}

static enum xk_err next_generic(struct saip_walk *w, struct arena *arena, struct saip_node *out,
                                struct saip_fault *fault)
{
    struct saip_step step;
    struct bytes steps;
    struct cur look;

    while (w->steps.n > 0 || w->commands.n > 0) {
        if (w->steps.n == 0) {
            if (saip_next_command(&w->commands, &steps) != XK_OK)
                return refuse(fault, "a command cannot be read", cur_rest(&w->commands));
            w->steps = cur_of(steps);
            continue;
        }
        look = w->steps;
        if (saip_next_gfm_step(&look, &step) != XK_OK)
            return refuse(fault, "a step cannot be read", cur_rest(&w->steps));
        if (step.kind == SAIP_FILE_PATH) {
            w->steps = look;
            TRY(select_path(w, &step, fault));
            continue;
        }
        if (cut_steps(w, &steps) != XK_OK)
            return refuse(fault, "a step cannot be read", cur_rest(&w->steps));
        if (step.kind == SAIP_DESCRIPTOR)
            return create_generic(w, steps, arena, out, fault);
        return update_generic(w, steps, out, fault);
    }
    return XK_E_NOT_FOUND;
}

enum xk_err saip_walk_next(struct saip_walk *w, struct arena *arena, struct saip_node *out,
                           struct saip_fault *fault)
{
    enum xk_err err;

    *out = (struct saip_node){.act = SAIP_CREATE};
    *fault = (struct saip_fault){.why = NULL};
    if (w->type == SAIP_GFM)
        return next_generic(w, arena, out, fault);
    if (!saip_type_has_files(w->type))
        return XK_E_NOT_FOUND;
    err = next_of_template(w, arena, out, fault);
    return err == XK_E_NOT_FOUND ? next_strange(w, out, fault) : err;
}
