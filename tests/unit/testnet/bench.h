/* SPDX-License-Identifier: Apache-2.0 */
/* The network with one terminal that the test plays by hand, and notes of all it says. */
#ifndef TESTS_UNIT_TESTNET_BENCH_H
#define TESTS_UNIT_TESTNET_BENCH_H

#include "testnet/testnet.h"
#include "xt.h"

#define START INT64_C(1767323045000)
#define IMSI "001019000000001"
#define MSISDN "9997000000001"
#define IMSI_2 "001019000000002"
#define MSISDN_2 "9997000000002"
#define PLATFORM "10658000"
#define HEARD_MAX 64
#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)

struct bench {
    struct testnet_config config;
    struct testnet *net;
    int64_t now;
    uint32_t device;
    struct aka_subscriber card;
    struct aka_sqn_array sqn;
    struct { /* air messages that reached the terminal */
        struct air_message m;
        uint8_t rp[256];
        int64_t at;
    } heard[HEARD_MAX + 1];
    size_t heard_n;
    struct testnet_attach attach; /* the last */
    unsigned attaches, messages, receipts;
    struct testnet_sm message; /* the last to a peer; ud in message_ud */
    uint8_t message_ud[SMS_UD_MAX];
    struct testnet_receipt receipt; /* the last */
};

static inline void bench_to_device(void *ctx, uint32_t device, struct bytes wire)
{
    struct bench *b = ctx;
    struct air_message *m = &b->heard[b->heard_n].m;
    struct bytes rp;

    if (device != b->device || b->heard_n == HEARD_MAX)
        return;
    CHECK_OK(air_decode(wire, m));
    b->heard[b->heard_n].at = b->now;
    rp = m->rp;
    m->rp = BYTES(b->heard[b->heard_n].rp, rp.n);
    if (rp.n > 0 && rp.n <= sizeof b->heard[0].rp)
        memcpy(b->heard[b->heard_n].rp, rp.p, rp.n);
    b->heard_n++;
}

static inline void bench_attached(void *ctx, const struct testnet_attach *a)
{
    struct bench *b = ctx;

    b->attach = *a;
    b->attaches++;
}

static inline void bench_to_peer(void *ctx, const struct testnet_sm *sm)
{
    struct bench *b = ctx;

    b->message = *sm;
    memcpy(b->message_ud, sm->ud.p, sm->ud.n);
    b->message.ud = BYTES(b->message_ud, sm->ud.n);
    b->messages++;
}

static inline void bench_receipt(void *ctx, const struct testnet_receipt *r)
{
    struct bench *b = ctx;

    b->receipt = *r;
    b->receipts++;
}

static inline void bench_config(struct bench *b)
{
    memset(b, 0, sizeof *b);
    testnet_config_default(&b->config);
    for (unsigned k = 0; k < TESTNET_RATS; k++)
        b->config.radio[k] = (struct testnet_radio){0};
}

static inline enum xk_err bench_open(struct bench *b, const char *imsi, const char *msisdn)
{
    struct testnet_subscriber s = {.aka = b->card};

    snprintf(s.imsi, sizeof s.imsi, "%s", imsi);
    snprintf(s.msisdn, sizeof s.msisdn, "%s", msisdn);
    return testnet_open(b->net, &s);
}

static inline void run_for(struct bench *b, int64_t ms)
{
    int64_t end = b->now + ms;

    while (testnet_deadline(b->net) <= end) {
        b->now = testnet_deadline(b->net) > b->now ? testnet_deadline(b->net) : b->now;
        testnet_run(b->net, b->now);
    }
    b->now = end;
    testnet_run(b->net, b->now);
}

static inline void bench_start(struct bench *b, enum air_rat rat)
{
    const struct testnet_ports ports = {.ctx = b,
                                        .to_device = bench_to_device,
                                        .attached = bench_attached,
                                        .to_peer = bench_to_peer,
                                        .receipt = bench_receipt};

    b->now = START;
    b->card = (struct aka_subscriber){.algorithm = AKA_MILENAGE};
    CHECK_OK(secret_set(&b->card.k, BYTES_STR("kkkkkkkkkkkkkkkk")));
    CHECK_OK(secret_set(&b->card.opc, BYTES_STR("oooooooooooooooo")));
    CHECK_OK(testnet_new(&b->config, &ports, &b->net));
    CHECK_OK(testnet_add_device(b->net, b->now, &(struct testnet_device){.rat = rat, .cell = 7},
                                &b->device));
    CHECK_OK(bench_open(b, IMSI, MSISDN));
    run_for(b, 0);
}

static inline void bench_init(struct bench *b)
{
    bench_config(b);
    bench_start(b, AIR_LTE);
}

static inline void say(struct bench *b, const struct air_message *m)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(air_encode(m, &out));
    CHECK_OK(testnet_air(b->net, b->now, b->device, buf_bytes(&out)));
}

static inline const struct air_message *last_heard(const struct bench *b)
{
    static const struct air_message none;

    return b->heard_n > 0 ? &b->heard[b->heard_n - 1].m : &none;
}

/* One message, then all the network does at once. */
static inline const struct air_message *ask(struct bench *b, const struct air_message *m)
{
    say(b, m);
    run_for(b, 0);
    return last_heard(b);
}

static inline const struct air_message *request_attach(struct bench *b, const char *imsi)
{
    struct air_message m = {.type = AIR_ATTACH_REQUEST, .imei = "001017000000019"};

    snprintf(m.imsi, sizeof m.imsi, "%s", imsi);
    snprintf(m.plmn, sizeof m.plmn, "%s", b->config.plmn);
    return ask(b, &m);
}

/* What the card would answer to this request. */
static inline struct air_message answer_to(struct bench *b, const struct air_message *request)
{
    struct air_message m = {.type = AIR_AUTHENTICATION_RESPONSE, .sync = request->sync};
    uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
    struct aka_vector v;
    unsigned slot;

    if (!request->has_autn) {
        uint8_t kc[AKA_KC_LEN];

        CHECK_OK(aka_gsm(&b->card, request->rand, m.res, kc));
        m.res_n = AKA_SRES_LEN;
        return m;
    }
    CHECK_OK(aka_check_autn(&b->card, request->rand, request->autn, sqn, amf, &v));
    if (aka_sqn_check(&b->sqn, sqn, &slot) == AKA_FRESH) {
        b->sqn.seq[slot] = aka_sqn_get(sqn) >> AKA_IND_BITS;
        memcpy(m.res, v.res, v.res_n);
        m.res_n = v.res_n;
        return m;
    }
    m.type = AIR_AUTHENTICATION_FAILURE;
    m.cause = AIR_CAUSE_SYNCH_FAILURE;
    aka_sqn_highest(&b->sqn, sqn);
    CHECK_OK(aka_make_auts(&b->card, request->rand, sqn, m.auts));
    return m;
}

static inline void attach(struct bench *b, const char *imsi)
{
    struct air_message m = answer_to(b, request_attach(b, imsi));

    unsigned before = b->attaches;

    (void)ask(b, &m);
    CHECK_INT(b->attaches, before + 1);
}

static inline struct testnet_stats stats(const struct bench *b)
{
    struct testnet_stats s;

    testnet_get_stats(b->net, &s);
    return s;
}

static inline enum xk_err submit(struct bench *b, const char *text, uint32_t validity_s,
                                 uint64_t *id)
{
    struct testnet_sm sm = {.source = PLATFORM,
                            .destination = MSISDN,
                            .pid = SMS_PID_USIM_DOWNLOAD,
                            .dcs = SMS_DCS_8BIT_CLASS2,
                            .ud = bytes_cstr(text),
                            .validity_s = validity_s,
                            .receipt = true};

    return testnet_submit(b->net, b->now, &sm, id);
}

/* The RP message in the last air message; false when it is none. */
static inline bool heard_rp(const struct bench *b, size_t i, struct rp_message *rp)
{
    return i < b->heard_n && b->heard[i].m.type == AIR_CP_DATA &&
           rp_decode(b->heard[i].m.rp, rp) == XK_OK;
}

static inline void say_rp(struct bench *b, const struct rp_message *rp)
{
    uint8_t mem[256];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(rp_encode(rp, &out));
    (void)ask(b, &(struct air_message){.type = AIR_CP_DATA, .rp = buf_bytes(&out)});
}

#endif
