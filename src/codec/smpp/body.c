/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/smpp/body.h"

void refuse(struct reader *r, uint32_t status)
{
    if (r->refusal == SMPP_ROK)
        r->refusal = status;
    r->c.bad = true;
}

static void refuse_if_short(struct reader *r)
{
    if (r->c.bad)
        refuse(r, SMPP_RINVCMDLEN);
}

uint8_t read_u8(struct reader *r)
{
    uint8_t v = cur_u8(&r->c);

    refuse_if_short(r);
    return v;
}

void read_text(struct reader *r, char *out, size_t cap, uint32_t status)
{
    size_t room = r->c.n < cap ? r->c.n : cap;
    const uint8_t *end = room > 0 && !r->c.bad ? memchr(r->c.p, '\0', room) : NULL;
    struct bytes text;

    if (!end) {
        refuse(r, room < cap ? SMPP_RINVCMDLEN : status);
        return;
    }
    text = cur_take(&r->c, (size_t)(end - r->c.p) + 1);
    memcpy(out, text.p, text.n);
}

void read_address(struct reader *r, struct smpp_address *out, uint32_t status)
{
    out->ton = read_u8(r);
    out->npi = read_u8(r);
    read_text(r, out->digits, sizeof out->digits, status);
}

void read_short_message(struct reader *r, struct bytes *out)
{
    uint8_t length = read_u8(r);

    if (length > SMPP_SM_MAX)
        refuse(r, SMPP_RINVMSGLEN);
    *out = cur_take(&r->c, length);
    if (r->c.bad)
        refuse(r, SMPP_RINVMSGLEN);
}

enum xk_err put_text(struct buf *b, const char *s, size_t cap)
{
    size_t n = strnlen(s, cap);

    if (n == cap)
        return XK_E_VALUE;
    buf_put(b, s, n + 1);
    return XK_OK;
}

enum xk_err put_address(struct buf *b, const struct smpp_address *a)
{
    buf_put_u8(b, a->ton);
    buf_put_u8(b, a->npi);
    return put_text(b, a->digits, sizeof a->digits);
}

enum xk_err put_short_message(struct buf *b, struct bytes message)
{
    if (message.n > SMPP_SM_MAX)
        return XK_E_LIMIT;
    buf_put_u8(b, (uint8_t)message.n);
    buf_put_bytes(b, message);
    return XK_OK;
}

bool next_option(struct reader *r, struct option *out)
{
    if (r->c.bad || r->c.n == 0)
        return false;
    out->tag = cur_u16(&r->c);
    out->value = cur_take(&r->c, cur_u16(&r->c));
    if (r->c.bad)
        refuse(r, SMPP_RINVOPTPARSTREAM);
    return !r->c.bad;
}

void option_u8(struct reader *r, const struct option *o, bool *has, uint8_t *out)
{
    if (o->value.n != 1) {
        refuse(r, SMPP_RINVPARLEN);
        return;
    }
    *has = true;
    *out = o->value.p[0];
}

void skip_options(struct reader *r)
{
    struct option o;

    while (next_option(r, &o))
        ;
}

void put_option(struct buf *b, uint16_t tag, struct bytes value)
{
    buf_put_u16(b, tag);
    buf_put_u16(b, (uint16_t)value.n);
    buf_put_bytes(b, value);
}
