/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as the interfaces use it. Reading is strict: UTF-8, no duplicate keys, bounded depth and
 * size, nothing behind the value (json-c underneath). Writing streams into a buffer. */
#ifndef API_WIRE_JSON_H
#define API_WIRE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

#define JSON_DEPTH_MAX 16

struct json; /* a value; belongs to its document */

/* Parses a whole text. XK_E_FORMAT with *at, the byte offset of the trouble. Free the document. */
enum xk_err json_doc_parse(struct bytes text, struct json **out, size_t *at) XK_MUST_CHECK;
void json_doc_free(struct json *doc); /* NULL is fine */

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};
enum json_kind json_kind(const struct json *v); /* JSON_NULL for NULL */
const struct json *json_member(const struct json *object,
                               const char *name); /* NULL: absent or null */
size_t json_length(const struct json *array);
const struct json *json_at(const struct json *array, size_t i);
const char *json_text(const struct json *v); /* NULL when it is no string */
int64_t json_integer(const struct json *v, int64_t fallback);
bool json_truth(const struct json *v, bool fallback);

/* Members of an object by a table, so that a refusal can name the field. */
struct json_field {
    const char *name;
    enum json_kind kind; /* JSON_STRING, JSON_INT, JSON_BOOL or JSON_ARRAY */
    bool required;
    size_t min, max;     /* length of a string or an array, or value of a number; max 0: no limit */
    const char *allowed; /* string: characters it may hold, NULL any printable; see JSON_DIGITS */
    const char **text;   /* where the value goes; strings live as long as the document */
    int64_t *integer;
    bool *truth;
    const struct json **array;
};
#define JSON_DIGITS "0123456789"
#define JSON_ID "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:"

/* XK_E_NOT_FOUND (missing) or XK_E_VALUE, and *bad the field's name. Unknown members are fine. */
enum xk_err json_read_fields(const struct json *object, const struct json_field *fields, size_t n,
                             const char **bad) XK_MUST_CHECK;
#define JSON_NAME_MAX 64
/* The first member that is none of the fields, "..." when its name is longer than JSON_NAME_MAX;
 * NULL: there is none. */
const char *json_unknown(const struct json *object, const struct json_field *fields, size_t n);

/* Writing: commas are put where they belong. name NULL inside arrays and at the top. */
struct json_out {
    struct buf *b;
    unsigned depth;
    bool first[JSON_DEPTH_MAX + 1];
};
void json_out_init(struct json_out *o, struct buf *b);
void json_open_object(struct json_out *o, const char *name);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o, const char *name);
void json_close_array(struct json_out *o);
void json_put_text(struct json_out *o, const char *name, const char *value); /* NULL: null */
void json_put_bytes_text(struct json_out *o, const char *name, struct bytes utf8);
void json_put_hex(struct json_out *o, const char *name, struct bytes value); /* lower case */
void json_put_base64(struct json_out *o, const char *name, struct bytes value);
void json_put_int(struct json_out *o, const char *name, int64_t value);
void json_put_bool(struct json_out *o, const char *name, int value);
void json_put_null(struct json_out *o, const char *name);
void json_put_value(struct json_out *o, const char *name,
                    const struct json *v); /* as it was read */
void json_put_encoded(struct json_out *o, const char *name, struct bytes value); /* JSON already */
void json_put_double(struct json_out *o, const char *name, double value);        /* 3 decimals */

#endif
