/* SPDX-License-Identifier: Apache-2.0 */
#include "service/chip/chip.h"

#include "fixture.h"
#include "service/number/number.h"
#include "xt.h"

#define CID_1 "89860123456789012301"
#define CID_2 "89860123456789012302"
#define CID_3 "89860123456789012303"

static const uint8_t task_a[8] = {0xA}, task_b[8] = {0xB};

static struct chip chip_of(const char *cid, const char *seed_imsi, const char *seed_msisdn)
{
    struct chip c = {.batch_id = "B1",
                     .vendor = "vendor",
                     .grade = CHIP_GRADE_INDUSTRIAL,
                     .form = CHIP_FORM_DOMESTIC_5X6,
                     .suite = 1,
                     .keyset = 1,
                     .kic_alg = 2,
                     .kid_alg = 2,
                     .wear_left = UINT32_MAX,
                     .radio = "NB-IoT"};

    snprintf(c.cid, sizeof c.cid, "%s", cid);
    snprintf(c.seed_imsi, sizeof c.seed_imsi, "%s", seed_imsi);
    snprintf(c.seed_msisdn, sizeof c.seed_msisdn, "%s", seed_msisdn);
    return c;
}

static struct chip_keys keys_of(uint8_t fill, uint8_t n)
{
    struct chip_keys k = {.kic = {.n = n}, .kid = {.n = n}, .kik = {.n = n}};

    memset(k.kic.bytes, fill, n);
    memset(k.kid.bytes, fill + 1, n);
    memset(k.kik.bytes, fill + 2, n);
    return k;
}

static void open_with_chips(struct fixture *f)
{
    struct chip c = chip_of(CID_1, "001010000000001", "1440000000001");
    struct chip_keys k = keys_of(0x10, 16);

    fixture_open(f);
    snprintf(c.seed_iccid, sizeof c.seed_iccid, "89860400000000000015");
    CHECK_OK(chip_add(f->store, f->ks, &c, &k, 100));
    c = chip_of(CID_2, "001010000000002", "1440000000002");
    CHECK_OK(chip_add(f->store, f->ks, &c, &k, 100));
    c = chip_of(CID_3, "", "");
    CHECK_OK(chip_add(f->store, f->ks, &c, &k, 100));
}

static struct chip get(struct fixture *f, const char *cid)
{
    struct chip c = {0};

    CHECK_OK(chip_get(f->store, cid, &c));
    return c;
}

TEST(chips_come_back_as_they_went_in)
{
    struct chip c = chip_of(CID_3, "001010000000009", "1440000000009"), got;
    struct chip_keys k = keys_of(1, 16);
    struct fixture f;

    fixture_open(&f);
    c.state = CHIP_ACTIVE;
    snprintf(c.imsi, sizeof c.imsi, "460040000000001");
    snprintf(c.msisdn, sizeof c.msisdn, "1440000000077");
    snprintf(c.iccid, sizeof c.iccid, "8986B400000000000016");
    c.suite = 2;
    c.keyset = 3;
    c.kic_alg = 5;
    c.kid_alg = 2;
    c.down_counter = 0xFFFFFFFFFE;
    c.up_counter = 17;
    snprintf(c.imei, sizeof c.imei, "123456789012345");
    snprintf(c.cos, sizeof c.cos, "XK-COS 1.0 空写");
    c.wear_left = 99;
    snprintf(c.org_id, sizeof c.org_id, "vendor-1");
    CHECK_OK(chip_add(f.store, f.ks, &c, &k, 100));
    got = get(&f, CID_3);
    c.created_at = c.updated_at = 100;
    CHECK(memcmp(&c, &got, sizeof c) == 0);
    fixture_close(&f);
}

TEST(the_seed_is_in_use_at_first)
{
    struct fixture f;
    struct chip c;

    open_with_chips(&f);
    c = get(&f, CID_1);
    CHECK_STR(c.imsi, "001010000000001");
    CHECK_STR(c.msisdn, "1440000000001");
    CHECK_STR(c.iccid, "89860400000000000015");
    CHECK_INT(c.wear_left, UINT32_MAX);
    CHECK_INT(c.state, CHIP_IN_STOCK);
    c = get(&f, CID_3);
    CHECK_STR(c.imsi, "");
    CHECK_INT(chip_get(f.store, "89860123456789012309", &c), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(keys_come_back_in_their_order)
{
    static const uint8_t other_key[32] = {9};
    struct chip_keys k = {0};
    struct keystore *other;
    struct fixture f;

    open_with_chips(&f);
    CHECK_OK(chip_get_keys(f.store, f.ks, CID_1, &k));
    CHECK_HEX(secret_bytes(&k.kic), "10101010101010101010101010101010");
    CHECK_HEX(secret_bytes(&k.kid), "11111111111111111111111111111111");
    CHECK_HEX(secret_bytes(&k.kik), "12121212121212121212121212121212");
    CHECK_INT(chip_get_keys(f.store, f.ks, "nobody", &k), XK_E_NOT_FOUND);
    REQUIRE(keystore_of_key(BYTES_OF(other_key), &f.rand, &other) == XK_OK);
    CHECK_INT(chip_get_keys(f.store, other, CID_1, &k), XK_E_AUTH);
    keystore_close(other);
    fixture_close(&f);
}

TEST(chips_that_make_no_sense_are_refused)
{
    struct fixture f;
    struct chip_keys k = keys_of(1, 16), odd = keys_of(1, 15);
    struct chip good = chip_of("89860123456789012304", "001010000000004", "1440000000004"), c;

    open_with_chips(&f);
    c = good;
    c.cid[19] = '\0';
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.cid[19] = 'A';
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.seed_msisdn[0] = '\0';
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    snprintf(c.seed_iccid, sizeof c.seed_iccid, "89860400000000000016");
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.batch_id[0] = '\0';
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.keyset = 0;
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.suite = 3;
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    snprintf(c.radio, sizeof c.radio, "6G");
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    CHECK_INT(chip_add(f.store, f.ks, &c, &odd, 1), XK_E_VALUE);
    c.kic_alg = 9; /* 3DES with three keys wants 24 bytes */
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c.kic_alg = 1; /* DES */
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_VALUE);
    c = good;
    c.grade = CHIP_GRADE_CONSUMER;
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_STATE);
    c = chip_of(CID_1, "", "");
    CHECK_INT(chip_add(f.store, f.ks, &c, &k, 1), XK_E_EXISTS);
    fixture_close(&f);
}

TEST(an_address_finds_its_chip)
{
    struct pool pool = {.id = "formal", .purpose = NUMBER_FORMAL};
    struct number_range r = {.pool_id = "formal",
                             .count = 1,
                             .first_imsi = "001010000009001",
                             .first_msisdn = "1440000009001"};
    struct fixture f;
    struct number n;
    struct chip c;

    open_with_chips(&f);
    CHECK_OK(chip_get_by_address(f.store, "1440000000001", &c));
    CHECK_STR(c.cid, CID_1);
    CHECK_OK(chip_get_by_iccid(f.store, "89860400000000000015", &c));
    CHECK_STR(c.cid, CID_1);
    CHECK_OK(chip_get_by_seed(f.store, "001010000000002", &c));
    CHECK_STR(c.cid, CID_2);
    CHECK_INT(chip_get_by_address(f.store, "", &c), XK_E_NOT_FOUND);
    CHECK_INT(chip_get_by_iccid(f.store, "", &c), XK_E_NOT_FOUND);
    CHECK_INT(chip_get_by_seed(f.store, "", &c), XK_E_NOT_FOUND);
    CHECK_OK(pool_create(f.store, &pool));
    CHECK_OK(number_generate(f.store, f.ks, &f.rand, &r, 1));
    CHECK_INT(chip_get_by_address(f.store, "1440000009001", &c), XK_E_NOT_FOUND);
    CHECK_OK(number_reserve(f.store, "formal", NULL, CID_2, task_a, 1, &n));
    CHECK_OK(chip_get_by_address(f.store, "1440000009001", &c));
    CHECK_STR(c.cid, CID_2);
    CHECK_OK(chip_set_number(f.store, CID_1, "001010000009009", "1440000009009",
                             "8986B400000000000016", 5));
    CHECK_OK(chip_get_by_address(f.store, "1440000009009", &c));
    CHECK_STR(c.cid, CID_1);
    CHECK_OK(chip_get_by_address(f.store, "1440000000001", &c));
    CHECK_STR(c.cid, CID_1);
    CHECK_OK(chip_get_by_iccid(f.store, "89860400000000000015", &c));
    CHECK_OK(chip_get_by_iccid(f.store, "8986B400000000000016", &c));
    CHECK_STR(c.iccid, "8986B400000000000016");
    CHECK_OK(chip_set_number(f.store, CID_1, "001010000009008", "1440000009008", "", 5));
    CHECK_STR(get(&f, CID_1).iccid, "8986B400000000000016");
    CHECK_STR(get(&f, CID_1).imsi, "001010000009008");
    CHECK_INT(chip_set_number(f.store, "x", "1", "1", "1", 5), XK_E_NOT_FOUND);
    fixture_close(&f);
}

/* Two cards with one seed: the one with a task under way is the one that talks. */
TEST(a_shared_seed_finds_the_busy_chip)
{
    struct chip c = chip_of("89860123456789012399", "001010000000001", "1440000000001");
    struct chip_keys k = keys_of(1, 16);
    struct fixture f;

    open_with_chips(&f);
    CHECK_OK(chip_add(f.store, f.ks, &c, &k, 1));
    CHECK_OK(chip_lock(f.store, c.cid, task_a, 1));
    CHECK_OK(chip_get_by_address(f.store, "1440000000001", &c));
    CHECK_STR(c.cid, "89860123456789012399");
    CHECK_OK(chip_get_by_seed(f.store, "001010000000001", &c));
    CHECK_STR(c.cid, "89860123456789012399");
    CHECK_OK(chip_unlock(f.store, c.cid, task_a, 1));
    CHECK_OK(chip_lock(f.store, CID_1, task_a, 1));
    CHECK_OK(chip_get_by_address(f.store, "1440000000001", &c));
    CHECK_STR(c.cid, CID_1);
    fixture_close(&f);
}

TEST(one_task_at_a_time)
{
    struct fixture f;
    struct chip c;

    open_with_chips(&f);
    CHECK_OK(chip_lock(f.store, CID_1, task_a, 7));
    CHECK_OK(chip_lock(f.store, CID_1, task_a, 8));
    c = get(&f, CID_1);
    CHECK_INT(c.state, CHIP_WRITING);
    CHECK_INT(c.task_id[0], 0xA);
    CHECK_INT(c.updated_at, 8);
    CHECK_INT(chip_lock(f.store, CID_1, task_b, 9), XK_E_EXISTS);
    CHECK_INT(chip_unlock(f.store, CID_1, task_b, 9), XK_E_STATE);
    CHECK_INT(chip_block(f.store, CID_1, 9), XK_E_STATE);
    CHECK_OK(chip_unlock(f.store, CID_1, task_a, 9));
    c = get(&f, CID_1);
    CHECK_INT(c.state, CHIP_IN_STOCK);
    CHECK_INT(c.task_id[0], 0);
    CHECK_INT(chip_unlock(f.store, CID_1, task_a, 9), XK_E_STATE);
    CHECK_OK(chip_lock(f.store, CID_1, task_b, 10));
    CHECK_OK(chip_set_number(f.store, CID_1, "001010000009001", "1440000009001", "", 11));
    CHECK_OK(chip_unlock(f.store, CID_1, task_b, 12));
    CHECK_INT(get(&f, CID_1).state, CHIP_ACTIVE);
    CHECK_INT(chip_lock(f.store, "x", task_a, 1), XK_E_NOT_FOUND);
    CHECK_INT(chip_unlock(f.store, "x", task_a, 1), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(blocked_chips_are_not_written)
{
    struct fixture f;

    open_with_chips(&f);
    CHECK_OK(chip_block(f.store, CID_1, 1));
    CHECK_INT(chip_block(f.store, CID_1, 1), XK_E_STATE);
    CHECK_INT(chip_lock(f.store, CID_1, task_a, 1), XK_E_STATE);
    CHECK_OK(chip_unblock(f.store, CID_1, 1));
    CHECK_INT(chip_unblock(f.store, CID_1, 1), XK_E_STATE);
    CHECK_INT(get(&f, CID_1).state, CHIP_IN_STOCK);
    CHECK_OK(chip_lock(f.store, CID_1, task_a, 1));
    fixture_close(&f);
}

/* By its EID, with no keys and no seed. */
TEST(eUICCs_are_chips)
{
    struct chip c = chip_of("89049032123451234512345678901235", "", "");
    struct chip_keys none = {0}, k;
    struct fixture f;

    open_with_chips(&f);
    CHECK_INT(chip_add(f.store, f.ks, &c, &none, 1), XK_E_VALUE); /* a domestic one has a CID */
    c.form = CHIP_FORM_GLOBAL_5X6;
    snprintf(c.batch_id, sizeof c.batch_id, "B2");
    c.suite = c.keyset = 0;
    CHECK_OK(chip_add(f.store, f.ks, &c, &none, 1));
    CHECK_INT(chip_add(f.store, f.ks, &c, &none, 1), XK_E_EXISTS);
    CHECK_STR(get(&f, c.cid).cid, c.cid);
    CHECK_INT(chip_get_keys(f.store, f.ks, c.cid, &k), XK_E_NOT_FOUND);
    CHECK_OK(chip_lock(f.store, c.cid, task_a, 2));
    CHECK_OK(chip_set_number(f.store, c.cid, "001010000009001", "1440000009001", "", 3));
    CHECK_OK(chip_unlock(f.store, c.cid, task_a, 4));
    CHECK_INT(get(&f, c.cid).state, CHIP_ACTIVE);
    c.cid[31] = '6'; /* check digits */
    CHECK_INT(chip_add(f.store, f.ks, &c, &none, 1), XK_E_VALUE);
    c.cid[31] = '\0';
    CHECK_INT(chip_add(f.store, f.ks, &c, &none, 1), XK_E_VALUE);
    snprintf(c.cid, sizeof c.cid, "89860123456789012305");
    CHECK_INT(chip_add(f.store, f.ks, &c, &none, 1), XK_E_VALUE);
    fixture_close(&f);
}

/* P-4: strictly increasing, one counter a direction. */
TEST(counters_only_go_up)
{
    struct fixture f;
    struct chip_keys k = keys_of(1, 16);
    struct chip c = chip_of("89860123456789012305", "", "");
    uint64_t counter = 0;

    open_with_chips(&f);
    for (uint64_t want = 1; want <= 3; want++) {
        CHECK_OK(chip_next_down_counter(f.store, CID_1, &counter));
        CHECK_INT(counter, want);
    }
    CHECK_OK(store_begin(f.store));
    CHECK_OK(chip_next_down_counter(f.store, CID_1, &counter));
    store_rollback(f.store);
    CHECK_OK(chip_next_down_counter(f.store, CID_1, &counter));
    CHECK_INT(counter, 4);
    CHECK_INT(chip_next_down_counter(f.store, "x", &counter), XK_E_NOT_FOUND);
    c.down_counter = CHIP_COUNTER_MAX - 1;
    CHECK_OK(chip_add(f.store, f.ks, &c, &k, 1));
    CHECK_OK(chip_next_down_counter(f.store, c.cid, &counter));
    CHECK_INT(counter, CHIP_COUNTER_MAX);
    CHECK_INT(chip_next_down_counter(f.store, c.cid, &counter), XK_E_LIMIT);

    CHECK_OK(chip_accept_up_counter(f.store, CID_1, 5));
    CHECK_INT(chip_accept_up_counter(f.store, CID_1, 5), XK_E_DENIED);
    CHECK_INT(chip_accept_up_counter(f.store, CID_1, 4), XK_E_DENIED);
    CHECK_INT(chip_accept_up_counter(f.store, CID_1, CHIP_COUNTER_MAX + 1), XK_E_DENIED);
    CHECK_OK(chip_accept_up_counter(f.store, CID_1, CHIP_COUNTER_MAX));
    CHECK_INT(get(&f, CID_1).up_counter, CHIP_COUNTER_MAX);
    CHECK_INT(chip_accept_up_counter(f.store, "x", 6), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(what_the_card_says_is_kept)
{
    struct fixture f;
    struct chip c;

    open_with_chips(&f);
    CHECK_OK(chip_set_reported(f.store, CID_1, "123456789012345", "COS 1", 4711, 9));
    CHECK_OK(chip_set_reported(f.store, CID_1, NULL, "", UINT32_MAX, 10));
    c = get(&f, CID_1);
    CHECK_STR(c.imei, "123456789012345");
    CHECK_STR(c.cos, "COS 1");
    CHECK_INT(c.wear_left, 4711);
    CHECK_INT(c.updated_at, 9);
    CHECK_OK(chip_set_reported(f.store, CID_1, "123456789012346", NULL, 0, 11));
    c = get(&f, CID_1);
    CHECK_STR(c.imei, "123456789012346");
    CHECK_INT(c.wear_left, 0);
    CHECK_OK(chip_set_radio(f.store, CID_1, "GSM", 12));
    CHECK_STR(get(&f, CID_1).radio, "GSM");
    CHECK_INT(chip_set_reported(f.store, "x", "", "", 1, 1), XK_E_NOT_FOUND);
    CHECK_INT(chip_set_radio(f.store, "x", "GSM", 1), XK_E_NOT_FOUND);
    fixture_close(&f);
}

TEST(lists_and_counts)
{
    static const struct {
        const char *batch;
        int state;
        uint64_t n;
    } rows[] = {{NULL, -1, 3},           {"B1", -1, 3},          {"B2", -1, 0},
                {NULL, CHIP_WRITING, 1}, {NULL, CHIP_ACTIVE, 0}, {"B1", CHIP_IN_STOCK, 2},
                {"B2", CHIP_WRITING, 0}};
    struct chip_batch batches[2];
    struct chip list[4];
    struct fixture f;
    uint64_t total;
    size_t n;

    open_with_chips(&f);
    CHECK_OK(chip_lock(f.store, CID_2, task_a, 1));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct chip_filter filter = {.batch_id = rows[i].batch, .state = rows[i].state};

        CHECK_OK(chip_list(f.store, &filter, "", list, 4, &n));
        CHECK_INT(n, rows[i].n);
        CHECK_OK(chip_count(f.store, &filter, &total));
        CHECK_INT(total, rows[i].n);
    }
    CHECK_OK(chip_list(f.store, &(struct chip_filter){.state = -1}, CID_1, list, 1, &n));
    REQUIRE(n == 1);
    CHECK_STR(list[0].cid, CID_2);
    CHECK_OK(chip_batch_list(f.store, "", batches, 2, &n));
    REQUIRE(n == 1);
    CHECK_INT(batches[0].count, 3);
    CHECK_OK(chip_batch_list(f.store, "B1", batches, 2, &n));
    CHECK_INT(n, 0);
    CHECK_OK(chip_batch_get(f.store, "B1", &batches[1]));
    CHECK_STR(batches[1].vendor, "vendor");
    CHECK_INT(chip_batch_get(f.store, "B2", &batches[1]), XK_E_NOT_FOUND);
    fixture_close(&f);
}

/* P-4: each card and each purpose has its own keys, and they can be made again. */
TEST(derived_keys_differ_and_repeat)
{
    struct secret master = {.n = 16, .bytes = {1}};
    struct chip_keys a = {0}, b = {0}, again = {0};

    CHECK_OK(chip_derive_keys(&master, CID_1, &a));
    CHECK_OK(chip_derive_keys(&master, CID_2, &b));
    CHECK_OK(chip_derive_keys(&master, CID_1, &again));
    CHECK_INT(a.kic.n, 16);
    CHECK(bytes_eq(secret_bytes(&a.kic), secret_bytes(&again.kic)));
    CHECK(bytes_eq(secret_bytes(&a.kik), secret_bytes(&again.kik)));
    CHECK(!bytes_eq(secret_bytes(&a.kic), secret_bytes(&a.kid)));
    CHECK(!bytes_eq(secret_bytes(&a.kid), secret_bytes(&a.kik)));
    CHECK(!bytes_eq(secret_bytes(&a.kic), secret_bytes(&b.kic)));
    master.n = 15;
    CHECK(chip_derive_keys(&master, CID_1, &a) != XK_OK);
}

static enum xk_err op_add(struct fixture *f, void *ctx)
{
    struct chip c = chip_of("89860123456789012377", "", "");
    struct chip_keys k = keys_of(1, 16);

    (void)ctx;
    return chip_add(f->store, f->ks, &c, &k, 1);
}

static enum xk_err op_write(struct fixture *f, void *ctx)
{
    uint64_t counter;

    (void)ctx;
    TRY(chip_lock(f->store, CID_1, task_a, 1));
    TRY(chip_next_down_counter(f->store, CID_1, &counter));
    TRY(chip_accept_up_counter(f->store, CID_1, 9));
    TRY(chip_set_number(f->store, CID_1, "001010000009001", "1440000009001", "", 1));
    TRY(chip_set_reported(f->store, CID_1, "123456789012345", "C", 1, 1));
    return chip_unlock(f->store, CID_1, task_a, 1);
}

TEST(a_failing_statement_changes_nothing)
{
    struct fixture f;

    open_with_chips(&f);
    CHECK(fixture_fail_everywhere(&f, op_add, NULL) >= 4);
    CHECK(fixture_fail_everywhere(&f, op_write, NULL) >= 9);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(chips_come_back_as_they_went_in), XT_CASE(the_seed_is_in_use_at_first),
           XT_CASE(keys_come_back_in_their_order), XT_CASE(chips_that_make_no_sense_are_refused),
           XT_CASE(an_address_finds_its_chip), XT_CASE(a_shared_seed_finds_the_busy_chip),
           XT_CASE(one_task_at_a_time), XT_CASE(blocked_chips_are_not_written),
           XT_CASE(eUICCs_are_chips), XT_CASE(counters_only_go_up),
           XT_CASE(what_the_card_says_is_kept), XT_CASE(lists_and_counts),
           XT_CASE(derived_keys_differ_and_repeat), XT_CASE(a_failing_statement_changes_nothing))
