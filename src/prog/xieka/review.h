/* SPDX-License-Identifier: Apache-2.0 */
/* The document of a review (P-19): one HTML page that needs nothing else, in Chinese and English,
 * to be printed or turned into PDF by any browser. */
#ifndef PROG_XIEKA_REVIEW_H
#define PROG_XIEKA_REVIEW_H

#include "api/wire/json.h"

/* Whether a limit of an exception was kept: a member of its "limits". */
enum review_kept { REVIEW_KEPT, REVIEW_MISSED, REVIEW_RUNNING };
enum review_kept review_kept(const struct json *limit);

/* data: the answer of GET /exception/review. from, to: the days as they were asked for. Whether all
 * of it fitted says buf_ok. */
void review_write(const struct json *data, const char *from, const char *to, struct buf *html);

#endif
