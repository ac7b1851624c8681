/* SPDX-License-Identifier: Apache-2.0 */
#include "service/indicator/indicator.h"

#define HOUR_MS INT64_C(3600000)
#define PERMILLE 1000

static const int64_t bounds[INDICATOR_TIMES] = {
#define COUNTER(id, code, text)
#define TIME(i, ms) [i] = (ms),
#include "service/indicator/indicator.def"
#undef COUNTER
#undef TIME
};

static enum indicator_counter counter_of(enum task_state state)
{
    if (state == TASK_SUCCESS)
        return INDICATOR_SUCCESS;
    if (state == TASK_REJECTED || state == TASK_CHECK_FAIL)
        return INDICATOR_REFUSED;
    return state == TASK_CANCELLED ? INDICATOR_CANCELLED : INDICATOR_FAILED;
}

static unsigned time_of(int64_t ms)
{
    unsigned i = 0;

    while (i + 1 < INDICATOR_TIMES && ms > bounds[i])
        i++;
    return i;
}

static int64_t write_ms(const struct task *t)
{
    return t->sending_at > 0 ? t->finished_at - t->sending_at : 0;
}

static bool is_timed(const struct task *t)
{
    return t->channel != TASK_CHANNEL_RSP;
}

static bool is_first_pass(const struct task *t)
{
    return t->attempts_all <= 1 && t->retries == 0 && t->rollbacks == 0;
}

/* Whether a card was written, or should have been: not where a number was only closed. */
static bool is_write(const struct task *t)
{
    return t->state != TASK_SUCCESS || t->sending_at > 0;
}

/* The first hour that is not in it any more; the same in ms, as far as they go. */
static int64_t end_hour(int64_t to)
{
    return to / HOUR_MS + (to % HOUR_MS != 0);
}

static int64_t end_ms(int64_t to)
{
    return end_hour(to) > INT64_MAX / HOUR_MS ? INT64_MAX : end_hour(to) * HOUR_MS;
}

/* ---- counting -------------------------------------------------------------------------------- */

#define UPSERT " ON CONFLICT (hour, org_id, what) DO UPDATE SET n = indicator.n + excluded.n"

enum xk_err indicator_note(struct store *s, const struct task *ended, int step)
{
    static const struct store_query one = {
        "indicator_one",
        "INSERT INTO indicator (hour, org_id, what, n) VALUES ($1, $2, $3, $4)" UPSERT};
    static const struct store_query success = {
        "indicator_success",
        "INSERT INTO indicator (hour, org_id, what, n) VALUES ($1, $2, $3, $4), ($1, $2, $5, $6), "
        "($1, $2, $7, $8), ($1, $2, $9, $10)" UPSERT};
    struct store_value hour = sv_int(ended->finished_at / HOUR_MS);
    int timed = is_timed(ended) ? step : 0;

    if (ended->finished_at == 0 || !is_write(ended))
        return XK_OK;
    if (ended->state != TASK_SUCCESS)
        return store_exec(
            s, &one,
            SVS(hour, sv_text(ended->org_id), sv_int(counter_of(ended->state)), sv_int(step)),
            NULL);
    return store_exec(s, &success,
                      SVS(hour, sv_text(ended->org_id), sv_int(INDICATOR_SUCCESS), sv_int(step),
                          sv_int(INDICATOR_FIRST_PASS), sv_int(is_first_pass(ended) ? step : 0),
                          sv_int(INDICATOR_WRITE_MS), sv_int(timed * write_ms(ended)),
                          sv_int(INDICATOR_TIME_FIRST + time_of(write_ms(ended))), sv_int(timed)),
                      NULL);
}

static void add(struct indicator_sums *out, int64_t what, int64_t n)
{
    if (what >= 0 && what < INDICATOR_COUNTERS)
        out->n[what] += n;
    else if (what >= INDICATOR_TIME_FIRST && what < INDICATOR_TIME_FIRST + INDICATOR_TIMES)
        out->times[what - INDICATOR_TIME_FIRST] += n;
}

enum xk_err indicator_read(struct store *s, const char *org_id, int64_t from, int64_t to,
                           struct indicator_sums *out)
{
    static const struct store_query q = {
        "indicator_read", "SELECT what, SUM(n) FROM indicator WHERE hour >= $1 AND hour < $2 AND "
                          "($3 = '' OR org_id = $3) GROUP BY what"};
    enum xk_err err;

    *out = (struct indicator_sums){{0}, {0}};
    TRY(store_open(
        s, &q, SVS(sv_int(from / HOUR_MS), sv_int(end_hour(to)), sv_text(org_id ? org_id : ""))));
    while ((err = store_next(s)) == XK_OK)
        add(out, store_get_int(s, 0), store_get_int(s, 1));
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err
indicator_points(struct store *s, const char *org_id, int64_t from, int64_t to, unsigned hours,
                 enum xk_err (*each)(void *arg, int64_t at, const struct indicator_sums *sums),
                 void *arg)
{
    static const struct store_query q = {
        "indicator_points",
        "SELECT hour / $1 * $1 AS point, what, SUM(n) FROM indicator WHERE hour >= $2 AND hour < $3"
        " AND ($4 = '' OR org_id = $4) GROUP BY point, what ORDER BY point"};
    struct indicator_sums sums = {{0}, {0}};
    int64_t point = -1;
    enum xk_err err;

    TRY(store_open(s, &q,
                   SVS(sv_int(hours), sv_int(from / HOUR_MS), sv_int(end_hour(to)),
                       sv_text(org_id ? org_id : ""))));
    while ((err = store_next(s)) == XK_OK) {
        int64_t next = store_get_int(s, 0);

        if (point >= 0 && next != point) {
            err = each(arg, point * HOUR_MS, &sums);
            sums = (struct indicator_sums){{0}, {0}};
            if (err != XK_OK)
                break;
        }
        point = next;
        add(&sums, store_get_int(s, 1), store_get_int(s, 2));
    }
    store_finish(s);
    if (err != XK_E_NOT_FOUND)
        return err;
    return point >= 0 ? each(arg, point * HOUR_MS, &sums) : XK_OK;
}

enum xk_err indicator_recount(struct store *s, const char *org_id, int64_t from, int64_t to,
                              struct indicator_sums *out)
{
    static const struct store_query q = {
        "indicator_recount",
        "SELECT state, attempts_all, retries, rollbacks, sending_at, finished_at, channel FROM "
        "task WHERE "
        "finished_at >= $1 AND finished_at < $2 AND finished_at > 0 AND ($3 = '' OR org_id = $3)"};
    enum xk_err err;

    *out = (struct indicator_sums){{0}, {0}};
    TRY(store_open(
        s, &q,
        SVS(sv_int(from / HOUR_MS * HOUR_MS), sv_int(end_ms(to)), sv_text(org_id ? org_id : ""))));
    while ((err = store_next(s)) == XK_OK) {
        const struct task t = {.state = (enum task_state)store_get_int(s, 0),
                               .attempts_all = (uint32_t)store_get_int(s, 1),
                               .retries = (uint32_t)store_get_int(s, 2),
                               .rollbacks = (uint32_t)store_get_int(s, 3),
                               .sending_at = store_get_int(s, 4),
                               .finished_at = store_get_int(s, 5),
                               .channel = (enum task_channel)store_get_int(s, 6)};

        if (!is_write(&t))
            continue;
        add(out, (int64_t)counter_of(t.state), 1);
        if (t.state != TASK_SUCCESS)
            continue;
        add(out, INDICATOR_FIRST_PASS, is_first_pass(&t));
        if (!is_timed(&t))
            continue;
        add(out, INDICATOR_WRITE_MS, write_ms(&t));
        add(out, INDICATOR_TIME_FIRST + time_of(write_ms(&t)), 1);
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- figures --------------------------------------------------------------------------------- */

static int64_t permille(int64_t part, int64_t whole)
{
    return whole > 0 ? part * PERMILLE / whole : -1;
}

int64_t indicator_first_pass_permille(const struct indicator_sums *s)
{
    return permille(s->n[INDICATOR_FIRST_PASS], s->n[INDICATOR_SUCCESS] + s->n[INDICATOR_FAILED]);
}

int64_t indicator_final_permille(const struct indicator_sums *s)
{
    return permille(s->n[INDICATOR_SUCCESS], s->n[INDICATOR_SUCCESS] + s->n[INDICATOR_FAILED]);
}

static int64_t timed(const struct indicator_sums *s)
{
    int64_t all = 0;

    for (unsigned i = 0; i < INDICATOR_TIMES; i++)
        all += s->times[i];
    return all;
}

int64_t indicator_mean_ms(const struct indicator_sums *s)
{
    int64_t n = timed(s);

    return n > 0 ? s->n[INDICATOR_WRITE_MS] / n : -1;
}

int64_t indicator_percentile_ms(const struct indicator_sums *s, unsigned percent)
{
    int64_t all = timed(s), before = 0, wanted;

    if (all <= 0)
        return -1;
    wanted = (all * percent + 99) / 100; /* this one, in the order of their times, from 1 */
    for (unsigned i = 0; i < INDICATOR_TIMES; i++) {
        int64_t low = i > 0 ? bounds[i - 1] : 0;

        if (before + s->times[i] >= wanted)
            return low + (bounds[i] - low) * (wanted - before) / s->times[i];
        before += s->times[i];
    }
    return bounds[INDICATOR_TIMES - 1];
}
