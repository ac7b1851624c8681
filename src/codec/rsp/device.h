/* SPDX-License-Identifier: Apache-2.0 */
/* DeviceInfo, DeviceCapabilities and CtxParams1: what the device says of itself and why it asks
 * (SGP.22 4.2, 5.7.13). */
#ifndef CODEC_RSP_DEVICE_H
#define CODEC_RSP_DEVICE_H

#include "codec/rsp/common.h"

/* The version members of DeviceCapabilities in order: [0], [1] ... */
enum rsp_device_release {
    RSP_RELEASE_GSM,
    RSP_RELEASE_UTRAN,
    RSP_RELEASE_CDMA2000_1X,
    RSP_RELEASE_CDMA2000_HRPD,
    RSP_RELEASE_CDMA2000_EHRPD,
    RSP_RELEASE_EUTRAN_EPC,
    RSP_RELEASE_CONTACTLESS,
    RSP_RELEASE_RSP_CRL,
    RSP_RELEASE_NR_EPC, /* from here on only to an eUICC with deviceInfoExtensibilitySupport; an old
                           device (v2.2.0) has its RSP RPM version here */
    RSP_RELEASE_NR_5GC,
    RSP_RELEASE_EUTRAN_5GC,
    RSP_RELEASE_LPA_SVN,
    RSP_RELEASE_COUNT
};

struct rsp_device_info {
    struct bytes raw;  /* TLV as it stood in its place */
    struct bytes tac;  /* 4 bytes, swapped digits */
    struct bytes imei; /* 8 bytes, optional */
    uint32_t releases; /* bit per enum rsp_device_release that is there */
    uint32_t release[RSP_RELEASE_COUNT];
    bool has_cat_classes, has_form_factor, has_lpa_rsp_capability, device_test_mode;
    uint64_t cat_classes;             /* bit 0: class a */
    uint32_t form_factor;             /* 0 removable, 1 not */
    struct bytes preferred_languages; /* v3; contents: a run of UTF8String */
    uint64_t lpa_rsp_capability;      /* v3 */
};

enum rsp_ctx_kind {
    RSP_CTX_COMMON_AUTHENTICATION, /* A0 */
    RSP_CTX_DEVICE_CHANGE,         /* A1, v3 */
    RSP_CTX_PROFILE_RECOVERY,      /* A2, v3 */
    RSP_CTX_PUSH_SERVICE,          /* A3, v3; only kind and raw are set */
    RSP_CTX_UNKNOWN,
};

struct rsp_ctx_params1 {
    struct bytes raw; /* TLV */
    enum rsp_ctx_kind kind;
    struct bytes matching_id;           /* optional; may be empty */
    struct rsp_device_info device_info; /* of kinds 0, 1, 2 */
    bool has_operation_type;            /* v3 */
    uint64_t operation_type;            /* bit 0 profileDownload (also when absent), bit 1 rpm */
    struct bytes iccid;                 /* v3, optional */
    struct bytes matching_id_source;    /* v3, contents of A3 */
};

/* With the tag it has in its place: TAG_A1 inside CtxParams1. */
void rsp_get_device_info(struct der *d, uint32_t tag, struct rsp_device_info *out);
enum xk_err rsp_put_device_info(const struct rsp_device_info *in, uint32_t tag, struct buf *out)
    XK_MUST_CHECK;

/* A CHOICE: the next member of d. Decoding the message alone and encoding it. */
void rsp_get_ctx_params1(struct der *d, struct rsp_ctx_params1 *out);
enum xk_err rsp_decode_ctx_params1(struct bytes der, struct rsp_ctx_params1 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_ctx_params1(const struct rsp_ctx_params1 *in, struct buf *out) XK_MUST_CHECK;

/* IMEI or IMEISV digits (14 to 16) to swapped bytes and back: TAC is the first 4 of the 8. */
enum xk_err rsp_imei_from_text(struct bytes text, uint8_t out[8]) XK_MUST_CHECK;
enum xk_err rsp_imei_to_text(struct bytes imei, char out[17]) XK_MUST_CHECK;

#endif
