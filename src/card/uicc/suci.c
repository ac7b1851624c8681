/* SPDX-License-Identifier: Apache-2.0 */
/* GET IDENTITY: the SUCI computed by the USIM (TS 31.102 4.4.11.8, 5.3.47 and 7.5; TS 33.501
 * 6.12.2). */
#include "crypto/suci.h"
#include "base/tlv.h"
#include "card/uicc/inside.h"
#include "codec/ef/ef.h"
#include "crypto/ec.h"

#define CONTEXT_SUCI 0x01
#define TAG_SUCI 0xA1
#define SERVICE_SUCI 124
#define SERVICE_SUCI_BY_USIM 125
#define FID_IMSI 0x6F07
#define FID_AD 0x6FAD
#define FID_DF_5GS 0x5FC0
#define FID_DF_SAIP 0x5FD0
#define FID_SUCI_CALC_INFO 0x4F07
#define FID_SUCI_CALC_INFO_USIM 0x4F01
#define FID_ROUTING_INDICATOR 0x4F0A
#define TAG_SCHEMES 0xA0
#define TAG_KEYS 0xA1
#define TAG_KEY_ID 0x80
#define TAG_KEY 0x81
#define AD_MNC_LENGTH_AT 3
#define CALC_INFO_MAX 512
#define MSIN_MAX 6
#define IDENTITY_MAX 128

/* What goes into an identity of the type SUCI, format IMSI (TS 24.501 9.11.3.4). */
struct parts {
    char imsi[EF_IMSI_TEXT];
    unsigned mnc_length;
    uint8_t routing[2];
    uint8_t info[CALC_INFO_MAX]; /* EF.SUCI_Calc_Info of the USIM, or the terminal's */
    size_t info_n;
    enum suci_scheme scheme;
    uint8_t key_id;
    struct bytes key; /* in info */
};

/* Contents of an EF below the ADF, as much as fits; *n 0 when there is no such file. */
static enum xk_err read_ef(struct uicc *u, unsigned df, uint16_t fid, uint8_t *out, size_t max,
                           size_t *n)
{
    unsigned id = df == FILE_NONE ? FILE_NONE : fs_find_ef(u, df, fid);
    const struct uicc_file *f = id == FILE_NONE ? NULL : u->ops->file(u, id);

    *n = 0;
    if (!f || STRUCTURE_OF(f) != STRUCTURE_TRANSPARENT || f->flags & FILE_DEACTIVATED)
        return XK_OK;
    *n = f->size < max ? f->size : max;
    return u->ops->read(u, f, 0, out, *n);
}

static enum xk_err read_imsi(struct uicc *u, unsigned adf, struct parts *p, bool *there)
{
    uint8_t imsi[EF_IMSI_LEN], ad[AD_MNC_LENGTH_AT + 1];
    size_t n, ad_n;

    TRY(read_ef(u, adf, FID_IMSI, imsi, sizeof imsi, &n));
    TRY(read_ef(u, adf, FID_AD, ad, sizeof ad, &ad_n));
    p->mnc_length = ad_n == sizeof ad ? ad[AD_MNC_LENGTH_AT] & 0x0F : 2;
    *there = n == sizeof imsi && ef_decode_imsi(imsi, p->imsi) == XK_OK &&
             (p->mnc_length == 2 || p->mnc_length == 3) && strlen(p->imsi) > 3 + p->mnc_length;
    return XK_OK;
}

/* The USIM's own list, which the terminal cannot read, goes before the one it can. */
static enum xk_err read_calc_info(struct uicc *u, unsigned adf, struct parts *p)
{
    unsigned dfs[] = {fs_find_df(u, adf, FID_DF_SAIP), fs_find_df(u, adf, FID_DF_5GS)};
    uint16_t fids[] = {FID_SUCI_CALC_INFO_USIM, FID_SUCI_CALC_INFO};

    for (size_t i = 0; i < ARRAY_LEN(dfs) && (p->info_n == 0 || p->info[0] != TAG_SCHEMES); i++)
        TRY(read_ef(u, dfs[i], fids[i], p->info, sizeof p->info, &p->info_n));
    return XK_OK;
}

/* ---- which scheme ---------------------------------------------------------------------------- */

/* The n-th of the list, from 1. */
static bool find_key(struct bytes keys, unsigned n, struct parts *p)
{
    struct cur c = cur_of(keys);
    struct tlv id, key;

    for (unsigned i = 1; tlv_next(&c, &id) == XK_OK && tlv_next(&c, &key) == XK_OK; i++) {
        if (id.tag != TAG_KEY_ID || id.value.n != 1 || key.tag != TAG_KEY)
            return false;
        if (i < n)
            continue;
        p->key_id = id.value.p[0];
        p->key = key.value;
        return true;
    }
    return false;
}

static bool fits(uint8_t scheme, struct bytes key)
{
    return scheme == SUCI_PROFILE_A ? key.n == SUCI_KEY_A_LEN
                                    : key.n == SUCI_KEY_B_LEN || key.n == EC_POINT_LEN;
}

/* In order of priority, the first that there is a key for; the null scheme when there is none (TS
 * 33.501 5.2.5). */
static void choose(struct parts *p)
{
    struct cur c = cur_of(BYTES(p->info, p->info_n));
    struct tlv schemes, keys;

    p->scheme = SUCI_NULL;
    if (tlv_next(&c, &schemes) != XK_OK || schemes.tag != TAG_SCHEMES ||
        tlv_next(&c, &keys) != XK_OK || keys.tag != TAG_KEYS)
        return;
    for (size_t i = 0; i + 1 < schemes.value.n; i += 2) {
        uint8_t scheme = schemes.value.p[i];

        if (scheme == SUCI_NULL)
            return;
        if ((scheme == SUCI_PROFILE_A || scheme == SUCI_PROFILE_B) &&
            find_key(keys.value, schemes.value.p[i + 1], p) && fits(scheme, p->key)) {
            p->scheme = (enum suci_scheme)scheme;
            return;
        }
    }
}

/* ---- the identity ---------------------------------------------------------------------------- */

/* Digits as semi-octets, the first in the low half, F behind the last. */
static size_t put_digits(const char *digits, uint8_t out[MSIN_MAX])
{
    size_t n = strlen(digits);

    for (size_t i = 0; i < n; i += 2)
        out[i / 2] = (uint8_t)((i + 1 < n ? digits[i + 1] - '0' : 0xF) << 4 | (digits[i] - '0'));
    return (n + 1) / 2;
}

static void put_plmn(struct buf *b, const struct parts *p)
{
    const char *d = p->imsi;
    uint8_t third = p->mnc_length == 3 ? (uint8_t)(d[5] - '0') : 0xF;

    buf_put_u8(b, (uint8_t)((d[1] - '0') << 4 | (d[0] - '0')));
    buf_put_u8(b, (uint8_t)(third << 4 | (d[2] - '0')));
    buf_put_u8(b, (uint8_t)((d[4] - '0') << 4 | (d[3] - '0')));
}

static enum xk_err put_identity(struct uicc *u, const struct parts *p, struct buf *b)
{
    uint8_t msin[MSIN_MAX];
    size_t n = put_digits(p->imsi + 3 + p->mnc_length, msin);

    buf_put_u8(b, 0x01); /* SUPI format IMSI, type SUCI */
    put_plmn(b, p);
    buf_put_bytes(b, BYTES_OF(p->routing));
    buf_put_u8(b, (uint8_t)p->scheme);
    buf_put_u8(b, p->scheme == SUCI_NULL ? 0 : p->key_id);
    return suci_conceal(p->scheme, p->key, BYTES(msin, n), &u->rand, b);
}

static enum xk_err answer_identity(struct uicc *u, struct exchange *x, struct parts *p)
{
    uint8_t mem[IDENTITY_MAX];
    struct buf b;
    size_t at;
    enum xk_err err;

    choose(p);
    buf_init_fixed(&b, mem, sizeof mem);
    at = tlv_begin(&b, TAG_SUCI);
    err = put_identity(u, p, &b);
    if (err == XK_E_VALUE)
        return refuse(x, SW_REF_DATA_NOT_FOUND); /* a key that is no point */
    TRY(err);
    tlv_end(&b, at);
    TRY(buf_ok(&b));
    return answer_now(x, buf_bytes(&b));
}

enum xk_err cmd_get_identity(struct uicc *u, struct exchange *x)
{
    struct parts p = {.routing = {0xF0, 0xFF}}; /* no indicator: 0 (TS 24.501 9.11.3.4) */
    unsigned adf = x->ch->adf;
    bool offered, by_usim, there;
    uint8_t routing[2];
    size_t n;

    if (x->c.p1 != 0 || x->c.p2 != CONTEXT_SUCI)
        return refuse(x, SW_WRONG_P1P2);
    if (x->c.data.n > 0)
        return refuse(x, SW_WRONG_LENGTH);
    if (adf == FILE_NONE)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(uicc_service_available(u, adf, SERVICE_SUCI, &offered));
    TRY(uicc_service_available(u, adf, SERVICE_SUCI_BY_USIM, &by_usim));
    TRY(read_imsi(u, adf, &p, &there));
    if (!offered || !by_usim || !there)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(read_ef(u, fs_find_df(u, adf, FID_DF_5GS), FID_ROUTING_INDICATOR, routing, 2, &n));
    if (n == 2 && routing[0] != 0xFF)
        memcpy(p.routing, routing, 2);
    TRY(read_calc_info(u, adf, &p));
    return answer_identity(u, x, &p);
}
