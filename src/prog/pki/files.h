/* SPDX-License-Identifier: Apache-2.0 */
/* Names and modes of the files of a test PKI. Keys are readable by their owner
 * only and never written over. */
#ifndef PROG_PKI_FILES_H
#define PROG_PKI_FILES_H

#include "base/buf.h"
#include "crypto/ec.h"

#define PKI_PATH_MAX 1024
#define PKI_FILE_MAX ((size_t)1 << 20)

enum files_kind {
    FILE_CERT,     /* CERT_<stem>_NIST.der */
    FILE_CERT_PEM, /* CERT_<stem>_NIST.pem */
    FILE_KEY,      /* SK_<stem>_NIST.pem */
    FILE_CRL,      /* <stem>_NIST.crl */
};

enum xk_err files_path(const char *dir, enum files_kind kind, const char *stem, enum ec_curve curve,
                       char out[PKI_PATH_MAX]) XK_MUST_CHECK;
bool files_is_there(const char *path);
/* Appends the contents. XK_E_NOT_FOUND, XK_E_IO, XK_E_LIMIT; why says which file. */
enum xk_err files_read(const char *path, struct buf *out, struct buf *why) XK_MUST_CHECK;
/* A certificate or list: replaces what is there, whole or not at all. */
enum xk_err files_write(const char *path, struct bytes text, struct buf *why) XK_MUST_CHECK;
/* A key: mode 0600. XK_E_EXISTS when one is there. */
enum xk_err files_write_key(const char *path, struct bytes text, struct buf *why) XK_MUST_CHECK;
/* Makes the directory (0755) unless it is there. */
enum xk_err files_make_dir(const char *path, struct buf *why) XK_MUST_CHECK;

#endif
