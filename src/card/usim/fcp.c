/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/usim/card.h"

/* TS 102 221 11.1.1.4 */
#define TAG_FCP 0x62
#define TAG_FILE_SIZE 0x80
#define TAG_TOTAL_SIZE 0x81
#define TAG_DESCRIPTOR 0x82
#define TAG_FID 0x83
#define TAG_DF_NAME 0x84
#define TAG_SFI 0x88
#define TAG_LIFE_CYCLE 0x8A
#define TAG_ARR_REFERENCE 0x8B
#define TAG_PROPRIETARY 0xA5
#define TAG_PIN_STATUS 0xC6
#define TAG_UICC_CHARACTERISTICS 0x80
#define TAG_AVAILABLE_MEMORY 0x83
#define TAG_PS_DO 0x90
#define TAG_KEY_REFERENCE 0x83

#define DESCRIPTOR_DF 0x78 /* shareable, DF or ADF */
#define DATA_CODING 0x21
#define OPERATIONAL_ACTIVATED 0x05
#define UICC_CHARACTERISTICS 0x71 /* clock stop allowed, no preferred level; all voltage classes */

static void put_fid(struct buf *b, uint32_t tag, uint16_t fid)
{
    uint8_t wire[] = {(uint8_t)(fid >> 8), (uint8_t)fid};

    tlv_put(b, tag, BYTES_OF(wire));
}

static void put_arr_reference(struct buf *b, uint16_t arr, uint8_t rule)
{
    uint8_t wire[] = {(uint8_t)(arr >> 8), (uint8_t)arr, rule};

    tlv_put(b, TAG_ARR_REFERENCE, BYTES_OF(wire));
}

/* PS_DO: a bit for each key reference that follows, set when it is enabled (11.1.1.4.10) */
static enum xk_err put_pin_status(struct usim *card, struct buf *b)
{
    static const uint8_t reference[IMAGE_PINS] = {0x01, 0x81, 0x0A};
    size_t at = tlv_begin(b, TAG_PIN_STATUS);
    uint8_t bits = 0, enabled;

    for (unsigned i = 0; i < IMAGE_PINS; i++) {
        TRY(card_get(card, IMAGE_AT(pin) + (uint32_t)(i * sizeof(struct image_pin)), &enabled, 1));
        bits |= (uint8_t)(enabled ? 0x80 >> i : 0);
    }
    tlv_put_u8(b, TAG_PS_DO, bits);
    for (unsigned i = 0; i < IMAGE_PINS; i++)
        tlv_put_u8(b, TAG_KEY_REFERENCE, reference[i]);
    tlv_end(b, at);
    return XK_OK;
}

enum xk_err fcp_of_df(struct usim *card, enum df_id df, struct buf *out)
{
    static const uint8_t descriptor[] = {DESCRIPTOR_DF, DATA_CODING};
    static const uint8_t available[] = {0x00, 0x00, 0x00, 0x00};
    static const uint8_t total[] = {0x00, 0x00};
    size_t at = tlv_begin(out, TAG_FCP), inner;

    tlv_put(out, TAG_DESCRIPTOR, BYTES_OF(descriptor));
    put_fid(out, TAG_FID, fs_df(df)->fid);
    if (df == DF_USIM)
        tlv_put(out, TAG_DF_NAME, BYTES(USIM_AID_TEXT, USIM_AID_LEN));
    inner = tlv_begin(out, TAG_PROPRIETARY);
    tlv_put_u8(out, TAG_UICC_CHARACTERISTICS, UICC_CHARACTERISTICS);
    tlv_put(out, TAG_AVAILABLE_MEMORY, BYTES_OF(available));
    tlv_end(out, inner);
    tlv_put_u8(out, TAG_LIFE_CYCLE, OPERATIONAL_ACTIVATED);
    put_arr_reference(out, 0x2F06, RULE_DIRECTORY);
    TRY(put_pin_status(card, out));
    tlv_put(out, TAG_TOTAL_SIZE, BYTES_OF(total));
    tlv_end(out, at);
    return buf_ok(out);
}

/* EF_ARR of the application or telecom DF; the 2G DF uses the one of the MF */
static uint16_t arr_of(const struct ef *ef)
{
    return ef->df == DF_MF || ef->df == DF_GSM ? 0x2F06 : 0x6F06;
}

static void put_descriptor(struct buf *b, const struct ef *ef, const struct content *c)
{
    uint8_t wire[] = {ef->structure, DATA_CODING, 0x00, c->length, c->records};

    tlv_put(b, TAG_DESCRIPTOR, BYTES(wire, ef->structure == EF_TRANSPARENT ? 2 : 5));
}

enum xk_err fcp_of_ef(const struct ef *ef, struct buf *out)
{
    const struct content *c = content_of(ef->content);
    uint8_t sfi = (uint8_t)(ef->sfi << 3);
    size_t at = tlv_begin(out, TAG_FCP);

    put_descriptor(out, ef, c);
    put_fid(out, TAG_FID, ef->fid);
    tlv_put_u8(out, TAG_LIFE_CYCLE, OPERATIONAL_ACTIVATED);
    put_arr_reference(out, arr_of(ef), ef->rule);
    put_fid(out, TAG_FILE_SIZE, (uint16_t)content_size(c));
    tlv_put(out, TAG_SFI, BYTES(&sfi, ef->sfi ? 1 : 0));
    tlv_end(out, at);
    return buf_ok(out);
}

/* TS 51.011 9.2.1 */

enum gsm_file_type { GSM_MF = 1, GSM_DF = 2, GSM_EF = 4 };

/* CHV status byte: b8 initialised, b4..b1 tries left */
static enum xk_err put_chv(struct usim *card, enum image_pin_id id, struct buf *out)
{
    struct image_pin pin;

    TRY(card_get(card, IMAGE_AT(pin) + (uint32_t)(id * sizeof pin), (uint8_t *)&pin, sizeof pin));
    buf_put_u8(out, (uint8_t)(0x80 | (pin.tries[0] & 15)));
    buf_put_u8(out, (uint8_t)(0x80 | (pin.puk_tries[0] & 15)));
    explicit_bzero(&pin, sizeof pin);
    return XK_OK;
}

enum xk_err gsm_answer_of_df(struct usim *card, enum df_id df, struct buf *out)
{
    uint8_t chv1;

    TRY(card_get(card, IMAGE_AT(pin[IMAGE_PIN1].enabled), &chv1, 1));
    buf_put_u16(out, 0);
    buf_put_u16(out, 0); /* memory not allocated */
    buf_put_u16(out, fs_df(df)->fid);
    buf_put_u8(out, df == DF_MF ? GSM_MF : GSM_DF);
    buf_put_fill(out, 0, 5);
    buf_put_u8(out, 10);                                  /* bytes that follow */
    buf_put_u8(out, (uint8_t)(0x13 | (chv1 ? 0 : 0x80))); /* clock stop; b8: CHV1 disabled */
    buf_put_u8(out, (uint8_t)fs_count_dfs(df));
    buf_put_u8(out, (uint8_t)fs_count_efs(df));
    buf_put_u8(out, 4); /* CHVs, unblock CHVs and administrative codes */
    buf_put_u8(out, 0);
    TRY(put_chv(card, IMAGE_PIN1, out));
    TRY(put_chv(card, IMAGE_PIN2, out));
    buf_put_u8(out, 0);
    return buf_ok(out);
}

/* Access conditions as nibbles: 0 ALW, 1 CHV1, 2 CHV2, 4 ADM, F NEV (TS 51.011 9.3) */
static void gsm_access(const struct ef *ef, uint8_t out[3])
{
    static const uint8_t nibbles[][3] = {
        [RULE_READ_ALW_UPDATE_ADM] = {0x04, 0xFF, 0x44},
        [RULE_READ_ALW_UPDATE_PIN] = {0x01, 0xFF, 0x44},
        [RULE_READ_ALW_UPDATE_NEV] = {0x0F, 0xFF, 0x44},
        [RULE_READ_PIN_UPDATE_PIN] = {0x11, 0xFF, 0x44},
        [RULE_READ_PIN_UPDATE_ADM] = {0x14, 0xFF, 0x44},
        [RULE_READ_PIN_UPDATE_PIN2] = {0x12, 0xFF, 0x44},
        [RULE_READ_PIN_COUNT_PIN] = {0x12, 0x1F, 0x44},
        [RULE_DIRECTORY] = {0x04, 0xFF, 0x44},
    };

    memcpy(out, nibbles[ef->rule], 3);
}

enum xk_err gsm_answer_of_ef(const struct ef *ef, struct buf *out)
{
    const struct content *c = content_of(ef->content);
    uint8_t access[3];

    gsm_access(ef, access);
    buf_put_u16(out, 0);
    buf_put_u16(out, (uint16_t)content_size(c));
    buf_put_u16(out, ef->fid);
    buf_put_u8(out, GSM_EF);
    buf_put_u8(out, ef->structure == EF_CYCLIC ? 0x40 : 0x00); /* b7: INCREASE allowed */
    buf_put(out, access, sizeof access);
    buf_put_u8(out, 0x01); /* not invalidated */
    buf_put_u8(out, 2);
    buf_put_u8(out, ef->structure == EF_TRANSPARENT ? 0 : ef->structure == EF_LINEAR ? 1 : 3);
    buf_put_u8(out, ef->structure == EF_TRANSPARENT ? 0 : c->length);
    return buf_ok(out);
}
