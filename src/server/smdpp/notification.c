/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+.HandleNotification (SGP.22 5.6.4). Notifications come at least once, late and in any order:
 * what was taken is known by eUICC, profile and sequence number, and an older one moves nothing. */
#include <assert.h>

#include "codec/rsp/iccid.h"
#include "codec/rsp/notification.h"
#include "server/smdpp/engine.h"

struct taking {
    const struct smdpp *smdpp;
    const struct smdpp_call *call;
    struct rsp_pending_notification in; /* decoded */
    const struct rsp_notification_metadata *metadata;
    const char *eid; /* who sent it */
    char iccid[DOWNLOAD_ICCID_TEXT];
    bool overtaken; /* a result: by a later try */
    struct smdpp_effects *effects;
};

struct result_row {
    uint32_t reason;
    enum download_cause cause;
    struct download_verdict verdict;
};

static const struct result_row results[] = {
#define RESULT_ROW(reason, cause, subject, code)                                                   \
    {RSP_REASON_##reason, DOWNLOAD_BY_##cause, {subject, code}},
#include "server/smdpp/result.def"
#undef RESULT_ROW
};
static_assert(ARRAY_LEN(results) == 24, "a row an errorReason; the last is for all others");

struct event_row {
    enum rsp_event event;
    enum download_cause cause;
    enum download_point point;
};

static const struct event_row events[] = {
#define EVENT_ROW(event, cause, point)                                                             \
    {RSP_EVENT_##event, DOWNLOAD_BY_##cause, DOWNLOAD_AT_##point},
#include "server/smdpp/event.def"
#undef EVENT_ROW
};
static_assert(ARRAY_LEN(events) == 6, "6 events are told by other notifications");

static enum xk_err except(struct taking *t, enum smdpp_exception exception)
{
    t->effects->exception = exception;
    return XK_OK;
}

static uint32_t event_bit(uint64_t bits)
{
    uint32_t i = 0;

    while (i < 63 && !(bits >> i & 1))
        i++;
    return i;
}

/* Whether it came before. If not, it is noted as taken now. */
static enum xk_err take_once(struct taking *t, bool *taken_before)
{
    const struct smdpp_ports *ports = t->call->ports;
    struct smdpp_notification *n = &t->effects->notification;
    enum xk_err err =
        ports->find_notification(ports->ctx, t->eid, t->iccid, t->metadata->seq_number);

    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *taken_before = err == XK_OK;
    if (*taken_before)
        return XK_OK;
    n->seq = t->metadata->seq_number;
    n->event = event_bit(t->metadata->event);
    snprintf(n->eid, sizeof n->eid, "%s", t->eid);
    snprintf(n->iccid, sizeof n->iccid, "%s", t->iccid);
    t->effects->has_notification = true;
    return XK_OK;
}

/* The order behind it, as effects->download. False: an exception was noted. */
static enum xk_err find_order(struct taking *t, bool *found)
{
    const struct smdpp_ports *ports = t->call->ports;
    struct download order;
    enum xk_err err = ports->find_by_iccid(ports->ctx, t->iccid, t->call->arena, &order);

    *found = false;
    if (err == XK_E_NOT_FOUND)
        return except(t, SMDPP_UNKNOWN_PROFILE);
    TRY(err);
    if (strcmp(order.eid, t->eid) != 0)
        return except(t, SMDPP_OTHER_EUICC);
    smdpp_take_order(&order, t->effects);
    *found = true;
    return XK_OK;
}

static void move_order(struct taking *t, const struct download_event *event)
{
    struct download *d = &t->effects->download;

    if (!smdpp_move(t->effects, event)) {
        t->effects->has_download = false;
        t->effects->exception = SMDPP_UNEXPECTED;
        return;
    }
    if (t->metadata->seq_number > d->last_seq)
        d->last_seq = t->metadata->seq_number;
}

static const struct result_row *result_of(uint32_t reason)
{
    size_t i = 0;

    while (i < ARRAY_LEN(results) - 1 && results[i].reason != reason)
        i++;
    return &results[i];
}

static struct download_event event_of_result(const struct taking *t)
{
    const struct rsp_profile_installation_result_data *data = &t->in.result.data;
    struct download_event event = {
        .cause = DOWNLOAD_BY_INSTALL, .point = DOWNLOAD_AT_INSTALLATION, .result_data = t->in.raw};

    if (data->ok)
        return event;
    event.cause = result_of(data->reason)->cause;
    event.verdict = result_of(data->reason)->verdict;
    event.failed = true;
    event.detail = rsp_code_text(RSP_TABLE_ERROR_REASON, data->reason);
    /* The cancelled session told the operator, or the package is on its way once more; why it
     * failed is for the record. */
    if (t->effects->download.state == DOWNLOAD_ERROR || t->overtaken) {
        event.cause = DOWNLOAD_BY_NOTE;
        event.point = DOWNLOAD_AT_NONE;
    }
    return event;
}

/* Whether this failure is of a session before the one that was given the package last: its
 * notification waited on the eUICC while the LPA tried again (3.5). */
static enum xk_err look_for_later_try(struct taking *t)
{
    const struct rsp_profile_installation_result_data *data = &t->in.result.data;
    const struct smdpp_ports *ports = t->call->ports;
    struct smdpp_binding last;
    enum xk_err err;

    if (data->ok)
        return XK_OK;
    err = ports->load_binding(ports->ctx, t->iccid, t->call->arena, &last);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    secret_wipe(&last.keys);
    t->overtaken = !bytes_eq(data->transaction_id, BYTES_OF(last.transaction_id));
    return XK_OK;
}

/* The result of the eUICC that the session is of, for the profile it was given, by us. */
static enum smdpp_exception check_result(const struct taking *t,
                                         const struct smdpp_session *session)
{
    const struct rsp_profile_installation_result *result = &t->in.result;
    char iccid[ICCID_TEXT_MAX];

    if (!bytes_eq(result->data.transaction_id, BYTES_OF(session->auth.transaction_id)))
        return SMDPP_UNKNOWN_SESSION;
    if (!auth_signed_by(&session->euicc, &result->data.raw, 1, result->signature))
        return SMDPP_BAD_SIGNATURE;
    if (!bytes_eq(result->data.smdp_oid, smdpp_oid(t->smdpp)))
        return SMDPP_OTHER_SERVER;
    if (DER_PRESENT(t->metadata->iccid) &&
        (iccid_to_text(t->metadata->iccid, iccid) != XK_OK || strcmp(iccid, session->iccid) != 0))
        return SMDPP_OTHER_PROFILE;
    return SMDPP_NO_EXCEPTION;
}

/* The eUICC still has its one-time key: it will be given the same package again (3.1.3.1). */
static bool was_cut_off(const struct rsp_profile_installation_result_data *data)
{
    return !data->ok && data->reason == RSP_REASON_INTERRUPTION;
}

static enum xk_err take_result(struct taking *t, struct smdpp_session *session)
{
    enum smdpp_step step = smdpp_step_of(session, SMDPP_CALL_INSTALLATION_RESULT, t->call->now);
    enum smdpp_exception exception;
    struct download_event event;
    bool taken_before, found;

    if (step != SMDPP_STEP_TAKE_RESULT)
        return except(t, session ? SMDPP_UNEXPECTED : SMDPP_UNKNOWN_SESSION);
    exception = check_result(t, session);
    if (exception != SMDPP_NO_EXCEPTION)
        return except(t, exception);
    t->eid = session->euicc.eid;
    memcpy(t->iccid, session->iccid, sizeof t->iccid);
    TRY(take_once(t, &taken_before));
    if (taken_before)
        return XK_OK;
    session->state = SMDPP_FINISHED;
    TRY(find_order(t, &found));
    if (!found)
        return XK_OK;
    TRY(look_for_later_try(t));
    event = event_of_result(t);
    move_order(t, &event);
    if (!t->overtaken && !was_cut_off(&t->in.result.data))
        t->effects->drop_binding = true;
    return XK_OK;
}

static const struct event_row *row_of_event(uint32_t event)
{
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if ((uint32_t)events[i].event == event)
            return &events[i];
    }
    return NULL;
}

/* One that a later one of the same profile has overtaken is noted and moves nothing. */
static struct download_event event_of_other(const struct taking *t, const struct event_row *row)
{
    if (t->metadata->seq_number <= t->effects->download.last_seq)
        return (struct download_event){.cause = DOWNLOAD_BY_NOTE,
                                       .result_data = t->in.raw,
                                       .detail = "a notification that a later one has overtaken"};
    return (struct download_event){
        .cause = row->cause, .point = row->point, .result_data = t->in.raw};
}

static enum xk_err take_signed(struct taking *t, const struct event_row *row)
{
    struct download_event event;
    bool taken_before, found;

    TRY(take_once(t, &taken_before));
    if (taken_before)
        return XK_OK;
    TRY(find_order(t, &found));
    if (!found)
        return XK_OK;
    event = event_of_other(t, row);
    move_order(t, &event);
    return XK_OK;
}

static enum xk_err take_other(struct taking *t)
{
    const struct rsp_other_signed_notification *other = &t->in.other;
    const struct auth_chain chain = {other->euicc_certificate, other->eum_certificate,
                                     other->other_certs_in_chain};
    const struct event_row *row = row_of_event(event_bit(t->metadata->event));
    struct rsp_status status = {0};
    struct auth_euicc euicc;

    if (!row)
        return except(t, SMDPP_UNSUPPORTED);
    if (iccid_to_text(t->metadata->iccid, t->iccid) != XK_OK)
        return except(t, SMDPP_UNREADABLE);
    TRY(auth_check_chain(t->smdpp->auth, t->call->now, &chain, &euicc, &status));
    if (!rsp_succeeded(&status))
        return except(t, SMDPP_BAD_CHAIN);
    if (!auth_signed_by(&euicc, &t->metadata->raw, 1, other->signature))
        return except(t, SMDPP_BAD_SIGNATURE);
    t->eid = euicc.eid;
    return take_signed(t, row);
}

struct bytes smdpp_notification_transaction(const struct rsp_handle_notification_request *req)
{
    struct rsp_pending_notification in;

    if (rsp_decode_pending_notification(req->pending_notification, &in) != XK_OK ||
        in.kind != RSP_PENDING_INSTALLATION_RESULT)
        return BYTES_NONE;
    return in.result.data.transaction_id;
}

enum xk_err smdpp_handle_notification(const struct smdpp *smdpp, const struct smdpp_call *call,
                                      const struct rsp_handle_notification_request *req,
                                      struct smdpp_session *session, struct smdpp_effects *effects)
{
    struct taking t = {.smdpp = smdpp, .call = call, .effects = effects};

    *effects = (struct smdpp_effects){0};
    if (rsp_decode_pending_notification(req->pending_notification, &t.in) != XK_OK)
        return except(&t, SMDPP_UNREADABLE);
    t.metadata = rsp_pending_metadata(&t.in);
    switch (t.in.kind) {
    case RSP_PENDING_INSTALLATION_RESULT:
        return take_result(&t, session);
    case RSP_PENDING_OTHER:
        return take_other(&t);
    case RSP_PENDING_RPM_RESULT:
        break;
    }
    return except(&t, SMDPP_UNSUPPORTED);
}
