/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of the SM-DP+: profiles into stock, download orders, how they went. */
#include "base/clock.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define PATH_LEN 512
#define BODY_LEN 2048
#define PACKAGE_MAX ((size_t)1 << 20)
#define STOCK_MS 60000

static int print_download(struct cli *c, const struct json *d)
{
    const char *code = reply_text(d, "activationCode");

    if (c->json)
        return cli_print_json(d);
    printf("ICCID      %s\n", reply_text(d, "iccid"));
    printf("%s       %s (%s)\n", cli_say(c, "状态", "state"), reply_text(d, "state"),
           reply_text(d, "stateText"));
    if (reply_text(d, "eid")[0])
        printf("EID        %s\n", reply_text(d, "eid"));
    printf("SM-DP+     %s\n", reply_text(d, "smdpAddress"));
    if (code[0])
        /* single quotes: a shell would eat what begins with $ */
        printf("%s     '%s'\n", cli_say(c, "激活码", "code"), code);
    return EXIT_DONE;
}

int package_post(struct cli *c, const char *path, const char *id, const char *file,
                 struct reply *out)
{
    struct call call = {.method = "POST", .path = path, .timeout_ms = STOCK_MS};
    char mem[PATH_LEN];
    struct buf query;

    if (!cli_option(c, OPT_SMDP))
        return cli_fail(EXIT_USAGE, "--smdp is needed: the address that serves the profile");
    if (!cli_read_file(c, file, PACKAGE_MAX, &call.body))
        return EXIT_USAGE;
    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "id", id);
    query_add(&query, "smdp", cli_option(c, OPT_SMDP));
    query_add(&query, "owner", cli_option(c, OPT_OWNER));
    query_add(&query, "type", cli_option(c, OPT_TYPE));
    query_add(&query, "name", cli_option(c, OPT_NAME));
    query_add(&query, "spn", cli_option(c, OPT_SPN));
    call.query = buf_cstr(&query);
    return client_call(c, &call, out);
}

int cmd_dp_stock(struct cli *c)
{
    struct reply r = {0};
    int code = package_post(c, "/dp/profile", NULL, c->args.operand[0], &r);

    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    printf("%s\n", reply_text(r.data, "iccid"));
    return EXIT_DONE;
}

static void put_option(struct json_out *o, struct cli *c, enum option_id id, const char *name)
{
    if (cli_option(c, id))
        json_put_text(o, name, cli_option(c, id));
}

int cmd_dp_order(struct cli *c)
{
    struct call call = {.method = "POST", .path = "/dp/order"};
    char mem[BODY_LEN];
    struct json_out o;
    struct reply r;
    struct buf body;
    int code;

    if (c->args.n == 0 && !cli_option(c, OPT_TYPE))
        return cli_fail(EXIT_USAGE, "an ICCID or --type is needed");
    buf_init_fixed(&body, mem, sizeof mem);
    json_out_init(&o, &body);
    json_open_object(&o, NULL);
    if (c->args.n > 0)
        json_put_text(&o, "iccid", c->args.operand[0]);
    put_option(&o, c, OPT_TYPE, "profileType");
    put_option(&o, c, OPT_OWNER, "owner");
    put_option(&o, c, OPT_EID, "eid");
    put_option(&o, c, OPT_MATCHING_ID, "matchingId");
    put_option(&o, c, OPT_CONFIRMATION_CODE, "confirmationCode");
    put_option(&o, c, OPT_SMDS, "smdsAddress");
    if (cli_option(c, OPT_HOLD))
        json_put_bool(&o, "hold", true);
    json_close_object(&o);
    call.body = buf_bytes(&body);
    code = client_call(c, &call, &r);
    return code == EXIT_DONE ? print_download(c, r.data) : code;
}

int cmd_dp_show(struct cli *c)
{
    char path[PATH_LEN];
    const struct call call = {.method = "GET", .path = path};
    const struct json *history;
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/dp/profile/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    print_download(c, r.data);
    history = json_member(r.data, "history");
    for (size_t i = 0; i < json_length(history); i++) {
        const struct json *h = json_at(history, i);
        char when[XK_TIME_TEXT_MAX];

        printf("%s  %-12s %-10s %s%s%s %s\n",
               xk_time_format(json_integer(json_member(h, "at"), 0), when), reply_text(h, "cause"),
               reply_text(h, "state"), reply_text(h, "subject"),
               reply_text(h, "subject")[0] ? "/" : "", reply_text(h, "reason"),
               reply_text(h, "detail"));
    }
    return EXIT_DONE;
}

int cmd_dp_list(struct cli *c)
{
    struct call call = {.method = "GET", .path = "/dp/profile"};
    const struct json *profiles;
    char mem[PATH_LEN];
    struct buf query;
    struct reply r;
    int code;

    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "state", cli_option(c, OPT_STATE));
    query_add(&query, "type", cli_option(c, OPT_TYPE));
    query_add(&query, "limit", cli_option(c, OPT_LIMIT));
    query_add(&query, "after", cli_option(c, OPT_AFTER));
    call.query = buf_cstr(&query);
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    profiles = json_member(r.data, "profiles");
    for (size_t i = 0; i < json_length(profiles); i++) {
        const struct json *p = json_at(profiles, i);

        printf("%-20s  %-11s  %-12s  %s  %s\n", reply_text(p, "iccid"), reply_text(p, "state"),
               reply_text(p, "profileType"), reply_text(p, "eid"), reply_text(p, "matchingId"));
    }
    return EXIT_DONE;
}
