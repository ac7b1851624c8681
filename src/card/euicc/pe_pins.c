/* SPDX-License-Identifier: Apache-2.0 */
/* pinCodes and pukCodes (SAIP 8.4): they belong to the MF, the application or the DF right below
 * the MF that came last. */
#include "card/euicc/profile_build.h"

#define ATTRIBUTE_ENABLED 0x01
#define ATTRIBUTE_MAY_CHANGE 0x02
#define ATTRIBUTE_MAY_DISABLE 0x04

/* 0A to 0E and 8A to 8E are administrative codes: any bytes */
static bool is_administrative(uint8_t reference)
{
    return (reference & 0x0F) >= 0x0A;
}

static struct build_puk *find_puk(struct profile_builder *b, uint8_t reference)
{
    for (size_t i = b->n_puks; i > 0; i--) {
        if (b->puks[i - 1].reference == reference)
            return &b->puks[i - 1];
    }
    return NULL;
}

enum xk_err pe_puks(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_pin puk;
    struct bytes list;
    struct cur c;
    enum xk_err err = saip_decode_puks(pe, &list);

    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    c = cur_of(list);
    while (c.n > 0) {
        struct build_puk *p = &b->puks[b->n_puks];

        err = saip_next_puk(&c, &puk);
        if (err != XK_OK)
            return build_refuse_err(b, err, NULL, NULL);
        if (b->n_puks >= BUILD_PUKS_MAX || puk.value.n != PIN_LEN)
            return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "too many codes, or not 8 bytes");
        *p = (struct build_puk){
            .reference = puk.reference, .attempts = puk.attempts, .left = puk.left};
        memcpy(p->value, puk.value.p, PIN_LEN);
        b->n_puks++;
    }
    return XK_OK;
}

static uint8_t may_of(const struct saip_pin *pin)
{
    uint8_t may = is_administrative(pin->reference) ? 0 : PIN_IS_DIGITS;

    if (pin->attributes & ATTRIBUTE_MAY_DISABLE)
        may |= PIN_MAY_DISABLE;
    if (pin->attributes & ATTRIBUTE_MAY_CHANGE)
        may |= PIN_MAY_CHANGE;
    return may;
}

static enum xk_err add_pin(struct profile_builder *b, const struct saip_pin *pin)
{
    struct profile_pin *p = &b->pins[b->head.pins];
    const struct build_puk *puk = pin->puk ? find_puk(b, pin->puk) : NULL;

    if (b->head.pins >= PIN_SLOTS || pin->value.n != PIN_LEN)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "too many PINs, or not 8 bytes");
    if (pin->puk && !puk)
        return build_refuse(b, RSP_PE_PIN_CODE_MISSING, NULL, "its unblocking code has not come");
    for (unsigned i = 0; i < b->head.pins; i++) {
        if (b->pins[i].df == b->last_df && b->pins[i].reference == pin->reference)
            return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "a PIN of this reference exists");
    }
    *p = (struct profile_pin){.df = b->last_df, .reference = pin->reference};
    p->pin = (struct uicc_pin){.enabled = (pin->attributes & ATTRIBUTE_ENABLED) != 0,
                               .may = may_of(pin),
                               .tries = pin->left,
                               .tries_max = pin->attempts};
    memcpy(p->pin.value, pin->value.p, PIN_LEN);
    if (puk) {
        p->pin.may |= PIN_MAY_UNBLOCK;
        p->pin.puk_tries = puk->left;
        p->pin.puk_tries_max = puk->attempts;
        memcpy(p->pin.puk, puk->value, PIN_LEN);
    }
    b->head.pins++;
    return XK_OK;
}

static enum xk_err share_pins(struct profile_builder *b, struct bytes path)
{
    unsigned of = build_find(b, path);

    if (of == NO_FILE || b->head.shares >= BUILD_SHARES_MAX)
        return build_refuse(b, RSP_PE_BAD_VALUES, "filePath", "there is no such directory");
    b->shares[b->head.shares++] = (struct profile_share){.df = b->last_df, .of = (uint16_t)of};
    return XK_OK;
}

enum xk_err pe_pins(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_pins pins;
    struct saip_pin pin;
    struct cur c;
    enum xk_err err = saip_decode_pins(pe, &pins);

    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    if (!pins.list.p)
        return share_pins(b, pins.file_path);
    c = cur_of(pins.list);
    while (c.n > 0 && !build_refused(b)) {
        err = saip_next_pin(&c, &pin);
        if (err != XK_OK)
            return build_refuse_err(b, err, NULL, NULL);
        TRY(add_pin(b, &pin));
    }
    return XK_OK;
}
