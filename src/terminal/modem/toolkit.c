/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts the card's toolkit (TS 102 223): profile, polling, proactive commands, envelopes. */
#include "terminal/modem/core.h"

#define PROFILE_LEN 20
#define CAUSE_NONE 0x00
#define CAUSE_NO_SERVICE 0x04      /* TS 102 223 8.12.2 */
#define BIP_CHANNEL_NOT_VALID 0x03 /* 8.12.11 */
#define QUALIFIER_SMS_PACKING 0x01 /* 8.6 */
#define STATUS_NO_DATA 0x0C
#define STATUS_GSM_LE 22
#define LOCATION_NORMAL 0x00 /* 8.27 */
#define LOCATION_LIMITED 0x01
#define LOCATION_NONE 0x02
#define SUPPORTED_EVENTS (1u << CAT_EVENT_LOCATION_STATUS | 1u << CAT_EVENT_ACCESS_TECHNOLOGY)

typedef void command_fn(struct modem *m, const struct cat_proactive *p);

size_t modem_profile(const struct modem *m, uint8_t *out, size_t cap)
{
    const bool never = false;
    const bool no_mo_sms = m->config.no_mo_sms;
    size_t n = cap < PROFILE_LEN ? cap : PROFILE_LEN;

    memset(out, 0, n);
#define MODEM_PROFILE(byte, bit, unless)                                                           \
    if (!(unless))                                                                                 \
        cat_profile_set(out, n, CAT_PROFILE_BIT(byte, bit));
#include "terminal/modem/profile.def"
#undef MODEM_PROFILE
    return n;
}

void modem_toolkit_reset(struct modem *m)
{
    struct modem_toolkit *t = &m->toolkit;

    buf_fini(&t->reply);
    memset(t, 0, sizeof *t);
    buf_init(&t->reply, CAT_DATA_MAX);
    t->poll_s = m->config.status_poll_s ? m->config.status_poll_s : MODEM_POLL_DEFAULT_S;
    for (size_t i = 0; i < MODEM_CAT_TIMERS; i++)
        t->timer[i].due = INT64_MAX;
    m->sms.mo[MO_TOOLKIT].active = false;
    modem_timer_stop(m, TIMER_MO_TOOLKIT);
    modem_timer_stop(m, TIMER_STATUS_POLL);
}

/* ---- terminal responses ---- */

void modem_reply(struct modem *m, uint8_t result, struct bytes additional, struct bytes objects)
{
    struct modem_toolkit *t = &m->toolkit;
    const struct cat_response r = {.number = t->number,
                                   .type = t->type,
                                   .qualifier = t->qualifier,
                                   .result = result,
                                   .additional = additional,
                                   .objects = objects};

    if (!t->busy)
        return;
    buf_reset(&t->reply);
    if (cat_encode_response(&r, &t->reply) == XK_OK)
        modem_want(m, JOB_RESPONSE);
}

void modem_reply_cause(struct modem *m, uint8_t result, uint8_t cause)
{
    modem_reply(m, result, BYTES(&cause, 1), BYTES_NONE);
}

static void reply_result(struct modem *m, uint8_t result)
{
    modem_reply(m, result, BYTES_NONE, BYTES_NONE);
}

void modem_reply_start(struct modem *m)
{
    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0x80),
                                              .ins = INS_TERMINAL_RESPONSE,
                                              .data = buf_bytes(&m->toolkit.reply)});
}

void modem_reply_response(struct modem *m, const struct apdu_response *r)
{
    struct modem_toolkit *t = &m->toolkit;

    (void)r;
    t->busy = false;
    buf_fini(&t->reply);
    buf_init(&t->reply, CAT_DATA_MAX);
    m->card.wanted |= t->postponed;
    t->postponed = 0;
    if (t->fetch)
        modem_want(m, JOB_FETCH);
    modem_job_done(m);
    if (t->refresh_waiting)
        modem_refresh_act(m);
}

/* ---- the commands ---- */

static void accept(struct modem *m, const struct cat_proactive *p)
{
    (void)p;
    reply_result(m, CAT_RESULT_OK);
}

static void beyond(struct modem *m, const struct cat_proactive *p)
{
    (void)p;
    reply_result(m, CAT_RESULT_BEYOND_CAPABILITIES);
}

static void no_such_channel(struct modem *m, const struct cat_proactive *p)
{
    (void)p;
    modem_reply_cause(m, CAT_RESULT_BIP_ERROR, BIP_CHANNEL_NOT_VALID);
}

/* TS 102 223 8.56: no channel available, link not established */
static void no_channels(struct modem *m, const struct cat_proactive *p)
{
    static const uint8_t status[] = {CAT_TAG_CHANNEL_STATUS | CAT_COMPREHENSION, 2, 0, 0};

    (void)p;
    modem_reply(m, CAT_RESULT_OK, BYTES_NONE, BYTES_OF(status));
}

/* TS 102 223 6.4.6: the interval that will be used goes back to the card. */
static void poll_interval(struct modem *m, const struct cat_proactive *p)
{
    uint8_t object[4] = {CAT_TAG_DURATION | CAT_COMPREHENSION, 2};
    struct bytes duration;
    uint32_t ms;

    if (cat_tlv_find(p->objects, CAT_TAG_DURATION, &duration) != XK_OK) {
        reply_result(m, CAT_RESULT_VALUES_MISSING);
        return;
    }
    if (cat_decode_duration(duration, &ms) != XK_OK) {
        reply_result(m, CAT_RESULT_DATA_NOT_UNDERSTOOD);
        return;
    }
    m->toolkit.poll_s = ms < 1000 ? 1 : ms / 1000;
    cat_encode_duration(m->toolkit.poll_s, object + 2);
    modem_poll_restart(m);
    modem_reply(m, CAT_RESULT_OK, BYTES_NONE, BYTES_OF(object));
}

static void polling_off(struct modem *m, const struct cat_proactive *p)
{
    m->toolkit.poll_s = 0;
    modem_timer_stop(m, TIMER_STATUS_POLL);
    accept(m, p);
}

/* TS 102 223 6.4.16: replaces the list; an empty one ends it. */
static void set_up_event_list(struct modem *m, const struct cat_proactive *p)
{
    struct bytes list = BYTES_NONE;
    uint32_t events = 0;

    if (cat_tlv_find(p->objects, CAT_TAG_EVENT_LIST, &list) != XK_OK) {
        reply_result(m, CAT_RESULT_VALUES_MISSING);
        return;
    }
    for (size_t i = 0; i < list.n; i++)
        events |= list.p[i] < 32 ? 1u << list.p[i] : 1u << 31;
    if (events & ~SUPPORTED_EVENTS) {
        reply_result(m, CAT_RESULT_BEYOND_CAPABILITIES);
        return;
    }
    m->toolkit.events = events;
    reply_result(m, CAT_RESULT_OK);
}

static void display_text(struct modem *m, const struct cat_proactive *p)
{
    struct bytes text;

    if (cat_tlv_find(p->objects, CAT_TAG_TEXT_STRING, &text) != XK_OK) {
        reply_result(m, CAT_RESULT_VALUES_MISSING);
        return;
    }
    modem_at_display(m, text);
    reply_result(m, CAT_RESULT_OK);
}

/* TON/NPI and BCD to text */
static void number_text(struct bytes address, char out[SMS_NUMBER_TEXT])
{
    char digits[SMS_NUMBER_TEXT - 1];

    out[0] = '\0';
    if (address.n < 2 || ef_get_bcd(bytes_part(address, 1, address.n), digits, sizeof digits))
        return;
    snprintf(out, SMS_NUMBER_TEXT, "%s%s", (address.p[0] & 0x70) == 0x10 ? "+" : "", digits);
}

/* TS 102 223 6.4.10; answered when the network has answered (modem_mo_toolkit_ended). */
static void send_short_message(struct modem *m, const struct cat_proactive *p)
{
    char smsc[SMS_NUMBER_TEXT] = "";
    struct bytes address, tpdu;

    if (m->config.no_mo_sms || p->qualifier & QUALIFIER_SMS_PACKING) {
        reply_result(m, CAT_RESULT_BEYOND_CAPABILITIES);
        return;
    }
    if (cat_tlv_find(p->objects, CAT_TAG_SMS_TPDU, &tpdu) != XK_OK || tpdu.n == 0) {
        reply_result(m, CAT_RESULT_VALUES_MISSING);
        return;
    }
    if (cat_tlv_find(p->objects, CAT_TAG_ADDRESS, &address) == XK_OK)
        number_text(address, smsc);
    if (!modem_mo_send(m, MO_TOOLKIT, smsc[0] ? smsc : m->card.smsc, tpdu))
        modem_reply_cause(m, CAT_RESULT_TERMINAL_UNABLE, CAUSE_NO_SERVICE);
}

static const struct command_row {
    uint8_t type;
    command_fn *perform;
} commands[] = {
#define MODEM_COMMAND(name, handler) {CAT_##name, handler},
#include "terminal/modem/commands.def"
#undef MODEM_COMMAND
};

static void perform(struct modem *m, const struct cat_proactive *p)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].type != p->type)
            continue;
        commands[i].perform(m, p);
        return;
    }
    reply_result(m, CAT_RESULT_TYPE_NOT_UNDERSTOOD);
}

void modem_fetch_again(struct modem *m)
{
    modem_want(m, JOB_FETCH);
}

/* A card may always have another command: without a bound nothing else would ever be done. */
static bool enough(struct modem *m)
{
    struct modem_card *c = &m->card;

    if (c->fetched_at != m->now)
        c->fetches = 0;
    c->fetched_at = m->now;
    if (c->fetches < MODEM_FETCH_BURST) {
        c->fetches++;
        return false;
    }
    modem_timer_start(m, TIMER_FETCH, 1000);
    return true;
}

void modem_fetch_start(struct modem *m)
{
    struct modem_toolkit *t = &m->toolkit;

    if (t->busy || t->fetch == 0 || m->config.no_toolkit || enough(m)) {
        modem_job_done(m);
        return;
    }
    modem_card_send(
        m, &(struct apdu_command){
               .cla = modem_cla(m, 0x80), .ins = INS_FETCH, .has_le = true, .le = t->fetch});
    t->fetch = 0;
}

/* What cannot be read is answered with the details that can (TS 102 223 6.10). */
void modem_fetch_response(struct modem *m, const struct apdu_response *r)
{
    struct modem_toolkit *t = &m->toolkit;
    struct cat_proactive p = {0};
    enum xk_err err = cat_decode_proactive(r->data, &p);

    modem_job_done(m);
    if (!modem_sw_ok(r->sw))
        return;
    t->busy = true;
    t->number = p.number;
    t->type = p.type;
    t->qualifier = p.qualifier;
    if (err == XK_OK)
        perform(m, &p);
    else
        reply_result(m, CAT_RESULT_DATA_NOT_UNDERSTOOD);
}

/* ---- polling (TS 102 221 14.5.2) ---- */

void modem_poll_restart(struct modem *m)
{
    if (m->toolkit.poll_s == 0 || m->emm.asleep || m->card.state != CARD_READY)
        modem_timer_stop(m, TIMER_STATUS_POLL);
    else
        modem_timer_start(m, TIMER_STATUS_POLL, (int64_t)m->toolkit.poll_s * 1000);
}

void modem_poll_due(struct modem *m)
{
    modem_want(m, JOB_STATUS);
    modem_poll_restart(m);
}

void modem_status_start(struct modem *m)
{
    struct apdu_command c = {.cla = modem_cla(m, 0x80), .ins = INS_STATUS};

    if (m->card.gsm) {
        c.has_le = true;
        c.le = STATUS_GSM_LE;
    } else {
        c.p2 = STATUS_NO_DATA;
    }
    modem_card_send(m, &c);
}

void modem_status_response(struct modem *m, const struct apdu_response *r)
{
    (void)r;
    modem_job_done(m);
}

/* ---- envelopes ---- */

void modem_send_envelope(struct modem *m, struct bytes envelope)
{
    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0x80),
                                              .ins = INS_ENVELOPE,
                                              .data = envelope,
                                              .has_le = !m->card.gsm,
                                              .le = m->card.gsm ? 0 : 256});
}

void modem_event(struct modem *m, enum cat_event event)
{
    if (!(m->toolkit.events & 1u << event))
        return;
    modem_want(m, event == CAT_EVENT_LOCATION_STATUS ? JOB_EVENT_LOCATION : JOB_EVENT_ACCESS);
}

static void send_event(struct modem *m, enum xk_err err, struct buf *b)
{
    if (err == XK_OK && buf_ok(b) == XK_OK)
        modem_send_envelope(m, buf_bytes(b));
    else
        modem_job_done(m);
}

/* TS 102 223 7.5.4 */
void modem_event_location_start(struct modem *m)
{
    uint8_t mem[CAT_DATA_MAX], place[MODEM_PLACE_MAX];
    uint8_t status = LOCATION_LIMITED;
    struct buf b;
    size_t n = 0;

    buf_init_fixed(&b, mem, sizeof mem);
    if (!m->emm.cell.known || !m->emm.radio_on)
        status = LOCATION_NONE;
    else if (m->emm.state == EMM_REGISTERED)
        status = LOCATION_NORMAL;
    if (status == LOCATION_NORMAL)
        n = modem_location_value(m, place);
    send_event(m, cat_encode_location_event(status, BYTES(place, n), &b), &b);
}

/* TS 102 223 7.5.12 */
void modem_event_access_start(struct modem *m)
{
    uint8_t mem[CAT_DATA_MAX];
    const uint8_t event = CAT_EVENT_ACCESS_TECHNOLOGY;
    const uint8_t devices[] = {CAT_DEV_TERMINAL, CAT_DEV_UICC};
    uint8_t technology = modem_access_technology(m);
    struct buf b;
    size_t at;

    buf_init_fixed(&b, mem, sizeof mem);
    at = tlv_begin(&b, CAT_ENV_EVENT);
    cat_tlv_put(&b, CAT_TAG_EVENT_LIST | CAT_COMPREHENSION, BYTES(&event, 1));
    cat_tlv_put(&b, CAT_TAG_DEVICE_IDENTITIES | CAT_COMPREHENSION, BYTES_OF(devices));
    cat_tlv_put(&b, CAT_TAG_ACCESS_TECHNOLOGY | CAT_COMPREHENSION, BYTES(&technology, 1));
    tlv_end(&b, at);
    send_event(m, XK_OK, &b);
}

void modem_event_response(struct modem *m, const struct apdu_response *r)
{
    if (r->sw == SW_TOOLKIT_BUSY && m->toolkit.busy)
        m->toolkit.postponed |= 1u << m->card.job;
    modem_job_done(m);
}
