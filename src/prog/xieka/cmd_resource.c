/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and cards: import, pool, card. */
#include "model/code.h"
#include "model/import.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define QUERY_MAX 2048
#define BODY_MAX 8192
#define HEADER_MAX 256
#define IMPORT_MS 300000

/* ---- import ---------------------------------------------------------------------------------- */

static void print_bad_lines(struct cli *c, const struct json *data)
{
    static const struct column columns[] = {
        {"行", "line", true}, {"字段", "field", false}, {"原因", "reason", false}};
    const struct json *errors = json_member(data, "errors");
    int64_t bad = json_integer(json_member(data, "bad"), 0);
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));
    size_t n = json_length(errors);

    for (size_t i = 0; i < n; i++) {
        const struct json *e = json_at(errors, i);
        char line[24];
        const char *cells[] = {line, json_text(json_member(e, "field")),
                               json_text(json_member(e, cli_say(c, "textZh", "text")))};

        snprintf(line, sizeof line, "%lld", (long long)json_integer(json_member(e, "line"), 0));
        table_row(t, cells);
    }
    table_end(t);
    if ((size_t)bad > n)
        printf("%s %lld\n", cli_say(c, "未列出的错误行", "further bad lines"),
               (long long)bad - (long long)n);
}

static int import_file(struct cli *c, struct call *call, struct buf *query)
{
    struct reply r;
    int code;

    if (!cli_read_file(c, c->args.operand[0], IMPORT_FILE_MAX, &call->body))
        return EXIT_USAGE;
    call->method = "POST";
    call->query = buf_cstr(query);
    call->timeout_ms = IMPORT_MS;
    code = client_call(c, call, &r);
    if (code == EXIT_REFUSED && r.code == CODE_IMPORT_FILE && !c->json)
        print_bad_lines(c, r.data);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(r.data);
    printf("%s %lld\n", cli_say(c, "已导入", "imported"),
           (long long)json_integer(json_member(r.data, "imported"), 0));
    return EXIT_DONE;
}

int cmd_import_numbers(struct cli *c)
{
    struct call call = {.path = "/number/import", .headers = {"Content-Type: text/csv"}};
    char mem[QUERY_MAX];
    struct buf query;

    if (!cli_need(c, OPT_POOL, "pool"))
        return EXIT_USAGE;
    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "poolId", cli_option(c, OPT_POOL));
    return import_file(c, &call, &query);
}

/* A key travels in a header, from a file that nobody else may read. */
static bool key_header(struct cli *c, enum option_id id, const char *name, char out[HEADER_MAX],
                       struct call *call)
{
    AUTO_SECRET struct secret key = {.n = 0};
    char mem[PROFILE_PATH_MAX + 128];
    struct buf why;
    size_t at = 0;

    if (!cli_option(c, id))
        return true;
    buf_init_fixed(&why, mem, sizeof mem);
    if (profile_read_secret(cli_option(c, id), &key, &why) != XK_OK) {
        cli_fail(EXIT_USAGE, "%s", buf_cstr(&why));
        return false;
    }
    while (call->headers[at])
        at++;
    snprintf(out, HEADER_MAX, "%s: %.*s", name, (int)key.n, (const char *)key.bytes);
    call->headers[at] = out;
    return true;
}

int cmd_import_cards(struct cli *c)
{
    struct call call = {.path = "/card/import", .headers = {"Content-Type: text/csv"}};
    char transport[HEADER_MAX] = "", master[HEADER_MAX] = "";
    const char *file = strrchr(c->args.operand[0], '/');
    char mem[QUERY_MAX];
    struct buf query;
    int code = EXIT_USAGE;

    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "batchId", cli_option(c, OPT_BATCH));
    query_add(&query, "grade", cli_option(c, OPT_GRADE));
    query_add(&query, "form", cli_option(c, OPT_FORM));
    query_add(&query, "vendor", cli_option(c, OPT_VENDOR));
    query_add(&query, "seedPool", cli_option(c, OPT_SEED_POOL));
    query_add(&query, "file", file ? file + 1 : c->args.operand[0]);
    query_add(&query, "org", cli_option(c, OPT_ORG));
    if (key_header(c, OPT_TRANSPORT_KEY, "X-XK-Transport-Key", transport, &call) &&
        key_header(c, OPT_MASTER_KEY, "X-XK-Master-Key", master, &call))
        code = import_file(c, &call, &query);
    explicit_bzero(transport, sizeof transport);
    explicit_bzero(master, sizeof master);
    return code;
}

/* ---- pool ------------------------------------------------------------------------------------ */

static const struct column pool_columns[] = {
    {"号码池", "pool", false},  {"名称", "name", false},      {"用途", "purpose", false},
    {"水位", "level", false},   {"总数", "total", true},      {"空闲", "free", true},
    {"已锁定", "locked", true}, {"已分配", "assigned", true}, {"已写卡", "written", true},
    {"使用中", "in use", true}, {"冷却", "frozen", true},     {"不可用", "bad", true},
};

static void pool_row(struct table *t, const struct json *pool)
{
    static const char *const texts[] = {"poolId", "name", "purpose", "level"};
    static const char *const counts[] = {"total",   "free",  "locked", "assigned",
                                         "written", "inUse", "frozen", "bad"};
    const char *cells[ARRAY_LEN(texts) + ARRAY_LEN(counts)];
    char number[ARRAY_LEN(counts)][24];

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        cells[i] = json_text(json_member(pool, texts[i]));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        snprintf(number[i], sizeof number[i], "%lld",
                 (long long)json_integer(json_member(pool, counts[i]), 0));
        cells[ARRAY_LEN(texts) + i] = number[i];
    }
    table_row(t, cells);
}

static int print_pool(struct cli *c, const struct json *pool)
{
    struct table *t;

    if (c->json)
        return cli_print_json(pool);
    t = table_new(c, pool_columns, ARRAY_LEN(pool_columns));
    pool_row(t, pool);
    return table_end(t);
}

int cmd_pool_list(struct cli *c)
{
    static const struct client_param params[] = {
        {"parent", OPT_PARENT}, {"org", OPT_ORG}, {"after", OPT_AFTER}};
    const struct json *pools;
    struct table *t;
    struct reply r;
    int code;

    code = client_list(c, "/number/pool", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    pools = json_member(r.data, "pools");
    if (c->json)
        return cli_print_json(pools);
    t = table_new(c, pool_columns, ARRAY_LEN(pool_columns));
    for (size_t i = 0; i < json_length(pools); i++)
        pool_row(t, json_at(pools, i));
    return table_end(t);
}

int cmd_pool_show(struct cli *c)
{
    char path[QUERY_MAX];
    const struct call call = {.method = "GET", .path = path};
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/number/pool/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    return code == EXIT_DONE ? print_pool(c, r.data) : code;
}

int cmd_pool_create(struct cli *c)
{
    static const struct client_param params[] = {
        {"name", OPT_NAME},           {"parent", OPT_PARENT},     {"purpose", OPT_PURPOSE},
        {"carrier", OPT_CARRIER},     {"province", OPT_PROVINCE}, {"customer", OPT_CUSTOMER},
        {"templateId", OPT_TEMPLATE}, {"orgId", OPT_ORG}};
    int64_t days = -1;
    struct client_post p;
    struct reply r;
    int code;

    if (!cli_number(c, OPT_QUARANTINE, "quarantine-days", &days))
        return EXIT_USAGE;
    client_post_begin(&p, "/number/pool", BODY_MAX);
    json_put_text(&p.o, "poolId", c->args.operand[0]);
    client_put_options(&p.o, c, params, ARRAY_LEN(params));
    if (cli_option(c, OPT_SHARED))
        json_put_bool(&p.o, "shared", true);
    if (days >= 0)
        json_put_int(&p.o, "quarantineDays", days);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE ? print_pool(c, r.data) : code;
}

int cmd_pool_fill(struct cli *c)
{
    static const struct client_param params[] = {{"firstImsi", OPT_FIRST_IMSI},
                                                 {"firstMsisdn", OPT_FIRST_MSISDN},
                                                 {"firstIccid", OPT_FIRST_ICCID},
                                                 {"smsc", OPT_SMSC}};
    int64_t count = 0;
    struct client_post p;
    struct reply r;
    int code;

    if (!cli_need(c, OPT_COUNT, "count") || !cli_need(c, OPT_FIRST_IMSI, "first-imsi") ||
        !cli_need(c, OPT_FIRST_MSISDN, "first-msisdn") ||
        !cli_number(c, OPT_COUNT, "count", &count))
        return EXIT_USAGE;
    client_post_begin(&p, "/number/generate", BODY_MAX);
    p.call.timeout_ms = IMPORT_MS;
    json_put_text(&p.o, "poolId", c->args.operand[0]);
    json_put_int(&p.o, "count", count);
    client_put_options(&p.o, c, params, ARRAY_LEN(params));
    code = client_post_send(c, &p, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    printf("%s %lld\n", cli_say(c, "已生成", "generated"), (long long)count);
    return EXIT_DONE;
}

/* ---- card ------------------------------------------------------------------------------------ */

int cmd_card_list(struct cli *c)
{
    static const struct client_param params[] = {
        {"batchId", OPT_BATCH}, {"org", OPT_ORG}, {"limit", OPT_LIMIT}, {"after", OPT_AFTER}};
    static const struct column columns[] = {{"卡号", "cid", false},   {"批次", "batch", false},
                                            {"等级", "grade", false}, {"状态", "state", false},
                                            {"网络", "radio", false}, {"号码", "msisdn", false},
                                            {"IMSI", "imsi", false},  {"ICCID", "iccid", false}};
    static const char *const names[] = {"cid",   "batchId", "grade", "state",
                                        "radio", "msisdn",  "imsi",  "iccid"};
    struct reply r;
    int code;

    code = client_list(c, "/card", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "cards"), columns, names, ARRAY_LEN(names));
}

static int print_card(struct cli *c, const struct json *card)
{
    static const struct {
        const char *name, *zh, *en;
    } facts[] = {
        {"cid", "卡号", "cid"},
        {"state", "状态", "state"},
        {"msisdn", "号码", "msisdn"},
        {"imsi", "IMSI", "imsi"},
        {"iccid", "ICCID", "iccid"},
        {"seedMsisdn", "种子号", "seed msisdn"},
        {"seedImsi", "种子 IMSI", "seed imsi"},
        {"batchId", "批次", "batch"},
        {"vendor", "卡商", "vendor"},
        {"grade", "等级", "grade"},
        {"form", "封装", "form"},
        {"radio", "网络", "radio"},
        {"imei", "IMEI", "imei"},
        {"cos", "COS", "cos"},
        {"writesLeft", "剩余擦写次数", "page writes left"},
        {"taskId", "在途任务", "task under way"},
    };
    struct table *t = table_new_facts(c);

    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        const struct json *v = json_member(card, facts[i].name);
        char number[24];

        snprintf(number, sizeof number, "%lld", (long long)json_integer(v, 0));
        table_fact(t, cli_say(c, facts[i].zh, facts[i].en),
                   json_kind(v) == JSON_INT ? number : json_text(v));
    }
    return table_end(t);
}

int cmd_card_show(struct cli *c)
{
    char path[QUERY_MAX];
    const struct call call = {.method = "GET", .path = path};
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/card/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    code = print_card(c, r.data);
    if (json_length(json_member(r.data, "history")) == 0)
        return code;
    printf("\n%s\n", cli_say(c, "写卡历史", "history"));
    return tasks_print(c, json_member(r.data, "history"));
}
