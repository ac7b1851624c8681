/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a download as a row. */
#ifndef SERVICE_DOWNLOAD_ROWS_H
#define SERVICE_DOWNLOAD_ROWS_H

#include "service/download/download.h"

/* The columns in the order read_row wants them; p is the table's name in the query. */
#define DOWNLOAD_COLUMNS                                                                           \
    "p.iccid, p.profile_type, p.owner, p.smdp_address, p.state, p.version, p.random_keys, p.ppr, " \
    "p.need_version, p.need_nvm, p.need_uicc, p.need_device, p.eid, p.eid_ordered, "               \
    "p.matching_id IS NOT NULL, p.matching_id, p.smds_address, p.smds, p.release_then, p.code, "   \
    "p.code_tries, p.attempts, p.repeatable, p.expires_at, p.ended_subject, p.ended_reason, "      \
    "p.last_seq, p.ordered_at, p.updated_at, p.for_task"
#define DOWNLOAD_METADATA_COLUMN 30 /* behind them, in queries that join profile_package */

/* The first row of the query. The code is unsealed; metadata is copied when it was asked for. */
enum xk_err download_read_one(struct download_ctx *c, const struct store_query *q,
                              const struct store_value *v, size_t n, enum download_parts parts,
                              struct download *out) XK_MUST_CHECK;
/* The present row of an open query, without the code. */
void download_read_row(struct store *s, struct download *d);
/* Writes d over the row with d->version, and counts that up. XK_E_BUSY: it is not that any more;
 * XK_E_EXISTS: its matching ID is another's. */
enum xk_err download_save(struct download_ctx *c, struct download *d) XK_MUST_CHECK;
/* The same of what an attempt changes, and of what other decisions of an engine change (see
 * download_commit); all else is left as it is. */
enum xk_err download_save_attempt(struct download_ctx *c, struct download *d) XK_MUST_CHECK;
enum xk_err download_save_decision(struct download_ctx *c, struct download *d) XK_MUST_CHECK;
/* As download_save, with the confirmation code, which download_save leaves as it is. */
enum xk_err download_save_with_code(struct download_ctx *c, struct download *d) XK_MUST_CHECK;
/* A line of the history of d, as it is now. */
enum xk_err download_note(struct download_ctx *c, const struct download *d,
                          const struct download_event *event) XK_MUST_CHECK;
/* Says op to the SM-DS of d; row (may be NULL): the outbox row of it. */
enum xk_err download_tell_smds(struct download_ctx *c, enum download_smds_op op,
                               const struct download *d, int64_t *row) XK_MUST_CHECK;

#endif
