/* SPDX-License-Identifier: Apache-2.0 */
/* The test network: subscribers and authentication centre, radio, and a short message centre. A
 * pure engine: every input carries the time and is only noted down; everything happens in
 * testnet_run, which tells the outside through ports. The same seed and the same inputs give the
 * same course of events.
 *
 *     testnet_submit(t, now, &sm, &id);  testnet_air(t, now, device, wire);
 *     testnet_run(t, now);               // calls the ports
 *     deadline = testnet_deadline(t);    // run again then
 */
#ifndef TESTNET_TESTNET_H
#define TESTNET_TESTNET_H

#include "base/clock.h"
#include "codec/air/air.h"
#include "codec/sms/sms.h"
#include "crypto/aka.h"

#define TESTNET_NOBODY UINT32_MAX
#define TESTNET_VALIDITY_MAX_S (48 * 3600u) /* P-6: the gateway keeps a message 48 h */
#define TESTNET_RATS 5                      /* index: enum air_rat; 0 unused */

struct testnet;

/* How good a radio is. Times of each air message, either way; coverage gaps come at random. */
struct testnet_radio {
    uint32_t delay_min_ms, delay_max_ms;
    uint32_t gap_every_s; /* mean time between gaps; 0: none */
    uint32_t gap_s;       /* mean length of one */
};

/* What happens to short messages between sender and receiver, in permille of them. Lost: gone
 * without a trace, though accepted. Late: held back by up to late_ms, so that others overtake. */
struct testnet_troubles {
    unsigned loss, duplicate, late;
    uint32_t late_ms;
    uint32_t delay_min_ms, delay_max_ms; /* of every message */
};

struct testnet_config {
    uint64_t seed;
    char plmn[8];
    uint16_t lac;
    char smsc[SMS_NUMBER_TEXT];
    struct testnet_radio radio[TESTNET_RATS];
    struct testnet_troubles troubles;
    uint32_t devices_max, subscribers_max, messages_max;
};
/* PLMN 00101, radios as rats.def has them, no troubles, room for 1,000,000 of everything. */
void testnet_config_default(struct testnet_config *c);

/* ---- ports: called from testnet_run only; they may call everything here but testnet_run ---- */

struct testnet_attach {
    uint64_t seq; /* 1, 2, ... */
    int64_t time;
    uint32_t device;
    char imsi[17], msisdn[SMS_NUMBER_TEXT], imei[17], plmn[8];
    enum air_rat rat;
    uint16_t lac;
    uint32_t cell;
};

/* A short message on the way in (from an SMPP peer) or out (to one). */
struct testnet_sm {
    char source[SMS_NUMBER_TEXT], destination[SMS_NUMBER_TEXT];
    bool udhi;
    uint8_t pid, dcs;
    struct bytes ud;     /* in: at most 140 octets, valid during the call */
    uint32_t validity_s; /* in: 0 means the longest */
    bool receipt;        /* in: wanted */
};

enum testnet_fate { TESTNET_DELIVERED, TESTNET_EXPIRED, TESTNET_UNDELIVERABLE };
struct testnet_receipt {
    uint64_t id;
    enum testnet_fate fate;
    uint8_t cause; /* RP cause when undeliverable */
    int64_t submitted, done;
    char source[SMS_NUMBER_TEXT], destination[SMS_NUMBER_TEXT]; /* of the message */
};

struct testnet_ports {
    void *ctx;
    void (*to_device)(void *ctx, uint32_t device, struct bytes wire);
    void (*attached)(void *ctx, const struct testnet_attach *a);
    void (*to_peer)(void *ctx, const struct testnet_sm *sm);
    void (*receipt)(void *ctx, const struct testnet_receipt *r);
};

enum xk_err testnet_new(const struct testnet_config *config, const struct testnet_ports *ports,
                        struct testnet **out) XK_MUST_CHECK;
void testnet_free(struct testnet *t);
/* Everything that is due at `now`, in order of time. */
void testnet_run(struct testnet *t, int64_t now);
int64_t testnet_deadline(const struct testnet *t); /* INT64_MAX: nothing waits */

/* ---- subscribers and authentication centre ---- */

struct testnet_subscriber {
    char imsi[17], msisdn[SMS_NUMBER_TEXT];
    struct aka_subscriber aka;
};
/* Opens a number; one that is known takes the new keys and number and keeps its counter.
 * XK_E_VALUE: no IMSI or MSISDN; XK_E_EXISTS: the MSISDN is another's; XK_E_LIMIT. */
enum xk_err testnet_open(struct testnet *t, const struct testnet_subscriber *s) XK_MUST_CHECK;
/* Closes it: who is attached with it is detached (cause 2). XK_E_NOT_FOUND. */
enum xk_err testnet_close(struct testnet *t, int64_t now, const char *imsi) XK_MUST_CHECK;
/* Every attach with it is answered with this cause; 0: as usual. XK_E_NOT_FOUND. */
enum xk_err testnet_bar(struct testnet *t, const char *imsi, uint8_t cause) XK_MUST_CHECK;

struct testnet_subscriber_state {
    bool open;
    uint32_t device;   /* where it is attached, or TESTNET_NOBODY */
    uint32_t verified; /* attaches whose RES was right */
    uint32_t resyncs;
    int64_t last_attach; /* 0 never */
    uint32_t waiting;    /* messages kept for it */
    uint64_t sqn;
};
enum xk_err testnet_get_subscriber(const struct testnet *t, const char *imsi,
                                   struct testnet_subscriber_state *out) XK_MUST_CHECK;
/* Sets the counter of the authentication centre, for tests of resynchronisation. */
enum xk_err testnet_set_sqn(struct testnet *t, const char *imsi, uint64_t sqn) XK_MUST_CHECK;

/* ---- radio ---- */

struct testnet_device {
    enum air_rat rat;
    uint32_t cell;
};
/* It is told of its cell by the first testnet_run. */
enum xk_err testnet_add_device(struct testnet *t, int64_t now, const struct testnet_device *d,
                               uint32_t *device) XK_MUST_CHECK;
void testnet_remove_device(struct testnet *t, uint32_t device);
/* Coverage by hand. */
void testnet_cover(struct testnet *t, int64_t now, uint32_t device);
void testnet_uncover(struct testnet *t, int64_t now, uint32_t device);
bool testnet_is_covered(const struct testnet *t, uint32_t device);
/* What the device says. XK_E_LIMIT, XK_E_NOMEM: not heard. */
enum xk_err testnet_air(struct testnet *t, int64_t now, uint32_t device, struct bytes wire)
    XK_MUST_CHECK;
/* The IMSI that is attached there; "" none. */
void testnet_device_imsi(const struct testnet *t, uint32_t device, char imsi[17]);

/* ---- short message centre ---- */

/* Keeps a message and delivers it when it can. XK_E_NOT_FOUND: no such number; XK_E_VALUE: too
 * long; XK_E_LIMIT: full. */
enum xk_err testnet_submit(struct testnet *t, int64_t now, const struct testnet_sm *sm,
                           uint64_t *id) XK_MUST_CHECK;

/* From now on. */
void testnet_set_troubles(struct testnet *t, const struct testnet_troubles *troubles);

struct testnet_stats {
    uint32_t devices, subscribers, attached;
    uint64_t attaches, verified, resyncs, mac_failures, wrong_res, rejects;
    uint64_t submitted, delivered, expired, undeliverable, retries; /* to devices */
    uint64_t from_devices, to_peers;
    uint64_t lost, duplicated, late;
    uint32_t waiting; /* messages kept now */
    size_t bytes;     /* memory */
};
void testnet_get_stats(const struct testnet *t, struct testnet_stats *out);

#endif
