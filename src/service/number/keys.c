/* SPDX-License-Identifier: Apache-2.0 */
/* K and OPc of numbers: sealed at rest, made anew after a quarantine (P-25). */
#include "service/number/rows.h"

#include "crypto/aka.h"

static const struct store_query q_keys = {"number.keys", "SELECT algorithm, keys, cr FROM number"
                                                         " WHERE imsi = $1"};
static const struct store_query q_rested = {"number.rested",
                                            "SELECT imsi, iccid, pool_id, algorithm, keys"
                                            " FROM number WHERE state = 5 AND frozen_until <= $1"
                                            " ORDER BY frozen_until LIMIT 1"};
static const struct store_query q_release = {
    "number.release", "UPDATE number SET state = 0, cid = '', iccid = NULL, frozen_until = 0,"
                      " keys = $1, updated_at = $2 WHERE imsi = $3"};
static const struct store_query q_retire = {"number.retire",
                                            "INSERT INTO iccid_retired (iccid, imsi, at)"
                                            " VALUES ($1, $2, $3)"};

struct context {
    char text[32];
};

static struct bytes context_of(const char *imsi, struct context *c)
{
    snprintf(c->text, sizeof c->text, "number.keys:%s", imsi);
    return bytes_cstr(c->text);
}

size_t number_opc_len(uint8_t algorithm)
{
    switch (algorithm) {
    case AKA_MILENAGE:
        return 16;
    case AKA_TUAK:
        return 32;
    default:
        return 0;
    }
}

static bool lengths_fit(uint8_t algorithm, const struct number_keys *keys)
{
    size_t opc = number_opc_len(algorithm);

    if (opc == 0 || keys->opc.n != opc)
        return false;
    return keys->k.n == 16 || (algorithm == AKA_TUAK && keys->k.n == 32);
}

enum xk_err number_seal_keys(struct keystore *ks, const char *imsi, uint8_t algorithm,
                             const struct number_keys *keys, uint8_t *out, size_t cap, size_t *n)
{
    AUTO_SECRET struct secret joined = {0};
    struct context c;

    if (!lengths_fit(algorithm, keys))
        return XK_E_VALUE;
    memcpy(joined.bytes, keys->k.bytes, keys->k.n);
    memcpy(joined.bytes + keys->k.n, keys->opc.bytes, keys->opc.n);
    joined.n = (uint8_t)(keys->k.n + keys->opc.n);
    return keystore_seal(ks, context_of(imsi, &c), &joined, out, cap, n);
}

static enum xk_err unseal(struct keystore *ks, const char *imsi, uint8_t algorithm,
                          struct bytes sealed, struct number_keys *out)
{
    AUTO_SECRET struct secret joined = {0};
    size_t opc = number_opc_len(algorithm);
    struct context c;

    TRY(keystore_unseal(ks, context_of(imsi, &c), sealed, &joined));
    if (opc == 0 || joined.n <= opc)
        return XK_E_AUTH;
    TRY(secret_set(&out->k, BYTES(joined.bytes, joined.n - opc)));
    return secret_set(&out->opc, BYTES(joined.bytes + joined.n - opc, opc));
}

enum xk_err number_get_keys(struct store *s, struct keystore *ks, const char *imsi,
                            struct number_keys *out)
{
    struct number_keys keys = {0};
    enum xk_err err;

    TRY(store_row(s, &q_keys, SVS(sv_text(imsi))));
    err = unseal(ks, imsi, (uint8_t)store_get_int(s, 0), store_get_bytes(s, 1), &keys);
    keys.has_cr = store_get_bytes(s, 2).n == sizeof keys.cr;
    store_get_fixed(s, 2, keys.cr, sizeof keys.cr);
    store_finish(s);
    if (err == XK_OK)
        *out = keys;
    explicit_bzero(&keys, sizeof keys);
    return err;
}

struct rested {
    char imsi[16], iccid[21], pool_id[33];
    uint8_t algorithm;
    size_t keys_n;
};

static enum xk_err next_rested(struct store *s, int64_t now, struct rested *out)
{
    TRY(store_row(s, &q_rested, SVS(sv_int(now))));
    store_get_text(s, 0, out->imsi, sizeof out->imsi);
    store_get_text(s, 1, out->iccid, sizeof out->iccid);
    store_get_text(s, 2, out->pool_id, sizeof out->pool_id);
    out->algorithm = (uint8_t)store_get_int(s, 3);
    out->keys_n = store_get_bytes(s, 4).n;
    store_finish(s);
    return XK_OK;
}

/* Fresh keys of the lengths the old ones had. */
static enum xk_err seal_fresh(struct keystore *ks, const struct xk_rand *rand,
                              const struct rested *r, uint8_t *out, size_t cap, size_t *n)
{
    size_t opc = number_opc_len(r->algorithm);
    struct number_keys keys = {0};
    enum xk_err err;

    if (opc == 0 || r->keys_n < KEYSTORE_OVERHEAD + opc + 16 || r->keys_n > KEYSTORE_SEALED_MAX)
        return XK_E_DB;
    keys.opc.n = (uint8_t)opc;
    keys.k.n = (uint8_t)(r->keys_n - KEYSTORE_OVERHEAD - opc);
    xk_rand_fill(rand, keys.k.bytes, keys.k.n);
    xk_rand_fill(rand, keys.opc.bytes, keys.opc.n);
    err = number_seal_keys(ks, r->imsi, r->algorithm, &keys, out, cap, n);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

/* P-25: K/OPc always regenerated, ICCID never reused. */
static enum xk_err release_one(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                               int64_t now)
{
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    struct rested r;
    size_t n;

    TRY(next_rested(s, now, &r));
    TRY(seal_fresh(ks, rand, &r, sealed, sizeof sealed, &n));
    if (r.iccid[0])
        TRY(store_exec(s, &q_retire, SVS(sv_text(r.iccid), sv_text(r.imsi), sv_int(now)), NULL));
    TRY(store_exec(s, &q_release, SVS(sv_bytes(BYTES(sealed, n)), sv_int(now), sv_text(r.imsi)),
                   NULL));
    return pool_count_move(s, r.pool_id, NUMBER_FROZEN, NUMBER_FREE);
}

enum xk_err number_quarantine_release(struct store *s, struct keystore *ks,
                                      const struct xk_rand *rand, int64_t now, size_t limit,
                                      size_t *released)
{
    enum xk_err err = XK_OK;
    size_t n = 0;

    while (n < limit && (err = release_one(s, ks, rand, now)) == XK_OK)
        n++;
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *released = n;
    return XK_OK;
}
