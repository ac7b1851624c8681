/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/lpa/lpa.h"

#include "base/hex.h"
#include "terminal/lpa/core.h"

#define PLAN_MAX 8
#define AID_MIN 5

static const struct step_row {
    const char *name;
    enum lpa_wanted wants;
    lpa_fn *start, *answer, *refused;
    const char *zh, *en;
} steps[] = {
#define LPA_STEP(name, wants, start, answer, refused, zh, en)                                      \
    {#name, WANTS_##wants, lpa_##start, lpa_##answer, lpa_##refused, zh, en},
#include "terminal/lpa/steps.def"
#undef LPA_STEP
};
_Static_assert(ARRAY_LEN(steps) == STEP_COUNT, "one row a state");

static const enum lpa_step first_step[] = {
    [PROCEDURE_NONE] = STEP_END,
#define LPA_PROCEDURE(name, first) [PROCEDURE_##name] = STEP_##first,
#include "terminal/lpa/plans.def"
};
_Static_assert(ARRAY_LEN(first_step) == PROCEDURE_COUNT, "one row a procedure");

static const uint8_t plans[][PLAN_MAX] = {
#define DO(name) PROCEDURE_##name,
#define LPA_PLAN(name, procedures) [LPA_TASK_##name] = {procedures PROCEDURE_NONE},
#include "terminal/lpa/plans.def"
#undef DO
};
_Static_assert(ARRAY_LEN(plans) == LPA_TASKS, "one plan a task");

static const enum lpa_input_type input_wanted[] = {
    [WANTS_CARD] = LPA_IN_RESPONSE,   [WANTS_CHANNEL] = LPA_IN_CHANNEL,
    [WANTS_CARD_RESET] = LPA_IN_CARD, [WANTS_REPLY] = LPA_IN_REPLY,
    [WANTS_TIME] = LPA_IN_TIME,       [WANTS_ANSWER] = LPA_IN_ANSWER,
};

/* ---- life ---- */

static void use_isdr_aid(struct lpa *l, struct bytes aid)
{
    static const uint8_t usual[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                    0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};

    if (aid.n == 0)
        aid = BYTES_OF(usual);
    memcpy(l->isdr_aid, aid.p, aid.n);
    l->config.isdr_aid = BYTES(l->isdr_aid, aid.n);
}

static bool config_is_good(const struct lpa_config *c)
{
    uint8_t imei[8];

    if (c->block != 0 && (c->block < LPA_BLOCK_MIN || c->block > LPA_BLOCK_MAX))
        return false;
    if (c->imei[0] && rsp_imei_from_text(bytes_cstr(c->imei), imei) != XK_OK)
        return false;
    return c->isdr_aid.n == 0 || (c->isdr_aid.n >= AID_MIN && c->isdr_aid.n <= RSP_AID_MAX);
}

enum xk_err lpa_new(const struct lpa_config *config, struct lpa **out)
{
    struct lpa *l;

    if (!config_is_good(config))
        return XK_E_VALUE;
    l = calloc(1, sizeof *l);
    if (!l)
        return XK_E_NOMEM;
    l->config = *config;
    if (l->config.block == 0)
        l->config.block = LPA_BLOCK_DEFAULT;
    if (l->config.tries == 0)
        l->config.tries = LPA_TRIES_DEFAULT;
    use_isdr_aid(l, config->isdr_aid);
    arena_init(&l->task_arena, LPA_TASK_MAX);
    arena_init(&l->session_arena, LPA_SESSION_MAX);
    buf_init(&l->request, LPA_REQUEST_MAX);
    buf_init(&l->card.response, LPA_RESPONSE_MAX);
    l->step = STEP_END;
    *out = l;
    return XK_OK;
}

void lpa_free(struct lpa *l)
{
    if (!l)
        return;
    arena_fini(&l->task_arena);
    arena_fini(&l->session_arena);
    buf_wipe(&l->request);
    buf_fini(&l->request);
    buf_wipe(&l->card.response);
    buf_fini(&l->card.response);
    explicit_bzero(l, sizeof *l);
    free(l);
}

/* ---- the task ---- */

static enum xk_err check_task(const struct lpa_task *t)
{
    bool wants_profile =
        t->type == LPA_TASK_ENABLE || t->type == LPA_TASK_DISABLE || t->type == LPA_TASK_DELETE;

    if (t->type >= LPA_TASKS)
        return XK_E_VALUE;
    if (wants_profile && DER_PRESENT(t->profile.aid) == DER_PRESENT(t->profile.iccid))
        return XK_E_VALUE;
    if (t->type == LPA_TASK_NICKNAME && t->profile.iccid.n != RSP_ICCID_LEN)
        return XK_E_VALUE;
    if (t->type == LPA_TASK_NICKNAME && der_value_utf8(t->text, 0, RSP_NICKNAME_MAX) != XK_OK)
        return XK_E_VALUE;
    if (t->type == LPA_TASK_DEFAULT_ADDRESS && t->text.n > 0 && !rsp_address_is_valid(t->text))
        return XK_E_VALUE;
    if (t->code.address[0] && !rsp_address_is_valid(bytes_cstr(t->code.address)))
        return XK_E_VALUE;
    if (t->smds[0] && !rsp_address_is_valid(bytes_cstr(t->smds)))
        return XK_E_VALUE;
    return t->type == LPA_TASK_REMOVE_NOTIFICATION && !t->has_seq_number ? XK_E_VALUE : XK_OK;
}

static enum xk_err copy_task(struct lpa *l, const struct lpa_task *task)
{
    struct bytes *id =
        DER_PRESENT(task->profile.aid) ? &l->task.profile.aid : &l->task.profile.iccid;
    uint8_t *text = arena_copy(&l->task_arena, task->text);

    if (!text)
        return XK_E_NOMEM;
    l->task = *task;
    l->task.text = BYTES(text, task->text.n);
    if (id->n > RSP_AID_MAX)
        return XK_E_VALUE;
    if (DER_PRESENT(*id)) {
        memcpy(l->profile_id, id->p, id->n);
        *id = BYTES(l->profile_id, id->n);
    }
    return XK_OK;
}

static void forget_task(struct lpa *l)
{
    arena_reset(&l->task_arena);
    lpa_session_end(l);
    lpa_card_forget(l);
    l->card.gone = l->card.wants_refresh = false;
    l->wanted = WANTS_NOTHING;
    l->ready = l->cancelled = l->failed = l->tell = false;
    l->after_open = l->after_list = l->after_cancel = STEP_END;
    l->sources_n = l->source_at = l->source_next = l->notification_at = l->plan_at = 0;
    explicit_bzero(&l->download, sizeof l->download);
    l->change = (struct lpa_switch){0};
    l->chip = (struct lpa_chip){.has_rat = false};
    l->result = (struct lpa_result){.ok = true, .profiles = l->profiles};
}

enum xk_err lpa_begin(struct lpa *l, const struct lpa_task *task)
{
    TRY(check_task(task));
    forget_task(l);
    TRY(copy_task(l, task));
    l->result.task = task->type;
    memcpy(l->download.code, task->confirmation_code, sizeof l->download.code);
    explicit_bzero(l->task.confirmation_code, sizeof l->task.confirmation_code);
    lpa_go(l, first_step[plans[task->type][0]]);
    return XK_OK;
}

void lpa_cancel(struct lpa *l)
{
    l->cancelled = true;
}

bool lpa_is_download(const struct lpa *l)
{
    return l->task.type == LPA_TASK_DOWNLOAD;
}

/* ---- going on ---- */

/* Before the network or the user is asked again, and never while a session is being ended. */
static bool may_cancel_before(const struct lpa *l, enum lpa_step step)
{
    enum lpa_wanted wants = steps[step].wants;

    if (step == STEP_CANCEL_SERVER || step == STEP_SEND_NOTIFICATION ||
        step == STEP_TELL_SERVER_REFUSED || step == STEP_TELL_DOWNLOAD_REFUSED)
        return false;
    return !l->failed && (wants == WANTS_REPLY || wants == WANTS_ANSWER || step == STEP_RETRY);
}

static void enter(struct lpa *l, enum lpa_step step)
{
    l->step = step;
    l->started = false;
    l->announce = steps[step].en != NULL;
    l->wanted = WANTS_NOTHING;
}

void lpa_go(struct lpa *l, enum lpa_step step)
{
    struct lpa_fault fault;

    if (!l->cancelled || !may_cancel_before(l, step)) {
        enter(l, step);
        return;
    }
    fault = lpa_fault(l, LPA_FAULT_CANCELLED);
    if (l->session.on_card)
        lpa_cancel_session(l, RSP_CANCEL_POSTPONED, &fault);
    else
        lpa_fail_with(l, &fault);
}

void lpa_procedure_done(struct lpa *l)
{
    l->plan_at++;
    lpa_go(l, first_step[plans[l->task.type][l->plan_at]]);
}

/* Where it goes on after a failure. */
static void go_to_the_end(struct lpa *l)
{
    const uint8_t *plan = plans[l->task.type];
    size_t at = l->plan_at + 1;

    lpa_session_end(l);
    if (!l->card.open) {
        enter(l, STEP_END);
        return;
    }
    while (plan[at] != PROCEDURE_NONE && plan[at] != PROCEDURE_CLOSE &&
           !(plan[at] == PROCEDURE_NOTIFY && l->tell))
        at++;
    l->plan_at = at;
    enter(l, first_step[plan[at]]);
}

struct lpa_fault lpa_fault(const struct lpa *l, enum lpa_fault_kind kind)
{
    struct lpa_fault fault = {.kind = kind, .step_name = steps[l->step].name};

    if (l->source_at < l->sources_n)
        memcpy(fault.address, l->sources[l->source_at].address, sizeof fault.address);
    return fault;
}

void lpa_fail_with(struct lpa *l, const struct lpa_fault *fault)
{
    if (lpa_source_given_up(l, fault))
        return;
    if (!l->failed)
        l->result.fault = *fault;
    l->failed = true;
    l->result.ok = false;
    go_to_the_end(l);
}

void lpa_fail(struct lpa *l, enum lpa_fault_kind kind)
{
    struct lpa_fault fault = lpa_fault(l, kind);

    lpa_fail_with(l, &fault);
}

void lpa_fail_own(struct lpa *l, enum xk_err err)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_OWN);

    lpa_copy_text(fault.message, sizeof fault.message, bytes_cstr(xk_err_text(err)));
    lpa_fail_with(l, &fault);
}

static bool is_afterthought(enum lpa_procedure procedure)
{
    return procedure == PROCEDURE_OPEN || procedure == PROCEDURE_NOTIFY ||
           procedure == PROCEDURE_LIST;
}

bool lpa_afterthought_failed(struct lpa *l)
{
    const uint8_t *plan = plans[l->task.type];
    bool done = l->failed;

    for (size_t i = 0; i < l->plan_at; i++)
        done |= !is_afterthought(plan[i]);
    if (!done)
        return false;
    if (l->card.open)
        lpa_procedure_done(l);
    else
        enter(l, STEP_END);
    return true;
}

/* A state of the table was left in a way it cannot be: our own mistake. */
void lpa_none(struct lpa *l)
{
    lpa_fail_own(l, XK_E_INTERNAL);
}

void lpa_end(struct lpa *l)
{
    l->result.notifications = l->notifications;
    l->result.found = l->found;
    if (l->result.task == LPA_TASK_CHIP || l->result.task == LPA_TASK_DEFAULT_ADDRESS)
        l->result.chip = l->result.ok ? &l->chip : NULL;
    l->action = (struct lpa_action){.type = LPA_DONE, .result = &l->result};
    l->ready = true;
}

/* ---- asking ---- */

static void want(struct lpa *l, const struct lpa_action *action)
{
    l->action = *action;
    l->wanted = steps[l->step].wants;
    l->ready = true;
}

void lpa_post(struct lpa *l, const char *address)
{
    want(l, &(struct lpa_action){.type = LPA_POST, .address = address, .post = l->post});
}

void lpa_wait(struct lpa *l, uint32_t ms)
{
    want(l, &(struct lpa_action){.type = LPA_WAIT, .wait_ms = ms});
}

void lpa_ask(struct lpa *l, const struct lpa_question *question)
{
    want(l, &(struct lpa_action){.type = LPA_ASK, .question = *question});
}

void lpa_want_reset(struct lpa *l)
{
    lpa_card_forget(l);
    want(l, &(struct lpa_action){.type = LPA_RESET_CARD});
}

void lpa_want_channel(struct lpa *l)
{
    want(l, &(struct lpa_action){.type = LPA_OPEN_CHANNEL, .aid = l->config.isdr_aid});
}

void lpa_want_channel_closed(struct lpa *l)
{
    want(l, &(struct lpa_action){.type = LPA_CLOSE_CHANNEL, .channel = l->card.channel});
}

/* ---- the pump ---- */

static bool is_wanted(const struct lpa *l, const struct lpa_input *in)
{
    if (l->wanted == WANTS_NOTHING)
        return in == NULL;
    if (!in)
        return false;
    if (l->wanted == WANTS_CARD && l->card.waits)
        return in->type == LPA_IN_TIME;
    return in->type == input_wanted[l->wanted];
}

void lpa_answered(struct lpa *l)
{
    steps[l->step].answer(l);
}

void lpa_was_refused(struct lpa *l)
{
    steps[l->step].refused(l);
}

static void take_reply(struct lpa *l, const struct lpa_reply *reply)
{
    l->reply = *reply;
    if (reply->kind == LPA_REPLY_OK)
        lpa_answered(l);
    else
        lpa_was_refused(l);
    l->reply.response = NULL; /* it is the program's */
    l->reply.text = NULL;
}

static void take_channel(struct lpa *l, const struct lpa_input *in)
{
    l->input_ok = in->ok;
    if (!in->ok) {
        lpa_was_refused(l);
        return;
    }
    if (l->step == STEP_TERMINAL_OPENS)
        l->card.channel = in->channel;
    lpa_answered(l);
}

static void take(struct lpa *l, const struct lpa_input *in)
{
    enum lpa_wanted wanted = l->wanted;

    l->wanted = WANTS_NOTHING;
    switch (wanted) {
    case WANTS_CARD:
        if (l->card.waits)
            lpa_card_again(l);
        else
            lpa_card_take(l, in->data);
        break;
    case WANTS_CHANNEL:
        take_channel(l, in);
        break;
    case WANTS_REPLY:
        take_reply(l, &in->reply);
        break;
    case WANTS_ANSWER:
        l->answer = in->answer;
        l->answer_code = in->code;
        lpa_answered(l);
        l->answer_code = BYTES_NONE;
        break;
    case WANTS_CARD_RESET:
    case WANTS_TIME:
        l->input_ok = in->ok;
        lpa_answered(l);
        break;
    case WANTS_NOTHING:
        break;
    }
}

static void announce(struct lpa *l)
{
    l->announce = false;
    l->action = (struct lpa_action){.type = LPA_PROGRESS,
                                    .step = steps[l->step].en,
                                    .step_zh = steps[l->step].zh,
                                    .step_name = steps[l->step].name};
    if (l->step == STEP_LOAD_PACKAGE) {
        l->action.done = l->session.pieces.done;
        l->action.total = l->session.pieces.total;
    }
    l->ready = true;
}

/* Each start asks or goes on; no chain of states that only go on is longer than the table. */
static void run(struct lpa *l)
{
    if (l->announce) {
        announce(l);
        return;
    }
    if (l->started)
        lpa_fail_own(l, XK_E_INTERNAL);
    l->started = true;
    steps[l->step].start(l);
}

enum xk_err lpa_next(struct lpa *l, const struct lpa_input *in, struct lpa_action *out)
{
    if (!is_wanted(l, in))
        return XK_E_STATE;
    if (in)
        take(l, in);
    if (l->step == STEP_END && l->started) /* asked again */
        l->ready = true;
    while (!l->ready)
        run(l);
    l->ready = false;
    *out = l->action;
    return XK_OK;
}

/* ---- names ---- */

enum xk_err lpa_profile_id_from_text(struct bytes text, uint8_t bytes[RSP_AID_MAX],
                                     struct rsp_profile_id *out)
{
    size_t n;

    if (iccid_from_text(text, bytes) == XK_OK) {
        *out = (struct rsp_profile_id){.iccid = BYTES(bytes, ICCID_LEN)};
        return XK_OK;
    }
    if (hex_decode(text, bytes, RSP_AID_MAX, &n) != XK_OK || n < AID_MIN)
        return XK_E_FORMAT;
    *out = (struct rsp_profile_id){.aid = BYTES(bytes, n)};
    return XK_OK;
}
