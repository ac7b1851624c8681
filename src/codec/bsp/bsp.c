/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/bsp/bsp.h"

#include "codec/der/der.h"

static size_t plain_max(enum bsp_tag tag)
{
    return tag == BSP_TAG_88 ? BSP_CLEAR_MAX : BSP_PLAIN_MAX;
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

static size_t tlv_len(enum bsp_tag tag, size_t n)
{
    size_t contents = (tag == BSP_TAG_88 ? n : n / 16 * 16 + 16) + BSP_MAC_LEN;

    return der_header_len(tag, contents) + contents;
}

size_t bsp_protected_len(enum bsp_tag tag, size_t n)
{
    size_t full = n / plain_max(tag), rest = n % plain_max(tag);

    return full * tlv_len(tag, plain_max(tag)) + (rest > 0 ? tlv_len(tag, rest) : 0);
}
