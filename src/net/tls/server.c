/* SPDX-License-Identifier: Apache-2.0 */
/* A server's certificates, and the choice among them by the name and the curves a client offers. */
#include "net/tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <strings.h>

#define GROUP_P256 23u             /* RFC 8422 5.1.1 */
#define GROUP_BRAINPOOL_P256R1 26u /* RFC 7027 2 */
#define SNI_HOST_NAME 0u           /* RFC 6066 3 */

static enum xk_err load_pair(SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
    EVP_PKEY *key = NULL;
    bool used;

    TRY(tls_check_cert_file(cert_file));
    TRY(tls_key_open(key_file, &key));
    used = SSL_CTX_use_certificate_chain_file(ctx, cert_file) == 1 &&
           SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    if (used)
        return XK_OK;
    return ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ? XK_E_AUTH
                                                                               : XK_E_FORMAT;
}

static bool on_brainpool(X509 *cert)
{
    const EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
    char group[64];

    return key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "brainpoolP256r1") == 0;
}

/* ---- which certificate ----------------------------------------------------------------------- */

struct hello {
    char name[TLS_HOST_MAX];
    bool p256, brainpool;
};

/* RFC 6066 3: a list (2 bytes of length) of one host name: type, length, name. */
static void read_name(SSL *ssl, struct hello *h)
{
    const unsigned char *p;
    size_t n;
    struct cur c;

    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) != 1)
        return;
    c = cur_of(BYTES(p, n));
    cur_u16(&c);
    if (cur_u8(&c) != SNI_HOST_NAME)
        return;
    n = cur_u16(&c);
    if (!bytes_to_cstr(cur_take(&c, n), h->name, sizeof h->name))
        h->name[0] = '\0';
}

static void read_groups(SSL *ssl, struct hello *h)
{
    const unsigned char *p;
    size_t n;
    struct cur c;

    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_groups, &p, &n) != 1) {
        h->p256 = true; /* RFC 8422 4: whatever we like */
        return;
    }
    c = cur_of(BYTES(p, n));
    cur_u16(&c);
    while (c.n >= 2) {
        unsigned group = cur_u16(&c);

        h->p256 = h->p256 || group == GROUP_P256;
        h->brainpool = h->brainpool || group == GROUP_BRAINPOOL_P256R1;
    }
}

static bool fits(const struct tls_pair *pair, const struct hello *h)
{
    return pair->brainpool ? h->brainpool : h->p256;
}

static const struct tls_pair *choose(const struct tls_server *server, const struct hello *h)
{
    const struct tls_pair *named = NULL;

    for (size_t i = 1; i < server->n; i++) {
        const struct tls_pair *pair = &server->pairs[i];

        if (strcasecmp(pair->name, h->name) != 0)
            continue;
        if (fits(pair, h))
            return pair;
        named = named ? named : pair;
    }
    return named ? named : &server->pairs[0];
}

static bool use_brainpool(SSL *ssl)
{
    int groups[] = {NID_brainpoolP256r1, NID_X25519, NID_X9_62_prime256v1};

    return SSL_set1_groups(ssl, groups, ARRAY_LEN(groups)) == 1 &&
           SSL_set_max_proto_version(ssl, TLS1_2_VERSION) == 1;
}

/* A stream keeps whether it asks for a certificate, but looks for who may have issued it in the
 * context it has: so it is told those of the first one. */
static bool keep_issuers(SSL *ssl, const struct tls_server *server)
{
    SSL_CTX *first = server->pairs[0].ctx;
    STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(first);

    if (!names)
        return true;
    SSL_set_client_CA_list(ssl, SSL_dup_CA_list(names));
    return SSL_set1_verify_cert_store(ssl, SSL_CTX_get_cert_store(first)) == 1;
}

/* Runs before the version and the group are settled. */
static int on_hello(SSL *ssl, int *alert, void *arg)
{
    const struct tls_server *server = arg;
    const struct tls_pair *pair;
    struct hello h = {0};

    read_name(ssl, &h);
    read_groups(ssl, &h);
    pair = choose(server, &h);
    if (SSL_set_SSL_CTX(ssl, pair->ctx) && keep_issuers(ssl, server) &&
        (!pair->brainpool || use_brainpool(ssl)))
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

/* ---- making ---------------------------------------------------------------------------------- */

static enum xk_err set_up(SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
    static const unsigned char id[] = "xieka";

    if (!ctx)
        return XK_E_CRYPTO;
    TRY(tls_set_common(ctx));
    if (SSL_CTX_set_num_tickets(ctx, 1) != 1 ||
        SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) != 1)
        return XK_E_CRYPTO;
    return load_pair(ctx, cert_file, key_file);
}

static enum xk_err add_pair(struct tls_server *server, const char *name, const char *cert_file,
                            const char *key_file)
{
    struct tls_pair *pair = &server->pairs[server->n];
    enum xk_err err;

    if (!bytes_to_cstr(bytes_cstr(name), pair->name, sizeof pair->name))
        return XK_E_VALUE;
    pair->ctx = SSL_CTX_new(TLS_server_method());
    err = set_up(pair->ctx, cert_file, key_file);
    ERR_clear_error();
    if (err != XK_OK) {
        SSL_CTX_free(pair->ctx);
        return err;
    }
    pair->brainpool = on_brainpool(SSL_CTX_get0_certificate(pair->ctx));
    server->n++;
    return XK_OK;
}

enum xk_err tls_server_new(const char *cert_file, const char *key_file, struct tls_server **out)
{
    struct tls_server *server = calloc(1, sizeof *server);
    enum xk_err err;

    if (!server)
        return XK_E_NOMEM;
    err = add_pair(server, "", cert_file, key_file);
    if (err != XK_OK) {
        free(server);
        return err;
    }
    SSL_CTX_set_client_hello_cb(server->pairs[0].ctx, on_hello, server);
    *out = server;
    return XK_OK;
}

enum xk_err tls_server_add_name(struct tls_server *server, const char *name, const char *cert_file,
                                const char *key_file)
{
    if (server->n == ARRAY_LEN(server->pairs))
        return XK_E_LIMIT;
    if (name[0] == '\0')
        return XK_E_VALUE;
    return add_pair(server, name, cert_file, key_file);
}

/* The streams begin with the first context. */
enum xk_err tls_server_ask_client(struct tls_server *server, enum tls_client_wish wish,
                                  const char *ca_file)
{
    SSL_CTX *ctx = server->pairs[0].ctx;
    STACK_OF(X509_NAME) * names;

    TRY(tls_check_cert_file(ca_file));
    names = SSL_load_client_CA_file(ca_file);
    if (!names || SSL_CTX_load_verify_file(ctx, ca_file) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        ERR_clear_error();
        return XK_E_FORMAT;
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    /* a certificate that stands in the file is trusted, whoever issued it */
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (wish == TLS_CLIENT_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        NULL);
    return XK_OK;
}

void tls_server_free(struct tls_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < server->n; i++)
        SSL_CTX_free(server->pairs[i].ctx);
    free(server);
}

enum xk_err tls_is_brainpool(const char *cert_file, bool *yes)
{
    BIO *file;
    X509 *cert;

    TRY(tls_check_cert_file(cert_file));
    file = BIO_new_file(cert_file, "r");
    cert = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    ERR_clear_error();
    if (!cert)
        return XK_E_FORMAT;
    *yes = on_brainpool(cert);
    X509_free(cert);
    return XK_OK;
}
