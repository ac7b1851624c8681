/* SPDX-License-Identifier: Apache-2.0 */
#include "db/sqlite/cache.h"

static struct cache_slot *find(struct cache *c, const struct store_query *q)
{
    size_t i = (size_t)(((uintptr_t)q >> 4) * 0x9E3779B97F4A7C15u >> 40) & (CACHE_SLOTS - 1);

    while (c->slots[i].query && c->slots[i].query != q)
        i = (i + 1) & (CACHE_SLOTS - 1);
    return &c->slots[i];
}

void cache_drop(struct cache *c)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        sqlite3_finalize(c->slots[i].statement);
    memset(c, 0, sizeof *c);
}

int cache_get(struct cache *c, sqlite3 *db, const struct store_query *q, struct cache_slot **out)
{
    struct cache_slot *slot = find(c, q);
    sqlite3_stmt *statement = NULL;
    int rc;

    if (slot->query && slot->sql == q->sql) {
        *out = slot;
        return SQLITE_OK;
    }
    if (slot->query || c->n == CACHE_MAX) {
        cache_drop(c);
        slot = find(c, q);
    }
    rc = sqlite3_prepare_v3(db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (rc != SQLITE_OK)
        return rc;
    *slot = (struct cache_slot){.query = q,
                                .sql = q->sql,
                                .statement = statement,
                                .columns = sqlite3_column_count(statement),
                                .parameters = sqlite3_bind_parameter_count(statement)};
    c->n++;
    *out = slot;
    return SQLITE_OK;
}
