/* SPDX-License-Identifier: Apache-2.0 */
/* struct bytes: a borrowed span. It never owns; it lives as long as what it points into.
 * struct cur: a reader over a span whose failure is sticky, so that a decoder reads all its fields
 * and asks once at the end. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bytes {
    const uint8_t *p;
    size_t n;
};

#define BYTES(ptr, len) ((struct bytes){.p = (const uint8_t *)(ptr), .n = (len)})
#define BYTES_OF(array) ((struct bytes){.p = (const uint8_t *)(array), .n = sizeof(array)})
#define BYTES_STR(literal)                                                                         \
    ((struct bytes){.p = (const uint8_t *)(literal), .n = sizeof(literal) - 1})
#define BYTES_NONE ((struct bytes){.p = NULL, .n = 0})
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

struct bytes bytes_cstr(const char *s); /* without the NUL; NULL gives the empty span */
bool bytes_eq(struct bytes a, struct bytes b);
/* Equal contents in time that depends on the lengths only. */
bool bytes_eq_secret(struct bytes a, struct bytes b);
/* The part from `from`, at most n long; cut to what is there. */
struct bytes bytes_part(struct bytes b, size_t from, size_t n);
/* Copies into out[cap] with a NUL; false (out empty) when it does not fit or holds a NUL. */
bool bytes_to_cstr(struct bytes b, char *out, size_t cap);

struct cur {
    const uint8_t *p;
    size_t n;
    bool bad; /* a read went past the end; all later reads give zero */
};

struct cur cur_of(struct bytes b);
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c); /* big-endian */
uint32_t cur_u24(struct cur *c);
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);
struct bytes cur_take(struct cur *c, size_t n); /* next n bytes; empty and bad when short */
struct bytes cur_rest(struct cur *c);           /* all that is left */
/* XK_E_FORMAT when a read went past the end. cur_end also when bytes are left over. */
enum xk_err cur_ok(const struct cur *c) XK_MUST_CHECK;
enum xk_err cur_end(const struct cur *c) XK_MUST_CHECK;

#endif
