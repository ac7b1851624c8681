/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: binding of a protected profile to one eUICC and transaction (SGP.22 2.5.4). With
 * random keys only what is around the profile is made: ConfigureISDP, StoreMetadata,
 * ReplaceSessionKeys, and the signature. */
#ifndef SERVER_SMDPP_BIND_H
#define SERVER_SMDPP_BIND_H

#include "server/smdpp/engine.h"

struct smdpp_bind {
    const struct smdpp *smdpp;
    const struct smdpp_call *call;
    const struct auth_identity *identity;
    const struct smdpp_session *session;
    const struct download *profile;
    const struct smdpp_package *package;
    struct bytes euicc_otpk; /* RSP_OTPK_LEN */
};

/* What a binding is made from; another value: the kept one is of something that has changed. */
enum xk_err smdpp_bind_basis(const struct smdpp_bind *in, uint8_t basis[32]) XK_MUST_CHECK;
/* New one-time key, new session keys. XK_E_VALUE: euicc_otpk is no point of the curve. */
enum xk_err smdpp_bind_fresh(const struct smdpp_bind *in, struct smdpp_binding *out) XK_MUST_CHECK;
/* The kept keys again, signed for this transaction. */
enum xk_err smdpp_bind_again(const struct smdpp_bind *in, struct smdpp_binding *kept) XK_MUST_CHECK;
/* The whole package, BF36, in the arena. */
enum xk_err smdpp_bind_package(const struct smdpp_bind *in, const struct smdpp_binding *binding,
                               struct bytes *bpp) XK_MUST_CHECK;

#endif
