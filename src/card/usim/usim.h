/* SPDX-License-Identifier: Apache-2.0 */
/* The domestic composite card: UICC (TS 102 221), USIM (TS 31.102), 2G DF (TS 51.011), toolkit
 * (TS 31.111), SCP80 (TS 31.115) and the write applet (docs/write-script.md). A pure engine: APDU
 * in, APDU out; no socket, no file, no clock. One thread at a time per card. */
#ifndef CARD_USIM_USIM_H
#define CARD_USIM_USIM_H

#include "base/clock.h"
#include "card/usim/nvm.h"
#include "codec/scp80/scp80.h"
#include "crypto/aka.h"

#define USIM_CID_DIGITS 20
#define USIM_ATR_MAX 33

/* What the card maker puts in. Numbers as text (codec/ef). */
struct usim_personalisation {
    char cid[USIM_CID_DIGITS + 1];
    char iccid[21];
    char imsi[16];   /* of the seed; "" for a blank card */
    char msisdn[24]; /* of the seed; may be "" */
    char smsc[24];
    char platform_address[24];  /* where reports go when no command has told another */
    uint8_t mnc_len;            /* 2 or 3 */
    struct aka_subscriber seed; /* K, OPc */
    uint8_t keyset;             /* SCP80 key version 1..15 */
    uint8_t kic_alg, kid_alg;   /* SCP80_ALG_x */
    struct scp80_keys ota;
    struct secret kik;
    char pin1[9], puk1[9], pin2[9], puk2[9], adm1[17]; /* pin1 "" : disabled at delivery */
    enum nvm_grade grade;
};

struct usim;

/* Formats the memory and writes the card. The memory must outlive the card. */
enum xk_err usim_manufacture(const struct nvm_port *port, const struct usim_personalisation *p,
                             const struct xk_rand *rand, struct usim **out) XK_MUST_CHECK;
/* Opens a card that was made before; finishes or undoes what a power cut broke. XK_E_FORMAT when
 * the memory holds no card. */
enum xk_err usim_open(const struct nvm_port *port, const struct xk_rand *rand, struct usim **out)
    XK_MUST_CHECK;
void usim_free(struct usim *card);

/* The answer to reset without a reset, for a reader that only looks whether there is a card. */
struct bytes usim_atr(void);
/* Power on or reset: volatile state is gone, the journal is recovered. *atr stays valid. */
enum xk_err usim_reset(struct usim *card, struct bytes *atr) XK_MUST_CHECK;
/* One command, one response (data and SW) into out (at least APDU_RESPONSE_MAX). Whatever the peer
 * sends is answered; an error is ours only: XK_E_CLOSED when power was cut in the middle (the
 * caller resets), XK_E_IO when the memory failed. */
enum xk_err usim_transmit(struct usim *card, struct bytes command, struct buf *out) XK_MUST_CHECK;

/* For people and tests; not reachable over APDU. */
enum usim_bank { USIM_BANK_SEED, USIM_BANK_A, USIM_BANK_B };
struct usim_state {
    char cid[USIM_CID_DIGITS + 1];
    char iccid[21], imsi[16], msisdn[24];
    enum usim_bank bank;  /* in use */
    bool prepared;        /* a script waits for its COMMIT */
    bool awaiting_attach; /* switched, the new number has not attached yet */
    bool report_due;      /* the report of last_result has not been sent yet */
    uint8_t last_result;  /* enum script_result of the last script */
    uint64_t down_counter, up_counter;
    struct nvm_wear wear;
};
enum xk_err usim_get_state(struct usim *card, struct usim_state *out) XK_MUST_CHECK;
/* The card as it is is whole: banks, files and journal agree. XK_E_STATE names a mixture.
 * XK_E_CLOSED: its power was cut; the next reset plays the journal back, then it can be told. */
enum xk_err usim_check(struct usim *card) XK_MUST_CHECK;
/* Memory this card takes besides its non-volatile memory. */
size_t usim_bytes(const struct usim *card);

#endif
