/* SPDX-License-Identifier: Apache-2.0 */
/* login, logout, status. */
#include <termios.h>
#include <unistd.h>

#include "model/task.h"
#include "prog/xieka/client.h"
#include "prog/xieka/table.h"

#define LINE_MAX_BYTES 80

static bool read_line(char *out, size_t cap)
{
    bool got = fgets(out, (int)cap, stdin) != NULL;

    if (got)
        out[strcspn(out, "\r\n")] = '\0';
    return got && out[0] != '\0';
}

/* Without an echo; from a pipe as it comes. */
static bool ask_secret(struct cli *c, char *out, size_t cap)
{
    struct termios was, now;
    bool terminal = tcgetattr(STDIN_FILENO, &was) == 0;
    bool got;

    if (!terminal)
        return read_line(out, cap);
    now = was;
    now.c_lflag &= (tcflag_t)~ECHO;
    fprintf(stderr, "%s %s: ", c->profile.app, cli_say(c, "的密钥", "secret"));
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
    got = read_line(out, cap);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    fputc('\n', stderr);
    return got;
}

/* The secret is asked for and kept beside the profile when no file was named. */
static int take_secret(struct cli *c)
{
    struct profile *p = &c->profile;
    char line[LINE_MAX_BYTES];
    char mem[PROFILE_PATH_MAX + 128];
    struct buf why;
    enum xk_err err;

    if (p->secret_file[0])
        return EXIT_DONE;
    if (snprintf(p->secret_file, sizeof p->secret_file, "%s.secret", p->path) >=
        (int)sizeof p->secret_file)
        return cli_fail(EXIT_USAGE, "%s: %s", p->path, xk_err_text(XK_E_LIMIT));
    if (!ask_secret(c, line, sizeof line))
        return cli_fail(EXIT_USAGE, "%s", cli_say(c, "没有密钥", "no secret was given"));
    buf_init_fixed(&why, mem, sizeof mem);
    err = profile_write_secret(p->secret_file, bytes_cstr(line), &why);
    explicit_bzero(line, sizeof line);
    return err == XK_OK ? EXIT_DONE : cli_fail(EXIT_FAILED, "%s", buf_cstr(&why));
}

int cmd_login(struct cli *c)
{
    char mem[PROFILE_PATH_MAX + 128];
    struct buf why;
    int code;

    if (c->profile.url[0] == '\0' || c->profile.app[0] == '\0')
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "login 需要 --url 与 --app", "login wants --url and --app"));
    code = take_secret(c);
    if (code == EXIT_DONE)
        code = client_sign_in(c);
    if (code != EXIT_DONE)
        return code;
    buf_init_fixed(&why, mem, sizeof mem);
    if (profile_save(&c->profile, &why) != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", buf_cstr(&why));
    if (c->json)
        puts("{}");
    else
        printf("%s %s (%s)\n", cli_say(c, "已登录", "signed in to"), c->profile.url,
               c->profile.path);
    return EXIT_DONE;
}

int cmd_logout(struct cli *c)
{
    const struct call call = {.method = "POST", .path = "/auth/revoke"};
    struct reply r;
    int code = client_call(c, &call, &r);

    profile_drop_token(&c->profile);
    if (code == EXIT_DONE && c->json)
        puts("{}");
    return code;
}

static void put_count(const struct cli *c, struct table *t, const char *zh, const char *en,
                      const struct json *v)
{
    char text[32];

    if (json_kind(v) != JSON_INT)
        return;
    snprintf(text, sizeof text, "%lld", (long long)json_integer(v, 0));
    table_fact(t, cli_say(c, zh, en), text);
}

static void put_up_time(const struct cli *c, struct table *t, int64_t ms)
{
    char text[48];
    int64_t s = ms / 1000;

    snprintf(text, sizeof text, "%lld d %02d:%02d:%02d", (long long)(s / 86400),
             (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
    table_fact(t, cli_say(c, "运行时间", "up for"), text);
}

int cmd_platform_status(struct cli *c)
{
    const struct call call = {.method = "GET", .path = "/status"};
    const struct task_state_info *states;
    const struct json *smpp;
    struct table *t;
    struct reply r;
    size_t n;
    int code = client_call(c, &call, &r);

    if (code != EXIT_DONE || c->json)
        return code == EXIT_DONE ? cli_print_json(r.data) : code;
    t = table_new_facts(c);
    smpp = json_member(r.data, "smpp");
    table_fact(t, cli_say(c, "平台", "platform"), c->profile.url);
    put_up_time(c, t, json_integer(json_member(r.data, "uptimeMs"), 0));
    table_fact(t, cli_say(c, "短信中心链路", "link to the SMSC"),
               json_text(json_member(smpp, "state")));
    put_count(c, t, "短信 已下发", "messages sent", json_member(smpp, "submitted"));
    put_count(c, t, "短信 在途", "messages outstanding", json_member(smpp, "outstanding"));
    put_count(c, t, "短信 排队", "messages queued", json_member(smpp, "queued"));
    put_count(c, t, "短信 收到", "messages received", json_member(smpp, "delivered"));
    states = task_states(&n);
    for (size_t i = 0; i < n; i++) {
        char zh[64], en[64];

        snprintf(zh, sizeof zh, "任务 %s", states[i].zh);
        snprintf(en, sizeof en, "tasks %s", states[i].en);
        put_count(c, t, zh, en, json_member(json_member(r.data, "tasks"), states[i].name));
    }
    return table_end(t);
}
