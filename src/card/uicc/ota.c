/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets by SMS-PP (TS 31.115, TS 102 225): what is the same for every receiver in a
 * card. */
#include "card/uicc/inside.h"

#define UDH_LEN 3      /* 02 71 00 */
#define UNPROVEN_MAX 8 /* messages about packets that prove nothing, until the next reset */

/* One secured packet on its way: what it said, what is to be answered. */
struct packet {
    struct scp80_command c;
    struct ota_way way;
    bool authentic;
    uint8_t status; /* enum scp80_status */
    const char *sender;
    struct buf answer; /* application data */
    uint8_t mem[OTA_ANSWER_MAX];
};

static void packet_wipe(struct packet *p)
{
    explicit_bzero(p, sizeof *p);
}
#define AUTO_PACKET __attribute__((cleanup(packet_wipe)))

/* Integrity, ciphering and counter each at least as asked; what cannot be checked is no
 * integrity. */
static bool is_enough(uint8_t spi1, uint8_t least)
{
    unsigned integrity = spi1 & SCP80_SPI1_INTEGRITY;

    if (integrity > SCP80_SPI1_CC)
        return false;
    return integrity >= (least & SCP80_SPI1_INTEGRITY) &&
           (spi1 & SCP80_SPI1_CIPHER) >= (least & SCP80_SPI1_CIPHER) &&
           (spi1 & SCP80_SPI1_COUNTER) >= (least & SCP80_SPI1_COUNTER);
}

/* What can be refused by the clear head alone (TS 102 225 5.1, 6): the application, its minimum
 * security level, the key set. */
static enum xk_err check_head(struct uicc *u, struct packet *p)
{
    p->status = SCP80_TAR_UNKNOWN;
    if (!u->ops->ota_find)
        return XK_OK;
    p->status = SCP80_POR_OK;
    TRY(u->ops->ota_find(u, &p->c, &p->way, &p->status));
    if (p->status != SCP80_POR_OK)
        return XK_OK;
    if (!is_enough(p->c.spi1, p->way.spi1_minimum))
        p->status = SCP80_INSUFFICIENT_SECURITY;
    else if (!p->way.known_keys)
        p->status = SCP80_UNIDENTIFIED_SECURITY;
    return XK_OK;
}

static enum xk_err open_packet(struct bytes wire, uint8_t *plain, struct packet *p)
{
    enum xk_err err = scp80_open_command(wire, &p->way.keys, plain, &p->c);

    if (err == XK_E_NOMEM || err == XK_E_CRYPTO)
        return err;
    p->authentic = err == XK_OK;
    if (err == XK_E_AUTH)
        p->status = SCP80_RC_CC_DS_FAILED;
    else if (err != XK_OK)
        p->status = SCP80_UNIDENTIFIED_SECURITY;
    return XK_OK;
}

/* The counter is stored before anything is done (TS 102 225 5.1.4): what is cut off now has to
 * come again with a higher one. */
static enum xk_err take_counter(struct uicc *u, struct exchange *x, struct packet *p)
{
    p->status = (uint8_t)scp80_check_counter(p->c.spi1, p->way.counter, p->c.counter);
    if (p->status != SCP80_POR_OK)
        return XK_OK;
    TRY(u->ops->ota_take(u, &p->way, &p->c, p->sender));
    return uicc_commit(u, x);
}

static enum xk_err process(struct uicc *u, struct exchange *x, struct bytes wire, uint8_t *plain,
                           struct packet *p)
{
    TRY(check_head(u, p));
    if (p->status != SCP80_POR_OK)
        return XK_OK;
    TRY(open_packet(wire, plain, p));
    if (!p->authentic)
        return XK_OK;
    TRY(take_counter(u, x, p));
    if (x->sw != SW_OK || (p->status != SCP80_POR_OK && p->status != SCP80_CNTR_LOW))
        return XK_OK;
    return u->ops->ota_run(u, x, &p->way, p->status, p->c.data, &p->answer);
}

static bool por_wanted(const struct packet *p)
{
    unsigned when = p->c.spi2 & SCP80_SPI2_POR;

    return when == SCP80_SPI2_POR_ALWAYS ||
           (when == SCP80_SPI2_POR_ON_ERROR && p->status != SCP80_POR_OK);
}

/* Proof of receipt. Without a key set in common it can only be plain. */
static enum xk_err seal_por(const struct packet *p, uint8_t status, struct bytes data,
                            struct buf *out)
{
    struct scp80_response r = {
        .counter = p->authentic ? p->c.counter : 0, .status = status, .data = data};
    uint8_t spi2 = p->c.spi2;

    memcpy(r.tar, p->c.tar, sizeof r.tar);
    if (!p->way.known_keys)
        spi2 &= (uint8_t) ~(SCP80_SPI2_POR_INTEGRITY | SCP80_SPI2_POR_CIPHER);
    return scp80_seal_response(&r, spi2, p->c.kic, p->c.kid, &p->way.keys, out);
}

/* A sender that proved nothing, or sends again what somebody else had sent, gets no message: the
 * one on record does, which is the sender of what was accepted last. And not without end. */
static enum xk_err send_por(struct uicc *u, const struct packet *p, struct bytes response)
{
    char address[SMS_NUMBER_TEXT] = "";

    if (!u->toolkit.ready || (!p->authentic && u->unproven >= UNPROVEN_MAX))
        return XK_OK;
    u->unproven += !p->authentic;
    if (u->ops->ota_address)
        TRY(u->ops->ota_address(u, address));
    if (address[0] == '\0')
        return XK_OK;
    return toolkit_send(u, OUTGOING_POR, SMS_IEI_RESPONSE_PACKET, response, address);
}

static void begin_report(struct buf *out)
{
    static const uint8_t udh[UDH_LEN] = {0x02, SMS_IEI_RESPONSE_PACKET, 0x00};

    buf_reset(out);
    buf_put(out, udh, sizeof udh);
}

/* In messages of its own when that is wanted. What the user data of a SMS-DELIVER-REPORT does not
 * hold goes so, too, and the report says it. */
static enum xk_err answer_por(struct uicc *u, struct exchange *x, const struct packet *p)
{
    bool submit = p->c.spi2 & SCP80_SPI2_POR_SUBMIT;
    uint8_t mem[UDH_LEN + OTA_ANSWER_MAX + SCP80_OVERHEAD_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    if (!submit)
        begin_report(&out);
    if (seal_por(p, p->status, buf_bytes(&p->answer), &out) != XK_OK)
        return XK_OK; /* a level that cannot be was asked for */
    if (submit)
        return send_por(u, p, buf_bytes(&out));
    if (out.n <= SMS_UD_MAX)
        return answer_later(u, x, buf_bytes(&out));
    TRY(send_por(u, p, bytes_part(buf_bytes(&out), UDH_LEN, out.n)));
    begin_report(&out);
    if (seal_por(p, SCP80_RESPONSE_IN_SUBMIT, BYTES_NONE, &out) != XK_OK)
        return XK_OK;
    return answer_later(u, x, buf_bytes(&out));
}

static enum xk_err on_packet(struct uicc *u, struct exchange *x, const char *sender,
                             struct bytes wire)
{
    AUTO_PACKET struct packet p = {.sender = sender};
    uint8_t plain[SMS_PACKET_MAX];
    enum xk_err err;

    buf_init_fixed(&p.answer, p.mem, sizeof p.mem);
    if (wire.n > sizeof plain || scp80_peek_command(wire, &p.c) != XK_OK)
        return XK_OK; /* says neither what it is nor what it wants to hear */
    err = process(u, x, wire, plain, &p);
    explicit_bzero(plain, wire.n);
    TRY(err);
    if (x->sw != SW_OK || !por_wanted(&p))
        return XK_OK;
    return answer_por(u, x, &p);
}

/* The reassembly lives while parts are missing. */
static enum xk_err feed(struct uicc *u, const struct sms_tpdu *t, struct sms_udh *head,
                        struct bytes *packet)
{
    if (!u->sms)
        u->sms = sms_reassembly_new();
    if (!u->sms)
        return XK_E_NOMEM;
    return sms_reassembly_feed(u->sms, t->address, t->ud, head, packet);
}

static void release_reassembly(struct uicc *u)
{
    if (!u->sms || !sms_reassembly_idle(u->sms))
        return;
    sms_reassembly_free(u->sms);
    u->sms = NULL;
}

static enum xk_err on_deliver(struct uicc *u, struct exchange *x, const struct sms_tpdu *t)
{
    struct bytes packet = BYTES_NONE;
    struct sms_udh head = {0};
    enum xk_err err = feed(u, t, &head, &packet);

    if (err == XK_E_NOMEM)
        return err;
    if (err != XK_OK)
        return refuse(x, SW_WRONG_DATA);
    if (packet.n > 0 && head.command_packet)
        return on_packet(u, x, t->address, packet);
    return XK_OK;
}

/* TS 31.111 7.1.1, TS 31.115 4.2 */
enum xk_err ota_sms_pp(struct uicc *u, struct exchange *x, struct bytes envelope)
{
    struct cat_sms_pp e;
    struct sms_tpdu t;
    enum xk_err err;

    if (cat_decode_sms_pp(envelope, &e) != XK_OK || sms_decode(SMS_TO_MS, e.tpdu, &t) != XK_OK ||
        t.type != SMS_DELIVER)
        return refuse(x, SW_WRONG_DATA);
    if (!t.udhi)
        return XK_OK; /* no packet */
    if (!toolkit_can_send(u))
        return refuse(x, SW_TOOLKIT_BUSY);
    err = on_deliver(u, x, &t);
    release_reassembly(u);
    return err;
}
