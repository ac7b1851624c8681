/* SPDX-License-Identifier: Apache-2.0 */
/* Several certificates behind one port, and clients that must show theirs. */
#include "net/httpc/httpc.h"
#include "net/httpd/httpd.h"
#include "net/tls/tls.h"
#include "net_wait.h"
#include "xt.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

static char dir[] = "/tmp/xieka-tls-XXXXXX";
static const char *const names[] = {"site", "alpha", "beta", "client", "stranger"};

static struct tls_files file_names(const char *name)
{
    struct tls_files files;

    snprintf(files.cert, sizeof files.cert, "%s/%s.crt", dir, name);
    snprintf(files.key, sizeof files.key, "%s/%s.key", dir, name);
    return files;
}

static struct tls_files make_files(const char *name, const char *cn)
{
    struct tls_self_signed what = {.dir = dir, .name = name, .cn = cn, .clock = xk_clock_system()};
    struct tls_files files;

    CHECK_OK(tls_generate_self_signed(&what, &files));
    return files;
}

static void write_pem(const struct tls_files *files, X509 *cert, EVP_PKEY *key)
{
    FILE *f = fopen(files->cert, "we");

    REQUIRE(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
    f = fopen(files->key, "we");
    REQUIRE(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
    CHECK_INT(chmod(files->key, 0600), 0);
}

/* A self-signed certificate on brainpoolP256r1 for beta.example. */
static struct tls_files make_brainpool(void)
{
    struct tls_files files = file_names("beta");
    EVP_PKEY *key = EVP_EC_gen("brainpoolP256r1");
    X509 *cert = X509_new();
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:beta.example");

    if (!key || !cert || !alt)
        abort();
    CHECK(X509_set_version(cert, X509_VERSION_3) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(cert), -60) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL);
    CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                     (const unsigned char *)"beta", -1, -1, 0) == 1);
    CHECK(X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1);
    CHECK(X509_set_pubkey(cert, key) == 1);
    CHECK(X509_add_ext(cert, alt, -1) == 1);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
    write_pem(&files, cert, key);
    X509_EXTENSION_free(alt);
    X509_free(cert);
    EVP_PKEY_free(key);
    return files;
}

struct site {
    struct loop *loop;
    struct httpd *httpd;
    struct tls_server *tls;
    uint16_t port;
    unsigned handled;
    size_t certificate; /* bytes of the client's */
};

static void on_request(void *ctx, struct http_request *req)
{
    struct http_reply reply = {.status = 204};
    struct site *s = ctx;

    s->handled++;
    s->certificate = req->peer_certificate.n;
    http_reply(req, &reply);
}

static void open_site(struct site *s)
{
    struct tls_files site = make_files("site", "site.example");
    struct tls_files alpha = make_files("alpha", "alpha.example");
    struct tls_files beta = make_brainpool();

    memset(s, 0, sizeof *s);
    CHECK_OK(loop_new(&s->loop));
    CHECK_OK(tls_server_new(site.cert, site.key, &s->tls));
    CHECK_OK(tls_server_add_name(s->tls, "alpha.example", alpha.cert, alpha.key));
    CHECK_OK(tls_server_add_name(s->tls, "beta.example", beta.cert, beta.key));
    CHECK_OK(httpd_new(s->loop, NULL, &s->httpd));
}

static void listen_site(struct site *s)
{
    struct httpd_listen where = {
        .address = "127.0.0.1", .handler = on_request, .ctx = s, .tls = s->tls};

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
};

static void on_answer(void *arg, const struct httpc_response *response)
{
    struct answer *a = arg;

    a->calls++;
    a->err = response->err;
    a->status = response->status;
}

/* One request to https://host, which connect_to leads to the site. */
static enum xk_err ask(struct site *s, const char *host, struct httpc_options options)
{
    struct httpc_request request = {0};
    struct httpc *client = NULL;
    struct answer a = {0};
    char url[128], route[128];

    snprintf(url, sizeof url, "https://%s/", host);
    snprintf(route, sizeof route, "%s:443:127.0.0.1:%u", host, s->port);
    request.url = url;
    options.loop = s->loop;
    options.connect_to = route;
    CHECK_OK(httpc_new(&options, &client));
    CHECK_OK(httpc_send(client, &request, on_answer, &a));
    WAIT(s->loop, a.calls == 1);
    httpc_free(client);
    if (a.err == XK_OK)
        CHECK_INT(a.status, 204);
    return a.err;
}

TEST(the_name_asked_for_chooses_the_certificate)
{
    struct tls_files site = file_names("site"), alpha = file_names("alpha");
    struct site s;

    open_site(&s);
    listen_site(&s);
    CHECK_OK(ask(&s, "site.example", (struct httpc_options){.ca_file = site.cert}));
    CHECK_OK(ask(&s, "alpha.example", (struct httpc_options){.ca_file = alpha.cert}));
    CHECK_INT(ask(&s, "alpha.example", (struct httpc_options){.ca_file = site.cert}), XK_E_AUTH);
    /* unknown names get the first one, which is not theirs */
    CHECK_INT(ask(&s, "gamma.example", (struct httpc_options){.ca_file = site.cert}), XK_E_AUTH);
    CHECK_INT(s.handled, 2);
    CHECK_INT(s.certificate, 0);
    close_site(&s);
}

/* The name of a server is compared without regard to case (RFC 6066 3). */
TEST(names_in_capitals)
{
    struct tls_files alpha = file_names("alpha");
    struct site s;

    open_site(&s);
    listen_site(&s);
    CHECK_OK(ask(&s, "ALPHA.Example", (struct httpc_options){.ca_file = alpha.cert}));
    close_site(&s);
}

TEST(brainpool_is_served_to_those_who_offer_it)
{
    struct tls_files beta = file_names("beta"), alpha;
    struct httpc_options with = {.ca_file = beta.cert, .brainpool = true};
    struct httpc_options without = {.ca_file = beta.cert};
    bool yes = false;
    struct site s;

    open_site(&s);
    listen_site(&s);
    CHECK_OK(tls_is_brainpool(beta.cert, &yes));
    CHECK(yes);
    CHECK_OK(ask(&s, "beta.example", with));
    CHECK_INT(ask(&s, "beta.example", without), XK_E_AUTH);
    CHECK_INT(s.handled, 1);
    close_site(&s);

    /* a second certificate for the same name serves the others */
    alpha = file_names("alpha");
    CHECK_OK(tls_is_brainpool(alpha.cert, &yes));
    CHECK(!yes);
    CHECK_INT(tls_is_brainpool("/nowhere", &yes), XK_E_NOT_FOUND);
    CHECK_INT(tls_is_brainpool(alpha.key, &yes), XK_E_FORMAT);
}

TEST(one_name_with_two_curves)
{
    struct tls_files alpha = file_names("alpha"), beta = file_names("beta");
    struct httpc_options brainpool = {.insecure = true, .brainpool = true};
    struct site s;

    open_site(&s);
    CHECK_OK(tls_server_add_name(s.tls, "beta.example", alpha.cert, alpha.key));
    listen_site(&s);
    CHECK_OK(ask(&s, "beta.example", (struct httpc_options){.insecure = true}));
    brainpool.ca_file = beta.cert;
    brainpool.insecure = false;
    CHECK_OK(ask(&s, "beta.example", brainpool));
    close_site(&s);
}

TEST(clients_prove_who_they_are)
{
    struct tls_files site = file_names("site");
    struct tls_files client = make_files("client", "operator");
    struct tls_files stranger = make_files("stranger", "nobody");
    struct httpc_options o = {.ca_file = site.cert};
    struct site s;

    open_site(&s);
    CHECK_OK(tls_server_ask_client(s.tls, TLS_CLIENT_REQUIRED, client.cert));
    listen_site(&s);
    CHECK_INT(ask(&s, "site.example", o), XK_E_AUTH);
    o.cert_file = stranger.cert;
    o.key_file = stranger.key;
    CHECK_INT(ask(&s, "site.example", o), XK_E_AUTH);
    CHECK_INT(s.handled, 0);
    o.cert_file = client.cert;
    o.key_file = client.key;
    CHECK_OK(ask(&s, "site.example", o));
    CHECK_INT(s.handled, 1);
    CHECK(s.certificate > 200);
    /* the same rule whatever name was asked for */
    o = (struct httpc_options){.insecure = true};
    CHECK_INT(ask(&s, "alpha.example", o), XK_E_AUTH);
    CHECK_INT(s.handled, 1);
    o.cert_file = client.cert;
    o.key_file = client.key;
    CHECK_OK(ask(&s, "alpha.example", o));
    close_site(&s);
}

TEST(clients_may_show_one)
{
    struct tls_files site = file_names("site"), client = file_names("client");
    struct httpc_options o = {.ca_file = site.cert};
    struct site s;

    open_site(&s);
    CHECK_OK(tls_server_ask_client(s.tls, TLS_CLIENT_OPTIONAL, client.cert));
    listen_site(&s);
    CHECK_OK(ask(&s, "site.example", o));
    CHECK_INT(s.certificate, 0);
    o.cert_file = client.cert;
    o.key_file = client.key;
    CHECK_OK(ask(&s, "site.example", o));
    CHECK(s.certificate > 200);
    close_site(&s);
}

TEST(what_cannot_be_set_up)
{
    struct tls_files site = file_names("site"), alpha = file_names("alpha");
    struct httpc_options half = {.cert_file = site.cert};
    struct httpc *client = NULL;
    struct site s;

    open_site(&s);
    CHECK_INT(tls_server_add_name(s.tls, "", site.cert, site.key), XK_E_VALUE);
    CHECK_INT(tls_server_add_name(s.tls, "x", site.cert, alpha.key), XK_E_AUTH);
    CHECK_INT(tls_server_add_name(s.tls, "x", "/nowhere", alpha.key), XK_E_NOT_FOUND);
    CHECK_INT(tls_server_ask_client(s.tls, TLS_CLIENT_REQUIRED, "/nowhere"), XK_E_NOT_FOUND);
    CHECK_INT(tls_server_ask_client(s.tls, TLS_CLIENT_REQUIRED, site.key), XK_E_FORMAT);
    for (int i = 2; i < TLS_NAMES_MAX; i++)
        CHECK_OK(tls_server_add_name(s.tls, "x", site.cert, site.key));
    CHECK_INT(tls_server_add_name(s.tls, "x", site.cert, site.key), XK_E_LIMIT);
    CHECK_INT(httpc_new(&half, &client), XK_E_VALUE);
    close_site(&s);
}

TEST(files_removed)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct tls_files files = file_names(names[i]);

        unlink(files.cert);
        unlink(files.key);
    }
    CHECK_INT(rmdir(dir), 0);
}

TEST(a_place_for_files)
{
    REQUIRE(mkdtemp(dir) != NULL);
}

TESTS_MAIN(XT_CASE(a_place_for_files), XT_CASE(the_name_asked_for_chooses_the_certificate),
           XT_CASE(names_in_capitals), XT_CASE(brainpool_is_served_to_those_who_offer_it),
           XT_CASE(one_name_with_two_curves), XT_CASE(clients_prove_who_they_are),
           XT_CASE(clients_may_show_one), XT_CASE(what_cannot_be_set_up), XT_CASE(files_removed))
