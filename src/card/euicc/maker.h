/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: making a card and finding out who it is. */
#ifndef CARD_EUICC_MAKER_H
#define CARD_EUICC_MAKER_H

#include "card/euicc/state.h"

/* A new memory with all of p in it, committed. As euicc_manufacture. */
enum xk_err euicc_write_maker(const struct flash_port *port, const struct euicc_personalisation *p,
                              struct flash **out, const char **why) XK_MUST_CHECK;
/* Identities, keys, CIs and CRLs of e->flash. XK_E_FORMAT: no card. */
enum xk_err euicc_read_maker(struct euicc *e) XK_MUST_CHECK;
/* CIs and CRLs alone, anew. */
enum xk_err euicc_read_store(struct euicc *e) XK_MUST_CHECK;

#endif
