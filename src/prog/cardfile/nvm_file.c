/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/cardfile/cardfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum xk_err file_read(void *ctx, uint32_t page, uint8_t out[NVM_PAGE_LEN])
{
    const struct nvm_file *f = ctx;
    ssize_t n = pread(f->fd, out, NVM_PAGE_LEN, (off_t)page * NVM_PAGE_LEN);

    if (n < 0)
        return XK_E_IO;
    memset(out + n, 0, NVM_PAGE_LEN - (size_t)n); /* behind the end nothing was written yet */
    return XK_OK;
}

static enum xk_err file_write(void *ctx, uint32_t page, const uint8_t in[NVM_PAGE_LEN])
{
    const struct nvm_file *f = ctx;
    ssize_t n = pwrite(f->fd, in, NVM_PAGE_LEN, (off_t)page * NVM_PAGE_LEN);

    return n == NVM_PAGE_LEN ? XK_OK : XK_E_IO;
}

static enum xk_err file_sync(void *ctx)
{
    const struct nvm_file *f = ctx;

    return fdatasync(f->fd) == 0 ? XK_OK : XK_E_IO;
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

static enum xk_err open_failure(int error)
{
    switch (error) {
    case EEXIST:
        return XK_E_EXISTS;
    case ENOENT:
        return XK_E_NOT_FOUND;
    case EACCES:
    case EPERM:
        return XK_E_DENIED;
    default:
        return XK_E_IO;
    }
}

enum xk_err nvm_file_open(struct nvm_file *f, const char *path, enum nvm_file_how how)
{
    int flags = how == NVM_FILE_NEW ? O_CREAT | O_EXCL : 0;
    enum xk_err err;

    f->fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    if (f->fd < 0)
        return open_failure(errno);
    err = check_file(f->fd);
    if (err != XK_OK) {
        nvm_file_close(f);
        return err;
    }
    f->port = (struct nvm_port){f, file_read, file_write, file_sync};
    return XK_OK;
}

void nvm_file_close(struct nvm_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
