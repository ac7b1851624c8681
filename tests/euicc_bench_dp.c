/* SPDX-License-Identifier: Apache-2.0 */
/* The SM-DP+ of the bench, and the steps of a download. */
#include "crypto/ecdsa.h"
#include "euicc_bench.h"

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != XK_OK)                                                                       \
            abort();                                                                               \
    } while (0)

/* ---- The SM-DP+ ---- */

static void sign(const struct ec_key *key, const struct bytes *parts, size_t n, bool bend,
                 uint8_t tlv[RSP_SIGNATURE_TLV_LEN])
{
    uint8_t value[RSP_SIGNATURE_LEN];

    MUST(ecdsa_sign(key, parts, n, value));
    value[20] ^= bend;
    rsp_signature_tlv(value, tlv);
}

void bench_put_authenticate(struct bench *b, struct buf *out)
{
    static const uint8_t tac[4] = {0x35, 0x29, 0x06, 0x11};
    struct rsp_authenticate_server_request req = {
        .server_signed1 = {.transaction_id = BYTES_OF(b->dp.transaction_id),
                           .euicc_challenge = BYTES_OF(b->challenge),
                           .server_address = bytes_cstr(b->dp.address),
                           .server_challenge = BYTES_OF(b->server_challenge)},
        .euicc_ci_pk_id = b->dp.ci,
        .server_certificate = b->dp.auth.der,
        .ctx_params1 = {.matching_id = BYTES_STR("AC-1"), .device_info = {.tac = BYTES_OF(tac)}}};
    uint8_t tlv[RSP_SIGNATURE_TLV_LEN];
    struct bytes part;
    struct buf signed1;

    b->challenge[3] ^= b->dp.bend_challenge;
    buf_init(&signed1, BENCH_SIZE);
    MUST(rsp_encode_server_signed1(&req.server_signed1, &signed1));
    part = buf_bytes(&signed1);
    sign(b->dp.auth.key, &part, 1, b->dp.bend_signature1, tlv);
    req.server_signed1.raw = part;
    req.server_signature1 = BYTES_OF(tlv);
    MUST(rsp_encode_authenticate_server_request(&req, out));
    buf_fini(&signed1);
    b->challenge[3] ^= b->dp.bend_challenge;
}

void bench_challenge(struct bench *b)
{
    struct bytes challenge;

    xk_rand_fill(&b->rand, b->dp.transaction_id, sizeof b->dp.transaction_id);
    xk_rand_fill(&b->rand, b->server_challenge, sizeof b->server_challenge);
    if (rsp_decode_get_euicc_challenge_response(bench_es10_hex(b, "BF2E00"), &challenge) == XK_OK)
        memcpy(b->challenge, challenge.p, sizeof b->challenge);
}

uint32_t bench_send_authenticate(struct bench *b, struct bytes request)
{
    struct rsp_authenticate_server_response resp;

    if (rsp_decode_authenticate_server_response(bench_es10(b, request), &resp) != XK_OK)
        return UINT32_MAX;
    if (!resp.ok)
        return resp.error;
    memcpy(b->euicc_signature1, resp.euicc_signature1.p, sizeof b->euicc_signature1);
    return 0;
}

uint32_t bench_authenticate(struct bench *b)
{
    struct buf request;
    uint32_t error;

    bench_challenge(b);
    buf_init(&request, BENCH_SIZE);
    bench_put_authenticate(b, &request);
    error = bench_send_authenticate(b, buf_bytes(&request));
    buf_fini(&request);
    return error;
}

void bench_put_prepare(struct bench *b, struct buf *out)
{
    static const uint8_t other[2] = {0x11, 0x22};
    struct rsp_prepare_download_request req = {
        .smdp_signed2 = {.transaction_id = b->dp.other_transaction2
                                               ? BYTES_OF(other)
                                               : BYTES_OF(b->dp.transaction_id),
                         .cc_required = b->dp.cc_required,
                         .bpp_euicc_otpk = b->dp.otpk_named},
        .hash_cc = b->dp.hash_cc,
        .smdp_certificate = b->dp.pb.der};
    struct bytes parts[2] = {BYTES_NONE, BYTES_OF(b->euicc_signature1)};
    struct buf signed2;

    buf_init(&signed2, BENCH_SIZE);
    MUST(rsp_encode_smdp_signed2(&req.smdp_signed2, &signed2));
    parts[0] = buf_bytes(&signed2);
    sign(b->dp.pb.key, parts, 2, b->dp.bend_signature2, b->smdp_signature2);
    req.smdp_signed2.raw = parts[0];
    req.smdp_signature2 = BYTES_OF(b->smdp_signature2);
    MUST(rsp_encode_prepare_download_request(&req, out));
    buf_fini(&signed2);
}

uint32_t bench_send_prepare(struct bench *b, struct bytes request)
{
    struct rsp_prepare_download_response resp;

    if (rsp_decode_prepare_download_response(bench_es10(b, request), &resp) != XK_OK)
        return UINT32_MAX;
    if (!resp.ok)
        return resp.error;
    memcpy(b->euicc_otpk, resp.euicc_signed2.euicc_otpk.p, sizeof b->euicc_otpk);
    return 0;
}

uint32_t bench_prepare(struct bench *b)
{
    struct buf request;
    uint32_t error;

    buf_init(&request, BENCH_SIZE);
    bench_put_prepare(b, &request);
    error = bench_send_prepare(b, buf_bytes(&request));
    buf_fini(&request);
    return error;
}

/* ---- The package ---- */

static void put_pe_header(struct buf *b, uint8_t identification)
{
    size_t at = der_begin(b, 0xA0);

    der_put_null(b, 0x80);
    der_put_int(b, 0x81, identification);
    der_close(b, at);
}

static void put_file(struct buf *b, uint32_t tag, struct bytes fcp, struct bytes content)
{
    size_t at = der_begin(b, tag);

    if (fcp.n > 0)
        der_put(b, 0xA1, fcp);
    if (content.n > 0)
        der_put(b, 0x83, content);
    der_close(b, at);
}

#define ARR_RECORDS 11 /* the template's EF_ICCID names the last of them */

/* MF by the template 2.23.143.1.2.1: EF_ICCID, EF_DIR, EF_ARR */
static void put_mf(struct buf *b, struct bytes iccid)
{
    /* read always, write never */
    static const uint8_t always[16] = {0x80, 0x01, 0x01, 0x90, 0x00, 0x80, 0x01, 0x02,
                                       0x97, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t rules[ARR_RECORDS * sizeof always];
    size_t at = der_begin(b, 0xB0);

    put_pe_header(b, 1);
    der_put(b, 0x81, BYTES_STR("\x67\x81\x0F\x01\x02\x01"));
    put_file(b, 0xA2,
             BYTES_STR("\x82\x02\x78\x21\x8A\x01\x05\x8B\x03\x2F\x06\x02"
                       "\xC6\x06\x90\x01\x80\x83\x01\x01"),
             BYTES_NONE);
    put_file(b, 0xA4, BYTES_NONE, iccid);
    put_file(b, 0xA5, BYTES_STR("\x82\x04\x42\x21\x00\x1A\x80\x01\x1A"),
             BYTES_STR("\x61\x12\x4F\x10\xA0\x00\x00\x00\x87\x10\x02\xFF\x86\xFF\xFF\x89"
                       "\xFF\xFF\xFF\xFF"));
    for (size_t i = 0; i < ARR_RECORDS; i++)
        memcpy(rules + i * sizeof always, always, sizeof always);
    put_file(b, 0xA6, BYTES_STR("\x82\x04\x42\x21\x00\x10\x80\x01\xB0"), BYTES_OF(rules));
    der_close(b, at);
}

void bench_put_upp(const char *text, struct buf *out)
{
    uint8_t iccid[RSP_ICCID_LEN], plain[RSP_ICCID_LEN];
    size_t at = der_begin(out, 0xA0);

    MUST(iccid_from_text(bytes_cstr(text), iccid));
    iccid_swap(iccid, plain);
    der_put_int(out, 0x80, 2);
    der_put_int(out, 0x81, 3);
    der_put(out, 0x83, BYTES_OF(plain));
    der_put(out, 0xA5, BYTES_STR(""));
    der_put(out, 0xA6, BYTES_STR(""));
    der_close(out, at);
    put_mf(out, BYTES_OF(iccid));
    at = der_begin(out, 0xAA);
    put_pe_header(out, 2);
    der_close(out, at);
}

void bench_put_metadata(const struct bench *b, struct buf *out)
{
    if (DER_PRESENT(b->dp.metadata_raw))
        buf_put_bytes(out, b->dp.metadata_raw);
    else
        MUST(rsp_encode_store_metadata(&b->dp.metadata, out));
}

static void put_isc(struct bench *b, struct rsp_initialise_secure_channel *isc, struct buf *out)
{
    uint8_t mem[RSP_BPP_SIGN_INPUT_MAX];
    static uint8_t tlv[RSP_SIGNATURE_TLV_LEN];
    struct buf input;
    struct bytes part;

    buf_init_fixed(&input, mem, sizeof mem);
    MUST(rsp_smdp_sign_input(isc, BYTES_OF(b->euicc_otpk), &input));
    part = buf_bytes(&input);
    sign(b->dp.pb.key, &part, 1, b->dp.bend_sign3, tlv);
    isc->smdp_sign = BYTES_OF(tlv);
    MUST(rsp_encode_initialise_secure_channel(isc, out));
}

static void derive(struct bench *b, struct bytes host_id, struct bsp *bsp)
{
    struct bsp_shared_info info = {
        .key_type = BSP_KEY_TYPE_AES, .key_len = BSP_KEY_LEN, .host_id = host_id};
    uint8_t z[ECDH_LEN], eid[EID_LEN];
    struct bsp_keys keys;

    MUST(eid_from_text(bytes_cstr(RSP_EID), eid));
    info.eid = BYTES_OF(eid);
    MUST(ecdh_agree(&b->dp.otsk, BYTES_OF(b->euicc_otpk), z));
    MUST(bsp_derive_keys(BYTES_OF(z), &info, &keys));
    bsp_start(bsp, &keys);
}

/* ReplaceSessionKeys, and the channel goes on with those keys. */
static void replace_keys(struct bench *b, struct bsp *bsp, struct buf *out)
{
    struct bsp_keys ppk;
    uint8_t mem[128];
    struct buf plain;
    size_t at, n = b->dp.ppk_len ? b->dp.ppk_len : RSP_PPK_LEN;

    xk_rand_fill(&b->rand, (uint8_t *)&ppk, sizeof ppk);
    buf_init_fixed(&plain, mem, sizeof mem);
    at = der_begin(&plain, TAG_REPLACE_SESSION_KEYS);
    der_put(&plain, TAG_0, BYTES(ppk.chain, n));
    der_put(&plain, TAG_1, BYTES(ppk.enc, n));
    der_put(&plain, TAG_2, BYTES(ppk.mac, n));
    der_close(&plain, at);
    MUST(bsp_protect(bsp, BSP_TAG_87, buf_bytes(&plain), out));
    bsp_start(bsp, &ppk);
}

static void protect_all(struct bench *b, struct bsp *bsp, struct buf part[4])
{
    const struct rsp_configure_isdp isdp = {.dp_proprietary_data = b->dp.dp_proprietary};
    struct buf plain;

    buf_init(&plain, BENCH_SIZE);
    if (DER_PRESENT(b->dp.isdp_raw))
        buf_put_bytes(&plain, b->dp.isdp_raw);
    else
        MUST(rsp_encode_configure_isdp(&isdp, &plain));
    MUST(bsp_protect(bsp, BSP_TAG_87, buf_bytes(&plain), &part[0]));
    buf_reset(&plain);
    bench_put_metadata(b, &plain);
    MUST(bsp_protect_all(bsp, BSP_TAG_88, buf_bytes(&plain), &part[1]));
    if (b->dp.replace_keys)
        replace_keys(b, bsp, &part[2]);
    buf_reset(&plain);
    if (DER_PRESENT(b->dp.upp)) {
        buf_put_bytes(&plain, b->dp.upp);
    } else {
        char iccid[ICCID_TEXT_MAX];

        MUST(iccid_to_text(BYTES_OF(b->iccid), iccid));
        bench_put_upp(b->dp.upp_iccid ? b->dp.upp_iccid : iccid, &plain);
    }
    MUST(bsp_protect_all(bsp, BSP_TAG_86, buf_bytes(&plain), &part[3]));
    buf_fini(&plain);
}

void bench_put_package(struct bench *b, struct buf *out)
{
    static const uint8_t host[8] = "DP-HOST", other[2] = {0x11, 0x22};
    struct rsp_bound_profile_package bpp = {
        .initialise_secure_channel = {.remote_op_id = b->dp.remote_op_id,
                                      .transaction_id = b->dp.other_transaction3
                                                            ? BYTES_OF(other)
                                                            : BYTES_OF(b->dp.transaction_id),
                                      .key_type = b->dp.key_type,
                                      .key_len = b->dp.key_len,
                                      .host_id = BYTES_OF(host)}};
    struct buf isc, part[4];
    struct bsp bsp;

    MUST(ecdh_generate(rsp_pki_curve(b->pki), &b->rand, &b->dp.otsk));
    buf_init(&isc, BENCH_SIZE);
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        buf_init(&part[i], BENCH_SIZE);
    derive(b, bpp.initialise_secure_channel.host_id, &bsp);
    b->dp.otsk.point[RSP_OTPK_LEN - 1] ^= b->dp.off_curve;
    bpp.initialise_secure_channel.smdp_otpk = BYTES_OF(b->dp.otsk.point);
    put_isc(b, &bpp.initialise_secure_channel, &isc);
    bpp.initialise_secure_channel.raw = buf_bytes(&isc);
    protect_all(b, &bsp, part);
    bpp.first_87 = buf_bytes(&part[0]);
    bpp.metadata_88 = buf_bytes(&part[1]);
    bpp.second_87 = part[2].n > 0 ? buf_bytes(&part[2]) : BYTES_NONE;
    bpp.elements_86 = buf_bytes(&part[3]);
    MUST(rsp_encode_bound_profile_package(&bpp, out));
    buf_fini(&isc);
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        buf_fini(&part[i]);
}

/* ---- Loading ---- */

uint32_t bench_piece(struct bench *b, struct bytes piece)
{
    struct bytes answer = bench_es10(b, piece);

    if (answer.n == 0 || b->power_lost)
        return 0;
    if (rsp_decode_profile_installation_result(answer, &b->result) != XK_OK)
        abort();
    return b->result.data.ok ? BENCH_INSTALLED : b->result.data.reason;
}

uint32_t bench_load(struct bench *b, struct bytes package)
{
    struct rsp_bpp_pieces it;
    struct bytes piece;
    uint32_t reason = 0;

    MUST(rsp_bpp_pieces_init(&it, package));
    while (reason == 0 && rsp_bpp_pieces_next(&it, &piece)) {
        reason = bench_piece(b, piece);
        if (reason == 0 && b->sw != SW_OK)
            break;
    }
    return reason;
}

uint32_t bench_install(struct bench *b)
{
    struct buf package;
    uint32_t reason;

    if (bench_authenticate(b) != 0 || bench_prepare(b) != 0)
        return 0;
    buf_init(&package, BENCH_SIZE);
    bench_put_package(b, &package);
    reason = bench_load(b, buf_bytes(&package));
    buf_fini(&package);
    return reason;
}

uint32_t bench_install_iccid(struct bench *b, const char *iccid)
{
    bench_use_iccid(b, iccid);
    return bench_install(b);
}
