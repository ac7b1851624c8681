/* SPDX-License-Identifier: Apache-2.0 */
/* The row of elements. */
#include "codec/saip/saip.h"

#include "codec/saip/schema.h"

struct type_row {
    uint32_t tag;
    const char *name;
};

static const struct type_row types[SAIP_TYPES] = {
    {0, "unknown"},
#define PE(id, tag, name, structure, text) {tag, name},
#include "codec/saip/pe.def"
#undef PE
};

static const char *const services[SAIP_SERVICES] = {
#define SERVICE(id, tag, capability, name) name,
#include "codec/saip/service.def"
#undef SERVICE
};

const char *saip_type_name(enum saip_type type)
{
    return types[type].name;
}

uint32_t saip_type_tag(enum saip_type type)
{
    return types[type].tag;
}

enum saip_type saip_type_of_tag(uint32_t tag)
{
    for (unsigned i = 1; i < SAIP_TYPES; i++) {
        if (types[i].tag == tag)
            return (enum saip_type)i;
    }
    return SAIP_UNKNOWN;
}

enum saip_type saip_type_of_name(struct bytes name)
{
    for (unsigned i = 1; i < SAIP_TYPES; i++) {
        if (bytes_eq(bytes_cstr(types[i].name), name))
            return (enum saip_type)i;
    }
    return SAIP_UNKNOWN;
}

bool saip_type_has_files(enum saip_type type)
{
    return type >= SAIP_MF;
}

const char *saip_service_name(enum saip_service service)
{
    return services[service];
}

/* The PEHeader, member 0 of all elements but the header; of one that we do not know, too, for its
 * "mandated" decides what the card does. */
static enum xk_err read_pe_header(struct saip_pe *pe)
{
    struct bytes member[MEMBER_AT(PE_HEADER, IDENTIFICATION) + 1];
    struct cur c = cur_of(pe->value);
    struct tlv t;

    if (pe->type == SAIP_HEADER)
        return XK_OK;
    TRY(tlv_next(&c, &t));
    if (t.tag != 0xA0)
        return XK_E_FORMAT;
    TRY(saip_sequence(SAIP_STRUCTURE_PE_HEADER, t.value, member, NULL));
    pe->mandated = member[MEMBER_AT(PE_HEADER, MANDATED)].p != NULL;
    pe->has_identification = true;
    pe->identification = saip_integer(member[MEMBER_AT(PE_HEADER, IDENTIFICATION)]);
    return XK_OK;
}

enum xk_err saip_next(struct cur *c, struct saip_pe *out)
{
    struct saip_pe pe = {.type = SAIP_UNKNOWN};
    struct tlv t;
    enum xk_err err = tlv_next(c, &t);

    *out = pe;
    TRY(err);
    pe.tag = t.tag;
    pe.type = saip_type_of_tag(t.tag);
    pe.raw = t.raw;
    pe.value = t.value;
    err = read_pe_header(&pe);
    *out = pe;
    return err == XK_OK ? XK_OK : XK_E_FORMAT;
}

/* ---- a package in pieces --------------------------------------------------------------------- */

void saip_reader_init(struct saip_reader *r, size_t pe_max)
{
    *r = (struct saip_reader){.pe_max = pe_max};
    buf_init(&r->held, 2 * pe_max);
}

void saip_reader_fini(struct saip_reader *r)
{
    buf_wipe(&r->held);
    buf_fini(&r->held);
    *r = (struct saip_reader){.taken = 0};
}

size_t saip_reader_pending(const struct saip_reader *r)
{
    return r->held.n - r->taken;
}

enum xk_err saip_reader_put(struct saip_reader *r, struct bytes piece)
{
    size_t left = saip_reader_pending(r);

    if (r->taken > 0) {
        memmove(r->held.p, r->held.p + r->taken, left);
        explicit_bzero(r->held.p + left, r->taken);
        r->held.n = left;
        r->taken = 0;
    }
    buf_put_bytes(&r->held, piece);
    return buf_ok(&r->held);
}

/* How long the TLV at the front is, from its tag and length alone. XK_E_NOT_FOUND: they are not
 * whole yet. */
static enum xk_err measure(struct bytes b, size_t *out)
{
    size_t at = 1, n, length = 0;

    if (b.n == 0)
        return XK_E_NOT_FOUND;
    if ((b.p[0] & 0x1F) == 0x1F) {
        while (at < b.n && at < 3 && b.p[at] & 0x80)
            at++;
        at++;
    }
    if (at >= b.n)
        return XK_E_NOT_FOUND;
    n = b.p[at++];
    if (n < 0x80) {
        *out = at + n;
        return XK_OK;
    }
    n &= 0x7F;
    if (n == 0 || n > 4)
        return XK_E_FORMAT;
    if (at + n > b.n)
        return XK_E_NOT_FOUND;
    for (size_t end = at + n; at < end; at++)
        length = length << 8 | b.p[at];
    *out = at + length;
    return XK_OK;
}

enum xk_err saip_reader_next(struct saip_reader *r, struct saip_pe *out)
{
    struct bytes left = bytes_part(buf_bytes(&r->held), r->taken, SIZE_MAX);
    struct cur c;
    size_t n = 0;
    enum xk_err err;

    TRY(measure(left, &n));
    if (n > r->pe_max)
        return XK_E_LIMIT;
    if (n > left.n)
        return XK_E_NOT_FOUND;
    c = cur_of(bytes_part(left, 0, n));
    err = saip_next(&c, out);
    out->offset = r->offset;
    r->taken += n;
    r->offset += n;
    return err;
}
