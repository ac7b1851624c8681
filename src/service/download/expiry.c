/* SPDX-License-Identifier: Apache-2.0 */
/* Orders, sessions and calls that are over. */
#include "service/download/rows.h"

#define AT_A_TIME_MAX 64

static enum xk_err find_over(struct download_ctx *c, size_t limit,
                             char (*iccids)[DOWNLOAD_ICCID_TEXT], size_t *n)
{
    /* smds 1: it is being confirmed, which ends within the time of one call (enum download_smds) */
    static const struct store_query q = {
        "download_over", "SELECT iccid FROM profile WHERE expires_at <= $1 AND state > 0 AND "
                         "state < 6 AND smds <> 1 ORDER BY expires_at LIMIT $2"};
    enum xk_err err;

    *n = 0;
    TRY(store_open(c->store, &q, SVS(sv_int(c->now), sv_int((int64_t)limit))));
    while ((err = store_next(c->store)) == XK_OK && *n < limit)
        store_get_text(c->store, 0, iccids[(*n)++], DOWNLOAD_ICCID_TEXT);
    store_finish(c->store);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* A package that was handed out may still be installed: its binding stays until the order is
 * cancelled or the result comes. */
static enum xk_err end_one(struct download_ctx *c, const char *iccid)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_EXPIRE,
                                         .point = DOWNLOAD_AT_ELIGIBILITY,
                                         .failed = true,
                                         .verdict = {"8.8.5", "4.10"}};
    struct download d;

    TRY(download_find_by_iccid(c, iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    d.ended = event.verdict;
    d.expires_at = INT64_MAX;
    TRY(download_forget_event(c, &d));
    return download_step(c, &d, &event);
}

static enum xk_err drop_sessions(struct download_ctx *c)
{
    static const struct store_query q = {"session_expire",
                                         "DELETE FROM rsp_session WHERE keep_until < $1"};

    return store_exec(c->store, &q, SVS(sv_int(c->now)), NULL);
}

static enum xk_err drop_calls(struct download_ctx *c)
{
    static const struct store_query q = {"call_expire",
                                         "DELETE FROM es2p_call WHERE at < $1 AND outbox_id = 0"};

    return store_exec(c->store, &q, SVS(sv_int(c->now - c->policy->call_ms)), NULL);
}

enum xk_err download_on_time(struct download_ctx *c, size_t limit, size_t *n)
{
    char iccids[AT_A_TIME_MAX][DOWNLOAD_ICCID_TEXT];

    TRY(find_over(c, limit < AT_A_TIME_MAX ? limit : AT_A_TIME_MAX, iccids, n));
    for (size_t i = 0; i < *n; i++)
        TRY(end_one(c, iccids[i]));
    TRY(drop_sessions(c));
    return drop_calls(c);
}
