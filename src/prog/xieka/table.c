/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/table.h"

#include <libsmartcols.h>

struct table {
    struct libscols_table *scols;
    size_t columns;
};

static bool add_column(struct table *t, const char *name, bool right)
{
    return scols_table_new_column(t->scols, name, 0, right ? SCOLS_FL_RIGHT : 0) != NULL;
}

static void table_free(struct table *t)
{
    if (!t)
        return;
    scols_unref_table(t->scols);
    free(t);
}

static struct table *table_open(size_t n)
{
    struct table *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->columns = n;
    t->scols = scols_new_table();
    if (!t->scols || scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER) != 0 ||
        scols_table_set_column_separator(t->scols, "  ") != 0) {
        table_free(t);
        return NULL;
    }
    return t;
}

struct table *table_new(const struct cli *c, const struct column *columns, size_t n)
{
    struct table *t = table_open(n);

    for (size_t i = 0; t && i < n; i++) {
        if (!add_column(t, cli_say(c, columns[i].zh, columns[i].en), columns[i].right)) {
            table_free(t);
            return NULL;
        }
    }
    return t;
}

void table_row(struct table *t, const char *const *cells)
{
    struct libscols_line *line = t ? scols_table_new_line(t->scols, NULL) : NULL;

    for (size_t i = 0; line && i < t->columns; i++) {
        if (scols_line_set_data(line, i, cells[i] && cells[i][0] ? cells[i] : "-") != 0)
            return;
    }
}

void table_row_of(struct table *t, const struct json *object, const char *const *names, size_t n)
{
    const char *cells[TABLE_COLUMNS_MAX] = {NULL};

    for (size_t i = 0; i < n && i < TABLE_COLUMNS_MAX; i++)
        cells[i] = json_text(json_member(object, names[i]));
    table_row(t, cells);
}

int table_end(struct table *t)
{
    int rc;

    if (!t)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_NOMEM));
    rc = scols_table_is_empty(t->scols) ? 0 : scols_print_table(t->scols);
    table_free(t);
    return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}

int table_list(const struct cli *c, const struct json *list, const struct column *columns,
               const char *const *names, size_t n)
{
    struct table *t;

    if (c->json)
        return cli_print_json(list);
    t = table_new(c, columns, n);
    for (size_t i = 0; i < json_length(list); i++)
        table_row_of(t, json_at(list, i), names, n);
    return table_end(t);
}

struct table *table_new_facts(const struct cli *c)
{
    struct table *t = table_open(2);

    (void)c;
    if (!t || !add_column(t, "name", false) || !add_column(t, "value", false) ||
        scols_table_enable_noheadings(t->scols, 1) != 0) {
        table_free(t);
        return NULL;
    }
    return t;
}

void table_fact(struct table *t, const char *name, const char *value)
{
    const char *cells[TABLE_COLUMNS_MAX] = {name, value};

    table_row(t, cells);
}
