/* SPDX-License-Identifier: Apache-2.0 */
/* What the maker puts into an eUICC, and reading it back when the card wakes up. */
#include "card/euicc/maker.h"

#define KEY_LEN (1 + EC_SCALAR_LEN) /* curve, scalar */
#define RAT_MAX 2048
#define LOWEST_SVN RSP_VERSION(2, 5, 0)
#define PROFILE_VERSION RSP_VERSION(2, 3, 1)

static void put_version(uint8_t out[3], uint32_t version, uint32_t otherwise)
{
    uint32_t v = version ? version : otherwise;

    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
}

static enum xk_err make_maker(const struct euicc_personalisation *p, struct maker *m)
{
    *m = (struct maker){.identities = (uint8_t)p->n_identities,
                        .forbidden_ppr = (uint8_t)p->forbidden_ppr};
    memcpy(m->magic, MAKER_MAGIC, sizeof m->magic);
    put_version(m->lowest_svn, p->lowest_svn, LOWEST_SVN);
    put_version(m->highest_svn, p->highest_svn, 0);
    put_version(m->profile_version, p->profile_version, PROFILE_VERSION);
    return eid_from_text(bytes_cstr(p->eid), m->eid);
}

/* The certificate names this EID, the key is its key, the EUM's certificate leads to the CI. */
static const char *check_identity(const struct euicc_identity *id, const struct maker *m)
{
    struct x509_cert ci, eum, cert;
    uint8_t eid[EID_LEN];

    if (x509_read(id->ci_certificate, &ci) != XK_OK || ci.role != CERT_CI ||
        ci.ski.n != RSP_KEY_ID_LEN)
        return "no CI certificate";
    if (x509_read(id->eum_certificate, &eum) != XK_OK || eum.role != CERT_EUM)
        return "no EUM certificate";
    if (x509_read(id->certificate, &cert) != XK_OK || cert.role != CERT_EUICC)
        return "no eUICC certificate";
    if (x509_eid(&cert, eid) != XK_OK || memcmp(eid, m->eid, EID_LEN) != 0)
        return "the certificate is of another EID";
    if (!id->key || !bytes_eq(ec_key_point(id->key), cert.point))
        return "the key does not belong to the certificate";
    if (!bytes_eq(eum.aki, ci.ski))
        return "the EUM certificate is of another CI";
    if (!bytes_eq(cert.aki, eum.ski))
        return "the eUICC certificate is of another EUM";
    return NULL;
}

static enum xk_err put_identity(struct flash *f, unsigned i, const struct euicc_identity *id)
{
    uint8_t key[KEY_LEN];
    enum xk_err err;

    key[0] = (uint8_t)ec_key_curve(id->key);
    err = ec_key_export(id->key, key + 1);
    if (err == XK_OK)
        err = flash_put(f, OBJECT_KEY + i, BYTES_OF(key));
    explicit_bzero(key, sizeof key);
    TRY(err);
    TRY(flash_put(f, OBJECT_CERTIFICATE + i, id->certificate));
    return flash_put(f, OBJECT_EUM + i, id->eum_certificate);
}

static enum xk_err put_address(struct flash *f, uint32_t id, const char *address)
{
    return flash_put(f, id, bytes_cstr(address ? address : ""));
}

static enum xk_err put_rat(struct flash *f, const struct rsp_rat *rat)
{
    struct buf der;
    enum xk_err err;

    buf_init(&der, RAT_MAX);
    err = rsp_encode_get_rat_response(rat, &der);
    if (err == XK_OK)
        err = flash_put(f, OBJECT_RAT, buf_bytes(&der));
    buf_fini(&der);
    return err;
}

static enum xk_err put_all(struct flash *f, const struct euicc_personalisation *p,
                           const struct maker *m)
{
    static const uint8_t first_seq[4] = {0, 0, 0, 1};
    unsigned cis = 0;

    TRY(flash_put(f, OBJECT_MAKER, BYTES(m, sizeof *m)));
    TRY(flash_put(f, OBJECT_SEQUENCE, BYTES_OF(first_seq)));
    for (unsigned i = 0; i < p->n_identities; i++) {
        TRY(put_identity(f, i, &p->identities[i]));
        TRY(flash_put(f, OBJECT_CI + cis++, p->identities[i].ci_certificate));
    }
    for (unsigned i = 0; i < p->n_ci_certificates; i++)
        TRY(flash_put(f, OBJECT_CI + cis++, p->ci_certificates[i]));
    TRY(put_address(f, OBJECT_DEFAULT_DP, p->default_dp));
    TRY(put_address(f, OBJECT_ROOT_DS, p->root_ds));
    for (unsigned i = 0; i < p->n_additional_ds; i++)
        TRY(put_address(f, OBJECT_ADDITIONAL_DS + i, p->additional_ds[i]));
    TRY(put_rat(f, &p->rat));
    return flash_commit(f);
}

static const char *check_all(const struct euicc_personalisation *p, struct maker *m)
{
    if (make_maker(p, m) != XK_OK)
        return "the EID is not one";
    if (p->n_identities == 0 || p->n_identities > EUICC_IDENTITIES_MAX)
        return "no identity, or too many";
    if (p->n_ci_certificates > EUICC_CIS_MAX || p->n_additional_ds > EUICC_ADDITIONAL_DS_MAX)
        return "too many CI certificates or SM-DS addresses";
    for (size_t i = 0; i < p->n_ci_certificates; i++) {
        struct x509_cert ci;

        if (x509_read(p->ci_certificates[i], &ci) != XK_OK || ci.role != CERT_CI)
            return "no CI certificate";
    }
    for (size_t i = 0; i < p->n_identities; i++) {
        const char *why = check_identity(&p->identities[i], m);

        if (why)
            return why;
    }
    return NULL;
}

enum xk_err euicc_write_maker(const struct flash_port *port, const struct euicc_personalisation *p,
                              struct flash **out, const char **why)
{
    struct maker m;
    const char *wrong = check_all(p, &m);
    struct flash *f;
    enum xk_err err;

    if (why)
        *why = wrong;
    if (wrong)
        return XK_E_VALUE;
    TRY(flash_format(port, p->capacity ? p->capacity : EUICC_CAPACITY, &f));
    err = put_all(f, p, &m);
    if (err != XK_OK) {
        flash_close(f);
        return err;
    }
    *out = f;
    return XK_OK;
}

static enum xk_err read_key(const struct flash *f, unsigned i, struct ec_key **out)
{
    uint8_t key[KEY_LEN];
    enum xk_err err = flash_read(f, OBJECT_KEY + i, 0, key, sizeof key);

    if (err == XK_OK)
        err = key[0] < EC_CURVES
                  ? ec_key_import((enum ec_curve)key[0], BYTES(key + 1, EC_SCALAR_LEN), out)
                  : XK_E_FORMAT;
    explicit_bzero(key, sizeof key);
    return err;
}

static enum xk_err read_identity(struct euicc *e, unsigned i)
{
    struct bytes der;
    struct x509_cert eum;

    TRY(flash_get(e->flash, OBJECT_EUM + i, &der));
    TRY(x509_read(der, &eum));
    if (eum.aki.n != RSP_KEY_ID_LEN)
        return XK_E_FORMAT;
    TRY(read_key(e->flash, i, &e->identities[i].key));
    memcpy(e->identities[i].ci, eum.aki.p, RSP_KEY_ID_LEN);
    e->n_identities = i + 1;
    return XK_OK;
}

enum xk_err euicc_read_store(struct euicc *e)
{
    struct bytes der;
    uint32_t id;

    x509_store_free(e->store);
    e->store = NULL;
    TRY(x509_store_new(0, &e->store));
    for (id = OBJECT_CI; flash_next(e->flash, &id, OBJECT_KEY - 1, &der); id++) {
        enum xk_err err = x509_store_add_ci(e->store, der);

        if (err != XK_OK && err != XK_E_EXISTS)
            return err;
    }
    for (id = OBJECT_CRL; flash_next(e->flash, &id, OBJECT_CRL_LAST, &der); id++)
        TRY(x509_store_add_crl(e->store, der));
    return XK_OK;
}

enum xk_err euicc_read_maker(struct euicc *e)
{
    if (flash_read(e->flash, OBJECT_MAKER, 0, (uint8_t *)&e->maker, sizeof e->maker) != XK_OK ||
        memcmp(e->maker.magic, MAKER_MAGIC, sizeof e->maker.magic) != 0 ||
        e->maker.identities > EUICC_IDENTITIES_MAX)
        return XK_E_FORMAT;
    for (unsigned i = 0; i < e->maker.identities; i++)
        TRY(read_identity(e, i));
    return euicc_read_store(e);
}
