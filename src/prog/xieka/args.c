/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/args.h"

#include "prog/xieka/width.h"

#define WORDS_MAX (ARGS_OPERANDS_MAX + 2)
#define COMMAND_COLUMNS 24
#define OPTION_COLUMNS 29

static const struct option_row {
    const char *name, *value, *zh, *en;
} rows[] = {
#define OPTION(id, name, value, zh, en) {name, value, zh, en},
#include "prog/xieka/options.def"
#undef OPTION
};
_Static_assert(ARRAY_LEN(rows) == OPTIONS && OPTIONS <= 128, "one bit an option");

#define GENERAL_LAST OPT_VERSION /* the first rows of options.def go with every command */

static bool is_general(size_t id)
{
    return id <= GENERAL_LAST;
}

static bool is_allowed(const struct command *command, size_t id)
{
    return is_general(id) || (command && command->options & OPTION_BIT(id));
}

static enum xk_err find_option(const char *text, size_t len, size_t *id, struct buf *why)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, text, len) == 0) {
            *id = i;
            return XK_OK;
        }
    }
    buf_printf(why, "unknown option --%.*s", (int)len, text);
    return XK_E_VALUE;
}

/* --name, --name=value or --name value; *at is moved past what was taken. */
static enum xk_err take_option(int argc, char **argv, int *at, struct args *out, struct buf *why)
{
    const char *text = argv[*at] + 2;
    size_t len = strcspn(text, "=");
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    size_t id;

    TRY(find_option(text, len, &id, why));
    if (!rows[id].value && value) {
        buf_printf(why, "--%s takes no value", rows[id].name);
        return XK_E_VALUE;
    }
    if (rows[id].value && !value && ++*at < argc)
        value = argv[*at];
    if (rows[id].value && !value) {
        buf_printf(why, "--%s wants a value: %s", rows[id].name, rows[id].value);
        return XK_E_VALUE;
    }
    if (out->value[id]) {
        buf_printf(why, "--%s is given twice", rows[id].name);
        return XK_E_VALUE;
    }
    out->value[id] = value ? value : "";
    return XK_OK;
}

struct words {
    const char *word[WORDS_MAX];
    size_t n;
};

static enum xk_err split(int argc, char **argv, struct words *words, struct args *out,
                         struct buf *why)
{
    bool only_words = false;

    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strcmp(argv[i], "-h") == 0) {
            out->value[OPT_HELP] = "";
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            TRY(take_option(argc, argv, &i, out, why));
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            buf_printf(why, "unknown option %s", argv[i]);
            return XK_E_VALUE;
        } else if (words->n == WORDS_MAX) {
            buf_printf(why, "more than %d arguments; write --file takes a file of them",
                       ARGS_OPERANDS_MAX);
            return XK_E_VALUE;
        } else {
            words->word[words->n++] = argv[i];
        }
    }
    return XK_OK;
}

static enum xk_err unknown_verb(const struct command *commands, size_t n, const struct words *words,
                                struct buf *why)
{
    const char *between = "";

    if (words->n > 1)
        buf_printf(why, "%s: unknown: %s; there are ", words->word[0], words->word[1]);
    else
        buf_printf(why, "%s: what? there are ", words->word[0]);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(commands[i].group, words->word[0]) == 0) {
            buf_printf(why, "%s%s", between, commands[i].verb);
            between = ", ";
        }
    }
    return XK_E_VALUE;
}

/* *used: how many words name the command. */
static enum xk_err find_command(const struct command *commands, size_t n, const struct words *words,
                                const struct command **out, size_t *used, struct buf *why)
{
    bool group = false;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(commands[i].group, words->word[0]) != 0)
            continue;
        group = true;
        if (commands[i].verb && (words->n < 2 || strcmp(commands[i].verb, words->word[1]) != 0))
            continue;
        *out = &commands[i];
        *used = commands[i].verb ? 2 : 1;
        return XK_OK;
    }
    if (group)
        return unknown_verb(commands, n, words, why);
    buf_printf(why, "unknown command %s; xieka --help lists them", words->word[0]);
    return XK_E_VALUE;
}

static void put_name(const struct command *command, struct buf *out)
{
    buf_printf(out, "%s%s%s", command->group, command->verb ? " " : "",
               command->verb ? command->verb : "");
}

static enum xk_err check_options(const struct args *a, struct buf *why)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (!a->value[i] || is_allowed(a->command, i))
            continue;
        put_name(a->command, why);
        buf_printf(why, " does not take --%s", rows[i].name);
        return XK_E_VALUE;
    }
    return XK_OK;
}

static enum xk_err check_operands(const struct args *a, struct buf *why)
{
    if (a->n >= a->command->min && a->n <= a->command->max)
        return XK_OK;
    put_name(a->command, why);
    if (a->command->max == 0)
        buf_printf(why, " takes no argument: %s", a->operand[0]);
    else if (a->n < a->command->min)
        buf_printf(why, " wants %s", a->command->operands);
    else
        buf_printf(why, " takes at most %zu arguments", a->command->max);
    return XK_E_VALUE;
}

enum xk_err args_read(const struct command *commands, size_t n, int argc, char **argv,
                      struct args *out, struct buf *why)
{
    struct words words = {.n = 0};
    size_t used = 0;

    *out = (struct args){.command = NULL};
    TRY(split(argc, argv, &words, out, why));
    if (words.n > 0 && (!out->value[OPT_HELP] || strcmp(words.word[0], "help") != 0))
        TRY(find_command(commands, n, &words, &out->command, &used, why));
    if (out->value[OPT_HELP] || out->value[OPT_VERSION])
        return XK_OK;
    if (!out->command) {
        buf_put_str(why, "no command; xieka --help lists them");
        return XK_E_VALUE;
    }
    for (size_t i = used; i < words.n && out->n < ARGS_OPERANDS_MAX; i++)
        out->operand[out->n++] = words.word[i];
    TRY(check_options(out, why));
    return check_operands(out, why);
}

/* ---- help ------------------------------------------------------------------------------------ */

static void put_line(struct buf *out, struct buf *left, size_t columns, const char *right)
{
    const char *text = buf_cstr(left);

    buf_put_str(out, "  ");
    buf_put_str(out, text);
    width_pad(out, text, columns);
    buf_printf(out, " %s\n", right);
    buf_reset(left);
}

static void put_option(size_t id, enum language lang, struct buf *out)
{
    char mem[64];
    struct buf left;

    buf_init_fixed(&left, mem, sizeof mem);
    buf_printf(&left, "--%s%s%s", rows[id].name, rows[id].value ? " " : "",
               rows[id].value ? rows[id].value : "");
    put_line(out, &left, OPTION_COLUMNS, lang == LANG_ZH ? rows[id].zh : rows[id].en);
}

static void put_options(const struct command *command, bool general, enum language lang,
                        struct buf *out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (is_general(i) == general && (!command || is_allowed(command, i)))
            put_option(i, lang, out);
    }
}

static void put_commands(const struct command *commands, size_t n, enum language lang,
                         struct buf *out)
{
    char mem[64];
    struct buf left;

    buf_init_fixed(&left, mem, sizeof mem);
    for (size_t i = 0; i < n; i++) {
        put_name(&commands[i], &left);
        buf_printf(&left, "%s%s", commands[i].operands[0] ? " " : "", commands[i].operands);
        put_line(out, &left, COMMAND_COLUMNS, lang == LANG_ZH ? commands[i].zh : commands[i].en);
    }
}

static void command_help(const struct command *command, enum language lang, struct buf *out)
{
    bool zh = lang == LANG_ZH;

    buf_put_str(out, zh ? "用法: xieka " : "usage: xieka ");
    put_name(command, out);
    buf_printf(out, "%s%s%s\n\n  %s\n", command->operands[0] ? " " : "", command->operands,
               zh ? " [选项]" : " [options]", zh ? command->zh : command->en);
    if (command->options) {
        buf_put_str(out, "\n");
        put_options(command, false, lang, out);
    }
    buf_put_str(out, zh ? "\n通用选项:\n" : "\nwith every command:\n");
    put_options(command, true, lang, out);
}

void args_help(const struct command *commands, size_t n, const struct command *command,
               enum language lang, struct buf *out)
{
    bool zh = lang == LANG_ZH;

    if (command) {
        command_help(command, lang, out);
        return;
    }
    buf_put_str(out, zh ? "用法: xieka 命令 [参数] [选项]\n\n命令:\n"
                        : "usage: xieka COMMAND [ARGUMENTS] [OPTIONS]\n\ncommands:\n");
    put_commands(commands, n, lang, out);
    buf_put_str(out, zh ? "\n通用选项:\n" : "\noptions of every command:\n");
    put_options(NULL, true, lang, out);
    buf_put_str(out, zh ? "\n各命令的选项(xieka 命令 --help 只列出该命令的):\n"
                        : "\noptions of some (xieka COMMAND --help lists its own):\n");
    put_options(NULL, false, lang, out);
    buf_put_str(out,
                zh ? "\n退出码: 0 成功 1 写卡失败 2 用法错误 3 平台拒绝 4 连不上平台 5 鉴权失败\n"
                   : "\nexit status: 0 done, 1 a write failed, 2 usage, 3 refused by the "
                     "platform,\n4 platform out of reach, 5 authentication\n");
}

enum language args_language(const char *option, const char *locale)
{
    const char *name = option ? option : locale ? locale : "";

    return strncmp(name, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
}
