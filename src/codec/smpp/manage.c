/* SPDX-License-Identifier: Apache-2.0 */
/* PDUs about a message that was submitted before, and alert_notification. */
#include "codec/smpp/body.h"

/* 4.8.1 */
static void decode_query(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.query.message_id, sizeof out->u.query.message_id, SMPP_RINVMSGID);
    read_address(r, &out->u.query.source, SMPP_RINVSRCADR);
    skip_options(r);
}

static enum xk_err encode_query(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.query.message_id, sizeof p->u.query.message_id));
    return put_address(out, &p->u.query.source);
}

const struct body body_query = {decode_query, encode_query};

/* 4.8.2 */
static void decode_query_resp(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.query_resp.message_id, sizeof out->u.query_resp.message_id, SMPP_RINVMSGID);
    read_text(r, out->u.query_resp.final_date, sizeof out->u.query_resp.final_date,
              SMPP_RINVEXPIRY);
    out->u.query_resp.state = read_u8(r);
    out->u.query_resp.error = read_u8(r);
    skip_options(r);
}

static enum xk_err encode_query_resp(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.query_resp.message_id, sizeof p->u.query_resp.message_id));
    TRY(put_text(out, p->u.query_resp.final_date, sizeof p->u.query_resp.final_date));
    buf_put_u8(out, p->u.query_resp.state);
    buf_put_u8(out, p->u.query_resp.error);
    return XK_OK;
}

const struct body body_query_resp = {decode_query_resp, encode_query_resp};

/* 4.9.1 */
static void decode_cancel(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.cancel.service_type, sizeof out->u.cancel.service_type, SMPP_RINVSERTYP);
    read_text(r, out->u.cancel.message_id, sizeof out->u.cancel.message_id, SMPP_RINVMSGID);
    read_address(r, &out->u.cancel.source, SMPP_RINVSRCADR);
    read_address(r, &out->u.cancel.destination, SMPP_RINVDSTADR);
    skip_options(r);
}

static enum xk_err encode_cancel(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.cancel.service_type, sizeof p->u.cancel.service_type));
    TRY(put_text(out, p->u.cancel.message_id, sizeof p->u.cancel.message_id));
    TRY(put_address(out, &p->u.cancel.source));
    return put_address(out, &p->u.cancel.destination);
}

const struct body body_cancel = {decode_cancel, encode_cancel};

/* 4.10.1 */
static void decode_replace(struct reader *r, struct smpp_pdu *out)
{
    read_text(r, out->u.replace.message_id, sizeof out->u.replace.message_id, SMPP_RINVMSGID);
    read_address(r, &out->u.replace.source, SMPP_RINVSRCADR);
    read_text(r, out->u.replace.schedule, sizeof out->u.replace.schedule, SMPP_RINVSCHED);
    read_text(r, out->u.replace.validity, sizeof out->u.replace.validity, SMPP_RINVEXPIRY);
    out->u.replace.registered_delivery = read_u8(r);
    out->u.replace.default_msg_id = read_u8(r);
    read_short_message(r, &out->u.replace.message);
    skip_options(r);
}

static enum xk_err encode_replace(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_text(out, p->u.replace.message_id, sizeof p->u.replace.message_id));
    TRY(put_address(out, &p->u.replace.source));
    TRY(put_text(out, p->u.replace.schedule, sizeof p->u.replace.schedule));
    TRY(put_text(out, p->u.replace.validity, sizeof p->u.replace.validity));
    buf_put_u8(out, p->u.replace.registered_delivery);
    buf_put_u8(out, p->u.replace.default_msg_id);
    return put_short_message(out, p->u.replace.message);
}

const struct body body_replace = {decode_replace, encode_replace};

/* 4.12.1 */
static void decode_alert(struct reader *r, struct smpp_pdu *out)
{
    struct option o;

    read_address(r, &out->u.alert.source, SMPP_RINVSRCADR);
    read_address(r, &out->u.alert.esme, SMPP_RINVDSTADR);
    while (next_option(r, &o))
        if (o.tag == SMPP_TLV_MS_AVAILABILITY_STATUS)
            option_u8(r, &o, &out->u.alert.has_availability, &out->u.alert.availability);
}

static enum xk_err encode_alert(const struct smpp_pdu *p, struct buf *out)
{
    TRY(put_address(out, &p->u.alert.source));
    TRY(put_address(out, &p->u.alert.esme));
    if (p->u.alert.has_availability)
        put_option(out, SMPP_TLV_MS_AVAILABILITY_STATUS, BYTES(&p->u.alert.availability, 1));
    return XK_OK;
}

const struct body body_alert = {decode_alert, encode_alert};
