/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the write applet (docs/write-script.md; product decisions P-1 to P-6).
 *
 *   IDLE --commit--> AWAITING --attach--> DONE
 *                    AWAITING --no attach in time--> FALLEN (back on the seed) --attach--> DONE
 *
 * A result that has to be told stays due until a report of it was sent. */
#ifndef CARD_USIM_APPLET_H
#define CARD_USIM_APPLET_H

#include "card/usim/card.h"
#include "codec/script/script.h"

enum applet_phase { PHASE_IDLE, PHASE_AWAITING, PHASE_FALLEN, PHASE_DONE };

#define SEED USIM_BANK_SEED
#define BANK_NONE 0 /* as a prepared bank: the seed is never prepared */

/* A script that came in authenticated. The answer goes to report, whose spans are constants. */
struct script_report;
enum xk_err applet_run(struct usim *card, struct exchange *x, struct bytes data,
                       struct script_report *report) XK_MUST_CHECK;
/* An authenticated script with an old counter: tells which task it was about. */
enum xk_err applet_replayed(struct usim *card, struct bytes data, struct script_report *report)
    XK_MUST_CHECK;

/* What happens to the card, told by the file system and the toolkit. Changes of state are put, not
 * committed. */
enum xk_err applet_file_written(struct usim *card, enum content_id id) XK_MUST_CHECK;
enum xk_err applet_attached(struct usim *card) XK_MUST_CHECK;
enum xk_err applet_session_started(struct usim *card) XK_MUST_CHECK;
enum xk_err applet_timed_out(struct usim *card) XK_MUST_CHECK;
/* REFRESH is in the terminal's hands: from here on it reads the new identity. */
enum xk_err applet_refreshing(struct usim *card) XK_MUST_CHECK;
enum xk_err applet_refreshed(struct usim *card) XK_MUST_CHECK;
enum xk_err applet_refresh_refused(struct usim *card) XK_MUST_CHECK;
enum xk_err applet_report_sent(struct usim *card) XK_MUST_CHECK;
/* Whether REFRESH is to be a reset (SCRIPT_REFRESH_RESET). */
enum xk_err applet_refresh_by_reset(struct usim *card, bool *out) XK_MUST_CHECK;
/* Makes the report that is due and hands it to the toolkit (report.c). */
enum xk_err applet_send_report(struct usim *card) XK_MUST_CHECK;

/* report.c */
enum xk_err report_make(struct usim *card, const struct image_state *s, struct script_report *out)
    XK_MUST_CHECK;

/* bank.c: the whole image of the identity that a script describes; result SCRIPT_PREPARED when it
 * could be made, else why not. */
struct bank_verdict {
    uint8_t result; /* enum script_result */
    uint16_t detail;
};
enum xk_err bank_build(struct usim *card, const struct script *s, struct image_bank *out,
                       struct bank_verdict *verdict) XK_MUST_CHECK;
enum xk_err bank_store(struct usim *card, unsigned bank, const struct image_bank *in) XK_MUST_CHECK;
enum xk_err bank_load(struct usim *card, unsigned bank, struct image_bank *out) XK_MUST_CHECK;
void bank_wipe(struct image_bank *b);
#define AUTO_BANK __attribute__((cleanup(bank_wipe)))
/* IMSI and what follows from it: access class, home network */
enum xk_err bank_set_imsi(struct image_bank *b, const uint8_t imsi[9], uint8_t mnc_len)
    XK_MUST_CHECK;
void bank_set_smsc(struct image_bank *b, const uint8_t smsc[IMAGE_SMSC_LEN]);
void bank_set_msisdn(struct image_bank *b, const uint8_t msisdn[14]);
/* The seal over the identity, to be set last; and whether it fits. */
enum xk_err bank_seal(struct image_bank *b) XK_MUST_CHECK;
enum xk_err bank_check(const struct image_bank *b, bool *whole) XK_MUST_CHECK;

/* maker.c: what the card maker wrote */
struct maker_keys {
    uint8_t kic_byte, kid_byte; /* key set and algorithm, as they stand in a packet */
    struct scp80_keys ota;
};
enum xk_err maker_keys(struct usim *card, struct maker_keys *out) XK_MUST_CHECK;
enum xk_err maker_kik(struct usim *card, struct secret *out) XK_MUST_CHECK;
enum xk_err maker_write(struct usim *card, const struct usim_personalisation *p) XK_MUST_CHECK;
enum xk_err maker_check(struct usim *card, enum nvm_grade *grade) XK_MUST_CHECK;

#endif
