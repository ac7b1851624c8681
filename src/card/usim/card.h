/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a card, and one command on its way through it. */
#ifndef CARD_USIM_CARD_H
#define CARD_USIM_CARD_H

#include "card/usim/fs.h"
#include "card/usim/toolkit.h"
#include "card/usim/usim.h"
#include "codec/apdu/apdu.h"
#include "codec/sms/sms.h"

#define CHANNELS 4
#define NO_EF (-1)
#define HELD_MAX 256

struct channel {
    bool open;
    bool usim; /* the application is active here (TS 102 221 8.5) */
    uint8_t df;
    int16_t ef;
    uint8_t record; /* current record, 0: none */
};

/* Response data that waits for GET RESPONSE; memory only while there is some. */
struct held {
    uint8_t *p;
    uint16_t n, at;
};

struct usim {
    struct nvm_port port;
    struct xk_rand rand;
    struct nvm *nvm;
    uint8_t bank;         /* the identity shown: a new one is shown from the reset or REFRESH on */
    uint8_t shown_before; /* the one that is shown again when the terminal refuses REFRESH */
    bool dead;            /* the memory failed; nothing is answered until the reset */
    uint8_t verified;     /* a bit for each enum image_pin_id */
    uint8_t unproven;     /* packets without proof that were answered by message */
    struct channel channel[CHANNELS];
    struct held held;
    struct toolkit toolkit;
    struct sms_reassembly *sms; /* while parts are missing */
};

/* One command and what is to be answered. Data goes to out, the status word behind it at the
 * end. */
struct exchange {
    struct apdu_command c;
    struct channel *ch;
    bool gsm; /* class A0: TS 51.011 */
    struct buf *out;
    uint16_t sw;
};

/* Handlers (commands.def). A refusal is x->sw; an error is trouble with our memory. */
#define COMMAND(classes, ins, handler, security)                                                   \
    enum xk_err handler(struct usim *card, struct exchange *x) XK_MUST_CHECK;
#include "card/usim/commands.def"
#undef COMMAND

#define SW_TRIES(n) (uint16_t)(0x63C0 | (n))
#define SW_SEARCH_FAILED 0x6282
#define SW_LE(n) (uint16_t)(0x6C00 | ((n)&0xFF))

static inline enum xk_err refuse(struct exchange *x, uint16_t sw)
{
    x->sw = sw;
    return XK_OK;
}

/* Case 2: the data goes with this answer; Le must be right (6Cxx). */
enum xk_err answer_now(struct exchange *x, struct bytes data) XK_MUST_CHECK;
/* Case 4 (T=0): the data waits for GET RESPONSE (61xx, 9Fxx). */
enum xk_err answer_later(struct usim *card, struct exchange *x, struct bytes data) XK_MUST_CHECK;

/* Fields of the memory image. */
enum xk_err card_get(struct usim *card, uint32_t at, uint8_t *out, size_t n) XK_MUST_CHECK;
enum xk_err card_put(struct usim *card, uint32_t at, const uint8_t *in, size_t n) XK_MUST_CHECK;
/* A file of the shown identity, whole. */
enum xk_err card_content(struct usim *card, enum content_id id, uint8_t *out) XK_MUST_CHECK;
enum xk_err card_get_state(struct usim *card, struct image_state *out) XK_MUST_CHECK;
enum xk_err card_put_state(struct usim *card, const struct image_state *in) XK_MUST_CHECK;
/* Commits; worn-out memory becomes SW 6581 instead of an error. */
enum xk_err card_commit(struct usim *card, struct exchange *x) XK_MUST_CHECK;
void card_forget_response(struct usim *card);

/* access.c */
enum access_mode { ACCESS_READ = 0x01, ACCESS_UPDATE = 0x02, ACCESS_INCREASE = 0x100 };
enum xk_err access_check(struct usim *card, const struct ef *ef, enum access_mode mode,
                         bool *allowed) XK_MUST_CHECK;

/* pin.c: the condition "this key reference" (TS 102 221 9.5.1). Unknown references never are. */
enum xk_err pin_satisfied(struct usim *card, uint8_t reference, bool *satisfied) XK_MUST_CHECK;

/* fcp.c */
enum xk_err fcp_of_df(struct usim *card, enum df_id df, struct buf *out) XK_MUST_CHECK;
enum xk_err fcp_of_ef(const struct ef *ef, struct buf *out) XK_MUST_CHECK;
enum xk_err gsm_answer_of_df(struct usim *card, enum df_id df, struct buf *out) XK_MUST_CHECK;
enum xk_err gsm_answer_of_ef(const struct ef *ef, struct buf *out) XK_MUST_CHECK;

/* file.c: the file a command means (by SFI or the selected one), of this kind, with this right;
 * NULL and x->sw set when it may not. */
enum file_kind { FILE_TRANSPARENT, FILE_RECORDS, FILE_CYCLIC };
enum xk_err file_of_command(struct usim *card, struct exchange *x, uint8_t sfi, enum file_kind kind,
                            enum access_mode mode, const struct ef **out) XK_MUST_CHECK;
uint32_t file_offset(const struct usim *card, const struct ef *ef);
/* After a write into it: what the write means, and the commit. */
enum xk_err file_written(struct usim *card, struct exchange *x, const struct ef *ef) XK_MUST_CHECK;

/* auth.c: the secrets of a bank; *present false when it holds no identity. */
enum xk_err auth_subscriber(struct usim *card, unsigned bank, struct aka_subscriber *out,
                            bool *present) XK_MUST_CHECK;

/* gsm.c: the status word of TS 51.011 9.4 for one of TS 102 221. */
uint16_t gsm_status_word(uint16_t sw);

#endif
