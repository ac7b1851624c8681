/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es12/es12.h"

#include "base/hex.h"
#include "base/log.h"
#include "codec/der/oid.h"
#include "crypto/hash.h"
#include "crypto/x509.h"
#include "service/smds/registry.h"

#define BODY_MAX 4096
#define URL_MAX 512
#define REQUEST_MAX 16384
#define FINGERPRINT_SHOWN 24 /* bytes: what fits into a name */

enum xk_err es12_holder(struct bytes certificate, char out[ES12_HOLDER_TEXT])
{
    char hex[2 * FINGERPRINT_SHOWN + 1];
    uint8_t digest[HASH_LEN];
    struct x509_cert cert;

    if (x509_read(certificate, &cert) == XK_OK && cert.registered_id.n > 0 &&
        oid_text(cert.registered_id, out, ES12_HOLDER_TEXT) == XK_OK)
        return XK_OK;
    TRY(hash_digest(HASH_SHA256, certificate, digest));
    hex_encode_lower(BYTES(digest, FINGERPRINT_SHOWN), hex);
    snprintf(out, ES12_HOLDER_TEXT, "sha256:%s", hex);
    return XK_OK;
}

/* ---- ports and effects ----------------------------------------------------------------------- */

static enum xk_err find_events(void *ctx, const char *eid, const char *event_id, size_t max,
                               struct smds_event *out, size_t *n)
{
    return registry_find(ctx, eid, event_id, max, out, n);
}

/* SGP.22 5.10: the root hears it from the outbox, until it has answered. */
static enum xk_err forward(const struct es12 *api, const struct es12_call *call,
                           const struct smds_effects *e)
{
    struct outbox_item item = {.kind = OUTBOX_SMDS, .due_at = call->now, .group_key = ""};
    struct es12_request r = {.function = e->kind == SMDS_STORE_EVENT ? RSP_REGISTER_EVENT
                                                                     : RSP_DELETE_EVENT};
    uint8_t *room = arena_alloc(call->arena, URL_MAX + BODY_MAX);
    char call_id[32];
    struct buf url, body;

    if (!room)
        return XK_E_NOMEM;
    buf_init_fixed(&url, room, URL_MAX);
    buf_init_fixed(&body, room + URL_MAX, BODY_MAX);
    snprintf(call_id, sizeof call_id, "%016llX", (unsigned long long)call->ids->next);
    r.header = (struct wire_request_header){.requester = api->id, .call_id = call_id};
    memcpy(r.eid, e->event.eid, sizeof r.eid);
    memcpy(r.event_id, e->event.forwarded_id, sizeof r.event_id);
    snprintf(r.address, sizeof r.address, "%s", api->fqdn);
    es12_put_url(&url, ES15, r.function, api->root);
    TRY(es12_encode_request(&r, &body));
    item.address = buf_cstr(&url);
    item.payload = buf_bytes(&body);
    return outbox_add(call->store, call->ids, &item, call->said);
}

static enum xk_err commit(const struct es12 *api, const struct es12_call *call,
                          const struct smds_effects *e)
{
    enum xk_err err = XK_OK;

    if (e->kind == SMDS_STORE_EVENT)
        err = registry_add(call->store, &e->event);
    else if (e->kind == SMDS_DELETE_EVENT)
        err = registry_delete(call->store, e->event.eid, e->event.event_id);
    if (err == XK_E_EXISTS || err == XK_E_NOT_FOUND)
        return XK_E_BUSY; /* another call was faster: decided anew, it is refused */
    if (err != XK_OK || !e->forward || api->root[0] == '\0')
        return err;
    return forward(api, call, e);
}

/* ---- the two functions ----------------------------------------------------------------------- */

static enum xk_err execute(const struct es12 *api, const struct es12_call *call,
                           const struct es12_request *r, const char *holder,
                           struct rsp_status *status)
{
    const struct smds_ports ports = {.ctx = call->store, .find_events = find_events};
    const struct smds_call engine = {
        .now = call->now, .rand = call->rand, .ports = &ports, .arena = call->arena};
    const struct smds_register_request registers = {.requester = holder,
                                                    .eid = r->eid,
                                                    .event_id = r->event_id,
                                                    .address = r->address,
                                                    .forward = r->forward};
    const struct smds_delete_request deletes = {
        .requester = holder, .eid = r->eid, .event_id = r->event_id};
    struct smds_effects effects = {0};

    if (r->function == RSP_REGISTER_EVENT)
        TRY(smds_register_event(api->smds, &engine, &registers, &effects, status));
    else
        TRY(smds_delete_event(api->smds, &engine, &deletes, &effects, status));
    return commit(api, call, &effects);
}

static void log_call(const struct es12_call *call, const struct es12_request *r, const char *holder,
                     const struct rsp_status *s)
{
    xk_log(XK_LOG_INFO, "%s eid=%s event=%s holder=%s status=%s%.*s%s%.*s peer=%s",
           rsp_function_name(r->function), r->eid[0] ? r->eid : "-",
           r->event_id[0] ? r->event_id : "-", holder, rsp_succeeded(s) ? "ok" : "",
           (int)s->subject.n, (const char *)s->subject.p, rsp_succeeded(s) ? "" : "/",
           (int)s->reason.n, (const char *)s->reason.p, call->peer);
}

static unsigned check_http(const struct es12_call *call)
{
    if (strcmp(call->method, "POST") != 0)
        return 405;
    if (wire_media(call->content_type) != WIRE_JSON)
        return 415;
    return call->body.n > REQUEST_MAX ? 413 : 0;
}

enum xk_err es12_handle(const struct es12 *api, const struct es12_call *call,
                        struct es12_reply *out)
{
    struct es12_request request = {0};
    struct rsp_status status = {0};
    char holder[ES12_HOLDER_TEXT];
    enum rsp_function function;
    enum xk_err err;

    out->status = es12_function(call->path, &function) ? check_http(call) : 404;
    if (out->status != 0)
        return XK_OK;
    TRY(es12_holder(call->certificate, holder));
    err = es12_decode_request(function, call->body, call->arena, &request, &status);
    if (err == XK_E_FORMAT) {
        out->status = 400;
        return XK_OK;
    }
    if (err != XK_OK)
        return err;
    request.function = function;
    if (rsp_succeeded(&status))
        TRY(execute(api, call, &request, holder, &status));
    log_call(call, &request, holder, &status);
    out->status = 200;
    wire_put_verdict(out->body, &status);
    return buf_ok(out->body);
}
