/* SPDX-License-Identifier: Apache-2.0 */
#include "service/gate/rows.h"

static void read_row(struct store *s, struct gate_rule *out)
{
    *out = (struct gate_rule){0};
    store_get_text(s, 0, out->id, sizeof out->id);
    store_get_text(s, 1, out->org_id, sizeof out->org_id);
    out->real_name = (int)store_get_int(s, 2);
    store_get_text(s, 3, out->scenarios, sizeof out->scenarios);
    out->created_at = store_get_int(s, 4);
}

enum xk_err gate_rule_put(struct store *s, const struct gate_rule *rule)
{
    static const struct store_query q = {
        "gate_rule.put",
        "INSERT INTO gate_rule (" GATE_RULE_COLUMNS ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT"
        " (rule_id) DO UPDATE SET org_id = excluded.org_id, real_name = excluded.real_name,"
        " scenarios = excluded.scenarios"};

    return store_exec(s, &q,
                      SVS(sv_text(rule->id), sv_text(rule->org_id), sv_int(rule->real_name),
                          sv_text(rule->scenarios), sv_int(rule->created_at)),
                      NULL);
}

enum xk_err gate_rule_get(struct store *s, const char *id, struct gate_rule *out)
{
    static const struct store_query q = {"gate_rule.get", "SELECT " GATE_RULE_COLUMNS
                                                          " FROM gate_rule WHERE rule_id = $1"};

    TRY(store_row(s, &q, SVS(sv_text(id))));
    read_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err gate_rule_remove(struct store *s, const char *id)
{
    static const struct store_query q = {"gate_rule.remove",
                                         "DELETE FROM gate_rule WHERE rule_id = $1"};
    int64_t changes = 0;

    TRY(store_exec(s, &q, SVS(sv_text(id)), &changes));
    return changes > 0 ? XK_OK : XK_E_NOT_FOUND;
}

enum xk_err gate_rule_list(struct store *s, const char *org_id, const char *after, size_t limit,
                           enum xk_err (*each)(void *arg, const struct gate_rule *rule), void *arg)
{
    static const struct store_query all = {
        "gate_rule.list", "SELECT " GATE_RULE_COLUMNS " FROM gate_rule WHERE $1 = '' AND"
                          " rule_id > $2 ORDER BY rule_id LIMIT $3"};
    static const struct store_query of_org = {
        "gate_rule.list_org", "SELECT " GATE_RULE_COLUMNS " FROM gate_rule WHERE org_id = $1 AND"
                              " rule_id > $2 ORDER BY rule_id LIMIT $3"};
    enum xk_err err;

    TRY(store_open(s, org_id ? &of_org : &all,
                   SVS(sv_text(org_id ? org_id : ""), sv_text(after), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct gate_rule rule;

        read_row(s, &rule);
        err = each(arg, &rule);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err gate_rule_give(struct store *s, const char *cid, const char *org_id)
{
    static const struct store_query q = {"gate_rule.give",
                                         "UPDATE gate_rule SET org_id = $1 WHERE rule_id = $2"};
    char id[GATE_SUBJECT_TEXT];

    gate_subject_put(GATE_CARD, cid, id);
    return store_exec(s, &q, SVS(sv_text(org_id), sv_text(id)), NULL);
}

/* ---- those of a card ------------------------------------------------------------------------- */

static void place(struct gate_rules *out, const struct gate_subjects *of,
                  const struct gate_rule *rule)
{
    if (strcmp(rule->id, of->card) == 0)
        out->card = *rule;
    else if (strcmp(rule->id, of->pool) == 0)
        out->pool = *rule;
    for (size_t i = 0; i < ORG_DEPTH_MAX; i++) {
        if (strcmp(rule->id, of->org[i]) == 0)
            out->org[i] = *rule;
    }
}

enum xk_err gate_rules_of(struct store *s, const struct gate_subjects *of, struct gate_rules *out)
{
    static const struct store_query q = {
        "gate_rule.of_card", "SELECT " GATE_RULE_COLUMNS " FROM gate_rule WHERE rule_id IN"
                             " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
    const struct gate_rule none = {.real_name = GATE_NOT_SAID};
    struct store_value v[ORG_DEPTH_MAX + 2];
    struct gate_rule rule;
    enum xk_err err;

    out->card = out->pool = none;
    v[0] = sv_text(of->card);
    v[1] = sv_text(of->pool);
    for (size_t i = 0; i < ORG_DEPTH_MAX; i++) {
        out->org[i] = none;
        v[2 + i] = sv_text(of->org[i]);
    }
    TRY(store_open(s, &q, v, ARRAY_LEN(v)));
    while ((err = store_next(s)) == XK_OK) {
        read_row(s, &rule);
        place(out, of, &rule);
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}
