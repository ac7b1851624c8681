/* SPDX-License-Identifier: Apache-2.0 */
#include "server/smdpp/bind.h"

#include "crypto/ecdh.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "server/smdpp/keys.h"

#define INITIALISE_MAX 256 /* BF23 */
#define CONFIGURE_MAX 16
#define REPLACE_MAX 80
#define HEAD_REST_MAX 160 /* A0 and A2 whole, and the header of A1 */
#define HEADERS_MAX 16    /* of BF36 and A3 */

static struct bytes host_id(const struct smdpp *smdpp)
{
    return BYTES(smdpp->host_id, smdpp->host_id_len);
}

/* SHA-256 over package id and the hash of the metadata. */
enum xk_err smdpp_bind_basis(const struct smdpp_bind *in, uint8_t basis[32])
{
    uint8_t joined[SMDPP_PACKAGE_ID_LEN + HASH_LEN + 1];

    memcpy(joined, in->package->id, SMDPP_PACKAGE_ID_LEN);
    TRY(hash_digest(HASH_SHA256, in->profile->metadata, joined + SMDPP_PACKAGE_ID_LEN));
    joined[sizeof joined - 1] = in->profile->random_keys;
    return hash_digest(HASH_SHA256, BYTES_OF(joined), basis);
}

/* Session keys out of both one-time keys; the private one is gone afterwards (SGP.22 2.6.4.1). */
static enum xk_err agree(const struct smdpp_bind *in, struct smdpp_binding *out, struct bsp *bsp)
{
    struct bsp_shared_info info = {
        .key_type = BSP_KEY_TYPE_AES, .key_len = BSP_KEY_LEN, .host_id = host_id(in->smdpp)};
    uint8_t z[ECDH_LEN], eid[EID_LEN];
    struct bsp_keys keys;
    struct ecdh_key otsk;
    enum xk_err err = eid_from_text(bytes_cstr(in->session->euicc.eid), eid);

    if (err != XK_OK && err != XK_E_VALUE)
        return err;
    info.eid = BYTES_OF(eid);
    TRY(ecdh_generate(ec_key_curve(in->identity->pb_key), in->call->rand, &otsk));
    err = ecdh_agree(&otsk, in->euicc_otpk, z);
    if (err == XK_OK)
        err = bsp_derive_keys(BYTES_OF(z), &info, &keys);
    if (err == XK_OK) {
        bsp_start(bsp, &keys);
        memcpy(out->smdp_otpk, otsk.point, sizeof out->smdp_otpk);
    }
    ecdh_key_wipe(&otsk);
    explicit_bzero(z, sizeof z);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

/* ES8+.InitialiseSecureChannel (SGP.22 5.5.1). */
static enum xk_err initialise(const struct smdpp_bind *in, struct smdpp_binding *binding)
{
    struct rsp_initialise_secure_channel channel = {.remote_op_id = RSP_REMOTE_OP_INSTALL,
                                                    .transaction_id =
                                                        BYTES_OF(in->session->auth.transaction_id),
                                                    .key_type = RSP_KEY_TYPE_AES,
                                                    .key_len = RSP_KEY_LEN_AES128,
                                                    .host_id = host_id(in->smdpp),
                                                    .smdp_otpk = BYTES_OF(binding->smdp_otpk)};
    uint8_t input[RSP_BPP_SIGN_INPUT_MAX], signature[RSP_SIGNATURE_LEN], tlv[RSP_SIGNATURE_TLV_LEN];
    uint8_t *mem = arena_alloc(in->call->arena, INITIALISE_MAX);
    struct bytes to_sign;
    struct buf b;

    if (!mem)
        return XK_E_NOMEM;
    buf_init_fixed(&b, input, sizeof input);
    TRY(rsp_smdp_sign_input(&channel, in->euicc_otpk, &b));
    to_sign = buf_bytes(&b);
    TRY(ecdsa_sign(in->identity->pb_key, &to_sign, 1, signature));
    rsp_signature_tlv(signature, tlv);
    channel.smdp_sign = BYTES_OF(tlv);
    buf_init_fixed(&b, mem, INITIALISE_MAX);
    TRY(rsp_encode_initialise_secure_channel(&channel, &b));
    binding->initialise = buf_bytes(&b);
    memcpy(binding->transaction_id, in->session->auth.transaction_id,
           sizeof binding->transaction_id);
    return XK_OK;
}

/* ES8+.ConfigureISDP (5.5.2): nothing of our own to say. */
static enum xk_err put_configure(struct bsp *bsp, struct buf *out)
{
    static const struct rsp_configure_isdp none;
    uint8_t mem[CONFIGURE_MAX];
    size_t at = der_begin(out, TAG_A0);
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    TRY(rsp_encode_configure_isdp(&none, &b));
    TRY(bsp_protect(bsp, BSP_TAG_87, buf_bytes(&b), out));
    der_close(out, at);
    return XK_OK;
}

/* ES8+.StoreMetadata (5.5.3): as announced by AuthenticateClient, over as many 88 as it takes. */
static enum xk_err put_metadata(struct bsp *bsp, struct bytes metadata, struct buf *out)
{
    size_t at = der_begin(out, TAG_A1);

    TRY(bsp_protect_all(bsp, BSP_TAG_88, metadata, out));
    der_close(out, at);
    return XK_OK;
}

/* ES8+.ReplaceSessionKeys (5.5.4): the profile elements are under the keys of their own. */
static enum xk_err put_replace(struct bsp *bsp, const struct secret *ppk, struct buf *out)
{
    uint8_t mem[REPLACE_MAX];
    struct rsp_replace_session_keys replace;
    struct bsp_keys keys;
    size_t at = der_begin(out, TAG_A2);
    struct buf b;
    enum xk_err err = smdpp_keys_get(ppk, &keys);

    replace = (struct rsp_replace_session_keys){BYTES_OF(keys.chain), BYTES_OF(keys.enc),
                                                BYTES_OF(keys.mac)};
    buf_init_fixed(&b, mem, sizeof mem);
    if (err == XK_OK)
        err = rsp_encode_replace_session_keys(&replace, &b);
    if (err == XK_OK)
        err = bsp_protect(bsp, BSP_TAG_87, buf_bytes(&b), out);
    explicit_bzero(mem, sizeof mem);
    explicit_bzero(&keys, sizeof keys);
    der_close(out, at);
    return err;
}

static enum xk_err make_head(const struct smdpp_bind *in, struct bsp *bsp,
                             struct smdpp_binding *out)
{
    size_t max = bsp_protected_len(BSP_TAG_88, in->profile->metadata.n) + HEAD_REST_MAX;
    uint8_t *mem = arena_alloc(in->call->arena, max);
    struct buf b;

    if (!mem)
        return XK_E_NOMEM;
    buf_init_fixed(&b, mem, max);
    TRY(put_configure(bsp, &b));
    TRY(put_metadata(bsp, in->profile->metadata, &b));
    if (in->profile->random_keys) {
        TRY(put_replace(bsp, &in->package->ppk, &b));
    } else {
        smdpp_keys_put(&bsp->keys, &out->keys);
        out->counter = bsp->counter;
    }
    out->head = buf_bytes(&b);
    return buf_ok(&b);
}

enum xk_err smdpp_bind_fresh(const struct smdpp_bind *in, struct smdpp_binding *out)
{
    struct smdpp_binding made = {0};
    struct bsp bsp;
    enum xk_err err;

    TRY(agree(in, &made, &bsp));
    memcpy(made.iccid, in->profile->iccid, sizeof made.iccid);
    memcpy(made.eid, in->session->euicc.eid, sizeof made.eid);
    memcpy(made.euicc_otpk, in->euicc_otpk.p, sizeof made.euicc_otpk);
    err = smdpp_bind_basis(in, made.basis);
    if (err == XK_OK)
        err = initialise(in, &made);
    if (err == XK_OK)
        err = make_head(in, &bsp, &made);
    if (err == XK_OK)
        *out = made;
    bsp_wipe(&bsp);
    secret_wipe(&made.keys);
    return err;
}

enum xk_err smdpp_bind_again(const struct smdpp_bind *in, struct smdpp_binding *kept)
{
    return initialise(in, kept);
}

/* Without keys of its own the profile goes under the session keys, anew for each eUICC. */
static enum xk_err seal_elements(const struct smdpp_bind *in, const struct smdpp_binding *binding,
                                 struct buf *out)
{
    struct bytes upp;
    struct bsp_keys keys;
    struct bsp bsp;
    enum xk_err err;

    TRY(smdpp_unprotect(in->package, in->call->arena, &upp));
    TRY(smdpp_keys_get(&binding->keys, &keys));
    bsp_start(&bsp, &keys);
    bsp.counter = binding->counter;
    err = bsp_protect_all(&bsp, BSP_TAG_86, upp, out);
    bsp_wipe(&bsp);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

enum xk_err smdpp_bind_package(const struct smdpp_bind *in, const struct smdpp_binding *binding,
                               struct bytes *bpp)
{
    /* The segments are as long under either keys, because the cut is the same. */
    size_t max = binding->initialise.n + binding->head.n + in->package->segments.n + HEADERS_MAX;
    uint8_t *mem = arena_alloc(in->call->arena, max);
    size_t outer, elements;
    struct buf b;

    if (!mem)
        return XK_E_NOMEM;
    buf_init_fixed(&b, mem, max);
    outer = der_begin(&b, TAG_BOUND_PROFILE_PACKAGE);
    buf_put_bytes(&b, binding->initialise);
    buf_put_bytes(&b, binding->head);
    elements = der_begin(&b, TAG_A3);
    if (in->profile->random_keys)
        buf_put_bytes(&b, in->package->segments);
    else
        TRY(seal_elements(in, binding, &b));
    der_close(&b, elements);
    der_close(&b, outer);
    *bpp = buf_bytes(&b);
    return buf_ok(&b);
}
