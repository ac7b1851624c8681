/* SPDX-License-Identifier: Apache-2.0 */
#include "euicc_bench.h"

#include "base/hex.h"
#include "codec/cat/cat.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != XK_OK)                                                                       \
            abort();                                                                               \
    } while (0)

static const uint8_t any_operator[3] = {0xEE, 0xEE, 0xEE};
static const uint8_t owner[3] = {0x62, 0xF2, 0x20};

/* ---- The card ---- */

static void set_made_of(struct bench *b)
{
    struct euicc_personalisation *p = &b->made_of;

    *p = (struct euicc_personalisation){
        .eid = RSP_EID, .n_identities = 1, .default_dp = RSP_DP_HOST, .root_ds = RSP_DS_HOST};
    p->identities[0] = (struct euicc_identity){.ci_certificate = rsp_pki_cert(b->pki, RSP_CI).der,
                                               .eum_certificate = b->identity.issuer,
                                               .certificate = b->identity.der,
                                               .key = b->identity.key};
    p->rat.n = 1;
    p->rat.rules[0] = (struct rsp_ppar){
        .ppr = RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2), .operators_n = 1, .consent_required = true};
    p->rat.rules[0].operators[0].mcc_mnc = BYTES_OF(any_operator);
}

static void set_dp(struct bench *b)
{
    struct rsp_metadata *m = &b->dp.metadata;
    const uint64_t all = RSP_BIT(RSP_EVENT_INSTALL) | RSP_BIT(RSP_EVENT_ENABLE) |
                         RSP_BIT(RSP_EVENT_DISABLE) | RSP_BIT(RSP_EVENT_DELETE);

    b->dp = (struct dp){.auth = rsp_pki_cert(b->pki, RSP_DPAUTH),
                        .pb = rsp_pki_cert(b->pki, RSP_DPPB),
                        .address = RSP_DP_HOST,
                        .ci = rsp_pki_ski(b->pki),
                        .remote_op_id = RSP_REMOTE_OP_INSTALL,
                        .key_type = RSP_KEY_TYPE_AES,
                        .key_len = RSP_KEY_LEN_AES128};
    *m = (struct rsp_metadata){.service_provider_name = BYTES_STR("Xieka Mobile"),
                               .profile_name = BYTES_STR("Things"),
                               .has_notification_configurations = true,
                               .has_owner = true,
                               .owner = {.mcc_mnc = BYTES_OF(owner)}};
    m->notification_configurations.n = 1;
    m->notification_configurations.row[0] =
        (struct rsp_notification_configuration){.events = all, .address = BYTES_STR(RSP_DP_HOST)};
    bench_use_iccid(b, BENCH_ICCID);
}

void bench_use_iccid(struct bench *b, const char *iccid)
{
    MUST(iccid_from_text(bytes_cstr(iccid), b->iccid));
    b->dp.metadata.iccid = BYTES_OF(b->iccid);
}

void bench_make(struct bench *b)
{
    const char *why;

    euicc_free(b->card);
    b->card = NULL;
    flash_memory_free(b->memory);
    b->memory = flash_memory_new();
    if (!b->memory)
        abort();
    b->port = flash_memory_port(b->memory);
    MUST(euicc_manufacture(&b->port, &b->made_of, &b->rand, &b->card, &why));
}

void bench_init(struct bench *b, enum ec_curve curve)
{
    *b = (struct bench){.pki = rsp_pki_new(curve), .prng.state = 1};
    b->rand = xk_rand_prng(&b->prng);
    b->identity = rsp_pki_euicc(b->pki, RSP_EID);
    buf_init(&b->answer, BENCH_SIZE);
    set_made_of(b);
    set_dp(b);
    bench_make(b);
}

void bench_copy_fini(struct bench *b)
{
    euicc_free(b->card);
    flash_memory_free(b->memory);
    buf_fini(&b->answer);
}

void bench_fini(struct bench *b)
{
    bench_copy_fini(b);
    rsp_pki_free(b->pki);
}

void bench_copy(const struct bench *b, struct bench *out)
{
    *out = *b;
    out->rand = xk_rand_prng(&out->prng);
    out->memory = flash_memory_copy(b->memory);
    out->port = flash_memory_port(out->memory);
    out->dp.metadata.iccid = BYTES_OF(out->iccid);
    out->power_lost = false;
    buf_init(&out->answer, BENCH_SIZE);
    MUST(euicc_open(&out->port, &out->rand, &out->card));
}

/* ---- The terminal ---- */

void bench_apdu(struct bench *b, struct bytes command)
{
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf out;
    enum xk_err err;

    buf_init_fixed(&out, mem, sizeof mem);
    err = euicc_transmit(b->card, command, &out);
    b->sw = 0;
    b->power_lost = err == XK_E_CLOSED;
    if (b->power_lost)
        return;
    if (err != XK_OK || out.n < 2)
        abort();
    b->sw = (uint16_t)(mem[out.n - 2] << 8 | mem[out.n - 1]);
    buf_put(&b->answer, mem, out.n - 2);
}

void bench_hex(struct bench *b, const char *command)
{
    uint8_t wire[APDU_COMMAND_MAX];
    size_t n;

    MUST(hex_decode(bytes_cstr(command), wire, sizeof wire, &n));
    buf_reset(&b->answer);
    bench_apdu(b, BYTES(wire, n));
}

static void get_responses(struct bench *b)
{
    while (b->sw >> 8 == 0x61) {
        const uint8_t get[5] = {(uint8_t)b->channel, INS_GET_RESPONSE, 0, 0, (uint8_t)b->sw};

        bench_apdu(b, BYTES_OF(get));
    }
}

void bench_open_as(struct bench *b, enum bench_terminal terminal)
{
    struct bytes atr;

    b->channel = 1;
    MUST(euicc_reset(b->card, &atr));
    if (terminal == TERMINAL_TOOLKIT)
        bench_hex(b, "8010000014FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    bench_hex(b, "0070000001");
    bench_hex(b, "01A4040410A0000005591010FFFFFFFF8900000100");
    get_responses(b);
}

void bench_open(struct bench *b)
{
    bench_open_as(b, TERMINAL_PLAIN);
}

struct bytes bench_es10(struct bench *b, struct bytes request)
{
    size_t block = b->block ? b->block : 255, at = 0;
    uint8_t number = 0;

    do {
        size_t n = request.n - at < block ? request.n - at : block;
        uint8_t wire[APDU_COMMAND_MAX] = {(uint8_t)(0x80 | b->channel), INS_STORE_DATA,
                                          at + n < request.n ? 0x11 : 0x91, number++, (uint8_t)n};

        if (n > 0)
            memcpy(wire + 5, request.p + at, n);
        buf_reset(&b->answer);
        bench_apdu(b, BYTES(wire, 5 + n));
        at += n;
    } while (at < request.n && b->sw == SW_OK);
    get_responses(b);
    return buf_bytes(&b->answer);
}

struct bytes bench_es10_hex(struct bench *b, const char *request)
{
    uint8_t wire[1024];
    size_t n;

    MUST(hex_decode(bytes_cstr(request), wire, sizeof wire, &n));
    return bench_es10(b, BYTES(wire, n));
}

uint32_t bench_result(const struct bench *b, uint32_t tag)
{
    uint32_t result;

    return rsp_decode_result(buf_bytes(&b->answer), tag, &result) == XK_OK ? result : UINT32_MAX;
}

uint8_t bench_serve(struct bench *b, uint8_t result)
{
    uint8_t fetch[5] = {0x80, INS_FETCH, 0, 0, 0}, wire[64] = {0x80, INS_TERMINAL_RESPONSE};
    struct cat_proactive p;
    struct cat_response r = {.result = result};
    struct buf data;

    bench_hex(b, "80F2000C");
    if (b->sw >> 8 != 0x91)
        return 0;
    fetch[4] = (uint8_t)b->sw;
    buf_reset(&b->answer);
    bench_apdu(b, BYTES_OF(fetch));
    if (b->sw != SW_OK || cat_decode_proactive(buf_bytes(&b->answer), &p) != XK_OK)
        abort();
    r.number = p.number;
    r.type = p.type;
    r.qualifier = p.qualifier;
    buf_init_fixed(&data, wire + 5, sizeof wire - 5);
    MUST(cat_encode_response(&r, &data));
    wire[4] = (uint8_t)data.n;
    buf_reset(&b->answer);
    bench_apdu(b, BYTES(wire, 5 + data.n));
    return p.type;
}

/* ---- ES10c ---- */

static uint32_t switch_profile(struct bench *b, uint32_t tag, const char *iccid,
                               enum bench_refresh refresh)
{
    struct rsp_profile_switch_request req = {.refresh = refresh == REFRESH};
    uint8_t id[RSP_ICCID_LEN], mem[64];
    struct buf out;

    MUST(iccid_from_text(bytes_cstr(iccid), id));
    req.id.iccid = BYTES_OF(id);
    buf_init_fixed(&out, mem, sizeof mem);
    MUST(tag == TAG_ENABLE_PROFILE ? rsp_encode_enable_profile_request(&req, &out)
                                   : rsp_encode_disable_profile_request(&req, &out));
    (void)bench_es10(b, buf_bytes(&out));
    return bench_result(b, tag);
}

uint32_t bench_enable(struct bench *b, const char *iccid, enum bench_refresh refresh)
{
    return switch_profile(b, TAG_ENABLE_PROFILE, iccid, refresh);
}

uint32_t bench_disable(struct bench *b, const char *iccid, enum bench_refresh refresh)
{
    return switch_profile(b, TAG_DISABLE_PROFILE, iccid, refresh);
}

uint32_t bench_delete(struct bench *b, const char *iccid)
{
    struct rsp_profile_id req = {0};
    uint8_t id[RSP_ICCID_LEN], mem[64];
    struct buf out;

    MUST(iccid_from_text(bytes_cstr(iccid), id));
    req.iccid = BYTES_OF(id);
    buf_init_fixed(&out, mem, sizeof mem);
    MUST(rsp_encode_delete_profile_request(&req, &out));
    (void)bench_es10(b, buf_bytes(&out));
    return bench_result(b, TAG_DELETE_PROFILE);
}

const char *bench_profiles(struct bench *b)
{
    static char text[512];
    struct rsp_profile_info_list_response list;
    struct buf out;
    struct der d;

    buf_init_fixed(&out, text, sizeof text - 1);
    if (rsp_decode_profile_info_list_response(bench_es10_hex(b, "BF2D00"), &list) != XK_OK ||
        !list.ok)
        return "error";
    d = der_of(list.profiles);
    while (der_more(&d)) {
        struct rsp_profile_info info;
        char iccid[ICCID_TEXT_MAX];

        MUST(rsp_decode_profile_info(der_take_raw(&d, TAG_PROFILE_INFO), &info));
        MUST(iccid_to_text(info.metadata.iccid, iccid));
        buf_printf(&out, "%s%s%s", out.n ? " " : "", iccid,
                   info.state == RSP_PROFILE_ENABLED ? "*" : "");
    }
    text[out.n] = '\0';
    return text;
}

const char *bench_notifications(struct bench *b)
{
    static const char *const names[] = {"install", "enable", "disable", "delete"};
    static char text[4096];
    struct rsp_notification_list list;
    struct buf out;
    struct der d;

    buf_init_fixed(&out, text, sizeof text - 1);
    if (rsp_decode_list_notification_response(bench_es10_hex(b, "BF2800"), &list) != XK_OK ||
        !list.ok)
        return "error";
    d = der_of(list.list);
    while (der_more(&d)) {
        struct rsp_notification_metadata m;

        MUST(rsp_decode_notification_metadata(der_take_raw(&d, TAG_NOTIFICATION_METADATA), &m));
        for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
            if (m.event == RSP_BIT(i))
                buf_printf(&out, "%s%u:%s@%.*s", out.n ? " " : "", m.seq_number, names[i],
                           (int)m.address.n, (const char *)m.address.p);
        }
    }
    text[out.n] = '\0';
    return text;
}
