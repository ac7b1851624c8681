/* SPDX-License-Identifier: Apache-2.0 */
#include "service/org/org.h"

#include "model/ident.h"

#define ORG_COLUMNS "org_id, parent, path, name, kind, state, blocked, created_at, updated_at"
#define ROOT_PATH "/" ORG_ROOT "/"

static void org_of_row(struct store *s, struct org *out)
{
    store_get_text(s, 0, out->id, sizeof out->id);
    store_get_text(s, 1, out->parent, sizeof out->parent);
    store_get_text(s, 2, out->path, sizeof out->path);
    store_get_text(s, 3, out->name, sizeof out->name);
    out->kind = (enum org_kind)store_get_int(s, 4);
    out->state = (enum org_state)store_get_int(s, 5);
    out->blocked = (uint32_t)store_get_int(s, 6);
    out->created_at = store_get_int(s, 7);
    out->updated_at = store_get_int(s, 8);
}

enum xk_err org_get(struct store *s, const char *org_id, struct org *out)
{
    static const struct store_query q = {"org.get",
                                         "SELECT " ORG_COLUMNS " FROM org WHERE org_id = $1"};

    TRY(store_row(s, &q, SVS(sv_text(org_id))));
    org_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err org_children(struct store *s, const char *parent, const char *after, struct org *out,
                         size_t cap, size_t *n)
{
    static const struct store_query q = {"org.children",
                                         "SELECT " ORG_COLUMNS " FROM org WHERE parent = $1 AND "
                                         "org_id > $2 ORDER BY org_id LIMIT $3"};
    enum xk_err err;
    size_t i = 0;

    TRY(store_open(s, &q, SVS(sv_text(parent), sv_text(after), sv_int((int64_t)cap))));
    while ((err = store_next(s)) == XK_OK && i < cap)
        org_of_row(s, &out[i++]);
    store_finish(s);
    *n = i;
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static unsigned depth(const char *path)
{
    unsigned n = 0;

    for (; *path; path++)
        n += *path == '/';
    return n - 1;
}

static enum xk_err check_place(const struct org *o, const struct org *parent)
{
    enum import_reason why;

    if (!ident_is_name(bytes_cstr(o->id), ORG_ID_MAX, &why) ||
        !org_may_stand_under(o->kind, parent->kind))
        return XK_E_VALUE;
    if (depth(parent->path) >= ORG_DEPTH_MAX)
        return XK_E_LIMIT;
    return parent->blocked ? XK_E_STATE : XK_OK;
}

enum xk_err org_create(struct store *s, struct org *o, int64_t now)
{
    static const struct store_query q = {"org.create",
                                         "INSERT INTO org (" ORG_COLUMNS
                                         ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                                         "ON CONFLICT DO NOTHING"};
    struct org parent;
    struct buf path;
    int64_t made;

    TRY(org_get(s, o->parent, &parent));
    TRY(check_place(o, &parent));
    buf_init_fixed(&path, o->path, sizeof o->path);
    buf_printf(&path, "%s%s/", parent.path, o->id);
    buf_put_u8(&path, '\0');
    TRY(buf_ok(&path));
    o->state = ORG_ACTIVE;
    o->blocked = 0;
    o->created_at = o->updated_at = now;
    TRY(store_exec(s, &q,
                   SVS(sv_text(o->id), sv_text(o->parent), sv_text(o->path), sv_text(o->name),
                       sv_int(o->kind), sv_int(o->state), sv_int(0), sv_int(now), sv_int(now)),
                   &made));
    return made == 1 ? XK_OK : XK_E_EXISTS;
}

/* What stands at path and below it is blocked by one more, or by one less. */
static enum xk_err block_tree(struct store *s, const char *path, int step)
{
    static const struct store_query q = {"org.block", "UPDATE org SET blocked = blocked + $1 WHERE "
                                                      "substr(path, 1, length($2)) = $2"};

    return store_exec(s, &q, SVS(sv_int(step), sv_text(path)), NULL);
}

enum xk_err org_move(struct store *s, const char *org_id, enum org_state to, int64_t now)
{
    static const struct store_query q = {
        "org.move", "UPDATE org SET state = $1, updated_at = $2 WHERE org_id = $3 AND state = $4"};
    struct org o;
    int64_t moved;
    int step;

    TRY(org_get(s, org_id, &o));
    if (strcmp(o.id, ORG_ROOT) == 0 || !org_may_move(o.state, to))
        return XK_E_STATE;
    TRY(store_exec(s, &q, SVS(sv_int(to), sv_int(now), sv_text(o.id), sv_int(o.state)), &moved));
    if (moved != 1)
        return XK_E_BUSY;
    step = (to != ORG_ACTIVE) - (o.state != ORG_ACTIVE);
    return step ? block_tree(s, o.path, step) : XK_OK;
}

enum xk_err org_holds(struct store *s, const char *path, const char *org_id, bool *holds)
{
    struct org o;
    enum xk_err err;

    *holds = strcmp(path, ROOT_PATH) == 0;
    if (*holds)
        return XK_OK;
    err = org_get(s, org_id, &o);
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    *holds = org_path_holds(path, o.path);
    return XK_OK;
}
