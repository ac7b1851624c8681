/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: from the home network, the SMSC, the cards and the clock. */
#include "base/hex.h"
#include "codec/script/script.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "service/order/machine.h"
#include "service/order/rule.h"
#include "service/order/task_store.h"

#define NUMBERS_OF_CARD 64 /* that one card may have had in its quarantine */

bool machine_is_open(const struct task *t)
{
    return t->state <= TASK_ATTACHED || t->state == TASK_MANUAL;
}

enum xk_err order_on_opened(struct order_ctx *c, const char *imsi, const char *reason)
{
    struct task t;
    enum xk_err err = task_load_by_imsi(c->store, imsi, &t);

    if (err == XK_E_NOT_FOUND || (err == XK_OK && t.state != TASK_NUMBER_LOCKED))
        return XK_OK; /* cancelled meanwhile, or said twice */
    TRY(err);
    if (reason) {
        TRY(machine_end(c, &t, TASK_CHECK_FAIL, CODE_NUMBER_ELSEWHERE, reason));
        return task_save(c->store, &t);
    }
    TRY(number_move(c->store, imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, c->now));
    TRY(machine_move(c, &t, TASK_SCRIPT_READY, "open in the home network"));
    TRY(machine_start(c, &t));
    return task_save(c->store, &t);
}

enum xk_err order_on_submitted(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               const char *reason)
{
    struct chip chip;
    struct task t;
    enum xk_err err = task_load(c->store, id, &t);

    if (err == XK_E_NOT_FOUND || (err == XK_OK && !machine_is_open(&t)))
        return XK_OK;
    TRY(err);
    if (reason && t.attempts >= c->policy->max_attempts &&
        machine_may_move(t.state, TASK_SEND_FAIL)) {
        TRY(machine_end(c, &t, TASK_SEND_FAIL, CODE_SEND_FAILED, reason));
        return task_save(c->store, &t);
    }
    if (reason)
        TRY(task_event_add(c->store, &t, c->now, "note", reason, BYTES_NONE));
    TRY(chip_get(c->store, t.cid, &chip));
    if (t.state != TASK_MANUAL)
        t.due_at = c->now + machine_t1(c, &chip);
    return task_save(c->store, &t);
}

enum xk_err order_on_receipt(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], bool delivered)
{
    struct task t;
    enum xk_err err = task_load(c->store, id, &t);

    if (err == XK_E_NOT_FOUND || (err == XK_OK && !machine_is_open(&t)))
        return XK_OK;
    TRY(err);
    if (!delivered) {
        TRY(task_event_add(c->store, &t, c->now, "receipt", "not delivered", BYTES_NONE));
        if (t.state != TASK_MANUAL)
            t.due_at = c->now;
        return task_save(c->store, &t);
    }
    if (t.state != TASK_SENDING)
        return XK_OK; /* the report was faster, or it is the commit's receipt */
    TRY(machine_move(c, &t, TASK_DELIVERED, "delivery receipt"));
    return task_save(c->store, &t);
}

enum xk_err machine_number_written(struct order_ctx *c, const struct task *t)
{
    struct number n;

    if (!task_mode_gives(t->mode))
        return XK_OK;
    TRY(number_get_by_imsi(c->store, t->imsi, &n));
    if (n.state != NUMBER_ASSIGNED)
        return XK_OK;
    return number_move(c->store, t->imsi, NUMBER_ASSIGNED, NUMBER_WRITTEN, c->now);
}

/* The number the card carried before goes into quarantine and is closed in the home network. */
static enum xk_err retire_old_number(struct order_ctx *c, const struct task *t)
{
    struct number old;
    enum xk_err err;

    if (t->mode == TASK_MODE_NEW)
        return XK_OK;
    err = number_get_in_use(c->store, t->cid, t->imsi, &old);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    return machine_close_number(c, t, &old);
}

static enum xk_err succeed(struct order_ctx *c, struct task *t)
{
    TRY(retire_old_number(c, t));
    if (task_mode_gives(t->mode))
        TRY(number_move(c->store, t->imsi, NUMBER_WRITTEN, NUMBER_IN_USE, c->now));
    if (t->mode == TASK_MODE_DELETE)
        TRY(real_name_close(c->store, t->cid, c->now));
    return machine_end(c, t, TASK_SUCCESS, CODE_OK, "");
}

/* Over RELAY the card's answer to the script is its word. */
enum xk_err machine_try_finish(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    bool card_said =
        t->report_seen || (t->channel == TASK_CHANNEL_RELAY && t->card_result == SCRIPT_COMMITTED);

    if (t->attach_seen && t->state != TASK_ATTACHED)
        TRY(machine_walk(c, t, TASK_ATTACHED));
    if (t->attach_seen && card_said)
        return succeed(c, t);
    t->due_at = chip ? c->now + machine_t1(c, chip) : t->expires_at;
    return XK_OK;
}

static enum xk_err on_prepared(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    if (t->step != TASK_STEP_PREPARE)
        return XK_OK; /* said again, the commit is on its way */
    TRY(machine_number_written(c, t));
    TRY(machine_walk(c, t, TASK_PREPARED));
    t->step = TASK_STEP_COMMIT;
    t->attempts = 0;
    return machine_send(c, t, chip);
}

static enum xk_err on_committed(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    if (t->state == TASK_COMMITTED || t->state == TASK_ATTACHED)
        return XK_OK;
    TRY(machine_number_written(c, t));
    TRY(machine_walk(c, t, TASK_COMMITTED));
    t->step = TASK_STEP_COMMIT;
    t->attempts = 0;
    return machine_try_finish(c, t, chip);
}

static enum xk_err on_ok(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    t->report_seen = true;
    TRY(machine_number_written(c, t));
    if (t->state != TASK_ATTACHED)
        TRY(machine_walk(c, t, TASK_COMMITTED));
    t->step = TASK_STEP_COMMIT;
    return machine_try_finish(c, t, chip);
}

static enum xk_err on_fell_back(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    if (!machine_may_move(t->state, TASK_ROLLED_BACK))
        return XK_OK;
    TRY(chip_set_number(c->store, chip->cid, chip->seed_imsi, chip->seed_msisdn, chip->seed_iccid,
                        c->now));
    t->attach_seen = t->report_seen = false;
    if (t->rollbacks >= c->policy->rollback_retries)
        return machine_end(c, t, TASK_ROLLED_BACK, CODE_FELL_BACK, code_info(CODE_FELL_BACK)->en);
    TRY(machine_move(c, t, TASK_ROLLED_BACK, "the card went back to its seed"));
    t->rollbacks++;
    t->attempts_all++;
    t->step = TASK_STEP_PREPARE;
    t->attempts = 0;
    TRY(machine_move(c, t, TASK_SENDING, "again"));
    return machine_send(c, t, chip);
}

static enum xk_err on_note(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    (void)chip;
    return task_event_add(c->store, t, c->now, "note", script_result_en(t->card_result),
                          BYTES_NONE);
}

static bool may_fail_on_card(const struct task *t)
{
    return machine_may_move(t->state, TASK_CARD_ERROR);
}

/* The card will say the same to the same script: a person or another number is needed. */
static enum xk_err on_refused(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    (void)chip;
    if (!may_fail_on_card(t))
        return XK_OK;
    return machine_end(c, t, TASK_CARD_ERROR, CODE_CARD_FAILED, script_result_en(t->card_result));
}

/* Something on the way or in passing: worth another attempt. */
static enum xk_err on_stumbled(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    if (!may_fail_on_card(t))
        return XK_OK;
    if (t->attempts >= c->policy->max_attempts)
        return on_refused(c, t, chip);
    TRY(machine_move(c, t, TASK_CARD_ERROR, script_result_en(t->card_result)));
    t->attempts_all++;
    TRY(machine_move(c, t, machine_resume_state(t), "again"));
    return machine_send(c, t, chip);
}

static const struct {
    enum script_result result;
    enum xk_err (*handle)(struct order_ctx *c, struct task *t, const struct chip *chip);
} results[] = {
    /* P-3 */
    {SCRIPT_OK, on_ok},
    {SCRIPT_PREPARED, on_prepared},
    {SCRIPT_COMMITTED, on_committed},
    {SCRIPT_BAD_MAC, on_stumbled},
    {SCRIPT_REPLAYED, on_stumbled},
    {SCRIPT_WRONG_CARD, on_refused},
    {SCRIPT_BAD_VERSION, on_refused},
    {SCRIPT_NO_SPACE, on_refused},
    {SCRIPT_BAD_ALGORITHM, on_refused},
    {SCRIPT_BAD_LENGTH, on_refused},
    {SCRIPT_REFRESH_REFUSED, on_note},
    {SCRIPT_FELL_BACK, on_fell_back},
    {SCRIPT_ATTACH_TIMEOUT, on_note},
    {SCRIPT_INTERNAL, on_stumbled},
};

/* The result an answer means when the applet had no word in it (TS 102 225 5.2). */
static uint8_t result_of_status(uint8_t status)
{
    if (status == 0x01 || status == 0x05 || status == 0x06)
        return SCRIPT_BAD_MAC;
    if (status == 0x02 || status == 0x03 || status == 0x04)
        return SCRIPT_REPLAYED;
    return status == 0x07 ? SCRIPT_NO_SPACE : SCRIPT_INTERNAL;
}

static enum xk_err note_report(struct order_ctx *c, const struct task *t,
                               const struct order_report *r, uint8_t result)
{
    uint8_t *data = arena_alloc(c->arena, r->packet.n + 1);
    char detail[160];

    if (!data)
        return XK_E_NOMEM;
    data[0] = r->iei;
    if (r->packet.n > 0)
        memcpy(data + 1, r->packet.p, r->packet.n);
    snprintf(detail, sizeof detail, "%s from %s: %02X %s%s", r->is_answer ? "answer" : "report",
             r->from ? r->from : "relay", result, script_result_en(result),
             r->repeated ? " (repeated)" : "");
    return task_event_add(c->store, t, c->now, "sms_in", detail, BYTES(data, r->packet.n + 1));
}

/* About an attempt that has been repeated since, or, by a card that could not read its counter,
 * about anybody's: nothing follows, but should no better word come, it tells why. */
static enum xk_err note_complaint(struct order_ctx *c, struct task *t, uint8_t result)
{
    if (t->card_result != 0)
        return XK_OK;
    t->card_result = result;
    return task_save(c->store, t);
}

static enum xk_err has_hash(const char *imsi, const uint8_t hash[SCRIPT_IMSI_HASH_LEN], bool *has)
{
    uint8_t one[SCRIPT_IMSI_HASH_LEN];

    TRY(script_imsi_hash(imsi, one));
    *has = memcmp(one, hash, sizeof one) == 0;
    return XK_OK;
}

/* The task's number; or the seed, since the card may have gone back before it says its word; or one
 * that an earlier round gave it, which rests by now. */
static enum xk_err is_known_number(struct order_ctx *c, const struct task *t,
                                   const struct chip *chip,
                                   const uint8_t hash[SCRIPT_IMSI_HASH_LEN], bool *known)
{
    struct number *own;
    size_t n;

    TRY(has_hash(t->imsi, hash, known));
    if (!*known)
        TRY(has_hash(chip->seed_imsi, hash, known));
    if (*known)
        return XK_OK;
    own = arena_alloc(c->arena, NUMBERS_OF_CARD * sizeof *own);
    if (!own)
        return XK_E_NOMEM;
    TRY(number_of_card(c->store, t->cid, own, NUMBERS_OF_CARD, &n));
    for (size_t i = 0; i < n && !*known; i++)
        TRY(has_hash(own[i].imsi, hash, known));
    return XK_OK;
}

/* The card is in use with a number that was never meant for it: the gravest thing that can
 * happen. */
static enum xk_err check_written(struct order_ctx *c, const struct task *t, const struct chip *chip,
                                 const struct order_report *r, bool *wrong)
{
    struct exception_ctx x = order_exceptions(c);
    struct exception_fault f = {.cause = EXCEPTION_BY_WRONG_NUMBER,
                                .of = EXCEPTION_OF_TASK,
                                .org_id = t->org_id,
                                .card = t->cid,
                                .text = "the card reports another IMSI than the task's",
                                .task = t};
    char id[TASK_ID_TEXT];
    bool known;

    *wrong = false;
    if (!r->has_imsi_hash || (r->result != SCRIPT_OK && r->result != SCRIPT_COMMITTED))
        return XK_OK;
    TRY(is_known_number(c, t, chip, r->imsi_hash, &known));
    *wrong = !known;
    if (known)
        return XK_OK;
    TRY(task_event_add(c->store, t, c->now, "note", f.text, BYTES_NONE));
    f.subject = hex_encode_lower(BYTES_OF(t->id), id);
    return exception_note(&x, &f);
}

static enum xk_err find_task(struct order_ctx *c, const struct chip *chip,
                             const struct order_report *r, struct task *t)
{
    TRY(task_load(c->store, r->has_result ? r->task_id : chip->task_id, t));
    return strcmp(t->cid, chip->cid) == 0 ? XK_OK : XK_E_NOT_FOUND;
}

static enum xk_err dispatch(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (results[i].result == t->card_result)
            return results[i].handle(c, t, chip);
    }
    return on_stumbled(c, t, chip);
}

enum xk_err order_on_report(struct order_ctx *c, const struct chip *chip,
                            const struct order_report *r)
{
    struct task t;
    bool wrong;
    uint8_t result = r->has_result ? r->result : result_of_status(r->status);
    enum xk_err err;

    if (!r->is_answer)
        TRY(chip_accept_up_counter(c->store, chip->cid, r->counter));
    else if (r->counter > chip->down_counter)
        return XK_E_DENIED; /* to nothing we ever said */
    if (r->imei[0] || r->cos[0] || r->has_wear)
        TRY(chip_set_reported(c->store, chip->cid, r->imei, r->cos,
                              r->has_wear ? r->wear_left : UINT32_MAX, c->now));
    err = find_task(c, chip, r, &t);
    if (err == XK_E_NOT_FOUND || (err == XK_OK && !machine_is_open(&t)))
        return XK_OK; /* of a task that has ended: nothing to move */
    TRY(err);
    TRY(note_report(c, &t, r, result));
    if (r->is_answer && r->counter < chip->down_counter && result >= SCRIPT_BAD_MAC)
        return note_complaint(c, &t, result);
    TRY(check_written(c, &t, chip, r, &wrong));
    if (wrong)
        return XK_OK;
    t.card_result = result;
    TRY(dispatch(c, &t, chip));
    return task_save(c->store, &t);
}

static enum xk_err attach_elsewhere(struct order_ctx *c, const char *imsi)
{
    struct chip chip;
    enum xk_err err = chip_get_by_seed(c->store, imsi, &chip);

    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    if (strcmp(chip.imsi, imsi) == 0)
        return rule_on_seen(c, &chip);
    /* back on its seed: that is where it can be reached now */
    return chip_set_number(c->store, chip.cid, chip.seed_imsi, chip.seed_msisdn, chip.seed_iccid,
                           c->now);
}

enum xk_err order_on_attach(struct order_ctx *c, const char *imsi, const char *imei, int64_t at)
{
    struct chip chip;
    struct task t;
    enum xk_err err = task_load_by_imsi(c->store, imsi, &t);

    (void)at;
    if (err == XK_E_NOT_FOUND)
        return attach_elsewhere(c, imsi);
    TRY(err);
    if (!machine_is_open(&t) || t.attach_seen || t.step == TASK_STEP_NONE)
        return XK_OK;
    if (!task_mode_gives(t.mode) && t.card_result != SCRIPT_COMMITTED && t.card_result != SCRIPT_OK)
        return attach_elsewhere(c, imsi);
    t.attach_seen = true;
    TRY(task_event_add(c->store, &t, c->now, "attach", imei, BYTES_NONE));
    TRY(chip_set_number(c->store, t.cid, t.imsi, t.msisdn, t.iccid, c->now));
    TRY(chip_get(c->store, t.cid, &chip));
    TRY(machine_number_written(c, &t));
    t.step = TASK_STEP_COMMIT;
    t.attempts = 0;
    TRY(machine_try_finish(c, &t, t.channel == TASK_CHANNEL_RSP ? NULL : &chip));
    return task_save(c->store, &t);
}

static enum xk_err expire(struct order_ctx *c, struct task *t)
{
    return machine_end(c, t, TASK_EXPIRED, CODE_NO_ANSWER, "not finished in time");
}

static enum xk_err on_due(struct order_ctx *c, struct task *t)
{
    if (t->expires_at <= c->now && machine_may_move(t->state, TASK_EXPIRED))
        return expire(c, t);
    switch ((int)t->state) {
    case TASK_ACCEPTED:
        t->due_at = INT64_MAX;
        return machine_check_and_lock(c, t);
    case TASK_CHECKING:
        return gates_silent(c, t);
    case TASK_NUMBER_LOCKED:
        return expire(c, t);
    case TASK_SCRIPT_READY:
        return t->channel == TASK_CHANNEL_RELAY && t->step != TASK_STEP_NONE ? expire(c, t)
                                                                             : machine_start(c, t);
    case TASK_SENDING:
    case TASK_DELIVERED:
    case TASK_PREPARED:
    case TASK_COMMITTED:
    case TASK_ATTACHED:
        return machine_no_report(c, t);
    default:
        t->due_at = INT64_MAX;
        return XK_OK;
    }
}

enum xk_err order_on_time(struct order_ctx *c, size_t limit, size_t *moved)
{
    uint8_t ids[64][TASK_ID_LEN];
    size_t n;

    TRY(task_due(c->store, c->now, limit < ARRAY_LEN(ids) ? limit : ARRAY_LEN(ids), ids, &n));
    for (size_t i = 0; i < n; i++) {
        struct task t;

        TRY(task_load(c->store, ids[i], &t));
        TRY(on_due(c, &t));
        TRY(task_save(c->store, &t));
    }
    *moved = n;
    return XK_OK;
}
