/* SPDX-License-Identifier: Apache-2.0 */
#include "service/gate/gate.h"

#define COLUMNS "subject, id_type, id_hash, name, level, closed, app_id, created_at, updated_at"

static void read_row(struct store *s, struct real_name *out)
{
    *out = (struct real_name){0};
    store_get_text(s, 0, out->subject, sizeof out->subject);
    out->id_type = (enum gate_id_type)store_get_int(s, 1);
    store_get_text(s, 2, out->id_hash, sizeof out->id_hash);
    store_get_text(s, 3, out->name, sizeof out->name);
    out->level = (uint32_t)store_get_int(s, 4);
    out->closed = store_get_int(s, 5) != 0;
    store_get_text(s, 6, out->app_id, sizeof out->app_id);
    out->created_at = store_get_int(s, 7);
    out->updated_at = store_get_int(s, 8);
}

static enum xk_err count(struct store *s, const char *id_hash, const char *but, int64_t *n)
{
    static const struct store_query q = {"real_name.count",
                                         "SELECT COUNT(*) FROM real_name WHERE id_hash = $1 AND "
                                         "counts = 1 AND closed = 0 AND subject <> $2"};

    TRY(store_row(s, &q, SVS(sv_text(id_hash), sv_text(but))));
    *n = store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}

enum xk_err real_name_count(struct store *s, const char *id_hash, int64_t *n)
{
    return count(s, id_hash, "", n);
}

enum xk_err real_name_put(struct store *s, const struct real_name *r)
{
    static const struct store_query q = {
        "real_name.put",
        "INSERT INTO real_name (subject, id_type, id_hash, name, level, counts, closed, app_id,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9) ON CONFLICT"
        " (subject) DO UPDATE SET id_type = excluded.id_type, id_hash = excluded.id_hash,"
        " name = excluded.name, level = excluded.level, counts = excluded.counts, closed = 0,"
        " app_id = excluded.app_id, updated_at = excluded.updated_at"};
    bool counts = gate_id_type_counts(r->id_type);
    int64_t others = 0;

    if (counts)
        TRY(count(s, r->id_hash, r->subject, &others));
    if (others >= GATE_CARDS_MAX)
        return XK_E_LIMIT;
    return store_exec(s, &q,
                      SVS(sv_text(r->subject), sv_int((int64_t)r->id_type), sv_text(r->id_hash),
                          sv_text(r->name), sv_int(r->level), sv_int(counts), sv_text(r->app_id),
                          sv_int(r->created_at), sv_int(r->updated_at)),
                      NULL);
}

enum xk_err real_name_get(struct store *s, const char *subject, struct real_name *out)
{
    static const struct store_query q = {"real_name.get",
                                         "SELECT " COLUMNS " FROM real_name WHERE subject = $1"};

    TRY(store_row(s, &q, SVS(sv_text(subject))));
    read_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err real_name_remove(struct store *s, const char *subject)
{
    static const struct store_query q = {"real_name.remove",
                                         "DELETE FROM real_name WHERE subject = $1"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_text(subject)), &changes));
    return changes > 0 ? XK_OK : XK_E_NOT_FOUND;
}

enum xk_err real_name_close(struct store *s, const char *cid, int64_t now)
{
    static const struct store_query q = {
        "real_name.close", "UPDATE real_name SET closed = 1, updated_at = $1 WHERE subject = $2"};
    char subject[GATE_SUBJECT_TEXT];

    gate_subject_put(GATE_CARD, cid, subject);
    return store_exec(s, &q, SVS(sv_int(now), sv_text(subject)), NULL);
}

static enum xk_err is_registered(struct store *s, const char *subject, bool *is)
{
    struct real_name r;
    enum xk_err err = real_name_get(s, subject, &r);

    *is = err == XK_OK && !r.closed;
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static enum xk_err org_is_registered(struct store *s, const char *path, bool *is)
{
    char orgs[ORG_DEPTH_MAX][GATE_SUBJECT_TEXT];

    gate_path_subjects(path, orgs);
    *is = false;
    for (size_t i = 0; i < ORG_DEPTH_MAX && orgs[i][0] && !*is; i++) {
        if (i > 0 && strcmp(orgs[i], "org:" ORG_ROOT) == 0)
            break;
        TRY(is_registered(s, orgs[i], is));
    }
    return XK_OK;
}

enum xk_err gate_ask_register(struct store *s, const struct gate_person *p,
                              enum gate_answer *answer)
{
    char subject[GATE_SUBJECT_TEXT];
    bool known;

    gate_subject_put(GATE_CARD, p->cid, subject);
    TRY(is_registered(s, subject, &known));
    if (!known && p->want == GATE_REAL_NAME_COMPANY)
        TRY(org_is_registered(s, p->org_path, &known));
    *answer = known ? GATE_YES : GATE_NO;
    return XK_OK;
}
