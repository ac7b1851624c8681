/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual terminal: a modem that reads its card, hosts the toolkit, attaches and carries short
 * messages. A pure engine: inputs come with the time, actions are asked for until there is none.
 * One real modem program and a hundred thousand simulated devices use the same code.
 *
 *     modem_input(m, now, &in);
 *     while (modem_next(m, &action)) perform(&action);
 *     deadline = modem_deadline(m);      // feed MODEM_IN_TIME then
 */
#ifndef TERMINAL_MODEM_MODEM_H
#define TERMINAL_MODEM_MODEM_H

#include "base/buf.h"
#include "codec/air/air.h"

/* The radio side: SYSTEM_INFO says that a cell is there, NO_SERVICE that it is gone; the modem
 * keeps that as the world outside, also over power off, so a radio tells it on change (and may
 * repeat it). A modem that is off hears nothing else, nor does one asleep (PSM, eDRX): a network
 * pages it when air_edrx_listens, or waits for its TRACKING_AREA_UPDATE. A message of the
 * modem's own wakes it. The card side: a command whose answer was lost (power cut in the card)
 * is answered with an empty MODEM_IN_CARD_RESPONSE; the modem then resets the card. */
struct modem_config {
    char imei[17];   /* 15 digits */
    char imeisv[17]; /* 16 digits */
    enum air_rat rat;
    uint32_t psm_tau_s, psm_active_s; /* 0: no PSM */
    uint32_t edrx_s;                  /* 0: no eDRX */
    uint32_t status_poll_s;           /* proactive polling when the card did not ask; default 30 */
    /* test personalities: a terminal that lacks something (bits of the terminal profile off) */
    bool no_toolkit;     /* sends no TERMINAL PROFILE */
    bool refuse_refresh; /* answers REFRESH with "terminal currently unable" */
    bool no_mo_sms;
    bool at_port; /* keeps the AT interpreter's memory; fleets leave it off */
};

enum modem_input_type {
    MODEM_IN_POWER_ON,
    MODEM_IN_POWER_OFF,     /* orderly: detaches */
    MODEM_IN_POWER_CUT,     /* battery out: all volatile state is gone, nothing is sent */
    MODEM_IN_CARD_ATR,      /* data: ATR; empty: no card */
    MODEM_IN_CARD_RESPONSE, /* data: response APDU; empty: the card fell silent */
    MODEM_IN_AIR,           /* data: one air message */
    MODEM_IN_AT,            /* data: characters from the AT port */
    MODEM_IN_TIME,          /* a deadline passed */
};

struct modem_input {
    enum modem_input_type type;
    struct bytes data;
};

enum modem_action_type {
    MODEM_OUT_CARD_RESET, /* answer with MODEM_IN_CARD_ATR */
    MODEM_OUT_CARD_OFF,
    MODEM_OUT_CARD_APDU, /* data: command APDU; answer with MODEM_IN_CARD_RESPONSE */
    MODEM_OUT_AIR,       /* data: one air message */
    MODEM_OUT_AT,        /* data: characters to the AT port */
};

struct modem_action {
    enum modem_action_type type;
    struct bytes data; /* valid until the next modem_input or modem_next */
};

struct modem;

enum xk_err modem_new(const struct modem_config *config, struct modem **out) XK_MUST_CHECK;
void modem_free(struct modem *m);
void modem_input(struct modem *m, int64_t now, const struct modem_input *in);
bool modem_next(struct modem *m, struct modem_action *out);
/* When it wants MODEM_IN_TIME; INT64_MAX when never. */
int64_t modem_deadline(const struct modem *m);

enum modem_registration { /* TS 27.007 10.1.20 <stat> */
                          MODEM_NOT_REGISTERED = 0,
                          MODEM_REGISTERED_HOME = 1,
                          MODEM_SEARCHING = 2,
                          MODEM_DENIED = 3,
                          MODEM_REGISTERED_ROAMING = 5,
};

struct modem_status {
    bool powered, card_ready, asleep;
    enum modem_registration registration;
    uint8_t reject_cause; /* last ATTACH REJECT */
    char imsi[17], iccid[21], plmn[8];
    uint32_t attaches; /* completed, since it was made */
    uint32_t aka_resyncs;
    uint32_t sms_mt, sms_mo; /* carried */
    uint32_t refreshes;
};
void modem_get_status(const struct modem *m, struct modem_status *out);

#endif
