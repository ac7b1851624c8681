/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_chain.h"

#include "crypto/random.h"
#include "crypto/x509_make.h"
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

/* The CI it must lead to (euiccCiPKIdToBeUsed) is one of several trusted. */
TEST(the_ci_that_was_picked)
{
    struct bench b;
    struct rsp_pki *other = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct rsp_cert c;

    bench_init(&b, EC_P256);
    CHECK_OK(x509_store_add_ci(b.store, rsp_pki_cert(other, RSP_CI).der));
    b.rules.ci = rsp_pki_ski(b.pki);
    c = rsp_pki_euicc(b.pki, RSP_EID);
    expect(&b, &c, CERT_EUICC, CHAIN_GOOD, 0);
    c = rsp_pki_euicc(other, RSP_EID);
    expect(&b, &c, CERT_EUICC, CHAIN_UNKNOWN_CI, 1);
    b.rules.ci = BYTES_NONE;
    expect(&b, &c, CERT_EUICC, CHAIN_GOOD, 0);
    rsp_pki_free(other);
    bench_fini(&b);
}

/* No bit of a certificate may be turned: neither of the eUICC's nor of its EUM's. */
static void flip_each(const struct bench *b, const struct rsp_cert *card, struct bytes *which)
{
    const struct bytes was = *which;
    uint8_t bent[X509_CERT_MAX];

    memcpy(bent, was.p, was.n);
    *which = BYTES(bent, was.n);
    for (size_t i = 0; i < was.n; i++) {
        struct x509_finding f = {CHAIN_VERDICTS, 99};
        struct x509_cert leaf, eum;
        const struct x509_chain chain = {.leaf = &leaf, .issuers = &eum, .n = 1};

        bent[i] ^= (uint8_t)(1 << i % 8);
        if (x509_read(card->der, &leaf) == XK_OK && x509_read(card->issuer, &eum) == XK_OK) {
            CHECK_OK(x509_check_euicc(&b->rules, &chain, &f));
            CHECK(f.verdict != CHAIN_GOOD);
        }
        bent[i] ^= (uint8_t)(1 << i % 8);
    }
    *which = was;
}

TEST(every_byte_turned)
{
    struct bench b;
    struct rsp_cert card;

    bench_init(&b, EC_P256);
    card = rsp_pki_euicc(b.pki, RSP_EID);
    flip_each(&b, &card, &card.der);
    flip_each(&b, &card, &card.issuer);
    expect(&b, &card, CERT_EUICC, CHAIN_GOOD, 0);
    bench_fini(&b);
}

/* --- v3: sub-CAs and hierarchical roles --- */

#define TREE_MAX 6

struct tree {
    struct bench b;
    struct ec_key *keys[TREE_MAX];
    struct buf der[TREE_MAX];
    struct x509_cert certs[TREE_MAX]; /* from below the CI down to the leaf */
    size_t n;
};

static void grow(struct tree *t, enum x509_role role)
{
    static const char *const eins[] = {"999", RSP_EIN};
    static const uint8_t dp_oid[] = {0x88, 0x37, 0x0A};
    struct x509_request r = {.role = role,
                             .generation = CERT_V3,
                             .serial = BYTES_STR("\x05"),
                             .not_before = RSP_NOW - 1000,
                             .not_after = RSP_NOW + 1000,
                             .organization = "RSP Test EUM",
                             .common_name = x509_role_name(role)};
    struct rsp_cert ci = rsp_pki_cert(t->b.pki, RSP_CI);
    struct x509_cert above;
    size_t i = t->n++;

    CHECK_OK(ec_key_generate(EC_P256, random_openssl(), &t->keys[i]));
    r.point = ec_key_point(t->keys[i]);
    if (role == CERT_EUICC)
        r.serial_number = RSP_EID;
    if (role == CERT_EUM) {
        r.eins = eins;
        r.eins_n = 2;
    }
    if (role == CERT_DPAUTH)
        r.registered_id = BYTES_OF(dp_oid);
    buf_init(&t->der[i], X509_CERT_MAX);
    CHECK_OK(x509_read(ci.der, &above));
    if (i > 0)
        above = t->certs[i - 1];
    CHECK_OK(x509_make(&r, &above, i > 0 ? t->keys[i - 1] : ci.key, &t->der[i]));
    CHECK_OK(x509_read(buf_bytes(&t->der[i]), &t->certs[i]));
}

static void tree_fini(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        ec_key_free(t->keys[i]);
        buf_fini(&t->der[i]);
    }
    bench_fini(&t->b);
}

/* Leaf first, as chains are handed over. */
static struct x509_finding check_tree(const struct tree *t, enum x509_role role)
{
    struct x509_cert issuers[TREE_MAX];
    const struct x509_chain chain = {
        .leaf = &t->certs[t->n - 1], .issuers = issuers, .n = t->n - 1};
    struct x509_finding f = {CHAIN_VERDICTS, 99};

    for (size_t i = 0; i + 1 < t->n; i++)
        issuers[i] = t->certs[t->n - 2 - i];
    if (role == CERT_EUICC)
        CHECK_OK(x509_check_euicc(&t->b.rules, &chain, &f));
    else
        CHECK_OK(x509_check_server(&t->b.rules, role, &chain, BYTES_NONE, &f));
    return f;
}

static const struct {
    enum x509_role path[TREE_MAX];
    size_t n;
    enum x509_verdict verdict;
    size_t at;
} trees[] = {
    {{CERT_EUM, CERT_EUICC}, 2, CHAIN_GOOD, 0},
    {{CERT_EUM, CERT_EUM_SUBCA, CERT_EUICC}, 3, CHAIN_GOOD, 0},
    {{CERT_CI_SUBCA, CERT_EUM, CERT_EUICC}, 3, CHAIN_GOOD, 0},
    {{CERT_CI_SUBCA, CERT_EUM, CERT_EUM_SUBCA, CERT_EUICC}, 4, CHAIN_GOOD, 0},
    {{CERT_DPAUTH}, 1, CHAIN_GOOD, 0},
    {{CERT_CI_SUBCA, CERT_DPAUTH}, 2, CHAIN_GOOD, 0},
    {{CERT_DP_SUBCA, CERT_DPAUTH}, 2, CHAIN_GOOD, 0},
    {{CERT_CI_SUBCA, CERT_DP_SUBCA, CERT_DPAUTH}, 3, CHAIN_GOOD, 0},
    {{CERT_DS_SUBCA, CERT_DPAUTH}, 2, CHAIN_WRONG_ROLE, 1},
    {{CERT_CI_SUBCA, CERT_CI_SUBCA, CERT_DPAUTH}, 3, CHAIN_WRONG_ROLE, 2},
    {{CERT_EUM_SUBCA, CERT_EUICC}, 2, CHAIN_WRONG_ROLE, 1},
    {{CERT_EUICC}, 1, CHAIN_WRONG_ROLE, 0},
    {{CERT_DP_SUBCA, CERT_DP_SUBCA, CERT_DPAUTH}, 3, CHAIN_TOO_LONG, 2},
    {{CERT_EUM, CERT_EUM_SUBCA, CERT_EUM_SUBCA, CERT_EUICC}, 4, CHAIN_TOO_LONG, 3},
    {{CERT_CI_SUBCA, CERT_CI_SUBCA, CERT_CI_SUBCA, CERT_CI_SUBCA, CERT_CI_SUBCA, CERT_DPAUTH},
     6,
     CHAIN_TOO_LONG,
     0},
};

TEST(chains_of_v3)
{
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        struct tree t = {.n = 0};
        struct x509_finding f;

        bench_init(&t.b, EC_P256);
        for (size_t k = 0; k < trees[i].n; k++)
            grow(&t, trees[i].path[k]);
        f = check_tree(&t, t.certs[t.n - 1].role);
        CHECK_INT(t.certs[t.n - 1].generation, CERT_V3);
        if (f.verdict != trees[i].verdict || f.at != trees[i].at) {
            printf("# row %zu: %s at %zu\n", i, x509_verdict_name(f.verdict), f.at);
            CHECK(!"verdict");
        }
        tree_fini(&t);
    }
}

TESTS_MAIN(XT_CASE(good_chains), XT_CASE(bent_chains), XT_CASE(the_ci_that_was_picked),
           XT_CASE(every_byte_turned), XT_CASE(chains_of_v3))
