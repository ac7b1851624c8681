/* SPDX-License-Identifier: Apache-2.0 */
/* `xieka lpa`: one task of the local profile assistant on the card that --card, --reader or --at
 * names, from opening it to the exit code. */
#ifndef PROG_XIEKA_ASSISTANT_H
#define PROG_XIEKA_ASSISTANT_H

#include "prog/xieka/cli.h"
#include "terminal/lpa/lpa.h"

/* What a task has brought, told in words or as JSON; gives the exit code. */
typedef int assistant_print_fn(struct cli *c, const struct lpa_result *r);

/* EXIT_DONE, or what is wrong was said: EXIT_REFUSED by a server, EXIT_UNREACHABLE, EXIT_AUTH (its
 * certificate), EXIT_USAGE (something is missing), EXIT_FAILED. */
int assistant_run(struct cli *c, const struct lpa_task *task, assistant_print_fn *print);

/* ---- assistant_say.c ---- */
assistant_print_fn assistant_print_chip, assistant_print_profiles, assistant_print_change,
    assistant_print_notifications, assistant_print_found, assistant_print_address;
/* Story on standard error; with --json the fault on standard output. */
void assistant_print_fault(struct cli *c, const struct lpa_result *r);
/* " Vodafone, Business (8944...)" */
void assistant_name_profile(const struct rsp_metadata *m, struct buf *out);

#endif
