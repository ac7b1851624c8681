/* SPDX-License-Identifier: Apache-2.0 */
#include "service/smds/registry.h"

static void read_event(struct store *s, struct smds_event *e)
{
    *e = (struct smds_event){0};
    store_get_text(s, 0, e->eid, sizeof e->eid);
    store_get_text(s, 1, e->event_id, sizeof e->event_id);
    store_get_text(s, 2, e->address, sizeof e->address);
    store_get_text(s, 3, e->owner, sizeof e->owner);
    e->forwarding = store_get_int(s, 4) != 0;
    store_get_text(s, 5, e->forwarded_id, sizeof e->forwarded_id);
    e->created_at = store_get_int(s, 6);
}

enum xk_err registry_find(struct store *s, const char *eid, const char *event_id, size_t max,
                          struct smds_event *out, size_t *n)
{
    static const struct store_query q = {
        "registry_find",
        "SELECT eid, event_id, address, owner, forwarding, forwarded_id, created_at "
        "FROM smds_event WHERE eid = $1 AND ($2 = '' OR event_id = $2 OR forwarded_id = $2) "
        "ORDER BY created_at, event_id LIMIT $3"};
    enum xk_err err;

    *n = 0;
    TRY(store_open(s, &q, SVS(sv_text(eid), sv_text(event_id), sv_int((int64_t)max))));
    while ((err = store_next(s)) == XK_OK && *n < max)
        read_event(s, &out[(*n)++]);
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err registry_add(struct store *s, const struct smds_event *e)
{
    static const struct store_query q = {
        "registry_add",
        "INSERT INTO smds_event (eid, event_id, address, owner, forwarding, forwarded_id, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (eid, event_id) DO NOTHING"};
    int64_t changes = 0;

    TRY(store_exec(s, &q,
                   SVS(sv_text(e->eid), sv_text(e->event_id), sv_text(e->address),
                       sv_text(e->owner), sv_int(e->forwarding), sv_text(e->forwarded_id),
                       sv_int(e->created_at)),
                   &changes));
    return changes == 1 ? XK_OK : XK_E_EXISTS;
}

enum xk_err registry_delete(struct store *s, const char *eid, const char *event_id)
{
    static const struct store_query q = {"registry_delete",
                                         "DELETE FROM smds_event WHERE eid = $1 AND event_id = $2"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_text(eid), sv_text(event_id)), &changes));
    return changes == 1 ? XK_OK : XK_E_NOT_FOUND;
}
