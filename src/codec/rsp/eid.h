/* SPDX-License-Identifier: Apache-2.0 */
/* EID: 32 digits, 16 bytes with the first digit in the high nibble; the last two are check digits
 * (SGP.29; ISO 7064 MOD 97-10: the whole number modulo 97 is 1). */
#ifndef CODEC_RSP_EID_H
#define CODEC_RSP_EID_H

#include "base/bytes.h"

#define EID_LEN 16
#define EID_DIGITS 32
#define EID_TEXT_MAX 33 /* with the NUL */

/* XK_E_FORMAT: not 32 digits; XK_E_VALUE: check digits wrong. out is set in the second case too,
 * for those who take cards with such a number. */
enum xk_err eid_from_text(struct bytes text, uint8_t out[EID_LEN]) XK_MUST_CHECK;
/* XK_E_FORMAT: not 16 bytes of digits. */
enum xk_err eid_to_text(struct bytes eid, char out[EID_TEXT_MAX]) XK_MUST_CHECK;
bool eid_check_digits_ok(const uint8_t eid[EID_LEN]);
/* Sets the last two digits right. */
void eid_set_check_digits(uint8_t eid[EID_LEN]);

#endif
