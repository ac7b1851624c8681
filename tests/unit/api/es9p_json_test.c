/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON binding of ES9+ and ES11: what is written is read again, by servers and by LPAs, and
 * what peers get wrong is named. */
#include "api/es9p/json.h"

#include "xt.h"

static struct arena arena;
static struct buf json;

static void begin(void)
{
    arena_init(&arena, 1 << 20);
    buf_init(&json, 1 << 20);
}

static void end(void)
{
    arena_fini(&arena);
    buf_fini(&json);
}

TEST(names_of_functions)
{
    enum rsp_function f = RSP_DOWNLOAD_ORDER;

    CHECK_STR(es9p_path(RSP_INITIATE_AUTHENTICATION), "initiateAuthentication");
    CHECK_STR(es9p_path(RSP_ES11_AUTHENTICATE), "authenticateClient");
    CHECK(es9p_path(RSP_DOWNLOAD_ORDER) == NULL);
    CHECK(es9p_function("cancelSession", &f));
    CHECK_INT(f, RSP_CANCEL_SESSION);
    CHECK(!es9p_function("cancelsession", &f));
    CHECK(!es9p_function("", &f));
}

TEST(initiate_authentication_request)
{
    const struct rsp_es9p_request out = {
        .function = RSP_INITIATE_AUTHENTICATION,
        .initiate_authentication = {.euicc_challenge = BYTES_STR("0123456789abcdef"),
                                    .smdp_address = BYTES_STR("smdp.example"),
                                    .euicc_info1 = BYTES_STR("\xBF\x20\x01\x00")}};
    struct rsp_status status = {0};
    struct rsp_es9p_request in;

    begin();
    CHECK_OK(es9p_json_encode_request(&out, &json));
    CHECK_STR(buf_cstr(&json), "{\"smdpAddress\":\"smdp.example\",\"euiccInfo1\":\"vyABAA==\","
                               "\"euiccChallenge\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}");
    CHECK_OK(es9p_json_decode_request(RSP_INITIATE_AUTHENTICATION, buf_bytes(&json), &arena, &in,
                                      &status));
    CHECK(rsp_succeeded(&status));
    CHECK(
        bytes_eq(in.initiate_authentication.euicc_info1, out.initiate_authentication.euicc_info1));
    CHECK(bytes_eq(in.initiate_authentication.smdp_address, BYTES_STR("smdp.example")));
    CHECK(in.initiate_authentication.lpa_rsp_capability.p == NULL);
    end();
}

TEST(initiate_authentication_response)
{
    const struct rsp_es9p_response out = {
        .function = RSP_INITIATE_AUTHENTICATION,
        .initiate_authentication = {.transaction_id = BYTES_STR("\x0A\xBC"),
                                    .server_signed1 = BYTES_STR("\x30\x00"),
                                    .server_signature1 = BYTES_STR("\x5F\x37\x00"),
                                    .euicc_ci_pk_id = BYTES_STR("\x04\x00"),
                                    .server_certificate = BYTES_STR("\x30\x00")}};
    struct rsp_es9p_response in;

    begin();
    CHECK_OK(es9p_json_encode_response(&out, &json));
    CHECK_STR(buf_cstr(&json),
              "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}},"
              "\"transactionId\":\"0ABC\",\"serverSigned1\":\"MAA=\",\"serverSignature1\":\"XzcA\","
              "\"euiccCiPKIdToBeUsed\":\"BAA=\",\"serverCertificate\":\"MAA=\"}");
    CHECK_OK(es9p_json_decode_response(RSP_INITIATE_AUTHENTICATION, buf_bytes(&json), &arena, &in));
    CHECK(rsp_succeeded(es9p_status(&in)));
    CHECK_HEX(in.initiate_authentication.transaction_id, "0abc");
    CHECK_HEX(in.initiate_authentication.server_signature1, "5f3700");
    end();
}

/* The other three, there and back. */
TEST(all_functions_both_ways)
{
    const struct bytes id = BYTES_STR("\x01"), der = BYTES_STR("\xBF\x38\x00");
    const struct rsp_es9p_request requests[] = {
        {RSP_AUTHENTICATE_CLIENT, .authenticate_client = {id, der}},
        {RSP_GET_BOUND_PROFILE_PACKAGE, .get_bound_profile_package = {id, der}},
        {RSP_CANCEL_SESSION, .cancel_session = {id, der}},
        {RSP_HANDLE_NOTIFICATION, .handle_notification = {der}},
    };
    const struct rsp_es9p_response responses[] = {
        {RSP_AUTHENTICATE_CLIENT, .authenticate_client = {{0}, id, der, der, der, der}},
        {RSP_GET_BOUND_PROFILE_PACKAGE, .get_bound_profile_package = {{0}, id, der}},
        {RSP_CANCEL_SESSION, .cancel_session = {{0}}},
    };
    struct rsp_status status = {0};
    struct rsp_es9p_response heard;
    struct rsp_es9p_request asked;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        buf_reset(&json);
        CHECK_OK(es9p_json_encode_request(&requests[i], &json));
        CHECK_OK(es9p_json_decode_request(requests[i].function, buf_bytes(&json), &arena, &asked,
                                          &status));
        CHECK(rsp_succeeded(&status));
        CHECK_INT(asked.function, requests[i].function);
        CHECK(strstr(buf_cstr(&json), "\"vzgA\"") != NULL);
    }
    CHECK(bytes_eq(asked.handle_notification.pending_notification, der));
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        buf_reset(&json);
        CHECK_OK(es9p_json_encode_response(&responses[i], &json));
        CHECK_OK(
            es9p_json_decode_response(responses[i].function, buf_bytes(&json), &arena, &heard));
    }
    CHECK_STR(buf_cstr(&json),
              "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}}");
    end();
}

TEST(refusals_have_nothing_but_their_header)
{
    struct rsp_es9p_response out = {.function = RSP_GET_BOUND_PROFILE_PACKAGE};
    struct rsp_es9p_response in;

    begin();
    out.get_bound_profile_package.transaction_id = BYTES_STR("\x01");
    rsp_reject(&out.get_bound_profile_package.status, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED);
    CHECK_OK(es9p_json_encode_response(&out, &json));
    CHECK_STR(buf_cstr(&json),
              "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":{"
              "\"subjectCode\":\"8.2.7\",\"reasonCode\":\"3.8\",\"message\":"
              "\"the confirmation code is wrong\"}}}}");
    CHECK_OK(
        es9p_json_decode_response(RSP_GET_BOUND_PROFILE_PACKAGE, buf_bytes(&json), &arena, &in));
    CHECK_INT(es9p_status(&in)->verdict, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED);
    CHECK(bytes_eq(es9p_status(&in)->reason, BYTES_STR("3.8")));
    end();
}

TEST(event_entries)
{
    const struct rsp_event_entry entries[] = {{BYTES_STR("E1"), BYTES_STR("a.example")},
                                              {BYTES_STR("E2"), BYTES_STR("b.example")}};
    struct rsp_es9p_response out = {
        .function = RSP_ES11_AUTHENTICATE,
        .es11_authenticate_client = {
            .transaction_id = BYTES_STR("\x01"), .entries = entries, .entries_n = 2}};
    struct rsp_es9p_response in;

    begin();
    CHECK_OK(es9p_json_encode_response(&out, &json));
    CHECK_OK(es9p_json_decode_response(RSP_ES11_AUTHENTICATE, buf_bytes(&json), &arena, &in));
    CHECK_INT(in.es11_authenticate_client.entries_n, 2);
    CHECK(bytes_eq(in.es11_authenticate_client.entries[1].rsp_server_address,
                   BYTES_STR("b.example")));
    buf_reset(&json);
    out.es11_authenticate_client.entries_n = 0;
    CHECK_OK(es9p_json_encode_response(&out, &json));
    CHECK(strstr(buf_cstr(&json), "\"eventEntries\":[]") != NULL);
    CHECK_OK(es9p_json_decode_response(RSP_ES11_AUTHENTICATE, buf_bytes(&json), &arena, &in));
    CHECK_INT(in.es11_authenticate_client.entries_n, 0);
    end();
}

static struct rsp_status read_request(enum rsp_function f, const char *text)
{
    struct rsp_status status = {0};
    struct rsp_es9p_request in;

    CHECK_OK(es9p_json_decode_request(f, bytes_cstr(text), &arena, &in, &status));
    return status;
}

TEST(members_that_are_wrong_are_named)
{
    static const struct {
        const char *json, *reason, *member;
    } rows[] = {
        {"{}", "2.2", "transactionId"},
        {"{\"transactionId\":\"01\"}", "2.2", "cancelSessionResponse"},
        {"{\"transactionId\":null,\"cancelSessionResponse\":\"v0E=\"}", "2.2", "transactionId"},
        {"{\"transactionId\":7,\"cancelSessionResponse\":\"v0E=\"}", "2.1", "transactionId"},
        {"{\"transactionId\":\"XY\",\"cancelSessionResponse\":\"v0E=\"}", "2.1", "transactionId"},
        {"{\"transactionId\":\"123\",\"cancelSessionResponse\":\"v0E=\"}", "2.1", "transactionId"},
        {"{\"transactionId\":\"01\",\"cancelSessionResponse\":\"v0E\"}", "2.1",
         "cancelSessionResponse"},
        {"{\"transactionId\":\"01\",\"cancelSessionResponse\":\"v0_=\"}", "2.1",
         "cancelSessionResponse"},
        {"{\"transactionId\":\"01\",\"cancelSessionResponse\":{}}", "2.1", "cancelSessionResponse"},
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rsp_status s = read_request(RSP_CANCEL_SESSION, rows[i].json);

        CHECK_INT(s.execution, RSP_FAILED);
        CHECK(bytes_eq(s.subject, BYTES_STR("1.6")));
        CHECK(bytes_eq(s.reason, bytes_cstr(rows[i].reason)));
        CHECK(bytes_eq(s.message, bytes_cstr(rows[i].member)));
    }
    end();
}

TEST(lenient_where_peers_differ)
{
    begin();
    /* a header object, small hexadecimal digits, an escaped solidus, unknown members */
    CHECK(rsp_succeeded(&(struct rsp_status[]){read_request(
        RSP_CANCEL_SESSION,
        "{\"header\":{\"functionRequesterIdentifier\":\"x\"},\"transactionId\":\"0aBc\","
        "\"cancelSessionResponse\":\"v0E\\/\",\"other\":[{\"deep\":null}]}")}[0]));
    end();
}

TEST(what_is_no_object)
{
    static const char *const texts[] = {
        "", "null", "[]", "{\"a\":1", "{} {}", "\"\"", "{\"a\":1,\"a\":2}", "{'a':1}", "\xFF\xFE"};
    struct rsp_status status = {0};
    struct rsp_es9p_request in;
    struct rsp_es9p_response out;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CHECK_INT(es9p_json_decode_request(RSP_CANCEL_SESSION, bytes_cstr(texts[i]), &arena, &in,
                                           &status),
                  XK_E_FORMAT);
        CHECK_INT(es9p_json_decode_response(RSP_CANCEL_SESSION, bytes_cstr(texts[i]), &arena, &out),
                  XK_E_FORMAT);
    }
    CHECK_INT(es9p_json_decode_request(RSP_DOWNLOAD_ORDER, BYTES_STR("{}"), &arena, &in, &status),
              XK_E_UNSUPPORTED);
    /* success without its members is no answer */
    CHECK_INT(
        es9p_json_decode_response(RSP_GET_BOUND_PROFILE_PACKAGE,
                                  BYTES_STR("{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                            "\"Executed-Success\"}}}"),
                                  &arena, &out),
        XK_E_FORMAT);
    CHECK_INT(
        es9p_json_encode_request(&(struct rsp_es9p_request){.function = RSP_CANCEL_SESSION}, &json),
        XK_E_VALUE);
    end();
}

TEST(media_types_and_versions)
{
    CHECK_INT(wire_media(NULL), WIRE_JSON);
    CHECK_INT(wire_media("application/json"), WIRE_JSON);
    CHECK_INT(wire_media("Application/JSON; charset=utf-8"), WIRE_JSON);
    CHECK_INT(wire_media("application/json;charset=UTF-8"), WIRE_JSON);
    CHECK_INT(wire_media("application/x-gsma-rsp-asn1"), WIRE_ASN1);
    CHECK_INT(wire_media("application/jsonp"), WIRE_OTHER_MEDIA);
    CHECK_INT(wire_media("text/html"), WIRE_OTHER_MEDIA);
    CHECK(wire_protocol_ok(NULL));
    CHECK(wire_protocol_ok("gsma/rsp/v2.2.2"));
    CHECK(wire_protocol_ok("gsma/rsp/v3"));
    CHECK(!wire_protocol_ok("gsma/rsp/v"));
    CHECK(!wire_protocol_ok("gsma/rsp/v2;x"));
    CHECK(!wire_protocol_ok("gsma/rps/v2.2.2"));
}

TESTS_MAIN(XT_CASE(names_of_functions), XT_CASE(initiate_authentication_request),
           XT_CASE(initiate_authentication_response), XT_CASE(all_functions_both_ways),
           XT_CASE(refusals_have_nothing_but_their_header), XT_CASE(event_entries),
           XT_CASE(members_that_are_wrong_are_named), XT_CASE(lenient_where_peers_differ),
           XT_CASE(what_is_no_object), XT_CASE(media_types_and_versions))
