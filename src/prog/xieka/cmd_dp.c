/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of the SM-DP+: profiles into stock, download orders, how they went. */
#include "api/wire/base64.h"
#include "base/clock.h"
#include "codec/rsp/metadata.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define PATH_LEN 512
#define BODY_LEN 2048
#define PACKAGE_MAX ((size_t)1 << 20)
#define STOCK_MS 60000
#define QUERY_MAX 4096
#define ICON_TEXT_MAX 1400
#define LINE_LEN 512

/* ---- what there is of a profile ---- */

static void fact(struct table *t, const char *name, const char *value)
{
    if (value[0])
        table_fact(t, name, value);
}

/* The texts of an array with a space between. */
static void join(struct buf *out, const struct json *list)
{
    for (size_t i = 0; i < json_length(list); i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "", json_text(json_at(list, i)));
}

static void print_owner(struct cli *c, struct table *t, const struct json *owner)
{
    static const char *const gids[] = {"gid1", "gid2"};
    char line[LINE_LEN];
    struct buf b;

    buf_init_fixed(&b, line, sizeof line);
    buf_put_str(&b, reply_text(owner, "mccMnc"));
    for (size_t i = 0; i < ARRAY_LEN(gids); i++) {
        if (reply_text(owner, gids[i])[0])
            buf_printf(&b, " %s %s", gids[i], reply_text(owner, gids[i]));
    }
    fact(t, cli_say(c, "签约运营商", "mccMnc"), buf_cstr(&b));
}

static void print_metadata(struct cli *c, struct table *t, const struct json *m)
{
    const struct json *icon = json_member(m, "icon"), *list = json_member(m, "notifications");
    char line[LINE_LEN];
    struct buf b;

    fact(t, cli_say(c, "运营商", "provider"), reply_text(m, "serviceProviderName"));
    fact(t, cli_say(c, "名称", "name"), reply_text(m, "profileName"));
    fact(t, cli_say(c, "类别", "class"), reply_text(m, "class"));
    snprintf(line, sizeof line, "%s %lld %s", reply_text(icon, "type"),
             (long long)json_integer(json_member(icon, "size"), 0), cli_say(c, "字节", "bytes"));
    fact(t, cli_say(c, "图标", "icon"), reply_text(icon, "type")[0] ? line : "");
    print_owner(c, t, json_member(m, "profileOwner"));
    buf_init_fixed(&b, line, sizeof line);
    join(&b, json_member(m, "policyRules"));
    fact(t, cli_say(c, "策略规则", "rules"), buf_cstr(&b));
    for (size_t i = 0; i < json_length(list); i++) {
        buf_init_fixed(&b, line, sizeof line);
        join(&b, json_member(json_at(list, i), "events"));
        buf_printf(&b, ": %s", reply_text(json_at(list, i), "address"));
        fact(t, cli_say(c, "通知", "notify"), buf_cstr(&b));
    }
}

static int print_download(struct cli *c, const struct json *d)
{
    const char *code = reply_text(d, "activationCode");
    char line[LINE_LEN];
    struct table *t;

    if (c->json)
        return cli_print_json(d);
    t = table_new_facts(c);
    fact(t, "ICCID", reply_text(d, "iccid"));
    snprintf(line, sizeof line, "%s (%s)", reply_text(d, "state"), reply_text(d, "stateText"));
    fact(t, cli_say(c, "状态", "state"), line);
    fact(t, "EID", reply_text(d, "eid"));
    fact(t, "SM-DP+", reply_text(d, "smdpAddress"));
    print_metadata(c, t, json_member(d, "metadata"));
    snprintf(line, sizeof line, "'%s'", code);
    /* single quotes: a shell would eat what begins with $ */
    fact(t, cli_say(c, "激活码", "code"), code[0] ? line : "");
    return table_end(t);
}

/* ---- into stock ---- */

/* --icon as base64url, "" without one; what the platform would refuse is refused here. */
static int read_icon(struct cli *c, char out[ICON_TEXT_MAX])
{
    const char *file = cli_option(c, OPT_ICON);
    struct bytes icon;
    struct buf text;
    uint32_t type;

    out[0] = '\0';
    if (!file)
        return EXIT_DONE;
    if (!cli_read_file(c, file, PACKAGE_MAX, &icon))
        return EXIT_USAGE;
    switch ((int)rsp_icon_type_of(icon, &type)) {
    case XK_OK:
        buf_init_fixed(&text, out, ICON_TEXT_MAX);
        base64url_put(&text, icon);
        return buf_cstr(&text)[0] ? EXIT_DONE : EXIT_FAILED;
    case XK_E_LIMIT:
        return cli_fail(EXIT_USAGE, "%s: %zu bytes, an icon has at most %d", file, icon.n,
                        RSP_ICON_MAX);
    default:
        return cli_fail(EXIT_USAGE, "%s: neither PNG nor JPEG", file);
    }
}

static int put_query(struct cli *c, const char *id, struct buf *query)
{
    static const struct {
        const char *name;
        enum option_id option;
    } rows[] = {
        {"smdp", OPT_SMDP},      {"owner", OPT_OWNER},   {"type", OPT_TYPE}, {"name", OPT_NAME},
        {"spn", OPT_SPN},        {"class", OPT_CLASS},   {"ppr", OPT_PPR},   {"gid1", OPT_GID1},
        {"mccMnc", OPT_MCC_MNC}, {"notify", OPT_NOTIFY}, {"gid2", OPT_GID2},
    };
    char icon[ICON_TEXT_MAX];
    int code = read_icon(c, icon);

    query_add(query, "id", id);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        query_add(query, rows[i].name, cli_option(c, rows[i].option));
    query_add(query, "icon", icon[0] ? icon : NULL);
    buf_cstr(query);
    if (code == EXIT_DONE && buf_ok(query) != XK_OK)
        return cli_fail(EXIT_USAGE, "the options are longer than the platform takes");
    return code;
}

int package_post(struct cli *c, const char *path, const char *id, const char *file,
                 struct reply *out)
{
    struct call call = {.method = "POST", .path = path, .timeout_ms = STOCK_MS};
    char mem[QUERY_MAX];
    struct buf query;
    int code;

    if (!cli_option(c, OPT_SMDP))
        return cli_fail(EXIT_USAGE, "--smdp is needed: the address that serves the profile");
    if (!cli_read_file(c, file, PACKAGE_MAX, &call.body))
        return EXIT_USAGE;
    buf_init_fixed(&query, mem, sizeof mem);
    code = put_query(c, id, &query);
    if (code != EXIT_DONE)
        return code;
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

/* ---- orders ---- */

int cmd_dp_order(struct cli *c)
{
    static const struct client_param params[] = {{"profileType", OPT_TYPE},
                                                 {"owner", OPT_OWNER},
                                                 {"eid", OPT_EID},
                                                 {"matchingId", OPT_MATCHING_ID},
                                                 {"confirmationCode", OPT_CONFIRMATION_CODE},
                                                 {"smdsAddress", OPT_SMDS}};
    struct client_post p;
    struct reply r;
    int code;

    if (c->args.n == 0 && !cli_option(c, OPT_TYPE))
        return cli_fail(EXIT_USAGE, "an ICCID or --type is needed");
    client_post_begin(&p, "/dp/order", BODY_LEN);
    if (c->args.n > 0)
        json_put_text(&p.o, "iccid", c->args.operand[0]);
    client_put_options(&p.o, c, params, ARRAY_LEN(params));
    if (cli_option(c, OPT_HOLD))
        json_put_bool(&p.o, "hold", true);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE ? print_download(c, r.data) : code;
}

static int about_order(struct cli *c, const char *path)
{
    static const struct client_param owner = {"owner", OPT_OWNER};
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, path, BODY_LEN);
    json_put_text(&p.o, "iccid", c->args.operand[0]);
    client_put_options(&p.o, c, &owner, 1);
    if (cli_option(c, OPT_UNAVAILABLE))
        json_put_bool(&p.o, "unavailable", true);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE ? print_download(c, r.data) : code;
}

int cmd_dp_release(struct cli *c)
{
    return about_order(c, "/dp/release");
}

int cmd_dp_cancel(struct cli *c)
{
    return about_order(c, "/dp/cancel");
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

        printf("%s  %-19s  %-10s  %s%s%s %s\n",
               xk_time_format(json_integer(json_member(h, "at"), 0), when), reply_text(h, "cause"),
               reply_text(h, "state"), reply_text(h, "subject"),
               reply_text(h, "subject")[0] ? "/" : "", reply_text(h, "reason"),
               reply_text(h, "detail"));
    }
    return EXIT_DONE;
}

int cmd_dp_list(struct cli *c)
{
    static const struct client_param params[] = {
        {"state", OPT_STATE}, {"type", OPT_TYPE}, {"limit", OPT_LIMIT}, {"after", OPT_AFTER}};
    const struct json *profiles;
    struct reply r;
    int code;

    code = client_list(c, "/dp/profile", params, ARRAY_LEN(params), &r);
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
