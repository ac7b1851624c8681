/* SPDX-License-Identifier: Apache-2.0 */
#include "service/chip/file.h"

#include <assert.h>
#include <strings.h>

#include "base/hex.h"

enum where { ROW, BOTH, SKIP };

static const struct csv_column columns[] = {
#define CHIP_COLUMN(id, name, alias, where) {name, alias},
#include "service/chip/columns.def"
#undef CHIP_COLUMN
};
static const enum where wheres[] = {
#define CHIP_COLUMN(id, name, alias, where) where,
#include "service/chip/columns.def"
#undef CHIP_COLUMN
};
static_assert(ARRAY_LEN(columns) == 32, "columns of import-files.md");

#define KCV_LEN 3

const char *chip_column_name(enum chip_column column)
{
    return columns[column].name;
}

struct bytes chip_file_field(const struct chip_file *f, enum chip_column column)
{
    struct bytes text = csv_field(&f->row, f->at[column]);

    return text.n > 0 ? text : f->head[column];
}

/* Binds the names in f->row, which stood in this line. */
static void bind_columns(struct chip_file *f, uint32_t line, struct import_report *report)
{
    size_t bad = 0;

    switch (csv_bind(&f->row, columns, COLUMN_COUNT, f->at, &bad)) {
    case CSV_UNKNOWN:
        import_refuse_name(report, line, f->row.field[bad], IMPORT_UNKNOWN_COLUMN);
        return;
    case CSV_DOUBLE:
        import_refuse_name(report, line, f->row.field[bad], IMPORT_DOUBLE_COLUMN);
        return;
    case CSV_BOUND:
    default:
        break;
    }
    f->width = f->row.n;
    if (f->at[COLUMN_CID] < 0)
        import_refuse(report, line, "cid", IMPORT_MISSING);
}

static void open_csv(struct chip_file *f, struct bytes file, struct import_report *report)
{
    enum xk_err err;

    csv_init(&f->first, CSV_COMMAS, file);
    err = csv_next(&f->first, &f->row);
    if (err == XK_E_NOT_FOUND)
        import_refuse(report, 0, "", IMPORT_MISSING);
    else if (err != XK_OK)
        import_refuse(report, f->row.line, "",
                      err == XK_E_FORMAT ? IMPORT_QUOTES : IMPORT_TOO_LONG);
    else
        bind_columns(f, f->row.line, report);
}

/* Card vendors' output files. */

static bool begins_with(struct bytes text, const char *word)
{
    size_t n = strlen(word);

    return text.n >= n && strncasecmp((const char *)text.p, word, n) == 0;
}

static bool read_quantity(struct bytes text, uint32_t *out)
{
    uint32_t n = 0;

    if (text.n == 0 || text.n > 7)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = 10 * n + text.p[i] - '0';
    }
    *out = n;
    return true;
}

/* "Transport_key: AES-128-CBC": how the keys in the rows are encrypted, under a key that the
 * operator has got another way. */
static bool read_transport(struct chip_file *f, struct bytes text, enum import_reason *why)
{
    size_t n = f->how->transport ? f->how->transport->n : 0;

    if (csv_name_is(text, "none"))
        return true;
    f->is_encrypted = true;
    *why = IMPORT_BAD_VALUE;
    if (csv_name_is(text, "AES-128-CBC"))
        f->transport = CIPHER_AES;
    else if (csv_name_is(text, "3DES-CBC"))
        f->transport = n == 24 ? CIPHER_3DES_3 : CIPHER_3DES_2;
    else
        return false;
    *why = IMPORT_KEY_SEALED;
    return n == 24 ? f->transport == CIPHER_3DES_3 : n == 16;
}

bool chip_kcv_matches(enum cipher_algorithm algorithm, const struct secret *key, struct bytes text)
{
    uint8_t block[CIPHER_BLOCK_MAX], want[KCV_LEN];
    size_t n = cipher_block(algorithm);

    memset(block, n == 8 ? 0x00 : 0x01, n);
    if (hex_decode_exact(text, want, sizeof want) != XK_OK ||
        cipher_ecb_encrypt(algorithm, secret_bytes(key), BYTES(block, n), block) != XK_OK)
        return false;
    return memcmp(block, want, sizeof want) == 0;
}

static bool read_transport_kcv(const struct chip_file *f, struct bytes text)
{
    return f->is_encrypted && f->how->transport &&
           chip_kcv_matches(f->transport, f->how->transport, text);
}

static void read_setting(struct chip_file *f, struct bytes name, struct bytes value, uint32_t line,
                         struct import_report *report)
{
    enum import_reason why = IMPORT_BAD_VALUE;
    bool good = true;

    if (csv_name_is(name, "quantity")) {
        f->quantity_line = line;
        good = read_quantity(value, &f->quantity);
    } else if (csv_name_is(name, "transport_key")) {
        good = read_transport(f, value, &why);
    } else if (csv_name_is(name, "transport_kcv")) {
        why = IMPORT_KEY_SEALED;
        good = read_transport_kcv(f, value);
    }
    if (!good)
        import_refuse_name(report, line, name, why);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (wheres[i] == BOTH && (csv_name_is(name, columns[i].name) ||
                                  (columns[i].alias && csv_name_is(name, columns[i].alias))))
            f->head[i] = value;
    }
}

/* "name: value"; names that we have no use for are passed over. */
static void read_head_line(struct chip_file *f, struct bytes line, uint32_t number,
                           struct import_report *report)
{
    const uint8_t *colon;
    size_t n;

    if (line.n == 0 || line.p[0] == '*' || line.p[0] == '#')
        return;
    colon = memchr(line.p, ':', line.n);
    if (!colon) {
        import_refuse_name(report, number, line, IMPORT_BAD_VALUE);
        return;
    }
    n = (size_t)(colon - line.p);
    read_setting(f, csv_trim(bytes_part(line, 0, n)), csv_trim(bytes_part(line, n + 1, line.n)),
                 number, report);
}

/* "var_Out: CID/ICCID/IMSI": the names of the columns. */
static void read_var_out(struct chip_file *f, struct bytes names, uint32_t line,
                         struct import_report *report)
{
    uint8_t text[1024];

    if (names.n > sizeof text) {
        import_refuse(report, line, "var_Out", IMPORT_TOO_LONG);
        return;
    }
    for (size_t i = 0; i < names.n; i++)
        text[i] = names.p[i] == '/' ? ',' : names.p[i];
    if (csv_split(CSV_COMMAS, BYTES(text, names.n), &f->row) != XK_OK)
        import_refuse(report, line, "var_Out", IMPORT_BAD_VALUE);
    else
        bind_columns(f, line, report);
}

static void open_vendor(struct chip_file *f, struct bytes file, struct import_report *report)
{
    struct bytes line;

    csv_init(&f->first, CSV_BLANKS, file);
    while (csv_line(&f->first, &line)) {
        if (begins_with(line, "var_Out:")) {
            read_var_out(f, bytes_part(line, 8, line.n), f->first.line, report);
            return;
        }
        read_head_line(f, line, f->first.line, report);
    }
    import_refuse(report, 0, "var_Out", IMPORT_MISSING);
}

void chip_file_open(struct chip_file *f, const struct chip_import *how, struct bytes file,
                    struct import_report *report)
{
    struct bytes line = BYTES_NONE;
    struct csv peek;

    *f = (struct chip_file){.how = how};
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        f->at[i] = -1;
    csv_init(&peek, CSV_BLANKS, file);
    csv_line(&peek, &line);
    if (begins_with(line, "*HEADER"))
        open_vendor(f, file, report);
    else
        open_csv(f, file, report);
}

enum xk_err chip_file_next(struct chip_file *f, struct csv *at)
{
    enum xk_err err;

    do {
        err = csv_next(at, &f->row);
    } while (err == XK_OK && at->kind == CSV_BLANKS && f->row.field[0].p[0] == '*');
    return err;
}
