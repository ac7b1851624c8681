/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the domestic card on top of a UICC (card/uicc/uicc.h). */
#ifndef CARD_USIM_CARD_H
#define CARD_USIM_CARD_H

#include "card/uicc/uicc.h"
#include "card/usim/fs.h"
#include "card/usim/session.h"
#include "card/usim/usim.h"

struct usim {
    struct uicc uicc; /* first: usim_of */
    struct nvm_port port;
    struct nvm *nvm;
    uint8_t bank;         /* the identity shown: a new one is shown from the reset or REFRESH on */
    uint8_t shown_before; /* the one that is shown again when the terminal refuses REFRESH */
    struct session session;
};

static inline struct usim *usim_of(struct uicc *u)
{
    return (struct usim *)u;
}

/* Fields of the memory image. */
enum xk_err card_get(struct usim *card, uint32_t at, uint8_t *out, size_t n) XK_MUST_CHECK;
enum xk_err card_put(struct usim *card, uint32_t at, const uint8_t *in, size_t n) XK_MUST_CHECK;
/* A file of the shown identity, whole. */
enum xk_err card_content(struct usim *card, enum content_id id, uint8_t *out) XK_MUST_CHECK;
enum xk_err card_get_state(struct usim *card, struct image_state *out) XK_MUST_CHECK;
enum xk_err card_put_state(struct usim *card, const struct image_state *in) XK_MUST_CHECK;
static inline enum xk_err card_commit(struct usim *card, struct exchange *x)
{
    return uicc_commit(&card->uicc, x);
}

/* parts.c: what the card is to the UICC */
const struct uicc_ops *card_ops(void);

/* ota.c: who a secured packet is for, and what comes of it */
enum xk_err card_ota_find(struct uicc *u, const struct scp80_command *c, struct ota_way *out,
                          uint8_t *status) XK_MUST_CHECK;
enum xk_err card_ota_take(struct uicc *u, const struct ota_way *w, const struct scp80_command *c,
                          const char *sender) XK_MUST_CHECK;
enum xk_err card_ota_run(struct uicc *u, struct exchange *x, const struct ota_way *w,
                         uint8_t status, struct bytes data, struct buf *out) XK_MUST_CHECK;
enum xk_err card_ota_address(struct uicc *u, char out[SMS_NUMBER_TEXT]) XK_MUST_CHECK;

#endif
