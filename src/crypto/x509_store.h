/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: what the chain checks ask of a store. */
#ifndef CRYPTO_X509_STORE_H
#define CRYPTO_X509_STORE_H

#include "crypto/x509_chain.h"

/* An issuing certificate whose signature was found good, with its key ready. */
struct x509_issuer;

/* The one that signed with this key identifier under this name. NULL; *known tells whether at least
 * the key is there. */
const struct x509_ci *x509_store_ci_of(const struct x509_store *store, const struct x509_cert *cert,
                                       bool *known);
/* Verifies cert under the signer's key, or remembers having done so; XK_E_AUTH when it is not the
 * signer's, XK_E_VALUE when cert's own point is off the curve. x509_issuer_release() it. */
enum xk_err x509_store_issuer(struct x509_store *store, const struct x509_cert *cert,
                              struct bytes signer_point, const struct ecdsa_public *signer,
                              struct x509_issuer **out) XK_MUST_CHECK;
const struct ecdsa_public *x509_issuer_key(const struct x509_issuer *issuer);
void x509_issuer_release(struct x509_store *store, struct x509_issuer *issuer);
/* Whether a CRL of that CI names this serial number. */
bool x509_store_revoked(struct x509_store *store, const struct x509_ci *ci, struct bytes serial);

#endif
