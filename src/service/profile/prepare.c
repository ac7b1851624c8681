/* SPDX-License-Identifier: Apache-2.0 */
#include "service/profile/prepare.h"

#include "codec/rsp/iccid.h"
#include "codec/rsp/metadata.h"
#include "codec/saip/personalise.h"
#include "model/code.h"

#define WORK_MAX ((size_t)16 << 20) /* of one profile: package and its protected form */
#define PUK_DIGITS 8
#define ADM_LEN 8

static const uint8_t no_task[8];

/* What all profiles of a request share. */
struct making {
    struct download_ctx *c; /* the caller's */
    const struct prepare_ports *ports;
    const struct prepare_request *request;
    struct stock_template template_;
    struct saip_plan *plan;
    struct download like; /* the profile as far as the template says it */
    struct arena work;    /* reset for each profile */
    struct prepare_refusal *why;
};

static enum xk_err refuse(struct making *m, int code, const char *what, const char *text)
{
    m->why->code = code;
    snprintf(m->why->detail, sizeof m->why->detail, "%s%s%s", what, text[0] ? ": " : "", text);
    return XK_OK;
}

static bool refused(const struct making *m)
{
    return m->why->code != CODE_OK;
}

/* ---- the template ---------------------------------------------------------------------------- */

enum xk_err prepare_check_template(struct bytes upp, uint32_t *positions, const char **missing)
{
    static const enum saip_position wanted[] = {SAIP_AT_ICCID, SAIP_AT_IMSI, SAIP_AT_K};
    struct saip_plan *plan;
    size_t keys;

    *missing = NULL;
    TRY(saip_plan_new(upp, &plan));
    *positions = saip_plan_positions(plan);
    keys = saip_plan_keys(plan, NULL, 0);
    saip_plan_free(plan);
    for (size_t i = 0; i < ARRAY_LEN(wanted) && !*missing; i++) {
        if (!(*positions >> wanted[i] & 1))
            *missing = saip_position_name(wanted[i]);
    }
    if (*missing)
        return XK_E_VALUE;
    return keys > SAIP_KEYS_MAX ? XK_E_LIMIT : XK_OK;
}

static enum xk_err open_template(struct making *m)
{
    struct download *like = &m->like;
    struct stock_template *t = &m->template_;
    struct bytes upp;
    enum xk_err err = stock_load_template(m->c, m->request->template_id, t);

    if (err == XK_E_NOT_FOUND)
        return refuse(m, CODE_NO_SUCH_TEMPLATE, m->request->template_id, "");
    TRY(err);
    TRY(m->ports->unprotect(&t->package, m->c->arena, &upp));
    TRY(saip_plan_new(upp, &m->plan));
    TRY(stock_describe(upp, m->c->arena, like));
    snprintf(like->owner, sizeof like->owner, "%s", t->owner);
    snprintf(like->profile_type, sizeof like->profile_type, "%s", t->profile_type);
    snprintf(like->smdp_address, sizeof like->smdp_address, "%s", t->smdp_address);
    like->state = m->request->opens ? DOWNLOAD_UNAVAILABLE : DOWNLOAD_AVAILABLE;
    like->random_keys = true;
    return XK_OK;
}

/* ---- one profile ----------------------------------------------------------------------------- */

struct drawn {
    char puk[2][PUK_DIGITS + 1];
};

/* Each digit is as likely as any other: what would favour the low ones is thrown away. */
static void draw_digits(const struct xk_rand *rand, char *out, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t octet;

        xk_rand_fill(rand, &octet, 1);
        if (octet < 250)
            out[i++] = (char)('0' + octet % 10);
    }
    out[n] = '\0';
}

static void draw(const struct making *m, struct drawn *d, struct saip_number *n)
{
    uint32_t places = saip_plan_positions(m->plan);
    uint16_t adms = saip_plan_adms(m->plan);

    if (places >> SAIP_AT_PUK1 & 1) {
        draw_digits(m->c->rand, d->puk[0], PUK_DIGITS);
        n->puk1 = d->puk[0];
    }
    if (places >> SAIP_AT_PUK2 & 1) {
        draw_digits(m->c->rand, d->puk[1], PUK_DIGITS);
        n->puk2 = d->puk[1];
    }
    for (size_t i = 0; i < SAIP_ADMS; i++) {
        if (!(adms >> i & 1))
            continue;
        n->adm[i].n = ADM_LEN;
        xk_rand_fill(m->c->rand, n->adm[i].bytes, ADM_LEN);
    }
    n->n_keys = saip_plan_keys(m->plan, n->keys, SAIP_KEYS_MAX);
    for (size_t i = 0; i < n->n_keys; i++)
        xk_rand_fill(m->c->rand, n->keys[i].key.bytes, n->keys[i].key.n);
}

static enum xk_err refuse_position(struct making *m, const char *imsi, enum saip_position at,
                                   enum xk_err err)
{
    char text[64];

    snprintf(text, sizeof text, "%s %s", saip_position_name(at),
             err == XK_E_LIMIT ? "does not fit into its file"
                               : "is not of the form that the template has");
    return refuse(m, CODE_TEMPLATE_MISFIT, imsi, text);
}

static enum xk_err personalise(struct making *m, const struct number *n,
                               const struct number_keys *keys, struct buf *upp)
{
    uint32_t places = saip_plan_positions(m->plan);
    struct saip_number s = {.iccid = n->iccid,
                            .imsi = n->imsi,
                            .msisdn = places >> SAIP_AT_MSISDN & 1 ? n->msisdn : NULL,
                            .smsc = places >> SAIP_AT_SMSC & 1 ? n->smsc : NULL,
                            .algorithm = n->algorithm, /* both count as SAIP does */
                            .k = keys->k,
                            .opc = keys->opc};
    enum saip_position at;
    struct drawn drawn;
    enum xk_err err;

    draw(m, &drawn, &s);
    err = saip_personalise(m->plan, &s, upp, &at);
    saip_number_wipe(&s);
    explicit_bzero(&drawn, sizeof drawn);
    if (err == XK_E_VALUE || err == XK_E_LIMIT || err == XK_E_NOT_FOUND)
        return refuse_position(m, n->imsi, at, err);
    return err;
}

static enum xk_err describe(struct making *m, const struct number *n, struct buf *metadata,
                            struct download *d)
{
    struct rsp_metadata meta;
    uint8_t iccid[ICCID_LEN];

    *d = m->like;
    snprintf(d->iccid, sizeof d->iccid, "%s", n->iccid);
    TRY(iccid_from_text(bytes_cstr(n->iccid), iccid));
    TRY(rsp_decode_store_metadata(m->template_.metadata, &meta));
    meta.raw = BYTES_NONE;
    meta.iccid = BYTES_OF(iccid);
    d->ppr = meta.has_ppr ? (uint32_t)meta.ppr : 0;
    TRY(rsp_encode_store_metadata(&meta, metadata));
    d->metadata = buf_bytes(metadata);
    return XK_OK;
}

static enum xk_err add_profile(struct making *m, const struct number *n, struct bytes upp)
{
    uint8_t mem[STOCK_METADATA_MAX];
    struct stock_package package;
    struct buf metadata;
    struct download d;
    enum xk_err err;

    buf_init_fixed(&metadata, mem, sizeof mem);
    TRY(describe(m, n, &metadata, &d));
    TRY(m->ports->protect(upp, m->c->rand, &m->work, &package));
    err = stock_add(m->c, &d, &package);
    secret_wipe(&package.ppk);
    return err;
}

static enum xk_err open_number(struct making *m, const struct number *n)
{
    struct outbox_item item = {.kind = OUTBOX_OPEN, .due_at = m->c->now, .group_key = ""};

    item.address = n->imsi;
    if (m->request->imsi)
        return XK_OK;
    if (!m->request->opens)
        return number_move(m->c->store, n->imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, m->c->now);
    return outbox_add(m->c->store, m->c->ids, &item, m->c->said);
}

static enum xk_err reserve_number(struct making *m, struct number *n)
{
    const struct prepare_request *r = m->request;
    enum xk_err err = number_reserve(m->c->store, r->pool_id, r->msisdn, "", no_task, m->c->now, n);

    switch ((int)err) {
    case XK_E_NOT_FOUND:
        return r->msisdn && r->msisdn[0] ? refuse(m, CODE_NUMBER_ELSEWHERE, r->msisdn, "")
                                         : refuse(m, CODE_POOL_EMPTY, r->pool_id, "");
    case XK_E_EXISTS:
        return refuse(m, CODE_NUMBER_TAKEN, r->msisdn, "");
    case XK_E_STATE:
        return refuse(m, CODE_NUMBER_FROZEN, r->msisdn, "");
    case XK_E_DENIED:
        return refuse(m, CODE_NUMBER_ELSEWHERE, r->pool_id, "");
    default:
        return err;
    }
}

static enum xk_err take_number(struct making *m, struct number *n)
{
    struct download d;
    enum xk_err err;

    TRY(m->request->imsi ? number_get_by_imsi(m->c->store, m->request->imsi, n)
                         : reserve_number(m, n));
    if (refused(m))
        return XK_OK;
    if (n->iccid[0] == '\0')
        return refuse(m, CODE_TEMPLATE_MISFIT, n->imsi, "the number has no ICCID");
    err = download_find_by_iccid(m->c, n->iccid, DOWNLOAD_WITHOUT_METADATA, &d);
    explicit_bzero(&d, sizeof d);
    if (err == XK_OK)
        return refuse(m, CODE_EXISTS, "ICCID", n->iccid);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* With keys wiped by the caller. */
static enum xk_err make_package(struct making *m, const struct number *n, struct number_keys *keys,
                                struct buf *upp)
{
    enum xk_err err = number_get_keys(m->c->store, m->c->keystore, n->imsi, keys);

    if (err == XK_E_NOT_FOUND)
        return refuse(m, CODE_NO_KEYS, n->imsi, "");
    TRY(err);
    if (keys->has_cr)
        return refuse(m, CODE_TEMPLATE_MISFIT, n->imsi,
                      "the number has Milenage constants of its own");
    return personalise(m, n, keys, upp);
}

static enum xk_err make_one(struct making *m, struct prepared *out)
{
    struct number_keys keys = {0};
    struct number n;
    struct buf upp;
    enum xk_err err;

    TRY(take_number(m, &n));
    if (refused(m))
        return XK_OK;
    buf_init_fixed(&upp, arena_alloc(&m->work, saip_plan_size(m->plan)), saip_plan_size(m->plan));
    if (!upp.p)
        return XK_E_NOMEM;
    err = make_package(m, &n, &keys, &upp);
    explicit_bzero(&keys, sizeof keys);
    if (err == XK_OK && !refused(m))
        err = add_profile(m, &n, buf_bytes(&upp));
    if (err != XK_OK || refused(m))
        return err;
    snprintf(out->iccid, sizeof out->iccid, "%s", n.iccid);
    snprintf(out->imsi, sizeof out->imsi, "%s", n.imsi);
    snprintf(out->msisdn, sizeof out->msisdn, "%s", n.msisdn);
    return open_number(m, &n);
}

static enum xk_err make_all(struct making *m, struct prepared *out)
{
    enum xk_err err = open_template(m);

    for (uint32_t i = 0; i < m->request->count && err == XK_OK && !refused(m); i++) {
        err = make_one(m, &out[i]);
        arena_reset(&m->work);
    }
    return err;
}

enum xk_err prepare_stock(struct download_ctx *c, const struct prepare_ports *ports,
                          const struct prepare_request *request, struct prepared *out,
                          struct prepare_refusal *why)
{
    struct making m = {.c = c, .ports = ports, .request = request, .why = why};
    enum xk_err err;

    *why = (struct prepare_refusal){.code = CODE_OK};
    if (request->count == 0 || request->count > PREPARE_MAX ||
        (request->msisdn && request->msisdn[0] && request->count > 1) ||
        (request->imsi && (request->count > 1 || request->opens)))
        return XK_E_VALUE;
    arena_init(&m.work, WORK_MAX);
    err = make_all(&m, out);
    saip_plan_free(m.plan);
    secret_wipe(&m.template_.package.ppk);
    arena_fini(&m.work);
    return err;
}

/* ---- what becomes of the number -------------------------------------------------------------- */

/* Not for a card or task of the domestic write. */
static bool is_for_profile(const struct number *n)
{
    return n->iccid[0] && n->cid[0] == '\0' && memcmp(n->task_id, no_task, sizeof no_task) == 0;
}

static enum xk_err refuse_number(struct download_ctx *c, const struct number *n, struct download *d,
                                 const char *reason)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_NOTE, .detail = reason};

    TRY(number_move(c->store, n->imsi, NUMBER_RESERVED, NUMBER_FREE, c->now));
    TRY(number_move(c->store, n->imsi, NUMBER_FREE, NUMBER_BAD, c->now));
    return download_step(c, d, &event);
}

enum xk_err prepare_on_opened(struct download_ctx *c, const char *imsi, const char *reason)
{
    struct download d;
    struct number n;
    enum xk_err err = number_get_by_imsi(c->store, imsi, &n);

    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    if (n.state != NUMBER_RESERVED || !is_for_profile(&n))
        return XK_OK;
    err = download_find_by_iccid(c, n.iccid, DOWNLOAD_WITHOUT_METADATA, &d);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    if (reason)
        return refuse_number(c, &n, &d, reason);
    TRY(number_move(c->store, imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, c->now));
    return download_step(c, &d, &(struct download_event){.cause = DOWNLOAD_BY_RESTOCK});
}

enum xk_err prepare_on_event(struct download_ctx *c, const char *iccid, enum download_cause cause)
{
    struct number n;
    enum xk_err err;

    if (cause != DOWNLOAD_BY_INSTALL && cause != DOWNLOAD_BY_ENABLE)
        return XK_OK;
    err = number_get_by_iccid(c->store, iccid, &n);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    if (!is_for_profile(&n))
        return XK_OK;
    if (n.state == NUMBER_ASSIGNED) {
        TRY(number_move(c->store, n.imsi, NUMBER_ASSIGNED, NUMBER_WRITTEN, c->now));
        n.state = NUMBER_WRITTEN;
    }
    if (n.state == NUMBER_WRITTEN && cause == DOWNLOAD_BY_ENABLE)
        return number_move(c->store, n.imsi, NUMBER_WRITTEN, NUMBER_IN_USE, c->now);
    return XK_OK;
}
