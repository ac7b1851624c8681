/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpd/httpd.h"

#include "base/log.h"
#include "net/httpd/conn.h"
#include "net/loop/socket.h"

#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define RESUME_MS 1000

static void set_size(size_t *field, size_t value)
{
    if (*field == 0)
        *field = value;
}

static void set_number(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static void set_defaults(struct httpd_limits *l)
{
    set_size(&l->header_max, 16384);
    set_size(&l->body_max, 1u << 20);
    set_size(&l->arena_max, 4u << 20);
    set_number(&l->header_ms, 10000);
    set_number(&l->body_ms, 30000);
    set_number(&l->idle_ms, 60000);
    set_number(&l->write_ms, 30000);
    set_number(&l->connections_max, 1024);
    set_number(&l->requests_max, 10000);
}

static void on_resume(void *arg)
{
    struct httpd *httpd = arg;

    for (unsigned i = 0; i < httpd->listener_count; i++)
        if (httpd->listeners[i].watch)
            loop_watch_set(httpd->listeners[i].watch, LOOP_READ);
}

enum xk_err httpd_new(struct loop *loop, const struct httpd_limits *limits, struct httpd **out)
{
    struct httpd *httpd = calloc(1, sizeof *httpd);
    enum xk_err err;

    if (!httpd)
        return XK_E_NOMEM;
    httpd->loop = loop;
    if (limits)
        httpd->limits = *limits;
    set_defaults(&httpd->limits);
    err = loop_timer_new(loop, on_resume, httpd, &httpd->resume);
    if (err != XK_OK) {
        free(httpd);
        return err;
    }
    *out = httpd;
    return XK_OK;
}

static void take_connection(struct httpd_listener *listener, int fd, const char *peer)
{
    struct httpd *httpd = listener->httpd;
    unsigned max = httpd->limits.connections_max, now = httpd->stats.connections;

    if (now >= max)
        xk_log(XK_LOG_WARN, "http-full peer=%s connections=%u", peer, now);
    if (now >= max + OVERFLOW_MAX)
        close(fd);
    else if (conn_open(listener, fd, peer, now >= max) != XK_OK)
        xk_log(XK_LOG_ERROR, "http-accept peer=%s why=\"cannot open\"", peer);
}

static void on_listener(void *arg, int fd, unsigned ready)
{
    struct httpd_listener *listener = arg;
    char peer[SOCKET_ADDRESS_MAX];
    enum xk_err err = XK_OK;
    int conn;

    (void)ready;
    for (int i = 0; i < ACCEPTS_PER_TURN && err == XK_OK; i++) {
        err = socket_accept(fd, &conn, peer);
        if (err == XK_OK)
            take_connection(listener, conn, peer);
    }
    if (err == XK_E_LIMIT) {
        xk_log(XK_LOG_ERROR, "http-accept why=\"out of descriptors\"");
        loop_watch_set(listener->watch, 0);
        loop_timer_start(listener->httpd->resume, RESUME_MS);
    }
}

enum xk_err httpd_listen(struct httpd *httpd, const struct httpd_listen *where, uint16_t *port)
{
    struct httpd_listener *listener = &httpd->listeners[httpd->listener_count];
    enum xk_err err;

    if (httpd->listener_count == LISTENERS_MAX)
        return XK_E_LIMIT;
    *listener = (struct httpd_listener){.httpd = httpd, .where = *where};
    TRY(socket_listen(where->address, where->port, &listener->fd));
    err = loop_watch_new(httpd->loop, listener->fd, LOOP_READ, on_listener, listener,
                         &listener->watch);
    if (err != XK_OK) {
        close(listener->fd);
        return err;
    }
    listener->where.address = NULL; /* not ours */
    httpd->listener_count++;
    if (port)
        *port = socket_port(listener->fd);
    return XK_OK;
}

static void close_listeners(struct httpd *httpd)
{
    for (unsigned i = 0; i < httpd->listener_count; i++) {
        struct httpd_listener *listener = &httpd->listeners[i];

        if (!listener->watch)
            continue;
        loop_watch_free(listener->watch);
        listener->watch = NULL;
        close(listener->fd);
    }
    loop_timer_stop(httpd->resume);
}

void httpd_stop_accepting(struct httpd *httpd)
{
    struct httpd_conn *next;

    httpd->stopping = true;
    close_listeners(httpd);
    for (struct httpd_conn *c = httpd->conns; c; c = next) {
        next = c->next;
        c->close = true;
        if (c->state == CONN_HEAD && !c->started)
            conn_close(c);
    }
}

void httpd_stats(const struct httpd *httpd, struct httpd_stats *out)
{
    *out = httpd->stats;
}

void httpd_free(struct httpd *httpd)
{
    if (!httpd)
        return;
    close_listeners(httpd);
    while (httpd->conns)
        conn_close(httpd->conns);
    loop_timer_free(httpd->resume);
    free(httpd);
}
