/* SPDX-License-Identifier: Apache-2.0 */
/* Where a profile may wait: the activation code, the default SM-DP+, the SM-DS of the card and what
 * they know (SGP.22 3.1.3, 3.6.2). An event may lead to another SM-DS; which it is shows in its
 * answer. */
#include "terminal/lpa/core.h"

static bool discovers(const struct lpa *l)
{
    return l->task.type == LPA_TASK_DISCOVER || l->task.discover;
}

static bool is_known(const struct lpa *l, const struct lpa_source *source)
{
    for (size_t i = 0; i < l->sources_n; i++)
        if (strcasecmp(l->sources[i].address, source->address) == 0 &&
            strcmp(l->sources[i].matching_id, source->matching_id) == 0)
            return true;
    return false;
}

static void add_source(struct lpa *l, struct bytes address, const struct lpa_source *like)
{
    struct lpa_source source = *like;

    if (address.n > LPA_ADDRESS_MAX || !rsp_address_is_valid(address) ||
        l->sources_n == ARRAY_LEN(l->sources))
        return;
    lpa_copy_text(source.address, sizeof source.address, address);
    if (!is_known(l, &source))
        l->sources[l->sources_n++] = source;
}

/* ---- ES10a.GetEuiccConfiguredAddresses: 5.7.3 ---- */

static void add_code(struct lpa *l)
{
    struct lpa_source source = {.by_code = true, .has_matching_id = true};

    memcpy(source.matching_id, l->task.code.matching_id, sizeof source.matching_id);
    add_source(l, bytes_cstr(l->task.code.address), &source);
}

void lpa_addresses(struct lpa *l)
{
    if (lpa_is_download(l) && l->task.code.address[0])
        add_code(l);
    else if (discovers(l) && l->task.smds[0])
        add_source(l, bytes_cstr(l->task.smds), &(struct lpa_source){.hops = 0});
    if (l->sources_n > 0)
        lpa_go(l, STEP_NEXT_SOURCE);
    else
        lpa_card_ask_empty(l, TAG_EUICC_CONFIGURED_ADDRESSES);
}

void lpa_addresses_given(struct lpa *l)
{
    struct rsp_euicc_configured_addresses a;

    if (rsp_decode_euicc_configured_addresses(lpa_card_answer(l), &a) != XK_OK) {
        lpa_card_malformed(l);
        return;
    }
    if (!l->task.discover && a.default_dp.n > 0)
        add_source(l, a.default_dp, &(struct lpa_source){.is_default = true});
    if (discovers(l)) {
        if (a.root_ds.n > 0)
            add_source(l, a.root_ds, &(struct lpa_source){.hops = 0});
        for (size_t i = 0; i < a.additional_root_ds_n; i++)
            add_source(l, a.additional_root_ds[i], &(struct lpa_source){.hops = 0});
    }
    if (l->sources_n > 0)
        lpa_go(l, STEP_NEXT_SOURCE);
    else
        lpa_fail(l, LPA_FAULT_NO_ADDRESS);
}

/* ---- one after another ---- */

static bool found_something(const struct lpa *l)
{
    return l->task.type == LPA_TASK_DISCOVER && l->result.found_n > 0;
}

/* An event is only listed by DISCOVER; a download follows it. */
static void skip_events(struct lpa *l)
{
    if (l->task.type != LPA_TASK_DISCOVER)
        return;
    while (l->source_next < l->sources_n && l->sources[l->source_next].smds[0])
        l->source_next++;
}

/* A source that cannot be asked is left behind, but not forgotten when nothing else is found. */
void lpa_next_source(struct lpa *l)
{
    skip_events(l);
    if (l->source_next < l->sources_n) {
        l->source_at = l->source_next++;
        l->download.tries = 0;
        lpa_session_begin(l);
        return;
    }
    if (found_something(l))
        lpa_procedure_done(l);
    else if (l->result.last_trouble.kind != LPA_FAULT_NONE)
        lpa_fail_with(l, &l->result.last_trouble);
    else
        lpa_fail(l, LPA_FAULT_NOTHING_FOUND);
}

static bool is_about_the_source(const struct lpa *l, const struct lpa_fault *fault)
{
    bool asking = l->step == STEP_INITIATE || l->step == STEP_AUTHENTICATE_SERVER ||
                  l->step == STEP_AUTHENTICATE_CLIENT;

    return asking && l->card.open && fault->kind != LPA_FAULT_CANCELLED &&
           fault->kind != LPA_FAULT_OWN;
}

/* "No such matching ID" and "no such event" are how servers say that they have nothing for us. */
static bool says_nothing_there(const struct lpa_fault *fault)
{
    return fault->kind == LPA_FAULT_SERVER_REFUSED &&
           ((strcmp(fault->subject, "8.2.6") == 0 && strcmp(fault->reason, "3.8") == 0) ||
            (strcmp(fault->subject, "8.9.5") == 0 && strcmp(fault->reason, "3.9") == 0));
}

bool lpa_source_given_up(struct lpa *l, const struct lpa_fault *fault)
{
    if (!discovers(l) || !is_about_the_source(l, fault))
        return false;
    if (!says_nothing_there(fault))
        l->result.last_trouble = *fault;
    lpa_session_end(l);
    lpa_go(l, STEP_NEXT_SOURCE);
    return true;
}

/* ---- what was found ---- */

static struct lpa_found *add_found(struct lpa *l, const char *address, struct bytes event_id)
{
    struct lpa_found *found = &l->found[l->result.found_n];

    if (l->result.found_n == ARRAY_LEN(l->found))
        return NULL;
    *found = (struct lpa_found){.has_metadata = false};
    lpa_copy_text(found->address, sizeof found->address, bytes_cstr(address));
    lpa_copy_text(found->event_id, sizeof found->event_id, event_id);
    l->result.found_n++;
    return found;
}

static void add_event(struct lpa *l, const struct rsp_event_entry *entry)
{
    const struct lpa_source *smds = lpa_source(l);
    struct lpa_source source = {.has_matching_id = true, .hops = smds->hops + 1};
    size_t before = l->sources_n;
    struct lpa_found *found;

    if (entry->event_id.n > RSP_MATCHING_ID_MAX || source.hops > LPA_HOPS_MAX)
        return;
    lpa_copy_text(source.matching_id, sizeof source.matching_id, entry->event_id);
    memcpy(source.smds, smds->address, sizeof source.smds);
    add_source(l, entry->rsp_server_address, &source);
    if (l->sources_n == before)
        return;
    found = add_found(l, l->sources[before].address, entry->event_id);
    if (found)
        memcpy(found->smds, smds->address, sizeof found->smds);
}

/* ES11.AuthenticateClient: 5.8.2 */
void lpa_events_given(struct lpa *l, const struct rsp_es11_authenticate_client_response *r)
{
    if (!lpa_reply_ok(l, &r->status))
        return;
    for (size_t i = 0; i < r->entries_n; i++)
        add_event(l, &r->entries[i]);
    lpa_session_end(l);
    lpa_go(l, STEP_NEXT_SOURCE);
}

/* DISCOVER has met a profile at the default SM-DP+: it is noted and left there. */
void lpa_note_offer(struct lpa *l)
{
    struct lpa_found *found = add_found(l, lpa_source(l)->address, BYTES_NONE);
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_USER_SAID_LATER);
    uint8_t *copy = arena_copy(&l->task_arena, l->session.metadata.raw);

    if (found && copy &&
        rsp_decode_store_metadata(BYTES(copy, l->session.metadata.raw.n), &found->metadata) ==
            XK_OK) {
        found->has_metadata = true;
        lpa_set_iccid(found->iccid, found->metadata.iccid);
    }
    l->after_cancel = STEP_NEXT_SOURCE;
    lpa_cancel_session(l, RSP_CANCEL_POSTPONED, &fault);
}
