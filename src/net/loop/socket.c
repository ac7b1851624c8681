/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool is_any(const char *text)
{
    return !*text || strcmp(text, "*") == 0;
}

static bool parse_address(const char *text, uint16_t port, union address *a, socklen_t *n)
{
    memset(a, 0, sizeof *a);
    if (is_any(text))
        text = "::";
    if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(port);
        *n = sizeof a->v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) != 1)
        return false;
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons(port);
    *n = sizeof a->v6;
    return true;
}

static enum xk_err bind_error(int error)
{
    if (error == EADDRINUSE)
        return XK_E_EXISTS;
    return error == EACCES || error == EPERM ? XK_E_DENIED : XK_E_IO;
}

/* "::" also takes IPv4. NODELAY is inherited by what is accepted: without it each TLS answer may
 * wait 40 ms for an acknowledgement. */
static enum xk_err set_up(int fd, const union address *a, socklen_t n)
{
    int on = 1, off = 0;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (a->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, &a->any, n) != 0 || listen(fd, BACKLOG) != 0)
        return bind_error(errno);
    return XK_OK;
}

enum xk_err socket_listen(const char *address, uint16_t port, int *fd)
{
    union address a;
    socklen_t n;
    enum xk_err err;
    int s;

    if (!parse_address(address, port, &a, &n))
        return XK_E_VALUE;
    s = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0 && errno == EAFNOSUPPORT && is_any(address))
        return socket_listen("0.0.0.0", port, fd); /* a machine without IPv6 */
    if (s < 0)
        return errno == EMFILE || errno == ENFILE ? XK_E_LIMIT : XK_E_IO;
    err = set_up(s, &a, n);
    if (err != XK_OK) {
        close(s);
        return err;
    }
    *fd = s;
    return XK_OK;
}

static void address_text(const union address *a, char out[SOCKET_ADDRESS_MAX])
{
    const void *raw = &a->v4.sin_addr;

    out[0] = '\0';
    if (a->any.sa_family == AF_INET6)
        raw = &a->v6.sin6_addr;
    if (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
        inet_ntop(AF_INET, &a->v6.sin6_addr.s6_addr[12], out, SOCKET_ADDRESS_MAX);
    else if (a->any.sa_family == AF_INET || a->any.sa_family == AF_INET6)
        inet_ntop(a->any.sa_family, raw, out, SOCKET_ADDRESS_MAX);
}

enum xk_err socket_accept(int listener, int *fd, char peer[SOCKET_ADDRESS_MAX])
{
    union address a;
    socklen_t n = sizeof a;
    int on = 1, s;

    memset(&a, 0, sizeof a);
    s = accept4(listener, &a.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (s < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
        return XK_E_LIMIT;
    if (s < 0)
        return XK_E_BUSY;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    address_text(&a, peer);
    *fd = s;
    return XK_OK;
}

uint16_t socket_port(int fd)
{
    union address a;
    socklen_t n = sizeof a;

    memset(&a, 0, sizeof a);
    if (getsockname(fd, &a.any, &n) != 0)
        return 0;
    if (a.any.sa_family == AF_INET)
        return ntohs(a.v4.sin_port);
    return a.any.sa_family == AF_INET6 ? ntohs(a.v6.sin6_port) : 0;
}

static enum xk_err parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;

    if (!*text || strlen(text) > 5)
        return XK_E_FORMAT;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return XK_E_FORMAT;
        value = 10 * value + (unsigned)(*text - '0');
    }
    if (value > 65535)
        return XK_E_VALUE;
    *port = (uint16_t)value;
    return XK_OK;
}

enum xk_err socket_split(const char *text, char *host, size_t cap, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    size_t n;
    bool bracket = *text == '[';

    if (!colon)
        return XK_E_FORMAT;
    n = (size_t)(colon - text);
    if (bracket && (n < 2 || colon[-1] != ']'))
        return XK_E_FORMAT;
    if (!bracket && memchr(text, ':', n))
        return XK_E_FORMAT; /* an IPv6 address without brackets */
    TRY(parse_port(colon + 1, port));
    if (!bytes_to_cstr(BYTES(text + bracket, n - 2 * bracket), host, cap))
        return XK_E_LIMIT;
    return XK_OK;
}
