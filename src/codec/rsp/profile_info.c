/* SPDX-License-Identifier: Apache-2.0 */
/* ES10c.GetProfilesInfo. SGP.22 5.7.15 */
#include "codec/rsp/metadata_member.h"

#define AID_MIN 1

static const uint8_t default_tags[] = {0x5A, 0x4F, 0x9F, 0x70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95};

struct bytes rsp_default_tag_list(void)
{
    return BYTES_OF(default_tags);
}

/* The next tag of a tag list, up to three bytes; 0 when it is cut off. */
static uint32_t next_tag(struct cur *c)
{
    uint32_t tag = cur_u8(c);
    uint8_t byte = 0x80;

    if ((tag & 0x1F) != 0x1F)
        return c->bad ? 0 : tag;
    for (int i = 0; i < 2 && (byte & 0x80); i++) {
        byte = cur_u8(c);
        tag = tag << 8 | byte;
    }
    if (byte & 0x80)
        c->bad = true;
    return c->bad ? 0 : tag;
}

bool rsp_tag_list_has(struct bytes tag_list, uint32_t tag)
{
    struct cur c = cur_of(tag_list);

    while (c.n > 0 && !c.bad)
        if (next_tag(&c) == tag)
            return tag != 0;
    return false;
}

enum xk_err rsp_check_tag_list(struct bytes tag_list)
{
    struct cur c = cur_of(tag_list);

    while (c.n > 0 && !c.bad)
        next_tag(&c);
    return cur_ok(&c);
}

static void get_info_member(struct der *d, uint32_t tag, struct rsp_profile_info *out)
{
    switch (tag) {
    case TAG_ISDP_AID:
        out->isdp_aid = der_octets(d, tag, AID_MIN, RSP_AID_MAX);
        break;
    case TAG_PROFILE_STATE:
        out->has_state = true;
        out->state = der_u32(d, tag);
        break;
    case TAG_PROFILE_NICKNAME:
        out->nickname = der_utf8(d, tag, 0, RSP_NICKNAME_MAX);
        break;
    case TAG_DP_PROPRIETARY_DATA:
        out->dp_proprietary_data = der_take(d, tag);
        break;
    case TAG_ENABLED_ON_ESIM_PORT:
        out->has_esim_port = true;
        out->esim_port = der_u32(d, tag);
        break;
    case TAG_PROFILE_SIZE:
        out->has_profile_size = true;
        out->profile_size = der_u32(d, tag);
        break;
    default:
        metadata_get_member(d, tag, &out->metadata);
        break;
    }
}

enum xk_err rsp_decode_profile_info(struct bytes der, struct rsp_profile_info *out)
{
    struct der d = der_open(der, TAG_PROFILE_INFO);
    struct rsp_profile_info t = {.metadata = {.raw = der, .profile_class = RSP_CLASS_OPERATIONAL}};
    struct rsp_seen seen = {.n = 0};

    while (der_more(&d)) {
        uint32_t tag = der_peek(&d);

        if (rsp_first_time(&seen, &d, tag))
            get_info_member(&d, tag, &t);
    }
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static void put_info_member(const struct rsp_profile_info *in, uint32_t tag, struct buf *out)
{
    switch (tag) {
    case TAG_ISDP_AID:
        der_put_optional(out, tag, in->isdp_aid);
        break;
    case TAG_PROFILE_STATE:
        if (in->has_state)
            der_put_int(out, tag, in->state);
        break;
    case TAG_PROFILE_NICKNAME:
        der_put_optional(out, tag, in->nickname);
        break;
    case TAG_DP_PROPRIETARY_DATA:
        der_put_optional(out, tag, in->dp_proprietary_data);
        break;
    case TAG_ENABLED_ON_ESIM_PORT:
        if (in->has_esim_port)
            der_put_int(out, tag, in->esim_port);
        break;
    case TAG_PROFILE_SIZE:
        if (in->has_profile_size)
            der_put_int(out, tag, in->profile_size);
        break;
    default:
        metadata_put_member(&in->metadata, tag, out);
        break;
    }
}

enum xk_err rsp_encode_profile_info(const struct rsp_profile_info *in, struct bytes tag_list,
                                    struct buf *out)
{
    static const uint32_t order[] = {
        TAG_ICCID,
        TAG_ISDP_AID,
        TAG_PROFILE_STATE,
        TAG_PROFILE_NICKNAME,
        TAG_SERVICE_PROVIDER_NAME,
        TAG_PROFILE_NAME,
        TAG_ICON_TYPE,
        TAG_ICON,
        TAG_PROFILE_CLASS,
        TAG_NOTIFICATION_CONFIGURATION,
        TAG_PROFILE_OWNER,
        TAG_DP_PROPRIETARY_DATA,
        TAG_PROFILE_POLICY_RULES,
        TAG_REF_AR_DO,
        TAG_SERVICE_SPECIFIC_DATA_STORED,
        TAG_RPM_CONFIGURATION,
        TAG_HRI_SERVER_ADDRESS,
        TAG_LPR_CONFIGURATION,
        TAG_ENTERPRISE_CONFIGURATION,
        TAG_SERVICE_DESCRIPTION,
        TAG_DEVICE_CHANGE_CONFIGURATION,
        TAG_ENABLED_ON_ESIM_PORT,
        TAG_PROFILE_SIZE,
        TAG_ECALL_INDICATION,
        TAG_FALLBACK_ALLOWED,
    };
    size_t at;

    TRY(metadata_check(&in->metadata));
    if (der_value_utf8(in->nickname, 0, RSP_NICKNAME_MAX) != XK_OK || in->isdp_aid.n > RSP_AID_MAX)
        return XK_E_VALUE;
    at = der_begin(out, TAG_PROFILE_INFO);
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (!DER_PRESENT(tag_list) || rsp_tag_list_has(tag_list, order[i]))
            put_info_member(in, order[i], out);
    der_close(out, at);
    return buf_ok(out);
}

static void get_search(struct der *d, struct rsp_profile_info_list_request *out)
{
    struct der c = der_enter(d, TAG_A0);

    switch (der_peek(&c)) {
    case TAG_ISDP_AID:
        out->search = RSP_SEARCH_AID;
        out->id = der_octets(&c, TAG_ISDP_AID, AID_MIN, RSP_AID_MAX);
        break;
    case TAG_ICCID:
        out->search = RSP_SEARCH_ICCID;
        out->id = rsp_get_iccid(&c);
        break;
    default:
        out->search = RSP_SEARCH_CLASS;
        out->profile_class = der_u32(&c, TAG_PROFILE_CLASS);
        break;
    }
    der_leave(d, &c);
}

enum xk_err rsp_decode_profile_info_list_request(struct bytes der,
                                                 struct rsp_profile_info_list_request *out)
{
    struct der d = der_open(der, TAG_PROFILE_INFO_LIST);
    struct rsp_profile_info_list_request t = {.search = RSP_SEARCH_ALL};

    if (der_optional(&d, TAG_A0))
        get_search(&d, &t);
    if (der_optional(&d, TAG_TAG_LIST))
        t.tag_list = der_take(&d, TAG_TAG_LIST);
    TRY(der_finish(&d));
    TRY(rsp_check_tag_list(t.tag_list));
    *out = t;
    return XK_OK;
}

static enum xk_err put_search(const struct rsp_profile_info_list_request *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_A0);

    if (in->search == RSP_SEARCH_CLASS)
        der_put_int(out, TAG_PROFILE_CLASS, in->profile_class);
    else if (in->search == RSP_SEARCH_ICCID && in->id.n == RSP_ICCID_LEN)
        der_put(out, TAG_ICCID, in->id);
    else if (in->search == RSP_SEARCH_AID && in->id.n >= AID_MIN && in->id.n <= RSP_AID_MAX)
        der_put(out, TAG_ISDP_AID, in->id);
    else
        return XK_E_VALUE;
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_encode_profile_info_list_request(const struct rsp_profile_info_list_request *in,
                                                 struct buf *out)
{
    size_t at = der_begin(out, TAG_PROFILE_INFO_LIST);

    TRY(rsp_check_tag_list(in->tag_list));
    if (in->search != RSP_SEARCH_ALL)
        TRY(put_search(in, out));
    der_put_optional(out, TAG_TAG_LIST, in->tag_list);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_profile_info_list_response(struct bytes der,
                                                  struct rsp_profile_info_list_response *out)
{
    struct der d = der_open(der, TAG_PROFILE_INFO_LIST);
    struct rsp_profile_info_list_response t = {0};

    if ((t.ok = der_optional(&d, TAG_A0)))
        t.profiles = der_take(&d, TAG_A0);
    else
        t.error = der_u32(&d, TAG_1);
    TRY(der_end(&d));
    TRY(der_check_run(t.profiles, TAG_PROFILE_INFO));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_profile_info_list_response(const struct rsp_profile_info_list_response *in,
                                                  struct buf *out)
{
    size_t at = der_begin(out, TAG_PROFILE_INFO_LIST);

    if (in->ok)
        der_put(out, TAG_A0, in->profiles);
    else
        der_put_int(out, TAG_1, in->error);
    der_close(out, at);
    return buf_ok(out);
}
