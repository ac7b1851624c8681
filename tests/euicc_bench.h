/* SPDX-License-Identifier: Apache-2.0 */
/* An eUICC on the bench, and what speaks to it: an LPA over APDUs and an SM-DP+ made of codec/rsp,
 * codec/bsp and rsp_pki. The SM-DP+ says what struct dp says, right or wrong, and signs it.
 * Trouble of the bench ends the program; what the card answers is for the test.
 *
 *     bench_init(&b, EC_P256);  bench_open(&b);
 *     CHECK_INT(bench_install(&b), BENCH_INSTALLED);
 *     bench_fini(&b); */
#ifndef TESTS_EUICC_BENCH_H
#define TESTS_EUICC_BENCH_H

#include "card/euicc/euicc.h"
#include "codec/apdu/apdu.h"
#include "codec/bsp/bsp.h"
#include "codec/rsp/rsp.h"
#include "crypto/ecdh.h"
#include "rsp_pki.h"

#define BENCH_ICCID "8949449999999990023"
#define BENCH_ICCID2 "8949449999999990031"
#define BENCH_ICCID3 "8949449999999990049"
#define BENCH_OTHER "notify.example.com"
#define BENCH_INSTALLED UINT32_MAX
#define BENCH_SIZE ((size_t)64 << 10)

/* What the SM-DP+ says; bench_init sets what is right. */
struct dp {
    struct rsp_cert auth, pb;
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    const char *address;
    struct bytes ci; /* euiccCiPKIdToBeUsed */
    bool bend_signature1, bend_signature2, bend_challenge;
    /* SmdpSigned2 */
    bool cc_required, other_transaction2;
    struct bytes hash_cc;
    struct bytes otpk_named; /* bppEuiccOtpk */
    /* BF23 */
    uint32_t remote_op_id;
    uint8_t key_type, key_len;
    bool other_transaction3, bend_sign3, off_curve;
    /* what is protected */
    struct bytes dp_proprietary; /* contents of B8 */
    struct bytes isdp_raw;       /* BF24 as it is, when present */
    struct rsp_metadata metadata;
    struct bytes metadata_raw; /* instead of metadata, when present */
    bool replace_keys;
    size_t ppk_len;        /* of the keys in ReplaceSessionKeys; 0: right */
    struct bytes upp;      /* when present, instead of the bench's own */
    const char *upp_iccid; /* header of the bench's own package; NULL: as the metadata */
    struct ecdh_key otsk;
};

struct bench {
    struct rsp_pki *pki;
    struct rsp_cert identity;
    struct euicc_personalisation made_of;
    struct flash_memory *memory;
    struct flash_port port;
    struct xk_prng prng;
    struct xk_rand rand;
    struct euicc *card;
    struct dp dp;
    uint8_t iccid[RSP_ICCID_LEN];
    unsigned channel;
    size_t block;    /* bytes of one STORE DATA; 0: 255 */
    bool power_lost; /* the card said XK_E_CLOSED */
    uint16_t sw;
    struct buf answer; /* data of the last command, all of it */
    /* of the session */
    uint8_t challenge[RSP_CHALLENGE_LEN], server_challenge[RSP_CHALLENGE_LEN];
    uint8_t euicc_signature1[RSP_SIGNATURE_TLV_LEN], smdp_signature2[RSP_SIGNATURE_TLV_LEN];
    uint8_t euicc_otpk[RSP_OTPK_LEN];
    /* the last result BF37, read: spans into `answer` */
    struct rsp_profile_installation_result result;
};

void bench_init(struct bench *b, enum ec_curve curve);
/* made_of may be changed before: makes the card. bench_init has made one with the usual values. */
void bench_make(struct bench *b);
void bench_fini(struct bench *b);
/* A card over a copy of the memory, with the bench's PKI (which must live longer). */
void bench_copy(const struct bench *b, struct bench *out);
void bench_copy_fini(struct bench *copy);
/* Reset, MANAGE CHANNEL, SELECT ISD-R; TERMINAL PROFILE with REFRESH when the terminal has one. */
enum bench_terminal { TERMINAL_PLAIN, TERMINAL_TOOLKIT };
void bench_open(struct bench *b);
void bench_open_as(struct bench *b, enum bench_terminal terminal);

/* One APDU, in hexadecimal or not; answer without SW. */
void bench_apdu(struct bench *b, struct bytes command);
void bench_hex(struct bench *b, const char *command);
/* STORE DATA in blocks, then GET RESPONSE until all has come. */
struct bytes bench_es10(struct bench *b, struct bytes request);
struct bytes bench_es10_hex(struct bench *b, const char *request);
/* `tag` { 80 number } of the last answer; UINT32_MAX when it is none. */
uint32_t bench_result(const struct bench *b, uint32_t tag);
/* FETCH what waits and answer it with this result; the type of the command, 0 for none. */
uint8_t bench_serve(struct bench *b, uint8_t result);

/* A request of the server as dp says it now. */
void bench_put_authenticate(struct bench *b, struct buf *out);
void bench_put_prepare(struct bench *b, struct buf *out);
void bench_put_package(struct bench *b, struct buf *out);
void bench_put_metadata(const struct bench *b, struct buf *out);
/* The smallest package there is: header, MF, end. */
void bench_put_upp(const char *iccid, struct buf *out);

/* The steps; error codes of the card, 0 for ok. UINT32_MAX: a status word instead (b->sw). */
void bench_challenge(struct bench *b);
uint32_t bench_authenticate(struct bench *b); /* with a challenge before it */
uint32_t bench_send_authenticate(struct bench *b, struct bytes request);
uint32_t bench_prepare(struct bench *b);
uint32_t bench_send_prepare(struct bench *b, struct bytes request);
/* As the pieces of SGP.22 2.5.5. The reason, BENCH_INSTALLED, or 0 without a result. */
uint32_t bench_load(struct bench *b, struct bytes package);
uint32_t bench_piece(struct bench *b, struct bytes piece);
/* All of it. */
uint32_t bench_install(struct bench *b);
uint32_t bench_install_iccid(struct bench *b, const char *iccid);
void bench_use_iccid(struct bench *b, const char *iccid);

/* ES10c by ICCID */
enum bench_refresh { NO_REFRESH, REFRESH };
uint32_t bench_enable(struct bench *b, const char *iccid, enum bench_refresh refresh);
uint32_t bench_disable(struct bench *b, const char *iccid, enum bench_refresh refresh);
uint32_t bench_delete(struct bench *b, const char *iccid);
/* "8949449999999990023 8949449999999990031*": profiles in order, * the enabled one */
const char *bench_profiles(struct bench *b);
/* "1:install@host 2:enable@host": what ListNotification says */
const char *bench_notifications(struct bench *b);

#endif
