/* SPDX-License-Identifier: Apache-2.0 */
/* What is on the eUICC: chip data and the profiles (SGP.22 5.7.3, 5.7.8, 5.7.15, 5.7.22). */
#include "terminal/lpa/core.h"

/* The icon is last: it makes the list long, and only who asks for the list itself wants it. */
static const uint8_t tags[] = {TAG_ICCID,
                               TAG_ISDP_AID,
                               TAG_PROFILE_STATE >> 8,
                               TAG_PROFILE_STATE & 0xFF,
                               TAG_PROFILE_NICKNAME,
                               TAG_SERVICE_PROVIDER_NAME,
                               TAG_PROFILE_NAME,
                               TAG_PROFILE_CLASS,
                               TAG_NOTIFICATION_CONFIGURATION,
                               TAG_PROFILE_OWNER,
                               TAG_PROFILE_POLICY_RULES,
                               TAG_ICON_TYPE,
                               TAG_ICON};
#define ICON_TAGS 2

void lpa_copy_text(char *out, size_t cap, struct bytes text)
{
    size_t n = text.n < cap ? text.n : cap - 1;

    if (n > 0)
        memcpy(out, text.p, n);
    out[n] = '\0';
}

void lpa_set_iccid(char out[ICCID_TEXT_MAX], struct bytes iccid)
{
    if (iccid_to_text(iccid, out) != XK_OK)
        out[0] = '\0';
}

struct bytes lpa_keep_for_task(struct lpa *l, struct bytes span)
{
    uint8_t *copy = arena_copy(&l->task_arena, span);

    return BYTES(copy, copy ? span.n : 0);
}

/* ---- the list ---- */

void lpa_list_profiles(struct lpa *l, enum lpa_step then)
{
    l->after_list = then;
    lpa_go(l, STEP_PROFILES);
}

static void ask_for_list(struct lpa *l, struct bytes tag_list)
{
    const struct rsp_profile_info_list_request request = {.search = RSP_SEARCH_ALL,
                                                          .tag_list = tag_list};

    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_profile_info_list_request(&request, &l->request));
}

void lpa_profiles(struct lpa *l)
{
    bool icons = l->result.task == LPA_TASK_LIST;

    ask_for_list(l, BYTES(tags, icons ? sizeof tags : sizeof tags - ICON_TAGS));
}

/* For cards that do not know a tag of ours and refuse them all. */
void lpa_profiles_plain(struct lpa *l)
{
    ask_for_list(l, BYTES_NONE);
}

static enum xk_err take_profiles(struct lpa *l, struct bytes list)
{
    struct der d = der_of(lpa_keep_for_task(l, list));

    l->result.profiles_n = 0;
    while (der_more(&d) && l->result.profiles_n < ARRAY_LEN(l->profiles)) {
        struct lpa_profile *profile = &l->profiles[l->result.profiles_n];

        TRY(rsp_decode_profile_info(der_take_raw(&d, TAG_PROFILE_INFO), &profile->info));
        lpa_set_iccid(profile->iccid, profile->info.metadata.iccid);
        l->result.profiles_n++;
    }
    l->result.has_profiles = true;
    return der_ok(&d);
}

static void list_is_read(struct lpa *l)
{
    enum lpa_step then = l->after_list;

    l->after_list = STEP_END;
    if (then == STEP_END)
        lpa_procedure_done(l);
    else
        lpa_go(l, then);
}

static void list_refused(struct lpa *l, uint32_t code)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_LIST_REFUSED);

    fault.code = code;
    if (l->step == STEP_PROFILES)
        lpa_go(l, STEP_PROFILES_PLAIN);
    else if (!lpa_afterthought_failed(l))
        lpa_fail_with(l, &fault);
}

void lpa_profiles_given(struct lpa *l)
{
    struct rsp_profile_info_list_response r;

    if (rsp_decode_profile_info_list_response(lpa_card_answer(l), &r) != XK_OK)
        lpa_card_malformed(l);
    else if (!r.ok)
        list_refused(l, r.error);
    else if (take_profiles(l, r.profiles) != XK_OK)
        lpa_card_malformed(l);
    else
        list_is_read(l);
}

void lpa_profiles_refused(struct lpa *l)
{
    if (!l->card.gone && l->step == STEP_PROFILES)
        lpa_go(l, STEP_PROFILES_PLAIN);
    else if (!lpa_afterthought_failed(l))
        lpa_card_refused(l);
}

const struct lpa_profile *lpa_profile_in(const struct lpa_result *result,
                                         const struct rsp_profile_id *id)
{
    for (size_t i = 0; i < result->profiles_n; i++) {
        const struct rsp_profile_info *info = &result->profiles[i].info;
        bool same = DER_PRESENT(id->iccid) ? bytes_eq(info->metadata.iccid, id->iccid)
                                           : bytes_eq(info->isdp_aid, id->aid);

        if (same)
            return &result->profiles[i];
    }
    return NULL;
}

/* ---- the chip ---- */

void lpa_chip_info(struct lpa *l)
{
    lpa_card_ask_empty(l, TAG_EUICC_INFO2);
}

void lpa_chip_info_given(struct lpa *l)
{
    struct bytes answer = lpa_keep_for_task(l, lpa_card_answer(l));

    if (rsp_decode_euicc_info2(answer, &l->chip.info2) != XK_OK)
        lpa_card_malformed(l);
    else
        lpa_go(l, STEP_CHIP_ADDRESSES);
}

void lpa_chip_addresses(struct lpa *l)
{
    lpa_card_ask_empty(l, TAG_EUICC_CONFIGURED_ADDRESSES);
}

void lpa_chip_addresses_given(struct lpa *l)
{
    struct bytes answer = lpa_keep_for_task(l, lpa_card_answer(l));

    if (rsp_decode_euicc_configured_addresses(answer, &l->chip.addresses) != XK_OK)
        lpa_card_malformed(l);
    else
        lpa_go(l, STEP_CHIP_RAT);
}

void lpa_chip_rat(struct lpa *l)
{
    lpa_card_ask_empty(l, TAG_GET_RAT);
}

void lpa_chip_rat_given(struct lpa *l)
{
    struct bytes answer = lpa_keep_for_task(l, lpa_card_answer(l));

    l->chip.has_rat = rsp_decode_get_rat_response(answer, &l->chip.rat) == XK_OK;
    lpa_procedure_done(l);
}

/* Old cards have none. */
void lpa_chip_rat_refused(struct lpa *l)
{
    if (l->card.gone)
        lpa_card_refused(l);
    else
        lpa_procedure_done(l);
}
