/* SPDX-License-Identifier: Apache-2.0 */
/* Profile metadata: StoreMetadata BF25 (SGP.22 5.5.3), UpdateMetadata BF2A (5.4.1), ProfileInfo E3
 * and GetProfilesInfo BF2D (5.7.15). Members of v3 and SGP.32 are known by name where the parts of
 * this system use them; any other stays in `raw`. */
#ifndef CODEC_RSP_METADATA_H
#define CODEC_RSP_METADATA_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

#define RSP_SPN_MAX 32 /* characters */
#define RSP_PROFILE_NAME_MAX 64
#define RSP_NICKNAME_MAX 64
#define RSP_ICON_MAX 1024 /* bytes */
#define RSP_ICON_JPG 0
#define RSP_ICON_PNG 1
#define RSP_NOTIFICATION_CONFIGURATIONS_MAX 16

/* What an icon is, by its first bytes. XK_E_LIMIT: longer than RSP_ICON_MAX; XK_E_VALUE: neither
 * JPEG nor PNG. */
enum xk_err rsp_icon_type_of(struct bytes icon, uint32_t *type) XK_MUST_CHECK;
const char *rsp_icon_type_name(uint32_t type); /* "jpg", "png"; "unknown" */

/* SEQUENCE OF NotificationConfigurationInformation */
struct rsp_notification_configuration {
    uint64_t events; /* RSP_BIT(enum rsp_event) */
    struct bytes address;
};
struct rsp_notification_configurations {
    struct rsp_notification_configuration row[RSP_NOTIFICATION_CONFIGURATIONS_MAX];
    size_t n;
};

/* One struct for the three: which members a message may have is in the codec. Optional members are
 * absent by p == NULL or their has_ flag. */
struct rsp_metadata {
    struct bytes raw; /* TLV */
    struct bytes iccid;
    struct bytes service_provider_name, profile_name;
    bool has_icon_type;
    uint32_t icon_type;
    struct bytes icon;
    bool has_profile_class;
    uint32_t profile_class; /* operational when it is absent */
    bool has_notification_configurations;
    struct rsp_notification_configurations notification_configurations;
    bool has_owner;
    struct rsp_operator_id owner;
    bool has_ppr;
    uint64_t ppr;                                                      /* RSP_BIT(enum rsp_ppr) */
    struct bytes service_specific_stored, service_specific_not_stored; /* contents, BF22, BF23 */
    /* v3: contents, kept as they are */
    struct bytes rpm_configuration, hri_server_address, service_provider_message;
    struct bytes lpr_configuration, enterprise_configuration, service_description;
    struct bytes device_change_configuration;
    bool has_estimated_size;
    uint32_t estimated_size;
    struct bytes tags_for_deletion; /* UpdateMetadata of v3: 5C */
    struct bytes ref_ar_do; /* contents of BF76: access rules for Android's carrier privileges */
    /* SGP.32: contents */
    struct bytes fallback_allowed, ecall_indication;
    bool unknown_members; /* there was one this room has no name for */
};

enum xk_err rsp_decode_store_metadata(struct bytes der, struct rsp_metadata *out) XK_MUST_CHECK;
enum xk_err rsp_encode_store_metadata(const struct rsp_metadata *in, struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_update_metadata(struct bytes der, struct rsp_metadata *out) XK_MUST_CHECK;
enum xk_err rsp_encode_update_metadata(const struct rsp_metadata *in, struct buf *out)
    XK_MUST_CHECK;

#define RSP_PROFILE_DISABLED 0
#define RSP_PROFILE_ENABLED 1

/* E3: metadata plus what the eUICC adds. All members are optional. */
struct rsp_profile_info {
    struct rsp_metadata metadata; /* iccid, names, icon, class, owner, ppr ... */
    struct bytes isdp_aid;
    bool has_state;
    uint32_t state;
    struct bytes nickname;
    struct bytes dp_proprietary_data; /* contents of B8 */
    bool has_esim_port, has_profile_size;
    uint32_t esim_port, profile_size; /* v3 */
};
/* Members in any order: cards give them in the order they like. */
enum xk_err rsp_decode_profile_info(struct bytes der, struct rsp_profile_info *out) XK_MUST_CHECK;
/* Only the members whose tag is in tag_list (all that are present when it is absent). */
enum xk_err rsp_encode_profile_info(const struct rsp_profile_info *in, struct bytes tag_list,
                                    struct buf *out) XK_MUST_CHECK;
/* What GetProfilesInfo gives without a tagList (SGP.22 5.7.15). */
struct bytes rsp_default_tag_list(void);
bool rsp_tag_list_has(struct bytes tag_list, uint32_t tag);
/* A run of whole tags and nothing else. */
enum xk_err rsp_check_tag_list(struct bytes tag_list) XK_MUST_CHECK;

enum rsp_search {
    RSP_SEARCH_ALL,
    RSP_SEARCH_AID,
    RSP_SEARCH_ICCID,
    RSP_SEARCH_CLASS,
};
/* BF2D */
struct rsp_profile_info_list_request {
    enum rsp_search search;
    struct bytes id; /* AID or ICCID */
    uint32_t profile_class;
    struct bytes tag_list; /* contents of 5C; optional */
};
enum xk_err rsp_decode_profile_info_list_request(struct bytes der,
                                                 struct rsp_profile_info_list_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_profile_info_list_request(const struct rsp_profile_info_list_request *in,
                                                 struct buf *out) XK_MUST_CHECK;

#define RSP_PROFILE_INFO_INCORRECT_INPUT 1
#define RSP_PROFILE_INFO_CHANGE_ONGOING 11 /* v3 */
struct rsp_profile_info_list_response {
    bool ok;
    struct bytes profiles; /* contents of A0: a run of E3; read them with der_take_raw */
    uint32_t error;
};
enum xk_err rsp_decode_profile_info_list_response(struct bytes der,
                                                  struct rsp_profile_info_list_response *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_profile_info_list_response(const struct rsp_profile_info_list_response *in,
                                                  struct buf *out) XK_MUST_CHECK;

#endif
