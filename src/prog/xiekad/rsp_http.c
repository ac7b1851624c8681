/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the doors become jobs, finished jobs become replies, now or when an SM-DS has
 * answered. */
#include "prog/xiekad/metrics.h"
#include "prog/xiekad/rsp.h"

#include <strings.h>

#define REPLY_MAX ES9P_RESPONSE_MAX

/* A request that waits for the answer to an outbox row. */
struct rsp_parked {
    struct http_request *request;
    struct rsp_parked *next;
};

static void reply_with(struct http_request *request, unsigned status, const char *type,
                       struct bytes body)
{
    const struct http_header protocol = {.name = "X-Admin-Protocol", .value = WIRE_PROTOCOL};
    const struct http_reply reply = {.status = status,
                                     .content_type = type,
                                     .headers = &protocol,
                                     .header_count = 1,
                                     .body = body};

    http_reply(request, &reply);
}

/* Whether the LPA dialled our SM-DS, whose functions have the paths of the SM-DP+'s. */
static bool is_for_smds(const struct rsp_door *door, const struct http_request *request)
{
    const char *host = http_header(request, "Host");
    size_t n = door->es11.fqdn ? strlen(door->es11.fqdn) : 0;

    if (n == 0 || door->es9p.n == 0)
        return n > 0;
    return host && strncasecmp(host, door->es11.fqdn, n) == 0 &&
           (host[n] == '\0' || host[n] == ':');
}

static enum job_kind kind_of(const struct rsp_door *door, const struct http_request *request)
{
    if (door->kind == RSP_DOOR_ES2P)
        return JOB_ES2P;
    if (door->kind == RSP_DOOR_ES12)
        return JOB_ES12;
    return is_for_smds(door, request) ? JOB_ES11 : JOB_ES9P;
}

void rsp_take(void *ctx, struct http_request *request)
{
    struct rsp_door *door = ctx;
    struct job *job;

    if (door->kind == RSP_DOOR_LPA && !es9p_is_path(request->path)) {
        reply_with(request, 404, NULL, BYTES_NONE);
        return;
    }
    if (job_new(kind_of(door, request), &job) != XK_OK) {
        reply_with(request, 503, NULL, BYTES_NONE);
        return;
    }
    job->u.rsp.request = request;
    job->u.rsp.door = door;
    buf_init(&job->u.rsp.body, REPLY_MAX);
    job_submit(door->d, job);
}

/* ---- parked requests ------------------------------------------------------------------------- */

static bool park(struct rsp *rsp, int64_t outbox_id, struct http_request *request)
{
    struct bytes key = BYTES(&outbox_id, sizeof outbox_id);
    struct rsp_parked *p = calloc(1, sizeof *p);
    uintptr_t first = 0;

    if (!p)
        return false;
    p->request = request;
    if (map_get(&rsp->parked, key, &first))
        p->next = (struct rsp_parked *)first;
    if (map_put(&rsp->parked, key, (uintptr_t)p) == XK_OK)
        return true;
    free(p);
    return false;
}

static void reply_all(struct rsp_parked *p, unsigned status, struct bytes body)
{
    while (p) {
        struct rsp_parked *next = p->next;

        reply_with(p->request, status, WIRE_JSON_TYPE, body);
        free(p);
        p = next;
    }
}

void rsp_answer_parked(struct rsp *rsp, int64_t outbox_id, struct bytes body)
{
    struct bytes key = BYTES(&outbox_id, sizeof outbox_id);
    uintptr_t first = 0;

    if (!map_get(&rsp->parked, key, &first))
        return;
    map_del(&rsp->parked, key);
    reply_all((struct rsp_parked *)first, 200, body);
}

void rsp_refuse_parked(struct rsp *rsp)
{
    struct bytes key;
    uintptr_t first;
    size_t at = 0;

    while (map_each(&rsp->parked, &at, &key, &first))
        reply_all((struct rsp_parked *)first, 503, BYTES_NONE);
    map_fini(&rsp->parked);
}

static enum metrics_door door_of(const struct job *job)
{
    if (job->kind == JOB_ES2P)
        return METRICS_ES2P;
    return job->kind == JOB_ES12 ? METRICS_ES12 : METRICS_LPA;
}

/* One that waits for an SM-DS will be answered with 200. */
static unsigned status_of(const struct job *job)
{
    if (job->err != XK_OK)
        return job->err == XK_E_BUSY || job->err == XK_E_CLOSED ? 503 : 500;
    return job->u.rsp.waits_for == 0 ? job->u.rsp.status : 200;
}

void rsp_answer(struct daemon *d, struct job *job)
{
    struct http_request *request = job->u.rsp.request;

    metrics_note_rsp(d->metrics, door_of(job), status_of(job));
    if (job->err != XK_OK) {
        reply_with(request, status_of(job), NULL, BYTES_NONE);
    } else if (job->u.rsp.waits_for == 0) {
        reply_with(request, job->u.rsp.status, job->u.rsp.content_type,
                   buf_bytes(&job->u.rsp.body));
    } else if (!park(d->rsp, job->u.rsp.waits_for, request)) {
        reply_with(request, 503, NULL, BYTES_NONE);
    }
}
