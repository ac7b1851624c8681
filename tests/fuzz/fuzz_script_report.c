/* SPDX-License-Identifier: Apache-2.0 */
/* The card's report: one that decodes encodes to the same bytes (docs/write-script.md). */
#include "codec/script/script.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t mem[SCRIPT_REPORT_MAX];
    struct script_report r;
    struct buf b;

    if (script_layout_xieka()->decode_report(BYTES(data, n), &r) != XK_OK)
        return 0;
    FUZZ_CHECK(script_result_en(r.result)[0] != '\0');
    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(script_layout_xieka()->encode_report(&r, &b) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b), BYTES(data, n)));
    return 0;
}
