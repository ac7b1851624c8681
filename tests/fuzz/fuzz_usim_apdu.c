/* SPDX-License-Identifier: Apache-2.0 */
/* A card under a sequence of commands (stateful). Whatever comes is answered with a status word,
 * and the card stays whole; a power cut leaves it whole, too. The input is a list of records:
 *
 *   n(1..255) n bytes             a command APDU
 *   00 00                         reset
 *   00 01 k(1)                    power is cut in the k-th page write from here
 *   00 02 n(2) n bytes            a write script, sealed properly and delivered by SMS-PP
 *   00 03 result(1)               FETCH what waits and answer it with this result
 *   00 04 n(1) n bytes            an SMS-PP user data field from the platform
 * */
#include "card/usim/usim.h"
#include "codec/apdu/apdu.h"
#include "codec/cat/cat.h"
#include "codec/script/script.h"
#include "codec/sms/sms.h"
#include "fuzz.h"

#define KEYSET_BYTE 0x12
#define RECORDS_MAX 200

enum control { CONTROL_RESET, CONTROL_CUT, CONTROL_SCRIPT, CONTROL_SERVE, CONTROL_SMS };

struct rig {
    struct nvm_memory *memory;
    struct nvm_port port;
    struct usim *card;
    struct scp80_keys keys;
    uint64_t counter;
    uint16_t sw;
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf out;
};

static void set_key(struct secret *s, uint8_t first)
{
    s->n = 16;
    for (uint8_t i = 0; i < 16; i++)
        s->bytes[i] = (uint8_t)(first + i);
}

static void make_card(struct rig *r)
{
    static struct xk_prng prng;
    struct xk_rand rand = xk_rand_prng(&prng);
    struct usim_personalisation p = {.cid = "89860123456789012340",
                                     .iccid = "89860081234567890123",
                                     .imsi = "460081234567890",
                                     .platform_address = "+8613800100500",
                                     .mnc_len = 2,
                                     .seed = {.algorithm = AKA_MILENAGE},
                                     .keyset = 1,
                                     .kic_alg = SCP80_ALG_AES,
                                     .kid_alg = SCP80_ALG_AES,
                                     .puk1 = "12345678",
                                     .pin2 = "5678",
                                     .adm1 = "88888888"};

    prng.state = 1;
    set_key(&p.seed.k, 0x10);
    set_key(&p.seed.opc, 0x20);
    set_key(&p.ota.kic, 0x30);
    set_key(&p.ota.kid, 0x40);
    set_key(&p.kik, 0x50);
    *r = (struct rig){.memory = nvm_memory_new(), .keys = p.ota};
    FUZZ_CHECK(r->memory);
    r->port = nvm_memory_port(r->memory);
    buf_init_fixed(&r->out, r->mem, sizeof r->mem);
    FUZZ_CHECK(usim_manufacture(&r->port, &p, &rand, &r->card) == XK_OK);
}

static void reset(struct rig *r)
{
    struct bytes atr;

    FUZZ_CHECK(usim_reset(r->card, &atr) == XK_OK && atr.n > 0);
    FUZZ_CHECK(usim_check(r->card) == XK_OK);
}

/* Always an answer, or a power cut that we ordered. */
static void transmit(struct rig *r, struct bytes command)
{
    enum xk_err err = usim_transmit(r->card, command, &r->out);

    r->sw = 0;
    if (err == XK_E_CLOSED) {
        nvm_memory_cut_at(r->memory, 0, 0);
        reset(r);
        return;
    }
    FUZZ_CHECK(err == XK_OK && r->out.n >= 2 && r->out.n <= APDU_RESPONSE_MAX);
    r->sw = (uint16_t)(r->mem[r->out.n - 2] << 8 | r->mem[r->out.n - 1]);
    FUZZ_CHECK(r->sw >> 12 == 6 || r->sw >> 12 == 9);
}

static void send_command(struct rig *r, uint8_t ins, struct bytes data)
{
    struct apdu_command c = {.cla = 0x80, .ins = ins, .data = data};
    uint8_t wire[APDU_COMMAND_MAX];
    struct buf b;

    buf_init_fixed(&b, wire, sizeof wire);
    apdu_encode_command(&b, &c);
    if (buf_ok(&b) == XK_OK)
        transmit(r, buf_bytes(&b));
}

static void send_sms(struct rig *r, struct bytes ud)
{
    struct sms_tpdu t = {.type = SMS_DELIVER,
                         .udhi = true,
                         .address = "+8613800100500",
                         .pid = SMS_PID_USIM_DOWNLOAD,
                         .dcs = SMS_DCS_8BIT_CLASS2,
                         .ud = ud};
    uint8_t tpdu[SMS_TPDU_MAX], data[255];
    struct buf bt, bd;
    struct cat_sms_pp e = {.smsc = BYTES_NONE};

    buf_init_fixed(&bt, tpdu, sizeof tpdu);
    buf_init_fixed(&bd, data, sizeof data);
    if (sms_encode(&t, &bt) != XK_OK)
        return;
    e.tpdu = buf_bytes(&bt);
    if (cat_encode_sms_pp(&e, &bd) == XK_OK)
        send_command(r, INS_ENVELOPE, buf_bytes(&bd));
}

static void send_script(struct rig *r, struct bytes script)
{
    struct scp80_command c = {.spi1 = 0x16,
                              .spi2 = 0x39,
                              .kic = KEYSET_BYTE,
                              .kid = KEYSET_BYTE,
                              .tar = {SCRIPT_TAR >> 16, SCRIPT_TAR >> 8 & 0xFF, SCRIPT_TAR & 0xFF},
                              .counter = ++r->counter,
                              .data = script};
    struct sms_parts parts;
    struct buf packet;

    buf_init(&packet, SMS_PACKET_MAX);
    if (scp80_seal_command(&c, &r->keys, &packet) == XK_OK &&
        sms_split_packet(SMS_IEI_COMMAND_PACKET, buf_bytes(&packet), (uint8_t)r->counter, &parts) ==
            XK_OK)
        for (size_t i = 0; i < parts.n; i++)
            send_sms(r, BYTES(parts.part[i].ud, parts.part[i].ud_n));
    buf_fini(&packet);
}

/* What is fetched is a proactive command. */
static void serve(struct rig *r, uint8_t result)
{
    uint8_t fetch[] = {0x80, INS_FETCH, 0, 0, 0}, mem[64];
    struct cat_proactive p;
    struct cat_response t = {.result = result};
    struct buf b;

    transmit(r, (struct bytes){(const uint8_t *)"\x80\xF2\x00\x0C", 4});
    if (r->sw >> 8 != 0x91)
        return;
    fetch[4] = (uint8_t)r->sw;
    transmit(r, BYTES_OF(fetch));
    if (r->sw != SW_OK)
        return;
    FUZZ_CHECK(cat_decode_proactive(BYTES(r->mem, r->out.n - 2), &p) == XK_OK);
    t.number = p.number;
    t.type = p.type;
    t.qualifier = p.qualifier;
    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(cat_encode_response(&t, &b) == XK_OK);
    send_command(r, INS_TERMINAL_RESPONSE, buf_bytes(&b));
}

static void control(struct rig *r, struct cur *c)
{
    switch (cur_u8(c)) {
    case CONTROL_RESET:
        reset(r);
        return;
    case CONTROL_CUT:
        nvm_memory_cut_at(r->memory, cur_u8(c), r->counter + c->n);
        return;
    case CONTROL_SCRIPT:
        send_script(r, cur_take(c, cur_u16(c)));
        return;
    case CONTROL_SERVE:
        serve(r, cur_u8(c));
        return;
    case CONTROL_SMS:
        send_sms(r, cur_take(c, cur_u8(c)));
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur c = cur_of(BYTES(data, n));
    struct rig r;

    make_card(&r);
    for (int i = 0; i < RECORDS_MAX && c.n > 0 && !c.bad; i++) {
        uint8_t length = cur_u8(&c);

        if (length == 0)
            control(&r, &c);
        else
            transmit(&r, cur_take(&c, length));
    }
    FUZZ_CHECK(usim_check(r.card) == XK_OK);
    usim_free(r.card);
    nvm_memory_free(r.memory);
    return 0;
}
