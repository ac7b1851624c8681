/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/address.h"

/* TS 24.011 8.2.2: message type; the low bit is 1 from the network */
#define RP_MTI_DATA 0x00
#define RP_MTI_ACK 0x02
#define RP_MTI_ERROR 0x04
#define RP_MTI_SMMA 0x06
#define RP_MTI_MASK 0x07
#define RP_MTI_FROM_NETWORK 0x01

#define RP_IEI_USER_DATA 0x41
#define RP_IEI_TYPE1 0x80 /* one octet, no length */
#define RP_USER_DATA_MAX 232
#define RP_CAUSE_MASK 0x7F

/* 7.3.1: addresses of both sides, user data; the address of one's own side is empty */
static enum xk_err decode_data(struct cur *c, struct rp_message *m)
{
    m->type = RP_DATA;
    TRY(address_decode_rp(c, m->originator));
    TRY(address_decode_rp(c, m->destination));
    m->tpdu = cur_take(c, cur_u8(c));
    TRY(cur_end(c));
    return m->tpdu.n == 0 || m->tpdu.n > RP_USER_DATA_MAX ? XK_E_FORMAT : XK_OK;
}

/* The optional RP-User-Data of RP-ACK and RP-ERROR; unknown elements are passed over. */
static enum xk_err decode_optional(struct cur *c, struct rp_message *m)
{
    while (c->n > 0 && !c->bad) {
        uint8_t iei = cur_u8(c);
        struct bytes value;

        if (iei & RP_IEI_TYPE1)
            continue;
        value = cur_take(c, cur_u8(c));
        if (iei == RP_IEI_USER_DATA && m->tpdu.n == 0)
            m->tpdu = value;
    }
    TRY(cur_ok(c));
    return m->tpdu.n > RP_USER_DATA_MAX ? XK_E_FORMAT : XK_OK;
}

/* 7.3.3, 7.3.4 */
static enum xk_err decode_answer(struct cur *c, enum rp_type type, struct rp_message *m)
{
    m->type = type;
    if (type == RP_ERROR) {
        struct cur cause = cur_of(cur_take(c, cur_u8(c)));

        m->cause = cur_u8(&cause) & RP_CAUSE_MASK;
        TRY(cur_ok(&cause));
    }
    return decode_optional(c, m);
}

enum xk_err rp_decode(struct bytes wire, struct rp_message *out)
{
    struct cur c = cur_of(wire);
    uint8_t mti = cur_u8(&c) & RP_MTI_MASK;
    struct rp_message m = {.direction = mti & RP_MTI_FROM_NETWORK ? SMS_TO_MS : SMS_FROM_MS};

    m.ref = cur_u8(&c);
    TRY(cur_ok(&c));
    switch (mti & ~RP_MTI_FROM_NETWORK) {
    case RP_MTI_DATA:
        TRY(decode_data(&c, &m));
        break;
    case RP_MTI_ACK:
        TRY(decode_answer(&c, RP_ACK, &m));
        break;
    case RP_MTI_ERROR:
        TRY(decode_answer(&c, RP_ERROR, &m));
        break;
    default:
        return mti == RP_MTI_SMMA ? XK_E_UNSUPPORTED : XK_E_FORMAT;
    }
    *out = m;
    return XK_OK;
}

static uint8_t mti_of(const struct rp_message *m)
{
    uint8_t mti = m->type == RP_DATA ? RP_MTI_DATA : m->type == RP_ACK ? RP_MTI_ACK : RP_MTI_ERROR;

    return m->direction == SMS_TO_MS ? mti | RP_MTI_FROM_NETWORK : mti;
}

static enum xk_err encode_data(const struct rp_message *m, struct buf *out)
{
    if (m->tpdu.n == 0)
        return XK_E_VALUE;
    TRY(address_encode_rp(m->originator, out));
    TRY(address_encode_rp(m->destination, out));
    buf_put_u8(out, (uint8_t)m->tpdu.n);
    buf_put_bytes(out, m->tpdu);
    return buf_ok(out);
}

enum xk_err rp_encode(const struct rp_message *m, struct buf *out)
{
    if (m->tpdu.n > RP_USER_DATA_MAX)
        return XK_E_LIMIT;
    buf_put_u8(out, mti_of(m));
    buf_put_u8(out, m->ref);
    if (m->type == RP_DATA)
        return encode_data(m, out);
    if (m->type == RP_ERROR) {
        buf_put_u8(out, 1);
        buf_put_u8(out, m->cause & RP_CAUSE_MASK);
    }
    if (m->tpdu.n > 0) {
        buf_put_u8(out, RP_IEI_USER_DATA);
        buf_put_u8(out, (uint8_t)m->tpdu.n);
        buf_put_bytes(out, m->tpdu);
    }
    return buf_ok(out);
}
