/* SPDX-License-Identifier: Apache-2.0 */
/* For this room: what a card comes by. */
#ifndef SERVICE_GATE_ROWS_H
#define SERVICE_GATE_ROWS_H

#include "service/gate/gate.h"

#define GATE_RULE_COLUMNS "rule_id, org_id, real_name, scenarios, created_at"

struct gate_subjects {
    char card[GATE_SUBJECT_TEXT], pool[GATE_SUBJECT_TEXT];
    char org[ORG_DEPTH_MAX][GATE_SUBJECT_TEXT]; /* the nearest first; "" in what is left */
};
struct gate_rules {
    struct gate_rule card, pool, org[ORG_DEPTH_MAX]; /* id "": there is none */
};
enum xk_err gate_rules_of(struct store *s, const struct gate_subjects *of, struct gate_rules *out)
    XK_MUST_CHECK;

/* The reason of one that holds for the card, its document or an organisation above it. "" none. */
enum xk_err risk_of(struct store *s, const struct gate_subjects *of, const char *id_hash,
                    int64_t now, char reason[GATE_REASON_MAX + 1]) XK_MUST_CHECK;

#endif
