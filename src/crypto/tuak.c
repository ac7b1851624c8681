/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tuak.h"

#include "crypto/keccak.h"

/* The permutation's input, TS 35.231 6.1: the specification numbers bits so that each field lies
 * with its bytes reversed.
 *
 *   0        32         33           40     56    58    64    96           135      136..199
 *   TOP/TOPc INSTANCE   "TUAK1.0"    RAND   AMF   SQN   K     1F 00 .. 00  80       00
 */
enum {
    AT_TOP = 0,
    AT_INSTANCE = 32,
    AT_NAME = 33,
    AT_RAND = 40,
    AT_AMF = 56,
    AT_SQN = 58,
    AT_KEY = 64,
    AT_PAD_FIRST = 96,
    AT_PAD_LAST = 135,
};

/* Its output, TS 35.231 6.2 to 6.5; f1 and TOPc read from 0. */
enum { AT_RES = 0, AT_CK = 32, AT_IK = 64, AT_AK = 96 };

/* INSTANCE, bit 0 of the specification being the highest. TS 35.231 6.2 to 6.5 */
enum {
    INSTANCE_TOPC = 0x00,
    INSTANCE_F1 = 0x00,
    INSTANCE_F1_STAR = 0x80,
    INSTANCE_F2345 = 0x40,
    INSTANCE_F5_STAR = 0xC0,
    INSTANCE_CK_256 = 0x04,
    INSTANCE_IK_256 = 0x02,
    INSTANCE_K_256 = 0x01,
};

/* Of MAC and RES; 4 bytes (RES only) is zero. */
static const struct length_row {
    uint8_t n, instance;
} length_rows[] = {{4, 0x00}, {8, 0x08}, {16, 0x10}, {32, 0x20}};

struct run {
    struct bytes k;
    const uint8_t *topc;
    const struct tuak_sizes *sizes;
    const uint8_t *rand;
};

static enum xk_err length_instance(uint8_t n, uint8_t least, uint8_t *instance)
{
    for (size_t i = 0; i < ARRAY_LEN(length_rows); i++) {
        if (length_rows[i].n != n || n < least)
            continue;
        *instance = length_rows[i].instance;
        return XK_OK;
    }
    return XK_E_VALUE;
}

static enum xk_err check_key(struct bytes k, unsigned iterations)
{
    if ((k.n != 16 && k.n != 32) || iterations < 1 || iterations > TUAK_ITERATIONS_MAX)
        return XK_E_VALUE;
    return XK_OK;
}

static enum xk_err check_sizes(const struct tuak_sizes *s)
{
    uint8_t ignored;

    TRY(length_instance(s->mac, 8, &ignored));
    TRY(length_instance(s->res, 4, &ignored));
    if ((s->ck != 16 && s->ck != 32) || (s->ik != 16 && s->ik != 32))
        return XK_E_VALUE;
    return XK_OK;
}

/* Fields go in and come out with their bytes reversed. */
static void copy_reversed(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[n - 1 - i];
}

static void state_init(uint8_t *state, const uint8_t *top, uint8_t instance, struct bytes k)
{
    memset(state, 0, KECCAK_STATE_LEN);
    copy_reversed(state + AT_TOP, top, 32);
    state[AT_INSTANCE] = (uint8_t)(instance | (k.n == 32 ? INSTANCE_K_256 : 0));
    copy_reversed(state + AT_NAME, (const uint8_t *)"TUAK1.0", 7);
    copy_reversed(state + AT_KEY, k.p, k.n);
    state[AT_PAD_FIRST] = 0x1F;
    state[AT_PAD_LAST] = 0x80;
}

static void state_permute(uint8_t *state, unsigned iterations)
{
    for (unsigned i = 0; i < iterations; i++)
        keccak_permute(state);
}

/* f1 or f1*, TS 35.231 6.3 */
static enum xk_err compute_mac(const struct run *run, uint8_t function, const uint8_t *sqn,
                               const uint8_t *amf, uint8_t mac[32])
{
    uint8_t state[KECCAK_STATE_LEN];
    uint8_t length;

    TRY(length_instance(run->sizes->mac, 8, &length));
    state_init(state, run->topc, (uint8_t)(function | length), run->k);
    copy_reversed(state + AT_RAND, run->rand, AKA_RAND_LEN);
    copy_reversed(state + AT_AMF, amf, AKA_AMF_LEN);
    copy_reversed(state + AT_SQN, sqn, AKA_SQN_LEN);
    state_permute(state, run->sizes->iterations);
    copy_reversed(mac, state, run->sizes->mac);
    explicit_bzero(state, sizeof state);
    return XK_OK;
}

static enum xk_err compute_macs(const struct run *run, const uint8_t *sqn, const uint8_t *amf,
                                struct tuak_out *out)
{
    TRY(compute_mac(run, INSTANCE_F1, sqn, amf, out->mac_a));
    return compute_mac(run, INSTANCE_F1_STAR, sqn, amf, out->mac_s);
}

/* f2, f3, f4 and f5 of one permutation, TS 35.231 6.4 */
static enum xk_err compute_f2345(const struct run *run, struct tuak_out *out)
{
    const struct tuak_sizes *s = run->sizes;
    uint8_t state[KECCAK_STATE_LEN];
    uint8_t length;

    TRY(length_instance(s->res, 4, &length));
    state_init(state, run->topc,
               (uint8_t)(INSTANCE_F2345 | length | (s->ck == 32 ? INSTANCE_CK_256 : 0) |
                         (s->ik == 32 ? INSTANCE_IK_256 : 0)),
               run->k);
    copy_reversed(state + AT_RAND, run->rand, AKA_RAND_LEN);
    state_permute(state, s->iterations);
    copy_reversed(out->res, state + AT_RES, s->res);
    copy_reversed(out->ck, state + AT_CK, s->ck);
    copy_reversed(out->ik, state + AT_IK, s->ik);
    copy_reversed(out->ak, state + AT_AK, AKA_AK_LEN);
    explicit_bzero(state, sizeof state);
    return XK_OK;
}

/* TS 35.231 6.5 */
static void compute_f5_star(const struct run *run, struct tuak_out *out)
{
    uint8_t state[KECCAK_STATE_LEN];

    state_init(state, run->topc, INSTANCE_F5_STAR, run->k);
    copy_reversed(state + AT_RAND, run->rand, AKA_RAND_LEN);
    state_permute(state, run->sizes->iterations);
    copy_reversed(out->ak_star, state + AT_AK, AKA_AK_LEN);
    explicit_bzero(state, sizeof state);
}

static enum xk_err compute_keys(const struct run *run, struct tuak_out *out)
{
    memset(out, 0, sizeof *out);
    TRY(check_key(run->k, run->sizes->iterations));
    TRY(check_sizes(run->sizes));
    TRY(compute_f2345(run, out));
    compute_f5_star(run, out);
    return XK_OK;
}

enum xk_err tuak_all(struct bytes k, const uint8_t topc[32], const struct tuak_sizes *sizes,
                     const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                     struct tuak_out *out)
{
    struct run run = {.k = k, .topc = topc, .sizes = sizes, .rand = rand};
    struct tuak_out result;

    TRY(compute_keys(&run, &result));
    TRY(compute_macs(&run, sqn, amf, &result));
    *out = result;
    explicit_bzero(&result, sizeof result);
    return XK_OK;
}

enum xk_err tuak_reveal(struct bytes k, const uint8_t topc[32], const struct tuak_sizes *sizes,
                        const uint8_t rand[16], enum tuak_concealed by, const uint8_t concealed[6],
                        const uint8_t amf[2], uint8_t sqn[6], struct tuak_out *out)
{
    struct run run = {.k = k, .topc = topc, .sizes = sizes, .rand = rand};
    struct tuak_out result;
    const uint8_t *ak = by == TUAK_BY_AK ? result.ak : result.ak_star;
    uint8_t found[AKA_SQN_LEN];

    TRY(compute_keys(&run, &result));
    for (size_t i = 0; i < sizeof found; i++)
        found[i] = (uint8_t)(concealed[i] ^ ak[i]);
    TRY(compute_macs(&run, found, amf, &result));
    memcpy(sqn, found, sizeof found);
    *out = result;
    explicit_bzero(&result, sizeof result);
    return XK_OK;
}

/* TS 35.231 6.2 */
enum xk_err tuak_topc(struct bytes k, const uint8_t top[32], unsigned iterations, uint8_t topc[32])
{
    uint8_t state[KECCAK_STATE_LEN];

    TRY(check_key(k, iterations));
    state_init(state, top, INSTANCE_TOPC, k);
    state_permute(state, iterations);
    copy_reversed(topc, state, 32);
    explicit_bzero(state, sizeof state);
    return XK_OK;
}
