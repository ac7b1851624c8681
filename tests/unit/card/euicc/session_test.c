/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b of the RSP session: GetEUICCChallenge, AuthenticateServer, PrepareDownload, CancelSession
 * (SGP.22 5.7.5, 5.7.7, 5.7.13, 5.7.14). */
#include "crypto/ecdsa.h"
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)

static bool signed_by_card(const struct bench *b, struct bytes first, struct bytes second,
                           struct bytes tlv)
{
    struct bytes parts[2] = {first, second};

    return ecdsa_verify_point(rsp_pki_curve(b->pki), ec_key_point(b->identity.key), parts,
                              second.n > 0 ? 2 : 1, rsp_signature_value(tlv)) == XK_OK;
}

/* ---- GetEUICCChallenge ---- */

TEST(challenge_fresh)
{
    uint8_t first[RSP_CHALLENGE_LEN];
    WITH_BENCH(b);

    bench_challenge(&b);
    CHECK_INT(b.answer.n, 3 + 2 + RSP_CHALLENGE_LEN);
    memcpy(first, b.challenge, sizeof first);
    bench_challenge(&b);
    CHECK(memcmp(first, b.challenge, sizeof first) != 0);
    bench_fini(&b);
}

/* ---- AuthenticateServer ---- */

static void authenticate_nominal(enum ec_curve curve)
{
    struct rsp_authenticate_server_response r;
    struct bench b;

    bench_init(&b, curve);
    bench_open(&b);
    REQUIRE(bench_authenticate(&b) == 0);
    REQUIRE(rsp_decode_authenticate_server_response(buf_bytes(&b.answer), &r) == XK_OK);
    CHECK(signed_by_card(&b, r.euicc_signed1.raw, BYTES_NONE, r.euicc_signature1));
    CHECK(bytes_eq(r.euicc_signed1.transaction_id, BYTES_OF(b.dp.transaction_id)));
    CHECK(bytes_eq(r.euicc_signed1.server_challenge, BYTES_OF(b.server_challenge)));
    CHECK(bytes_eq(r.euicc_signed1.server_address, BYTES_STR(RSP_DP_HOST)));
    CHECK(bytes_eq(r.euicc_signed1.ctx_params1.matching_id, BYTES_STR("AC-1")));
    CHECK(bytes_eq(r.euicc_certificate, b.identity.der));
    CHECK(bytes_eq(r.eum_certificate, b.identity.issuer));
    bench_fini(&b);
}

TEST(authenticate_nist)
{
    authenticate_nominal(EC_P256);
}

TEST(authenticate_brainpool)
{
    authenticate_nominal(EC_BRAINPOOL_P256R1);
}

TEST(authenticate_smds)
{
    WITH_BENCH(b);

    b.dp.auth = rsp_pki_cert(b.pki, RSP_DSAUTH);
    CHECK_INT(bench_authenticate(&b), 0);
    /* a server of events prepares no download */
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_NO_SESSION);
    bench_fini(&b);
}

/* v3: the server leaves the choice to the card. */
TEST(authenticate_no_ci_named)
{
    WITH_BENCH(b);

    b.dp.ci = BYTES_NONE;
    CHECK_INT(bench_authenticate(&b), 0);
    bench_fini(&b);
}

TEST(authenticate_bad_signature)
{
    WITH_BENCH(b);

    b.dp.bend_signature1 = true;
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_INVALID_SIGNATURE);
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_NO_SESSION);
    bench_fini(&b);
}

TEST(authenticate_other_challenge)
{
    WITH_BENCH(b);

    b.dp.bend_challenge = true;
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_EUICC_CHALLENGE_MISMATCH);
    bench_fini(&b);
}

TEST(authenticate_no_challenge)
{
    struct buf request;
    WITH_BENCH(b);

    buf_init(&request, BENCH_SIZE);
    bench_put_authenticate(&b, &request);
    CHECK_INT(bench_send_authenticate(&b, buf_bytes(&request)), RSP_AUTHENTICATE_NO_SESSION);
    buf_fini(&request);
    bench_fini(&b);
}

/* A challenge serves once. */
TEST(authenticate_twice)
{
    struct buf request;
    WITH_BENCH(b);

    bench_challenge(&b);
    buf_init(&request, BENCH_SIZE);
    bench_put_authenticate(&b, &request);
    CHECK_INT(bench_send_authenticate(&b, buf_bytes(&request)), 0);
    CHECK_INT(bench_send_authenticate(&b, buf_bytes(&request)), RSP_AUTHENTICATE_NO_SESSION);
    buf_fini(&request);
    bench_fini(&b);
}

TEST(authenticate_after_reset)
{
    struct buf request;
    WITH_BENCH(b);

    bench_challenge(&b);
    buf_init(&request, BENCH_SIZE);
    bench_put_authenticate(&b, &request);
    bench_open(&b);
    CHECK_INT(bench_send_authenticate(&b, buf_bytes(&request)), RSP_AUTHENTICATE_NO_SESSION);
    buf_fini(&request);
    bench_fini(&b);
}

TEST(authenticate_unknown_ci_to_be_used)
{
    static const uint8_t other[RSP_KEY_ID_LEN] = {1, 2, 3};
    WITH_BENCH(b);

    b.dp.ci = BYTES_OF(other);
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_CI_PK_UNKNOWN);
    bench_fini(&b);
}

/* What each certificate of the negative set is answered with. */
TEST(authenticate_bad_certificates)
{
    static const struct {
        enum rsp_bent bent;
        uint32_t error;
    } rows[] = {
        {RSP_WRONG_POLICY_DPAUTH, RSP_AUTHENTICATE_INVALID_CERTIFICATE},
        {RSP_EUM_SIGNED_DPAUTH, RSP_AUTHENTICATE_CI_PK_UNKNOWN}, /* the EUM does not come along */
        {RSP_NO_OID_DPAUTH, RSP_AUTHENTICATE_INVALID_OID},
        {RSP_NO_KEY_USAGE_DPAUTH, RSP_AUTHENTICATE_INVALID_CERTIFICATE},
        {RSP_UNKNOWN_CI_DPAUTH, RSP_AUTHENTICATE_CI_PK_UNKNOWN},
        {RSP_UNKNOWN_CI_DSAUTH, RSP_AUTHENTICATE_CI_PK_UNKNOWN},
        {RSP_BAD_SIGNATURE_DPAUTH, RSP_AUTHENTICATE_INVALID_CERTIFICATE},
        {RSP_BAD_SIGNATURE_DSAUTH, RSP_AUTHENTICATE_INVALID_CERTIFICATE},
    };
    WITH_BENCH(b);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        b.dp.auth = rsp_pki_bent(b.pki, rows[i].bent);
        CHECK_INT(bench_authenticate(&b), rows[i].error);
    }
    /* not a server's at all */
    b.dp.auth = rsp_pki_cert(b.pki, RSP_DPPB);
    CHECK_INT(bench_authenticate(&b), RSP_AUTHENTICATE_INVALID_CERTIFICATE);
    /* a card has no clock */
    b.dp.auth = rsp_pki_bent(b.pki, RSP_EXPIRED_DPAUTH);
    CHECK_INT(bench_authenticate(&b), 0);
    bench_fini(&b);
}

TEST(authenticate_malformed)
{
    WITH_BENCH(b);

    bench_challenge(&b);
    (void)bench_es10_hex(&b, "BF3800");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    (void)bench_es10_hex(&b, "BF380530038001AA");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    CHECK_INT(bench_authenticate(&b), 0);
    bench_fini(&b);
}

/* ---- PrepareDownload ---- */

static void prepare_nominal(enum ec_curve curve)
{
    static const uint8_t cc[RSP_HASH_LEN] = {7};
    struct rsp_prepare_download_response r;
    struct bench b;

    bench_init(&b, curve);
    bench_open(&b);
    REQUIRE(bench_authenticate(&b) == 0);
    b.dp.cc_required = true;
    b.dp.hash_cc = BYTES_OF(cc);
    REQUIRE(bench_prepare(&b) == 0);
    REQUIRE(rsp_decode_prepare_download_response(buf_bytes(&b.answer), &r) == XK_OK);
    CHECK(signed_by_card(&b, r.euicc_signed2.raw, BYTES_OF(b.smdp_signature2), r.euicc_signature2));
    CHECK(bytes_eq(r.euicc_signed2.transaction_id, BYTES_OF(b.dp.transaction_id)));
    CHECK(bytes_eq(r.euicc_signed2.hash_cc, BYTES_OF(cc)));
    CHECK_OK(ec_point_check(curve, r.euicc_signed2.euicc_otpk));
    bench_fini(&b);
}

TEST(prepare_nist)
{
    prepare_nominal(EC_P256);
}

TEST(prepare_brainpool)
{
    prepare_nominal(EC_BRAINPOOL_P256R1);
}

TEST(prepare_bad_signature2)
{
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    b.dp.bend_signature2 = true;
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_SIGNATURE);
    /* the session is still there: it can be cancelled or gone on with */
    b.dp.bend_signature2 = false;
    CHECK_INT(bench_prepare(&b), 0);
    bench_fini(&b);
}

/* Signed, but over the bare 64 bytes of another euiccSignature1. */
TEST(prepare_other_signature1)
{
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    b.euicc_signature1[10] ^= 1;
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_SIGNATURE);
    bench_fini(&b);
}

TEST(prepare_no_session)
{
    WITH_BENCH(b);

    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_NO_SESSION);
    bench_challenge(&b);
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_NO_SESSION);
    bench_fini(&b);
}

TEST(prepare_wrong_transaction)
{
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    b.dp.other_transaction2 = true;
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_TRANSACTION_ID);
    bench_fini(&b);
}

TEST(prepare_missing_cc)
{
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    b.dp.cc_required = true;
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_UNDEFINED);
    bench_fini(&b);
}

TEST(prepare_bad_certificates)
{
    static const enum rsp_bent rows[] = {RSP_WRONG_POLICY_DPPB, RSP_OTHER_OID_DPPB,
                                         RSP_NO_KEY_USAGE_DPPB, RSP_UNKNOWN_CI_DPPB,
                                         RSP_BAD_SIGNATURE_DPPB};
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        b.dp.pb = rsp_pki_bent(b.pki, rows[i]);
        CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_CERTIFICATE);
    }
    b.dp.pb = rsp_pki_cert(b.pki, RSP_DP2PB); /* of another SM-DP+ */
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_CERTIFICATE);
    b.dp.pb = rsp_pki_cert(b.pki, RSP_DPAUTH);
    CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_INVALID_CERTIFICATE);
    bench_fini(&b);
}

/* The one-time key is kept over a reset, and used again when the server names it. */
TEST(prepare_same_otpk)
{
    uint8_t first[RSP_OTPK_LEN], unknown[RSP_OTPK_LEN];
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0 && bench_prepare(&b) == 0);
    memcpy(first, b.euicc_otpk, sizeof first);
    bench_open(&b);
    b.dp.otpk_named = BYTES_OF(first);
    REQUIRE(bench_authenticate(&b) == 0 && bench_prepare(&b) == 0);
    CHECK(memcmp(first, b.euicc_otpk, sizeof first) == 0);
    memcpy(unknown, first, sizeof unknown);
    unknown[64] ^= 1;
    b.dp.otpk_named = BYTES_OF(unknown);
    REQUIRE(bench_authenticate(&b) == 0 && bench_prepare(&b) == 0);
    CHECK(memcmp(first, b.euicc_otpk, sizeof first) != 0);
    /* it has served: gone */
    memcpy(first, b.euicc_otpk, sizeof first);
    b.dp.otpk_named = BYTES_NONE;
    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    memcpy(first, b.euicc_otpk, sizeof first);
    b.dp.otpk_named = BYTES_OF(first);
    REQUIRE(bench_authenticate(&b) == 0 && bench_prepare(&b) == 0);
    CHECK(memcmp(first, b.euicc_otpk, sizeof first) != 0);
    bench_fini(&b);
}

/* ---- CancelSession ---- */

static uint32_t cancel(struct bench *b, uint32_t reason, struct rsp_cancel_session_response *out)
{
    struct rsp_cancel_session_request req = {.transaction_id = BYTES_OF(b->dp.transaction_id),
                                             .reason = reason};
    uint8_t mem[64];
    struct buf request;

    buf_init_fixed(&request, mem, sizeof mem);
    if (rsp_encode_cancel_session_request(&req, &request) != XK_OK ||
        rsp_decode_cancel_session_response(bench_es10(b, buf_bytes(&request)), out) != XK_OK)
        return UINT32_MAX;
    return out->ok ? 0 : out->error;
}

TEST(cancel_reasons)
{
    static const uint32_t reasons[] = {RSP_CANCEL_END_USER_REJECTION,
                                       RSP_CANCEL_POSTPONED,
                                       RSP_CANCEL_TIMEOUT,
                                       RSP_CANCEL_PPR_NOT_ALLOWED,
                                       RSP_CANCEL_METADATA_MISMATCH,
                                       RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR,
                                       RSP_CANCEL_UNDEFINED};
    struct rsp_cancel_session_response r;
    WITH_BENCH(b);

    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        REQUIRE(bench_authenticate(&b) == 0);
        CHECK_INT(cancel(&b, reasons[i], &r), 0);
        CHECK_INT(r.signed_data.reason, reasons[i]);
        CHECK(bytes_eq(r.signed_data.transaction_id, BYTES_OF(b.dp.transaction_id)));
        CHECK(signed_by_card(&b, r.signed_data.raw, BYTES_NONE, r.signature));
        /* and the session is over */
        CHECK_INT(cancel(&b, reasons[i], &r), RSP_CANCEL_INVALID_TRANSACTION_ID);
        CHECK_INT(bench_prepare(&b), RSP_DOWNLOAD_NO_SESSION);
    }
    bench_fini(&b);
}

TEST(cancel_prepared)
{
    struct rsp_cancel_session_response r;
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0 && bench_prepare(&b) == 0);
    CHECK_INT(cancel(&b, RSP_CANCEL_POSTPONED, &r), 0);
    CHECK_INT(bench_piece(&b, BYTES_STR("\xBF\x36\x82\x01\x00")), 0);
    CHECK_INT(b.sw, SW_CONDITIONS_NOT_SATISFIED);
    bench_fini(&b);
}

TEST(cancel_wrong_transaction)
{
    struct rsp_cancel_session_response r;
    WITH_BENCH(b);

    REQUIRE(bench_authenticate(&b) == 0);
    b.dp.transaction_id[0] ^= 1;
    CHECK_INT(cancel(&b, RSP_CANCEL_POSTPONED, &r), RSP_CANCEL_INVALID_TRANSACTION_ID);
    b.dp.transaction_id[0] ^= 1;
    CHECK_INT(cancel(&b, RSP_CANCEL_POSTPONED, &r), 0);
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.12 ES10b.GetEUICCChallenge: nominal, fresh each time", challenge_fresh),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: nominal, NIST P-256", authenticate_nist),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: nominal, brainpoolP256r1",
             authenticate_brainpool),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: nominal, SM-DS", authenticate_smds),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: no CI named (v3)", authenticate_no_ci_named),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: bad serverSignature1",
             authenticate_bad_signature),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: other eUICC challenge",
             authenticate_other_challenge),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: no challenge asked for",
             authenticate_no_challenge),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: the same a second time", authenticate_twice),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: challenge of before a reset",
             authenticate_after_reset),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: unknown CI to be used",
             authenticate_unknown_ci_to_be_used),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: bad server certificates",
             authenticate_bad_certificates),
    XT_NAMED("SGP.23 4.2.18 ES10b.AuthenticateServer: malformed request", authenticate_malformed),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: nominal with confirmation code, NIST P-256",
             prepare_nist),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: nominal with confirmation code, brainpoolP256r1",
             prepare_brainpool),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: bad smdpSignature2", prepare_bad_signature2),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: smdpSignature2 over another euiccSignature1",
             prepare_other_signature1),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: no session", prepare_no_session),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: wrong transactionId", prepare_wrong_transaction),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: missing confirmation code", prepare_missing_cc),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: bad CERT.DPpb", prepare_bad_certificates),
    XT_NAMED("SGP.23 4.2.10 ES10b.PrepareDownload: retry with the same otPK", prepare_same_otpk),
    XT_NAMED("SGP.23 4.2.19 ES10b.CancelSession: each reason", cancel_reasons),
    XT_NAMED("SGP.23 4.2.19 ES10b.CancelSession: after PrepareDownload", cancel_prepared),
    XT_NAMED("SGP.23 4.2.19 ES10b.CancelSession: wrong transactionId", cancel_wrong_transaction))
