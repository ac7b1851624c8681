/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b.PrepareDownload (SGP.22 5.7.5) with SmdpSigned2 and EuiccSigned2.
 *
 *   smdpSignature2 is over smdpSigned2.raw || euiccSignature1 (the TLV 5F37),
 *   euiccSignature2 is over euiccSigned2.raw || smdpSignature2 (the TLV 5F37). */
#ifndef CODEC_RSP_DOWNLOAD_H
#define CODEC_RSP_DOWNLOAD_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

struct rsp_smdp_signed2 {
    struct bytes raw; /* TLV 30 */
    struct bytes transaction_id;
    bool cc_required;
    struct bytes bpp_euicc_otpk; /* value, RSP_OTPK_LEN; optional */
    bool rpm_pending;            /* v3 */
};
enum xk_err rsp_decode_smdp_signed2(struct bytes der, struct rsp_smdp_signed2 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_smdp_signed2(const struct rsp_smdp_signed2 *in, struct buf *out)
    XK_MUST_CHECK;

/* BF21, LPA to eUICC */
struct rsp_prepare_download_request {
    struct rsp_smdp_signed2 smdp_signed2;
    struct bytes smdp_signature2;  /* TLV 5F37 */
    struct bytes hash_cc;          /* RSP_HASH_LEN; optional */
    struct bytes smdp_certificate; /* TLV 30 */
};
enum xk_err rsp_decode_prepare_download_request(struct bytes der,
                                                struct rsp_prepare_download_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_prepare_download_request(const struct rsp_prepare_download_request *in,
                                                struct buf *out) XK_MUST_CHECK;

struct rsp_euicc_signed2 {
    struct bytes raw; /* TLV 30 */
    struct bytes transaction_id;
    struct bytes euicc_otpk; /* value, RSP_OTPK_LEN */
    struct bytes hash_cc;    /* RSP_HASH_LEN; optional */
};
enum xk_err rsp_decode_euicc_signed2(struct bytes der, struct rsp_euicc_signed2 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_signed2(const struct rsp_euicc_signed2 *in, struct buf *out)
    XK_MUST_CHECK;

/* BF21, eUICC to LPA to server: A0 ok or A1 error */
struct rsp_prepare_download_response {
    bool ok;
    struct rsp_euicc_signed2 euicc_signed2;
    struct bytes euicc_signature2; /* TLV 5F37 */
    struct bytes transaction_id;   /* of both */
    uint32_t error;                /* enum rsp_download_error */
};
enum xk_err rsp_decode_prepare_download_response(struct bytes der,
                                                 struct rsp_prepare_download_response *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_prepare_download_response(const struct rsp_prepare_download_response *in,
                                                 struct buf *out) XK_MUST_CHECK;

#endif
