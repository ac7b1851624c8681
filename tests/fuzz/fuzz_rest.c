/* SPDX-License-Identifier: Apache-2.0 */
/* A signed call with whatever path, query and body: always an envelope with a code of the table
 * and its HTTP status, never trouble of our own. First byte: the route (past the end: the path is
 * in the input too); then, up to a line feed each, path and query; the rest is the body. */
#include "fuzz.h"

#include "api/partner/routes.h"
#include "partner_bench.h"

#define TEXT_MAX 200

static struct partner_bench bench;

static const char *take_line(struct cur *c, char out[TEXT_MAX])
{
    size_t n = 0;

    while (c->n > 0) {
        uint8_t byte = cur_u8(c);

        if (byte == '\n')
            break;
        /* what a server hands over as a path or query has no NUL */
        if (n + 1 < TEXT_MAX && byte != '\0')
            out[n++] = (char)byte;
    }
    out[n] = '\0';
    return out;
}

static void check_answer(int code)
{
    const struct code_info *info = code_info(code);

    FUZZ_CHECK(info->code == code);
    FUZZ_CHECK(bench.reply.status == (unsigned)info->http);
    FUZZ_CHECK(code != CODE_INTERNAL && code != CODE_UNAVAILABLE && code != CODE_TOKEN);
    FUZZ_CHECK(json_text(json_member(bench.doc, "message")) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur c = cur_of(BYTES(data, n));
    char path[TEXT_MAX + 16], query[TEXT_MAX], rest[TEXT_MAX];
    const struct route *routes;
    struct partner_ask ask = {.method = "POST", .path = path, .query = query};
    size_t count, which;
    char *body;

    if (!bench.store) {
        partner_bench_init(&bench, "admin", "");
        FUZZ_CHECK(store_commit(bench.store) == XK_OK && store_begin(bench.store) == XK_OK);
    }
    routes = route_table(&count);
    which = cur_u8(&c) % (count + 1);
    take_line(&c, rest);
    take_line(&c, query);
    if (which < count) {
        ask.method = routes[which].method;
        snprintf(path, sizeof path, "/api/v1%.*s%s", (int)strcspn(routes[which].path, "{"),
                 routes[which].path, strchr(routes[which].path, '{') ? rest : "");
    } else {
        snprintf(path, sizeof path, "/%s", rest);
    }
    body = malloc(c.n + 1);
    FUZZ_CHECK(body);
    if (c.n > 0)
        memcpy(body, c.p, c.n);
    body[c.n] = '\0';
    ask.body = body;
    ask.content_type = n % 2 ? "text/csv" : "application/json";
    bench.c.now += 1000;
    if (which != 1) /* revoking would end the run */
        check_answer(partner_ask(&bench, &ask));
    free(body);
    /* nothing of one input is there for the next */
    store_rollback(bench.store);
    arena_reset(&bench.arena);
    bench.said.first = bench.said.last = NULL;
    bench.c.now -= 1000;
    bench.nonces = 0;
    FUZZ_CHECK(store_begin(bench.store) == XK_OK);
    return 0;
}
