/* SPDX-License-Identifier: Apache-2.0 */
/* The domestic number writer: what it builds opens as P-2 says under the card's keys and no others;
 * what cards send opens only when it is theirs. */
#include "codec/ef/ef.h"
#include "crypto/aka.h"
#include "server/ota/ota.h"
#include "xt.h"

static struct chip a_chip(uint8_t suite)
{
    return (struct chip){.cid = "89860000000000000001",
                         .suite = suite,
                         .keyset = 3,
                         .kic_alg = SCP80_ALG_AES,
                         .kid_alg = SCP80_ALG_AES};
}

static struct chip_keys chip_keys_of(const char *salt)
{
    struct chip_keys k = {0};
    char text[17];

    snprintf(text, sizeof text, "kic-%-12s", salt);
    CHECK_OK(secret_set(&k.kic, BYTES(text, 16)));
    snprintf(text, sizeof text, "kid-%-12s", salt);
    CHECK_OK(secret_set(&k.kid, BYTES(text, 16)));
    snprintf(text, sizeof text, "kik-%-12s", salt);
    CHECK_OK(secret_set(&k.kik, BYTES(text, 16)));
    return k;
}

struct wish {
    struct chip chip;
    struct chip_keys keys;
    struct number number;
    struct number_keys number_keys;
    struct ota_script script;
};

static void wish_init(struct wish *w, uint8_t suite, uint8_t flags)
{
    memset(w, 0, sizeof *w);
    w->chip = a_chip(suite);
    w->keys = chip_keys_of("one");
    w->number = (struct number){.imsi = "999701000000001",
                                .msisdn = "1440000000001",
                                .iccid = "89860400000000000015",
                                .smsc = "+8613800100500",
                                .algorithm = AKA_MILENAGE};
    CHECK_OK(secret_set(&w->number_keys.k, BYTES_STR("KKKKKKKKKKKKKKKK")));
    CHECK_OK(secret_set(&w->number_keys.opc, BYTES_STR("OOOOOOOOOOOOOOOO")));
    w->script = (struct ota_script){.chip = &w->chip,
                                    .chip_keys = &w->keys,
                                    .task_id = {1, 2, 3, 4, 5, 6, 7, 8},
                                    .flags = flags,
                                    .number = &w->number,
                                    .number_keys = &w->number_keys,
                                    .fallback_min = 15,
                                    .counter = 77};
}

/* As the card does it. */
static enum xk_err open_script(const struct wish *w, struct bytes packet, uint8_t *plain,
                               struct scp80_command *c, struct script *s)
{
    struct scp80_keys keys = {.kic = w->keys.kic, .kid = w->keys.kid};
    uint32_t failed;

    TRY(scp80_open_command(packet, &keys, plain, c));
    return script_layout_xieka()->decode(c->data, s, &failed);
}

TEST(a_prepare_carries_the_number)
{
    for (uint8_t suite = 1; suite <= 2; suite++) {
        enum script_suite layer = suite == 2 ? SCRIPT_SUITE_SM4 : SCRIPT_SUITE_AES;
        uint8_t mem[OTA_PACKET_MAX], plain[OTA_PACKET_MAX], k[16];
        struct scp80_command c;
        struct script s;
        struct wish w;
        struct buf b;
        char text[EF_MSISDN_TEXT];

        wish_init(&w, suite, SCRIPT_PREPARE | SCRIPT_KEEP_SEED);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(ota_build(&w.script, &b));
        CHECK_OK(open_script(&w, buf_bytes(&b), plain, &c, &s));
        CHECK_INT(c.counter, 77);
        CHECK_INT(c.spi1, 0x16); /* CC, ciphered, counter higher */
        CHECK_INT(c.spi2, 0x39); /* PoR always, CC, ciphered, SMS-SUBMIT */
        CHECK_INT(c.kic, 0x32);
        CHECK_HEX(BYTES_OF(c.tar), "B0584B");
        CHECK_INT(s.version, suite);
        CHECK_HEX(BYTES_OF(s.task_id), "0102030405060708");
        CHECK_HEX(BYTES_OF(s.cid), "89860000000000000001");
        CHECK_INT(s.flags, SCRIPT_PREPARE | SCRIPT_KEEP_SEED);
        CHECK_OK(ef_decode_imsi(s.imsi, text));
        CHECK_STR(text, "999701000000001");
        CHECK_OK(ef_decode_smsc(s.smsc, text));
        CHECK_STR(text, "+8613800100500");
        CHECK_INT(s.fallback_min, 15);
        CHECK(!bytes_eq(s.k, BYTES_STR("KKKKKKKKKKKKKKKK"))); /* never in clear, even in here */
        CHECK_OK(script_unwrap_key(layer, &w.keys.kik, &s, 0x85, s.k, k));
        CHECK(bytes_eq(BYTES_OF(k), BYTES_STR("KKKKKKKKKKKKKKKK")));
        CHECK_OK(script_unwrap_key(layer, &w.keys.kik, &s, 0x86, s.opc, k));
        CHECK(bytes_eq(BYTES_OF(k), BYTES_STR("OOOOOOOOOOOOOOOO")));
    }
}

TEST(a_commit_carries_no_number)
{
    uint8_t mem[OTA_PACKET_MAX], plain[OTA_PACKET_MAX];
    struct scp80_command c;
    struct sms_parts parts;
    struct script s;
    struct wish w;
    struct buf b;

    wish_init(&w, 1, SCRIPT_COMMIT);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(ota_build(&w.script, &b));
    CHECK_OK(open_script(&w, buf_bytes(&b), plain, &c, &s));
    CHECK(!s.has_imsi && !s.has_keys);
    CHECK_OK(sms_split_packet(SMS_IEI_COMMAND_PACKET, buf_bytes(&b), 1, &parts));
    CHECK_INT(parts.n, 1); /* P-5 */
}

TEST(what_cannot_be_built)
{
    uint8_t mem[OTA_PACKET_MAX];
    struct wish w;
    struct buf b;

    wish_init(&w, 1, SCRIPT_PREPARE);
    snprintf(w.number.imsi, sizeof w.number.imsi, "12x");
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(ota_build(&w.script, &b), XK_E_VALUE);
    wish_init(&w, 1, SCRIPT_PREPARE);
    snprintf(w.chip.cid, sizeof w.chip.cid, "8986");
    CHECK(ota_build(&w.script, &b) != XK_OK);
    wish_init(&w, 1, SCRIPT_PREPARE);
    w.keys.kic.n = 5;
    CHECK(ota_build(&w.script, &b) != XK_OK);
    wish_init(&w, 1, SCRIPT_PREPARE);
    buf_init_fixed(&b, mem, 40);
    CHECK_INT(ota_build(&w.script, &b), XK_E_LIMIT);
}

/* A card's own report: command packet with this protection and payload. */
static void seal_report(const struct chip_keys *chip_keys, uint8_t spi1, uint8_t tar0,
                        struct buf *out)
{
    struct scp80_keys keys = {.kic = chip_keys->kic, .kid = chip_keys->kid};
    struct script_report r = {.task_id = {9}, .result = SCRIPT_OK, .counter = 5};
    struct scp80_command c = {
        .spi1 = spi1, .kic = 0x32, .kid = 0x32, .tar = {tar0, 0x58, 0x4B}, .counter = 5};
    uint8_t mem[200];
    struct buf data;

    buf_init_fixed(&data, mem, sizeof mem);
    CHECK_OK(script_layout_xieka()->encode_report(&r, &data));
    c.data = buf_bytes(&data);
    CHECK_OK(scp80_seal_command(&c, &keys, out));
}

TEST(reports_open_only_when_they_are_the_cards)
{
    static const struct {
        uint8_t spi1, tar0;
        enum xk_err want;
    } rows[] = {
        {0x16, 0xB0, XK_OK},       {0x06, 0xB0, XK_E_AUTH}, /* no counter */
        {0x12, 0xB0, XK_E_AUTH},                            /* not ciphered */
        {0x14, 0xB0, XK_E_AUTH},                            /* no checksum */
        {0x16, 0xB1, XK_E_FORMAT},                          /* another application */
    };
    struct chip chip = a_chip(1);
    struct chip_keys keys = chip_keys_of("one");
    struct chip_keys other = chip_keys_of("two");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t mem[300], plain[300];
        struct ota_report r;
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        seal_report(&keys, rows[i].spi1, rows[i].tar0, &b);
        CHECK_INT(ota_open(&chip, &keys, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), plain, &r),
                  rows[i].want);
        CHECK_INT(
            ota_open(&chip, &other, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), plain, &r) == XK_OK, 0);
        CHECK(ota_open(&chip, &keys, SMS_IEI_RESPONSE_PACKET, buf_bytes(&b), plain, &r) != XK_OK);
    }
}

/* One bent bit anywhere, and it is nobody's. */
TEST(bent_reports_do_not_open)
{
    struct chip chip = a_chip(1);
    struct chip_keys keys = chip_keys_of("one");
    uint8_t mem[300], plain[300];
    struct ota_report r;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    seal_report(&keys, 0x16, 0xB0, &b);
    for (size_t i = 0; i < b.n * 8; i++) {
        mem[i / 8] ^= (uint8_t)(1 << i % 8);
        CHECK(ota_open(&chip, &keys, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), plain, &r) != XK_OK);
        mem[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    CHECK_OK(ota_open(&chip, &keys, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), plain, &r));
    CHECK_INT(r.kind, OTA_REPORT);
    CHECK_INT(r.counter, 5);
    CHECK(r.has_report && r.script.result == SCRIPT_OK);
}

TEST(descriptions_hold_no_keys)
{
    uint8_t mem[OTA_PACKET_MAX];
    struct chip_keys other = chip_keys_of("two");
    struct buf b, text;
    struct wish w;

    wish_init(&w, 1, SCRIPT_PREPARE | SCRIPT_COMMIT);
    buf_init_fixed(&b, mem, sizeof mem);
    buf_init(&text, 4000);
    CHECK_OK(ota_build(&w.script, &b));
    CHECK_OK(ota_describe(&w.chip, &w.keys, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), &text));
    CHECK(strstr(buf_cstr(&text), "PREPARE+COMMIT") != NULL);
    CHECK(strstr(buf_cstr(&text), "84 IMSI 999701000000001") != NULL);
    CHECK(strstr(buf_cstr(&text), "85 K (16 bytes, sealed)") != NULL);
    CHECK(strstr(buf_cstr(&text), "KKKK") == NULL);
    CHECK(strstr(buf_cstr(&text), "4B4B4B4B") == NULL);
    buf_reset(&text);
    CHECK_OK(ota_describe(&w.chip, &other, SMS_IEI_COMMAND_PACKET, buf_bytes(&b), &text));
    CHECK(strstr(buf_cstr(&text), "does not open") != NULL);
    buf_fini(&text);
}

TESTS_MAIN(XT_CASE(a_prepare_carries_the_number), XT_CASE(a_commit_carries_no_number),
           XT_CASE(what_cannot_be_built), XT_CASE(reports_open_only_when_they_are_the_cards),
           XT_CASE(bent_reports_do_not_open), XT_CASE(descriptions_hold_no_keys))
