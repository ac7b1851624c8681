/* SPDX-License-Identifier: Apache-2.0 */
/* Who had which card when (P-23). A move takes cards out of the hand of one organisation and puts
 * them into another's; the balances of all organisations together are the cards there are, and each
 * is the number of cards that belong to it.
 *
 * Inside the caller's transaction; when one fails, the caller rolls back (or back to its
 * savepoint). XK_E_DB and XK_E_BUSY, as store.h has them, can come from all of these. */
#ifndef SERVICE_CUSTODY_CUSTODY_H
#define SERVICE_CUSTODY_CUSTODY_H

#include "service/chip/chip.h"

enum custody_kind {
#define CUSTODY_KIND(id, code, zh, en) CUSTODY_##id = code,
#include "service/custody/custody.def"
#undef CUSTODY_KIND
};
const char *custody_kind_name(enum custody_kind kind); /* "SALE" */
const char *custody_kind_zh(enum custody_kind kind);
enum xk_err custody_kind_parse(const char *name, enum custody_kind *out) XK_MUST_CHECK;

struct custody_move {
    int64_t id, at;
    enum custody_kind kind;
    char from_org[33]; /* "": from outside */
    char to_org[33];
    int64_t cards;
    char document[65];
    char app_id[33];
};

/* The cards that were added at m->at for m->to_org and have no move yet: one move, id and cards of
 * *m are set. None: no move, cards 0. */
enum xk_err custody_made(struct store *s, struct custody_move *m) XK_MUST_CHECK;
/* These n cards, all of m->from_org, to m->to_org. *at is the card that an error is about.
 * XK_E_NOT_FOUND: there is none such; XK_E_DENIED: it is another's; XK_E_STATE: a task has it. */
enum xk_err custody_give(struct store *s, struct custody_move *m, const char *const *cids, size_t n,
                         size_t *at) XK_MUST_CHECK;

/* Cards that belong to it now. */
enum xk_err custody_balance(struct store *s, const char *org_id, int64_t *cards) XK_MUST_CHECK;
/* The moves of a card, the first one first. */
enum xk_err custody_of_card(struct store *s, const char *cid,
                            enum xk_err (*each)(void *arg, const struct custody_move *m), void *arg)
    XK_MUST_CHECK;
/* At most limit moves into or out of an organisation (NULL: all), behind number `after`. */
enum xk_err custody_list(struct store *s, const char *org_id, int64_t after, size_t limit,
                         enum xk_err (*each)(void *arg, const struct custody_move *m), void *arg)
    XK_MUST_CHECK;

#endif
