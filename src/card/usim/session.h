/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what the domestic card wants in a toolkit session, and what it remembers of one.
 * All of it goes with a reset. */
#ifndef CARD_USIM_SESSION_H
#define CARD_USIM_SESSION_H

#include "card/uicc/toolkit.h"

struct usim;

enum intent {
#define INTENT(name, command, needs, make, done) INTENT_OF_##name,
#include "card/usim/toolkit.def"
#undef INTENT
    INTENTS,
    INTENT_OF_REPORT = INTENTS /* no command of its own: the report is made once nothing is left */
};
#define WANT(name) WANT_OF(INTENT_OF_##name)

#define OUTGOING_REPORT 1 /* kind of message */

struct session {
    uint16_t later; /* wanted when the retry timer ends, or at the next STATUS without timers */
    uint16_t retry_s;
    uint8_t refresh_tries, report_tries, polls;
    bool report_due;
    bool has_imei, has_location;
    uint8_t location_n;
    uint8_t imei[8], location[11];
    uint32_t fallback_left_s, fallback_running_s; /* a timer runs a day at most (8.38) */
};

extern const struct intent_row session_rows[INTENTS]; /* toolkit.def */
/* What the UICC tells of its session (struct uicc_ops). */
void session_ended(struct uicc *u);
enum xk_err session_started(struct uicc *u) XK_MUST_CHECK;
/* STATUS came: the beat that retries hang on where there are no timers. */
void session_polled(struct uicc *u);
enum xk_err session_fetched(struct uicc *u, unsigned intent) XK_MUST_CHECK;
enum xk_err session_given_up(struct uicc *u, unsigned intent) XK_MUST_CHECK;
enum xk_err session_idle(struct uicc *u) XK_MUST_CHECK;
enum xk_err session_message_done(struct uicc *u, struct exchange *x, unsigned kind, bool sent)
    XK_MUST_CHECK;
enum xk_err session_envelope(struct uicc *u, struct exchange *x, uint32_t tag, struct bytes value)
    XK_MUST_CHECK;

/* REFRESH is in the terminal's hands. */
bool session_refreshing(const struct usim *card);
/* No report is on its way or waits for its next try. */
bool session_report_idle(const struct usim *card);
/* Wants these after some time. */
void session_want_later(struct usim *card, uint16_t wants, uint16_t seconds);
void session_start_fallback(struct usim *card, uint32_t minutes);
void session_stop_fallback(struct usim *card);

#endif
