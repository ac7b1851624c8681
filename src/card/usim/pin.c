/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/card.h"

/* TS 102 221 9.5, 11.1.9 to 11.1.13; TS 51.011 9.2.9 to 9.2.13 */
#define PIN_LEN 8
#define PIN_DIGITS_MIN 4
#define PIN_TRIES 3
#define PUK_TRIES 10

static int pin_of_reference(uint8_t reference)
{
    switch (reference) {
    case 0x01:
        return IMAGE_PIN1;
    case 0x81:
        return IMAGE_PIN2;
    case 0x0A:
        return IMAGE_ADM;
    default:
        return -1;
    }
}

/* TS 51.011 names CHV1 and CHV2 1 and 2, and CHV1 0 in UNBLOCK CHV. */
static int pin_of_command(const struct exchange *x)
{
    if (!x->gsm)
        return pin_of_reference(x->c.p2);
    if (x->c.p2 == 0 && x->c.ins == INS_UNBLOCK_PIN)
        return IMAGE_PIN1;
    return x->c.p2 == 1 ? IMAGE_PIN1 : x->c.p2 == 2 ? IMAGE_PIN2 : -1;
}

static uint32_t pin_at(int id)
{
    return IMAGE_AT(pin) + (uint32_t)((size_t)id * sizeof(struct image_pin));
}

static enum xk_err pin_load(struct usim *card, int id, struct image_pin *out)
{
    return card_get(card, pin_at(id), (uint8_t *)out, sizeof *out);
}

static enum xk_err pin_store(struct usim *card, struct exchange *x, int id,
                             const struct image_pin *pin)
{
    TRY(card_put(card, pin_at(id), (const uint8_t *)pin, sizeof *pin));
    return card_commit(card, x);
}

static void pin_wipe(struct image_pin *pin)
{
    explicit_bzero(pin, sizeof *pin);
}
#define AUTO_PIN __attribute__((cleanup(pin_wipe)))

enum xk_err pin_satisfied(struct usim *card, uint8_t reference, bool *satisfied)
{
    int id = pin_of_reference(reference);
    uint8_t enabled;

    *satisfied = false;
    if (id < 0)
        return XK_OK;
    TRY(card_get(card, pin_at(id) + (uint32_t)offsetof(struct image_pin, enabled), &enabled, 1));
    *satisfied = !enabled || (card->verified & 1u << id);
    return XK_OK;
}

/* A try is taken before the comparison and given back after it, so that cutting the power between
 * the two wins nothing. *right is set only when the memory took it all. */
static enum xk_err try_value(struct usim *card, struct exchange *x, int id, struct image_pin *pin,
                             const uint8_t value[PIN_LEN], bool *right)
{
    *right = false;
    if (pin->tries[0] == 0)
        return refuse(x, SW_PIN_BLOCKED);
    pin->tries[0]--;
    TRY(pin_store(card, x, id, pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!bytes_eq_secret(BYTES_OF(pin->value), BYTES(value, PIN_LEN))) {
        card->verified &= (uint8_t) ~(1u << id);
        return refuse(x, SW_TRIES(pin->tries[0]));
    }
    pin->tries[0] = PIN_TRIES;
    *right = true;
    return XK_OK;
}

static enum xk_err finish(struct usim *card, struct exchange *x, int id,
                          const struct image_pin *pin, bool verified)
{
    TRY(pin_store(card, x, id, pin));
    if (x->sw == SW_OK && verified)
        card->verified |= (uint8_t)(1u << id);
    return XK_OK;
}

/* 4 to 8 digits, FF behind them; an administrative code is any 8 bytes */
static bool value_allowed(int id, const uint8_t value[PIN_LEN])
{
    size_t digits = 0;

    if (id == IMAGE_ADM)
        return true;
    while (digits < PIN_LEN && value[digits] >= '0' && value[digits] <= '9')
        digits++;
    for (size_t i = digits; i < PIN_LEN; i++)
        if (value[i] != 0xFF)
            return false;
    return digits >= PIN_DIGITS_MIN;
}

/* What every PIN command begins with; false and x->sw when it cannot go on. */
static enum xk_err begin(struct usim *card, struct exchange *x, size_t length, int *id,
                         struct image_pin *pin)
{
    *id = x->c.p1 == 0 ? pin_of_command(x) : -1;
    if (*id < 0)
        return refuse(x, x->c.p1 == 0 ? SW_REF_DATA_NOT_FOUND : SW_WRONG_P1P2);
    if (x->c.data.n != length && !(x->c.data.n == 0 && !x->gsm))
        return refuse(x, SW_WRONG_LENGTH);
    return pin_load(card, *id, pin);
}

/* An empty command asks for the tries left. */
static enum xk_err tell_tries(struct exchange *x, unsigned tries)
{
    return refuse(x, tries ? SW_TRIES(tries) : SW_PIN_BLOCKED);
}

enum xk_err cmd_verify_pin(struct usim *card, struct exchange *x)
{
    AUTO_PIN struct image_pin pin = {0};
    bool right;
    int id;

    TRY(begin(card, x, PIN_LEN, &id, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries[0]);
    if (!pin.enabled[0])
        return refuse(x, SW_REF_DATA_INVALIDATED);
    TRY(try_value(card, x, id, &pin, x->c.data.p, &right));
    return right ? finish(card, x, id, &pin, true) : XK_OK;
}

enum xk_err cmd_change_pin(struct usim *card, struct exchange *x)
{
    AUTO_PIN struct image_pin pin = {0};
    bool right;
    int id;

    TRY(begin(card, x, (size_t)2 * PIN_LEN, &id, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries[0]);
    if (!pin.enabled[0])
        return refuse(x, SW_REF_DATA_INVALIDATED);
    if (!value_allowed(id, x->c.data.p + PIN_LEN))
        return refuse(x, SW_WRONG_DATA);
    TRY(try_value(card, x, id, &pin, x->c.data.p, &right));
    if (!right)
        return XK_OK;
    memcpy(pin.value, x->c.data.p + PIN_LEN, PIN_LEN);
    return finish(card, x, id, &pin, true);
}

/* PIN1 only: the others cannot be switched off here. */
static enum xk_err switch_pin(struct usim *card, struct exchange *x, uint8_t enabled)
{
    AUTO_PIN struct image_pin pin = {0};
    bool right;
    int id;

    TRY(begin(card, x, PIN_LEN, &id, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (id != IMAGE_PIN1)
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries[0]);
    if (pin.enabled[0] == enabled)
        return refuse(x, enabled ? SW_CONDITIONS_NOT_SATISFIED : SW_REF_DATA_INVALIDATED);
    TRY(try_value(card, x, id, &pin, x->c.data.p, &right));
    if (!right)
        return XK_OK;
    pin.enabled[0] = enabled;
    return finish(card, x, id, &pin, enabled);
}

enum xk_err cmd_disable_pin(struct usim *card, struct exchange *x)
{
    return switch_pin(card, x, 0);
}

enum xk_err cmd_enable_pin(struct usim *card, struct exchange *x)
{
    return switch_pin(card, x, 1);
}

enum xk_err cmd_unblock_pin(struct usim *card, struct exchange *x)
{
    AUTO_PIN struct image_pin pin = {0};
    int id;

    TRY(begin(card, x, (size_t)2 * PIN_LEN, &id, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (id == IMAGE_ADM)
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    if (x->c.data.n == 0 || pin.puk_tries[0] == 0)
        return tell_tries(x, pin.puk_tries[0]);
    if (!value_allowed(id, x->c.data.p + PIN_LEN))
        return refuse(x, SW_WRONG_DATA);
    pin.puk_tries[0]--;
    TRY(pin_store(card, x, id, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!bytes_eq_secret(BYTES_OF(pin.puk), BYTES(x->c.data.p, PIN_LEN)))
        return refuse(x, SW_TRIES(pin.puk_tries[0]));
    pin.puk_tries[0] = PUK_TRIES;
    pin.tries[0] = PIN_TRIES;
    pin.enabled[0] = 1;
    memcpy(pin.value, x->c.data.p + PIN_LEN, PIN_LEN);
    return finish(card, x, id, &pin, true);
}
