/* SPDX-License-Identifier: Apache-2.0 */
/* The SGP.22 path: the number comes to its eUICC as a profile. The states are those of P-12:
 *
 *     NUMBER_LOCKED  the profile is made and ordered for this eUICC
 *     SENDING        released: the LPA may fetch it with the activation code
 *     DELIVERED      the bound package was handed out
 *     PREPARED       installed
 *     COMMITTED      enabled
 *     ATTACHED       the home network saw the number
 *
 * There is no waiting time per step (P-6): a person or a device fetches it when he likes, until the
 * task expires. */
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "service/order/machine.h"
#include "service/order/task_store.h"

static enum xk_err choose_template(struct order_ctx *c, struct task *t)
{
    struct number n;
    struct pool pool;

    if (t->template_id[0])
        return XK_OK;
    TRY(number_get_by_imsi(c->store, t->imsi, &n));
    TRY(pool_get(c->store, n.pool_id, &pool));
    snprintf(t->template_id, sizeof t->template_id, "%s", pool.template_id);
    return XK_OK;
}

enum xk_err rsp_offer(struct order_ctx *c, struct task *t, struct order_offer *offer)
{
    TRY(choose_template(c, t));
    if (t->template_id[0] == '\0') {
        offer->code = CODE_NO_SUCH_TEMPLATE;
        return XK_OK;
    }
    TRY(c->ports->rsp->offer(c->ports->ctx, c, t, offer));
    if (offer->code == CODE_OK)
        snprintf(t->activation_code, sizeof t->activation_code, "%s", offer->activation_code);
    return XK_OK;
}

enum xk_err rsp_release(struct order_ctx *c, struct task *t)
{
    TRY(c->ports->rsp->release(c->ports->ctx, c, t));
    t->attempts = 1;
    t->due_at = t->expires_at;
    if (t->sending_at == 0)
        t->sending_at = c->now;
    TRY(machine_move(c, t, TASK_SENDING, t->activation_code));
    return machine_tell(c, t);
}

enum xk_err rsp_withdraw(struct order_ctx *c, struct task *t)
{
    bool offered = t->activation_code[0] != '\0';

    return offered && c->ports->rsp ? c->ports->rsp->withdraw(c->ports->ctx, c, t) : XK_OK;
}

/* ---- what becomes of the offer --------------------------------------------------------------- */

static enum xk_err on_bind(struct order_ctx *c, struct task *t, const char *detail)
{
    return t->state == TASK_SENDING ? machine_move(c, t, TASK_DELIVERED, detail) : XK_OK;
}

static enum xk_err walk(struct order_ctx *c, struct task *t, enum task_state to)
{
    return t->state < to ? machine_walk(c, t, to) : XK_OK;
}

static enum xk_err on_install(struct order_ctx *c, struct task *t, const char *detail)
{
    (void)detail;
    TRY(machine_number_written(c, t));
    TRY(walk(c, t, TASK_PREPARED));
    t->report_seen = true;
    return machine_try_finish(c, t, NULL);
}

static enum xk_err on_enable(struct order_ctx *c, struct task *t, const char *detail)
{
    (void)detail;
    TRY(machine_number_written(c, t));
    TRY(walk(c, t, TASK_COMMITTED));
    t->report_seen = true;
    TRY(chip_set_number(c->store, t->cid, t->imsi, t->msisdn, t->iccid, c->now));
    return machine_try_finish(c, t, NULL);
}

static enum xk_err on_note(struct order_ctx *c, struct task *t, const char *detail)
{
    return task_event_add(c->store, t, c->now, "note", detail, BYTES_NONE);
}

/* The SM-DP+ keeps the order: it may be fetched once more. */
static enum xk_err on_stumble(struct order_ctx *c, struct task *t, const char *detail)
{
    if (t->state != TASK_DELIVERED && t->state != TASK_SENDING)
        return on_note(c, t, detail);
    t->attempts++;
    t->attempts_all++;
    TRY(machine_move(c, t, TASK_CARD_ERROR, detail));
    return machine_move(c, t, TASK_SENDING, "offered again");
}

/* The order is over at the SM-DP+ already: nothing is withdrawn there. */
static enum xk_err end(struct order_ctx *c, struct task *t, enum task_state to, int code,
                       const char *detail)
{
    if (!machine_may_move(t->state, to))
        return on_note(c, t, detail);
    t->activation_code[0] = '\0';
    return machine_end(c, t, to, code, detail);
}

static enum xk_err on_failure(struct order_ctx *c, struct task *t, const char *detail)
{
    return end(c, t, TASK_CARD_ERROR, CODE_CARD_FAILED, detail);
}

static enum xk_err on_expiry(struct order_ctx *c, struct task *t, const char *detail)
{
    return end(c, t, TASK_EXPIRED, CODE_NO_ANSWER, detail);
}

/* Taken off the eUICC before the number was ever seen in the network. */
static enum xk_err on_delete(struct order_ctx *c, struct task *t, const char *detail)
{
    return end(c, t, t->state < TASK_PREPARED ? TASK_CARD_ERROR : TASK_ROLLED_BACK, CODE_FELL_BACK,
               detail);
}

static const struct {
    enum download_cause cause;
    enum xk_err (*handle)(struct order_ctx *c, struct task *t, const char *detail);
} causes[] = {
    {DOWNLOAD_BY_INELIGIBLE, on_note},
    {DOWNLOAD_BY_REFUSE_CODE, on_note},
    {DOWNLOAD_BY_POSTPONE, on_note},
    {DOWNLOAD_BY_DISABLE, on_note},
    {DOWNLOAD_BY_BIND, on_bind},
    {DOWNLOAD_BY_INSTALL, on_install},
    {DOWNLOAD_BY_ENABLE, on_enable},
    {DOWNLOAD_BY_FAIL_FOR_NOW, on_stumble},
    {DOWNLOAD_BY_FAIL_FOR_GOOD, on_failure},
    {DOWNLOAD_BY_REJECT, on_failure},
    {DOWNLOAD_BY_EXHAUST_ATTEMPTS, on_failure},
    {DOWNLOAD_BY_EXHAUST_CODE, on_failure},
    {DOWNLOAD_BY_CANCEL_AVAILABLE, on_failure},
    {DOWNLOAD_BY_CANCEL_UNAVAILABLE, on_failure},
    {DOWNLOAD_BY_EXPIRE, on_expiry},
    {DOWNLOAD_BY_DELETE, on_delete},
};

/* The task that has the number of this profile. */
static enum xk_err load(struct order_ctx *c, const char *iccid, struct task *t)
{
    struct number n;

    TRY(number_get_by_iccid(c->store, iccid, &n));
    TRY(task_load(c->store, n.task_id, t));
    return t->channel == TASK_CHANNEL_RSP && strcmp(t->iccid, iccid) == 0 ? XK_OK : XK_E_NOT_FOUND;
}

enum xk_err order_on_download(struct order_ctx *c, const char *iccid, enum download_cause cause,
                              const char *detail)
{
    struct task t;
    size_t i = 0;
    enum xk_err err;

    while (i < ARRAY_LEN(causes) && causes[i].cause != cause)
        i++;
    if (i == ARRAY_LEN(causes))
        return XK_OK;
    err = load(c, iccid, &t);
    if (err == XK_E_NOT_FOUND || (err == XK_OK && !machine_is_open(&t)))
        return XK_OK; /* it has ended: the number keeps what it is */
    TRY(err);
    TRY(causes[i].handle(c, &t, detail));
    return task_save(c->store, &t);
}
