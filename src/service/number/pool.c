/* SPDX-License-Identifier: Apache-2.0 */
/* Pools and their levels (P-24). */
#include "service/number/rows.h"

#include <assert.h>

#include "model/ident.h"
#include "model/org.h"

#define POOL_COLUMNS                                                                               \
    "pool_id, name, parent, purpose, carrier, province, customer, warn_pct, alarm_pct,"            \
    " block_pct, quarantine_days, created_at, org_id, shared, template_id"
#define WARN_PCT 20
#define ALARM_PCT 10
#define BLOCK_PCT 5
#define QUARANTINE_DAYS 90 /* P-25: MSISDN 90 days, IMSI 30; they rest together */

static const struct store_query q_create = {
    "pool.create", "INSERT INTO pool (" POOL_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
                   " $10, $11, $12, $13, $14, $15)"};
static const struct store_query q_get = {"pool.get",
                                         "SELECT " POOL_COLUMNS " FROM pool WHERE pool_id = $1"};
static const struct store_query q_list = {"pool.list",
                                          "SELECT " POOL_COLUMNS " FROM pool WHERE ($1 = '' OR"
                                          " org_id = $1) AND pool_id > $2"
                                          " ORDER BY pool_id LIMIT $3"};
static const struct store_query q_children = {
    "pool.children", "SELECT " POOL_COLUMNS " FROM pool WHERE ($1 = '' OR org_id = $1)"
                     " AND parent = $2 AND pool_id > $3 ORDER BY pool_id LIMIT $4"};
static const struct store_query q_count = {"pool.count",
                                           "SELECT state, n FROM pool_count WHERE pool_id = $1"};
static const struct store_query q_count_tree = {
    "pool.count_tree",
    "WITH RECURSIVE tree (id) AS (SELECT pool_id FROM pool WHERE pool_id = $1"
    " UNION SELECT pool.pool_id FROM pool JOIN tree ON pool.parent = tree.id)"
    " SELECT state, n FROM pool_count JOIN tree ON pool_count.pool_id = tree.id"};
static const struct store_query q_count_move = {
    "pool.count_move", "INSERT INTO pool_count (pool_id, state, n) VALUES ($1, $2, -1), ($1, $3, 1)"
                       " ON CONFLICT (pool_id, state) DO UPDATE SET n = pool_count.n + excluded.n"};
static const struct store_query q_count_add = {
    "pool.count_add", "INSERT INTO pool_count (pool_id, state, n) VALUES ($1, $2, $3)"
                      " ON CONFLICT (pool_id, state) DO UPDATE SET n = pool_count.n + excluded.n"};

static void pool_of_row(struct store *s, struct pool *out)
{
    store_get_text(s, 0, out->id, sizeof out->id);
    store_get_text(s, 1, out->name, sizeof out->name);
    store_get_text(s, 2, out->parent, sizeof out->parent);
    out->purpose = (enum number_purpose)store_get_int(s, 3);
    store_get_text(s, 4, out->carrier, sizeof out->carrier);
    store_get_text(s, 5, out->province, sizeof out->province);
    store_get_text(s, 6, out->customer, sizeof out->customer);
    out->warn_pct = (uint32_t)store_get_int(s, 7);
    out->alarm_pct = (uint32_t)store_get_int(s, 8);
    out->block_pct = (uint32_t)store_get_int(s, 9);
    out->quarantine_days = (uint32_t)store_get_int(s, 10);
    out->created_at = store_get_int(s, 11);
    store_get_text(s, 12, out->org_id, sizeof out->org_id);
    out->shared = store_get_int(s, 13) != 0;
    store_get_text(s, 14, out->template_id, sizeof out->template_id);
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

static enum xk_err check_pool(struct store *s, const struct pool *p)
{
    enum import_reason why;
    struct pool parent;

    if (!ident_is_name(bytes_cstr(p->id), sizeof p->id - 1, &why))
        return XK_E_VALUE;
    if (p->warn_pct > 100 || p->alarm_pct > p->warn_pct || p->block_pct > p->alarm_pct)
        return XK_E_VALUE;
    if (p->purpose > NUMBER_DEMO || strcmp(p->id, p->parent) == 0)
        return XK_E_VALUE;
    return p->parent[0] ? pool_get(s, p->parent, &parent) : XK_OK;
}

enum xk_err pool_create(struct store *s, const struct pool *pool)
{
    struct pool p = *pool;

    p.warn_pct = or_default(p.warn_pct, WARN_PCT);
    p.alarm_pct = or_default(p.alarm_pct, ALARM_PCT);
    p.block_pct = or_default(p.block_pct, BLOCK_PCT);
    p.quarantine_days = or_default(p.quarantine_days, QUARANTINE_DAYS);
    TRY(check_pool(s, &p));
    return store_exec(s, &q_create,
                      SVS(sv_text(p.id), sv_text(p.name), sv_text(p.parent), sv_int(p.purpose),
                          sv_text(p.carrier), sv_text(p.province), sv_text(p.customer),
                          sv_int(p.warn_pct), sv_int(p.alarm_pct), sv_int(p.block_pct),
                          sv_int(p.quarantine_days), sv_int(p.created_at),
                          sv_text(p.org_id[0] ? p.org_id : ORG_ROOT), sv_int(p.shared),
                          sv_text(p.template_id)),
                      NULL);
}

enum xk_err pool_get(struct store *s, const char *pool_id, struct pool *out)
{
    TRY(store_row(s, &q_get, SVS(sv_text(pool_id))));
    pool_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err pool_list(struct store *s, const struct pool_filter *f, const char *after,
                      struct pool *out, size_t cap, size_t *n)
{
    struct store_value org = sv_text(f->org_id ? f->org_id : "");
    enum xk_err err;
    size_t i = 0;

    if (f->parent)
        TRY(store_open(s, &q_children,
                       SVS(org, sv_text(f->parent), sv_text(after), sv_int((int64_t)cap))));
    else
        TRY(store_open(s, &q_list, SVS(org, sv_text(after), sv_int((int64_t)cap))));
    while ((err = store_next(s)) == XK_OK && i < cap)
        pool_of_row(s, &out[i++]);
    store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *n = i;
    return XK_OK;
}

static void count_state(struct pool_counts *c, int64_t state, uint64_t n)
{
    c->total += n;
    switch ((enum number_state)state) {
    case NUMBER_FREE:
        c->free += n;
        break;
    case NUMBER_RESERVED:
        c->reserved += n;
        break;
    case NUMBER_ASSIGNED:
        c->assigned += n;
        break;
    case NUMBER_WRITTEN:
        c->written += n;
        break;
    case NUMBER_IN_USE:
        c->in_use += n;
        break;
    case NUMBER_FROZEN:
        c->frozen += n;
        break;
    case NUMBER_BAD:
    default:
        c->bad += n;
        break;
    }
}

static enum pool_level level_of(const struct pool *p, const struct pool_counts *c)
{
    uint64_t free_100 = c->free * 100;

    if (c->total == 0 || free_100 < c->total * p->block_pct)
        return POOL_BLOCKED;
    if (free_100 < c->total * p->alarm_pct)
        return POOL_ALARM;
    return free_100 < c->total * p->warn_pct ? POOL_WARNING : POOL_OK;
}

enum xk_err pool_counts(struct store *s, const char *pool_id, enum pool_scope scope,
                        struct pool_counts *out)
{
    const struct store_query *q = scope == POOL_ALONE ? &q_count : &q_count_tree;
    struct pool_counts c = {0};
    struct pool pool;
    enum xk_err err;

    TRY(pool_get(s, pool_id, &pool));
    TRY(store_open(s, q, SVS(sv_text(pool_id))));
    while ((err = store_next(s)) == XK_OK)
        count_state(&c, store_get_int(s, 0), (uint64_t)store_get_int(s, 1));
    store_finish(s);
    if (err != XK_E_NOT_FOUND)
        return err;
    c.level = level_of(&pool, &c);
    *out = c;
    return XK_OK;
}

const char *pool_level_name(enum pool_level level)
{
    static const char *const names[] = {"ok", "warning", "alarm", "blocked"};
    static_assert(ARRAY_LEN(names) == POOL_BLOCKED + 1, "a name a level");

    return (size_t)level < ARRAY_LEN(names) ? names[level] : "?";
}

enum xk_err pool_count_move(struct store *s, const char *pool_id, enum number_state from,
                            enum number_state to)
{
    return store_exec(s, &q_count_move, SVS(sv_text(pool_id), sv_int(from), sv_int(to)), NULL);
}

enum xk_err number_count_added(struct store *s, const char *pool_id, enum number_state state,
                               uint64_t n)
{
    return store_exec(s, &q_count_add, SVS(sv_text(pool_id), sv_int(state), sv_int((int64_t)n)),
                      NULL);
}
