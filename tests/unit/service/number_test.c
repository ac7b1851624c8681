/* SPDX-License-Identifier: Apache-2.0 */
#include "service/number/number.h"

#include "crypto/aka.h"
#include "fixture.h"
#include "model/ident.h"
#include "xt.h"

#define DAY 86400000ll
static const uint8_t task_a[8] = {0xA}, task_b[8] = {0xB};

static struct pool pool_named(const char *id, enum number_purpose purpose, const char *parent)
{
    struct pool p = {.purpose = purpose, .created_at = 5};

    snprintf(p.id, sizeof p.id, "%s", id);
    snprintf(p.name, sizeof p.name, "池 %s", id);
    snprintf(p.parent, sizeof p.parent, "%s", parent);
    return p;
}

static void add_pool(struct fixture *f, const char *id, enum number_purpose purpose,
                     const char *parent)
{
    struct pool p = pool_named(id, purpose, parent);

    CHECK_OK(pool_create(f->store, &p));
}

static struct number_range range_of(const char *pool, const char *imsi, const char *msisdn,
                                    const char *iccid, uint32_t count)
{
    struct number_range r = {.count = count, .smsc = "8613800100500"};

    snprintf(r.pool_id, sizeof r.pool_id, "%s", pool);
    snprintf(r.first_imsi, sizeof r.first_imsi, "%s", imsi);
    snprintf(r.first_msisdn, sizeof r.first_msisdn, "%s", msisdn);
    snprintf(r.first_iccid, sizeof r.first_iccid, "%s", iccid);
    return r;
}

static void fill(struct fixture *f, const char *pool, uint32_t count)
{
    struct number_range r =
        range_of(pool, "001010000000001", "1440000000001", "8986040000000000001", count);

    CHECK_OK(number_generate(f->store, f->ks, &f->rand, &r, 100));
}

static void open_with_numbers(struct fixture *f, uint32_t count)
{
    fixture_open(f);
    add_pool(f, "formal", NUMBER_FORMAL, "");
    add_pool(f, "seeds", NUMBER_SEED, "");
    if (count > 0)
        fill(f, "formal", count);
}

static struct pool_counts counts(struct fixture *f, const char *pool)
{
    struct pool_counts c = {0};

    CHECK_OK(pool_counts(f->store, pool, POOL_ALONE, &c));
    return c;
}

TEST(pools_are_created_and_found)
{
    struct fixture f;
    struct pool p = pool_named("cmcc", NUMBER_FORMAL, ""), got, list[4];
    size_t n = 0;

    fixture_open(&f);
    snprintf(p.carrier, sizeof p.carrier, "中国移动");
    CHECK_OK(pool_create(f.store, &p));
    CHECK_INT(pool_create(f.store, &p), XK_E_EXISTS);
    REQUIRE(pool_get(f.store, "cmcc", &got) == XK_OK);
    CHECK_STR(got.carrier, "中国移动");
    CHECK_STR(got.name, "池 cmcc");
    CHECK_INT(got.purpose, NUMBER_FORMAL);
    CHECK_INT(got.warn_pct, 20);
    CHECK_INT(got.alarm_pct, 10);
    CHECK_INT(got.block_pct, 5);
    CHECK_INT(got.quarantine_days, 90);
    CHECK_INT(got.created_at, 5);
    CHECK_INT(pool_get(f.store, "none", &got), XK_E_NOT_FOUND);
    add_pool(&f, "cmcc-bj", NUMBER_FORMAL, "cmcc");
    add_pool(&f, "cmcc-sh", NUMBER_FORMAL, "cmcc");
    add_pool(&f, "test", NUMBER_TEST, "");
    CHECK_OK(pool_list(f.store, &(struct pool_filter){0}, "", list, 4, &n));
    CHECK_INT(n, 4);
    CHECK_OK(pool_list(f.store, &(struct pool_filter){.parent = ""}, "", list, 4, &n));
    CHECK_INT(n, 2);
    CHECK_OK(pool_list(f.store, &(struct pool_filter){.parent = "cmcc"}, "cmcc-bj", list, 4, &n));
    CHECK_INT(n, 1);
    CHECK_STR(list[0].id, "cmcc-sh");
    CHECK_OK(pool_list(f.store, &(struct pool_filter){0}, "", list, 2, &n));
    CHECK_INT(n, 2);
    fixture_close(&f);
}

TEST(pools_that_make_no_sense_are_refused)
{
    struct fixture f;
    struct pool p = pool_named("a b", NUMBER_FORMAL, "");

    fixture_open(&f);
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    p = pool_named("", NUMBER_FORMAL, "");
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    p = pool_named("a", NUMBER_FORMAL, "nobody");
    CHECK_INT(pool_create(f.store, &p), XK_E_NOT_FOUND);
    p = pool_named("a", NUMBER_FORMAL, "a");
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    p = pool_named("a", NUMBER_FORMAL, "");
    p.warn_pct = 101;
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    p = pool_named("all", NUMBER_FORMAL, "");
    p.warn_pct = p.alarm_pct = p.block_pct = 100;
    CHECK_OK(pool_create(f.store, &p));
    p = pool_named("a", NUMBER_FORMAL, "");
    p.warn_pct = 8;
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    p.alarm_pct = 6;
    p.block_pct = 7;
    CHECK_INT(pool_create(f.store, &p), XK_E_VALUE);
    fixture_close(&f);
}

/* P-24: below 20 % warning, below 10 % alarm, below 5 % block. */
TEST(levels_are_those_of_p24)
{
    static const struct {
        int taken;
        enum pool_level level;
    } rows[] = {{0, POOL_OK},     {80, POOL_OK},    {81, POOL_WARNING}, {90, POOL_WARNING},
                {91, POOL_ALARM}, {95, POOL_ALARM}, {96, POOL_BLOCKED}, {100, POOL_BLOCKED}};
    struct fixture f;
    struct number n;
    int taken = 0;

    open_with_numbers(&f, 0);
    CHECK_INT(counts(&f, "formal").level, POOL_BLOCKED);
    fill(&f, "formal", 100);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (; taken < rows[i].taken; taken++)
            CHECK_OK(number_reserve(f.store, "formal", NULL, "c", task_a, 1, &n));
        CHECK_INT(counts(&f, "formal").level, rows[i].level);
        CHECK_INT(counts(&f, "formal").free, 100 - taken);
        CHECK_INT(counts(&f, "formal").reserved, taken);
        CHECK_INT(counts(&f, "formal").total, 100);
    }
    CHECK_STR(pool_level_name(POOL_ALARM), "alarm");
    CHECK_STR(pool_level_name((enum pool_level)4), "?");
    fixture_close(&f);
}

TEST(parents_count_their_children)
{
    struct fixture f;
    struct pool_counts c;

    fixture_open(&f);
    add_pool(&f, "root", NUMBER_FORMAL, "");
    add_pool(&f, "child", NUMBER_FORMAL, "root");
    add_pool(&f, "leaf", NUMBER_FORMAL, "child");
    fill(&f, "leaf", 3);
    CHECK_OK(pool_counts(f.store, "root", POOL_WITH_CHILDREN, &c));
    CHECK_INT(c.free, 3);
    CHECK_OK(pool_counts(f.store, "root", POOL_ALONE, &c));
    CHECK_INT(c.total, 0);
    CHECK_INT(pool_counts(f.store, "none", POOL_ALONE, &c), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(the_lowest_free_number_is_reserved)
{
    struct fixture f;
    struct number n, got;

    open_with_numbers(&f, 3);
    CHECK_OK(number_reserve(f.store, "formal", NULL, "00000000000000000001", task_a, 7, &n));
    CHECK_STR(n.imsi, "001010000000001");
    CHECK_STR(n.msisdn, "1440000000001");
    CHECK_STR(n.iccid, "89860400000000000015");
    CHECK_STR(n.smsc, "8613800100500");
    CHECK_STR(n.pool_id, "formal");
    CHECK_INT(n.state, NUMBER_RESERVED);
    CHECK_INT(n.algorithm, AKA_MILENAGE);
    CHECK_OK(number_get_by_imsi(f.store, "001010000000001", &got));
    CHECK_STR(got.cid, "00000000000000000001");
    CHECK_INT(memcmp(got.task_id, task_a, 8), 0);
    CHECK_INT(got.updated_at, 7);
    CHECK_OK(number_reserve(f.store, "formal", "", "2", task_b, 7, &n));
    CHECK_STR(n.imsi, "001010000000002");
    CHECK_OK(number_move(f.store, "001010000000001", NUMBER_RESERVED, NUMBER_FREE, 9));
    CHECK_OK(number_reserve(f.store, "formal", "", "3", task_b, 7, &n));
    CHECK_STR(n.imsi, "001010000000001");
    CHECK_OK(number_reserve(f.store, "formal", NULL, "4", task_b, 7, &n));
    CHECK_INT(number_reserve(f.store, "formal", NULL, "5", task_b, 7, &n), XK_E_NOT_FOUND);
    fixture_close(&f);
}

/* P-17: 13001 to 13004. */
TEST(each_refusal_to_reserve)
{
    struct number_range seed = range_of("seeds", "001010000008888", "1440000008888", "", 1);
    struct fixture f;
    struct number n = {0};

    open_with_numbers(&f, 3);
    add_pool(&f, "other", NUMBER_FORMAL, "");
    CHECK_INT(number_reserve(f.store, "other", NULL, "c", task_a, 1, &n), XK_E_NOT_FOUND);
    CHECK_INT(number_reserve(f.store, "none", NULL, "c", task_a, 1, &n), XK_E_NOT_FOUND);
    CHECK_INT(number_reserve(f.store, NULL, NULL, "c", task_a, 1, &n), XK_E_NOT_FOUND);
    CHECK_INT(number_reserve(f.store, "", "1449999999999", "c", task_a, 1, &n), XK_E_NOT_FOUND);
    CHECK_INT(number_reserve(f.store, "seeds", NULL, "c", task_a, 1, &n), XK_E_DENIED);
    CHECK_INT(number_reserve(f.store, "other", "1440000000002", "c", task_a, 1, &n), XK_E_DENIED);
    CHECK_OK(number_generate(f.store, f.ks, &f.rand, &seed, 1));
    CHECK_INT(number_reserve(f.store, "", "1440000008888", "c", task_a, 1, &n), XK_E_DENIED);
    CHECK_INT(number_reserve(f.store, "seeds", "1440000008888", "c", task_a, 1, &n), XK_E_DENIED);
    CHECK_OK(number_reserve(f.store, "formal", "1440000000002", "c", task_a, 1, &n));
    CHECK_STR(n.imsi, "001010000000002");
    CHECK_INT(number_reserve(f.store, "", "1440000000002", "c", task_b, 1, &n), XK_E_EXISTS);
    CHECK_OK(number_move(f.store, n.imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, 2));
    CHECK_OK(number_move(f.store, n.imsi, NUMBER_ASSIGNED, NUMBER_FROZEN, 2));
    CHECK_INT(number_reserve(f.store, "", "1440000000002", "c", task_b, 1, &n), XK_E_STATE);
    CHECK_OK(number_move(f.store, n.imsi, NUMBER_FROZEN, NUMBER_BAD, 2));
    CHECK_INT(number_reserve(f.store, "", "1440000000002", "c", task_b, 1, &n), XK_E_EXISTS);
    CHECK_OK(number_reserve(f.store, NULL, "1440000000003", "c", task_b, 1, &n));
    CHECK_INT(counts(&f, "formal").bad, 1);
    CHECK_INT(counts(&f, "formal").reserved, 1);
    fixture_close(&f);
}

/* Puts a number into a state by the moves of P-24, not by the back door. */
static void bring_to(struct fixture *f, const char *imsi, const char *msisdn,
                     enum number_state state)
{
    static const enum number_state path[] = {NUMBER_RESERVED, NUMBER_ASSIGNED, NUMBER_WRITTEN,
                                             NUMBER_IN_USE, NUMBER_FROZEN};
    enum number_state at = NUMBER_FREE;
    struct number n;

    if (state == NUMBER_BAD) {
        CHECK_OK(number_move(f->store, imsi, NUMBER_FREE, NUMBER_BAD, 3));
        return;
    }
    for (size_t i = 0; at != state && i < ARRAY_LEN(path); i++) {
        if (i == 0)
            CHECK_OK(number_reserve(f->store, "", msisdn, "cid", task_a, 1, &n));
        else
            CHECK_OK(number_move(f->store, imsi, at, path[i], 2));
        at = path[i];
    }
}

/* Every pair of states: moved when P-24 has it, refused when not, and never by the wrong door. */
TEST(every_move_legal_and_illegal)
{
    static const enum number_state all[] = {NUMBER_FREE,    NUMBER_RESERVED, NUMBER_ASSIGNED,
                                            NUMBER_WRITTEN, NUMBER_IN_USE,   NUMBER_FROZEN,
                                            NUMBER_BAD};
    struct fixture f;
    struct number n;

    open_with_numbers(&f, 1);
    CHECK_OK(store_begin(f.store));
    for (size_t a = 0; a < ARRAY_LEN(all); a++) {
        for (size_t b = 0; b < ARRAY_LEN(all); b++) {
            enum xk_err want = number_may_move(all[a], all[b]) ? XK_OK : XK_E_STATE;
            struct pool_counts c;

            if (all[b] == NUMBER_RESERVED)
                want = XK_E_STATE; /* by number_reserve only */
            if (all[a] == NUMBER_FROZEN && all[b] == NUMBER_FREE)
                want = XK_E_DENIED; /* by number_quarantine_release only */
            CHECK_OK(store_savepoint(f.store));
            bring_to(&f, "001010000000001", "1440000000001", all[a]);
            CHECK_INT(number_move(f.store, "001010000000001", all[a], all[b], 50), want);
            CHECK_OK(number_get_by_imsi(f.store, "001010000000001", &n));
            CHECK_INT(n.state, want == XK_OK ? all[b] : all[a]);
            c = counts(&f, "formal");
            CHECK_INT(c.total, 1);
            CHECK_INT(c.free + c.bad + c.frozen + c.in_use, n.state != NUMBER_RESERVED &&
                                                                n.state != NUMBER_ASSIGNED &&
                                                                n.state != NUMBER_WRITTEN);
            CHECK_OK(store_rollback_to(f.store));
        }
    }
    store_rollback(f.store);
    CHECK_INT(number_move(f.store, "001010000000001", NUMBER_RESERVED, NUMBER_FREE, 1), XK_E_STATE);
    CHECK_INT(number_move(f.store, "001019999999999", NUMBER_FREE, NUMBER_BAD, 1), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(moves_keep_and_drop_what_they_should)
{
    struct fixture f;
    struct number n;

    open_with_numbers(&f, 2);
    bring_to(&f, "001010000000001", "1440000000001", NUMBER_WRITTEN);
    CHECK_OK(number_get_by_imsi(f.store, "001010000000001", &n));
    CHECK_STR(n.cid, "cid");
    CHECK_INT(n.task_id[0], 0xA);
    CHECK_OK(number_move(f.store, n.imsi, NUMBER_WRITTEN, NUMBER_IN_USE, 10));
    CHECK_OK(number_get_by_msisdn(f.store, "1440000000001", &n));
    CHECK_STR(n.cid, "cid");
    CHECK_INT(n.task_id[0], 0);
    CHECK_OK(number_get_in_use(f.store, "cid", "001010000000002", &n));
    CHECK_STR(n.imsi, "001010000000001");
    CHECK_INT(number_get_in_use(f.store, "cid", n.imsi, &n), XK_E_NOT_FOUND);
    CHECK_INT(number_get_in_use(f.store, "", "", &n), XK_E_NOT_FOUND);
    CHECK_OK(number_move(f.store, n.imsi, NUMBER_IN_USE, NUMBER_FROZEN, 1000));
    CHECK_OK(number_get_by_imsi(f.store, "001010000000001", &n));
    CHECK_INT(n.frozen_until, 1000 + 90 * DAY);
    CHECK_STR(n.cid, "cid");
    bring_to(&f, "001010000000002", "1440000000002", NUMBER_RESERVED);
    CHECK_OK(number_move(f.store, "001010000000002", NUMBER_RESERVED, NUMBER_FREE, 11));
    CHECK_OK(number_get_by_imsi(f.store, "001010000000002", &n));
    CHECK_STR(n.cid, "");
    CHECK_INT(n.task_id[0], 0);
    fixture_close(&f);
}

TEST(keys_come_back_and_only_with_their_keystore)
{
    struct fixture f;
    struct number n = {.imsi = "001010000000009",
                       .msisdn = "1440000000009",
                       .algorithm = AKA_TUAK,
                       .pool_id = "seeds",
                       .state = NUMBER_IN_USE,
                       .cid = "00000000000000000009"};
    struct number_keys keys = {.k = {.n = 32}, .opc = {.n = 32}, .has_cr = true}, got = {0};
    static const uint8_t other_key[32] = {9};
    struct keystore *other;

    open_with_numbers(&f, 0);
    memset(keys.k.bytes, 0x11, 32);
    memset(keys.opc.bytes, 0x22, 32);
    memset(keys.cr, 0x33, sizeof keys.cr);
    CHECK_OK(number_add(f.store, f.ks, &n, &keys, 1));
    CHECK_OK(number_get_keys(f.store, f.ks, n.imsi, &got));
    CHECK(bytes_eq(secret_bytes(&got.k), secret_bytes(&keys.k)));
    CHECK(bytes_eq(secret_bytes(&got.opc), secret_bytes(&keys.opc)));
    CHECK(got.has_cr && memcmp(got.cr, keys.cr, sizeof keys.cr) == 0);
    CHECK_OK(number_get_by_imsi(f.store, n.imsi, &n));
    CHECK_INT(n.purpose, NUMBER_SEED);
    CHECK_INT(n.state, NUMBER_IN_USE);
    CHECK_STR(n.iccid, "");
    CHECK_INT(number_get_keys(f.store, f.ks, "001010000000008", &got), XK_E_NOT_FOUND);
    REQUIRE(keystore_of_key(BYTES_OF(other_key), &f.rand, &other) == XK_OK);
    CHECK_INT(number_get_keys(f.store, other, n.imsi, &got), XK_E_AUTH);
    keystore_close(other);
    fixture_close(&f);
}

TEST(numbers_that_make_no_sense_are_refused)
{
    static const struct {
        const char *imsi, *msisdn, *iccid, *smsc, *pool;
        uint8_t algorithm;
        enum xk_err want;
    } rows[] = {
        {"001010000000001", "1440000000001", "", "", "formal", 1, XK_OK},
        {"001010000000001", "1440000000009", "", "", "formal", 1, XK_E_EXISTS},
        {"001010000000009", "1440000000001", "", "", "formal", 1, XK_E_EXISTS},
        {"001010000000002", "1440000000002", "89860400000000000015", "+8613", "formal", 1, XK_OK},
        {"001010000000009", "1440000000009", "89860400000000000015", "", "formal", 1, XK_E_EXISTS},
        {"001010000000009", "1440000000009", "89860400000000000016", "", "formal", 1, XK_E_VALUE},
        {"001010000000009", "1440000000009", "8986B400000000000016", "", "formal", 1, XK_OK},
        {"00101000000000", "14400000000081", "", "", "formal", 1, XK_OK},
        {"0010100000000", "1440000000008", "", "", "formal", 1, XK_E_VALUE},
        {"00101000000000a", "1440000000008", "", "", "formal", 1, XK_E_VALUE},
        {"001010000000008", "1440", "", "", "formal", 1, XK_E_VALUE},
        {"001010000000008", "+1440000000008", "", "", "formal", 1, XK_E_VALUE},
        {"001010000000008", "1440000000008", "", "sms", "formal", 1, XK_E_VALUE},
        {"001010000000008", "1440000000008", "", "", "none", 1, XK_E_NOT_FOUND},
        {"001010000000008", "1440000000008", "", "", "formal", 3, XK_E_VALUE},
        {"001010000000008", "1440000000008", "", "", "formal", 2, XK_E_VALUE},
    };
    struct number_keys keys = {.k = {.n = 16}, .opc = {.n = 16}};
    struct fixture f;

    open_with_numbers(&f, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number n = {.algorithm = rows[i].algorithm};

        snprintf(n.imsi, sizeof n.imsi, "%s", rows[i].imsi);
        snprintf(n.msisdn, sizeof n.msisdn, "%s", rows[i].msisdn);
        snprintf(n.iccid, sizeof n.iccid, "%s", rows[i].iccid);
        snprintf(n.smsc, sizeof n.smsc, "%s", rows[i].smsc);
        snprintf(n.pool_id, sizeof n.pool_id, "%s", rows[i].pool);
        CHECK_INT(number_add(f.store, f.ks, &n, &keys, 1), rows[i].want);
    }
    CHECK_INT(counts(&f, "formal").free, 4);
    fixture_close(&f);
}

TEST(ranges_count_up_and_stop_at_their_digits)
{
    struct fixture f;
    struct number list[4];
    size_t n;
    struct number_range r;

    open_with_numbers(&f, 0);
    r = range_of("formal", "001010000000998", "1440000000998", "8986040000000000998", 3);
    CHECK_OK(number_generate(f.store, f.ks, &f.rand, &r, 1));
    CHECK_OK(number_list(f.store, "formal", -1, "", list, 4, &n));
    REQUIRE(n == 3);
    CHECK_STR(list[2].imsi, "001010000001000");
    CHECK_STR(list[2].msisdn, "1440000001000");
    CHECK_STR(list[2].iccid, "89860400000000010006");
    CHECK_OK(number_list(f.store, "formal", NUMBER_FREE, list[0].imsi, list, 1, &n));
    CHECK_INT(n, 1);
    CHECK_OK(number_list(f.store, "formal", NUMBER_IN_USE, "", list, 4, &n));
    CHECK_INT(n, 0);
    CHECK_INT(number_generate(f.store, f.ks, &f.rand, &r, 1), XK_E_EXISTS);
    r = range_of("formal", "999999999999998", "1450000000000", "", 3);
    CHECK_INT(number_generate(f.store, f.ks, &f.rand, &r, 1), XK_E_VALUE);
    r = range_of("formal", "001010000100000", "1450000000000", "89860400000000000015", 1);
    CHECK_INT(number_generate(f.store, f.ks, &f.rand, &r, 1), XK_E_VALUE);
    r = range_of("none", "001010000100000", "1450000000000", "", 1);
    CHECK_INT(number_generate(f.store, f.ks, &f.rand, &r, 1), XK_E_NOT_FOUND);
    r.count = 0;
    CHECK_INT(number_generate(f.store, f.ks, &f.rand, &r, 1), XK_E_VALUE);
    fixture_close(&f);
}

/* P-25: after its rest a number has other keys and no ICCID, and the old ICCID never comes back. */
TEST(quarantine_ends_with_fresh_keys)
{
    struct fixture f;
    struct number_keys before = {0}, after = {0};
    struct number n;
    size_t released = 9;

    open_with_numbers(&f, 3);
    bring_to(&f, "001010000000001", "1440000000001", NUMBER_IN_USE);
    bring_to(&f, "001010000000002", "1440000000002", NUMBER_IN_USE);
    CHECK_OK(number_move(f.store, "001010000000001", NUMBER_IN_USE, NUMBER_FROZEN, 1000));
    CHECK_OK(number_move(f.store, "001010000000002", NUMBER_IN_USE, NUMBER_FROZEN, 2000));
    CHECK_OK(number_get_keys(f.store, f.ks, "001010000000001", &before));
    CHECK_OK(number_quarantine_release(f.store, f.ks, &f.rand, 999 + 90 * DAY, 10, &released));
    CHECK_INT(released, 0);
    CHECK_OK(number_quarantine_release(f.store, f.ks, &f.rand, 1000 + 90 * DAY, 10, &released));
    CHECK_INT(released, 1);
    CHECK_OK(number_get_keys(f.store, f.ks, "001010000000001", &after));
    CHECK(!bytes_eq(secret_bytes(&before.k), secret_bytes(&after.k)));
    CHECK(!bytes_eq(secret_bytes(&before.opc), secret_bytes(&after.opc)));
    CHECK_INT(after.k.n, 16);
    CHECK_INT(after.opc.n, 16);
    CHECK_OK(number_get_by_imsi(f.store, "001010000000001", &n));
    CHECK_INT(n.state, NUMBER_FREE);
    CHECK_STR(n.iccid, "");
    CHECK_STR(n.cid, "");
    CHECK_INT(n.frozen_until, 0);
    CHECK_INT(counts(&f, "formal").frozen, 1);
    CHECK_INT(counts(&f, "formal").free, 2);
    n = (struct number){.imsi = "001010000000009",
                        .msisdn = "1440000000009",
                        .algorithm = 1,
                        .iccid = "89860400000000000015",
                        .pool_id = "formal"};
    CHECK_INT(number_add(f.store, f.ks, &n, &after, 1), XK_E_EXISTS);
    CHECK_OK(number_quarantine_release(f.store, f.ks, &f.rand, 99999 + 90 * DAY, 0, &released));
    CHECK_INT(released, 0);
    fixture_close(&f);
}

static enum xk_err op_reserve(struct fixture *f, void *wanted)
{
    struct number n;

    return number_reserve(f->store, "formal", wanted, "cid", task_a, 1, &n);
}

static enum xk_err op_freeze(struct fixture *f, void *ctx)
{
    (void)ctx;
    TRY(number_move(f->store, "001010000000001", NUMBER_RESERVED, NUMBER_ASSIGNED, 2));
    return number_move(f->store, "001010000000001", NUMBER_ASSIGNED, NUMBER_FROZEN, 2);
}

static enum xk_err op_release(struct fixture *f, void *ctx)
{
    size_t n;

    (void)ctx;
    return number_quarantine_release(f->store, f->ks, &f->rand, 100 * DAY, 5, &n);
}

static enum xk_err op_generate(struct fixture *f, void *ctx)
{
    struct number_range r = range_of("formal", "001010000001001", "1440000001001", "", 2);

    (void)ctx;
    return number_generate(f->store, f->ks, &f->rand, &r, 1);
}

static enum xk_err op_pool(struct fixture *f, void *ctx)
{
    struct pool p = pool_named("new", NUMBER_FORMAL, "formal");

    (void)ctx;
    return pool_create(f->store, &p);
}

TEST(a_failing_statement_changes_nothing)
{
    static char wanted[] = "1440000000002";
    struct fixture f;

    open_with_numbers(&f, 3);
    CHECK(fixture_fail_everywhere(&f, op_reserve, NULL) >= 4);
    CHECK(fixture_fail_everywhere(&f, op_reserve, wanted) >= 4);
    CHECK(fixture_fail_everywhere(&f, op_freeze, NULL) >= 5);
    CHECK(fixture_fail_everywhere(&f, op_release, NULL) >= 5);
    CHECK(fixture_fail_everywhere(&f, op_generate, NULL) >= 5);
    CHECK(fixture_fail_everywhere(&f, op_pool, NULL) >= 3);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(pools_are_created_and_found), XT_CASE(pools_that_make_no_sense_are_refused),
           XT_CASE(levels_are_those_of_p24), XT_CASE(parents_count_their_children),
           XT_CASE(the_lowest_free_number_is_reserved), XT_CASE(each_refusal_to_reserve),
           XT_CASE(every_move_legal_and_illegal), XT_CASE(moves_keep_and_drop_what_they_should),
           XT_CASE(keys_come_back_and_only_with_their_keystore),
           XT_CASE(numbers_that_make_no_sense_are_refused),
           XT_CASE(ranges_count_up_and_stop_at_their_digits),
           XT_CASE(quarantine_ends_with_fresh_keys), XT_CASE(a_failing_statement_changes_nothing))
