/* SPDX-License-Identifier: Apache-2.0 */
/* SMS transfer PDUs (TS 23.040 9.2) and user data headers (9.2.3.24). Decoded structs hold spans
 * into the received bytes. Numbers: "+8613..." for TON international, digits otherwise. */
#ifndef CODEC_SMS_SMS_H
#define CODEC_SMS_SMS_H

#include "base/buf.h"

#define SMS_TPDU_MAX 176 /* 164 plus room: SMS-DELIVER with 140 octets of user data */
#define SMS_UD_MAX 140
#define SMS_NUMBER_TEXT 24
#define SMS_SCTS_LEN 7
#define SMS_VP_LONG_LEN 7

#define SMS_PID_USIM_DOWNLOAD 0x7F /* TS 23.040 9.2.3.9: (U)SIM data download */
#define SMS_DCS_8BIT_CLASS2 0xF6   /* TS 23.038: 8-bit, class 2, (U)SIM specific */

#define SMS_IEI_CONCAT8 0x00
#define SMS_IEI_CONCAT16 0x08
#define SMS_IEI_COMMAND_PACKET 0x70  /* TS 31.115 */
#define SMS_IEI_RESPONSE_PACKET 0x71 /* TS 31.115 */

/* The type indicator means one or the other by direction: see sms_decode. */
enum sms_type {
    SMS_DELIVER,
    SMS_DELIVER_REPORT,
    SMS_SUBMIT,
    SMS_SUBMIT_REPORT,
    SMS_STATUS_REPORT,
};

enum sms_vp_format { SMS_VP_NOT_LONG, SMS_VP_ENHANCED, SMS_VP_ABSOLUTE };

enum sms_alphabet { SMS_GSM7, SMS_8BIT, SMS_UCS2 };
/* TS 23.038 4. Compressed text counts as 8-bit; reserved codings as the default alphabet. */
enum sms_alphabet sms_dcs_alphabet(uint8_t dcs);

struct sms_tpdu {
    enum sms_type type;
    bool more_to_send;      /* TP-MMS as "there is more", DELIVER */
    bool reject_duplicates; /* TP-RD, SUBMIT */
    bool status_report;     /* TP-SRI / TP-SRR */
    bool udhi;              /* user data begins with a header */
    bool reply_path;
    uint8_t mr;                    /* TP-MR: SUBMIT, STATUS-REPORT */
    char address[SMS_NUMBER_TEXT]; /* OA, DA or RA */
    uint8_t address_ton_npi;       /* as received; 0 on encode: 91 for '+', else 81 */
    uint8_t pid, dcs;
    uint8_t scts[SMS_SCTS_LEN];      /* DELIVER, STATUS-REPORT, SUBMIT-REPORT */
    uint8_t discharge[SMS_SCTS_LEN]; /* STATUS-REPORT */
    uint8_t status;                  /* STATUS-REPORT TP-ST; reports: TP-FCS (0 when positive) */
    bool has_vp;                     /* SUBMIT: relative validity period */
    uint8_t vp;
    enum sms_vp_format vp_long_format; /* SUBMIT with the 7-octet formats; has_vp is then false */
    uint8_t vp_long[SMS_VP_LONG_LEN];
    uint8_t udl;     /* TP-UDL: septets for the 7-bit alphabet, else octets */
    struct bytes ud; /* user data with its header, octets */
};

enum sms_direction { SMS_TO_MS, SMS_FROM_MS };

/* XK_E_FORMAT (octets left over, too); XK_E_UNSUPPORTED for SMS-COMMAND. In the reports an optional
 * parameter that is absent reads as 0, and one that is 0 is not written. */
enum xk_err sms_decode(enum sms_direction direction, struct bytes wire, struct sms_tpdu *out)
    XK_MUST_CHECK;
/* udl 0 with non-empty 8-bit ud means ud.n. XK_E_LIMIT when ud is over 140 octets; XK_E_VALUE when
 * udl and ud do not go together or the address cannot be written. */
enum xk_err sms_encode(const struct sms_tpdu *t, struct buf *out) XK_MUST_CHECK;

/* Time stamp from milliseconds since 1970 UTC, zone +0800 as the networks here use. Decoding takes
 * any zone, years 70..99 as 19xx, and gives 0 for what is no date. */
void sms_encode_scts(int64_t ms, uint8_t out[SMS_SCTS_LEN]);
int64_t sms_decode_scts(const uint8_t in[SMS_SCTS_LEN]);
/* Relative validity period (9.2.3.12.1): the smallest code that covers `minutes`. */
uint8_t sms_vp_encode(uint32_t minutes);
uint32_t sms_vp_minutes(uint8_t vp);

/* The user data header as a list of elements. */
struct sms_udh {
    bool concat;
    uint16_t ref;
    bool ref16;
    uint8_t total, seq;
    bool command_packet;  /* IEI 70 */
    bool response_packet; /* IEI 71 */
};
/* Splits ud into header fields and payload. Order of elements does not matter; unknown ones are
 * passed over; of elements that exclude each other the last counts (9.2.3.24). XK_E_FORMAT: lengths
 * that do not fit, total or seq 0, seq > total. */
enum xk_err sms_decode_udh(struct bytes ud, struct sms_udh *h, struct bytes *payload) XK_MUST_CHECK;

/* A secured packet (CPL... or RPL...) as user data fields of 1 or more short messages (TS 31.115
 * 4): UDH 027000 / 027100 when it fits one, else with concatenation, the 70/71 element in the first
 * part only. At most SMS_PARTS_MAX (XK_E_LIMIT). */
#define SMS_PARTS_MAX 20
struct sms_parts {
    size_t n;
    struct {
        uint8_t ud[SMS_UD_MAX];
        uint8_t ud_n;
    } part[SMS_PARTS_MAX];
};
enum xk_err sms_split_packet(uint8_t iei, struct bytes packet, uint8_t ref, struct sms_parts *out)
    XK_MUST_CHECK;

/* Reassembly of concatenated messages. Bounded: SMS_REASSEMBLY_SLOTS messages at once, the oldest
 * gives way. Order-tolerant; a repeated part replaces itself. */
#define SMS_REASSEMBLY_SLOTS 4
#define SMS_PACKET_MAX (SMS_PARTS_MAX * 134)
struct sms_reassembly;
struct sms_reassembly *sms_reassembly_new(void);
void sms_reassembly_free(struct sms_reassembly *r);
void sms_reassembly_clear(struct sms_reassembly *r);
/* No message is waiting for parts. */
bool sms_reassembly_idle(const struct sms_reassembly *r);
/* Feeds one short message. When it completes a packet *out is it (valid until the next call; of a
 * single message, a part of ud) and *head the header of the part that carried 70/71 (or of the
 * first part); otherwise out->n == 0. A repeated part with other contents begins the message anew.
 * XK_E_FORMAT (header), XK_E_LIMIT (ud over 140 octets, or more than SMS_PARTS_MAX parts). */
enum xk_err sms_reassembly_feed(struct sms_reassembly *r, const char *sender, struct bytes ud,
                                struct sms_udh *head, struct bytes *out) XK_MUST_CHECK;

/* GSM 7-bit default alphabet and its extension table (TS 23.038 6.2.1) from and to UTF-8; for +CMGS
 * text and DISPLAY TEXT. pack: XK_E_VALUE for a character that is not in it, XK_E_FORMAT for bad
 * UTF-8, XK_E_LIMIT past cap. */
enum xk_err sms_gsm7_pack(const char *utf8, uint8_t *out, size_t cap, size_t *n, size_t *septets)
    XK_MUST_CHECK;
enum xk_err sms_gsm7_unpack(struct bytes packed, size_t septets, struct buf *utf8) XK_MUST_CHECK;

/* RP-DATA and its answers (TS 24.011 7.3), as they travel between modem and network. RP-SMMA is
 * XK_E_UNSUPPORTED. */
enum rp_type { RP_DATA, RP_ACK, RP_ERROR };
struct rp_message {
    enum rp_type type;
    enum sms_direction direction;
    uint8_t ref;
    char originator[SMS_NUMBER_TEXT];  /* service centre, network to MS */
    char destination[SMS_NUMBER_TEXT]; /* service centre, MS to network */
    uint8_t cause;                     /* RP_ERROR; TS 24.011 8.2.5.4 */
    struct bytes tpdu;                 /* RP-User-Data; may be empty in RP_ACK and RP_ERROR */
};
enum xk_err rp_decode(struct bytes wire, struct rp_message *out) XK_MUST_CHECK;
enum xk_err rp_encode(const struct rp_message *m, struct buf *out) XK_MUST_CHECK;

#endif
