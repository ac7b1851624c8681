/* SPDX-License-Identifier: Apache-2.0 */
/* A section of the configuration becomes an engine: certificates, keys, issuers, revocation
 * lists. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hsm.h"
#include "prog/xiekad/rsp.h"

#define SITE_MEMORY ((size_t)8 << 20)
#define FILE_MAX ((size_t)4 << 20)
#define EUMS_CACHED 256
#define WHY_MAX 256
#define LOOK_MS ((int64_t)24 * 3600 * 1000)
#define WARN_BEFORE_MS (30 * LOOK_MS)

/* One item of a comma-separated list, without the blanks around it; false: there is none left. */
static bool next_item(const char **list, char *out, size_t cap)
{
    const char *at = *list + strspn(*list, " ,");
    size_t n = strcspn(at, ",");

    *list = at + n;
    while (n > 0 && at[n - 1] == ' ')
        n--;
    return n > 0 && bytes_to_cstr(BYTES(at, n), out, cap);
}

static enum xk_err complain(const char *path, const char *why)
{
    fprintf(stderr, "xiekad: %s: %s\n", path, why);
    return XK_E_VALUE;
}

/* Into the arena. A key must be its owner's alone. */
static enum xk_err read_file(struct arena *memory, const char *path, mode_t forbidden,
                             struct bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t *room;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) != 0) {
        int why = errno;

        if (fd >= 0)
            close(fd);
        return complain(path, strerror(why));
    }
    room = st.st_size > 0 && (size_t)st.st_size <= FILE_MAX
               ? arena_alloc(memory, (size_t)st.st_size)
               : NULL;
    n = room ? read(fd, room, (size_t)st.st_size) : -1;
    close(fd);
    if (n != st.st_size)
        return complain(path, "cannot be read");
    if (st.st_mode & forbidden)
        return complain(path, "is a private key that others can read");
    *out = BYTES(room, (size_t)n);
    return XK_OK;
}

static enum xk_err read_certificate(struct arena *memory, const char *path, struct bytes *der)
{
    struct bytes file = {0};
    struct buf out;

    TRY(read_file(memory, path, 0, &file));
    buf_init_fixed(&out, arena_alloc(memory, file.n), file.n);
    if (!out.p || x509_from_file(file, "CERTIFICATE", &out) != XK_OK)
        return complain(path, "is no certificate");
    *der = buf_bytes(&out);
    return XK_OK;
}

static enum xk_err read_key(struct rsp_site *site, const char *path, const struct ec_key **out)
{
    struct bytes file = bytes_cstr(path);
    char mem[WHY_MAX];
    struct buf why;

    if (site->n_keys == ARRAY_LEN(site->keys))
        return complain(path, "one key too many");
    if (!hsm_is_uri(file))
        TRY(read_file(&site->memory, path, 077, &file));
    buf_init_fixed(&why, mem, sizeof mem);
    if (hsm_key_read(file, &site->keys[site->n_keys], &why) != XK_OK)
        return complain(path, why.n > 0 ? buf_cstr(&why) : "cannot be opened");
    *out = site->keys[site->n_keys++];
    return XK_OK;
}

/* The next of the list into one of these two, whichever is asked for. */
static enum xk_err next_of(struct rsp_site *site, const char **list, const char *name,
                           struct bytes *certificate, const struct ec_key **key)
{
    char path[DAEMON_PATH_MAX];

    if (!next_item(list, path, sizeof path))
        return complain(name, "its list of files is shorter than the others");
    return certificate ? read_certificate(&site->memory, path, certificate)
                       : read_key(site, path, key);
}

static enum xk_err read_identities(struct rsp_site *site, struct auth_config *config)
{
    bool smdpp = config->role == AUTH_SMDPP;
    const char *auth = conf_string(site->conf, "auth_cert");
    const char *auth_key = conf_string(site->conf, "auth_key");
    const char *pb = smdpp ? conf_string(site->conf, "pb_cert") : "";
    const char *pb_key = smdpp ? conf_string(site->conf, "pb_key") : "";

    for (; auth[strspn(auth, " ,")]; config->n_identities++) {
        struct auth_identity *i = &config->identities[config->n_identities];

        if (config->n_identities == AUTH_IDENTITIES_MAX)
            return complain("auth_cert", "too many certificates");
        TRY(next_of(site, &auth, "auth_cert", &i->certificate, NULL));
        TRY(next_of(site, &auth_key, "auth_key", NULL, &i->key));
        if (!smdpp)
            continue;
        TRY(next_of(site, &pb, "pb_cert", &i->pb_certificate, NULL));
        TRY(next_of(site, &pb_key, "pb_key", NULL, &i->pb_key));
    }
    return XK_OK;
}

static enum xk_err read_issuers(struct rsp_site *site)
{
    const char *list = conf_string(site->conf, "ci");
    char path[DAEMON_PATH_MAX];

    TRY(x509_store_new(EUMS_CACHED, &site->store));
    while (next_item(&list, path, sizeof path)) {
        struct bytes file = {0};
        enum xk_err err;

        TRY(read_file(&site->memory, path, 0, &file));
        err = x509_store_add_ci(site->store, file);
        if (err != XK_OK && err != XK_E_EXISTS)
            return complain(path, "is no certificate of an issuer (CI)");
    }
    return XK_OK;
}

/* ---- revocation lists ------------------------------------------------------------------------ */

static void read_crl(struct rsp_site *site, const char *path)
{
    struct bytes file = {0};
    enum xk_err err = read_file(&site->file_memory, path, 0, &file);

    if (err == XK_OK)
        err = x509_store_add_crl(site->store, file);
    if (err != XK_OK && err != XK_E_STATE) /* that one, or a newer one, is there */
        xk_log(XK_LOG_WARN, "crl.refused file=%s err=%s", path, xk_err_name(err));
}

void rsp_site_read_crls(struct rsp_site *site)
{
    const char *list = conf_string(site->conf, "crl");
    char path[DAEMON_PATH_MAX];

    for (size_t i = 0; next_item(&list, path, sizeof path); i++) {
        struct stat st;
        bool there = stat(path, &st) == 0;
        int64_t changed = there ? (int64_t)st.st_mtime : 0;

        if (i >= ARRAY_LEN(site->crl_changed) || changed == site->crl_changed[i])
            continue;
        site->crl_changed[i] = changed;
        arena_reset(&site->file_memory);
        read_crl(site, path);
    }
}

/* ---- what a device will say to our certificates ---------------------------------------------- */

static void warn(const char *path, const char *why)
{
    xk_log(XK_LOG_WARN, "certificate file=%s why=\"%s\"", path, why);
}

/* A chain through a sub-CA is left to the device: its file is read no further than the leaf. */
static const char *tls_fault(const struct rsp_site *site, const struct x509_cert *cert, int64_t now)
{
    const struct x509_chain chain = {.leaf = cert};
    const struct x509_rules rules = {.store = site->store, .now = now};
    struct x509_finding finding;

    if (!x509_has_dns_name(cert, bytes_cstr(site->fqdn)))
        return "is not for the name of this section";
    if (x509_check_server(&rules, site->smdpp ? CERT_DPTLS : CERT_DSTLS, &chain, BYTES_NONE,
                          &finding) != XK_OK ||
        finding.verdict == CHAIN_GOOD || finding.verdict == CHAIN_UNKNOWN_CI)
        return NULL;
    return x509_verdict_text(finding.verdict);
}

static void look_at(struct rsp_site *site, const char *path, bool tls, int64_t now)
{
    struct bytes der = {0};
    struct x509_cert cert;
    const char *fault = NULL;

    arena_reset(&site->file_memory);
    if (read_certificate(&site->file_memory, path, &der) != XK_OK || x509_read(der, &cert) != XK_OK)
        fault = "is none of remote SIM provisioning";
    else if (tls)
        fault = tls_fault(site, &cert, now);
    if (fault)
        warn(path, fault);
    else if (now < cert.not_before)
        warn(path, "not yet valid");
    else if (now > cert.not_after)
        warn(path, "expired");
    else if (now > cert.not_after - WARN_BEFORE_MS)
        warn(path, "expires within 30 days");
}

void rsp_site_look_at_certificates(struct rsp_site *site, int64_t now)
{
    static const char *const names[] = {"tls_cert", "auth_cert", "pb_cert"};
    char path[DAEMON_PATH_MAX];

    if (site->looked > now - LOOK_MS)
        return;
    site->looked = now;
    for (size_t i = 0; i < (site->smdpp ? 3 : 2); i++) {
        const char *list = conf_string(site->conf, names[i]);

        while (next_item(&list, path, sizeof path))
            look_at(site, path, i == 0, now);
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum xk_err read_versions(const struct rsp_site *site, struct auth_config *config)
{
    if (rsp_version_from_text(bytes_cstr(conf_string(site->conf, "lowest_svn")),
                              &config->lowest_svn) != XK_OK ||
        rsp_version_from_text(bytes_cstr(conf_string(site->conf, "highest_svn")),
                              &config->highest_svn) != XK_OK)
        return complain("lowest_svn, highest_svn", "must be like 2.2.0");
    return XK_OK;
}

static enum xk_err open_site(struct rsp_site *site, const struct conf *conf,
                             struct auth_config *config)
{
    site->conf = conf;
    site->fqdn = conf_title(conf);
    arena_init(&site->memory, SITE_MEMORY);
    arena_init(&site->file_memory, SITE_MEMORY);
    config->address = bytes_cstr(site->fqdn);
    TRY(read_issuers(site));
    TRY(read_identities(site, config));
    TRY(read_versions(site, config));
    rsp_site_read_crls(site);
    config->store = site->store;
    return XK_OK;
}

enum xk_err rsp_site_open_smdpp(struct rsp_site *site, const struct conf *conf)
{
    struct smdpp_config config = {.auth.role = AUTH_SMDPP};
    const char *why = "cannot be opened";

    TRY(open_site(site, conf, &config.auth));
    config.rebind = conf_bool(conf, "rebind") ? SMDPP_REBIND : SMDPP_REFUSE_REBIND;
    config.session_ms = conf_int(conf, "session_ms");
    if (smdpp_new(&config, &site->smdpp, &why) != XK_OK)
        return complain(site->fqdn, why);
    return XK_OK;
}

enum xk_err rsp_site_open_smds(struct rsp_site *site, const struct conf *conf)
{
    struct smds_config config = {.auth.role = AUTH_SMDS};
    const char *why = "cannot be opened";

    TRY(open_site(site, conf, &config.auth));
    config.session_ms = conf_int(conf, "session_ms");
    if (conf_string(conf, "root")[0] != '\0')
        config.root = bytes_cstr(conf_string(conf, "root"));
    if (smds_new(&config, &site->smds, &why) != XK_OK)
        return complain(site->fqdn, why);
    return XK_OK;
}

void rsp_site_close(struct rsp_site *site)
{
    smdpp_free(site->smdpp);
    smds_free(site->smds);
    for (size_t i = 0; i < site->n_keys; i++)
        ec_key_free(site->keys[i]);
    x509_store_free(site->store);
    arena_fini(&site->memory);
    arena_fini(&site->file_memory);
}
