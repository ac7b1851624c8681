/* SPDX-License-Identifier: Apache-2.0 */
#include "model/code.h"

static const struct code_info rows[] = {
#define CODE(name, code, http, zh, en) {code, http, #name, zh, en},
#include "model/code.def"
#undef CODE
};

const struct code_info *code_table(size_t *n)
{
    *n = sizeof rows / sizeof rows[0];
    return rows;
}

const struct code_info *code_info(int code)
{
    const struct code_info *internal = rows;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return &rows[i];
        if (rows[i].code == CODE_INTERNAL)
            internal = &rows[i];
    }
    return internal;
}
