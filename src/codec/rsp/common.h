/* SPDX-License-Identifier: Apache-2.0 */
/* What all RSP messages share (SGP.22 annex H).
 *
 * Conventions of the room:
 *   - rsp_decode_<message>(der, &out): der is the whole message, tag included; out holds spans into
 *     it. XK_E_FORMAT: no DER or a member missing; XK_E_VALUE: a member outside its size or range;
 *     XK_E_LIMIT: more of something than the named limit. out is written only on success.
 *   - rsp_encode_<message>(&in, buf): adds the whole message. XK_E_VALUE: a mandatory span missing
 *     or of the wrong size; otherwise what buf says. On failure what was added is of no use.
 *   - A span that is absent has p == NULL (DER_PRESENT), an empty one has not.
 *   - DER parts that travel on as they are (certificates, what was signed, signatures) are spans of
 *     the whole TLV and named so: "TLV". Nothing that was signed is ever encoded again.
 *   - A struct with a member `raw` was filled by a decoder; an encoder that meets such a struct
 *     with raw set puts raw. Building one by hand leaves raw absent.
 *   - Unknown members behind the known ones are skipped (EXTENSIBILITY IMPLIED). */
#ifndef CODEC_RSP_COMMON_H
#define CODEC_RSP_COMMON_H

#include "codec/der/der.h"
#include "codec/rsp/tags.h"

/* Named bits: RSP_BIT(RSP_EVENT_INSTALL) */
#define RSP_BIT(n) (UINT64_C(1) << (n))

#define RSP_TRANSACTION_ID_MAX 16 /* 1 to 16 bytes */
#define RSP_CHALLENGE_LEN 16
#define RSP_SIGNATURE_LEN 64     /* r || s */
#define RSP_SIGNATURE_TLV_LEN 67 /* 5F 37 40 r s */
#define RSP_OTPK_LEN 65          /* 04 x y */
#define RSP_HASH_LEN 32          /* hashCc */
#define RSP_KEY_ID_LEN 20        /* subject key identifiers of certificate issuers */
#define RSP_KEY_ID_MAX 32        /* taken when received */
#define RSP_KEY_IDS_MAX 16       /* of one list */
#define RSP_ICCID_LEN 10         /* swapped, as in EF_ICCID */
#define RSP_EID_LEN 16
#define RSP_AID_MAX 16
#define RSP_FQDN_MAX 253
#define RSP_MATCHING_ID_MAX 255

/* VersionType: v2.2.0 is RSP_VERSION(2, 2, 0); they compare as numbers. */
#define RSP_VERSION(major, minor, revision)                                                        \
    ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8 | (uint32_t)(revision))
#define RSP_VERSION_TEXT_MAX 12
char *rsp_version_text(uint32_t version, char out[RSP_VERSION_TEXT_MAX]); /* "2.2.0" */
/* From "2.2.0" or "2.2". XK_E_FORMAT. */
enum xk_err rsp_version_from_text(struct bytes text, uint32_t *out) XK_MUST_CHECK;

/* Signatures travel as TLVs. The 64 bytes inside; absent when it is not a whole 5F37 of 64. */
struct bytes rsp_signature_value(struct bytes tlv);
/* The TLV around r || s. */
void rsp_signature_tlv(const uint8_t value[RSP_SIGNATURE_LEN], uint8_t out[RSP_SIGNATURE_TLV_LEN]);

/* SEQUENCE OF SubjectKeyIdentifier */
struct rsp_key_ids {
    struct bytes id[RSP_KEY_IDS_MAX];
    size_t n;
};
bool rsp_key_ids_have(const struct rsp_key_ids *list, struct bytes id);

/* OperatorId, SGP.22 2.4.5.3.1 */
struct rsp_operator_id {
    struct bytes mcc_mnc; /* 3 bytes, TS 24.008 */
    struct bytes gid1, gid2;
};
#define RSP_MCC_MNC_LEN 3
#define RSP_MCC_MNC_TEXT 7 /* with the NUL */
/* MCC and MNC, 5 or 6 digits. XK_E_FORMAT. */
enum xk_err rsp_mcc_mnc_from_text(struct bytes text, uint8_t out[RSP_MCC_MNC_LEN]) XK_MUST_CHECK;
/* Five characters for an MNC of two digits; E, any digit, as it is; "" when it is absent. */
char *rsp_mcc_mnc_text(struct bytes mcc_mnc, char out[RSP_MCC_MNC_TEXT]);

/* hashCc = SHA256(SHA256(confirmation code) || transactionId), SGP.22 4.1.2. The code's characters
 * as they were typed. */
enum xk_err rsp_hash_cc(struct bytes code, struct bytes transaction_id, uint8_t out[RSP_HASH_LEN])
    XK_MUST_CHECK;
/* The same from SHA256(confirmation code), which is what a server keeps. */
enum xk_err rsp_hash_cc_from_hash(const uint8_t code_hash[RSP_HASH_LEN],
                                  struct bytes transaction_id, uint8_t out[RSP_HASH_LEN])
    XK_MUST_CHECK;

/* Messages of one number: tag { 80 result } */
enum xk_err rsp_decode_result(struct bytes der, uint32_t tag, uint32_t *result) XK_MUST_CHECK;
enum xk_err rsp_encode_result(uint32_t tag, uint32_t result, struct buf *out) XK_MUST_CHECK;

/* For members that are taken in any order: false, and d failed, when this tag was there already.
 * Beyond RSP_SEEN_MAX different tags no more are remembered. */
#define RSP_SEEN_MAX 48
struct rsp_seen {
    uint32_t tag[RSP_SEEN_MAX];
    size_t n;
};
bool rsp_first_time(struct rsp_seen *seen, struct der *d, uint32_t tag);
bool rsp_was_seen(const struct rsp_seen *seen, uint32_t tag);

/* Typed members shared by the decoders of this room. */
uint32_t rsp_get_version(struct der *d, uint32_t tag);
void rsp_put_version(struct buf *b, uint32_t tag, uint32_t version);
struct bytes rsp_get_transaction_id(struct der *d); /* [0] 1..16 bytes */
struct bytes rsp_get_signature(struct der *d);      /* the TLV; 64 bytes inside */
struct bytes rsp_get_iccid(struct der *d);          /* 5A, 10 bytes */
void rsp_get_key_ids(struct der *d, uint32_t tag, struct rsp_key_ids *out);
void rsp_put_key_ids(struct buf *b, uint32_t tag, const struct rsp_key_ids *ids);
void rsp_get_operator_id(struct der *d, uint32_t tag, struct rsp_operator_id *out);
void rsp_put_operator_id(struct buf *b, uint32_t tag, const struct rsp_operator_id *id);
/* XK_OK when every span is present and of its exact length (0: any): for encoders. */
struct rsp_need {
    struct bytes span;
    size_t min, max; /* max 0: no bound */
};
enum xk_err rsp_check_needs(const struct rsp_need *needs, size_t n) XK_MUST_CHECK;

#endif
