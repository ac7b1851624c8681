/* SPDX-License-Identifier: Apache-2.0 */
/* The radio as a TCP connection: frames of air messages (docs/interfaces/air.md). Without it there
 * is no cell. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop/socket.h"
#include "prog/xieka-device/device.h"

#define RETRY_MS_MIN 250
#define RETRY_MS_MAX 5000
#define STREAM_MAX 65536

enum xk_err radio_open(struct radio *r, const char *network, enum air_rat rat)
{
    r->fd = -1;
    r->rat = rat;
    r->retry_at = network ? 0 : INT64_MAX;
    r->retry_ms = RETRY_MS_MIN;
    buf_init(&r->in, STREAM_MAX);
    buf_init(&r->out, STREAM_MAX);
    if (!network)
        return XK_OK;
    TRY(socket_split(network, r->host, sizeof r->host, &r->port));
    return r->port ? XK_OK : XK_E_VALUE;
}

static void hang_up(struct radio *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->connecting = false;
    buf_reset(&r->in);
    buf_reset(&r->out);
}

void radio_close(struct radio *r)
{
    hang_up(r);
    buf_fini(&r->in);
    buf_fini(&r->out);
}

void radio_send(struct radio *r, struct bytes message)
{
    if (r->fd >= 0 && r->out.n + message.n + AIR_FRAME_HEAD <= STREAM_MAX)
        air_put_frame(message, &r->out);
}

/* The first frame says which radio this is. */
static void say_hello(struct radio *r)
{
    const struct air_message hello = {.type = AIR_SYSTEM_INFO, .rat = r->rat};
    uint8_t mem[16];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (air_encode(&hello, &b) == XK_OK)
        radio_send(r, buf_bytes(&b));
}

static int try_address(const struct addrinfo *a)
{
    int on = 1;
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

    if (fd < 0)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void connect_to(struct radio *r)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%u", r->port);
    if (getaddrinfo(r->host, port, &hints, &found) != 0)
        return;
    for (const struct addrinfo *a = found; a && r->fd < 0; a = a->ai_next)
        r->fd = try_address(a);
    freeaddrinfo(found);
    r->connecting = r->fd >= 0;
}

static void wait_longer(struct radio *r)
{
    r->retry_at = xk_now(xk_clock_system()) + r->retry_ms;
    r->retry_ms = r->retry_ms * 2 < RETRY_MS_MAX ? r->retry_ms * 2 : RETRY_MS_MAX;
}

void radio_time(struct device *d, int64_t now)
{
    struct radio *r = &d->radio;

    if (r->fd >= 0 || r->port == 0 || now < r->retry_at)
        return;
    connect_to(r);
    if (r->fd < 0)
        wait_longer(r);
    else
        say_hello(r);
}

int64_t radio_deadline(const struct radio *r)
{
    return r->fd >= 0 || r->port == 0 ? INT64_MAX : r->retry_at;
}

short radio_events(const struct radio *r)
{
    return (short)(POLLIN | (r->connecting || r->out.n > 0 ? POLLOUT : 0));
}

static void lost(struct device *d)
{
    const struct air_message gone = {.type = AIR_NO_SERVICE};
    bool was_there = !d->radio.connecting;
    uint8_t mem[16];
    struct buf b;

    hang_up(&d->radio);
    wait_longer(&d->radio);
    buf_init_fixed(&b, mem, sizeof mem);
    if (was_there && air_encode(&gone, &b) == XK_OK)
        device_input(d, MODEM_IN_AIR, buf_bytes(&b));
}

static bool connected(struct radio *r)
{
    int error = 0;
    socklen_t n = sizeof error;

    if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error)
        return false;
    r->connecting = false;
    r->retry_ms = RETRY_MS_MIN;
    return true;
}

static bool write_some(struct radio *r)
{
    ssize_t n = send(r->fd, r->out.p, r->out.n, MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    r->out.n -= (size_t)n;
    memmove(r->out.p, r->out.p + n, r->out.n);
    return true;
}

/* Each whole frame is taken off before it is given on: what it causes may send, or hang up. */
static bool take_frames(struct device *d)
{
    struct radio *r = &d->radio;
    uint8_t message[AIR_MESSAGE_MAX];
    struct bytes found;
    size_t used;

    while (air_take_frame(buf_bytes(&r->in), &found, &used) == XK_OK) {
        if (used == 0)
            return true;
        memcpy(message, found.p, found.n);
        found.p = message;
        r->in.n -= used;
        memmove(r->in.p, r->in.p + used, r->in.n);
        device_input(d, MODEM_IN_AIR, found);
    }
    return false;
}

static bool read_some(struct device *d)
{
    uint8_t *room = buf_reserve(&d->radio.in, 4096);
    ssize_t n = room ? recv(d->radio.fd, room, 4096, 0) : -1;

    if (n < 0)
        return room && (errno == EAGAIN || errno == EINTR);
    if (n == 0)
        return false;
    d->radio.in.n += (size_t)n;
    return take_frames(d);
}

void radio_ready(struct device *d, short events)
{
    struct radio *r = &d->radio;
    bool good = true;

    if (r->connecting && events)
        good = connected(r);
    if (good && r->out.n > 0 && events & POLLOUT)
        good = write_some(r);
    if (good && events & (POLLIN | POLLHUP | POLLERR))
        good = read_some(d);
    if (!good)
        lost(d);
}
