/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

/* Whether the failure a test asked for is due. */
static bool fails_now(struct store *s)
{
    s->why = NULL;
    if (s->fail_at == 0 || --s->fail_at > 0)
        return false;
    s->why = "a test asked for this failure";
    return true;
}

static enum xk_err out_of_order(struct store *s, const char *why)
{
    s->why = why;
    return XK_E_STATE;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    s->driver->close(s);
}

enum xk_err store_begin(struct store *s)
{
    if (s->in_tx)
        return out_of_order(s, "begin within a transaction");
    if (fails_now(s))
        return XK_E_DB;
    TRY(s->driver->begin(s));
    s->in_tx = true;
    return XK_OK;
}

enum xk_err store_commit(struct store *s)
{
    if (!s->in_tx || s->in_rows)
        return out_of_order(s, "commit outside a transaction or with rows open");
    if (fails_now(s))
        return XK_E_DB;
    TRY(s->driver->commit(s));
    s->in_tx = false;
    s->in_savepoint = false;
    return XK_OK;
}

void store_rollback(struct store *s)
{
    store_finish(s);
    if (!s->in_tx)
        return;
    /* A transaction that cannot even be rolled back is gone with its connection. */
    if (s->driver->rollback(s) != XK_OK)
        s->why = "the rollback failed";
    s->in_tx = false;
    s->in_savepoint = false;
}

enum xk_err store_savepoint(struct store *s)
{
    if (!s->in_tx || s->in_savepoint || s->in_rows)
        return out_of_order(s, "savepoint outside a transaction or within another");
    if (fails_now(s))
        return XK_E_DB;
    TRY(s->driver->savepoint(s));
    s->in_savepoint = true;
    return XK_OK;
}

enum xk_err store_release(struct store *s)
{
    if (!s->in_savepoint || s->in_rows)
        return out_of_order(s, "release without a savepoint or with rows open");
    if (fails_now(s))
        return XK_E_DB;
    TRY(s->driver->release(s));
    s->in_savepoint = false;
    return XK_OK;
}

enum xk_err store_rollback_to(struct store *s)
{
    store_finish(s);
    if (!s->in_savepoint)
        return out_of_order(s, "rollback_to without a savepoint");
    TRY(s->driver->rollback_to(s));
    s->in_savepoint = false;
    return XK_OK;
}

enum xk_err store_open(struct store *s, const struct store_query *q, const struct store_value *v,
                       size_t n)
{
    if (s->in_rows)
        return out_of_order(s, "a query while the rows of another are open");
    if (fails_now(s))
        return XK_E_DB;
    TRY(s->driver->open(s, q, v, n));
    s->in_rows = true;
    return XK_OK;
}

enum xk_err store_next(struct store *s)
{
    bool has_row = false;

    if (!s->in_rows)
        return out_of_order(s, "next without open rows");
    TRY(s->driver->next(s, &has_row));
    return has_row ? XK_OK : XK_E_NOT_FOUND;
}

void store_finish(struct store *s)
{
    if (!s->in_rows)
        return;
    s->driver->finish(s);
    s->in_rows = false;
}

enum xk_err store_row(struct store *s, const struct store_query *q, const struct store_value *v,
                      size_t n)
{
    enum xk_err err;

    TRY(store_open(s, q, v, n));
    err = store_next(s);
    if (err != XK_OK)
        store_finish(s);
    return err;
}

enum xk_err store_exec(struct store *s, const struct store_query *q, const struct store_value *v,
                       size_t n, int64_t *changes)
{
    enum xk_err err;

    TRY(store_open(s, q, v, n));
    do {
        err = store_next(s);
    } while (err == XK_OK);
    if (err == XK_E_NOT_FOUND) {
        err = XK_OK;
        if (changes)
            *changes = s->driver->changes(s);
    }
    store_finish(s);
    return err;
}

int64_t store_get_int(struct store *s, int column)
{
    return s->driver->get_int(s, column);
}

struct bytes store_get_bytes(struct store *s, int column)
{
    return s->driver->get_bytes(s, column);
}

void store_get_text(struct store *s, int column, char *out, size_t cap)
{
    struct bytes text = s->driver->get_bytes(s, column);
    size_t n = text.n < cap ? text.n : cap - 1;

    if (n > 0)
        memcpy(out, text.p, n);
    out[n] = '\0';
}

void store_get_fixed(struct store *s, int column, uint8_t *out, size_t n)
{
    struct bytes value = s->driver->get_bytes(s, column);

    if (value.n == n && n > 0)
        memcpy(out, value.p, n);
    else
        memset(out, 0, n);
}

const char *store_error(struct store *s)
{
    return s->why ? s->why : s->driver->error(s);
}
