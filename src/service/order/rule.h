/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the first write: a card in stock that is seen in the network on its seed gets a number
 * of the rule's pool, once. The nearest rule counts: that of the card's own organisation before one
 * of those above it, and one for its production batch before one for any. */
#ifndef SERVICE_ORDER_RULE_H
#define SERVICE_ORDER_RULE_H

#include "service/order/order.h"

struct write_rule {
    char id[33], org_id[33], batch_id[33], pool_id[33], app_id[33];
    char callback_url[TASK_URL_MAX + 1]; /* "" none */
    int64_t created_at;
};

/* In the place of one with this id that is there. */
enum xk_err rule_put(struct store *s, const struct write_rule *rule) XK_MUST_CHECK;
/* XK_E_NOT_FOUND. */
enum xk_err rule_get(struct store *s, const char *id, struct write_rule *out) XK_MUST_CHECK;
enum xk_err rule_remove(struct store *s, const char *id) XK_MUST_CHECK;
/* Those of one organisation (NULL: all) behind the id `after`, in order of their ids. */
enum xk_err rule_list(struct store *s, const char *org_id, const char *after, size_t limit,
                      enum xk_err (*each)(void *arg, const struct write_rule *rule), void *arg)
    XK_MUST_CHECK;

/* The card was seen on its seed: the task of its rule, when there is one and it is the first time.
 * Cards whose seed is another's too are left alone: it may be that one. */
enum xk_err rule_on_seen(struct order_ctx *c, const struct chip *chip) XK_MUST_CHECK;

#endif
