/* SPDX-License-Identifier: Apache-2.0 */
/* The LPA's way to its card: logical channels over AT (TS 27.007 8.43, 8.44, 8.45), one command at
 * a time. */
#include "base/hex.h"
#include "prog/fleet/core.h"

static void say(struct fleet *f, uint32_t i, struct buf *b)
{
    struct at_link *l = &fleet_consumer_of(f, i)->work->link;

    l->answer = LINK_PENDING;
    l->apdu_n = 0;
    l->channel = 0;
    if (buf_ok(b) == XK_OK)
        fleet_give(f, i, MODEM_IN_AT, buf_bytes(b)); /* it may end the work: l is not to be used */
    else
        l->answer = LINK_ERROR;
}

void link_transmit(struct fleet *f, uint32_t i, uint8_t channel, struct bytes command)
{
    char mem[AT_LINE_MAX + 1];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_printf(&b, "AT+CGLA=%u,%zu,\"", channel, 2 * command.n);
    buf_put_hex(&b, command);
    buf_put_str(&b, "\"\r");
    say(f, i, &b);
    explicit_bzero(mem, sizeof mem);
}

void link_open(struct fleet *f, uint32_t i, struct bytes aid)
{
    char mem[64];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_str(&b, "AT+CCHO=\"");
    buf_put_hex(&b, aid);
    buf_put_str(&b, "\"\r");
    say(f, i, &b);
}

void link_close(struct fleet *f, uint32_t i, uint8_t channel)
{
    char mem[32];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_printf(&b, "AT+CCHC=%u\r", channel);
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

/* ---- what comes ---- */

static bool begins(struct bytes line, const char *with, struct bytes *rest)
{
    size_t n = strlen(with);

    *rest = bytes_part(line, n, line.n);
    return line.n >= n && memcmp(line.p, with, n) == 0;
}

/* <length>,"<response>" */
static void take_apdu(struct at_link *l, struct bytes text)
{
    const uint8_t *quote = memchr(text.p, '"', text.n);
    struct bytes hex;

    if (!quote)
        return;
    hex = bytes_part(text, (size_t)(quote - text.p) + 1, text.n);
    if (hex.n > 0 && hex.p[hex.n - 1] == '"')
        hex.n--;
    if (hex_decode(hex, l->apdu, sizeof l->apdu, &l->apdu_n) != XK_OK)
        l->apdu_n = 0;
}

static void take_channel(struct at_link *l, struct bytes text)
{
    l->channel = 0;
    for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        l->channel = (uint8_t)(l->channel * 10 + (text.p[i] - '0'));
}

/* Echoes and reports that nobody asked for mean nothing here. */
static void take_line(struct at_link *l, struct bytes line)
{
    struct bytes rest;

    if (begins(line, "+CGLA: ", &rest))
        take_apdu(l, rest);
    else if (begins(line, "+CCHO: ", &rest))
        take_channel(l, rest);
    else if (bytes_eq(line, BYTES_STR("OK")))
        l->answer = LINK_OK;
    else if (bytes_eq(line, BYTES_STR("ERROR")) || begins(line, "+CME ERROR", &rest))
        l->answer = LINK_ERROR;
}

void link_take(struct at_link *l, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];

        if (c == '\r' || c == '\n') {
            take_line(l, BYTES(l->line, l->line_n));
            l->line_n = 0;
        } else if (l->line_n < AT_LINE_MAX) {
            l->line[l->line_n++] = c;
        }
    }
}
