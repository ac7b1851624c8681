/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/script/script.h"

#include "base/tlv.h"
#include "crypto/hash.h"
#include "xt.h"

/* ---- scripts to bend ------------------------------------------------------------------------- */

#define FIELDS_MAX 20
#define FILES_ROOM 30 /* see with_files */

struct plan { /* TLVs as they shall stand; the digest is put behind them */
    struct {
        uint32_t tag;
        struct bytes value;
    } field[FIELDS_MAX];
    size_t n;
};

static const uint8_t zeros[1100];
static const uint8_t one = 1, two = 2, prepare = SCRIPT_PREPARE, commit = SCRIPT_COMMIT;

static void plan_add(struct plan *p, uint32_t tag, struct bytes value)
{
    if (p->n == FIELDS_MAX)
        abort();
    p->field[p->n].tag = tag;
    p->field[p->n++].value = value;
}

static void plan_prepare(struct plan *p)
{
    p->n = 0;
    plan_add(p, 0x80, BYTES(&one, 1));
    plan_add(p, 0x81, BYTES(zeros, 8));
    plan_add(p, 0x82, BYTES(zeros, 10));
    plan_add(p, 0x84, BYTES(zeros, 9));
    plan_add(p, 0x85, BYTES(zeros, 16));
    plan_add(p, 0x86, BYTES(zeros, 16));
    plan_add(p, 0x89, BYTES(&one, 1));
    plan_add(p, 0x8D, BYTES(&prepare, 1));
}

static void plan_commit(struct plan *p)
{
    p->n = 0;
    plan_add(p, 0x80, BYTES(&one, 1));
    plan_add(p, 0x81, BYTES(zeros, 8));
    plan_add(p, 0x82, BYTES(zeros, 10));
    plan_add(p, 0x8D, BYTES(&commit, 1));
}

static size_t plan_at(const struct plan *p, uint32_t tag)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->field[i].tag == tag)
            return i;
    abort();
}

static void plan_set(struct plan *p, uint32_t tag, struct bytes value)
{
    p->field[plan_at(p, tag)].value = value;
}

static void plan_drop(struct plan *p, uint32_t tag)
{
    size_t at = plan_at(p, tag);

    memmove(&p->field[at], &p->field[at + 1], (p->n - at - 1) * sizeof p->field[0]);
    p->n--;
}

/* Puts a field where its tag belongs. */
static void plan_insert(struct plan *p, uint32_t tag, struct bytes value)
{
    size_t at = p->n;

    plan_add(p, tag, value);
    for (; at > 0 && p->field[at - 1].tag > tag; at--)
        p->field[at] = p->field[at - 1];
    p->field[at].tag = tag;
    p->field[at].value = value;
}

static void put_digest(struct buf *b, enum hash_algorithm algorithm)
{
    uint8_t digest[HASH_LEN];

    CHECK_OK(hash_digest(algorithm, buf_bytes(b), digest));
    tlv_put(b, 0x8F, BYTES_OF(digest));
}

static void plan_write(const struct plan *p, struct buf *b)
{
    buf_reset(b);
    for (size_t i = 0; i < p->n; i++)
        tlv_put(b, p->field[i].tag, p->field[i].value);
    put_digest(b, p->field[0].value.p[0] == 2 ? HASH_SM3 : HASH_SHA256);
    CHECK_OK(buf_ok(b));
}

static enum xk_err decode(struct bytes wire, struct script *s, uint32_t *failed)
{
    return script_layout_xieka()->decode(wire, s, failed);
}

/* Decodes what the plan makes: that error, that tag, and the result untouched when refused. */
static void expect(const struct plan *p, enum xk_err err, uint32_t tag)
{
    uint8_t mem[2048];
    struct script s = {.version = 0x77};
    struct buf b;
    uint32_t failed = 0xEE;

    buf_init_fixed(&b, mem, sizeof mem);
    plan_write(p, &b);
    CHECK_INT(decode(buf_bytes(&b), &s, &failed), err);
    CHECK_INT(failed, tag);
    CHECK((s.version == 0x77) == (err != XK_OK));
}

/* ---- acceptance ------------------------------------------------------------------------------ */

TEST(minimal)
{
    struct plan p;
    uint8_t restore = SCRIPT_RESTORE_SEED, both = SCRIPT_PREPARE | SCRIPT_COMMIT;

    plan_prepare(&p);
    expect(&p, XK_OK, 0);
    plan_set(&p, 0x8D, BYTES(&both, 1));
    expect(&p, XK_OK, 0);
    plan_set(&p, 0x80, BYTES(&two, 1)); /* 国密: SM3 */
    expect(&p, XK_OK, 0);
    plan_commit(&p);
    expect(&p, XK_OK, 0);
    plan_set(&p, 0x8D, BYTES(&restore, 1));
    plan_insert(&p, 0x8E, BYTES("\x00\x1E", 2));
    expect(&p, XK_OK, 0);
}

TEST(sizes)
{
    struct plan p;
    uint8_t mem[512];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    plan_prepare(&p);
    plan_write(&p, &b);
    CHECK_INT(b.n, 112); /* P-5: about 112 bytes */
    plan_insert(&p, 0x83, BYTES(zeros, 10));
    plan_insert(&p, 0x87, BYTES(zeros, 12));
    plan_write(&p, &b);
    CHECK_INT(b.n, 138); /* P-5: about 138 */
    plan_commit(&p);
    plan_write(&p, &b);
    CHECK_INT(b.n, 62);
}

/* ---- refusals -------------------------------------------------------------------------------- */

TEST(missing_fields)
{
    static const uint32_t must[] = {0x81, 0x82, 0x84, 0x85, 0x86, 0x89, 0x8D};
    struct plan p;

    for (size_t i = 0; i < ARRAY_LEN(must); i++) {
        plan_prepare(&p);
        plan_drop(&p, must[i]);
        expect(&p, XK_E_FORMAT, must[i]);
    }
    plan_commit(&p);
    plan_drop(&p, 0x81);
    expect(&p, XK_E_FORMAT, 0x81);
    plan_commit(&p);
    plan_drop(&p, 0x82);
    expect(&p, XK_E_FORMAT, 0x82);
    plan_prepare(&p); /* a script that does not begin with its version */
    plan_drop(&p, 0x80);
    expect(&p, XK_E_FORMAT, 0x80);
}

static const struct {
    uint32_t tag;
    size_t least, most;
} lengths[] = {
    {0x81, 8, 8}, {0x82, 10, 10}, {0x83, 10, 10}, {0x84, 9, 9}, {0x87, 12, 12}, {0x88, 14, 14},
    {0x89, 1, 1}, {0x8B, 85, 85}, {0x8D, 1, 1},   {0x8E, 2, 2}, {0x85, 16, 32}, {0x86, 16, 32},
};

TEST(wrong_lengths)
{
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct plan p;

        plan_prepare(&p);
        if (lengths[i].tag == 0x83 || lengths[i].tag == 0x87 || lengths[i].tag == 0x88 ||
            lengths[i].tag == 0x8B || lengths[i].tag == 0x8E)
            plan_insert(&p, lengths[i].tag, BYTES_NONE);
        plan_set(&p, lengths[i].tag, BYTES(zeros, lengths[i].least - 1));
        expect(&p, XK_E_FORMAT, lengths[i].tag);
        plan_set(&p, lengths[i].tag, BYTES(zeros, lengths[i].most + 1));
        expect(&p, XK_E_FORMAT, lengths[i].tag);
    }
}

TEST(forbidden_in_commit)
{
    static const struct {
        uint32_t tag;
        size_t n;
    } not_there[] = {{0x83, 10}, {0x84, 9},  {0x85, 16}, {0x86, 16},
                     {0x87, 12}, {0x88, 14}, {0x89, 1},  {0x8B, 85}};
    struct plan p;

    for (size_t i = 0; i < ARRAY_LEN(not_there); i++) {
        plan_commit(&p);
        plan_insert(&p, not_there[i].tag, BYTES(zeros, not_there[i].n));
        expect(&p, XK_E_FORMAT, not_there[i].tag);
    }
    plan_commit(&p);
    plan_insert(&p, 0x8A, BYTES_STR("\x03\x00"));
    expect(&p, XK_E_FORMAT, 0x8A);
    plan_commit(&p);
    plan_insert(&p, 0x8C, BYTES_STR("\x01\x02\x00\x01"));
    expect(&p, XK_E_FORMAT, 0x8C);
}

TEST(unknown_and_repeated)
{
    struct plan p;

    plan_prepare(&p);
    plan_add(&p, 0x90, BYTES(zeros, 1));
    expect(&p, XK_E_FORMAT, 0x90);
    plan_prepare(&p);
    plan_add(&p, 0xA0, BYTES(zeros, 1));
    expect(&p, XK_E_FORMAT, 0xA0);
    plan_prepare(&p);
    plan_add(&p, 0x5F20, BYTES(zeros, 1));
    expect(&p, XK_E_FORMAT, 0x5F20);
    plan_prepare(&p);
    plan_add(&p, 0x8D, BYTES(&prepare, 1)); /* twice */
    expect(&p, XK_E_FORMAT, 0x8D);
    plan_prepare(&p);
    plan_add(&p, 0x83, BYTES(zeros, 10)); /* out of order */
    expect(&p, XK_E_FORMAT, 0x83);
    plan_prepare(&p);
    plan_add(&p, 0x8F, BYTES(zeros, 32)); /* a digest before the digest */
    expect(&p, XK_E_FORMAT, 0x8F);
}

TEST(versions_and_algorithms)
{
    static const uint8_t other[] = {0, 3, 0xFF};
    struct plan p;

    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        plan_prepare(&p);
        plan_set(&p, 0x80, BYTES(&other[i], 1));
        expect(&p, XK_E_UNSUPPORTED, 0x80);
        plan_prepare(&p);
        plan_set(&p, 0x89, BYTES(&other[i], 1));
        expect(&p, XK_E_UNSUPPORTED, 0x89);
    }
    plan_prepare(&p);
    plan_set(&p, 0x80, BYTES(zeros, 2));
    expect(&p, XK_E_FORMAT, 0x80);
}

static const struct {
    uint8_t algorithm;
    size_t k, opc;
    uint32_t failed; /* 0: accepted */
} key_sizes[] = {
    {1, 16, 16, 0}, {1, 32, 16, 0x85}, {1, 16, 32, 0x86}, {1, 17, 16, 0x85},
    {2, 16, 32, 0}, {2, 32, 32, 0},    {2, 16, 16, 0x86}, {2, 24, 32, 0x85},
};

TEST(key_lengths)
{
    for (size_t i = 0; i < ARRAY_LEN(key_sizes); i++) {
        struct plan p;

        plan_prepare(&p);
        plan_set(&p, 0x89, BYTES(&key_sizes[i].algorithm, 1));
        plan_set(&p, 0x85, BYTES(zeros, key_sizes[i].k));
        plan_set(&p, 0x86, BYTES(zeros, key_sizes[i].opc));
        expect(&p, key_sizes[i].failed ? XK_E_FORMAT : XK_OK, key_sizes[i].failed);
    }
}

TEST(constants_are_milenage)
{
    struct plan p;

    plan_prepare(&p);
    plan_insert(&p, 0x8B, BYTES(zeros, 85));
    expect(&p, XK_OK, 0);
    plan_set(&p, 0x89, BYTES(&two, 1));
    plan_set(&p, 0x86, BYTES(zeros, 32));
    expect(&p, XK_E_FORMAT, 0x8B);
}

static const struct {
    uint8_t flags;
    enum xk_err err;
} flag_sets[] = {
    {0x00, XK_E_VALUE},                                         /* no action */
    {0x04, XK_E_VALUE}, {0x10, XK_E_VALUE}, {0x42, XK_E_VALUE}, /* reserved */
    {0x82, XK_E_VALUE}, {0x22, XK_E_VALUE},                     /* RESTORE goes alone */
    {0x21, XK_E_VALUE}, {0x0E, XK_E_VALUE},                     /* keep and erase the seed */
    {0x28, XK_E_VALUE},                                         /* back to a seed that is erased */
    {0x02, XK_OK},      {0x06, XK_OK},      {0x0A, XK_OK},      {0x16, XK_OK},
    {0x20, XK_OK},      {0x30, XK_OK},      {0x24, XK_OK},
};

TEST(flags)
{
    for (size_t i = 0; i < ARRAY_LEN(flag_sets); i++) {
        struct plan p;

        plan_commit(&p);
        plan_set(&p, 0x8D, BYTES(&flag_sets[i].flags, 1));
        expect(&p, flag_sets[i].err, flag_sets[i].err == XK_OK ? 0 : 0x8D);
    }
}

TEST(fallback_timer)
{
    struct plan p;

    plan_commit(&p);
    plan_insert(&p, 0x8E, BYTES(zeros, 2));
    expect(&p, XK_E_VALUE, 0x8E);
}

static const struct {
    uint32_t field;
    const char *hex;
    enum xk_err err;
} inner[] = {
    {0x8A, "010564F00040 00", XK_OK},
    {0x8A, "0300", XK_OK},
    {0x8A, "0105 64F0004000 020A 64F0104000 64F0208000 0303 64F030 0405 64F0004000", XK_OK},
    {0x8A, "0100", XK_E_FORMAT},          /* one entry at least */
    {0x8A, "0104 64F00040", XK_E_FORMAT}, /* not whole entries */
    {0x8A, "0302 64F0", XK_E_FORMAT},
    {0x8A, "0500", XK_E_FORMAT},                        /* unknown list */
    {0x8A, "0300 0300", XK_E_FORMAT},                   /* twice */
    {0x8A, "0303 64F000 0105 64F0004000", XK_E_FORMAT}, /* out of order */
    {0x8A, "0303 64F0", XK_E_FORMAT},                   /* cut short */
    {0x8A, "038103 64F000", XK_E_FORMAT},               /* not the shortest length */
    {0x8C, "0102 0001", XK_OK},
    {0x8C, "0102 0001 030A 00112233445566778899 0401 02 0501 05", XK_OK},
    {0x8C, "0101 00", XK_E_FORMAT},
    {0x8C, "0103 000102", XK_E_FORMAT},
    {0x8C, "0401 04", XK_E_VALUE}, /* no MNC has four digits */
    {0x8C, "0601 00", XK_E_FORMAT},
    {0x8C, "0300 00", XK_E_FORMAT},
    {0x8C, "0210 00000000000000000000000000000000", XK_E_FORMAT},
};

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;

    for (; *hex; hex++) {
        int digit = hex_digit(*hex);

        if (digit < 0)
            continue;
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | digit : digit << 4);
        n++;
    }
    return n / 2;
}

TEST(inner_lists)
{
    for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
        struct plan p;
        uint8_t value[64];

        plan_prepare(&p);
        plan_insert(&p, inner[i].field, BYTES(value, unhex(inner[i].hex, value)));
        expect(&p, inner[i].err, inner[i].err == XK_OK ? 0 : inner[i].field);
    }
}

/* Field 8A of n bytes: home networks, then forbidden ones. */
static void expect_lists(size_t home, size_t forbidden, size_t n)
{
    uint8_t mem[512];
    struct plan p;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (home > 0)
        script_put_list(&b, SCRIPT_PLMN_HPLMN_WACT, BYTES(zeros, 5 * home));
    script_put_list(&b, SCRIPT_PLMN_FPLMN, BYTES(zeros, 3 * forbidden));
    CHECK_INT(b.n, n);
    plan_prepare(&p);
    plan_insert(&p, 0x8A, buf_bytes(&b));
    expect(&p, XK_OK, 0);
}

/* Where a length takes one byte more. */
TEST(length_forms)
{
    expect_lists(0, 41, 125);
    expect_lists(0, 42, 128);
    expect_lists(22, 47, 256);
    expect_lists(25, 42, 255);
    expect_lists(26, 42, 261);
}

/* A script that is SCRIPT_MAX bytes long when its service table patch has FILES_ROOM. */
static enum xk_err with_files(size_t ust)
{
    uint8_t lists[768], files[64];
    struct script s;
    struct plan p;
    struct buf b, f;
    uint8_t mem[1200];
    uint32_t failed;

    buf_init_fixed(&b, lists, sizeof lists);
    script_put_list(&b, SCRIPT_PLMN_HPLMN_WACT, BYTES(zeros, 250));
    script_put_list(&b, SCRIPT_PLMN_OPLMN_WACT, BYTES(zeros, 250));
    script_put_list(&b, SCRIPT_PLMN_PLMN_WACT, BYTES(zeros, 250));
    buf_init_fixed(&f, files, sizeof files);
    script_put_list(&f, SCRIPT_FILES_UST, BYTES(zeros, ust));
    plan_prepare(&p);
    plan_insert(&p, 0x83, BYTES(zeros, 10));
    plan_insert(&p, 0x88, BYTES(zeros, 14));
    plan_insert(&p, 0x8A, buf_bytes(&b));
    plan_insert(&p, 0x8B, BYTES(zeros, 85));
    plan_insert(&p, 0x8C, buf_bytes(&f));
    buf_init_fixed(&b, mem, sizeof mem);
    plan_write(&p, &b);
    CHECK_INT(b.n, SCRIPT_MAX - FILES_ROOM + ust);
    return script_layout_xieka()->decode(buf_bytes(&b), &s, &failed);
}

TEST(too_long)
{
    CHECK_OK(with_files(FILES_ROOM));
    CHECK_INT(with_files(FILES_ROOM + 1), XK_E_LIMIT);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static size_t sample(uint8_t *mem, size_t cap)
{
    struct plan p;
    struct buf b;

    buf_init_fixed(&b, mem, cap);
    plan_prepare(&p);
    plan_insert(&p, 0x83, BYTES(zeros, 10));
    plan_insert(&p, 0x8A, BYTES_STR("\x03\x00"));
    plan_write(&p, &b);
    return b.n;
}

TEST(bit_flips)
{
    uint8_t mem[256], bent[256];
    size_t n = sample(mem, sizeof mem);

    for (size_t bit = 0; bit < 8 * n; bit++) {
        struct script s = {.version = 0x77};
        uint32_t failed;
        enum xk_err err;

        memcpy(bent, mem, n);
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
        err = decode(BYTES(bent, n), &s, &failed);
        CHECK(err == XK_E_FORMAT || err == XK_E_AUTH || err == XK_E_UNSUPPORTED);
        CHECK_INT(s.version, 0x77);
    }
}

TEST(cut_and_grown)
{
    uint8_t mem[256] = {0};
    size_t n = sample(mem, sizeof mem - 1);
    struct script s;
    uint32_t failed;

    for (size_t i = 0; i < n; i++)
        CHECK_INT(decode(BYTES(mem, i), &s, &failed), XK_E_FORMAT);
    CHECK_INT(decode(BYTES(mem, n + 1), &s, &failed), XK_E_FORMAT);
    CHECK_OK(decode(BYTES(mem, n), &s, &failed));
}

TEST(wrong_digest)
{
    uint8_t mem[256];
    size_t n = sample(mem, sizeof mem);
    struct script s;
    struct buf b;
    uint32_t failed;

    mem[n - 1] ^= 1;
    CHECK_INT(decode(BYTES(mem, n), &s, &failed), XK_E_AUTH);
    CHECK_INT(failed, 0x8F);
    buf_init_fixed(&b, mem, sizeof mem); /* the other suite's digest */
    b.n = n - 34;
    put_digest(&b, HASH_SM3);
    CHECK_INT(decode(buf_bytes(&b), &s, &failed), XK_E_AUTH);
}

/* A length in more bytes than it needs is a second form of the same script. */
TEST(shortest_form)
{
    uint8_t mem[256] = {0x80, 0x81, 0x01, 0x01};
    struct plan p;
    struct script s;
    struct buf b;
    uint32_t failed;

    plan_commit(&p);
    buf_init_fixed(&b, mem, sizeof mem);
    b.n = 4;
    for (size_t i = 1; i < p.n; i++)
        tlv_put(&b, p.field[i].tag, p.field[i].value);
    put_digest(&b, HASH_SHA256);
    CHECK_INT(decode(buf_bytes(&b), &s, &failed), XK_E_FORMAT);
}

TESTS_MAIN(XT_CASE(minimal), XT_CASE(sizes), XT_CASE(missing_fields), XT_CASE(wrong_lengths),
           XT_CASE(forbidden_in_commit), XT_CASE(unknown_and_repeated),
           XT_CASE(versions_and_algorithms), XT_CASE(key_lengths), XT_CASE(constants_are_milenage),
           XT_CASE(flags), XT_CASE(fallback_timer), XT_CASE(inner_lists), XT_CASE(length_forms),
           XT_CASE(too_long), XT_CASE(bit_flips), XT_CASE(cut_and_grown), XT_CASE(wrong_digest),
           XT_CASE(shortest_form))
