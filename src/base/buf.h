/* SPDX-License-Identifier: Apache-2.0 */
/* struct buf: an owned, bounded byte buffer to write into. Failure is sticky: writers put all their
 * fields and ask buf_ok() once. A failed buffer keeps what it had and takes nothing more. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/bytes.h"

struct buf {
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;      /* never grows past this */
    enum xk_err err; /* first failure: XK_E_LIMIT or XK_E_NOMEM */
    bool heap;       /* p came from malloc */
};

/* On the heap, grown as needed up to max; or over memory of yours, which must outlive it. */
void buf_init(struct buf *b, size_t max);
void buf_init_fixed(struct buf *b, void *mem, size_t cap);
void buf_fini(struct buf *b);  /* frees; safe twice */
void buf_wipe(struct buf *b);  /* zeroes all capacity, then as buf_reset */
void buf_reset(struct buf *b); /* empty again, error cleared, memory kept */

void buf_put(struct buf *b, const void *data, size_t n);
void buf_put_bytes(struct buf *b, struct bytes data);
void buf_put_str(struct buf *b, const char *s); /* without the NUL */
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v); /* big-endian */
void buf_put_u24(struct buf *b, uint32_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_fill(struct buf *b, uint8_t value, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) XK_PRINTF(2, 3);
/* Opens a gap of n bytes at `at` (at <= b->n), contents undefined. */
void buf_open_gap(struct buf *b, size_t at, size_t n);
/* Room for n more bytes without moving; NULL when it failed. The caller then adds to b->n. */
uint8_t *buf_reserve(struct buf *b, size_t n);

struct bytes buf_bytes(const struct buf *b);
/* A NUL behind the contents (not counted), so that they read as a C string; "" when failed. */
const char *buf_cstr(struct buf *b);
enum xk_err buf_ok(const struct buf *b) XK_MUST_CHECK;

#endif
