/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as rows; for this room only. */
#ifndef SERVICE_EXCEPTION_ROWS_H
#define SERVICE_EXCEPTION_ROWS_H

#include "service/exception/exception.h"

enum xk_err rows_insert(struct store *s, const struct exception *e) XK_MUST_CHECK;
/* All but what never changes: id, org, cause, batch, first card, opened_at. */
enum xk_err rows_save(struct store *s, const struct exception *e) XK_MUST_CHECK;
/* The newest that is not closed. XK_E_NOT_FOUND. */
enum xk_err rows_find(struct store *s, const char *org_id, enum exception_cause cause,
                      const char *batch_id, struct exception *out) XK_MUST_CHECK;
/* Those whose limits want to be looked at now, at most cap. */
enum xk_err rows_due(struct store *s, int64_t now, int64_t *ids, size_t cap, size_t *n)
    XK_MUST_CHECK;

/* A line in the time line of e (not saved), told to the application from L2 on. */
enum telling { TELL, SILENTLY };
enum xk_err rows_event(struct exception_ctx *c, struct exception *e, const char *kind,
                       const char *who, const char *text, enum telling telling) XK_MUST_CHECK;

/* When limits of e want to be looked at next: a quarter of its time before one, and at it. */
int64_t rows_warn_at(const struct exception *e, enum exception_step step);
int64_t rows_next(const struct exception *e);

/* A person, or the exception itself (who ""), takes a step; e is not saved. */
enum xk_err rows_step(struct exception_ctx *c, struct exception *e, enum exception_step step,
                      const char *who, const char *text) XK_MUST_CHECK;

/* note.c: an exception begins; what it is about (org, cause, batch, card) is in e already. The row
 * is inserted, and saved again by the caller. */
enum xk_err note_open(struct exception_ctx *c, struct exception *e, const struct task *t,
                      const char *text) XK_MUST_CHECK;
/* Graded up, when `to` is higher than its grade; e is not saved. */
enum xk_err note_grade(struct exception_ctx *c, struct exception *e, enum exception_grade to,
                       const char *why) XK_MUST_CHECK;

#endif
