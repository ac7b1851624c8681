/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dp_tls.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "cpu.h"

#define HEAD_MAX 1024

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static SSL_CTX *client_context(void)
{
    static SSL_CTX *ctx;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    if (!ctx)
        ctx = SSL_CTX_new(TLS_client_method());
    pthread_mutex_unlock(&lock);
    return ctx;
}

void dp_link_open(struct dp_link *link, uint16_t port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char host[] = RSP_DP_HOST; /* the macro below takes no const */

    *link = (struct dp_link){.ssl = SSL_new(client_context())};
    if (!link->ssl || fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        SSL_set_fd(link->ssl, fd) != 1 || SSL_set_tlsext_host_name(link->ssl, host) != 1 ||
        SSL_connect(link->ssl) != 1)
        dp_die("a connection");
}

void dp_link_close(struct dp_link *link)
{
    int fd = SSL_get_fd(link->ssl);

    SSL_shutdown(link->ssl);
    SSL_free(link->ssl);
    close(fd);
}

static void say(SSL *ssl, const void *p, size_t n)
{
    size_t done;

    if (SSL_write_ex(ssl, p, n, &done) != 1 || done != n)
        dp_die("SSL_write_ex");
}

/* All of an answer; its body begins at the result. */
static size_t hear(SSL *ssl, struct buf *all)
{
    uint8_t part[16384];
    size_t n, body = 0, want = 0;

    while (body == 0 || all->n < want) {
        const char *at;

        if (SSL_read_ex(ssl, part, sizeof part, &n) != 1)
            dp_die("SSL_read_ex");
        buf_put(all, part, n);
        if (body > 0)
            continue;
        at = memmem(all->p, all->n, "\r\n\r\n", 4);
        if (!at)
            continue;
        body = want = (size_t)(at + 4 - (const char *)all->p);
        at = memmem(all->p, body, "Content-Length: ", 16);
        if (at)
            want += strtoul(at + 16, NULL, 10);
    }
    return body;
}

void dp_link_post(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer)
{
    struct dp_link *link = ctx;
    struct buf out, in;
    size_t at;

    buf_init(&out, DP_MESSAGE_MAX);
    buf_init(&in, DP_MESSAGE_MAX);
    buf_printf(&out,
               "POST " ES9P_PATH "%s HTTP/1.1\r\nHost: " RSP_DP_HOST
               "\r\nUser-Agent: gsma-rsp-lpad\r\nX-Admin-Protocol: " WIRE_PROTOCOL
               "\r\nContent-Type: " WIRE_JSON_TYPE "\r\nContent-Length: %zu\r\n\r\n",
               es9p_path(function), body.n);
    buf_put_bytes(&out, body);
    dp_must(buf_ok(&out), "a request");
    say(link->ssl, out.p, out.n);
    at = hear(link->ssl, &in);
    if (memmem(in.p, in.n, "HTTP/1.1 20", 11) != in.p)
        dp_die(es9p_path(function));
    buf_put(answer, in.p + at, in.n - at);
    link->sent[link->n] = out.n;
    link->got[link->n] = in.n;
    link->n++;
    buf_fini(&out);
    buf_fini(&in);
}

static void hear_bytes(SSL *ssl, uint8_t *room, size_t n)
{
    size_t part;

    for (; n > 0; n -= part) {
        if (SSL_read_ex(ssl, room, n, &part) != 1)
            dp_die("SSL_read_ex");
    }
}

void dp_link_repeat(struct dp_link *link, const struct dp_link *like)
{
    static uint8_t room[DP_MESSAGE_MAX + HEAD_MAX];

    for (size_t i = 0; i < like->n; i++) {
        say(link->ssl, room, like->sent[i]);
        hear_bytes(link->ssl, room, like->got[i]);
    }
}

/* ---- the bare server ------------------------------------------------------------------------- */

struct dp_bare {
    SSL_CTX *ctx;
    struct dp_link like;
    int listener;
    pthread_t thread;
    atomic_bool over;
};

static void serve(struct dp_bare *b, int fd)
{
    static uint8_t room[DP_MESSAGE_MAX + HEAD_MAX];
    SSL *ssl = SSL_new(b->ctx);

    if (!ssl || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1)
        dp_die("SSL_accept");
    for (size_t i = 0; i < b->like.n; i++) {
        hear_bytes(ssl, room, b->like.sent[i]);
        say(ssl, room, b->like.got[i]);
    }
    SSL_shutdown(ssl);
    SSL_free(ssl);
}

static void *run(void *ctx)
{
    struct dp_bare *b = ctx;

    for (;;) {
        int fd = accept(b->listener, NULL, NULL);

        if (atomic_load(&b->over)) {
            close(fd);
            return NULL;
        }
        serve(b, fd);
        close(fd);
    }
}

static SSL_CTX *server_context(const struct rsp_pki *pki)
{
    const struct rsp_cert tls = rsp_pki_cert(pki, RSP_DPTLS);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    struct buf pem;
    BIO *bio;
    EVP_PKEY *key;

    buf_init(&pem, DP_MESSAGE_MAX);
    dp_must(ec_key_write_pem(tls.key, &pem), "ec_key_write_pem");
    bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    if (!ctx || !key || SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
        SSL_CTX_use_certificate_ASN1(ctx, (int)tls.der.n, tls.der.p) != 1 ||
        SSL_CTX_set_num_tickets(ctx, 1) != 1)
        dp_die("a bare server");
    EVP_PKEY_free(key);
    BIO_free(bio);
    buf_fini(&pem);
    return ctx;
}

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in at = loopback(0);
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        dp_die("a bare server");
    *port = ntohs(at.sin_port);
    return fd;
}

struct dp_bare *dp_bare_start(const struct rsp_pki *pki, const struct dp_link *like, uint16_t *port)
{
    struct dp_bare *b = calloc(1, sizeof *b);

    if (!b)
        dp_die("calloc");
    b->ctx = server_context(pki);
    b->like = *like;
    b->listener = listen_somewhere(port);
    if (pthread_create(&b->thread, NULL, run, b) != 0)
        dp_die("a bare server");
    return b;
}

double dp_bare_cpu_us(const struct dp_bare *b)
{
    clockid_t clock;

    if (pthread_getcpuclockid(b->thread, &clock) != 0)
        dp_die("pthread_getcpuclockid");
    return cpu_clock_us(clock);
}

void dp_bare_stop(struct dp_bare *b, uint16_t port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    atomic_store(&b->over, true);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        pthread_join(b->thread, NULL) != 0)
        dp_die("the end of a bare server");
    close(fd);
    close(b->listener);
    SSL_CTX_free(b->ctx);
    free(b);
}

/* ---- the holder ------------------------------------------------------------------------------ */

static void hold_all(SSL_CTX *ctx, int listener, const struct dp_link *like)
{
    static uint8_t room[DP_MESSAGE_MAX + HEAD_MAX];

    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    for (;;) {
        SSL *ssl = SSL_new(ctx); /* kept until the end */

        if (!ssl || SSL_set_fd(ssl, accept(listener, NULL, NULL)) != 1 || SSL_accept(ssl) != 1)
            dp_die("SSL_accept");
        hear_bytes(ssl, room, like->sent[0]);
        say(ssl, room, like->got[0]);
    }
}

pid_t dp_holder_start(const struct rsp_pki *pki, const struct dp_link *like, uint16_t *port)
{
    SSL_CTX *ctx = server_context(pki);
    int listener = listen_somewhere(port);
    pid_t pid = fork();

    if (pid < 0)
        dp_die("fork");
    if (pid == 0)
        hold_all(ctx, listener, like);
    close(listener);
    SSL_CTX_free(ctx);
    return pid;
}

void dp_holder_stop(pid_t pid)
{
    if (kill(pid, SIGKILL) != 0 || waitpid(pid, NULL, 0) != pid)
        dp_die("the end of a holder");
}
