/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual reader of vsmartcard (virtualsmartcard/doc/api.txt): the reader listens, the card
 * connects. Each message both ways is
 *
 *   length(2, big-endian) bytes
 *
 * One byte from the reader is a control: 00 power off, 01 power on, 02 reset (no answer), 04 the
 * ATR is wanted. Anything else is a command APDU and wants just one answer. Closing the
 * connection takes the card out. Blocking; one thread. */
#ifndef NET_VPCD_VPCD_H
#define NET_VPCD_VPCD_H

#include <signal.h>

#include "base/buf.h"

#define VPCD_PORT "35963" /* 0x8C7B: the first slot */
#define VPCD_MESSAGE_MAX 65535

struct vpcd {
    int fd; /* -1 when closed */
    uint8_t *message;
};

enum vpcd_request { VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_RESET, VPCD_ATR, VPCD_APDU };

/* XK_E_IO: nobody there (or the name is unknown). */
enum xk_err vpcd_open(struct vpcd *v, const char *host, const char *port) XK_MUST_CHECK;
void vpcd_close(struct vpcd *v); /* safe twice */
/* Waits with this signal mask (ppoll), so that signals blocked otherwise end the wait: XK_E_BUSY
 * then. apdu is set for VPCD_APDU and lives until the next call. XK_E_CLOSED when the reader is
 * gone; XK_E_FORMAT when it says what we do not know. */
enum xk_err vpcd_receive(struct vpcd *v, const sigset_t *mask, enum vpcd_request *request,
                         struct bytes *apdu) XK_MUST_CHECK;
/* An ATR or a response APDU. */
enum xk_err vpcd_send(struct vpcd *v, struct bytes message) XK_MUST_CHECK;

#endif
