/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/uicc/inside.h"

/* TS 102 221 11.2.2, TS 31.111 7 */
enum xk_err cmd_envelope(struct uicc *u, struct exchange *x)
{
    struct cur c = cur_of(x->c.data);
    struct tlv t;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (tlv_next(&c, &t) != XK_OK || c.n > 0)
        return refuse(x, SW_WRONG_DATA);
    if (t.tag == CAT_ENV_SMS_PP)
        return ota_sms_pp(u, x, x->c.data);
    if (!u->ops->envelope)
        return refuse(x, SW_FUNCTION_UNSUPPORTED);
    return u->ops->envelope(u, x, t.tag, t.value);
}
