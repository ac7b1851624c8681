/* SPDX-License-Identifier: Apache-2.0 */
/* Looking chips up. */
#include "service/chip/chip.h"

#include "service/chip/rows.h"

static const struct store_query q_get = {"chip.get",
                                         "SELECT " CHIP_COLUMNS " FROM chip WHERE cid = $1"};
static const struct store_query q_by_iccid = {"chip.by_iccid",
                                              "SELECT " CHIP_COLUMNS " FROM chip WHERE iccid = $1"
                                              " ORDER BY state = 1 DESC LIMIT 1"};
static const struct store_query q_by_seed_iccid = {
    "chip.by_seed_iccid", "SELECT " CHIP_COLUMNS " FROM chip WHERE seed_iccid = $1"
                          " ORDER BY state = 1 DESC LIMIT 1"};
static const struct store_query q_by_msisdn = {"chip.by_msisdn",
                                               "SELECT " CHIP_COLUMNS " FROM chip WHERE msisdn = $1"
                                               " ORDER BY state = 1 DESC LIMIT 1"};
static const struct store_query q_by_seed_msisdn = {
    "chip.by_seed_msisdn", "SELECT " CHIP_COLUMNS " FROM chip WHERE seed_msisdn = $1"
                           " ORDER BY state = 1 DESC LIMIT 1"};
static const struct store_query q_by_seed = {"chip.by_seed", "SELECT " CHIP_COLUMNS
                                                             " FROM chip WHERE seed_imsi = $1"
                                                             " ORDER BY state = 1 DESC LIMIT 1"};
static const struct store_query q_by_pending = {
    "chip.by_pending", "SELECT " CHIP_COLUMNS " FROM chip WHERE cid = (SELECT cid FROM number"
                       " WHERE number.msisdn = $1 AND number.cid <> ''"
                       " AND number.state IN (1, 2, 3, 4))"};
static const struct store_query q_list = {"chip.list", "SELECT " CHIP_COLUMNS " FROM chip"
                                                       " WHERE cid > $1 ORDER BY cid LIMIT $2"};
static const struct store_query q_list_state = {"chip.list_state",
                                                "SELECT " CHIP_COLUMNS " FROM chip"
                                                " WHERE cid > $1 AND state = $2"
                                                " ORDER BY cid LIMIT $3"};
static const struct store_query q_list_batch = {"chip.list_batch",
                                                "SELECT " CHIP_COLUMNS " FROM chip"
                                                " WHERE cid > $1 AND batch_id = $2"
                                                " ORDER BY cid LIMIT $3"};
static const struct store_query q_list_both = {"chip.list_both",
                                               "SELECT " CHIP_COLUMNS " FROM chip"
                                               " WHERE cid > $1 AND batch_id = $2"
                                               " AND state = $3 ORDER BY cid LIMIT $4"};
static const struct store_query q_count = {"chip.count", "SELECT COUNT(*) FROM chip"};
static const struct store_query q_count_state = {"chip.count_state",
                                                 "SELECT COUNT(*) FROM chip WHERE state = $1"};
static const struct store_query q_count_batch = {"chip.count_batch",
                                                 "SELECT COUNT(*) FROM chip WHERE batch_id = $1"};
static const struct store_query q_count_both = {"chip.count_both",
                                                "SELECT COUNT(*) FROM chip WHERE batch_id = $1"
                                                " AND state = $2"};

void chip_of_row(struct store *s, struct chip *out)
{
    int64_t wear = store_get_int(s, 21);

    store_get_text(s, 0, out->cid, sizeof out->cid);
    store_get_text(s, 1, out->batch_id, sizeof out->batch_id);
    store_get_text(s, 2, out->vendor, sizeof out->vendor);
    out->grade = (enum chip_grade)store_get_int(s, 3);
    out->form = (enum chip_form)store_get_int(s, 4);
    out->state = (enum chip_state)store_get_int(s, 5);
    store_get_text(s, 6, out->seed_iccid, sizeof out->seed_iccid);
    store_get_text(s, 7, out->seed_imsi, sizeof out->seed_imsi);
    store_get_text(s, 8, out->seed_msisdn, sizeof out->seed_msisdn);
    store_get_text(s, 9, out->imsi, sizeof out->imsi);
    store_get_text(s, 10, out->msisdn, sizeof out->msisdn);
    store_get_text(s, 11, out->iccid, sizeof out->iccid);
    out->suite = (uint8_t)store_get_int(s, 12);
    out->keyset = (uint8_t)store_get_int(s, 13);
    out->kic_alg = (uint8_t)store_get_int(s, 14);
    out->kid_alg = (uint8_t)store_get_int(s, 15);
    out->down_counter = (uint64_t)store_get_int(s, 16);
    out->up_counter = (uint64_t)store_get_int(s, 17);
    store_get_fixed(s, 18, out->task_id, sizeof out->task_id);
    store_get_text(s, 19, out->imei, sizeof out->imei);
    store_get_text(s, 20, out->cos, sizeof out->cos);
    out->wear_left = wear < 0 || wear > UINT32_MAX ? UINT32_MAX : (uint32_t)wear;
    store_get_text(s, 22, out->radio, sizeof out->radio);
    out->created_at = store_get_int(s, 23);
    out->updated_at = store_get_int(s, 24);
}

static enum xk_err get_one(struct store *s, const struct store_query *q, const char *key,
                           struct chip *out)
{
    TRY(store_row(s, q, SVS(sv_text(key))));
    chip_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

/* The first of these queries that knows the key. An empty key is what blank cards have:
 * nobody's. */
static enum xk_err get_by(struct store *s, const struct store_query *const *queries, size_t n,
                          const char *key, struct chip *out)
{
    enum xk_err err = XK_E_NOT_FOUND;

    if (key[0] == '\0')
        return XK_E_NOT_FOUND;
    for (size_t i = 0; i < n && err == XK_E_NOT_FOUND; i++)
        err = get_one(s, queries[i], key, out);
    return err;
}

enum xk_err chip_get(struct store *s, const char *cid, struct chip *out)
{
    return get_one(s, &q_get, cid, out);
}

enum xk_err chip_get_by_iccid(struct store *s, const char *iccid, struct chip *out)
{
    static const struct store_query *const queries[] = {&q_by_iccid, &q_by_seed_iccid};

    return get_by(s, queries, ARRAY_LEN(queries), iccid, out);
}

enum xk_err chip_get_by_address(struct store *s, const char *msisdn, struct chip *out)
{
    static const struct store_query *const queries[] = {&q_by_msisdn, &q_by_seed_msisdn,
                                                        &q_by_pending};

    return get_by(s, queries, ARRAY_LEN(queries), msisdn, out);
}

enum xk_err chip_get_by_seed(struct store *s, const char *seed_imsi, struct chip *out)
{
    static const struct store_query *const queries[] = {&q_by_seed};

    return get_by(s, queries, ARRAY_LEN(queries), seed_imsi, out);
}

static enum xk_err open_list(struct store *s, const struct chip_filter *f, const char *after,
                             size_t cap)
{
    struct store_value limit = sv_int((int64_t)cap);

    if (f->batch_id && f->state >= 0)
        return store_open(s, &q_list_both,
                          SVS(sv_text(after), sv_text(f->batch_id), sv_int(f->state), limit));
    if (f->batch_id)
        return store_open(s, &q_list_batch, SVS(sv_text(after), sv_text(f->batch_id), limit));
    if (f->state >= 0)
        return store_open(s, &q_list_state, SVS(sv_text(after), sv_int(f->state), limit));
    return store_open(s, &q_list, SVS(sv_text(after), limit));
}

enum xk_err chip_list(struct store *s, const struct chip_filter *filter, const char *after,
                      struct chip *out, size_t cap, size_t *n)
{
    enum xk_err err;
    size_t i = 0;

    TRY(open_list(s, filter, after, cap));
    while ((err = store_next(s)) == XK_OK && i < cap)
        chip_of_row(s, &out[i++]);
    store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *n = i;
    return XK_OK;
}

static enum xk_err open_count(struct store *s, const struct chip_filter *f)
{
    if (f->batch_id && f->state >= 0)
        return store_row(s, &q_count_both, SVS(sv_text(f->batch_id), sv_int(f->state)));
    if (f->batch_id)
        return store_row(s, &q_count_batch, SVS(sv_text(f->batch_id)));
    if (f->state >= 0)
        return store_row(s, &q_count_state, SVS(sv_int(f->state)));
    return store_row(s, &q_count, NULL, 0);
}

enum xk_err chip_count(struct store *s, const struct chip_filter *filter, uint64_t *n)
{
    TRY(open_count(s, filter));
    *n = (uint64_t)store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}
