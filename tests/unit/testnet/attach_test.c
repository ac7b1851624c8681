/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and authentication, the network's side: what lets in, and each refusal. */
#include "bench.h"

TEST(cell_is_told_first)
{
    struct bench b;

    bench_init(&b);
    CHECK_INT(b.heard_n, 1);
    CHECK_INT(last_heard(&b)->type, AIR_SYSTEM_INFO);
    CHECK_STR(last_heard(&b)->plmn, "00101");
    CHECK_INT(last_heard(&b)->rat, AIR_LTE);
    CHECK_INT(last_heard(&b)->cell, 7);
    testnet_free(b.net);
}

/* TS 24.301 5.5.1.2 */
TEST(attach_by_quintet)
{
    struct testnet_subscriber_state s;
    struct bench b;
    char imsi[17];

    bench_init(&b);
    CHECK_INT(request_attach(&b, IMSI)->type, AIR_AUTHENTICATION_REQUEST);
    CHECK(last_heard(&b)->has_autn);
    CHECK(last_heard(&b)->sync != 0);
    CHECK_INT(b.attaches, 0);
    struct air_message m = answer_to(&b, last_heard(&b));
    CHECK_INT(ask(&b, &m)->type, AIR_ATTACH_ACCEPT);
    CHECK_INT(last_heard(&b)->guti[0], 0xF6);
    CHECK_INT(b.attaches, 1);
    CHECK_STR(b.attach.imsi, IMSI);
    CHECK_STR(b.attach.msisdn, MSISDN);
    CHECK_STR(b.attach.imei, "001017000000019");
    CHECK_INT(b.attach.seq, 1);
    CHECK_INT(b.attach.time, START);
    CHECK_OK(testnet_get_subscriber(b.net, IMSI, &s));
    CHECK_INT(s.verified, 1);
    CHECK_INT(s.device, b.device);
    testnet_device_imsi(b.net, b.device, imsi);
    CHECK_STR(imsi, IMSI);
    CHECK_INT(stats(&b).attached, 1);
    testnet_free(b.net);
}

/* TS 33.102 6.8.1: triplets on GSM; TS 33.401 6.1.1: separation bit elsewhere */
TEST(each_radio)
{
    static const enum air_rat rats[] = {AIR_GSM, AIR_LTE, AIR_NB_IOT, AIR_EMTC};

    for (size_t i = 0; i < ARRAY_LEN(rats); i++) {
        struct bench b;

        bench_config(&b);
        bench_start(&b, rats[i]);
        (void)request_attach(&b, IMSI);
        CHECK_INT(last_heard(&b)->has_autn, rats[i] != AIR_GSM);
        if (last_heard(&b)->has_autn)
            CHECK_INT(last_heard(&b)->autn[6] & 0x80, 0x80);
        struct air_message m = answer_to(&b, last_heard(&b));
        CHECK_INT(ask(&b, &m)->type, AIR_ATTACH_ACCEPT);
        CHECK_INT(b.attach.rat, rats[i]);
        testnet_free(b.net);
    }
}

TEST(granted_as_wished)
{
    struct air_message m = {
        .type = AIR_ATTACH_REQUEST, .imsi = IMSI, .t3412_s = 3600, .t3324_s = 20, .edrx_s = 80};
    struct bench b;

    bench_init(&b);
    (void)ask(&b, &m);
    m = answer_to(&b, last_heard(&b));
    (void)ask(&b, &m);
    CHECK_INT(last_heard(&b)->t3412_s, 3600);
    CHECK_INT(last_heard(&b)->t3324_s, 20);
    CHECK_INT(last_heard(&b)->edrx_s, 80);
    testnet_free(b.net);
}

static void check_reject(struct bench *b, const struct air_message *m, uint8_t cause)
{
    CHECK_INT(m->type, AIR_ATTACH_REJECT);
    CHECK_INT(m->cause, cause);
    CHECK_INT(b->attaches, 0);
}

/* TS 24.301 9.9.3.9 */
TEST(each_reject)
{
    static const uint8_t causes[] = {AIR_CAUSE_ILLEGAL_UE, AIR_CAUSE_ILLEGAL_ME,
                                     AIR_CAUSE_PLMN_NOT_ALLOWED, AIR_CAUSE_CONGESTION};
    struct air_message other = {.type = AIR_ATTACH_REQUEST, .imsi = IMSI, .plmn = "99970"};
    struct bench b;

    bench_init(&b);
    check_reject(&b, request_attach(&b, "001019999999999"), AIR_CAUSE_IMSI_UNKNOWN);
    check_reject(&b, ask(&b, &other), AIR_CAUSE_PLMN_NOT_ALLOWED);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        CHECK_OK(testnet_bar(b.net, IMSI, causes[i]));
        check_reject(&b, request_attach(&b, IMSI), causes[i]);
    }
    CHECK_OK(testnet_bar(b.net, IMSI, 0));
    CHECK_OK(testnet_close(b.net, b.now, IMSI));
    check_reject(&b, request_attach(&b, IMSI), AIR_CAUSE_IMSI_UNKNOWN);
    CHECK_INT(stats(&b).rejects, 7);
    CHECK_INT(testnet_bar(b.net, "1", 3), XK_E_NOT_FOUND);
    testnet_free(b.net);
}

TEST(wrong_res)
{
    struct bench b;

    bench_init(&b);
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    m.res[0] ^= 1;
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REJECT);
    CHECK_INT(stats(&b).wrong_res, 1);
    CHECK_INT(b.attaches, 0);
    m.res[0] ^= 1; /* the right one, too late */
    size_t n = b.heard_n;
    (void)ask(&b, &m);
    CHECK_INT(b.heard_n, n);
    testnet_free(b.net);
}

TEST(short_res)
{
    struct bench b;

    bench_init(&b);
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    m.res_n = 4;
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REJECT);
    testnet_free(b.net);
}

/* An answer to an older request is no answer. */
TEST(old_answer)
{
    struct bench b;

    bench_init(&b);
    struct air_message old = answer_to(&b, request_attach(&b, IMSI));
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    size_t n = b.heard_n;
    (void)ask(&b, &old);
    CHECK_INT(b.heard_n, n);
    CHECK_INT(ask(&b, &m)->type, AIR_ATTACH_ACCEPT);
    testnet_free(b.net);
}

/* TS 33.102 6.3.5: the card's counter is ahead */
TEST(resynchronisation)
{
    struct testnet_subscriber_state s;
    struct bench b;

    bench_init(&b);
    b.sqn.seq[AIR_LTE] = 5000;
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    CHECK_INT(m.type, AIR_AUTHENTICATION_FAILURE);
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REQUEST);
    m = answer_to(&b, last_heard(&b));
    CHECK_INT(ask(&b, &m)->type, AIR_ATTACH_ACCEPT);
    CHECK_OK(testnet_get_subscriber(b.net, IMSI, &s));
    CHECK_INT(s.resyncs, 1);
    CHECK_INT(stats(&b).resyncs, 1);
    CHECK(s.sqn >> AKA_IND_BITS > 5000);
    testnet_free(b.net);
}

TEST(resynchronisation_forged_or_twice)
{
    struct bench b;

    bench_init(&b);
    b.sqn.seq[AIR_LTE] = 5000;
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    m.auts[13] ^= 1;
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REJECT);
    m = answer_to(&b, request_attach(&b, IMSI));
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REQUEST);
    b.sqn.seq[AIR_LTE] = 90000;
    m = answer_to(&b, last_heard(&b));
    CHECK_INT(m.type, AIR_AUTHENTICATION_FAILURE);
    CHECK_INT(ask(&b, &m)->type, AIR_AUTHENTICATION_REJECT);
    CHECK_INT(stats(&b).mac_failures, 2);
    testnet_free(b.net);
}

TEST(mac_failure)
{
    struct bench b;

    bench_init(&b);
    uint32_t sync = request_attach(&b, IMSI)->sync;
    CHECK_INT(ask(&b, &(struct air_message){.type = AIR_AUTHENTICATION_FAILURE,
                                            .cause = AIR_CAUSE_MAC_FAILURE,
                                            .sync = sync})
                  ->type,
              AIR_AUTHENTICATION_REJECT);
    testnet_free(b.net);
}

TEST(closed_while_attached)
{
    struct bench b;

    bench_init(&b);
    attach(&b, IMSI);
    CHECK_OK(testnet_close(b.net, b.now, IMSI));
    run_for(&b, 0);
    CHECK_INT(last_heard(&b)->type, AIR_DETACH_REQUEST);
    CHECK_INT(last_heard(&b)->cause, AIR_CAUSE_IMSI_UNKNOWN);
    CHECK_INT(stats(&b).attached, 0);
    CHECK_INT(testnet_close(b.net, b.now, IMSI), XK_E_NOT_FOUND);
    CHECK_OK(bench_open(&b, IMSI, MSISDN)); /* its counter went on: the card lets the network in */
    attach(&b, IMSI);
    testnet_free(b.net);
}

TEST(closed_between_request_and_answer)
{
    struct bench b;

    bench_init(&b);
    struct air_message m = answer_to(&b, request_attach(&b, IMSI));
    CHECK_OK(testnet_close(b.net, b.now, IMSI));
    CHECK_INT(ask(&b, &m)->type, AIR_ATTACH_REJECT);
    testnet_free(b.net);
}

TEST(detach_and_forgotten_terminal)
{
    struct bench b;

    bench_init(&b);
    attach(&b, IMSI);
    (void)ask(&b, &(struct air_message){.type = AIR_DETACH_REQUEST, .imsi = IMSI});
    CHECK_INT(stats(&b).attached, 0);
    CHECK_INT(ask(&b, &(struct air_message){.type = AIR_TRACKING_AREA_UPDATE, .imsi = IMSI})->type,
              AIR_DETACH_REQUEST);
    testnet_free(b.net);
}

/* The same number on a second terminal: the last one counts. */
TEST(same_number_twice)
{
    struct testnet_subscriber_state s;
    struct bench b;
    uint32_t first;

    bench_init(&b);
    attach(&b, IMSI);
    first = b.device;
    CHECK_OK(testnet_add_device(b.net, b.now, &(struct testnet_device){.rat = AIR_LTE}, &b.device));
    attach(&b, IMSI);
    CHECK_OK(testnet_get_subscriber(b.net, IMSI, &s));
    CHECK_INT(s.device, b.device);
    CHECK(first != b.device);
    CHECK_INT(stats(&b).attached, 1);
    testnet_free(b.net);
}

TEST(numbers_that_cannot_be)
{
    struct bench b;

    bench_init(&b);
    CHECK_INT(bench_open(&b, "", MSISDN_2), XK_E_VALUE);
    CHECK_INT(bench_open(&b, "00101x000000001", MSISDN_2), XK_E_VALUE);
    CHECK_INT(bench_open(&b, "0010190000000011", MSISDN_2), XK_E_VALUE);
    CHECK_INT(bench_open(&b, IMSI_2, "12a"), XK_E_VALUE);
    CHECK_INT(bench_open(&b, IMSI_2, MSISDN), XK_E_EXISTS);
    CHECK_OK(bench_open(&b, IMSI, MSISDN)); /* again is fine */
    CHECK_OK(bench_open(&b, IMSI, "+" MSISDN_2));
    CHECK_OK(bench_open(&b, IMSI_2, MSISDN)); /* free now */
    CHECK_INT(stats(&b).subscribers, 2);
    testnet_free(b.net);
}

TEST(full)
{
    struct bench b;
    uint32_t more;

    bench_config(&b);
    b.config.devices_max = 1;
    b.config.subscribers_max = 1;
    bench_start(&b, AIR_LTE);
    CHECK_INT(bench_open(&b, IMSI_2, MSISDN_2), XK_E_LIMIT);
    CHECK_INT(testnet_add_device(b.net, b.now, &(struct testnet_device){.rat = AIR_LTE}, &more),
              XK_E_LIMIT);
    CHECK_INT(testnet_add_device(b.net, b.now, &(struct testnet_device){.rat = 0}, &more),
              XK_E_VALUE);
    testnet_remove_device(b.net, b.device);
    CHECK_OK(testnet_add_device(b.net, b.now, &(struct testnet_device){.rat = AIR_LTE}, &more));
    testnet_free(b.net);
}

/* TUAK, and Milenage with constants of its own: keys that do not fit the small place. */
TEST(other_algorithms)
{
    struct bench b;

    bench_init(&b);
    b.card = (struct aka_subscriber){.algorithm = AKA_TUAK, .res_len = 8};
    CHECK_OK(secret_set(&b.card.k, BYTES_STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")));
    CHECK_OK(secret_set(&b.card.opc, BYTES_STR("tttttttttttttttttttttttttttttttt")));
    CHECK_OK(bench_open(&b, IMSI_2, MSISDN_2));
    attach(&b, IMSI_2);
    testnet_free(b.net);
}

TESTS_MAIN(XT_CASE(cell_is_told_first), XT_CASE(attach_by_quintet), XT_CASE(each_radio),
           XT_CASE(granted_as_wished), XT_CASE(each_reject), XT_CASE(wrong_res), XT_CASE(short_res),
           XT_CASE(old_answer), XT_CASE(resynchronisation),
           XT_CASE(resynchronisation_forged_or_twice), XT_CASE(mac_failure),
           XT_CASE(closed_while_attached), XT_CASE(closed_between_request_and_answer),
           XT_CASE(detach_and_forgotten_terminal), XT_CASE(same_number_twice),
           XT_CASE(numbers_that_cannot_be), XT_CASE(full), XT_CASE(other_algorithms))
