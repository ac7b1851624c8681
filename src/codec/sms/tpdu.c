/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/tpdu.h"

#include "codec/sms/address.h"

#define UD_SEPTETS_MAX 160

/* TS 23.038 4: coding groups by the high nibble */
enum sms_alphabet sms_dcs_alphabet(uint8_t dcs)
{
    if (dcs >> 7 == 0) { /* general data coding */
        if (dcs & 0x20)
            return SMS_8BIT; /* compressed */
        return (dcs & 0x0C) == 0x04 ? SMS_8BIT : (dcs & 0x0C) == 0x08 ? SMS_UCS2 : SMS_GSM7;
    }
    if (dcs >> 4 == 0xE)
        return SMS_UCS2;
    return dcs >> 4 == 0xF && dcs & 0x04 ? SMS_8BIT : SMS_GSM7;
}

static size_t ud_octets(uint8_t dcs, size_t udl)
{
    return sms_dcs_alphabet(dcs) == SMS_GSM7 ? (udl * 7 + 7) / 8 : udl;
}

enum xk_err tpdu_decode_ud(struct cur *c, struct sms_tpdu *out)
{
    out->udl = cur_u8(c);
    out->ud = cur_take(c, ud_octets(out->dcs, out->udl));
    TRY(cur_ok(c));
    return out->ud.n > SMS_UD_MAX ? XK_E_FORMAT : XK_OK;
}

enum xk_err tpdu_encode_ud(const struct sms_tpdu *t, struct buf *out)
{
    size_t udl = t->udl;

    if (t->ud.n > SMS_UD_MAX)
        return XK_E_LIMIT;
    if (udl == 0 && sms_dcs_alphabet(t->dcs) != SMS_GSM7)
        udl = t->ud.n;
    if (ud_octets(t->dcs, udl) != t->ud.n)
        return XK_E_VALUE;
    buf_put_u8(out, (uint8_t)udl);
    buf_put_bytes(out, t->ud);
    return buf_ok(out);
}

void tpdu_decode_time(struct cur *c, uint8_t out[SMS_SCTS_LEN])
{
    struct bytes b = cur_take(c, SMS_SCTS_LEN);

    if (b.n > 0)
        memcpy(out, b.p, b.n);
}

/* SMS-DELIVER 9.2.2.1 */
static enum xk_err decode_deliver(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    out->type = SMS_DELIVER;
    out->more_to_send = !(first & TP_NO_MORE);
    out->status_report = first & TP_SRR;
    TRY(address_decode_tp(c, out->address, &out->address_ton_npi));
    out->pid = cur_u8(c);
    out->dcs = cur_u8(c);
    tpdu_decode_time(c, out->scts);
    TRY(tpdu_decode_ud(c, out));
    return cur_end(c);
}

static uint8_t common_flags(const struct sms_tpdu *t)
{
    return (uint8_t)((t->status_report ? TP_SRR : 0) | (t->udhi ? TP_UDHI : 0) |
                     (t->reply_path ? TP_RP : 0));
}

static enum xk_err encode_deliver(const struct sms_tpdu *t, struct buf *out)
{
    buf_put_u8(out,
               (uint8_t)(TP_MTI_DELIVER | (t->more_to_send ? 0 : TP_NO_MORE) | common_flags(t)));
    TRY(address_encode_tp(t->address, t->address_ton_npi, out));
    buf_put_u8(out, t->pid);
    buf_put_u8(out, t->dcs);
    buf_put(out, t->scts, sizeof t->scts);
    return tpdu_encode_ud(t, out);
}

/* 9.2.3.3, 9.2.3.12 */
static void decode_validity(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    uint8_t format = first & TP_VPF_MASK;
    struct bytes b;

    if (format == TP_VPF_RELATIVE) {
        out->has_vp = true;
        out->vp = cur_u8(c);
        return;
    }
    if (format == 0)
        return;
    out->vp_long_format = format == TP_VPF_ABSOLUTE ? SMS_VP_ABSOLUTE : SMS_VP_ENHANCED;
    b = cur_take(c, SMS_VP_LONG_LEN);
    if (b.n > 0)
        memcpy(out->vp_long, b.p, b.n);
}

static uint8_t validity_format(const struct sms_tpdu *t)
{
    if (t->has_vp)
        return TP_VPF_RELATIVE;
    if (t->vp_long_format == SMS_VP_NOT_LONG)
        return 0;
    return t->vp_long_format == SMS_VP_ABSOLUTE ? TP_VPF_ABSOLUTE : TP_VPF_ENHANCED;
}

/* SMS-SUBMIT 9.2.2.2 */
static enum xk_err decode_submit(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    out->type = SMS_SUBMIT;
    out->reject_duplicates = first & TP_RD;
    out->status_report = first & TP_SRR;
    out->mr = cur_u8(c);
    TRY(address_decode_tp(c, out->address, &out->address_ton_npi));
    out->pid = cur_u8(c);
    out->dcs = cur_u8(c);
    decode_validity(c, first, out);
    TRY(tpdu_decode_ud(c, out));
    return cur_end(c);
}

static enum xk_err encode_submit(const struct sms_tpdu *t, struct buf *out)
{
    buf_put_u8(out, (uint8_t)(TP_MTI_SUBMIT | (t->reject_duplicates ? TP_RD : 0) |
                              validity_format(t) | common_flags(t)));
    buf_put_u8(out, t->mr);
    TRY(address_encode_tp(t->address, t->address_ton_npi, out));
    buf_put_u8(out, t->pid);
    buf_put_u8(out, t->dcs);
    if (t->has_vp)
        buf_put_u8(out, t->vp);
    else if (t->vp_long_format != SMS_VP_NOT_LONG)
        buf_put(out, t->vp_long, sizeof t->vp_long);
    return tpdu_encode_ud(t, out);
}

/* SMS-STATUS-REPORT 9.2.2.3: the optional parameters may be absent altogether */
static enum xk_err decode_status_report(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    out->type = SMS_STATUS_REPORT;
    out->more_to_send = !(first & TP_NO_MORE);
    out->status_report = first & TP_SRR;
    out->mr = cur_u8(c);
    TRY(address_decode_tp(c, out->address, &out->address_ton_npi));
    tpdu_decode_time(c, out->scts);
    tpdu_decode_time(c, out->discharge);
    out->status = cur_u8(c);
    TRY(cur_ok(c));
    return c->n > 0 ? tpdu_decode_optional(c, out) : XK_OK;
}

static enum xk_err encode_status_report(const struct sms_tpdu *t, struct buf *out)
{
    buf_put_u8(out, (uint8_t)(TP_MTI_STATUS | (t->more_to_send ? 0 : TP_NO_MORE) |
                              (t->status_report ? TP_SRR : 0) | (t->udhi ? TP_UDHI : 0)));
    buf_put_u8(out, t->mr);
    TRY(address_encode_tp(t->address, t->address_ton_npi, out));
    buf_put(out, t->scts, sizeof t->scts);
    buf_put(out, t->discharge, sizeof t->discharge);
    buf_put_u8(out, t->status);
    return t->pid || t->dcs || t->ud.n ? tpdu_encode_optional(t, out) : buf_ok(out);
}

/* 9.2.3.1: a reserved indicator is processed as SMS-DELIVER */
static enum xk_err decode_to_ms(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    switch (first & TP_MTI_MASK) {
    case TP_MTI_SUBMIT:
        out->type = SMS_SUBMIT_REPORT;
        return tpdu_decode_report(c, out);
    case TP_MTI_STATUS:
        return decode_status_report(c, first, out);
    default:
        return decode_deliver(c, first, out);
    }
}

static enum xk_err decode_from_ms(struct cur *c, uint8_t first, struct sms_tpdu *out)
{
    switch (first & TP_MTI_MASK) {
    case TP_MTI_DELIVER:
        out->type = SMS_DELIVER_REPORT;
        return tpdu_decode_report(c, out);
    case TP_MTI_SUBMIT:
        return decode_submit(c, first, out);
    case TP_MTI_STATUS: /* SMS-COMMAND */
        return XK_E_UNSUPPORTED;
    default:
        return XK_E_FORMAT;
    }
}

static bool has_reply_path(enum sms_type type)
{
    return type == SMS_DELIVER || type == SMS_SUBMIT;
}

enum xk_err sms_decode(enum sms_direction direction, struct bytes wire, struct sms_tpdu *out)
{
    struct cur c = cur_of(wire);
    uint8_t first = cur_u8(&c);
    struct sms_tpdu t = {.udhi = first & TP_UDHI};

    TRY(cur_ok(&c));
    TRY(direction == SMS_TO_MS ? decode_to_ms(&c, first, &t) : decode_from_ms(&c, first, &t));
    t.reply_path = has_reply_path(t.type) && first & TP_RP;
    *out = t;
    return XK_OK;
}

enum xk_err sms_encode(const struct sms_tpdu *t, struct buf *out)
{
    switch (t->type) {
    case SMS_DELIVER:
        return encode_deliver(t, out);
    case SMS_SUBMIT:
        return encode_submit(t, out);
    case SMS_STATUS_REPORT:
        return encode_status_report(t, out);
    case SMS_DELIVER_REPORT:
    case SMS_SUBMIT_REPORT:
        return tpdu_encode_report(t, out);
    }
    return XK_E_VALUE;
}
