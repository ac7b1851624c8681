/* SPDX-License-Identifier: Apache-2.0 */
/* The gates before a write: real names, rules, risk. */
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define BODY_MAX 2048
#define PATH_BYTES 160

static void put_number(struct json_out *o, const struct cli *c, const char *name,
                       enum option_id option)
{
    if (c->args.value[option])
        json_put_int(o, name, strtoll(c->args.value[option], NULL, 10));
}

/* A card as the operand, and what these options say; numbers beside texts. */
static int post(struct cli *c, const char *path, const struct client_param *params, size_t n,
                const struct client_param *number)
{
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, path, BODY_MAX);
    if (c->args.n > 0)
        json_put_text(&p.o, "cid", c->args.operand[0]);
    client_put_options(&p.o, c, params, n);
    if (number)
        put_number(&p.o, c, number->name, number->option);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE && c->json ? cli_print_json(r.data) : code;
}

/* ---- real names ------------------------------------------------------------------------------ */

int cmd_real_name_set(struct cli *c)
{
    static const struct client_param params[] = {
        {"orgId", OPT_ORG}, {"idType", OPT_ID_TYPE}, {"idHash", OPT_ID_HASH}, {"name", OPT_NAME}};
    static const struct client_param level = {"level", OPT_LEVEL};

    if (!cli_need(c, OPT_ID_HASH, "id-hash"))
        return EXIT_USAGE;
    if (!c->args.value[OPT_ID_TYPE])
        c->args.value[OPT_ID_TYPE] = c->args.value[OPT_ORG] ? "LICENCE" : "ID_CARD";
    return post(c, "/real-name", params, ARRAY_LEN(params), &level);
}

int cmd_real_name_show(struct cli *c)
{
    static const struct column columns[] = {{"证件", "document", false},
                                            {"哈希", "hash", false},
                                            {"姓名", "name", false},
                                            {"已关闭", "closed", false},
                                            {"时间", "changed", false}};
    static const char *const names[] = {"idType", "idHash", "name", "closed", "updatedAt"};
    char path[PATH_BYTES];
    const struct call call = {.method = "GET", .path = path};
    struct table *t;
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/real-name/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(r.data);
    t = table_new(c, columns, ARRAY_LEN(columns));
    table_row_of(t, r.data, names, ARRAY_LEN(names));
    return table_end(t);
}

int cmd_real_name_remove(struct cli *c)
{
    static const struct client_param params[] = {{"orgId", OPT_ORG}};

    return post(c, "/real-name/remove", params, ARRAY_LEN(params), NULL);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static const struct client_param list_params[] = {
    {"org", OPT_ORG}, {"limit", OPT_LIMIT}, {"after", OPT_AFTER}};

int cmd_gate_list(struct cli *c)
{
    static const struct column columns[] = {{"规则", "rule", false},
                                            {"企业", "organisation", false},
                                            {"实名", "real name", false},
                                            {"场景", "uses", false}};
    static const char *const names[] = {"ruleId", "orgId", "realName", "scenarios"};
    struct reply r;
    int code = client_list(c, "/gate-rule", list_params, ARRAY_LEN(list_params), &r);

    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "rules"), columns, names, ARRAY_LEN(names));
}

int cmd_gate_set(struct cli *c)
{
    static const struct client_param params[] = {{"orgId", OPT_ORG},
                                                 {"poolId", OPT_POOL},
                                                 {"realName", OPT_REAL_NAME},
                                                 {"scenarios", OPT_SCENARIOS}};

    return post(c, "/gate-rule", params, ARRAY_LEN(params), NULL);
}

int cmd_gate_remove(struct cli *c)
{
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, "/gate-rule/remove", BODY_MAX);
    json_put_text(&p.o, "ruleId", c->args.operand[0]);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE && c->json ? cli_print_json(r.data) : code;
}

/* ---- risk ------------------------------------------------------------------------------------ */

int cmd_risk_list(struct cli *c)
{
    static const struct column columns[] = {{"对象", "of", false},
                                            {"拦截企业", "by", false},
                                            {"原因", "reason", false},
                                            {"至", "until", false}};
    static const char *const names[] = {"subject", "byOrg", "reason", "until"};
    struct reply r;
    int code = client_list(c, "/risk", list_params, ARRAY_LEN(list_params), &r);

    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "blocks"), columns, names, ARRAY_LEN(names));
}

int cmd_risk_block(struct cli *c)
{
    static const struct client_param params[] = {
        {"orgId", OPT_ORG}, {"idHash", OPT_ID_HASH}, {"reason", OPT_REASON}};
    static const struct client_param days = {"days", OPT_DAYS};

    if (!cli_need(c, OPT_REASON, "reason"))
        return EXIT_USAGE;
    return post(c, "/risk/block", params, ARRAY_LEN(params), &days);
}

int cmd_risk_unblock(struct cli *c)
{
    static const struct client_param params[] = {
        {"orgId", OPT_ORG}, {"idHash", OPT_ID_HASH}, {"byOrg", OPT_BY_ORG}};

    return post(c, "/risk/unblock", params, ARRAY_LEN(params), NULL);
}
