/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets for tests of a card: sealed into one SMS-PP download, its answer opened. The keys
 * are those of package_usual_domain. */
#ifndef TESTS_OTA_PACKET_H
#define TESTS_OTA_PACKET_H

#include "codec/apdu/apdu.h"
#include "codec/cat/cat.h"
#include "codec/scp80/scp80.h"
#include "codec/sms/sms.h"
#include "saip_package.h"

#define OTA_SPI1 0x16 /* CC, ciphered, counter higher */
#define OTA_SPI2 0x19 /* PoR always, CC, ciphered, in the SMS-DELIVER-REPORT */
#define OTA_KEY 0x12  /* version 01, AES */
#define OTA_UDH_LEN 3

struct ota_packet {
    struct scp80_command c; /* without its data; counter: of the next one */
    struct scp80_keys keys;
    uint8_t apdu[5 + 255];
    size_t apdu_n;
    /* the answer */
    uint8_t plain[256];
    struct scp80_response por;
};

static inline void ota_secret(const char *hex, struct secret *out)
{
    uint8_t key[16];
    size_t n;

    if (hex_decode(bytes_cstr(hex), key, sizeof key, &n) != XK_OK ||
        secret_set(out, BYTES(key, n)) != XK_OK)
        abort();
}

static inline void ota_start(struct ota_packet *o, const char *tar)
{
    size_t n;

    *o = (struct ota_packet){
        .c = {.spi1 = OTA_SPI1, .spi2 = OTA_SPI2, .kic = OTA_KEY, .kid = OTA_KEY, .counter = 1}};
    if (hex_decode(bytes_cstr(tar), o->c.tar, sizeof o->c.tar, &n) != XK_OK)
        abort();
    ota_secret(PACKAGE_KIC, &o->keys.kic);
    ota_secret(PACKAGE_KID, &o->keys.kid);
}

/* ENVELOPE (SMS-PP DOWNLOAD) of a packet, in o->apdu */
static inline void ota_envelope(struct ota_packet *o, struct bytes packet)
{
    static const uint8_t smsc[] = {0x91, 0x68, 0x31, 0x08, 0x10, 0x00, 0xF5};
    struct sms_tpdu t = {.type = SMS_DELIVER, .udhi = true, .pid = 0x7F, .dcs = 0xF6};
    struct apdu_command c = {.cla = 0x80, .ins = INS_ENVELOPE};
    struct cat_sms_pp e = {.smsc = BYTES_OF(smsc)};
    uint8_t tpdu[SMS_TPDU_MAX], data[255];
    struct sms_parts parts;
    struct buf b;

    if (sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, 1, &parts) != XK_OK || parts.n != 1)
        abort();
    t.ud = BYTES(parts.part[0].ud, parts.part[0].ud_n);
    snprintf(t.address, sizeof t.address, "+8610658000");
    buf_init_fixed(&b, tpdu, sizeof tpdu);
    if (sms_encode(&t, &b) != XK_OK)
        abort();
    e.tpdu = buf_bytes(&b);
    buf_init_fixed(&b, data, sizeof data);
    if (cat_encode_sms_pp(&e, &b) != XK_OK)
        abort();
    c.data = buf_bytes(&b);
    buf_init_fixed(&b, o->apdu, sizeof o->apdu);
    apdu_encode_command(&b, &c);
    o->apdu_n = b.n;
}

/* The next packet with this script */
static inline void ota_seal(struct ota_packet *o, struct bytes script)
{
    struct scp80_command c = o->c;
    uint8_t packet[SMS_PACKET_MAX];
    struct buf b;

    c.data = script;
    buf_init_fixed(&b, packet, sizeof packet);
    if (scp80_seal_command(&c, &o->keys, &b) != XK_OK)
        abort();
    ota_envelope(o, buf_bytes(&b));
    o->c.counter++;
}

/* The user data of the report, spi2 as the answer was sealed: bare for senders without keys */
static inline bool ota_open(struct ota_packet *o, struct bytes ud, uint8_t spi2)
{
    return ud.n > OTA_UDH_LEN &&
           scp80_open_response(bytes_part(ud, OTA_UDH_LEN, ud.n), spi2, o->c.kic, o->c.kid,
                               &o->keys, o->plain, &o->por) == XK_OK;
}

#endif
