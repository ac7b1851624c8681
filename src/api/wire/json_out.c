/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON (RFC 8259). */
#include "api/wire/base64.h"
#include "api/wire/json.h"
#include "api/wire/utf8.h"

void json_out_init(struct json_out *o, struct buf *b)
{
    *o = (struct json_out){.b = b};
    o->first[0] = true;
}

static void put_character(struct buf *b, struct bytes c)
{
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *at = c.p[0] ? strchr(shorts, c.p[0]) : NULL;

    if (c.n == 1 && at)
        buf_printf(b, "\\%c", letters[at - shorts]);
    else if (c.n == 1 && (c.p[0] < 0x20 || c.p[0] == 0x7F))
        buf_printf(b, "\\u%04x", c.p[0]);
    else
        buf_put_bytes(b, c);
}

/* Runs of plain characters go out in one piece. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void put_string(struct buf *b, struct bytes s)
{
    buf_put_u8(b, '"');
    while (s.n > 0) {
        size_t run = 0;

        while (run < s.n && is_plain(s.p[run]))
            run++;
        buf_put(b, s.p, run);
        s = bytes_part(s, run, s.n);
        if (s.n == 0)
            break;
        size_t n = utf8_char(s);

        if (n == 0)
            buf_put_str(b, "\\ufffd");
        else
            put_character(b, bytes_part(s, 0, n));
        s = bytes_part(s, n ? n : 1, s.n);
    }
    buf_put_u8(b, '"');
}

static void begin(struct json_out *o, const char *name)
{
    if (!o->first[o->depth])
        buf_put_u8(o->b, ',');
    o->first[o->depth] = false;
    if (!name)
        return;
    put_string(o->b, bytes_cstr(name));
    buf_put_u8(o->b, ':');
}

static void open_level(struct json_out *o, const char *name, char bracket)
{
    begin(o, name);
    buf_put_u8(o->b, (uint8_t)bracket);
    if (o->depth == JSON_DEPTH_MAX) {
        o->b->err = XK_E_LIMIT;
        return;
    }
    o->first[++o->depth] = true;
}

static void close_level(struct json_out *o, char bracket)
{
    buf_put_u8(o->b, (uint8_t)bracket);
    if (o->depth > 0)
        o->depth--;
}

void json_open_object(struct json_out *o, const char *name)
{
    open_level(o, name, '{');
}

void json_close_object(struct json_out *o)
{
    close_level(o, '}');
}

void json_open_array(struct json_out *o, const char *name)
{
    open_level(o, name, '[');
}

void json_close_array(struct json_out *o)
{
    close_level(o, ']');
}

void json_put_encoded(struct json_out *o, const char *name, struct bytes value)
{
    begin(o, name);
    buf_put_bytes(o->b, value);
}

void json_put_null(struct json_out *o, const char *name)
{
    begin(o, name);
    buf_put_str(o->b, "null");
}

void json_put_bytes_text(struct json_out *o, const char *name, struct bytes utf8)
{
    begin(o, name);
    put_string(o->b, utf8);
}

void json_put_text(struct json_out *o, const char *name, const char *value)
{
    if (value)
        json_put_bytes_text(o, name, bytes_cstr(value));
    else
        json_put_null(o, name);
}

void json_put_hex(struct json_out *o, const char *name, struct bytes value)
{
    static const char digits[] = "0123456789abcdef";

    begin(o, name);
    buf_put_u8(o->b, '"');
    for (size_t i = 0; i < value.n; i++) {
        buf_put_u8(o->b, (uint8_t)digits[value.p[i] >> 4]);
        buf_put_u8(o->b, (uint8_t)digits[value.p[i] & 15]);
    }
    buf_put_u8(o->b, '"');
}

void json_put_base64(struct json_out *o, const char *name, struct bytes value)
{
    begin(o, name);
    buf_put_u8(o->b, '"');
    base64_put(o->b, value);
    buf_put_u8(o->b, '"');
}

void json_put_int(struct json_out *o, const char *name, int64_t value)
{
    begin(o, name);
    buf_printf(o->b, "%lld", (long long)value);
}

void json_put_bool(struct json_out *o, const char *name, int value)
{
    begin(o, name);
    buf_put_str(o->b, value ? "true" : "false");
}

void json_put_double(struct json_out *o, const char *name, double value)
{
    begin(o, name);
    buf_printf(o->b, "%.3f", value);
}
