/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
} real_names[] = {
#define GATE_REAL_NAME(id, code, zh, en) {#id},
#define GATE_ID_TYPE(id, code, counts, zh, en)
#include "model/gate.def"
#undef GATE_REAL_NAME
#undef GATE_ID_TYPE
};
static_assert(ARRAY_LEN(real_names) == GATE_REAL_NAME_PERSONAL + 1, "in order of their codes");

static const struct {
    const char *name, *zh;
    bool counts;
} id_types[] = {
#define GATE_REAL_NAME(id, code, zh, en)
#define GATE_ID_TYPE(id, code, counts, zh, en) {#id, zh, counts},
#include "model/gate.def"
#undef GATE_REAL_NAME
#undef GATE_ID_TYPE
};
static_assert(ARRAY_LEN(id_types) == GATE_ID_LICENCE + 1, "in order of their codes");

static const char *const subjects[] = {[GATE_CARD] = "card:",
                                       [GATE_ORG] = "org:",
                                       [GATE_POOL] = "pool:",
                                       [GATE_ID] = ""}; /* has no colon in it */

void gate_subject_put(enum gate_subject kind, const char *id, char out[GATE_SUBJECT_TEXT])
{
    snprintf(out, GATE_SUBJECT_TEXT, "%s%s", subjects[kind], id);
}

enum xk_err gate_subject_parse(const char *text, enum gate_subject *kind, const char **id)
{
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        size_t n = strlen(subjects[i]);

        if (strncmp(text, subjects[i], n) != 0 || (n == 0 && strlen(text) != GATE_HASH_TEXT - 1))
            continue;
        if (kind)
            *kind = (enum gate_subject)i;
        *id = text + n;
        return XK_OK;
    }
    return XK_E_VALUE;
}

const char *gate_real_name_name(int want)
{
    return want >= 0 && (size_t)want < ARRAY_LEN(real_names) ? real_names[want].name : NULL;
}

enum xk_err gate_real_name_parse(const char *name, int *out)
{
    for (size_t i = 0; i < ARRAY_LEN(real_names); i++) {
        if (strcmp(real_names[i].name, name) == 0) {
            *out = (int)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

const char *gate_id_type_name(enum gate_id_type type)
{
    return (size_t)type < ARRAY_LEN(id_types) ? id_types[type].name : "?";
}

const char *gate_id_type_zh(enum gate_id_type type)
{
    return (size_t)type < ARRAY_LEN(id_types) ? id_types[type].zh : "?";
}

bool gate_id_type_counts(enum gate_id_type type)
{
    return (size_t)type < ARRAY_LEN(id_types) && id_types[type].counts;
}

enum xk_err gate_id_type_parse(const char *name, enum gate_id_type *out)
{
    for (size_t i = 0; i < ARRAY_LEN(id_types); i++) {
        if (strcmp(id_types[i].name, name) == 0) {
            *out = (enum gate_id_type)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

static bool is_in(struct bytes part, const char *list)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (bytes_eq(BYTES(at, strcspn(at, ",")), part))
            return true;
    }
    return false;
}

bool gate_scenarios_within(const char *list, const char *other)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (!is_in(BYTES(at, strcspn(at, ",")), other))
            return false;
    }
    return true;
}
