/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the parts of flash.h. flash.c keeps objects, flash_log.c keeps the log. */
#ifndef CARD_EUICC_FLASH_LOG_H
#define CARD_EUICC_FLASH_LOG_H

#include "card/euicc/flash.h"

#define FLASH_CHECK_LEN 8

enum flash_operation { FLASH_OP_CREATE = 1, FLASH_OP_RESIZE, FLASH_OP_DELETE, FLASH_OP_WRITE };

struct flash_version {
    uint8_t *p;
    uint32_t size;
    bool alive;
};

struct flash_object {
    uint32_t id;
    bool touched; /* by this transaction; then `old` is what it was before */
    struct flash_version now, old;
};

struct flash {
    const struct flash_port *port;
    uint32_t capacity, used;
    struct flash_object
        *objects; /* by id; those deleted by this transaction are still among them */
    size_t n, cap;
    struct buf redo; /* the operations of this transaction */
    uint64_t log_size;
    bool torn;   /* something broken lies behind the last record: nothing may be appended */
    bool broken; /* a write failed: what the log holds is not known */
    uint8_t check[FLASH_CHECK_LEN];
};

/* flash.c: one operation as the log has it. XK_E_FORMAT when it cannot be. */
enum xk_err flash_apply(struct flash *f, struct cur *operation) XK_MUST_CHECK;
void flash_forget(struct flash *f); /* no objects, no transaction */
void flash_settle(struct flash *f); /* the transaction is done: what was before it is wiped */

/* flash_log.c */
enum xk_err flash_log_write_new(struct flash *f) XK_MUST_CHECK;
enum xk_err flash_log_append(struct flash *f) XK_MUST_CHECK;
enum xk_err flash_log_replay(struct flash *f) XK_MUST_CHECK;
/* The log is so long, or so broken, that it should be written anew. */
bool flash_log_is_worn(const struct flash *f);

#endif
