/* SPDX-License-Identifier: Apache-2.0 */
/* Comments for people. */
#include "codec/saip/text_inside.h"

enum xk_err text_notes_of(struct text *t, const struct saip_pe *pe)
{
    (void)t;
    (void)pe;
    return XK_OK;
}

void text_note(struct text *t, const struct saip_member *m, struct bytes value)
{
    (void)t;
    (void)m;
    (void)value;
}
