/* SPDX-License-Identifier: Apache-2.0 */
/* A pseudo terminal in raw mode: the serial port of a virtual modem. Our end is non-blocking, for
 * loop_watch or plain poll. The other end is kept open here too, so that a program that comes and
 * goes on the port does not hang us up. */
#ifndef NET_PTY_PTY_H
#define NET_PTY_PTY_H

#include "base/err.h"

#define PTY_PATH_MAX 256

struct pty {
    int fd;                  /* our end; -1 when closed */
    int other;               /* the port, held open; do not use */
    char path[PTY_PATH_MAX]; /* "/dev/pts/5" */
    char link[PTY_PATH_MAX]; /* symbolic link to it; "" when none */
};

/* link: NULL or the path of a symbolic link to make, replacing a dangling or older link but nothing
 * else (XK_E_EXISTS). */
enum xk_err pty_open(struct pty *pty, const char *link) XK_MUST_CHECK;
void pty_close(struct pty *pty); /* removes the link; safe twice */

#endif
