/* SPDX-License-Identifier: Apache-2.0 */
/* The write script: a script that decodes has just one form, so it encodes to the same bytes
 * (docs/write-script.md). The input is tried as it is and with a right digest behind it, because
 * no fuzzer guesses one. */
#include "base/tlv.h"
#include "codec/script/script.h"
#include "crypto/hash.h"
#include "fuzz.h"

static void fuzz_lists(uint32_t field, struct bytes lists)
{
    struct cur c = cur_of(lists);
    struct script_list list;

    while (c.n > 0)
        FUZZ_CHECK(script_next_list(field, &c, &list) == XK_OK);
}

static void fuzz_decode(struct bytes wire)
{
    uint8_t mem[SCRIPT_MAX];
    struct script s;
    struct buf b;
    uint32_t failed = 0;
    enum xk_err err = script_layout_xieka()->decode(wire, &s, &failed);

    if (err != XK_OK) {
        FUZZ_CHECK(script_refusal(err, failed) != SCRIPT_INTERNAL);
        return;
    }
    FUZZ_CHECK(failed == 0);
    fuzz_lists(SCRIPT_TAG_PLMN, s.plmn);
    fuzz_lists(SCRIPT_TAG_FILES, s.files);
    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(script_layout_xieka()->encode(&s, &b) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b), wire));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t mem[SCRIPT_MAX + 1], digest[HASH_LEN];
    bool sm = n > 2 && data[2] == SCRIPT_VERSION_SM;
    struct buf b;

    fuzz_decode(BYTES(data, n));
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put(&b, data, n);
    FUZZ_CHECK(hash_digest(sm ? HASH_SM3 : HASH_SHA256, BYTES(data, n), digest) == XK_OK);
    tlv_put(&b, SCRIPT_TAG_DIGEST, BYTES_OF(digest));
    if (buf_ok(&b) == XK_OK)
        fuzz_decode(buf_bytes(&b));
    return 0;
}
