/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: what was decided and committed and must still be said. A row is written in the same
 * transaction as the decision, and goes away when the other side has it. After a crash all rows are
 * said again; every listener therefore knows repeats (a card by its counter, a partner by
 * eventId). */
#ifndef SERVICE_NOTIFY_OUTBOX_H
#define SERVICE_NOTIFY_OUTBOX_H

#include "base/arena.h"
#include "store/store.h"

enum outbox_kind {
    OUTBOX_SMS = 1,      /* address: MSISDN; payload: IEI(1) and the secured packet */
    OUTBOX_OPEN = 2,     /* address: IMSI to open in the home network */
    OUTBOX_CLOSE = 3,    /* address: IMSI to close there */
    OUTBOX_CALLBACK = 4, /* address: URL; payload: body; group_key: the card, for order */
    OUTBOX_ES2P = 5,     /* ES2+ to an operator; address: URL; payload: body; group_key: ICCID */
    OUTBOX_SMDS = 6,     /* ES12 or ES15; address: URL; payload: body */
    OUTBOX_EXCEPTION = 7 /* C3; as a callback; group_key: the exception */
};

#define OUTBOX_PAYLOAD_MAX 4096

struct outbox_item {
    int64_t id;
    enum outbox_kind kind;
    uint8_t task_id[8];
    const char *address;
    struct bytes payload;
    int64_t due_at;
    uint32_t attempts;
    const char *group_key; /* "": any order */
    struct outbox_item *next;
};

/* What the present transaction wants said once it has committed: filled by outbox_add, in order. */
struct outbox_list {
    struct outbox_item *first, *last;
    struct arena *arena; /* copies live here */
};

/* Gives ids that grow over restarts too: ids of one process begin at its start time. */
struct outbox_ids {
    int64_t next;
};
void outbox_ids_init(struct outbox_ids *ids, int64_t now);

/* Rows that are said straight after the commit are not due again before this: only a listener that
 * stays silent, or a crash, brings them back. */
#define OUTBOX_LEASE_MS 60000

/* Writes the row (id set) and appends a copy to `said`, for the caller to say after the commit.
 * Callbacks and ES2+ are not appended: they are said by outbox_take alone, which keeps their
 * order. */
enum xk_err outbox_add(struct store *s, struct outbox_ids *ids, const struct outbox_item *item,
                       struct outbox_list *said) XK_MUST_CHECK;
/* It was said and heard. Unknown ids are fine (a repeat). */
enum xk_err outbox_done(struct store *s, int64_t id) XK_MUST_CHECK;
/* It was not heard: try again at due_at. */
enum xk_err outbox_again(struct store *s, int64_t id, int64_t due_at) XK_MUST_CHECK;
/* The rows due at `now`, oldest first, at most limit; of a group only its oldest row. Each is
 * leased for OUTBOX_LEASE_MS to the caller, who says it after the commit. */
enum xk_err outbox_take(struct store *s, int64_t now, size_t limit, struct outbox_list *out)
    XK_MUST_CHECK;
/* After a restart: whatever is there is due. */
enum xk_err outbox_wake(struct store *s) XK_MUST_CHECK;
/* When the next row is due: INT64_MAX when there is none. */
enum xk_err outbox_next_due(struct store *s, int64_t *at) XK_MUST_CHECK;

/* Callbacks (P-16): the wait before the n-th repeat in ms (n from 1), 0 when there is none left. */
int64_t outbox_callback_wait(uint32_t attempt);
/* Moves a callback to the dead letters, and back for another round. */
enum xk_err outbox_bury(struct store *s, int64_t id, const char *reason, int64_t now) XK_MUST_CHECK;
enum xk_err outbox_revive(struct store *s, int64_t id, int64_t now) XK_MUST_CHECK;

#endif
