/* SPDX-License-Identifier: Apache-2.0 */
/* Each refusal of ES9+ (SGP.22 5.6, 5.2.6): one thing wrong at a time, the right subject and
 * reason, and session and order as they were. */
#include "steps.h"

/* ---- InitiateAuthentication ---- */

static void initiate_nominal(enum ec_curve curve)
{
    uint8_t first[RSP_TRANSACTION_ID_MAX];
    struct steps s;

    begin(&s, curve);
    initiate(&s);
    VERDICT(s.initiated.status, "ok");
    REQUIRE(s.initiated.transaction_id.n == sizeof first);
    memcpy(first, s.initiated.transaction_id.p, sizeof first);
    initiate(&s);
    VERDICT(s.initiated.status, "ok");
    CHECK(!bytes_eq(BYTES_OF(first), s.initiated.transaction_id));
    rsp_world_fini(&s.w);
}

TEST(initiate_nist)
{
    initiate_nominal(EC_P256);
}

TEST(initiate_brainpool)
{
    initiate_nominal(EC_BRAINPOOL_P256R1);
}

TEST(initiate_address)
{
    struct steps s;

    begin(&s, EC_P256);
    s.w.card.address = "other.example.com";
    initiate(&s);
    VERDICT(s.initiated.status, "8.8.1/3.8");
    s.w.card.address = "TestSMDPplus1.Example.com:443"; /* case and port do not matter */
    initiate(&s);
    VERDICT(s.initiated.status, "ok");
    rsp_world_fini(&s.w);
}

/* A card of another CI: nothing that both have. */
TEST(initiate_ci)
{
    struct rsp_pki *other = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct steps s;

    begin(&s, EC_P256);
    rsp_card_init(&s.w.card, other, RSP_EID, &s.w.arena);
    s.w.card.matching_id = WORLD_MATCHING_ID;
    initiate(&s);
    CHECK(!rsp_succeeded(&s.initiated.status));
    CHECK(strcmp(rsp_world_verdict(&s.initiated.status), "8.8.2/3.1") == 0 ||
          strcmp(rsp_world_verdict(&s.initiated.status), "8.8.4/3.7") == 0);
    rsp_world_fini(&s.w);
    rsp_pki_free(other);
}

static void initiate_version(uint32_t svn, const char *verdict)
{
    struct steps s;

    begin(&s, EC_P256);
    s.w.card.info2.svn = svn;
    initiate(&s);
    VERDICT(s.initiated.status, verdict);
    rsp_world_fini(&s.w);
}

TEST(initiate_old)
{
    initiate_version(RSP_VERSION(2, 1, 0), "8.8.3/3.1");
}

TEST(initiate_v221)
{
    initiate_version(RSP_VERSION(2, 2, 1), "ok");
}

TEST(initiate_v222)
{
    initiate_version(RSP_VERSION(2, 2, 2), "ok");
}

TEST(initiate_v230)
{
    initiate_version(RSP_VERSION(2, 3, 0), "ok");
}

/* ---- AuthenticateClient ---- */

typedef void setup_fn(struct steps *s);

/* The order as it was: state, attempts. */
static void refused(setup_fn *setup, const char *verdict)
{
    struct download before;
    struct steps s;

    begin(&s, EC_P256);
    setup(&s);
    before = s.order->download;
    authenticate(&s);
    VERDICT(s.authenticated.status, verdict);
    CHECK_INT(s.order->download.attempts_left, before.attempts_left);
    rsp_world_fini(&s.w);
}

static void bent(struct steps *s, enum rsp_bent which)
{
    s->w.card.cert = rsp_pki_bent(s->w.pki, which);
}

static void eum_invalid(struct steps *s)
{
    bent(s, RSP_BAD_SIGNATURE_EUM);
}
static void eum_expired(struct steps *s)
{
    bent(s, RSP_EXPIRED_EUM);
}
static void euicc_invalid(struct steps *s)
{
    bent(s, RSP_BAD_SIGNATURE_EUICC);
}
static void euicc_expired(struct steps *s)
{
    bent(s, RSP_EXPIRED_EUICC);
}
static void unknown_ci(struct steps *s)
{
    bent(s, RSP_UNKNOWN_CI_EUM);
}
static void bad_signature(struct steps *s)
{
    s->w.card.fault = CARD_BAD_SIGNATURE;
}
static void other_challenge(struct steps *s)
{
    s->w.card.fault = CARD_OTHER_CHALLENGE;
}
static void other_transaction(struct steps *s)
{
    s->w.card.fault = CARD_OTHER_TRANSACTION;
}
static void not_released(struct steps *s)
{
    s->order->download.state = DOWNLOAD_CONFIRMED;
}
static void other_matching_id(struct steps *s)
{
    s->w.card.matching_id = "NO-SUCH-ORDER";
}
static void other_eid(struct steps *s)
{
    snprintf(s->order->download.eid, sizeof s->order->download.eid, "%s",
             "89049032000000000000000000000000");
    s->order->download.eid_ordered = true;
}
static void no_default_order(struct steps *s)
{
    s->w.card.matching_id = "";
}
static void needs_more(struct steps *s)
{
    s->order->download.needs.uicc_capability = UINT64_C(1) << 31;
}
static void needs_memory(struct steps *s)
{
    s->order->download.needs.nvm_bytes = UINT32_MAX;
}

TEST(auth_eum_invalid)
{
    refused(eum_invalid, "8.1.2/6.1");
}
TEST(auth_eum_expired)
{
    refused(eum_expired, "8.1.2/6.3");
}
TEST(auth_euicc_invalid)
{
    refused(euicc_invalid, "8.1.3/6.1");
}
TEST(auth_euicc_expired)
{
    refused(euicc_expired, "8.1.3/6.3");
}
TEST(auth_unknown_ci)
{
    refused(unknown_ci, "8.11.1/3.9");
}
TEST(auth_signature)
{
    refused(bad_signature, "8.1/6.1");
}
TEST(auth_challenge)
{
    refused(other_challenge, "8.1/6.1");
}
TEST(auth_transaction)
{
    refused(other_transaction, "8.10.1/3.9");
}
TEST(auth_not_released)
{
    refused(not_released, "8.2/1.2");
}
TEST(auth_matching_id)
{
    refused(other_matching_id, "8.2.6/3.8");
}
TEST(auth_eid)
{
    refused(other_eid, "8.1.1/3.8");
}
TEST(auth_default_order)
{
    struct steps s;

    begin(&s, EC_P256);
    no_default_order(&s);
    authenticate(&s);
    VERDICT(s.authenticated.status, "8.1.1/3.8");
    rsp_world_fini(&s.w);
}
TEST(auth_eligible)
{
    refused(needs_more, "8.2.5/4.3");
}
TEST(auth_memory)
{
    refused(needs_memory, "8.1/4.8");
}

TEST(auth_expired)
{
    struct steps s;

    begin(&s, EC_P256);
    s.order->download.expires_at = s.w.now - 1;
    authenticate(&s);
    VERDICT(s.authenticated.status, "8.8.5/4.10");
    rsp_world_fini(&s.w);
}

TEST(auth_attempts)
{
    struct steps s;

    begin(&s, EC_P256);
    s.order->download.attempts_left = 0;
    authenticate(&s);
    VERDICT(s.authenticated.status, "8.8.5/6.4");
    rsp_world_fini(&s.w);
}

/* A transaction that nobody has begun; the one there is stays as it was. */
TEST(auth_unknown_transaction)
{
    static const uint8_t other[16] = {1};
    struct rsp_authenticate_client_request req;
    uint8_t first[RSP_TRANSACTION_ID_MAX];
    struct steps s;

    begin(&s, EC_P256);
    initiate(&s);
    REQUIRE(s.initiated.transaction_id.n == sizeof first);
    memcpy(first, s.initiated.transaction_id.p, sizeof first);
    req = rsp_card_authenticate(&s.w.card, &s.initiated);
    req.transaction_id = BYTES_OF(other);
    s.authenticated = rsp_world_authenticate(&s.w, &req);
    VERDICT(s.authenticated.status, "8.10.1/3.9");
    CHECK(rsp_world_session(&s.w, BYTES_OF(first)) != NULL);
    rsp_world_fini(&s.w);
}

/* ---- GetBoundProfilePackage ---- */

static void nominal(enum ec_curve curve, enum world_protection protection, const char *code)
{
    struct rsp_card_package got;
    struct steps s;

    begin(&s, curve);
    s.order = rsp_world_order(&s.w, "8949449999999990031", "AC-TOKEN-2", protection);
    s.w.card.matching_id = "AC-TOKEN-2";
    if (code)
        rsp_world_code(s.order, code, 3);
    package(&s, code);
    VERDICT(s.authenticated.status, "ok");
    CHECK_INT(s.w.card.cc_required, code != NULL);
    VERDICT(s.packaged.status, "ok");
    CHECK(rsp_card_load(&s.w.card, s.packaged.bound_profile_package, &got));
    CHECK(bytes_eq(got.upp, s.w.upp));
    CHECK_INT(got.replaced, protection == WORLD_RANDOM_KEYS);
    CHECK(got.longest_tlv <= 1020);
    CHECK_INT(s.order->download.state, DOWNLOAD_DOWNLOADED);
    rsp_world_fini(&s.w);
}

TEST(package_nist)
{
    nominal(EC_P256, WORLD_SESSION_KEYS, NULL);
}
TEST(package_ppk)
{
    nominal(EC_P256, WORLD_RANDOM_KEYS, NULL);
}
TEST(package_ppk_code)
{
    nominal(EC_P256, WORLD_RANDOM_KEYS, WORLD_CODE);
}
TEST(package_brainpool)
{
    nominal(EC_BRAINPOOL_P256R1, WORLD_RANDOM_KEYS, NULL);
}

/* Metadata with an icon take two TLVs. */
TEST(package_split)
{
    struct rsp_card_package got;
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_icon(&s.w, s.order);
    package(&s, NULL);
    VERDICT(s.packaged.status, "ok");
    CHECK(rsp_card_load(&s.w.card, s.packaged.bound_profile_package, &got));
    CHECK_INT(got.metadata_tlvs, 2);
    rsp_world_fini(&s.w);
}

static void package_fault(enum rsp_card_fault fault, const char *verdict)
{
    struct steps s;

    begin(&s, EC_P256);
    authenticate(&s);
    s.w.card.fault = fault;
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, NULL, CARD_NEW_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, verdict);
    CHECK_INT(s.order->download.state, DOWNLOAD_RELEASED);
    CHECK(!s.order->has_binding);
    rsp_world_fini(&s.w);
}

TEST(package_signature)
{
    package_fault(CARD_BAD_SIGNATURE, "8.1/6.1");
}
TEST(package_transaction)
{
    package_fault(CARD_OTHER_TRANSACTION, "8.10.1/3.9");
}

TEST(package_code_missing)
{
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_code(s.order, WORLD_CODE, 3);
    package(&s, NULL);
    VERDICT(s.packaged.status, "8.2.7/2.2");
    rsp_world_fini(&s.w);
}

/* Refused twice in one session, then right. */
TEST(package_code_again)
{
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_code(s.order, WORLD_CODE, 3);
    package(&s, "wrong");
    VERDICT(s.packaged.status, "8.2.7/3.8");
    CHECK_INT(s.order->download.code_tries_left, 2);
    s.prepare = rsp_card_prepare_again(&s.w.card, WORLD_CODE, CARD_SAME_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(package_code_exhausted)
{
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_code(s.order, WORLD_CODE, 1);
    package(&s, "wrong");
    VERDICT(s.packaged.status, "8.2.7/6.4");
    CHECK_INT(s.order->download.state, DOWNLOAD_ERROR);
    rsp_world_fini(&s.w);
}

/* The same request again gets the same bytes: the answer may have been lost. */
TEST(package_same_again)
{
    struct rsp_get_bound_profile_package_response second;
    static uint8_t first[65536];
    struct steps s;
    size_t n;

    begin(&s, EC_P256);
    package(&s, NULL);
    n = s.packaged.bound_profile_package.n;
    REQUIRE(n > 0 && n <= sizeof first);
    memcpy(first, s.packaged.bound_profile_package.p, n);
    second = rsp_world_package(&s.w, &s.prepare);
    VERDICT(second.status, "ok");
    CHECK(bytes_eq(second.bound_profile_package, BYTES(first, n)));
    rsp_world_fini(&s.w);
}

/* A new session after a lost package: the card still has the key, or has made another. */
static void retry(enum world_protection protection, const char *code, enum rsp_card_otpk otpk)
{
    struct rsp_card_package got;
    struct steps s;

    begin(&s, EC_P256);
    s.order = rsp_world_order(&s.w, "8949449999999990031", "AC-TOKEN-2", protection);
    s.w.card.matching_id = "AC-TOKEN-2";
    if (code)
        rsp_world_code(s.order, code, 3);
    package(&s, code);
    VERDICT(s.packaged.status, "ok");
    authenticate(&s);
    VERDICT(s.authenticated.status, "ok");
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, code, otpk);
    CHECK(DER_PRESENT(s.w.card.offered_otpk));
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "ok");
    CHECK(rsp_card_load(&s.w.card, s.packaged.bound_profile_package, &got));
    CHECK(bytes_eq(got.upp, s.w.upp));
    rsp_world_fini(&s.w);
}

TEST(retry_1)
{
    retry(WORLD_SESSION_KEYS, NULL, CARD_SAME_OTPK);
}
TEST(retry_2)
{
    retry(WORLD_SESSION_KEYS, WORLD_CODE, CARD_SAME_OTPK);
}
TEST(retry_3)
{
    retry(WORLD_RANDOM_KEYS, NULL, CARD_SAME_OTPK);
}
TEST(retry_4)
{
    retry(WORLD_RANDOM_KEYS, WORLD_CODE, CARD_SAME_OTPK);
}
TEST(retry_5)
{
    retry(WORLD_SESSION_KEYS, NULL, CARD_NEW_OTPK);
}
TEST(retry_6)
{
    retry(WORLD_SESSION_KEYS, WORLD_CODE, CARD_NEW_OTPK);
}
TEST(retry_7)
{
    retry(WORLD_RANDOM_KEYS, NULL, CARD_NEW_OTPK);
}
TEST(retry_8)
{
    retry(WORLD_RANDOM_KEYS, WORLD_CODE, CARD_NEW_OTPK);
}

#define A "SGP.23 4.3.2 AuthenticateClientNIST "
#define G "SGP.23 4.3.3 GetBoundProfilePackageNIST "
#define I "SGP.23 4.3.1 InitiateAuthenticationNIST "

TESTS_MAIN(XT_NAMED(I "01_Nominal: fresh transaction each time", initiate_nist),
           XT_NAMED("SGP.23 4.3.1 ES9Plus InitiateAuthenticationBRP_01_Nominal: Brainpool",
                    initiate_brainpool),
           XT_NAMED(I "03_InvalidServerAddress: 8.8.1/3.8", initiate_address),
           XT_NAMED(I "04_UnsupportedPKID: no CI in common", initiate_ci),
           XT_NAMED(I "05_UnsupportedVersion: 8.8.3/3.1", initiate_old),
           XT_NAMED(I "07_Nominal_v221: served", initiate_v221),
           XT_NAMED(I "08_Nominal_v222: served", initiate_v222),
           XT_NAMED(I "09_Nominal_v230: served", initiate_v230),
           XT_NAMED(A "Error_01_InvalidEUMCert: 8.1.2/6.1", auth_eum_invalid),
           XT_NAMED(A "Error_02_ExpiredEUMCert: 8.1.2/6.3", auth_eum_expired),
           XT_NAMED(A "Error_03_InvalidEUICCCert: 8.1.3/6.1", auth_euicc_invalid),
           XT_NAMED(A "Error_04_ExpiredEUICCCert: 8.1.3/6.3", auth_euicc_expired),
           XT_NAMED(A "Error_07_UnknownCIKey: 8.11.1/3.9", auth_unknown_ci),
           XT_NAMED(A "Error_InvalidSignature: 8.1/6.1", auth_signature),
           XT_NAMED(A "Error_InvalidServerChallenge: 8.1/6.1", auth_challenge),
           XT_NAMED(A "Error_Mismatched_Transaction_ID: 8.10.1/3.9", auth_transaction),
           XT_NAMED(A "Error_UnknownTransactionId: 8.10.1/3.9", auth_unknown_transaction),
           XT_NAMED(A "Error_ProfileNotReleased: 8.2/1.2", auth_not_released),
           XT_NAMED(A "Error_12_InvalidMatchingID_ActivationCode: 8.2.6/3.8", auth_matching_id),
           XT_NAMED(A "Error_20_UnmatchedEID_ActivationCode: 8.1.1/3.8", auth_eid),
           XT_NAMED(A "Error_14_UnmatchedEID_DefaultDP: no order waits for it", auth_default_order),
           XT_NAMED(A "Error_15_NoEligibleProfile: 8.2.5/4.3", auth_eligible),
           XT_NAMED(A "Error_16_DownloadOrderExpired: 8.8.5/4.10", auth_expired),
           XT_NAMED(A "Error_17_MaxRetriesExceeded: 8.8.5/6.4", auth_attempts),
           XT_NAMED(A "insufficient memory: 8.1/4.8", auth_memory),
           XT_NAMED(G "01_Nominal: under session keys", package_nist),
           XT_NAMED(G "PPK_NoCC: under its own keys", package_ppk),
           XT_NAMED(G "PPK_WithCC: with a confirmation code", package_ppk_code),
           XT_NAMED(G "PPK_MetadataSplit: metadata in two TLVs", package_split),
           XT_NAMED("SGP.23 4.3.3 ES9Plus GetBoundProfilePackageBRP_01_Nominal: Brainpool",
                    package_brainpool),
           XT_NAMED(G "Error_InvalidSignature: 8.1/6.1", package_signature),
           XT_NAMED(G "Error_UnknownTransactionIdASN1: 8.10.1/3.9", package_transaction),
           XT_NAMED(G "Error_MissingConfirmationCode: 8.2.7/2.2", package_code_missing),
           XT_NAMED(G "Error_RefusedConfirmationCode: 8.2.7/3.8, then right", package_code_again),
           XT_NAMED(G "code retries exceeded: 8.2.7/6.4", package_code_exhausted),
           XT_NAMED(G "02_Retry_Same_Challenge: the same bytes again", package_same_again),
           XT_NAMED(G "Retry_01_SameOTPK_SENC_NoCC: kept", retry_1),
           XT_NAMED(G "Retry_02_SameOTPK_SENC_WithCC: kept", retry_2),
           XT_NAMED(G "Retry_03_SameOTPK_PPK_NoCC: kept", retry_3),
           XT_NAMED(G "Retry_04_SameOTPK_PPK_WithCC: kept", retry_4),
           XT_NAMED(G "Retry_05_NewOTPK_SENC_NoCC: bound anew", retry_5),
           XT_NAMED(G "Retry_06_NewOTPK_SENC_WithCC: bound anew", retry_6),
           XT_NAMED(G "Retry_07_NewOTPK_PPK_NoCC: bound anew", retry_7),
           XT_NAMED(G "Retry_08_NewOTPK_PPK_WithCC: bound anew", retry_8))
