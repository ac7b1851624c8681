/* SPDX-License-Identifier: Apache-2.0 */
/* What failed and what succeeded: exceptions open, grow, are graded up and solved. */
#include "service/exception/rows.h"

#include <assert.h>

#define HOUR_MS INT64_C(3600000)
#define TEN_CARDS 10      /* of one cause in one hour: L2 */
#define MANY_CARDS 1000   /* more: L3 */
#define SOLVED_AT_ONCE 32 /* causes that one card fails with at the same time */

/* ---- grades ---------------------------------------------------------------------------------- */

static enum xk_err stop_writing(struct exception_ctx *c, struct exception *e)
{
    static const struct store_query q = {
        "write_stop_set", "INSERT INTO write_stop (exception_id, at) VALUES ($1, $2)"};

    TRY(store_exec(c->store, &q, SVS(sv_int(e->id), sv_int(c->now)), NULL));
    return rows_event(c, e, "STOPPED", "", "nothing more is written until a person resumes", TELL);
}

/* Its limits begin anew; what was done by itself before now wants a person. */
static void set_limits(struct exception *e, enum exception_grade to, int64_t now)
{
    for (int i = 0; i < EXCEPTION_STEPS; i++) {
        enum exception_step step = (enum exception_step)i;

        if (e->by[i] == 0 || step == EXCEPTION_RELIEVE)
            e->at[i] = 0;
        e->by[i] = exception_due(to, step, now);
        if (e->by[i] == 0)
            e->at[i] = now;
    }
    e->state = EXCEPTION_OPEN;
    e->grade = to;
    e->graded_at = now;
    e->warned = e->missed = 0;
}

enum xk_err note_grade(struct exception_ctx *c, struct exception *e, enum exception_grade to,
                       const char *why)
{
    char text[64];

    if (to <= e->grade)
        return XK_OK;
    set_limits(e, to, c->now);
    snprintf(text, sizeof text, "%s: %s", exception_grade_info(to)->name, why);
    TRY(rows_event(c, e, "GRADED", "", text, TELL));
    return to == EXCEPTION_L4 ? stop_writing(c, e) : XK_OK;
}

/* ---- opening and growing --------------------------------------------------------------------- */

static void take_address(struct exception *e, const struct task *t)
{
    if (!t || t->callback_url[0] == '\0' || e->callback_url[0])
        return;
    memcpy(e->task_id, t->id, sizeof e->task_id);
    memcpy(e->callback_url, t->callback_url, sizeof e->callback_url);
}

enum xk_err note_open(struct exception_ctx *c, struct exception *e, const struct task *t,
                      const char *text)
{
    e->id = c->ids->next++;
    e->opened_at = e->last_at = c->now;
    set_limits(e, EXCEPTION_L1, c->now);
    if (exception_cause_info(e->cause)->cure == EXCEPTION_TOLD) {
        e->at[EXCEPTION_RELIEVE] = c->now;
        e->state = EXCEPTION_RELIEVED;
    }
    take_address(e, t);
    TRY(rows_insert(c->store, e));
    return rows_event(c, e, "OPENED", "", text, TELL);
}

/* Whether the card is new to this exception, or at least has not failed so for an hour. */
static enum xk_err look_at_card(struct exception_ctx *c, const struct exception *e,
                                const char *card, bool *is_new, bool *is_fresh)
{
    static const struct store_query q = {
        "exception_card_at", "SELECT COALESCE(MAX(at), 0) FROM exception_item WHERE exception_id = "
                             "$1 AND card = $2 AND fresh = 1"};
    int64_t at;

    TRY(store_row(c->store, &q, SVS(sv_int(e->id), sv_text(card))));
    at = store_get_int(c->store, 0);
    store_finish(c->store);
    *is_new = at == 0;
    *is_fresh = at <= c->now - HOUR_MS;
    return XK_OK;
}

static enum xk_err put_item(struct exception_ctx *c, const struct exception *e,
                            const struct exception_fault *f, const char *card, bool is_fresh)
{
    static const struct store_query q = {
        "exception_item_put",
        "INSERT INTO exception_item (exception_id, kind, subject, card, at, fresh, solved) VALUES "
        "($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (exception_id, kind, subject) DO UPDATE SET at = "
        "excluded.at, solved = 0"};

    return store_exec(c->store, &q,
                      SVS(sv_int(e->id), sv_int(f->of), sv_text(f->subject), sv_text(card),
                          sv_int(c->now), sv_int(is_fresh)),
                      NULL);
}

static enum xk_err ten_in_an_hour(struct exception_ctx *c, const struct exception *e, bool *ten)
{
    static const struct store_query q = {
        "exception_tenth", "SELECT at FROM exception_item WHERE exception_id = $1 AND fresh = 1 "
                           "ORDER BY at DESC LIMIT 1 OFFSET 9"};
    enum xk_err err = store_row(c->store, &q, SVS(sv_int(e->id)));

    static_assert(TEN_CARDS == 10, "the offset is the one before");
    *ten = false;
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    *ten = store_get_int(c->store, 0) > c->now - HOUR_MS;
    store_finish(c->store);
    return XK_OK;
}

static enum xk_err grow(struct exception_ctx *c, struct exception *e,
                        const struct exception_fault *f)
{
    const char *card = f->card[0] ? f->card : f->subject;
    bool is_new, is_fresh, ten = false;

    TRY(look_at_card(c, e, card, &is_new, &is_fresh));
    TRY(put_item(c, e, f, card, is_fresh));
    e->cards += is_new;
    e->unsolved++;
    e->last_at = c->now;
    take_address(e, f->task);
    if (is_fresh && e->grade < EXCEPTION_L2)
        TRY(ten_in_an_hour(c, e, &ten));
    if (e->cards > MANY_CARDS)
        return note_grade(c, e, EXCEPTION_L3, "more than a thousand cards");
    return ten ? note_grade(c, e, EXCEPTION_L2, "ten cards within an hour") : XK_OK;
}

static enum xk_err start(struct exception_ctx *c, const struct exception_fault *f)
{
    enum exception_grade grade = exception_cause_info(f->cause)->grade;
    struct exception e = {.cause = f->cause};

    snprintf(e.org_id, sizeof e.org_id, "%s", f->org_id);
    snprintf(e.card, sizeof e.card, "%s", f->card);
    TRY(note_open(c, &e, f->task, f->text));
    TRY(note_grade(c, &e, grade, "by its cause"));
    TRY(grow(c, &e, f));
    return rows_save(c->store, &e);
}

/* ---- what is solved -------------------------------------------------------------------------- */

static enum xk_err solve(struct exception_ctx *c, int64_t id, int64_t n, const char *why)
{
    struct exception e;

    TRY(exception_load(c->store, id, &e));
    e.unsolved -= n < e.unsolved ? n : e.unsolved;
    if (e.unsolved == 0 && e.state != EXCEPTION_CLOSED &&
        exception_cause_info(e.cause)->cure != EXCEPTION_PERSON) {
        if (e.grade == EXCEPTION_L1) {
            snprintf(e.finding, sizeof e.finding, "%s", exception_cause_info(e.cause)->en);
            snprintf(e.action, sizeof e.action, "%s", why);
            TRY(rows_step(c, &e, EXCEPTION_CLOSE, "", why));
        } else if (e.state == EXCEPTION_OPEN) {
            TRY(rows_step(c, &e, EXCEPTION_RELIEVE, "", why));
        }
    }
    return rows_save(c->store, &e);
}

struct touched {
    size_t n;
    int64_t id[SOLVED_AT_ONCE], items[SOLVED_AT_ONCE];
};

static enum xk_err find_touched(struct exception_ctx *c, const struct store_query *q,
                                const struct store_value *v, size_t values, struct touched *t)
{
    enum xk_err err;

    t->n = 0;
    TRY(store_open(c->store, q, v, values));
    while ((err = store_next(c->store)) == XK_OK && t->n < SOLVED_AT_ONCE) {
        t->id[t->n] = store_get_int(c->store, 0);
        t->items[t->n++] = store_get_int(c->store, 1);
    }
    store_finish(c->store);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err exception_card_written(struct exception_ctx *c, const char *card)
{
    static const struct store_query find = {
        "exception_open_of_card",
        "SELECT exception_id, COUNT(*) FROM exception_item WHERE card = $1 AND solved = 0 AND kind "
        "= 0 GROUP BY exception_id LIMIT 32"};
    static const struct store_query mark = {
        "exception_solve_card", "UPDATE exception_item SET solved = 1 WHERE card = $1 AND solved = "
                                "0 AND kind = 0 AND exception_id = $2"};
    struct touched t;

    static_assert(SOLVED_AT_ONCE == 32 && EXCEPTION_OF_TASK == 0, "as the queries have it");
    TRY(find_touched(c, &find, SVS(sv_text(card)), &t));
    for (size_t i = 0; i < t.n; i++) {
        TRY(store_exec(c->store, &mark, SVS(sv_text(card), sv_int(t.id[i])), NULL));
        TRY(solve(c, t.id[i], t.items[i], "the card was written since"));
    }
    return XK_OK;
}

static enum xk_err solve_item(struct exception_ctx *c, int64_t id, enum exception_of of,
                              const char *subject, const char *why)
{
    static const struct store_query q = {
        "exception_solve_item", "UPDATE exception_item SET solved = 1 WHERE exception_id = $1 AND "
                                "kind = $2 AND subject = $3"};

    TRY(store_exec(c->store, &q, SVS(sv_int(id), sv_int(of), sv_text(subject)), NULL));
    return solve(c, id, 1, why);
}

/* The exception in which this thing still fails; XK_E_NOT_FOUND. */
static enum xk_err find_open_item(struct exception_ctx *c, enum exception_of of,
                                  const char *subject, int64_t *id)
{
    static const struct store_query q = {
        "exception_item_find",
        "SELECT exception_id FROM exception_item WHERE kind = $1 AND subject = $2 AND solved = 0"};

    TRY(store_row(c->store, &q, SVS(sv_int(of), sv_text(subject))));
    *id = store_get_int(c->store, 0);
    store_finish(c->store);
    return XK_OK;
}

enum xk_err exception_solved(struct exception_ctx *c, enum exception_of of, const char *subject)
{
    int64_t id;
    enum xk_err err = find_open_item(c, of, subject, &id);

    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    return solve_item(c, id, of, subject, "it does not fail any more");
}

/* ---- failures -------------------------------------------------------------------------------- */

/* It failed before, and nobody closed that: *done when for the same cause. */
static enum xk_err fail_again(struct exception_ctx *c, const struct exception_fault *f, bool *done)
{
    struct exception e;
    int64_t id;
    enum xk_err err = find_open_item(c, f->of, f->subject, &id);

    *done = false;
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    TRY(exception_load(c->store, id, &e));
    if (e.cause != f->cause || e.state == EXCEPTION_CLOSED)
        return solve_item(c, id, f->of, f->subject, "it fails for another reason now");
    *done = true;
    e.last_at = c->now;
    return rows_save(c->store, &e);
}

enum xk_err exception_note(struct exception_ctx *c, const struct exception_fault *f)
{
    struct exception e;
    enum xk_err err;
    bool done;

    TRY(fail_again(c, f, &done));
    if (done)
        return XK_OK;
    err = rows_find(c->store, f->org_id, f->cause, "", &e);
    if (err == XK_E_NOT_FOUND || (err == XK_OK && e.last_at <= c->now - HOUR_MS))
        return start(c, f);
    TRY(err);
    TRY(grow(c, &e, f));
    return rows_save(c->store, &e);
}
