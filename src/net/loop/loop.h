/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: one per thread, over libevent. Everything here is called on the loop's own
 * thread, except loop_post, loop_unpost and loop_stop, which any thread may call. Callbacks may
 * start, stop and free anything, themselves included. Times are monotonic milliseconds. */
#ifndef NET_LOOP_LOOP_H
#define NET_LOOP_LOOP_H

#include "base/err.h"

#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;
struct event_base;

typedef void loop_fn(void *arg);

/* Ignores SIGPIPE for the process: a peer that goes away is an error of the write. */
enum xk_err loop_new(struct loop **out) XK_MUST_CHECK;
/* All timers, watches and signals must be freed before. Posts still waiting are dropped. */
void loop_free(struct loop *loop);

/* Runs until loop_stop. XK_E_IO when the kernel refuses. May be run again after a stop. */
enum xk_err loop_run(struct loop *loop) XK_MUST_CHECK;
/* The loop ends after the callbacks that are ready now. */
void loop_stop(struct loop *loop);
/* Handles what is ready, waiting for at most wait_ms for something; for tests and for programs that
 * step virtual time. */
enum xk_err loop_turn(struct loop *loop, uint32_t wait_ms) XK_MUST_CHECK;

/* Monotonic time, read from the clock at most once per turn. */
int64_t loop_now_ms(struct loop *loop);

/* One-shot timers. start on a running timer moves it; stop on a resting one is fine. */
enum xk_err loop_timer_new(struct loop *loop, loop_fn *fn, void *arg, struct loop_timer **out)
    XK_MUST_CHECK;
void loop_timer_start(struct loop_timer *timer, uint32_t after_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine */

/* File descriptors. The watch does not own the descriptor: free the watch, then close. */
#define LOOP_READ 1u
#define LOOP_WRITE 2u
typedef void loop_watch_fn(void *arg, int fd, unsigned ready);
enum xk_err loop_watch_new(struct loop *loop, int fd, unsigned wanted, loop_watch_fn *fn, void *arg,
                           struct loop_watch **out) XK_MUST_CHECK;
void loop_watch_set(struct loop_watch *watch, unsigned wanted); /* 0: pause */
void loop_watch_free(struct loop_watch *watch);

/* Signals, delivered as ordinary callbacks. One loop of the process may watch signals. */
enum xk_err loop_signal_new(struct loop *loop, int signo, loop_fn *fn, void *arg,
                            struct loop_signal **out) XK_MUST_CHECK;
void loop_signal_free(struct loop_signal *sig);

/* Any thread: fn(arg) on the loop thread, in the order of posting, at the latest in the next turn.
 * What is posted between two turns is run as one batch behind one wake-up; what a post posts runs
 * in the next turn. Fails only without memory. */
enum xk_err loop_post(struct loop *loop, loop_fn *fn, void *arg) XK_MUST_CHECK;
/* Takes back every waiting post of this fn and arg; after it none of them runs (loop thread only,
 * when certainty is wanted). */
void loop_unpost(struct loop *loop, loop_fn *fn, const void *arg);

/* For the rooms of net only. */
struct event_base *loop_event_base(struct loop *loop);

#endif
