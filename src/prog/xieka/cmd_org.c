/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations, their applications, and cards that go from one to another. */
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define QUERY_MAX 512
#define BODY_MAX 65536
#define PATH_BYTES 128

static const struct column org_columns[] = {{"企业", "organisation", false},
                                            {"名称", "name", false},
                                            {"类型", "kind", false},
                                            {"上级", "above", false},
                                            {"状态", "state", false}};
static const char *const org_names[] = {"orgId", "name", "kind", "parent", "state"};

static int print_org(struct cli *c, const struct json *org)
{
    struct table *t;

    if (c->json)
        return cli_print_json(org);
    t = table_new(c, org_columns, ARRAY_LEN(org_columns));
    table_row_of(t, org, org_names, ARRAY_LEN(org_names));
    return table_end(t);
}

/* The operand under this name, and what these options say. */
static int post(struct cli *c, const char *path, const char *id_name,
                const struct client_param *params, size_t n, struct reply *r)
{
    struct client_post p;

    client_post_begin(&p, path, 2 * QUERY_MAX);
    json_put_text(&p.o, id_name, c->args.operand[0]);
    client_put_options(&p.o, c, params, n);
    return client_post_send(c, &p, r);
}

int cmd_org_create(struct cli *c)
{
    static const struct client_param params[] = {
        {"kind", OPT_KIND}, {"parent", OPT_PARENT}, {"name", OPT_NAME}};
    struct reply r;
    int code;

    if (!cli_need(c, OPT_KIND, "kind"))
        return EXIT_USAGE;
    code = post(c, "/org", "orgId", params, ARRAY_LEN(params), &r);
    return code == EXIT_DONE ? print_org(c, r.data) : code;
}

int cmd_org_list(struct cli *c)
{
    static const struct client_param params[] = {{"parent", OPT_PARENT}, {"after", OPT_AFTER}};
    struct reply r;
    int code;

    code = client_list(c, "/org", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "orgs"), org_columns, org_names, ARRAY_LEN(org_names));
}

int cmd_org_show(struct cli *c)
{
    char path[PATH_BYTES];
    const struct call call = {.method = "GET", .path = path};
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/org/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    return code == EXIT_DONE ? print_org(c, r.data) : code;
}

static int change_state(struct cli *c, const char *path, const char *id_name, const char *state,
                        struct reply *r)
{
    struct client_post p;

    client_post_begin(&p, path, QUERY_MAX);
    json_put_text(&p.o, id_name, c->args.operand[0]);
    json_put_text(&p.o, "state", state);
    return client_post_send(c, &p, r);
}

static int org_state(struct cli *c, const char *state)
{
    struct reply r;
    int code = change_state(c, "/org/state", "orgId", state, &r);

    return code == EXIT_DONE ? print_org(c, r.data) : code;
}

int cmd_org_suspend(struct cli *c)
{
    return org_state(c, "SUSPENDED");
}

int cmd_org_resume(struct cli *c)
{
    return org_state(c, "ACTIVE");
}

int cmd_org_close(struct cli *c)
{
    return org_state(c, "CLOSED");
}

/* ---- applications ---------------------------------------------------------------------------- */

/* The secret alone on standard output, so that it can go into a file. */
static int print_secret(struct cli *c, const struct json *data)
{
    if (c->json)
        return cli_print_json(data);
    printf("%s\n", json_text(json_member(data, "secret")));
    return EXIT_DONE;
}

int cmd_app_create(struct cli *c)
{
    static const struct client_param params[] = {{"roles", OPT_ROLES},
                                                 {"orgId", OPT_ORG},
                                                 {"name", OPT_NAME},
                                                 {"ipAllow", OPT_IP_ALLOW},
                                                 {"algorithm", OPT_ALGORITHM}};
    struct reply r;
    int code;

    if (!cli_need(c, OPT_ROLES, "roles"))
        return EXIT_USAGE;
    code = post(c, "/app", "appId", params, ARRAY_LEN(params), &r);
    return code == EXIT_DONE ? print_secret(c, r.data) : code;
}

int cmd_app_secret(struct cli *c)
{
    struct reply r;
    int code = post(c, "/app/secret", "appId", NULL, 0, &r);

    return code == EXIT_DONE ? print_secret(c, r.data) : code;
}

int cmd_app_list(struct cli *c)
{
    static const struct client_param params[] = {{"org", OPT_ORG}, {"after", OPT_AFTER}};
    static const struct column columns[] = {
        {"应用", "application", false}, {"名称", "name", false},      {"角色", "roles", false},
        {"网络", "networks", false},    {"签名", "signature", false}, {"状态", "state", false}};
    static const char *const names[] = {"appId", "name", "roles", "ipAllow", "algorithm", "state"};
    struct reply r;
    int code;

    code = client_list(c, "/app", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "apps"), columns, names, ARRAY_LEN(names));
}

static int app_state(struct cli *c, const char *state)
{
    struct reply r;
    int code = change_state(c, "/app/state", "appId", state, &r);

    if (code == EXIT_DONE && c->json)
        return cli_print_json(r.data);
    return code;
}

int cmd_app_on(struct cli *c)
{
    return app_state(c, "ON");
}

int cmd_app_off(struct cli *c)
{
    return app_state(c, "OFF");
}

/* ---- cards ----------------------------------------------------------------------------------- */

int cmd_card_give(struct cli *c)
{
    static const struct client_param params[] = {
        {"to", OPT_ORG}, {"kind", OPT_KIND}, {"document", OPT_DOCUMENT}};
    struct client_post p;
    struct reply r;
    int code;

    if (!cli_need(c, OPT_ORG, "org"))
        return EXIT_USAGE;
    client_post_begin(&p, "/card/transfer", BODY_MAX);
    client_put_options(&p.o, c, params, ARRAY_LEN(params));
    json_open_array(&p.o, "cids");
    for (size_t i = 0; i < c->args.n; i++)
        json_put_text(&p.o, NULL, c->args.operand[i]);
    json_close_array(&p.o);
    code = client_post_send(c, &p, &r);
    if (code == EXIT_DONE && c->json)
        return cli_print_json(r.data);
    return code;
}

/* Through whose hands it has gone. */
int cmd_card_custody(struct cli *c)
{
    static const struct column columns[] = {{"时间", "time", false},
                                            {"操作", "what", false},
                                            {"交出", "from", false},
                                            {"接收", "to", false},
                                            {"单据", "document", false}};
    static const char *const zh[] = {"at", "kindText", "from", "to", "document"};
    static const char *const en[] = {"at", "kind", "from", "to", "document"};
    char path[PATH_BYTES];
    const struct call call = {.method = "GET", .path = path};
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/card/custody/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    return table_list(c, json_member(r.data, "moves"), columns, c->lang == LANG_ZH ? zh : en,
                      ARRAY_LEN(en));
}
