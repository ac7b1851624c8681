/* SPDX-License-Identifier: Apache-2.0 */
/* BPP protection under fixed keys. The first byte chooses: 0 to 2 open a run of 86, 87, 88 TLVs; 3
 * to 5 protect the input and open it; others protect it, bend the byte they say and open it, which
 * must fail. SGP.22 2.5.3 */
#include "codec/bsp/bsp.h"
#include "fuzz.h"

static const enum bsp_tag tags[] = {BSP_TAG_86, BSP_TAG_87, BSP_TAG_88};

static struct bsp channel(void)
{
    static const struct bsp_keys keys = {.chain = {1}, .enc = {2}, .mac = {3}};
    struct bsp s;

    bsp_start(&s, &keys);
    return s;
}

static void open_run(enum bsp_tag tag, struct bytes run, uint8_t *plain)
{
    struct bsp s = channel();
    struct bytes got = BYTES_NONE;

    if (bsp_unprotect_all(&s, tag, run, plain, run.n, &got) == XK_OK)
        FUZZ_CHECK(got.p == plain && got.n <= run.n);
}

static void protect_and_open(enum bsp_tag tag, struct bytes data, uint8_t bent)
{
    struct bsp sender = channel(), receiver = channel();
    struct bytes got = BYTES_NONE;
    struct buf b;
    enum xk_err err;

    buf_init(&b, bsp_protected_len(tag, data.n));
    FUZZ_CHECK(bsp_protect_all(&sender, tag, data, &b) == XK_OK);
    FUZZ_CHECK(b.n == bsp_protected_len(tag, data.n));
    if (bent)
        b.p[bent * b.n / 256] ^= bent;
    err = bsp_unprotect_all(&receiver, tag, buf_bytes(&b), b.p, b.n, &got);
    FUZZ_CHECK(bent ? err == XK_E_FORMAT || err == XK_E_AUTH : err == XK_OK);
    FUZZ_CHECK(bent || bytes_eq(got, data));
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *plain;

    if (n < 2)
        return 0;
    if (data[0] >= 3) {
        protect_and_open(tags[data[0] % 3], BYTES(data + 1, n - 1), data[0] > 5 ? data[0] : 0);
        return 0;
    }
    plain = malloc(n);
    if (!plain)
        abort();
    open_run(tags[data[0]], BYTES(data + 1, n - 1), plain);
    free(plain);
    return 0;
}
