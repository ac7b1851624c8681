/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/assistant.h"

#include <assert.h>
#include <signal.h>
#include <unistd.h>

#include "base/hex.h"
#include "prog/lpa/pump.h"

#define WHY_MAX 512
#define LINE_MAX 256
#define CA_FILE_MAX ((size_t)1 << 20)
#define RESOLVE_MAX 2048
#define TIMEOUT_MS 60000
#define CONNECT_MS 10000
#define NOTIFY_TRIES 2
#define TRACE_MAX ((size_t)1 << 20)

struct assistant {
    struct cli *cli;
    struct slot *slot;
    struct lpa *lpa;
    struct tls_peer *peer;
    struct httpc *http;
    const char *shown; /* the step that was told last */
};

/* ---- the user ---- */

static volatile sig_atomic_t interrupted; /* Ctrl-C */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static bool has_enough(void *ctx)
{
    (void)ctx;
    return interrupted != 0;
}

static void progress(void *ctx, const struct lpa_action *a)
{
    struct assistant *s = ctx;
    const char *text = cli_say(s->cli, a->step_zh, a->step);
    bool live = isatty(STDERR_FILENO) == 1;

    if (s->cli->json && !live)
        return;
    if (a->total > 0 && live)
        fprintf(stderr, "\r%s %zu/%zu%s", text, a->done, a->total, a->done < a->total ? "" : "\n");
    else if (!s->shown || strcmp(s->shown, a->step) != 0)
        fprintf(stderr, a->total > 0 && live ? "%s" : "%s\n", text);
    s->shown = a->step;
}

static void silent(void *ctx, const struct lpa_action *a)
{
    (void)ctx;
    (void)a;
}

static void trace(void *ctx, struct bytes command, struct bytes answer)
{
    struct buf b;

    (void)ctx;
    buf_init(&b, TRACE_MAX);
    buf_put_hex(&b, command);
    buf_put_str(&b, "\n  ");
    buf_put_hex(&b, answer);
    fprintf(stderr, "%s\n", buf_cstr(&b));
    buf_fini(&b);
}

static bool somebody_is_there(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* Without its line end; false: nothing was typed. */
static bool read_line(char *line, size_t cap)
{
    size_t n;

    fflush(stderr);
    if (!fgets(line, (int)cap, stdin))
        return false;
    n = strcspn(line, "\r\n");
    line[n] = '\0';
    return n > 0;
}

static const char *question_text(const struct cli *c, enum lpa_question_type type)
{
    switch (type) {
    case LPA_ASK_DOWNLOAD:
        return cli_say(c, "下载", "download");
    case LPA_ASK_ENABLE:
        return cli_say(c, "启用", "enable");
    case LPA_ASK_DISABLE:
        return cli_say(c, "停用", "disable");
    case LPA_ASK_DELETE:
        return cli_say(c, "删除", "delete");
    case LPA_ASK_RESET:
        return cli_say(c, "清除卡上的存储", "reset the memory of the eUICC");
    case LPA_ASK_CONFIRMATION_CODE:
        break;
    }
    return "";
}

/* What cannot be undone is asked for in so many words. */
static bool needs_yes(const struct lpa_question *q)
{
    return q->strong || q->type == LPA_ASK_DELETE || q->type == LPA_ASK_RESET;
}

static enum lpa_answer ask_consent(const struct assistant *s, const struct lpa_question *q)
{
    char mem[LINE_MAX], line[LINE_MAX] = "";
    struct buf name;
    bool strict = needs_yes(q);

    if (cli_option(s->cli, OPT_YES))
        return LPA_ANSWER_YES;
    if (!somebody_is_there()) {
        if (strict)
            cli_fail(EXIT_USAGE, "%s", cli_say(s->cli, "需用 --yes 确认", "this wants --yes"));
        return strict ? LPA_ANSWER_NONE : LPA_ANSWER_YES;
    }
    buf_init_fixed(&name, mem, sizeof mem);
    if (q->metadata)
        assistant_name_profile(q->metadata, &name);
    if (q->rules[0])
        fprintf(stderr, "%s\n", q->rules);
    fprintf(stderr, "%s%s? [%s] ", question_text(s->cli, q->type), buf_cstr(&name),
            strict ? "yes/N" : "Y/n");
    if (!read_line(line, sizeof line))
        return strict || feof(stdin) ? LPA_ANSWER_NO : LPA_ANSWER_YES;
    if (strict)
        return strcasecmp(line, "yes") == 0 ? LPA_ANSWER_YES : LPA_ANSWER_NO;
    return line[0] == 'n' || line[0] == 'N' ? LPA_ANSWER_NO : LPA_ANSWER_YES;
}

static enum lpa_answer ask_code(const struct assistant *s, const struct lpa_question *q, char *code)
{
    if (!somebody_is_there())
        return LPA_ANSWER_NONE;
    fprintf(stderr,
            "%s%s: ", q->again ? cli_say(s->cli, "确认码不正确。", "That was not it. ") : "",
            cli_say(s->cli, "确认码", "Confirmation code"));
    return read_line(code, LPA_CODE_MAX + 1) ? LPA_ANSWER_YES : LPA_ANSWER_NONE;
}

static enum lpa_answer ask(void *ctx, const struct lpa_question *q, char *code)
{
    const struct assistant *s = ctx;

    return q->type == LPA_ASK_CONFIRMATION_CODE ? ask_code(s, q, code) : ask_consent(s, q);
}

/* ---- opening ---- */

static int open_slot(struct assistant *s)
{
    const char *file = cli_option(s->cli, OPT_CARD), *reader = cli_option(s->cli, OPT_READER),
               *tty = cli_option(s->cli, OPT_AT);
    char mem[WHY_MAX];
    struct buf why;
    enum xk_err err;

    if ((file != NULL) + (reader != NULL) + (tty != NULL) > 1)
        return cli_fail(EXIT_USAGE, "--card, --reader and --at: one of them");
    buf_init_fixed(&why, mem, sizeof mem - 1);
    err = file  ? slot_open_file(file, &s->slot, &why)
          : tty ? slot_open_modem(tty, &s->slot, &why)
                : slot_open_reader(reader ? reader : "", &s->slot, &why);
    if (err == XK_OK)
        return EXIT_DONE;
    return cli_fail(EXIT_USAGE, "%.*s", (int)why.n, mem);
}

static int open_lpa(struct assistant *s)
{
    const char *imei = cli_option(s->cli, OPT_IMEI);
    struct lpa_config config = {.imei = ""};

    assert(s->slot);
    config.block = s->slot->ops->block;
    config.notify_tries = NOTIFY_TRIES;
    config.terminal_opens_channel = s->slot->ops->channels == SLOT_TERMINAL_OPENS;
    if (imei && !bytes_to_cstr(bytes_cstr(imei), config.imei, sizeof config.imei))
        config.imei[0] = '?';
    if (lpa_new(&config, &s->lpa) == XK_OK)
        return EXIT_DONE;
    return cli_fail(EXIT_USAGE, "--imei: 14 to 16 digits");
}

/* HOST[:PORT]=ADDRESS:PORT,... as libcurl has it: HOST:PORT:ADDRESS:PORT */
static bool read_resolve(const char *text, struct buf *out)
{
    while (*text) {
        size_t n = strcspn(text, ","), host = strcspn(text, "=");
        bool has_port = memchr(text, ':', host < n ? host : n) != NULL;

        if (host == 0 || host + 1 >= n)
            return false;
        buf_printf(out, "%s%.*s%s:%.*s", out->n ? "," : "", (int)host, text, has_port ? "" : ":",
                   (int)(n - host - 1), text + host + 1);
        text += n + (text[n] == ',');
    }
    return buf_ok(out) == XK_OK;
}

static int open_peer(struct assistant *s)
{
    const char *path = cli_option(s->cli, OPT_CA);
    struct bytes file;
    enum xk_err err;

    if (tls_peer_new(xk_clock_system(), &s->peer) != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_NOMEM));
    if (!path)
        return EXIT_DONE;
    if (!cli_read_file(s->cli, path, CA_FILE_MAX, &file))
        return EXIT_USAGE;
    err = tls_peer_add_cis(s->peer, file);
    if (err == XK_OK)
        return EXIT_DONE;
    return cli_fail(EXIT_USAGE, "%s: %s", path,
                    err == XK_E_VALUE || err == XK_E_FORMAT ? "no CI certificate"
                                                            : xk_err_text(err));
}

static int open_http(struct assistant *s)
{
    const char *resolve = cli_option(s->cli, OPT_RESOLVE);
    struct httpc_options options = {.peer = s->peer,
                                    .brainpool = true,
                                    .insecure = cli_option(s->cli, OPT_INSECURE) != NULL,
                                    .has_enough = has_enough,
                                    .timeout_ms = TIMEOUT_MS,
                                    .connect_ms = CONNECT_MS,
                                    .body_max = (size_t)8 << 20};
    char mem[RESOLVE_MAX];
    struct buf to;

    buf_init_fixed(&to, mem, sizeof mem);
    if (resolve && !read_resolve(resolve, &to))
        return cli_fail(EXIT_USAGE, "--resolve: HOST=ADDRESS:PORT, several with commas between");
    options.connect_to = resolve ? buf_cstr(&to) : NULL;
    if (httpc_new(&options, &s->http) == XK_OK)
        return EXIT_DONE;
    return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_NOMEM));
}

static void close_all(struct assistant *s)
{
    httpc_free(s->http);
    tls_peer_free(s->peer);
    lpa_free(s->lpa);
    slot_close(s->slot);
}

static int open_all(struct assistant *s)
{
    int code = open_slot(s);

    if (code == EXIT_DONE)
        code = open_lpa(s);
    if (code == EXIT_DONE)
        code = open_peer(s);
    if (code == EXIT_DONE)
        code = open_http(s);
    return code;
}

/* ---- running ---- */

static int exit_of(enum lpa_fault_kind kind)
{
    switch ((int)kind) {
    case LPA_FAULT_SERVER_REFUSED:
    case LPA_FAULT_NOTHING_FOUND:
        return EXIT_REFUSED;
    case LPA_FAULT_SERVER_UNREACHABLE:
    case LPA_FAULT_SERVER_CUT:
    case LPA_FAULT_SERVER_HTTP:
    case LPA_FAULT_SERVER_MALFORMED:
        return EXIT_UNREACHABLE;
    case LPA_FAULT_SERVER_TLS:
    case LPA_FAULT_ADDRESS_MISMATCH:
    case LPA_FAULT_OID_MISMATCH:
        return EXIT_AUTH;
    case LPA_FAULT_CODE_NEEDED:
    case LPA_FAULT_NO_ADDRESS:
    case LPA_FAULT_NO_PROFILE:
    case LPA_FAULT_NO_NOTIFICATION:
    case LPA_FAULT_USER_SILENT:
        return EXIT_USAGE;
    default:
        return EXIT_FAILED;
    }
}

static int run_task(struct assistant *s, const struct pump_user *user, const struct lpa_task *task,
                    const struct lpa_result **r)
{
    const struct pump pump = {.lpa = s->lpa, .slot = s->slot, .http = s->http, .user = user};
    enum xk_err err = pump_run(&pump, task, r);

    if (err != XK_OK)
        return cli_fail(err == XK_E_VALUE ? EXIT_USAGE : EXIT_FAILED, "%s", xk_err_text(err));
    if ((*r)->ok)
        return EXIT_DONE;
    assistant_print_fault(s->cli, *r);
    return exit_of((*r)->fault.kind);
}

typedef void trace_fn(void *ctx, struct bytes command, struct bytes answer);

static trace_fn *tracer(const struct cli *c)
{
    return cli_option(c, OPT_TRACE) ? trace : NULL;
}

static bool meets_servers(enum lpa_task_type type)
{
    return type != LPA_TASK_CHIP && type != LPA_TASK_LIST && type != LPA_TASK_NICKNAME &&
           type != LPA_TASK_SHOW_NOTIFICATIONS && type != LPA_TASK_REMOVE_NOTIFICATION &&
           type != LPA_TASK_DEFAULT_ADDRESS;
}

/* The CIs whose keys are in the eUICC are those its servers may come from. */
static int trust_what_the_card_trusts(struct assistant *s)
{
    const struct pump_user nobody = {.progress = silent,
                                     .ask = ask,
                                     .has_enough = has_enough,
                                     .trace = tracer(s->cli),
                                     .ctx = s};
    const struct lpa_task task = {.type = LPA_TASK_CHIP};
    const struct rsp_key_ids *keys;
    const struct lpa_result *r;
    int code = run_task(s, &nobody, &task, &r);

    if (code != EXIT_DONE)
        return code;
    keys = &r->chip->info2.verification;
    for (size_t i = 0; i < keys->n; i++)
        if (tls_peer_trust_key(s->peer, keys->id[i]) != XK_OK)
            break;
    return EXIT_DONE;
}

int assistant_run(struct cli *c, const struct lpa_task *task, assistant_print_fn *print)
{
    const struct sigaction interrupt = {.sa_handler = on_interrupt,
                                        .sa_flags = (int)SA_RESETHAND}; /* the second one ends us */
    struct assistant s = {.cli = c};
    const struct pump_user user = {.progress = meets_servers(task->type) ? progress : silent,
                                   .ask = ask,
                                   .has_enough = has_enough,
                                   .trace = tracer(c),
                                   .ctx = &s};
    const struct lpa_result *r;
    int code = open_all(&s);

    sigaction(SIGINT, &interrupt, NULL);
    if (code == EXIT_DONE && meets_servers(task->type))
        code = trust_what_the_card_trusts(&s);
    if (code == EXIT_DONE)
        code = run_task(&s, &user, task, &r);
    if (code == EXIT_DONE)
        code = print(c, r);
    close_all(&s);
    return code;
}
