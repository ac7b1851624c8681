/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/pki/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)16384)

static const struct {
    const char *before, *behind;
} kinds[] = {
    [FILE_CERT] = {"CERT_", ".der"},
    [FILE_CERT_PEM] = {"CERT_", ".pem"},
    [FILE_KEY] = {"SK_", ".pem"},
    [FILE_CRL] = {"", ".crl"},
};

static const char *const suffixes[EC_CURVES] = {[EC_P256] = "NIST", [EC_BRAINPOOL_P256R1] = "BRP"};

enum xk_err files_path(const char *dir, enum files_kind kind, const char *stem, enum ec_curve curve,
                       char out[PKI_PATH_MAX])
{
    int n = snprintf(out, PKI_PATH_MAX, "%s/%s%s_%s%s", dir, kinds[kind].before, stem,
                     suffixes[curve], kinds[kind].behind);

    return n < PKI_PATH_MAX ? XK_OK : XK_E_LIMIT;
}

bool files_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum xk_err fail(struct buf *why, const char *path, enum xk_err err)
{
    buf_printf(why, "%s: %s", path, err == XK_E_LIMIT ? xk_err_text(err) : strerror(errno));
    return err;
}

static enum xk_err read_all(int fd, struct buf *out)
{
    ssize_t n;

    do {
        uint8_t *room = buf_reserve(out, CHUNK);

        if (!room)
            return buf_ok(out);
        n = read(fd, room, CHUNK);
        out->n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    return n < 0 ? XK_E_IO : XK_OK;
}

enum xk_err files_read(const char *path, struct buf *out, struct buf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum xk_err err;

    if (fd < 0)
        return fail(why, path, errno == ENOENT ? XK_E_NOT_FOUND : XK_E_IO);
    err = read_all(fd, out);
    if (err != XK_OK)
        fail(why, path, err);
    close(fd);
    return err;
}

static bool write_all(int fd, struct bytes text)
{
    ssize_t n = write(fd, text.p, text.n);

    return close(fd) == 0 && n == (ssize_t)text.n;
}

enum xk_err files_write(const char *path, struct bytes text, struct buf *why)
{
    char tmp[PKI_PATH_MAX];
    int fd;

    if (snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp)
        return fail(why, path, XK_E_LIMIT);
    unlink(tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail(why, tmp, XK_E_IO);
    if (write_all(fd, text) && rename(tmp, path) == 0)
        return XK_OK;
    unlink(tmp);
    return fail(why, path, XK_E_IO);
}

enum xk_err files_write_key(const char *path, struct bytes text, struct buf *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return fail(why, path, errno == EEXIST ? XK_E_EXISTS : XK_E_IO);
    if (write_all(fd, text))
        return XK_OK;
    unlink(path);
    return fail(why, path, XK_E_IO);
}

enum xk_err files_make_dir(const char *path, struct buf *why)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return XK_OK;
    return fail(why, path, XK_E_IO);
}
