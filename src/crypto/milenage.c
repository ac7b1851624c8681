/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/milenage.h"

#include <assert.h>
#include <endian.h>

#include "crypto/engine.h"

#define BLOCK_LEN 16
#define OUT_COUNT 5 /* OUT1..OUT5 */

/* 128 bits as four lanes in memory order: loaded and stored whole, because AES reads back at once
 * what is stored here, and a processor waits where parts were stored. */
typedef uint32_t block __attribute__((vector_size(BLOCK_LEN)));

/* The constants of TS 35.206 4.1: r in bits, c. As cr gives them. */
struct constants {
    uint8_t r[OUT_COUNT];
    uint8_t c[OUT_COUNT][BLOCK_LEN];
};
static_assert(sizeof(struct constants) == AKA_MILENAGE_CR_LEN, "cr is r1..r5, c1..c5");

static const struct constants standard_constants = {
    .r = {64, 0, 32, 64, 96},
    .c = {{0}, {[15] = 1}, {[15] = 2}, {[15] = 4}, {[15] = 8}},
};

/* What the seven functions share for one RAND. */
struct run {
    EVP_CIPHER_CTX *aes; /* keyed with K */
    const struct constants *constants;
    block opc;
    block temp;
    block blocks[OUT_COUNT]; /* the inputs of OUT1..OUT5, then what AES made of them */
};

static inline block block_load(const uint8_t *p)
{
    block b;

    memcpy(&b, p, sizeof b);
    return b;
}

/* rot(x, r) by whole lanes: 32 bits towards the most significant bit each */
static inline block rotate_lanes(block b, unsigned lanes)
{
    switch (lanes) {
    case 1:
        return __builtin_shufflevector(b, b, 1, 2, 3, 0);
    case 2:
        return __builtin_shufflevector(b, b, 2, 3, 0, 1);
    case 3:
        return __builtin_shufflevector(b, b, 3, 0, 1, 2);
    default:
        return b;
    }
}

/* rot(x, r), TS 35.206 3.2 */
static inline block block_rotate(block b, unsigned r)
{
    block whole = rotate_lanes(b, r / 32), next = rotate_lanes(b, r / 32 + 1);
    unsigned bits = r % 32;

    if (bits == 0)
        return whole;
    for (size_t i = 0; i < 4; i++)
        whole[i] = htobe32(be32toh(whole[i]) << bits | be32toh(next[i]) >> (32 - bits));
    return whole;
}

static enum xk_err encrypt(struct run *run, const block *in, size_t n, block *out)
{
    return engine_encrypt(run->aes, (const uint8_t *)in, n * BLOCK_LEN, (uint8_t *)out);
}

static enum xk_err check_constants(const struct constants *k)
{
    for (size_t i = 0; i < OUT_COUNT; i++)
        if (k->r[i] >= 128)
            return XK_E_VALUE;
    return XK_OK;
}

/* TEMP = E_K(RAND xor OPc) */
static enum xk_err run_start(struct run *run, struct bytes k, struct bytes opc, const uint8_t *cr,
                             const uint8_t rand[BLOCK_LEN])
{
    if (k.n != BLOCK_LEN || opc.n != BLOCK_LEN)
        return XK_E_VALUE;
    run->constants = cr ? (const struct constants *)cr : &standard_constants;
    if (cr)
        TRY(check_constants(run->constants));
    TRY(engine_cipher_start(ENGINE_AES_128_ECB, ENGINE_ENCRYPT, k.p, NULL, &run->aes));
    run->opc = block_load(opc.p);
    run->temp = block_load(rand) ^ run->opc;
    return encrypt(run, &run->temp, 1, &run->temp);
}

/* IN1 = SQN | AMF | SQN | AMF */
static inline block input_of(const uint8_t sqn[6], const uint8_t amf[2])
{
    typedef uint64_t halves __attribute__((vector_size(BLOCK_LEN)));
    uint64_t half = htobe64(aka_sqn_get(sqn) << 16 | (uint64_t)amf[0] << 8 | amf[1]);

    return (block)(halves){half, half};
}

/* The input of OUT1: TEMP xor rot(IN1 xor OPc, r1) xor c1 */
static inline void input_one(struct run *run, block in1)
{
    const struct constants *k = run->constants;

    if (k == &standard_constants)
        run->blocks[0] = run->temp ^ rotate_lanes(in1 ^ run->opc, 2); /* c1 is zero */
    else
        run->blocks[0] = run->temp ^ block_rotate(in1 ^ run->opc, k->r[0]) ^ block_load(k->c[0]);
}

/* The inputs of OUT2 to OUT5: rot(TEMP xor OPc, r) xor c */
static void inputs_own(struct run *run)
{
    const struct constants *k = run->constants;

    for (size_t i = 1; i < OUT_COUNT; i++)
        run->blocks[i] = block_rotate(run->temp ^ run->opc, k->r[i]) ^ block_load(k->c[i]);
}

/* The same with the standard constants, whose rotations are of whole lanes. */
static inline void inputs_rest(struct run *run)
{
    block base = run->temp ^ run->opc;

    if (run->constants != &standard_constants) {
        inputs_own(run);
        return;
    }
    run->blocks[1] = base ^ block_load(standard_constants.c[1]);
    run->blocks[2] = rotate_lanes(base, 1) ^ block_load(standard_constants.c[2]);
    run->blocks[3] = rotate_lanes(base, 2) ^ block_load(standard_constants.c[3]);
    run->blocks[4] = rotate_lanes(base, 3) ^ block_load(standard_constants.c[4]);
}

/* OUT = E_K(input) xor OPc */
static inline block run_out(const struct run *run, size_t i)
{
    return run->blocks[i] ^ run->opc;
}

static void run_result(const struct run *run, struct milenage_out *out)
{
    block one = run_out(run, 0), two = run_out(run, 1), three = run_out(run, 2);
    block four = run_out(run, 3), five = run_out(run, 4);

    memcpy(out->mac_a, &one, 8);
    memcpy(out->mac_s, (const uint8_t *)&one + 8, 8);
    memcpy(out->ak, &two, 6);
    memcpy(out->res, (const uint8_t *)&two + 8, 8);
    memcpy(out->ck, &three, 16);
    memcpy(out->ik, &four, 16);
    memcpy(out->ak_star, &five, 6);
}

/* TS 35.206 4.1 */
enum xk_err milenage_all(struct bytes k, struct bytes opc, const uint8_t *cr,
                         const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                         struct milenage_out *out)
{
    struct run run;

    TRY(run_start(&run, k, opc, cr, rand));
    input_one(&run, input_of(sqn, amf));
    inputs_rest(&run);
    TRY(encrypt(&run, run.blocks, OUT_COUNT, run.blocks));
    run_result(&run, out);
    explicit_bzero(&run, sizeof run);
    return XK_OK;
}

enum xk_err milenage_reveal(struct bytes k, struct bytes opc, const uint8_t *cr,
                            const uint8_t rand[16], enum milenage_concealed by,
                            const uint8_t concealed[6], const uint8_t amf[2], uint8_t sqn[6],
                            struct milenage_out *out)
{
    struct run run;
    block ak;

    TRY(run_start(&run, k, opc, cr, rand));
    inputs_rest(&run);
    TRY(encrypt(&run, run.blocks + 1, OUT_COUNT - 1, run.blocks + 1));
    ak = run_out(&run, by == MILENAGE_BY_AK ? 1 : 4);
    aka_sqn_put(aka_sqn_get(concealed) ^ aka_sqn_get((const uint8_t *)&ak), sqn);
    input_one(&run, input_of(sqn, amf));
    TRY(encrypt(&run, run.blocks, 1, run.blocks));
    run_result(&run, out);
    explicit_bzero(&run, sizeof run);
    return XK_OK;
}

enum xk_err milenage_opc(struct bytes k, const uint8_t op[16], uint8_t opc[16])
{
    EVP_CIPHER_CTX *aes;
    uint8_t out[BLOCK_LEN];

    if (k.n != BLOCK_LEN)
        return XK_E_VALUE;
    TRY(engine_cipher_start(ENGINE_AES_128_ECB, ENGINE_ENCRYPT, k.p, NULL, &aes));
    TRY(engine_encrypt(aes, op, BLOCK_LEN, out));
    for (size_t i = 0; i < BLOCK_LEN; i++)
        opc[i] = (uint8_t)(out[i] ^ op[i]);
    return XK_OK;
}
