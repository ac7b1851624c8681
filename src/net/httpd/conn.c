/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpd/conn.h"

#include "base/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AHEAD 65536
#define CERTIFICATE_MAX 16384

struct pending *pending_new(struct httpd_conn *conn)
{
    const struct httpd_limits *limits = &conn->httpd->limits;
    struct pending *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    arena_init(&p->arena, limits->arena_max + 2 * limits->header_max);
    buf_init(&p->body, limits->body_max);
    memcpy(p->peer, conn->peer, sizeof p->peer);
    p->begun_ms = loop_now_ms(conn->httpd->loop);
    p->req.conn = conn;
    p->req.arena = &p->arena;
    p->req.peer = p->peer;
    return p;
}

void pending_free(struct pending *p)
{
    if (!p)
        return;
    arena_fini(&p->arena);
    buf_wipe(&p->body); /* keys pass through some of them */
    buf_fini(&p->body);
    free(p);
}

/* What a handler has stays with it; what was being read goes. */
static void drop_pending(struct httpd_conn *conn)
{
    struct pending *p = conn->pending;

    conn->pending = NULL;
    if (!p)
        return;
    if (conn->state != CONN_HANDLING) {
        pending_free(p);
        return;
    }
    p->req.conn = NULL;
    conn->httpd->stats.in_handler--;
}

void conn_close(struct httpd_conn *conn)
{
    drop_pending(conn);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        conn->httpd->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    conn->httpd->stats.connections--;
    if (conn->where->tls)
        tls_stream_close_notify(conn->stream);
    bufferevent_free(conn->stream);
    loop_timer_free(conn->timer);
    buf_fini(&conn->certificate);
    free(conn);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void wait_for_request(struct httpd_conn *conn)
{
    const struct httpd_limits *limits = &conn->httpd->limits;

    conn->state = CONN_HEAD;
    conn->scanned = 0;
    conn->started = false;
    bufferevent_enable(conn->stream, EV_READ);
    loop_timer_start(conn->timer, conn->served ? limits->idle_ms : limits->header_ms);
}

void conn_refuse(struct httpd_conn *conn, unsigned status)
{
    struct pending *p = conn->pending;
    const char *reason = http_status_reason(status);
    struct http_reply reply = {
        .status = status, .content_type = "text/plain", .body = bytes_cstr(reason)};

    conn->pending = NULL;
    conn->httpd->stats.refused++;
    conn->close = true;
    conn->linger = true;
    reply_write(conn, p, &reply);
    pending_free(p);
}

/* A copy, since the request may outlive the connection. */
static bool copy_certificate(struct httpd_conn *conn)
{
    struct pending *p = conn->pending;
    struct bytes from = buf_bytes(&conn->certificate);

    if (from.n == 0)
        return true;
    p->req.peer_certificate = BYTES(arena_copy(&p->arena, from), from.n);
    return p->req.peer_certificate.p != NULL;
}

static void hand_over(struct httpd_conn *conn)
{
    struct pending *p = conn->pending;
    const struct httpd_limits *limits = &conn->httpd->limits;

    if (!copy_certificate(conn)) {
        conn_refuse(conn, 503);
        return;
    }
    buf_cstr(&p->body);
    p->req.body = buf_bytes(&p->body);
    conn->state = CONN_HANDLING;
    conn->served++;
    conn->close =
        !p->framing.keep_alive || conn->served >= limits->requests_max || conn->httpd->stopping;
    bufferevent_disable(conn->stream, EV_READ);
    loop_timer_stop(conn->timer);
    conn->httpd->stats.requests++;
    conn->httpd->stats.in_handler++;
    conn->where->handler(conn->where->ctx, &p->req);
}

/* Takes n bytes of body out of the input. */
static unsigned feed(struct pending *p, struct bytes in, size_t *used)
{
    if (p->framing.chunked)
        return http_chunks_feed(&p->chunks, in, &p->body, used);
    in = bytes_part(in, 0, (size_t)p->framing.length - p->body.n);
    buf_put_bytes(&p->body, in);
    *used = in.n;
    return buf_ok(&p->body) == XK_OK ? 0 : 503;
}

static bool is_whole(const struct pending *p)
{
    if (p->framing.chunked)
        return p->chunks.state == HTTP_CHUNK_DONE;
    return p->body.n == p->framing.length;
}

/* False: more input is needed, or the connection has left this state. */
static bool take_body(struct httpd_conn *conn)
{
    struct evbuffer *in = bufferevent_get_input(conn->stream);
    struct pending *p = conn->pending;

    while (!is_whole(p) && evbuffer_get_length(in)) {
        size_t n = evbuffer_get_contiguous_space(in), used = 0;
        unsigned status = feed(p, BYTES(evbuffer_pullup(in, (ev_ssize_t)n), n), &used);

        evbuffer_drain(in, used);
        if (status) {
            conn_refuse(conn, status);
            return false;
        }
    }
    if (is_whole(p))
        hand_over(conn);
    return false;
}

/* RFC 9110 10.1.1 */
static void say_continue(struct httpd_conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (evbuffer_get_length(bufferevent_get_input(conn->stream)) == 0)
        bufferevent_write(conn->stream, text, sizeof text - 1);
}

static bool on_head(struct httpd_conn *conn, struct bytes head)
{
    struct pending *p = conn->pending = pending_new(conn);
    unsigned status = 503;

    if (p)
        status = http_parse_head(head, &p->arena, &p->req, &p->framing);
    if (!status && p->framing.length > conn->httpd->limits.body_max)
        status = 413;
    evbuffer_drain(bufferevent_get_input(conn->stream), head.n);
    if (status) {
        conn_refuse(conn, status);
        return false;
    }
    conn->state = CONN_BODY;
    loop_timer_start(conn->timer, conn->httpd->limits.body_ms);
    if (p->framing.expect_continue && !is_whole(p))
        say_continue(conn);
    return true;
}

/* Empty lines before a request are skipped (RFC 9112 2.2). */
static void skip_empty_lines(struct evbuffer *in)
{
    char two[2];

    while (evbuffer_copyout(in, two, 2) == 2 && two[0] == '\r' && two[1] == '\n')
        evbuffer_drain(in, 2);
}

static void first_byte(struct httpd_conn *conn)
{
    if (conn->started)
        return;
    conn->started = true;
    if (conn->served)
        loop_timer_start(conn->timer, conn->httpd->limits.header_ms);
}

static bool take_head(struct httpd_conn *conn)
{
    struct evbuffer *in = bufferevent_get_input(conn->stream);
    size_t max = conn->httpd->limits.header_max, n, end;
    const uint8_t *p;

    if (!conn->scanned)
        skip_empty_lines(in);
    n = evbuffer_get_length(in);
    if (n == 0)
        return false;
    first_byte(conn);
    n = n < max ? n : max;
    p = evbuffer_pullup(in, (ev_ssize_t)n);
    end = http_head_end(BYTES(p, n), conn->scanned);
    if (end)
        return on_head(conn, BYTES(p, end));
    conn->scanned = n > 3 ? n - 3 : 0;
    if (n == max)
        conn_refuse(conn, memmem(p, n, "\r\n", 2) ? 431 : 414);
    return false;
}

static void drop_input(struct httpd_conn *conn)
{
    struct evbuffer *in = bufferevent_get_input(conn->stream);

    evbuffer_drain(in, evbuffer_get_length(in));
}

/* Both return true only when the state has changed to one that may have input. */
static bool advance(struct httpd_conn *conn)
{
    switch (conn->state) {
    case CONN_HEAD:
        return take_head(conn);
    case CONN_BODY:
        return take_body(conn);
    case CONN_LINGER:
        drop_input(conn);
        return false;
    case CONN_HANDLING:
    case CONN_WRITING:
        return false;
    }
    return false;
}

static void on_read(struct bufferevent *stream, void *arg)
{
    (void)stream;
    while (advance(arg))
        continue;
}

/* ---- answered -------------------------------------------------------------------------------- */

void conn_answered(struct httpd_conn *conn)
{
    conn->state = CONN_WRITING;
    bufferevent_disable(conn->stream, EV_READ);
    loop_timer_start(conn->timer, conn->httpd->limits.write_ms);
}

/* A socket closed with unread input makes the peer forget our answer, so its rest is read. */
static void start_linger(struct httpd_conn *conn)
{
    conn->state = CONN_LINGER;
    if (conn->where->tls)
        tls_stream_close_notify(conn->stream);
    shutdown(bufferevent_getfd(conn->stream), SHUT_WR);
    drop_input(conn);
    bufferevent_enable(conn->stream, EV_READ);
    loop_timer_start(conn->timer, LINGER_MS);
}

static void on_written(struct bufferevent *stream, void *arg)
{
    struct httpd_conn *conn = arg;

    if (conn->state != CONN_WRITING || evbuffer_get_length(bufferevent_get_output(stream)))
        return;
    if (conn->close && conn->linger) {
        start_linger(conn);
    } else if (conn->close || conn->httpd->stopping) {
        conn_close(conn);
    } else {
        wait_for_request(conn);
        on_read(stream, conn); /* a pipelined request is there already */
    }
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    struct httpd_conn *conn = arg;

    if (what & BEV_EVENT_CONNECTED) { /* the TLS handshake is done */
        if (tls_stream_peer_certificate(stream, &conn->certificate) != XK_OK)
            conn_close(conn);
        return;
    }
    if (what & BEV_EVENT_ERROR && conn->where->tls && conn->served == 0)
        xk_log(XK_LOG_DEBUG, "http-tls peer=%s why=\"%s\"", conn->peer, tls_stream_error(stream));
    conn_close(conn);
}

static void on_timer(void *arg)
{
    struct httpd_conn *conn = arg;

    if ((conn->state == CONN_HEAD && conn->started) || conn->state == CONN_BODY)
        conn_refuse(conn, 408);
    else
        conn_close(conn);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum xk_err open_stream(struct httpd_conn *conn, int fd)
{
    struct loop *loop = conn->httpd->loop;

    if (conn->where->tls)
        return tls_accept_stream(conn->where->tls, loop, fd, &conn->stream);
    conn->stream = bufferevent_socket_new(loop_event_base(loop), fd, BEV_OPT_CLOSE_ON_FREE);
    return conn->stream ? XK_OK : XK_E_NOMEM;
}

static enum xk_err set_up(struct httpd_conn *conn, int fd)
{
    enum xk_err err = loop_timer_new(conn->httpd->loop, on_timer, conn, &conn->timer);

    if (err == XK_OK)
        err = open_stream(conn, fd);
    if (err == XK_OK)
        return XK_OK;
    loop_timer_free(conn->timer);
    close(fd);
    return err;
}

static void link_in(struct httpd_conn *conn)
{
    struct httpd *httpd = conn->httpd;

    conn->next = httpd->conns;
    if (conn->next)
        conn->next->prev = conn;
    httpd->conns = conn;
    httpd->stats.connections++;
}

enum xk_err conn_open(struct httpd_listener *listener, int fd, const char *peer, bool surplus)
{
    struct httpd_conn *conn = calloc(1, sizeof *conn);
    enum xk_err err;

    if (!conn) {
        close(fd);
        return XK_E_NOMEM;
    }
    conn->httpd = listener->httpd;
    conn->where = &listener->where;
    snprintf(conn->peer, sizeof conn->peer, "%s", peer);
    buf_init(&conn->certificate, CERTIFICATE_MAX);
    err = set_up(conn, fd);
    if (err != XK_OK) {
        free(conn);
        return err;
    }
    link_in(conn);
    bufferevent_setcb(conn->stream, on_read, on_written, on_event, conn);
    bufferevent_setwatermark(conn->stream, EV_READ, 0,
                             listener->httpd->limits.header_max + READ_AHEAD);
    bufferevent_enable(conn->stream, EV_WRITE);
    wait_for_request(conn);
    if (surplus)
        conn_refuse(conn, 503);
    return XK_OK;
}
