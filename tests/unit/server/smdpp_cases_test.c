/* SPDX-License-Identifier: Apache-2.0 */
/* How an order is found and taken up (SGP.22 5.6.3): by activation code, default address or SM-DS,
 * for one eUICC or any, with what a newer eUICC says besides; and what is tried once more. */
#include "base/tlv.h"
#include "codec/der/der.h"
#include "crypto/ecdsa.h"
#include "steps.h"

#define OTHER_ICCID "8949449999999990031"
#define OTHER_EID "89049032000000000000000000000000"
#define SMDS "testrootsmds.example.com"

/* ---- which order ---- */

/* What an operator has ordered, and what the LPA sends. */
struct way {
    const char *name;
    const char *ordered_id; /* of the order */
    const char *sent_id;    /* by the card; NULL: the member is left out */
    bool for_eid, by_smds;
    const char *code;
};

static void place_order(struct steps *s, const struct way *way)
{
    struct download *d = &s->order->download;

    snprintf(d->matching_id, sizeof d->matching_id, "%s", way->ordered_id);
    if (way->for_eid) {
        snprintf(d->eid, sizeof d->eid, "%s", RSP_EID);
        d->eid_ordered = true;
    }
    if (way->by_smds) {
        snprintf(d->smds_address, sizeof d->smds_address, "%s", SMDS);
        d->smds = DOWNLOAD_SMDS_REGISTERED;
    }
    if (way->code)
        rsp_world_code(s->order, way->code, 3);
    s->w.card.matching_id = way->sent_id;
}

static void served(const struct way *way)
{
    struct rsp_card_package got;
    struct steps s;

    begin(&s, EC_P256);
    place_order(&s, way);
    package(&s, way->code);
    VERDICT(s.authenticated.status, "ok");
    CHECK_INT(s.w.card.cc_required, way->code != NULL);
    CHECK_STR(s.order->download.eid, RSP_EID); /* bound now, if it was not before */
    VERDICT(s.packaged.status, "ok");
    CHECK(rsp_card_load(&s.w.card, s.packaged.bound_profile_package, &got));
    CHECK(bytes_eq(got.upp, s.w.upp));
    rsp_world_fini(&s.w);
}

#define ID "AC-TOKEN-1"
/* case, id of the order, id sent, for this EID, by SM-DS, confirmation code */
#define WAYS(ROW)                                                                                  \
    ROW(01_Nominal, ID, ID, false, false, NULL)                                                    \
    ROW(02_ConfirmationCode, ID, ID, false, false, WORLD_CODE)                                     \
    ROW(05_SMDS_NoMatchingID, "", "", true, true, NULL)                                            \
    ROW(06_SMDS_WithMatchingID, ID, ID, true, true, NULL)                                          \
    ROW(08_ActivationCode_NoCC, ID, ID, true, false, NULL)                                         \
    ROW(09_ActivationCode_WithCC, ID, ID, true, false, WORLD_CODE)                                 \
    ROW(11_ActivationCode_NotAssociated_NoCC, ID, ID, false, false, NULL)                          \
    ROW(12_ActivationCode_NotAssociated_WithCC, ID, ID, false, false, WORLD_CODE)                  \
    ROW(14_DefaultDP_MatchingIdOmitted, "", NULL, true, false, NULL)                               \
    ROW(15_SMDS_MatchingIdOmitted, ID, NULL, true, true, NULL)                                     \
    ROW(16_SMDS_MatchingIdEmpty, ID, "", true, true, WORLD_CODE)                                   \
    ROW(17_ActivationCode_MatchingIdOmitted, "", NULL, true, false, WORLD_CODE)                    \
    ROW(18_ActivationCode_MatchingIdEmpty, "", "", true, false, NULL)

#define WAY_TEST(id, ordered, sent, for_eid, by_smds, code)                                        \
    TEST(way_##id)                                                                                 \
    {                                                                                              \
        served(&(const struct way){#id, ordered, sent, for_eid, by_smds, code});                   \
    }
WAYS(WAY_TEST)

/* Refused, and the order is as it was: nothing used, nobody bound. */
static void refused(struct steps *s, const char *verdict)
{
    const struct download before = s->order->download;

    authenticate(s);
    VERDICT(s->authenticated.status, verdict);
    CHECK_INT(s->order->download.attempts_left, before.attempts_left);
    CHECK_STR(s->order->download.eid, before.eid);
    CHECK_INT(s->order->download.state, before.state);
}

static void refused_way(const struct way *way, const char *eid, const char *verdict)
{
    struct steps s;

    begin(&s, EC_P256);
    place_order(&s, way);
    if (eid)
        snprintf(s.order->download.eid, sizeof s.order->download.eid, "%s", eid);
    refused(&s, verdict);
    rsp_world_fini(&s.w);
}

TEST(other_event_id)
{
    refused_way(&(const struct way){"", ID, "NO-SUCH-EVENT", true, true, NULL}, NULL, "8.2.6/3.8");
}

TEST(event_of_another_eid)
{
    refused_way(&(const struct way){"", ID, ID, true, true, NULL}, OTHER_EID, "8.1.1/3.8");
}

TEST(other_code_of_nobodys_order)
{
    refused_way(&(const struct way){"", ID, "NO-SUCH-ORDER", false, false, NULL}, NULL,
                "8.2.6/3.8");
}

/* The matching ID of an order that another address serves */
TEST(order_of_another_address)
{
    struct steps s;

    begin(&s, EC_P256);
    snprintf(s.order->download.smdp_address, sizeof s.order->download.smdp_address, "%s",
             RSP_DP2_HOST);
    refused(&s, "8.2.6/3.8");
    rsp_world_fini(&s.w);
}

/* Nothing of the first try stands in the way of the second. */
TEST(second_attempt)
{
    struct steps s;

    begin(&s, EC_P256);
    s.w.card.matching_id = "NO-SUCH-ORDER";
    refused(&s, "8.2.6/3.8");
    s.w.card.matching_id = WORLD_MATCHING_ID;
    package(&s, NULL);
    VERDICT(s.packaged.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(authenticate_brainpool)
{
    struct steps s;

    begin(&s, EC_BRAINPOOL_P256R1);
    authenticate(&s);
    VERDICT(s.authenticated.status, "ok");
    rsp_world_fini(&s.w);
}

/* ---- what a newer eUICC says besides ---- */

/* The TLV with `extra` behind the last member of the one that path leads to. */
static void put_grown(struct buf *out, struct bytes tlv, const uint32_t *path, size_t depth,
                      struct bytes extra)
{
    struct cur c = cur_of(tlv);
    struct tlv outer;
    struct der members;
    size_t at;

    REQUIRE(tlv_next(&c, &outer) == XK_OK);
    at = der_begin(out, outer.tag);
    members = der_of(outer.value);
    while (der_more(&members)) {
        uint32_t tag = der_peek(&members);
        struct bytes member = der_take_raw(&members, tag);

        if (depth > 0 && tag == path[0])
            put_grown(out, member, path + 1, depth - 1, extra);
        else
            buf_put_bytes(out, member);
    }
    if (depth == 0)
        buf_put_bytes(out, extra);
    der_close(out, at);
}

/* euiccSigned1 says more than it did, and is signed so. */
static struct rsp_authenticate_client_request said_more(struct steps *s, const uint32_t *path,
                                                        size_t depth, struct bytes extra)
{
    static uint8_t signed1[4096], whole[8192], tlv[RSP_SIGNATURE_TLV_LEN];
    uint8_t signature[ECDSA_LEN];
    struct rsp_authenticate_server_response r;
    struct buf b;

    CHECK_OK(
        rsp_decode_authenticate_server_response(s->authenticate.authenticate_server_response, &r));
    buf_init_fixed(&b, signed1, sizeof signed1);
    put_grown(&b, r.euicc_signed1.raw, path, depth, extra);
    r.euicc_signed1.raw = buf_bytes(&b);
    CHECK_OK(ecdsa_sign(s->w.card.cert.key, &r.euicc_signed1.raw, 1, signature));
    rsp_signature_tlv(signature, tlv);
    r.euicc_signature1 = BYTES_OF(tlv);
    buf_init_fixed(&b, whole, sizeof whole);
    CHECK_OK(rsp_encode_authenticate_server_response(&r, &b));
    return (struct rsp_authenticate_client_request){.transaction_id =
                                                        s->authenticate.transaction_id,
                                                    .authenticate_server_response = buf_bytes(&b)};
}

static void extended(const uint32_t *path, size_t depth)
{
    static const uint8_t unknown[] = {0x9F, 0x7F, 0x03, 0x01, 0x02, 0x03};
    struct rsp_authenticate_client_request req;
    struct steps s;

    begin(&s, EC_P256);
    initiate(&s);
    s.authenticate = rsp_card_authenticate(&s.w.card, &s.initiated);
    req = said_more(&s, path, depth, BYTES_OF(unknown));
    s.authenticated = rsp_world_authenticate(&s.w, &req);
    VERDICT(s.authenticated.status, "ok");
    rsp_world_fini(&s.w);
}

/* More bits than are known today */
TEST(extended_uicc_capability)
{
    struct steps s;

    begin(&s, EC_P256);
    s.w.card.info2.uicc_capability |= UINT64_C(1) << 39;
    authenticate(&s);
    VERDICT(s.authenticated.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(extended_device_info)
{
    static const uint32_t path[] = {0xA0, 0xA1};

    extended(path, ARRAY_LEN(path));
}

TEST(extended_euicc_info2)
{
    static const uint32_t path[] = {0xBF22};

    extended(path, ARRAY_LEN(path));
}

/* ---- once more ---- */

/* A lost package: the next session gets the very same one, under another challenge. */
TEST(another_challenge)
{
    static uint8_t first[65536];
    struct steps s;
    size_t n;

    begin(&s, EC_P256);
    package(&s, NULL);
    n = s.packaged.bound_profile_package.n;
    REQUIRE(n > 0 && n <= sizeof first);
    memcpy(first, s.packaged.bound_profile_package.p, n);
    authenticate(&s);
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, NULL, CARD_SAME_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "ok");
    CHECK_INT(s.packaged.bound_profile_package.n, n);
    /* all but the transaction and what is signed over it: the segments of the profile at the end */
    CHECK(s.packaged.bound_profile_package.n == n &&
          memcmp(s.packaged.bound_profile_package.p + n / 2, first + n / 2, n - n / 2) == 0);
    rsp_world_fini(&s.w);
}

/* The eUICC is offered the one-time key of its lost package. */
TEST(key_offered_again)
{
    uint8_t otpk[EC_POINT_LEN];
    struct steps s;

    begin(&s, EC_P256);
    package(&s, NULL);
    CHECK(!DER_PRESENT(s.w.card.offered_otpk));
    memcpy(otpk, s.w.card.otsk.point, sizeof otpk);
    authenticate(&s);
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, NULL, CARD_SAME_OTPK);
    CHECK(bytes_eq(s.w.card.offered_otpk, BYTES_OF(otpk)));
    rsp_world_fini(&s.w);
}

/* The eUICC says that it could not prepare; the order waits for the next try. */
TEST(preparation_failed)
{
    struct steps s;

    begin(&s, EC_P256);
    authenticate(&s);
    s.w.card.fault = CARD_REFUSES;
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, NULL, CARD_NEW_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "8.1/4.2");
    CHECK(!s.order->has_binding);
    s.w.card.fault = CARD_RIGHT;
    package(&s, NULL);
    VERDICT(s.packaged.status, "ok");
    rsp_world_fini(&s.w);
}

/* A wrong code in one session, the right one in the next: one try is used. */
TEST(code_in_another_session)
{
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_code(s.order, WORLD_CODE, 3);
    package(&s, "wrong");
    VERDICT(s.packaged.status, "8.2.7/3.8");
    package(&s, WORLD_CODE);
    VERDICT(s.packaged.status, "ok");
    CHECK_INT(s.order->download.code_tries_left, 2);
    rsp_world_fini(&s.w);
}

/* Another one-time key than that of the lost package, at an SM-DP+ that does not bind anew: refused
 * with the package kept, which the first key still gets. */
static void another_key(enum world_protection protection, const char *code)
{
    struct smdpp_config config = {.auth.role = AUTH_SMDPP};
    struct ecdh_key kept;
    struct steps s;

    begin(&s, EC_P256);
    rsp_world_config(&s.w, &config);
    config.rebind = SMDPP_REFUSE_REBIND;
    rsp_world_restart(&s.w, &config);
    s.order = rsp_world_order(&s.w, OTHER_ICCID, "AC-TOKEN-2", protection);
    s.w.card.matching_id = "AC-TOKEN-2";
    if (code)
        rsp_world_code(s.order, code, 3);
    package(&s, code);
    VERDICT(s.packaged.status, "ok");
    kept = s.w.card.otsk;
    package(&s, code); /* with a new key */
    VERDICT(s.packaged.status, "8.2/3.7");
    CHECK(s.order->has_binding);
    CHECK_INT(s.order->download.state, DOWNLOAD_DOWNLOADED);
    s.w.card.otsk = kept;
    authenticate(&s);
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, code, CARD_SAME_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(another_key_1)
{
    another_key(WORLD_SESSION_KEYS, NULL);
}
TEST(another_key_2)
{
    another_key(WORLD_SESSION_KEYS, WORLD_CODE);
}
TEST(another_key_3)
{
    another_key(WORLD_RANDOM_KEYS, NULL);
}
TEST(another_key_4)
{
    another_key(WORLD_RANDOM_KEYS, WORLD_CODE);
}

/* ---- transactions ---- */

TEST(unique)
{
    struct bytes seen[32], challenge[32];
    struct rsp_server_signed1 signed1;
    struct steps s;

    begin(&s, EC_P256);
    for (size_t i = 0; i < WORLD_SESSIONS; i++) {
        initiate(&s);
        VERDICT(s.initiated.status, "ok");
        REQUIRE(rsp_decode_server_signed1(s.initiated.server_signed1, &signed1) == XK_OK);
        seen[i] =
            BYTES(arena_copy(&s.w.arena, s.initiated.transaction_id), s.initiated.transaction_id.n);
        challenge[i] =
            BYTES(arena_copy(&s.w.arena, signed1.server_challenge), signed1.server_challenge.n);
        for (size_t k = 0; k < i; k++) {
            CHECK(!bytes_eq(seen[i], seen[k]));
            CHECK(!bytes_eq(challenge[i], challenge[k]));
        }
    }
    rsp_world_fini(&s.w);
}

/* We trust the eUICC's CI, but have no certificate under it. */
TEST(no_certificate_under_its_ci)
{
    struct rsp_pki *other = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct steps s;

    begin(&s, EC_P256);
    CHECK_OK(x509_store_add_ci(s.w.store, rsp_pki_cert(other, RSP_CI).der));
    rsp_card_init(&s.w.card, other, RSP_EID, &s.w.arena);
    initiate(&s);
    VERDICT(s.initiated.status, "8.8.4/3.7");
    rsp_world_fini(&s.w);
    rsp_pki_free(other);
}

static const uint8_t nobodys[16] = {0xFF, 1};

TEST(package_of_an_unknown_transaction)
{
    struct steps s;

    begin(&s, EC_P256);
    prepare(&s, NULL);
    s.prepare.transaction_id = BYTES_OF(nobodys);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    VERDICT(s.packaged.status, "8.10.1/3.9");
    CHECK(!s.order->has_binding);
    rsp_world_fini(&s.w);
}

/* Outside another one than in what the eUICC signed */
static void cancel_unknown(bool after_package)
{
    struct rsp_es9p_cancel_session_request req;
    struct rsp_es9p_cancel_session_response resp;
    enum download_state before;
    struct steps s;

    begin(&s, EC_P256);
    if (after_package)
        package(&s, NULL);
    else
        authenticate(&s);
    before = s.order->download.state;
    req = rsp_card_cancel(&s.w.card, RSP_CANCEL_END_USER_REJECTION);
    req.transaction_id = BYTES_OF(nobodys);
    resp = rsp_world_cancel(&s.w, &req);
    VERDICT(resp.status, "8.10.1/3.9");
    CHECK_INT(s.order->download.state, before);
    rsp_world_fini(&s.w);
}

TEST(cancel_unknown_early)
{
    cancel_unknown(false);
}

TEST(cancel_unknown_late)
{
    cancel_unknown(true);
}

#define A "SGP.23 4.3.2 AuthenticateClientNIST "
#define G "SGP.23 4.3.3 GetBoundProfilePackageNIST "
#define I "SGP.23 4.3.1 InitiateAuthenticationNIST "
#define WAY_CASE(id, ...) XT_NAMED(A #id ": served", way_##id),

int main(void)
{
    static const struct xt_case cases[] = {
        WAYS(WAY_CASE) XT_NAMED(A "Error_13_InvalidMatchingID_SMDS: 8.2.6/3.8", other_event_id),
        XT_NAMED(A "Error_19_UnmatchedEID_SMDS: 8.1.1/3.8", event_of_another_eid),
        XT_NAMED(A "Error_21_InvalidMatchingID_NotAssociatedEID: 8.2.6/3.8",
                 other_code_of_nobodys_order),
        XT_NAMED(A "Error_UnmatchedMatchingID: 8.2.6/3.8", order_of_another_address),
        XT_NAMED(A "03_SecondAttempt_AfterInvalidMatchingID: served", second_attempt),
        XT_NAMED(A "19_Extended_UICC_Capability: served", extended_uicc_capability),
        XT_NAMED(A "20_Extended_DeviceInfo: served", extended_device_info),
        XT_NAMED(A "21_Extended_eUICCInfo2: served", extended_euicc_info2),
        XT_NAMED("SGP.23 4.3.2 ES9Plus AuthenticateClientBRP_01_Nominal: Brainpool",
                 authenticate_brainpool),
        XT_NAMED(G "03_Retry_Different_Challenge: the same package", another_challenge),
        XT_NAMED("SGP.23 4.3.2 ES9Plus AuthenticateClient_RetryCases_Reuse_OTPK: offered",
                 key_offered_again),
        XT_NAMED(G "04_Preparation_Error: 8.1/4.2", preparation_failed),
        XT_NAMED(G "Retry_09_ConfirmationCode: wrong, then right", code_in_another_session),
        XT_NAMED(G "Retry_10_DiffOTPK_SENC_NoCC: 8.2/3.7", another_key_1),
        XT_NAMED(G "Retry_11_DiffOTPK_SENC_WithCC: 8.2/3.7", another_key_2),
        XT_NAMED(G "Retry_12_DiffOTPK_PPK_NoCC: 8.2/3.7", another_key_3),
        XT_NAMED(G "Retry_13_DiffOTPK_PPK_WithCC: 8.2/3.7", another_key_4),
        XT_NAMED(I "02_Uniqueness: transactions and challenges", unique),
        XT_NAMED(I "06_UnavailableServerAuthCert: 8.8.4/3.7", no_certificate_under_its_ci),
        XT_NAMED(G "Error_UnknownTransactionIdJSON: 8.10.1/3.9", package_of_an_unknown_transaction),
        XT_NAMED("SGP.23 4.3.5 CancelSession_After_AuthenticateClientNIST "
                 "Error_UnknownTransactionIdJSON: 8.10.1/3.9",
                 cancel_unknown_early),
        XT_NAMED("SGP.23 4.3.5 CancelSession_After_GetBoundProfilePackageNIST "
                 "Error_UnknownTransactionIdJSON: 8.10.1/3.9",
                 cancel_unknown_late),
    };

    return xt_run(cases, ARRAY_LEN(cases));
}
