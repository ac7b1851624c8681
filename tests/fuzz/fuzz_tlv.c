/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV: what is read and put again reads the same (X.690 8.1). */
#include "base/tlv.h"
#include "fuzz.h"

static void same_after_put(const struct tlv *t)
{
    struct buf b;
    struct tlv again;
    struct cur c;

    buf_init(&b, t->value.n + 16);
    tlv_put(&b, t->tag, t->value);
    FUZZ_CHECK(buf_ok(&b) == XK_OK);
    c = cur_of(buf_bytes(&b));
    FUZZ_CHECK(tlv_next(&c, &again) == XK_OK && cur_end(&c) == XK_OK);
    FUZZ_CHECK(again.tag == t->tag && bytes_eq(again.value, t->value));
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur c = cur_of(BYTES(data, n));
    struct bytes value;
    struct tlv t;

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        FUZZ_CHECK(t.value.n < t.raw.n);
        FUZZ_CHECK(t.raw.p >= data && t.raw.p + t.raw.n <= data + n);
        same_after_put(&t);
        FUZZ_CHECK(tlv_find(BYTES(data, n), t.tag, &value) == XK_OK);
    }
    return 0;
}
