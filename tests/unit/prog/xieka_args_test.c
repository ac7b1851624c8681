/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/args.h"

#include "xt.h"

#define O(id) OPTION_BIT(OPT_##id)

static const struct command commands[] = {
    {"status", NULL, "", 0, 0, 0, NULL, "状态", "status"},
    {"task", "show", "ID", 1, 1, O(EVENTS), NULL, "任务", "a task"},
    {"task", "list", "", 0, 0, O(BATCH) | O(LIMIT), NULL, "列表", "tasks"},
    {"write", NULL, "[CID...]", 0, 3, O(POOL) | O(WAIT) | O(FILE), NULL, "写卡", "write"},
};

#define WORDS_MAX 8

static enum xk_err read_words(const char *const *words, struct args *a, struct buf *why)
{
    char *argv[WORDS_MAX + 2] = {(char[]){"xieka"}};
    static char copies[WORDS_MAX][64];
    int argc = 1;

    for (size_t i = 0; i < WORDS_MAX && words[i]; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", words[i]);
        argv[argc++] = copies[i];
    }
    return args_read(commands, ARRAY_LEN(commands), argc, argv, a, why);
}

TEST(refusals_name_what_is_wrong)
{
    static const struct {
        const char *words[WORDS_MAX], *why;
    } rows[] = {
        {{NULL}, "no command; xieka --help lists them"},
        {{"fly"}, "unknown command fly; xieka --help lists them"},
        {{"task"}, "task: what? there are show, list"},
        {{"task", "fly"}, "task: unknown: fly; there are show, list"},
        {{"task", "show"}, "task show wants ID"},
        {{"task", "show", "1", "2"}, "task show takes at most 1 arguments"},
        {{"status", "now"}, "status takes no argument: now"},
        {{"status", "--pool", "p"}, "status does not take --pool"},
        {{"status", "--fly"}, "unknown option --fly"},
        {{"status", "--js"}, "unknown option --js"},
        {{"status", "-x"}, "unknown option -x"},
        {{"status", "--json=1"}, "--json takes no value"},
        {{"write", "1", "--pool"}, "--pool wants a value: ID"},
        {{"write", "--pool", "a", "--pool=b"}, "--pool is given twice"},
        {{"write", "1", "2", "3", "4"}, "write takes at most 3 arguments"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char mem[256];
        struct args a;
        struct buf why;

        buf_init_fixed(&why, mem, sizeof mem);
        CHECK_INT(read_words(rows[i].words, &a, &why), XK_E_VALUE);
        CHECK_STR(buf_cstr(&why), rows[i].why);
    }
}

TEST(options_stand_anywhere)
{
    static const char *const rows[][WORDS_MAX] = {
        {"write", "A", "B", "--pool", "p", "--wait"},
        {"--pool=p", "write", "A", "--wait", "B"},
        {"write", "--wait", "--pool", "p", "--", "A", "B"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char mem[256];
        struct args a;
        struct buf why;

        buf_init_fixed(&why, mem, sizeof mem);
        CHECK_OK(read_words(rows[i], &a, &why));
        CHECK_STR(a.command->group, "write");
        CHECK_STR(a.value[OPT_POOL], "p");
        CHECK(a.value[OPT_WAIT] && !a.value[OPT_FILE]);
        REQUIRE(a.n == 2);
        CHECK_STR(a.operand[0], "A");
        CHECK_STR(a.operand[1], "B");
    }
}

TEST(words_behind_two_dashes_are_words)
{
    static const char *const words[WORDS_MAX] = {"write", "--", "--pool", "-"};
    char mem[256];
    struct args a;
    struct buf why;

    buf_init_fixed(&why, mem, sizeof mem);
    CHECK_OK(read_words(words, &a, &why));
    REQUIRE(a.n == 2);
    CHECK_STR(a.operand[0], "--pool");
    CHECK_STR(a.operand[1], "-");
}

TEST(help_needs_nothing_else)
{
    static const char *const alone[WORDS_MAX] = {"--help"};
    static const char *const with[WORDS_MAX] = {"task", "show", "-h"};
    char mem[256];
    struct args a;
    struct buf why;

    buf_init_fixed(&why, mem, sizeof mem);
    CHECK_OK(read_words(alone, &a, &why));
    CHECK(a.value[OPT_HELP] && !a.command);
    CHECK_OK(read_words(with, &a, &why));
    REQUIRE(a.value[OPT_HELP] && a.command);
    CHECK_STR(a.command->verb, "show");
}

TEST(help_of_a_command_lists_its_own_options)
{
    struct buf out;

    buf_init(&out, 16384);
    args_help(commands, ARRAY_LEN(commands), &commands[1], LANG_EN, &out);
    CHECK(strstr(buf_cstr(&out), "usage: xieka task show ID [options]"));
    CHECK(strstr(buf_cstr(&out), "--events"));
    CHECK(strstr(buf_cstr(&out), "--json"));
    CHECK(!strstr(buf_cstr(&out), "--pool"));
    buf_reset(&out);
    args_help(commands, ARRAY_LEN(commands), NULL, LANG_ZH, &out);
    CHECK_OK(buf_ok(&out));
    CHECK(strstr(buf_cstr(&out), "用法: xieka 命令"));
    CHECK(strstr(buf_cstr(&out), "--first-iccid"));
    buf_fini(&out);
}

TEST(language)
{
    CHECK_INT(args_language(NULL, "zh_CN.UTF-8"), LANG_ZH);
    CHECK_INT(args_language(NULL, "C"), LANG_EN);
    CHECK_INT(args_language(NULL, NULL), LANG_EN);
    CHECK_INT(args_language("en", "zh_CN.UTF-8"), LANG_EN);
    CHECK_INT(args_language("zh", "C"), LANG_ZH);
}

TESTS_MAIN(XT_CASE(refusals_name_what_is_wrong), XT_CASE(options_stand_anywhere),
           XT_CASE(words_behind_two_dashes_are_words), XT_CASE(help_needs_nothing_else),
           XT_CASE(help_of_a_command_lists_its_own_options), XT_CASE(language))
