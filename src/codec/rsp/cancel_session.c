/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/cancel_session.h"

/* SGP.22 5.7.14. Automatic tags in the request and in what is signed. */
enum xk_err rsp_decode_cancel_session_request(struct bytes der,
                                              struct rsp_cancel_session_request *out)
{
    struct der d = der_open(der, TAG_CANCEL_SESSION);
    struct rsp_cancel_session_request t;

    t.transaction_id = rsp_get_transaction_id(&d);
    t.reason = der_u32(&d, TAG_1);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_cancel_session_request(const struct rsp_cancel_session_request *in,
                                              struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_CANCEL_SESSION);
    der_put(out, TAG_0, in->transaction_id);
    der_put_int(out, TAG_1, in->reason);
    der_close(out, at);
    return buf_ok(out);
}

static void get_signed(struct der *d, struct rsp_euicc_cancel_session_signed *out)
{
    struct der s = der_enter_raw(d, DER_SEQUENCE, &out->raw);

    out->transaction_id = rsp_get_transaction_id(&s);
    out->smdp_oid = der_oid(&s, TAG_1);
    out->reason = der_u32(&s, TAG_2);
    der_leave(d, &s);
}

enum xk_err rsp_decode_euicc_cancel_session_signed(struct bytes der,
                                                   struct rsp_euicc_cancel_session_signed *out)
{
    struct der d = der_of(der);
    struct rsp_euicc_cancel_session_signed t = {0};

    get_signed(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_euicc_cancel_session_signed(const struct rsp_euicc_cancel_session_signed *in,
                                                   struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
                                     {in->smdp_oid, 1, 0}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, DER_SEQUENCE);
    der_put(out, TAG_0, in->transaction_id);
    der_put(out, TAG_1, in->smdp_oid);
    der_put_int(out, TAG_2, in->reason);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_cancel_session_response(struct bytes der,
                                               struct rsp_cancel_session_response *out)
{
    struct der d = der_open(der, TAG_CANCEL_SESSION), k;
    struct rsp_cancel_session_response t = {0};

    if ((t.ok = der_optional(&d, TAG_A0))) {
        k = der_enter(&d, TAG_A0);
        get_signed(&k, &t.signed_data);
        t.signature = rsp_get_signature(&k);
        der_leave(&d, &k);
    } else {
        t.error = der_u32(&d, TAG_1);
    }
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_cancel_session_response(const struct rsp_cancel_session_response *in,
                                               struct buf *out)
{
    const struct rsp_need needs[] = {{in->signature, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN}};
    size_t at = der_begin(out, TAG_CANCEL_SESSION), ok_at;

    if (in->ok) {
        TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
        ok_at = der_begin(out, TAG_A0);
        TRY(rsp_encode_euicc_cancel_session_signed(&in->signed_data, out));
        der_put_raw(out, in->signature);
        der_close(out, ok_at);
    } else {
        der_put_int(out, TAG_1, in->error);
    }
    der_close(out, at);
    return buf_ok(out);
}
