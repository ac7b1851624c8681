/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/codes.h"

#include "base/bytes.h"

struct code_row {
    uint16_t value;
    const char *spec, *text;
};

#define CODE_ROW(name, value, spec, text) {value, spec, text},

static const struct code_row authenticate_errors[] = {
#define RSP_AUTHENTICATE_ERROR CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row download_errors[] = {
#define RSP_DOWNLOAD_ERROR CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row bpp_commands[] = {
#define RSP_BPP_COMMAND CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row error_reasons[] = {
#define RSP_ERROR_REASON CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row cancel_reasons[] = {
#define RSP_CANCEL_REASON CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row enable_results[] = {
#define RSP_ENABLE_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row disable_results[] = {
#define RSP_DISABLE_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row delete_results[] = {
#define RSP_DELETE_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row memory_reset_results[] = {
#define RSP_MEMORY_RESET_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row nickname_results[] = {
#define RSP_NICKNAME_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row notification_sent_results[] = {
#define RSP_NOTIFICATION_SENT_RESULT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row load_crl_errors[] = {
#define RSP_LOAD_CRL_ERROR CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row events[] = {
#define RSP_EVENT CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row pprs[] = {
#define RSP_PPR CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row memory_reset_options[] = {
#define RSP_MEMORY_RESET_OPTION CODE_ROW
#include "codec/rsp/codes.def"
};
static const struct code_row profile_classes[] = {
#define RSP_PROFILE_CLASS CODE_ROW
#include "codec/rsp/codes.def"
};

static const struct code_table {
    const struct code_row *rows;
    size_t n;
} tables[] = {
    [RSP_TABLE_AUTHENTICATE_ERROR] = {authenticate_errors, ARRAY_LEN(authenticate_errors)},
    [RSP_TABLE_DOWNLOAD_ERROR] = {download_errors, ARRAY_LEN(download_errors)},
    [RSP_TABLE_BPP_COMMAND] = {bpp_commands, ARRAY_LEN(bpp_commands)},
    [RSP_TABLE_ERROR_REASON] = {error_reasons, ARRAY_LEN(error_reasons)},
    [RSP_TABLE_CANCEL_REASON] = {cancel_reasons, ARRAY_LEN(cancel_reasons)},
    [RSP_TABLE_ENABLE_RESULT] = {enable_results, ARRAY_LEN(enable_results)},
    [RSP_TABLE_DISABLE_RESULT] = {disable_results, ARRAY_LEN(disable_results)},
    [RSP_TABLE_DELETE_RESULT] = {delete_results, ARRAY_LEN(delete_results)},
    [RSP_TABLE_MEMORY_RESET_RESULT] = {memory_reset_results, ARRAY_LEN(memory_reset_results)},
    [RSP_TABLE_NICKNAME_RESULT] = {nickname_results, ARRAY_LEN(nickname_results)},
    [RSP_TABLE_NOTIFICATION_SENT_RESULT] = {notification_sent_results,
                                            ARRAY_LEN(notification_sent_results)},
    [RSP_TABLE_LOAD_CRL_ERROR] = {load_crl_errors, ARRAY_LEN(load_crl_errors)},
    [RSP_TABLE_EVENT] = {events, ARRAY_LEN(events)},
    [RSP_TABLE_PPR] = {pprs, ARRAY_LEN(pprs)},
    [RSP_TABLE_MEMORY_RESET_OPTION] = {memory_reset_options, ARRAY_LEN(memory_reset_options)},
    [RSP_TABLE_PROFILE_CLASS] = {profile_classes, ARRAY_LEN(profile_classes)},
};

static const struct code_row *find_row(enum rsp_code_table table, uint32_t value)
{
    if ((size_t)table >= ARRAY_LEN(tables))
        return NULL;
    for (size_t i = 0; i < tables[table].n; i++)
        if (tables[table].rows[i].value == value)
            return &tables[table].rows[i];
    return NULL;
}

const char *rsp_code_name(enum rsp_code_table table, uint32_t value)
{
    const struct code_row *row = find_row(table, value);

    return row ? row->spec : "unknown";
}

const char *rsp_code_text(enum rsp_code_table table, uint32_t value)
{
    const struct code_row *row = find_row(table, value);

    return row ? row->text : "";
}
