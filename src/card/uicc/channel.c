/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

#define P1_OPEN 0x00
#define P1_CLOSE 0x80

static enum xk_err open_channel(struct uicc *u, struct exchange *x)
{
    if (x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    for (uint8_t i = 1; i < CHANNELS; i++) {
        struct channel *ch = &u->channel[i];

        if (ch->open)
            continue;
        TRY(answer_now(x, BYTES(&i, 1)));
        if (x->sw != SW_OK)
            return XK_OK;
        /* from the basic channel: as after a reset; from another one: as that one stands */
        if (x->ch == &u->channel[0] || x->ch->other)
            *ch = (struct channel){.adf = FILE_NONE, .df = FILE_MF, .ef = FILE_NONE};
        else
            *ch = *x->ch;
        ch->open = true;
        return XK_OK;
    }
    return refuse(x, SW_FUNCTION_UNSUPPORTED); /* no channel is left */
}

static enum xk_err close_channel(struct uicc *u, struct exchange *x)
{
    if (x->c.p2 == 0 || x->c.p2 >= CHANNELS)
        return refuse(x, SW_WRONG_P1P2);
    if (!u->channel[x->c.p2].open)
        return refuse(x, SW_CHANNEL_UNSUPPORTED);
    leave_other(u, &u->channel[x->c.p2]);
    u->channel[x->c.p2] = (struct channel){.adf = FILE_NONE, .ef = FILE_NONE};
    return XK_OK;
}

/* TS 102 221 11.1.17 */
enum xk_err cmd_manage_channel(struct uicc *u, struct exchange *x)
{
    if (x->c.p1 == P1_OPEN)
        return open_channel(u, x);
    if (x->c.p1 == P1_CLOSE)
        return close_channel(u, x);
    return refuse(x, SW_WRONG_P1P2);
}

/* TS 102 221 11.1.19: nothing the terminal can say here changes what this card does */
enum xk_err cmd_terminal_capability(struct uicc *u, struct exchange *x)
{
    (void)u;
    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    return XK_OK;
}
