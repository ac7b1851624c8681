/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/milenage.h"

#include <assert.h>
#include <endian.h>

#include "crypto/engine.h"

#define BLOCK_LEN 16
#define OUT_COUNT 5 /* OUT1..OUT5 */

/* 128 bits as two words in memory order, for xor; rotation turns them into numbers and back. */
struct block {
    uint64_t w[2];
};

/* One constant pair of TS 35.206 4.1: r in bits, c. */
struct constants {
    uint8_t r[OUT_COUNT];
    uint8_t c[OUT_COUNT][BLOCK_LEN];
};
static_assert(sizeof(struct constants) == AKA_MILENAGE_CR_LEN,
              "the layout of tag 8A of the script");

static const struct constants standard_constants = {
    .r = {64, 0, 32, 64, 96},
    .c = {{0}, {[15] = 1}, {[15] = 2}, {[15] = 4}, {[15] = 8}},
};

/* What the seven functions share for one RAND. */
struct run {
    EVP_CIPHER_CTX *aes; /* keyed with K */
    const struct constants *constants;
    struct block opc;
    struct block temp;
    struct block out[OUT_COUNT];
};

static inline struct block block_load(const uint8_t *p)
{
    struct block b;

    memcpy(b.w, p, sizeof b.w);
    return b;
}

static inline struct block block_xor(struct block a, struct block b)
{
    return (struct block){{a.w[0] ^ b.w[0], a.w[1] ^ b.w[1]}};
}

/* rot(x, r): by r bits towards the most significant bit. TS 35.206 3.2 */
static inline struct block block_rotate(struct block b, unsigned r)
{
    uint64_t hi = be64toh(b.w[r < 64 ? 0 : 1]);
    uint64_t lo = be64toh(b.w[r < 64 ? 1 : 0]);
    unsigned bits = r % 64;

    if (bits == 0)
        return (struct block){{htobe64(hi), htobe64(lo)}};
    return (struct block){
        {htobe64(hi << bits | lo >> (64 - bits)), htobe64(lo << bits | hi >> (64 - bits))}};
}

static enum xk_err encrypt(struct run *run, const struct block *in, struct block *out, size_t n)
{
    return engine_cipher_blocks(run->aes, (const uint8_t *)in, n * sizeof *in, (uint8_t *)out);
}

/* TEMP = E_K(RAND xor OPc) */
static enum xk_err run_start(struct run *run, struct bytes k, struct bytes opc, const uint8_t *cr,
                             const uint8_t rand[BLOCK_LEN])
{
    struct block in;

    if (k.n != BLOCK_LEN || opc.n != BLOCK_LEN)
        return XK_E_VALUE;
    run->constants = cr ? (const struct constants *)cr : &standard_constants;
    for (size_t i = 0; cr && i < OUT_COUNT; i++)
        if (run->constants->r[i] >= 128)
            return XK_E_VALUE;
    run->opc = block_load(opc.p);
    in = block_xor(block_load(rand), run->opc);
    TRY(engine_cipher_start(ENGINE_AES_128_ECB, ENGINE_ENCRYPT, k.p, NULL, &run->aes));
    return encrypt(run, &in, &run->temp, 1);
}

/* The input of OUT1: TEMP xor rot(IN1 xor OPc, r1) xor c1, IN1 = SQN | AMF | SQN | AMF */
static struct block input_one(const struct run *run, const uint8_t sqn[6], const uint8_t amf[2])
{
    uint8_t in1[BLOCK_LEN];
    struct block rotated;

    memcpy(in1, sqn, 6);
    memcpy(in1 + 6, amf, 2);
    memcpy(in1 + 8, in1, 8);
    rotated = block_rotate(block_xor(block_load(in1), run->opc), run->constants->r[0]);
    return block_xor(block_xor(run->temp, rotated), block_load(run->constants->c[0]));
}

/* The inputs of OUT2 to OUT5: rot(TEMP xor OPc, r) xor c */
static void inputs_rest(const struct run *run, struct block *in)
{
    struct block base = block_xor(run->temp, run->opc);

    for (size_t i = 1; i < OUT_COUNT; i++)
        in[i] =
            block_xor(block_rotate(base, run->constants->r[i]), block_load(run->constants->c[i]));
}

/* Encrypts the inputs from..from+n-1 into OUT, each xor OPc */
static enum xk_err run_blocks(struct run *run, struct block *in, size_t from, size_t n)
{
    TRY(encrypt(run, in + from, run->out + from, n));
    for (size_t i = from; i < from + n; i++)
        run->out[i] = block_xor(run->out[i], run->opc);
    return XK_OK;
}

static void run_result(const struct run *run, struct milenage_out *out)
{
    const struct block *o = run->out;

    memcpy(out->mac_a, &o[0].w[0], 8);
    memcpy(out->mac_s, &o[0].w[1], 8);
    memcpy(out->res, &o[1].w[1], 8);
    memcpy(out->ak, &o[1].w[0], 6);
    memcpy(out->ck, o[2].w, 16);
    memcpy(out->ik, o[3].w, 16);
    memcpy(out->ak_star, o[4].w, 6);
}

/* TS 35.206 4.1 */
enum xk_err milenage_all(struct bytes k, struct bytes opc, const uint8_t *cr,
                         const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                         struct milenage_out *out)
{
    struct block in[OUT_COUNT];
    struct run run;

    TRY(run_start(&run, k, opc, cr, rand));
    in[0] = input_one(&run, sqn, amf);
    inputs_rest(&run, in);
    TRY(run_blocks(&run, in, 0, OUT_COUNT));
    run_result(&run, out);
    explicit_bzero(&run, sizeof run);
    return XK_OK;
}

enum xk_err milenage_reveal(struct bytes k, struct bytes opc, const uint8_t *cr,
                            const uint8_t rand[16], enum milenage_concealed by,
                            const uint8_t concealed[6], const uint8_t amf[2], uint8_t sqn[6],
                            struct milenage_out *out)
{
    struct block in[OUT_COUNT];
    struct run run;
    const uint8_t *ak;

    TRY(run_start(&run, k, opc, cr, rand));
    inputs_rest(&run, in);
    TRY(run_blocks(&run, in, 1, OUT_COUNT - 1));
    ak = (const uint8_t *)run.out[by == MILENAGE_BY_AK ? 1 : 4].w;
    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        sqn[i] = (uint8_t)(concealed[i] ^ ak[i]);
    in[0] = input_one(&run, sqn, amf);
    TRY(run_blocks(&run, in, 0, 1));
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
    TRY(engine_cipher_blocks(aes, op, BLOCK_LEN, out));
    for (size_t i = 0; i < BLOCK_LEN; i++)
        opc[i] = (uint8_t)(out[i] ^ op[i]);
    return XK_OK;
}
