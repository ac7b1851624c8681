/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/tpdu.h"

/* TS 23.040 9.2.3.27 */
#define TP_PI_PID 0x01
#define TP_PI_DCS 0x02
#define TP_PI_UDL 0x04
#define TP_PI_RESERVED 0x78
#define TP_PI_EXTENSION 0x80

#define TP_FCS_MIN 0x80 /* 9.2.3.22: below is reserved; so it cannot be mistaken for TP-PI */

enum xk_err tpdu_decode_optional(struct cur *c, struct sms_tpdu *out)
{
    uint8_t pi = cur_u8(c);
    uint8_t more = pi;

    while (more & TP_PI_EXTENSION && !c->bad)
        more = cur_u8(c);
    if (out->type == SMS_SUBMIT_REPORT)
        tpdu_decode_time(c, out->scts);
    if (pi & TP_PI_PID)
        out->pid = cur_u8(c);
    if (pi & TP_PI_DCS)
        out->dcs = cur_u8(c);
    if (pi & TP_PI_UDL)
        TRY(tpdu_decode_ud(c, out));
    /* parameters of later editions follow and are ignored */
    return pi & (TP_PI_RESERVED | TP_PI_EXTENSION) ? cur_ok(c) : cur_end(c);
}

enum xk_err tpdu_encode_optional(const struct sms_tpdu *t, struct buf *out)
{
    buf_put_u8(out, (uint8_t)((t->pid ? TP_PI_PID : 0) | (t->dcs ? TP_PI_DCS : 0) |
                              (t->ud.n ? TP_PI_UDL : 0)));
    if (t->type == SMS_SUBMIT_REPORT)
        buf_put(out, t->scts, sizeof t->scts);
    if (t->pid)
        buf_put_u8(out, t->pid);
    if (t->dcs)
        buf_put_u8(out, t->dcs);
    if (t->ud.n)
        TRY(tpdu_encode_ud(t, out));
    return buf_ok(out);
}

/* SMS-DELIVER-REPORT 9.2.2.1a, SMS-SUBMIT-REPORT 9.2.2.2a: with TP-FCS when in an RP-ERROR */
enum xk_err tpdu_decode_report(struct cur *c, struct sms_tpdu *out)
{
    if (c->n > 0 && c->p[0] >= TP_FCS_MIN)
        out->status = cur_u8(c);
    return tpdu_decode_optional(c, out);
}

enum xk_err tpdu_encode_report(const struct sms_tpdu *t, struct buf *out)
{
    if (t->status != 0 && t->status < TP_FCS_MIN)
        return XK_E_VALUE;
    buf_put_u8(out, (uint8_t)((t->type == SMS_SUBMIT_REPORT ? TP_MTI_SUBMIT : TP_MTI_DELIVER) |
                              (t->udhi ? TP_UDHI : 0)));
    if (t->status)
        buf_put_u8(out, t->status);
    return tpdu_encode_optional(t, out);
}
