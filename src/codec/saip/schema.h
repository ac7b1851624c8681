/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as a table that can be walked: structures, their members in order (schema.def,
 * element.def). Whoever prints, compares, reads or writes whole packages goes by it. */
#ifndef CODEC_SAIP_SCHEMA_H
#define CODEC_SAIP_SCHEMA_H

#include "codec/saip/saip.h"

enum saip_structure {
    SAIP_STRUCTURE_NONE,
#define STRUCTURE(id, flavour) SAIP_STRUCTURE_##id,
#define MEMBER(structure, id, name, tag, kind, inside, least, most, need)
#include "codec/saip/schema.def"
#undef STRUCTURE
#undef MEMBER
#define FILES(structure, header) SAIP_STRUCTURE_##structure,
#define ELEMENT(structure, id, name, tag, need)
#include "codec/saip/element.def"
#undef FILES
#undef ELEMENT
    SAIP_STRUCTURES
};

enum saip_member_kind {
    SAIP_EMPTY, /* NULL */
    SAIP_INTEGER,
    SAIP_OCTETS,
    SAIP_SECRET, /* octets that are not shown */
    SAIP_OID,
    SAIP_UTF8,
    SAIP_SEQUENCE, /* members of `inside` */
    SAIP_CHOSEN,   /* one member of `inside` */
    SAIP_LIST      /* any number of members of `inside`, which is a choice */
};

struct saip_member {
    const char *name; /* NULL: this row begins a structure */
    uint32_t tag;
    uint8_t kind;   /* enum saip_member_kind */
    uint8_t inside; /* enum saip_structure */
    bool must;
    uint32_t least, most;
};
#define SAIP_UNBOUNDED UINT32_MAX

/* The members, behind the last one a row with name NULL. */
const struct saip_member *saip_members(enum saip_structure s);
bool saip_is_choice(enum saip_structure s);
enum saip_structure saip_structure_of(enum saip_type type);
/* NULL when there is none. */
const struct saip_member *saip_member_of_tag(enum saip_structure s, uint32_t tag);
const struct saip_member *saip_member_of_name(enum saip_structure s, struct bytes name);

/* The tags of the elements of file elements. */
enum saip_element {
#define FILES(structure, header) SAIP_TAG_##structure##_NONE = 0,
#define ELEMENT(structure, id, name, tag, need) SAIP_TAG_##structure##_##id = tag,
#include "codec/saip/element.def"
#undef FILES
#undef ELEMENT
};

/* Where members stand, for saip_sequence: rows counted over the whole table, MEMBER_AT within their
 * structure. */
enum saip_row {
#define STRUCTURE(id, flavour) SAIP_ROW_##id##_BEGIN,
#define MEMBER(structure, id, name, tag, kind, inside, least, most, need)                          \
    SAIP_ROW_##structure##_##id,
#include "codec/saip/schema.def"
#undef STRUCTURE
#undef MEMBER
#define FILES(structure, header)                                                                   \
    SAIP_ROW_##structure##_BEGIN, SAIP_ROW_##structure##_HEADER, SAIP_ROW_##structure##_TEMPLATE,
#define ELEMENT(structure, id, name, tag, need) SAIP_ROW_##structure##_##id,
#include "codec/saip/element.def"
#undef FILES
#undef ELEMENT
    SAIP_ROWS
};
#define MEMBER_AT(structure, id) (SAIP_ROW_##structure##_##id - SAIP_ROW_##structure##_BEGIN - 1)
#define SAIP_MEMBERS_MAX 96

/* Takes a SEQUENCE apart, one level: out[i] is the value of member i, p NULL when it is absent.
 * out NULL only checks. XK_E_FORMAT, XK_E_VALUE as in saip.h; *failed, if wanted, is the member. */
enum xk_err saip_sequence(enum saip_structure s, struct bytes value, struct bytes *out,
                          const struct saip_member **failed) XK_MUST_CHECK;
/* The value of a member that stands alone: lengths and ranges, one level. */
enum xk_err saip_check_value(const struct saip_member *m, struct bytes value) XK_MUST_CHECK;
/* The value of an INTEGER that was checked, or of up to four octets; 0 of none. */
uint32_t saip_integer(struct bytes value);
/* Where a member stands in the whole table. */
enum saip_row saip_row(const struct saip_member *m);
/* What an INTEGER's value is called ("pinAppl1"), NULL; the value of a name, false. */
const char *saip_number_name(const struct saip_member *m, uint32_t value);
bool saip_number_of_name(const struct saip_member *m, struct bytes name, uint32_t *value);
/* The value that DER leaves out; p NULL when there is none. */
struct bytes saip_default(const struct saip_member *m);
struct bytes saip_or_default(struct bytes value, enum saip_row row);
/* Of what saip_sequence has taken apart. */
#define MEMBER_OR_DEFAULT(m, structure, id)                                                        \
    saip_or_default((m)[MEMBER_AT(structure, id)], SAIP_ROW_##structure##_##id)
/* The name in an edition of the schema; whether a name is that of any edition. */
const char *saip_member_name(const struct saip_member *m, uint8_t major);
bool saip_member_is_named(const struct saip_member *m, struct bytes name);
/* A list of one kind of entry, a SEQUENCE OF; otherwise each says which of the choice it is. */
bool saip_is_uniform(enum saip_structure choice);
/* Takes one entry off a list of which all are this member. */
enum xk_err saip_next_entry(enum saip_structure choice, struct cur *c, struct bytes *value)
    XK_MUST_CHECK;

#endif
