/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a download: what SGP.22 has an SM-DP+ compute, by OpenSSL alone, with keys parsed,
 * groups and algorithms fetched beforehand and nothing around it. Trouble ends the program. */
#ifndef BENCH_DP_FLOOR_H
#define BENCH_DP_FLOOR_H

#include "base/bytes.h"

#define DP_SIGNATURES_MAX 10

/* How many operations over how many bytes. */
struct dp_operations {
    size_t sign, verify;                              /* ECDSA P-256 */
    size_t signed_bytes[DP_SIGNATURES_MAX], n_signed; /* SHA-256 before each of them */
    size_t agree;                                     /* key generation and ECDH each */
    size_t derived_bytes;   /* hashed in X9.63, twice (48 bytes of keys) */
    size_t protected_bytes; /* AES-128-CBC, and as many by its MAC, with new keys */
    size_t random_bytes;
};

struct dp_floor;
struct dp_floor *dp_floor_new(void);
void dp_floor_free(struct dp_floor *f);
void dp_floor_ecdsa(struct dp_floor *f, const struct dp_operations *o);
void dp_floor_rest(struct dp_floor *f, const struct dp_operations *o);

#endif
