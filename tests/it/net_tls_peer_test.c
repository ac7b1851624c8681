/* SPDX-License-Identifier: Apache-2.0 */
/* Which TLS servers an LPA takes (SGP.22 6.1), and what a client tells of a connection that
 * ends early. */
#include "crypto/random.h"
#include "net/httpc/httpc.h"
#include "net/httpd/httpd.h"
#include "net/tls/tls.h"
#include "net_wait.h"
#include "prog/pki/maker.h"
#include "xt.h"

#include <ftw.h>

#define FILE_MAX 8192
#define PATH_LEN 256
#define DAY_MS INT64_C(86400000)
#define DP_HOST "testsmdpplus1.example.com"
#define DS_HOST "testrootsmds.example.com"

static char dir[] = "/tmp/xieka-peer-XXXXXX";
static int64_t now;

/* ---- two test CIs, in real files since OpenSSL serves them ---- */

static void make_pki(const char *name)
{
    struct buf files, why;
    char path[PATH_LEN];
    struct maker m = {.dir = path,
                      .curves = MAKER_CURVES_ALL,
                      .now = xk_now(xk_clock_system()),
                      .rand = random_openssl(),
                      .files = &files,
                      .why = &why};

    snprintf(path, sizeof path, "%s/%s", dir, name);
    buf_init(&files, FILE_MAX);
    buf_init(&why, FILE_MAX);
    REQUIRE(maker_init(&m) == XK_OK);
    buf_fini(&files);
    buf_fini(&why);
}

static struct bytes read_file(const char *pki, const char *name, char mem[FILE_MAX])
{
    char path[PATH_LEN];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "%s/%s/%s", dir, pki, name);
    f = fopen(path, "re");
    if (!f)
        return BYTES_NONE;
    n = fread(mem, 1, FILE_MAX, f);
    fclose(f);
    return BYTES(mem, n);
}

/* The server's certificate, and the CI's behind it. */
static void write_chain(const char *path, const char *leaf, const char *ci)
{
    char mem[2][FILE_MAX];
    struct bytes a = read_file("ours", leaf, mem[0]), b = read_file("ours", ci, mem[1]);
    FILE *f = fopen(path, "we");

    REQUIRE(f && a.n && b.n);
    fwrite(a.p, 1, a.n, f);
    fwrite(b.p, 1, b.n, f);
    REQUIRE(fclose(f) == 0);
}

static void key_id_of_ci(const char *pki, uint8_t out[X509_SKI_LEN])
{
    char mem[FILE_MAX];
    struct x509_cert ci;

    CHECK_OK(x509_read(read_file(pki, "CERT_CI_ECDSA_NIST.der", mem), &ci));
    CHECK_OK(x509_key_id(ci.point, out));
}

static bool make_all(void)
{
    now = xk_now(xk_clock_system());
    if (!mkdtemp(dir))
        return false;
    make_pki("ours");
    make_pki("theirs");
    return true;
}

/* ---- one exchange ---- */

struct answer {
    unsigned calls;
    enum xk_err err;
    bool sent;
    char text[256];
};

static void on_answer(void *arg, const struct httpc_response *r)
{
    struct answer *a = arg;

    a->calls++;
    a->err = r->err;
    a->sent = r->sent;
    snprintf(a->text, sizeof a->text, "%s", r->error_text);
}

static void on_request(void *ctx, struct http_request *req)
{
    struct http_reply reply = {.status = 200, .body = BYTES_STR("{}")};

    (void)ctx;
    http_reply(req, &reply);
}

struct visit {
    const char *cert, *key; /* stems: CERT_...pem, SK_...pem of our PKI */
    bool shows_ci;
    const char *host;
    const char *file;   /* PKI whose CI file the client has; NULL none */
    const char *key_id; /* PKI whose CI the eUICC trusts; NULL none */
    int64_t later;      /* the client's clock is ahead */
    enum xk_err err;
    const char *says; /* in the refusal */
};

static void open_peer(const struct visit *v, const struct xk_clock *clock, struct tls_peer **out)
{
    uint8_t key_id[X509_SKI_LEN];
    char mem[FILE_MAX];

    CHECK_OK(tls_peer_new(clock, out));
    if (v->file) {
        CHECK_OK(tls_peer_add_cis(*out, read_file(v->file, "CERT_CI_ECDSA_NIST.pem", mem)));
        CHECK_OK(tls_peer_add_cis(*out, read_file(v->file, "CERT_CI_ECDSA_BRP.der", mem)));
    }
    if (v->key_id) {
        key_id_of_ci(v->key_id, key_id);
        CHECK_OK(tls_peer_trust_key(*out, BYTES_OF(key_id)));
    }
}

static struct answer ask(struct loop *loop, const char *host, uint16_t port, const char *scheme,
                         struct tls_peer *peer)
{
    char url[PATH_LEN], to[64];
    struct httpc_options options = {
        .loop = loop, .peer = peer, .brainpool = true, .connect_to = to};
    struct httpc_request request = {.url = url, .body = BYTES_STR("{}")};
    struct httpc *client = NULL;
    struct answer a = {0};

    snprintf(url, sizeof url, "%s://%s:%u/", scheme, host, port);
    snprintf(to, sizeof to, "::127.0.0.1:%u", port);
    CHECK_OK(httpc_new(&options, &client));
    for (unsigned i = 1; i <= 2 && a.err == XK_OK; i++) { /* the second one finds it open */
        CHECK_OK(httpc_send(client, &request, on_answer, &a));
        WAIT(loop, a.calls == i);
    }
    httpc_free(client);
    return a;
}

static struct answer visit(const struct visit *v)
{
    int64_t client_now = now + v->later;
    const struct xk_clock clock = xk_clock_virtual(&client_now);
    struct httpd_listen where = {.address = "127.0.0.1", .handler = on_request};
    char cert[PATH_LEN], key[PATH_LEN], name[PATH_LEN];
    struct tls_peer *peer = NULL;
    struct tls_server *tls = NULL;
    struct httpd *httpd = NULL;
    struct loop *loop = NULL;
    struct answer a;
    uint16_t port;

    snprintf(cert, sizeof cert, "%s/ours/%s", dir, v->cert);
    snprintf(key, sizeof key, "%s/ours/%s", dir, v->key);
    snprintf(name, sizeof name, "%s", v->cert);
    if (v->shows_ci) {
        snprintf(cert, sizeof cert, "%s/chain.pem", dir);
        write_chain(cert, name, "CERT_CI_ECDSA_NIST.pem");
    }
    CHECK_OK(loop_new(&loop));
    CHECK_OK(tls_server_new(cert, key, &tls));
    CHECK_OK(httpd_new(loop, NULL, &httpd));
    where.tls = tls;
    CHECK_OK(httpd_listen(httpd, &where, &port));
    open_peer(v, &clock, &peer);
    a = ask(loop, v->host, port, "https", peer);
    httpd_free(httpd);
    tls_server_free(tls);
    loop_free(loop);
    tls_peer_free(peer);
    return a;
}

#define DP .cert = "CERT_S_SM_DP_TLS_NIST.pem", .key = "SK_S_SM_DP_TLS_NIST.pem"
#define DS .cert = "CERT_S_SM_DS_TLS_NIST.pem", .key = "SK_S_SM_DS_TLS_NIST.pem"
#define BRP .cert = "CERT_S_SM_DP_TLS_BRP.pem", .key = "SK_S_SM_DP_TLS_BRP.pem"
#define EIM .cert = "CERT_EIM_TLS_NIST.pem", .key = "SK_EIM_TLS_NIST.pem"

TEST(a_server_is_taken_or_refused)
{
    static const struct visit visits[] = {
        {DP, .host = DP_HOST, .file = "ours"},
        {DP, .host = "TestSMDPplus1.Example.COM", .file = "ours"},
        {DS, .host = DS_HOST, .file = "ours"},
        {BRP, .host = DP_HOST, .file = "ours"},
        {DP, .shows_ci = true, .host = DP_HOST, .key_id = "ours"},
        {DP, .shows_ci = true, .host = DP_HOST, .file = "ours"},
        {DP, .shows_ci = true, .host = DP_HOST, .key_id = "theirs", .err = XK_E_AUTH,
         .says = "leads to no CI that is trusted (it names the CI with the key identifier "},
        {DP, .shows_ci = true, .host = DP_HOST, .err = XK_E_AUTH, .says = "no CI that is trusted"},
        {DP, .host = DP_HOST, .key_id = "ours", .err = XK_E_AUTH, .says = "no CI that is trusted"},
        {DP, .host = DP_HOST, .file = "theirs", .err = XK_E_AUTH, .says = "certificate: "},
        {DP, .host = DS_HOST, .file = "ours", .err = XK_E_AUTH,
         .says = "not for the host testroot"},
        {DP, .host = "127.0.0.1", .file = "ours", .err = XK_E_AUTH, .says = "not for the host"},
        {DP, .host = DP_HOST, .file = "ours", .later = 400 * DAY_MS, .err = XK_E_AUTH,
         .says = "the server's certificate: expired"},
        {DP, .host = DP_HOST, .file = "ours", .later = -3 * DAY_MS, .err = XK_E_AUTH,
         .says = "not yet valid"},
        {EIM, .host = "eim.example.com", .file = "ours", .err = XK_E_AUTH,
         .says = "has the role -"},
    };

    for (size_t i = 0; i < ARRAY_LEN(visits); i++) {
        struct answer a = visit(&visits[i]);

        CHECK_INT(a.err, visits[i].err);
        CHECK_INT(a.sent, visits[i].err == XK_OK);
        if (visits[i].says && !strstr(a.text, visits[i].says))
            CHECK_STR(a.text, visits[i].says);
    }
}

static void check_ders(const char *leaf, const char *issuer, size_t n, const char *says)
{
    const struct xk_clock clock = xk_clock_virtual(&now);
    char mem[3][FILE_MAX], text[256];
    struct bytes chain[TLS_PEER_CHAIN_MAX + 1];
    struct tls_peer *peer = NULL;
    struct buf why;

    buf_init_fixed(&why, text, sizeof text);
    chain[0] = read_file("ours", leaf, mem[0]);
    for (size_t i = 1; i < ARRAY_LEN(chain); i++)
        chain[i] = read_file("ours", issuer, mem[1]);
    CHECK_OK(tls_peer_new(&clock, &peer));
    CHECK_OK(tls_peer_add_cis(peer, read_file("ours", "CERT_CI_ECDSA_NIST.der", mem[2])));
    CHECK_INT(tls_peer_check(peer, chain, n, DP_HOST, &why), XK_E_AUTH);
    if (!strstr(buf_cstr(&why), says))
        CHECK_STR(buf_cstr(&why), says);
    tls_peer_free(peer);
}

TEST(chains_that_no_server_should_show)
{
    static const char tls[] = "CERT_S_SM_DP_TLS_NIST.der", eum[] = "CERT_EUM_ECDSA_NIST.der";

    check_ders(tls, eum, 0, "no certificate");
    check_ders("SK_S_SM_DP_TLS_NIST.pem", eum, 1, "none of remote SIM provisioning");
    check_ders(tls, "SK_S_SM_DP_TLS_NIST.pem", 2, "in the server's chain is none");
    check_ders("CERT_S_SM_DPauth_ECDSA_NIST.der", eum, 1, "has the role DPauth");
    check_ders(tls, eum, 2, "is not that of the issuer");
    check_ders(tls, eum, X509_CHAIN_MAX + 2, "too long");
    check_ders(tls, eum, TLS_PEER_CHAIN_MAX + 1, "too long");
}

TEST(files_without_a_ci)
{
    const struct xk_clock clock = xk_clock_virtual(&now);
    struct tls_peer *peer = NULL;
    char mem[FILE_MAX];

    CHECK_OK(tls_peer_new(&clock, &peer));
    CHECK_INT(tls_peer_add_cis(peer, BYTES_NONE), XK_E_FORMAT);
    CHECK_INT(tls_peer_add_cis(peer, BYTES_STR("hello")), XK_E_FORMAT);
    CHECK_INT(tls_peer_add_cis(peer, read_file("ours", "CERT_EUM_ECDSA_NIST.der", mem)),
              XK_E_VALUE);
    CHECK_OK(tls_peer_trust_key(peer, BYTES_STR("four")));
    for (size_t i = 0; i < TLS_PEER_KEY_IDS_MAX; i++)
        CHECK_OK(tls_peer_trust_key(peer, BYTES(mem, X509_SKI_LEN)));
    CHECK_INT(tls_peer_trust_key(peer, BYTES(mem, X509_SKI_LEN)), XK_E_LIMIT);
    tls_peer_free(peer);
}

/* ---- connections that end early ---- */

static int listen_raw(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        abort();
    *port = ntohs(at.sin_port);
    return fd;
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

enum ending { ENDS_CLOSED, ENDS_RESET, ENDS_ALERT };

static void end(int fd, enum ending ending)
{
    static const uint8_t handshake_failure[] = {21, 3, 3, 0, 2, 2, 40};
    const struct linger at_once = {.l_onoff = 1};

    if (ending == ENDS_RESET)
        CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    if (ending == ENDS_ALERT)
        CHECK_INT(send(fd, handshake_failure, sizeof handshake_failure, 0),
                  sizeof handshake_failure);
    close(fd);
}

/* The server hears something, then ends it. */
static struct answer broken(const char *scheme, enum ending ending)
{
    struct httpc_request request = {.body = BYTES_STR("{}")};
    struct httpc_options options = {.insecure = true};
    struct httpc *client = NULL;
    struct answer a = {0};
    uint8_t heard[2048];
    char url[PATH_LEN];
    uint16_t port;
    int door = listen_raw(&port), fd;

    CHECK_OK(loop_new(&options.loop));
    CHECK_OK(httpc_new(&options, &client));
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/", scheme, port);
    request.url = url;
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(options.loop, readable(door));
    fd = accept(door, NULL, NULL);
    close(door);
    WAIT(options.loop, readable(fd));
    CHECK(recv(fd, heard, sizeof heard, 0) > 0);
    end(fd, ending);
    WAIT(options.loop, a.calls == 1);
    httpc_free(client);
    loop_free(options.loop);
    return a;
}

TEST(a_handshake_that_breaks_is_no_refusal)
{
    CHECK_INT(broken("https", ENDS_CLOSED).err, XK_E_CLOSED);
    CHECK_INT(broken("https", ENDS_RESET).err, XK_E_CLOSED);
    CHECK(!broken("https", ENDS_RESET).sent);
    CHECK_INT(broken("https", ENDS_ALERT).err, XK_E_AUTH);
}

TEST(whether_the_request_went_out)
{
    struct answer a = broken("http", ENDS_CLOSED);
    struct httpc_options options = {.loop = NULL};
    struct httpc_request request = {.body = BYTES_STR("{}")};
    struct httpc_response r;
    struct httpc *client = NULL;
    char url[PATH_LEN];
    uint16_t port;

    CHECK_INT(a.err, XK_E_CLOSED);
    CHECK(a.sent);
    CHECK(broken("http", ENDS_RESET).sent);
    close(listen_raw(&port)); /* nobody there */
    CHECK_OK(httpc_new(&options, &client));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    request.url = url;
    CHECK_INT(httpc_call(client, &request, &r), XK_E_CLOSED);
    CHECK(!r.sent);
    httpc_free(client);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int main(void)
{
    static const struct xt_case cases[] = {
        XT_NAMED("SGP.23 4.4 LPA TLS: policy, name, CI, dates of the server",
                 a_server_is_taken_or_refused),
        XT_NAMED("SGP.23 4.4 LPA TLS: chains that no server should show",
                 chains_that_no_server_should_show),
        XT_CASE(files_without_a_ci),
        XT_CASE(a_handshake_that_breaks_is_no_refusal),
        XT_CASE(whether_the_request_went_out),
    };
    int status;

    if (!make_all())
        return 1;
    status = xt_run(cases, ARRAY_LEN(cases));
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ? status : 1;
}
