/* SPDX-License-Identifier: Apache-2.0 */
#include "db/sqlite/sqlite.h"

#include <fcntl.h>
#include <unistd.h>

#include "db/sqlite/cache.h"

#define BUSY_TIMEOUT_MS 5000

enum command { CMD_BEGIN, CMD_COMMIT, CMD_ROLLBACK, CMD_SAVEPOINT, CMD_RELEASE, CMD_ROLLBACK_TO };

static const struct store_query commands[] = {
    [CMD_BEGIN] = {"begin", "BEGIN IMMEDIATE"},
    [CMD_COMMIT] = {"commit", "COMMIT"},
    [CMD_ROLLBACK] = {"rollback", "ROLLBACK"},
    [CMD_SAVEPOINT] = {"savepoint", "SAVEPOINT one"},
    [CMD_RELEASE] = {"release", "RELEASE one"},
    [CMD_ROLLBACK_TO] = {"rollback_to", "ROLLBACK TO one"},
};

struct sqlite_store {
    struct store store;
    sqlite3 *db;
    sqlite3_stmt *rows; /* the open cursor; owned by the cache */
    const char *note;   /* of an error that SQLite does not know of */
    struct cache cache;
};

static struct sqlite_store *of(struct store *s)
{
    return (struct sqlite_store *)s;
}

static enum xk_err to_err(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return XK_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return XK_E_BUSY;
    case SQLITE_NOMEM:
        return XK_E_NOMEM;
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       rc == SQLITE_CONSTRAINT_ROWID
                   ? XK_E_EXISTS
                   : XK_E_DB;
    default:
        return XK_E_DB;
    }
}

static void sqlite_close(struct store *s)
{
    cache_drop(&of(s)->cache);
    sqlite3_close(of(s)->db);
    free(s);
}

static enum xk_err sqlite_script(struct store *s, const char *sql)
{
    of(s)->note = NULL;
    return to_err(sqlite3_exec(of(s)->db, sql, NULL, NULL, NULL));
}

static enum xk_err run(struct store *s, enum command command)
{
    struct cache_slot *slot;
    int rc = cache_get(&of(s)->cache, of(s)->db, &commands[command], &slot);

    of(s)->note = NULL;
    if (rc != SQLITE_OK)
        return to_err(rc);
    sqlite3_step(slot->statement);
    return to_err(sqlite3_reset(slot->statement));
}

/* After some errors (disk full, out of memory) SQLite ends the transaction by itself. What follows
 * must not then be kept statement by statement. */
static enum xk_err still_in_transaction(struct store *s)
{
    of(s)->note = NULL;
    if (!s->in_tx || !sqlite3_get_autocommit(of(s)->db))
        return XK_OK;
    of(s)->note = "the database has rolled this transaction back";
    return XK_E_DB;
}

static enum xk_err sqlite_begin(struct store *s)
{
    return run(s, CMD_BEGIN);
}

static enum xk_err sqlite_commit(struct store *s)
{
    return run(s, CMD_COMMIT);
}

static enum xk_err sqlite_rollback(struct store *s)
{
    return sqlite3_get_autocommit(of(s)->db) ? XK_OK : run(s, CMD_ROLLBACK);
}

static enum xk_err sqlite_savepoint(struct store *s)
{
    TRY(still_in_transaction(s));
    return run(s, CMD_SAVEPOINT);
}

static enum xk_err sqlite_release(struct store *s)
{
    return run(s, CMD_RELEASE);
}

static enum xk_err sqlite_rollback_to(struct store *s)
{
    TRY(run(s, CMD_ROLLBACK_TO));
    return run(s, CMD_RELEASE);
}

/* Values of a query with rows must outlive the call, so SQLite keeps copies of them. A span
 * without an address would be NULL to SQLite. */
static int bind(sqlite3_stmt *statement, int i, const struct store_value *v,
                sqlite3_destructor_type keep)
{
    const char *p = v->b.p ? (const char *)v->b.p : "";

    switch (v->type) {
    case STORE_INT:
        return sqlite3_bind_int64(statement, i, v->i);
    case STORE_TEXT:
        return sqlite3_bind_text64(statement, i, p, v->b.n, keep, SQLITE_UTF8);
    case STORE_BYTES:
        return sqlite3_bind_blob64(statement, i, p, v->b.n, keep);
    case STORE_NULL:
    default:
        return sqlite3_bind_null(statement, i);
    }
}

static enum xk_err sqlite_open(struct store *s, const struct store_query *q,
                               const struct store_value *v, size_t n)
{
    struct cache_slot *slot;
    int rc;

    TRY(still_in_transaction(s));
    rc = cache_get(&of(s)->cache, of(s)->db, q, &slot);
    if (rc != SQLITE_OK)
        return to_err(rc);
    if (n != (size_t)slot->parameters) {
        of(s)->note = "a query was given too few or too many values";
        return XK_E_DB;
    }
    for (size_t i = 0; i < n; i++) {
        rc = bind(slot->statement, (int)i + 1, &v[i],
                  slot->columns ? SQLITE_TRANSIENT : SQLITE_STATIC);
        if (rc != SQLITE_OK)
            return to_err(rc);
    }
    of(s)->rows = slot->statement;
    return XK_OK;
}

static enum xk_err sqlite_next(struct store *s, bool *has_row)
{
    int rc = sqlite3_step(of(s)->rows);

    *has_row = rc == SQLITE_ROW;
    return to_err(rc);
}

static void sqlite_finish(struct store *s)
{
    sqlite3_reset(of(s)->rows);
    of(s)->rows = NULL;
}

static int64_t sqlite_get_int(struct store *s, int column)
{
    return sqlite3_column_int64(of(s)->rows, column);
}

static struct bytes sqlite_get_bytes(struct store *s, int column)
{
    const void *p = sqlite3_column_blob(of(s)->rows, column);

    return BYTES(p, (size_t)sqlite3_column_bytes(of(s)->rows, column));
}

static int64_t sqlite_changes(struct store *s)
{
    return sqlite3_changes64(of(s)->db);
}

static const char *sqlite_error(struct store *s)
{
    return of(s)->note ? of(s)->note : sqlite3_errmsg(of(s)->db);
}

static const struct store_driver driver = {
    .close = sqlite_close,
    .script = sqlite_script,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .rollback_to = sqlite_rollback_to,
    .open = sqlite_open,
    .next = sqlite_next,
    .finish = sqlite_finish,
    .get_int = sqlite_get_int,
    .get_bytes = sqlite_get_bytes,
    .changes = sqlite_changes,
    .error = sqlite_error,
};

/* The write-ahead log takes over the mode of the file, which nobody else need read. */
static enum xk_err make_private(const char *path)
{
    int fd;

    if (strcmp(path, ":memory:") == 0)
        return XK_OK;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return XK_E_IO;
    close(fd);
    return XK_OK;
}

static enum xk_err set_up(struct sqlite_store *s, const char *path)
{
    static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA wal_autocheckpoint = 4000;"
                                  "PRAGMA cache_size = -16384;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA trusted_schema = OFF;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    TRY(make_private(path));
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
        return XK_E_DB;
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    return sqlite_script(&s->store, pragmas);
}

enum xk_err sqlite_store_open(const char *path, struct store **out)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    enum xk_err err;

    if (!s)
        return XK_E_NOMEM;
    s->store.driver = &driver;
    /* Nobody asks SQLite how much it holds, and counting takes a mutex at each allocation. Too late
     * (MISUSE) once the library runs; then all stays as it is. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    err = set_up(s, path);
    if (err != XK_OK) {
        sqlite_close(&s->store);
        return err;
    }
    *out = &s->store;
    return XK_OK;
}
