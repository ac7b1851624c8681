/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: prepared statements, found by the address of their query. */
#ifndef DB_SQLITE_CACHE_H
#define DB_SQLITE_CACHE_H

#include <sqlite3.h>

#include "store/store.h"

#define CACHE_SLOTS 1024 /* power of two */
#define CACHE_MAX 512    /* statements kept; one more and all are dropped and made anew */

struct cache_slot {
    const struct store_query *query;
    const char *sql; /* guards against another query at the same address */
    sqlite3_stmt *statement;
    int columns;
    int parameters;
};

struct cache {
    size_t n;
    struct cache_slot slots[CACHE_SLOTS];
};

/* The statement of q, prepared when new. The result holds until the next call. An SQLite code. */
int cache_get(struct cache *c, sqlite3 *db, const struct store_query *q, struct cache_slot **out);
void cache_drop(struct cache *c);

#endif
