/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: decided in groups under savepoints, committed once, then answered and spoken for. */
#include "prog/xiekad/daemon.h"

#include "crypto/random.h"
#include "db/pgsql/pgsql.h"
#include "db/sqlite/sqlite.h"
#include "prog/xiekad/rsp.h"
#include "service/number/number.h"

#define JOB_ARENA_MAX ((size_t)8 << 20)
#define CAUGHT_UP 128 /* jobs */
#define CATCH_UP_MS 5
#define DECISIONS_MAX 3

static enum xk_err open_audit(struct daemon *d)
{
    enum xk_err err;

    TRY(store_begin(d->store));
    err = audit_open(d->store, d->keystore, random_openssl(), &d->audit);
    if (err == XK_OK)
        err = store_commit(d->store);
    else
        store_rollback(d->store);
    if (err == XK_E_AUTH)
        xk_log(XK_LOG_ERROR, "start.failed why=\"the master key is not this database's\"");
    if (err == XK_OK && d->partner)
        partner_log_to(d->partner, d->audit);
    return err;
}

enum xk_err jobs_start(void *daemon)
{
    struct daemon *d = daemon;
    const char *database = conf_string(d->conf, "database");
    char path[DAEMON_PATH_MAX + 16];

    if (strncmp(database, "postgresql:", 11) == 0) {
        TRY(pgsql_store_open(database + 11, &d->store));
    } else {
        snprintf(path, sizeof path, "%s/xieka.db", d->data_dir);
        TRY(sqlite_store_open(strncmp(database, "sqlite:", 7) == 0 ? database + 7 : path,
                              &d->store));
    }
    TRY(store_migrate(d->store));
    TRY(open_audit(d));
    outbox_ids_init(&d->ids, xk_now(xk_clock_system()));
    return outbox_wake(d->store);
}

void jobs_finish(void *daemon)
{
    struct daemon *d = daemon;

    store_close(d->store);
    d->store = NULL;
    audit_free(d->audit);
    d->audit = NULL;
}

enum xk_err job_new(enum job_kind kind, struct job **out)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return XK_E_NOMEM;
    job->kind = kind;
    job->began_ns = xk_monotonic_ns();
    arena_init(&job->arena, JOB_ARENA_MAX);
    job->said.arena = &job->arena;
    *out = job;
    return XK_OK;
}

static bool is_http(enum job_kind kind)
{
    return kind == JOB_HTTP || kind == JOB_HSS_EVENTS || kind == JOB_METRICS;
}

static bool is_rsp_request(enum job_kind kind)
{
    return kind == JOB_ES9P || kind == JOB_ES11 || kind == JOB_ES12 || kind == JOB_ES2P;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    if (is_http(job->kind))
        buf_fini(&job->u.http.body);
    else if (job->kind == JOB_SMDS_ANSWER)
        buf_fini(&job->u.smds.body);
    else if (is_rsp_request(job->kind))
        buf_fini(&job->u.rsp.body);
    arena_fini(&job->arena);
    free(job);
}

/* Due tasks that are left follow at once, or, so that what is begun gets finished first, when the
 * worker has caught up. */
static void tick_done(struct daemon *d, const struct job *job)
{
    d->tick_under_way = false;
    if (job->err != XK_OK && job->u.tick.minute) {
        platform_calls_add(&d->calls, &job->u.tick.calls); /* the next tick tells it */
        d->minute = 0;
    }
    if (job->err == XK_OK && job->u.tick.more)
        loop_timer_start(d->tick, worker_pending(d->worker) < CAUGHT_UP ? 0 : CATCH_UP_MS);
}

/* Tells whoever waits for this job how it ended (loop thread). */
static void answer_peer(struct daemon *d, struct job *job)
{
    switch (job->kind) {
    case JOB_HTTP:
    case JOB_HSS_EVENTS:
    case JOB_METRICS:
        http_answer(d, job);
        break;
    case JOB_REPORT:
        sms_link_answer(d->sms, job->u.report.token, job->err);
        break;
    case JOB_RECEIPT:
        sms_link_answer(d->sms, job->u.receipt.token, job->err);
        break;
    case JOB_ES9P:
    case JOB_ES11:
    case JOB_ES12:
    case JOB_ES2P:
        rsp_answer(d, job);
        break;
    case JOB_SMDS_ANSWER: /* when it failed, the row stays, and so do those that wait for it */
        if (job->err == XK_OK)
            rsp_answer_parked(d->rsp, job->u.smds.outbox_id, buf_bytes(&job->u.smds.body));
        break;
    case JOB_TICK:
        tick_done(d, job);
        break;
    case JOB_SUBMITTED:
    case JOB_OPENED:
    case JOB_CALLBACK_DONE:
    case JOB_AGAIN:
        break; /* the outbox row stays when it failed, and is said again when its lease is over */
    }
}

void job_submit(struct daemon *d, struct job *job)
{
    enum xk_err err = worker_submit(d->worker, job);

    if (err == XK_OK)
        return;
    job->err = err;
    answer_peer(d, job);
    job_free(job);
}

/* A failed job says nothing and leaves nothing. */
static void undo(struct job *job, enum xk_err err)
{
    job->err = err;
    job->said.first = job->said.last = NULL;
}

static enum xk_err decide_once(struct daemon *d, struct job *job)
{
    struct order_ctx c = {
        .store = d->store,
        .keystore = d->keystore,
        .policy = &d->policy,
        .ports = &d->ports,
        .rand = random_openssl(),
        .ids = &d->ids,
        .arena = &job->arena,
        .said = &job->said,
        .now = xk_now(xk_clock_system()),
    };
    enum xk_err err = store_savepoint(d->store);

    if (err == XK_OK) {
        err = inputs_decide(d, job, &c);
        if (err == XK_OK)
            err = store_release(d->store);
        else if (store_rollback_to(d->store) != XK_OK)
            err = XK_E_DB;
    }
    if (err != XK_OK)
        undo(job, err);
    return err;
}

/* A decision on a row that another node moved meanwhile is made anew, on what there is now. */
static void decide_one(struct daemon *d, struct job *job)
{
    enum xk_err err = decide_once(d, job);

    for (int i = 1; i < DECISIONS_MAX && err == XK_E_BUSY; i++)
        err = decide_once(d, job);
    if (err == XK_OK) {
        job->err = XK_OK;
        return;
    }
    if (err != XK_E_DENIED)
        xk_log(XK_LOG_WARN, "job.failed kind=%d err=%s db=%s", (int)job->kind, xk_err_name(err),
               err == XK_E_DB ? store_error(d->store) : "-");
}

static enum xk_err fill_subscriber(struct daemon *d, struct job *job, struct outbox_item *item)
{
    struct home_subscriber *sub = arena_alloc(&job->arena, sizeof *sub);
    struct number n;

    if (!sub)
        return XK_E_NOMEM;
    sub->op = item->kind == OUTBOX_OPEN ? HOME_OPEN : HOME_CLOSE;
    snprintf(sub->imsi, sizeof sub->imsi, "%s", item->address);
    if (sub->op == HOME_OPEN) {
        TRY(number_get_by_imsi(d->store, item->address, &n));
        snprintf(sub->msisdn, sizeof sub->msisdn, "%s", n.msisdn);
        snprintf(sub->iccid, sizeof sub->iccid, "%s", n.iccid);
        sub->algorithm = n.algorithm;
        TRY(number_get_keys(d->store, d->keystore, item->address, &sub->keys));
    }
    item->payload = BYTES(sub, sizeof *sub);
    return XK_OK;
}

/* Callbacks are signed at the moment of sending: payload becomes the headers and the body. */
static enum xk_err sign_callback(struct daemon *d, struct job *job, struct outbox_item *item)
{
    struct partner_signature sign;
    struct task t;
    struct buf b;

    TRY(task_load(d->store, item->task_id, &t));
    TRY(partner_sign(d->store, d->keystore, random_openssl(), t.app_id, "POST", item->address,
                     item->payload, xk_now(xk_clock_system()), &sign));
    uint8_t *mem = arena_alloc(&job->arena, sizeof sign + item->payload.n);

    if (!mem)
        return XK_E_NOMEM;
    buf_init_fixed(&b, mem, sizeof sign + item->payload.n);
    for (size_t i = 0; i < PARTNER_SIGN_HEADERS; i++)
        buf_put(&b, sign.header[i], strlen(sign.header[i]) + 1);
    buf_put_bytes(&b, item->payload);
    item->payload = buf_bytes(&b);
    return buf_ok(&b);
}

/* What may be read only now, after the commit, and only into this job. */
static void prepare_speech(struct daemon *d, struct job *job)
{
    for (struct outbox_item *i = job->said.first; i; i = i->next) {
        enum xk_err err = XK_OK;

        if (i->kind == OUTBOX_OPEN || i->kind == OUTBOX_CLOSE)
            err = fill_subscriber(d, job, i);
        else if (i->kind == OUTBOX_CALLBACK || i->kind == OUTBOX_EXCEPTION)
            err = sign_callback(d, job, i);
        if (err == XK_OK)
            continue;
        i->payload = BYTES_NONE; /* its lease brings it back */
        xk_log(XK_LOG_WARN, "say.unready outbox=%lld err=%s", (long long)i->id, xk_err_name(err));
    }
}

static void fail_all(void **jobs, size_t n, enum xk_err err)
{
    for (size_t i = 0; i < n; i++)
        undo(jobs[i], err);
}

void jobs_run(void *daemon, void **jobs, size_t n)
{
    struct daemon *d = daemon;
    enum xk_err err = store_begin(d->store);

    if (err == XK_OK) {
        for (size_t i = 0; i < n; i++)
            decide_one(d, jobs[i]);
        err = store_commit(d->store);
    }
    if (err != XK_OK) {
        xk_log(XK_LOG_ERROR, "commit.failed jobs=%zu err=%s db=%s", n, xk_err_name(err),
               store_error(d->store));
        store_rollback(d->store);
        fail_all(jobs, n, err);
        return;
    }
    for (size_t i = 0; i < n; i++)
        prepare_speech(d, jobs[i]);
}

void jobs_done(void *daemon, void **jobs, size_t n)
{
    struct daemon *d = daemon;

    for (size_t i = 0; i < n; i++) {
        struct job *job = jobs[i];

        answer_peer(d, job);
        say_all(d, &job->said);
        job_free(job);
    }
}
