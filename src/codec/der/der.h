/* SPDX-License-Identifier: Apache-2.0 */
/* DER (X.690 clause 10) as the RSP modules use it: a reader that goes member by member over the
 * contents of a SEQUENCE, and a writer over struct buf. Nothing is copied: values are spans into
 * what was received, and a signed part is kept as the raw span of its whole TLV.
 *
 * Tags are numbers as they are written: 0x30, 0x5F37, 0xBF38 (1 to 3 bytes).
 *
 * The reader is sticky: after the first failure everything reads as empty or zero, and der_ok()
 * tells the failure. A decoder reads all its members and asks once:
 *
 *     struct der d = der_of(content);
 *     out->transaction_id = der_octets(&d, 0x80, 1, 16);
 *     out->oid = der_oid(&d, 0x06);
 *     if (der_optional(&d, 0x5F49))
 *         out->otpk = der_octets(&d, 0x5F49, 65, 65);
 *     return der_finish(&d);            members that are not known may follow
 *
 * Strict: definite minimal lengths, minimal tags, nothing past the end. Two liberties, because
 * programs in the field take them: any non-zero BOOLEAN is TRUE, and a named BIT STRING may have
 * trailing zero bits and any count of unused bits. */
#ifndef CODEC_DER_DER_H
#define CODEC_DER_DER_H

#include "base/buf.h"

/* Universal tags */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_UTF8_STRING 0x0C
#define DER_SEQUENCE 0x30

/* An optional span that is absent has p == NULL; an empty one has not. */
#define DER_PRESENT(span) ((span).p != NULL)

struct der {
    const uint8_t *p;
    size_t n;        /* left */
    enum xk_err err; /* first failure: XK_E_FORMAT (no DER, member missing) or XK_E_VALUE (a member
                        outside its size or range) */
};

/* A reader over contents (no tag or length around them). */
struct der der_of(struct bytes content);
/* A reader over the contents of `whole`, which must be one TLV of this tag and nothing else. */
struct der der_open(struct bytes whole, uint32_t tag);
/* The tag of the next member; 0 at the end, after a failure or when there is no whole tag. */
uint32_t der_peek(const struct der *d);
bool der_more(const struct der *d);                   /* not failed and something is left */
bool der_optional(const struct der *d, uint32_t tag); /* the next member has this tag */

/* The next member, which must have this tag: its value, its whole TLV, a reader over its contents.
 * der_enter on a failed reader gives a failed one; der_leave brings the inner failure up and
 * ignores what the inner reader has not read, after checking that it is whole TLVs. */
struct bytes der_take(struct der *d, uint32_t tag);
struct bytes der_take_raw(struct der *d, uint32_t tag);
struct der der_enter(struct der *d, uint32_t tag);
struct der der_enter_raw(struct der *d, uint32_t tag, struct bytes *raw); /* raw: its whole TLV */
void der_leave(struct der *d, struct der *inner);
void der_skip(struct der *d); /* the next member, whatever it is */
/* The next member whatever it is. False at the end or after a failure. */
bool der_next(struct der *d, uint32_t *tag, struct bytes *value, struct bytes *raw);
/* What is left as one span, which may be empty (never NULL). */
struct bytes der_rest(struct der *d);

/* Typed members. Out of range is XK_E_VALUE. */
int64_t der_int(struct der *d, uint32_t tag);
uint32_t der_u32(struct der *d, uint32_t tag);
bool der_bool(struct der *d, uint32_t tag);
void der_null(struct der *d, uint32_t tag);
struct bytes der_octets(struct der *d, uint32_t tag, size_t min, size_t max);
/* min and max count characters; the value must be UTF-8 without NUL. */
struct bytes der_utf8(struct der *d, uint32_t tag, size_t min, size_t max);
struct bytes der_oid(struct der *d, uint32_t tag); /* contents of a well-formed OBJECT IDENTIFIER */
/* Named bits: bit i of the type is 1 << i of the result; bits from 64 on are dropped. */
uint64_t der_bits(struct der *d, uint32_t tag);

/* The same for a value in hand. XK_E_FORMAT or XK_E_VALUE. */
enum xk_err der_value_int(struct bytes value, int64_t *out) XK_MUST_CHECK;
enum xk_err der_value_bits(struct bytes value, uint64_t *out) XK_MUST_CHECK;
enum xk_err der_value_oid(struct bytes value) XK_MUST_CHECK;
enum xk_err der_value_utf8(struct bytes value, size_t min, size_t max) XK_MUST_CHECK;

/* Marks a failure of the decoder's own; the first one stays. */
void der_fail(struct der *d, enum xk_err err);
enum xk_err der_ok(const struct der *d) XK_MUST_CHECK;
/* der_ok, and what follows, if anything, is whole TLVs: unknown extensions. */
enum xk_err der_finish(struct der *d) XK_MUST_CHECK;
/* der_ok, and nothing follows. */
enum xk_err der_end(const struct der *d) XK_MUST_CHECK;
/* All of b is a run of whole TLVs, of this tag when it is not 0. */
enum xk_err der_check_run(struct bytes b, uint32_t tag) XK_MUST_CHECK;

/* The writer: minimal lengths and integers, named bits without trailing zeros. Sticky as buf is. */
void der_put(struct buf *b, uint32_t tag, struct bytes value);
void der_put_raw(struct buf *b, struct bytes tlv); /* as it is */
void der_put_int(struct buf *b, uint32_t tag, int64_t value);
void der_put_bool(struct buf *b, uint32_t tag, bool value);
void der_put_null(struct buf *b, uint32_t tag);
void der_put_bits(struct buf *b, uint32_t tag, uint64_t bits);
/* Nothing when the span is absent. */
void der_put_optional(struct buf *b, uint32_t tag, struct bytes value);
/* A constructed TLV around what is put between the two:
 *     size_t at = der_begin(b, 0xA8); ...; der_close(b, at); */
size_t der_begin(struct buf *b, uint32_t tag);
void der_close(struct buf *b, size_t at);
/* Tag and length alone, into out[der_header_len()]. */
void der_write_header(uint8_t *out, uint32_t tag, size_t n);
/* Bytes of tag and length before a value of n bytes. */
size_t der_header_len(uint32_t tag, size_t n);

#endif
