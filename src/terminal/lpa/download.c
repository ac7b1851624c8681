/* SPDX-License-Identifier: Apache-2.0 */
/* Profile download and installation (SGP.22 3.1.3), from the offer of the server to the result of
 * the eUICC. A load that breaks off ends only when it is known what is on the card. */
#include "crypto/hash.h"
#include "terminal/lpa/core.h"

#define MAC_LEN 8
#define TAG_METADATA_SEGMENT 0x88
#define RULES (RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2))
#define NO_DISABLE "it cannot be disabled once it is enabled"
#define NO_DELETE "it cannot be deleted by you"

static void cancel(struct lpa *l, enum rsp_cancel_reason reason, enum lpa_fault_kind kind)
{
    struct lpa_fault fault = lpa_fault(l, kind);

    lpa_cancel_session(l, reason, &fault);
}

/* ---- may it be installed? ---- */

void lpa_profile_offered(struct lpa *l)
{
    if (l->task.type == LPA_TASK_DISCOVER) {
        lpa_note_offer(l);
        return;
    }
    lpa_set_iccid(l->result.iccid, l->session.metadata.iccid);
    lpa_go(l, STEP_CHECK_PROFILES);
}

void lpa_check_profiles(struct lpa *l)
{
    lpa_list_profiles(l, STEP_PROFILES_READ);
}

static bool has_operational(const struct lpa *l)
{
    for (size_t i = 0; i < l->result.profiles_n; i++) {
        const struct rsp_metadata *m = &l->profiles[i].info.metadata;

        if (!m->has_profile_class || m->profile_class == RSP_CLASS_OPERATIONAL)
            return true;
    }
    return false;
}

/* The eUICC would refuse it too, but only when the package is bound. The order is kept. */
void lpa_profiles_read(struct lpa *l)
{
    const struct rsp_metadata *m = &l->session.metadata;
    struct rsp_profile_id id = {.iccid = m->iccid};

    l->download.has_operational = has_operational(l);
    if (lpa_profile_in(&l->result, &id))
        cancel(l, RSP_CANCEL_POSTPONED, LPA_FAULT_ALREADY_INSTALLED);
    else if (m->has_ppr && m->ppr & RULES)
        lpa_go(l, STEP_CHECK_RULES);
    else
        lpa_go(l, STEP_ASK_DOWNLOAD);
}

/* ES10b.GetRAT: 5.7.22; the rules: 2.9.2, 3.1.3 */
void lpa_check_rules(struct lpa *l)
{
    lpa_card_ask_empty(l, TAG_GET_RAT);
}

static void tell_rules(struct lpa *l)
{
    bool no_disable = l->session.metadata.ppr & RSP_BIT(RSP_PPR_1);
    bool no_delete = l->session.metadata.ppr & RSP_BIT(RSP_PPR_2);

    snprintf(l->download.rules, sizeof l->download.rules, "%s%s%s", no_disable ? NO_DISABLE : "",
             no_disable && no_delete ? "; " : "", no_delete ? NO_DELETE : "");
}

void lpa_rules_checked(struct lpa *l)
{
    const struct rsp_metadata *m = &l->session.metadata;
    enum rsp_rat_verdict verdict;
    struct rsp_rat rat;

    if (rsp_decode_get_rat_response(lpa_card_answer(l), &rat) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    verdict = rsp_rat_allows_all(&rat, m->ppr, &m->owner);
    if (verdict == RSP_RAT_NOT_ALLOWED) {
        cancel(l, RSP_CANCEL_PPR_NOT_ALLOWED, LPA_FAULT_RULES_NOT_ALLOWED);
        return;
    }
    if (m->ppr & RSP_BIT(RSP_PPR_1) && l->download.has_operational) {
        cancel(l, RSP_CANCEL_PPR_NOT_ALLOWED, LPA_FAULT_RULE_NEEDS_EMPTY);
        return;
    }
    l->download.rules_need_consent = verdict == RSP_RAT_ALLOWED_WITH_CONSENT;
    tell_rules(l);
    lpa_go(l, STEP_ASK_DOWNLOAD);
}

/* Without a table nothing is allowed. */
void lpa_rules_unknown(struct lpa *l)
{
    if (l->card.gone)
        lpa_card_refused(l);
    else
        cancel(l, RSP_CANCEL_PPR_NOT_ALLOWED, LPA_FAULT_RULES_NOT_ALLOWED);
}

/* ---- does the user want it? ---- */

/* The same offer, in a session that is only a repetition, is not asked about again. */
void lpa_ask_download(struct lpa *l)
{
    uint8_t hash[HASH_LEN];

    if (hash_digest(HASH_SHA256, l->session.metadata.raw, hash) != XK_OK) {
        lpa_fail_own(l, XK_E_CRYPTO);
        return;
    }
    if (l->download.has_consent && memcmp(hash, l->download.consented, sizeof hash) == 0) {
        lpa_go(l, STEP_ASK_CODE);
        return;
    }
    memcpy(l->download.consented, hash, sizeof hash);
    lpa_ask(l, &(struct lpa_question){.type = LPA_ASK_DOWNLOAD,
                                      .metadata = &l->session.metadata,
                                      .strong = l->download.rules_need_consent,
                                      .rules = l->download.rules});
}

static const struct {
    enum lpa_answer answer;
    enum rsp_cancel_reason reason;
    enum lpa_fault_kind kind;
} refusals[] = {
    {LPA_ANSWER_NO, RSP_CANCEL_END_USER_REJECTION, LPA_FAULT_USER_SAID_NO},
    {LPA_ANSWER_LATER, RSP_CANCEL_POSTPONED, LPA_FAULT_USER_SAID_LATER},
    {LPA_ANSWER_NONE, RSP_CANCEL_TIMEOUT, LPA_FAULT_USER_SILENT},
};

static void cancel_as_answered(struct lpa *l)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i].answer != l->answer)
            continue;
        cancel(l, refusals[i].reason, refusals[i].kind);
        return;
    }
    lpa_none(l);
}

void lpa_download_answered(struct lpa *l)
{
    if (l->answer != LPA_ANSWER_YES) {
        cancel_as_answered(l);
        return;
    }
    l->download.has_consent = true;
    lpa_go(l, STEP_ASK_CODE);
}

/* ccRequiredFlag decides, whatever the activation code says. */
void lpa_ask_code(struct lpa *l)
{
    struct lpa_download *d = &l->download;

    if (!d->code_refused && (!l->session.smdp_signed2.cc_required || d->code[0]))
        lpa_go(l, STEP_PREPARE_DOWNLOAD);
    else
        lpa_ask(l, &(struct lpa_question){.type = LPA_ASK_CONFIRMATION_CODE,
                                          .metadata = &l->session.metadata,
                                          .rules = "",
                                          .again = d->code_refused});
}

static void no_code(struct lpa *l)
{
    struct lpa_fault needed = lpa_fault(l, LPA_FAULT_CODE_NEEDED);

    if (l->download.code_refused) /* the session has ended with the refusal */
        lpa_fail_with(l, &l->download.code_fault);
    else if (l->answer == LPA_ANSWER_NONE)
        lpa_cancel_session(l, RSP_CANCEL_TIMEOUT, &needed);
    else
        cancel_as_answered(l);
}

void lpa_code_answered(struct lpa *l)
{
    bool again = l->download.code_refused;

    if (l->answer != LPA_ANSWER_YES || l->answer_code.n == 0 ||
        !bytes_to_cstr(l->answer_code, l->download.code, sizeof l->download.code)) {
        if (l->answer == LPA_ANSWER_YES)
            l->answer = LPA_ANSWER_NONE;
        no_code(l);
        return;
    }
    l->download.code_refused = false;
    if (again) {
        l->download.tries = 0;
        lpa_session_begin(l);
        return;
    }
    lpa_go(l, STEP_PREPARE_DOWNLOAD);
}

/* ---- ES10b.PrepareDownload: 5.7.5 ---- */

static enum xk_err encode_prepare_download(struct lpa *l)
{
    const struct lpa_session *s = &l->session;
    struct rsp_prepare_download_request request = {.smdp_signed2 = s->smdp_signed2,
                                                   .smdp_signature2 = s->smdp_signature2,
                                                   .smdp_certificate = s->smdp_certificate};
    uint8_t hash_cc[RSP_HASH_LEN];

    if (s->smdp_signed2.cc_required) {
        TRY(rsp_hash_cc(bytes_cstr(l->download.code), s->smdp_signed2.transaction_id, hash_cc));
        request.hash_cc = BYTES_OF(hash_cc);
    }
    buf_wipe(&l->request);
    return rsp_encode_prepare_download_request(&request, &l->request);
}

void lpa_prepare_download(struct lpa *l)
{
    lpa_card_ask(l, encode_prepare_download(l));
}

void lpa_download_prepared(struct lpa *l)
{
    struct rsp_prepare_download_response r;

    if (rsp_decode_prepare_download_response(lpa_card_answer(l), &r) != XK_OK)
        lpa_card_malformed(l);
    else if (!r.ok)
        lpa_tell_refused(l, STEP_TELL_DOWNLOAD_REFUSED, RSP_TABLE_DOWNLOAD_ERROR, r.error);
    else
        lpa_go(l, STEP_GET_PACKAGE);
}

/* ---- the package ---- */

static bool is_wrong_code(const struct rsp_status *status)
{
    return status->verdict == RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED;
}

/* Another code needs another session: the eUICC has signed this one. */
static void package_refused(struct lpa *l, const struct rsp_status *status)
{
    struct lpa_fault fault = lpa_status_fault(l, status);

    if (!is_wrong_code(status) || ++l->download.code_tries >= LPA_CODE_TRIES) {
        lpa_fail_with(l, &fault);
        return;
    }
    explicit_bzero(l->download.code, sizeof l->download.code);
    l->download.code_refused = true;
    l->download.code_fault = fault;
    l->session.on_card = false;
    lpa_go(l, STEP_ASK_CODE);
}

/* 5.5.3: the metadata lie in the open in the 88 segments, a MAC behind each */
static bool has_announced_metadata(const struct lpa_session *s)
{
    struct der d = der_of(s->pieces.bpp.metadata_88);
    struct bytes expected = s->metadata.raw;

    while (der_more(&d)) {
        struct bytes segment = der_take(&d, TAG_METADATA_SEGMENT);

        if (segment.n < MAC_LEN)
            return false;
        segment.n -= MAC_LEN;
        if (!bytes_eq(bytes_part(expected, 0, segment.n), segment))
            return false;
        expected = bytes_part(expected, segment.n, expected.n);
    }
    return der_ok(&d) == XK_OK && expected.n == 0;
}

static void package_is_here(struct lpa *l, struct bytes package)
{
    struct lpa_session *s = &l->session;
    struct bytes id = BYTES(s->transaction_id, s->transaction_id_n);

    s->package = lpa_keep(l, package);
    if (rsp_bpp_pieces_init(&s->pieces, s->package) != XK_OK)
        cancel(l, RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR, LPA_FAULT_SERVER_MALFORMED);
    else if (!bytes_eq(s->pieces.bpp.initialise_secure_channel.transaction_id, id))
        cancel(l, RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR, LPA_FAULT_TRANSACTION_MISMATCH);
    else if (!has_announced_metadata(s))
        cancel(l, RSP_CANCEL_METADATA_MISMATCH, LPA_FAULT_METADATA_MISMATCH);
    else
        lpa_go(l, STEP_LOAD_PACKAGE);
}

void lpa_package_given(struct lpa *l)
{
    const struct rsp_es9p_response *reply = l->reply.response;

    if (!reply || reply->function != RSP_GET_BOUND_PROFILE_PACKAGE)
        lpa_fail(l, LPA_FAULT_SERVER_MALFORMED);
    else if (!rsp_succeeded(&reply->get_bound_profile_package.status))
        package_refused(l, &reply->get_bound_profile_package.status);
    else
        package_is_here(l, reply->get_bound_profile_package.bound_profile_package);
}

/* ---- ES10b.LoadBoundProfilePackage: 5.7.6, cut as 2.5.5 says ---- */

void lpa_load_package(struct lpa *l)
{
    l->session.loading = l->tell = true;
    if (rsp_bpp_pieces_next(&l->session.pieces, &l->session.piece))
        lpa_card_store(l, l->session.piece);
    else
        lpa_go(l, STEP_FIND_RESULT);
}

static void tell_failed_element(struct lpa_fault *fault, struct bytes sima_response)
{
    struct rsp_euicc_response response;
    const struct rsp_pe_status *pe;

    if (sima_response.n == 0 || rsp_decode_euicc_response(sima_response, &response) != XK_OK)
        return;
    lpa_copy_text(fault->message, sizeof fault->message, response.message);
    pe = rsp_first_failure(&response);
    if (!pe)
        return;
    fault->has_pe = true;
    fault->pe = *pe;
    fault->pe_place = (size_t)(pe - response.pe) + 1;
}

static void installation_ended(struct lpa *l,
                               const struct rsp_profile_installation_result_data *result)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_INSTALL_FAILED);

    if (result->ok) {
        lpa_session_end(l);
        lpa_procedure_done(l);
        return;
    }
    fault.table = RSP_TABLE_ERROR_REASON;
    fault.code = result->reason;
    fault.command = result->command;
    tell_failed_element(&fault, result->sima_response);
    /* it lost its power on the way: the server keeps the package for it (3.1.3.1) */
    if (result->reason == RSP_REASON_INTERRUPTION)
        lpa_try_again(l, &fault);
    else
        lpa_fail_with(l, &fault);
}

/* Nothing: it wants more. Anything: it has finished, one way or the other. */
void lpa_piece_loaded(struct lpa *l)
{
    struct rsp_profile_installation_result r;

    if (lpa_card_answer(l).n == 0)
        lpa_go(l, STEP_LOAD_PACKAGE);
    else if (rsp_decode_profile_installation_result(lpa_card_answer(l), &r) == XK_OK)
        installation_ended(l, &r.data);
    else
        lpa_load_refused(l);
}

/* ---- what is on the card now? ---- */

void lpa_load_refused(struct lpa *l)
{
    l->download.load_fault = lpa_fault(l, LPA_FAULT_CARD_REFUSED);
    l->download.load_fault.sw = l->card.sw;
    l->download.card_said_no = !l->card.gone;
    lpa_go(l, l->card.gone ? STEP_RECOVER_CARD : STEP_FIND_RESULT);
}

void lpa_recover_card(struct lpa *l)
{
    lpa_want_reset(l);
}

void lpa_card_recovered(struct lpa *l)
{
    if (!l->input_ok) {
        lpa_fail(l, LPA_FAULT_CARD_GONE);
        return;
    }
    l->after_open = STEP_FIND_RESULT;
    lpa_go(l, STEP_TERMINAL_CAPABILITY);
}

/* An eUICC that has finished, well or not, has made a notification of it. */
void lpa_find_result(struct lpa *l)
{
    const struct rsp_retrieve_notifications_request request = {
        .search = RSP_RETRIEVE_EVENTS, .events = RSP_BIT(RSP_EVENT_INSTALL)};

    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_retrieve_notifications_request(&request, &l->request));
}

/* Of this session; an older one is not about this download. */
static bool find_result(const struct lpa *l, struct bytes list,
                        struct rsp_pending_notification *out)
{
    struct bytes id = BYTES(l->session.transaction_id, l->session.transaction_id_n);
    struct der d = der_of(list);
    struct bytes value, raw;
    uint32_t tag;

    while (der_next(&d, &tag, &value, &raw)) {
        if (rsp_decode_pending_notification(raw, out) == XK_OK &&
            out->kind == RSP_PENDING_INSTALLATION_RESULT &&
            bytes_eq(out->result.data.transaction_id, id))
            return true;
    }
    return false;
}

void lpa_result_looked_for(struct lpa *l)
{
    struct rsp_pending_notification pending;
    struct rsp_notification_list list;

    if (rsp_decode_retrieve_notifications_response(lpa_card_answer(l), &list) == XK_OK && list.ok &&
        find_result(l, list.list, &pending))
        installation_ended(l, &pending.result.data);
    else
        lpa_go(l, STEP_FIND_INSTALLED);
}

void lpa_find_installed(struct lpa *l)
{
    lpa_list_profiles(l, STEP_INSTALLED_OR_NOT);
}

void lpa_installed_or_not(struct lpa *l)
{
    struct rsp_profile_id id = {.iccid = l->session.metadata.iccid};
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_NOT_INSTALLED);

    l->session.loading = false;
    if (lpa_profile_in(&l->result, &id)) {
        lpa_session_end(l);
        lpa_procedure_done(l);
        return;
    }
    /* 3.1.3.3: an eUICC that refuses a piece has the session cancelled; one that lost its power has
     * no session any more, and the server keeps the package for it */
    if (l->download.card_said_no)
        lpa_cancel_session(l, RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR, &l->download.load_fault);
    else
        lpa_try_again(l, &fault);
}
