/* SPDX-License-Identifier: Apache-2.0 */
/* Card Application Toolkit (TS 102 223, TS 31.111): proactive commands, terminal responses,
 * envelopes, terminal profile. Simple TLVs are COMPREHENSION-TLVs: tag b8 is the comprehension bit
 * and is not part of the tag value here. */
#ifndef CODEC_CAT_CAT_H
#define CODEC_CAT_CAT_H

#include "base/buf.h"

/* Tags (without b8), command types, results, events: rows in names.def */
enum cat_tag {
#define CAT_TAG(name, value) CAT_TAG_##name = value,
#include "codec/cat/names.def"
};
enum cat_command_type {
#define CAT_COMMAND(name, value, text) CAT_##name = value,
#include "codec/cat/names.def"
};
enum cat_result {
#define CAT_RESULT(name, value, text) CAT_RESULT_##name = value,
#include "codec/cat/names.def"
};
enum cat_event {
#define CAT_EVENT(name, value) CAT_EVENT_##name = value,
#include "codec/cat/names.def"
};

/* For people; "?" when unknown. */
const char *cat_command_name(uint8_t type);
const char *cat_result_text(uint8_t result);

/* Devices */
#define CAT_DEV_KEYPAD 0x01
#define CAT_DEV_DISPLAY 0x02
#define CAT_DEV_UICC 0x81
#define CAT_DEV_TERMINAL 0x82
#define CAT_DEV_NETWORK 0x83

/* Envelope tags */
#define CAT_ENV_SMS_PP 0xD1
#define CAT_ENV_CELL_BROADCAST 0xD2
#define CAT_ENV_MENU_SELECTION 0xD3
#define CAT_ENV_CALL_CONTROL 0xD4
#define CAT_ENV_MO_SMS_CONTROL 0xD5
#define CAT_ENV_EVENT 0xD6
#define CAT_ENV_TIMER 0xD7
#define CAT_PROACTIVE 0xD0

/* REFRESH qualifiers (TS 102 223 8.6) */
#define CAT_REFRESH_INIT_FULL_FCN 0x00
#define CAT_REFRESH_FCN 0x01
#define CAT_REFRESH_INIT_FCN 0x02
#define CAT_REFRESH_INIT 0x03
#define CAT_REFRESH_RESET 0x04
#define CAT_REFRESH_APP_RESET 0x05
#define CAT_REFRESH_SESSION_RESET 0x06
/* PROVIDE LOCAL INFORMATION qualifiers */
#define CAT_PLI_LOCATION 0x00
#define CAT_PLI_IMEI 0x01
#define CAT_PLI_NMR 0x02
#define CAT_PLI_DATE_TIME 0x03
#define CAT_PLI_LANGUAGE 0x04
#define CAT_PLI_ACCESS_TECHNOLOGY 0x06
#define CAT_PLI_IMEISV 0x08
/* TIMER MANAGEMENT qualifiers */
#define CAT_TIMER_START 0x00
#define CAT_TIMER_STOP 0x01
#define CAT_TIMER_GET 0x02

#define CAT_COMPREHENSION 0x80
#define CAT_PROACTIVE_MAX 256 /* what one FETCH can give */
#define CAT_DATA_MAX 255      /* what one TERMINAL RESPONSE or ENVELOPE can carry */

struct cat_tlv {
    /* without the comprehension bit; above 0xFF when written 7F xx xx (TS 101 220 7.1.1.2) */
    uint16_t tag;
    bool comprehension;
    struct bytes value;
};
/* XK_E_FORMAT: cut short, or one of the tags 00, 80, FF that cannot be. */
enum xk_err cat_tlv_next(struct cur *c, struct cat_tlv *out) XK_MUST_CHECK;
/* The first with this tag; XK_E_NOT_FOUND. */
enum xk_err cat_tlv_find(struct bytes b, uint16_t tag, struct bytes *value) XK_MUST_CHECK;
/* tag with b8 as it shall be written: CAT_TAG_x, or CAT_TAG_x | CAT_COMPREHENSION */
void cat_tlv_put(struct buf *b, uint8_t tag, struct bytes value);

/* A proactive command (D0): the three leading objects and the rest. */
struct cat_proactive {
    uint8_t number, type, qualifier;
    uint8_t source, destination;
    struct bytes objects; /* all simple TLVs after the device identities */
};
/* XK_E_FORMAT when it is not D0 with command details and device identities in front. Spans point
 * into wire. Encoding over CAT_PROACTIVE_MAX: XK_E_LIMIT. */
enum xk_err cat_decode_proactive(struct bytes wire, struct cat_proactive *out) XK_MUST_CHECK;
enum xk_err cat_encode_proactive(const struct cat_proactive *p, struct buf *out) XK_MUST_CHECK;

struct cat_response { /* TERMINAL RESPONSE data */
    uint8_t number, type, qualifier;
    uint8_t result;
    struct bytes additional; /* behind the general result */
    struct bytes objects;    /* simple TLVs after the result */
};
/* Details first; device identities may be missing (some terminals leave them out). Encoding writes
 * terminal -> UICC, comprehension bits set; over CAT_DATA_MAX: XK_E_LIMIT. */
enum xk_err cat_decode_response(struct bytes wire, struct cat_response *out) XK_MUST_CHECK;
enum xk_err cat_encode_response(const struct cat_response *r, struct buf *out) XK_MUST_CHECK;

/* Envelopes (TS 31.111 7.1, TS 102 223 7.4, 7.5), each with its D1, D6 or D7. XK_E_FORMAT for
 * another tag, something missing or left over; XK_E_VALUE for device identities that cannot be. */
struct cat_sms_pp {
    struct bytes smsc; /* address value: TON/NPI, BCD; may be empty */
    struct bytes tpdu; /* SMS-DELIVER */
};
enum xk_err cat_decode_sms_pp(struct bytes envelope, struct cat_sms_pp *out) XK_MUST_CHECK;
enum xk_err cat_encode_sms_pp(const struct cat_sms_pp *e, struct buf *out) XK_MUST_CHECK;

enum xk_err cat_decode_timer_expiration(struct bytes envelope, uint8_t *timer, uint32_t *seconds)
    XK_MUST_CHECK;
enum xk_err cat_encode_timer_expiration(uint8_t timer, uint32_t seconds, struct buf *out)
    XK_MUST_CHECK;

struct cat_event_download {
    uint8_t event;        /* enum cat_event */
    uint8_t source;       /* device: terminal, or network for a few events */
    struct bytes objects; /* all simple TLVs of the envelope */
};
enum xk_err cat_decode_event(struct bytes envelope, struct cat_event_download *out) XK_MUST_CHECK;
/* status: 00 normal, 01 limited, 02 no service; location (TS 102 223 8.19) empty when not normal */
enum xk_err cat_encode_location_event(uint8_t status, struct bytes location, struct buf *out)
    XK_MUST_CHECK;

/* Timer value hh mm ss in swapped BCD (TS 102 223 8.38); more than 23:59:59 is written as that. */
void cat_encode_timer_value(uint32_t seconds, uint8_t out[3]);
enum xk_err cat_decode_timer_value(struct bytes in, uint32_t *seconds) XK_MUST_CHECK;
/* Duration (8.8): unit 00 minutes, 01 seconds, 02 tenths; 1..255 of them. Encoding takes seconds up
 * to 255, then whole minutes rounded up; what does not fit becomes the nearest that does. */
enum xk_err cat_decode_duration(struct bytes in, uint32_t *ms) XK_MUST_CHECK;
void cat_encode_duration(uint32_t seconds, uint8_t out[2]);

/* Terminal profile (TS 102 223 5.2): facility bits as byte.bit of the printed table. */
#define CAT_PROFILE_BIT(byte, bit) (((byte)-1) * 8 + ((bit)-1))
bool cat_profile_has(struct bytes profile, unsigned bit);
void cat_profile_set(uint8_t *profile, size_t n, unsigned bit);

#endif
