/* SPDX-License-Identifier: Apache-2.0 */
/* Quality of writes (P-21): figures, targets, and how they went. */
#include "base/clock.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define QUERY_MAX 256
#define DAY_MS INT64_C(86400000)
#define DAYS 30
#define DAYS_MAX 36500
#define CELL 40

struct cell {
    char text[CELL];
};

static int64_t number_of(const struct json *object, const char *name)
{
    return json_integer(json_member(object, name), -1);
}

static const char *count_cell(const struct json *q, const char *name, struct cell *out)
{
    snprintf(out->text, sizeof out->text, "%lld", (long long)number_of(q, name));
    return out->text;
}

static const char *share_cell(const struct json *share, struct cell *out)
{
    int64_t permille = number_of(share, "permille");

    snprintf(out->text, sizeof out->text, permille < 0 ? "-" : "%lld.%lld %%",
             (long long)permille / 10, (long long)permille % 10);
    return out->text;
}

static const char *seconds_cell(const struct json *q, const char *name, struct cell *out)
{
    int64_t ms = number_of(q, name);

    snprintf(out->text, sizeof out->text, ms < 0 ? "-" : "%lld.%lld s", (long long)ms / 1000,
             (long long)ms % 1000 / 100);
    return out->text;
}

/* What it is, what it should be, and whether it is. */
static void put_share(struct cli *c, struct table *t, const char *name, const struct json *share)
{
    const struct json *met = json_member(share, "met");
    struct cell value, target;
    const char *row[] = {name, share_cell(share, &value), target.text, "-"};
    int64_t permille = number_of(share, "target");

    snprintf(target.text, sizeof target.text, ">= %lld.%lld %%", (long long)permille / 10,
             (long long)permille % 10);
    if (met && number_of(share, "permille") >= 0)
        row[3] =
            json_truth(met, false) ? cli_say(c, "达标", "met") : cli_say(c, "未达标", "missed");
    table_row(t, row);
}

/* A figure of the platform: parts in a million, or milliseconds that should not be exceeded. */
static void put_judged(struct cli *c, struct table *t, const char *name, const struct json *figure)
{
    const struct json *met = json_member(figure, "met");
    const struct json *ppm = json_member(figure, "ppm");
    int64_t value = number_of(figure, ppm ? "ppm" : "ms"), target = number_of(figure, "target");
    struct cell cell = {"-"}, wanted;
    const char *row[] = {name, cell.text, wanted.text, "-"};

    snprintf(wanted.text, sizeof wanted.text, ppm ? ">= %lld.%02lld %%" : "<= %lld.%03lld s",
             (long long)(target / (ppm ? 10000 : 1000)),
             (long long)(ppm ? target % 10000 / 100 : target % 1000));
    if (value >= 0) {
        snprintf(cell.text, sizeof cell.text, ppm ? "%lld.%02lld %%" : "%lld.%03lld s",
                 (long long)(value / (ppm ? 10000 : 1000)),
                 (long long)(ppm ? value % 10000 / 100 : value % 1000));
        row[3] =
            json_truth(met, false) ? cli_say(c, "达标", "met") : cli_say(c, "未达标", "missed");
    }
    table_row(t, row);
}

static void put_platform(struct cli *c, struct table *t, const struct json *p)
{
    put_judged(c, t, cli_say(c, "接口调用成功率", "API success"), json_member(p, "apiSuccess"));
    put_judged(c, t, cli_say(c, "查询时延 P95", "query P95"), json_member(p, "queryP95"));
    put_judged(c, t, cli_say(c, "申请时延 P95", "application P95"), json_member(p, "applyP95"));
    put_judged(c, t, cli_say(c, "平台可用率", "availability"), json_member(p, "availability"));
}

static void put_plain(struct table *t, const char *name, const char *value)
{
    const char *row[] = {name, value, "", ""};

    table_row(t, row);
}

static void put_mis_writes(struct cli *c, struct table *t, const struct json *wrong)
{
    struct cell cell;
    const char *row[] = {cli_say(c, "误写", "wrong writes"), count_cell(wrong, "count", &cell), "0",
                         json_truth(json_member(wrong, "met"), false)
                             ? cli_say(c, "达标", "met")
                             : cli_say(c, "未达标", "missed")};

    table_row(t, row);
}

static int print_sums(struct cli *c, const struct json *q)
{
    static const struct column columns[] = {{"指标", "indicator", false},
                                            {"值", "value", true},
                                            {"目标", "target", true},
                                            {"结论", "verdict", false}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));
    struct cell cell;

    put_share(c, t, cli_say(c, "一次成功率", "first-pass success"),
              json_member(q, "firstPassSuccess"));
    put_share(c, t, cli_say(c, "最终成功率", "final success"), json_member(q, "finalSuccess"));
    put_plain(t, cli_say(c, "平均写卡时长", "mean write time"),
              seconds_cell(q, "writeMeanMs", &cell));
    put_plain(t, cli_say(c, "P95 写卡时长", "P95 write time"),
              seconds_cell(q, "writeP95Ms", &cell));
    put_share(c, t, cli_say(c, "异常处置及时率", "exceptions in time"),
              json_member(q, "exceptionsInTime"));
    put_mis_writes(c, t, json_member(q, "misWrites"));
    if (json_member(q, "platform"))
        put_platform(c, t, json_member(q, "platform"));
    put_plain(t, cli_say(c, "成功", "success"), count_cell(q, "success", &cell));
    put_plain(t, cli_say(c, "失败", "failed"), count_cell(q, "failed", &cell));
    put_plain(t, cli_say(c, "拒绝", "refused"), count_cell(q, "refused", &cell));
    put_plain(t, cli_say(c, "取消", "cancelled"), count_cell(q, "cancelled", &cell));
    return table_end(t);
}

static int print_points(struct cli *c, const struct json *points)
{
    static const struct column columns[] = {
        {"时间", "from", false},       {"成功", "success", true},
        {"失败", "failed", true},      {"一次成功率", "first pass", true},
        {"最终成功率", "final", true}, {"平均时长", "mean", true},
        {"P95", "P95", true}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < json_length(points); i++) {
        const struct json *p = json_at(points, i);
        struct cell cells[6];
        const char *row[] = {json_text(json_member(p, "at")),
                             count_cell(p, "success", &cells[0]),
                             count_cell(p, "failed", &cells[1]),
                             share_cell(json_member(p, "firstPassSuccess"), &cells[2]),
                             share_cell(json_member(p, "finalSuccess"), &cells[3]),
                             seconds_cell(p, "writeMeanMs", &cells[4]),
                             seconds_cell(p, "writeP95Ms", &cells[5])};

        table_row(t, row);
    }
    return table_end(t);
}

int cmd_stat(struct cli *c)
{
    struct call call = {.method = "GET", .path = "/stat/quality"};
    int64_t days = DAYS;
    char mem[QUERY_MAX], from[24];
    struct buf query;
    struct reply r;
    int code;

    if (!cli_number(c, OPT_DAYS, "days", &days) || days < 1 || days > DAYS_MAX)
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "--days 为 1 至 36500", "--days is 1 to 36500"));
    snprintf(from, sizeof from, "%lld", (long long)(xk_now(xk_clock_system()) - days * DAY_MS));
    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "from", from);
    query_add(&query, "by", cli_option(c, OPT_BY));
    query_add(&query, "org", cli_option(c, OPT_ORG));
    call.query = buf_cstr(&query);
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(r.data);
    return cli_option(c, OPT_BY) ? print_points(c, json_member(r.data, "points"))
                                 : print_sums(c, r.data);
}
