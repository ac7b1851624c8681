/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 client over libcurl: https and http only, TLS 1.2 and up, connections reused, redirects
 * not followed, no proxy. A client sends on the loop (httpc_send) or waits (httpc_call, for the
 * CLI). Callbacks may send again; they may not free the client. */
#ifndef NET_HTTPC_HTTPC_H
#define NET_HTTPC_HTTPC_H

#include "base/bytes.h"
#include "net/loop/loop.h"
#include "net/tls/peer.h"

struct httpc;

struct httpc_options {
    struct loop *loop;        /* NULL: only httpc_call */
    const char *ca_file;      /* the only roots trusted; NULL: those of the system */
    const char *cert_file;    /* our certificate and its chain, PEM; NULL: none is shown */
    const char *key_file;     /* its private key, PEM */
    bool brainpool;           /* brainpoolP256r1 is offered too: a server of TLS 1.2 may need it */
    const char *connect_to;   /* "host:port:address:port": who asks for the one gets the other, as
                                 in a laboratory without DNS; several, comma-separated; NULL none */
    struct tls_peer *peer;    /* decides about the server's certificate, instead of roots; it must
                                 outlive the client. XK_E_UNSUPPORTED when asked: libcurl is
                                 without OpenSSL */
    bool insecure;            /* no verification of the server */
    uint32_t timeout_ms;      /* whole exchange; 0: 10 s */
    uint32_t connect_ms;      /* 0: 5 s */
    size_t body_max;          /* of the answer; 0: 4 MiB */
    unsigned connections_max; /* per host; 0: 8; further requests wait for one */
    unsigned waiting_max;     /* requests under way or waiting; 0: 10 000 */

    /* Asked now and then while httpc_call waits: true ends the exchange, XK_E_TIMEOUT. NULL: nobody
     * is asked. */
    bool (*has_enough)(void *arg);
    void *has_enough_arg;
};

struct httpc_request {
    const char *method; /* NULL: POST when there is a body, GET else */
    const char *url;
    const char *const *headers; /* "Name: value"; Content-Type is application/json unless here */
    size_t header_count;
    struct bytes body;   /* copied by httpc_send */
    uint32_t timeout_ms; /* 0: that of the client */
};

struct httpc_response {
    /* XK_OK: there is an answer, whatever its status. XK_E_TIMEOUT; XK_E_CLOSED: no connection, or
     * it broke, during the handshake too; XK_E_AUTH: a certificate was refused, here or there, or
     * no common TLS; XK_E_LIMIT (body_max); XK_E_VALUE (url) */
    enum xk_err err;
    bool sent;              /* the request went out whole: the server may have acted on it */
    const char *error_text; /* for people; "" when XK_OK */
    unsigned status;
    const char *content_type; /* "" when none */
    struct bytes body;        /* NUL behind its end */
};

typedef void httpc_fn(void *arg, const struct httpc_response *response);

/* The options are copied. */
enum xk_err httpc_new(const struct httpc_options *options, struct httpc **out) XK_MUST_CHECK;
/* Outstanding requests are dropped; their callbacks are not called. */
void httpc_free(struct httpc *client);
/* fn is called once, later, on the loop; the response is valid during the call. Nothing is called
 * when this fails: XK_E_BUSY (waiting_max), XK_E_NOMEM, XK_E_VALUE (no http or https url). */
enum xk_err httpc_send(struct httpc *client, const struct httpc_request *request, httpc_fn *fn,
                       void *arg) XK_MUST_CHECK;
unsigned httpc_pending(const struct httpc *client);
/* Waits. The response is valid until the next call; the result equals response->err. */
enum xk_err httpc_call(struct httpc *client, const struct httpc_request *request,
                       struct httpc_response *response) XK_MUST_CHECK;

#endif
