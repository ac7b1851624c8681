/* SPDX-License-Identifier: Apache-2.0 */
/* The domestic card by its parts: files and identities lie in the memory image (image.h). */
#include "card/usim/applet.h"

#define PIN_TRIES 3
#define PUK_TRIES 10

enum xk_err card_get(struct usim *card, uint32_t at, uint8_t *out, size_t n)
{
    return nvm_read(card->nvm, at, out, n);
}

enum xk_err card_put(struct usim *card, uint32_t at, const uint8_t *in, size_t n)
{
    return nvm_write(card->nvm, at, BYTES(in, n));
}

enum xk_err card_content(struct usim *card, enum content_id id, uint8_t *out)
{
    return card_get(card, content_offset(id, card->bank), out, content_size(content_of(id)));
}

enum xk_err card_get_state(struct usim *card, struct image_state *out)
{
    return card_get(card, IMAGE_AT(state), (uint8_t *)out, sizeof *out);
}

enum xk_err card_put_state(struct usim *card, const struct image_state *in)
{
    return card_put(card, IMAGE_AT(state), (const uint8_t *)in, sizeof *in);
}

/* Files: the ones of an identity are those of the bank that is shown. */

static struct bytes file_aid(const struct uicc *u, unsigned id)
{
    (void)u;
    (void)id; /* there is one application */
    return BYTES(USIM_AID_TEXT, USIM_AID_LEN);
}

static enum xk_err file_read(struct uicc *u, const struct uicc_file *f, uint32_t at, uint8_t *out,
                             size_t n)
{
    struct usim *card = usim_of(u);

    return card_get(card, content_offset(f->content, card->bank) + at, out, n);
}

static enum xk_err file_write(struct uicc *u, const struct uicc_file *f, uint32_t at,
                              struct bytes data)
{
    struct usim *card = usim_of(u);

    return card_put(card, content_offset(f->content, card->bank) + at, data.p, data.n);
}

static enum xk_err file_written(struct uicc *u, const struct uicc_file *f)
{
    return applet_file_written(usim_of(u), f->content);
}

static enum xk_err commit(struct uicc *u)
{
    return nvm_commit(usim_of(u)->nvm);
}

static void rollback(struct uicc *u)
{
    nvm_rollback(usim_of(u)->nvm);
}

/* PINs: three, whichever DF they are seen from */

static const uint8_t pin_reference[IMAGE_PINS] = {
    [IMAGE_PIN1] = 0x01, [IMAGE_PIN2] = 0x81, [IMAGE_ADM] = 0x0A};

static int pin_slot(const struct uicc *u, unsigned df, uint8_t reference)
{
    (void)u;
    (void)df;
    for (int i = 0; i < IMAGE_PINS; i++)
        if (pin_reference[i] == reference)
            return i;
    return -1;
}

static struct bytes pin_references(const struct uicc *u, unsigned df)
{
    (void)u;
    (void)df;
    return BYTES_OF(pin_reference);
}

static uint32_t pin_at(unsigned slot)
{
    return IMAGE_AT(pin) + (uint32_t)(slot * sizeof(struct image_pin));
}

/* PIN1 only may be switched off; the administrative code has no PUK. */
static uint8_t pin_may(unsigned slot)
{
    if (slot == IMAGE_ADM)
        return PIN_MAY_CHANGE;
    return PIN_MAY_CHANGE | PIN_MAY_UNBLOCK | PIN_IS_DIGITS |
           (slot == IMAGE_PIN1 ? PIN_MAY_DISABLE : 0);
}

static enum xk_err pin_load(struct uicc *u, unsigned slot, struct uicc_pin *out)
{
    struct image_pin p;

    TRY(card_get(usim_of(u), pin_at(slot), (uint8_t *)&p, sizeof p));
    *out = (struct uicc_pin){.enabled = p.enabled[0],
                             .may = pin_may(slot),
                             .tries = p.tries[0],
                             .tries_max = PIN_TRIES,
                             .puk_tries = p.puk_tries[0],
                             .puk_tries_max = PUK_TRIES};
    memcpy(out->value, p.value, sizeof out->value);
    memcpy(out->puk, p.puk, sizeof out->puk);
    explicit_bzero(&p, sizeof p);
    return XK_OK;
}

static enum xk_err pin_store(struct uicc *u, unsigned slot, const struct uicc_pin *pin)
{
    struct image_pin p = {
        .enabled = {pin->enabled}, .tries = {pin->tries}, .puk_tries = {pin->puk_tries}};
    enum xk_err err;

    memcpy(p.value, pin->value, sizeof p.value);
    memcpy(p.puk, pin->puk, sizeof p.puk);
    err = card_put(usim_of(u), pin_at(slot), (const uint8_t *)&p, sizeof p);
    explicit_bzero(&p, sizeof p);
    return err;
}

/* Authentication: the identity of the bank that is shown */

#define IDENTITY_LEN offsetof(struct image_bank, sqn)

static enum xk_err subscriber(struct uicc *u, unsigned adf, struct uicc_subscriber *out,
                              bool *present)
{
    struct usim *card = usim_of(u);
    struct image_bank b;
    enum xk_err err =
        card_get(card, IMAGE_BANK_AT(card->bank, present), (uint8_t *)&b, IDENTITY_LEN);

    (void)adf;
    *present = err == XK_OK && b.present[0];
    if (*present) {
        *out = (struct uicc_subscriber){.aka.algorithm = b.algorithm[0],
                                        .aka.has_cr = b.has_cr[0] != 0,
                                        .aka.res_len = b.res_len[0],
                                        .rules.delta = AKA_SQN_DELTA};
        memcpy(out->aka.cr, b.cr, sizeof out->aka.cr);
        err = secret_set(&out->aka.k, BYTES(b.k, b.k_n[0]));
        if (err == XK_OK)
            err = secret_set(&out->aka.opc, BYTES(b.opc, b.opc_n[0]));
    }
    explicit_bzero(&b, IDENTITY_LEN);
    return err;
}

static enum xk_err sqn_load(struct uicc *u, unsigned adf, struct aka_sqn_array *out)
{
    struct usim *card = usim_of(u);
    uint8_t wire[sizeof((struct image_bank *)0)->sqn];

    (void)adf;
    TRY(card_get(card, IMAGE_BANK_AT(card->bank, sqn), wire, sizeof wire));
    for (unsigned i = 0; i < AKA_IND_COUNT; i++)
        out->seq[i] = aka_sqn_get(wire + (size_t)i * AKA_SQN_LEN);
    return XK_OK;
}

static enum xk_err sqn_store(struct uicc *u, unsigned adf, unsigned slot, uint64_t seq)
{
    struct usim *card = usim_of(u);
    uint8_t wire[AKA_SQN_LEN];

    (void)adf;
    aka_sqn_put(seq, wire);
    return card_put(card, IMAGE_BANK_AT(card->bank, sqn) + slot * AKA_SQN_LEN, wire, sizeof wire);
}

const struct uicc_ops *card_ops(void)
{
    static const struct uicc_ops ops = {
        .file = fs_file,
        .aid = file_aid,
        .read = file_read,
        .write = file_write,
        .written = file_written,
        .commit = commit,
        .rollback = rollback,
        .pin_slot = pin_slot,
        .pin_load = pin_load,
        .pin_store = pin_store,
        .pin_references = pin_references,
        .subscriber = subscriber,
        .sqn_load = sqn_load,
        .sqn_store = sqn_store,
        .ota_find = card_ota_find,
        .ota_take = card_ota_take,
        .ota_run = card_ota_run,
        .ota_address = card_ota_address,
        .intents = session_rows,
        .intents_n = INTENTS,
        .session_ended = session_ended,
        .session_started = session_started,
        .polled = session_polled,
        .fetched = session_fetched,
        .given_up = session_given_up,
        .idle = session_idle,
        .message_done = session_message_done,
        .envelope = session_envelope,
    };

    return &ops;
}
