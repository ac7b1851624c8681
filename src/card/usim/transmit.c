/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/card.h"

enum class_bit { ISO = 1, ETSI = 2, GSM = 4 };
enum security { SECURITY_NONE, SECURITY_PIN };

struct command_row {
    uint8_t classes, ins, security;
    enum xk_err (*handler)(struct usim *card, struct exchange *x);
};

static const struct command_row commands[] = {
#define COMMAND(classes, ins, handler, security) {classes, INS_##ins, SECURITY_##security, handler},
#include "card/usim/commands.def"
#undef COMMAND
};

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

enum xk_err card_commit(struct usim *card, struct exchange *x)
{
    enum xk_err err = nvm_commit(card->nvm);

    if (err != XK_E_LIMIT)
        return err;
    return refuse(x, SW_MEMORY_PROBLEM);
}

void card_forget_response(struct usim *card)
{
    if (card->held.p)
        explicit_bzero(card->held.p, card->held.n);
    free(card->held.p);
    card->held = (struct held){0};
}

enum xk_err answer_now(struct exchange *x, struct bytes data)
{
    unsigned le = x->c.has_le ? x->c.le : 256;

    if (le != data.n)
        return refuse(x, SW_LE(data.n));
    buf_put_bytes(x->out, data);
    return XK_OK;
}

enum xk_err answer_later(struct usim *card, struct exchange *x, struct bytes data)
{
    card_forget_response(card);
    if (data.n == 0 || data.n > HELD_MAX)
        return XK_E_LIMIT;
    card->held.p = malloc(data.n);
    if (!card->held.p)
        return XK_E_NOMEM;
    memcpy(card->held.p, data.p, data.n);
    card->held.n = (uint16_t)data.n;
    return refuse(x, (uint16_t)(0x6100 | (data.n & 0xFF)));
}

/* TS 102 221 11.1.x, TS 51.011 9.2.18 */
enum xk_err cmd_get_response(struct usim *card, struct exchange *x)
{
    struct held *h = &card->held;
    size_t left = (size_t)h->n - h->at;
    size_t le = x->c.has_le ? x->c.le : 256;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (left == 0)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (le > left)
        return refuse(x, SW_LE(left));
    buf_put(x->out, h->p + h->at, le);
    h->at = (uint16_t)(h->at + le);
    left -= le;
    if (left > 0)
        return refuse(x, (uint16_t)(0x6100 | (left & 0xFF)));
    card_forget_response(card);
    return XK_OK;
}

/* TS 102 221 10.1.1; secure messaging is not offered */
static unsigned class_of(uint8_t cla)
{
    if (cla == 0xA0)
        return GSM;
    if ((cla & 0x7C) == 0 || (cla & 0x70) == 0x40)
        return cla & 0x80 ? ETSI : ISO;
    return 0;
}

static const struct command_row *find_command(const struct apdu_command *c, uint16_t *sw)
{
    unsigned class = class_of(c->cla);
    const struct command_row *other = NULL;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].ins != c->ins)
            continue;
        if (commands[i].classes & class)
            return &commands[i];
        other = &commands[i];
    }
    *sw = other || class == 0 ? SW_CLASS_UNSUPPORTED : SW_INS_UNKNOWN;
    return NULL;
}

static enum xk_err run(struct usim *card, struct exchange *x)
{
    const struct command_row *row = find_command(&x->c, &x->sw);
    unsigned channel = x->gsm ? 0 : apdu_channel(x->c.cla);
    bool allowed = true;

    if (!row)
        return XK_OK;
    if (channel >= CHANNELS || !card->channel[channel].open)
        return refuse(x, SW_CHANNEL_UNSUPPORTED);
    if (row->security == SECURITY_PIN)
        TRY(pin_satisfied(card, 0x01, &allowed));
    if (!allowed)
        return refuse(x, SW_SECURITY_NOT_SATISFIED);
    x->ch = &card->channel[channel];
    return row->handler(card, x);
}

/* TS 102 221 7.4.2: 91xx instead of the normal ending when a proactive command waits */
static enum xk_err offer_proactive(struct usim *card, struct exchange *x)
{
    size_t n = 0;

    if (x->sw != SW_OK)
        return XK_OK;
    TRY(toolkit_waiting(card, &n));
    if (n > 0)
        x->sw = (uint16_t)(0x9100 | (n & 0xFF));
    return XK_OK;
}

static enum xk_err execute(struct usim *card, struct bytes command, struct exchange *x)
{
    if (apdu_decode_command(command, &x->c) != XK_OK)
        return refuse(x, SW_WRONG_LENGTH);
    x->gsm = x->c.cla == 0xA0;
    if (x->c.ins != INS_GET_RESPONSE)
        card_forget_response(card);
    TRY(run(card, x));
    nvm_rollback(card->nvm);
    return offer_proactive(card, x);
}

enum xk_err usim_transmit(struct usim *card, struct bytes command, struct buf *out)
{
    struct exchange x = {.out = out, .sw = SW_OK};
    enum xk_err err;

    if (card->dead)
        return XK_E_CLOSED;
    buf_reset(out);
    err = execute(card, command, &x);
    if (err == XK_E_CLOSED || err == XK_E_IO) {
        card->dead = true;
        buf_reset(out);
        return err;
    }
    nvm_rollback(card->nvm);
    if (err != XK_OK)
        x.sw = SW_TECHNICAL_PROBLEM;
    if (x.sw != SW_OK && (x.sw >> 8) != 0x61 && (x.sw >> 8) != 0x91)
        buf_reset(out);
    buf_put_u16(out, x.gsm ? gsm_status_word(x.sw) : x.sw);
    return buf_ok(out);
}
