/* SPDX-License-Identifier: Apache-2.0 */
/* Figures out of sums; percentiles against times in order. */
#include "fixture.h"
#include "model/org.h"
#include "service/indicator/indicator.h"
#include "xt.h"

#define HOUR INT64_C(3600000)
#define TASKS 500

static struct task ended(enum task_state state, int64_t took)
{
    struct task t = {.state = state, .attempts_all = 1, .sending_at = 10 * HOUR};

    t.finished_at = t.sending_at + took;
    snprintf(t.org_id, sizeof t.org_id, "%s", ORG_ROOT);
    return t;
}

TEST(what_counts_as_what)
{
    struct task t = ended(TASK_SUCCESS, 1500);
    struct indicator_sums s;
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(indicator_read(f.store, NULL, 0, INT64_MAX, &s));
    CHECK_INT(indicator_final_permille(&s), -1);
    CHECK_INT(indicator_mean_ms(&s), -1);
    CHECK_INT(indicator_percentile_ms(&s, 95), -1);
    CHECK_OK(indicator_note(f.store, &t, 1));
    t.rollbacks = 1; /* not in the first pass */
    CHECK_OK(indicator_note(f.store, &t, 1));
    for (int state = TASK_REJECTED; state <= TASK_MANUAL; state++) {
        t = ended((enum task_state)state, 5);
        CHECK_OK(indicator_note(f.store, &t, 1));
    }
    t.finished_at = 0; /* still open */
    CHECK_OK(indicator_note(f.store, &t, 1));
    CHECK_OK(indicator_read(f.store, ORG_ROOT, 0, INT64_MAX, &s));
    CHECK_INT(s.n[INDICATOR_SUCCESS], 2);
    CHECK_INT(s.n[INDICATOR_FIRST_PASS], 1);
    CHECK_INT(s.n[INDICATOR_REFUSED], 2);
    CHECK_INT(s.n[INDICATOR_CANCELLED], 1);
    CHECK_INT(s.n[INDICATOR_FAILED], 6);
    CHECK_INT(indicator_final_permille(&s), 250);
    CHECK_INT(indicator_first_pass_permille(&s), 125);
    CHECK_INT(indicator_mean_ms(&s), 1500);
    CHECK_OK(indicator_read(f.store, "other", 0, INT64_MAX, &s));
    CHECK_INT(s.n[INDICATOR_SUCCESS], 0);
    CHECK_OK(indicator_read(f.store, NULL, 11 * HOUR, INT64_MAX, &s));
    CHECK_INT(s.n[INDICATOR_SUCCESS], 0);
    CHECK_OK(indicator_read(f.store, NULL, 10 * HOUR, 10 * HOUR + 1, &s));
    CHECK_INT(s.n[INDICATOR_SUCCESS], 2); /* of whole hours */
    fixture_close(&f);
}

/* It counts, but nobody knows when a profile is fetched; and a number that is only closed is no
 * write. */
TEST(what_is_not_timed)
{
    struct task t = ended(TASK_SUCCESS, 90 * HOUR);
    struct indicator_sums s;
    struct fixture f;

    fixture_open(&f);
    t.channel = TASK_CHANNEL_RSP;
    CHECK_OK(indicator_note(f.store, &t, 1));
    t = ended(TASK_SUCCESS, 3000);
    CHECK_OK(indicator_note(f.store, &t, 1));
    t.sending_at = 0;
    CHECK_OK(indicator_note(f.store, &t, 1));
    CHECK_OK(indicator_read(f.store, NULL, 0, INT64_MAX, &s));
    CHECK_INT(s.n[INDICATOR_SUCCESS], 2);
    CHECK_INT(s.n[INDICATOR_FIRST_PASS], 2);
    CHECK_INT(indicator_mean_ms(&s), 3000);
    CHECK(indicator_percentile_ms(&s, 100) <= 5000);
    fixture_close(&f);
}

struct points {
    int64_t at[8], success[8];
    size_t n;
};

static enum xk_err keep_point(void *arg, int64_t at, const struct indicator_sums *sums)
{
    struct points *p = arg;

    if (p->n == ARRAY_LEN(p->at))
        return XK_E_LIMIT;
    p->at[p->n] = at;
    p->success[p->n++] = sums->n[INDICATOR_SUCCESS];
    return XK_OK;
}

/* The points of a time, and that they add up. */
TEST(points_over_time)
{
    static const int64_t hours[] = {10, 10, 11, 30, 47, 48};
    struct points p = {.n = 0};
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(indicator_points(f.store, NULL, 0, INT64_MAX, 1, keep_point, &p));
    CHECK_INT(p.n, 0);
    for (size_t i = 0; i < ARRAY_LEN(hours); i++) {
        struct task t = ended(TASK_SUCCESS, 1);

        t.finished_at = hours[i] * HOUR + 7;
        CHECK_OK(indicator_note(f.store, &t, 1));
    }
    CHECK_OK(indicator_points(f.store, NULL, 0, INT64_MAX, 1, keep_point, &p));
    CHECK_INT(p.n, 5);
    CHECK(p.at[0] == 10 * HOUR && p.success[0] == 2 && p.at[4] == 48 * HOUR);
    p.n = 0;
    CHECK_OK(indicator_points(f.store, ORG_ROOT, 0, INT64_MAX, 24, keep_point, &p));
    CHECK_INT(p.n, 3);
    CHECK(p.at[0] == 0 && p.success[0] == 3 && p.at[1] == 24 * HOUR && p.success[1] == 2);
    p.n = 0;
    CHECK_OK(indicator_points(f.store, NULL, 11 * HOUR, 31 * HOUR, 24, keep_point, &p));
    CHECK(p.n == 2 && p.success[0] == 1 && p.success[1] == 1);
    p.n = 0;
    CHECK_OK(indicator_points(f.store, "other", 0, INT64_MAX, 1, keep_point, &p));
    CHECK_INT(p.n, 0);
    fixture_close(&f);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The percentile is in the same row of the table as the exact one. */
TEST(percentiles)
{
    static const int64_t bounds[] = {
#define COUNTER(id, code, text)
#define TIME(i, ms) [i] = (ms),
#include "service/indicator/indicator.def"
#undef COUNTER
#undef TIME
    };
    int64_t times[TASKS];
    struct indicator_sums s;
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(store_begin(f.store));
    for (size_t i = 0; i < TASKS; i++) {
        struct task t;

        times[i] = 1 + xk_prng_below(&f.prng, 1u << (10 + xk_prng_below(&f.prng, 12)));
        t = ended(TASK_SUCCESS, times[i]);
        CHECK_OK(indicator_note(f.store, &t, 1));
    }
    CHECK_OK(store_commit(f.store));
    CHECK_OK(indicator_read(f.store, NULL, 0, INT64_MAX, &s));
    qsort(times, TASKS, sizeof times[0], by_size);
    for (unsigned percent = 1; percent <= 100; percent++) {
        int64_t exact = times[(TASKS * percent + 99) / 100 - 1];
        int64_t told = indicator_percentile_ms(&s, percent);
        size_t row = 0;

        while (exact > bounds[row])
            row++;
        CHECK(told <= bounds[row] && told > (row > 0 ? bounds[row - 1] : -1));
    }
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(what_counts_as_what), XT_CASE(what_is_not_timed), XT_CASE(points_over_time),
           XT_CASE(percentiles))
