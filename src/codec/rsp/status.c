/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/status.h"

struct text_row {
    const char *code, *text;
};

static const char *const function_names[] = {
#define RSP_FUNCTION(name, text, tag) [RSP_##name] = (text),
#include "codec/rsp/status.def"
};

static const struct rsp_verdict_row verdicts[] = {
#define RSP_VERDICT(function, name, subject, reason, asn1, text)                                   \
    [RSP_##function##_##name] = {RSP_##function, #name, subject, reason, asn1, text},
#include "codec/rsp/status.def"
};

static const struct text_row subjects[] = {
#define RSP_SUBJECT(code, text) {code, text},
#include "codec/rsp/status.def"
};

static const struct text_row reasons[] = {
#define RSP_REASON(code, text) {code, text},
#include "codec/rsp/status.def"
};

static const char *const executions[] = {
    [RSP_EXECUTED_SUCCESS] = "Executed-Success",
    [RSP_EXECUTED_WITH_WARNING] = "Executed-WithWarning",
    [RSP_FAILED] = "Failed",
    [RSP_EXPIRED] = "Expired",
};

const char *rsp_function_name(enum rsp_function function)
{
    return (size_t)function < ARRAY_LEN(function_names) ? function_names[function] : "";
}

const struct rsp_verdict_row *rsp_verdict_row(enum rsp_verdict verdict)
{
    if (verdict == RSP_EXECUTED || (size_t)verdict >= ARRAY_LEN(verdicts))
        return NULL;
    return &verdicts[verdict];
}

enum rsp_verdict rsp_verdict_find(enum rsp_function function, struct bytes subject,
                                  struct bytes reason)
{
    for (size_t i = RSP_EXECUTED + 1; i < ARRAY_LEN(verdicts); i++)
        if (verdicts[i].function == function &&
            bytes_eq(bytes_cstr(verdicts[i].subject), subject) &&
            bytes_eq(bytes_cstr(verdicts[i].reason), reason))
            return (enum rsp_verdict)i;
    return RSP_EXECUTED;
}

/* 127 stands for several rows and so for none. */
enum rsp_verdict rsp_verdict_find_asn1(enum rsp_function function, uint32_t asn1)
{
    if (asn1 == 0 || asn1 == 127)
        return RSP_EXECUTED;
    for (size_t i = RSP_EXECUTED + 1; i < ARRAY_LEN(verdicts); i++)
        if (verdicts[i].function == function && verdicts[i].asn1 == asn1)
            return (enum rsp_verdict)i;
    return RSP_EXECUTED;
}

static const char *find_text(const struct text_row *rows, size_t n, struct bytes code)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_eq(bytes_cstr(rows[i].code), code))
            return rows[i].text;
    return "";
}

const char *rsp_subject_text(struct bytes subject)
{
    return find_text(subjects, ARRAY_LEN(subjects), subject);
}

const char *rsp_reason_text(struct bytes reason)
{
    return find_text(reasons, ARRAY_LEN(reasons), reason);
}

const char *rsp_execution_text(enum rsp_execution execution)
{
    return (size_t)execution < ARRAY_LEN(executions) ? executions[execution] : "";
}

enum xk_err rsp_execution_from_text(struct bytes text, enum rsp_execution *out)
{
    for (size_t i = 0; i < ARRAY_LEN(executions); i++) {
        if (!bytes_eq(bytes_cstr(executions[i]), text))
            continue;
        *out = (enum rsp_execution)i;
        return XK_OK;
    }
    return XK_E_FORMAT;
}

void rsp_reject(struct rsp_status *status, enum rsp_verdict verdict)
{
    const struct rsp_verdict_row *row = rsp_verdict_row(verdict);

    if (!row)
        return;
    *status = (struct rsp_status){
        .execution = RSP_FAILED,
        .subject = bytes_cstr(row->subject),
        .reason = bytes_cstr(row->reason),
        .message = bytes_cstr(row->text),
        .verdict = verdict,
        .asn1 = row->asn1,
    };
}

bool rsp_succeeded(const struct rsp_status *status)
{
    return status->execution == RSP_EXECUTED_SUCCESS ||
           status->execution == RSP_EXECUTED_WITH_WARNING;
}
