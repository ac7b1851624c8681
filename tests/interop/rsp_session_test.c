/* SPDX-License-Identifier: Apache-2.0 */
/* One profile download recorded by another implementation (waigel/euicc-rsp), message by message:
 * every message is decoded and encoded again to the same bytes, every signature is checked over the
 * spans that the decoders give, and the package is opened with keys agreed from the recorded
 * one-time key. SGP.22 3.1.3, 5.6, 5.7 */
#include "codec/bsp/bsp.h"
#include "codec/rsp/rsp.h"
#include "crypto/ecdh.h"
#include "crypto/x509.h"
#include "xt.h"
#include "xt_interop.h"

#define FILE_MAX 2048

/* The files of the session, and what they decode to. */
static struct session {
    uint8_t mem[13][FILE_MAX];
    uint8_t again[FILE_MAX]; /* ES9+ form of the first answer */
    struct arena arena;
    struct bytes transaction_id, euicc_challenge, server_challenge, otsk;
    struct bytes info1, initiate, authenticate_server, authenticate_client, prepare, package;
    struct bytes pending, metadata, upp;
} session;

static bool load(void)
{
    const struct {
        const char *path;
        struct bytes *out;
    } files[] = {
        {"session/transaction-id.bin", &session.transaction_id},
        {"session/euicc-challenge.bin", &session.euicc_challenge},
        {"session/server-challenge.bin", &session.server_challenge},
        {"session/otsk-dp.bin", &session.otsk},
        {"session/euicc-info1.der", &session.info1},
        {"session/initiate-response.der", &session.initiate},
        {"session/auth-server-response.der", &session.authenticate_server},
        {"session/authenticate-response.der", &session.authenticate_client},
        {"session/prepare-download-response.der", &session.prepare},
        {"session/bound-profile-package.der", &session.package},
        {"session/pending-notification.der", &session.pending},
        {"session/store-metadata.der", &session.metadata},
        {"session/upp.der", &session.upp},
    };

    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (!interop_read(files[i].path, session.mem[i], FILE_MAX, files[i].out))
            return false;
    arena_fini(&session.arena);
    arena_init(&session.arena, 65536);
    return true;
}

#define LOAD()                                                                                     \
    do {                                                                                           \
        if (!load())                                                                               \
            SKIP("no interop data");                                                               \
    } while (0)

static uint8_t out_mem[FILE_MAX];
static struct buf out;

/* A message encoded into `out` is these bytes. */
#define CHECK_ENCODED(call, want)                                                                  \
    do {                                                                                           \
        buf_init_fixed(&out, out_mem, sizeof out_mem);                                             \
        CHECK_OK(call);                                                                            \
        CHECK(bytes_eq(buf_bytes(&out), want));                                                    \
    } while (0)

static enum xk_err verify(struct bytes cert, const struct bytes *parts, size_t n,
                          struct bytes signature_tlv)
{
    struct x509_cert c;

    TRY(x509_read(cert, &c));
    return ecdsa_verify_point(c.curve, c.point, parts, n, rsp_signature_value(signature_tlv));
}

/* InitiateAuthenticationOkEs9 stands in the file as a bare SEQUENCE. */
static enum xk_err initiate(struct rsp_es9p_response *r)
{
    struct der ok = der_open(session.initiate, DER_SEQUENCE);
    struct bytes members = der_rest(&ok);
    struct buf b;
    size_t at, choice_at;

    TRY(der_ok(&ok));
    buf_init_fixed(&b, session.again, sizeof session.again);
    at = der_begin(&b, TAG_REMOTE_PROFILE_PROVISIONING);
    choice_at = der_begin(&b, TAG_INITIATE_AUTHENTICATION);
    der_put(&b, TAG_A0, members);
    der_close(&b, choice_at);
    der_close(&b, at);
    TRY(buf_ok(&b));
    session.initiate = buf_bytes(&b);
    return rsp_decode_es9p_response(session.initiate, &session.arena, r);
}

TEST(euicc_info1)
{
    struct rsp_euicc_info1 info;

    LOAD();
    REQUIRE(rsp_decode_euicc_info1(session.info1, &info) == XK_OK);
    CHECK_INT(info.signing.n, 0);
    info.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_euicc_info1(&info, &out), session.info1);
}

TEST(initiate_authentication)
{
    struct rsp_es9p_response r;
    struct rsp_server_signed1 s;

    LOAD();
    REQUIRE(initiate(&r) == XK_OK);
    CHECK_ENCODED(rsp_encode_es9p_response(&r, &out), session.initiate);
    REQUIRE(rsp_decode_server_signed1(r.initiate_authentication.server_signed1, &s) == XK_OK);
    CHECK(bytes_eq(s.transaction_id, session.transaction_id));
    CHECK(bytes_eq(s.euicc_challenge, session.euicc_challenge));
    CHECK(bytes_eq(s.server_challenge, session.server_challenge));
    CHECK_OK(verify(r.initiate_authentication.server_certificate, &s.raw, 1,
                    r.initiate_authentication.server_signature1));
    s.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_server_signed1(&s, &out), r.initiate_authentication.server_signed1);
}

TEST(authenticate_server)
{
    struct rsp_authenticate_server_response r;

    LOAD();
    REQUIRE(rsp_decode_authenticate_server_response(session.authenticate_server, &r) == XK_OK);
    REQUIRE(r.ok);
    CHECK(bytes_eq(r.transaction_id, session.transaction_id));
    CHECK(bytes_eq(r.euicc_signed1.server_challenge, session.server_challenge));
    CHECK_INT(r.euicc_signed1.ctx_params1.kind, RSP_CTX_COMMON_AUTHENTICATION);
    CHECK_OK(verify(r.euicc_certificate, &r.euicc_signed1.raw, 1, r.euicc_signature1));
    CHECK_ENCODED(rsp_encode_authenticate_server_response(&r, &out), session.authenticate_server);
    /* the parts from their members: the fixture is canonical throughout */
    r.euicc_signed1.raw = r.euicc_signed1.ctx_params1.raw = BYTES_NONE;
    r.euicc_signed1.ctx_params1.device_info.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_authenticate_server_response(&r, &out), session.authenticate_server);
}

TEST(authenticate_client)
{
    struct rsp_authenticate_server_response before;
    struct rsp_smdp_signed2 s;
    struct rsp_metadata m;
    struct rsp_es9p_response r;
    struct bytes parts[2];
    struct buf b;
    size_t at;

    LOAD();
    buf_init_fixed(&b, session.again, sizeof session.again);
    at = der_begin(&b, TAG_REMOTE_PROFILE_PROVISIONING);
    der_put_raw(&b, session.authenticate_client);
    der_close(&b, at);
    REQUIRE(rsp_decode_es9p_response(buf_bytes(&b), &session.arena, &r) == XK_OK);
    CHECK_INT(r.function, RSP_AUTHENTICATE_CLIENT);
    CHECK_ENCODED(rsp_encode_es9p_response(&r, &out), buf_bytes(&b));
    REQUIRE(rsp_decode_smdp_signed2(r.authenticate_client.smdp_signed2, &s) == XK_OK);
    CHECK(!s.cc_required);
    REQUIRE(rsp_decode_authenticate_server_response(session.authenticate_server, &before) == XK_OK);
    parts[0] = s.raw;
    parts[1] = before.euicc_signature1;
    CHECK_OK(verify(r.authenticate_client.smdp_certificate, parts, 2,
                    r.authenticate_client.smdp_signature2));
    s.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_smdp_signed2(&s, &out), r.authenticate_client.smdp_signed2);
    CHECK(bytes_eq(r.authenticate_client.profile_metadata, session.metadata));
    REQUIRE(rsp_decode_store_metadata(session.metadata, &m) == XK_OK);
    m.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_store_metadata(&m, &out), session.metadata);
}

static enum xk_err smdp_signature2(struct bytes *out_tlv, struct bytes *cert)
{
    struct rsp_es9p_response r;
    struct buf b;
    size_t at;

    buf_init_fixed(&b, session.again, sizeof session.again);
    at = der_begin(&b, TAG_REMOTE_PROFILE_PROVISIONING);
    der_put_raw(&b, session.authenticate_client);
    der_close(&b, at);
    TRY(rsp_decode_es9p_response(buf_bytes(&b), &session.arena, &r));
    *out_tlv = r.authenticate_client.smdp_signature2;
    *cert = r.authenticate_client.smdp_certificate;
    return XK_OK;
}

TEST(prepare_download)
{
    struct rsp_authenticate_server_response before;
    struct rsp_prepare_download_response r;
    struct bytes parts[2], cert;

    LOAD();
    REQUIRE(rsp_decode_authenticate_server_response(session.authenticate_server, &before) == XK_OK);
    REQUIRE(rsp_decode_prepare_download_response(session.prepare, &r) == XK_OK);
    REQUIRE(r.ok);
    parts[0] = r.euicc_signed2.raw;
    REQUIRE(smdp_signature2(&parts[1], &cert) == XK_OK);
    CHECK_OK(verify(before.euicc_certificate, parts, 2, r.euicc_signature2));
    CHECK_ENCODED(rsp_encode_prepare_download_response(&r, &out), session.prepare);
    r.euicc_signed2.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_prepare_download_response(&r, &out), session.prepare);
}

static enum xk_err open_channel(const struct rsp_bound_profile_package *bpp, struct bsp *s)
{
    struct rsp_authenticate_server_response auth;
    struct rsp_prepare_download_response prepare;
    struct bsp_shared_info info;
    struct x509_cert cert;
    struct ecdh_key otsk;
    uint8_t z[ECDH_LEN], eid[EID_LEN];
    struct bsp_keys keys;

    TRY(rsp_decode_authenticate_server_response(session.authenticate_server, &auth));
    TRY(rsp_decode_prepare_download_response(session.prepare, &prepare));
    TRY(x509_read(auth.euicc_certificate, &cert));
    TRY(x509_eid(&cert, eid));
    TRY(ecdh_import(EC_P256, session.otsk, &otsk));
    CHECK(bytes_eq(BYTES_OF(otsk.point), bpp->initialise_secure_channel.smdp_otpk));
    TRY(ecdh_agree(&otsk, prepare.euicc_signed2.euicc_otpk, z));
    info = (struct bsp_shared_info){bpp->initialise_secure_channel.key_type,
                                    bpp->initialise_secure_channel.key_len,
                                    bpp->initialise_secure_channel.host_id, BYTES_OF(eid)};
    TRY(bsp_derive_keys(BYTES_OF(z), &info, &keys));
    bsp_start(s, &keys);
    return XK_OK;
}

/* The package opens to the recorded profile, and ours, made with the same keys, is the same. */
TEST(bound_profile_package)
{
    struct rsp_bound_profile_package bpp;
    struct bsp receiver, sender;
    uint8_t mem[FILE_MAX];
    struct bytes plain;

    LOAD();
    REQUIRE(rsp_decode_bound_profile_package(session.package, &bpp) == XK_OK);
    REQUIRE(open_channel(&bpp, &receiver) == XK_OK);
    sender = receiver;
    CHECK_OK(bsp_unprotect_all(&receiver, BSP_TAG_87, bpp.first_87, mem, sizeof mem, &plain));
    CHECK_HEX(plain, "BF2400");
    CHECK_ENCODED(bsp_protect_all(&sender, BSP_TAG_87, plain, &out), bpp.first_87);
    CHECK_OK(bsp_unprotect_all(&receiver, BSP_TAG_88, bpp.metadata_88, mem, sizeof mem, &plain));
    CHECK(bytes_eq(plain, session.metadata));
    CHECK_ENCODED(bsp_protect_all(&sender, BSP_TAG_88, plain, &out), bpp.metadata_88);
    CHECK_OK(bsp_unprotect_all(&receiver, BSP_TAG_86, bpp.elements_86, mem, sizeof mem, &plain));
    CHECK(bytes_eq(plain, session.upp));
    CHECK_ENCODED(bsp_protect_all(&sender, BSP_TAG_86, plain, &out), bpp.elements_86);
    bpp.raw = bpp.initialise_secure_channel.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_bound_profile_package(&bpp, &out), session.package);
    bpp.initialise_secure_channel.signed_part = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_bound_profile_package(&bpp, &out), session.package);
}

/* SGP.22 5.5.1 */
TEST(smdp_sign)
{
    struct rsp_prepare_download_response prepare;
    struct rsp_bound_profile_package bpp;
    struct bytes signature2, cert, input;

    LOAD();
    REQUIRE(rsp_decode_bound_profile_package(session.package, &bpp) == XK_OK);
    REQUIRE(rsp_decode_prepare_download_response(session.prepare, &prepare) == XK_OK);
    REQUIRE(smdp_signature2(&signature2, &cert) == XK_OK);
    buf_init_fixed(&out, out_mem, RSP_BPP_SIGN_INPUT_MAX);
    CHECK_OK(rsp_smdp_sign_input(&bpp.initialise_secure_channel, prepare.euicc_signed2.euicc_otpk,
                                 &out));
    input = buf_bytes(&out);
    CHECK_OK(verify(cert, &input, 1, bpp.initialise_secure_channel.smdp_sign));
}

/* SGP.22 2.5.6 */
TEST(profile_installation_result)
{
    struct rsp_authenticate_server_response auth;
    struct rsp_pending_notification n;
    struct rsp_euicc_response response;

    LOAD();
    REQUIRE(rsp_decode_pending_notification(session.pending, &n) == XK_OK);
    REQUIRE(n.kind == RSP_PENDING_INSTALLATION_RESULT && n.result.data.ok);
    CHECK(bytes_eq(n.result.data.transaction_id, session.transaction_id));
    CHECK(n.result.data.metadata.event == RSP_BIT(RSP_EVENT_INSTALL));
    REQUIRE(rsp_decode_authenticate_server_response(session.authenticate_server, &auth) == XK_OK);
    CHECK_OK(verify(auth.euicc_certificate, &n.result.data.raw, 1, n.result.signature));
    CHECK_OK(rsp_decode_euicc_response(n.result.data.sima_response, &response));
    CHECK(rsp_first_failure(&response) == NULL);
    n.result.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_profile_installation_result(&n.result, &out), session.pending);
    n.result.data.raw = BYTES_NONE;
    CHECK_ENCODED(rsp_encode_profile_installation_result(&n.result, &out), session.pending);
}

TESTS_MAIN(XT_CASE(euicc_info1), XT_CASE(initiate_authentication), XT_CASE(authenticate_server),
           XT_CASE(authenticate_client), XT_CASE(prepare_download), XT_CASE(bound_profile_package),
           XT_CASE(smdp_sign), XT_CASE(profile_installation_result))
