/* SPDX-License-Identifier: Apache-2.0 */
/* The download of a profile (SGP.22 3.0.1, 3.1.3; SGP.23 4.4, 5.4): every way it can go. */
#include "lpa_bench.h"
#include "rsp_pki.h"
#include "xt.h"

/* ---- how it should go ---- */

TEST(installs)
{
    static const enum rsp_function order[] = {RSP_INITIATE_AUTHENTICATION, RSP_AUTHENTICATE_CLIENT,
                                              RSP_GET_BOUND_PROFILE_PACKAGE,
                                              RSP_HANDLE_NOTIFICATION};
    struct lpa_task task = bench_download("04386-AGYFT");
    const struct lpa_result *r;
    struct lpa_bench b;

    bench_open(&b);
    r = bench_run(&b, &task);
    CHECK(r->ok);
    CHECK_STR(r->eid, TOY_EID);
    CHECK_INT(r->svn, RSP_VERSION(2, 3, 0));
    CHECK_STR(r->iccid, "89860123456789000420");
    CHECK_INT(b.posts, ARRAY_LEN(order));
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        CHECK_INT(b.post[i].function, order[i]);
    CHECK_STR(b.card.matching_id, "04386-AGYFT");
    CHECK_INT(b.card.profiles, 1);
    CHECK_INT(b.card.notifications, 0);
    CHECK_INT(r->sent, 1);
    CHECK_INT(r->kept, 0);
    CHECK_INT(r->tries, 1);
    CHECK_INT(r->profiles_n, 1);
    CHECK_INT(b.questions, 1);
    CHECK_INT(b.question.type, LPA_ASK_DOWNLOAD);
    CHECK_INT(b.card.cancels, 0);
    CHECK_INT(b.card.opened, 1); /* one channel for all of it */
    CHECK_INT(b.card.closed, 1);
    CHECK_INT(b.card.longest, LPA_BLOCK_DEFAULT);
    CHECK_INT(b.progress_total, 11); /* BF23, A0, A1, two 88, A3, five 86 */
    bench_close(&b);
}

TEST(block_sizes)
{
    static const size_t sizes[] = {LPA_BLOCK_MIN, 7, 100, 250, LPA_BLOCK_MAX};
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct lpa_bench b;

        bench_open_with(&b, &(struct lpa_config){.block = sizes[i]});
        CHECK(bench_run(&b, &task)->ok);
        CHECK_INT(b.card.longest, sizes[i] < 250 ? sizes[i] : b.card.longest);
        CHECK(b.card.longest <= sizes[i]);
        bench_close(&b);
    }
}

TEST(device_is_told)
{
    struct lpa_task task = bench_download("");
    struct lpa_bench b;

    bench_open_with(&b, &(struct lpa_config){.imei = "861234567890127"});
    CHECK(bench_run(&b, &task)->ok);
    CHECK_STR(b.card.imei, "861234567890127");
    CHECK(b.card.has_matching_id);
    CHECK_STR(b.card.matching_id, "");
    bench_close(&b);
}

TEST(terminal_opens_channels)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open_with(&b, &(struct lpa_config){.terminal_opens_channel = true});
    b.card.channel = 3;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.card.opened, 1);
    CHECK_INT(b.card.closed, 1);
    bench_close(&b);
    bench_open_with(&b, &(struct lpa_config){.terminal_opens_channel = true});
    b.card.no_isdr = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_EUICC);
    bench_close(&b);
}

TEST(high_channel)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.channel = 17;
    CHECK(bench_run(&b, &task)->ok);
    bench_close(&b);
}

/* ---- confirmation code ---- */

TEST(code_given_before)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    snprintf(task.confirmation_code, sizeof task.confirmation_code, "4711");
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.questions, 1);
    bench_close(&b);
}

TEST(code_asked_for)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    b.code[0] = "4711";
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.questions, 2);
    CHECK(!b.question.again);
    bench_close(&b);
}

/* ccRequiredFlag decides, not the activation code (A.5) */
TEST(code_not_needed)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    task.code.confirmation_code = true;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.questions, 1);
    CHECK(!b.card.has_hash_cc);
    bench_close(&b);
}

TEST(wrong_code_then_right)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    b.code[0] = "1234";
    b.code[1] = "4711";
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.questions, 3); /* install?, code, code again; not install? again */
    CHECK(b.question.again);
    CHECK_INT(bench_count(&b, RSP_INITIATE_AUTHENTICATION), 2);
    bench_close(&b);
}

TEST(wrong_code_three_times)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    b.code[0] = b.code[1] = b.code[2] = b.code[3] = "1234";
    CHECK(!bench_run(&b, &task)->ok);
    CHECK_INT(b.codes, 3);
    CHECK_STR(b.text,
              "the server refused (rsp.example.com): the confirmation code is wrong: subject "
              "8.2.7 confirmation code, reason 3.8 refused, in "
              "ES9+.GetBoundProfilePackage");
    bench_close(&b);
}

TEST(wrong_code_and_nobody_to_ask)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    snprintf(task.confirmation_code, sizeof task.confirmation_code, "1234");
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_REFUSED);
    CHECK_STR(b.result->fault.subject, "8.2.7");
    CHECK_INT(b.card.cancels, 0); /* the server has ended the session */
    CHECK_INT(bench_count(&b, RSP_INITIATE_AUTHENTICATION), 1);
    bench_close(&b);
}

TEST(no_code)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cc_required = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CODE_NEEDED);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_TIMEOUT);
    CHECK_INT(bench_count(&b, RSP_CANCEL_SESSION), 1);
    CHECK(strstr(b.text, "--code") != NULL);
    bench_close(&b);
}

/* ---- the user ---- */

TEST(user_answers)
{
    static const struct {
        enum lpa_answer answer;
        enum rsp_cancel_reason reason;
        enum lpa_fault_kind kind;
    } rows[] = {
        {LPA_ANSWER_NO, RSP_CANCEL_END_USER_REJECTION, LPA_FAULT_USER_SAID_NO},
        {LPA_ANSWER_LATER, RSP_CANCEL_POSTPONED, LPA_FAULT_USER_SAID_LATER},
        {LPA_ANSWER_NONE, RSP_CANCEL_TIMEOUT, LPA_FAULT_USER_SILENT},
    };
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.answer = rows[i].answer;
        CHECK_INT(bench_run(&b, &task)->fault.kind, rows[i].kind);
        CHECK_INT(b.card.cancelled_reason, rows[i].reason);
        CHECK_INT(bench_count(&b, RSP_CANCEL_SESSION), 1);
        CHECK_INT(bench_count(&b, RSP_GET_BOUND_PROFILE_PACKAGE), 0);
        CHECK_INT(b.card.profiles, 0);
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
    }
}

TEST(cancel_at_any_request)
{
    struct lpa_task task = bench_download("A");

    for (unsigned at = 1; at <= 4; at++) {
        struct lpa_bench b;

        bench_open(&b);
        b.cancel_at_post = at;
        bench_run(&b, &task);
        if (at < 3) { /* before the package is asked for */
            CHECK_INT(b.result->fault.kind, LPA_FAULT_CANCELLED);
            CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_POSTPONED);
            CHECK_INT(b.card.profiles, 0);
        } else { /* it is loaded to its end */
            CHECK(b.result->ok);
            CHECK_INT(b.card.profiles, 1);
        }
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
    }
}

TEST(cancel_at_the_question)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cancel_at_question = true;
    CHECK(!bench_run(&b, &task)->ok);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_POSTPONED);
    bench_close(&b);
}

/* ---- the server is not who it should be ---- */

TEST(other_server_name)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.server_address = "evil.example.com";
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_ADDRESS_MISMATCH);
    CHECK(strstr(b.text, "evil.example.com") != NULL);
    CHECK_INT(b.posts, 1);
    bench_close(&b);
    bench_open(&b);
    b.server_address = "RSP.Example.COM"; /* case does not matter */
    CHECK(bench_run(&b, &task)->ok);
    bench_close(&b);
}

TEST(port_is_not_the_name)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    snprintf(task.code.address, sizeof task.code.address, "rsp.example.com:8443");
    CHECK(bench_run(&b, &task)->ok);
    CHECK_STR(b.post[0].address, "rsp.example.com:8443");
    bench_close(&b);
}

TEST(oid_of_the_code)
{
    static const struct {
        const char *oid;
        enum lpa_fault_kind kind;
    } rows[] = {
        {"2.999.10", LPA_FAULT_NONE},
        {"2.999.12", LPA_FAULT_OID_MISMATCH},
        {"2.999.1", LPA_FAULT_OID_MISMATCH},
        {"", LPA_FAULT_NONE},
    };
    struct rsp_pki *pki = rsp_pki_new(EC_P256);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_task task = bench_download("A");
        struct lpa_bench b;

        bench_open(&b);
        b.certificate = rsp_pki_cert(pki, RSP_DPAUTH).der;
        snprintf(task.code.smdp_oid, sizeof task.code.smdp_oid, "%s", rows[i].oid);
        CHECK_INT(bench_run(&b, &task)->fault.kind, rows[i].kind);
        CHECK_INT(b.posts, rows[i].kind == LPA_FAULT_NONE ? 4 : 1);
        bench_close(&b);
    }
    rsp_pki_free(pki);
}

TEST(oid_and_no_certificate)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    snprintf(task.code.smdp_oid, sizeof task.code.smdp_oid, "2.999.10");
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_OID_MISMATCH);
    bench_close(&b);
}

TEST(transactions_mixed_up)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.other_transaction = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_TRANSACTION_MISMATCH);
    bench_close(&b);
    bench_open(&b);
    b.other_signed2 = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_TRANSACTION_MISMATCH);
    CHECK_INT(b.posts, 2);
    bench_close(&b);
}

TEST(answers_to_something_else)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.wrong_function = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_MALFORMED);
    bench_close(&b);
}

TEST(metadata_mismatch)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.other_metadata = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_METADATA_MISMATCH);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_METADATA_MISMATCH);
    CHECK_INT(bench_count(&b, RSP_CANCEL_SESSION), 1);
    CHECK_INT(b.card.profiles, 0);
    bench_close(&b);
}

TEST(package_malformed)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.bad_package = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_MALFORMED);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR);
    bench_close(&b);
}

/* ---- every refusal of status.def is told in words ---- */

TEST(every_refusal)
{
    struct lpa_task task = bench_download("A");
    unsigned told = 0;

    for (unsigned v = RSP_EXECUTED + 1; v < RSP_VERDICT_COUNT; v++) {
        const struct rsp_verdict_row *row = rsp_verdict_row((enum rsp_verdict)v);
        struct lpa_bench b;

        if (row->function != RSP_INITIATE_AUTHENTICATION &&
            row->function != RSP_AUTHENTICATE_CLIENT &&
            row->function != RSP_GET_BOUND_PROFILE_PACKAGE)
            continue;
        bench_open(&b);
        b.refuse = (enum rsp_verdict)v;
        b.cc_required = true;
        snprintf(task.confirmation_code, sizeof task.confirmation_code, "4711");
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_SERVER_REFUSED);
        CHECK_STR(b.result->fault.subject, row->subject);
        CHECK_STR(b.result->fault.reason, row->reason);
        CHECK(strstr(b.text, row->text) != NULL);
        CHECK(strstr(b.text, rsp_subject_text(bytes_cstr(row->subject))) != NULL);
        CHECK(strstr(b.text, rsp_function_name(row->function)) != NULL);
        CHECK_INT(b.card.profiles, 0);
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
        told++;
    }
    CHECK(told > 20);
}

/* ---- the network ---- */

TEST(cut_after_any_request)
{
    struct lpa_task task = bench_download("A");

    for (unsigned at = 1; at <= 3; at++) {
        for (int after = 0; after <= 1; after++) {
            struct lpa_bench b;

            bench_open(&b);
            b.cut_at = at;
            b.cut_after = after;
            CHECK(bench_run(&b, &task)->ok);
            CHECK_INT(b.result->tries, 2);
            CHECK_INT(b.result->last_trouble.kind, LPA_FAULT_SERVER_CUT);
            CHECK_INT(b.card.profiles, 1);
            CHECK_INT(b.questions, 1); /* asked once */
            CHECK_INT(b.waits, 1);
            CHECK_INT(b.card.cancels, 0);
            bench_close(&b);
        }
    }
}

/* The result of the installation is told at the next opportunity, before anything else. */
TEST(cut_at_the_notification)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.cut_at = 4;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.result->kept, 1);
    CHECK_INT(b.result->notification_fault.kind, LPA_FAULT_SERVER_CUT);
    CHECK_INT(b.card.notifications, 1);
    b.cut_at = 0;
    b.posts = 0;
    b.card.profiles = 0;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.post[0].function, RSP_HANDLE_NOTIFICATION);
    CHECK_INT(b.post[0].seq_number, 1);
    CHECK_INT(b.card.notifications, 0);
    bench_close(&b);
}

TEST(never_reached)
{
    static const struct {
        enum lpa_reply_kind reply;
        unsigned status;
        enum lpa_fault_kind kind;
        unsigned posts;
    } rows[] = {
        {LPA_REPLY_UNREACHABLE, 0, LPA_FAULT_SERVER_UNREACHABLE, 3},
        {LPA_REPLY_CUT, 0, LPA_FAULT_SERVER_CUT, 3},
        {LPA_REPLY_HTTP, 503, LPA_FAULT_SERVER_HTTP, 3},
        {LPA_REPLY_HTTP, 429, LPA_FAULT_SERVER_HTTP, 3},
        {LPA_REPLY_HTTP, 404, LPA_FAULT_SERVER_HTTP, 1},
        {LPA_REPLY_TLS, 0, LPA_FAULT_SERVER_TLS, 1},
        {LPA_REPLY_MALFORMED, 0, LPA_FAULT_SERVER_MALFORMED, 1},
    };
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.fail = rows[i].reply;
        b.http_status = rows[i].status;
        CHECK_INT(bench_run(&b, &task)->fault.kind, rows[i].kind);
        CHECK_INT(b.posts, rows[i].posts);
        CHECK(strstr(b.text, "as told") != NULL);
        CHECK(strstr(b.text, BENCH_HOST) != NULL);
        bench_close(&b);
    }
}

TEST(tries_are_counted)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open_with(&b, &(struct lpa_config){.tries = 5});
    b.fail = LPA_REPLY_CUT;
    CHECK(!bench_run(&b, &task)->ok);
    CHECK_INT(b.result->tries, 5);
    CHECK_INT(b.waited_ms, 2000 + 4000 + 8000 + 16000);
    bench_close(&b);
}

/* The eUICC refuses what the server said: its answer goes to the server, whose answer to that, or
 * silence, is not what the user is told. */
TEST(the_card_refuses_the_server)
{
    static const struct {
        struct toy_override answer;
        enum rsp_function told;
        unsigned cut_at;
        const char *step;
        enum rsp_code_table table;
    } rows[] = {
        {{.tag = TAG_AUTHENTICATE_SERVER, .der = "BF380BA109800400000001020102"},
         RSP_AUTHENTICATE_CLIENT,
         0,
         "AUTHENTICATE_SERVER",
         RSP_TABLE_AUTHENTICATE_ERROR},
        {{.tag = TAG_AUTHENTICATE_SERVER, .der = "BF380BA109800400000001020102"},
         RSP_AUTHENTICATE_CLIENT,
         2,
         "AUTHENTICATE_SERVER",
         RSP_TABLE_AUTHENTICATE_ERROR},
        {{.tag = TAG_PREPARE_DOWNLOAD, .der = "BF210BA109800400000001020102"},
         RSP_GET_BOUND_PROFILE_PACKAGE,
         0,
         "PREPARE_DOWNLOAD",
         RSP_TABLE_DOWNLOAD_ERROR},
    };
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.card.override[0] = rows[i].answer;
        b.cut_at = rows[i].cut_at;
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_CODE);
        CHECK_STR(b.result->fault.step_name, rows[i].step);
        CHECK_INT(b.result->fault.table, rows[i].table);
        CHECK_INT(b.result->fault.code, 2);
        CHECK_INT(b.result->tries, 1);
        CHECK_INT(bench_count(&b, rows[i].told), 1);
        CHECK_INT(b.post[b.posts - 1].function, rows[i].told);
        CHECK_INT(b.card.profiles, 0);
        bench_close(&b);
    }
}

#define NAMED(text, name) XT_NAMED("SGP.23 " text, name)

TESTS_MAIN(
    NAMED("5.4 LPA download: scan, ask, install, tell", installs), XT_CASE(block_sizes),
    NAMED("4.4 LPA ES10b.AuthenticateServer: matching ID and device are told", device_is_told),
    XT_CASE(terminal_opens_channels), XT_CASE(high_channel),
    NAMED("5.4 LPA download: confirmation code given before", code_given_before),
    NAMED("5.4 LPA download: confirmation code asked for", code_asked_for),
    NAMED("5.4 LPA download: no code asked for when the server wants none", code_not_needed),
    NAMED("5.4 LPA download: wrong code, then the right one", wrong_code_then_right),
    XT_CASE(wrong_code_three_times), XT_CASE(wrong_code_and_nobody_to_ask),
    NAMED("5.4 LPA download: no code given, cancelled as timeout", no_code),
    NAMED("4.4 LPA ES9+.CancelSession: user rejection, postponed, timeout", user_answers),
    XT_CASE(cancel_at_any_request), XT_CASE(cancel_at_the_question),
    NAMED("4.4 LPA ES9+.InitiateAuthentication: another server name", other_server_name),
    XT_CASE(port_is_not_the_name),
    NAMED("4.4 LPA ES9+.InitiateAuthentication: OID of the activation code", oid_of_the_code),
    XT_CASE(oid_and_no_certificate),
    NAMED("4.4 LPA ES9+.AuthenticateClient: another transaction", transactions_mixed_up),
    XT_CASE(answers_to_something_else),
    NAMED("4.4 LPA ES9+.GetBoundProfilePackage: metadata mismatch", metadata_mismatch),
    NAMED("4.4 LPA ES9+.GetBoundProfilePackage: a malformed package", package_malformed),
    NAMED("4.4 LPA error texts for all codes", every_refusal),
    NAMED("5.4 LPA download: cut after any request, the next try succeeds", cut_after_any_request),
    NAMED("4.4 LPA ES9+.HandleNotification: kept when cut, sent before the next download",
          cut_at_the_notification),
    XT_CASE(the_card_refuses_the_server), XT_CASE(never_reached), XT_CASE(tries_are_counted))
