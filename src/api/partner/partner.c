/* SPDX-License-Identifier: Apache-2.0 */
#include "api/partner/partner.h"

#include "api/partner/routes.h"
#include "api/wire/utf8.h"
#include "base/hex.h"

#define PREFIX "/api/v1"
#define ID_MAX 64
#define DAY_MS INT64_C(86400000)

static const struct route routes[] = {
#define ROUTE(method, path, role, scope, limit, body, handler, query)                              \
    {method, path, ROLE_##role, SCOPE_##scope, LIMIT_##limit, BODY_##body, handler, query},
#include "api/partner/routes.def"
#undef ROUTE
};

const struct route *route_table(size_t *n)
{
    *n = ARRAY_LEN(routes);
    return routes;
}

enum xk_err partner_new(const struct partner_options *o, struct partner **out)
{
    struct partner *p = calloc(1, sizeof *p);

    if (!p)
        return XK_E_NOMEM;
    p->o = *o;
    if (p->o.token_ttl_s == 0)
        p->o.token_ttl_s = 7200;
    if (p->o.skew_s == 0)
        p->o.skew_s = 300;
    p->limits = limits_new(o);
    if (!p->limits) {
        free(p);
        return XK_E_NOMEM;
    }
    *out = p;
    return XK_OK;
}

void partner_log_to(struct partner *p, struct audit *a)
{
    p->audit = a;
}

void partner_free(struct partner *p)
{
    if (!p)
        return;
    limits_free(p->limits);
    free(p);
}

static bool wants_english(const struct call *c)
{
    const char *v = c->in->header(c->in->request, "Accept-Language");

    return v && strncmp(v, "en", 2) == 0;
}

static void put_message(struct call *c, const struct code_info *info, const char *detail)
{
    const char *text = wants_english(c) ? info->en : info->zh;
    char *with = detail ? arena_printf(c->order->arena, "%s: %s", text, detail) : NULL;

    json_put_text(&c->out, "message", with ? with : text);
}

void answer_begin_code(struct call *c, int code, const char *detail)
{
    const struct code_info *info = code_info(code);
    char number[16];

    snprintf(number, sizeof number, "%d", info->code);
    buf_reset(c->reply->body);
    json_out_init(&c->out, c->reply->body);
    json_open_object(&c->out, NULL);
    json_put_text(&c->out, "code", number);
    put_message(c, info, detail);
    json_put_text(&c->out, "traceId", c->trace);
    json_open_object(&c->out, "data");
    c->reply->status = (unsigned)info->http;
    c->code = info->code;
    c->answered = true;
}

void answer_begin(struct call *c)
{
    answer_begin_code(c, CODE_OK, NULL);
}

enum xk_err answer_end(struct call *c)
{
    json_close_object(&c->out);
    json_close_object(&c->out);
    return buf_ok(c->reply->body);
}

enum xk_err answer_refuse(struct call *c, int code, const char *detail)
{
    answer_begin_code(c, code, detail);
    return answer_end(c);
}

bool answer_refused(struct call *c, int code, const char *detail)
{
    c->failed = answer_refuse(c, code, detail);
    return false;
}

enum xk_err call_undo(struct call *c)
{
    TRY(store_rollback_to(c->order->store));
    c->order->said->first = c->order->said->last = NULL;
    return store_savepoint(c->order->store);
}

int field_code(enum xk_err err)
{
    if (err == XK_OK)
        return CODE_UNKNOWN;
    return err == XK_E_NOT_FOUND ? CODE_MISSING : CODE_PARAMETER;
}

bool take_fields(struct call *c, const struct json_field *fields, size_t n)
{
    const char *bad;
    enum xk_err err = json_read_fields(c->body, fields, n, &bad);

    if (err == XK_OK && (bad = json_unknown(c->body, fields, n)) == NULL)
        return true;
    return answer_refused(c, field_code(err), bad);
}

/* Percent-decoding into the arena; NULL when malformed, or no text that a database could hold. */
static const char *decode(struct call *c, struct bytes text)
{
    char *out = arena_alloc(c->order->arena, text.n + 1);
    size_t n = 0;

    for (size_t i = 0; out && i < text.n; i++) {
        uint8_t byte = text.p[i];

        if (byte == '%' &&
            (i + 2 >= text.n + 0 || hex_decode_exact(BYTES(text.p + i + 1, 2), &byte, 1) != XK_OK))
            return NULL;
        if (text.p[i] == '%')
            i += 2;
        out[n++] = (char)byte;
    }
    if (!out || memchr(out, 0, n) || !utf8_ok(BYTES(out, n)))
        return NULL;
    return out;
}

const char *query_value(struct call *c, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = c->in->query; *at; at += strcspn(at, "&"), at += *at == '&') {
        size_t part = strcspn(at, "&");

        if (part > n && strncmp(at, name, n) == 0 && at[n] == '=')
            return decode(c, BYTES(at + n + 1, part - n - 1));
    }
    return NULL;
}

const char *query_or(struct call *c, const char *name, const char *otherwise)
{
    const char *v = query_value(c, name);

    return v && v[0] ? v : otherwise;
}

bool list_next(const char **list, struct bytes *part)
{
    if (!*list)
        return false;
    *part = BYTES(*list, strcspn(*list, ","));
    *list = (*list)[part->n] == ',' ? *list + part->n + 1 : NULL;
    return true;
}

void copy_text(char *out, size_t cap, const char *text)
{
    snprintf(out, cap, "%s", text ? text : "");
}

static const struct parameter {
    const char *name;
    size_t max;
    const char *allowed; /* NULL any text */
} parameters[] = {
#define PARAMETER(name, max, allowed) {#name, max, allowed},
#include "api/partner/query.def"
#undef PARAMETER
};

/* Of those that the route knows; NULL. */
static const struct parameter *find_parameter(const struct route *r, struct bytes name)
{
    for (const char *at = r->query; *at; at += strcspn(at, " "), at += *at == ' ') {
        if (!bytes_eq(BYTES(at, strcspn(at, " ")), name))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
            if (bytes_eq(bytes_cstr(parameters[i].name), name))
                return &parameters[i];
        }
    }
    return NULL;
}

static bool parameter_fits(const struct parameter *p, const char *value)
{
    size_t n = value ? strlen(value) : 0;

    return value && n <= p->max && (!p->allowed || strspn(value, p->allowed) == n);
}

static bool refuse_parameter(struct call *c, int code, struct bytes name)
{
    return answer_refused(c, code,
                          arena_printf(c->order->arena, "%.*s", (int)(name.n < 32 ? name.n : 32),
                                       (const char *)name.p));
}

/* One the route does not know would be passed over silently, and one said twice half of it. */
static bool check_query(struct call *c, const struct route *r)
{
    uint64_t seen = 0;

    for (const char *at = c->in->query; *at; at += strcspn(at, "&"), at += *at == '&') {
        struct bytes part = BYTES(at, strcspn(at, "&"));
        struct bytes name = BYTES(at, strcspn(at, "=&"));
        const struct parameter *p = find_parameter(r, name);
        uint64_t bit = p ? UINT64_C(1) << (p - parameters) : 0;

        if (!p)
            return refuse_parameter(c, CODE_UNKNOWN, name);
        if (seen & bit || name.n == part.n ||
            !parameter_fits(p, decode(c, bytes_part(part, name.n + 1, part.n))))
            return refuse_parameter(c, CODE_PARAMETER, name);
        seen |= bit;
    }
    return true;
}
_Static_assert(ARRAY_LEN(parameters) <= 64, "a bit a parameter");

bool query_number(struct call *c, const char *name, int64_t fallback, int64_t max, int64_t *out)
{
    const char *text = query_value(c, name);
    char *end;

    *out = fallback;
    if (!text)
        return true;
    *out = strtoll(text, &end, 10);
    if (text[0] != '\0' && *end == '\0' && *out >= 0 && *out <= max)
        return true;
    return answer_refused(c, CODE_PARAMETER, name);
}

bool query_period(struct call *c, unsigned days, int64_t *from, int64_t *to)
{
    int64_t ms = days * DAY_MS;

    if (!query_number(c, "to", c->order->now + 1, INT64_MAX, to) ||
        !query_number(c, "from", *to > ms ? *to - ms : 0, INT64_MAX, from))
        return false;
    return *from <= *to || answer_refused(c, CODE_PARAMETER, "from");
}

bool take_task_id(struct call *c, const char *text, uint8_t id[TASK_ID_LEN])
{
    if (text && hex_decode_exact(bytes_cstr(text), id, TASK_ID_LEN) == XK_OK)
        return true;
    return answer_refused(c, CODE_PARAMETER, "taskId");
}

/* "/write/task/{id}" against "/write/task/00ab": the last part is the id. */
static bool path_matches(const char *pattern, const char *path, struct bytes *id)
{
    size_t n = strcspn(pattern, "{");

    if (pattern[n] == '\0')
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, n) != 0 || path[n] == '\0' || strchr(path + n, '/'))
        return false;
    *id = bytes_cstr(path + n);
    return true;
}

static const struct route *find_route(struct call *c, int *code)
{
    const char *path = c->in->path;

    *code = CODE_NO_SUCH_PATH;
    if (strncmp(path, PREFIX "/", sizeof PREFIX) != 0)
        return NULL;
    path += sizeof PREFIX - 1;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        struct bytes id = BYTES_NONE;

        if (!path_matches(routes[i].path, path, &id))
            continue;
        if (strcmp(routes[i].method, c->in->method) != 0) {
            *code = CODE_METHOD;
            continue;
        }
        if (id.n > 0 && (id.n > ID_MAX || !(c->id = decode(c, id))))
            return NULL;
        *code = CODE_OK;
        return &routes[i];
    }
    return NULL;
}

static enum xk_err let_in(struct call *c, const struct route *r, int *code)
{
    *code = CODE_OK;
    if (r->role != ROLE_NONE)
        TRY(auth_check(c, code));
    if (*code == CODE_OK && c->app.org.blocked)
        *code = CODE_ORG_BLOCKED;
    if (*code == CODE_OK &&
        (!auth_has_role(&c->app, r->role) || (r->scope == SCOPE_ROOT && !call_is_root(c))))
        *code = CODE_FORBIDDEN;
    if (*code == CODE_OK &&
        !limits_take(c->p->limits, r->role == ROLE_NONE ? c->in->peer : c->app.id, r->limit,
                     c->order->now, &c->reply->retry_after_s))
        *code = CODE_RATE_LIMIT;
    return XK_OK;
}

static enum xk_err with_body(struct call *c, const struct route *r)
{
    struct json *doc = NULL;
    char where[32];
    enum xk_err err;
    size_t at;

    if (!check_query(c, r))
        return XK_OK;
    if (r->body != BODY_JSON)
        return r->handle(c);
    err = json_doc_parse(c->in->body, &doc, &at);
    if (err == XK_OK && json_kind(doc) != JSON_OBJECT) {
        json_doc_free(doc);
        at = 0;
        err = XK_E_FORMAT;
    }
    if (err == XK_E_FORMAT) {
        snprintf(where, sizeof where, "byte %zu", at);
        return answer_refuse(c, CODE_BAD_JSON, where);
    }
    TRY(err);
    c->body = doc;
    err = r->handle(c);
    c->subject = log_subject(c);
    c->body = NULL;
    json_doc_free(doc);
    return err;
}

enum xk_err partner_handle(struct partner *p, const struct partner_call *in,
                           struct partner_reply *reply)
{
    struct call c = {.p = p, .in = in, .reply = reply, .order = in->order};
    const struct route *r;
    uint8_t trace[8];
    enum xk_err err;
    int code;

    xk_rand_fill(p->o.rand, trace, sizeof trace);
    hex_encode_lower(BYTES_OF(trace), c.trace);
    reply->retry_after_s = 0;
    r = find_route(&c, &code);
    err = r ? let_in(&c, r, &code) : XK_OK;
    if (err == XK_OK)
        err = r && code == CODE_OK ? with_body(&c, r) : answer_refuse(&c, code, NULL);
    secret_wipe(&c.app.secret);
    reply->log = r ? r->path : "-";
    if (err == XK_OK)
        err = c.failed;
    if (err == XK_OK && c.answered && r)
        err = log_call(&c, r);
    if (err == XK_OK && c.answered)
        return XK_OK;
    if (err == XK_OK)
        err = XK_E_INTERNAL;
    /* our own trouble: the caller undoes what the handler did */
    if (answer_refuse(&c, err == XK_E_BUSY ? CODE_UNAVAILABLE : CODE_INTERNAL, NULL) != XK_OK)
        buf_reset(reply->body);
    return err;
}
