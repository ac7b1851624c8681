/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: our own trouble. A refusal to a peer is never one of these; it is a field of the
 * answer. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/banned.h" /* IWYU pragma: keep */

/* One row per error: name, text for people. */
#define XK_ERR_TABLE(ROW)                                                                          \
    ROW(XK_OK, "ok")                                                                               \
    ROW(XK_E_NOMEM, "out of memory")                                                               \
    ROW(XK_E_LIMIT, "a size limit was exceeded")                                                   \
    ROW(XK_E_FORMAT, "malformed input")                                                            \
    ROW(XK_E_VALUE, "a value is out of range")                                                     \
    ROW(XK_E_NOT_FOUND, "not found")                                                               \
    ROW(XK_E_EXISTS, "exists already")                                                             \
    ROW(XK_E_STATE, "not allowed in this state")                                                   \
    ROW(XK_E_DENIED, "not permitted")                                                              \
    ROW(XK_E_AUTH, "cryptographic check failed")                                                   \
    ROW(XK_E_BUSY, "busy, try again")                                                              \
    ROW(XK_E_TIMEOUT, "timed out")                                                                 \
    ROW(XK_E_IO, "input/output failed")                                                            \
    ROW(XK_E_DB, "database failed")                                                                \
    ROW(XK_E_CRYPTO, "crypto library failed")                                                      \
    ROW(XK_E_UNSUPPORTED, "not supported")                                                         \
    ROW(XK_E_CLOSED, "the other end is gone")                                                      \
    ROW(XK_E_INTERNAL, "internal error")

enum xk_err {
#define XK_ERR_ENUM(name, text) name,
    XK_ERR_TABLE(XK_ERR_ENUM)
#undef XK_ERR_ENUM
};

#define XK_MUST_CHECK __attribute__((warn_unused_result))
#define XK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The only control-flow macro: hand the error up. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum xk_err try_err_ = (call);                                                             \
        if (try_err_ != XK_OK)                                                                     \
            return try_err_;                                                                       \
    } while (0)

/* The text of an error for people; the name as written here. Never NULL. */
const char *xk_err_text(enum xk_err err);
const char *xk_err_name(enum xk_err err);

#endif
