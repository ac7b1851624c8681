/* SPDX-License-Identifier: Apache-2.0 */
/* ES9+ and ES11 (SGP.22 5.6, 5.8): requests and responses as structs that know neither JSON nor
 * HTTP, and their ASN.1 binding (6.6: A2 { BF39 .. }). The JSON binding is api's and terminal's: it
 * fills the same structs.
 *
 * DER parts are spans of the whole TLV, as the JSON binding carries them in base64:
 * serverSignature1 begins 5F3740, euiccCiPKIdToBeUsed 0414. */
#ifndef CODEC_RSP_ES9P_H
#define CODEC_RSP_ES9P_H

#include "base/arena.h"
#include "codec/rsp/common.h"
#include "codec/rsp/status.h"

/* ES9+.InitiateAuthentication, ES11 alike (smdp_address is then the SM-DS's) */
struct rsp_initiate_authentication_request {
    struct bytes euicc_challenge; /* RSP_CHALLENGE_LEN bytes, bare */
    struct bytes smdp_address;
    struct bytes euicc_info1;        /* TLV BF20 */
    struct bytes lpa_rsp_capability; /* v3, TLV 03; optional */
};
struct rsp_initiate_authentication_response {
    struct rsp_status status;
    struct bytes transaction_id; /* bare */
    struct bytes server_signed1; /* TLV 30 */
    struct bytes server_signature1;
    struct bytes euicc_ci_pk_id; /* TLV 04 */
    struct bytes server_certificate;
    struct bytes other_certs_in_chain, crl_list; /* v3, contents; optional */
};

/* ES9+.AuthenticateClient */
struct rsp_authenticate_client_request {
    struct bytes transaction_id;
    struct bytes authenticate_server_response; /* TLV BF38 */
};
struct rsp_authenticate_client_response {
    struct rsp_status status;
    struct bytes transaction_id;
    struct bytes profile_metadata; /* TLV BF25 */
    struct bytes smdp_signed2;     /* TLV 30 */
    struct bytes smdp_signature2;
    struct bytes smdp_certificate;
};
/* ES11.AuthenticateClient: same request */
struct rsp_event_entry {
    struct bytes event_id, rsp_server_address;
};
struct rsp_es11_authenticate_client_response {
    struct rsp_status status;
    struct bytes transaction_id;
    const struct rsp_event_entry *entries;
    size_t entries_n;
};

/* ES9+.GetBoundProfilePackage */
struct rsp_get_bound_profile_package_request {
    struct bytes transaction_id;
    struct bytes prepare_download_response; /* TLV BF21 */
};
struct rsp_get_bound_profile_package_response {
    struct rsp_status status;
    struct bytes transaction_id;
    struct bytes bound_profile_package; /* TLV BF36 */
};

/* ES9+.HandleNotification: no response */
struct rsp_handle_notification_request {
    struct bytes pending_notification; /* TLV BF37 or 30 */
};

/* ES9+.CancelSession */
struct rsp_es9p_cancel_session_request {
    struct bytes transaction_id;
    struct bytes cancel_session_response; /* TLV BF41 */
};
struct rsp_es9p_cancel_session_response {
    struct rsp_status status;
};

#define RSP_EVENT_ENTRIES_MAX 1024

/* RemoteProfileProvisioningRequest. function: one of the ES9+ five; ES11's calls are the same on
 * the wire and come out as ES9+'s. */
struct rsp_es9p_request {
    enum rsp_function function;
    union {
        struct rsp_initiate_authentication_request initiate_authentication;
        struct rsp_authenticate_client_request authenticate_client;
        struct rsp_get_bound_profile_package_request get_bound_profile_package;
        struct rsp_handle_notification_request handle_notification;
        struct rsp_es9p_cancel_session_request cancel_session;
    };
};
/* XK_E_UNSUPPORTED: a function that is not one of these. What has to be put together anew lies in
 * the arena (the BF41 inside a CancelSession). */
enum xk_err rsp_decode_es9p_request(struct bytes der, struct arena *a, struct rsp_es9p_request *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_es9p_request(const struct rsp_es9p_request *in, struct buf *out)
    XK_MUST_CHECK;

/* RemoteProfileProvisioningResponse. A status that is not success is encoded as its asn1 integer
 * (127 when it has none); a decoded integer is looked up in status.def. */
struct rsp_es9p_response {
    enum rsp_function function; /* RSP_ES11_AUTHENTICATE: BF40 */
    union {
        struct rsp_initiate_authentication_response initiate_authentication;
        struct rsp_authenticate_client_response authenticate_client;
        struct rsp_es11_authenticate_client_response es11_authenticate_client;
        struct rsp_get_bound_profile_package_response get_bound_profile_package;
        struct rsp_es9p_cancel_session_response cancel_session;
    };
};
enum xk_err rsp_decode_es9p_response(struct bytes der, struct arena *a,
                                     struct rsp_es9p_response *out) XK_MUST_CHECK;
enum xk_err rsp_encode_es9p_response(const struct rsp_es9p_response *in, struct buf *out)
    XK_MUST_CHECK;

#endif
