/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/toolkit.h"
#include "base/tlv.h"
#include "card/usim/applet.h"
#include "codec/cat/cat.h"

#define OUTGOING_MAX 16 /* short messages waiting */
#define POR_TRIES 3
#define REPORT_TRIES 5
#define REPORT_RETRY_S 30 /* doubles with each try */
#define TIMER_FALLBACK 1
#define TIMER_RETRY 2
#define TIMER_MAX_S (24 * 3600 - 1) /* TS 102 223 8.38 */
#define OBJECTS_MAX 240
#define VALIDITY_MIN 1440

#define IS_OK(result) ((result) < 0x10) /* TS 102 223 8.12: performed */

struct intent_row {
    uint8_t command, needs;
    enum xk_err (*make)(struct usim *card, struct cat_proactive *p, struct buf *objects);
    enum xk_err (*done)(struct usim *card, struct exchange *x, const struct cat_response *r);
};

static void drop_first(struct toolkit *t)
{
    struct outgoing *first = t->out;

    t->out = first->next;
    explicit_bzero(first, sizeof *first);
    free(first);
}

static void drop_kind(struct toolkit *t, enum outgoing_kind kind)
{
    while (t->out && t->out->kind == kind)
        drop_first(t);
    if (!t->out)
        t->wants &= (uint16_t)~WANT(SMS);
}

static void drop_command(struct toolkit *t)
{
    free(t->command);
    t->command = NULL;
    t->command_n = 0;
    t->fetched = false;
    t->current = INTENT_NONE;
}

void toolkit_reset(struct usim *card)
{
    struct toolkit *t = &card->toolkit;

    while (t->out)
        drop_first(t);
    drop_command(t);
    *t = (struct toolkit){.current = INTENT_NONE};
}

bool toolkit_refreshing(const struct usim *card)
{
    return card->toolkit.fetched && card->toolkit.current == INTENT_REFRESH;
}

static size_t outgoing_count(const struct toolkit *t)
{
    size_t n = 0;

    for (const struct outgoing *o = t->out; o; o = o->next)
        n++;
    return n;
}

bool toolkit_can_send(const struct usim *card)
{
    return outgoing_count(&card->toolkit) < OUTGOING_MAX;
}

bool toolkit_report_idle(const struct usim *card)
{
    const struct toolkit *t = &card->toolkit;

    return !t->out && !((t->wants | t->later) & WANT(REPORT)) &&
           (t->report_tries == 0 || t->report_tries >= REPORT_TRIES);
}

void toolkit_want_later(struct usim *card, uint16_t wants, uint16_t seconds)
{
    struct toolkit *t = &card->toolkit;

    t->later |= wants;
    t->retry_s = seconds;
    if (t->can & CAN_TIMER)
        t->wants |= WANT(RETRY_START);
}

static void wants_are_due(struct toolkit *t)
{
    t->wants |= t->later;
    t->later = 0;
}

void toolkit_polled(struct usim *card)
{
    struct toolkit *t = &card->toolkit;

    if (!(t->can & CAN_TIMER))
        wants_are_due(t);
    /* a report left over from before, and the terminal never says that it has attached */
    if (t->report_due && t->polls < 2 && ++t->polls == 2)
        t->wants |= WANT(IMEI) | WANT(LOCATION) | WANT(REPORT);
}

void toolkit_start_fallback(struct usim *card, uint32_t minutes)
{
    card->toolkit.fallback_left_s = minutes * 60;
    card->toolkit.wants |= WANT(FALLBACK_START);
    card->toolkit.wants &= (uint16_t)~WANT(FALLBACK_STOP);
}

void toolkit_stop_fallback(struct usim *card)
{
    struct toolkit *t = &card->toolkit;

    t->wants &= (uint16_t)~WANT(FALLBACK_START);
    if (t->fallback_running_s)
        t->wants |= WANT(FALLBACK_STOP);
    t->fallback_left_s = 0;
    t->fallback_running_s = 0;
}

/* Short messages. SMS-SUBMIT from the card: PID 00, because 7F is a matter between network and card
 * (TS 23.040 9.2.3.9); DCS F6 as the command had it (TS 31.115 5). */

static enum xk_err encode_submit(const char *number, struct bytes ud, struct outgoing *o)
{
    struct sms_tpdu t = {.type = SMS_SUBMIT,
                         .udhi = true,
                         .dcs = SMS_DCS_8BIT_CLASS2,
                         .has_vp = true,
                         .vp = sms_vp_encode(VALIDITY_MIN),
                         .ud = ud};
    struct buf b;

    if (!bytes_to_cstr(bytes_cstr(number), t.address, sizeof t.address))
        return XK_E_VALUE;
    buf_init_fixed(&b, o->tpdu, sizeof o->tpdu);
    TRY(sms_encode(&t, &b));
    o->n = (uint8_t)b.n;
    return XK_OK;
}

static enum xk_err enqueue(struct toolkit *t, enum outgoing_kind kind, const char *number,
                           struct bytes ud)
{
    struct outgoing *o = calloc(1, sizeof *o), **at = &t->out;
    enum xk_err err;

    if (!o)
        return XK_E_NOMEM;
    o->kind = (uint8_t)kind;
    err = encode_submit(number, ud, o);
    if (err != XK_OK) {
        free(o);
        return err;
    }
    while (*at)
        at = &(*at)->next;
    *at = o;
    t->wants |= WANT(SMS);
    return XK_OK;
}

enum xk_err toolkit_send(struct usim *card, enum outgoing_kind kind, uint8_t iei,
                         struct bytes packet, const char *number)
{
    struct sms_parts parts;
    uint8_t ref;

    xk_rand_fill(&card->rand, &ref, 1);
    TRY(sms_split_packet(iei, packet, ref, &parts));
    for (size_t i = 0; i < parts.n; i++)
        TRY(enqueue(&card->toolkit, kind, number, BYTES(parts.part[i].ud, parts.part[i].ud_n)));
    return XK_OK;
}

/* Makers of commands: qualifier, destination and objects */

static enum xk_err make_sms(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    const struct outgoing *o = card->toolkit.out;

    p->destination = CAT_DEV_NETWORK;
    cat_tlv_put(objects, 0x80 | CAT_TAG_ALPHA_ID, BYTES_NONE); /* empty: the user is not told */
    cat_tlv_put(objects, 0x80 | CAT_TAG_SMS_TPDU, BYTES(o->tpdu, o->n));
    return XK_OK;
}

static enum xk_err make_refresh(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    bool reset;

    (void)objects;
    TRY(applet_refresh_by_reset(card, &reset));
    p->qualifier = reset ? CAT_REFRESH_RESET : CAT_REFRESH_INIT;
    return XK_OK;
}

static enum xk_err make_events(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    static const uint8_t events[] = {CAT_EVENT_LOCATION_STATUS};

    (void)card;
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

static enum xk_err make_fallback(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    struct toolkit *t = &card->toolkit;
    uint32_t run = t->fallback_left_s < TIMER_MAX_S ? t->fallback_left_s : TIMER_MAX_S;

    p->qualifier = CAT_TIMER_START;
    t->fallback_running_s = run;
    put_timer(objects, TIMER_FALLBACK, run);
    return XK_OK;
}

static enum xk_err make_stop(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    (void)card;
    p->qualifier = CAT_TIMER_STOP;
    put_timer(objects, TIMER_FALLBACK, 0);
    return XK_OK;
}

static enum xk_err make_retry(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    p->qualifier = CAT_TIMER_START;
    put_timer(objects, TIMER_RETRY, card->toolkit.retry_s);
    return XK_OK;
}

static enum xk_err make_imei(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    (void)card;
    (void)objects;
    p->qualifier = CAT_PLI_IMEI;
    return XK_OK;
}

static enum xk_err make_location(struct usim *card, struct cat_proactive *p, struct buf *objects)
{
    (void)card;
    (void)objects;
    p->qualifier = CAT_PLI_LOCATION;
    return XK_OK;
}

/* What the answers mean */

static enum xk_err report_failed(struct usim *card)
{
    struct toolkit *t = &card->toolkit;

    drop_kind(t, OUTGOING_REPORT);
    if (++t->report_tries < REPORT_TRIES)
        toolkit_want_later(card, WANT(REPORT), (uint16_t)(REPORT_RETRY_S << (t->report_tries - 1)));
    return XK_OK;
}

static enum xk_err done_sms(struct usim *card, struct exchange *x, const struct cat_response *r)
{
    struct toolkit *t = &card->toolkit;
    struct outgoing *o = t->out;
    uint8_t kind;

    if (!o)
        return XK_OK;
    kind = o->kind;
    if (IS_OK(r->result)) {
        drop_first(t);
        if (t->out)
            t->wants |= WANT(SMS);
        if (kind != OUTGOING_REPORT || (t->out && t->out->kind == OUTGOING_REPORT))
            return XK_OK;
        TRY(applet_report_sent(card));
        return card_commit(card, x);
    }
    if (kind == OUTGOING_REPORT)
        return report_failed(card);
    if (++o->tries >= POR_TRIES)
        drop_kind(t, OUTGOING_POR);
    if (t->out)
        t->wants |= WANT(SMS);
    return XK_OK;
}

static enum xk_err done_refresh(struct usim *card, struct exchange *x, const struct cat_response *r)
{
    if (IS_OK(r->result)) {
        TRY(applet_refreshed(card));
        return card_commit(card, x);
    }
    TRY(applet_refresh_refused(card));
    return card_commit(card, x);
}

static enum xk_err done_nothing(struct usim *card, struct exchange *x, const struct cat_response *r)
{
    (void)card;
    (void)x;
    (void)r;
    return XK_OK;
}

/* A timer that the terminal did not start never ends. */
static enum xk_err done_fallback(struct usim *card, struct exchange *x,
                                 const struct cat_response *r)
{
    (void)x;
    if (!IS_OK(r->result))
        card->toolkit.fallback_running_s = 0;
    return XK_OK;
}

static enum xk_err done_imei(struct usim *card, struct exchange *x, const struct cat_response *r)
{
    struct toolkit *t = &card->toolkit;
    struct bytes value;

    (void)x;
    if (cat_tlv_find(r->objects, CAT_TAG_IMEI, &value) != XK_OK || value.n != sizeof t->imei)
        return XK_OK;
    memcpy(t->imei, value.p, value.n);
    t->has_imei = true;
    return XK_OK;
}

static enum xk_err done_location(struct usim *card, struct exchange *x,
                                 const struct cat_response *r)
{
    struct toolkit *t = &card->toolkit;
    struct bytes value;

    (void)x;
    if (cat_tlv_find(r->objects, CAT_TAG_LOCATION_INFORMATION, &value) != XK_OK ||
        value.n > sizeof t->location)
        return XK_OK;
    memcpy(t->location, value.p, value.n);
    t->location_n = (uint8_t)value.n;
    t->has_location = true;
    return XK_OK;
}

static const struct intent_row intents[] = {
#define INTENT(name, command, needs, make, done) {CAT_##command, CAN_##needs, make, done},
#include "card/usim/toolkit.def"
#undef INTENT
};

static enum xk_err encode_command(struct usim *card, enum intent intent)
{
    struct cat_proactive p = {
        .type = intents[intent].command, .source = CAT_DEV_UICC, .destination = CAT_DEV_TERMINAL};
    struct toolkit *t = &card->toolkit;
    uint8_t mem[OBJECTS_MAX], wire[256];
    struct buf objects, out;

    buf_init_fixed(&objects, mem, sizeof mem);
    buf_init_fixed(&out, wire, sizeof wire);
    t->number = t->number >= 0xFE ? 1 : (uint8_t)(t->number + 1);
    p.number = t->number;
    TRY(intents[intent].make(card, &p, &objects));
    TRY(buf_ok(&objects));
    p.objects = buf_bytes(&objects);
    TRY(cat_encode_proactive(&p, &out));
    if (out.n > UINT8_MAX)
        return XK_E_LIMIT;
    t->command = malloc(out.n);
    if (!t->command)
        return XK_E_NOMEM;
    memcpy(t->command, wire, out.n);
    t->command_n = (uint8_t)out.n;
    t->current = (uint8_t)intent;
    return XK_OK;
}

/* What the terminal does not offer is as good as refused. */
static enum xk_err give_up(struct usim *card, enum intent intent)
{
    struct toolkit *t = &card->toolkit;

    while (intent == INTENT_SMS && t->out)
        drop_first(t);
    if (intent == INTENT_REFRESH) {
        t->refresh_tries = UINT8_MAX;
        TRY(applet_refresh_refused(card));
        return nvm_commit(card->nvm) == XK_E_CLOSED ? XK_E_CLOSED : XK_OK;
    }
    return XK_OK;
}

static enum xk_err next_command(struct usim *card)
{
    struct toolkit *t = &card->toolkit;

    for (unsigned i = 0; i < INTENT_NONE && !t->command; i++) {
        if (!(t->wants & 1u << i))
            continue;
        t->wants &= (uint16_t) ~(1u << i);
        if (t->can & intents[i].needs)
            TRY(encode_command(card, (enum intent)i));
        else
            TRY(give_up(card, (enum intent)i));
    }
    return XK_OK;
}

enum xk_err toolkit_waiting(struct usim *card, size_t *length)
{
    struct toolkit *t = &card->toolkit;

    *length = 0;
    if (!t->ready || t->fetched)
        return XK_OK;
    if (!t->command)
        TRY(next_command(card));
    if (!t->command && (t->wants & WANT(REPORT))) {
        t->wants &= (uint16_t)~WANT(REPORT);
        TRY(applet_send_report(card));
        TRY(next_command(card));
    }
    *length = t->command_n;
    return XK_OK;
}

/* TS 102 223 5.2, TS 31.111 5.2: what of the terminal profile this card uses */
static const struct {
    uint8_t can;
    uint16_t bit;
} facilities[] = {
    {CAN_SMS, CAT_PROFILE_BIT(4, 2)},        {CAN_REFRESH, CAT_PROFILE_BIT(3, 8)},
    {CAN_EVENTS, CAT_PROFILE_BIT(5, 5)},     {CAN_TIMER, CAT_PROFILE_BIT(8, 1)},
    {CAN_LOCAL_INFO, CAT_PROFILE_BIT(4, 7)},
};

enum xk_err cmd_terminal_profile(struct usim *card, struct exchange *x)
{
    struct toolkit *t = &card->toolkit;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (x->c.data.n == 0)
        return refuse(x, SW_WRONG_LENGTH);
    toolkit_reset(card);
    t->ready = true;
    for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
        if (cat_profile_has(x->c.data, facilities[i].bit))
            t->can |= facilities[i].can;
    t->wants = t->can & CAN_EVENTS ? WANT(EVENT_LIST) : 0;
    return applet_session_started(card);
}

/* TS 102 221 11.2.3 */
enum xk_err cmd_fetch(struct usim *card, struct exchange *x)
{
    struct toolkit *t = &card->toolkit;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (!t->command)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(answer_now(x, BYTES(t->command, t->command_n)));
    if (x->sw != SW_OK)
        return XK_OK;
    t->fetched = true;
    if (t->current == INTENT_REFRESH)
        TRY(applet_refreshing(card));
    return XK_OK;
}

enum xk_err cmd_terminal_response(struct usim *card, struct exchange *x)
{
    struct toolkit *t = &card->toolkit;
    enum intent intent = t->current;
    struct cat_response r;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (!t->fetched)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (cat_decode_response(x->c.data, &r) != XK_OK || r.number != t->number ||
        r.type != intents[intent].command)
        return refuse(x, SW_WRONG_DATA);
    drop_command(t);
    return intents[intent].done(card, x, &r);
}
