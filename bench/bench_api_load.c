/* SPDX-License-Identifier: Apache-2.0 */
/* Partners that call without a pause, over TLS connections that stay open, each call signed (P-14):
 *
 *     bench_api_load load PORT APP SECRET TOKEN FILE CONNECTIONS PID
 *         the calls of FILE, one a line: METHOD PATH [BODY]; PID: the server, for its CPU time.
 *         Prints {"rate":1/s,"p99_ms":..,"cpu_us":a call,"sent":bytes,"got":bytes a call}
 *     bench_api_load bare CERT KEY BYTES
 *         the floor: a server of the same TLS library that answers each call with so many bytes;
 *         prints its port, serves until its input ends. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "api/partner/partner.h"
#include "base/hex.h"
#include "cpu.h"
#include "crypto/random.h"

#define CONNECTIONS_MAX 64
#define MESSAGE_MAX ((size_t)256 << 10)

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_api_load: %s\n", what);
    exit(1);
}

/* ---- HTTP over TLS --------------------------------------------------------------------------- */

static void say(SSL *ssl, const void *p, size_t n)
{
    size_t done;

    if (SSL_write_ex(ssl, p, n, &done) != 1 || done != n)
        die("SSL_write_ex");
}

/* A whole message with its head; false: the other end is gone. */
static bool hear(SSL *ssl, char *room, size_t *n)
{
    size_t want = SIZE_MAX, part;

    for (*n = 0; *n < want; *n += part) {
        const char *end, *length;

        if (*n == MESSAGE_MAX || SSL_read_ex(ssl, room + *n, MESSAGE_MAX - *n, &part) != 1)
            return false;
        end = want == SIZE_MAX ? memmem(room, *n + part, "\r\n\r\n", 4) : NULL;
        if (!end)
            continue;
        length = memmem(room, (size_t)(end - room), "Content-Length: ", 16);
        want = (size_t)(end + 4 - room) + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    return true;
}

static int open_socket(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        die("connect");
    return fd;
}

/* ---- the load -------------------------------------------------------------------------------- */

struct call {
    const char *method, *path, *body;
};

static struct {
    uint16_t port;
    const char *app, *token;
    struct bytes secret;
    char *text; /* of the file; the calls are in it */
    struct call *calls;
    size_t n, room;
    atomic_size_t next, sent, got;
    double *took_ms; /* a call */
    SSL_CTX *ctx;
} load;

static void add_call(char *line)
{
    char *save = NULL;
    struct call *c;

    if (load.n == load.room)
        load.calls = realloc(load.calls, (load.room = 2 * load.room + 1024) * sizeof *load.calls);
    if (!load.calls)
        die("memory");
    c = &load.calls[load.n++];
    c->method = strtok_r(line, " ", &save);
    c->path = strtok_r(NULL, " ", &save);
    c->body = strtok_r(NULL, "", &save);
    if (!c->path)
        die("a line that is no call");
    if (!c->body)
        c->body = "";
}

static void read_calls(const char *path)
{
    FILE *f = fopen(path, "r");
    char *save = NULL;
    size_t cap = 0;

    if (!f || getdelim(&load.text, &cap, '\0', f) <= 0)
        die(path);
    fclose(f);
    for (char *line = strtok_r(load.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        add_call(line);
    load.took_ms = calloc(load.n, sizeof *load.took_ms);
    if (!load.took_ms)
        die(path);
}

static int encode(const struct call *c, struct arena *arena, char *out)
{
    char timestamp[24], sign[64], nonce[HEX_LEN(12)];
    struct partner_to_sign w = {.method = c->method,
                                .path = c->path,
                                .query = "",
                                .body = bytes_cstr(c->body),
                                .timestamp = timestamp,
                                .nonce = nonce};
    uint8_t raw[12];

    xk_rand_fill(random_openssl(), raw, sizeof raw);
    hex_encode_lower(BYTES_OF(raw), nonce);
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)xk_now(xk_clock_system()));
    if (partner_signature_of(&w, "HMAC-SHA256", load.secret, arena, sign) != XK_OK)
        die("a signature");
    return snprintf(out, MESSAGE_MAX,
                    "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                    "X-XK-AppId: %s\r\nX-XK-Timestamp: %s\r\nX-XK-Nonce: %s\r\nX-XK-Sign: %s\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    c->method, c->path, load.token, load.app, timestamp, nonce, sign,
                    strlen(c->body), c->body);
}

static void call_one(SSL *ssl, size_t i, struct arena *arena, char *room)
{
    int n = encode(&load.calls[i], arena, room);
    int64_t start = xk_monotonic_ns();
    size_t got;

    say(ssl, room, (size_t)n);
    if (!hear(ssl, room, &got))
        die("the server is gone");
    load.took_ms[i] = (double)(xk_monotonic_ns() - start) / 1e6;
    if (memmem(room, got, "HTTP/1.1 200", 12) != room) {
        fprintf(stderr, "%.*s\n", (int)got, room);
        die(load.calls[i].path);
    }
    atomic_fetch_add(&load.sent, (size_t)n);
    atomic_fetch_add(&load.got, got);
    arena_reset(arena);
}

static void *call_on(void *arg)
{
    SSL *ssl = SSL_new(load.ctx);
    int fd = open_socket(load.port);
    char *room = malloc(MESSAGE_MAX);
    struct arena arena;

    (void)arg;
    arena_init(&arena, 1 << 20);
    if (!ssl || !room || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        die("a TLS connection");
    for (;;) {
        size_t i = atomic_fetch_add(&load.next, 1);

        if (i >= load.n)
            break;
        call_one(ssl, i, &arena, room);
    }
    arena_fini(&arena);
    SSL_free(ssl);
    close(fd);
    free(room);
    return NULL;
}

static void run_all(size_t connections)
{
    pthread_t threads[CONNECTIONS_MAX];

    for (size_t i = 0; i < connections; i++) {
        if (pthread_create(&threads[i], NULL, call_on, NULL) != 0)
            die("a thread");
    }
    for (size_t i = 0; i < connections; i++)
        pthread_join(threads[i], NULL);
}

static int run_load(char **a)
{
    size_t connections = strtoul(a[5], NULL, 10);
    clockid_t clock;
    double cpu, seconds;
    int64_t start;

    load.port = (uint16_t)strtoul(a[0], NULL, 10);
    load.app = a[1];
    load.secret = bytes_cstr(a[2]);
    load.token = a[3];
    read_calls(a[4]);
    load.ctx = SSL_CTX_new(TLS_client_method());
    if (!load.ctx || connections == 0 || connections > CONNECTIONS_MAX ||
        clock_getcpuclockid((pid_t)strtol(a[6], NULL, 10), &clock) != 0)
        die("arguments");
    cpu = cpu_clock_us(clock);
    start = xk_monotonic_ns();
    run_all(connections);
    seconds = (double)(xk_monotonic_ns() - start) / 1e9;
    cpu = (cpu_clock_us(clock) - cpu) / (double)load.n;
    qsort(load.took_ms, load.n, sizeof *load.took_ms, cpu_compare);
    printf("{\"rate\":%.0f,\"p99_ms\":%.3f,\"cpu_us\":%.2f,\"sent\":%.0f,\"got\":%.0f}\n",
           (double)load.n / seconds, load.took_ms[load.n * 99 / 100], cpu,
           (double)load.sent / (double)load.n, (double)load.got / (double)load.n);
    return 0;
}

/* ---- the floor ------------------------------------------------------------------------------- */

static struct {
    SSL_CTX *ctx;
    int listener;
    char *answer;
    size_t n;
} bare;

static void *serve(void *arg)
{
    char *room = malloc(MESSAGE_MAX);
    SSL *ssl = arg;
    size_t n;

    if (!room || SSL_accept(ssl) != 1)
        die("SSL_accept");
    while (hear(ssl, room, &n))
        say(ssl, bare.answer, bare.n);
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    free(room);
    return NULL;
}

static void *accept_all(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(bare.listener, NULL, NULL), on = 1;
        SSL *ssl = SSL_new(bare.ctx);
        pthread_t thread;

        if (fd < 0 || !ssl || SSL_set_fd(ssl, fd) != 1 ||
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
            pthread_create(&thread, NULL, serve, ssl) != 0)
            die("a connection");
        pthread_detach(thread);
    }
}

static int run_bare(char **a)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    pthread_t thread;
    size_t bytes = strtoul(a[2], NULL, 10), head;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bare.ctx = SSL_CTX_new(TLS_server_method());
    bare.listener = socket(AF_INET, SOCK_STREAM, 0);
    bare.answer = calloc(1, bytes + MESSAGE_MAX);
    if (!bare.ctx || !bare.answer || SSL_CTX_use_certificate_chain_file(bare.ctx, a[0]) != 1 ||
        SSL_CTX_use_PrivateKey_file(bare.ctx, a[1], SSL_FILETYPE_PEM) != 1 ||
        bind(bare.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(bare.listener, CONNECTIONS_MAX) != 0 ||
        getsockname(bare.listener, (struct sockaddr *)&at, &len) != 0)
        die("a bare server");
    head =
        (size_t)snprintf(bare.answer, MESSAGE_MAX, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                         bytes > 50 ? bytes - 50 : 0);
    bare.n = head + (bytes > 50 ? bytes - 50 : 0);
    if (pthread_create(&thread, NULL, accept_all, NULL) != 0)
        die("a thread");
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 9 && strcmp(argv[1], "load") == 0)
        return run_load(argv + 2);
    if (argc == 5 && strcmp(argv[1], "bare") == 0)
        return run_bare(argv + 2);
    die("load PORT APP SECRET TOKEN FILE CONNECTIONS PID, or bare CERT KEY BYTES");
}
