/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/pki/show.h"

#include <dirent.h>

#include "crypto/hsm.h"
#include "prog/pki/files.h"

#define POOL_MAX 256
#define CERT_FILE_MAX ((size_t)65536)

/* Certificates and lists that lie around. */
struct pool {
    struct buf der[POOL_MAX];
    struct x509_cert cert[POOL_MAX];
    size_t n;
    struct buf crls[POOL_MAX];
    size_t crl_n;
};

static void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        buf_fini(&p->der[i]);
    for (size_t i = 0; i < p->crl_n; i++)
        buf_fini(&p->crls[i]);
    free(p);
}

/* What cannot be read, or is something else, is passed over. */
static bool read_quietly(const char *path, struct buf *out)
{
    char mem[PKI_PATH_MAX + 128];
    struct buf why;

    buf_init_fixed(&why, mem, sizeof mem);
    return files_read(path, out, &why) == XK_OK;
}

static void pool_add_crl(struct pool *p, const char *path)
{
    struct buf *file = &p->crls[p->crl_n];

    if (p->crl_n == POOL_MAX)
        return;
    buf_init(file, PKI_FILE_MAX);
    if (read_quietly(path, file))
        p->crl_n++;
    else
        buf_fini(file);
}

static void pool_add(struct pool *p, const char *path)
{
    struct buf file;
    struct buf *der = &p->der[p->n];

    if (p->n == POOL_MAX)
        return;
    buf_init(&file, CERT_FILE_MAX);
    buf_init(der, CERT_FILE_MAX);
    if (read_quietly(path, &file) &&
        x509_from_file(buf_bytes(&file), "CERTIFICATE", der) == XK_OK &&
        x509_read(buf_bytes(der), &p->cert[p->n]) == XK_OK)
        p->n++;
    else
        buf_fini(der);
    buf_fini(&file);
}

static void pool_add_dir(struct pool *p, const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    char path[PKI_PATH_MAX];

    while (d && (e = readdir(d)) != NULL) {
        const char *dot = strrchr(e->d_name, '.');

        if (!dot || snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path)
            continue;
        if (strcmp(dot, ".crl") == 0)
            pool_add_crl(p, path);
        else if (strncmp(e->d_name, "SK_", 3) != 0 &&
                 (strcmp(dot, ".der") == 0 || strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0))
            pool_add(p, path);
    }
    if (d)
        closedir(d);
}

static void pool_fill(struct pool *p, const char *path, const char *ca)
{
    char dir[PKI_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) : 1;

    if (ca)
        pool_add(p, ca);
    for (int up = 0; up < 3; up++) {
        int len = snprintf(dir, sizeof dir, "%.*s%s", n, slash ? path : ".", &"/../.."[6 - 3 * up]);

        if (len < (int)sizeof dir)
            pool_add_dir(p, dir);
    }
}

static const struct x509_cert *find_issuer(const struct pool *p, const struct x509_cert *cert)
{
    for (size_t i = 0; i < p->n; i++) {
        if (cert->aki.n > 0 && bytes_eq(p->cert[i].ski, cert->aki) &&
            bytes_eq(p->cert[i].subject, cert->issuer))
            return &p->cert[i];
    }
    return NULL;
}

static void name_of(const struct x509_cert *cert, char *out, size_t cap)
{
    if (cert->role != CERT_NO_ROLE)
        snprintf(out, cap, "%s", x509_role_name(cert->role));
    else if (!bytes_to_cstr(cert->common_name, out, cap))
        snprintf(out, cap, "-");
}

static enum x509_verdict check_dates(const struct x509_cert *cert, int64_t now)
{
    if (now < cert->not_before)
        return CHAIN_NOT_YET_VALID;
    return now >= cert->not_after + 1000 ? CHAIN_EXPIRED : CHAIN_GOOD;
}

/* A CI, or a certificate without a role: by its own issuer's signature and its dates. */
static enum xk_err check_one(struct shown *s, const struct x509_cert *issuer, int64_t now)
{
    const struct x509_cert *c = &s->cert;
    enum xk_err err =
        ecdsa_verify_point(issuer->curve, issuer->point, &c->tbs, 1, BYTES_OF(c->signature));

    name_of(c, s->at, sizeof s->at);
    s->checked = true;
    s->verdict = err == XK_OK ? check_dates(c, now) : CHAIN_BAD_SIGNATURE;
    return err == XK_E_AUTH || err == XK_E_VALUE ? XK_OK : err;
}

static enum xk_err check_chain(struct shown *s, const struct pool *p, struct x509_store *store,
                               int64_t now)
{
    const struct x509_rules rules = {.store = store, .now = now};
    struct x509_cert issuers[X509_CHAIN_MAX];
    struct x509_chain chain = {.leaf = &s->cert, .issuers = issuers};
    const struct x509_cert *above = find_issuer(p, &s->cert);
    struct x509_finding f;

    for (; above && above->role != CERT_CI && chain.n < X509_CHAIN_MAX;
         above = find_issuer(p, above))
        issuers[chain.n++] = *above;
    if (!above)
        return XK_OK;
    if (s->cert.role == CERT_EUICC)
        TRY(x509_check_euicc(&rules, &chain, &f));
    else
        TRY(x509_check_server(&rules, s->cert.role, &chain, BYTES_NONE, &f));
    s->checked = true;
    s->verdict = f.verdict;
    name_of(f.at == 0         ? &s->cert
            : f.at <= chain.n ? &issuers[f.at - 1]
                              : above,
            s->at, sizeof s->at);
    return XK_OK;
}

static enum xk_err fill_store(const struct pool *p, struct x509_store *store)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->cert[i].role == CERT_CI && x509_store_add_ci(store, p->cert[i].raw) == XK_E_NOMEM)
            return XK_E_NOMEM;
    }
    for (size_t i = 0; i < p->crl_n; i++) {
        if (x509_store_add_crl(store, buf_bytes(&p->crls[i])) == XK_E_NOMEM)
            return XK_E_NOMEM;
    }
    return XK_OK;
}

/* Issuing certificates below a CI are no leaves that x509_check_server takes: by one signature. */
static enum xk_err check(struct shown *s, const struct pool *p, int64_t now)
{
    const struct x509_cert *issuer = find_issuer(p, &s->cert);
    struct x509_store *store = NULL;
    enum xk_err err;

    if (s->cert.role == CERT_CI)
        return check_one(s, &s->cert, now);
    if (issuer && (s->cert.role == CERT_NO_ROLE || s->cert.ca == CERT_IS_CA))
        return check_one(s, issuer, now);
    TRY(x509_store_new(1, &store));
    err = fill_store(p, store);
    if (err == XK_OK)
        err = check_chain(s, p, store, now);
    x509_store_free(store);
    return err;
}

static enum xk_err open_cert(struct shown *s, const char *path, const char *ca, int64_t now)
{
    struct pool *p = calloc(1, sizeof *p);
    enum xk_err err;

    if (!p)
        return XK_E_NOMEM;
    s->kind = SHOWN_CERT;
    s->curve = s->cert.curve;
    pool_fill(p, path, ca);
    err = x509_key_id(s->cert.point, s->key_id);
    if (err == XK_OK)
        err = check(s, p, now);
    pool_free(p);
    return err;
}

static enum xk_err show_key(struct shown *s, struct ec_key *key)
{
    enum xk_err err;

    s->kind = SHOWN_KEY;
    s->curve = ec_key_curve(key);
    err = x509_key_id(ec_key_point(key), s->key_id);
    ec_key_free(key);
    return err;
}

static enum xk_err open_key(struct shown *s, struct bytes file)
{
    struct ec_key *key = NULL;

    TRY(ec_key_read(file, &key));
    return show_key(s, key);
}

static enum xk_err open_remote(struct shown *s, const char *uri, struct buf *why)
{
    struct ec_key *key = NULL;

    TRY(hsm_key_open(bytes_cstr(uri), &key, why));
    return show_key(s, key);
}

static bool holds(struct bytes file, const char *label, struct buf *der)
{
    buf_reset(der);
    return x509_from_file(file, label, der) == XK_OK;
}

static enum xk_err recognise(struct shown *s, struct bytes file, const char *path, const char *ca,
                             int64_t now)
{
    enum xk_err err = XK_E_FORMAT;

    if (holds(file, "CERTIFICATE", &s->der))
        err = x509_read(buf_bytes(&s->der), &s->cert);
    if (err == XK_OK)
        return open_cert(s, path, ca, now);
    if (err == XK_E_UNSUPPORTED || err == XK_E_VALUE)
        return XK_E_UNSUPPORTED;
    if (holds(file, "X509 CRL", &s->der) && x509_crl_read(buf_bytes(&s->der), &s->crl) == XK_OK) {
        s->kind = SHOWN_CRL;
        return XK_OK;
    }
    return open_key(s, file);
}

static enum xk_err open_file(struct shown *s, const char *path, const char *ca, int64_t now,
                             struct buf *why)
{
    struct buf file;
    enum xk_err err;

    buf_init(&file, PKI_FILE_MAX);
    err = files_read(path, &file, why);
    if (err == XK_OK) {
        err = recognise(s, buf_bytes(&file), path, ca, now);
        if (err == XK_E_UNSUPPORTED)
            buf_printf(why, "%s: a certificate, but none of remote SIM provisioning", path);
        else if (err != XK_OK)
            buf_printf(why, "%s: neither a certificate nor a revocation list nor a private key",
                       path);
    }
    buf_wipe(&file);
    buf_fini(&file);
    return err;
}

enum xk_err shown_open(const char *path, const char *ca, int64_t now, struct shown *out,
                       struct buf *why)
{
    struct shown s = {.checked = false};
    enum xk_err err;

    buf_init(&s.der, PKI_FILE_MAX);
    if (hsm_is_uri(bytes_cstr(path)))
        err = open_remote(&s, path, why);
    else
        err = open_file(&s, path, ca, now, why);
    if (err != XK_OK) {
        buf_fini(&s.der);
        return err;
    }
    *out = s;
    return XK_OK;
}

void shown_close(struct shown *s)
{
    buf_fini(&s->der);
}
