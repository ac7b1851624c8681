/* SPDX-License-Identifier: Apache-2.0 */
/* What each ending comes from: the tables of service/exception. */
#include "codec/script/script.h"
#include "model/code.h"
#include "service/exception/exception.h"
#include "xt.h"

TEST(every_code_has_a_cause)
{
    const struct code_info *codes;
    struct task t = {.channel = TASK_CHANNEL_SMS};
    const struct exception_ending e = {.task = &t, .from = TASK_SENDING};
    size_t n;

    codes = code_table(&n);
    for (size_t i = 0; i < n; i++) {
        bool asked_only =
            codes[i].code == CODE_NO_SUCH_TASK || codes[i].code == CODE_TASK_STATE ||
            codes[i].code == CODE_SCRIPT_GONE || codes[i].code == CODE_WRITING_STOPPED ||
            codes[i].code == CODE_NO_SUCH_EXCEPTION || codes[i].code == CODE_EXCEPTION_STATE ||
            codes[i].code == CODE_NO_SUCH_RULE || codes[i].code == CODE_NO_REAL_NAME ||
            codes[i].code == CODE_NO_SUCH_BLOCK;

        t.code = codes[i].code;
        if (t.code < 13000 || t.code >= 17000 || asked_only)
            continue; /* about the call, not about a write */
        if (exception_cause_of(&e) == EXCEPTION_BY_INTERNAL)
            printf("# %d %s\n", t.code, codes[i].en);
        CHECK(exception_cause_of(&e) != EXCEPTION_BY_INTERNAL);
    }
    t.code = CODE_CARD_FAILED;
    for (int result = 0x10; result < 0x20; result++) {
        t.card_result = (uint8_t)result;
        if (result <= SCRIPT_BAD_LENGTH)
            CHECK(exception_cause_of(&e) != EXCEPTION_BY_CARD_FAILED);
        else
            CHECK_INT(exception_cause_of(&e), EXCEPTION_BY_CARD_FAILED);
    }
    for (int by = 0; by < DOWNLOAD_BY_RESTOCK; by++) {
        enum exception_cause cause;
        enum download_state to;
        bool ends = download_move(DOWNLOAD_DOWNLOADED, (enum download_cause)by, &to) &&
                    to == DOWNLOAD_ERROR;

        CHECK_INT(exception_cause_of_download((enum download_cause)by, &cause), ends);
    }
}

TEST(what_silence_means)
{
    static const struct {
        enum task_state from;
        enum task_channel channel;
        enum task_step step;
        uint8_t result;
        bool delivered;
        enum exception_cause cause;
        enum exception_class class;
    } rows[] = {
        {TASK_NUMBER_LOCKED, TASK_CHANNEL_SMS, 0, 0, false, EXCEPTION_BY_NOT_OPENED, EXCEPTION_I},
        {TASK_SCRIPT_READY, TASK_CHANNEL_RELAY, 0, 0, false, EXCEPTION_BY_NOT_FETCHED, EXCEPTION_A},
        {TASK_NO_REPORT, TASK_CHANNEL_SMS, TASK_STEP_PREPARE, 0, false, EXCEPTION_BY_UNREACHABLE,
         EXCEPTION_T},
        {TASK_NO_REPORT, TASK_CHANNEL_SMS, TASK_STEP_PREPARE, 0, true, EXCEPTION_BY_SILENT,
         EXCEPTION_T},
        {TASK_NO_REPORT, TASK_CHANNEL_SMS, TASK_STEP_COMMIT, SCRIPT_PREPARED, true,
         EXCEPTION_BY_NO_REPORT, EXCEPTION_W},
        {TASK_NO_REPORT, TASK_CHANNEL_RELAY, TASK_STEP_PREPARE, 0, false, EXCEPTION_BY_NO_REPORT,
         EXCEPTION_W},
        {TASK_NO_REPORT, TASK_CHANNEL_SMS, TASK_STEP_COMMIT, SCRIPT_REFRESH_REFUSED, true,
         EXCEPTION_BY_REFRESH_REFUSED, EXCEPTION_T},
        {TASK_NO_REPORT, TASK_CHANNEL_SMS, TASK_STEP_COMMIT, SCRIPT_ATTACH_TIMEOUT, true,
         EXCEPTION_BY_ATTACH_TIMEOUT, EXCEPTION_T},
        {TASK_SENDING, TASK_CHANNEL_RSP, TASK_STEP_PREPARE, 0, false, EXCEPTION_BY_NOT_DOWNLOADED,
         EXCEPTION_T},
        {TASK_DELIVERED, TASK_CHANNEL_RSP, TASK_STEP_PREPARE, 0, true, EXCEPTION_BY_SILENT,
         EXCEPTION_T},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct task t = {.code = CODE_NO_ANSWER,
                         .channel = rows[i].channel,
                         .step = rows[i].step,
                         .card_result = rows[i].result};
        enum exception_cause cause = exception_cause_of(&(struct exception_ending){
            .task = &t, .from = rows[i].from, .delivered = rows[i].delivered});

        if (cause != rows[i].cause)
            printf("# row %zu\n", i);
        CHECK_INT(cause, rows[i].cause);
        CHECK_INT(exception_cause_info(cause)->class, rows[i].class);
    }
}

TESTS_MAIN(XT_CASE(every_code_has_a_cause), XT_CASE(what_silence_means))
