/* SPDX-License-Identifier: Apache-2.0 */
/* Files by path: what each element makes, twins in both packages, and how they differ. */
#include "base/hex.h"
#include "codec/saip/diff_inside.h"

/* ---- what a package makes -------------------------------------------------------------------- */

static bool same_place(const struct saip_node *a, const struct saip_node *b)
{
    return a->fid == b->fid && a->depth == b->depth &&
           memcmp(a->path, b->path, a->depth * sizeof a->path[0]) == 0;
}

/* The file that an update is for: of all the elements up to this one. */
static struct diff_file *find_file(const struct diff_side *side, const struct diff_element *until,
                                   const struct saip_node *node)
{
    for (const struct diff_element *e = side->elements; e <= until; e++) {
        for (struct diff_file *f = e->files; f; f = f->next) {
            if (same_place(&f->node, node))
                return f;
        }
    }
    return NULL;
}

static enum xk_err update(struct diff *d, const struct diff_side *side,
                          const struct diff_element *e, const struct saip_node *node)
{
    struct diff_file *f = find_file(side, e, node);
    uint32_t given = 0, end = 0;
    uint8_t *content;

    if (!f || f->node.content.n == 0)
        return XK_E_UNSUPPORTED;
    content = arena_copy(d->arena, f->node.content);
    if (!content)
        return XK_E_NOMEM;
    TRY(saip_write_steps(node, content, f->node.content.n, &given, &end));
    f->node.content.p = content;
    return XK_OK;
}

static enum xk_err create(struct diff *d, struct diff_side *side, struct diff_file ***end,
                          const struct saip_node *node)
{
    struct diff_file *f;

    if (side->files >= SAIP_DIFF_FILES_MAX)
        return XK_E_LIMIT;
    f = arena_alloc(d->arena, sizeof *f);
    if (!f)
        return XK_E_NOMEM;
    f->node = *node;
    **end = f;
    *end = &f->next;
    side->files++;
    return XK_OK;
}

static enum xk_err walk_element(struct diff *d, struct diff_side *side, struct saip_walk *walk,
                                struct diff_element *e)
{
    struct diff_file **end = &e->files;
    struct saip_fault fault;
    struct saip_node node;
    enum xk_err err;

    TRY(saip_walk_pe(walk, &e->pe));
    while ((err = saip_walk_next(walk, d->arena, &node, &fault)) == XK_OK) {
        if (node.act == SAIP_UPDATE)
            TRY(update(d, side, e, &node));
        else
            TRY(create(d, side, &end, &node));
    }
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err diff_walk(struct diff *d, struct diff_side *side)
{
    struct saip_walk walk;

    saip_walk_init(&walk);
    for (size_t i = 0; i < side->n; i++) {
        struct diff_element *e = &side->elements[i];
        enum xk_err err = walk_element(d, side, &walk, e);

        if (err == XK_E_NOMEM || err == XK_E_LIMIT)
            return err;
        e->walked = err == XK_OK;
        if (!e->walked)
            e->files = NULL;
    }
    return XK_OK;
}

static struct diff_file *free_twin(const struct diff_side *side, const struct saip_node *node)
{
    for (size_t i = 0; i < side->n; i++) {
        for (struct diff_file *f = side->elements[i].files; f; f = f->next) {
            if (!f->twin && same_place(&f->node, node))
                return f;
        }
    }
    return NULL;
}

void diff_match_files(struct diff *d)
{
    for (size_t i = 0; i < d->from.n; i++) {
        for (struct diff_file *f = d->from.elements[i].files; f; f = f->next) {
            f->twin = free_twin(&d->to, &f->node);
            if (f->twin)
                f->twin->twin = f;
        }
    }
}

/* ---- how two differ -------------------------------------------------------------------------- */

static const char *hex_of(struct diff *d, struct bytes b)
{
    char *text = arena_alloc(d->arena, HEX_LEN(b.n) + 3);

    if (!text) {
        d->err = XK_E_NOMEM;
        return NULL;
    }
    text[0] = '\'';
    hex_encode(b, text + 1);
    memcpy(text + 1 + 2 * b.n, "'H", 3);
    return text;
}

static void tell_octets(struct diff *d, const char *name, struct bytes from, struct bytes to)
{
    size_t mark;

    if (bytes_eq(from, to))
        return;
    mark = diff_enter(d, "/%s", name);
    diff_tell(d, SAIP_CHANGED, hex_of(d, from), hex_of(d, to));
    diff_leave(d, mark);
}

static void tell_text(struct diff *d, const char *name, const char *from, const char *to)
{
    size_t mark;

    if (strcmp(from, to) == 0)
        return;
    mark = diff_enter(d, "/%s", name);
    diff_tell(d, SAIP_CHANGED, from, to);
    diff_leave(d, mark);
}

static void tell_number(struct diff *d, const char *name, uint32_t from, uint32_t to)
{
    char old[16], new_[16];

    snprintf(old, sizeof old, "%u", from);
    snprintf(new_, sizeof new_, "%u", to);
    tell_text(d, name, old, new_);
}

static void tell_octet(struct diff *d, const char *name, uint8_t from, uint8_t to)
{
    tell_octets(d, name, BYTES(&from, 1), BYTES(&to, 1));
}

static void tell_rule(struct diff *d, const struct saip_node *a, const struct saip_node *b)
{
    const uint8_t from[] = {(uint8_t)(a->arr_fid >> 8), (uint8_t)a->arr_fid, a->arr_record};
    const uint8_t to[] = {(uint8_t)(b->arr_fid >> 8), (uint8_t)b->arr_fid, b->arr_record};

    tell_octets(d, "securityAttributesReferenced", BYTES_OF(from), BYTES_OF(to));
}

/* From the first byte that differs to the last; at and unit are of a record or the file. */
static void tell_range(struct diff *d, const char *unit, unsigned at, struct bytes from,
                       struct bytes to)
{
    size_t n = from.n < to.n ? from.n : to.n, first = 0, last, mark;

    while (first < n && from.p[first] == to.p[first])
        first++;
    if (first == n)
        return;
    for (last = n - 1; from.p[last] == to.p[last];)
        last--;
    mark = diff_enter(d, "/content");
    if (at > 0)
        (void)diff_enter(d, "[%s %u]", unit, at);
    (void)diff_enter(d, "[%zu..%zu]", first, last);
    diff_tell(d, SAIP_CHANGED, hex_of(d, bytes_part(from, first, last - first + 1)),
              hex_of(d, bytes_part(to, first, last - first + 1)));
    diff_leave(d, mark);
}

static void tell_content(struct diff *d, const struct saip_node *a, const struct saip_node *b)
{
    unsigned n = a->records < b->records ? a->records : b->records;

    if (a->kind == SAIP_KIND_BER_TLV && b->kind == SAIP_KIND_BER_TLV) {
        tell_octets(d, "content", a->content, b->content);
        return;
    }
    if (a->record_size == 0 || a->record_size != b->record_size) {
        tell_range(d, NULL, 0, a->content, b->content);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        tell_range(d, "record", i + 1,
                   bytes_part(a->content, (size_t)i * a->record_size, a->record_size),
                   bytes_part(b->content, (size_t)i * b->record_size, b->record_size));
}

static void tell_file(struct diff *d, const struct saip_node *a, const struct saip_node *b)
{
    tell_text(d, "kind", saip_kind_name(a->kind), saip_kind_name(b->kind));
    tell_text(d, "shareable", a->shareable ? "yes" : "no", b->shareable ? "yes" : "no");
    tell_number(d, "recordSize", a->record_size, b->record_size);
    tell_number(d, "efFileSize", a->size, b->size);
    tell_number(d, "shortEFID", a->has_sfi ? a->sfi : 0, b->has_sfi ? b->sfi : 0);
    tell_octets(d, "dfName", a->df_name, b->df_name);
    tell_octet(d, "lcsi", a->lcsi, b->lcsi);
    tell_rule(d, a, b);
    tell_octets(d, "pinStatusTemplateDO", a->pin_status, b->pin_status);
    tell_octet(d, "specialFileInformation", a->special, b->special);
    tell_text(d, "link", a->link ? "yes" : "no", b->link ? "yes" : "no");
    tell_octets(d, "linkPath", a->link_path, b->link_path);
    tell_content(d, a, b);
}

/* By the name that the template gives, else by its path. */
static void enter_file(struct diff *d, const struct saip_node *node)
{
    if (node->name) {
        (void)diff_enter(d, "/%s", node->name);
        return;
    }
    for (unsigned i = 0; i < node->depth; i++)
        (void)diff_enter(d, "/%04X", node->path[i]);
    (void)diff_enter(d, "/%04X", node->fid);
}

void diff_old_files(struct diff *d, const struct diff_element *e)
{
    for (const struct diff_file *f = e->files; f; f = f->next) {
        size_t mark = d->path_n;

        enter_file(d, &f->node);
        if (f->twin)
            tell_file(d, &f->node, &f->twin->node);
        else if (e->twin)
            diff_tell(d, SAIP_REMOVED, NULL, NULL);
        diff_leave(d, mark);
    }
}

void diff_new_files(struct diff *d, const struct diff_element *e)
{
    for (const struct diff_file *f = e->files; f; f = f->next) {
        size_t mark = d->path_n;

        enter_file(d, &f->node);
        if (!f->twin && e->twin)
            diff_tell(d, SAIP_ADDED, NULL, NULL);
        diff_leave(d, mark);
    }
}
