/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es9p/es9p.h"

#include "api/es9p/ports.h"
#include "base/hex.h"
#include "base/log.h"

/* One call on its way. */
struct call {
    const struct es9p *api;
    struct download_ctx *c;
    const struct es9p_request *in;
    const struct es9p_address *address;
    struct ports_place place;
    struct smdpp_ports ports;
    struct smdpp_call engine;
    struct session row;           /* as checked out; row.version 0: there is none yet */
    struct smdpp_session session; /* what the row says */
    bool has_session;
    struct smdpp_effects effects;
};

static void plug(struct call *call, const struct es9p_address *address)
{
    call->address = address;
    call->place = (struct ports_place){.c = call->c, .fqdn = address->fqdn};
    ports_plug(&call->place, &call->ports);
    call->engine = (struct smdpp_call){
        .now = call->c->now, .rand = call->c->rand, .ports = &call->ports, .arena = call->c->arena};
}

/* The address that an LPA dialled; the first one says that it is none of ours. */
static const struct es9p_address *find_address(const struct es9p *api, struct bytes dialled)
{
    for (size_t i = 0; i < api->n; i++) {
        if (smdpp_is_address(api->address[i].smdpp, dialled))
            return &api->address[i];
    }
    return &api->address[0];
}

static const struct es9p_address *named_address(const struct es9p *api, const char *fqdn)
{
    for (size_t i = 0; i < api->n; i++) {
        if (strcmp(api->address[i].fqdn, fqdn) == 0)
            return &api->address[i];
    }
    return NULL;
}

/* A session of an address that is not served any more, or of no smdpp, is not known. */
static enum xk_err checkout(struct call *call, struct bytes transaction_id)
{
    const struct es9p_address *address;
    enum xk_err err = session_checkout(call->c, transaction_id, &call->row);

    plug(call, &call->api->address[0]);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    if (err != XK_OK)
        return err;
    address = named_address(call->api, call->row.address);
    if (!address || smdpp_session_decode(call->row.blob, &call->session) != XK_OK)
        return XK_OK;
    plug(call, address);
    call->has_session = true;
    return XK_OK;
}

static struct smdpp_session *session_of(struct call *call)
{
    return call->has_session ? &call->session : NULL;
}

/* What was decided, then the session under its lease. */
static enum xk_err commit(struct call *call, struct bytes notification)
{
    struct buf blob;

    TRY(ports_commit(call->c, &call->effects, notification));
    if (!call->has_session)
        return XK_OK;
    buf_init_fixed(&blob, arena_alloc(call->c->arena, SMDPP_SESSION_ENCODED_MAX),
                   SMDPP_SESSION_ENCODED_MAX);
    if (!blob.p)
        return XK_E_NOMEM;
    TRY(smdpp_session_encode(&call->session, &blob));
    if (bytes_eq(buf_bytes(&blob), call->row.blob) &&
        call->row.keep_until == call->session.keep_until)
        return XK_OK; /* a repeat that changed nothing */
    call->row.blob = buf_bytes(&blob);
    call->row.keep_until = call->session.keep_until;
    memcpy(call->row.iccid, call->session.iccid, sizeof call->row.iccid);
    return session_commit(call->c, &call->row);
}

/* SGP.22 5.6.1  ES9+.InitiateAuthentication */
static enum xk_err initiate_authentication(struct call *call,
                                           const struct rsp_initiate_authentication_request *req,
                                           struct rsp_initiate_authentication_response *resp)
{
    const struct es9p_address *address = find_address(call->api, req->smdp_address);

    plug(call, address);
    TRY(smdpp_initiate_authentication(address->smdpp, &call->engine, req, &call->session, resp));
    if (!rsp_succeeded(&resp->status))
        return XK_OK;
    call->has_session = true;
    memcpy(call->row.id, call->session.auth.transaction_id, sizeof call->row.id);
    call->row.id_len = sizeof call->session.auth.transaction_id;
    snprintf(call->row.address, sizeof call->row.address, "%s", address->fqdn);
    return commit(call, BYTES_NONE);
}

/* SGP.22 5.6.3  ES9+.AuthenticateClient */
static enum xk_err authenticate_client(struct call *call,
                                       const struct rsp_authenticate_client_request *req,
                                       struct rsp_authenticate_client_response *resp)
{
    TRY(checkout(call, req->transaction_id));
    TRY(smdpp_authenticate_client(call->address->smdpp, &call->engine, req, session_of(call), resp,
                                  &call->effects));
    return commit(call, BYTES_NONE);
}

/* SGP.22 5.6.2  ES9+.GetBoundProfilePackage */
static enum xk_err
get_bound_profile_package(struct call *call,
                          const struct rsp_get_bound_profile_package_request *req,
                          struct rsp_get_bound_profile_package_response *resp)
{
    TRY(checkout(call, req->transaction_id));
    TRY(smdpp_get_bound_profile_package(call->address->smdpp, &call->engine, req, session_of(call),
                                        resp, &call->effects));
    return commit(call, BYTES_NONE);
}

/* SGP.22 5.6.4  ES9+.HandleNotification */
static enum xk_err handle_notification(struct call *call,
                                       const struct rsp_handle_notification_request *req)
{
    TRY(checkout(call, smdpp_notification_transaction(req)));
    TRY(smdpp_handle_notification(call->address->smdpp, &call->engine, req, session_of(call),
                                  &call->effects));
    return commit(call, req->pending_notification);
}

/* SGP.22 5.6.5  ES9+.CancelSession */
static enum xk_err cancel_session(struct call *call,
                                  const struct rsp_es9p_cancel_session_request *req,
                                  struct rsp_es9p_cancel_session_response *resp)
{
    TRY(checkout(call, req->transaction_id));
    TRY(smdpp_cancel_session(call->address->smdpp, &call->engine, req, session_of(call), resp,
                             &call->effects));
    return commit(call, BYTES_NONE);
}

static enum xk_err execute(struct call *call, const struct rsp_es9p_request *req,
                           struct rsp_es9p_response *resp)
{
    resp->function = req->function;
    switch ((int)req->function) {
    case RSP_INITIATE_AUTHENTICATION:
        return initiate_authentication(call, &req->initiate_authentication,
                                       &resp->initiate_authentication);
    case RSP_AUTHENTICATE_CLIENT:
        return authenticate_client(call, &req->authenticate_client, &resp->authenticate_client);
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return get_bound_profile_package(call, &req->get_bound_profile_package,
                                         &resp->get_bound_profile_package);
    case RSP_HANDLE_NOTIFICATION:
        return handle_notification(call, &req->handle_notification);
    case RSP_CANCEL_SESSION:
        return cancel_session(call, &req->cancel_session, &resp->cancel_session);
    default:
        return XK_E_UNSUPPORTED;
    }
}

static const char *or_dash(const char *text)
{
    return text[0] ? text : "-";
}

/* One line a call, with what it is about. */
static void log_call(const struct call *call, const struct rsp_es9p_response *resp)
{
    const struct rsp_status *s = es9p_status(resp);
    const struct smdpp_effects *e = &call->effects;
    char transaction[2 * SESSION_ID_MAX + 1];

    hex_encode(BYTES(call->row.id, call->row.id_len), transaction);
    xk_log(XK_LOG_INFO,
           "%s transaction=%s eid=%s iccid=%s address=%s status=%s%.*s%s%.*s peer=%s%s%s",
           rsp_function_name(resp->function), or_dash(transaction),
           or_dash(e->has_notification ? e->notification.eid : call->session.euicc.eid),
           or_dash(e->has_notification ? e->notification.iccid : call->session.iccid),
           call->address ? call->address->fqdn : "-", s && !rsp_succeeded(s) ? "" : "ok",
           s ? (int)s->subject.n : 0, s ? (const char *)s->subject.p : "",
           s && !rsp_succeeded(s) ? "/" : "", s ? (int)s->reason.n : 0,
           s ? (const char *)s->reason.p : "", call->in->peer, e->exception ? " exception=" : "",
           e->exception ? smdpp_exception_text(e->exception) : "");
}

enum xk_err es9p_handle(const struct es9p *api, struct download_ctx *c,
                        const struct es9p_request *in, struct es9p_reply *out)
{
    struct rsp_es9p_response *resp = arena_alloc(c->arena, sizeof *resp);
    struct call *call = arena_alloc(c->arena, sizeof *call);
    struct es9p_message *message = arena_alloc(c->arena, sizeof *message);
    enum xk_err err;
    bool go_on;

    if (!resp || !call || !message || api->n == 0)
        return XK_E_NOMEM;
    TRY(es9p_read(c, in, message, out, &go_on));
    if (!go_on)
        return XK_OK;
    call->api = api;
    call->c = c;
    call->in = in;
    err = execute(call, &message->request, resp);
    if (err == XK_OK) {
        log_call(call, resp);
        err = es9p_write(message->media, resp, out);
    }
    smdpp_effects_wipe(&call->effects);
    return err;
}
