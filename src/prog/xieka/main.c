/* SPDX-License-Identifier: Apache-2.0 */
/* xieka: the operator's command line. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "prog/xieka/client.h"

#define WHY_MAX 1024
#define HELP_MAX 16384
#define CHUNK ((size_t)65536)
#define ARENA_MAX ((size_t)256 << 20)

static const struct command commands[] = {
#define O(id) OPTION_BIT(OPT_##id)
#define METADATA                                                                                   \
    O(NAME) | O(SPN) | O(CLASS) | O(ICON) | O(PPR) | O(MCC_MNC) | O(GID1) | O(GID2) | O(NOTIFY)
#define COMMAND(group, verb, operands, min, max, options, run, zh, en)                             \
    {group, verb, operands, min, max, options, run, zh, en},
#include "prog/xieka/commands.def"
#undef COMMAND
#undef METADATA
#undef O
};

const char *cli_say(const struct cli *c, const char *zh, const char *en)
{
    return c->lang == LANG_ZH ? zh : en;
}

int cli_fail(int code, const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("xieka: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

const char *cli_option(const struct cli *c, enum option_id id)
{
    return c->args.value[id];
}

bool cli_need(const struct cli *c, enum option_id id, const char *name)
{
    if (cli_option(c, id))
        return true;
    cli_fail(EXIT_USAGE, "%s %s: --%s %s", c->args.command->group, c->args.command->verb, name,
             cli_say(c, "必须给出", "is needed"));
    return false;
}

bool cli_number(const struct cli *c, enum option_id id, const char *name, int64_t *out)
{
    const char *text = cli_option(c, id);
    char *end;

    if (!text)
        return true;
    *out = strtoll(text, &end, 10);
    if (text[0] != '\0' && *end == '\0' && *out >= 0)
        return true;
    cli_fail(EXIT_USAGE, "--%s: %s %s", name, text, cli_say(c, "不是数字", "is no number"));
    return false;
}

/* XK_E_LIMIT: more than max; XK_E_IO: errno says why. */
static enum xk_err read_all(struct cli *c, int fd, size_t max, struct bytes *out)
{
    struct buf b;
    ssize_t n = 0;
    enum xk_err err;

    buf_init(&b, max + CHUNK);
    do {
        uint8_t *room = buf_reserve(&b, CHUNK);

        n = room ? read(fd, room, CHUNK) : 0;
        b.n += n > 0 ? (size_t)n : 0;
    } while (n > 0 && b.n <= max);
    err = n < 0 ? XK_E_IO : b.n > max ? XK_E_LIMIT : buf_ok(&b);
    *out = BYTES(arena_copy(&c->arena, buf_bytes(&b)), b.n);
    if (err == XK_OK && !out->p)
        err = XK_E_NOMEM;
    buf_fini(&b);
    return err;
}

bool cli_read_file(struct cli *c, const char *path, size_t max, struct bytes *out)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum xk_err err = fd < 0 ? XK_E_IO : read_all(c, fd, max, out);

    if (err != XK_OK)
        cli_fail(EXIT_USAGE, "%s: %s", path, err == XK_E_IO ? strerror(errno) : xk_err_text(err));
    if (fd > STDIN_FILENO)
        close(fd);
    return err == XK_OK;
}

int cli_print_json(const struct json *v)
{
    struct json_out o;
    struct buf b;
    int code;

    buf_init(&b, (size_t)128 << 20);
    json_out_init(&o, &b);
    json_put_value(&o, NULL, v);
    buf_put_u8(&b, '\n');
    code = buf_ok(&b) == XK_OK && fwrite(b.p, 1, b.n, stdout) == b.n ? EXIT_DONE : EXIT_FAILED;
    buf_fini(&b);
    return code;
}

static int print_help(const struct cli *c)
{
    struct buf b;

    buf_init(&b, HELP_MAX);
    args_help(commands, ARRAY_LEN(commands), c->args.command, c->lang, &b);
    fputs(buf_cstr(&b), stdout);
    buf_fini(&b);
    return EXIT_DONE;
}

static const char *locale_name(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && value[0])
            return value;
    }
    return NULL;
}

/* libsmartcols measures text by the locale; Chinese needs one that is UTF-8. */
static void set_locale(struct cli *c)
{
    setlocale(LC_CTYPE, "");
    c->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!c->utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    c->lang = args_language(cli_option(c, OPT_LANG), locale_name());
}

static int open_profile(struct cli *c)
{
    char mem[WHY_MAX];
    struct buf why;

    buf_init_fixed(&why, mem, sizeof mem);
    if (profile_open(&c->args, &c->profile, &why) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s", buf_cstr(&why));
    if (c->profile.lang[0])
        c->lang = args_language(c->profile.lang, NULL);
    return EXIT_DONE;
}

static int run(struct cli *c)
{
    int code = open_profile(c);

    if (code != EXIT_DONE)
        return code;
    c->json = cli_option(c, OPT_JSON) != NULL;
    c->tty = isatty(c->json ? STDERR_FILENO : STDOUT_FILENO) == 1;
    arena_init(&c->arena, ARENA_MAX);
    code = c->args.command->run(c);
    client_free(c->client);
    arena_fini(&c->arena);
    if (fflush(stdout) != 0 && code == EXIT_DONE)
        code = cli_fail(EXIT_FAILED, "%s", strerror(errno));
    return code;
}

int main(int argc, char **argv)
{
    struct cli c = {.json = false};
    char mem[WHY_MAX];
    struct buf why;

    buf_init_fixed(&why, mem, sizeof mem);
    signal(SIGPIPE, SIG_IGN);
    if (args_read(commands, ARRAY_LEN(commands), argc, argv, &c.args, &why) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s", buf_cstr(&why));
    set_locale(&c);
    if (cli_option(&c, OPT_HELP))
        return print_help(&c);
    if (cli_option(&c, OPT_VERSION)) {
        printf("xieka %s\n", XIEKA_VERSION);
        return EXIT_DONE;
    }
    return run(&c);
}
