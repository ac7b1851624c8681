/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: writing what asn.h reads. */
#ifndef CRYPTO_ASN_PUT_H
#define CRYPTO_ASN_PUT_H

#include "base/buf.h"
#include "crypto/asn.h"

/* INTEGER from an unsigned number, big-endian. */
void asn_put_number(struct buf *b, struct bytes number);
void asn_put_small(struct buf *b, uint32_t v);
/* UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
void asn_put_time(struct buf *b, int64_t ms);
/* BIT STRING of whole octets. */
void asn_put_octets(struct buf *b, struct bytes octets);
/* BIT STRING of named bits, trailing zeros dropped. */
void asn_put_bits(struct buf *b, uint8_t bits);

#endif
