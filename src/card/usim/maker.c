/* SPDX-License-Identifier: Apache-2.0 */
/* What the card maker writes: all of it in one transaction. */
#include "base/hex.h"
#include "card/usim/applet.h"
#include "codec/ef/ef.h"

#define PIN_TRIES 3
#define PUK_TRIES 10

static void maker_wipe(struct image_maker *m)
{
    explicit_bzero(m, sizeof *m);
}
#define AUTO_MAKER __attribute__((cleanup(maker_wipe)))

static enum xk_err maker_load(struct usim *card, struct image_maker *m)
{
    return card_get(card, IMAGE_AT(maker), (uint8_t *)m, sizeof *m);
}

enum xk_err maker_keys(struct usim *card, struct maker_keys *out)
{
    AUTO_MAKER struct image_maker m;

    TRY(maker_load(card, &m));
    out->kic_byte = (uint8_t)(m.keyset[0] << 4 | m.kic_alg[0]);
    out->kid_byte = (uint8_t)(m.keyset[0] << 4 | m.kid_alg[0]);
    TRY(secret_set(&out->ota.kic, BYTES(m.kic, m.kic_n[0])));
    return secret_set(&out->ota.kid, BYTES(m.kid, m.kid_n[0]));
}

enum xk_err maker_kik(struct usim *card, struct secret *out)
{
    AUTO_MAKER struct image_maker m;

    TRY(maker_load(card, &m));
    return secret_set(out, BYTES(m.kik, m.kik_n[0]));
}

static enum xk_err copy_secret(const struct secret *s, uint8_t out[IMAGE_KEY_MAX], uint8_t *n)
{
    if (s->n > IMAGE_KEY_MAX)
        return XK_E_VALUE;
    memcpy(out, s->bytes, s->n);
    *n = s->n;
    return XK_OK;
}

static enum xk_err make_maker(const struct usim_personalisation *p, struct image_maker *m)
{
    *m = (struct image_maker){.magic = IMAGE_MAGIC, .made = {1}};
    if (p->grade > NVM_AUTOMOTIVE || p->keyset < 1 || p->keyset > 15)
        return XK_E_VALUE;
    m->grade[0] = (uint8_t)p->grade;
    m->keyset[0] = p->keyset;
    m->kic_alg[0] = p->kic_alg & 15;
    m->kid_alg[0] = p->kid_alg & 15;
    TRY(script_cid_encode(p->cid, m->cid));
    TRY(copy_secret(&p->ota.kic, m->kic, m->kic_n));
    TRY(copy_secret(&p->ota.kid, m->kid, m->kid_n));
    return copy_secret(&p->kik, m->kik, m->kik_n);
}

/* PINs and PUKs as characters, FF behind them (TS 102 221 9.5.1) */
static enum xk_err pin_text(const char *text, uint8_t out[8])
{
    size_t n = strlen(text);

    if (n > 8)
        return XK_E_VALUE;
    memset(out, 0xFF, 8);
    memcpy(out, text, n);
    return XK_OK;
}

static enum xk_err make_pin(const char *pin, const char *puk, struct image_pin *out)
{
    *out = (struct image_pin){.enabled = {pin[0] != '\0'}, .tries = {PIN_TRIES}};
    out->puk_tries[0] = puk[0] ? PUK_TRIES : 0;
    TRY(pin_text(pin[0] ? pin : "0000", out->value));
    return pin_text(puk, out->puk);
}

/* An administrative code is 16 hexadecimal digits, or up to 8 characters. Without one the condition
 * can never be met. */
static enum xk_err make_adm(const char *adm, struct image_pin *out)
{
    *out = (struct image_pin){.enabled = {1}, .tries = {adm[0] ? PIN_TRIES : 0}};
    if (strlen(adm) == 16)
        return hex_decode_exact(bytes_cstr(adm), out->value, sizeof out->value);
    return pin_text(adm, out->value);
}

static enum xk_err make_keys(const struct aka_subscriber *a, struct image_bank *b)
{
    b->algorithm[0] = (uint8_t)a->algorithm;
    b->res_len[0] = a->res_len;
    b->has_cr[0] = a->has_cr;
    memcpy(b->cr, a->cr, a->has_cr ? sizeof b->cr : 0);
    TRY(copy_secret(&a->k, b->k, b->k_n));
    return copy_secret(&a->opc, b->opc, b->opc_n);
}

static enum xk_err make_seed(const struct usim_personalisation *p, struct image_bank *b)
{
    uint8_t imsi[EF_IMSI_LEN], msisdn[EF_MSISDN_LEN], smsc[EF_SMSC_LEN];

    image_blank_bank(b);
    TRY(ef_encode_iccid(p->iccid, b->f_ICCID));
    if (p->smsc[0]) {
        TRY(ef_encode_smsc(p->smsc, smsc));
        bank_set_smsc(b, smsc);
    }
    if (p->msisdn[0]) {
        TRY(ef_encode_msisdn(p->msisdn, msisdn));
        bank_set_msisdn(b, msisdn);
    }
    if (p->imsi[0]) {
        TRY(ef_encode_imsi(p->imsi, imsi));
        TRY(bank_set_imsi(b, imsi, p->mnc_len == 3 ? 3 : 2));
        TRY(make_keys(&p->seed, b));
    }
    return bank_seal(b);
}

static enum xk_err write_all(struct usim *card, const struct usim_personalisation *p)
{
    AUTO_MAKER struct image_maker m;
    AUTO_BANK struct image_bank seed;
    struct image_pin pin[IMAGE_PINS];
    struct image_state s = {0};
    enum xk_err err;

    TRY(make_maker(p, &m));
    TRY(make_seed(p, &seed));
    TRY(make_pin(p->pin1, p->puk1, &pin[IMAGE_PIN1]));
    TRY(make_pin(p->pin2[0] ? p->pin2 : "0000", p->puk2, &pin[IMAGE_PIN2]));
    TRY(make_adm(p->adm1, &pin[IMAGE_ADM]));
    memset(s.platform, 0xFF, sizeof s.platform);
    if (p->platform_address[0])
        TRY(ef_encode_smsc(p->platform_address, s.platform));
    TRY(card_put(card, IMAGE_AT(maker), (const uint8_t *)&m, sizeof m));
    TRY(bank_store(card, SEED, &seed));
    err = card_put(card, IMAGE_AT(pin), (const uint8_t *)pin, sizeof pin);
    explicit_bzero(pin, sizeof pin);
    TRY(err);
    return card_put_state(card, &s);
}

enum xk_err maker_write(struct usim *card, const struct usim_personalisation *p)
{
    enum xk_err err = write_all(card, p);

    if (err != XK_OK) {
        nvm_rollback(card->nvm);
        return err;
    }
    return nvm_commit(card->nvm);
}

/* XK_E_FORMAT when there is no card in this memory. */
enum xk_err maker_check(struct usim *card, enum nvm_grade *grade)
{
    AUTO_MAKER struct image_maker m;

    TRY(maker_load(card, &m));
    if (memcmp(m.magic, IMAGE_MAGIC, sizeof m.magic) != 0 || m.made[0] != 1 ||
        m.grade[0] > NVM_AUTOMOTIVE)
        return XK_E_FORMAT;
    *grade = m.grade[0];
    return XK_OK;
}
