/* SPDX-License-Identifier: Apache-2.0 */
/* Where failures come from: write tasks, batches, downloads, what nobody heard, the bearer. */
#include "base/hex.h"
#include "crypto/hash.h"
#include "model/org.h"
#include "service/exception/rows.h"

#define BATCH_MIN 10     /* a smaller batch says nothing by its rate */
#define SAMPLE_ONE_IN 20 /* P-19 */
#define DOWN_L3_MS INT64_C(600000)
#define DOWN_L4_MS INT64_C(3600000)

/* ---- the sample of successes ----------------------------------------------------------------- */

bool exception_is_sampled(const uint8_t task_id[TASK_ID_LEN])
{
    uint8_t digest[HASH_LEN];

    return hash_digest(HASH_SHA256, BYTES(task_id, TASK_ID_LEN), digest) == XK_OK &&
           (digest[0] << 8 | digest[1]) % SAMPLE_ONE_IN == 0;
}

static enum xk_err sample(struct exception_ctx *c, const struct task *t)
{
    static const struct store_query q = {
        "review_sample_add", "INSERT INTO review_sample (task_id, org_id, cid, at) VALUES ($1, $2, "
                             "$3, $4) ON CONFLICT (task_id) DO NOTHING"};

    if (!exception_is_sampled(t->id))
        return XK_OK;
    return store_exec(
        c->store, &q,
        SVS(sv_bytes(BYTES_OF(t->id)), sv_text(t->org_id), sv_text(t->cid), sv_int(c->now)), NULL);
}

/* ---- write tasks ----------------------------------------------------------------------------- */

enum xk_err exception_task_ended(struct exception_ctx *c, const struct exception_ending *e)
{
    const struct task *t = e->task;
    char id[TASK_ID_TEXT], text[192];
    struct exception_fault f = {.of = EXCEPTION_OF_TASK,
                                .org_id = t->org_id,
                                .subject = hex_encode_lower(BYTES_OF(t->id), id),
                                .card = t->cid,
                                .text = text,
                                .task = t};

    if (t->state == TASK_SUCCESS) {
        TRY(sample(c, t));
        return exception_card_written(c, t->cid);
    }
    if (t->state == TASK_CANCELLED)
        return exception_solved(c, EXCEPTION_OF_TASK, f.subject);
    f.cause = exception_cause_of(e);
    snprintf(text, sizeof text, "task %s, card %s: %s", id, t->cid, t->message);
    return exception_note(c, &f);
}

/* ---- batches --------------------------------------------------------------------------------- */

static enum exception_grade grade_of(const struct exception_batch *b)
{
    if (b->total >= BATCH_MIN && b->failed * 10 > b->total)
        return EXCEPTION_L3; /* less than 90 % can succeed */
    if (b->paused || (b->total >= BATCH_MIN && b->failed * 50 > b->total))
        return EXCEPTION_L2; /* less than 98 % */
    return EXCEPTION_L1;
}

static enum xk_err batch_recovers(struct exception_ctx *c, struct exception *e)
{
    e->unsolved = 0;
    if (e->state == EXCEPTION_OPEN)
        TRY(rows_step(c, e, EXCEPTION_RELIEVE, "", "the batch has recovered"));
    return rows_save(c->store, e);
}

enum xk_err exception_batch(struct exception_ctx *c, const struct exception_batch *b)
{
    enum exception_grade grade = grade_of(b);
    struct exception e;
    char text[96];
    enum xk_err err;

    if (grade == EXCEPTION_L1 && b->task->attempts_all <= 1)
        return XK_OK; /* nothing to take back */
    err = rows_find(c->store, b->org_id, EXCEPTION_BY_BATCH, b->batch_id, &e);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    if (grade == EXCEPTION_L1)
        return err == XK_OK && e.unsolved > 0 ? batch_recovers(c, &e) : XK_OK;
    snprintf(text, sizeof text, "%lld of %lld failed%s", (long long)b->failed, (long long)b->total,
             b->paused ? ", the batch is paused" : "");
    if (err == XK_E_NOT_FOUND) {
        e = (struct exception){.cause = EXCEPTION_BY_BATCH};
        snprintf(e.org_id, sizeof e.org_id, "%s", b->org_id);
        snprintf(e.batch_id, sizeof e.batch_id, "%s", b->batch_id);
        TRY(note_open(c, &e, b->task, text));
    }
    e.cards = b->failed > e.cards ? b->failed : e.cards;
    e.unsolved = b->failed;
    e.last_at = c->now;
    TRY(note_grade(c, &e, grade, text));
    return rows_save(c->store, &e);
}

/* ---- downloads ------------------------------------------------------------------------------- */

enum xk_err exception_downloaded(struct exception_ctx *c, const struct download *d,
                                 enum download_cause by)
{
    struct exception_fault f = {.of = EXCEPTION_OF_DOWNLOAD,
                                .org_id = ORG_ROOT,
                                .subject = d->iccid,
                                .card = d->eid,
                                .text = download_cause_text(by)};

    if (d->for_task)
        return XK_OK; /* its task tells */
    if (exception_cause_of_download(by, &f.cause))
        return exception_note(c, &f);
    if (by == DOWNLOAD_BY_INSTALL || by == DOWNLOAD_BY_CANCEL_AVAILABLE ||
        by == DOWNLOAD_BY_CANCEL_UNAVAILABLE)
        return exception_solved(c, EXCEPTION_OF_DOWNLOAD, d->iccid);
    return XK_OK;
}

/* ---- what nobody heard ----------------------------------------------------------------------- */

enum xk_err exception_heard(struct exception_ctx *c, int64_t outbox_id)
{
    char subject[24];

    snprintf(subject, sizeof subject, "%lld", (long long)outbox_id);
    TRY(outbox_done(c->store, outbox_id));
    return exception_solved(c, EXCEPTION_OF_CALLBACK, subject);
}

/* False: of a kind that is none of ours. */
static bool cause_of(enum outbox_kind kind, enum exception_cause *out)
{
    *out = kind == OUTBOX_ES2P   ? EXCEPTION_BY_ES2P
           : kind == OUTBOX_SMDS ? EXCEPTION_BY_SMDS
                                 : EXCEPTION_BY_CALLBACK;
    return kind == OUTBOX_CALLBACK || kind == OUTBOX_ES2P || kind == OUTBOX_SMDS;
}

/* Whose row it is, and of which card. */
static enum xk_err find_owner(struct store *s, int64_t outbox_id, enum outbox_kind *kind,
                              char org[33], char card[33])
{
    static const struct store_query q = {
        "exception_of_outbox", "SELECT o.kind, COALESCE(t.org_id, ''), COALESCE(t.cid, '') FROM "
                               "outbox o LEFT JOIN task t ON t.task_id = o.task_id WHERE "
                               "o.outbox_id = $1"};

    TRY(store_row(s, &q, SVS(sv_int(outbox_id))));
    *kind = (enum outbox_kind)store_get_int(s, 0);
    store_get_text(s, 1, org, 33);
    store_get_text(s, 2, card, 33);
    store_finish(s);
    return XK_OK;
}

enum xk_err exception_given_up(struct exception_ctx *c, int64_t outbox_id, const char *reason)
{
    char org[33], card[33], subject[24];
    struct exception_fault f = {
        .of = EXCEPTION_OF_CALLBACK, .subject = subject, .card = card, .text = reason};
    enum outbox_kind kind;
    enum xk_err err = find_owner(c->store, outbox_id, &kind, org, card);

    if (err == XK_E_NOT_FOUND)
        return XK_OK; /* said twice, and done */
    TRY(err);
    TRY(outbox_bury(c->store, outbox_id, reason, c->now));
    if (!cause_of(kind, &f.cause))
        return XK_OK; /* an exception that nobody hears of is not another one */
    f.org_id = org[0] ? org : ORG_ROOT;
    snprintf(subject, sizeof subject, "%lld", (long long)outbox_id);
    return exception_note(c, &f);
}

/* ---- the service itself ---------------------------------------------------------------------- */

static enum xk_err service_down(struct exception_ctx *c, int64_t down_ms)
{
    struct exception e = {.cause = EXCEPTION_BY_SERVICE_DOWN, .org_id = ORG_ROOT, .unsolved = 1};

    TRY(note_open(c, &e, NULL, "the bearer has been out of reach for ten minutes"));
    TRY(note_grade(c, &e, down_ms < DOWN_L4_MS ? EXCEPTION_L3 : EXCEPTION_L4, "by its cause"));
    return rows_save(c->store, &e);
}

static enum xk_err service_still_down(struct exception_ctx *c, struct exception *e, int64_t down_ms)
{
    if (down_ms < DOWN_L4_MS || e->grade == EXCEPTION_L4)
        return XK_OK;
    TRY(note_grade(c, e, EXCEPTION_L4, "down for an hour"));
    return rows_save(c->store, e);
}

static enum xk_err service_back(struct exception_ctx *c, struct exception *e)
{
    e->unsolved = 0;
    if (e->state == EXCEPTION_OPEN)
        TRY(rows_step(c, e, EXCEPTION_RELIEVE, "", "the bearer is back"));
    return rows_save(c->store, e);
}

enum xk_err exception_service(struct exception_ctx *c, int64_t down_ms)
{
    struct exception e;
    bool known;
    enum xk_err err;

    if (down_ms > 0 && down_ms < DOWN_L3_MS)
        return XK_OK;
    err = rows_find(c->store, ORG_ROOT, EXCEPTION_BY_SERVICE_DOWN, "", &e);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    known = err == XK_OK && e.unsolved > 0; /* else a person has found it, or it is an old one */
    if (down_ms == 0)
        return known ? service_back(c, &e) : XK_OK;
    return known ? service_still_down(c, &e, down_ms) : service_down(c, down_ms);
}
