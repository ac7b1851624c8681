/* SPDX-License-Identifier: Apache-2.0 */
/* What a server answers when it refuses (SGP.22 5.6, 6.4): subject and reason code of the JSON
 * binding, integer of the ASN.1 binding, one row each in status.def. Codes are strings: "3.10" is
 * not "3.1". */
#ifndef CODEC_RSP_STATUS_H
#define CODEC_RSP_STATUS_H

#include "base/bytes.h"

enum rsp_function {
#define RSP_FUNCTION(name, path, tag) RSP_##name,
#include "codec/rsp/status.def"
    RSP_FUNCTION_COUNT
};
/* "ES9+.InitiateAuthentication" */
const char *rsp_function_name(enum rsp_function function);

enum rsp_verdict {
    RSP_EXECUTED, /* success */
#define RSP_VERDICT(function, name, subject, reason, asn1, text) RSP_##function##_##name,
#include "codec/rsp/status.def"
    RSP_VERDICT_COUNT
};

struct rsp_verdict_row {
    enum rsp_function function;
    const char *name; /* as in the enum, without the function */
    const char *subject, *reason;
    uint8_t asn1; /* error integer; 0: the function has no ASN.1 binding */
    const char *text;
};
/* NULL for RSP_EXECUTED. */
const struct rsp_verdict_row *rsp_verdict_row(enum rsp_verdict verdict);
/* RSP_EXECUTED when there is no such row. */
enum rsp_verdict rsp_verdict_find(enum rsp_function function, struct bytes subject,
                                  struct bytes reason);
enum rsp_verdict rsp_verdict_find_asn1(enum rsp_function function, uint32_t asn1);
/* For people: what a subject or a reason code means ("confirmation code", "refused"); "" when it is
 * not known. */
const char *rsp_subject_text(struct bytes subject);
const char *rsp_reason_text(struct bytes reason);

enum rsp_execution {
    RSP_EXECUTED_SUCCESS,
    RSP_EXECUTED_WITH_WARNING,
    RSP_FAILED,
    RSP_EXPIRED,
};
const char *rsp_execution_text(enum rsp_execution execution); /* "Executed-Success" */
/* XK_E_FORMAT */
enum xk_err rsp_execution_from_text(struct bytes text, enum rsp_execution *out) XK_MUST_CHECK;

/* functionExecutionStatus. All zero is success. */
struct rsp_status {
    enum rsp_execution execution;
    struct bytes subject, reason;             /* when not success */
    struct bytes subject_identifier, message; /* optional */
    enum rsp_verdict verdict; /* of rejecting servers; a client's decoder sets it when the codes are
                                 in the table */
    uint32_t asn1;            /* error integer, as sent or received by the ASN.1 binding */
};
/* Refuses: execution, subject, reason, message (the row's text), verdict and asn1. */
void rsp_reject(struct rsp_status *status, enum rsp_verdict verdict);
bool rsp_succeeded(const struct rsp_status *status);

#endif
