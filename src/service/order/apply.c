/* SPDX-License-Identifier: Apache-2.0 */
/* W1, W3, W4, W5: what customers ask for. */
#include "service/chip/chip.h"
#include "service/indicator/indicator.h"
#include "service/number/number.h"
#include "service/order/machine.h"
#include "service/order/task_store.h"
#include "service/org/org.h"

static void new_task(struct order_ctx *c, const struct order_wish *w, struct task *t)
{
    uint64_t id = (uint64_t)c->ids->next++;

    *t = (struct task){.mode = w->mode,
                       .channel = w->channel,
                       .state = TASK_ACCEPTED,
                       .created_at = c->now,
                       .updated_at = c->now,
                       .due_at = INT64_MAX,
                       .expires_at = c->now + c->policy->expiry_ms};
    for (size_t i = 0; i < TASK_ID_LEN; i++)
        t->id[i] = (uint8_t)(id >> (8 * (TASK_ID_LEN - 1 - i)));
    snprintf(t->order_no, sizeof t->order_no, "%s", w->order_no);
    snprintf(t->app_id, sizeof t->app_id, "%s", w->app_id);
    snprintf(t->org_id, sizeof t->org_id, "%s", w->org_id);
    snprintf(t->batch_id, sizeof t->batch_id, "%s", w->batch_id ? w->batch_id : "");
    snprintf(t->cid, sizeof t->cid, "%s", w->cid);
    snprintf(t->pool_id, sizeof t->pool_id, "%s", w->pool_id ? w->pool_id : "");
    snprintf(t->target_msisdn, sizeof t->target_msisdn, "%s",
             w->target_msisdn ? w->target_msisdn : "");
    snprintf(t->template_id, sizeof t->template_id, "%s", w->template_id ? w->template_id : "");
    snprintf(t->callback_url, sizeof t->callback_url, "%s", w->callback_url ? w->callback_url : "");
}

enum xk_err order_may_use_pool(struct store *s, const char *path, const struct pool *pool,
                               bool *may)
{
    struct org owner;

    TRY(org_get(s, pool->org_id, &owner));
    *may = org_path_holds(path, owner.path) || (pool->shared && org_path_holds(owner.path, path));
    return XK_OK;
}

static enum xk_err check_pool(struct order_ctx *c, const struct org *own, const char *pool_id,
                              int *code)
{
    struct pool pool;
    bool may;
    enum xk_err err = pool_get(c->store, pool_id, &pool);

    if (err == XK_E_NOT_FOUND)
        return XK_OK; /* said by what looks for a number in it */
    TRY(err);
    TRY(order_may_use_pool(c->store, own->path, &pool, &may));
    *code = may ? CODE_OK : CODE_NUMBER_ELSEWHERE;
    return XK_OK;
}

/* Card, pool and wished number belong to the organisation that the task is for, or below it. */
static enum xk_err check_owner(struct order_ctx *c, const struct task *t, const struct chip *chip,
                               int *code)
{
    struct number n;
    struct org own;
    enum xk_err err;
    bool holds;

    *code = CODE_OK;
    if (strcmp(t->org_id, ORG_ROOT) == 0)
        return XK_OK;
    TRY(org_get(c->store, t->org_id, &own));
    TRY(org_holds(c->store, own.path, chip->org_id, &holds));
    if (!holds) {
        *code = CODE_NOT_YOURS;
        return XK_OK;
    }
    if (t->pool_id[0])
        TRY(check_pool(c, &own, t->pool_id, code));
    if (*code != CODE_OK || !t->target_msisdn[0])
        return XK_OK;
    err = number_get_by_msisdn(c->store, t->target_msisdn, &n);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    return check_pool(c, &own, n.pool_id, code);
}

/* Whether this card is written over this channel at all. */
static int check_path(const struct order_ctx *c, const struct task *t, const struct chip *chip)
{
    if (chip_is_domestic(chip))
        return t->channel == TASK_CHANNEL_BIP || t->channel == TASK_CHANNEL_RSP ? CODE_CARD_CANNOT
                                                                                : CODE_OK;
    if (t->channel != TASK_CHANNEL_RSP || !task_mode_gives(t->mode))
        return CODE_CARD_CANNOT;
    return c->ports->rsp ? CODE_OK : CODE_NO_SMDPP;
}

/* What this card, as it is, allows. */
static int check_chip(const struct order_ctx *c, const struct task *t, const struct chip *chip)
{
    static const uint8_t no_task[TASK_ID_LEN];
    int code = check_path(c, t, chip);

    if (code != CODE_OK)
        return code;
    if (chip->state == CHIP_BLOCKED)
        return CODE_CARD_STATE;
    if (memcmp(chip->task_id, no_task, sizeof no_task) != 0 &&
        memcmp(chip->task_id, t->id, sizeof no_task) != 0)
        return CODE_TASK_UNDER_WAY;
    if (t->mode == TASK_MODE_NEW && strcmp(chip->imsi, chip->seed_imsi) != 0)
        return CODE_CARD_BUSY;
    if (t->mode == TASK_MODE_SWAP && strcmp(chip->imsi, chip->seed_imsi) == 0)
        return CODE_CARD_STATE;
    if (!task_mode_gives(t->mode) &&
        (chip->seed_imsi[0] == '\0' || strcmp(chip->imsi, chip->seed_imsi) == 0))
        return CODE_CARD_STATE;
    if (t->channel == TASK_CHANNEL_SMS && chip->msisdn[0] == '\0')
        return CODE_CARD_CANNOT;
    return CODE_OK;
}

static int reserve_code(enum xk_err err, const struct task *t)
{
    switch ((int)err) {
    case XK_OK:
        return CODE_OK;
    case XK_E_NOT_FOUND:
        return t->target_msisdn[0] ? CODE_NUMBER_ELSEWHERE : CODE_POOL_EMPTY;
    case XK_E_EXISTS:
        return CODE_NUMBER_TAKEN;
    case XK_E_STATE:
        return CODE_NUMBER_FROZEN;
    case XK_E_DENIED:
        return CODE_NUMBER_ELSEWHERE;
    default:
        return CODE_INTERNAL;
    }
}

static enum xk_err lock_number(struct order_ctx *c, struct task *t, const struct chip *chip,
                               int *code)
{
    struct number n;
    enum xk_err err;

    if (!task_mode_gives(t->mode)) {
        snprintf(t->imsi, sizeof t->imsi, "%s", chip->seed_imsi);
        snprintf(t->msisdn, sizeof t->msisdn, "%s", chip->seed_msisdn);
        snprintf(t->iccid, sizeof t->iccid, "%s", chip->seed_iccid);
        *code = CODE_OK;
        return XK_OK;
    }
    err = number_reserve(c->store, t->pool_id, t->target_msisdn, t->cid, t->id, c->now, &n);
    *code = reserve_code(err, t);
    if (*code == CODE_INTERNAL)
        return err;
    if (*code == CODE_OK) {
        snprintf(t->imsi, sizeof t->imsi, "%s", n.imsi);
        snprintf(t->msisdn, sizeof t->msisdn, "%s", n.msisdn);
        snprintf(t->iccid, sizeof t->iccid, "%s", n.iccid);
    }
    return XK_OK;
}

static enum xk_err open_number(struct order_ctx *c, struct task *t)
{
    struct outbox_item item = {
        .kind = OUTBOX_OPEN, .address = t->imsi, .due_at = c->now, .group_key = ""};

    if (!task_mode_gives(t->mode)) {
        TRY(machine_move(c, t, TASK_SCRIPT_READY, "the seed is open"));
        return machine_start(c, t);
    }
    t->due_at = c->now + (int64_t)task_state_info(TASK_NUMBER_LOCKED)->dwell_s * 1000;
    memcpy(item.task_id, t->id, sizeof item.task_id);
    return outbox_add(c->store, c->ids, &item, c->said);
}

static void choose_channel(struct task *t, const struct chip *chip)
{
    if (t->channel == TASK_CHANNEL_AUTO && !chip_is_domestic(chip))
        t->channel = TASK_CHANNEL_RSP;
    else if (t->channel == TASK_CHANNEL_AUTO)
        t->channel = chip->msisdn[0] ? TASK_CHANNEL_SMS : TASK_CHANNEL_RELAY;
}

/* detail: the thing it is about; "" none. */
static enum xk_err check_failed(struct order_ctx *c, struct task *t, int code, const char *detail)
{
    char message[sizeof t->message];

    snprintf(message, sizeof message, "%s%s%s", code_info(code)->en, detail[0] ? ": " : "", detail);
    return machine_end(c, t, TASK_CHECK_FAIL, code, message);
}

/* All is allowed: the number and the card are the task's. */
static enum xk_err lock(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    struct order_offer offer = {.code = CODE_OK};
    int code;

    TRY(lock_number(c, t, chip, &code));
    if (code != CODE_OK)
        return check_failed(c, t, code, "");
    if (t->channel == TASK_CHANNEL_RSP)
        TRY(rsp_offer(c, t, &offer));
    if (offer.code != CODE_OK)
        return check_failed(c, t, offer.code, offer.detail);
    TRY(chip_lock(c->store, t->cid, t->id, c->now));
    TRY(machine_move(c, t, TASK_NUMBER_LOCKED, t->msisdn));
    return open_number(c, t);
}

static enum xk_err pass_gates(struct order_ctx *c, struct task *t, const struct chip *chip,
                              enum gates_real_name real_name)
{
    struct gates_verdict v;

    TRY(gates_pass(c, t, chip, real_name, &v));
    if (v.code != CODE_OK)
        return check_failed(c, t, v.code, v.detail);
    return v.answer == GATE_LATER ? XK_OK : lock(c, t, chip);
}

enum xk_err machine_check_and_lock(struct order_ctx *c, struct task *t)
{
    struct chip chip;
    int code;
    enum xk_err err = chip_get(c->store, t->cid, &chip);

    if (err == XK_E_NOT_FOUND)
        return machine_end(c, t, TASK_REJECTED, CODE_NO_SUCH_CARD,
                           code_info(CODE_NO_SUCH_CARD)->en);
    TRY(err);
    TRY(machine_move(c, t, TASK_CHECKING, ""));
    choose_channel(t, &chip);
    TRY(check_owner(c, t, &chip, &code));
    if (code == CODE_OK && close_is_all(t, &chip))
        return close_card(c, t, &chip);
    if (code == CODE_OK)
        code = check_chip(c, t, &chip);
    if (code != CODE_OK)
        return check_failed(c, t, code, "");
    return pass_gates(c, t, &chip, GATES_REAL_NAME_ASK);
}

/* What was right when it was asked may have changed since. */
enum xk_err machine_real_name(struct order_ctx *c, struct task *t, enum gate_answer answer)
{
    struct chip chip;
    int code;

    if (answer == GATE_NO)
        return check_failed(c, t, CODE_NOT_REAL_NAMED, "");
    TRY(task_event_add(c->store, t, c->now, "note", "real-named", BYTES_NONE));
    TRY(chip_get(c->store, t->cid, &chip));
    TRY(check_owner(c, t, &chip, &code));
    if (code == CODE_OK)
        code = check_chip(c, t, &chip);
    if (code != CODE_OK)
        return check_failed(c, t, code, "");
    return pass_gates(c, t, &chip, GATES_REAL_NAME_KNOWN);
}

enum xk_err order_apply(struct order_ctx *c, const struct order_wish *w, struct task *t, int *code,
                        bool *repeat)
{
    enum xk_err err = task_load_by_order(c->store, w->app_id, w->order_no, t);

    *repeat = err == XK_OK;
    *code = t->code;
    if (err == XK_OK)
        return XK_OK;
    if (err != XK_E_NOT_FOUND)
        return err;
    new_task(c, w, t);
    TRY(task_insert(c->store, t));
    TRY(task_event_add(c->store, t, c->now, "state", "applied", BYTES_NONE));
    TRY(machine_check_and_lock(c, t));
    *code = t->code;
    return task_save(c->store, t);
}

enum xk_err order_accept(struct order_ctx *c, const struct order_wish *w)
{
    struct task t;
    enum xk_err err = task_load_by_order(c->store, w->app_id, w->order_no, &t);

    if (err != XK_E_NOT_FOUND)
        return err;
    new_task(c, w, &t);
    t.due_at = c->now;
    TRY(task_insert(c->store, &t));
    return task_event_add(c->store, &t, c->now, "state", "applied", BYTES_NONE);
}

/* Loads the task; *code tells the customer when there is none. */
static enum xk_err find(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], struct task *t,
                        int *code)
{
    enum xk_err err = task_load(c->store, id, t);

    *code = err == XK_E_NOT_FOUND ? CODE_NO_SUCH_TASK : CODE_OK;
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err order_cancel(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], int *code)
{
    struct task t;

    TRY(find(c, id, &t, code));
    if (*code != CODE_OK)
        return XK_OK;
    if (!machine_may_move(t.state, TASK_CANCELLED) ||
        (t.state == TASK_SENDING && t.channel != TASK_CHANNEL_RSP)) {
        *code = CODE_TASK_STATE;
        return XK_OK;
    }
    TRY(machine_end(c, &t, TASK_CANCELLED, CODE_OK, "cancelled by the customer"));
    return task_save(c->store, &t);
}

static enum xk_err forget_round(struct order_ctx *c, struct task *t)
{
    TRY(indicator_note(c->store, t, -1));
    TRY(batch_note(c, t, -1));
    t->attempts = 0;
    t->attempts_all++;
    t->retries++;
    t->code = CODE_OK;
    t->message[0] = '\0';
    t->finished_at = 0;
    t->expires_at = c->now + c->policy->expiry_ms;
    return XK_OK;
}

/* The number is still held and the card may be half way: go on where it stopped. */
static enum xk_err resume(struct order_ctx *c, struct task *t)
{
    struct chip chip;

    if (t->channel == TASK_CHANNEL_RELAY) {
        TRY(machine_move(c, t, TASK_SCRIPT_READY, "retry by hand"));
        t->due_at = c->now + c->policy->relay_ms;
        return XK_OK;
    }
    TRY(machine_move(c, t, machine_resume_state(t), "retry by hand"));
    TRY(chip_get(c->store, t->cid, &chip));
    return machine_send(c, t, &chip);
}

enum xk_err order_retry(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], int *code)
{
    struct task t;

    TRY(find(c, id, &t, code));
    if (*code != CODE_OK)
        return XK_OK;
    if (t.state == TASK_MANUAL) {
        TRY(forget_round(c, &t));
        TRY(resume(c, &t));
        return task_save(c->store, &t);
    }
    if (!machine_may_move(t.state, TASK_ACCEPTED)) {
        *code = CODE_TASK_STATE;
        return XK_OK;
    }
    TRY(forget_round(c, &t));
    t.attempts_all--; /* machine_start counts the new round */
    t.step = TASK_STEP_NONE;
    t.attach_seen = t.report_seen = false;
    t.card_result = 0;
    t.imsi[0] = t.msisdn[0] = t.iccid[0] = '\0';
    TRY(machine_move(c, &t, TASK_ACCEPTED, "retry by hand"));
    TRY(machine_check_and_lock(c, &t));
    *code = t.code;
    return task_save(c->store, &t);
}

enum xk_err order_relay_script(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               struct buf *packet, int *code)
{
    struct chip chip;
    struct task t;
    bool stopped;

    TRY(find(c, id, &t, code));
    if (*code != CODE_OK)
        return XK_OK;
    if (t.channel != TASK_CHANNEL_RELAY || t.state != TASK_SCRIPT_READY) {
        *code = t.channel == TASK_CHANNEL_RELAY && t.state >= TASK_SENDING ? CODE_SCRIPT_GONE
                                                                           : CODE_TASK_STATE;
        return XK_OK;
    }
    TRY(exception_writing_stopped(c->store, &stopped));
    if (stopped) {
        *code = CODE_WRITING_STOPPED;
        return XK_OK;
    }
    TRY(chip_get(c->store, t.cid, &chip));
    TRY(machine_build(c, &t, &chip, packet));
    t.attempts++;
    t.sending_at = c->now;
    t.due_at = c->now + c->policy->relay_ms;
    TRY(machine_move(c, &t, TASK_SENDING, "fetched for relay"));
    return task_save(c->store, &t);
}
