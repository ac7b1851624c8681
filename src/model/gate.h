/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked before a card gets a number: who is behind it, what it is for, who stopped it. */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include "base/bytes.h"

#define GATE_REAL_NAME(id, code, zh, en) GATE_REAL_NAME_##id = code,
#define GATE_ID_TYPE(id, code, counts, zh, en)
enum gate_real_name {
#include "model/gate.def"
};
#undef GATE_REAL_NAME
#undef GATE_ID_TYPE
#define GATE_REAL_NAME(id, code, zh, en)
#define GATE_ID_TYPE(id, code, counts, zh, en) GATE_ID_##id = code,
enum gate_id_type {
#include "model/gate.def"
};
#undef GATE_REAL_NAME
#undef GATE_ID_TYPE

#define GATE_HASH_TEXT 65 /* SHA-256, lower-case hex */
#define GATE_REASON_MAX 128
#define GATE_SCENARIOS_MAX 256
#define GATE_CARDS_MAX 10 /* of one document (P-7) */

/* Things that a rule, a registration or a block is about: "card:<cid>", "org:<id>", "pool:<id>", or
 * the hash of a document. */
#define GATE_SUBJECT_TEXT 65
enum gate_subject { GATE_CARD, GATE_ORG, GATE_POOL, GATE_ID };
void gate_subject_put(enum gate_subject kind, const char *id, char out[GATE_SUBJECT_TEXT]);
/* The id; kind may be NULL. XK_E_VALUE: it is none. */
enum xk_err gate_subject_parse(const char *text, enum gate_subject *kind, const char **id)
    XK_MUST_CHECK;

struct real_name {
    char subject[GATE_SUBJECT_TEXT];
    enum gate_id_type id_type;
    char id_hash[GATE_HASH_TEXT];
    char name[65]; /* masked */
    uint32_t level;
    bool closed;
    char app_id[33];
    int64_t created_at, updated_at;
};

#define GATE_NOT_SAID (-1)
struct gate_rule {
    char id[GATE_SUBJECT_TEXT];
    char org_id[33];
    int real_name; /* enum gate_real_name, or GATE_NOT_SAID */
    char scenarios[GATE_SCENARIOS_MAX + 1];
    int64_t created_at;
};

struct risk_block {
    char subject[GATE_SUBJECT_TEXT];
    char by_org[33], app_id[33];
    char reason[GATE_REASON_MAX + 1];
    int64_t until_at; /* INT64_MAX: for good */
    int64_t created_at;
};

const char *gate_real_name_name(int want); /* "PERSONAL"; NULL for GATE_NOT_SAID */
enum xk_err gate_real_name_parse(const char *name, int *out) XK_MUST_CHECK;
const char *gate_id_type_name(enum gate_id_type type); /* "ID_CARD" */
const char *gate_id_type_zh(enum gate_id_type type);
bool gate_id_type_counts(enum gate_id_type type);
enum xk_err gate_id_type_parse(const char *name, enum gate_id_type *out) XK_MUST_CHECK;
/* Whether each part of the one list, with commas, is one of the other. */
bool gate_scenarios_within(const char *list, const char *other);

#endif
