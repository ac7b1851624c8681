/* SPDX-License-Identifier: Apache-2.0 */
/* Files: each in its place, made once, with rules, and what is known of its contents. */
#include "codec/ef/ef.h"
#include "codec/saip/lint_inside.h"

#define FID_ICCID 0x2FE2
#define FID_DIR 0x2F00
#define TAG_APPLICATION 0x61 /* EF.DIR: TS 102 221 13.1 */
#define TAG_AID 0x4F
#define TAG_PIN_STATUS 0x83 /* PS template DO: TS 102 221 11.1.1.4.10 */
#define LINKS_MAX 8
#define RECORD_MAX 255 /* what READ RECORD can give */

/* "ef-imsi", or what stands in its stead; with the part of it that is meant. */
static const char *path_of(struct lint *l, const struct saip_node *node, const char *part)
{
    const char *between = part[0] ? "/" : "";
    char *path = node->name
                     ? arena_printf(l->arena, "%s%s%s", node->name, between, part)
                     : arena_printf(l->arena, "file %04X%s%s", (unsigned)node->fid, between, part);

    if (!path)
        l->err = XK_E_NOMEM;
    return path ? path : "";
}

/* ---- finding --------------------------------------------------------------------------------- */

static const struct lint_file *find_at(const struct lint *l, const uint16_t *path, unsigned depth,
                                       uint16_t fid)
{
    for (size_t i = 0; i < l->files_n; i++) {
        const struct saip_node *node = &l->files[i].node;

        if (node->fid == fid && node->depth == depth &&
            memcmp(node->path, path, depth * sizeof *path) == 0)
            return &l->files[i];
    }
    return NULL;
}

const struct lint_file *lint_find(const struct lint *l, struct bytes path)
{
    uint16_t fids[SAIP_DEPTH_MAX + 1] = {SAIP_FID_MF};
    unsigned depth = 0;

    for (size_t i = 0; i + 1 < path.n; i += 2) {
        uint16_t fid = (uint16_t)(path.p[i] << 8 | path.p[i + 1]);

        if (i == 0 && fid == SAIP_FID_MF)
            continue;
        if (++depth > SAIP_DEPTH_MAX)
            return NULL;
        fids[depth] = fid;
    }
    return find_at(l, fids, depth, fids[depth]);
}

/* The directory that a file stands in. */
static const struct lint_file *directory_of(const struct lint *l, const struct saip_node *node)
{
    return find_at(l, node->path, node->depth - 1u, node->path[node->depth - 1]);
}

/* What a link leads to, over several; NULL: nowhere. */
static const struct lint_file *behind_links(const struct lint *l, const struct lint_file *f)
{
    for (unsigned i = 0; f && f->node.link; i++)
        f = i < LINKS_MAX ? lint_find(l, f->node.link_path) : NULL;
    return f;
}

/* ---- while files come ------------------------------------------------------------------------ */

static void check_sfi(struct lint *l, const struct saip_node *node)
{
    if (!node->has_sfi || node->sfi == 0)
        return;
    for (size_t i = 0; i < l->files_n; i++) {
        const struct saip_node *other = &l->files[i].node;

        if (other->has_sfi && other->sfi == node->sfi && other->depth == node->depth &&
            memcmp(other->path, node->path, node->depth * sizeof *node->path) == 0)
            lint_say(l, SAIP_RULE_SFI_TWICE, path_of(l, node, "shortEFID"), "%02X is %s's, too",
                     node->sfi, other->name ? other->name : "another file");
    }
}

static void check_place(struct lint *l, const struct saip_node *node)
{
    bool is_mf = node->kind == SAIP_KIND_MF;
    const struct lint_file *directory = is_mf || node->depth == 0 ? NULL : directory_of(l, node);

    if (is_mf != (l->files_n == 0))
        lint_say(l, SAIP_RULE_MF, path_of(l, node, ""), is_mf ? "the MF again" : "there is no MF");
    else if (!is_mf && (!directory || !saip_kind_is_directory(directory->node.kind)))
        lint_say(l, SAIP_RULE_DIRECTORY, path_of(l, node, ""), "directory %04X does not exist",
                 node->depth ? (unsigned)node->path[node->depth - 1] : 0u);
    else if (!is_mf && find_at(l, node->path, node->depth, node->fid))
        lint_say(l, SAIP_RULE_FILE_TWICE, path_of(l, node, ""), "%04X exists already",
                 (unsigned)node->fid);
}

static void check_adf(struct lint *l, const struct saip_node *node)
{
    if (node->df_name.n == 0)
        lint_say(l, SAIP_RULE_FILE, path_of(l, node, "dfName"), "an ADF without a name");
    else if (!lint_name_add(l, LINT_AID, node->df_name))
        lint_say(l, SAIP_RULE_AID_TWICE, path_of(l, node, "dfName"), "the application exists");
    if (l->pe.type == SAIP_USIM || l->pe.type == SAIP_ISIM || l->pe.type == SAIP_IOT) {
        l->naa = l->pe;
        l->naa_n = l->n;
    }
}

static void take_file(struct lint *l, const struct saip_node *node)
{
    check_place(l, node);
    check_sfi(l, node);
    if (node->record_size > RECORD_MAX)
        lint_say(l, SAIP_RULE_FILE, path_of(l, node, ""), "records are too long");
    if (saip_kind_is_directory(node->kind) && node->depth <= 1)
        l->last_df = node->fid;
    if (node->kind == SAIP_KIND_ADF)
        check_adf(l, node);
    if (node->link && !lint_find(l, node->link_path))
        lint_say(l, SAIP_RULE_LINK, path_of(l, node, "linkPath"), "leads nowhere");
    if (node->row && node->row->flags & SAIP_NEEDS_CONTENT && node->given == 0 && !node->link)
        lint_say(l, SAIP_RULE_CONTENT, path_of(l, node, ""), "no contents");
    saip_features_of_node(&l->pe, node, &l->features);
    if (l->files_n == LINT_FILES_MAX)
        l->out->cut = true;
    else
        l->files[l->files_n++] = (struct lint_file){.node = *node, .element = l->pe, .pe = l->n};
}

/* Contents go into a copy, so that what is judged at the end is what a card would have. */
static void update_file(struct lint *l, const struct saip_node *node)
{
    const struct lint_file *found = find_at(l, node->path, node->depth, node->fid);
    struct lint_file *f;
    uint32_t given, end;
    uint8_t *content;

    if (!found || saip_kind_is_directory(found->node.kind)) {
        lint_say(l, SAIP_RULE_FILE_UPDATE, path_of(l, node, "fillFileContent"), "no such file");
        return;
    }
    f = &l->files[found - l->files];
    content = arena_copy(l->arena, f->node.content);
    if (!content) {
        l->err = XK_E_NOMEM;
        return;
    }
    if (saip_write_steps(node, content, f->node.content.n, &given, &end) != XK_OK)
        lint_say(l, SAIP_RULE_FILE_UPDATE, path_of(l, node, "fillFileContent"),
                 "contents are longer than the file");
    f->node.content = BYTES(content, f->node.content.n);
    f->node.given += given;
}

void lint_files(struct lint *l)
{
    struct saip_fault fault;
    struct saip_node node;
    enum xk_err err = saip_walk_pe(&l->walk, &l->pe);

    if (err == XK_E_STATE)
        lint_say(l, SAIP_RULE_PLACE, "", "its application has not come");
    if (err == XK_E_FORMAT && l->pe.type == SAIP_GFM)
        lint_say(l, SAIP_RULE_MEMBERS, "", "cannot be read");
    while (err == XK_OK && l->err == XK_OK) {
        err = saip_walk_next(&l->walk, l->arena, &node, &fault);
        if (err == XK_E_NOMEM)
            l->err = err;
        if (err == XK_E_NOMEM || err == XK_E_NOT_FOUND)
            return;
        if (err != XK_OK) {
            lint_say(l, SAIP_RULE_FILE, path_of(l, &node, ""), "%s",
                     fault.why ? fault.why : "cannot be read");
            if (err == XK_E_FORMAT || l->pe.type == SAIP_GFM)
                return; /* where the next file begins, is not known */
            err = XK_OK;
        } else if (node.act == SAIP_CREATE) {
            take_file(l, &node);
        } else {
            update_file(l, &node);
        }
    }
}

/* ---- at the end ------------------------------------------------------------------------------ */

static void say(struct lint *l, const struct lint_file *f, enum saip_rule rule, const char *part,
                const char *text)
{
    lint_say_of(l, &f->element, f->pe, rule, path_of(l, &f->node, part), "%s", text);
}

/* EF.ARR of the MF, or of the directory, or of one above it. */
static const struct lint_file *rules_of(const struct lint *l, const struct saip_node *node)
{
    const struct lint_file *f = NULL;
    uint16_t mf = SAIP_FID_MF;

    if (node->arr_fid == SAIP_FID_ARR_MF)
        return behind_links(l, find_at(l, &mf, 1, node->arr_fid));
    for (unsigned depth = node->depth; depth > 0 && !f; depth--)
        f = find_at(l, node->path, depth, node->arr_fid);
    return behind_links(l, f);
}

static void check_access(struct lint *l, const struct lint_file *f)
{
    const struct saip_node *node = &f->node;
    const struct lint_file *rules = rules_of(l, node);
    const char *text;

    if (!rules)
        text = arena_printf(l->arena, "there is no EF.ARR %04X", (unsigned)node->arr_fid);
    else if (node->arr_record > rules->node.records)
        text = arena_printf(l->arena, "record %u of %u", node->arr_record, rules->node.records);
    else if (lint_all_are(bytes_part(rules->node.content,
                                     (size_t)(node->arr_record - 1) * rules->node.record_size,
                                     rules->node.record_size),
                          0xFF))
        text = arena_printf(l->arena, "record %u of EF.ARR is empty", node->arr_record);
    else
        return;
    say(l, f, SAIP_RULE_ACCESS, "securityAttributesReferenced", text ? text : "");
}

static void check_iccid(struct lint *l, const struct lint_file *f)
{
    uint8_t swapped[SAIP_ICCID_LEN];

    if (!l->has_header || f->node.given == 0)
        return;
    for (size_t i = 0; i < sizeof swapped; i++)
        swapped[i] = (uint8_t)(l->header.iccid[i] << 4 | l->header.iccid[i] >> 4);
    if (!bytes_eq(f->node.content, BYTES_OF(swapped)))
        say(l, f, SAIP_RULE_ICCID_FILE, "", "not that of the header");
}

static void check_imsi(struct lint *l, const struct lint_file *f)
{
    struct bytes content = f->node.content;
    char imsi[EF_IMSI_TEXT];

    if (lint_all_are(content, 0xFF))
        say(l, f, SAIP_RULE_IMSI_EMPTY, "", "empty");
    else if (content.n != EF_IMSI_LEN || ef_decode_imsi(content.p, imsi) != XK_OK)
        say(l, f, SAIP_RULE_IMSI, "", "no IMSI");
}

/* Services of EF.UST and the file that each needs below the ADF (TS 31.102 4.2.8): FIDs. */
struct ust_row {
    uint8_t service;
    const char *name;
    uint8_t path_n;
    uint8_t path[4];
};

static const struct ust_row ust_rows[] = {
    {2, "EF.FDN", 2, {0x6F, 0x3B}},        {4, "EF.SDN", 2, {0x6F, 0x49}},
    {10, "EF.SMS", 2, {0x6F, 0x3C}},       {11, "EF.SMSR", 2, {0x6F, 0x47}},
    {12, "EF.SMSP", 2, {0x6F, 0x42}},      {15, "EF.CBMI", 2, {0x6F, 0x45}},
    {16, "EF.CBMIR", 2, {0x6F, 0x50}},     {17, "EF.GID1", 2, {0x6F, 0x3E}},
    {18, "EF.GID2", 2, {0x6F, 0x3F}},      {19, "EF.SPN", 2, {0x6F, 0x46}},
    {20, "EF.PLMNwAcT", 2, {0x6F, 0x60}},  {21, "EF.MSISDN", 2, {0x6F, 0x40}},
    {42, "EF.OPLMNwACT", 2, {0x6F, 0x61}}, {43, "EF.HPLMNwAcT", 2, {0x6F, 0x62}},
    {45, "EF.PNN", 2, {0x6F, 0xC5}},       {46, "EF.OPL", 2, {0x6F, 0xC6}},
    {47, "EF.MBDN", 2, {0x6F, 0xC7}},      {48, "EF.MWIS", 2, {0x6F, 0xCA}},
    {51, "EF.SPDI", 2, {0x6F, 0xCD}},      {71, "EF.EHPLMN", 2, {0x6F, 0xD9}},
    {85, "EF.EPSLOCI", 2, {0x6F, 0xE3}},   {122, "EF.5GS3GPPLOCI", 4, {0x5F, 0xC0, 0x4F, 0x01}},
};

static void check_ust(struct lint *l, const struct lint_file *f)
{
    struct bytes table = f->node.content;

    for (size_t i = 0; i < ARRAY_LEN(ust_rows); i++) {
        const struct ust_row *row = &ust_rows[i];
        uint16_t path[SAIP_DEPTH_MAX + 2];
        unsigned depth = f->node.depth;
        unsigned at = row->service - 1u;

        if (at / 8 >= table.n || !(table.p[at / 8] & 1 << at % 8) || depth + 1 >= SAIP_DEPTH_MAX)
            continue;
        memcpy(path, f->node.path, depth * sizeof *path);
        for (unsigned k = 0; k < row->path_n; k += 2)
            path[depth++] = (uint16_t)(row->path[k] << 8 | row->path[k + 1]);
        depth--;
        if (!find_at(l, path, depth, path[depth])) {
            const char *text =
                arena_printf(l->arena, "service %u, but no %s", row->service, row->name);

            say(l, f, SAIP_RULE_UST, "", text ? text : "");
        }
    }
}

/* A record of EF.DIR names this application. */
static bool lists(const struct lint_file *dir, struct bytes aid)
{
    for (unsigned i = 0; i < dir->node.records; i++) {
        struct cur c = cur_of(bytes_part(dir->node.content, (size_t)i * dir->node.record_size,
                                         dir->node.record_size));
        struct tlv application, name;

        if (tlv_next(&c, &application) != XK_OK || application.tag != TAG_APPLICATION)
            continue;
        c = cur_of(application.value);
        if (tlv_next(&c, &name) == XK_OK && name.tag == TAG_AID && bytes_eq(name.value, aid))
            return true;
    }
    return false;
}

/* The key references of the PS template DO. */
static void check_pin_status(struct lint *l, const struct lint_file *f)
{
    struct cur c = cur_of(f->node.pin_status);
    struct tlv t;

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        const char *text;

        if (t.tag != TAG_PIN_STATUS || t.value.n != 1 || lint_name_known(l, LINT_PIN, t.value))
            continue;
        text = arena_printf(l->arena, "there is no PIN %02X", t.value.p[0]);
        say(l, f, SAIP_RULE_PIN_STATUS, "pinStatusTemplateDO", text ? text : "");
    }
}

static void check_contents(struct lint *l, const struct lint_file *f, const struct lint_file *dir)
{
    const char *name = f->node.name ? f->node.name : "";

    if (f->node.kind == SAIP_KIND_ADF && f->node.df_name.n > 0 &&
        (!dir || !lists(dir, f->node.df_name)))
        say(l, f, SAIP_RULE_DIR, "dfName", "EF.DIR does not list it");
    if (f->node.link)
        return;
    if (f->node.fid == FID_ICCID && f->node.depth == 1)
        check_iccid(l, f);
    if (strcmp(name, "ef-imsi") == 0 && f->element.type != SAIP_CSIM)
        check_imsi(l, f);
    if (strcmp(name, "ef-ust") == 0)
        check_ust(l, f);
}

void lint_files_end(struct lint *l)
{
    static const uint8_t path[] = {FID_DIR >> 8, FID_DIR & 0xFF};
    const struct lint_file *dir = lint_find(l, BYTES_OF(path));

    for (size_t i = 0; i < l->files_n && l->err == XK_OK; i++) {
        const struct lint_file *f = &l->files[i];

        check_access(l, f);
        check_contents(l, f, dir);
        check_pin_status(l, f);
    }
}
