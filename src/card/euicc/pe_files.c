/* SPDX-License-Identifier: Apache-2.0 */
/* Elements that make files: the templates and generic file management (SAIP 8.3). What a file is
 * and holds comes from codec/saip/file.h; here it gets its place in the tree. */
#include "card/euicc/profile_build.h"
#include "codec/der/der.h"

#define ARENA_MAX ((size_t)1 << 20)
#define BER_TLV_ROOM 1024 /* of a BER-TLV file without a maximum, beyond what is given */
#define TAG_KEY_REFERENCE 0x83
#define LCSI_DEACTIVATED 0x04
#define SPECIAL_READABLE 0x40

static unsigned child(const struct profile_builder *b, unsigned parent, uint16_t fid)
{
    for (unsigned i = 1; i < b->head.files; i++) {
        if (b->files[i].file.parent == parent && b->files[i].path_fid == fid)
            return i;
    }
    return NO_FILE;
}

unsigned build_find(const struct profile_builder *b, struct bytes path)
{
    struct cur c = cur_of(path);
    unsigned at = FILE_MF;

    if (b->head.files == 0 || path.n % 2 != 0)
        return NO_FILE;
    while (c.n > 0 && at != NO_FILE) {
        uint16_t fid = cur_u16(&c);

        if (fid != FID_MF || at != FILE_MF)
            at = child(b, at, fid);
    }
    return at;
}

/* The directory of a node; the node of depth 0 is the MF itself. */
static unsigned parent_of(const struct profile_builder *b, const struct saip_node *node)
{
    unsigned at = FILE_MF;

    if (b->head.files == 0)
        return NO_FILE;
    for (unsigned i = 1; i < node->depth && at != NO_FILE; i++)
        at = child(b, at, node->path[i]);
    return at;
}

static uint8_t descriptor_of(const struct saip_node *node)
{
    static const uint8_t of_kind[SAIP_KINDS] = {
        [SAIP_KIND_MF] = STRUCTURE_DF,           [SAIP_KIND_ADF] = STRUCTURE_DF,
        [SAIP_KIND_DF] = STRUCTURE_DF,           [SAIP_KIND_TRANSPARENT] = STRUCTURE_TRANSPARENT,
        [SAIP_KIND_LINEAR] = STRUCTURE_LINEAR,   [SAIP_KIND_CYCLIC] = STRUCTURE_CYCLIC,
        [SAIP_KIND_BER_TLV] = STRUCTURE_BER_TLV,
    };

    return (uint8_t)(of_kind[node->kind] | (node->shareable ? DESCRIPTOR_SHAREABLE : 0));
}

/* Key references of a PS template DO: 90 PS, then 83s. */
static void read_references(struct bytes pin_status, struct profile_file *f)
{
    struct der d = der_of(pin_status);
    struct bytes value, raw;
    uint32_t tag;

    while (der_next(&d, &tag, &value, &raw)) {
        if (tag == TAG_KEY_REFERENCE && value.n == 1 && f->references_n < PROFILE_REFERENCES_MAX)
            f->references[f->references_n++] = value.p[0];
    }
}

static enum xk_err put_contents(struct profile_builder *b, const struct saip_node *node,
                                struct profile_file *f)
{
    f->file.content = (uint32_t)b->contents.n;
    if (node->kind == SAIP_KIND_BER_TLV) {
        f->length = (uint32_t)node->content.n;
        f->file.size = node->size ? node->size : f->length + BER_TLV_ROOM;
    }
    buf_put_bytes(&b->contents, node->content);
    if (node->content.n < f->file.size)
        buf_put_fill(&b->contents, 0xFF, f->file.size - node->content.n);
    return buf_ok(&b->contents);
}

/* A link has the contents of the file it leads to (SAIP 8.3.5, service dfLink). */
static bool take_link(const struct profile_builder *b, const struct saip_node *node,
                      struct profile_file *f)
{
    unsigned to = build_find(b, node->link_path);

    if (to == NO_FILE)
        return false;
    f->file.content = b->files[to].file.content;
    f->file.size = b->files[to].file.size;
    f->file.record_len = b->files[to].file.record_len;
    f->length = b->files[to].length;
    return true;
}

static enum xk_err add_file(struct profile_builder *b, struct profile_file *f)
{
    struct profile_file *grown;

    if (b->head.files >= PROFILE_FILES_MAX)
        return XK_E_LIMIT;
    grown = realloc(b->files, (b->head.files + 1u) * sizeof *grown);
    if (!grown)
        return XK_E_NOMEM;
    b->files = grown;
    b->files[b->head.files++] = *f;
    return XK_OK;
}

static struct profile_file file_of(const struct saip_node *node, unsigned parent)
{
    struct profile_file f = {.special = node->special, .path_fid = node->fid};

    f.file = (struct uicc_file){.fid = node->kind == SAIP_KIND_ADF ? FID_CURRENT_ADF : node->fid,
                                .parent = (uint16_t)parent,
                                .arr = node->arr_fid,
                                .rule = node->arr_record,
                                .descriptor = descriptor_of(node),
                                .sfi = node->has_sfi ? node->sfi : 0,
                                .record_len = (uint8_t)node->record_size,
                                .size = saip_kind_is_directory(node->kind) ? 0 : node->size};
    if (node->kind == SAIP_KIND_ADF)
        f.file.flags |= FILE_IS_ADF;
    if (node->lcsi == LCSI_DEACTIVATED)
        f.file.flags |= FILE_DEACTIVATED;
    if (node->special & SPECIAL_READABLE)
        f.file.flags |= FILE_READABLE_DEACTIVATED;
    if (node->df_name.n <= PROFILE_AID_MAX && node->df_name.n > 0) {
        f.aid_n = (uint8_t)node->df_name.n;
        memcpy(f.aid, node->df_name.p, node->df_name.n);
    }
    read_references(node->pin_status, &f);
    return f;
}

static bool is_named(const struct profile_builder *b, struct bytes aid)
{
    for (unsigned i = 1; i < b->head.files; i++) {
        if (bytes_eq(BYTES(b->files[i].aid, b->files[i].aid_n), aid))
            return true;
    }
    return false;
}

/* Of the file just added: what PINs and keys that follow belong to. */
static void note_directory(struct profile_builder *b, const struct saip_node *node)
{
    uint16_t id = (uint16_t)(b->head.files - 1);

    if (saip_kind_is_directory(node->kind) && b->files[id].file.parent == FILE_MF)
        b->last_df = id;
    if (node->kind == SAIP_KIND_ADF)
        b->last_adf = id;
}

static enum xk_err create_file(struct profile_builder *b, const struct saip_node *node)
{
    bool is_mf = node->kind == SAIP_KIND_MF;
    unsigned parent = is_mf ? FILE_MF : parent_of(b, node);
    struct profile_file f = file_of(node, parent);

    if (is_mf != (b->head.files == 0))
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "the MF comes first, and once");
    if (parent == NO_FILE)
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "its directory does not exist");
    if (!is_mf && !file_is_df(&b->files[parent].file))
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "below a file that is no directory");
    if (!is_mf && child(b, parent, node->fid) != NO_FILE)
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "the file exists already");
    if (node->record_size > RECORD_MAX)
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "records are too long");
    if (node->kind == SAIP_KIND_ADF && f.aid_n == 0)
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "an ADF without a name");
    if (node->kind == SAIP_KIND_ADF && is_named(b, BYTES(f.aid, f.aid_n)))
        return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "the application exists already");
    if (node->link) {
        if (!take_link(b, node, &f))
            return build_refuse(b, RSP_PE_BAD_VALUES, node->name, "the link leads nowhere");
    } else if (!saip_kind_is_directory(node->kind)) {
        TRY(put_contents(b, node, &f));
    }
    TRY(add_file(b, &f));
    note_directory(b, node);
    return XK_OK;
}

/* New contents for a file that is there (generic file management). */
static enum xk_err update_file(struct profile_builder *b, const struct saip_node *node)
{
    unsigned parent = parent_of(b, node);
    unsigned id = node->depth == 0    ? FILE_MF
                  : parent == NO_FILE ? NO_FILE
                                      : child(b, parent, node->fid);
    uint32_t given, end;
    struct profile_file *f;

    if (id == NO_FILE || file_is_df(&b->files[id].file))
        return build_refuse(b, RSP_PE_BAD_VALUES, "fillFileContent", "there is no such file");
    f = &b->files[id];
    if (saip_write_steps(node, b->contents.p + f->file.content, f->file.size, &given, &end) !=
        XK_OK)
        return build_refuse(b, RSP_PE_BAD_VALUES, "fillFileContent",
                            "contents are longer than the file");
    if (STRUCTURE_OF(&f->file) == STRUCTURE_BER_TLV && end > f->length)
        f->length = end;
    return XK_OK;
}

static enum xk_err take_node(struct profile_builder *b, struct arena *arena)
{
    struct saip_fault fault = {0};
    struct saip_node node = {0};
    enum xk_err err = saip_walk_next(&b->walk, arena, &node, &fault);

    if (err == XK_E_NOT_FOUND)
        return err;
    if (err != XK_OK)
        return build_refuse_err(b, err, node.name, fault.why);
    return node.act == SAIP_CREATE ? create_file(b, &node) : update_file(b, &node);
}

enum xk_err pe_files(struct profile_builder *b, const struct saip_pe *pe)
{
    enum xk_err err = saip_walk_pe(&b->walk, pe);
    struct arena arena;

    if (err == XK_E_UNSUPPORTED)
        return build_skip(b, pe, RSP_PE_TEMPLATE_NOT_SUPPORTED, "unknown template");
    if (err == XK_E_STATE)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "its application has not come");
    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    arena_init(&arena, ARENA_MAX);
    while (err == XK_OK && !build_refused(b)) {
        err = take_node(b, &arena);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}
