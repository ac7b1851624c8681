/* SPDX-License-Identifier: Apache-2.0 */
/* A request head and a chunked body behind it (RFC 9112). However the body is cut into reads, it
 * comes out the same. */
#include "fuzz.h"
#include "net/httpd/parse.h"

#define BODY_MAX 4096

struct outcome {
    unsigned status;
    enum http_chunk_state state;
    struct buf body;
};

static void feed(struct bytes in, size_t step, struct outcome *out)
{
    struct http_chunks c = {.state = HTTP_CHUNK_SIZE};

    buf_init(&out->body, BODY_MAX);
    out->status = 0;
    while (in.n && !out->status && c.state != HTTP_CHUNK_DONE) {
        size_t used = 0;

        out->status = http_chunks_feed(&c, bytes_part(in, 0, step), &out->body, &used);
        FUZZ_CHECK(used > 0 && used <= step && used <= in.n);
        in = bytes_part(in, used, in.n);
    }
    out->state = c.state;
}

static void same_however_cut(struct bytes in)
{
    struct outcome whole, single;

    feed(in, in.n ? in.n : 1, &whole);
    feed(in, 1, &single);
    FUZZ_CHECK(whole.status == single.status);
    FUZZ_CHECK(whole.body.n <= BODY_MAX);
    if (!whole.status) {
        FUZZ_CHECK(whole.state == single.state);
        FUZZ_CHECK(bytes_eq(buf_bytes(&whole.body), buf_bytes(&single.body)));
    }
    buf_fini(&whole.body);
    buf_fini(&single.body);
}

static void check_request(struct http_request *req)
{
    FUZZ_CHECK(req->path[0] == '/' || strcmp(req->path, "*") == 0);
    FUZZ_CHECK(!strchr(req->path, '?') && req->header_count <= HTTP_HEADERS_MAX);
    for (size_t i = 0; i < req->header_count; i++) {
        FUZZ_CHECK(req->headers[i].name[0] && !strpbrk(req->headers[i].value, "\r\n"));
        FUZZ_CHECK(http_header(req, req->headers[i].name));
    }
    if (http_query(req, "a"))
        FUZZ_CHECK(strstr(req->query, "a"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes in = BYTES(data, n);
    size_t end = http_head_end(in, 0);
    struct http_framing framing;
    struct http_request req = {0};
    struct arena arena;

    if (!end)
        return 0;
    FUZZ_CHECK(end <= n && memcmp(data + end - 4, "\r\n\r\n", 4) == 0);
    arena_init(&arena, 1 << 20);
    req.arena = &arena;
    if (http_parse_head(bytes_part(in, 0, end), &arena, &req, &framing) == 0)
        check_request(&req);
    arena_fini(&arena);
    same_however_cut(bytes_part(in, end, n));
    return 0;
}
