/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cat/cat.h"

#include "base/tlv.h"

#define TAG_LONG_FORM 0x7F /* TS 101 220 7.1.1.2: two more bytes of tag */

static uint16_t read_tag(struct cur *c, bool *comprehension)
{
    uint8_t first = cur_u8(c);
    uint16_t tag;

    if ((first & 0x7F) == 0 || first == 0xFF)
        c->bad = true;
    if (first == TAG_LONG_FORM) {
        tag = cur_u16(c);
        *comprehension = tag & 0x8000;
        tag &= 0x7FFF;
        if (tag <= 0xFF) /* must not alias a one-byte tag */
            c->bad = true;
        return tag;
    }
    *comprehension = first & CAT_COMPREHENSION;
    return first & 0x7F;
}

/* TS 101 220 7.1.2: one byte up to 7F, else 81, 82 or 83 and that many bytes */
static size_t read_length(struct cur *c)
{
    uint8_t first = cur_u8(c);

    if (first < 0x80)
        return first;
    if (first == 0x81)
        return cur_u8(c);
    if (first == 0x82)
        return cur_u16(c);
    if (first == 0x83)
        return cur_u24(c);
    c->bad = true;
    return 0;
}

enum xk_err cat_tlv_next(struct cur *c, struct cat_tlv *out)
{
    struct cat_tlv t;
    size_t length;

    t.tag = read_tag(c, &t.comprehension);
    length = read_length(c);
    t.value = cur_take(c, length);
    TRY(cur_ok(c));
    *out = t;
    return XK_OK;
}

enum xk_err cat_tlv_find(struct bytes b, uint16_t tag, struct bytes *value)
{
    struct cur c = cur_of(b);
    struct cat_tlv t;

    while (c.n > 0) {
        TRY(cat_tlv_next(&c, &t));
        if (t.tag == tag) {
            *value = t.value;
            return XK_OK;
        }
    }
    return XK_E_NOT_FOUND;
}

void cat_tlv_put(struct buf *b, uint8_t tag, struct bytes value)
{
    size_t at;

    buf_put_u8(b, tag);
    at = b->n;
    buf_put_bytes(b, value);
    tlv_end(b, at); /* the length bytes of TS 101 220 are those of BER */
}

static enum xk_err take(struct cur *c, uint16_t tag, struct bytes *value)
{
    struct cat_tlv t;

    TRY(cat_tlv_next(c, &t));
    if (t.tag != tag)
        return XK_E_FORMAT;
    *value = t.value;
    return XK_OK;
}

/* TS 102 223 8.6: more than three bytes are for later versions and passed over */
static enum xk_err take_details(struct cur *c, struct cur *details)
{
    struct bytes value;

    TRY(take(c, CAT_TAG_COMMAND_DETAILS, &value));
    *details = cur_of(value);
    return value.n < 3 ? XK_E_FORMAT : XK_OK;
}

static void put_details(struct buf *b, uint8_t number, uint8_t type, uint8_t qualifier)
{
    cat_tlv_put(b, CAT_TAG_COMMAND_DETAILS | CAT_COMPREHENSION,
                BYTES_OF(((const uint8_t[]){number, type, qualifier})));
}

static void put_devices(struct buf *b, uint8_t source, uint8_t destination)
{
    cat_tlv_put(b, CAT_TAG_DEVICE_IDENTITIES | CAT_COMPREHENSION,
                BYTES_OF(((const uint8_t[]){source, destination})));
}

/* All objects must parse, so that cat_tlv_find on them can only miss. */
static enum xk_err check_objects(struct bytes objects)
{
    struct cur c = cur_of(objects);
    struct cat_tlv t;

    while (c.n > 0)
        TRY(cat_tlv_next(&c, &t));
    return XK_OK;
}

/* TS 102 223 6.6 */
enum xk_err cat_decode_proactive(struct bytes wire, struct cat_proactive *out)
{
    struct cur outer = cur_of(wire), body, details;
    struct cat_proactive p;
    struct tlv t;
    struct bytes devices;

    TRY(tlv_next(&outer, &t));
    if (t.tag != CAT_PROACTIVE || outer.n > 0)
        return XK_E_FORMAT;
    body = cur_of(t.value);
    TRY(take_details(&body, &details));
    TRY(take(&body, CAT_TAG_DEVICE_IDENTITIES, &devices));
    if (devices.n != 2)
        return XK_E_FORMAT;
    p.number = cur_u8(&details);
    p.type = cur_u8(&details);
    p.qualifier = cur_u8(&details);
    p.source = devices.p[0];
    p.destination = devices.p[1];
    p.objects = cur_rest(&body);
    TRY(check_objects(p.objects));
    *out = p;
    return XK_OK;
}

/* Fails out when more than `max` bytes were written since `start`. */
static enum xk_err within(const struct buf *out, size_t start, size_t max)
{
    TRY(buf_ok(out));
    return out->n - start > max ? XK_E_LIMIT : XK_OK;
}

enum xk_err cat_encode_proactive(const struct cat_proactive *p, struct buf *out)
{
    size_t start = out->n;
    size_t at = tlv_begin(out, CAT_PROACTIVE);

    put_details(out, p->number, p->type, p->qualifier);
    put_devices(out, p->source, p->destination);
    buf_put_bytes(out, p->objects);
    tlv_end(out, at);
    return within(out, start, CAT_PROACTIVE_MAX);
}

/* TS 102 223 6.8 */
enum xk_err cat_decode_response(struct bytes wire, struct cat_response *out)
{
    struct cur body = cur_of(wire), details;
    struct cat_response r;
    struct cat_tlv t;

    TRY(take_details(&body, &details));
    TRY(cat_tlv_next(&body, &t));
    if (t.tag == CAT_TAG_DEVICE_IDENTITIES)
        TRY(cat_tlv_next(&body, &t));
    if (t.tag != CAT_TAG_RESULT || t.value.n < 1)
        return XK_E_FORMAT;
    r.number = cur_u8(&details);
    r.type = cur_u8(&details);
    r.qualifier = cur_u8(&details);
    r.result = t.value.p[0];
    r.additional = bytes_part(t.value, 1, t.value.n);
    r.objects = cur_rest(&body);
    TRY(check_objects(r.objects));
    *out = r;
    return XK_OK;
}

enum xk_err cat_encode_response(const struct cat_response *r, struct buf *out)
{
    size_t start = out->n;
    size_t at;

    put_details(out, r->number, r->type, r->qualifier);
    put_devices(out, CAT_DEV_TERMINAL, CAT_DEV_UICC);
    buf_put_u8(out, CAT_TAG_RESULT | CAT_COMPREHENSION);
    at = out->n;
    buf_put_u8(out, r->result);
    buf_put_bytes(out, r->additional);
    tlv_end(out, at);
    buf_put_bytes(out, r->objects);
    return within(out, start, CAT_DATA_MAX);
}

const char *cat_command_name(uint8_t type)
{
    switch (type) {
#define CAT_COMMAND(name, value, text)                                                             \
    case value:                                                                                    \
        return text;
#include "codec/cat/names.def"
    default:
        return "?";
    }
}

const char *cat_result_text(uint8_t result)
{
    switch (result) {
#define CAT_RESULT(name, value, text)                                                              \
    case value:                                                                                    \
        return text;
#include "codec/cat/names.def"
    default:
        return "?";
    }
}
