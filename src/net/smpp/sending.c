/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smpp/sending.h"

#define SEQUENCE_AT 12 /* SMPP 3.4 3.2: the last field of the header */

enum xk_err smpp_item_new(uint32_t command, const struct smpp_sm *sm, struct smpp_item **out)
{
    uint8_t room[SMPP_PDU_MAX];
    struct smpp_pdu pdu = {.command = command};
    struct smpp_item *item;
    struct buf wire;

    pdu.u.sm = *sm;
    buf_init_fixed(&wire, room, sizeof room);
    TRY(smpp_encode(&pdu, &wire));
    item = malloc(sizeof *item + wire.n);
    if (!item)
        return XK_E_NOMEM;
    memset(item, 0, sizeof *item);
    item->len = wire.n;
    memcpy(item->wire, wire.p, wire.n);
    *out = item;
    return XK_OK;
}

void smpp_queue_push(struct smpp_queue *q, struct smpp_item *item)
{
    item->next = NULL;
    if (q->tail)
        q->tail->next = item;
    else
        q->head = item;
    q->tail = item;
    q->n++;
}

void smpp_queue_put_back(struct smpp_queue *q, struct smpp_item *item)
{
    struct smpp_item **at = &q->head;

    while (*at && (*at)->order < item->order)
        at = &(*at)->next;
    item->next = *at;
    *at = item;
    if (!item->next)
        q->tail = item;
    q->n++;
}

struct smpp_item *smpp_queue_pop(struct smpp_queue *q)
{
    struct smpp_item *item = q->head;

    if (!item)
        return NULL;
    q->head = item->next;
    if (!q->head)
        q->tail = NULL;
    q->n--;
    return item;
}

void smpp_queue_free(struct smpp_queue *q)
{
    struct smpp_item *item;

    while ((item = smpp_queue_pop(q)) != NULL)
        free(item);
}

enum xk_err smpp_window_init(struct smpp_window *w, unsigned max)
{
    w->slots = calloc(max, sizeof *w->slots);
    w->n = 0;
    w->max = max;
    return w->slots ? XK_OK : XK_E_NOMEM;
}

void smpp_window_fini(struct smpp_window *w)
{
    for (unsigned i = 0; i < w->n; i++)
        free(w->slots[i].item);
    free(w->slots);
    memset(w, 0, sizeof *w);
}

void smpp_window_send(struct smpp_window *w, struct smpp_link *link, struct smpp_item *item,
                      int64_t now_ms)
{
    uint32_t sequence = smpp_link_next_sequence(link);

    for (int i = 0; i < 4; i++)
        item->wire[SEQUENCE_AT + i] = (uint8_t)(sequence >> (24 - 8 * i));
    w->slots[w->n++] = (struct smpp_outstanding){sequence, now_ms, item};
    smpp_link_send_wire(link, BYTES(item->wire, item->len));
}

static struct smpp_item *take(struct smpp_window *w, unsigned at)
{
    struct smpp_item *item = w->slots[at].item;

    w->n--;
    memmove(&w->slots[at], &w->slots[at + 1], (w->n - at) * sizeof *w->slots);
    return item;
}

/* Answers come mostly in order, so the search ends at once. */
struct smpp_item *smpp_window_take(struct smpp_window *w, uint32_t sequence)
{
    for (unsigned i = 0; i < w->n; i++)
        if (w->slots[i].sequence == sequence)
            return take(w, i);
    return NULL;
}

struct smpp_item *smpp_window_take_oldest(struct smpp_window *w, int64_t limit_ms)
{
    if (w->n == 0 || w->slots[0].sent_ms > limit_ms)
        return NULL;
    return take(w, 0);
}
