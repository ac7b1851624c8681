/* SPDX-License-Identifier: Apache-2.0 */
/* What an import of a file of numbers or chips answers. All or nothing: with one bad line nothing
 * of the file is kept. */
#ifndef MODEL_IMPORT_H
#define MODEL_IMPORT_H

#include "base/buf.h"

#define IMPORT_FILE_MAX (64u << 20) /* bytes */
#define IMPORT_LINES_MAX 200000
#define IMPORT_ERRORS_MAX 20 /* named one by one; the rest are only counted */

enum import_reason {
#define IMPORT_REASON(name, zh, en) IMPORT_##name,
#include "model/import.def"
#undef IMPORT_REASON
};
const char *import_reason_name(enum import_reason reason); /* "NOT_DIGITS"; "?" */
const char *import_reason_en(enum import_reason reason);   /* "must be digits" */
const char *import_reason_zh(enum import_reason reason);

struct import_error {
    uint32_t line;  /* of the file, from 1; 0: the file as a whole */
    char field[24]; /* column or header line, as the file spells it; "" the whole line */
    enum import_reason reason;
};

struct import_report {
    uint32_t lines;    /* records seen */
    uint32_t imported; /* 0 unless all were */
    uint32_t bad;      /* refused */
    uint32_t n_errors;
    struct import_error errors[IMPORT_ERRORS_MAX]; /* the first ones, in file order */
};

/* Notes a refused line; field is cut to fit. */
void import_refuse(struct import_report *report, uint32_t line, const char *field,
                   enum import_reason reason);
/* The same for a name out of the file: what is not printable ASCII becomes '?'. */
void import_refuse_name(struct import_report *report, uint32_t line, struct bytes name,
                        enum import_reason reason);

#endif
