/* SPDX-License-Identifier: Apache-2.0 */
#include "service/download/session.h"

#define TRANSACTION_MAX 16

/* ---- sessions -------------------------------------------------------------------------------- */

static enum xk_err copy_span(struct download_ctx *c, int column, struct bytes *out)
{
    struct bytes from = store_get_bytes(c->store, column);

    *out = BYTES(arena_copy(c->arena, from), from.n);
    return out->p ? XK_OK : XK_E_NOMEM;
}

enum xk_err session_checkout(struct download_ctx *c, struct bytes id, struct session *out)
{
    static const struct store_query q = {
        "session_checkout", "SELECT address, iccid, version, keep_until, blob FROM rsp_session "
                            "WHERE transaction_id = $1"};
    struct session found = {.id_len = id.n};
    enum xk_err err;

    if (id.n == 0 || id.n > SESSION_ID_MAX)
        return XK_E_NOT_FOUND;
    memcpy(found.id, id.p, id.n);
    TRY(store_row(c->store, &q, SVS(sv_bytes(id))));
    store_get_text(c->store, 0, found.address, sizeof found.address);
    store_get_text(c->store, 1, found.iccid, sizeof found.iccid);
    found.version = (uint64_t)store_get_int(c->store, 2);
    found.keep_until = found.kept_until = store_get_int(c->store, 3);
    err = copy_span(c, 4, &found.blob);
    store_finish(c->store);
    if (err == XK_OK)
        *out = found;
    return err;
}

static enum xk_err insert_session(struct download_ctx *c, const struct session *s)
{
    static const struct store_query q = {
        "session_insert", "INSERT INTO rsp_session (transaction_id, address, iccid, version, "
                          "keep_until, blob) VALUES ($1, $2, $3, 1, $4, $5)"};

    return store_exec(c->store, &q,
                      SVS(sv_bytes(BYTES(s->id, s->id_len)), sv_text(s->address), sv_text(s->iccid),
                          sv_int(s->keep_until), sv_bytes(s->blob)),
                      NULL);
}

/* keep_until has an index, which is written anew whenever the column is named. */
static enum xk_err update_session(struct download_ctx *c, const struct session *s, int64_t *changes)
{
    static const struct store_query move = {
        "session_move", "UPDATE rsp_session SET iccid = $1, version = version + 1, blob = $2 "
                        "WHERE transaction_id = $3 AND version = $4"};
    static const struct store_query keep = {
        "session_keep", "UPDATE rsp_session SET iccid = $1, version = version + 1, blob = $2, "
                        "keep_until = $3 WHERE transaction_id = $4 AND version = $5"};
    const struct store_value iccid = sv_text(s->iccid), blob = sv_bytes(s->blob);
    const struct store_value id = sv_bytes(BYTES(s->id, s->id_len));
    const struct store_value version = sv_int((int64_t)s->version);

    if (s->keep_until == s->kept_until)
        return store_exec(c->store, &move, SVS(iccid, blob, id, version), changes);
    return store_exec(c->store, &keep, SVS(iccid, blob, sv_int(s->keep_until), id, version),
                      changes);
}

enum xk_err session_commit(struct download_ctx *c, struct session *s)
{
    int64_t changes = 0;

    if (s->version == 0) {
        TRY(insert_session(c, s));
        changes = 1;
    } else {
        TRY(update_session(c, s, &changes));
    }
    if (changes != 1)
        return XK_E_BUSY;
    s->version++;
    s->kept_until = s->keep_until;
    return XK_OK;
}

enum xk_err session_drop(struct download_ctx *c, const struct session *s)
{
    static const struct store_query q = {
        "session_drop", "DELETE FROM rsp_session WHERE transaction_id = $1 AND version = $2"};
    int64_t changes = 0;

    TRY(store_exec(c->store, &q,
                   SVS(sv_bytes(BYTES(s->id, s->id_len)), sv_int((int64_t)s->version)), &changes));
    return changes == 1 ? XK_OK : XK_E_BUSY;
}

/* ---- bound packages -------------------------------------------------------------------------- */

struct context {
    char text[48];
};

static struct bytes keys_context(const char *iccid, struct context *c)
{
    snprintf(c->text, sizeof c->text, "binding.keys:%s", iccid);
    return bytes_cstr(c->text);
}

static enum xk_err copy_text(struct download_ctx *c, int column, const char **out)
{
    struct bytes text = {0};

    TRY(copy_span(c, column, &text));
    *out = (const char *)text.p;
    return XK_OK;
}

static enum xk_err read_binding(struct download_ctx *c, struct session_binding *b)
{
    struct bytes sealed = store_get_bytes(c->store, 8);
    struct context context;

    TRY(copy_text(c, 0, &b->iccid));
    TRY(copy_text(c, 1, &b->eid));
    TRY(copy_span(c, 2, &b->transaction_id));
    TRY(copy_span(c, 3, &b->basis));
    TRY(copy_span(c, 4, &b->euicc_otpk));
    TRY(copy_span(c, 5, &b->smdp_otpk));
    TRY(copy_span(c, 6, &b->initialise));
    TRY(copy_span(c, 7, &b->head));
    if (sealed.n == 0)
        return XK_OK;
    return keystore_unseal(c->keystore, keys_context(b->iccid, &context), sealed, &b->keys);
}

enum xk_err session_load_binding(struct download_ctx *c, const char *iccid,
                                 struct session_binding *out)
{
    static const struct store_query q = {
        "binding_load",
        "SELECT iccid, eid, transaction_id, basis, euicc_otpk, smdp_otpk, initialise, head, keys "
        "FROM rsp_binding WHERE iccid = $1"};
    struct session_binding b = {0};
    enum xk_err err;

    TRY(store_row(c->store, &q, SVS(sv_text(iccid))));
    err = read_binding(c, &b);
    store_finish(c->store);
    if (err == XK_OK)
        *out = b;
    secret_wipe(&b.keys);
    return err;
}

enum xk_err session_keep_binding(struct download_ctx *c, const struct session_binding *b)
{
    static const struct store_query q = {
        "binding_keep",
        "INSERT INTO rsp_binding (iccid, eid, transaction_id, basis, euicc_otpk, smdp_otpk, "
        "initialise, head, keys) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (iccid) "
        "DO UPDATE SET eid = excluded.eid, transaction_id = excluded.transaction_id, "
        "basis = excluded.basis, euicc_otpk = excluded.euicc_otpk, "
        "smdp_otpk = excluded.smdp_otpk, initialise = excluded.initialise, head = excluded.head, "
        "keys = excluded.keys"};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    struct context context;
    size_t n = 0;

    if (b->keys.n > 0)
        TRY(keystore_seal(c->keystore, keys_context(b->iccid, &context), &b->keys, sealed,
                          sizeof sealed, &n));
    return store_exec(c->store, &q,
                      SVS(sv_text(b->iccid), sv_text(b->eid), sv_bytes(b->transaction_id),
                          sv_bytes(b->basis), sv_bytes(b->euicc_otpk), sv_bytes(b->smdp_otpk),
                          sv_bytes(b->initialise), sv_bytes(b->head),
                          n > 0 ? sv_bytes(BYTES(sealed, n)) : sv_null()),
                      NULL);
}

enum xk_err session_drop_binding(struct download_ctx *c, const char *iccid)
{
    static const struct store_query q = {"binding_drop",
                                         "DELETE FROM rsp_binding WHERE iccid = $1"};

    return store_exec(c->store, &q, SVS(sv_text(iccid)), NULL);
}

/* ---- notifications --------------------------------------------------------------------------- */

enum xk_err session_find_notification(struct download_ctx *c, const char *eid, const char *iccid,
                                      uint32_t seq)
{
    static const struct store_query q = {
        "notification_find",
        "SELECT seq FROM rsp_notification WHERE eid = $1 AND iccid = $2 AND seq = $3"};

    TRY(store_row(c->store, &q, SVS(sv_text(eid), sv_text(iccid), sv_int(seq))));
    store_finish(c->store);
    return XK_OK;
}

enum xk_err session_note_notification(struct download_ctx *c, const char *eid, const char *iccid,
                                      uint32_t seq, uint32_t event)
{
    static const struct store_query q = {
        "notification_note", "INSERT INTO rsp_notification (eid, iccid, seq, event, at) VALUES "
                             "($1, $2, $3, $4, $5) ON CONFLICT (eid, iccid, seq) DO NOTHING"};
    int64_t changes = 0;

    TRY(store_exec(c->store, &q,
                   SVS(sv_text(eid), sv_text(iccid), sv_int(seq), sv_int(event), sv_int(c->now)),
                   &changes));
    return changes == 1 ? XK_OK : XK_E_EXISTS;
}

/* ---- exceptions ------------------------------------------------------------------------------ */

enum xk_err session_note_exception(struct download_ctx *c, const char *eid, const char *iccid,
                                   const char *text, struct bytes data)
{
    static const struct store_query q = {
        "exception_note",
        "INSERT INTO rsp_exception (at, seq, eid, iccid, text, data) VALUES ($1, $2, $3, $4, $5, "
        "$6)"};

    return store_exec(c->store, &q,
                      SVS(sv_int(c->now), sv_int(c->ids->next++), sv_text(eid), sv_text(iccid),
                          sv_text(text), data.n > 0 ? sv_bytes(data) : sv_null()),
                      NULL);
}

enum xk_err session_exceptions(struct store *s, size_t limit,
                               enum xk_err (*each)(void *arg, const struct session_exception *e),
                               void *arg)
{
    static const struct store_query q = {"exceptions",
                                         "SELECT at, eid, iccid, text FROM rsp_exception "
                                         "ORDER BY at DESC, seq DESC LIMIT $1"};
    enum xk_err err;

    TRY(store_open(s, &q, SVS(sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct session_exception e = {.at = store_get_int(s, 0)};

        store_get_text(s, 1, e.eid, sizeof e.eid);
        store_get_text(s, 2, e.iccid, sizeof e.iccid);
        store_get_text(s, 3, e.text, sizeof e.text);
        err = each(arg, &e);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}
