/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/modem/modem.h"

#include "terminal/modem/core.h"

#define ACTION_HEAD 3 /* type(1) length(2) in front of each waiting action */

typedef void timer_fn(struct modem *m);

static timer_fn *const timer_handlers[] = {
#define MODEM_TIMER(name, handler) handler,
#include "terminal/modem/timers.def"
#undef MODEM_TIMER
};
_Static_assert(ARRAY_LEN(timer_handlers) == TIMER_COUNT, "one handler a timer");

void modem_put(struct modem *m, enum modem_action_type type, struct bytes data)
{
    if (type == MODEM_OUT_AIR && m->out.n > MODEM_AIR_ROOM)
        return;
    buf_put_u8(&m->out, (uint8_t)type);
    buf_put_u16(&m->out, (uint16_t)data.n);
    buf_put_bytes(&m->out, data);
}

void modem_timer_start(struct modem *m, enum modem_timer timer, int64_t after_ms)
{
    m->due[timer] = m->now + after_ms;
}

void modem_timer_stop(struct modem *m, enum modem_timer timer)
{
    m->due[timer] = INT64_MAX;
}

static void stop_all_timers(struct modem *m)
{
    for (size_t i = 0; i < TIMER_COUNT; i++)
        m->due[i] = INT64_MAX;
}

static void release_out(struct modem *m)
{
    buf_fini(&m->out);
    buf_init(&m->out, MODEM_OUT_MAX);
    m->out_at = 0;
}

enum xk_err modem_new(const struct modem_config *config, struct modem **out)
{
    struct modem *m = calloc(1, sizeof *m);

    if (!m)
        return XK_E_NOMEM;
    m->config = *config;
    m->emm.radio_on = true;
    buf_init(&m->out, MODEM_OUT_MAX);
    buf_init(&m->card.chain, MODEM_CHAIN_MAX);
    buf_init(&m->card.file.data, APDU_COMMAND_MAX);
    buf_init(&m->toolkit.reply, CAT_DATA_MAX);
    stop_all_timers(m);
    modem_toolkit_reset(m);
    if (config->at_port && modem_at_new(m) != XK_OK) {
        modem_free(m);
        return XK_E_NOMEM;
    }
    *out = m;
    return XK_OK;
}

/* Everything that a power cut takes away. */
static void forget(struct modem *m)
{
    stop_all_timers(m);
    modem_card_forget(m);
    modem_toolkit_reset(m);
    modem_emm_reset(m);
    modem_sms_forget(m);
    modem_at_power(m);
}

void modem_free(struct modem *m)
{
    if (!m)
        return;
    forget(m);
    modem_at_free(m);
    buf_fini(&m->out);
    buf_fini(&m->toolkit.reply);
    explicit_bzero(m, sizeof *m);
    free(m);
}

static void power_on(struct modem *m)
{
    if (m->powered)
        return;
    m->powered = true;
    modem_at_power(m);
    modem_card_start(m);
}

static void power_off(struct modem *m)
{
    if (!m->powered)
        return;
    modem_emm_detach(m);
    modem_card_off(m);
    forget(m);
    m->powered = false;
}

void modem_restart(struct modem *m)
{
    modem_emm_detach(m);
    modem_card_off(m);
    forget(m);
    modem_card_start(m);
}

static void power_cut(struct modem *m)
{
    forget(m);
    release_out(m);
    modem_at_drop(m);
    m->powered = false;
}

static void time_passed(struct modem *m)
{
    for (size_t i = 0; i < TIMER_COUNT; i++) {
        if (m->due[i] > m->now)
            continue;
        m->due[i] = INT64_MAX;
        timer_handlers[i](m);
    }
    modem_toolkit_time(m);
}

static void powered_input(struct modem *m, const struct modem_input *in)
{
    if (in->type == MODEM_IN_CARD_ATR)
        modem_card_atr(m, in->data);
    else if (in->type == MODEM_IN_CARD_RESPONSE)
        modem_card_response(m, in->data);
    else if (in->type == MODEM_IN_AIR)
        modem_air(m, in->data);
    else if (in->type == MODEM_IN_AT)
        modem_at_input(m, in->data);
    else if (in->type == MODEM_IN_TIME)
        time_passed(m);
    modem_at_run(m);
    modem_run(m);
}

void modem_input(struct modem *m, int64_t now, const struct modem_input *in)
{
    m->now = now;
    if (m->out_at >= m->out.n)
        release_out(m);
    if (in->type == MODEM_IN_POWER_ON)
        power_on(m);
    else if (in->type == MODEM_IN_POWER_OFF)
        power_off(m);
    else if (in->type == MODEM_IN_POWER_CUT)
        power_cut(m);
    else if (m->powered)
        powered_input(m, in);
    else if (in->type == MODEM_IN_AIR)
        modem_air(m, in->data);
}

bool modem_next(struct modem *m, struct modem_action *out)
{
    const uint8_t *head;

    if (m->out_at >= m->out.n) {
        release_out(m);
        return modem_at_next(m, out);
    }
    head = m->out.p + m->out_at;
    out->type = (enum modem_action_type)head[0];
    out->data = BYTES(head + ACTION_HEAD, (size_t)(head[1] << 8 | head[2]));
    m->out_at += ACTION_HEAD + out->data.n;
    return true;
}

int64_t modem_deadline(const struct modem *m)
{
    int64_t at = modem_toolkit_deadline(m);

    for (size_t i = 0; i < TIMER_COUNT; i++)
        if (m->due[i] < at)
            at = m->due[i];
    return at;
}

void modem_get_status(const struct modem *m, struct modem_status *out)
{
    *out = (struct modem_status){
        .powered = m->powered,
        .card_ready = m->card.state == CARD_READY,
        .asleep = m->emm.asleep,
        .registration = modem_registration(m),
        .reject_cause = m->emm.cause,
        .attaches = m->attaches,
        .aka_resyncs = m->aka_resyncs,
        .sms_mt = m->sms_mt,
        .sms_mo = m->sms_mo,
        .refreshes = m->refreshes,
    };
    memcpy(out->imsi, m->card.imsi, sizeof m->card.imsi);
    memcpy(out->iccid, m->card.iccid, sizeof m->card.iccid);
    if (m->emm.state == EMM_REGISTERED)
        memcpy(out->plmn, m->emm.camped.plmn, sizeof out->plmn);
}
