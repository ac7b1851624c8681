/* SPDX-License-Identifier: Apache-2.0 */
/* SGP.22 2.5.4, 2.5.5: a package on its way to the card, in the LPA's pieces and in any others. */
#include "codec/rsp/bpp.h"
#include "xt.h"

#define OBJECT_MAX 1040

static uint8_t package_mem[8192], reader_mem[OBJECT_MAX];

static void put_run(struct buf *b, uint32_t tag, uint32_t member, const size_t *lengths, size_t n)
{
    static const uint8_t zeros[1100];
    size_t at = der_begin(b, tag);

    for (size_t i = 0; i < n; i++)
        der_put(b, member, BYTES(zeros, lengths[i]));
    der_close(b, at);
}

enum second { WITHOUT_SECOND, WITH_SECOND };

/* BF23, 87 of 24 bytes, 88 of 300 and 20, perhaps 87 of 72, 86 of 1016, 1016 and 40. */
static struct bytes package(enum second second)
{
    static const uint8_t otpk[RSP_OTPK_LEN] = {4}, id[16] = {1};
    static const uint8_t sign[RSP_SIGNATURE_TLV_LEN] = {0x5F, 0x37, 0x40};
    const struct rsp_initialise_secure_channel isc = {
        .remote_op_id = RSP_REMOTE_OP_INSTALL,
        .transaction_id = BYTES_OF(id),
        .key_type = RSP_KEY_TYPE_AES,
        .key_len = RSP_KEY_LEN_AES128,
        .host_id = BYTES_STR("host"),
        .smdp_otpk = BYTES_OF(otpk),
        .smdp_sign = BYTES_OF(sign),
    };
    static const size_t first[] = {24}, metadata[] = {300, 20}, keys[] = {72},
                        elements[] = {1016, 1016, 40};
    struct buf b;
    size_t at;

    buf_init_fixed(&b, package_mem, sizeof package_mem);
    at = der_begin(&b, TAG_BOUND_PROFILE_PACKAGE);
    CHECK_OK(rsp_encode_initialise_secure_channel(&isc, &b));
    put_run(&b, TAG_A0, TAG_7, first, ARRAY_LEN(first));
    put_run(&b, TAG_A1, TAG_8, metadata, ARRAY_LEN(metadata));
    if (second == WITH_SECOND)
        put_run(&b, TAG_A2, TAG_7, keys, ARRAY_LEN(keys));
    put_run(&b, TAG_A3, TAG_6, elements, ARRAY_LEN(elements));
    der_close(&b, at);
    CHECK_OK(buf_ok(&b));
    return buf_bytes(&b);
}

/* What each piece begins with and how long it is. */
TEST(pieces_of_an_lpa)
{
    static const struct {
        uint8_t first[2];
        size_t n;
        enum second only_in;
    } rows[] = {
        {{0xBF, 0x36}, 5 + 174, WITHOUT_SECOND}, {{0xA0, 0x1A}, 28, WITHOUT_SECOND},
        {{0xA1, 0x82}, 4, WITHOUT_SECOND},       {{0x88, 0x82}, 304, WITHOUT_SECOND},
        {{0x88, 0x14}, 22, WITHOUT_SECOND},      {{0xA2, 0x4A}, 76, WITH_SECOND},
        {{0xA3, 0x82}, 4, WITHOUT_SECOND},       {{0x86, 0x82}, 1020, WITHOUT_SECOND},
        {{0x86, 0x82}, 1020, WITHOUT_SECOND},    {{0x86, 0x28}, 42, WITHOUT_SECOND},
    };

    for (enum second second = WITHOUT_SECOND; second <= WITH_SECOND; second++) {
        struct bytes bpp = package(second), piece, all;
        struct rsp_bpp_pieces it;

        all = BYTES(bpp.p, 0);
        REQUIRE(rsp_bpp_pieces_init(&it, bpp) == XK_OK);
        CHECK_INT(it.total, second == WITH_SECOND ? 10 : 9);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            if (rows[i].only_in > second)
                continue;
            REQUIRE(rsp_bpp_pieces_next(&it, &piece));
            CHECK(memcmp(piece.p, rows[i].first, 2) == 0);
            CHECK_INT(piece.n, rows[i].n);
            CHECK(piece.p == all.p + all.n);
            all.n += piece.n;
        }
        CHECK(!rsp_bpp_pieces_next(&it, &piece));
        CHECK_INT(it.done, it.total);
        CHECK(bytes_eq(all, bpp));
    }
}

TEST(pieces_of_something_else)
{
    struct bytes bpp = package(WITH_SECOND);
    struct rsp_bpp_pieces it;

    CHECK_INT(rsp_bpp_pieces_init(&it, bytes_part(bpp, 0, bpp.n - 1)), XK_E_FORMAT);
    CHECK_INT(rsp_bpp_pieces_init(&it, BYTES_NONE), XK_E_FORMAT);
}

static const struct {
    enum rsp_bpp_object_kind kind;
    size_t n;
    bool last;
} objects[] = {
    {RSP_BPP_OBJECT_BF23, 174, true}, {RSP_BPP_OBJECT_87, 26, true},
    {RSP_BPP_OBJECT_88, 304, false},  {RSP_BPP_OBJECT_88, 22, true},
    {RSP_BPP_OBJECT_87_2, 74, true},  {RSP_BPP_OBJECT_86, 1020, false},
    {RSP_BPP_OBJECT_86, 1020, false}, {RSP_BPP_OBJECT_86, 42, true},
};

/* Reads one chunk; *at counts the objects that came out. */
static enum xk_err read_chunk(struct rsp_bpp_reader *r, struct bytes chunk, size_t *at, bool *end)
{
    struct cur in = cur_of(chunk);
    struct rsp_bpp_object o;

    for (;;) {
        TRY(rsp_bpp_reader_next(r, &in, &o));
        if (o.kind == RSP_BPP_NEED_MORE || o.kind == RSP_BPP_OBJECT_END)
            break;
        if (*at >= ARRAY_LEN(objects))
            return XK_E_INTERNAL;
        CHECK_INT(o.kind, objects[*at].kind);
        CHECK_INT(o.tlv.n, objects[*at].n);
        CHECK_INT(o.last, objects[*at].last);
        ++*at;
    }
    *end = o.kind == RSP_BPP_OBJECT_END;
    return XK_OK;
}

static enum xk_err read_in_chunks(struct bytes bpp, size_t chunk, size_t *at, bool *end)
{
    uint8_t own[1200]; /* a chunk does not outlive its reading, as an APDU's data does not */
    struct rsp_bpp_reader r;

    *at = 0;
    *end = false;
    rsp_bpp_reader_init(&r, reader_mem, sizeof reader_mem);
    for (size_t from = 0; from < bpp.n; from += chunk) {
        struct bytes part = bytes_part(bpp, from, chunk);

        memcpy(own, part.p, part.n);
        TRY(read_chunk(&r, BYTES(own, part.n), at, end));
        memset(own, 0xEE, sizeof own);
    }
    return XK_OK;
}

TEST(a_card_reads_any_chunks)
{
    struct bytes bpp = package(WITH_SECOND);
    size_t at;
    bool end;

    for (size_t chunk = 1; chunk <= 1200; chunk += chunk < 300 ? 1 : 37) {
        CHECK_OK(read_in_chunks(bpp, chunk, &at, &end));
        CHECK_INT(at, ARRAY_LEN(objects));
        CHECK(end);
    }
}

TEST(a_card_reads_an_lpas_pieces)
{
    struct bytes bpp = package(WITH_SECOND), piece;
    struct rsp_bpp_pieces it;
    struct rsp_bpp_reader r;
    size_t at = 0;
    bool end = false;

    rsp_bpp_reader_init(&r, reader_mem, sizeof reader_mem);
    REQUIRE(rsp_bpp_pieces_init(&it, bpp) == XK_OK);
    while (rsp_bpp_pieces_next(&it, &piece)) {
        CHECK(!end);
        CHECK_OK(read_chunk(&r, piece, &at, &end));
    }
    CHECK(end);
    CHECK_INT(at, ARRAY_LEN(objects));
}

TEST(without_keys_of_its_own)
{
    static const enum rsp_bpp_object_kind kinds[] = {
        RSP_BPP_OBJECT_BF23, RSP_BPP_OBJECT_87, RSP_BPP_OBJECT_88, RSP_BPP_OBJECT_88,
        RSP_BPP_OBJECT_86,   RSP_BPP_OBJECT_86, RSP_BPP_OBJECT_86, RSP_BPP_OBJECT_END};
    struct rsp_bpp_reader r;
    struct cur in = cur_of(package(WITHOUT_SECOND));
    struct rsp_bpp_object o;

    rsp_bpp_reader_init(&r, reader_mem, sizeof reader_mem);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CHECK_OK(rsp_bpp_reader_next(&r, &in, &o));
        CHECK_INT(o.kind, kinds[i]);
    }
}

/* An object that the card has no room for, and input behind the end. */
TEST(a_card_refuses_too_much)
{
    struct bytes bpp = package(WITH_SECOND);
    struct rsp_bpp_reader r;
    struct cur in = cur_of(bpp);
    struct rsp_bpp_object o;
    enum xk_err err = XK_OK;
    size_t at;
    bool end;

    rsp_bpp_reader_init(&r, reader_mem, 400);
    for (int i = 0; i < 8 && err == XK_OK; i++)
        err = rsp_bpp_reader_next(&r, &in, &o);
    CHECK_INT(err, XK_E_LIMIT);
    package_mem[bpp.n] = 0x00;
    CHECK_INT(read_in_chunks(BYTES(bpp.p, bpp.n + 1), 1200, &at, &end), XK_E_FORMAT);
}

/* The last 86 claims a byte more than its sequence has: refused when that is read, not when the
 * byte fails to come. */
TEST(longer_than_its_sequence)
{
    struct bytes bpp = package(WITH_SECOND);
    size_t length = bpp.n - 41, at;
    bool end;

    CHECK_INT(package_mem[length], 40);
    package_mem[length]++;
    CHECK_INT(read_in_chunks(BYTES(bpp.p, length), 1200, &at, &end), XK_OK);
    CHECK_INT(read_in_chunks(BYTES(bpp.p, length + 1), 1200, &at, &end), XK_E_FORMAT);
    CHECK_INT(at, ARRAY_LEN(objects) - 1);
}

/* The objects of a package read in small chunks, counted; false when it is refused or not whole. */
static bool count_objects(struct bytes bpp, size_t *count)
{
    struct rsp_bpp_reader r;
    struct rsp_bpp_object o = {.kind = RSP_BPP_NEED_MORE};

    *count = 0;
    rsp_bpp_reader_init(&r, reader_mem, sizeof reader_mem);
    for (size_t from = 0; from < bpp.n; from += 120) {
        struct cur in = cur_of(bytes_part(bpp, from, 120));

        do {
            if (rsp_bpp_reader_next(&r, &in, &o) != XK_OK)
                return false;
            *count += o.kind != RSP_BPP_NEED_MORE && o.kind != RSP_BPP_OBJECT_END;
        } while (o.kind != RSP_BPP_NEED_MORE && o.kind != RSP_BPP_OBJECT_END);
    }
    return o.kind == RSP_BPP_OBJECT_END;
}

/* With any bit bent, whatever the decoder of whole packages takes the card's reader takes too. What
 * it does not take is the structure: tags and lengths, which stand in few bytes. */
TEST(bent_structure)
{
    struct bytes bpp = package(WITH_SECOND);
    size_t refused = 0, count;

    for (size_t i = 0; i < 8 * bpp.n; i++) {
        struct rsp_bound_profile_package parts;

        package_mem[i / 8] ^= (uint8_t)(1 << i % 8);
        if (rsp_decode_bound_profile_package(bpp, &parts) == XK_OK) {
            CHECK(count_objects(bpp, &count));
            CHECK_INT(count, ARRAY_LEN(objects));
        } else {
            refused++;
        }
        package_mem[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    CHECK(refused > 8 * 40 && refused < 8 * 80);
}

TESTS_MAIN(XT_CASE(pieces_of_an_lpa), XT_CASE(pieces_of_something_else),
           XT_CASE(a_card_reads_any_chunks), XT_CASE(a_card_reads_an_lpas_pieces),
           XT_CASE(without_keys_of_its_own), XT_CASE(a_card_refuses_too_much),
           XT_CASE(longer_than_its_sequence), XT_CASE(bent_structure))
