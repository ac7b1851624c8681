/* SPDX-License-Identifier: Apache-2.0 */
/* A card on the bench: made in memory with known keys, talked to in hexadecimal. */
#ifndef TESTS_UNIT_CARD_RIG_H
#define TESTS_UNIT_CARD_RIG_H

#include "card/usim/usim.h"
#include "codec/apdu/apdu.h"
#include "xt.h"

/* TS 35.208 set 1 */
#define RIG_K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define RIG_OPC "cd63cb71954a9f4e48a5994e37a02baf"
#define RIG_RAND "23553cbe9637a89d218ae64dae47bf35"
#define RIG_KIC "200102030405060708090a0b0c0d0e0f"
#define RIG_KID "201102030405060708090a0b0c0d0e0f"
#define RIG_KIK "303132333435363738393a3b3c3d3e3f"
#define RIG_CID "89860123456789012340"
#define RIG_IMSI "460081234567890"
#define RIG_PLATFORM "+8613800100500"

struct rig {
    struct nvm_memory *memory;
    struct nvm_port port;
    struct usim *card;
    struct xk_prng prng;
    struct xk_rand rand;
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf out;
    struct bytes data; /* of the last answer */
    uint16_t sw;
    enum xk_err err;
};

static inline void rig_secret(const char *hex, struct secret *out)
{
    size_t n;

    if (hex_decode(bytes_cstr(hex), out->bytes, SECRET_MAX, &n) != XK_OK)
        abort();
    out->n = (uint8_t)n;
}

static inline struct usim_personalisation rig_personalisation(void)
{
    struct usim_personalisation p = {
        .cid = RIG_CID,
        .iccid = "89860081234567890123",
        .imsi = RIG_IMSI,
        .msisdn = "+8614412345678",
        .smsc = "+8613800100500",
        .platform_address = RIG_PLATFORM,
        .mnc_len = 2,
        .seed = {.algorithm = AKA_MILENAGE},
        .keyset = 1,
        .kic_alg = SCP80_ALG_AES,
        .kid_alg = SCP80_ALG_AES,
        .pin1 = "",
        .puk1 = "12345678",
        .pin2 = "5678",
        .puk2 = "87654321",
        .adm1 = "3838383838383838",
    };

    rig_secret(RIG_K, &p.seed.k);
    rig_secret(RIG_OPC, &p.seed.opc);
    rig_secret(RIG_KIC, &p.ota.kic);
    rig_secret(RIG_KID, &p.ota.kid);
    rig_secret(RIG_KIK, &p.kik);
    return p;
}

static inline void rig_init(struct rig *r, const struct usim_personalisation *p)
{
    *r = (struct rig){.memory = nvm_memory_new(), .prng = {42}};
    r->rand = xk_rand_prng(&r->prng);
    r->port = nvm_memory_port(r->memory);
    buf_init_fixed(&r->out, r->mem, sizeof r->mem);
    if (usim_manufacture(&r->port, p, &r->rand, &r->card) != XK_OK)
        abort();
}

static inline void rig_default(struct rig *r)
{
    struct usim_personalisation p = rig_personalisation();

    rig_init(r, &p);
}

static inline void rig_fini(struct rig *r)
{
    usim_free(r->card);
    nvm_memory_free(r->memory);
}

/* Sends an APDU in hexadecimal (spaces allowed); false when the card fell silent. */
static inline bool rig_bytes(struct rig *r, struct bytes wire)
{
    struct apdu_response a;

    r->err = usim_transmit(r->card, wire, &r->out);
    r->sw = 0;
    r->data = BYTES_NONE;
    if (r->err != XK_OK || apdu_decode_response(buf_bytes(&r->out), &a) != XK_OK)
        return false;
    r->sw = a.sw;
    r->data = a.data;
    return true;
}

static inline bool rig_send(struct rig *r, const char *hex)
{
    uint8_t wire[APDU_COMMAND_MAX + 8];
    char text[2 * sizeof wire + 1];
    size_t n = 0;

    for (; *hex; hex++)
        if (*hex != ' ' && n < sizeof text - 1)
            text[n++] = *hex;
    if (hex_decode(BYTES(text, n), wire, sizeof wire, &n) != XK_OK)
        abort();
    return rig_bytes(r, BYTES(wire, n));
}

/* As a terminal on T=0: fetches what 61xx, 9Fxx and 6Cxx say. */
static inline bool rig_t0(struct rig *r, const char *hex)
{
    char again[64];
    bool gsm = hex[0] == 'A' || hex[0] == 'a';

    if (!rig_send(r, hex))
        return false;
    if (r->sw >> 8 == 0x61 || r->sw >> 8 == 0x9F) {
        snprintf(again, sizeof again, "%.2sC00000%02X", gsm ? "A0" : hex, r->sw & 0xFF);
        return rig_send(r, again);
    }
    return true;
}

static inline void rig_reset(struct rig *r)
{
    struct bytes atr;

    if (usim_reset(r->card, &atr) != XK_OK)
        abort();
}

#define CHECK_SW(rig, hex, want)                                                                   \
    do {                                                                                           \
        rig_t0(rig, hex);                                                                          \
        xt_check_hex(__FILE__, __LINE__, "SW of " hex,                                             \
                     BYTES(((uint8_t[]){(uint8_t)((rig)->sw >> 8), (uint8_t)(rig)->sw}), 2),       \
                     want);                                                                        \
    } while (0)
#define CHECK_APDU(rig, hex, want_data, want_sw)                                                   \
    do {                                                                                           \
        CHECK_SW(rig, hex, want_sw);                                                               \
        xt_check_hex(__FILE__, __LINE__, "data of " hex, (rig)->data, want_data);                  \
    } while (0)

#endif
