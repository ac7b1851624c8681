/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/qr/qr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MAX 16384
#define STATUS_NOTHING_FOUND 4 /* zbarimg(1) */
#define STATUS_NO_PROGRAM 127  /* posix_spawn found it only in the child */

/* Its standard output is to; what it complains about is dropped, we tell it ourselves. */
static enum xk_err start(const char *path, int to, pid_t *pid)
{
    /* posix_spawn takes char *const; it does not write */
    union {
        const char *const *given;
        char *const *taken;
    } arguments = {.given = (const char *const[]){"zbarimg", "--quiet", "--raw", "--nodbus",
                                                  "-Sdisable", "-Sqrcode.enable", path, NULL}};
    posix_spawn_file_actions_t actions;
    int failed;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return XK_E_NOMEM;
    failed = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    if (!failed)
        failed =
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawnp(pid, "zbarimg", &actions, NULL, arguments.taken, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT)
        return XK_E_UNSUPPORTED;
    return failed ? XK_E_IO : XK_OK;
}

static void listen_to(int fd, struct buf *said)
{
    uint8_t part[1024];
    ssize_t n;

    do {
        n = read(fd, part, sizeof part);
        if (n > 0)
            buf_put(said, part, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
}

static enum xk_err ended(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return XK_E_IO;
    if (!WIFEXITED(status))
        return XK_E_IO;
    switch (WEXITSTATUS(status)) {
    case 0:
        return XK_OK;
    case STATUS_NOTHING_FOUND:
        return XK_E_NOT_FOUND;
    case STATUS_NO_PROGRAM:
        return XK_E_UNSUPPORTED;
    default:
        return XK_E_IO;
    }
}

static struct bytes next_line(struct bytes *text)
{
    const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
    size_t n = end ? (size_t)(end - text->p) : text->n;
    struct bytes line = bytes_part(*text, 0, n);

    *text = bytes_part(*text, n + 1, text->n);
    return line;
}

static struct bytes choose(struct bytes said)
{
    struct bytes first = BYTES_NONE;

    while (said.n > 0) {
        struct bytes line = next_line(&said);

        if (line.n >= 4 && strncasecmp((const char *)line.p, "LPA:", 4) == 0)
            return line;
        if (first.n == 0)
            first = line;
    }
    return first;
}

static enum xk_err read_with(const char *path, int pipe_ends[2], struct buf *said)
{
    pid_t pid;
    enum xk_err err = start(path, pipe_ends[1], &pid);

    close(pipe_ends[1]);
    if (err == XK_OK) {
        listen_to(pipe_ends[0], said);
        err = ended(pid);
    }
    close(pipe_ends[0]);
    return err == XK_OK ? buf_ok(said) : err;
}

enum xk_err qr_read_picture(const char *path, struct buf *out)
{
    bool from_stdin = strcmp(path, "-") == 0;
    char plain[PATH_MAX];
    int pipe_ends[2];
    struct buf said;
    struct bytes line;
    enum xk_err err;

    if (!from_stdin && access(path, R_OK) != 0)
        return XK_E_IO;
    /* a name that begins with '-' must not be read as an option */
    if (snprintf(plain, sizeof plain, "%s%s", !from_stdin && path[0] == '-' ? "./" : "", path) >=
        (int)sizeof plain)
        return XK_E_IO;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return XK_E_IO;
    buf_init(&said, SAID_MAX);
    err = read_with(plain, pipe_ends, &said);
    line = choose(buf_bytes(&said));
    if (err == XK_OK && line.n == 0)
        err = XK_E_NOT_FOUND;
    if (err == XK_OK) {
        buf_put_bytes(out, line);
        err = buf_ok(out);
    }
    buf_fini(&said);
    return err;
}
