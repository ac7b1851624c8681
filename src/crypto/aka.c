/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aka.h"

#include "crypto/milenage.h"
#include "crypto/testalgo.h"
#include "crypto/tuak.h"

#define SQN_MASK ((1ull << 48) - 1)

/* All outputs of one RAND, whichever the algorithm: as it gave them, and where they lie in that. */
struct values {
    union {
        struct milenage_out milenage;
        struct tuak_out tuak;
        struct testalgo_out test;
    } out;
    size_t out_n; /* what of it was written */
    const uint8_t *mac_a, *mac_s;
    const uint8_t *res;
    uint8_t res_n;
    const uint8_t *ck, *ik;
    const uint8_t *ak, *ak_star;
};

static const uint8_t amf_zero[AKA_AMF_LEN];

static void point_at_milenage(struct values *v)
{
    const struct milenage_out *m = &v->out.milenage;

    v->out_n = sizeof *m;
    v->mac_a = m->mac_a;
    v->mac_s = m->mac_s;
    v->res = m->res;
    v->res_n = sizeof m->res;
    v->ck = m->ck;
    v->ik = m->ik;
    v->ak = m->ak;
    v->ak_star = m->ak_star;
}

static void point_at_tuak(struct values *v, uint8_t res_n)
{
    const struct tuak_out *t = &v->out.tuak;

    v->out_n = sizeof *t;
    v->mac_a = t->mac_a;
    v->mac_s = t->mac_s;
    v->res = t->res;
    v->res_n = res_n;
    v->ck = t->ck;
    v->ik = t->ik;
    v->ak = t->ak;
    v->ak_star = t->ak_star;
}

static void point_at_test(struct values *v, uint8_t res_n)
{
    const struct testalgo_out *t = &v->out.test;

    v->out_n = sizeof *t;
    v->mac_a = t->mac_a;
    v->mac_s = t->mac_s;
    v->res = t->res;
    v->res_n = res_n;
    v->ck = t->ck;
    v->ik = t->ik;
    v->ak = t->ak;
    v->ak_star = t->ak;
}

static inline void values_wipe(struct values *v)
{
    explicit_bzero(&v->out, v->out_n);
}

static const uint8_t *constants_of(const struct aka_subscriber *s)
{
    return s->has_cr ? s->cr : NULL;
}

static struct tuak_sizes sizes_of(const struct aka_subscriber *s)
{
    return (struct tuak_sizes){.mac = AKA_MAC_LEN,
                               .res = s->res_len ? s->res_len : 8,
                               .ck = AKA_CK_LEN,
                               .ik = AKA_CK_LEN,
                               .iterations = s->iterations ? s->iterations : 1u};
}

/* Key lengths are checked below, by the algorithm. */
static enum xk_err check_subscriber(const struct aka_subscriber *s)
{
    switch (s->algorithm) {
    case AKA_MILENAGE:
        return s->res_len == 0 || s->res_len == 8 ? XK_OK : XK_E_VALUE;
    case AKA_TUAK:
        return s->opc.n == TUAK_TOPC_LEN && s->res_len <= AKA_RES_MAX ? XK_OK : XK_E_VALUE;
    case AKA_TEST:
        return s->res_len == 0 || (s->res_len >= 4 && s->res_len <= AKA_RES_MAX) ? XK_OK
                                                                                 : XK_E_VALUE;
    default:
        return XK_E_UNSUPPORTED;
    }
}

static enum xk_err compute_tuak(const struct aka_subscriber *s, const uint8_t *rand,
                                const uint8_t *sqn, const uint8_t *amf, struct values *v)
{
    struct tuak_sizes sizes = sizes_of(s);

    point_at_tuak(v, sizes.res);
    return tuak_all(secret_bytes(&s->k), s->opc.bytes, &sizes, rand, sqn, amf, &v->out.tuak);
}

static enum xk_err compute_test(const struct aka_subscriber *s, const uint8_t *rand,
                                const uint8_t *sqn, const uint8_t *amf, struct values *v)
{
    point_at_test(v, s->res_len ? s->res_len : 8);
    return testalgo_all(secret_bytes(&s->k), rand, sqn, amf, &v->out.test);
}

static inline enum xk_err compute(const struct aka_subscriber *s, const uint8_t *rand,
                                  const uint8_t *sqn, const uint8_t *amf, struct values *v)
{
    TRY(check_subscriber(s));
    if (s->algorithm == AKA_TUAK)
        return compute_tuak(s, rand, sqn, amf, v);
    if (s->algorithm == AKA_TEST)
        return compute_test(s, rand, sqn, amf, v);
    point_at_milenage(v);
    return milenage_all(secret_bytes(&s->k), secret_bytes(&s->opc), constants_of(s), rand, sqn, amf,
                        &v->out.milenage);
}

/* A concealed SQN as AUTN and AUTS carry it, and by which key. */
struct concealed {
    enum { BY_AK, BY_AK_STAR } by;
    const uint8_t *sqn;
    const uint8_t *amf;
};

static enum xk_err reveal_tuak(const struct aka_subscriber *s, const uint8_t *rand,
                               const struct concealed *in, uint8_t *sqn, struct values *v)
{
    struct tuak_sizes sizes = sizes_of(s);

    point_at_tuak(v, sizes.res);
    return tuak_reveal(secret_bytes(&s->k), s->opc.bytes, &sizes, rand,
                       in->by == BY_AK ? TUAK_BY_AK : TUAK_BY_AK_STAR, in->sqn, in->amf, sqn,
                       &v->out.tuak);
}

static enum xk_err reveal_test(const struct aka_subscriber *s, const uint8_t *rand,
                               const struct concealed *in, uint8_t *sqn, struct values *v)
{
    point_at_test(v, s->res_len ? s->res_len : 8);
    return testalgo_reveal(secret_bytes(&s->k), rand, in->sqn, in->amf, sqn, &v->out.test);
}

/* As compute, where the SQN comes concealed; it is given back. */
static enum xk_err reveal(const struct aka_subscriber *s, const uint8_t *rand,
                          const struct concealed *in, uint8_t *sqn, struct values *v)
{
    TRY(check_subscriber(s));
    if (s->algorithm == AKA_TUAK)
        return reveal_tuak(s, rand, in, sqn, v);
    if (s->algorithm == AKA_TEST)
        return reveal_test(s, rand, in, sqn, v);
    point_at_milenage(v);
    return milenage_reveal(secret_bytes(&s->k), secret_bytes(&s->opc), constants_of(s), rand,
                           in->by == BY_AK ? MILENAGE_BY_AK : MILENAGE_BY_AK_STAR, in->sqn, in->amf,
                           sqn, &v->out.milenage);
}

static void conceal(const uint8_t *sqn, const uint8_t *ak, uint8_t *out)
{
    aka_sqn_put(aka_sqn_get(sqn) ^ aka_sqn_get(ak), out);
}

static inline uint32_t word4(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint64_t word8(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

/* c2: SRES = RES1 xor RES2 xor RES3 xor RES4, RES padded with zeros. TS 33.102 6.8.1.2 */
static void convert_c2(const uint8_t res[AKA_RES_MAX], uint8_t sres[AKA_SRES_LEN])
{
    uint32_t w = word4(res) ^ word4(res + 4) ^ word4(res + 8) ^ word4(res + 12);

    memcpy(sres, &w, sizeof w);
}

/* c3: Kc = CK1 xor CK2 xor IK1 xor IK2. TS 33.102 6.8.1.2 */
static void convert_c3(const uint8_t ck[AKA_CK_LEN], const uint8_t ik[AKA_CK_LEN],
                       uint8_t kc[AKA_KC_LEN])
{
    uint64_t w = word8(ck) ^ word8(ck + 8) ^ word8(ik) ^ word8(ik + 8);

    memcpy(kc, &w, sizeof w);
}

static void copy_res(const struct values *v, uint8_t res[AKA_RES_MAX])
{
    memset(res, 0, AKA_RES_MAX);
    if (v->res_n == 8)
        memcpy(res, v->res, 8);
    else
        memcpy(res, v->res, v->res_n);
}

static inline void vector_keys(const struct values *v, const uint8_t *rand, struct aka_vector *out)
{
    memcpy(out->rand, rand, AKA_RAND_LEN);
    copy_res(v, out->res);
    out->res_n = v->res_n;
    memcpy(out->ck, v->ck, AKA_CK_LEN);
    memcpy(out->ik, v->ik, AKA_CK_LEN);
    convert_c2(out->res, out->sres);
    convert_c3(v->ck, v->ik, out->kc);
}

/* TS 33.102 6.3.2 */
enum xk_err aka_make_vector(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                            const uint8_t sqn[AKA_SQN_LEN], const uint8_t amf[AKA_AMF_LEN],
                            struct aka_vector *out)
{
    struct values v;

    TRY(compute(s, rand, sqn, amf, &v));
    vector_keys(&v, rand, out);
    conceal(sqn, v.ak, out->autn);
    memcpy(out->autn + AKA_SQN_LEN, amf, AKA_AMF_LEN);
    memcpy(out->autn + AKA_SQN_LEN + AKA_AMF_LEN, v.mac_a, AKA_MAC_LEN);
    values_wipe(&v);
    return XK_OK;
}

/* TS 33.102 6.3.5: f1* over SQN_MS with AMF 0000 */
enum xk_err aka_open_auts(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                          const uint8_t auts[AKA_AUTS_LEN], uint8_t sqn_ms[AKA_SQN_LEN])
{
    const struct concealed in = {.by = BY_AK_STAR, .sqn = auts, .amf = amf_zero};
    struct values v;
    uint8_t sqn[AKA_SQN_LEN];
    bool right;

    TRY(reveal(s, rand, &in, sqn, &v));
    right = bytes_eq_secret(BYTES(v.mac_s, AKA_MAC_LEN), BYTES(auts + AKA_SQN_LEN, AKA_MAC_LEN));
    values_wipe(&v);
    if (!right)
        return XK_E_AUTH;
    memcpy(sqn_ms, sqn, AKA_SQN_LEN);
    return XK_OK;
}

/* TS 33.102 6.3.3 up to the comparison of XMAC */
enum xk_err aka_check_autn(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                           const uint8_t autn[AKA_AUTN_LEN], uint8_t sqn[AKA_SQN_LEN],
                           uint8_t amf[AKA_AMF_LEN], struct aka_vector *vector)
{
    const uint8_t *amf_in = autn + AKA_SQN_LEN;
    const struct concealed in = {.by = BY_AK, .sqn = autn, .amf = amf_in};
    struct values v;
    uint8_t sqn_in[AKA_SQN_LEN];

    TRY(reveal(s, rand, &in, sqn_in, &v));
    if (!bytes_eq_secret(BYTES(v.mac_a, AKA_MAC_LEN), BYTES(amf_in + AKA_AMF_LEN, AKA_MAC_LEN))) {
        values_wipe(&v);
        return XK_E_AUTH;
    }
    memcpy(sqn, sqn_in, AKA_SQN_LEN);
    memcpy(amf, amf_in, AKA_AMF_LEN);
    vector_keys(&v, rand, vector);
    memcpy(vector->autn, autn, AKA_AUTN_LEN);
    values_wipe(&v);
    return XK_OK;
}

enum xk_err aka_make_auts(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                          const uint8_t sqn_ms[AKA_SQN_LEN], uint8_t auts[AKA_AUTS_LEN])
{
    struct values v;

    TRY(compute(s, rand, sqn_ms, amf_zero, &v));
    conceal(sqn_ms, v.ak_star, auts);
    memcpy(auts + AKA_SQN_LEN, v.mac_s, AKA_MAC_LEN);
    values_wipe(&v);
    return XK_OK;
}

enum xk_err aka_gsm(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                    uint8_t sres[AKA_SRES_LEN], uint8_t kc[AKA_KC_LEN])
{
    static const uint8_t sqn_unused[AKA_SQN_LEN];
    uint8_t res[AKA_RES_MAX];
    struct values v;

    TRY(compute(s, rand, sqn_unused, amf_zero, &v));
    copy_res(&v, res);
    convert_c2(res, sres);
    convert_c3(v.ck, v.ik, kc);
    values_wipe(&v);
    return XK_OK;
}

/* The slot of the highest SEQ; the lowest such slot. */
static unsigned highest_slot(const struct aka_sqn_array *a)
{
    unsigned best = 0;

    for (unsigned i = 1; i < AKA_IND_COUNT; i++)
        if (a->seq[i] > a->seq[best])
            best = i;
    return best;
}

/* TS 33.102 C.2.1, C.2.2: no jump past the highest SEQ, not too old, newer than its own slot */
enum aka_freshness aka_sqn_check_by(const struct aka_sqn_array *a,
                                    const struct aka_sqn_rules *rules,
                                    const uint8_t sqn[AKA_SQN_LEN], unsigned *slot)
{
    uint64_t value = aka_sqn_get(sqn);
    uint64_t seq = value >> AKA_IND_BITS;
    unsigned ind = (unsigned)(value % AKA_IND_COUNT);
    uint64_t highest = a->seq[highest_slot(a)];

    if (rules->delta && seq > highest && seq - highest > rules->delta)
        return AKA_STALE;
    if (rules->age_limit && highest > seq && highest - seq >= rules->age_limit)
        return AKA_STALE;
    if (seq <= a->seq[ind])
        return AKA_STALE;
    *slot = ind;
    return AKA_FRESH;
}

enum aka_freshness aka_sqn_check(const struct aka_sqn_array *a, const uint8_t sqn[AKA_SQN_LEN],
                                 unsigned *slot)
{
    static const struct aka_sqn_rules rules = {.delta = AKA_SQN_DELTA};

    return aka_sqn_check_by(a, &rules, sqn, slot);
}

void aka_sqn_highest(const struct aka_sqn_array *a, uint8_t sqn[AKA_SQN_LEN])
{
    unsigned slot = highest_slot(a);

    aka_sqn_put(a->seq[slot] << AKA_IND_BITS | slot, sqn);
}

/* TS 33.102 C.1.1.3: the next SEQ, with the IND asked for; 48 bits, wraps to zero. */
uint64_t aka_sqn_next(uint64_t sqn, unsigned ind)
{
    uint64_t seq = (sqn >> AKA_IND_BITS) + 1;

    return (seq << AKA_IND_BITS | ind % AKA_IND_COUNT) & SQN_MASK;
}
