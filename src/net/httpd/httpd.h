/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 server on the loop. A request is whole (headers and body) when its handler sees it, and
 * lives until it is answered: now or in a later turn, even when its connection is gone meanwhile or
 * the server has been freed. One request at a time per connection; a pipelined one waits.
 *
 * Answered here, without the handler: 400 malformed, 408 header or body too slow, 411, 413 body too
 * large, 414 and 431 line or header too large, 417, 501 unknown method or coding, 503 too many
 * connections, 505. */
#ifndef NET_HTTPD_HTTPD_H
#define NET_HTTPD_HTTPD_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/loop/loop.h"
#include "net/tls/tls.h"

struct httpd;
struct httpd_conn;

enum http_method {
#define HTTP_METHOD(name, needs_length) HTTP_##name,
#include "net/httpd/method.def"
#undef HTTP_METHOD
};
const char *http_method_name(enum http_method method);

struct http_header {
    const char *name, *value;
};

struct http_request {
    enum http_method method;
    const char *path;  /* as received (not percent-decoded), without the query; starts with '/' */
    const char *query; /* as received, behind the '?'; "" when there is none */
    const struct http_header *headers; /* in the order received, values trimmed */
    size_t header_count;
    struct bytes body;             /* NUL behind its end */
    const char *peer;              /* numeric address of the other end */
    struct bytes peer_certificate; /* DER, proven in the handshake; nothing: it showed none */
    struct arena *arena;           /* for the handler; wiped and freed by http_reply */
    /* Everything above may be read by another thread until the request is answered. */
    struct httpd_conn *conn; /* ours */
};

/* First value of the header, case-insensitive; NULL when absent. */
const char *http_header(const struct http_request *req, const char *name);
/* The parameter of the query, decoded, in the request's arena; NULL when absent or malformed. */
const char *http_query(struct http_request *req, const char *name);
/* Percent-decoding ('+' stays itself) into the arena; NULL when malformed or holding a NUL. */
const char *http_decode(struct arena *arena, struct bytes text);

struct http_reply {
    unsigned status;
    const char *content_type; /* NULL: "application/json" when there is a body */
    const struct http_header *headers;
    size_t header_count;
    struct bytes body; /* copied; not sent for HEAD, only counted */
};
/* Loop thread, once per request; req is gone afterwards. Sends Content-Length, Date, Cache-Control:
 * no-store and keep-alive or close as HTTP wants it. */
void http_reply(struct http_request *req, const struct http_reply *reply);

/* A zero means the default in the comment. */
struct httpd_limits {
    size_t header_max;  /* bytes of request line and headers: 16 KiB */
    size_t body_max;    /* 1 MiB */
    size_t arena_max;   /* request arena, on top of body and headers: 4 MiB */
    uint32_t header_ms; /* from first byte to end of headers (first request: from accept): 10 s */
    uint32_t body_ms;   /* from end of headers to end of body: 30 s */
    uint32_t idle_ms;   /* between requests: 60 s */
    uint32_t write_ms;  /* an answer that the peer does not take: 30 s */
    unsigned connections_max; /* over all listeners: 1024 */
    unsigned requests_max;    /* per connection, then it is closed: 10 000 */
};

typedef void http_handler_fn(void *ctx, struct http_request *req);

struct httpd_listen {
    const char *address;    /* as socket_listen */
    uint16_t port;          /* 0: any free one */
    struct tls_server *tls; /* NULL: plain; must outlive the server */
    http_handler_fn *handler;
    void *ctx;
};

struct httpd_stats {
    uint64_t requests, refused; /* handed to handlers; answered here with an error */
    unsigned connections, in_handler;
};

enum xk_err httpd_new(struct loop *loop, const struct httpd_limits *limits, struct httpd **out)
    XK_MUST_CHECK;
/* Several listeners may be added. *port (may be NULL) is the port it got. */
enum xk_err httpd_listen(struct httpd *httpd, const struct httpd_listen *where, uint16_t *port)
    XK_MUST_CHECK;
/* Accepts no more connections; those that are idle are closed, others after their answer. */
void httpd_stop_accepting(struct httpd *httpd);
void httpd_stats(const struct httpd *httpd, struct httpd_stats *out);
/* Closes everything. Requests in handlers stay valid until answered; the answer is dropped. */
void httpd_free(struct httpd *httpd);

#endif
