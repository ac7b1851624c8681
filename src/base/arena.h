/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: one per request, APDU or outbox item. Everything in it is released together; nothing is
 * freed singly. Arenas are wiped on release, because keys pass through most of them. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out */
    size_t max;                 /* arena_alloc fails past this */
    unsigned fail_at; /* tests: the n-th allocation from now fails (1 = next); 0 = never */
};

void arena_init(struct arena *a, size_t max);
void arena_fini(struct arena *a);  /* wipes and frees all; safe twice */
void arena_reset(struct arena *a); /* wipes; keeps one block for reuse */

/* Zeroed memory, aligned for any object; NULL past the limit or out of memory. */
void *arena_alloc(struct arena *a, size_t n);
/* Copies; NULL as above. The copy of a span is NUL-terminated behind its end. */
uint8_t *arena_copy(struct arena *a, struct bytes b);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) XK_PRINTF(2, 3);

#endif
