/* SPDX-License-Identifier: Apache-2.0 */
/* Time limits, and what people do. */
#include "model/org.h"
#include "service/exception/rows.h"

#define DUE_MAX 64

/* ---- time ------------------------------------------------------------------------------------ */

static enum xk_err say_limit(struct exception_ctx *c, struct exception *e, const char *kind,
                             unsigned step, const char *words)
{
    char text[64];

    snprintf(text, sizeof text, "%s: %s", exception_step_name((enum exception_step)step), words);
    return rows_event(c, e, kind, "", text, TELL);
}

static enum xk_err look_at_limit(struct exception_ctx *c, struct exception *e, unsigned step)
{
    unsigned bit = 1u << step;

    if (e->by[step] == 0 || e->at[step] > 0 || e->missed & bit)
        return XK_OK;
    if (c->now >= e->by[step]) {
        e->missed |= bit;
        e->warned |= bit;
        return say_limit(c, e, "MISSED", step, "the time limit has passed");
    }
    if (e->warned & bit || c->now < rows_warn_at(e, (enum exception_step)step))
        return XK_OK;
    e->warned |= bit;
    return say_limit(c, e, "WARNED", step, "the time limit is near");
}

/* What the applicant was told and nobody came back to. */
static bool is_over(const struct exception *e, int64_t now)
{
    return e->grade == EXCEPTION_L1 && exception_cause_info(e->cause)->cure == EXCEPTION_TOLD &&
           now >= rows_warn_at(e, EXCEPTION_CLOSE);
}

static enum xk_err on_due(struct exception_ctx *c, int64_t id)
{
    struct exception e;

    TRY(exception_load(c->store, id, &e));
    if (is_over(&e, c->now)) {
        snprintf(e.finding, sizeof e.finding, "%s", exception_cause_info(e.cause)->en);
        snprintf(e.action, sizeof e.action, "the applicant was told");
        TRY(rows_step(c, &e, EXCEPTION_CLOSE, "", e.action));
        return rows_save(c->store, &e);
    }
    for (unsigned i = 0; i < EXCEPTION_STEPS; i++)
        TRY(look_at_limit(c, &e, i));
    return rows_save(c->store, &e);
}

enum xk_err exception_on_time(struct exception_ctx *c, size_t limit, size_t *moved)
{
    int64_t ids[DUE_MAX];
    size_t n;

    TRY(rows_due(c->store, c->now, ids, limit < DUE_MAX ? limit : DUE_MAX, &n));
    for (size_t i = 0; i < n; i++)
        TRY(on_due(c, ids[i]));
    *moved = n;
    return XK_OK;
}

enum xk_err exception_next_due(struct store *s, int64_t *at)
{
    static const struct store_query q = {"exception_next_due",
                                         "SELECT COALESCE(MIN(next_at), $1) FROM exception"};

    TRY(store_row(s, &q, SVS(sv_int(INT64_MAX))));
    *at = store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}

/* ---- people ---------------------------------------------------------------------------------- */

static enum xk_err is_there(struct store *s, const struct store_query *q,
                            const struct store_value *v, size_t n, bool *there)
{
    enum xk_err err = store_row(s, q, v, n);

    *there = err == XK_OK;
    if (err == XK_OK)
        store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static enum xk_err has_stopped(struct store *s, int64_t id, bool *stopped)
{
    static const struct store_query q = {"write_stop_of",
                                         "SELECT 1 FROM write_stop WHERE exception_id = $1"};

    return is_there(s, &q, SVS(sv_int(id)), stopped);
}

enum xk_err exception_writing_stopped(struct store *s, bool *stopped)
{
    static const struct store_query q = {"write_stop", "SELECT 1 FROM write_stop LIMIT 1"};

    return is_there(s, &q, NULL, 0, stopped);
}

enum xk_err exception_resume_writing(struct exception_ctx *c, int64_t id, const char *who)
{
    static const struct store_query q = {"write_stop_clear",
                                         "DELETE FROM write_stop WHERE exception_id = $1"};
    struct exception e;
    int64_t changes;

    TRY(exception_load(c->store, id, &e));
    TRY(store_exec(c->store, &q, SVS(sv_int(id)), &changes));
    if (changes == 0)
        return XK_E_NOT_FOUND;
    TRY(rows_event(c, &e, "RESUMED", who, "writing goes on", TELL));
    return rows_save(c->store, &e);
}

enum xk_err exception_open(struct exception_ctx *c, enum exception_cause cause, const char *who,
                           const char *text, int64_t *id)
{
    struct exception e = {.cause = cause, .org_id = ORG_ROOT};

    if (exception_cause_info(cause)->cure != EXCEPTION_PERSON)
        return XK_E_VALUE;
    snprintf(e.owner, sizeof e.owner, "%s", who);
    TRY(note_open(c, &e, NULL, text));
    TRY(note_grade(c, &e, exception_cause_info(cause)->grade, "by its cause"));
    *id = e.id;
    return rows_save(c->store, &e);
}

/* A step is taken once; only a report may follow the closing. */
static bool may_do(const struct exception *e, enum exception_step step)
{
    if (step == EXCEPTION_REPORT)
        return e->by[step] > 0 && e->at[step] == 0;
    return e->state != EXCEPTION_CLOSED && (step == EXCEPTION_CLOSE || e->at[step] == 0);
}

enum xk_err exception_do(struct exception_ctx *c, int64_t id, const struct exception_act *act)
{
    struct exception e;
    bool stopped = false;

    TRY(exception_load(c->store, id, &e));
    if (act->step == EXCEPTION_CLOSE)
        TRY(has_stopped(c->store, id, &stopped));
    if (stopped || !may_do(&e, act->step))
        return XK_E_STATE;
    if (act->owner)
        snprintf(e.owner, sizeof e.owner, "%s", act->owner);
    else if (e.owner[0] == '\0')
        snprintf(e.owner, sizeof e.owner, "%s", act->who);
    if (act->step == EXCEPTION_CLOSE) {
        snprintf(e.finding, sizeof e.finding, "%s", act->finding);
        snprintf(e.action, sizeof e.action, "%s", act->action);
    }
    TRY(rows_step(c, &e, act->step, act->who,
                  act->step == EXCEPTION_CLOSE ? act->action : act->text));
    return rows_save(c->store, &e);
}
