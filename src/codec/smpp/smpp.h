/* SPDX-License-Identifier: Apache-2.0 */
/* SMPP 3.4 PDUs. Decoded strings are copied, message bytes are spans into the wire. */
#ifndef CODEC_SMPP_SMPP_H
#define CODEC_SMPP_SMPP_H

#include "base/buf.h"

#define SMPP_HEADER_LEN 16
#define SMPP_PDU_MAX 4096 /* ours; a longer command_length ends the session */
#define SMPP_ADDR_MAX 21
#define SMPP_SM_MAX 254
#define SMPP_ID_MAX 65
#define SMPP_TIME_MAX 17

enum smpp_command {
    SMPP_BIND_RECEIVER = 0x00000001,
    SMPP_BIND_TRANSMITTER = 0x00000002,
    SMPP_QUERY_SM = 0x00000003,
    SMPP_SUBMIT_SM = 0x00000004,
    SMPP_DELIVER_SM = 0x00000005,
    SMPP_UNBIND = 0x00000006,
    SMPP_REPLACE_SM = 0x00000007,
    SMPP_CANCEL_SM = 0x00000008,
    SMPP_BIND_TRANSCEIVER = 0x00000009,
    SMPP_OUTBIND = 0x0000000B,
    SMPP_ENQUIRE_LINK = 0x00000015,
    SMPP_ALERT_NOTIFICATION = 0x00000102,
    SMPP_DATA_SM = 0x00000103,
};
#define SMPP_RESP 0x80000000u
#define SMPP_GENERIC_NACK 0x80000000u

/* command_status (SMPP 3.4 5.1.3): rows in status.def */
enum smpp_status {
#define SMPP_STATUS(name, value, text) SMPP_##name = value,
#include "codec/smpp/status.def"
#undef SMPP_STATUS
};
/* For people; never NULL. */
const char *smpp_status_text(uint32_t status);
const char *smpp_command_name(uint32_t command);

/* esm_class */
#define SMPP_ESM_UDHI 0x40
#define SMPP_ESM_RECEIPT 0x04 /* deliver_sm: SMSC delivery receipt */
/* registered_delivery */
#define SMPP_RECEIPT_ALWAYS 0x01
#define SMPP_RECEIPT_ON_FAILURE 0x02

/* optional parameters (5.3.2) */
#define SMPP_TLV_USER_MESSAGE_REFERENCE 0x0204
#define SMPP_TLV_RECEIPTED_MESSAGE_ID 0x001E
#define SMPP_TLV_MESSAGE_STATE 0x0427
#define SMPP_TLV_NETWORK_ERROR_CODE 0x0423
#define SMPP_TLV_MESSAGE_PAYLOAD 0x0424
#define SMPP_TLV_MORE_MESSAGES_TO_SEND 0x0426
#define SMPP_TLV_SC_INTERFACE_VERSION 0x0210
#define SMPP_TLV_MS_AVAILABILITY_STATUS 0x0422

enum smpp_message_state {
    SMPP_STATE_ENROUTE = 1,
    SMPP_STATE_DELIVERED = 2,
    SMPP_STATE_EXPIRED = 3,
    SMPP_STATE_DELETED = 4,
    SMPP_STATE_UNDELIVERABLE = 5,
    SMPP_STATE_ACCEPTED = 6,
    SMPP_STATE_UNKNOWN = 7,
    SMPP_STATE_REJECTED = 8,
};

struct smpp_address {
    uint8_t ton, npi;
    char digits[SMPP_ADDR_MAX];
};

struct smpp_pdu {
    uint32_t command; /* with SMPP_RESP for answers */
    uint32_t status;
    uint32_t sequence;
    union {
        struct { /* bind_* */
            char system_id[16], password[9], system_type[13];
            uint8_t interface_version;
            struct smpp_address range; /* digits: address_range, cut to 20 */
        } bind;
        struct { /* bind_*_resp */
            char system_id[16];
            bool has_version;
            uint8_t sc_version;
        } bind_resp;
        struct smpp_sm { /* submit_sm, deliver_sm, data_sm */
            char service_type[6];
            struct smpp_address source, destination;
            uint8_t esm_class, protocol_id, priority;
            char schedule[SMPP_TIME_MAX], validity[SMPP_TIME_MAX];
            uint8_t registered_delivery, replace, data_coding, default_msg_id;
            struct bytes message; /* short_message, or message_payload when that was used */
            bool has_receipted_id;
            char receipted_id[SMPP_ID_MAX];
            bool has_state;
            uint8_t state;
            bool has_network_error;
            uint8_t network_error[3];
        } sm;
        struct { /* submit_sm_resp, deliver_sm_resp, data_sm_resp; "" when the body is absent */
            char message_id[SMPP_ID_MAX];
        } sm_resp;
        struct { /* query_sm */
            char message_id[SMPP_ID_MAX];
            struct smpp_address source;
        } query;
        struct { /* query_sm_resp */
            char message_id[SMPP_ID_MAX], final_date[SMPP_TIME_MAX];
            uint8_t state, error;
        } query_resp;
        struct { /* cancel_sm */
            char service_type[6], message_id[SMPP_ID_MAX];
            struct smpp_address source, destination;
        } cancel;
        struct { /* replace_sm */
            char message_id[SMPP_ID_MAX];
            struct smpp_address source;
            char schedule[SMPP_TIME_MAX], validity[SMPP_TIME_MAX];
            uint8_t registered_delivery, default_msg_id;
            struct bytes message;
        } replace;
        struct { /* outbind */
            char system_id[16], password[9];
        } outbind;
        struct { /* alert_notification */
            struct smpp_address source, esme;
            bool has_availability;
            uint8_t availability;
        } alert;
    } u;
};

/* How many bytes the PDU at the front of `in` has: 0 when the header is not whole yet. XK_E_FORMAT
 * for a command_length below 16 or over SMPP_PDU_MAX. */
enum xk_err smpp_frame(struct bytes in, size_t *length) XK_MUST_CHECK;
/* One whole PDU. Always fills command, status and sequence when the header is whole; *refusal is
 * the command_status to answer when the result is XK_E_FORMAT. Unknown optional parameters are
 * passed over, of repeated ones the last counts; a response with a status may lack its body. */
enum xk_err smpp_decode(struct bytes wire, struct smpp_pdu *out, uint32_t *refusal) XK_MUST_CHECK;
/* message over 254 octets travels as message_payload, as it always does in data_sm. A response with
 * a status has no body. XK_E_VALUE: a string without an end or a command unknown; XK_E_LIMIT. */
enum xk_err smpp_encode(const struct smpp_pdu *p, struct buf *out) XK_MUST_CHECK;

/* Validity period as relative time "YYMMDDhhmmss000R" (7.1.1.2), and either form back to seconds
 * from now; "" is 0. Months count 30 days, years 365. A time that has passed: XK_E_VALUE. */
void smpp_relative_time(uint32_t seconds, char out[SMPP_TIME_MAX]);
enum xk_err smpp_parse_time(const char *text, int64_t now_ms, uint32_t *seconds) XK_MUST_CHECK;

/* Delivery receipt text (appendix B): id:... sub:001 dlvrd:001 submit date:... done date:...
 * stat:... Dates are of the zone +0800, to the minute. Decoding takes either case, fields in any
 * order or missing (then 0 or ""); XK_E_FORMAT when there is neither id nor stat. */
struct smpp_receipt {
    char id[SMPP_ID_MAX];
    uint8_t state; /* enum smpp_message_state; 0 when the text has none */
    uint16_t error;
    int64_t submitted_ms, done_ms;
};
enum xk_err smpp_encode_receipt(const struct smpp_receipt *r, struct buf *out) XK_MUST_CHECK;
enum xk_err smpp_decode_receipt(struct bytes text, struct smpp_receipt *out) XK_MUST_CHECK;
/* Message centres write one id as decimal in the receipt and as hexadecimal in the response, or the
 * other way round: the forms under which to look for it, the given one first. */
#define SMPP_ID_FORMS 4
size_t smpp_id_forms(const char *id, char forms[SMPP_ID_FORMS][SMPP_ID_MAX]);

#endif
