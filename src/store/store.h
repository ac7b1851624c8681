/* SPDX-License-Identifier: Apache-2.0 */
/* What can be kept and found. A store is one database connection: used by one thread at a time.
 * The queries stand beside the functions that use them, as static const struct store_query, in the
 * SQL that SQLite and PostgreSQL share: parameters $1, $2 ... first appearing in that order;
 * upserts as INSERT ... ON CONFLICT; RETURNING allowed. db/sqlite and db/pgsql are the two ways to
 * run them. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"

struct store;

struct store_query {
    const char *name; /* unique; the prepared statement's */
    const char *sql;
};

enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BYTES };

struct store_value {
    enum store_type type;
    int64_t i;
    struct bytes b; /* TEXT and BYTES: borrowed for the call; TEXT is UTF-8 without NUL */
};

static inline struct store_value sv_int(int64_t v)
{
    return (struct store_value){.type = STORE_INT, .i = v};
}

static inline struct store_value sv_text(const char *s)
{
    return (struct store_value){.type = STORE_TEXT, .b = bytes_cstr(s)};
}

static inline struct store_value sv_bytes(struct bytes b)
{
    return (struct store_value){.type = STORE_BYTES, .b = b};
}

static inline struct store_value sv_null(void)
{
    return (struct store_value){.type = STORE_NULL};
}

#define SV(...) ((const struct store_value[]){__VA_ARGS__})
#define SV_N(...) (sizeof((const struct store_value[]){__VA_ARGS__}) / sizeof(struct store_value))
/* Both at once: store_exec(s, &q, SVS(sv_int(1), sv_text("a")), NULL) */
#define SVS(...) SV(__VA_ARGS__), SV_N(__VA_ARGS__)

/* The ways to keep it: implemented by db. Rooms above call the functions below. */
struct store_driver {
    void (*close)(struct store *s);
    enum xk_err (*script)(struct store *s,
                          const char *sql); /* several statements, for migrations */
    enum xk_err (*begin)(struct store *s);
    enum xk_err (*commit)(struct store *s);
    enum xk_err (*rollback)(struct store *s);
    enum xk_err (*savepoint)(struct store *s); /* one level, inside a transaction */
    enum xk_err (*release)(struct store *s);
    enum xk_err (*rollback_to)(struct store *s); /* undoes and ends the savepoint */
    enum xk_err (*open)(struct store *s, const struct store_query *q, const struct store_value *v,
                        size_t n);
    enum xk_err (*next)(struct store *s, bool *has_row);
    void (*finish)(struct store *s);
    int64_t (*get_int)(struct store *s, int column);
    struct bytes (*get_bytes)(struct store *s, int column); /* TEXT too; empty for NULL */
    int64_t (*changes)(struct store *s);
    const char *(*error)(struct store *s);
};

struct store {
    const struct store_driver *driver;
    unsigned fail_at; /* tests: the n-th statement from now fails with XK_E_DB; 0 = never */
    bool in_tx, in_savepoint, in_rows;
    const char *why; /* of a failure found above the driver; NULL: ask the driver */
    char kept[160];  /* a driver's words that a rollback would overwrite */
};

void store_close(struct store *s); /* NULL is fine */
/* Applies the migrations of src/store/schema that are missing, all or none. XK_E_STATE: the
 * database is newer than this program, or one that was applied is not the one we know. */
enum xk_err store_migrate(struct store *s) XK_MUST_CHECK;

/* XK_E_STATE: a call out of its order (begin within a transaction, commit outside of one, two
 * cursors). XK_E_BUSY: somebody else is writing. After a failed commit the transaction still wants
 * its rollback. */
enum xk_err store_begin(struct store *s) XK_MUST_CHECK;
enum xk_err store_commit(struct store *s) XK_MUST_CHECK;
void store_rollback(struct store *s); /* fine outside a transaction too */
enum xk_err store_savepoint(struct store *s) XK_MUST_CHECK;
enum xk_err store_release(struct store *s) XK_MUST_CHECK;
enum xk_err store_rollback_to(struct store *s) XK_MUST_CHECK;

/* When a statement fails within a transaction, go back to the savepoint or to the beginning before
 * the next one: PostgreSQL refuses all others.
 *
 * Runs a statement without rows (or ignores them). *changes (may be NULL): rows it touched.
 * XK_E_EXISTS: a unique or primary key is taken. XK_E_BUSY: try the transaction again. XK_E_DB. */
enum xk_err store_exec(struct store *s, const struct store_query *q, const struct store_value *v,
                       size_t n, int64_t *changes) XK_MUST_CHECK;

/* Rows, one cursor at a time per store:
 *     TRY(store_open(s, &q, SV(...), n));
 *     while ((err = store_next(s)) == XK_OK) { store_get_int(s, 0) ... }  // XK_E_NOT_FOUND: end
 *     store_finish(s);
 */
enum xk_err store_open(struct store *s, const struct store_query *q, const struct store_value *v,
                       size_t n) XK_MUST_CHECK;
enum xk_err store_next(struct store *s) XK_MUST_CHECK;
void store_finish(struct store *s);
/* store_open and the first store_next, for queries of one row: on XK_OK read it, then store_finish.
 * XK_E_NOT_FOUND: no row; nothing is left to finish. */
enum xk_err store_row(struct store *s, const struct store_query *q, const struct store_value *v,
                      size_t n) XK_MUST_CHECK;
int64_t store_get_int(struct store *s, int column);
struct bytes store_get_bytes(struct store *s, int column); /* valid until the next row */
/* Copies into out with a NUL, cut to cap. NULL gives "". */
void store_get_text(struct store *s, int column, char *out, size_t cap);
/* Copies exactly n bytes; zeros when NULL or of another length. */
void store_get_fixed(struct store *s, int column, uint8_t *out, size_t n);

/* Why the last call failed, for the log. */
const char *store_error(struct store *s);

#endif
