/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_store.h"

#include <pthread.h>

#include "crypto/engine.h"
#include "crypto/hash.h"
#include "crypto/x509_parts.h"

#define FILE_MAX ((size_t)16 << 20)

struct x509_issuer {
    uint8_t id[HASH_LEN]; /* of the certificate and the key that signed it */
    struct ecdsa_public *key;
    unsigned refs; /* the cache's own is one of them */
    uint64_t used; /* counts up; the smallest leaves */
};

struct ci_slot {
    struct x509_ci ci;
    uint8_t *der;
};

struct crl_slot {
    struct x509_crl crl;
    const struct x509_ci *ci;
    uint8_t *der;
    struct bytes *serials; /* sorted */
    size_t n;
};

struct x509_store {
    struct ci_slot **cis; /* these two grow one by one: a card's store has one CI and no CRL */
    size_t ci_n;

    pthread_rwlock_t crl_lock;
    struct crl_slot **crls;
    size_t crl_n;

    pthread_mutex_t issuer_lock;
    struct x509_issuer **issuers;
    size_t issuer_n, issuers_max;
    uint64_t clock, hits, misses;
};

enum xk_err x509_store_new(size_t issuers_max, struct x509_store **out)
{
    struct x509_store *s = calloc(1, sizeof *s);

    if (!s)
        return XK_E_NOMEM;
    s->issuers = calloc(issuers_max > 0 ? issuers_max : 1, sizeof(struct x509_issuer *));
    if (!s->issuers) {
        free(s);
        return XK_E_NOMEM;
    }
    s->issuers_max = issuers_max;
    pthread_rwlock_init(&s->crl_lock, NULL);
    pthread_mutex_init(&s->issuer_lock, NULL);
    *out = s;
    return XK_OK;
}

static void issuer_free(struct x509_issuer *issuer)
{
    ecdsa_public_free(issuer->key);
    free(issuer);
}

static void crl_free(struct crl_slot *slot)
{
    free(slot->der);
    free(slot->serials);
    free(slot);
}

static void ci_free(struct ci_slot *slot)
{
    ecdsa_public_free(slot->ci.key);
    free(slot->der);
    free(slot);
}

void x509_store_free(struct x509_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->ci_n; i++)
        ci_free(store->cis[i]);
    for (size_t i = 0; i < store->crl_n; i++)
        crl_free(store->crls[i]);
    for (size_t i = 0; i < store->issuer_n; i++)
        issuer_free(store->issuers[i]);
    free(store->issuers);
    free(store->cis);
    free(store->crls);
    pthread_rwlock_destroy(&store->crl_lock);
    pthread_mutex_destroy(&store->issuer_lock);
    free(store);
}

/* The DER of a file, on the heap. */
static enum xk_err copy_der(struct bytes file, const char *label, uint8_t **der, size_t *n)
{
    struct buf b;
    enum xk_err err;

    buf_init(&b, FILE_MAX);
    err = x509_from_file(file, label, &b);
    if (err != XK_OK) {
        buf_fini(&b);
        return err;
    }
    *der = b.p;
    *n = b.n;
    return XK_OK;
}

/* SGP.22 4.5.2.1.0.1: CERT.CI, signed by itself */
static enum xk_err check_ci(const struct ci_slot *slot)
{
    const struct x509_cert *c = &slot->ci.cert;

    if (c->role != CERT_CI || c->ca != CERT_IS_CA || !(c->key_usage & CERT_KU_CERT_SIGN) ||
        c->ski.n == 0 || !bytes_eq(c->issuer, c->subject))
        return XK_E_VALUE;
    if (ecdsa_verify(slot->ci.key, &c->tbs, 1, BYTES_OF(c->signature)) != XK_OK)
        return XK_E_VALUE;
    return XK_OK;
}

static enum xk_err ci_room(struct x509_store *store)
{
    struct ci_slot **more = reallocarray(store->cis, store->ci_n + 1, sizeof(struct ci_slot *));

    if (!more)
        return XK_E_NOMEM;
    store->cis = more;
    return XK_OK;
}

static enum xk_err ci_load(struct bytes file, struct ci_slot *slot)
{
    size_t n;

    TRY(copy_der(file, "CERTIFICATE", &slot->der, &n));
    TRY(x509_read(BYTES(slot->der, n), &slot->ci.cert));
    TRY(ecdsa_public_new(slot->ci.cert.curve, slot->ci.cert.point, &slot->ci.key));
    return check_ci(slot);
}

static bool ci_is_there(const struct x509_store *store, const struct ci_slot *slot)
{
    for (size_t i = 0; i < store->ci_n; i++) {
        if (bytes_eq(store->cis[i]->ci.cert.raw, slot->ci.cert.raw))
            return true;
    }
    return false;
}

enum xk_err x509_store_add_ci(struct x509_store *store, struct bytes file)
{
    struct ci_slot *slot;
    enum xk_err err;

    if (store->ci_n == X509_CIS_MAX)
        return XK_E_LIMIT;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return XK_E_NOMEM;
    err = ci_load(file, slot);
    if (err == XK_OK && ci_is_there(store, slot))
        err = XK_E_EXISTS;
    if (err == XK_OK)
        err = ci_room(store);
    if (err != XK_OK) {
        ci_free(slot);
        return err;
    }
    store->cis[store->ci_n++] = slot;
    return XK_OK;
}

const struct x509_ci *x509_store_find(const struct x509_store *store, struct bytes ski)
{
    for (size_t i = 0; i < store->ci_n; i++) {
        if (bytes_eq(store->cis[i]->ci.cert.ski, ski))
            return &store->cis[i]->ci;
    }
    return NULL;
}

const struct x509_ci *x509_store_at(const struct x509_store *store, size_t i)
{
    return i < store->ci_n ? &store->cis[i]->ci : NULL;
}

static const struct x509_ci *ci_by(const struct x509_store *store, struct bytes ski,
                                   struct bytes name, bool *known)
{
    *known = false;
    for (size_t i = 0; i < store->ci_n; i++) {
        const struct x509_ci *ci = &store->cis[i]->ci;

        if (!bytes_eq(ci->cert.ski, ski))
            continue;
        *known = true;
        if (bytes_eq(ci->cert.subject, name))
            return ci;
    }
    return NULL;
}

const struct x509_ci *x509_store_ci_of(const struct x509_store *store, const struct x509_cert *cert,
                                       bool *known)
{
    return ci_by(store, cert->aki, cert->issuer, known);
}

/* --- issuing certificates found good --- */

static enum xk_err issuer_id(const struct x509_cert *cert, struct bytes signer_point,
                             uint8_t out[HASH_LEN])
{
    EVP_MD_CTX *ctx;

    TRY(engine_digest_start(ENGINE_SHA256, &ctx));
    if (EVP_DigestUpdate(ctx, signer_point.p, signer_point.n) != 1 ||
        EVP_DigestUpdate(ctx, cert->raw.p, cert->raw.n) != 1 ||
        EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

static struct x509_issuer *issuer_get(struct x509_store *store, const uint8_t id[HASH_LEN])
{
    struct x509_issuer *found = NULL;

    pthread_mutex_lock(&store->issuer_lock);
    for (size_t i = 0; i < store->issuer_n && !found; i++) {
        if (memcmp(store->issuers[i]->id, id, HASH_LEN) == 0)
            found = store->issuers[i];
    }
    if (found) {
        found->refs++;
        found->used = ++store->clock;
        store->hits++;
    } else
        store->misses++;
    pthread_mutex_unlock(&store->issuer_lock);
    return found;
}

void x509_issuer_release(struct x509_store *store, struct x509_issuer *issuer)
{
    bool last;

    if (!issuer)
        return;
    pthread_mutex_lock(&store->issuer_lock);
    last = --issuer->refs == 0;
    pthread_mutex_unlock(&store->issuer_lock);
    if (last)
        issuer_free(issuer);
}

/* The place of the least recently used; it leaves, though who uses it keeps it. */
static size_t issuer_evict(struct x509_store *store)
{
    size_t at = 0;

    for (size_t i = 1; i < store->issuer_n; i++) {
        if (store->issuers[i]->used < store->issuers[at]->used)
            at = i;
    }
    if (--store->issuers[at]->refs == 0)
        issuer_free(store->issuers[at]);
    return at;
}

/* Two threads may have verified the same one: then it is there twice until one leaves. */
static void issuer_keep(struct x509_store *store, struct x509_issuer *issuer)
{
    if (store->issuers_max == 0)
        return;
    pthread_mutex_lock(&store->issuer_lock);
    issuer->refs++;
    issuer->used = ++store->clock;
    if (store->issuer_n < store->issuers_max)
        store->issuers[store->issuer_n++] = issuer;
    else
        store->issuers[issuer_evict(store)] = issuer;
    pthread_mutex_unlock(&store->issuer_lock);
}

enum xk_err x509_store_issuer(struct x509_store *store, const struct x509_cert *cert,
                              struct bytes signer_point, const struct ecdsa_public *signer,
                              struct x509_issuer **out)
{
    uint8_t id[HASH_LEN];
    struct x509_issuer *issuer;
    enum xk_err err;

    TRY(issuer_id(cert, signer_point, id));
    *out = issuer_get(store, id);
    if (*out)
        return XK_OK;
    TRY(ecdsa_verify(signer, &cert->tbs, 1, BYTES_OF(cert->signature)));
    issuer = calloc(1, sizeof *issuer);
    if (!issuer)
        return XK_E_NOMEM;
    err = ecdsa_public_new(cert->curve, cert->point, &issuer->key);
    if (err != XK_OK) {
        free(issuer);
        return err;
    }
    memcpy(issuer->id, id, HASH_LEN);
    issuer->refs = 1;
    issuer_keep(store, issuer);
    *out = issuer;
    return XK_OK;
}

const struct ecdsa_public *x509_issuer_key(const struct x509_issuer *issuer)
{
    return issuer->key;
}

void x509_store_figures(struct x509_store *store, struct x509_cache_figures *out)
{
    pthread_mutex_lock(&store->issuer_lock);
    *out = (struct x509_cache_figures){store->hits, store->misses, store->issuer_n};
    pthread_mutex_unlock(&store->issuer_lock);
}

/* --- revocation --- */

static int compare_serial(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return memcmp(x->p, y->p, x->n);
}

static enum xk_err sort_serials(struct crl_slot *slot)
{
    struct x509_revoked entry;
    size_t n = 0;

    for (size_t at = 0; x509_crl_each(&slot->crl, &at, &entry);)
        n++;
    slot->serials = calloc(n > 0 ? n : 1, sizeof *slot->serials);
    if (!slot->serials)
        return XK_E_NOMEM;
    for (size_t at = 0; slot->n < n && x509_crl_each(&slot->crl, &at, &entry);)
        slot->serials[slot->n++] = entry.serial;
    qsort(slot->serials, slot->n, sizeof *slot->serials, compare_serial);
    return XK_OK;
}

/* RFC 5280 6.3.3 (f), (g): by the CI itself, whose key usage must say so. */
static enum xk_err crl_load(const struct x509_store *store, struct bytes file,
                            struct crl_slot *slot)
{
    bool known;
    size_t n;

    TRY(copy_der(file, "X509 CRL", &slot->der, &n));
    TRY(x509_crl_read(BYTES(slot->der, n), &slot->crl));
    slot->ci = ci_by(store, slot->crl.aki, slot->crl.issuer, &known);
    if (!slot->ci)
        return XK_E_NOT_FOUND;
    if (!(slot->ci->cert.key_usage & CERT_KU_CRL_SIGN))
        return XK_E_AUTH;
    TRY(ecdsa_verify(slot->ci->key, &slot->crl.tbs, 1, BYTES_OF(slot->crl.signature)));
    return sort_serials(slot);
}

static bool same_list(const struct crl_slot *a, const struct x509_crl *b)
{
    return bytes_eq(a->crl.aki, b->aki) && bytes_eq(a->crl.issuer, b->issuer) &&
           bytes_eq(a->crl.distribution_point, b->distribution_point);
}

static enum xk_err crl_add(struct x509_store *store, struct crl_slot *slot)
{
    struct crl_slot **more;

    if (store->crl_n == X509_CRLS_MAX)
        return XK_E_LIMIT;
    more = reallocarray(store->crls, store->crl_n + 1, sizeof(struct crl_slot *));
    if (!more)
        return XK_E_NOMEM;
    store->crls = more;
    store->crls[store->crl_n++] = slot;
    return XK_OK;
}

/* Its place; *out is then given up. */
static enum xk_err crl_place(struct x509_store *store, struct crl_slot *slot, struct crl_slot **out)
{
    *out = NULL;
    for (size_t i = 0; i < store->crl_n; i++) {
        struct crl_slot *old = store->crls[i];

        if (!same_list(old, &slot->crl) || old->crl.part != slot->crl.part)
            continue;
        if (slot->crl.this_update < old->crl.this_update)
            return XK_E_STATE;
        *out = old;
        store->crls[i] = slot;
        return XK_OK;
    }
    return crl_add(store, slot);
}

enum xk_err x509_store_add_crl(struct x509_store *store, struct bytes file)
{
    struct crl_slot *slot = calloc(1, sizeof *slot);
    struct crl_slot *old = NULL;
    enum xk_err err;

    if (!slot)
        return XK_E_NOMEM;
    err = crl_load(store, file, slot);
    if (err == XK_OK) {
        pthread_rwlock_wrlock(&store->crl_lock);
        err = crl_place(store, slot, &old);
        pthread_rwlock_unlock(&store->crl_lock);
    }
    if (err != XK_OK)
        old = slot;
    if (old)
        crl_free(old);
    return err;
}

bool x509_store_has_part(struct x509_store *store, const struct x509_crl *crl, uint32_t part)
{
    bool found = false;

    pthread_rwlock_rdlock(&store->crl_lock);
    for (size_t i = 0; i < store->crl_n && !found; i++)
        found = same_list(store->crls[i], crl) && store->crls[i]->crl.part == part;
    pthread_rwlock_unlock(&store->crl_lock);
    return found;
}

bool x509_store_revoked(struct x509_store *store, const struct x509_ci *ci, struct bytes serial)
{
    bool found = false;

    pthread_rwlock_rdlock(&store->crl_lock);
    for (size_t i = 0; i < store->crl_n && !found; i++) {
        const struct crl_slot *slot = store->crls[i];

        found = slot->ci == ci && bsearch(&serial, slot->serials, slot->n, sizeof *slot->serials,
                                          compare_serial) != NULL;
    }
    pthread_rwlock_unlock(&store->crl_lock);
    return found;
}
