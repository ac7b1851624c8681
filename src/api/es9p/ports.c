/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es9p/ports.h"

#include "service/profile/prepare.h"

static struct download_ctx *ctx_of(void *ctx)
{
    return ((struct ports_place *)ctx)->c;
}

static struct bytes fqdn_of(void *ctx)
{
    return bytes_cstr(((struct ports_place *)ctx)->fqdn);
}

/* What an engine is given lives in its arena: that of the call is the one of the transaction. */
static enum xk_err find_by_matching_id(void *ctx, struct bytes matching_id, struct arena *arena,
                                       struct download *out)
{
    (void)arena;
    return download_find_by_matching_id(ctx_of(ctx), matching_id, fqdn_of(ctx), out);
}

static enum xk_err find_by_eid(void *ctx, const char *eid, struct arena *arena,
                               struct download *out)
{
    (void)arena;
    return download_find_by_eid(ctx_of(ctx), eid, fqdn_of(ctx), out);
}

static enum xk_err find_by_iccid(void *ctx, const char *iccid, struct arena *arena,
                                 struct download *out)
{
    (void)arena;
    return download_find_by_iccid(ctx_of(ctx), iccid, DOWNLOAD_WITH_METADATA, out);
}

static enum xk_err load_package(void *ctx, const char *iccid, struct arena *arena,
                                struct smdpp_package *out)
{
    struct stock_package p;

    (void)arena;
    TRY(stock_load(ctx_of(ctx), iccid, &p));
    memcpy(out->id, p.id, sizeof out->id);
    out->segments = p.segments;
    out->ppk = p.ppk;
    secret_wipe(&p.ppk);
    return XK_OK;
}

static enum xk_err copy_exact(uint8_t *out, size_t n, struct bytes from)
{
    if (from.n != n)
        return XK_E_FORMAT;
    memcpy(out, from.p, n);
    return XK_OK;
}

static enum xk_err take_binding(const struct session_binding *b, struct smdpp_binding *out)
{
    snprintf(out->iccid, sizeof out->iccid, "%s", b->iccid);
    snprintf(out->eid, sizeof out->eid, "%s", b->eid);
    TRY(copy_exact(out->transaction_id, sizeof out->transaction_id, b->transaction_id));
    TRY(copy_exact(out->basis, sizeof out->basis, b->basis));
    TRY(copy_exact(out->euicc_otpk, sizeof out->euicc_otpk, b->euicc_otpk));
    TRY(copy_exact(out->smdp_otpk, sizeof out->smdp_otpk, b->smdp_otpk));
    out->initialise = b->initialise;
    out->head = b->head;
    out->keys = b->keys;
    return XK_OK;
}

static enum xk_err load_binding(void *ctx, const char *iccid, struct arena *arena,
                                struct smdpp_binding *out)
{
    struct session_binding b;
    enum xk_err err;

    (void)arena;
    TRY(session_load_binding(ctx_of(ctx), iccid, &b));
    err = take_binding(&b, out);
    secret_wipe(&b.keys);
    return err;
}

static enum xk_err find_notification(void *ctx, const char *eid, const char *iccid, uint32_t seq)
{
    return session_find_notification(ctx_of(ctx), eid, iccid, seq);
}

void ports_plug(struct ports_place *place, struct smdpp_ports *out)
{
    *out = (struct smdpp_ports){
        .ctx = place,
        .find_by_matching_id = find_by_matching_id,
        .find_by_eid = find_by_eid,
        .find_by_iccid = find_by_iccid,
        .load_package = load_package,
        .load_binding = load_binding,
        .find_notification = find_notification,
    };
}

/* ---- effects --------------------------------------------------------------------------------- */

static enum xk_err keep_binding(struct download_ctx *c, const struct smdpp_binding *b)
{
    struct session_binding kept = {
        .iccid = b->iccid,
        .eid = b->eid,
        .transaction_id = BYTES_OF(b->transaction_id),
        .basis = BYTES_OF(b->basis),
        .euicc_otpk = BYTES_OF(b->euicc_otpk),
        .smdp_otpk = BYTES_OF(b->smdp_otpk),
        .initialise = b->initialise,
        .head = b->head,
        .keys = b->keys,
    };
    enum xk_err err = session_keep_binding(c, &kept);

    secret_wipe(&kept.keys);
    return err;
}

static enum xk_err commit_download(struct download_ctx *c, const struct smdpp_effects *e)
{
    struct download d = e->download;
    enum xk_err err = XK_OK;

    if (e->delete_smds_event)
        err = download_forget_event(c, &d);
    if (err == XK_OK)
        err = download_commit(c, &d, e->events, e->n_events);
    for (size_t i = 0; i < e->n_events && err == XK_OK; i++)
        err = prepare_on_event(c, d.iccid, e->events[i].cause);
    explicit_bzero(&d, sizeof d);
    return err;
}

static enum xk_err note_exception(struct download_ctx *c, const struct smdpp_effects *e,
                                  struct bytes notification)
{
    const char *eid = e->has_notification ? e->notification.eid : e->download.eid;
    const char *iccid = e->has_notification ? e->notification.iccid : e->download.iccid;

    if (e->exception == SMDPP_NO_EXCEPTION)
        return XK_OK;
    return session_note_exception(c, eid, iccid, smdpp_exception_text(e->exception), notification);
}

enum xk_err ports_commit(struct download_ctx *c, const struct smdpp_effects *e,
                         struct bytes notification)
{
    if (e->has_download)
        TRY(commit_download(c, e));
    if (e->has_binding)
        TRY(keep_binding(c, &e->binding));
    if (e->drop_binding)
        TRY(session_drop_binding(c, e->download.iccid));
    if (e->has_notification) {
        enum xk_err err = session_note_notification(c, e->notification.eid, e->notification.iccid,
                                                    e->notification.seq, e->notification.event);

        if (err != XK_OK)
            return err == XK_E_EXISTS ? XK_E_BUSY : err; /* taken by another call meanwhile */
    }
    return note_exception(c, e, notification);
}
