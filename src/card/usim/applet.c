/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/applet.h"

#define FALLBACK_MIN_DEFAULT 30

static enum xk_err give(struct script_report *r, uint8_t result, uint16_t detail)
{
    r->result = result;
    r->detail = detail;
    r->has_detail = true;
    return XK_OK;
}

static enum xk_err repeated(struct script_report *r, uint8_t result)
{
    r->has_flags = true;
    r->flags = SCRIPT_REPORT_REPEATED;
    return give(r, result, SW_OK);
}

static void put_u16(uint16_t v, uint8_t out[2])
{
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
}

static void set_result(struct image_state *s, uint8_t result, uint16_t detail)
{
    s->result[0] = result;
    put_u16(detail, s->detail);
}

static bool is_task(const uint8_t stored[IMAGE_TASK_LEN], const struct script *s)
{
    return memcmp(stored, s->task_id, IMAGE_TASK_LEN) == 0;
}

static bool is_prepared(const struct image_state *s, const struct script *script)
{
    return s->prepared[0] != BANK_NONE && is_task(s->prepared_task, script);
}

static bool is_done(const struct image_state *s, const struct script *script)
{
    return s->phase[0] != PHASE_IDLE && is_task(s->task, script);
}

/* Stores the new state; a worn-out memory is a result, too. */
static enum xk_err store(struct usim *card, struct exchange *x, const struct image_state *s,
                         struct script_report *r)
{
    TRY(card_put_state(card, s));
    TRY(card_commit(card, x));
    if (x->sw == SW_OK)
        return XK_OK;
    x->sw = SW_OK;
    return give(r, SCRIPT_NO_SPACE, SW_MEMORY_PROBLEM);
}

/* Neither the identity in use nor the one still shown to the terminal (or shown again if it refuses
 * REFRESH) may be written over. */
static unsigned free_bank(const struct usim *card, const struct image_state *s)
{
    for (unsigned b = USIM_BANK_A; b <= USIM_BANK_B; b++)
        if (b != s->active[0] && b != card->bank && b != card->shown_before)
            return b;
    return BANK_NONE;
}

static void note_prepared(struct image_state *s, const struct script *script, unsigned bank)
{
    s->prepared[0] = (uint8_t)bank;
    s->prepared_flags[0] = script->flags;
    put_u16(script->has_fallback ? script->fallback_min : FALLBACK_MIN_DEFAULT,
            s->prepared_fallback);
    memcpy(s->prepared_task, script->task_id, IMAGE_TASK_LEN);
}

/* The switch: one byte of the state names the identity in use. */
static void note_committed(struct image_state *s, const struct script *script)
{
    if (script->has_fallback)
        put_u16(script->fallback_min, s->prepared_fallback);
    s->active[0] = s->prepared[0];
    s->flags[0] = (uint8_t)(s->prepared_flags[0] | script->flags);
    memcpy(s->fallback, s->prepared_fallback, sizeof s->fallback);
    memcpy(s->task, s->prepared_task, IMAGE_TASK_LEN);
    s->prepared[0] = BANK_NONE;
    s->phase[0] = PHASE_AWAITING;
    s->report_due[0] = 0;
    set_result(s, SCRIPT_COMMITTED, SW_OK);
}

static void want_refresh(struct usim *card)
{
    struct toolkit *t = &card->uicc.toolkit;

    card->session.refresh_tries = 0;
    card->session.report_due = false;
    if (t->ready)
        t->wants |= WANT(REFRESH);
}

static enum xk_err commit_prepared(struct usim *card, struct exchange *x, struct image_state *s,
                                   const struct script *script, struct script_report *r)
{
    note_committed(s, script);
    TRY(give(r, SCRIPT_COMMITTED, SW_OK));
    TRY(store(card, x, s, r));
    if (r->result == SCRIPT_COMMITTED)
        want_refresh(card);
    return XK_OK;
}

static enum xk_err on_prepare(struct usim *card, struct exchange *x, struct image_state *s,
                              const struct script *script, struct script_report *r)
{
    AUTO_BANK struct image_bank b;
    struct bank_verdict verdict;
    unsigned bank = free_bank(card, s);

    if (bank == BANK_NONE)
        return give(r, SCRIPT_NO_SPACE, SW_NO_SPACE);
    TRY(bank_build(card, script, &b, &verdict));
    if (verdict.result != SCRIPT_PREPARED)
        return give(r, verdict.result, verdict.detail);
    TRY(bank_store(card, bank, &b));
    note_prepared(s, script, bank);
    if (script->flags & SCRIPT_COMMIT)
        return commit_prepared(card, x, s, script, r);
    TRY(give(r, SCRIPT_PREPARED, SW_OK));
    return store(card, x, s, r);
}

static enum xk_err on_restore(struct usim *card, struct exchange *x, struct image_state *s,
                              const struct script *script, struct script_report *r)
{
    bool there = s->active[0] == SEED;
    uint8_t present;

    TRY(card_get(card, IMAGE_BANK_AT(SEED, present), &present, 1));
    if (!present)
        return give(r, SCRIPT_INTERNAL, SW_REF_DATA_NOT_FOUND);
    note_prepared(s, script, SEED);
    note_committed(s, script);
    if (there) {
        s->phase[0] = PHASE_DONE;
        set_result(s, SCRIPT_OK, SW_OK);
    }
    TRY(give(r, s->result[0], SW_OK));
    TRY(store(card, x, s, r));
    if (r->result == SCRIPT_COMMITTED)
        want_refresh(card);
    return XK_OK;
}

/* A number that could not attach may be prepared once more under the same task: the platform asks
 * for it after report 21, with a fresh counter. */
static bool starts_over(const struct image_state *s, const struct script *script)
{
    return (script->flags & SCRIPT_PREPARE) && s->result[0] == SCRIPT_FELL_BACK;
}

/* A task that was done before is answered with what became of it (P-6). */
static enum xk_err act(struct usim *card, struct exchange *x, struct image_state *s,
                       const struct script *script, struct script_report *r)
{
    if (is_prepared(s, script)) {
        if (script->flags & SCRIPT_COMMIT)
            return commit_prepared(card, x, s, script, r);
        return repeated(r, SCRIPT_PREPARED);
    }
    if (is_done(s, script) && !starts_over(s, script))
        return repeated(r, s->result[0]);
    if (script->flags & SCRIPT_PREPARE)
        return on_prepare(card, x, s, script, r);
    if (script->flags & SCRIPT_RESTORE_SEED)
        return on_restore(card, x, s, script, r);
    return give(r, SCRIPT_INTERNAL, SW_REF_DATA_NOT_FOUND);
}

/* Status words that go with the refusals of the layout (tag 91). */
static uint16_t detail_of(uint8_t result)
{
    switch (result) {
    case SCRIPT_BAD_MAC:
        return SW_SECURITY_NOT_SATISFIED;
    case SCRIPT_BAD_VERSION:
    case SCRIPT_BAD_ALGORITHM:
        return SW_FUNCTION_UNSUPPORTED;
    case SCRIPT_NO_SPACE:
        return SW_NO_SPACE;
    case SCRIPT_BAD_LENGTH:
        return SW_WRONG_LENGTH;
    default:
        return SW_TECHNICAL_PROBLEM;
    }
}

/* The answer: what was decided, on top of how the card now stands. */
static enum xk_err answer(struct usim *card, const struct script_report *verdict,
                          struct script_report *out)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    TRY(report_make(card, &s, out));
    memcpy(out->task_id, verdict->task_id, sizeof out->task_id);
    out->result = verdict->result;
    out->detail = verdict->detail;
    out->has_flags = verdict->has_flags;
    out->flags = verdict->flags;
    return XK_OK;
}

static enum xk_err decide(struct usim *card, struct exchange *x, const struct script *script,
                          struct script_report *verdict)
{
    uint8_t cid[SCRIPT_CID_LEN];
    struct image_state s;

    memcpy(verdict->task_id, script->task_id, sizeof verdict->task_id);
    TRY(card_get(card, IMAGE_AT(maker.cid), cid, sizeof cid));
    if (!bytes_eq(BYTES_OF(cid), BYTES_OF(script->cid)))
        return give(verdict, SCRIPT_WRONG_CARD, SW_CONDITIONS_NOT_SATISFIED);
    TRY(card_get_state(card, &s));
    return act(card, x, &s, script, verdict);
}

enum xk_err applet_run(struct usim *card, struct exchange *x, struct bytes data,
                       struct script_report *report)
{
    struct script_report verdict = {0};
    struct script script;
    uint32_t failed;
    enum xk_err err;

    err = script_layout_xieka()->decode(data, &script, &failed);
    if (err == XK_E_NOMEM || err == XK_E_CRYPTO)
        return err;
    if (err != XK_OK) {
        enum script_result result = script_refusal(err, failed);

        TRY(give(&verdict, result, detail_of(result)));
    } else {
        TRY(decide(card, x, &script, &verdict));
    }
    nvm_rollback(card->nvm);
    return answer(card, &verdict, report);
}

enum xk_err applet_replayed(struct usim *card, struct bytes data, struct script_report *report)
{
    struct script_report verdict = {0};
    struct script script;
    uint32_t failed;

    if (script_layout_xieka()->decode(data, &script, &failed) == XK_OK)
        memcpy(verdict.task_id, script.task_id, sizeof verdict.task_id);
    TRY(give(&verdict, SCRIPT_REPLAYED, SW_CONDITIONS_NOT_SATISFIED));
    return answer(card, &verdict, report);
}
