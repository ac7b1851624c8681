/* SPDX-License-Identifier: Apache-2.0 */
/* The card: power, one command at a time, and the jobs that use it. */
#include "terminal/modem/core.h"

#define CLA_GSM 0xA0
#define CLA_CHANNEL 0x43 /* bits of the class byte that stay in GET RESPONSE */

struct job_row {
    void (*start)(struct modem *m);
    void (*response)(struct modem *m, const struct apdu_response *r);
    void (*lost)(struct modem *m);
};

static const struct job_row jobs[] = {
    {NULL, NULL, NULL},
#define MODEM_JOB(name, start, response, lost) {start, response, lost},
#include "terminal/modem/jobs.def"
#undef MODEM_JOB
};
_Static_assert(ARRAY_LEN(jobs) == JOB_COUNT && JOB_COUNT <= 32, "one row a job, one bit a job");

bool modem_sw_ok(uint16_t sw)
{
    return sw == SW_OK || sw >> 8 == 0x91 || (sw >= 0x9200 && sw <= 0x920F);
}

uint8_t modem_cla(const struct modem *m, uint8_t cla)
{
    return m->card.gsm ? CLA_GSM : cla;
}

static void send_wire(struct modem *m, struct bytes wire)
{
    m->card.awaiting = true;
    modem_put(m, MODEM_OUT_CARD_APDU, wire);
}

static void send_command(struct modem *m, const struct apdu_command *c)
{
    uint8_t mem[APDU_COMMAND_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    apdu_encode_command(&b, c);
    m->card.cla = c->cla;
    m->card.ins = c->ins;
    m->card.p1 = c->p1;
    m->card.p2 = c->p2;
    send_wire(m, buf_bytes(&b));
    explicit_bzero(mem, sizeof mem);
}

void modem_card_send(struct modem *m, const struct apdu_command *command)
{
    m->card.raw = m->card.refused = false;
    m->card.chained = 0;
    send_command(m, command);
}

void modem_card_send_raw(struct modem *m, struct bytes command)
{
    m->card.raw = true;
    send_wire(m, command);
}

void modem_want(struct modem *m, enum modem_job job)
{
    m->card.wanted |= 1u << job;
}

void modem_job_done(struct modem *m)
{
    m->card.job = JOB_NONE;
    modem_file_forget(m);
}

static enum modem_job next_job(struct modem *m)
{
    for (unsigned job = JOB_NONE + 1; job < JOB_COUNT; job++) {
        if (!(m->card.wanted & 1u << job))
            continue;
        m->card.wanted &= ~(1u << job);
        return (enum modem_job)job;
    }
    return JOB_NONE;
}

static bool may_run(const struct modem *m)
{
    return m->card.state == CARD_STARTING || m->card.state == CARD_PIN ||
           m->card.state == CARD_READY;
}

void modem_run(struct modem *m)
{
    while (may_run(m) && !m->card.awaiting && m->card.job == JOB_NONE) {
        m->card.job = next_job(m);
        if (m->card.job == JOB_NONE)
            return;
        m->card.step = 0;
        jobs[m->card.job].start(m);
    }
}

/* What of the card's state lives in the terminal; the power is another matter. */
static void forget_link(struct modem *m)
{
    uint32_t dropped = m->card.wanted | 1u << m->card.job;

    modem_job_done(m);
    m->card.awaiting = false;
    m->card.wanted = 0;
    buf_wipe(&m->card.chain);
    buf_fini(&m->card.chain);
    buf_init(&m->card.chain, MODEM_CHAIN_MAX);
    m->toolkit.fetch = 0;
    for (size_t job = 0; job < JOB_COUNT; job++)
        if (dropped & 1u << job && jobs[job].lost)
            jobs[job].lost(m);
}

void modem_card_start(struct modem *m)
{
    forget_link(m);
    modem_toolkit_reset(m);
    m->card.state = CARD_AWAIT_ATR;
    modem_put(m, MODEM_OUT_CARD_RESET, BYTES_NONE);
}

/* The subscriber is gone with the card. */
static void forget_contents(struct modem *m)
{
    struct modem_card *c = &m->card;

    c->aid_n = 0;
    c->pin = PIN_READY;
    c->pin_enabled = false;
    c->iccid[0] = c->imsi[0] = c->smsc[0] = '\0';
    c->fplmns = c->sms_records = c->ust_n = 0;
}

void modem_card_off(struct modem *m)
{
    if (m->card.state == CARD_OFF)
        return;
    forget_link(m);
    modem_toolkit_reset(m);
    m->card.state = CARD_OFF;
    forget_contents(m);
    modem_put(m, MODEM_OUT_CARD_OFF, BYTES_NONE);
}

void modem_card_forget(struct modem *m)
{
    forget_link(m);
    forget_contents(m);
    buf_fini(&m->card.chain);
    m->card.state = CARD_OFF;
    m->card.restarts = 0;
}

/* Mute or broken: reset it, but not for ever at full speed. */
static void card_lost(struct modem *m)
{
    forget_link(m);
    m->card.state = CARD_LOST;
    modem_emm_card_gone(m);
    modem_at_card_state(m);
    if (m->card.restarts < MODEM_CARD_RESTARTS) {
        m->card.restarts++;
        modem_card_start(m);
        return;
    }
    modem_toolkit_reset(m);
    forget_contents(m);
    modem_timer_stop(m, TIMER_STATUS_POLL);
    modem_timer_start(m, TIMER_CARD_RETRY, MODEM_CARD_RETRY_MS);
}

void modem_card_retry(struct modem *m)
{
    modem_card_start(m);
}

void modem_card_atr(struct modem *m, struct bytes atr)
{
    if (m->card.state != CARD_AWAIT_ATR)
        return;
    if (atr.n < 2 || (atr.p[0] != 0x3B && atr.p[0] != 0x3F)) { /* ISO 7816-3 8.1: TS */
        m->card.restarts = MODEM_CARD_RESTARTS;
        card_lost(m);
        return;
    }
    m->card.gsm = false;
    forget_contents(m);
    modem_boot_all(m);
}

/* TS 102 221 7.3.1.1.4, 10.2.1: fetches what is left of the answer. True when that is under way. */
static bool follow_up(struct modem *m, const struct apdu_response *r)
{
    uint8_t sw1 = (uint8_t)(r->sw >> 8);
    uint8_t sw2 = (uint8_t)r->sw;
    struct apdu_command c = {.has_le = true, .le = sw2 ? sw2 : 256};

    if (m->card.chained >= MODEM_CHAIN_STEPS)
        return false;
    if (sw1 == 0x61 || sw1 == 0x9F || sw1 == 0x9E) {
        m->card.refused |= sw1 == 0x9E;
        buf_put_bytes(&m->card.chain, r->data);
        c.cla = m->card.cla == CLA_GSM ? CLA_GSM : m->card.cla & CLA_CHANNEL;
        c.ins = INS_GET_RESPONSE;
    } else if (sw1 == 0x6C) {
        c.cla = m->card.cla;
        c.ins = m->card.ins;
        c.p1 = m->card.p1;
        c.p2 = m->card.p2;
    } else {
        return false;
    }
    m->card.chained++;
    send_command(m, &c);
    return true;
}

static void deliver(struct modem *m, const struct apdu_response *r)
{
    enum modem_job job = m->card.job;

    if (m->card.file.active && !modem_file_step(m, r))
        return;
    if (jobs[job].response)
        jobs[job].response(m, r);
}

static void deliver_chained(struct modem *m, const struct apdu_response *last)
{
    struct buf chain = m->card.chain;
    struct apdu_response r = {.sw = last->sw};

    buf_init(&m->card.chain, MODEM_CHAIN_MAX);
    buf_put_bytes(&chain, last->data);
    r.data = buf_bytes(&chain);
    deliver(m, &r);
    buf_wipe(&chain);
    buf_fini(&chain);
}

void modem_card_response(struct modem *m, struct bytes wire)
{
    struct apdu_response r;

    if (!m->card.awaiting)
        return;
    m->card.awaiting = false;
    if (apdu_decode_response(wire, &r) != XK_OK) {
        card_lost(m);
        return;
    }
    if (!m->card.raw && follow_up(m, &r))
        return;
    if (r.sw >> 8 == 0x91) {
        m->toolkit.fetch = r.sw & 0xFF ? r.sw & 0xFF : 256;
        modem_want(m, JOB_FETCH);
    }
    if (m->card.chain.n > 0)
        deliver_chained(m, &r);
    else
        deliver(m, &r);
}
