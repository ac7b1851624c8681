/* SPDX-License-Identifier: Apache-2.0 */
/* Local management (SGP.22 3.2, 3.3): enable, disable, delete, nickname, memory reset, default
 * address. */
#include "terminal/lpa/core.h"

#define BUSY_WAIT_MS 1000
#define BUSY_TRIES 5

/* Cards in the field take some of these forms and not others: they are tried in order, and after
 * each the list of profiles says what is so. */
static const struct {
    bool by_aid;
    bool refresh;
} forms[] = {{false, true}, {true, true}, {false, false}, {true, false}};

static bool is_enable(const struct lpa *l)
{
    return l->task.type == LPA_TASK_ENABLE;
}

/* ---- which profile ---- */

void lpa_find_profile(struct lpa *l)
{
    lpa_list_profiles(l, STEP_CHOOSE_PROFILE);
}

/* The list is read again later: what is needed of it is kept. */
static void keep_profile(struct lpa *l, const struct lpa_profile *profile)
{
    const struct rsp_profile_info *info = &profile->info;
    struct lpa_switch *c = &l->change;

    c->profile = *info;
    c->id = (struct rsp_profile_id){.aid = BYTES_NONE};
    if (info->metadata.iccid.n == ICCID_LEN) {
        memcpy(c->iccid, info->metadata.iccid.p, ICCID_LEN);
        c->id.iccid = BYTES(c->iccid, ICCID_LEN);
    }
    if (info->isdp_aid.n > 0 && info->isdp_aid.n <= RSP_AID_MAX) {
        memcpy(c->aid, info->isdp_aid.p, info->isdp_aid.n);
        c->id.aid = BYTES(c->aid, info->isdp_aid.n);
    }
    memcpy(l->result.iccid, profile->iccid, sizeof l->result.iccid);
}

static bool is_enabled(const struct rsp_profile_info *info)
{
    return info->has_state && info->state == RSP_PROFILE_ENABLED;
}

void lpa_choose_profile(struct lpa *l)
{
    const struct lpa_profile *profile = lpa_profile_in(&l->result, &l->task.profile);

    if (!profile) {
        lpa_fail(l, LPA_FAULT_NO_PROFILE);
        return;
    }
    keep_profile(l, profile);
    if (l->task.type != LPA_TASK_DELETE && is_enabled(&profile->info) == is_enable(l)) {
        l->result.already = true;
        lpa_procedure_done(l);
        return;
    }
    lpa_go(l, STEP_ASK_CHANGE);
}

void lpa_ask_change(struct lpa *l)
{
    enum lpa_question_type type = l->task.type == LPA_TASK_DELETE ? LPA_ASK_DELETE
                                  : is_enable(l)                  ? LPA_ASK_ENABLE
                                                                  : LPA_ASK_DISABLE;

    lpa_ask(l, &(struct lpa_question){
                   .type = type, .metadata = &l->change.profile.metadata, .rules = ""});
}

static enum lpa_fault_kind fault_of_answer(enum lpa_answer answer)
{
    return answer == LPA_ANSWER_NONE ? LPA_FAULT_USER_SILENT : LPA_FAULT_USER_SAID_NO;
}

void lpa_change_answered(struct lpa *l)
{
    if (l->answer != LPA_ANSWER_YES)
        lpa_fail(l, fault_of_answer(l->answer));
    else
        lpa_go(l, l->task.type == LPA_TASK_DELETE ? STEP_DELETE_PROFILE : STEP_SWITCH_PROFILE);
}

/* ---- ES10c.EnableProfile, DisableProfile: 5.7.16, 5.7.17 ---- */

static bool form_is_possible(const struct lpa *l, unsigned form)
{
    const struct rsp_profile_id *id = &l->change.id;

    if (!DER_PRESENT(forms[form].by_aid ? id->aid : id->iccid))
        return false;
    return l->task.refresh == LPA_REFRESH_AUTO ||
           forms[form].refresh == (l->task.refresh == LPA_REFRESH_YES);
}

/* True when there is one; change.form is then it. */
static bool next_form(struct lpa *l)
{
    while (l->change.form < ARRAY_LEN(forms) && !form_is_possible(l, l->change.form))
        l->change.form++;
    return l->change.form < ARRAY_LEN(forms);
}

static enum xk_err encode_switch(struct lpa *l)
{
    unsigned form = l->change.form;
    struct rsp_profile_switch_request request = {.refresh = forms[form].refresh};

    if (forms[form].by_aid)
        request.id.aid = l->change.id.aid;
    else
        request.id.iccid = l->change.id.iccid;
    buf_wipe(&l->request);
    return is_enable(l) ? rsp_encode_enable_profile_request(&request, &l->request)
                        : rsp_encode_disable_profile_request(&request, &l->request);
}

static void give_up_switching(struct lpa *l)
{
    if (l->change.has_fault)
        lpa_fail_with(l, &l->change.fault);
    else
        lpa_fail(l, LPA_FAULT_NOT_SWITCHED);
}

void lpa_switch_profile(struct lpa *l)
{
    l->card.wants_refresh = false;
    if (next_form(l))
        lpa_card_ask(l, encode_switch(l));
    else
        give_up_switching(l);
}

static enum rsp_code_table switch_table(const struct lpa *l)
{
    return is_enable(l) ? RSP_TABLE_ENABLE_RESULT : RSP_TABLE_DISABLE_RESULT;
}

static void keep_switch_fault(struct lpa *l, const struct lpa_fault *fault)
{
    l->change.fault = *fault;
    l->change.has_fault = true;
}

/* This form was not taken; is the profile in the wanted state all the same? */
static void form_refused(struct lpa *l, const struct lpa_fault *fault)
{
    keep_switch_fault(l, fault);
    l->change.form++;
    lpa_go(l, STEP_VERIFY_SWITCH);
}

/* The other codes are decisions of the eUICC which no other form changes. */
static bool is_about_the_form(uint32_t result)
{
    return result == RSP_ENABLE_NOT_FOUND || result == RSP_ENABLE_COMMAND_ERROR ||
           result == RSP_UNDEFINED_ERROR;
}

static bool is_state(uint32_t result) /* enabled, or disabled, already */
{
    return result == RSP_ENABLE_NOT_DISABLED;
}

static void switch_result(struct lpa *l, uint32_t result)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_CODE);

    fault.table = switch_table(l);
    fault.code = result;
    if (result == RSP_ENABLE_OK) {
        l->tell = true;
        l->change.has_fault = false;
        lpa_go(l, STEP_SWITCH_RESET);
    } else if (result == RSP_ENABLE_CAT_BUSY && l->change.busy++ < BUSY_TRIES) {
        lpa_go(l, STEP_SWITCH_BUSY);
    } else if (is_about_the_form(result) || is_state(result)) {
        form_refused(l, &fault);
    } else {
        lpa_fail_with(l, &fault);
    }
}

void lpa_profile_switched(struct lpa *l)
{
    uint32_t tag = is_enable(l) ? TAG_ENABLE_PROFILE : TAG_DISABLE_PROFILE;
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_MALFORMED);
    uint32_t result;

    if (rsp_decode_result(lpa_card_answer(l), tag, &result) == XK_OK)
        switch_result(l, result);
    else
        form_refused(l, &fault);
}

/* A card that fell silent may have switched and restarted. */
void lpa_switch_refused(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_REFUSED);

    fault.sw = l->card.sw;
    if (l->card.gone) {
        l->tell = true;
        lpa_go(l, STEP_SWITCH_RESET);
    } else {
        form_refused(l, &fault);
    }
}

void lpa_switch_busy(struct lpa *l)
{
    lpa_wait(l, BUSY_WAIT_MS);
}

void lpa_switch_not_busy(struct lpa *l)
{
    lpa_go(l, STEP_SWITCH_PROFILE);
}

/* The terminal does what REFRESH says; without REFRESH it must do so by itself (3.2.1). */
void lpa_switch_reset(struct lpa *l)
{
    lpa_want_reset(l);
}

void lpa_switch_reset_done(struct lpa *l)
{
    l->after_open = STEP_VERIFY_SWITCH;
    if (l->input_ok)
        lpa_go(l, STEP_TERMINAL_CAPABILITY);
    else
        lpa_fail(l, LPA_FAULT_CARD_GONE);
}

void lpa_verify_switch(struct lpa *l)
{
    lpa_list_profiles(l, STEP_SWITCHED_OR_NOT);
}

void lpa_switched_or_not(struct lpa *l)
{
    const struct lpa_profile *profile = lpa_profile_in(&l->result, &l->task.profile);

    if (profile && is_enabled(&profile->info) == is_enable(l)) {
        l->tell = true;
        lpa_procedure_done(l);
        return;
    }
    if (!l->change.has_fault) /* it said yes, and nothing changed: another form then */
        l->change.form++;
    lpa_go(l, STEP_SWITCH_PROFILE);
}

/* ---- ES10c.DeleteProfile: 5.7.18 ---- */

void lpa_delete_profile(struct lpa *l)
{
    struct rsp_profile_id id = l->change.id;

    if (DER_PRESENT(id.iccid))
        id.aid = BYTES_NONE;
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_delete_profile_request(&id, &l->request));
}

void lpa_profile_deleted(struct lpa *l)
{
    uint32_t result;

    if (rsp_decode_result(lpa_card_answer(l), TAG_DELETE_PROFILE, &result) != XK_OK) {
        lpa_card_malformed(l);
    } else if (result != RSP_DELETE_OK) {
        lpa_card_code(l, RSP_TABLE_DELETE_RESULT, result);
    } else {
        l->tell = true;
        lpa_procedure_done(l);
    }
}

/* ---- ES10c.SetNickname: 5.7.21 ---- */

void lpa_set_nickname(struct lpa *l)
{
    const struct rsp_set_nickname_request request = {.iccid = l->task.profile.iccid,
                                                     .nickname = l->task.text};

    lpa_set_iccid(l->result.iccid, l->task.profile.iccid);
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_set_nickname_request(&request, &l->request));
}

void lpa_nickname_set(struct lpa *l)
{
    uint32_t result;

    if (rsp_decode_result(lpa_card_answer(l), TAG_SET_NICKNAME, &result) != XK_OK)
        lpa_card_malformed(l);
    else if (result != RSP_NICKNAME_OK)
        lpa_card_code(l, RSP_TABLE_NICKNAME_RESULT, result);
    else
        lpa_procedure_done(l);
}

/* ---- ES10c.eUICCMemoryReset: 5.7.19 ---- */

void lpa_ask_reset(struct lpa *l)
{
    lpa_ask(l, &(struct lpa_question){.type = LPA_ASK_RESET, .rules = ""});
}

void lpa_reset_answered(struct lpa *l)
{
    if (l->answer != LPA_ANSWER_YES)
        lpa_fail(l, fault_of_answer(l->answer));
    else
        lpa_go(l, STEP_MEMORY_RESET);
}

void lpa_memory_reset(struct lpa *l)
{
    l->card.wants_refresh = false;
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_memory_reset_request(l->task.reset_options, &l->request));
}

void lpa_memory_was_reset(struct lpa *l)
{
    uint32_t result;

    if (rsp_decode_result(lpa_card_answer(l), TAG_EUICC_MEMORY_RESET, &result) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    if (result != RSP_MEMORY_RESET_OK && result != RSP_MEMORY_RESET_NOTHING_TO_DELETE) {
        lpa_card_code(l, RSP_TABLE_MEMORY_RESET_RESULT, result);
        return;
    }
    l->result.already = result == RSP_MEMORY_RESET_NOTHING_TO_DELETE;
    l->tell = !l->result.already;
    if (l->card.wants_refresh)
        lpa_go(l, STEP_RESET_CARD);
    else
        lpa_procedure_done(l);
}

void lpa_reset_card(struct lpa *l)
{
    lpa_want_reset(l);
}

void lpa_reset_card_done(struct lpa *l)
{
    if (l->input_ok)
        lpa_go(l, STEP_TERMINAL_CAPABILITY); /* and on with the plan */
    else
        lpa_fail(l, LPA_FAULT_CARD_GONE);
}

/* ---- ES10a.SetDefaultDpAddress: 5.7.4 ---- */

void lpa_set_default_address(struct lpa *l)
{
    const struct rsp_set_default_dp_address request = {.address = l->task.text};

    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_set_default_dp_address_request(&request, &l->request));
}

void lpa_default_address_set(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_ADDRESS_REFUSED);

    if (rsp_decode_set_default_dp_address_response(lpa_card_answer(l), &fault.code) != XK_OK)
        lpa_card_malformed(l);
    else if (fault.code != RSP_SET_DP_ADDRESS_OK)
        lpa_fail_with(l, &fault);
    else
        lpa_procedure_done(l);
}
