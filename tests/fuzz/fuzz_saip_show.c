/* SPDX-License-Identifier: Apache-2.0 */
/* A package of anybody's making as text: always written, and when it says that nothing is lost, the
 * same package again. What it builds otherwise is DER, and comes back. */
#include "codec/saip/build.h"
#include "codec/saip/text.h"
#include "fuzz.h"

static bool lost(const struct saip_text_loss *loss)
{
    return loss->masked + loss->left_out + loss->not_der > 0;
}

/* False: no element is left in the text. */
static bool again_of(struct bytes upp, unsigned flags, struct buf *again,
                     struct saip_text_loss *loss)
{
    struct saip_build_error error;
    struct buf text;
    enum xk_err err;

    buf_init(&text, SAIP_TEXT_MAX);
    FUZZ_CHECK(saip_text(upp, flags, &text, loss) == XK_OK);
    err = saip_build(buf_bytes(&text), again, &error);
    FUZZ_CHECK(err == XK_OK || (err == XK_E_FORMAT && (lost(loss) || upp.n == 0)));
    buf_fini(&text);
    return err == XK_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes upp = BYTES(data, n);
    struct saip_text_loss loss;
    struct buf first, second;

    for (unsigned notes = 0; notes <= SAIP_TEXT_NOTES; notes++) {
        buf_init(&first, SAIP_UPP_MAX);
        buf_init(&second, SAIP_UPP_MAX);
        if (again_of(upp, SAIP_TEXT_SECRETS | notes, &first, &loss)) {
            FUZZ_CHECK(lost(&loss) || bytes_eq(buf_bytes(&first), upp));
            FUZZ_CHECK(again_of(buf_bytes(&first), SAIP_TEXT_SECRETS | notes, &second, &loss));
            FUZZ_CHECK(!lost(&loss) && bytes_eq(buf_bytes(&first), buf_bytes(&second)));
        }
        buf_fini(&first);
        buf_fini(&second);
    }
    return 0;
}
