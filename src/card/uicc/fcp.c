/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/uicc/inside.h"

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

#define DATA_CODING 0x21
#define OPERATIONAL_ACTIVATED 0x05
#define OPERATIONAL_DEACTIVATED 0x04
#define UICC_CHARACTERISTICS 0x71 /* clock stop allowed, no preferred level; all voltage classes */

static void put_fid(struct buf *b, uint32_t tag, uint16_t fid)
{
    uint8_t wire[] = {(uint8_t)(fid >> 8), (uint8_t)fid};

    tlv_put(b, tag, BYTES_OF(wire));
}

static void put_arr_reference(struct buf *b, const struct uicc_file *f)
{
    uint8_t wire[] = {(uint8_t)(f->arr >> 8), (uint8_t)f->arr, f->rule};

    tlv_put(b, TAG_ARR_REFERENCE, BYTES_OF(wire));
}

static void put_life_cycle(struct buf *b, const struct uicc_file *f)
{
    tlv_put_u8(b, TAG_LIFE_CYCLE,
               f->flags & FILE_DEACTIVATED ? OPERATIONAL_DEACTIVATED : OPERATIONAL_ACTIVATED);
}

/* PS_DO: a bit for each key reference that follows, set when it is enabled (9.5.2) */
static enum xk_err put_pin_status(struct uicc *u, unsigned df, struct buf *b)
{
    struct bytes references = u->ops->pin_references(u, df);
    size_t at = tlv_begin(b, TAG_PIN_STATUS);
    uint8_t bits[4] = {0};

    for (size_t i = 0; i < references.n && i < 8 * sizeof bits; i++) {
        bool enabled;

        TRY(pin_is_enabled(u, df, references.p[i], &enabled));
        bits[i / 8] |= (uint8_t)(enabled ? 0x80 >> i % 8 : 0);
    }
    tlv_put(b, TAG_PS_DO, BYTES(bits, references.n <= 8 ? 1 : (references.n + 7) / 8));
    for (size_t i = 0; i < references.n; i++)
        tlv_put_u8(b, TAG_KEY_REFERENCE, references.p[i]);
    tlv_end(b, at);
    return XK_OK;
}

static enum xk_err fcp_of_df(struct uicc *u, unsigned id, const struct uicc_file *f,
                             struct buf *out)
{
    static const uint8_t available[] = {0x00, 0x00, 0x00, 0x00};
    static const uint8_t total[] = {0x00, 0x00};
    uint8_t descriptor[] = {f->descriptor, DATA_CODING};
    size_t at = tlv_begin(out, TAG_FCP), inner;

    tlv_put(out, TAG_DESCRIPTOR, BYTES_OF(descriptor));
    put_fid(out, TAG_FID, f->fid);
    if (f->flags & FILE_IS_ADF)
        tlv_put(out, TAG_DF_NAME, u->ops->aid(u, id));
    inner = tlv_begin(out, TAG_PROPRIETARY);
    tlv_put_u8(out, TAG_UICC_CHARACTERISTICS, UICC_CHARACTERISTICS);
    tlv_put(out, TAG_AVAILABLE_MEMORY, BYTES_OF(available));
    tlv_end(out, inner);
    put_life_cycle(out, f);
    put_arr_reference(out, f);
    TRY(put_pin_status(u, id, out));
    tlv_put(out, TAG_TOTAL_SIZE, BYTES_OF(total));
    tlv_end(out, at);
    return buf_ok(out);
}

static void put_descriptor(struct buf *b, const struct uicc_file *f)
{
    uint8_t wire[] = {f->descriptor, DATA_CODING, 0x00, f->record_len, (uint8_t)file_records(f)};

    tlv_put(b, TAG_DESCRIPTOR, BYTES(wire, f->record_len ? sizeof wire : 2));
}

static void put_size(struct buf *b, uint32_t size)
{
    uint8_t wire[] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                      (uint8_t)size};
    size_t skip = size >> 24 ? 0 : size >> 16 ? 1 : 2;

    tlv_put(b, TAG_FILE_SIZE, BYTES(wire + skip, sizeof wire - skip));
}

static void put_proprietary(const struct uicc *u, unsigned id, struct buf *out)
{
    uint8_t mem[32];
    struct buf inner;

    if (!u->ops->proprietary)
        return;
    buf_init_fixed(&inner, mem, sizeof mem);
    u->ops->proprietary(u, id, &inner);
    if (inner.n > 0)
        tlv_put(out, TAG_PROPRIETARY, buf_bytes(&inner));
}

static enum xk_err fcp_of_ef(const struct uicc *u, unsigned id, const struct uicc_file *f,
                             struct buf *out)
{
    uint8_t sfi = (uint8_t)(f->sfi << 3);
    size_t at = tlv_begin(out, TAG_FCP);

    put_descriptor(out, f);
    put_fid(out, TAG_FID, f->fid);
    put_proprietary(u, id, out);
    put_life_cycle(out, f);
    put_arr_reference(out, f);
    put_size(out, f->size);
    tlv_put(out, TAG_SFI, BYTES(&sfi, f->sfi ? 1 : 0));
    tlv_end(out, at);
    return buf_ok(out);
}

enum xk_err fcp_of_file(struct uicc *u, unsigned id, struct buf *out)
{
    const struct uicc_file *f = u->ops->file(u, id);

    return file_is_df(f) ? fcp_of_df(u, id, f, out) : fcp_of_ef(u, id, f, out);
}

/* TS 51.011 9.2.1 */

enum gsm_file_type { GSM_MF = 1, GSM_DF = 2, GSM_EF = 4 };

/* CHV status byte: b8 initialised, b4..b1 tries left */
static enum xk_err put_chv(struct uicc *u, unsigned df, uint8_t reference, struct buf *out)
{
    int slot = u->ops->pin_slot(u, df, reference);
    struct uicc_pin pin;

    if (slot < 0) {
        buf_put_u16(out, 0);
        return XK_OK;
    }
    TRY(u->ops->pin_load(u, (unsigned)slot, &pin));
    buf_put_u8(out, (uint8_t)(0x80 | (pin.tries & 15)));
    buf_put_u8(out, (uint8_t)(pin.may & PIN_MAY_UNBLOCK ? 0x80 | (pin.puk_tries & 15) : 0));
    explicit_bzero(&pin, sizeof pin);
    return XK_OK;
}

static uint8_t count(const struct uicc *u, unsigned parent, bool dfs)
{
    const struct uicc_file *f;
    unsigned n = 0;

    for (unsigned id = FILE_MF + 1; (f = u->ops->file(u, id)) != NULL; id++)
        n += f->parent == parent && file_is_df(f) == dfs && !(f->flags & FILE_IS_ADF);
    return (uint8_t)(n < 255 ? n : 255);
}

static enum xk_err gsm_answer_of_df(struct uicc *u, unsigned id, const struct uicc_file *f,
                                    struct buf *out)
{
    bool chv1;

    TRY(pin_is_enabled(u, id, 0x01, &chv1));
    buf_put_u16(out, 0);
    buf_put_u16(out, 0); /* memory not allocated */
    buf_put_u16(out, f->fid);
    buf_put_u8(out, id == FILE_MF ? GSM_MF : GSM_DF);
    buf_put_fill(out, 0, 5);
    buf_put_u8(out, 10);                                  /* bytes that follow */
    buf_put_u8(out, (uint8_t)(0x13 | (chv1 ? 0 : 0x80))); /* clock stop; b8: CHV1 disabled */
    buf_put_u8(out, count(u, id, true));
    buf_put_u8(out, count(u, id, false));
    buf_put_u8(out, 4); /* CHVs, unblock CHVs and administrative codes */
    buf_put_u8(out, 0);
    TRY(put_chv(u, id, 0x01, out));
    TRY(put_chv(u, id, 0x81, out));
    buf_put_u8(out, 0);
    return buf_ok(out);
}

/* Access conditions, two a byte (TS 51.011 9.3) */
static enum xk_err put_gsm_access(struct uicc *u, const struct uicc_file *f, struct buf *out)
{
    uint8_t read, update, increase, activate, deactivate;

    TRY(access_level(u, f, ACCESS_READ, &read));
    TRY(access_level(u, f, ACCESS_UPDATE, &update));
    TRY(access_level(u, f, ACCESS_INCREASE, &increase));
    TRY(access_level(u, f, ACCESS_ACTIVATE, &activate));
    TRY(access_level(u, f, ACCESS_DEACTIVATE, &deactivate));
    buf_put_u8(out, (uint8_t)(read << 4 | update));
    buf_put_u8(out, (uint8_t)(increase << 4 | 0x0F));
    buf_put_u8(out, (uint8_t)(activate << 4 | deactivate));
    return XK_OK;
}

static enum xk_err gsm_answer_of_ef(struct uicc *u, const struct uicc_file *f, struct buf *out)
{
    unsigned structure = STRUCTURE_OF(f);

    buf_put_u16(out, 0);
    buf_put_u16(out, (uint16_t)f->size);
    buf_put_u16(out, f->fid);
    buf_put_u8(out, GSM_EF);
    buf_put_u8(out, structure == STRUCTURE_CYCLIC ? 0x40 : 0x00); /* b7: INCREASE allowed */
    TRY(put_gsm_access(u, f, out));
    buf_put_u8(out, f->flags & FILE_DEACTIVATED ? 0x00 : 0x01); /* b1: not invalidated */
    buf_put_u8(out, 2);
    buf_put_u8(out, structure == STRUCTURE_LINEAR ? 1 : structure == STRUCTURE_CYCLIC ? 3 : 0);
    buf_put_u8(out, f->record_len);
    return buf_ok(out);
}

enum xk_err gsm_answer_of_file(struct uicc *u, unsigned id, struct buf *out)
{
    const struct uicc_file *f = u->ops->file(u, id);

    return file_is_df(f) ? gsm_answer_of_df(u, id, f, out) : gsm_answer_of_ef(u, f, out);
}
