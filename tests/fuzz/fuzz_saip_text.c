/* SPDX-License-Identifier: Apache-2.0 */
/* A text of anybody's making: refused with a place, or a package whose text gives it again. */
#include "codec/saip/build.h"
#include "codec/saip/text.h"
#include "fuzz.h"

static void come_back(struct bytes upp, unsigned flags)
{
    struct saip_build_error error;
    struct saip_text_loss loss;
    struct buf text, again;

    buf_init(&text, SAIP_TEXT_MAX);
    buf_init(&again, SAIP_UPP_MAX);
    FUZZ_CHECK(saip_text(upp, flags, &text, &loss) == XK_OK);
    FUZZ_CHECK(loss.masked == 0 && loss.left_out == 0 && loss.not_der == 0);
    FUZZ_CHECK(saip_build(buf_bytes(&text), &again, &error) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&again), upp));
    buf_fini(&text);
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct saip_build_error error;
    struct buf upp;
    enum xk_err err;

    buf_init(&upp, SAIP_UPP_MAX);
    err = saip_build(BYTES(data, n), &upp, &error);
    if (err == XK_OK) {
        come_back(buf_bytes(&upp), SAIP_TEXT_SECRETS);
        come_back(buf_bytes(&upp), SAIP_TEXT_SECRETS | SAIP_TEXT_NOTES);
    } else {
        FUZZ_CHECK(upp.n == 0 && (err != XK_E_FORMAT || (error.line > 0 && error.text[0])));
    }
    buf_fini(&upp);
    return 0;
}
