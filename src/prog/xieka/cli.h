/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. A command gives the exit code of the program. */
#ifndef PROG_XIEKA_CLI_H
#define PROG_XIEKA_CLI_H

#include "api/wire/json.h"
#include "prog/xieka/args.h"
#include "prog/xieka/profile.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,      /* a write failed, or our own trouble */
    EXIT_USAGE = 2,       /* typed wrongly; a file or option cannot be used */
    EXIT_REFUSED = 3,     /* the platform said no */
    EXIT_UNREACHABLE = 4, /* no platform there */
    EXIT_AUTH = 5,        /* it does not know us: application, secret, certificate */
};

struct client;

struct cli {
    struct args args;
    struct profile profile;
    struct client *client;
    struct arena arena;
    enum language lang;
    bool json; /* one value on standard output, nothing else */
    bool utf8; /* the terminal shows it */
    bool tty;  /* where progress goes */
};

/* The one of the two in the user's language. */
const char *cli_say(const struct cli *c, const char *zh, const char *en);
/* "xieka: ..." on standard error; gives code. */
int cli_fail(int code, const char *fmt, ...) XK_PRINTF(2, 3);
/* The value of an option; NULL when not given. */
const char *cli_option(const struct cli *c, enum option_id id);
/* What must be given although it is written like an option; false: told. */
bool cli_need(const struct cli *c, enum option_id id, const char *name);
/* An option that is a count; *out stays when it is not given. False: told why. */
bool cli_number(const struct cli *c, enum option_id id, const char *name, int64_t *out);
/* A whole file ("-": standard input) in the arena; false: told why. */
bool cli_read_file(struct cli *c, const char *path, size_t max, struct bytes *out);
/* --json: v as one line on standard output. */
int cli_print_json(const struct json *v);

/* Tasks as the platform lists them (cmd_task.c). */
int tasks_print(struct cli *c, const struct json *tasks);
/* A profile package to the platform with the options that describe it (cmd_dp.c); id NULL: none. */
struct reply;
int package_post(struct cli *c, const char *path, const char *id, const char *file,
                 struct reply *out);
/* Until the batch has ended (cmd_batch.c), or the task (cmd_task.c): EXIT_DONE when every write
 * succeeded, else EXIT_FAILED. */
int batch_watch(struct cli *c, const char *id);
int task_watch(struct cli *c, const char *id);

#define COMMAND(group, verb, operands, min, max, options, run, zh, en) int run(struct cli *c);
#include "prog/xieka/commands.def"
#undef COMMAND

#endif
