/* SPDX-License-Identifier: Apache-2.0 */
/* A bound profile package cut into pieces and read by the card, whose input comes in chunks of the
 * size that the first byte says (0: the LPA's pieces). What the reader takes whole is what the
 * decoder finds, whatever the chunks. SGP.22 2.5.4, 2.5.5 */
#include "codec/rsp/bpp.h"
#include "fuzz.h"

#define OBJECT_MAX 1200

static uint8_t memory[OBJECT_MAX];

/* The objects of one chunk, joined in `all`. False when the reader refuses. */
static bool feed(struct rsp_bpp_reader *r, struct bytes chunk, struct buf *all, bool *end)
{
    struct cur in = cur_of(chunk);
    struct rsp_bpp_object object;

    do {
        if (rsp_bpp_reader_next(r, &in, &object) != XK_OK)
            return false;
        FUZZ_CHECK(object.kind == RSP_BPP_NEED_MORE || object.kind == RSP_BPP_OBJECT_END ||
                   object.tlv.n > 0);
        buf_put_bytes(all, object.tlv);
    } while (object.kind != RSP_BPP_NEED_MORE && object.kind != RSP_BPP_OBJECT_END);
    FUZZ_CHECK(in.n == 0);
    *end = object.kind == RSP_BPP_OBJECT_END;
    return true;
}

static bool feed_all(struct bytes der, size_t chunk, struct buf *all)
{
    struct rsp_bpp_reader r;
    bool end = false;

    rsp_bpp_reader_init(&r, memory, sizeof memory);
    for (size_t at = 0; at < der.n; at += chunk)
        if (!feed(&r, bytes_part(der, at, chunk), all, &end))
            return false;
    return end;
}

static void join(const struct rsp_bound_profile_package *bpp, struct buf *out)
{
    buf_put_bytes(out, bpp->initialise_secure_channel.raw);
    buf_put_bytes(out, bpp->first_87);
    buf_put_bytes(out, bpp->metadata_88);
    buf_put_bytes(out, bpp->second_87);
    buf_put_bytes(out, bpp->elements_86);
}

static void pieces(struct bytes der)
{
    struct rsp_bpp_pieces it;
    struct bytes piece;
    struct buf all;
    size_t n = 0;

    if (rsp_bpp_pieces_init(&it, der) != XK_OK)
        return;
    buf_init(&all, der.n);
    for (; rsp_bpp_pieces_next(&it, &piece); n++)
        buf_put_bytes(&all, piece);
    FUZZ_CHECK(n == it.total && n == it.done);
    FUZZ_CHECK(bytes_eq(buf_bytes(&all), der));
    buf_fini(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rsp_bound_profile_package bpp;
    struct buf got, want;
    struct bytes der;
    bool whole;

    if (n < 2)
        return 0;
    der = BYTES(data + 1, n - 1);
    pieces(der);
    buf_init(&got, der.n);
    buf_init(&want, der.n);
    whole = feed_all(der, data[0] ? data[0] : der.n, &got);
    if (rsp_decode_bound_profile_package(der, &bpp) == XK_OK && whole) {
        join(&bpp, &want);
        FUZZ_CHECK(bytes_eq(buf_bytes(&got), buf_bytes(&want)));
    }
    buf_fini(&got);
    buf_fini(&want);
    return 0;
}
