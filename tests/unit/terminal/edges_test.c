/* SPDX-License-Identifier: Apache-2.0 */
/* Cards, networks and ports at the edge of what they may say. */
#include "bench.h"

static const struct modem_config with_port = {
    .imei = "861234567890128", .imeisv = "8612345678901201", .rat = AIR_LTE, .at_port = true};
static const struct modem_config gsm = {.imei = "861234567890128", .rat = AIR_GSM};

static void ready(struct bench *b)
{
    bench_init(b, &with_port);
    bench_attached(b);
    bench_at(b, "ATE0;+CMEE=1\r");
}

static struct bytes last_command(const struct bench *b)
{
    const struct toy_apdu *a = &b->card.log[(b->card.logged - 1) % TOY_LOG];

    return BYTES(a->wire, a->n);
}

/* ---- logical channels ---- */

TEST(no_channel_left)
{
    struct bench b;

    ready(&b);
    b.card.channel = 0;
    CHECK_STR(bench_at(&b, "AT+CCHO=\"A0000000871002\"\r"), "|+CME ERROR: 20|");
    b.card.channel = 20;
    CHECK_STR(bench_at(&b, "AT+CCHO=\"A0000000871002\"\r"), "|+CME ERROR: 20|");
    CHECK_STR(bench_at(&b, "AT+CSIM=8,\"80F2000C\"\r"), "|+CSIM: 4,\"9000\"||OK|");
    bench_fini(&b);
}

/* TS 102 221 10.1.1: the channel in the class byte, 1 to 3 and 4 to 19 */
TEST(channel_in_the_class)
{
    struct bench b;

    ready(&b);
    CHECK_STR(bench_at(&b, "AT+CCHO=\"A0000000871002\"\r"), "|+CCHO: 1||OK|");
    CHECK_HEX(bytes_part(last_command(&b), 0, 4), "01A40404");
    bench_at(&b, "AT+CGLA=1,8,\"80F2000C\"\r");
    CHECK_HEX(last_command(&b), "81F2000C");
    b.card.channel = 5;
    CHECK_STR(bench_at(&b, "AT+CCHO=\"A0000000871002\"\r"), "|+CCHO: 5||OK|");
    bench_at(&b, "AT+CGLA=5,8,\"00F2000C\"\r");
    CHECK_HEX(last_command(&b), "41F2000C");
    bench_at(&b, "AT+CCHC=5\r");
    CHECK_HEX(last_command(&b), "00708005");
    bench_at(&b, "AT+CFUN=1,1\r");
    bench_at(&b, "ATE0;+CMEE=1\r");
    CHECK_STR(bench_at(&b, "AT+CGLA=1,8,\"80F2000C\"\r"), "|+CME ERROR: 21|");
    bench_fini(&b);
}

TEST(classes_of_file_commands)
{
    struct bench b;

    ready(&b);
    bench_at(&b, "AT+CRSM=242,0,0,0,0\r");
    CHECK_HEX(last_command(&b), "80F2000000");
    bench_at(&b, "AT+CRSM=176,28423,0,0,9\r");
    CHECK_HEX(last_command(&b), "00B0000009");
    CHECK_STR(bench_at(&b, "AT+CRSM = 176, 28423, 0, 0, 9\r"),
              "|+CRSM: 144,0,\"084906000000000010\"||OK|");
    bench_fini(&b);
}

/* ---- files that are not as they should be ---- */

TEST(odd_files)
{
    static const struct {
        uint16_t fid;
        uint8_t records;
        const char *contents;
    } rows[] = {
        {0x6F07, 0, "0849"},
        {0x6F07, 0, "00FFFFFFFFFFFFFFFF"},
        {0x6F07, 0, "084906AAAAAAAAAA10"},
        {0x6F38, 0, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
        {0x6F38, 0, ""},
        {0x6FAD, 0, "00"},
        {0x6F42, 1, "FF"},
        {0x6F42, 1, ""},
        {0x6F42, 1, "E1FFFFFFFFFFFFFFFFFFFFFFFFFF91683108100005F0FFFFFF0000A9"},
        {0x6F7B, 0, "64F0"},
        {0x6F3C, 1, "00"},
        {0x6F3C, 1, ""},
        {0x6F05, 0, "FF"},
    };

    for (int sim = 0; sim < 2; sim++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct bench b;

            bench_init(&b, sim ? &gsm : NULL);
            b.card.sim_only = sim;
            toycard_set(&b.card, 0x7FFF, rows[i].fid, rows[i].records, rows[i].contents);
            bench_power_and_cell(&b);
            CHECK(bench_status(&b).card_ready);
            CHECK_INT(bench_status(&b).imsi[0] == '\0', rows[i].fid == 0x6F07);
            bench_fini(&b);
        }
}

TEST(three_digit_network)
{
    struct bench b;

    bench_init(&b, NULL);
    toycard_set(&b.card, 0x7FFF, 0x6FAD, 0, "00000003");
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "46000", .lac = 1});
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_ACCEPT});
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_ROAMING);
    bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "460000", .lac = 1});
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_ACCEPT});
    CHECK_INT(bench_status(&b).registration, MODEM_REGISTERED_HOME);
    bench_fini(&b);
}

/* TS 31.102 4.2.16: no place is free, the oldest falls out; a network stands there once. */
TEST(full_list_of_forbidden_networks)
{
    struct toy_file *f;
    struct bench b;

    bench_init(&b, NULL);
    toycard_set(&b.card, 0x7FFF, 0x6F7B, 0, "62F220130014130015130016");
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    for (int i = 0; i < 2; i++) {
        bench_air(&b, &(struct air_message){.type = AIR_SYSTEM_INFO, .plmn = "45412", .lac = 1});
        bench_air(&b, &(struct air_message){.type = AIR_ATTACH_REJECT, .cause = 11});
    }
    f = toycard_file(&b.card, 0x7FFF, 0x6F7B);
    CHECK_HEX(BYTES(f->data[0], 12), "130014 130015 130016 54F421");
    CHECK_INT(f->updates, 1);
    bench_fini(&b);
}

/* ---- authentication answers that are none ---- */

#define RES "08A1A2A3A4A5A6A7A8"
#define CK "10C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
#define IK "10D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"

TEST(odd_authentication_answers)
{
    static const char *const rows[] = {
        "DB",
        "DB08A1A2",
        "DB00" CK IK,
        "DB" RES,
        "DB" RES "0FC0C1C2C3C4C5C6C7C8C9CACBCCCDCE" IK,
        "DB" RES CK "0FD0D1D2D3D4D5D6D7D8D9DADBDCDDDE",
        "DB" RES CK "10D0D1D2D3D4D5D6D7D8D9DADBDCDDDE",
        "DA" RES CK IK,
        "DC0D0102030405060708090A0B0C0D",
        "DC0E0102030405060708090A0B0C0D",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct air_message request = {.type = AIR_AUTHENTICATION_REQUEST, .has_autn = true};
        struct bench b;

        request.autn[6] = 0x80;
        bench_init(&b, NULL);
        bench_power_and_cell(&b);
        bench_said(&b);
        if (hex_decode(bytes_cstr(rows[i]), b.card.auth, sizeof b.card.auth, &b.card.auth_n))
            abort();
        bench_air(&b, &request);
        CHECK_INT(bench_said(&b).cause, AIR_CAUSE_MAC_FAILURE);
        CHECK_INT(bench_status(&b).aka_resyncs, 0);
        bench_fini(&b);
    }
}

/* A SIM keeps Kc in a file of its own (TS 51.011 10.3.3). */
TEST(ciphering_key)
{
    static const uint8_t answer[] = {1, 2, 3, 4, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8};
    struct bench b;

    bench_init(&b, &gsm);
    b.card.sim_only = true;
    toycard_set(&b.card, 0x7FFF, 0x6F20, 0, "FFFFFFFFFFFFFFFF07");
    bench_power_and_cell(&b);
    memcpy(b.card.auth, answer, sizeof answer);
    b.card.auth_n = sizeof answer;
    bench_air(&b, &(struct air_message){.type = AIR_AUTHENTICATION_REQUEST, .rand = {1}});
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_ACCEPT});
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6F20)->data[0], 9), "E1E2E3E4E5E6E7E800");
    bench_fini(&b);
}

TEST(area_of_the_accept)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_power_and_cell(&b);
    bench_air(&b, &(struct air_message){.type = AIR_ATTACH_ACCEPT, .plmn = "46007", .lac = 0x77});
    CHECK_HEX(BYTES(toycard_file(&b.card, 0x7FFF, 0x6FE3)->data[0] + 12, 6), "64F070 0077 00");
    CHECK_STR(bench_status(&b).plmn, "46007");
    bench_fini(&b);
}

/* ---- messages ---- */

#define CLASS_2 "01010891683108100005F00013040481214300F6621020304050230411223344"
#define PLAIN "01010891683108100005F0001304048121430004621020304050230411223344"

TEST(no_place_on_the_card)
{
    struct bench b;

    bench_init(&b, NULL);
    toycard_set(&b.card, 0x7FFF, 0x6F3C, 0, "");
    bench_attached(&b);
    bench_rp(&b, CLASS_2);
    CHECK_HEX(bench_said(&b).rp, "0401 0116 4103 00D100");
    bench_rp(&b, PLAIN);
    CHECK_HEX(bench_said(&b).rp, "0201");
    CHECK_INT(bench_status(&b).sms_mt, 1);
    bench_fini(&b);
}

TEST(only_what_arrived_is_counted)
{
    struct bench b;

    ready(&b);
    bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A");
    bench_rp(&b, "05000126");
    CHECK_INT(bench_status(&b).sms_mo, 0);
    bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A");
    bench_rp(&b, "0301");
    CHECK_INT(bench_status(&b).sms_mo, 1);
    bench_fini(&b);
}

TEST(deleting_on_the_card)
{
    struct bench b;

    ready(&b);
    bench_rp(&b, CLASS_2);
    bench_rp(&b, CLASS_2);
    bench_at(&b, "AT+CPMS=\"SM\"\r");
    CHECK_STR(bench_at(&b, "AT+CMGD=0\r"), "|+CMS ERROR: 321|");
    CHECK_STR(bench_at(&b, "AT+CMGD=0,1\r"), "|OK|"); /* those that were read: none */
    CHECK_STR(bench_at(&b, "AT+CPMS?\r"), "|+CPMS: \"SM\",2,2,\"SM\",2,2,\"SM\",2,2||OK|");
    bench_at(&b, "AT+CMGR=2\r");
    CHECK_STR(bench_at(&b, "AT+CMGD=0,1\r"), "|OK|");
    CHECK_STR(bench_at(&b, "AT+CPMS?\r"), "|+CPMS: \"SM\",1,2,\"SM\",1,2,\"SM\",1,2||OK|");
    CHECK_INT(toycard_file(&b.card, 0x7FFF, 0x6F3C)->data[1][0], 0);
    bench_fini(&b);
}

/* ---- sleep: the radio stays awake while an answer is due ---- */

TEST(no_sleep_while_waiting)
{
    struct bench b;

    bench_init(&b, &with_port);
    bench_power_and_cell(&b);
    bench_air(&b,
              &(struct air_message){.type = AIR_ATTACH_ACCEPT, .t3412_s = 36000, .t3324_s = 20});
    bench_wait(&b, 15000);
    bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A");
    bench_wait(&b, 39000);
    CHECK(!bench_status(&b).asleep);
    bench_wait(&b, 3000);
    CHECK(bench_status(&b).asleep);
    bench_fini(&b);
}

/* ---- power ---- */

/* Off and on again: nothing of the toolkit's session is left. */
TEST(nothing_left_of_a_session)
{
    struct bench b;

    bench_init(&b, NULL);
    bench_attached(&b);
    bench_proactive(&b, "D00C810301050082028182990103");
    bench_proactive(&b, "D011810301270082028182A40101A503000100");
    bench_input(&b, MODEM_IN_POWER_OFF, BYTES_NONE);
    CHECK_INT(modem_deadline(b.modem), INT64_MAX);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_attach(&b);
    b.airs = 0;
    bench_wait(&b, 3600000);
    CHECK_INT(b.card.envelopes, 0);
    bench_fini(&b);
}

TEST(off_is_off)
{
    struct bench b;

    bench_init(&b, &with_port);
    bench_input(&b, MODEM_IN_POWER_OFF, BYTES_NONE);
    bench_input(&b, MODEM_IN_POWER_CUT, BYTES_NONE);
    bench_input(&b, MODEM_IN_CARD_RESPONSE, BYTES("\x90", 2));
    bench_input(&b, MODEM_IN_CARD_ATR, BYTES("\x3B\x00", 2));
    bench_input(&b, MODEM_IN_TIME, BYTES_NONE);
    CHECK_STR(bench_at(&b, "AT\r"), "");
    CHECK_INT(b.offs, 0);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    bench_input(&b, MODEM_IN_POWER_ON, BYTES_NONE);
    CHECK_INT(b.card.resets, 1);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(no_channel_left), XT_CASE(channel_in_the_class),
           XT_CASE(classes_of_file_commands), XT_CASE(odd_files), XT_CASE(three_digit_network),
           XT_CASE(full_list_of_forbidden_networks), XT_CASE(odd_authentication_answers),
           XT_CASE(ciphering_key), XT_CASE(area_of_the_accept), XT_CASE(no_place_on_the_card),
           XT_CASE(only_what_arrived_is_counted), XT_CASE(deleting_on_the_card),
           XT_CASE(no_sleep_while_waiting), XT_CASE(nothing_left_of_a_session), XT_CASE(off_is_off))
