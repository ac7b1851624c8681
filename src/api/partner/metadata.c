/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of a profile (SGP.22 2.4.5.3) as parameters of a query, and as JSON. */
#include "codec/rsp/metadata.h"

#include "api/partner/stock.h"
#include "api/wire/base64.h"
#include "api/wire/metadata.h"
#include "base/hex.h"
#include "codec/rsp/activation_code.h"
#include "codec/rsp/iccid.h"

#define GID_MAX 32 /* bytes; operators use one to eight */
#define LAST_RULE RSP_PPR_2

static const char *const event_names[] = {
    [RSP_EVENT_INSTALL] = "install",
    [RSP_EVENT_ENABLE] = "enable",
    [RSP_EVENT_DISABLE] = "disable",
    [RSP_EVENT_DELETE] = "delete",
};

/* ---- out of the query ------------------------------------------------------------------------ */

static bool take_icon(struct call *c, struct rsp_metadata *m)
{
    struct bytes text = bytes_cstr(query_or(c, "icon", ""));
    uint8_t *icon = arena_alloc(c->order->arena, text.n + 1);
    size_t n = 0;

    if (text.n == 0)
        return true;
    if (!icon || base64url_decode(text, icon, text.n, &n) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "icon: base64url");
    m->icon = BYTES(icon, n);
    switch ((int)rsp_icon_type_of(m->icon, &m->icon_type)) {
    case XK_OK:
        m->has_icon_type = true;
        return true;
    case XK_E_LIMIT:
        return answer_refused(
            c, CODE_BAD_METADATA,
            arena_printf(c->order->arena, "icon: %zu bytes, at most %d", n, RSP_ICON_MAX));
    default:
        return answer_refused(c, CODE_BAD_METADATA, "icon: neither PNG nor JPEG");
    }
}

static bool take_class(struct call *c, struct rsp_metadata *m)
{
    const char *class = query_or(c, "class", "operational");

    m->has_profile_class = true;
    for (uint32_t i = RSP_CLASS_TEST; i <= RSP_CLASS_OPERATIONAL; i++) {
        m->profile_class = i;
        if (strcmp(class, rsp_code_name(RSP_TABLE_PROFILE_CLASS, i)) == 0)
            return true;
    }
    return answer_refused(c, CODE_PARAMETER, "class");
}

static uint64_t event_of(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(event_names); i++) {
        if (bytes_eq(name, bytes_cstr(event_names[i])))
            return RSP_BIT(i);
    }
    return 0;
}

/* "enable=host": of one event; "host": of all but the installation, which the SM-DP+ hears of by
 * its result. */
static bool take_notification(struct call *c, struct bytes part, struct rsp_metadata *m)
{
    struct rsp_notification_configurations *all = &m->notification_configurations;
    const uint8_t *equals = part.n > 0 ? memchr(part.p, '=', part.n) : NULL;
    struct rsp_notification_configuration one = {.events = RSP_BIT(RSP_EVENT_ENABLE) |
                                                           RSP_BIT(RSP_EVENT_DISABLE) |
                                                           RSP_BIT(RSP_EVENT_DELETE),
                                                 .address = part};

    if (equals) {
        one.events = event_of(BYTES(part.p, (size_t)(equals - part.p)));
        one.address = BYTES(equals + 1, (size_t)(part.p + part.n - equals - 1));
    }
    if (one.events == 0)
        return answer_refused(c, CODE_PARAMETER, "notify: install, enable, disable or delete");
    if (!rsp_address_is_valid(one.address))
        return answer_refused(c, CODE_BAD_METADATA,
                              arena_printf(c->order->arena, "notify: no host name: %.*s",
                                           (int)one.address.n, (const char *)one.address.p));
    if (all->n == ARRAY_LEN(all->row))
        return answer_refused(c, CODE_TOO_MANY, "notify");
    all->row[all->n++] = one;
    return true;
}

/* Notifications go to the SM-DP+ itself, unless other addresses are named. */
static bool take_notifications(struct call *c, const char *smdp, struct rsp_metadata *m)
{
    const char *list = query_or(c, "notify", smdp);
    struct bytes part;

    m->has_notification_configurations = true;
    while (list_next(&list, &part)) {
        if (!take_notification(c, part, m))
            return false;
    }
    return true;
}

static bool take_rules(struct call *c, struct rsp_metadata *m)
{
    const char *list = query_or(c, "ppr", NULL);
    struct bytes part;

    m->has_ppr = list != NULL;
    while (list_next(&list, &part)) {
        uint32_t rule = RSP_PPR_UPDATE_CONTROL;

        while (rule <= LAST_RULE && !bytes_eq(part, bytes_cstr(rsp_code_name(RSP_TABLE_PPR, rule))))
            rule++;
        if (rule > LAST_RULE)
            return answer_refused(c, CODE_PARAMETER, "ppr: ppr1, ppr2 or pprUpdateControl");
        m->ppr |= RSP_BIT(rule);
    }
    return true;
}

static bool take_gid(struct call *c, const char *name, struct bytes *out)
{
    struct bytes text = bytes_cstr(query_or(c, name, ""));
    uint8_t *gid = arena_alloc(c->order->arena, GID_MAX);
    size_t n = 0;

    if (text.n == 0)
        return true;
    if (!gid || hex_decode(text, gid, GID_MAX, &n) != XK_OK)
        return answer_refused(c, CODE_PARAMETER, name);
    *out = BYTES(gid, n);
    return true;
}

static bool take_owner(struct call *c, struct rsp_metadata *m)
{
    const char *text = query_or(c, "mccMnc", NULL);
    uint8_t *mcc_mnc = arena_alloc(c->order->arena, RSP_MCC_MNC_LEN);

    if (!take_gid(c, "gid1", &m->owner.gid1) || !take_gid(c, "gid2", &m->owner.gid2))
        return false;
    m->has_owner = text != NULL;
    if (!text && (m->owner.gid1.n > 0 || m->owner.gid2.n > 0))
        return answer_refused(c, CODE_MISSING, "mccMnc");
    if (text && (!mcc_mnc || rsp_mcc_mnc_from_text(bytes_cstr(text), mcc_mnc) != XK_OK))
        return answer_refused(c, CODE_PARAMETER, "mccMnc");
    m->owner.mcc_mnc = BYTES(mcc_mnc, RSP_MCC_MNC_LEN);
    return true;
}

/* SGP.22 2.9: rules are an operator's for his own subscriptions, and the Rules Authorisation Table
 * of an eUICC looks for his mccMnc. */
static bool rules_are_permitted(struct call *c, const struct rsp_metadata *m)
{
    if (!m->has_ppr)
        return true;
    if (m->profile_class != RSP_CLASS_OPERATIONAL)
        return answer_refused(c, CODE_BAD_METADATA, "ppr: only operational profiles have rules");
    if (!m->has_owner)
        return answer_refused(c, CODE_BAD_METADATA, "ppr: no eUICC allows it without mccMnc");
    return true;
}

bool stock_take_metadata(struct call *c, struct download *profile, struct buf *out)
{
    struct rsp_metadata m = {0};
    uint8_t iccid[ICCID_LEN];
    enum xk_err err;

    if (!take_icon(c, &m) || !take_class(c, &m) ||
        !take_notifications(c, profile->smdp_address, &m) || !take_rules(c, &m) ||
        !take_owner(c, &m) || !rules_are_permitted(c, &m))
        return false;
    m.service_provider_name = bytes_cstr(query_or(c, "spn", profile->owner));
    m.profile_name = bytes_cstr(query_or(c, "name", profile->profile_type));
    m.iccid = BYTES_OF(iccid);
    err = iccid_from_text(bytes_cstr(profile->iccid), iccid);
    if (err == XK_OK)
        err = rsp_encode_store_metadata(&m, out);
    if (err == XK_E_LIMIT)
        return answer_refused(c, CODE_BAD_METADATA, "too long together");
    if (err != XK_OK)
        return answer_refused(c, CODE_PARAMETER, "name or spn");
    profile->ppr = (uint32_t)m.ppr;
    profile->metadata = buf_bytes(out);
    return true;
}

/* ---- into JSON ------------------------------------------------------------------------------- */

static void put_notifications(struct json_out *o, const struct rsp_notification_configurations *all)
{
    json_open_array(o, "notifications");
    for (size_t i = 0; i < all->n; i++) {
        json_open_object(o, NULL);
        json_open_array(o, "events");
        for (size_t e = 0; e < ARRAY_LEN(event_names); e++) {
            if (all->row[i].events & RSP_BIT(e))
                json_put_text(o, NULL, event_names[e]);
        }
        json_close_array(o);
        json_put_bytes_text(o, "address", all->row[i].address);
        json_close_object(o);
    }
    json_close_array(o);
}

static void put_owner(struct json_out *o, const struct rsp_metadata *m)
{
    char mcc_mnc[RSP_MCC_MNC_TEXT];

    if (!m->has_owner) {
        json_put_null(o, "profileOwner");
        return;
    }
    json_open_object(o, "profileOwner");
    json_put_text(o, "mccMnc", rsp_mcc_mnc_text(m->owner.mcc_mnc, mcc_mnc));
    json_put_hex(o, "gid1", m->owner.gid1);
    json_put_hex(o, "gid2", m->owner.gid2);
    json_close_object(o);
}

enum xk_err stock_put_metadata(struct json_out *o, struct bytes der)
{
    struct rsp_metadata m;

    TRY(rsp_decode_store_metadata(der, &m));
    json_open_object(o, "metadata");
    json_put_bytes_text(o, "serviceProviderName", m.service_provider_name);
    json_put_bytes_text(o, "profileName", m.profile_name);
    json_put_text(o, "class", rsp_code_name(RSP_TABLE_PROFILE_CLASS, m.profile_class));
    json_put_icon(o, "icon", &m);
    put_notifications(o, &m.notification_configurations);
    put_owner(o, &m);
    json_put_rules(o, "policyRules", m.ppr);
    json_close_object(o);
    return XK_OK;
}
