/* SPDX-License-Identifier: Apache-2.0 */
/* StoreMetadata and UpdateMetadata, and the members that ProfileInfo shares with them. */
#include "codec/rsp/metadata.h"

#include "codec/rsp/metadata_member.h"

enum xk_err rsp_icon_type_of(struct bytes icon, uint32_t *type)
{
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    if (icon.n > RSP_ICON_MAX)
        return XK_E_LIMIT;
    if (icon.n >= sizeof jpeg && memcmp(icon.p, jpeg, sizeof jpeg) == 0)
        *type = RSP_ICON_JPG;
    else if (icon.n >= sizeof png && memcmp(icon.p, png, sizeof png) == 0)
        *type = RSP_ICON_PNG;
    else
        return XK_E_VALUE;
    return XK_OK;
}

const char *rsp_icon_type_name(uint32_t type)
{
    switch (type) {
    case RSP_ICON_JPG:
        return "jpg";
    case RSP_ICON_PNG:
        return "png";
    default:
        return "unknown";
    }
}

static void get_configuration(struct der *list, struct rsp_notification_configurations *out)
{
    struct der row = der_enter(list, DER_SEQUENCE);
    struct rsp_notification_configuration c = {.address = BYTES_NONE};

    c.events = der_bits(&row, TAG_0);
    c.address = der_utf8(&row, TAG_1, 0, RSP_FQDN_MAX);
    der_leave(list, &row);
    if (out->n == RSP_NOTIFICATION_CONFIGURATIONS_MAX)
        der_fail(list, XK_E_LIMIT);
    else
        out->row[out->n++] = c;
}

static void get_configurations(struct der *d, struct rsp_notification_configurations *out)
{
    struct der list = der_enter(d, TAG_NOTIFICATION_CONFIGURATION);

    while (der_more(&list))
        get_configuration(&list, out);
    der_leave(d, &list);
}

/* Members that are kept as they are: tag and where. */
static struct bytes *opaque_member(struct rsp_metadata *m, uint32_t tag)
{
    switch (tag) {
    case TAG_SERVICE_SPECIFIC_DATA_STORED:
        return &m->service_specific_stored;
    case TAG_SERVICE_SPECIFIC_DATA_NOT_STORED:
        return &m->service_specific_not_stored;
    case TAG_RPM_CONFIGURATION:
        return &m->rpm_configuration;
    case TAG_HRI_SERVER_ADDRESS:
        return &m->hri_server_address;
    case TAG_SERVICE_PROVIDER_MESSAGE:
        return &m->service_provider_message;
    case TAG_LPR_CONFIGURATION:
        return &m->lpr_configuration;
    case TAG_ENTERPRISE_CONFIGURATION:
        return &m->enterprise_configuration;
    case TAG_SERVICE_DESCRIPTION:
        return &m->service_description;
    case TAG_DEVICE_CHANGE_CONFIGURATION:
        return &m->device_change_configuration;
    case TAG_TAG_LIST:
        return &m->tags_for_deletion;
    case TAG_FALLBACK_ALLOWED:
        return &m->fallback_allowed;
    case TAG_ECALL_INDICATION:
        return &m->ecall_indication;
    case TAG_REF_AR_DO:
        return &m->ref_ar_do;
    default:
        return NULL;
    }
}

static void get_opaque_member(struct der *d, uint32_t tag, struct rsp_metadata *out)
{
    struct bytes *place = opaque_member(out, tag);

    if (place)
        *place = der_take(d, tag);
    else
        der_skip(d);
    out->unknown_members |= place == NULL;
}

void metadata_get_member(struct der *d, uint32_t tag, struct rsp_metadata *out)
{
    switch (tag) {
    case TAG_ICCID:
        out->iccid = rsp_get_iccid(d);
        break;
    case TAG_SERVICE_PROVIDER_NAME:
        out->service_provider_name = der_utf8(d, tag, 0, RSP_SPN_MAX);
        break;
    case TAG_PROFILE_NAME:
        out->profile_name = der_utf8(d, tag, 0, RSP_PROFILE_NAME_MAX);
        break;
    case TAG_ICON_TYPE:
        out->has_icon_type = true;
        out->icon_type = der_u32(d, tag);
        break;
    case TAG_ICON:
        out->icon = der_octets(d, tag, 0, RSP_ICON_MAX);
        break;
    case TAG_PROFILE_CLASS:
        out->has_profile_class = true;
        out->profile_class = der_u32(d, tag);
        break;
    case TAG_NOTIFICATION_CONFIGURATION:
        out->has_notification_configurations = true;
        get_configurations(d, &out->notification_configurations);
        break;
    case TAG_PROFILE_OWNER:
        out->has_owner = true;
        rsp_get_operator_id(d, tag, &out->owner);
        break;
    case TAG_PROFILE_POLICY_RULES:
        out->has_ppr = true;
        out->ppr = der_bits(d, tag);
        break;
    case TAG_ESTIMATED_PROFILE_SIZE:
        out->has_estimated_size = true;
        out->estimated_size = der_u32(d, tag);
        break;
    default:
        get_opaque_member(d, tag, out);
        break;
    }
}

static void get_members(struct der *d, struct rsp_seen *seen, struct rsp_metadata *out)
{
    out->profile_class = RSP_CLASS_OPERATIONAL;
    while (der_more(d)) {
        uint32_t tag = der_peek(d);

        if (rsp_first_time(seen, d, tag))
            metadata_get_member(d, tag, out);
    }
}

/* SGP.22 5.5.3 */
enum xk_err rsp_decode_store_metadata(struct bytes der, struct rsp_metadata *out)
{
    struct der d = der_open(der, TAG_STORE_METADATA);
    struct rsp_metadata t = {.raw = der};
    struct rsp_seen seen = {.n = 0};

    get_members(&d, &seen, &t);
    if (!rsp_was_seen(&seen, TAG_ICCID) || !rsp_was_seen(&seen, TAG_SERVICE_PROVIDER_NAME) ||
        !rsp_was_seen(&seen, TAG_PROFILE_NAME))
        der_fail(&d, XK_E_FORMAT);
    if (DER_PRESENT(t.icon) && !t.has_icon_type)
        der_fail(&d, XK_E_VALUE);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

/* SGP.22 5.4.1 */
enum xk_err rsp_decode_update_metadata(struct bytes der, struct rsp_metadata *out)
{
    struct der d = der_open(der, TAG_UPDATE_METADATA);
    struct rsp_metadata t = {.raw = der};
    struct rsp_seen seen = {.n = 0};

    get_members(&d, &seen, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static void put_configurations(const struct rsp_notification_configurations *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_NOTIFICATION_CONFIGURATION);

    for (size_t i = 0; i < in->n; i++) {
        size_t row_at = der_begin(out, DER_SEQUENCE);

        der_put_bits(out, TAG_0, in->row[i].events);
        der_put(out, TAG_1, in->row[i].address);
        der_close(out, row_at);
    }
    der_close(out, at);
}

static void put_opaque_member(const struct rsp_metadata *in, uint32_t tag, struct buf *out)
{
    struct rsp_metadata t = *in;
    const struct bytes *place = opaque_member(&t, tag);

    if (place)
        der_put_optional(out, tag, *place);
}

void metadata_put_member(const struct rsp_metadata *in, uint32_t tag, struct buf *out)
{
    switch (tag) {
    case TAG_ICCID:
        der_put_optional(out, tag, in->iccid);
        break;
    case TAG_SERVICE_PROVIDER_NAME:
        der_put_optional(out, tag, in->service_provider_name);
        break;
    case TAG_PROFILE_NAME:
        der_put_optional(out, tag, in->profile_name);
        break;
    case TAG_ICON_TYPE:
        if (in->has_icon_type)
            der_put_int(out, tag, in->icon_type);
        break;
    case TAG_ICON:
        der_put_optional(out, tag, in->icon);
        break;
    case TAG_PROFILE_CLASS:
        if (in->has_profile_class)
            der_put_int(out, tag, in->profile_class);
        break;
    case TAG_NOTIFICATION_CONFIGURATION:
        if (in->has_notification_configurations)
            put_configurations(&in->notification_configurations, out);
        break;
    case TAG_PROFILE_OWNER:
        if (in->has_owner)
            rsp_put_operator_id(out, tag, &in->owner);
        break;
    case TAG_PROFILE_POLICY_RULES:
        if (in->has_ppr)
            der_put_bits(out, tag, in->ppr);
        break;
    case TAG_ESTIMATED_PROFILE_SIZE:
        if (in->has_estimated_size)
            der_put_int(out, tag, in->estimated_size);
        break;
    default:
        put_opaque_member(in, tag, out);
        break;
    }
}

static bool text_fits(struct bytes text, size_t max)
{
    return der_value_utf8(text, 0, max) == XK_OK;
}

enum xk_err metadata_check(const struct rsp_metadata *in)
{
    const struct rsp_notification_configurations *n = &in->notification_configurations;

    if ((DER_PRESENT(in->iccid) && in->iccid.n != RSP_ICCID_LEN) || in->icon.n > RSP_ICON_MAX ||
        !text_fits(in->service_provider_name, RSP_SPN_MAX) ||
        !text_fits(in->profile_name, RSP_PROFILE_NAME_MAX))
        return XK_E_VALUE;
    if (in->has_owner && in->owner.mcc_mnc.n != 3)
        return XK_E_VALUE;
    return n->n <= RSP_NOTIFICATION_CONFIGURATIONS_MAX ? XK_OK : XK_E_LIMIT;
}

/* profileClass is not written when it is the default. X.690 11.5 */
static void put_members(const struct rsp_metadata *in, const uint32_t *order, size_t n,
                        struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        if (order[i] != TAG_PROFILE_CLASS || in->profile_class != RSP_CLASS_OPERATIONAL)
            metadata_put_member(in, order[i], out);
}

enum xk_err rsp_encode_store_metadata(const struct rsp_metadata *in, struct buf *out)
{
    static const uint32_t order[] = {
        TAG_ICCID,
        TAG_SERVICE_PROVIDER_NAME,
        TAG_PROFILE_NAME,
        TAG_ICON_TYPE,
        TAG_ICON,
        TAG_PROFILE_CLASS,
        TAG_NOTIFICATION_CONFIGURATION,
        TAG_PROFILE_OWNER,
        TAG_PROFILE_POLICY_RULES,
        TAG_REF_AR_DO,
        TAG_SERVICE_SPECIFIC_DATA_STORED,
        TAG_SERVICE_SPECIFIC_DATA_NOT_STORED,
        TAG_RPM_CONFIGURATION,
        TAG_HRI_SERVER_ADDRESS,
        TAG_SERVICE_PROVIDER_MESSAGE,
        TAG_LPR_CONFIGURATION,
        TAG_ENTERPRISE_CONFIGURATION,
        TAG_SERVICE_DESCRIPTION,
        TAG_DEVICE_CHANGE_CONFIGURATION,
        TAG_ESTIMATED_PROFILE_SIZE,
        TAG_ECALL_INDICATION,
        TAG_FALLBACK_ALLOWED,
    };
    const struct rsp_need needs[] = {{in->iccid, RSP_ICCID_LEN, RSP_ICCID_LEN},
                                     {in->service_provider_name, 0, 0},
                                     {in->profile_name, 0, 0}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    TRY(metadata_check(in));
    if (DER_PRESENT(in->icon) && !in->has_icon_type)
        return XK_E_VALUE;
    at = der_begin(out, TAG_STORE_METADATA);
    put_members(in, order, ARRAY_LEN(order), out);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_encode_update_metadata(const struct rsp_metadata *in, struct buf *out)
{
    static const uint32_t order[] = {
        TAG_SERVICE_PROVIDER_NAME,
        TAG_PROFILE_NAME,
        TAG_ICON_TYPE,
        TAG_ICON,
        TAG_PROFILE_POLICY_RULES,
        TAG_SERVICE_SPECIFIC_DATA_STORED,
        TAG_NOTIFICATION_CONFIGURATION,
        TAG_TAG_LIST,
        TAG_RPM_CONFIGURATION,
        TAG_HRI_SERVER_ADDRESS,
        TAG_LPR_CONFIGURATION,
        TAG_ENTERPRISE_CONFIGURATION,
        TAG_DEVICE_CHANGE_CONFIGURATION,
    };
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(metadata_check(in));
    at = der_begin(out, TAG_UPDATE_METADATA);
    put_members(in, order, ARRAY_LEN(order), out);
    der_close(out, at);
    return buf_ok(out);
}
