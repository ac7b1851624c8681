/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_pki.h"

#include "base/tlv.h"
#include "crypto/x509_make.h"

#define ORGANIZATION "ACME"
#define EUM_ORGANIZATION "RSP Test EUM"
#define OTHER_EID "89086030202200000022000027485428" /* right digits, another EUM's */
#define SHORT_EID "890490321234512345123456789012"
#define BAD_EID "89049032123451234512345678901236"
#define EUICCS_MAX 4096
#define EXTRA_MAX 64

/* 2020-01-01, 2049-12-31, 2025-01-01, 2030-01-01, and the year of SGP.26's eUICC */
#define LONG_AGO INT64_C(1577836800000)
#define FAR INT64_C(2524521600000)
#define PAST INT64_C(1735689600000)
#define FUTURE INT64_C(1893456000000)
#define YEAR_7496 INT64_C(174385699200000)

struct made {
    uint8_t *der;
    size_t n;
    struct ec_key *key;
    struct x509_cert cert;
};

struct euicc {
    char eid[33];
    struct made made;
};

struct bent_pair {
    struct made leaf, issuer;
    bool done;
};

struct rsp_pki {
    enum ec_curve curve;
    struct xk_prng prng;
    struct xk_rand rand;
    struct made certs[RSP_CERTS];
    struct euicc *euiccs[EUICCS_MAX];
    size_t euicc_n;
    struct bent_pair bent[RSP_BENTS];
    struct made other_ci, other_eum, extra[EXTRA_MAX];
    size_t extra_n;
    uint32_t serial;
};

/* As SGP.26 names them */
static const struct {
    enum x509_role role;
    const char *organization, *common_name, *oid, *host;
} plans[RSP_CERTS] = {
    [RSP_CI] = {CERT_CI, "RSPTEST", "Test CI", "2.999.1", NULL},
    [RSP_EUM] = {CERT_EUM, EUM_ORGANIZATION, "EUM Test", "2.999.5", NULL},
    [RSP_DPAUTH] = {CERT_DPAUTH, ORGANIZATION, "TEST SM-DP+", RSP_DP_OID, NULL},
    [RSP_DPPB] = {CERT_DPPB, ORGANIZATION, "TEST SM-DP+", RSP_DP_OID, NULL},
    [RSP_DPTLS] = {CERT_DPTLS, ORGANIZATION, RSP_DP_HOST, RSP_DP_OID, RSP_DP_HOST},
    [RSP_DP2AUTH] = {CERT_DPAUTH, ORGANIZATION, "TEST SM-DP+2", RSP_DP2_OID, NULL},
    [RSP_DP2PB] = {CERT_DPPB, ORGANIZATION, "TEST SM-DP+2", RSP_DP2_OID, NULL},
    [RSP_DP2TLS] = {CERT_DPTLS, ORGANIZATION, RSP_DP2_HOST, RSP_DP2_OID, RSP_DP2_HOST},
    [RSP_DSAUTH] = {CERT_DSAUTH, ORGANIZATION, "TEST SM-DS", "2.999.15", NULL},
    [RSP_DSTLS] = {CERT_DSTLS, ORGANIZATION, RSP_DS_HOST, "2.999.15", RSP_DS_HOST},
    [RSP_EIM] = {CERT_NO_ROLE, ORGANIZATION, "TEST eIM", "2.999.20", NULL},
    [RSP_EIMTLS] = {CERT_NO_ROLE, ORGANIZATION, RSP_EIM_HOST, "2.999.20", RSP_EIM_HOST},
};

static const char *const ein[] = {RSP_EIN};
static const char *const crls[] = {"http://ci.test.example.com/CRL-A.crl",
                                   "http://ci.test.example.com/CRL-B.crl"};

static const struct rsp_bent_info infos[RSP_BENTS] = {
#define BENT_INFO(id, leaf, verdict, at) [id] = {#id, leaf, verdict, at},
    RSP_BENT_TABLE(BENT_INFO)
#undef BENT_INFO
};

const struct rsp_bent_info *rsp_bent_info(enum rsp_bent bent)
{
    return &infos[bent];
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    printf("Bail out! rsp_pki: %s\n", what);
    exit(1);
}

/* A request with its strings' room. */
struct draft {
    struct x509_request r;
    uint8_t oid[32];
    uint8_t serial[4];
};

static void set_oid(struct draft *d, const char *text)
{
    struct buf b;

    buf_init_fixed(&b, d->oid, sizeof d->oid);
    must(x509_oid_parse(text, &b) == XK_OK, "OID");
    d->r.registered_id = buf_bytes(&b);
}

static void set_serial(struct rsp_pki *pki, struct draft *d)
{
    uint32_t n = ++pki->serial + 0xFF;

    for (size_t i = 0; i < sizeof d->serial; i++)
        d->serial[i] = (uint8_t)(n >> (24 - 8 * i));
    d->r.serial = BYTES_OF(d->serial);
}

static void draft_of(struct rsp_pki *pki, enum rsp_cert_id id, struct draft *d)
{
    *d = (struct draft){.r = {.role = plans[id].role,
                              .organization = plans[id].organization,
                              .common_name = plans[id].common_name,
                              .host = plans[id].host,
                              .not_before = LONG_AGO,
                              .not_after = FAR,
                              .crl_uris = crls,
                              .crl_uris_n = 2}};
    set_oid(d, plans[id].oid);
    set_serial(pki, d);
    if (id == RSP_CI) {
        d->r.unit = "TESTCERT";
        d->r.country = "IT";
    }
    if (id == RSP_EUM) {
        d->r.country = "DE";
        d->r.eins = ein;
        d->r.eins_n = 1;
        d->r.crl_uris = crls + 1;
        d->r.crl_uris_n = 1;
    }
}

static void draft_euicc(struct rsp_pki *pki, const char *eid, struct draft *d)
{
    *d = (struct draft){.r = {.role = CERT_EUICC,
                              .country = "DE",
                              .organization = EUM_ORGANIZATION,
                              .serial_number = eid,
                              .common_name = "Test eUICC",
                              .not_before = LONG_AGO,
                              .not_after = YEAR_7496}};
    set_serial(pki, d);
}

static struct ec_key *new_key(struct rsp_pki *pki, enum ec_curve curve)
{
    struct ec_key *key = NULL;

    must(ec_key_generate(curve, &pki->rand, &key) == XK_OK, "key");
    return key;
}

static void keep(struct made *m, struct buf *b)
{
    free(m->der);
    m->der = malloc(b->n);
    must(m->der && buf_ok(b) == XK_OK, "certificate");
    memcpy(m->der, b->p, b->n);
    m->n = b->n;
    must(x509_read(BYTES(m->der, m->n), &m->cert) == XK_OK, "certificate is not read");
    buf_fini(b);
}

/* m->key must be there; issuer NULL: by itself. */
static void make(struct draft *d, const struct made *issuer, struct made *m)
{
    struct buf b;

    buf_init(&b, X509_CERT_MAX);
    d->r.curve = ec_key_curve(m->key);
    d->r.point = ec_key_point(m->key);
    must(x509_make(&d->r, issuer ? &issuer->cert : NULL, issuer ? issuer->key : m->key, &b) ==
             XK_OK,
         "x509_make");
    keep(m, &b);
}

static void made_fini(struct made *m)
{
    free(m->der);
    ec_key_free(m->key);
}

struct rsp_pki *rsp_pki_new(enum ec_curve curve)
{
    struct rsp_pki *pki = calloc(1, sizeof *pki);

    must(pki, "memory");
    pki->curve = curve;
    pki->prng.state = 26 + (uint64_t)curve;
    pki->rand = xk_rand_prng(&pki->prng);
    for (enum rsp_cert_id id = 0; id < RSP_CERTS; id++) {
        struct draft d;

        draft_of(pki, id, &d);
        pki->certs[id].key = new_key(pki, curve);
        make(&d, id == RSP_CI ? NULL : &pki->certs[RSP_CI], &pki->certs[id]);
    }
    return pki;
}

void rsp_pki_free(struct rsp_pki *pki)
{
    if (!pki)
        return;
    for (size_t i = 0; i < RSP_CERTS; i++)
        made_fini(&pki->certs[i]);
    for (size_t i = 0; i < pki->euicc_n; i++) {
        made_fini(&pki->euiccs[i]->made);
        free(pki->euiccs[i]);
    }
    for (size_t i = 0; i < RSP_BENTS; i++) {
        made_fini(&pki->bent[i].leaf);
        made_fini(&pki->bent[i].issuer);
    }
    for (size_t i = 0; i < pki->extra_n; i++)
        made_fini(&pki->extra[i]);
    made_fini(&pki->other_ci);
    made_fini(&pki->other_eum);
    free(pki);
}

enum ec_curve rsp_pki_curve(const struct rsp_pki *pki)
{
    return pki->curve;
}

static struct rsp_cert view(const struct made *m, const struct made *issuer)
{
    struct rsp_cert c = {.der = BYTES(m->der, m->n), .key = m->key};

    if (issuer && issuer->der) {
        c.issuer = BYTES(issuer->der, issuer->n);
        c.issuer_key = issuer->key;
    }
    return c;
}

struct rsp_cert rsp_pki_cert(const struct rsp_pki *pki, enum rsp_cert_id id)
{
    return view(&pki->certs[id], NULL);
}

struct rsp_cert rsp_pki_euicc(struct rsp_pki *pki, const char *eid)
{
    struct euicc *e;
    struct draft d;

    for (size_t i = 0; i < pki->euicc_n; i++) {
        if (strcmp(pki->euiccs[i]->eid, eid) == 0)
            return view(&pki->euiccs[i]->made, &pki->certs[RSP_EUM]);
    }
    must(pki->euicc_n < EUICCS_MAX, "too many eUICCs");
    e = calloc(1, sizeof *e);
    must(e != NULL, "memory");
    snprintf(e->eid, sizeof e->eid, "%s", eid);
    draft_euicc(pki, e->eid, &d);
    e->made.key = new_key(pki, pki->curve);
    make(&d, &pki->certs[RSP_EUM], &e->made);
    pki->euiccs[pki->euicc_n++] = e;
    return view(&e->made, &pki->certs[RSP_EUM]);
}

/* ISO 7064 MOD 97-10: the check digits make the number leave 1. */
void rsp_pki_eid(unsigned n, char eid[33])
{
    unsigned rest = 0;
    char digits[33];

    snprintf(digits, sizeof digits, RSP_EIN "%022u00", n);
    for (size_t i = 0; i < 32; i++)
        rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
    snprintf(eid, 33, "%.30s%02u", digits, 98 - rest);
}

struct bytes rsp_pki_ski(const struct rsp_pki *pki)
{
    return pki->certs[RSP_CI].cert.ski;
}

struct x509_store *rsp_pki_store(const struct rsp_pki *pki)
{
    struct x509_store *store = NULL;

    must(x509_store_new(16, &store) == XK_OK, "store");
    must(x509_store_add_ci(store, rsp_pki_cert(pki, RSP_CI).der) == XK_OK, "CI");
    return store;
}

struct bytes rsp_pki_crl(struct rsp_pki *pki, struct bytes der)
{
    struct x509_cert cert;
    struct x509_revoked revoked = {.at = PAST, .expires = FAR};
    struct x509_crl_request r = {
        .this_update = RSP_NOW - 1000, .next_update = FUTURE, .uri = crls[1], .revoked = &revoked};
    uint8_t number = (uint8_t)++pki->serial;
    struct made *m = &pki->extra[pki->extra_n];
    struct buf b;

    must(pki->extra_n < EXTRA_MAX, "too many CRLs");
    buf_init(&b, X509_CERT_MAX);
    if (der.n > 0) {
        must(x509_read(der, &cert) == XK_OK, "certificate to revoke");
        revoked.serial = cert.serial;
        r.n = 1;
    }
    r.number = BYTES(&number, 1);
    must(x509_make_crl(&r, &pki->certs[RSP_CI].cert, pki->certs[RSP_CI].key, &b) == XK_OK, "CRL");
    m->der = b.p; /* the buffer's memory is ours now */
    m->n = b.n;
    pki->extra_n++;
    return BYTES(m->der, m->n);
}

struct rsp_cert rsp_pki_tls(struct rsp_pki *pki, const char *host)
{
    struct made *m = &pki->extra[pki->extra_n];
    struct draft d;

    must(pki->extra_n < EXTRA_MAX, "too many certificates");
    pki->extra_n++;
    draft_of(pki, RSP_DPTLS, &d);
    d.r.host = host;
    d.r.common_name = host;
    m->key = new_key(pki, pki->curve);
    make(&d, &pki->certs[RSP_CI], m);
    return view(m, NULL);
}

/* --- the negative set --- */

enum target { ON_LEAF, ON_EUM };
enum change {
    EXPIRE,
    TOO_EARLY,
    LEAVE_OUT,     /* number: enum x509_extension */
    ROLE,          /* number: enum x509_role */
    EID,           /* text; NULL: none */
    ORGANISATION,  /* text */
    OID,           /* text; NULL: none */
    NO_HOST,       /* only the OID stays */
    ISSUED_BY_EUM, /* what the CI should sign */
    OTHER_ISSUER,  /* the EUM: of another key */
    UNKNOWN_CI,
    SELF_SIGNED,
    CURVE,
    FLIP_SIGNATURE,
    FORGE, /* under the issuer's name, by another key */
    OFF_CURVE,
};

static const struct bend {
    enum target target;
    enum change change;
    int number;
    const char *text;
} bends[RSP_BENTS] = {
    [RSP_EXPIRED_EUICC] = {ON_LEAF, EXPIRE},
    [RSP_EXPIRED_EUM] = {ON_EUM, EXPIRE},
    [RSP_EXPIRED_DPAUTH] = {ON_LEAF, EXPIRE},
    [RSP_EXPIRED_DPPB] = {ON_LEAF, EXPIRE},
    [RSP_EXPIRED_DSAUTH] = {ON_LEAF, EXPIRE},
    [RSP_EXPIRED_DPTLS] = {ON_LEAF, EXPIRE},
    [RSP_EARLY_EUICC] = {ON_LEAF, TOO_EARLY},
    [RSP_EARLY_EUM] = {ON_EUM, TOO_EARLY},
    [RSP_EARLY_DPAUTH] = {ON_LEAF, TOO_EARLY},
    [RSP_WRONG_EIN] = {ON_LEAF, EID, 0, OTHER_EID},
    [RSP_NO_EIN] = {ON_EUM, LEAVE_OUT, X509V3_NAME_CONSTRAINTS},
    [RSP_BAD_CHECK_DIGITS] = {ON_LEAF, EID, 0, BAD_EID},
    [RSP_SHORT_EID] = {ON_LEAF, EID, 0, SHORT_EID},
    [RSP_NO_EID] = {ON_LEAF, EID},
    [RSP_OTHER_ORGANISATION] = {ON_LEAF, ORGANISATION, 0, "Another EUM"},
    [RSP_WRONG_POLICY_EUICC] = {ON_LEAF, ROLE, CERT_DPAUTH},
    [RSP_WRONG_POLICY_EUM] = {ON_EUM, ROLE, CERT_DP_SUBCA},
    [RSP_NO_POLICY_EUM] = {ON_EUM, LEAVE_OUT, X509V3_POLICIES},
    [RSP_WRONG_POLICY_DPAUTH] = {ON_LEAF, ROLE, CERT_DPPB},
    [RSP_WRONG_POLICY_DPPB] = {ON_LEAF, ROLE, CERT_DPAUTH},
    [RSP_WRONG_POLICY_DSAUTH] = {ON_LEAF, ROLE, CERT_DPAUTH},
    [RSP_EUM_SIGNED_DPAUTH] = {ON_LEAF, ISSUED_BY_EUM},
    [RSP_OTHER_OID_DPPB] = {ON_LEAF, OID, 0, RSP_DP2_OID},
    [RSP_OTHER_OID_DPAUTH] = {ON_LEAF, OID, 0, RSP_DP2_OID},
    [RSP_NO_OID_DPAUTH] = {ON_LEAF, OID},
    [RSP_NO_HOST_DPTLS] = {ON_LEAF, NO_HOST},
    [RSP_NO_KEY_USAGE_EUICC] = {ON_LEAF, LEAVE_OUT, X509V3_KEY_USAGE},
    [RSP_NO_KEY_USAGE_EUM] = {ON_EUM, LEAVE_OUT, X509V3_KEY_USAGE},
    [RSP_NO_KEY_USAGE_DPAUTH] = {ON_LEAF, LEAVE_OUT, X509V3_KEY_USAGE},
    [RSP_NO_KEY_USAGE_DPPB] = {ON_LEAF, LEAVE_OUT, X509V3_KEY_USAGE},
    [RSP_NO_EXTENDED_KEY_USAGE_DPTLS] = {ON_LEAF, LEAVE_OUT, X509V3_EXTENDED_KEY_USAGE},
    [RSP_NO_CA_EUM] = {ON_EUM, LEAVE_OUT, X509V3_BASIC_CONSTRAINTS},
    [RSP_NO_AKI_EUICC] = {ON_LEAF, LEAVE_OUT, X509V3_AKI},
    [RSP_OTHER_EUM] = {ON_LEAF, OTHER_ISSUER},
    [RSP_UNKNOWN_CI_EUM] = {ON_EUM, UNKNOWN_CI},
    [RSP_UNKNOWN_CI_DPAUTH] = {ON_LEAF, UNKNOWN_CI},
    [RSP_UNKNOWN_CI_DPPB] = {ON_LEAF, UNKNOWN_CI},
    [RSP_UNKNOWN_CI_DSAUTH] = {ON_LEAF, UNKNOWN_CI},
    [RSP_SELF_SIGNED_DPTLS] = {ON_LEAF, SELF_SIGNED},
    [RSP_WRONG_CURVE_EUICC] = {ON_LEAF, CURVE},
    [RSP_WRONG_CURVE_EUM] = {ON_EUM, CURVE},
    [RSP_WRONG_CURVE_DPAUTH] = {ON_LEAF, CURVE},
    [RSP_BAD_SIGNATURE_EUICC] = {ON_LEAF, FLIP_SIGNATURE},
    [RSP_BAD_SIGNATURE_EUM] = {ON_EUM, FLIP_SIGNATURE},
    [RSP_BAD_SIGNATURE_DPAUTH] = {ON_LEAF, FLIP_SIGNATURE},
    [RSP_BAD_SIGNATURE_DPPB] = {ON_LEAF, FLIP_SIGNATURE},
    [RSP_BAD_SIGNATURE_DSAUTH] = {ON_LEAF, FLIP_SIGNATURE},
    [RSP_FORGED_EUM] = {ON_EUM, FORGE},
    [RSP_OFF_CURVE_EUICC] = {ON_LEAF, OFF_CURVE},
    [RSP_OFF_CURVE_EUM] = {ON_EUM, OFF_CURVE},
};

/* What the request has to say differently. */
static void bend_request(const struct bend *how, struct draft *d)
{
    switch (how->change) {
    case EXPIRE:
        d->r.not_after = PAST;
        break;
    case TOO_EARLY:
        d->r.not_before = FUTURE;
        break;
    case LEAVE_OUT:
        d->r.without = 1u << how->number;
        break;
    case ROLE:
        d->r.role = (enum x509_role)how->number;
        if (d->r.role == CERT_DP_SUBCA)
            d->r.generation = CERT_V3;
        break;
    case EID:
        d->r.serial_number = how->text;
        break;
    case ORGANISATION:
        d->r.organization = how->text;
        break;
    case OID:
        d->r.registered_id = BYTES_NONE;
        if (how->text)
            set_oid(d, how->text);
        break;
    case NO_HOST:
        d->r.host = NULL;
        break;
    case ISSUED_BY_EUM:
    case OTHER_ISSUER:
    case UNKNOWN_CI:
    case SELF_SIGNED:
    case CURVE:
    case FLIP_SIGNATURE:
    case FORGE:
    case OFF_CURVE:
        break;
    }
}

/* A signature over changed contents, made right again: SEQUENCE { tbs, algorithm, signature }. */
static void sign_again(struct made *m, const struct made *issuer)
{
    static const uint8_t algorithm[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86,
                                        0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    uint8_t signature[ECDSA_LEN], der[ECDSA_DER_MAX];
    struct buf b;
    size_t whole, bits;

    must(ecdsa_sign(issuer->key, &m->cert.tbs, 1, signature) == XK_OK, "signature");
    buf_init(&b, X509_CERT_MAX);
    whole = tlv_begin(&b, 0x30);
    buf_put_bytes(&b, m->cert.tbs);
    buf_put(&b, algorithm, sizeof algorithm);
    bits = tlv_begin(&b, 0x03);
    buf_put_u8(&b, 0);
    buf_put(&b, der, ecdsa_to_der(signature, der));
    tlv_end(&b, bits);
    tlv_end(&b, whole);
    keep(m, &b);
}

/* What is bent once the certificate is made. */
static void bend_made(struct rsp_pki *pki, const struct bend *how, const struct made *issuer,
                      struct made *m)
{
    struct made forger = {.key = NULL};

    if (how->change == FLIP_SIGNATURE)
        m->der[m->n - 1] ^= 1; /* the last octet of s */
    if (how->change == OFF_CURVE) {
        m->der[m->cert.point.p - m->der + EC_POINT_LEN - 1] ^= 1;
        sign_again(m, issuer);
    }
    if (how->change == FORGE) {
        forger.key = new_key(pki, pki->curve);
        sign_again(m, &forger);
        ec_key_free(forger.key);
    }
}

static const struct made *other_ci(struct rsp_pki *pki)
{
    struct draft d;

    if (!pki->other_ci.der) {
        draft_of(pki, RSP_CI, &d);
        pki->other_ci.key = new_key(pki, pki->curve);
        make(&d, NULL, &pki->other_ci);
    }
    return &pki->other_ci;
}

static const struct made *other_eum(struct rsp_pki *pki)
{
    struct draft d;

    if (!pki->other_eum.der) {
        draft_of(pki, RSP_EUM, &d);
        pki->other_eum.key = new_key(pki, pki->curve);
        make(&d, &pki->certs[RSP_CI], &pki->other_eum);
    }
    return &pki->other_eum;
}

/* Makes m as the draft says, bent as how says; issuer is who should sign. */
static void make_bent(struct rsp_pki *pki, const struct bend *how, struct draft *d,
                      const struct made *issuer, struct made *m)
{
    enum ec_curve other = pki->curve == EC_P256 ? EC_BRAINPOOL_P256R1 : EC_P256;

    bend_request(how, d);
    m->key = new_key(pki, how->change == CURVE ? other : pki->curve);
    if (how->change == UNKNOWN_CI)
        issuer = other_ci(pki);
    if (how->change == OTHER_ISSUER)
        issuer = other_eum(pki);
    if (how->change == ISSUED_BY_EUM)
        issuer = &pki->certs[RSP_EUM];
    make(d, how->change == SELF_SIGNED ? NULL : issuer, m);
    bend_made(pki, how, issuer, m);
}

static enum rsp_cert_id plan_of(enum x509_role role)
{
    enum rsp_cert_id id = 0;

    while (id < RSP_CERTS - 1 && plans[id].role != role)
        id++;
    return id;
}

static void make_euicc_pair(struct rsp_pki *pki, const struct bend *how, struct bent_pair *pair)
{
    const struct made *eum = &pki->certs[RSP_EUM];
    struct draft d;

    if (how->target == ON_EUM) {
        draft_of(pki, RSP_EUM, &d);
        make_bent(pki, how, &d, &pki->certs[RSP_CI], &pair->issuer);
        eum = &pair->issuer;
    }
    draft_euicc(pki, RSP_EID, &d);
    if (how->target == ON_LEAF) {
        make_bent(pki, how, &d, eum, &pair->leaf);
        return;
    }
    pair->leaf.key = new_key(pki, pki->curve);
    make(&d, eum, &pair->leaf);
}

struct rsp_cert rsp_pki_bent(struct rsp_pki *pki, enum rsp_bent bent)
{
    const struct bend *how = &bends[bent];
    struct bent_pair *pair = &pki->bent[bent];
    const struct made *issuer;
    struct draft d;

    if (!pair->done && infos[bent].leaf == CERT_EUICC)
        make_euicc_pair(pki, how, pair);
    else if (!pair->done) {
        draft_of(pki, plan_of(infos[bent].leaf), &d);
        make_bent(pki, how, &d, &pki->certs[RSP_CI], &pair->leaf);
    }
    pair->done = true;
    issuer = pair->issuer.der ? &pair->issuer : NULL;
    if (!issuer && (infos[bent].leaf == CERT_EUICC || how->change == ISSUED_BY_EUM))
        issuer = &pki->certs[RSP_EUM];
    return view(&pair->leaf, issuer);
}
