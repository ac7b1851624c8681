/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: found, reserved and moved (P-24). */
#include "service/number/number.h"

#include "service/number/rows.h"

#define MS_PER_DAY "86400000"

static const struct store_query q_by_imsi = {"number.by_imsi", "SELECT " NUMBER_COLUMNS
                                                               " FROM number WHERE imsi = $1"};
static const struct store_query q_by_msisdn = {"number.by_msisdn",
                                               "SELECT " NUMBER_COLUMNS " FROM number"
                                               " WHERE msisdn = $1"};
static const struct store_query q_by_iccid = {"number.by_iccid", "SELECT " NUMBER_COLUMNS
                                                                 " FROM number WHERE iccid = $1"};
static const struct store_query q_in_use = {
    "number.in_use", "SELECT " NUMBER_COLUMNS " FROM number WHERE cid = $1 AND cid <> ''"
                     " AND state = 4 AND purpose <> 0 AND imsi <> $2 ORDER BY imsi LIMIT 1"};
static const struct store_query q_of_card = {
    "number.of_card", "SELECT " NUMBER_COLUMNS " FROM number WHERE cid = $1 AND cid <> ''"
                      " ORDER BY imsi LIMIT $2"};
static const struct store_query q_list = {"number.list",
                                          "SELECT " NUMBER_COLUMNS " FROM number WHERE pool_id = $1"
                                          " AND imsi > $2 ORDER BY imsi LIMIT $3"};
static const struct store_query q_list_state = {
    "number.list_state", "SELECT " NUMBER_COLUMNS " FROM number WHERE pool_id = $1 AND state = $2"
                         " AND imsi > $3 ORDER BY imsi LIMIT $4"};

/* The count is taken down first: on PostgreSQL that row's lock lets one reservation of a pool
 * through at a time, and two never see the same lowest number. */
static const struct store_query q_take_free = {"number.take_free",
                                               "UPDATE pool_count SET n = n - 1"
                                               " WHERE pool_id = $1 AND state = 0 AND n > 0"};
static const struct store_query q_reserve_lowest = {
    "number.reserve_lowest",
    "UPDATE number SET state = 1, cid = $1, task_id = $2, updated_at = $3"
    " WHERE imsi = (SELECT imsi FROM number WHERE pool_id = $4 AND state = 0 ORDER BY imsi LIMIT 1)"
    " AND state = 0 RETURNING " NUMBER_COLUMNS};
static const struct store_query q_reserve_this = {
    "number.reserve_this", "UPDATE number SET state = 1, cid = $1, task_id = $2, updated_at = $3"
                           " WHERE imsi = $4 AND state = 0 RETURNING " NUMBER_COLUMNS};

/* What a move does besides changing the state. */
static const struct store_query q_move = {"number.move", "UPDATE number SET state = $1,"
                                                         " updated_at = $2 WHERE imsi = $3"
                                                         " AND state = $4 RETURNING pool_id"};
static const struct store_query q_move_untie = {
    "number.move_untie", "UPDATE number SET state = $1, updated_at = $2, cid = '', task_id = $3"
                         " WHERE imsi = $4 AND state = $5 RETURNING pool_id"};
static const struct store_query q_move_unlock = {
    "number.move_unlock", "UPDATE number SET state = $1, updated_at = $2, task_id = $3"
                          " WHERE imsi = $4 AND state = $5 RETURNING pool_id"};
static const struct store_query q_move_freeze = {
    "number.move_freeze",
    "UPDATE number SET state = $1, updated_at = $2, task_id = $3, frozen_until = $2 + " MS_PER_DAY
    " * (SELECT quarantine_days FROM pool WHERE pool.pool_id = number.pool_id)"
    " WHERE imsi = $4 AND state = $5 RETURNING pool_id"};

static const uint8_t no_task[8];

void number_of_row(struct store *s, struct number *out)
{
    store_get_text(s, 0, out->imsi, sizeof out->imsi);
    store_get_text(s, 1, out->msisdn, sizeof out->msisdn);
    store_get_text(s, 2, out->iccid, sizeof out->iccid);
    store_get_text(s, 3, out->smsc, sizeof out->smsc);
    store_get_text(s, 4, out->pool_id, sizeof out->pool_id);
    out->purpose = (enum number_purpose)store_get_int(s, 5);
    out->algorithm = (uint8_t)store_get_int(s, 6);
    out->state = (enum number_state)store_get_int(s, 7);
    store_get_text(s, 8, out->cid, sizeof out->cid);
    store_get_fixed(s, 9, out->task_id, sizeof out->task_id);
    out->frozen_until = store_get_int(s, 10);
    out->updated_at = store_get_int(s, 11);
}

static enum xk_err get_one(struct store *s, const struct store_query *q, const char *key,
                           struct number *out)
{
    TRY(store_row(s, q, SVS(sv_text(key))));
    number_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err number_get_by_imsi(struct store *s, const char *imsi, struct number *out)
{
    return get_one(s, &q_by_imsi, imsi, out);
}

enum xk_err number_get_by_msisdn(struct store *s, const char *msisdn, struct number *out)
{
    return get_one(s, &q_by_msisdn, msisdn, out);
}

enum xk_err number_get_by_iccid(struct store *s, const char *iccid, struct number *out)
{
    return get_one(s, &q_by_iccid, iccid, out);
}

enum xk_err number_get_in_use(struct store *s, const char *cid, const char *except,
                              struct number *out)
{
    TRY(store_row(s, &q_in_use, SVS(sv_text(cid), sv_text(except))));
    number_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

/* Of the query that is open. */
static enum xk_err read_numbers(struct store *s, struct number *out, size_t cap, size_t *n)
{
    enum xk_err err;
    size_t i = 0;

    while ((err = store_next(s)) == XK_OK && i < cap)
        number_of_row(s, &out[i++]);
    store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *n = i;
    return XK_OK;
}

enum xk_err number_of_card(struct store *s, const char *cid, struct number *out, size_t cap,
                           size_t *n)
{
    TRY(store_open(s, &q_of_card, SVS(sv_text(cid), sv_int((int64_t)cap))));
    return read_numbers(s, out, cap, n);
}

enum xk_err number_list(struct store *s, const char *pool_id, int state, const char *after,
                        struct number *out, size_t cap, size_t *n)
{
    if (state < 0)
        TRY(store_open(s, &q_list, SVS(sv_text(pool_id), sv_text(after), sv_int((int64_t)cap))));
    else
        TRY(store_open(s, &q_list_state,
                       SVS(sv_text(pool_id), sv_int(state), sv_text(after), sv_int((int64_t)cap))));
    return read_numbers(s, out, cap, n);
}

struct reservation {
    const char *cid;
    const uint8_t *task_id;
    int64_t now;
};

/* Runs q, whose last value is `key`. Its row was seen or counted a moment ago: when it is gone,
 * another connection was faster. */
static enum xk_err reserve_by(struct store *s, const struct store_query *q, const char *key,
                              const struct reservation *r, struct number *out)
{
    enum xk_err err = store_row(
        s, q, SVS(sv_text(r->cid), sv_bytes(BYTES(r->task_id, 8)), sv_int(r->now), sv_text(key)));

    if (err == XK_E_NOT_FOUND)
        return XK_E_BUSY;
    TRY(err);
    number_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

static enum xk_err reserve_lowest(struct store *s, const char *pool_id, const struct reservation *r,
                                  struct number *out)
{
    struct number n;
    struct pool pool;
    int64_t changes;

    TRY(pool_get(s, pool_id, &pool));
    if (pool.purpose == NUMBER_SEED)
        return XK_E_DENIED;
    TRY(store_exec(s, &q_take_free, SVS(sv_text(pool_id)), &changes));
    if (changes == 0)
        return XK_E_NOT_FOUND; /* 13001 */
    TRY(reserve_by(s, &q_reserve_lowest, pool_id, r, &n));
    TRY(number_count_added(s, pool_id, NUMBER_RESERVED, 1));
    *out = n;
    return XK_OK;
}

/* The codes of P-17 for a wish that cannot be granted. */
static enum xk_err check_wish(const struct number *n, const char *pool_id)
{
    if (n->purpose == NUMBER_SEED)
        return XK_E_DENIED; /* 13004 */
    if (pool_id && pool_id[0] && strcmp(pool_id, n->pool_id) != 0)
        return XK_E_DENIED; /* 13004 */
    if (n->state == NUMBER_FROZEN)
        return XK_E_STATE;                                /* 13003 */
    return n->state == NUMBER_FREE ? XK_OK : XK_E_EXISTS; /* 13002 */
}

static enum xk_err reserve_wanted(struct store *s, const char *pool_id, const char *msisdn,
                                  const struct reservation *r, struct number *out)
{
    struct number n;

    TRY(number_get_by_msisdn(s, msisdn, &n));
    TRY(check_wish(&n, pool_id));
    TRY(reserve_by(s, &q_reserve_this, n.imsi, r, &n));
    TRY(pool_count_move(s, n.pool_id, NUMBER_FREE, NUMBER_RESERVED));
    *out = n;
    return XK_OK;
}

enum xk_err number_reserve(struct store *s, const char *pool_id, const char *wanted_msisdn,
                           const char *cid, const uint8_t task_id[8], int64_t now,
                           struct number *out)
{
    struct reservation r = {.cid = cid, .task_id = task_id, .now = now};

    if (wanted_msisdn && wanted_msisdn[0])
        return reserve_wanted(s, pool_id, wanted_msisdn, &r, out);
    if (!pool_id || !pool_id[0])
        return XK_E_NOT_FOUND;
    return reserve_lowest(s, pool_id, &r, out);
}

static enum xk_err run_move(struct store *s, const char *imsi, enum number_state from,
                            enum number_state to, int64_t now)
{
    const struct store_query *q = &q_move_unlock;

    if (to == NUMBER_ASSIGNED || to == NUMBER_WRITTEN)
        return store_row(s, &q_move, SVS(sv_int(to), sv_int(now), sv_text(imsi), sv_int(from)));
    if (to == NUMBER_FREE)
        q = &q_move_untie;
    if (to == NUMBER_FROZEN)
        q = &q_move_freeze;
    return store_row(
        s, q,
        SVS(sv_int(to), sv_int(now), sv_bytes(BYTES_OF(no_task)), sv_text(imsi), sv_int(from)));
}

enum xk_err number_move(struct store *s, const char *imsi, enum number_state from,
                        enum number_state to, int64_t now)
{
    char pool_id[33];
    struct number n;
    enum xk_err err;

    if (from == NUMBER_FROZEN && to == NUMBER_FREE)
        return XK_E_DENIED;
    if (!number_may_move(from, to) || to == NUMBER_RESERVED)
        return XK_E_STATE;
    err = run_move(s, imsi, from, to, now);
    if (err == XK_E_NOT_FOUND) {
        TRY(number_get_by_imsi(s, imsi, &n));
        return XK_E_STATE;
    }
    TRY(err);
    store_get_text(s, 0, pool_id, sizeof pool_id);
    store_finish(s);
    return pool_count_move(s, pool_id, from, to);
}
