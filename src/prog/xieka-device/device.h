/* SPDX-License-Identifier: Apache-2.0 */
/* Inside xieka-device: the modem with its card, its AT port and its radio, in one poll(2) loop. */
#ifndef PROG_XIEKA_DEVICE_DEVICE_H
#define PROG_XIEKA_DEVICE_DEVICE_H

#include "net/pty/pty.h"
#include "prog/cardfile/cardfile.h"
#include "terminal/modem/modem.h"

#define DEVICE_HOST_MAX 256
#define DEVICE_AT_WAITING 65536 /* for a port nobody reads */

struct options {
    struct modem_config modem;
    const char *card;            /* file; NULL: the card lives for this run */
    const char *personalisation; /* makes the card */
    struct overrides numbers;
    const char *network; /* HOST:PORT; NULL: no radio */
    const char *link;
    bool trace;
    bool new_card, euicc;
};

/* The radio: a connection to a test network (docs/interfaces/air.md). */
struct radio {
    char host[DEVICE_HOST_MAX];
    uint16_t port; /* 0: there is none */
    enum air_rat rat;
    int fd; /* -1: not connected */
    bool connecting;
    int64_t retry_at;
    uint32_t retry_ms;
    struct buf in, out;
};

struct device {
    struct options options;
    struct nvm_file file;
    struct nvm_memory *memory; /* when there is no file */
    struct nvm_port nvm;
    struct usim *card; /* one of these two */
    struct flash_file flash;
    struct euicc *euicc;
    struct modem *modem;
    struct pty pty;
    struct buf at; /* characters for the port */
    struct radio radio;
};

/* options.c: 0 go on, 1 done (help, version), 2 wrong usage */
int options_read(struct options *o, int argc, char **argv);

/* card.c */
enum xk_err device_open_card(struct device *d) XK_MUST_CHECK;
void device_close_card(struct device *d);
enum xk_err device_reset_card(struct device *d, struct bytes *atr) XK_MUST_CHECK;
enum xk_err device_transmit(struct device *d, struct bytes command, struct buf *out) XK_MUST_CHECK;

/* modem.c */
void device_input(struct device *d, enum modem_input_type type, struct bytes data);

/* radio.c. The messages of the network go to device_input. */
enum xk_err radio_open(struct radio *r, const char *network, enum air_rat rat) XK_MUST_CHECK;
void radio_close(struct radio *r);
void radio_send(struct radio *r, struct bytes message);
short radio_events(const struct radio *r); /* for poll(2) */
void radio_ready(struct device *d, short events);
void radio_time(struct device *d, int64_t now); /* connects when it is time to */
int64_t radio_deadline(const struct radio *r);

#endif
