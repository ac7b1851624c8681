/* SPDX-License-Identifier: Apache-2.0 */
#include "service/notify/outbox.h"

#define IDS_PER_MS 4096 /* more rows a millisecond than any machine writes */

/* P-16: 10 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h */
static const int64_t callback_waits[] = {10000, 30000, 120000, 600000, 3600000, 21600000, 86400000};

void outbox_ids_init(struct outbox_ids *ids, int64_t now)
{
    ids->next = now * IDS_PER_MS;
}

static enum xk_err append(struct outbox_list *list, const struct outbox_item *item)
{
    struct outbox_item *copy = arena_alloc(list->arena, sizeof *copy);
    uint8_t *payload = arena_copy(list->arena, item->payload);

    if (!copy || !payload)
        return XK_E_NOMEM;
    *copy = *item;
    copy->payload.p = payload;
    copy->next = NULL;
    copy->address = arena_strdup(list->arena, item->address);
    copy->group_key = arena_strdup(list->arena, item->group_key ? item->group_key : "");
    if (!copy->address || !copy->group_key)
        return XK_E_NOMEM;
    if (list->last)
        list->last->next = copy;
    else
        list->first = copy;
    list->last = copy;
    return XK_OK;
}

static bool said_in_order(enum outbox_kind kind)
{
    return kind == OUTBOX_CALLBACK || kind == OUTBOX_EXCEPTION || kind == OUTBOX_ES2P;
}

enum xk_err outbox_add(struct store *s, struct outbox_ids *ids, const struct outbox_item *item,
                       struct outbox_list *said)
{
    static const struct store_query insert = {
        "outbox_add", "INSERT INTO outbox (outbox_id, kind, task_id, address, payload, due_at, "
                      "attempts, group_key) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)"};
    struct outbox_item with_id = *item;

    if (item->payload.n > OUTBOX_PAYLOAD_MAX)
        return XK_E_LIMIT;
    with_id.id = ids->next++;
    with_id.attempts = 0;
    if (!said_in_order(item->kind))
        with_id.due_at += OUTBOX_LEASE_MS;
    TRY(store_exec(s, &insert,
                   SV(sv_int(with_id.id), sv_int((int64_t)item->kind),
                      sv_bytes(BYTES_OF(item->task_id)), sv_text(item->address),
                      sv_bytes(item->payload), sv_int(with_id.due_at),
                      sv_text(item->group_key ? item->group_key : "")),
                   7, NULL));
    return said_in_order(item->kind) ? XK_OK : append(said, &with_id);
}

enum xk_err outbox_done(struct store *s, int64_t id)
{
    static const struct store_query q = {"outbox_done", "DELETE FROM outbox WHERE outbox_id = $1"};

    return store_exec(s, &q, SV(sv_int(id)), 1, NULL);
}

enum xk_err outbox_again(struct store *s, int64_t id, int64_t due_at)
{
    static const struct store_query q = {
        "outbox_again",
        "UPDATE outbox SET due_at = $1, attempts = attempts + 1 WHERE outbox_id = $2"};

    return store_exec(s, &q, SV(sv_int(due_at), sv_int(id)), 2, NULL);
}

static enum xk_err read_row(struct store *s, struct outbox_list *out)
{
    struct outbox_item item = {0};
    char address[1024];
    char group[64];

    item.id = store_get_int(s, 0);
    item.kind = (enum outbox_kind)store_get_int(s, 1);
    store_get_fixed(s, 2, item.task_id, sizeof item.task_id);
    store_get_text(s, 3, address, sizeof address);
    item.payload = store_get_bytes(s, 4);
    item.due_at = store_get_int(s, 5);
    item.attempts = (uint32_t)store_get_int(s, 6);
    store_get_text(s, 7, group, sizeof group);
    item.address = address;
    item.group_key = group;
    return append(out, &item);
}

static enum xk_err find_due(struct store *s, int64_t now, size_t limit, struct outbox_list *out)
{
    static const struct store_query q = {
        "outbox_take",
        "SELECT outbox_id, kind, task_id, address, payload, due_at, attempts, group_key "
        "FROM outbox o WHERE due_at <= $1 AND (group_key = '' OR NOT EXISTS (SELECT 1 FROM outbox "
        "e WHERE e.group_key = o.group_key AND e.outbox_id < o.outbox_id)) "
        "ORDER BY outbox_id LIMIT $2"};
    enum xk_err err;

    TRY(store_open(s, &q, SV(sv_int(now), sv_int((int64_t)limit)), 2));
    while ((err = store_next(s)) == XK_OK) {
        err = read_row(s, out);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err outbox_take(struct store *s, int64_t now, size_t limit, struct outbox_list *out)
{
    static const struct store_query lease = {"outbox_lease",
                                             "UPDATE outbox SET due_at = $1 WHERE outbox_id = $2"};
    const struct outbox_item *last = out->last;

    TRY(find_due(s, now, limit, out));
    for (const struct outbox_item *i = last ? last->next : out->first; i; i = i->next)
        TRY(store_exec(s, &lease, SV(sv_int(now + OUTBOX_LEASE_MS), sv_int(i->id)), 2, NULL));
    return XK_OK;
}

enum xk_err outbox_wake(struct store *s)
{
    static const struct store_query q = {"outbox_wake", "UPDATE outbox SET due_at = $1"};

    return store_exec(s, &q, SV(sv_int(0)), 1, NULL);
}

enum xk_err outbox_next_due(struct store *s, int64_t *at)
{
    static const struct store_query q = {"outbox_next_due",
                                         "SELECT COALESCE(MIN(due_at), $1) FROM outbox"};

    TRY(store_open(s, &q, SV(sv_int(INT64_MAX)), 1));
    enum xk_err err = store_next(s);

    if (err == XK_OK)
        *at = store_get_int(s, 0);
    store_finish(s);
    return err;
}

int64_t outbox_callback_wait(uint32_t attempt)
{
    return attempt >= 1 && attempt <= ARRAY_LEN(callback_waits) ? callback_waits[attempt - 1] : 0;
}

enum xk_err outbox_bury(struct store *s, int64_t id, const char *reason, int64_t now)
{
    static const struct store_query copy = {
        "outbox_bury",
        "INSERT INTO callback_dead (outbox_id, task_id, url, payload, reason, at, kind) "
        "SELECT outbox_id, task_id, address, payload, CAST($1 AS TEXT), CAST($2 AS BIGINT), kind "
        "FROM outbox WHERE outbox_id = $3"};

    TRY(store_exec(s, &copy, SV(sv_text(reason), sv_int(now), sv_int(id)), 3, NULL));
    return outbox_done(s, id);
}

enum xk_err outbox_revive(struct store *s, int64_t id, int64_t now)
{
    static const struct store_query copy = {
        "outbox_revive",
        "INSERT INTO outbox (outbox_id, kind, task_id, address, payload, due_at, attempts, "
        "group_key) SELECT outbox_id, kind, task_id, url, payload, CAST($1 AS BIGINT), 0, '' FROM "
        "callback_dead WHERE outbox_id = $2"};
    static const struct store_query drop = {"outbox_unbury",
                                            "DELETE FROM callback_dead WHERE outbox_id = $1"};
    int64_t changes;

    TRY(store_exec(s, &copy, SV(sv_int(now), sv_int(id)), 2, &changes));
    if (changes == 0)
        return XK_E_NOT_FOUND;
    return store_exec(s, &drop, SV(sv_int(id)), 1, NULL);
}
