/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/at/at.h"

#define NUMBER_DIGITS_MAX 10

static bool peek(const struct cur *c, uint8_t *out)
{
    if (c->n == 0)
        return false;
    *out = c->p[0];
    return true;
}

static bool take(struct cur *c, uint8_t want)
{
    uint8_t got;

    if (!peek(c, &got) || got != want)
        return false;
    cur_u8(c);
    return true;
}

static void skip_spaces(struct cur *c)
{
    while (take(c, ' '))
        ;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char upper(uint8_t c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* Whether the command ends here: the line does, or ';' follows. */
static bool at_end(struct cur *c)
{
    uint8_t next;

    skip_spaces(c);
    return !peek(c, &next) || next == ';';
}

static struct bytes take_digits(struct cur *c)
{
    size_t n = 0;

    while (n < c->n && is_digit(c->p[n]))
        n++;
    return cur_take(c, n);
}

static enum xk_err name_add(struct at_command *out, size_t *n, uint8_t c)
{
    if (*n + 1 >= sizeof out->name)
        return XK_E_FORMAT;
    out->name[(*n)++] = upper(c);
    out->name[*n] = '\0';
    return XK_OK;
}

/* V.250 5.4.2.2: a string constant; a quote in it is written \22, so the next quote ends it. */
static enum xk_err quoted_value(struct cur *c, struct at_param *out)
{
    const uint8_t *end = c->n > 0 ? memchr(c->p, '"', c->n) : NULL;

    if (!end)
        return XK_E_FORMAT;
    out->quoted = true;
    out->present = true;
    out->text = cur_take(c, (size_t)(end - c->p));
    cur_u8(c);
    return XK_OK;
}

/* To the next separator, without the spaces behind it. */
static enum xk_err plain_value(struct cur *c, struct at_param *out)
{
    size_t n = 0;

    while (n < c->n && !is_one_of(c->p[n], ",;")) {
        if (c->p[n] < ' ' || c->p[n] > '~' || c->p[n] == '"')
            return XK_E_FORMAT;
        n++;
    }
    out->text = cur_take(c, n);
    while (out->text.n > 0 && out->text.p[out->text.n - 1] == ' ')
        out->text.n--;
    out->present = out->text.n > 0;
    return XK_OK;
}

/* V.250 5.4.2.3: values separated by commas, any of them absent */
static enum xk_err values(struct cur *c, struct at_command *out)
{
    out->kind = AT_SET;
    do {
        struct at_param *p = &out->param[out->params];

        if (out->params == AT_PARAMS_MAX)
            return XK_E_FORMAT;
        skip_spaces(c);
        TRY(take(c, '"') ? quoted_value(c, p) : plain_value(c, p));
        out->params++;
        skip_spaces(c);
    } while (take(c, ','));
    return at_end(c) ? XK_OK : XK_E_FORMAT;
}

/* 5.4.4: =? and nothing more */
static bool take_test(struct cur *c)
{
    struct cur ahead = *c;

    skip_spaces(&ahead);
    if (!take(&ahead, '?') || !at_end(&ahead))
        return false;
    *c = ahead;
    return true;
}

static enum xk_err operation(struct cur *c, struct at_command *out)
{
    skip_spaces(c);
    if (take(c, '?')) {
        out->kind = AT_READ;
        return at_end(c) ? XK_OK : XK_E_FORMAT;
    }
    if (!take(c, '='))
        return at_end(c) ? XK_OK : XK_E_FORMAT;
    if (take_test(c)) {
        out->kind = AT_TEST;
        return XK_OK;
    }
    return values(c, out);
}

/* 5.4.1: a prefix and a name */
static enum xk_err extended(struct cur *c, struct at_command *out)
{
    size_t n = 0;
    uint8_t next;

    TRY(name_add(out, &n, cur_u8(c)));
    while (peek(c, &next) && (is_letter(next) || is_digit(next) || is_one_of(next, "!%-./:_"))) {
        TRY(name_add(out, &n, next));
        cur_u8(c);
    }
    return n > 1 ? operation(c, out) : XK_E_FORMAT;
}

/* 6.3.1: what is dialled goes up to the semicolon of a voice call, which belongs to it */
static enum xk_err dial(struct cur *c, struct at_command *out)
{
    const uint8_t *end = c->n > 0 ? memchr(c->p, ';', c->n) : NULL;

    out->param[0].text = end ? cur_take(c, (size_t)(end - c->p) + 1) : cur_rest(c);
    out->param[0].present = out->param[0].text.n > 0;
    out->params = out->param[0].present;
    return XK_OK;
}

/* 5.3.2: S-parameters, "S3=13" and "S3?" */
static enum xk_err s_parameter(struct cur *c, struct at_command *out)
{
    struct bytes number = take_digits(c);
    size_t n = 1;

    for (size_t i = 0; i < number.n; i++)
        TRY(name_add(out, &n, number.p[i]));
    if (take(c, '?')) {
        out->kind = AT_READ;
        return XK_OK;
    }
    if (!take(c, '='))
        return XK_OK;
    out->kind = AT_SET;
    out->param[0].text = take_digits(c);
    out->param[0].present = out->param[0].text.n > 0;
    out->params = 1;
    return XK_OK;
}

/* 5.3.1: a letter, or & and a letter, and a number */
static enum xk_err basic(struct cur *c, struct at_command *out)
{
    size_t n = 0;

    if (take(c, '&'))
        TRY(name_add(out, &n, '&'));
    TRY(name_add(out, &n, cur_u8(c)));
    if (!is_letter((uint8_t)out->name[n - 1]))
        return XK_E_FORMAT;
    if (strcmp(out->name, "D") == 0)
        return dial(c, out);
    if (strcmp(out->name, "S") == 0)
        return s_parameter(c, out);
    out->param[0].text = take_digits(c);
    out->param[0].present = out->param[0].text.n > 0;
    out->params = out->param[0].present;
    return XK_OK;
}

enum xk_err at_next(struct cur *line, struct at_command *out)
{
    struct at_command command = {.kind = AT_EXECUTE};
    struct cur c = *line;
    uint8_t first;

    if (c.n > AT_LINE_MAX)
        return XK_E_FORMAT;
    skip_spaces(&c);
    if (peek(&c, &first))
        TRY(is_one_of(first, "+^%$#*!") ? extended(&c, &command) : basic(&c, &command));
    skip_spaces(&c);
    take(&c, ';');
    skip_spaces(&c);
    *line = c;
    *out = command;
    return XK_OK;
}

bool at_begin(struct cur *line)
{
    if (line->n < 2 || upper(line->p[0]) != 'A' || upper(line->p[1]) != 'T')
        return false;
    cur_take(line, 2);
    return true;
}

enum xk_err at_int(const struct at_command *c, size_t i, long fallback, long min, long max,
                   long *out)
{
    struct cur text;
    bool negative;
    long v = 0;

    if (i >= c->params || !c->param[i].present) {
        *out = fallback;
        return XK_OK;
    }
    if (c->param[i].quoted)
        return XK_E_FORMAT;
    text = cur_of(c->param[i].text);
    negative = take(&text, '-');
    if (text.n == 0)
        return XK_E_FORMAT;
    if (text.n > NUMBER_DIGITS_MAX)
        return XK_E_VALUE;
    while (text.n > 0) {
        uint8_t digit = cur_u8(&text);

        if (!is_digit(digit))
            return XK_E_FORMAT;
        v = v * 10 + (digit - '0');
    }
    v = negative ? -v : v;
    if (v < min || v > max)
        return XK_E_VALUE;
    *out = v;
    return XK_OK;
}
