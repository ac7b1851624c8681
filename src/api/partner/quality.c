/* SPDX-License-Identifier: Apache-2.0 */
/* Q4: the quality of writes in figures (P-21). */
#include "api/partner/routes.h"
#include "service/indicator/indicator.h"

#define DAY_MS INT64_C(86400000)
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

enum xk_err get_quality(struct call *c)
{
    struct indicator_sums s;
    int64_t from, to;
    const char *org;
    enum xk_err err;

    if (!query_number(c, "to", c->order->now + 1, INT64_MAX, &to) ||
        !query_number(c, "from", to > DAYS * DAY_MS ? to - DAYS * DAY_MS : 0, INT64_MAX, &from))
        return XK_OK;
    if (from > to)
        return answer_refuse(c, CODE_PARAMETER, "from");
    if (!query_org(c, &org, &err))
        return err;
    TRY(indicator_read(c->order->store, org, from, to, &s));
    answer_begin(c);
    json_put_int(&c->out, "success", s.n[INDICATOR_SUCCESS]);
    json_put_int(&c->out, "firstPass", s.n[INDICATOR_FIRST_PASS]);
    json_put_int(&c->out, "failed", s.n[INDICATOR_FAILED]);
    json_put_int(&c->out, "refused", s.n[INDICATOR_REFUSED]);
    json_put_int(&c->out, "cancelled", s.n[INDICATOR_CANCELLED]);
    put_permille(&c->out, "firstPassSuccess", indicator_first_pass_permille(&s), FIRST_PASS_TARGET);
    put_permille(&c->out, "finalSuccess", indicator_final_permille(&s), FINAL_TARGET);
    put_figure(&c->out, "writeMeanMs", indicator_mean_ms(&s));
    put_figure(&c->out, "writeP95Ms", indicator_percentile_ms(&s, P95));
    return answer_end(c);
}
