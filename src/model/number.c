/* SPDX-License-Identifier: Apache-2.0 */
#include "model/number.h"

#include <assert.h>

struct state_row {
    enum number_state state;
    const char *name, *zh;
};

struct move_row {
    enum number_state from, to;
};

static const struct state_row states[] = {
#define NUMBER_STATE(id, code, chinese, english) {NUMBER_##id, #id, chinese},
#define NUMBER_MOVE(from, to, why)
#include "model/number.def"
#undef NUMBER_STATE
#undef NUMBER_MOVE
};
static_assert(ARRAY_LEN(states) == 7, "P-24 has 7 states");

static const struct move_row moves[] = {
#define NUMBER_STATE(id, code, chinese, english)
#define NUMBER_MOVE(a, b, why) {NUMBER_##a, NUMBER_##b},
#include "model/number.def"
#undef NUMBER_STATE
#undef NUMBER_MOVE
};
static_assert(ARRAY_LEN(moves) == 11, "P-24 has 11 moves");

static const char *const purposes[] = {"seed", "formal", "test", "demo"};
static_assert(ARRAY_LEN(purposes) == NUMBER_DEMO + 1, "a name a purpose");

static const struct state_row *find_state(enum number_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (states[i].state == state)
            return &states[i];
    }
    return NULL;
}

const char *number_state_name(enum number_state state)
{
    const struct state_row *row = find_state(state);

    return row ? row->name : "?";
}

const char *number_state_zh(enum number_state state)
{
    const struct state_row *row = find_state(state);

    return row ? row->zh : "?";
}

enum xk_err number_state_parse(const char *name, enum number_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (strcmp(states[i].name, name) == 0) {
            *out = states[i].state;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

bool number_may_move(enum number_state from, enum number_state to)
{
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        if (moves[i].from == from && moves[i].to == to)
            return true;
    }
    return false;
}

const char *number_purpose_name(enum number_purpose purpose)
{
    return (size_t)purpose < ARRAY_LEN(purposes) ? purposes[purpose] : "?";
}

enum xk_err number_purpose_parse(const char *name, enum number_purpose *out)
{
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        if (strcmp(purposes[i], name) == 0) {
            *out = (enum number_purpose)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}
