/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop/loop.h"

#include "base/clock.h"
#include "net/loop/socket.h"
#include "xt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static struct loop *new_loop(void)
{
    struct loop *loop = NULL;

    CHECK_OK(loop_new(&loop));
    return loop;
}

struct trace {
    struct loop *loop;
    struct loop_timer *timer;
    char text[64];
    size_t n;
};

static void note(struct trace *t, char c)
{
    if (t->n + 1 < sizeof t->text)
        t->text[t->n++] = c;
}

static void on_a(void *arg)
{
    note(arg, 'a');
}

static void on_b_stop(void *arg)
{
    struct trace *t = arg;

    note(t, 'b');
    loop_stop(t->loop);
}

TEST(timers_in_order)
{
    struct trace t = {.loop = new_loop()};
    struct loop_timer *late, *early, *never;

    REQUIRE(t.loop);
    CHECK_OK(loop_timer_new(t.loop, on_b_stop, &t, &late));
    CHECK_OK(loop_timer_new(t.loop, on_a, &t, &early));
    CHECK_OK(loop_timer_new(t.loop, on_a, &t, &never));
    loop_timer_start(late, 12);
    loop_timer_start(early, 60000);
    loop_timer_start(early, 2); /* moved */
    loop_timer_start(never, 1);
    loop_timer_stop(never);
    CHECK_OK(loop_run(t.loop));
    CHECK_STR(t.text, "ab");
    loop_timer_free(late);
    loop_timer_free(early);
    loop_timer_free(never);
    loop_free(t.loop);
}

static void on_free_self(void *arg)
{
    struct trace *t = arg;

    loop_timer_free(t->timer);
    t->timer = NULL;
    on_b_stop(t);
}

TEST(timer_frees_itself)
{
    struct trace t = {.loop = new_loop()};

    REQUIRE(t.loop);
    CHECK_OK(loop_timer_new(t.loop, on_free_self, &t, &t.timer));
    loop_timer_start(t.timer, 0);
    CHECK_OK(loop_run(t.loop));
    CHECK_STR(t.text, "b");
    CHECK(!t.timer);
    loop_free(t.loop);
}

static void on_post_again(void *arg)
{
    struct trace *t = arg;

    note(t, 'p');
    CHECK_OK(loop_post(t->loop, on_b_stop, t));
}

TEST(posts_run_in_order)
{
    struct trace t = {.loop = new_loop()};

    REQUIRE(t.loop);
    CHECK_OK(loop_post(t.loop, on_a, &t));
    CHECK_OK(loop_post(t.loop, on_post_again, &t));
    CHECK_OK(loop_post(t.loop, on_a, &t));
    CHECK_OK(loop_run(t.loop));
    CHECK_STR(t.text, "apab");
    loop_free(t.loop);
}

static void on_unpost(void *arg)
{
    struct trace *t = arg;

    note(t, 'u');
    loop_unpost(t->loop, on_a, t);
}

TEST(unpost_reaches_the_running_batch)
{
    struct trace t = {.loop = new_loop()};

    REQUIRE(t.loop);
    CHECK_OK(loop_post(t.loop, on_a, &t));
    loop_unpost(t.loop, on_a, &t);
    CHECK_OK(loop_post(t.loop, on_unpost, &t));
    CHECK_OK(loop_post(t.loop, on_a, &t));
    CHECK_OK(loop_post(t.loop, on_b_stop, &t));
    CHECK_OK(loop_run(t.loop));
    CHECK_STR(t.text, "ub");
    loop_free(t.loop);
}

#define POSTS 5000

struct count {
    struct loop *loop;
    unsigned n;
};

static void on_count(void *arg)
{
    struct count *c = arg;

    if (++c->n == 2 * POSTS)
        loop_stop(c->loop);
}

static void *post_many(void *arg)
{
    struct count *c = arg;

    for (unsigned i = 0; i < POSTS; i++)
        if (loop_post(c->loop, on_count, c) != XK_OK)
            return NULL;
    return NULL;
}

TEST(posts_from_two_threads)
{
    struct count c = {.loop = new_loop()};
    pthread_t threads[2];

    REQUIRE(c.loop);
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, post_many, &c) == 0);
    CHECK_OK(loop_run(c.loop));
    CHECK_INT(c.n, 2 * POSTS);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    loop_free(c.loop);
}

struct pipe_end {
    struct trace trace;
    struct loop_watch *watch;
    unsigned seen;
};

static void on_readable(void *arg, int fd, unsigned ready)
{
    struct pipe_end *end = arg;
    char c;

    end->seen |= ready;
    CHECK_INT(read(fd, &c, 1), 1);
    note(&end->trace, c);
    loop_watch_free(end->watch);
    end->watch = NULL;
    loop_stop(end->trace.loop);
}

TEST(watch_reads_and_frees_itself)
{
    struct pipe_end end = {.trace.loop = new_loop()};
    int fds[2];

    REQUIRE(end.trace.loop);
    REQUIRE(pipe(fds) == 0);
    CHECK_OK(loop_watch_new(end.trace.loop, fds[0], 0, on_readable, &end, &end.watch));
    CHECK_INT(write(fds[1], "x", 1), 1);
    CHECK_OK(loop_turn(end.trace.loop, 0));
    CHECK_STR(end.trace.text, ""); /* paused */
    loop_watch_set(end.watch, LOOP_READ);
    CHECK_OK(loop_run(end.trace.loop));
    CHECK_STR(end.trace.text, "x");
    CHECK_INT(end.seen, LOOP_READ);
    loop_free(end.trace.loop);
    close(fds[0]);
    close(fds[1]);
}

TEST(signals)
{
    struct trace t = {.loop = new_loop()};
    struct loop_signal *sig;

    REQUIRE(t.loop);
    CHECK_OK(loop_signal_new(t.loop, SIGUSR1, on_b_stop, &t, &sig));
    raise(SIGUSR1);
    CHECK_OK(loop_run(t.loop));
    CHECK_STR(t.text, "b");
    loop_signal_free(sig);
    loop_free(t.loop);
}

TEST(time_stands_within_a_turn)
{
    struct loop *loop = new_loop();
    int64_t first, until;

    REQUIRE(loop);
    first = loop_now_ms(loop);
    until = xk_monotonic_ns() + 3000000;
    while (xk_monotonic_ns() < until)
        continue;
    CHECK_INT(loop_now_ms(loop), first);
    CHECK_OK(loop_turn(loop, 0));
    CHECK(loop_now_ms(loop) >= first + 2);
    loop_free(loop);
}

TEST(socket_split_rows)
{
    static const struct {
        const char *text;
        enum xk_err err;
        const char *host;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:80", XK_OK, "127.0.0.1", 80},
        {"[::1]:65535", XK_OK, "::1", 65535},
        {":2775", XK_OK, "", 2775},
        {"smsc.example:1", XK_OK, "smsc.example", 1},
        {"::1:80", XK_E_FORMAT, NULL, 0},
        {"host", XK_E_FORMAT, NULL, 0},
        {"host:", XK_E_FORMAT, NULL, 0},
        {"host:8x", XK_E_FORMAT, NULL, 0},
        {"host:65536", XK_E_VALUE, NULL, 0},
        {"host:123456", XK_E_FORMAT, NULL, 0},
        {"[::1:80", XK_E_FORMAT, NULL, 0},
        {"a-name-longer-than-its-room:1", XK_E_LIMIT, NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char host[16] = "";
        uint16_t port = 0;

        CHECK_INT(socket_split(rows[i].text, host, sizeof host, &port), rows[i].err);
        if (rows[i].err != XK_OK)
            continue;
        CHECK_STR(host, rows[i].host);
        CHECK_INT(port, rows[i].port);
    }
}

TEST(socket_listen_refuses)
{
    int fd = -1, second = -1;

    CHECK_INT(socket_listen("localhost", 0, &fd), XK_E_VALUE);
    CHECK_INT(socket_listen("192.0.2.1", 0, &fd), XK_E_IO);
    CHECK_OK(socket_listen("127.0.0.1", 0, &fd));
    CHECK(socket_port(fd) != 0);
    CHECK_INT(socket_listen("127.0.0.1", socket_port(fd), &second), XK_E_EXISTS);
    close(fd);
}

TESTS_MAIN(XT_CASE(timers_in_order), XT_CASE(timer_frees_itself), XT_CASE(posts_run_in_order),
           XT_CASE(unpost_reaches_the_running_batch), XT_CASE(posts_from_two_threads),
           XT_CASE(watch_reads_and_frees_itself), XT_CASE(signals),
           XT_CASE(time_stands_within_a_turn), XT_CASE(socket_split_rows),
           XT_CASE(socket_listen_refuses))
