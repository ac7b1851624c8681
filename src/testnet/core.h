/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what its files share. */
#ifndef TESTNET_CORE_H
#define TESTNET_CORE_H

#include "base/map.h"
#include "base/timerq.h"
#include "testnet/testnet.h"

enum event_kind {
    EVENT_UPLINK = 1, /* b: struct wire */
    EVENT_DOWNLINK,   /* b: struct wire */
    EVENT_COVERAGE,   /* of a device: a gap begins or ends */
    EVENT_DELIVER,    /* subscriber: look whether something can be sent */
    EVENT_EXPIRE,     /* subscriber: look whether something has become too old */
    EVENT_RP_DUE,     /* subscriber: b: number of the sending that stays unanswered */
    EVENT_TO_PEER,    /* b: struct message */
    EVENT_RECEIPT,    /* b: struct testnet_receipt */
};

struct wire {
    uint32_t made; /* the device's number of making: it may be another one by now */
    uint16_t n;
    uint8_t bytes[];
};

struct message {
    struct message *next;
    uint64_t id;
    int64_t submitted, expires, not_before;
    uint16_t attempts;
    bool receipt, udhi;
    uint8_t pid, dcs, ud_n;
    char source[SMS_NUMBER_TEXT], destination[SMS_NUMBER_TEXT];
    uint8_t ud[];
};

struct subscriber {
    char imsi[16], msisdn[16];
    uint8_t k[16], opc[16];
    struct aka_subscriber *other; /* keys that do not fit above */
    uint64_t sqn;
    int64_t last_attach;
    int64_t expire_at;            /* when EVENT_EXPIRE comes; 0: none under way */
    struct message *first, *last; /* waiting, oldest first */
    struct message *sending;      /* one of those, sent and not answered */
    uint32_t device;
    uint32_t verified;
    uint32_t sendings;
    uint16_t resyncs, waiting;
    uint8_t barred;
    bool open;
};

/* What an attaching terminal was asked. */
struct challenge {
    uint32_t subscriber;
    uint32_t sync;
    uint32_t t3412_s, t3324_s, edrx_s; /* as it wished */
    uint8_t rand[AKA_RAND_LEN];
    uint8_t expected[AKA_RES_MAX];
    uint8_t expected_n;
    bool resynchronised;
};

struct device {
    struct challenge *challenge;
    int64_t up_at, down_at; /* the last air message arrives: they stay in order */
    int64_t heard_at;       /* something passed */
    uint32_t subscriber;    /* attached, or TESTNET_NOBODY */
    uint32_t made;          /* 0: not in use */
    uint32_t cell, t3324_s, edrx_s;
    char imei[17];
    uint8_t rat;
    bool covered;
};

struct testnet {
    struct testnet_config config;
    struct testnet_ports ports;
    struct xk_prng prng;
    struct timerq events;
    int64_t now;
    struct device *devices;
    uint32_t device_n, device_cap, made;
    uint32_t *vacant; /* devices to use again */
    uint32_t vacant_n, vacant_cap;
    struct subscriber *subscribers;
    uint32_t subscriber_n, subscriber_cap;
    struct map by_imsi, by_msisdn;
    uint64_t attach_seq, message_id, tmsi;
    uint32_t sync;
    struct testnet_stats stats;
};

/* testnet.c */
void testnet_later(struct testnet *t, int64_t at, enum event_kind kind, uint32_t who, uintptr_t b);
uint32_t testnet_between(struct testnet *t, uint32_t min, uint32_t max);
bool testnet_ptr_later(struct testnet *t, int64_t at, enum event_kind kind, void *b);

/* hlr.c */
uint32_t testnet_find(const struct testnet *t, const char *imsi);
uint32_t testnet_find_number(const struct testnet *t, const char *msisdn);
enum xk_err testnet_vector(struct testnet *t, struct subscriber *s, enum air_rat rat,
                           struct aka_vector *v) XK_MUST_CHECK;
enum xk_err testnet_resync(struct subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                           const uint8_t auts[AKA_AUTS_LEN]) XK_MUST_CHECK;
void testnet_hlr_fini(struct testnet *t);

/* attach.c */
void testnet_mobility(struct testnet *t, uint32_t device, const struct air_message *m);
void testnet_detach(struct testnet *t, uint32_t device);
void testnet_forget_challenge(struct device *d);

/* radio.c */
void testnet_say(struct testnet *t, uint32_t device, const struct air_message *m);
void testnet_uplink(struct testnet *t, uint32_t device, struct wire *w);
void testnet_downlink(struct testnet *t, uint32_t device, struct wire *w);
void testnet_coverage_due(struct testnet *t, uint32_t device);
/* When the device listens: now, later (eDRX), or INT64_MAX: when it speaks (PSM, no coverage). */
int64_t testnet_listens_at(const struct testnet *t, const struct device *d);

/* smsc.c */
void testnet_deliver(struct testnet *t, uint32_t subscriber);
void testnet_expire(struct testnet *t, uint32_t subscriber);
/* The terminal has a new connection: what was under way on the old one is lost and sent again. */
void testnet_rp_lost(struct testnet *t, uint32_t subscriber);
void testnet_rp_due(struct testnet *t, uint32_t subscriber, uint32_t sending);
void testnet_message_ended(struct testnet *t, uint32_t subscriber, struct message *m,
                           enum testnet_fate fate, uint8_t cause);
void testnet_again(struct testnet *t, uint32_t subscriber, struct message *m);
struct message *testnet_message_new(const struct testnet_sm *sm);
enum xk_err testnet_keep(struct testnet *t, uint32_t subscriber, struct message *m) XK_MUST_CHECK;
void testnet_smsc_fini(struct testnet *t, struct subscriber *s);

/* rp.c */
void testnet_send_message(struct testnet *t, struct subscriber *s, const struct message *m);
void testnet_rp(struct testnet *t, uint32_t device, struct bytes wire);
void testnet_to_peer(struct testnet *t, struct message *m);

#endif
