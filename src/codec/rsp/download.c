/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/download.h"

static void get_smdp_signed2(struct der *d, struct rsp_smdp_signed2 *out)
{
    struct der s = der_enter_raw(d, DER_SEQUENCE, &out->raw);

    out->transaction_id = rsp_get_transaction_id(&s);
    out->cc_required = der_bool(&s, DER_BOOLEAN);
    if (der_optional(&s, TAG_OTPK))
        out->bpp_euicc_otpk = der_octets(&s, TAG_OTPK, RSP_OTPK_LEN, RSP_OTPK_LEN);
    if ((out->rpm_pending = der_optional(&s, DER_NULL)))
        der_null(&s, DER_NULL);
    der_leave(d, &s);
}

enum xk_err rsp_decode_smdp_signed2(struct bytes der, struct rsp_smdp_signed2 *out)
{
    struct der d = der_of(der);
    struct rsp_smdp_signed2 t = {0};

    get_smdp_signed2(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_smdp_signed2(const struct rsp_smdp_signed2 *in, struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    if (DER_PRESENT(in->bpp_euicc_otpk) && in->bpp_euicc_otpk.n != RSP_OTPK_LEN)
        return XK_E_VALUE;
    at = der_begin(out, DER_SEQUENCE);
    der_put(out, TAG_0, in->transaction_id);
    der_put_bool(out, DER_BOOLEAN, in->cc_required);
    der_put_optional(out, TAG_OTPK, in->bpp_euicc_otpk);
    if (in->rpm_pending)
        der_put_null(out, DER_NULL);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.5 */
enum xk_err rsp_decode_prepare_download_request(struct bytes der,
                                                struct rsp_prepare_download_request *out)
{
    struct der d = der_open(der, TAG_PREPARE_DOWNLOAD);
    struct rsp_prepare_download_request t = {0};

    get_smdp_signed2(&d, &t.smdp_signed2);
    t.smdp_signature2 = rsp_get_signature(&d);
    if (der_optional(&d, DER_OCTET_STRING))
        t.hash_cc = der_octets(&d, DER_OCTET_STRING, RSP_HASH_LEN, RSP_HASH_LEN);
    t.smdp_certificate = der_take_raw(&d, DER_SEQUENCE);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_prepare_download_request(const struct rsp_prepare_download_request *in,
                                                struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->smdp_signature2, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->smdp_certificate, 2, 0},
    };
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    if (DER_PRESENT(in->hash_cc) && in->hash_cc.n != RSP_HASH_LEN)
        return XK_E_VALUE;
    at = der_begin(out, TAG_PREPARE_DOWNLOAD);
    TRY(rsp_encode_smdp_signed2(&in->smdp_signed2, out));
    der_put_raw(out, in->smdp_signature2);
    der_put_optional(out, DER_OCTET_STRING, in->hash_cc);
    der_put_raw(out, in->smdp_certificate);
    der_close(out, at);
    return buf_ok(out);
}

static void get_euicc_signed2(struct der *d, struct rsp_euicc_signed2 *out)
{
    struct der s = der_enter_raw(d, DER_SEQUENCE, &out->raw);

    out->transaction_id = rsp_get_transaction_id(&s);
    out->euicc_otpk = der_octets(&s, TAG_OTPK, RSP_OTPK_LEN, RSP_OTPK_LEN);
    if (der_optional(&s, DER_OCTET_STRING))
        out->hash_cc = der_octets(&s, DER_OCTET_STRING, RSP_HASH_LEN, RSP_HASH_LEN);
    der_leave(d, &s);
}

enum xk_err rsp_decode_euicc_signed2(struct bytes der, struct rsp_euicc_signed2 *out)
{
    struct der d = der_of(der);
    struct rsp_euicc_signed2 t = {0};

    get_euicc_signed2(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_euicc_signed2(const struct rsp_euicc_signed2 *in, struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->euicc_otpk, RSP_OTPK_LEN, RSP_OTPK_LEN},
    };
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    if (DER_PRESENT(in->hash_cc) && in->hash_cc.n != RSP_HASH_LEN)
        return XK_E_VALUE;
    at = der_begin(out, DER_SEQUENCE);
    der_put(out, TAG_0, in->transaction_id);
    der_put(out, TAG_OTPK, in->euicc_otpk);
    der_put_optional(out, DER_OCTET_STRING, in->hash_cc);
    der_close(out, at);
    return buf_ok(out);
}

static void get_download_ok(struct der *d, struct rsp_prepare_download_response *out)
{
    struct der k = der_enter(d, TAG_A0);

    get_euicc_signed2(&k, &out->euicc_signed2);
    out->transaction_id = out->euicc_signed2.transaction_id;
    out->euicc_signature2 = rsp_get_signature(&k);
    der_leave(d, &k);
}

static void get_download_error(struct der *d, struct rsp_prepare_download_response *out)
{
    struct der e = der_enter(d, TAG_A1);

    out->transaction_id = rsp_get_transaction_id(&e);
    out->error = der_u32(&e, DER_INTEGER);
    der_leave(d, &e);
}

enum xk_err rsp_decode_prepare_download_response(struct bytes der,
                                                 struct rsp_prepare_download_response *out)
{
    struct der d = der_open(der, TAG_PREPARE_DOWNLOAD);
    struct rsp_prepare_download_response t = {0};

    t.ok = der_optional(&d, TAG_A0);
    if (t.ok)
        get_download_ok(&d, &t);
    else
        get_download_error(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_download_ok(const struct rsp_prepare_download_response *in, struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->euicc_signature2, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN}};
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_A0);
    TRY(rsp_encode_euicc_signed2(&in->euicc_signed2, out));
    der_put_raw(out, in->euicc_signature2);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_encode_prepare_download_response(const struct rsp_prepare_download_response *in,
                                                 struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    size_t at = der_begin(out, TAG_PREPARE_DOWNLOAD), error_at;

    if (in->ok) {
        TRY(put_download_ok(in, out));
    } else {
        TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
        error_at = der_begin(out, TAG_A1);
        der_put(out, TAG_0, in->transaction_id);
        der_put_int(out, DER_INTEGER, in->error);
        der_close(out, error_at);
    }
    der_close(out, at);
    return buf_ok(out);
}
