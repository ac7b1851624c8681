/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread behind a bounded queue. It takes what is waiting, up to 64 jobs at once, so
 * that one database transaction commits for all of them; their results go back to the loop in one
 * post per batch at most. A job is a pointer of yours: the worker never looks into it. */
#ifndef NET_WORKER_WORKER_H
#define NET_WORKER_WORKER_H

#include "net/loop/loop.h"

#include <stddef.h>

#define WORKER_BATCH_MAX 64

struct worker;

struct worker_options {
    struct loop *loop; /* where done runs */
    /* Worker thread. start and finish are optional: they open and close what belongs to the thread
     * (its database connection); a failing start makes worker_new fail with the same error. */
    enum xk_err (*start)(void *ctx);
    void (*finish)(void *ctx);
    void (*run)(void *ctx, void **jobs, size_t n); /* 1 <= n <= batch_max, in order of submission */
    /* Loop thread, in order of submission, 1 <= n <= WORKER_BATCH_MAX. May submit again. */
    void (*done)(void *ctx, void **jobs, size_t n);
    void *ctx;
    size_t queue_max; /* jobs submitted and not yet handed to done; 0: 4096 */
    size_t batch_max; /* 0: WORKER_BATCH_MAX, which it may not exceed */
    const char *name; /* of the thread, at most 15 characters; NULL: "worker" */
};

/* The thread blocks all signals. */
enum xk_err worker_new(const struct worker_options *options, struct worker **out) XK_MUST_CHECK;
/* Any thread. XK_E_BUSY: the queue is full, nothing was taken (answer "try later" to your peer).
 * XK_E_CLOSED: worker_stop was called. */
enum xk_err worker_submit(struct worker *worker, void *job) XK_MUST_CHECK;
/* Jobs submitted and not yet handed to done. */
size_t worker_pending(struct worker *worker);

/* Loop thread: takes no more jobs, finishes those that were taken, calls done for all of them
 * (here, before it returns) and ends the thread. */
void worker_stop(struct worker *worker);
void worker_free(struct worker *worker); /* stops first; NULL is fine */

#endif
