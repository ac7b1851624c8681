/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/bsp/bsp.h"

#include <assert.h>

#include "codec/der/der.h"
#include "crypto/cipher.h"
#include "crypto/x963kdf.h"

#define BLOCK 16
#define SHARED_INFO_MAX (2 + 1 + BSP_HOST_ID_MAX + 1 + BSP_EID_LEN)

static_assert(sizeof(struct bsp_keys) == 3 * BSP_KEY_LEN, "the KDF fills it as it lies");

static size_t plain_max(enum bsp_tag tag)
{
    return tag == BSP_TAG_88 ? BSP_CLEAR_MAX : BSP_PLAIN_MAX;
}

/* Contents before the MAC. Padding is always there: 1 to 16 bytes. */
static size_t data_len(enum bsp_tag tag, size_t plain_n)
{
    return tag == BSP_TAG_88 ? plain_n : plain_n / BLOCK * BLOCK + BLOCK;
}

/* SGP.22 2.6.4.1, annex G */
enum xk_err bsp_derive_keys(struct bytes z, const struct bsp_shared_info *info,
                            struct bsp_keys *out)
{
    uint8_t mem[SHARED_INFO_MAX], keys[sizeof *out];
    struct buf b;
    enum xk_err err;

    if (info->key_type != BSP_KEY_TYPE_AES || info->key_len != BSP_KEY_LEN ||
        info->host_id.n == 0 || info->host_id.n > BSP_HOST_ID_MAX || info->eid.n != BSP_EID_LEN)
        return XK_E_VALUE;
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u8(&b, info->key_type);
    buf_put_u8(&b, info->key_len);
    buf_put_u8(&b, (uint8_t)info->host_id.n);
    buf_put_bytes(&b, info->host_id);
    buf_put_u8(&b, (uint8_t)info->eid.n);
    buf_put_bytes(&b, info->eid);
    TRY(buf_ok(&b));
    err = x963kdf_sha256(z, buf_bytes(&b), keys, sizeof keys);
    if (err == XK_OK)
        memcpy(out, keys, sizeof keys);
    explicit_bzero(keys, sizeof keys);
    return err;
}

void bsp_start(struct bsp *s, const struct bsp_keys *keys)
{
    s->keys = *keys;
    s->counter = 1;
}

void bsp_wipe(struct bsp *s)
{
    explicit_bzero(s, sizeof *s);
}

static void counter_block(uint32_t counter, uint8_t out[BLOCK])
{
    memset(out, 0, BLOCK);
    for (int i = 0; i < 4; i++)
        out[BLOCK - 1 - i] = (uint8_t)(counter >> 8 * i);
}

/* 80 00.. and the cipher, in place. */
static enum xk_err seal_data(const struct bsp *s, uint8_t *data, size_t plain_n, size_t n)
{
    uint8_t counter[BLOCK];

    data[plain_n] = 0x80;
    memset(data + plain_n + 1, 0, n - plain_n - 1);
    counter_block(s->counter, counter);
    return cipher_cbc_encrypt_iv_of(CIPHER_AES, BYTES_OF(s->keys.enc), counter, BYTES(data, n),
                                    data);
}

enum xk_err bsp_protect(struct bsp *s, enum bsp_tag tag, struct bytes plain, struct buf *out)
{
    size_t n = data_len(tag, plain.n);
    size_t head_n = der_header_len(tag, n + BSP_MAC_LEN);
    uint8_t mac[BLOCK];
    uint8_t *p;

    if (plain.n > plain_max(tag))
        return XK_E_LIMIT;
    if (s->counter == 0)
        return XK_E_STATE;
    p = buf_reserve(out, head_n + n + BSP_MAC_LEN);
    if (!p)
        return buf_ok(out);
    der_write_header(p, tag, n + BSP_MAC_LEN);
    if (plain.n > 0)
        memcpy(p + head_n, plain.p, plain.n);
    if (tag != BSP_TAG_88)
        TRY(seal_data(s, p + head_n, plain.n, n));
    TRY(cipher_cmac_chained(BYTES_OF(s->keys.mac), s->keys.chain, BYTES(p, head_n + n), mac));
    memcpy(p + head_n + n, mac, BSP_MAC_LEN);
    out->n += head_n + n + BSP_MAC_LEN;
    memcpy(s->keys.chain, mac, sizeof s->keys.chain);
    s->counter++;
    return XK_OK;
}

/* SGP.22 2.5.3 */
enum xk_err bsp_protect_all(struct bsp *s, enum bsp_tag tag, struct bytes data, struct buf *out)
{
    if (data.n == 0)
        return XK_E_VALUE;
    for (size_t at = 0; at < data.n; at += plain_max(tag))
        TRY(bsp_protect(s, tag, bytes_part(data, at, plain_max(tag)), out));
    return XK_OK;
}

static size_t tlv_len(enum bsp_tag tag, size_t plain_n)
{
    size_t n = data_len(tag, plain_n) + BSP_MAC_LEN;

    return der_header_len(tag, n) + n;
}

size_t bsp_protected_len(enum bsp_tag tag, size_t n)
{
    size_t full = n / plain_max(tag), rest = n % plain_max(tag);

    return full * tlv_len(tag, plain_max(tag)) + (rest > 0 ? tlv_len(tag, rest) : 0);
}

/* How long the plaintext is before 80 00..; n of it when there is no such padding. */
static size_t unpadded_len(const uint8_t *data, size_t n)
{
    size_t at = n - 1;

    while (at > n - BLOCK && data[at] == 0)
        at--;
    return data[at] == 0x80 ? at : n;
}

static enum xk_err open_data(const struct bsp *s, struct bytes data, uint8_t *out,
                             struct bytes *plain)
{
    uint8_t counter[BLOCK], iv[BLOCK];
    size_t n;

    counter_block(s->counter, counter);
    TRY(cipher_ecb_encrypt(CIPHER_AES, BYTES_OF(s->keys.enc), BYTES_OF(counter), iv));
    memmove(out, data.p, data.n);
    TRY(cipher_cbc_decrypt(CIPHER_AES, BYTES_OF(s->keys.enc), iv, BYTES(out, data.n), out));
    n = unpadded_len(out, data.n);
    if (n == data.n) {
        explicit_bzero(out, data.n);
        return XK_E_AUTH;
    }
    *plain = BYTES(out, n);
    return XK_OK;
}

/* The data before the MAC, after checking the shape. */
static enum xk_err split_tlv(enum bsp_tag tag, struct bytes tlv, struct bytes *data)
{
    struct der d = der_open(tlv, tag);
    struct bytes contents = der_rest(&d);

    TRY(der_ok(&d));
    if (tlv.n > BSP_RECEIVE_MAX || contents.n <= BSP_MAC_LEN)
        return XK_E_FORMAT;
    *data = bytes_part(contents, 0, contents.n - BSP_MAC_LEN);
    if (tag != BSP_TAG_88 && data->n % BLOCK != 0)
        return XK_E_FORMAT;
    return XK_OK;
}

enum xk_err bsp_unprotect(struct bsp *s, enum bsp_tag tag, struct bytes tlv, uint8_t *out,
                          size_t cap, struct bytes *plain)
{
    struct bytes data;
    uint8_t mac[BLOCK];

    TRY(split_tlv(tag, tlv, &data));
    if (s->counter == 0)
        return XK_E_STATE;
    if (cap < data.n)
        return XK_E_LIMIT;
    TRY(cipher_cmac_chained(BYTES_OF(s->keys.mac), s->keys.chain,
                            bytes_part(tlv, 0, tlv.n - BSP_MAC_LEN), mac));
    if (!bytes_eq_secret(BYTES(mac, BSP_MAC_LEN), BYTES(data.p + data.n, BSP_MAC_LEN)))
        return XK_E_AUTH;
    if (tag == BSP_TAG_88) {
        memmove(out, data.p, data.n);
        *plain = BYTES(out, data.n);
    } else {
        TRY(open_data(s, data, out, plain));
    }
    memcpy(s->keys.chain, mac, sizeof s->keys.chain);
    s->counter++;
    return XK_OK;
}

enum xk_err bsp_unprotect_all(struct bsp *s, enum bsp_tag tag, struct bytes run, uint8_t *out,
                              size_t cap, struct bytes *plain)
{
    struct der d = der_of(run);
    struct bytes value, raw, part;
    uint32_t got;
    size_t n = 0;

    while (der_next(&d, &got, &value, &raw)) {
        TRY(bsp_unprotect(s, tag, raw, out + n, cap - n, &part));
        n += part.n;
    }
    TRY(der_end(&d));
    *plain = BYTES(out, n);
    return XK_OK;
}
