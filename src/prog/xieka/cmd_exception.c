/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions (P-18): what went wrong, and what is done about it. */
#include <errno.h>

#include "base/clock.h"
#include "prog/xieka/client.h"
#include "prog/xieka/review.h"
#include "prog/xieka/table.h"

#define PATH_MAX_BYTES 128
#define BODY_MAX 2048
#define QUERY_MAX 256
#define REVIEW_MAX ((size_t)16 << 20)
#define DAY_MS INT64_C(86400000)

static const char *in_language(const struct cli *c, const struct json *e)
{
    return reply_text(e, c->lang == LANG_ZH ? "causeText" : "causeTextEn");
}

static const char *cards_of(const struct json *e, char text[24])
{
    snprintf(text, 24, "%lld", (long long)json_integer(json_member(e, "cards"), 0));
    return text;
}

static void print_list(struct cli *c, const struct json *list)
{
    static const struct column columns[] = {
        {"异常", "exception", false},  {"级别", "grade", false},
        {"类别", "class", false},      {"状态", "state", false},
        {"发生时间", "opened", false}, {"企业", "organisation", false},
        {"卡数", "cards", true},       {"原因", "cause", false},
    };
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *e = json_at(list, i);
        char cards[24];

        table_row(t, (const char *const[]){reply_text(e, "exceptionId"), reply_text(e, "grade"),
                                           reply_text(e, "class"), reply_text(e, "state"),
                                           reply_text(e, "openedAt"), reply_text(e, "orgId"),
                                           cards_of(e, cards), in_language(c, e)});
    }
    table_end(t);
}

int cmd_exception_list(struct cli *c)
{
    static const struct client_param params[] = {{"org", OPT_ORG},     {"state", OPT_STATE},
                                                 {"class", OPT_CLASS}, {"grade", OPT_GRADE},
                                                 {"limit", OPT_LIMIT}, {"before", OPT_AFTER}};
    struct reply r;
    int code = client_list(c, "/exception", params, ARRAY_LEN(params), &r);

    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(json_member(r.data, "exceptions"));
    print_list(c, json_member(r.data, "exceptions"));
    return EXIT_DONE;
}

/* ---- one ------------------------------------------------------------------------------------- */

static void print_limits(struct cli *c, const struct json *limits)
{
    static const struct column columns[] = {{"时限", "limit", false},
                                            {"截止", "by", false},
                                            {"完成", "done", false},
                                            {"按时", "kept", false}};
    static const struct {
        const char *name, *zh, *en;
    } steps[] = {{"respond", "响应", "respond"},
                 {"relieve", "缓解", "relieve"},
                 {"close", "关闭", "close"},
                 {"report", "报告", "report"}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const struct json *l = json_member(limits, steps[i].name);
        const char *by = json_text(json_member(l, "by")), *at = json_text(json_member(l, "at"));
        const char *kept = review_kept(l) == REVIEW_KEPT     ? "✓"
                           : review_kept(l) == REVIEW_MISSED ? "✗"
                                                             : "";

        table_row(t, (const char *const[]){cli_say(c, steps[i].zh, steps[i].en), by, at, kept});
    }
    table_end(t);
}

static void print_events(struct cli *c, const struct json *events)
{
    static const struct column columns[] = {{"时间", "time", false},
                                            {"事件", "event", false},
                                            {"经办", "by", false},
                                            {"说明", "text", false}};
    static const char *const names[] = {"at", "kind", "who", "text"};

    table_list(c, events, columns, names, ARRAY_LEN(names));
}

static void print_evidence(struct cli *c, const struct json *items)
{
    static const struct column columns[] = {{"证据", "evidence", false},
                                            {"编号", "id", false},
                                            {"卡号", "card", false},
                                            {"时间", "time", false},
                                            {"已解决", "solved", false}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < json_length(items); i++) {
        const struct json *e = json_at(items, i);
        bool solved = json_truth(json_member(e, "solved"), false);

        table_row(t,
                  (const char *const[]){reply_text(e, "kind"), reply_text(e, "subject"),
                                        reply_text(e, "cid"), reply_text(e, "at"),
                                        solved ? cli_say(c, "是", "yes") : cli_say(c, "否", "no")});
    }
    table_end(t);
}

static int print_exception(struct cli *c, const struct json *e)
{
    struct table *t;
    char cards[24];

    if (c->json)
        return cli_print_json(e);
    t = table_new_facts(c);
    table_fact(t, cli_say(c, "异常", "exception"), reply_text(e, "exceptionId"));
    table_fact(t, cli_say(c, "级别", "grade"), reply_text(e, "grade"));
    table_fact(t, cli_say(c, "类别", "class"), reply_text(e, "class"));
    table_fact(t, cli_say(c, "原因", "cause"), in_language(c, e));
    table_fact(t, cli_say(c, "状态", "state"), reply_text(e, "state"));
    table_fact(t, cli_say(c, "企业", "organisation"), reply_text(e, "orgId"));
    table_fact(t, cli_say(c, "批次", "batch"), reply_text(e, "batchId"));
    table_fact(t, cli_say(c, "卡数", "cards"), cards_of(e, cards));
    table_fact(t, cli_say(c, "责任人", "owner"), reply_text(e, "owner"));
    table_fact(t, cli_say(c, "查明原因", "cause found"), reply_text(e, "finding"));
    table_fact(t, cli_say(c, "处置措施", "what was done"), reply_text(e, "action"));
    table_end(t);
    print_limits(c, json_member(e, "limits"));
    print_events(c, json_member(e, "events"));
    print_evidence(c, json_member(e, "evidence"));
    return EXIT_DONE;
}

int cmd_exception_show(struct cli *c)
{
    char path[PATH_MAX_BYTES];
    const struct call call = {.method = "GET", .path = path};
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/exception/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    return code == EXIT_DONE ? print_exception(c, r.data) : code;
}

/* ---- what is done about it ------------------------------------------------------------------- */

/* The operands under these names. */
static int act(struct cli *c, const char *path, const char *const *names, size_t n)
{
    static const struct client_param owner = {"owner", OPT_OWNER};
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, path, BODY_MAX);
    for (size_t i = 0; i < n && i < c->args.n; i++)
        json_put_text(&p.o, names[i], c->args.operand[i]);
    client_put_options(&p.o, c, &owner, 1);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE ? print_exception(c, r.data) : code;
}

static const char *const words[] = {"exceptionId", "text"};

int cmd_exception_open(struct cli *c)
{
    static const char *const names[] = {"cause", "text"};

    return act(c, "/exception", names, ARRAY_LEN(names));
}

int cmd_exception_respond(struct cli *c)
{
    return act(c, "/exception/respond", words, ARRAY_LEN(words));
}

int cmd_exception_relieve(struct cli *c)
{
    return act(c, "/exception/relieve", words, ARRAY_LEN(words));
}

int cmd_exception_report(struct cli *c)
{
    return act(c, "/exception/report", words, ARRAY_LEN(words));
}

int cmd_exception_close(struct cli *c)
{
    static const char *const names[] = {"exceptionId", "cause", "action"};

    return act(c, "/exception/close", names, ARRAY_LEN(names));
}

int cmd_exception_resume(struct cli *c)
{
    return act(c, "/exception/resume", words, 1);
}

/* ---- the review ------------------------------------------------------------------------------ */

/* The first millisecond of a day in China. False: told. */
static bool read_day(const struct cli *c, const char *day, int64_t *ms)
{
    char text[XK_TIME_TEXT_MAX + 16];

    snprintf(text, sizeof text, "%.10sT00:00:00.000Z", day);
    if (strlen(day) == 10 && xk_time_parse(text, ms) == XK_OK) {
        *ms -= 8 * DAY_MS / 24;
        return true;
    }
    cli_fail(EXIT_USAGE, "%s: %s", day, cli_say(c, "日期应为 YYYY-MM-DD", "a day is YYYY-MM-DD"));
    return false;
}

static int write_document(struct cli *c, const struct json *data)
{
    const char *path = cli_option(c, OPT_OUTPUT);
    bool to_file = path && strcmp(path, "-") != 0;
    FILE *f = to_file ? fopen(path, "wbe") : stdout;
    struct buf html;
    bool done;

    if (!f)
        return cli_fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
    buf_init(&html, REVIEW_MAX);
    review_write(data, c->args.operand[0], c->args.operand[1], &html);
    done = buf_ok(&html) == XK_OK && fwrite(html.p, 1, html.n, f) == html.n && fflush(f) == 0;
    buf_fini(&html);
    if (to_file && fclose(f) != 0)
        done = false;
    if (!done)
        return cli_fail(EXIT_FAILED, "%s: %s", to_file ? path : "-",
                        cli_say(c, "不能写入", "cannot be written"));
    return EXIT_DONE;
}

int cmd_exception_review(struct cli *c)
{
    struct call call = {.method = "GET", .path = "/exception/review"};
    char mem[QUERY_MAX], number[24];
    int64_t from, to;
    struct buf query;
    struct reply r;
    int code;

    if (!read_day(c, c->args.operand[0], &from) || !read_day(c, c->args.operand[1], &to))
        return EXIT_USAGE;
    buf_init_fixed(&query, mem, sizeof mem);
    snprintf(number, sizeof number, "%lld", (long long)from);
    query_add(&query, "from", number);
    snprintf(number, sizeof number, "%lld", (long long)(to + DAY_MS));
    query_add(&query, "to", number);
    query_add(&query, "org", cli_option(c, OPT_ORG));
    call.query = buf_cstr(&query);
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    return c->json ? cli_print_json(r.data) : write_document(c, r.data);
}
