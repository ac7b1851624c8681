/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/usim/applet.h"
#include "card/usim/ota.h"
#include "codec/cat/cat.h"

#define TIMER_FALLBACK 1
#define TIMER_RETRY 2
#define LOCATION_NORMAL 0x00

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
    struct toolkit *t = &card->toolkit;

    if (t->fallback_running_s == 0)
        return XK_OK; /* stopped in the meantime */
    t->fallback_left_s -= t->fallback_running_s;
    t->fallback_running_s = 0;
    if (t->fallback_left_s > 0) {
        t->wants |= WANT(FALLBACK_START);
        return XK_OK;
    }
    TRY(applet_timed_out(card));
    return card_commit(card, x);
}

/* TIMER EXPIRATION (TS 102 223 7.4) */
static enum xk_err on_timer(struct usim *card, struct exchange *x, struct bytes value)
{
    struct toolkit *t = &card->toolkit;
    struct bytes id;

    if (cat_tlv_find(value, CAT_TAG_TIMER_IDENTIFIER, &id) != XK_OK || id.n != 1)
        return refuse(x, SW_WRONG_DATA);
    if (id.p[0] == TIMER_FALLBACK)
        return on_fallback_timer(card, x);
    if (id.p[0] == TIMER_RETRY) {
        t->wants |= t->later;
        t->later = 0;
    }
    return XK_OK;
}

/* TS 102 221 11.2.2, TS 31.111 7 */
enum xk_err cmd_envelope(struct usim *card, struct exchange *x)
{
    struct cur c = cur_of(x->c.data);
    struct tlv t;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (tlv_next(&c, &t) != XK_OK || c.n > 0)
        return refuse(x, SW_WRONG_DATA);
    switch (t.tag) {
    case CAT_ENV_SMS_PP:
        return ota_sms_pp(card, x, x->c.data);
    case CAT_ENV_EVENT:
        return on_event(card, x, t.value);
    case CAT_ENV_TIMER:
        return on_timer(card, x, t.value);
    default:
        return refuse(x, SW_FUNCTION_UNSUPPORTED);
    }
}
