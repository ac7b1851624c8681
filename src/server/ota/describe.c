/* SPDX-License-Identifier: Apache-2.0 */
/* Packets as text for the time line of a task. Keys are never among it: tags 85 and 86 are shown as
 * lengths. */
#include "base/hex.h"
#include "codec/ef/ef.h"
#include "crypto/aka.h"
#include "server/ota/ota.h"

static const struct {
    uint8_t flag;
    const char *name;
} flag_names[] = {
    {SCRIPT_PREPARE, "PREPARE"},      {SCRIPT_COMMIT, "COMMIT"},
    {SCRIPT_KEEP_SEED, "KEEP-SEED"},  {SCRIPT_ERASE_SEED, "ERASE-SEED"},
    {SCRIPT_RESTORE_SEED, "RESTORE"}, {SCRIPT_REFRESH_RESET, "REFRESH-RESET"},
};

static void put_flags(uint8_t flags, struct buf *text)
{
    const char *between = "";

    for (size_t i = 0; i < ARRAY_LEN(flag_names); i++) {
        if (flags & flag_names[i].flag) {
            buf_printf(text, "%s%s", between, flag_names[i].name);
            between = "+";
        }
    }
}

static void put_hex_field(const char *name, struct bytes value, struct buf *text)
{
    buf_printf(text, "  %s ", name);
    buf_put_hex(text, value);
    buf_put_str(text, "\n");
}

static void describe_script(const struct script *s, struct buf *text)
{
    char digits[EF_MSISDN_TEXT];
    char iccid[EF_ICCID_TEXT];

    buf_printf(text, "script xieka-%u ", s->version);
    put_flags(s->flags, text);
    buf_put_str(text, "\n");
    put_hex_field("81 taskId", BYTES_OF(s->task_id), text);
    put_hex_field("82 CID", BYTES_OF(s->cid), text);
    if (s->has_iccid && ef_decode_iccid(s->iccid, iccid) == XK_OK)
        buf_printf(text, "  83 ICCID %s\n", iccid);
    if (s->has_imsi && ef_decode_imsi(s->imsi, digits) == XK_OK)
        buf_printf(text, "  84 IMSI %s\n", digits);
    if (s->has_keys)
        buf_printf(text, "  85 K (%zu bytes, sealed)\n  86 OPc (%zu bytes, sealed)\n  89 %s\n",
                   s->k.n, s->opc.n, s->algorithm == AKA_TUAK ? "TUAK" : "Milenage");
    if (s->has_smsc && ef_decode_smsc(s->smsc, digits) == XK_OK)
        buf_printf(text, "  87 SMSC %s\n", digits);
    if (s->has_msisdn && ef_decode_msisdn(s->msisdn, digits) == XK_OK)
        buf_printf(text, "  88 MSISDN %s\n", digits);
    if (s->has_fallback)
        buf_printf(text, "  8E fall-back after %u min\n", s->fallback_min);
}

static void describe_report(const struct script_report *r, struct buf *text)
{
    char imei[EF_IMEI_TEXT];

    buf_printf(text, "report %02X %s%s\n", r->result, script_result_en(r->result),
               r->has_flags && (r->flags & SCRIPT_REPORT_REPEATED) ? " (repeated)" : "");
    put_hex_field("81 taskId", BYTES_OF(r->task_id), text);
    if (r->has_detail)
        buf_printf(text, "  91 SW %04X\n", r->detail);
    if (r->has_imsi_hash)
        put_hex_field("92 IMSI hash", BYTES_OF(r->imsi_hash), text);
    buf_printf(text, "  93 counter %llu\n", (unsigned long long)r->counter);
    if (r->has_attach)
        buf_printf(text, "  94 attach status %02X\n", r->attach);
    if (r->has_imei && ef_decode_imei(r->imei, imei) == XK_OK)
        buf_printf(text, "  95 IMEI %s\n", imei);
    if (r->location.n > 0)
        put_hex_field("96 location", r->location, text);
    if (r->has_cos)
        buf_printf(text, "  97 COS %.*s\n", (int)r->cos.n, (const char *)r->cos.p);
    if (r->has_wear)
        buf_printf(text, "  99 page writes left %u\n", r->wear_left);
}

static void describe_content(struct bytes data, struct buf *text)
{
    struct script_report report;
    struct script script;
    uint32_t failed;

    if (script_layout_xieka()->decode(data, &script, &failed) == XK_OK)
        describe_script(&script, text);
    else if (script_layout_xieka()->decode_report(data, &report) == XK_OK)
        describe_report(&report, text);
    else if (data.n > 0)
        put_hex_field("data", data, text);
}

static void describe_command(const struct scp80_keys *keys, struct bytes packet, uint8_t *plain,
                             struct buf *text)
{
    struct scp80_command c;

    if (scp80_peek_command(packet, &c) != XK_OK) {
        buf_put_str(text, "SCP80 command packet, malformed\n");
        return;
    }
    buf_printf(text, "SCP80 command SPI %02X%02X KIc %02X KID %02X TAR %02X%02X%02X", c.spi1,
               c.spi2, c.kic, c.kid, c.tar[0], c.tar[1], c.tar[2]);
    if (scp80_open_command(packet, keys, plain, &c) != XK_OK) {
        buf_put_str(text, ", does not open with the card's keys\n");
        return;
    }
    buf_printf(text, " CNTR %llu\n", (unsigned long long)c.counter);
    describe_content(c.data, text);
}

static void describe_answer(const struct chip *chip, const struct chip_keys *chip_keys,
                            struct bytes packet, uint8_t *plain, struct buf *text)
{
    struct ota_report r;

    if (ota_open(chip, chip_keys, SMS_IEI_RESPONSE_PACKET, packet, plain, &r) != XK_OK) {
        buf_put_str(text, "SCP80 response packet, does not open with the card's keys\n");
        return;
    }
    buf_printf(text, "SCP80 response CNTR %llu status %02X %s\n", (unsigned long long)r.counter,
               r.status, scp80_status_text(r.status));
    if (r.has_report)
        describe_report(&r.script, text);
}

enum xk_err ota_describe(const struct chip *chip, const struct chip_keys *chip_keys, uint8_t iei,
                         struct bytes packet, struct buf *text)
{
    struct scp80_keys keys = {.kic = chip_keys->kic, .kid = chip_keys->kid};
    uint8_t plain[OTA_PACKET_MAX];

    if (packet.n > sizeof plain)
        return XK_E_LIMIT;
    if (iei == SMS_IEI_RESPONSE_PACKET)
        describe_answer(chip, chip_keys, packet, plain, text);
    else
        describe_command(&keys, packet, plain, text);
    explicit_bzero(&keys, sizeof keys);
    explicit_bzero(plain, sizeof plain);
    return buf_ok(text);
}
