/* SPDX-License-Identifier: Apache-2.0 */
/* The LPA's way to its card: logical channels over AT, one command at a time. */
#include "prog/fleet/core.h"

static void say(struct fleet *f, uint32_t i, struct buf *b)
{
    struct at_link *l = &fleet_consumer_of(f, i)->work->link;

    at_link_begin(l);
    if (buf_ok(b) == XK_OK)
        fleet_give(f, i, MODEM_IN_AT, buf_bytes(b)); /* it may end the work: l is not to be used */
    else
        l->result = AT_ERROR;
}

void link_transmit(struct fleet *f, uint32_t i, uint8_t channel, struct bytes command)
{
    char mem[AT_LINE_MAX + 1];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    at_put_transmit(&b, channel, command);
    say(f, i, &b);
    explicit_bzero(mem, sizeof mem);
}

void link_open(struct fleet *f, uint32_t i, struct bytes aid)
{
    char mem[64];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    at_put_open_channel(&b, aid);
    say(f, i, &b);
}

void link_close(struct fleet *f, uint32_t i, uint8_t channel)
{
    char mem[32];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    at_put_close_channel(&b, channel);
    say(f, i, &b);
}

void link_restart(struct fleet *f, uint32_t i)
{
    char mem[32];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_str(&b, "AT+CFUN=1,1\r");
    say(f, i, &b);
}
