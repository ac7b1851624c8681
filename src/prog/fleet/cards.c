/* SPDX-License-Identifier: Apache-2.0 */
/* What the cards of a fleet are made with: invented numbers and keys out of the seed. */
#include "base/hex.h"
#include "codec/ef/ef.h"
#include "prog/fleet/core.h"

#define SEED_DIGITS 10000u
#define DEVICE_DIGITS 100000000u
#define GOLDEN 0x9E3779B97F4A7C15u
#define RADIO_SALT 0x52u
#define PUK "12345678"

static bool is_blank(const struct fleet *f, uint32_t i)
{
    return i >= f->config.devices - f->config.blank;
}

void fleet_cid(const struct fleet *f, uint32_t i, char cid[USIM_CID_DIGITS + 1])
{
    snprintf(cid, USIM_CID_DIGITS + 1, FLEET_CID_PREFIX "%04u%08u",
             (unsigned)(f->config.net.seed % SEED_DIGITS), i % DEVICE_DIGITS);
}

void fleet_seed_imsi(const struct fleet *f, uint32_t i, char imsi[16])
{
    imsi[0] = '\0';
    if (!is_blank(f, i))
        snprintf(imsi, 16, FLEET_IMSI_PREFIX "%08u", i % DEVICE_DIGITS);
}

static void seed_iccid(const struct fleet *f, uint32_t i, char iccid[21])
{
    char digits[20];

    snprintf(digits, sizeof digits, "8999970%04u%08u", (unsigned)(f->config.net.seed % SEED_DIGITS),
             i % DEVICE_DIGITS);
    snprintf(iccid, 21, "%s%c", digits, ef_luhn_digit(digits, strlen(digits)));
}

/* TAC of the test range 001 (TS.06), serial number, check digit. */
void fleet_imei(uint32_t i, char imei[17])
{
    char digits[15];

    snprintf(digits, sizeof digits, "001017%02u%06u", i / 1000000 % 100, i % 1000000);
    snprintf(imei, 17, "%s%c", digits, ef_luhn_digit(digits, strlen(digits)));
}

struct xk_prng fleet_keys_of(const struct fleet *f, uint32_t i, uint64_t salt)
{
    struct xk_prng r = {f->config.net.seed * GOLDEN + i * 0xD1342543DE82EF95u + salt};

    (void)xk_prng_next(&r);
    return r;
}

void fleet_make_key(struct xk_prng *r, struct secret *out)
{
    const struct xk_rand rand = xk_rand_prng(r);

    out->n = 16;
    xk_rand_fill(&rand, out->bytes, out->n);
}

enum air_rat fleet_rat_of(const struct fleet *f, uint32_t i)
{
    struct xk_prng r = fleet_keys_of(f, i, RADIO_SALT);
    unsigned sum = 0;
    uint32_t at;

    for (unsigned k = 0; k < TESTNET_RATS; k++)
        sum += f->config.mix[k];
    if (sum == 0)
        return AIR_LTE;
    at = xk_prng_below(&r, sum);
    for (unsigned k = 0; k < TESTNET_RATS; k++) {
        if (at < f->config.mix[k])
            return (enum air_rat)k;
        at -= f->config.mix[k];
    }
    return AIR_LTE;
}

enum xk_err fleet_personalisation(const struct fleet *f, uint32_t i, struct usim_personalisation *p)
{
    struct xk_prng r = fleet_keys_of(f, i, 0);

    if (i >= f->config.devices)
        return XK_E_NOT_FOUND;
    *p = (struct usim_personalisation){.mnc_len = 2,
                                       .seed = {.algorithm = AKA_MILENAGE},
                                       .keyset = FLEET_KEYSET,
                                       .kic_alg = SCP80_ALG_AES,
                                       .kid_alg = SCP80_ALG_AES,
                                       .puk1 = PUK,
                                       .pin2 = "0000",
                                       .puk2 = PUK,
                                       .adm1 = "3030303030303030",
                                       .grade = NVM_INDUSTRIAL};
    fleet_cid(f, i, p->cid);
    fleet_seed_imsi(f, i, p->imsi);
    seed_iccid(f, i, p->iccid);
    if (!is_blank(f, i))
        snprintf(p->msisdn, sizeof p->msisdn, FLEET_MSISDN_PREFIX "%08u", i % DEVICE_DIGITS);
    memcpy(p->smsc, f->config.net.smsc, sizeof p->smsc);
    memcpy(p->platform_address, f->platform, sizeof p->platform_address);
    fleet_make_key(&r, &p->seed.k);
    fleet_make_key(&r, &p->seed.opc);
    fleet_make_key(&r, &p->ota.kic);
    fleet_make_key(&r, &p->ota.kid);
    fleet_make_key(&r, &p->kik);
    return XK_OK;
}

static void put_secret(struct buf *out, const struct secret *s, bool present)
{
    if (present)
        buf_put_hex(out, secret_bytes(s));
    buf_put_u8(out, ',');
}

enum xk_err fleet_export_card(const struct fleet *f, uint32_t i, struct buf *out)
{
    struct usim_personalisation p;
    bool seeded;

    TRY(fleet_personalisation(f, i, &p));
    seeded = p.imsi[0] != '\0';
    if (i == 0)
        buf_put_str(out, "cid,iccid,imsi,msisdn,ki,opc,kic,kid,kik,kic_alg,kid_alg,keyset,vendor,"
                         "grade,form,radio,batch\n");
    buf_printf(out, "%s,%s,%s,%s,", p.cid, p.iccid, p.imsi, p.msisdn);
    put_secret(out, &p.seed.k, seeded);
    put_secret(out, &p.seed.opc, seeded);
    put_secret(out, &p.ota.kic, true);
    put_secret(out, &p.ota.kid, true);
    put_secret(out, &p.kik, true);
    buf_printf(out, "aes,aes,%u,xieka-fleet,industrial,DOMESTIC_5X6,%s,FLEET-%llu\n", p.keyset,
               air_rat_name(fleet_rat_of(f, i)), (unsigned long long)f->config.net.seed);
    explicit_bzero(&p, sizeof p);
    return buf_ok(out);
}
