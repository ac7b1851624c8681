/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/session.h"

#include <assert.h>

#include "base/tlv.h"
#include "card/usim/applet.h"

#define REPORT_TRIES 5
#define REPORT_RETRY_S 30 /* doubles with each try */
#define TIMER_FALLBACK 1
#define TIMER_RETRY 2
#define TIMER_MAX_S (24 * 3600 - 1) /* TS 102 223 8.38 */
#define LOCATION_NORMAL 0x00

void session_ended(struct uicc *u)
{
    usim_of(u)->session = (struct session){0};
}

bool session_refreshing(const struct usim *card)
{
    const struct toolkit *t = &card->uicc.toolkit;

    return t->fetched && t->current == INTENT_OF_REFRESH;
}

bool session_report_idle(const struct usim *card)
{
    const struct toolkit *t = &card->uicc.toolkit;
    const struct session *s = &card->session;

    return !t->out && !((t->wants | s->later) & WANT(REPORT)) &&
           (s->report_tries == 0 || s->report_tries >= REPORT_TRIES);
}

void session_want_later(struct usim *card, uint16_t wants, uint16_t seconds)
{
    struct toolkit *t = &card->uicc.toolkit;

    card->session.later |= wants;
    card->session.retry_s = seconds;
    if (t->can & CAN_TIMER)
        t->wants |= WANT(RETRY_START);
}

static void wants_are_due(struct usim *card)
{
    card->uicc.toolkit.wants |= card->session.later;
    card->session.later = 0;
}

void session_polled(struct uicc *u)
{
    struct usim *card = usim_of(u);
    struct session *s = &card->session;

    if (!(u->toolkit.can & CAN_TIMER))
        wants_are_due(card);
    /* a report left over from before, and the terminal never says that it has attached */
    if (s->report_due && s->polls < 2 && ++s->polls == 2)
        u->toolkit.wants |= WANT(IMEI) | WANT(LOCATION) | WANT(REPORT);
}

void session_start_fallback(struct usim *card, uint32_t minutes)
{
    struct toolkit *t = &card->uicc.toolkit;

    card->session.fallback_left_s = minutes * 60;
    t->wants |= WANT(FALLBACK_START);
    t->wants &= (uint16_t)~WANT(FALLBACK_STOP);
}

void session_stop_fallback(struct usim *card)
{
    struct toolkit *t = &card->uicc.toolkit;
    struct session *s = &card->session;

    t->wants &= (uint16_t)~WANT(FALLBACK_START);
    if (s->fallback_running_s)
        t->wants |= WANT(FALLBACK_STOP);
    s->fallback_left_s = 0;
    s->fallback_running_s = 0;
}

/* Makers of commands: qualifier, destination and objects */

static enum xk_err make_refresh(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    bool reset;

    (void)objects;
    TRY(applet_refresh_by_reset(usim_of(u), &reset));
    p->qualifier = reset ? CAT_REFRESH_RESET : CAT_REFRESH_INIT;
    return XK_OK;
}

static enum xk_err make_events(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    static const uint8_t events[] = {CAT_EVENT_LOCATION_STATUS};

    (void)u;
    (void)p;
    cat_tlv_put(objects, 0x80 | CAT_TAG_EVENT_LIST, BYTES_OF(events));
    return XK_OK;
}

static void put_timer(struct buf *objects, uint8_t timer, uint32_t seconds)
{
    uint8_t value[3];

    cat_tlv_put(objects, 0x80 | CAT_TAG_TIMER_IDENTIFIER, BYTES(&timer, 1));
    if (seconds == 0)
        return;
    cat_encode_timer_value(seconds, value);
    cat_tlv_put(objects, 0x80 | CAT_TAG_TIMER_VALUE, BYTES_OF(value));
}

static enum xk_err make_fallback(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    struct session *s = &usim_of(u)->session;
    uint32_t run = s->fallback_left_s < TIMER_MAX_S ? s->fallback_left_s : TIMER_MAX_S;

    p->qualifier = CAT_TIMER_START;
    s->fallback_running_s = run;
    put_timer(objects, TIMER_FALLBACK, run);
    return XK_OK;
}

static enum xk_err make_stop(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    (void)u;
    p->qualifier = CAT_TIMER_STOP;
    put_timer(objects, TIMER_FALLBACK, 0);
    return XK_OK;
}

static enum xk_err make_retry(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    p->qualifier = CAT_TIMER_START;
    put_timer(objects, TIMER_RETRY, usim_of(u)->session.retry_s);
    return XK_OK;
}

static enum xk_err make_imei(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    (void)u;
    (void)objects;
    p->qualifier = CAT_PLI_IMEI;
    return XK_OK;
}

static enum xk_err make_location(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    (void)u;
    (void)objects;
    p->qualifier = CAT_PLI_LOCATION;
    return XK_OK;
}

/* What the answers mean */

static enum xk_err report_failed(struct usim *card)
{
    struct session *s = &card->session;

    if (++s->report_tries < REPORT_TRIES)
        session_want_later(card, WANT(REPORT), (uint16_t)(REPORT_RETRY_S << (s->report_tries - 1)));
    return XK_OK;
}

enum xk_err session_message_done(struct uicc *u, struct exchange *x, unsigned kind, bool sent)
{
    struct usim *card = usim_of(u);

    (void)kind; /* reports are all there is */
    if (!sent)
        return report_failed(card);
    TRY(applet_report_sent(card));
    return card_commit(card, x);
}

static enum xk_err done_refresh(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    struct usim *card = usim_of(u);

    if (TOOLKIT_DONE(r->result)) {
        TRY(applet_refreshed(card));
        return card_commit(card, x);
    }
    TRY(applet_refresh_refused(card));
    return card_commit(card, x);
}

static enum xk_err done_nothing(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    (void)u;
    (void)x;
    (void)r;
    return XK_OK;
}

/* A timer that the terminal did not start never ends. */
static enum xk_err done_fallback(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    (void)x;
    if (!TOOLKIT_DONE(r->result))
        usim_of(u)->session.fallback_running_s = 0;
    return XK_OK;
}

static enum xk_err done_imei(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    struct session *s = &usim_of(u)->session;
    struct bytes value;

    (void)x;
    if (cat_tlv_find(r->objects, CAT_TAG_IMEI, &value) != XK_OK || value.n != sizeof s->imei)
        return XK_OK;
    memcpy(s->imei, value.p, value.n);
    s->has_imei = true;
    return XK_OK;
}

static enum xk_err done_location(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    struct session *s = &usim_of(u)->session;
    struct bytes value;

    (void)x;
    if (cat_tlv_find(r->objects, CAT_TAG_LOCATION_INFORMATION, &value) != XK_OK ||
        value.n > sizeof s->location)
        return XK_OK;
    memcpy(s->location, value.p, value.n);
    s->location_n = (uint8_t)value.n;
    s->has_location = true;
    return XK_OK;
}

const struct intent_row session_rows[INTENTS] = {
#define INTENT(name, command, needs, make, done) {CAT_##command, CAN_##needs, make, done},
#include "card/usim/toolkit.def"
#undef INTENT
};
static_assert(INTENTS <= INTENTS_MAX - 1, "wants have a bit for each, and one for the report");

/* What the terminal does not offer is as good as refused. */
enum xk_err session_given_up(struct uicc *u, unsigned intent)
{
    struct usim *card = usim_of(u);

    if (intent != INTENT_OF_REFRESH)
        return XK_OK;
    card->session.refresh_tries = UINT8_MAX;
    TRY(applet_refresh_refused(card));
    return nvm_commit(card->nvm) == XK_E_CLOSED ? XK_E_CLOSED : XK_OK;
}

enum xk_err session_idle(struct uicc *u)
{
    if (!(u->toolkit.wants & WANT(REPORT)))
        return XK_OK;
    u->toolkit.wants &= (uint16_t)~WANT(REPORT);
    return applet_send_report(usim_of(u));
}

enum xk_err session_started(struct uicc *u)
{
    u->toolkit.wants = u->toolkit.can & CAN_EVENTS ? WANT(EVENT_LIST) : 0;
    return applet_session_started(usim_of(u));
}

enum xk_err session_fetched(struct uicc *u, unsigned intent)
{
    return intent == INTENT_OF_REFRESH ? applet_refreshing(usim_of(u)) : XK_OK;
}

/* EVENT DOWNLOAD - location status (TS 102 223 7.5.4) */
static enum xk_err on_event(struct usim *card, struct exchange *x, struct bytes value)
{
    struct bytes events, status;

    if (cat_tlv_find(value, CAT_TAG_EVENT_LIST, &events) != XK_OK || events.n != 1)
        return refuse(x, SW_WRONG_DATA);
    if (events.p[0] != CAT_EVENT_LOCATION_STATUS)
        return XK_OK;
    if (cat_tlv_find(value, CAT_TAG_LOCATION_STATUS, &status) != XK_OK || status.n != 1)
        return refuse(x, SW_WRONG_DATA);
    if (status.p[0] != LOCATION_NORMAL)
        return XK_OK;
    TRY(applet_attached(card));
    return card_commit(card, x);
}

static enum xk_err on_fallback_timer(struct usim *card, struct exchange *x)
{
    struct session *s = &card->session;

    if (s->fallback_running_s == 0)
        return XK_OK; /* stopped in the meantime */
    s->fallback_left_s -= s->fallback_running_s;
    s->fallback_running_s = 0;
    if (s->fallback_left_s > 0) {
        card->uicc.toolkit.wants |= WANT(FALLBACK_START);
        return XK_OK;
    }
    TRY(applet_timed_out(card));
    return card_commit(card, x);
}

/* TIMER EXPIRATION (TS 102 223 7.4) */
static enum xk_err on_timer(struct usim *card, struct exchange *x, struct bytes value)
{
    struct session *s = &card->session;
    struct bytes id;

    if (cat_tlv_find(value, CAT_TAG_TIMER_IDENTIFIER, &id) != XK_OK || id.n != 1)
        return refuse(x, SW_WRONG_DATA);
    if (id.p[0] == TIMER_FALLBACK)
        return on_fallback_timer(card, x);
    if (id.p[0] == TIMER_RETRY) {
        card->uicc.toolkit.wants |= s->later;
        s->later = 0;
    }
    return XK_OK;
}

/* ENVELOPE, TS 31.111 7 */
enum xk_err session_envelope(struct uicc *u, struct exchange *x, uint32_t tag, struct bytes value)
{
    switch (tag) {
    case CAT_ENV_EVENT:
        return on_event(usim_of(u), x, value);
    case CAT_ENV_TIMER:
        return on_timer(usim_of(u), x, value);
    default:
        return refuse(x, SW_FUNCTION_UNSUPPORTED);
    }
}
