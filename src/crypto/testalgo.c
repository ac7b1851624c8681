/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/testalgo.h"

#define CK_ROTATION 1
#define IK_ROTATION 2
#define AK_AT 3

static void rotate(const uint8_t in[16], unsigned by, uint8_t out[16])
{
    for (unsigned i = 0; i < 16; i++)
        out[i] = in[(i + by) % 16];
}

/* XMAC = XDOUT xor CDOUT, where CDOUT is SQN | AMF */
static void mac(const uint8_t xdout[16], const uint8_t sqn[6], const uint8_t amf[2], uint8_t out[8])
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = xdout[i] ^ (i < AKA_SQN_LEN ? sqn[i] : amf[i - AKA_SQN_LEN]);
}

enum xk_err testalgo_all(struct bytes k, const uint8_t rand[16], const uint8_t sqn[6],
                         const uint8_t amf[2], struct testalgo_out *out)
{
    uint8_t *xdout = out->res;

    if (k.n != TESTALGO_K_LEN)
        return XK_E_VALUE;
    for (unsigned i = 0; i < 16; i++)
        xdout[i] = k.p[i] ^ rand[i];
    rotate(xdout, CK_ROTATION, out->ck);
    rotate(xdout, IK_ROTATION, out->ik);
    memcpy(out->ak, xdout + AK_AT, sizeof out->ak);
    mac(xdout, sqn, amf, out->mac_a);
    memcpy(out->mac_s, out->mac_a, sizeof out->mac_s);
    return XK_OK;
}

enum xk_err testalgo_reveal(struct bytes k, const uint8_t rand[16], const uint8_t concealed[6],
                            const uint8_t amf[2], uint8_t sqn[6], struct testalgo_out *out)
{
    if (k.n != TESTALGO_K_LEN)
        return XK_E_VALUE;
    for (unsigned i = 0; i < AKA_SQN_LEN; i++)
        sqn[i] = concealed[i] ^ k.p[AK_AT + i] ^ rand[AK_AT + i];
    return testalgo_all(k, rand, sqn, amf, out);
}
