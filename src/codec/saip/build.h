/* SPDX-License-Identifier: Apache-2.0 */
/* A package from text, as text.h writes it and as TS.48 publishes packages: one value assignment
 * after the other, each an element, and between them comments (two hyphens up to the line's end or
 * two more, or slash and star).
 *
 * Members stand in the order of the schema; octets are '0A1B'H or '00011011'B; numbers and OBJECT
 * IDENTIFIERs may be written by name: pinAppl1, { joint-iso-itu-t(2) 23 143 1 2 1 }. The result is
 * DER: members that have their DEFAULT value are left out. Whether it makes sense is for lint.h. */
#ifndef CODEC_SAIP_BUILD_H
#define CODEC_SAIP_BUILD_H

#include "codec/saip/saip.h"

struct saip_build_error {
    unsigned line, column; /* from 1; a column is a byte */
    char text[160];        /* "\"iccid\" is missing before \"pol\"" */
};

/* The elements, put to out. XK_E_FORMAT: *error says what is wrong and where (a value out of range
 * too). XK_E_LIMIT, XK_E_NOMEM: as the buffer says, or a text over SAIP_TEXT_MAX; *error is empty.
 */
enum xk_err saip_build(struct bytes text, struct buf *out, struct saip_build_error *error)
    XK_MUST_CHECK;

#endif
