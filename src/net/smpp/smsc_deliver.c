/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smpp/session.h"

#define NEVER INT64_MAX

static void report(struct smpp_smsc *smsc, struct smpp_item *item, enum xk_err err, uint32_t status)
{
    struct smpp_deliver_result result = {err, status};

    smsc->stats.queued--;
    if (err == XK_OK && status == SMPP_ROK)
        smsc->stats.delivered++;
    smsc->o.on->delivered(smsc->o.ctx, item->ref, &result);
    free(item);
}

static bool receives(const struct session *s, const struct route *route)
{
    if (s->state != SESSION_RX && s->state != SESSION_TRX)
        return false;
    if (s->finishing || s->window.n >= s->window.max)
        return false;
    return !*route->system_id || strcmp(route->system_id, s->system_id) == 0;
}

static struct session *pick(struct smpp_smsc *smsc, const struct route *route)
{
    for (unsigned i = 0; i < smsc->used; i++) {
        unsigned at = (smsc->next + i) % smsc->used;

        if (smsc->slots[at] && receives(smsc->slots[at], route)) {
            smsc->next = at + 1;
            return smsc->slots[at];
        }
    }
    return NULL;
}

static int64_t min_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_due(const struct smpp_smsc *smsc)
{
    int64_t due = NEVER;

    for (unsigned i = 0; i < smsc->used; i++)
        if (smsc->slots[i] && smsc->slots[i]->window.n)
            due = min_ms(due, smsc->slots[i]->window.slots[0].sent_ms + smsc->o.response_ms);
    for (unsigned i = 0; i < smsc->route_count; i++)
        if (smsc->routes[i].queue.n)
            due = min_ms(due, smsc->routes[i].queue.head->born_ms + smsc->o.deliver_ms);
    if (smsc->retries.n)
        due = min_ms(due, smsc->retries.head->ready_ms);
    return due;
}

static void arm(struct smpp_smsc *smsc)
{
    int64_t due = next_due(smsc), wait = due - loop_now_ms(smsc->o.loop);

    if (due >= smsc->pulse_ms)
        return;
    smsc->pulse_ms = due;
    loop_timer_start(smsc->pulse, wait < 1 ? 1 : (uint32_t)wait);
}

void smsc_deliver_pump(struct smpp_smsc *smsc)
{
    int64_t now = loop_now_ms(smsc->o.loop);

    for (unsigned i = 0; i < smsc->route_count; i++) {
        struct route *route = &smsc->routes[i];
        struct session *s;

        while (route->queue.n && (s = pick(smsc, route)) != NULL)
            smpp_window_send(&s->window, s->link, smpp_queue_pop(&route->queue), now);
    }
    arm(smsc);
}

static void again(struct smpp_smsc *smsc, struct smpp_item *item)
{
    if (smsc->listener < 0) {
        report(smsc, item, XK_E_CLOSED, 0);
        return;
    }
    smsc->stats.retries++;
    smpp_queue_put_back(&smsc->routes[item->route].queue, item);
}

static void expire(struct smpp_smsc *smsc, struct session *s, int64_t now)
{
    struct smpp_item *item;

    while ((item = smpp_window_take_oldest(&s->window, now - smsc->o.response_ms)) != NULL)
        again(smsc, item);
}

static void on_pulse(void *arg)
{
    struct smpp_smsc *smsc = arg;
    int64_t now = loop_now_ms(smsc->o.loop);

    smsc->pulse_ms = NEVER;
    for (unsigned i = 0; i < smsc->used; i++)
        if (smsc->slots[i])
            expire(smsc, smsc->slots[i], now);
    while (smsc->retries.n && smsc->retries.head->ready_ms <= now)
        again(smsc, smpp_queue_pop(&smsc->retries));
    for (unsigned i = 0; i < smsc->route_count; i++) {
        struct smpp_queue *q = &smsc->routes[i].queue;

        while (q->n && q->head->born_ms + smsc->o.deliver_ms <= now)
            report(smsc, smpp_queue_pop(q), XK_E_TIMEOUT, 0);
    }
    smsc_deliver_pump(smsc);
}

static enum xk_err find_route(struct smpp_smsc *smsc, const char *system_id, unsigned *out)
{
    struct route *route = &smsc->routes[smsc->route_count];

    for (unsigned i = 0; i < smsc->route_count; i++)
        if (strcmp(smsc->routes[i].system_id, system_id) == 0) {
            *out = i;
            return XK_OK;
        }
    if (smsc->route_count == ROUTES_MAX)
        return XK_E_LIMIT;
    if (!bytes_to_cstr(bytes_cstr(system_id), route->system_id, sizeof route->system_id))
        return XK_E_VALUE;
    *out = smsc->route_count++;
    return XK_OK;
}

enum xk_err smpp_smsc_deliver(struct smpp_smsc *smsc, const struct smpp_sm *sm,
                              const char *system_id, uint64_t ref)
{
    struct smpp_item *item;
    unsigned route;

    if (smsc->listener < 0)
        return XK_E_CLOSED;
    if (smsc->stats.queued >= smsc->o.queue_max)
        return XK_E_BUSY;
    TRY(find_route(smsc, system_id ? system_id : "", &route));
    TRY(smpp_item_new(SMPP_DELIVER_SM, sm, &item));
    item->ref = ref;
    item->route = route;
    item->order = smsc->order++;
    item->born_ms = loop_now_ms(smsc->o.loop);
    smpp_queue_push(&smsc->routes[route].queue, item);
    smsc->stats.queued++;
    smsc->stats.delivers++;
    smsc_deliver_pump(smsc);
    return XK_OK;
}

static bool is_temporary(uint32_t status)
{
    return status == SMPP_RX_T_APPN || status == SMPP_RMSGQFUL || status == SMPP_RTHROTTLED;
}

void smsc_deliver_answered(struct session *s, const struct smpp_pdu *answer)
{
    struct smpp_smsc *smsc = s->smsc;
    struct smpp_item *item = smpp_window_take(&s->window, answer->sequence);

    if (!item)
        return; /* answered after its time */
    if (is_temporary(answer->status)) {
        item->ready_ms = loop_now_ms(smsc->o.loop) + smsc->o.retry_ms;
        smpp_queue_push(&smsc->retries, item);
    } else {
        report(smsc, item, XK_OK, answer->status);
    }
    smsc_deliver_pump(smsc);
}

void smsc_deliver_lost(struct session *s)
{
    struct smpp_item *item;

    while ((item = smpp_window_take_oldest(&s->window, NEVER)) != NULL)
        again(s->smsc, item);
    smsc_deliver_pump(s->smsc);
}

void smsc_deliver_stop(struct smpp_smsc *smsc)
{
    while (smsc->retries.n)
        report(smsc, smpp_queue_pop(&smsc->retries), XK_E_CLOSED, 0);
    for (unsigned i = 0; i < smsc->route_count; i++)
        while (smsc->routes[i].queue.n)
            report(smsc, smpp_queue_pop(&smsc->routes[i].queue), XK_E_CLOSED, 0);
}

enum xk_err smsc_deliver_init(struct smpp_smsc *smsc)
{
    smsc->pulse_ms = NEVER;
    return loop_timer_new(smsc->o.loop, on_pulse, smsc, &smsc->pulse);
}

void smsc_deliver_fini(struct smpp_smsc *smsc)
{
    loop_timer_free(smsc->pulse);
    smpp_queue_free(&smsc->retries);
    for (unsigned i = 0; i < smsc->route_count; i++)
        smpp_queue_free(&smsc->routes[i].queue);
}
