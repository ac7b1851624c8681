/* SPDX-License-Identifier: Apache-2.0 */
/* TCP sockets: non-blocking, close-on-exec, TCP_NODELAY. */
#ifndef NET_LOOP_SOCKET_H
#define NET_LOOP_SOCKET_H

#include "base/bytes.h"

#define SOCKET_ADDRESS_MAX 64 /* "[2001:db8::1]:65535" and its NUL */

/* Listens on a numeric IPv4 or IPv6 address; "" or "*" is every address of the machine; port 0
 * takes a free one (ask socket_port). XK_E_VALUE: not an address; XK_E_EXISTS: the port is taken;
 * XK_E_DENIED: not permitted. */
enum xk_err socket_listen(const char *address, uint16_t port, int *fd) XK_MUST_CHECK;
/* XK_E_BUSY: nobody waits; XK_E_LIMIT: out of descriptors. peer is the numeric address without
 * the port. */
enum xk_err socket_accept(int listener, int *fd, char peer[SOCKET_ADDRESS_MAX]) XK_MUST_CHECK;
uint16_t socket_port(int fd); /* the local port; 0 when there is none */
/* "host:port", "[v6]:port" or ":port" into its parts; host is cut out without brackets. */
enum xk_err socket_split(const char *text, char *host, size_t cap, uint16_t *port) XK_MUST_CHECK;

#endif
