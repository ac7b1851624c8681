/* SPDX-License-Identifier: Apache-2.0 */
/* ES11 (SGP.22 5.8.1, 5.8.2) and what it needs. ES12: register.c. */
#include "server/smds/smds.h"

#include <stdlib.h>

#include "codec/rsp/authenticate.h"
#include "server/smds/server.h"

#define SESSION_MS ((int64_t)10 * 60 * 1000)
#define SESSION_VERSION 1

static enum xk_err configure(struct smds *smds, const struct smds_config *config, const char **why)
{
    TRY(auth_new(&config->auth, &smds->auth, why));
    smds->session_ms = config->session_ms > 0 ? config->session_ms : SESSION_MS;
    if (!config->root.p || auth_is_address(smds->auth, config->root))
        return XK_OK;
    if (bytes_to_cstr(config->root, smds->root, sizeof smds->root))
        return XK_OK;
    if (why)
        *why = "the address of the root SM-DS is too long";
    return XK_E_VALUE;
}

enum xk_err smds_new(const struct smds_config *config, struct smds **out, const char **why)
{
    struct smds *smds = calloc(1, sizeof *smds);
    enum xk_err err;

    if (!smds)
        return XK_E_NOMEM;
    err = configure(smds, config, why);
    if (err != XK_OK) {
        smds_free(smds);
        return err;
    }
    *out = smds;
    return XK_OK;
}

void smds_free(struct smds *smds)
{
    if (!smds)
        return;
    auth_free(smds->auth);
    free(smds);
}

bool smds_is_address(const struct smds *smds, struct bytes address)
{
    return auth_is_address(smds->auth, address);
}

/* version(1) valid_until(8) transaction(16) challenge(16) client CI(20) server CI(20) */
enum xk_err smds_session_encode(const struct smds_session *session, struct buf *out)
{
    buf_put_u8(out, SESSION_VERSION);
    buf_put_u64(out, (uint64_t)session->valid_until);
    buf_put_bytes(out, BYTES_OF(session->auth.transaction_id));
    buf_put_bytes(out, BYTES_OF(session->auth.server_challenge));
    buf_put_bytes(out, BYTES_OF(session->auth.client_ci));
    buf_put_bytes(out, BYTES_OF(session->auth.server_ci));
    return buf_ok(out);
}

static void get_array(struct cur *c, uint8_t *out, size_t n)
{
    struct bytes b = cur_take(c, n);

    if (b.n == n)
        memcpy(out, b.p, n);
}

enum xk_err smds_session_decode(struct bytes blob, struct smds_session *out)
{
    struct cur c = cur_of(blob);
    struct smds_session s;

    if (cur_u8(&c) != SESSION_VERSION)
        return XK_E_FORMAT;
    s.valid_until = (int64_t)cur_u64(&c);
    get_array(&c, s.auth.transaction_id, sizeof s.auth.transaction_id);
    get_array(&c, s.auth.server_challenge, sizeof s.auth.server_challenge);
    get_array(&c, s.auth.client_ci, sizeof s.auth.client_ci);
    get_array(&c, s.auth.server_ci, sizeof s.auth.server_ci);
    TRY(cur_end(&c));
    *out = s;
    return XK_OK;
}

enum xk_err smds_initiate_authentication(const struct smds *smds, const struct smds_call *call,
                                         const struct rsp_initiate_authentication_request *req,
                                         struct smds_session *session,
                                         struct rsp_initiate_authentication_response *resp)
{
    struct smds_session fresh = {.valid_until = call->now + smds->session_ms};

    *resp = (struct rsp_initiate_authentication_response){0};
    TRY(auth_server(smds->auth, call->rand, req, call->arena, &fresh.auth, resp));
    if (rsp_succeeded(&resp->status))
        *session = fresh;
    return XK_OK;
}

/* The events of this eUICC: all, or the one whose ID came as matching ID. */
static enum xk_err find_events(const struct smds_call *call, const struct auth_euicc *euicc,
                               struct bytes event_id, struct smds_event **events, size_t *n)
{
    char id[DOWNLOAD_MATCHING_ID_TEXT] = "";

    *n = 0;
    if (event_id.n > 0 && !bytes_to_cstr(event_id, id, sizeof id))
        return XK_OK;
    *events = arena_alloc(call->arena, SMDS_EVENTS_MAX * sizeof **events);
    if (!*events)
        return XK_E_NOMEM;
    return call->ports->find_events(call->ports->ctx, euicc->eid, id, SMDS_EVENTS_MAX, *events, n);
}

/* What an LPA does with an event: it asks that address with that ID. One that was forwarded to the
 * root is known here under our own ID too, which is what the root told the LPA. */
static enum xk_err list_events(const struct smds_call *call, const struct smds_event *events,
                               size_t n, struct rsp_es11_authenticate_client_response *resp)
{
    struct rsp_event_entry *entries = arena_alloc(call->arena, (n + 1) * sizeof *entries);

    if (!entries)
        return XK_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        entries[i].event_id = bytes_cstr(events[i].event_id);
        entries[i].rsp_server_address = bytes_cstr(events[i].address);
    }
    resp->entries = entries;
    resp->entries_n = n;
    return XK_OK;
}

static enum xk_err answer_events(const struct smds *smds, const struct smds_call *call,
                                 const struct rsp_authenticate_server_response *in,
                                 const struct smds_session *session,
                                 struct rsp_es11_authenticate_client_response *resp)
{
    struct bytes event_id = in->euicc_signed1.ctx_params1.matching_id;
    struct smds_event *events = NULL;
    struct auth_euicc euicc;
    uint8_t *id;
    size_t n;

    TRY(auth_client(smds->auth, call->now, &session->auth, in, &euicc, &resp->status));
    if (!rsp_succeeded(&resp->status))
        return XK_OK;
    TRY(find_events(call, &euicc, event_id, &events, &n));
    if (n == 0 && event_id.n > 0) {
        rsp_reject(&resp->status, RSP_ES11_AUTHENTICATE_EVENT_UNKNOWN);
        return XK_OK;
    }
    id = arena_copy(call->arena, BYTES_OF(session->auth.transaction_id));
    if (!id)
        return XK_E_NOMEM;
    resp->transaction_id = BYTES(id, sizeof session->auth.transaction_id);
    return list_events(call, events, n, resp);
}

enum xk_err smds_authenticate_client(const struct smds *smds, const struct smds_call *call,
                                     const struct rsp_authenticate_client_request *req,
                                     const struct smds_session *session,
                                     struct rsp_es11_authenticate_client_response *resp)
{
    struct rsp_authenticate_server_response in;

    *resp = (struct rsp_es11_authenticate_client_response){0};
    if (!session || call->now > session->valid_until ||
        !bytes_eq(req->transaction_id, BYTES_OF(session->auth.transaction_id))) {
        rsp_reject(&resp->status, RSP_ES11_AUTHENTICATE_TRANSACTION_UNKNOWN);
        return XK_OK;
    }
    if (rsp_decode_authenticate_server_response(req->authenticate_server_response, &in) != XK_OK) {
        rsp_reject(&resp->status, RSP_ES11_AUTHENTICATE_MALFORMED);
        return XK_OK;
    }
    return answer_events(smds, call, &in, session, resp);
}
