/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/apdu/apdu.h"

#define HEAD_LEN 4
#define LC_MAX 255
#define LE_MAX 256

enum form { FORM_UNKNOWN, FORM_OUT, FORM_IN, FORM_BOTH, FORM_EITHER };

struct ins_row {
    uint8_t ins;
    enum form form;
    const char *text;
};

static const struct ins_row ins_rows[] = {
#define APDU_INS(name, value, form, text) {value, FORM_##form, text},
#include "codec/apdu/names.def"
};

static const struct ins_row *ins_row(uint8_t ins)
{
    for (size_t i = 0; i < ARRAY_LEN(ins_rows); i++)
        if (ins_rows[i].ins == ins)
            return &ins_rows[i];
    return NULL;
}

static enum form ins_form(uint8_t ins)
{
    const struct ins_row *row = ins_row(ins);

    return row ? row->form : FORM_UNKNOWN;
}

bool apdu_only_returns(uint8_t ins)
{
    return ins_form(ins) == FORM_OUT;
}

static void set_le(struct apdu_command *c, uint8_t wire)
{
    c->has_le = true;
    c->le = wire ? wire : LE_MAX;
}

/* What one byte behind P1 P2 is: Le, or the Lc 00 of a T=0 case 1. */
static enum xk_err decode_lone_p3(struct apdu_command *c, uint8_t p3)
{
    if (ins_form(c->ins) != FORM_IN) {
        set_le(c, p3);
        return XK_OK;
    }
    return p3 == 0 ? XK_OK : XK_E_FORMAT;
}

/* ISO 7816-4 5.1, short length fields */
static enum xk_err decode_body(struct apdu_command *c, struct cur *body)
{
    uint8_t p3;

    if (body->n == 0)
        return XK_OK;
    p3 = cur_u8(body);
    if (body->n == 0)
        return decode_lone_p3(c, p3);
    if (p3 == 0) /* an extended length field: not offered by these cards */
        return XK_E_FORMAT;
    c->data = cur_take(body, p3);
    TRY(cur_ok(body));
    if (body->n > 0)
        set_le(c, cur_u8(body));
    return cur_end(body);
}

enum xk_err apdu_decode_command(struct bytes wire, struct apdu_command *out)
{
    struct cur body = cur_of(wire);
    struct apdu_command c = {0};

    c.cla = cur_u8(&body);
    c.ins = cur_u8(&body);
    c.p1 = cur_u8(&body);
    c.p2 = cur_u8(&body);
    TRY(cur_ok(&body));
    TRY(decode_body(&c, &body));
    *out = c;
    return XK_OK;
}

void apdu_encode_command(struct buf *b, const struct apdu_command *c)
{
    if (c->data.n > LC_MAX || (c->has_le && (c->le == 0 || c->le > LE_MAX))) {
        b->err = XK_E_LIMIT;
        return;
    }
    buf_put(b, (const uint8_t[HEAD_LEN]){c->cla, c->ins, c->p1, c->p2}, HEAD_LEN);
    if (c->data.n > 0) {
        buf_put_u8(b, (uint8_t)c->data.n);
        buf_put_bytes(b, c->data);
    }
    if (c->has_le)
        buf_put_u8(b, (uint8_t)c->le);
}

enum xk_err apdu_decode_response(struct bytes wire, struct apdu_response *out)
{
    if (wire.n < 2 || wire.n > APDU_RESPONSE_MAX)
        return XK_E_FORMAT;
    out->data = bytes_part(wire, 0, wire.n - 2);
    out->sw = (uint16_t)(wire.p[wire.n - 2] << 8 | wire.p[wire.n - 1]);
    return XK_OK;
}

/* TS 102 221 10.1.1: channels 0 to 3 in the two low bits, 4 to 19 in the low nibble when b7 is
 * set */
unsigned apdu_channel(uint8_t cla)
{
    return cla & 0x40 ? 4u + (cla & 0x0Fu) : cla & 0x03u;
}

const char *apdu_ins_name(uint8_t ins)
{
    const struct ins_row *row = ins_row(ins);

    return row ? row->text : "?";
}

struct sw_row {
    uint16_t mask, sw;
    const char *text;
};

/* Exact words first, so that 9300 is not read as one of a family. */
static const struct sw_row sw_rows[] = {
#define APDU_SW(name, value, text) {0xFFFF, value, text},
#include "codec/apdu/names.def"
    {0xFF00, 0x9100, "normal ending, proactive command waiting"},
    {0xFF00, 0x6100, "normal ending, response data waiting"},
    {0xFF00, 0x9F00, "normal ending, response data waiting"},
    {0xFF00, 0x6C00, "wrong Le, right one in SW2"},
    {0xFFF0, 0x63C0, "verification failed, tries left in SW2"},
    {0xFFF0, 0x9200, "normal ending after internal retries"},
    {0xFF00, 0x6E00, "class not supported"},
    {0xFF00, 0x6F00, "technical problem"},
};

const char *apdu_sw_text(uint16_t sw)
{
    for (size_t i = 0; i < ARRAY_LEN(sw_rows); i++)
        if ((sw & sw_rows[i].mask) == sw_rows[i].sw)
            return sw_rows[i].text;
    return "?";
}
