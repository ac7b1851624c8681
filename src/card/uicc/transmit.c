/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

enum class_bit { ISO = 1, ETSI = 2, GSM = 4 };
enum security { SECURITY_NONE, SECURITY_PIN };
/* On a channel where an application that is no ADF is selected: still ours, or its own. */
enum owner { OWNER_CARD, OWNER_FILES };

struct command_row {
    uint8_t classes, ins, security, owner;
    command_handler handler;
};

static const struct command_row commands[] = {
#define COMMAND(classes, ins, handler, security, owner)                                            \
    {classes, INS_##ins, SECURITY_##security, OWNER_##owner, handler},
#include "card/uicc/commands.def"
#undef COMMAND
};

void uicc_init(struct uicc *u, const struct uicc_ops *ops, const struct xk_rand *rand)
{
    *u = (struct uicc){.ops = ops, .rand = *rand};
    u->toolkit.current = INTENT_NONE;
    uicc_reset(u);
}

void uicc_fini(struct uicc *u)
{
    uicc_reset(u);
}

void uicc_reset(struct uicc *u)
{
    toolkit_reset(u);
    forget_response(u);
    forget_transfer(u);
    sms_reassembly_free(u->sms);
    u->sms = NULL;
    u->verified = 0;
    u->unproven = 0;
    u->dead = false;
    u->remote = NULL;
    for (size_t i = 0; i <= CHANNEL_REMOTE; i++) {
        leave_other(u, &u->channel[i]);
        u->channel[i] =
            (struct channel){.open = i == 0, .adf = FILE_NONE, .df = FILE_MF, .ef = FILE_NONE};
    }
}

size_t uicc_bytes(const struct uicc *u)
{
    size_t n = u->held.n + (size_t)u->toolkit.command_n;

    for (const struct outgoing *o = u->toolkit.out; o; o = o->next)
        n += sizeof *o;
    return n;
}

enum xk_err uicc_commit(struct uicc *u, struct exchange *x)
{
    enum xk_err err = u->ops->commit(u);

    if (err != XK_E_LIMIT)
        return err;
    return refuse(x, SW_MEMORY_PROBLEM);
}

void forget_response(struct uicc *u)
{
    if (u->held.p)
        explicit_bzero(u->held.p, u->held.n);
    free(u->held.p);
    u->held = (struct held){0};
}

enum xk_err answer_now(struct exchange *x, struct bytes data)
{
    unsigned le = x->c.has_le ? x->c.le : 256;

    if (le != data.n)
        return refuse(x, SW_LE(data.n));
    buf_put_bytes(x->out, data);
    return XK_OK;
}

static uint16_t more_waiting(size_t left)
{
    return (uint16_t)(0x6100 | (left < 256 ? left : 0));
}

enum xk_err answer_later(struct uicc *u, struct exchange *x, struct bytes data)
{
    forget_response(u);
    if (data.n == 0 || data.n > OTHER_RESPONSE_MAX)
        return XK_E_LIMIT;
    u->held.p = malloc(data.n);
    if (!u->held.p)
        return XK_E_NOMEM;
    memcpy(u->held.p, data.p, data.n);
    u->held.n = (uint16_t)data.n;
    u->held.sw = SW_OK;
    return refuse(x, more_waiting(data.n));
}

/* TS 102 221 11.1.x, TS 51.011 9.2.18 */
enum xk_err cmd_get_response(struct uicc *u, struct exchange *x)
{
    struct held *h = &u->held;
    size_t left = (size_t)h->n - h->at;
    size_t le = x->c.has_le ? x->c.le : 256;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (left == 0)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (le > left)
        return refuse(x, SW_LE(left));
    buf_put(x->out, h->p + h->at, le);
    h->at = (uint16_t)(h->at + le);
    left -= le;
    if (left > 0)
        return refuse(x, more_waiting(left));
    x->sw = h->sw;
    forget_response(u);
    return XK_OK;
}

/* TS 102 221 10.1.1; secure messaging is not offered */
static unsigned class_of(uint8_t cla)
{
    if (cla == 0xA0)
        return GSM;
    if ((cla & 0x7C) == 0 || (cla & 0x70) == 0x40)
        return cla & 0x80 ? ETSI : ISO;
    return 0;
}

static const struct command_row *find_command(const struct apdu_command *c, uint16_t *sw)
{
    unsigned class = class_of(c->cla);
    const struct command_row *other = NULL;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].ins != c->ins)
            continue;
        if (commands[i].classes & class)
            return &commands[i];
        other = &commands[i];
    }
    *sw = other || class == 0 ? SW_CLASS_UNSUPPORTED : SW_INS_UNKNOWN;
    return NULL;
}

command_handler command_find(const struct apdu_command *c, uint16_t *sw)
{
    const struct command_row *row = find_command(c, sw);

    return row ? row->handler : NULL;
}

/* The application on this channel is no ADF: it answers what the card does not. */
static enum xk_err run_other(struct uicc *u, struct exchange *x)
{
    unsigned channel = (unsigned)(x->ch - u->channel);
    enum xk_err err;
    struct buf out;

    buf_init(&out, OTHER_RESPONSE_MAX);
    x->sw = SW_OK;
    err = u->ops->other_command(u, channel, &x->c, &out, &x->sw);
    if (err == XK_OK)
        err = buf_ok(&out);
    if (err == XK_OK && x->sw == SW_OK && out.n > 0)
        err = answer_later(u, x, buf_bytes(&out));
    buf_wipe(&out);
    buf_fini(&out);
    return err;
}

static unsigned application_of(const struct exchange *x)
{
    return x->gsm || x->ch->adf == FILE_NONE ? x->ch->df : x->ch->adf;
}

static enum xk_err run(struct uicc *u, struct exchange *x)
{
    const struct command_row *row = find_command(&x->c, &x->sw);
    unsigned channel = x->gsm ? 0 : apdu_channel(x->c.cla);
    bool allowed = true;

    if (!row && (class_of(x->c.cla) & (ISO | ETSI)) == 0)
        return XK_OK;
    if (channel >= CHANNELS || !u->channel[channel].open)
        return row ? refuse(x, SW_CHANNEL_UNSUPPORTED) : XK_OK;
    x->ch = &u->channel[channel];
    if (x->ch->other && (!row || row->owner == OWNER_FILES))
        return run_other(u, x);
    if (!row)
        return XK_OK;
    if (row->security == SECURITY_PIN)
        TRY(pin_of_application_satisfied(u, application_of(x), &allowed));
    if (!allowed)
        return refuse(x, SW_SECURITY_NOT_SATISFIED);
    return row->handler(u, x);
}

/* TS 102 221 7.4.2: 91xx instead of the normal ending when a proactive command waits */
static enum xk_err offer_proactive(struct uicc *u, struct exchange *x)
{
    size_t n = 0;

    if (x->sw != SW_OK)
        return XK_OK;
    TRY(toolkit_waiting(u, &n));
    if (n > 0)
        x->sw = (uint16_t)(0x9100 | (n & 0xFF));
    return XK_OK;
}

static enum xk_err execute(struct uicc *u, struct bytes command, struct exchange *x)
{
    if (apdu_decode_command(command, &x->c) != XK_OK)
        return refuse(x, SW_WRONG_LENGTH);
    x->gsm = x->c.cla == 0xA0;
    if (x->c.ins != INS_GET_RESPONSE)
        forget_response(u);
    TRY(run(u, x));
    u->ops->rollback(u);
    return offer_proactive(u, x);
}

/* Data goes with these status words: normal endings, and warnings. */
static bool ends_with_data(uint16_t sw)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);

    return sw == SW_OK || sw1 == 0x61 || sw1 == 0x91 || sw1 == 0x62;
}

enum xk_err uicc_transmit(struct uicc *u, struct bytes command, struct buf *out)
{
    struct exchange x = {.out = out, .sw = SW_OK};
    enum xk_err err;

    if (u->dead)
        return XK_E_CLOSED;
    buf_reset(out);
    err = execute(u, command, &x);
    if (err == XK_E_CLOSED || err == XK_E_IO) {
        u->dead = true;
        buf_reset(out);
        return err;
    }
    u->ops->rollback(u);
    if (err != XK_OK)
        x.sw = SW_TECHNICAL_PROBLEM;
    if (!ends_with_data(x.sw))
        buf_reset(out);
    buf_put_u16(out, x.gsm ? gsm_status_word(x.sw) : x.sw);
    return buf_ok(out);
}
