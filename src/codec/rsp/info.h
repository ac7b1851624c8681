/* SPDX-License-Identifier: Apache-2.0 */
/* EUICCInfo1 (BF20) and EUICCInfo2 (BF22): what an eUICC can (SGP.22 5.7.8, annex H). */
#ifndef CODEC_RSP_INFO_H
#define CODEC_RSP_INFO_H

#include "codec/rsp/common.h"

/* RspCapability and UICCCapability bits: capability.def */
enum rsp_capability {
#define RSP_CAPABILITY(name, bit, text) RSP_CAP_##name = bit,
#include "codec/rsp/capability.def"
};
enum uicc_capability {
#define UICC_CAPABILITY(name, bit, text) UICC_CAP_##name = bit,
#include "codec/rsp/capability.def"
};
const char *rsp_capability_name(enum rsp_capability bit);   /* "additionalProfile"; "" unknown */
const char *uicc_capability_name(enum uicc_capability bit); /* "usimSupport" */

enum rsp_euicc_category {
    RSP_CATEGORY_OTHER = 0,
    RSP_CATEGORY_BASIC = 1,
    RSP_CATEGORY_MEDIUM = 2,
    RSP_CATEGORY_CONTACTLESS = 3,
};

struct rsp_euicc_info1 {
    struct bytes raw; /* TLV */
    uint32_t svn;     /* v3: lowestSvn */
    struct rsp_key_ids verification, signing;
    struct rsp_key_ids signing_v3;
    bool has_signing_v3, has_capability, has_highest_svn; /* v3 members there */
    uint64_t rsp_capability;
    uint32_t highest_svn;
};

/* extCardResource, TS 102 226 8.2.1.7.2. An unknown or damaged object counts as nothing known. */
struct rsp_card_resource {
    bool known; /* both memory sizes are there */
    uint32_t applications;
    uint32_t free_nvm, free_ram; /* bytes */
};

struct rsp_euicc_info2 {
    struct bytes raw;         /* TLV */
    uint32_t profile_version; /* SAIP */
    uint32_t svn;             /* v3: lowestSvn */
    uint32_t firmware;
    struct bytes ext_card_resource;
    struct rsp_card_resource resource; /* read out of it */
    uint64_t uicc_capability;
    uint32_t ts102241, global_platform; /* 0: absent */
    uint64_t rsp_capability;
    struct rsp_key_ids verification, signing;
    uint32_t category; /* enum rsp_euicc_category */
    bool has_category;
    bool has_forbidden_ppr;
    uint64_t forbidden_ppr; /* enum rsp_ppr bits */
    uint32_t pp_version;
    struct bytes sas_accreditation_number;
    struct bytes platform_label, discovery_base_url; /* certificationDataObject */
    /* v3 */
    bool has_tre_properties, has_lpa_mode, has_signing_v3, has_highest_svn;
    uint64_t tre_properties;
    struct bytes tre_product_reference;
    struct bytes additional_profile_versions; /* contents: a run of 04 03 v v v */
    uint32_t lpa_mode;                        /* 0 LPAd, 1 LPAe */
    struct rsp_key_ids signing_v3;
    struct bytes additional_info;
    uint32_t highest_svn;
    /* SGP.32 */
    struct bytes iot_specific_info; /* contents of B4 */
};

enum xk_err rsp_decode_euicc_info1(struct bytes der, struct rsp_euicc_info1 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_info1(const struct rsp_euicc_info1 *in, struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_euicc_info2(struct bytes der, struct rsp_euicc_info2 *out) XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_info2(const struct rsp_euicc_info2 *in, struct buf *out) XK_MUST_CHECK;

void rsp_decode_card_resource(struct bytes value, struct rsp_card_resource *out);
/* The value (81 .. 82 .. 83 ..), without the tag 84 of EUICCInfo2. */
enum xk_err rsp_encode_card_resource(const struct rsp_card_resource *in, struct buf *out)
    XK_MUST_CHECK;
/* The next member of d. */
void rsp_get_euicc_info2(struct der *d, struct rsp_euicc_info2 *out);
/* The newest version the eUICC takes: highestSvn of v3, else svn. */
uint32_t rsp_euicc_newest_svn(const struct rsp_euicc_info2 *info);

#endif
