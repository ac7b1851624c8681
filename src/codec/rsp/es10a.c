/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/es10a.h"

/* ISDRProprietaryApplicationTemplate: a manual tag on the first member, so the bits are universal;
 * 81 is seen too. */
#define TAG_SVN 0x82
#define TAG_CONFIGURATION_FIELD 0x81

/* SGP.22 5.7.1 */
enum xk_err rsp_decode_isdr_template(struct bytes der, struct rsp_isdr_template *out)
{
    struct der d = der_open(der, TAG_ISDR_TEMPLATE);
    struct rsp_isdr_template t = {.svn = rsp_get_version(&d, TAG_SVN)};
    uint32_t tag = der_peek(&d);

    if ((t.has_configuration = tag == DER_BIT_STRING || tag == TAG_CONFIGURATION_FIELD))
        t.configuration = der_bits(&d, tag);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_isdr_template(const struct rsp_isdr_template *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_ISDR_TEMPLATE);

    rsp_put_version(out, TAG_SVN, in->svn);
    if (in->has_configuration)
        der_put_bits(out, DER_BIT_STRING, in->configuration);
    der_close(out, at);
    return buf_ok(out);
}

static void get_additional_ds(struct der *d, struct rsp_euicc_configured_addresses *out)
{
    struct der list = der_enter(d, TAG_A2);

    while (der_more(&list)) {
        struct bytes address = der_utf8(&list, DER_UTF8_STRING, 0, RSP_FQDN_MAX);

        if (out->additional_root_ds_n == RSP_ADDITIONAL_DS_MAX)
            der_fail(&list, XK_E_LIMIT);
        else
            out->additional_root_ds[out->additional_root_ds_n++] = address;
    }
    der_leave(d, &list);
}

/* SGP.22 5.7.3; a card without a root SM-DS may leave it out */
enum xk_err rsp_decode_euicc_configured_addresses(struct bytes der,
                                                  struct rsp_euicc_configured_addresses *out)
{
    struct der d = der_open(der, TAG_EUICC_CONFIGURED_ADDRESSES);
    struct rsp_euicc_configured_addresses t = {0};

    if (der_optional(&d, TAG_0))
        t.default_dp = der_utf8(&d, TAG_0, 0, RSP_FQDN_MAX);
    if (der_optional(&d, TAG_1))
        t.root_ds = der_utf8(&d, TAG_1, 0, RSP_FQDN_MAX);
    if (der_optional(&d, TAG_A2))
        get_additional_ds(&d, &t);
    if (der_optional(&d, TAG_3))
        t.allowed_ci_pk_id = der_octets(&d, TAG_3, 1, RSP_KEY_ID_MAX);
    if (der_optional(&d, TAG_A4))
        t.ci_list = der_take(&d, TAG_A4);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_euicc_configured_addresses(const struct rsp_euicc_configured_addresses *in,
                                                  struct buf *out)
{
    size_t at, list_at;

    if (!DER_PRESENT(in->root_ds) || in->additional_root_ds_n > RSP_ADDITIONAL_DS_MAX)
        return XK_E_VALUE;
    at = der_begin(out, TAG_EUICC_CONFIGURED_ADDRESSES);
    der_put_optional(out, TAG_0, in->default_dp);
    der_put(out, TAG_1, in->root_ds);
    if (in->additional_root_ds_n > 0) {
        list_at = der_begin(out, TAG_A2);
        for (size_t i = 0; i < in->additional_root_ds_n; i++)
            der_put(out, DER_UTF8_STRING, in->additional_root_ds[i]);
        der_close(out, list_at);
    }
    der_put_optional(out, TAG_3, in->allowed_ci_pk_id);
    der_put_optional(out, TAG_A4, in->ci_list);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.4 */
enum xk_err rsp_decode_set_default_dp_address_request(struct bytes der,
                                                      struct rsp_set_default_dp_address *out)
{
    struct der d = der_open(der, TAG_SET_DEFAULT_DP_ADDRESS);
    struct rsp_set_default_dp_address t = {.address = der_utf8(&d, TAG_0, 0, RSP_FQDN_MAX)};

    if (der_optional(&d, TAG_1))
        t.allowed_ci_pk_id = der_octets(&d, TAG_1, 1, RSP_KEY_ID_MAX);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_set_default_dp_address_request(const struct rsp_set_default_dp_address *in,
                                                      struct buf *out)
{
    size_t at;

    if (in->address.n > RSP_FQDN_MAX)
        return XK_E_VALUE;
    at = der_begin(out, TAG_SET_DEFAULT_DP_ADDRESS);
    der_put(out, TAG_0, in->address);
    der_put_optional(out, TAG_1, in->allowed_ci_pk_id);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_set_default_dp_address_response(struct bytes der, uint32_t *result)
{
    return rsp_decode_result(der, TAG_SET_DEFAULT_DP_ADDRESS, result);
}

enum xk_err rsp_encode_set_default_dp_address_response(uint32_t result, struct buf *out)
{
    return rsp_encode_result(TAG_SET_DEFAULT_DP_ADDRESS, result, out);
}
