/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aka.h"

#include "crypto/milenage.h"
#include "crypto/tuak.h"

#define SQN_MASK ((1ull << 48) - 1)

/* All outputs of one RAND, whichever the algorithm. */
struct values {
    uint8_t mac_a[AKA_MAC_LEN], mac_s[AKA_MAC_LEN];
    uint8_t res[AKA_RES_MAX];
    uint8_t res_n;
    uint8_t ck[AKA_CK_LEN], ik[AKA_CK_LEN];
    uint8_t ak[AKA_AK_LEN], ak_star[AKA_AK_LEN];
};

static const uint8_t amf_zero[AKA_AMF_LEN];

static void values_of_milenage(const struct milenage_out *in, struct values *out)
{
    memcpy(out->mac_a, in->mac_a, sizeof out->mac_a);
    memcpy(out->mac_s, in->mac_s, sizeof out->mac_s);
    memset(out->res, 0, sizeof out->res);
    memcpy(out->res, in->res, sizeof in->res);
    out->res_n = sizeof in->res;
    memcpy(out->ck, in->ck, sizeof out->ck);
    memcpy(out->ik, in->ik, sizeof out->ik);
    memcpy(out->ak, in->ak, sizeof out->ak);
    memcpy(out->ak_star, in->ak_star, sizeof out->ak_star);
}

static void values_of_tuak(const struct tuak_out *in, uint8_t res_n, struct values *out)
{
    memcpy(out->mac_a, in->mac_a, sizeof out->mac_a);
    memcpy(out->mac_s, in->mac_s, sizeof out->mac_s);
    memcpy(out->res, in->res, sizeof out->res);
    out->res_n = res_n;
    memcpy(out->ck, in->ck, sizeof out->ck);
    memcpy(out->ik, in->ik, sizeof out->ik);
    memcpy(out->ak, in->ak, sizeof out->ak);
    memcpy(out->ak_star, in->ak_star, sizeof out->ak_star);
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
                               .iterations = 1};
}

/* Key lengths are checked below, by the algorithm. */
static enum xk_err check_subscriber(const struct aka_subscriber *s)
{
    switch (s->algorithm) {
    case AKA_MILENAGE:
        return s->res_len == 0 || s->res_len == 8 ? XK_OK : XK_E_VALUE;
    case AKA_TUAK:
        return s->opc.n == TUAK_TOPC_LEN && s->res_len <= AKA_RES_MAX ? XK_OK : XK_E_VALUE;
    default:
        return XK_E_UNSUPPORTED;
    }
}

static enum xk_err compute_tuak(const struct aka_subscriber *s, const uint8_t *rand,
                                const uint8_t *sqn, const uint8_t *amf, struct values *out)
{
    struct tuak_sizes sizes = sizes_of(s);
    struct tuak_out t;

    TRY(tuak_all(secret_bytes(&s->k), s->opc.bytes, &sizes, rand, sqn, amf, &t));
    values_of_tuak(&t, sizes.res, out);
    explicit_bzero(&t, sizeof t);
    return XK_OK;
}

static enum xk_err compute(const struct aka_subscriber *s, const uint8_t *rand, const uint8_t *sqn,
                           const uint8_t *amf, struct values *out)
{
    struct milenage_out m;

    TRY(check_subscriber(s));
    if (s->algorithm == AKA_TUAK)
        return compute_tuak(s, rand, sqn, amf, out);
    TRY(milenage_all(secret_bytes(&s->k), secret_bytes(&s->opc), constants_of(s), rand, sqn, amf,
                     &m));
    values_of_milenage(&m, out);
    explicit_bzero(&m, sizeof m);
    return XK_OK;
}

/* A concealed SQN as AUTN and AUTS carry it, and by which key. */
struct concealed {
    enum { BY_AK, BY_AK_STAR } by;
    const uint8_t *sqn;
    const uint8_t *amf;
};

static enum xk_err reveal_tuak(const struct aka_subscriber *s, const uint8_t *rand,
                               const struct concealed *in, uint8_t *sqn, struct values *out)
{
    struct tuak_sizes sizes = sizes_of(s);
    struct tuak_out t;

    TRY(tuak_reveal(secret_bytes(&s->k), s->opc.bytes, &sizes, rand,
                    in->by == BY_AK ? TUAK_BY_AK : TUAK_BY_AK_STAR, in->sqn, in->amf, sqn, &t));
    values_of_tuak(&t, sizes.res, out);
    explicit_bzero(&t, sizeof t);
    return XK_OK;
}

/* As compute, where the SQN comes concealed; it is given back. */
static enum xk_err reveal(const struct aka_subscriber *s, const uint8_t *rand,
                          const struct concealed *in, uint8_t *sqn, struct values *out)
{
    struct milenage_out m;

    TRY(check_subscriber(s));
    if (s->algorithm == AKA_TUAK)
        return reveal_tuak(s, rand, in, sqn, out);
    TRY(milenage_reveal(secret_bytes(&s->k), secret_bytes(&s->opc), constants_of(s), rand,
                        in->by == BY_AK ? MILENAGE_BY_AK : MILENAGE_BY_AK_STAR, in->sqn, in->amf,
                        sqn, &m));
    values_of_milenage(&m, out);
    explicit_bzero(&m, sizeof m);
    return XK_OK;
}

static void conceal(const uint8_t *sqn, const uint8_t *ak, uint8_t *out)
{
    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        out[i] = (uint8_t)(sqn[i] ^ ak[i]);
}

/* c2: SRES = RES1 xor RES2 xor RES3 xor RES4, RES padded with zeros. TS 33.102 6.8.1.2 */
static void convert_c2(const uint8_t res[AKA_RES_MAX], uint8_t sres[AKA_SRES_LEN])
{
    for (size_t i = 0; i < AKA_SRES_LEN; i++)
        sres[i] = (uint8_t)(res[i] ^ res[i + 4] ^ res[i + 8] ^ res[i + 12]);
}

/* c3: Kc = CK1 xor CK2 xor IK1 xor IK2. TS 33.102 6.8.1.2 */
static void convert_c3(const uint8_t ck[AKA_CK_LEN], const uint8_t ik[AKA_CK_LEN],
                       uint8_t kc[AKA_KC_LEN])
{
    for (size_t i = 0; i < AKA_KC_LEN; i++)
        kc[i] = (uint8_t)(ck[i] ^ ck[i + 8] ^ ik[i] ^ ik[i + 8]);
}

static void vector_keys(const struct values *v, const uint8_t *rand, struct aka_vector *out)
{
    memcpy(out->rand, rand, AKA_RAND_LEN);
    memcpy(out->res, v->res, AKA_RES_MAX);
    out->res_n = v->res_n;
    memcpy(out->ck, v->ck, AKA_CK_LEN);
    memcpy(out->ik, v->ik, AKA_CK_LEN);
    convert_c2(v->res, out->sres);
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
    explicit_bzero(&v, sizeof v);
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
    right = bytes_eq_secret(BYTES_OF(v.mac_s), BYTES(auts + AKA_SQN_LEN, AKA_MAC_LEN));
    explicit_bzero(&v, sizeof v);
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
    if (!bytes_eq_secret(BYTES_OF(v.mac_a), BYTES(amf_in + AKA_AMF_LEN, AKA_MAC_LEN))) {
        explicit_bzero(&v, sizeof v);
        return XK_E_AUTH;
    }
    memcpy(sqn, sqn_in, AKA_SQN_LEN);
    memcpy(amf, amf_in, AKA_AMF_LEN);
    vector_keys(&v, rand, vector);
    memcpy(vector->autn, autn, AKA_AUTN_LEN);
    explicit_bzero(&v, sizeof v);
    return XK_OK;
}

enum xk_err aka_make_auts(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                          const uint8_t sqn_ms[AKA_SQN_LEN], uint8_t auts[AKA_AUTS_LEN])
{
    struct values v;

    TRY(compute(s, rand, sqn_ms, amf_zero, &v));
    conceal(sqn_ms, v.ak_star, auts);
    memcpy(auts + AKA_SQN_LEN, v.mac_s, AKA_MAC_LEN);
    explicit_bzero(&v, sizeof v);
    return XK_OK;
}

enum xk_err aka_gsm(const struct aka_subscriber *s, const uint8_t rand[AKA_RAND_LEN],
                    uint8_t sres[AKA_SRES_LEN], uint8_t kc[AKA_KC_LEN])
{
    static const uint8_t sqn_unused[AKA_SQN_LEN];
    struct values v;

    TRY(compute(s, rand, sqn_unused, amf_zero, &v));
    convert_c2(v.res, sres);
    convert_c3(v.ck, v.ik, kc);
    explicit_bzero(&v, sizeof v);
    return XK_OK;
}

uint64_t aka_sqn_get(const uint8_t sqn[AKA_SQN_LEN])
{
    uint64_t value = 0;

    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        value = value << 8 | sqn[i];
    return value;
}

void aka_sqn_put(uint64_t value, uint8_t sqn[AKA_SQN_LEN])
{
    for (size_t i = AKA_SQN_LEN; i > 0; i--) {
        sqn[i - 1] = (uint8_t)value;
        value >>= 8;
    }
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

/* TS 33.102 C.2.2: no jump of more than delta past the highest SEQ, and newer than its own slot */
enum aka_freshness aka_sqn_check(const struct aka_sqn_array *a, const uint8_t sqn[AKA_SQN_LEN],
                                 unsigned *slot)
{
    uint64_t value = aka_sqn_get(sqn);
    uint64_t seq = value >> AKA_IND_BITS;
    unsigned ind = (unsigned)(value % AKA_IND_COUNT);
    uint64_t highest = a->seq[highest_slot(a)];

    if (seq > highest && seq - highest > AKA_SQN_DELTA)
        return AKA_STALE;
    if (seq <= a->seq[ind])
        return AKA_STALE;
    *slot = ind;
    return AKA_FRESH;
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
