/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "codec/der/der.h"

void der_put(struct buf *b, uint32_t tag, struct bytes value)
{
    tlv_put(b, tag, value);
}

void der_put_raw(struct buf *b, struct bytes tlv)
{
    buf_put_bytes(b, tlv);
}

void der_put_int(struct buf *b, uint32_t tag, int64_t value)
{
    uint8_t bytes[8];
    size_t from = 0;

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    while (from < 7 && (bytes[from] == 0x00 || bytes[from] == 0xFF) &&
           (bytes[from] & 0x80) == (bytes[from + 1] & 0x80))
        from++;
    tlv_put(b, tag, BYTES(bytes + from, sizeof bytes - from));
}

void der_put_bool(struct buf *b, uint32_t tag, bool value)
{
    tlv_put_u8(b, tag, value ? 0xFF : 0x00);
}

void der_put_null(struct buf *b, uint32_t tag)
{
    tlv_put(b, tag, BYTES_NONE);
}

/* Bit 0 is the highest bit of the first byte; trailing zero bits fall away. X.690 11.2.2 */
void der_put_bits(struct buf *b, uint32_t tag, uint64_t bits)
{
    uint8_t bytes[9] = {0};
    unsigned used = 0;

    for (unsigned i = 0; i < 64; i++) {
        if (!(bits >> i & 1))
            continue;
        bytes[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
        used = i + 1;
    }
    bytes[0] = (uint8_t)((8 - used % 8) % 8);
    tlv_put(b, tag, BYTES(bytes, 1 + (used + 7) / 8));
}

void der_put_optional(struct buf *b, uint32_t tag, struct bytes value)
{
    if (DER_PRESENT(value))
        tlv_put(b, tag, value);
}

size_t der_begin(struct buf *b, uint32_t tag)
{
    return tlv_begin(b, tag);
}

void der_close(struct buf *b, size_t at)
{
    tlv_end(b, at);
}

void der_write_header(uint8_t *out, uint32_t tag, size_t n)
{
    size_t len = der_header_len(0, n) - 2; /* bytes behind 8x */

    for (int shift = tag > 0xFFFF ? 16 : tag > 0xFF ? 8 : 0; shift >= 0; shift -= 8)
        *out++ = (uint8_t)(tag >> shift);
    if (len > 0)
        *out++ = (uint8_t)(0x80 | len);
    while (len-- > 1)
        *out++ = (uint8_t)(n >> 8 * len);
    *out = (uint8_t)n;
}

size_t der_header_len(uint32_t tag, size_t n)
{
    size_t len = 1 + (tag > 0xFF) + (tag > 0xFFFF) + 1;

    if (n < 0x80)
        return len;
    while (n > 0) {
        len++;
        n >>= 8;
    }
    return len;
}
