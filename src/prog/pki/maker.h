/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and extends a test PKI in a directory. Keys that are there are kept, and so are CI and
 * EUM: to make it again renews all other certificates under the same keys, which is how TLS
 * certificates, good for 397 days, are renewed.
 *
 * On failure why holds a sentence for people. files gets the path of each file written, one a line.
 */
#ifndef PROG_PKI_MAKER_H
#define PROG_PKI_MAKER_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/ec.h"

struct maker {
    const char *dir;
    unsigned curves; /* bit by enum ec_curve */
    int64_t now;
    const struct xk_rand *rand;
    /* The user's own CI (for init, dp) or EUM (for euicc): contents of the files, or a PKCS#11 URI
     * for the key; empty: those in dir. Its curve is then the only one. */
    struct bytes ca_cert, ca_key;
    struct buf *files, *why;
};

#define MAKER_CURVE(curve) (1u << (curve))
#define MAKER_CURVES_ALL (MAKER_CURVE(EC_P256) | MAKER_CURVE(EC_BRAINPOOL_P256R1))

/* CI, EUM, two SM-DP+, SM-DS, eIM, the operator's TLS client, two empty CRLs. */
enum xk_err maker_init(struct maker *m) XK_MUST_CHECK;
/* Another SM-DP+ or SM-DS, into dir/dp/<fqdn>/ or dir/ds/<fqdn>/. */
enum maker_server { MAKER_DP, MAKER_DS };
enum xk_err maker_server(struct maker *m, enum maker_server what, const char *fqdn, const char *oid)
    XK_MUST_CHECK;
/* count eUICCs from first_eid on, each into dir/euicc/<EID>/. XK_E_VALUE: no EID, or one that the
 * EUM may not issue. */
enum xk_err maker_euicc(struct maker *m, const char *first_eid, size_t count) XK_MUST_CHECK;
/* Adds a certificate, which the CI of dir has issued, to its CRL-B. */
enum xk_err maker_revoke(struct maker *m, struct bytes certificate) XK_MUST_CHECK;

/* The EID behind: the digits before the check digits, plus one (ISO 7064 MOD 97-10). XK_E_LIMIT at
 * the end. eid holds 32 digits and a NUL. */
enum xk_err maker_next_eid(char eid[33]) XK_MUST_CHECK;

#endif
