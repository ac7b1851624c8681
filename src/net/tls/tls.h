/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 and 1.3 contexts: groups X25519 and P-256, AEAD suites with forward secrecy, one TLS 1.3
 * ticket, no compression, no renegotiation. A certificate on brainpoolP256r1 is served over TLS 1.2
 * with that group, which TLS 1.3 does not know (RFC 8446 B.3.1.4). The only room of net that knows
 * OpenSSL. */
#ifndef NET_TLS_TLS_H
#define NET_TLS_TLS_H

#include "base/buf.h"
#include "base/clock.h"
#include "net/loop/loop.h"

#define TLS_PATH_MAX 512
#define TLS_FINGERPRINT_MAX 96 /* SHA-256 as "AB:CD:..." and its NUL */

struct tls_server;
struct tls_client;
struct bufferevent;

/* PEM files; the certificate file may hold a chain. The key may be in a hardware security module
 * (crypto/hsm.h): key_file is its URI, or a file that holds it. XK_E_NOT_FOUND: a file is missing;
 * XK_E_DENIED: the key can be read by others (mode & 077) or not by us; XK_E_FORMAT: not a
 * certificate or key; XK_E_AUTH: the key is not that of the certificate; or as hsm_key_open. */
enum xk_err tls_server_new(const char *cert_file, const char *key_file, struct tls_server **out)
    XK_MUST_CHECK;
void tls_server_free(struct tls_server *server); /* streams that live on keep what they need */

/* Another certificate, for clients that ask for this name (SNI, without regard to case). The first
 * one added for a name whose curve the client offers is served; several names may share files. A
 * client that asks for no name, or an unknown one, gets the certificate of tls_server_new. Errors
 * as there; XK_E_LIMIT: more than TLS_NAMES_MAX. */
#define TLS_NAMES_MAX 32
enum xk_err tls_server_add_name(struct tls_server *server, const char *name, const char *cert_file,
                                const char *key_file) XK_MUST_CHECK;

/* Clients are asked for a certificate, which must lead to one of the PEM file's (or be there
 * itself). A handshake without one fails when it is required. */
enum tls_client_wish { TLS_CLIENT_OPTIONAL, TLS_CLIENT_REQUIRED };
enum xk_err tls_server_ask_client(struct tls_server *server, enum tls_client_wish wish,
                                  const char *ca_file) XK_MUST_CHECK;

/* ca_file: PEM with the only roots (or self-signed server certificates) that are trusted; NULL: no
 * verification at all, for tests and `--insecure`. */
enum xk_err tls_client_new(const char *ca_file, struct tls_client **out) XK_MUST_CHECK;
void tls_client_free(struct tls_client *client);

/* A libevent stream over the socket, which it then owns; for the rooms of net. On failure the
 * socket is still the caller's. The client checks that the certificate is for `host`. */
enum xk_err tls_accept_stream(struct tls_server *server, struct loop *loop, int fd,
                              struct bufferevent **out) XK_MUST_CHECK;
enum xk_err tls_connect_stream(struct tls_client *client, struct loop *loop, int fd,
                               const char *host, struct bufferevent **out) XK_MUST_CHECK;
/* Tells the peer that no more comes, before the stream is freed. */
void tls_stream_close_notify(struct bufferevent *stream);
/* The certificate the other end proved, in DER; nothing when it showed none. */
enum xk_err tls_stream_peer_certificate(struct bufferevent *stream, struct buf *der) XK_MUST_CHECK;
/* What went wrong on this stream, for the log; "" when nothing did. */
const char *tls_stream_error(struct bufferevent *stream);

/* A P-256 key (mode 0600) and a self-signed certificate for cn, localhost, 127.0.0.1 and ::1, valid
 * for ten years from the clock's now. Written to <dir>/<name>.key and <dir>/<name>.crt unless both
 * are there already; XK_E_EXISTS when only one is. `hosts`: further DNS names or addresses,
 * comma-separated, or NULL. */
struct tls_self_signed {
    const char *dir, *name, *cn, *hosts;
    const struct xk_clock *clock;
};
struct tls_files {
    char cert[TLS_PATH_MAX], key[TLS_PATH_MAX];
};
enum xk_err tls_generate_self_signed(const struct tls_self_signed *what, struct tls_files *files)
    XK_MUST_CHECK;
/* Whether the first certificate in the file has its key on brainpoolP256r1. */
enum xk_err tls_is_brainpool(const char *cert_file, bool *yes) XK_MUST_CHECK;
/* SHA-256 of the first certificate in the file. */
enum xk_err tls_fingerprint(const char *cert_file, char out[TLS_FINGERPRINT_MAX]) XK_MUST_CHECK;

#endif
