/* SPDX-License-Identifier: Apache-2.0 */
/* A card for tests of the terminal: a handful of files, no checks, and a will that the test sets:
 * which proactive commands wait, what an envelope or AUTHENTICATE is answered with, when it falls
 * silent. It answers as a T=0 card does (61xx, 6Cxx) when told so. */
#ifndef TESTS_UNIT_TERMINAL_TOYCARD_H
#define TESTS_UNIT_TERMINAL_TOYCARD_H

#include "codec/apdu/apdu.h"

#define TOY_FILES 40
#define TOY_FILE_LEN 200
#define TOY_RECORDS 4
#define TOY_QUEUE 8
#define TOY_LOG 64

struct toy_file {
    uint16_t dir, fid; /* dir: 3F00, 7FFF, 7F10, 7F20 */
    uint8_t records;   /* 0: transparent */
    uint8_t len;       /* of the file, or of a record */
    uint8_t data[TOY_RECORDS][TOY_FILE_LEN];
    unsigned updates;
};

struct toy_apdu {
    uint8_t wire[APDU_COMMAND_MAX];
    size_t n;
};

struct toycard {
    bool sim_only;    /* no class 00, no EF_DIR */
    bool t0;          /* 61xx and 6Cxx instead of data at once */
    bool gone;        /* no ATR */
    uint8_t channel;  /* that MANAGE CHANNEL opens; 0: none */
    unsigned mute_at; /* falls silent at the n-th command from now; 0: never */
    uint8_t pin_enabled, pin_tries, puk_tries;
    char pin[9], puk[9];
    bool pin_verified;
    struct toy_file file[TOY_FILES];
    size_t files;

    struct toy_apdu queue[TOY_QUEUE]; /* proactive commands waiting */
    size_t queued;
    bool session; /* fetched, not answered */

    uint8_t auth[80];
    size_t auth_n; /* answer to AUTHENTICATE; 0: auth_sw alone */
    uint16_t auth_sw;
    uint8_t envelope[160];
    size_t envelope_n;
    uint16_t envelope_sw; /* 0: 9000 */

    /* what was seen */
    struct toy_apdu log[TOY_LOG]; /* the last of them */
    size_t logged;
    struct toy_apdu profile, response, envelope_seen;
    unsigned resets, responses, envelopes, statuses, auths;

    /* volatile */
    uint16_t dir;
    int selected;
    uint8_t pending[256];
    size_t pending_n;
};

void toycard_init(struct toycard *c);
struct toy_file *toycard_file(struct toycard *c, uint16_t dir, uint16_t fid);
void toycard_set(struct toycard *c, uint16_t dir, uint16_t fid, uint8_t records, const char *hex);
void toycard_queue(struct toycard *c, const char *hex);
struct bytes toycard_reset(struct toycard *c); /* ATR; empty when gone */
/* Empty: silent. */
struct bytes toycard_transmit(struct toycard *c, struct bytes command,
                              uint8_t out[APDU_RESPONSE_MAX]);

#endif
