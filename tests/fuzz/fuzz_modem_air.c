/* SPDX-License-Identifier: Apache-2.0 */
/* What the network says and what the card answers. The first octet chooses modem and card; then
 * steps of a kind, a length and so many octets. */
#include "fuzz_modem.h"

enum step {
    STEP_AIR,       /* an air message */
    STEP_RP,        /* a CP-DATA with this in it */
    STEP_ANSWER,    /* what the next command to the card is answered with */
    STEP_PROACTIVE, /* a proactive command waits on the card */
    STEP_AUTH,      /* what AUTHENTICATE is answered with */
    STEP_ENVELOPE,  /* SW, data: what an envelope is answered with */
    STEP_WAIT,      /* seconds, two octets */
    STEP_ATTACH,
    STEP_POWER, /* 0 off, 1 on, else cut */
    STEP_MUTE,  /* the card falls silent at this command */
    STEP_FILE,  /* identifier(2), contents: of the card's application */
    STEP_KINDS
};

static void set_file(struct fuzz_rig *r, struct bytes data)
{
    struct cur c = cur_of(data);
    struct toy_file *f = toycard_file(&r->card, 0x7FFF, cur_u16(&c));
    struct bytes contents = bytes_part(cur_rest(&c), 0, TOY_FILE_LEN);

    if (!f || contents.n == 0)
        return;
    memcpy(f->data[0], contents.p, contents.n);
    f->len = (uint8_t)contents.n;
}

static void queue(struct fuzz_rig *r, struct bytes data)
{
    struct toy_apdu *a = &r->card.queue[r->card.queued];

    if (r->card.queued == TOY_QUEUE || data.n == 0)
        return;
    memcpy(a->wire, data.p, data.n);
    a->n = data.n;
    r->card.queued++;
}

static void set_envelope(struct fuzz_rig *r, struct bytes data)
{
    struct cur c = cur_of(data);
    struct bytes rest;

    r->card.envelope_sw = cur_u16(&c);
    rest = bytes_part(cur_rest(&c), 0, sizeof r->card.envelope);
    if (rest.n > 0)
        memcpy(r->card.envelope, rest.p, rest.n);
    r->card.envelope_n = rest.n;
}

static void set_auth(struct fuzz_rig *r, struct bytes data)
{
    data = bytes_part(data, 0, sizeof r->card.auth);
    if (data.n > 0)
        memcpy(r->card.auth, data.p, data.n);
    r->card.auth_n = data.n;
}

static void power(struct fuzz_rig *r, uint8_t how)
{
    rig_give(r,
             how == 0   ? MODEM_IN_POWER_OFF
             : how == 1 ? MODEM_IN_POWER_ON
                        : MODEM_IN_POWER_CUT,
             BYTES_NONE);
}

static void take_step(struct fuzz_rig *r, enum step step, struct bytes data)
{
    struct cur c = cur_of(data);

    switch (step) {
    case STEP_AIR:
        rig_give(r, MODEM_IN_AIR, data);
        break;
    case STEP_RP:
        rig_say(r, &(struct air_message){.type = AIR_CP_DATA, .rp = data});
        break;
    case STEP_ANSWER:
        if (r->answer_count < RIG_ANSWERS)
            r->answers[r->answer_count++] = data;
        break;
    case STEP_PROACTIVE:
        queue(r, data);
        break;
    case STEP_AUTH:
        set_auth(r, data);
        break;
    case STEP_ENVELOPE:
        set_envelope(r, data);
        break;
    case STEP_WAIT:
        rig_wait(r, (int64_t)cur_u16(&c) * 1000);
        break;
    case STEP_ATTACH:
        rig_attach(r);
        break;
    case STEP_POWER:
        power(r, cur_u8(&c));
        break;
    case STEP_MUTE:
        r->card.mute_at = cur_u8(&c);
        break;
    case STEP_FILE:
        set_file(r, data);
        break;
    case STEP_KINDS:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct modem_config config = {.imei = "861234567890127", .imeisv = "8612345678901201"};
    static struct fuzz_rig r;
    struct cur c = cur_of(BYTES(data, n));
    uint8_t choice = cur_u8(&c);

    config.rat = (enum air_rat)(1 + (choice & 3));
    config.edrx_s = choice & 0x40 ? 81 : 0;
    config.at_port = choice & 0x80;
    rig_begin(&r, &config);
    r.card.sim_only = choice & 4;
    r.card.t0 = choice & 8;
    r.card.gone = choice & 0x10;
    rig_give(&r, MODEM_IN_POWER_ON, BYTES_NONE);
    if (choice & 0x20)
        rig_attach(&r);
    while (c.n > 0) {
        uint8_t step = cur_u8(&c);
        struct bytes payload = bytes_part(BYTES(c.p, c.n), 1, c.n ? c.p[0] : 0);

        cur_take(&c, c.n > payload.n ? payload.n + 1 : c.n);
        take_step(&r, (enum step)(step % STEP_KINDS), payload);
    }
    rig_end(&r);
    return 0;
}
