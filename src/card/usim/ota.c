/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets to the write applet (TS 102 225; docs/write-script.md): one TAR, one key set. */
#include "card/usim/applet.h"
#include "codec/ef/ef.h"

#define MINIMUM_SPI1 (SCP80_SPI1_CC | SCP80_SPI1_CIPHER | SCP80_SPI1_COUNTER_HIGHER)

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

enum xk_err card_ota_find(struct uicc *u, const struct scp80_command *c, struct ota_way *out,
                          uint8_t *status)
{
    static const uint8_t tar[SCP80_TAR_LEN] = {SCRIPT_TAR >> 16, SCRIPT_TAR >> 8 & 0xFF,
                                               SCRIPT_TAR & 0xFF};
    struct usim *card = usim_of(u);
    struct maker_keys keys;
    struct image_state s;
    enum xk_err err = maker_keys(card, &keys);

    if (err == XK_OK)
        err = card_get_state(card, &s);
    if (err == XK_OK) {
        *out = (struct ota_way){.keys = keys.ota,
                                .spi1_minimum = MINIMUM_SPI1,
                                .known_keys = c->kic == keys.kic_byte && c->kid == keys.kid_byte,
                                .counter = counter_get(s.down)};
        *status = memcmp(c->tar, tar, sizeof tar) == 0 ? SCP80_POR_OK : SCP80_TAR_UNKNOWN;
    }
    explicit_bzero(&keys, sizeof keys);
    return err;
}

/* The sender of what was accepted last is the one to report to. */
enum xk_err card_ota_take(struct uicc *u, const struct ota_way *w, const struct scp80_command *c,
                          const char *sender)
{
    struct usim *card = usim_of(u);
    struct image_state s;

    (void)w;
    TRY(card_get_state(card, &s));
    counter_put(c->counter, s.down);
    if (ef_encode_smsc(sender, s.platform) != XK_OK)
        TRY(card_get(card, IMAGE_AT(state.platform), s.platform, sizeof s.platform));
    return card_put_state(card, &s);
}

enum xk_err card_ota_run(struct uicc *u, struct exchange *x, const struct ota_way *w,
                         uint8_t status, struct bytes data, struct buf *out)
{
    struct usim *card = usim_of(u);
    struct script_report report;

    (void)w;
    if (status == SCP80_POR_OK)
        TRY(applet_run(card, x, data, &report));
    else
        TRY(applet_replayed(card, data, &report));
    return script_layout_xieka()->encode_report(&report, out);
}

enum xk_err card_ota_address(struct uicc *u, char out[SMS_NUMBER_TEXT])
{
    char address[EF_MSISDN_TEXT];
    struct image_state s;

    TRY(card_get_state(usim_of(u), &s));
    if (ef_decode_smsc(s.platform, address) != XK_OK ||
        !bytes_to_cstr(bytes_cstr(address), out, SMS_NUMBER_TEXT))
        out[0] = '\0';
    return XK_OK;
}
