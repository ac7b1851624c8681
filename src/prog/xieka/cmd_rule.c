/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the first write: cards that get their number when they are first seen in the network. */
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define BODY_MAX 2048

int cmd_rule_list(struct cli *c)
{
    static const struct column columns[] = {{"规则", "rule", false},
                                            {"企业", "organisation", false},
                                            {"批次", "batch", false},
                                            {"号码池", "pool", false},
                                            {"应用", "application", false}};
    static const char *const names[] = {"ruleId", "orgId", "batchId", "poolId", "appId"};
    static const struct client_param params[] = {
        {"org", OPT_ORG}, {"limit", OPT_LIMIT}, {"after", OPT_AFTER}};
    struct reply r;
    int code = client_list(c, "/write-rule", params, ARRAY_LEN(params), &r);

    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "rules"), columns, names, ARRAY_LEN(names));
}

static int post(struct cli *c, const char *path, const struct client_param *params, size_t n)
{
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, path, BODY_MAX);
    json_put_text(&p.o, "ruleId", c->args.operand[0]);
    client_put_options(&p.o, c, params, n);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE && c->json ? cli_print_json(r.data) : code;
}

int cmd_rule_set(struct cli *c)
{
    static const struct client_param params[] = {{"poolId", OPT_POOL},
                                                 {"orgId", OPT_ORG},
                                                 {"batchId", OPT_BATCH},
                                                 {"callbackUrl", OPT_CALLBACK}};

    if (!cli_need(c, OPT_POOL, "pool"))
        return EXIT_USAGE;
    return post(c, "/write-rule", params, ARRAY_LEN(params));
}

int cmd_rule_remove(struct cli *c)
{
    return post(c, "/write-rule/remove", NULL, 0);
}
