/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal says unasked: the state of the card, and what the card shows. */
#include "terminal/modem/at.h"

#define TEXT_MAX 240

/* TS 27.007 has +CPIN only as an answer; as an unsolicited line it is usual among makers. */
void modem_at_card_state(struct modem *m)
{
    if (!m->at)
        return;
    if (m->card.state == CARD_READY)
        at_text(m, "+CPIN: READY");
    else if (m->card.state == CARD_PIN)
        at_text(m, m->card.pin == PUK_WANTED ? "+CPIN: SIM PUK" : "+CPIN: SIM PIN");
    else
        at_text(m, "+CPIN: NOT READY");
}

static void put_ucs2(struct buf *b, struct bytes text)
{
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        unsigned c = (unsigned)(text.p[i] << 8 | text.p[i + 1]);

        if (c < 0x80) {
            buf_put_u8(b, (uint8_t)c);
        } else if (c < 0x800) {
            buf_put_u8(b, (uint8_t)(0xC0 | c >> 6));
            buf_put_u8(b, (uint8_t)(0x80 | (c & 0x3F)));
        } else {
            buf_put_u8(b, (uint8_t)(0xE0 | c >> 12));
            buf_put_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
            buf_put_u8(b, (uint8_t)(0x80 | (c & 0x3F)));
        }
    }
}

/* DISPLAY TEXT (TS 102 223 8.15): coding scheme, text */
void modem_at_display(struct modem *m, struct bytes text_string)
{
    char text[TEXT_MAX];
    struct bytes body = bytes_part(text_string, 1, text_string.n);
    struct buf b;

    if (!m->at || text_string.n == 0)
        return;
    buf_init_fixed(&b, text, sizeof text - 1);
    switch (sms_dcs_alphabet(text_string.p[0])) {
    case SMS_GSM7:
        if (sms_gsm7_unpack(body, body.n * 8 / 7, &b) != XK_OK)
            return;
        break;
    case SMS_UCS2:
        put_ucs2(&b, body);
        break;
    case SMS_8BIT:
        buf_put_bytes(&b, body);
        break;
    }
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] < ' ' || b.p[i] == 0x7F || b.p[i] == '"')
            b.p[i] = '?';
    at_line(m, "+STKTEXT: \"%s\"", buf_cstr(&b));
}
