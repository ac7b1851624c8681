/* SPDX-License-Identifier: Apache-2.0 */
/* The eUICC (SGP.22 v2.5 and the members of v3 that make sense without an operating phone): ISD-R,
 * ECASD and the profiles. A pure engine: APDU in, APDU out; no socket, no file, no clock. All that
 * one APDU changes is one transaction of its memory. One thread at a time per card. */
#ifndef CARD_EUICC_EUICC_H
#define CARD_EUICC_EUICC_H

#include "card/euicc/flash.h"
#include "codec/rsp/eid.h"
#include "codec/rsp/rat.h"
#include "crypto/ec.h"

#define EUICC_IDENTITIES_MAX 4 /* certificates of the card, each under another CI */
#define EUICC_CIS_MAX 8        /* CIs whose servers it believes */
#define EUICC_PROFILES_MAX 16
#define EUICC_ADDITIONAL_DS_MAX 8
#define EUICC_CAPACITY (1u << 20) /* bytes of memory when the maker says nothing */

/* A certificate of the card, and who vouches for it. DER. */
struct euicc_identity {
    struct bytes ci_certificate, eum_certificate, certificate;
    const struct ec_key *key;
};

/* What the maker puts in. All of it is copied. */
struct euicc_personalisation {
    char eid[EID_TEXT_MAX];
    struct euicc_identity identities[EUICC_IDENTITIES_MAX]; /* in order of preference */
    size_t n_identities;
    struct bytes ci_certificates[EUICC_CIS_MAX]; /* more CIs to believe; those above are anyway */
    size_t n_ci_certificates;
    const char *default_dp; /* NULL or "": none */
    const char *root_ds;    /* NULL or "": none */
    const char *additional_ds[EUICC_ADDITIONAL_DS_MAX];
    size_t n_additional_ds;
    struct rsp_rat rat;       /* rules authorisation table; may be empty */
    uint64_t forbidden_ppr;   /* RSP_BIT(enum rsp_ppr) */
    uint32_t lowest_svn;      /* RSP_VERSION; 0: 2.5.0 */
    uint32_t highest_svn;     /* 0: none is told, as in v2 */
    uint32_t profile_version; /* SAIP; 0: 2.3.1 */
    uint32_t capacity;        /* of the memory; 0: EUICC_CAPACITY */
};

struct euicc;

/* Formats the memory and writes the card. Port and rand must outlive it. XK_E_VALUE: no EID, no
 * identity, a certificate that is none, a key that does not belong to it; *why (may be NULL) says
 * which. */
enum xk_err euicc_manufacture(const struct flash_port *port, const struct euicc_personalisation *p,
                              const struct xk_rand *rand, struct euicc **out, const char **why)
    XK_MUST_CHECK;
/* Opens a card that was made before. XK_E_FORMAT when the memory holds no card. */
enum xk_err euicc_open(const struct flash_port *port, const struct xk_rand *rand,
                       struct euicc **out) XK_MUST_CHECK;
void euicc_free(struct euicc *card); /* wipes; NULL is fine */

struct bytes euicc_atr(void);
/* Power on or reset: volatile state is gone, a torn transaction is dropped, what waited for the
 * reset is done (REFRESH), a load that was cut off is told as such. *atr stays valid. */
enum xk_err euicc_reset(struct euicc *card, struct bytes *atr) XK_MUST_CHECK;
/* One command, one response (data and SW) into out (at least APDU_RESPONSE_MAX). Whatever the peer
 * sends is answered; an error is ours only: XK_E_CLOSED when power was cut in the middle (the
 * caller resets), XK_E_IO when the memory failed. */
enum xk_err euicc_transmit(struct euicc *card, struct bytes command, struct buf *out) XK_MUST_CHECK;

/* For people and tests; not reachable over APDU. */
struct euicc_profile_state {
    char iccid[21];
    bool enabled;
    uint32_t profile_class; /* enum rsp_profile_class */
};
struct euicc_state {
    char eid[EID_TEXT_MAX];
    struct euicc_profile_state profiles[EUICC_PROFILES_MAX];
    size_t n_profiles;
    size_t n_notifications;
    uint32_t next_seq;
    uint32_t capacity, used;
    bool loading; /* a package is being loaded */
};
enum xk_err euicc_get_state(struct euicc *card, struct euicc_state *out) XK_MUST_CHECK;
/* The card is whole: at most one profile enabled, each row with its profile and its metadata, no
 * profile without a row. XK_E_STATE names a mixture. */
enum xk_err euicc_check(struct euicc *card) XK_MUST_CHECK;
/* Memory this card takes besides its non-volatile memory. */
size_t euicc_bytes(const struct euicc *card);

#endif
