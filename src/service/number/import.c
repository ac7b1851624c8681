/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file of numbers into a pool: first every line is checked, then all are added. */
#include "service/number/number.h"

#include <assert.h>

#include "base/hex.h"
#include "base/map.h"
#include "codec/csv/csv.h"
#include "crypto/aka.h"
#include "crypto/milenage.h"
#include "crypto/tuak.h"
#include "service/number/rows.h"

enum column {
#define NUMBER_COLUMN(id, name, alias) COLUMN_##id,
#include "service/number/columns.def"
#undef NUMBER_COLUMN
    COLUMN_COUNT
};

static const struct csv_column columns[] = {
#define NUMBER_COLUMN(id, name, alias) {name, alias},
#include "service/number/columns.def"
#undef NUMBER_COLUMN
};
static_assert(ARRAY_LEN(columns) == 9, "columns of import-files.md");

struct import {
    struct store *store;
    struct keystore *ks;
    const struct pool *pool;
    struct bytes file;
    int64_t now;
    struct import_report *report;
    int at[COLUMN_COUNT];
    size_t width; /* fields of the header */
    struct csv_row row;
    struct map imsis, msisdns, iccids; /* seen in this file */
};

/* What is wrong with a line: one thing is enough. */
struct complaint {
    const char *field;
    enum import_reason why;
};

static bool complain(struct complaint *c, enum column column, enum import_reason why)
{
    *c = (struct complaint){.field = columns[column].name, .why = why};
    return false;
}

static struct bytes field(const struct import *in, enum column column)
{
    return csv_field(&in->row, in->at[column]);
}

static bool take_text(const struct import *in, enum column column, char *out, size_t cap,
                      struct complaint *c)
{
    return bytes_to_cstr(field(in, column), out, cap) || complain(c, column, IMPORT_BAD_LENGTH);
}

/* Hexadecimal of one of two lengths. */
static bool take_key(const struct import *in, enum column column, size_t n, size_t or_n,
                     struct secret *out, struct complaint *c)
{
    struct bytes text = field(in, column);
    size_t got;

    if (text.n == 0)
        return complain(c, column, IMPORT_MISSING);
    if (text.n != 2 * n && text.n != 2 * or_n)
        return complain(c, column, IMPORT_BAD_LENGTH);
    if (hex_decode(text, out->bytes, sizeof out->bytes, &got) != XK_OK)
        return complain(c, column, IMPORT_NOT_HEX);
    out->n = (uint8_t)got;
    return true;
}

static bool take_algorithm(const struct import *in, uint8_t *out, struct complaint *c)
{
    struct bytes text = field(in, COLUMN_ALGORITHM);

    if (text.n == 0 || csv_name_is(text, "milenage") || csv_name_is(text, "1"))
        *out = AKA_MILENAGE;
    else if (csv_name_is(text, "tuak") || csv_name_is(text, "2"))
        *out = AKA_TUAK;
    else
        return complain(c, COLUMN_ALGORITHM, IMPORT_BAD_VALUE);
    return true;
}

/* OPc = E_K(OP) xor OP (TS 35.206 4.1); TOPc of TUAK with one iteration (TS 35.231). */
static bool opc_of_op(const struct import *in, uint8_t algorithm, struct number_keys *keys,
                      struct complaint *c)
{
    AUTO_SECRET struct secret op = {0};
    size_t n = number_opc_len(algorithm);
    enum xk_err err;

    if (!take_key(in, COLUMN_OP, n, n, &op, c))
        return false;
    if (algorithm == AKA_TUAK)
        err = tuak_topc(secret_bytes(&keys->k), op.bytes, 1, keys->opc.bytes);
    else
        err = milenage_opc(secret_bytes(&keys->k), op.bytes, keys->opc.bytes);
    keys->opc.n = (uint8_t)n;
    return err == XK_OK || complain(c, COLUMN_OP, IMPORT_BAD_VALUE);
}

static bool take_cr(const struct import *in, uint8_t algorithm, struct number_keys *keys,
                    struct complaint *c)
{
    struct bytes text = field(in, COLUMN_CR);

    if (text.n == 0)
        return true;
    if (algorithm != AKA_MILENAGE)
        return complain(c, COLUMN_CR, IMPORT_BAD_VALUE);
    if (text.n != 2 * sizeof keys->cr)
        return complain(c, COLUMN_CR, IMPORT_BAD_LENGTH);
    if (hex_decode_exact(text, keys->cr, sizeof keys->cr) != XK_OK)
        return complain(c, COLUMN_CR, IMPORT_NOT_HEX);
    for (size_t i = 0; i < 5; i++) {
        if (keys->cr[i] > 127) /* r1..r5 rotate 128 bits */
            return complain(c, COLUMN_CR, IMPORT_BAD_VALUE);
    }
    keys->has_cr = true;
    return true;
}

static bool take_keys(const struct import *in, uint8_t algorithm, struct number_keys *keys,
                      struct complaint *c)
{
    size_t opc_n = number_opc_len(algorithm);
    bool has_op = field(in, COLUMN_OP).n > 0;

    if (!take_key(in, COLUMN_K, 16, algorithm == AKA_TUAK ? 32 : 16, &keys->k, c))
        return false;
    if (has_op && field(in, COLUMN_OPC).n > 0)
        return complain(c, COLUMN_OP, IMPORT_BAD_VALUE);
    if (has_op && !opc_of_op(in, algorithm, keys, c))
        return false;
    if (!has_op && !take_key(in, COLUMN_OPC, opc_n, opc_n, &keys->opc, c))
        return false;
    return take_cr(in, algorithm, keys, c);
}

static void upper_case(char *text)
{
    for (; *text; text++) {
        if (*text >= 'a' && *text <= 'f')
            *text = (char)(*text - 'a' + 'A');
    }
}

static bool take_number(const struct import *in, struct number *n, struct number_keys *keys,
                        struct complaint *c)
{
    *n = (struct number){.purpose = in->pool->purpose, .state = NUMBER_FREE};
    memcpy(n->pool_id, in->pool->id, sizeof n->pool_id);
    if (in->row.n != in->width) {
        *c = (struct complaint){.field = "", .why = IMPORT_FIELD_COUNT};
        return false;
    }
    if (!take_text(in, COLUMN_IMSI, n->imsi, sizeof n->imsi, c) ||
        !take_text(in, COLUMN_MSISDN, n->msisdn, sizeof n->msisdn, c) ||
        !take_text(in, COLUMN_ICCID, n->iccid, sizeof n->iccid, c) ||
        !take_text(in, COLUMN_SMSC, n->smsc, sizeof n->smsc, c))
        return false;
    upper_case(n->iccid);
    if (!number_check(n, &c->field, &c->why))
        return false;
    return take_algorithm(in, &n->algorithm, c) && take_keys(in, n->algorithm, keys, c);
}

/* Notes what stood in this line; false when it stood in an earlier one. */
static enum xk_err note_seen(struct map *seen, const char *text, bool *is_new)
{
    struct bytes key = bytes_cstr(text);
    uintptr_t before;

    *is_new = !map_get(seen, key, &before);
    return *is_new && key.n > 0 ? map_put(seen, key, 1) : XK_OK;
}

static enum xk_err check_twice(struct import *in, const struct number *n)
{
    struct {
        struct map *seen;
        const char *text;
        enum column column;
    } rows[] = {{&in->imsis, n->imsi, COLUMN_IMSI},
                {&in->msisdns, n->msisdn, COLUMN_MSISDN},
                {&in->iccids, n->iccid, COLUMN_ICCID}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_new;

        TRY(note_seen(rows[i].seen, rows[i].text, &is_new));
        if (!is_new) {
            import_refuse(in->report, in->row.line, columns[rows[i].column].name,
                          IMPORT_TWICE_IN_FILE);
            return XK_OK;
        }
    }
    return XK_OK;
}

static enum xk_err check_line(struct import *in)
{
    struct number_keys keys = {0};
    struct complaint c = {0};
    struct number n;
    bool good = take_number(in, &n, &keys, &c);

    explicit_bzero(&keys, sizeof keys);
    if (good)
        return check_twice(in, &n);
    import_refuse(in->report, in->row.line, c.field, c.why);
    return XK_OK;
}

static enum xk_err add_line(struct import *in)
{
    struct number_keys keys = {0};
    struct number_clash clash = {0};
    struct complaint c;
    struct number n;
    enum xk_err err = XK_E_INTERNAL; /* it was checked before */

    if (take_number(in, &n, &keys, &c))
        err = number_add_one(in->store, in->ks, &n, &keys, in->now, &clash);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    if (clash.field)
        import_refuse(in->report, in->row.line, clash.field, clash.why);
    return XK_OK;
}

/* One line that cannot even be split, or one too many. False: not to be looked at further. */
static bool is_row(struct import *in, enum xk_err split)
{
    if (split == XK_OK)
        return true;
    import_refuse(in->report, in->row.line, "",
                  split == XK_E_FORMAT ? IMPORT_QUOTES : IMPORT_TOO_LONG);
    return false;
}

/* The header line, then each line through `take`. */
static enum xk_err walk(struct import *in, enum xk_err (*take)(struct import *in))
{
    struct csv csv;
    enum xk_err err;

    csv_init(&csv, CSV_COMMAS, in->file);
    in->report->lines = 0;
    TRY(csv_next(&csv, &in->row)); /* the header was read before */
    while ((err = csv_next(&csv, &in->row)) != XK_E_NOT_FOUND) {
        if (++in->report->lines > IMPORT_LINES_MAX)
            err = XK_E_LIMIT;
        if (is_row(in, err))
            TRY(take(in));
        if (in->report->lines > IMPORT_LINES_MAX)
            break;
    }
    return XK_OK;
}

static void require(struct import *in, enum column column)
{
    if (in->at[column] < 0)
        import_refuse(in->report, in->row.line, columns[column].name, IMPORT_MISSING);
}

static void read_header(struct import *in)
{
    struct csv csv;
    enum xk_err err;
    size_t bad = 0;

    csv_init(&csv, CSV_COMMAS, in->file);
    err = csv_next(&csv, &in->row);
    if (err == XK_E_NOT_FOUND) {
        import_refuse(in->report, 0, "", IMPORT_MISSING);
        return;
    }
    if (!is_row(in, err))
        return;
    switch (csv_bind(&in->row, columns, COLUMN_COUNT, in->at, &bad)) {
    case CSV_UNKNOWN:
        import_refuse_name(in->report, in->row.line, in->row.field[bad], IMPORT_UNKNOWN_COLUMN);
        return;
    case CSV_DOUBLE:
        import_refuse_name(in->report, in->row.line, in->row.field[bad], IMPORT_DOUBLE_COLUMN);
        return;
    case CSV_BOUND:
    default:
        break;
    }
    in->width = in->row.n;
    require(in, COLUMN_IMSI);
    require(in, COLUMN_MSISDN);
    require(in, COLUMN_ICCID);
    require(in, COLUMN_K);
    if (in->at[COLUMN_OP] < 0)
        require(in, COLUMN_OPC);
}

static enum xk_err check_file(struct import *in)
{
    uint64_t seed = (uint64_t)in->now ^ 0x9E3779B97F4A7C15u;
    enum xk_err err;

    map_init(&in->imsis, IMPORT_LINES_MAX + 1, seed);
    map_init(&in->msisdns, IMPORT_LINES_MAX + 1, seed);
    map_init(&in->iccids, IMPORT_LINES_MAX + 1, seed);
    err = walk(in, check_line);
    map_fini(&in->imsis);
    map_fini(&in->msisdns);
    map_fini(&in->iccids);
    return err;
}

static enum xk_err import_file(struct import *in)
{
    read_header(in);
    if (in->report->bad > 0)
        return XK_E_FORMAT;
    TRY(check_file(in));
    if (in->report->lines == 0)
        import_refuse(in->report, 0, "", IMPORT_MISSING);
    if (in->report->bad > 0)
        return XK_E_FORMAT;
    TRY(walk(in, add_line));
    if (in->report->bad > 0)
        return XK_E_FORMAT;
    TRY(number_count_added(in->store, in->pool->id, NUMBER_FREE, in->report->lines));
    in->report->imported = in->report->lines;
    return XK_OK;
}

enum xk_err number_import_csv(struct store *s, struct keystore *ks, const char *pool_id,
                              struct bytes file, int64_t now, struct import_report *report)
{
    struct import *in;
    struct pool pool;
    enum xk_err err;

    *report = (struct import_report){0};
    if (file.n > IMPORT_FILE_MAX)
        return XK_E_LIMIT;
    TRY(pool_get(s, pool_id, &pool));
    in = calloc(1, sizeof *in);
    if (!in)
        return XK_E_NOMEM;
    in->store = s;
    in->ks = ks;
    in->pool = &pool;
    in->file = file;
    in->now = now;
    in->report = report;
    err = import_file(in);
    explicit_bzero(&in->row, sizeof in->row);
    free(in);
    return err;
}
