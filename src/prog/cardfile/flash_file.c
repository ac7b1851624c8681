/* SPDX-License-Identifier: Apache-2.0 */
/* The log of an eUICC's memory in a file of mode 0600, locked while open. A new log is written
 * beside it and takes its name. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog/cardfile/cardfile.h"

static enum xk_err file_read(void *ctx, uint64_t at, uint8_t *out, size_t n, size_t *got)
{
    const struct flash_file *f = ctx;
    ssize_t r = pread(f->fd, out, n, (off_t)at);

    if (r < 0)
        return XK_E_IO;
    *got = (size_t)r;
    return XK_OK;
}

static enum xk_err file_append(void *ctx, struct bytes data)
{
    const struct flash_file *f = ctx;
    int fd = f->fresh >= 0 ? f->fresh : f->fd;

    while (data.n > 0) {
        ssize_t r = write(fd, data.p, data.n);

        if (r <= 0)
            return XK_E_IO;
        data = bytes_part(data, (size_t)r, data.n);
    }
    return XK_OK;
}

static enum xk_err file_sync(void *ctx)
{
    const struct flash_file *f = ctx;

    return fdatasync(f->fresh >= 0 ? f->fresh : f->fd) == 0 ? XK_OK : XK_E_IO;
}

static enum xk_err file_begin(void *ctx)
{
    struct flash_file *f = ctx;
    char beside[FLASH_FILE_PATH_MAX + 8];

    if (f->fresh >= 0)
        close(f->fresh);
    snprintf(beside, sizeof beside, "%s.new", f->path);
    f->fresh = open(beside, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    return f->fresh >= 0 && flock(f->fresh, LOCK_EX | LOCK_NB) == 0 ? XK_OK : XK_E_IO;
}

/* The name change comes to rest with the directory. */
static enum xk_err sync_directory(const char *path)
{
    char dir[FLASH_FILE_PATH_MAX];
    char *slash;
    int fd;
    enum xk_err err;

    snprintf(dir, sizeof dir, "%s", path);
    slash = strrchr(dir, '/');
    if (slash)
        *slash = '\0';
    fd = open(slash && dir[0] ? dir : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return XK_E_IO;
    err = fsync(fd) == 0 ? XK_OK : XK_E_IO;
    close(fd);
    return err;
}

static enum xk_err file_replace(void *ctx)
{
    struct flash_file *f = ctx;
    char beside[FLASH_FILE_PATH_MAX + 8];

    snprintf(beside, sizeof beside, "%s.new", f->path);
    if (f->fresh < 0 || rename(beside, f->path) != 0)
        return XK_E_IO;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = f->fresh;
    f->fresh = -1;
    return sync_directory(f->path);
}

static enum xk_err check_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return XK_E_IO;
    if (st.st_mode & 077)
        return XK_E_DENIED; /* keys are in it */
    return flock(fd, LOCK_EX | LOCK_NB) == 0 ? XK_OK : XK_E_BUSY;
}

enum xk_err flash_file_open(struct flash_file *f, const char *path, enum nvm_file_how how)
{
    int flags = how == NVM_FILE_NEW ? O_CREAT | O_EXCL : 0;
    enum xk_err err;

    *f = (struct flash_file){.fd = -1, .fresh = -1};
    if (strlen(path) >= sizeof f->path)
        return XK_E_LIMIT;
    snprintf(f->path, sizeof f->path, "%s", path);
    f->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
    if (f->fd < 0)
        return errno == EEXIST ? XK_E_EXISTS : errno == ENOENT ? XK_E_NOT_FOUND : XK_E_IO;
    err = check_file(f->fd);
    if (err != XK_OK) {
        flash_file_close(f);
        return err;
    }
    f->port = (struct flash_port){f, file_read, file_append, file_sync, file_begin, file_replace};
    return XK_OK;
}

void flash_file_close(struct flash_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->fresh >= 0)
        close(f->fresh);
    f->fd = f->fresh = -1;
}
