/* SPDX-License-Identifier: Apache-2.0 */
/* SMPP 3.4 PDUs. Decoded strings are copied, message bytes are spans into the wire. */
#ifndef CODEC_SMPP_SMPP_H
#define CODEC_SMPP_SMPP_H

#include "base/buf.h"

#define SMPP_HEADER_LEN 16
#define SMPP_PDU_MAX 4096 /* ours; a longer command_length ends the session */
#define SMPP_ADDR_MAX 21
#define SMPP_SM_MAX 254

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
            char schedule[17], validity[17];
            uint8_t registered_delivery, replace, data_coding, default_msg_id;
            struct bytes message; /* short_message, or message_payload when that was used */
            bool has_receipted_id;
            char receipted_id[65];
            bool has_state;
            uint8_t state;
            bool has_network_error;
            uint8_t network_error[3];
        } sm;
        struct { /* submit_sm_resp, deliver_sm_resp, data_sm_resp */
            char message_id[65];
        } sm_resp;
    } u;
};

/* How many bytes the PDU at the front of `in` has: 0 when the header is not whole yet. XK_E_FORMAT
 * for a command_length below 16 or over SMPP_PDU_MAX. */
enum xk_err smpp_frame(struct bytes in, size_t *length) XK_MUST_CHECK;
/* One whole PDU. Always fills command, status and sequence when the header is whole; *refusal is the
 * command_status to answer when the result is XK_E_FORMAT. */
enum xk_err smpp_decode(struct bytes wire, struct smpp_pdu *out, uint32_t *refusal) XK_MUST_CHECK;
enum xk_err smpp_encode(const struct smpp_pdu *p, struct buf *out) XK_MUST_CHECK;

/* Validity period as relative time "YYMMDDhhmmss000R" (7.1.1.2), and back to seconds; "" is 0. */
void smpp_relative_time(uint32_t seconds, char out[17]);
enum xk_err smpp_parse_time(const char *text, int64_t now_ms, uint32_t *seconds) XK_MUST_CHECK;

/* Delivery receipt text (appendix B): id:... sub:001 dlvrd:001 submit date:... done date:... stat:... */
struct smpp_receipt {
    char id[65];
    uint8_t state; /* enum smpp_message_state */
    uint16_t error;
    int64_t submitted_ms, done_ms;
};
enum xk_err smpp_encode_receipt(const struct smpp_receipt *r, struct buf *out) XK_MUST_CHECK;
enum xk_err smpp_decode_receipt(struct bytes text, struct smpp_receipt *out) XK_MUST_CHECK;

#endif
