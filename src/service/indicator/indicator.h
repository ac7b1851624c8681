/* SPDX-License-Identifier: Apache-2.0 */
/* Quality indicators of writes (P-21): counters by hour and organisation, moved in the transaction
 * of what they count, so that the figures cost the same whatever number of tasks there is, and
 * nothing is counted twice. XK_E_DB and XK_E_BUSY, as store.h has them, can come from all. */
#ifndef SERVICE_INDICATOR_INDICATOR_H
#define SERVICE_INDICATOR_INDICATOR_H

#include "model/task.h"
#include "store/store.h"

#define INDICATOR_TIMES 14
#define INDICATOR_TIME_FIRST 16 /* code of the first time counter */

enum indicator_counter {
#define COUNTER(id, code, text) INDICATOR_##id = code,
#define TIME(i, ms)
#include "service/indicator/indicator.def"
#undef COUNTER
#undef TIME
    INDICATOR_COUNTERS
};

/* The task has ended as it says (+1), or an ending is taken back since it goes on (-1): then the
 * task is as it was when it ended. An open task counts for nothing. */
enum xk_err indicator_note(struct store *s, const struct task *ended, int step) XK_MUST_CHECK;

struct indicator_sums {
    int64_t n[INDICATOR_COUNTERS];
    int64_t times[INDICATOR_TIMES];
};
/* Of the hours from `from` to before `to` (ms, whole hours are taken); org_id NULL: all. */
enum xk_err indicator_read(struct store *s, const char *org_id, int64_t from, int64_t to,
                           struct indicator_sums *out) XK_MUST_CHECK;
/* The same as points over time, of so many hours each, counted from 1970; those in which nothing
 * ended are left out. at: when the point begins, ms. */
enum xk_err
indicator_points(struct store *s, const char *org_id, int64_t from, int64_t to, unsigned hours,
                 enum xk_err (*each)(void *arg, int64_t at, const struct indicator_sums *sums),
                 void *arg) XK_MUST_CHECK;
/* The same from the tasks themselves: for checking, since it looks at each. */
enum xk_err indicator_recount(struct store *s, const char *org_id, int64_t from, int64_t to,
                              struct indicator_sums *out) XK_MUST_CHECK;

/* Figures; -1: nothing to tell them from. */
int64_t indicator_first_pass_permille(const struct indicator_sums *s); /* of all that ended */
int64_t indicator_final_permille(const struct indicator_sums *s);      /* without refusals */
/* Times are those of cards: an eUICC's profile waits until somebody fetches it. */
int64_t indicator_mean_ms(const struct indicator_sums *s);
/* Within the bounds of one row of indicator.def, as if its times were spread evenly. */
int64_t indicator_percentile_ms(const struct indicator_sums *s, unsigned percent);

#endif
