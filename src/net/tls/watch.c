/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls/watch.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define WHY_MAX 256

struct tls_watch {
    struct tls_peer *peer;
    SSL_CTX *ctx; /* whose application data we are */
    enum tls_watch_event seen;
    char why[WHY_MAX];
};

enum xk_err tls_watch_new(struct tls_peer *peer, struct tls_watch **out)
{
    struct tls_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return XK_E_NOMEM;
    watch->peer = peer;
    *out = watch;
    return XK_OK;
}

static void let_go(struct tls_watch *watch)
{
    if (!watch->ctx)
        return;
    SSL_CTX_set_app_data(watch->ctx, NULL);
    SSL_CTX_free(watch->ctx);
    watch->ctx = NULL;
}

void tls_watch_free(struct tls_watch *watch)
{
    if (!watch)
        return;
    let_go(watch);
    free(watch);
}

enum tls_watch_event tls_watch_seen(const struct tls_watch *watch)
{
    return watch->seen;
}

const char *tls_watch_refusal(const struct tls_watch *watch)
{
    return watch->why;
}

/* ---- what happens ---- */

/* OpenSSL tells an end of file where none may be as an error of its own. */
static bool is_cut(const SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);

    return error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN ||
           (error == SSL_ERROR_SSL &&
            ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

static void on_info(const SSL *ssl, int where, int result)
{
    struct tls_watch *watch = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (!watch || watch->seen != TLS_WATCH_NOTHING)
        return;
    if (where == SSL_CB_READ_ALERT && result >> 8 == SSL3_AL_FATAL)
        watch->seen = TLS_WATCH_ALERT;
    else if (where == SSL_CB_CONNECT_EXIT && result <= 0 && is_cut(ssl, result))
        watch->seen = TLS_WATCH_CUT;
}

/* ---- the certificate ---- */

static enum xk_err check_ders(struct tls_watch *watch, STACK_OF(X509) * sent, const char *host,
                              struct buf *why)
{
    unsigned char *ders[TLS_PEER_CHAIN_MAX + 1] = {NULL};
    struct bytes chain[TLS_PEER_CHAIN_MAX + 1];
    size_t n = 0;
    enum xk_err err = XK_OK;

    for (int i = 0; i < sk_X509_num(sent) && n < ARRAY_LEN(chain) && err == XK_OK; i++) {
        int len = i2d_X509(sk_X509_value(sent, i), &ders[n]);

        if (len > 0)
            chain[n] = BYTES(ders[n], (size_t)len);
        else
            err = XK_E_NOMEM;
        n++;
    }
    if (err == XK_OK)
        err = tls_peer_check(watch->peer, chain, n, host, why);
    for (size_t i = 0; i < n; i++)
        OPENSSL_free(ders[i]);
    return err;
}

/* In place of OpenSSL's own check. */
static int on_certificate(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_watch *watch = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
    const char *host = ssl ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;
    enum xk_err err = XK_E_STATE;
    struct buf why;

    (void)unused;
    if (watch) {
        buf_init_fixed(&why, watch->why, sizeof watch->why - 1);
        err = check_ders(watch, X509_STORE_CTX_get0_untrusted(store), host ? host : "", &why);
        if (err != XK_OK && why.n == 0)
            buf_put_str(&why, xk_err_text(err));
    }
    if (err == XK_OK) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (watch)
        watch->seen = TLS_WATCH_REFUSED;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

void tls_watch_connection(struct tls_watch *watch, void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;

    let_go(watch);
    SSL_CTX_up_ref(ctx);
    watch->ctx = ctx;
    watch->seen = TLS_WATCH_NOTHING;
    memset(watch->why, 0, sizeof watch->why);
    SSL_CTX_set_app_data(ctx, watch);
    SSL_CTX_set_info_callback(ctx, on_info);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    if (!watch->peer)
        return;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
}
