/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a switched identity: REFRESH, attach, fall-back, report (P-1, P-3). */
#include "card/usim/applet.h"

#define REFRESH_TRIES 3
#define REFRESH_RETRY_S 10
#define LOCATION_UPDATED 0x00 /* last byte of the location files (TS 31.102 4.2.17, 4.2.91) */

static void set_result(struct image_state *s, uint8_t result, uint16_t detail)
{
    s->result[0] = result;
    s->detail[0] = (uint8_t)(detail >> 8);
    s->detail[1] = (uint8_t)detail;
}

static void want_report(struct usim *card)
{
    struct toolkit *t = &card->uicc.toolkit;

    card->session.report_due = true;
    card->session.report_tries = 0;
    if (t->ready)
        t->wants |= WANT(IMEI) | WANT(LOCATION) | WANT(REPORT);
}

/* P-2 flag 8: the seed goes once the new number is known to work, not before. */
static enum xk_err erase_seed(struct usim *card)
{
    AUTO_BANK struct image_bank b;

    image_blank_bank(&b);
    return bank_store(card, SEED, &b);
}

static enum xk_err note_attached(struct usim *card, struct image_state *s)
{
    if (s->phase[0] == PHASE_AWAITING)
        set_result(s, SCRIPT_OK, SW_OK);
    if (s->phase[0] == PHASE_AWAITING && (s->flags[0] & SCRIPT_ERASE_SEED) && s->active[0] != SEED)
        TRY(erase_seed(card));
    s->phase[0] = PHASE_DONE;
    s->report_due[0] = 1;
    return card_put_state(card, s);
}

enum xk_err applet_attached(struct usim *card)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    if (card->bank != s.active[0] || session_refreshing(card))
        return XK_OK; /* it is the old identity that has service */
    if (s.phase[0] == PHASE_AWAITING || s.phase[0] == PHASE_FALLEN) {
        TRY(note_attached(card, &s));
        session_stop_fallback(card);
        want_report(card);
    } else if (s.report_due[0] && session_report_idle(card)) {
        want_report(card); /* one left over from before, or given up for the time being */
    }
    return XK_OK;
}

static bool is_location(enum content_id id)
{
    return id == CONTENT_LOCI || id == CONTENT_PSLOCI || id == CONTENT_EPSLOCI ||
           id == CONTENT_5GS3GPPLOCI;
}

enum xk_err applet_file_written(struct usim *card, enum content_id id)
{
    uint8_t data[20];

    if (id == CONTENT_IMSI || id == CONTENT_ICCID) {
        AUTO_BANK struct image_bank b;

        TRY(bank_load(card, card->bank, &b));
        TRY(bank_seal(&b));
        return card_put(card, IMAGE_BANK_AT(card->bank, seal), b.seal, sizeof b.seal);
    }
    if (!is_location(id))
        return XK_OK;
    TRY(card_content(card, id, data));
    if (data[content_size(content_of(id)) - 1] != LOCATION_UPDATED)
        return XK_OK;
    return applet_attached(card);
}

static void arm_fallback(struct usim *card, const struct image_state *s)
{
    if (s->phase[0] == PHASE_AWAITING)
        session_start_fallback(card, (uint32_t)(s->fallback[0] << 8 | s->fallback[1]));
}

enum xk_err applet_session_started(struct usim *card)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    card->session.report_due = s.report_due[0] != 0;
    if (card->bank == s.active[0])
        arm_fallback(card, &s);
    else
        card->uicc.toolkit.wants |= WANT(REFRESH); /* switched while there was no toolkit session */
    return XK_OK;
}

static bool may_fall_back(const struct image_state *s, bool seed_present)
{
    return seed_present && s->active[0] != SEED && (s->flags[0] & SCRIPT_KEEP_SEED);
}

/* No attach in time: back to the seed as one switch, or the news that there is none (22). */
enum xk_err applet_timed_out(struct usim *card)
{
    struct image_state s;
    uint8_t present;

    TRY(card_get_state(card, &s));
    if (s.phase[0] != PHASE_AWAITING)
        return XK_OK;
    TRY(card_get(card, IMAGE_BANK_AT(SEED, present), &present, 1));
    if (may_fall_back(&s, present)) {
        s.active[0] = SEED;
        s.phase[0] = PHASE_FALLEN;
        set_result(&s, SCRIPT_FELL_BACK, SW_OK);
        card->session.refresh_tries = 0;
        card->uicc.toolkit.wants |= WANT(REFRESH);
    } else {
        set_result(&s, SCRIPT_ATTACH_TIMEOUT, SW_CONDITIONS_NOT_SATISFIED);
    }
    return card_put_state(card, &s);
}

enum xk_err applet_refresh_by_reset(struct usim *card, bool *out)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    *out = s.flags[0] & SCRIPT_REFRESH_RESET;
    return XK_OK;
}

/* A terminal that is to reset the card still writes the old location before; one that only
 * initialises reads the new files before it answers. */
enum xk_err applet_refreshing(struct usim *card)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    card->shown_before = card->bank;
    if (!(s.flags[0] & SCRIPT_REFRESH_RESET))
        card->bank = s.active[0];
    return XK_OK;
}

enum xk_err applet_refreshed(struct usim *card)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    card->shown_before = card->bank;
    if (card->bank == s.active[0])
        arm_fallback(card, &s);
    return XK_OK;
}

/* Asked again a few times; then the platform is told (20) over the identity that is still in use.
 * The new one is taken up at the next reset. */
enum xk_err applet_refresh_refused(struct usim *card)
{
    struct session *t = &card->session;
    struct image_state s;

    TRY(card_get_state(card, &s));
    card->bank = card->shown_before;
    if (t->refresh_tries < REFRESH_TRIES) {
        t->refresh_tries++;
        session_want_later(card, WANT(REFRESH), REFRESH_RETRY_S);
        return XK_OK;
    }
    if (s.phase[0] != PHASE_AWAITING)
        return XK_OK;
    set_result(&s, SCRIPT_REFRESH_REFUSED, SW_CONDITIONS_NOT_SATISFIED);
    s.report_due[0] = 1;
    want_report(card);
    return card_put_state(card, &s);
}

enum xk_err applet_report_sent(struct usim *card)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    s.report_due[0] = 0;
    card->session.report_due = false;
    return card_put_state(card, &s);
}
