/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what struct smdpp is made of, and steps that several functions take. */
#ifndef SERVER_SMDPP_ENGINE_H
#define SERVER_SMDPP_ENGINE_H

#include "codec/rsp/bpp.h"
#include "server/smdpp/smdpp.h"
#include "server/smdpp/step.h"

#define SMDPP_SESSION_MS ((int64_t)3600 * 1000)
#define SMDPP_RESULT_MS ((int64_t)400 * 86400 * 1000)

struct smdpp {
    struct auth *auth;
    enum smdpp_rebind rebind;
    int64_t session_ms, result_ms;
    uint8_t host_id[16];
    size_t host_id_len;
};

/* Starts the after-image of an order. */
void smdpp_take_order(const struct download *order, struct smdpp_effects *effects);
/* One move of model/download's table on effects->download, and the event that tells it. False: the
 * table has no such move; nothing is changed. event->verdict of a failed one is what an LPA that
 * asks again is told when the order ends by it. */
bool smdpp_move(struct smdpp_effects *effects, const struct download_event *event);
/* The codes of a refusal, for an order's events. */
struct download_verdict smdpp_codes(enum rsp_verdict verdict);

/* A copy in the arena. XK_E_NOMEM. */
enum xk_err smdpp_keep(struct arena *arena, struct bytes what, struct bytes *out) XK_MUST_CHECK;

#endif
