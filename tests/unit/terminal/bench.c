/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

static const struct modem_config standard = {
    .imei = "861234567890128", .imeisv = "8612345678901201", .rat = AIR_LTE};

void bench_init(struct bench *b, const struct modem_config *config)
{
    memset(b, 0, sizeof *b);
    b->now = BENCH_START;
    toycard_init(&b->card);
    if (modem_new(config ? config : &standard, &b->modem) != XK_OK)
        abort();
}

void bench_fini(struct bench *b)
{
    modem_free(b->modem);
    b->modem = NULL;
}

static void keep_air(struct bench *b, struct bytes data)
{
    if (b->airs == BENCH_AIR || data.n > AIR_MESSAGE_MAX)
        abort();
    memcpy(b->air[b->airs].wire, data.p, data.n);
    b->air[b->airs++].n = data.n;
}

static void keep_at(struct bench *b, struct bytes data)
{
    for (size_t i = 0; i < data.n && b->at_n + 1 < sizeof b->at; i++) {
        if (data.p[i] == '\n' && b->at_n > 0 && b->at[b->at_n - 1] == '\r')
            b->at[b->at_n - 1] = '|';
        else
            b->at[b->at_n++] = (char)data.p[i];
    }
    b->at[b->at_n] = '\0';
}

static void give(struct bench *b, enum modem_input_type type, struct bytes data)
{
    modem_input(b->modem, b->now, &(struct modem_input){.type = type, .data = data});
}

static void perform(struct bench *b, const struct modem_action *a)
{
    uint8_t answer[APDU_RESPONSE_MAX], command[APDU_COMMAND_MAX];
    size_t n = a->data.n;

    switch (a->type) {
    case MODEM_OUT_CARD_RESET:
        give(b, MODEM_IN_CARD_ATR, toycard_reset(&b->card));
        break;
    case MODEM_OUT_CARD_OFF:
        b->offs++;
        break;
    case MODEM_OUT_CARD_APDU:
        memcpy(command, a->data.p, n);
        give(b, MODEM_IN_CARD_RESPONSE, toycard_transmit(&b->card, BYTES(command, n), answer));
        break;
    case MODEM_OUT_AIR:
        keep_air(b, a->data);
        break;
    case MODEM_OUT_AT:
        keep_at(b, a->data);
        break;
    }
}

void bench_pump(struct bench *b)
{
    struct modem_action a;

    while (modem_next(b->modem, &a)) {
        if (b->stop_after && --b->stop_after == 0)
            return;
        perform(b, &a);
    }
}

void bench_input(struct bench *b, enum modem_input_type type, struct bytes data)
{
    give(b, type, data);
    bench_pump(b);
}

void bench_wait(struct bench *b, int64_t ms)
{
    int64_t end = b->now + ms;

    while (modem_deadline(b->modem) <= end) {
        if (modem_deadline(b->modem) > b->now)
            b->now = modem_deadline(b->modem);
        bench_input(b, MODEM_IN_TIME, BYTES_NONE);
    }
    b->now = end;
}

void bench_air(struct bench *b, const struct air_message *msg)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    if (air_encode(msg, &out) != XK_OK)
        abort();
    bench_input(b, MODEM_IN_AIR, buf_bytes(&out));
}

struct air_message bench_said(struct bench *b)
{
    static uint8_t wire[AIR_MESSAGE_MAX]; /* of one test program, looked at at once */
    struct air_message msg = {0};
    size_t n = b->air[0].n;

    if (b->airs == 0)
        return msg;
    memcpy(wire, b->air[0].wire, n);
    b->airs--;
    memmove(b->air, b->air + 1, b->airs * sizeof b->air[0]);
    if (air_decode(BYTES(wire, n), &msg) != XK_OK)
        abort();
    return msg;
}

struct modem_status bench_status(const struct bench *b)
{
    struct modem_status s;

    modem_get_status(b->modem, &s);
    return s;
}

void bench_power_and_cell(struct bench *b)
{
    static const char auth[] = "DB08A1A2A3A4A5A6A7A8"
                               "10C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
                               "10D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF";
    struct air_message cell = {
        .type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 0x1234, .cell = 0x00A1B2C3};

    if (hex_decode(bytes_cstr(auth), b->card.auth, sizeof b->card.auth, &b->card.auth_n) != XK_OK)
        abort();
    bench_input(b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_air(b, &cell);
}

void bench_attach(struct bench *b)
{
    struct air_message accept = {.type = AIR_ATTACH_ACCEPT, .guti = {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    struct air_message request = {.type = AIR_AUTHENTICATION_REQUEST, .has_autn = true};

    memset(request.rand, 0x23, sizeof request.rand);
    memset(request.autn, 0x80, sizeof request.autn);
    bench_air(b, &request);
    bench_air(b, &accept);
}

void bench_attached(struct bench *b)
{
    bench_power_and_cell(b);
    bench_attach(b);
    b->airs = 0;
}

void bench_rp(struct bench *b, const char *hex)
{
    uint8_t rp[256];
    struct air_message msg = {.type = AIR_CP_DATA};
    size_t n;

    if (hex_decode(bytes_cstr(hex), rp, sizeof rp, &n) != XK_OK)
        abort();
    msg.rp = BYTES(rp, n);
    bench_air(b, &msg);
}

const char *bench_at(struct bench *b, const char *text)
{
    b->at_n = 0;
    b->at[0] = '\0';
    bench_input(b, MODEM_IN_AT, bytes_cstr(text));
    return b->at;
}

struct bytes bench_proactive(struct bench *b, const char *hex)
{
    b->card.response.n = 0;
    toycard_queue(&b->card, hex);
    bench_wait(b, 30000);
    return BYTES(b->card.response.wire, b->card.response.n);
}
