/* SPDX-License-Identifier: Apache-2.0 */
#include "net/worker/worker.h"

#include "xt.h"

#include <pthread.h>

#define JOBS 2000

/* The worker is held at a gate, so that what it takes at once is known. */
struct bench {
    struct loop *loop;
    struct worker *worker;
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool open;    /* the gate */
    bool at_gate; /* a batch has been taken */
    size_t batches, largest, run_count, finished_count;
    enum xk_err start_err;
    unsigned starts, finishes;
    int jobs[JOBS];
    size_t done, done_calls, again;
    bool in_order;
    size_t stop_at;
};

static enum xk_err on_start(void *ctx)
{
    struct bench *b = ctx;

    b->starts++;
    return b->start_err;
}

static void on_finish(void *ctx)
{
    struct bench *b = ctx;

    b->finishes++;
}

static void on_run(void *ctx, void **jobs, size_t n)
{
    struct bench *b = ctx;

    pthread_mutex_lock(&b->lock);
    b->at_gate = true;
    pthread_cond_broadcast(&b->change);
    while (!b->open)
        pthread_cond_wait(&b->change, &b->lock);
    b->batches++;
    b->largest = n > b->largest ? n : b->largest;
    for (size_t i = 0; i < n; i++)
        *(int *)jobs[i] = (int)++b->run_count;
    pthread_mutex_unlock(&b->lock);
}

static void on_done(void *ctx, void **jobs, size_t n)
{
    struct bench *b = ctx;

    b->done_calls++;
    for (size_t i = 0; i < n; i++) {
        if (*(int *)jobs[i] != (int)++b->done)
            b->in_order = false;
        if (b->again) {
            b->again--;
            CHECK_OK(worker_submit(b->worker, jobs[i]));
        }
    }
    if (b->done >= b->stop_at)
        loop_stop(b->loop);
}

static struct bench *new_bench(size_t queue_max, size_t batch_max)
{
    struct bench *b = calloc(1, sizeof *b);
    struct worker_options options = {
        .start = on_start,
        .finish = on_finish,
        .run = on_run,
        .done = on_done,
        .ctx = b,
        .queue_max = queue_max,
        .batch_max = batch_max,
        .name = "a-name-longer-than-fifteen",
    };

    if (!b || loop_new(&b->loop) != XK_OK)
        abort();
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->change, NULL);
    b->in_order = true;
    options.loop = b->loop;
    CHECK_OK(worker_new(&options, &b->worker));
    return b;
}

static void free_bench(struct bench *b)
{
    worker_free(b->worker);
    loop_free(b->loop);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->change);
    free(b);
}

static void open_gate(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    b->open = true;
    pthread_cond_broadcast(&b->change);
    pthread_mutex_unlock(&b->lock);
}

static void wait_at_gate(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    while (!b->at_gate)
        pthread_cond_wait(&b->change, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void submit(struct bench *b, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++)
        CHECK_OK(worker_submit(b->worker, &b->jobs[i]));
}

TEST(takes_what_waits_at_once)
{
    struct bench *b = new_bench(0, 0);

    submit(b, 0, 1);
    wait_at_gate(b); /* one is running; the others gather */
    submit(b, 1, 130);
    CHECK_INT(worker_pending(b->worker), 131);
    open_gate(b);
    b->stop_at = 131;
    CHECK_OK(loop_run(b->loop));
    CHECK_INT(b->batches, 4); /* 1, 64, 64, 2 */
    CHECK_INT(b->largest, WORKER_BATCH_MAX);
    CHECK_INT(b->done, 131);
    CHECK(b->in_order);
    CHECK_INT(worker_pending(b->worker), 0);
    free_bench(b);
}

TEST(full_is_reported_and_passes)
{
    struct bench *b = new_bench(5, 2);

    submit(b, 0, 5);
    CHECK_INT(worker_submit(b->worker, &b->jobs[5]), XK_E_BUSY);
    open_gate(b);
    b->stop_at = 5;
    CHECK_OK(loop_run(b->loop));
    CHECK(b->largest <= 2);
    submit(b, 5, 5);
    b->stop_at = 10;
    CHECK_OK(loop_run(b->loop));
    CHECK_INT(b->done, 10);
    CHECK(b->in_order);
    free_bench(b);
}

TEST(stop_finishes_what_was_taken)
{
    struct bench *b = new_bench(0, 0);

    submit(b, 0, 500);
    open_gate(b);
    worker_stop(b->worker);
    CHECK_INT(b->done, 500);
    CHECK_INT(b->starts, 1);
    CHECK_INT(b->finishes, 1);
    CHECK_INT(worker_submit(b->worker, &b->jobs[0]), XK_E_CLOSED);
    worker_stop(b->worker);
    CHECK_OK(loop_turn(b->loop, 0));
    CHECK_INT(b->done, 500); /* nothing twice */
    free_bench(b);
}

TEST(done_may_submit_again)
{
    struct bench *b = new_bench(8, 0);

    b->open = true;
    b->again = 100;
    b->stop_at = 108;
    submit(b, 0, 8);
    CHECK_OK(loop_run(b->loop));
    CHECK_INT(b->done, 108);
    free_bench(b);
}

TEST(many_jobs_few_posts)
{
    struct bench *b = new_bench(JOBS, 0);

    b->open = true;
    b->stop_at = JOBS;
    submit(b, 0, JOBS);
    CHECK_OK(loop_run(b->loop));
    CHECK(b->in_order);
    CHECK(b->done_calls <= b->batches + 1);
    free_bench(b);
}

TEST(a_failing_start_is_told)
{
    struct bench *b = calloc(1, sizeof *b);
    struct worker_options options = {.start = on_start, .run = on_run, .done = on_done, .ctx = b};

    REQUIRE(b);
    CHECK_OK(loop_new(&b->loop));
    options.loop = b->loop;
    b->start_err = XK_E_DB;
    CHECK_INT(worker_new(&options, &b->worker), XK_E_DB);
    options.batch_max = WORKER_BATCH_MAX + 1;
    CHECK_INT(worker_new(&options, &b->worker), XK_E_VALUE);
    CHECK_INT(b->starts, 1);
    loop_free(b->loop);
    free(b);
}

TESTS_MAIN(XT_CASE(takes_what_waits_at_once), XT_CASE(full_is_reported_and_passes),
           XT_CASE(stop_finishes_what_was_taken), XT_CASE(done_may_submit_again),
           XT_CASE(many_jobs_few_posts), XT_CASE(a_failing_start_is_told))
