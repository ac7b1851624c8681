/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

/* TS 31.102 5.1.1, TS 102 221 14.1 */
TEST(card_start)
{
    struct bench b;
    struct modem_status s;

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    s = bench_status(&b);
    CHECK(s.powered && s.card_ready && !s.asleep);
    CHECK_STR(s.imsi, "460000000000001");
    CHECK_STR(s.iccid, "89860040120000000001");
    CHECK_INT(s.registration, MODEM_SEARCHING);
    CHECK_HEX(BYTES(b.card.log[0].wire, b.card.log[0].n), "00A40004023F0000");
    CHECK_HEX(BYTES(b.card.profile.wire, b.card.profile.n),
              "3301E9C211100017880000000000000000400000");
    CHECK_INT(b.airs, 0);
    bench_fini(&b);
}

TEST(card_start_on_t0)
{
    struct bench b;

    bench_init(&b, NULL);
    b.card.t0 = true;
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK(bench_status(&b).card_ready);
    CHECK_STR(bench_status(&b).imsi, "460000000000001");
    bench_fini(&b);
}

/* TS 51.011: no class 00, no EF_DIR */
TEST(sim_only_card)
{
    struct modem_config config = {.imei = "861234567890128", .rat = AIR_GSM};
    struct bench b;
    struct air_message msg;

    bench_init(&b, &config);
    b.card.sim_only = true;
    bench_power_and_cell(&b);
    CHECK(bench_status(&b).card_ready);
    CHECK_STR(bench_status(&b).imsi, "460000000000001");
    CHECK_STR(bench_status(&b).iccid, "89860040120000000001");
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    b.card.auth_n = 12;
    bench_air(&b, &(struct air_message){.type = AIR_AUTHENTICATION_REQUEST, .rand = {7}});
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_AUTHENTICATION_RESPONSE);
    CHECK_HEX(BYTES(msg.res, msg.res_n), "DB08A1A2");
    bench_air(&b,
              &(struct air_message){.type = AIR_ATTACH_ACCEPT, .guti = {0xAA, 0xBB, 0xCC, 0xDD}});
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F7E)->data[0], 11), "AABBCCDD64F00012340000");
    bench_fini(&b);
}

TEST(no_card)
{
    struct bench b;

    bench_init(&b, NULL);
    b.card.gone = true;
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK(!bench_status(&b).card_ready);
    CHECK_INT(bench_status(&b).registration, MODEM_NOT_REGISTERED);
    b.card.gone = false;
    bench_wait(&b, 30000);
    CHECK(bench_status(&b).card_ready);
    bench_fini(&b);
}

/* TS 24.301 5.5.1.2, 5.4.2 */
TEST(attach)
{
    struct bench b;
    struct air_message msg;
    struct modem_status s;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_ATTACH_REQUEST);
    CHECK_STR(msg.imsi, "460000000000001");
    CHECK_STR(msg.imei, "861234567890128");
    CHECK_STR(msg.plmn, "46000");
    CHECK_INT(msg.rat, AIR_LTE);
    bench_attach(&b);
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_AUTHENTICATION_RESPONSE);
    CHECK_HEX(BYTES(msg.res, msg.res_n), "A1A2A3A4A5A6A7A8");
    s = bench_status(&b);
    CHECK_INT(s.registration, MODEM_REGISTERED_HOME);
    CHECK_INT(s.attaches, 1);
    CHECK_STR(s.plmn, "46000");
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6FE3)->data[0], 18),
              "010203040506070809000000 64F000 1234 00");
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F7E)->data[0], 11),
              "09000000 64F000 1234 00 00");
    bench_fini(&b);
}

TEST(attach_gsm_writes_keys)
{
    struct modem_config config = {.imei = "861234567890128", .rat = AIR_GSM};
    struct bench b;

    bench_init(&b, &config);
    bench_attached(&b);
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F08)->data[0], 33),
              "00 C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF");
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F73)->data[0], 14),
              "01020304 FFFFFF 64F000 1234 01 00");
    bench_fini(&b);
}

TEST(roaming)
{
    struct bench b;
    struct air_message cell = {.type = AIR_SYSTEM_INFO, .plmn = "45412", .lac = 1};

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_air(&b, &cell);
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_ACCEPT});
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_ROAMING);
    bench_fini(&b);
}

/* 26202 is in EF_FPLMN from the start. */
TEST(forbidden_network)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "26202", .lac = 1});
    CHECK_INT(b.airs, 0);
    CHECK_INT(bench_status(&b).registration, MODEM_DENIED);
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 1});
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    bench_fini(&b);
}

TEST(blank_card_does_not_attach)
{
    struct bench b;

    bench_init(&b, NULL);
    toycard_set(&b.card, 0x7FFF, 0x6F07, 0, "FFFFFFFFFFFFFFFFFF");
    bench_power_and_cell(&b);
    CHECK(bench_status(&b).card_ready);
    CHECK_INT(b.airs, 0);
    CHECK_INT(bench_status(&b).registration, MODEM_NOT_REGISTERED);
    bench_fini(&b);
}

/* TS 31.102 7.1.2.1: 9862, DC AUTS */
TEST(authentication_failures)
{
    struct bench b;
    struct air_message request = {.type = AIR_AUTHENTICATION_REQUEST,
                                  .has_autn = true,
                                  .autn = {0, 0, 0, 0, 0, 0, 0x80},
                                  .sync = 9};
    struct air_message msg;
    static const uint8_t resync[] = {0xDC, 14, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    bench_said(&b);
    b.card.auth_n = 0;
    bench_air(&b, &request);
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_AUTHENTICATION_FAILURE);
    CHECK_INT(msg.cause, AIR_CAUSE_MAC_FAILURE);
    CHECK_INT(msg.sync, 9);
    memcpy(b.card.auth, resync, sizeof resync);
    b.card.auth_n = sizeof resync;
    bench_air(&b, &request);
    msg = bench_said(&b);
    CHECK_INT(msg.cause, AIR_CAUSE_SYNCH_FAILURE);
    CHECK_HEX(BYTES_OF(msg.auts), "0102030405060708090A0B0C0D0E");
    CHECK_INT(bench_status(&b).aka_resyncs, 1);
    request.autn[6] = 0; /* TS 33.401 6.1.1: the separation bit */
    bench_air(&b, &request);
    CHECK_INT(bench_said(&b).cause, AIR_CAUSE_GSM_AUTH_UNACCEPTABLE);
    request.has_autn = false;
    bench_air(&b, &request);
    CHECK_INT(bench_said(&b).cause, AIR_CAUSE_GSM_AUTH_UNACCEPTABLE);
    bench_fini(&b);
}

/* USIM in GSM context: 04 SRES 08 Kc */
TEST(gsm_context)
{
    struct modem_config config = {.imei = "861234567890128", .rat = AIR_GSM};
    static const uint8_t answer[] = {4, 1, 2, 3, 4, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    struct bench b;
    struct air_message msg;

    bench_init(&b, &config);
    bench_power_and_cell(&b);
    bench_said(&b);
    memcpy(b.card.auth, answer, sizeof answer);
    b.card.auth_n = sizeof answer;
    bench_air(&b, &(struct air_message){.type = AIR_AUTHENTICATION_REQUEST, .rand = {1}});
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_AUTHENTICATION_RESPONSE);
    CHECK_HEX(BYTES(msg.res, msg.res_n), "01020304");
    bench_fini(&b);
}

/* TS 24.301 5.5.1.2.5, each cause: what it leaves and whether it tries again within an hour */
TEST(reject_causes)
{
    static const struct {
        uint8_t cause;
        enum modem_registration after;
        uint8_t loci_status;
        bool again;
    } rows[] = {
        {2, MODEM_DENIED, 2, false},     {3, MODEM_DENIED, 2, false},
        {6, MODEM_DENIED, 2, false},     {7, MODEM_DENIED, 2, false},
        {8, MODEM_DENIED, 2, false},     {11, MODEM_SEARCHING, 2, false},
        {12, MODEM_SEARCHING, 3, false}, {13, MODEM_SEARCHING, 3, false},
        {14, MODEM_SEARCHING, 3, false}, {15, MODEM_SEARCHING, 3, false},
        {17, MODEM_SEARCHING, 1, true},  {22, MODEM_SEARCHING, 1, true},
        {111, MODEM_SEARCHING, 1, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        bench_init(&b, NULL);
        bench_power_and_cell(&b);
        bench_said(&b);
        bench_air(&b, &(struct air_message){.type = AIR_ATTACH_REJECT, .cause = rows[i].cause});
        CHECK_INT(bench_status(&b).reject_cause, rows[i].cause);
        CHECK_INT(bench_status(&b).registration, rows[i].after);
        CHECK_INT(toycard_file(&b.card, 0x7FFF, 0x6F7E)->data[0][10], rows[i].loci_status);
        bench_wait(&b, 9000);
        CHECK_INT(b.airs, 0);
        bench_wait(&b, 1000);
        CHECK_INT(b.airs, rows[i].again);
        bench_fini(&b);
    }
}

TEST(reject_11_fills_fplmn)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "45412", .lac = 1});
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_REJECT, .cause = 11});
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F7B)->data[0], 12),
              "62F220 54F421 FFFFFF FFFFFF");
    CHECK_INT(bench_status(&b).registration, MODEM_DENIED);
    b.airs = 0;
    bench_input(&b, MODEM_IN_POWER_OFF, BYTES_NONE);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_INT(b.airs, 0);
    bench_fini(&b);
}

TEST(denied_until_power_cycle)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_REJECT, .cause = 2});
    b.airs = 0;
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 9});
    bench_wait(&b, 3600000);
    CHECK_INT(b.airs, 0);
    bench_input(&b, MODEM_IN_POWER_OFF, BYTES_NONE);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    bench_fini(&b);
}

TEST(authentication_reject)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    b.airs = 0;
    bench_air(&b, &(struct air_message){.type = AIR_AUTHENTICATION_REJECT});
    CHECK_INT(bench_status(&b).registration, MODEM_DENIED);
    CHECK_INT(toycard_file(&b.card, 0x7FFF, 0x6F7E)->data[0][10], 1);
    CHECK_INT(toycard_file(&b.card, 0x7FFF, 0x6FE3)->data[0][17], 1);
    bench_wait(&b, 3600000);
    CHECK_INT(b.airs, 0);
    bench_fini(&b);
}

/* TS 24.301 5.5.1.2.6: T3410, four times T3411, then T3402 */
TEST(silent_network)
{
    struct bench b;
    static const int64_t waits[] = {25000, 25000, 25000, 25000, 735000, 25000};

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
        CHECK_INT(b.airs, 0);
        bench_wait(&b, waits[i] - 1);
        CHECK_INT(b.airs, 0);
        bench_wait(&b, 1);
    }
    bench_fini(&b);
}

TEST(cells_come_and_go)
{
    struct bench b;
    struct air_message cell = {.type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 0x1234};

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_air(&b, &cell);
    CHECK_INT(b.airs, 0);
    bench_air(&b, &(struct air_message){.type = AIR_NO_SERVICE});
    CHECK_INT(bench_status(&b).registration, MODEM_SEARCHING);
    bench_air(&b, &cell);
    CHECK_INT(bench_said(&b).type, AIR_TRACKING_AREA_UPDATE);
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
    cell.lac = 0x4321;
    bench_air(&b, &cell);
    CHECK_INT(bench_said(&b).type, AIR_TRACKING_AREA_UPDATE);
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F7E)->data[0] + 4, 5), "64F0004321");
    memcpy(cell.plmn, "45412", 6);
    bench_air(&b, &cell);
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    cell.rat = AIR_GSM; /* no radio of ours */
    memcpy(cell.plmn, "46000", 6);
    bench_air(&b, &cell);
    CHECK_INT(b.airs, 0);
    bench_fini(&b);
}

TEST(network_detaches)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_air(&b, &(struct air_message){.type = AIR_DETACH_REQUEST});
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    bench_attach(&b);
    b.airs = 0;
    bench_air(&b, &(struct air_message){.type = AIR_DETACH_REQUEST, .cause = 3});
    CHECK_INT(b.airs, 0);
    CHECK_INT(bench_status(&b).registration, MODEM_DENIED);
    bench_fini(&b);
}

TEST(power_off_detaches)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_input(&b, MODEM_IN_POWER_OFF, BYTES_NONE);
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_INT(b.offs, 1);
    CHECK(!bench_status(&b).powered);
    CHECK_INT(modem_deadline(b.modem), INT64_MAX);
    bench_fini(&b);
}

/* Power is cut after each single action of a whole life; the next life is as good as any. */
TEST(power_cut_at_every_step)
{
    for (unsigned step = 1; step < 120; step++) {
        struct bench b;

        bench_init(&b, NULL);
        b.stop_after = step;
        bench_power_and_cell(&b);
        bench_attach(&b);
        b.stop_after = 0;
        b.airs = 0;
        bench_input(&b, MODEM_IN_POWER_CUT, BYTES_NONE);
        CHECK_INT(b.airs, 0); /* nothing is sent */
        CHECK_INT(modem_deadline(b.modem), INT64_MAX);
        CHECK(!bench_status(&b).powered);
        b.airs = 0;
        bench_attached(&b);
        CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
        bench_fini(&b);
    }
}

/* The card falls silent at each of its commands; it is reset and all is well in the end. */
TEST(card_mute_at_every_step)
{
    for (unsigned step = 1; step < 100; step++) {
        struct bench b;

        bench_init(&b, NULL);
        b.card.mute_at = step;
        bench_attached(&b);
        if (bench_status(&b).registration != MODEM_REGISTERED_HOME)
            bench_attach(&b);
        CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
        bench_fini(&b);
    }
}

TEST(card_always_mute)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    for (unsigned i = 0; i < 4; i++) {
        b.card.mute_at = 1;
        bench_wait(&b, 30000);
    }
    CHECK(b.card.resets >= 2);
    b.card.mute_at = 0;
    bench_wait(&b, 60000);
    CHECK(bench_status(&b).card_ready);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(card_start), XT_CASE(card_start_on_t0), XT_CASE(sim_only_card), XT_CASE(no_card),
           XT_CASE(attach), XT_CASE(attach_gsm_writes_keys), XT_CASE(roaming),
           XT_CASE(forbidden_network), XT_CASE(blank_card_does_not_attach),
           XT_CASE(authentication_failures), XT_CASE(gsm_context), XT_CASE(reject_causes),
           XT_CASE(reject_11_fills_fplmn), XT_CASE(denied_until_power_cycle),
           XT_CASE(authentication_reject), XT_CASE(silent_network), XT_CASE(cells_come_and_go),
           XT_CASE(network_detaches), XT_CASE(power_off_detaches), XT_CASE(power_cut_at_every_step),
           XT_CASE(card_mute_at_every_step), XT_CASE(card_always_mute))
