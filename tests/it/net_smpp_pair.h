/* SPDX-License-Identifier: Apache-2.0 */
/* A message centre and a platform on one loop, both of which note what happens to them. */
#ifndef TESTS_IT_NET_SMPP_PAIR_H
#define TESTS_IT_NET_SMPP_PAIR_H

#include "net/loop/socket.h"
#include "net/smpp/esme.h"
#include "net/smpp/smsc.h"
#include "net_wait.h"
#include "xt.h"

#define MANY 512

struct centre {
    struct smpp_smsc *smsc;
    uint64_t tokens[MANY];
    unsigned submits, held, delivered;
    bool hold;         /* answer later */
    unsigned throttle; /* refuse as many */
    struct smpp_deliver_result last;
    uint64_t last_ref;
    unsigned bound, unbound;
    uint32_t session; /* last one bound */
    char message[300];
};

static inline uint32_t on_bind(void *ctx, const struct smpp_smsc_peer *peer, const char *password)
{
    (void)ctx;
    if (strcmp(peer->system_id, "xieka") != 0 && strcmp(peer->system_id, "other") != 0)
        return SMPP_RINVSYSID;
    return strcmp(password, "secret") == 0 ? SMPP_ROK : SMPP_RINVPASWD;
}

static inline void answer_submit(struct centre *c, uint64_t token)
{
    smpp_smsc_submit_done(c->smsc, token, SMPP_ROK, "00000007");
}

static inline void on_submit(void *ctx, uint64_t token, const struct smpp_smsc_peer *peer,
                             const struct smpp_sm *sm)
{
    struct centre *c = ctx;

    CHECK_STR(peer->system_id, "xieka");
    c->submits++;
    snprintf(c->message, sizeof c->message, "%.*s", (int)sm->message.n,
             (const char *)sm->message.p);
    if (c->hold && c->held < MANY)
        c->tokens[c->held++] = token;
    else if (!c->hold)
        answer_submit(c, token);
}

static inline void on_delivered(void *ctx, uint64_t ref, const struct smpp_deliver_result *result)
{
    struct centre *c = ctx;

    c->delivered++;
    c->last = *result;
    c->last_ref = ref;
}

static inline uint32_t on_admit(void *ctx, const struct smpp_smsc_peer *peer)
{
    struct centre *c = ctx;

    (void)peer;
    if (c->throttle == 0)
        return SMPP_ROK;
    c->throttle--;
    return c->throttle % 2 ? SMPP_RTHROTTLED : SMPP_RMSGQFUL;
}

static inline void on_bound(void *ctx, const struct smpp_smsc_peer *peer)
{
    struct centre *c = ctx;

    c->bound++;
    c->session = peer->session;
}

static inline void on_unbound(void *ctx, const struct smpp_smsc_peer *peer)
{
    struct centre *c = ctx;

    (void)peer;
    c->unbound++;
}

static const struct smpp_smsc_events centre_events = {
    .bind = on_bind,
    .submit = on_submit,
    .delivered = on_delivered,
    .admit = on_admit,
    .bound = on_bound,
    .unbound = on_unbound,
};

struct platform {
    struct smpp_esme *esme;
    struct smpp_submit_result results[MANY];
    unsigned ok, timeout, closed, refused, done;
    char message_id[65];
    uint64_t tokens[MANY];
    unsigned delivers, waiting;
    bool hold;
    uint32_t status; /* to answer deliver_sm with */
    unsigned refuse; /* as many deliver_sm with `status`, then accept */
    enum smpp_esme_state states[64];
    unsigned state_count;
};

static inline void on_submitted(void *ctx, uint64_t ref, const struct smpp_submit_result *result)
{
    struct platform *p = ctx;

    CHECK(ref < MANY);
    p->done++;
    p->ok += result->err == XK_OK && result->status == SMPP_ROK;
    p->refused += result->err == XK_OK && result->status != SMPP_ROK;
    p->timeout += result->err == XK_E_TIMEOUT;
    p->closed += result->err == XK_E_CLOSED;
    snprintf(p->message_id, sizeof p->message_id, "%s", result->message_id);
}

static inline void on_deliver(void *ctx, uint64_t token, const struct smpp_sm *sm)
{
    struct platform *p = ctx;
    uint32_t status = SMPP_ROK;

    CHECK(sm->message.n > 0);
    p->delivers++;
    if (p->hold && p->waiting < MANY) {
        p->tokens[p->waiting++] = token;
        return;
    }
    if (p->refuse) {
        p->refuse--;
        status = p->status;
    }
    smpp_esme_deliver_done(p->esme, token, status);
}

static inline void on_state(void *ctx, enum smpp_esme_state state)
{
    struct platform *p = ctx;

    if (p->state_count < ARRAY_LEN(p->states))
        p->states[p->state_count++] = state;
}

static const struct smpp_esme_events platform_events = {
    .submitted = on_submitted,
    .deliver = on_deliver,
    .state = on_state,
};

struct pair {
    struct loop *loop;
    struct centre c;
    struct platform p;
    struct smpp_smsc_options so;
    struct smpp_esme_options eo;
};

static inline struct pair *new_pair(void)
{
    struct pair *t = calloc(1, sizeof *t);

    if (!t || loop_new(&t->loop) != XK_OK)
        abort();
    t->so = (struct smpp_smsc_options){
        .loop = t->loop, .address = "127.0.0.1", .on = &centre_events, .ctx = &t->c};
    t->eo = (struct smpp_esme_options){
        .loop = t->loop,
        .host = "127.0.0.1",
        .system_id = "xieka",
        .password = "secret",
        .on = &platform_events,
        .ctx = &t->p,
        .backoff_min_ms = 5,
        .backoff_max_ms = 20,
        .throttle_min_ms = 2,
        .throttle_max_ms = 10,
    };
    return t;
}

static inline void open_centre(struct pair *t)
{
    CHECK_OK(smpp_smsc_new(&t->so, &t->c.smsc));
    t->so.port = smpp_smsc_port(t->c.smsc);
    t->eo.port = t->so.port;
}

static inline void open_pair(struct pair *t)
{
    open_centre(t);
    CHECK_OK(smpp_esme_new(&t->eo, &t->p.esme));
    WAIT(t->loop, t->c.bound == 1);
}

static inline void free_pair(struct pair *t)
{
    smpp_esme_free(t->p.esme);
    smpp_smsc_free(t->c.smsc);
    loop_free(t->loop);
    free(t);
}

static inline enum smpp_esme_state state_of(const struct pair *t)
{
    struct smpp_esme_stats stats;

    smpp_esme_stats(t->p.esme, &stats);
    return stats.state;
}

static inline struct smpp_smsc_stats centre_stats(const struct pair *t)
{
    struct smpp_smsc_stats stats;

    smpp_smsc_stats(t->c.smsc, &stats);
    return stats;
}

static inline struct smpp_sm message(void)
{
    return (struct smpp_sm){
        .source = {.ton = 1, .npi = 1, .digits = "10086"},
        .destination = {.ton = 1, .npi = 1, .digits = "861440000000001"},
        .esm_class = SMPP_ESM_UDHI,
        .message = BYTES_STR("hello"),
    };
}

static inline void submit(struct pair *t, unsigned n)
{
    struct smpp_sm sm = message();

    for (unsigned i = 0; i < n; i++)
        CHECK_OK(smpp_esme_submit(t->p.esme, &sm, i));
}

#endif
