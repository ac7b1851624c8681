/* SPDX-License-Identifier: Apache-2.0 */
/* Further numbers out of a CSV file, for terminals with cards of their own. */
#include "prog/xieka-fleet/program.h"

#include "base/hex.h"
#include "codec/csv/csv.h"

#define FILE_MAX ((size_t)64 << 20)
#define PIECE 65536

enum column { IMSI, MSISDN, KI, OPC, COLUMNS };
static const struct csv_column columns[COLUMNS] = {[IMSI] = {"imsi", NULL},
                                                   [MSISDN] = {"msisdn", NULL},
                                                   [KI] = {"ki", "k"},
                                                   [OPC] = {"opc", NULL}};

static enum xk_err read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "re");
    size_t n = 1;

    if (!f)
        return XK_E_IO;
    while (n > 0) {
        uint8_t *p = buf_reserve(out, PIECE);

        n = p ? fread(p, 1, PIECE, f) : 0;
        out->n += n;
    }
    fclose(f);
    return buf_ok(out);
}

static enum xk_err key(struct bytes hex, struct secret *out)
{
    out->n = 16;
    return hex_decode_exact(hex, out->bytes, out->n);
}

static enum xk_err open_row(struct testnet *net, const struct csv_row *row, const int at[COLUMNS])
{
    struct testnet_subscriber s = {.aka = {.algorithm = AKA_MILENAGE}};
    enum xk_err err;

    if (!bytes_to_cstr(csv_field(row, at[IMSI]), s.imsi, sizeof s.imsi) ||
        !bytes_to_cstr(csv_field(row, at[MSISDN]), s.msisdn, sizeof s.msisdn))
        return XK_E_VALUE;
    TRY(key(csv_field(row, at[KI]), &s.aka.k));
    TRY(key(csv_field(row, at[OPC]), &s.aka.opc));
    err = testnet_open(net, &s);
    explicit_bzero(&s, sizeof s);
    return err;
}

static enum xk_err open_rows(struct testnet *net, struct csv *c, struct csv_row *row)
{
    int at[COLUMNS];
    size_t bad;
    enum xk_err err;

    TRY(csv_next(c, row));
    if (csv_bind(row, columns, COLUMNS, at, &bad) != CSV_BOUND)
        return XK_E_FORMAT;
    while ((err = csv_next(c, row)) == XK_OK)
        TRY(open_row(net, row, at));
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

enum xk_err files_subscribers(struct testnet *net, const char *path, uint32_t *line)
{
    struct csv_row *row = calloc(1, sizeof *row);
    struct buf file;
    struct csv c;
    enum xk_err err;

    if (!row)
        return XK_E_NOMEM;
    buf_init(&file, FILE_MAX + PIECE);
    err = read_file(path, &file);
    if (err == XK_OK) {
        csv_init(&c, CSV_COMMAS, buf_bytes(&file));
        err = open_rows(net, &c, row);
    }
    *line = row->line;
    buf_wipe(&file);
    buf_fini(&file);
    explicit_bzero(row, sizeof *row);
    free(row);
    return err;
}
