/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications: ProfileInstallationResult BF37 (SGP.22 2.5.6), NotificationMetadata BF2F,
 * OtherSignedNotification, and ES10b list, retrieve and remove (5.7.9 to 5.7.11).
 *
 *   euiccSignPIR is over data.raw (BF27), the other signature over metadata.raw (BF2F). */
#ifndef CODEC_RSP_NOTIFICATION_H
#define CODEC_RSP_NOTIFICATION_H

#include "codec/rsp/codes.h"
#include "codec/rsp/common.h"

/* BF2F */
struct rsp_notification_metadata {
    struct bytes raw; /* TLV */
    uint32_t seq_number;
    uint64_t event; /* one bit: RSP_BIT(enum rsp_event) */
    struct bytes address;
    struct bytes iccid; /* optional */
};
enum xk_err rsp_decode_notification_metadata(struct bytes der,
                                             struct rsp_notification_metadata *out) XK_MUST_CHECK;
enum xk_err rsp_encode_notification_metadata(const struct rsp_notification_metadata *in,
                                             struct buf *out) XK_MUST_CHECK;

/* BF27 */
struct rsp_profile_installation_result_data {
    struct bytes raw; /* TLV */
    struct bytes transaction_id;
    struct rsp_notification_metadata metadata;
    struct bytes smdp_oid; /* contents */
    bool ok;
    struct bytes isdp_aid;      /* ok */
    uint32_t command;           /* not ok: enum rsp_bpp_command */
    uint32_t reason;            /* not ok: enum rsp_error_reason */
    struct bytes sima_response; /* value: EUICCResponse; optional when not ok */
};
enum xk_err rsp_decode_profile_installation_result_data(
    struct bytes der, struct rsp_profile_installation_result_data *out) XK_MUST_CHECK;
enum xk_err
rsp_encode_profile_installation_result_data(const struct rsp_profile_installation_result_data *in,
                                            struct buf *out) XK_MUST_CHECK;

/* BF37 */
struct rsp_profile_installation_result {
    struct bytes raw;
    struct rsp_profile_installation_result_data data;
    struct bytes signature; /* TLV 5F37 */
};
enum xk_err rsp_decode_profile_installation_result(struct bytes der,
                                                   struct rsp_profile_installation_result *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_profile_installation_result(const struct rsp_profile_installation_result *in,
                                                   struct buf *out) XK_MUST_CHECK;

/* 30 { BF2F, 5F37, certificate, certificate [, A1] } */
struct rsp_other_signed_notification {
    struct bytes raw;
    struct rsp_notification_metadata metadata;
    struct bytes signature;            /* TLV 5F37 */
    struct bytes euicc_certificate;    /* TLV */
    struct bytes eum_certificate;      /* TLV; v3: nextCertInChain */
    struct bytes other_certs_in_chain; /* v3, contents of A1 */
};
enum xk_err rsp_decode_other_signed_notification(struct bytes der,
                                                 struct rsp_other_signed_notification *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_other_signed_notification(const struct rsp_other_signed_notification *in,
                                                 struct buf *out) XK_MUST_CHECK;

/* PendingNotification: a CHOICE of the two (and of v3's LoadRpmPackageResult, which stays raw). */
enum rsp_pending_kind {
    RSP_PENDING_INSTALLATION_RESULT,
    RSP_PENDING_OTHER,
    RSP_PENDING_RPM_RESULT,
};
struct rsp_pending_notification {
    struct bytes raw; /* TLV */
    enum rsp_pending_kind kind;
    struct rsp_profile_installation_result result;
    struct rsp_other_signed_notification other;
};
enum xk_err rsp_decode_pending_notification(struct bytes der, struct rsp_pending_notification *out)
    XK_MUST_CHECK;
/* Its metadata, whichever it is; NULL for an RPM result. */
const struct rsp_notification_metadata *
rsp_pending_metadata(const struct rsp_pending_notification *n);

/* BF28: which events; 0 without has_filter means all */
struct rsp_list_notification_request {
    bool has_filter;
    uint64_t events;
};
enum xk_err rsp_decode_list_notification_request(struct bytes der,
                                                 struct rsp_list_notification_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_list_notification_request(const struct rsp_list_notification_request *in,
                                                 struct buf *out) XK_MUST_CHECK;

/* BF28 and BF2B answers: a list (contents of A0: a run of BF2F, or of PendingNotification) or an
 * error. Read the list with der_next. */
struct rsp_notification_list {
    bool ok;
    struct bytes list;
    uint32_t error;
};
enum xk_err rsp_decode_list_notification_response(struct bytes der,
                                                  struct rsp_notification_list *out) XK_MUST_CHECK;
enum xk_err rsp_encode_list_notification_response(const struct rsp_notification_list *in,
                                                  struct buf *out) XK_MUST_CHECK;

#define RSP_NO_RESULT_AVAILABLE 1 /* notificationsListResultError, v2 */
enum rsp_retrieve_search {
    RSP_RETRIEVE_ALL,
    RSP_RETRIEVE_SEQ_NUMBER,
    RSP_RETRIEVE_EVENTS,
    RSP_RETRIEVE_EUICC_PACKAGE_RESULTS, /* SGP.32 */
};
struct rsp_retrieve_notifications_request {
    enum rsp_retrieve_search search;
    uint32_t seq_number;
    uint64_t events;
};
enum xk_err rsp_decode_retrieve_notifications_request(
    struct bytes der, struct rsp_retrieve_notifications_request *out) XK_MUST_CHECK;
enum xk_err
rsp_encode_retrieve_notifications_request(const struct rsp_retrieve_notifications_request *in,
                                          struct buf *out) XK_MUST_CHECK;
enum xk_err rsp_decode_retrieve_notifications_response(struct bytes der,
                                                       struct rsp_notification_list *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_retrieve_notifications_response(const struct rsp_notification_list *in,
                                                       struct buf *out) XK_MUST_CHECK;

/* BF30, RemoveNotificationFromList */
enum xk_err rsp_decode_notification_sent_request(struct bytes der, uint32_t *seq_number)
    XK_MUST_CHECK;
enum xk_err rsp_encode_notification_sent_request(uint32_t seq_number, struct buf *out)
    XK_MUST_CHECK;
enum xk_err rsp_decode_notification_sent_response(struct bytes der, uint32_t *result) XK_MUST_CHECK;
enum xk_err rsp_encode_notification_sent_response(uint32_t result, struct buf *out) XK_MUST_CHECK;

#endif
