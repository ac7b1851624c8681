/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop/post.h"

#include <sys/eventfd.h>
#include <unistd.h>

enum xk_err post_queue_init(struct post_queue *q)
{
    memset(q, 0, sizeof *q);
    q->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (q->wake_fd < 0)
        return XK_E_IO;
    pthread_mutex_init(&q->lock, NULL);
    return XK_OK;
}

void post_queue_fini(struct post_queue *q)
{
    close(q->wake_fd);
    pthread_mutex_destroy(&q->lock);
    free(q->waiting.items);
    free(q->running.items);
}

static void wake(struct post_queue *q)
{
    uint64_t one = 1;

    /* It can only fail with the counter full, and then the loop is awake anyway. */
    if (write(q->wake_fd, &one, sizeof one) < 0)
        return;
}

static enum xk_err list_add(struct post_list *list, loop_fn *fn, void *arg)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 64;
        struct post *items = reallocarray(list->items, cap, sizeof *items);

        if (!items)
            return XK_E_NOMEM;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = (struct post){fn, arg};
    return XK_OK;
}

enum xk_err post_queue_add(struct post_queue *q, loop_fn *fn, void *arg)
{
    enum xk_err err;
    bool first;

    pthread_mutex_lock(&q->lock);
    first = q->waiting.n == 0;
    err = list_add(&q->waiting, fn, arg);
    pthread_mutex_unlock(&q->lock);
    if (err == XK_OK && first)
        wake(q);
    return err;
}

static void list_remove(struct post_list *list, size_t from, loop_fn *fn, const void *arg)
{
    size_t kept = from;

    for (size_t i = from; i < list->n; i++)
        if (list->items[i].fn != fn || list->items[i].arg != arg)
            list->items[kept++] = list->items[i];
    if (from < list->n)
        list->n = kept;
}

void post_queue_remove(struct post_queue *q, loop_fn *fn, const void *arg)
{
    pthread_mutex_lock(&q->lock);
    list_remove(&q->waiting, 0, fn, arg);
    pthread_mutex_unlock(&q->lock);
    list_remove(&q->running, q->next, fn, arg);
}

void post_queue_run(struct post_queue *q)
{
    struct post_list spare = q->running;
    uint64_t count;

    if (read(q->wake_fd, &count, sizeof count) < 0)
        return;
    spare.n = 0;
    pthread_mutex_lock(&q->lock);
    q->running = q->waiting;
    q->waiting = spare;
    pthread_mutex_unlock(&q->lock);
    for (q->next = 0; q->next < q->running.n;) {
        struct post post = q->running.items[q->next++];

        post.fn(post.arg);
    }
    q->running.n = q->next = 0;
}

void post_queue_stop(struct post_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_mutex_unlock(&q->lock);
    wake(q);
}

bool post_queue_take_stop(struct post_queue *q)
{
    bool stop;

    pthread_mutex_lock(&q->lock);
    stop = q->stop;
    q->stop = false;
    pthread_mutex_unlock(&q->lock);
    return stop;
}
