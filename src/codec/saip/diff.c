/* SPDX-License-Identifier: Apache-2.0 */
/* Elements and their members, down the schema (which ends: see text.c). */
#include "codec/saip/diff.h"

#include <stdarg.h>

#include "codec/saip/diff_inside.h"
#include "codec/saip/text_inside.h"

#define VALUE_TEXT_MAX SAIP_TEXT_MAX
#define ENTRIES_MAX 4096 /* of one list that are told apart */

static void compare_value(struct diff *d, const struct saip_member *m, struct bytes from,
                          struct bytes to);

/* ---- the path, and what is told at it -------------------------------------------------------- */

size_t diff_enter(struct diff *d, const char *fmt, ...)
{
    size_t mark = d->path_n;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(d->path + mark, sizeof d->path - mark, fmt, args);
    va_end(args);
    d->path_n = n < 0 || mark + (size_t)n >= sizeof d->path ? sizeof d->path - 1 : mark + (size_t)n;
    return mark;
}

void diff_leave(struct diff *d, size_t mark)
{
    d->path_n = mark;
    d->path[mark] = '\0';
}

void diff_tell(struct diff *d, enum saip_change_kind kind, const char *old, const char *new_)
{
    struct saip_change *c = arena_alloc(d->arena, sizeof *c);

    if (!c) {
        d->err = XK_E_NOMEM;
        return;
    }
    c->kind = kind;
    c->path = arena_strdup(d->arena, d->path);
    c->old = old ? arena_strdup(d->arena, old) : NULL;
    c->replaced_by = new_ ? arena_strdup(d->arena, new_) : NULL;
    if (!c->path || (old && !c->old) || (new_ && !c->replaced_by))
        d->err = XK_E_NOMEM;
    *d->end = c;
    d->end = &c->next;
    d->out->n++;
}

/* Each line's indentation becomes one blank. */
static void join_lines(struct buf *text)
{
    size_t n = 0;

    for (size_t i = 0; i < text->n; i++) {
        if (text->p[i] != '\n') {
            text->p[n++] = text->p[i];
            continue;
        }
        text->p[n++] = ' ';
        while (i + 1 < text->n && text->p[i + 1] == ' ')
            i++;
    }
    text->n = n;
}

/* A value as text on one line; NULL for none. */
static const char *text_of(struct diff *d, const struct saip_member *m, struct bytes value)
{
    struct buf out;
    struct text t = {.out = &out, .flags = d->flags, .major = UINT8_MAX};
    const char *text = NULL;

    if (!value.p)
        return NULL;
    buf_init(&out, VALUE_TEXT_MAX);
    if (text_value(&t, m, value) != XK_OK)
        buf_reset(&out), buf_put_str(&out, "(not of the schema)");
    join_lines(&out);
    text = arena_strdup(d->arena, buf_cstr(&out));
    if (!text)
        d->err = XK_E_NOMEM;
    buf_wipe(&out);
    buf_fini(&out);
    return text;
}

static void tell_value(struct diff *d, const struct saip_member *m, struct bytes from,
                       struct bytes to)
{
    enum saip_change_kind kind = !from.p ? SAIP_ADDED : !to.p ? SAIP_REMOVED : SAIP_CHANGED;

    diff_tell(d, kind, text_of(d, m, from), text_of(d, m, to));
}

/* ---- members --------------------------------------------------------------------------------- */

/* Files are told apart by what they are (diff_file.c). */
static bool is_files(const struct saip_member *m)
{
    return m->kind == SAIP_LIST &&
           (m->inside == SAIP_STRUCTURE_FILE || m->inside == SAIP_STRUCTURE_GFM_ENTRY);
}

static bool compare_members(struct diff *d, enum saip_structure s, struct bytes from,
                            struct bytes to, bool files)
{
    const struct saip_member *members = saip_members(s);
    struct bytes a[SAIP_MEMBERS_MAX], b[SAIP_MEMBERS_MAX];

    if (saip_sequence(s, from, a, NULL) != XK_OK || saip_sequence(s, to, b, NULL) != XK_OK)
        return false;
    for (const struct saip_member *m = members; m->name; m++) {
        struct bytes old = saip_or_default(a[m - members], saip_row(m));
        struct bytes new_ = saip_or_default(b[m - members], saip_row(m));
        size_t mark;

        if ((!old.p && !new_.p) || (files && is_files(m)))
            continue;
        mark = diff_enter(d, "/%s", m->name);
        compare_value(d, m, old, new_);
        diff_leave(d, mark);
    }
    return true;
}

struct entry {
    const struct saip_member *m;
    struct bytes value;
    struct entry *twin;
    bool same;
};

/* n entries in the arena; false: not of the schema, or too many. */
static bool read_entries(struct diff *d, enum saip_structure choice, struct bytes list,
                         struct entry **out, size_t *n)
{
    struct cur c = cur_of(list);
    struct tlv t;

    for (*n = 0; c.n > 0; ++*n) {
        if (*n >= ENTRIES_MAX || tlv_next(&c, &t) != XK_OK || !saip_member_of_tag(choice, t.tag))
            return false;
    }
    *out = arena_alloc(d->arena, (*n + 1) * sizeof **out);
    if (!*out) {
        d->err = XK_E_NOMEM;
        return false;
    }
    c = cur_of(list);
    for (size_t i = 0; i < *n && tlv_next(&c, &t) == XK_OK; i++)
        (*out)[i] = (struct entry){.m = saip_member_of_tag(choice, t.tag), .value = t.value};
    return true;
}

/* First the same, then in their order those of one kind. */
static void match_entries(struct entry *a, size_t a_n, struct entry *b, size_t b_n, bool same)
{
    for (size_t i = 0; i < a_n; i++) {
        for (size_t k = 0; k < b_n && !a[i].twin; k++) {
            if (b[k].twin || a[i].m != b[k].m || (same && !bytes_eq(a[i].value, b[k].value)))
                continue;
            a[i].twin = &b[k];
            b[k].twin = &a[i];
            a[i].same = b[k].same = same;
        }
    }
}

static void tell_entry(struct diff *d, unsigned at, const struct entry *old,
                       const struct entry *new_)
{
    size_t mark = diff_enter(d, "[%u]", at);

    compare_value(d, old ? old->m : new_->m, old ? old->value : BYTES_NONE,
                  new_ ? new_->value : BYTES_NONE);
    diff_leave(d, mark);
}

/* The same entries in another order are a change, too. */
static bool in_order(const struct entry *a, size_t n)
{
    const struct entry *last = NULL;

    for (size_t i = 0; i < n; i++) {
        if (a[i].twin && last && a[i].twin < last)
            return false;
        last = a[i].twin ? a[i].twin : last;
    }
    return true;
}

static bool compare_lists(struct diff *d, const struct saip_member *list, struct bytes from,
                          struct bytes to)
{
    struct entry *a = NULL, *b = NULL;
    size_t a_n = 0, b_n = 0;

    if (!read_entries(d, list->inside, from, &a, &a_n) ||
        !read_entries(d, list->inside, to, &b, &b_n))
        return false;
    match_entries(a, a_n, b, b_n, true);
    match_entries(a, a_n, b, b_n, false);
    if (!in_order(a, a_n))
        return false;
    for (size_t i = 0; i < a_n; i++) {
        if (!a[i].same)
            tell_entry(d, (unsigned)i + 1, &a[i], a[i].twin);
    }
    for (size_t i = 0; i < b_n; i++) {
        if (!b[i].twin)
            tell_entry(d, (unsigned)i + 1, NULL, &b[i]);
    }
    return true;
}

/* One alternative; another one is a change of the whole. */
static bool compare_chosen(struct diff *d, enum saip_structure choice, struct bytes from,
                           struct bytes to)
{
    struct cur a = cur_of(from), b = cur_of(to);
    const struct saip_member *m;
    struct tlv old, new_;
    size_t mark;

    if (tlv_next(&a, &old) != XK_OK || tlv_next(&b, &new_) != XK_OK || old.tag != new_.tag)
        return false;
    m = saip_member_of_tag(choice, old.tag);
    if (!m)
        return false;
    mark = diff_enter(d, "/%s", m->name);
    compare_value(d, m, old.value, new_.value);
    diff_leave(d, mark);
    return true;
}

static void compare_value(struct diff *d, const struct saip_member *m, struct bytes from,
                          struct bytes to)
{
    bool told = false;

    if (from.p && to.p && bytes_eq(from, to))
        return;
    if (from.p && to.p && m->kind == SAIP_SEQUENCE)
        told = compare_members(d, m->inside, from, to, false);
    else if (from.p && to.p && m->kind == SAIP_LIST)
        told = compare_lists(d, m, from, to);
    else if (from.p && to.p && m->kind == SAIP_CHOSEN)
        told = compare_chosen(d, m->inside, from, to);
    if (!told)
        tell_value(d, m, from, to);
}

/* ---- elements -------------------------------------------------------------------------------- */

static enum xk_err read_side(struct diff *d, struct bytes upp, struct diff_side *side)
{
    struct cur c = cur_of(upp);

    side->elements = arena_alloc(d->arena, SAIP_DIFF_ELEMENTS_MAX * sizeof *side->elements);
    if (!side->elements)
        return XK_E_NOMEM;
    for (; c.n > 0; side->n++) {
        struct diff_element *e = &side->elements[side->n];
        struct tlv header;
        struct cur body;

        if (side->n >= SAIP_DIFF_ELEMENTS_MAX)
            return XK_E_LIMIT;
        if (saip_next(&c, &e->pe) != XK_OK && e->pe.raw.n == 0)
            return XK_E_FORMAT;
        body = cur_of(e->pe.value);
        e->body = e->pe.value;
        if (e->pe.type != SAIP_HEADER && tlv_next(&body, &header) == XK_OK)
            e->body = cur_rest(&body);
    }
    return XK_OK;
}

static unsigned count(const struct diff_side *side, uint32_t tag, size_t until)
{
    unsigned n = 0;

    for (size_t i = 0; i < until; i++)
        n += side->elements[i].pe.tag == tag;
    return n;
}

static void number(struct diff_side *side, const struct diff_side *other)
{
    for (size_t i = 0; i < side->n; i++) {
        uint32_t tag = side->elements[i].pe.tag;

        if (count(side, tag, side->n) > 1 || count(other, tag, other->n) > 1)
            side->elements[i].ordinal = count(side, tag, i) + 1;
    }
}

static void match_elements(struct diff *d, bool same)
{
    for (size_t i = 0; i < d->from.n; i++) {
        struct diff_element *a = &d->from.elements[i];

        for (size_t k = 0; k < d->to.n && !a->twin; k++) {
            struct diff_element *b = &d->to.elements[k];

            if (b->twin || a->pe.tag != b->pe.tag || (same && !bytes_eq(a->body, b->body)))
                continue;
            a->twin = b;
            b->twin = a;
        }
    }
}

static void enter_element(struct diff *d, const struct diff_element *e)
{
    if (e->pe.type == SAIP_UNKNOWN)
        (void)diff_enter(d, "%X", e->pe.tag);
    else
        (void)diff_enter(d, "%s", saip_type_name(e->pe.type));
    if (e->ordinal > 0)
        (void)diff_enter(d, "[%u]", e->ordinal);
}

static void tell_new(struct diff *d, struct diff_element *e)
{
    enter_element(d, e);
    if (!e->twin)
        diff_tell(d, SAIP_ADDED, NULL, NULL);
    diff_new_files(d, e);
    diff_leave(d, 0);
    e->told = true;
}

static void compare_elements(struct diff *d, const struct diff_element *a,
                             const struct diff_element *b)
{
    bool files = a->walked && b->walked;

    if (bytes_eq(a->pe.value, b->pe.value) && files)
        return;
    if (bytes_eq(a->pe.value, b->pe.value) ||
        (a->pe.type != SAIP_UNKNOWN &&
         compare_members(d, saip_structure_of(a->pe.type), a->pe.value, b->pe.value, files)))
        return;
    diff_tell(d, SAIP_CHANGED, NULL, NULL);
}

/* Of an element that cannot be walked in one package the files are compared by the schema. */
static void drop_half_walked(struct diff *d)
{
    for (size_t i = 0; i < d->from.n; i++) {
        struct diff_element *a = &d->from.elements[i], *b = a->twin;

        if (!b || (a->walked && b->walked))
            continue;
        a->walked = b->walked = false;
        a->files = b->files = NULL;
    }
}

/* Old elements in their order; before each the new ones that stand before its twin. */
static void tell_elements(struct diff *d)
{
    struct diff_element *reached = d->to.elements;

    for (size_t i = 0; i < d->from.n; i++) {
        struct diff_element *a = &d->from.elements[i];

        for (struct diff_element *b = reached; a->twin && b < a->twin; b++) {
            if (!b->twin && !b->told)
                tell_new(d, b);
        }
        enter_element(d, a);
        if (!a->twin)
            diff_tell(d, SAIP_REMOVED, NULL, NULL);
        else if (a->twin < reached)
            diff_tell(d, SAIP_CHANGED, "later", "earlier");
        if (a->twin)
            compare_elements(d, a, a->twin);
        diff_old_files(d, a);
        diff_leave(d, 0);
        if (a->twin && a->twin >= reached)
            reached = a->twin + 1;
        if (a->twin)
            tell_new(d, a->twin);
    }
    for (size_t i = 0; i < d->to.n; i++) {
        if (!d->to.elements[i].told)
            tell_new(d, &d->to.elements[i]);
    }
}

enum xk_err saip_diff(struct bytes from, struct bytes to, unsigned flags, struct arena *arena,
                      struct saip_diff *out)
{
    struct diff d = {.flags = flags, .arena = arena, .out = out};

    *out = (struct saip_diff){.n = 0};
    d.end = &out->first;
    TRY(read_side(&d, from, &d.from));
    TRY(read_side(&d, to, &d.to));
    number(&d.from, &d.to);
    number(&d.to, &d.from);
    match_elements(&d, true);
    match_elements(&d, false);
    TRY(diff_walk(&d, &d.from));
    TRY(diff_walk(&d, &d.to));
    drop_half_walked(&d);
    diff_match_files(&d);
    tell_elements(&d);
    return d.err;
}
