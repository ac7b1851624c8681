/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications (SGP.22 3.5): each address hears them in the order of their numbers; one is taken
 * off the card only when its server has it. A server that cannot be reached stops its own, and a
 * result of an installation that could not be told stops what came later of that profile. */
#include "terminal/lpa/core.h"

void lpa_list_notifications(struct lpa *l)
{
    const struct rsp_list_notification_request request = {.has_filter = false};

    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_list_notification_request(&request, &l->request));
}

/* ---- the list ---- */

static struct lpa_notification *notification_of(struct lpa *l, uint32_t seq_number)
{
    for (size_t i = 0; i < l->result.notifications_n; i++)
        if (l->notifications[i].seq_number == seq_number)
            return &l->notifications[i];
    return NULL;
}

static void take_notification(struct lpa *l, const struct rsp_notification_metadata *m)
{
    struct lpa_notification *n = notification_of(l, m->seq_number);

    if (!n && l->result.notifications_n == ARRAY_LEN(l->notifications))
        return;
    if (!n)
        n = &l->notifications[l->result.notifications_n++];
    *n = (struct lpa_notification){.seq_number = m->seq_number, .event = m->event};
    lpa_copy_text(n->address, sizeof n->address, m->address);
    if (DER_PRESENT(m->iccid))
        lpa_set_iccid(n->iccid, m->iccid);
}

static int by_seq_number(const void *a, const void *b)
{
    uint32_t x = ((const struct lpa_notification *)a)->seq_number;
    uint32_t y = ((const struct lpa_notification *)b)->seq_number;

    return x < y ? -1 : x > y;
}

static enum xk_err take_list(struct lpa *l)
{
    struct rsp_notification_list list;
    struct rsp_notification_metadata m;
    struct der d;

    TRY(rsp_decode_list_notification_response(lpa_card_answer(l), &list));
    d = der_of(list.ok ? list.list : BYTES_NONE);
    while (der_more(&d)) {
        TRY(rsp_decode_notification_metadata(der_take_raw(&d, TAG_NOTIFICATION_METADATA), &m));
        take_notification(l, &m);
    }
    TRY(der_ok(&d));
    qsort(l->notifications, l->result.notifications_n, sizeof l->notifications[0], by_seq_number);
    return list.ok ? XK_OK : XK_E_VALUE;
}

void lpa_notifications_shown(struct lpa *l)
{
    if (take_list(l) == XK_OK)
        lpa_procedure_done(l);
    else
        lpa_card_malformed(l);
}

void lpa_notifications_listed(struct lpa *l)
{
    bool one = l->task.type == LPA_TASK_NOTIFY && l->task.has_seq_number;

    if (take_list(l) != XK_OK) {
        if (!lpa_afterthought_failed(l))
            lpa_card_malformed(l);
        return;
    }
    if (one && !notification_of(l, l->task.seq_number)) {
        lpa_fail(l, LPA_FAULT_NO_NOTIFICATION);
        return;
    }
    l->notification_at = 0;
    lpa_go(l, STEP_NEXT_NOTIFICATION);
}

/* ---- one after another ---- */

static bool is_meant(const struct lpa *l, const struct lpa_notification *n)
{
    return l->task.type != LPA_TASK_NOTIFY || !l->task.has_seq_number ||
           n->seq_number == l->task.seq_number;
}

static bool is_stopped(const struct lpa *l, const struct lpa_notification *n)
{
    for (const struct lpa_notification *before = l->notifications; before < n; before++) {
        bool installed = before->event & RSP_BIT(RSP_EVENT_INSTALL);

        if (before->state != LPA_KEPT)
            continue;
        if (strcasecmp(before->address, n->address) == 0)
            return true;
        if (installed && n->iccid[0] && strcmp(before->iccid, n->iccid) == 0)
            return true;
    }
    return false;
}

static void count(struct lpa *l)
{
    l->result.sent = l->result.kept = 0;
    for (size_t i = 0; i < l->result.notifications_n; i++) {
        l->result.sent += l->notifications[i].state == LPA_SENT;
        l->result.kept += l->notifications[i].state == LPA_KEPT;
    }
}

static void all_done(struct lpa *l)
{
    count(l);
    if (l->task.type == LPA_TASK_NOTIFY && l->result.kept > 0)
        lpa_fail_with(l, &l->result.notification_fault);
    else
        lpa_procedure_done(l);
}

void lpa_next_notification(struct lpa *l)
{
    for (; l->notification_at < l->result.notifications_n; l->notification_at++) {
        struct lpa_notification *n = &l->notifications[l->notification_at];

        if (n->state != LPA_WAITING || !is_meant(l, n))
            continue;
        if (!l->cancelled && !is_stopped(l, n)) {
            lpa_go(l, STEP_RETRIEVE_NOTIFICATION);
            return;
        }
        n->state = LPA_KEPT;
        if (l->cancelled && l->result.notification_fault.kind == LPA_FAULT_NONE)
            l->result.notification_fault = lpa_fault(l, LPA_FAULT_CANCELLED);
    }
    all_done(l);
}

static struct lpa_notification *at_hand(struct lpa *l)
{
    return &l->notifications[l->notification_at];
}

void lpa_retrieve_notification(struct lpa *l)
{
    l->notify_tries = 0;
    const struct rsp_retrieve_notifications_request request = {
        .search = RSP_RETRIEVE_SEQ_NUMBER, .seq_number = at_hand(l)->seq_number};

    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_retrieve_notifications_request(&request, &l->request));
}

static bool take_pending(struct lpa *l)
{
    struct rsp_notification_list list;
    struct bytes value, raw;
    uint32_t tag;
    struct der d;

    if (rsp_decode_retrieve_notifications_response(lpa_card_answer(l), &list) != XK_OK || !list.ok)
        return false;
    d = der_of(list.list);
    return der_next(&d, &tag, &value, &raw) &&
           rsp_decode_pending_notification(raw, &l->pending) == XK_OK;
}

void lpa_notification_retrieved(struct lpa *l)
{
    if (take_pending(l)) {
        lpa_go(l, STEP_SEND_NOTIFICATION);
        return;
    }
    at_hand(l)->state = LPA_REMOVED; /* listed, and not there */
    lpa_go(l, STEP_NEXT_NOTIFICATION);
}

/* ES9+.HandleNotification: 5.6.4 */
void lpa_send_notification(struct lpa *l)
{
    l->notify_tries++;
    l->post =
        (struct rsp_es9p_request){.function = RSP_HANDLE_NOTIFICATION,
                                  .handle_notification = {.pending_notification = l->pending.raw}};
    lpa_post(l, at_hand(l)->address);
}

void lpa_notification_sent(struct lpa *l)
{
    lpa_go(l, STEP_REMOVE_NOTIFICATION);
}

static void keep_fault(struct lpa *l, const struct lpa_fault *fault)
{
    if (l->result.notification_fault.kind == LPA_FAULT_NONE)
        l->result.notification_fault = *fault;
}

/* Nobody refused it: the way may come back. */
static bool may_be_heard_yet(const struct lpa *l, enum lpa_fault_kind kind)
{
    return !l->cancelled && l->notify_tries < l->config.notify_tries &&
           (kind == LPA_FAULT_SERVER_UNREACHABLE || kind == LPA_FAULT_SERVER_CUT);
}

void lpa_notify_later(struct lpa *l)
{
    lpa_wait(l, LPA_RETRY_WAIT_MS << (l->notify_tries - 1));
}

void lpa_notify_again(struct lpa *l)
{
    lpa_go(l, STEP_SEND_NOTIFICATION);
}

void lpa_notification_kept(struct lpa *l)
{
    struct lpa_fault fault = lpa_reply_fault(l);

    if (may_be_heard_yet(l, fault.kind)) {
        lpa_go(l, STEP_NOTIFY_LATER);
        return;
    }
    lpa_copy_text(fault.address, sizeof fault.address, bytes_cstr(at_hand(l)->address));
    keep_fault(l, &fault);
    at_hand(l)->state = LPA_KEPT;
    lpa_go(l, STEP_NEXT_NOTIFICATION);
}

/* ES10b.RemoveNotificationFromList: 5.7.11 */
void lpa_remove_notification(struct lpa *l)
{
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_notification_sent_request(at_hand(l)->seq_number, &l->request));
}

/* Should the card not have taken it off its list, its server hears it once more: it knows it by its
 * number. */
void lpa_notification_removed(struct lpa *l)
{
    at_hand(l)->state = LPA_SENT;
    lpa_go(l, STEP_NEXT_NOTIFICATION);
}

void lpa_notify_refused(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_REFUSED);

    fault.sw = l->card.sw;
    keep_fault(l, &fault);
    for (size_t i = 0; i < l->result.notifications_n; i++)
        if (l->notifications[i].state == LPA_WAITING)
            l->notifications[i].state = LPA_KEPT;
    count(l);
    if (lpa_afterthought_failed(l))
        return;
    if (l->card.gone || l->task.type == LPA_TASK_NOTIFY)
        lpa_card_refused(l);
    else /* it will not stop a download */
        lpa_procedure_done(l);
}

/* ---- one is given up ---- */

void lpa_forget_notification(struct lpa *l)
{
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_notification_sent_request(l->task.seq_number, &l->request));
}

void lpa_notification_forgotten(struct lpa *l)
{
    uint32_t result;

    if (rsp_decode_notification_sent_response(lpa_card_answer(l), &result) != XK_OK)
        lpa_card_malformed(l);
    else if (result == RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE)
        lpa_fail(l, LPA_FAULT_NO_NOTIFICATION);
    else if (result != RSP_NOTIFICATION_SENT_OK)
        lpa_card_code(l, RSP_TABLE_NOTIFICATION_SENT_RESULT, result);
    else
        lpa_procedure_done(l);
}
