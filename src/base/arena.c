/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>

#define ARENA_BLOCK_MIN 4096u

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) uint8_t mem[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void block_free(struct arena_block *b)
{
    explicit_bzero(b->mem, b->used);
    free(b);
}

void arena_fini(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;

        block_free(a->blocks);
        a->blocks = next;
    }
    a->used = 0;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    if (!keep)
        return;
    a->blocks = keep->next;
    arena_fini(a);
    explicit_bzero(keep->mem, keep->used);
    keep->used = 0;
    keep->next = NULL;
    a->blocks = keep;
}

static struct arena_block *block_for(struct arena *a, size_t n)
{
    struct arena_block *b = a->blocks;
    size_t cap = n > ARENA_BLOCK_MIN ? n : ARENA_BLOCK_MIN;

    if (b && n <= b->cap - b->used)
        return b;
    b = malloc(sizeof *b + cap);
    if (!b)
        return NULL;
    *b = (struct arena_block){.next = a->blocks, .cap = cap};
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *b;
    void *p;

    if (a->fail_at > 0 && --a->fail_at == 0)
        return NULL;
    if (n > a->max || a->max - n < a->used)
        return NULL;
    n = (n + align - 1) / align * align;
    b = block_for(a, n);
    if (!b)
        return NULL;
    p = b->mem + b->used;
    b->used += n;
    a->used += n;
    memset(p, 0, n);
    return p;
}

uint8_t *arena_copy(struct arena *a, struct bytes b)
{
    uint8_t *p = arena_alloc(a, b.n + 1);

    if (p && b.n > 0)
        memcpy(p, b.p, b.n);
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return (char *)arena_copy(a, bytes_cstr(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *p;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    p = arena_alloc(a, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
