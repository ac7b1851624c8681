/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and minutes of the platform, and the figures told from them. */
#include "fixture.h"
#include "service/indicator/platform.h"
#include "xt.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define MS INT64_C(1000000)
#define ROUNDS 400

static const struct platform_calls none;

TEST(what_a_call_is)
{
    CHECK_INT(platform_call_of("GET", "/write/task/{id}"), PLATFORM_QUERY);
    CHECK_INT(platform_call_of("POST", "/write/apply"), PLATFORM_APPLY);
    CHECK_INT(platform_call_of("POST", "/write-orders"), PLATFORM_APPLY);
    CHECK_INT(platform_call_of("POST", "/write-orders/batch"), PLATFORM_OTHER);
    CHECK_INT(platform_call_of("POST", NULL), PLATFORM_OTHER);
}

TEST(calls_are_counted)
{
    struct platform_calls c = none;
    struct platform_sums s;
    struct fixture f;

    fixture_open(&f);
    for (int i = 0; i < 18; i++)
        platform_calls_note(&c, PLATFORM_QUERY, 200, 3 * MS);
    platform_calls_note(&c, PLATFORM_QUERY, 404, 400 * MS);
    platform_calls_note(&c, PLATFORM_QUERY, 200, 400 * MS);
    platform_calls_note(&c, PLATFORM_APPLY, 503, 99000 * MS);
    CHECK_OK(platform_note(f.store, 10 * HOUR, &c));
    CHECK_OK(platform_note(f.store, 11 * HOUR, &c));
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, 12 * HOUR, &s));
    CHECK_INT(s.calls.all[PLATFORM_QUERY], 40);
    CHECK_INT(s.calls.failed[PLATFORM_QUERY], 0);
    CHECK_INT(s.calls.failed[PLATFORM_APPLY], 2);
    CHECK_INT(platform_success_ppm(&s), 952380); /* 40 of 42 */
    CHECK_INT(platform_percentile_ms(&s, PLATFORM_QUERY, 90), 5);
    CHECK(platform_percentile_ms(&s, PLATFORM_QUERY, 95) > 300);
    CHECK_INT(platform_percentile_ms(&s, PLATFORM_APPLY, 95), 10000);
    CHECK_INT(platform_percentile_ms(&s, PLATFORM_OTHER, 95), -1);
    CHECK_OK(platform_read(f.store, 11 * HOUR, 12 * HOUR, 12 * HOUR, &s));
    CHECK_INT(s.calls.all[PLATFORM_QUERY], 20);
    CHECK_OK(platform_read(f.store, 12 * HOUR, INT64_MAX, 12 * HOUR, &s));
    CHECK_INT(platform_success_ppm(&s), -1);
    fixture_close(&f);
}

TEST(minutes_of_absence)
{
    struct platform_sums s;
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, 12 * HOUR, &s));
    CHECK_INT(platform_available_ppm(&s), -1);
    CHECK_OK(platform_note(f.store, 10 * HOUR + 5 * MINUTE, &none));
    CHECK_OK(platform_note(f.store, 10 * HOUR + 5 * MINUTE + 1, &none)); /* by two nodes */
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, 10 * HOUR + 5 * MINUTE + 2, &s));
    CHECK_INT(platform_available_ppm(&s), -1); /* the minute is not over */
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, 10 * HOUR + 6 * MINUTE, &s));
    CHECK(s.minutes == 1 && s.alive == 1);
    CHECK_OK(platform_note(f.store, 10 * HOUR + 59 * MINUTE, &none));
    CHECK_OK(platform_note(f.store, 11 * HOUR, &none));
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, 11 * HOUR + 1 * MINUTE, &s));
    CHECK(s.minutes == 56 && s.alive == 3);
    CHECK_INT(platform_available_ppm(&s), 53571);
    CHECK_OK(platform_read(f.store, 11 * HOUR, INT64_MAX, 11 * HOUR + 4 * MINUTE, &s));
    CHECK(s.minutes == 4 && s.alive == 1);
    CHECK_OK(platform_read(f.store, 0, 10 * HOUR + 1, 20 * HOUR, &s)); /* whole hours */
    CHECK(s.minutes == 55 && s.alive == 2);
    CHECK_OK(platform_read(f.store, 0, 10 * HOUR, 20 * HOUR, &s));
    CHECK_INT(platform_available_ppm(&s), -1);
    fixture_close(&f);
}

/* Whatever minutes it was there, in whatever batches the calls were told: nothing is lost, nothing
 * is counted twice. */
TEST(histories_add_up)
{
    struct platform_calls batch = none;
    int64_t told = 0, failed = 0, alive = 0, first = -1, minute = 1000;
    struct platform_sums s;
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(store_begin(f.store));
    for (int i = 0; i < ROUNDS; i++, minute += 1 + xk_prng_below(&f.prng, 3)) {
        for (uint32_t n = xk_prng_below(&f.prng, 6); n > 0; n--, told++) {
            unsigned status = xk_prng_below(&f.prng, 4) == 0 ? 500 : 200;

            failed += status == 500;
            platform_calls_note(&batch, xk_prng_below(&f.prng, PLATFORM_CALLS), status,
                                xk_prng_below(&f.prng, 1u << 31));
        }
        if (xk_prng_below(&f.prng, 3) == 0)
            continue; /* it could not be written: the calls stay for the next time */
        CHECK_OK(platform_note(f.store, minute * MINUTE, &batch));
        batch = none;
        first = first < 0 ? minute : first;
        alive++;
    }
    CHECK_OK(platform_note(f.store, minute * MINUTE, &batch));
    CHECK_OK(store_commit(f.store));
    CHECK_OK(platform_read(f.store, 0, INT64_MAX, (minute + 1) * MINUTE, &s));
    CHECK_INT(s.alive, alive + 1);
    CHECK_INT(s.minutes, minute + 1 - first);
    CHECK_INT(s.calls.all[0] + s.calls.all[1] + s.calls.all[2], told);
    CHECK_INT(platform_success_ppm(&s), (told - failed) * 1000000 / told);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(what_a_call_is), XT_CASE(calls_are_counted), XT_CASE(minutes_of_absence),
           XT_CASE(histories_add_up))
