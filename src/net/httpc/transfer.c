/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpc/transfer.h"

#include <strings.h>

static enum xk_err error_of(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum xk_err err;
    } rows[] = {
#define HTTPC_ERROR(curl_code, xk_error) {curl_code, xk_error},
#include "net/httpc/error.def"
#undef HTTPC_ERROR
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            return rows[i].err;
    return XK_E_IO;
}

static bool is_http(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* Less than all ends the transfer with CURLE_WRITE_ERROR. */
static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
    struct buf *answer = arg;

    buf_put(answer, data, size * n);
    return buf_ok(answer) == XK_OK ? size * n : 0;
}

static bool add_header(struct transfer *t, const char *text)
{
    struct curl_slist *list;

    if (strpbrk(text, "\r\n"))
        return false;
    list = curl_slist_append(t->headers, text);
    if (list)
        t->headers = list;
    return list != NULL;
}

/* An empty "Expect:" keeps libcurl from waiting for 100 Continue. */
static enum xk_err set_headers(struct transfer *t, const struct httpc_request *request)
{
    bool typed = false;

    for (size_t i = 0; i < request->header_count; i++) {
        typed = typed || strncasecmp(request->headers[i], "Content-Type:", 13) == 0;
        if (!add_header(t, request->headers[i]))
            return XK_E_VALUE;
    }
    if (!add_header(t, "Expect:"))
        return XK_E_NOMEM;
    if (request->body.n && !typed && !add_header(t, "Content-Type: application/json"))
        return XK_E_NOMEM;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return XK_OK;
}

static void set_method(struct transfer *t, const struct httpc_request *request)
{
    const char *method = request->method;

    if (!method)
        method = request->body.n ? "POST" : "GET";
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (request->body.n || strcmp(method, "POST") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : NULL);
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_tls(struct transfer *t, const struct httpc_options *o)
{
    curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(t->easy, CURLOPT_SSL_EC_CURVES,
                     o->brainpool ? "X25519:P-256:brainpoolP256r1" : "X25519:P-256");
    if (o->ca_file || o->peer) {
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, o->ca_file);
        curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
    }
    if (o->cert_file) {
        curl_easy_setopt(t->easy, CURLOPT_SSLCERT, o->cert_file);
        curl_easy_setopt(t->easy, CURLOPT_SSLKEY, o->key_file);
    }
    if (o->insecure) {
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static CURLcode on_connection(CURL *easy, void *ssl_ctx, void *arg)
{
    struct transfer *t = arg;

    (void)easy;
    tls_watch_connection(t->watch, ssl_ctx);
    return CURLE_OK;
}

/* Without OpenSSL in it libcurl refuses the hook: then nobody would ask the peer. */
static enum xk_err set_watch(struct transfer *t, const struct httpc_options *o)
{
    struct tls_peer *peer = o->insecure ? NULL : o->peer;

    TRY(tls_watch_new(peer, &t->watch));
    curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_DATA, t);
    if (curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_FUNCTION, on_connection) != CURLE_OK && peer)
        return XK_E_UNSUPPORTED;
    return XK_OK;
}

static enum xk_err set_connect_to(struct transfer *t, const char *list)
{
    while (list && *list) {
        size_t n = strcspn(list, ",");
        char row[2 * 256 + 16];
        struct curl_slist *rows;

        if (!bytes_to_cstr(BYTES(list, n), row, sizeof row))
            return XK_E_VALUE;
        rows = curl_slist_append(t->connect_to, row);
        if (!rows)
            return XK_E_NOMEM;
        t->connect_to = rows;
        list += n;
        list += *list == ',';
    }
    if (t->connect_to)
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    return XK_OK;
}

/* libcurl asks about once a second, and whenever something moves. */
static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct transfer *t = arg;

    (void)a, (void)b, (void)c, (void)d;
    return t->has_enough(t->has_enough_arg);
}

static void set_end(struct transfer *t, const struct httpc_options *o)
{
    if (!o->has_enough)
        return;
    t->has_enough = o->has_enough;
    t->has_enough_arg = o->has_enough_arg;
    curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
}

static void set_rest(struct transfer *t, const struct httpc_options *o,
                     const struct httpc_request *request)
{
    long timeout = request->timeout_ms ? request->timeout_ms : o->timeout_ms;

    curl_easy_setopt(t->easy, CURLOPT_URL, request->url);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, &t->answer);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
}

enum xk_err transfer_init(struct transfer *t, CURL *easy, const struct httpc_options *options,
                          const struct httpc_request *request)
{
    memset(t, 0, sizeof *t);
    t->easy = easy;
    t->body_n = request->body.n;
    buf_init(&t->answer, options->body_max + 1);
    if (!is_http(request->url))
        return XK_E_VALUE;
    set_rest(t, options, request);
    set_end(t, options);
    set_tls(t, options);
    TRY(set_watch(t, options));
    TRY(set_connect_to(t, options->connect_to));
    set_method(t, request);
    return set_headers(t, request);
}

enum xk_err transfer_copy_body(struct transfer *t, struct bytes body)
{
    if (body.n == 0)
        return XK_OK;
    t->body = malloc(body.n);
    if (!t->body)
        return XK_E_NOMEM;
    memcpy(t->body, body.p, body.n);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body);
    return XK_OK;
}

void transfer_fini(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    tls_watch_free(t->watch);
    free(t->body);
    buf_fini(&t->answer);
}

/* libcurl has one code for a handshake that broke and for one that was refused. */
static enum xk_err failure_of(const struct transfer *t, CURLcode code)
{
    switch (tls_watch_seen(t->watch)) {
    case TLS_WATCH_CUT:
        return code == CURLE_SSL_CONNECT_ERROR ? XK_E_CLOSED : error_of(code);
    case TLS_WATCH_ALERT:
    case TLS_WATCH_REFUSED:
        return XK_E_AUTH;
    case TLS_WATCH_NOTHING:
        break;
    }
    return error_of(code);
}

static const char *failure_text(const struct transfer *t, CURLcode code)
{
    const char *refusal = tls_watch_refusal(t->watch);

    if (refusal[0])
        return refusal;
    return t->error[0] ? t->error : curl_easy_strerror(code);
}

static bool was_sent(const struct transfer *t)
{
    curl_off_t body = 0;
    long head = 0;

    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &head);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body);
    return head > 0 && (size_t)body >= t->body_n;
}

void transfer_response(struct transfer *t, CURLcode code, struct httpc_response *out)
{
    const char *type = NULL;
    long status = 0;

    *out = (struct httpc_response){.sent = was_sent(t), .error_text = "", .content_type = ""};
    if (code != CURLE_OK) {
        out->err = failure_of(t, code);
        out->error_text = failure_text(t, code);
        return;
    }
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
    out->status = (unsigned)status;
    out->content_type = type ? type : "";
    buf_cstr(&t->answer);
    out->body = buf_bytes(&t->answer);
}
