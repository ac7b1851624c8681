/* SPDX-License-Identifier: Apache-2.0 */
/* Requests become jobs, finished jobs become replies. */
#include "prog/xiekad/daemon.h"
#include "prog/xiekad/metrics.h"
#include "prog/xiekad/pages.h"

#define REPLY_MAX ((size_t)16 << 20)
#define HSS_EVENTS_PATH "/hss/v1/events"

static void reply_status(struct http_request *r, unsigned status)
{
    const struct http_reply reply = {.status = status};

    http_reply(r, &reply);
}

/* The token that a path of our own asks for; NULL: it is the partner interface's. */
static const char *token_of(const struct daemon *d, const char *path, enum job_kind *kind)
{
    const char *token = conf_string(d->conf, "metrics_token");

    if (strcmp(path, HSS_EVENTS_PATH) == 0) {
        *kind = JOB_HSS_EVENTS;
        return conf_string(d->conf, "home_token");
    }
    if (strcmp(path, METRICS_PATH) == 0 && token[0]) {
        *kind = JOB_METRICS;
        return token;
    }
    *kind = JOB_HTTP;
    return NULL;
}

void http_take(void *daemon, struct http_request *request)
{
    struct daemon *d = daemon;
    enum job_kind kind;
    const char *token = token_of(d, request->path, &kind);
    enum http_method method = kind == JOB_METRICS ? HTTP_GET : HTTP_POST;
    struct job *job;

    if (pages_take(request))
        return;
    if (token && (request->method != method ||
                  !home_authorised(http_header(request, "Authorization"), token))) {
        reply_status(request, request->method == method ? 401 : 405);
        return;
    }
    if (job_new(kind, &job) != XK_OK) {
        reply_status(request, 503);
        return;
    }
    job->u.http.request = request;
    buf_init(&job->u.http.body, REPLY_MAX);
    job_submit(d, job);
}

static unsigned failed_status(enum xk_err err)
{
    return err == XK_E_BUSY || err == XK_E_CLOSED ? 503 : 500;
}

static const char *failed_body(enum xk_err err)
{
    return failed_status(err) == 503
               ? "{\"code\":\"19001\",\"message\":\"busy, try again later\",\"data\":null}"
               : "{\"code\":\"19000\",\"message\":\"internal error\",\"data\":null}";
}

static void count(struct daemon *d, const struct job *job, unsigned status)
{
    const char *method = http_method_name(job->u.http.request->method);
    const char *route = job->u.http.reply.log;
    int64_t took = xk_monotonic_ns() - job->began_ns;

    metrics_note_http(d->metrics, method, route, status, took);
    platform_calls_note(&d->calls, platform_call_of(method, route), status, took);
}

void http_answer(struct daemon *d, struct job *job)
{
    const struct partner_reply *from = &job->u.http.reply;
    char seconds[16];
    const struct http_header retry = {.name = "Retry-After", .value = seconds};
    struct http_reply reply = {.status = from->status};

    if (job->kind == JOB_METRICS && job->err == XK_OK) {
        job->err = metrics_put_process(d, &job->u.http.body);
        reply.content_type = METRICS_TYPE;
    }
    reply.body = buf_bytes(&job->u.http.body);
    if (job->err != XK_OK) {
        reply.content_type = NULL;
        reply.status = failed_status(job->err);
        reply.body = bytes_cstr(failed_body(job->err));
    } else if (from->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%u", from->retry_after_s);
        reply.headers = &retry;
        reply.header_count = 1;
    }
    if (job->kind == JOB_HTTP)
        count(d, job, reply.status);
    xk_log(XK_LOG_DEBUG, "http %s %s status=%u peer=%s",
           http_method_name(job->u.http.request->method), job->u.http.request->path, reply.status,
           job->u.http.request->peer);
    http_reply(job->u.http.request, &reply);
}
