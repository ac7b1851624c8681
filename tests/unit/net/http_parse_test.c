/* SPDX-License-Identifier: Apache-2.0 */
/* Request heads and chunked bodies (RFC 9110, RFC 9112). */
#include "net/httpd/parse.h"

#include "xt.h"

static unsigned parse(const char *head, struct arena *arena, struct http_request *req,
                      struct http_framing *framing)
{
    arena_init(arena, 65536);
    memset(req, 0, sizeof *req);
    req->arena = arena;
    return http_parse_head(bytes_cstr(head), arena, req, framing);
}

#define HOST "Host: x\r\n"

TEST(refusals)
{
    static const struct {
        const char *head;
        unsigned status;
    } rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", 0},
        {"GET / HTTP/1.0\r\n\r\n", 0},
        {"GET http://x/a HTTP/1.1\r\n" HOST "\r\n", 0},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", 0},
        {"\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET a HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /# HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /\x80 HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET http://x HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
        {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
        {"GET / HTTP/11\r\n" HOST "\r\n", 400},
        {"GET / HTTPS/1.1\r\n" HOST "\r\n", 400},
        {"BREW / HTTP/1.1\r\n" HOST "\r\n", 501},
        {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400},
        {"get / HTTP/1.1\r\n" HOST "\r\n", 501},
        {"GET / HTTP/1.1\r\n" HOST "Bad\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "Bad : x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "A: \x7F\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "\r\n", 411},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999999\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: miracles\r\n\r\n", 417},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_framing framing;
        struct http_request req;
        struct arena arena;
        unsigned status = parse(rows[i].head, &arena, &req, &framing);

        if (status != rows[i].status)
            printf("# row %zu: %s", i, rows[i].head);
        CHECK_INT(status, rows[i].status);
        arena_fini(&arena);
    }
}

TEST(parts)
{
    struct http_framing framing;
    struct http_request req;
    struct arena arena;

    CHECK_INT(
        parse("POST https://x:1/api/v1/a%20b?x=1&name=%E5%8D%A1&empty=&flag&bad=%4 HTTP/1.1\r\n"
              "host: x\r\nX-Tag:\t two words \r\nx-tag: second\r\nContent-Length: 12\r\n"
              "Expect: 100-Continue\r\n\r\n",
              &arena, &req, &framing),
        0);
    CHECK_INT(req.method, HTTP_POST);
    CHECK_STR(http_method_name(req.method), "POST");
    CHECK_STR(req.path, "/api/v1/a%20b");
    CHECK_INT(req.header_count, 5);
    CHECK_STR(http_header(&req, "X-TAG"), "two words");
    CHECK(!http_header(&req, "X-Ta"));
    CHECK_STR(http_query(&req, "x"), "1");
    CHECK_STR(http_query(&req, "name"), "\xE5\x8D\xA1");
    CHECK_STR(http_query(&req, "empty"), "");
    CHECK_STR(http_query(&req, "flag"), "");
    CHECK(!http_query(&req, "bad"));
    CHECK(!http_query(&req, "nam"));
    CHECK_STR(http_decode(&arena, bytes_cstr(req.path)), "/api/v1/a b");
    CHECK(!http_decode(&arena, BYTES_STR("a%00")));
    CHECK_INT(framing.length, 12);
    CHECK(framing.keep_alive && framing.expect_continue && !framing.chunked);
    arena_fini(&arena);
}

TEST(keep_alive_rows)
{
    static const struct {
        const char *head;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" HOST "Connection: te, Close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_framing framing;
        struct http_request req;
        struct arena arena;

        CHECK_INT(parse(rows[i].head, &arena, &req, &framing), 0);
        CHECK_INT(framing.keep_alive, rows[i].keep_alive);
        arena_fini(&arena);
    }
}

TEST(too_many_headers)
{
    struct http_framing framing;
    struct http_request req;
    struct arena arena;
    struct buf head;

    buf_init(&head, 65536);
    buf_put_str(&head, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < HTTP_HEADERS_MAX; i++)
        buf_put_str(&head, "A: b\r\n");
    buf_put_str(&head, "\r\n");
    CHECK_INT(parse(buf_cstr(&head), &arena, &req, &framing), 431);
    arena_fini(&arena);
    buf_fini(&head);
}

TEST(head_end)
{
    CHECK_INT(http_head_end(BYTES_STR("a\r\n\r\nb"), 0), 5);
    CHECK_INT(http_head_end(BYTES_STR("a\r\n\r"), 0), 0);
    CHECK_INT(http_head_end(BYTES_STR("a\r\n\r\n"), 1), 5);
    CHECK_INT(http_head_end(BYTES_NONE, 0), 0);
}

static unsigned feed(const char *text, size_t step, struct buf *body, struct http_chunks *c)
{
    struct bytes in = bytes_cstr(text);
    unsigned status = 0;

    memset(c, 0, sizeof *c);
    buf_reset(body);
    while (in.n && !status && c->state != HTTP_CHUNK_DONE) {
        size_t used = 0;

        status = http_chunks_feed(c, bytes_part(in, 0, step), body, &used);
        in = bytes_part(in, used, in.n);
    }
    return status;
}

TEST(chunks)
{
    static const struct {
        const char *text;
        unsigned status;
        bool done;
        const char *body;
    } rows[] = {
        {"3\r\nabc\r\n0\r\n\r\n", 0, true, "abc"},
        {"3;x=y\r\nabc\r\n1\r\nd\r\n000\r\n\r\n", 0, true, "abcd"},
        {"A\r\n0123456789\r\n0\r\nTrailer: x\r\nB: y\r\n\r\n", 0, true, "0123456789"},
        {"3\r\nab", 0, false, "ab"},
        {"g\r\n", 400, false, ""},
        {"\r\n", 400, false, ""},
        {"-1\r\n", 400, false, ""},
        {"3\nabc", 400, false, ""},
        {"3\r\nabcd\r\n", 400, false, "abc"},
        {"3\r\nabc\n0\r\n\r\n", 400, false, "abc"},
        {"3 ;\nabc", 400, false, ""},
        {"0\r\nA\n\r\n", 400, false, ""},
        {"0\r\n\n", 400, false, ""},
        {"123456789\r\n", 413, false, ""},
        {"20\r\n01234567890123456789012345678901\r\n0\r\n\r\n", 413, false, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t step = 1; step < 80; step = step * 4 + 1) {
            struct http_chunks c;
            struct buf body;

            buf_init(&body, 16);
            CHECK_INT(feed(rows[i].text, step, &body, &c), rows[i].status);
            CHECK_INT(c.state == HTTP_CHUNK_DONE, rows[i].done);
            if (rows[i].status != 413)
                CHECK_STR(buf_cstr(&body), rows[i].body);
            buf_fini(&body);
        }
}

TEST(reasons)
{
    CHECK_STR(http_status_reason(413), "Content Too Large");
    CHECK_STR(http_status_reason(299), "Unknown");
}

TESTS_MAIN(XT_CASE(refusals), XT_CASE(parts), XT_CASE(keep_alive_rows), XT_CASE(too_many_headers),
           XT_CASE(head_end), XT_CASE(chunks), XT_CASE(reasons))
