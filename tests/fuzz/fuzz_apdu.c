/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and responses: what is read and written again reads the same (ISO 7816-4 5.1). */
#include "codec/apdu/apdu.h"
#include "fuzz.h"

static bool same(const struct apdu_command *a, const struct apdu_command *b)
{
    return a->cla == b->cla && a->ins == b->ins && a->p1 == b->p1 && a->p2 == b->p2 &&
           bytes_eq(a->data, b->data) && a->has_le == b->has_le && a->le == b->le;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct apdu_command c, again;
    struct apdu_response r;
    uint8_t mem[APDU_COMMAND_MAX];
    struct buf b;

    if (apdu_decode_response(BYTES(data, n), &r) == XK_OK) {
        FUZZ_CHECK(r.data.n + 2 == n);
        FUZZ_CHECK(apdu_sw_text(r.sw)[0] != '\0');
    }
    if (apdu_decode_command(BYTES(data, n), &c) != XK_OK)
        return 0;
    FUZZ_CHECK(n <= APDU_COMMAND_MAX && apdu_channel(c.cla) < 20);
    FUZZ_CHECK(apdu_ins_name(c.ins)[0] != '\0');
    buf_init_fixed(&b, mem, sizeof mem);
    apdu_encode_command(&b, &c);
    FUZZ_CHECK(buf_ok(&b) == XK_OK);
    FUZZ_CHECK(apdu_decode_command(buf_bytes(&b), &again) == XK_OK);
    FUZZ_CHECK(same(&c, &again));
    return 0;
}
