/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

enum slot_state { SLOT_FREE, SLOT_LIVE, SLOT_DELETED };

struct map_slot {
    uint8_t key[MAP_KEY_MAX];
    uint8_t key_n;
    uint8_t state;
    uintptr_t value;
};

void map_init(struct map *m, size_t max, uint64_t seed)
{
    *m = (struct map){.max = max, .seed = seed};
}

void map_fini(struct map *m)
{
    free(m->slots);
    *m = (struct map){.max = m->max, .seed = m->seed};
}

static uint64_t hash_key(const struct map *m, struct bytes key)
{
    uint64_t h = m->seed ^ 0xCBF29CE484222325u ^ key.n;

    for (size_t i = 0; i < key.n; i++) {
        h = (h ^ key.p[i]) * 0x9FB21C651E98DF25u;
        h ^= h >> 32;
    }
    return h ^ h >> 29;
}

/* The slot that holds key, or NULL. */
static struct map_slot *find_slot(const struct map *m, struct bytes key)
{
    size_t i;

    if (m->cap == 0 || key.n > MAP_KEY_MAX)
        return NULL;
    i = (size_t)hash_key(m, key) & (m->cap - 1);
    while (m->slots[i].state != SLOT_FREE) {
        struct map_slot *s = &m->slots[i];

        if (s->state == SLOT_LIVE && bytes_eq(BYTES(s->key, s->key_n), key))
            return s;
        i = (i + 1) & (m->cap - 1);
    }
    return NULL;
}

static void place(struct map *m, struct bytes key, uintptr_t value)
{
    size_t i = (size_t)hash_key(m, key) & (m->cap - 1);

    while (m->slots[i].state == SLOT_LIVE)
        i = (i + 1) & (m->cap - 1);
    if (m->slots[i].state == SLOT_FREE)
        m->used++;
    m->slots[i].state = SLOT_LIVE;
    m->slots[i].key_n = (uint8_t)key.n;
    if (key.n > 0)
        memcpy(m->slots[i].key, key.p, key.n);
    m->slots[i].value = value;
    m->n++;
}

static enum xk_err rehash(struct map *m)
{
    struct map old = *m;
    size_t cap = 16;

    while (cap < m->n * 2 + 2)
        cap *= 2;
    m->slots = calloc(cap, sizeof *m->slots);
    if (!m->slots) {
        m->slots = old.slots;
        return XK_E_NOMEM;
    }
    m->cap = cap;
    m->n = m->used = 0;
    for (size_t i = 0; i < old.cap; i++) {
        const struct map_slot *s = &old.slots[i];

        if (s->state == SLOT_LIVE)
            place(m, BYTES(s->key, s->key_n), s->value);
    }
    free(old.slots);
    return XK_OK;
}

enum xk_err map_put(struct map *m, struct bytes key, uintptr_t value)
{
    struct map_slot *s = find_slot(m, key);

    if (s) {
        s->value = value;
        return XK_OK;
    }
    if (key.n > MAP_KEY_MAX || m->n >= m->max)
        return XK_E_LIMIT;
    if ((m->used + 1) * 4 > m->cap * 3)
        TRY(rehash(m));
    place(m, key, value);
    return XK_OK;
}

bool map_get(const struct map *m, struct bytes key, uintptr_t *value)
{
    const struct map_slot *s = find_slot(m, key);

    if (!s)
        return false;
    *value = s->value;
    return true;
}

bool map_del(struct map *m, struct bytes key)
{
    struct map_slot *s = find_slot(m, key);

    if (!s)
        return false;
    s->state = SLOT_DELETED;
    m->n--;
    return true;
}

bool map_each(const struct map *m, size_t *at, struct bytes *key, uintptr_t *value)
{
    for (; *at < m->cap; (*at)++) {
        const struct map_slot *s = &m->slots[*at];

        if (s->state != SLOT_LIVE)
            continue;
        *key = BYTES(s->key, s->key_n);
        *value = s->value;
        (*at)++;
        return true;
    }
    return false;
}
