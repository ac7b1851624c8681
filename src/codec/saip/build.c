/* SPDX-License-Identifier: Apache-2.0 */
/* The reader goes down the schema with the text, and is as deep as it (see text.c). Each value is
 * written behind the one before; its length is put in when its end is known. */
#include "codec/saip/build.h"

#include <stdarg.h>

#include "base/hex.h"
#include "codec/der/der.h"
#include "codec/der/oid.h"
#include "codec/saip/schema.h"
#include "codec/saip/text.h"
#include "codec/saip/token.h"

struct build {
    struct lexer lexer;
    struct token now;
    struct buf *out;
    struct saip_build_error *error;
};

static enum xk_err build_value(struct build *b, const struct saip_member *m);

XK_PRINTF(3, 4)
static enum xk_err refuse(struct build *b, const struct token *at, const char *fmt, ...)
{
    va_list args;

    b->error->line = at->line;
    b->error->column = at->column;
    va_start(args, fmt);
    (void)vsnprintf(b->error->text, sizeof b->error->text, fmt, args);
    va_end(args);
    return XK_E_FORMAT;
}

static enum xk_err advance(struct build *b)
{
    b->now = lexer_next(&b->lexer);
    return b->now.kind == TOKEN_WRONG ? refuse(b, &b->now, "%s", b->now.why) : XK_OK;
}

/* What stands there, for messages. */
#define SHOWN_MAX 32
static const char *shown(const struct token *t, char out[SHOWN_MAX + 3])
{
    if (t->kind == TOKEN_END)
        return "the end of the text";
    if (t->kind == TOKEN_STRING || t->kind == TOKEN_HEX || t->kind == TOKEN_BINARY)
        return t->kind == TOKEN_STRING ? "a string" : "octets";
    snprintf(out, SHOWN_MAX + 3, "\"%.*s\"", (int)(t->text.n < SHOWN_MAX ? t->text.n : SHOWN_MAX),
             (const char *)t->text.p);
    return out;
}

static enum xk_err refuse_kind(struct build *b, const char *wanted)
{
    char text[SHOWN_MAX + 3];

    return refuse(b, &b->now, "%s instead of %s", shown(&b->now, text), wanted);
}

static enum xk_err take_mark(struct build *b, char mark)
{
    char wanted[] = {'"', mark, '"', '\0'};

    return token_is_mark(&b->now, mark) ? advance(b) : refuse_kind(b, wanted);
}

static enum xk_err take_kind(struct build *b, enum token_kind kind, const char *wanted,
                             struct token *out)
{
    if (b->now.kind != kind)
        return refuse_kind(b, wanted);
    *out = b->now;
    return advance(b);
}

static bool is_name(const struct token *t, const char *name)
{
    return t->kind == TOKEN_NAME && bytes_eq(t->text, bytes_cstr(name));
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum xk_err build_empty(struct build *b)
{
    return is_name(&b->now, "NULL") ? advance(b) : refuse_kind(b, "NULL");
}

static uint64_t number_of(struct bytes digits)
{
    uint64_t v = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (v > UINT32_MAX)
            break;
        v = 10 * v + (uint64_t)(digits.p[i] - '0');
    }
    return v;
}

static enum xk_err build_integer(struct build *b, const struct saip_member *m)
{
    struct token t = b->now;
    uint32_t named = 0;
    uint64_t v;

    if (t.kind == TOKEN_NAME && saip_number_of_name(m, t.text, &named))
        v = named;
    else if (t.kind == TOKEN_NUMBER)
        v = number_of(t.text);
    else
        return refuse_kind(b, "a number");
    if (v < m->least || v > m->most)
        return refuse(b, &t, "%s is a number from %u to %u", m->name, m->least, m->most);
    der_put_int(b->out, m->tag, (int64_t)v);
    return advance(b);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Digits of `bits` bits each, blanks between them; false: another character. *rest: bits over. */
static bool put_digits(struct buf *out, struct bytes digits, unsigned bits, unsigned *rest)
{
    unsigned have = 0, octet = 0;

    for (size_t i = 0; i < digits.n; i++) {
        int digit = hex_digit((char)digits.p[i]);

        if (is_blank(digits.p[i]))
            continue;
        if (digit < 0 || digit >> bits)
            return false;
        octet = octet << bits | (unsigned)digit;
        have += bits;
        if (have == 8)
            buf_put_u8(out, (uint8_t)octet);
        have %= 8;
    }
    *rest = have;
    return true;
}

static enum xk_err build_octets(struct build *b)
{
    struct token t = b->now;
    unsigned rest = 0;

    if (t.kind != TOKEN_HEX && t.kind != TOKEN_BINARY)
        return refuse_kind(b, "octets ('..'H)");
    if (t.text.n > 0 && memchr(t.text.p, '*', t.text.n))
        return refuse(b, &t, "a masked secret: have the text written with its secrets");
    if (!put_digits(b->out, t.text, t.kind == TOKEN_HEX ? 4 : 1, &rest))
        return refuse(b, &t, "octets have a character that is no digit");
    if (rest > 0)
        return refuse(b, &t, "octets have a digit too many or too few");
    return advance(b);
}

/* An arc by number, or as name(number). */
static enum xk_err take_arc(struct build *b, struct token *number)
{
    struct token name;

    if (b->now.kind != TOKEN_NAME)
        return take_kind(b, TOKEN_NUMBER, "a number", number);
    TRY(take_kind(b, TOKEN_NAME, "a name", &name));
    TRY(take_mark(b, '('));
    TRY(take_kind(b, TOKEN_NUMBER, "a number", number));
    return take_mark(b, ')');
}

static enum xk_err build_oid(struct build *b)
{
    struct token start = b->now;
    char text[OID_TEXT_MAX];
    uint8_t contents[OID_MAX];
    struct buf dotted;
    size_t n;

    buf_init_fixed(&dotted, text, sizeof text);
    TRY(take_mark(b, '{'));
    while (!token_is_mark(&b->now, '}')) {
        struct token number = {.kind = TOKEN_END};

        TRY(take_arc(b, &number));
        if (dotted.n > 0)
            buf_put_u8(&dotted, '.');
        buf_put_bytes(&dotted, number.text);
    }
    if (buf_ok(&dotted) != XK_OK || oid_from_text(buf_bytes(&dotted), contents, &n) != XK_OK)
        return refuse(b, &start, "no OBJECT IDENTIFIER");
    buf_put(b->out, contents, n);
    return take_mark(b, '}');
}

static enum xk_err build_utf8(struct build *b)
{
    struct token t = {.kind = TOKEN_END};
    size_t at = b->out->n;

    TRY(take_kind(b, TOKEN_STRING, "a string", &t));
    for (size_t i = 0; i < t.text.n; i++) {
        buf_put_u8(b->out, t.text.p[i]);
        i += t.text.p[i] == '"'; /* of two */
        if (i < t.text.n && (t.text.p[i] < 0x20 || t.text.p[i] == 0x7F))
            return refuse(b, &t, "a string has a control character");
    }
    if (der_value_utf8(bytes_part(buf_bytes(b->out), at, SIZE_MAX), 0, SIZE_MAX) != XK_OK)
        return refuse(b, &t, "a string is not UTF-8");
    return XK_OK;
}

/* ---- what has members ------------------------------------------------------------------------ */

/* The member that is named here, from `next` on. */
static enum xk_err find_member(struct build *b, enum saip_structure s,
                               const struct saip_member *next, const struct saip_member **out)
{
    const struct saip_member *m = saip_member_of_name(s, b->now.text), *missing = NULL;
    char text[SHOWN_MAX + 3];

    if (!m)
        return refuse(b, &b->now, "no member %s here", shown(&b->now, text));
    if (m < next)
        return refuse(b, &b->now, "\"%s\" stands before \"%s\", and once", m->name, next[-1].name);
    for (; next < m && !missing; next++)
        missing = next->must ? next : NULL;
    if (missing)
        return refuse(b, &b->now, "\"%s\" is missing before \"%s\"", missing->name, m->name);
    *out = m;
    return XK_OK;
}

/* DER leaves DEFAULT values out. */
static void drop_default(struct build *b, const struct saip_member *m, size_t at)
{
    struct cur c = cur_of(bytes_part(buf_bytes(b->out), at, SIZE_MAX));
    struct bytes value = saip_default(m);
    struct tlv t;

    if (value.p && tlv_next(&c, &t) == XK_OK && bytes_eq(t.value, value))
        b->out->n = at;
}

static enum xk_err build_member(struct build *b, enum saip_structure s,
                                const struct saip_member **next)
{
    const struct saip_member *m = NULL;
    size_t at = b->out->n;

    if (b->now.kind != TOKEN_NAME)
        return refuse_kind(b, "a member");
    TRY(find_member(b, s, *next, &m));
    TRY(advance(b));
    TRY(build_value(b, m));
    drop_default(b, m, at);
    *next = m + 1;
    return XK_OK;
}

static enum xk_err want_close(struct build *b)
{
    return token_is_mark(&b->now, '}') ? XK_OK : refuse_kind(b, "\",\" or \"}\"");
}

static enum xk_err build_sequence(struct build *b, enum saip_structure s)
{
    const struct saip_member *next = saip_members(s);
    bool more;

    TRY(take_mark(b, '{'));
    more = !token_is_mark(&b->now, '}');
    while (more) {
        TRY(build_member(b, s, &next));
        more = token_is_mark(&b->now, ',');
        if (more)
            TRY(advance(b));
    }
    TRY(want_close(b));
    for (; next->name; next++) {
        if (next->must)
            return refuse(b, &b->now, "\"%s\" is missing", next->name);
    }
    return take_mark(b, '}');
}

static enum xk_err build_chosen(struct build *b, enum saip_structure choice)
{
    const struct saip_member *m;
    char text[SHOWN_MAX + 3];

    if (b->now.kind != TOKEN_NAME)
        return refuse_kind(b, "the name of a choice");
    m = saip_member_of_name(choice, b->now.text);
    if (!m)
        return refuse(b, &b->now, "no choice %s here", shown(&b->now, text));
    TRY(advance(b));
    TRY(take_mark(b, ':'));
    return build_value(b, m);
}

static enum xk_err build_list(struct build *b, const struct saip_member *list)
{
    struct token start = b->now;
    uint32_t n = 0;
    bool more;

    TRY(take_mark(b, '{'));
    more = !token_is_mark(&b->now, '}');
    for (; more; n++) {
        if (saip_is_uniform(list->inside))
            TRY(build_value(b, saip_members(list->inside)));
        else
            TRY(build_chosen(b, list->inside));
        more = token_is_mark(&b->now, ',');
        if (more)
            TRY(advance(b));
    }
    TRY(want_close(b));
    if (n < list->least || n > list->most)
        return refuse(b, &start, "%s has %u entries: too %s", list->name, n,
                      n < list->least ? "few" : "many");
    return take_mark(b, '}');
}

static enum xk_err build_contents(struct build *b, const struct saip_member *m)
{
    switch ((enum saip_member_kind)m->kind) {
    case SAIP_EMPTY:
        return build_empty(b);
    case SAIP_OCTETS:
    case SAIP_SECRET:
        return build_octets(b);
    case SAIP_OID:
        return build_oid(b);
    case SAIP_UTF8:
        return build_utf8(b);
    case SAIP_SEQUENCE:
        return build_sequence(b, m->inside);
    case SAIP_CHOSEN:
        return build_chosen(b, m->inside);
    case SAIP_LIST:
        return build_list(b, m);
    case SAIP_INTEGER:
        break;
    }
    return XK_E_STATE; /* has a TLV of its own */
}

/* The whole TLV of a member. */
static enum xk_err build_value(struct build *b, const struct saip_member *m)
{
    struct token start = b->now;
    size_t at = b->out->n;
    size_t open;
    struct tlv t;
    struct cur c;

    if (m->kind == SAIP_INTEGER)
        return build_integer(b, m);
    open = der_begin(b->out, m->tag);
    TRY(build_contents(b, m));
    der_close(b->out, open);
    TRY(buf_ok(b->out));
    c = cur_of(bytes_part(buf_bytes(b->out), at, SIZE_MAX));
    TRY(tlv_next(&c, &t));
    if (saip_check_value(m, t.value) == XK_OK)
        return XK_OK;
    return refuse(b, &start, "%s has %zu bytes; %u to %u are allowed", m->name, t.value.n, m->least,
                  m->most);
}

/* ---- elements -------------------------------------------------------------------------------- */

/* value1 ProfileElement ::= header : { ... } */
static enum xk_err build_element(struct build *b)
{
    char text[SHOWN_MAX + 3];
    enum saip_type type;
    struct token t;
    size_t open;

    TRY(take_kind(b, TOKEN_NAME, "a value assignment", &t));
    if (!is_name(&b->now, "ProfileElement"))
        return refuse_kind(b, "ProfileElement");
    TRY(advance(b));
    TRY(take_kind(b, TOKEN_ASSIGN, "\"::=\"", &t));
    if (b->now.kind != TOKEN_NAME)
        return refuse_kind(b, "the name of an element");
    type = saip_type_of_name(b->now.text);
    if (type == SAIP_UNKNOWN)
        return refuse(b, &b->now, "no element %s", shown(&b->now, text));
    TRY(advance(b));
    TRY(take_mark(b, ':'));
    open = der_begin(b->out, saip_type_tag(type));
    TRY(build_sequence(b, saip_structure_of(type)));
    der_close(b->out, open);
    return buf_ok(b->out);
}

static enum xk_err build_package(struct build *b)
{
    TRY(advance(b));
    do
        TRY(build_element(b));
    while (b->now.kind != TOKEN_END);
    return XK_OK;
}

enum xk_err saip_build(struct bytes text, struct buf *out, struct saip_build_error *error)
{
    struct build b = {.out = out, .error = error};
    size_t at = out->n;
    enum xk_err err;

    *error = (struct saip_build_error){.line = 0};
    if (text.n > SAIP_TEXT_MAX)
        return XK_E_LIMIT;
    lexer_init(&b.lexer, text);
    err = build_package(&b);
    if (err != XK_OK && out->n > at) {
        explicit_bzero(out->p + at, out->n - at);
        out->n = at;
    }
    return err;
}
