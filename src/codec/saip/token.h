/* SPDX-License-Identifier: Apache-2.0 */
/* The words of value notation (X.680 clause 12). */
#ifndef CODEC_SAIP_TOKEN_H
#define CODEC_SAIP_TOKEN_H

#include "base/bytes.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* identifiers, type references, NULL */
    TOKEN_NUMBER, /* digits */
    TOKEN_STRING, /* text: between the quotes, where "" stands for one */
    TOKEN_HEX,    /* text: between the quotes, with blanks */
    TOKEN_BINARY,
    TOKEN_ASSIGN, /* ::= */
    TOKEN_MARK,   /* one of { } ( ) , : */
    TOKEN_WRONG   /* why says what */
};

struct token {
    enum token_kind kind;
    struct bytes text;
    const char *why;
    unsigned line, column;
};

struct lexer {
    struct bytes text;
    size_t at;
    unsigned line;
    size_t line_at; /* where the line begins */
};

/* A byte order mark at the start is passed over. */
void lexer_init(struct lexer *l, struct bytes text);
struct token lexer_next(struct lexer *l);
bool token_is_mark(const struct token *t, char mark);

#endif
