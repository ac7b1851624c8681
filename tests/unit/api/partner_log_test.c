/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log over the interface: what is in it, what is not, and that it is checked. */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "partner_bench.h"
#include "xt.h"

static size_t count(struct partner_bench *b)
{
    static const struct store_query q = {"test_count", "SELECT COUNT(*) FROM audit"};
    size_t n;

    CHECK_OK(store_row(b->store, &q, NULL, 0));
    n = (size_t)store_get_int(b->store, 0);
    store_finish(b->store);
    return n;
}

static const char *text_at(const struct partner_bench *b, size_t i, const char *name)
{
    const char *s = json_text(json_member(json_at(partner_data(b, "entries"), i), name));

    return s ? s : "";
}

/* Whatever a call comes to, refused for its body too, it is there once; what only reads is not. */
TEST(each_route_is_logged_once)
{
    const struct route *routes;
    struct partner_bench b;
    size_t n;

    partner_bench_init(&b, "admin", "");
    routes = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route *r = &routes[i];
        const char *path = arena_printf(&b.arena, "/api/v1%.*s%s", (int)strcspn(r->path, "{"),
                                        r->path, strchr(r->path, '{') ? "0011223344556677" : "");
        bool logged =
            strcmp(r->method, "POST") == 0 || r->handle == get_codes || r->handle == get_script;
        size_t before = count(&b);

        if (r->scope == SCOPE_ANY)
            continue;
        b.c.now += 1000;
        (void)partner_ask(&b,
                          &(struct partner_ask){.method = r->method, .path = path, .body = "{}"});
        if (count(&b) != before + logged)
            printf("# %s %s\n", r->method, r->path);
        CHECK_INT(count(&b), before + logged);
    }
    CHECK_INT(partner_get(&b, "/api/v1/audit/verify", NULL), CODE_OK);
    CHECK(json_truth(partner_data(&b, "whole"), false));
    CHECK_INT(json_integer(partner_data(&b, "checked"), 0), count(&b));
    partner_bench_fini(&b);
}

TEST(what_an_entry_says)
{
    static const char body[] = "{\"poolId\":\"new\"}";
    struct partner_bench b;
    uint8_t digest[HASH_LEN];
    char hex[HEX_LEN(HASH_LEN)], trace[17];
    size_t before;

    partner_bench_init(&b, "admin", "");
    before = count(&b);
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", body), CODE_OK);
    snprintf(trace, sizeof trace, "%s", json_text(json_member(b.doc, "traceId")));
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", body), CODE_EXISTS);
    CHECK_INT(partner_get(&b, "/api/v1/audit", arena_printf(&b.arena, "after=%zu", before)),
              CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "entries")), 2);
    CHECK_STR(text_at(&b, 0, "action"), "POST /number/pool");
    CHECK_STR(text_at(&b, 0, "subject"), "new");
    CHECK_STR(text_at(&b, 0, "appId"), "app");
    CHECK_STR(text_at(&b, 0, "orgId"), ORG_ROOT);
    CHECK_STR(text_at(&b, 0, "peer"), "127.0.0.1");
    CHECK_STR(text_at(&b, 0, "code"), "0");
    CHECK_STR(text_at(&b, 1, "code"), "11008");
    CHECK_STR(text_at(&b, 0, "traceId"), trace);
    CHECK_OK(hash_digest(HASH_SHA256, bytes_cstr(body), digest));
    hex_encode_lower(BYTES_OF(digest), hex);
    CHECK_STR(text_at(&b, 0, "body"), hex);
    CHECK_INT(partner_get(&b, "/api/v1/audit", "subject=new&app=app&limit=1"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "entries")), 1);
    CHECK_INT(partner_get(&b, "/api/v1/audit", "subject=none"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "entries")), 0);
    CHECK_INT(partner_get(&b, "/api/v1/audit", "to=1"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "entries")), 0);
    CHECK_INT(partner_get(&b, "/api/v1/audit", "from=x"), CODE_PARAMETER);
    CHECK_INT(partner_get(&b, "/api/v1/audit/verify", "from=0"), CODE_PARAMETER);
    partner_bench_fini(&b);
}

/* Who is known and not let in, is in it; who is not known, cannot fill it. */
TEST(who_was_not_let_in)
{
    struct partner_bench b;
    size_t before;

    partner_bench_init(&b, "query", "127.0.0.0/8");
    before = count(&b);
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{}"), CODE_FORBIDDEN);
    CHECK_INT(count(&b), before + 1);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){.method = "GET",
                                                    .path = "/api/v1/card",
                                                    .peer = "192.0.2.1"}),
              CODE_IP_DENIED);
    CHECK_INT(
        partner_ask(&b,
                    &(struct partner_ask){.method = "GET", .path = "/api/v1/card", .sign = "AAAA"}),
        CODE_SIGNATURE);
    CHECK_INT(count(&b), before + 3);
    CHECK_INT(partner_get_token(&b, NULL, "AAAA"), CODE_APP);
    CHECK_INT(count(&b), before + 4);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){.method = "GET",
                                                    .path = "/api/v1/card",
                                                    .token = "Bearer x"}),
              CODE_TOKEN);
    CHECK_INT(partner_get(&b, "/api/v1/none", NULL), CODE_NO_SUCH_PATH);
    CHECK_INT(count(&b), before + 4);
    partner_bench_fini(&b);
}

TESTS_MAIN(XT_CASE(each_route_is_logged_once), XT_CASE(what_an_entry_says),
           XT_CASE(who_was_not_let_in))
