/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what the TPDU files share. */
#ifndef CODEC_SMS_TPDU_H
#define CODEC_SMS_TPDU_H

#include "codec/sms/sms.h"

/* First octet (TS 23.040 9.2.3.1 to 9.2.3.26) */
#define TP_MTI_MASK 0x03
#define TP_MTI_DELIVER 0x00 /* DELIVER-REPORT the other way */
#define TP_MTI_SUBMIT 0x01  /* SUBMIT-REPORT the other way */
#define TP_MTI_STATUS 0x02  /* COMMAND the other way */
#define TP_NO_MORE 0x04     /* TP-MMS */
#define TP_RD 0x04
#define TP_VPF_MASK 0x18
#define TP_VPF_ENHANCED 0x08
#define TP_VPF_RELATIVE 0x10
#define TP_VPF_ABSOLUTE 0x18
#define TP_SRR 0x20 /* also SRI, SRQ */
#define TP_UDHI 0x40
#define TP_RP 0x80

/* TP-UDL and TP-UD; the alphabet comes from out->dcs. */
enum xk_err tpdu_decode_ud(struct cur *c, struct sms_tpdu *out) XK_MUST_CHECK;
enum xk_err tpdu_encode_ud(const struct sms_tpdu *t, struct buf *out) XK_MUST_CHECK;
void tpdu_decode_time(struct cur *c, uint8_t out[SMS_SCTS_LEN]);

/* report.c; decoding begins behind the first octet */
enum xk_err tpdu_decode_report(struct cur *c, struct sms_tpdu *out) XK_MUST_CHECK;
enum xk_err tpdu_encode_report(const struct sms_tpdu *t, struct buf *out) XK_MUST_CHECK;
/* TP-PI and what it announces (in a SUBMIT-REPORT also TP-SCTS between), to the end of the TPDU */
enum xk_err tpdu_decode_optional(struct cur *c, struct sms_tpdu *out) XK_MUST_CHECK;
enum xk_err tpdu_encode_optional(const struct sms_tpdu *t, struct buf *out) XK_MUST_CHECK;

#endif
