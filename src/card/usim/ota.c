/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/ota.h"
#include "card/usim/applet.h"
#include "codec/cat/cat.h"
#include "codec/ef/ef.h"

#define MINIMUM_SPI1 (SCP80_SPI1_CC | SCP80_SPI1_CIPHER | SCP80_SPI1_COUNTER_HIGHER)
#define UDH_LEN 3 /* 02 71 00 */
#define POR_MAX 256
#define UNPROVEN_MAX 8 /* messages about packets that prove nothing, until the next reset */

/* One secured packet on its way: what it said, what is to be answered. */
struct packet {
    struct scp80_command c;
    struct maker_keys keys;
    bool authentic;
    uint8_t status; /* enum scp80_status */
    bool has_report;
    struct script_report report; /* application data of the answer */
    const char *sender;
};

static void packet_wipe(struct packet *p)
{
    explicit_bzero(&p->keys, sizeof p->keys);
}
#define AUTO_PACKET __attribute__((cleanup(packet_wipe)))

static uint64_t counter_get(const uint8_t in[5])
{
    struct cur c = cur_of(BYTES(in, 5));

    return (uint64_t)cur_u8(&c) << 32 | cur_u32(&c);
}

static void counter_put(uint64_t v, uint8_t out[5])
{
    for (int i = 4; i >= 0; i--, v >>= 8)
        out[i] = (uint8_t)v;
}

/* What can be refused by the clear head alone (TS 102 225 5.1, 6): the application, its minimum
 * security level, the key set. */
static enum scp80_status check_head(const struct packet *p)
{
    static const uint8_t tar[SCP80_TAR_LEN] = {SCRIPT_TAR >> 16, SCRIPT_TAR >> 8 & 0xFF,
                                               SCRIPT_TAR & 0xFF};
    uint8_t level = p->c.spi1;

    if (memcmp(p->c.tar, tar, sizeof tar) != 0)
        return SCP80_TAR_UNKNOWN;
    if ((level & SCP80_SPI1_INTEGRITY) != SCP80_SPI1_CC || (level & MINIMUM_SPI1) != MINIMUM_SPI1)
        return SCP80_INSUFFICIENT_SECURITY;
    if (p->c.kic != p->keys.kic_byte || p->c.kid != p->keys.kid_byte)
        return SCP80_UNIDENTIFIED_SECURITY;
    return SCP80_POR_OK;
}

static enum xk_err open_packet(struct bytes wire, uint8_t *plain, struct packet *p)
{
    enum xk_err err = scp80_open_command(wire, &p->keys.ota, plain, &p->c);

    if (err == XK_E_NOMEM || err == XK_E_CRYPTO)
        return err;
    p->authentic = err == XK_OK;
    if (err == XK_E_AUTH)
        p->status = SCP80_RC_CC_DS_FAILED;
    else if (err != XK_OK)
        p->status = SCP80_UNIDENTIFIED_SECURITY;
    return XK_OK;
}

/* The counter and the address to report to are stored before anything is done (TS 102 225 5.1.4):
 * what is cut off now has to come again with a higher counter. */
static enum xk_err take_counter(struct usim *card, struct exchange *x, struct packet *p)
{
    struct image_state s;

    TRY(card_get_state(card, &s));
    p->status = (uint8_t)scp80_check_counter(p->c.spi1, counter_get(s.down), p->c.counter);
    if (p->status != SCP80_POR_OK)
        return XK_OK;
    counter_put(p->c.counter, s.down);
    if (ef_encode_smsc(p->sender, s.platform) != XK_OK)
        TRY(card_get(card, IMAGE_AT(state.platform), s.platform, sizeof s.platform));
    TRY(card_put_state(card, &s));
    return card_commit(card, x);
}

static enum xk_err process(struct usim *card, struct exchange *x, struct bytes wire, uint8_t *plain,
                           struct packet *p)
{
    p->status = (uint8_t)check_head(p);
    if (p->status != SCP80_POR_OK)
        return XK_OK;
    TRY(open_packet(wire, plain, p));
    if (!p->authentic)
        return XK_OK;
    TRY(take_counter(card, x, p));
    if (x->sw != SW_OK)
        return XK_OK;
    p->has_report = p->status == SCP80_POR_OK || p->status == SCP80_CNTR_LOW;
    if (p->status == SCP80_POR_OK)
        return applet_run(card, x, p->c.data, &p->report);
    return p->has_report ? applet_replayed(card, p->c.data, &p->report) : XK_OK;
}

static bool por_wanted(const struct packet *p)
{
    unsigned when = p->c.spi2 & SCP80_SPI2_POR;

    return when == SCP80_SPI2_POR_ALWAYS ||
           (when == SCP80_SPI2_POR_ON_ERROR && p->status != SCP80_POR_OK);
}

/* Proof of receipt. Without a key set in common it can only be plain. */
static enum xk_err seal_por(const struct packet *p, struct buf *out)
{
    struct scp80_response r = {.counter = p->authentic ? p->c.counter : 0, .status = p->status};
    uint8_t spi2 = p->c.spi2;
    uint8_t mem[SCRIPT_REPORT_MAX];
    struct buf data;

    memcpy(r.tar, p->c.tar, sizeof r.tar);
    buf_init_fixed(&data, mem, sizeof mem);
    if (p->has_report)
        TRY(script_layout_xieka()->encode_report(&p->report, &data));
    r.data = buf_bytes(&data);
    if (p->c.kic != p->keys.kic_byte || p->c.kid != p->keys.kid_byte)
        spi2 &= (uint8_t) ~(SCP80_SPI2_POR_INTEGRITY | SCP80_SPI2_POR_CIPHER);
    return scp80_seal_response(&r, spi2, p->keys.kic_byte, p->keys.kid_byte, &p->keys.ota, out);
}

/* A sender that proved nothing, or sends again what somebody else had sent, gets no message: the
 * one on record does, which is the sender of what was accepted last. And not without end. */
static enum xk_err send_por(struct usim *card, const struct packet *p, struct bytes response)
{
    char address[EF_MSISDN_TEXT];
    struct image_state s;

    if (!card->toolkit.ready || (!p->authentic && card->unproven >= UNPROVEN_MAX))
        return XK_OK;
    card->unproven += !p->authentic;
    TRY(card_get_state(card, &s));
    if (ef_decode_smsc(s.platform, address) != XK_OK || address[0] == '\0')
        return XK_OK;
    return toolkit_send(card, OUTGOING_POR, SMS_IEI_RESPONSE_PACKET, response, address);
}

static enum xk_err answer_por(struct usim *card, struct exchange *x, const struct packet *p)
{
    static const uint8_t udh[UDH_LEN] = {0x02, SMS_IEI_RESPONSE_PACKET, 0x00};
    uint8_t mem[UDH_LEN + POR_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    if ((p->c.spi2 & SCP80_SPI2_POR_SUBMIT) == 0)
        buf_put(&out, udh, sizeof udh); /* user data of the SMS-DELIVER-REPORT */
    if (seal_por(p, &out) != XK_OK)
        return XK_OK; /* a level that cannot be was asked for */
    if (p->c.spi2 & SCP80_SPI2_POR_SUBMIT)
        return send_por(card, p, buf_bytes(&out));
    return out.n <= SMS_UD_MAX ? answer_later(card, x, buf_bytes(&out)) : XK_OK;
}

static enum xk_err on_packet(struct usim *card, struct exchange *x, const char *sender,
                             struct bytes wire)
{
    AUTO_PACKET struct packet p = {.sender = sender};
    uint8_t plain[SMS_PACKET_MAX];
    enum xk_err err;

    if (wire.n > sizeof plain || scp80_peek_command(wire, &p.c) != XK_OK)
        return XK_OK; /* says neither what it is nor what it wants to hear */
    TRY(maker_keys(card, &p.keys));
    err = process(card, x, wire, plain, &p);
    explicit_bzero(plain, wire.n);
    TRY(err);
    if (x->sw != SW_OK || !por_wanted(&p))
        return XK_OK;
    return answer_por(card, x, &p);
}

/* The reassembly lives while parts are missing. */
static enum xk_err feed(struct usim *card, const struct sms_tpdu *t, struct sms_udh *head,
                        struct bytes *packet)
{
    if (!card->sms)
        card->sms = sms_reassembly_new();
    if (!card->sms)
        return XK_E_NOMEM;
    return sms_reassembly_feed(card->sms, t->address, t->ud, head, packet);
}

static void release_reassembly(struct usim *card)
{
    if (!card->sms || !sms_reassembly_idle(card->sms))
        return;
    sms_reassembly_free(card->sms);
    card->sms = NULL;
}

static enum xk_err on_deliver(struct usim *card, struct exchange *x, const struct sms_tpdu *t)
{
    struct bytes packet = BYTES_NONE;
    struct sms_udh head = {0};
    enum xk_err err = feed(card, t, &head, &packet);

    if (err == XK_E_NOMEM)
        return err;
    if (err != XK_OK)
        return refuse(x, SW_WRONG_DATA);
    if (packet.n > 0 && head.command_packet)
        return on_packet(card, x, t->address, packet);
    return XK_OK;
}

/* TS 31.111 7.1.1, TS 31.115 4.2 */
enum xk_err ota_sms_pp(struct usim *card, struct exchange *x, struct bytes envelope)
{
    struct cat_sms_pp e;
    struct sms_tpdu t;
    enum xk_err err;

    if (cat_decode_sms_pp(envelope, &e) != XK_OK || sms_decode(SMS_TO_MS, e.tpdu, &t) != XK_OK ||
        t.type != SMS_DELIVER)
        return refuse(x, SW_WRONG_DATA);
    if (!t.udhi)
        return XK_OK; /* not for the applet */
    if (!toolkit_can_send(card))
        return refuse(x, SW_TOOLKIT_BUSY);
    err = on_deliver(card, x, &t);
    release_reassembly(card);
    return err;
}
