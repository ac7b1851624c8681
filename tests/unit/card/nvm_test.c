/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/nvm.h"
#include "xt.h"

#define LENGTH 3000

static void rom_read(uint32_t offset, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((offset + i) * 7);
}

static const struct nvm_rom rom = {rom_read, LENGTH};

struct bench {
    struct nvm_memory *memory;
    struct nvm_port port;
    struct nvm *n;
};

static void bench_init(struct bench *b)
{
    b->memory = nvm_memory_new();
    b->port = nvm_memory_port(b->memory);
    if (nvm_format(&b->port, &rom, &b->n) != XK_OK)
        abort();
}

static void bench_fini(struct bench *b)
{
    nvm_close(b->n);
    nvm_memory_free(b->memory);
}

static void reopen(struct bench *b)
{
    nvm_close(b->n);
    b->n = NULL;
    if (nvm_open(&b->port, &rom, &b->n) != XK_OK)
        abort();
}

TEST(unwritten_memory_is_the_rom)
{
    struct bench b;
    uint8_t got[300], want[300];

    bench_init(&b);
    rom_read(50, want, sizeof want);
    CHECK_OK(nvm_read(b.n, 50, got, sizeof got));
    CHECK(memcmp(got, want, sizeof got) == 0);
    CHECK_INT(nvm_read(b.n, LENGTH - 10, got, 11), XK_E_VALUE);
    CHECK_INT(nvm_write(b.n, LENGTH, BYTES_STR("x")), XK_E_VALUE);
    CHECK_INT(nvm_write(b.n, UINT32_MAX, BYTES_STR("xx")), XK_E_VALUE);
    bench_fini(&b);
}

TEST(writes_are_seen_and_survive)
{
    struct bench b;
    uint8_t got[5];

    bench_init(&b);
    CHECK_OK(nvm_write(b.n, 110, BYTES_STR("hello"))); /* over a page border */
    CHECK_OK(nvm_read(b.n, 110, got, 5));
    CHECK(memcmp(got, "hello", 5) == 0);
    CHECK_OK(nvm_commit(b.n));
    reopen(&b);
    CHECK_OK(nvm_read(b.n, 110, got, 5));
    CHECK(memcmp(got, "hello", 5) == 0);
    CHECK_OK(nvm_check(b.n));
    bench_fini(&b);
}

TEST(rollback_forgets)
{
    struct bench b;
    uint8_t got[5], want[5];

    bench_init(&b);
    rom_read(0, want, 5);
    CHECK_OK(nvm_write(b.n, 0, BYTES_STR("hello")));
    nvm_rollback(b.n);
    CHECK_OK(nvm_read(b.n, 0, got, 5));
    CHECK(memcmp(got, want, 5) == 0);
    bench_fini(&b);
}

TEST(what_did_not_change_is_not_written)
{
    struct nvm_wear before, after;
    struct bench b;

    bench_init(&b);
    CHECK_OK(nvm_write(b.n, 0, BYTES_STR("hello")));
    CHECK_OK(nvm_commit(b.n));
    nvm_get_wear(b.n, &before);
    CHECK_OK(nvm_write(b.n, 0, BYTES_STR("hello")));
    CHECK_OK(nvm_commit(b.n));
    nvm_get_wear(b.n, &after);
    CHECK_INT(after.writes, before.writes);
    bench_fini(&b);
}

/* Each transaction writes its number in five places on five pages. */
static void put_number(struct nvm *n, uint8_t v)
{
    for (uint32_t i = 0; i < 5; i++)
        if (nvm_write(n, i * 500, BYTES(&v, 1)) != XK_OK)
            abort();
}

static int get_number(struct nvm *n)
{
    uint8_t v[5];

    for (uint32_t i = 0; i < 5; i++)
        if (nvm_read(n, i * 500, &v[i], 1) != XK_OK)
            abort();
    for (int i = 1; i < 5; i++)
        if (v[i] != v[0])
            return -1;
    return v[0];
}

/* The power goes in each write of a transaction, in many ways: all or nothing of it stays. */
TEST(power_cut_leaves_old_or_new)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct bench b;
        int before = 0;

        bench_init(&b);
        put_number(b.n, 0);
        CHECK_OK(nvm_commit(b.n));
        for (int t = 1; t < 40; t++) {
            enum xk_err err;
            int now;

            nvm_memory_cut_at(b.memory, (uint32_t)((seed + (uint64_t)t) % 7),
                              seed * 100 + (uint64_t)t);
            put_number(b.n, (uint8_t)t);
            err = nvm_commit(b.n);
            if (err == XK_OK)
                nvm_memory_cut_at(b.memory, 1, seed); /* the next one, maybe in the recovery */
            else if (nvm_recover(b.n) != XK_OK)
                abort();
            if (seed % 3 == 0)
                nvm_memory_cut_at(b.memory, 0, 0);
            if (seed % 3 == 0)
                reopen(&b);
            now = get_number(b.n);
            CHECK(now == t || (err != XK_OK && now == before));
            if (now < 0)
                break;
            before = now;
            CHECK_OK(nvm_check(b.n));
        }
        bench_fini(&b);
    }
}

/* The recovery itself may be cut, again and again. */
TEST(power_cut_in_recovery)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct bench b;

        bench_init(&b);
        put_number(b.n, 1);
        CHECK_OK(nvm_commit(b.n));
        nvm_memory_cut_at(b.memory, 4, seed);
        put_number(b.n, 2);
        CHECK_INT(nvm_commit(b.n), XK_E_CLOSED);
        for (uint32_t i = 0; i < 3; i++) {
            nvm_memory_cut_at(b.memory, 1 + i, seed + i);
            if (nvm_recover(b.n) == XK_OK)
                break;
        }
        nvm_memory_cut_at(b.memory, 0, 0);
        CHECK_OK(nvm_recover(b.n));
        CHECK_INT(get_number(b.n), 1);
        put_number(b.n, 3);
        CHECK_OK(nvm_commit(b.n));
        reopen(&b);
        CHECK_INT(get_number(b.n), 3);
        bench_fini(&b);
    }
}

TEST(wear_is_counted_and_level)
{
    struct nvm_wear wear;
    struct bench b;

    bench_init(&b);
    nvm_set_endurance(b.n, 1000);
    for (int i = 0; i < 5000; i++) {
        uint8_t v = (uint8_t)(i + 1);

        CHECK_OK(nvm_write(b.n, 0, BYTES(&v, 1)));
        CHECK_OK(nvm_commit(b.n));
    }
    nvm_get_wear(b.n, &wear);
    CHECK_INT(wear.writes, 5000);
    CHECK_INT(wear.endurance, 1000);
    CHECK(wear.worst < 300);
    CHECK_INT(wear.left, 1000 - wear.worst);
    reopen(&b);
    nvm_get_wear(b.n, &wear);
    CHECK_INT(wear.writes, 5000);
    bench_fini(&b);
}

/* The counts never get less by cutting the power. */
TEST(wear_survives_torn_pages)
{
    struct nvm_wear before, after;
    struct bench b;
    uint8_t v = 0;

    bench_init(&b);
    for (uint64_t i = 0; i < 300; i++) {
        nvm_get_wear(b.n, &before);
        nvm_memory_cut_at(b.memory, (uint32_t)(i % 3), i);
        v++;
        CHECK_OK(nvm_write(b.n, 0, BYTES(&v, 1)));
        if (nvm_commit(b.n) != XK_OK)
            CHECK_OK(nvm_recover(b.n));
        nvm_get_wear(b.n, &after);
        CHECK(after.worst >= before.worst);
    }
    bench_fini(&b);
}

TEST(worn_out_memory_refuses)
{
    struct nvm_wear wear;
    struct bench b;
    uint8_t v = 0, got;
    int good = 0;

    bench_init(&b);
    nvm_set_endurance(b.n, 20);
    while (good < 100000) {
        v = (uint8_t)good;
        CHECK_OK(nvm_write(b.n, 0, BYTES(&v, 1)));
        if (nvm_commit(b.n) != XK_OK)
            break;
        good++;
    }
    CHECK(good > 20 * NVM_SPARE);
    CHECK_OK(nvm_read(b.n, 0, &got, 1));
    CHECK_INT(got, (uint8_t)(good - 1));
    CHECK_INT(nvm_write(b.n, 0, BYTES(&v, 1)), XK_OK);
    v++;
    CHECK_INT(nvm_write(b.n, 0, BYTES(&v, 1)), XK_OK);
    CHECK_INT(nvm_commit(b.n), XK_E_LIMIT);
    nvm_get_wear(b.n, &wear);
    CHECK_INT(wear.worst, 20);
    CHECK_INT(wear.left, 0);
    CHECK_OK(nvm_check(b.n));
    bench_fini(&b);
}

TEST(endurance_by_grade)
{
    CHECK_INT(nvm_endurance(NVM_CONSUMER), 100000);
    CHECK_INT(nvm_endurance(NVM_INDUSTRIAL), 500000);
    CHECK_INT(nvm_endurance(NVM_AUTOMOTIVE), 1000000);
}

TEST(format_keeps_counts)
{
    struct nvm_wear wear;
    struct bench b;

    bench_init(&b);
    put_number(b.n, 1);
    CHECK_OK(nvm_commit(b.n));
    nvm_close(b.n);
    CHECK_OK(nvm_format(&b.port, &rom, &b.n));
    CHECK_INT(get_number(b.n), -1);
    nvm_get_wear(b.n, &wear);
    CHECK_INT(wear.writes, 10);
    bench_fini(&b);
}

/* A memory that is something else is not touched by opening it. */
TEST(open_leaves_other_things_alone)
{
    uint8_t page[NVM_PAGE_LEN], back[NVM_PAGE_LEN];
    struct nvm_memory *m = nvm_memory_new();
    struct nvm_port port = nvm_memory_port(m);
    struct nvm *n;

    CHECK_INT(nvm_open(&port, &rom, &n), XK_E_FORMAT);
    memset(page, 0x55, sizeof page);
    CHECK_OK(port.write(port.ctx, 3, page));
    CHECK_INT(nvm_open(&port, &rom, &n), XK_E_FORMAT);
    CHECK_OK(port.read(port.ctx, 3, back));
    CHECK(memcmp(page, back, sizeof page) == 0);
    CHECK_OK(nvm_format(&port, &rom, &n));
    nvm_close(n);
    nvm_memory_free(m);
}

/* Between a cut and its recovery nothing can be said of the memory; it is not called a mixture. */
TEST(a_cut_is_told_from_a_mixture)
{
    struct bench b;

    bench_init(&b);
    put_number(b.n, 1);
    nvm_memory_cut_at(b.memory, 1, 5);
    CHECK_INT(nvm_commit(b.n), XK_E_CLOSED);
    CHECK_INT(nvm_check(b.n), XK_E_CLOSED);
    CHECK_OK(nvm_recover(b.n));
    CHECK_OK(nvm_check(b.n));
    put_number(b.n, 2); /* not committed: what is read is not what lies there */
    CHECK_INT(nvm_check(b.n), XK_E_STATE);
    nvm_rollback(b.n);
    CHECK_OK(nvm_check(b.n));
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(a_cut_is_told_from_a_mixture), XT_CASE(unwritten_memory_is_the_rom),
           XT_CASE(writes_are_seen_and_survive), XT_CASE(rollback_forgets),
           XT_CASE(what_did_not_change_is_not_written), XT_CASE(power_cut_leaves_old_or_new),
           XT_CASE(power_cut_in_recovery), XT_CASE(wear_is_counted_and_level),
           XT_CASE(wear_survives_torn_pages), XT_CASE(worn_out_memory_refuses),
           XT_CASE(endurance_by_grade), XT_CASE(format_keeps_counts),
           XT_CASE(open_leaves_other_things_alone))
