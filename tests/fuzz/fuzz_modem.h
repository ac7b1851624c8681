/* SPDX-License-Identifier: Apache-2.0 */
/* A modem with a toy card, driven by what a fuzzer says. */
#ifndef TESTS_FUZZ_FUZZ_MODEM_H
#define TESTS_FUZZ_FUZZ_MODEM_H

#include "base/hex.h"
#include "fuzz.h"
#include "terminal/modem/modem.h"
#include "toycard.h"

#define RIG_ROUNDS_MAX 50000 /* actions one input may lead to */
#define RIG_ANSWERS 16
#define RIG_DEADLINES 400

struct fuzz_rig {
    struct modem *modem;
    struct toycard card;
    int64_t now;
    struct bytes answers[RIG_ANSWERS]; /* given instead of the card's, oldest first */
    size_t answer_count;
    unsigned deadlines; /* fed so far */
};

static inline void rig_begin(struct fuzz_rig *r, const struct modem_config *config)
{
    memset(r, 0, sizeof *r);
    r->now = INT64_C(1767323045000);
    toycard_init(&r->card);
    FUZZ_CHECK(modem_new(config, &r->modem) == XK_OK);
}

static inline struct bytes rig_answer(struct fuzz_rig *r, struct bytes command,
                                      uint8_t out[APDU_RESPONSE_MAX])
{
    struct bytes first = r->answers[0];

    if (r->answer_count == 0)
        return toycard_transmit(&r->card, command, out);
    r->answer_count--;
    memmove(r->answers, r->answers + 1, r->answer_count * sizeof first);
    return first;
}

static inline void rig_perform(struct fuzz_rig *r, const struct modem_action *a)
{
    uint8_t command[APDU_COMMAND_MAX], answer[APDU_RESPONSE_MAX];
    struct modem_input in = {.type = MODEM_IN_CARD_RESPONSE};
    struct air_message msg;

    if (a->type == MODEM_OUT_AIR)
        FUZZ_CHECK(air_decode(a->data, &msg) == XK_OK);
    if (a->type == MODEM_OUT_CARD_APDU) {
        FUZZ_CHECK(a->data.n >= 4 && a->data.n <= sizeof command);
        memcpy(command, a->data.p, a->data.n);
        in.data = rig_answer(r, BYTES(command, a->data.n), answer);
        modem_input(r->modem, r->now, &in);
    } else if (a->type == MODEM_OUT_CARD_RESET) {
        in.type = MODEM_IN_CARD_ATR;
        in.data = toycard_reset(&r->card);
        modem_input(r->modem, r->now, &in);
    }
}

static inline void rig_give(struct fuzz_rig *r, enum modem_input_type type, struct bytes data)
{
    struct modem_action a;
    struct modem_status s;
    unsigned rounds = 0;

    modem_input(r->modem, r->now, &(struct modem_input){.type = type, .data = data});
    while (modem_next(r->modem, &a)) {
        FUZZ_CHECK(++rounds < RIG_ROUNDS_MAX);
        rig_perform(r, &a);
    }
    modem_get_status(r->modem, &s);
    FUZZ_CHECK(strlen(s.imsi) < sizeof s.imsi && strlen(s.iccid) < sizeof s.iccid);
    FUZZ_CHECK(s.powered || modem_deadline(r->modem) == INT64_MAX);
}

static inline void rig_wait(struct fuzz_rig *r, int64_t ms)
{
    int64_t end = r->now + ms;

    while (modem_deadline(r->modem) <= end && r->deadlines < RIG_DEADLINES) {
        if (modem_deadline(r->modem) > r->now)
            r->now = modem_deadline(r->modem);
        r->deadlines++;
        rig_give(r, MODEM_IN_TIME, BYTES_NONE);
    }
    r->now = end;
}

static inline void rig_say(struct fuzz_rig *r, const struct air_message *msg)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(air_encode(msg, &b) == XK_OK);
    rig_give(r, MODEM_IN_AIR, buf_bytes(&b));
}

static inline void rig_attach(struct fuzz_rig *r)
{
    rig_say(r, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 7});
    rig_say(r, &(struct air_message){.type = AIR_ATTACH_ACCEPT, .t3324_s = 20, .t3412_s = 3600});
}

static inline void rig_deliver(struct fuzz_rig *r, const char *rp)
{
    struct air_message msg = {.type = AIR_CP_DATA};
    uint8_t wire[256];
    size_t n;

    FUZZ_CHECK(hex_decode(bytes_cstr(rp), wire, sizeof wire, &n) == XK_OK);
    msg.rp = BYTES(wire, n);
    rig_say(r, &msg);
}

static inline void rig_end(struct fuzz_rig *r)
{
    modem_free(r->modem);
}

#endif
