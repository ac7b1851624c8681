/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pty/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Bytes pass as they are: no echo, no line editing, no signals. */
static enum xk_err set_raw(int fd)
{
    struct termios t;

    if (tcgetattr(fd, &t) != 0)
        return XK_E_IO;
    cfmakeraw(&t);
    return tcsetattr(fd, TCSANOW, &t) == 0 ? XK_OK : XK_E_IO;
}

static enum xk_err open_ends(struct pty *pty)
{
    pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == EAGAIN ? XK_E_LIMIT : XK_E_IO;
    if (grantpt(pty->fd) != 0 || unlockpt(pty->fd) != 0 ||
        ptsname_r(pty->fd, pty->path, sizeof pty->path) != 0)
        return XK_E_IO;
    pty->other = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->other < 0 || fcntl(pty->fd, F_SETFL, O_NONBLOCK) != 0)
        return XK_E_IO;
    return set_raw(pty->other);
}

static enum xk_err make_link(struct pty *pty, const char *link)
{
    struct stat st;
    int n = snprintf(pty->link, sizeof pty->link, "%s", link);

    if (n < 0 || (size_t)n >= sizeof pty->link) {
        pty->link[0] = '\0';
        return XK_E_LIMIT;
    }
    if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode))
        unlink(link);
    if (symlink(pty->path, link) == 0)
        return XK_OK;
    pty->link[0] = '\0';
    return errno == EEXIST ? XK_E_EXISTS : XK_E_IO;
}

enum xk_err pty_open(struct pty *pty, const char *link)
{
    enum xk_err err;

    *pty = (struct pty){.fd = -1, .other = -1};
    err = open_ends(pty);
    if (err == XK_OK && link)
        err = make_link(pty, link);
    if (err != XK_OK)
        pty_close(pty);
    return err;
}

/* The link is removed only while it is still ours. */
static void remove_link(const struct pty *pty)
{
    char target[PTY_PATH_MAX];
    ssize_t n = readlink(pty->link, target, sizeof target - 1);

    if (n < 0)
        return;
    target[n] = '\0';
    if (strcmp(target, pty->path) == 0)
        unlink(pty->link);
}

void pty_close(struct pty *pty)
{
    if (pty->link[0])
        remove_link(pty);
    if (pty->other >= 0)
        close(pty->other);
    if (pty->fd >= 0)
        close(pty->fd);
    *pty = (struct pty){.fd = -1, .other = -1};
}
