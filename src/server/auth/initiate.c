/* SPDX-License-Identifier: Apache-2.0 */
/* SGP.22 5.6.1 (5.8.1): the server's half of the mutual authentication. */
#include "crypto/ecdsa.h"
#include "server/auth/identity.h"

#define SERVER_SIGNED1_MAX 512
#define CI_PK_ID_LEN (RSP_KEY_ID_LEN + 2)

/* A range of ours and one of the eUICC's: v2 names one version, v3 the lowest and the highest. */
static bool version_fits(const struct auth *auth, const struct rsp_euicc_info1 *info)
{
    uint32_t highest = info->has_highest_svn ? info->highest_svn : info->svn;

    return info->svn <= auth->highest_svn && highest >= auth->lowest_svn;
}

static const struct auth_held *held_under(const struct auth *auth, struct bytes ci)
{
    for (size_t i = 0; i < auth->n_held; i++) {
        if (bytes_eq(auth->held[i].ci_key_id, ci))
            return &auth->held[i];
    }
    return NULL;
}

/* The first CI, in the eUICC's order, under which it can sign and that we trust. */
static struct bytes first_trusted(const struct auth *auth, const struct rsp_key_ids *signing)
{
    for (size_t i = 0; i < signing->n; i++) {
        if (signing->id[i].n == RSP_KEY_ID_LEN && x509_store_find(auth->store, signing->id[i]))
            return signing->id[i];
    }
    return BYTES_NONE;
}

/* The first of our identities, in the eUICC's order, that it can verify. */
static const struct auth_held *first_verifiable(const struct auth *auth,
                                                const struct rsp_key_ids *verification)
{
    for (size_t i = 0; i < verification->n; i++) {
        const struct auth_held *held = held_under(auth, verification->id[i]);

        if (held)
            return held;
    }
    return NULL;
}

struct choice {
    struct bytes client_ci;
    const struct auth_held *held;
};

/* One CI for both sides where there is one, else the first of each; SGP.22 5.6.1 leaves it open. */
static void choose(const struct auth *auth, const struct rsp_euicc_info1 *info, struct choice *out)
{
    const struct rsp_key_ids *signing = info->signing.n > 0 ? &info->signing : &info->signing_v3;

    for (size_t i = 0; i < signing->n; i++) {
        out->client_ci = signing->id[i];
        out->held = held_under(auth, out->client_ci);
        if (out->held && rsp_key_ids_have(&info->verification, out->client_ci))
            return;
    }
    out->client_ci = first_trusted(auth, signing);
    out->held = first_verifiable(auth, &info->verification);
}

/* serverSigned1 and serverSignature1 over it. */
static enum xk_err sign_server(const struct auth *auth, const struct auth_session *session,
                               const struct auth_held *held, struct bytes challenge,
                               struct arena *arena,
                               struct rsp_initiate_authentication_response *out)
{
    const struct rsp_server_signed1 signed1 = {.transaction_id = BYTES_OF(session->transaction_id),
                                               .euicc_challenge = challenge,
                                               .server_address = auth->address,
                                               .server_challenge =
                                                   BYTES_OF(session->server_challenge)};
    uint8_t *mem = arena_alloc(arena, SERVER_SIGNED1_MAX + RSP_SIGNATURE_TLV_LEN);
    uint8_t signature[RSP_SIGNATURE_LEN];
    struct buf b;

    if (!mem)
        return XK_E_NOMEM;
    buf_init_fixed(&b, mem, SERVER_SIGNED1_MAX);
    TRY(rsp_encode_server_signed1(&signed1, &b));
    out->server_signed1 = buf_bytes(&b);
    TRY(ecdsa_sign(held->identity.key, &out->server_signed1, 1, signature));
    rsp_signature_tlv(signature, mem + SERVER_SIGNED1_MAX);
    out->server_signature1 = BYTES(mem + SERVER_SIGNED1_MAX, RSP_SIGNATURE_TLV_LEN);
    return XK_OK;
}

static enum xk_err answer(const struct auth *auth, const struct auth_session *session,
                          const struct auth_held *held, struct bytes challenge, struct arena *arena,
                          struct rsp_initiate_authentication_response *out)
{
    uint8_t *mem = arena_alloc(arena, CI_PK_ID_LEN);
    struct buf b;

    out->transaction_id =
        BYTES(arena_copy(arena, BYTES_OF(session->transaction_id)), sizeof session->transaction_id);
    if (!mem || !out->transaction_id.p)
        return XK_E_NOMEM;
    TRY(sign_server(auth, session, held, challenge, arena, out));
    buf_init_fixed(&b, mem, CI_PK_ID_LEN);
    der_put(&b, DER_OCTET_STRING, BYTES_OF(session->client_ci));
    out->euicc_ci_pk_id = buf_bytes(&b);
    out->server_certificate = held->identity.certificate;
    out->other_certs_in_chain = held->identity.other_certs;
    return buf_ok(&b);
}

enum xk_err auth_server(const struct auth *auth, const struct xk_rand *rand,
                        const struct rsp_initiate_authentication_request *in, struct arena *arena,
                        struct auth_session *session,
                        struct rsp_initiate_authentication_response *out)
{
    struct rsp_initiate_authentication_response made = {0};
    struct auth_session fresh;
    struct rsp_euicc_info1 info;
    struct choice choice;

    if (!auth_is_address(auth, in->smdp_address)) {
        auth_refuse(auth, AUTH_REFUSE_ADDRESS, NULL, &out->status);
        return XK_OK;
    }
    if (in->euicc_challenge.n != RSP_CHALLENGE_LEN ||
        rsp_decode_euicc_info1(in->euicc_info1, &info) != XK_OK) {
        auth_refuse(auth, AUTH_REFUSE_INFO1_MALFORMED, NULL, &out->status);
        return XK_OK;
    }
    if (!version_fits(auth, &info)) {
        auth_refuse(auth, AUTH_REFUSE_VERSION, NULL, &out->status);
        return XK_OK;
    }
    choose(auth, &info, &choice);
    if (!choice.client_ci.p || !choice.held) {
        auth_refuse(auth,
                    choice.client_ci.p ? AUTH_REFUSE_NO_CERTIFICATE : AUTH_REFUSE_CI_NOT_SUPPORTED,
                    NULL, &out->status);
        return XK_OK;
    }
    xk_rand_fill(rand, fresh.transaction_id, sizeof fresh.transaction_id);
    xk_rand_fill(rand, fresh.server_challenge, sizeof fresh.server_challenge);
    memcpy(fresh.client_ci, choice.client_ci.p, RSP_KEY_ID_LEN);
    memcpy(fresh.server_ci, choice.held->ci_key_id.p, RSP_KEY_ID_LEN);
    TRY(answer(auth, &fresh, choice.held, in->euicc_challenge, arena, &made));
    *session = fresh;
    *out = made;
    return XK_OK;
}
