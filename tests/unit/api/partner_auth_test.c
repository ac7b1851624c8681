/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call, and how often: P-14, P-15, P-17. */
#include "api/partner/routes.h"
#include "partner_bench.h"
#include "xt.h"

#define STATUS .method = "GET", .path = "/api/v1/status"

/* The string to sign, written out by hand; recomputed with the openssl command:
 * printf 'POST\n/api/v1/x\na=1&b=2\n<sha256 of {}>\n1700000000000\nnnnnnnnnnnnnnnnn' |
 *   openssl dgst -sha256 -hmac secret -binary | base64 */
TEST(the_signature_of_a_known_request)
{
    const struct partner_to_sign w = {.method = "POST",
                                      .path = "/api/v1/x",
                                      .query = "b=2&a=1",
                                      .body = BYTES_STR("{}"),
                                      .timestamp = "1700000000000",
                                      .nonce = "nnnnnnnnnnnnnnnn"};
    struct arena a;
    char out[64];

    arena_init(&a, 10000);
    CHECK_OK(partner_signature_of(&w, "HMAC-SHA256", BYTES_STR("secret"), &a, out));
    CHECK_STR(out, "p2+MBta4pY5NPtGw3sXkMkYIYhV7hi8vUEKgFKIIZvk=");
    CHECK_OK(partner_signature_of(&w, "HMAC-SM3", BYTES_STR("secret"), &a, out));
    CHECK_STR(out, "lHTjP6bLzJVIhzjjx6Jdp2vVspNznk/S88xFV69ceTc=");
    arena_fini(&a);
}

TEST(a_good_call_is_let_in)
{
    struct partner_bench b;

    partner_bench_init(&b, "query", "");
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_OK);
    CHECK_INT(b.reply.status, 200);
    CHECK_INT(strlen(json_text(json_member(b.doc, "traceId"))), 16);
    partner_bench_fini(&b);
}

TEST(each_way_to_be_kept_out)
{
    static const struct {
        struct partner_ask ask;
        int code;
        unsigned http;
    } rows[] = {
        {{STATUS, .token = ""}, CODE_TOKEN, 401},
        {{STATUS, .token = "Bearer nonsense"}, CODE_TOKEN, 401},
        {{STATUS, .app = "other"}, CODE_SIGNATURE, 401},
        {{STATUS, .sign = "AAAA"}, CODE_SIGNATURE, 401},
        {{STATUS, .nonce = "short"}, CODE_SIGNATURE, 401},
        {{STATUS, .nonce = "0123456789012345678901234567890123456789x"}, CODE_SIGNATURE, 401},
        {{STATUS, .nonce = "0123456789 012345"}, CODE_SIGNATURE, 401},
        {{STATUS, .timestamp = ""}, CODE_SKEW, 401},
        {{STATUS, .timestamp = "1767323345679"}, CODE_SKEW, 401}, /* 300 s and a bit ahead */
        {{STATUS, .timestamp = "1767322745677"}, CODE_SKEW, 401}, /* and behind */
        {{STATUS, .timestamp = "1767323045678x"}, CODE_SKEW, 401},
        {{STATUS, .peer = "192.0.2.9"}, CODE_IP_DENIED, 403},
        {{STATUS, .peer = "2001:db8::1"}, CODE_IP_DENIED, 403},
        {{.method = "GET", .path = "/api/v1/none"}, CODE_NO_SUCH_PATH, 404},
        {{.method = "GET", .path = "/api/v1"}, CODE_NO_SUCH_PATH, 404},
        {{.method = "GET", .path = "/api/v1/write/task/a/b"}, CODE_NO_SUCH_PATH, 404},
        {{.method = "DELETE", .path = "/api/v1/status"}, CODE_METHOD, 405},
        {{.method = "POST", .path = "/api/v1/write/apply", .body = "{}"}, CODE_FORBIDDEN, 403},
    };
    struct partner_bench b;

    partner_bench_init(&b, "query", "127.0.0.0/8,::1");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = partner_ask(&b, &rows[i].ask);

        if (code != rows[i].code)
            printf("# row %zu\n", i);
        CHECK_INT(code, rows[i].code);
        CHECK_INT(b.reply.status, rows[i].http);
    }
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS, .peer = "127.9.9.9"}), CODE_OK);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS, .peer = "::1"}), CODE_OK);
    partner_bench_fini(&b);
}

/* What was signed cannot be changed underneath. */
TEST(a_signature_covers_everything)
{
    const struct partner_to_sign w = {.method = "GET",
                                      .path = "/api/v1/card",
                                      .query = "limit=1",
                                      .timestamp = "1767323045678",
                                      .nonce = "nonce-of-the-thing"};
    struct partner_ask a = {.method = "GET",
                            .path = "/api/v1/card",
                            .query = "limit=1",
                            .timestamp = w.timestamp,
                            .nonce = w.nonce};
    struct partner_bench b;
    char sign[64];

    partner_bench_init(&b, "query", "");
    CHECK_OK(partner_signature_of(&w, "HMAC-SHA256", bytes_cstr(b.secret), &b.arena, sign));
    a.sign = sign;
    a.query = "limit=2";
    CHECK_INT(partner_ask(&b, &a), CODE_SIGNATURE);
    a.query = "limit=1";
    a.path = "/api/v1/number/pool";
    CHECK_INT(partner_ask(&b, &a), CODE_SIGNATURE);
    a.path = w.path;
    a.body = "x";
    CHECK_INT(partner_ask(&b, &a), CODE_SIGNATURE);
    a.body = NULL;
    a.timestamp = "1767323045679";
    CHECK_INT(partner_ask(&b, &a), CODE_SIGNATURE);
    a.timestamp = w.timestamp;
    CHECK_INT(partner_ask(&b, &a), CODE_OK);
    CHECK_INT(partner_ask(&b, &a), CODE_NONCE); /* the same call again */
    partner_bench_fini(&b);
}

TEST(tokens_expire_give_way_and_are_revoked)
{
    struct partner_bench b;
    char first[64];

    partner_bench_init(&b, "query", "");
    memcpy(first, b.token, sizeof first);
    for (int i = 0; i < 4; i++) {
        b.c.now += 1000;
        CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_OK);
    }
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS, .token = arena_printf(
                                                                &b.arena, "Bearer %s", first)}),
              CODE_OK);
    b.c.now += 1000;
    CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_OK); /* the sixth */
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS, .token = arena_printf(
                                                                &b.arena, "Bearer %s", first)}),
              CODE_TOKEN);
    b.c.now += 7200 * 1000 - 1;
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_OK);
    b.c.now += 1;
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_TOKEN);
    CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_OK);
    CHECK_INT(
        partner_ask(&b, &(struct partner_ask){.method = "POST", .path = "/api/v1/auth/revoke"}),
        CODE_OK);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_TOKEN);
    partner_bench_fini(&b);
}

TEST(tokens_are_not_given_to_strangers)
{
    struct partner_bench b;

    partner_bench_init(&b, "query", "");
    CHECK_INT(partner_get_token(&b, NULL, "AAAA"), CODE_APP);
    CHECK_INT(partner_get_token(&b, "1", NULL), CODE_SKEW);
    partner_bench_fini(&b);
    partner_bench_init(&b, NULL, "");
    CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_APP);
    partner_bench_fini(&b);
}

/* P-15: 20 single queries a second, 2 single applications. */
TEST(call_limits)
{
    struct partner_bench b;

    partner_bench_init(&b, "query", "");
    for (int i = 0; i < 20; i++)
        CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_OK);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_RATE_LIMIT);
    CHECK_INT(b.reply.status, 429);
    CHECK_INT(b.reply.retry_after_s, 1);
    b.c.now += 50;
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_OK);
    CHECK_INT(partner_ask(&b, &(struct partner_ask){STATUS}), CODE_RATE_LIMIT);
    partner_bench_fini(&b);
}

TEST(the_daily_limit)
{
    static const struct store_query one = {"test_limit", "UPDATE app SET daily_limit = 1"};
    const struct partner_ask apply = {.method = "POST",
                                      .path = "/api/v1/write/apply",
                                      .body = "{\"orderNo\":\"a\",\"cid\":\"" PARTNER_CID
                                              "\",\"poolId\":\"main\"}"};
    struct partner_bench b;

    partner_bench_init(&b, "write", "");
    CHECK_OK(store_exec(b.store, &one, NULL, 0, NULL));
    CHECK_INT(partner_ask(&b, &apply), CODE_OK);
    b.c.now += 1000;
    CHECK_INT(partner_ask(&b, &apply), CODE_DAILY_LIMIT);
    b.c.now += 86400000;
    CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_OK);
    CHECK_INT(partner_ask(&b, &apply), CODE_OK); /* the first answer again */
    partner_bench_fini(&b);
}

/* Every route against every role: as routes.def says, and never in by default. */
TEST(each_route_and_role)
{
    static const char *const roles[] = {"query", "write", "import", "org", "audit", "admin", ""};
    static const enum route_role held[] = {ROLE_QUERY, ROLE_WRITE, ROLE_IMPORT, ROLE_ORG,
                                           ROLE_AUDIT};
    const struct route *routes;
    size_t n;

    routes = route_table(&n);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        struct partner_bench b;

        partner_bench_init(&b, roles[i], "");
        for (size_t k = 0; k < n; k++) {
            bool allowed = routes[k].role == ROLE_NONE || i == 5 ||
                           (i < ARRAY_LEN(held) && routes[k].role == held[i]);
            char path[128];
            int code;

            snprintf(path, sizeof path, "/api/v1%.*s%s", (int)strcspn(routes[k].path, "{"),
                     routes[k].path, strchr(routes[k].path, '{') ? "0011223344556677" : "");
            b.c.now += 1000;
            code = partner_ask(
                &b, &(struct partner_ask){.method = routes[k].method, .path = path, .body = "{}"});
            if ((code == CODE_FORBIDDEN) == allowed)
                printf("# %s as %s\n", path, roles[i]);
            CHECK((code == CODE_FORBIDDEN) != allowed);
            if (strcmp(routes[k].path, "/auth/revoke") == 0 && allowed)
                CHECK_INT(partner_get_token(&b, NULL, NULL), CODE_OK);
        }
        partner_bench_fini(&b);
    }
}

/* An application with a role or network that means nothing would stay outside, or let others in. */
TEST(applications_that_cannot_be)
{
    static const struct {
        const char *id, *roles, *networks, *algorithm;
        enum xk_err want;
    } rows[] = {
        {"x", "query", "", "HMAC-MD5", XK_E_VALUE},
        {"", "query", "", NULL, XK_E_VALUE},
        {"a b", "query", "", NULL, XK_E_VALUE},
        {"x", "wrte", "", NULL, XK_E_VALUE},
        {"x", "query,", "", NULL, XK_E_VALUE},
        {"x", ",", "", NULL, XK_E_VALUE},
        {"x", "query", "here", NULL, XK_E_VALUE},
        {"x", "query", "10.0.0", NULL, XK_E_VALUE},
        {"x", "query", "10.0.0.0/33", NULL, XK_E_VALUE},
        {"x", "query", "10.0.0.0/", NULL, XK_E_VALUE},
        {"x", "query", "::1/129", NULL, XK_E_VALUE},
        {"x", "query", "10.0.0.0/8,", NULL, XK_E_VALUE},
        {"x", "query", "10.0.0.0/-1", NULL, XK_E_VALUE},
        {"x", "query,import,org", "10.0.0.0/8,::1/128,192.0.2.1", "HMAC-SM3", XK_OK},
    };
    struct partner_bench b;
    char secret[64];

    partner_bench_init(&b, NULL, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(partner_add_app(b.store, b.ks, &b.rand,
                                  &(struct partner_app){.id = rows[i].id,
                                                        .name = "x",
                                                        .org_id = ORG_ROOT,
                                                        .roles = rows[i].roles,
                                                        .ip_allow = rows[i].networks,
                                                        .algorithm = rows[i].algorithm},
                                  b.c.now, secret),
                  rows[i].want);
    partner_bench_fini(&b);
}

TESTS_MAIN(XT_CASE(the_signature_of_a_known_request), XT_CASE(a_good_call_is_let_in),
           XT_CASE(each_way_to_be_kept_out), XT_CASE(a_signature_covers_everything),
           XT_CASE(tokens_expire_give_way_and_are_revoked),
           XT_CASE(tokens_are_not_given_to_strangers), XT_CASE(call_limits),
           XT_CASE(the_daily_limit), XT_CASE(each_route_and_role),
           XT_CASE(applications_that_cannot_be))
