/* SPDX-License-Identifier: Apache-2.0 */
/* ES10a (SGP.22 5.7.3, 5.7.4) and what SELECT of the ISD-R says (5.7.1). */
#ifndef CODEC_RSP_ES10A_H
#define CODEC_RSP_ES10A_H

#include "codec/rsp/common.h"

#define RSP_ADDITIONAL_DS_MAX 8

/* ISDRProprietaryApplicationTemplate E0 */
struct rsp_isdr_template {
    uint32_t svn; /* v3: lowestSvn */
    bool has_configuration;
    uint64_t configuration; /* bits: 0 LPAe by CAT, 1 by SCWS, 2 a profile is enabled, 3 by E4 */
};
enum xk_err rsp_decode_isdr_template(struct bytes der, struct rsp_isdr_template *out) XK_MUST_CHECK;
enum xk_err rsp_encode_isdr_template(const struct rsp_isdr_template *in, struct buf *out)
    XK_MUST_CHECK;

/* BF3C */
struct rsp_euicc_configured_addresses {
    struct bytes default_dp; /* optional */
    struct bytes root_ds;
    struct bytes additional_root_ds[RSP_ADDITIONAL_DS_MAX]; /* v3 */
    size_t additional_root_ds_n;
    struct bytes allowed_ci_pk_id; /* v3, optional */
    struct bytes ci_list;          /* v3, contents of A4; optional */
};
enum xk_err rsp_decode_euicc_configured_addresses(struct bytes der,
                                                  struct rsp_euicc_configured_addresses *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_configured_addresses(const struct rsp_euicc_configured_addresses *in,
                                                  struct buf *out) XK_MUST_CHECK;

/* BF3F. An empty address removes the one that is there. */
#define RSP_SET_DP_ADDRESS_OK 0
#define RSP_SET_DP_ADDRESS_UNSUPPORTED_CI 8 /* v3 */
struct rsp_set_default_dp_address {
    struct bytes address;
    struct bytes allowed_ci_pk_id; /* v3, optional */
};
enum xk_err rsp_decode_set_default_dp_address_request(struct bytes der,
                                                      struct rsp_set_default_dp_address *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_set_default_dp_address_request(const struct rsp_set_default_dp_address *in,
                                                      struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_set_default_dp_address_response(struct bytes der, uint32_t *result)
    XK_MUST_CHECK;
enum xk_err rsp_encode_set_default_dp_address_response(uint32_t result, struct buf *out)
    XK_MUST_CHECK;

#endif
