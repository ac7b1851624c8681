/* SPDX-License-Identifier: Apache-2.0 */
/* The routes: W1 to W6, Q1 to Q3, pools, imports, callbacks; bad input names its field. */
#include "base/hex.h"
#include "partner_bench.h"
#include "service/indicator/platform.h"
#include "service/org/org.h"
#include "xt.h"

#define APPLY(text)                                                                                \
    {                                                                                              \
        .method = "POST", .path = "/api/v1/write/apply", .body = text                              \
    }
#define GOOD "\"cid\":\"" PARTNER_CID "\",\"poolId\":\"main\""

static const char *message(const struct partner_bench *b)
{
    return json_text(json_member(b->doc, "message"));
}

/* {"taskId":"..."} of the task in the last answer */
static const char *task_body(struct partner_bench *b)
{
    return arena_printf(&b->arena, "{\"taskId\":\"%s\"}", partner_text(b, "taskId"));
}

TEST(bad_fields_are_named)
{
    static const struct {
        const char *body;
        int code;
        const char *field;
    } rows[] = {
        {"", CODE_BAD_JSON, "byte 0"},
        {"[]", CODE_BAD_JSON, "byte 0"},
        {"{\"orderNo\":\"a\"", CODE_BAD_JSON, "byte"},
        {"{" GOOD "}", CODE_MISSING, "orderNo"},
        {"{\"orderNo\":\"\"," GOOD "}", CODE_PARAMETER, "orderNo"},
        {"{\"orderNo\":\"a b\"," GOOD "}", CODE_PARAMETER, "orderNo"},
        {"{\"orderNo\":7," GOOD "}", CODE_PARAMETER, "orderNo"},
        {"{\"orderNo\":\"a\",\"poolId\":\"main\"}", CODE_MISSING, "cid"},
        {"{\"orderNo\":\"a\",\"cid\":\"123\",\"poolId\":\"main\"}", CODE_PARAMETER, "cid"},
        {"{\"orderNo\":\"a\",\"cid\":\"" PARTNER_CID "\"}", CODE_MISSING, "poolId"},
        {"{\"orderNo\":\"a\"," GOOD ",\"mode\":\"EAT\"}", CODE_PARAMETER, "mode"},
        {"{\"orderNo\":\"a\"," GOOD ",\"channel\":\"PIGEON\"}", CODE_PARAMETER, "channel"},
        {"{\"orderNo\":\"a\"," GOOD ",\"callbackUrl\":\"ftp://x.test/\"}", CODE_PARAMETER,
         "callbackUrl"},
        {"{\"orderNo\":\"a\"," GOOD ",\"targetMsisdn\":\"12a45\"}", CODE_PARAMETER, "targetMsisdn"},
    };
    struct partner_bench b;

    partner_bench_init(&b, "write,query", "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(partner_post(&b, "/api/v1/write/apply", rows[i].body), rows[i].code);
        if (!strstr(message(&b), rows[i].field))
            printf("# %s -> %s\n", rows[i].body, message(&b));
        CHECK(strstr(message(&b), rows[i].field) != NULL);
    }
    CHECK_INT(partner_get(&b, "/api/v1/write/task", "orderNo=a"),
              CODE_NO_SUCH_TASK); /* left nothing */
    partner_bench_fini(&b);
}

TEST(languages)
{
    struct partner_bench b;

    partner_bench_init(&b, "query", "");
    CHECK_INT(partner_get(&b, "/api/v1/card/1", NULL), CODE_NO_SUCH_CARD);
    CHECK_STR(message(&b), "卡号不存在");
    CHECK_INT(partner_ask(&b, &(struct partner_ask){.method = "GET",
                                                    .path = "/api/v1/card/1",
                                                    .language = "en-GB"}),
              CODE_NO_SUCH_CARD);
    CHECK_STR(message(&b), "no such card");
    partner_bench_fini(&b);
}

TEST(apply_query_cancel)
{
    struct partner_bench b;
    const char *body;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," GOOD "}"), CODE_OK);
    CHECK_STR(partner_text(&b, "state"), "NUMBER_LOCKED");
    CHECK_STR(partner_text(&b, "msisdn"), "1440000000001");
    body = task_body(&b);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," GOOD "}"), CODE_OK);
    CHECK_STR(task_body(&b), body); /* idempotent by orderNo */
    CHECK_INT(partner_get(&b, "/api/v1/write/task", "orderNo=a&events=1"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "events")), 3);
    CHECK_INT(partner_get(&b, "/api/v1/number/pool/main", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "free"), -1), 1);
    CHECK_INT(json_integer(partner_data(&b, "locked"), -1), 1);
    CHECK_INT(partner_get(&b, "/api/v1/card/" PARTNER_CID, NULL), CODE_OK);
    CHECK_STR(partner_text(&b, "state"), "WRITING");
    CHECK_INT(json_length(partner_data(&b, "history")), 1);
    CHECK_INT(partner_post(&b, "/api/v1/write/retry", body), CODE_TASK_STATE);
    CHECK_INT(partner_post(&b, "/api/v1/write/cancel", body), CODE_OK);
    CHECK_STR(partner_text(&b, "state"), "CANCELLED");
    CHECK_INT(partner_post(&b, "/api/v1/write/cancel", body), CODE_TASK_STATE);
    CHECK_INT(partner_post(&b, "/api/v1/write/cancel", "{\"taskId\":\"0000000000000000\"}"),
              CODE_NO_SUCH_TASK);
    CHECK_INT(partner_get(&b, "/api/v1/write/task/xyz", NULL), CODE_PARAMETER);
    partner_bench_fini(&b);
}

/* Other people's tasks do not exist for an application. */
TEST(tasks_of_others_are_not_there)
{
    static const struct store_query give = {"test_give", "UPDATE app SET org_id = 'other'"};
    struct org other = {.id = "other", .parent = ORG_ROOT, .kind = ORG_CUSTOMER};
    struct partner_bench b;
    const char *body, *path;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," GOOD "}"), CODE_OK);
    body = task_body(&b);
    path = arena_printf(&b.arena, "/api/v1/write/task/%s", partner_text(&b, "taskId"));
    CHECK_OK(org_create(b.store, &other, b.c.now));
    CHECK_OK(store_exec(b.store, &give, NULL, 0, NULL));
    CHECK_INT(partner_get(&b, path, NULL), CODE_NO_SUCH_TASK);
    CHECK_INT(partner_post(&b, "/api/v1/write/cancel", body), CODE_NO_SUCH_TASK);
    CHECK_INT(partner_post(&b, "/api/v1/write/retry", body), CODE_NO_SUCH_TASK);
    CHECK_INT(partner_get(&b, "/api/v1/write/task", "orderNo=a"), CODE_NO_SUCH_TASK);
    CHECK_INT(partner_get(&b, "/api/v1/write/task", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "tasks")), 0);
    partner_bench_fini(&b);
}

TEST(quality_in_figures)
{
    struct partner_bench b;
    const struct json *final;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", NULL), CODE_OK);
    final = partner_data(&b, "finalSuccess");
    CHECK(json_kind(json_member(final, "permille")) == JSON_NULL);
    CHECK_INT(json_integer(json_member(final, "target"), 0), 999);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," GOOD "}"), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/write/cancel", task_body(&b)), CODE_OK);
    CHECK_INT(
        partner_post(&b, "/api/v1/write/apply",
                     "{\"orderNo\":\"b\",\"cid\":\"89860000000000000999\",\"poolId\":\"main\"}"),
        CODE_NO_SUCH_CARD);
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "cancelled"), -1), 1);
    CHECK_INT(json_integer(partner_data(&b, "refused"), -1), 1);
    CHECK_INT(json_integer(partner_data(&b, "success"), -1), 0);
    CHECK(json_kind(json_member(partner_data(&b, "exceptionsInTime"), "met")) == JSON_NULL);
    CHECK_INT(json_integer(json_member(partner_data(&b, "misWrites"), "count"), -1), 0);
    CHECK(json_truth(json_member(partner_data(&b, "misWrites"), "met"), false));
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", "from=5&to=4"), CODE_PARAMETER);
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", "from=x"), CODE_PARAMETER);
    partner_bench_fini(&b);
}

/* The platform's own figures are not those of an organisation. */
TEST(quality_of_the_platform)
{
    struct platform_calls calls = {.all = {19999, 1, 0}, .failed = {10, 0, 0}};
    struct partner_bench b;
    const struct json *p;

    partner_bench_init(&b, "query", "");
    calls.times[PLATFORM_QUERY][0] = 19999;
    calls.times[PLATFORM_APPLY][PLATFORM_TIMES - 1] = 1;
    CHECK_OK(platform_note(b.store, b.c.now - 60000, &calls));
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", NULL), CODE_OK);
    p = partner_data(&b, "platform");
    CHECK_INT(json_integer(json_member(p, "calls"), -1), 20000);
    CHECK_INT(json_integer(json_member(json_member(p, "apiSuccess"), "ppm"), -1), 999500);
    CHECK(json_truth(json_member(json_member(p, "apiSuccess"), "met"), false));
    CHECK(json_truth(json_member(json_member(p, "queryP95"), "met"), false));
    CHECK(!json_truth(json_member(json_member(p, "applyP95"), "met"), true));
    CHECK_INT(json_integer(json_member(json_member(p, "availability"), "ppm"), -1), 1000000);
    CHECK_INT(partner_get(&b, "/api/v1/stat/quality", "org=" ORG_ROOT), CODE_OK);
    CHECK(!partner_data(&b, "platform"));
    partner_bench_fini(&b);
}

TEST(batches_inline)
{
    struct partner_bench b;
    struct buf many;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_post(&b, "/api/v1/write/apply/batch", "{\"items\":[]}"), CODE_MISSING);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply/batch",
                           "{\"items\":[{\"orderNo\":\"a\"," GOOD "},{\"orderNo\":\"b\"}]}"),
              CODE_MISSING);
    CHECK(strstr(message(&b), "items[1].cid") != NULL);
    CHECK_INT(partner_get(&b, "/api/v1/write/task", "orderNo=a"),
              CODE_NO_SUCH_TASK); /* none of it */
    CHECK_INT(partner_post(&b, "/api/v1/write/apply/batch",
                           "{\"items\":[{\"orderNo\":\"a\"," GOOD "},{\"orderNo\":\"b\"," GOOD
                           "}]}"),
              CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "items")), 2);
    CHECK_STR(json_text(json_member(json_at(partner_data(&b, "items"), 1), "code")), "14003");
    CHECK_INT(partner_get(
                  &b, arena_printf(&b.arena, "/api/v1/write/batch/%s", partner_text(&b, "batchId")),
                  NULL),
              CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "total"), 0), 2);
    buf_init(&many, 100000);
    buf_put_str(&many, "{\"items\":[{}");
    for (int i = 0; i < 100; i++)
        buf_put_str(&many, ",{}");
    buf_put_str(&many, "]}");
    CHECK_INT(partner_post(&b, "/api/v1/write/apply/batch", buf_cstr(&many)), CODE_TOO_MANY);
    buf_fini(&many);
    partner_bench_fini(&b);
}

TEST(batches_by_file)
{
    static const struct {
        const char *body;
        int code;
        const char *says;
    } rows[] = {
        {"nonsense\n", CODE_PARAMETER, "line 1"},
        {"cid\n", CODE_MISSING, "lines"},
        {"cid\n123\n", CODE_PARAMETER, "line 2: cid"},
        {"cid,orderNo\n" PARTNER_CID ",x\n" PARTNER_CID ",a b\n", CODE_PARAMETER,
         "line 3: orderNo"},
        {"cid,orderNo,targetMsisdn\n" PARTNER_CID ",x,12z\n", CODE_PARAMETER,
         "line 2: targetMsisdn"},
        {"cid\n" PARTNER_CID ",x,1440000000001,more\n", CODE_PARAMETER, "line 2: columns"},
        {"cid,orderNo\r\n" PARTNER_CID ",f1\r\n" PARTNER_CID "\r\n", CODE_OK, ""},
    };
    struct partner_bench b;
    struct task t;

    partner_bench_init(&b, "write,query", "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        b.c.now += 1000;
        CHECK_INT(partner_ask(&b, &(struct partner_ask){.method = "POST",
                                                        .path = "/api/v1/write/apply/batch",
                                                        .query = "poolId=main",
                                                        .content_type = "text/csv",
                                                        .body = rows[i].body}),
                  rows[i].code);
        CHECK(strstr(message(&b), rows[i].says) != NULL);
    }
    CHECK_INT(json_integer(partner_data(&b, "accepted"), 0), 2);
    CHECK_OK(task_load_by_order(b.store, "app", "f1", &t));
    CHECK_INT(t.state, TASK_ACCEPTED);
    CHECK_INT(task_load_by_order(b.store, "app", "x", &t), XK_E_NOT_FOUND);
    partner_bench_fini(&b);
}

/* W5 and W6: fetched once, reported once, nonsense changes nothing. */
TEST(relay)
{
    struct partner_bench b;
    const char *id, *script, *body;
    struct task t;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_post(&b, "/api/v1/write/apply",
                           "{\"orderNo\":\"a\",\"channel\":\"RELAY\"," GOOD "}"),
              CODE_OK);
    id = arena_strdup(&b.arena, partner_text(&b, "taskId"));
    script = arena_printf(&b.arena, "/api/v1/write/script/%s", id);
    CHECK_INT(partner_get(&b, script, NULL), CODE_TASK_STATE);
    CHECK_OK(task_load_by_order(b.store, "app", "a", &t));
    CHECK_OK(order_on_opened(&b.c, t.imsi, NULL));
    CHECK_INT(partner_get(&b, script, NULL), CODE_OK);
    CHECK_STR(partner_text(&b, "iei"), "70");
    CHECK_INT(json_length(partner_data(&b, "parts")), 1);
    CHECK_STR(json_text(json_at(partner_data(&b, "parts"), 0)), "0270006120"
                                                                "7365616c6564207061636b6574");
    CHECK_INT(partner_get(&b, script, NULL), CODE_SCRIPT_GONE);
    body = arena_printf(&b.arena, "{\"taskId\":\"%s\",\"packet\":\"%s\"}", id, "00ff");
    CHECK_INT(partner_post(&b, "/api/v1/write/report", body), CODE_REPORT_REFUSED);
    body = arena_printf(&b.arena, "{\"taskId\":\"%s\",\"packet\":\"%s\"}", id, "0g");
    CHECK_INT(partner_post(&b, "/api/v1/write/report", body), CODE_PARAMETER);
    CHECK_OK(task_load_by_order(b.store, "app", "a", &t));
    CHECK_INT(t.state, TASK_SENDING);
    body = arena_printf(&b.arena, "{\"taskId\":\"%s\",\"packet\":\"%s\"}", id, "676f6f64");
    CHECK_INT(partner_post(&b, "/api/v1/write/report", body), CODE_OK);
    CHECK_STR(partner_text(&b, "state"), "COMMITTED");
    partner_bench_fini(&b);
}

TEST(pools_and_imports)
{
    struct partner_bench b;

    partner_bench_init(&b, "import,query", "");
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{\"poolId\":\"main\"}"), CODE_EXISTS);
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{\"poolId\":\"p\",\"purpose\":\"fun\"}"),
              CODE_PARAMETER);
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{\"poolId\":\"p\",\"parent\":\"none\"}"),
              CODE_NO_SUCH_POOL);
    CHECK_INT(partner_post(&b, "/api/v1/number/pool", "{\"poolId\":\"p\",\"parent\":\"main\"}"),
              CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/number/pool", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "pools")), 2);
    CHECK_INT(partner_get(&b, "/api/v1/number/pool/none", NULL), CODE_NO_SUCH_POOL);
    CHECK_INT(partner_post(&b, "/api/v1/number/generate",
                           "{\"poolId\":\"p\",\"count\":3,\"firstImsi\":\"999701000000001\","
                           "\"firstMsisdn\":\"1440000000101\"}"),
              CODE_EXISTS); /* the IMSI is taken */
    CHECK_INT(partner_get(&b, "/api/v1/number/pool/p", NULL), CODE_OK);
    CHECK_INT(json_integer(partner_data(&b, "total"), -1), 0);
    CHECK_INT(
        partner_ask(&b, &(struct partner_ask){.method = "POST",
                                              .path = "/api/v1/number/import",
                                              .query = "poolId=p",
                                              .body = "imsi,msisdn,iccid,k,opc\n"
                                                      "999701000000777,1440000000777,,00,00\n"}),
        CODE_IMPORT_FILE);
    CHECK(json_length(partner_data(&b, "errors")) > 0);
    CHECK(strstr(message(&b), "line 2") != NULL);
    partner_bench_fini(&b);
}

TEST(dead_callbacks_are_listed_and_replayed)
{
    const struct partner_ask apply =
        APPLY("{\"orderNo\":\"a\",\"mode\":\"SWAP\",\"callbackUrl\":\"http://x.test/\"," GOOD "}");
    struct partner_bench b;
    struct outbox_list due;

    partner_bench_init(&b, "write,query", "");
    CHECK_INT(partner_ask(&b, &apply), CODE_CARD_STATE);
    due = (struct outbox_list){.arena = &b.arena};
    CHECK_OK(outbox_take(b.store, b.c.now, 10, &due));
    REQUIRE(due.first != NULL);
    CHECK_OK(outbox_bury(b.store, due.first->id, "nobody there", b.c.now));
    CHECK_INT(partner_get(&b, "/api/v1/callback/dead", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "callbacks")), 1);
    CHECK_INT(partner_post(&b, "/api/v1/callback/replay", "{\"id\":1}"), CODE_NO_SUCH_TASK);
    CHECK_INT(partner_post(&b, "/api/v1/callback/replay",
                           arena_printf(&b.arena, "{\"id\":%lld}", (long long)due.first->id)),
              CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/callback/dead", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "callbacks")), 0);
    partner_bench_fini(&b);
}

/* P-16: the members of a callback, and a signature its receiver can check. */
TEST(a_callback_has_its_members)
{
    static const char *const members[] = {"eventId", "eventType",  "time",      "taskId",
                                          "orderNo", "cid",        "iccid",     "msisdn",
                                          "state",   "resultCode", "resultMsg", "seq"};
    struct task t = {.order_no = "a", .cid = PARTNER_CID, .state = TASK_SUCCESS};
    struct partner_signature sign;
    struct partner_bench b;
    struct json *doc = NULL;
    struct buf body;
    size_t at;

    partner_bench_init(&b, "write", "");
    buf_init(&body, 10000);
    CHECK_OK(partner_encode_callback(&t, "77", b.c.now, &body));
    REQUIRE(json_doc_parse(buf_bytes(&body), &doc, &at) == XK_OK);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        CHECK(json_text(json_member(doc, members[i])) != NULL);
    CHECK_INT(json_kind(json_member(doc, "attempts")), JSON_INT);
    CHECK_INT(json_kind(json_member(doc, "durationMs")), JSON_INT);
    CHECK_OK(partner_sign(b.store, b.ks, &b.rand, "app", "POST", "https://x.test:1/cb?b=2&a=1",
                          buf_bytes(&body), b.c.now, &sign));
    char timestamp[32], nonce[64], got[64], want[64];
    REQUIRE(sscanf(sign.header[1], "X-XK-Timestamp: %31s", timestamp) == 1);
    REQUIRE(sscanf(sign.header[2], "X-XK-Nonce: %63s", nonce) == 1);
    REQUIRE(sscanf(sign.header[3], "X-XK-Sign: %63s", got) == 1);
    const struct partner_to_sign w = {.method = "POST",
                                      .path = "/cb",
                                      .query = "a=1&b=2",
                                      .body = buf_bytes(&body),
                                      .timestamp = timestamp,
                                      .nonce = nonce};
    CHECK_OK(partner_signature_of(&w, "HMAC-SHA256", bytes_cstr(b.secret), &b.arena, want));
    CHECK_STR(got, want);
    json_doc_free(doc);
    buf_fini(&body);
    partner_bench_fini(&b);
}

TESTS_MAIN(XT_CASE(bad_fields_are_named), XT_CASE(languages), XT_CASE(apply_query_cancel),
           XT_CASE(tasks_of_others_are_not_there), XT_CASE(quality_in_figures),
           XT_CASE(quality_of_the_platform), XT_CASE(batches_inline), XT_CASE(batches_by_file),
           XT_CASE(relay), XT_CASE(pools_and_imports),
           XT_CASE(dead_callbacks_are_listed_and_replayed), XT_CASE(a_callback_has_its_members))
