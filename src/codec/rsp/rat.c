/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/rat.h"

#define CONSENT_REQUIRED RSP_BIT(0) /* pprFlags */
#define ANY_DIGIT 0xE

static void get_operators(struct der *d, struct rsp_ppar *out)
{
    struct der list = der_enter(d, TAG_A1);

    while (der_more(&list)) {
        struct rsp_operator_id id;

        rsp_get_operator_id(&list, DER_SEQUENCE, &id);
        if (out->operators_n == RSP_RAT_OPERATORS_MAX)
            der_fail(&list, XK_E_LIMIT);
        else
            out->operators[out->operators_n++] = id;
    }
    der_leave(d, &list);
}

static void get_rule(struct der *d, struct rsp_ppar *out)
{
    struct der r = der_enter(d, DER_SEQUENCE);

    *out = (struct rsp_ppar){.ppr = der_bits(&r, TAG_0)};
    get_operators(&r, out);
    out->consent_required = (der_bits(&r, TAG_2) & CONSENT_REQUIRED) != 0;
    der_leave(d, &r);
}

/* SGP.22 5.7.22. Automatic tags: the table is [0]. */
enum xk_err rsp_decode_get_rat_response(struct bytes der, struct rsp_rat *out)
{
    struct der d = der_open(der, TAG_GET_RAT);
    struct der list = der_enter(&d, TAG_A0);
    struct rsp_ppar rule;
    enum xk_err err;

    out->n = 0;
    while (der_more(&list)) {
        get_rule(&list, &rule);
        if (out->n == RSP_RAT_RULES_MAX)
            der_fail(&list, XK_E_LIMIT);
        else
            out->rules[out->n++] = rule;
    }
    der_leave(&d, &list);
    err = der_finish(&d);
    if (err != XK_OK)
        out->n = 0;
    return err;
}

static void put_rule(const struct rsp_ppar *in, struct buf *out)
{
    size_t at = der_begin(out, DER_SEQUENCE), list_at;

    der_put_bits(out, TAG_0, in->ppr);
    list_at = der_begin(out, TAG_A1);
    for (size_t i = 0; i < in->operators_n; i++)
        rsp_put_operator_id(out, DER_SEQUENCE, &in->operators[i]);
    der_close(out, list_at);
    der_put_bits(out, TAG_2, in->consent_required ? CONSENT_REQUIRED : 0);
    der_close(out, at);
}

enum xk_err rsp_encode_get_rat_response(const struct rsp_rat *in, struct buf *out)
{
    size_t at, list_at;

    if (in->n > RSP_RAT_RULES_MAX)
        return XK_E_LIMIT;
    at = der_begin(out, TAG_GET_RAT);
    list_at = der_begin(out, TAG_A0);
    for (size_t i = 0; i < in->n; i++)
        put_rule(&in->rules[i], out);
    der_close(out, list_at);
    der_close(out, at);
    return buf_ok(out);
}

static bool digits_match(struct bytes rule, struct bytes owner)
{
    if (rule.n != 3 || owner.n != 3)
        return false;
    for (size_t i = 0; i < 2 * rule.n; i++) {
        unsigned shift = i % 2 ? 4 : 0;
        unsigned want = rule.p[i / 2] >> shift & 15, got = owner.p[i / 2] >> shift & 15;

        if (want != ANY_DIGIT && want != got)
            return false;
    }
    return true;
}

/* A gid that the rule has not is any. */
static bool operator_matches(const struct rsp_operator_id *rule,
                             const struct rsp_operator_id *owner)
{
    return digits_match(rule->mcc_mnc, owner->mcc_mnc) &&
           (!DER_PRESENT(rule->gid1) || bytes_eq(rule->gid1, owner->gid1)) &&
           (!DER_PRESENT(rule->gid2) || bytes_eq(rule->gid2, owner->gid2));
}

static bool rule_names(const struct rsp_ppar *rule, enum rsp_ppr ppr,
                       const struct rsp_operator_id *owner)
{
    if (!(rule->ppr & RSP_BIT(ppr)))
        return false;
    for (size_t i = 0; i < rule->operators_n; i++)
        if (operator_matches(&rule->operators[i], owner))
            return true;
    return false;
}

/* SGP.22 2.9.3.1 */
enum rsp_rat_verdict rsp_rat_allows(const struct rsp_rat *rat, enum rsp_ppr ppr,
                                    const struct rsp_operator_id *owner)
{
    for (size_t i = 0; i < rat->n; i++)
        if (rule_names(&rat->rules[i], ppr, owner))
            return rat->rules[i].consent_required ? RSP_RAT_ALLOWED_WITH_CONSENT : RSP_RAT_ALLOWED;
    return RSP_RAT_NOT_ALLOWED;
}

enum rsp_rat_verdict rsp_rat_allows_all(const struct rsp_rat *rat, uint64_t ppr,
                                        const struct rsp_operator_id *owner)
{
    static const enum rsp_ppr pprs[] = {RSP_PPR_1, RSP_PPR_2};
    enum rsp_rat_verdict worst = RSP_RAT_ALLOWED;

    for (size_t i = 0; i < ARRAY_LEN(pprs); i++) {
        enum rsp_rat_verdict verdict;

        if (!(ppr & RSP_BIT(pprs[i])))
            continue;
        verdict = rsp_rat_allows(rat, pprs[i], owner);
        if (verdict > worst)
            worst = verdict;
    }
    return worst;
}
