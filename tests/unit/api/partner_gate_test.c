/* SPDX-License-Identifier: Apache-2.0 */
/* Real names, rules of the gates and risk over the interface: each field, each right, each code. */
#include "model/gate.h"
#include "partner_bench.h"
#include "xt.h"

#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"
#define CARD "\"cid\":\"" PARTNER_CID "\""
#define ID "\"idType\":\"ID_CARD\",\"idHash\":\"" HASH "\""
#define ORG(id, parent, kind)                                                                      \
    "{\"orgId\":\"" id "\",\"parent\":\"" parent "\",\"kind\":\"" kind "\"}"

struct row {
    const char *body;
    int code;
    const char *field;
};

static void check_rows(struct partner_bench *b, const char *path, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int code = partner_post(b, path, rows[i].body);
        const char *message = json_text(json_member(b->doc, "message"));

        if (code != rows[i].code || !strstr(message, rows[i].field))
            printf("# %s %s: %d %s\n", path, rows[i].body, code, message);
        CHECK_INT(code, rows[i].code);
        CHECK(strstr(message, rows[i].field) != NULL);
    }
}

/* agent > cust, other; the card is cust's. Calls come from an application of cust. */
static void open_customer(struct partner_bench *b, char root[64])
{
    partner_bench_init(b, "admin", "");
    memcpy(root, b->secret, 64);
    CHECK_INT(partner_post(b, "/api/v1/org", ORG("agent", "platform", "AGENT")), CODE_OK);
    CHECK_INT(partner_post(b, "/api/v1/org", ORG("cust", "agent", "CUSTOMER")), CODE_OK);
    CHECK_INT(partner_post(b, "/api/v1/org", ORG("below", "cust", "CUSTOMER")), CODE_OK);
    CHECK_INT(partner_post(b, "/api/v1/card/transfer",
                           "{\"cids\":[\"" PARTNER_CID "\"],\"to\":\"cust\"}"),
              CODE_OK);
    CHECK_INT(
        partner_post(b, "/api/v1/app", "{\"appId\":\"c\",\"orgId\":\"cust\",\"roles\":\"admin\"}"),
        CODE_OK);
    CHECK_INT(partner_become(b, "c", partner_text(b, "secret")), CODE_OK);
}

TEST(registrations)
{
    static const struct row rows[] = {
        {"{" ID "}", CODE_MISSING, "cid"},
        {"{" CARD "}", CODE_MISSING, "idType"},
        {"{" CARD ",\"idType\":\"ID_CARD\"}", CODE_MISSING, "idHash"},
        {"{" CARD ",\"idType\":\"BADGE\",\"idHash\":\"" HASH "\"}", CODE_PARAMETER, "idType"},
        {"{" CARD ",\"idType\":\"ID_CARD\",\"idHash\":\"110101199003070000\"}", CODE_PARAMETER,
         "idHash"},
        {"{" CARD ",\"idType\":\"ID_CARD\",\"idHash\":\"G0000000000000000000000000000000000000000"
         "000000000000000000000aa\"}",
         CODE_PARAMETER, "idHash"},
        {"{" CARD "," ID ",\"name\":\"Zhang San\"}", CODE_PARAMETER, "name"},
        {"{" CARD "," ID ",\"level\":4}", CODE_PARAMETER, "level"},
        {"{" CARD ",\"iccid\":\"89860000000000000000\"," ID "}", CODE_PARAMETER, "iccid"},
        {"{" CARD ",\"orgId\":\"below\",\"idType\":\"LICENCE\",\"idHash\":\"" HASH "\"}",
         CODE_PARAMETER, "orgId"},
        {"{\"orgId\":\"below\"," ID "}", CODE_PARAMETER, "idType"},
        {"{\"orgId\":\"cust\",\"idType\":\"LICENCE\",\"idHash\":\"" HASH "\"}", CODE_FORBIDDEN,
         "orgId"}, /* its own */
        {"{\"orgId\":\"agent\",\"idType\":\"LICENCE\",\"idHash\":\"" HASH "\"}", CODE_NO_SUCH_ORG,
         ""},
        {"{\"cid\":\"89860000000000000999\"," ID "}", CODE_NO_SUCH_CARD, ""},
        {"{" CARD "," ID ",\"name\":\"张*\",\"level\":2}", CODE_OK, ""},
        {"{\"orgId\":\"below\",\"idType\":\"LICENCE\",\"idHash\":\"" HASH "\"}", CODE_OK, ""},
    };
    struct partner_bench b;
    char root[64];

    open_customer(&b, root);
    CHECK_INT(partner_get(&b, "/api/v1/real-name/" PARTNER_CID, NULL), CODE_NO_REAL_NAME);
    check_rows(&b, "/api/v1/real-name", rows, ARRAY_LEN(rows));
    CHECK_INT(partner_get(&b, "/api/v1/real-name/" PARTNER_CID, NULL), CODE_OK);
    CHECK_STR(partner_text(&b, "idTypeText"), "居民身份证");
    CHECK_STR(partner_text(&b, "name"), "张*");
    CHECK_STR(partner_text(&b, "appId"), "c");
    CHECK_INT(partner_get(&b, "/api/v1/real-name/org:below", NULL), CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/real-name/org:cust", NULL), CODE_NO_REAL_NAME);
    CHECK_INT(partner_get(&b, "/api/v1/real-name/org:agent", NULL), CODE_NO_SUCH_ORG);
    CHECK_INT(partner_post(&b, "/api/v1/real-name/remove", "{" CARD "}"), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/real-name/remove", "{" CARD "}"), CODE_NO_REAL_NAME);
    CHECK_INT(partner_post(&b, "/api/v1/real-name/remove", "{}"), CODE_MISSING);
    partner_bench_fini(&b);
}

/* Ten cards of others stand on the document: whose they are makes no difference. */
TEST(the_eleventh_card_is_refused)
{
    static const struct store_query q = {
        "test_ten", "INSERT INTO real_name (subject, id_type, id_hash, name, level, counts, closed,"
                    " app_id, created_at, updated_at) VALUES ($1, 0, $2, '', 1, 1, 0, 'x', 1, 1)"};
    struct partner_bench b;
    char root[64];

    open_customer(&b, root);
    for (int i = 0; i < 10; i++)
        CHECK_OK(store_exec(
            b.store, &q, SVS(sv_text(arena_printf(&b.arena, "card:%d", i)), sv_text(HASH)), NULL));
    CHECK_INT(partner_post(&b, "/api/v1/real-name", "{" CARD "," ID "}"), CODE_TEN_CARDS);
    CHECK_INT(b.reply.status, 403);
    CHECK_INT(partner_get(&b, "/api/v1/real-name/" PARTNER_CID, NULL), CODE_NO_REAL_NAME);
    partner_bench_fini(&b);
}

TEST(rules)
{
    static const struct row rows[] = {
        {"{\"realName\":\"PERSONAL\"}", CODE_MISSING, "cid"},
        {"{" CARD ",\"realName\":\"MAYBE\"}", CODE_PARAMETER, "realName"},
        {"{" CARD ",\"scenarios\":\"a,\"}", CODE_PARAMETER, "scenarios"},
        {"{" CARD ",\"scenarios\":\",a\"}", CODE_PARAMETER, "scenarios"},
        {"{" CARD ",\"scenarios\":\"a b\"}", CODE_PARAMETER, "scenarios"},
        {"{" CARD ",\"orgId\":\"below\"}", CODE_PARAMETER, "orgId"},
        {"{" CARD ",\"poolId\":\"main\"}", CODE_PARAMETER, "poolId"},
        {"{\"poolId\":\"main\"}", CODE_NO_SUCH_POOL, "poolId"}, /* the operator's */
        {"{\"poolId\":\"none\"}", CODE_NO_SUCH_POOL, "poolId"},
        {"{\"orgId\":\"cust\",\"realName\":\"OFF\"}", CODE_FORBIDDEN, "orgId"},
        {"{\"orgId\":\"agent\",\"realName\":\"OFF\"}", CODE_NO_SUCH_ORG, ""},
        {"{\"orgId\":\"below\",\"realName\":\"COMPANY\"}", CODE_OK, ""},
        {"{" CARD ",\"realName\":\"PERSONAL\",\"scenarios\":\"meter,gas\"}", CODE_OK, ""},
    };
    struct partner_bench b;
    char root[64];

    open_customer(&b, root);
    check_rows(&b, "/api/v1/gate-rule", rows, ARRAY_LEN(rows));
    CHECK_INT(partner_get(&b, "/api/v1/gate-rule", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "rules")), 1);
    CHECK_INT(partner_get(&b, "/api/v1/gate-rule", "org=below"), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "rules")), 1);
    CHECK_INT(partner_post(&b, "/api/v1/write/apply",
                           "{\"orderNo\":\"a\"," CARD ",\"targetMsisdn\":\"1440000000001\"}"),
              CODE_NUMBER_ELSEWHERE);
    CHECK_INT(partner_become(&b, "app", root), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/gate-rule", "{\"orgId\":\"cust\",\"scenarios\":\"gas\"}"),
              CODE_OK);
    CHECK_INT(
        partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," CARD ",\"poolId\":\"main\"}"),
        CODE_SCENARIO); /* the card says more than its customer may */
    CHECK_INT(b.reply.status, 403);
    CHECK_INT(partner_post(&b, "/api/v1/gate-rule/remove", "{\"ruleId\":\"org:cust\"}"), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/gate-rule/remove", "{\"ruleId\":\"org:cust\"}"),
              CODE_NO_SUCH_RULE);
    CHECK_INT(
        partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"b\"," CARD ",\"poolId\":\"main\"}"),
        CODE_NOT_REAL_NAMED);
    CHECK_INT(partner_post(&b, "/api/v1/real-name", "{" CARD "," ID "}"), CODE_OK);
    CHECK_INT(
        partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"c\"," CARD ",\"poolId\":\"main\"}"),
        CODE_OK);
    partner_bench_fini(&b);
}

/* What was set from above stays. */
TEST(nobody_frees_himself)
{
    struct partner_bench b;
    char root[64], customer[64];

    open_customer(&b, root);
    memcpy(customer, b.secret, sizeof customer);
    CHECK_INT(partner_become(&b, "app", root), CODE_OK);
    CHECK_INT(
        partner_post(&b, "/api/v1/gate-rule", "{\"orgId\":\"cust\",\"realName\":\"COMPANY\"}"),
        CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/block", "{\"orgId\":\"cust\",\"reason\":\"fraud\"}"),
              CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/block", "{" CARD ",\"reason\":\"fraud\"}"), CODE_OK);
    CHECK_INT(partner_become(&b, "c", customer), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/gate-rule/remove", "{\"ruleId\":\"org:cust\"}"),
              CODE_FORBIDDEN);
    CHECK_INT(partner_post(&b, "/api/v1/risk/unblock", "{" CARD "}"), CODE_NO_SUCH_BLOCK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/unblock", "{" CARD ",\"byOrg\":\"platform\"}"),
              CODE_NO_SUCH_ORG);
    CHECK_INT(
        partner_post(&b, "/api/v1/risk/unblock", "{\"orgId\":\"cust\",\"byOrg\":\"platform\"}"),
        CODE_NO_SUCH_ORG);
    CHECK_INT(partner_get(&b, "/api/v1/risk", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "blocks")), 0);
    partner_bench_fini(&b);
}

TEST(risk)
{
    static const struct row rows[] = {
        {"{\"reason\":\"x\"}", CODE_MISSING, "cid"},
        {"{" CARD "}", CODE_MISSING, "reason"},
        {"{" CARD ",\"reason\":\"x\",\"days\":3651}", CODE_PARAMETER, "days"},
        {"{" CARD ",\"reason\":\"x\",\"orgId\":\"below\"}", CODE_PARAMETER, "orgId"},
        {"{\"idHash\":\"" HASH "\",\"reason\":\"x\",\"orgId\":\"below\"}", CODE_PARAMETER,
         "idHash"},
        {"{\"idHash\":\"Z0000000000000000000000000000000000000000000000000000000000000aa\","
         "\"reason\":\"x\"}",
         CODE_PARAMETER, "idHash"},
        {"{\"idHash\":\"" HASH "\",\"reason\":\"x\"}", CODE_FORBIDDEN, "idHash"},
        {"{\"orgId\":\"cust\",\"reason\":\"x\"}", CODE_FORBIDDEN, "orgId"},
        {"{\"orgId\":\"agent\",\"reason\":\"x\"}", CODE_NO_SUCH_ORG, ""},
        {"{\"orgId\":\"below\",\"reason\":\"x\"}", CODE_OK, ""},
        {"{" CARD ",\"reason\":\"stolen\",\"days\":1}", CODE_OK, ""},
    };
    struct partner_bench b;
    char root[64];

    open_customer(&b, root);
    check_rows(&b, "/api/v1/risk/block", rows, ARRAY_LEN(rows));
    CHECK_INT(partner_get(&b, "/api/v1/risk", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "blocks")), 2);
    CHECK_INT(partner_become(&b, "app", root), CODE_OK);
    CHECK_INT(
        partner_post(&b, "/api/v1/write/apply", "{\"orderNo\":\"a\"," CARD ",\"poolId\":\"main\"}"),
        CODE_RISK);
    CHECK(strstr(partner_text(&b, "resultMsg"), "stolen") != NULL);
    b.c.now += 86400000;
    CHECK_INT(partner_become(&b, "app", root), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/unblock", "{" CARD ",\"byOrg\":\"cust\"}"), CODE_OK);
    CHECK_INT(partner_post(&b, "/api/v1/risk/block", "{\"idHash\":\"" HASH "\",\"reason\":\"x\"}"),
              CODE_OK);
    CHECK_INT(partner_get(&b, "/api/v1/risk", NULL), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "blocks")), 2);
    CHECK_INT(partner_get(&b, "/api/v1/risk", "after=" HASH), CODE_OK);
    CHECK_INT(json_length(partner_data(&b, "blocks")), 1);
    partner_bench_fini(&b);
}

TESTS_MAIN(XT_CASE(registrations), XT_CASE(the_eleventh_card_is_refused), XT_CASE(rules),
           XT_CASE(nobody_frees_himself), XT_CASE(risk))
