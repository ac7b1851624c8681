/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smpp/link.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MAX 65536
#define FINISH_MS 1000
#define SEQUENCE_MAX 0x7FFFFFFFu /* SMPP 3.4 3.2 */

struct smpp_link {
    struct smpp_link_options o;
    struct bufferevent *stream;
    struct evdns_base *dns; /* only for host names */
    struct loop_timer *pulse;
    int64_t heard_ms;
    uint32_t sequence;
    int64_t asked_ms;   /* when the enquire_link went out that is not answered; 0: none */
    bool finishing;     /* reads no more */
    enum xk_err broken; /* why to close in the next turn */
    bool told;          /* closed was called */
    bool busy;          /* dispatching: free later */
    bool dead;
};

static void destroy(struct smpp_link *link)
{
    loop_timer_free(link->pulse);
    if (link->stream)
        bufferevent_free(link->stream);
    if (link->dns)
        evdns_base_free(link->dns, 0);
    free(link);
}

void smpp_link_free(struct smpp_link *link)
{
    if (!link)
        return;
    link->dead = true;
    link->told = true;
    if (!link->busy)
        destroy(link);
}

/* Afterwards the link may be gone, unless it is busy. */
static void tell_closed(struct smpp_link *link, enum xk_err why)
{
    if (link->told)
        return;
    link->told = true;
    link->o.on->closed(link->o.ctx, why);
}

void smpp_link_break(struct smpp_link *link, enum xk_err why)
{
    if (link->broken != XK_OK)
        return;
    link->broken = why;
    loop_timer_start(link->pulse, 0);
}

void smpp_link_finish(struct smpp_link *link)
{
    if (link->finishing)
        return;
    link->finishing = true;
    bufferevent_disable(link->stream, EV_READ);
    if (evbuffer_get_length(bufferevent_get_output(link->stream)) == 0)
        smpp_link_break(link, XK_E_CLOSED);
    else
        loop_timer_start(link->pulse, FINISH_MS);
}

uint32_t smpp_link_next_sequence(struct smpp_link *link)
{
    link->sequence = link->sequence == SEQUENCE_MAX ? 1 : link->sequence + 1;
    return link->sequence;
}

void smpp_link_send_wire(struct smpp_link *link, struct bytes wire)
{
    struct evbuffer *out = bufferevent_get_output(link->stream);

    if (link->broken != XK_OK || link->told)
        return;
    if (evbuffer_get_length(out) + wire.n > link->o.output_max)
        smpp_link_break(link, XK_E_LIMIT);
    else if (evbuffer_add(out, wire.p, wire.n) != 0)
        smpp_link_break(link, XK_E_NOMEM);
}

void smpp_link_send(struct smpp_link *link, const struct smpp_pdu *pdu)
{
    uint8_t room[SMPP_PDU_MAX];
    struct buf wire;

    buf_init_fixed(&wire, room, sizeof room);
    if (smpp_encode(pdu, &wire) == XK_OK)
        smpp_link_send_wire(link, buf_bytes(&wire));
    else
        smpp_link_break(link, XK_E_INTERNAL);
}

static bool has_response(uint32_t command)
{
    switch (command) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
    case SMPP_QUERY_SM:
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_UNBIND:
    case SMPP_REPLACE_SM:
    case SMPP_CANCEL_SM:
    case SMPP_ENQUIRE_LINK:
    case SMPP_DATA_SM:
        return true;
    default:
        return false;
    }
}

/* The header alone: a refusal has no body (SMPP 3.4 4.4.2). */
static void send_header(struct smpp_link *link, uint32_t command, uint32_t status, uint32_t seq)
{
    uint8_t room[SMPP_HEADER_LEN];
    struct buf wire;

    buf_init_fixed(&wire, room, sizeof room);
    buf_put_u32(&wire, SMPP_HEADER_LEN);
    buf_put_u32(&wire, command);
    buf_put_u32(&wire, status);
    buf_put_u32(&wire, seq);
    smpp_link_send_wire(link, buf_bytes(&wire));
}

void smpp_link_refuse(struct smpp_link *link, const struct smpp_pdu *request, uint32_t status)
{
    uint32_t command =
        has_response(request->command) ? request->command | SMPP_RESP : SMPP_GENERIC_NACK;

    send_header(link, command, status, request->sequence);
}

/* SMPP 3.4 4.11: either side may ask at any time. */
static bool keep_alive(struct smpp_link *link, const struct smpp_pdu *pdu)
{
    if (pdu->command == SMPP_ENQUIRE_LINK)
        smpp_link_refuse(link, pdu, SMPP_ROK);
    return (pdu->command & ~SMPP_RESP) == SMPP_ENQUIRE_LINK;
}

static void dispatch(struct smpp_link *link, struct bytes wire)
{
    struct smpp_pdu pdu;
    uint32_t refusal = SMPP_RSYSERR;

    if (smpp_decode(wire, &pdu, &refusal) != XK_OK)
        link->o.on->refused(link->o.ctx, &pdu, refusal);
    else if (!keep_alive(link, &pdu))
        link->o.on->pdu(link->o.ctx, &pdu);
}

/* A peer whose command_length cannot be is out of step for good. */
static void out_of_step(struct smpp_link *link)
{
    send_header(link, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 0);
    link->broken = XK_E_FORMAT;
    bufferevent_disable(link->stream, EV_READ);
    loop_timer_start(link->pulse, FINISH_MS);
}

static bool take_pdu(struct smpp_link *link)
{
    struct evbuffer *in = bufferevent_get_input(link->stream);
    uint8_t head[SMPP_HEADER_LEN];
    size_t length = 0;
    ev_ssize_t n = evbuffer_copyout(in, head, sizeof head);

    if (n < 4)
        return false;
    if (smpp_frame(BYTES(head, (size_t)n), &length) != XK_OK) {
        out_of_step(link);
        return false;
    }
    if (length == 0 || evbuffer_get_length(in) < length)
        return false;
    dispatch(link, BYTES(evbuffer_pullup(in, (ev_ssize_t)length), length));
    evbuffer_drain(in, length);
    return true;
}

static void on_read(struct bufferevent *stream, void *arg)
{
    struct smpp_link *link = arg;

    (void)stream;
    link->heard_ms = loop_now_ms(link->o.loop);
    link->asked_ms = 0;
    link->busy = true;
    while (!link->dead && !link->finishing && link->broken == XK_OK && take_pdu(link))
        continue;
    link->busy = false;
    if (link->dead)
        destroy(link);
}

static void on_written(struct bufferevent *stream, void *arg)
{
    struct smpp_link *link = arg;

    (void)stream;
    if (link->finishing)
        tell_closed(link, XK_E_CLOSED);
    else if (link->broken != XK_OK)
        tell_closed(link, link->broken);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    struct smpp_link *link = arg;
    int on = 1;

    if (!(what & BEV_EVENT_CONNECTED)) {
        tell_closed(link, XK_E_CLOSED);
        return;
    }
    setsockopt(bufferevent_getfd(stream), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->heard_ms = loop_now_ms(link->o.loop);
    link->o.on->opened(link->o.ctx);
}

static void start_pulse(struct smpp_link *link, int64_t due_ms)
{
    int64_t wait = due_ms - loop_now_ms(link->o.loop);

    loop_timer_start(link->pulse, wait < 1 ? 1 : (uint32_t)wait);
}

/* Silence is never a reason before it was asked about: we may have been asleep ourselves. */
static void on_pulse(void *arg)
{
    struct smpp_link *link = arg;
    int64_t ask = link->heard_ms + link->o.enquire_ms, now = loop_now_ms(link->o.loop);

    if (link->broken != XK_OK || link->finishing) {
        tell_closed(link, link->broken != XK_OK ? link->broken : XK_E_CLOSED);
        return;
    }
    if (link->asked_ms && now >= link->asked_ms + link->o.response_ms) {
        tell_closed(link, XK_E_TIMEOUT);
        return;
    }
    if (now >= ask && !link->asked_ms) {
        link->asked_ms = now;
        send_header(link, SMPP_ENQUIRE_LINK, 0, smpp_link_next_sequence(link));
    }
    start_pulse(link, link->asked_ms ? link->asked_ms + link->o.response_ms : ask);
}

static enum xk_err new_link(const struct smpp_link_options *options, int fd, struct smpp_link **out)
{
    struct smpp_link *link = calloc(1, sizeof *link);

    if (!link) {
        if (fd >= 0)
            close(fd);
        return XK_E_NOMEM;
    }
    link->o = *options;
    link->heard_ms = loop_now_ms(options->loop);
    link->stream =
        bufferevent_socket_new(loop_event_base(options->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!link->stream && fd >= 0)
        close(fd);
    if (!link->stream || loop_timer_new(options->loop, on_pulse, link, &link->pulse) != XK_OK) {
        destroy(link);
        return XK_E_NOMEM;
    }
    bufferevent_setcb(link->stream, on_read, on_written, on_event, link);
    bufferevent_set_max_single_read(link->stream, READ_MAX);
    bufferevent_set_max_single_write(link->stream, READ_MAX);
    start_pulse(link, link->heard_ms + options->enquire_ms);
    *out = link;
    return XK_OK;
}

enum xk_err smpp_link_accept(const struct smpp_link_options *options, int fd,
                             struct smpp_link **out)
{
    struct smpp_link *link;

    TRY(new_link(options, fd, &link));
    bufferevent_enable(link->stream, EV_READ | EV_WRITE);
    *out = link;
    return XK_OK;
}

static bool is_numeric(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* A name is looked up in the background: the loop never waits for a name server. */
static enum xk_err start_connect(struct smpp_link *link, const char *host, uint16_t port)
{
    if (!is_numeric(host)) {
        link->dns =
            evdns_base_new(loop_event_base(link->o.loop),
                           EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
        if (!link->dns)
            return XK_E_IO;
    }
    bufferevent_enable(link->stream, EV_READ | EV_WRITE);
    if (bufferevent_socket_connect_hostname(link->stream, link->dns, AF_UNSPEC, host, port) != 0)
        return XK_E_CLOSED;
    return XK_OK;
}

enum xk_err smpp_link_connect(const struct smpp_link_options *options, const char *host,
                              uint16_t port, struct smpp_link **out)
{
    struct smpp_link *link;
    enum xk_err err;

    TRY(new_link(options, -1, &link));
    err = start_connect(link, host, port);
    if (err != XK_OK) {
        destroy(link);
        return err;
    }
    *out = link;
    return XK_OK;
}
