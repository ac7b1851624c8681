/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "card/euicc/flash.h"
#include "xt.h"

#define CAPACITY 20000

struct bench {
    struct flash_memory *memory;
    struct flash_port port;
    struct flash *f;
};

static void bench_init(struct bench *b)
{
    b->memory = flash_memory_new();
    b->port = flash_memory_port(b->memory);
    if (flash_format(&b->port, CAPACITY, &b->f) != XK_OK)
        abort();
}

static void bench_fini(struct bench *b)
{
    flash_close(b->f);
    flash_memory_free(b->memory);
}

static void reopen(struct bench *b)
{
    flash_close(b->f);
    b->f = NULL;
    if (flash_open(&b->port, &b->f) != XK_OK)
        abort();
}

static const char *text_of(struct bench *b, uint32_t id)
{
    static char text[64];
    struct bytes value;

    if (flash_get(b->f, id, &value) != XK_OK)
        return "(none)";
    return bytes_to_cstr(value, text, sizeof text) ? text : "(binary)";
}

TEST(objects_are_kept)
{
    struct bench b;
    uint8_t got[3];

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 7, BYTES_STR("seven")));
    CHECK_OK(flash_create(b.f, 3, 3));
    CHECK_OK(flash_put(b.f, 9, BYTES_NONE));
    CHECK(flash_changed(b.f));
    CHECK_OK(flash_commit(b.f));
    CHECK(!flash_changed(b.f));
    reopen(&b);
    CHECK_STR(text_of(&b, 7), "seven");
    CHECK_STR(text_of(&b, 9), "");
    CHECK_OK(flash_read(b.f, 3, 0, got, 3));
    CHECK_HEX(BYTES_OF(got), "000000");
    CHECK_INT(flash_capacity(b.f), CAPACITY);
    CHECK_INT(flash_used(b.f), 5 + 3 + 3 * FLASH_OBJECT_COST);
    CHECK_INT(flash_used_by(b.f, 7, 9), 5 + 2 * FLASH_OBJECT_COST);
    bench_fini(&b);
}

TEST(changes_of_every_kind)
{
    struct bench b;

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("abcdef")));
    CHECK_OK(flash_commit(b.f));
    CHECK_OK(flash_write(b.f, 1, 2, BYTES_STR("XY")));
    CHECK_STR(text_of(&b, 1), "abXYef");
    CHECK_OK(flash_resize(b.f, 1, 4));
    CHECK_OK(flash_commit(b.f));
    reopen(&b);
    CHECK_STR(text_of(&b, 1), "abXY");
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("longer than before")));
    CHECK_OK(flash_commit(b.f));
    CHECK_OK(flash_delete(b.f, 1));
    CHECK_OK(flash_create(b.f, 1, 0)); /* gone and made again in one transaction */
    CHECK_OK(flash_put(b.f, 2, BYTES_STR("two")));
    CHECK_OK(flash_commit(b.f));
    reopen(&b);
    CHECK_STR(text_of(&b, 1), "");
    CHECK_STR(text_of(&b, 2), "two");
    CHECK_OK(flash_delete_range(b.f, 0, UINT32_MAX));
    CHECK_OK(flash_commit(b.f));
    CHECK_INT(flash_used(b.f), 0);
    bench_fini(&b);
}

TEST(walking)
{
    struct bench b;
    struct bytes value;
    uint32_t sum = 0, n = 0;

    bench_init(&b);
    for (uint32_t id = 10; id <= 100; id += 10)
        CHECK_OK(flash_create(b.f, id, id));
    CHECK_OK(flash_delete(b.f, 50));
    for (uint32_t id = 20; flash_next(b.f, &id, 80, &value); id++) {
        CHECK_INT(value.n, id);
        sum += id;
        n++;
    }
    CHECK_INT(n, 6);
    CHECK_INT(sum, 20 + 30 + 40 + 60 + 70 + 80);
    bench_fini(&b);
}

TEST(what_cannot_be)
{
    struct bench b;
    struct bytes value;
    uint8_t byte;

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("abc")));
    CHECK_OK(flash_commit(b.f));
    CHECK_INT(flash_create(b.f, 1, 1), XK_E_EXISTS);
    CHECK_INT(flash_get(b.f, 2, &value), XK_E_NOT_FOUND);
    CHECK_INT(flash_resize(b.f, 2, 1), XK_E_NOT_FOUND);
    CHECK_INT(flash_delete(b.f, 2), XK_E_NOT_FOUND);
    CHECK_INT(flash_write(b.f, 2, 0, BYTES_STR("x")), XK_E_NOT_FOUND);
    CHECK_INT(flash_write(b.f, 1, 3, BYTES_STR("x")), XK_E_VALUE);
    CHECK_INT(flash_write(b.f, 1, UINT32_MAX, BYTES_STR("xx")), XK_E_VALUE);
    CHECK_INT(flash_read(b.f, 1, 3, &byte, 1), XK_E_VALUE);
    CHECK_INT(flash_create(b.f, 2, CAPACITY), XK_E_LIMIT);
    CHECK_INT(flash_create(b.f, 2, UINT32_MAX), XK_E_LIMIT);
    CHECK_INT(flash_resize(b.f, 1, CAPACITY), XK_E_LIMIT);
    CHECK(!flash_changed(b.f));
    CHECK_OK(flash_write(b.f, 1, 0, BYTES_STR("abc"))); /* as it is */
    CHECK(!flash_changed(b.f));
    CHECK_INT(flash_format(&b.port, FLASH_CAPACITY_MAX + 1, &b.f), XK_E_LIMIT);
    bench_fini(&b);
}

TEST(capacity_is_the_last_byte)
{
    struct bench b;

    bench_init(&b);
    CHECK_OK(flash_create(b.f, 1, CAPACITY - 2 * FLASH_OBJECT_COST - 1));
    CHECK_INT(flash_create(b.f, 2, 2), XK_E_LIMIT);
    CHECK_OK(flash_create(b.f, 2, 1));
    CHECK_INT(flash_used(b.f), CAPACITY);
    CHECK_OK(flash_commit(b.f));
    reopen(&b);
    CHECK_INT(flash_used(b.f), CAPACITY);
    bench_fini(&b);
}

TEST(rollback_forgets)
{
    struct bench b;

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("one")));
    CHECK_OK(flash_put(b.f, 2, BYTES_STR("two")));
    CHECK_OK(flash_commit(b.f));
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("changed")));
    CHECK_OK(flash_delete(b.f, 2));
    CHECK_OK(flash_put(b.f, 3, BYTES_STR("three")));
    flash_rollback(b.f);
    CHECK_STR(text_of(&b, 1), "one");
    CHECK_STR(text_of(&b, 2), "two");
    CHECK_STR(text_of(&b, 3), "(none)");
    CHECK_INT(flash_used(b.f), 6 + 2 * FLASH_OBJECT_COST);
    CHECK_OK(flash_delete(b.f, 2));
    CHECK_OK(flash_put(b.f, 2, BYTES_STR("again")));
    flash_rollback(b.f);
    CHECK_STR(text_of(&b, 2), "two");
    CHECK_OK(flash_commit(b.f));
    reopen(&b);
    CHECK_STR(text_of(&b, 1), "one");
    bench_fini(&b);
}

TEST(the_log_is_written_anew)
{
    struct bench b;
    char text[16];

    bench_init(&b);
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "number %d", i);
        CHECK_OK(flash_put(b.f, 1, bytes_cstr(text)));
        CHECK_OK(flash_commit(b.f));
    }
    CHECK(flash_memory_bytes(b.memory) < (size_t)1 << 18);
    reopen(&b);
    CHECK_STR(text_of(&b, 1), "number 19999");
    bench_fini(&b);
}

TEST(a_log_that_is_none)
{
    static const char *const junk[] = {"", "x", "xkflash1", "xkflash1\x01\x00\x00\x00........",
                                       "something else entirely, long"};
    struct flash *f = NULL;

    for (size_t i = 0; i < ARRAY_LEN(junk); i++) {
        struct flash_memory *m = flash_memory_new();
        struct flash_port port = flash_memory_port(m);

        CHECK_OK(port.append(port.ctx, bytes_cstr(junk[i])));
        CHECK_INT(flash_open(&port, &f), XK_E_FORMAT);
        CHECK_INT(flash_memory_steps(m), strlen(junk[i]));
        flash_memory_free(m);
    }
    CHECK(!f);
}

/* One bit of a record is wrong: it and what stands behind it never happened. */
TEST(a_changed_bit_ends_the_log)
{
    struct bench b;
    struct bytes head;
    uint8_t log[400];
    size_t whole, n;

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("one")));
    CHECK_OK(flash_commit(b.f));
    CHECK_OK(b.port.read(b.port.ctx, 0, log, sizeof log, &whole));
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("two")));
    CHECK_OK(flash_commit(b.f));
    CHECK_OK(b.port.read(b.port.ctx, 0, log, sizeof log, &n));
    for (size_t bit = whole * 8; bit < n * 8; bit++) {
        struct flash_memory *m = flash_memory_new();
        struct bench other = {m, flash_memory_port(m), NULL};

        log[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_OK(other.port.append(other.port.ctx, BYTES(log, n)));
        log[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_OK(flash_open(&other.port, &other.f));
        CHECK_STR(text_of(&other, 1), "one");
        CHECK_OK(flash_put(other.f, 2, BYTES_STR("go on")));
        CHECK_OK(flash_commit(other.f));
        reopen(&other);
        CHECK_STR(text_of(&other, 2), "go on");
        CHECK_INT(flash_get(other.f, 1, &head), XK_OK);
        bench_fini(&other);
    }
    bench_fini(&b);
}

/* Each transaction writes its number into three objects, makes one and deletes one. */
static enum xk_err write_number(struct bench *b, uint32_t v)
{
    struct bytes number = BYTES(&v, sizeof v);

    for (uint32_t id = 0; id < 3; id++)
        TRY(flash_put(b->f, id, number));
    TRY(flash_put(b->f, 100 + v, number));
    if (flash_has(b->f, 100 + v - 2))
        TRY(flash_delete(b->f, 100 + v - 2));
    return flash_commit(b->f);
}

/* -1: a mixture */
static int64_t read_number(struct bench *b)
{
    uint32_t v[3] = {0}, last = UINT32_MAX, n = 0;
    struct bytes value;

    for (uint32_t i = 0; i < 3; i++)
        if (flash_read(b->f, i, 0, (uint8_t *)&v[i], sizeof v[i]) != XK_OK)
            return -1;
    for (uint32_t id = 100; flash_next(b->f, &id, UINT32_MAX - 1, &value); id++) {
        last = id;
        n++;
    }
    return v[0] == v[1] && v[1] == v[2] && last == 100 + v[0] && n <= 2 ? (int64_t)v[0] : -1;
}

/* The power goes in each step, in many ways, also while the log is written anew and again in the
 * first write afterwards: the old number or the new one is there. */
TEST(power_cut_leaves_old_or_new)
{
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct bench b;
        struct xk_prng prng = {seed};
        uint32_t before = 1;

        bench_init(&b);
        CHECK_OK(write_number(&b, before));
        for (int i = 0; i < 60; i++) {
            uint32_t now = before + 1;
            enum xk_err err;

            flash_memory_cut_at(b.memory, xk_prng_below(&prng, 200), xk_prng_next(&prng));
            err = write_number(&b, now);
            if (err != XK_OK) {
                CHECK_INT(err, XK_E_CLOSED);
                CHECK_INT(flash_commit(b.f), XK_E_CLOSED); /* silent until recovered */
                CHECK_OK(flash_recover(b.f));
                now = (uint32_t)read_number(&b);
                CHECK(now == before || now == before + 1);
            }
            CHECK_INT(read_number(&b), now);
            before = now;
        }
        bench_fini(&b);
    }
}

TEST(cut_while_the_log_is_written_anew)
{
    for (uint64_t step = 1; step < 4000; step += 7) {
        struct bench b;

        bench_init(&b);
        CHECK_OK(flash_create(b.f, 5000, 1500));
        CHECK_OK(write_number(&b, 1));
        CHECK_OK(b.port.append(b.port.ctx, BYTES_STR("torn")));
        reopen(&b); /* the next commit writes anew */
        flash_memory_cut_at(b.memory, step, step);
        if (write_number(&b, 2) != XK_OK) {
            CHECK_OK(flash_recover(b.f));
            CHECK(flash_has(b.f, 5000));
        }
        bench_fini(&b);
    }
}

TEST(cut_while_it_is_formatted)
{
    for (uint64_t step = 1; step <= 24; step++) {
        struct flash_memory *m = flash_memory_new();
        struct flash_port port = flash_memory_port(m);
        struct flash *f = NULL;

        flash_memory_cut_at(m, step, step);
        if (flash_format(&port, CAPACITY, &f) != XK_OK && flash_open(&port, &f) != XK_OK)
            CHECK_OK(flash_format(&port, CAPACITY, &f));
        flash_memory_cut_at(m, 0, 0);
        CHECK_OK(flash_put(f, 1, BYTES_STR("x")));
        CHECK_OK(flash_commit(f));
        flash_close(f);
        flash_memory_free(m);
    }
}

TEST(a_copy_is_a_card_of_its_own)
{
    struct flash_memory *copy;
    struct bench b, c;

    bench_init(&b);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("one")));
    CHECK_OK(flash_commit(b.f));
    copy = flash_memory_copy(b.memory);
    CHECK_OK(flash_put(b.f, 1, BYTES_STR("two")));
    CHECK_OK(flash_commit(b.f));
    c = (struct bench){.memory = copy, .port = flash_memory_port(copy)};
    CHECK_OK(flash_open(&c.port, &c.f));
    CHECK_STR(text_of(&c, 1), "one");
    CHECK(flash_bytes(c.f) > 0);
    bench_fini(&c);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(objects_are_kept), XT_CASE(changes_of_every_kind), XT_CASE(walking),
           XT_CASE(what_cannot_be), XT_CASE(capacity_is_the_last_byte), XT_CASE(rollback_forgets),
           XT_CASE(the_log_is_written_anew), XT_CASE(a_log_that_is_none),
           XT_CASE(a_changed_bit_ends_the_log), XT_CASE(power_cut_leaves_old_or_new),
           XT_CASE(cut_while_the_log_is_written_anew), XT_CASE(cut_while_it_is_formatted),
           XT_CASE(a_copy_is_a_card_of_its_own))
