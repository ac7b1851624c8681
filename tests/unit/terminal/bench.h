/* SPDX-License-Identifier: Apache-2.0 */
/* A modem, a toy card and a notebook of what came out: everything in memory, time as told. */
#ifndef TESTS_UNIT_TERMINAL_BENCH_H
#define TESTS_UNIT_TERMINAL_BENCH_H

#include "codec/cat/cat.h"
#include "codec/sms/sms.h"
#include "terminal/modem/modem.h"
#include "toycard.h"
#include "xt.h"

#define BENCH_AIR 32
#define BENCH_AT 16384
#define BENCH_START INT64_C(1767323045000)

struct bench {
    struct modem *modem;
    struct toycard card;
    int64_t now;
    struct {
        uint8_t wire[AIR_MESSAGE_MAX];
        size_t n;
    } air[BENCH_AIR]; /* not yet looked at, oldest first */
    size_t airs;
    char at[BENCH_AT]; /* since the last bench_at */
    size_t at_n;
    unsigned offs;       /* MODEM_OUT_CARD_OFF */
    unsigned stop_after; /* actions to perform before the rest is left alone; 0: all */
};

void bench_init(struct bench *b, const struct modem_config *config);
void bench_fini(struct bench *b);
void bench_pump(struct bench *b);
void bench_input(struct bench *b, enum modem_input_type type, struct bytes data);
void bench_wait(struct bench *b, int64_t ms); /* feeds the deadlines on the way */
void bench_air(struct bench *b, const struct air_message *msg);
/* The next message the modem sent; type 0 when there is none. Its rp points into the bench. */
struct air_message bench_said(struct bench *b);
struct modem_status bench_status(const struct bench *b);

/* A card that answers AUTHENTICATE, a cell of 460 00 and a network that accepts. */
void bench_power_and_cell(struct bench *b);
void bench_attach(struct bench *b);
void bench_attached(struct bench *b); /* all of it, with an empty notebook */
void bench_rp(struct bench *b, const char *hex);
/* Characters to the port; what came back, with CR LF written as '|'. */
const char *bench_at(struct bench *b, const char *text);
/* Queues a proactive command, polls, and gives the TERMINAL RESPONSE. */
struct bytes bench_proactive(struct bench *b, const char *hex);

#endif
