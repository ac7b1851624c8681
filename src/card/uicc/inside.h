/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what the handlers share. */
#ifndef CARD_UICC_INSIDE_H
#define CARD_UICC_INSIDE_H

#include "card/uicc/uicc.h"

/* Handlers (commands.def). A refusal is x->sw; an error is trouble with our memory. */
#define COMMAND(classes, ins, handler, security, owner)                                            \
    enum xk_err handler(struct uicc *u, struct exchange *x) XK_MUST_CHECK;
#include "card/uicc/commands.def"
#undef COMMAND

#define SW_TRIES(n) (uint16_t)(0x63C0 | (n))
#define SW_SEARCH_FAILED 0x6282
#define SW_LE(n) (uint16_t)(0x6C00 | ((n)&0xFF))

/* Case 2: the data goes with this answer; Le must be right (6Cxx). */
enum xk_err answer_now(struct exchange *x, struct bytes data) XK_MUST_CHECK;
/* Case 4 (T=0): the data waits for GET RESPONSE (61xx, 9Fxx). */
enum xk_err answer_later(struct uicc *u, struct exchange *x, struct bytes data) XK_MUST_CHECK;
void forget_response(struct uicc *u);

/* access.c */
enum access_mode {
    ACCESS_READ = 0x01,
    ACCESS_UPDATE = 0x02,
    ACCESS_DEACTIVATE = 0x08,
    ACCESS_ACTIVATE = 0x10,
    ACCESS_INCREASE = 0x100,
};
enum xk_err access_check(struct uicc *u, const struct uicc_file *f, enum access_mode mode,
                         bool *allowed) XK_MUST_CHECK;
/* The same as TS 51.011 9.3 says it: 0 ALW, 1 CHV1, 2 CHV2, 4 ADM, F NEV */
enum xk_err access_level(struct uicc *u, const struct uicc_file *f, enum access_mode mode,
                         uint8_t *level) XK_MUST_CHECK;

/* remote.c: what the remote side may on files of this DF. */
enum remote_access remote_access_to(const struct uicc *u, unsigned df);
/* transmit.c: the handler of a command, NULL and *sw when there is none. */
typedef enum xk_err (*command_handler)(struct uicc *u, struct exchange *x);
command_handler command_find(const struct apdu_command *c, uint16_t *sw);

/* pin.c: the condition "this key reference" seen from a DF (TS 102 221 9.5.1). Unknown references
 * never are. */
enum xk_err pin_is_enabled(struct uicc *u, unsigned df, uint8_t reference, bool *enabled)
    XK_MUST_CHECK;
enum xk_err pin_satisfied(struct uicc *u, unsigned df, uint8_t reference, bool *satisfied)
    XK_MUST_CHECK;
enum xk_err pin_of_application_satisfied(struct uicc *u, unsigned df, bool *satisfied)
    XK_MUST_CHECK;

/* fcp.c */
enum xk_err fcp_of_file(struct uicc *u, unsigned id, struct buf *out) XK_MUST_CHECK;
enum xk_err gsm_answer_of_file(struct uicc *u, unsigned id, struct buf *out) XK_MUST_CHECK;

/* file.c: the file a command means (by SFI or the selected one), of this kind, with this right;
 * NULL and x->sw set when it may not. */
enum file_kind { KIND_TRANSPARENT, KIND_RECORDS, KIND_CYCLIC, KIND_BER_TLV };
enum xk_err file_of_command(struct uicc *u, struct exchange *x, uint8_t sfi, enum file_kind kind,
                            enum access_mode mode, const struct uicc_file **out) XK_MUST_CHECK;
/* After a write into it: what the write means, and the commit. */
enum xk_err file_written(struct uicc *u, struct exchange *x, const struct uicc_file *f)
    XK_MUST_CHECK;

/* auth.c: service n of EF.UST; an ISIM has none. */
enum xk_err uicc_service_available(struct uicc *u, unsigned adf, unsigned n, bool *out)
    XK_MUST_CHECK;

/* select.c: a channel is left: what was selected there is so no more. */
void leave_other(struct uicc *u, struct channel *ch);

/* bertlv.c */
void forget_transfer(struct uicc *u);

/* ota.c: ENVELOPE (SMS-PP DOWNLOAD), TS 31.111 7.1.1 */
enum xk_err ota_sms_pp(struct uicc *u, struct exchange *x, struct bytes envelope) XK_MUST_CHECK;

/* gsm.c: the status word of TS 51.011 9.4 for one of TS 102 221. */
uint16_t gsm_status_word(uint16_t sw);

#endif
