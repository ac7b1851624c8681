/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timerq.h"

void timerq_init(struct timerq *q, size_t max)
{
    *q = (struct timerq){.max = max};
}

void timerq_fini(struct timerq *q)
{
    free(q->heap);
    *q = (struct timerq){.max = q->max};
}

static bool earlier(const struct timerq_entry *x, const struct timerq_entry *y)
{
    return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

static void swap_entries(struct timerq_entry *x, struct timerq_entry *y)
{
    struct timerq_entry t = *x;

    *x = *y;
    *y = t;
}

enum xk_err timerq_add(struct timerq *q, int64_t at, uint64_t a, uintptr_t b)
{
    size_t i = q->n;

    if (q->n >= q->max)
        return XK_E_LIMIT;
    if (q->n == q->cap) {
        size_t cap = q->cap ? q->cap * 2 : 64;
        struct timerq_entry *heap = realloc(q->heap, cap * sizeof *heap);

        if (!heap)
            return XK_E_NOMEM;
        q->heap = heap;
        q->cap = cap;
    }
    q->heap[q->n++] = (struct timerq_entry){.at = at, .seq = q->next_seq++, .a = a, .b = b};
    for (; i > 0 && earlier(&q->heap[i], &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap_entries(&q->heap[i], &q->heap[(i - 1) / 2]);
    return XK_OK;
}

bool timerq_peek(const struct timerq *q, struct timerq_entry *out)
{
    if (q->n == 0)
        return false;
    *out = q->heap[0];
    return true;
}

static void sift_down(struct timerq *q)
{
    size_t i = 0;

    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < q->n; child++) {
            if (earlier(&q->heap[child], &q->heap[least]))
                least = child;
        }
        if (least == i)
            return;
        swap_entries(&q->heap[i], &q->heap[least]);
        i = least;
    }
}

bool timerq_pop_due(struct timerq *q, int64_t now, struct timerq_entry *out)
{
    if (q->n == 0 || q->heap[0].at > now)
        return false;
    *out = q->heap[0];
    q->heap[0] = q->heap[--q->n];
    sift_down(q);
    return true;
}
