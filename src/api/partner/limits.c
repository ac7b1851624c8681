/* SPDX-License-Identifier: Apache-2.0 */
/* Call limits (P-15): token buckets per application and class of route, a daily count of write
 * applications. Kept in memory: a restart forgives a second's worth of calls, not the day's
 * count. */
#include "api/partner/routes.h"
#include "base/map.h"

#define APPS_MAX 10000
#define DAY_MS 86400000
#define BEIJING_MS 28800000 /* the day of a Chinese operator begins at 00:00 +0800 */

struct app_limits {
    double left[LIMITS];
    int64_t at;
    int64_t day;
    int64_t today;
    bool counted;
};

struct limits {
    struct map apps;
    double per_s[LIMITS];
    bool unlimited;
};

struct limits *limits_new(const struct partner_options *o)
{
    struct limits *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    map_init(&l->apps, APPS_MAX, 0x5851F42D4C957F2Du);
    l->per_s[LIMIT_SINGLE] = o->single_per_s ? o->single_per_s : 20;
    l->per_s[LIMIT_BATCH] = o->batch_per_s ? o->batch_per_s : 5;
    l->per_s[LIMIT_APPLY] = o->apply_per_s ? o->apply_per_s : 2;
    l->unlimited = o->unlimited;
    return l;
}

void limits_free(struct limits *l)
{
    struct bytes key;
    uintptr_t value;
    size_t at = 0;

    if (!l)
        return;
    while (map_each(&l->apps, &at, &key, &value))
        free((struct app_limits *)value);
    map_fini(&l->apps);
    free(l);
}

static struct app_limits *limits_of(struct limits *l, const char *app_id, int64_t now)
{
    struct app_limits *a;
    uintptr_t value;

    if (map_get(&l->apps, bytes_cstr(app_id), &value))
        return (struct app_limits *)value;
    a = calloc(1, sizeof *a);
    if (!a || map_put(&l->apps, bytes_cstr(app_id), (uintptr_t)a) != XK_OK) {
        free(a);
        return NULL;
    }
    a->at = now;
    memcpy(a->left, l->per_s, sizeof a->left);
    return a;
}

bool limits_take(struct limits *l, const char *app_id, enum route_limit limit, int64_t now,
                 uint32_t *retry_after_s)
{
    struct app_limits *a;

    if (l->unlimited)
        return true;
    a = limits_of(l, app_id, now);
    *retry_after_s = 1;
    if (!a)
        return false;
    for (size_t i = 0; i < LIMITS && now > a->at; i++) {
        a->left[i] += l->per_s[i] * (double)(now - a->at) / 1000;
        if (a->left[i] > l->per_s[i])
            a->left[i] = l->per_s[i];
    }
    if (now > a->at)
        a->at = now;
    if (a->left[limit] < 1)
        return false;
    a->left[limit] -= 1;
    return true;
}

static enum xk_err count_today(struct store *s, const char *app_id, int64_t from, int64_t *n)
{
    static const struct store_query q = {
        "task_count_since", "SELECT COUNT(*) FROM task WHERE app_id = $1 AND created_at >= $2"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_text(app_id), sv_int(from)), 2));
    err = store_next(s);
    if (err == XK_OK)
        *n = store_get_int(s, 0);
    store_finish(s);
    return err;
}

enum xk_err limits_take_daily(struct limits *l, struct store *s, const struct app *app, size_t n,
                              int64_t now, bool *allowed)
{
    int64_t day = (now + BEIJING_MS) / DAY_MS;
    struct app_limits *a;

    *allowed = true;
    if (l->unlimited)
        return XK_OK;
    a = limits_of(l, app->id, now);
    if (!a)
        return XK_E_NOMEM;
    if (!a->counted || a->day != day) {
        TRY(count_today(s, app->id, day * DAY_MS - BEIJING_MS, &a->today));
        a->counted = true;
        a->day = day;
    }
    *allowed = a->today + (int64_t)n <= app->daily_limit;
    if (*allowed)
        a->today += (int64_t)n;
    return XK_OK;
}
