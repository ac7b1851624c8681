/* SPDX-License-Identifier: Apache-2.0 */
#include "model/task.h"

#include <assert.h>

static const struct task_state_info states[] = {
#define TASK_STATE(id, code, sort, dwell, chinese, english)                                        \
    {.state = TASK_##id, .name = #id, .kind = sort, .dwell_s = dwell, .zh = chinese, .en = english},
#include "model/task.def"
#undef TASK_STATE
};
static_assert(ARRAY_LEN(states) == 19, "P-12 has 10 states of the path and 9 endings");

static const char *const modes[] = {"NEW", "SWAP", "RESTORE", "DELETE", "REVOKE"};
static_assert(ARRAY_LEN(modes) == TASK_MODE_REVOKE + 1, "a name a mode");
static const char *const channels[] = {"AUTO", "SMS", "BIP", "RELAY", "RSP"};
static_assert(ARRAY_LEN(channels) == TASK_CHANNEL_RSP + 1, "a name a channel");

const struct task_state_info *task_state_info(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if ((int)states[i].state == code)
            return &states[i];
    }
    return NULL;
}

const struct task_state_info *task_state_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (strcmp(states[i].name, name) == 0)
            return &states[i];
    }
    return NULL;
}

const struct task_state_info *task_states(size_t *n)
{
    *n = ARRAY_LEN(states);
    return states;
}

bool task_mode_gives(enum task_mode mode)
{
    return mode == TASK_MODE_NEW || mode == TASK_MODE_SWAP;
}

const char *task_mode_name(enum task_mode mode)
{
    return (size_t)mode < ARRAY_LEN(modes) ? modes[mode] : "?";
}

const char *task_channel_name(enum task_channel channel)
{
    return (size_t)channel < ARRAY_LEN(channels) ? channels[channel] : "?";
}

enum xk_err task_mode_parse(const char *name, enum task_mode *out)
{
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (strcmp(modes[i], name) == 0) {
            *out = (enum task_mode)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

enum xk_err task_channel_parse(const char *name, enum task_channel *out)
{
    for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
        if (strcmp(channels[i], name) == 0) {
            *out = (enum task_channel)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}
