/* SPDX-License-Identifier: Apache-2.0 */
/* batch: show, watch, report, resume. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "prog/xieka/board.h"
#include "prog/xieka/client.h"
#include "prog/xieka/report.h"
#include "prog/xieka/table.h"

#define PATH_MAX_BYTES 256
#define BOARD_TEXT_MAX 16384
#define LIVE_US 250000
#define PLAIN_US 1000000
#define ROWS_MIN 20 /* of a terminal that the board is drawn on; a smaller one would scroll */
#define COLUMNS_MIN 80
#define PAGE "500"
#define PAGE_SIZE 500

static int64_t count_of(const struct json *object, const char *name)
{
    return json_integer(json_member(object, name), 0);
}

static const char *text_of(const struct json *object, const char *name)
{
    const char *text = json_text(json_member(object, name));

    return text ? text : "";
}

static int fetch_batch(struct cli *c, const char *id, struct reply *r)
{
    char path[PATH_MAX_BYTES];
    const struct call call = {.method = "GET", .path = path};

    if (!client_path(path, sizeof path, "/write/batch/", id))
        return EXIT_USAGE;
    return client_call(c, &call, r);
}

static void take_board(const struct json *data, struct board *b)
{
    const struct json *by_name = json_member(data, "states");
    const struct task_state_info *states;
    size_t n;

    states = task_states(&n);
    b->total = count_of(data, "total");
    b->finished = count_of(data, "finished");
    b->success = count_of(data, "success");
    b->paused = json_truth(json_member(data, "paused"), false);
    for (size_t i = 0; i < n && i < BOARD_STATES_MAX; i++)
        b->by_state[i] = count_of(by_name, states[i].name);
}

static int64_t since(const struct json *data)
{
    int64_t at;

    if (xk_time_parse(text_of(data, "createdAt"), &at) != XK_OK)
        return 0;
    return xk_now(xk_clock_system()) - at;
}

/* ---- the board ------------------------------------------------------------------------------- */

/* Counters of the link run from the daemon's start: what counts is what came since. */
static void take_sms(struct cli *c, struct board *b, int64_t base[2])
{
    const struct call call = {.method = "GET", .path = "/status", .quiet = true};
    const struct json *smpp;
    struct reply r;

    if (client_call(c, &call, &r) != EXIT_DONE)
        return;
    smpp = json_member(r.data, "smpp");
    if (!b->has_sms && count_of(smpp, "submitted") > 0 && b->elapsed_ms > 2000) {
        base[0] = count_of(smpp, "submitted");
        base[1] = count_of(smpp, "delivered");
    }
    b->has_sms = smpp != NULL;
    b->sent = count_of(smpp, "submitted") - base[0];
    b->received = count_of(smpp, "delivered") - base[1];
    b->outstanding = count_of(smpp, "outstanding");
    b->queued = count_of(smpp, "queued");
}

struct screen {
    FILE *to;
    bool live;       /* drawn over itself */
    size_t lines;    /* of what stands there */
    char last[4096]; /* plain: not said twice */
};

static bool is_roomy(FILE *to)
{
    struct winsize w;

    if (ioctl(fileno(to), TIOCGWINSZ, &w) != 0 || w.ws_row == 0)
        return true;
    return w.ws_row >= ROWS_MIN && w.ws_col >= COLUMNS_MIN;
}

static void draw(struct screen *s, const struct board *b)
{
    struct buf out;

    buf_init(&out, BOARD_TEXT_MAX);
    if (s->lines > 0)
        buf_printf(&out, "\033[%zuA\033[J", s->lines);
    board_put(b, &out, &s->lines);
    fputs(buf_cstr(&out), s->to);
    fflush(s->to);
    buf_fini(&out);
}

static void print_line(struct screen *s, const struct board *b)
{
    char mem[sizeof s->last];
    const char *rest;
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    board_put_line(b, &out);
    rest = strstr(buf_cstr(&out), "  ");
    if (!rest || strcmp(rest, s->last) == 0)
        return;
    snprintf(s->last, sizeof s->last, "%s", rest);
    fputs(mem, s->to);
    fflush(s->to);
}

static int watch_to_end(struct cli *c, const char *id, struct screen *s, struct board *b)
{
    int64_t base[2] = {0, 0};

    for (;;) {
        struct reply r;
        int code = fetch_batch(c, id, &r);

        if (code != EXIT_DONE)
            return code;
        take_board(r.data, b);
        b->elapsed_ms = since(r.data);
        take_sms(c, b, base);
        if (s->live)
            draw(s, b);
        else
            print_line(s, b);
        if (b->finished >= b->total)
            return EXIT_DONE;
        usleep(s->live ? LIVE_US : PLAIN_US);
    }
}

static int print_report(struct cli *c, const char *id);

int batch_watch(struct cli *c, const char *id)
{
    struct board b = {.batch = id, .lang = c->lang, .utf8 = c->utf8};
    struct screen s = {.to = c->json ? stderr : stdout};
    int code;

    s.live = c->tty && is_roomy(s.to);
    b.colours = c->tty && !getenv("NO_COLOR");
    code = watch_to_end(c, id, &s, &b);
    if (code != EXIT_DONE)
        return code;
    if (!c->json)
        puts("");
    code = print_report(c, id);
    return code == EXIT_DONE && b.success < b.total ? EXIT_FAILED : code;
}

int cmd_batch_watch(struct cli *c)
{
    return batch_watch(c, c->args.operand[0]);
}

int cmd_batch_show(struct cli *c)
{
    struct board b = {.batch = c->args.operand[0], .lang = c->lang, .utf8 = c->utf8};
    char mem[BOARD_TEXT_MAX];
    struct buf out;
    struct reply r;
    size_t lines;
    int code = fetch_batch(c, c->args.operand[0], &r);

    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    take_board(r.data, &b);
    b.elapsed_ms = since(r.data);
    buf_init_fixed(&out, mem, sizeof mem);
    board_put(&b, &out, &lines);
    fputs(buf_cstr(&out), stdout);
    return EXIT_DONE;
}

/* ---- the report ------------------------------------------------------------------------------ */

static enum xk_err add_task(struct report *report, const struct json *task)
{
    const struct task_state_info *info = task_state_by_name(text_of(task, "state"));
    const struct report_task t = {
        .kind = info ? info->kind : TASK_OPEN,
        .success = info && info->state == TASK_SUCCESS,
        .attempts = count_of(task, "attempts"),
        .rollbacks = count_of(task, "rollbacks"),
        .took_ms = count_of(task, "durationMs"),
    };

    return report_add(report, &t);
}

/* One page of the tasks behind `after`; *more: there may be another. */
static int add_page(struct cli *c, const char *id, char after[32], struct report *report,
                    bool *more)
{
    struct call call = {.method = "GET", .path = "/write/task"};
    const struct json *tasks;
    struct reply r;
    char mem[512];
    struct buf query;
    size_t n;
    int code;

    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "batchId", id);
    query_add(&query, "limit", PAGE);
    query_add(&query, "after", after[0] ? after : NULL);
    call.query = buf_cstr(&query);
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    tasks = json_member(r.data, "tasks");
    n = json_length(tasks);
    for (size_t i = 0; i < n; i++) {
        if (add_task(report, json_at(tasks, i)) != XK_OK)
            return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_NOMEM));
    }
    if (n > 0)
        snprintf(after, 32, "%s", text_of(json_at(tasks, n - 1), "taskId"));
    *more = n == PAGE_SIZE;
    return EXIT_DONE;
}

static int print_report_json(const struct report *r)
{
    char mem[1024];
    struct json_out o;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_int(&o, "tasks", (int64_t)r->tasks);
    json_put_int(&o, "success", (int64_t)r->success);
    json_put_int(&o, "failed", (int64_t)r->failed);
    json_put_int(&o, "open", (int64_t)r->open);
    json_put_int(&o, "first_pass", (int64_t)r->first_pass);
    json_put_int(&o, "mean_ms", r->mean_ms);
    json_put_int(&o, "p95_ms", r->p95_ms);
    json_put_int(&o, "max_ms", r->max_ms);
    json_put_int(&o, "retries", (int64_t)r->retries);
    json_put_int(&o, "fallbacks", (int64_t)r->fallbacks);
    json_close_object(&o);
    puts(buf_cstr(&b));
    return EXIT_DONE;
}

static void put_part(const struct cli *c, struct table *t, const char *zh, const char *en,
                     size_t part, size_t whole)
{
    char text[64];
    size_t permille10 = whole > 0 ? part * 10000 / whole : 0;

    snprintf(text, sizeof text, "%zu  (%zu.%02zu %%)", part, permille10 / 100, permille10 % 100);
    table_fact(t, cli_say(c, zh, en), text);
}

static void put_number(const struct cli *c, struct table *t, const char *zh, const char *en,
                       const char *unit, int64_t value)
{
    char text[64];

    snprintf(text, sizeof text, "%lld%s", (long long)value, unit);
    table_fact(t, cli_say(c, zh, en), text);
}

static int print_report_table(const struct cli *c, const struct report *r)
{
    struct table *t = table_new_facts(c);

    put_number(c, t, "写卡任务", "tasks", "", (int64_t)r->tasks);
    put_part(c, t, "一次成功", "first-pass success", r->first_pass, r->tasks);
    put_part(c, t, "最终成功", "final success", r->success, r->tasks);
    put_number(c, t, "失败", "failed", "", (int64_t)r->failed);
    if (r->open > 0)
        put_number(c, t, "进行中", "under way", "", (int64_t)r->open);
    put_number(c, t, "平均写卡时长", "mean write time", " ms", r->mean_ms);
    put_number(c, t, "95% 写卡时长", "95th percentile", " ms", r->p95_ms);
    put_number(c, t, "最长写卡时长", "longest", " ms", r->max_ms);
    put_number(c, t, "重发", "retries", "", (int64_t)r->retries);
    put_number(c, t, "回退种子号", "fall-backs", "", (int64_t)r->fallbacks);
    return table_end(t);
}

static int print_report(struct cli *c, const char *id)
{
    struct report report;
    char after[32] = "";
    int code = EXIT_DONE;
    bool more = true;

    report_init(&report);
    while (code == EXIT_DONE && more)
        code = add_page(c, id, after, &report, &more);
    report_close(&report);
    if (code == EXIT_DONE)
        code = c->json ? print_report_json(&report) : print_report_table(c, &report);
    report_fini(&report);
    return code;
}

int cmd_batch_report(struct cli *c)
{
    struct reply r;
    int code = fetch_batch(c, c->args.operand[0], &r);

    return code == EXIT_DONE ? print_report(c, c->args.operand[0]) : code;
}

int cmd_batch_resume(struct cli *c)
{
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, "/write/batch/resume", PATH_MAX_BYTES);
    json_put_text(&p.o, "batchId", c->args.operand[0]);
    code = client_post_send(c, &p, &r);
    return code == EXIT_DONE && c->json ? cli_print_json(r.data) : code;
}
