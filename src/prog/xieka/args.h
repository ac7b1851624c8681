/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as read by the tables commands.def and options.def: nothing is opened and
 * nothing is asked. */
#ifndef PROG_XIEKA_ARGS_H
#define PROG_XIEKA_ARGS_H

#include "base/buf.h"

#define ARGS_OPERANDS_MAX 100

enum option_id {
#define OPTION(id, name, value, zh, en) OPT_##id,
#include "prog/xieka/options.def"
#undef OPTION
    OPTIONS
};

enum language { LANG_EN, LANG_ZH };

/* A bit by enum option_id. */
__extension__ typedef unsigned __int128 option_set;
#define OPTION_BIT(id) ((option_set)1 << (id))

struct cli;
struct command {
    const char *group, *verb; /* verb NULL: the group is the command */
    const char *operands;     /* as in the help */
    size_t min, max;
    option_set options; /* the general ones are always allowed */
    int (*run)(struct cli *c);
    const char *zh, *en;
};

struct args {
    const struct command *command; /* NULL: none was named */
    const char *value[OPTIONS];    /* NULL: not given; "" for those without a value */
    const char *operand[ARGS_OPERANDS_MAX];
    size_t n;
};

/* XK_E_VALUE with a sentence in why. With --help or --version nothing else needs to be there. */
enum xk_err args_read(const struct command *commands, size_t n, int argc, char **argv,
                      struct args *out, struct buf *why) XK_MUST_CHECK;
/* The help of the program (command NULL) or of one command. */
void args_help(const struct command *commands, size_t n, const struct command *command,
               enum language lang, struct buf *out);
/* --lang, else LC_ALL, LC_MESSAGES, LANG: Chinese when it begins with zh. */
enum language args_language(const char *option, const char *locale);

#endif
