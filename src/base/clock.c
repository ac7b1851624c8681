/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

static int64_t system_now_ms(void *ctx)
{
    struct timespec ts;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const struct xk_clock *xk_clock_system(void)
{
    static const struct xk_clock clock = {.now_ms = system_now_ms};

    return &clock;
}

int64_t xk_monotonic_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t virtual_now_ms(void *ctx)
{
    return *(const int64_t *)ctx;
}

struct xk_clock xk_clock_virtual(int64_t *now)
{
    return (struct xk_clock){.now_ms = virtual_now_ms, .ctx = now};
}

/* splitmix64 (public domain, Vigna) */
uint64_t xk_prng_next(struct xk_prng *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint32_t xk_prng_below(struct xk_prng *r, uint32_t bound)
{
    return (uint32_t)(((xk_prng_next(r) >> 32) * bound) >> 32);
}

bool xk_prng_chance(struct xk_prng *r, unsigned permille)
{
    return xk_prng_below(r, 1000) < permille;
}

static void prng_fill(void *ctx, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(xk_prng_next(ctx) >> 24);
}

struct xk_rand xk_rand_prng(struct xk_prng *r)
{
    return (struct xk_rand){.fill = prng_fill, .ctx = r};
}

static void put_digits(char *out, int value, int n)
{
    for (; n > 0; value /= 10)
        out[--n] = (char)('0' + value % 10);
}

/* Every log line has one: by hand it costs a tenth of strftime. */
char *xk_time_format(int64_t ms, char out[XK_TIME_TEXT_MAX])
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    time_t s = (time_t)(ms / 1000);
    int rest = (int)(ms % 1000);
    struct tm tm;

    if (rest < 0) {
        rest += 1000;
        s--;
    }
    out[0] = '\0';
    if (!gmtime_r(&s, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
        return out;
    memcpy(out, form, sizeof form);
    put_digits(out, tm.tm_year + 1900, 4);
    put_digits(out + 5, tm.tm_mon + 1, 2);
    put_digits(out + 8, tm.tm_mday, 2);
    put_digits(out + 11, tm.tm_hour, 2);
    put_digits(out + 14, tm.tm_min, 2);
    put_digits(out + 17, tm.tm_sec, 2);
    put_digits(out + 20, rest, 3);
    return out;
}

enum xk_err xk_time_parse(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int frac = 0;
    int64_t seconds;

    if (!rest)
        return XK_E_FORMAT;
    if (*rest == '.') {
        int scale = 100;

        for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
            frac += (*rest - '0') * scale;
            scale /= 10;
        }
    }
    if (strcmp(rest, "Z") != 0)
        return XK_E_FORMAT;
    seconds = (int64_t)timegm(&tm);
    *ms = seconds * 1000 + frac;
    return XK_OK;
}
