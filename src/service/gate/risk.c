/* SPDX-License-Identifier: Apache-2.0 */
#include "service/gate/rows.h"

#define COLUMNS "subject, by_org, reason, until_at, app_id, created_at"

enum xk_err risk_block(struct store *s, const struct risk_block *b)
{
    static const struct store_query q = {
        "risk.block", "INSERT INTO risk_block (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)"
                      " ON CONFLICT (subject, by_org) DO UPDATE SET reason = excluded.reason,"
                      " until_at = excluded.until_at, app_id = excluded.app_id,"
                      " created_at = excluded.created_at"};

    return store_exec(s, &q,
                      SVS(sv_text(b->subject), sv_text(b->by_org), sv_text(b->reason),
                          sv_int(b->until_at), sv_text(b->app_id), sv_int(b->created_at)),
                      NULL);
}

enum xk_err risk_unblock(struct store *s, const char *subject, const char *by_org)
{
    static const struct store_query q = {
        "risk.unblock", "DELETE FROM risk_block WHERE subject = $1 AND by_org = $2"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_text(subject), sv_text(by_org)), &changes));
    return changes > 0 ? XK_OK : XK_E_NOT_FOUND;
}

static void read_row(struct store *s, struct risk_block *out)
{
    *out = (struct risk_block){0};
    store_get_text(s, 0, out->subject, sizeof out->subject);
    store_get_text(s, 1, out->by_org, sizeof out->by_org);
    store_get_text(s, 2, out->reason, sizeof out->reason);
    out->until_at = store_get_int(s, 3);
    store_get_text(s, 4, out->app_id, sizeof out->app_id);
    out->created_at = store_get_int(s, 5);
}

enum xk_err risk_list(struct store *s, const char *by_org, const char *after, int64_t now,
                      size_t limit, enum xk_err (*each)(void *arg, const struct risk_block *b),
                      void *arg)
{
    static const struct store_query all = {
        "risk.list", "SELECT " COLUMNS " FROM risk_block WHERE $1 = '' AND subject > $2 AND"
                     " until_at > $3 ORDER BY subject, by_org LIMIT $4"};
    static const struct store_query of_org = {
        "risk.list_org", "SELECT " COLUMNS " FROM risk_block WHERE by_org = $1 AND subject > $2 AND"
                         " until_at > $3 ORDER BY subject LIMIT $4"};
    enum xk_err err;

    TRY(store_open(
        s, by_org ? &of_org : &all,
        SVS(sv_text(by_org ? by_org : ""), sv_text(after), sv_int(now), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct risk_block b;

        read_row(s, &b);
        err = each(arg, &b);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err risk_of(struct store *s, const struct gate_subjects *of, const char *id_hash,
                    int64_t now, char reason[GATE_REASON_MAX + 1])
{
    static const struct store_query q = {
        "risk.of_card", "SELECT reason FROM risk_block WHERE subject IN"
                        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND until_at > $11"
                        " ORDER BY subject, by_org LIMIT 1"};
    struct store_value v[ORG_DEPTH_MAX + 3];
    char id[GATE_SUBJECT_TEXT] = "";
    enum xk_err err;

    if (id_hash[0])
        gate_subject_put(GATE_ID, id_hash, id);
    v[0] = sv_text(of->card);
    v[1] = sv_text(id);
    for (size_t i = 0; i < ORG_DEPTH_MAX; i++)
        v[2 + i] = sv_text(of->org[i]);
    v[2 + ORG_DEPTH_MAX] = sv_int(now);
    reason[0] = '\0';
    err = store_row(s, &q, v, ARRAY_LEN(v));
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    store_get_text(s, 0, reason, GATE_REASON_MAX + 1);
    store_finish(s);
    return XK_OK;
}
