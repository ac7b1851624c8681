/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "net/httpd/conn.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#define HEADERS_USUAL 512

/* RFC 9110 5.6.7, made once a second */
static const char *date_now(struct httpd *httpd)
{
    int64_t now_s = xk_now(xk_clock_system()) / 1000;
    time_t t = (time_t)now_s;
    struct tm tm;

    if (now_s == httpd->date_s)
        return httpd->date;
    httpd->date_s = now_s;
    gmtime_r(&t, &tm);
    strftime(httpd->date, sizeof httpd->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return httpd->date;
}

/* A handler's header must not end the header. */
static bool is_clean(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7F)
            return false;
    return true;
}

static bool has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void write_headers(struct httpd_conn *conn, const struct http_reply *reply, bool http10,
                          struct evbuffer *out)
{
    evbuffer_add_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\nCache-Control: no-store\r\n",
                        reply->status, http_status_reason(reply->status), date_now(conn->httpd));
    if (has_body(reply->status))
        evbuffer_add_printf(out, "Content-Length: %zu\r\n", reply->body.n);
    if (reply->body.n)
        evbuffer_add_printf(out, "Content-Type: %s\r\n",
                            reply->content_type ? reply->content_type : "application/json");
    if (conn->close)
        evbuffer_add_printf(out, "Connection: close\r\n");
    else if (http10)
        evbuffer_add_printf(out, "Connection: keep-alive\r\n");
    for (size_t i = 0; i < reply->header_count; i++)
        if (is_clean(reply->headers[i].name) && is_clean(reply->headers[i].value))
            evbuffer_add_printf(out, "%s: %s\r\n", reply->headers[i].name, reply->headers[i].value);
    evbuffer_add(out, "\r\n", 2);
}

void reply_write(struct httpd_conn *conn, const struct pending *p, const struct http_reply *reply)
{
    struct evbuffer *out = bufferevent_get_output(conn->stream);
    bool head = p && p->req.method == HTTP_HEAD;

    /* In one piece it is one TLS record and one write; without that it is only slower. */
    evbuffer_expand(out, HEADERS_USUAL + reply->body.n);
    write_headers(conn, reply, p && p->framing.http10, out);
    if (reply->body.n && has_body(reply->status) && !head)
        evbuffer_add(out, reply->body.p, reply->body.n);
    xk_log(XK_LOG_DEBUG, "http peer=%s method=%s path=%s status=%u bytes=%zu ms=%lld", conn->peer,
           p && p->req.path ? http_method_name(p->req.method) : "-",
           p && p->req.path ? p->req.path : "-", reply->status, reply->body.n,
           p ? (long long)(loop_now_ms(conn->httpd->loop) - p->begun_ms) : 0);
    conn_answered(conn);
}

void http_reply(struct http_request *req, const struct http_reply *reply)
{
    struct pending *p = (struct pending *)req; /* its first member */
    struct httpd_conn *conn = req->conn;

    if (conn) {
        conn->pending = NULL;
        conn->httpd->stats.in_handler--;
        reply_write(conn, p, reply);
    }
    pending_free(p);
}
