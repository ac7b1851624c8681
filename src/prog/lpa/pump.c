/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/lpa/pump.h"

#include "prog/lpa/es9p_call.h"

#include <errno.h>

struct turn { /* what an input points to */
    struct lpa_input input;
    uint8_t apdu[SLOT_ANSWER_MAX];
    char code[LPA_CODE_MAX + 1];
    struct arena arena;
    struct rsp_es9p_response response;
};

static void transmit(const struct pump *p, const struct lpa_action *a, struct turn *t)
{
    struct slot *s = p->slot;
    struct buf answer;

    buf_init_fixed(&answer, t->apdu, sizeof t->apdu);
    t->input = (struct lpa_input){.type = LPA_IN_RESPONSE};
    if (s->ops->transmit(s, a->channel, a->command, &answer) == XK_OK)
        t->input.data = buf_bytes(&answer);
    if (p->user->trace)
        p->user->trace(p->user->ctx, a->command, t->input.data);
}

static void open_channel(struct slot *s, const struct lpa_action *a, struct turn *t)
{
    t->input = (struct lpa_input){.type = LPA_IN_CHANNEL};
    t->input.ok = s->ops->open_channel(s, a->aid, &t->input.channel) == XK_OK;
}

static void close_channel(struct slot *s, const struct lpa_action *a, struct turn *t)
{
    t->input = (struct lpa_input){.type = LPA_IN_CHANNEL};
    t->input.ok = s->ops->close_channel(s, a->channel) == XK_OK;
}

static void post(struct httpc *http, const struct lpa_action *a, struct turn *t)
{
    struct httpc_response r;
    struct es9p_call call;
    enum xk_err err = es9p_call_init(&call, a->address, &a->post);

    t->input = (struct lpa_input){.type = LPA_IN_REPLY};
    if (err != XK_OK) {
        t->input.reply =
            (struct lpa_reply){.kind = LPA_REPLY_UNREACHABLE, .text = xk_err_text(err)};
        return;
    }
    (void)!httpc_call(http, &call.http, &r); /* r.err says it */
    es9p_call_answer(a->post.function, &r, &t->arena, &t->response, &t->input.reply);
    es9p_call_fini(&call);
}

/* A signal ends it early: the user may want it so. */
static void wait_ms(uint32_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&t, NULL);
}

static void ask(const struct pump_user *user, const struct lpa_action *a, struct turn *t)
{
    t->input = (struct lpa_input){.type = LPA_IN_ANSWER};
    t->input.answer = user->ask(user->ctx, &a->question, t->code);
    t->input.code = bytes_cstr(t->code);
}

/* The input that the engine waits for; false when it waits for none. */
static bool perform(const struct pump *p, const struct lpa_action *a, struct turn *t)
{
    switch (a->type) {
    case LPA_TRANSMIT:
        transmit(p, a, t);
        return true;
    case LPA_OPEN_CHANNEL:
        open_channel(p->slot, a, t);
        return true;
    case LPA_CLOSE_CHANNEL:
        close_channel(p->slot, a, t);
        return true;
    case LPA_RESET_CARD:
        t->input = (struct lpa_input){.type = LPA_IN_CARD};
        t->input.ok = p->slot->ops->reset(p->slot) == XK_OK;
        return true;
    case LPA_POST:
        post(p->http, a, t);
        return true;
    case LPA_WAIT:
        wait_ms(a->wait_ms);
        t->input = (struct lpa_input){.type = LPA_IN_TIME};
        return true;
    case LPA_ASK:
        ask(p->user, a, t);
        return true;
    case LPA_PROGRESS:
        p->user->progress(p->user->ctx, a);
        return false;
    case LPA_DONE:
        break;
    }
    return false;
}

static enum xk_err run(const struct pump *p, struct turn *t, const struct lpa_result **result)
{
    struct lpa_action a;
    bool cancelled = false;

    TRY(lpa_next(p->lpa, NULL, &a));
    while (a.type != LPA_DONE) {
        bool answered = perform(p, &a, t);

        if (!cancelled && p->user->has_enough(p->user->ctx)) {
            cancelled = true;
            lpa_cancel(p->lpa);
        }
        TRY(lpa_next(p->lpa, answered ? &t->input : NULL, &a));
        arena_reset(&t->arena);
    }
    *result = a.result;
    return XK_OK;
}

enum xk_err pump_run(const struct pump *p, const struct lpa_task *task,
                     const struct lpa_result **result)
{
    struct turn *t;
    enum xk_err err;

    TRY(lpa_begin(p->lpa, task));
    t = calloc(1, sizeof *t);
    if (!t)
        return XK_E_NOMEM;
    arena_init(&t->arena, ES9P_RESPONSE_MAX);
    err = run(p, t, result);
    arena_fini(&t->arena);
    explicit_bzero(t, sizeof *t);
    free(t);
    return err;
}
