/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTP exchange means to the LPA (SGP.22 6.5). */
#include "prog/lpa/es9p_call.h"
#include "xt.h"

#define DONE "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}"
#define REFUSED                                                                                    \
    "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":"          \
    "{\"subjectCode\":\"8.2.6\",\"reasonCode\":\"3.8\"}}}}"
#define EVENTS                                                                                     \
    DONE ",\"transactionId\":\"0A\",\"eventEntries\":[{\"eventId\":\"E-1\","                       \
         "\"rspServerAddress\":\"rsp.example.com\"}]}"

TEST(what_became_of_it)
{
    const struct {
        enum rsp_function function;
        struct httpc_response http;
        enum lpa_reply_kind kind;
        bool response;
    } rows[] = {
        {RSP_CANCEL_SESSION, {.status = 200, .body = BYTES_STR(DONE "}")}, LPA_REPLY_OK, true},
        {RSP_CANCEL_SESSION, {.status = 200, .body = BYTES_STR(REFUSED)}, LPA_REPLY_OK, true},
        {RSP_CANCEL_SESSION, {.status = 200, .body = BYTES_STR("{}")}, LPA_REPLY_MALFORMED, true},
        {RSP_CANCEL_SESSION, {.status = 200}, LPA_REPLY_MALFORMED, true},
        {RSP_CANCEL_SESSION, {.status = 500, .body = BYTES_STR(DONE "}")}, LPA_REPLY_HTTP, false},
        {RSP_CANCEL_SESSION, {.status = 199}, LPA_REPLY_HTTP, false},
        {RSP_CANCEL_SESSION, {.status = 300}, LPA_REPLY_HTTP, false},
        {RSP_HANDLE_NOTIFICATION, {.status = 204}, LPA_REPLY_OK, false},
        {RSP_HANDLE_NOTIFICATION, {.status = 200, .body = BYTES_STR("x")}, LPA_REPLY_OK, false},
        {RSP_HANDLE_NOTIFICATION, {.status = 404}, LPA_REPLY_HTTP, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_AUTH}, LPA_REPLY_TLS, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_CLOSED}, LPA_REPLY_UNREACHABLE, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_CLOSED, .sent = true}, LPA_REPLY_CUT, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_TIMEOUT}, LPA_REPLY_UNREACHABLE, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_TIMEOUT, .sent = true}, LPA_REPLY_CUT, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_LIMIT, .sent = true}, LPA_REPLY_MALFORMED, false},
        {RSP_CANCEL_SESSION, {.err = XK_E_FORMAT, .sent = true}, LPA_REPLY_MALFORMED, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rsp_es9p_response response;
        struct lpa_reply reply;
        struct arena arena;

        arena_init(&arena, 65536);
        es9p_call_answer(rows[i].function, &rows[i].http, &arena, &response, &reply);
        CHECK_INT(reply.kind, rows[i].kind);
        CHECK_INT(reply.response != NULL, rows[i].response);
        CHECK_INT(reply.http_status, rows[i].http.status);
        arena_fini(&arena);
    }
}

/* SM-DS and SM-DP+ are asked alike, and answer each in its own way: ES11, SGP.22 5.8.2. */
TEST(who_has_answered)
{
    const struct {
        struct bytes body;
        enum rsp_function function;
    } rows[] = {
        {BYTES_STR(EVENTS), RSP_ES11_AUTHENTICATE},
        {BYTES_STR(REFUSED), RSP_AUTHENTICATE_CLIENT},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct httpc_response http = {.status = 200, .body = rows[i].body};
        struct rsp_es9p_response response;
        struct lpa_reply reply;
        struct arena arena;

        arena_init(&arena, 65536);
        es9p_call_answer(RSP_AUTHENTICATE_CLIENT, &http, &arena, &response, &reply);
        CHECK_INT(reply.kind, LPA_REPLY_OK);
        CHECK_INT(response.function, rows[i].function);
        arena_fini(&arena);
    }
}

TEST(the_request)
{
    const struct rsp_es9p_request request = {
        .function = RSP_HANDLE_NOTIFICATION,
        .handle_notification = {.pending_notification = BYTES_STR("\x30\x00")}};
    struct es9p_call call;
    char host[ES9P_URL_MAX];

    CHECK_OK(es9p_call_init(&call, "rsp.example.com:8443", &request));
    CHECK_STR(call.http.url, "https://rsp.example.com:8443/gsma/rsp2/es9plus/handleNotification");
    CHECK_INT(call.http.header_count, 2);
    CHECK_STR(call.http.headers[0], "X-Admin-Protocol: gsma/rsp/v2.5.0");
    CHECK_STR(call.http.headers[1], "User-Agent: gsma-rsp-lpad");
    CHECK(memmem(call.http.body.p, call.http.body.n, "\"MAA=\"", 6) != NULL);
    es9p_call_fini(&call);
    memset(host, 'a', sizeof host);
    host[sizeof host - 1] = '\0';
    CHECK_INT(es9p_call_init(&call, host, &request), XK_E_LIMIT);
}

TESTS_MAIN(XT_CASE(what_became_of_it), XT_CASE(who_has_answered), XT_CASE(the_request))
