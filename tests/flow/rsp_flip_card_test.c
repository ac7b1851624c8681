/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of what a server signs for an eUICC in the session of a download, and of a CRL, is
 * changed in turn (SGP.22 5.7.5, 5.7.12, 5.7.13): the card refuses it, with the code of that part
 * of the message or the status word of what cannot be read, and not a byte of its memory is
 * written. The message as it was meant is taken afterwards. (Receipts of notifications, 5.7.11, are
 * not signed.) The package itself: rsp_flip_package_test.c */
#include "crypto/x509_crl.h"
#include "rsp_flip_card.h"
#include "xt.h"

/* ---- ES10b.AuthenticateServer: 5.7.13 ---- */

static void new_session(struct flip *f)
{
    bench_challenge(&f->b);
}

static size_t make_authenticate(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX])
{
    struct rsp_authenticate_server_request r;

    bench_put_authenticate(&f->b, &f->message);
    if (rsp_decode_authenticate_server_request(buf_bytes(&f->message), &r) != XK_OK)
        abort();
    {
        const struct flip_part all[] = {
            {"serverSigned1", r.server_signed1.raw, "invalidSignature 6A80"},
            {"serverSignature1", r.server_signature1, "invalidSignature 6A80"},
            {"euiccCiPKIdToBeUsed", r.euicc_ci_pk_id, "ciPKUnknown"},
            /* ciPKUnknown: it names another issuer; unsupportedCurve: a curve that the card
             * does not know */
            {"CERT.DPauth, CERT.DSauth", r.server_certificate,
             "invalidCertificate ciPKUnknown unsupportedCurve 6A80"},
            /* the LPA's own words: the eUICC signs them for the server */
            {"ctxParams1", r.ctx_params1.raw, "ok 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_authenticate(struct flip *f, struct bytes message)
{
    return flip_answer(f, RSP_TABLE_AUTHENTICATE_ERROR, bench_send_authenticate(&f->b, message));
}

/* A refused server is in no session: there is nothing to cancel. */
static const char *no_session(struct flip *f, const char *said)
{
    const char *wrong = flip_nothing_written(f, said);
    uint8_t mem[64] = {0};
    struct rsp_cancel_session_response r;
    struct rsp_cancel_session_request cancel = {.transaction_id = BYTES_OF(f->b.dp.transaction_id),
                                                .reason = RSP_CANCEL_POSTPONED};
    struct buf request;

    buf_init_fixed(&request, mem, sizeof mem);
    if (rsp_encode_cancel_session_request(&cancel, &request) != XK_OK ||
        rsp_decode_cancel_session_response(bench_es10(&f->b, buf_bytes(&request)), &r) != XK_OK)
        abort();
    if (r.ok)
        return "a session";
    return wrong;
}

static const struct flip_message authenticate_message = {
    new_session, make_authenticate, send_authenticate, no_session, RETRY_OFTEN};

/* ---- ES10b.PrepareDownload: 5.7.5 ---- */

/* Refusing leaves the session as it was: the right message follows in the same. */
static void authenticated(struct flip *f)
{
    if (bench_authenticate(&f->b) != 0)
        abort();
}

static size_t make_prepare(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX])
{
    static uint8_t hash_cc[RSP_HASH_LEN];
    struct rsp_prepare_download_request r;

    f->b.dp.cc_required = true;
    f->b.dp.hash_cc = BYTES_OF(hash_cc);
    f->b.dp.otpk_named = BYTES_OF(f->b.euicc_otpk);
    bench_put_prepare(&f->b, &f->message);
    if (rsp_decode_prepare_download_request(buf_bytes(&f->message), &r) != XK_OK)
        abort();
    {
        const struct flip_part all[] = {
            {"smdpSigned2", r.smdp_signed2.raw, "invalidSignature 6A80"},
            {"smdpSignature2", r.smdp_signature2, "invalidSignature 6A80"},
            /* the LPA's own: the eUICC signs it, the server compares */
            {"hashCc", r.hash_cc, "ok"},
            {"CERT.DPpb", r.smdp_certificate, "invalidCertificate unsupportedCurve 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_prepare(struct flip *f, struct bytes message)
{
    return flip_answer(f, RSP_TABLE_DOWNLOAD_ERROR, bench_send_prepare(&f->b, message));
}

static const struct flip_message prepare_message = {authenticated, make_prepare, send_prepare,
                                                    flip_nothing_written, RETRY_OFTEN};

/* ---- ES10b.LoadCRL: 5.7.12 ---- */

/* It revokes the very server that the tests are with. */
static size_t make_crl(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX])
{
    struct der d = der_open(f->crl, DER_SEQUENCE);
    struct bytes contents;
    struct x509_crl crl;

    contents = der_rest(&d);
    if (rsp_encode_load_crl_request(contents, &f->message) != XK_OK ||
        rsp_decode_load_crl_request(buf_bytes(&f->message), &contents) != XK_OK ||
        x509_crl_read(f->crl, &crl) != XK_OK)
        abort();
    {
        const struct flip_part all[] = {
            /* verificationKeyNotFound: of an issuer that is not known */
            {"tbsCertList", BYTES(contents.p, crl.tbs.n),
             "invalidSignature invalidCRLFormat verificationKeyNotFound 6A80"},
            {"signature", bytes_part(contents, crl.tbs.n, contents.n),
             "invalidSignature invalidCRLFormat 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88 invalidCRLFormat"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_crl(struct flip *f, struct bytes message)
{
    struct rsp_load_crl_response r;

    if (rsp_decode_load_crl_response(bench_es10(&f->b, message), &r) != XK_OK)
        return flip_sw(f->b.sw);
    return r.ok ? "ok" : rsp_code_name(RSP_TABLE_LOAD_CRL_ERROR, r.error);
}

static const char *nobody_revoked(struct flip *f, const char *said)
{
    const char *wrong = flip_nothing_written(f, said);

    return bench_authenticate(&f->b) != 0 ? "revoked" : wrong;
}

static const struct flip_message crl_message = {NULL, make_crl, send_crl, nobody_revoked, NO_RETRY};

/* ---- The cases ---- */

static void flip_message(enum ec_curve curve, const struct flip_message *m,
                         enum flip_thorough thorough)
{
    struct flip f;

    flip_init(&f, curve);
    flip_all(&f, m, thorough);
    flip_fini(&f);
}

TEST(authenticate_nist)
{
    flip_message(EC_P256, &authenticate_message, FLIP_ALL_MASKS);
}

TEST(authenticate_brainpool)
{
    flip_message(EC_BRAINPOOL_P256R1, &authenticate_message, FLIP_MASK_IN_TURN);
}

TEST(authenticate_smds)
{
    struct flip f;

    flip_init(&f, EC_P256);
    f.b.dp.auth = rsp_pki_cert(f.b.pki, RSP_DSAUTH);
    f.b.dp.address = RSP_DS_HOST;
    flip_all(&f, &authenticate_message, FLIP_MASK_IN_TURN);
    flip_fini(&f);
}

TEST(prepare_nist)
{
    flip_message(EC_P256, &prepare_message, FLIP_ALL_MASKS);
}

TEST(prepare_brainpool)
{
    flip_message(EC_BRAINPOOL_P256R1, &prepare_message, FLIP_MASK_IN_TURN);
}

/* And the list that was not changed counts. */
TEST(crl)
{
    struct flip f;

    flip_init(&f, EC_P256);
    f.crl = rsp_pki_crl(f.b.pki, f.b.dp.auth.der);
    flip_all(&f, &crl_message, FLIP_ALL_MASKS);
    CHECK_INT(bench_authenticate(&f.b), RSP_AUTHENTICATE_INVALID_CERTIFICATE);
    flip_fini(&f);
}

TESTS_MAIN(XT_NAMED("AuthenticateServer, every byte", authenticate_nist),
           XT_NAMED("AuthenticateServer, every byte, Brainpool", authenticate_brainpool),
           XT_NAMED("AuthenticateServer of an SM-DS, every byte", authenticate_smds),
           XT_NAMED("PrepareDownload, every byte", prepare_nist),
           XT_NAMED("PrepareDownload, every byte, Brainpool", prepare_brainpool),
           XT_NAMED("LoadCRL, every byte", crl))
