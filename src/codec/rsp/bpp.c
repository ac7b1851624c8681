/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/bpp.h"

/* InitialiseSecureChannelRequest */
#define TAG_REMOTE_OP_ID 0x82
#define TAG_CONTROL_REF_TEMPLATE 0xA6
#define TAG_KEY_TYPE 0x80
#define TAG_KEY_LEN 0x81
#define TAG_HOST_ID 0x84

static void get_control_ref_template(struct der *d, struct rsp_initialise_secure_channel *out)
{
    struct der c = der_enter(d, TAG_CONTROL_REF_TEMPLATE);
    struct bytes type = der_octets(&c, TAG_KEY_TYPE, 1, 1);
    struct bytes len = der_octets(&c, TAG_KEY_LEN, 1, 1);

    out->host_id = der_octets(&c, TAG_HOST_ID, 1, 16);
    der_leave(d, &c);
    if (d->err != XK_OK)
        return;
    out->key_type = type.p[0];
    out->key_len = len.p[0];
}

/* SGP.22 5.5.1. What is signed is what stands before smdpSign. */
static void get_initialise_secure_channel(struct der *d, struct rsp_initialise_secure_channel *out)
{
    struct der i = der_enter_raw(d, TAG_INITIALISE_SECURE_CHANNEL, &out->raw);
    const uint8_t *start = i.p;

    out->remote_op_id = der_u32(&i, TAG_REMOTE_OP_ID);
    out->transaction_id = rsp_get_transaction_id(&i);
    get_control_ref_template(&i, out);
    out->smdp_otpk = der_octets(&i, TAG_OTPK, RSP_OTPK_LEN, RSP_OTPK_LEN);
    if (i.err == XK_OK)
        out->signed_part = BYTES(start, (size_t)(i.p - start));
    out->smdp_sign = rsp_get_signature(&i);
    der_leave(d, &i);
}

enum xk_err rsp_decode_initialise_secure_channel(struct bytes der,
                                                 struct rsp_initialise_secure_channel *out)
{
    struct der d = der_of(der);
    struct rsp_initialise_secure_channel t = {0};

    get_initialise_secure_channel(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_signed_part(const struct rsp_initialise_secure_channel *in, struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->host_id, 1, 16},
        {in->smdp_otpk, RSP_OTPK_LEN, RSP_OTPK_LEN},
    };
    size_t at;

    if (DER_PRESENT(in->signed_part)) {
        der_put_raw(out, in->signed_part);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    der_put_int(out, TAG_REMOTE_OP_ID, in->remote_op_id);
    der_put(out, TAG_0, in->transaction_id);
    at = der_begin(out, TAG_CONTROL_REF_TEMPLATE);
    der_put(out, TAG_KEY_TYPE, BYTES(&in->key_type, 1));
    der_put(out, TAG_KEY_LEN, BYTES(&in->key_len, 1));
    der_put(out, TAG_HOST_ID, in->host_id);
    der_close(out, at);
    der_put(out, TAG_OTPK, in->smdp_otpk);
    return buf_ok(out);
}

enum xk_err rsp_smdp_sign_input(const struct rsp_initialise_secure_channel *in,
                                struct bytes euicc_otpk, struct buf *out)
{
    if (euicc_otpk.n != RSP_OTPK_LEN)
        return XK_E_VALUE;
    TRY(put_signed_part(in, out));
    der_put(out, TAG_OTPK, euicc_otpk);
    return buf_ok(out);
}

enum xk_err rsp_encode_initialise_secure_channel(const struct rsp_initialise_secure_channel *in,
                                                 struct buf *out)
{
    const struct rsp_need needs[] = {{in->smdp_sign, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_INITIALISE_SECURE_CHANNEL);
    TRY(put_signed_part(in, out));
    der_put_raw(out, in->smdp_sign);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.5.2. dpOid has automatic tag [0]; 06 is seen too, so the contents stay as they are. */
enum xk_err rsp_decode_configure_isdp(struct bytes der, struct rsp_configure_isdp *out)
{
    struct der d = der_open(der, TAG_CONFIGURE_ISDP);
    struct rsp_configure_isdp t = {0};
    struct bytes raw = BYTES_NONE;
    struct der data;

    if (der_optional(&d, TAG_DP_PROPRIETARY_DATA)) {
        data = der_enter_raw(&d, TAG_DP_PROPRIETARY_DATA, &raw);
        t.dp_proprietary_data = BYTES(data.p, data.n);
        der_leave(&d, &data);
    }
    if (raw.n > RSP_DP_PROPRIETARY_MAX)
        der_fail(&d, XK_E_VALUE);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_configure_isdp(const struct rsp_configure_isdp *in, struct buf *out)
{
    size_t n = in->dp_proprietary_data.n, at;

    if (n + der_header_len(TAG_DP_PROPRIETARY_DATA, n) > RSP_DP_PROPRIETARY_MAX)
        return XK_E_VALUE;
    at = der_begin(out, TAG_CONFIGURE_ISDP);
    der_put_optional(out, TAG_DP_PROPRIETARY_DATA, in->dp_proprietary_data);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.5.4 */
enum xk_err rsp_decode_replace_session_keys(struct bytes der, struct rsp_replace_session_keys *out)
{
    struct der d = der_open(der, TAG_REPLACE_SESSION_KEYS);
    struct rsp_replace_session_keys t;

    t.initial_mac_chaining_value = der_octets(&d, TAG_0, RSP_PPK_LEN, RSP_PPK_LEN);
    t.ppk_enc = der_octets(&d, TAG_1, RSP_PPK_LEN, RSP_PPK_LEN);
    t.ppk_cmac = der_octets(&d, TAG_2, RSP_PPK_LEN, RSP_PPK_LEN);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_replace_session_keys(const struct rsp_replace_session_keys *in,
                                            struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->initial_mac_chaining_value, RSP_PPK_LEN, RSP_PPK_LEN},
        {in->ppk_enc, RSP_PPK_LEN, RSP_PPK_LEN},
        {in->ppk_cmac, RSP_PPK_LEN, RSP_PPK_LEN},
    };
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_REPLACE_SESSION_KEYS);
    der_put(out, TAG_0, in->initial_mac_chaining_value);
    der_put(out, TAG_1, in->ppk_enc);
    der_put(out, TAG_2, in->ppk_cmac);
    der_close(out, at);
    return buf_ok(out);
}

/* A sequence of the package: a run of TLVs of one tag, at least one. */
static struct bytes get_run(struct der *d, uint32_t tag, uint32_t member)
{
    struct bytes run = der_take(d, tag);

    if (d->err != XK_OK)
        return BYTES_NONE;
    if (run.n > 0 && der_check_run(run, member) == XK_OK)
        return run;
    der_fail(d, XK_E_FORMAT);
    return BYTES_NONE;
}

/* SGP.22 2.5.4 */
enum xk_err rsp_decode_bound_profile_package(struct bytes der,
                                             struct rsp_bound_profile_package *out)
{
    struct der d = der_open(der, TAG_BOUND_PROFILE_PACKAGE);
    struct rsp_bound_profile_package t = {.raw = der};

    get_initialise_secure_channel(&d, &t.initialise_secure_channel);
    t.first_87 = get_run(&d, TAG_A0, TAG_7);
    t.metadata_88 = get_run(&d, TAG_A1, TAG_8);
    if (der_optional(&d, TAG_A2))
        t.second_87 = get_run(&d, TAG_A2, TAG_7);
    t.elements_86 = get_run(&d, TAG_A3, TAG_6);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_bound_profile_package(const struct rsp_bound_profile_package *in,
                                             struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->first_87, 1, 0}, {in->metadata_88, 1, 0}, {in->elements_86, 1, 0}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_BOUND_PROFILE_PACKAGE);
    TRY(rsp_encode_initialise_secure_channel(&in->initialise_secure_channel, out));
    der_put(out, TAG_A0, in->first_87);
    der_put(out, TAG_A1, in->metadata_88);
    der_put_optional(out, TAG_A2, in->second_87);
    der_put(out, TAG_A3, in->elements_86);
    der_close(out, at);
    return buf_ok(out);
}
