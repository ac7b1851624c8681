/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of profiles, stock made of them, and the codes of one profile. */
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define PATH_LEN 512
#define BODY_LEN 512
#define LONG_MS 60000
#define LIST_MAX ((size_t)1 << 30)
#define AT_ONCE 100 /* profiles in a call: as many as the platform takes */

int cmd_dp_template(struct cli *c)
{
    struct reply r = {0};
    int code = package_post(c, "/dp/template", c->args.operand[0], c->args.operand[1], &r);

    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    printf("%s:", reply_text(r.data, "templateId"));
    for (size_t i = 0; i < json_length(json_member(r.data, "positions")); i++)
        printf(" %s", json_text(json_at(json_member(r.data, "positions"), i)));
    putchar('\n');
    return EXIT_DONE;
}

int cmd_dp_templates(struct cli *c)
{
    const struct call call = {.method = "GET", .path = "/dp/template"};
    const struct json *templates;
    struct reply r;
    int code = client_call(c, &call, &r);

    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    templates = json_member(r.data, "templates");
    for (size_t i = 0; i < json_length(templates); i++) {
        const struct json *t = json_at(templates, i);

        printf("%-20s  %-12s  %-12s  %s\n", reply_text(t, "templateId"),
               reply_text(t, "profileType"), reply_text(t, "owner"), reply_text(t, "smdpAddress"));
    }
    return EXIT_DONE;
}

static int prepare_some(struct cli *c, int64_t count, struct reply *r)
{
    static const struct client_param params[] = {{"poolId", OPT_POOL}, {"msisdn", OPT_TARGET}};
    struct client_post p;

    client_post_begin(&p, "/dp/prepare", BODY_LEN);
    p.call.timeout_ms = LONG_MS;
    json_put_text(&p.o, "templateId", c->args.operand[0]);
    client_put_options(&p.o, c, params, ARRAY_LEN(params));
    json_put_int(&p.o, "count", count);
    return client_post_send(c, &p, r);
}

static void show_prepared(struct cli *c, const struct json *profiles, struct json_out *list)
{
    for (size_t i = 0; i < json_length(profiles); i++) {
        const struct json *p = json_at(profiles, i);

        if (c->json)
            json_put_value(list, NULL, p);
        else
            printf("%s  %s  %s\n", reply_text(p, "iccid"), reply_text(p, "imsi"),
                   reply_text(p, "msisdn"));
    }
}

/* In calls of as many as the platform takes: each is all or nothing, and what is shown is in
 * stock. */
static int prepare_all(struct cli *c, int64_t count, struct json_out *list)
{
    for (int64_t done = 0; done < count;) {
        int64_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        struct reply r;
        int code = prepare_some(c, some, &r);

        if (code != EXIT_DONE) {
            if (done > 0)
                fprintf(stderr, "xieka: %lld %s %lld\n", (long long)done,
                        cli_say(c, "个已入库,共需", "are in stock, of"), (long long)count);
            return code;
        }
        show_prepared(c, json_member(r.data, "profiles"), list);
        done += some;
    }
    return EXIT_DONE;
}

int cmd_dp_prepare(struct cli *c)
{
    int64_t count = 1;
    struct json_out list;
    struct buf text;
    int code;

    if (!cli_option(c, OPT_POOL))
        return cli_fail(EXIT_USAGE, "--pool is needed: where the numbers come from");
    if (!cli_number(c, OPT_COUNT, "count", &count))
        return EXIT_USAGE;
    buf_init(&text, LIST_MAX);
    json_out_init(&list, &text);
    json_open_object(&list, NULL);
    json_open_array(&list, "profiles");
    code = prepare_all(c, count, &list);
    json_close_array(&list);
    json_close_object(&list);
    if (c->json && buf_ok(&text) != XK_OK)
        code = cli_fail(EXIT_FAILED, "out of memory for the list");
    else if (c->json)
        puts(buf_cstr(&text));
    buf_fini(&text);
    return code;
}

int cmd_dp_codes(struct cli *c)
{
    static const char *const names[] = {"pin1", "pin2", "puk1", "puk2"};
    char path[PATH_LEN];
    const struct call call = {.method = "GET", .path = path};
    const struct json *keys, *adm;
    struct reply r;
    int code;

    if (!client_path(path, sizeof path, "/dp/codes/", c->args.operand[0]))
        return EXIT_USAGE;
    code = client_call(c, &call, &r);
    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (reply_text(r.data, names[i])[0])
            printf("%-6s  %s\n", names[i], reply_text(r.data, names[i]));
    }
    adm = json_member(r.data, "adm");
    for (int i = 1; i <= 10; i++) {
        char name[8];

        snprintf(name, sizeof name, "adm%d", i);
        if (reply_text(adm, name)[0])
            printf("%-6s  %s\n", name, reply_text(adm, name));
    }
    keys = json_member(r.data, "keys");
    for (size_t i = 0; i < json_length(keys); i++) {
        const struct json *k = json_at(keys, i);

        printf("key %02llX:%02llX  %s\n",
               (unsigned long long)json_integer(json_member(k, "version"), 0),
               (unsigned long long)json_integer(json_member(k, "identifier"), 0),
               reply_text(k, "key"));
    }
    return EXIT_DONE;
}
