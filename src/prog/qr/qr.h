/* SPDX-License-Identifier: Apache-2.0 */
/* QR codes (ISO/IEC 18004), error correction level M. */
#ifndef PROG_QR_QR_H
#define PROG_QR_QR_H

#include "base/buf.h"

#define QR_SIDE_MAX 177
#define QR_QUIET 4 /* light modules around it (ISO/IEC 18004 5.3.8) */

struct qr {
    unsigned side;                           /* modules, without the quiet zone */
    uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX]; /* row after row; 1: dark */
};

enum qr_style {
    QR_TERMINAL, /* UTF-8 half blocks, black on white by escape sequences */
    QR_PLAIN,    /* UTF-8 half blocks, for paper: dark is drawn */
    QR_ASCII,    /* "##" */
};

/* XK_E_LIMIT: more than fits (about 2300 bytes); XK_E_VALUE: empty or with a NUL. */
enum xk_err qr_encode(struct bytes text, struct qr *out) XK_MUST_CHECK;
/* Lines with line ends. */
void qr_put_text(const struct qr *qr, enum qr_style style, struct buf *out);
/* A grey PNG, scale pixels a module (1 to 64). */
enum xk_err qr_put_png(const struct qr *qr, unsigned scale, struct buf *out) XK_MUST_CHECK;

/* What a QR code in a picture says ("-": the picture is on standard input); with several, the first
 * that begins with LPA:. XK_E_UNSUPPORTED: zbarimg is not installed; XK_E_NOT_FOUND: no QR code in
 * it; XK_E_IO: no such file or no picture. */
enum xk_err qr_read_picture(const char *path, struct buf *out) XK_MUST_CHECK;

#endif
