/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of the GSMA test PKI (SGP.26) are read, verified, and made alike by us. */
#include "interop_files.h"
#include "rsp_pki.h"
#include "xt.h"

#include "base/tlv.h"

/* 2027-01-01: the eUICC of the recorded session was made in August 2026. */
#define NOW INT64_C(1798761600000)
/* 2026-01-01: while the TLS certificates were valid */
#define NOW_TLS INT64_C(1767225600000)

static struct x509_store *store_of(struct bytes ci)
{
    struct x509_store *store = NULL;

    CHECK_OK(x509_store_new(4, &store));
    CHECK_OK(x509_store_add_ci(store, ci));
    return store;
}

static void expect_server(struct x509_store *store, int64_t now, struct bytes der,
                          enum x509_role role, enum x509_verdict verdict)
{
    const struct x509_rules rules = {.store = store, .now = now};
    struct x509_finding f = {CHAIN_VERDICTS, 99};
    struct x509_cert cert;
    struct x509_chain chain = {.leaf = &cert};

    CHECK_OK(x509_read(der, &cert));
    CHECK_OK(x509_check_server(&rules, role, &chain, BYTES_NONE, &f));
    CHECK_STR(x509_verdict_name(f.verdict), x509_verdict_name(verdict));
}

TEST(nist_servers)
{
    REQUIRE_INTEROP(ci, "sgp26/CERT_CI_ECDSA_NIST.der");
    REQUIRE_INTEROP(auth, "sgp26/CERT_S_SM_DPauth_ECDSA_NIST.der");
    REQUIRE_INTEROP(auth2, "sgp26/CERT_S_SM_DP2auth_ECDSA_NIST.der");
    REQUIRE_INTEROP(pb, "sgp26/CERT_S_SM_DPpb_ECDSA_NIST.der");
    REQUIRE_INTEROP(tls, "sgp26/CERT_S_SM_DP_TLS_NIST.der");
    struct x509_store *store = store_of(ci);

    CHECK_HEX(x509_store_at(store, 0)->cert.ski, "F54172BDF98A95D65CBEB88A38A1C11D800A85C3");
    expect_server(store, NOW, auth, CERT_DPAUTH, CHAIN_GOOD);
    expect_server(store, NOW, auth2, CERT_DPAUTH, CHAIN_GOOD);
    expect_server(store, NOW, pb, CERT_DPPB, CHAIN_GOOD);
    expect_server(store, NOW, pb, CERT_DPAUTH, CHAIN_WRONG_ROLE);
    expect_server(store, NOW_TLS, tls, CERT_DPTLS, CHAIN_GOOD);
    expect_server(store, NOW, tls, CERT_DPTLS, CHAIN_EXPIRED);
    x509_store_free(store);
}

TEST(brainpool_servers)
{
    REQUIRE_INTEROP(ci, "sgp26/CERT_CI_ECDSA_BRP.der");
    REQUIRE_INTEROP(nist, "sgp26/CERT_S_SM_DPauth_ECDSA_NIST.der");
    REQUIRE_INTEROP(auth, "sgp26/CERT_S_SM_DPauth_ECDSA_BRP.der");
    REQUIRE_INTEROP(pb, "sgp26/CERT_S_SM_DPpb_ECDSA_BRP.der");
    REQUIRE_INTEROP(tls, "sgp26/CERT_S_SM_DP_TLS_BRP.der");
    struct x509_store *store = store_of(ci);

    CHECK_HEX(x509_store_at(store, 0)->cert.ski, "C0BC70BA36929D43B467FF57570530E57AB8FCD8");
    expect_server(store, NOW, auth, CERT_DPAUTH, CHAIN_GOOD);
    expect_server(store, NOW, pb, CERT_DPPB, CHAIN_GOOD);
    expect_server(store, NOW_TLS, tls, CERT_DPTLS, CHAIN_GOOD);
    expect_server(store, NOW, nist, CERT_DPAUTH, CHAIN_UNKNOWN_CI);
    x509_store_free(store);
}

/* The EUM is of 2017: issued under the CI's old name, whose key the CI of 2020 has, too. */
TEST(euicc_of_2017)
{
    REQUIRE_INTEROP(ci2017, "sgp26/ci-2017.der");
    REQUIRE_INTEROP(ci2020, "sgp26/CERT_CI_ECDSA_NIST.der");
    REQUIRE_INTEROP(eum, "sgp26/eum.der");
    REQUIRE_INTEROP(euicc, "sgp26/euicc.der");
    struct x509_store *store = store_of(ci2020);
    const struct x509_rules rules = {.store = store, .now = NOW};
    struct x509_cert certs[2];
    const struct x509_chain chain = {.leaf = &certs[0], .issuers = &certs[1], .n = 1};
    struct x509_finding f;
    uint8_t eid[X509_EID_LEN];

    CHECK_OK(x509_read(euicc, &certs[0]));
    CHECK_OK(x509_read(eum, &certs[1]));
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_STR(x509_verdict_name(f.verdict), "ISSUER_MISMATCH");
    CHECK_INT(f.at, 1);
    CHECK_OK(x509_store_add_ci(store, ci2017));
    CHECK_OK(x509_check_euicc(&rules, &chain, &f));
    CHECK_STR(x509_verdict_name(f.verdict), "GOOD");
    CHECK_OK(x509_eid(&certs[0], eid));
    CHECK_HEX(BYTES_OF(eid), RSP_EID);
    x509_store_free(store);
}

/* --- the recorded session --- */

static struct bytes child(struct bytes b, uint32_t tag, unsigned nth, struct bytes *raw)
{
    struct cur c = cur_of(b);
    struct tlv t = {.tag = 0};

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        if (t.tag == tag && nth-- == 0) {
            if (raw)
                *raw = t.raw;
            return t.value;
        }
    }
    CHECK(!"no such TLV");
    return BYTES_NONE;
}

static void expect_signed(struct bytes der, const struct bytes *parts, size_t n, struct bytes sig)
{
    struct x509_cert cert;

    CHECK_OK(x509_read(der, &cert));
    CHECK_OK(ecdsa_verify_point(cert.curve, cert.point, parts, n, sig));
    CHECK_INT(ecdsa_verify_point(cert.curve, cert.point, parts, n - 1, sig), XK_E_AUTH);
}

struct signatures {
    struct bytes server_signed1, server_signature1, dpauth;
    struct bytes euicc_signed1, euicc_signature1, euicc_signature1_tlv, euicc;
    struct bytes smdp_signed2, smdp_signature2, smdp_signature2_tlv, dppb;
    struct bytes euicc_signed2, euicc_signature2;
};

static void take_session(struct bytes initiate, struct bytes server, struct bytes client,
                         struct bytes download, struct signatures *s)
{
    struct bytes b = child(initiate, 0x30, 0, NULL);

    child(b, 0x30, 0, &s->server_signed1);
    s->server_signature1 = child(b, 0x5F37, 0, NULL);
    child(b, 0x30, 1, &s->dpauth);
    b = child(child(server, 0xBF38, 0, NULL), 0xA0, 0, NULL);
    child(b, 0x30, 0, &s->euicc_signed1);
    s->euicc_signature1 = child(b, 0x5F37, 0, &s->euicc_signature1_tlv);
    child(b, 0x30, 1, &s->euicc);
    b = child(child(client, 0xBF3B, 0, NULL), 0xA0, 0, NULL);
    child(b, 0x30, 0, &s->smdp_signed2);
    s->smdp_signature2 = child(b, 0x5F37, 0, &s->smdp_signature2_tlv);
    child(b, 0x30, 1, &s->dppb);
    b = child(child(download, 0xBF21, 0, NULL), 0xA0, 0, NULL);
    child(b, 0x30, 0, &s->euicc_signed2);
    s->euicc_signature2 = child(b, 0x5F37, 0, NULL);
}

/* SGP.22 5.7.13, 5.6.3, 5.7.5, 3.1.3: what each signature of a download covers */
TEST(recorded_signatures)
{
    REQUIRE_INTEROP(initiate, "session/initiate-response.der");
    REQUIRE_INTEROP(server, "session/auth-server-response.der");
    REQUIRE_INTEROP(client, "session/authenticate-response.der");
    REQUIRE_INTEROP(download, "session/prepare-download-response.der");
    REQUIRE_INTEROP(pending, "session/pending-notification.der");
    struct signatures s;
    struct bytes two[2], pir, result;

    take_session(initiate, server, client, download, &s);
    expect_signed(s.dpauth, &s.server_signed1, 1, s.server_signature1);
    expect_signed(s.euicc, &s.euicc_signed1, 1, s.euicc_signature1);
    two[0] = s.smdp_signed2;
    two[1] = s.euicc_signature1_tlv;
    expect_signed(s.dppb, two, 2, s.smdp_signature2);
    two[0] = s.euicc_signed2;
    two[1] = s.smdp_signature2_tlv;
    expect_signed(s.euicc, two, 2, s.euicc_signature2);
    result = child(pending, 0xBF37, 0, NULL);
    child(result, 0xBF27, 0, &pir);
    expect_signed(s.euicc, &pir, 1, child(result, 0x5F37, 0, NULL));
}

/* --- the same profiles --- */

/* Each extension: OID and criticality, in order, as text. */
static void list_extensions(struct bytes der, struct buf *out)
{
    struct x509_cert cert;
    struct cur c;
    struct tlv t;

    CHECK_OK(x509_read(der, &cert));
    c = cur_of(child(child(child(cert.tbs, 0x30, 0, NULL), 0xA3, 0, NULL), 0x30, 0, NULL));
    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        char oid[X509_OID_TEXT_MAX];
        struct bytes critical;

        CHECK_OK(x509_oid_format(child(t.value, 0x06, 0, NULL), oid));
        buf_printf(out, "%s%s ", oid, tlv_find(t.value, 0x01, &critical) == XK_OK ? "!" : "");
    }
}

/* The types of the subject's attributes, in order, with how each is spelt. */
static void list_subject(struct bytes der, struct buf *out)
{
    struct x509_cert cert;
    struct cur c;
    struct tlv t;

    CHECK_OK(x509_read(der, &cert));
    c = cur_of(child(cert.subject, 0x30, 0, NULL));
    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        struct bytes pair = child(t.value, 0x30, 0, NULL);
        struct bytes oid;
        struct bytes type = child(pair, 0x06, 0, &oid);

        buf_printf(out, "%u/%02X ", type.p[2], bytes_part(pair, oid.n, 1).p[0]);
    }
}

static void expect_alike(struct bytes theirs, struct bytes ours)
{
    struct x509_cert a, b;
    struct buf x, y;

    buf_init(&x, 4096);
    buf_init(&y, 4096);
    list_extensions(theirs, &x);
    list_extensions(ours, &y);
    CHECK_STR(buf_cstr(&y), buf_cstr(&x));
    buf_reset(&x);
    buf_reset(&y);
    list_subject(theirs, &x);
    list_subject(ours, &y);
    CHECK_STR(buf_cstr(&y), buf_cstr(&x));
    CHECK_OK(x509_read(theirs, &a));
    CHECK_OK(x509_read(ours, &b));
    CHECK_INT(b.role, a.role);
    CHECK_INT(b.generation, a.generation);
    CHECK_INT(b.key_usage, a.key_usage);
    CHECK_INT(b.extended_key_usage, a.extended_key_usage);
    CHECK_INT(b.ca, a.ca);
    CHECK_INT(b.path_len, a.path_len);
    CHECK(bytes_eq(b.policies, a.policies));
    CHECK(bytes_eq(b.alt_names, a.alt_names));
    CHECK(bytes_eq(b.permitted_subtrees, a.permitted_subtrees));
    CHECK(bytes_eq(b.organization, a.organization));
    CHECK(bytes_eq(b.common_name, a.common_name));
    CHECK_INT(b.ski.n, a.ski.n);
    CHECK_INT(b.aki.n, a.aki.n);
    buf_fini(&x);
    buf_fini(&y);
}

TEST(our_profiles_are_theirs)
{
    static const struct {
        enum ec_curve curve;
        enum rsp_cert_id id;
        const char *file;
    } pairs[] = {
        {EC_P256, RSP_CI, "sgp26/CERT_CI_ECDSA_NIST.der"},
        {EC_P256, RSP_EUM, "sgp26/eum.der"},
        {EC_P256, RSP_DPAUTH, "sgp26/CERT_S_SM_DPauth_ECDSA_NIST.der"},
        {EC_P256, RSP_DPPB, "sgp26/CERT_S_SM_DPpb_ECDSA_NIST.der"},
        {EC_P256, RSP_DPTLS, "sgp26/CERT_S_SM_DP_TLS_NIST.der"},
        {EC_P256, RSP_DP2AUTH, "sgp26/CERT_S_SM_DP2auth_ECDSA_NIST.der"},
        {EC_BRAINPOOL_P256R1, RSP_CI, "sgp26/CERT_CI_ECDSA_BRP.der"},
        {EC_BRAINPOOL_P256R1, RSP_DPAUTH, "sgp26/CERT_S_SM_DPauth_ECDSA_BRP.der"},
        {EC_BRAINPOOL_P256R1, RSP_DPPB, "sgp26/CERT_S_SM_DPpb_ECDSA_BRP.der"},
        {EC_BRAINPOOL_P256R1, RSP_DPTLS, "sgp26/CERT_S_SM_DP_TLS_BRP.der"},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct bytes theirs = interop_file(pairs[i].file);
        struct rsp_pki *pki;

        if (theirs.n == 0)
            SKIP("no certificates of SGP.26");
        pki = rsp_pki_new(pairs[i].curve);
        printf("# %s\n", pairs[i].file);
        expect_alike(theirs, rsp_pki_cert(pki, pairs[i].id).der);
        rsp_pki_free(pki);
    }
}

TEST(our_euicc_is_theirs)
{
    REQUIRE_INTEROP(theirs, "sgp26/euicc.der");
    struct rsp_pki *pki = rsp_pki_new(EC_P256);

    expect_alike(theirs, rsp_pki_euicc(pki, RSP_EID).der);
    rsp_pki_free(pki);
}

TESTS_MAIN(XT_CASE(nist_servers), XT_CASE(brainpool_servers), XT_CASE(euicc_of_2017),
           XT_CASE(recorded_signatures), XT_CASE(our_profiles_are_theirs),
           XT_CASE(our_euicc_is_theirs))
