/* SPDX-License-Identifier: Apache-2.0 */
/* An eUICC and its LPA for tests of servers: it signs with a key of rsp_pki, checks all that a
 * server signs, and opens bound packages with codec/bsp. It has no files and no APDUs: the real one
 * is card/euicc. Trouble of its own ends the program; what a server gets wrong is a failed CHECK.
 * What it returns lives in its arena. */
#ifndef TESTS_RSP_CARD_H
#define TESTS_RSP_CARD_H

#include "codec/rsp/authenticate.h"
#include "codec/rsp/bpp.h"
#include "codec/rsp/es9p.h"
#include "codec/rsp/notification.h"
#include "crypto/ecdh.h"
#include "rsp_pki.h"

/* Faults, one at a time: what the card signs stays signed, but says something else. */
enum rsp_card_fault {
    CARD_RIGHT,
    CARD_BAD_SIGNATURE,
    CARD_OTHER_TRANSACTION,
    CARD_OTHER_CHALLENGE,
    CARD_OTHER_ADDRESS,
    CARD_OTHER_OID,
    CARD_OTHER_ICCID,
    CARD_NO_ICCID,
    CARD_REFUSES,        /* answers with an error of its own */
    CARD_OFF_CURVE_OTPK, /* a one-time key that is no point */
};

struct rsp_card {
    struct rsp_pki *pki;
    struct rsp_cert cert;
    char eid[33];
    struct xk_prng prng;
    struct xk_rand rand;
    struct arena *arena;
    enum rsp_card_fault fault;
    /* what it says of itself */
    struct rsp_euicc_info2 info2;
    struct rsp_device_info device;
    const char *address;     /* what its LPA dials */
    const char *matching_id; /* NULL: none is sent */
    /* of the session */
    uint8_t challenge[RSP_CHALLENGE_LEN];
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    size_t transaction_id_len;
    struct bytes euicc_signature1, smdp_signature2;
    struct bytes metadata; /* as announced */
    struct bytes offered_otpk;
    bool cc_required;
    /* one-time key, kept for a retry */
    bool has_otsk;
    struct ecdh_key otsk;
    uint32_t seq; /* of the last notification */
};

void rsp_card_init(struct rsp_card *card, struct rsp_pki *pki, const char *eid,
                   struct arena *arena);

struct rsp_initiate_authentication_request rsp_card_initiate(struct rsp_card *card);
/* The AuthenticateServerResponse BF38, after having checked what the server signed. */
struct rsp_authenticate_client_request
rsp_card_authenticate(struct rsp_card *card,
                      const struct rsp_initiate_authentication_response *server);

enum rsp_card_otpk { CARD_NEW_OTPK, CARD_SAME_OTPK };
/* The PrepareDownloadResponse BF21; code NULL: none was typed in. */
struct rsp_get_bound_profile_package_request
rsp_card_prepare(struct rsp_card *card, const struct rsp_authenticate_client_response *server,
                 const char *code, enum rsp_card_otpk otpk);
/* The same without looking at the answer again: another code in the same session. */
struct rsp_get_bound_profile_package_request
rsp_card_prepare_again(struct rsp_card *card, const char *code, enum rsp_card_otpk otpk);

struct rsp_card_package {
    struct bytes metadata, upp;
    struct bytes smdp_otpk;
    size_t metadata_tlvs, element_tlvs, longest_tlv;
    bool replaced; /* with ReplaceSessionKeys */
};
/* Checks and opens a whole BF36. False and a failed CHECK when anything is wrong with it. */
bool rsp_card_load(struct rsp_card *card, struct bytes bpp, struct rsp_card_package *out);

#define CARD_INSTALLED UINT32_MAX
/* ProfileInstallationResult; reason: enum rsp_error_reason, or CARD_INSTALLED. */
struct rsp_handle_notification_request rsp_card_result(struct rsp_card *card, const char *iccid,
                                                       uint32_t reason);
struct rsp_handle_notification_request rsp_card_notify(struct rsp_card *card, const char *iccid,
                                                       enum rsp_event event);
struct rsp_es9p_cancel_session_request rsp_card_cancel(struct rsp_card *card, uint32_t reason);

#endif
