/* SPDX-License-Identifier: Apache-2.0 */
#include "model/chip.h"

#include <assert.h>

struct grade_row {
    const char *name;
    uint32_t endurance;
};

struct form_row {
    const char *name;
    enum chip_type type;
};

struct state_row {
    enum chip_state state;
    const char *name;
};

/* Table 2-2. */
static const struct grade_row grades[] = {
#define CHIP_GRADE(id, zh, en, cycles, temperature, retention) {en, cycles},
#define CHIP_FORM(...)
#define CHIP_STATE(...)
#include "model/chip.def"
#undef CHIP_GRADE
#undef CHIP_FORM
#undef CHIP_STATE
};
static_assert(ARRAY_LEN(grades) == 3, "table 2-2 has 3 grades");

/* Table 2-1. */
static const struct form_row forms[] = {
#define CHIP_GRADE(...)
#define CHIP_FORM(id, kind, zh, mm) {#id, kind},
#define CHIP_STATE(...)
#include "model/chip.def"
#undef CHIP_GRADE
#undef CHIP_FORM
#undef CHIP_STATE
};
static_assert(ARRAY_LEN(forms) == 5, "table 2-1 has 5 forms");

static const struct state_row states[] = {
#define CHIP_GRADE(...)
#define CHIP_FORM(...)
#define CHIP_STATE(id, code, zh, en) {CHIP_##id, #id},
#include "model/chip.def"
#undef CHIP_GRADE
#undef CHIP_FORM
#undef CHIP_STATE
};
static_assert(ARRAY_LEN(states) == 4, "a chip has 4 states");

const char *chip_grade_name(enum chip_grade grade)
{
    return (size_t)grade < ARRAY_LEN(grades) ? grades[grade].name : "?";
}

const char *chip_form_name(enum chip_form form)
{
    return (size_t)form < ARRAY_LEN(forms) ? forms[form].name : "?";
}

const char *chip_state_name(enum chip_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (states[i].state == state)
            return states[i].name;
    }
    return "?";
}

enum xk_err chip_grade_parse(const char *name, enum chip_grade *out)
{
    for (size_t i = 0; i < ARRAY_LEN(grades); i++) {
        if (strcmp(grades[i].name, name) == 0) {
            *out = (enum chip_grade)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

enum xk_err chip_form_parse(const char *name, enum chip_form *out)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (strcmp(forms[i].name, name) == 0) {
            *out = (enum chip_form)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

uint32_t chip_grade_endurance(enum chip_grade grade)
{
    return (size_t)grade < ARRAY_LEN(grades) ? grades[grade].endurance : 0;
}

enum chip_type chip_form_type(enum chip_form form)
{
    return (size_t)form < ARRAY_LEN(forms) ? forms[form].type : CHIP_INTERNATIONAL;
}

bool chip_is_domestic(const struct chip *chip)
{
    return chip_form_type(chip->form) == CHIP_DOMESTIC;
}
