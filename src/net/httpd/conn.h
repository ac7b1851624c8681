/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/httpd: the server's insides. conn.c reads requests from a connection, reply.c writes
 * answers, httpd.c has the listeners. */
#ifndef NET_HTTPD_CONN_H
#define NET_HTTPD_CONN_H

#include "net/httpd/parse.h"
#include "net/loop/socket.h"

struct bufferevent;

#define LISTENERS_MAX 8
/* Connections over the limit that are told so (503); what comes on top is closed without a word. */
#define OVERFLOW_MAX 32
#define LINGER_MS 1000

struct httpd_listener {
    struct httpd *httpd;
    struct httpd_listen where;
    int fd;
    struct loop_watch *watch;
};

struct httpd {
    struct loop *loop;
    struct httpd_limits limits;
    struct httpd_listener listeners[LISTENERS_MAX];
    unsigned listener_count;
    struct loop_timer *resume; /* accepting, after the descriptors ran out */
    struct httpd_conn *conns;
    bool stopping;
    int64_t date_s; /* of the text */
    char date[32];
    struct httpd_stats stats;
};

enum conn_state {
    CONN_HEAD,     /* waits for, or reads, a request head */
    CONN_BODY,     /* reads a body */
    CONN_HANDLING, /* a handler has it; nothing is read */
    CONN_WRITING,  /* the answer is on the way */
    CONN_LINGER,   /* closing: reads and drops, so that the peer can read the answer */
};

struct httpd_conn {
    struct httpd *httpd;
    const struct httpd_listen *where;
    struct httpd_conn *prev, *next;
    struct bufferevent *stream;
    struct loop_timer *timer;
    enum conn_state state;
    struct pending *pending; /* the request being read or handled */
    size_t scanned;          /* of the head */
    unsigned served;
    bool started; /* a byte of the next request is there */
    bool close;   /* after the answer */
    bool linger;  /* the request was not read to its end */
    char peer[SOCKET_ADDRESS_MAX];
    struct buf certificate; /* of the other end, DER */
};

/* A request from its first byte to its answer. */
struct pending {
    struct http_request req;
    struct http_framing framing;
    struct http_chunks chunks;
    struct arena arena;
    struct buf body;
    int64_t begun_ms;
    char peer[SOCKET_ADDRESS_MAX];
};

struct pending *pending_new(struct httpd_conn *conn);
void pending_free(struct pending *p);

enum xk_err conn_open(struct httpd_listener *listener, int fd, const char *peer, bool surplus)
    XK_MUST_CHECK; /* fd is the connection's, also on failure */
void conn_close(struct httpd_conn *conn);
/* The answer has been handed to the stream. */
void conn_answered(struct httpd_conn *conn);
/* Answers with a status of ours and closes. */
void conn_refuse(struct httpd_conn *conn, unsigned status);

/* Writes status line, headers and body to the connection of the request. */
void reply_write(struct httpd_conn *conn, const struct pending *p, const struct http_reply *reply);

#endif
