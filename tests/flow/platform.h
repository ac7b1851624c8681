/* SPDX-License-Identifier: Apache-2.0 */
/* The platform in one process with a fleet, in virtual time: services, write engine and store as
 * the daemon joins them, but each thing said is handed over as a call instead of by SMPP or HTTP.
 * What comes back waits in a line and is decided one by one, each in its own transaction. */
#ifndef TESTS_FLOW_PLATFORM_H
#define TESTS_FLOW_PLATFORM_H

#include <stdio.h>
#include <stdlib.h>

#include "api/otaw/otaw.h"
#include "base/map.h"
#include "prog/fleet/fleet.h"
#include "service/exception/exception.h"

#define PLATFORM_START INT64_C(1767323045000)
#define PLATFORM_APP "flow"
#define PLATFORM_POOL "new"

struct input;

struct platform {
    struct store *store;
    struct keystore *ks;
    struct order_policy policy;
    struct order_ports ports;
    struct outbox_ids ids;
    struct xk_prng prng;
    struct xk_rand rand;
    struct otaw_link link;
    struct sms_reassembly *parts;
    struct map receipts; /* message id -> task */
    struct input *first, *last;
    struct fleet *fleet;
    int64_t now;
    int64_t due; /* when order and outbox want to be looked at */
    uint8_t next_ref;
    unsigned refused;    /* packets that were no report of a card of ours, or replays */
    unsigned failed;     /* inputs that ended in an error of ours: must stay 0 */
    bool refuse_opening; /* the home network opens nothing */
    bool refuse_sending; /* the SMSC takes nothing */
    bool break_packets;  /* a byte is wrong when they arrive */
    bool wrong_number;   /* another IMSI than the task's is written */
    bool forget_new;     /* it says that it opened a number, but lets nobody in with it */
};

struct platform_setup {
    struct fleet_config fleet;
    uint32_t numbers; /* in the pool */
    uint64_t seed;
};

/* Ends the program when it cannot. */
void platform_init(struct platform *p, const struct platform_setup *s);
void platform_fini(struct platform *p);

/* All that happens up to then. */
void platform_run(struct platform *p, int64_t until);
/* Until all tasks have come to rest, at most up to then: false when some have not. */
bool platform_settle(struct platform *p, int64_t until);

/* W1: of the i-th device; the code and the task. */
int platform_apply(struct platform *p, const char *order_no, uint32_t i, enum task_mode mode,
                   enum task_channel channel, struct task *t);
int platform_retry(struct platform *p, const struct task *t);
int platform_relay_script(struct platform *p, const struct task *t, struct buf *packet);
/* W6 */
enum xk_err platform_relay_report(struct platform *p, const struct task *t, struct bytes packet);
void platform_task(struct platform *p, const char *order_no, struct task *t);
/* A PREPARE, COMMIT or RESTORE script as it would be sent now, with this counter, to be bent. */
void platform_build(struct platform *p, uint32_t i, uint8_t flags, const struct task *t,
                    uint64_t counter, struct buf *packet);
/* A packet to a card, as short messages. */
void platform_send(struct platform *p, const char *msisdn, struct bytes packet);

/* Calls fn for every task of the tests. */
void platform_tasks(struct platform *p, void (*fn)(void *arg, const struct task *t), void *arg);
/* Numbers of the pool in this state. */
uint64_t platform_numbers(struct platform *p, enum number_state state);

/* Inside: one decision in a transaction of its own, then what it wants said. */
typedef enum xk_err platform_decide_fn(struct platform *p, struct order_ctx *c, void *arg);
enum xk_err platform_decide(struct platform *p, platform_decide_fn *fn, void *arg) XK_MUST_CHECK;
bool platform_take_inputs(struct platform *p);
/* The parts of a script into the network; *last: the id of the last. */
enum xk_err platform_say_parts(struct platform *p, const struct outbox_item *item, uint64_t *last)
    XK_MUST_CHECK;
void platform_look(struct platform *p);

static inline void platform_must(enum xk_err err, const char *what)
{
    if (err == XK_OK)
        return;
    printf("Bail out! %s: %s\n", what, xk_err_name(err));
    exit(1);
}
#define MUST(call) platform_must((call), #call)

#endif
