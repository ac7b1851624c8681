/* SPDX-License-Identifier: Apache-2.0 */
#include "model/org.h"

#include <assert.h>

struct name_row {
    int code;
    const char *name, *zh;
};

struct pair_row {
    int a, b;
};

static const struct name_row kinds[] = {
#define ORG_KIND(id, code, zh, en) {code, #id, zh},
#define ORG_UNDER(above, below)
#define ORG_STATE(id, code, zh, en)
#define ORG_MOVE(from, to, why)
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};
static_assert(ARRAY_LEN(kinds) == 7, "P-23 has six roles beside the operator");

static const struct name_row states[] = {
#define ORG_KIND(id, code, zh, en)
#define ORG_UNDER(above, below)
#define ORG_STATE(id, code, zh, en) {code, #id, zh},
#define ORG_MOVE(from, to, why)
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};

static const struct pair_row unders[] = {
#define ORG_KIND(id, code, zh, en)
#define ORG_UNDER(above, below) {ORG_##above, ORG_##below},
#define ORG_STATE(id, code, zh, en)
#define ORG_MOVE(from, to, why)
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};

static const struct pair_row moves[] = {
#define ORG_KIND(id, code, zh, en)
#define ORG_UNDER(above, below)
#define ORG_STATE(id, code, zh, en)
#define ORG_MOVE(from, to, why) {ORG_##from, ORG_##to},
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};

static const struct name_row *by_code(const struct name_row *rows, size_t n, int code)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

static enum xk_err parse(const struct name_row *rows, size_t n, const char *name, int *code)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *code = rows[i].code;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

static bool has_pair(const struct pair_row *rows, size_t n, int a, int b)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].a == a && rows[i].b == b)
            return true;
    }
    return false;
}

const char *org_kind_name(enum org_kind kind)
{
    const struct name_row *row = by_code(kinds, ARRAY_LEN(kinds), (int)kind);

    return row ? row->name : "?";
}

const char *org_kind_zh(enum org_kind kind)
{
    const struct name_row *row = by_code(kinds, ARRAY_LEN(kinds), (int)kind);

    return row ? row->zh : "?";
}

const char *org_state_name(enum org_state state)
{
    const struct name_row *row = by_code(states, ARRAY_LEN(states), (int)state);

    return row ? row->name : "?";
}

const char *org_state_zh(enum org_state state)
{
    const struct name_row *row = by_code(states, ARRAY_LEN(states), (int)state);

    return row ? row->zh : "?";
}

enum xk_err org_kind_parse(const char *name, enum org_kind *out)
{
    int code;

    TRY(parse(kinds, ARRAY_LEN(kinds), name, &code));
    *out = (enum org_kind)code;
    return XK_OK;
}

enum xk_err org_state_parse(const char *name, enum org_state *out)
{
    int code;

    TRY(parse(states, ARRAY_LEN(states), name, &code));
    *out = (enum org_state)code;
    return XK_OK;
}

bool org_may_stand_under(enum org_kind below, enum org_kind above)
{
    return has_pair(unders, ARRAY_LEN(unders), (int)above, (int)below);
}

bool org_may_move(enum org_state from, enum org_state to)
{
    return has_pair(moves, ARRAY_LEN(moves), (int)from, (int)to);
}

bool org_path_holds(const char *path, const char *other)
{
    size_t n = strlen(path);

    return n > 0 && strncmp(path, other, n) == 0;
}
