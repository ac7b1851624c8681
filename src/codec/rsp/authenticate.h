/* SPDX-License-Identifier: Apache-2.0 */
/* Common mutual authentication (SGP.22 5.7.7, 5.7.13): the challenge, ServerSigned1, and
 * ES10b.AuthenticateServer with EuiccSigned1.
 *
 *   serverSignature1 is over serverSigned1.raw, euiccSignature1 over euiccSigned1.raw. */
#ifndef CODEC_RSP_AUTHENTICATE_H
#define CODEC_RSP_AUTHENTICATE_H

#include "codec/rsp/codes.h"
#include "codec/rsp/device.h"
#include "codec/rsp/info.h"

/* ES10b.GetEUICCChallenge. Request: BF2E 00 (rsp_encode_empty). */
enum xk_err rsp_decode_get_euicc_challenge_response(struct bytes der, struct bytes *challenge)
    XK_MUST_CHECK;
enum xk_err rsp_encode_get_euicc_challenge_response(struct bytes challenge, struct buf *out)
    XK_MUST_CHECK;

struct rsp_server_signed1 {
    struct bytes raw; /* TLV 30 */
    struct bytes transaction_id;
    struct bytes euicc_challenge, server_challenge; /* RSP_CHALLENGE_LEN */
    struct bytes server_address;
    struct bytes session_context; /* v3, TLV A5, optional */
    bool has_server_rsp_capability;
    uint64_t server_rsp_capability; /* v3 */
};
enum xk_err rsp_decode_server_signed1(struct bytes der, struct rsp_server_signed1 *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_server_signed1(const struct rsp_server_signed1 *in, struct buf *out)
    XK_MUST_CHECK;

/* BF38, LPA to eUICC */
struct rsp_authenticate_server_request {
    struct rsp_server_signed1 server_signed1;
    struct bytes server_signature1;  /* TLV 5F37 */
    struct bytes euicc_ci_pk_id;     /* value; v3: may be absent or empty */
    struct bytes server_certificate; /* TLV 30 */
    struct rsp_ctx_params1 ctx_params1;
    struct bytes other_certs_in_chain; /* v3, contents of A1: a run of certificates */
    struct bytes crl_list;             /* v3, contents of A2: a run of CRLs */
};
enum xk_err rsp_decode_authenticate_server_request(struct bytes der,
                                                   struct rsp_authenticate_server_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_authenticate_server_request(const struct rsp_authenticate_server_request *in,
                                                   struct buf *out) XK_MUST_CHECK;

struct rsp_euicc_signed1 {
    struct bytes raw; /* TLV 30 */
    struct bytes transaction_id;
    struct bytes server_address;
    struct bytes server_challenge;
    struct rsp_euicc_info2 euicc_info2;
    struct rsp_ctx_params1 ctx_params1;
};
enum xk_err rsp_decode_euicc_signed1(struct bytes der, struct rsp_euicc_signed1 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_signed1(const struct rsp_euicc_signed1 *in, struct buf *out)
    XK_MUST_CHECK;

/* BF38, eUICC to LPA to server: A0 ok or A1 error */
struct rsp_authenticate_server_response {
    bool ok;
    /* ok */
    struct rsp_euicc_signed1 euicc_signed1;
    struct bytes euicc_signature1;     /* TLV 5F37 */
    struct bytes euicc_certificate;    /* TLV 30 */
    struct bytes eum_certificate;      /* TLV 30; v3: nextCertInChain */
    struct bytes other_certs_in_chain; /* v3, contents of A0 */
    /* not ok */
    struct bytes transaction_id; /* of both */
    uint32_t error;              /* enum rsp_authenticate_error, or a newer one */
};
enum xk_err rsp_decode_authenticate_server_response(struct bytes der,
                                                    struct rsp_authenticate_server_response *out)
    XK_MUST_CHECK;
enum xk_err
rsp_encode_authenticate_server_response(const struct rsp_authenticate_server_response *in,
                                        struct buf *out) XK_MUST_CHECK;

/* A request without members: BF20 00, BF22 00, BF2E 00, BF3C 00, BF43 00. */
enum xk_err rsp_encode_empty(uint32_t tag, struct buf *out) XK_MUST_CHECK;

#endif
