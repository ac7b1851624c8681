/* SPDX-License-Identifier: Apache-2.0 */
#include "service/custody/custody.h"

#define COLUMNS "m.move_id, m.at, m.kind, m.from_org, m.to_org, m.cards, m.document, m.app_id"

struct kind_row {
    enum custody_kind kind;
    const char *name, *zh;
};

static const struct kind_row kinds[] = {
#define CUSTODY_KIND(id, code, zh, en) {CUSTODY_##id, #id, zh},
#include "service/custody/custody.def"
#undef CUSTODY_KIND
};

const char *custody_kind_name(enum custody_kind kind)
{
    return (size_t)kind < ARRAY_LEN(kinds) ? kinds[kind].name : "?";
}

const char *custody_kind_zh(enum custody_kind kind)
{
    return (size_t)kind < ARRAY_LEN(kinds) ? kinds[kind].zh : "?";
}

enum xk_err custody_kind_parse(const char *name, enum custody_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *out = kinds[i].kind;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

/* ---- moving ---------------------------------------------------------------------------------- */

static enum xk_err add_move(struct store *s, struct custody_move *m)
{
    static const struct store_query q = {
        "custody_add", "INSERT INTO custody_move (move_id, at, kind, from_org, to_org, cards, "
                       "document, app_id) VALUES ((SELECT COALESCE(MAX(move_id), 0) + 1 FROM "
                       "custody_move), $1, $2, $3, $4, $5, $6, $7) RETURNING move_id"};

    TRY(store_row(s, &q,
                  SVS(sv_int(m->at), sv_int(m->kind), sv_text(m->from_org), sv_text(m->to_org),
                      sv_int(m->cards), sv_text(m->document), sv_text(m->app_id))));
    m->id = store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}

/* Out of one hand, into the other; no hand gives what it has not. */
static enum xk_err post_balance(struct store *s, const struct custody_move *m)
{
    static const struct store_query out = {
        "custody_out", "UPDATE custody_balance SET cards = cards - $1 WHERE org_id = $2 AND "
                       "cards >= $1"};
    static const struct store_query in = {
        "custody_in", "INSERT INTO custody_balance (org_id, cards) VALUES ($1, $2) ON CONFLICT "
                      "(org_id) DO UPDATE SET cards = custody_balance.cards + excluded.cards"};
    int64_t moved = 1;

    if (m->from_org[0])
        TRY(store_exec(s, &out, SVS(sv_int(m->cards), sv_text(m->from_org)), &moved));
    if (moved != 1)
        return XK_E_INTERNAL;
    return store_exec(s, &in, SVS(sv_text(m->to_org), sv_int(m->cards)), NULL);
}

enum xk_err custody_made(struct store *s, struct custody_move *m)
{
    static const struct store_query count = {
        "custody_count_new",
        "SELECT COUNT(*) FROM chip WHERE org_id = $1 AND created_at = $2 AND NOT EXISTS (SELECT 1 "
        "FROM custody_card c WHERE c.cid = chip.cid)"};
    static const struct store_query note = {
        "custody_note_new",
        "INSERT INTO custody_card (cid, move_id) SELECT cid, $1 FROM chip WHERE org_id = $2 AND "
        "created_at = $3 AND NOT EXISTS (SELECT 1 FROM custody_card c WHERE c.cid = chip.cid)"};
    int64_t noted;

    m->kind = CUSTODY_MADE;
    m->from_org[0] = '\0';
    TRY(store_row(s, &count, SVS(sv_text(m->to_org), sv_int(m->at))));
    m->cards = store_get_int(s, 0);
    store_finish(s);
    if (m->cards == 0)
        return XK_OK;
    TRY(add_move(s, m));
    TRY(store_exec(s, &note, SVS(sv_int(m->id), sv_text(m->to_org), sv_int(m->at)), &noted));
    return noted == m->cards ? post_balance(s, m) : XK_E_INTERNAL;
}

static enum xk_err give_one(struct store *s, const struct custody_move *m, const char *cid)
{
    static const struct store_query note = {
        "custody_note", "INSERT INTO custody_card (cid, move_id) VALUES ($1, $2) ON CONFLICT DO "
                        "NOTHING"};
    struct chip chip;
    int64_t noted;

    TRY(chip_get(s, cid, &chip));
    if (strcmp(chip.org_id, m->from_org) != 0)
        return XK_E_DENIED;
    TRY(chip_give(s, cid, m->to_org, m->at));
    TRY(store_exec(s, &note, SVS(sv_text(cid), sv_int(m->id)), &noted));
    return noted == 1 ? XK_OK : XK_E_DENIED; /* twice in one list: it has gone already */
}

enum xk_err custody_give(struct store *s, struct custody_move *m, const char *const *cids, size_t n,
                         size_t *at)
{
    m->cards = (int64_t)n;
    *at = 0;
    if (strcmp(m->from_org, m->to_org) == 0)
        return XK_E_DENIED;
    TRY(add_move(s, m));
    for (*at = 0; *at < n; ++*at)
        TRY(give_one(s, m, cids[*at]));
    return post_balance(s, m);
}

/* ---- looking --------------------------------------------------------------------------------- */

enum xk_err custody_balance(struct store *s, const char *org_id, int64_t *cards)
{
    static const struct store_query q = {"custody_balance",
                                         "SELECT cards FROM custody_balance WHERE org_id = $1"};
    enum xk_err err = store_row(s, &q, SVS(sv_text(org_id)));

    *cards = 0;
    if (err == XK_E_NOT_FOUND)
        return XK_OK;
    TRY(err);
    *cards = store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}

static enum xk_err
each_move(struct store *s, enum xk_err (*each)(void *arg, const struct custody_move *m), void *arg)
{
    enum xk_err err;

    while ((err = store_next(s)) == XK_OK) {
        struct custody_move m = {.id = store_get_int(s, 0),
                                 .at = store_get_int(s, 1),
                                 .kind = (enum custody_kind)store_get_int(s, 2),
                                 .cards = store_get_int(s, 5)};

        store_get_text(s, 3, m.from_org, sizeof m.from_org);
        store_get_text(s, 4, m.to_org, sizeof m.to_org);
        store_get_text(s, 6, m.document, sizeof m.document);
        store_get_text(s, 7, m.app_id, sizeof m.app_id);
        err = each(arg, &m);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err custody_of_card(struct store *s, const char *cid,
                            enum xk_err (*each)(void *arg, const struct custody_move *m), void *arg)
{
    static const struct store_query q = {
        "custody_of_card", "SELECT " COLUMNS " FROM custody_card c JOIN custody_move m ON "
                           "m.move_id = c.move_id WHERE c.cid = $1 ORDER BY m.move_id"};

    TRY(store_open(s, &q, SVS(sv_text(cid))));
    return each_move(s, each, arg);
}

enum xk_err custody_list(struct store *s, const char *org_id, int64_t after, size_t limit,
                         enum xk_err (*each)(void *arg, const struct custody_move *m), void *arg)
{
    static const struct store_query all = {
        "custody_all", "SELECT " COLUMNS " FROM custody_move m WHERE $1 = '' AND m.move_id > $2 "
                       "ORDER BY m.move_id LIMIT $3"};
    static const struct store_query of_org = {
        "custody_of_org", "SELECT " COLUMNS " FROM custody_move m WHERE (m.from_org = $1 OR "
                          "m.to_org = $1) AND m.move_id > $2 ORDER BY m.move_id LIMIT $3"};

    TRY(store_open(s, org_id ? &of_org : &all,
                   SVS(sv_text(org_id ? org_id : ""), sv_int(after), sv_int((int64_t)limit))));
    return each_move(s, each, arg);
}
