/* SPDX-License-Identifier: Apache-2.0 */
/* SGP.22 annex H: every message of codec/rsp against stored bytes, bent, cut off and refused. */
#include "rsp_messages.h"
#include "xt.h"
#include "xt_vectors.h"

static union {
    max_align_t align;
    uint8_t bytes[RSP_MESSAGE_STRUCT_MAX];
} decoded;

static uint8_t encoded[4096];

/* A copy of exactly this size, so that a read past its end is seen by the sanitizers. */
static uint8_t *exact_copy(struct bytes b)
{
    uint8_t *p = malloc(b.n > 0 ? b.n : 1);

    if (p && b.n > 0)
        memcpy(p, b.p, b.n);
    return p;
}

static enum xk_err decode(const struct rsp_message *m, struct bytes der, struct arena *a)
{
    arena_reset(a);
    return m->decode(der, a, &decoded);
}

static const struct rsp_message *message_of(struct vectors *v)
{
    const struct rsp_message *m = rsp_message_find(vectors_text(v, "message"));

    if (!m)
        vectors_die(v, "an unknown message");
    return m;
}

/* What was decoded, written again from its members, is what was there. */
TEST(round_trips)
{
    bool seen[128] = {false};
    struct vectors v;
    struct arena a;

    arena_init(&a, 65536);
    vectors_open(&v, "rsp/messages.txt");
    while (vectors_next(&v)) {
        const struct rsp_message *m = message_of(&v);
        struct bytes der = vectors_hex(&v, "der");
        struct buf b;

        seen[m - rsp_messages] = true;
        buf_init_fixed(&b, encoded, sizeof encoded);
        CHECK_OK(decode(m, der, &a));
        CHECK_OK(m->encode(&decoded, &b));
        if (!bytes_eq(buf_bytes(&b), der))
            printf("# set %ld %s\n", v.set, m->name);
        CHECK(bytes_eq(buf_bytes(&b), der));
    }
    for (size_t i = 0; i < rsp_messages_n; i++)
        if (!seen[i]) {
            printf("# %s\n", rsp_messages[i].name);
            CHECK(seen[i]);
        }
    arena_fini(&a);
}

TEST(refusals)
{
    static const struct {
        const char *name;
        enum xk_err err;
    } errors[] = {{"format", XK_E_FORMAT},
                  {"value", XK_E_VALUE},
                  {"limit", XK_E_LIMIT},
                  {"unsupported", XK_E_UNSUPPORTED}};
    struct vectors v;
    struct arena a;

    arena_init(&a, 65536);
    vectors_open(&v, "rsp/refusals.txt");
    while (vectors_next(&v)) {
        const struct rsp_message *m = message_of(&v);
        enum xk_err got = decode(m, vectors_hex(&v, "der"), &a), want = XK_OK;

        for (size_t i = 0; i < ARRAY_LEN(errors); i++)
            if (strcmp(errors[i].name, vectors_text(&v, "error")) == 0)
                want = errors[i].err;
        if (got != want)
            printf("# set %ld %s\n", v.set, m->name);
        CHECK_INT(got, want);
    }
    arena_fini(&a);
}

/* No message that is cut off is one, wherever it is cut. */
TEST(truncations)
{
    struct vectors v;
    struct arena a;

    arena_init(&a, 65536);
    vectors_open(&v, "rsp/messages.txt");
    while (vectors_next(&v)) {
        const struct rsp_message *m = message_of(&v);
        struct bytes der = vectors_hex(&v, "der");

        for (size_t n = 0; n < der.n; n++) {
            uint8_t *cut = exact_copy(BYTES(der.p, n));
            enum xk_err err;

            REQUIRE(cut != NULL);
            err = decode(m, BYTES(cut, n), &a);
            free(cut);
            if (err != XK_E_FORMAT && err != XK_E_UNSUPPORTED)
                printf("# set %ld %s cut to %zu: %d\n", v.set, m->name, n, (int)err);
            CHECK(err == XK_E_FORMAT || err == XK_E_UNSUPPORTED);
        }
    }
    arena_fini(&a);
}

/* A bent byte is refused or read; what was read is written, and that reads the same again. */
static void bend(const struct rsp_message *m, struct bytes der, struct arena *a)
{
    static uint8_t again[4096];
    struct buf b, c;

    if (decode(m, der, a) != XK_OK)
        return;
    buf_init_fixed(&b, encoded, sizeof encoded);
    if (m->encode(&decoded, &b) != XK_OK)
        return;
    CHECK_OK(decode(m, buf_bytes(&b), a));
    buf_init_fixed(&c, again, sizeof again);
    CHECK_OK(m->encode(&decoded, &c));
    CHECK(bytes_eq(buf_bytes(&b), buf_bytes(&c)));
}

TEST(bent_bytes)
{
    static const uint8_t bends[] = {0x01, 0x80, 0xFF, 0x20, 0x7F};
    struct vectors v;
    struct arena a;

    arena_init(&a, 65536);
    vectors_open(&v, "rsp/messages.txt");
    while (vectors_next(&v)) {
        const struct rsp_message *m = message_of(&v);
        struct bytes der = vectors_hex(&v, "der");
        uint8_t *copy = exact_copy(der);

        REQUIRE(copy != NULL);
        for (size_t i = 0; i < der.n * ARRAY_LEN(bends); i++) {
            copy[i / ARRAY_LEN(bends)] ^= bends[i % ARRAY_LEN(bends)];
            bend(m, BYTES(copy, der.n), &a);
            copy[i / ARRAY_LEN(bends)] ^= bends[i % ARRAY_LEN(bends)];
        }
        free(copy);
    }
    arena_fini(&a);
}

/* A buffer too small for the message is told, whatever its size. */
TEST(buffers_too_small)
{
    struct vectors v;
    struct arena a;

    arena_init(&a, 65536);
    vectors_open(&v, "rsp/messages.txt");
    while (vectors_next(&v)) {
        const struct rsp_message *m = message_of(&v);
        struct bytes der = vectors_hex(&v, "der");

        REQUIRE(decode(m, der, &a) == XK_OK);
        for (size_t n = 0; n < der.n; n++) {
            struct buf b;

            buf_init_fixed(&b, encoded, n);
            CHECK_INT(m->encode(&decoded, &b), XK_E_LIMIT);
        }
    }
    arena_fini(&a);
}

TESTS_MAIN(XT_CASE(round_trips), XT_CASE(refusals), XT_CASE(truncations), XT_CASE(bent_bytes),
           XT_CASE(buffers_too_small))
