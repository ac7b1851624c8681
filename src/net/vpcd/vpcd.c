/* SPDX-License-Identifier: Apache-2.0 */
#include "net/vpcd/vpcd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_LEN 2

static int connect_to(const struct addrinfo *list)
{
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

        if (fd < 0)
            continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        close(fd);
    }
    return -1;
}

enum xk_err vpcd_open(struct vpcd *v, const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int one = 1;

    *v = (struct vpcd){.fd = -1};
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return XK_E_IO;
    v->fd = connect_to(list);
    freeaddrinfo(list);
    if (v->fd < 0)
        return XK_E_IO;
    v->message = malloc(VPCD_MESSAGE_MAX);
    if (!v->message) {
        vpcd_close(v);
        return XK_E_NOMEM;
    }
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return XK_OK;
}

void vpcd_close(struct vpcd *v)
{
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
    free(v->message);
    v->message = NULL;
}

/* The reader sends length and body apart; without QUICKACK, which the kernel forgets after each
 * use, its body waits some 40 ms for our acknowledgement of the length. */
static void acknowledge_at_once(int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

static enum xk_err read_exactly(int fd, uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got;

        acknowledge_at_once(fd);
        got = recv(fd, out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return XK_E_CLOSED;
        out += got;
        n -= (size_t)got;
    }
    return XK_OK;
}

static enum xk_err control_of(uint8_t byte, enum vpcd_request *out)
{
    switch (byte) {
    case 0x00:
        *out = VPCD_POWER_OFF;
        return XK_OK;
    case 0x01:
        *out = VPCD_POWER_ON;
        return XK_OK;
    case 0x02:
        *out = VPCD_RESET;
        return XK_OK;
    case 0x04:
        *out = VPCD_ATR;
        return XK_OK;
    default:
        return XK_E_FORMAT;
    }
}

static enum xk_err wait_readable(int fd, const sigset_t *mask)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (ppoll(&p, 1, NULL, mask) >= 0)
        return XK_OK;
    return errno == EINTR ? XK_E_BUSY : XK_E_IO;
}

enum xk_err vpcd_receive(struct vpcd *v, const sigset_t *mask, enum vpcd_request *request,
                         struct bytes *apdu)
{
    uint8_t head[HEAD_LEN];
    size_t n;

    TRY(wait_readable(v->fd, mask));
    TRY(read_exactly(v->fd, head, sizeof head));
    n = (size_t)head[0] << 8 | head[1];
    if (n == 0)
        return XK_E_FORMAT;
    TRY(read_exactly(v->fd, v->message, n));
    *apdu = BYTES_NONE;
    if (n == 1)
        return control_of(v->message[0], request);
    *request = VPCD_APDU;
    *apdu = BYTES(v->message, n);
    return XK_OK;
}

/* Head and body in one segment. */
enum xk_err vpcd_send(struct vpcd *v, struct bytes message)
{
    uint8_t wire[HEAD_LEN + 512];
    size_t n = HEAD_LEN + message.n, sent = 0;

    if (n > sizeof wire)
        return XK_E_LIMIT;
    wire[0] = (uint8_t)(message.n >> 8);
    wire[1] = (uint8_t)message.n;
    memcpy(wire + HEAD_LEN, message.p, message.n);
    while (sent < n) {
        ssize_t put = send(v->fd, wire + sent, n - sent, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return XK_E_CLOSED;
        sent += (size_t)put;
    }
    return XK_OK;
}
