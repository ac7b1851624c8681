/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV (X.690 8.1, ISO 7816-4 5.2.2): tags of 1 to 3 bytes held as written (0x84, 0x7F21,
 * 0x9F70), definite lengths of 1 to 4 bytes. Reads spans; never copies. */
#ifndef BASE_TLV_H
#define BASE_TLV_H

#include "base/buf.h"

struct tlv {
    uint32_t tag;
    struct bytes value;
    struct bytes raw; /* tag, length and value */
};

/* Takes the next TLV off c. XK_E_FORMAT when there is none whole; c is then bad. */
enum xk_err tlv_next(struct cur *c, struct tlv *out) XK_MUST_CHECK;
/* The value of the first TLV with this tag among those in b (one level). */
enum xk_err tlv_find(struct bytes b, uint32_t tag, struct bytes *value) XK_MUST_CHECK;

void tlv_put(struct buf *b, uint32_t tag, struct bytes value);
void tlv_put_u8(struct buf *b, uint32_t tag, uint8_t value);
/* A constructed TLV around what is put between the two calls:
 *     size_t at = tlv_begin(b, 0xA8); ...; tlv_end(b, at); */
size_t tlv_begin(struct buf *b, uint32_t tag);
void tlv_end(struct buf *b, size_t at);

#endif
