/* SPDX-License-Identifier: Apache-2.0 */
#include "db/pgsql/rows.h"

#include <inttypes.h>
#include <limits.h>

#define OID_NUMERIC 1700 /* what SUM of bigint gives */
#define NUMERIC_NEGATIVE 0x4000

enum format { FORMAT_TEXT = 0, FORMAT_BINARY = 1 }; /* libpq's numbers */

static void put_span(struct params *p, int i, struct bytes b)
{
    p->value[i] = b.p ? (const char *)b.p : "";
    p->length[i] = (int)b.n;
    p->format[i] = FORMAT_BINARY;
}

static void put_value(struct params *p, int i, const struct store_value *v)
{
    switch (v->type) {
    case STORE_INT:
        snprintf(p->ints[i], sizeof p->ints[i], "%" PRId64, v->i);
        p->value[i] = p->ints[i];
        p->length[i] = 0;
        p->format[i] = FORMAT_TEXT;
        return;
    case STORE_TEXT:
    case STORE_BYTES:
        put_span(p, i, v->b);
        return;
    case STORE_NULL:
    default:
        p->value[i] = NULL;
        p->length[i] = 0;
        p->format[i] = FORMAT_TEXT;
    }
}

enum xk_err params_of(const struct store_value *v, size_t n, struct params *out)
{
    if (n > PARAMS_MAX)
        return XK_E_LIMIT;
    out->n = (int)n;
    for (size_t i = 0; i < n; i++) {
        if (v[i].b.n > INT_MAX)
            return XK_E_LIMIT;
        put_value(out, (int)i, &v[i]);
    }
    return XK_OK;
}

static int64_t big_endian(struct bytes b)
{
    uint64_t v = b.n > 0 && b.p[0] & 0x80 && b.n > 1 ? UINT64_MAX : 0;

    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    return (int64_t)v;
}

/* digits(2) weight(2) sign(2) scale(2), then digits of base 10000; the first counts
 * 10000^weight. */
static int64_t numeric(struct bytes b)
{
    struct cur c = cur_of(b);
    unsigned digits = cur_u16(&c);
    int weight = (int16_t)cur_u16(&c);
    bool negative = cur_u16(&c) == NUMERIC_NEGATIVE;
    uint64_t v = 0;

    cur_u16(&c);
    for (int i = 0; i <= weight && i <= 4; i++)
        v = v * 10000 + ((unsigned)i < digits ? cur_u16(&c) : 0);
    return negative ? -(int64_t)v : (int64_t)v;
}

struct bytes row_bytes(const PGresult *r, int row, int column)
{
    if (!r || PQgetisnull(r, row, column))
        return BYTES_NONE;
    return BYTES(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

int64_t row_int(const PGresult *r, int row, int column)
{
    struct bytes b = row_bytes(r, row, column);

    if (b.n > 0 && PQftype(r, column) == OID_NUMERIC)
        return numeric(b);
    return b.n <= 8 ? big_endian(b) : 0;
}
