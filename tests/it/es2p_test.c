/* SPDX-License-Identifier: Apache-2.0 */
/* ES2+ as an operator's system asks it: the cases of SGP.23 for ES2+, malformed requests, repeats,
 * and what operators are told. */
#include "api/es2p/es2p.h"
#include "crypto/hash.h"
#include "rsp_place.h"
#include "xt.h"

#define CERTIFICATE "a certificate"
#define DOWNLOAD "downloadOrder"
#define CONFIRM "confirmOrder"
#define CANCEL "cancelOrder"
#define RELEASE "releaseProfile"

static const struct es2p api = {.smdp_address = "default.example"};
static struct place place;
static unsigned calls;

struct answer {
    unsigned status;
    int64_t waits_for;
    char json[2048];
};

static void open_site(void)
{
    uint8_t fingerprint[32];

    place_open(&place, &backend_memory);
    CHECK_OK(hash_digest(HASH_SHA256, BYTES_STR(CERTIFICATE), fingerprint));
    CHECK_OK(operator_add_certificate(place.store, "op", fingerprint, 1));
}

static struct answer ask_raw(const char *path, const char *json, const char *certificate)
{
    struct answer a = {0};
    struct buf body;
    struct es2p_reply reply = {.body = &body};
    const struct es2p_call call = {.c = &place.c,
                                   .method = "POST",
                                   .path = path,
                                   .content_type = "application/json;charset=UTF-8",
                                   .body = bytes_cstr(json),
                                   .certificate = bytes_cstr(certificate),
                                   .peer = "192.0.2.1"};

    buf_init(&body, 65536);
    CHECK_OK(es2p_handle(&api, &call, &reply));
    a.status = reply.status;
    a.waits_for = reply.waits_for;
    snprintf(a.json, sizeof a.json, "%s", buf_cstr(&body));
    buf_fini(&body);
    return a;
}

/* members: what follows the header, with its comma. */
static struct answer ask_as(const char *id, const char *function, const char *members)
{
    char path[64], json[1024];

    snprintf(path, sizeof path, ES2P_PATH "%s", function);
    snprintf(json, sizeof json,
             "{\"header\":{\"functionRequesterIdentifier\":\"2.999.1\","
             "\"functionCallIdentifier\":\"%s\"}%s}",
             id, members);
    return ask_raw(path, json, CERTIFICATE);
}

static struct answer ask(const char *function, const char *members)
{
    char id[32];

    snprintf(id, sizeof id, "call-%u", ++calls);
    return ask_as(id, function, members);
}

static bool has(const struct answer *a, const char *text)
{
    return strstr(a->json, text) != NULL;
}

static void check_ok(struct answer a, const char *rest)
{
    CHECK_INT(a.status, 200);
    if (!has(&a, "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}") ||
        !has(&a, rest))
        CHECK_STR(a.json, rest);
}

static void check_failed(struct answer a, const char *subject, const char *reason)
{
    char codes[128];

    snprintf(codes, sizeof codes,
             "\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":\"%s\","
             "\"reasonCode\":\"%s\"",
             subject, reason);
    CHECK_INT(a.status, 200);
    if (!has(&a, codes))
        CHECK_STR(a.json, codes);
}

static void order_a(const char *rest)
{
    char members[256];

    snprintf(members, sizeof members, ",\"iccid\":\"" ICCID_A "\"%s", rest);
    check_ok(ask(DOWNLOAD, members), ",\"iccid\":\"" ICCID_A "\"}");
}

/* ---- DownloadOrder --------------------------------------------------------------------------- */

TEST(download_order_iccid)
{
    open_site();
    order_a("");
    place_close(&place);
}

TEST(download_order_profile_type)
{
    open_site();
    check_ok(ask(DOWNLOAD, ",\"eid\":\"" EID_A "\",\"profileType\":\"gold\""),
             ",\"iccid\":\"" ICCID_A "\"}");
    place_close(&place);
}

TEST(download_order_in_use)
{
    open_site();
    order_a(",\"eid\":\"" EID_A "\"");
    check_failed(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_A "\""), "8.2.1", "3.3");
    order_a(",\"eid\":\"" EID_A "\""); /* the same order once more */
    place_close(&place);
}

TEST(download_order_unknown)
{
    open_site();
    check_failed(ask(DOWNLOAD, ",\"iccid\":\"8900000000000099999\""), "8.2.1", "3.9");
    check_failed(ask(DOWNLOAD, ",\"profileType\":\"bronze\""), "8.2.5", "3.9");
    place_close(&place);
}

TEST(download_order_filled_iccid)
{
    open_site();
    check_ok(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_A "F\""), ICCID_A "\"}");
    place_close(&place);
}

/* ---- ConfirmOrder ---------------------------------------------------------------------------- */

TEST(confirm_order)
{
    struct answer a;

    open_site();
    order_a("");
    a = ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"releaseFlag\":true");
    check_ok(a, ",\"matchingId\":\"");
    CHECK(has(&a, ",\"smdpAddress\":\"smdp.example\"}"));
    CHECK(!has(&a, "\"eid\""));
    place_close(&place);
}

TEST(confirm_order_unknown)
{
    open_site();
    check_failed(ask(CONFIRM, ",\"iccid\":\"8900000000000099999\",\"releaseFlag\":true"), "8.2.1",
                 "3.9");
    place_close(&place);
}

TEST(confirm_order_available)
{
    open_site();
    check_failed(ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"releaseFlag\":true"), "8.2.1", "3.10");
    place_close(&place);
}

TEST(confirm_order_conflicting_matching_id)
{
    const char *members = ",\"iccid\":\"" ICCID_B
                          "\",\"matchingId\":\"MATCHING_ID_CONFLICT_TEST\",\"releaseFlag\":true";

    open_site();
    order_a("");
    check_ok(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_B "\""), ICCID_B);
    check_ok(ask(CONFIRM, ",\"iccid\":\"" ICCID_A
                          "\",\"matchingId\":\"MATCHING_ID_CONFLICT_TEST\",\"releaseFlag\":true"),
             ",\"matchingId\":\"MATCHING_ID_CONFLICT_TEST\"");
    check_failed(ask(CONFIRM, members), "8.2.6", "3.3");
    place_close(&place);
}

static char finished[1024];

static void finish(int64_t waits_for, enum download_smds_answer answer)
{
    struct buf body;

    buf_init_fixed(&body, finished, sizeof finished);
    CHECK_OK(es2p_finish(&api, &place.c, waits_for, ICCID_A, answer, &body));
    buf_cstr(&body);
}

#define WITH_SMDS                                                                                  \
    ",\"iccid\":\"" ICCID_A "\",\"eid\":\"" EID_A                                                  \
    "\",\"smdsAddress\":\"invalid.smds.address\",\"releaseFlag\":true"

TEST(confirm_order_incorrect_smds_address)
{
    struct answer a, again;

    open_site();
    order_a("");
    a = ask_as("with-smds", CONFIRM, WITH_SMDS);
    CHECK(a.waits_for != 0);
    CHECK_STR(a.json, "");
    again = ask_as("with-smds", CONFIRM, WITH_SMDS); /* while it waits */
    CHECK_INT(again.waits_for, a.waits_for);
    finish(a.waits_for, DOWNLOAD_SMDS_UNREACHABLE);
    CHECK(strstr(finished, "\"subjectCode\":\"8.9\",\"reasonCode\":\"5.1\"") != NULL);
    check_failed(ask_as("with-smds", CONFIRM, WITH_SMDS), "8.9", "5.1"); /* after it */
    CHECK_STR(place.said.first->address, "https://invalid.smds.address/register");
    place_close(&place);
}

TEST(confirm_order_by_sm_ds)
{
    struct answer a;

    open_site();
    order_a("");
    a = ask_as("ds", CONFIRM, WITH_SMDS);
    finish(a.waits_for, DOWNLOAD_SMDS_OK);
    CHECK(strstr(finished, "Executed-Success") != NULL);
    CHECK(strstr(finished, "\"eid\":\"" EID_A "\",\"matchingId\":\"") != NULL);
    a = ask_as("ds", CONFIRM, WITH_SMDS);
    CHECK_STR(a.json, finished);
    CHECK_INT(a.waits_for, 0);
    finish(77, DOWNLOAD_SMDS_OK); /* a repeat from a crash between say and note */
    CHECK(strstr(finished, "Failed") != NULL);
    a = ask_as("ds", CONFIRM, WITH_SMDS);
    check_ok(a, "matchingId");
    place_close(&place);
}

TEST(confirm_order_missing_eid)
{
    open_site();
    order_a("");
    check_failed(
        ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"matchingId\":\"\",\"releaseFlag\":true"),
        "8.1.1", "2.2");
    check_failed(ask(CONFIRM, ",\"iccid\":\"" ICCID_A
                              "\",\"smdsAddress\":\"smds.example\",\"releaseFlag\":true"),
                 "8.1.1", "2.2");
    place_close(&place);
}

TEST(confirm_order_different_eid)
{
    open_site();
    order_a(",\"eid\":\"" EID_A "\"");
    check_failed(
        ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"eid\":\"" EID_B "\",\"releaseFlag\":true"),
        "8.1.1", "3.10");
    place_close(&place);
}

/* ---- CancelOrder, ReleaseProfile ------------------------------------------------------------- */

TEST(cancel_order)
{
    open_site();
    order_a(",\"eid\":\"" EID_A "\"");
    check_ok(ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"matchingId\":\"M\",\"releaseFlag\":true"),
             "");
    check_ok(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\",\"eid\":\"" EID_A
                         "\",\"matchingId\":\"M\",\"finalProfileStatusIndicator\":\"Available\""),
             "}}}");
    order_a(""); /* it can be ordered again */
    check_ok(
        ask(CANCEL, ",\"iccid\":\"" ICCID_A "\",\"finalProfileStatusIndicator\":\"Unavailable\""),
        "");
    check_failed(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_A "\""), "8.2.1", "3.3");
    place_close(&place);
}

#define TO_AVAILABLE ",\"finalProfileStatusIndicator\":\"Available\""

TEST(cancel_order_unknown)
{
    open_site();
    check_failed(ask(CANCEL, ",\"iccid\":\"8900000000000099999\"" TO_AVAILABLE), "8.2.1", "3.9");
    place_close(&place);
}

TEST(cancel_order_missing_eid)
{
    open_site();
    order_a(",\"eid\":\"" EID_A "\"");
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\"" TO_AVAILABLE), "8.1.1", "2.2");
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\",\"eid\":\"" EID_B "\"" TO_AVAILABLE),
                 "8.1.1", "3.10");
    place_close(&place);
}

TEST(cancel_order_incorrect_matching_id)
{
    open_site();
    order_a(",\"eid\":\"" EID_A "\"");
    check_ok(ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"releaseFlag\":true"), "");
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\",\"eid\":\"" EID_A
                             "\",\"matchingId\":\"WRONG_MATCHING_ID\"" TO_AVAILABLE),
                 "8.2.6", "3.10");
    place_close(&place);
}

TEST(cancel_order_available)
{
    open_site();
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\"" TO_AVAILABLE), "8.2.1", "3.5");
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\",\"finalProfileStatusIndicator\":\"Sold\""),
                 "1.6", "2.1");
    place_close(&place);
}

TEST(wrong_client_certificate)
{
    struct answer a;

    open_site();
    a = ask_raw(ES2P_PATH DOWNLOAD, "{}", "another certificate");
    CHECK_INT(a.status, 403);
    CHECK_STR(a.json, "");
    CHECK_INT(ask_raw(ES2P_PATH DOWNLOAD, "{}", "").status, 403);
    place_close(&place);
}

TEST(release_profile)
{
    open_site();
    check_failed(ask(RELEASE, ",\"iccid\":\"" ICCID_A "\""), "8.2.1", "3.5");
    order_a("");
    check_ok(ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"releaseFlag\":false"), "");
    check_ok(ask(RELEASE, ",\"iccid\":\"" ICCID_A "\""), "");
    check_ok(ask(RELEASE, ",\"iccid\":\"" ICCID_A "\""), ""); /* it is */
    check_failed(ask(RELEASE, ",\"iccid\":\"8900000000000099999\""), "8.2.1", "3.9");
    place_close(&place);
}

/* ---- repeats and malformed requests ---------------------------------------------------------- */

/* SGP.22 5.2.2 */
TEST(a_call_is_decided_once)
{
    struct answer first, second;

    open_site();
    first = ask_as("one", DOWNLOAD, ",\"profileType\":\"gold\"");
    second = ask_as("one", DOWNLOAD, ",\"profileType\":\"gold\"");
    check_ok(first, ICCID_A);
    CHECK_STR(second.json, first.json);
    check_failed(ask_as("one", DOWNLOAD, ",\"profileType\":\"silver\""), "1.2.2", "3.3");
    check_failed(ask_as("one", RELEASE, ",\"iccid\":\"" ICCID_A "\""), "1.2.2", "3.3");
    check_ok(ask_as("two", DOWNLOAD, ",\"profileType\":\"gold\""), ICCID_B);
    place_close(&place);
}

TEST(malformed_requests)
{
    static const struct {
        const char *path, *json;
        unsigned status;
    } rows[] = {
        {ES2P_PATH DOWNLOAD, "", 400},
        {ES2P_PATH DOWNLOAD, "{", 400},
        {ES2P_PATH DOWNLOAD, "[]", 400},
        {ES2P_PATH DOWNLOAD, "{\"iccid\":\"1\",\"iccid\":\"2\"}", 400},
        {ES2P_PATH "orderDownload", "{}", 404},
        {"/gsma/rsp2/es2plus", "{}", 404},
        {ES2P_PATH DOWNLOAD "/", "{}", 404},
    };

    open_site();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(ask_raw(rows[i].path, rows[i].json, CERTIFICATE).status, rows[i].status);
    check_failed(ask_raw(ES2P_PATH DOWNLOAD, "{}", CERTIFICATE), "1.6", "2.2");
    check_failed(ask(DOWNLOAD, ""), "1.6", "2.2");
    check_failed(ask(DOWNLOAD, ",\"iccid\":7"), "1.6", "2.1");
    check_failed(ask(DOWNLOAD, ",\"iccid\":\"12\""), "1.6", "2.1");
    check_failed(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_A "\",\"eid\":\"12\""), "1.6", "2.1");
    check_failed(ask(CONFIRM, ",\"releaseFlag\":true"), "1.6", "2.2");
    check_failed(ask(CONFIRM, ",\"iccid\":\"" ICCID_A "\",\"releaseFlag\":\"yes\""), "1.6", "2.1");
    check_failed(ask(CANCEL, ",\"iccid\":\"" ICCID_A "\""), "1.6", "2.2");
    /* what is not known is passed over */
    check_ok(ask(DOWNLOAD, ",\"iccid\":\"" ICCID_A "\",\"colour\":[1,{\"a\":null}]"), ICCID_A);
    place_close(&place);
}

TEST(other_ways_to_ask)
{
    struct buf body;
    struct es2p_reply reply = {.body = &body};
    struct es2p_call call = {.c = &place.c,
                             .method = "GET",
                             .path = ES2P_PATH DOWNLOAD,
                             .certificate = BYTES_STR(CERTIFICATE),
                             .peer = "192.0.2.1"};
    static char large[20000];

    open_site();
    buf_init(&body, 1024);
    CHECK_OK(es2p_handle(&api, &call, &reply));
    CHECK_INT(reply.status, 405);
    call.method = "POST";
    call.content_type = "text/plain";
    CHECK_OK(es2p_handle(&api, &call, &reply));
    CHECK_INT(reply.status, 415);
    call.content_type = NULL;
    call.body = BYTES(large, sizeof large);
    CHECK_OK(es2p_handle(&api, &call, &reply));
    CHECK_INT(reply.status, 413);
    buf_fini(&body);
    place_close(&place);
}

/* ---- the operator's side --------------------------------------------------------------------- */

TEST(requests_and_responses_both_ways)
{
    const struct es2p_request out = {.function = RSP_CONFIRM_ORDER,
                                     .header = {"2.999.1", "c-1"},
                                     .iccid = ICCID_A,
                                     .matching_id = "",
                                     .eid = EID_A,
                                     .release = true};
    const struct es2p_response said = {
        .function = RSP_CONFIRM_ORDER, .matching_id = "M", .smdp_address = "a"};
    struct es2p_response heard = {0};
    struct rsp_status status = {0};
    struct es2p_request in = {0};
    struct arena arena;
    struct buf json;

    arena_init(&arena, 65536);
    buf_init(&json, 65536);
    CHECK_OK(es2p_encode_request(&out, &json));
    CHECK_STR(buf_cstr(&json),
              "{\"header\":{\"functionRequesterIdentifier\":\"2.999.1\","
              "\"functionCallIdentifier\":\"c-1\"},\"eid\":\"" EID_A "\",\"iccid\":\"" ICCID_A
              "\",\"matchingId\":\"\",\"releaseFlag\":true}");
    CHECK_OK(es2p_decode_request(RSP_CONFIRM_ORDER, buf_bytes(&json), &arena, &in, &status));
    CHECK(rsp_succeeded(&status));
    CHECK_STR(in.iccid, ICCID_A);
    CHECK_STR(in.matching_id, "");
    CHECK(in.smds_address == NULL);
    CHECK(in.release);
    buf_reset(&json);
    CHECK_OK(es2p_encode_response(&said, &json));
    CHECK_OK(es2p_decode_response(RSP_CONFIRM_ORDER, buf_bytes(&json), &arena, &heard));
    CHECK_STR(heard.matching_id, "M");
    CHECK_STR(heard.smdp_address, "a");
    CHECK(heard.iccid == NULL);
    CHECK(rsp_succeeded(&heard.status));
    CHECK_INT(es2p_decode_response(RSP_CONFIRM_ORDER, BYTES_STR("{}"), &arena, &heard),
              XK_E_FORMAT);
    buf_reset(&json);
    CHECK_OK(es2p_decode_response(
        RSP_CONFIRM_ORDER,
        BYTES_STR("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\","
                  "\"statusCodeData\":{\"subjectCode\":\"8.9\",\"reasonCode\":\"5.1\"}}}}"),
        &arena, &heard));
    CHECK_INT(heard.status.verdict, RSP_CONFIRM_ORDER_SMDS_INACCESSIBLE);
    buf_fini(&json);
    arena_fini(&arena);
}

/* SGP.22 5.3.5, 5.3.6 */
TEST(what_operators_are_told)
{
    const struct download d = {.iccid = ICCID_A, .eid = EID_A, .profile_type = "gold"};
    struct download_event e = {.cause = DOWNLOAD_BY_INSTALL,
                               .point = DOWNLOAD_AT_INSTALLATION,
                               .result_data = BYTES_STR("\xBF\x37\x00")};
    struct download_telling t = {.download = &d,
                                 .event = &e,
                                 .call_id = "7",
                                 .at = 1767323045678,
                                 .callbacks = OPERATOR_HEARS_POINTS,
                                 .base_url = "https://op:8443"};
    char room[1024], where[256];
    struct buf body, url;

    buf_init_fixed(&body, room, sizeof room);
    buf_init_fixed(&url, where, sizeof where);
    CHECK_OK(es2p_encode_telling(&t, "2.999.10", &url, &body));
    CHECK_STR(buf_cstr(&url), "https://op:8443/gsma/rsp2/es2plus/handleDownloadProgressInfo");
    CHECK_STR(buf_cstr(&body),
              "{\"header\":{\"functionRequesterIdentifier\":\"2.999.10\","
              "\"functionCallIdentifier\":\"7\"},\"eid\":\"" EID_A "\",\"iccid\":\"" ICCID_A
              "\",\"profileType\":\"gold\",\"timestamp\":\"2026-01-02T03:04:05Z\","
              "\"notificationPointId\":4,\"notificationPointStatus\":{\"status\":"
              "\"Executed-Success\"},\"resultData\":\"vzcA\"}");
    buf_reset(&body);
    buf_reset(&url);
    e = (struct download_event){
        .point = DOWNLOAD_AT_DELETION, .failed = true, .verdict = {"8.2", "4.2"}, .detail = "why"};
    CHECK_OK(es2p_encode_telling(&t, "2.999.10", &url, &body));
    CHECK_STR(buf_cstr(&url), "https://op:8443/gsma/rsp2/es2plus/handleNotification");
    CHECK(strstr(buf_cstr(&body),
                 "\"notificationEvent\":3,\"notificationEventStatus\":{\"status\":\"Failed\","
                 "\"statusCodeData\":{\"subjectCode\":\"8.2\",\"reasonCode\":\"4.2\","
                 "\"message\":\"why\"}}") != NULL);
    buf_reset(&body);
    buf_reset(&url);
    t.callbacks = OPERATOR_HEARS_ALL_POINTS;
    CHECK_OK(es2p_encode_telling(&t, "2.999.10", &url, &body));
    CHECK(strstr(buf_cstr(&body), "\"notificationPointId\":5") != NULL);
}

static const struct xt_case cases[] = {
    XT_NAMED("SGP.23 ES2Plus DownloadOrder_01_Nominal_ICCID: an available profile is reserved",
             download_order_iccid),
    XT_NAMED(
        "SGP.23 ES2Plus DownloadOrder_02_Nominal_ProfileType: one of a type is linked to an EID",
        download_order_profile_type),
    XT_NAMED("SGP.23 ES2Plus DownloadOrder_Error_01_ICCID_AlreadyInUse: 8.2.1/3.3",
             download_order_in_use),
    XT_NAMED("SGP.23 ES2Plus DownloadOrder_Error_02_Unknown_ICCID: 8.2.1/3.9",
             download_order_unknown),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_01_Nominal: confirmed and released with a matching ID",
             confirm_order),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_01_Unknown_Profile: 8.2.1/3.9",
             confirm_order_unknown),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_02_Profile_Available: failed",
             confirm_order_available),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_03_Conflicting_MatchingID: 8.2.6/3.3",
             confirm_order_conflicting_matching_id),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_04_Incorrect_SmdsAddress: 8.9/5.1",
             confirm_order_incorrect_smds_address),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_05_Missing_EID_Empty_MatchingID: 8.1.1/2.2",
             confirm_order_missing_eid),
    XT_NAMED("SGP.23 ES2Plus ConfirmOrder_Error_06_Different_EID: 8.1.1/3.10",
             confirm_order_different_eid),
    XT_NAMED("SGP.23 ES2Plus CancelOrder_01_Nominal: the profile is available again", cancel_order),
    XT_NAMED("SGP.23 ES2Plus CancelOrder_Error_01_Unknown_ICCID: 8.2.1/3.9", cancel_order_unknown),
    XT_NAMED("SGP.23 ES2Plus CancelOrder_Error_02_Missing_EID: failed", cancel_order_missing_eid),
    XT_NAMED("SGP.23 ES2Plus CancelOrder_Error_03_Incorrect_MatchingID: 8.2.6/3.10",
             cancel_order_incorrect_matching_id),
    XT_NAMED("SGP.23 ES2Plus CancelOrder_Error_04_Profile_Available: failed",
             cancel_order_available),
    XT_NAMED("SGP.23 ES2Plus Wrong_Client_Cert: 403", wrong_client_certificate),
    XT_CASE(confirm_order_by_sm_ds),
    XT_CASE(download_order_filled_iccid),
    XT_CASE(release_profile),
    XT_CASE(a_call_is_decided_once),
    XT_CASE(malformed_requests),
    XT_CASE(other_ways_to_ask),
    XT_CASE(requests_and_responses_both_ways),
    XT_CASE(what_operators_are_told),
};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    place_clean_up();
    return rc;
}
