/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/at/card_link.h"

#include "base/hex.h"

/* ---- what is said ---- */

void at_put_open_channel(struct buf *b, struct bytes aid)
{
    buf_put_str(b, "AT+CCHO=\"");
    buf_put_hex(b, aid);
    buf_put_str(b, "\"\r");
}

void at_put_close_channel(struct buf *b, uint8_t channel)
{
    buf_printf(b, "AT+CCHC=%u\r", channel);
}

void at_put_transmit(struct buf *b, uint8_t channel, struct bytes command)
{
    buf_printf(b, "AT+CGLA=%u,%zu,\"", channel, 2 * command.n);
    buf_put_hex(b, command);
    buf_put_str(b, "\"\r");
}

void at_put_generic(struct buf *b, struct bytes command)
{
    buf_printf(b, "AT+CSIM=%zu,\"", 2 * command.n);
    buf_put_hex(b, command);
    buf_put_str(b, "\"\r");
}

/* ---- what comes ---- */

void at_link_begin(struct at_link *l)
{
    l->result = AT_PENDING;
    l->apdu_n = 0;
    l->channel = 0;
}

static bool begins(struct bytes line, const char *with, struct bytes *rest)
{
    size_t n = strlen(with);

    *rest = bytes_part(line, n, line.n);
    return line.n >= n && memcmp(line.p, with, n) == 0;
}

/* <length>,"<response>"; some modems leave the quotes away */
static void take_apdu(struct at_link *l, struct bytes text)
{
    const uint8_t *comma = text.n ? memchr(text.p, ',', text.n) : NULL;
    struct bytes hex;

    if (!comma)
        return;
    hex = bytes_part(text, (size_t)(comma - text.p) + 1, text.n);
    if (hex.n > 0 && hex.p[0] == '"')
        hex = bytes_part(hex, 1, hex.n);
    if (hex.n > 0 && hex.p[hex.n - 1] == '"')
        hex.n--;
    if (hex_decode(hex, l->apdu, sizeof l->apdu, &l->apdu_n) != XK_OK)
        l->apdu_n = 0;
}

static void take_channel(struct at_link *l, struct bytes text)
{
    unsigned channel = 0;

    for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && channel <= 19; i++)
        channel = channel * 10 + (unsigned)(text.p[i] - '0');
    l->channel = channel <= 19 ? (uint8_t)channel : 0;
}

static void take_line(struct at_link *l, struct bytes line)
{
    struct bytes rest;

    if (begins(line, "+CGLA: ", &rest) || begins(line, "+CSIM: ", &rest))
        take_apdu(l, rest);
    else if (begins(line, "+CCHO: ", &rest))
        take_channel(l, rest);
    else if (begins(line, "+CPIN: ", &rest))
        l->card_restarted = true;
    else if (bytes_eq(line, BYTES_STR("OK")))
        l->result = AT_OK;
    else if (bytes_eq(line, BYTES_STR("ERROR")) || begins(line, "+CME ERROR", &rest))
        l->result = AT_ERROR;
}

void at_link_take(struct at_link *l, struct bytes text)
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
