/* SPDX-License-Identifier: Apache-2.0 */
/* Q4: the quality of writes in figures (P-21). */
#include "api/partner/routes.h"
#include "service/indicator/indicator.h"

#define HOUR_MS INT64_C(3600000)
#define POINTS_MAX 1000
#define DAYS 30 /* until now, when nothing else is asked for */
#define FIRST_PASS_TARGET 980
#define FINAL_TARGET 999
#define P95 95

/* null when nothing has ended. */
static void put_figure(struct json_out *o, const char *name, int64_t value)
{
    if (value < 0)
        json_put_null(o, name);
    else
        json_put_int(o, name, value);
}

/* One indicator: what it is, what it should be at least, and whether it is. */
static void put_permille(struct json_out *o, const char *name, int64_t value, int64_t target)
{
    json_open_object(o, name);
    put_figure(o, "permille", value);
    json_put_int(o, "target", target);
    if (value < 0)
        json_put_null(o, "met");
    else
        json_put_bool(o, "met", value >= target);
    json_close_object(o);
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
    if (hours > 0) {
        json_open_array(&c->out, "points");
        TRY(indicator_points(c->order->store, org, from, to, hours, put_point, &c->out));
        json_close_array(&c->out);
    }
    return answer_end(c);
}
