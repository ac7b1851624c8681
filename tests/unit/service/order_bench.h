/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of service/order share: a store in memory with two numbers and a card, and a write
 * engine that only takes notes. The test plays the card and the home network. */
#ifndef TESTS_UNIT_SERVICE_ORDER_BENCH_H
#define TESTS_UNIT_SERVICE_ORDER_BENCH_H

#include "service/order/order.h"

#define CID "89860000000000000001"
#define SEED_IMSI "999700000000001"
#define SEED_MSISDN "1490000000001"
#define MINUTE 60000

/* What the write engine was asked for last. */
struct asked {
    size_t scripts, callbacks;
    enum task_step step;
    bool single_shot, restore, has_number;
    uint64_t counter;
    enum task_state told; /* of the last callback */
    int told_code;
    enum xk_err fail;
};

struct bench {
    struct store *store;
    struct keystore *ks;
    struct order_policy policy;
    struct order_ports ports;
    struct outbox_ids ids;
    struct xk_prng prng;
    struct xk_rand rand;
    struct arena arena;
    struct outbox_list said;
    struct order_ctx c;
    struct asked asked;
};

void add_number(struct bench *b, const char *imsi, const char *msisdn, const char *iccid);
void add_chip(struct bench *b, const char *cid, const char *imsi, const char *msisdn);
void bench_init(struct bench *b);
void bench_fini(struct bench *b);
/* With template "iot", which counts for eUICCs alone. */
int apply_card(struct bench *b, const char *cid, const char *order_no, enum task_mode mode,
               struct task *t);
int apply(struct bench *b, const char *order_no, enum task_mode mode, struct task *t);
void reload(struct bench *b, struct task *t);
void report(struct bench *b, const struct task *t, uint8_t result, bool by_itself);
void start(struct bench *b, struct task *t);
void write_whole(struct bench *b, struct task *t);
void check_number(struct bench *b, const char *imsi, enum number_state want);
void check_chip(struct bench *b, const char *imsi, enum chip_state want);

#endif
