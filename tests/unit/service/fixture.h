/* SPDX-License-Identifier: Apache-2.0 */
/* A migrated store in memory, a keystore and repeatable randomness, for tests of services. */
#ifndef TESTS_UNIT_SERVICE_FIXTURE_H
#define TESTS_UNIT_SERVICE_FIXTURE_H

#include "base/clock.h"
#include "crypto/keystore.h"
#include "store/store.h"

struct fixture {
    struct store *store;
    struct keystore *ks;
    struct xk_prng prng;
    struct xk_rand rand;
};

/* Ends the test program when something cannot be had. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
/* A fingerprint of all that is in the tables of numbers and chips. */
uint64_t fixture_fingerprint(struct fixture *f);

/* Runs op in a transaction with each of its statements failing in turn (commit included): the first
 * failure must come out as XK_E_DB and leave everything as it was. Then once without failure and
 * commits. Gives the number of statements, 0 when a promise was broken. */
unsigned fixture_fail_everywhere(struct fixture *f, enum xk_err (*op)(struct fixture *f, void *ctx),
                                 void *ctx);

#endif
