/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of codec/rsp; the first byte of the input says which (tests/rsp_messages.c). What a
 * decoder takes, its encoder writes from the members; that is read, and written the same again. */
#include "fuzz.h"
#include "rsp_messages.h"

static union {
    max_align_t align;
    uint8_t bytes[RSP_MESSAGE_STRUCT_MAX];
} decoded;

static void again(const struct rsp_message *m, struct bytes der, struct arena *a)
{
    struct buf first, second;

    buf_init(&first, 2 * der.n + 1024);
    buf_init(&second, 2 * der.n + 1024);
    if (m->encode(&decoded, &first) == XK_OK) {
        FUZZ_CHECK(m->decode(buf_bytes(&first), a, &decoded) == XK_OK);
        FUZZ_CHECK(m->encode(&decoded, &second) == XK_OK);
        FUZZ_CHECK(bytes_eq(buf_bytes(&first), buf_bytes(&second)));
    }
    buf_fini(&first);
    buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a;

    if (n < 1 || data[0] >= rsp_messages_n)
        return 0;
    arena_init(&a, 2 * n + 65536);
    if (rsp_messages[data[0]].decode(BYTES(data + 1, n - 1), &a, &decoded) == XK_OK)
        again(&rsp_messages[data[0]], BYTES(data + 1, n - 1), &a);
    arena_fini(&a);
    return 0;
}
