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
/* All, of a batch, of an organisation, of both; in any state ($2 < 0) or one. */
#define CHIP_LIST(name, where, limit)                                                              \
    {                                                                                              \
        name, "SELECT " CHIP_COLUMNS " FROM chip WHERE cid > $1 AND ($2 < 0 OR state = $2)" where  \
              " ORDER BY cid LIMIT " limit                                                         \
    }
#define CHIP_COUNT(name, where)                                                                    \
    {                                                                                              \
        name, "SELECT COUNT(*) FROM chip WHERE ($1 < 0 OR state = $1)" where                       \
    }
static const struct store_query lists[2][2] = {
    {CHIP_LIST("chip.list", "", "$3"), CHIP_LIST("chip.list_batch", " AND batch_id = $3", "$4")},
    {CHIP_LIST("chip.list_org", " AND org_id = $3", "$4"),
     CHIP_LIST("chip.list_org_batch", " AND org_id = $3 AND batch_id = $4", "$5")},
};
static const struct store_query counts[2][2] = {
    {CHIP_COUNT("chip.count", ""), CHIP_COUNT("chip.count_batch", " AND batch_id = $2")},
    {CHIP_COUNT("chip.count_org", " AND org_id = $2"),
     CHIP_COUNT("chip.count_org_batch", " AND org_id = $2 AND batch_id = $3")},
};

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
    store_get_text(s, 25, out->org_id, sizeof out->org_id);
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

/* What the filter says, behind what there is in v already. */
static size_t put_filter(const struct chip_filter *f, struct store_value *v, size_t n)
{
    v[n++] = sv_int(f->state);
    if (f->org_id)
        v[n++] = sv_text(f->org_id);
    if (f->batch_id)
        v[n++] = sv_text(f->batch_id);
    return n;
}

enum xk_err chip_list(struct store *s, const struct chip_filter *filter, const char *after,
                      struct chip *out, size_t cap, size_t *n)
{
    struct store_value v[5] = {sv_text(after)};
    size_t values = put_filter(filter, v, 1);
    enum xk_err err;
    size_t i = 0;

    v[values++] = sv_int((int64_t)cap);
    TRY(store_open(s, &lists[filter->org_id != NULL][filter->batch_id != NULL], v, values));
    while ((err = store_next(s)) == XK_OK && i < cap)
        chip_of_row(s, &out[i++]);
    store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *n = i;
    return XK_OK;
}

enum xk_err chip_count(struct store *s, const struct chip_filter *filter, uint64_t *n)
{
    struct store_value v[3];

    TRY(store_row(s, &counts[filter->org_id != NULL][filter->batch_id != NULL], v,
                  put_filter(filter, v, 0)));
    *n = (uint64_t)store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}
