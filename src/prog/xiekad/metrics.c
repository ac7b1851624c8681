/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xiekad/metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/indicator/indicator.h"

#define ROUTES_MAX 256
#define CLASSES 6 /* 1xx to 5xx, at their first digit */
#define NS_PER_S 1e9

static const double bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 10};

struct route_count {
    const char *method, *route;
    uint64_t status[CLASSES], bucket[ARRAY_LEN(bounds)], n;
    double sum;
};

struct metrics {
    struct route_count routes[ROUTES_MAX];
    size_t n;
    uint64_t rsp[METRICS_DOORS][CLASSES];
};

enum xk_err metrics_new(struct metrics **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? XK_OK : XK_E_NOMEM;
}

void metrics_free(struct metrics *m)
{
    free(m);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* The last takes what has no place of its own. */
static struct route_count *find_route(struct metrics *m, const char *method, const char *route)
{
    struct route_count *r;

    for (size_t i = 0; i < m->n; i++) {
        r = &m->routes[i];
        if (strcmp(r->method, method) == 0 && strcmp(r->route, route) == 0)
            return r;
    }
    r = &m->routes[m->n < ROUTES_MAX ? m->n++ : ROUTES_MAX - 1];
    r->method = method;
    r->route = route;
    return r;
}

static unsigned class_of(unsigned status)
{
    return status / 100 < CLASSES ? status / 100 : 0;
}

void metrics_note_http(struct metrics *m, const char *method, const char *route, unsigned status,
                       int64_t took_ns)
{
    struct route_count *r = find_route(m, method, route ? route : "-");
    double s = (double)took_ns / NS_PER_S;

    r->status[class_of(status)]++;
    r->n++;
    r->sum += s;
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++)
        r->bucket[i] += s <= bounds[i];
}

void metrics_note_rsp(struct metrics *m, enum metrics_door door, unsigned status)
{
    m->rsp[door][class_of(status)]++;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put(struct buf *b, const char *name, const char *labels, uint64_t n)
{
    buf_printf(b, "%s%s %llu\n", name, labels, (unsigned long long)n);
}

static void put_routes(const struct metrics *m, struct buf *b)
{
    head(b, "xieka_http_requests_total", "counter", "Calls of the partner interface.");
    for (size_t i = 0; i < m->n; i++) {
        const struct route_count *r = &m->routes[i];

        for (unsigned c = 0; c < CLASSES; c++) {
            if (r->status[c] > 0)
                buf_printf(b,
                           "xieka_http_requests_total{method=\"%s\",route=\"%s\","
                           "status=\"%uxx\"} %llu\n",
                           r->method, r->route, c, (unsigned long long)r->status[c]);
        }
    }
    head(b, "xieka_http_request_duration_seconds", "histogram",
         "From the whole request to the answer.");
    for (size_t i = 0; i < m->n; i++) {
        const struct route_count *r = &m->routes[i];
        char labels[192];

        snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\"", r->method, r->route);
        for (size_t k = 0; k < ARRAY_LEN(bounds); k++)
            buf_printf(b, "xieka_http_request_duration_seconds_bucket{%s,le=\"%g\"} %llu\n", labels,
                       bounds[k], (unsigned long long)r->bucket[k]);
        buf_printf(b,
                   "xieka_http_request_duration_seconds_bucket{%s,le=\"+Inf\"} %llu\n"
                   "xieka_http_request_duration_seconds_sum{%s} %.6f\n"
                   "xieka_http_request_duration_seconds_count{%s} %llu\n",
                   labels, (unsigned long long)r->n, labels, r->sum, labels,
                   (unsigned long long)r->n);
    }
}

static void put_rsp(const struct metrics *m, struct buf *b)
{
    static const char *const doors[] = {"lpa", "es2p", "es12"};

    head(b, "xieka_rsp_requests_total", "counter", "Calls at the doors of consumer RSP.");
    for (size_t d = 0; d < METRICS_DOORS; d++) {
        for (unsigned c = 0; c < CLASSES; c++) {
            if (m->rsp[d][c] > 0)
                buf_printf(b, "xieka_rsp_requests_total{door=\"%s\",status=\"%uxx\"} %llu\n",
                           doors[d], c, (unsigned long long)m->rsp[d][c]);
        }
    }
}

static void put_smpp(const struct daemon *d, struct buf *b)
{
    const struct smpp_esme_stats *s = sms_link_stats(d->sms);
    const struct {
        const char *name, *type, *help;
        uint64_t n;
    } rows[] = {
        {"xieka_smpp_queued", "gauge", "Messages that wait for the message centre.", s->queued},
        {"xieka_smpp_outstanding", "gauge", "Messages it has not answered yet.", s->outstanding},
        {"xieka_smpp_submitted_total", "counter", "Messages sent to it.", s->submitted},
        {"xieka_smpp_delivered_total", "counter", "Messages and receipts it sent.", s->delivered},
        {"xieka_smpp_throttled_total", "counter", "Messages it told to come later.", s->throttled},
        {"xieka_smpp_timeouts_total", "counter", "Messages it did not answer.", s->timeouts},
        {"xieka_smpp_connects_total", "counter", "Connections to it.", s->connects},
    };

    head(b, "xieka_smpp_state", "gauge",
         "The link to the message centre: 1 is the state it is in.");
    buf_printf(b, "xieka_smpp_state{state=\"%s\"} 1\n",
               conf_string(d->conf, "smpp_host")[0] ? smpp_esme_state_name(s->state) : "off");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        head(b, rows[i].name, rows[i].type, rows[i].help);
        put(b, rows[i].name, "", rows[i].n);
    }
}

/* XK_E_IO: /proc is not there. */
static enum xk_err count_files(uint64_t *n)
{
    DIR *dir = opendir("/proc/self/fd");

    if (!dir)
        return XK_E_IO;
    for (*n = 0; readdir(dir); ++*n) {
    }
    closedir(dir);
    *n -= 3; /* ".", ".." and dir itself */
    return XK_OK;
}

static enum xk_err resident_bytes(uint64_t *n)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128] = "";
    char *resident;

    if (!f)
        return XK_E_IO;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    resident = strchr(line, ' '); /* the second of its numbers, in pages */
    *n = resident ? strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
    return *n > 0 ? XK_OK : XK_E_IO;
}

static void put_machine(const struct daemon *d, struct buf *b)
{
    struct rusage use;
    uint64_t n;

    head(b, "process_start_time_seconds", "gauge", "When it was started.");
    buf_printf(b, "process_start_time_seconds %.3f\n", (double)d->started_at / 1000);
    if (getrusage(RUSAGE_SELF, &use) == 0) {
        head(b, "process_cpu_seconds_total", "counter", "CPU time, of the system too.");
        buf_printf(b, "process_cpu_seconds_total %.6f\n",
                   (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
    }
    if (count_files(&n) == XK_OK) {
        head(b, "process_open_fds", "gauge", "Open files and sockets.");
        put(b, "process_open_fds", "", n);
    }
    if (resident_bytes(&n) == XK_OK) {
        head(b, "process_resident_memory_bytes", "gauge", "Resident memory.");
        put(b, "process_resident_memory_bytes", "", n);
    }
}

enum xk_err metrics_put_process(const struct daemon *d, struct buf *b)
{
    struct httpd_stats http;

    httpd_stats(d->httpd, &http);
    head(b, "xieka_build_info", "gauge", "Which version this is.");
    buf_printf(b, "xieka_build_info{version=\"%s\"} 1\n", XIEKA_VERSION);
    head(b, "xieka_http_connections", "gauge", "Open connections.");
    put(b, "xieka_http_connections", "", http.connections);
    head(b, "xieka_http_malformed_total", "counter", "Requests that were none.");
    put(b, "xieka_http_malformed_total", "", http.refused);
    head(b, "xieka_jobs_waiting", "gauge", "Decisions that wait for the worker.");
    put(b, "xieka_jobs_waiting", "", worker_pending(d->worker));
    put_routes(d->metrics, b);
    put_rsp(d->metrics, b);
    put_smpp(d, b);
    put_machine(d, b);
    return buf_ok(b);
}

/* ---- what the database knows ----------------------------------------------------------------- */

/* Rows of an integer or text, an integer, and a number. */
static enum xk_err put_rows(struct store *s, struct buf *b, const struct store_query *q,
                            void (*row)(struct store *s, struct buf *b))
{
    enum xk_err err;

    TRY(store_open(s, q, NULL, 0));
    while ((err = store_next(s)) == XK_OK)
        row(s, b);
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static void put_numbers(struct store *s, struct buf *b)
{
    char pool[33];

    store_get_text(s, 0, pool, sizeof pool);
    buf_printf(b, "xieka_numbers{pool=\"%s\",state=\"%s\"} %lld\n", pool,
               number_state_name((enum number_state)store_get_int(s, 1)),
               (long long)store_get_int(s, 2));
}

static void put_outbox(struct store *s, struct buf *b)
{
    static const char *const kinds[] = {[OUTBOX_SMS] = "sms",
                                        [OUTBOX_OPEN] = "open",
                                        [OUTBOX_CLOSE] = "close",
                                        [OUTBOX_CALLBACK] = "callback",
                                        [OUTBOX_ES2P] = "es2p",
                                        [OUTBOX_SMDS] = "smds",
                                        [OUTBOX_EXCEPTION] = "exception"};
    int64_t kind = store_get_int(s, 0);

    buf_printf(b, "xieka_outbox{kind=\"%s\"} %lld\n",
               kind > 0 && kind < (int64_t)ARRAY_LEN(kinds) ? kinds[kind] : "?",
               (long long)store_get_int(s, 1));
}

static void put_dead(struct store *s, struct buf *b)
{
    put(b, "xieka_callbacks_dead", "", (uint64_t)store_get_int(s, 0));
}

static void put_endings(struct store *s, struct buf *b)
{
    static const char *const names[] = {[INDICATOR_SUCCESS] = "success",
                                        [INDICATOR_FIRST_PASS] = "first_pass",
                                        [INDICATOR_FAILED] = "failed",
                                        [INDICATOR_REFUSED] = "refused",
                                        [INDICATOR_CANCELLED] = "cancelled"};
    int64_t what = store_get_int(s, 0);

    if (what >= 0 && what < (int64_t)ARRAY_LEN(names))
        buf_printf(b, "xieka_tasks_ended{how=\"%s\"} %lld\n", names[what],
                   (long long)store_get_int(s, 1));
}

static void put_open(struct store *s, struct buf *b)
{
    buf_printf(b, "xieka_exceptions_open{grade=\"%s\",late=\"%s\"} %lld\n",
               exception_grade_info((enum exception_grade)store_get_int(s, 0))->name,
               store_get_int(s, 1) ? "yes" : "no", (long long)store_get_int(s, 2));
}

enum xk_err metrics_put_store(struct store *s, struct buf *b)
{
    static const struct store_query open = {
        "metrics_exceptions",
        "SELECT grade, CASE WHEN missed <> 0 THEN 1 ELSE 0 END AS late, COUNT(*) FROM exception "
        "WHERE state < 2 GROUP BY grade, late ORDER BY grade, late"};
    static const struct store_query numbers = {
        "metrics_numbers", "SELECT pool_id, state, n FROM pool_count ORDER BY pool_id, state"};
    static const struct store_query outbox = {
        "metrics_outbox", "SELECT kind, COUNT(*) FROM outbox GROUP BY kind ORDER BY kind"};
    static const struct store_query dead = {"metrics_dead", "SELECT COUNT(*) FROM callback_dead"};
    static const struct store_query endings = {
        "metrics_endings",
        "SELECT what, SUM(n) FROM indicator WHERE what < 5 GROUP BY what ORDER BY what"};

    head(b, "xieka_numbers", "gauge", "Numbers of a pool by state.");
    TRY(put_rows(s, b, &numbers, put_numbers));
    head(b, "xieka_outbox", "gauge", "What is decided and still to be said.");
    TRY(put_rows(s, b, &outbox, put_outbox));
    head(b, "xieka_callbacks_dead", "gauge", "Callbacks nobody took.");
    TRY(put_rows(s, b, &dead, put_dead));
    head(b, "xieka_tasks_ended", "gauge",
         "Write tasks by how they ended; one that is tried again is taken off.");
    TRY(put_rows(s, b, &endings, put_endings));
    head(b, "xieka_exceptions_open", "gauge",
         "Exceptions that are not closed; late: a limit of theirs has passed.");
    TRY(put_rows(s, b, &open, put_open));
    return buf_ok(b);
}
