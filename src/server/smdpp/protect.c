/* SPDX-License-Identifier: Apache-2.0 */
#include "server/smdpp/protect.h"

#include <assert.h>

#include "codec/bsp/bsp.h"
#include "server/smdpp/keys.h"

static_assert(SMDPP_PPK_LEN == 3 * BSP_KEY_LEN, "chain, PPK-ENC, PPK-CMAC");

enum xk_err smdpp_keys_get(const struct secret *secret, struct bsp_keys *out)
{
    struct cur c = cur_of(secret_bytes(secret));
    struct bytes chain = cur_take(&c, BSP_KEY_LEN);
    struct bytes enc = cur_take(&c, BSP_KEY_LEN);
    struct bytes mac = cur_take(&c, BSP_KEY_LEN);

    TRY(cur_end(&c));
    memcpy(out->chain, chain.p, BSP_KEY_LEN);
    memcpy(out->enc, enc.p, BSP_KEY_LEN);
    memcpy(out->mac, mac.p, BSP_KEY_LEN);
    return XK_OK;
}

void smdpp_keys_put(const struct bsp_keys *keys, struct secret *out)
{
    memcpy(out->bytes, keys->chain, BSP_KEY_LEN);
    memcpy(out->bytes + BSP_KEY_LEN, keys->enc, BSP_KEY_LEN);
    memcpy(out->bytes + 2 * BSP_KEY_LEN, keys->mac, BSP_KEY_LEN);
    out->n = 3 * BSP_KEY_LEN;
}

enum xk_err smdpp_protect(struct bytes upp, const struct xk_rand *rand, struct arena *arena,
                          struct smdpp_package *out)
{
    size_t n = bsp_protected_len(BSP_TAG_86, upp.n);
    struct smdpp_package package = {0};
    uint8_t *mem = arena_alloc(arena, n);
    struct bsp_keys keys;
    struct bsp bsp;
    struct buf b;
    enum xk_err err;

    if (upp.n == 0)
        return XK_E_VALUE;
    if (!mem)
        return XK_E_NOMEM;
    xk_rand_fill(rand, package.id, sizeof package.id);
    xk_rand_fill(rand, package.ppk.bytes, SMDPP_PPK_LEN);
    package.ppk.n = SMDPP_PPK_LEN;
    err = smdpp_keys_get(&package.ppk, &keys);
    bsp_start(&bsp, &keys);
    buf_init_fixed(&b, mem, n);
    if (err == XK_OK)
        err = bsp_protect_all(&bsp, BSP_TAG_86, upp, &b);
    package.segments = buf_bytes(&b);
    if (err == XK_OK)
        *out = package;
    bsp_wipe(&bsp);
    explicit_bzero(&keys, sizeof keys);
    secret_wipe(&package.ppk);
    return err;
}

enum xk_err smdpp_unprotect(const struct smdpp_package *package, struct arena *arena,
                            struct bytes *upp)
{
    uint8_t *mem = arena_alloc(arena, package->segments.n);
    struct bsp_keys keys;
    struct bsp bsp;
    enum xk_err err;

    if (!mem)
        return XK_E_NOMEM;
    TRY(smdpp_keys_get(&package->ppk, &keys));
    bsp_start(&bsp, &keys);
    err = bsp_unprotect_all(&bsp, BSP_TAG_86, package->segments, mem, package->segments.n, upp);
    bsp_wipe(&bsp);
    explicit_bzero(&keys, sizeof keys);
    return err;
}
