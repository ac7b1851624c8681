/* SPDX-License-Identifier: Apache-2.0 */
/* Where the LPA's card is: a virtual eUICC in a file, a PC/SC reader, or behind a modem's AT port.
 * Blocking, one thread. */
#ifndef PROG_LPA_SLOT_H
#define PROG_LPA_SLOT_H

#include "base/buf.h"

#define SLOT_ANSWER_MAX 65538

/* Who opens and closes logical channels. */
enum slot_channels { SLOT_LPA_OPENS, SLOT_TERMINAL_OPENS };

struct slot;
struct slot_ops {
    enum slot_channels channels;
    size_t block; /* bytes of a STORE DATA that it carries well */
    /* Channel 0 unless the terminal has opened it: the class says the rest. An answer is appended;
     * XK_E_CLOSED: none came. */
    enum xk_err (*transmit)(struct slot *s, uint8_t channel, struct bytes command, struct buf *out);
    /* SLOT_TERMINAL_OPENS only */
    enum xk_err (*open_channel)(struct slot *s, struct bytes aid, uint8_t *channel);
    enum xk_err (*close_channel)(struct slot *s, uint8_t channel);
    /* The card starts anew, by itself (REFRESH) or by us. */
    enum xk_err (*reset)(struct slot *s);
    void (*close)(struct slot *s);
};
struct slot {
    const struct slot_ops *ops;
};

/* On failure why has a sentence for people. */

/* The file of a card as `xieka-card --euicc --nvm FILE --new` makes it. */
enum xk_err slot_open_file(const char *path, struct slot **out, struct buf *why) XK_MUST_CHECK;
/* A reader: its place in the list, a part of its name, "" the first with a card. */
enum xk_err slot_open_reader(const char *reader, struct slot **out, struct buf *why) XK_MUST_CHECK;
/* The AT port of a modem: logical channels (TS 27.007 8.43 to 8.45), else +CSIM (8.17).
 * XK_E_UNSUPPORTED: neither. */
enum xk_err slot_open_modem(const char *tty, struct slot **out, struct buf *why) XK_MUST_CHECK;
void slot_close(struct slot *s); /* NULL is fine */

#endif
