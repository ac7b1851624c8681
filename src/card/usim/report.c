/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/applet.h"
#include "codec/ef/ef.h"

#define COS_VERSION "xieka-usim 1"
#define ATTACHED 0x00
#define NOT_ATTACHED 0x01 /* as EF_EPSLOCI says "not updated" */
#define REPORT_SPI1 (SCP80_SPI1_CC | SCP80_SPI1_CIPHER | SCP80_SPI1_COUNTER_HIGHER)

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

static enum xk_err put_imsi_hash(struct usim *card, unsigned bank, struct script_report *out)
{
    uint8_t imsi[EF_IMSI_LEN];
    char text[EF_IMSI_TEXT];

    TRY(card_get(card, content_offset(CONTENT_IMSI, bank), imsi, sizeof imsi));
    if (ef_decode_imsi(imsi, text) != XK_OK)
        return XK_OK; /* a blank card has none */
    out->has_imsi_hash = true;
    return script_imsi_hash(text, out->imsi_hash);
}

static void put_terminal(const struct session *t, struct script_report *out)
{
    out->has_imei = t->has_imei;
    memcpy(out->imei, t->imei, sizeof out->imei);
    out->has_location = t->has_location && t->location_n > 0;
    out->location = BYTES(t->location, t->location_n);
}

enum xk_err report_make(struct usim *card, const struct image_state *s, struct script_report *out)
{
    struct nvm_wear wear;

    *out = (struct script_report){.has_detail = true,
                                  .has_cos = true,
                                  .cos = BYTES_STR(COS_VERSION),
                                  .has_wear = true,
                                  .counter = counter_get(s->down)};
    memcpy(out->task_id, s->task, sizeof out->task_id);
    out->result = s->result[0];
    out->detail = (uint16_t)(s->detail[0] << 8 | s->detail[1]);
    out->has_attach = s->phase[0] != PHASE_IDLE;
    out->attach = s->phase[0] == PHASE_DONE ? ATTACHED : NOT_ATTACHED;
    put_terminal(&card->session, out);
    nvm_get_wear(card->nvm, &wear);
    out->wear_left = wear.left;
    return put_imsi_hash(card, s->active[0], out);
}

/* The next counter of this direction is stored before the packet exists (TS 102 225 5.1.4). */
static enum xk_err next_counter(struct usim *card, struct image_state *s, uint64_t *out)
{
    *out = counter_get(s->up) + 1;
    if (*out > SCP80_COUNTER_MAX)
        return XK_E_LIMIT;
    counter_put(*out, s->up);
    TRY(card_put_state(card, s));
    return nvm_commit(card->nvm);
}

static enum xk_err seal_report(const struct maker_keys *keys, uint64_t counter,
                               const struct script_report *r, struct buf *out)
{
    struct scp80_command c = {.spi1 = REPORT_SPI1,
                              .kic = keys->kic_byte,
                              .kid = keys->kid_byte,
                              .tar = {SCRIPT_TAR >> 16, SCRIPT_TAR >> 8 & 0xFF, SCRIPT_TAR & 0xFF},
                              .counter = counter};
    uint8_t mem[SCRIPT_REPORT_MAX];
    struct buf data;

    buf_init_fixed(&data, mem, sizeof mem);
    TRY(script_layout_xieka()->encode_report(r, &data));
    c.data = buf_bytes(&data);
    return scp80_seal_command(&c, &keys->ota, out);
}

static enum xk_err send_sealed(struct usim *card, const struct image_state *s, uint64_t counter)
{
    struct maker_keys keys;
    struct script_report r;
    char address[EF_MSISDN_TEXT];
    uint8_t mem[SCRIPT_REPORT_MAX + 64];
    struct buf packet;
    enum xk_err err;

    TRY(report_make(card, s, &r));
    r.counter = counter;
    if (ef_decode_smsc(s->platform, address) != XK_OK || address[0] == '\0')
        return XK_OK; /* nobody to tell */
    buf_init_fixed(&packet, mem, sizeof mem);
    TRY(maker_keys(card, &keys));
    err = seal_report(&keys, counter, &r, &packet);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    return toolkit_send(&card->uicc, OUTGOING_REPORT, SMS_IEI_COMMAND_PACKET, buf_bytes(&packet),
                        address);
}

/* Product decision P-3: the final report, a command packet from card to platform */
enum xk_err applet_send_report(struct usim *card)
{
    struct image_state s;
    uint64_t counter;
    enum xk_err err;

    TRY(card_get_state(card, &s));
    if (!s.report_due[0])
        return XK_OK;
    err = next_counter(card, &s, &counter);
    if (err == XK_E_LIMIT)
        return XK_OK; /* worn out, or all counters used: the platform asks again */
    TRY(err);
    return send_sealed(card, &s, counter);
}
