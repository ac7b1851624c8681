/* SPDX-License-Identifier: Apache-2.0 */
#include "model/import.h"

#include <assert.h>

struct reason_row {
    const char *name, *zh, *en;
};

static const struct reason_row reasons[] = {
#define IMPORT_REASON(id, chinese, english) {#id, chinese, english},
#include "model/import.def"
#undef IMPORT_REASON
};
static_assert(ARRAY_LEN(reasons) == IMPORT_BATCH_MIXED + 1, "a row a reason");

static const struct reason_row *find_reason(enum import_reason reason)
{
    static const struct reason_row unknown = {"?", "?", "?"};

    return (size_t)reason < ARRAY_LEN(reasons) ? &reasons[reason] : &unknown;
}

const char *import_reason_name(enum import_reason reason)
{
    return find_reason(reason)->name;
}

const char *import_reason_en(enum import_reason reason)
{
    return find_reason(reason)->en;
}

const char *import_reason_zh(enum import_reason reason)
{
    return find_reason(reason)->zh;
}

void import_refuse_name(struct import_report *report, uint32_t line, struct bytes name,
                        enum import_reason reason)
{
    char text[sizeof report->errors[0].field];
    size_t n = name.n < sizeof text - 1 ? name.n : sizeof text - 1;

    for (size_t i = 0; i < n; i++)
        text[i] = name.p[i] > ' ' && name.p[i] < 0x7F ? (char)name.p[i] : '?';
    text[n] = '\0';
    import_refuse(report, line, text, reason);
}

void import_refuse(struct import_report *report, uint32_t line, const char *field,
                   enum import_reason reason)
{
    struct import_error *e;

    report->bad++;
    if (report->n_errors == IMPORT_ERRORS_MAX)
        return;
    e = &report->errors[report->n_errors++];
    *e = (struct import_error){.line = line, .reason = reason};
    snprintf(e->field, sizeof e->field, "%s", field);
}
