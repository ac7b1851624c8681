/* SPDX-License-Identifier: Apache-2.0 */
/* The events of our SM-DS as rows (SGP.22 3.6). Whose they are and what may be done with them is
 * server/smds's decision. */
#ifndef SERVICE_SMDS_REGISTRY_H
#define SERVICE_SMDS_REGISTRY_H

#include "model/smds_event.h"
#include "store/store.h"

/* The events of an eUICC, oldest first, at most max; event_id "": all. *n may be 0. */
enum xk_err registry_find(struct store *s, const char *eid, const char *event_id, size_t max,
                          struct smds_event *out, size_t *n) XK_MUST_CHECK;
/* XK_E_EXISTS: the eUICC has an event of this id (nothing was written). */
enum xk_err registry_add(struct store *s, const struct smds_event *event) XK_MUST_CHECK;
/* XK_E_NOT_FOUND */
enum xk_err registry_delete(struct store *s, const char *eid, const char *event_id) XK_MUST_CHECK;

#endif
