/* SPDX-License-Identifier: Apache-2.0 */
/* AT command lines (V.250, TS 27.007, TS 27.005): a line of commands to a list, parameters to
 * values. */
#ifndef CODEC_AT_AT_H
#define CODEC_AT_AT_H

#include "base/buf.h"

#define AT_LINE_MAX 1100 /* AT+CSIM=522,"..." */
#define AT_PARAMS_MAX 12

enum at_kind { AT_EXECUTE, AT_READ, AT_TEST, AT_SET }; /* +X  +X?  +X=?  +X=... */

struct at_command {
    char name[16]; /* "+CREG", "D", "E", "" for a lone AT */
    enum at_kind kind;
    struct at_param {
        bool present, quoted;
        struct bytes text; /* without quotes */
    } param[AT_PARAMS_MAX];
    size_t params;
};

/* Takes one command off the rest of a line (without "AT" and line end), with the ';' behind it; an
 * empty rest is the command "". Names are in upper case. Basic commands: "E0" is E, AT_EXECUTE, one
 * parameter; "D..." takes the rest up to and with ';' as its parameter; "S3=13" is S3, AT_SET.
 * "+X=" has one parameter that is absent. XK_E_FORMAT when it cannot be a command; the line is then
 * untouched. */
enum xk_err at_next(struct cur *line, struct at_command *out) XK_MUST_CHECK;
/* Whether the line begins with AT (either case); moves past it. */
bool at_begin(struct cur *line);
/* Parameter i as a number; fallback when it is absent. XK_E_FORMAT: quoted or no number.
 * XK_E_VALUE: not in min..max. */
enum xk_err at_int(const struct at_command *c, size_t i, long fallback, long min, long max,
                   long *out) XK_MUST_CHECK;

#endif
