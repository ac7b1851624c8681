/* SPDX-License-Identifier: Apache-2.0 */
/* ES10c: local profile management (SGP.22 5.7.16 to 5.7.21). GetProfilesInfo is in metadata.h,
 * GetRAT in rat.h. */
#ifndef CODEC_RSP_ES10C_H
#define CODEC_RSP_ES10C_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

/* Which profile: exactly one of the two is present. */
struct rsp_profile_id {
    struct bytes aid;
    struct bytes iccid;
};

/* BF31 and BF32 */
struct rsp_profile_switch_request {
    struct rsp_profile_id id;
    bool refresh;
    bool has_target_port; /* v3, enable only */
    uint32_t target_port;
};
enum xk_err rsp_decode_enable_profile_request(struct bytes der,
                                              struct rsp_profile_switch_request *out) XK_MUST_CHECK;
enum xk_err rsp_encode_enable_profile_request(const struct rsp_profile_switch_request *in,
                                              struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_disable_profile_request(struct bytes der,
                                               struct rsp_profile_switch_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_disable_profile_request(const struct rsp_profile_switch_request *in,
                                               struct buf *out) XK_MUST_CHECK;
/* BF33 */
enum xk_err rsp_decode_delete_profile_request(struct bytes der, struct rsp_profile_id *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_delete_profile_request(const struct rsp_profile_id *in, struct buf *out)
    XK_MUST_CHECK;
/* BF34: bits RSP_BIT(enum rsp_memory_reset_option) */
enum xk_err rsp_decode_memory_reset_request(struct bytes der, uint64_t *options) XK_MUST_CHECK;
enum xk_err rsp_encode_memory_reset_request(uint64_t options, struct buf *out) XK_MUST_CHECK;
/* BF29. An empty nickname removes the one that is there. */
struct rsp_set_nickname_request {
    struct bytes iccid;
    struct bytes nickname; /* UTF-8, at most RSP_NICKNAME_MAX characters */
};
enum xk_err rsp_decode_set_nickname_request(struct bytes der, struct rsp_set_nickname_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_set_nickname_request(const struct rsp_set_nickname_request *in,
                                            struct buf *out) XK_MUST_CHECK;

/* The answers of BF31, BF32, BF33, BF34, BF29: rsp_decode_result and rsp_encode_result. */

/* BF3E, GetEID. The request asks for 5A and nothing else. */
enum xk_err rsp_decode_get_eid_request(struct bytes der) XK_MUST_CHECK;
enum xk_err rsp_encode_get_eid_request(struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_get_eid_response(struct bytes der, struct bytes *eid) XK_MUST_CHECK;
enum xk_err rsp_encode_get_eid_response(struct bytes eid, struct buf *out) XK_MUST_CHECK;

#endif
