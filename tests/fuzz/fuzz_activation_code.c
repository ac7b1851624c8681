/* SPDX-License-Identifier: Apache-2.0 */
/* Activation codes: what is read can be written, and reads the same again (SGP.22 4.1). */
#include "codec/rsp/activation_code.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rsp_activation_code code, again;
    char mem[RSP_ACTIVATION_CODE_TEXT];
    enum rsp_activation_verdict v;
    struct buf b;

    memset(&code, 0, sizeof code);
    memset(&again, 0, sizeof again);
    v = rsp_activation_code_decode(BYTES(data, n), &code);
    FUZZ_CHECK(strcmp(rsp_activation_verdict_text(v), "?") != 0);
    if (v != RSP_ACTIVATION_OK) {
        FUZZ_CHECK(code.address[0] == '\0');
        return 0;
    }
    FUZZ_CHECK(rsp_address_is_valid(bytes_cstr(code.address)));
    FUZZ_CHECK(!strchr(code.address, '$') && !strchr(code.matching_id, '$'));
    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(rsp_activation_code_encode(&code, &b) == XK_OK);
    FUZZ_CHECK(rsp_activation_code_decode(buf_bytes(&b), &again) == RSP_ACTIVATION_OK);
    FUZZ_CHECK(memcmp(&code, &again, sizeof code) == 0);
    return 0;
}
