/* SPDX-License-Identifier: Apache-2.0 */
/* The store: CIs, the cache of issuing certificates, threads. */
#include "crypto/x509_make.h"

#include <pthread.h>

#include "rsp_pki.h"
#include "xt.h"

#define THREADS 4
#define ROUNDS 50

TEST(cis)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct rsp_pki *brainpool = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct x509_store *store = rsp_pki_store(pki);
    struct buf pem;

    buf_init(&pem, 8192);
    CHECK_INT(x509_store_add_ci(store, rsp_pki_cert(pki, RSP_CI).der), XK_E_EXISTS);
    CHECK_INT(x509_store_add_ci(store, rsp_pki_cert(pki, RSP_EUM).der), XK_E_VALUE);
    CHECK_INT(x509_store_add_ci(store, rsp_pki_cert(pki, RSP_DPAUTH).der), XK_E_VALUE);
    CHECK_INT(x509_store_add_ci(store, BYTES_STR("x")), XK_E_FORMAT);
    x509_put_pem("CERTIFICATE", rsp_pki_cert(brainpool, RSP_CI).der, &pem);
    CHECK_OK(x509_store_add_ci(store, buf_bytes(&pem)));
    CHECK(x509_store_find(store, rsp_pki_ski(pki)) == x509_store_at(store, 0));
    CHECK(x509_store_find(store, rsp_pki_ski(brainpool)) == x509_store_at(store, 1));
    CHECK(x509_store_find(store, BYTES_NONE) == NULL);
    CHECK(x509_store_at(store, 2) == NULL);
    buf_fini(&pem);
    x509_store_free(store);
    rsp_pki_free(brainpool);
    rsp_pki_free(pki);
}

/* A self-signed certificate whose signature is not its own is no CI. */
TEST(ci_with_a_bad_signature)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct bytes ci = rsp_pki_cert(pki, RSP_CI).der;
    struct x509_store *store = NULL;
    uint8_t bent[X509_CERT_MAX];

    CHECK_OK(x509_store_new(0, &store));
    memcpy(bent, ci.p, ci.n);
    bent[ci.n - 1] ^= 1;
    CHECK_INT(x509_store_add_ci(store, BYTES(bent, ci.n)), XK_E_VALUE);
    x509_store_free(store);
    rsp_pki_free(pki);
}

struct job {
    struct rsp_pki *pki;
    struct x509_store *store;
    struct rsp_cert cards[2];
    unsigned good, bad;
};

static enum x509_verdict check_card(struct x509_store *store, const struct rsp_cert *card)
{
    const struct x509_rules rules = {.store = store, .now = RSP_NOW};
    struct x509_cert leaf, eum;
    const struct x509_chain chain = {.leaf = &leaf, .issuers = &eum, .n = 1};
    struct x509_finding f = {CHAIN_VERDICTS, 99};

    if (x509_read(card->der, &leaf) != XK_OK || x509_read(card->issuer, &eum) != XK_OK ||
        x509_check_euicc(&rules, &chain, &f) != XK_OK)
        return CHAIN_VERDICTS;
    return f.verdict;
}

TEST(second_euicc_of_an_eum)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct x509_store *store = rsp_pki_store(pki);
    struct x509_cache_figures figures;
    char eid[33];

    for (unsigned n = 0; n < 5; n++) {
        struct rsp_cert card;

        rsp_pki_eid(n, eid);
        card = rsp_pki_euicc(pki, eid);
        CHECK_INT(check_card(store, &card), CHAIN_GOOD);
    }
    x509_store_figures(store, &figures);
    CHECK_INT(figures.misses, 1);
    CHECK_INT(figures.hits, 4);
    CHECK_INT(figures.kept, 1);
    x509_store_free(store);
    rsp_pki_free(pki);
}

/* What was refused is not kept, and what is kept does not make a forgery good. */
TEST(only_good_ones_are_kept)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct x509_store *store = rsp_pki_store(pki);
    struct rsp_cert bad = rsp_pki_bent(pki, RSP_BAD_SIGNATURE_EUM);
    struct rsp_cert good = rsp_pki_euicc(pki, RSP_EID);
    struct x509_cache_figures figures;

    CHECK_INT(check_card(store, &bad), CHAIN_BAD_SIGNATURE);
    x509_store_figures(store, &figures);
    CHECK_INT(figures.kept, 0);
    CHECK_INT(check_card(store, &good), CHAIN_GOOD);
    CHECK_INT(check_card(store, &bad), CHAIN_BAD_SIGNATURE);
    x509_store_free(store);
    rsp_pki_free(pki);
}

TEST(dates_are_looked_at_though_cached)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct x509_store *store = rsp_pki_store(pki);
    struct rsp_cert card = rsp_pki_euicc(pki, RSP_EID);
    struct x509_rules rules = {.store = store, .now = RSP_NOW};
    struct x509_cert leaf, eum;
    const struct x509_chain chain = {.leaf = &leaf, .issuers = &eum, .n = 1};
    struct x509_finding f;

    CHECK_OK(x509_read(card.der, &leaf));
    CHECK_OK(x509_read(card.issuer, &eum));
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_INT(f.verdict, CHAIN_GOOD);
    rules.now = eum.not_after + 999; /* within its last second */
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_INT(f.verdict, CHAIN_GOOD);
    rules.now = eum.not_after + 1000;
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_INT(f.verdict, CHAIN_EXPIRED);
    CHECK_INT(f.at, 2); /* the CI ends with it */
    rules.now = X509_NO_CLOCK;
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_INT(f.verdict, CHAIN_GOOD);
    x509_store_free(store);
    rsp_pki_free(pki);
}

static void *run_job(void *arg)
{
    struct job *job = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        enum x509_verdict v = check_card(job->store, &job->cards[i % 2]);

        if (v == CHAIN_GOOD)
            job->good++;
        else if (v == CHAIN_EID_NOT_PERMITTED)
            job->bad++;
    }
    return NULL;
}

/* Two EUMs (one of them permits nothing) in a cache of one: it changes with every check, while
 * other threads use what leaves. */
TEST(threads_share_a_full_cache)
{
    struct rsp_pki *pki = rsp_pki_new(EC_P256);
    struct x509_store *store = NULL;
    struct x509_cache_figures figures;
    struct job jobs[THREADS];
    pthread_t threads[THREADS];

    CHECK_OK(x509_store_new(1, &store));
    CHECK_OK(x509_store_add_ci(store, rsp_pki_cert(pki, RSP_CI).der));
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.pki = pki, .store = store};
        jobs[i].cards[0] = rsp_pki_euicc(pki, RSP_EID);
        jobs[i].cards[1] = rsp_pki_bent(pki, RSP_NO_EIN);
    }
    for (size_t i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(threads[i], NULL), 0);
        CHECK_INT(jobs[i].good, ROUNDS / 2);
        CHECK_INT(jobs[i].bad, ROUNDS / 2);
    }
    x509_store_figures(store, &figures);
    CHECK_INT(figures.kept, 1);
    CHECK_INT(figures.hits + figures.misses, THREADS * ROUNDS);
    x509_store_free(store);
    rsp_pki_free(pki);
}

TESTS_MAIN(XT_CASE(cis), XT_CASE(ci_with_a_bad_signature), XT_CASE(second_euicc_of_an_eum),
           XT_CASE(only_good_ones_are_kept), XT_CASE(dates_are_looked_at_though_cached),
           XT_CASE(threads_share_a_full_cache))
