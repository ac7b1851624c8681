/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/token.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

static int peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : -1;
}

/* Over one byte; CR LF, CR and LF end a line. */
static void step(struct lexer *l)
{
    int c = peek(l, 0);

    l->at++;
    if (c == '\n' || (c == '\r' && peek(l, 0) != '\n')) {
        l->line++;
        l->line_at = l->at;
    }
}

void lexer_init(struct lexer *l, struct bytes text)
{
    size_t mark = sizeof BYTE_ORDER_MARK - 1;

    *l = (struct lexer){.text = text, .line = 1};
    if (bytes_eq(bytes_part(text, 0, mark), BYTES_STR(BYTE_ORDER_MARK)))
        l->at = l->line_at = mark;
}

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_pair(const struct lexer *l, char first, char second)
{
    return peek(l, 0) == first && peek(l, 1) == second;
}

static void skip_line_comment(struct lexer *l)
{
    l->at += 2;
    while (l->at < l->text.n && peek(l, 0) != '\n' && peek(l, 0) != '\r') {
        if (is_pair(l, '-', '-')) {
            l->at += 2;
            return;
        }
        l->at++;
    }
}

/* They nest. False: it does not end. */
static bool skip_block_comment(struct lexer *l)
{
    size_t depth = 0;

    do {
        if (l->at >= l->text.n)
            return false;
        if (is_pair(l, '/', '*'))
            depth++, l->at += 2;
        else if (is_pair(l, '*', '/'))
            depth--, l->at += 2;
        else
            step(l);
    } while (depth > 0);
    return true;
}

static bool skip_blanks(struct lexer *l)
{
    for (;;) {
        if (is_blank(peek(l, 0))) {
            step(l);
        } else if (is_pair(l, '-', '-')) {
            skip_line_comment(l);
        } else if (is_pair(l, '/', '*')) {
            if (!skip_block_comment(l))
                return false;
        } else {
            return true;
        }
    }
}

static void take_run(struct lexer *l, struct token *t, bool (*wanted)(const struct lexer *l))
{
    size_t from = l->at;

    while (wanted(l))
        l->at++;
    t->text = bytes_part(l->text, from, l->at - from);
}

static bool in_number(const struct lexer *l)
{
    return is_digit(peek(l, 0));
}

/* A hyphen stands between letters and digits, and never two: they begin a comment. */
static bool in_name(const struct lexer *l)
{
    int c = peek(l, 0), next = peek(l, 1);

    return is_letter(c) || is_digit(c) || (c == '-' && (is_letter(next) || is_digit(next)));
}

static void wrong(struct token *t, const char *why)
{
    t->kind = TOKEN_WRONG;
    t->why = why;
}

static void take_string(struct lexer *l, struct token *t)
{
    size_t from = ++l->at;

    t->kind = TOKEN_STRING;
    for (; l->at < l->text.n; step(l)) {
        if (peek(l, 0) != '"')
            continue;
        if (peek(l, 1) != '"') {
            t->text = bytes_part(l->text, from, l->at++ - from);
            return;
        }
        l->at++;
    }
    wrong(t, "a string has no end");
}

static void take_octets(struct lexer *l, struct token *t)
{
    size_t from = ++l->at;

    while (l->at < l->text.n && peek(l, 0) != '\'')
        step(l);
    t->text = bytes_part(l->text, from, l->at - from);
    if (peek(l, 0) != '\'') {
        wrong(t, "a quote has no end");
        return;
    }
    l->at++;
    t->kind = peek(l, 0) == 'B' ? TOKEN_BINARY : TOKEN_HEX;
    if (peek(l, 0) != 'B' && peek(l, 0) != 'H') {
        wrong(t, "behind the quote must be H or B");
        return;
    }
    l->at++;
}

static void take_mark(struct lexer *l, struct token *t)
{
    static const char marks[] = "{}(),:";

    t->text = bytes_part(l->text, l->at, 1);
    if (bytes_eq(bytes_part(l->text, l->at, 3), BYTES_STR("::="))) {
        t->kind = TOKEN_ASSIGN;
        t->text = bytes_part(l->text, l->at, 3);
    } else if (memchr(marks, t->text.p[0], sizeof marks - 1)) {
        t->kind = TOKEN_MARK;
    } else {
        wrong(t, "a character that has no place here");
    }
    l->at += t->text.n;
}

struct token lexer_next(struct lexer *l)
{
    struct token t = {.kind = TOKEN_END};
    bool whole = skip_blanks(l);
    int c = peek(l, 0);

    t.line = l->line;
    t.column = (unsigned)(l->at - l->line_at) + 1;
    if (!whole) {
        wrong(&t, "a comment has no end");
    } else if (is_letter(c)) {
        t.kind = TOKEN_NAME;
        take_run(l, &t, in_name);
    } else if (is_digit(c)) {
        t.kind = TOKEN_NUMBER;
        take_run(l, &t, in_number);
    } else if (c == '"') {
        take_string(l, &t);
    } else if (c == '\'') {
        take_octets(l, &t);
    } else if (c >= 0) {
        take_mark(l, &t);
    }
    return t;
}

bool token_is_mark(const struct token *t, char mark)
{
    return t->kind == TOKEN_MARK && t->text.p[0] == (uint8_t)mark;
}
