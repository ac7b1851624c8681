/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/tls. context.c: what clients and servers share, and streams; server.c: the
 * certificates of a server and which of them a client gets. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "net/tls/tls.h"

#include <openssl/ssl.h>

#define TLS_HOST_MAX 256

/* A certificate with its key. */
struct tls_pair {
    SSL_CTX *ctx;
    char name[TLS_HOST_MAX]; /* "" for the first: whoever asks */
    bool brainpool;
};

struct tls_server {
    struct tls_pair pairs[TLS_NAMES_MAX + 1];
    size_t n;
};

enum xk_err tls_set_common(SSL_CTX *ctx) XK_MUST_CHECK;
enum xk_err tls_check_cert_file(const char *cert_file) XK_MUST_CHECK;
/* key.c: as tls_server_new takes it; the caller frees. */
enum xk_err tls_key_open(const char *key_file, EVP_PKEY **out) XK_MUST_CHECK;

#endif
