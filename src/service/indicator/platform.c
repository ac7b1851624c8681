/* SPDX-License-Identifier: Apache-2.0 */
#include "service/indicator/platform.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MINUTES 60
#define NS_PER_MS 1000000
#define PPM 1000000
#define NOBODY "" /* no organisation's */

/* Codes in the table of counters, behind those of indicator.def: of each kind of call all, failed
 * and its times; and the minutes of an hour, one bit each. */
#define CALL_FIRST 64
#define CALL_STEP 16
#define CALL_TIME 2
#define ALIVE 128

static const int64_t bounds[PLATFORM_TIMES] = {1,   2,   5,   10,   25,   50,   100,
                                               200, 300, 500, 1000, 2500, 10000};

/* ---- counting -------------------------------------------------------------------------------- */

enum platform_call platform_call_of(const char *method, const char *route)
{
    if (strcmp(method, "GET") == 0)
        return PLATFORM_QUERY;
    if (route && (strcmp(route, "/write/apply") == 0 || strcmp(route, "/write-orders") == 0))
        return PLATFORM_APPLY;
    return PLATFORM_OTHER;
}

void platform_calls_note(struct platform_calls *c, enum platform_call call, unsigned status,
                         int64_t took_ns)
{
    unsigned i = 0;

    while (i + 1 < PLATFORM_TIMES && took_ns > bounds[i] * NS_PER_MS)
        i++;
    c->all[call]++;
    c->failed[call] += status >= 500;
    c->times[call][i]++;
}

void platform_calls_add(struct platform_calls *to, const struct platform_calls *more)
{
    for (int call = 0; call < PLATFORM_CALLS; call++) {
        to->all[call] += more->all[call];
        to->failed[call] += more->failed[call];
        for (int i = 0; i < PLATFORM_TIMES; i++)
            to->times[call][i] += more->times[call][i];
    }
}

static enum xk_err add(struct store *s, int64_t hour, int64_t what, int64_t n)
{
    static const struct store_query q = {
        "platform_add", "INSERT INTO indicator (hour, org_id, what, n) VALUES ($1, $2, $3, $4) ON "
                        "CONFLICT (hour, org_id, what) DO UPDATE SET n = indicator.n + excluded.n"};

    if (n == 0)
        return XK_OK;
    return store_exec(s, &q, SVS(sv_int(hour), sv_text(NOBODY), sv_int(what), sv_int(n)), NULL);
}

enum xk_err platform_note(struct store *s, int64_t now, const struct platform_calls *calls)
{
    static const struct store_query alive = {
        "platform_alive",
        "INSERT INTO indicator (hour, org_id, what, n) VALUES ($1, $2, $3, $4) ON CONFLICT (hour, "
        "org_id, what) DO UPDATE SET n = indicator.n | excluded.n"};
    int64_t hour = now / HOUR_MS, bit = INT64_C(1) << (now % HOUR_MS / MINUTE_MS);

    for (int call = 0; call < PLATFORM_CALLS; call++) {
        int64_t first = CALL_FIRST + call * CALL_STEP;

        TRY(add(s, hour, first, calls->all[call]));
        TRY(add(s, hour, first + 1, calls->failed[call]));
        for (int i = 0; i < PLATFORM_TIMES; i++)
            TRY(add(s, hour, first + CALL_TIME + i, calls->times[call][i]));
    }
    return store_exec(s, &alive, SVS(sv_int(hour), sv_text(NOBODY), sv_int(ALIVE), sv_int(bit)),
                      NULL);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int64_t count_bits(uint64_t n)
{
    int64_t bits = 0;

    for (; n; n &= n - 1)
        bits++;
    return bits;
}

/* The first minute ever told, since 1970; XK_E_NOT_FOUND. */
static enum xk_err first_minute(struct store *s, int64_t *minute)
{
    static const struct store_query q = {
        "platform_first",
        "SELECT hour, n FROM indicator WHERE org_id = $1 AND what = $2 ORDER BY hour LIMIT 1"};
    int64_t n;

    TRY(store_row(s, &q, SVS(sv_text(NOBODY), sv_int(ALIVE))));
    *minute = store_get_int(s, 0) * HOUR_MINUTES;
    for (n = store_get_int(s, 1); n > 0 && (n & 1) == 0; n >>= 1)
        ++*minute;
    store_finish(s);
    return XK_OK;
}

static void take_row(struct store *s, int64_t before, struct platform_sums *out)
{
    int64_t hour = store_get_int(s, 0), what = store_get_int(s, 1), n = store_get_int(s, 2);
    int64_t left = before - hour * HOUR_MINUTES; /* minutes of the hour that are over */
    int64_t call = (what - CALL_FIRST) / CALL_STEP, row = (what - CALL_FIRST) % CALL_STEP;

    if (what == ALIVE && left > 0)
        out->alive += count_bits((uint64_t)n &
                                 (left < HOUR_MINUTES ? (UINT64_C(1) << left) - 1 : UINT64_MAX));
    if (what < CALL_FIRST || call >= PLATFORM_CALLS)
        return;
    if (row == 0)
        out->calls.all[call] += n;
    else if (row == 1)
        out->calls.failed[call] += n;
    else if (row - CALL_TIME < PLATFORM_TIMES)
        out->calls.times[call][row - CALL_TIME] += n;
}

enum xk_err platform_read(struct store *s, int64_t from, int64_t to, int64_t now,
                          struct platform_sums *out)
{
    static const struct store_query q = {
        "platform_read",
        "SELECT hour, what, n FROM indicator WHERE hour >= $1 AND hour < $2 AND org_id = $3"};
    int64_t end = to / HOUR_MS + (to % HOUR_MS != 0), before = now / MINUTE_MS, first;
    enum xk_err err = first_minute(s, &first);

    *out = (struct platform_sums){.minutes = 0};
    if (err != XK_OK)
        return err == XK_E_NOT_FOUND ? XK_OK : err;
    if (end <= before / HOUR_MINUTES)
        before = end * HOUR_MINUTES;
    if (first < from / HOUR_MS * HOUR_MINUTES)
        first = from / HOUR_MS * HOUR_MINUTES;
    out->minutes = before > first ? before - first : 0;
    TRY(store_open(s, &q, SVS(sv_int(from / HOUR_MS), sv_int(end), sv_text(NOBODY))));
    while ((err = store_next(s)) == XK_OK)
        take_row(s, before, out);
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- figures --------------------------------------------------------------------------------- */

int64_t platform_success_ppm(const struct platform_sums *s)
{
    int64_t all = 0, failed = 0;

    for (int call = 0; call < PLATFORM_CALLS; call++) {
        all += s->calls.all[call];
        failed += s->calls.failed[call];
    }
    return all > 0 ? (all - failed) * PPM / all : -1;
}

int64_t platform_available_ppm(const struct platform_sums *s)
{
    return s->minutes > 0 ? s->alive * PPM / s->minutes : -1;
}

/* As if the calls of one row were spread evenly between its bounds. */
int64_t platform_percentile_ms(const struct platform_sums *s, enum platform_call call,
                               unsigned percent)
{
    const int64_t *times = s->calls.times[call];
    int64_t all = s->calls.all[call], wanted = (all * percent + 99) / 100, before = 0;

    if (all <= 0)
        return -1;
    for (unsigned i = 0; i < PLATFORM_TIMES; i++) {
        int64_t low = i > 0 ? bounds[i - 1] : 0;

        if (before + times[i] >= wanted)
            return low + (bounds[i] - low) * (wanted - before) / times[i];
        before += times[i];
    }
    return bounds[PLATFORM_TIMES - 1];
}
