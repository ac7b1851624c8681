/* SPDX-License-Identifier: Apache-2.0 */
/* The small profile package of the tests on standard output. */
#include "rsp_profile.h"

int main(void)
{
    static uint8_t mem[8192];
    uint8_t iccid[ICCID_LEN];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (iccid_from_text(BYTES_STR("89860012345678901233"), iccid) != XK_OK)
        return 1;
    profile_put(&b, iccid);
    return buf_ok(&b) == XK_OK && fwrite(b.p, 1, b.n, stdout) == b.n ? 0 : 1;
}
