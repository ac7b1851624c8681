/* SPDX-License-Identifier: Apache-2.0 */
#include "net/worker/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#define QUEUE_DEFAULT 4096

/* All jobs stand in one ring, in order: first those finished, then those running, then those
 * waiting. The counters only grow; modulo the size of the ring they are places in it. */
struct worker {
    struct worker_options o;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void **ring;
    size_t submitted, finished, done; /* under the lock */
    bool posted;                      /* on_finished is on its way to the loop */
    bool stop;
    bool started; /* start was called, with this result: */
    enum xk_err start_err;
    bool joined; /* loop thread only */
    char name[16];
};

static size_t copy_jobs(const struct worker *w, size_t from, size_t to, void **jobs)
{
    size_t n = 0;

    while (from < to && n < w->o.batch_max)
        jobs[n++] = w->ring[from++ % w->o.queue_max];
    return n;
}

/* ---- the worker's thread --------------------------------------------------------------------- */

static void on_finished(void *arg);

static size_t wait_for_jobs(struct worker *w, void **jobs)
{
    size_t n;

    pthread_mutex_lock(&w->lock);
    while (w->finished == w->submitted && !w->stop)
        pthread_cond_wait(&w->wake, &w->lock);
    n = copy_jobs(w, w->finished, w->submitted, jobs);
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void give_back(struct worker *w, size_t n)
{
    bool post;

    pthread_mutex_lock(&w->lock);
    w->finished += n;
    post = !w->posted;
    w->posted = true;
    pthread_mutex_unlock(&w->lock);
    if (!post || loop_post(w->o.loop, on_finished, w) == XK_OK)
        return;
    pthread_mutex_lock(&w->lock);
    w->posted = false; /* without memory: the next batch tries again */
    pthread_mutex_unlock(&w->lock);
}

static enum xk_err run_start(struct worker *w)
{
    enum xk_err err = w->o.start ? w->o.start(w->o.ctx) : XK_OK;

    pthread_mutex_lock(&w->lock);
    w->started = true;
    w->start_err = err;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    return err;
}

static void *thread_main(void *arg)
{
    struct worker *w = arg;
    void *jobs[WORKER_BATCH_MAX];
    size_t n;

    pthread_setname_np(pthread_self(), w->name);
    if (run_start(w) != XK_OK)
        return NULL;
    while ((n = wait_for_jobs(w, jobs)) > 0) {
        w->o.run(w->o.ctx, jobs, n);
        give_back(w, n);
    }
    if (w->o.finish)
        w->o.finish(w->o.ctx);
    return NULL;
}

/* ---- the loop's thread ----------------------------------------------------------------------- */

static size_t take_finished(struct worker *w, size_t until, void **jobs)
{
    size_t n;

    pthread_mutex_lock(&w->lock);
    n = copy_jobs(w, w->done, until, jobs);
    w->done += n;
    pthread_mutex_unlock(&w->lock);
    return n;
}

static void on_finished(void *arg)
{
    struct worker *w = arg;
    void *jobs[WORKER_BATCH_MAX];
    size_t until, n;

    pthread_mutex_lock(&w->lock);
    w->posted = false;
    until = w->finished;
    pthread_mutex_unlock(&w->lock);
    while ((n = take_finished(w, until, jobs)) > 0)
        w->o.done(w->o.ctx, jobs, n);
}

enum xk_err worker_submit(struct worker *w, void *job)
{
    enum xk_err err = XK_OK;
    bool idle;

    pthread_mutex_lock(&w->lock);
    idle = w->submitted == w->finished;
    if (w->stop)
        err = XK_E_CLOSED;
    else if (w->submitted - w->done == w->o.queue_max)
        err = XK_E_BUSY;
    else
        w->ring[w->submitted++ % w->o.queue_max] = job;
    pthread_mutex_unlock(&w->lock);
    if (err == XK_OK && idle)
        pthread_cond_signal(&w->wake);
    return err;
}

size_t worker_pending(struct worker *w)
{
    size_t n;

    pthread_mutex_lock(&w->lock);
    n = w->submitted - w->done;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void worker_stop(struct worker *w)
{
    if (w->joined)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    pthread_cond_signal(&w->wake);
    pthread_join(w->thread, NULL);
    w->joined = true;
    loop_unpost(w->o.loop, on_finished, w);
    on_finished(w);
}

/* ---- making and ending ----------------------------------------------------------------------- */

static enum xk_err start_thread(struct worker *w)
{
    sigset_t all, old;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&w->thread, NULL, thread_main, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        return XK_E_LIMIT;
    pthread_mutex_lock(&w->lock);
    while (!w->started)
        pthread_cond_wait(&w->wake, &w->lock);
    pthread_mutex_unlock(&w->lock);
    if (w->start_err == XK_OK)
        return XK_OK;
    pthread_join(w->thread, NULL);
    return w->start_err;
}

static void destroy(struct worker *w)
{
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w->ring);
    free(w);
}

static struct worker *allocate(const struct worker_options *options)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->o = *options;
    if (w->o.queue_max == 0)
        w->o.queue_max = QUEUE_DEFAULT;
    if (w->o.batch_max == 0)
        w->o.batch_max = WORKER_BATCH_MAX;
    w->o.name = NULL;
    snprintf(w->name, sizeof w->name, "%s", options->name ? options->name : "worker");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->ring = calloc(w->o.queue_max, sizeof *w->ring);
    if (w->ring)
        return w;
    destroy(w);
    return NULL;
}

enum xk_err worker_new(const struct worker_options *options, struct worker **out)
{
    struct worker *w;
    enum xk_err err;

    if (options->batch_max > WORKER_BATCH_MAX)
        return XK_E_VALUE;
    w = allocate(options);
    if (!w)
        return XK_E_NOMEM;
    err = start_thread(w);
    if (err != XK_OK) {
        destroy(w);
        return err;
    }
    *out = w;
    return XK_OK;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    worker_stop(w);
    destroy(w);
}
