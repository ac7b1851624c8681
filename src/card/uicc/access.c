/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/uicc/inside.h"

/* TS 102 221 9.2.7, ISO 7816-4 5.4.3.2: expanded security attributes */
#define TAG_AM_BYTE 0x80
#define TAG_AM_INS 0x84
#define TAG_SC_ALWAYS 0x90
#define TAG_SC_NEVER 0x97
#define TAG_SC_CRT 0xA4
#define TAG_SC_OR 0xA0
#define TAG_SC_AND 0xAF
#define TAG_KEY_REFERENCE 0x83

/* TS 51.011 9.3 */
#define LEVEL_ALW 0x0
#define LEVEL_CHV1 0x1
#define LEVEL_CHV2 0x2
#define LEVEL_ADM 0x4
#define LEVEL_NEV 0xF

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

/* Who asks: the file whose DF key references are seen from. */
struct asker {
    struct uicc *u;
    unsigned df;
    enum remote_access remote;
};

static enum xk_err crt_satisfied(const struct asker *a, struct bytes crt, bool *out)
{
    struct bytes reference;

    if (tlv_find(crt, TAG_KEY_REFERENCE, &reference) != XK_OK || reference.n != 1)
        return XK_OK;
    if (a->remote != REMOTE_TERMINAL) {
        *out = a->remote == REMOTE_FULL;
        return XK_OK;
    }
    return pin_satisfied(a->u, a->df, reference.p[0], out);
}

static enum xk_err simple_satisfied(const struct asker *a, const struct tlv *sc, bool *out)
{
    *out = sc->tag == TAG_SC_ALWAYS;
    if (sc->tag == TAG_SC_CRT)
        return crt_satisfied(a, sc->value, out);
    return XK_OK;
}

/* OR and AND templates hold simple conditions. */
static enum xk_err template_satisfied(const struct asker *a, const struct tlv *sc, bool *out)
{
    struct cur c = cur_of(sc->value);
    bool all = sc->tag == TAG_SC_AND, result = all && sc->value.n > 0;
    struct tlv part;

    while (c.n > 0 && tlv_next(&c, &part) == XK_OK) {
        bool one = false;

        TRY(simple_satisfied(a, &part, &one));
        result = all ? result && one : result || one;
    }
    *out = result && !c.bad;
    return XK_OK;
}

static enum xk_err condition_satisfied(const struct asker *a, const struct tlv *sc, bool *out)
{
    if (sc->tag == TAG_SC_OR || sc->tag == TAG_SC_AND)
        return template_satisfied(a, sc, out);
    return simple_satisfied(a, sc, out);
}

/* The conditions behind an access mode object hold for it; one of them is enough. What no object
 * names is never allowed. */
static enum xk_err rule_allows(const struct asker *a, struct bytes record, enum access_mode mode,
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
        TRY(condition_satisfied(a, &t, &one));
        *allowed |= one;
    }
    *allowed = *allowed && !c.bad;
    return XK_OK;
}

/* TS 102 221 9.2.7: the EF.ARR of that FID in the DF of the file, else in those above it. */
static const struct uicc_file *find_arr(const struct uicc *u, const struct uicc_file *f)
{
    unsigned df = f->parent, found = fs_find_ef(u, df, f->arr);

    while (found == FILE_NONE && df != FILE_MF) {
        df = u->ops->file(u, df)->parent;
        found = fs_find_ef(u, df, f->arr);
    }
    return found == FILE_NONE ? NULL : u->ops->file(u, found);
}

/* Record `rule` of it; an empty span when there is none. */
static enum xk_err load_rule(struct uicc *u, const struct uicc_file *f,
                             uint8_t record[ARR_RECORD_MAX], struct bytes *out)
{
    const struct uicc_file *arr = find_arr(u, f);

    *out = BYTES_NONE;
    if (!arr || STRUCTURE_OF(arr) != STRUCTURE_LINEAR || f->rule == 0 ||
        f->rule > file_records(arr))
        return XK_OK;
    TRY(u->ops->read(u, arr, (f->rule - 1u) * arr->record_len, record, arr->record_len));
    *out = BYTES(record, arr->record_len);
    return XK_OK;
}

enum xk_err access_check(struct uicc *u, const struct uicc_file *f, enum access_mode mode,
                         bool *allowed)
{
    struct asker a = {u, f->parent, remote_access_to(u, f->parent)};
    uint8_t record[ARR_RECORD_MAX];
    struct bytes rule;

    *allowed = false;
    if (a.remote == REMOTE_NONE)
        return XK_OK;
    TRY(load_rule(u, f, record, &rule));
    return rule_allows(&a, rule, mode, allowed);
}

/* TS 51.011 9.3; several conditions are none that it can say, and told as ADM. */
static uint8_t level_of(const struct tlv *sc)
{
    struct bytes reference;

    if (sc->tag == TAG_SC_ALWAYS)
        return LEVEL_ALW;
    if (sc->tag == TAG_SC_NEVER)
        return LEVEL_NEV;
    if (sc->tag != TAG_SC_CRT || tlv_find(sc->value, TAG_KEY_REFERENCE, &reference) != XK_OK ||
        reference.n != 1)
        return LEVEL_ADM;
    return reference.p[0] == 0x01 ? LEVEL_CHV1 : reference.p[0] == 0x81 ? LEVEL_CHV2 : LEVEL_ADM;
}

enum xk_err access_level(struct uicc *u, const struct uicc_file *f, enum access_mode mode,
                         uint8_t *level)
{
    uint8_t record[ARR_RECORD_MAX];
    bool matches = false;
    struct bytes rule;
    struct tlv t;
    struct cur c;

    *level = LEVEL_NEV;
    TRY(load_rule(u, f, record, &rule));
    c = cur_of(rule);
    while (c.n > 0 && c.p[0] != 0xFF && tlv_next(&c, &t) == XK_OK) {
        if (!is_access_mode(t.tag) && matches) {
            *level = level_of(&t);
            return XK_OK;
        }
        matches = is_access_mode(t.tag) && mode_matches(&t, mode);
    }
    return XK_OK;
}
