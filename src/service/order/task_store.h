/* SPDX-License-Identifier: Apache-2.0 */
/* The rows behind order.h; for this room only. */
#ifndef SERVICE_ORDER_TASK_STORE_H
#define SERVICE_ORDER_TASK_STORE_H

#include "service/order/order.h"

enum xk_err task_insert(struct store *s, const struct task *t) XK_MUST_CHECK;
/* Everything that may change after the wish. */
enum xk_err task_save(struct store *s, const struct task *t) XK_MUST_CHECK;
/* One more line of the time line; data may be empty. */
enum xk_err task_event_add(struct store *s, const struct task *t, int64_t at, const char *kind,
                           const char *detail, struct bytes data) XK_MUST_CHECK;
/* Ids of the tasks due at now, at most limit. */
enum xk_err task_due(struct store *s, int64_t now, size_t limit, uint8_t (*ids)[TASK_ID_LEN],
                     size_t *n) XK_MUST_CHECK;
/* Whether it ever was DELIVERED, or something came from the card. */
enum xk_err task_was_delivered(struct store *s, const uint8_t id[TASK_ID_LEN], bool *delivered)
    XK_MUST_CHECK;

#endif
