/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: secured packets by SMS-PP (TS 31.115, TS 102 225). */
#ifndef CARD_USIM_OTA_H
#define CARD_USIM_OTA_H

#include "card/usim/card.h"

/* ENVELOPE (SMS-PP DOWNLOAD), TS 31.111 7.1.1 */
enum xk_err ota_sms_pp(struct usim *card, struct exchange *x, struct bytes envelope) XK_MUST_CHECK;

#endif
