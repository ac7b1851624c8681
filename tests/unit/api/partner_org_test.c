/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations and applications over the interface; who sees what, on every route. */
#include "api/partner/routes.h"
#include "partner_bench.h"
#include "xt.h"

#define ORG(id, parent, kind)                                                                      \
    "{\"orgId\":\"" id "\",\"parent\":\"" parent "\",\"kind\":\"" kind "\"}"

#define APPLY(order, field, value)                                                                 \
    "{\"orderNo\":\"" order "\",\"cid\":\"" PARTNER_CID "\",\"" field "\":\"" value "\"}"
#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"
#define STATE(id, state) "{\"orgId\":\"" id "\",\"state\":\"" state "\"}"

/* An application of that organisation, which calls from now on. */
static void become(struct partner_bench *b, const char *app, const char *org, const char *roles)
{
    const char *body = arena_printf(
        &b->arena, "{\"appId\":\"%s\",\"orgId\":\"%s\",\"roles\":\"%s\"}", app, org, roles);

    CHECK_INT(partner_post(b, "/api/v1/app", body), CODE_OK);
    CHECK_INT(partner_become(b, app, partner_text(b, "secret")), CODE_OK);
}

/* The operator's application again. */
struct operator
{
    char secret[64];
};

static struct operator operator_of(const struct partner_bench *b)
{
    struct operator o;

    memcpy(o.secret, b->secret, sizeof o.secret);
    return o;
}

static void be_operator(struct partner_bench *b, const struct operator* o)
{
    CHECK_INT(partner_become(b, "app", o->secret), CODE_OK);
}

TEST(a_tree_of_organisations)
{
    static const struct {
        const char *body;
        int code;
    } rows[] = {
        {ORG("agent", "platform", "AGENT"), CODE_OK},
        {ORG("agent", "platform", "AGENT"), CODE_EXISTS},
        {ORG("maker", "agent", "MODULE_MAKER"), CODE_OK},
        {ORG("cust", "maker", "CUSTOMER"), CODE_OK},
        {ORG("x", "none", "AGENT"), CODE_NO_SUCH_ORG},
        {ORG("x", "cust", "AGENT"), CODE_ORG_MISFIT},
        {ORG("x", "platform", "PLATFORM"), CODE_ORG_MISFIT},
        {ORG("x", "platform", "BANK"), CODE_PARAMETER},
        {ORG("x:y", "platform", "AGENT"), CODE_PARAMETER},
        {ORG("", "platform", "AGENT"), CODE_PARAMETER},
        {"{\"kind\":\"AGENT\"}", CODE_MISSING},
    };
    struct partner_bench b;

    partner_bench_init(&b, "admin", "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = partner_post(&b, "/api/v1/org", rows[i].body);

        if (code != rows[i].code)
            printf("# row %zu\n", i);
        CHECK_INT(code, rows[i].code);
    }
    CHECK_INT(partner_get(&b, "/api/v1/org/cust", NULL), CODE_OK);
    CHECK_STR(partner_text(&b, "parent"), "maker");
    CHECK_STR(partner_text(&b, "kindText"), "最终客户");
    CHECK_INT(partner_get(&b, "/api/v1/org", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "orgs")), 1);
    CHECK_INT(partner_get(&b, "/api/v1/org", "parent=agent"), CODE_OK);
    CHECK_STR(json_text(json_member(json_at(partner_data(&b, "orgs"), 0), "orgId")), "maker");
    CHECK_INT(partner_get(&b, "/api/v1/org", "parent=none"), CODE_NO_SUCH_ORG);
    CHECK_INT(partner_get(&b, "/api/v1/org/none", NULL), CODE_NO_SUCH_ORG);
    partner_bench_fini(&b);
}

TEST(the_tree_has_an_end)
{
    struct partner_bench b;
    const char *parent = "platform";
    int code = CODE_OK;
    unsigned n;

    partner_bench_init(&b, "admin", "");
    for (n = 1; code == CODE_OK && n < 20; n++) {
        const char *id = arena_printf(&b.arena, "customer-with-a-rather-long-n-%u", n + 10);

        code = partner_post(&b, "/api/v1/org",
                            arena_printf(&b.arena, ORG("%s", "%s", "CUSTOMER"), id, parent));
        parent = id;
    }
    CHECK_INT(code, CODE_ORG_MISFIT);
    CHECK_INT(n - 1, ORG_DEPTH_MAX);
    partner_bench_fini(&b);
}

/* A call of the customer's application. */
static int may_call(struct partner_bench *b, const char *secret)
{
    CHECK_INT(partner_become(b, "theirs", secret), CODE_OK);
    return partner_get(b, "/api/v1/card", NULL);
}

/* What stands below a suspended one is stopped, too, and goes on only when all above it may. */
TEST(suspended_and_closed)
{
    struct partner_bench b;
    struct operator op;
    char secret[64];

    partner_bench_init(&b, "admin", "");
    op = operator_of(&b);
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("agent", "platform", "AGENT")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("cust", "agent", "CUSTOMER")), CODE_OK);
    become(&b, "theirs", "cust", "admin");
    CHECK_INT(partner_get(&b, "/api/v1/card", NULL), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("cust", "SUSPENDED")),
              CODE_FORBIDDEN); /* its own */
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "SUSPENDED")), CODE_NO_SUCH_ORG);
    memcpy(secret, b.secret, sizeof secret);
    be_operator(&b, &op);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "CLOSED")), CODE_ORG_MISFIT);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "SUSPENDED")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("cust", "SUSPENDED")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("late", "cust", "CUSTOMER")), CODE_ORG_BLOCKED);
    CHECK_INT(
        partner_post(&b, "/api/v1/app", "{\"appId\":\"l\",\"orgId\":\"cust\",\"roles\":\"query\"}"),
        CODE_ORG_BLOCKED);
    CHECK_INT(may_call(&b, secret), CODE_ORG_BLOCKED);
    be_operator(&b, &op);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "ACTIVE")), CODE_OK);
    CHECK_INT(may_call(&b, secret), CODE_ORG_BLOCKED);
    be_operator(&b, &op);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("cust", "ACTIVE")), CODE_OK);
    CHECK_INT(may_call(&b, secret), CODE_OK);
    be_operator(&b, &op);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("platform", "SUSPENDED")),
              CODE_FORBIDDEN);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "SUSPENDED")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "CLOSED")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org/state", STATE("agent", "ACTIVE")), CODE_ORG_MISFIT);
    CHECK_INT(may_call(&b, secret), CODE_ORG_BLOCKED);
    partner_bench_fini(&b);
}

#define EXCEPTION "{\"exceptionId\":\"000000000000004d\""

/* An exception of the operator's with this id, of the gravest kind. */
static void add_exception(struct partner_bench *b)
{
    static const struct store_query rename = {"test_exception",
                                              "UPDATE exception SET exception_id = 77"};
    struct exception_ctx x = order_exceptions(&b->c);

    CHECK_OK(exception_note(&x, &(struct exception_fault){.cause = EXCEPTION_BY_LEAK,
                                                          .org_id = "platform",
                                                          .subject = "x",
                                                          .card = PARTNER_CID,
                                                          .text = "x"}));
    CHECK_OK(store_exec(b->store, &rename, NULL, 0, NULL));
}

/* What a call of the tenant says about things of the operator; {} where a route takes nothing. */
static const char *tenant_body(struct partner_bench *b, const char *path, const char *task,
                               const char *batch)
{
    const struct {
        const char *path, *body;
    } rows[] = {
        {"/write/cancel", arena_printf(&b->arena, "{\"taskId\":\"%s\"}", task)},
        {"/write/retry", arena_printf(&b->arena, "{\"taskId\":\"%s\"}", task)},
        {"/write/report", arena_printf(&b->arena, "{\"taskId\":\"%s\",\"packet\":\"00\"}", task)},
        {"/write/batch/resume", arena_printf(&b->arena, "{\"batchId\":\"%s\"}", batch)},
        {"/write/apply", "{\"orderNo\":\"t\",\"cid\":\"" PARTNER_CID "\",\"poolId\":\"main\"}"},
        {"/real-name",
         "{\"cid\":\"" PARTNER_CID "\",\"idType\":\"ID_CARD\",\"idHash\":\"" HASH "\"}"},
        {"/real-name/remove", "{\"cid\":\"" PARTNER_CID "\"}"},
        {"/gate-rule", "{\"poolId\":\"main\",\"realName\":\"OFF\"}"},
        {"/gate-rule/remove", "{\"ruleId\":\"pool:main\"}"},
        {"/risk/block", "{\"cid\":\"" PARTNER_CID "\",\"reason\":\"x\"}"},
        {"/risk/unblock", "{\"cid\":\"" PARTNER_CID "\",\"byOrg\":\"platform\"}"},
        {"/card/transfer", "{\"cids\":[\"" PARTNER_CID "\"],\"to\":\"cust\"}"},
        {"/number/pool", "{\"poolId\":\"mine\",\"parent\":\"main\"}"},
        {"/number/generate", "{\"poolId\":\"main\",\"count\":1,\"firstImsi\":\"460040000000001\","
                             "\"firstMsisdn\":\"1440000000999\"}"},
        {"/org", ORG("x", "platform", "AGENT")},
        {"/org/state", "{\"orgId\":\"other\",\"state\":\"SUSPENDED\"}"},
        {"/app", "{\"appId\":\"x\",\"orgId\":\"other\",\"roles\":\"query\"}"},
        {"/app/state", "{\"appId\":\"app\",\"state\":\"OFF\"}"},
        {"/app/secret", "{\"appId\":\"app\"}"},
        {"/callback/replay", "{\"id\":77}"},
        {"/exception/respond", EXCEPTION ",\"text\":\"x\"}"},
        {"/exception/relieve", EXCEPTION ",\"text\":\"x\"}"},
        {"/exception/report", EXCEPTION ",\"text\":\"x\"}"},
        {"/exception/close", EXCEPTION ",\"cause\":\"x\",\"action\":\"y\"}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(path, rows[i].path) == 0)
            return rows[i].body;
    }
    return "{}";
}

/* The path with the operator's own thing for {id}. */
static const char *tenant_path(struct partner_bench *b, const char *path, const char *task,
                               const char *batch)
{
    const char *id = strstr(path, "batch")                               ? batch
                     : strstr(path, "exception")                         ? "000000000000004d"
                     : strstr(path, "task") || strstr(path, "script")    ? task
                     : strstr(path, "card") || strstr(path, "real-name") ? PARTNER_CID
                     : strstr(path, "pool")                              ? "main"
                                                                         : "other";

    return arena_printf(&b->arena, "/api/v1%.*s%s", (int)strcspn(path, "{"), path,
                        strchr(path, '{') ? id : "");
}

/* A list tells a tenant what it did itself, and nothing of others. */
static bool is_own(const struct partner_bench *b, const char *list)
{
    const struct json *entries = partner_data(b, list);

    for (size_t i = 0; i < json_length(entries); i++) {
        if (strcmp(json_text(json_member(json_at(entries, i), "orgId")), "cust") != 0)
            return false;
    }
    return json_length(entries) > 0;
}

/* Whether a good answer shows or changes something of the operator's or of the other customer's. */
static bool leaks(struct partner_bench *b, const struct route *r, int code)
{
    const char *said = buf_cstr(&b->body);

    if (r->handle == get_audit)
        return !is_own(b, "entries");
    if (r->handle == get_exceptions)
        return !is_own(b, "exceptions");
    return code == CODE_OK && (strcmp(r->method, "POST") == 0 || strstr(said, PARTNER_CID) ||
                               strstr(said, "\"main\"") || strstr(said, "operator.example") ||
                               strstr(said, "\"other\""));
}

/* Two customers and the operator. The card, pool, task and batch are the operator's; the tenant has
 * every role. */
/* What of others can be named in the query of this route. */
static const char *tenant_query(struct partner_bench *b, const char *known)
{
    static const char *const names[][2] = {{"poolId", "main"}, {"batchId", "b1"}};
    const char *query = "";

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strstr(known, names[i][0]))
            query = arena_printf(&b->arena, "%s%s%s=%s", query, query[0] ? "&" : "", names[i][0],
                                 names[i][1]);
    }
    return query;
}

TEST(a_tenant_on_every_route)
{
    static const struct store_query dead = {
        "test_dead", "INSERT INTO callback_dead (outbox_id, task_id, url, payload, reason, at) "
                     "SELECT 77, task_id, 'http://operator.example', '', 'x', 1 FROM task LIMIT 1"};
    const struct route *routes;
    struct partner_bench b;
    const char *task, *batch;
    size_t n, seen = 0;

    partner_bench_init(&b, "admin", "");
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("cust", "platform", "CUSTOMER")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("other", "platform", "CUSTOMER")), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply/batch",
                           "{\"items\":[{\"orderNo\":\"a\",\"cid\":\"" PARTNER_CID
                           "\",\"poolId\":\"main\"}]}"),
              CODE_OK);
    batch = arena_printf(&b.arena, "%s", partner_text(&b, "batchId"));
    task = arena_printf(&b.arena, "%s",
                        json_text(json_member(json_at(partner_data(&b, "items"), 0), "taskId")));
    CHECK_OK(store_exec(b.store, &dead, NULL, 0, NULL));
    add_exception(&b);
    CHECK_INT(partner_post(&b, "/api/v1/gate-rule", "{\"poolId\":\"main\",\"scenarios\":\"x\"}"),
              CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/real-name", tenant_body(&b, "/real-name", "", "")),
              CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/block", tenant_body(&b, "/risk/block", "", "")),
              CODE_OK);
    become(&b, "tenant", "cust", "admin");
    routes = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route *r = &routes[i];
        const char *path = tenant_path(&b, r->path, task, batch);
        int code;

        if (r->scope == SCOPE_ANY)
            continue;
        b.c.now += 1000;
        code =
            partner_ask(&b, &(struct partner_ask){.method = r->method,
                                                  .path = path,
                                                  .query = tenant_query(&b, r->query),
                                                  .body = tenant_body(&b, r->path, task, batch)});
        if (leaks(&b, r, code) || (r->scope == SCOPE_ROOT && code != CODE_FORBIDDEN))
            printf("# %s %s: %d\n", r->method, path, code);
        CHECK(!leaks(&b, r, code));
        if (r->scope == SCOPE_ROOT)
            CHECK_INT(code, CODE_FORBIDDEN);
        seen++;
    }
    CHECK(seen >= 38);
    partner_bench_fini(&b);
}

static int give(struct partner_bench *b, const char *body)
{
    return partner_post(b, "/api/v1/card/transfer", body);
}

#define TO(org) "{\"cids\":[\"" PARTNER_CID "\"],\"to\":\"" org "\"}"

/* An agent and its customer; the card is the agent's. */
static struct operator open_agency(struct partner_bench *b)
{
    partner_bench_init(b, "admin", "");
    CHECK_INT(partner_post(b, "/api/v1/org", ORG("agent", "platform", "AGENT")), CODE_OK);
    CHECK_INT(partner_post(b, "/api/v1/org", ORG("cust", "agent", "CUSTOMER")), CODE_OK);
    CHECK_INT(give(b, TO("agent")), CODE_OK);
    return operator_of(b);
}

TEST(what_is_not_handed_over)
{
    static const struct {
        const char *body;
        int code;
    } rows[] = {
        {"{\"cids\":[\"" PARTNER_CID "\",\"89860000000000000999\"],\"to\":\"platform\"}",
         CODE_NO_SUCH_CARD},
        {"{\"cids\":[],\"to\":\"cust\"}", CODE_MISSING},
        {"{\"cids\":[1],\"to\":\"cust\"}", CODE_PARAMETER},
        {"{\"cids\":[\"x\"],\"to\":\"none\"}", CODE_NO_SUCH_ORG},
        {"{\"cids\":[\"" PARTNER_CID "\"],\"to\":\"cust\",\"kind\":\"MADE\"}", CODE_PARAMETER},
        {"{\"cids\":[\"" PARTNER_CID "\"],\"to\":\"cust\",\"kind\":\"GIFT\"}", CODE_PARAMETER},
        {TO("agent"), CODE_ORG_MISFIT}, /* it has it */
        {"{\"cids\":[\"" PARTNER_CID "\",\"" PARTNER_CID "\"],\"to\":\"cust\"}", CODE_ORG_MISFIT},
    };
    struct partner_bench b;

    open_agency(&b);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(give(&b, rows[i].body), rows[i].code);
    CHECK_INT(partner_get(&b, "/api/v1/org/agent", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "cards"), -1), 1);
    CHECK_INT(partner_get(&b, "/api/v1/custody", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "moves")), 2); /* made, and given to the agent */
    partner_bench_fini(&b);
}

TEST(cards_go_from_hand_to_hand)
{
    struct partner_bench b;

    open_agency(&b);
    become(&b, "agents", "agent", "admin");
    CHECK_INT(partner_get(&b, "/api/v1/card/" PARTNER_CID, NULL), CODE_OK);
    CHECK_STR(partner_text(&b, "orgId"), "agent");
    CHECK_INT(give(&b, TO("platform")), CODE_NO_SUCH_ORG);
    CHECK_INT(give(&b, TO("cust")), CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/card/" PARTNER_CID, NULL), CODE_OK); /* from above */
    CHECK_INT(partner_get(&b, "/api/v1/card", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "cards")), 0);
    CHECK_INT(partner_get(&b, "/api/v1/card", "org=cust"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "cards")), 1);
    CHECK_INT(partner_get(&b, "/api/v1/card", "org=platform"), CODE_NO_SUCH_ORG);
    CHECK_INT(partner_get(&b, "/api/v1/org/cust", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "cards"), -1), 1);
    CHECK_INT(partner_get(&b, "/api/v1/org/agent", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "cards"), -1), 0);
    CHECK_INT(partner_get(&b, "/api/v1/card/custody/" PARTNER_CID, NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "moves")), 2); /* from the operator, and on */
    CHECK_INT(partner_get(&b, "/api/v1/custody", "org=cust"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "moves")), 1);
    become(&b, "customers", "cust", "query");
    CHECK_INT(partner_get(&b, "/api/v1/card/custody/" PARTNER_CID, NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "moves")), 1); /* what was before is not its business */
    partner_bench_fini(&b);
}

TEST(numbers_of_others_and_shared_ones)
{
    struct partner_bench b;
    struct operator op = open_agency(&b);

    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{\"poolId\":\"open\",\"shared\":true}"),
              CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/number/generate",
                           "{\"poolId\":\"open\",\"count\":2,\"firstImsi\":\"999702000000001\","
                           "\"firstMsisdn\":\"1440000000101\"}"),
              CODE_OK);
    become(&b, "agents", "agent", "admin");
    CHECK_INT(partner_get(&b, "/api/v1/number/pool/open", NULL), CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/number/pool/main", NULL), CODE_NO_SUCH_POOL);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", APPLY("a", "poolId", "main")),
              CODE_NUMBER_ELSEWHERE);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", APPLY("b", "targetMsisdn", "1440000000001")),
              CODE_NUMBER_ELSEWHERE);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", APPLY("c", "poolId", "open")), CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/write/task", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "tasks")), 3);
    CHECK_INT(give(&b, TO("cust")), CODE_CARD_BUSY); /* a task has it */
    be_operator(&b, &op);
    CHECK_INT(partner_get(&b, "/api/v1/write/task", "org=agent"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "tasks")), 3);
    CHECK_INT(partner_get(&b, "/api/v1/card/" PARTNER_CID, NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "history")), 3);
    partner_bench_fini(&b);
}

/* Nobody gives what he has not, to others or to himself. */
TEST(applications_and_their_roles)
{
    static const struct {
        const char *body;
        int code;
    } rows[] = {
        {"{\"appId\":\"q\",\"roles\":\"query\"}", CODE_OK},
        {"{\"appId\":\"q\",\"roles\":\"query\"}", CODE_EXISTS},
        {"{\"appId\":\"app\",\"roles\":\"query\"}", CODE_EXISTS},
        {"{\"appId\":\"w\",\"roles\":\"query,write\"}", CODE_FORBIDDEN},
        {"{\"appId\":\"w\",\"roles\":\"admin\"}", CODE_FORBIDDEN},
        {"{\"appId\":\"w\",\"roles\":\"rite\"}", CODE_PARAMETER},
        {"{\"appId\":\"w\",\"roles\":\"\"}", CODE_PARAMETER},
        {"{\"appId\":\"w\"}", CODE_MISSING},
        {"{\"appId\":\"w\",\"roles\":\"query\",\"ipAllow\":\"10/8\"}", CODE_PARAMETER},
        {"{\"appId\":\"w\",\"roles\":\"query\",\"algorithm\":\"MD5\"}", CODE_PARAMETER},
        {"{\"appId\":\"w\",\"roles\":\"query\",\"dailyLimit\":0}", CODE_PARAMETER},
        {"{\"appId\":\"w\",\"roles\":\"query\",\"orgId\":\"none\"}", CODE_NO_SUCH_ORG},
        {"{\"appId\":\"sm3\",\"roles\":\"query\",\"algorithm\":\"HMAC-SM3\"}", CODE_OK},
    };
    struct partner_bench b;
    struct operator op;
    char secret[64], first[64];

    partner_bench_init(&b, "admin", "");
    op = operator_of(&b);
    CHECK_INT(partner_post(&b, "/api/v1/org", ORG("cust", "platform", "CUSTOMER")), CODE_OK);
    become(&b, "staff", "cust", "org,query");
    memcpy(secret, b.secret, sizeof secret);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = partner_post(&b, "/api/v1/app", rows[i].body);

        if (code != rows[i].code)
            printf("# row %zu\n", i);
        CHECK_INT(code, rows[i].code);
        if (i == 0)
            snprintf(first, sizeof first, "%s", partner_text(&b, "secret"));
    }
    CHECK_INT(partner_get(&b, "/api/v1/app", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "apps")), 3);
    CHECK(!strstr(buf_cstr(&b.body), "secret"));
    CHECK_INT(partner_post(&b, "/api/v1/app/state", "{\"appId\":\"app\",\"state\":\"OFF\"}"),
              CODE_NO_SUCH_APP);
    CHECK_INT(partner_post(&b, "/api/v1/app/state", "{\"appId\":\"q\",\"state\":\"AWAY\"}"),
              CODE_PARAMETER);

    CHECK_INT(partner_become(&b, "q", first), CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/card", NULL), CODE_OK);
    CHECK_INT(partner_become(&b, "staff", secret), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/app/secret", "{\"appId\":\"q\"}"), CODE_OK);
    CHECK(strcmp(partner_text(&b, "secret"), first) != 0);
    snprintf(b.secret, sizeof b.secret, "%s", partner_text(&b, "secret"));
    CHECK_INT(partner_become(&b, "q", first), CODE_APP);
    CHECK_INT(partner_become(&b, "staff", secret), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/app/secret", "{\"appId\":\"q\"}"), CODE_OK);
    snprintf(first, sizeof first, "%s", partner_text(&b, "secret"));
    CHECK_INT(partner_become(&b, "q", first), CODE_OK);
    CHECK_INT(partner_become(&b, "staff", secret), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/app/state", "{\"appId\":\"q\",\"state\":\"OFF\"}"),
              CODE_OK);
    CHECK_INT(partner_become(&b, "q", first), CODE_APP);
    CHECK_INT(partner_become(&b, "staff", secret), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/app/state", "{\"appId\":\"q\",\"state\":\"ON\"}"), CODE_OK);
    CHECK_INT(partner_become(&b, "q", first), CODE_OK);

    be_operator(&b, &op);
    become(&b, "boss", "cust", "admin");
    CHECK_INT(partner_become(&b, "staff", secret), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/app/state", "{\"appId\":\"boss\",\"state\":\"OFF\"}"),
              CODE_FORBIDDEN); /* it may more than its caller */
    CHECK_INT(partner_post(&b, "/api/v1/app/secret", "{\"appId\":\"boss\"}"), CODE_FORBIDDEN);
    partner_bench_fini(&b);
}

TESTS_MAIN(XT_CASE(a_tree_of_organisations), XT_CASE(the_tree_has_an_end),
           XT_CASE(suspended_and_closed), XT_CASE(a_tenant_on_every_route),
           XT_CASE(what_is_not_handed_over), XT_CASE(cards_go_from_hand_to_hand),
           XT_CASE(numbers_of_others_and_shared_ones), XT_CASE(applications_and_their_roles))
