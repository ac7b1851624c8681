/* SPDX-License-Identifier: Apache-2.0 */
/* A profile: from the elements of a profile package (SAIP) to a card that answers APDUs.
 *
 *   builder: new -> feed (as the bytes come) -> finish -> free      installs
 *   card:    open -> reset -> transmit ... -> close                 is the enabled profile
 *
 * Both work over objects of the flash store, base .. base + PROFILE_OBJECTS - 1 of a profile. What
 * the builder writes belongs to the caller's transaction, and so does what is changed by a command
 * of the host; the card commits once at the end of each command of its own that changed something
 * (and rolls back what was refused). */
#ifndef CARD_EUICC_PROFILE_H
#define CARD_EUICC_PROFILE_H

#include "base/clock.h"
#include "card/euicc/flash.h"
#include "codec/apdu/apdu.h"

#define PROFILE_ICCID_LEN 10
#define PROFILE_OBJECTS 5

/* Installing */

struct profile_limits {
    uint32_t memory; /* bytes of non-volatile memory this profile may take */
};

enum profile_verdict {
    PROFILE_MORE,    /* the package goes on */
    PROFILE_WHOLE,   /* PE-End has come: finish may be called */
    PROFILE_REFUSED, /* broken off; what follows is not looked at */
};

struct profile_builder;
enum xk_err profile_builder_new(const struct profile_limits *limits, struct profile_builder **out)
    XK_MUST_CHECK;
/* The next bytes of the (decrypted) package, cut anywhere. A refusal is the verdict, not an error.
 */
enum xk_err profile_builder_feed(struct profile_builder *b, struct bytes part) XK_MUST_CHECK;
enum profile_verdict profile_builder_verdict(const struct profile_builder *b);
/* No more bytes will come: a package without its end is refused. */
enum xk_err profile_builder_end(struct profile_builder *b) XK_MUST_CHECK;
/* As it stands in the header, not swapped; NULL until the header has come. */
const uint8_t *profile_builder_iccid(const struct profile_builder *b);
/* Bytes of non-volatile memory needed so far. */
uint32_t profile_builder_size(const struct profile_builder *b);
/* Creates objects base .. base + PROFILE_OBJECTS - 1; nothing is committed. XK_E_STATE unless
 * PROFILE_WHOLE. XK_E_LIMIT: the store has no room; the verdict is then PROFILE_REFUSED with
 * status not-enough-memory, and the caller rolls back. */
enum xk_err profile_builder_finish(struct profile_builder *b, struct flash *flash, uint32_t base)
    XK_MUST_CHECK;
/* EUICCResponse (the simaResponse of the ProfileInstallationResult): one row for each element that
 * was not taken, naming it; or the one row "ok". */
void profile_builder_response(const struct profile_builder *b, struct buf *out);
void profile_builder_free(struct profile_builder *b);

/* What packages may ask for: UICCCapability of EUICCInfo2, one bit a service, bit 0 first. */
uint32_t profile_uicc_capability(void);

/* Whether there is a whole profile, what it takes, and without it (XK_E_NOT_FOUND). */
bool profile_is_stored(const struct flash *flash, uint32_t base);
uint32_t profile_stored_size(const struct flash *flash, uint32_t base);
enum xk_err profile_erase(struct flash *flash, uint32_t base) XK_MUST_CHECK;

/* The card */

/* What the chip has besides the profile: applications that are no part of it (ISD-R, ECASD), and
 * who wants to know. All members but ctx may be NULL. */
struct profile_host {
    void *ctx;
    /* SELECT by name, whole or its beginning: true when an application of the host has it; fci is
     * what is answered. What was selected on this channel is then so no more. From now on the
     * commands of this channel go to it, but for those that are the card's: SELECT, STATUS, GET
     * RESPONSE, MANAGE CHANNEL, TERMINAL CAPABILITY and the toolkit's. */
    bool (*select)(void *ctx, unsigned channel, struct bytes aid, struct buf *fci);
    /* One command; data to out (as long as it takes: the card chains it by 61xx), the status word
     * to *sw. */
    enum xk_err (*command)(void *ctx, unsigned channel, const struct apdu_command *c,
                           struct buf *out, uint16_t *sw);
    /* The channel was closed, reset or has selected another application. */
    void (*deselected)(void *ctx, unsigned channel);
    /* The terminal's answer to the REFRESH of profile_card_refresh; general result as in TS 102
     * 223 8.12. */
    enum xk_err (*refreshed)(void *ctx, uint8_t result);
    /* ES6.UpdateMetadata: BF2A as it came over the air to the profile's security domain. */
    enum xk_err (*update_metadata)(void *ctx, struct bytes request, uint16_t *sw);
};

struct profile_card;
/* The profile at base; flash, rand and host must outlive the card. XK_E_NOT_FOUND, XK_E_FORMAT. */
enum xk_err profile_card_open(struct flash *flash, uint32_t base, const struct xk_rand *rand,
                              const struct profile_host *host, struct profile_card **out)
    XK_MUST_CHECK;
/* A card with no profile enabled: an empty MF, the host's applications, the toolkit. */
enum xk_err profile_card_open_empty(struct flash *flash, const struct xk_rand *rand,
                                    const struct profile_host *host, struct profile_card **out)
    XK_MUST_CHECK;
void profile_card_close(struct profile_card *card);
/* Reset of the card: channels, PINs and toolkit session as after power on. */
void profile_card_reset(struct profile_card *card);
/* One command, one response (data and SW) into out (at least APDU_RESPONSE_MAX). Errors are ours
 * only: XK_E_CLOSED (power was cut), XK_E_IO of the store; then flash_recover and reset. */
enum xk_err profile_card_transmit(struct profile_card *card, struct bytes command, struct buf *out)
    XK_MUST_CHECK;
/* Asks the terminal to REFRESH (qualifier as CAT_REFRESH_x): 91xx from the next answer on. False
 * when there is no toolkit session, or the terminal cannot REFRESH. */
bool profile_card_refresh(struct profile_card *card, uint8_t qualifier);
/* What the terminal has said that it can do (TERMINAL PROFILE; 0: nothing); telling it to a card
 * that takes the place of another while the terminal is not looking. */
uint8_t profile_card_terminal(const struct profile_card *card);
void profile_card_know_terminal(struct profile_card *card, uint8_t can);
/* A proactive command is with the terminal or waits for it (catBusy). */
bool profile_card_busy(const struct profile_card *card);

#endif
