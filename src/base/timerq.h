/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of future events ordered by time, then by order of arrival: the heart of everything that
 * runs in virtual time. Entries carry two numbers of yours. */
#ifndef BASE_TIMERQ_H
#define BASE_TIMERQ_H

#include "base/bytes.h"

struct timerq_entry {
    int64_t at;   /* ms */
    uint64_t seq; /* arrival order; unique */
    uint64_t a;
    uintptr_t b;
};

struct timerq {
    struct timerq_entry *heap;
    size_t n;
    size_t cap;
    size_t max;
    uint64_t next_seq;
};

void timerq_init(struct timerq *q, size_t max);
void timerq_fini(struct timerq *q);
enum xk_err timerq_add(struct timerq *q, int64_t at, uint64_t a, uintptr_t b) XK_MUST_CHECK;
/* The earliest entry; false when empty. pop only when it is due at `now`. */
bool timerq_peek(const struct timerq *q, struct timerq_entry *out);
bool timerq_pop_due(struct timerq *q, int64_t now, struct timerq_entry *out);

#endif
