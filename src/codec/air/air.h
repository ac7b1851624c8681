/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between a terminal and the test network: the messages of TS 24.008 / 24.301 (EMM) and
 * TS 24.011 that matter for attaching and short messages, by their specification names, in a
 * compact framing of our own (radio layers are not simulated below this).
 *
 *   type(1) then fields as TLV: tag(1) length(2) value
 */
#ifndef CODEC_AIR_AIR_H
#define CODEC_AIR_AIR_H

#include "base/buf.h"

#define AIR_MESSAGE_MAX 512
#define AIR_DIGITS 17

/* Rows: names.def: type, direction, text */
enum air_type {
#define AIR_MESSAGE(name, value, text) AIR_##name = value,
#include "codec/air/names.def"
#undef AIR_MESSAGE
};
const char *air_type_name(enum air_type type);

enum air_rat { AIR_GSM = 1, AIR_LTE = 2, AIR_NB_IOT = 3, AIR_EMTC = 4 };
const char *air_rat_name(enum air_rat rat);

/* eDRX (TS 23.682 4.5.13): a terminal that was granted a cycle listens for this long from each
 * multiple of the cycle on (counted from 1970: both sides agree), and while it is active. */
#define AIR_PAGING_WINDOW_MS 10240
static inline bool air_edrx_listens(int64_t now_ms, uint32_t edrx_s)
{
    return edrx_s == 0 || now_ms % ((int64_t)edrx_s * 1000) < AIR_PAGING_WINDOW_MS;
}

/* EMM causes used (TS 24.301 9.9.3.9) */
#define AIR_CAUSE_IMSI_UNKNOWN 2
#define AIR_CAUSE_ILLEGAL_UE 3
#define AIR_CAUSE_ILLEGAL_ME 6
#define AIR_CAUSE_PLMN_NOT_ALLOWED 11
#define AIR_CAUSE_MAC_FAILURE 20
#define AIR_CAUSE_SYNCH_FAILURE 21
#define AIR_CAUSE_CONGESTION 22
#define AIR_CAUSE_GSM_AUTH_UNACCEPTABLE 26

struct air_message {
    enum air_type type;
    enum air_rat rat;      /* ATTACH_REQUEST, SYSTEM_INFO */
    char imsi[AIR_DIGITS]; /* ATTACH_REQUEST */
    char imei[AIR_DIGITS]; /* ATTACH_REQUEST */
    char plmn[8];          /* SYSTEM_INFO, ATTACH_REQUEST, ATTACH_ACCEPT */
    uint16_t lac;          /* SYSTEM_INFO, ATTACH_ACCEPT: LAC or TAC */
    uint32_t cell;         /* SYSTEM_INFO */
    uint8_t rand[16];      /* AUTHENTICATION_REQUEST */
    bool has_autn;         /* false on GSM: triplets */
    uint8_t autn[16];
    uint8_t res[16]; /* AUTHENTICATION_RESPONSE */
    uint8_t res_n;
    uint8_t auts[14]; /* AUTHENTICATION_FAILURE with cause 21 */
    uint8_t cause;    /* rejects and failures */
    uint8_t guti[12]; /* ATTACH_ACCEPT: GUTI, or TMSI in the first 4 */
    uint32_t t3412_s; /* ATTACH_ACCEPT: periodic update; REQUEST: wanted */
    uint32_t t3324_s; /* PSM active time; 0 no PSM */
    uint32_t edrx_s;  /* eDRX cycle; 0 none */
    uint32_t sync;    /* number that an answer repeats, 0 when unused */
    struct bytes rp;  /* CP_DATA: an RP message (codec/sms) */
};

/* Spans point into wire. */
enum xk_err air_decode(struct bytes wire, struct air_message *out) XK_MUST_CHECK;
enum xk_err air_encode(const struct air_message *m, struct buf *out) XK_MUST_CHECK;

/* Over a stream (docs/interfaces/air.md): length(2) then the message. */
#define AIR_FRAME_HEAD 2
void air_put_frame(struct bytes message, struct buf *out);
/* Looks for a whole frame at the front: its message, and how many octets frame and head took (0:
 * not whole yet). XK_E_FORMAT: empty, or longer than AIR_MESSAGE_MAX. */
enum xk_err air_take_frame(struct bytes stream, struct bytes *message, size_t *used) XK_MUST_CHECK;

#endif
