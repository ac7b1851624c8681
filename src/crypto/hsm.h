/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in a hardware security module, over PKCS#11 (p11-kit). A key is named by an RFC 7512
 * URI:
 *
 *     pkcs11:token=xieka;object=DPauth?module-path=/usr/lib/hsm.so&pin-source=/etc/xieka/pin
 *
 * Without module-path all modules that p11-kit knows are looked through; without pin-source (a file
 * with the PIN in its first line; pin-value is taken, too) nobody logs in. The token must have the
 * public key under the same label or id; the curve and the point are read from it. */
#ifndef CRYPTO_HSM_H
#define CRYPTO_HSM_H

#include "crypto/ec.h"

bool hsm_is_uri(struct bytes text); /* begins with "pkcs11:" */

/* The key as any other (ec.h): it signs, by several threads at once, and cannot be exported. A
 * session that the module has dropped (it was restarted) is opened again. why gets a sentence.
 * XK_E_FORMAT: the URI; XK_E_NOT_FOUND: module, token or key; XK_E_AUTH: the PIN; XK_E_UNSUPPORTED:
 * no curve of ours; XK_E_IO: the module failed. */
enum xk_err hsm_key_open(struct bytes uri, struct ec_key **out, struct buf *why) XK_MUST_CHECK;

/* What a key file holds: a key (ec_key_read) or the URI of one. Errors of both; why gets a sentence
 * from either. */
enum xk_err hsm_key_read(struct bytes file, struct ec_key **out, struct buf *why) XK_MUST_CHECK;

#endif
