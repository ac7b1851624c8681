/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/applet.h"
#include "codec/ef/ef.h"
#include "crypto/hash.h"

#define MSISDN_ALPHA (sizeof((struct image_bank *)0)->f_MSISDN / 2 - EF_MSISDN_LEN)
#define SMSP_ALPHA (sizeof((struct image_bank *)0)->f_SMSP - EF_SMSP_LEN)
#define SMSP_SC_AT (SMSP_ALPHA + 13)
#define SMSP_INDICATORS 0xE1 /* all there but the destination address (TS 31.102 4.2.27) */
#define SMSP_VALIDITY 0xA9   /* 3 days */
#define ACT_LEN 5
#define AD_MNC_LENGTH 3

void bank_wipe(struct image_bank *b)
{
    explicit_bzero(b, sizeof *b);
}

enum xk_err bank_load(struct usim *card, unsigned bank, struct image_bank *out)
{
    return card_get(card, IMAGE_BANK_AT(bank, present), (uint8_t *)out, sizeof *out);
}

enum xk_err bank_store(struct usim *card, unsigned bank, const struct image_bank *in)
{
    return card_put(card, IMAGE_BANK_AT(bank, present), (const uint8_t *)in, sizeof *in);
}

/* EF_ACC, TS 31.102 4.2.15: the class is the last digit of the IMSI (TS 22.011 4.2) */
static void set_access_class(struct image_bank *b, const char *imsi)
{
    unsigned class = (unsigned)(imsi[strlen(imsi) - 1] - '0');

    b->f_ACC[0] = (uint8_t)(1u << class >> 8);
    b->f_ACC[1] = (uint8_t)(1u << class);
}

enum xk_err bank_set_imsi(struct image_bank *b, const uint8_t imsi[9], uint8_t mnc_len)
{
    static const uint8_t all_access[] = {0xC8, 0x80}; /* UTRAN, E-UTRAN, NG-RAN, GSM */
    char text[EF_IMSI_TEXT], plmn[EF_PLMN_TEXT] = {0};

    TRY(ef_decode_imsi(imsi, text));
    memcpy(b->f_IMSI, imsi, EF_IMSI_LEN);
    memcpy(plmn, text, 3u + mnc_len);
    TRY(ef_encode_plmn(plmn, b->f_HPLMNWACT));
    memcpy(b->f_HPLMNWACT + EF_PLMN_LEN, all_access, sizeof all_access);
    set_access_class(b, text);
    b->f_AD[AD_MNC_LENGTH] = mnc_len;
    b->present[0] = 1;
    return XK_OK;
}

void bank_set_smsc(struct image_bank *b, const uint8_t smsc[IMAGE_SMSC_LEN])
{
    uint8_t *smsp = b->f_SMSP + SMSP_ALPHA;

    smsp[0] = SMSP_INDICATORS;
    memcpy(b->f_SMSP + SMSP_SC_AT, smsc, IMAGE_SMSC_LEN);
    smsp[25] = 0x00; /* PID */
    smsp[26] = 0x00; /* DCS */
    smsp[27] = SMSP_VALIDITY;
}

void bank_set_msisdn(struct image_bank *b, const uint8_t msisdn[EF_MSISDN_LEN])
{
    memcpy(b->f_MSISDN + MSISDN_ALPHA, msisdn, EF_MSISDN_LEN);
}

static enum xk_err seal_of(const struct image_bank *b, uint8_t out[HASH_LEN])
{
    struct image_bank c = *b;
    enum xk_err err;

    memset(c.seal, 0, sizeof c.seal);
    memset(c.sqn, 0, sizeof c.sqn);
    /* the identity: everything before the SQN array, then ICCID and IMSI */
    memcpy(c.sqn, c.f_ICCID, sizeof c.f_ICCID);
    memcpy(c.sqn + sizeof c.f_ICCID, c.f_IMSI, sizeof c.f_IMSI);
    err = hash_digest(HASH_SHA256, BYTES(&c, offsetof(struct image_bank, sqn) + sizeof c.sqn), out);
    bank_wipe(&c);
    return err;
}

enum xk_err bank_seal(struct image_bank *b)
{
    uint8_t digest[HASH_LEN];

    TRY(seal_of(b, digest));
    memcpy(b->seal, digest, sizeof b->seal);
    return XK_OK;
}

enum xk_err bank_check(const struct image_bank *b, bool *whole)
{
    uint8_t digest[HASH_LEN];

    TRY(seal_of(b, digest));
    *whole = memcmp(digest, b->seal, sizeof b->seal) == 0;
    return XK_OK;
}

/* Lists and patches: where they go in a bank. SCRIPT_LIST tags are unique within a field. */
struct target {
    uint8_t tag;
    uint16_t at, size;
    bool fill; /* the rest of the file becomes FF */
};

#define FIELD(name) offsetof(struct image_bank, f_##name), sizeof((struct image_bank *)0)->f_##name

static const struct target plmn_targets[] = {
    {SCRIPT_PLMN_HPLMN_WACT, FIELD(HPLMNWACT), true},
    {SCRIPT_PLMN_OPLMN_WACT, FIELD(OPLMNWACT), true},
    {SCRIPT_PLMN_FPLMN, FIELD(FPLMN), true},
    {SCRIPT_PLMN_PLMN_WACT, FIELD(PLMNWACT), true},
};

static const struct target file_targets[] = {
    {SCRIPT_FILES_ACC, FIELD(ACC), false},
    {SCRIPT_FILES_SPN, FIELD(SPN), false},
    {SCRIPT_FILES_UST, FIELD(UST), false},
    {SCRIPT_FILES_MNC_LENGTH, offsetof(struct image_bank, f_AD) + AD_MNC_LENGTH, 1, false},
    {SCRIPT_FILES_HPPLMN, FIELD(HPPLMN), false},
};

static bool apply(struct image_bank *b, const struct target *t, struct bytes value)
{
    uint8_t *at = (uint8_t *)b + t->at;

    if (value.n > t->size)
        return false;
    if (t->fill)
        memset(at, 0xFF, t->size);
    if (value.n > 0)
        memcpy(at, value.p, value.n);
    return true;
}

static enum xk_err apply_lists(struct image_bank *b, uint32_t field, struct bytes lists,
                               const struct target *targets, size_t n, bool *fits)
{
    struct cur c = cur_of(lists);
    struct script_list list;

    while (c.n > 0) {
        TRY(script_next_list(field, &c, &list));
        for (size_t i = 0; i < n; i++)
            if (targets[i].tag == list.tag)
                *fits = *fits && apply(b, &targets[i], list.value);
    }
    return XK_OK;
}

/* MNC length: the patch says it, else it is the one of the identity shown now. */
static enum xk_err mnc_length(struct usim *card, const struct script *s, uint8_t *out)
{
    struct cur c = cur_of(s->files);
    struct script_list list;
    uint8_t ad[4];

    TRY(card_content(card, CONTENT_AD, ad));
    *out = ad[AD_MNC_LENGTH] == 3 ? 3 : 2;
    while (c.n > 0) {
        TRY(script_next_list(SCRIPT_TAG_FILES, &c, &list));
        if (list.tag == SCRIPT_FILES_MNC_LENGTH)
            *out = list.value.p[0];
    }
    return XK_OK;
}

/* P-4: the second layer comes off here and nowhere else. */
static enum xk_err unwrap_keys(struct usim *card, const struct script *s, struct image_bank *b)
{
    AUTO_SECRET struct secret kik;
    enum script_suite suite;

    TRY(script_suite_of(s->version, &suite));
    TRY(maker_kik(card, &kik));
    TRY(script_unwrap_key(suite, &kik, s, SCRIPT_TAG_K, s->k, b->k));
    TRY(script_unwrap_key(suite, &kik, s, SCRIPT_TAG_OPC, s->opc, b->opc));
    b->k_n[0] = (uint8_t)s->k.n;
    b->opc_n[0] = (uint8_t)s->opc.n;
    b->algorithm[0] = s->algorithm;
    b->has_cr[0] = s->has_cr;
    memcpy(b->cr, s->cr, s->has_cr ? sizeof b->cr : 0);
    return XK_OK;
}

/* What the script leaves out stays as it is now: ICCID and service centre. */
static enum xk_err set_rest(struct usim *card, const struct script *s, struct image_bank *b)
{
    if (s->has_iccid)
        memcpy(b->f_ICCID, s->iccid, sizeof b->f_ICCID);
    else
        TRY(card_content(card, CONTENT_ICCID, b->f_ICCID));
    if (s->has_smsc)
        bank_set_smsc(b, s->smsc);
    else
        TRY(card_content(card, CONTENT_SMSP, b->f_SMSP));
    if (s->has_msisdn)
        bank_set_msisdn(b, s->msisdn);
    return XK_OK;
}

static bool keys_allowed(const struct script *s)
{
    bool tuak = s->algorithm == SCRIPT_ALGORITHM_TUAK;

    return tuak || (s->algorithm == SCRIPT_ALGORITHM_MILENAGE && s->k.n == 16 && s->opc.n == 16);
}

enum xk_err bank_build(struct usim *card, const struct script *s, struct image_bank *out,
                       struct bank_verdict *verdict)
{
    bool fits = true;
    uint8_t mnc_len;

    image_blank_bank(out);
    *verdict = (struct bank_verdict){SCRIPT_BAD_ALGORITHM, SW_FUNCTION_UNSUPPORTED};
    if (!keys_allowed(s))
        return XK_OK;
    TRY(mnc_length(card, s, &mnc_len));
    *verdict = (struct bank_verdict){SCRIPT_BAD_LENGTH, SW_WRONG_DATA};
    if (bank_set_imsi(out, s->imsi, mnc_len) != XK_OK)
        return XK_OK;
    TRY(unwrap_keys(card, s, out));
    TRY(set_rest(card, s, out));
    TRY(apply_lists(out, SCRIPT_TAG_PLMN, s->plmn, plmn_targets, ARRAY_LEN(plmn_targets), &fits));
    TRY(apply_lists(out, SCRIPT_TAG_FILES, s->files, file_targets, ARRAY_LEN(file_targets), &fits));
    TRY(bank_seal(out));
    *verdict = fits ? (struct bank_verdict){SCRIPT_PREPARED, SW_OK}
                    : (struct bank_verdict){SCRIPT_NO_SPACE, SW_NO_SPACE};
    return XK_OK;
}
