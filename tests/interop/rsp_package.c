/* SPDX-License-Identifier: Apache-2.0 */
/* rsp_package [ICCID]: the small profile package of the tests on standard output. */
#include "rsp_profile.h"

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "89860012345678901233";
    static uint8_t mem[8192];
    uint8_t iccid[ICCID_LEN];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (iccid_from_text(bytes_cstr(text), iccid) != XK_OK)
        return 1;
    profile_put(&b, iccid);
    return buf_ok(&b) == XK_OK && fwrite(b.p, 1, b.n, stdout) == b.n ? 0 : 1;
}
