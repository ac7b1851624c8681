/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/air/air.h"

/* Present though all zero, or shorter than its room: not in fields.def. */
#define TAG_AUTN 0x08
#define TAG_RES 0x10
#define TAG_RP 0x11

enum kind { NUMBER, DIGITS, OCTETS };

static const struct field {
    uint8_t tag;
    enum kind kind;
    uint16_t at;
    uint16_t size;
} fields[] = {
#define AIR_FIELD(tag, kind, member)                                                               \
    {tag, kind, offsetof(struct air_message, member), sizeof((struct air_message *)0)->member},
#include "codec/air/fields.def"
#undef AIR_FIELD
};

static const struct {
    enum air_type type;
    const char *text;
} names[] = {
#define AIR_MESSAGE(name, value, text) {AIR_##name, text},
#include "codec/air/names.def"
#undef AIR_MESSAGE
};

static const char *name_or_null(unsigned type)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if ((unsigned)names[i].type == type)
            return names[i].text;
    return NULL;
}

const char *air_type_name(enum air_type type)
{
    const char *name = name_or_null(type);

    return name ? name : "unknown message";
}

const char *air_rat_name(enum air_rat rat)
{
    switch (rat) {
    case AIR_GSM:
        return "GSM";
    case AIR_LTE:
        return "LTE";
    case AIR_NB_IOT:
        return "NB-IoT";
    case AIR_EMTC:
        return "eMTC";
    }
    return "unknown";
}

/* Numbers on the wire have the size they have in the struct, but the radio type has one octet. */
static size_t wire_size(const struct field *f)
{
    return f->at == offsetof(struct air_message, rat) ? 1 : f->size;
}

static uint32_t number_get(const struct air_message *m, const struct field *f)
{
    const uint8_t *at = (const uint8_t *)m + f->at;
    uint16_t v16;
    uint32_t v32;

    if (f->size == sizeof(uint8_t))
        return *at;
    if (f->size == sizeof v16) {
        memcpy(&v16, at, sizeof v16);
        return v16;
    }
    memcpy(&v32, at, sizeof v32);
    return v32;
}

static void number_set(struct air_message *m, const struct field *f, uint32_t v)
{
    uint8_t *at = (uint8_t *)m + f->at;
    uint16_t v16 = (uint16_t)v;

    if (f->size == sizeof(uint8_t))
        *at = (uint8_t)v;
    else if (f->size == sizeof v16)
        memcpy(at, &v16, sizeof v16);
    else
        memcpy(at, &v, sizeof v);
}

static enum xk_err decode_number(struct bytes value, const struct field *f, struct air_message *m)
{
    uint32_t v = 0;

    if (value.n != wire_size(f))
        return XK_E_FORMAT;
    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    number_set(m, f, v);
    return XK_OK;
}

static bool all_digits(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] < '0' || b.p[i] > '9')
            return false;
    return true;
}

static enum xk_err decode_field(struct bytes value, const struct field *f, struct air_message *m)
{
    char *at = (char *)m + f->at;

    switch (f->kind) {
    case NUMBER:
        return decode_number(value, f, m);
    case DIGITS:
        return all_digits(value) && bytes_to_cstr(value, at, f->size) ? XK_OK : XK_E_FORMAT;
    case OCTETS:
        if (value.n != f->size)
            return XK_E_FORMAT;
        memcpy(at, value.p, value.n);
        return XK_OK;
    }
    return XK_E_INTERNAL;
}

static enum xk_err decode_autn(struct bytes value, struct air_message *m)
{
    if (value.n != sizeof m->autn)
        return XK_E_FORMAT;
    memcpy(m->autn, value.p, value.n);
    m->has_autn = true;
    return XK_OK;
}

static enum xk_err decode_res(struct bytes value, struct air_message *m)
{
    if (value.n == 0 || value.n > sizeof m->res)
        return XK_E_FORMAT;
    memset(m->res, 0, sizeof m->res);
    memcpy(m->res, value.p, value.n);
    m->res_n = (uint8_t)value.n;
    return XK_OK;
}

static enum xk_err decode_one(uint8_t tag, struct bytes value, struct air_message *m)
{
    if (tag == TAG_AUTN)
        return decode_autn(value, m);
    if (tag == TAG_RES)
        return decode_res(value, m);
    if (tag == TAG_RP)
        m->rp = value;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].tag == tag)
            return decode_field(value, &fields[i], m);
    return XK_OK;
}

enum xk_err air_decode(struct bytes wire, struct air_message *out)
{
    struct cur c = cur_of(wire);
    uint8_t type = cur_u8(&c);
    struct air_message m = {0};

    if (wire.n > AIR_MESSAGE_MAX)
        return XK_E_LIMIT;
    if (!name_or_null(type))
        return XK_E_FORMAT;
    m.type = (enum air_type)type;
    while (c.n > 0) {
        uint8_t tag = cur_u8(&c);
        struct bytes value = cur_take(&c, cur_u16(&c));

        TRY(cur_ok(&c));
        TRY(decode_one(tag, value, &m));
    }
    if ((unsigned)m.rat > AIR_EMTC)
        return XK_E_FORMAT;
    *out = m;
    return XK_OK;
}

static void put_field(struct buf *b, uint8_t tag, struct bytes value)
{
    buf_put_u8(b, tag);
    buf_put_u16(b, (uint16_t)value.n);
    buf_put_bytes(b, value);
}

static void encode_number(const struct air_message *m, const struct field *f, struct buf *out)
{
    uint32_t v = number_get(m, f);
    size_t n = wire_size(f);

    if (v == 0)
        return;
    buf_put_u8(out, f->tag);
    buf_put_u16(out, (uint16_t)n);
    for (size_t i = n; i > 0; i--)
        buf_put_u8(out, (uint8_t)(v >> 8 * (i - 1)));
}

static bool all_zero(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i])
            return false;
    return true;
}

static enum xk_err encode_field(const struct air_message *m, const struct field *f, struct buf *out)
{
    struct bytes octets = BYTES((const uint8_t *)m + f->at, f->size);
    struct bytes digits = BYTES(octets.p, strnlen((const char *)octets.p, f->size));

    if (f->kind == NUMBER) {
        encode_number(m, f, out);
    } else if (f->kind == OCTETS) {
        if (!all_zero(octets))
            put_field(out, f->tag, octets);
    } else {
        if (digits.n == f->size || !all_digits(digits))
            return XK_E_VALUE;
        if (digits.n > 0)
            put_field(out, f->tag, digits);
    }
    return XK_OK;
}

enum xk_err air_encode(const struct air_message *m, struct buf *out)
{
    size_t begin = out->n;

    if (!name_or_null(m->type) || (unsigned)m->rat > AIR_EMTC || m->res_n > sizeof m->res)
        return XK_E_VALUE;
    if (m->rp.n > AIR_MESSAGE_MAX)
        return XK_E_LIMIT;
    buf_put_u8(out, (uint8_t)m->type);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        TRY(encode_field(m, &fields[i], out));
    if (m->has_autn)
        put_field(out, TAG_AUTN, BYTES_OF(m->autn));
    if (m->res_n > 0)
        put_field(out, TAG_RES, BYTES(m->res, m->res_n));
    if (m->rp.n > 0)
        put_field(out, TAG_RP, m->rp);
    TRY(buf_ok(out));
    return out->n - begin > AIR_MESSAGE_MAX ? XK_E_LIMIT : XK_OK;
}

void air_put_frame(struct bytes message, struct buf *out)
{
    buf_put_u16(out, (uint16_t)message.n);
    buf_put_bytes(out, message);
}

enum xk_err air_take_frame(struct bytes stream, struct bytes *message, size_t *used)
{
    size_t n;

    *used = 0;
    if (stream.n < AIR_FRAME_HEAD)
        return XK_OK;
    n = (size_t)(stream.p[0] << 8 | stream.p[1]);
    if (n == 0 || n > AIR_MESSAGE_MAX)
        return XK_E_FORMAT;
    if (stream.n < AIR_FRAME_HEAD + n)
        return XK_OK;
    *message = bytes_part(stream, AIR_FRAME_HEAD, n);
    *used = AIR_FRAME_HEAD + n;
    return XK_OK;
}
