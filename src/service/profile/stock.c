/* SPDX-License-Identifier: Apache-2.0 */
#include "service/profile/stock.h"

#include "codec/rsp/iccid.h"
#include "codec/saip/fit.h"

#define CONTEXT_MAX KEYSTORE_CONTEXT_MAX

static enum xk_err seal(struct download_ctx *c, const char *what, const char *id,
                        const struct secret *ppk, uint8_t out[KEYSTORE_SEALED_MAX], size_t *n)
{
    char context[CONTEXT_MAX];

    snprintf(context, sizeof context, "%s.ppk:%s", what, id);
    return keystore_seal(c->keystore, bytes_cstr(context), ppk, out, KEYSTORE_SEALED_MAX, n);
}

static enum xk_err unseal(struct download_ctx *c, const char *what, const char *id,
                          struct bytes sealed, struct secret *out)
{
    char context[CONTEXT_MAX];

    snprintf(context, sizeof context, "%s.ppk:%s", what, id);
    return keystore_unseal(c->keystore, bytes_cstr(context), sealed, out);
}

static enum xk_err copy_span(struct download_ctx *c, int column, struct bytes *out)
{
    struct bytes from = store_get_bytes(c->store, column);

    *out = BYTES(arena_copy(c->arena, from), from.n);
    return out->p ? XK_OK : XK_E_NOMEM;
}

/* ---- profiles -------------------------------------------------------------------------------- */

enum xk_err stock_add(struct download_ctx *c, const struct download *d,
                      const struct stock_package *package)
{
    static const struct store_query q = {
        "stock_add", "INSERT INTO profile_package (iccid, metadata, package_id, segments, ppk, "
                     "created_at) VALUES ($1, $2, $3, $4, $5, $6)"};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    size_t n = 0;

    if (d->iccid[0] == '\0' || d->owner[0] == '\0' || d->metadata.n == 0 ||
        package->segments.n == 0 || package->ppk.n == 0)
        return XK_E_VALUE;
    if (package->segments.n > STOCK_SEGMENTS_MAX)
        return XK_E_LIMIT;
    TRY(seal(c, "profile", d->iccid, &package->ppk, sealed, &n));
    TRY(download_add(c, d));
    return store_exec(c->store, &q,
                      SVS(sv_text(d->iccid), sv_bytes(d->metadata), sv_bytes(BYTES_OF(package->id)),
                          sv_bytes(package->segments), sv_bytes(BYTES(sealed, n)), sv_int(c->now)),
                      NULL);
}

static enum xk_err read_package(struct download_ctx *c, const char *what, const char *id,
                                int column, struct stock_package *out)
{
    struct stock_package p = {0};
    enum xk_err err;

    store_get_fixed(c->store, column, p.id, sizeof p.id);
    TRY(copy_span(c, column + 1, &p.segments));
    err = unseal(c, what, id, store_get_bytes(c->store, column + 2), &p.ppk);
    if (err == XK_OK)
        *out = p;
    secret_wipe(&p.ppk);
    return err;
}

enum xk_err stock_load(struct download_ctx *c, const char *iccid, struct stock_package *out)
{
    static const struct store_query q = {
        "stock_load", "SELECT package_id, segments, ppk FROM profile_package WHERE iccid = $1"};
    enum xk_err err;

    TRY(store_row(c->store, &q, SVS(sv_text(iccid))));
    err = read_package(c, "profile", iccid, 0, out);
    store_finish(c->store);
    return err;
}

enum xk_err stock_move(struct download_ctx *c, const char *iccid, enum download_cause cause)
{
    const struct download_event event = {.cause = cause};
    struct download d;

    if (cause != DOWNLOAD_BY_WITHDRAW && cause != DOWNLOAD_BY_RESTOCK)
        return XK_E_STATE;
    TRY(download_find_by_iccid(c, iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    return download_step(c, &d, &event);
}

enum xk_err stock_remove(struct download_ctx *c, const char *iccid)
{
    static const struct store_query profile = {
        "stock_remove", "DELETE FROM profile WHERE iccid = $1 AND state IN (0, 1, 2, 3)"};
    static const struct store_query rest[] = {
        {"stock_remove_package", "DELETE FROM profile_package WHERE iccid = $1"},
        {"stock_remove_events", "DELETE FROM profile_event WHERE iccid = $1"},
    };
    int64_t changes = 0;

    TRY(store_exec(c->store, &profile, SVS(sv_text(iccid)), &changes));
    if (changes == 0)
        return XK_E_STATE;
    for (size_t i = 0; i < ARRAY_LEN(rest); i++)
        TRY(store_exec(c->store, &rest[i], SVS(sv_text(iccid)), NULL));
    return XK_OK;
}

enum xk_err stock_describe(struct bytes upp, struct arena *arena, struct download *profile)
{
    struct saip_requirements need;
    uint8_t iccid[ICCID_LEN];

    TRY(saip_requirements(upp, arena, &need));
    iccid_swap(need.iccid, iccid);
    if (iccid_to_text(BYTES_OF(iccid), profile->iccid) != XK_OK)
        return XK_E_VALUE;
    profile->needs = (struct download_needs){.profile_version = (uint32_t)need.major << 16 |
                                                                (uint32_t)need.minor << 8,
                                             .nvm_bytes = need.memory,
                                             .uicc_capability = need.capabilities};
    return XK_OK;
}

enum xk_err stock_counts(struct store *s,
                         enum xk_err (*each)(void *arg, const struct stock_count *count), void *arg)
{
    static const struct store_query q = {
        "stock_counts", "SELECT owner, profile_type, state, COUNT(*) FROM profile "
                        "GROUP BY owner, profile_type, state ORDER BY owner, profile_type, state"};
    enum xk_err err;

    TRY(store_open(s, &q, NULL, 0));
    while ((err = store_next(s)) == XK_OK) {
        struct stock_count count = {.state = (enum download_state)store_get_int(s, 2),
                                    .n = (uint64_t)store_get_int(s, 3)};

        store_get_text(s, 0, count.owner, sizeof count.owner);
        store_get_text(s, 1, count.profile_type, sizeof count.profile_type);
        err = each(arg, &count);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- templates ------------------------------------------------------------------------------- */

enum xk_err stock_put_template(struct download_ctx *c, const struct stock_template *t)
{
    static const struct store_query q = {
        "stock_put_template",
        "INSERT INTO profile_template (template_id, profile_type, owner, smdp_address, metadata, "
        "package_id, segments, ppk, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (template_id) DO UPDATE SET profile_type = excluded.profile_type, "
        "owner = excluded.owner, smdp_address = excluded.smdp_address, "
        "metadata = excluded.metadata, package_id = excluded.package_id, "
        "segments = excluded.segments, ppk = excluded.ppk"};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    size_t n = 0;

    if (t->id[0] == '\0' || t->owner[0] == '\0' || t->package.segments.n == 0)
        return XK_E_VALUE;
    TRY(seal(c, "template", t->id, &t->package.ppk, sealed, &n));
    return store_exec(c->store, &q,
                      SVS(sv_text(t->id), sv_text(t->profile_type), sv_text(t->owner),
                          sv_text(t->smdp_address), sv_bytes(t->metadata),
                          sv_bytes(BYTES_OF(t->package.id)), sv_bytes(t->package.segments),
                          sv_bytes(BYTES(sealed, n)), sv_int(c->now)),
                      NULL);
}

static enum xk_err read_template(struct download_ctx *c, const char *id, struct stock_template *t)
{
    snprintf(t->id, sizeof t->id, "%s", id);
    store_get_text(c->store, 0, t->profile_type, sizeof t->profile_type);
    store_get_text(c->store, 1, t->owner, sizeof t->owner);
    store_get_text(c->store, 2, t->smdp_address, sizeof t->smdp_address);
    TRY(copy_span(c, 3, &t->metadata));
    return read_package(c, "template", id, 4, &t->package);
}

enum xk_err stock_each_template(struct download_ctx *c,
                                enum xk_err (*each)(void *arg, const struct stock_template *t),
                                void *arg)
{
    static const struct store_query q = {
        "stock_each_template", "SELECT template_id, profile_type, owner, smdp_address, metadata "
                               "FROM profile_template ORDER BY template_id"};
    enum xk_err err;

    TRY(store_open(c->store, &q, NULL, 0));
    while ((err = store_next(c->store)) == XK_OK) {
        struct stock_template t = {.metadata = store_get_bytes(c->store, 4)};

        store_get_text(c->store, 0, t.id, sizeof t.id);
        store_get_text(c->store, 1, t.profile_type, sizeof t.profile_type);
        store_get_text(c->store, 2, t.owner, sizeof t.owner);
        store_get_text(c->store, 3, t.smdp_address, sizeof t.smdp_address);
        err = each(arg, &t);
        if (err != XK_OK)
            break;
    }
    store_finish(c->store);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err stock_load_template(struct download_ctx *c, const char *id, struct stock_template *out)
{
    static const struct store_query q = {
        "stock_load_template",
        "SELECT profile_type, owner, smdp_address, metadata, package_id, segments, ppk "
        "FROM profile_template WHERE template_id = $1"};
    struct stock_template t = {0};
    enum xk_err err;

    TRY(store_row(c->store, &q, SVS(sv_text(id))));
    err = read_template(c, id, &t);
    store_finish(c->store);
    if (err == XK_OK)
        *out = t;
    secret_wipe(&t.package.ppk);
    return err;
}
