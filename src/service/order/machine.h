/* SPDX-License-Identifier: Apache-2.0 */
/* The machine behind order.h; for this room only. */
#ifndef SERVICE_ORDER_MACHINE_H
#define SERVICE_ORDER_MACHINE_H

#include "service/order/order.h"

/* Whether moves.def has this row. */
bool machine_may_move(enum task_state from, enum task_state to);
/* One step, with its line in the time line. XK_E_STATE when the table has no such row. The caller
 * saves the task. */
enum xk_err machine_move(struct order_ctx *c, struct task *t, enum task_state to,
                         const char *detail) XK_MUST_CHECK;
/* Along SENDING, PREPARED, COMMITTED, ATTACHED up to `to`: reports may overtake each other. */
enum xk_err machine_walk(struct order_ctx *c, struct task *t, enum task_state to) XK_MUST_CHECK;
/* Comes to rest in `to`: releases number and card unless they may still be needed, tells the
 * customer, counts for the batch. */
enum xk_err machine_end(struct order_ctx *c, struct task *t, enum task_state to, int code,
                        const char *message) XK_MUST_CHECK;

/* Begins with the first script when the number is open (or keeps the batch's breaker). */
enum xk_err machine_start(struct order_ctx *c, struct task *t) XK_MUST_CHECK;
/* The script of the present step, sealed with a fresh counter, into packet. */
enum xk_err machine_build(struct order_ctx *c, struct task *t, const struct chip *chip,
                          struct buf *packet) XK_MUST_CHECK;
/* Builds and puts it into the outbox. When it cannot be built the task comes to rest. */
enum xk_err machine_send(struct order_ctx *c, struct task *t, const struct chip *chip)
    XK_MUST_CHECK;
/* P-6: what follows when nothing came in time: the same step again, or a person. */
enum xk_err machine_no_report(struct order_ctx *c, struct task *t) XK_MUST_CHECK;
/* The state in which the present step is repeated. */
enum task_state machine_resume_state(const struct task *t);

/* The locks and checks of a new or retried task: ACCEPTED to NUMBER_LOCKED, or to its refusal. */
enum xk_err machine_check_and_lock(struct order_ctx *c, struct task *t) XK_MUST_CHECK;

/* gates.c: all that service/gate asks of a card that is to get a number. answer GATE_LATER: the
 * task waits, due when it has waited long enough. */
enum gates_real_name { GATES_REAL_NAME_ASK, GATES_REAL_NAME_KNOWN };
struct gates_verdict {
    int code;
    char detail[96]; /* the thing it is about; "" none */
    enum gate_answer answer;
};
enum xk_err gates_pass(struct order_ctx *c, struct task *t, const struct chip *chip,
                       enum gates_real_name real_name, struct gates_verdict *out) XK_MUST_CHECK;
/* Nobody answered. */
enum xk_err gates_silent(struct order_ctx *c, struct task *t) XK_MUST_CHECK;
/* The answer that the task was waiting for: on to NUMBER_LOCKED, or to its refusal. */
enum xk_err machine_real_name(struct order_ctx *c, struct task *t, enum gate_answer answer)
    XK_MUST_CHECK;

/* P-16: the customer hears of it, when he wants to. */
enum xk_err machine_tell(struct order_ctx *c, const struct task *t) XK_MUST_CHECK;

/* It rests (P-25), and the home network does not know it any more. */
enum xk_err machine_close_number(struct order_ctx *c, const struct task *t, const struct number *n)
    XK_MUST_CHECK;
/* close.c: DELETE of an eUICC and REVOKE, which no card has to hear of: the task ends here. */
bool close_is_all(const struct task *t, const struct chip *chip);
enum xk_err close_card(struct order_ctx *c, struct task *t, const struct chip *chip) XK_MUST_CHECK;

/* inputs.c: under way, or waiting for a person. */
bool machine_is_open(const struct task *t);
/* The card has the number. */
enum xk_err machine_number_written(struct order_ctx *c, const struct task *t) XK_MUST_CHECK;
/* After the card switched: both the home network and the card must have said so (P-1). chip sets
 * how long is waited for the other; NULL: as long as there is time. */
enum xk_err machine_try_finish(struct order_ctx *c, struct task *t, const struct chip *chip)
    XK_MUST_CHECK;

/* rsp.c: the SGP.22 path. The profile for the number that is locked, or why there is none: its
 * code. */
enum xk_err rsp_offer(struct order_ctx *c, struct task *t, struct order_offer *offer) XK_MUST_CHECK;
/* It may be downloaded: SENDING. */
enum xk_err rsp_release(struct order_ctx *c, struct task *t) XK_MUST_CHECK;
/* Of a task that ends without success. */
enum xk_err rsp_withdraw(struct order_ctx *c, struct task *t) XK_MUST_CHECK;

/* Whether nothing may be sent at present: then t is looked at again in a while. */
enum xk_err machine_held(struct order_ctx *c, struct task *t, bool *held) XK_MUST_CHECK;

int64_t machine_t1(const struct order_ctx *c, const struct chip *chip);

/* Batches (P-19). */
enum xk_err batch_paused(struct order_ctx *c, const char *id, bool *paused) XK_MUST_CHECK;
/* t has ended (step 1), or an ending of it is taken back (-1). */
enum xk_err batch_note(struct order_ctx *c, const struct task *t, int step) XK_MUST_CHECK;

#endif
