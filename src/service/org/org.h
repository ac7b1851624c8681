/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of organisations (P-23), and who sees what: an organisation sees what belongs to it and
 * to all that stand below it.
 *
 * Functions that change something run inside the caller's transaction; when one fails, the caller
 * rolls back (or back to its savepoint). XK_E_DB and XK_E_BUSY, as store.h has them, can come from
 * all of them and are not repeated below. */
#ifndef SERVICE_ORG_ORG_H
#define SERVICE_ORG_ORG_H

#include "model/org.h"
#include "store/store.h"

/* id, parent, name and kind of o; the rest is set here, and *o is what it became. XK_E_VALUE: id
 * is no name, or the kind may not stand under its parent's; XK_E_NOT_FOUND: no such parent;
 * XK_E_LIMIT: ORG_DEPTH_MAX is reached; XK_E_STATE: the parent may not act; XK_E_EXISTS: id. */
enum xk_err org_create(struct store *s, struct org *o, int64_t now) XK_MUST_CHECK;
enum xk_err org_get(struct store *s, const char *org_id, struct org *out) XK_MUST_CHECK;
/* Up to cap that stand directly under it, in order of their ids, behind the id `after`. */
enum xk_err org_children(struct store *s, const char *parent, const char *after, struct org *out,
                         size_t cap, size_t *n) XK_MUST_CHECK;
/* XK_E_STATE: the table has no such move, or it is the root. What stands below may act again only
 * when all above it may. */
enum xk_err org_move(struct store *s, const char *org_id, enum org_state to, int64_t now)
    XK_MUST_CHECK;

/* Whether org_id is the organisation of path or stands below it. The root's path holds all. */
enum xk_err org_holds(struct store *s, const char *path, const char *org_id, bool *holds)
    XK_MUST_CHECK;

#endif
