/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: a file of chips, be it CSV or a card vendor's output file, as a head and
 * rows of named fields; and one row of it as a chip. */
#ifndef SERVICE_CHIP_FILE_H
#define SERVICE_CHIP_FILE_H

#include "codec/csv/csv.h"
#include "crypto/cipher.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

enum chip_column {
#define CHIP_COLUMN(id, name, alias, where) COLUMN_##id,
#include "service/chip/columns.def"
#undef CHIP_COLUMN
    COLUMN_COUNT
};

struct chip_file {
    const struct chip_import *how;
    struct bytes head[COLUMN_COUNT];  /* said once for all rows */
    uint32_t quantity, quantity_line; /* as the head says; line 0: it does not */
    bool is_encrypted;
    enum cipher_algorithm transport;
    struct csv first; /* stands before the first row */
    int at[COLUMN_COUNT];
    size_t width; /* fields of a row */
    struct csv_row row;
};

/* One row, read. Holds keys: wiped by its user. */
struct chip_line {
    struct chip chip;
    struct chip_keys keys;
    bool has_seed; /* to be entered as a number */
    struct number seed;
    struct number_keys seed_keys;
};

struct chip_complaint {
    const char *field;
    enum import_reason why;
};

const char *chip_column_name(enum chip_column column);
/* Reads the head; what is wrong with it goes to the report. */
void chip_file_open(struct chip_file *f, const struct chip_import *how, struct bytes file,
                    struct import_report *report);
/* The next row. XK_E_NOT_FOUND: the end; XK_E_FORMAT, XK_E_LIMIT as csv_next. */
enum xk_err chip_file_next(struct chip_file *f, struct csv *at) XK_MUST_CHECK;
/* The present row's field, or what the head says instead. */
struct bytes chip_file_field(const struct chip_file *f, enum chip_column column);
/* Key check value: the first 3 bytes of a known block under the key, zeros for 3DES and 01 01 ...
 * for AES (GlobalPlatform Card Specification B.6); as hexadecimal text. */
bool chip_kcv_matches(enum cipher_algorithm algorithm, const struct secret *key, struct bytes text);
/* False: the row cannot be taken, and why. */
bool chip_line_read(const struct chip_file *f, struct chip_line *out, struct chip_complaint *c);

#endif
