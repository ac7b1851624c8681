/* SPDX-License-Identifier: Apache-2.0 */
/* A card in a PC/SC reader (pcsc-lite). One struct pcsc holds one connection with the daemon and at
 * most one card. Blocking; one thread at a time. */
#ifndef NET_PCSC_PCSC_H
#define NET_PCSC_PCSC_H

#include "base/buf.h"

#define PCSC_READERS_MAX 16
#define PCSC_NAME_MAX 128
#define PCSC_ATR_MAX 33
#define PCSC_COMMAND_MAX 65544  /* extended length */
#define PCSC_RESPONSE_MAX 65538 /* 65536 and the status word */

struct pcsc;

struct pcsc_reader {
    char name[PCSC_NAME_MAX];
    bool card; /* one is in it */
    bool busy; /* another program has it for itself */
};

/* Shared: others may hold the same card, but not speak to it while we are connected. Exclusive:
 * they cannot connect at all. */
enum pcsc_sharing { PCSC_SHARED, PCSC_EXCLUSIVE };

/* XK_E_CLOSED: no daemon. */
enum xk_err pcsc_open(struct pcsc **out) XK_MUST_CHECK;
/* The card, if any, is reset. NULL is fine. */
void pcsc_close(struct pcsc *p);

/* The first `cap` readers. *n is 0 without any. */
enum xk_err pcsc_list(struct pcsc *p, struct pcsc_reader *out, size_t cap, size_t *n) XK_MUST_CHECK;

/* reader: its place in the list ("0"), a part of its name in any case, or NULL for the first that
 * has a card. XK_E_NOT_FOUND: no such reader, or none with a card; XK_E_BUSY: another program has
 * the card. Connected already: XK_E_STATE. */
enum xk_err pcsc_connect(struct pcsc *p, const char *reader, enum pcsc_sharing sharing)
    XK_MUST_CHECK;
/* Power stays on; the card is reset, so that nothing of ours stays open in it. */
void pcsc_disconnect(struct pcsc *p);
/* A reset of the connected card, also after it was taken out and put back. Logical channels are
 * closed then. XK_E_CLOSED: no card there (yet). */
enum xk_err pcsc_reset(struct pcsc *p) XK_MUST_CHECK;

/* One command, one answer with its status word, appended to out. Over T=0 the Le of a command that
 * has data too is left away (ISO 7816-3 12.2.1): the card answers 61xx. XK_E_CLOSED: card or reader
 * is gone; XK_E_STATE: somebody reset the card, pcsc_reset takes it back; XK_E_VALUE: fewer than
 * four bytes. */
enum xk_err pcsc_transmit(struct pcsc *p, struct bytes command, struct buf *out) XK_MUST_CHECK;

/* Of the connected card; "" and empty without one. Valid until it is disconnected or reset. */
const char *pcsc_reader_name(const struct pcsc *p);
struct bytes pcsc_atr(const struct pcsc *p);
/* What the last failure was, for people. */
const char *pcsc_error_text(const struct pcsc *p);

#endif
