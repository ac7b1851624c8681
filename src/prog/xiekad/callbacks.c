/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks to partners (P-16): signed now, posted, and asked again later when nobody heard. */
#include "prog/xiekad/daemon.h"

#include "api/wire/json.h"

struct call {
    struct daemon *d;
    int64_t outbox_id;
    uint32_t attempts;
};

/* HTTP 200 {"code":"0"} and nothing else counts as heard. */
static bool was_heard(const struct httpc_response *response)
{
    struct json *doc;
    const char *code;
    bool heard;
    size_t at;

    if (response->err != XK_OK || response->status != 200 ||
        json_doc_parse(response->body, &doc, &at) != XK_OK)
        return false;
    code = json_text(json_member(doc, "code"));
    heard = code && strcmp(code, "0") == 0;
    json_doc_free(doc);
    return heard;
}

static void finish(struct call *call, const char *reason)
{
    struct job *job;

    if (job_new(JOB_CALLBACK_DONE, &job) == XK_OK) {
        job->u.callback.outbox_id = call->outbox_id;
        job->u.callback.attempts = call->attempts;
        snprintf(job->u.callback.reason, sizeof job->u.callback.reason, "%s", reason);
        job_submit(call->d, job);
    }
    free(call);
}

static void on_answer(void *arg, const struct httpc_response *response)
{
    char reason[64];

    if (was_heard(response))
        reason[0] = '\0';
    else if (response->err == XK_OK)
        snprintf(reason, sizeof reason, "answered HTTP %u without code 0", response->status);
    else
        snprintf(reason, sizeof reason, "%s", response->error_text);
    finish(arg, reason);
}

/* payload: the signature headers, each with its NUL, then the body; made by the worker. */
void callback_say(struct daemon *d, const struct outbox_item *item)
{
    const char *headers[PARTNER_SIGN_HEADERS + 1] = {"Content-Type: application/json"};
    struct httpc_request request = {.url = item->address, .headers = headers, .header_count = 1};
    struct bytes rest = item->payload;
    struct call *call = calloc(1, sizeof *call);

    if (!call)
        return;
    *call = (struct call){.d = d, .outbox_id = item->id, .attempts = item->attempts};
    while (request.header_count <= PARTNER_SIGN_HEADERS && rest.n > 0) {
        const char *line = (const char *)rest.p;

        headers[request.header_count++] = line;
        rest = bytes_part(rest, strlen(line) + 1, rest.n);
    }
    request.body = rest;
    if (httpc_send(d->callbacks, &request, on_answer, call) != XK_OK)
        finish(call, "the callback address cannot be used");
}
