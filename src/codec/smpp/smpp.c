/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/smpp/smpp.h"

#include "codec/smpp/body.h"

static void decode_empty(struct reader *r, struct smpp_pdu *out)
{
    (void)out;
    if (r->c.n > 0)
        refuse(r, SMPP_RINVCMDLEN);
}

static enum xk_err encode_empty(const struct smpp_pdu *p, struct buf *out)
{
    (void)p;
    (void)out;
    return XK_OK;
}

static const struct body body_empty = {decode_empty, encode_empty};
static const struct body body_absent; /* there is no such PDU */

#define NACK_REQUEST (SMPP_GENERIC_NACK & ~SMPP_RESP)

static const struct row {
    uint32_t command;
    const char *name[2]; /* request, response */
    const struct body *body[2];
} rows[] = {
#define COMMAND(command, name, body, answer)                                                       \
    {command, {name, name "_resp"}, {&body_##body, &body_##answer}},
#include "codec/smpp/command.def"
#undef COMMAND
};

static const struct row *row_of(uint32_t command)
{
    uint32_t request = command & ~SMPP_RESP;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].command == request)
            return &rows[i];
    return NULL;
}

/* NULL when there is no such PDU. */
static const struct body *body_of(uint32_t command)
{
    const struct row *row = row_of(command);
    const struct body *body = row ? row->body[command & SMPP_RESP ? 1 : 0] : NULL;

    return body && body->decode ? body : NULL;
}

const char *smpp_command_name(uint32_t command)
{
    if (command == SMPP_GENERIC_NACK)
        return "generic_nack";
    return body_of(command) ? row_of(command)->name[command & SMPP_RESP ? 1 : 0] : "unknown";
}

const char *smpp_status_text(uint32_t status)
{
    switch (status) {
#define SMPP_STATUS(name, value, text)                                                             \
    case value:                                                                                    \
        return text;
#include "codec/smpp/status.def"
#undef SMPP_STATUS
    default:
        return "reserved or vendor specific error";
    }
}

enum xk_err smpp_frame(struct bytes in, size_t *length)
{
    struct cur c = cur_of(in);
    uint32_t n = cur_u32(&c);

    if (c.bad) {
        *length = 0;
        return XK_OK;
    }
    if (n < SMPP_HEADER_LEN || n > SMPP_PDU_MAX)
        return XK_E_FORMAT;
    *length = in.n < SMPP_HEADER_LEN ? 0 : n;
    return XK_OK;
}

/* 3.2: an answer that refuses may end after its header */
static bool body_left_out(const struct smpp_pdu *p, const struct cur *c)
{
    return p->command & SMPP_RESP && p->status != SMPP_ROK && c->n == 0;
}

static uint32_t decode_body(struct cur c, struct smpp_pdu *out)
{
    struct reader r = {.c = c, .refusal = SMPP_ROK};
    const struct body *body = body_of(out->command);

    if (!body)
        return SMPP_RINVCMDID;
    if (body_left_out(out, &c))
        return SMPP_ROK;
    body->decode(&r, out);
    return r.refusal;
}

enum xk_err smpp_decode(struct bytes wire, struct smpp_pdu *out, uint32_t *refusal)
{
    struct cur c = cur_of(wire);
    uint32_t length = cur_u32(&c);

    *refusal = SMPP_RINVCMDLEN;
    if (wire.n < SMPP_HEADER_LEN)
        return XK_E_FORMAT;
    memset(out, 0, sizeof *out);
    out->command = cur_u32(&c);
    out->status = cur_u32(&c);
    out->sequence = cur_u32(&c);
    if (length != wire.n || length > SMPP_PDU_MAX)
        return XK_E_FORMAT;
    *refusal = decode_body(c, out);
    return *refusal == SMPP_ROK ? XK_OK : XK_E_FORMAT;
}

static void patch_length(struct buf *out, size_t begin)
{
    size_t n = out->n - begin;

    for (size_t i = 0; i < sizeof(uint32_t); i++)
        out->p[begin + i] = (uint8_t)(n >> (8 * (3 - i)));
}

enum xk_err smpp_encode(const struct smpp_pdu *p, struct buf *out)
{
    const struct body *body = body_of(p->command);
    size_t begin = out->n;

    if (!body)
        return XK_E_VALUE;
    buf_put_u32(out, 0);
    buf_put_u32(out, p->command);
    buf_put_u32(out, p->status);
    buf_put_u32(out, p->sequence);
    if (!(p->command & SMPP_RESP) || p->status == SMPP_ROK)
        TRY(body->encode(p, out));
    TRY(buf_ok(out));
    if (out->n - begin > SMPP_PDU_MAX)
        return XK_E_LIMIT;
    patch_length(out, begin);
    return XK_OK;
}
