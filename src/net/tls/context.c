/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls/context.h"

#include <arpa/inet.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

/* TLS 1.2 suites: forward secrecy and AEAD. Those of TLS 1.3 are all so. The last one is the second
 * of the two that SGP.22 2.6.6.1 has every RSP party speak. */
#define SUITES_12 "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA256:!aNULL"
#define HOST_MAX 256

struct tls_client {
    SSL_CTX *ctx;
};

enum xk_err tls_set_common(SSL_CTX *ctx)
{
    int groups[] = {NID_X25519, NID_X9_62_prime256v1};

    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, SUITES_12) != 1 ||
        SSL_CTX_set1_groups(ctx, groups, ARRAY_LEN(groups)) != 1)
        return XK_E_CRYPTO;
    return XK_OK;
}

enum xk_err tls_check_cert_file(const char *cert_file)
{
    struct stat st;

    return stat(cert_file, &st) == 0 ? XK_OK : XK_E_NOT_FOUND;
}

static enum xk_err set_up_client(SSL_CTX *ctx, const char *ca_file)
{
    if (!ctx)
        return XK_E_CRYPTO;
    TRY(tls_set_common(ctx));
    SSL_CTX_set_verify(ctx, ca_file ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (!ca_file)
        return XK_OK;
    TRY(tls_check_cert_file(ca_file));
    return SSL_CTX_load_verify_file(ctx, ca_file) == 1 ? XK_OK : XK_E_FORMAT;
}

enum xk_err tls_client_new(const char *ca_file, struct tls_client **out)
{
    struct tls_client *client = calloc(1, sizeof *client);
    enum xk_err err;

    if (!client)
        return XK_E_NOMEM;
    client->ctx = SSL_CTX_new(TLS_client_method());
    err = set_up_client(client->ctx, ca_file);
    ERR_clear_error();
    if (err != XK_OK) {
        tls_client_free(client);
        return err;
    }
    *out = client;
    return XK_OK;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->ctx);
    free(client);
}

/* ---- streams --------------------------------------------------------------------------------- */

static enum xk_err open_stream(SSL *ssl, struct loop *loop, int fd,
                               enum bufferevent_ssl_state state, struct bufferevent **out)
{
    struct bufferevent *stream;

    if (!ssl)
        return XK_E_CRYPTO;
    stream = bufferevent_openssl_socket_new(loop_event_base(loop), fd, ssl, state,
                                            BEV_OPT_CLOSE_ON_FREE);
    if (!stream) {
        SSL_free(ssl);
        return XK_E_NOMEM;
    }
    /* Many peers close without close_notify; lengths tell us what is whole. */
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    *out = stream;
    return XK_OK;
}

enum xk_err tls_accept_stream(struct tls_server *server, struct loop *loop, int fd,
                              struct bufferevent **out)
{
    return open_stream(SSL_new(server->pairs[0].ctx), loop, fd, BUFFEREVENT_SSL_ACCEPTING, out);
}

/* The name or address that the certificate must have; a name is also sent (SNI). */
static bool expect_host(SSL *ssl, const char *host)
{
    struct in6_addr address;
    char name[HOST_MAX];

    if (!bytes_to_cstr(bytes_cstr(host), name, sizeof name))
        return false;
    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

enum xk_err tls_connect_stream(struct tls_client *client, struct loop *loop, int fd,
                               const char *host, struct bufferevent **out)
{
    SSL *ssl = SSL_new(client->ctx);

    if (ssl && !expect_host(ssl, host)) {
        SSL_free(ssl);
        return XK_E_VALUE;
    }
    return open_stream(ssl, loop, fd, BUFFEREVENT_SSL_CONNECTING, out);
}

void tls_stream_close_notify(struct bufferevent *stream)
{
    SSL *ssl = bufferevent_openssl_get_ssl(stream);

    if (ssl && SSL_is_init_finished(ssl))
        SSL_shutdown(ssl);
    ERR_clear_error();
}

enum xk_err tls_stream_peer_certificate(struct bufferevent *stream, struct buf *der)
{
    SSL *ssl = bufferevent_openssl_get_ssl(stream);
    X509 *cert = ssl ? SSL_get0_peer_certificate(ssl) : NULL;
    int n = cert ? i2d_X509(cert, NULL) : 0;
    uint8_t *at;

    if (n <= 0)
        return XK_OK;
    at = buf_reserve(der, (size_t)n);
    if (!at)
        return buf_ok(der);
    i2d_X509(cert, &at);
    der->n += (size_t)n;
    return XK_OK;
}

const char *tls_stream_error(struct bufferevent *stream)
{
    unsigned long error = bufferevent_get_openssl_error(stream);
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    return text ? text : "";
}
