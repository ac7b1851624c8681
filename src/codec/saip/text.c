/* SPDX-License-Identifier: Apache-2.0 */
/* The writer goes down the schema with the package. It is as deep as the schema, whose structures
 * do not contain themselves (tests/unit/codec/saip_text_test.c). */
#include "codec/saip/text.h"

#include "base/hex.h"
#include "codec/der/der.h"
#include "codec/der/oid.h"
#include "codec/saip/text_inside.h"

#define EDITION_NEWEST 255
#define MASK_MAX 32

void text_line(struct text *t)
{
    buf_put_u8(t->out, '\n');
    buf_put_fill(t->out, ' ', 2u * t->level);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_integer(struct text *t, const struct saip_member *m, struct bytes value)
{
    uint32_t v = saip_integer(value);
    const char *name = saip_number_name(m, v);

    if (value.n > 1 && value.p[0] == 0 && !(value.p[1] & 0x80))
        t->loss.not_der++;
    if (name)
        buf_put_str(t->out, name);
    else
        buf_printf(t->out, "%u", v);
}

static void put_octets(struct text *t, struct bytes value)
{
    buf_put_u8(t->out, '\'');
    buf_put_hex(t->out, value);
    buf_put_str(t->out, "'H");
}

static void put_secret(struct text *t, struct bytes value)
{
    if (t->flags & SAIP_TEXT_SECRETS || value.n == 0) {
        put_octets(t, value);
        return;
    }
    t->loss.masked++;
    buf_put_u8(t->out, '\'');
    buf_put_fill(t->out, '*', value.n < MASK_MAX / 2 ? 2 * value.n : MASK_MAX);
    buf_put_str(t->out, "'H");
}

static enum xk_err put_oid(struct text *t, struct bytes value)
{
    char text[OID_TEXT_MAX];

    if (value.n > OID_MAX)
        return XK_E_LIMIT;
    TRY(oid_text(value, text, sizeof text));
    for (char *p = text; *p; p++) {
        if (*p == '.')
            *p = ' ';
    }
    buf_printf(t->out, "{ %s }", text);
    return XK_OK;
}

/* A cstring has no control characters. */
static enum xk_err put_utf8(struct text *t, struct bytes value)
{
    TRY(der_value_utf8(value, 0, SIZE_MAX));
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < 0x20 || value.p[i] == 0x7F ||
            (value.p[i] == 0xC2 && value.p[i + 1] < 0xA0))
            return XK_E_VALUE;
    }
    buf_put_u8(t->out, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"')
            buf_put_u8(t->out, '"');
        buf_put_u8(t->out, value.p[i]);
    }
    buf_put_u8(t->out, '"');
    return XK_OK;
}

/* ---- what has members ------------------------------------------------------------------------ */

static void check_length(struct text *t, const struct tlv *tlv)
{
    if (tlv->raw.n != der_header_len(tlv->tag, tlv->value.n) + tlv->value.n)
        t->loss.not_der++;
}

/* Before each member or entry: a comma behind the last one, then a line of its own. */
static void put_comma(struct text *t, bool *first)
{
    if (!*first)
        buf_put_u8(t->out, ',');
    *first = false;
}

static void open_braces(struct text *t)
{
    buf_put_u8(t->out, '{');
    t->level++;
}

static void close_braces(struct text *t, bool empty)
{
    t->level--;
    if (!empty)
        text_line(t);
    buf_put_u8(t->out, '}');
}

static void count_losses(struct text *t, struct bytes value, const struct bytes *in, size_t n)
{
    struct cur c = cur_of(value);
    unsigned there = 0;
    struct tlv tlv;

    while (c.n > 0 && tlv_next(&c, &tlv) == XK_OK) {
        check_length(t, &tlv);
        there++;
    }
    for (size_t i = 0; i < n; i++)
        there -= in[i].p != NULL;
    t->loss.left_out += there;
}

static enum xk_err put_sequence(struct text *t, enum saip_structure s, struct bytes value)
{
    const struct saip_member *members = saip_members(s), *m = members;
    struct bytes in[SAIP_MEMBERS_MAX];
    bool first = true;

    TRY(saip_sequence(s, value, in, &t->failed));
    open_braces(t);
    for (; m->name; m++) {
        struct bytes v = in[m - members];

        if (!v.p)
            continue;
        put_comma(t, &first);
        text_note(t, m, v);
        text_line(t);
        buf_printf(t->out, "%s ", saip_member_name(m, t->major));
        TRY(text_value(t, m, v));
        if (saip_default(m).p && bytes_eq(saip_default(m), v))
            t->loss.not_der++;
    }
    count_losses(t, value, in, (size_t)(m - members));
    close_braces(t, first);
    return XK_OK;
}

/* One of a choice: "fillFileOffset : 11". */
static enum xk_err next_of_choice(struct text *t, enum saip_structure choice, struct cur *c,
                                  const struct saip_member **m, struct tlv *tlv)
{
    TRY(tlv_next(c, tlv));
    check_length(t, tlv);
    *m = saip_member_of_tag(choice, tlv->tag);
    if (!*m)
        return XK_E_FORMAT;
    t->failed = *m;
    return saip_check_value(*m, tlv->value);
}

static enum xk_err put_list(struct text *t, const struct saip_member *list, struct bytes value)
{
    struct cur c = cur_of(value);
    uint32_t n = 0;
    bool first = true;

    open_braces(t);
    for (; c.n > 0; n++) {
        const struct saip_member *m;
        struct tlv tlv;

        TRY(next_of_choice(t, list->inside, &c, &m, &tlv));
        put_comma(t, &first);
        text_note(t, m, tlv.value);
        text_line(t);
        if (!saip_is_uniform(list->inside))
            buf_printf(t->out, "%s : ", m->name);
        TRY(text_value(t, m, tlv.value));
    }
    close_braces(t, first);
    if (n >= list->least && n <= list->most)
        return XK_OK;
    t->failed = list;
    return XK_E_VALUE;
}

static enum xk_err put_chosen(struct text *t, enum saip_structure choice, struct bytes value)
{
    struct cur c = cur_of(value);
    const struct saip_member *m;
    struct tlv tlv;

    TRY(next_of_choice(t, choice, &c, &m, &tlv));
    TRY(cur_end(&c));
    buf_printf(t->out, "%s : ", m->name);
    return text_value(t, m, tlv.value);
}

enum xk_err text_value(struct text *t, const struct saip_member *m, struct bytes value)
{
    enum xk_err err = XK_OK;

    t->failed = m;
    switch ((enum saip_member_kind)m->kind) {
    case SAIP_EMPTY:
        buf_put_str(t->out, "NULL");
        break;
    case SAIP_INTEGER:
        put_integer(t, m, value);
        break;
    case SAIP_OCTETS:
        put_octets(t, value);
        break;
    case SAIP_SECRET:
        put_secret(t, value);
        break;
    case SAIP_OID:
        err = put_oid(t, value);
        break;
    case SAIP_UTF8:
        err = put_utf8(t, value);
        break;
    case SAIP_SEQUENCE:
        err = put_sequence(t, m->inside, value);
        break;
    case SAIP_CHOSEN:
        err = put_chosen(t, m->inside, value);
        break;
    case SAIP_LIST:
        err = put_list(t, m, value);
        break;
    }
    return err;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* What cannot be written is said in a comment instead. */
static void leave_out(struct text *t, unsigned number, const struct saip_pe *pe, const char *why)
{
    t->loss.left_out++;
    t->level = 0;
    buf_printf(t->out, "-- value%u at byte %zu, tag %X, %zu bytes: %s", number, pe->offset, pe->tag,
               pe->raw.n, why);
    if (t->failed)
        buf_printf(t->out, ", at %s", t->failed->name);
    buf_put_u8(t->out, '\n');
}

static void put_element(struct text *t, unsigned number, const struct saip_pe *pe)
{
    struct saip_text_loss loss = t->loss;
    size_t at = t->out->n;
    struct saip_header h;

    t->failed = NULL;
    if (pe->type == SAIP_UNKNOWN) {
        leave_out(t, number, pe, "an element of a later edition");
        return;
    }
    if (pe->type == SAIP_HEADER && saip_decode_header(pe, &h) == XK_OK)
        t->major = h.major;
    if (pe->raw.n != der_header_len(pe->tag, pe->value.n) + pe->value.n)
        t->loss.not_der++;
    buf_printf(t->out, "value%u ProfileElement ::= %s : ", number, saip_type_name(pe->type));
    if (put_sequence(t, saip_structure_of(pe->type), pe->value) == XK_OK) {
        buf_put_u8(t->out, '\n');
        return;
    }
    if (t->out->err == XK_OK)
        t->out->n = at;
    t->loss = loss;
    leave_out(t, number, pe, "not of the schema");
}

static enum xk_err put_package(struct text *t, struct bytes upp)
{
    struct cur c = cur_of(upp);
    struct saip_pe pe;

    for (unsigned number = 1; c.n > 0 && t->out->err == XK_OK; number++) {
        size_t offset = upp.n - c.n;
        bool read = saip_next(&c, &pe) == XK_OK;

        pe.offset = offset;
        if (!read && pe.raw.n == 0) {
            t->failed = NULL;
            pe.raw = bytes_part(upp, offset, SIZE_MAX);
            leave_out(t, number, &pe, "no whole element");
            break;
        }
        if (t->flags & SAIP_TEXT_NOTES)
            TRY(text_notes_of(t, &pe));
        put_element(t, number, &pe);
    }
    return buf_ok(t->out);
}

enum xk_err saip_text(struct bytes upp, unsigned flags, struct buf *out,
                      struct saip_text_loss *loss)
{
    struct text t = {.out = out, .flags = flags, .major = EDITION_NEWEST};
    enum xk_err err;

    arena_init(&t.arena, SAIP_TEXT_MAX);
    saip_walk_init(&t.walk);
    err = put_package(&t, upp);
    arena_fini(&t.arena);
    *loss = t.loss;
    return err;
}
