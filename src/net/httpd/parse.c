/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpd/parse.h"

#include <strings.h>

const char *http_status_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } rows[] = {
#define HTTP_STATUS(code, reason) {code, reason},
#include "net/httpd/status.def"
#undef HTTP_STATUS
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Unknown";
}

static const struct {
    const char *name;
    bool needs_length;
} methods[] = {
#define HTTP_METHOD(name, needs_length) {#name, needs_length},
#include "net/httpd/method.def"
#undef HTTP_METHOD
};

const char *http_method_name(enum http_method method)
{
    return (unsigned)method < ARRAY_LEN(methods) ? methods[method].name : "?";
}

size_t http_head_end(struct bytes in, size_t from)
{
    const uint8_t *at;

    if (from >= in.n)
        return 0;
    at = memmem(in.p + from, in.n - from, "\r\n\r\n", 4);
    return at ? (size_t)(at - in.p) + 4 : 0;
}

/* ---- characters ------------------------------------------------------------------------------ */

static bool is_token(char c) /* RFC 9110 5.6.2 */
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool all_token(const char *s)
{
    if (!*s)
        return false;
    while (is_token(*s))
        s++;
    return !*s;
}

static bool is_field_text(const char *s) /* RFC 9110 5.5 */
{
    for (; *s; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7F)
            return false;
    return true;
}

/* Cuts the line at *at out of the text, which ends with an empty line; NULL at its end. */
static char *next_line(char **at)
{
    char *line = *at;
    char *end = strstr(line, "\r\n");

    if (!end || end == line)
        return NULL;
    *end = '\0';
    *at = end + 2;
    return line;
}

/* ---- the request line (RFC 9112 3) ----------------------------------------------------------- */

static unsigned parse_method(const char *name, struct http_request *req)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strcmp(name, methods[i].name) == 0) {
            req->method = (enum http_method)i;
            return 0;
        }
    return all_token(name) ? 501 : 400;
}

static char *skip_authority(char *target)
{
    if (strncasecmp(target, "http://", 7) == 0)
        target += 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        target += 8;
    else
        return target;
    target += strcspn(target, "/?");
    return *target == '/' ? target : NULL;
}

static unsigned parse_target(char *target, struct http_request *req)
{
    char *question;

    for (const char *p = target; *p; p++)
        if (*p < '!' || *p > '~' || *p == '#')
            return 400;
    if (req->method == HTTP_OPTIONS && strcmp(target, "*") == 0) {
        req->path = target;
        req->query = "";
        return 0;
    }
    target = skip_authority(target);
    if (!target || *target != '/')
        return 400;
    question = strchr(target, '?');
    req->path = target;
    req->query = question ? question + 1 : "";
    if (question)
        *question = '\0';
    return 0;
}

static unsigned parse_version(const char *v, struct http_framing *framing)
{
    if (strncmp(v, "HTTP/", 5) != 0 || strlen(v) != 8 || v[6] != '.')
        return 400;
    if (v[5] < '0' || v[5] > '9' || v[7] < '0' || v[7] > '9')
        return 400;
    if (v[5] != '1')
        return 505;
    framing->http10 = v[7] == '0';
    framing->keep_alive = !framing->http10;
    return 0;
}

static unsigned parse_request_line(char *line, struct http_request *req,
                                   struct http_framing *framing)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    unsigned status;

    if (!version)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    status = parse_version(version, framing);
    if (!status)
        status = parse_method(line, req);
    return status ? status : parse_target(target, req);
}

/* ---- header fields --------------------------------------------------------------------------- */

static char *trim(char *value)
{
    size_t n;

    value += strspn(value, " \t");
    n = strlen(value);
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    value[n] = '\0';
    return value;
}

static unsigned parse_field(char *line, struct http_header *out)
{
    char *colon = strchr(line, ':');

    if (!colon)
        return 400;
    *colon = '\0';
    if (!all_token(line) || !is_field_text(colon + 1))
        return 400; /* also a folded line and blanks before the colon */
    out->name = line;
    out->value = trim(colon + 1);
    return 0;
}

/* Whether the comma-separated list has this word (RFC 9110 5.6.1). */
static bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (;;) {
        list += strspn(list, " \t,");
        if (!*list)
            return false;
        if (strncasecmp(list, word, n) == 0 && strchr(" \t,", list[n]))
            return true;
        list += strcspn(list, ",");
    }
}

static unsigned on_length(const char *value, struct http_framing *framing)
{
    size_t n = strspn(value, "0123456789");

    if (n == 0 || value[n])
        return 400;
    if (n > 18)
        return 413;
    framing->length = strtoull(value, NULL, 10);
    return 0;
}

static unsigned on_coding(const char *value, struct http_framing *framing)
{
    if (framing->http10)
        return 400;
    if (strcasecmp(value, "chunked") != 0)
        return 501;
    framing->chunked = true;
    return 0;
}

static unsigned on_connection(const char *value, struct http_framing *framing)
{
    if (list_has(value, "close"))
        framing->keep_alive = false;
    else if (framing->http10 && list_has(value, "keep-alive"))
        framing->keep_alive = true;
    return 0;
}

static unsigned on_expect(const char *value, struct http_framing *framing)
{
    if (strcasecmp(value, "100-continue") != 0)
        return 417;
    framing->expect_continue = !framing->http10;
    return 0;
}

static unsigned on_host(const char *value, struct http_framing *framing)
{
    (void)value;
    (void)framing;
    return 0;
}

/* The fields that decide where a request ends; `once`: a second one is refused. */
static const struct field_rule {
    const char *name;
    bool once;
    unsigned (*take)(const char *value, struct http_framing *framing);
} rules[] = {
    {"Content-Length", true, on_length},
    {"Transfer-Encoding", true, on_coding},
    {"Connection", false, on_connection},
    {"Expect", true, on_expect},
    {"Host", true, on_host},
};
enum { SEEN_LENGTH = 1, SEEN_CODING = 2, SEEN_HOST = 16 };

static unsigned apply_rules(const struct http_header *h, unsigned *seen,
                            struct http_framing *framing)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (strcasecmp(h->name, rules[i].name) != 0)
            continue;
        if (rules[i].once && *seen & 1u << i)
            return 400;
        *seen |= 1u << i;
        return rules[i].take(h->value, framing);
    }
    return 0;
}

/* RFC 9112 6.1, 6.3, 3.2 */
static unsigned check_framing(unsigned seen, const struct http_request *req,
                              const struct http_framing *framing)
{
    if (!framing->http10 && !(seen & SEEN_HOST))
        return 400;
    if (seen & SEEN_LENGTH && seen & SEEN_CODING)
        return 400;
    if (methods[req->method].needs_length && !(seen & (SEEN_LENGTH | SEEN_CODING)))
        return 411;
    return 0;
}

static unsigned parse_fields(char *at, struct arena *arena, struct http_request *req,
                             struct http_framing *framing)
{
    struct http_header *headers = arena_alloc(arena, HTTP_HEADERS_MAX * sizeof *headers);
    unsigned status = 0, seen = 0;
    char *line;

    if (!headers)
        return 503;
    req->headers = headers;
    while ((line = next_line(&at)) != NULL) {
        struct http_header *h = &headers[req->header_count];

        if (req->header_count == HTTP_HEADERS_MAX)
            return 431;
        status = parse_field(line, h);
        if (!status)
            status = apply_rules(h, &seen, framing);
        if (status)
            return status;
        req->header_count++;
    }
    return check_framing(seen, req, framing);
}

unsigned http_parse_head(struct bytes head, struct arena *arena, struct http_request *req,
                         struct http_framing *framing)
{
    char *text, *line;
    unsigned status;

    memset(framing, 0, sizeof *framing);
    req->header_count = 0;
    if (memchr(head.p, '\0', head.n))
        return 400;
    text = (char *)arena_copy(arena, head);
    if (!text)
        return 503;
    line = next_line(&text);
    if (!line)
        return 400;
    status = parse_request_line(line, req, framing);
    return status ? status : parse_fields(text, arena, req, framing);
}

/* ---- chunked bodies (RFC 9112 7.1) ----------------------------------------------------------- */

#define CHUNK_DIGITS_MAX 8
#define CHUNK_EXTRA_MAX 4096

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static unsigned on_size(struct http_chunks *c, uint8_t byte)
{
    int digit = hex_value(byte);

    if (digit >= 0) {
        c->left = c->left << 4 | (unsigned)digit;
        return ++c->digits > CHUNK_DIGITS_MAX ? 413 : 0;
    }
    if (c->digits == 0)
        return 400;
    if (byte == '\r')
        c->state = HTTP_CHUNK_SIZE_LF;
    else if (byte == ';' || byte == ' ' || byte == '\t')
        c->state = HTTP_CHUNK_EXTENSION;
    else
        return 400;
    return 0;
}

/* A line that is skipped: an extension or a trailer. */
static unsigned on_skipped(struct http_chunks *c, uint8_t byte, enum http_chunk_state after)
{
    if (++c->extra > CHUNK_EXTRA_MAX)
        return 431;
    if (byte == '\n')
        return 400;
    if (byte == '\r')
        c->state = after;
    return 0;
}

static unsigned on_exactly(struct http_chunks *c, uint8_t byte, uint8_t wanted,
                           enum http_chunk_state after)
{
    c->state = after;
    return byte == wanted ? 0 : 400;
}

static unsigned on_line_start(struct http_chunks *c, uint8_t byte)
{
    c->state = byte == '\r' ? HTTP_CHUNK_END_LF : HTTP_CHUNK_TRAILER_LINE;
    return byte == '\n' ? 400 : 0;
}

static unsigned on_byte(struct http_chunks *c, uint8_t byte)
{
    switch (c->state) {
    case HTTP_CHUNK_SIZE:
        return on_size(c, byte);
    case HTTP_CHUNK_EXTENSION:
        return on_skipped(c, byte, HTTP_CHUNK_SIZE_LF);
    case HTTP_CHUNK_SIZE_LF:
        return on_exactly(c, byte, '\n', c->left ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER);
    case HTTP_CHUNK_DATA_CR:
        return on_exactly(c, byte, '\r', HTTP_CHUNK_DATA_LF);
    case HTTP_CHUNK_DATA_LF:
        c->digits = 0;
        return on_exactly(c, byte, '\n', HTTP_CHUNK_SIZE);
    case HTTP_CHUNK_TRAILER:
        return on_line_start(c, byte);
    case HTTP_CHUNK_TRAILER_LINE:
        return on_skipped(c, byte, HTTP_CHUNK_TRAILER_LF);
    case HTTP_CHUNK_TRAILER_LF:
        return on_exactly(c, byte, '\n', HTTP_CHUNK_TRAILER);
    case HTTP_CHUNK_END_LF:
        return on_exactly(c, byte, '\n', HTTP_CHUNK_DONE);
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_DONE:
        break;
    }
    return 500;
}

unsigned http_chunks_feed(struct http_chunks *c, struct bytes in, struct buf *body, size_t *used)
{
    unsigned status = 0;
    size_t at = 0;

    while (at < in.n && !status && c->state != HTTP_CHUNK_DONE) {
        struct bytes part = bytes_part(in, at, (size_t)c->left);

        if (c->state != HTTP_CHUNK_DATA) {
            status = on_byte(c, in.p[at++]);
            continue;
        }
        buf_put_bytes(body, part);
        at += part.n;
        c->left -= part.n;
        if (c->left == 0)
            c->state = HTTP_CHUNK_DATA_CR;
        if (buf_ok(body) != XK_OK)
            status = 413;
    }
    *used = at;
    return status;
}
