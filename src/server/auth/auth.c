/* SPDX-License-Identifier: Apache-2.0 */
#include "server/auth/auth.h"

#include <stdlib.h>

#include "server/auth/identity.h"

/* Where an identity is found wanting: XK_E_VALUE and why. */
static enum xk_err wrong(const char **why, const char *text)
{
    if (why)
        *why = text;
    return XK_E_VALUE;
}

static enum xk_err keep(struct auth *auth, struct bytes *span)
{
    uint8_t *copy;

    if (!span->p)
        return XK_OK;
    copy = arena_copy(&auth->memory, *span);
    if (!copy)
        return XK_E_NOMEM;
    span->p = copy;
    return XK_OK;
}

enum xk_err auth_read_issuers(struct bytes run, struct x509_cert *issuers, size_t *n)
{
    struct der d = der_of(run);

    while (run.p && der_more(&d)) {
        struct bytes raw = der_take_raw(&d, DER_SEQUENCE);

        if (*n == X509_CHAIN_MAX)
            return XK_E_LIMIT;
        TRY(der_ok(&d));
        TRY(x509_read(raw, &issuers[(*n)++]));
    }
    return XK_OK;
}

struct own {
    struct bytes certificate, other_certs;
    const struct ec_key *key;
    enum x509_role role;
    struct bytes ci; /* empty: whatever it leads to */
};

/* Our certificate is one that an eUICC will accept, and the key is its own. */
static enum xk_err check_own(const struct auth *auth, const struct own *own, struct x509_cert *cert,
                             struct bytes *ci, const char **why)
{
    struct x509_cert issuers[X509_CHAIN_MAX];
    struct x509_chain chain = {.leaf = cert, .issuers = issuers};
    struct x509_rules rules = {.store = auth->store, .now = X509_NO_CLOCK, .ci = own->ci};
    struct x509_finding finding;

    if (x509_read(own->certificate, cert) != XK_OK ||
        auth_read_issuers(own->other_certs, issuers, &chain.n) != XK_OK)
        return wrong(why, "a certificate cannot be read");
    if (!own->key || !bytes_eq(ec_key_point(own->key), cert->point))
        return wrong(why, "a key does not belong to its certificate");
    TRY(x509_check_server(&rules, own->role, &chain, auth->oid, &finding));
    if (finding.verdict != CHAIN_GOOD)
        return wrong(why, x509_verdict_text(finding.verdict));
    *ci = chain.n > 0 ? issuers[chain.n - 1].aki : cert->aki;
    return XK_OK;
}

static enum xk_err add_identity(struct auth *auth, const struct auth_identity *in, const char **why)
{
    struct auth_held *held = &auth->held[auth->n_held];
    struct x509_cert cert, pb_cert;
    struct bytes pb_ci;
    struct own own;

    held->identity = *in;
    TRY(keep(auth, &held->identity.certificate));
    TRY(keep(auth, &held->identity.pb_certificate));
    TRY(keep(auth, &held->identity.other_certs));

    own = (struct own){held->identity.certificate, held->identity.other_certs, in->key,
                       auth->role == AUTH_SMDPP ? CERT_DPAUTH : CERT_DSAUTH, BYTES_NONE};
    TRY(check_own(auth, &own, &cert, &held->ci_key_id, why));
    if (held->ci_key_id.n != RSP_KEY_ID_LEN)
        return wrong(why, "a CI key identifier is not of 20 bytes");
    if (auth->n_held == 0)
        auth->oid = cert.registered_id;
    if (auth->role == AUTH_SMDPP) {
        own = (struct own){held->identity.pb_certificate, held->identity.other_certs, in->pb_key,
                           CERT_DPPB, held->ci_key_id};
        TRY(check_own(auth, &own, &pb_cert, &pb_ci, why));
    }
    auth->n_held++;
    return XK_OK;
}

static enum xk_err configure(struct auth *auth, const struct auth_config *config, const char **why)
{
    auth->role = config->role;
    auth->store = config->store;
    auth->address = config->address;
    auth->lowest_svn = config->lowest_svn ? config->lowest_svn : AUTH_LOWEST_SVN;
    auth->highest_svn = config->highest_svn ? config->highest_svn : AUTH_HIGHEST_SVN;
    if (config->address.n == 0 || config->address.n > RSP_FQDN_MAX)
        return wrong(why, "the address is empty or too long");
    if (config->n_identities == 0 || config->n_identities > AUTH_IDENTITIES_MAX)
        return wrong(why, "no certificates, or too many");
    if (auth->lowest_svn > auth->highest_svn)
        return wrong(why, "the lowest version is above the highest");
    TRY(keep(auth, &auth->address));
    for (size_t i = 0; i < config->n_identities; i++)
        TRY(add_identity(auth, &config->identities[i], why));
    return XK_OK;
}

enum xk_err auth_new(const struct auth_config *config, struct auth **out, const char **why)
{
    struct auth *auth = calloc(1, sizeof *auth);
    enum xk_err err;

    if (!auth)
        return XK_E_NOMEM;
    arena_init(&auth->memory, AUTH_MEMORY_MAX);
    err = configure(auth, config, why);
    if (err != XK_OK) {
        auth_free(auth);
        return err;
    }
    *out = auth;
    return XK_OK;
}

void auth_free(struct auth *auth)
{
    if (!auth)
        return;
    arena_fini(&auth->memory);
    free(auth);
}

struct bytes auth_oid(const struct auth *auth)
{
    return auth->oid;
}

struct bytes auth_address(const struct auth *auth)
{
    return auth->address;
}

/* "host:443" is "host": the port is no part of an address, but some LPAs send it. */
static struct bytes without_port(struct bytes address)
{
    size_t n = address.n;

    while (n > 0 && address.p[n - 1] >= '0' && address.p[n - 1] <= '9')
        n--;
    if (n > 0 && n < address.n && address.p[n - 1] == ':')
        address.n = n - 1;
    return address;
}

bool auth_is_address(const struct auth *auth, struct bytes address)
{
    struct bytes bare = without_port(address);

    return bare.n == auth->address.n &&
           strncasecmp((const char *)bare.p, (const char *)auth->address.p, bare.n) == 0;
}

const struct auth_identity *auth_identity(const struct auth *auth,
                                          const uint8_t server_ci[RSP_KEY_ID_LEN])
{
    for (size_t i = 0; i < auth->n_held; i++) {
        if (memcmp(auth->held[i].ci_key_id.p, server_ci, RSP_KEY_ID_LEN) == 0)
            return &auth->held[i].identity;
    }
    return NULL;
}

struct refusal_row {
    enum rsp_verdict smdpp, smds;
};

static const struct refusal_row refusals[] = {
#define AUTH_REFUSAL(name, smdpp, smds) [AUTH_REFUSE_##name] = {smdpp, smds},
#include "server/auth/refusal.def"
#undef AUTH_REFUSAL
};

void auth_refuse(const struct auth *auth, enum auth_refusal refusal, const char *detail,
                 struct rsp_status *status)
{
    const struct refusal_row *row = &refusals[refusal];

    rsp_reject(status, auth->role == AUTH_SMDPP ? row->smdpp : row->smds);
    if (detail)
        status->message = bytes_cstr(detail);
}
