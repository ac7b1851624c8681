/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/usim.h"
#include "card/usim/applet.h"
#include "codec/ef/ef.h"

/* T=0; historical bytes: file system and channel facilities, then pre-issuing data "XIEKA" 00 01
 * (ISO 7816-3 8.2, 7816-4 8.1.1; TS 102 221 6.3). Four logical channels, assigned by the card. */
static const uint8_t answer_to_reset[] = {
    0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xA0, 0x73, 0xBE,
    0x21, 0x13, 0x67, 0x58, 0x49, 0x45, 0x4B, 0x41, 0x00, 0x01, 0x87,
};

static struct usim *usim_alloc(const struct nvm_port *port, const struct xk_rand *rand)
{
    struct usim *card = calloc(1, sizeof *card);

    if (!card)
        return NULL;
    card->port = *port;
    uicc_init(&card->uicc, card_ops(), rand);
    return card;
}

void usim_free(struct usim *card)
{
    if (!card)
        return;
    uicc_fini(&card->uicc);
    nvm_close(card->nvm);
    free(card);
}

/* The identity that is active is the one shown from now on. */
static enum xk_err begin_session(struct usim *card)
{
    struct image_state s;

    uicc_reset(&card->uicc);
    TRY(card_get_state(card, &s));
    if (s.active[0] >= IMAGE_BANKS)
        return XK_E_STATE;
    card->bank = card->shown_before = s.active[0];
    return XK_OK;
}

static enum xk_err make(struct usim *card, const struct usim_personalisation *p)
{
    TRY(nvm_format(&card->port, image_rom(), &card->nvm));
    TRY(maker_write(card, p));
    nvm_set_endurance(card->nvm, nvm_endurance(p->grade));
    return begin_session(card);
}

static enum xk_err open_made(struct usim *card)
{
    enum nvm_grade grade;

    TRY(nvm_open(&card->port, image_rom(), &card->nvm));
    TRY(maker_check(card, &grade));
    nvm_set_endurance(card->nvm, nvm_endurance(grade));
    return begin_session(card);
}

enum xk_err usim_manufacture(const struct nvm_port *port, const struct usim_personalisation *p,
                             const struct xk_rand *rand, struct usim **out)
{
    struct usim *card = usim_alloc(port, rand);
    enum xk_err err = card ? make(card, p) : XK_E_NOMEM;

    if (err == XK_OK)
        *out = card;
    else
        usim_free(card);
    return err;
}

enum xk_err usim_open(const struct nvm_port *port, const struct xk_rand *rand, struct usim **out)
{
    struct usim *card = usim_alloc(port, rand);
    enum xk_err err = card ? open_made(card) : XK_E_NOMEM;

    if (err == XK_OK)
        *out = card;
    else
        usim_free(card);
    return err;
}

struct bytes usim_atr(void)
{
    return BYTES_OF(answer_to_reset);
}

enum xk_err usim_reset(struct usim *card, struct bytes *atr)
{
    if (card->uicc.dead)
        TRY(nvm_recover(card->nvm));
    TRY(begin_session(card));
    *atr = usim_atr();
    return XK_OK;
}

static uint64_t counter_get(const uint8_t in[5])
{
    struct cur c = cur_of(BYTES(in, 5));

    return (uint64_t)cur_u8(&c) << 32 | cur_u32(&c);
}

static enum xk_err get_numbers(struct usim *card, const struct image_bank *b,
                               struct usim_state *out)
{
    uint8_t cid[SCRIPT_CID_LEN];

    TRY(card_get(card, IMAGE_AT(maker.cid), cid, sizeof cid));
    script_cid_decode(cid, out->cid);
    /* a blank card has no numbers: "" */
    if (ef_decode_iccid(b->f_ICCID, out->iccid) != XK_OK)
        out->iccid[0] = '\0';
    if (ef_decode_imsi(b->f_IMSI, out->imsi) != XK_OK)
        out->imsi[0] = '\0';
    if (ef_decode_msisdn(b->f_MSISDN + sizeof b->f_MSISDN / 2 - EF_MSISDN_LEN, out->msisdn) !=
        XK_OK)
        out->msisdn[0] = '\0';
    return XK_OK;
}

enum xk_err usim_get_state(struct usim *card, struct usim_state *out)
{
    AUTO_BANK struct image_bank b;
    struct usim_state u = {0};
    struct image_state s;

    TRY(card_get_state(card, &s));
    TRY(bank_load(card, s.active[0], &b));
    TRY(get_numbers(card, &b, &u));
    u.bank = s.active[0];
    u.prepared = s.prepared[0] != BANK_NONE;
    u.awaiting_attach = s.phase[0] == PHASE_AWAITING || s.phase[0] == PHASE_FALLEN;
    u.report_due = s.report_due[0] != 0;
    u.last_result = s.result[0];
    u.down_counter = counter_get(s.down);
    u.up_counter = counter_get(s.up);
    nvm_get_wear(card->nvm, &u.wear);
    *out = u;
    return XK_OK;
}

static enum xk_err check_bank(struct usim *card, unsigned bank, bool needed)
{
    AUTO_BANK struct image_bank b;
    char imsi[EF_IMSI_TEXT];
    bool whole;

    TRY(bank_load(card, bank, &b));
    if (!b.present[0])
        return needed ? XK_E_STATE : XK_OK;
    TRY(bank_check(&b, &whole));
    if (!whole || ef_decode_imsi(b.f_IMSI, imsi) != XK_OK || b.k_n[0] > IMAGE_KEY_MAX ||
        b.opc_n[0] > IMAGE_KEY_MAX)
        return XK_E_STATE;
    return XK_OK;
}

enum xk_err usim_check(struct usim *card)
{
    struct image_state s;
    enum nvm_grade grade;

    TRY(nvm_check(card->nvm));
    TRY(maker_check(card, &grade));
    TRY(card_get_state(card, &s));
    if (s.active[0] >= IMAGE_BANKS || s.prepared[0] >= IMAGE_BANKS || s.phase[0] > PHASE_DONE)
        return XK_E_STATE;
    if (s.prepared[0] != BANK_NONE && s.prepared[0] == s.active[0])
        return XK_E_STATE;
    if (s.phase[0] == PHASE_FALLEN && s.active[0] != SEED)
        return XK_E_STATE;
    for (unsigned b = 0; b < IMAGE_BANKS; b++)
        TRY(check_bank(card, b,
                       (b == s.active[0] && b != SEED) || (b == s.prepared[0] && b != BANK_NONE)));
    return XK_OK;
}

size_t usim_bytes(const struct usim *card)
{
    return sizeof *card + nvm_bytes(card->nvm) + uicc_bytes(&card->uicc);
}

enum xk_err usim_transmit(struct usim *card, struct bytes command, struct buf *out)
{
    return uicc_transmit(&card->uicc, command, out);
}
