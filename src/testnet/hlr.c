/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribers and the authentication centre (TS 33.102 6.3). */
#include "testnet/core.h"

static const uint8_t amf_eps[AKA_AMF_LEN] = {0x80, 0x00}; /* TS 33.401 6.1.1: separation bit */
static const uint8_t amf_plain[AKA_AMF_LEN] = {0x00, 0x00};

static uint32_t find_in(const struct map *m, const char *key)
{
    uintptr_t value;

    return map_get(m, bytes_cstr(key), &value) ? (uint32_t)value : TESTNET_NOBODY;
}

uint32_t testnet_find(const struct testnet *t, const char *imsi)
{
    return find_in(&t->by_imsi, imsi);
}

/* "+86..." and "86..." are the same number. */
uint32_t testnet_find_number(const struct testnet *t, const char *msisdn)
{
    return find_in(&t->by_msisdn, msisdn[0] == '+' ? msisdn + 1 : msisdn);
}

static bool fits_inline(const struct aka_subscriber *a)
{
    return a->algorithm == AKA_MILENAGE && a->k.n == 16 && a->opc.n == 16 && !a->has_cr &&
           (a->res_len == 0 || a->res_len == 8);
}

static void forget_keys(struct subscriber *s)
{
    if (s->other)
        explicit_bzero(s->other, sizeof *s->other);
    free(s->other);
    s->other = NULL;
    explicit_bzero(s->k, sizeof s->k);
    explicit_bzero(s->opc, sizeof s->opc);
}

static enum xk_err set_keys(struct subscriber *s, const struct aka_subscriber *a)
{
    struct aka_subscriber *other = NULL;

    if (!fits_inline(a)) {
        other = malloc(sizeof *other);
        if (!other)
            return XK_E_NOMEM;
        *other = *a;
    }
    forget_keys(s);
    s->other = other;
    if (!other) {
        memcpy(s->k, a->k.bytes, sizeof s->k);
        memcpy(s->opc, a->opc.bytes, sizeof s->opc);
    }
    return XK_OK;
}

static enum xk_err get_keys(const struct subscriber *s, struct aka_subscriber *a)
{
    if (s->other) {
        *a = *s->other;
        return XK_OK;
    }
    memset(a, 0, sizeof *a);
    a->algorithm = AKA_MILENAGE;
    TRY(secret_set(&a->k, BYTES_OF(s->k)));
    return secret_set(&a->opc, BYTES_OF(s->opc));
}

/* The arrays grow by doubling; places are numbers, so moving them harms nobody. */
static enum xk_err new_subscriber(struct testnet *t, uint32_t *out)
{
    if (t->subscriber_n >= t->config.subscribers_max)
        return XK_E_LIMIT;
    if (t->subscriber_n == t->subscriber_cap) {
        uint32_t cap = t->subscriber_cap ? t->subscriber_cap * 2 : 64;
        struct subscriber *p = calloc(cap, sizeof *p);

        if (!p)
            return XK_E_NOMEM;
        if (t->subscriber_n > 0)
            memcpy(p, t->subscribers, t->subscriber_n * sizeof *p);
        if (t->subscriber_n > 0)
            explicit_bzero(t->subscribers, t->subscriber_n * sizeof *p);
        free(t->subscribers);
        t->subscribers = p;
        t->subscriber_cap = cap;
    }
    *out = t->subscriber_n;
    return XK_OK;
}

static enum xk_err set_number(struct testnet *t, uint32_t at, const char *msisdn)
{
    struct subscriber *s = &t->subscribers[at];

    if (strcmp(s->msisdn, msisdn) == 0)
        return XK_OK;
    if (msisdn[0])
        TRY(map_put(&t->by_msisdn, bytes_cstr(msisdn), at));
    if (s->msisdn[0])
        map_del(&t->by_msisdn, bytes_cstr(s->msisdn));
    memcpy(s->msisdn, msisdn, strlen(msisdn) + 1);
    return XK_OK;
}

static bool is_digits(const char *text, size_t max)
{
    size_t n = strspn(text, "0123456789");

    return text[n] == '\0' && n <= max;
}

static enum xk_err add_subscriber(struct testnet *t, const char *imsi, uint32_t *at)
{
    *at = testnet_find(t, imsi);
    if (*at != TESTNET_NOBODY)
        return XK_OK;
    TRY(new_subscriber(t, at));
    TRY(map_put(&t->by_imsi, bytes_cstr(imsi), *at));
    t->subscribers[*at] = (struct subscriber){.device = TESTNET_NOBODY};
    memcpy(t->subscribers[*at].imsi, imsi, strlen(imsi) + 1);
    t->subscriber_n++;
    return XK_OK;
}

enum xk_err testnet_open(struct testnet *t, const struct testnet_subscriber *in)
{
    const char *msisdn = in->msisdn[0] == '+' ? in->msisdn + 1 : in->msisdn;
    uint32_t owner = testnet_find_number(t, msisdn);
    uint32_t at;

    if (in->imsi[0] == '\0' || !is_digits(in->imsi, 15) || !is_digits(msisdn, 15))
        return XK_E_VALUE;
    if (owner != TESTNET_NOBODY && strcmp(t->subscribers[owner].imsi, in->imsi) != 0)
        return XK_E_EXISTS;
    TRY(add_subscriber(t, in->imsi, &at));
    TRY(set_number(t, at, msisdn));
    TRY(set_keys(&t->subscribers[at], &in->aka));
    t->subscribers[at].open = true;
    return XK_OK;
}

static void detach_closed(struct testnet *t, struct subscriber *s)
{
    uint32_t device = s->device;

    if (device == TESTNET_NOBODY)
        return;
    testnet_say(t, device,
                &(struct air_message){.type = AIR_DETACH_REQUEST, .cause = AIR_CAUSE_IMSI_UNKNOWN});
    testnet_detach(t, device);
}

/* Its number is free for another, its counter is kept: the card may come back. */
enum xk_err testnet_close(struct testnet *t, int64_t now, const char *imsi)
{
    uint32_t at = testnet_find(t, imsi);
    struct subscriber *s;

    if (at == TESTNET_NOBODY || !t->subscribers[at].open)
        return XK_E_NOT_FOUND;
    t->now = now > t->now ? now : t->now;
    s = &t->subscribers[at];
    s->open = false;
    detach_closed(t, s);
    while (s->first)
        testnet_message_ended(t, at, s->first, TESTNET_UNDELIVERABLE, 1);
    forget_keys(s);
    return set_number(t, at, "");
}

enum xk_err testnet_bar(struct testnet *t, const char *imsi, uint8_t cause)
{
    uint32_t at = testnet_find(t, imsi);

    if (at == TESTNET_NOBODY)
        return XK_E_NOT_FOUND;
    t->subscribers[at].barred = cause;
    return XK_OK;
}

enum xk_err testnet_get_subscriber(const struct testnet *t, const char *imsi,
                                   struct testnet_subscriber_state *out)
{
    uint32_t at = testnet_find(t, imsi);
    const struct subscriber *s;

    if (at == TESTNET_NOBODY)
        return XK_E_NOT_FOUND;
    s = &t->subscribers[at];
    *out = (struct testnet_subscriber_state){.open = s->open,
                                             .device = s->device,
                                             .verified = s->verified,
                                             .resyncs = s->resyncs,
                                             .last_attach = s->last_attach,
                                             .waiting = s->waiting,
                                             .sqn = s->sqn};
    return XK_OK;
}

enum xk_err testnet_set_sqn(struct testnet *t, const char *imsi, uint64_t sqn)
{
    uint32_t at = testnet_find(t, imsi);

    if (at == TESTNET_NOBODY)
        return XK_E_NOT_FOUND;
    t->subscribers[at].sqn = sqn;
    return XK_OK;
}

/* TS 33.102 C.1.2: SEQ counts on, IND tells the kind of radio, so that two that take turns do not
 * make each other stale. */
enum xk_err testnet_vector(struct testnet *t, struct subscriber *s, enum air_rat rat,
                           struct aka_vector *v)
{
    uint8_t rand[AKA_RAND_LEN], sqn[AKA_SQN_LEN];
    const struct xk_rand random = xk_rand_prng(&t->prng);
    struct aka_subscriber keys;
    enum xk_err err;

    xk_rand_fill(&random, rand, sizeof rand);
    s->sqn = aka_sqn_next(s->sqn, (unsigned)rat);
    aka_sqn_put(s->sqn, sqn);
    err = get_keys(s, &keys);
    if (err == XK_OK)
        err = aka_make_vector(&keys, rand, sqn, rat == AIR_GSM ? amf_plain : amf_eps, v);
    explicit_bzero(&keys, sizeof keys);
    return err;
}

enum xk_err testnet_resync(struct subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                           const uint8_t auts[AKA_AUTS_LEN])
{
    struct aka_subscriber keys;
    uint8_t sqn[AKA_SQN_LEN];
    enum xk_err err = get_keys(s, &keys);

    if (err == XK_OK)
        err = aka_open_auts(&keys, rand, auts, sqn);
    explicit_bzero(&keys, sizeof keys);
    if (err != XK_OK)
        return err;
    s->sqn = aka_sqn_get(sqn);
    s->resyncs++;
    return XK_OK;
}

void testnet_hlr_fini(struct testnet *t)
{
    for (uint32_t i = 0; i < t->subscriber_n; i++) {
        testnet_smsc_fini(t, &t->subscribers[i]);
        forget_keys(&t->subscribers[i]);
    }
    free(t->subscribers);
}
