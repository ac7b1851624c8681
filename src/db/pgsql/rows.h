/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: values on their way to and from PostgreSQL. Text and bytes go and come in
 * binary form, which for them is the bytes themselves; integers go as text, because their width is
 * the server's choice, and come in binary. */
#ifndef DB_PGSQL_ROWS_H
#define DB_PGSQL_ROWS_H

#include <libpq-fe.h>

#include "store/store.h"

#define PARAMS_MAX 48
#define INT_TEXT 21

struct params {
    int n;
    const char *value[PARAMS_MAX];
    int length[PARAMS_MAX];
    int format[PARAMS_MAX];
    char ints[PARAMS_MAX][INT_TEXT];
};

/* XK_E_LIMIT: more than PARAMS_MAX, or a value too long for the protocol. */
enum xk_err params_of(const struct store_value *v, size_t n, struct params *out) XK_MUST_CHECK;
/* bigint, integer, smallint, boolean and (whole part of) numeric; 0 for NULL. */
int64_t row_int(const PGresult *r, int row, int column);
struct bytes row_bytes(const PGresult *r, int row, int column);

#endif
