/* SPDX-License-Identifier: Apache-2.0 */
#include "api/otaw/otaw.h"

#include "codec/ef/ef.h"
#include "codec/sms/sms.h"
#include "server/ota/ota.h"
#include "service/chip/chip.h"

#define NPI_E164 1
#define TON_UNKNOWN 0
#define TON_INTERNATIONAL 1

static void copy_span(char *out, size_t cap, struct bytes b)
{
    size_t n = b.n < cap - 1 ? b.n : cap - 1;

    if (n > 0)
        memcpy(out, b.p, n);
    out[n] = '\0';
}

static void take_report(const struct script_report *r, struct order_report *out)
{
    out->has_result = true;
    memcpy(out->task_id, r->task_id, sizeof out->task_id);
    out->result = r->result;
    out->repeated = r->has_flags && (r->flags & SCRIPT_REPORT_REPEATED);
    if (r->has_imei && ef_decode_imei(r->imei, out->imei) != XK_OK)
        out->imei[0] = '\0';
    if (r->has_cos)
        copy_span(out->cos, sizeof out->cos, r->cos);
    out->has_wear = r->has_wear;
    out->has_imsi_hash = r->has_imsi_hash;
    memcpy(out->imsi_hash, r->imsi_hash, sizeof out->imsi_hash);
    out->wear_left = r->wear_left;
}

enum xk_err otaw_open(const struct chip *chip, const struct chip_keys *keys, uint8_t iei,
                      struct bytes packet, struct arena *arena, struct order_report *out)
{
    uint8_t *plain = arena_alloc(arena, packet.n + 1);
    struct ota_report r;

    if (!plain)
        return XK_E_NOMEM;
    TRY(ota_open(chip, keys, iei, packet, plain, &r));
    *out = (struct order_report){.is_answer = r.kind == OTA_ANSWER,
                                 .status = r.status,
                                 .counter = r.counter,
                                 .packet = packet,
                                 .iei = iei};
    if (r.has_report)
        take_report(&r.script, out);
    return XK_OK;
}

enum xk_err otaw_report(struct order_ctx *c, const char *from, uint8_t iei, struct bytes packet)
{
    struct order_report r;
    struct chip_keys keys;
    struct chip chip;
    enum xk_err err;

    if (from[0] == '+')
        from++;
    TRY(chip_get_by_address(c->store, from, &chip));
    TRY(chip_get_keys(c->store, c->keystore, chip.cid, &keys));
    err = otaw_open(&chip, &keys, iei, packet, c->arena, &r);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    r.from = from;
    return order_on_report(c, &chip, &r);
}

static void put_address(const char *digits, struct smpp_address *out)
{
    *out = (struct smpp_address){.ton = TON_UNKNOWN, .npi = NPI_E164};
    if (digits[0] == '+') {
        out->ton = TON_INTERNATIONAL;
        digits++;
    }
    snprintf(out->digits, sizeof out->digits, "%s", digits);
}

enum xk_err otaw_part(const struct otaw_link *link, const char *to, struct bytes payload,
                      uint8_t ref, size_t n, uint8_t *ud, struct smpp_sm *sm, size_t *parts)
{
    struct sms_parts split;

    if (payload.n < 2)
        return XK_E_FORMAT;
    TRY(sms_split_packet(payload.p[0], bytes_part(payload, 1, payload.n), ref, &split));
    if (n >= split.n)
        return XK_E_VALUE;
    memcpy(ud, split.part[n].ud, split.part[n].ud_n);
    *sm = (struct smpp_sm){
        .esm_class = SMPP_ESM_UDHI,
        .protocol_id = SMS_PID_USIM_DOWNLOAD,
        .data_coding = SMS_DCS_8BIT_CLASS2,
        .registered_delivery = n + 1 == split.n ? SMPP_RECEIPT_ALWAYS : 0,
        .message = BYTES(ud, split.part[n].ud_n),
    };
    put_address(link->source, &sm->source);
    put_address(to, &sm->destination);
    smpp_relative_time(link->validity_s, sm->validity);
    *parts = split.n;
    return XK_OK;
}
