/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/remote/remote.h"

#include "base/tlv.h"
#include "codec/apdu/apdu.h"

/* TS 102 226 5.2 */
#define TAG_SCRIPT 0xAA
#define TAG_SCRIPT_INDEFINITE 0xAE
#define TAG_ANSWER 0xAB
#define TAG_ANSWER_INDEFINITE 0xAF
#define TAG_COMMAND 0x22
#define TAG_RESPONSE 0x23
#define TAG_RUN 0x80
#define TAG_BAD_FORMAT 0x90
#define LENGTH_INDEFINITE 0x80

#define HEAD_LEN 4 /* CLA INS P1 P2 */
#define SW_LEN 2
#define ROW_HEAD_MAX 4 /* 23 82 xx xx */

/* ---- Reading a script ---- */

static void open_expanded(struct bytes data, struct remote_script *s)
{
    struct cur c = cur_of(data);
    struct tlv t;

    if (s->format == REMOTE_INDEFINITE) {
        s->c = cur_of(bytes_part(data, 2, data.n));
        if (data.n < 2 || data.p[1] != LENGTH_INDEFINITE)
            s->fault = REMOTE_LENGTH_NOT_FOUND;
    } else if (tlv_next(&c, &t) != XK_OK || c.n > 0) {
        s->fault = REMOTE_WRONG_LENGTH;
    } else {
        s->c = cur_of(t.value);
    }
}

void remote_open(struct bytes data, struct remote_script *out)
{
    uint8_t first = data.n > 0 ? data.p[0] : 0;

    *out = (struct remote_script){.format = first == TAG_SCRIPT              ? REMOTE_DEFINITE
                                            : first == TAG_SCRIPT_INDEFINITE ? REMOTE_INDEFINITE
                                                                             : REMOTE_COMPACT,
                                  .c = cur_of(data)};
    if (out->format != REMOTE_COMPACT)
        open_expanded(data, out);
}

static enum xk_err bad(struct remote_script *s, enum remote_fault fault)
{
    s->fault = fault;
    return XK_E_FORMAT;
}

static enum xk_err next_compact(struct remote_script *s, struct bytes *command)
{
    size_t n = HEAD_LEN + 1;

    if (s->c.n == 0)
        return XK_E_NOT_FOUND;
    if (s->c.n < n)
        return bad(s, REMOTE_WRONG_LENGTH);
    if (!apdu_only_returns(s->c.p[1])) {
        n += s->c.p[HEAD_LEN];
        if (s->c.n < n)
            return bad(s, REMOTE_WRONG_LENGTH);
        if (s->c.n == n + 1)
            n++; /* Le of the last one */
    }
    *command = cur_take(&s->c, n);
    return XK_OK;
}

/* 00 00 ends the indefinite form. */
static bool is_end(const struct cur *c)
{
    return c->n == 2 && c->p[0] == 0 && c->p[1] == 0;
}

static enum xk_err next_expanded(struct remote_script *s, struct bytes *command)
{
    struct tlv t;

    if (s->format == REMOTE_DEFINITE ? s->c.n == 0 : is_end(&s->c))
        return XK_E_NOT_FOUND;
    if (tlv_next(&s->c, &t) != XK_OK)
        return bad(s, REMOTE_WRONG_LENGTH);
    if (t.tag != TAG_COMMAND)
        return bad(s, REMOTE_UNKNOWN_TAG);
    *command = t.value;
    return XK_OK;
}

enum xk_err remote_next(struct remote_script *s, struct bytes *command)
{
    if (s->fault != REMOTE_FINE)
        return XK_E_FORMAT;
    return s->format == REMOTE_COMPACT ? next_compact(s, command) : next_expanded(s, command);
}

/* ---- Templates ---- */

/* Opens AA/AB or AE/AF 80; the place to close it at. */
static size_t template_begin(struct buf *out, enum remote_format format, uint32_t definite,
                             uint32_t indefinite)
{
    if (format == REMOTE_DEFINITE)
        return tlv_begin(out, definite);
    buf_put_u8(out, (uint8_t)indefinite);
    buf_put_u8(out, LENGTH_INDEFINITE);
    return 0;
}

static void template_end(struct buf *out, enum remote_format format, size_t at)
{
    if (format == REMOTE_DEFINITE)
        tlv_end(out, at);
    else
        buf_put_u16(out, 0);
}

enum xk_err remote_put_script(enum remote_format format, const struct bytes *commands, size_t n,
                              struct buf *out)
{
    size_t at = 0;

    if (n == 0 || n > REMOTE_COMMANDS_MAX)
        return XK_E_VALUE;
    if (format != REMOTE_COMPACT)
        at = template_begin(out, format, TAG_SCRIPT, TAG_SCRIPT_INDEFINITE);
    for (size_t i = 0; i < n; i++) {
        if (format == REMOTE_COMPACT)
            buf_put_bytes(out, commands[i]);
        else
            tlv_put(out, TAG_COMMAND, commands[i]);
    }
    if (format != REMOTE_COMPACT)
        template_end(out, format, at);
    return buf_ok(out);
}

/* ---- Writing the answer ---- */

void remote_answer_begin(struct remote_answer *a, enum remote_format format, struct buf *rows,
                         size_t room)
{
    buf_reset(rows);
    *a = (struct remote_answer){
        .format = format, .rows = rows, .room = room - REMOTE_ANSWER_OVERHEAD, .sw = SW_OK};
}

bool remote_answer_fits(const struct remote_answer *a, size_t n)
{
    size_t taken = a->format == REMOTE_COMPACT ? 0 : a->rows->n;

    return taken + ROW_HEAD_MAX + n + SW_LEN <= a->room;
}

void remote_answer_add(struct remote_answer *a, struct bytes data, uint16_t sw)
{
    size_t at = 0;

    a->run++;
    a->sw = sw;
    if (a->format == REMOTE_COMPACT) {
        buf_reset(a->rows);
        buf_put_u16(a->rows, sw);
        buf_put_bytes(a->rows, data);
        return;
    }
    at = tlv_begin(a->rows, TAG_RESPONSE);
    buf_put_bytes(a->rows, data);
    buf_put_u16(a->rows, sw);
    tlv_end(a->rows, at);
}

enum xk_err remote_answer_end(const struct remote_answer *a, enum remote_fault fault,
                              struct buf *out)
{
    size_t at;

    TRY(buf_ok(a->rows));
    if (a->format == REMOTE_COMPACT) {
        buf_put_u8(out, (uint8_t)a->run);
        buf_put_bytes(out, buf_bytes(a->rows));
        if (a->run == 0)
            buf_put_u16(out, fault == REMOTE_FINE ? SW_OK : SW_WRONG_LENGTH);
        return buf_ok(out);
    }
    at = template_begin(out, a->format, TAG_ANSWER, TAG_ANSWER_INDEFINITE);
    tlv_put_u8(out, TAG_RUN, (uint8_t)a->run);
    buf_put_bytes(out, buf_bytes(a->rows));
    if (fault != REMOTE_FINE)
        tlv_put_u8(out, TAG_BAD_FORMAT, (uint8_t)fault);
    template_end(out, a->format, at);
    return buf_ok(out);
}

bool remote_goes_on(uint16_t sw)
{
    switch (sw >> 8) {
    case 0x61:
    case 0x62:
    case 0x63:
    case 0x90:
    case 0x91:
    case 0x92:
    case 0x9F:
        return true;
    default:
        return false;
    }
}

/* ---- Reading the answer ---- */

static enum xk_err read_compact(struct bytes wire, struct remote_result *out)
{
    struct cur c = cur_of(wire);

    out->run = cur_u8(&c);
    out->sw = cur_u16(&c);
    out->data = cur_rest(&c);
    return cur_ok(&c);
}

static enum xk_err read_row(const struct tlv *t, struct remote_result *out)
{
    if (t->value.n < SW_LEN)
        return XK_E_FORMAT;
    out->data = BYTES(t->value.p, t->value.n - SW_LEN);
    out->sw = (uint16_t)(t->value.p[t->value.n - 2] << 8 | t->value.p[t->value.n - 1]);
    out->rows = out->rows.p ? BYTES(out->rows.p, out->rows.n + t->raw.n) : t->raw;
    return XK_OK;
}

static enum xk_err read_rows(struct cur *c, bool indefinite, struct remote_result *out)
{
    struct tlv t;

    TRY(tlv_next(c, &t));
    if (t.tag != TAG_RUN || t.value.n < 1 || t.value.n > 2)
        return XK_E_FORMAT;
    out->run = t.value.n == 1 ? t.value.p[0] : (unsigned)(t.value.p[0] << 8 | t.value.p[1]);
    while (indefinite ? !is_end(c) : c->n > 0) {
        TRY(tlv_next(c, &t));
        if (t.tag == TAG_RESPONSE && out->fault == REMOTE_FINE)
            TRY(read_row(&t, out));
        else if (t.tag == TAG_BAD_FORMAT && t.value.n == 1 && t.value.p[0] != REMOTE_FINE)
            out->fault = (enum remote_fault)t.value.p[0];
        else
            return XK_E_FORMAT;
    }
    return XK_OK;
}

enum xk_err remote_read_answer(struct bytes wire, struct remote_result *out)
{
    struct cur c = cur_of(wire);
    struct tlv t;

    *out = (struct remote_result){.format = REMOTE_COMPACT};
    if (wire.n >= 2 && wire.p[0] == TAG_ANSWER_INDEFINITE && wire.p[1] == LENGTH_INDEFINITE) {
        out->format = REMOTE_INDEFINITE;
        c = cur_of(bytes_part(wire, 2, wire.n));
        return read_rows(&c, true, out);
    }
    if (wire.n == 0 || wire.p[0] != TAG_ANSWER)
        return read_compact(wire, out);
    out->format = REMOTE_DEFINITE;
    TRY(tlv_next(&c, &t));
    TRY(cur_end(&c));
    c = cur_of(t.value);
    return read_rows(&c, false, out);
}
