/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a first run: enough for one machine, replaced by the operator's own. */
#include "net/tls/tls.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#define DAYS_VALID 3650
#define NAMES_MAX 2048
#define SERIAL_BYTES 16

/* "DNS:a,IP:1.2.3.4" (RFC 5280 4.2.1.6) */
static void put_name(struct buf *names, struct bytes host)
{
    struct in6_addr address;
    char text[256];
    bool ip;

    if (!bytes_to_cstr(host, text, sizeof text)) {
        names->err = XK_E_VALUE;
        return;
    }
    ip = inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
    buf_printf(names, "%s%s:%s", names->n ? "," : "", ip ? "IP" : "DNS", text);
}

static void put_hosts(struct buf *names, const char *hosts)
{
    while (hosts && *hosts) {
        size_t n = strcspn(hosts, ",");

        if (n)
            put_name(names, BYTES(hosts, n));
        hosts += n;
        hosts += *hosts == ',';
    }
}

static bool is_host_text(const char *s)
{
    for (; s && *s; s++)
        if (*s <= ' ' || *s > '~' || strchr("\"\\=;@", *s))
            return false;
    return true;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool ok;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* cn is already in `hosts` when it is a name of the machine. */
static bool add_names(X509 *cert, const struct tls_self_signed *what)
{
    char room[NAMES_MAX];
    struct buf names;

    buf_init_fixed(&names, room, sizeof room);
    put_hosts(&names, "localhost,127.0.0.1,::1");
    if (strcmp(what->cn, "localhost") != 0 && !strpbrk(what->cn, " ,"))
        put_hosts(&names, what->cn);
    put_hosts(&names, what->hosts);
    buf_put_u8(&names, 0);
    return buf_ok(&names) == XK_OK && add_extension(cert, NID_subject_alt_name, room);
}

static bool set_serial(X509 *cert)
{
    uint8_t serial[SERIAL_BYTES];
    BIGNUM *number;
    bool ok;

    if (RAND_bytes(serial, sizeof serial) != 1)
        return false;
    serial[0] &= 0x7F;
    number = BN_bin2bn(serial, sizeof serial, NULL);
    ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return ok;
}

static bool fill_certificate(X509 *cert, EVP_PKEY *key, const struct tls_self_signed *what)
{
    X509_NAME *name = X509_get_subject_name(cert);
    time_t now = (time_t)(xk_now(what->clock) / 1000);

    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           X509_time_adj_ex(X509_getm_notBefore(cert), 0, -3600, &now) &&
           X509_time_adj_ex(X509_getm_notAfter(cert), DAYS_VALID, 0, &now) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)what->cn, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_extension(cert, NID_subject_key_identifier, "hash") && add_names(cert, what) &&
           X509_sign(cert, key, EVP_sha256()) != 0;
}

/* Under another name first, so that a half-written file is never taken for a whole one. */
static enum xk_err write_file(const char *path, mode_t mode, EVP_PKEY *key, X509 *cert)
{
    char temporary[TLS_PATH_MAX + 8];
    FILE *f = NULL;
    bool ok = false;
    int fd;

    snprintf(temporary, sizeof temporary, "%s.new", path);
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0)
        f = fdopen(fd, "w");
    if (f) {
        ok = key ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1
                 : PEM_write_X509(f, cert) == 1;
        ok = fflush(f) == 0 && fsync(fd) == 0 && ok;
        ok = fclose(f) == 0 && ok;
    } else if (fd >= 0) {
        close(fd);
    }
    if (ok && rename(temporary, path) == 0)
        return XK_OK;
    unlink(temporary);
    return XK_E_IO;
}

static enum xk_err make_files(const struct tls_self_signed *what, const struct tls_files *files)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    enum xk_err err = XK_E_CRYPTO;

    if (key && cert && fill_certificate(cert, key, what))
        err = write_file(files->key, 0600, key, NULL);
    if (err == XK_OK)
        err = write_file(files->cert, 0644, NULL, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return err;
}

static enum xk_err set_paths(const struct tls_self_signed *what, struct tls_files *files)
{
    int n = snprintf(files->cert, sizeof files->cert, "%s/%s.crt", what->dir, what->name);

    if (n < 0 || (size_t)n >= sizeof files->cert)
        return XK_E_LIMIT;
    snprintf(files->key, sizeof files->key, "%s/%s.key", what->dir, what->name);
    return XK_OK;
}

enum xk_err tls_generate_self_signed(const struct tls_self_signed *what, struct tls_files *files)
{
    bool cert, key;

    TRY(set_paths(what, files));
    cert = access(files->cert, F_OK) == 0;
    key = access(files->key, F_OK) == 0;
    if (cert && key)
        return XK_OK;
    if (cert || key)
        return XK_E_EXISTS;
    if (!*what->cn || !is_host_text(what->hosts))
        return XK_E_VALUE;
    return make_files(what, files);
}

static enum xk_err read_certificate(const char *file, X509 **out)
{
    FILE *f = fopen(file, "re");

    if (!f)
        return XK_E_NOT_FOUND;
    *out = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    ERR_clear_error();
    return *out ? XK_OK : XK_E_FORMAT;
}

enum xk_err tls_fingerprint(const char *cert_file, char out[TLS_FINGERPRINT_MAX])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *cert;
    int ok;

    TRY(read_certificate(cert_file, &cert));
    ok = X509_digest(cert, EVP_sha256(), digest, &n);
    X509_free(cert);
    if (ok != 1)
        return XK_E_CRYPTO;
    for (unsigned i = 0; i < n; i++)
        snprintf(out + 3 * i, 4, "%02X%s", digest[i], i + 1 < n ? ":" : "");
    return XK_OK;
}
