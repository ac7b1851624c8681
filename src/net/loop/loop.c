/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop/loop.h"

#include "base/clock.h"
#include "net/loop/post.h"

#include <event2/event.h>
#include <signal.h>

struct loop {
    struct event_base *base;
    struct event *wake;
    struct post_queue posts;
    int64_t now_ms; /* 0: not read in this turn */
};

struct loop_timer {
    struct event *event;
    loop_fn *fn;
    void *arg;
};

struct loop_watch {
    struct event *event;
    struct event_base *base;
    int fd;
    unsigned wanted;
    loop_watch_fn *fn;
    void *arg;
};

struct loop_signal {
    struct event *event;
    loop_fn *fn;
    void *arg;
};

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;

    (void)fd;
    (void)what;
    post_queue_run(&loop->posts);
}

/* No locks in libevent: other threads only reach the post queue. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (!config)
        return NULL;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER |
                                          EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static enum xk_err watch_posts(struct loop *loop)
{
    TRY(post_queue_init(&loop->posts));
    loop->wake = event_new(loop->base, loop->posts.wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    if (loop->wake && event_add(loop->wake, NULL) == 0)
        return XK_OK;
    if (loop->wake)
        event_free(loop->wake);
    post_queue_fini(&loop->posts);
    return XK_E_NOMEM;
}

enum xk_err loop_new(struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    enum xk_err err = XK_E_NOMEM;

    if (!loop)
        return XK_E_NOMEM;
    loop->base = new_base();
    if (loop->base)
        err = watch_posts(loop);
    if (err != XK_OK) {
        if (loop->base)
            event_base_free(loop->base);
        free(loop);
        return err;
    }
    signal(SIGPIPE, SIG_IGN);
    *out = loop;
    return XK_OK;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    event_free(loop->wake);
    event_base_free(loop->base);
    post_queue_fini(&loop->posts);
    free(loop);
}

static enum xk_err turn(struct loop *loop, int flags)
{
    loop->now_ms = 0;
    return event_base_loop(loop->base, flags) < 0 ? XK_E_IO : XK_OK;
}

enum xk_err loop_run(struct loop *loop)
{
    while (!post_queue_take_stop(&loop->posts))
        TRY(turn(loop, EVLOOP_ONCE));
    return XK_OK;
}

static void on_turn_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

enum xk_err loop_turn(struct loop *loop, uint32_t wait_ms)
{
    struct timeval wait = {wait_ms / 1000, (suseconds_t)(wait_ms % 1000) * 1000};
    struct event *limit;
    enum xk_err err;

    if (wait_ms == 0)
        return turn(loop, EVLOOP_NONBLOCK);
    limit = evtimer_new(loop->base, on_turn_over, NULL);
    if (!limit || evtimer_add(limit, &wait) != 0)
        return XK_E_NOMEM;
    err = turn(loop, EVLOOP_ONCE);
    event_free(limit);
    return err;
}

void loop_stop(struct loop *loop)
{
    post_queue_stop(&loop->posts);
}

int64_t loop_now_ms(struct loop *loop)
{
    if (loop->now_ms == 0)
        loop->now_ms = xk_monotonic_ns() / 1000000;
    return loop->now_ms;
}

enum xk_err loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    return post_queue_add(&loop->posts, fn, arg);
}

void loop_unpost(struct loop *loop, loop_fn *fn, const void *arg)
{
    post_queue_remove(&loop->posts, fn, arg);
}

struct event_base *loop_event_base(struct loop *loop)
{
    return loop->base;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;

    (void)fd;
    (void)what;
    timer->fn(timer->arg);
}

enum xk_err loop_timer_new(struct loop *loop, loop_fn *fn, void *arg, struct loop_timer **out)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return XK_E_NOMEM;
    timer->fn = fn;
    timer->arg = arg;
    timer->event = evtimer_new(loop->base, on_timer, timer);
    if (!timer->event) {
        free(timer);
        return XK_E_NOMEM;
    }
    *out = timer;
    return XK_OK;
}

void loop_timer_start(struct loop_timer *timer, uint32_t after_ms)
{
    struct timeval after = {after_ms / 1000, (suseconds_t)(after_ms % 1000) * 1000};

    evtimer_add(timer->event, &after);
}

void loop_timer_stop(struct loop_timer *timer)
{
    evtimer_del(timer->event);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *watch = arg;

    watch->fn(watch->arg, fd,
              (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

static short event_bits(unsigned wanted)
{
    return (short)(EV_PERSIST | (wanted & LOOP_READ ? EV_READ : 0) |
                   (wanted & LOOP_WRITE ? EV_WRITE : 0));
}

enum xk_err loop_watch_new(struct loop *loop, int fd, unsigned wanted, loop_watch_fn *fn, void *arg,
                           struct loop_watch **out)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return XK_E_NOMEM;
    *watch = (struct loop_watch){NULL, loop->base, fd, wanted, fn, arg};
    watch->event = event_new(loop->base, fd, event_bits(wanted), on_watch, watch);
    if (!watch->event || (wanted && event_add(watch->event, NULL) != 0)) {
        loop_watch_free(watch);
        return XK_E_NOMEM;
    }
    *out = watch;
    return XK_OK;
}

void loop_watch_set(struct loop_watch *watch, unsigned wanted)
{
    if (watch->wanted == wanted)
        return;
    watch->wanted = wanted;
    event_del(watch->event);
    if (!wanted)
        return;
    event_assign(watch->event, watch->base, watch->fd, event_bits(wanted), on_watch, watch);
    event_add(watch->event, NULL);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (!watch)
        return;
    if (watch->event)
        event_free(watch->event);
    free(watch);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct loop_signal *sig = arg;

    (void)fd;
    (void)what;
    sig->fn(sig->arg);
}

enum xk_err loop_signal_new(struct loop *loop, int signo, loop_fn *fn, void *arg,
                            struct loop_signal **out)
{
    struct loop_signal *sig = calloc(1, sizeof *sig);

    if (!sig)
        return XK_E_NOMEM;
    sig->fn = fn;
    sig->arg = arg;
    sig->event = evsignal_new(loop->base, signo, on_signal, sig);
    if (!sig->event || evsignal_add(sig->event, NULL) != 0) {
        loop_signal_free(sig);
        return XK_E_NOMEM;
    }
    *out = sig;
    return XK_OK;
}

void loop_signal_free(struct loop_signal *sig)
{
    if (!sig)
        return;
    if (sig->event)
        event_free(sig->event);
    free(sig);
}
