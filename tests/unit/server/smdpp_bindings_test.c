/* SPDX-License-Identifier: Apache-2.0 */
/* The two bindings of ES9+ (SGP.22 6.5, 6.6) around the same SM-DP+: every message of a download
 * goes through its encoding and comes out as it went in. */
#include "api/es9p/json.h"
#include "steps.h"

#define TEXT_MAX_LEN ((size_t)1 << 20)

enum mode { BY_ASN1, BY_JSON };

static struct rsp_es9p_request carry_request(struct steps *s, enum mode mode,
                                             const struct rsp_es9p_request *in)
{
    struct rsp_es9p_request out = {.function = RSP_FUNCTION_COUNT};
    struct rsp_status status = {0};
    struct buf wire;

    buf_init(&wire, TEXT_MAX_LEN);
    if (mode == BY_ASN1) {
        CHECK_OK(rsp_encode_es9p_request(in, &wire));
        CHECK_OK(rsp_decode_es9p_request(BYTES(arena_copy(&s->w.arena, buf_bytes(&wire)), wire.n),
                                         &s->w.arena, &out));
    } else {
        CHECK_OK(es9p_json_encode_request(in, &wire));
        CHECK_OK(
            es9p_json_decode_request(in->function, buf_bytes(&wire), &s->w.arena, &out, &status));
    }
    buf_fini(&wire);
    CHECK_INT(out.function, in->function);
    CHECK(rsp_succeeded(&status));
    return out;
}

static struct rsp_es9p_response carry_response(struct steps *s, enum mode mode,
                                               const struct rsp_es9p_response *in)
{
    struct rsp_es9p_response out = {.function = RSP_FUNCTION_COUNT};
    struct buf wire;

    buf_init(&wire, TEXT_MAX_LEN);
    if (mode == BY_ASN1) {
        CHECK_OK(rsp_encode_es9p_response(in, &wire));
        CHECK_OK(rsp_decode_es9p_response(BYTES(arena_copy(&s->w.arena, buf_bytes(&wire)), wire.n),
                                          &s->w.arena, &out));
    } else {
        CHECK_OK(es9p_json_encode_response(in, &wire));
        CHECK_OK(es9p_json_decode_response(in->function, buf_bytes(&wire), &s->w.arena, &out));
    }
    buf_fini(&wire);
    CHECK_INT(out.function, in->function);
    return out;
}

/* Both ways of carrying it say the same as it does. */
static void same_request(struct steps *s, const struct rsp_es9p_request *in)
{
    const struct rsp_es9p_request ways[] = {*in, carry_request(s, BY_ASN1, in),
                                            carry_request(s, BY_JSON, in)};
    struct buf text[ARRAY_LEN(ways)];

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        buf_init(&text[i], TEXT_MAX_LEN);
        CHECK_OK(es9p_json_encode_request(&ways[i], &text[i]));
        CHECK(bytes_eq(buf_bytes(&text[i]), buf_bytes(&text[0])));
    }
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        buf_fini(&text[i]);
}

static void same_response(struct steps *s, const struct rsp_es9p_response *in)
{
    const struct rsp_es9p_response ways[] = {*in, carry_response(s, BY_ASN1, in),
                                             carry_response(s, BY_JSON, in)};
    struct buf text[ARRAY_LEN(ways)];

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        buf_init(&text[i], TEXT_MAX_LEN);
        CHECK_OK(es9p_json_encode_response(&ways[i], &text[i]));
        CHECK(bytes_eq(buf_bytes(&text[i]), buf_bytes(&text[0])));
    }
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        buf_fini(&text[i]);
}

/* ---- a download, each message carried so ---- */

static void initiate_by(struct steps *s, enum mode mode)
{
    struct rsp_es9p_request req = {.function = RSP_INITIATE_AUTHENTICATION};
    struct rsp_es9p_response resp = {.function = RSP_INITIATE_AUTHENTICATION};

    req.initiate_authentication = rsp_card_initiate(&s->w.card);
    req = carry_request(s, mode, &req);
    resp.initiate_authentication = rsp_world_initiate(&s->w, &req.initiate_authentication);
    s->initiated = carry_response(s, mode, &resp).initiate_authentication;
}

static void authenticate_by(struct steps *s, enum mode mode)
{
    struct rsp_es9p_request req = {.function = RSP_AUTHENTICATE_CLIENT};
    struct rsp_es9p_response resp = {.function = RSP_AUTHENTICATE_CLIENT};

    initiate_by(s, mode);
    VERDICT(s->initiated.status, "ok");
    req.authenticate_client = rsp_card_authenticate(&s->w.card, &s->initiated);
    req = carry_request(s, mode, &req);
    resp.authenticate_client = rsp_world_authenticate(&s->w, &req.authenticate_client);
    s->authenticated = carry_response(s, mode, &resp).authenticate_client;
}

static void package_by(struct steps *s, enum mode mode)
{
    struct rsp_es9p_request req = {.function = RSP_GET_BOUND_PROFILE_PACKAGE};
    struct rsp_es9p_response resp = {.function = RSP_GET_BOUND_PROFILE_PACKAGE};

    authenticate_by(s, mode);
    VERDICT(s->authenticated.status, "ok");
    req.get_bound_profile_package =
        rsp_card_prepare(&s->w.card, &s->authenticated, NULL, CARD_NEW_OTPK);
    req = carry_request(s, mode, &req);
    resp.get_bound_profile_package = rsp_world_package(&s->w, &req.get_bound_profile_package);
    s->packaged = carry_response(s, mode, &resp).get_bound_profile_package;
}

TEST(initiate_asn1)
{
    struct steps s;

    begin(&s, EC_P256);
    initiate_by(&s, BY_ASN1);
    VERDICT(s.initiated.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(authenticate_asn1)
{
    struct steps s;

    begin(&s, EC_P256);
    authenticate_by(&s, BY_ASN1);
    VERDICT(s.authenticated.status, "ok");
    rsp_world_fini(&s.w);
}

TEST(package_asn1)
{
    struct rsp_card_package got;
    struct steps s;

    begin(&s, EC_P256);
    package_by(&s, BY_ASN1);
    VERDICT(s.packaged.status, "ok");
    CHECK(rsp_card_load(&s.w.card, s.packaged.bound_profile_package, &got));
    CHECK(bytes_eq(got.upp, s.w.upp));
    rsp_world_fini(&s.w);
}

TEST(notification_asn1)
{
    struct rsp_es9p_request req = {.function = RSP_HANDLE_NOTIFICATION};
    struct steps s;

    begin(&s, EC_P256);
    package_by(&s, BY_ASN1);
    req.handle_notification = rsp_card_result(&s.w.card, WORLD_ICCID, CARD_INSTALLED);
    req = carry_request(&s, BY_ASN1, &req);
    rsp_world_notify(&s.w, &req.handle_notification);
    CHECK_INT(s.w.exception, SMDPP_NO_EXCEPTION);
    CHECK_INT(s.order->download.state, DOWNLOAD_INSTALLED);
    rsp_world_fini(&s.w);
}

static struct rsp_es9p_cancel_session_response cancel_by(struct steps *s, enum mode mode,
                                                         struct bytes transaction)
{
    struct rsp_es9p_request req = {.function = RSP_CANCEL_SESSION};
    struct rsp_es9p_response resp = {.function = RSP_CANCEL_SESSION};

    req.cancel_session = rsp_card_cancel(&s->w.card, RSP_CANCEL_END_USER_REJECTION);
    if (transaction.p)
        req.cancel_session.transaction_id = transaction;
    req = carry_request(s, mode, &req);
    resp.cancel_session = rsp_world_cancel(&s->w, &req.cancel_session);
    return carry_response(s, mode, &resp).cancel_session;
}

TEST(cancel_asn1)
{
    struct rsp_es9p_cancel_session_response resp;
    struct steps s;

    begin(&s, EC_P256);
    authenticate_by(&s, BY_ASN1);
    resp = cancel_by(&s, BY_ASN1, BYTES_NONE);
    VERDICT(resp.status, "ok");
    CHECK_INT(s.order->download.state, DOWNLOAD_ERROR);
    rsp_world_fini(&s.w);
}

/* ---- refusals as error integers ---- */

static const uint8_t nobodys[16] = {0xFF, 1};

TEST(authenticate_mismatch_asn1)
{
    struct rsp_es9p_request req = {.function = RSP_AUTHENTICATE_CLIENT};
    struct rsp_es9p_response resp = {.function = RSP_AUTHENTICATE_CLIENT};
    struct steps s;

    begin(&s, EC_P256);
    initiate_by(&s, BY_ASN1);
    req.authenticate_client = rsp_card_authenticate(&s.w.card, &s.initiated);
    req.authenticate_client.transaction_id = BYTES_OF(nobodys);
    req = carry_request(&s, BY_ASN1, &req);
    resp.authenticate_client = rsp_world_authenticate(&s.w, &req.authenticate_client);
    resp = carry_response(&s, BY_ASN1, &resp);
    VERDICT(resp.authenticate_client.status, "8.10.1/3.9");
    CHECK_INT(s.order->download.state, DOWNLOAD_RELEASED);
    rsp_world_fini(&s.w);
}

static void cancel_unknown(bool after_package)
{
    struct rsp_es9p_cancel_session_response resp;
    enum download_state before;
    struct steps s;

    begin(&s, EC_P256);
    if (after_package)
        package_by(&s, BY_ASN1);
    else
        authenticate_by(&s, BY_ASN1);
    before = s.order->download.state;
    resp = cancel_by(&s, BY_ASN1, BYTES_OF(nobodys));
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

/* ---- JSON and ASN.1 side by side ---- */

static void compare_session(struct steps *s)
{
    struct rsp_es9p_request req = {.function = RSP_INITIATE_AUTHENTICATION};
    struct rsp_es9p_response resp = {.function = RSP_INITIATE_AUTHENTICATION};

    req.initiate_authentication = rsp_card_initiate(&s->w.card);
    same_request(s, &req);
    s->initiated = rsp_world_initiate(&s->w, &req.initiate_authentication);
    resp.initiate_authentication = s->initiated;
    same_response(s, &resp);

    req.function = resp.function = RSP_AUTHENTICATE_CLIENT;
    req.authenticate_client = rsp_card_authenticate(&s->w.card, &s->initiated);
    same_request(s, &req);
    s->authenticated = rsp_world_authenticate(&s->w, &req.authenticate_client);
    resp.authenticate_client = s->authenticated;
    same_response(s, &resp);

    req.function = resp.function = RSP_GET_BOUND_PROFILE_PACKAGE;
    req.get_bound_profile_package =
        rsp_card_prepare(&s->w.card, &s->authenticated, NULL, CARD_NEW_OTPK);
    same_request(s, &req);
    s->packaged = rsp_world_package(&s->w, &req.get_bound_profile_package);
    resp.get_bound_profile_package = s->packaged;
    same_response(s, &resp);
}

TEST(mode_comparison)
{
    struct rsp_es9p_request req = {.function = RSP_HANDLE_NOTIFICATION};
    struct rsp_es9p_response resp = {.function = RSP_CANCEL_SESSION};
    struct steps s;

    begin(&s, EC_P256);
    compare_session(&s);
    VERDICT(s.packaged.status, "ok");
    req.handle_notification = rsp_card_result(&s.w.card, WORLD_ICCID, RSP_REASON_UNKNOWN);
    same_request(&s, &req);
    req.handle_notification = rsp_card_notify(&s.w.card, WORLD_ICCID, RSP_EVENT_ENABLE);
    same_request(&s, &req);
    req.function = RSP_CANCEL_SESSION;
    req.cancel_session = rsp_card_cancel(&s.w.card, RSP_CANCEL_POSTPONED);
    same_request(&s, &req);
    resp.cancel_session = rsp_world_cancel(&s.w, &req.cancel_session);
    VERDICT(resp.cancel_session.status, "ok");
    same_response(&s, &resp);
    rsp_world_fini(&s.w);
}

#define ES9P "SGP.23 4.3 ES9Plus "
#define CANCEL "SGP.23 4.3.5 CancelSession_After_"

TESTS_MAIN(XT_NAMED(ES9P "InitiateAuthenticationASN1_01_Nominal: served", initiate_asn1),
           XT_NAMED(ES9P "AuthenticateClientASN1_01_Nominal: served", authenticate_asn1),
           XT_NAMED(ES9P "GetBoundProfilePackageASN1_01_Nominal: served", package_asn1),
           XT_NAMED(ES9P "HandleNotificationASN1_01_Nominal: taken", notification_asn1),
           XT_NAMED(ES9P "CancelSession_After_AuthenticateClientASN1_01_Nominal: cancelled",
                    cancel_asn1),
           XT_NAMED("SGP.23 4.3.2 AuthenticateClientNIST Error_TransactionIdMismatchASN1: "
                    "8.10.1/3.9",
                    authenticate_mismatch_asn1),
           XT_NAMED(CANCEL "AuthenticateClientNIST Error_UnknownTransactionIdASN1: 8.10.1/3.9",
                    cancel_unknown_early),
           XT_NAMED(CANCEL "GetBoundProfilePackageNIST Error_UnknownTransactionIdASN1: 8.10.1/3.9",
                    cancel_unknown_late),
           XT_NAMED("SGP.23 Flow ES9_Mode_Comparison: JSON and ASN.1 say the same",
                    mode_comparison))
