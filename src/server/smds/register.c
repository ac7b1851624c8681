/* SPDX-License-Identifier: Apache-2.0 */
/* ES12 RegisterEvent and DeleteEvent (SGP.22 5.9.1, 5.9.2); ES15 is the same (5.10). */
#include "base/hex.h"
#include "codec/rsp/eid.h"
#include "server/smds/server.h"

#define FORWARDED_ID_LEN 16 /* random bytes of the event ID that we use at the root */

static bool is_eid(const char *text)
{
    uint8_t eid[EID_LEN];
    enum xk_err err = eid_from_text(bytes_cstr(text), eid);

    return err == XK_OK || err == XK_E_VALUE; /* cards with wrong check digits are about */
}

/* As a matching ID: that is what the LPA sends it on as (SGP.22 4.1.1). */
static bool is_event_id(const char *text)
{
    size_t n = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    return n > 0 && text[n] == '\0' && n < DOWNLOAD_MATCHING_ID_TEXT;
}

static bool fits(const char *text, size_t cap)
{
    size_t n = strlen(text);

    return n > 0 && n < cap;
}

static bool is_readable(const struct smds_register_request *req)
{
    return is_eid(req->eid) && is_event_id(req->event_id) &&
           fits(req->address, DOWNLOAD_FQDN_TEXT) && fits(req->requester, DOWNLOAD_OPERATOR_TEXT);
}

/* The event, or *found false. An ID that is another event's at the root is taken as well. */
static enum xk_err find_event(const struct smds_call *call, const char *eid, const char *event_id,
                              struct smds_event *event, bool *found)
{
    size_t n = 0;

    TRY(call->ports->find_events(call->ports->ctx, eid, event_id, 1, event, &n));
    *found = n > 0;
    return XK_OK;
}

static bool is_same(const struct smds_event *event, const struct smds_register_request *req)
{
    return strcmp(event->owner, req->requester) == 0 &&
           strcmp(event->event_id, req->event_id) == 0 &&
           strcmp(event->address, req->address) == 0 && event->forwarding == req->forward;
}

static void fill_event(const struct smds *smds, const struct smds_call *call,
                       const struct smds_register_request *req, struct smds_effects *effects)
{
    struct smds_event *event = &effects->event;
    uint8_t id[FORWARDED_ID_LEN];

    effects->kind = SMDS_STORE_EVENT;
    snprintf(event->eid, sizeof event->eid, "%s", req->eid);
    snprintf(event->event_id, sizeof event->event_id, "%s", req->event_id);
    snprintf(event->address, sizeof event->address, "%s", req->address);
    snprintf(event->owner, sizeof event->owner, "%s", req->requester);
    event->forwarding = req->forward;
    event->created_at = call->now;
    if (!req->forward || smds->root[0] == '\0')
        return;
    xk_rand_fill(call->rand, id, sizeof id);
    hex_encode(BYTES_OF(id), event->forwarded_id);
    effects->forward = true;
}

enum xk_err smds_register_event(const struct smds *smds, const struct smds_call *call,
                                const struct smds_register_request *req,
                                struct smds_effects *effects, struct rsp_status *status)
{
    struct smds_event known;
    bool found;

    *effects = (struct smds_effects){0};
    *status = (struct rsp_status){0};
    if (!is_readable(req)) {
        rsp_reject(status, RSP_REGISTER_EVENT_MALFORMED);
        return XK_OK;
    }
    TRY(find_event(call, req->eid, req->event_id, &known, &found));
    if (!found)
        fill_event(smds, call, req, effects);
    else if (!is_same(&known, req))
        rsp_reject(status, RSP_REGISTER_EVENT_EVENT_IN_USE);
    return XK_OK;
}

enum xk_err smds_delete_event(const struct smds *smds, const struct smds_call *call,
                              const struct smds_delete_request *req, struct smds_effects *effects,
                              struct rsp_status *status)
{
    struct smds_event known;
    bool found;

    *effects = (struct smds_effects){0};
    *status = (struct rsp_status){0};
    if (!is_eid(req->eid) || !is_event_id(req->event_id)) {
        rsp_reject(status, RSP_DELETE_EVENT_MALFORMED);
        return XK_OK;
    }
    TRY(find_event(call, req->eid, req->event_id, &known, &found));
    if (!found || strcmp(known.event_id, req->event_id) != 0 ||
        strcmp(known.owner, req->requester) != 0) {
        rsp_reject(status, RSP_DELETE_EVENT_EVENT_UNKNOWN);
        return XK_OK;
    }
    effects->kind = SMDS_DELETE_EVENT;
    effects->event = known;
    effects->forward = smds->root[0] != '\0' && known.forwarded_id[0] != '\0';
    return XK_OK;
}
