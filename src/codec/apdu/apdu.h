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

/* A 5-byte command is case 2 (P3 = Le) unless it can only be case 3; T=0 callers that send P3 = Lc
 * with data get case 3. XK_E_FORMAT on a length that does not fit. */
enum xk_err apdu_decode_command(struct bytes wire, struct apdu_command *out) XK_MUST_CHECK;
void apdu_encode_command(struct buf *b, const struct apdu_command *c);

struct apdu_response {
    struct bytes data;
    uint16_t sw;
};

enum xk_err apdu_decode_response(struct bytes wire, struct apdu_response *out) XK_MUST_CHECK;

/* The logical channel in the class byte (TS 102 221 10.1.1), 0..19. */
unsigned apdu_channel(uint8_t cla);

/* Instruction bytes and status words by their names: codec/apdu/names.def. */
#define APDU_INS(name, value, text) INS_##name = value,
#define APDU_SW(name, value, text)
enum apdu_ins {
#include "codec/apdu/names.def"
};
#undef APDU_INS
#undef APDU_SW
#define APDU_INS(name, value, text)
#define APDU_SW(name, value, text) SW_##name = value,
enum apdu_sw {
#include "codec/apdu/names.def"
};
#undef APDU_INS
#undef APDU_SW

/* For people; "?" when unknown. */
const char *apdu_ins_name(uint8_t ins);
const char *apdu_sw_text(uint16_t sw);

#endif
