/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/es10c.h"

#define NICKNAME_MAX 64
#define AID_MIN 1

/* A CHOICE of application tags: the next member. */
static void get_profile_id(struct der *d, struct rsp_profile_id *out)
{
    *out = (struct rsp_profile_id){.aid = BYTES_NONE};
    if (der_optional(d, TAG_ISDP_AID))
        out->aid = der_octets(d, TAG_ISDP_AID, AID_MIN, RSP_AID_MAX);
    else
        out->iccid = rsp_get_iccid(d);
}

static enum xk_err put_profile_id(const struct rsp_profile_id *in, struct buf *out)
{
    if (DER_PRESENT(in->aid) == DER_PRESENT(in->iccid))
        return XK_E_VALUE;
    if (DER_PRESENT(in->aid) && (in->aid.n < AID_MIN || in->aid.n > RSP_AID_MAX))
        return XK_E_VALUE;
    if (DER_PRESENT(in->iccid) && in->iccid.n != RSP_ICCID_LEN)
        return XK_E_VALUE;
    der_put_optional(out, TAG_ISDP_AID, in->aid);
    der_put_optional(out, TAG_ICCID, in->iccid);
    return buf_ok(out);
}

/* SGP.22 5.7.16, 5.7.17. Automatic tags: the CHOICE is explicit in [0]. */
static enum xk_err decode_switch(struct bytes der, uint32_t tag,
                                 struct rsp_profile_switch_request *out)
{
    struct der d = der_open(der, tag);
    struct der choice = der_enter(&d, TAG_A0);
    struct rsp_profile_switch_request t = {0};

    get_profile_id(&choice, &t.id);
    if (der_more(&choice))
        der_fail(&choice, XK_E_FORMAT);
    der_leave(&d, &choice);
    t.refresh = der_bool(&d, TAG_1);
    if (tag == TAG_ENABLE_PROFILE && (t.has_target_port = der_optional(&d, TAG_2)))
        t.target_port = der_u32(&d, TAG_2);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err encode_switch(const struct rsp_profile_switch_request *in, uint32_t tag,
                                 struct buf *out)
{
    size_t at = der_begin(out, tag), choice_at = der_begin(out, TAG_A0);

    TRY(put_profile_id(&in->id, out));
    der_close(out, choice_at);
    der_put_bool(out, TAG_1, in->refresh);
    if (tag == TAG_ENABLE_PROFILE && in->has_target_port)
        der_put_int(out, TAG_2, in->target_port);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_enable_profile_request(struct bytes der,
                                              struct rsp_profile_switch_request *out)
{
    return decode_switch(der, TAG_ENABLE_PROFILE, out);
}

enum xk_err rsp_encode_enable_profile_request(const struct rsp_profile_switch_request *in,
                                              struct buf *out)
{
    return encode_switch(in, TAG_ENABLE_PROFILE, out);
}

enum xk_err rsp_decode_disable_profile_request(struct bytes der,
                                               struct rsp_profile_switch_request *out)
{
    return decode_switch(der, TAG_DISABLE_PROFILE, out);
}

enum xk_err rsp_encode_disable_profile_request(const struct rsp_profile_switch_request *in,
                                               struct buf *out)
{
    return encode_switch(in, TAG_DISABLE_PROFILE, out);
}

/* SGP.22 5.7.18. The message is the CHOICE itself. */
enum xk_err rsp_decode_delete_profile_request(struct bytes der, struct rsp_profile_id *out)
{
    struct der d = der_open(der, TAG_DELETE_PROFILE);
    struct rsp_profile_id t;

    get_profile_id(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_delete_profile_request(const struct rsp_profile_id *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_DELETE_PROFILE);

    TRY(put_profile_id(in, out));
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.19 */
enum xk_err rsp_decode_memory_reset_request(struct bytes der, uint64_t *options)
{
    struct der d = der_open(der, TAG_EUICC_MEMORY_RESET);
    uint64_t bits = der_bits(&d, TAG_2);

    TRY(der_finish(&d));
    *options = bits;
    return XK_OK;
}

enum xk_err rsp_encode_memory_reset_request(uint64_t options, struct buf *out)
{
    size_t at = der_begin(out, TAG_EUICC_MEMORY_RESET);

    der_put_bits(out, TAG_2, options);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.21 */
enum xk_err rsp_decode_set_nickname_request(struct bytes der, struct rsp_set_nickname_request *out)
{
    struct der d = der_open(der, TAG_SET_NICKNAME);
    struct rsp_set_nickname_request t;

    t.iccid = rsp_get_iccid(&d);
    t.nickname = der_utf8(&d, TAG_PROFILE_NICKNAME, 0, NICKNAME_MAX);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_set_nickname_request(const struct rsp_set_nickname_request *in,
                                            struct buf *out)
{
    size_t at;

    if (in->iccid.n != RSP_ICCID_LEN || der_value_utf8(in->nickname, 0, NICKNAME_MAX) != XK_OK)
        return XK_E_VALUE;
    at = der_begin(out, TAG_SET_NICKNAME);
    der_put(out, TAG_ICCID, in->iccid);
    der_put(out, TAG_PROFILE_NICKNAME, in->nickname);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.7.20 */
enum xk_err rsp_decode_get_eid_request(struct bytes der)
{
    struct der d = der_open(der, TAG_GET_EUICC_DATA);
    struct bytes tags = der_octets(&d, TAG_TAG_LIST, 1, 1);

    if (d.err == XK_OK && tags.p[0] != TAG_EID_VALUE)
        der_fail(&d, XK_E_VALUE);
    return der_finish(&d);
}

enum xk_err rsp_encode_get_eid_request(struct buf *out)
{
    static const uint8_t tags[] = {TAG_EID_VALUE};
    size_t at = der_begin(out, TAG_GET_EUICC_DATA);

    der_put(out, TAG_TAG_LIST, BYTES_OF(tags));
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_get_eid_response(struct bytes der, struct bytes *eid)
{
    struct der d = der_open(der, TAG_GET_EUICC_DATA);
    struct bytes value = der_octets(&d, TAG_EID_VALUE, RSP_EID_LEN, RSP_EID_LEN);

    TRY(der_finish(&d));
    *eid = value;
    return XK_OK;
}

enum xk_err rsp_encode_get_eid_response(struct bytes eid, struct buf *out)
{
    size_t at;

    if (eid.n != RSP_EID_LEN)
        return XK_E_VALUE;
    at = der_begin(out, TAG_GET_EUICC_DATA);
    der_put(out, TAG_EID_VALUE, eid);
    der_close(out, at);
    return buf_ok(out);
}
