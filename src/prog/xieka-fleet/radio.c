/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals over TCP (docs/interfaces/air.md): length(2) and an air message; one connection is one
 * terminal, its first message says what radio it has. */
#include <errno.h>
#include <unistd.h>

#include "prog/xieka-fleet/program.h"

#include "net/loop/socket.h"

#define TERMINALS_MAX 256
#define OUT_MAX 65536

struct terminal {
    struct radio *radio;
    struct loop_watch *watch;
    int fd;
    bool known; /* it is in the network */
    uint32_t device;
    uint8_t in[AIR_FRAME_HEAD + AIR_MESSAGE_MAX];
    size_t in_n;
    struct buf out;
};

struct radio {
    struct program *p;
    int fd;
    struct loop_watch *watch;
    struct terminal *terminals[TERMINALS_MAX];
};

static void drop(struct terminal *t)
{
    struct radio *r = t->radio;

    for (size_t i = 0; i < TERMINALS_MAX; i++) {
        if (r->terminals[i] == t)
            r->terminals[i] = NULL;
    }
    if (t->known)
        testnet_remove_device(fleet_net(r->p->fleet), t->device);
    loop_watch_free(t->watch);
    close(t->fd);
    buf_fini(&t->out);
    free(t);
}

static void flush(struct terminal *t)
{
    ssize_t n = t->out.n ? write(t->fd, t->out.p, t->out.n) : 0;

    if (n > 0) {
        memmove(t->out.p, t->out.p + n, t->out.n - (size_t)n);
        t->out.n -= (size_t)n;
    }
    loop_watch_set(t->watch, t->out.n ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* What does not fit any more is lost, as on the air. */
void radio_say(struct radio *r, uint32_t device, struct bytes wire)
{
    for (size_t i = 0; r && i < TERMINALS_MAX; i++) {
        struct terminal *t = r->terminals[i];

        if (!t || !t->known || t->device != device ||
            t->out.n + AIR_FRAME_HEAD + wire.n > t->out.max)
            continue;
        air_put_frame(wire, &t->out);
        flush(t);
    }
}

static bool enter(struct terminal *t, struct bytes wire)
{
    struct testnet_device d = {.cell = 1};
    struct air_message m;

    if (air_decode(wire, &m) != XK_OK || m.type != AIR_SYSTEM_INFO)
        return false;
    d.rat = m.rat;
    t->known =
        testnet_add_device(fleet_net(t->radio->p->fleet), drive_now(), &d, &t->device) == XK_OK;
    return t->known;
}

static bool take_message(struct terminal *t, struct bytes wire)
{
    drive_soon(t->radio->p);
    if (!t->known)
        return enter(t, wire);
    return testnet_air(fleet_net(t->radio->p->fleet), drive_now(), t->device, wire) == XK_OK;
}

static bool take_frames(struct terminal *t)
{
    struct bytes message;
    size_t used;

    while (air_take_frame(BYTES(t->in, t->in_n), &message, &used) == XK_OK) {
        if (used == 0)
            return true;
        if (!take_message(t, message))
            return false;
        t->in_n -= used;
        memmove(t->in, t->in + used, t->in_n);
    }
    return false;
}

static void on_ready(void *arg, int fd, unsigned ready)
{
    struct terminal *t = arg;
    ssize_t n;

    if (ready & LOOP_WRITE)
        flush(t);
    if (!(ready & LOOP_READ))
        return;
    n = read(fd, t->in + t->in_n, sizeof t->in - t->in_n);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(t);
        return;
    }
    t->in_n += (size_t)n;
    if (!take_frames(t))
        drop(t);
}

static enum xk_err admit(struct radio *r, int fd)
{
    struct terminal *t;
    size_t i = 0;

    while (i < TERMINALS_MAX && r->terminals[i])
        i++;
    t = i < TERMINALS_MAX ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return XK_E_LIMIT;
    t->radio = r;
    t->fd = fd;
    buf_init(&t->out, OUT_MAX);
    if (loop_watch_new(r->p->loop, fd, LOOP_READ, on_ready, t, &t->watch) != XK_OK) {
        free(t);
        return XK_E_NOMEM;
    }
    r->terminals[i] = t;
    return XK_OK;
}

static void on_connection(void *arg, int fd, unsigned ready)
{
    struct radio *r = arg;
    char peer[SOCKET_ADDRESS_MAX];
    int client;

    (void)ready;
    if (socket_accept(fd, &client, peer) != XK_OK)
        return;
    if (admit(r, client) != XK_OK) {
        xk_log(XK_LOG_WARN, "radio.full peer=%s", peer);
        close(client);
    }
}

enum xk_err radio_new(struct program *p, uint16_t *port, struct radio **out)
{
    struct radio *r = calloc(1, sizeof *r);
    enum xk_err err;

    if (!r)
        return XK_E_NOMEM;
    r->p = p;
    r->fd = -1;
    err = socket_listen(p->settings.listen, p->settings.radio_port, &r->fd);
    if (err == XK_OK)
        err = loop_watch_new(p->loop, r->fd, LOOP_READ, on_connection, r, &r->watch);
    if (err != XK_OK) {
        radio_free(r);
        return err;
    }
    *port = socket_port(r->fd);
    *out = r;
    return XK_OK;
}

void radio_free(struct radio *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < TERMINALS_MAX; i++) {
        if (r->terminals[i])
            drop(r->terminals[i]);
    }
    loop_watch_free(r->watch);
    if (r->fd >= 0)
        close(r->fd);
    free(r);
}
