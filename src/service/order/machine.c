/* SPDX-License-Identifier: Apache-2.0 */
#include "service/order/machine.h"

#include "service/chip/chip.h"
#include "service/exception/exception.h"
#include "service/indicator/indicator.h"
#include "service/number/number.h"
#include "service/order/task_store.h"

#define ATTEMPTS_FALLBACK 5
#define PACKET_MAX 2048
#define HELD_MS 60000

static const struct {
    enum task_state from, to;
} moves[] = {
#define TASK_MOVE(from, to, why) {TASK_##from, TASK_##to},
#include "service/order/moves.def"
#undef TASK_MOVE
};

void order_policy_default(struct order_policy *p)
{
    const int64_t minute = 60000;

    *p = (struct order_policy){
        .t1_ms = {[ORDER_LTE] = 5 * minute,
                  [ORDER_GSM] = 15 * minute,
                  [ORDER_NB_IOT] = 60 * minute,
                  [ORDER_EMTC] = 15 * minute},
        .max_attempts = ATTEMPTS_FALLBACK,
        .rollback_retries = 1,
        .validity_s = 86400,
        .expiry_ms = 48 * 60 * minute,
        .relay_ms = 10 * minute,
        .keep_seed = true,
        .breaker_window = 50,
        .breaker_permille = 200,
    };
}

bool machine_may_move(enum task_state from, enum task_state to)
{
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        if (moves[i].from == from && moves[i].to == to)
            return true;
    }
    return false;
}

enum xk_err machine_move(struct order_ctx *c, struct task *t, enum task_state to,
                         const char *detail)
{
    if (!machine_may_move(t->state, to))
        return XK_E_STATE;
    t->state = to;
    t->updated_at = c->now;
    return task_event_add(c->store, t, c->now, "state", detail, BYTES_NONE);
}

enum xk_err machine_walk(struct order_ctx *c, struct task *t, enum task_state to)
{
    static const enum task_state path[] = {TASK_PREPARED, TASK_COMMITTED, TASK_ATTACHED};

    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        if (path[i] > to)
            break;
        if (t->state < path[i] || t->state == TASK_MANUAL) {
            if (!machine_may_move(t->state, path[i]))
                continue;
            TRY(machine_move(c, t, path[i], ""));
        }
    }
    return t->state == to ? XK_OK : XK_E_STATE;
}

static enum xk_err say(struct order_ctx *c, const struct task *t, enum outbox_kind kind,
                       const char *address, struct bytes payload, const char *group)
{
    struct outbox_item item = {
        .kind = kind, .address = address, .payload = payload, .due_at = c->now, .group_key = group};

    memcpy(item.task_id, t->id, sizeof item.task_id);
    return outbox_add(c->store, c->ids, &item, c->said);
}

enum xk_err machine_tell(struct order_ctx *c, const struct task *t)
{
    char event_id[32];
    struct buf body;
    enum xk_err err;

    if (t->callback_url[0] == '\0')
        return XK_OK;
    snprintf(event_id, sizeof event_id, "%lld", (long long)c->ids->next);
    buf_init(&body, OUTBOX_PAYLOAD_MAX);
    err = c->ports->encode_callback(c->ports->ctx, t, event_id, c->now, &body);
    if (err == XK_OK)
        err = say(c, t, OUTBOX_CALLBACK, t->callback_url, buf_bytes(&body), t->cid);
    buf_fini(&body);
    return err;
}

enum xk_err machine_close_number(struct order_ctx *c, const struct task *t, const struct number *n)
{
    TRY(number_move(c->store, n->imsi, n->state, NUMBER_FROZEN, c->now));
    return say(c, t, OUTBOX_CLOSE, n->imsi, BYTES_NONE, "");
}

/* A number that never left the platform is free again; one that the home network or a card may know
 * is closed and rests (P-25). */
static enum xk_err release_number(struct order_ctx *c, const struct task *t)
{
    struct number n;

    if (t->imsi[0] == '\0' || !task_mode_gives(t->mode))
        return XK_OK;
    TRY(number_get_by_imsi(c->store, t->imsi, &n));
    if (memcmp(n.task_id, t->id, sizeof n.task_id) != 0)
        return XK_OK;
    if (n.state == NUMBER_RESERVED)
        return number_move(c->store, n.imsi, NUMBER_RESERVED, NUMBER_FREE, c->now);
    return machine_close_number(c, t, &n);
}

static enum xk_err release_chip(struct order_ctx *c, const struct task *t)
{
    enum xk_err err = chip_unlock(c->store, t->cid, t->id, c->now);

    return err == XK_E_STATE || err == XK_E_NOT_FOUND ? XK_OK : err;
}

struct exception_ctx order_exceptions(const struct order_ctx *c)
{
    return (struct exception_ctx){.store = c->store,
                                  .ids = c->ids,
                                  .said = c->said,
                                  .now = c->now,
                                  .encode = c->ports->encode_exception};
}

static enum xk_err note_exception(struct order_ctx *c, const struct task *t, enum task_state from)
{
    struct exception_ctx x = order_exceptions(c);
    struct exception_ending e = {.task = t, .from = from};

    if (t->code == CODE_NO_ANSWER)
        TRY(task_was_delivered(c->store, t->id, &e.delivered));
    return exception_task_ended(&x, &e);
}

enum xk_err machine_end(struct order_ctx *c, struct task *t, enum task_state to, int code,
                        const char *message)
{
    enum task_state from = t->state;

    /* an ending that was none, after all */
    TRY(indicator_note(c->store, t, -1));
    TRY(batch_note(c, t, -1));
    TRY(machine_move(c, t, to, message));
    t->code = code;
    snprintf(t->message, sizeof t->message, "%s", message);
    t->finished_at = c->now;
    t->due_at = INT64_MAX;
    if (to == TASK_MANUAL)
        t->due_at = t->expires_at; /* the card may still answer: nothing is released yet */
    else if (to != TASK_SUCCESS) {
        TRY(rsp_withdraw(c, t));
        TRY(release_number(c, t));
    }
    if (to != TASK_MANUAL)
        TRY(release_chip(c, t));
    t->activation_code[0] = '\0';
    TRY(indicator_note(c->store, t, 1));
    TRY(note_exception(c, t, from));
    TRY(batch_note(c, t, 1));
    return machine_tell(c, t);
}

static enum order_radio radio_of(const struct chip *chip)
{
    if (strcmp(chip->radio, "GSM") == 0)
        return ORDER_GSM;
    if (strcmp(chip->radio, "NB-IoT") == 0)
        return ORDER_NB_IOT;
    return strcmp(chip->radio, "eMTC") == 0 ? ORDER_EMTC : ORDER_LTE;
}

int64_t machine_t1(const struct order_ctx *c, const struct chip *chip)
{
    return c->policy->t1_ms[radio_of(chip)];
}

static enum xk_err load_number(struct order_ctx *c, const struct task *t, struct number *n,
                               struct number_keys *keys)
{
    TRY(number_get_by_imsi(c->store, t->imsi, n));
    return number_get_keys(c->store, c->keystore, t->imsi, keys);
}

static bool needs_number(const struct task *t)
{
    return t->step == TASK_STEP_PREPARE && task_mode_gives(t->mode);
}

enum xk_err machine_build(struct order_ctx *c, struct task *t, const struct chip *chip,
                          struct buf *packet)
{
    struct chip_keys chip_keys = {0};
    struct number_keys number_keys = {0};
    struct number number;
    struct order_script s = {
        .task = t,
        .chip = chip,
        .chip_keys = &chip_keys,
        .step = t->step,
        .single_shot = c->policy->single_shot || t->channel == TASK_CHANNEL_RELAY,
        .restore = !task_mode_gives(t->mode),
        .keep_seed = c->policy->keep_seed,
        .fallback_min = c->policy->fallback_min,
    };
    enum xk_err err = chip_next_down_counter(c->store, t->cid, &s.counter);

    if (err == XK_OK)
        err = chip_get_keys(c->store, c->keystore, t->cid, &chip_keys);
    if (err == XK_OK && needs_number(t)) {
        err = load_number(c, t, &number, &number_keys);
        s.number = &number;
        s.number_keys = &number_keys;
    }
    if (err == XK_OK)
        err = c->ports->build_script(c->ports->ctx, &s, packet);
    explicit_bzero(&chip_keys, sizeof chip_keys);
    explicit_bzero(&number_keys, sizeof number_keys);
    return err;
}

/* What it means for the customer that a script cannot be built; CODE_OK: it is our own trouble. */
static int build_code(enum xk_err err)
{
    if (err == XK_E_LIMIT)
        return CODE_SCRIPT_TOO_LONG;
    if (err == XK_E_AUTH || err == XK_E_FORMAT || err == XK_E_VALUE)
        return CODE_NO_KEYS;
    return CODE_OK;
}

static enum xk_err send_packet(struct order_ctx *c, struct task *t, const struct chip *chip,
                               struct bytes packet)
{
    uint8_t *payload = arena_alloc(c->arena, packet.n + 1);
    struct bytes with_iei = BYTES(payload, packet.n + 1);
    char detail[64];

    if (!payload)
        return XK_E_NOMEM;
    payload[0] = 0x70; /* IEI of a command packet, TS 31.115 */
    memcpy(payload + 1, packet.p, packet.n);
    t->attempts++;
    t->due_at = t->expires_at; /* T1 begins when the SMSC has it */
    snprintf(detail, sizeof detail, "%s to %s, attempt %u",
             t->step == TASK_STEP_COMMIT ? "COMMIT" : "PREPARE", chip->msisdn, t->attempts);
    TRY(task_event_add(c->store, t, c->now, "sms_out", detail, with_iei));
    return say(c, t, OUTBOX_SMS, chip->msisdn, with_iei, "");
}

enum xk_err machine_held(struct order_ctx *c, struct task *t, bool *held)
{
    TRY(exception_writing_stopped(c->store, held));
    if (*held)
        t->due_at = c->now + HELD_MS;
    return XK_OK;
}

enum xk_err machine_send(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    uint8_t mem[PACKET_MAX];
    struct buf packet;
    bool held;
    enum xk_err err;

    TRY(machine_held(c, t, &held));
    if (held)
        return task_event_add(c->store, t, c->now, "note", "held: writing is stopped", BYTES_NONE);
    buf_init_fixed(&packet, mem, sizeof mem);
    err = machine_build(c, t, chip, &packet);
    if (err == XK_OK)
        return send_packet(c, t, chip, buf_bytes(&packet));
    if (build_code(err) == CODE_OK)
        return err;
    return machine_end(c, t, t->state == TASK_SCRIPT_READY ? TASK_CHECK_FAIL : TASK_CARD_ERROR,
                       build_code(err), xk_err_text(err));
}

enum xk_err machine_start(struct order_ctx *c, struct task *t)
{
    struct chip chip;
    bool paused;

    TRY(batch_paused(c, t->batch_id, &paused));
    if (paused) {
        t->due_at = c->now + HELD_MS;
        return XK_OK;
    }
    TRY(machine_held(c, t, &paused));
    if (paused)
        return XK_OK;
    t->step = TASK_STEP_PREPARE;
    t->attempts = 0;
    t->attempts_all++;
    if (t->channel == TASK_CHANNEL_RSP)
        return rsp_release(c, t);
    if (t->channel == TASK_CHANNEL_RELAY) {
        t->due_at = c->now + c->policy->relay_ms;
        return XK_OK;
    }
    TRY(chip_get(c->store, t->cid, &chip));
    TRY(machine_send(c, t, &chip));
    if (t->state != TASK_SCRIPT_READY)
        return XK_OK;
    if (t->sending_at == 0)
        t->sending_at = c->now;
    return machine_move(c, t, TASK_SENDING, "");
}

enum task_state machine_resume_state(const struct task *t)
{
    if (t->step != TASK_STEP_COMMIT)
        return TASK_SENDING;
    if (t->attach_seen)
        return TASK_ATTACHED;
    return t->report_seen || t->card_result == 0x02 ? TASK_COMMITTED : TASK_PREPARED;
}

enum xk_err machine_no_report(struct order_ctx *c, struct task *t)
{
    struct chip chip;
    bool held;

    TRY(machine_held(c, t, &held));
    if (held)
        return XK_OK;
    TRY(machine_move(c, t, TASK_NO_REPORT, "no report in time"));
    if (t->channel == TASK_CHANNEL_RELAY || t->attempts >= c->policy->max_attempts)
        return machine_end(c, t, TASK_MANUAL, CODE_NO_ANSWER, "no answer from the card");
    TRY(chip_get(c->store, t->cid, &chip));
    t->attempts_all++;
    TRY(machine_move(c, t, machine_resume_state(t), "again"));
    return machine_send(c, t, &chip);
}
