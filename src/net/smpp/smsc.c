/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smpp/smsc.h"

#include "base/log.h"
#include "net/loop/socket.h"
#include "net/smpp/session.h"

#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define RESUME_MS 1000
#define INTERFACE_VERSION 0x34

static struct session *session_of(struct smpp_smsc *smsc, uint32_t id)
{
    struct session *s = smsc->slots[id % SMPP_SMSC_SESSIONS_MAX];

    return s && s->peer.session == id ? s : NULL;
}

static void free_session(struct session *s)
{
    smpp_link_free(s->link);
    loop_timer_free(s->timer);
    smpp_window_fini(&s->window);
    free(s);
}

static bool is_bound(const struct session *s)
{
    return s->state == SESSION_TX || s->state == SESSION_RX || s->state == SESSION_TRX;
}

static void unbound(struct session *s, enum session_state next)
{
    bool was = is_bound(s);

    s->state = next;
    if (!was)
        return;
    s->smsc->stats.bound--;
    if (s->smsc->o.on->unbound)
        s->smsc->o.on->unbound(s->smsc->o.ctx, &s->peer);
}

static void end_session(struct session *s, const char *why)
{
    struct smpp_smsc *smsc = s->smsc;

    xk_log(XK_LOG_INFO, "smpp-session-end session=%u system_id=%s peer=%s why=\"%s\"",
           s->peer.session, s->system_id, s->address, why);
    smsc->slots[s->peer.session % SMPP_SMSC_SESSIONS_MAX] = NULL;
    while (smsc->used && !smsc->slots[smsc->used - 1])
        smsc->used--;
    smsc->stats.sessions--;
    unbound(s, SESSION_UNBINDING);
    smsc_deliver_lost(s);
    free_session(s);
}

/* ---- PDUs ------------------------------------------------------------------------------------ */

/* SMPP 3.4 4.1: the answer carries our system_id and version. */
static void accept_bind(struct session *s, const struct smpp_pdu *pdu)
{
    struct smpp_pdu answer = {.command = pdu->command | SMPP_RESP, .sequence = pdu->sequence};

    snprintf(answer.u.bind_resp.system_id, sizeof answer.u.bind_resp.system_id, "%s",
             s->smsc->system_id);
    answer.u.bind_resp.has_version = true;
    answer.u.bind_resp.sc_version = INTERFACE_VERSION;
    smpp_link_send(s->link, &answer);
}

static enum session_state bound_state(uint32_t command)
{
    if (command == SMPP_BIND_RECEIVER)
        return SESSION_RX;
    return command == SMPP_BIND_TRANSMITTER ? SESSION_TX : SESSION_TRX;
}

static void on_bind(struct session *s, const struct smpp_pdu *pdu)
{
    struct smpp_smsc *smsc = s->smsc;
    uint32_t status;

    snprintf(s->system_id, sizeof s->system_id, "%s", pdu->u.bind.system_id);
    s->peer.command = pdu->command;
    status = smsc->o.on->bind(smsc->o.ctx, &s->peer, pdu->u.bind.password);
    xk_log(XK_LOG_INFO, "smpp-bind session=%u system_id=%s peer=%s command=%s status=\"%s\"",
           s->peer.session, s->system_id, s->address, smpp_command_name(pdu->command),
           smpp_status_text(status));
    if (status != SMPP_ROK) {
        smpp_link_refuse(s->link, pdu, status);
        s->finishing = true;
        smpp_link_finish(s->link);
        return;
    }
    accept_bind(s, pdu);
    loop_timer_stop(s->timer);
    s->state = bound_state(pdu->command);
    smsc->stats.bound++;
    if (smsc->o.on->bound)
        smsc->o.on->bound(smsc->o.ctx, &s->peer);
    smsc_deliver_pump(smsc);
}

/* Session, data_sm or submit_sm, sequence: all that the answer needs. */
static uint64_t token_of(const struct session *s, const struct smpp_pdu *pdu)
{
    return (uint64_t)s->peer.session << 33 | (uint64_t)(pdu->command == SMPP_DATA_SM) << 32 |
           pdu->sequence;
}

static uint32_t admit(struct session *s)
{
    const struct smpp_smsc_events *on = s->smsc->o.on;

    if (s->submits_open >= s->smsc->o.submit_max)
        return SMPP_RMSGQFUL;
    return on->admit ? on->admit(s->smsc->o.ctx, &s->peer) : SMPP_ROK;
}

static void on_submit(struct session *s, const struct smpp_pdu *pdu)
{
    struct smpp_smsc *smsc = s->smsc;
    uint32_t status = admit(s);

    smsc->stats.submits++;
    if (status != SMPP_ROK) {
        smsc->stats.throttled++;
        smpp_link_refuse(s->link, pdu, status);
        return;
    }
    s->submits_open++;
    smsc->o.on->submit(smsc->o.ctx, token_of(s, pdu), &s->peer, &pdu->u.sm);
}

void smpp_smsc_submit_done(struct smpp_smsc *smsc, uint64_t token, uint32_t status,
                           const char *message_id)
{
    struct session *s = session_of(smsc, (uint32_t)(token >> 33));
    bool data = token >> 32 & 1;
    struct smpp_pdu answer = {.command = data ? SMPP_DATA_SM : SMPP_SUBMIT_SM,
                              .status = status,
                              .sequence = (uint32_t)token};

    if (!s || !s->submits_open)
        return;
    s->submits_open--;
    if (status != SMPP_ROK) {
        smpp_link_refuse(s->link, &answer, status);
        return;
    }
    answer.command |= SMPP_RESP;
    snprintf(answer.u.sm_resp.message_id, sizeof answer.u.sm_resp.message_id, "%s",
             message_id ? message_id : "");
    smpp_link_send(s->link, &answer);
}

static void on_deliver_resp(struct session *s, const struct smpp_pdu *pdu)
{
    smsc_deliver_answered(s, pdu);
}

static void on_unbind(struct session *s, const struct smpp_pdu *pdu)
{
    smpp_link_refuse(s->link, pdu, SMPP_ROK);
    s->finishing = true;
    smpp_link_finish(s->link);
}

static void on_unbind_resp(struct session *s, const struct smpp_pdu *pdu)
{
    (void)pdu;
    smpp_link_finish(s->link);
}

/* ---- the session's link ---------------------------------------------------------------------- */

/* Nonsense is answered, but not for ever. */
static void on_nonsense(struct session *s, const struct smpp_pdu *head, uint32_t status)
{
    s->smsc->stats.nonsense++;
    if (++s->nonsense > s->smsc->o.nonsense_max) {
        smpp_link_break(s->link, XK_E_FORMAT);
        return;
    }
    if (!(head->command & SMPP_RESP))
        smpp_link_refuse(s->link, head, status);
}

static const struct {
    uint32_t command;
    unsigned states;
    void (*handle)(struct session *s, const struct smpp_pdu *pdu);
    uint32_t refusal;
} pdu_table[] = {
#define S(state) (1u << SESSION_##state)
#define ANY_BOUND (S(TX) | S(RX) | S(TRX) | S(UNBINDING))
#define SMSC_PDU(command, states, handler, refusal) {command, states, handler, refusal},
#include "net/smpp/smsc_pdu.def"
#undef SMSC_PDU
#undef ANY_BOUND
#undef S
};

static void on_pdu(void *ctx, const struct smpp_pdu *pdu)
{
    struct session *s = ctx;

    for (size_t i = 0; i < ARRAY_LEN(pdu_table); i++) {
        if (pdu_table[i].command != pdu->command)
            continue;
        if (pdu_table[i].states & 1u << s->state)
            pdu_table[i].handle(s, pdu);
        else
            on_nonsense(s, pdu, pdu_table[i].refusal);
        return;
    }
    on_nonsense(s, pdu, SMPP_RINVCMDID);
}

static void on_refused(void *ctx, const struct smpp_pdu *head, uint32_t status)
{
    on_nonsense(ctx, head, status);
}

static void on_closed(void *ctx, enum xk_err why)
{
    end_session(ctx, xk_err_text(why));
}

static const struct smpp_link_events link_events = {
    .pdu = on_pdu,
    .refused = on_refused,
    .closed = on_closed,
};

static void on_session_timer(void *arg)
{
    struct session *s = arg;

    smpp_link_break(s->link, XK_E_TIMEOUT);
}

/* ---- the listener ---------------------------------------------------------------------------- */

static enum xk_err open_session(struct session *s, int fd)
{
    const struct smpp_smsc_options *o = &s->smsc->o;
    struct smpp_link_options options = {
        .loop = o->loop,
        .on = &link_events,
        .ctx = s,
        .enquire_ms = o->enquire_ms,
        .response_ms = o->response_ms,
        .output_max = o->output_max,
    };

    TRY(smpp_link_accept(&options, fd, &s->link));
    TRY(loop_timer_new(o->loop, on_session_timer, s, &s->timer));
    loop_timer_start(s->timer, o->bind_ms);
    return smpp_window_init(&s->window, o->window);
}

static struct session *new_session(struct smpp_smsc *smsc, unsigned slot, int fd)
{
    struct session *s = calloc(1, sizeof *s);

    if (!s) {
        close(fd);
        return NULL;
    }
    s->smsc = smsc;
    s->peer.session = ++smsc->generations[slot] % (1u << 20) * SMPP_SMSC_SESSIONS_MAX + slot;
    s->peer.system_id = s->system_id;
    s->peer.address = s->address;
    if (open_session(s, fd) == XK_OK)
        return s;
    free_session(s);
    return NULL;
}

static void take_connection(struct smpp_smsc *smsc, int fd, const char *address)
{
    struct session *s;
    unsigned slot = 0;

    while (slot < smsc->o.sessions_max && smsc->slots[slot])
        slot++;
    if (slot == smsc->o.sessions_max) {
        xk_log(XK_LOG_WARN, "smpp-full peer=%s sessions=%u", address, smsc->stats.sessions);
        close(fd);
        return;
    }
    s = new_session(smsc, slot, fd);
    if (!s)
        return;
    snprintf(s->address, sizeof s->address, "%s", address);
    smsc->slots[slot] = s;
    smsc->stats.sessions++;
    if (slot >= smsc->used)
        smsc->used = slot + 1;
}

static void on_listener(void *arg, int listener, unsigned ready)
{
    struct smpp_smsc *smsc = arg;
    char address[SOCKET_ADDRESS_MAX];
    enum xk_err err = XK_OK;
    int fd;

    (void)ready;
    for (int i = 0; i < ACCEPTS_PER_TURN && err == XK_OK; i++) {
        err = socket_accept(listener, &fd, address);
        if (err == XK_OK)
            take_connection(smsc, fd, address);
    }
    if (err == XK_E_LIMIT) {
        xk_log(XK_LOG_ERROR, "smpp-accept why=\"out of descriptors\"");
        loop_watch_set(smsc->watch, 0);
        loop_timer_start(smsc->resume, RESUME_MS);
    }
}

static void on_resume(void *arg)
{
    struct smpp_smsc *smsc = arg;

    loop_watch_set(smsc->watch, LOOP_READ);
}

/* ---- making and ending ----------------------------------------------------------------------- */

static void set_default(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static void set_defaults(struct smpp_smsc_options *o)
{
    set_default(&o->sessions_max, 64);
    set_default(&o->window, 64);
    set_default(&o->queue_max, 100000);
    set_default(&o->submit_max, 4096);
    set_default(&o->nonsense_max, 8);
    set_default(&o->bind_ms, 10000);
    set_default(&o->response_ms, 10000);
    set_default(&o->enquire_ms, 60000);
    set_default(&o->retry_ms, 1000);
    set_default(&o->deliver_ms, 600000);
    if (o->output_max == 0)
        o->output_max = 4u << 20;
}

static enum xk_err set_up(struct smpp_smsc *smsc, const struct smpp_smsc_options *options)
{
    struct smpp_smsc_options *o = &smsc->o;
    const char *name = options->system_id ? options->system_id : "xieka";

    *o = *options;
    set_defaults(o);
    smsc->listener = -1;
    if (o->sessions_max > SMPP_SMSC_SESSIONS_MAX ||
        !bytes_to_cstr(bytes_cstr(name), smsc->system_id, sizeof smsc->system_id))
        return XK_E_VALUE;
    o->system_id = smsc->system_id;
    TRY(smsc_deliver_init(smsc));
    TRY(loop_timer_new(o->loop, on_resume, smsc, &smsc->resume));
    TRY(socket_listen(o->address, o->port, &smsc->listener));
    o->address = NULL;
    return loop_watch_new(o->loop, smsc->listener, LOOP_READ, on_listener, smsc, &smsc->watch);
}

enum xk_err smpp_smsc_new(const struct smpp_smsc_options *options, struct smpp_smsc **out)
{
    struct smpp_smsc *smsc = calloc(1, sizeof *smsc);
    enum xk_err err;

    if (!smsc)
        return XK_E_NOMEM;
    err = set_up(smsc, options);
    if (err != XK_OK) {
        smpp_smsc_free(smsc);
        return err;
    }
    *out = smsc;
    return XK_OK;
}

uint16_t smpp_smsc_port(const struct smpp_smsc *smsc)
{
    return socket_port(smsc->listener);
}

void smpp_smsc_stats(const struct smpp_smsc *smsc, struct smpp_smsc_stats *out)
{
    *out = smsc->stats;
    out->outstanding = 0;
    for (unsigned i = 0; i < smsc->used; i++)
        if (smsc->slots[i])
            out->outstanding += smsc->slots[i]->window.n;
}

enum xk_err smpp_smsc_drop(struct smpp_smsc *smsc, uint32_t session)
{
    struct session *s = session_of(smsc, session);

    if (!s)
        return XK_E_NOT_FOUND;
    smpp_link_break(s->link, XK_E_CLOSED);
    return XK_OK;
}

static void stop_listening(struct smpp_smsc *smsc)
{
    loop_watch_free(smsc->watch);
    smsc->watch = NULL;
    loop_timer_free(smsc->resume);
    smsc->resume = NULL;
    if (smsc->listener >= 0)
        close(smsc->listener);
    smsc->listener = -1;
}

static void ask_unbind(struct session *s)
{
    struct smpp_pdu unbind = {.command = SMPP_UNBIND};

    if (!is_bound(s)) {
        smpp_link_break(s->link, XK_E_CLOSED);
        return;
    }
    unbind.sequence = smpp_link_next_sequence(s->link);
    smpp_link_send(s->link, &unbind);
    unbound(s, SESSION_UNBINDING);
    loop_timer_start(s->timer, s->smsc->o.response_ms);
}

void smpp_smsc_stop(struct smpp_smsc *smsc)
{
    if (smsc->listener < 0)
        return;
    stop_listening(smsc);
    for (unsigned i = 0; i < smsc->used; i++)
        if (smsc->slots[i])
            ask_unbind(smsc->slots[i]);
    smsc_deliver_stop(smsc);
}

void smpp_smsc_free(struct smpp_smsc *smsc)
{
    if (!smsc)
        return;
    stop_listening(smsc);
    for (unsigned i = 0; i < smsc->used; i++)
        if (smsc->slots[i])
            free_session(smsc->slots[i]);
    smsc_deliver_fini(smsc);
    free(smsc);
}
