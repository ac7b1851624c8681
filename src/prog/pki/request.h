/* SPDX-License-Identifier: Apache-2.0 */
/* A request for a certificate of a server, as its operator hands it to a CI. */
#ifndef PROG_PKI_REQUEST_H
#define PROG_PKI_REQUEST_H

#include "base/buf.h"
#include "crypto/ec.h"

struct request_wish {
    const char *role; /* "DPauth", "DPpb", "DPtls", "DSauth", "DStls" in any case */
    const char *common_name, *organization; /* organization may be NULL */
    const char *oid;                        /* of the SM-DP+ or SM-DS, like 2.999.10 */
    const char *host;                       /* for a TLS role, else NULL */
};

/* PKCS#10 in PEM, appended, signed by the key wherever that is. XK_E_VALUE: why has a sentence. */
enum xk_err request_make(const struct request_wish *wish, const struct ec_key *key, struct buf *out,
                         struct buf *why) XK_MUST_CHECK;

#endif
