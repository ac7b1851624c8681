/* SPDX-License-Identifier: Apache-2.0 */
/* Batches and the circuit-breaker of P-19: a batch stops by itself when too many of its last tasks
 * failed, until a person resumes it. */
#include "service/order/machine.h"

#define RECENT_MAX 100

enum xk_err task_batch_create(struct order_ctx *c, const char *app_id, const char *org_id,
                              uint64_t total, char id[33])
{
    static const struct store_query q = {
        "batch_create", "INSERT INTO task_batch (batch_id, app_id, total, paused, recent, "
                        "created_at, org_id) VALUES ($1, $2, $3, 0, '', $4, $5)"};
    char name[33];

    snprintf(name, sizeof name, "b%016llx", (unsigned long long)c->ids->next++);
    TRY(store_exec(
        c->store, &q,
        SV(sv_text(name), sv_text(app_id), sv_int((int64_t)total), sv_int(c->now), sv_text(org_id)),
        5, NULL));
    memcpy(id, name, sizeof name);
    return XK_OK;
}

static enum xk_err load_head(struct store *s, const char *id, struct task_batch *out)
{
    static const struct store_query q = {
        "batch_load",
        "SELECT app_id, total, paused, created_at, org_id FROM task_batch WHERE batch_id = $1"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_text(id)), 1));
    err = store_next(s);
    if (err == XK_OK) {
        *out = (struct task_batch){0};
        snprintf(out->id, sizeof out->id, "%s", id);
        store_get_text(s, 0, out->app_id, sizeof out->app_id);
        out->total = (uint64_t)store_get_int(s, 1);
        out->paused = store_get_int(s, 2) != 0;
        out->created_at = store_get_int(s, 3);
        store_get_text(s, 4, out->org_id, sizeof out->org_id);
    }
    store_finish(s);
    return err;
}

enum xk_err task_batch_load(struct store *s, const char *id, struct task_batch *out)
{
    static const struct store_query q = {
        "batch_counts", "SELECT state, COUNT(*) FROM task WHERE batch_id = $1 GROUP BY state"};
    enum xk_err err;

    TRY(load_head(s, id, out));
    TRY(store_open(s, &q, SV(sv_text(id)), 1));
    while ((err = store_next(s)) == XK_OK) {
        int64_t state = store_get_int(s, 0);

        if (state >= 0 && state < (int64_t)ARRAY_LEN(out->by_state))
            out->by_state[state] = (uint64_t)store_get_int(s, 1);
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err task_batch_resume(struct order_ctx *c, const char *id)
{
    static const struct store_query q = {
        "batch_resume", "UPDATE task_batch SET paused = 0, recent = '' WHERE batch_id = $1"};
    static const struct store_query wake = {
        "batch_wake", "UPDATE task SET due_at = $1 WHERE batch_id = $2 AND state = $3"};
    int64_t changes;

    TRY(store_exec(c->store, &q, SV(sv_text(id)), 1, &changes));
    if (changes == 0)
        return XK_E_NOT_FOUND;
    return store_exec(c->store, &wake,
                      SV(sv_int(c->now), sv_text(id), sv_int((int64_t)TASK_SCRIPT_READY)), 3, NULL);
}

enum xk_err batch_paused(struct order_ctx *c, const char *id, bool *paused)
{
    struct task_batch b;

    *paused = false;
    if (id[0] == '\0')
        return XK_OK;
    TRY(load_head(c->store, id, &b));
    *paused = b.paused;
    return XK_OK;
}

static bool breaks(const struct order_policy *p, const char *recent)
{
    size_t n = strlen(recent);
    size_t failed = 0;

    if (n < p->breaker_window)
        return false;
    for (size_t i = 0; i < n; i++)
        failed += recent[i] == 'n';
    return failed * 1000 > n * p->breaker_permille;
}

static enum xk_err load_recent(struct store *s, const char *id, char recent[RECENT_MAX + 2])
{
    static const struct store_query q = {"batch_recent",
                                         "SELECT recent FROM task_batch WHERE batch_id = $1"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_text(id)), 1));
    err = store_next(s);
    if (err == XK_OK)
        store_get_text(s, 0, recent, RECENT_MAX + 1);
    store_finish(s);
    return err;
}

/* The endings that a batch remembers, with this one. */
static enum xk_err remember(struct order_ctx *c, const struct task *t)
{
    static const struct store_query q = {
        "batch_note",
        "UPDATE task_batch SET recent = $1, paused = CASE WHEN $2 = 1 THEN 1 ELSE paused END "
        "WHERE batch_id = $3"};
    char recent[RECENT_MAX + 2];
    size_t window = c->policy->breaker_window;
    size_t n;

    if (window == 0 || window > RECENT_MAX)
        return XK_OK;
    TRY(load_recent(c->store, t->batch_id, recent));
    n = strlen(recent);
    recent[n++] = t->state == TASK_SUCCESS ? 'y' : 'n';
    recent[n] = '\0';
    const char *kept = n > window ? recent + (n - window) : recent;

    return store_exec(c->store, &q,
                      SVS(sv_text(kept), sv_int(breaks(c->policy, kept)), sv_text(t->batch_id)),
                      NULL);
}

/* Of what the rate of a batch is made: a refusal is the applicant's, a cancelled one nobody's. */
static bool has_failed(const struct task *t)
{
    return t->state != TASK_SUCCESS && t->state != TASK_CANCELLED && t->state != TASK_REJECTED &&
           t->state != TASK_CHECK_FAIL;
}

static enum xk_err count(struct order_ctx *c, const struct task *t, int64_t failed)
{
    static const struct store_query q = {"batch_failed",
                                         "UPDATE task_batch SET failed = failed + $1 WHERE "
                                         "batch_id = $2 RETURNING failed, total, paused"};
    struct exception_batch b = {.batch_id = t->batch_id, .org_id = t->org_id, .task = t};
    struct exception_ctx x = order_exceptions(c);

    TRY(store_row(c->store, &q, SVS(sv_int(failed), sv_text(t->batch_id))));
    b.failed = store_get_int(c->store, 0);
    b.total = store_get_int(c->store, 1);
    b.paused = store_get_int(c->store, 2) != 0;
    store_finish(c->store);
    return failed < 0 ? XK_OK : exception_batch(&x, &b);
}

enum xk_err batch_note(struct order_ctx *c, const struct task *t, int step)
{
    if (t->batch_id[0] == '\0' || t->finished_at == 0)
        return XK_OK;
    if (step > 0)
        TRY(remember(c, t));
    else if (!has_failed(t))
        return XK_OK;
    return count(c, t, has_failed(t) ? step : 0);
}
