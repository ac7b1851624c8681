/* SPDX-License-Identifier: Apache-2.0 */
/* callback: list, replay. relay: script, report. */
#include <inttypes.h>

#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define PATH_MAX_BYTES 256
#define BODY_MAX 16384
#define PACKET_TEXT_MAX 8192

/* ---- callbacks ------------------------------------------------------------------------------- */

int cmd_callback_list(struct cli *c)
{
    static const struct column columns[] = {{"编号", "id", true},
                                            {"时间", "at", false},
                                            {"地址", "url", false},
                                            {"原因", "reason", false}};
    const struct call call = {.method = "GET", .path = "/callback/dead"};
    const struct json *list;
    struct table *t;
    struct reply r;
    int code = client_call(c, &call, &r);

    if (code != EXIT_DONE)
        return code;
    list = json_member(r.data, "callbacks");
    if (c->json)
        return cli_print_json(list);
    t = table_new(c, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < json_length(list); i++) {
        const struct json *one = json_at(list, i);
        char id[24];
        const char *cells[] = {id, json_text(json_member(one, "at")),
                               json_text(json_member(one, "url")),
                               json_text(json_member(one, "reason"))};

        snprintf(id, sizeof id, "%" PRId64, json_integer(json_member(one, "id"), 0));
        table_row(t, cells);
    }
    return table_end(t);
}

int cmd_callback_replay(struct cli *c)
{
    struct call call = {.method = "POST", .path = "/callback/replay"};
    char mem[64];
    struct buf body;
    struct reply r;
    char *end;
    int64_t id = strtoll(c->args.operand[0], &end, 10);
    int code;

    if (*end != '\0' || id <= 0)
        return cli_fail(EXIT_USAGE, "%s: %s", c->args.operand[0],
                        cli_say(c, "不是编号", "is no number of a callback"));
    buf_init_fixed(&body, mem, sizeof mem);
    buf_printf(&body, "{\"id\":%" PRId64 "}", id);
    call.body = buf_bytes(&body);
    code = client_call(c, &call, &r);
    return code == EXIT_DONE && c->json ? cli_print_json(r.data) : code;
}

/* ---- relay ----------------------------------------------------------------------------------- */

int cmd_relay_script(struct cli *c)
{
    char path[PATH_MAX_BYTES];
    const struct call call = {.method = "GET", .path = path};
    const struct json *parts;
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/write/script/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    parts = json_member(r.data, "parts");
    for (size_t i = 0; i < json_length(parts); i++) {
        const char *part = json_text(json_at(parts, i));

        puts(part ? part : "");
    }
    return EXIT_DONE;
}

/* The answer as hexadecimal digits from --file or standard input; blanks and line ends fall out. */
static bool read_packet(struct cli *c, char out[PACKET_TEXT_MAX])
{
    const char *file = cli_option(c, OPT_FILE);
    struct bytes text;
    size_t n = 0;

    if (!cli_read_file(c, file ? file : "-", PACKET_TEXT_MAX - 1, &text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!strchr(" \t\r\n", text.p[i]))
            out[n++] = (char)text.p[i];
    }
    out[n] = '\0';
    return true;
}

int cmd_relay_report(struct cli *c)
{
    char packet[PACKET_TEXT_MAX];
    struct client_post p;
    struct reply r;
    int code;

    if (!read_packet(c, packet))
        return EXIT_USAGE;
    client_post_begin(&p, "/write/report", BODY_MAX);
    json_put_text(&p.o, "taskId", c->args.operand[0]);
    json_put_text(&p.o, "packet", packet);
    code = client_post_send(c, &p, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    printf("%s\n", json_text(json_member(r.data, "state")));
    return EXIT_DONE;
}
