/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over real sockets, mostly against clients that misbehave. */
#include "net/httpd/httpd.h"
#include "net_wait.h"
#include "xt.h"

#define HELD_MAX 64

struct site {
    struct loop *loop;
    struct httpd *httpd;
    uint16_t port;
    bool hold;
    struct http_request *held[HELD_MAX];
    unsigned held_count, handled;
    char seen[512]; /* method, path, query and body of the last request */
};

static void answer(struct http_request *req, const char *body)
{
    struct http_header header = {"X-Answer", "42"};
    struct http_reply reply = {
        .status = 200, .headers = &header, .header_count = 1, .body = bytes_cstr(body)};

    http_reply(req, &reply);
}

static void on_request(void *ctx, struct http_request *req)
{
    struct site *s = ctx;

    s->handled++;
    snprintf(s->seen, sizeof s->seen, "%s %s?%s %.*s", http_method_name(req->method), req->path,
             req->query, (int)req->body.n, req->body.n ? (const char *)req->body.p : "");
    CHECK_STR(req->peer, "127.0.0.1");
    if (s->hold && s->held_count < HELD_MAX)
        s->held[s->held_count++] = req;
    else
        answer(req, "hello");
}

static void open_site(struct site *s, const struct httpd_limits *limits)
{
    struct httpd_listen where = {.address = "127.0.0.1", .handler = on_request, .ctx = s};

    memset(s, 0, sizeof *s);
    CHECK_OK(loop_new(&s->loop));
    CHECK_OK(httpd_new(s->loop, limits, &s->httpd));
    CHECK_OK(httpd_listen(s->httpd, &where, &s->port));
}

static void close_site(struct site *s)
{
    httpd_free(s->httpd);
    loop_free(s->loop);
}

static struct httpd_stats stats_of(const struct site *s)
{
    struct httpd_stats stats;

    httpd_stats(s->httpd, &stats);
    return stats;
}

static void say(int fd, const char *text)
{
    size_t n = strlen(text);

    CHECK_INT(send(fd, text, n, MSG_NOSIGNAL), n);
}

/* Reads until `until` has come, or to the end of the connection. */
static const char *hear(struct site *s, int fd, const char *until)
{
    static _Thread_local char text[65536];
    size_t n = 0;

    text[0] = '\0';
    while (n + 1 < sizeof text && !(until && strstr(text, until))) {
        if (!raw_read(s->loop, fd, (uint8_t *)text, sizeof text - 1, &n))
            break;
        text[n] = '\0';
    }
    return text;
}

static bool begins(const char *text, const char *with)
{
    bool ok = strncmp(text, with, strlen(with)) == 0;

    if (!ok)
        printf("# got: %.200s\n", text);
    return ok;
}

/* One request that ends the connection; all that came back. */
static const char *ask(struct site *s, const char *request)
{
    int fd = raw_connect(s->port);
    const char *text;

    say(fd, request);
    text = hear(s, fd, NULL);
    close(fd);
    return text;
}

#define GET "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
#define GET_CLOSE "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

TEST(answers)
{
    struct site s;
    const char *text;

    open_site(&s, NULL);
    text = ask(&s, GET_CLOSE);
    CHECK(begins(text, "HTTP/1.1 200 OK\r\n"));
    CHECK(strstr(text, "\r\nContent-Length: 5\r\n"));
    CHECK(strstr(text, "\r\nContent-Type: application/json\r\n"));
    CHECK(strstr(text, "\r\nConnection: close\r\n"));
    CHECK(strstr(text, "\r\nX-Answer: 42\r\n"));
    CHECK(strstr(text, "\r\nDate: "));
    CHECK(strstr(text, "\r\n\r\nhello"));
    text = ask(&s, "GET / HTTP/1.0\r\n\r\n");
    CHECK(strstr(text, "\r\nConnection: close\r\n"));
    text = ask(&s, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(strstr(text, "\r\nContent-Length: 5\r\n"));
    CHECK(!strstr(text, "hello"));
    close_site(&s);
}

TEST(keeps_the_connection_and_pipelines)
{
    struct site s;
    int fd;

    open_site(&s, NULL);
    fd = raw_connect(s.port);
    say(fd, GET);
    CHECK(strstr(hear(&s, fd, "hello"), "200 OK"));
    CHECK_STR(s.seen, "GET /a?b=c ");
    say(fd, "\r\n" GET "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" GET_CLOSE);
    CHECK(strstr(hear(&s, fd, NULL), "Connection: close"));
    CHECK_INT(s.handled, 4);
    CHECK_INT(stats_of(&s).requests, 4);
    close(fd);
    close_site(&s);
}

TEST(keeps_an_old_client_that_asks)
{
    struct site s;
    int fd;

    open_site(&s, NULL);
    fd = raw_connect(s.port);
    for (int i = 0; i < 2; i++) {
        say(fd, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        CHECK(strstr(hear(&s, fd, "hello"), "\r\nConnection: keep-alive\r\n"));
    }
    close(fd);
    close_site(&s);
}

TEST(bodies)
{
    struct site s;
    int fd;

    open_site(&s, NULL);
    fd = raw_connect(s.port);
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    CHECK_OK(loop_turn(s.loop, 20));
    CHECK_INT(s.handled, 0);
    say(fd, "2\r\nde\r\n0\r\n\r\n");
    hear(&s, fd, "hello");
    CHECK_STR(s.seen, "POST /p? abcde");
    say(fd, "PUT /q HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    CHECK_STR(hear(&s, fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "wxyz");
    hear(&s, fd, "hello");
    CHECK_STR(s.seen, "PUT /q? wxyz");
    close(fd);
    close_site(&s);
}

TEST(refuses)
{
    static const struct httpd_limits limits = {.header_max = 200, .body_max = 10};
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
        {"\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 413 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n01234567890\r\n",
         "HTTP/1.1 413 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx", "HTTP/1.1 400 "},
        {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 411 "},
        {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
    };
    struct site s;

    open_site(&s, &limits);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK(begins(ask(&s, rows[i].request), rows[i].answer));
    CHECK_INT(s.handled, 0);
    CHECK_INT(stats_of(&s).refused, ARRAY_LEN(rows));
    close_site(&s);
}

TEST(too_long_a_line_or_header)
{
    static const struct httpd_limits limits = {.header_max = 200};
    char request[1024];
    struct site s;

    open_site(&s, &limits);
    memset(request, 'a', sizeof request);
    request[sizeof request - 1] = '\0';
    memcpy(request, "GET /", 5);
    CHECK(begins(ask(&s, request), "HTTP/1.1 414 "));
    memcpy(request, "GET / HTTP/1.1\r\nA: ", 19);
    CHECK(begins(ask(&s, request), "HTTP/1.1 431 "));
    close_site(&s);
}

/* The answer must arrive although the client has not stopped sending. */
TEST(refused_while_still_sending)
{
    static const struct httpd_limits limits = {.body_max = 10};
    struct site s;
    char junk[20000];
    int fd;

    open_site(&s, &limits);
    memset(junk, 'x', sizeof junk);
    fd = raw_connect(s.port);
    say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        CHECK_INT(send(fd, junk, sizeof junk, MSG_NOSIGNAL), sizeof junk);
        CHECK_OK(loop_turn(s.loop, 1));
    }
    CHECK(begins(hear(&s, fd, "Large"), "HTTP/1.1 413 "));
    close(fd);
    WAIT(s.loop, stats_of(&s).connections == 0);
    close_site(&s);
}

TEST(slow_header_and_body)
{
    static const struct httpd_limits limits = {.header_ms = 25, .body_ms = 25};
    struct site s;

    open_site(&s, &limits);
    CHECK(begins(ask(&s, "GET / HTTP/1.1\r\nHo"), "HTTP/1.1 408 "));
    CHECK(begins(ask(&s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"),
                 "HTTP/1.1 408 "));
    CHECK_STR(ask(&s, ""), ""); /* never said a word: closed without one */
    close_site(&s);
}

/* One byte every few milliseconds must not keep a connection for ever. */
static void trickle(struct site *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t until = xk_monotonic_ns() + 1000000000;

    say(fd, "GET / HTTP/1.1\r\nA: ");
    while (poll(&p, 1, 0) == 0 && xk_monotonic_ns() < until) {
        CHECK_INT(send(fd, "a", 1, MSG_NOSIGNAL), 1);
        CHECK_OK(loop_turn(s->loop, 2));
    }
    CHECK_INT(poll(&p, 1, 0), 1); /* answered while it was still sending */
    CHECK(begins(hear(s, fd, "Timeout"), "HTTP/1.1 408 "));
    close(fd);
}

TEST(a_trickle_does_not_move_the_deadline)
{
    static const struct httpd_limits limits = {.header_ms = 40, .header_max = 4u << 20};
    struct site s;
    int fd;

    open_site(&s, &limits);
    trickle(&s, raw_connect(s.port));
    fd = raw_connect(s.port);
    say(fd, GET);
    hear(&s, fd, "hello");
    trickle(&s, fd); /* also the second request of a connection */
    close_site(&s);
}

TEST(idle_connections_are_closed)
{
    static const struct httpd_limits limits = {.idle_ms = 20};
    struct site s;
    int fd;

    open_site(&s, &limits);
    fd = raw_connect(s.port);
    say(fd, GET);
    hear(&s, fd, "hello");
    CHECK_STR(hear(&s, fd, NULL), "");
    WAIT(s.loop, stats_of(&s).connections == 0);
    close(fd);
    close_site(&s);
}

TEST(connection_cap)
{
    static const struct httpd_limits limits = {.connections_max = 2};
    struct site s;
    int first, second;

    open_site(&s, &limits);
    first = raw_connect(s.port);
    second = raw_connect(s.port);
    WAIT(s.loop, stats_of(&s).connections == 2);
    CHECK(begins(ask(&s, GET), "HTTP/1.1 503 "));
    close(second);
    WAIT(s.loop, stats_of(&s).connections == 1);
    CHECK(begins(ask(&s, GET_CLOSE), "HTTP/1.1 200 "));
    close(first);
    close_site(&s);
}

TEST(request_cap_per_connection)
{
    static const struct httpd_limits limits = {.requests_max = 2};
    struct site s;
    int fd;

    open_site(&s, &limits);
    fd = raw_connect(s.port);
    say(fd, GET GET GET);
    CHECK(strstr(hear(&s, fd, NULL), "Connection: close"));
    CHECK_INT(s.handled, 2);
    close(fd);
    close_site(&s);
}

TEST(answered_later_and_in_any_order)
{
    struct site s;
    int first, second;

    open_site(&s, NULL);
    s.hold = true;
    first = raw_connect(s.port);
    second = raw_connect(s.port);
    say(first, GET);
    WAIT(s.loop, s.held_count == 1);
    say(second, GET GET); /* the pipelined one waits */
    WAIT(s.loop, s.held_count == 2);
    settle(s.loop);
    CHECK_INT(s.held_count, 2);
    CHECK_INT(stats_of(&s).in_handler, 2);
    answer(s.held[1], "second");
    CHECK(strstr(hear(&s, second, "second"), "200 OK"));
    WAIT(s.loop, s.held_count == 3);
    answer(s.held[0], "first");
    CHECK(strstr(hear(&s, first, "first"), "200 OK"));
    answer(s.held[2], "third");
    CHECK(strstr(hear(&s, second, "third"), "200 OK"));
    close(first);
    close(second);
    close_site(&s);
}

TEST(a_request_outlives_its_connection)
{
    struct site s;
    int fd;

    open_site(&s, NULL);
    s.hold = true;
    fd = raw_connect(s.port);
    say(fd, GET);
    WAIT(s.loop, s.held_count == 1);
    close(fd);
    settle(s.loop);
    CHECK_STR(s.held[0]->path, "/a");
    answer(s.held[0], "nobody hears");
    WAIT(s.loop, stats_of(&s).connections == 0 && stats_of(&s).in_handler == 0);
    close_site(&s);
}

TEST(a_request_outlives_the_server)
{
    struct site s;
    int fd;

    open_site(&s, NULL);
    s.hold = true;
    fd = raw_connect(s.port);
    say(fd, GET);
    WAIT(s.loop, s.held_count == 1);
    httpd_free(s.httpd);
    s.httpd = NULL;
    CHECK_STR(s.held[0]->query, "b=c");
    answer(s.held[0], "nobody hears");
    CHECK_STR(hear(&s, fd, NULL), "");
    close(fd);
    close_site(&s);
}

TEST(stops_accepting_but_answers)
{
    struct site s;
    int busy, idle;

    open_site(&s, NULL);
    s.hold = true;
    idle = raw_connect(s.port);
    busy = raw_connect(s.port);
    say(busy, GET);
    WAIT(s.loop, s.held_count == 1 && stats_of(&s).connections == 2);
    httpd_stop_accepting(s.httpd);
    CHECK_STR(hear(&s, idle, NULL), "");
    CHECK_INT(raw_connect(s.port), -1);
    answer(s.held[0], "last");
    CHECK(strstr(hear(&s, busy, NULL), "Connection: close"));
    WAIT(s.loop, stats_of(&s).connections == 0);
    close(busy);
    close(idle);
    close_site(&s);
}

TEST(two_listeners_and_a_taken_port)
{
    struct httpd_listen where = {.address = "::1", .handler = on_request};
    struct site s;
    uint16_t port = 0;

    open_site(&s, NULL);
    where.ctx = &s;
    CHECK_OK(httpd_listen(s.httpd, &where, &port));
    CHECK(port != 0 && port != s.port);
    where.address = "127.0.0.1";
    where.port = s.port;
    CHECK_INT(httpd_listen(s.httpd, &where, &port), XK_E_EXISTS);
    where.address = "no address";
    CHECK_INT(httpd_listen(s.httpd, &where, &port), XK_E_VALUE);
    close_site(&s);
}

static void on_dirty(void *ctx, struct http_request *req)
{
    struct http_header headers[] = {{"X-A", "b\r\nX-Injected: 1"}, {"X-C", "d"}};
    struct http_reply reply = {.status = 204, .headers = headers, .header_count = 2};

    (void)ctx;
    http_reply(req, &reply);
}

TEST(a_header_cannot_be_injected)
{
    struct httpd_listen where = {.address = "127.0.0.1", .handler = on_dirty};
    struct site s;
    const char *text;

    open_site(&s, NULL);
    CHECK_OK(httpd_listen(s.httpd, &where, &s.port));
    text = ask(&s, GET_CLOSE);
    CHECK(begins(text, "HTTP/1.1 204 No Content\r\n"));
    CHECK(strstr(text, "X-C: d"));
    CHECK(!strstr(text, "Injected"));
    CHECK(!strstr(text, "Content-Length"));
    close_site(&s);
}

TESTS_MAIN(XT_CASE(answers), XT_CASE(keeps_the_connection_and_pipelines),
           XT_CASE(keeps_an_old_client_that_asks), XT_CASE(bodies), XT_CASE(refuses),
           XT_CASE(too_long_a_line_or_header), XT_CASE(refused_while_still_sending),
           XT_CASE(slow_header_and_body), XT_CASE(a_trickle_does_not_move_the_deadline),
           XT_CASE(idle_connections_are_closed), XT_CASE(connection_cap),
           XT_CASE(request_cap_per_connection), XT_CASE(answered_later_and_in_any_order),
           XT_CASE(a_request_outlives_its_connection), XT_CASE(a_request_outlives_the_server),
           XT_CASE(stops_accepting_but_answers), XT_CASE(two_listeners_and_a_taken_port),
           XT_CASE(a_header_cannot_be_injected))
