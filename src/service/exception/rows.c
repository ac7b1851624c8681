/* SPDX-License-Identifier: Apache-2.0 */
#include "service/exception/rows.h"

#define COLUMNS                                                                                    \
    "exception_id, org_id, cause, grade, state, batch_id, card, cards, unsolved, opened_at, "      \
    "graded_at, last_at, respond_by, relieve_by, close_by, report_by, respond_at, relieve_at, "    \
    "close_at, report_at, warned, missed, events, owner, finding, action, task_id, callback_url"
#define FIRST_BY 12
#define BODY_MAX 2048

/* ---- exceptions ------------------------------------------------------------------------------ */

static enum exception_cause read_cause(struct store *s, int column)
{
    enum exception_cause cause;
    char name[32];

    store_get_text(s, column, name, sizeof name);
    /* else it is of a version that knows more */
    return exception_cause_parse(name, &cause) == XK_OK ? cause : EXCEPTION_BY_INTERNAL;
}

static void read_exception(struct store *s, struct exception *e)
{
    *e = (struct exception){.id = store_get_int(s, 0), .cause = read_cause(s, 2)};
    store_get_text(s, 1, e->org_id, sizeof e->org_id);
    e->grade = (enum exception_grade)store_get_int(s, 3);
    e->state = (enum exception_state)store_get_int(s, 4);
    store_get_text(s, 5, e->batch_id, sizeof e->batch_id);
    store_get_text(s, 6, e->card, sizeof e->card);
    e->cards = store_get_int(s, 7);
    e->unsolved = store_get_int(s, 8);
    e->opened_at = store_get_int(s, 9);
    e->graded_at = store_get_int(s, 10);
    e->last_at = store_get_int(s, 11);
    for (int i = 0; i < EXCEPTION_STEPS; i++) {
        e->by[i] = store_get_int(s, FIRST_BY + i);
        e->at[i] = store_get_int(s, FIRST_BY + EXCEPTION_STEPS + i);
    }
    e->warned = (unsigned)store_get_int(s, 20);
    e->missed = (unsigned)store_get_int(s, 21);
    e->events = store_get_int(s, 22);
    store_get_text(s, 23, e->owner, sizeof e->owner);
    store_get_text(s, 24, e->finding, sizeof e->finding);
    store_get_text(s, 25, e->action, sizeof e->action);
    store_get_fixed(s, 26, e->task_id, sizeof e->task_id);
    store_get_text(s, 27, e->callback_url, sizeof e->callback_url);
}

static enum xk_err load_one(struct store *s, const struct store_query *q,
                            const struct store_value *v, size_t n, struct exception *out)
{
    TRY(store_row(s, q, v, n));
    read_exception(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err exception_load(struct store *s, int64_t id, struct exception *out)
{
    static const struct store_query q = {
        "exception_load", "SELECT " COLUMNS " FROM exception WHERE exception_id = $1"};

    return load_one(s, &q, SVS(sv_int(id)), out);
}

enum xk_err rows_find(struct store *s, const char *org_id, enum exception_cause cause,
                      const char *batch_id, struct exception *out)
{
    static const struct store_query q = {
        "exception_find", "SELECT " COLUMNS " FROM exception WHERE org_id = $1 AND cause = $2 AND "
                          "batch_id = $3 ORDER BY exception_id DESC LIMIT 1"};

    TRY(load_one(
        s, &q, SVS(sv_text(org_id), sv_text(exception_cause_info(cause)->name), sv_text(batch_id)),
        out));
    return out->state == EXCEPTION_CLOSED ? XK_E_NOT_FOUND : XK_OK;
}

enum xk_err rows_insert(struct store *s, const struct exception *e)
{
    static const struct store_query q = {
        "exception_insert",
        "INSERT INTO exception (" COLUMNS ", class, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, "
        "$8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, "
        "$26, $27, $28, $29, $30)"};
    const struct exception_cause_info *cause = exception_cause_info(e->cause);

    return store_exec(s, &q,
                      SVS(sv_int(e->id), sv_text(e->org_id), sv_text(cause->name), sv_int(e->grade),
                          sv_int(e->state), sv_text(e->batch_id), sv_text(e->card),
                          sv_int(e->cards), sv_int(e->unsolved), sv_int(e->opened_at),
                          sv_int(e->graded_at), sv_int(e->last_at), sv_int(e->by[0]),
                          sv_int(e->by[1]), sv_int(e->by[2]), sv_int(e->by[3]), sv_int(e->at[0]),
                          sv_int(e->at[1]), sv_int(e->at[2]), sv_int(e->at[3]), sv_int(e->warned),
                          sv_int(e->missed), sv_int(e->events), sv_text(e->owner),
                          sv_text(e->finding), sv_text(e->action), sv_bytes(BYTES_OF(e->task_id)),
                          sv_text(e->callback_url), sv_int(cause->class), sv_int(rows_next(e))),
                      NULL);
}

enum xk_err rows_save(struct store *s, const struct exception *e)
{
    static const struct store_query q = {
        "exception_save",
        "UPDATE exception SET grade = $1, state = $2, cards = $3, unsolved = $4, graded_at = $5, "
        "last_at = $6, respond_by = $7, relieve_by = $8, close_by = $9, report_by = $10, "
        "respond_at = $11, relieve_at = $12, close_at = $13, report_at = $14, warned = $15, "
        "missed = $16, events = $17, owner = $18, finding = $19, action = $20, task_id = $21, "
        "callback_url = $22, next_at = $23 WHERE exception_id = $24"};

    return store_exec(s, &q,
                      SVS(sv_int(e->grade), sv_int(e->state), sv_int(e->cards), sv_int(e->unsolved),
                          sv_int(e->graded_at), sv_int(e->last_at), sv_int(e->by[0]),
                          sv_int(e->by[1]), sv_int(e->by[2]), sv_int(e->by[3]), sv_int(e->at[0]),
                          sv_int(e->at[1]), sv_int(e->at[2]), sv_int(e->at[3]), sv_int(e->warned),
                          sv_int(e->missed), sv_int(e->events), sv_text(e->owner),
                          sv_text(e->finding), sv_text(e->action), sv_bytes(BYTES_OF(e->task_id)),
                          sv_text(e->callback_url), sv_int(rows_next(e)), sv_int(e->id)),
                      NULL);
}

enum xk_err rows_due(struct store *s, int64_t now, int64_t *ids, size_t cap, size_t *n)
{
    static const struct store_query q = {
        "exception_due",
        "SELECT exception_id FROM exception WHERE next_at <= $1 ORDER BY next_at LIMIT $2"};
    enum xk_err err;

    *n = 0;
    TRY(store_open(s, &q, SVS(sv_int(now), sv_int((int64_t)cap))));
    while ((err = store_next(s)) == XK_OK && *n < cap)
        ids[(*n)++] = store_get_int(s, 0);
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err exception_list(struct store *s, const struct exception_filter *f,
                           enum xk_err (*each)(void *arg, const struct exception *e), void *arg)
{
    static const struct store_query all = {
        "exception_list",
        "SELECT " COLUMNS " FROM exception WHERE exception_id < $1 AND ($2 < 0 OR state = $2) AND "
        "($3 < 0 OR class = $3) AND grade >= $4 AND ($5 = 0 OR grade = $5) AND opened_at >= $6 AND "
        "opened_at < $7 ORDER BY exception_id DESC LIMIT $8"};
    static const struct store_query own = {
        "exception_list_org",
        "SELECT " COLUMNS " FROM exception WHERE exception_id < $1 AND ($2 < 0 OR state = $2) AND "
        "($3 < 0 OR class = $3) AND grade >= $4 AND ($5 = 0 OR grade = $5) AND opened_at >= $6 AND "
        "opened_at < $7 AND org_id = $8 ORDER BY exception_id DESC LIMIT $9"};
    const struct store_value limit = sv_int((int64_t)f->limit);
    const struct store_value v[] = {sv_int(f->before),
                                    sv_int(f->state),
                                    sv_int(f->class),
                                    sv_int(f->grade),
                                    sv_int(f->exact_grade),
                                    sv_int(f->from),
                                    sv_int(f->to),
                                    f->org_id ? sv_text(f->org_id) : limit,
                                    limit};
    struct exception e;
    enum xk_err err;

    TRY(store_open(s, f->org_id ? &own : &all, v, ARRAY_LEN(v) - (f->org_id ? 0 : 1)));
    while ((err = store_next(s)) == XK_OK) {
        read_exception(s, &e);
        err = each(arg, &e);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- limits ---------------------------------------------------------------------------------- */

int64_t rows_warn_at(const struct exception *e, enum exception_step step)
{
    return e->by[step] - (e->by[step] - e->graded_at) / 4;
}

int64_t rows_next(const struct exception *e)
{
    int64_t next = INT64_MAX;

    if (e->state == EXCEPTION_CLOSED)
        return next;
    for (unsigned i = 0; i < EXCEPTION_STEPS; i++) {
        int64_t at = e->warned & 1u << i ? e->by[i] : rows_warn_at(e, (enum exception_step)i);

        if (e->by[i] > 0 && e->at[i] == 0 && !(e->missed & 1u << i) && at < next)
            next = at;
    }
    return next;
}

enum xk_err rows_step(struct exception_ctx *c, struct exception *e, enum exception_step step,
                      const char *who, const char *text)
{
    static const char *const kinds[] = {"RESPONDED", "RELIEVED", "CLOSED", "REPORTED"};
    static const uint8_t before[] = {0, 1 << EXCEPTION_RESPOND, /* what is done along with it */
                                     1 << EXCEPTION_RESPOND | 1 << EXCEPTION_RELIEVE, 0};

    for (unsigned i = 0; i < EXCEPTION_STEPS; i++) {
        if ((i == step || before[step] >> i & 1) && e->at[i] == 0)
            e->at[i] = c->now;
    }
    if (step == EXCEPTION_RELIEVE)
        e->state = EXCEPTION_RELIEVED;
    else if (step == EXCEPTION_CLOSE)
        e->state = EXCEPTION_CLOSED;
    return rows_event(c, e, kinds[step], who, text, TELL);
}

/* ---- the time line --------------------------------------------------------------------------- */

/* C3 (P-13), from L2 on, to the application whose task it was. */
static enum xk_err tell(struct exception_ctx *c, const struct exception *e,
                        const struct exception_event *event)
{
    struct outbox_item item = {
        .kind = OUTBOX_EXCEPTION, .address = e->callback_url, .due_at = c->now};
    char group[32], event_id[32];
    struct buf body;
    enum xk_err err;

    snprintf(group, sizeof group, "exception-%lld", (long long)e->id);
    snprintf(event_id, sizeof event_id, "%lld", (long long)c->ids->next);
    item.group_key = group;
    memcpy(item.task_id, e->task_id, sizeof item.task_id);
    buf_init(&body, BODY_MAX);
    err = c->encode(e, event, event_id, &body);
    item.payload = buf_bytes(&body);
    if (err == XK_OK)
        err = outbox_add(c->store, c->ids, &item, c->said);
    buf_fini(&body);
    return err;
}

enum xk_err rows_event(struct exception_ctx *c, struct exception *e, const char *kind,
                       const char *who, const char *text, enum telling telling)
{
    static const struct store_query q = {
        "exception_event_add", "INSERT INTO exception_event (exception_id, seq, at, kind, who, "
                               "text) VALUES ($1, $2, $3, $4, $5, $6)"};
    struct exception_event event = {.seq = ++e->events, .at = c->now};

    snprintf(event.kind, sizeof event.kind, "%s", kind);
    snprintf(event.who, sizeof event.who, "%s", who);
    snprintf(event.text, sizeof event.text, "%s", text ? text : "");
    TRY(store_exec(c->store, &q,
                   SVS(sv_int(e->id), sv_int(event.seq), sv_int(event.at), sv_text(event.kind),
                       sv_text(event.who), sv_text(event.text)),
                   NULL));
    if (telling == SILENTLY || e->grade < EXCEPTION_L2 || e->callback_url[0] == '\0' || !c->encode)
        return XK_OK;
    return tell(c, e, &event);
}

enum xk_err exception_events(struct store *s, int64_t id,
                             enum xk_err (*each)(void *arg, const struct exception_event *e),
                             void *arg)
{
    static const struct store_query q = {"exception_events",
                                         "SELECT seq, at, kind, who, text FROM exception_event "
                                         "WHERE exception_id = $1 ORDER BY seq"};
    enum xk_err err;

    TRY(store_open(s, &q, SVS(sv_int(id))));
    while ((err = store_next(s)) == XK_OK) {
        struct exception_event e = {.seq = store_get_int(s, 0), .at = store_get_int(s, 1)};

        store_get_text(s, 2, e.kind, sizeof e.kind);
        store_get_text(s, 3, e.who, sizeof e.who);
        store_get_text(s, 4, e.text, sizeof e.text);
        err = each(arg, &e);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- evidence and figures -------------------------------------------------------------------- */

enum xk_err exception_items(struct store *s, int64_t id, size_t limit,
                            enum xk_err (*each)(void *arg, const struct exception_item *i),
                            void *arg)
{
    static const struct store_query q = {
        "exception_items", "SELECT kind, subject, card, at, solved FROM exception_item WHERE "
                           "exception_id = $1 ORDER BY kind, subject DESC LIMIT $2"};
    enum xk_err err;

    TRY(store_open(s, &q, SVS(sv_int(id), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct exception_item i = {.of = (enum exception_of)store_get_int(s, 0),
                                   .at = store_get_int(s, 3),
                                   .solved = store_get_int(s, 4) != 0};

        store_get_text(s, 1, i.subject, sizeof i.subject);
        store_get_text(s, 2, i.card, sizeof i.card);
        err = each(arg, &i);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err exception_groups(struct store *s, const char *org_id, int64_t from, int64_t to,
                             enum xk_err (*each)(void *arg, const struct exception_group *g),
                             void *arg)
{
    static const struct store_query q = {
        "exception_groups",
        "SELECT cause, grade, COUNT(*), SUM(cards) FROM exception WHERE opened_at >= $1 AND "
        "opened_at < $2 AND ($3 = '' OR org_id = $3) GROUP BY cause, grade ORDER BY 4 DESC, 1, 2"};
    enum xk_err err;

    TRY(store_open(s, &q, SVS(sv_int(from), sv_int(to), sv_text(org_id ? org_id : ""))));
    while ((err = store_next(s)) == XK_OK) {
        struct exception_group g = {.cause = read_cause(s, 0),
                                    .grade = (enum exception_grade)store_get_int(s, 1),
                                    .exceptions = store_get_int(s, 2),
                                    .cards = store_get_int(s, 3)};

        err = each(arg, &g);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err exception_count_kept(struct store *s, const char *org_id, int64_t from, int64_t to,
                                 struct exception_kept *out)
{
    static const struct store_query q = {
        "exception_kept",
        "SELECT COALESCE(SUM(CASE WHEN missed <> 0 OR state = $1 THEN 1 ELSE 0 END), 0), "
        "COALESCE(SUM(CASE WHEN missed = 0 AND state = $1 THEN 1 ELSE 0 END), 0), "
        "COALESCE(SUM(CASE WHEN cause = $2 THEN 1 ELSE 0 END), 0) FROM exception WHERE "
        "opened_at >= $3 AND opened_at < $4 AND ($5 = '' OR org_id = $5)"};

    TRY(store_row(s, &q,
                  SVS(sv_int(EXCEPTION_CLOSED),
                      sv_text(exception_cause_info(EXCEPTION_BY_WRONG_NUMBER)->name), sv_int(from),
                      sv_int(to), sv_text(org_id ? org_id : ""))));
    *out = (struct exception_kept){.judged = store_get_int(s, 0),
                                   .in_time = store_get_int(s, 1),
                                   .wrong_numbers = store_get_int(s, 2)};
    store_finish(s);
    return XK_OK;
}

enum xk_err exception_samples(struct store *s, const char *org_id, int64_t from, int64_t to,
                              size_t limit,
                              enum xk_err (*each)(void *arg, const struct exception_sample *one),
                              void *arg)
{
    static const struct store_query q = {
        "review_samples", "SELECT task_id, org_id, cid, at FROM review_sample WHERE at >= $1 AND "
                          "at < $2 AND ($3 = '' OR org_id = $3) ORDER BY at, task_id LIMIT $4"};
    enum xk_err err;

    TRY(store_open(
        s, &q,
        SVS(sv_int(from), sv_int(to), sv_text(org_id ? org_id : ""), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct exception_sample i = {.at = store_get_int(s, 3)};

        store_get_fixed(s, 0, i.task_id, sizeof i.task_id);
        store_get_text(s, 1, i.org_id, sizeof i.org_id);
        store_get_text(s, 2, i.cid, sizeof i.cid);
        err = each(arg, &i);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}
