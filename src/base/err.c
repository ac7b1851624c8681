/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

static const struct {
    const char *name;
    const char *text;
} rows[] = {
#define ROW(name, text) [name] = {#name, text},
    XK_ERR_TABLE(ROW)
#undef ROW
};

const char *xk_err_text(enum xk_err err)
{
    return (size_t)err < sizeof rows / sizeof rows[0] ? rows[err].text : "unknown error";
}

const char *xk_err_name(enum xk_err err)
{
    return (size_t)err < sizeof rows / sizeof rows[0] ? rows[err].name : "XK_E_UNKNOWN";
}
