/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

/* RP-DATA 01 from the service centre +8613800100500 with this TPDU */
static void deliver(struct bench *b, const char *tpdu)
{
    char rp[400];

    snprintf(rp, sizeof rp, "01010891683108100005F000%02zX%s", strlen(tpdu) / 2, tpdu);
    bench_rp(b, rp);
}

static struct bytes answered(struct bench *b)
{
    struct air_message msg = bench_said(b);

    CHECK_INT(msg.type, AIR_CP_DATA);
    return msg.rp;
}

/* Class 2, PID 7F, UDHI, 027000 and four octets */
#define DOWNLOAD "44048121437FF6621020304050230702700011223344"
#define CLASS_2 "040481214300F6621020304050230411223344"
#define PLAIN "04048121430004621020304050230411223344"
#define TYPE_0 "04048121434004621020304050230411223344"

/* TS 31.111 7.1.1.2, TS 23.040 9.2.2.1a */
TEST(download)
{
    static const struct {
        const char *what, *data;
        uint16_t sw;
        const char *rp;
    } rows[] = {
        {"accepted", "", 0x9000, "0201"},
        {"with a report", "0271000000", 0x9000, "0201 410A 40 07 7F F6 05 0271000000"},
        {"refused", "", 0x6F00, "0401 016F 4103 00D500"},
        {"warning with a report", "027100", 0x6300, "0401 016F 4109 40D507 7FF6 03 027100"},
        {"busy", "", 0x9300, "0401 016F 4103 00D400"},
        {"memory", "", 0x6581, "0401 016F 4103 00D500"},
    };

    for (int t0 = 0; t0 < 2; t0++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            int before = xt_failures;
            struct bench b;

            bench_init(&b, NULL);
            b.card.t0 = t0;
            bench_attached(&b);
            if (hex_decode(bytes_cstr(rows[i].data), b.card.envelope, 160, &b.card.envelope_n))
                abort();
            b.card.envelope_sw = rows[i].sw;
            deliver(&b, DOWNLOAD);
            CHECK_HEX(BYTES(b.card.envelope_seen.wire, b.card.envelope_seen.n),
                      "D126 82028381 0608 91683108100005F0 8B16 " DOWNLOAD);
            CHECK_HEX(answered(&b), rows[i].rp);
            CHECK_INT(bench_status(&b).sms_mt, rows[i].sw == 0x9000);
            if (xt_failures > before)
                printf("# in: %s\n", rows[i].what);
            bench_fini(&b);
        }
}

TEST(download_not_for_this_card)
{
    struct bench b;

    bench_init(&b, NULL);
    toycard_set(&b.card, 0x7FFF, 0x6F38, 0, "0000000000000000");
    bench_attached(&b);
    deliver(&b, DOWNLOAD);
    CHECK_INT(b.card.envelopes, 0);
    CHECK_HEX(answered(&b), "0201");
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F3C)->data[0], 32),
              "03 0891683108100005F0 " DOWNLOAD);
    bench_fini(&b);
}

/* Several at once: one after the other, in order; the fifth has no place (TS 24.011 E-4: 42). */
TEST(queue)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    b.stop_after = 1; /* the card takes its time */
    deliver(&b, DOWNLOAD);
    for (int i = 0; i < 4; i++)
        deliver(&b, DOWNLOAD);
    CHECK_HEX(answered(&b), "0401 012A");
    bench_input(&b, MODEM_IN_CARD_RESPONSE, BYTES("\x90", 2));
    for (int i = 0; i < 4; i++)
        CHECK_HEX(answered(&b), "0201");
    CHECK_INT(b.airs, 0);
    CHECK_INT(b.card.envelopes, 3);
    bench_fini(&b);
}

TEST(card_lost_in_download)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    b.card.mute_at = 1;
    deliver(&b, DOWNLOAD);
    CHECK_HEX(answered(&b), "0401 016F 4103 00D500");
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    CHECK_INT(b.card.resets, 2);
    bench_fini(&b);
}

/* TS 31.102 4.2.25: status, service centre, TPDU; TS 23.040: storage full */
TEST(class_2_is_stored)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    for (int i = 0; i < 2; i++) {
        deliver(&b, CLASS_2);
        CHECK_HEX(answered(&b), "0201");
        CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F3C)->data[i], 30),
                  "03 0891683108100005F0 " CLASS_2 "FF");
    }
    deliver(&b, CLASS_2);
    CHECK_HEX(answered(&b), "0401 0116 4103 00D000");
    bench_fini(&b);
}

TEST(others)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    deliver(&b, PLAIN);
    CHECK_HEX(answered(&b), "0201");
    deliver(&b, TYPE_0);
    CHECK_HEX(answered(&b), "0201");
    deliver(&b, "060104812143621020304050236210203040502300"); /* a status report */
    CHECK_HEX(answered(&b), "0201");
    deliver(&b, "FF");
    CHECK_HEX(answered(&b), "0401 0160");
    bench_rp(&b, "01");
    CHECK_INT(b.airs, 0);
    CHECK_INT(b.card.envelopes, 0);
    bench_fini(&b);
}

TEST(deaf_when_not_registered)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    b.airs = 0;
    deliver(&b, DOWNLOAD);
    CHECK_INT(b.airs, 0);
    bench_fini(&b);
}

/* ---- sleep ---- */

static void attach_with(struct bench *b, uint32_t t3412, uint32_t t3324, uint32_t edrx)
{
    bench_power_and_cell(b);
    bench_air(b,
              &(struct air_message){
                  .type = AIR_ATTACH_ACCEPT, .t3412_s = t3412, .t3324_s = t3324, .edrx_s = edrx});
    b->airs = 0;
}

/* TS 23.682 4.5.4 */
TEST(power_saving_mode)
{
    struct modem_config config = {
        .imei = "861234567890128", .rat = AIR_NB_IOT, .psm_tau_s = 3600, .psm_active_s = 20};
    struct bench b;
    struct air_message msg;

    bench_init(&b, &config);
    bench_power_and_cell(&b);
    msg = bench_said(&b);
    CHECK_INT(msg.t3412_s, 3600);
    CHECK_INT(msg.t3324_s, 20);
    attach_with(&b, 3600, 20, 0);
    bench_wait(&b, 19999);
    CHECK(!bench_status(&b).asleep);
    bench_wait(&b, 1);
    CHECK(bench_status(&b).asleep);
    deliver(&b, DOWNLOAD);
    CHECK_INT(b.airs, 0);
    b.card.statuses = 0;
    bench_wait(&b, 3570000);
    CHECK_INT(b.card.statuses, 0);
    bench_wait(&b, 10000);
    CHECK(!bench_status(&b).asleep);
    CHECK_INT(bench_said(&b).type, AIR_TRACKING_AREA_UPDATE);
    deliver(&b, DOWNLOAD);
    CHECK_HEX(answered(&b), "0201");
    bench_wait(&b, 20000);
    CHECK(bench_status(&b).asleep);
    bench_fini(&b);
}

/* The card's timer goes on; its message wakes the radio. */
TEST(card_wakes_the_radio)
{
    struct bench b;

    bench_init(&b, NULL);
    attach_with(&b, 36000, 20, 0);
    toycard_queue(&b.card, "D011810301270082028182A40101A503002000"); /* 2 min */
    bench_wait(&b, 0);
    deliver(&b, DOWNLOAD); /* brings the 91xx */
    bench_wait(&b, 60000);
    CHECK(bench_status(&b).asleep);
    b.airs = 0;
    toycard_queue(&b.card, "D0108103011300820281838B050100008100");
    bench_wait(&b, 60000);
    CHECK(!bench_status(&b).asleep);
    CHECK_INT(bench_said(&b).type, AIR_CP_DATA);
    bench_rp(&b, "0300");
    CHECK_HEX(BYTES(b.card.response.wire, b.card.response.n), "8103011300 82028281 830100");
    bench_wait(&b, 20000);
    CHECK(bench_status(&b).asleep);
    bench_fini(&b);
}

/* TS 23.682 4.5.13 */
TEST(extended_drx)
{
    struct bench b;
    unsigned heard = 0;

    bench_init(&b, NULL);
    attach_with(&b, 0, 0, 80);
    bench_wait(&b, 10000);
    CHECK(bench_status(&b).asleep);
    for (int i = 0; i < 800; i++) {
        bench_wait(&b, 1000);
        if (bench_status(&b).asleep)
            continue;
        CHECK(air_edrx_listens(b.now, 80));
        heard++;
    }
    CHECK(heard >= 100 && heard <= 110);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(download), XT_CASE(download_not_for_this_card), XT_CASE(queue),
           XT_CASE(card_lost_in_download), XT_CASE(class_2_is_stored), XT_CASE(others),
           XT_CASE(deaf_when_not_registered), XT_CASE(power_saving_mode),
           XT_CASE(card_wakes_the_radio), XT_CASE(extended_drx))
