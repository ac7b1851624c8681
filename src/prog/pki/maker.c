/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/pki/maker.h"

#include "base/hex.h"
#include "crypto/hsm.h"
#include "crypto/x509_make.h"
#include "prog/pki/files.h"

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)
#define SERIAL_LEN 8
#define EID_DIGITS 32
#define EID_FREE 30    /* before the check digits */
#define EIN "89049032" /* of the test EUM, as in SGP.26 */
#define CRL_DAYS 366
#define REVOKED_MAX 10000
/* 7496-01-24: where the eUICC certificates of SGP.26 end */
#define EUICC_NOT_AFTER INT64_C(174385699200000)

enum item_id {
#define ITEM(id, stem, role, organization, common_name, oid, host, days) ITEM_##id,
#include "prog/pki/items.def"
#undef ITEM
    ITEMS
};

static const struct item {
    const char *stem;
    enum x509_role role;
    const char *organization, *common_name, *oid, *host;
    int days;
} items[ITEMS] = {
#define ITEM(id, stem, role, organization, common_name, oid, host, days)                           \
    [ITEM_##id] = {stem, role, organization, common_name, oid, host, days},
#include "prog/pki/items.def"
#undef ITEM
};

static const char *const crl_uris[] = {"http://ci.test.example.com/CRL-A.crl",
                                       "http://ci.test.example.com/CRL-B.crl"};
static const char *const crl_stems[] = {"CRL-A", "CRL-B"};
static const char *const eins[] = {EIN};

/* A certificate with the key that issues under it. */
struct authority {
    struct buf der;
    struct x509_cert cert;
    struct ec_key *key;
};

static void authority_fini(struct authority *a)
{
    buf_fini(&a->der);
    ec_key_free(a->key);
}

#define AUTO_AUTHORITY __attribute__((cleanup(authority_fini)))

static enum xk_err say(struct maker *m, enum xk_err err, const char *what, const char *about)
{
    if (err != XK_OK && m->why->n == 0)
        buf_printf(m->why, "%s: %s", about, what ? what : xk_err_text(err));
    return err;
}

/* --- files --- */

static enum xk_err note(struct maker *m, const char *path)
{
    buf_printf(m->files, "%s\n", path);
    return buf_ok(m->files);
}

static enum xk_err read_key(struct maker *m, const char *path, struct ec_key **out)
{
    struct buf text;
    enum xk_err err;

    buf_init(&text, PKI_FILE_MAX);
    err = files_read(path, &text, m->why);
    if (err == XK_OK)
        err = say(m, ec_key_read(buf_bytes(&text), out), "no private key on a curve of ours", path);
    buf_wipe(&text);
    buf_fini(&text);
    return err;
}

static enum xk_err write_key(struct maker *m, const char *path, const struct ec_key *key)
{
    struct buf text;
    enum xk_err err;

    buf_init(&text, PKI_FILE_MAX);
    err = say(m, ec_key_write_pem(key, &text), NULL, path);
    if (err == XK_OK)
        err = files_write_key(path, buf_bytes(&text), m->why);
    buf_wipe(&text);
    buf_fini(&text);
    TRY(err);
    return note(m, path);
}

/* The key of that file; made when there is none. */
static enum xk_err key_of(struct maker *m, const char *dir, const char *stem, enum ec_curve curve,
                          struct ec_key **out)
{
    char path[PKI_PATH_MAX];
    struct ec_key *key = NULL;
    enum xk_err err;

    TRY(say(m, files_path(dir, FILE_KEY, stem, curve, path), NULL, dir));
    if (files_is_there(path)) {
        TRY(read_key(m, path, &key));
        err = ec_key_curve(key) == curve ? XK_OK : say(m, XK_E_VALUE, "wrong curve", path);
    } else {
        TRY(say(m, ec_key_generate(curve, m->rand, &key), NULL, path));
        err = write_key(m, path, key);
    }
    if (err != XK_OK) {
        ec_key_free(key);
        return err;
    }
    *out = key;
    return XK_OK;
}

/* TLS wants PEM: of what is shown in it, and of the CI that it must lead to. */
enum cert_forms { DER_ALONE, DER_AND_PEM };

static enum xk_err write_cert(struct maker *m, const char *dir, const char *stem,
                              enum ec_curve curve, struct bytes der, enum cert_forms forms)
{
    char path[PKI_PATH_MAX];
    struct buf pem;
    enum xk_err err;

    TRY(say(m, files_path(dir, FILE_CERT, stem, curve, path), NULL, dir));
    TRY(files_write(path, der, m->why));
    TRY(note(m, path));
    if (forms == DER_ALONE)
        return XK_OK;
    TRY(say(m, files_path(dir, FILE_CERT_PEM, stem, curve, path), NULL, dir));
    buf_init(&pem, PKI_FILE_MAX);
    x509_put_pem("CERTIFICATE", der, &pem);
    err = say(m, buf_ok(&pem), NULL, path);
    if (err == XK_OK)
        err = files_write(path, buf_bytes(&pem), m->why);
    buf_fini(&pem);
    TRY(err);
    return note(m, path);
}

/* --- authorities --- */

static enum xk_err check_pair(struct maker *m, const struct authority *a, enum x509_role role,
                              const char *about)
{
    if (a->cert.role != role)
        return say(m, XK_E_VALUE,
                   role == CERT_CI ? "is no CI certificate" : "is no EUM certificate", about);
    if (!bytes_eq(a->cert.point, ec_key_point(a->key)))
        return say(m, XK_E_VALUE, "the private key is not the certificate's", about);
    return XK_OK;
}

/* A file, or a key in a hardware security module. */
static enum xk_err given_key(struct maker *m, struct ec_key **out)
{
    return say(m, hsm_key_read(m->ca_key, out, m->why), NULL, "--ca-key");
}

/* The user's own. */
static enum xk_err authority_given(struct maker *m, enum x509_role role, struct authority *out)
{
    static const char about[] = "--ca-cert";

    TRY(say(m, x509_from_file(m->ca_cert, "CERTIFICATE", &out->der), "no certificate", about));
    TRY(say(m, x509_read(buf_bytes(&out->der), &out->cert), "no certificate of RSP", about));
    TRY(given_key(m, &out->key));
    return check_pair(m, out, role, about);
}

static enum xk_err authority_read(struct maker *m, enum item_id id, enum ec_curve curve,
                                  struct authority *out)
{
    char path[PKI_PATH_MAX];

    TRY(say(m, files_path(m->dir, FILE_KEY, items[id].stem, curve, path), NULL, m->dir));
    TRY(read_key(m, path, &out->key));
    TRY(say(m, files_path(m->dir, FILE_CERT, items[id].stem, curve, path), NULL, m->dir));
    TRY(files_read(path, &out->der, m->why));
    TRY(say(m, x509_read(buf_bytes(&out->der), &out->cert), "no certificate of RSP", path));
    return check_pair(m, out, items[id].role, path);
}

/* The CI or EUM to issue under on this curve. */
static enum xk_err authority_open(struct maker *m, enum item_id id, enum ec_curve curve,
                                  struct authority *out)
{
    *out = (struct authority){.key = NULL};
    buf_init(&out->der, PKI_FILE_MAX);
    if (m->ca_cert.n > 0)
        return authority_given(m, items[id].role, out);
    return authority_read(m, id, curve, out);
}

/* The curves to make: those asked for, or the one of the user's own CA. */
static enum xk_err curves_of(struct maker *m, enum x509_role role, unsigned *out)
{
    AUTO_AUTHORITY struct authority a = {.key = NULL};

    *out = m->curves;
    if ((m->ca_cert.n > 0) != (m->ca_key.n > 0))
        return say(m, XK_E_VALUE, "both or neither", "--ca-cert, --ca-key");
    if (m->ca_cert.n == 0)
        return XK_OK;
    buf_init(&a.der, PKI_FILE_MAX);
    TRY(authority_given(m, role, &a));
    *out = MAKER_CURVE(a.cert.curve);
    return XK_OK;
}

/* --- certificates --- */

/* What a request points to. */
struct draft {
    struct x509_request r;
    uint8_t serial[SERIAL_LEN];
    uint8_t oid[64];
};

static void draft_serial(struct maker *m, struct draft *d)
{
    xk_rand_fill(m->rand, d->serial, sizeof d->serial);
    d->serial[0] = (d->serial[0] & 0x3F) | 0x40; /* positive, and always of 8 bytes */
    d->r.serial = BYTES_OF(d->serial);
}

static enum xk_err draft_of(struct maker *m, const struct item *item, struct draft *d)
{
    struct buf oid;

    *d = (struct draft){.r = {.role = item->role,
                              .organization = item->organization,
                              .common_name = item->common_name,
                              .host = item->host,
                              .not_before = m->now - HOUR_MS,
                              .not_after = m->now + item->days * DAY_MS,
                              .crl_uris = crl_uris,
                              .crl_uris_n = ARRAY_LEN(crl_uris)}};
    draft_serial(m, d);
    buf_init_fixed(&oid, d->oid, sizeof d->oid);
    TRY(say(m, x509_oid_parse(item->oid, &oid), "no object identifier", item->oid));
    d->r.registered_id = buf_bytes(&oid);
    if (item->role == CERT_CI) {
        d->r.unit = "TESTCERT";
        d->r.country = "CN";
    }
    if (item->role == CERT_EUM) {
        d->r.country = "CN";
        d->r.eins = eins;
        d->r.eins_n = ARRAY_LEN(eins);
        d->r.crl_uris = crl_uris + 1;
        d->r.crl_uris_n = 1;
    }
    return XK_OK;
}

/* Issues r under issuer (NULL: by key itself) and writes it. */
static enum xk_err issue(struct maker *m, const char *dir, const char *stem, struct draft *d,
                         const struct authority *issuer, const struct ec_key *key)
{
    struct buf der;
    enum xk_err err;

    d->r.curve = ec_key_curve(key);
    d->r.point = ec_key_point(key);
    buf_init(&der, X509_CERT_MAX);
    err = say(m, x509_make(&d->r, issuer ? &issuer->cert : NULL, issuer ? issuer->key : key, &der),
              NULL, stem);
    if (err == XK_OK)
        err = write_cert(m, dir, stem, d->r.curve, buf_bytes(&der),
                         d->r.host || d->r.role == CERT_CI ? DER_AND_PEM : DER_ALONE);
    buf_fini(&der);
    return err;
}

static enum xk_err make_item(struct maker *m, const char *dir, const struct item *item,
                             enum ec_curve curve, const struct authority *issuer)
{
    struct ec_key *key = NULL;
    struct draft d;
    enum xk_err err;

    TRY(draft_of(m, item, &d));
    TRY(key_of(m, dir, item->stem, curve, &key));
    err = issue(m, dir, item->stem, &d, issuer, key);
    ec_key_free(key);
    return err;
}

/* CI and EUM stay what they are: what they have signed leans on them. */
static bool is_kept(struct maker *m, const struct item *item, enum ec_curve curve)
{
    char path[PKI_PATH_MAX];

    return (item->role == CERT_CI || item->role == CERT_EUM) &&
           files_path(m->dir, FILE_CERT, item->stem, curve, path) == XK_OK && files_is_there(path);
}

static enum xk_err write_crl(struct maker *m, size_t which, const struct authority *ci,
                             const struct x509_revoked *revoked, size_t n)
{
    /* the time: grows with each list */
    const uint8_t number[] = {(uint8_t)(m->now >> 40), (uint8_t)(m->now >> 32),
                              (uint8_t)(m->now >> 24), (uint8_t)(m->now >> 16),
                              (uint8_t)(m->now >> 8),  (uint8_t)m->now};
    const struct x509_crl_request r = {.number = BYTES_OF(number),
                                       .this_update = m->now,
                                       .next_update = m->now + CRL_DAYS * DAY_MS,
                                       .uri = crl_uris[which],
                                       .revoked = revoked,
                                       .n = n};
    char path[PKI_PATH_MAX];
    struct buf der;
    enum xk_err err;

    TRY(say(m, files_path(m->dir, FILE_CRL, crl_stems[which], ci->cert.curve, path), NULL, m->dir));
    buf_init(&der, X509_CRL_MAX);
    err = say(m, x509_make_crl(&r, &ci->cert, ci->key, &der), NULL, path);
    if (err == XK_OK)
        err = files_write(path, buf_bytes(&der), m->why);
    buf_fini(&der);
    TRY(err);
    return note(m, path);
}

/* Lists that are there may name something: they stay. */
static enum xk_err make_crls(struct maker *m, const struct authority *ci)
{
    char path[PKI_PATH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(crl_stems); i++) {
        TRY(say(m, files_path(m->dir, FILE_CRL, crl_stems[i], ci->cert.curve, path), NULL, m->dir));
        if (!files_is_there(path))
            TRY(write_crl(m, i, ci, NULL, 0));
    }
    return XK_OK;
}

/* The CI itself: made, or the user's own put beside what it signs. */
static enum xk_err make_ci(struct maker *m, enum ec_curve curve)
{
    AUTO_AUTHORITY struct authority own = {.key = NULL};

    if (is_kept(m, &items[ITEM_CI], curve))
        return XK_OK;
    if (m->ca_cert.n == 0)
        return make_item(m, m->dir, &items[ITEM_CI], curve, NULL);
    TRY(authority_open(m, ITEM_CI, curve, &own));
    return write_cert(m, m->dir, items[ITEM_CI].stem, curve, own.cert.raw, DER_AND_PEM);
}

static enum xk_err init_curve(struct maker *m, enum ec_curve curve)
{
    AUTO_AUTHORITY struct authority ci = {.key = NULL};

    TRY(make_ci(m, curve));
    TRY(authority_open(m, ITEM_CI, curve, &ci));
    for (enum item_id id = ITEM_CI + 1; id < ITEMS; id++) {
        if (!is_kept(m, &items[id], curve))
            TRY(make_item(m, m->dir, &items[id], curve, &ci));
    }
    return make_crls(m, &ci);
}

enum xk_err maker_init(struct maker *m)
{
    unsigned curves;

    TRY(curves_of(m, CERT_CI, &curves));
    TRY(files_make_dir(m->dir, m->why));
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        if (curves & MAKER_CURVE(curve))
            TRY(init_curve(m, curve));
    }
    return XK_OK;
}

/* --- another SM-DP+ or SM-DS --- */

static bool is_host(const char *fqdn)
{
    size_t n = strlen(fqdn);

    return n > 0 && n < 254 && fqdn[0] != '.' && fqdn[0] != '-' &&
           strspn(fqdn, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n && !strstr(fqdn, "..");
}

static enum xk_err sub_dir(struct maker *m, const char *group, const char *name,
                           char out[PKI_PATH_MAX])
{
    if (snprintf(out, PKI_PATH_MAX, "%s/%s", m->dir, group) >= PKI_PATH_MAX)
        return say(m, XK_E_LIMIT, NULL, m->dir);
    TRY(files_make_dir(out, m->why));
    if (snprintf(out, PKI_PATH_MAX, "%s/%s/%s", m->dir, group, name) >= PKI_PATH_MAX)
        return say(m, XK_E_LIMIT, NULL, m->dir);
    return files_make_dir(out, m->why);
}

struct server_row {
    const char *group;
    enum item_id parts[3];
    size_t n;
};

enum xk_err maker_server(struct maker *m, enum maker_server what, const char *fqdn, const char *oid)
{
    static const struct server_row rows[] = {
        [MAKER_DP] = {"dp", {ITEM_DPAUTH, ITEM_DPPB, ITEM_DPTLS}, 3},
        [MAKER_DS] = {"ds", {ITEM_DSAUTH, ITEM_DSTLS}, 2},
    };
    const struct server_row *row = &rows[what];
    char dir[PKI_PATH_MAX];
    unsigned curves;

    if (!is_host(fqdn))
        return say(m, XK_E_VALUE, "no host name in small letters", fqdn);
    TRY(curves_of(m, CERT_CI, &curves));
    TRY(sub_dir(m, row->group, fqdn, dir));
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        AUTO_AUTHORITY struct authority ci = {.key = NULL};

        if (!(curves & MAKER_CURVE(curve)))
            continue;
        TRY(authority_open(m, ITEM_CI, curve, &ci));
        for (size_t i = 0; i < row->n; i++) {
            struct item item = items[row->parts[i]];

            item.common_name = fqdn;
            item.oid = oid;
            item.host = item.host ? fqdn : NULL;
            TRY(make_item(m, dir, &item, curve, &ci));
        }
    }
    return XK_OK;
}

/* --- eUICCs --- */

static void put_check_digits(char eid[EID_DIGITS + 1])
{
    unsigned rest = 0;

    for (size_t i = 0; i < EID_FREE; i++)
        rest = (rest * 10 + (unsigned)(eid[i] - '0')) % 97;
    snprintf(eid + EID_FREE, 3, "%02u", (98 - rest * 100 % 97) % 100);
}

enum xk_err maker_next_eid(char eid[33])
{
    size_t i = EID_FREE;

    while (i > 0 && eid[i - 1] == '9')
        eid[--i] = '0';
    if (i == 0)
        return XK_E_LIMIT;
    eid[i - 1]++;
    put_check_digits(eid);
    return XK_OK;
}

static enum xk_err check_eid(struct maker *m, const struct authority *eum, const char *eid)
{
    uint8_t raw[X509_EID_LEN];

    if (strlen(eid) != EID_DIGITS || hex_decode_exact(bytes_cstr(eid), raw, sizeof raw) != XK_OK ||
        x509_eid_check(raw) != XK_OK)
        return say(m, XK_E_VALUE, "is no EID: 32 digits, the last two of them check digits", eid);
    if (!x509_permits_eid(&eum->cert, raw))
        return say(m, XK_E_VALUE, "the EUM may not issue this EID", eid);
    return XK_OK;
}

static enum xk_err make_euicc(struct maker *m, const struct authority *eum, const char *eid)
{
    static const char stem[] = "EUICC_ECDSA";
    char dir[PKI_PATH_MAX], organization[256];
    struct ec_key *key = NULL;
    struct draft d = {.r = {.role = CERT_EUICC,
                            .generation = eum->cert.generation,
                            .organization = organization,
                            .serial_number = eid,
                            .common_name = "Test eUICC",
                            .not_before = m->now - HOUR_MS,
                            .not_after = EUICC_NOT_AFTER}};
    enum xk_err err;

    TRY(check_eid(m, eum, eid));
    if (!bytes_to_cstr(eum->cert.organization, organization, sizeof organization))
        return say(m, XK_E_VALUE, "its organisation is too long", "EUM");
    TRY(sub_dir(m, "euicc", eid, dir));
    draft_serial(m, &d);
    TRY(key_of(m, dir, stem, eum->cert.curve, &key));
    err = issue(m, dir, stem, &d, eum, key);
    ec_key_free(key);
    return err;
}

static enum xk_err make_euiccs(struct maker *m, enum ec_curve curve, const char *first,
                               size_t count)
{
    AUTO_AUTHORITY struct authority eum = {.key = NULL};
    char eid[EID_DIGITS + 1];

    TRY(authority_open(m, ITEM_EUM, curve, &eum));
    TRY(check_eid(m, &eum, first));
    snprintf(eid, sizeof eid, "%s", first);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            TRY(say(m, maker_next_eid(eid), "no EID behind it", eid));
        TRY(make_euicc(m, &eum, eid));
    }
    return XK_OK;
}

enum xk_err maker_euicc(struct maker *m, const char *first_eid, size_t count)
{
    unsigned curves;

    TRY(curves_of(m, CERT_EUM, &curves));
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        if (curves & MAKER_CURVE(curve))
            TRY(make_euiccs(m, curve, first_eid, count));
    }
    return XK_OK;
}

/* --- revocation --- */

static enum xk_err add_entries(struct maker *m, const char *path, const struct x509_cert *cert,
                               struct buf *old, struct x509_revoked *list, size_t *n)
{
    struct x509_crl crl;

    TRY(files_read(path, old, m->why));
    TRY(say(m, x509_crl_read(buf_bytes(old), &crl), "no revocation list", path));
    for (size_t at = 0; *n < REVOKED_MAX - 1 && x509_crl_each(&crl, &at, &list[*n]); ++*n) {
        if (bytes_eq(list[*n].serial, cert->serial))
            return say(m, XK_E_EXISTS, "names it already", path);
    }
    list[(*n)++] = (struct x509_revoked){cert->serial, m->now, cert->not_after};
    return XK_OK;
}

static enum xk_err revoke(struct maker *m, const struct x509_cert *cert, const struct authority *ci)
{
    struct x509_revoked *list = calloc(REVOKED_MAX, sizeof *list);
    char path[PKI_PATH_MAX];
    struct buf old;
    size_t n = 0;
    enum xk_err err = list ? XK_OK : XK_E_NOMEM;

    buf_init(&old, X509_CRL_MAX);
    if (err == XK_OK)
        err = files_path(m->dir, FILE_CRL, crl_stems[1], cert->curve, path);
    if (err == XK_OK)
        err = add_entries(m, path, cert, &old, list, &n);
    if (err == XK_OK)
        err = write_crl(m, 1, ci, list, n);
    buf_fini(&old);
    free(list);
    return say(m, err, NULL, m->dir);
}

enum xk_err maker_revoke(struct maker *m, struct bytes certificate)
{
    AUTO_AUTHORITY struct authority ci = {.key = NULL};
    struct x509_cert cert;
    struct buf der;
    enum xk_err err;

    buf_init(&der, PKI_FILE_MAX);
    err = say(m, x509_from_file(certificate, "CERTIFICATE", &der), "no certificate", "FILE");
    if (err == XK_OK)
        err = say(m, x509_read(buf_bytes(&der), &cert), "no certificate of RSP", "FILE");
    if (err == XK_OK)
        err = authority_open(m, ITEM_CI, cert.curve, &ci);
    if (err == XK_OK && !bytes_eq(cert.aki, ci.cert.ski))
        err = say(m, XK_E_VALUE, "another CI has issued it", "FILE");
    if (err == XK_OK)
        err = revoke(m, &cert, &ci);
    buf_fini(&der);
    return err;
}
