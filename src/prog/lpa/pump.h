/* SPDX-License-Identifier: Apache-2.0 */
/* Performs what the LPA engine (terminal/lpa) asks for, until it is done: APDUs to the slot, calls
 * to the servers, questions and progress to the user. Blocking. */
#ifndef PROG_LPA_PUMP_H
#define PROG_LPA_PUMP_H

#include "net/httpc/httpc.h"
#include "prog/lpa/slot.h"
#include "terminal/lpa/lpa.h"

struct pump_user {
    void (*progress)(void *ctx, const struct lpa_action *action);
    /* code: LPA_CODE_MAX + 1, the confirmation code; "" unless it is asked for */
    enum lpa_answer (*ask)(void *ctx, const struct lpa_question *question, char *code);
    /* Whether he wants it to end; asked between two actions. */
    bool (*has_enough)(void *ctx);
    /* A command and the card's answer (empty: none); NULL: nobody wants to know. */
    void (*trace)(void *ctx, struct bytes command, struct bytes answer);
    void *ctx;
};

struct pump {
    struct lpa *lpa;
    struct slot *slot;
    struct httpc *http; /* without a loop */
    const struct pump_user *user;
};

/* XK_OK: done, well or not, as *result says, which is valid until the next task. XK_E_VALUE: the
 * task lacks something. */
enum xk_err pump_run(const struct pump *p, const struct lpa_task *task,
                     const struct lpa_result **result) XK_MUST_CHECK;

#endif
