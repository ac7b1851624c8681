/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/crl.h"

/* SGP.22 5.7.12 */
enum xk_err rsp_decode_load_crl_request(struct bytes der, struct bytes *crl)
{
    struct der d = der_open(der, TAG_LOAD_CRL);
    struct bytes contents = der_take(&d, der_optional(&d, TAG_A0) ? TAG_A0 : DER_SEQUENCE);

    TRY(der_finish(&d));
    TRY(der_check_run(contents, 0));
    *crl = contents;
    return XK_OK;
}

enum xk_err rsp_encode_load_crl_request(struct bytes crl, struct buf *out)
{
    size_t at = der_begin(out, TAG_LOAD_CRL);

    der_put(out, TAG_A0, crl);
    der_close(out, at);
    return buf_ok(out);
}

static void get_missing_parts(struct der *d, struct rsp_load_crl_response *out)
{
    struct der list = der_enter(d, TAG_A0);

    while (der_more(&list)) {
        uint32_t part = der_u32(&list, DER_INTEGER);

        if (out->missing_parts_n == RSP_CRL_PARTS_MAX)
            der_fail(&list, XK_E_LIMIT);
        else
            out->missing_parts[out->missing_parts_n++] = part;
    }
    der_leave(d, &list);
}

enum xk_err rsp_decode_load_crl_response(struct bytes der, struct rsp_load_crl_response *out)
{
    struct der d = der_open(der, TAG_LOAD_CRL), k;
    struct rsp_load_crl_response t = {0};

    if ((t.ok = der_optional(&d, TAG_A0))) {
        k = der_enter(&d, TAG_A0);
        if (der_optional(&k, TAG_A0))
            get_missing_parts(&k, &t);
        der_leave(&d, &k);
    } else {
        t.error = der_u32(&d, TAG_1);
    }
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_load_crl_response(const struct rsp_load_crl_response *in, struct buf *out)
{
    size_t at, ok_at, list_at;

    if (in->missing_parts_n > RSP_CRL_PARTS_MAX)
        return XK_E_LIMIT;
    at = der_begin(out, TAG_LOAD_CRL);
    if (in->ok) {
        ok_at = der_begin(out, TAG_A0);
        if (in->missing_parts_n > 0) {
            list_at = der_begin(out, TAG_A0);
            for (size_t i = 0; i < in->missing_parts_n; i++)
                der_put_int(out, DER_INTEGER, in->missing_parts[i]);
            der_close(out, list_at);
        }
        der_close(out, ok_at);
    } else {
        der_put_int(out, TAG_1, in->error);
    }
    der_close(out, at);
    return buf_ok(out);
}
