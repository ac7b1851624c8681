/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ota/ota.h"

#include "codec/ef/ef.h"

/* P-4, P-5: integrity, ciphering, counter must be higher; proof of receipt always, with the same
 * protection, as SMS-SUBMIT (a DELIVER-REPORT would come back before the card has written). */
#define OTA_SPI1 (SCP80_SPI1_CC | SCP80_SPI1_CIPHER | SCP80_SPI1_COUNTER_HIGHER)
#define OTA_SPI2                                                                                   \
    (SCP80_SPI2_POR_ALWAYS | SCP80_SPI2_POR_CC | SCP80_SPI2_POR_CIPHER | SCP80_SPI2_POR_SUBMIT)

#define SUITE_SM 2
#define WRAPPED_KEY_MAX 48

static void put_tar(uint8_t tar[SCP80_TAR_LEN])
{
    tar[0] = (uint8_t)(SCRIPT_TAR >> 16);
    tar[1] = (uint8_t)(SCRIPT_TAR >> 8);
    tar[2] = (uint8_t)SCRIPT_TAR;
}

static uint8_t key_byte(const struct chip *chip, uint8_t algorithm)
{
    return (uint8_t)(chip->keyset << 4 | algorithm);
}

static enum script_suite suite_of(const struct chip *chip)
{
    return chip->suite == SUITE_SM ? SCRIPT_SUITE_SM4 : SCRIPT_SUITE_AES;
}

struct wrapped_keys {
    uint8_t k[WRAPPED_KEY_MAX], opc[WRAPPED_KEY_MAX];
};

/* P-4: the second layer, under the card's data-encryption key */
static enum xk_err wrap_keys(const struct ota_script *s, struct script *out, struct wrapped_keys *w)
{
    struct bytes k = secret_bytes(&s->number_keys->k);
    struct bytes opc = secret_bytes(&s->number_keys->opc);
    enum script_suite suite = suite_of(s->chip);

    if (k.n > WRAPPED_KEY_MAX || opc.n > WRAPPED_KEY_MAX)
        return XK_E_VALUE;
    TRY(script_wrap_key(suite, &s->chip_keys->kik, out, 0x85, k, w->k));
    TRY(script_wrap_key(suite, &s->chip_keys->kik, out, 0x86, opc, w->opc));
    out->k = BYTES(w->k, k.n);
    out->opc = BYTES(w->opc, opc.n);
    out->algorithm = s->number->algorithm;
    out->has_keys = true;
    if (s->number_keys->has_cr) {
        out->has_cr = true;
        memcpy(out->cr, s->number_keys->cr, sizeof out->cr);
    }
    return XK_OK;
}

static enum xk_err put_number(const struct number *n, struct script *out)
{
    TRY(ef_encode_imsi(n->imsi, out->imsi));
    out->has_imsi = true;
    if (n->iccid[0]) { /* P-25: a number that rested has none, the card keeps its own */
        TRY(ef_encode_iccid(n->iccid, out->iccid));
        out->has_iccid = true;
    }
    TRY(ef_encode_msisdn(n->msisdn, out->msisdn));
    out->has_msisdn = true;
    if (n->smsc[0] == '\0')
        return XK_OK;
    TRY(ef_encode_smsc(n->smsc, out->smsc));
    out->has_smsc = true;
    return XK_OK;
}

static enum xk_err make_script(const struct ota_script *s, struct script *out,
                               struct wrapped_keys *w)
{
    *out = (struct script){.version = s->chip->suite == SUITE_SM ? 2 : 1, .flags = s->flags};
    memcpy(out->task_id, s->task_id, sizeof out->task_id);
    TRY(script_cid_encode(s->chip->cid, out->cid));
    if (s->fallback_min > 0) {
        out->has_fallback = true;
        out->fallback_min = s->fallback_min;
    }
    if (!(s->flags & SCRIPT_PREPARE))
        return XK_OK;
    TRY(put_number(s->number, out));
    return wrap_keys(s, out, w);
}

static enum xk_err seal(const struct ota_script *s, struct bytes data, struct buf *out)
{
    struct scp80_keys keys = {.kic = s->chip_keys->kic, .kid = s->chip_keys->kid};
    struct scp80_command c = {
        .spi1 = OTA_SPI1,
        .spi2 = OTA_SPI2,
        .kic = key_byte(s->chip, s->chip->kic_alg),
        .kid = key_byte(s->chip, s->chip->kid_alg),
        .counter = s->counter,
        .data = data,
    };
    enum xk_err err;

    put_tar(c.tar);
    err = scp80_seal_command(&c, &keys, out);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

enum xk_err ota_build(const struct ota_script *s, struct buf *out)
{
    uint8_t mem[SCRIPT_MAX];
    struct wrapped_keys wrapped;
    struct sms_parts parts;
    struct script script;
    struct buf plain;

    buf_init_fixed(&plain, mem, sizeof mem);
    TRY(make_script(s, &script, &wrapped));
    TRY(script_layout_xieka()->encode(&script, &plain));
    TRY(seal(s, buf_bytes(&plain), out));
    TRY(buf_ok(out));
    TRY(sms_split_packet(SMS_IEI_COMMAND_PACKET, buf_bytes(out), 1, &parts));
    return parts.n > OTA_PARTS_MAX ? XK_E_LIMIT : XK_OK;
}

static enum xk_err check_tar(const uint8_t tar[SCP80_TAR_LEN])
{
    uint8_t ours[SCP80_TAR_LEN];

    put_tar(ours);
    return memcmp(tar, ours, sizeof ours) == 0 ? XK_OK : XK_E_FORMAT;
}

static enum xk_err open_answer(const struct chip *chip, const struct scp80_keys *keys,
                               struct bytes packet, uint8_t *plain, struct ota_report *out,
                               struct bytes *data)
{
    struct scp80_response r;

    TRY(scp80_open_response(packet, OTA_SPI2, key_byte(chip, chip->kic_alg),
                            key_byte(chip, chip->kid_alg), keys, plain, &r));
    TRY(check_tar(r.tar));
    out->kind = OTA_ANSWER;
    out->status = r.status;
    out->counter = r.counter;
    *data = r.data;
    return XK_OK;
}

/* A card speaks by itself with no less protection than we ask of ourselves. */
static enum xk_err open_report(const struct scp80_keys *keys, struct bytes packet, uint8_t *plain,
                               struct ota_report *out, struct bytes *data)
{
    struct scp80_command c;

    TRY(scp80_peek_command(packet, &c));
    if ((c.spi1 & OTA_SPI1) != OTA_SPI1)
        return XK_E_AUTH;
    TRY(check_tar(c.tar));
    TRY(scp80_open_command(packet, keys, plain, &c));
    out->kind = OTA_REPORT;
    out->status = SCP80_POR_OK;
    out->counter = c.counter;
    *data = c.data;
    return XK_OK;
}

enum xk_err ota_open(const struct chip *chip, const struct chip_keys *chip_keys, uint8_t iei,
                     struct bytes packet, uint8_t *plain, struct ota_report *out)
{
    struct scp80_keys keys = {.kic = chip_keys->kic, .kid = chip_keys->kid};
    struct ota_report r = {0};
    struct bytes data = BYTES_NONE;
    enum xk_err err;

    if (iei == SMS_IEI_RESPONSE_PACKET)
        err = open_answer(chip, &keys, packet, plain, &r, &data);
    else
        err = open_report(&keys, packet, plain, &r, &data);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    if (data.n > 0) {
        TRY(script_layout_xieka()->decode_report(data, &r.script));
        r.has_report = true;
    }
    *out = r;
    return XK_OK;
}
