/* SPDX-License-Identifier: Apache-2.0 */
/* A package as text, in the value notation of ASN.1 (X.680) as the profile specification and TS.48
 * write packages:
 *
 *     value1 ProfileElement ::= header : {
 *       major-version 2,
 *       minor-version 3,
 *       iccid '89000123456789012341'H,
 *
 * Names are those of the schema, of the edition that the header states; what DER leaves out
 * (DEFAULT values) is left out here. build.h reads it back. */
#ifndef CODEC_SAIP_TEXT_H
#define CODEC_SAIP_TEXT_H

#include "codec/saip/saip.h"

#define SAIP_TEXT_MAX ((size_t)16 << 20)

enum saip_text_flag {
    SAIP_TEXT_NOTES = 1,   /* comments: which file, whose number, what kind of key */
    SAIP_TEXT_SECRETS = 2, /* keys and codes are shown; else '****'H, which cannot be read back */
};

/* What the text does not say: when all are 0, saip_build gives the same package byte for byte. */
struct saip_text_loss {
    unsigned masked;   /* secrets */
    unsigned left_out; /* elements and members of a later edition, and what breaks the schema: each
                          but a member stands there as a comment */
    unsigned not_der;  /* values that DER writes in another way: DEFAULTs, long lengths */
};

/* flags: enum saip_text_flag. XK_E_NOMEM, XK_E_LIMIT (out is full); any package can be written. */
enum xk_err saip_text(struct bytes upp, unsigned flags, struct buf *out,
                      struct saip_text_loss *loss) XK_MUST_CHECK;

#endif
