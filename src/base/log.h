/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: "2026-01-02T03:04:05.678Z level event key=value ...". Library rooms log at debug only;
 * api, service, net and prog log one line per event. Never a secret: there is no format for one. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum xk_log_level { XK_LOG_ERROR, XK_LOG_WARN, XK_LOG_INFO, XK_LOG_DEBUG };

/* What is above the level is dropped. Default: XK_LOG_INFO to stderr. Set once at start. */
void xk_log_set_level(enum xk_log_level level);
void xk_log_set_fd(int fd);
enum xk_err xk_log_level_parse(const char *name, enum xk_log_level *out) XK_MUST_CHECK;
/* fmt is "event key=%s ...". One write(2) per line; thread-safe. Control characters in the
 * formatted text are written as '?', so that a peer cannot forge a line. */
void xk_log(enum xk_log_level level, const char *fmt, ...) XK_PRINTF(2, 3);

#endif
