/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS key: a file, or one that a hardware security module holds. */
#include "net/tls/context.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/ec_tls.h"
#include "crypto/hsm.h"

#define KEY_FILE_MAX 16384
#define WHY_MAX 256

static enum xk_err open_remote(struct bytes uri, EVP_PKEY **out)
{
    char mem[WHY_MAX];
    struct ec_key *key = NULL;
    struct buf why;
    enum xk_err err;

    buf_init_fixed(&why, mem, sizeof mem);
    err = hsm_key_open(uri, &key, &why);
    if (err == XK_OK)
        return ec_key_to_evp(key, out);
    xk_log(XK_LOG_ERROR, "tls.key err=%s why=\"%s\"", xk_err_name(err), buf_cstr(&why));
    return err;
}

static enum xk_err parse(struct bytes file, EVP_PKEY **out)
{
    static char nobody[1] = ""; /* a daemon has no one to ask for a passphrase */
    BIO *bio;

    if (hsm_is_uri(file))
        return open_remote(file, out);
    bio = BIO_new_mem_buf(file.p, (int)file.n);
    *out = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, nobody) : NULL;
    BIO_free(bio);
    return *out ? XK_OK : XK_E_FORMAT;
}

enum xk_err tls_key_open(const char *key_file, EVP_PKEY **out)
{
    uint8_t text[KEY_FILE_MAX];
    struct stat st;
    ssize_t n;
    int fd;
    enum xk_err err;

    if (hsm_is_uri(bytes_cstr(key_file)))
        return open_remote(bytes_cstr(key_file), out);
    fd = open(key_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? XK_E_DENIED : XK_E_NOT_FOUND;
    if (fstat(fd, &st) != 0 || st.st_mode & 077) {
        close(fd);
        return XK_E_DENIED;
    }
    n = read(fd, text, sizeof text);
    close(fd);
    err = n > 0 ? parse(BYTES(text, (size_t)n), out) : XK_E_FORMAT;
    explicit_bzero(text, sizeof text);
    return err;
}
