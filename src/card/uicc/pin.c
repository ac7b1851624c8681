/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

/* TS 102 221 9.5, 11.1.9 to 11.1.13; TS 51.011 9.2.9 to 9.2.13 */
#define PIN_DIGITS_MIN 4
#define REFERENCE_NONE 0x00
#define REFERENCE_CHV1 0x01
#define REFERENCE_CHV2 0x81

/* TS 51.011 names CHV1 and CHV2 1 and 2, and CHV1 0 in UNBLOCK CHV. */
static uint8_t reference_of_command(const struct exchange *x)
{
    if (!x->gsm)
        return x->c.p2;
    if (x->c.p2 == 0 && x->c.ins == INS_UNBLOCK_PIN)
        return REFERENCE_CHV1;
    return x->c.p2 == 1 ? REFERENCE_CHV1 : x->c.p2 == 2 ? REFERENCE_CHV2 : REFERENCE_NONE;
}

static void pin_wipe(struct uicc_pin *pin)
{
    explicit_bzero(pin, sizeof *pin);
}
#define AUTO_PIN __attribute__((cleanup(pin_wipe)))

static enum xk_err pin_store(struct uicc *u, struct exchange *x, int slot,
                             const struct uicc_pin *pin)
{
    TRY(u->ops->pin_store(u, (unsigned)slot, pin));
    return uicc_commit(u, x);
}

enum xk_err pin_is_enabled(struct uicc *u, unsigned df, uint8_t reference, bool *enabled)
{
    AUTO_PIN struct uicc_pin pin;
    int slot = u->ops->pin_slot(u, df, reference);

    *enabled = false;
    if (slot < 0)
        return XK_OK;
    TRY(u->ops->pin_load(u, (unsigned)slot, &pin));
    *enabled = pin.enabled;
    return XK_OK;
}

enum xk_err pin_satisfied(struct uicc *u, unsigned df, uint8_t reference, bool *satisfied)
{
    int slot = u->ops->pin_slot(u, df, reference);
    bool enabled;

    *satisfied = false;
    if (slot < 0)
        return XK_OK;
    TRY(pin_is_enabled(u, df, reference, &enabled));
    *satisfied = !enabled || (u->verified & 1ull << slot);
    return XK_OK;
}

/* The PIN of an application is the first global one in its PIN status (TS 31.102 6.4). */
enum xk_err pin_of_application_satisfied(struct uicc *u, unsigned df, bool *satisfied)
{
    struct bytes references = u->ops->pin_references(u, df);

    *satisfied = true;
    for (size_t i = 0; i < references.n; i++)
        if (references.p[i] >= 0x01 && references.p[i] <= 0x08)
            return pin_satisfied(u, df, references.p[i], satisfied);
    return XK_OK;
}

/* A try is taken before the comparison and given back after it, so that cutting the power between
 * the two wins nothing. *right is set only when the memory took it all. */
static enum xk_err try_value(struct uicc *u, struct exchange *x, int slot, struct uicc_pin *pin,
                             const uint8_t value[PIN_LEN], bool *right)
{
    *right = false;
    if (pin->tries == 0)
        return refuse(x, SW_PIN_BLOCKED);
    pin->tries--;
    TRY(pin_store(u, x, slot, pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!bytes_eq_secret(BYTES_OF(pin->value), BYTES(value, PIN_LEN))) {
        u->verified &= ~(1ull << slot);
        return refuse(x, SW_TRIES(pin->tries));
    }
    pin->tries = pin->tries_max;
    *right = true;
    return XK_OK;
}

static enum xk_err finish(struct uicc *u, struct exchange *x, int slot, const struct uicc_pin *pin,
                          bool verified)
{
    TRY(pin_store(u, x, slot, pin));
    if (x->sw == SW_OK && verified)
        u->verified |= 1ull << slot;
    return XK_OK;
}

/* 4 to 8 digits, FF behind them; an administrative code is any 8 bytes */
static bool value_allowed(const struct uicc_pin *pin, const uint8_t value[PIN_LEN])
{
    size_t digits = 0;

    if (!(pin->may & PIN_IS_DIGITS))
        return true;
    while (digits < PIN_LEN && value[digits] >= '0' && value[digits] <= '9')
        digits++;
    for (size_t i = digits; i < PIN_LEN; i++)
        if (value[i] != 0xFF)
            return false;
    return digits >= PIN_DIGITS_MIN;
}

/* What every PIN command begins with; x->sw set when it cannot go on. */
static enum xk_err begin(struct uicc *u, struct exchange *x, size_t length, int *slot,
                         struct uicc_pin *pin)
{
    if (x->c.p1 != 0)
        return refuse(x, SW_WRONG_P1P2);
    *slot = u->ops->pin_slot(u, x->ch->df, reference_of_command(x));
    if (*slot < 0)
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    if (x->c.data.n != length && !(x->c.data.n == 0 && !x->gsm))
        return refuse(x, SW_WRONG_LENGTH);
    return u->ops->pin_load(u, (unsigned)*slot, pin);
}

/* An empty command asks for the tries left. */
static enum xk_err tell_tries(struct exchange *x, unsigned tries)
{
    return refuse(x, tries ? SW_TRIES(tries) : SW_PIN_BLOCKED);
}

enum xk_err cmd_verify_pin(struct uicc *u, struct exchange *x)
{
    AUTO_PIN struct uicc_pin pin = {0};
    bool right;
    int slot;

    TRY(begin(u, x, PIN_LEN, &slot, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries);
    if (!pin.enabled)
        return refuse(x, SW_REF_DATA_INVALIDATED);
    TRY(try_value(u, x, slot, &pin, x->c.data.p, &right));
    return right ? finish(u, x, slot, &pin, true) : XK_OK;
}

enum xk_err cmd_change_pin(struct uicc *u, struct exchange *x)
{
    AUTO_PIN struct uicc_pin pin = {0};
    bool right;
    int slot;

    TRY(begin(u, x, (size_t)2 * PIN_LEN, &slot, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries);
    if (!(pin.may & PIN_MAY_CHANGE))
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (!pin.enabled)
        return refuse(x, SW_REF_DATA_INVALIDATED);
    if (!value_allowed(&pin, x->c.data.p + PIN_LEN))
        return refuse(x, SW_WRONG_DATA);
    TRY(try_value(u, x, slot, &pin, x->c.data.p, &right));
    if (!right)
        return XK_OK;
    memcpy(pin.value, x->c.data.p + PIN_LEN, PIN_LEN);
    return finish(u, x, slot, &pin, true);
}

static enum xk_err switch_pin(struct uicc *u, struct exchange *x, uint8_t enabled)
{
    AUTO_PIN struct uicc_pin pin = {0};
    bool right;
    int slot;

    TRY(begin(u, x, PIN_LEN, &slot, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!(pin.may & PIN_MAY_DISABLE))
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    if (x->c.data.n == 0)
        return tell_tries(x, pin.tries);
    if (pin.enabled == enabled)
        return refuse(x, enabled ? SW_CONDITIONS_NOT_SATISFIED : SW_REF_DATA_INVALIDATED);
    TRY(try_value(u, x, slot, &pin, x->c.data.p, &right));
    if (!right)
        return XK_OK;
    pin.enabled = enabled;
    return finish(u, x, slot, &pin, enabled);
}

enum xk_err cmd_disable_pin(struct uicc *u, struct exchange *x)
{
    return switch_pin(u, x, 0);
}

enum xk_err cmd_enable_pin(struct uicc *u, struct exchange *x)
{
    return switch_pin(u, x, 1);
}

static bool has_puk(const struct uicc_pin *pin)
{
    return pin->may & PIN_MAY_UNBLOCK;
}

enum xk_err cmd_unblock_pin(struct uicc *u, struct exchange *x)
{
    AUTO_PIN struct uicc_pin pin = {0};
    int slot;

    TRY(begin(u, x, (size_t)2 * PIN_LEN, &slot, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!has_puk(&pin))
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    if (x->c.data.n == 0 || pin.puk_tries == 0)
        return tell_tries(x, pin.puk_tries);
    if (!value_allowed(&pin, x->c.data.p + PIN_LEN))
        return refuse(x, SW_WRONG_DATA);
    pin.puk_tries--;
    TRY(pin_store(u, x, slot, &pin));
    if (x->sw != SW_OK)
        return XK_OK;
    if (!bytes_eq_secret(BYTES_OF(pin.puk), BYTES(x->c.data.p, PIN_LEN)))
        return refuse(x, SW_TRIES(pin.puk_tries));
    pin.puk_tries = pin.puk_tries_max;
    pin.tries = pin.tries_max;
    pin.enabled = 1;
    memcpy(pin.value, x->c.data.p + PIN_LEN, PIN_LEN);
    return finish(u, x, slot, &pin, true);
}
