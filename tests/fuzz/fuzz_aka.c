/* SPDX-License-Identifier: Apache-2.0 */
/* What a network sends a card, and a card a network: RAND(16) AUTN(16) AUTS(14) and a byte for the
 * algorithm. Whatever passes is what we ourselves would have sent (TS 33.102 6.3.3, 6.3.5). */
#include "crypto/aka.h"
#include "fuzz.h"

#define AT_AUTN 17
#define AT_AUTS 33
#define INPUT_LEN (AT_AUTS + AKA_AUTS_LEN)

static struct aka_subscriber subscriber(bool tuak)
{
    struct aka_subscriber s = {.algorithm = tuak ? AKA_TUAK : AKA_MILENAGE};

    s.k.n = 16;
    s.opc.n = tuak ? 32 : 16;
    for (uint8_t i = 0; i < 32; i++) {
        s.k.bytes[i] = i < 16 ? i : 0;
        s.opc.bytes[i] = i < s.opc.n ? i : 0;
    }
    return s;
}

static void check_autn(const struct aka_subscriber *s, const uint8_t *rand, const uint8_t *autn)
{
    uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
    struct aka_vector card, network;
    enum xk_err err = aka_check_autn(s, rand, autn, sqn, amf, &card);

    FUZZ_CHECK(err == XK_OK || err == XK_E_AUTH);
    if (err != XK_OK)
        return;
    FUZZ_CHECK(aka_make_vector(s, rand, sqn, amf, &network) == XK_OK);
    FUZZ_CHECK(memcmp(network.autn, autn, AKA_AUTN_LEN) == 0);
    FUZZ_CHECK(memcmp(network.ck, card.ck, AKA_CK_LEN) == 0);
}

static void check_auts(const struct aka_subscriber *s, const uint8_t *rand, const uint8_t *auts)
{
    uint8_t sqn[AKA_SQN_LEN], again[AKA_AUTS_LEN];
    enum xk_err err = aka_open_auts(s, rand, auts, sqn);

    FUZZ_CHECK(err == XK_OK || err == XK_E_AUTH);
    if (err != XK_OK)
        return;
    FUZZ_CHECK(aka_make_auts(s, rand, sqn, again) == XK_OK);
    FUZZ_CHECK(memcmp(again, auts, AKA_AUTS_LEN) == 0);
}

/* An accepted SQN is not accepted twice, and is among those that AUTS would tell. */
static void check_freshness(const uint8_t *data, size_t n)
{
    struct aka_sqn_array a = {{0}};
    uint8_t highest[AKA_SQN_LEN];
    unsigned slot;

    for (; n >= AKA_SQN_LEN; data += AKA_SQN_LEN, n -= AKA_SQN_LEN) {
        if (aka_sqn_check(&a, data, &slot) != AKA_FRESH)
            continue;
        FUZZ_CHECK(slot < AKA_IND_COUNT);
        a.seq[slot] = aka_sqn_get(data) >> AKA_IND_BITS;
        FUZZ_CHECK(aka_sqn_check(&a, data, &slot) == AKA_STALE);
        aka_sqn_highest(&a, highest);
        FUZZ_CHECK(aka_sqn_get(highest) >> AKA_IND_BITS >= aka_sqn_get(data) >> AKA_IND_BITS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct aka_subscriber s;

    check_freshness(data, n);
    if (n < INPUT_LEN)
        return 0;
    s = subscriber(data[0] & 1);
    check_autn(&s, data + 1, data + AT_AUTN);
    check_auts(&s, data + 1, data + AT_AUTS);
    return 0;
}
