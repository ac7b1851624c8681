/* SPDX-License-Identifier: Apache-2.0 */
/* Q4: the quality of writes in figures (P-21). */
#include "api/partner/routes.h"
#include "service/indicator/indicator.h"
#include "service/indicator/platform.h"

#define HOUR_MS INT64_C(3600000)
#define POINTS_MAX 1000
#define DAYS 30 /* until now, when nothing else is asked for */
#define FIRST_PASS_TARGET 980
#define FINAL_TARGET 999
#define IN_TIME_TARGET 990
#define PPM_TARGET 999500
#define QUERY_TARGET_MS 300
#define APPLY_TARGET_MS 500
#define P95 95

/* null when nothing has ended. */
static void put_figure(struct json_out *o, const char *name, int64_t value)
{
    if (value < 0)
        json_put_null(o, name);
    else
        json_put_int(o, name, value);
}

enum wanted { AT_LEAST, AT_MOST };

/* One indicator: what it is, what it should be, and whether it is. */
static void put_judged(struct json_out *o, const char *name, const char *unit, int64_t value,
                       enum wanted wanted, int64_t target)
{
    json_open_object(o, name);
    put_figure(o, unit, value);
    json_put_int(o, "target", target);
    if (value < 0)
        json_put_null(o, "met");
    else
        json_put_bool(o, "met", wanted == AT_LEAST ? value >= target : value <= target);
    json_close_object(o);
}

static void put_permille(struct json_out *o, const char *name, int64_t value, int64_t target)
{
    put_judged(o, name, "permille", value, AT_LEAST, target);
}

static void put_sums(struct json_out *o, const struct indicator_sums *s)
{
    json_put_int(o, "success", s->n[INDICATOR_SUCCESS]);
    json_put_int(o, "firstPass", s->n[INDICATOR_FIRST_PASS]);
    json_put_int(o, "failed", s->n[INDICATOR_FAILED]);
    json_put_int(o, "refused", s->n[INDICATOR_REFUSED]);
    json_put_int(o, "cancelled", s->n[INDICATOR_CANCELLED]);
    put_permille(o, "firstPassSuccess", indicator_first_pass_permille(s), FIRST_PASS_TARGET);
    put_permille(o, "finalSuccess", indicator_final_permille(s), FINAL_TARGET);
    put_figure(o, "writeMeanMs", indicator_mean_ms(s));
    put_figure(o, "writeP95Ms", indicator_percentile_ms(s, P95));
}

static enum xk_err put_point(void *arg, int64_t at, const struct indicator_sums *sums)
{
    struct json_out *o = arg;
    char text[XK_TIME_TEXT_MAX];

    json_open_object(o, NULL);
    json_put_text(o, "at", xk_time_format(at, text));
    put_sums(o, sums);
    json_close_object(o);
    return XK_OK;
}

/* Hours of a point; 0: no points are asked for. False: refused. */
static bool take_step(struct call *c, int64_t from, int64_t to, unsigned *hours)
{
    const char *by = query_or(c, "by", "");

    *hours = strcmp(by, "hour") == 0 ? 1 : strcmp(by, "day") == 0 ? 24 : 0;
    if (by[0] && *hours == 0)
        return answer_refused(c, CODE_PARAMETER, "by");
    if (*hours > 0 && (to - from) / (*hours * HOUR_MS) > POINTS_MAX)
        return answer_refused(c, CODE_TOO_MANY, "by");
    return true;
}

static enum xk_err put_exceptions(struct call *c, const char *org, int64_t from, int64_t to)
{
    struct exception_kept kept;

    TRY(exception_count_kept(c->order->store, org, from, to, &kept));
    put_permille(&c->out, "exceptionsInTime",
                 kept.judged > 0 ? kept.in_time * 1000 / kept.judged : -1, IN_TIME_TARGET);
    put_judged(&c->out, "misWrites", "count", kept.wrong_numbers, AT_MOST, 0);
    return XK_OK;
}

/* The platform's own figures are the operator's to see, and of no single organisation. */
static enum xk_err put_platform(struct call *c, int64_t from, int64_t to)
{
    struct json_out *o = &c->out;
    struct platform_sums s;

    TRY(platform_read(c->order->store, from, to, c->order->now, &s));
    json_open_object(o, "platform");
    json_put_int(o, "calls",
                 s.calls.all[PLATFORM_QUERY] + s.calls.all[PLATFORM_APPLY] +
                     s.calls.all[PLATFORM_OTHER]);
    put_judged(o, "apiSuccess", "ppm", platform_success_ppm(&s), AT_LEAST, PPM_TARGET);
    put_judged(o, "queryP95", "ms", platform_percentile_ms(&s, PLATFORM_QUERY, P95), AT_MOST,
               QUERY_TARGET_MS);
    put_judged(o, "applyP95", "ms", platform_percentile_ms(&s, PLATFORM_APPLY, P95), AT_MOST,
               APPLY_TARGET_MS);
    json_put_int(o, "minutes", s.minutes);
    put_judged(o, "availability", "ppm", platform_available_ppm(&s), AT_LEAST, PPM_TARGET);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_quality(struct call *c)
{
    struct indicator_sums s;
    int64_t from, to;
    unsigned hours;
    const char *org;
    enum xk_err err;

    if (!query_period(c, DAYS, &from, &to) || !take_step(c, from, to, &hours))
        return XK_OK;
    if (!query_org(c, &org, &err))
        return err;
    TRY(indicator_read(c->order->store, org, from, to, &s));
    answer_begin(c);
    put_sums(&c->out, &s);
    TRY(put_exceptions(c, org, from, to));
    if (!org)
        TRY(put_platform(c, from, to));
    if (hours > 0) {
        json_open_array(&c->out, "points");
        TRY(indicator_points(c->order->store, org, from, to, hours, put_point, &c->out));
        json_close_array(&c->out);
    }
    return answer_end(c);
}
