/* SPDX-License-Identifier: Apache-2.0 */
#include "model/download.h"

#include <assert.h>

struct state_row {
    enum download_state state;
    const char *name, *zh, *en;
};

static const struct state_row states[] = {
#define DOWNLOAD_STATE(id, code, chinese, english) {DOWNLOAD_##id, #id, chinese, english},
#include "model/download.def"
};
static_assert(ARRAY_LEN(states) == 12, "SGP.22 3.1.6 has 9 states, notifications add 3");

static const struct {
    const char *name, *text;
} causes[] = {
#define DOWNLOAD_CAUSE(id, words) {#id, words},
#include "model/download.def"
};
static_assert(ARRAY_LEN(causes) == DOWNLOAD_BY_RESTOCK + 1, "a row a cause");

static const struct {
    enum download_state from;
    enum download_cause cause;
    enum download_state to;
} moves[] = {
#define DOWNLOAD_MOVE(a, why, b, section) {DOWNLOAD_##a, DOWNLOAD_BY_##why, DOWNLOAD_##b},
#include "model/download.def"
};

static const struct {
    enum download_point point;
    const char *text;
} points[] = {
#define DOWNLOAD_POINT(id, number, chinese, english) {DOWNLOAD_AT_##id, english},
#include "model/download.def"
};
static_assert(ARRAY_LEN(points) == 7, "SGP.22 5.3.5 has 4 points, notifications add 3");

static const struct state_row *find_state(enum download_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (states[i].state == state)
            return &states[i];
    }
    return NULL;
}

const char *download_state_name(enum download_state state)
{
    const struct state_row *row = find_state(state);

    return row ? row->name : "?";
}

const char *download_state_zh(enum download_state state)
{
    const struct state_row *row = find_state(state);

    return row ? row->zh : "?";
}

const char *download_state_text(enum download_state state)
{
    const struct state_row *row = find_state(state);

    return row ? row->en : "?";
}

enum xk_err download_state_parse(const char *name, enum download_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (strcmp(states[i].name, name) == 0) {
            *out = states[i].state;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

const char *download_cause_name(enum download_cause cause)
{
    return (size_t)cause < ARRAY_LEN(causes) ? causes[cause].name : "?";
}

const char *download_cause_text(enum download_cause cause)
{
    return (size_t)cause < ARRAY_LEN(causes) ? causes[cause].text : "?";
}

const char *download_point_text(enum download_point point)
{
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        if (points[i].point == point)
            return points[i].text;
    }
    return "";
}

/* SGP.22 3.1.6 */
bool download_move(enum download_state from, enum download_cause cause, enum download_state *to)
{
    if (cause == DOWNLOAD_BY_NOTE) {
        *to = from;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        if (moves[i].from == from && moves[i].cause == cause) {
            *to = moves[i].to;
            return true;
        }
    }
    return false;
}

bool download_is_offered(enum download_state state)
{
    return state == DOWNLOAD_RELEASED || state == DOWNLOAD_DOWNLOADED;
}
