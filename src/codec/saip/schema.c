/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/schema.h"

#define MAX SAIP_UNBOUNDED
#define MUST true
#define MAY false
enum { FLAVOUR_SEQUENCE, FLAVOUR_CHOICE }; /* in .least of the row that begins a structure */

static const struct saip_member rows[SAIP_ROWS + 1] = {
#define STRUCTURE(id, flavour) {.least = FLAVOUR_##flavour},
#define MEMBER(structure, id, name, tag, kind, inside, least, most, need)                          \
    {name, tag, SAIP_##kind, SAIP_STRUCTURE_##inside, need, least, most},
#include "codec/saip/schema.def"
#undef STRUCTURE
#undef MEMBER
#define FILES(structure, header)                                                                   \
    {.least = FLAVOUR_SEQUENCE},                                                                   \
        {header, 0xA0, SAIP_SEQUENCE, SAIP_STRUCTURE_PE_HEADER, MUST, 0, 0},                       \
        {"templateID", 0x81, SAIP_OID, SAIP_STRUCTURE_NONE, MUST, 1, MAX},
#define ELEMENT(structure, id, name, tag, need)                                                    \
    {name, tag, SAIP_LIST, SAIP_STRUCTURE_FILE, need, 0, MAX},
#include "codec/saip/element.def"
#undef FILES
#undef ELEMENT
};

static const uint16_t begins[SAIP_STRUCTURES] = {
    [SAIP_STRUCTURE_NONE] = SAIP_ROWS, /* the empty row at the end */
#define STRUCTURE(id, flavour) [SAIP_STRUCTURE_##id] = SAIP_ROW_##id##_BEGIN + 1,
#define MEMBER(structure, id, name, tag, kind, inside, least, most, need)
#include "codec/saip/schema.def"
#undef STRUCTURE
#undef MEMBER
#define FILES(structure, header) [SAIP_STRUCTURE_##structure] = SAIP_ROW_##structure##_BEGIN + 1,
#define ELEMENT(structure, id, name, tag, need)
#include "codec/saip/element.def"
#undef FILES
#undef ELEMENT
};

static const uint8_t structures[SAIP_TYPES] = {
#define PE(id, tag, name, structure, text) [SAIP_##id] = SAIP_STRUCTURE_##structure,
#include "codec/saip/pe.def"
#undef PE
};

const struct saip_member *saip_members(enum saip_structure s)
{
    return &rows[begins[s]];
}

bool saip_is_choice(enum saip_structure s)
{
    return s != SAIP_STRUCTURE_NONE && rows[begins[s] - 1].least == FLAVOUR_CHOICE;
}

enum saip_structure saip_structure_of(enum saip_type type)
{
    return structures[type];
}

const struct saip_member *saip_member_of_tag(enum saip_structure s, uint32_t tag)
{
    for (const struct saip_member *m = saip_members(s); m->name; m++) {
        if (m->tag == tag)
            return m;
    }
    return NULL;
}

const struct saip_member *saip_member_of_name(enum saip_structure s, struct bytes name)
{
    for (const struct saip_member *m = saip_members(s); m->name; m++) {
        if (saip_member_is_named(m, name))
            return m;
    }
    return NULL;
}

enum saip_row saip_row(const struct saip_member *m)
{
    return (enum saip_row)(m - rows);
}

bool saip_is_uniform(enum saip_structure choice)
{
    return !saip_members(choice)[1].name;
}

uint32_t saip_integer(struct bytes value)
{
    uint32_t v = 0;

    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    return v;
}

/* Not negative, and of no more octets than a number of the schema can need. */
static enum xk_err check_integer(const struct saip_member *m, struct bytes value)
{
    if (value.n < 1)
        return XK_E_FORMAT;
    if (value.n > 4 || value.p[0] & 0x80)
        return XK_E_VALUE;
    if (saip_integer(value) < m->least || saip_integer(value) > m->most)
        return XK_E_VALUE;
    return XK_OK;
}

enum xk_err saip_check_value(const struct saip_member *m, struct bytes value)
{
    switch ((enum saip_member_kind)m->kind) {
    case SAIP_EMPTY:
        return value.n == 0 ? XK_OK : XK_E_FORMAT;
    case SAIP_INTEGER:
        return check_integer(m, value);
    case SAIP_OCTETS:
    case SAIP_SECRET:
    case SAIP_OID:
    case SAIP_UTF8:
        return value.n >= m->least && value.n <= m->most ? XK_OK : XK_E_VALUE;
    case SAIP_SEQUENCE:
    case SAIP_CHOSEN:
    case SAIP_LIST:
        break;
    }
    return XK_OK;
}

static enum xk_err fail(const struct saip_member *m, const struct saip_member **failed,
                        enum xk_err err)
{
    if (failed)
        *failed = m;
    return err;
}

/* The member at or behind `from` with this tag; what must be there is not jumped over. */
static enum xk_err find_next(const struct saip_member *from, uint32_t tag,
                             const struct saip_member **out, const struct saip_member **failed)
{
    const struct saip_member *missing = NULL;

    for (const struct saip_member *m = from; m->name; m++) {
        if (m->tag == tag && missing)
            return fail(missing, failed, XK_E_FORMAT);
        if (m->tag == tag) {
            *out = m;
            return XK_OK;
        }
        if (m->must && !missing)
            missing = m;
    }
    return XK_E_NOT_FOUND;
}

static enum xk_err take_member(enum saip_structure s, const struct saip_member **next,
                               const struct tlv *t, struct bytes *out,
                               const struct saip_member **failed)
{
    const struct saip_member *m = NULL;
    enum xk_err err = find_next(*next, t->tag, &m, failed);

    if (err == XK_E_NOT_FOUND) { /* appended by a later edition, or out of place */
        m = saip_member_of_tag(s, t->tag);
        return m ? fail(m, failed, XK_E_FORMAT) : XK_OK;
    }
    TRY(err);
    err = saip_check_value(m, t->value);
    if (err != XK_OK)
        return fail(m, failed, err);
    if (out)
        out[m - saip_members(s)] = t->value;
    *next = m + 1;
    return XK_OK;
}

enum xk_err saip_sequence(enum saip_structure s, struct bytes value, struct bytes *out,
                          const struct saip_member **failed)
{
    const struct saip_member *next = saip_members(s);
    struct cur c = cur_of(value);
    struct tlv t;

    for (const struct saip_member *m = next; out && m->name; m++)
        out[m - next] = BYTES_NONE;
    if (failed)
        *failed = NULL;
    while (c.n > 0) {
        TRY(tlv_next(&c, &t));
        TRY(take_member(s, &next, &t, out, failed));
    }
    for (; next->name; next++) {
        if (next->must)
            return fail(next, failed, XK_E_FORMAT);
    }
    return XK_OK;
}

enum xk_err saip_next_entry(enum saip_structure choice, struct cur *c, struct bytes *value)
{
    const struct saip_member *m = saip_members(choice);
    struct tlv t;

    TRY(tlv_next(c, &t));
    if (t.tag != m->tag)
        return XK_E_FORMAT;
    TRY(saip_check_value(m, t.value));
    *value = t.value;
    return XK_OK;
}
