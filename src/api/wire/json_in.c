/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON: json-c's strict parser, and what it lets pass is refused here: duplicate keys, text
 * behind the value, NUL inside strings. A struct json is json-c's object under another name. */
#include "api/wire/json.h"

#include <json-c/json.h>

#include "api/wire/utf8.h"

#define DOCUMENT_MAX ((size_t)64 << 20)

static const struct json *wrap(struct json_object *o)
{
    return (const struct json *)o;
}

/* json-c takes no const objects, even to look at them. */
static struct json_object *unwrap(const struct json *v)
{
    return (struct json_object *)(uintptr_t)v;
}

/* json-c keeps the last of equal keys; two parsers that disagree on which counts is how signed
 * requests get abused, so neither counts. It also takes 'such strings', NaN, Infinity and control
 * characters inside strings, which RFC 8259 does not. This looks at the text once for all of it. */
struct text_scan {
    struct bytes text;
    size_t at;
    size_t colons; /* outside strings: one for each member */
    bool foreign;  /* something that is not JSON */
};

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void scan_string(struct text_scan *s)
{
    const uint8_t *p = s->text.p;
    size_t at = s->at + 1;

    for (;;) {
        while (at < s->text.n && is_plain(p[at]))
            at++;
        if (at >= s->text.n || p[at] == '"')
            break;
        s->foreign = s->foreign || p[at] < 0x20;
        at += p[at] == '\\' ? 2 : 1;
    }
    s->at = at + 1;
}

static void scan_text(struct text_scan *s)
{
    static const char outside[] = " \t\r\n{}[],:0123456789+-.eEtrufalsn";

    while (s->at < s->text.n) {
        uint8_t c = s->text.p[s->at];

        if (c == '"') {
            scan_string(s);
            continue;
        }
        if (!strchr(outside, c))
            s->foreign = true;
        s->colons += c == ':';
        s->at++;
    }
}

static size_t count_members(struct json_object *o)
{
    size_t n = 0;

    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, child)
        {
            (void)key;
            n += 1 + count_members(child);
        }
    } else if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            n += count_members(json_object_array_get_idx(o, i));
    }
    return n;
}

static enum xk_err parse(struct json_tokener *tok, struct bytes text, struct json_object **out,
                         size_t *at)
{
    struct text_scan scan = {.text = text};
    struct json_object *o;

    json_tokener_set_flags(tok, JSON_TOKENER_STRICT); /* UTF-8 was looked at */
    o = json_tokener_parse_ex(tok, (const char *)text.p, (int)text.n + 1);
    *at = json_tokener_get_parse_end(tok);
    if (json_tokener_get_error(tok) != json_tokener_success || *at < text.n) {
        json_object_put(o);
        return XK_E_FORMAT;
    }
    scan_text(&scan);
    if (scan.foreign || count_members(o) != scan.colons) {
        json_object_put(o);
        *at = 0;
        return XK_E_FORMAT;
    }
    *out = o;
    return XK_OK;
}

enum xk_err json_doc_parse(struct bytes text, struct json **out, size_t *at)
{
    struct json_tokener *tok;
    struct json_object *o;
    enum xk_err err;
    char *copy;

    *at = 0;
    if (text.n == 0 || text.n > DOCUMENT_MAX || memchr(text.p, '\0', text.n) || !utf8_ok(text))
        return XK_E_FORMAT;
    tok = json_tokener_new_ex(JSON_DEPTH_MAX);
    copy = malloc(text.n + 1); /* json-c ends a number at the NUL behind it */
    err = tok && copy ? XK_OK : XK_E_NOMEM;
    if (err == XK_OK) {
        memcpy(copy, text.p, text.n);
        copy[text.n] = '\0';
        err = parse(tok, BYTES(copy, text.n), &o, at);
    }
    free(copy);
    if (tok)
        json_tokener_free(tok);
    if (err == XK_OK)
        *out = (struct json *)o;
    return err;
}

void json_doc_free(struct json *doc)
{
    json_object_put((struct json_object *)doc);
}

enum json_kind json_kind(const struct json *v)
{
    switch (json_object_get_type(unwrap(v))) {
    case json_type_boolean:
        return JSON_BOOL;
    case json_type_double:
        return JSON_NUMBER;
    case json_type_int:
        return JSON_INT;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_string:
        return JSON_STRING;
    case json_type_null:
        break;
    }
    return JSON_NULL;
}

const struct json *json_member(const struct json *object, const char *name)
{
    struct json_object *child;

    if (json_kind(object) != JSON_OBJECT ||
        !json_object_object_get_ex(unwrap(object), name, &child))
        return NULL;
    return wrap(child);
}

size_t json_length(const struct json *array)
{
    return json_kind(array) == JSON_ARRAY ? json_object_array_length(unwrap(array)) : 0;
}

const struct json *json_at(const struct json *array, size_t i)
{
    return i < json_length(array) ? wrap(json_object_array_get_idx(unwrap(array), i)) : NULL;
}

const char *json_text(const struct json *v)
{
    const char *s;

    if (json_kind(v) != JSON_STRING)
        return NULL;
    s = json_object_get_string(unwrap(v));
    /* a \u0000 inside would cut it short unseen */
    return strlen(s) == (size_t)json_object_get_string_len(unwrap(v)) ? s : NULL;
}

int64_t json_integer(const struct json *v, int64_t fallback)
{
    return json_kind(v) == JSON_INT ? json_object_get_int64(unwrap(v)) : fallback;
}

bool json_truth(const struct json *v, bool fallback)
{
    return json_kind(v) == JSON_BOOL ? json_object_get_boolean(unwrap(v)) != 0 : fallback;
}

static bool text_fits(const char *s, const struct json_field *f)
{
    size_t n = s ? strlen(s) : 0;

    if (!s || n < f->min || (f->max > 0 && n > f->max))
        return false;
    if (f->allowed)
        return strspn(s, f->allowed) == n;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7F)
            return false;
    }
    return true;
}

static bool take_field(const struct json *v, const struct json_field *f)
{
    if (json_kind(v) != f->kind)
        return false;
    if (f->kind == JSON_STRING) {
        if (!text_fits(json_text(v), f))
            return false;
        *f->text = json_text(v);
    } else if (f->kind == JSON_INT) {
        int64_t n = json_integer(v, 0);

        if (n < (int64_t)f->min || (f->max > 0 && n > (int64_t)f->max))
            return false;
        *f->integer = n;
    } else if (f->kind == JSON_ARRAY) {
        if (json_length(v) < f->min || (f->max > 0 && json_length(v) > f->max))
            return false;
        *f->array = v;
    } else if (f->kind == JSON_BOOL) {
        *f->truth = json_truth(v, false);
    }
    return true;
}

enum xk_err json_read_fields(const struct json *object, const struct json_field *fields, size_t n,
                             const char **bad)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_member(object, fields[i].name);

        *bad = fields[i].name;
        if (!v && fields[i].required)
            return XK_E_NOT_FOUND;
        if (v && !take_field(v, &fields[i]))
            return XK_E_VALUE;
    }
    *bad = NULL;
    return XK_OK;
}

static bool is_field(const char *name, const struct json_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return true;
    }
    return false;
}

const char *json_unknown(const struct json *object, const struct json_field *fields, size_t n)
{
    if (json_kind(object) != JSON_OBJECT)
        return NULL;
    json_object_object_foreach(unwrap(object), name, value)
    {
        (void)value;
        if (!is_field(name, fields, n))
            return strlen(name) <= JSON_NAME_MAX ? name : "...";
    }
    return NULL;
}

void json_put_value(struct json_out *o, const char *name, const struct json *v)
{
    int compact = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

    json_put_encoded(o, name, bytes_cstr(json_object_to_json_string_ext(unwrap(v), compact)));
}
