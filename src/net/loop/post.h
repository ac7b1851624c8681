/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/loop: the queue of posts, the only part of a loop that other threads touch. */
#ifndef NET_LOOP_POST_H
#define NET_LOOP_POST_H

#include "net/loop/loop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct post {
    loop_fn *fn;
    void *arg;
};

struct post_list {
    struct post *items;
    size_t n, cap;
};

struct post_queue {
    pthread_mutex_t lock;
    struct post_list waiting; /* under the lock */
    struct post_list running; /* loop thread only */
    size_t next;              /* into running */
    int wake_fd;              /* eventfd, readable while something waits or stop was asked */
    bool stop;                /* under the lock */
};

enum xk_err post_queue_init(struct post_queue *q) XK_MUST_CHECK;
void post_queue_fini(struct post_queue *q);
enum xk_err post_queue_add(struct post_queue *q, loop_fn *fn, void *arg) XK_MUST_CHECK;
void post_queue_remove(struct post_queue *q, loop_fn *fn, const void *arg);
/* Runs what was waiting when it was called. */
void post_queue_run(struct post_queue *q);
void post_queue_stop(struct post_queue *q);
bool post_queue_take_stop(struct post_queue *q); /* true once per post_queue_stop */

#endif
