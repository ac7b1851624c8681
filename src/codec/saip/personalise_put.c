/* SPDX-License-Identifier: Apache-2.0 */
/* A number's values in the form that their place has. */
#include "codec/ef/ef.h"
#include "codec/saip/personalise_inside.h"

#define TAG_ISIM_TEXT 0x80 /* TS 31.103 4.2.2 to 4.2.4 */
#define SPN_LEN 16         /* behind the display condition */
#define SPN_UCS2 0x80      /* TS 102 221 annex A */
#define SMSP_SMSC_AT 13    /* in the 28 bytes at a record's end, TS 31.102 4.2.27 */
#define SMSP_SMSC_ABSENT 0x02
#define AD_MNC_AT 3
#define PLMN_ACT_LEN 5
#define ROUTING_LEN 2
#define ROUTING_DIGITS 4

static bool is_digits(const char *text, size_t least, size_t most)
{
    size_t n = strspn(text, "0123456789");

    return text[n] == '\0' && n >= least && n <= most;
}

static enum xk_err put_iccid(const char *iccid, bool swapped, uint8_t *out)
{
    TRY(ef_encode_iccid(iccid, out));
    for (size_t i = 0; !swapped && i < EF_ICCID_LEN; i++)
        out[i] = (uint8_t)(out[i] << 4 | out[i] >> 4);
    return XK_OK;
}

static enum xk_err put_imsi(const struct spot *s, const char *imsi, uint8_t *out)
{
    if (!is_digits(imsi, 6, 15))
        return XK_E_VALUE;
    return s->n < EF_IMSI_LEN ? XK_E_LIMIT : ef_encode_imsi(imsi, out);
}

/* TS 31.102 4.2.15: the access class is the last digit. */
static enum xk_err put_acc(const struct spot *s, const char *imsi, uint8_t *out)
{
    size_t n = strlen(imsi);
    uint16_t bit;

    if (!is_digits(imsi, 6, 15))
        return XK_E_VALUE;
    if (s->n < 2)
        return XK_E_LIMIT;
    bit = (uint16_t)(1u << (imsi[n - 1] - '0'));
    out[0] = (uint8_t)(bit >> 8);
    out[1] = (uint8_t)bit;
    return XK_OK;
}

static enum xk_err put_mnc(const struct spot *s, uint8_t length, uint8_t *out)
{
    if (length != 2 && length != 3)
        return XK_E_VALUE;
    if (s->n <= AD_MNC_AT)
        return XK_E_LIMIT;
    out[AD_MNC_AT] = (uint8_t)((out[AD_MNC_AT] & 0xF0) | length);
    return XK_OK;
}

static enum xk_err put_smsc(const struct spot *s, const char *smsc, uint8_t *out)
{
    uint8_t *tail = out + s->n - EF_SMSP_LEN;

    if (s->n < EF_SMSP_LEN)
        return XK_E_LIMIT;
    TRY(ef_encode_smsc(smsc, tail + SMSP_SMSC_AT));
    tail[0] &= (uint8_t)~SMSP_SMSC_ABSENT;
    return XK_OK;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Of the default alphabet, unpacked, what ASCII and it have at the same place (TS 23.038 6.2.1). */
static bool is_gsm7(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x80 || c < 0x20 || strchr("$@[\\]^_`{|}~\x7F", c))
            return false;
    }
    return true;
}

/* One character of UTF-8 that UCS2 has; 0: none. */
static uint16_t next_ucs2(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    uint16_t c;

    if (p[0] < 0x80) {
        *text += 1;
        return p[0];
    }
    if ((p[0] & 0xE0) == 0xC0 && (p[1] & 0xC0) == 0x80) {
        *text += 2;
        c = (uint16_t)((p[0] & 0x1F) << 6 | (p[1] & 0x3F));
        return c >= 0x80 ? c : 0;
    }
    if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
        return 0;
    *text += 3;
    c = (uint16_t)((p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F));
    return c >= 0x800 && (c < 0xD800 || c > 0xDFFF) ? c : 0;
}

static enum xk_err put_ucs2(const char *text, uint8_t out[SPN_LEN])
{
    size_t n = 0;

    out[n++] = SPN_UCS2;
    while (*text) {
        uint16_t c = next_ucs2(&text);

        if (c == 0)
            return XK_E_VALUE;
        if (n + 2 > SPN_LEN)
            return XK_E_LIMIT;
        out[n++] = (uint8_t)(c >> 8);
        out[n++] = (uint8_t)c;
    }
    return XK_OK;
}

static enum xk_err put_spn(const struct spot *s, const char *spn, uint8_t *out)
{
    uint8_t text[SPN_LEN];
    size_t n = strlen(spn);

    memset(text, 0xFF, sizeof text);
    if (!is_gsm7(spn))
        TRY(put_ucs2(spn, text));
    else if (n > SPN_LEN)
        return XK_E_LIMIT;
    else
        memcpy(text, spn, n);
    if (s->n < 1 + SPN_LEN)
        return XK_E_LIMIT;
    memcpy(out + 1, text, SPN_LEN);
    return XK_OK;
}

static enum xk_err put_isim_text(const struct spot *s, const char *text, uint8_t *out)
{
    size_t n = strlen(text);

    if (n == 0 || n > SAIP_NAI_MAX)
        return XK_E_VALUE;
    if (n + 2 + (n > 0x7F) > s->n)
        return XK_E_LIMIT;
    memset(out, 0xFF, s->n);
    *out++ = TAG_ISIM_TEXT;
    if (n > 0x7F)
        *out++ = 0x81;
    *out++ = (uint8_t)n;
    memcpy(out, text, n);
    return XK_OK;
}

/* ---- networks -------------------------------------------------------------------------------- */

/* entry: 3, or 5 with the access technology. */
static enum xk_err put_plmns(const struct spot *s, const struct saip_number_plmn *list,
                             size_t entry, uint8_t *out)
{
    for (size_t at = 0; at + entry <= s->n; at += entry) {
        memset(out + at, 0xFF, EF_PLMN_LEN);
        if (entry == PLMN_ACT_LEN)
            memset(out + at + EF_PLMN_LEN, 0, 2);
    }
    for (size_t i = 0; i < SAIP_PLMNS_MAX && list[i].plmn[0]; i++) {
        uint8_t *to = out + i * entry;

        if ((i + 1) * entry > s->n)
            return XK_E_LIMIT;
        TRY(ef_encode_plmn(list[i].plmn, to));
        if (entry == PLMN_ACT_LEN) {
            to[EF_PLMN_LEN] = (uint8_t)(list[i].technology >> 8);
            to[EF_PLMN_LEN + 1] = (uint8_t)list[i].technology;
        }
    }
    return XK_OK;
}

/* TS 24.501 9.11.3.4: digits from the low half on, F behind them. */
static enum xk_err put_routing(const struct spot *s, const char *digits, uint8_t *out)
{
    if (!is_digits(digits, 1, ROUTING_DIGITS))
        return XK_E_VALUE;
    return s->n < ROUTING_LEN ? XK_E_LIMIT : ef_put_bcd(digits, out, ROUTING_LEN);
}

static enum xk_err put_bytes(const struct spot *s, struct bytes value, uint8_t *out)
{
    if (value.n > s->n)
        return XK_E_LIMIT;
    memset(out, 0xFF, s->n);
    memcpy(out, value.p, value.n);
    return XK_OK;
}

/* ---- codes and keys -------------------------------------------------------------------------- */

static enum xk_err put_code(const char *digits, size_t least, uint8_t *out)
{
    size_t n = strlen(digits);

    if (!is_digits(digits, least, SAIP_PIN_LEN))
        return XK_E_VALUE;
    memset(out, 0xFF, SAIP_PIN_LEN);
    memcpy(out, digits, n);
    return XK_OK;
}

/* The template's length: another one would be another algorithm. */
static enum xk_err put_secret(const struct spot *s, const struct secret *value, uint8_t *out)
{
    if (value->n != s->n)
        return XK_E_VALUE;
    memcpy(out, value->bytes, value->n);
    return XK_OK;
}

static enum xk_err put_aka(const struct spot *s, const struct saip_number *number, uint8_t *out)
{
    if (number->algorithm != s->algorithm)
        return XK_E_VALUE;
    return put_secret(s, s->put == PUT_K ? &number->k : &number->opc, out);
}

const struct saip_number_key *number_key(const struct saip_number *number, uint8_t version,
                                         uint8_t identifier)
{
    for (size_t i = 0; i < number->n_keys; i++) {
        const struct saip_number_key *k = &number->keys[i];

        if (k->key.n > 0 && k->version == version && k->identifier == identifier)
            return k;
    }
    return NULL;
}

static enum xk_err put_key(const struct spot *s, const struct saip_number *number, uint8_t *out)
{
    const struct saip_number_key *k = number_key(number, s->version, s->key);

    return k ? put_secret(s, &k->key, out) : XK_OK;
}

static enum xk_err put_adm(const struct spot *s, const struct saip_number *number, uint8_t *out)
{
    const struct secret *adm = &number->adm[s->which];

    return adm->n > 0 ? put_secret(s, adm, out) : XK_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool is_text(const char *text)
{
    return text && text[0] != '\0';
}

static bool has_adm(const struct saip_number *n)
{
    for (size_t i = 0; i < SAIP_ADMS; i++) {
        if (n->adm[i].n > 0)
            return true;
    }
    return false;
}

static bool has_keys(const struct saip_number *n)
{
    for (size_t i = 0; i < n->n_keys; i++) {
        if (n->keys[i].key.n > 0)
            return true;
    }
    return false;
}

bool number_has(const struct saip_number *n, enum saip_position position)
{
    const char *const texts[SAIP_POSITIONS] = {[SAIP_AT_ICCID] = n->iccid,
                                               [SAIP_AT_IMSI] = n->imsi,
                                               [SAIP_AT_MSISDN] = n->msisdn,
                                               [SAIP_AT_SMSC] = n->smsc,
                                               [SAIP_AT_SPN] = n->spn,
                                               [SAIP_AT_IMPI] = n->impi,
                                               [SAIP_AT_IMPU] = n->impu,
                                               [SAIP_AT_DOMAIN] = n->domain,
                                               [SAIP_AT_PIN1] = n->pin1,
                                               [SAIP_AT_PIN2] = n->pin2,
                                               [SAIP_AT_PUK1] = n->puk1,
                                               [SAIP_AT_PUK2] = n->puk2,
                                               [SAIP_AT_HPLMN] = n->hplmn[0].plmn,
                                               [SAIP_AT_OPLMN] = n->oplmn[0].plmn,
                                               [SAIP_AT_EHPLMN] = n->ehplmn[0].plmn,
                                               [SAIP_AT_FPLMN] = n->fplmn[0].plmn,
                                               [SAIP_AT_ROUTING] = n->routing_indicator};

    if (position == SAIP_AT_MNC)
        return n->mnc_length != 0;
    if (position == SAIP_AT_ADM)
        return has_adm(n);
    if (position == SAIP_AT_K)
        return n->algorithm != 0;
    if (position == SAIP_AT_KEYS)
        return has_keys(n);
    if (position == SAIP_AT_SUCI)
        return n->suci.n > 0;
    return is_text(texts[position]);
}

static enum xk_err put_msisdn(const struct spot *s, const char *msisdn, uint8_t *out)
{
    if (s->n < EF_MSISDN_LEN)
        return XK_E_LIMIT;
    return ef_encode_msisdn(msisdn, out + s->n - EF_MSISDN_LEN);
}

enum xk_err spot_put(const struct spot *s, const struct saip_number *n, uint8_t *out)
{
    switch (s->put) {
    case PUT_HEADER_ICCID:
    case PUT_ICCID:
        return put_iccid(n->iccid, s->put == PUT_ICCID, out);
    case PUT_IMSI:
        return put_imsi(s, n->imsi, out);
    case PUT_ACC:
        return put_acc(s, n->imsi, out);
    case PUT_MNC:
        return put_mnc(s, n->mnc_length, out);
    case PUT_MSISDN:
        return put_msisdn(s, n->msisdn, out);
    case PUT_SMSC:
        return put_smsc(s, n->smsc, out);
    case PUT_SPN:
        return put_spn(s, n->spn, out);
    case PUT_IMPI:
        return put_isim_text(s, n->impi, out);
    case PUT_IMPU:
        return put_isim_text(s, n->impu, out);
    case PUT_DOMAIN:
        return put_isim_text(s, n->domain, out);
    case PUT_HPLMN:
        return put_plmns(s, n->hplmn, PLMN_ACT_LEN, out);
    case PUT_OPLMN:
        return put_plmns(s, n->oplmn, PLMN_ACT_LEN, out);
    case PUT_EHPLMN:
        return put_plmns(s, n->ehplmn, EF_PLMN_LEN, out);
    case PUT_FPLMN:
        return put_plmns(s, n->fplmn, EF_PLMN_LEN, out);
    case PUT_ROUTING:
        return put_routing(s, n->routing_indicator, out);
    case PUT_SUCI:
        return put_bytes(s, n->suci, out);
    case PUT_PIN:
        return put_code(s->which == 1 ? n->pin1 : n->pin2, 4, out);
    case PUT_PUK:
        return put_code(s->which == 1 ? n->puk1 : n->puk2, SAIP_PIN_LEN, out);
    case PUT_ADM:
        return put_adm(s, n, out);
    case PUT_K:
    case PUT_OPC:
        return put_aka(s, n, out);
    case PUT_KEY:
        return put_key(s, n, out);
    }
    return XK_E_INTERNAL;
}

void saip_number_wipe(struct saip_number *n)
{
    explicit_bzero(n, sizeof *n);
}
