/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/smpp/body.h"

#define ADDRESS_RANGE_MAX 41

/* The range is a pattern we do not use; what is over our room is cut. */
static void decode_range(struct reader *r, struct smpp_address *out)
{
    char range[ADDRESS_RANGE_MAX] = "";

    out->ton = read_u8(r);
    out->npi = read_u8(r);
    read_text(r, range, sizeof range, SMPP_RBINDFAIL);
    memcpy(out->digits, range, sizeof out->digits - 1);
}

/* 4.1.1, 4.1.3, 4.1.5 */
static void decode_bind(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.bind.system_id, sizeof out->u.bind.system_id, SMPP_RINVSYSID);
    read_text(r, out->u.bind.password, sizeof out->u.bind.password, SMPP_RINVPASWD);
    read_text(r, out->u.bind.system_type, sizeof out->u.bind.system_type, SMPP_RINVSYSTYP);
    out->u.bind.interface_version = read_u8(r);
    decode_range(r, &out->u.bind.range);
    skip_options(r);
}

static enum xk_err encode_bind(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.bind.system_id, sizeof p->u.bind.system_id));
    TRY(put_text(out, p->u.bind.password, sizeof p->u.bind.password));
    TRY(put_text(out, p->u.bind.system_type, sizeof p->u.bind.system_type));
    buf_put_u8(out, p->u.bind.interface_version);
    return put_address(out, &p->u.bind.range);
}

const struct body body_bind = {decode_bind, encode_bind};

/* 4.1.2, 4.1.4, 4.1.6 */
static void decode_bind_resp(struct reader *r, struct smpp_pdu *out)
{
    struct option o;

    read_text(r, out->u.bind_resp.system_id, sizeof out->u.bind_resp.system_id, SMPP_RINVSYSID);
    while (next_option(r, &o))
        if (o.tag == SMPP_TLV_SC_INTERFACE_VERSION)
            option_u8(r, &o, &out->u.bind_resp.has_version, &out->u.bind_resp.sc_version);
}

static enum xk_err encode_bind_resp(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.bind_resp.system_id, sizeof p->u.bind_resp.system_id));
    if (p->u.bind_resp.has_version)
        put_option(out, SMPP_TLV_SC_INTERFACE_VERSION, BYTES(&p->u.bind_resp.sc_version, 1));
    return XK_OK;
}

const struct body body_bind_resp = {decode_bind_resp, encode_bind_resp};

/* 4.1.7 */
static void decode_outbind(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.outbind.system_id, sizeof out->u.outbind.system_id, SMPP_RINVSYSID);
    read_text(r, out->u.outbind.password, sizeof out->u.outbind.password, SMPP_RINVPASWD);
    skip_options(r);
}

static enum xk_err encode_outbind(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.outbind.system_id, sizeof p->u.outbind.system_id));
    return put_text(out, p->u.outbind.password, sizeof p->u.outbind.password);
}

const struct body body_outbind = {decode_outbind, encode_outbind};
