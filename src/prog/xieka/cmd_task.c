/* SPDX-License-Identifier: Apache-2.0 */
/* task: list, show, watch, cancel, retry. */
#include <unistd.h>

#include "base/hex.h"
#include "codec/sms/sms.h"
#include "model/task.h"
#include "prog/xieka/client.h"
#include "prog/xieka/ladder.h"
#include "prog/xieka/table.h"

#define PATH_MAX_BYTES 256
#define WATCH_US 300000
#define TEXT_MAX ((size_t)4 << 20)
#define CONTENT_MAX 16384

static const char *text_of(const struct json *object, const char *name)
{
    const char *text = json_text(json_member(object, name));

    return text ? text : "";
}

static const char *state_text(const struct cli *c, const struct json *task)
{
    const struct task_state_info *info = task_state_by_name(text_of(task, "state"));

    return info ? cli_say(c, info->zh, info->en) : text_of(task, "state");
}

/* Seconds with a decimal; "" for not yet. */
static void seconds(const struct json *task, char out[24])
{
    int64_t ms = json_integer(json_member(task, "durationMs"), 0);

    out[0] = '\0';
    if (ms > 0)
        snprintf(out, 24, "%lld.%lld", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
}

int tasks_print(struct cli *c, const struct json *tasks)
{
    static const struct column columns[] = {
        {"任务", "task", false},       {"卡号", "cid", false},    {"方式", "mode", false},
        {"状态", "state", false},      {"号码", "msisdn", false}, {"轮次", "rounds", true},
        {"用时(秒)", "seconds", true}, {"结果", "result", false},
    };
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < json_length(tasks); i++) {
        const struct json *task = json_at(tasks, i);
        char rounds[24], took[24];
        const char *cells[] = {text_of(task, "taskId"),
                               text_of(task, "cid"),
                               text_of(task, "mode"),
                               state_text(c, task),
                               text_of(task, "msisdn"),
                               rounds,
                               took,
                               text_of(task, "resultMsg")};

        snprintf(rounds, sizeof rounds, "%lld",
                 (long long)json_integer(json_member(task, "attempts"), 0));
        seconds(task, took);
        table_row(t, cells);
    }
    return table_end(t);
}

int cmd_task_list(struct cli *c)
{
    static const struct client_param params[] = {{"batchId", OPT_BATCH},
                                                 {"cid", OPT_CARD},
                                                 {"org", OPT_ORG},
                                                 {"limit", OPT_LIMIT},
                                                 {"after", OPT_AFTER}};
    const struct json *tasks;
    struct reply r;
    int code;

    code = client_list(c, "/write/task", params, ARRAY_LEN(params), &r);
    if (code != EXIT_DONE)
        return code;
    tasks = json_member(r.data, "tasks");
    return c->json ? cli_print_json(tasks) : tasks_print(c, tasks);
}

/* ---- one task -------------------------------------------------------------------------------- */

static int print_task(struct cli *c, const struct json *task)
{
    static const struct {
        const char *name, *zh, *en;
    } facts[] = {
        {"taskId", "任务", "task"},
        {"orderNo", "申请单号", "order number"},
        {"batchId", "批次", "batch"},
        {"cid", "卡号", "cid"},
        {"mode", "方式", "mode"},
        {"channel", "通道", "channel"},
        {"msisdn", "号码", "msisdn"},
        {"imsi", "IMSI", "imsi"},
        {"iccid", "ICCID", "iccid"},
        {"activationCode", "激活码", "activation code"},
        {"resultMsg", "结果", "result"},
        {"createdAt", "受理", "created at"},
        {"finishedAt", "结束", "finished at"},
    };
    struct table *t = table_new_facts(c);
    char number[24];

    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        table_fact(t, cli_say(c, facts[i].zh, facts[i].en), text_of(task, facts[i].name));
    table_fact(t, cli_say(c, "状态", "state"), state_text(c, task));
    seconds(task, number);
    table_fact(t, cli_say(c, "用时(秒)", "seconds"), number);
    snprintf(number, sizeof number, "%lld",
             (long long)json_integer(json_member(task, "attempts"), 0));
    table_fact(t, cli_say(c, "轮次", "rounds"), number);
    return table_end(t);
}

/* The header of a message; the reference of a concatenated one is not kept: two dots. */
static void put_header(const uint8_t *ud, struct buf *out)
{
    bool concatenated = ud[0] >= 5 && ud[1] == 0x00;

    if (!concatenated) {
        buf_put_hex(out, BYTES(ud, (size_t)ud[0] + 1));
        return;
    }
    buf_put_hex(out, BYTES(ud, 3));
    buf_put_str(out, "..");
    buf_put_hex(out, BYTES(ud + 4, ud[0] - 3u));
}

/* The short messages that a packet travels in, and how they come to the card and out of it
 * (TS 31.115 4, TS 31.111 7.1.1). */
static void put_messages(const char *kind, struct bytes packet, struct buf *out)
{
    bool down = strcmp(kind, "sms_out") == 0;
    struct sms_parts parts;

    if (packet.n < 2 ||
        sms_split_packet(packet.p[0], bytes_part(packet, 1, packet.n), 0, &parts) != XK_OK)
        return;
    if (!down)
        buf_put_str(out, "APDU 80120000 FETCH: proactive SEND SHORT MESSAGE\n");
    for (size_t i = 0; i < parts.n; i++) {
        buf_printf(out, "SMS %zu/%zu  UDH ", i + 1, parts.n);
        put_header(parts.part[i].ud, out);
        buf_printf(out, "  %u octets%s\n", parts.part[i].ud_n, down ? ", PID 7F, class 2" : "");
    }
    if (down)
        buf_put_str(out, "APDU 80C20000 ENVELOPE (SMS-PP download), one a message\n");
}

static void put_content(const struct json *event, struct buf *out)
{
    const char *hex = text_of(event, "data");
    uint8_t data[4096];
    size_t n;

    if (hex[0] && hex_decode(bytes_cstr(hex), data, sizeof data, &n) == XK_OK)
        put_messages(text_of(event, "kind"), BYTES(data, n), out);
    buf_put_str(out, text_of(event, "decoded"));
}

static void put_event(struct ladder *l, const struct json *event, struct buf *out)
{
    char mem[CONTENT_MAX];
    struct buf content;
    struct ladder_event e = {.at = text_of(event, "at"),
                             .kind = text_of(event, "kind"),
                             .state = text_of(event, "state"),
                             .detail = text_of(event, "detail")};

    buf_init_fixed(&content, mem, sizeof mem);
    put_content(event, &content);
    e.content = buf_cstr(&content);
    ladder_put(l, &e, out);
}

static int print_ladder(struct cli *c, const struct json *task)
{
    struct ladder l = {.lang = c->lang, .utf8 = c->utf8};
    const struct json *events = json_member(task, "events");
    struct buf out;

    buf_init(&out, TEXT_MAX);
    ladder_head(&l, text_of(task, "cid"), &out);
    for (size_t i = 0; i < json_length(events); i++)
        put_event(&l, json_at(events, i), &out);
    printf("\n%s", buf_cstr(&out));
    buf_fini(&out);
    return EXIT_DONE;
}

static int fetch_task(struct cli *c, const char *id, const char *query, struct reply *r)
{
    char path[PATH_MAX_BYTES];
    const struct call call = {.method = "GET", .path = path, .query = query};

    if (!client_path(path, sizeof path, "/write/task/", id))
        return EXIT_USAGE;
    return client_call(c, &call, r);
}

int cmd_task_show(struct cli *c)
{
    bool events = cli_option(c, OPT_EVENTS) != NULL;
    struct reply r;
    int code = fetch_task(c, c->args.operand[0], events ? "events=1" : NULL, &r);

    if (code != EXIT_DONE)
        return code;
    if (c->json)
        return cli_print_json(r.data);
    code = print_task(c, r.data);
    return code == EXIT_DONE && events ? print_ladder(c, r.data) : code;
}

/* ---- watch ----------------------------------------------------------------------------------- */

static void print_news(struct cli *c, struct ladder *l, const struct json *task, int64_t *seen)
{
    const struct json *events = json_member(task, "events");
    struct buf out;

    buf_init(&out, TEXT_MAX);
    if (l->first_ms == 0)
        ladder_head(l, text_of(task, "cid"), &out);
    for (size_t i = 0; i < json_length(events); i++) {
        int64_t seq = json_integer(json_member(json_at(events, i), "seq"), 0);

        if (seq <= *seen)
            continue;
        put_event(l, json_at(events, i), &out);
        *seen = seq;
    }
    if (!c->json)
        fputs(buf_cstr(&out), stdout);
    fflush(stdout);
    buf_fini(&out);
}

int task_watch(struct cli *c, const char *id)
{
    struct ladder l = {.lang = c->lang, .utf8 = c->utf8, .bare = true};
    int64_t seen = -1;
    struct reply r;

    for (;;) {
        int code = fetch_task(c, id, "events=1", &r);

        if (code != EXIT_DONE)
            return code;
        print_news(c, &l, r.data, &seen);
        if (json_truth(json_member(r.data, "finished"), false))
            break;
        usleep(WATCH_US);
    }
    if (c->json)
        cli_print_json(r.data);
    if (strcmp(text_of(r.data, "state"), "SUCCESS") == 0)
        return EXIT_DONE;
    return cli_fail(EXIT_FAILED, "%s: %s %s", id, state_text(c, r.data),
                    text_of(r.data, "resultMsg"));
}

int cmd_task_watch(struct cli *c)
{
    return task_watch(c, c->args.operand[0]);
}

/* ---- cancel, retry --------------------------------------------------------------------------- */

static int post_task(struct cli *c, const char *path)
{
    struct client_post p;
    struct reply r;
    int code;

    client_post_begin(&p, path, PATH_MAX_BYTES);
    json_put_text(&p.o, "taskId", c->args.operand[0]);
    code = client_post_send(c, &p, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    printf("%s  %s\n", text_of(r.data, "taskId"), state_text(c, r.data));
    return EXIT_DONE;
}

int cmd_task_cancel(struct cli *c)
{
    return post_task(c, "/write/cancel");
}

int cmd_task_retry(struct cli *c)
{
    return post_task(c, "/write/retry");
}
