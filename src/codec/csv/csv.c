/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv/csv.h"

#include <strings.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct bytes csv_trim(struct bytes b)
{
    while (b.n > 0 && is_blank(b.p[0]))
        b = bytes_part(b, 1, b.n);
    while (b.n > 0 && is_blank(b.p[b.n - 1]))
        b.n--;
    return b;
}

void csv_init(struct csv *c, enum csv_kind kind, struct bytes file)
{
    *c = (struct csv){.rest = file, .kind = kind};
    if (file.n >= 3 && memcmp(file.p, "\xEF\xBB\xBF", 3) == 0)
        c->rest = bytes_part(file, 3, file.n);
}

bool csv_line(struct csv *c, struct bytes *line)
{
    const uint8_t *end;
    size_t n;

    if (c->rest.n == 0)
        return false;
    end = memchr(c->rest.p, '\n', c->rest.n);
    n = end ? (size_t)(end - c->rest.p) : c->rest.n;
    *line = csv_trim(bytes_part(c->rest, 0, n));
    c->rest = bytes_part(c->rest, end ? n + 1 : n, c->rest.n);
    c->line++;
    return true;
}

/* Reading one line: where it stands, and how much of row->unquoted is used. */
struct reader {
    struct bytes rest;
    struct csv_row *row;
    size_t used;
};

/* The quote at rest.p[0] is taken already. */
static enum xk_err quoted(struct reader *r, struct bytes *out)
{
    uint8_t *start = r->row->unquoted + r->used;
    size_t n = 0, i = 0;

    for (;; i++) {
        if (i == r->rest.n)
            return XK_E_FORMAT;
        if (r->rest.p[i] == '"') {
            if (i + 1 == r->rest.n || r->rest.p[i + 1] != '"')
                break;
            i++;
        }
        start[n++] = r->rest.p[i]; /* within a line of at most CSV_LINE_MAX */
    }
    r->used += n;
    r->rest = bytes_part(r->rest, i + 1, r->rest.n);
    *out = csv_trim(BYTES(start, n));
    return XK_OK;
}

/* One field; *more: a comma follows it. */
static enum xk_err comma_field(struct reader *r, struct bytes *out, bool *more)
{
    const uint8_t *comma;
    size_t n;

    while (r->rest.n > 0 && is_blank(r->rest.p[0]))
        r->rest = bytes_part(r->rest, 1, r->rest.n);
    if (r->rest.n > 0 && r->rest.p[0] == '"') {
        r->rest = bytes_part(r->rest, 1, r->rest.n);
        TRY(quoted(r, out));
        r->rest = csv_trim(r->rest);
        if (r->rest.n > 0 && r->rest.p[0] != ',')
            return XK_E_FORMAT;
        *more = r->rest.n > 0;
        r->rest = bytes_part(r->rest, 1, r->rest.n);
        return XK_OK;
    }
    comma = r->rest.n ? memchr(r->rest.p, ',', r->rest.n) : NULL;
    n = comma ? (size_t)(comma - r->rest.p) : r->rest.n;
    *out = csv_trim(bytes_part(r->rest, 0, n));
    if (out->n > 0 && memchr(out->p, '"', out->n))
        return XK_E_FORMAT;
    *more = comma != NULL;
    r->rest = bytes_part(r->rest, n + 1, r->rest.n);
    return XK_OK;
}

static void blank_field(struct reader *r, struct bytes *out, bool *more)
{
    size_t n = 0;

    while (n < r->rest.n && !is_blank(r->rest.p[n]))
        n++;
    *out = bytes_part(r->rest, 0, n);
    r->rest = csv_trim(bytes_part(r->rest, n, r->rest.n));
    *more = r->rest.n > 0;
}

enum xk_err csv_split(enum csv_kind kind, struct bytes line, struct csv_row *row)
{
    struct reader r = {.rest = csv_trim(line), .row = row};
    bool more = true;

    row->n = 0;
    if (line.n > CSV_LINE_MAX)
        return XK_E_LIMIT;
    while (more) {
        if (row->n == CSV_FIELDS_MAX)
            return XK_E_LIMIT;
        if (kind == CSV_BLANKS)
            blank_field(&r, &row->field[row->n], &more);
        else
            TRY(comma_field(&r, &row->field[row->n], &more));
        row->n++;
    }
    return XK_OK;
}

enum xk_err csv_next(struct csv *c, struct csv_row *row)
{
    struct bytes line;

    do {
        if (!csv_line(c, &line))
            return XK_E_NOT_FOUND;
    } while (line.n == 0 || line.p[0] == '#');
    row->line = c->line;
    return csv_split(c->kind, line, row);
}

bool csv_name_is(struct bytes text, const char *name)
{
    return text.n == strlen(name) && strncasecmp((const char *)text.p, name, text.n) == 0;
}

static int find_column(struct bytes text, const struct csv_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (csv_name_is(text, columns[i].name) ||
            (columns[i].alias && csv_name_is(text, columns[i].alias)))
            return (int)i;
    }
    return -1;
}

enum csv_binding csv_bind(const struct csv_row *header, const struct csv_column *columns, size_t n,
                          int *at, size_t *bad)
{
    for (size_t i = 0; i < n; i++)
        at[i] = -1;
    for (size_t i = 0; i < header->n; i++) {
        int column = find_column(header->field[i], columns, n);

        *bad = i;
        if (column < 0)
            return CSV_UNKNOWN;
        if (at[column] >= 0)
            return CSV_DOUBLE;
        at[column] = (int)i;
    }
    return CSV_BOUND;
}

struct bytes csv_field(const struct csv_row *row, int at)
{
    return at >= 0 && (size_t)at < row->n ? row->field[at] : BYTES_NONE;
}
