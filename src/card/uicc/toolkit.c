/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/toolkit.h"
#include "base/tlv.h"
#include "card/uicc/inside.h"

#define OUTGOING_MAX 16 /* short messages waiting */
#define POR_TRIES 3
#define OBJECTS_MAX 240
#define VALIDITY_MIN 1440

static void drop_first(struct toolkit *t)
{
    struct outgoing *first = t->out;

    t->out = first->next;
    explicit_bzero(first, sizeof *first);
    free(first);
}

static void drop_kind(struct toolkit *t, unsigned kind)
{
    while (t->out && t->out->kind == kind)
        drop_first(t);
    if (!t->out)
        t->wants &= (uint16_t)~WANT_OF(INTENT_SMS);
}

static void drop_command(struct toolkit *t)
{
    free(t->command);
    t->command = NULL;
    t->command_n = 0;
    t->fetched = false;
    t->current = INTENT_NONE;
}

void toolkit_reset(struct uicc *u)
{
    struct toolkit *t = &u->toolkit;

    while (t->out)
        drop_first(t);
    drop_command(t);
    *t = (struct toolkit){.current = INTENT_NONE};
    if (u->ops->session_ended)
        u->ops->session_ended(u);
}

static size_t outgoing_count(const struct toolkit *t)
{
    size_t n = 0;

    for (const struct outgoing *o = t->out; o; o = o->next)
        n++;
    return n;
}

bool toolkit_can_send(const struct uicc *u)
{
    return outgoing_count(&u->toolkit) < OUTGOING_MAX;
}

/* Short messages. SMS-SUBMIT from the card: PID 00, because 7F is a matter between network and
 * card (TS 23.040 9.2.3.9); DCS F6 as the command had it (TS 31.115 5). */

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

static enum xk_err enqueue(struct toolkit *t, unsigned kind, const char *number, struct bytes ud)
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
    t->wants |= WANT_OF(INTENT_SMS);
    return XK_OK;
}

enum xk_err toolkit_send(struct uicc *u, unsigned kind, uint8_t iei, struct bytes packet,
                         const char *number)
{
    struct sms_parts parts;
    uint8_t ref;

    xk_rand_fill(&u->rand, &ref, 1);
    TRY(sms_split_packet(iei, packet, ref, &parts));
    for (size_t i = 0; i < parts.n; i++)
        TRY(enqueue(&u->toolkit, kind, number, BYTES(parts.part[i].ud, parts.part[i].ud_n)));
    return XK_OK;
}

enum xk_err toolkit_make_sms(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    const struct outgoing *o = u->toolkit.out;

    p->destination = CAT_DEV_NETWORK;
    cat_tlv_put(objects, 0x80 | CAT_TAG_ALPHA_ID, BYTES_NONE); /* empty: the user is not told */
    cat_tlv_put(objects, 0x80 | CAT_TAG_SMS_TPDU, BYTES(o->tpdu, o->n));
    return XK_OK;
}

static enum xk_err tell_done(struct uicc *u, struct exchange *x, unsigned kind, bool sent)
{
    return u->ops->message_done ? u->ops->message_done(u, x, kind, sent) : XK_OK;
}

static void go_on(struct toolkit *t)
{
    if (t->out)
        t->wants |= WANT_OF(INTENT_SMS);
}

static enum xk_err message_sent(struct uicc *u, struct exchange *x, unsigned kind)
{
    struct toolkit *t = &u->toolkit;

    drop_first(t);
    go_on(t);
    if (kind == OUTGOING_POR || (t->out && t->out->kind == kind))
        return XK_OK;
    return tell_done(u, x, kind, true);
}

/* An answer is tried again at once, a few times; of other messages the card knows better. */
enum xk_err toolkit_done_sms(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    struct toolkit *t = &u->toolkit;
    struct outgoing *o = t->out;

    if (!o)
        return XK_OK;
    if (TOOLKIT_DONE(r->result))
        return message_sent(u, x, o->kind);
    if (o->kind != OUTGOING_POR) {
        unsigned kind = o->kind;

        drop_kind(t, kind);
        return tell_done(u, x, kind, false);
    }
    if (++o->tries >= POR_TRIES)
        drop_kind(t, OUTGOING_POR);
    go_on(t);
    return XK_OK;
}

static enum xk_err encode_command(struct uicc *u, unsigned intent)
{
    const struct intent_row *row = &u->ops->intents[intent];
    struct cat_proactive p = {
        .type = row->command, .source = CAT_DEV_UICC, .destination = CAT_DEV_TERMINAL};
    struct toolkit *t = &u->toolkit;
    uint8_t mem[OBJECTS_MAX], wire[256];
    struct buf objects, out;

    buf_init_fixed(&objects, mem, sizeof mem);
    buf_init_fixed(&out, wire, sizeof wire);
    t->number = t->number >= 0xFE ? 1 : (uint8_t)(t->number + 1);
    p.number = t->number;
    TRY(row->make(u, &p, &objects));
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
static enum xk_err give_up(struct uicc *u, unsigned intent)
{
    while (intent == INTENT_SMS && u->toolkit.out)
        drop_first(&u->toolkit);
    return u->ops->given_up ? u->ops->given_up(u, intent) : XK_OK;
}

static enum xk_err next_command(struct uicc *u)
{
    struct toolkit *t = &u->toolkit;

    for (unsigned i = 0; i < u->ops->intents_n && !t->command; i++) {
        if (!(t->wants & WANT_OF(i)))
            continue;
        t->wants &= (uint16_t)~WANT_OF(i);
        if (t->can & u->ops->intents[i].needs)
            TRY(encode_command(u, i));
        else
            TRY(give_up(u, i));
    }
    return XK_OK;
}

enum xk_err toolkit_waiting(struct uicc *u, size_t *length)
{
    struct toolkit *t = &u->toolkit;

    *length = 0;
    if (!t->ready || t->fetched)
        return XK_OK;
    if (!t->command)
        TRY(next_command(u));
    if (!t->command && u->ops->idle) {
        TRY(u->ops->idle(u));
        TRY(next_command(u));
    }
    *length = t->command_n;
    return XK_OK;
}

/* TS 102 223 5.2, TS 31.111 5.2: what of the terminal profile cards use */
static const struct {
    uint8_t can;
    uint16_t bit;
} facilities[] = {
    {CAN_SMS, CAT_PROFILE_BIT(4, 2)},        {CAN_REFRESH, CAT_PROFILE_BIT(3, 8)},
    {CAN_EVENTS, CAT_PROFILE_BIT(5, 5)},     {CAN_TIMER, CAT_PROFILE_BIT(8, 1)},
    {CAN_LOCAL_INFO, CAT_PROFILE_BIT(4, 7)},
};

enum xk_err cmd_terminal_profile(struct uicc *u, struct exchange *x)
{
    struct toolkit *t = &u->toolkit;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (x->c.data.n == 0)
        return refuse(x, SW_WRONG_LENGTH);
    toolkit_reset(u);
    t->ready = true;
    for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
        if (cat_profile_has(x->c.data, facilities[i].bit))
            t->can |= facilities[i].can;
    return u->ops->session_started ? u->ops->session_started(u) : XK_OK;
}

/* TS 102 221 11.2.3 */
enum xk_err cmd_fetch(struct uicc *u, struct exchange *x)
{
    struct toolkit *t = &u->toolkit;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (!t->command)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(answer_now(x, BYTES(t->command, t->command_n)));
    if (x->sw != SW_OK)
        return XK_OK;
    t->fetched = true;
    return u->ops->fetched ? u->ops->fetched(u, t->current) : XK_OK;
}

enum xk_err cmd_terminal_response(struct uicc *u, struct exchange *x)
{
    struct toolkit *t = &u->toolkit;
    unsigned intent = t->current;
    struct cat_response r;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (!t->fetched)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (cat_decode_response(x->c.data, &r) != XK_OK || r.number != t->number ||
        r.type != u->ops->intents[intent].command)
        return refuse(x, SW_WRONG_DATA);
    drop_command(t);
    return u->ops->intents[intent].done(u, x, &r);
}
