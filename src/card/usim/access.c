/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/usim/card.h"

/* TS 102 221 9.2.7, ISO 7816-4 5.4.3.2: expanded security attributes */
#define TAG_AM_BYTE 0x80
#define TAG_AM_INS 0x84
#define TAG_SC_ALWAYS 0x90
#define TAG_SC_NEVER 0x97
#define TAG_SC_CRT 0xA4
#define TAG_SC_OR 0xA0
#define TAG_SC_AND 0xAF
#define TAG_KEY_REFERENCE 0x83

static bool is_access_mode(uint32_t tag)
{
    return (tag & 0xF0) == 0x80;
}

static bool mode_matches(const struct tlv *am, enum access_mode mode)
{
    if (am->value.n != 1)
        return false;
    if (am->tag == TAG_AM_BYTE)
        return (mode & am->value.p[0]) != 0;
    return am->tag == TAG_AM_INS && mode == ACCESS_INCREASE && am->value.p[0] == INS_INCREASE;
}

static enum xk_err crt_satisfied(struct usim *card, struct bytes crt, bool *out)
{
    struct bytes reference;

    if (tlv_find(crt, TAG_KEY_REFERENCE, &reference) != XK_OK || reference.n != 1)
        return XK_OK;
    return pin_satisfied(card, reference.p[0], out);
}

static enum xk_err simple_satisfied(struct usim *card, const struct tlv *sc, bool *out)
{
    *out = sc->tag == TAG_SC_ALWAYS;
    if (sc->tag == TAG_SC_CRT)
        return crt_satisfied(card, sc->value, out);
    return XK_OK;
}

/* OR and AND templates hold simple conditions. */
static enum xk_err template_satisfied(struct usim *card, const struct tlv *sc, bool *out)
{
    struct cur c = cur_of(sc->value);
    bool all = sc->tag == TAG_SC_AND, result = all && sc->value.n > 0;
    struct tlv part;

    while (c.n > 0 && tlv_next(&c, &part) == XK_OK) {
        bool one = false;

        TRY(simple_satisfied(card, &part, &one));
        result = all ? result && one : result || one;
    }
    *out = result && !c.bad;
    return XK_OK;
}

static enum xk_err condition_satisfied(struct usim *card, const struct tlv *sc, bool *out)
{
    if (sc->tag == TAG_SC_OR || sc->tag == TAG_SC_AND)
        return template_satisfied(card, sc, out);
    return simple_satisfied(card, sc, out);
}

/* The conditions behind an access mode object hold for it; one of them is enough. What no object
 * names is never allowed. */
static enum xk_err rule_allows(struct usim *card, struct bytes record, enum access_mode mode,
                               bool *allowed)
{
    struct cur c = cur_of(record);
    bool matches = false;
    struct tlv t;

    while (c.n > 0 && c.p[0] != 0xFF && tlv_next(&c, &t) == XK_OK) {
        bool one = false;

        if (is_access_mode(t.tag)) {
            matches = mode_matches(&t, mode);
            continue;
        }
        if (!matches)
            continue;
        TRY(condition_satisfied(card, &t, &one));
        *allowed |= one;
    }
    *allowed = *allowed && !c.bad;
    return XK_OK;
}

enum xk_err access_check(struct usim *card, const struct ef *ef, enum access_mode mode,
                         bool *allowed)
{
    const struct content *arr = content_of(CONTENT_ARR);
    uint8_t record[64];

    *allowed = false;
    if (ef->rule == 0 || ef->rule > arr->records || arr->length > sizeof record)
        return XK_OK;
    TRY(card_get(card, content_offset(CONTENT_ARR, 0) + (ef->rule - 1u) * arr->length, record,
                 arr->length));
    return rule_allows(card, BYTES(record, arr->length), mode, allowed);
}
