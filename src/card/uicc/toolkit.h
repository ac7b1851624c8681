/* SPDX-License-Identifier: Apache-2.0 */
/* The toolkit session (TS 102 223). Commands are not queued; wishes are, and a wish becomes a
 * command when the terminal may be told (91xx). All of it goes with a reset. Which wishes a card
 * has is its table of intents, most urgent first; the first one is always the short messages. */
#ifndef CARD_UICC_TOOLKIT_H
#define CARD_UICC_TOOLKIT_H

#include "codec/cat/cat.h"
#include "codec/sms/sms.h"

struct uicc;
struct exchange;

#define INTENT_SMS 0
#define INTENT_NONE 0xFF
#define INTENTS_MAX 16
#define WANT_OF(intent) (1u << (intent))

/* Facilities of the terminal profile (TS 102 223 5.2) */
enum toolkit_can {
    CAN_SMS = 1,
    CAN_REFRESH = 2,
    CAN_EVENTS = 4,
    CAN_TIMER = 8,
    CAN_LOCAL_INFO = 16,
};

struct intent_row {
    uint8_t command, needs; /* CAT_x, enum toolkit_can */
    /* qualifier, destination and objects of the command */
    enum xk_err (*make)(struct uicc *u, struct cat_proactive *p, struct buf *objects);
    /* what the terminal's answer means */
    enum xk_err (*done)(struct uicc *u, struct exchange *x, const struct cat_response *r);
};

#define TOOLKIT_DONE(result) ((result) < 0x10) /* TS 102 223 8.12: performed */

#define OUTGOING_POR 0 /* the answer to a packet; other kinds are the card's */

struct outgoing { /* a short message to send */
    struct outgoing *next;
    uint8_t kind, tries, n;
    uint8_t tpdu[SMS_TPDU_MAX];
};

struct toolkit {
    bool ready;      /* TERMINAL PROFILE has come */
    bool fetched;    /* the current command is in the terminal's hands */
    uint8_t can;     /* enum toolkit_can */
    uint8_t current; /* intent the terminal was told of, or INTENT_NONE */
    uint8_t number;  /* of the last command, 1..254 */
    uint8_t command_n;
    uint16_t wants;   /* WANT_OF(...) */
    uint8_t *command; /* encoded; while there is one */
    struct outgoing *out;
};

/* The session ends. */
void toolkit_reset(struct uicc *u);
/* Makes the next proactive command if there is one to make; its length, 0 for none. */
enum xk_err toolkit_waiting(struct uicc *u, size_t *length) XK_MUST_CHECK;
/* Sends a secured packet to this number, in as many short messages as it takes. False: no room. */
bool toolkit_can_send(const struct uicc *u);
enum xk_err toolkit_send(struct uicc *u, unsigned kind, uint8_t iei, struct bytes packet,
                         const char *number) XK_MUST_CHECK;
/* The row of the short messages */
enum xk_err toolkit_make_sms(struct uicc *u, struct cat_proactive *p, struct buf *objects)
    XK_MUST_CHECK;
enum xk_err toolkit_done_sms(struct uicc *u, struct exchange *x, const struct cat_response *r)
    XK_MUST_CHECK;

#endif
