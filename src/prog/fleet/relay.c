/* SPDX-License-Identifier: Apache-2.0 */
/* The jig for blank cards: toolkit start, the packet as ENVELOPEs (TS 31.111 7.1.1), the proof of
 * receipt out of the card's SEND SHORT MESSAGE. */
#include "codec/cat/cat.h"
#include "codec/sms/sms.h"
#include "prog/fleet/core.h"

#define FETCHES_MAX 16
#define SW_PROACTIVE 0x91

struct jig {
    struct fleet *f;
    struct unit *u;
    uint16_t sw;
    struct bytes data;
};

static enum xk_err say(struct jig *j, const struct apdu_command *c)
{
    uint8_t mem[APDU_COMMAND_MAX];
    struct apdu_response r;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    apdu_encode_command(&b, c);
    TRY(buf_ok(&b));
    buf_reset(&j->f->response);
    TRY(usim_transmit(j->u->card, buf_bytes(&b), &j->f->response));
    TRY(apdu_decode_response(buf_bytes(&j->f->response), &r));
    j->sw = r.sw;
    j->data = r.data;
    return XK_OK;
}

static enum xk_err start(struct jig *j)
{
    static const uint8_t profile[20] = {0x33, 0x01, 0x49, 0x62, 0x11, 0, 0, 0x11};
    struct bytes atr;

    TRY(usim_reset(j->u->card, &atr));
    return say(j, &(struct apdu_command){
                      .cla = 0x80, .ins = INS_TERMINAL_PROFILE, .data = BYTES_OF(profile)});
}

static enum xk_err send_part(struct jig *j, struct bytes ud)
{
    struct sms_tpdu t = {.type = SMS_DELIVER,
                         .udhi = true,
                         .pid = SMS_PID_USIM_DOWNLOAD,
                         .dcs = SMS_DCS_8BIT_CLASS2,
                         .ud = ud};
    struct cat_sms_pp e = {0};
    uint8_t tpdu[SMS_TPDU_MAX], mem[APDU_COMMAND_MAX];
    struct buf b;

    memcpy(t.address, j->f->platform, sizeof t.address);
    sms_encode_scts(j->f->now, t.scts);
    buf_init_fixed(&b, tpdu, sizeof tpdu);
    TRY(sms_encode(&t, &b));
    e.tpdu = buf_bytes(&b);
    buf_init_fixed(&b, mem, sizeof mem);
    TRY(cat_encode_sms_pp(&e, &b));
    return say(j, &(struct apdu_command){.cla = 0x80, .ins = INS_ENVELOPE, .data = buf_bytes(&b)});
}

/* The packet in a SEND SHORT MESSAGE, when it is one with IEI 71. */
static void take_message(struct bytes tpdu, struct buf *answer)
{
    struct sms_tpdu t;
    struct sms_udh h;
    struct bytes packet;

    if (sms_decode(SMS_FROM_MS, tpdu, &t) == XK_OK && t.udhi &&
        sms_decode_udh(t.ud, &h, &packet) == XK_OK && h.response_packet)
        buf_put_bytes(answer, packet);
}

static enum xk_err fetch_one(struct jig *j, struct buf *answer)
{
    struct cat_proactive c;
    struct bytes tpdu;
    struct cat_response done = {.result = CAT_RESULT_OK};
    uint8_t mem[APDU_COMMAND_MAX];
    struct buf b;

    TRY(say(j, &(struct apdu_command){
                   .cla = 0x80, .ins = INS_FETCH, .has_le = true, .le = j->sw & 0xFF}));
    TRY(cat_decode_proactive(j->data, &c));
    if (c.type == CAT_SEND_SHORT_MESSAGE &&
        cat_tlv_find(c.objects, CAT_TAG_SMS_TPDU, &tpdu) == XK_OK)
        take_message(tpdu, answer);
    done.number = c.number;
    done.type = c.type;
    done.qualifier = c.qualifier;
    buf_init_fixed(&b, mem, sizeof mem);
    TRY(cat_encode_response(&done, &b));
    return say(j, &(struct apdu_command){
                      .cla = 0x80, .ins = INS_TERMINAL_RESPONSE, .data = buf_bytes(&b)});
}

static enum xk_err fetch_all(struct jig *j, struct buf *answer)
{
    for (unsigned n = 0; n < FETCHES_MAX && j->sw >> 8 == SW_PROACTIVE; n++)
        TRY(fetch_one(j, answer));
    return XK_OK;
}

static enum xk_err run_jig(struct jig *j, struct bytes packet, struct buf *answer)
{
    struct sms_parts parts;

    TRY(start(j));
    TRY(fetch_all(j, answer));
    TRY(sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, 1, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        TRY(send_part(j, BYTES(parts.part[i].ud, parts.part[i].ud_n)));
        TRY(fetch_all(j, answer));
    }
    return answer->n > 0 ? buf_ok(answer) : XK_E_NOT_FOUND;
}

enum xk_err fleet_relay(struct fleet *f, int64_t now, uint32_t i, struct bytes packet,
                        struct buf *answer)
{
    struct jig j = {.f = f, .u = &f->units[i]};
    enum xk_err err;

    f->now = now > f->now ? now : f->now;
    if (j.u->powered) {
        j.u->powered = false;
        fleet_give(f, i, MODEM_IN_POWER_OFF, BYTES_NONE);
    }
    err = run_jig(&j, packet, answer);
    fleet_power_on(f, now, i);
    return err;
}
