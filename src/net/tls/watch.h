/* SPDX-License-Identifier: Apache-2.0 */
/* An eye on the TLS connections of a library that keeps them to itself but shows its SSL_CTX
 * (libcurl): what became of the handshake, and with a peer the decision about the server's
 * certificate. */
#ifndef NET_TLS_WATCH_H
#define NET_TLS_WATCH_H

#include "net/tls/peer.h"

enum tls_watch_event {
    TLS_WATCH_NOTHING,
    TLS_WATCH_CUT,     /* the other end was gone before the handshake was through */
    TLS_WATCH_ALERT,   /* it broke off and said so: a fatal alert */
    TLS_WATCH_REFUSED, /* by the peer check */
};

struct tls_watch;

/* peer NULL: certificates are the library's business; otherwise it must outlive the watch. */
enum xk_err tls_watch_new(struct tls_peer *peer, struct tls_watch **out) XK_MUST_CHECK;
/* Connections that live on are not watched any longer, and take no other certificate. */
void tls_watch_free(struct tls_watch *watch); /* NULL is fine */
/* ssl_ctx: the SSL_CTX of a connection to be made; the one before is let go. */
void tls_watch_connection(struct tls_watch *watch, void *ssl_ctx);
enum tls_watch_event tls_watch_seen(const struct tls_watch *watch);
/* Why a certificate was refused; "" when none was. */
const char *tls_watch_refusal(const struct tls_watch *watch);

#endif
