/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_chain.h"

#include "rsp_pki.h"
#include "xt.h"

struct bench {
    struct rsp_pki *pki;
    struct x509_store *store;
    struct x509_rules rules;
};

static void bench_init(struct bench *b, enum ec_curve curve)
{
    b->pki = rsp_pki_new(curve);
    b->store = rsp_pki_store(b->pki);
    b->rules = (struct x509_rules){.store = b->store, .now = RSP_NOW};
}

static void bench_fini(struct bench *b)
{
    x509_store_free(b->store);
    rsp_pki_free(b->pki);
}

static const struct bytes no_oid = {NULL, 0};

/* The chain of c, as the one with that role. oid: what a server's must be. */
static struct x509_finding check(const struct bench *b, const struct rsp_cert *c,
                                 enum x509_role role, struct bytes oid)
{
    struct x509_finding f = {CHAIN_VERDICTS, 99};
    struct x509_cert leaf, issuer;
    struct x509_chain chain = {.leaf = &leaf, .issuers = &issuer, .n = c->issuer.n > 0};

    CHECK_OK(x509_read(c->der, &leaf));
    if (chain.n > 0)
        CHECK_OK(x509_read(c->issuer, &issuer));
    if (role == CERT_EUICC)
        CHECK_OK(x509_check_euicc(&b->rules, &chain, &f));
    else
        CHECK_OK(x509_check_server(&b->rules, role, &chain, oid, &f));
    return f;
}

static void expect(const struct bench *b, const struct rsp_cert *c, enum x509_role role,
                   enum x509_verdict verdict, size_t at)
{
    struct x509_finding f = check(b, c, role, no_oid);

    CHECK_STR(x509_verdict_name(f.verdict), x509_verdict_name(verdict));
    CHECK_INT(f.at, at);
}

TEST(good_chains)
{
    static const struct {
        enum rsp_cert_id id;
        enum x509_role role;
    } servers[] = {
        {RSP_DPAUTH, CERT_DPAUTH},  {RSP_DPPB, CERT_DPPB},   {RSP_DPTLS, CERT_DPTLS},
        {RSP_DP2AUTH, CERT_DPAUTH}, {RSP_DP2PB, CERT_DPPB},  {RSP_DP2TLS, CERT_DPTLS},
        {RSP_DSAUTH, CERT_DSAUTH},  {RSP_DSTLS, CERT_DSTLS},
    };

    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        struct bench b;
        struct rsp_cert c;

        bench_init(&b, curve);
        for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
            c = rsp_pki_cert(b.pki, servers[i].id);
            expect(&b, &c, servers[i].role, CHAIN_GOOD, 0);
        }
        c = rsp_pki_euicc(b.pki, RSP_EID);
        expect(&b, &c, CERT_EUICC, CHAIN_GOOD, 0);
        bench_fini(&b);
    }
}

/* SGP.22 4.5.2.2: one thing wrong, exactly that verdict, on that certificate */
TEST(bent_chains)
{
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        struct bench b;

        bench_init(&b, curve);
        for (enum rsp_bent bent = 0; bent < RSP_BENTS; bent++) {
            const struct rsp_bent_info *info = rsp_bent_info(bent);
            struct rsp_cert c = rsp_pki_bent(b.pki, bent);
            struct bytes oid = no_oid;
            struct x509_cert auth;
            struct x509_finding f;

            if (info->verdict == CHAIN_OID_DIFFERS) {
                CHECK_OK(x509_read(rsp_pki_cert(b.pki, RSP_DPAUTH).der, &auth));
                oid = auth.registered_id;
            }
            f = check(&b, &c, info->leaf, oid);
            if (f.verdict == info->verdict && f.at == info->at)
                continue;
            printf("# %s: %s at %zu\n", info->name, x509_verdict_name(f.verdict), f.at);
            CHECK(!"verdict");
        }
        bench_fini(&b);
    }
}

TESTS_MAIN(XT_CASE(good_chains), XT_CASE(bent_chains))
