/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between a terminal and the test network: what decodes encodes, to the same again. */
#include "codec/air/air.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t one[2 * AIR_MESSAGE_MAX], two[2 * AIR_MESSAGE_MAX];
    struct air_message m, again;
    struct buf b1, b2;

    if (air_decode(BYTES(data, n), &m) != XK_OK)
        return 0;
    buf_init_fixed(&b1, one, sizeof one);
    buf_init_fixed(&b2, two, sizeof two);
    FUZZ_CHECK(air_encode(&m, &b1) == XK_OK && b1.n <= n);
    FUZZ_CHECK(air_decode(buf_bytes(&b1), &again) == XK_OK);
    FUZZ_CHECK(m.type == again.type && strcmp(m.imsi, again.imsi) == 0 && m.cell == again.cell);
    FUZZ_CHECK(bytes_eq(m.rp, again.rp) && m.has_autn == again.has_autn);
    FUZZ_CHECK(air_encode(&again, &b2) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b1), buf_bytes(&b2)));
    FUZZ_CHECK(strcmp(air_type_name(m.type), "unknown message") != 0);
    return 0;
}
