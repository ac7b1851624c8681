/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts, the certificate of the first run, and our client against our server. */
#include "net/httpc/httpc.h"
#include "net/httpd/httpd.h"
#include "net/tls/tls.h"
#include "net_wait.h"
#include "xt.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/stat.h>

static char dir[] = "/tmp/xieka-tls-XXXXXX";

static struct tls_files make_files(const char *name)
{
    struct tls_self_signed what = {
        .dir = dir, .name = name, .cn = "xieka", .hosts = NULL, .clock = xk_clock_system()};
    struct tls_files files;

    if (strstr(dir, "XXXXXX") && !mkdtemp(dir))
        abort();
    CHECK_OK(tls_generate_self_signed(&what, &files));
    return files;
}

/* ---- a site ---------------------------------------------------------------------------------- */

struct site {
    struct loop *loop;
    struct httpd *httpd;
    struct tls_server *tls;
    uint16_t port, plain_port;
    struct http_request *held;
    bool hold;
    unsigned handled;
    char seen[256];
};

static void reply_text(struct http_request *req, const char *text)
{
    struct http_reply reply = {.status = 200, .body = bytes_cstr(text)};

    http_reply(req, &reply);
}

static void on_request(void *ctx, struct http_request *req)
{
    struct site *s = ctx;
    const char *type = http_header(req, "Content-Type");
    struct http_reply moved = {.status = 302};
    struct http_header location = {"Location", "file:///etc/passwd"};

    s->handled++;
    snprintf(s->seen, sizeof s->seen, "%s %s %s %.*s", http_method_name(req->method), req->path,
             type ? type : "-", (int)req->body.n, req->body.n ? (const char *)req->body.p : "");
    moved.headers = &location;
    moved.header_count = 1;
    if (strcmp(req->path, "/moved") == 0)
        http_reply(req, &moved);
    else if (s->hold)
        s->held = req;
    else
        reply_text(req, "{\"code\":0}");
}

static void open_site(struct site *s, const struct tls_files *files)
{
    struct httpd_listen where = {.address = "127.0.0.1", .handler = on_request, .ctx = s};

    memset(s, 0, sizeof *s);
    CHECK_OK(loop_new(&s->loop));
    CHECK_OK(tls_server_new(files->cert, files->key, &s->tls));
    CHECK_OK(httpd_new(s->loop, NULL, &s->httpd));
    CHECK_OK(httpd_listen(s->httpd, &where, &s->plain_port));
    where.tls = s->tls;
    CHECK_OK(httpd_listen(s->httpd, &where, &s->port));
}

static void close_site(struct site *s)
{
    httpd_free(s->httpd);
    tls_server_free(s->tls);
    loop_free(s->loop);
}

struct answer {
    unsigned calls;
    enum xk_err err;
    unsigned status;
    char body[64], type[64];
};

static void on_answer(void *arg, const struct httpc_response *response)
{
    struct answer *a = arg;

    a->calls++;
    a->err = response->err;
    a->status = response->status;
    snprintf(a->body, sizeof a->body, "%.*s", (int)response->body.n,
             response->body.n ? (const char *)response->body.p : "");
    snprintf(a->type, sizeof a->type, "%s", response->content_type);
    if ((a->err == XK_OK) != (response->error_text[0] == '\0'))
        a->err = XK_E_INTERNAL;
}

static struct answer send_one(struct site *s, struct httpc_options options, const char *scheme,
                              const char *path)
{
    struct answer a = {0};
    struct httpc *client = NULL;
    struct httpc_request request = {0};
    char url[128];
    uint16_t port = strcmp(scheme, "https") == 0 ? s->port : s->plain_port;

    snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, port, path);
    request.url = url;
    options.loop = s->loop;
    CHECK_OK(httpc_new(&options, &client));
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s->loop, a.calls == 1);
    CHECK_INT(httpc_pending(client), 0);
    httpc_free(client);
    return a;
}

/* ---- certificates and contexts --------------------------------------------------------------- */

TEST(self_signed_is_made_once)
{
    struct tls_files files = make_files("once");
    char first[TLS_FINGERPRINT_MAX], second[TLS_FINGERPRINT_MAX];
    struct tls_self_signed what = {
        .dir = dir, .name = "once", .cn = "x", .clock = xk_clock_system()};
    struct stat st;

    CHECK_INT(stat(files.key, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_OK(tls_fingerprint(files.cert, first));
    CHECK_INT(strlen(first), 95);
    CHECK_OK(tls_generate_self_signed(&what, &files)); /* there already */
    CHECK_OK(tls_fingerprint(files.cert, second));
    CHECK_STR(first, second);
    CHECK_INT(unlink(files.key), 0);
    CHECK_INT(tls_generate_self_signed(&what, &files), XK_E_EXISTS);
    CHECK_INT(tls_fingerprint(files.key, first), XK_E_NOT_FOUND);
}

TEST(server_files_are_checked)
{
    struct tls_files a = make_files("a"), b = make_files("b");
    struct tls_server *server;

    CHECK_INT(tls_server_new(a.cert, "/nowhere", &server), XK_E_NOT_FOUND);
    CHECK_INT(tls_server_new("/nowhere", a.key, &server), XK_E_NOT_FOUND);
    CHECK_INT(tls_server_new(a.cert, b.key, &server), XK_E_AUTH);
    CHECK_INT(tls_server_new(a.key, a.key, &server), XK_E_FORMAT);
    CHECK_INT(chmod(b.key, 0640), 0);
    CHECK_INT(tls_server_new(b.cert, b.key, &server), XK_E_DENIED);
}

struct handshake {
    uint16_t port;
    int max_version;
    bool ok;
    int version;
    char cipher[64];
};

/* Another client than ours, on a thread, since it blocks. */
static void *do_handshake(void *arg)
{
    struct handshake *h = arg;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int fd = raw_connect(h->port);
    SSL *ssl;

    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_max_proto_version(ctx, h->max_version);
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    h->ok = SSL_connect(ssl) == 1;
    h->version = SSL_version(ssl);
    snprintf(h->cipher, sizeof h->cipher, "%s", SSL_get_cipher_name(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return NULL;
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static void *handshake_and_stop(void *arg)
{
    struct {
        struct handshake h;
        struct loop *loop;
    } *both = arg;

    do_handshake(&both->h);
    if (loop_post(both->loop, stop_loop, both->loop) != XK_OK)
        abort();
    return NULL;
}

static struct handshake handshake(struct site *s, int max_version)
{
    struct {
        struct handshake h;
        struct loop *loop;
    } both = {.h = {.port = s->port, .max_version = max_version}, .loop = s->loop};
    pthread_t thread;

    if (pthread_create(&thread, NULL, handshake_and_stop, &both) != 0)
        abort();
    CHECK_OK(loop_run(s->loop));
    pthread_join(thread, NULL);
    return both.h;
}

TEST(old_versions_are_refused)
{
    struct tls_files files = make_files("site");
    struct handshake h;
    struct site s;

    open_site(&s, &files);
    h = handshake(&s, TLS1_1_VERSION);
    CHECK(!h.ok);
    h = handshake(&s, TLS1_2_VERSION);
    CHECK(h.ok);
    CHECK_INT(h.version, TLS1_2_VERSION);
    CHECK(strncmp(h.cipher, "ECDHE-", 6) == 0);
    h = handshake(&s, TLS1_3_VERSION);
    CHECK(h.ok);
    CHECK_INT(h.version, TLS1_3_VERSION);
    close_site(&s);
}

TEST(plain_text_on_a_tls_port)
{
    struct tls_files files = make_files("site");
    struct httpd_stats stats;
    struct site s;
    int fd;

    open_site(&s, &files);
    fd = raw_connect(s.port);
    CHECK(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
    CHECK(raw_is_closed(s.loop, fd));
    close(fd);
    CHECK_INT(s.handled, 0);
    httpd_stats(s.httpd, &stats);
    CHECK_INT(stats.connections, 0);
    close_site(&s);
}

/* ---- client and server ----------------------------------------------------------------------- */

TEST(client_trusts_only_the_pinned_certificate)
{
    struct tls_files files = make_files("site"), other = make_files("other");
    struct site s;

    open_site(&s, &files);
    CHECK_INT(send_one(&s, (struct httpc_options){.ca_file = files.cert}, "https", "/").err, XK_OK);
    CHECK_INT(send_one(&s, (struct httpc_options){.ca_file = other.cert}, "https", "/").err,
              XK_E_AUTH);
    CHECK_INT(send_one(&s, (struct httpc_options){0}, "https", "/").err, XK_E_AUTH);
    CHECK_INT(send_one(&s, (struct httpc_options){.insecure = true}, "https", "/").err, XK_OK);
    CHECK_INT(send_one(&s, (struct httpc_options){.ca_file = "/nowhere"}, "https", "/").err,
              XK_E_NOT_FOUND);
    CHECK_INT(s.handled, 2);
    close_site(&s);
}

TEST(get_post_and_headers)
{
    static const char *const headers[] = {"X-A: b", "Content-Type: text/csv"};
    struct tls_files files = make_files("site");
    struct httpc_options options = {.ca_file = files.cert};
    struct httpc_request request = {.body = BYTES_STR("{}")};
    struct httpc *client = NULL;
    struct answer a = {0};
    struct site s;
    char url[64];

    open_site(&s, &files);
    options.loop = s.loop;
    CHECK_OK(httpc_new(&options, &client));
    snprintf(url, sizeof url, "https://localhost:%u/x", s.port);
    request.url = url;
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s.loop, a.calls == 1);
    CHECK_INT(a.err, XK_OK);
    CHECK_INT(a.status, 200);
    CHECK_STR(a.body, "{\"code\":0}");
    CHECK_STR(a.type, "application/json");
    CHECK_STR(s.seen, "POST /x application/json {}");
    request.headers = headers;
    request.header_count = 2;
    request.method = "PUT";
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s.loop, a.calls == 2);
    CHECK_STR(s.seen, "PUT /x text/csv {}");
    httpc_free(client);
    close_site(&s);
}

TEST(many_requests_share_connections)
{
    struct tls_files files = make_files("site");
    struct httpc_options options = {.ca_file = files.cert, .connections_max = 3};
    struct httpc_request request = {0};
    struct httpc *client = NULL;
    struct httpd_stats stats;
    struct answer a = {0};
    struct site s;
    char url[64];

    open_site(&s, &files);
    options.loop = s.loop;
    options.waiting_max = 200;
    CHECK_OK(httpc_new(&options, &client));
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", s.port);
    request.url = url;
    for (int i = 0; i < 200; i++)
        CHECK_OK(httpc_send(client, &request, on_answer, &a));
    CHECK_INT(httpc_send(client, &request, on_answer, &a), XK_E_BUSY);
    WAIT(s.loop, a.calls == 200);
    CHECK_INT(a.err, XK_OK);
    httpd_stats(s.httpd, &stats);
    CHECK(stats.connections <= 3);
    httpc_free(client);
    close_site(&s);
}

TEST(client_errors)
{
    static const char *const split[] = {"A: b\r\nC: d"};
    struct tls_files files = make_files("site");
    struct httpc_request request = {.url = "file:///etc/passwd"};
    struct httpc_options options = {0};
    struct httpc *client = NULL;
    struct answer a = {0};
    struct site s;

    open_site(&s, &files);
    options.loop = s.loop;
    CHECK_OK(httpc_new(&options, &client));
    CHECK_INT(httpc_send(client, &request, on_answer, &a), XK_E_VALUE);
    request =
        (struct httpc_request){.url = "http://127.0.0.1/", .headers = split, .header_count = 1};
    CHECK_INT(httpc_send(client, &request, on_answer, &a), XK_E_VALUE);
    request = (struct httpc_request){.url = "http://127.0.0.1:1/"};
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s.loop, a.calls == 1);
    CHECK_INT(a.err, XK_E_CLOSED);
    httpc_free(client);
    CHECK_INT(send_one(&s, (struct httpc_options){0}, "http", "/moved").status, 302);
    CHECK_INT(send_one(&s, (struct httpc_options){.body_max = 4}, "http", "/").err, XK_E_LIMIT);
    s.hold = true;
    CHECK_INT(send_one(&s, (struct httpc_options){.timeout_ms = 20}, "http", "/").err,
              XK_E_TIMEOUT);
    reply_text(s.held, "late");
    close_site(&s);
}

TEST(free_drops_what_is_under_way)
{
    struct tls_files files = make_files("site");
    struct httpc_options options = {.insecure = true};
    struct httpc_request request = {0};
    struct httpc *client = NULL;
    struct answer a = {0};
    struct site s;
    char url[64];

    open_site(&s, &files);
    options.loop = s.loop;
    s.hold = true;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", s.port);
    request.url = url;
    CHECK_OK(httpc_new(&options, &client));
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s.loop, s.held != NULL);
    httpc_free(client);
    reply_text(s.held, "nobody");
    CHECK_OK(loop_turn(s.loop, 5));
    CHECK_INT(a.calls, 0);
    close_site(&s);
}

/* ---- the waiting client ---------------------------------------------------------------------- */

struct caller {
    struct site *site;
    const char *ca_file;
    unsigned ok;
    enum xk_err bad_scheme;
    char body[64];
};

static void *call_thrice(void *arg)
{
    struct caller *c = arg;
    struct httpc_options options = {.ca_file = c->ca_file};
    struct httpc_request request = {0};
    struct httpc_response response;
    struct httpc *client = NULL;
    char url[64];

    snprintf(url, sizeof url, "https://127.0.0.1:%u/call", c->site->port);
    request.url = url;
    if (httpc_new(&options, &client) != XK_OK)
        return NULL;
    for (int i = 0; i < 3; i++)
        if (httpc_call(client, &request, &response) == XK_OK && response.status == 200)
            c->ok++;
    snprintf(c->body, sizeof c->body, "%s", (const char *)response.body.p);
    request.url = "gopher://127.0.0.1/";
    c->bad_scheme = httpc_call(client, &request, &response);
    httpc_free(client);
    if (loop_post(c->site->loop, stop_loop, c->site->loop) != XK_OK)
        abort();
    return NULL;
}

TEST(waiting_call)
{
    struct tls_files files = make_files("site");
    struct site s;
    struct caller c = {.site = &s, .ca_file = files.cert};
    pthread_t thread;

    open_site(&s, &files);
    REQUIRE(pthread_create(&thread, NULL, call_thrice, &c) == 0);
    CHECK_OK(loop_run(s.loop));
    pthread_join(thread, NULL);
    CHECK_INT(c.ok, 3);
    CHECK_STR(c.body, "{\"code\":0}");
    CHECK_INT(c.bad_scheme, XK_E_VALUE);
    close_site(&s);
}

static void remove_files(void)
{
    static const char *const names[] = {"once", "a", "b", "site", "other"};
    char path[128];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s.key", dir, names[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s.crt", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

TEST(files_removed)
{
    remove_files();
    CHECK_INT(access(dir, F_OK), -1);
}

TESTS_MAIN(XT_CASE(self_signed_is_made_once), XT_CASE(server_files_are_checked),
           XT_CASE(old_versions_are_refused), XT_CASE(plain_text_on_a_tls_port),
           XT_CASE(client_trusts_only_the_pinned_certificate), XT_CASE(get_post_and_headers),
           XT_CASE(many_requests_share_connections), XT_CASE(client_errors),
           XT_CASE(free_drops_what_is_under_way), XT_CASE(waiting_call), XT_CASE(files_removed))
