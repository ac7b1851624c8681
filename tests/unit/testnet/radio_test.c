/* SPDX-License-Identifier: Apache-2.0 */
/* Delay, coverage, sleep, and the troubles of short messages: all by the seed. */
#include "bench.h"

static void attach_wishing(struct bench *b, uint32_t active_s, uint32_t edrx_s)
{
    struct air_message m = {
        .type = AIR_ATTACH_REQUEST, .imsi = IMSI, .t3324_s = active_s, .edrx_s = edrx_s};

    (void)ask(b, &m);
    m = answer_to(b, last_heard(b));
    CHECK_INT(ask(b, &m)->type, AIR_ATTACH_ACCEPT);
}

static bool delivered(const struct bench *b, size_t since)
{
    struct rp_message rp;

    return heard_rp(b, since, &rp) && rp.type == RP_DATA;
}

TEST(messages_take_time_and_keep_their_order)
{
    struct bench b;

    bench_config(&b);
    b.config.radio[AIR_LTE].delay_min_ms = 10;
    b.config.radio[AIR_LTE].delay_max_ms = 500;
    bench_start(&b, AIR_LTE);
    CHECK_INT(b.heard_n, 0);
    run_for(&b, 500);
    CHECK_INT(b.heard_n, 1);
    CHECK(b.heard[0].at >= START + 10);
    for (unsigned i = 1; i <= 20; i++)
        say(&b, &(struct air_message){.type = AIR_ATTACH_REQUEST, .imsi = IMSI});
    run_for(&b, 2000);
    CHECK_INT(b.heard_n, 21);
    for (size_t i = 2; i < b.heard_n; i++)
        CHECK_INT(b.heard[i].m.sync, b.heard[i - 1].m.sync + 1);
    testnet_free(b.net);
}

TEST(no_coverage)
{
    struct bench b;
    uint64_t id;

    bench_init(&b);
    attach(&b, IMSI);
    testnet_uncover(b.net, b.now, b.device);
    run_for(&b, 0);
    CHECK_INT(last_heard(&b)->type, AIR_NO_SERVICE);
    size_t n = b.heard_n;
    CHECK_OK(submit(&b, "x", 0, &id));
    (void)request_attach(&b, IMSI);
    run_for(&b, HOUR);
    CHECK_INT(b.heard_n, n);
    testnet_cover(b.net, b.now, b.device);
    run_for(&b, 10 * SECOND);
    CHECK_INT(b.heard[n].m.type, AIR_SYSTEM_INFO);
    CHECK(delivered(&b, n + 1));
    testnet_free(b.net);
}

TEST(gaps_come_and_go)
{
    struct bench b;
    unsigned lost = 0;
    unsigned found = 0;

    bench_config(&b);
    b.config.radio[AIR_LTE] = (struct testnet_radio){.gap_every_s = 600, .gap_s = 60};
    bench_start(&b, AIR_LTE);
    run_for(&b, 4 * HOUR);
    for (size_t i = 0; i < b.heard_n; i++) {
        lost += b.heard[i].m.type == AIR_NO_SERVICE;
        found += b.heard[i].m.type == AIR_SYSTEM_INFO;
    }
    CHECK(lost >= 10 && lost <= 40);
    CHECK(found == lost || found == lost + 1);
    testnet_free(b.net);
}

/* TS 23.682 4.5.4: after the active time nothing is sent until the terminal speaks */
TEST(power_saving)
{
    struct bench b;
    uint64_t id;

    bench_init(&b);
    attach_wishing(&b, 20, 0);
    run_for(&b, 60 * SECOND);
    size_t n = b.heard_n;
    CHECK_OK(submit(&b, "x", 0, &id));
    run_for(&b, HOUR);
    CHECK_INT(b.heard_n, n);
    (void)ask(&b, &(struct air_message){.type = AIR_TRACKING_AREA_UPDATE, .imsi = IMSI});
    CHECK(delivered(&b, n));
    testnet_free(b.net);
}

/* TS 23.682 4.5.13: in the next paging window */
TEST(extended_drx)
{
    struct bench b;
    uint64_t id;

    bench_init(&b);
    attach_wishing(&b, 0, 80);
    run_for(&b, 15 * SECOND);
    run_for(&b, 80 * SECOND - b.now % (80 * SECOND) + 20 * SECOND); /* 20 s into a cycle */
    size_t n = b.heard_n;
    CHECK_OK(submit(&b, "x", 0, &id));
    run_for(&b, 59 * SECOND);
    CHECK_INT(b.heard_n, n);
    run_for(&b, 3 * SECOND);
    CHECK(delivered(&b, n));
    CHECK(air_edrx_listens(b.heard[n].at, 80));
    testnet_free(b.net);
}

TEST(nonsense_is_dropped)
{
    struct bench b;
    uint8_t big[AIR_MESSAGE_MAX + 1] = {0};

    bench_init(&b);
    size_t n = b.heard_n;
    CHECK_OK(testnet_air(b.net, b.now, b.device, BYTES_STR("\xFF\xFF")));
    CHECK_OK(testnet_air(b.net, b.now, b.device, BYTES_NONE));
    CHECK_OK(testnet_air(b.net, b.now, b.device + 1, BYTES_STR("x")));
    CHECK_INT(testnet_air(b.net, b.now, b.device, BYTES_OF(big)), XK_E_LIMIT);
    (void)ask(&b, &(struct air_message){.type = AIR_CP_DATA, .rp = BYTES_STR("\xFF")});
    CHECK_INT(b.heard_n, n);
    testnet_remove_device(b.net, b.device);
    testnet_remove_device(b.net, b.device);
    testnet_free(b.net);
}

/* What was on its way to a terminal that is gone does not reach the next in its place. */
TEST(place_used_again)
{
    struct bench b;
    uint32_t next;

    bench_init(&b);
    say(&b, &(struct air_message){.type = AIR_ATTACH_REQUEST, .imsi = IMSI});
    testnet_remove_device(b.net, b.device);
    CHECK_OK(testnet_add_device(b.net, b.now, &(struct testnet_device){.rat = AIR_LTE}, &next));
    CHECK_INT(next, b.device);
    b.heard_n = 0;
    run_for(&b, SECOND);
    CHECK_INT(b.heard_n, 1);
    CHECK_INT(b.heard[0].m.type, AIR_SYSTEM_INFO);
    testnet_free(b.net);
}

/* ---- troubles ---- */

struct course {
    uint64_t hash;
    struct testnet_stats stats;
};

static struct course run_course(uint64_t seed, const struct testnet_troubles *troubles)
{
    struct course out = {0};
    struct bench b;

    bench_config(&b);
    b.config.seed = seed;
    b.config.troubles = *troubles;
    bench_start(&b, AIR_LTE);
    attach(&b, IMSI);
    for (unsigned i = 0; i < 1000; i++) {
        struct rp_message rp;
        uint64_t id;

        CHECK_OK(submit(&b, "x", 0, &id));
        run_for(&b, 100);
        if (b.heard_n > 0 && heard_rp(&b, b.heard_n - 1, &rp) && rp.type == RP_DATA) {
            b.heard_n = 0;
            out.hash = out.hash * 31 + i;
            say_rp(&b,
                   &(struct rp_message){.type = RP_ACK, .direction = SMS_FROM_MS, .ref = rp.ref});
        }
    }
    out.stats = stats(&b);
    testnet_free(b.net);
    return out;
}

TEST(loss_duplicates_and_delay_by_the_seed)
{
    const struct testnet_troubles t = {
        .loss = 200, .duplicate = 50, .late = 100, .late_ms = 3000, .delay_max_ms = 200};
    struct course a = run_course(3, &t);
    struct course same = run_course(3, &t);
    struct course other = run_course(4, &t);

    CHECK(a.stats.lost > 150 && a.stats.lost < 260);
    CHECK(a.stats.duplicated > 25 && a.stats.duplicated < 80);
    CHECK(a.stats.late > 60 && a.stats.late < 150);
    CHECK(a.hash == same.hash);
    CHECK_INT(a.stats.lost, same.stats.lost);
    CHECK(a.hash != other.hash);
}

TEST(lost_for_sure)
{
    const struct testnet_troubles t = {.loss = 1000};
    struct course c = run_course(1, &t);

    CHECK_INT(c.stats.lost, 1000);
    CHECK_INT(c.stats.delivered, 0);
    CHECK_INT(c.stats.waiting, 0);
}

TEST(held_back_is_overtaken)
{
    struct bench b;
    struct rp_message rp = {0};
    struct sms_tpdu t = {0};
    uint64_t id;

    bench_config(&b);
    b.config.troubles = (struct testnet_troubles){.late = 1000, .late_ms = 10000};
    bench_start(&b, AIR_LTE);
    attach(&b, IMSI);
    size_t n = b.heard_n;
    CHECK_OK(submit(&b, "first", 0, &id));
    testnet_set_troubles(b.net, &(struct testnet_troubles){0});
    CHECK_OK(submit(&b, "second", 0, &id));
    run_for(&b, 0);
    CHECK(heard_rp(&b, n, &rp));
    CHECK_OK(sms_decode(SMS_TO_MS, rp.tpdu, &t));
    CHECK(bytes_eq(t.ud, BYTES_STR("second")));
    testnet_free(b.net);
}

TESTS_MAIN(XT_CASE(messages_take_time_and_keep_their_order), XT_CASE(no_coverage),
           XT_CASE(gaps_come_and_go), XT_CASE(power_saving), XT_CASE(extended_drx),
           XT_CASE(nonsense_is_dropped), XT_CASE(place_used_again),
           XT_CASE(loss_duplicates_and_delay_by_the_seed), XT_CASE(lost_for_sure),
           XT_CASE(held_back_is_overtaken))
