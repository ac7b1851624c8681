/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers come in: one by one, or made up for tests. */
#include "service/number/rows.h"

#include "crypto/aka.h"
#include "model/ident.h"

static const struct store_query q_insert = {
    "number.insert", "INSERT INTO number (imsi, msisdn, iccid, smsc, pool_id, purpose, algorithm,"
                     " keys, cr, state, cid, task_id, frozen_until, updated_at) VALUES ($1, $2, $3,"
                     " $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13) ON CONFLICT DO NOTHING"};
static const struct store_query q_retired = {"number.retired",
                                             "SELECT imsi FROM iccid_retired WHERE iccid = $1"};
static const struct store_query q_has_imsi = {"number.has_imsi",
                                              "SELECT imsi FROM number WHERE imsi = $1"};
static const struct store_query q_has_msisdn = {"number.has_msisdn",
                                                "SELECT imsi FROM number WHERE msisdn = $1"};
static const struct store_query q_has_iccid = {"number.has_iccid",
                                               "SELECT imsi FROM number WHERE iccid = $1"};

static enum xk_err has(struct store *s, const struct store_query *q, const char *key, bool *found)
{
    enum xk_err err = store_row(s, q, SVS(sv_text(key)));

    if (err == XK_OK)
        store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *found = err == XK_OK;
    return XK_OK;
}

static enum xk_err find_clash(struct store *s, const struct number *n, const char **field)
{
    bool found;

    *field = "imsi";
    TRY(has(s, &q_has_imsi, n->imsi, &found));
    if (found)
        return XK_OK;
    *field = "msisdn";
    TRY(has(s, &q_has_msisdn, n->msisdn, &found));
    if (found)
        return XK_OK;
    *field = "iccid";
    TRY(has(s, &q_has_iccid, n->iccid, &found));
    return found ? XK_OK : XK_E_DB;
}

static enum xk_err insert(struct store *s, const struct number *n, const struct number_keys *keys,
                          struct bytes sealed, int64_t now, int64_t *changes)
{
    return store_exec(
        s, &q_insert,
        SVS(sv_text(n->imsi), sv_text(n->msisdn), n->iccid[0] ? sv_text(n->iccid) : sv_null(),
            sv_text(n->smsc), sv_text(n->pool_id), sv_int(n->purpose), sv_int(n->algorithm),
            sv_bytes(sealed), keys->has_cr ? sv_bytes(BYTES_OF(keys->cr)) : sv_null(),
            sv_int(n->state), sv_text(n->cid), sv_bytes(BYTES_OF(n->task_id)), sv_int(now)),
        changes);
}

enum xk_err number_add_one(struct store *s, struct keystore *ks, const struct number *n,
                           const struct number_keys *keys, int64_t now, struct number_clash *clash)
{
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    bool retired = false;
    int64_t changes = 0;
    const char *field;
    size_t sealed_n;

    if (!number_check(n, &field, &clash->why))
        return XK_E_VALUE;
    *clash = (struct number_clash){.field = "iccid", .why = IMPORT_RETIRED};
    if (n->iccid[0])
        TRY(has(s, &q_retired, n->iccid, &retired));
    if (retired)
        return XK_OK;
    TRY(number_seal_keys(ks, n->imsi, n->algorithm, keys, sealed, sizeof sealed, &sealed_n));
    TRY(insert(s, n, keys, BYTES(sealed, sealed_n), now, &changes));
    *clash = (struct number_clash){.field = NULL, .why = IMPORT_EXISTS};
    return changes == 1 ? XK_OK : find_clash(s, n, &clash->field);
}

bool number_check(const struct number *n, const char **field, enum import_reason *why)
{
    *field = "imsi";
    if (!ident_is_imsi(bytes_cstr(n->imsi), why))
        return false;
    *field = "msisdn";
    if (!ident_is_msisdn(bytes_cstr(n->msisdn), why))
        return false;
    *field = "iccid";
    if (n->iccid[0] && !ident_is_iccid(bytes_cstr(n->iccid), why))
        return false;
    *field = "smsc";
    return n->smsc[0] == '\0' || ident_is_smsc(bytes_cstr(n->smsc), why);
}

enum xk_err number_add(struct store *s, struct keystore *ks, const struct number *number,
                       const struct number_keys *keys, int64_t now)
{
    struct number n = *number;
    struct number_clash clash;
    struct pool pool;

    TRY(pool_get(s, n.pool_id, &pool));
    n.purpose = pool.purpose;
    TRY(number_add_one(s, ks, &n, keys, now, &clash));
    if (clash.field)
        return XK_E_EXISTS;
    return number_count_added(s, n.pool_id, n.state, 1);
}

/* The i-th number of a range. */
static enum xk_err number_of_range(const struct number_range *r, uint32_t i, struct number *out)
{
    struct number n = {.algorithm = r->algorithm ? r->algorithm : AKA_MILENAGE};

    memcpy(n.imsi, r->first_imsi, sizeof n.imsi);
    memcpy(n.msisdn, r->first_msisdn, sizeof n.msisdn);
    memcpy(n.iccid, r->first_iccid, sizeof n.iccid);
    memcpy(n.smsc, r->smsc, sizeof n.smsc);
    memcpy(n.pool_id, r->pool_id, sizeof n.pool_id);
    TRY(ident_add(n.imsi, i));
    TRY(ident_add(n.msisdn, i));
    if (n.iccid[0]) {
        size_t len = strlen(n.iccid);

        if (len >= IDENT_ICCID_LEN)
            return XK_E_VALUE;
        TRY(ident_add(n.iccid, i));
        n.iccid[len] = ident_luhn_digit(BYTES(n.iccid, len));
        n.iccid[len + 1] = '\0';
    }
    *out = n;
    return XK_OK;
}

static enum xk_err generate_one(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                                const struct number *n, int64_t now)
{
    struct number_keys keys = {.k = {.n = 16}};
    struct number_clash clash;
    enum xk_err err;

    keys.opc.n = (uint8_t)number_opc_len(n->algorithm);
    xk_rand_fill(rand, keys.k.bytes, keys.k.n);
    xk_rand_fill(rand, keys.opc.bytes, keys.opc.n);
    err = number_add_one(s, ks, n, &keys, now, &clash);
    explicit_bzero(&keys, sizeof keys);
    if (err == XK_OK && clash.field)
        return XK_E_EXISTS;
    return err;
}

enum xk_err number_generate(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                            const struct number_range *range, int64_t now)
{
    struct pool pool;
    struct number n;

    if (range->count == 0 || range->count > IMPORT_LINES_MAX ||
        (range->algorithm && number_opc_len(range->algorithm) == 0))
        return XK_E_VALUE;
    TRY(pool_get(s, range->pool_id, &pool));
    for (uint32_t i = 0; i < range->count; i++) {
        TRY(number_of_range(range, i, &n));
        n.purpose = pool.purpose;
        TRY(generate_one(s, ks, rand, &n, now));
    }
    return number_count_added(s, range->pool_id, NUMBER_FREE, range->count);
}
