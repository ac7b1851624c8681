/* SPDX-License-Identifier: Apache-2.0 */
#include "db/pgsql/pgsql.h"

#include "base/log.h"
#include "base/map.h"
#include "db/pgsql/rows.h"

#define PREPARED_MAX 512 /* statements kept; one more and all are dropped and made anew */
#define NAME_MAX_LEN 16
#define SCRIPT_MAX (1u << 20)

struct pgsql_store {
    struct store store;
    PGconn *conn;
    struct map prepared; /* address of the query -> number of its statement */
    PGresult *rows;      /* the open cursor */
    int row;
    int64_t changes;
    char note[256]; /* why the last call failed */
};

static struct pgsql_store *of(struct store *s)
{
    return (struct pgsql_store *)s;
}

static void note(struct pgsql_store *p, const char *text)
{
    size_t n = strcspn(text, "\n");

    snprintf(p->note, sizeof p->note, "%.*s", (int)(n < sizeof p->note ? n : sizeof p->note - 1),
             text);
}

/* SQLSTATEs, PostgreSQL appendix A. */
static enum xk_err err_of_state(const char *state)
{
    static const struct {
        const char *state;
        enum xk_err err;
    } rows[] = {
        {"23505", XK_E_EXISTS}, /* unique_violation */
        {"40001", XK_E_BUSY},   /* serialization_failure */
        {"40P01", XK_E_BUSY},   /* deadlock_detected */
        {"55P03", XK_E_BUSY},   /* lock_not_available */
        {"53200", XK_E_NOMEM},  /* out_of_memory */
        {"57P01", XK_E_CLOSED}, /* admin_shutdown */
    };

    for (size_t i = 0; state && i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].state, state) == 0)
            return rows[i].err;
    }
    return XK_E_DB;
}

/* What a result says; it is kept by its caller. */
static enum xk_err check(struct pgsql_store *p, const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return XK_OK;
    note(p, r ? PQresultErrorMessage(r) : PQerrorMessage(p->conn));
    if (PQstatus(p->conn) == CONNECTION_BAD)
        return XK_E_CLOSED;
    return err_of_state(PQresultErrorField(r, PG_DIAG_SQLSTATE));
}

static enum xk_err run(struct store *s, const char *sql)
{
    PGresult *r = PQexec(of(s)->conn, sql);
    enum xk_err err = check(of(s), r);

    PQclear(r);
    return err;
}

static void pgsql_close(struct store *s)
{
    PQclear(of(s)->rows);
    PQfinish(of(s)->conn);
    map_fini(&of(s)->prepared);
    free(s);
}

static bool is_word(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The schema is written for SQLite; all that differs is the name of one type. */
static void translate(const char *sql, struct buf *out)
{
    for (const char *p = sql; *p; p++) {
        bool is_start = p == sql || !is_word(p[-1]);

        if (is_start && strncmp(p, "BLOB", 4) == 0 && !is_word(p[4])) {
            buf_put_str(out, "BYTEA");
            p += 3;
        } else {
            buf_put_u8(out, (uint8_t)*p);
        }
    }
}

static enum xk_err pgsql_script(struct store *s, const char *sql)
{
    enum xk_err err;
    struct buf b;

    buf_init(&b, SCRIPT_MAX);
    translate(sql, &b);
    buf_cstr(&b);
    err = buf_ok(&b);
    if (err == XK_OK)
        err = run(s, buf_cstr(&b));
    buf_fini(&b);
    return err;
}

static enum xk_err pgsql_begin(struct store *s)
{
    return run(s, "BEGIN ISOLATION LEVEL SERIALIZABLE");
}

/* The COMMIT of a transaction in which a statement failed succeeds, and is a rollback. */
static enum xk_err pgsql_commit(struct store *s)
{
    PGresult *r = PQexec(of(s)->conn, "COMMIT");
    enum xk_err err = check(of(s), r);

    if (err == XK_OK && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
        note(of(s), "a statement of this transaction had failed, nothing was committed");
        err = XK_E_DB;
    }
    PQclear(r);
    return err;
}

static enum xk_err pgsql_rollback(struct store *s)
{
    if (PQtransactionStatus(of(s)->conn) == PQTRANS_IDLE)
        return XK_OK;
    return run(s, "ROLLBACK");
}

static enum xk_err pgsql_savepoint(struct store *s)
{
    return run(s, "SAVEPOINT one");
}

static enum xk_err pgsql_release(struct store *s)
{
    return run(s, "RELEASE SAVEPOINT one");
}

static enum xk_err pgsql_rollback_to(struct store *s)
{
    TRY(run(s, "ROLLBACK TO SAVEPOINT one"));
    return run(s, "RELEASE SAVEPOINT one");
}

static void name_of(uintptr_t number, char name[NAME_MAX_LEN])
{
    snprintf(name, NAME_MAX_LEN, "q%u", (unsigned)number);
}

/* The statement's name, prepared when new. */
static enum xk_err prepare(struct store *s, const struct store_query *q, char name[NAME_MAX_LEN])
{
    struct bytes key = BYTES(&q, sizeof q);
    uintptr_t number;
    PGresult *r;
    enum xk_err err;

    if (map_get(&of(s)->prepared, key, &number)) {
        name_of(number, name);
        return XK_OK;
    }
    if (of(s)->prepared.n == PREPARED_MAX) {
        TRY(run(s, "DEALLOCATE ALL"));
        map_fini(&of(s)->prepared);
    }
    number = of(s)->prepared.n;
    name_of(number, name);
    r = PQprepare(of(s)->conn, name, q->sql, 0, NULL);
    err = check(of(s), r);
    PQclear(r);
    return err == XK_OK ? map_put(&of(s)->prepared, key, number) : err;
}

/* "UPDATE 3", "INSERT 0 3"; a SELECT changes nothing. */
static int64_t changes_of(PGresult *r)
{
    const char *status = PQcmdStatus(r);

    if (strncmp(status, "SELECT", 6) == 0)
        return 0;
    return strtoll(PQcmdTuples(r), NULL, 10);
}

static enum xk_err pgsql_open(struct store *s, const struct store_query *q,
                              const struct store_value *v, size_t n)
{
    struct params params;
    char name[NAME_MAX_LEN];
    enum xk_err err;
    PGresult *r;

    TRY(params_of(v, n, &params));
    TRY(prepare(s, q, name));
    r = PQexecPrepared(of(s)->conn, name, params.n, params.value, params.length, params.format, 1);
    err = check(of(s), r);
    if (err != XK_OK) {
        PQclear(r);
        return err;
    }
    of(s)->rows = r;
    of(s)->row = -1;
    of(s)->changes = changes_of(r);
    return XK_OK;
}

static enum xk_err pgsql_next(struct store *s, bool *has_row)
{
    *has_row = ++of(s)->row < PQntuples(of(s)->rows);
    return XK_OK;
}

static void pgsql_finish(struct store *s)
{
    PQclear(of(s)->rows);
    of(s)->rows = NULL;
}

static int64_t pgsql_get_int(struct store *s, int column)
{
    return row_int(of(s)->rows, of(s)->row, column);
}

static struct bytes pgsql_get_bytes(struct store *s, int column)
{
    return row_bytes(of(s)->rows, of(s)->row, column);
}

static int64_t pgsql_changes(struct store *s)
{
    return of(s)->changes;
}

static const char *pgsql_error(struct store *s)
{
    return of(s)->note;
}

static const struct store_driver driver = {
    .close = pgsql_close,
    .script = pgsql_script,
    .begin = pgsql_begin,
    .commit = pgsql_commit,
    .rollback = pgsql_rollback,
    .savepoint = pgsql_savepoint,
    .release = pgsql_release,
    .rollback_to = pgsql_rollback_to,
    .open = pgsql_open,
    .next = pgsql_next,
    .finish = pgsql_finish,
    .get_int = pgsql_get_int,
    .get_bytes = pgsql_get_bytes,
    .changes = pgsql_changes,
    .error = pgsql_error,
};

/* "table exists, skipping" and the like are for people at a prompt. */
static void ignore_notice(void *ctx, const PGresult *r)
{
    (void)ctx;
    (void)r;
}

static enum xk_err set_up(struct pgsql_store *s, const char *conninfo)
{
    s->conn = PQconnectdb(conninfo);
    if (PQstatus(s->conn) != CONNECTION_OK) {
        note(s, PQerrorMessage(s->conn));
        xk_log(XK_LOG_DEBUG, "pgsql.open why=\"%s\"", s->note);
        return XK_E_CLOSED;
    }
    PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
    TRY(run(&s->store, "SET client_encoding = 'UTF8'"));
    return run(&s->store, "SET lock_timeout = '5s'");
}

enum xk_err pgsql_store_open(const char *conninfo, struct store **out)
{
    struct pgsql_store *s = calloc(1, sizeof *s);
    enum xk_err err;

    if (!s)
        return XK_E_NOMEM;
    s->store.driver = &driver;
    map_init(&s->prepared, PREPARED_MAX, 0);
    err = set_up(s, conninfo);
    if (err != XK_OK) {
        pgsql_close(&s->store);
        return err;
    }
    *out = &s->store;
    return XK_OK;
}
