/* SPDX-License-Identifier: Apache-2.0 */
/* smpp_pdus: PDUs a second in each direction between our ESME and our message centre, both in this
 * thread over loopback: submit_sm and deliver_sm with their answers, 140 bytes of message each. The
 * floor is the same bytes through a bare socket, a window at a time.
 * http_requests: a GET and its answer over one kept connection, both ends in this thread. The floor
 * is the same bytes through a bare socket. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "net/httpd/httpd.h"
#include "net/loop/socket.h"
#include "net/smpp/esme.h"
#include "net/smpp/smsc.h"

#define RUNS 21
#define SLICE_NS 60000000
#define WINDOW 64
#define PDU_BYTES 200 /* submit_sm with 140 bytes of message */
#define RESP_BYTES 25

static void die(const char *what)
{
    fprintf(stderr, "bench_net: %s failed\n", what);
    exit(1);
}

static void must(enum xk_err err, const char *what)
{
    if (err != XK_OK)
        die(what);
}

struct net_bench {
    struct loop *loop;
    struct smpp_smsc *smsc;
    struct smpp_esme *esme;
    uint8_t message[140];
    struct smpp_sm sm;
    bool bound;
    unsigned submitted, delivered;
    struct httpd *httpd;
    int client, a, b; /* a, b: the bare connection */
    size_t answer_bytes;
};

/* ---- SMPP ------------------------------------------------------------------------------------ */

static uint32_t on_bind(void *ctx, const struct smpp_smsc_peer *peer, const char *password)
{
    struct net_bench *n = ctx;

    (void)peer;
    (void)password;
    n->bound = true;
    return SMPP_ROK;
}

static void on_submit(void *ctx, uint64_t token, const struct smpp_smsc_peer *peer,
                      const struct smpp_sm *sm)
{
    struct net_bench *n = ctx;

    (void)peer;
    smpp_smsc_submit_done(n->smsc, token, SMPP_ROK, "00000001");
    must(smpp_smsc_deliver(n->smsc, sm, NULL, 1), "deliver");
}

static void on_delivered(void *ctx, uint64_t ref, const struct smpp_deliver_result *result)
{
    struct net_bench *n = ctx;

    (void)ref;
    must(result->err, "delivered");
    n->delivered++;
}

static void on_submitted(void *ctx, uint64_t ref, const struct smpp_submit_result *result)
{
    struct net_bench *n = ctx;

    (void)ref;
    must(result->err, "submitted");
    n->submitted++;
}

static void on_deliver(void *ctx, uint64_t token, const struct smpp_sm *sm)
{
    struct net_bench *n = ctx;

    (void)sm;
    smpp_esme_deliver_done(n->esme, token, SMPP_ROK);
}

static void open_smpp(struct net_bench *n)
{
    static const struct smpp_smsc_events centre = {
        .bind = on_bind, .submit = on_submit, .delivered = on_delivered};
    static const struct smpp_esme_events platform = {.submitted = on_submitted,
                                                     .deliver = on_deliver};
    struct smpp_smsc_options so = {
        .loop = n->loop, .address = "127.0.0.1", .on = &centre, .ctx = n, .window = WINDOW};
    struct smpp_esme_options eo = {.loop = n->loop,
                                   .host = "127.0.0.1",
                                   .system_id = "bench",
                                   .password = "bench",
                                   .on = &platform,
                                   .ctx = n,
                                   .window = WINDOW};

    must(smpp_smsc_new(&so, &n->smsc), "smsc");
    eo.port = smpp_smsc_port(n->smsc);
    must(smpp_esme_new(&eo, &n->esme), "esme");
    while (!n->bound)
        must(loop_turn(n->loop, 100), "turn");
    n->sm = (struct smpp_sm){
        .source = {1, 1, "10086"},
        .destination = {1, 1, "861440000000001"},
        .esm_class = SMPP_ESM_UDHI,
        .protocol_id = 0x7F,
        .data_coding = 0xF6,
        .message = BYTES_OF(n->message),
    };
}

/* Returns the PDUs that went each way. */
static size_t smpp_round(struct net_bench *n)
{
    unsigned want = n->submitted + 4 * WINDOW;

    for (unsigned i = 0; i < 4 * WINDOW; i++)
        must(smpp_esme_submit(n->esme, &n->sm, i), "submit");
    while (n->submitted < want || n->delivered < want)
        must(loop_turn(n->loop, 100), "turn");
    return (size_t)2 * 4 * WINDOW;
}

/* ---- bare bytes ------------------------------------------------------------------------------ */

static void open_bare(struct net_bench *n)
{
    char peer[SOCKET_ADDRESS_MAX];
    struct sockaddr_in to = {.sin_family = AF_INET};
    int listener, on = 1;

    must(socket_listen("127.0.0.1", 0, &listener), "listen");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(socket_port(listener));
    n->a = socket(AF_INET, SOCK_STREAM, 0);
    if (n->a < 0 || connect(n->a, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(n->a, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (socket_accept(listener, &n->b, peer) != XK_OK)
        continue;
    close(listener);
}

static void pass(int from, int to, size_t bytes)
{
    uint8_t room[65536] = {0};
    size_t got = 0;

    if (send(from, room, bytes, 0) != (ssize_t)bytes)
        die("send");
    while (got < bytes) {
        ssize_t part = recv(to, room, sizeof room, 0);

        got += part > 0 ? (size_t)part : 0;
    }
}

static size_t smpp_floor(struct net_bench *n)
{
    for (int i = 0; i < 4; i++) {
        pass(n->a, n->b, (size_t)WINDOW * (PDU_BYTES + RESP_BYTES));
        pass(n->b, n->a, (size_t)WINDOW * (PDU_BYTES + RESP_BYTES));
    }
    return (size_t)2 * 4 * WINDOW;
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static const char request[] = "GET /api/v1/write/task/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                              "Authorization: Bearer 0123456789\r\nAccept: */*\r\n\r\n";

static void on_request(void *ctx, struct http_request *req)
{
    const struct http_reply reply = {.status = 200,
                                     .body = BYTES_STR("{\"code\":0,\"message\":\"ok\"}")};

    (void)ctx;
    http_reply(req, &reply);
}

static void open_http(struct net_bench *n)
{
    struct httpd_listen where = {.address = "127.0.0.1", .handler = on_request};
    static const struct httpd_limits limits = {.requests_max = 1u << 30};
    struct sockaddr_in to = {.sin_family = AF_INET};
    uint16_t port;

    must(httpd_new(n->loop, &limits, &n->httpd), "httpd");
    must(httpd_listen(n->httpd, &where, &port), "listen");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    n->client = socket(AF_INET, SOCK_STREAM, 0);
    if (n->client < 0 || connect(n->client, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
}

static void http_one(struct net_bench *n)
{
    char answer[4096];
    ssize_t got = -1;

    if (send(n->client, request, sizeof request - 1, 0) < 0)
        die("send");
    while (got < 0) {
        must(loop_turn(n->loop, 0), "turn");
        got = recv(n->client, answer, sizeof answer, MSG_DONTWAIT);
    }
    n->answer_bytes = (size_t)got;
}

static size_t http_round(struct net_bench *n)
{
    for (int i = 0; i < 64; i++)
        http_one(n);
    return 64;
}

static size_t http_floor(struct net_bench *n)
{
    for (int i = 0; i < 64; i++) {
        pass(n->a, n->b, sizeof request - 1);
        pass(n->b, n->a, n->answer_bytes);
    }
    return 64;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static double rate(size_t (*round)(struct net_bench *n), struct net_bench *n)
{
    int64_t start = xk_monotonic_ns(), now = start;
    size_t done = 0;

    while (now - start < SLICE_NS) {
        done += round(n);
        now = xk_monotonic_ns();
    }
    return (double)done * 1e9 / (double)(now - start);
}

static void measure(const char *name, struct net_bench *n, size_t (*round)(struct net_bench *n),
                    size_t (*floor_round)(struct net_bench *n))
{
    double value[RUNS], floor[RUNS];

    rate(round, n); /* warm */
    for (int i = 0; i < RUNS; i++) {
        value[i] = rate(round, n);
        floor[i] = rate(floor_round, n);
    }
    qsort(value, RUNS, sizeof value[0], bench_compare);
    qsort(floor, RUNS, sizeof floor[0], bench_compare);
    printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"1/s\",\"floor\":%.0f,\"ratio\":%.3f,"
           "\"runs\":%d}\n",
           name, value[RUNS * 9 / 10], floor[RUNS * 9 / 10],
           floor[RUNS * 9 / 10] / value[RUNS * 9 / 10], RUNS);
}

int main(void)
{
    static struct net_bench n;

    must(loop_new(&n.loop), "loop");
    open_bare(&n);
    open_smpp(&n);
    measure("smpp_pdus", &n, smpp_round, smpp_floor);
    open_http(&n);
    measure("http_requests", &n, http_round, http_floor);
    smpp_esme_free(n.esme);
    smpp_smsc_free(n.smsc);
    httpd_free(n.httpd);
    close(n.client);
    close(n.a);
    close(n.b);
    loop_free(n.loop);
    return 0;
}
