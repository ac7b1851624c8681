/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b.CancelSession (SGP.22 5.7.14), BF41. The signature is over `signed_data`. */
#ifndef CODEC_RSP_CANCEL_SESSION_H
#define CODEC_RSP_CANCEL_SESSION_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

struct rsp_cancel_session_request {
    struct bytes transaction_id;
    uint32_t reason; /* enum rsp_cancel_reason */
};
enum xk_err rsp_decode_cancel_session_request(struct bytes der,
                                              struct rsp_cancel_session_request *out) XK_MUST_CHECK;
enum xk_err rsp_encode_cancel_session_request(const struct rsp_cancel_session_request *in,
                                              struct buf *out) XK_MUST_CHECK;

struct rsp_euicc_cancel_session_signed {
    struct bytes raw; /* TLV 30 */
    struct bytes transaction_id;
    struct bytes smdp_oid; /* contents */
    uint32_t reason;
};
enum xk_err rsp_decode_euicc_cancel_session_signed(struct bytes der,
                                                   struct rsp_euicc_cancel_session_signed *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_cancel_session_signed(const struct rsp_euicc_cancel_session_signed *in,
                                                   struct buf *out) XK_MUST_CHECK;

#define RSP_CANCEL_INVALID_TRANSACTION_ID 5 /* cancelSessionResponseError */
#define RSP_CANCEL_UNDEFINED_ERROR 127

struct rsp_cancel_session_response {
    bool ok;
    struct rsp_euicc_cancel_session_signed signed_data;
    struct bytes signature; /* TLV 5F37 */
    uint32_t error;
};
enum xk_err rsp_decode_cancel_session_response(struct bytes der,
                                               struct rsp_cancel_session_response *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_cancel_session_response(const struct rsp_cancel_session_response *in,
                                               struct buf *out) XK_MUST_CHECK;

#endif
