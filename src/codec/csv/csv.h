/* SPDX-License-Identifier: Apache-2.0 */
/* Tables in text files. A byte order mark before the first line is skipped, lines end with LF or
 * CR LF, empty lines and lines that begin with # are no rows, blanks around a field are not part
 * of it. With CSV_COMMAS a field may stand in double quotes, "" inside meaning one; a field cannot
 * hold a line break. With CSV_BLANKS fields are separated by runs of spaces and tabs and cannot be
 * empty. */
#ifndef CODEC_CSV_CSV_H
#define CODEC_CSV_CSV_H

#include "base/buf.h"

#define CSV_FIELDS_MAX 64
#define CSV_LINE_MAX 8192

enum csv_kind { CSV_COMMAS, CSV_BLANKS };

struct csv {
    struct bytes rest;
    enum csv_kind kind;
    uint32_t line; /* number of the line read last, from 1 */
};

struct csv_row {
    uint32_t line;
    size_t n;
    struct bytes field[CSV_FIELDS_MAX]; /* into the file, or into `unquoted` */
    uint8_t unquoted[CSV_LINE_MAX];
};

void csv_init(struct csv *c, enum csv_kind kind, struct bytes file);
/* The next line as it is, blanks at its ends cut off, empty ones and comments too. False: the
 * end. */
bool csv_line(struct csv *c, struct bytes *line);
/* The next row. XK_E_NOT_FOUND: the end. XK_E_FORMAT: quotes do not match; XK_E_LIMIT: too long or
 * too many fields; after these two the next call goes on with the next line; row->line is set. */
enum xk_err csv_next(struct csv *c, struct csv_row *row) XK_MUST_CHECK;
/* Splits one line; commas or blanks by kind. As csv_next. */
enum xk_err csv_split(enum csv_kind kind, struct bytes line, struct csv_row *row) XK_MUST_CHECK;

/* Columns known by name (any case), or by a second name that others use. */
struct csv_column {
    const char *name;
    const char *alias; /* NULL none */
};
enum csv_binding { CSV_BOUND, CSV_UNKNOWN, CSV_DOUBLE };
/* at[i] becomes the field of columns[i] in the rows to come, or -1. On the first name that is
 * unknown or stands twice, *bad is that field. */
enum csv_binding csv_bind(const struct csv_row *header, const struct csv_column *columns, size_t n,
                          int *at, size_t *bad);
/* Empty when the column is absent. */
struct bytes csv_field(const struct csv_row *row, int at);
struct bytes csv_trim(struct bytes text);              /* without the blanks at its ends */
bool csv_name_is(struct bytes text, const char *name); /* any case */

#endif
