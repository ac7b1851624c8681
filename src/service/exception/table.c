/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: causes, and what an ending comes from. */
#include "model/code.h"
#include "service/exception/exception.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SAME_DAY INT64_C(-1)
#define CHINA_MS (8 * HOUR) /* UTC+8 */

static const struct exception_cause_info causes[] = {
#define CAUSE(name, class, grade, cure, zh, en)                                                    \
    {#name, EXCEPTION_##class, EXCEPTION_##grade, EXCEPTION_##cure, zh, en},
#include "service/exception/cause.def"
};

enum when { ALWAYS, STATE, OFFERED, RESULT, UNDELIVERED, SILENT };

static const struct {
    int code;
    enum when when;
    int value;
    enum exception_cause cause;
} from_task[] = {
#define FROM_TASK(code, when, value, cause) {CODE_##code, when, value, EXCEPTION_BY_##cause},
#include "service/exception/cause.def"
};

static const struct {
    enum download_cause by;
    enum exception_cause cause;
} from_download[] = {
#define FROM_DOWNLOAD(by, cause) {DOWNLOAD_BY_##by, EXCEPTION_BY_##cause},
#include "service/exception/cause.def"
};

static const char *const classes[] = {"A", "W", "I", "T"};
static const char *const states[] = {"OPEN", "RELIEVED", "CLOSED"};
static const char *const steps[] = {"respond", "relieve", "close", "report"};

const struct exception_cause_info *exception_cause_info(enum exception_cause cause)
{
    return &causes[(size_t)cause < ARRAY_LEN(causes) ? cause : EXCEPTION_BY_INTERNAL];
}

enum xk_err exception_cause_parse(const char *name, enum exception_cause *out)
{
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        if (strcmp(causes[i].name, name) == 0) {
            *out = (enum exception_cause)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

/* Where text stands in the list. XK_E_VALUE: nowhere. */
static enum xk_err find(const char *const *list, size_t n, const char *text, int *at)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], text) == 0) {
            *at = (int)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

const char *exception_class_name(enum exception_class class)
{
    return (size_t) class < ARRAY_LEN(classes) ? classes[class] : "?";
}

enum xk_err exception_class_parse(const char *name, enum exception_class *out)
{
    int at;

    TRY(find(classes, ARRAY_LEN(classes), name, &at));
    *out = (enum exception_class)at;
    return XK_OK;
}

const char *exception_state_name(enum exception_state state)
{
    return (size_t)state < ARRAY_LEN(states) ? states[state] : "?";
}

enum xk_err exception_state_parse(const char *name, enum exception_state *out)
{
    int at;

    TRY(find(states, ARRAY_LEN(states), name, &at));
    *out = (enum exception_state)at;
    return XK_OK;
}

const char *exception_step_name(enum exception_step step)
{
    return (size_t)step < ARRAY_LEN(steps) ? steps[step] : "?";
}

/* ---- grades ---------------------------------------------------------------------------------- */

static const struct exception_grade_info grades[] = {
#define GRADE(name, n, zh, en, respond, relieve, close, report)                                    \
    {EXCEPTION_##name, #name, zh, en, {respond, relieve, close, report}},
#include "service/exception/grade.def"
#undef GRADE
};

const struct exception_grade_info *exception_grade_info(enum exception_grade grade)
{
    size_t i = (size_t)grade - 1;

    return &grades[i < ARRAY_LEN(grades) ? i : 0];
}

enum xk_err exception_grade_parse(const char *name, enum exception_grade *out)
{
    for (size_t i = 0; i < ARRAY_LEN(grades); i++) {
        if (strcmp(grades[i].name, name) == 0) {
            *out = grades[i].grade;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

int64_t exception_due(enum exception_grade grade, enum exception_step step, int64_t from)
{
    int64_t wait = exception_grade_info(grade)->wait_ms[step];
    int64_t local = from + CHINA_MS;

    if (wait == SAME_DAY)
        return (local / DAY + 1) * DAY - CHINA_MS;
    return wait > 0 ? from + wait : 0;
}

/* ---- where an ending comes from -------------------------------------------------------------- */

/* Not a word of the card in this task. */
static bool is_silent(const struct exception_ending *e)
{
    return e->task->step != TASK_STEP_COMMIT && e->task->card_result == 0 &&
           e->task->channel != TASK_CHANNEL_RELAY;
}

static bool fits(const struct exception_ending *e, enum when when, int value)
{
    switch (when) {
    case ALWAYS:
        return true;
    case STATE:
        return (int)e->from == value;
    case OFFERED:
        return e->task->channel == TASK_CHANNEL_RSP && !e->delivered;
    case RESULT:
        return e->task->card_result == value;
    case UNDELIVERED:
        return is_silent(e) && !e->delivered;
    case SILENT:
        return is_silent(e);
    }
    return false;
}

enum exception_cause exception_cause_of(const struct exception_ending *e)
{
    for (size_t i = 0; i < ARRAY_LEN(from_task); i++) {
        if (from_task[i].code == e->task->code && fits(e, from_task[i].when, from_task[i].value))
            return from_task[i].cause;
    }
    return EXCEPTION_BY_INTERNAL;
}

bool exception_cause_of_download(enum download_cause by, enum exception_cause *out)
{
    for (size_t i = 0; i < ARRAY_LEN(from_download); i++) {
        if (from_download[i].by == by) {
            *out = from_download[i].cause;
            return true;
        }
    }
    return false;
}
