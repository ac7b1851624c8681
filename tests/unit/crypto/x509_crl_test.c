/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_make.h"

#include "rsp_pki.h"
#include "xt.h"

struct bench {
    struct rsp_pki *pki;
    struct x509_store *store;
    struct x509_cert ci;
    const struct ec_key *ci_key;
};

static void bench_init(struct bench *b)
{
    b->pki = rsp_pki_new(EC_P256);
    b->store = rsp_pki_store(b->pki);
    b->ci_key = rsp_pki_cert(b->pki, RSP_CI).key;
    CHECK_OK(x509_read(rsp_pki_cert(b->pki, RSP_CI).der, &b->ci));
}

static void bench_fini(struct bench *b)
{
    x509_store_free(b->store);
    rsp_pki_free(b->pki);
}

static const struct x509_revoked two[] = {
    {.serial = {(const uint8_t *)"\x01\x02", 2}, .at = RSP_NOW - 5000, .expires = RSP_NOW + 7000},
    {.serial = {(const uint8_t *)"\xFF", 1}, .at = RSP_NOW - 4000},
};

static struct x509_crl_request request_of(int64_t this_update)
{
    return (struct x509_crl_request){.number = BYTES_STR("\x07"),
                                     .this_update = this_update,
                                     .next_update = RSP_NOW + 86400000,
                                     .uri = "http://ci.test.example.com/CRL-A.crl",
                                     .revoked = two,
                                     .n = 2};
}

static struct bytes make(const struct bench *b, const struct x509_crl_request *r, struct buf *out)
{
    buf_reset(out);
    CHECK_OK(x509_make_crl(r, &b->ci, b->ci_key, out));
    return buf_bytes(out);
}

TEST(fields)
{
    struct bench b;
    struct x509_crl_request r = request_of(RSP_NOW);
    struct x509_crl crl;
    struct x509_revoked entry;
    struct buf buf;
    size_t at = 0;

    bench_init(&b);
    buf_init(&buf, X509_CERT_MAX);
    r.total_parts = 3;
    r.part = 2;
    CHECK_OK(x509_crl_read(make(&b, &r, &buf), &crl));
    CHECK(bytes_eq(crl.issuer, b.ci.subject));
    CHECK(bytes_eq(crl.aki, b.ci.ski));
    CHECK_INT(crl.this_update, RSP_NOW);
    CHECK_INT(crl.next_update, RSP_NOW + 86400000);
    CHECK_HEX(crl.number, "07");
    CHECK_INT(crl.total_parts, 3);
    CHECK_INT(crl.part, 2);
    CHECK(x509_crl_each(&crl, &at, &entry));
    CHECK_HEX(entry.serial, "0102");
    CHECK_INT(entry.at, RSP_NOW - 5000);
    CHECK_INT(entry.expires, RSP_NOW + 7000);
    CHECK(x509_crl_each(&crl, &at, &entry));
    CHECK_HEX(entry.serial, "00FF");
    CHECK_INT(entry.expires, 0);
    CHECK(!x509_crl_each(&crl, &at, &entry));
    buf_fini(&buf);
    bench_fini(&b);
}

TEST(cut_and_bent)
{
    struct bench b;
    struct x509_crl_request r = request_of(RSP_NOW);
    struct x509_crl crl;
    struct bytes der;
    struct buf buf;

    bench_init(&b);
    buf_init(&buf, X509_CERT_MAX);
    der = make(&b, &r, &buf);
    for (size_t n = 0; n < der.n; n++)
        CHECK_INT(x509_crl_read(BYTES(der.p, n), &crl), XK_E_FORMAT);
    for (size_t i = 0; i < der.n; i++) {
        enum xk_err err;

        buf.p[i] ^= 0x01;
        err = x509_store_add_crl(b.store, buf_bytes(&buf));
        CHECK(err == XK_E_FORMAT || err == XK_E_UNSUPPORTED || err == XK_E_NOT_FOUND ||
              err == XK_E_AUTH);
        buf.p[i] ^= 0x01;
    }
    CHECK_OK(x509_store_add_crl(b.store, der));
    buf_fini(&buf);
    bench_fini(&b);
}

TEST(parts_out_of_range)
{
    struct bench b;
    struct x509_crl_request r = request_of(RSP_NOW);
    struct x509_crl crl;
    struct buf buf;

    bench_init(&b);
    buf_init(&buf, X509_CERT_MAX);
    r.total_parts = 2;
    for (uint32_t part = 0; part < 4; part++) {
        r.part = part;
        CHECK_INT(x509_crl_read(make(&b, &r, &buf), &crl),
                  part == 1 || part == 2 ? XK_OK : XK_E_FORMAT);
    }
    buf_fini(&buf);
    bench_fini(&b);
}

/* A list takes the place of the older one of its kind, never of a newer one. */
TEST(newer_replaces_older)
{
    struct bench b;
    struct x509_crl_request r = request_of(RSP_NOW);
    struct buf buf;

    bench_init(&b);
    buf_init(&buf, X509_CERT_MAX);
    CHECK_OK(x509_store_add_crl(b.store, make(&b, &r, &buf)));
    CHECK_OK(x509_store_add_crl(b.store, buf_bytes(&buf))); /* the same again */
    r.this_update = RSP_NOW - 1000;
    CHECK_INT(x509_store_add_crl(b.store, make(&b, &r, &buf)), XK_E_STATE);
    r.this_update = RSP_NOW + 1000;
    CHECK_OK(x509_store_add_crl(b.store, make(&b, &r, &buf)));
    r.this_update = RSP_NOW - 1000;
    r.uri = "http://ci.test.example.com/CRL-B.crl"; /* another list */
    CHECK_OK(x509_store_add_crl(b.store, make(&b, &r, &buf)));
    buf_fini(&buf);
    bench_fini(&b);
}

TEST(parts_of_a_list)
{
    struct bench b;
    struct x509_crl_request r = request_of(RSP_NOW);
    struct x509_crl crl;
    struct buf buf;

    bench_init(&b);
    buf_init(&buf, X509_CERT_MAX);
    r.total_parts = 3;
    r.part = 3;
    CHECK_OK(x509_store_add_crl(b.store, make(&b, &r, &buf)));
    r.part = 1;
    CHECK_OK(x509_store_add_crl(b.store, make(&b, &r, &buf)));
    CHECK_OK(x509_crl_read(buf_bytes(&buf), &crl));
    CHECK(x509_store_has_part(b.store, &crl, 1));
    CHECK(!x509_store_has_part(b.store, &crl, 2));
    CHECK(x509_store_has_part(b.store, &crl, 3));
    buf_fini(&buf);
    bench_fini(&b);
}

TEST(of_none_of_our_cis)
{
    struct bench b;
    struct rsp_pki *other = rsp_pki_new(EC_BRAINPOOL_P256R1);

    bench_init(&b);
    CHECK_INT(x509_store_add_crl(b.store, rsp_pki_crl(other, BYTES_NONE)), XK_E_NOT_FOUND);
    CHECK_INT(x509_store_add_crl(b.store, BYTES_STR("no list")), XK_E_FORMAT);
    rsp_pki_free(other);
    bench_fini(&b);
}

static enum x509_verdict check_card(const struct bench *b, size_t *at)
{
    struct rsp_cert card = rsp_pki_euicc(b->pki, RSP_EID);
    const struct x509_rules rules = {.store = b->store, .now = RSP_NOW};
    struct x509_cert leaf, eum;
    const struct x509_chain chain = {.leaf = &leaf, .issuers = &eum, .n = 1};
    struct x509_finding f = {CHAIN_VERDICTS, 99};

    CHECK_OK(x509_read(card.der, &leaf));
    CHECK_OK(x509_read(card.issuer, &eum));
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    *at = f.at;
    return f.verdict;
}

/* An EUM in the cache is looked for in the lists all the same. */
TEST(revoked_eum)
{
    struct bench b;
    size_t at;

    bench_init(&b);
    CHECK_OK(x509_store_add_crl(b.store, rsp_pki_crl(b.pki, BYTES_NONE)));
    CHECK_INT(check_card(&b, &at), CHAIN_GOOD);
    CHECK_OK(x509_store_add_crl(b.store, rsp_pki_crl(b.pki, rsp_pki_cert(b.pki, RSP_EUM).der)));
    CHECK_INT(check_card(&b, &at), CHAIN_REVOKED);
    CHECK_INT(at, 1);
    bench_fini(&b);
}

TEST(revoked_server)
{
    struct bench b;
    struct rsp_cert dp;
    struct x509_rules rules;
    struct x509_cert leaf;
    const struct x509_chain chain = {.leaf = &leaf};
    struct x509_finding f;

    bench_init(&b);
    dp = rsp_pki_cert(b.pki, RSP_DPAUTH);
    rules = (struct x509_rules){.store = b.store, .now = X509_NO_CLOCK};
    CHECK_OK(x509_read(dp.der, &leaf));
    CHECK_OK(x509_store_add_crl(b.store, rsp_pki_crl(b.pki, dp.der)));
    CHECK_OK(x509_check_server(&rules, CERT_DPAUTH, &chain, BYTES_NONE, &f));
    CHECK_INT(f.verdict, CHAIN_REVOKED);
    CHECK_OK(x509_read(rsp_pki_cert(b.pki, RSP_DPPB).der, &leaf));
    CHECK_OK(x509_check_server(&rules, CERT_DPPB, &chain, BYTES_NONE, &f));
    CHECK_INT(f.verdict, CHAIN_GOOD);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(fields), XT_CASE(cut_and_bent), XT_CASE(parts_out_of_range),
           XT_CASE(newer_replaces_older), XT_CASE(parts_of_a_list), XT_CASE(of_none_of_our_cis),
           XT_CASE(revoked_eum), XT_CASE(revoked_server))
