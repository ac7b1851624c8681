/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "crypto/hash.h"

#define MAGIC "XIEKAKEY"
#define FILE_VERSION 1
#define KEY_LEN 32
#define KEY_ID_LEN 4
#define CHECKSUM_LEN 16

/* The file, see keystore.h. */
enum { FILE_AT_VERSION = 8, FILE_AT_ID = 12, FILE_AT_KEY = 16, FILE_AT_CHECKSUM = 48 };

#define SEALED_VERSION 1

/* The envelope, see keystore.h; version and key id are authenticated with the context. */
enum { SEALED_AT_ID = 1, SEALED_AT_IV = 5, SEALED_AT_DATA = 17, SEALED_TAG_LEN = 16 };

struct keystore {
    uint8_t id[KEY_ID_LEN];
    uint8_t key[KEY_LEN];
    const struct xk_rand *rand;
};

static enum xk_err checksum(const uint8_t *file, uint8_t out[CHECKSUM_LEN])
{
    uint8_t digest[HASH_LEN];

    TRY(hash_digest(HASH_SHA256, BYTES(file, FILE_AT_CHECKSUM), digest));
    memcpy(out, digest, CHECKSUM_LEN);
    return XK_OK;
}

/* The id names the key without telling of it. */
static enum xk_err key_id(struct bytes key, uint8_t id[KEY_ID_LEN])
{
    uint8_t digest[HASH_LEN];

    TRY(hash_hmac(HASH_SHA256, key, BYTES_STR("xieka key id"), digest));
    memcpy(id, digest, KEY_ID_LEN);
    return XK_OK;
}

static enum xk_err file_encode(const uint8_t key[KEY_LEN], uint8_t out[KEYSTORE_FILE_LEN])
{
    memset(out, 0, KEYSTORE_FILE_LEN);
    memcpy(out, MAGIC, sizeof MAGIC - 1);
    out[FILE_AT_VERSION] = FILE_VERSION;
    memcpy(out + FILE_AT_KEY, key, KEY_LEN);
    TRY(key_id(BYTES(key, KEY_LEN), out + FILE_AT_ID));
    return checksum(out, out + FILE_AT_CHECKSUM);
}

static enum xk_err file_decode(struct bytes in, uint8_t id[KEY_ID_LEN], uint8_t key[KEY_LEN])
{
    uint8_t want[CHECKSUM_LEN];

    if (in.n != KEYSTORE_FILE_LEN || memcmp(in.p, MAGIC, sizeof MAGIC - 1) != 0 ||
        in.p[FILE_AT_VERSION] != FILE_VERSION)
        return XK_E_FORMAT;
    TRY(checksum(in.p, want));
    if (memcmp(want, in.p + FILE_AT_CHECKSUM, CHECKSUM_LEN) != 0)
        return XK_E_FORMAT;
    memcpy(id, in.p + FILE_AT_ID, KEY_ID_LEN);
    memcpy(key, in.p + FILE_AT_KEY, KEY_LEN);
    return XK_OK;
}

/* The length also refuses what is no file. */
static enum xk_err check_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return XK_E_IO;
    if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return XK_E_DENIED;
    return st.st_size == KEYSTORE_FILE_LEN ? XK_OK : XK_E_FORMAT;
}

static enum xk_err read_fd(int fd, struct keystore *ks)
{
    uint8_t file[KEYSTORE_FILE_LEN];
    enum xk_err err;
    ssize_t n;

    TRY(check_file(fd));
    n = read(fd, file, sizeof file);
    if (n < 0)
        return XK_E_IO;
    err = file_decode(BYTES(file, n), ks->id, ks->key);
    explicit_bzero(file, sizeof file);
    return err;
}

/* XK_E_NOT_FOUND when there is none */
static enum xk_err read_file(const char *path, struct keystore *ks)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum xk_err err;

    if (fd < 0 && errno == ENOENT)
        return XK_E_NOT_FOUND;
    if (fd < 0)
        return errno == EACCES ? XK_E_DENIED : XK_E_IO;
    err = read_fd(fd, ks);
    close(fd);
    return err;
}

static enum xk_err sync_directory(const char *path)
{
    char copy[PATH_MAX];
    int fd;
    bool synced;

    if (!bytes_to_cstr(bytes_cstr(path), copy, sizeof copy))
        return XK_E_LIMIT;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return XK_E_IO;
    synced = fsync(fd) == 0;
    close(fd);
    return synced ? XK_OK : XK_E_IO;
}

/* A whole and synced file under a name of its own */
static enum xk_err write_aside(const char *aside, const uint8_t file[KEYSTORE_FILE_LEN])
{
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    bool written;

    if (fd < 0)
        return errno == EACCES ? XK_E_DENIED : XK_E_IO;
    written = write(fd, file, KEYSTORE_FILE_LEN) == KEYSTORE_FILE_LEN && fsync(fd) == 0;
    if (close(fd) == 0 && written)
        return XK_OK;
    unlink(aside);
    return XK_E_IO;
}

/* Gives the file its name only when that is still free: of two daemons that start together one key
 * wins, and both read it afterwards. */
static enum xk_err move_into_place(const char *aside, const char *path)
{
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return sync_directory(path);
    if (errno == EINVAL && link(aside, path) == 0) { /* a file system without RENAME_NOREPLACE */
        unlink(aside);
        return sync_directory(path);
    }
    unlink(aside);
    return errno == EEXIST ? XK_OK : XK_E_IO;
}

static enum xk_err create_file(const char *path, const struct xk_rand *rand)
{
    uint8_t file[KEYSTORE_FILE_LEN], key[KEY_LEN];
    uint32_t unique;
    char aside[PATH_MAX];
    enum xk_err err;

    xk_rand_fill(rand, (uint8_t *)&unique, sizeof unique);
    if (snprintf(aside, sizeof aside, "%s.%08x.new", path, unique) >= (int)sizeof aside)
        return XK_E_LIMIT;
    xk_rand_fill(rand, key, sizeof key);
    err = file_encode(key, file);
    explicit_bzero(key, sizeof key);
    if (err == XK_OK)
        err = write_aside(aside, file);
    explicit_bzero(file, sizeof file);
    return err == XK_OK ? move_into_place(aside, path) : err;
}

static enum xk_err read_or_create(const char *path, struct keystore *ks)
{
    enum xk_err err = read_file(path, ks);

    if (err != XK_E_NOT_FOUND)
        return err;
    TRY(create_file(path, ks->rand));
    err = read_file(path, ks);
    return err == XK_E_NOT_FOUND ? XK_E_IO : err;
}

static struct keystore *keystore_new(const struct xk_rand *rand)
{
    struct keystore *ks = calloc(1, sizeof *ks);

    if (ks)
        ks->rand = rand;
    return ks;
}

enum xk_err keystore_open(const char *path, const struct xk_rand *rand, struct keystore **out)
{
    struct keystore *ks = keystore_new(rand);
    enum xk_err err;

    if (!ks)
        return XK_E_NOMEM;
    err = read_or_create(path, ks);
    if (err != XK_OK) {
        keystore_close(ks);
        return err;
    }
    *out = ks;
    return XK_OK;
}

enum xk_err keystore_of_key(struct bytes key, const struct xk_rand *rand, struct keystore **out)
{
    struct keystore *ks;
    uint8_t id[KEY_ID_LEN];

    if (key.n != KEY_LEN)
        return XK_E_VALUE;
    TRY(key_id(key, id));
    ks = keystore_new(rand);
    if (!ks)
        return XK_E_NOMEM;
    memcpy(ks->key, key.p, KEY_LEN);
    memcpy(ks->id, id, KEY_ID_LEN);
    *out = ks;
    return XK_OK;
}

void keystore_close(struct keystore *ks)
{
    if (!ks)
        return;
    explicit_bzero(ks, sizeof *ks);
    free(ks);
}

/* What is authenticated besides the secret: version, key id, context */
struct associated {
    uint8_t bytes[SEALED_AT_IV + KEYSTORE_CONTEXT_MAX];
    size_t n;
};

static enum xk_err associated_init(struct associated *a, const uint8_t header[SEALED_AT_IV],
                                   struct bytes context)
{
    if (context.n > KEYSTORE_CONTEXT_MAX)
        return XK_E_LIMIT;
    memcpy(a->bytes, header, SEALED_AT_IV);
    if (context.n > 0)
        memcpy(a->bytes + SEALED_AT_IV, context.p, context.n);
    a->n = SEALED_AT_IV + context.n;
    return XK_OK;
}

enum xk_err keystore_seal(struct keystore *ks, struct bytes context, const struct secret *secret,
                          uint8_t *out, size_t cap, size_t *out_n)
{
    struct associated a;
    uint8_t header[SEALED_AT_DATA] = {SEALED_VERSION};

    if (cap < (size_t)secret->n + KEYSTORE_OVERHEAD)
        return XK_E_LIMIT;
    memcpy(header + SEALED_AT_ID, ks->id, KEY_ID_LEN);
    TRY(associated_init(&a, header, context));
    xk_rand_fill(ks->rand, header + SEALED_AT_IV, SEALED_AT_DATA - SEALED_AT_IV);
    TRY(cipher_gcm_seal(BYTES_OF(ks->key), header + SEALED_AT_IV, BYTES(a.bytes, a.n),
                        secret_bytes(secret), out + SEALED_AT_DATA,
                        out + SEALED_AT_DATA + secret->n));
    memcpy(out, header, sizeof header);
    *out_n = (size_t)secret->n + KEYSTORE_OVERHEAD;
    return XK_OK;
}

enum xk_err keystore_unseal(struct keystore *ks, struct bytes context, struct bytes sealed,
                            struct secret *out)
{
    AUTO_SECRET struct secret result = {0};
    struct associated a;
    size_t n;

    if (sealed.n < KEYSTORE_OVERHEAD || sealed.n > KEYSTORE_SEALED_MAX ||
        sealed.p[0] != SEALED_VERSION)
        return XK_E_FORMAT;
    TRY(associated_init(&a, sealed.p, context));
    n = sealed.n - KEYSTORE_OVERHEAD;
    TRY(cipher_gcm_open(BYTES_OF(ks->key), sealed.p + SEALED_AT_IV, BYTES(a.bytes, a.n),
                        BYTES(sealed.p + SEALED_AT_DATA, n), sealed.p + SEALED_AT_DATA + n,
                        result.bytes));
    result.n = (uint8_t)n;
    *out = result;
    return XK_OK;
}
