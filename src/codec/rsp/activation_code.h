/* SPDX-License-Identifier: Apache-2.0 */
/* The activation code a subscriber is given (SGP.22 4.1), as text or in a QR code:
 *
 *   [LPA:]1$<SM-DP+ address>$<AC_Token>[$[<SM-DP+ OID>][$[1][$further fields]]]
 *
 * AC_Token is the matching ID and may be empty. The 1 says that a confirmation code will be asked
 * for; it is only advice, ccRequiredFlag of the server decides. Later versions add fields at the
 * end: they are skipped. */
#ifndef CODEC_RSP_ACTIVATION_CODE_H
#define CODEC_RSP_ACTIVATION_CODE_H

#include "base/buf.h"

#define RSP_ACTIVATION_CODE_MAX 255                            /* without "LPA:" */
#define RSP_ACTIVATION_CODE_TEXT (RSP_ACTIVATION_CODE_MAX + 5) /* with it and a NUL */

struct rsp_activation_code {
    char address[RSP_ACTIVATION_CODE_MAX + 1];     /* lower case; host or host:port */
    char matching_id[RSP_ACTIVATION_CODE_MAX + 1]; /* "" none */
    char smdp_oid[RSP_ACTIVATION_CODE_MAX + 1];    /* dotted; "" none */
    bool confirmation_code;
};

enum rsp_activation_verdict {
#define ACTIVATION(name, zh, en) RSP_ACTIVATION_##name,
#include "codec/rsp/activation_code.def"
#undef ACTIVATION
};

/* Blanks and line ends anywhere are dropped (codes are copied from letters), the prefix may be in
 * either case, a QR code in capitals gives the address in small letters. out is written only with
 * RSP_ACTIVATION_OK. */
enum rsp_activation_verdict rsp_activation_code_decode(struct bytes text,
                                                       struct rsp_activation_code *out)
    XK_MUST_CHECK;
/* With "LPA:", as QR codes have it. XK_E_VALUE: a field cannot stand in a code; XK_E_LIMIT: longer
 * than 255 characters. b is untouched then. */
enum xk_err rsp_activation_code_encode(const struct rsp_activation_code *code, struct buf *b)
    XK_MUST_CHECK;
/* What is wrong, in one sentence for people; "?" when unknown. */
const char *rsp_activation_verdict_text(enum rsp_activation_verdict verdict);

/* An address as the LPA dials it: host, with a port or without. Labels of letters, digits and '-'.
 */
bool rsp_address_is_valid(struct bytes address);

#endif
