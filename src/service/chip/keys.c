/* SPDX-License-Identifier: Apache-2.0 */
/* KIc, KID and KIK of chips: derived (P-4), sealed at rest. */
#include "service/chip/chip.h"

#include "codec/scp80/scp80.h"
#include "crypto/kdf.h"
#include "service/chip/rows.h"

#define DERIVED_LEN 16

static const struct store_query q_keys = {"chip.keys", "SELECT keys FROM chip WHERE cid = $1"};

static const char *const names[] = {"kic", "kid", "kik"}; /* in the order they are stored */

static struct secret *key_at(struct chip_keys *keys, size_t i)
{
    struct secret *const all[] = {&keys->kic, &keys->kid, &keys->kik};

    return all[i];
}

struct context {
    char text[40];
};

static struct bytes context_of(size_t i, const char *cid, struct context *c)
{
    snprintf(c->text, sizeof c->text, "chip.%s:%s", names[i], cid);
    return bytes_cstr(c->text);
}

/* TS 102 225 5.1.2, 5.1.3: what the low nibble of KIc and KID says. */
static bool length_fits(uint8_t algorithm, size_t n)
{
    switch (algorithm & 0x0F) {
    case SCP80_ALG_AES:
        return n == 16 || n == 24 || n == 32;
    case SCP80_ALG_3DES_2:
        return n == 16;
    case SCP80_ALG_3DES_3:
        return n == 24;
    default:
        return false;
    }
}

enum xk_err chip_seal_keys(struct keystore *ks, const struct chip *chip,
                           const struct chip_keys *keys, struct buf *out)
{
    const struct secret *const all[] = {&keys->kic, &keys->kid, &keys->kik};
    const uint8_t algorithms[] = {chip->kic_alg, chip->kid_alg, SCP80_ALG_AES};
    struct context c;

    if (!chip_is_domestic(chip))
        return XK_OK;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        uint8_t sealed[32 + KEYSTORE_OVERHEAD];
        size_t n;

        if (!length_fits(algorithms[i], all[i]->n))
            return XK_E_VALUE;
        TRY(keystore_seal(ks, context_of(i, chip->cid, &c), all[i], sealed, sizeof sealed, &n));
        buf_put_u8(out, (uint8_t)n);
        buf_put(out, sealed, n);
    }
    return buf_ok(out);
}

static enum xk_err unseal(struct keystore *ks, const char *cid, struct bytes stored,
                          struct chip_keys *out)
{
    struct cur cur = cur_of(stored);
    struct context c;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct bytes sealed = cur_take(&cur, cur_u8(&cur));

        TRY(keystore_unseal(ks, context_of(i, cid, &c), sealed, key_at(out, i)));
    }
    return cur_end(&cur) == XK_OK ? XK_OK : XK_E_AUTH;
}

enum xk_err chip_get_keys(struct store *s, struct keystore *ks, const char *cid,
                          struct chip_keys *out)
{
    struct chip_keys keys = {0};
    enum xk_err err;

    TRY(store_row(s, &q_keys, SVS(sv_text(cid))));
    if (store_get_bytes(s, 0).n == 0) {
        store_finish(s);
        return XK_E_NOT_FOUND;
    }
    err = unseal(ks, cid, store_get_bytes(s, 0), &keys);
    store_finish(s);
    if (err == XK_OK)
        *out = keys;
    explicit_bzero(&keys, sizeof keys);
    return err;
}

enum xk_err chip_derive_keys(const struct secret *master, const char *cid, struct chip_keys *out)
{
    static const char *const labels[] = {"KIc", "KID", "KIK"};

    for (size_t i = 0; i < ARRAY_LEN(labels); i++)
        TRY(kdf_cmac(secret_bytes(master), labels[i], bytes_cstr(cid), DERIVED_LEN,
                     key_at(out, i)));
    return XK_OK;
}
