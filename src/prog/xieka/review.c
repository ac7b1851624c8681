/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/review.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\">\n"
    "<title>异常复盘 Review of exceptions</title>\n<style>\n"
    "body{font:10pt/1.4 sans-serif;margin:2em;max-width:60em}\n"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}\n"
    "th,td{border:1px solid #999;padding:.2em .5em;text-align:left;vertical-align:top}\n"
    "th{background:#eee}.n{text-align:right}.missed{background:#fdd}\n"
    "td.fill{height:2.2em}@page{size:A4 landscape;margin:15mm}\n"
    "tr{page-break-inside:avoid}\n</style></head><body>\n";

/* Text between tags. */
static void put_text(struct buf *b, const char *text)
{
    for (const char *p = text ? text : ""; *p; p++) {
        switch (*p) {
        case '&':
            buf_printf(b, "&amp;");
            break;
        case '<':
            buf_printf(b, "&lt;");
            break;
        case '>':
            buf_printf(b, "&gt;");
            break;
        default:
            buf_put(b, p, 1);
        }
    }
}

static void put_cell(struct buf *b, const char *text)
{
    buf_printf(b, "<td>");
    put_text(b, text);
    buf_printf(b, "</td>");
}

static void put_member(struct buf *b, const struct json *v, const char *name)
{
    put_cell(b, json_text(json_member(v, name)));
}

static void put_number(struct buf *b, const struct json *v, const char *name)
{
    buf_printf(b, "<td class=\"n\">%lld</td>", (long long)json_integer(json_member(v, name), 0));
}

static void put_cause(struct buf *b, const struct json *v)
{
    buf_printf(b, "<td>");
    put_text(b, json_text(json_member(v, "causeText")));
    buf_printf(b, "<br>");
    put_text(b, json_text(json_member(v, "causeTextEn")));
    buf_printf(b, "</td>");
}

enum review_kept review_kept(const struct json *limit)
{
    const struct json *kept = json_member(limit, "kept");

    if (json_truth(kept, false))
        return REVIEW_KEPT;
    return json_truth(kept, true) ? REVIEW_RUNNING : REVIEW_MISSED; /* null is neither */
}

static const char *const steps[] = {"respond", "relieve", "close", "report"};

/* By when, when, and whether in time. */
static void put_limit(struct buf *b, const struct json *limit, unsigned *kept, unsigned *missed)
{
    enum review_kept k = review_kept(limit);
    const char *at = json_text(json_member(limit, "at"));

    *kept += k == REVIEW_KEPT;
    *missed += k == REVIEW_MISSED;
    buf_printf(b, "<td%s>", k == REVIEW_MISSED ? " class=\"missed\"" : "");
    put_text(b, json_text(json_member(limit, "by")));
    buf_printf(b, "<br>");
    put_text(b, at ? at : "–");
    buf_printf(b, " %s</td>", k == REVIEW_KEPT ? "✓" : k == REVIEW_MISSED ? "✗" : "…");
}

static void put_exceptions(struct buf *b, const struct json *list)
{
    unsigned kept = 0, missed = 0;

    buf_printf(b,
               "<h2>1 较大及以上异常 Exceptions of grade L2 and above (%zu)</h2>\n<table><tr>"
               "<th>编号 No.<th>级别 Grade<th>类别 Class<th>原因 Cause<th>企业 Organisation"
               "<th>批次 Batch<th>卡数 Cards<th>发生 Opened<th>响应 Respond<th>缓解 Relieve"
               "<th>关闭 Close<th>报告 Report<th>状态 State</tr>\n",
               json_length(list));
    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *e = json_at(list, i);

        buf_printf(b, "<tr>");
        put_member(b, e, "exceptionId");
        put_member(b, e, "grade");
        put_member(b, e, "class");
        put_cause(b, e);
        put_member(b, e, "orgId");
        put_member(b, e, "batchId");
        put_number(b, e, "cards");
        put_member(b, e, "openedAt");
        for (size_t k = 0; k < ARRAY_LEN(steps); k++)
            put_limit(b, json_member(json_member(e, "limits"), steps[k]), &kept, &missed);
        put_member(b, e, "state");
        buf_printf(b, "</tr>\n");
    }
    buf_printf(b, "</table>\n<p>时限 Limits: 按时 kept %u, 超时 missed %u</p>\n", kept, missed);
}

/* What P-19 asks of each: cause, action, who, until when; what is not known yet is filled in. */
static void put_actions(struct buf *b, const struct json *list)
{
    buf_printf(b, "<h2>2 原因与措施 Causes and actions</h2>\n<table><tr><th>编号 No."
                  "<th>查明原因 Cause found<th>处置措施 Action<th>责任人 Owner"
                  "<th>完成期限 Due date</tr>\n");
    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *e = json_at(list, i);

        buf_printf(b, "<tr>");
        put_member(b, e, "exceptionId");
        put_member(b, e, "finding");
        put_member(b, e, "action");
        put_member(b, e, "owner");
        buf_printf(b, "<td class=\"fill\"></td></tr>\n");
    }
    buf_printf(b, "</table>\n");
}

static void put_groups(struct buf *b, const struct json *list)
{
    buf_printf(b, "<h2>3 原因分布 Causes of all exceptions, L1 too</h2>\n<table><tr><th>类别 Class"
                  "<th>原因 Cause<th>级别 Grade<th>异常数 Exceptions<th>卡数 Cards</tr>\n");
    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *g = json_at(list, i);

        buf_printf(b, "<tr>");
        put_member(b, g, "class");
        put_cause(b, g);
        put_member(b, g, "grade");
        put_number(b, g, "exceptions");
        put_number(b, g, "cards");
        buf_printf(b, "</tr>\n");
    }
    buf_printf(b, "</table>\n");
}

static void put_sample(struct buf *b, const struct json *list)
{
    buf_printf(b,
               "<h2>4 成功任务抽检(5 %%) Sample of successful tasks (%zu)</h2>\n<table><tr>"
               "<th>任务 Task<th>卡号 Card<th>企业 Organisation<th>完成 Finished"
               "<th>检查结果 Found</tr>\n",
               json_length(list));
    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *s = json_at(list, i);

        buf_printf(b, "<tr>");
        put_member(b, s, "taskId");
        put_member(b, s, "cid");
        put_member(b, s, "orgId");
        put_member(b, s, "finishedAt");
        buf_printf(b, "<td></td></tr>\n");
    }
    buf_printf(b, "</table>\n");
}

void review_write(const struct json *data, const char *from, const char *to, struct buf *html)
{
    const struct json *exceptions = json_member(data, "exceptions");

    buf_put(html, head, sizeof head - 1);
    buf_printf(html, "<h1>异常复盘 Review of exceptions</h1>\n<p>");
    put_text(html, from);
    buf_printf(html, " – ");
    put_text(html, to);
    buf_printf(html, " (UTC+8)</p>\n");
    put_exceptions(html, exceptions);
    put_actions(html, exceptions);
    put_groups(html, json_member(data, "causes"));
    put_sample(html, json_member(data, "sample"));
    buf_printf(html, "<p>复盘人 Reviewed by ____________ &emsp; 日期 Date ____________</p>\n"
                     "</body></html>\n");
}
