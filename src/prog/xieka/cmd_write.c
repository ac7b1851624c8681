/* SPDX-License-Identifier: Apache-2.0 */
/* write: one card, some cards, a file of cards. */
#include "base/clock.h"
#include "base/hex.h"
#include "codec/rsp/eid.h"
#include "crypto/random.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define QUERY_MAX 2048
#define BODY_MAX ((size_t)256 << 10)
#define FILE_MAX ((size_t)64 << 20)
#define FILE_MS 300000

static const char *text_of(const struct json *object, const char *name)
{
    const char *text = json_text(json_member(object, name));

    return text ? text : "";
}

/* "cli-20 hexadecimal digits": time and chance. */
static void make_order_no(size_t i, char out[48])
{
    uint8_t raw[4];
    char tail[HEX_LEN(sizeof raw)];

    xk_rand_fill(random_openssl(), raw, sizeof raw);
    hex_encode_lower(BYTES_OF(raw), tail);
    snprintf(out, 48, "cli-%llx-%s-%zu", (unsigned long long)xk_now(xk_clock_system()), tail, i);
}

/* The members of a wish; inside an open object. */
static void put_wish(struct json_out *o, const struct cli *c, size_t i)
{
    static const struct client_param params[] = {
        {"poolId", OPT_POOL},         {"mode", OPT_MODE},       {"targetMsisdn", OPT_TARGET},
        {"templateId", OPT_TEMPLATE}, {"channel", OPT_CHANNEL}, {"callbackUrl", OPT_CALLBACK}};
    char order_no[48];

    make_order_no(i, order_no);
    json_put_text(o, "orderNo",
                  cli_option(c, OPT_ORDER_NO) ? cli_option(c, OPT_ORDER_NO) : order_no);
    json_put_text(o, strlen(c->args.operand[i]) == EID_DIGITS ? "eid" : "cid", c->args.operand[i]);
    client_put_options(o, c, params, ARRAY_LEN(params));
}

static int write_one(struct cli *c)
{
    struct client_post p;
    struct reply r;
    char id[32];
    int code;

    client_post_begin(&p, "/write/apply", BODY_MAX);
    put_wish(&p.o, c, 0);
    code = client_post_send(c, &p, &r);
    if (code != EXIT_DONE)
        return code;
    snprintf(id, sizeof id, "%s", text_of(r.data, "taskId"));
    if (cli_option(c, OPT_WAIT))
        return task_watch(c, id);
    if (c->json)
        return cli_print_json(r.data);
    printf("%s %s\n", cli_say(c, "已受理,任务", "taken, task"), id);
    return EXIT_DONE;
}

/* Those of the items that were not taken; gives how many. */
static size_t print_refused(struct cli *c, const struct json *items)
{
    static const struct column columns[] = {
        {"卡号", "cid", false}, {"代码", "code", true}, {"原因", "reason", false}};
    static const char *const names[] = {"cid", "code", "resultMsg"};
    struct table *t = c->json ? NULL : table_new(c, columns, ARRAY_LEN(columns));
    size_t refused = 0;

    for (size_t i = 0; i < json_length(items); i++) {
        if (strcmp(text_of(json_at(items, i), "code"), "0") == 0)
            continue;
        refused++;
        table_row_of(t, json_at(items, i), names, ARRAY_LEN(names));
    }
    if (!c->json)
        table_end(t);
    return refused;
}

/* What was taken is said, or watched to its end. */
static int after_batch(struct cli *c, const char *id, bool wait)
{
    if (!c->json || !wait)
        fprintf(c->json ? stderr : stdout, "%s %s\n", cli_say(c, "已受理,批次", "taken, batch"),
                id);
    return wait ? batch_watch(c, id) : EXIT_DONE;
}

static int write_some(struct cli *c)
{
    bool wait = cli_option(c, OPT_WAIT) != NULL;
    struct client_post p;
    struct reply r;
    size_t refused;
    char id[40];
    int code;

    client_post_begin(&p, "/write/apply/batch", BODY_MAX);
    json_open_array(&p.o, "items");
    for (size_t i = 0; i < c->args.n; i++) {
        json_open_object(&p.o, NULL);
        put_wish(&p.o, c, i);
        json_close_object(&p.o);
    }
    json_close_array(&p.o);
    code = client_post_send(c, &p, &r);
    if (code != EXIT_DONE)
        return code;
    snprintf(id, sizeof id, "%s", text_of(r.data, "batchId"));
    refused = print_refused(c, json_member(r.data, "items"));
    if (c->json && !wait)
        cli_print_json(r.data);
    code = after_batch(c, id, wait);
    return code == EXIT_DONE && refused > 0 ? EXIT_REFUSED : code;
}

static int write_file(struct cli *c)
{
    struct call call = {.method = "POST",
                        .path = "/write/apply/batch",
                        .headers = {"Content-Type: text/csv"},
                        .timeout_ms = FILE_MS};
    bool wait = !cli_option(c, OPT_NO_WAIT);
    struct reply r;
    char mem[QUERY_MAX];
    struct buf query;
    char id[40];
    int code;

    if (!cli_option(c, OPT_POOL))
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "write --file 需要 --pool", "write --file wants --pool"));
    if (!cli_read_file(c, cli_option(c, OPT_FILE), FILE_MAX, &call.body))
        return EXIT_USAGE;
    buf_init_fixed(&query, mem, sizeof mem);
    query_add(&query, "poolId", cli_option(c, OPT_POOL));
    query_add(&query, "templateId", cli_option(c, OPT_TEMPLATE));
    query_add(&query, "mode", cli_option(c, OPT_MODE));
    query_add(&query, "callbackUrl", cli_option(c, OPT_CALLBACK));
    call.query = buf_cstr(&query);
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE)
        return code;
    snprintf(id, sizeof id, "%s", text_of(r.data, "batchId"));
    if (c->json && !wait)
        cli_print_json(r.data);
    return after_batch(c, id, wait);
}

/* Options that cannot go together would be passed over silently. */
static const char *contradiction(const struct cli *c)
{
    if (!cli_option(c, OPT_FILE) && c->args.n == 0)
        return cli_say(c, "write 需要卡号或 --file", "write wants CIDs or --file");
    if (cli_option(c, OPT_FILE) && c->args.n > 0)
        return cli_say(c, "卡号与 --file 只能二选一", "CIDs or --file, not both");
    if (cli_option(c, OPT_WAIT) && cli_option(c, OPT_NO_WAIT))
        return cli_say(c, "--wait 与 --no-wait 矛盾", "--wait or --no-wait, not both");
    if ((cli_option(c, OPT_TARGET) || cli_option(c, OPT_ORDER_NO)) && c->args.n != 1)
        return cli_say(c, "--target 与 --order-no 只用于一张卡",
                       "--target and --order-no are for one card");
    if (cli_option(c, OPT_CHANNEL) && cli_option(c, OPT_FILE))
        return cli_say(c, "--channel 不能与 --file 同用", "--channel does not go with --file");
    return NULL;
}

int cmd_write(struct cli *c)
{
    const char *wrong = contradiction(c);

    if (wrong)
        return cli_fail(EXIT_USAGE, "%s", wrong);
    if (cli_option(c, OPT_FILE))
        return write_file(c);
    return c->args.n == 1 ? write_one(c) : write_some(c);
}
