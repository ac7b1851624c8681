/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b.LoadCRL (SGP.22 5.7.12, v2), BF35. Its CRL has automatic tag [0] in place of SEQUENCE; a
 * plain SEQUENCE is taken as well. */
#ifndef CODEC_RSP_CRL_H
#define CODEC_RSP_CRL_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

#define RSP_CRL_PARTS_MAX 32

/* crl: contents of the CertificateList (without tag and length). */
enum xk_err rsp_decode_load_crl_request(struct bytes der, struct bytes *crl) XK_MUST_CHECK;
enum xk_err rsp_encode_load_crl_request(struct bytes crl, struct buf *out) XK_MUST_CHECK;

struct rsp_load_crl_response {
    bool ok;
    uint32_t missing_parts[RSP_CRL_PARTS_MAX];
    size_t missing_parts_n;
    uint32_t error; /* enum rsp_load_crl_error */
};
enum xk_err rsp_decode_load_crl_response(struct bytes der, struct rsp_load_crl_response *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_load_crl_response(const struct rsp_load_crl_response *in, struct buf *out)
    XK_MUST_CHECK;

#endif
