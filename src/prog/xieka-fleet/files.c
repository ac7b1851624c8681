/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog/xieka-fleet/program.h"

#include "base/hex.h"

#define NAME_MAX_LEN 512
#define LINE_MAX_LEN 1024

enum xk_err files_read_key(const char *path, uint8_t key[HOME_KEY_LEN])
{
    char text[2 * HOME_KEY_LEN];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum xk_err err = XK_E_FORMAT;

    if (fd < 0)
        return XK_E_IO;
    if (read(fd, text, sizeof text) == (ssize_t)sizeof text)
        err = hex_decode_exact(BYTES_OF(text), key, HOME_KEY_LEN);
    close(fd);
    explicit_bzero(text, sizeof text);
    return err;
}

/* A file beside it that takes its name when it is whole; only the owner reads it. */
static enum xk_err open_new(const char *path, char tmp[NAME_MAX_LEN], FILE **out)
{
    int n = snprintf(tmp, NAME_MAX_LEN, "%s.new", path);
    int fd;

    if (n < 0 || n >= NAME_MAX_LEN)
        return XK_E_LIMIT;
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return XK_E_IO;
    *out = fdopen(fd, "w");
    if (*out)
        return XK_OK;
    close(fd);
    return XK_E_NOMEM;
}

static enum xk_err put_in_place(FILE *f, const char *tmp, const char *path)
{
    bool bad = ferror(f) != 0;

    if (fclose(f) != 0 || bad || rename(tmp, path) != 0) {
        unlink(tmp);
        return XK_E_IO;
    }
    return XK_OK;
}

enum xk_err files_export_cards(const struct fleet *f, const char *path)
{
    char tmp[NAME_MAX_LEN];
    enum xk_err err = XK_OK;
    struct buf line;
    FILE *out;

    TRY(open_new(path, tmp, &out));
    buf_init(&line, LINE_MAX_LEN);
    for (uint32_t i = 0; i < fleet_devices(f) && err == XK_OK; i++) {
        buf_reset(&line);
        err = fleet_export_card(f, i, &line);
        fwrite(line.p, 1, line.n, out);
    }
    buf_wipe(&line);
    buf_fini(&line);
    if (err == XK_OK)
        return put_in_place(out, tmp, path);
    fclose(out);
    unlink(tmp);
    return err;
}

static enum xk_err export_profile(const struct fleet *f, const char *dir, uint32_t k,
                                  struct buf *package)
{
    char iccid[21], path[NAME_MAX_LEN], tmp[NAME_MAX_LEN];
    FILE *out;
    int n;

    fleet_consumer_iccid(f, k, iccid);
    n = snprintf(path, sizeof path, "%s/%s.der", dir, iccid);
    if (n < 0 || n >= NAME_MAX_LEN)
        return XK_E_LIMIT;
    TRY(fleet_consumer_package(f, k, package));
    TRY(open_new(path, tmp, &out));
    fwrite(package->p, 1, package->n, out);
    return put_in_place(out, tmp, path);
}

enum xk_err files_export_profiles(const struct fleet *f, const char *dir)
{
    enum xk_err err = XK_OK;
    struct buf package;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return XK_E_IO;
    buf_init(&package, FLEET_PACKAGE_MAX);
    for (uint32_t k = 0; k < fleet_consumers(f) && err == XK_OK; k++) {
        buf_wipe(&package);
        err = export_profile(f, dir, k, &package);
    }
    buf_wipe(&package);
    buf_fini(&package);
    return err;
}

enum xk_err files_write_ports(const char *path, const char *text)
{
    char tmp[NAME_MAX_LEN];
    FILE *out;

    TRY(open_new(path, tmp, &out));
    fputs(text, out);
    return put_in_place(out, tmp, path);
}
