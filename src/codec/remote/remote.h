/* SPDX-License-Identifier: Apache-2.0 */
/* Remote APDU format (TS 102 226 5).
 *
 *   compact   C-APDU C-APDU ...                    n(1) SW(2) data of the last one
 *   expanded  AA L { 22 L C-APDU ... }             AB L { 80 L n, 23 L data SW ... }
 *             AE 80 { 22 L C-APDU ... } 00 00      AF 80 { 80 L n, 23 L data SW ... } 00 00
 *
 * n counts the commands that were run, the one that failed among them; none is run behind it. */
#ifndef CODEC_REMOTE_REMOTE_H
#define CODEC_REMOTE_REMOTE_H

#include "base/buf.h"

#define REMOTE_COMMANDS_MAX 255

enum remote_format { REMOTE_COMPACT, REMOTE_DEFINITE, REMOTE_INDEFINITE };

/* Bad format TLV (TS 102 226 5.2.2.2): 90 01 xx */
enum remote_fault {
    REMOTE_FINE = 0,
    REMOTE_UNKNOWN_TAG = 1,
    REMOTE_WRONG_LENGTH = 2,
    REMOTE_LENGTH_NOT_FOUND = 3,
};

/* ---- reading a script ---- */

struct remote_script {
    enum remote_format format;
    enum remote_fault fault;
    struct cur c;
};

/* Tells the format by the first byte. What is wrong shows in remote_next. */
void remote_open(struct bytes data, struct remote_script *out);
/* The next command. XK_E_NOT_FOUND: that was all. XK_E_FORMAT: the rest cannot be read
 * (script->fault says how). Compact scripts have no lengths of their own: an instruction that only
 * returns something has P3 as Le, any other as Lc; one byte behind the last command is its Le. */
enum xk_err remote_next(struct remote_script *script, struct bytes *command) XK_MUST_CHECK;

/* ---- writing a script ---- */

/* Appends the commands as one script. XK_E_VALUE: none, or more than REMOTE_COMMANDS_MAX. */
enum xk_err remote_put_script(enum remote_format format, const struct bytes *commands, size_t n,
                              struct buf *out) XK_MUST_CHECK;

/* ---- writing the answer ---- */

/* What an answer has besides its rows, at most */
#define REMOTE_ANSWER_OVERHEAD 10

struct remote_answer {
    enum remote_format format;
    struct buf *rows; /* 23 TLVs, or the last data and status word; of the caller */
    size_t room;      /* for the rows */
    unsigned run;
    uint16_t sw; /* of the last one; 9000 before the first */
};
/* room: bytes the whole answer may take, REMOTE_ANSWER_OVERHEAD at least. */
void remote_answer_begin(struct remote_answer *a, enum remote_format format, struct buf *rows,
                         size_t room);
/* Whether one more command that answers n bytes of data has its place. */
bool remote_answer_fits(const struct remote_answer *a, size_t n);
/* What one command answered. The caller has asked whether it fits. */
void remote_answer_add(struct remote_answer *a, struct bytes data, uint16_t sw);
/* The whole answer to out; fault as the script has it, REMOTE_FINE for none. */
enum xk_err remote_answer_end(const struct remote_answer *a, enum remote_fault fault,
                              struct buf *out) XK_MUST_CHECK;
/* Whether a script goes on behind this status word: 90xx 91xx 92xx 61xx 62xx 63xx 9Fxx. */
bool remote_goes_on(uint16_t sw);

/* ---- reading the answer ---- */

struct remote_result {
    enum remote_format format;
    enum remote_fault fault;
    unsigned run;      /* commands that were run */
    uint16_t sw;       /* of the last of them; 0: none was run */
    struct bytes data; /* of the last of them */
    struct bytes rows; /* expanded: 23 TLVs, one a command */
};
enum xk_err remote_read_answer(struct bytes wire, struct remote_result *out) XK_MUST_CHECK;

#endif
