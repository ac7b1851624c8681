/* SPDX-License-Identifier: Apache-2.0 */
/* Tables on standard output (libsmartcols), aligned for Chinese text. */
#ifndef PROG_XIEKA_TABLE_H
#define PROG_XIEKA_TABLE_H

#include "prog/xieka/cli.h"

#define TABLE_COLUMNS_MAX 12

struct column {
    const char *zh, *en;
    bool right;
};

struct table;

/* NULL: out of memory; the others then do nothing. n columns, at most TABLE_COLUMNS_MAX. */
struct table *table_new(const struct cli *c, const struct column *columns, size_t n);
/* As many cells as columns; NULL is shown as "-". Copied. */
void table_row(struct table *t, const char *const *cells);
/* The texts of these members of an object. */
void table_row_of(struct table *t, const struct json *object, const char *const *names, size_t n);
/* Prints (nothing for an empty one) and frees. */
int table_end(struct table *t);
/* The objects of an answer's list by the texts of these members; or as JSON. An exit status. */
int table_list(const struct cli *c, const struct json *list, const struct column *columns,
               const char *const *names, size_t n);
/* Two columns without a head: names and values. */
struct table *table_new_facts(const struct cli *c);
void table_fact(struct table *t, const char *name, const char *value);

#endif
