/* SPDX-License-Identifier: Apache-2.0 */
/* ICCID (ITU-T E.118): text of 18 to 20 digits (the last may be F, which is no digit and falls
 * away) and the 10 bytes of EF_ICCID and of tag 5A: nibbles swapped, F behind the last digit. */
#ifndef CODEC_RSP_ICCID_H
#define CODEC_RSP_ICCID_H

#include "base/bytes.h"

#define ICCID_LEN 10
#define ICCID_TEXT_MAX 21 /* with the NUL */

/* XK_E_FORMAT: wrong count or not digits. */
enum xk_err iccid_from_text(struct bytes text, uint8_t out[ICCID_LEN]) XK_MUST_CHECK;
enum xk_err iccid_to_text(struct bytes iccid, char out[ICCID_TEXT_MAX]) XK_MUST_CHECK;
/* Between the swapped bytes and the unswapped ones of a SAIP profile header. in may be out. */
void iccid_swap(const uint8_t in[ICCID_LEN], uint8_t out[ICCID_LEN]);
/* The last digit is the Luhn check of those before it. */
bool iccid_luhn_ok(struct bytes text);

#endif
