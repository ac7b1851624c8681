/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es11/es11.h"

#include "base/hex.h"
#include "base/log.h"
#include "service/smds/registry.h"

struct call {
    const struct es11 *api;
    struct download_ctx *c;
    struct smds_ports ports;
    struct smds_call engine;
    struct session row;
    char eid[DOWNLOAD_EID_TEXT]; /* who asks, once it is known */
};

static enum xk_err find_events(void *ctx, const char *eid, const char *event_id, size_t max,
                               struct smds_event *out, size_t *n)
{
    struct call *call = ctx;

    snprintf(call->eid, sizeof call->eid, "%s", eid);
    return registry_find(call->c->store, eid, event_id, max, out, n);
}

/* SGP.22 5.8.1  ES11.InitiateAuthentication */
static enum xk_err initiate_authentication(struct call *call,
                                           const struct rsp_initiate_authentication_request *req,
                                           struct rsp_initiate_authentication_response *resp)
{
    struct smds_session session;
    struct buf blob;

    TRY(smds_initiate_authentication(call->api->smds, &call->engine, req, &session, resp));
    if (!rsp_succeeded(&resp->status))
        return XK_OK;
    buf_init_fixed(&blob, arena_alloc(call->c->arena, SMDS_SESSION_ENCODED_MAX),
                   SMDS_SESSION_ENCODED_MAX);
    if (!blob.p)
        return XK_E_NOMEM;
    TRY(smds_session_encode(&session, &blob));
    call->row.id_len = sizeof session.auth.transaction_id;
    memcpy(call->row.id, session.auth.transaction_id, call->row.id_len);
    snprintf(call->row.address, sizeof call->row.address, "%s", call->api->fqdn);
    call->row.keep_until = session.valid_until;
    call->row.blob = buf_bytes(&blob);
    return session_commit(call->c, &call->row);
}

/* SGP.22 5.8.2  ES11.AuthenticateClient. The session is over when it was answered. */
static enum xk_err authenticate_client(struct call *call,
                                       const struct rsp_authenticate_client_request *req,
                                       struct rsp_es11_authenticate_client_response *resp)
{
    enum xk_err err = session_checkout(call->c, req->transaction_id, &call->row);
    struct smds_session session;
    bool known = err == XK_OK && strcmp(call->row.address, call->api->fqdn) == 0 &&
                 smds_session_decode(call->row.blob, &session) == XK_OK;

    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    TRY(smds_authenticate_client(call->api->smds, &call->engine, req, known ? &session : NULL,
                                 resp));
    return known && rsp_succeeded(&resp->status) ? session_drop(call->c, &call->row) : XK_OK;
}

static enum xk_err execute(struct call *call, const struct rsp_es9p_request *req,
                           struct rsp_es9p_response *resp)
{
    if (req->function == RSP_INITIATE_AUTHENTICATION) {
        resp->function = RSP_ES11_INITIATE;
        return initiate_authentication(call, &req->initiate_authentication,
                                       &resp->initiate_authentication);
    }
    resp->function = RSP_ES11_AUTHENTICATE;
    return authenticate_client(call, &req->authenticate_client, &resp->es11_authenticate_client);
}

static void log_call(const struct call *call, const struct rsp_es9p_response *resp,
                     const struct es9p_request *in)
{
    const struct rsp_status *s = es9p_status(resp);
    char transaction[2 * SESSION_ID_MAX + 1];
    bool ok = rsp_succeeded(s);

    hex_encode(BYTES(call->row.id, call->row.id_len), transaction);
    xk_log(XK_LOG_INFO,
           "%s transaction=%s eid=%s address=%s status=%s%.*s%s%.*s events=%zu peer=%s",
           rsp_function_name(resp->function), transaction[0] ? transaction : "-",
           call->eid[0] ? call->eid : "-", call->api->fqdn, ok ? "ok" : "", (int)s->subject.n,
           (const char *)s->subject.p, ok ? "" : "/", (int)s->reason.n, (const char *)s->reason.p,
           resp->function == RSP_ES11_AUTHENTICATE ? resp->es11_authenticate_client.entries_n : 0,
           in->peer);
}

static bool is_ours(enum rsp_function function)
{
    return function == RSP_INITIATE_AUTHENTICATION || function == RSP_AUTHENTICATE_CLIENT;
}

enum xk_err es11_handle(const struct es11 *api, struct download_ctx *c,
                        const struct es9p_request *in, struct es9p_reply *out)
{
    struct rsp_es9p_response *resp = arena_alloc(c->arena, sizeof *resp);
    struct es9p_message *message = arena_alloc(c->arena, sizeof *message);
    struct call call = {.api = api, .c = c};
    bool go_on;

    if (!resp || !message)
        return XK_E_NOMEM;
    TRY(es9p_read(c, in, message, out, &go_on));
    if (!go_on)
        return XK_OK;
    if (!is_ours(message->request.function)) {
        out->status = 404;
        return XK_OK;
    }
    call.ports = (struct smds_ports){.ctx = &call, .find_events = find_events};
    call.engine =
        (struct smds_call){.now = c->now, .rand = c->rand, .ports = &call.ports, .arena = c->arena};
    TRY(execute(&call, &message->request, resp));
    log_call(&call, resp, in);
    return es9p_write(message->media, resp, out);
}
