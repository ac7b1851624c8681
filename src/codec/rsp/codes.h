/* SPDX-License-Identifier: Apache-2.0 */
/* The named integers of the RSP modules: one row each in codes.def, with the name as the module
 * writes it. Received values that are not here stay numbers. */
#ifndef CODEC_RSP_CODES_H
#define CODEC_RSP_CODES_H

#include <stdint.h>

#define RSP_UNDEFINED_ERROR                                                                        \
    127 /* undefinedError, undefinedReason, ...UnknownError of every table */

enum rsp_authenticate_error {
#define RSP_AUTHENTICATE_ERROR(name, value, spec, text) RSP_AUTHENTICATE_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_download_error {
#define RSP_DOWNLOAD_ERROR(name, value, spec, text) RSP_DOWNLOAD_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_bpp_command {
#define RSP_BPP_COMMAND(name, value, spec, text) RSP_BPP_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_error_reason {
#define RSP_ERROR_REASON(name, value, spec, text) RSP_REASON_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_cancel_reason {
#define RSP_CANCEL_REASON(name, value, spec, text) RSP_CANCEL_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_enable_result {
#define RSP_ENABLE_RESULT(name, value, spec, text) RSP_ENABLE_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_disable_result {
#define RSP_DISABLE_RESULT(name, value, spec, text) RSP_DISABLE_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_delete_result {
#define RSP_DELETE_RESULT(name, value, spec, text) RSP_DELETE_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_memory_reset_result {
#define RSP_MEMORY_RESET_RESULT(name, value, spec, text) RSP_MEMORY_RESET_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_nickname_result {
#define RSP_NICKNAME_RESULT(name, value, spec, text) RSP_NICKNAME_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_notification_sent_result {
#define RSP_NOTIFICATION_SENT_RESULT(name, value, spec, text) RSP_NOTIFICATION_SENT_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_load_crl_error {
#define RSP_LOAD_CRL_ERROR(name, value, spec, text) RSP_LOAD_CRL_##name = value,
#include "codec/rsp/codes.def"
};
/* Named bits: the value is the bit's number. */
enum rsp_event {
#define RSP_EVENT(name, value, spec, text) RSP_EVENT_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_ppr {
#define RSP_PPR(name, value, spec, text) RSP_PPR_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_memory_reset_option {
#define RSP_MEMORY_RESET_OPTION(name, value, spec, text) RSP_RESET_##name = value,
#include "codec/rsp/codes.def"
};
enum rsp_profile_class {
#define RSP_PROFILE_CLASS(name, value, spec, text) RSP_CLASS_##name = value,
#include "codec/rsp/codes.def"
};

enum rsp_code_table {
    RSP_TABLE_AUTHENTICATE_ERROR,
    RSP_TABLE_DOWNLOAD_ERROR,
    RSP_TABLE_BPP_COMMAND,
    RSP_TABLE_ERROR_REASON,
    RSP_TABLE_CANCEL_REASON,
    RSP_TABLE_ENABLE_RESULT,
    RSP_TABLE_DISABLE_RESULT,
    RSP_TABLE_DELETE_RESULT,
    RSP_TABLE_MEMORY_RESET_RESULT,
    RSP_TABLE_NICKNAME_RESULT,
    RSP_TABLE_NOTIFICATION_SENT_RESULT,
    RSP_TABLE_LOAD_CRL_ERROR,
    RSP_TABLE_EVENT,
    RSP_TABLE_PPR,
    RSP_TABLE_MEMORY_RESET_OPTION,
    RSP_TABLE_PROFILE_CLASS,
};
/* "iccidOrAidNotFound"; "unknown" for a number that is not in the table. */
const char *rsp_code_name(enum rsp_code_table table, uint32_t value);
/* What it means, for people; "" when not in the table. */
const char *rsp_code_text(enum rsp_code_table table, uint32_t value);

#endif
