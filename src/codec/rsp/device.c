/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/device.h"

/* DeviceCapabilities has automatic tags: the releases are [0] to [11]. */
#define TAG_CAT_CLASSES 0x8C
#define TAG_FORM_FACTOR 0x8D
/* DeviceInfo */
#define TAG_PREFERRED_LANGUAGES TAG_A3
#define TAG_DEVICE_TEST_MODE TAG_4
#define TAG_LPA_RSP_CAPABILITY TAG_5

#define OPERATION_PROFILE_DOWNLOAD RSP_BIT(0) /* DEFAULT, and so not written. X.690 11.5 */
#define TAC_LEN 4
#define IMEI_LEN 8

static void get_capabilities(struct der *d, struct rsp_device_info *out)
{
    struct der c = der_enter(d, TAG_A1);

    for (uint32_t i = 0; i < RSP_RELEASE_COUNT; i++) {
        if (!der_optional(&c, TAG_0 + i))
            continue;
        out->release[i] = rsp_get_version(&c, TAG_0 + i);
        out->releases |= 1u << i;
    }
    if ((out->has_cat_classes = der_optional(&c, TAG_CAT_CLASSES)))
        out->cat_classes = der_bits(&c, TAG_CAT_CLASSES);
    if ((out->has_form_factor = der_optional(&c, TAG_FORM_FACTOR)))
        out->form_factor = der_u32(&c, TAG_FORM_FACTOR);
    der_leave(d, &c);
}

/* SGP.22 4.2 */
void rsp_get_device_info(struct der *d, uint32_t tag, struct rsp_device_info *out)
{
    struct der i;

    *out = (struct rsp_device_info){0};
    i = der_enter_raw(d, tag, &out->raw);
    out->tac = der_octets(&i, TAG_0, TAC_LEN, TAC_LEN);
    get_capabilities(&i, out);
    if (der_optional(&i, TAG_2))
        out->imei = der_octets(&i, TAG_2, IMEI_LEN, IMEI_LEN);
    if (der_optional(&i, TAG_PREFERRED_LANGUAGES))
        out->preferred_languages = der_take(&i, TAG_PREFERRED_LANGUAGES);
    if ((out->device_test_mode = der_optional(&i, TAG_DEVICE_TEST_MODE)))
        der_null(&i, TAG_DEVICE_TEST_MODE);
    if ((out->has_lpa_rsp_capability = der_optional(&i, TAG_LPA_RSP_CAPABILITY)))
        out->lpa_rsp_capability = der_bits(&i, TAG_LPA_RSP_CAPABILITY);
    der_leave(d, &i);
}

static void put_capabilities(const struct rsp_device_info *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_A1);

    for (uint32_t i = 0; i < RSP_RELEASE_COUNT; i++)
        if (in->releases & 1u << i)
            rsp_put_version(out, TAG_0 + i, in->release[i]);
    if (in->has_cat_classes)
        der_put_bits(out, TAG_CAT_CLASSES, in->cat_classes);
    if (in->has_form_factor)
        der_put_int(out, TAG_FORM_FACTOR, in->form_factor);
    der_close(out, at);
}

enum xk_err rsp_put_device_info(const struct rsp_device_info *in, uint32_t tag, struct buf *out)
{
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    if (in->tac.n != TAC_LEN || (DER_PRESENT(in->imei) && in->imei.n != IMEI_LEN))
        return XK_E_VALUE;
    at = der_begin(out, tag);
    der_put(out, TAG_0, in->tac);
    put_capabilities(in, out);
    der_put_optional(out, TAG_2, in->imei);
    der_put_optional(out, TAG_PREFERRED_LANGUAGES, in->preferred_languages);
    if (in->device_test_mode)
        der_put_null(out, TAG_DEVICE_TEST_MODE);
    if (in->has_lpa_rsp_capability)
        der_put_bits(out, TAG_LPA_RSP_CAPABILITY, in->lpa_rsp_capability);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.13; in v3 behind deviceInfo: [2] operationType, 5A, [3] matchingIdSource */
static void get_common_authentication(struct der *c, struct rsp_ctx_params1 *out)
{
    if (der_optional(c, TAG_0))
        out->matching_id = der_utf8(c, TAG_0, 0, RSP_MATCHING_ID_MAX);
    rsp_get_device_info(c, TAG_A1, &out->device_info);
    out->operation_type = OPERATION_PROFILE_DOWNLOAD;
    if ((out->has_operation_type = der_optional(c, TAG_2)))
        out->operation_type = der_bits(c, TAG_2);
    if (der_optional(c, TAG_ICCID))
        out->iccid = rsp_get_iccid(c);
    if (der_optional(c, TAG_A3))
        out->matching_id_source = der_take(c, TAG_A3);
}

void rsp_get_ctx_params1(struct der *d, struct rsp_ctx_params1 *out)
{
    uint32_t tag = der_peek(d);
    struct der c;

    *out = (struct rsp_ctx_params1){.kind = RSP_CTX_UNKNOWN};
    c = der_enter_raw(d, tag, &out->raw);
    if (tag >= TAG_A0 && tag <= TAG_A3)
        out->kind = (enum rsp_ctx_kind)(tag - TAG_A0);
    if (out->kind == RSP_CTX_COMMON_AUTHENTICATION)
        get_common_authentication(&c, out);
    if (out->kind == RSP_CTX_DEVICE_CHANGE || out->kind == RSP_CTX_PROFILE_RECOVERY) {
        out->iccid = rsp_get_iccid(&c);
        rsp_get_device_info(&c, TAG_A1, &out->device_info);
    }
    der_leave(d, &c);
}

enum xk_err rsp_decode_ctx_params1(struct bytes der, struct rsp_ctx_params1 *out)
{
    struct der d = der_of(der);
    struct rsp_ctx_params1 t;

    rsp_get_ctx_params1(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_ctx_params1(const struct rsp_ctx_params1 *in, struct buf *out)
{
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    if (in->kind != RSP_CTX_COMMON_AUTHENTICATION)
        return XK_E_UNSUPPORTED;
    if (in->matching_id.n > RSP_MATCHING_ID_MAX ||
        (DER_PRESENT(in->iccid) && in->iccid.n != RSP_ICCID_LEN))
        return XK_E_VALUE;
    at = der_begin(out, TAG_A0);
    der_put_optional(out, TAG_0, in->matching_id);
    TRY(rsp_put_device_info(&in->device_info, TAG_A1, out));
    if (in->has_operation_type && in->operation_type != OPERATION_PROFILE_DOWNLOAD)
        der_put_bits(out, TAG_2, in->operation_type);
    der_put_optional(out, TAG_ICCID, in->iccid);
    der_put_optional(out, TAG_A3, in->matching_id_source);
    der_close(out, at);
    return buf_ok(out);
}

/* Digits from the low nibble on, F behind an odd count. TS 23.003 6.2, SGP.22 4.2 */
enum xk_err rsp_imei_from_text(struct bytes text, uint8_t out[IMEI_LEN])
{
    uint8_t imei[IMEI_LEN];

    if (text.n < 14 || text.n > 2 * IMEI_LEN)
        return XK_E_FORMAT;
    memset(imei, 0xFF, sizeof imei);
    for (size_t i = 0; i < text.n; i++) {
        unsigned shift = i % 2 ? 4 : 0;

        if (text.p[i] < '0' || text.p[i] > '9')
            return XK_E_FORMAT;
        imei[i / 2] &= (uint8_t)(0xF0 >> shift);
        imei[i / 2] |= (uint8_t)((text.p[i] - '0') << shift);
    }
    memcpy(out, imei, sizeof imei);
    return XK_OK;
}

enum xk_err rsp_imei_to_text(struct bytes imei, char out[2 * IMEI_LEN + 1])
{
    char text[2 * IMEI_LEN + 1];
    size_t n = 0;

    if (imei.n != IMEI_LEN)
        return XK_E_FORMAT;
    for (size_t i = 0; i < 2 * IMEI_LEN; i++) {
        unsigned digit = imei.p[i / 2] >> (i % 2 ? 4 : 0) & 15;

        if (digit == 15)
            continue;
        if (digit > 9 || n != i)
            return XK_E_FORMAT;
        text[n++] = (char)('0' + digit);
    }
    text[n] = '\0';
    memcpy(out, text, n + 1);
    return XK_OK;
}
