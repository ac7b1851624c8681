/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keccak.h"

#include <endian.h>

#include "base/banned.h" /* IWYU pragma: keep */

#define LANES 25
#define ROUNDS 24

/* FIPS 202 3.2.5: iota's constants */
static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* rho and pi as one walk: lane 1 goes to lane to[0] turned by turn[0], what was there goes to
 * to[1], and so on round the 24 lanes. FIPS 202 3.2.2, 3.2.3 */
static const uint8_t walk_to[ROUNDS] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                        15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const uint8_t walk_turn[ROUNDS] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                          27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static inline uint64_t rotate(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static void theta(uint64_t a[LANES])
{
    uint64_t column[5];

    for (unsigned x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned x = 0; x < 5; x++) {
        uint64_t d = column[(x + 4) % 5] ^ rotate(column[(x + 1) % 5], 1);

        for (unsigned y = 0; y < LANES; y += 5)
            a[y + x] ^= d;
    }
}

static void rho_pi(uint64_t a[LANES])
{
    uint64_t moving = a[1];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t next = a[walk_to[i]];

        a[walk_to[i]] = rotate(moving, walk_turn[i]);
        moving = next;
    }
}

static void chi(uint64_t a[LANES])
{
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof row);
        for (unsigned x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

void keccak_permute(uint8_t state[KECCAK_STATE_LEN])
{
    uint64_t a[LANES];

    memcpy(a, state, sizeof a);
    for (unsigned i = 0; i < LANES; i++)
        a[i] = le64toh(a[i]);
    for (unsigned i = 0; i < ROUNDS; i++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= round_constants[i];
    }
    for (unsigned i = 0; i < LANES; i++)
        a[i] = htole64(a[i]);
    memcpy(state, a, sizeof a);
    explicit_bzero(a, sizeof a);
}
