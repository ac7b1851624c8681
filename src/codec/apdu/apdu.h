/* SPDX-License-Identifier: Apache-2.0 */
/* APDUs (ISO 7816-4 5.1, TS 102 221 10.1): command and response, cases 1 to 4, short form.
 *
 *   CLA INS P1 P2 [Lc data] [Le]
 */
#ifndef CODEC_APDU_APDU_H
#define CODEC_APDU_APDU_H

#include "base/buf.h"

#define APDU_COMMAND_MAX 261  /* 4 + 1 + 255 + 1 */
#define APDU_RESPONSE_MAX 258 /* 256 + SW */

struct apdu_command {
    uint8_t cla, ins, p1, p2;
    struct bytes data; /* Lc is data.n */
    bool has_le;
    uint16_t le; /* 1..256 (00 on the wire is 256) */
};

/* A 5-byte command is case 2 (P3 = Le); of an instruction that only takes data it is P3 = Lc, which
 * must be 00 (T=0 writes case 1 so: VERIFY PIN asking for the counter). XK_E_FORMAT on a length
 * that does not fit. data points into wire. */
enum xk_err apdu_decode_command(struct bytes wire, struct apdu_command *out) XK_MUST_CHECK;
/* The shortest form; more than 255 bytes of data or Le outside 1..256 fails the buffer. */
void apdu_encode_command(struct buf *b, const struct apdu_command *c);

struct apdu_response {
    struct bytes data;
    uint16_t sw;
};

enum xk_err apdu_decode_response(struct bytes wire, struct apdu_response *out) XK_MUST_CHECK;

/* Whether nothing but Le ever stands behind P1 P2 of this instruction (READ BINARY). */
bool apdu_only_returns(uint8_t ins);
/* The logical channel in the class byte (TS 102 221 10.1.1), 0..19. */
unsigned apdu_channel(uint8_t cla);

/* Instruction bytes and status words by their names: codec/apdu/names.def. */
enum apdu_ins {
#define APDU_INS(name, value, form, text) INS_##name = value,
#include "codec/apdu/names.def"
};
enum apdu_sw {
#define APDU_SW(name, value, text) SW_##name = value,
#include "codec/apdu/names.def"
};

/* 91xx, 61xx, 9Fxx, 92xx with a retry count, 6Cxx, 63Cx mean something with any xx: for those
 * apdu_sw_text knows the family. For people; "?" when unknown. */
const char *apdu_ins_name(uint8_t ins);
const char *apdu_sw_text(uint16_t sw);

#endif
