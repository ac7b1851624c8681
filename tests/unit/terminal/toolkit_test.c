/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

/* Each proactive command and the TERMINAL RESPONSE to it, byte for byte (TS 102 223 6.4, 6.8) */
static const struct {
    const char *what, *command, *response;
} exchanges[] = {
    {"MORE TIME", "D009 8103010200 82028182", "8103010200 82028281 830100"},
    {"POLL INTERVAL 1 min", "D00D 8103020300 82028182 84020001",
     "8103020300 82028281 830100 8402013C"},
    {"POLL INTERVAL 30 s", "D00D 8103010300 82028182 8402011E",
     "8103010300 82028281 830100 8402011E"},
    {"POLL INTERVAL without one", "D009 8103010300 82028182", "8103010300 82028281 830136"},
    {"POLL INTERVAL of unit 7", "D00D 8103010300 82028182 84020701", "8103010300 82028281 830132"},
    {"SET UP EVENT LIST", "D00C 8103010500 82028182 990103", "8103010500 82028281 830100"},
    {"an event that is not ours", "D00D 8103010500 82028182 9902030A",
     "8103010500 82028281 830130"},
    {"SET UP EVENT LIST empty", "D00B 8103010500 82028182 9900", "8103010500 82028281 830100"},
    {"DISPLAY TEXT", "D011 8103012180 82028102 8D06 04584945 4B41", "8103012180 82028281 830100"},
    {"DISPLAY TEXT without one", "D009 8103012180 82028102", "8103012180 82028281 830136"},
    {"SET UP IDLE MODE TEXT", "D00D 8103012800 82028182 8D020441", "8103012800 82028281 830100"},
    {"location", "D009 8103012600 82028182",
     "8103012600 82028281 830100 9309 64F000 1234 0A1B2C3F"},
    {"IMEI", "D009 8103012601 82028182", "8103012601 82028281 830100 9408 8A16325476981082"},
    {"IMEISV", "D009 8103012608 82028182", "8103012608 82028281 830100 E209 831632547698 1002F1"},
    {"network measurement", "D009 8103012602 82028182",
     "8103012602 82028281 830100 9610 00000000000000000000000000000000"},
    {"language", "D009 8103012604 82028182", "8103012604 82028281 830100 AD02 656E"},
    {"access technology", "D009 8103012606 82028182", "8103012606 82028281 830100 BF0108"},
    {"timing advance", "D009 8103012605 82028182", "8103012605 82028281 830130"},
    {"timer start", "D011 8103012700 82028182 A40101 A503 001000",
     "8103012700 82028281 830100 A40101"},
    {"timer 9", "D00C 8103012700 82028182 A40109", "8103012700 82028281 830132"},
    {"timer without identifier", "D009 8103012700 82028182", "8103012700 82028281 830136"},
    {"timer start without value", "D00C 8103012700 82028182 A40102", "8103012700 82028281 830136"},
    {"timer stop, not running", "D00C 8103012701 82028182 A40108", "8103012701 82028281 830124"},
    {"timer value, not running", "D00C 8103012702 82028182 A40108", "8103012702 82028281 830124"},
    {"timer action 3", "D00C 8103012703 82028182 A40101", "8103012703 82028281 830132"},
    {"OPEN CHANNEL", "D009 8103014001 82028182", "8103014001 82028281 830130"},
    {"CLOSE CHANNEL", "D009 8103014100 82028121", "8103014100 82028281 83023A03"},
    {"RECEIVE DATA", "D00C 8103014200 82028121 B70109", "8103014200 82028281 83023A03"},
    {"SEND DATA", "D00C 8103014301 82028121 B60100", "8103014301 82028281 83023A03"},
    {"GET CHANNEL STATUS", "D009 8103014400 82028182", "8103014400 82028281 830100 B8020000"},
    {"SET UP CALL", "D009 8103011000 82028183", "8103011000 82028281 830130"},
    {"SEND USSD", "D009 8103011200 82028183", "8103011200 82028281 830130"},
    {"SELECT ITEM", "D009 8103012400 82028182", "8103012400 82028281 830130"},
    {"RUN AT COMMAND", "D009 8103013400 82028182", "8103013400 82028281 830130"},
    {"a type nobody knows", "D009 8103017E00 82028182", "8103017E00 82028281 830131"},
    {"POLLING OFF", "D009 8103010400 82028182", "8103010400 82028281 830100"},
    {"REFRESH of eUICC state", "D009 8103010109 82028182", "8103010109 82028281 830130"},
    {"REFRESH FCN without files", "D009 8103010101 82028182", "8103010101 82028281 830136"},
    {"SEND SHORT MESSAGE without one", "D009 8103011300 82028183", "8103011300 82028281 830136"},
    {"SEND SHORT MESSAGE packed", "D00D 8103011301 82028183 8B020100",
     "8103011301 82028281 830130"},
};

static const char *squeezed(const char *hex, char *out, size_t cap)
{
    size_t n = 0;

    for (; *hex && n + 1 < cap; hex++)
        if (*hex != ' ')
            out[n++] = *hex;
    out[n] = '\0';
    return out;
}

TEST(exchanges)
{
    char text[300];

    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        struct bench b;
        int before = xt_failures;

        bench_init(&b, NULL);
        bench_attached(&b);
        CHECK_HEX(bench_proactive(&b, squeezed(exchanges[i].command, text, sizeof text)),
                  exchanges[i].response);
        if (xt_failures > before)
            printf("# in: %s\n", exchanges[i].what);
        bench_fini(&b);
    }
}

/* 2026-01-02T03:04:05Z and the 30 s until the card was polled, zone +8 h */
TEST(date_and_time)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    CHECK_HEX(bench_proactive(&b, "D009810301260382028182"),
              "8103012603 82028281 830100 A607 62102011405323");
    bench_fini(&b);
}

TEST(nothing_without_network)
{
    static const char *commands[] = {"D009810301260082028182", "D009810301260282028182",
                                     "D009810301260682028182"};
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct bytes r;

        bench_init(&b, NULL);
        bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
        r = bench_proactive(&b, commands[i]);
        CHECK_HEX(bytes_part(r, 9, 4), "83022004");
        bench_fini(&b);
    }
}

/* What cannot be read is answered all the same. */
TEST(broken_command)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    CHECK_HEX(bench_proactive(&b, "D003810100"), "8103000000 82028281 830132");
    CHECK_HEX(bench_proactive(&b, "D009810301020082028182"), "8103010200 82028281 830100");
    bench_fini(&b);
}

/* The toy's queue is refilled as it empties: a hundred at one moment, then a second of rest. */
TEST(card_that_never_has_enough)
{
    struct modem_action a;
    struct bench b;
    unsigned commands = 0;

    bench_init(&b, NULL);
    bench_attached(&b);
    toycard_queue(&b.card, "D009810301020082028182");
    toycard_queue(&b.card, "D009810301020082028182");
    b.now = modem_deadline(b.modem);
    modem_input(b.modem, b.now, &(struct modem_input){.type = MODEM_IN_TIME});
    while (commands < 1000 && modem_next(b.modem, &a)) {
        uint8_t command[APDU_COMMAND_MAX], answer[APDU_RESPONSE_MAX];
        size_t n = a.data.n;

        memcpy(command, a.data.p, n);
        commands++;
        modem_input(
            b.modem, b.now,
            &(struct modem_input){.type = MODEM_IN_CARD_RESPONSE,
                                  .data = toycard_transmit(&b.card, BYTES(command, n), answer)});
        if (b.card.queued < 2)
            toycard_queue(&b.card, "D009810301020082028182");
    }
    CHECK(commands > 190 && commands < 210);
    CHECK_INT(modem_deadline(b.modem), b.now + 1000);
    bench_fini(&b);
}

TEST(poll_interval_is_kept)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_proactive(&b, "D00D8103010300820281828402010A");
    b.card.statuses = 0;
    bench_wait(&b, 60000);
    CHECK_INT(b.card.statuses, 6);
    bench_proactive(&b, "D009810301040082028182");
    b.card.statuses = 0;
    bench_wait(&b, 3600000);
    CHECK_INT(b.card.statuses, 0);
    bench_fini(&b);
}

/* TS 102 223 6.4.21, 7.4.1 */
TEST(timers)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_proactive(&b, "D011810301270082028182A40103A503002010"); /* 2 min 1 s */
    bench_wait(&b, 60000);
    CHECK_INT(b.card.envelopes, 0);
    CHECK_HEX(bench_proactive(&b, "D00C810301270282028182A40103"),
              "8103012702 82028281 830100 A40103 A503 000013");
    bench_wait(&b, 31000);
    CHECK_INT(b.card.envelopes, 1);
    CHECK_HEX(BYTES(b.card.envelope_seen.wire, b.card.envelope_seen.n),
              "D70C 82028281 A40103 A503 002010");
    bench_proactive(&b, "D011810301270082028182A40101A503002010");
    CHECK_HEX(bench_proactive(&b, "D00C810301270182028182A40101"),
              "8103012701 82028281 830100 A40101 A503 001013");
    bench_wait(&b, 3600000);
    CHECK_INT(b.card.envelopes, 1);
    bench_fini(&b);
}

TEST(location_event)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    bench_proactive(&b, "D00D8103010500820281829902030B");
    bench_attach(&b);
    CHECK_INT(b.card.envelopes, 2);
    CHECK_HEX(BYTES(b.card.envelope_seen.wire, b.card.envelope_seen.n),
              "D60A 99010B 82028281 BF0108");
    bench_air(&b, &(struct air_message){.type = AIR_NO_SERVICE});
    CHECK_HEX(BYTES(b.card.envelope_seen.wire, b.card.envelope_seen.n),
              "D60A 990103 82028281 9B0102");
    bench_air(&b, &(struct air_message){
                      .type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 0x1234, .cell = 0xA1B2C3});
    CHECK_HEX(BYTES(b.card.envelope_seen.wire, b.card.envelope_seen.n),
              "D615 990103 82028281 9B0100 1309 64F000 1234 0A1B2C3F");
    bench_fini(&b);
}

/* TS 31.111 7.1.1.2: a busy card hears of the event when it is done. */
TEST(event_postponed)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_proactive(&b, "D00C810301050082028182990103");
    bench_proactive(&b, "D0108103011300820281838B050100008100");
    CHECK_INT(b.card.response.n, 0);
    b.card.envelope_sw = 0x9300;
    bench_air(&b, &(struct air_message){.type = AIR_NO_SERVICE});
    CHECK_INT(b.card.envelopes, 1);
    b.card.envelope_sw = 0;
    bench_wait(&b, 40000);
    CHECK_INT(b.card.envelopes, 2);
    bench_fini(&b);
}

/* ---- REFRESH (TS 102 223 6.4.7) ---- */

TEST(refresh_reset)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    toycard_set(&b.card, 0x7FFF, 0x6F07, 0, "084906000000000020");
    CHECK_INT(bench_proactive(&b, "D009810301010482028182").n, 0);
    CHECK_INT(b.card.resets, 2);
    CHECK_INT(bench_status(&b).refreshes, 1);
    CHECK_STR(bench_status(&b).imsi, "460000000000002");
    CHECK_STR(bench_said(&b).imsi, "460000000000001"); /* detached */
    CHECK_STR(bench_said(&b).imsi, "460000000000002"); /* attaches */
    bench_attach(&b);
    CHECK_INT(bench_status(&b).attaches, 2);
    bench_fini(&b);
}

TEST(refresh_init_modes)
{
    static const char *modes[] = {"00", "02", "03", "05", "06"};

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        char command[64], want[64];
        struct bench b;

        bench_init(&b, NULL);
        bench_attached(&b);
        toycard_set(&b.card, 0x7FFF, 0x6F07, 0, "084906000000000020");
        snprintf(command, sizeof command, "D00981030101%s82028182", modes[i]);
        snprintf(want, sizeof want, "81030101%s 82028281 830100", modes[i]);
        b.card.profile.n = 0;
        CHECK_HEX(bench_proactive(&b, command), want);
        CHECK_INT(b.card.resets, 1);
        CHECK_INT(b.card.profile.n, 0);
        CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
        CHECK_STR(bench_said(&b).imsi, "460000000000002");
        bench_fini(&b);
    }
}

TEST(refresh_files)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    toycard_set(&b.card, 0x3F00, 0x2FE2, 0, "98680004210000000020");
    CHECK_HEX(bench_proactive(&b, "D0108103010101820281829205013F002FE2"),
              "8103010101 82028281 830100");
    CHECK_STR(bench_status(&b).iccid, "89860040120000000002");
    CHECK_INT(b.airs, 0);
    toycard_set(&b.card, 0x7FFF, 0x6F07, 0, "084906000000000020");
    bench_proactive(&b, "D0128103010101820281829207013F007FFF6F07");
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_STR(bench_said(&b).imsi, "460000000000002");
    bench_fini(&b);
}

TEST(personalities)
{
    struct modem_config config = {
        .imei = "861234567890128", .rat = AIR_LTE, .refuse_refresh = true, .no_mo_sms = true};
    struct bench b;

    bench_init(&b, &config);
    bench_attached(&b);
    CHECK_INT(b.card.profile.wire[3], 0xC0);
    CHECK_HEX(bench_proactive(&b, "D009810301010482028182"), "8103010104 82028281 83022000");
    CHECK_INT(b.card.resets, 1);
    CHECK_HEX(bench_proactive(&b, "D0108103011300820281838B050100008100"),
              "8103011300 82028281 830130");
    bench_fini(&b);
    config = (struct modem_config){.imei = "861234567890128", .rat = AIR_LTE, .no_toolkit = true};
    bench_init(&b, &config);
    bench_attached(&b);
    CHECK_INT(b.card.profile.n, 0);
    CHECK_INT(bench_proactive(&b, "D009810301020082028182").n, 0);
    bench_fini(&b);
}

/* ---- SEND SHORT MESSAGE (TS 102 223 6.4.10) ---- */

static const char send_sms[] =
    "D01D 8103011300 82028183 8607 916831080000F1 8B09 0100038100F60101AA";

static struct bytes send_and_answer(struct bench *b, const char *rp)
{
    char text[200];

    bench_attached(b);
    bench_proactive(b, squeezed(send_sms, text, sizeof text));
    if (rp)
        bench_rp(b, rp);
    return BYTES(b->card.response.wire, b->card.response.n);
}

TEST(short_message)
{
    struct bench b;
    struct air_message msg;
    struct rp_message rp;

    bench_init(&b, NULL);
    CHECK_INT(send_and_answer(&b, NULL).n, 0);
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_CP_DATA);
    CHECK_OK(rp_decode(msg.rp, &rp));
    CHECK_INT(rp.type, RP_DATA);
    CHECK_STR(rp.destination, "+86138000001");
    bench_fini(&b);
}

TEST(short_message_ends)
{
    static const struct {
        const char *rp, *response;
    } rows[] = {
        {"0300", "8103011300 82028281 830100"},
        {"05000126", "8103011300 82028281 83023526"}, /* RP-ERROR cause 38 */
        {"0301", ""},                                 /* another reference */
        {"0200", ""},                                 /* wrong direction */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        bench_init(&b, NULL);
        CHECK_HEX(send_and_answer(&b, rows[i].rp), rows[i].response);
        bench_wait(&b, 40000);
        CHECK_HEX(BYTES(b.card.response.wire, b.card.response.n),
                  rows[i].response[0] ? rows[i].response : "8103011300 82028281 83022100");
        bench_fini(&b);
    }
}

TEST(short_message_without_service)
{
    char text[200];
    struct bench b;

    bench_init(&b, NULL);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_HEX(bench_proactive(&b, squeezed(send_sms, text, sizeof text)),
              "8103011300 82028281 83022004");
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(exchanges), XT_CASE(date_and_time), XT_CASE(nothing_without_network),
           XT_CASE(broken_command), XT_CASE(card_that_never_has_enough),
           XT_CASE(poll_interval_is_kept), XT_CASE(timers), XT_CASE(location_event),
           XT_CASE(event_postponed), XT_CASE(refresh_reset), XT_CASE(refresh_init_modes),
           XT_CASE(refresh_files), XT_CASE(personalities), XT_CASE(short_message),
           XT_CASE(short_message_ends), XT_CASE(short_message_without_service))
