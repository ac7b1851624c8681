/* SPDX-License-Identifier: Apache-2.0 */
/* The domestic number writer: builds sealed scripts for a card and opens what the card sends back.
 * Pure: no store, no socket, no clock. The flow is P-1, the bytes are docs/write-script.md inside
 * SCP80 (TS 31.115). */
#ifndef SERVER_OTA_OTA_H
#define SERVER_OTA_OTA_H

#include "codec/scp80/scp80.h"
#include "codec/script/script.h"
#include "codec/sms/sms.h"
#include "model/chip.h"
#include "model/number.h"

/* TS 31.115 asks a card to take at least five parts; longer scripts are refused (code 14005). */
#define OTA_PARTS_MAX 5
#define OTA_PACKET_MAX (OTA_PARTS_MAX * 134)

struct ota_script {
    const struct chip *chip;
    const struct chip_keys *chip_keys;
    uint8_t task_id[SCRIPT_TASK_ID_LEN];
    uint8_t flags;                         /* SCRIPT_x */
    const struct number *number;           /* with SCRIPT_PREPARE */
    const struct number_keys *number_keys; /* with SCRIPT_PREPARE */
    uint16_t fallback_min;                 /* 0: the card's default */
    uint64_t counter;                      /* fresh, higher than any before */
};

/* The secured packet (CPL...) into out. XK_E_LIMIT when it needs more than OTA_PARTS_MAX messages,
 * XK_E_VALUE when a number or key cannot be coded. */
enum xk_err ota_build(const struct ota_script *s, struct buf *out) XK_MUST_CHECK;

enum ota_report_kind {
    OTA_ANSWER, /* proof of receipt to a script (UDH 71) */
    OTA_REPORT, /* the card spoke by itself (UDH 70) */
};

struct ota_report {
    enum ota_report_kind kind;
    uint8_t status;   /* enum scp80_status; OTA_ANSWER */
    uint64_t counter; /* the script's (OTA_ANSWER) or the card's own (OTA_REPORT) */
    bool has_report;  /* script is set */
    struct script_report script;
};

/* Opens one packet of this card. plain must hold packet.n bytes and outlive *out. XK_E_AUTH when it
 * is not this card's, XK_E_FORMAT. Replays of OTA_REPORT are the caller's to refuse, by counter. */
enum xk_err ota_open(const struct chip *chip, const struct chip_keys *keys, uint8_t iei,
                     struct bytes packet, uint8_t *plain, struct ota_report *out) XK_MUST_CHECK;

/* What a packet of ours says, for people: writes lines of text, secrets masked. */
enum xk_err ota_describe(const struct chip *chip, const struct chip_keys *keys, uint8_t iei,
                         struct bytes packet, struct buf *text) XK_MUST_CHECK;

#endif
