/* SPDX-License-Identifier: Apache-2.0 */
/* SGP.22 2.5.3, 2.6.4: BPP protection against the vectors of other implementations, and every
 * refusal. */
#include "codec/bsp/bsp.h"

#include "codec/der/der.h"
#include "crypto/hash.h"
#include "xt.h"
#include "xt_vectors.h"

#define BPP_MAX 16384

static struct bsp_keys keys_of(struct vectors *v)
{
    struct bsp_keys keys;

    memcpy(keys.chain, vectors_hex(v, "chain").p, BSP_KEY_LEN);
    memcpy(keys.enc, vectors_hex(v, "enc").p, BSP_KEY_LEN);
    memcpy(keys.mac, vectors_hex(v, "mac").p, BSP_KEY_LEN);
    return keys;
}

static struct bsp channel(void)
{
    static const struct bsp_keys keys = {.chain = {1}, .enc = {2}, .mac = {3}};
    struct bsp s;

    bsp_start(&s, &keys);
    return s;
}

/* SGP.22 2.6.4.1, annex G */
TEST(session_keys)
{
    struct vectors v;
    struct bsp_keys got, want;

    vectors_open(&v, "bsp/kdf.txt");
    while (vectors_next(&v)) {
        const struct bsp_shared_info info = {BSP_KEY_TYPE_AES, BSP_KEY_LEN,
                                             vectors_hex(&v, "host_id"), vectors_hex(&v, "eid")};

        want = keys_of(&v);
        CHECK_OK(bsp_derive_keys(vectors_hex(&v, "z"), &info, &got));
        CHECK(memcmp(&got, &want, sizeof want) == 0);
    }
}

TEST(shared_info_out_of_range_is_refused)
{
    static const uint8_t many[BSP_HOST_ID_MAX + 1], z[32];
    const struct bytes eid = BYTES(many, BSP_EID_LEN), host = BYTES(many, 1);
    const struct bsp_shared_info bad[] = {
        {0x89, BSP_KEY_LEN, host, eid},
        {BSP_KEY_TYPE_AES, 32, host, eid},
        {BSP_KEY_TYPE_AES, BSP_KEY_LEN, BYTES(many, 0), eid},
        {BSP_KEY_TYPE_AES, BSP_KEY_LEN, BYTES_OF(many), eid},
        {BSP_KEY_TYPE_AES, BSP_KEY_LEN, host, BYTES(many, 15)},
    };
    struct bsp_keys keys;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(bsp_derive_keys(BYTES_OF(z), &bad[i], &keys), XK_E_VALUE);
}

TEST(tlvs_of_another_implementation)
{
    struct vectors v;
    struct bsp sender, receiver;
    uint8_t mem[BSP_RECEIVE_MAX], out[BSP_RECEIVE_MAX];
    struct buf b;

    vectors_open(&v, "bsp/tlv.txt");
    while (vectors_next(&v)) {
        struct bytes tlv = vectors_hex(&v, "tlv"), plain = vectors_hex(&v, "plain"), got;
        enum bsp_tag tag = (enum bsp_tag)tlv.p[0];

        if (vectors_number(&v, "start")) {
            struct bsp_keys keys = keys_of(&v);

            bsp_start(&sender, &keys);
            bsp_start(&receiver, &keys);
        }
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(bsp_protect(&sender, tag, plain, &b));
        CHECK(bytes_eq(buf_bytes(&b), tlv));
        CHECK_INT(bsp_protected_len(tag, plain.n), tlv.n);
        CHECK_OK(bsp_unprotect(&receiver, tag, tlv, out, sizeof out, &got));
        CHECK(bytes_eq(got, plain));
    }
}

static struct bytes read_bpp(uint8_t out[BPP_MAX])
{
    char line[256];
    size_t n = 0, got;
    FILE *f = fopen(VECTORS_DIR "/bsp/osmocom-bpp.hex", "r");

    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (hex_decode(bytes_cstr(line), out + n, BPP_MAX - n, &got) != XK_OK)
            break;
        n += got;
    }
    if (f)
        fclose(f);
    return BYTES(out, n);
}

/* Opens a sequence whose TLVs are each wrapped into one more of the same tag, as that server wrote
 * them at the time. */
static enum xk_err open_wrapped(struct bsp *s, enum bsp_tag tag, struct bytes run,
                                uint8_t out[BPP_MAX], struct bytes *plain)
{
    struct der d = der_of(run);
    size_t n = 0;

    while (der_more(&d)) {
        struct bytes part;

        TRY(bsp_unprotect(s, tag, der_take(&d, tag), out + n, BPP_MAX - n, &part));
        n += part.n;
    }
    *plain = BYTES(out, n);
    return der_end(&d);
}

/* A whole package of osmo-smdpp: session keys, and other keys for the
 * profile. Its segments are 1036 bytes. */
TEST(package_of_another_server)
{
    static const struct bsp_keys session = {
        .chain = {0xEE, 0x31, 0x40, 0xEA, 0xFD, 0x69, 0x2B, 0x68, 0xEF, 0xF4, 0x01, 0x19, 0xB3,
                  0x63, 0xBC, 0x6C},
        .enc = {0xF1, 0x1B, 0x92, 0x1C, 0x30, 0x2E, 0xFB, 0x1D, 0xF6, 0xBF, 0x21, 0x8B, 0xF2, 0xDE,
                0x0D, 0xD8},
        .mac = {0x8C, 0xD4, 0xD3, 0xA7, 0x61, 0xEE, 0xAC, 0x10, 0x86, 0x41, 0xD5, 0xF4, 0x53, 0x1A,
                0x13, 0x7E},
    };
    static const struct bsp_keys ppk = {
        .chain = {0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
                  0x22, 0x22, 0x22},
        .mac = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                0x11, 0x11},
    };
    static uint8_t bpp[BPP_MAX], out[BPP_MAX];
    struct der d = der_open(read_bpp(bpp), 0xBF36);
    struct bytes first, metadata, elements, plain;
    struct bsp s;
    uint8_t digest[HASH_LEN];

    der_take_raw(&d, 0xBF23);
    first = der_take(&d, 0xA0);
    metadata = der_take(&d, 0xA1);
    elements = der_take(&d, 0xA3);
    REQUIRE(der_end(&d) == XK_OK);
    bsp_start(&s, &session);
    CHECK_OK(open_wrapped(&s, BSP_TAG_87, first, out, &plain));
    CHECK_HEX(plain, "BF2400");
    CHECK_OK(open_wrapped(&s, BSP_TAG_88, metadata, out, &plain));
    CHECK_HEX(plain,
              "BF25285A0A89000123456789012341910A4F736D6F636F6D53504E920E4F736D6F636F6D50726F"
              "66696C65");
    bsp_start(&s, &ppk);
    CHECK_OK(open_wrapped(&s, BSP_TAG_86, elements, out, &plain));
    CHECK_INT(plain.n, 12251);
    CHECK_OK(hash_digest(HASH_SHA256, plain, digest));
    CHECK_HEX(BYTES_OF(digest), "43af15322855f89e565d6c0d56857ac7e42bd56883f54043b6e96487923720b3");
}

static size_t plain_limit(enum bsp_tag tag)
{
    return tag == BSP_TAG_88 ? BSP_CLEAR_MAX : BSP_PLAIN_MAX;
}

/* SGP.22 2.5.3: no TLV is longer than 1020 bytes, and all but the last are full. */
TEST(segments)
{
    static const size_t lengths[] = {1, 15, 16, 1006, 1007, 1008, 1009, 2014, 2015, 5000};
    static const enum bsp_tag tags[] = {BSP_TAG_86, BSP_TAG_87, BSP_TAG_88};
    static uint8_t data[5000], mem[8192], out[8192];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < ARRAY_LEN(lengths) * ARRAY_LEN(tags); i++) {
        enum bsp_tag tag = tags[i % ARRAY_LEN(tags)];
        struct bytes in = BYTES(data, lengths[i / ARRAY_LEN(tags)]), value, raw, plain;
        struct bsp sender = channel(), receiver = channel();
        size_t full = in.n / plain_limit(tag);
        struct der d;
        struct buf b;
        uint32_t got;

        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(bsp_protect_all(&sender, tag, in, &b));
        CHECK_INT(b.n, bsp_protected_len(tag, in.n));
        d = der_of(buf_bytes(&b));
        for (size_t at = 0; der_next(&d, &got, &value, &raw); at++) {
            CHECK_INT(got, tag);
            CHECK(raw.n <= BSP_SEGMENT_MAX);
            CHECK(at >= full || raw.n == BSP_SEGMENT_MAX);
        }
        CHECK_OK(der_end(&d));
        CHECK_OK(bsp_unprotect_all(&receiver, tag, buf_bytes(&b), out, sizeof out, &plain));
        CHECK(bytes_eq(plain, in));
    }
}

TEST(plaintext_in_place)
{
    static uint8_t data[3000], mem[4096];
    struct bsp sender = channel(), receiver = channel();
    struct bytes plain;
    struct buf b;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i >> 3);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(bsp_protect_all(&sender, BSP_TAG_86, BYTES_OF(data), &b));
    CHECK_OK(bsp_unprotect_all(&receiver, BSP_TAG_86, buf_bytes(&b), mem, sizeof mem, &plain));
    CHECK(bytes_eq(plain, BYTES_OF(data)));
}

TEST(too_much_or_nothing_is_refused)
{
    static uint8_t data[BSP_CLEAR_MAX + 1], mem[2048];
    struct bsp s = channel();
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(bsp_protect(&s, BSP_TAG_86, BYTES(data, BSP_PLAIN_MAX + 1), &b), XK_E_LIMIT);
    CHECK_INT(bsp_protect(&s, BSP_TAG_88, BYTES(data, BSP_CLEAR_MAX + 1), &b), XK_E_LIMIT);
    CHECK_INT(bsp_protect_all(&s, BSP_TAG_86, BYTES_NONE, &b), XK_E_VALUE);
    CHECK_INT(b.n, 0);
    CHECK_INT(s.counter, 1);
    buf_init_fixed(&b, mem, 20);
    CHECK_INT(bsp_protect(&s, BSP_TAG_86, BYTES(data, 16), &b), XK_E_LIMIT);
    CHECK_INT(s.counter, 1);
}

/* Every byte of a protected TLV that is bent is found: structure or security (errorReason 7, 8). */
TEST(a_bent_byte_is_found)
{
    static const enum bsp_tag tags[] = {BSP_TAG_86, BSP_TAG_87, BSP_TAG_88};
    uint8_t data[40] = {1, 2, 3}, mem[128], out[128];

    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        struct bsp sender = channel();
        struct bytes plain = BYTES_NONE;
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(bsp_protect(&sender, tags[i], BYTES_OF(data), &b));
        for (size_t at = 0; at < 8 * b.n; at++) {
            struct bsp receiver = channel();
            enum xk_err err;

            mem[at / 8] ^= (uint8_t)(1 << at % 8);
            err = bsp_unprotect(&receiver, tags[i], buf_bytes(&b), out, sizeof out, &plain);
            mem[at / 8] ^= (uint8_t)(1 << at % 8);
            CHECK_INT(err, at < 16 ? XK_E_FORMAT : XK_E_AUTH);
            CHECK(plain.p == NULL);
            CHECK_INT(receiver.counter, 1);
        }
    }
}

/* The order of TLVs is protected too: one left out, one twice, two swapped. */
TEST(another_order_is_found)
{
    uint8_t mem[3][64], out[64];
    struct bsp sender = channel(), receiver = channel();
    struct bytes tlv[3], plain;
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(tlv); i++) {
        buf_init_fixed(&b, mem[i], sizeof mem[i]);
        CHECK_OK(bsp_protect(&sender, BSP_TAG_87, BYTES_STR("one and the same"), &b));
        tlv[i] = buf_bytes(&b);
    }
    CHECK_INT(bsp_unprotect(&receiver, BSP_TAG_87, tlv[1], out, 64, &plain), XK_E_AUTH);
    CHECK_OK(bsp_unprotect(&receiver, BSP_TAG_87, tlv[0], out, 64, &plain));
    CHECK_INT(bsp_unprotect(&receiver, BSP_TAG_87, tlv[0], out, 64, &plain), XK_E_AUTH);
    CHECK_INT(bsp_unprotect(&receiver, BSP_TAG_87, tlv[2], out, 64, &plain), XK_E_AUTH);
    CHECK_OK(bsp_unprotect(&receiver, BSP_TAG_87, tlv[1], out, 64, &plain));
}

/* Structure errors. What is not DER, of another tag, without data, or no whole blocks. */
TEST(structure_errors)
{
    static const struct {
        const char *what, *tlv;
    } rows[] = {
        {"nothing", ""},
        {"cut off", "87180102"},
        {"another tag", "8618f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d89"},
        {"more behind", "8718f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d8900"},
        {"no data", "87081122334455667788"},
        {"no MAC", "8704 11223344"},
        {"no whole block", "8717f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d"},
        {"long form of a short length", "878118f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d89"},
        {"indefinite", "8780f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d890000"},
    };
    uint8_t tlv[64], out[64];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bsp s = channel();
        char text[128];
        size_t n = 0, at = 0;
        struct bytes plain;

        for (const char *p = rows[i].tlv; *p; p++)
            if (*p != ' ')
                text[at++] = *p;
        REQUIRE(hex_decode(BYTES(text, at), tlv, sizeof tlv, &n) == XK_OK);
        CHECK_INT(bsp_unprotect(&s, BSP_TAG_87, BYTES(tlv, n), out, sizeof out, &plain),
                  XK_E_FORMAT);
    }
}

/* The MAC is right but the padding is not: ciphered under another S-ENC. The plaintext is wiped. */
TEST(padding_errors)
{
    static const struct bsp_keys ours = {.chain = {1}, .enc = {2}, .mac = {3}};
    struct bsp_keys other = ours;
    struct bsp sender, receiver;
    uint8_t mem[64], out[64];
    struct bytes plain;
    struct buf b;

    other.enc[0] = 9;
    bsp_start(&sender, &other);
    bsp_start(&receiver, &ours);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(bsp_protect(&sender, BSP_TAG_87, BYTES_STR("sixteen and more."), &b));
    memset(out, 0xAA, sizeof out);
    CHECK_INT(bsp_unprotect(&receiver, BSP_TAG_87, buf_bytes(&b), out, sizeof out, &plain),
              XK_E_AUTH);
    for (size_t i = 0; i < 32; i++)
        CHECK_INT(out[i], 0);
    CHECK_INT(bsp_unprotect(&receiver, BSP_TAG_87, buf_bytes(&b), out, 31, &plain), XK_E_LIMIT);
}

TEST(a_wiped_channel_is_of_no_use)
{
    struct bsp s = channel();
    uint8_t mem[64];
    struct buf b;

    bsp_wipe(&s);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(bsp_protect(&s, BSP_TAG_87, BYTES_STR("x"), &b), XK_E_STATE);
}

TESTS_MAIN(XT_CASE(session_keys), XT_CASE(shared_info_out_of_range_is_refused),
           XT_CASE(tlvs_of_another_implementation), XT_CASE(package_of_another_server),
           XT_CASE(segments), XT_CASE(plaintext_in_place), XT_CASE(too_much_or_nothing_is_refused),
           XT_CASE(a_bent_byte_is_found), XT_CASE(another_order_is_found),
           XT_CASE(structure_errors), XT_CASE(padding_errors),
           XT_CASE(a_wiped_channel_is_of_no_use))
