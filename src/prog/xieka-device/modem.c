/* SPDX-License-Identifier: Apache-2.0 */
/* The modem engine and what it asks for. */
#include "base/clock.h"
#include "base/log.h"
#include "codec/apdu/apdu.h"
#include "prog/xieka-device/device.h"

static void trace_air(const struct device *d, const char *way, struct bytes wire)
{
    struct air_message msg;

    if (d->options.trace && air_decode(wire, &msg) == XK_OK)
        fprintf(stderr, "air %s %s\n", way, air_type_name(msg.type));
}

/* Instruction and status only: keys and PINs pass here. */
static void trace_apdu(const struct device *d, struct bytes command, struct bytes answer)
{
    struct apdu_response r;

    if (!d->options.trace || command.n < 4 || apdu_decode_response(answer, &r) != XK_OK)
        return;
    fprintf(stderr, "card %02X %s %02X%02X: %04X %s\n", command.p[0], apdu_ins_name(command.p[1]),
            command.p[2], command.p[3], r.sw, apdu_sw_text(r.sw));
}

static void reset_card(struct device *d)
{
    struct bytes atr = BYTES_NONE;

    if (device_reset_card(d, &atr) != XK_OK)
        atr = BYTES_NONE;
    modem_input(d->modem, xk_now(xk_clock_system()),
                &(struct modem_input){.type = MODEM_IN_CARD_ATR, .data = atr});
}

/* An answer that fails to come (the memory failed) is silence; the modem resets the card. */
static void transmit(struct device *d, struct bytes command)
{
    uint8_t copy[APDU_COMMAND_MAX], answer[APDU_RESPONSE_MAX];
    struct buf out;

    buf_init_fixed(&out, answer, sizeof answer);
    if (command.n > sizeof copy)
        return;
    memcpy(copy, command.p, command.n);
    if (device_transmit(d, BYTES(copy, command.n), &out) != XK_OK)
        buf_reset(&out);
    trace_apdu(d, BYTES(copy, command.n), buf_bytes(&out));
    modem_input(d->modem, xk_now(xk_clock_system()),
                &(struct modem_input){.type = MODEM_IN_CARD_RESPONSE, .data = buf_bytes(&out)});
    explicit_bzero(copy, sizeof copy);
    explicit_bzero(answer, sizeof answer);
}

static void perform(struct device *d, const struct modem_action *a)
{
    switch (a->type) {
    case MODEM_OUT_CARD_RESET:
        reset_card(d);
        break;
    case MODEM_OUT_CARD_OFF:
        break;
    case MODEM_OUT_CARD_APDU:
        transmit(d, a->data);
        break;
    case MODEM_OUT_AIR:
        trace_air(d, ">", a->data);
        radio_send(&d->radio, a->data);
        break;
    case MODEM_OUT_AT:
        if (d->at.n + a->data.n <= DEVICE_AT_WAITING)
            buf_put_bytes(&d->at, a->data);
        break;
    }
}

void device_input(struct device *d, enum modem_input_type type, struct bytes data)
{
    struct modem_action a;

    if (type == MODEM_IN_AIR)
        trace_air(d, "<", data);
    modem_input(d->modem, xk_now(xk_clock_system()),
                &(struct modem_input){.type = type, .data = data});
    while (modem_next(d->modem, &a))
        perform(d, &a);
}
