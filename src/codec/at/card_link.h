/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of the line: what a program says to a modem to reach its card, on logical channels
 * (TS 27.007 8.43 to 8.45) or as it is (8.17), and what comes back. One command at a time. */
#ifndef CODEC_AT_CARD_LINK_H
#define CODEC_AT_CARD_LINK_H

#include "codec/at/at.h"

#define AT_APDU_MAX 258 /* response, with its status word */

enum at_result { AT_PENDING, AT_OK, AT_ERROR };

struct at_link {
    char line[AT_LINE_MAX + 1]; /* what comes, up to its end */
    size_t line_n;
    enum at_result result;
    uint8_t apdu[AT_APDU_MAX]; /* +CGLA, +CSIM; 0 bytes: not given, or no such answer */
    size_t apdu_n;
    uint8_t channel;     /* +CCHO; 0 not given */
    bool card_restarted; /* +CPIN, asked for or not: the card was not ready, or is again */
};

/* Command lines with their end; a buffer of AT_LINE_MAX is enough. */
void at_put_open_channel(struct buf *b, struct bytes aid);
void at_put_close_channel(struct buf *b, uint8_t channel);
void at_put_transmit(struct buf *b, uint8_t channel, struct bytes command);
void at_put_generic(struct buf *b, struct bytes command); /* +CSIM */

/* A command is sent: nothing has come for it. A line half read, and card_restarted, stay. */
void at_link_begin(struct at_link *l);
/* What the modem says. Echoes and lines that nobody asked for mean nothing. */
void at_link_take(struct at_link *l, struct bytes text);

#endif
