/* SPDX-License-Identifier: Apache-2.0 */
/* The answer codes of the partner interface (P-17): 11xxx parameters and limits, 12xxx
 * authentication and ownership, 13xxx number pool, 14xxx write, 15xxx compliance, 19xxx
 * internal. */
#ifndef MODEL_CODE_H
#define MODEL_CODE_H

#include "base/err.h"

enum code {
#define CODE(name, code, http, zh, en) CODE_##name = code,
#include "model/code.def"
#undef CODE
};

struct code_info {
    int code;
    int http; /* status of the HTTP answer */
    const char *name, *zh, *en;
};
/* That of CODE_INTERNAL when there is no such code. */
const struct code_info *code_info(int code);
const struct code_info *code_table(size_t *n);

#endif
