/* SPDX-License-Identifier: Apache-2.0 */
/* BoundProfilePackage (SGP.22 2.5.4), BF36, and the commands inside it (5.5).
 *
 *   BF36 L { BF23 initialiseSecureChannel
 *            A0 { 87.. }          ConfigureISDP
 *            A1 { 88.. [88..] }   StoreMetadata
 *           [A2 { 87.. }]         ReplaceSessionKeys
 *            A3 { 86.. 86.. } }   profile elements
 *
 * smdpSign is over rsp_smdp_sign_input(): the members of BF23 before it as they stand, and the
 * eUICC's key as TLV 5F49. */
#ifndef CODEC_RSP_BPP_H
#define CODEC_RSP_BPP_H

#include "codec/rsp/common.h"

#define RSP_REMOTE_OP_INSTALL 1
#define RSP_KEY_TYPE_AES 0x88
#define RSP_KEY_LEN_AES128 0x10
#define RSP_PPK_LEN 16
#define RSP_BPP_SIGN_INPUT_MAX 256

/* BF23 */
struct rsp_initialise_secure_channel {
    struct bytes raw; /* TLV */
    uint32_t remote_op_id;
    struct bytes transaction_id;
    uint8_t key_type, key_len;
    struct bytes host_id;     /* 1 to 16 bytes */
    struct bytes smdp_otpk;   /* value, RSP_OTPK_LEN */
    struct bytes smdp_sign;   /* TLV 5F37 */
    struct bytes signed_part; /* the members before smdpSign, as they stand; set by the decoder */
};
enum xk_err rsp_decode_initialise_secure_channel(struct bytes der,
                                                 struct rsp_initialise_secure_channel *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_initialise_secure_channel(const struct rsp_initialise_secure_channel *in,
                                                 struct buf *out) XK_MUST_CHECK;
/* What smdpSign is over. From signed_part when it is set, else encoded from the members. */
enum xk_err rsp_smdp_sign_input(const struct rsp_initialise_secure_channel *in,
                                struct bytes euicc_otpk, struct buf *out) XK_MUST_CHECK;

/* BF24, inside the first 87s */
#define RSP_DP_PROPRIETARY_MAX 128 /* TLV B8 */
struct rsp_configure_isdp {
    struct bytes dp_proprietary_data; /* contents of B8; optional */
};
enum xk_err rsp_decode_configure_isdp(struct bytes der, struct rsp_configure_isdp *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_configure_isdp(const struct rsp_configure_isdp *in, struct buf *out)
    XK_MUST_CHECK;

/* BF26, inside the second 87s */
struct rsp_replace_session_keys {
    struct bytes initial_mac_chaining_value, ppk_enc, ppk_cmac; /* RSP_PPK_LEN each */
};
enum xk_err rsp_decode_replace_session_keys(struct bytes der, struct rsp_replace_session_keys *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_replace_session_keys(const struct rsp_replace_session_keys *in,
                                            struct buf *out) XK_MUST_CHECK;

/* BF36 as a whole. The sequences are their contents: runs of 87, 88, 87, 86 TLVs. */
struct rsp_bound_profile_package {
    struct bytes raw; /* TLV */
    struct rsp_initialise_secure_channel initialise_secure_channel;
    struct bytes first_87, metadata_88;
    struct bytes second_87; /* optional */
    struct bytes elements_86;
};
enum xk_err rsp_decode_bound_profile_package(struct bytes der,
                                             struct rsp_bound_profile_package *out) XK_MUST_CHECK;
enum xk_err rsp_encode_bound_profile_package(const struct rsp_bound_profile_package *in,
                                             struct buf *out) XK_MUST_CHECK;

/* The pieces an LPA sends, each as one ES10b.LoadBoundProfilePackage (SGP.22 2.5.5): BF36 header
 * with BF23; A0 whole; A1 header; each 88; A2 whole; A3 header; each 86.
 *
 *     rsp_bpp_pieces_init(&it, raw);  while (rsp_bpp_pieces_next(&it, &piece)) ...
 *     rsp_bpp_pieces_init checks the whole package first, so that next cannot fail. */
struct rsp_bpp_pieces {
    struct rsp_bound_profile_package bpp;
    struct der list; /* members of the sequence that is being sent one by one */
    unsigned step;
    size_t done, total; /* pieces, for progress */
};
enum xk_err rsp_bpp_pieces_init(struct rsp_bpp_pieces *it, struct bytes bpp) XK_MUST_CHECK;
bool rsp_bpp_pieces_next(struct rsp_bpp_pieces *it, struct bytes *piece);

/* The eUICC's side: the package arrives in pieces of any size, cut anywhere. Each whole object
 * comes out once, in order; sequence headers come out as nothing. An object longer than the memory
 * given is XK_E_LIMIT.
 *
 *     in = cur_of(data);
 *     do err = rsp_bpp_reader_next(&r, &in, &object); while an object other than END came out */
enum rsp_bpp_object_kind {
    RSP_BPP_NEED_MORE,   /* the input is used up */
    RSP_BPP_OBJECT_BF23, /* tlv: the whole BF23 */
    RSP_BPP_OBJECT_87,   /* of the first sequence: a ConfigureISDP TLV */
    RSP_BPP_OBJECT_88,   /* metadata */
    RSP_BPP_OBJECT_87_2, /* of the second sequence: a ReplaceSessionKeys TLV */
    RSP_BPP_OBJECT_86,   /* a piece of the profile */
    RSP_BPP_OBJECT_END,  /* the package is complete; input behind it is XK_E_FORMAT */
};
struct rsp_bpp_object {
    enum rsp_bpp_object_kind kind;
    bool last;        /* of its sequence */
    struct bytes tlv; /* in the reader's memory or in the input; until the next call */
};
struct rsp_bpp_reader {
    struct buf part;   /* an object that is not whole yet */
    unsigned step;     /* which member of BF36 */
    size_t total_left; /* of BF36 */
    size_t sequence_left;
    bool in_sequence;
    bool given; /* part holds the object that was given out last */
};
void rsp_bpp_reader_init(struct rsp_bpp_reader *r, void *mem, size_t cap);
/* XK_E_FORMAT: not the structure above; XK_E_LIMIT. The reader is then of no further use. */
enum xk_err rsp_bpp_reader_next(struct rsp_bpp_reader *r, struct cur *in,
                                struct rsp_bpp_object *out) XK_MUST_CHECK;

#endif
