/* SPDX-License-Identifier: Apache-2.0 */
/* Rules Authorisation Table (SGP.22 2.9.2), ES10b.GetRAT BF43. */
#ifndef CODEC_RSP_RAT_H
#define CODEC_RSP_RAT_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

#define RSP_RAT_RULES_MAX 16
#define RSP_RAT_OPERATORS_MAX 16

struct rsp_ppar {
    uint64_t ppr; /* RSP_BIT(enum rsp_ppr) it allows */
    struct rsp_operator_id operators[RSP_RAT_OPERATORS_MAX];
    size_t operators_n;
    bool consent_required;
};
struct rsp_rat {
    struct rsp_ppar rules[RSP_RAT_RULES_MAX];
    size_t n;
};
/* On failure out is an empty table: nothing is allowed. */
enum xk_err rsp_decode_get_rat_response(struct bytes der, struct rsp_rat *out) XK_MUST_CHECK;
enum xk_err rsp_encode_get_rat_response(const struct rsp_rat *in, struct buf *out) XK_MUST_CHECK;

enum rsp_rat_verdict {
    RSP_RAT_ALLOWED,
    RSP_RAT_ALLOWED_WITH_CONSENT,
    RSP_RAT_NOT_ALLOWED,
};
/* SGP.22 2.9.3.1: may a profile of this owner have this rule? The first rule that names the PPR and
 * the owner decides. An operator matches when mccMnc is equal, a nibble E matching any digit, and a
 * gid that the rule has is the owner's. */
enum rsp_rat_verdict rsp_rat_allows(const struct rsp_rat *rat, enum rsp_ppr ppr,
                                    const struct rsp_operator_id *owner);
/* The same for all rules of a profile at once (bits of ppr1 and ppr2; pprUpdateControl is none):
 * the worst of them. */
enum rsp_rat_verdict rsp_rat_allows_all(const struct rsp_rat *rat, uint64_t ppr,
                                        const struct rsp_operator_id *owner);

#endif
