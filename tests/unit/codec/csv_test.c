/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv/csv.h"

#include "xt.h"

/* Fields joined by '|', for comparing. */
static const char *joined(const struct csv_row *row)
{
    static char text[512];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text);
    for (size_t i = 0; i < row->n; i++) {
        buf_put_str(&b, i ? "|" : "");
        buf_put_bytes(&b, row->field[i]);
    }
    return buf_cstr(&b);
}

TEST(lines_split)
{
    static const struct {
        enum csv_kind kind;
        const char *line;
        enum xk_err want;
        const char *fields;
    } rows[] = {
        {CSV_COMMAS, "a,b,c", XK_OK, "a|b|c"},
        {CSV_COMMAS, " a , b\t,c\r", XK_OK, "a|b|c"},
        {CSV_COMMAS, "a,,", XK_OK, "a||"},
        {CSV_COMMAS, "", XK_OK, ""},
        {CSV_COMMAS, "\"a\",\"b,c\", \"d \" ", XK_OK, "a|b,c|d"},
        {CSV_COMMAS, "\"say \"\"hi\"\"\",x", XK_OK, "say \"hi\"|x"},
        {CSV_COMMAS, "\"\",\"\"", XK_OK, "|"},
        {CSV_COMMAS, "\"a", XK_E_FORMAT, NULL},
        {CSV_COMMAS, "\"a\"b,c", XK_E_FORMAT, NULL},
        {CSV_COMMAS, "a\"b\",c", XK_E_FORMAT, NULL},
        {CSV_COMMAS, "\"a\"\"", XK_E_FORMAT, NULL},
        {CSV_BLANKS, "  a  b\t\tc ", XK_OK, "a|b|c"},
        {CSV_BLANKS, "a,b \"c\"", XK_OK, "a,b|\"c\""},
    };
    struct csv_row row;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(csv_split(rows[i].kind, bytes_cstr(rows[i].line), &row), rows[i].want);
        if (rows[i].fields)
            CHECK_STR(joined(&row), rows[i].fields);
    }
}

TEST(files_are_walked_by_line)
{
    struct csv_row row;
    struct csv c;

    csv_init(&c, CSV_COMMAS,
             BYTES_STR("\xEF\xBB\xBF"
                       "h1,h2\r\n# no row\r\n\r\n1,\"x\n2,b\n \n3,c"));
    CHECK_OK(csv_next(&c, &row));
    CHECK_STR(joined(&row), "h1|h2");
    CHECK_INT(row.line, 1);
    CHECK_INT(csv_next(&c, &row), XK_E_FORMAT);
    CHECK_INT(row.line, 4);
    CHECK_OK(csv_next(&c, &row));
    CHECK_INT(row.line, 5);
    CHECK_OK(csv_next(&c, &row));
    CHECK_STR(joined(&row), "3|c");
    CHECK_INT(row.line, 7);
    CHECK_INT(csv_next(&c, &row), XK_E_NOT_FOUND);
    csv_init(&c, CSV_COMMAS, BYTES_NONE);
    CHECK_INT(csv_next(&c, &row), XK_E_NOT_FOUND);
}

TEST(limits_hold)
{
    static char text[CSV_LINE_MAX + 2];
    struct csv_row row;

    memset(text, 'x', CSV_LINE_MAX + 1);
    CHECK_INT(csv_split(CSV_COMMAS, BYTES(text, CSV_LINE_MAX + 1), &row), XK_E_LIMIT);
    CHECK_OK(csv_split(CSV_COMMAS, BYTES(text, CSV_LINE_MAX), &row));
    text[0] = text[CSV_LINE_MAX - 1] = '"';
    CHECK_OK(csv_split(CSV_COMMAS, BYTES(text, CSV_LINE_MAX), &row));
    CHECK_INT(row.field[0].n, CSV_LINE_MAX - 2);
    memset(text, ',', CSV_FIELDS_MAX);
    CHECK_INT(csv_split(CSV_COMMAS, BYTES(text, CSV_FIELDS_MAX), &row), XK_E_LIMIT);
    CHECK_OK(csv_split(CSV_COMMAS, BYTES(text, CSV_FIELDS_MAX - 1), &row));
    CHECK_INT(row.n, CSV_FIELDS_MAX);
}

TEST(columns_are_bound_by_name)
{
    static const struct csv_column columns[] = {{"imsi", NULL}, {"k", "ki"}, {"smsc", NULL}};
    struct csv_row row;
    size_t bad = 9;
    int at[3];

    CHECK_OK(csv_split(CSV_COMMAS, BYTES_STR("KI,Imsi"), &row));
    CHECK_INT(csv_bind(&row, columns, 3, at, &bad), CSV_BOUND);
    CHECK_INT(at[0], 1);
    CHECK_INT(at[1], 0);
    CHECK_INT(at[2], -1);
    CHECK_HEX(csv_field(&row, at[0]), "496D7369");
    CHECK_INT(csv_field(&row, at[2]).n, 0);
    CHECK_OK(csv_split(CSV_COMMAS, BYTES_STR("imsi,what"), &row));
    CHECK_INT(csv_bind(&row, columns, 3, at, &bad), CSV_UNKNOWN);
    CHECK_INT(bad, 1);
    CHECK_OK(csv_split(CSV_COMMAS, BYTES_STR("imsi,k,ki"), &row));
    CHECK_INT(csv_bind(&row, columns, 3, at, &bad), CSV_DOUBLE);
    CHECK_INT(bad, 2);
}

TESTS_MAIN(XT_CASE(lines_split), XT_CASE(files_are_walked_by_line), XT_CASE(limits_hold),
           XT_CASE(columns_are_bound_by_name))
