/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a TLS server may serve an LPA (SGP.22 6.1, 4.5.2.1): its certificate is CERT.DPtls or
 * CERT.DStls, carries the host name, and leads to a CI that is trusted. Trusted is a CI that was
 * added, or one that the server shows and whose key the eUICC names
 * (euiccCiPKIdListForVerification): the identifier is the hash of the key, nobody else's fits. */
#ifndef NET_TLS_PEER_H
#define NET_TLS_PEER_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/x509_chain.h"

#define TLS_PEER_CHAIN_MAX (X509_CHAIN_MAX + 2) /* with the leaf and the CI */
#define TLS_PEER_KEY_IDS_MAX 32

struct tls_peer;

/* The clock must outlive it. One thread at a time. */
enum xk_err tls_peer_new(const struct xk_clock *clock, struct tls_peer **out) XK_MUST_CHECK;
void tls_peer_free(struct tls_peer *peer); /* NULL is fine */
/* CI certificates, one in DER or any number in PEM. XK_E_FORMAT: no certificate in it; others as
 * x509_store_add_ci. */
enum xk_err tls_peer_add_cis(struct tls_peer *peer, struct bytes file) XK_MUST_CHECK;
/* A CI public key identifier of the eUICC, X509_SKI_LEN bytes; others are passed over. XK_E_LIMIT:
 * more than TLS_PEER_KEY_IDS_MAX. */
enum xk_err tls_peer_trust_key(struct tls_peer *peer, struct bytes key_id) XK_MUST_CHECK;

/* The certificates as the server sent them, DER, its own first. XK_E_AUTH: refused, and why has a
 * sentence; other errors are our own trouble. */
enum xk_err tls_peer_check(struct tls_peer *peer, const struct bytes *chain, size_t n,
                           const char *host, struct buf *why) XK_MUST_CHECK;

#endif
