/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/authenticate.h"

/* ServerSigned1 and EuiccSigned1 */
#define TAG_EUICC_CHALLENGE TAG_1
#define TAG_SERVER_ADDRESS TAG_3
#define TAG_SERVER_CHALLENGE TAG_4
#define TAG_SESSION_CONTEXT TAG_A5
#define TAG_SERVER_RSP_CAPABILITY TAG_6

enum xk_err rsp_encode_empty(uint32_t tag, struct buf *out)
{
    der_put(out, tag, BYTES_NONE);
    return buf_ok(out);
}

/* SGP.22 5.7.7 */
enum xk_err rsp_decode_get_euicc_challenge_response(struct bytes der, struct bytes *challenge)
{
    struct der d = der_open(der, TAG_GET_EUICC_CHALLENGE);
    struct bytes c = der_octets(&d, TAG_0, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN);

    TRY(der_finish(&d));
    *challenge = c;
    return XK_OK;
}

enum xk_err rsp_encode_get_euicc_challenge_response(struct bytes challenge, struct buf *out)
{
    size_t at;

    if (challenge.n != RSP_CHALLENGE_LEN)
        return XK_E_VALUE;
    at = der_begin(out, TAG_GET_EUICC_CHALLENGE);
    der_put(out, TAG_0, challenge);
    der_close(out, at);
    return buf_ok(out);
}

static void get_server_signed1(struct der *d, struct rsp_server_signed1 *out)
{
    struct der s;

    *out = (struct rsp_server_signed1){0};
    s = der_enter_raw(d, DER_SEQUENCE, &out->raw);
    out->transaction_id = rsp_get_transaction_id(&s);
    out->euicc_challenge =
        der_octets(&s, TAG_EUICC_CHALLENGE, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN);
    out->server_address = der_utf8(&s, TAG_SERVER_ADDRESS, 0, RSP_FQDN_MAX);
    out->server_challenge =
        der_octets(&s, TAG_SERVER_CHALLENGE, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN);
    if (der_optional(&s, TAG_SESSION_CONTEXT))
        out->session_context = der_take_raw(&s, TAG_SESSION_CONTEXT);
    if ((out->has_server_rsp_capability = der_optional(&s, TAG_SERVER_RSP_CAPABILITY)))
        out->server_rsp_capability = der_bits(&s, TAG_SERVER_RSP_CAPABILITY);
    der_leave(d, &s);
}

enum xk_err rsp_decode_server_signed1(struct bytes der, struct rsp_server_signed1 *out)
{
    struct der d = der_of(der);
    struct rsp_server_signed1 t;

    get_server_signed1(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_server_signed1(const struct rsp_server_signed1 *in, struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->euicc_challenge, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN},
        {in->server_challenge, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN},
        {in->server_address, 0, RSP_FQDN_MAX},
    };
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, DER_SEQUENCE);
    der_put(out, TAG_0, in->transaction_id);
    der_put(out, TAG_EUICC_CHALLENGE, in->euicc_challenge);
    der_put(out, TAG_SERVER_ADDRESS, in->server_address);
    der_put(out, TAG_SERVER_CHALLENGE, in->server_challenge);
    if (DER_PRESENT(in->session_context))
        der_put_raw(out, in->session_context);
    if (in->has_server_rsp_capability)
        der_put_bits(out, TAG_SERVER_RSP_CAPABILITY, in->server_rsp_capability);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.13. Manual tags: members keep their own, the CHOICE shows its alternative's. */
enum xk_err rsp_decode_authenticate_server_request(struct bytes der,
                                                   struct rsp_authenticate_server_request *out)
{
    struct der d = der_open(der, TAG_AUTHENTICATE_SERVER);
    struct rsp_authenticate_server_request t = {0};

    get_server_signed1(&d, &t.server_signed1);
    t.server_signature1 = rsp_get_signature(&d);
    if (der_optional(&d, DER_OCTET_STRING))
        t.euicc_ci_pk_id = der_octets(&d, DER_OCTET_STRING, 0, RSP_KEY_ID_MAX);
    t.server_certificate = der_take_raw(&d, DER_SEQUENCE);
    rsp_get_ctx_params1(&d, &t.ctx_params1);
    if (der_optional(&d, TAG_A1))
        t.other_certs_in_chain = der_take(&d, TAG_A1);
    if (der_optional(&d, TAG_A2))
        t.crl_list = der_take(&d, TAG_A2);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_authenticate_server_request(const struct rsp_authenticate_server_request *in,
                                                   struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->server_signature1, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->server_certificate, 2, 0},
    };
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_AUTHENTICATE_SERVER);
    TRY(rsp_encode_server_signed1(&in->server_signed1, out));
    der_put_raw(out, in->server_signature1);
    der_put_optional(out, DER_OCTET_STRING, in->euicc_ci_pk_id);
    der_put_raw(out, in->server_certificate);
    TRY(rsp_encode_ctx_params1(&in->ctx_params1, out));
    der_put_optional(out, TAG_A1, in->other_certs_in_chain);
    der_put_optional(out, TAG_A2, in->crl_list);
    der_close(out, at);
    return buf_ok(out);
}

static void get_euicc_signed1(struct der *d, struct rsp_euicc_signed1 *out)
{
    struct der s;

    s = der_enter_raw(d, DER_SEQUENCE, &out->raw);
    out->transaction_id = rsp_get_transaction_id(&s);
    out->server_address = der_utf8(&s, TAG_SERVER_ADDRESS, 0, RSP_FQDN_MAX);
    out->server_challenge =
        der_octets(&s, TAG_SERVER_CHALLENGE, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN);
    rsp_get_euicc_info2(&s, &out->euicc_info2);
    rsp_get_ctx_params1(&s, &out->ctx_params1);
    der_leave(d, &s);
}

enum xk_err rsp_decode_euicc_signed1(struct bytes der, struct rsp_euicc_signed1 *out)
{
    struct der d = der_of(der);
    struct rsp_euicc_signed1 t;

    get_euicc_signed1(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_euicc_signed1(const struct rsp_euicc_signed1 *in, struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->server_address, 0, RSP_FQDN_MAX},
        {in->server_challenge, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN},
    };
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, DER_SEQUENCE);
    der_put(out, TAG_0, in->transaction_id);
    der_put(out, TAG_SERVER_ADDRESS, in->server_address);
    der_put(out, TAG_SERVER_CHALLENGE, in->server_challenge);
    TRY(rsp_encode_euicc_info2(&in->euicc_info2, out));
    TRY(rsp_encode_ctx_params1(&in->ctx_params1, out));
    der_close(out, at);
    return buf_ok(out);
}

static void get_authenticate_ok(struct der *d, struct rsp_authenticate_server_response *out)
{
    struct der k = der_enter(d, TAG_A0);

    get_euicc_signed1(&k, &out->euicc_signed1);
    out->transaction_id = out->euicc_signed1.transaction_id;
    out->euicc_signature1 = rsp_get_signature(&k);
    out->euicc_certificate = der_take_raw(&k, DER_SEQUENCE);
    out->eum_certificate = der_take_raw(&k, DER_SEQUENCE);
    if (der_optional(&k, TAG_A0))
        out->other_certs_in_chain = der_take(&k, TAG_A0);
    der_leave(d, &k);
}

/* The transaction ID has a manual tag, so the code keeps its universal one. */
static void get_authenticate_error(struct der *d, struct rsp_authenticate_server_response *out)
{
    struct der e = der_enter(d, TAG_A1);

    out->transaction_id = rsp_get_transaction_id(&e);
    out->error = der_u32(&e, DER_INTEGER);
    der_leave(d, &e);
}

enum xk_err rsp_decode_authenticate_server_response(struct bytes der,
                                                    struct rsp_authenticate_server_response *out)
{
    struct der d = der_open(der, TAG_AUTHENTICATE_SERVER);
    struct rsp_authenticate_server_response t = {0};

    t.ok = der_optional(&d, TAG_A0);
    if (t.ok)
        get_authenticate_ok(&d, &t);
    else
        get_authenticate_error(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_authenticate_ok(const struct rsp_authenticate_server_response *in,
                                       struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->euicc_signature1, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->euicc_certificate, 2, 0},
        {in->eum_certificate, 2, 0},
    };
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_A0);
    TRY(rsp_encode_euicc_signed1(&in->euicc_signed1, out));
    der_put_raw(out, in->euicc_signature1);
    der_put_raw(out, in->euicc_certificate);
    der_put_raw(out, in->eum_certificate);
    der_put_optional(out, TAG_A0, in->other_certs_in_chain);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err
rsp_encode_authenticate_server_response(const struct rsp_authenticate_server_response *in,
                                        struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    size_t at = der_begin(out, TAG_AUTHENTICATE_SERVER), error_at;

    if (in->ok) {
        TRY(put_authenticate_ok(in, out));
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
