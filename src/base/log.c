/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_LINE_MAX 1024

/* The process's one log. */
static _Atomic int log_level = XK_LOG_INFO;
static _Atomic int log_fd = STDERR_FILENO;

static const char *const level_names[] = {
    [XK_LOG_ERROR] = "error",
    [XK_LOG_WARN] = "warn",
    [XK_LOG_INFO] = "info",
    [XK_LOG_DEBUG] = "debug",
};

void xk_log_set_level(enum xk_log_level level)
{
    log_level = (int)level;
}

void xk_log_set_fd(int fd)
{
    log_fd = fd;
}

enum xk_err xk_log_level_parse(const char *name, enum xk_log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum xk_log_level)i;
            return XK_OK;
        }
    }
    return XK_E_VALUE;
}

void xk_log(enum xk_log_level level, const char *fmt, ...)
{
    char line[LOG_LINE_MAX];
    char stamp[XK_TIME_TEXT_MAX];
    size_t n;
    int got;
    va_list ap;

    if ((int)level > log_level)
        return;
    xk_time_format(xk_clock_system()->now_ms(NULL), stamp);
    got = snprintf(line, sizeof line, "%s %s ", stamp, level_names[level]);
    n = got > 0 ? (size_t)got : 0;
    va_start(ap, fmt);
    got = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    va_end(ap);
    if (got < 0)
        return;
    n += (size_t)got < sizeof line - n - 2 ? (size_t)got : sizeof line - n - 2;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    }
    line[n++] = '\n';
    if (write(log_fd, line, n) < 0)
        return; /* nowhere left to say it */
}
