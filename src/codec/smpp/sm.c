/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/smpp/body.h"

#define PAYLOAD_MAX (SMPP_PDU_MAX - SMPP_HEADER_LEN)

/* Some message centres leave the NUL out. */
static void decode_receipted_id(struct reader *r, struct bytes value, struct smpp_sm *sm)
{
    if (value.n > 0 && value.p[value.n - 1] == '\0')
        value.n--;
    sm->has_receipted_id = bytes_to_cstr(value, sm->receipted_id, sizeof sm->receipted_id);
    if (!sm->has_receipted_id)
        refuse(r, SMPP_RINVPARLEN);
}

static void decode_network_error(struct reader *r, struct bytes value, struct smpp_sm *sm)
{
    if (value.n != sizeof sm->network_error) {
        refuse(r, SMPP_RINVPARLEN);
        return;
    }
    sm->has_network_error = true;
    memcpy(sm->network_error, value.p, value.n);
}

/* 5.3.2.32: a message is in one of the two places */
static void decode_payload(struct reader *r, struct bytes value, bool has_short, struct smpp_sm *sm)
{
    if (has_short)
        refuse(r, SMPP_RINVOPTPARAMVAL);
    else
        sm->message = value;
}

static void decode_options(struct reader *r, struct smpp_sm *sm)
{
    bool has_short = sm->message.n > 0;
    struct option o;

    while (next_option(r, &o)) {
        switch (o.tag) {
        case SMPP_TLV_RECEIPTED_MESSAGE_ID:
            decode_receipted_id(r, o.value, sm);
            break;
        case SMPP_TLV_MESSAGE_STATE:
            option_u8(r, &o, &sm->has_state, &sm->state);
            break;
        case SMPP_TLV_NETWORK_ERROR_CODE:
            decode_network_error(r, o.value, sm);
            break;
        case SMPP_TLV_MESSAGE_PAYLOAD:
            decode_payload(r, o.value, has_short, sm);
            break;
        default:
            break;
        }
    }
}

static enum xk_err encode_options(const struct smpp_sm *sm, bool as_payload, struct buf *out)
{
    size_t id = strnlen(sm->receipted_id, sizeof sm->receipted_id);

    if (id == sizeof sm->receipted_id)
        return XK_E_VALUE;
    if (sm->has_receipted_id)
        put_option(out, SMPP_TLV_RECEIPTED_MESSAGE_ID, BYTES(sm->receipted_id, id + 1));
    if (sm->has_state)
        put_option(out, SMPP_TLV_MESSAGE_STATE, BYTES(&sm->state, 1));
    if (sm->has_network_error)
        put_option(out, SMPP_TLV_NETWORK_ERROR_CODE, BYTES_OF(sm->network_error));
    if (as_payload)
        put_option(out, SMPP_TLV_MESSAGE_PAYLOAD, sm->message);
    return XK_OK;
}

static void decode_head(struct reader *r, struct smpp_sm *sm)
{
    read_text(r, sm->service_type, sizeof sm->service_type, SMPP_RINVSERTYP);
    read_address(r, &sm->source, SMPP_RINVSRCADR);
    read_address(r, &sm->destination, SMPP_RINVDSTADR);
    sm->esm_class = read_u8(r);
}

static enum xk_err encode_head(const struct smpp_sm *sm, struct buf *out)
{
    TRY(put_text(out, sm->service_type, sizeof sm->service_type));
    TRY(put_address(out, &sm->source));
    TRY(put_address(out, &sm->destination));
    buf_put_u8(out, sm->esm_class);
    return sm->message.n > PAYLOAD_MAX ? XK_E_LIMIT : XK_OK;
}

/* submit_sm 4.4.1, deliver_sm 4.6.1 */
static void decode_sm(struct reader *r, struct smpp_pdu *out)
{
    struct smpp_sm *sm = &out->u.sm;

    decode_head(r, sm);
    sm->protocol_id = read_u8(r);
    sm->priority = read_u8(r);
    read_text(r, sm->schedule, sizeof sm->schedule, SMPP_RINVSCHED);
    read_text(r, sm->validity, sizeof sm->validity, SMPP_RINVEXPIRY);
    sm->registered_delivery = read_u8(r);
    sm->replace = read_u8(r);
    sm->data_coding = read_u8(r);
    sm->default_msg_id = read_u8(r);
    read_short_message(r, &sm->message);
    decode_options(r, sm);
}

static enum xk_err encode_sm(const struct smpp_pdu *p, struct buf *out)
{
    const struct smpp_sm *sm = &p->u.sm;
    bool as_payload = sm->message.n > SMPP_SM_MAX;

    TRY(encode_head(sm, out));
    buf_put_u8(out, sm->protocol_id);
    buf_put_u8(out, sm->priority);
    TRY(put_text(out, sm->schedule, sizeof sm->schedule));
    TRY(put_text(out, sm->validity, sizeof sm->validity));
    buf_put_u8(out, sm->registered_delivery);
    buf_put_u8(out, sm->replace);
    buf_put_u8(out, sm->data_coding);
    buf_put_u8(out, sm->default_msg_id);
    TRY(put_short_message(out, as_payload ? BYTES_NONE : sm->message));
    return encode_options(sm, as_payload, out);
}

const struct body body_sm = {decode_sm, encode_sm};

/* data_sm 4.7.1 */
static void decode_data(struct reader *r, struct smpp_pdu *out)
{
    struct smpp_sm *sm = &out->u.sm;

    decode_head(r, sm);
    sm->registered_delivery = read_u8(r);
    sm->data_coding = read_u8(r);
    decode_options(r, sm);
}

static enum xk_err encode_data(const struct smpp_pdu *p, struct buf *out)
{
    const struct smpp_sm *sm = &p->u.sm;

    TRY(encode_head(sm, out));
    buf_put_u8(out, sm->registered_delivery);
    buf_put_u8(out, sm->data_coding);
    return encode_options(sm, sm->message.n > 0, out);
}

const struct body body_data = {decode_data, encode_data};

/* 4.4.2, 4.6.2, 4.7.2. Some peers leave out a message_id they have no use for. */
static void decode_sm_resp(struct reader *r, struct smpp_pdu *out)
{
    if (r->c.n == 0)
        return;
    read_text(r, out->u.sm_resp.message_id, sizeof out->u.sm_resp.message_id, SMPP_RINVMSGID);
    skip_options(r);
}

static enum xk_err encode_sm_resp(const struct smpp_pdu *p, struct buf *out)
{
    return put_text(out, p->u.sm_resp.message_id, sizeof p->u.sm_resp.message_id);
}

const struct body body_sm_resp = {decode_sm_resp, encode_sm_resp};
