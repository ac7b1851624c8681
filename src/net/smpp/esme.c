/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smpp/esme.h"

#include "base/log.h"
#include "base/secret.h"
#include "net/smpp/link.h"
#include "net/smpp/sending.h"

#define OUTPUT_MAX (8u << 20)
#define NEVER INT64_MAX
#define INTERFACE_VERSION 0x34

struct smpp_esme {
    struct smpp_esme_options o; /* its strings point into the fields below */
    char host[256], system_id[16], system_type[13];
    struct secret password;
    enum smpp_esme_state state;
    struct smpp_link *link;
    struct loop_timer *step;  /* of the state: next attempt, connect, bind, unbind */
    struct loop_timer *pulse; /* of the messages: answers, queue, throttling */
    int64_t pulse_ms;         /* when it fires; NEVER: it rests */
    struct smpp_queue queue;
    struct smpp_window window;
    uint64_t order;
    uint32_t generation; /* of the session, so that a late deliver_done is known */
    uint32_t backoff_ms;
    uint32_t throttle_ms;
    int64_t throttled_until_ms;
    struct smpp_esme_stats stats;
};

const char *smpp_esme_state_name(enum smpp_esme_state state)
{
    static const char *const names[] = {
        [SMPP_ESME_CONNECTING] = "connecting", [SMPP_ESME_BINDING] = "binding",
        [SMPP_ESME_BOUND] = "bound",           [SMPP_ESME_WAITING] = "waiting",
        [SMPP_ESME_UNBINDING] = "unbinding",   [SMPP_ESME_STOPPED] = "stopped",
    };

    return (unsigned)state < ARRAY_LEN(names) ? names[state] : "?";
}

static void enter(struct smpp_esme *e, enum smpp_esme_state state)
{
    e->state = state;
    if (e->o.on->state)
        e->o.on->state(e->o.ctx, state);
}

/* ---- messages going out ---------------------------------------------------------------------- */

static void report(struct smpp_esme *e, struct smpp_item *item, enum xk_err err,
                   const struct smpp_pdu *answer)
{
    struct smpp_submit_result result = {err, 0, ""};

    if (answer) {
        result.status = answer->status;
        if (answer->command == (SMPP_SUBMIT_SM | SMPP_RESP))
            result.message_id = answer->u.sm_resp.message_id;
        e->stats.answered++;
    }
    if (err == XK_E_TIMEOUT)
        e->stats.timeouts++;
    e->o.on->submitted(e->o.ctx, item->ref, &result);
    free(item);
}

static int64_t min_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something has to be looked at again without an input. */
static int64_t next_due(const struct smpp_esme *e)
{
    int64_t due = NEVER;

    if (e->window.n)
        due = e->window.slots[0].sent_ms + e->o.response_ms;
    if (e->queue.n)
        due = min_ms(due, e->queue.head->born_ms + e->o.queue_ms);
    if (e->queue.n && e->state == SMPP_ESME_BOUND && e->throttled_until_ms)
        due = min_ms(due, e->throttled_until_ms);
    return due;
}

static void arm(struct smpp_esme *e)
{
    int64_t due = next_due(e), wait = due - loop_now_ms(e->o.loop);

    if (due >= e->pulse_ms)
        return;
    e->pulse_ms = due;
    loop_timer_start(e->pulse, wait < 1 ? 1 : (uint32_t)wait);
}

static void pump(struct smpp_esme *e)
{
    int64_t now = loop_now_ms(e->o.loop);

    if (e->state == SMPP_ESME_BOUND && now >= e->throttled_until_ms) {
        e->throttled_until_ms = 0;
        while (e->queue.n && e->window.n < e->window.max)
            smpp_window_send(&e->window, e->link, smpp_queue_pop(&e->queue), now);
    }
    arm(e);
}

static void on_pulse(void *arg)
{
    struct smpp_esme *e = arg;
    int64_t now = loop_now_ms(e->o.loop);
    struct smpp_item *item;

    e->pulse_ms = NEVER;
    while ((item = smpp_window_take_oldest(&e->window, now - e->o.response_ms)) != NULL)
        report(e, item, XK_E_TIMEOUT, NULL);
    while (e->queue.n && e->queue.head->born_ms + e->o.queue_ms <= now)
        report(e, smpp_queue_pop(&e->queue), XK_E_TIMEOUT, NULL);
    pump(e);
}

enum xk_err smpp_esme_submit(struct smpp_esme *e, const struct smpp_sm *sm, uint64_t ref)
{
    struct smpp_item *item;

    if (e->state == SMPP_ESME_STOPPED || e->state == SMPP_ESME_UNBINDING)
        return XK_E_CLOSED;
    if (e->queue.n >= e->o.queue_max)
        return XK_E_BUSY;
    TRY(smpp_item_new(SMPP_SUBMIT_SM, sm, &item));
    item->ref = ref;
    item->order = e->order++;
    item->born_ms = loop_now_ms(e->o.loop);
    smpp_queue_push(&e->queue, item);
    e->stats.submitted++;
    pump(e);
    return XK_OK;
}

static uint32_t jitter(struct smpp_esme *e, uint32_t ms)
{
    uint8_t random[2];

    if (!e->o.rand.fill)
        return ms;
    xk_rand_fill(&e->o.rand, random, sizeof random);
    /* between three and five quarters */
    return ms - ms / 4 + (uint32_t)((uint64_t)ms / 2 * (random[0] << 8 | random[1]) / 65535);
}

static uint32_t doubled(uint32_t ms, uint32_t max)
{
    return ms >= max / 2 ? max : 2 * ms;
}

/* A window full of refusals is one refusal: only the first of them lengthens the pause. */
static void throttle(struct smpp_esme *e, struct smpp_item *item)
{
    int64_t now = loop_now_ms(e->o.loop);

    e->stats.throttled++;
    smpp_queue_put_back(&e->queue, item);
    if (now < e->throttled_until_ms)
        return;
    e->throttled_until_ms = now + jitter(e, e->throttle_ms);
    e->throttle_ms = doubled(e->throttle_ms, e->o.throttle_max_ms);
}

/* ---- the session ----------------------------------------------------------------------------- */

static void fail_outstanding(struct smpp_esme *e)
{
    struct smpp_item *item;

    while ((item = smpp_window_take_oldest(&e->window, NEVER)) != NULL)
        report(e, item, XK_E_CLOSED, NULL);
}

static void stopped(struct smpp_esme *e)
{
    loop_timer_stop(e->step);
    e->state = SMPP_ESME_STOPPED; /* so that a callback cannot submit again */
    fail_outstanding(e);
    while (e->queue.n)
        report(e, smpp_queue_pop(&e->queue), XK_E_CLOSED, NULL);
    loop_timer_stop(e->pulse);
    enter(e, SMPP_ESME_STOPPED);
}

static void session_over(struct smpp_esme *e, const char *why)
{
    bool stopping = e->state == SMPP_ESME_UNBINDING;

    smpp_link_free(e->link);
    e->link = NULL;
    e->generation++;
    e->stats.delivers_open = 0;
    if (stopping) {
        stopped(e);
        return;
    }
    xk_log(XK_LOG_WARN, "smpp-lost host=%s port=%u state=%s why=\"%s\" retry_ms=%u", e->host,
           e->o.port, smpp_esme_state_name(e->state), why, e->backoff_ms);
    loop_timer_start(e->step, jitter(e, e->backoff_ms));
    e->backoff_ms = doubled(e->backoff_ms, e->o.backoff_max_ms);
    enter(e, SMPP_ESME_WAITING);
    fail_outstanding(e);
    arm(e);
}

static void on_opened(void *ctx)
{
    struct smpp_esme *e = ctx;
    struct smpp_pdu bind = {.command = SMPP_BIND_TRANSCEIVER};

    bind.sequence = smpp_link_next_sequence(e->link);
    snprintf(bind.u.bind.system_id, sizeof bind.u.bind.system_id, "%s", e->system_id);
    snprintf(bind.u.bind.system_type, sizeof bind.u.bind.system_type, "%s", e->system_type);
    memcpy(bind.u.bind.password, e->password.bytes, e->password.n);
    bind.u.bind.interface_version = INTERFACE_VERSION;
    smpp_link_send(e->link, &bind);
    explicit_bzero(&bind, sizeof bind);
    loop_timer_start(e->step, e->o.connect_ms);
    enter(e, SMPP_ESME_BINDING);
}

static void on_bind_resp(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    if (pdu->status != SMPP_ROK || pdu->command == SMPP_GENERIC_NACK) {
        session_over(e, smpp_status_text(pdu->status));
        return;
    }
    loop_timer_stop(e->step);
    e->backoff_ms = e->o.backoff_min_ms;
    e->throttle_ms = e->o.throttle_min_ms;
    e->throttled_until_ms = 0;
    e->stats.connects++;
    xk_log(XK_LOG_INFO, "smpp-bound host=%s port=%u system_id=%s smsc=%s", e->host, e->o.port,
           e->system_id, pdu->u.bind_resp.system_id);
    enter(e, SMPP_ESME_BOUND);
    pump(e);
}

/* Also generic_nack: the SMSC could not read what we sent. */
static void on_submit_resp(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    struct smpp_item *item = smpp_window_take(&e->window, pdu->sequence);

    if (!item)
        return; /* answered after its time */
    if (pdu->status == SMPP_RTHROTTLED || pdu->status == SMPP_RMSGQFUL) {
        throttle(e, item);
    } else {
        e->throttle_ms = e->o.throttle_min_ms;
        report(e, item, XK_OK, pdu);
    }
    pump(e);
}

/* Session, data_sm or deliver_sm, sequence: all that the answer needs. */
static uint64_t token_of(const struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    return (uint64_t)(e->generation & 0x7FFFFFFF) << 33 |
           (uint64_t)(pdu->command == SMPP_DATA_SM) << 32 | pdu->sequence;
}

static void on_deliver(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    if (e->stats.delivers_open >= e->o.deliver_max) {
        smpp_link_refuse(e->link, pdu, SMPP_RMSGQFUL);
        return;
    }
    e->stats.delivers_open++;
    e->stats.delivered++;
    e->o.on->deliver(e->o.ctx, token_of(e, pdu), &pdu->u.sm);
}

void smpp_esme_deliver_done(struct smpp_esme *e, uint64_t token, uint32_t status)
{
    bool data = token >> 32 & 1;
    struct smpp_pdu answer = {.command = (data ? SMPP_DATA_SM : SMPP_DELIVER_SM) | SMPP_RESP,
                              .status = status,
                              .sequence = (uint32_t)token};

    if (token >> 33 != (e->generation & 0x7FFFFFFF) || !e->link || !e->stats.delivers_open)
        return;
    e->stats.delivers_open--;
    smpp_link_send(e->link, &answer);
}

/* It comes again to the next session. */
static void on_deliver_late(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    smpp_link_refuse(e->link, pdu, SMPP_RX_T_APPN);
}

static void on_unbind(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    smpp_link_refuse(e->link, pdu, SMPP_ROK);
    smpp_link_finish(e->link);
}

static void on_unbind_resp(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    (void)pdu;
    session_over(e, "unbound");
}

static void on_ignored(struct smpp_esme *e, const struct smpp_pdu *pdu)
{
    (void)e;
    (void)pdu;
}

static const struct {
    uint32_t command;
    unsigned states;
    void (*handle)(struct smpp_esme *e, const struct smpp_pdu *pdu);
} pdu_table[] = {
#define S(state) (1u << SMPP_ESME_##state)
#define ESME_PDU(command, states, handler) {command, states, handler},
#include "net/smpp/esme_pdu.def"
#undef ESME_PDU
#undef S
};

static void on_pdu(void *ctx, const struct smpp_pdu *pdu)
{
    struct smpp_esme *e = ctx;
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(pdu_table); i++) {
        if (pdu_table[i].command != pdu->command)
            continue;
        known = true;
        if (!(pdu_table[i].states & 1u << e->state))
            continue;
        pdu_table[i].handle(e, pdu);
        return;
    }
    if (!(pdu->command & SMPP_RESP))
        smpp_link_refuse(e->link, pdu, known ? SMPP_RINVBNDSTS : SMPP_RINVCMDID);
}

/* An answer that cannot be read is still an answer: its status counts. */
static void on_refused(void *ctx, const struct smpp_pdu *head, uint32_t status)
{
    struct smpp_esme *e = ctx;
    struct smpp_pdu bare = {.command = SMPP_GENERIC_NACK, .sequence = head->sequence};

    xk_log(XK_LOG_WARN, "smpp-malformed host=%s command=%s status=\"%s\"", e->host,
           smpp_command_name(head->command), smpp_status_text(status));
    bare.status = head->status ? head->status : status;
    if (head->command & SMPP_RESP)
        on_pdu(e, &bare);
    else
        smpp_link_refuse(e->link, head, status);
}

static void on_closed(void *ctx, enum xk_err why)
{
    session_over(ctx, xk_err_text(why));
}

static const struct smpp_link_events link_events = {
    .opened = on_opened,
    .pdu = on_pdu,
    .refused = on_refused,
    .closed = on_closed,
};

static void connect_now(struct smpp_esme *e)
{
    struct smpp_link_options options = {
        .loop = e->o.loop,
        .on = &link_events,
        .ctx = e,
        .enquire_ms = e->o.enquire_ms,
        .response_ms = e->o.response_ms,
        .output_max = OUTPUT_MAX,
    };

    enter(e, SMPP_ESME_CONNECTING);
    loop_timer_start(e->step, e->o.connect_ms);
    if (smpp_link_connect(&options, e->host, e->o.port, &e->link) != XK_OK)
        session_over(e, "cannot connect");
}

static void on_step(void *arg)
{
    struct smpp_esme *e = arg;

    if (e->state == SMPP_ESME_WAITING)
        connect_now(e);
    else
        session_over(e, xk_err_text(XK_E_TIMEOUT));
}

void smpp_esme_stop(struct smpp_esme *e)
{
    struct smpp_pdu unbind = {.command = SMPP_UNBIND};

    if (e->state == SMPP_ESME_STOPPED || e->state == SMPP_ESME_UNBINDING)
        return;
    if (e->state != SMPP_ESME_BOUND) {
        smpp_link_free(e->link);
        e->link = NULL;
        stopped(e);
        return;
    }
    unbind.sequence = smpp_link_next_sequence(e->link);
    smpp_link_send(e->link, &unbind);
    loop_timer_start(e->step, e->o.response_ms);
    enter(e, SMPP_ESME_UNBINDING);
}

/* ---- making and ending ----------------------------------------------------------------------- */

static void set_default(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static void set_defaults(struct smpp_esme_options *o)
{
    set_default(&o->window, 64);
    set_default(&o->queue_max, 10000);
    set_default(&o->deliver_max, 4096);
    set_default(&o->connect_ms, 5000);
    set_default(&o->response_ms, 10000);
    set_default(&o->queue_ms, 300000);
    set_default(&o->enquire_ms, 30000);
    set_default(&o->backoff_min_ms, 500);
    set_default(&o->backoff_max_ms, 30000);
    set_default(&o->throttle_min_ms, 200);
    set_default(&o->throttle_max_ms, 10000);
}

static enum xk_err copy_strings(struct smpp_esme *e, const struct smpp_esme_options *o)
{
    if (!bytes_to_cstr(bytes_cstr(o->host), e->host, sizeof e->host) ||
        !bytes_to_cstr(bytes_cstr(o->system_id), e->system_id, sizeof e->system_id) ||
        !bytes_to_cstr(bytes_cstr(o->system_type), e->system_type, sizeof e->system_type) ||
        bytes_cstr(o->password).n > 8) /* SMPP 3.4 4.1.1 */
        return XK_E_VALUE;
    e->o.host = e->host;
    e->o.system_id = e->system_id;
    e->o.system_type = e->system_type;
    e->o.password = NULL;
    return secret_set(&e->password, bytes_cstr(o->password));
}

static enum xk_err set_up(struct smpp_esme *e, const struct smpp_esme_options *options)
{
    e->o = *options;
    set_defaults(&e->o);
    TRY(copy_strings(e, options));
    e->state = SMPP_ESME_WAITING;
    e->pulse_ms = NEVER;
    e->backoff_ms = e->o.backoff_min_ms;
    e->throttle_ms = e->o.throttle_min_ms;
    TRY(smpp_window_init(&e->window, e->o.window));
    TRY(loop_timer_new(e->o.loop, on_step, e, &e->step));
    return loop_timer_new(e->o.loop, on_pulse, e, &e->pulse);
}

enum xk_err smpp_esme_new(const struct smpp_esme_options *options, struct smpp_esme **out)
{
    struct smpp_esme *e = calloc(1, sizeof *e);
    enum xk_err err;

    if (!e)
        return XK_E_NOMEM;
    err = set_up(e, options);
    if (err != XK_OK) {
        smpp_esme_free(e);
        return err;
    }
    loop_timer_start(e->step, 0);
    *out = e;
    return XK_OK;
}

void smpp_esme_free(struct smpp_esme *e)
{
    if (!e)
        return;
    smpp_link_free(e->link);
    loop_timer_free(e->step);
    loop_timer_free(e->pulse);
    smpp_queue_free(&e->queue);
    smpp_window_fini(&e->window);
    secret_wipe(&e->password);
    free(e);
}

void smpp_esme_stats(const struct smpp_esme *e, struct smpp_esme_stats *out)
{
    *out = e->stats;
    out->state = e->state;
    out->queued = e->queue.n;
    out->outstanding = e->window.n;
}
