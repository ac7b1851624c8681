/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from short keys (up to 32 bytes, copied) to a pointer or number of yours. Open
 * addressing; keys are hashed with a per-map seed so that peers cannot choose collisions. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/bytes.h"

#define MAP_KEY_MAX 32

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t cap;  /* power of two */
    size_t n;    /* live entries */
    size_t used; /* live and deleted */
    size_t max;  /* map_put fails past this */
    uint64_t seed;
};

void map_init(struct map *m, size_t max, uint64_t seed);
void map_fini(struct map *m);
/* Inserts or replaces. XK_E_LIMIT (key too long, or full), XK_E_NOMEM. */
enum xk_err map_put(struct map *m, struct bytes key, uintptr_t value) XK_MUST_CHECK;
/* False when absent; *value is then untouched. */
bool map_get(const struct map *m, struct bytes key, uintptr_t *value);
bool map_del(struct map *m, struct bytes key);
/* Walks the entries: *at starts at 0; false at the end. Not while changing the map. */
bool map_each(const struct map *m, size_t *at, struct bytes *key, uintptr_t *value);

#endif
