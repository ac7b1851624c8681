/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_card.h"

#include "base/hex.h"
#include "codec/bsp/bsp.h"
#include "codec/rsp/cancel_session.h"
#include "codec/rsp/download.h"
#include "codec/rsp/eid.h"
#include "codec/rsp/iccid.h"
#include "xt.h"

#define MESSAGE_MAX 8192

static void must(enum xk_err err, const char *what)
{
    if (err == XK_OK)
        return;
    printf("Bail out! test eUICC: %s: %s\n", what, xk_err_name(err));
    abort();
}

static void *need(void *p)
{
    must(p ? XK_OK : XK_E_NOMEM, "arena");
    return p;
}

static struct bytes keep(struct rsp_card *card, struct bytes b)
{
    return BYTES(need(arena_copy(card->arena, b)), b.n);
}

static struct buf room(struct rsp_card *card)
{
    struct buf b;

    buf_init_fixed(&b, need(arena_alloc(card->arena, MESSAGE_MAX)), MESSAGE_MAX);
    return b;
}

static struct bytes tid(const struct rsp_card *card)
{
    static const uint8_t other[16] = {0xBA, 0xD0};

    if (card->fault == CARD_OTHER_TRANSACTION)
        return BYTES_OF(other);
    return BYTES(card->transaction_id, card->transaction_id_len);
}

/* The TLV 5F37 over the parts. */
static struct bytes sign(struct rsp_card *card, const struct bytes *parts, size_t n)
{
    uint8_t signature[RSP_SIGNATURE_LEN];
    uint8_t *tlv = need(arena_alloc(card->arena, RSP_SIGNATURE_TLV_LEN));

    must(ecdsa_sign(card->cert.key, parts, n, signature), "ecdsa_sign");
    if (card->fault == CARD_BAD_SIGNATURE)
        signature[40] ^= 1;
    rsp_signature_tlv(signature, tlv);
    return BYTES(tlv, RSP_SIGNATURE_TLV_LEN);
}

void rsp_card_init(struct rsp_card *card, struct rsp_pki *pki, const char *eid, struct arena *arena)
{
    static const uint8_t tac[4] = {0x53, 0x29, 0x06, 0x11};
    static const uint8_t pp_version[] = "GI-BA-UP-0419";

    *card = (struct rsp_card){.pki = pki, .arena = arena, .address = RSP_DP_HOST};
    snprintf(card->eid, sizeof card->eid, "%s", eid);
    card->cert = rsp_pki_euicc(pki, eid);
    card->prng.state = 0xE51C ^ strtoull(eid + 16, NULL, 10);
    card->rand = xk_rand_prng(&card->prng);
    card->device.tac = BYTES_OF(tac);
    card->info2 = (struct rsp_euicc_info2){
        .profile_version = RSP_VERSION(2, 3, 1),
        .svn = RSP_VERSION(2, 5, 0),
        .firmware = RSP_VERSION(1, 0, 0),
        .uicc_capability = RSP_BIT(UICC_CAP_USIM) | RSP_BIT(UICC_CAP_MILENAGE) |
                           RSP_BIT(UICC_CAP_USIM_TEST_ALGORITHM),
        .ts102241 = RSP_VERSION(9, 2, 0),
        .global_platform = RSP_VERSION(2, 3, 0),
        .rsp_capability = RSP_BIT(RSP_CAP_ADDITIONAL_PROFILE),
        .pp_version = RSP_VERSION(0, 0, 1),
        .sas_accreditation_number = BYTES(pp_version, sizeof pp_version - 1),
        .resource = {.known = true, .applications = 0, .free_nvm = 300000, .free_ram = 8000}};
    card->info2.verification.id[0] = card->info2.signing.id[0] = rsp_pki_ski(pki);
    card->info2.verification.n = card->info2.signing.n = 1;
}

/* EUICCInfo2 holds the memory sizes as the object of TS 102 226. */
static struct rsp_euicc_info2 info2_of(struct rsp_card *card)
{
    struct rsp_euicc_info2 info = card->info2;
    struct buf b = room(card);

    if (info.resource.known)
        must(rsp_encode_card_resource(&info.resource, &b), "resource");
    info.ext_card_resource = BYTES(b.p, b.n);
    return info;
}

struct rsp_initiate_authentication_request rsp_card_initiate(struct rsp_card *card)
{
    const struct rsp_euicc_info1 info1 = {.svn = card->info2.svn,
                                          .verification = card->info2.verification,
                                          .signing = card->info2.signing,
                                          .has_highest_svn = card->info2.has_highest_svn,
                                          .highest_svn = card->info2.highest_svn,
                                          .has_capability = card->info2.has_highest_svn,
                                          .rsp_capability = card->info2.rsp_capability};
    struct buf b = room(card);

    xk_rand_fill(&card->rand, card->challenge, sizeof card->challenge);
    must(rsp_encode_euicc_info1(&info1, &b), "EUICCInfo1");
    return (struct rsp_initiate_authentication_request){.euicc_challenge =
                                                            keep(card, BYTES_OF(card->challenge)),
                                                        .smdp_address = bytes_cstr(card->address),
                                                        .euicc_info1 = buf_bytes(&b)};
}

/* The certificate is of the CI that was chosen, and the signature its key's. */
static bool server_signed(struct rsp_card *card, struct bytes certificate,
                          const struct bytes *parts, size_t n, struct bytes signature)
{
    const struct rsp_cert ci = rsp_pki_cert(card->pki, RSP_CI);
    struct x509_cert cert;
    struct bytes tbs;
    enum xk_err err = x509_read(certificate, &cert);

    CHECK_OK(err);
    if (err != XK_OK)
        return false;
    tbs = cert.tbs;
    err = ecdsa_verify_point(cert.curve, ec_key_point(ci.key), &tbs, 1, BYTES_OF(cert.signature));
    CHECK_OK(err);
    if (err == XK_OK)
        err = ecdsa_verify_point(cert.curve, cert.point, parts, n, rsp_signature_value(signature));
    CHECK_OK(err);
    return err == XK_OK;
}

static void take_server(struct rsp_card *card,
                        const struct rsp_initiate_authentication_response *server)
{
    struct rsp_server_signed1 signed1;
    enum xk_err err = rsp_decode_server_signed1(server->server_signed1, &signed1);
    struct der id = der_of(server->euicc_ci_pk_id);

    CHECK_OK(err);
    if (err != XK_OK)
        return;
    server_signed(card, server->server_certificate, &server->server_signed1, 1,
                  server->server_signature1);
    CHECK(bytes_eq(der_take(&id, DER_OCTET_STRING), rsp_pki_ski(card->pki)));
    CHECK(bytes_eq(signed1.euicc_challenge, BYTES_OF(card->challenge)));
    CHECK(bytes_eq(signed1.transaction_id, server->transaction_id));
    memcpy(card->transaction_id, signed1.transaction_id.p, signed1.transaction_id.n);
    card->transaction_id_len = signed1.transaction_id.n;
}

static struct rsp_authenticate_server_response authenticate(struct rsp_card *card,
                                                            const struct rsp_server_signed1 *server)
{
    static const uint8_t other_challenge[RSP_CHALLENGE_LEN] = {7};
    struct rsp_euicc_signed1 signed1 = {
        .transaction_id = tid(card),
        .server_address = card->fault == CARD_OTHER_ADDRESS ? BYTES_STR("other.example.com")
                                                            : server->server_address,
        .server_challenge = card->fault == CARD_OTHER_CHALLENGE ? BYTES_OF(other_challenge)
                                                                : server->server_challenge,
        .euicc_info2 = info2_of(card),
        .ctx_params1 = {.kind = RSP_CTX_COMMON_AUTHENTICATION, .device_info = card->device}};
    struct rsp_authenticate_server_response out = {.ok = card->fault != CARD_REFUSES,
                                                   .transaction_id = tid(card),
                                                   .error = RSP_AUTHENTICATE_INVALID_OID,
                                                   .euicc_certificate = card->cert.der,
                                                   .eum_certificate = card->cert.issuer};
    struct buf b = room(card);

    if (card->matching_id)
        signed1.ctx_params1.matching_id = bytes_cstr(card->matching_id);
    must(rsp_encode_euicc_signed1(&signed1, &b), "euiccSigned1");
    signed1.raw = buf_bytes(&b);
    out.euicc_signed1 = signed1;
    out.euicc_signature1 = sign(card, &signed1.raw, 1);
    card->euicc_signature1 = out.euicc_signature1;
    return out;
}

struct rsp_authenticate_client_request
rsp_card_authenticate(struct rsp_card *card,
                      const struct rsp_initiate_authentication_response *server)
{
    struct rsp_authenticate_server_response response;
    struct rsp_server_signed1 signed1;
    struct buf b = room(card);

    take_server(card, server);
    must(rsp_decode_server_signed1(server->server_signed1, &signed1), "serverSigned1");
    response = authenticate(card, &signed1);
    must(rsp_encode_authenticate_server_response(&response, &b), "AuthenticateServerResponse");
    return (struct rsp_authenticate_client_request){
        .transaction_id = keep(card, BYTES(card->transaction_id, card->transaction_id_len)),
        .authenticate_server_response = buf_bytes(&b)};
}

static void take_second(struct rsp_card *card,
                        const struct rsp_authenticate_client_response *server)
{
    struct bytes parts[2] = {server->smdp_signed2, card->euicc_signature1};
    struct rsp_smdp_signed2 signed2;
    enum xk_err err = rsp_decode_smdp_signed2(server->smdp_signed2, &signed2);

    CHECK_OK(err);
    if (err != XK_OK)
        return;
    server_signed(card, server->smdp_certificate, parts, 2, server->smdp_signature2);
    CHECK(bytes_eq(signed2.transaction_id, BYTES(card->transaction_id, card->transaction_id_len)));
    card->cc_required = signed2.cc_required;
    card->offered_otpk = keep(card, signed2.bpp_euicc_otpk);
    if (!DER_PRESENT(signed2.bpp_euicc_otpk))
        card->offered_otpk = BYTES_NONE;
    card->metadata = keep(card, server->profile_metadata);
    card->smdp_signature2 = keep(card, server->smdp_signature2);
}

static void choose_otpk(struct rsp_card *card, enum rsp_card_otpk otpk)
{
    if (otpk == CARD_SAME_OTPK && card->has_otsk)
        return;
    must(ecdh_generate(rsp_pki_curve(card->pki), &card->rand, &card->otsk), "ecdh_generate");
    card->has_otsk = true;
    if (card->fault == CARD_OFF_CURVE_OTPK)
        card->otsk.point[64] ^= 1;
}

struct rsp_get_bound_profile_package_request
rsp_card_prepare_again(struct rsp_card *card, const char *code, enum rsp_card_otpk otpk)
{
    struct rsp_euicc_signed2 signed2 = {.transaction_id = tid(card)};
    struct rsp_prepare_download_response out = {.ok = card->fault != CARD_REFUSES,
                                                .transaction_id = tid(card),
                                                .error = RSP_UNDEFINED_ERROR};
    struct buf b = room(card), whole = room(card);
    uint8_t hash[RSP_HASH_LEN];
    struct bytes parts[2];

    choose_otpk(card, otpk);
    signed2.euicc_otpk = BYTES_OF(card->otsk.point);
    if (code) {
        must(rsp_hash_cc(bytes_cstr(code), BYTES(card->transaction_id, card->transaction_id_len),
                         hash),
             "hashCc");
        signed2.hash_cc = BYTES_OF(hash);
    }
    must(rsp_encode_euicc_signed2(&signed2, &b), "euiccSigned2");
    signed2.raw = buf_bytes(&b);
    parts[0] = signed2.raw;
    parts[1] = card->smdp_signature2;
    out.euicc_signed2 = signed2;
    out.euicc_signature2 = sign(card, parts, 2);
    must(rsp_encode_prepare_download_response(&out, &whole), "PrepareDownloadResponse");
    return (struct rsp_get_bound_profile_package_request){
        .transaction_id = keep(card, BYTES(card->transaction_id, card->transaction_id_len)),
        .prepare_download_response = buf_bytes(&whole)};
}

struct rsp_get_bound_profile_package_request
rsp_card_prepare(struct rsp_card *card, const struct rsp_authenticate_client_response *server,
                 const char *code, enum rsp_card_otpk otpk)
{
    take_second(card, server);
    return rsp_card_prepare_again(card, code, otpk);
}

static bool check_channel(struct rsp_card *card, const struct rsp_initialise_secure_channel *c)
{
    const struct rsp_cert pb = rsp_pki_cert(card->pki, RSP_DPPB);
    struct buf b = room(card);
    struct bytes input;

    CHECK_INT(c->remote_op_id, RSP_REMOTE_OP_INSTALL);
    CHECK_INT(c->key_type, RSP_KEY_TYPE_AES);
    CHECK_INT(c->key_len, RSP_KEY_LEN_AES128);
    CHECK(bytes_eq(c->transaction_id, BYTES(card->transaction_id, card->transaction_id_len)));
    must(rsp_smdp_sign_input(c, BYTES_OF(card->otsk.point), &b), "smdpSign");
    input = buf_bytes(&b);
    return ecdsa_verify_point(rsp_pki_curve(card->pki), ec_key_point(pb.key), &input, 1,
                              rsp_signature_value(c->smdp_sign)) == XK_OK;
}

static void start(struct rsp_card *card, const struct rsp_initialise_secure_channel *c,
                  struct bsp *bsp)
{
    uint8_t z[ECDH_LEN], eid[EID_LEN];
    const struct bsp_shared_info info = {c->key_type, c->key_len, c->host_id, BYTES_OF(eid)};
    struct bsp_keys keys;

    must(eid_from_text(bytes_cstr(card->eid), eid), "EID");
    must(ecdh_agree(&card->otsk, c->smdp_otpk, z), "ecdh_agree");
    must(bsp_derive_keys(BYTES_OF(z), &info, &keys), "bsp_derive_keys");
    bsp_start(bsp, &keys);
}

static size_t count(struct bytes run, size_t *longest)
{
    struct der d = der_of(run);
    struct bytes value, raw;
    uint32_t tag;
    size_t n = 0;

    while (der_next(&d, &tag, &value, &raw)) {
        if (longest && raw.n > *longest)
            *longest = raw.n;
        n++;
    }
    return n;
}

static bool open_run(struct rsp_card *card, struct bsp *bsp, enum bsp_tag tag, struct bytes run,
                     struct bytes *plain)
{
    uint8_t *mem = need(arena_alloc(card->arena, run.n));
    enum xk_err err = bsp_unprotect_all(bsp, tag, run, mem, run.n, plain);

    CHECK_OK(err);
    return err == XK_OK;
}

static bool replace_keys(struct rsp_card *card, struct bsp *bsp, struct bytes run)
{
    struct rsp_replace_session_keys replace;
    struct bsp_keys keys;
    struct bytes plain;

    if (!open_run(card, bsp, BSP_TAG_87, run, &plain))
        return false;
    must(rsp_decode_replace_session_keys(plain, &replace), "ReplaceSessionKeys");
    memcpy(keys.chain, replace.initial_mac_chaining_value.p, sizeof keys.chain);
    memcpy(keys.enc, replace.ppk_enc.p, sizeof keys.enc);
    memcpy(keys.mac, replace.ppk_cmac.p, sizeof keys.mac);
    bsp_start(bsp, &keys);
    return true;
}

bool rsp_card_load(struct rsp_card *card, struct bytes bpp, struct rsp_card_package *out)
{
    struct rsp_bound_profile_package p;
    struct bytes configure;
    struct bsp bsp;
    enum xk_err err = rsp_decode_bound_profile_package(bpp, &p);

    *out = (struct rsp_card_package){0};
    CHECK_OK(err);
    if (err != XK_OK || !check_channel(card, &p.initialise_secure_channel)) {
        CHECK(!"smdpSign");
        return false;
    }
    start(card, &p.initialise_secure_channel, &bsp);
    out->smdp_otpk = p.initialise_secure_channel.smdp_otpk;
    out->metadata_tlvs = count(p.metadata_88, &out->longest_tlv);
    out->element_tlvs = count(p.elements_86, &out->longest_tlv);
    out->replaced = DER_PRESENT(p.second_87);
    return open_run(card, &bsp, BSP_TAG_87, p.first_87, &configure) &&
           open_run(card, &bsp, BSP_TAG_88, p.metadata_88, &out->metadata) &&
           (!out->replaced || replace_keys(card, &bsp, p.second_87)) &&
           open_run(card, &bsp, BSP_TAG_86, p.elements_86, &out->upp);
}

/* Contents of the OID of the server of the PKI. */
static struct bytes server_oid(const struct rsp_card *card)
{
    static const uint8_t right[] = {0x88, 0x37, 0x0A}, other[] = {0x88, 0x37, 0x0C};

    return card->fault == CARD_OTHER_OID ? BYTES_OF(other) : BYTES_OF(right);
}

static struct rsp_notification_metadata metadata_of(struct rsp_card *card, const char *iccid,
                                                    enum rsp_event event)
{
    uint8_t *bytes = need(arena_alloc(card->arena, ICCID_LEN));
    struct rsp_notification_metadata m = {
        .seq_number = ++card->seq, .event = RSP_BIT(event), .address = BYTES_STR(RSP_DP_HOST)};

    must(iccid_from_text(bytes_cstr(iccid), bytes), "ICCID");
    if (card->fault == CARD_OTHER_ICCID)
        bytes[7] ^= 0x11;
    if (card->fault != CARD_NO_ICCID)
        m.iccid = BYTES(bytes, ICCID_LEN);
    return m;
}

struct rsp_handle_notification_request rsp_card_result(struct rsp_card *card, const char *iccid,
                                                       uint32_t reason)
{
    static const uint8_t aid[] = {0xA0, 0,    0,    5,    0x59, 0x10, 0x10, 0xFF,
                                  0xFF, 0xFF, 0xFF, 0x89, 0,    0,    0x11, 0};
    static const uint8_t good[] = {0x30, 7, 0xA0, 5, 0x30, 3, 0x80, 1, 0};
    struct rsp_profile_installation_result r = {
        .data = {.transaction_id = tid(card),
                 .metadata = metadata_of(card, iccid, RSP_EVENT_INSTALL),
                 .smdp_oid = server_oid(card),
                 .ok = reason == CARD_INSTALLED,
                 .isdp_aid = BYTES_OF(aid),
                 .sima_response = BYTES_OF(good)}};
    struct buf b = room(card), whole = room(card);

    if (!r.data.ok) {
        r.data.command = RSP_BPP_LOAD_PROFILE_ELEMENTS;
        r.data.reason = reason;
    }
    must(rsp_encode_profile_installation_result_data(&r.data, &b), "BF27");
    r.data.raw = buf_bytes(&b);
    r.signature = sign(card, &r.data.raw, 1);
    must(rsp_encode_profile_installation_result(&r, &whole), "BF37");
    return (struct rsp_handle_notification_request){buf_bytes(&whole)};
}

struct rsp_handle_notification_request rsp_card_notify(struct rsp_card *card, const char *iccid,
                                                       enum rsp_event event)
{
    struct rsp_other_signed_notification n = {.metadata = metadata_of(card, iccid, event),
                                              .euicc_certificate = card->cert.der,
                                              .eum_certificate = card->cert.issuer};
    struct buf b = room(card), whole = room(card);

    must(rsp_encode_notification_metadata(&n.metadata, &b), "BF2F");
    n.metadata.raw = buf_bytes(&b);
    n.signature = sign(card, &n.metadata.raw, 1);
    must(rsp_encode_other_signed_notification(&n, &whole), "OtherSignedNotification");
    return (struct rsp_handle_notification_request){buf_bytes(&whole)};
}

struct rsp_es9p_cancel_session_request rsp_card_cancel(struct rsp_card *card, uint32_t reason)
{
    struct rsp_cancel_session_response r = {.ok = card->fault != CARD_REFUSES,
                                            .error = RSP_CANCEL_UNDEFINED_ERROR,
                                            .signed_data = {.transaction_id = tid(card),
                                                            .smdp_oid = server_oid(card),
                                                            .reason = reason}};
    struct buf b = room(card), whole = room(card);

    must(rsp_encode_euicc_cancel_session_signed(&r.signed_data, &b), "EuiccCancelSessionSigned");
    r.signed_data.raw = buf_bytes(&b);
    r.signature = sign(card, &r.signed_data.raw, 1);
    must(rsp_encode_cancel_session_response(&r, &whole), "CancelSessionResponse");
    return (struct rsp_es9p_cancel_session_request){
        .transaction_id = keep(card, BYTES(card->transaction_id, card->transaction_id_len)),
        .cancel_session_response = buf_bytes(&whole)};
}
