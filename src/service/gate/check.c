/* SPDX-License-Identifier: Apache-2.0 */
/* All gates of one write, in the order in which a refusal tells most. */
#include "model/code.h"
#include "service/gate/rows.h"

void gate_path_subjects(const char *path, char out[ORG_DEPTH_MAX][GATE_SUBJECT_TEXT])
{
    size_t end = strlen(path), n = 0;

    memset(out, 0, ORG_DEPTH_MAX * sizeof out[0]);
    while (end > 1 && n < ORG_DEPTH_MAX) { /* path[end - 1] is a slash */
        size_t from = end - 1;

        while (from > 0 && path[from - 1] != '/')
            from--;
        snprintf(out[n++], GATE_SUBJECT_TEXT, "org:%.*s", (int)(end - 1 - from), path + from);
        end = from;
    }
}

static void refuse(struct gate_verdict *v, int code, const char *detail)
{
    v->code = code;
    snprintf(v->detail, sizeof v->detail, "%.*s", (int)sizeof v->detail - 1, detail);
}

/* ---- risk ------------------------------------------------------------------------------------ */

static enum xk_err check_risk(struct store *s, const struct gate_ask *ask,
                              const struct gate_subjects *of, struct gate_verdict *v)
{
    char reason[GATE_REASON_MAX + 1];
    struct real_name r = {0};
    enum xk_err err = real_name_get(s, of->card, &r);

    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    TRY(risk_of(s, of, r.closed ? "" : r.id_hash, ask->now, reason));
    if (reason[0])
        refuse(v, CODE_RISK, reason);
    return XK_OK;
}

/* ---- use ------------------------------------------------------------------------------------- */

/* What is declared for the card: its own list, else that of the nearest organisation above it.
 * Nobody declares more than those above him. */
static const char *declared(const struct gate_rules *r, struct gate_verdict *v)
{
    const char *own = r->card.scenarios;

    for (size_t i = 0; i < ORG_DEPTH_MAX; i++) {
        const char *list = r->org[i].scenarios;

        if (list[0] == '\0')
            continue;
        if (own[0] == '\0')
            own = list;
        if (!gate_scenarios_within(own, list))
            refuse(v, CODE_SCENARIO, own);
    }
    return own;
}

/* Test and demonstration are uses of their own: their numbers are for nothing else, and other
 * numbers are not for them. */
static bool purpose_fits(enum number_purpose purpose, const char *uses)
{
    if (uses[0] == '\0')
        return true;
    if (purpose == NUMBER_TEST || purpose == NUMBER_DEMO)
        return gate_scenarios_within(uses, number_purpose_name(purpose));
    return !gate_scenarios_within("test", uses) && !gate_scenarios_within("demo", uses);
}

static void check_use(const struct gate_ask *ask, const struct gate_rules *r,
                      struct gate_verdict *v)
{
    const char *uses = declared(r, v);
    const char *of_pool = r->pool.scenarios;

    if (v->code != CODE_OK || !ask->pool)
        return;
    if (of_pool[0] && (uses[0] == '\0' || !gate_scenarios_within(uses, of_pool)))
        refuse(v, CODE_SCENARIO, of_pool);
    else if (!purpose_fits(ask->pool->purpose, uses))
        refuse(v, CODE_SCENARIO, number_purpose_name(ask->pool->purpose));
}

/* The strictest counts: nobody below loosens what is wanted above. */
static enum gate_real_name wanted(const struct gate_rules *r)
{
    int want = r->card.real_name > r->pool.real_name ? r->card.real_name : r->pool.real_name;

    for (size_t i = 0; i < ORG_DEPTH_MAX; i++)
        want = r->org[i].real_name > want ? r->org[i].real_name : want;
    return want > GATE_REAL_NAME_OFF ? (enum gate_real_name)want : GATE_REAL_NAME_OFF;
}

enum xk_err gate_check(struct store *s, const struct gate_ask *ask, struct gate_verdict *out)
{
    struct gate_verdict v = {.code = CODE_OK};
    struct gate_subjects of = {0};
    struct gate_rules rules;

    gate_subject_put(GATE_CARD, ask->chip->cid, of.card);
    if (ask->pool)
        gate_subject_put(GATE_POOL, ask->pool->id, of.pool);
    gate_path_subjects(ask->org_path, of.org);
    TRY(check_risk(s, ask, &of, &v));
    TRY(gate_rules_of(s, &of, &rules));
    if (v.code == CODE_OK)
        check_use(ask, &rules, &v);
    v.want = wanted(&rules);
    *out = v;
    return XK_OK;
}
