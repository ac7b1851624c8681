/* SPDX-License-Identifier: Apache-2.0 */
/* ES10c: local profile management (SGP.22 5.7.15 to 5.7.21) and ES6.UpdateMetadata (5.4.1). */
#include "card/euicc/state.h"
#include "codec/cat/cat.h"

#define INFO_MAX ((size_t)32 << 10)
#define METADATA_MAX ((size_t)8 << 10)

/* ---- GetProfilesInfo ---- */

static enum xk_err put_info(const struct euicc *e, unsigned slot, struct bytes tag_list,
                            struct buf *out)
{
    struct rsp_profile_info info = {.has_state = true};
    uint8_t aid[RSP_AID_MAX];
    struct row row;

    TRY(slot_row(e, slot, &row));
    TRY(slot_metadata(e, slot, &info.metadata));
    info.metadata.raw = BYTES_NONE;
    info.metadata.has_profile_class = true;
    info.metadata.profile_class = row.profile_class;
    info.metadata.has_ppr = row.ppr != 0;
    info.metadata.ppr = row.ppr;
    slot_aid(slot, aid);
    info.isdp_aid = BYTES_OF(aid);
    info.state = row.enabled ? RSP_PROFILE_ENABLED : RSP_PROFILE_DISABLED;
    if (flash_get(e->flash, OBJECT_NICKNAME + slot, &info.nickname) != XK_OK)
        info.nickname = BYTES_NONE;
    if (flash_get(e->flash, OBJECT_PROPRIETARY + slot, &info.dp_proprietary_data) != XK_OK)
        info.dp_proprietary_data = BYTES_NONE;
    info.has_profile_size = true;
    info.profile_size = profile_stored_size(e->flash, slot_base(slot));
    return rsp_encode_profile_info(&info, tag_list, out);
}

static bool is_asked_for(const struct euicc *e, unsigned slot,
                         const struct rsp_profile_info_list_request *req)
{
    struct row row;

    switch (req->search) {
    case RSP_SEARCH_ALL:
        return true;
    case RSP_SEARCH_AID:
        return slot_of_aid(e, req->id) == slot;
    case RSP_SEARCH_ICCID:
        return slot_of_iccid(e, req->id) == slot;
    case RSP_SEARCH_CLASS:
        return slot_row(e, slot, &row) == XK_OK && row.profile_class == req->profile_class;
    }
    return false;
}

/* SGP.22 5.7.15 */
enum xk_err get_profiles_info(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_profile_info_list_response answer = {.ok = true};
    struct rsp_profile_info_list_request req;
    struct buf list;
    enum xk_err err = XK_OK;

    if (rsp_decode_profile_info_list_request(request, &req) != XK_OK) {
        answer = (struct rsp_profile_info_list_response){.error = RSP_PROFILE_INFO_INCORRECT_INPUT};
        return rsp_encode_profile_info_list_response(&answer, out);
    }
    if (!DER_PRESENT(req.tag_list))
        req.tag_list = rsp_default_tag_list();
    buf_init(&list, INFO_MAX);
    for (unsigned i = 0; i < EUICC_PROFILES_MAX && err == XK_OK; i++) {
        if (slot_used(e, i) && is_asked_for(e, i, &req))
            err = put_info(e, i, req.tag_list, &list);
    }
    answer.profiles = list.n > 0 ? buf_bytes(&list) : BYTES_STR("");
    if (err == XK_OK)
        err = rsp_encode_profile_info_list_response(&answer, out);
    buf_fini(&list);
    return err;
}

/* ---- Enable, disable ---- */

static unsigned find_slot(const struct euicc *e, const struct rsp_profile_id *id)
{
    return DER_PRESENT(id->aid) ? slot_of_aid(e, id->aid) : slot_of_iccid(e, id->iccid);
}

static enum xk_err set_enabled(struct euicc *e, unsigned slot, uint8_t enabled)
{
    struct row row;

    TRY(slot_row(e, slot, &row));
    row.enabled = enabled;
    TRY(slot_put_row(e, slot, &row));
    return notify_event(e, slot, enabled ? RSP_EVENT_ENABLE : RSP_EVENT_DISABLE, BYTES_NONE);
}

/* The one that is enabled gives way to `slot` (NO_SLOT: to none). */
static enum xk_err switch_to(struct euicc *e, unsigned slot)
{
    unsigned old = slot_enabled(e);

    if (old == slot)
        return XK_OK;
    if (old != NO_SLOT)
        TRY(set_enabled(e, old, 0));
    if (slot != NO_SLOT)
        TRY(set_enabled(e, slot, 1));
    return XK_OK;
}

enum xk_err manage_apply_pending(struct euicc *e)
{
    struct bytes pending;
    unsigned slot;

    if (flash_get(e->flash, OBJECT_PENDING, &pending) != XK_OK)
        return XK_OK;
    slot = pending.n == 1 ? pending.p[0] : NO_SLOT;
    TRY(flash_delete(e->flash, OBJECT_PENDING));
    if (slot == NO_SLOT || slot_used(e, slot))
        TRY(switch_to(e, slot));
    return flash_commit(e->flash);
}

/* With the refresh flag the terminal is asked first: the state changes at its answer or at the
 * reset (SGP.22 5.7.16). A terminal without toolkit cannot be asked. */
static enum xk_err begin_switch(struct euicc *e, unsigned slot, bool refresh)
{
    const uint8_t to = (uint8_t)slot;

    if (refresh && profile_card_refresh(e->card, CAT_REFRESH_RESET))
        return flash_put(e->flash, OBJECT_PENDING, BYTES(&to, 1));
    e->swap = true;
    return switch_to(e, slot);
}

static bool is_busy(const struct euicc *e)
{
    return flash_has(e->flash, OBJECT_PENDING) || profile_card_busy(e->card);
}

/* PPR1 of the enabled profile forbids taking it out of service. */
static bool is_kept_by_policy(const struct euicc *e)
{
    unsigned slot = slot_enabled(e);
    struct row row;

    return slot != NO_SLOT && slot_row(e, slot, &row) == XK_OK && (row.ppr & RSP_BIT(RSP_PPR_1));
}

static enum xk_err do_enable(struct euicc *e, const struct rsp_profile_switch_request *req,
                             uint32_t *result)
{
    unsigned slot = find_slot(e, &req->id);

    *result = RSP_ENABLE_NOT_FOUND;
    if (slot == NO_SLOT)
        return XK_OK;
    *result = RSP_ENABLE_NOT_DISABLED;
    if (slot == slot_enabled(e))
        return XK_OK;
    *result = RSP_ENABLE_DISALLOWED_BY_POLICY;
    if (is_kept_by_policy(e))
        return XK_OK;
    *result = RSP_ENABLE_CAT_BUSY;
    if (is_busy(e))
        return XK_OK;
    *result = RSP_ENABLE_OK;
    return begin_switch(e, slot, req->refresh);
}

/* SGP.22 5.7.16 */
enum xk_err enable_profile(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_profile_switch_request req;
    uint32_t result;

    if (rsp_decode_enable_profile_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(do_enable(e, &req, &result));
    return rsp_encode_result(TAG_ENABLE_PROFILE, result, out);
}

static enum xk_err do_disable(struct euicc *e, const struct rsp_profile_switch_request *req,
                              uint32_t *result)
{
    unsigned slot = find_slot(e, &req->id);

    *result = RSP_DISABLE_NOT_FOUND;
    if (slot == NO_SLOT)
        return XK_OK;
    *result = RSP_DISABLE_NOT_ENABLED;
    if (slot != slot_enabled(e))
        return XK_OK;
    *result = RSP_DISABLE_DISALLOWED_BY_POLICY;
    if (is_kept_by_policy(e))
        return XK_OK;
    *result = RSP_DISABLE_CAT_BUSY;
    if (is_busy(e))
        return XK_OK;
    *result = RSP_DISABLE_OK;
    return begin_switch(e, NO_SLOT, req->refresh);
}

/* SGP.22 5.7.17 */
enum xk_err disable_profile(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_profile_switch_request req;
    uint32_t result;

    if (rsp_decode_disable_profile_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(do_disable(e, &req, &result));
    return rsp_encode_result(TAG_DISABLE_PROFILE, result, out);
}

/* ---- Delete, memory reset ---- */

static enum xk_err remove_profile(struct euicc *e, unsigned slot)
{
    TRY(notify_event(e, slot, RSP_EVENT_DELETE, BYTES_NONE));
    return slot_erase(e, slot);
}

/* It will be enabled at the REFRESH: no longer to be counted as disabled. */
static bool waits_for(const struct euicc *e, unsigned slot)
{
    struct bytes pending;

    return flash_get(e->flash, OBJECT_PENDING, &pending) == XK_OK && pending.n == 1 &&
           pending.p[0] == slot;
}

static enum xk_err do_delete(struct euicc *e, const struct rsp_profile_id *id, uint32_t *result)
{
    unsigned slot = find_slot(e, id);
    struct row row;

    *result = RSP_DELETE_NOT_FOUND;
    if (slot == NO_SLOT)
        return XK_OK;
    TRY(slot_row(e, slot, &row));
    *result = RSP_DELETE_NOT_DISABLED;
    if (row.enabled || waits_for(e, slot))
        return XK_OK;
    *result = RSP_DELETE_DISALLOWED_BY_POLICY;
    if (row.ppr & RSP_BIT(RSP_PPR_2))
        return XK_OK;
    *result = RSP_DELETE_OK;
    return remove_profile(e, slot);
}

/* SGP.22 5.7.18 */
enum xk_err delete_profile(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_profile_id id;
    uint32_t result;

    if (rsp_decode_delete_profile_request(request, &id) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(do_delete(e, &id, &result));
    return rsp_encode_result(TAG_DELETE_PROFILE, result, out);
}

/* Nothing here was loaded in a factory: all test profiles are field-loaded ones. */
static bool is_to_reset(const struct row *row, uint64_t options)
{
    static const enum rsp_memory_reset_option of_class[] = {
        [RSP_CLASS_TEST] = RSP_RESET_FIELD_TEST_PROFILES,
        [RSP_CLASS_PROVISIONING] = RSP_RESET_PROVISIONING_PROFILES,
        [RSP_CLASS_OPERATIONAL] = RSP_RESET_OPERATIONAL_PROFILES,
    };

    return row->profile_class < ARRAY_LEN(of_class) &&
           (options & RSP_BIT(of_class[row->profile_class]));
}

/* Policy rules do not protect from it, and who was enabled is told of the deletion only (SGP.22
 * 5.7.19). */
static enum xk_err reset_profiles(struct euicc *e, uint64_t options, bool *any)
{
    struct row row;

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        if (slot_row(e, i, &row) != XK_OK || !is_to_reset(&row, options))
            continue;
        if (row.enabled)
            e->swap = e->refresh = true;
        TRY(remove_profile(e, i));
        *any = true;
    }
    return XK_OK;
}

static enum xk_err do_reset(struct euicc *e, uint64_t options, uint32_t *result)
{
    struct bytes address;
    bool any = false;

    *result = RSP_MEMORY_RESET_CAT_BUSY;
    if (is_busy(e))
        return XK_OK;
    TRY(reset_profiles(e, options, &any));
    if ((options & RSP_BIT(RSP_RESET_DEFAULT_SMDP_ADDRESS)) &&
        flash_get(e->flash, OBJECT_DEFAULT_DP, &address) == XK_OK && address.n > 0) {
        TRY(flash_put(e->flash, OBJECT_DEFAULT_DP, BYTES_STR("")));
        any = true;
    }
    *result = any ? RSP_MEMORY_RESET_OK : RSP_MEMORY_RESET_NOTHING_TO_DELETE;
    return XK_OK;
}

/* SGP.22 5.7.19 */
enum xk_err euicc_memory_reset(struct euicc *e, struct bytes request, struct buf *out)
{
    uint64_t options;
    uint32_t result;

    if (rsp_decode_memory_reset_request(request, &options) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    TRY(do_reset(e, options, &result));
    return rsp_encode_result(TAG_EUICC_MEMORY_RESET, result, out);
}

/* ---- Nickname, metadata ---- */

/* SGP.22 5.7.21 */
enum xk_err set_nickname(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_set_nickname_request req;
    unsigned slot;

    if (rsp_decode_set_nickname_request(request, &req) != XK_OK)
        return rsp_encode_result(TAG_SET_NICKNAME, RSP_UNDEFINED_ERROR, out);
    slot = slot_of_iccid(e, req.iccid);
    if (slot == NO_SLOT)
        return rsp_encode_result(TAG_SET_NICKNAME, RSP_NICKNAME_NOT_FOUND, out);
    if (req.nickname.n > 0)
        TRY(flash_put(e->flash, OBJECT_NICKNAME + slot, req.nickname));
    else if (flash_has(e->flash, OBJECT_NICKNAME + slot))
        TRY(flash_delete(e->flash, OBJECT_NICKNAME + slot));
    return rsp_encode_result(TAG_SET_NICKNAME, RSP_NICKNAME_OK, out);
}

static void merge_metadata(struct rsp_metadata *m, const struct rsp_metadata *update)
{
    m->raw = BYTES_NONE;
    if (DER_PRESENT(update->service_provider_name))
        m->service_provider_name = update->service_provider_name;
    if (DER_PRESENT(update->profile_name))
        m->profile_name = update->profile_name;
    if (update->has_icon_type && DER_PRESENT(update->icon)) {
        m->has_icon_type = update->icon.n > 0;
        m->icon_type = update->icon_type;
        m->icon = update->icon.n > 0 ? update->icon : BYTES_NONE;
    }
    if (update->has_ppr) {
        m->has_ppr = update->ppr != 0;
        m->ppr = update->ppr;
    }
    if (DER_PRESENT(update->service_specific_stored))
        m->service_specific_stored = update->service_specific_stored;
}

static enum xk_err store_merged(struct euicc *e, unsigned slot, const struct rsp_metadata *m)
{
    struct buf der;
    enum xk_err err;

    buf_init(&der, METADATA_MAX);
    err = rsp_encode_store_metadata(m, &der);
    if (err == XK_OK)
        err = flash_put(e->flash, OBJECT_METADATA + slot, buf_bytes(&der));
    buf_fini(&der);
    return err;
}

/* SGP.22 5.4.1: of the enabled profile. Rules may only be taken away, and only when the profile
 * allows that (pprUpdateControl). */
enum xk_err manage_update_metadata(struct euicc *e, struct bytes request, uint16_t *sw)
{
    unsigned slot = slot_enabled(e);
    struct rsp_metadata m, update;
    struct row row;

    *sw = SW_WRONG_DATA;
    if (slot == NO_SLOT || rsp_decode_update_metadata(request, &update) != XK_OK ||
        DER_PRESENT(update.iccid))
        return XK_OK;
    TRY(slot_row(e, slot, &row));
    TRY(slot_metadata(e, slot, &m));
    if (update.has_ppr &&
        (!(row.ppr & RSP_BIT(RSP_PPR_UPDATE_CONTROL)) || (update.ppr & ~(uint64_t)row.ppr))) {
        *sw = SW_CONDITIONS_NOT_SATISFIED;
        return XK_OK;
    }
    merge_metadata(&m, &update);
    if (update.has_ppr)
        row.ppr = (uint8_t)update.ppr;
    TRY(store_merged(e, slot, &m));
    TRY(slot_put_row(e, slot, &row));
    *sw = SW_OK;
    return flash_commit(e->flash);
}
