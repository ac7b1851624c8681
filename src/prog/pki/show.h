/* SPDX-License-Identifier: Apache-2.0 */
/* What a file of a PKI is, and whether its chain holds. Issuers and revocation lists are looked for
 * in the file's own directory and the two above it, which is where the maker puts them, and in a
 * file that is named. */
#ifndef PROG_PKI_SHOW_H
#define PROG_PKI_SHOW_H

#include "crypto/x509_chain.h"

enum shown_kind { SHOWN_CERT, SHOWN_CRL, SHOWN_KEY };

struct shown {
    enum shown_kind kind;
    struct buf der;
    struct x509_cert cert; /* SHOWN_CERT */
    struct x509_crl crl;   /* SHOWN_CRL */
    enum ec_curve curve;   /* SHOWN_CERT, SHOWN_KEY */
    uint8_t key_id[X509_SKI_LEN];
    bool checked; /* its issuer was found, and verdict says what came of it */
    enum x509_verdict verdict;
    char at[64]; /* whose certificate the verdict is about: a role, or a common name */
};

/* path names the file, or a key by its PKCS#11 URI; ca NULL or a further file to look in. why: a
 * sentence. */
enum xk_err shown_open(const char *path, const char *ca, int64_t now, struct shown *out,
                       struct buf *why) XK_MUST_CHECK;
void shown_close(struct shown *s);

#endif
