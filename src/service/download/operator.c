/* SPDX-License-Identifier: Apache-2.0 */
#include "service/download/operator.h"

#define ANSWER_MAX 4096

static void read_account(struct store *s, struct operator_account *o)
{
    *o = (struct operator_account){0};
    store_get_text(s, 0, o->id, sizeof o->id);
    store_get_text(s, 1, o->name, sizeof o->name);
    store_get_text(s, 2, o->callback_url, sizeof o->callback_url);
    o->callbacks = (enum operator_callbacks)store_get_int(s, 3);
}

static enum xk_err load_one(struct store *s, const struct store_query *q, struct store_value key,
                            struct operator_account *out)
{
    TRY(store_row(s, q, SVS(key)));
    read_account(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err operator_load(struct store *s, const char *id, struct operator_account *out)
{
    static const struct store_query q = {
        "operator_load", "SELECT operator_id, name, callback_url, callbacks FROM rsp_operator "
                         "WHERE operator_id = $1"};

    return load_one(s, &q, sv_text(id), out);
}

enum xk_err operator_of(struct store *s, const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN],
                        struct operator_account *out)
{
    static const struct store_query q = {
        "operator_of",
        "SELECT o.operator_id, o.name, o.callback_url, o.callbacks FROM rsp_operator_cert c "
        "JOIN rsp_operator o ON o.operator_id = c.operator_id WHERE c.fingerprint = $1"};

    return load_one(s, &q, sv_bytes(BYTES(fingerprint, OPERATOR_FINGERPRINT_LEN)), out);
}

enum xk_err operator_put(struct store *s, const struct operator_account *o, int64_t now)
{
    static const struct store_query q = {
        "operator_put",
        "INSERT INTO rsp_operator (operator_id, name, callback_url, callbacks, created_at) VALUES "
        "($1, $2, $3, $4, $5) ON CONFLICT (operator_id) DO UPDATE SET name = excluded.name, "
        "callback_url = excluded.callback_url, callbacks = excluded.callbacks"};

    if (o->id[0] == '\0')
        return XK_E_VALUE;
    return store_exec(s, &q,
                      SVS(sv_text(o->id), sv_text(o->name), sv_text(o->callback_url),
                          sv_int((int64_t)o->callbacks), sv_int(now)),
                      NULL);
}

enum xk_err operator_list(struct store *s,
                          enum xk_err (*each)(void *arg, const struct operator_account *o),
                          void *arg)
{
    static const struct store_query q = {
        "operator_list", "SELECT operator_id, name, callback_url, callbacks FROM rsp_operator "
                         "ORDER BY operator_id"};
    enum xk_err err;

    TRY(store_open(s, &q, NULL, 0));
    while ((err = store_next(s)) == XK_OK) {
        struct operator_account o;

        read_account(s, &o);
        err = each(arg, &o);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err operator_add_certificate(struct store *s, const char *id,
                                     const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN],
                                     int64_t now)
{
    static const struct store_query q = {
        "operator_add_certificate",
        "INSERT INTO rsp_operator_cert (fingerprint, operator_id, created_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (fingerprint) DO NOTHING"};
    struct operator_account there;

    TRY(operator_load(s, id, &there));
    TRY(store_exec(
        s, &q,
        SVS(sv_bytes(BYTES(fingerprint, OPERATOR_FINGERPRINT_LEN)), sv_text(id), sv_int(now)),
        NULL));
    TRY(operator_of(s, fingerprint, &there));
    return strcmp(there.id, id) == 0 ? XK_OK : XK_E_EXISTS;
}

enum xk_err operator_drop_certificate(struct store *s,
                                      const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN])
{
    static const struct store_query q = {"operator_drop_certificate",
                                         "DELETE FROM rsp_operator_cert WHERE fingerprint = $1"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_bytes(BYTES(fingerprint, OPERATOR_FINGERPRINT_LEN))), &changes));
    return changes == 1 ? XK_OK : XK_E_NOT_FOUND;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static enum xk_err read_call(struct download_ctx *c, const struct operator_call *call,
                             enum operator_repeat *repeat, struct bytes *answer, int64_t *outbox_id)
{
    struct bytes request = store_get_bytes(c->store, 1);
    struct bytes stored = store_get_bytes(c->store, 3);

    if (!bytes_eq(store_get_bytes(c->store, 0), bytes_cstr(call->function)) ||
        !bytes_eq(request, BYTES_OF(call->request))) {
        *repeat = OPERATOR_CALL_OTHER;
        return XK_OK;
    }
    *outbox_id = store_get_int(c->store, 2);
    *repeat = *outbox_id != 0 ? OPERATOR_CALL_WAITING : OPERATOR_CALL_ANSWERED;
    *answer = BYTES(arena_copy(c->arena, stored), stored.n);
    return answer->p ? XK_OK : XK_E_NOMEM;
}

enum xk_err operator_find_call(struct download_ctx *c, const struct operator_call *call,
                               enum operator_repeat *repeat, struct bytes *answer,
                               int64_t *outbox_id)
{
    static const struct store_query q = {
        "operator_find_call", "SELECT function, request, outbox_id, answer FROM es2p_call "
                              "WHERE operator_id = $1 AND call_id = $2"};
    enum xk_err err =
        store_row(c->store, &q, SVS(sv_text(call->operator_id), sv_text(call->call_id)));

    *repeat = OPERATOR_CALL_NEW;
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    if (err != XK_OK)
        return err;
    err = read_call(c, call, repeat, answer, outbox_id);
    store_finish(c->store);
    return err;
}

enum xk_err operator_note_call(struct download_ctx *c, const struct operator_call *call,
                               int64_t outbox_id, struct bytes answer)
{
    static const struct store_query q = {
        "operator_note_call",
        "INSERT INTO es2p_call (operator_id, call_id, function, request, outbox_id, answer, at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)"};

    if (answer.n > ANSWER_MAX)
        return XK_E_LIMIT;
    return store_exec(c->store, &q,
                      SVS(sv_text(call->operator_id), sv_text(call->call_id),
                          sv_text(call->function), sv_bytes(BYTES_OF(call->request)),
                          sv_int(outbox_id), outbox_id == 0 ? sv_bytes(answer) : sv_null(),
                          sv_int(c->now)),
                      NULL);
}

enum xk_err operator_answer_calls(struct download_ctx *c, int64_t outbox_id, struct bytes answer)
{
    static const struct store_query q = {
        "operator_answer_calls",
        "UPDATE es2p_call SET outbox_id = 0, answer = $1 WHERE outbox_id = $2 AND outbox_id <> 0"};

    return store_exec(c->store, &q, SVS(sv_bytes(answer), sv_int(outbox_id)), NULL);
}
