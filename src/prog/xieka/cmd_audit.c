/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: who did what, and whether nobody has bent it. */
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define QUERY_MAX 512

static void print_entries(struct cli *c, const struct json *entries)
{
    static const struct column columns[] = {
        {"序号", "no.", true},          {"时间", "time", false},   {"企业", "organisation", false},
        {"应用", "application", false}, {"来源", "peer", false},   {"操作", "action", false},
        {"对象", "subject", false},     {"结果", "result", false},
    };
    static const char *const names[] = {"at",     "orgId",   "appId", "peer",
                                        "action", "subject", "code"};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < json_length(entries); i++) {
        const struct json *e = json_at(entries, i);
        const char *cells[ARRAY_LEN(columns)];
        char seq[24];

        snprintf(seq, sizeof seq, "%lld", (long long)json_integer(json_member(e, "seq"), 0));
        cells[0] = seq;
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            cells[k + 1] = json_text(json_member(e, names[k]));
        table_row(t, cells);
    }
    table_end(t);
}

int cmd_audit_list(struct cli *c)
{
    static const struct client_param params[] = {{"org", OPT_ORG},
                                                 {"app", OPT_ABOUT_APP},
                                                 {"subject", OPT_SUBJECT},
                                                 {"after", OPT_AFTER},
                                                 {"limit", OPT_LIMIT}};
    struct reply r;
    int code;

    code = client_list(c, "/audit", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(json_member(r.data, "entries"));
    print_entries(c, json_member(r.data, "entries"));
    return EXIT_DONE;
}

/* Step by step to the end, or to what is wrong. *checked counts. */
static int verify(struct cli *c, struct reply *r, long long *checked)
{
    long long next = 1;
    int code = EXIT_DONE;

    *checked = 0;
    while (next > 0 && code == EXIT_DONE) {
        struct call call = {.method = "GET", .path = "/audit/verify"};
        char mem[QUERY_MAX], from[24];
        struct buf query;

        buf_init_fixed(&query, mem, sizeof mem);
        snprintf(from, sizeof from, "%lld", next);
        query_add(&query, "from", from);
        call.query = buf_cstr(&query);
        code = client_call(c, &call, r);
        if (code == EXIT_DONE) {
            *checked += json_integer(json_member(r->data, "checked"), 0);
            next = json_integer(json_member(r->data, "next"), 0);
        }
    }
    return code;
}

static int print_json(bool whole, const struct reply *r, long long checked)
{
    struct json_out o;
    char mem[QUERY_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_bool(&o, "whole", whole);
    json_put_int(&o, "checked", checked);
    if (!whole) {
        json_put_text(&o, "fault", reply_text(r->data, "fault"));
        json_put_int(&o, "seq", json_integer(json_member(r->data, "seq"), 0));
    }
    json_close_object(&o);
    return buf_ok(&b) == XK_OK && puts(buf_cstr(&b)) >= 0 ? EXIT_DONE : EXIT_FAILED;
}

/* 0 whole, 1 not. */
int cmd_audit_verify(struct cli *c)
{
    long long checked;
    struct reply r;
    bool whole;
    int code = verify(c, &r, &checked);

    if (code != EXIT_DONE)
        return code;
    whole = json_truth(json_member(r.data, "whole"), false);
    if (c->json)
        code = print_json(whole, &r, checked);
    else if (whole)
        printf("%s %lld\n", cli_say(c, "完整,条目数", "whole, entries:"), checked);
    else
        printf("%s %lld: %s\n", cli_say(c, "被改动,序号", "bent at entry"),
               (long long)json_integer(json_member(r.data, "seq"), 0), reply_text(r.data, "fault"));
    return whole ? code : EXIT_FAILED;
}
