/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls/peer.h"

#include "base/hex.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"

struct tls_peer {
    const struct xk_clock *clock;
    struct x509_store *cis;
    uint8_t key_ids[TLS_PEER_KEY_IDS_MAX][X509_SKI_LEN];
    size_t n_key_ids;
};

enum xk_err tls_peer_new(const struct xk_clock *clock, struct tls_peer **out)
{
    struct tls_peer *peer = calloc(1, sizeof *peer);
    enum xk_err err;

    if (!peer)
        return XK_E_NOMEM;
    peer->clock = clock;
    err = x509_store_new(0, &peer->cis);
    if (err != XK_OK) {
        free(peer);
        return err;
    }
    *out = peer;
    return XK_OK;
}

void tls_peer_free(struct tls_peer *peer)
{
    if (!peer)
        return;
    x509_store_free(peer->cis);
    free(peer);
}

/* ---- who is trusted ---- */

static enum xk_err add_ci(struct tls_peer *peer, struct bytes file)
{
    enum xk_err err = x509_store_add_ci(peer->cis, file);

    return err == XK_E_EXISTS ? XK_OK : err;
}

static const uint8_t *next_pem(struct bytes file)
{
    return file.n ? memmem(file.p, file.n, PEM_BEGIN, sizeof PEM_BEGIN - 1) : NULL;
}

enum xk_err tls_peer_add_cis(struct tls_peer *peer, struct bytes file)
{
    const uint8_t *block = next_pem(file);

    if (!block)
        return add_ci(peer, file);
    while (block) {
        struct bytes rest = bytes_part(file, (size_t)(block - file.p), file.n);

        TRY(add_ci(peer, rest));
        file = bytes_part(rest, sizeof PEM_BEGIN - 1, rest.n);
        block = next_pem(file);
    }
    return XK_OK;
}

enum xk_err tls_peer_trust_key(struct tls_peer *peer, struct bytes key_id)
{
    if (key_id.n != X509_SKI_LEN)
        return XK_OK;
    if (peer->n_key_ids == TLS_PEER_KEY_IDS_MAX)
        return XK_E_LIMIT;
    memcpy(peer->key_ids[peer->n_key_ids++], key_id.p, X509_SKI_LEN);
    return XK_OK;
}

static bool is_trusted_key(const struct tls_peer *peer, const struct x509_cert *ci)
{
    uint8_t key_id[X509_SKI_LEN];

    if (x509_key_id(ci->point, key_id) != XK_OK)
        return false;
    for (size_t i = 0; i < peer->n_key_ids; i++)
        if (memcmp(peer->key_ids[i], key_id, sizeof key_id) == 0)
            return true;
    return false;
}

/* ---- the chain ---- */

struct shown {
    struct x509_cert leaf, issuers[X509_CHAIN_MAX];
    size_t n; /* issuers */
};

static enum xk_err refuse(struct buf *why, const char *text)
{
    buf_put_str(why, text);
    return XK_E_AUTH;
}

/* A CI that nobody trusts is as good as none. */
static enum xk_err take_shown_ci(struct tls_peer *peer, const struct x509_cert *ci)
{
    enum xk_err err;

    if (!is_trusted_key(peer, ci))
        return XK_OK;
    err = add_ci(peer, ci->raw);
    return err == XK_E_VALUE ? XK_OK : err;
}

static enum xk_err read_chain(struct tls_peer *peer, const struct bytes *chain, size_t n,
                              struct shown *out, struct buf *why)
{
    if (n == 0)
        return refuse(why, "the server shows no certificate");
    if (n > TLS_PEER_CHAIN_MAX)
        return refuse(why, "the server's chain of certificates is too long");
    if (x509_read(chain[0], &out->leaf) != XK_OK)
        return refuse(why, "the server's certificate is none of remote SIM provisioning");
    for (size_t i = 1; i < n; i++) {
        struct x509_cert issuer;

        if (x509_read(chain[i], &issuer) != XK_OK)
            return refuse(why, "a certificate in the server's chain is none of remote SIM "
                               "provisioning");
        if (issuer.role == CERT_CI)
            TRY(take_shown_ci(peer, &issuer));
        else if (out->n == X509_CHAIN_MAX)
            return refuse(why, "the server's chain of certificates is too long");
        else
            out->issuers[out->n++] = issuer;
    }
    return XK_OK;
}

static enum xk_err refuse_chain(const struct shown *shown, const struct x509_finding *finding,
                                struct buf *why)
{
    const struct x509_cert *top = shown->n ? &shown->issuers[shown->n - 1] : &shown->leaf;
    char aki[HEX_LEN(X509_SKI_LEN)];

    buf_printf(why, "%s: %s", finding->at == 0 ? "the server's certificate" : "its issuer",
               x509_verdict_text(finding->verdict));
    if (finding->verdict == CHAIN_UNKNOWN_CI && top->aki.n == X509_SKI_LEN)
        buf_printf(why, " (it names the CI with the key identifier %s)", hex_encode(top->aki, aki));
    return XK_E_AUTH;
}

static enum xk_err check_chain(struct tls_peer *peer, const struct shown *shown, struct buf *why)
{
    const struct x509_rules rules = {.store = peer->cis, .now = xk_now(peer->clock)};
    const struct x509_chain chain = {
        .leaf = &shown->leaf, .issuers = shown->issuers, .n = shown->n};
    struct x509_finding finding;

    if (shown->leaf.role != CERT_DPTLS && shown->leaf.role != CERT_DSTLS) {
        buf_printf(why, "the server's certificate has the role %s, not DPtls or DStls",
                   x509_role_name(shown->leaf.role));
        return XK_E_AUTH;
    }
    TRY(x509_check_server(&rules, shown->leaf.role, &chain, BYTES_NONE, &finding));
    return finding.verdict == CHAIN_GOOD ? XK_OK : refuse_chain(shown, &finding, why);
}

enum xk_err tls_peer_check(struct tls_peer *peer, const struct bytes *chain, size_t n,
                           const char *host, struct buf *why)
{
    struct shown shown = {.n = 0};

    TRY(read_chain(peer, chain, n, &shown, why));
    TRY(check_chain(peer, &shown, why));
    if (x509_has_dns_name(&shown.leaf, bytes_cstr(host)))
        return XK_OK;
    buf_printf(why, "the server's certificate is not for the host %s", host);
    return XK_E_AUTH;
}
