/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"
#include "base/hex.h"
#include "prog/cardfile/cardfile.h"

static const struct conf_option options[] = {
    {"cid", CONF_STRING, "89860123456789012340", 0, 0, "card identifier, 20 digits"},
    {"iccid", CONF_STRING, "89860081234567890123", 0, 0, "ICCID of the seed, 19 or 20 digits"},
    {"imsi", CONF_STRING, "", 0, 0, "IMSI of the seed; empty for a blank card"},
    {"msisdn", CONF_STRING, "", 0, 0, "number of the seed, \"+86...\""},
    {"smsc", CONF_STRING, "", 0, 0, "service centre, \"+86...\""},
    {"platform_address", CONF_STRING, "", 0, 0, "number that reports go to"},
    {"mnc_length", CONF_INT, "2", 2, 3, "digits of the mobile network code"},
    {"algorithm", CONF_STRING, "milenage", 0, 0, "milenage or tuak"},
    {"k", CONF_STRING, "", 0, 0, "K of the seed, hexadecimal (or XIEKA_K in the environment)"},
    {"opc", CONF_STRING, "", 0, 0, "OPc or TOPc of the seed (or XIEKA_OPC)"},
    {"keyset", CONF_INT, "1", 1, 15, "version of the SCP80 key set"},
    {"ota_algorithm", CONF_STRING, "aes", 0, 0, "aes, 3des-2 or 3des-3"},
    {"kic", CONF_STRING, "", 0, 0, "SCP80 ciphering key (or XIEKA_KIC)"},
    {"kid", CONF_STRING, "", 0, 0, "SCP80 checksum key (or XIEKA_KID)"},
    {"kik", CONF_STRING, "", 0, 0, "key that K and OPc are wrapped under (or XIEKA_KIK)"},
    {"pin1", CONF_STRING, "", 0, 0, "4 to 8 digits; empty: disabled"},
    {"puk1", CONF_STRING, "", 0, 0, "8 digits"},
    {"pin2", CONF_STRING, "", 0, 0, "4 to 8 digits"},
    {"puk2", CONF_STRING, "", 0, 0, "8 digits"},
    {"adm1", CONF_STRING, "", 0, 0, "administrative code: 16 hexadecimal digits or 8 characters"},
    {"grade", CONF_STRING, "consumer", 0, 0, "consumer, industrial or automotive"},
};

void personalise_sample(struct buf *out)
{
    conf_sample(options, ARRAY_LEN(options), out);
}

static const char *text_of(const struct conf *c, const char *key, const char *over)
{
    return over ? over : conf_string(c, key);
}

static enum xk_err blame(struct buf *why, const char *key, const char *what)
{
    buf_printf(why, "%s: %s", key, what);
    return XK_E_VALUE;
}

static enum xk_err copy(const struct conf *c, const char *key, const char *over, char *out,
                        size_t cap, struct buf *why)
{
    const char *text = text_of(c, key, over);

    return bytes_to_cstr(bytes_cstr(text), out, cap) ? XK_OK : blame(why, key, "too long");
}

/* The environment goes before the file. */
static enum xk_err read_key(const struct conf *c, const char *key, const char *variable,
                            struct secret *out, struct buf *why)
{
    const char *text = text_of(c, key, getenv(variable));
    size_t n;

    if (hex_decode(bytes_cstr(text), out->bytes, SECRET_MAX, &n) != XK_OK)
        return blame(why, key, "not hexadecimal");
    out->n = (uint8_t)n;
    return XK_OK;
}

static enum xk_err choose(const struct conf *c, const char *key, const char *const *names, size_t n,
                          unsigned *out, struct buf *why)
{
    const char *text = conf_string(c, key);

    for (size_t i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (unsigned)i;
            return XK_OK;
        }
    return blame(why, key, "not one of the names allowed");
}

static enum xk_err read_names(const struct conf *c, struct buf *why, struct usim_personalisation *p)
{
    static const char *const algorithms[] = {"milenage", "tuak"};
    static const char *const ota[] = {"aes", "3des-2", "3des-3"};
    static const uint8_t ota_codes[] = {SCP80_ALG_AES, SCP80_ALG_3DES_2, SCP80_ALG_3DES_3};
    static const char *const grades[] = {"consumer", "industrial", "automotive"};
    unsigned i;

    TRY(choose(c, "algorithm", algorithms, ARRAY_LEN(algorithms), &i, why));
    p->seed.algorithm = i ? AKA_TUAK : AKA_MILENAGE;
    TRY(choose(c, "ota_algorithm", ota, ARRAY_LEN(ota), &i, why));
    p->kic_alg = p->kid_alg = ota_codes[i];
    TRY(choose(c, "grade", grades, ARRAY_LEN(grades), &i, why));
    p->grade = (enum nvm_grade)i;
    p->keyset = (uint8_t)conf_int(c, "keyset");
    p->mnc_len = (uint8_t)conf_int(c, "mnc_length");
    return XK_OK;
}

static enum xk_err read_keys(const struct conf *c, struct buf *why, struct usim_personalisation *p)
{
    size_t k = p->seed.algorithm == AKA_TUAK && p->seed.k.n == 32 ? 32 : 16;
    size_t opc = p->seed.algorithm == AKA_TUAK ? 32 : 16;

    TRY(read_key(c, "k", "XIEKA_K", &p->seed.k, why));
    TRY(read_key(c, "opc", "XIEKA_OPC", &p->seed.opc, why));
    TRY(read_key(c, "kic", "XIEKA_KIC", &p->ota.kic, why));
    TRY(read_key(c, "kid", "XIEKA_KID", &p->ota.kid, why));
    TRY(read_key(c, "kik", "XIEKA_KIK", &p->kik, why));
    if (p->imsi[0] && p->seed.k.n != k && p->seed.k.n != 32)
        return blame(why, "k", "a seed needs a key of 16 bytes");
    if (p->imsi[0] && p->seed.opc.n != opc)
        return blame(why, "opc", "of the wrong length for the algorithm");
    return XK_OK;
}

static enum xk_err read_texts(const struct conf *c, const struct overrides *o, struct buf *why,
                              struct usim_personalisation *p)
{
    TRY(copy(c, "cid", o->cid, p->cid, sizeof p->cid, why));
    TRY(copy(c, "iccid", o->iccid, p->iccid, sizeof p->iccid, why));
    TRY(copy(c, "imsi", o->imsi, p->imsi, sizeof p->imsi, why));
    TRY(copy(c, "msisdn", o->msisdn, p->msisdn, sizeof p->msisdn, why));
    TRY(copy(c, "smsc", NULL, p->smsc, sizeof p->smsc, why));
    TRY(copy(c, "platform_address", NULL, p->platform_address, sizeof p->platform_address, why));
    TRY(copy(c, "pin1", NULL, p->pin1, sizeof p->pin1, why));
    TRY(copy(c, "puk1", NULL, p->puk1, sizeof p->puk1, why));
    TRY(copy(c, "pin2", NULL, p->pin2, sizeof p->pin2, why));
    TRY(copy(c, "puk2", NULL, p->puk2, sizeof p->puk2, why));
    return copy(c, "adm1", NULL, p->adm1, sizeof p->adm1, why);
}

enum xk_err personalise_read(const char *path, const struct overrides *o, struct buf *why,
                             struct usim_personalisation *out)
{
    struct conf *c;
    enum xk_err err;

    *out = (struct usim_personalisation){0};
    TRY(conf_open(options, ARRAY_LEN(options), path, why, &c));
    err = read_texts(c, o, why, out);
    if (err == XK_OK)
        err = read_names(c, why, out);
    if (err == XK_OK)
        err = read_keys(c, why, out);
    conf_close(c);
    return err;
}
