/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/client.h"

#include <unistd.h>

#include "api/partner/partner.h"
#include "api/wire/base64.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "model/code.h"
#include "net/httpc/httpc.h"

#define PREFIX "/api/v1"
#define TIMEOUT_MS 30000
#define ANSWER_MAX ((size_t)64 << 20)
#define URL_MAX 4096
#define QUERY_MAX 2048
#define HEADER_MAX 256
#define BUSY_MAX 20 /* times we come again when the platform says: slower */
#define BUSY_US 500000
#define ALGORITHM "HMAC-SHA256"

struct client {
    struct httpc *http;
    struct secret secret;
    bool has_secret;
    char token[PROFILE_TOKEN_MAX];
    struct json *doc; /* the last answer */
    char app_header[HEADER_MAX], token_header[HEADER_MAX], time_header[HEADER_MAX],
        nonce_header[HEADER_MAX], sign_header[HEADER_MAX], language_header[HEADER_MAX];
};

void client_free(struct client *client)
{
    if (!client)
        return;
    httpc_free(client->http);
    json_doc_free(client->doc);
    explicit_bzero(client, sizeof *client);
    free(client);
}

static int open_client(struct cli *c)
{
    const struct httpc_options o = {.ca_file = c->profile.ca[0] ? c->profile.ca : NULL,
                                    .timeout_ms = TIMEOUT_MS,
                                    .body_max = ANSWER_MAX};

    if (c->client)
        return EXIT_DONE;
    if (c->profile.url[0] == '\0' || c->profile.app[0] == '\0')
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "未指定平台或应用:用 xieka login,或 --url 与 --app",
                                "which platform and application? xieka login, or --url and --app"));
    if (o.ca_file && access(o.ca_file, R_OK) != 0)
        return cli_fail(EXIT_USAGE, "%s: %s", o.ca_file,
                        cli_say(c, "证书文件无法读取", "cannot be read"));
    c->client = calloc(1, sizeof *c->client);
    if (!c->client || httpc_new(&o, &c->client->http) != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_NOMEM));
    return EXIT_DONE;
}

static int need_secret(struct cli *c)
{
    char mem[PROFILE_PATH_MAX + 128];
    struct buf why;

    if (c->client->has_secret)
        return EXIT_DONE;
    if (c->profile.secret_file[0] == '\0')
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "未指定密钥文件:--secret-file 或 xieka login",
                                "which secret? --secret-file, or xieka login"));
    buf_init_fixed(&why, mem, sizeof mem);
    if (profile_read_secret(c->profile.secret_file, &c->client->secret, &why) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s", buf_cstr(&why));
    c->client->has_secret = true;
    return EXIT_DONE;
}

/* Time stamp and nonce of one request (P-14). */
struct moment {
    char timestamp[24], nonce[40];
};

static void this_moment(struct moment *m)
{
    uint8_t raw[16];

    snprintf(m->timestamp, sizeof m->timestamp, "%lld", (long long)xk_now(xk_clock_system()));
    xk_rand_fill(random_openssl(), raw, sizeof raw);
    hex_encode_lower(BYTES_OF(raw), m->nonce);
}

/* ---- one exchange ---------------------------------------------------------------------------- */

static int cannot_reach(struct cli *c, const struct httpc_response *r)
{
    if (r->err == XK_E_AUTH)
        return cli_fail(EXIT_AUTH, "%s: %s: %s", c->profile.url,
                        cli_say(c, "证书校验失败", "its certificate does not verify"),
                        r->error_text);
    if (r->err == XK_E_VALUE)
        return cli_fail(EXIT_USAGE, "%s: %s", c->profile.url,
                        cli_say(c, "不是合法地址", "is no address of a platform"));
    return cli_fail(EXIT_UNREACHABLE, "%s: %s: %s", c->profile.url,
                    cli_say(c, "连不上平台", "cannot reach the platform"), r->error_text);
}

static int exchange(struct cli *c, const struct httpc_request *request, struct reply *out)
{
    struct httpc_response r;
    const char *code;
    size_t at;

    json_doc_free(c->client->doc);
    c->client->doc = NULL;
    if (httpc_call(c->client->http, request, &r) != XK_OK)
        return cannot_reach(c, &r);
    if (json_doc_parse(r.body, &c->client->doc, &at) != XK_OK ||
        !(code = json_text(json_member(c->client->doc, "code"))))
        return cli_fail(EXIT_UNREACHABLE, "%s: HTTP %u, %s", c->profile.url, r.status,
                        cli_say(c, "不是 xieka 平台", "this is no xieka platform"));
    out->code = (int)strtol(code, NULL, 10);
    out->message = json_text(json_member(c->client->doc, "message"));
    out->message = out->message ? out->message : "";
    out->data = json_member(c->client->doc, "data");
    return EXIT_DONE;
}

static const char *language(const struct cli *c)
{
    return c->lang == LANG_ZH ? "Accept-Language: zh" : "Accept-Language: en";
}

static int refused(struct cli *c, const struct reply *r)
{
    bool who = r->code == CODE_SIGNATURE || r->code == CODE_SKEW || r->code == CODE_IP_DENIED ||
               r->code == CODE_TOKEN || r->code == CODE_APP;

    if (c->json)
        cli_print_json(c->client->doc);
    return cli_fail(who ? EXIT_AUTH : EXIT_REFUSED, "%s (%d)", r->message, r->code);
}

/* ---- the token ------------------------------------------------------------------------------- */

static enum xk_err sign_token_request(struct cli *c, const struct moment *m, char sign[64])
{
    char *text = arena_printf(&c->arena, "%s\n%s\n%s", c->profile.app, m->timestamp, m->nonce);
    uint8_t mac[HASH_LEN];
    struct buf b;

    if (!text)
        return XK_E_NOMEM;
    TRY(hash_hmac(HASH_SHA256, secret_bytes(&c->client->secret), bytes_cstr(text), mac));
    buf_init_fixed(&b, sign, 64);
    base64_put(&b, BYTES_OF(mac));
    return buf_cstr(&b)[0] ? buf_ok(&b) : XK_E_INTERNAL;
}

static enum xk_err encode_token_request(struct cli *c, struct buf *body)
{
    struct json_out o;
    struct moment m;
    char sign[64];

    this_moment(&m);
    TRY(sign_token_request(c, &m, sign));
    json_out_init(&o, body);
    json_open_object(&o, NULL);
    json_put_text(&o, "appId", c->profile.app);
    json_put_text(&o, "timestamp", m.timestamp);
    json_put_text(&o, "nonce", m.nonce);
    json_put_text(&o, "sign", sign);
    json_close_object(&o);
    return buf_ok(body);
}

static int keep_token(struct cli *c, const struct json *data)
{
    const char *token = json_text(json_member(data, "token"));
    int64_t ttl = json_integer(json_member(data, "ttl"), 0);

    if (!token || !bytes_to_cstr(bytes_cstr(token), c->client->token, PROFILE_TOKEN_MAX))
        return cli_fail(EXIT_UNREACHABLE, "%s: no token in the answer", c->profile.url);
    profile_save_token(&c->profile, token, xk_now(xk_clock_system()) + ttl * 1000);
    return EXIT_DONE;
}

int client_sign_in(struct cli *c)
{
    const char *headers[] = {language(c)};
    char url[PROFILE_PATH_MAX + 32];
    struct httpc_request request = {
        .method = "POST", .url = url, .headers = headers, .header_count = 1};
    struct reply r = {0};
    char mem[512];
    struct buf body;
    int code = open_client(c);

    if (code == EXIT_DONE)
        code = need_secret(c);
    if (code != EXIT_DONE)
        return code;
    buf_init_fixed(&body, mem, sizeof mem);
    if (encode_token_request(c, &body) != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_CRYPTO));
    snprintf(url, sizeof url, "%s" PREFIX "/auth/token", c->profile.url);
    request.body = buf_bytes(&body);
    code = exchange(c, &request, &r);
    if (code != EXIT_DONE)
        return code;
    return r.code == CODE_OK ? keep_token(c, r.data) : refused(c, &r);
}

static int need_token(struct cli *c)
{
    if (c->client->token[0] ||
        profile_load_token(&c->profile, xk_now(xk_clock_system()), c->client->token))
        return EXIT_DONE;
    return client_sign_in(c);
}

/* ---- signed calls ---------------------------------------------------------------------------- */

static void query_put(struct buf *b, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_put_u8(b, (uint8_t)*text);
        else
            buf_printf(b, "%%%02X", (unsigned)(uint8_t)*text);
    }
}

const char *reply_text(const struct json *v, const char *name)
{
    const char *t = json_text(json_member(v, name));

    return t ? t : "";
}

void query_add(struct buf *query, const char *name, const char *value)
{
    if (!value)
        return;
    if (query->n > 0)
        buf_put_u8(query, '&');
    query_put(query, name);
    buf_put_u8(query, '=');
    query_put(query, value);
}

int client_list(struct cli *c, const char *path, const struct client_param *params, size_t n,
                struct reply *out)
{
    struct call call = {.method = "GET", .path = path};
    char mem[QUERY_MAX];
    struct buf query;

    buf_init_fixed(&query, mem, sizeof mem);
    for (size_t i = 0; i < n; i++)
        query_add(&query, params[i].name, cli_option(c, params[i].option));
    call.query = buf_cstr(&query);
    return client_call(c, &call, out);
}

void client_post_begin(struct client_post *p, const char *path, size_t body_max)
{
    *p = (struct client_post){.call = {.method = "POST", .path = path}};
    buf_init(&p->body, body_max);
    json_out_init(&p->o, &p->body);
    json_open_object(&p->o, NULL);
}

void client_put_options(struct json_out *o, const struct cli *c, const struct client_param *params,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cli_option(c, params[i].option))
            json_put_text(o, params[i].name, cli_option(c, params[i].option));
    }
}

int client_post_send(struct cli *c, struct client_post *p, struct reply *out)
{
    int code;

    json_close_object(&p->o);
    p->call.body = buf_bytes(&p->body);
    code = buf_ok(&p->body) == XK_OK
               ? client_call(c, &p->call, out)
               : cli_fail(EXIT_USAGE, "%s",
                          cli_say(c, "文字过长或不可用", "the text is too long or cannot be used"));
    buf_fini(&p->body);
    return code;
}

bool client_path(char *out, size_t cap, const char *prefix, const char *id)
{
    struct buf b;

    buf_init_fixed(&b, out, cap);
    buf_put_str(&b, prefix);
    query_put(&b, id);
    buf_put_u8(&b, '\0');
    if (buf_ok(&b) == XK_OK)
        return true;
    cli_fail(EXIT_USAGE, "%s", xk_err_text(XK_E_LIMIT));
    return false;
}

static enum xk_err put_signature(struct cli *c, const struct call *call, struct arena *scratch)
{
    struct client *k = c->client;
    char *path = arena_printf(scratch, PREFIX "%s", call->path);
    struct partner_to_sign w = {.method = call->method,
                                .path = path,
                                .query = call->query ? call->query : "",
                                .body = call->body};
    struct moment m;
    char sign[64];

    if (!path)
        return XK_E_NOMEM;
    this_moment(&m);
    w.timestamp = m.timestamp;
    w.nonce = m.nonce;
    TRY(partner_signature_of(&w, ALGORITHM, secret_bytes(&k->secret), scratch, sign));
    snprintf(k->app_header, HEADER_MAX, "X-XK-AppId: %s", c->profile.app);
    snprintf(k->token_header, HEADER_MAX, "Authorization: Bearer %s", k->token);
    snprintf(k->time_header, HEADER_MAX, "X-XK-Timestamp: %s", m.timestamp);
    snprintf(k->nonce_header, HEADER_MAX, "X-XK-Nonce: %s", m.nonce);
    snprintf(k->sign_header, HEADER_MAX, "X-XK-Sign: %s", sign);
    snprintf(k->language_header, HEADER_MAX, "%s", language(c));
    return XK_OK;
}

static enum xk_err sign_call(struct cli *c, const struct call *call)
{
    struct arena scratch;
    enum xk_err err;

    arena_init(&scratch, 65536);
    err = put_signature(c, call, &scratch);
    arena_fini(&scratch);
    return err;
}

static int send_once(struct cli *c, const struct call *call, struct reply *out)
{
    struct client *k = c->client;
    const char *headers[6 + CALL_HEADERS_MAX] = {k->app_header,  k->token_header,
                                                 k->time_header, k->nonce_header,
                                                 k->sign_header, k->language_header};
    struct httpc_request request = {.method = call->method,
                                    .headers = headers,
                                    .header_count = 6,
                                    .body = call->body,
                                    .timeout_ms = call->timeout_ms};
    char url[URL_MAX];

    for (size_t i = 0; i < CALL_HEADERS_MAX && call->headers[i]; i++)
        headers[request.header_count++] = call->headers[i];
    if (snprintf(url, sizeof url, "%s" PREFIX "%s%s%s", c->profile.url, call->path,
                 call->query && call->query[0] ? "?" : "",
                 call->query ? call->query : "") >= (int)sizeof url)
        return cli_fail(EXIT_USAGE, "%s", xk_err_text(XK_E_LIMIT));
    request.url = url;
    if (sign_call(c, call) != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(XK_E_CRYPTO));
    return exchange(c, &request, out);
}

/* Again when the token ran out (once) or the platform wants us slower. */
static int send_call(struct cli *c, const struct call *call, struct reply *out)
{
    bool renewed = false;
    int code;

    for (unsigned busy = 0; busy < BUSY_MAX; busy++) {
        code = send_once(c, call, out);
        if (code != EXIT_DONE)
            return code;
        if (out->code == CODE_TOKEN && !renewed) {
            renewed = true;
            code = client_sign_in(c);
            if (code != EXIT_DONE)
                return code;
        } else if (out->code == CODE_RATE_LIMIT) {
            usleep(BUSY_US);
        } else {
            return EXIT_DONE;
        }
    }
    return EXIT_DONE;
}

int client_call(struct cli *c, const struct call *call, struct reply *out)
{
    int code = open_client(c);

    if (code == EXIT_DONE)
        code = need_secret(c);
    if (code == EXIT_DONE)
        code = need_token(c);
    if (code == EXIT_DONE)
        code = send_call(c, call, out);
    if (code != EXIT_DONE || out->code == CODE_OK)
        return code;
    return call->quiet ? EXIT_REFUSED : refused(c, out);
}
