/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/report.h"

#define ROOM_AT_FIRST 256
#define TASKS_MAX 10000000u

void report_init(struct report *r)
{
    *r = (struct report){.tasks = 0};
}

void report_fini(struct report *r)
{
    free(r->took);
    r->took = NULL;
}

static enum xk_err make_room(struct report *r)
{
    size_t cap = r->cap ? 2 * r->cap : ROOM_AT_FIRST;
    int64_t *took;

    if (r->success < r->cap)
        return XK_OK;
    if (cap > TASKS_MAX)
        return XK_E_LIMIT;
    took = realloc(r->took, cap * sizeof *took);
    if (!took)
        return XK_E_NOMEM;
    r->took = took;
    r->cap = cap;
    return XK_OK;
}

enum xk_err report_add(struct report *r, const struct report_task *t)
{
    TRY(make_room(r));
    r->tasks++;
    r->open += t->kind == TASK_OPEN;
    r->failed += t->kind != TASK_OPEN && !t->success;
    r->retries += t->attempts > 1 ? (uint64_t)t->attempts - 1 : 0;
    r->fallbacks += t->rollbacks > 0 ? (uint64_t)t->rollbacks : 0;
    if (!t->success)
        return XK_OK;
    r->took[r->success++] = t->took_ms;
    r->first_pass += t->attempts <= 1;
    return XK_OK;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

void report_close(struct report *r)
{
    int64_t sum = 0;

    if (r->success == 0)
        return;
    qsort(r->took, r->success, sizeof r->took[0], by_size);
    for (size_t i = 0; i < r->success; i++)
        sum += r->took[i];
    r->mean_ms = sum / (int64_t)r->success;
    r->p95_ms = r->took[(r->success * 95 + 99) / 100 - 1];
    r->max_ms = r->took[r->success - 1];
}
