/* SPDX-License-Identifier: Apache-2.0 */
/* A download against tests/rsp_world.h, call by call: a test can stop before any of them. */
#ifndef TESTS_UNIT_SERVER_STEPS_H
#define TESTS_UNIT_SERVER_STEPS_H

#include "rsp_world.h"
#include "xt.h"

struct steps {
    struct rsp_world w;
    struct world_order *order;
    struct rsp_initiate_authentication_request initiate;
    struct rsp_initiate_authentication_response initiated;
    struct rsp_authenticate_client_request authenticate;
    struct rsp_authenticate_client_response authenticated;
    struct rsp_get_bound_profile_package_request prepare;
    struct rsp_get_bound_profile_package_response packaged;
};

static inline void begin(struct steps *s, enum ec_curve curve)
{
    rsp_world_init(&s->w, curve);
    s->order = &s->w.orders[0];
}

static inline void initiate(struct steps *s)
{
    s->initiate = rsp_card_initiate(&s->w.card);
    s->initiated = rsp_world_initiate(&s->w, &s->initiate);
}

static inline void authenticate(struct steps *s)
{
    initiate(s);
    s->authenticate = rsp_card_authenticate(&s->w.card, &s->initiated);
    s->authenticated = rsp_world_authenticate(&s->w, &s->authenticate);
}

static inline void prepare(struct steps *s, const char *code)
{
    authenticate(s);
    s->prepare = rsp_card_prepare(&s->w.card, &s->authenticated, code, CARD_NEW_OTPK);
}

static inline void package(struct steps *s, const char *code)
{
    prepare(s, code);
    s->packaged = rsp_world_package(&s->w, &s->prepare);
}

#define VERDICT(status, want) CHECK_STR(rsp_world_verdict(&(status)), want)

#endif
