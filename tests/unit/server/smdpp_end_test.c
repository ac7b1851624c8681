/* SPDX-License-Identifier: Apache-2.0 */
/* How a download ends (SGP.22 5.6.4, 5.6.5): the result of the installation, notifications that
 * come late or twice, and sessions that are cancelled. What follows for the order is in result.def
 * and cancel.def; here it is written down once more, as the specification's cases have it. */
#include "rsp_world.h"
#include "xt.h"

struct steps {
    struct rsp_world w;
    struct rsp_initiate_authentication_request initiate;
    struct rsp_initiate_authentication_response initiated;
    struct rsp_authenticate_client_request authenticate;
    struct rsp_authenticate_client_response authenticated;
    struct rsp_get_bound_profile_package_request prepare;
    struct rsp_get_bound_profile_package_response packaged;
};

enum until { UNTIL_AUTHENTICATED, UNTIL_PACKAGE };

static const struct download *order(const struct steps *s)
{
    return &s->w.orders[0].download;
}

static void begin(struct steps *s, enum ec_curve curve, enum until until)
{
    rsp_world_init(&s->w, curve);
    s->initiate = rsp_card_initiate(&s->w.card);
    s->initiated = rsp_world_initiate(&s->w, &s->initiate);
    s->authenticate = rsp_card_authenticate(&s->w.card, &s->initiated);
    s->authenticated = rsp_world_authenticate(&s->w, &s->authenticate);
    CHECK_STR(rsp_world_verdict(&s->authenticated.status), "ok");
    if (until == UNTIL_PACKAGE) {
        s->prepare = rsp_card_prepare(&s->w.card, &s->authenticated, NULL, CARD_NEW_OTPK);
        s->packaged = rsp_world_package(&s->w, &s->prepare);
        CHECK_STR(rsp_world_verdict(&s->packaged.status), "ok");
    }
    (void)rsp_world_told(&s->w);
}

static void notify(struct steps *s, struct rsp_handle_notification_request req)
{
    rsp_world_notify(&s->w, &req);
}

/* ---- HandleNotification ---- */

static void result(uint32_t reason, enum download_state state)
{
    struct steps s;

    begin(&s, EC_P256, UNTIL_PACKAGE);
    notify(&s, rsp_card_result(&s.w.card, WORLD_ICCID, reason));
    CHECK_INT(s.w.exception, SMDPP_NO_EXCEPTION);
    CHECK_INT(order(&s)->state, state);
    /* 3.1.3.1: what was cut off is taken up again with the same package */
    CHECK_INT(s.w.orders[0].has_binding, reason == RSP_REASON_INTERRUPTION);
    rsp_world_fini(&s.w);
}

#define RESULTS(ROW)                                                                               \
    ROW(INCORRECT_INPUT_VALUES, "IncorrectInputValues", ERROR)                                     \
    ROW(INVALID_SIGNATURE, "InvalidSignature", ERROR)                                              \
    ROW(INVALID_TRANSACTION_ID, "InvalidTransactionId", ERROR)                                     \
    ROW(UNSUPPORTED_CRT_VALUES, "UnsupportedCrtValues", ERROR)                                     \
    ROW(UNSUPPORTED_REMOTE_OPERATION, "UnsupportedRemoteOpType", ERROR)                            \
    ROW(UNSUPPORTED_PROFILE_CLASS, "UnsupportedProfileClass", ERROR)                               \
    ROW(BSP_STRUCTURE, "SCP03tStructureError", ERROR)                                              \
    ROW(BSP_SECURITY, "SCP03tSecurityError", ERROR)                                                \
    ROW(ICCID_ALREADY_EXISTS, "IccidAlreadyExists", ERROR)                                         \
    ROW(INSUFFICIENT_MEMORY, "InsufficientMemory", RELEASED)                                       \
    ROW(INTERRUPTION, "InstallInterruption", RELEASED)                                             \
    ROW(PE_PROCESSING, "PEProcessingError", ERROR)                                                 \
    ROW(DATA_MISMATCH, "DataMismatch", ERROR)                                                      \
    ROW(INVALID_NAA_KEY, "InvalidNaaKey", ERROR)                                                   \
    ROW(PPR_NOT_ALLOWED, "PPRNotAllowed", ERROR)                                                   \
    ROW(UNKNOWN, "UnknownError", RELEASED)

#define RESULT_TEST(reason, id, state)                                                             \
    TEST(result_##reason)                                                                          \
    {                                                                                              \
        result(RSP_REASON_##reason, DOWNLOAD_##state);                                             \
    }
RESULTS(RESULT_TEST)

/* The notification of a try that failed waited on the eUICC while the next one went on. */
TEST(failure_told_late)
{
    struct rsp_handle_notification_request before;
    struct steps s;

    begin(&s, EC_P256, UNTIL_PACKAGE);
    before = rsp_card_result(&s.w.card, WORLD_ICCID, RSP_REASON_INTERRUPTION);
    s.initiate = rsp_card_initiate(&s.w.card);
    s.initiated = rsp_world_initiate(&s.w, &s.initiate);
    s.authenticate = rsp_card_authenticate(&s.w.card, &s.initiated);
    s.authenticated = rsp_world_authenticate(&s.w, &s.authenticate);
    s.prepare = rsp_card_prepare(&s.w.card, &s.authenticated, NULL, CARD_SAME_OTPK);
    s.packaged = rsp_world_package(&s.w, &s.prepare);
    CHECK_STR(rsp_world_verdict(&s.packaged.status), "ok");
    (void)rsp_world_told(&s.w);
    notify(&s, before);
    CHECK_INT(order(&s)->state, DOWNLOAD_DOWNLOADED);
    CHECK(s.w.orders[0].has_binding);
    CHECK_STR(rsp_world_told(&s.w), "0:NOTE!8.1/4.2");
    notify(&s, rsp_card_result(&s.w.card, WORLD_ICCID, CARD_INSTALLED));
    CHECK_INT(order(&s)->state, DOWNLOAD_INSTALLED);
    rsp_world_fini(&s.w);
}

static void installed_and_repeated(enum ec_curve curve)
{
    struct rsp_handle_notification_request pir;
    struct steps s;

    begin(&s, curve, UNTIL_PACKAGE);
    pir = rsp_card_result(&s.w.card, WORLD_ICCID, CARD_INSTALLED);
    notify(&s, pir);
    CHECK_INT(order(&s)->state, DOWNLOAD_INSTALLED);
    CHECK(rsp_world_told(&s.w)[0] != '\0');
    notify(&s, pir); /* the answer was lost */
    CHECK_INT(order(&s)->state, DOWNLOAD_INSTALLED);
    CHECK_STR(rsp_world_told(&s.w), "");
    rsp_world_fini(&s.w);
}

TEST(installed)
{
    installed_and_repeated(EC_P256);
}

TEST(installed_brainpool)
{
    installed_and_repeated(EC_BRAINPOOL_P256R1);
}

TEST(other_notifications)
{
    struct steps s;

    begin(&s, EC_P256, UNTIL_PACKAGE);
    notify(&s, rsp_card_result(&s.w.card, WORLD_ICCID, CARD_INSTALLED));
    notify(&s, rsp_card_notify(&s.w.card, WORLD_ICCID, RSP_EVENT_ENABLE));
    CHECK_INT(order(&s)->state, DOWNLOAD_ENABLED);
    notify(&s, rsp_card_notify(&s.w.card, WORLD_ICCID, RSP_EVENT_DISABLE));
    CHECK_INT(order(&s)->state, DOWNLOAD_DISABLED);
    notify(&s, rsp_card_notify(&s.w.card, WORLD_ICCID, RSP_EVENT_DELETE));
    CHECK_INT(order(&s)->state, DOWNLOAD_DELETED);
    rsp_world_fini(&s.w);
}

/* A signature that is not the session's eUICC's: noted, nothing moves. */
TEST(forged_result)
{
    struct steps s;

    begin(&s, EC_P256, UNTIL_PACKAGE);
    s.w.card.fault = CARD_BAD_SIGNATURE;
    notify(&s, rsp_card_result(&s.w.card, WORLD_ICCID, CARD_INSTALLED));
    CHECK(s.w.exception != SMDPP_NO_EXCEPTION);
    CHECK_INT(order(&s)->state, DOWNLOAD_DOWNLOADED);
    CHECK_STR(rsp_world_told(&s.w), "");
    rsp_world_fini(&s.w);
}

/* ---- CancelSession ---- */

static void cancel(enum ec_curve curve, enum until until, uint32_t reason,
                   enum download_state state)
{
    struct rsp_es9p_cancel_session_response resp;
    struct rsp_es9p_cancel_session_request req;
    struct steps s;

    begin(&s, curve, until);
    req = rsp_card_cancel(&s.w.card, reason);
    resp = rsp_world_cancel(&s.w, &req);
    CHECK_STR(rsp_world_verdict(&resp.status), "ok");
    CHECK_INT(order(&s)->state, state);
    rsp_world_fini(&s.w);
}

#define CANCELS(ROW)                                                                               \
    ROW(END_USER_REJECTION, "Nominal", AUTHENTICATED, ERROR)                                       \
    ROW(POSTPONED, "Postponed", AUTHENTICATED, RELEASED)                                           \
    ROW(TIMEOUT, "Timeout", AUTHENTICATED, RELEASED)                                               \
    ROW(PPR_NOT_ALLOWED, "PPR_Not_Allowed", AUTHENTICATED, ERROR)                                  \
    ROW(UNDEFINED, "Undefined_Reason", AUTHENTICATED, ERROR)                                       \
    ROW(END_USER_REJECTION, "Nominal", PACKAGE, ERROR)                                             \
    ROW(POSTPONED, "Postponed", PACKAGE, DOWNLOADED)                                               \
    ROW(TIMEOUT, "Timeout", PACKAGE, DOWNLOADED)                                                   \
    ROW(PPR_NOT_ALLOWED, "PPR_Not_Allowed", PACKAGE, ERROR)                                        \
    ROW(METADATA_MISMATCH, "Metadata_Mismatch", PACKAGE, ERROR)                                    \
    ROW(LOAD_BPP_EXECUTION_ERROR, "Load_BPP_Error", PACKAGE, ERROR)                                \
    ROW(UNDEFINED, "Undefined_Reason", PACKAGE, ERROR)

#define CANCEL_TEST(reason, id, until, state)                                                      \
    TEST(cancel_##reason##_##until)                                                                \
    {                                                                                              \
        cancel(EC_P256, UNTIL_##until, RSP_CANCEL_##reason, DOWNLOAD_##state);                     \
    }
CANCELS(CANCEL_TEST)

TEST(cancel_brainpool_authenticated)
{
    cancel(EC_BRAINPOOL_P256R1, UNTIL_AUTHENTICATED, RSP_CANCEL_POSTPONED, DOWNLOAD_RELEASED);
}

TEST(cancel_brainpool_package)
{
    cancel(EC_BRAINPOOL_P256R1, UNTIL_PACKAGE, RSP_CANCEL_POSTPONED, DOWNLOAD_DOWNLOADED);
}

static void cancel_fault(enum until until, enum rsp_card_fault fault, const char *verdict)
{
    struct rsp_es9p_cancel_session_response resp;
    struct rsp_es9p_cancel_session_request req;
    enum download_state before;
    struct steps s;

    begin(&s, EC_P256, until);
    before = order(&s)->state;
    s.w.card.fault = fault;
    req = rsp_card_cancel(&s.w.card, RSP_CANCEL_END_USER_REJECTION);
    resp = rsp_world_cancel(&s.w, &req);
    CHECK_STR(rsp_world_verdict(&resp.status), verdict);
    CHECK_INT(order(&s)->state, before);
    rsp_world_fini(&s.w);
}

TEST(cancel_signature)
{
    cancel_fault(UNTIL_AUTHENTICATED, CARD_BAD_SIGNATURE, "8.1/6.1");
}
TEST(cancel_oid)
{
    cancel_fault(UNTIL_AUTHENTICATED, CARD_OTHER_OID, "8.8/3.10");
}
TEST(cancel_signature_package)
{
    cancel_fault(UNTIL_PACKAGE, CARD_BAD_SIGNATURE, "8.1/6.1");
}
TEST(cancel_oid_package)
{
    cancel_fault(UNTIL_PACKAGE, CARD_OTHER_OID, "8.8/3.10");
}

#define N "SGP.23 4.3.4 HandleNotificationNIST "
#define CA "SGP.23 4.3.5 CancelSession_After_AuthenticateClientNIST "
#define CG "SGP.23 4.3.5 CancelSession_After_GetBoundProfilePackageNIST "
#define IN_AUTHENTICATED CA
#define IN_PACKAGE CG
#define RESULT_CASE(reason, id, state)                                                             \
    XT_NAMED(N "Error_" id ": the order is " #state " then", result_##reason),
#define CANCEL_CASE(reason, id, until, state)                                                      \
    XT_NAMED(IN_##until id ": the order is " #state " then", cancel_##reason##_##until),

TESTS_MAIN(XT_NAMED(N "01_Nominal: told once, though sent twice", installed),
           XT_NAMED("SGP.23 4.3.4 ES9Plus HandleNotificationBRP: Brainpool", installed_brainpool),
           XT_NAMED(N "02_OtherSignedNotification: enabled, disabled, deleted",
                    other_notifications),
           XT_NAMED(N "failure told after the next try: noted, nothing moves", failure_told_late),
           XT_NAMED(N "forged result: noted, nothing moves", forged_result),
           RESULTS(RESULT_CASE) CANCELS(CANCEL_CASE)
               XT_NAMED("SGP.23 4.3.5 ES9Plus CancelSession_After_AuthenticateClientBRP: Brainpool",
                        cancel_brainpool_authenticated),
           XT_NAMED("SGP.23 4.3.5 ES9Plus CancelSession_After_GetBoundProfilePackageBRP: Brainpool",
                    cancel_brainpool_package),
           XT_NAMED(CA "Error_InvalidSignature: 8.1/6.1", cancel_signature),
           XT_NAMED(CA "Error_InvalidOID: 8.8/3.10", cancel_oid),
           XT_NAMED(CG "Error_InvalidSignature: 8.1/6.1", cancel_signature_package),
           XT_NAMED(CG "Error_InvalidOID: 8.8/3.10", cancel_oid_package))
