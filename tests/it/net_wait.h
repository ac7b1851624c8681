/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for events, never for time: WAIT(loop, condition) turns the loop until it holds, and
 * fails the test when it does not within ten seconds. Blocking raw peers for the other end. */
#ifndef TESTS_IT_NET_WAIT_H
#define TESTS_IT_NET_WAIT_H

#include "base/clock.h"
#include "net/loop/loop.h"
#include "xt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_LIMIT_NS 10000000000

#define WAIT(loop, condition)                                                                      \
    do {                                                                                           \
        int64_t wait_until_ = xk_monotonic_ns() + WAIT_LIMIT_NS;                                   \
                                                                                                   \
        while (!(condition) && xk_monotonic_ns() < wait_until_)                                    \
            if (loop_turn((loop), 50) != XK_OK)                                                    \
                break;                                                                             \
        CHECK(condition);                                                                          \
    } while (0)

/* For what must not happen: some turns in which both ends could have read and written. */
static inline void settle(struct loop *loop)
{
    for (int i = 0; i < 10; i++)
        CHECK_OK(loop_turn(loop, 2));
}

/* A blocking connection to 127.0.0.1:port; -1 when refused. */
static inline int raw_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* What the peer has sent so far is added to out[*n]; turns the loop meanwhile. False at its end, or
 * when nothing came for ten seconds. */
static inline bool raw_read(struct loop *loop, int fd, uint8_t *out, size_t cap, size_t *n)
{
    int64_t until = xk_monotonic_ns() + WAIT_LIMIT_NS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t got;

    while (poll(&p, 1, 0) == 0) {
        if (xk_monotonic_ns() > until || loop_turn(loop, 20) != XK_OK)
            return false;
    }
    got = recv(fd, out + *n, cap - *n, 0);
    if (got <= 0)
        return false;
    *n += (size_t)got;
    return true;
}

/* True when the peer closes within ten seconds. */
static inline bool raw_is_closed(struct loop *loop, int fd)
{
    uint8_t sink[4096];
    size_t n = 0;

    while (raw_read(loop, fd, sink, sizeof sink, &n))
        n = 0;
    if (recv(fd, sink, sizeof sink, MSG_DONTWAIT) == 0)
        return true;
    return errno != EAGAIN && errno != EWOULDBLOCK;
}

#endif
