/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators of the platform itself (P-21): how its interface answers, and whether it is there.
 * Calls are counted in memory and written once a minute, so that none costs a statement. The
 * figures are the platform's: they belong to no organisation. XK_E_DB and XK_E_BUSY can come from
 * all. */
#ifndef SERVICE_INDICATOR_PLATFORM_H
#define SERVICE_INDICATOR_PLATFORM_H

#include "store/store.h"

#define PLATFORM_TIMES 13

enum platform_call { PLATFORM_QUERY, PLATFORM_APPLY, PLATFORM_OTHER, PLATFORM_CALLS };

struct platform_calls {
    int64_t all[PLATFORM_CALLS], failed[PLATFORM_CALLS]; /* failed: answered with 5xx */
    int64_t times[PLATFORM_CALLS][PLATFORM_TIMES];
};
/* What a call of the partner interface is; route: its pattern. */
enum platform_call platform_call_of(const char *method, const char *route);
void platform_calls_note(struct platform_calls *c, enum platform_call call, unsigned status,
                         int64_t took_ns);
void platform_calls_add(struct platform_calls *to, const struct platform_calls *more);

/* The platform is there in the minute of `now`, and these are the calls since it was last told.
 * Telling the minute again is fine. */
enum xk_err platform_note(struct store *s, int64_t now, const struct platform_calls *calls)
    XK_MUST_CHECK;

struct platform_sums {
    struct platform_calls calls;
    int64_t minutes, alive; /* those that are over, from the first that was ever told */
};
/* Of the hours from `from` to before `to` (ms, whole hours are taken). */
enum xk_err platform_read(struct store *s, int64_t from, int64_t to, int64_t now,
                          struct platform_sums *out) XK_MUST_CHECK;

/* Figures; -1: nothing to tell them from. ppm: parts in a million. */
int64_t platform_success_ppm(const struct platform_sums *s);
int64_t platform_available_ppm(const struct platform_sums *s);
int64_t platform_percentile_ms(const struct platform_sums *s, enum platform_call call,
                               unsigned percent);

#endif
