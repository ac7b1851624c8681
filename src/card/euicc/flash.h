/* SPDX-License-Identifier: Apache-2.0 */
/* Non-volatile memory of an eUICC: byte arrays (objects) under numbers, kept in RAM and in a log of
 * transactions. All changes between two commits are one record; a power cut at any byte leaves all
 * of them or none. Opening replays the records that are whole and drops the torn rest. When the log
 * has grown far beyond what it describes, it is written anew beside the old one and takes its
 * place.
 *
 *   log:    "xkflash1" capacity(4) check(8) record*
 *   record: length(4, of the operations) operation* check(8)
 *   operation: 01 id(4) size(4)             create, all zeros
 *              02 id(4) size(4)             resize, new bytes zeros
 *              03 id(4)                     delete
 *              04 id(4) at(4) n(4) bytes    write
 *
 * check: the first bytes of SHA-256 over the check before it and all of the record up to here; so a
 * record counts only behind the one it was written behind. */
#ifndef CARD_EUICC_FLASH_H
#define CARD_EUICC_FLASH_H

#include "base/buf.h"

#define FLASH_OBJECT_COST 16 /* what an object takes besides its bytes */
#define FLASH_OBJECTS_MAX 65536
#define FLASH_CAPACITY_MAX (1u << 26)

/* Where the log lies. The log in use is read and appended to; a new one is begun, appended to and
 * then takes the place of the old one in one step (until then a cut leaves the old one).
 * XK_E_CLOSED: power was cut during this call; what was appended since the last sync may then be
 * there in part or followed by rubbish. */
struct flash_port {
    void *ctx;
    /* Up to n bytes of the log in use from `at`; *got is less at its end. */
    enum xk_err (*read)(void *ctx, uint64_t at, uint8_t *out, size_t n, size_t *got);
    /* Behind what is there: of the new log from begin on, else of the log in use. */
    enum xk_err (*append)(void *ctx, struct bytes data);
    enum xk_err (*sync)(void *ctx);    /* what was appended has come to rest */
    enum xk_err (*begin)(void *ctx);   /* a new log, empty; one begun before is dropped */
    enum xk_err (*replace)(void *ctx); /* the new log, synced, is the one in use */
};

/* A log in memory, for tests and fleets. */
struct flash_memory;
struct flash_memory *flash_memory_new(void);
void flash_memory_free(struct flash_memory *m);
struct flash_port flash_memory_port(struct flash_memory *m);
/* Power is cut in the n-th step from now (1 = next); 0 = never. Each byte appended is a step, so is
 * each sync, begin and replace. The cut happens once; what follows succeeds again. */
void flash_memory_cut_at(struct flash_memory *m, uint64_t steps, uint64_t tear_seed);
uint64_t flash_memory_steps(const struct flash_memory *m); /* taken so far */
/* An exact copy, the cut not included; NULL when out of memory. */
struct flash_memory *flash_memory_copy(const struct flash_memory *m);
size_t flash_memory_bytes(const struct flash_memory *m); /* what it costs now */

struct flash;

/* An empty memory of this capacity; what the port held before is gone. The port must outlive it. */
enum xk_err flash_format(const struct flash_port *port, uint32_t capacity, struct flash **out)
    XK_MUST_CHECK;
/* XK_E_FORMAT, and nothing written, when the port does not hold such a log. */
enum xk_err flash_open(const struct flash_port *port, struct flash **out) XK_MUST_CHECK;
void flash_close(struct flash *f); /* wipes; NULL is fine */

/* Objects. Reads see the changes that are not yet committed. A span stays valid until its object is
 * changed, committed or rolled back. */
/* XK_E_NOT_FOUND, *out untouched. */
enum xk_err flash_get(const struct flash *f, uint32_t id, struct bytes *out) XK_MUST_CHECK;
bool flash_has(const struct flash *f, uint32_t id);
/* Copies just n bytes from `at`; XK_E_NOT_FOUND, XK_E_VALUE when the object ends before. */
enum xk_err flash_read(const struct flash *f, uint32_t id, uint32_t at, uint8_t *out, size_t n)
    XK_MUST_CHECK;
/* The first object with *id or a higher number, up to `last`; false when there is none. To walk:
 *     for (uint32_t id = first; flash_next(f, &id, last, &b); id++) */
bool flash_next(const struct flash *f, uint32_t *id, uint32_t last, struct bytes *out);

/* Changes. XK_E_LIMIT: the capacity does not allow it (nothing changed); XK_E_EXISTS,
 * XK_E_NOT_FOUND, XK_E_VALUE as one expects. Bytes that are written as they are cost nothing. */
enum xk_err flash_create(struct flash *f, uint32_t id, uint32_t size) XK_MUST_CHECK;
enum xk_err flash_resize(struct flash *f, uint32_t id, uint32_t size) XK_MUST_CHECK;
enum xk_err flash_delete(struct flash *f, uint32_t id) XK_MUST_CHECK;
enum xk_err flash_write(struct flash *f, uint32_t id, uint32_t at, struct bytes data) XK_MUST_CHECK;
/* The object is just this: made, resized and written as needed. */
enum xk_err flash_put(struct flash *f, uint32_t id, struct bytes data) XK_MUST_CHECK;
enum xk_err flash_delete_range(struct flash *f, uint32_t first, uint32_t last) XK_MUST_CHECK;

/* All changes since the last commit, or none of them. XK_E_CLOSED, XK_E_IO: broken off in the
 * middle; only flash_recover helps. Without changes nothing is written. */
enum xk_err flash_commit(struct flash *f) XK_MUST_CHECK;
void flash_rollback(struct flash *f);
bool flash_changed(const struct flash *f); /* there is something to commit */
/* Power is back: the memory is read again; changes not committed are gone. */
enum xk_err flash_recover(struct flash *f) XK_MUST_CHECK;

uint32_t flash_capacity(const struct flash *f);
/* Bytes of all objects with their cost; of those from first to last. Uncommitted changes count. */
uint32_t flash_used(const struct flash *f);
uint32_t flash_used_by(const struct flash *f, uint32_t first, uint32_t last);
size_t flash_bytes(const struct flash *f); /* RAM it takes */

#endif
