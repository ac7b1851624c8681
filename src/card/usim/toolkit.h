/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the toolkit session (TS 102 223). Commands are not queued; wishes are, and a
 * wish becomes a command when the terminal may be told (91xx). All of it goes with a reset. */
#ifndef CARD_USIM_TOOLKIT_H
#define CARD_USIM_TOOLKIT_H

#include "base/bytes.h"
#include "codec/sms/sms.h"

struct usim;
struct exchange;

enum intent {
#define INTENT(name, command, needs, make, done) INTENT_##name,
#include "card/usim/toolkit.def"
#undef INTENT
    INTENT_NONE,
    INTENT_REPORT = INTENT_NONE /* no command of its own: the report is made once nothing is left */
};
#define WANT(name) (1u << INTENT_##name)

/* Facilities of the terminal profile (TS 102 223 5.2) */
enum toolkit_can {
    CAN_SMS = 1,
    CAN_REFRESH = 2,
    CAN_EVENTS = 4,
    CAN_TIMER = 8,
    CAN_LOCAL_INFO = 16,
};

enum outgoing_kind { OUTGOING_POR, OUTGOING_REPORT };

struct outgoing { /* a short message to send */
    struct outgoing *next;
    uint8_t kind, tries, n;
    uint8_t tpdu[SMS_TPDU_MAX];
};

struct toolkit {
    bool ready;      /* TERMINAL PROFILE has come */
    uint8_t can;     /* enum toolkit_can */
    uint16_t wants;  /* WANT(...) */
    uint16_t later;  /* wanted when the retry timer ends, or at the next STATUS without timers */
    uint8_t current; /* enum intent the terminal was told of, or INTENT_NONE */
    bool fetched;
    uint8_t number; /* of the last command, 1..254 */
    uint8_t command_n;
    uint8_t *command; /* encoded; while there is one */
    struct outgoing *out;
    uint16_t retry_s;
    uint8_t refresh_tries, report_tries, polls;
    bool report_due;
    bool has_imei, has_location;
    uint8_t location_n;
    uint8_t imei[8], location[11];
    uint32_t fallback_left_s, fallback_running_s; /* a timer runs a day at most (8.38) */
};

/* The session ends. */
void toolkit_reset(struct usim *card);
/* STATUS came: the beat that retries hang on where there are no timers. */
void toolkit_polled(struct usim *card);
/* REFRESH is in the terminal's hands. */
bool toolkit_refreshing(const struct usim *card);
/* Makes the next proactive command if there is one to make; its length, 0 for none. */
enum xk_err toolkit_waiting(struct usim *card, size_t *length) XK_MUST_CHECK;
/* Sends a secured packet to this number, in as many short messages as it takes. False: no room. */
bool toolkit_can_send(const struct usim *card);
enum xk_err toolkit_send(struct usim *card, enum outgoing_kind kind, uint8_t iei,
                         struct bytes packet, const char *number) XK_MUST_CHECK;
/* No report is on its way or waits for its next try. */
bool toolkit_report_idle(const struct usim *card);
/* Wants these after some time. */
void toolkit_want_later(struct usim *card, uint16_t wants, uint16_t seconds);
void toolkit_start_fallback(struct usim *card, uint32_t minutes);
void toolkit_stop_fallback(struct usim *card);

#endif
