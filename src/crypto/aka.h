/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication and key agreement (TS 33.102): what card and authentication centre share.
 * Algorithms: Milenage (TS 35.206, crypto/milenage.h), TUAK (TS 35.231, crypto/tuak.h), and the
 * test algorithm of test USIMs (TS 34.108 8.1.2, crypto/testalgo.h). */
#ifndef CRYPTO_AKA_H
#define CRYPTO_AKA_H

#include <endian.h>

#include "base/secret.h"

#define AKA_RAND_LEN 16
#define AKA_AUTN_LEN 16
#define AKA_AUTS_LEN 14
#define AKA_SQN_LEN 6
#define AKA_AMF_LEN 2
#define AKA_MAC_LEN 8 /* MAC-A and MAC-S; TUAK is used with 64 bits as well */
#define AKA_AK_LEN 6
#define AKA_RES_MAX 16
#define AKA_CK_LEN 16
#define AKA_KC_LEN 8
#define AKA_SRES_LEN 4
#define AKA_MILENAGE_CR_LEN 85 /* r1..r5 (1 byte each) then c1..c5 (16 bytes each) */

/* Values: tag 89 of the write script (which has no test algorithm), algorithmID of a profile */
enum aka_algorithm { AKA_MILENAGE = 1, AKA_TUAK = 2, AKA_TEST = 3 };

/* The subscriber's secrets, on card and in the authentication centre alike. */
struct aka_subscriber {
    enum aka_algorithm algorithm;
    struct secret k;   /* 16; TUAK also 32 */
    struct secret opc; /* 16 (OPc), or 32 for TUAK (TOPc) */
    bool has_cr;       /* own constants instead of TS 35.206's */
    uint8_t cr[AKA_MILENAGE_CR_LEN];
    uint8_t res_len;    /* 8 for Milenage; TUAK 4, 8 or 16; test algorithm 4 to 16; 0 means 8 */
    uint8_t iterations; /* of TUAK's permutation; 0 means 1 */
};

struct aka_vector {
    uint8_t rand[AKA_RAND_LEN];
    uint8_t autn[AKA_AUTN_LEN];
    uint8_t res[AKA_RES_MAX];
    uint8_t res_n;
    uint8_t ck[AKA_CK_LEN];
    uint8_t ik[AKA_CK_LEN];
    uint8_t sres[AKA_SRES_LEN]; /* c2 */
    uint8_t kc[AKA_KC_LEN];     /* c3 */
};

/* Network side. sqn: 6 bytes, big-endian. */
enum xk_err aka_make_vector(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                            const uint8_t sqn[AKA_SQN_LEN], const uint8_t amf[AKA_AMF_LEN],
                            struct aka_vector *out) XK_MUST_CHECK;
/* Checks AUTS for this RAND; XK_E_AUTH when MAC-S is wrong. sqn_ms is the card's. */
enum xk_err aka_open_auts(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                          const uint8_t auts[AKA_AUTS_LEN], uint8_t sqn_ms[AKA_SQN_LEN])
    XK_MUST_CHECK;

/* Card side: checks MAC-A (XK_E_AUTH) and gives the network's SQN and AMF with all keys; freshness
 * is asked of aka_sqn_accept afterwards. vector->rand and ->autn are copied in. */
enum xk_err aka_check_autn(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                           const uint8_t autn[AKA_AUTN_LEN], uint8_t sqn[AKA_SQN_LEN],
                           uint8_t amf[AKA_AMF_LEN], struct aka_vector *vector) XK_MUST_CHECK;
enum xk_err aka_make_auts(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                          const uint8_t sqn_ms[AKA_SQN_LEN], uint8_t auts[AKA_AUTS_LEN])
    XK_MUST_CHECK;
/* GSM context (no AUTN): SRES and Kc by c2 and c3 from the same K (TS 33.102 6.8.1.2). */
enum xk_err aka_gsm(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                    uint8_t sres[AKA_SRES_LEN], uint8_t kc[AKA_KC_LEN]) XK_MUST_CHECK;

/* Sequence numbers, TS 33.102 annex C: SQN = SEQ (43 bits) | IND (5 bits), an array of 32 on the
 * card. Delta = 2^28. */
#define AKA_IND_BITS 5
#define AKA_IND_COUNT 32
#define AKA_SQN_DELTA (1ull << 28)

struct aka_sqn_array {
    uint64_t seq[AKA_IND_COUNT];
};

enum aka_freshness { AKA_FRESH, AKA_STALE };

/* What a card checks besides that a SEQ is higher than the one of its slot (TS 33.102 C.2): no
 * jump of more than delta past the highest SEQ (C.2.1), none older than it by age_limit or more
 * (C.2.2). 0: not checked. */
struct aka_sqn_rules {
    uint64_t delta, age_limit;
};

/* Of the test algorithm only: this AMF asks the card to resynchronise; any other SQN is taken (TS
 * 34.108 8.1.2.2). */
#define AKA_AMF_RESYNCH "\xFF\xFF"

static inline uint64_t aka_sqn_get(const uint8_t sqn[AKA_SQN_LEN])
{
    uint32_t high;
    uint16_t low;

    memcpy(&high, sqn, sizeof high);
    memcpy(&low, sqn + sizeof high, sizeof low);
    return (uint64_t)be32toh(high) << 16 | be16toh(low);
}

static inline void aka_sqn_put(uint64_t value, uint8_t sqn[AKA_SQN_LEN])
{
    uint32_t high = htobe32((uint32_t)(value >> 16));
    uint16_t low = htobe16((uint16_t)value);

    memcpy(sqn, &high, sizeof high);
    memcpy(sqn + sizeof high, &low, sizeof low);
}

/* AKA_FRESH and *slot: the caller stores seq in that slot (the card does so in non-volatile
 * memory). */
enum aka_freshness aka_sqn_check(const struct aka_sqn_array *a, const uint8_t sqn[AKA_SQN_LEN],
                                 unsigned *slot);
/* The same by rules of one's own. */
enum aka_freshness aka_sqn_check_by(const struct aka_sqn_array *a,
                                    const struct aka_sqn_rules *rules,
                                    const uint8_t sqn[AKA_SQN_LEN], unsigned *slot);
/* The highest SQN over all slots, for AUTS. */
void aka_sqn_highest(const struct aka_sqn_array *a, uint8_t sqn[AKA_SQN_LEN]);
/* Network: the next SQN after `sqn` with this IND. */
uint64_t aka_sqn_next(uint64_t sqn, unsigned ind);

#endif
