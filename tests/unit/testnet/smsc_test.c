/* SPDX-License-Identifier: Apache-2.0 */
/* Store and forward, receipts, and messages from terminals. */
#include "bench.h"

#define CAUSE_PROTOCOL 111

/* The RP-DATA heard last, and what is in it. */
static struct sms_tpdu expect_delivery(struct bench *b, uint8_t *ref, const char *text)
{
    struct rp_message rp = {0};
    struct sms_tpdu t = {0};

    CHECK(heard_rp(b, b->heard_n - 1, &rp));
    CHECK_INT(rp.type, RP_DATA);
    CHECK_OK(sms_decode(SMS_TO_MS, rp.tpdu, &t));
    CHECK_INT(t.type, SMS_DELIVER);
    CHECK(bytes_eq(t.ud, bytes_cstr(text)));
    *ref = rp.ref;
    return t;
}

static void ack(struct bench *b, uint8_t ref)
{
    say_rp(b, &(struct rp_message){.type = RP_ACK, .direction = SMS_FROM_MS, .ref = ref});
}

static void fail(struct bench *b, uint8_t ref, uint8_t cause, uint8_t fcs)
{
    const struct sms_tpdu report = {.type = SMS_DELIVER_REPORT, .status = fcs};
    struct rp_message rp = {.type = RP_ERROR, .direction = SMS_FROM_MS, .ref = ref, .cause = cause};
    uint8_t mem[SMS_TPDU_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(sms_encode(&report, &out));
    rp.tpdu = buf_bytes(&out);
    say_rp(b, &rp);
}

static void check_receipt(const struct bench *b, uint64_t id, enum testnet_fate fate)
{
    CHECK_INT(b->receipts, 1);
    CHECK_INT(b->receipt.id, id);
    CHECK_INT(b->receipt.fate, fate);
    CHECK_STR(b->receipt.source, PLATFORM);
    CHECK_STR(b->receipt.destination, MSISDN);
}

TEST(delivered)
{
    struct bench b;
    struct sms_tpdu t;
    uint64_t id;
    uint8_t ref;

    bench_init(&b);
    attach(&b, IMSI);
    CHECK_OK(submit(&b, "hello", 0, &id));
    run_for(&b, 0);
    t = expect_delivery(&b, &ref, "hello");
    CHECK_STR(t.address, PLATFORM);
    CHECK_INT(t.pid, SMS_PID_USIM_DOWNLOAD);
    CHECK_INT(t.dcs, SMS_DCS_8BIT_CLASS2);
    CHECK_INT(sms_decode_scts(t.scts), START / 1000 * 1000);
    CHECK_INT(b.receipts, 0);
    ack(&b, ref);
    check_receipt(&b, id, TESTNET_DELIVERED);
    CHECK_INT(stats(&b).waiting, 0);
    ack(&b, ref);
    CHECK_INT(b.receipts, 1);
    testnet_free(b.net);
}

/* One at a time, in order; each ack brings the next. */
TEST(one_after_another)
{
    struct bench b;
    uint64_t id;
    uint8_t ref;

    bench_init(&b);
    attach(&b, IMSI);
    CHECK_OK(submit(&b, "one", 0, &id));
    CHECK_OK(submit(&b, "two", 0, &id));
    run_for(&b, 0);
    size_t n = b.heard_n;
    expect_delivery(&b, &ref, "one");
    run_for(&b, SECOND);
    CHECK_INT(b.heard_n, n);
    ack(&b, ref);
    expect_delivery(&b, &ref, "two");
    ack(&b, ref);
    CHECK_INT(b.receipts, 2);
    testnet_free(b.net);
}

TEST(kept_until_it_attaches)
{
    struct testnet_subscriber_state s;
    struct bench b;
    uint64_t id;
    uint8_t ref;

    bench_init(&b);
    CHECK_OK(submit(&b, "late", 0, &id));
    run_for(&b, 47 * HOUR);
    CHECK_OK(testnet_get_subscriber(b.net, IMSI, &s));
    CHECK_INT(s.waiting, 1);
    attach(&b, IMSI);
    run_for(&b, 0);
    expect_delivery(&b, &ref, "late");
    ack(&b, ref);
    check_receipt(&b, id, TESTNET_DELIVERED);
    CHECK_INT(b.receipt.done - b.receipt.submitted, 47 * HOUR);
    testnet_free(b.net);
}

/* P-6: the validity asked for, and never over 48 h */
TEST(expired)
{
    static const struct {
        uint32_t asked;
        int64_t ends;
    } rows[] = {{60, 60 * SECOND}, {0, 48 * HOUR}, {200 * 3600, 48 * HOUR}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        uint64_t id;

        bench_init(&b);
        CHECK_OK(submit(&b, "x", rows[i].asked, &id));
        run_for(&b, rows[i].ends - 1);
        CHECK_INT(b.receipts, 0);
        run_for(&b, 1);
        check_receipt(&b, id, TESTNET_EXPIRED);
        CHECK_INT(stats(&b).expired, 1);
        CHECK_INT(stats(&b).waiting, 0);
        CHECK(testnet_deadline(b.net) == INT64_MAX);
        testnet_free(b.net);
    }
}

/* Silence: after TR1N again, with growing waits; then it answers. */
TEST(unanswered_is_sent_again)
{
    struct bench b;
    uint64_t id;
    uint8_t first, ref;

    bench_init(&b);
    attach(&b, IMSI);
    CHECK_OK(submit(&b, "again", 0, &id));
    run_for(&b, 0);
    expect_delivery(&b, &first, "again");
    size_t n = b.heard_n;
    run_for(&b, 36 * SECOND);
    CHECK_INT(b.heard_n, n + 1);
    expect_delivery(&b, &ref, "again");
    CHECK(ref != first);
    ack(&b, first); /* to the sending before: too late */
    CHECK_INT(b.receipts, 0);
    ack(&b, ref);
    check_receipt(&b, id, TESTNET_DELIVERED);
    CHECK_INT(stats(&b).retries, 1);
    testnet_free(b.net);
}

/* TS 24.011 8.2.5.4, TS 23.040 9.2.3.22 */
TEST(each_refusal)
{
    static const struct {
        uint8_t cause, fcs;
        bool again;
    } rows[] = {{CAUSE_PROTOCOL, 0xD4, true},
                {CAUSE_PROTOCOL, 0xD5, false},
                {22, 0xD3, true},
                {42, 0, true},
                {27, 0, true},
                {96, 0, false},
                {1, 0, false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        uint64_t id;
        uint8_t ref;

        bench_init(&b);
        attach(&b, IMSI);
        CHECK_OK(submit(&b, "x", 0, &id));
        run_for(&b, 0);
        expect_delivery(&b, &ref, "x");
        fail(&b, ref, rows[i].cause, rows[i].fcs);
        CHECK_INT(b.receipts, !rows[i].again);
        if (!rows[i].again) {
            check_receipt(&b, id, TESTNET_UNDELIVERABLE);
            CHECK_INT(b.receipt.cause, rows[i].cause);
        } else {
            run_for(&b, 6 * SECOND);
            expect_delivery(&b, &ref, "x");
            ack(&b, ref);
            check_receipt(&b, id, TESTNET_DELIVERED);
        }
        testnet_free(b.net);
    }
}

TEST(refused_at_the_door)
{
    struct testnet_sm sm = {.source = PLATFORM, .destination = "99"};
    uint8_t big[SMS_UD_MAX + 1] = {0};
    struct bench b;
    uint64_t id;

    bench_config(&b);
    b.config.messages_max = 1;
    bench_start(&b, AIR_LTE);
    CHECK_INT(testnet_submit(b.net, b.now, &sm, &id), XK_E_NOT_FOUND);
    snprintf(sm.destination, sizeof sm.destination, "%s", "+" MSISDN);
    sm.ud = BYTES_OF(big);
    CHECK_INT(testnet_submit(b.net, b.now, &sm, &id), XK_E_VALUE);
    sm.ud = BYTES(big, SMS_UD_MAX);
    CHECK_OK(testnet_submit(b.net, b.now, &sm, &id));
    CHECK_INT(testnet_submit(b.net, b.now, &sm, &id), XK_E_LIMIT);
    CHECK_INT(stats(&b).submitted, 1);
    testnet_free(b.net);
}

TEST(closed_with_messages_waiting)
{
    struct bench b;
    uint64_t id;

    bench_init(&b);
    CHECK_OK(submit(&b, "x", 0, &id));
    CHECK_OK(testnet_close(b.net, b.now, IMSI));
    run_for(&b, 0);
    check_receipt(&b, id, TESTNET_UNDELIVERABLE);
    CHECK_INT(submit(&b, "x", 0, &id), XK_E_NOT_FOUND);
    testnet_free(b.net);
}

/* ---- from the terminal ---- */

static void send_message(struct bench *b, const char *to, const char *text, uint8_t ref)
{
    struct sms_tpdu t = {.type = SMS_SUBMIT, .dcs = SMS_DCS_8BIT_CLASS2, .ud = bytes_cstr(text)};
    struct rp_message rp = {
        .type = RP_DATA, .direction = SMS_FROM_MS, .ref = ref, .destination = "+999700100500"};
    uint8_t mem[SMS_TPDU_MAX];
    struct buf out;

    snprintf(t.address, sizeof t.address, "%s", to);
    buf_init_fixed(&out, mem, sizeof mem);
    CHECK_OK(sms_encode(&t, &out));
    rp.tpdu = buf_bytes(&out);
    say_rp(b, &rp);
}

static void check_answer(const struct bench *b, enum rp_type type, uint8_t ref, uint8_t cause)
{
    struct rp_message rp = {0};

    CHECK(heard_rp(b, b->heard_n - 1, &rp));
    CHECK_INT(rp.type, type);
    CHECK_INT(rp.ref, ref);
    CHECK_INT(rp.cause, cause);
}

TEST(to_the_platform)
{
    struct bench b;

    bench_init(&b);
    attach(&b, IMSI);
    send_message(&b, PLATFORM, "report", 42);
    check_answer(&b, RP_ACK, 42, 0);
    CHECK_INT(b.messages, 1);
    CHECK_STR(b.message.source, MSISDN);
    CHECK_STR(b.message.destination, PLATFORM);
    CHECK(bytes_eq(b.message.ud, BYTES_STR("report")));
    CHECK_INT(stats(&b).from_devices, 1);
    testnet_free(b.net);
}

TEST(to_another_number)
{
    struct testnet_subscriber_state s;
    struct bench b;

    bench_init(&b);
    CHECK_OK(bench_open(&b, IMSI_2, MSISDN_2));
    attach(&b, IMSI);
    send_message(&b, MSISDN_2, "hi", 1);
    check_answer(&b, RP_ACK, 1, 0);
    CHECK_INT(b.messages, 0);
    CHECK_OK(testnet_get_subscriber(b.net, IMSI_2, &s));
    CHECK_INT(s.waiting, 1);
    testnet_free(b.net);
}

TEST(not_taken)
{
    struct rp_message rp = {
        .type = RP_DATA, .direction = SMS_FROM_MS, .ref = 3, .tpdu = BYTES_STR("\xFF")};
    struct bench b;

    bench_init(&b);
    send_message(&b, PLATFORM, "x", 9); /* not attached */
    check_answer(&b, RP_ERROR, 9, 1);
    attach(&b, IMSI);
    say_rp(&b, &rp);
    check_answer(&b, RP_ERROR, 3, 96);
    CHECK_INT(b.messages, 0);
    testnet_free(b.net);
}

/* A terminal that attaches again has lost what was under way: it comes again at once, not after
 * TR1N. */
TEST(a_new_connection_brings_it_at_once)
{
    struct bench b;
    uint64_t id;
    uint8_t first, ref;

    bench_init(&b);
    attach(&b, IMSI);
    CHECK_OK(submit(&b, "again", 0, &id));
    run_for(&b, 0);
    expect_delivery(&b, &first, "again");
    attach(&b, IMSI);
    run_for(&b, 0);
    expect_delivery(&b, &ref, "again");
    CHECK(ref != first);
    ack(&b, ref);
    check_receipt(&b, id, TESTNET_DELIVERED);
    run_for(&b, 36 * SECOND); /* the old wait is over: nothing more */
    CHECK_INT(stats(&b).retries, 1);
    testnet_free(b.net);
}

TESTS_MAIN(XT_CASE(delivered), XT_CASE(one_after_another), XT_CASE(kept_until_it_attaches),
           XT_CASE(expired), XT_CASE(unanswered_is_sent_again),
           XT_CASE(a_new_connection_brings_it_at_once), XT_CASE(each_refusal),
           XT_CASE(refused_at_the_door), XT_CASE(closed_with_messages_waiting),
           XT_CASE(to_the_platform), XT_CASE(to_another_number), XT_CASE(not_taken))
