/* SPDX-License-Identifier: Apache-2.0 */
/* What was committed is said to operators (ES2+) and SM-DSs (ES12, ES15), with our certificate. */
#include "prog/xiekad/rsp.h"

#define ANSWER_MEMORY 65536

struct saying {
    struct daemon *d;
    int64_t outbox_id;
    uint32_t attempts;
    enum outbox_kind kind;
    enum rsp_function function; /* OUTBOX_SMDS */
    char iccid[DOWNLOAD_ICCID_TEXT];
};

/* ---- operators ------------------------------------------------------------------------------- */

static void told(struct saying *s, const char *reason)
{
    struct job *job;

    if (job_new(JOB_CALLBACK_DONE, &job) == XK_OK) {
        job->u.callback.outbox_id = s->outbox_id;
        job->u.callback.attempts = s->attempts;
        snprintf(job->u.callback.reason, sizeof job->u.callback.reason, "%s", reason);
        job_submit(s->d, job);
    }
}

/* SGP.22 6.3: 204; some answer 200 with a header, and have heard it all the same. */
static void operator_answered(struct saying *s, const struct httpc_response *response)
{
    char reason[64] = "";

    if (response->err != XK_OK)
        snprintf(reason, sizeof reason, "%s", response->error_text);
    else if (response->status / 100 != 2)
        snprintf(reason, sizeof reason, "answered HTTP %u", response->status);
    if (reason[0])
        xk_log(XK_LOG_WARN, "es2p.unheard iccid=%s outbox=%lld why=\"%s\"", s->iccid,
               (long long)s->outbox_id, reason);
    told(s, reason);
}

/* ---- SM-DSs ---------------------------------------------------------------------------------- */

static enum download_smds_answer read_answer(const struct saying *s,
                                             const struct httpc_response *response)
{
    struct rsp_status status = {0};
    struct arena arena;
    enum xk_err err = response->err;

    if (err != XK_OK || response->status != 200) {
        xk_log(XK_LOG_WARN, "%s iccid=%s http=%u why=\"%s\"", rsp_function_name(s->function),
               s->iccid, response->status, response->error_text);
        return DOWNLOAD_SMDS_UNREACHABLE;
    }
    arena_init(&arena, ANSWER_MEMORY);
    err = es12_decode_response(s->function, response->body, &arena, &status);
    xk_log(XK_LOG_INFO, "%s iccid=%s status=%s %.*s/%.*s", rsp_function_name(s->function),
           s->iccid[0] ? s->iccid : "-",
           err == XK_OK ? rsp_execution_text(status.execution) : "unreadable",
           (int)status.subject.n, (const char *)status.subject.p, (int)status.reason.n,
           (const char *)status.reason.p);
    arena_fini(&arena);
    if (err != XK_OK)
        return DOWNLOAD_SMDS_UNREACHABLE;
    return rsp_succeeded(&status) ? DOWNLOAD_SMDS_OK : DOWNLOAD_SMDS_REFUSED;
}

static void smds_answered(struct saying *s, enum download_smds_answer answer)
{
    struct job *job;

    if (job_new(JOB_SMDS_ANSWER, &job) != XK_OK)
        return; /* its lease brings it back */
    buf_init(&job->u.smds.body, OUTBOX_PAYLOAD_MAX);
    job->u.smds.outbox_id = s->outbox_id;
    job->u.smds.attempts = s->attempts;
    job->u.smds.registers = s->function == RSP_REGISTER_EVENT;
    job->u.smds.answer = answer;
    memcpy(job->u.smds.iccid, s->iccid, sizeof job->u.smds.iccid);
    job_submit(s->d, job);
}

/* ---- both ------------------------------------------------------------------------------------ */

static void on_answer(void *arg, const struct httpc_response *response)
{
    struct saying *s = arg;

    if (s->kind == OUTBOX_ES2P)
        operator_answered(s, response);
    else
        smds_answered(s, read_answer(s, response));
    free(s);
}

static void failed_at_once(struct saying *s)
{
    if (s->kind == OUTBOX_ES2P)
        told(s, "the address cannot be used");
    else
        smds_answered(s, DOWNLOAD_SMDS_UNREACHABLE);
    free(s);
}

void rsp_say(struct daemon *d, const struct outbox_item *item)
{
    static const char *const headers[] = {"X-Admin-Protocol: " WIRE_PROTOCOL,
                                          "Content-Type: " WIRE_JSON_TYPE};
    const struct httpc_request request = {.method = "POST",
                                          .url = item->address,
                                          .headers = headers,
                                          .header_count = ARRAY_LEN(headers),
                                          .body = item->payload};
    const char *path = strstr(item->address, "/gsma/");
    struct saying *s;

    if (!d->rsp)
        return; /* no section any more: it waits for one */
    s = calloc(1, sizeof *s);
    if (!s)
        return; /* its lease brings it back */
    *s = (struct saying){
        .d = d, .outbox_id = item->id, .attempts = item->attempts, .kind = item->kind};
    snprintf(s->iccid, sizeof s->iccid, "%s", item->group_key);
    if (item->kind == OUTBOX_SMDS && (!path || !es12_function(path, &s->function)))
        failed_at_once(s);
    else if (httpc_send(d->rsp->client, &request, on_answer, s) != XK_OK)
        failed_at_once(s);
}
