/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_world.h"

#include "codec/rsp/iccid.h"
#include "codec/rsp/metadata.h"
#include "crypto/hash.h"
#include "xt.h"

#define UPP_LEN 20000
#define METADATA_MAX 2048
#define ARENA_MAX ((size_t)64 << 20)

static void must(enum xk_err err, const char *what)
{
    if (err == XK_OK)
        return;
    printf("Bail out! test world: %s: %s\n", what, xk_err_name(err));
    abort();
}

static struct bytes keep(struct rsp_world *w, struct bytes b)
{
    uint8_t *copy = arena_copy(&w->arena, b);

    must(copy ? XK_OK : XK_E_NOMEM, "arena");
    return BYTES(copy, b.n);
}

/* ---- the ports ------------------------------------------------------------------------------- */

static struct world_order *order_of(struct rsp_world *w, const char *iccid)
{
    for (size_t i = 0; i < WORLD_ORDERS; i++) {
        if (w->orders[i].used && strcmp(w->orders[i].download.iccid, iccid) == 0)
            return &w->orders[i];
    }
    return NULL;
}

static enum xk_err find_by_matching_id(void *ctx, struct bytes id, struct arena *a,
                                       struct download *out)
{
    struct rsp_world *w = ctx;

    (void)a;
    if (w->port_fails != XK_OK)
        return w->port_fails;
    for (size_t i = 0; i < WORLD_ORDERS; i++) {
        const struct download *d = &w->orders[i].download;

        if (w->orders[i].used && d->has_matching_id && bytes_eq(id, bytes_cstr(d->matching_id))) {
            *out = *d;
            return XK_OK;
        }
    }
    return XK_E_NOT_FOUND;
}

static enum xk_err find_by_eid(void *ctx, const char *eid, struct arena *a, struct download *out)
{
    struct rsp_world *w = ctx;

    (void)a;
    if (w->port_fails != XK_OK)
        return w->port_fails;
    for (size_t i = 0; i < WORLD_ORDERS; i++) {
        const struct download *d = &w->orders[i].download;

        if (w->orders[i].used && d->has_matching_id && strcmp(d->eid, eid) == 0 &&
            (d->matching_id[0] == '\0' || (d->eid_ordered && d->smds_address[0] != '\0'))) {
            *out = *d;
            return XK_OK;
        }
    }
    return XK_E_NOT_FOUND;
}

static enum xk_err find_by_iccid(void *ctx, const char *iccid, struct arena *a,
                                 struct download *out)
{
    struct rsp_world *w = ctx;
    struct world_order *order = order_of(w, iccid);

    (void)a;
    if (w->port_fails != XK_OK)
        return w->port_fails;
    if (!order)
        return XK_E_NOT_FOUND;
    *out = order->download;
    return XK_OK;
}

static enum xk_err load_package(void *ctx, const char *iccid, struct arena *a,
                                struct smdpp_package *out)
{
    struct rsp_world *w = ctx;

    (void)a;
    if (w->port_fails != XK_OK)
        return w->port_fails;
    *out = order_of(w, iccid)->package;
    return XK_OK;
}

static enum xk_err load_binding(void *ctx, const char *iccid, struct arena *a,
                                struct smdpp_binding *out)
{
    struct rsp_world *w = ctx;
    struct world_order *order = order_of(w, iccid);

    (void)a;
    if (w->port_fails != XK_OK)
        return w->port_fails;
    if (!order || !order->has_binding)
        return XK_E_NOT_FOUND;
    *out = order->binding;
    return XK_OK;
}

static enum xk_err find_notification(void *ctx, const char *eid, const char *iccid, uint32_t seq)
{
    struct rsp_world *w = ctx;

    if (w->port_fails != XK_OK)
        return w->port_fails;
    for (size_t i = 0; i < w->n_notifications; i++) {
        const struct smdpp_notification *n = &w->notifications[i];

        if (strcmp(n->eid, eid) == 0 && strcmp(n->iccid, iccid) == 0 && n->seq == seq)
            return XK_OK;
    }
    return XK_E_NOT_FOUND;
}

/* ---- making one ------------------------------------------------------------------------------ */

void rsp_world_config(struct rsp_world *w, struct smdpp_config *config)
{
    const struct rsp_cert auth = rsp_pki_cert(w->pki, RSP_DPAUTH);
    const struct rsp_cert pb = rsp_pki_cert(w->pki, RSP_DPPB);

    *config = (struct smdpp_config){
        .auth = {.role = AUTH_SMDPP,
                 .address = BYTES_STR(RSP_DP_HOST),
                 .identities = {{auth.der, auth.key, pb.der, pb.key, BYTES_NONE}},
                 .n_identities = 1,
                 .store = w->store}};
}

void rsp_world_restart(struct rsp_world *w, const struct smdpp_config *config)
{
    struct smdpp_config standard;
    const char *why = "";

    if (!config) {
        rsp_world_config(w, &standard);
        config = &standard;
    }
    smdpp_free(w->smdpp);
    w->smdpp = NULL;
    must(smdpp_new(config, &w->smdpp, &why), why);
}

void rsp_world_init(struct rsp_world *w, enum ec_curve curve)
{
    uint8_t *upp;

    *w = (struct rsp_world){.now = RSP_NOW, .prng = {.state = 4711}};
    w->rand = xk_rand_prng(&w->prng);
    arena_init(&w->arena, ARENA_MAX);
    arena_init(&w->request, ARENA_MAX);
    w->pki = rsp_pki_new(curve);
    w->store = rsp_pki_store(w->pki);
    w->ports = (struct smdpp_ports){w,
                                    find_by_matching_id,
                                    find_by_eid,
                                    find_by_iccid,
                                    load_package,
                                    load_binding,
                                    find_notification};
    upp = arena_alloc(&w->arena, UPP_LEN);
    must(upp ? XK_OK : XK_E_NOMEM, "arena");
    for (size_t i = 0; i < UPP_LEN; i++)
        upp[i] = (uint8_t)(i * 31 + (i >> 8));
    w->upp = BYTES(upp, UPP_LEN);
    rsp_world_restart(w, NULL);
    rsp_card_init(&w->card, w->pki, RSP_EID, &w->arena);
    w->card.matching_id = WORLD_MATCHING_ID;
    rsp_world_order(w, WORLD_ICCID, WORLD_MATCHING_ID, WORLD_RANDOM_KEYS);
}

void rsp_world_fini(struct rsp_world *w)
{
    smdpp_free(w->smdpp);
    x509_store_free(w->store);
    rsp_pki_free(w->pki);
    arena_fini(&w->arena);
    arena_fini(&w->request);
}

static struct bytes metadata_of(struct rsp_world *w, const char *iccid, struct bytes icon)
{
    uint8_t mem[METADATA_MAX], id[ICCID_LEN];
    struct rsp_metadata m = {.iccid = BYTES_OF(id),
                             .service_provider_name = BYTES_STR("ACME Mobile"),
                             .profile_name = BYTES_STR("Example"),
                             .has_icon_type = icon.n > 0,
                             .icon_type = RSP_ICON_PNG,
                             .icon = icon.n > 0 ? icon : BYTES_NONE,
                             .has_profile_class = true,
                             .profile_class = RSP_CLASS_OPERATIONAL};
    struct buf b;

    must(iccid_from_text(bytes_cstr(iccid), id), "ICCID");
    buf_init_fixed(&b, mem, sizeof mem);
    must(rsp_encode_store_metadata(&m, &b), "metadata");
    return keep(w, buf_bytes(&b));
}

struct world_order *rsp_world_order(struct rsp_world *w, const char *iccid, const char *matching_id,
                                    enum world_protection protection)
{
    struct world_order *order = w->orders;
    struct download *d;

    while (order->used)
        order++;
    order->used = true;
    d = &order->download;
    snprintf(d->iccid, sizeof d->iccid, "%s", iccid);
    snprintf(d->matching_id, sizeof d->matching_id, "%s", matching_id);
    d->has_matching_id = true;
    d->state = DOWNLOAD_RELEASED;
    d->random_keys = protection == WORLD_RANDOM_KEYS;
    d->metadata = metadata_of(w, iccid, BYTES_NONE);
    d->attempts_left = 5;
    d->expires_at = INT64_MAX;
    d->version = 1;
    must(smdpp_protect(w->upp, &w->rand, &w->arena, &order->package), "smdpp_protect");
    return order;
}

void rsp_world_code(struct world_order *order, const char *code, uint32_t tries)
{
    order->download.has_code = true;
    order->download.code_tries_left = tries;
    must(hash_digest(HASH_SHA256, bytes_cstr(code), order->download.code_hash), "hash");
}

void rsp_world_icon(struct rsp_world *w, struct world_order *order)
{
    uint8_t icon[RSP_ICON_MAX];

    for (size_t i = 0; i < sizeof icon; i++)
        icon[i] = (uint8_t)i;
    order->download.metadata = metadata_of(w, order->download.iccid, BYTES_OF(icon));
}

/* ---- the service's part ---------------------------------------------------------------------- */

struct world_session *rsp_world_session(struct rsp_world *w, struct bytes transaction_id)
{
    for (size_t i = 0; i < WORLD_SESSIONS; i++) {
        if (w->sessions[i].used &&
            bytes_eq(transaction_id, BYTES_OF(w->sessions[i].transaction_id)))
            return &w->sessions[i];
    }
    return NULL;
}

static struct smdpp_session *load(struct rsp_world *w, struct bytes id, struct smdpp_session *s)
{
    struct world_session *row = rsp_world_session(w, id);

    if (!row)
        return NULL;
    must(smdpp_session_decode(BYTES(row->blob, row->n), s), "session");
    return s;
}

static void save(struct rsp_world *w, const struct smdpp_session *s)
{
    struct bytes id = BYTES_OF(s->auth.transaction_id);
    struct world_session *row = rsp_world_session(w, id);
    struct buf b;

    if (w->lose_effects)
        return;
    for (size_t i = 0; !row && i < WORLD_SESSIONS; i++) {
        if (!w->sessions[i].used)
            row = &w->sessions[i];
    }
    must(row ? XK_OK : XK_E_LIMIT, "sessions");
    row->used = true;
    memcpy(row->transaction_id, id.p, id.n);
    buf_init_fixed(&b, row->blob, sizeof row->blob);
    must(smdpp_session_encode(s, &b), "session");
    row->n = b.n;
}

static void commit_binding(struct rsp_world *w, const struct smdpp_effects *e)
{
    const char *iccid = e->has_binding ? e->binding.iccid : e->download.iccid;
    struct world_order *order = order_of(w, iccid);

    if (e->drop_binding && order)
        order->has_binding = false;
    if (!e->has_binding)
        return;
    order->binding = e->binding;
    order->binding.initialise = keep(w, e->binding.initialise);
    order->binding.head = keep(w, e->binding.head);
    order->has_binding = true;
}

static void commit(struct rsp_world *w, struct smdpp_effects *e)
{
    w->exception = e->exception;
    if (w->lose_effects) {
        smdpp_effects_wipe(e);
        return;
    }
    if (e->has_download) {
        struct world_order *order = order_of(w, e->download.iccid);

        CHECK_INT(order->download.version, e->download.version);
        order->download = e->download;
        order->download.version++;
    }
    commit_binding(w, e);
    if (e->has_notification)
        w->notifications[w->n_notifications++] = e->notification;
    for (size_t i = 0; i < e->n_events; i++)
        w->events[w->n_events++] = e->events[i];
    w->smds_deletions += e->delete_smds_event;
    smdpp_effects_wipe(e);
}

static struct smdpp_call call_of(struct rsp_world *w)
{
    arena_reset(&w->request);
    return (struct smdpp_call){w->now, &w->rand, &w->ports, &w->request};
}

struct rsp_initiate_authentication_response
rsp_world_initiate(struct rsp_world *w, const struct rsp_initiate_authentication_request *req)
{
    const struct smdpp_call call = call_of(w);
    struct rsp_initiate_authentication_response resp;
    struct smdpp_session s = {.state = SMDPP_CANCELLED};

    must(smdpp_initiate_authentication(w->smdpp, &call, req, &s, &resp), "initiate");
    if (rsp_succeeded(&resp.status))
        save(w, &s);
    else
        CHECK_INT(s.state, SMDPP_CANCELLED);
    return resp;
}

struct rsp_authenticate_client_response
rsp_world_authenticate(struct rsp_world *w, const struct rsp_authenticate_client_request *req)
{
    const struct smdpp_call call = call_of(w);
    struct rsp_authenticate_client_response resp;
    struct smdpp_effects effects;
    struct smdpp_session s;
    struct smdpp_session *session = load(w, req->transaction_id, &s);

    must(smdpp_authenticate_client(w->smdpp, &call, req, session, &resp, &effects), "authenticate");
    if (session)
        save(w, session);
    commit(w, &effects);
    return resp;
}

struct rsp_get_bound_profile_package_response
rsp_world_package(struct rsp_world *w, const struct rsp_get_bound_profile_package_request *req)
{
    const struct smdpp_call call = call_of(w);
    struct rsp_get_bound_profile_package_response resp;
    struct smdpp_effects effects;
    struct smdpp_session s;
    struct smdpp_session *session = load(w, req->transaction_id, &s);

    must(smdpp_get_bound_profile_package(w->smdpp, &call, req, session, &resp, &effects),
         "getBoundProfilePackage");
    if (session)
        save(w, session);
    commit(w, &effects);
    return resp;
}

void rsp_world_notify(struct rsp_world *w, const struct rsp_handle_notification_request *req)
{
    const struct smdpp_call call = call_of(w);
    struct smdpp_effects effects;
    struct smdpp_session s;
    struct smdpp_session *session = load(w, smdpp_notification_transaction(req), &s);

    must(smdpp_handle_notification(w->smdpp, &call, req, session, &effects), "notification");
    if (session)
        save(w, session);
    commit(w, &effects);
}

struct rsp_es9p_cancel_session_response
rsp_world_cancel(struct rsp_world *w, const struct rsp_es9p_cancel_session_request *req)
{
    const struct smdpp_call call = call_of(w);
    struct rsp_es9p_cancel_session_response resp;
    struct smdpp_effects effects;
    struct smdpp_session s;
    struct smdpp_session *session = load(w, req->transaction_id, &s);

    must(smdpp_cancel_session(w->smdpp, &call, req, session, &resp, &effects), "cancel");
    if (session)
        save(w, session);
    commit(w, &effects);
    return resp;
}

const char *rsp_world_verdict(const struct rsp_status *status)
{
    static char text[32];

    if (rsp_succeeded(status))
        return "ok";
    snprintf(text, sizeof text, "%.*s/%.*s", (int)status->subject.n,
             (const char *)status->subject.p, (int)status->reason.n,
             (const char *)status->reason.p);
    return text;
}

const char *rsp_world_told(struct rsp_world *w)
{
    static char text[512];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < w->n_events; i++) {
        const struct download_event *e = &w->events[i];

        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d:%s", i > 0 ? " " : "", (int)e->point,
                              download_cause_name(e->cause));
        if (e->failed)
            n += (size_t)snprintf(text + n, sizeof text - n, "!%s/%s", e->verdict.subject,
                                  e->verdict.reason);
    }
    w->n_events = 0;
    return text;
}
