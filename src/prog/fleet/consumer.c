/* SPDX-License-Identifier: Apache-2.0 */
/* One consumer device: a round looks what is on the card and does what is still to be done; a round
 * that breaks off is begun again. */
#include "prog/fleet/consumer.h"

#include "base/log.h"
#include "prog/fleet/core.h"

#define STEPS_MAX 100000 /* actions in a row; an LPA that wants more is stuck */
#define POLL_MS 100
#define POLLS_MAX 100 /* ten seconds for a card to start */
#define START_MS 1000 /* after power on, and after the code was scanned */
#define AGAIN_MS 1000
#define AGAIN_DOUBLINGS 5
#define TLS_MISSES_MAX 2
#define FAULT_MAX 2048

/* ---- making ---- */

static enum xk_err open_number(struct fleet *f, uint32_t k)
{
    struct testnet_subscriber s;
    enum xk_err err;

    fleet_consumer_subscriber(f, k, &s);
    err = testnet_open(f->net, &s);
    explicit_bzero(&s, sizeof s);
    return err;
}

enum xk_err consumer_make(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);
    uint32_t k = i - f->config.devices;

    c->wake_at = INT64_MAX;
    c->memory = flash_memory_new();
    if (!c->memory)
        return XK_E_NOMEM;
    c->port = flash_memory_port(c->memory);
    TRY(f->hooks.make_euicc(f->hooks.ctx, k, &c->port, &c->card));
    return open_number(f, k);
}

static void end_work(struct consumer *c)
{
    if (c->work) {
        lpa_free(c->work->lpa);
        explicit_bzero(c->work, sizeof *c->work);
    }
    free(c->work);
    c->work = NULL;
    c->wait = WAIT_NOTHING;
    c->wake_at = INT64_MAX;
}

void consumer_free(struct consumer *c)
{
    end_work(c);
    euicc_free(c->card);
    flash_memory_free(c->memory);
    free(c->code);
    free(c->fault);
}

/* ---- when ---- */

static void wake_in(struct fleet *f, uint32_t i, int64_t ms)
{
    struct consumer *c = fleet_consumer_of(f, i);

    c->wake_at = f->now + ms;
    fleet_later(f, c->wake_at, FLEET_WAKE, i);
}

static bool has_plans(const struct consumer *c)
{
    return c->code && c->state != CONSUMER_ENABLED && c->state != CONSUMER_FAILED;
}

void consumer_power_on(struct fleet *f, uint32_t i)
{
    if (has_plans(fleet_consumer_of(f, i)))
        wake_in(f, i, START_MS);
}

/* The LPA runs in the device. */
void consumer_power_lost(struct consumer *c)
{
    end_work(c);
}

void consumer_attached(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    if (c->attached == 0)
        c->attached = f->now;
}

/* ---- how a task went ---- */

/* A server that is away is asked less and less often; a gap in coverage says nothing about it. */
static void again_later(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);
    unsigned doublings = c->misses < AGAIN_DOUBLINGS ? c->misses : AGAIN_DOUBLINGS;

    if (testnet_is_covered(f->net, i))
        c->misses++;
    else
        doublings = 0;
    end_work(c);
    wake_in(f, i, (int64_t)AGAIN_MS << doublings);
}

/* Nobody refused: way and power come back. A TLS handshake may have been cut, too. */
static bool may_pass(const struct consumer *c, const struct lpa_fault *fault)
{
    switch ((int)fault->kind) {
    case LPA_FAULT_INSTALL_FAILED:
        return fault->code == RSP_REASON_INTERRUPTION;
    case LPA_FAULT_SERVER_TLS:
        return c->misses < TLS_MISSES_MAX;
    case LPA_FAULT_CARD_GONE:
    case LPA_FAULT_NO_CHANNEL:
    case LPA_FAULT_NO_EUICC: /* +CCHO does not say why */
    case LPA_FAULT_NOT_INSTALLED:
    case LPA_FAULT_SERVER_UNREACHABLE:
    case LPA_FAULT_SERVER_CUT:
    case LPA_FAULT_SERVER_HTTP:
        return true;
    default:
        return false;
    }
}

static void keep_fault(struct consumer *c, const struct lpa_fault *fault)
{
    char text[FAULT_MAX];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text - 1);
    lpa_fault_text(fault, &b);
    free(c->fault);
    c->fault = strdup(buf_cstr(&b));
}

static void failed(struct fleet *f, uint32_t i, const struct lpa_fault *fault)
{
    struct consumer *c = fleet_consumer_of(f, i);
    bool again = may_pass(c, fault);

    keep_fault(c, fault);
    xk_log(again ? XK_LOG_INFO : XK_LOG_WARN, "consumer.%s consumer=%u fault=%s text=\"%s\"",
           again ? "broke_off" : "failed", i - f->config.devices, lpa_fault_name(fault->kind),
           c->fault ? c->fault : "");
    if (again) {
        again_later(f, i);
        return;
    }
    c->state = CONSUMER_FAILED;
    end_work(c);
}

static void all_done(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    free(c->fault);
    c->fault = NULL;
    c->state = CONSUMER_ENABLED;
    xk_log(XK_LOG_INFO, "consumer.enabled consumer=%u tries=%u", i - f->config.devices, c->tries);
    end_work(c);
}

/* ---- what is to be done ---- */

static void perform(struct fleet *f, uint32_t i, const struct lpa_action *a);

/* The LPA with this input, up to an action that is more than news. */
static void next(struct fleet *f, uint32_t i, const struct lpa_input *in)
{
    struct consumer *c = fleet_consumer_of(f, i);
    struct lpa_action a;
    enum xk_err err = lpa_next(c->work->lpa, in, &a);

    while (err == XK_OK && a.type == LPA_PROGRESS)
        err = lpa_next(c->work->lpa, NULL, &a);
    if (err == XK_OK)
        perform(f, i, &a);
    else
        failed(f, i, &(struct lpa_fault){.kind = LPA_FAULT_OWN});
}

static void begin(struct fleet *f, uint32_t i, const struct lpa_task *task)
{
    struct consumer *c = fleet_consumer_of(f, i);

    c->work->task = task->type;
    if (lpa_begin(c->work->lpa, task) == XK_OK)
        next(f, i, NULL);
    else
        failed(f, i, &(struct lpa_fault){.kind = LPA_FAULT_OWN});
}

static void download(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);
    const struct lpa_task task = {.type = LPA_TASK_DOWNLOAD, .code = *c->code};

    c->tries++;
    begin(f, i, &task);
}

static void enable(struct fleet *f, uint32_t i, const struct lpa_profile *profile)
{
    struct lpa_task task = {.type = LPA_TASK_ENABLE};
    uint8_t id[RSP_AID_MAX];

    fleet_consumer_of(f, i)->state = CONSUMER_ENABLING;
    if (lpa_profile_id_from_text(bytes_cstr(profile->iccid), id, &task.profile) == XK_OK)
        begin(f, i, &task);
    else
        failed(f, i, &(struct lpa_fault){.kind = LPA_FAULT_OWN});
}

static void tell(struct fleet *f, uint32_t i)
{
    begin(f, i, &(struct lpa_task){.type = LPA_TASK_NOTIFY});
}

static bool is_enabled(const struct lpa_profile *p)
{
    return p->info.has_state && p->info.state == RSP_PROFILE_ENABLED;
}

/* The card says how far it has come, whatever this device still knows of it. */
static void choose(struct fleet *f, uint32_t i, const struct lpa_result *r)
{
    struct consumer *c = fleet_consumer_of(f, i);

    for (size_t k = 0; k < r->profiles_n; k++) {
        if (!is_enabled(&r->profiles[k]))
            continue;
        c->state = CONSUMER_TELLING;
        tell(f, i);
        return;
    }
    if (r->profiles_n > 0)
        enable(f, i, &r->profiles[0]);
    else if (c->work->task == LPA_TASK_LIST)
        download(f, i);
    else
        failed(f, i, &(struct lpa_fault){.kind = LPA_FAULT_NOT_INSTALLED});
}

static void task_done(struct fleet *f, uint32_t i, const struct lpa_result *r)
{
    struct consumer *c = fleet_consumer_of(f, i);

    if (!r->ok) {
        failed(f, i, &r->fault);
        return;
    }
    if (c->work->task != LPA_TASK_LIST && r->kept == 0)
        c->misses = 0;
    switch ((int)c->work->task) {
    case LPA_TASK_LIST:
    case LPA_TASK_DOWNLOAD:
        choose(f, i, r);
        break;
    case LPA_TASK_ENABLE:
    case LPA_TASK_NOTIFY:
        c->state = CONSUMER_TELLING;
        if (r->kept > 0)
            failed(f, i, &r->notification_fault);
        else
            all_done(f, i);
        break;
    default:
        break;
    }
}

/* ---- what the LPA wants ---- */

static bool card_is_ready(const struct fleet *f, uint32_t i)
{
    struct modem_status s;

    modem_get_status(f->units[i].modem, &s);
    return s.card_ready;
}

static uint32_t refreshes(const struct fleet *f, uint32_t i)
{
    struct modem_status s;

    modem_get_status(f->units[i].modem, &s);
    return s.refreshes;
}

/* After REFRESH the modem has reset the card, and after a card that fell silent; a card that asked
 * for nothing is reset with the modem. */
static void wait_for_card(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);
    struct consumer_work *w = c->work;

    c->wait = WAIT_CARD;
    w->polls = 0;
    wake_in(f, i, POLL_MS);
    if (refreshes(f, i) == w->refreshes && w->link.result == AT_OK)
        link_restart(f, i); /* it may end the work */
}

static void give(struct consumer *c, const struct lpa_input *in)
{
    c->work->input = *in;
    c->work->has_input = true;
}

static enum xk_err ask_server(struct fleet *f, uint32_t i, const struct lpa_action *a)
{
    if (!f->hooks.on_post)
        return XK_E_UNSUPPORTED;
    return f->hooks.on_post(f->hooks.ctx, i - f->config.devices,
                            fleet_consumer_of(f, i)->work->ticket, a->address, &a->post);
}

static void post(struct fleet *f, uint32_t i, const struct lpa_action *a)
{
    bool covered = testnet_is_covered(f->net, i);
    struct consumer *c = fleet_consumer_of(f, i);
    enum xk_err err;

    c->wait = WAIT_REPLY;
    c->work->ticket = ++f->tickets;
    err = covered ? ask_server(f, i, a) : XK_E_CLOSED;
    if (err != XK_OK)
        give(c, &(struct lpa_input){.type = LPA_IN_REPLY,
                                    .reply = {.kind = LPA_REPLY_UNREACHABLE,
                                              .text = covered ? xk_err_text(err) : "no coverage"}});
}

static void perform(struct fleet *f, uint32_t i, const struct lpa_action *a)
{
    struct consumer *c = fleet_consumer_of(f, i);

    switch (a->type) {
    case LPA_TRANSMIT:
        c->wait = WAIT_APDU;
        c->work->refreshes = refreshes(f, i);
        link_transmit(f, i, a->channel, a->command);
        break;
    case LPA_OPEN_CHANNEL:
        c->wait = WAIT_READY;
        c->work->polls = 0;
        c->work->aid = a->aid;
        wake_in(f, i, POLL_MS);
        break;
    case LPA_CLOSE_CHANNEL:
        c->wait = WAIT_CLOSED;
        link_close(f, i, a->channel);
        break;
    case LPA_RESET_CARD:
        wait_for_card(f, i);
        break;
    case LPA_POST:
        post(f, i, a);
        break;
    case LPA_WAIT:
        c->wait = WAIT_TIME;
        wake_in(f, i, a->wait_ms);
        break;
    case LPA_ASK: /* the user wants it */
        give(c, &(struct lpa_input){.type = LPA_IN_ANSWER, .answer = LPA_ANSWER_YES});
        break;
    case LPA_DONE:
        task_done(f, i, a->result);
        break;
    case LPA_PROGRESS:
        break;
    }
}

/* ---- what has come ---- */

static bool link_answered(const struct consumer *c)
{
    return c->work->link.result != AT_PENDING;
}

static void take_link(struct consumer *c)
{
    const struct at_link *l = &c->work->link;
    bool ok = l->result == AT_OK;

    if (c->wait == WAIT_APDU)
        give(c, &(struct lpa_input){.type = LPA_IN_RESPONSE,
                                    .data = ok ? BYTES(l->apdu, l->apdu_n) : BYTES_NONE});
    else
        give(c,
             &(struct lpa_input){.type = LPA_IN_CHANNEL, .ok = ok, .channel = ok ? l->channel : 0});
}

/* True when there is an input for the LPA. */
static bool has_come(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    if (c->work->has_input)
        return true;
    switch (c->wait) {
    case WAIT_APDU:
    case WAIT_OPENED:
    case WAIT_CLOSED:
        if (link_answered(c))
            take_link(c);
        break;
    case WAIT_CARD:
        if (card_is_ready(f, i) || c->work->polls > POLLS_MAX)
            give(c, &(struct lpa_input){.type = LPA_IN_CARD, .ok = card_is_ready(f, i)});
        break;
    case WAIT_READY:
        if (!card_is_ready(f, i) && c->work->polls <= POLLS_MAX)
            break;
        c->wait = WAIT_OPENED;
        link_open(f, i, c->work->aid);
        return c->work && has_come(f, i);
    case WAIT_NOTHING:
    case WAIT_REPLY:
    case WAIT_TIME:
        break;
    }
    return c->work->has_input;
}

static void go_on(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);
    struct lpa_input in = c->work->input;

    c->work->has_input = false;
    c->wait = WAIT_NOTHING;
    c->wake_at = INT64_MAX;
    next(f, i, &in);
}

/* What the modem says on the way comes back here: that round goes on in the loop below. */
void consumer_run(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    if (c->running)
        return;
    c->running = true;
    for (unsigned n = 0; n < STEPS_MAX && c->work && has_come(f, i); n++)
        go_on(f, i);
    c->running = false;
}

static enum xk_err new_work(struct fleet *f, uint32_t i)
{
    struct lpa_config config = {.block = LPA_BLOCK_MAX, .terminal_opens_channel = true};
    struct consumer *c = fleet_consumer_of(f, i);

    fleet_imei(i, config.imei);
    c->work = calloc(1, sizeof *c->work);
    if (!c->work)
        return XK_E_NOMEM;
    return lpa_new(&config, &c->work->lpa);
}

static void begin_round(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    if (!f->units[i].powered || !has_plans(c))
        return;
    if (!testnet_is_covered(f->net, i)) {
        wake_in(f, i, AGAIN_MS);
        return;
    }
    if (new_work(f, i) != XK_OK) {
        again_later(f, i);
        return;
    }
    if (c->state == CONSUMER_WAITING)
        c->state = CONSUMER_DOWNLOADING;
    c->running = true;
    begin(f, i, &(struct lpa_task){.type = LPA_TASK_LIST});
    c->running = false;
}

void consumer_wake(struct fleet *f, uint32_t i)
{
    struct consumer *c = fleet_consumer_of(f, i);

    c->wake_at = INT64_MAX;
    if (!c->work) {
        begin_round(f, i);
    } else if (c->wait == WAIT_TIME) {
        give(c, &(struct lpa_input){.type = LPA_IN_TIME});
    } else if (c->wait == WAIT_CARD || c->wait == WAIT_READY) {
        c->work->polls++;
        wake_in(f, i, POLL_MS);
    }
    consumer_run(f, i);
}

/* ---- from outside ---- */

enum xk_err fleet_give_code(struct fleet *f, int64_t now, uint32_t k,
                            const struct rsp_activation_code *code)
{
    struct consumer *c = &f->consumers[k];

    if (k >= f->config.consumers)
        return XK_E_NOT_FOUND;
    if (c->code)
        return XK_E_STATE;
    c->code = calloc(1, sizeof *c->code);
    if (!c->code)
        return XK_E_NOMEM;
    *c->code = *code;
    f->now = now > f->now ? now : f->now;
    c->begun = f->now;
    wake_in(f, f->config.devices + k, START_MS);
    return XK_OK;
}

/* An answer that comes when there is no coverage is lost with its connection. */
void fleet_reply(struct fleet *f, int64_t now, uint32_t k, uint64_t ticket,
                 const struct lpa_reply *reply)
{
    uint32_t i = f->config.devices + k;
    struct consumer *c = fleet_consumer_of(f, i);

    f->now = now > f->now ? now : f->now;
    if (!c->work || c->wait != WAIT_REPLY || c->work->ticket != ticket)
        return;
    give(c, &(struct lpa_input){.type = LPA_IN_REPLY, .reply = *reply});
    if (!testnet_is_covered(f->net, i))
        c->work->input.reply =
            (struct lpa_reply){.kind = LPA_REPLY_CUT, .text = "coverage was lost"};
    consumer_run(f, i);
}
