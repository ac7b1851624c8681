/* SPDX-License-Identifier: Apache-2.0 */
/* The write applet: product decisions P-1 to P-6 */
#include "bench.h"

#define PREPARE_KEEP (SCRIPT_PREPARE | SCRIPT_KEEP_SEED | SCRIPT_REFRESH_RESET)

TEST(profile_brings_the_event_list)
{
    struct bench b;

    bench_init(&b);
    CHECK_INT(b.events, 1);
    CHECK_INT(b.timers, 0);
    CHECK_INT(b.r.sw, 0x9000);
    bench_fini(&b);
}

TEST(prepare_commit_attach_report)
{
    struct usim_state s;
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP);
    CHECK_INT(b.r.sw >> 8, 0x91);
    bench_serve(&b, ALL);
    CHECK(b.has_por && b.has_report);
    CHECK_INT(b.por.status, SCP80_POR_OK);
    CHECK_INT(b.por.counter, 1);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    CHECK_HEX(BYTES_OF(b.report.task_id), "7461736B 00000001");
    CHECK_STR(b.sms_to, RIG_PLATFORM);
    s = bench_state(&b);
    CHECK(s.prepared && s.bank == USIM_BANK_SEED && !s.awaiting_attach);
    CHECK_STR(s.imsi, RIG_IMSI);
    CHECK_OK(usim_check(b.r.card));

    bench_run(&b, 1, SCRIPT_COMMIT);
    CHECK_OK(usim_check(b.r.card));
    bench_serve(&b, 1); /* the proof of receipt goes first, over the old number */
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    CHECK_INT(b.refreshes, 0);
    bench_serve(&b, ALL);
    CHECK_INT(b.refreshes, 1);
    CHECK_INT(b.refresh_qualifier, CAT_REFRESH_RESET);
    s = bench_state(&b);
    CHECK(!s.prepared && s.bank == USIM_BANK_A && s.awaiting_attach);
    CHECK_STR(s.imsi, NEW_IMSI);
    CHECK_STR(s.iccid, NEW_ICCID);
    CHECK_STR(s.msisdn, NEW_MSISDN);

    bench_start(&b);
    CHECK_INT(b.timers, 1);
    CHECK_INT(b.timer_id, 1);
    CHECK_INT(b.timer_s, 1800);
    bench_attach(&b);
    CHECK_INT(b.plis, 2);
    CHECK_INT(b.timer_qualifier, CAT_TIMER_STOP);
    CHECK(b.has_report && !b.has_por);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK_INT(b.report.attach, 0);
    CHECK_HEX(BYTES_OF(b.report.imei), "3A65422143658709");
    CHECK_HEX(b.report.location, "64F00012345678");
    CHECK_INT(b.report_packet.spi1, 0x16);
    CHECK_INT(b.report_packet.spi2, 0x00);
    CHECK_INT(b.report_packet.counter, 1);
    CHECK_INT(b.report.counter, 1);
    CHECK_STR(b.sms_to, RIG_PLATFORM);
    s = bench_state(&b);
    CHECK(!s.awaiting_attach && !s.report_due && s.last_result == SCRIPT_OK);
    CHECK_INT(s.up_counter, 1);
    CHECK_INT(s.down_counter, 2);
    CHECK_OK(usim_check(b.r.card));
    bench_fini(&b);
}

/* The new identity is whole: K and OPc authenticate, files follow, the old ones are gone. */
TEST(new_identity_works)
{
    static const uint8_t amf[2] = {0x80, 0}, sqn[6] = {0, 0, 0, 0, 0, 0x21}, rand[16] = {7};
    struct aka_subscriber n = {.algorithm = AKA_MILENAGE};
    char apdu[128], a[HEX_LEN(16)], c[HEX_LEN(16)];
    struct aka_vector v;
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    rig_secret(NEW_K, &n.k);
    rig_secret(NEW_OPC, &n.opc);
    CHECK_OK(aka_make_vector(&n, rand, sqn, amf, &v));
    snprintf(apdu, sizeof apdu, "008800812210%s10%s", hex_encode(BYTES_OF(rand), a),
             hex_encode(BYTES_OF(v.autn), c));
    CHECK_SW(&b.r, "00A4040C07A0000000871002", "9000");
    rig_t0(&b.r, apdu);
    CHECK(bytes_eq(bytes_part(b.r.data, 2, v.res_n), BYTES(v.res, v.res_n)));
    CHECK_APDU(&b.r, "00B0870009", "084906001121223343", "9000");
    bench_fini(&b);
}

TEST(identity_files_follow)
{
    struct bench b;

    bench_init(&b);
    CHECK_SW(&b.r, "00A4040C07A0000000871002", "9000");
    CHECK_SW(&b.r, "00D68B000B 1122334464F0000001FF00", "9000");
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_SW(&b.r, "00A4040C07A0000000871002", "9000");
    CHECK_APDU(&b.r, "00B0870009", "084906001121223343", "9000");
    CHECK_APDU(&b.r, "00B0860002", "0010", "9000");                   /* ACC: 4 */
    CHECK_APDU(&b.r, "00B0930005", "64F000C880", "9000");             /* HPLMNwAcT: 460 00 */
    CHECK_APDU(&b.r, "00B08B000B", "FFFFFFFFFFFFFF0000FF01", "9000"); /* LOCI of its own */
    CHECK_SW(&b.r, "00A4000C026F42", "9000");
    CHECK_APDU(&b.r, "00B201042A",
               "FFFFFFFFFFFFFFFFFFFFFFFFFFFF E1 FFFFFFFFFFFFFFFFFFFFFFFF "
               "0891683108200005F0FFFFFF 0000A9",
               "9000");
    CHECK_SW(&b.r, "00A4080C022FE2", "9000");
    CHECK_APDU(&b.r, "00B000000A", "98680089674523018967", "9000");
    bench_fini(&b);
}

TEST(patches_and_lists)
{
    uint8_t plmn[64], files[64];
    struct script s = bench_script(1, PREPARE_KEEP | SCRIPT_COMMIT);
    struct bench_wire wire;
    struct buf w;
    struct bench b;

    bench_init(&b);
    buf_init_fixed(&w, plmn, sizeof plmn);
    script_put_list(&w, SCRIPT_PLMN_HPLMN_WACT, BYTES("\x64\xF0\x20\x40\x00", 5));
    script_put_list(&w, SCRIPT_PLMN_FPLMN, BYTES("\x64\xF0\x10", 3));
    s.plmn = buf_bytes(&w);
    buf_init_fixed(&w, files, sizeof files);
    script_put_list(&w, SCRIPT_FILES_ACC, BYTES("\x80\x00", 2));
    script_put_list(&w, SCRIPT_FILES_SPN,
                    BYTES("\x01IoT card\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 17));
    script_put_list(&w, SCRIPT_FILES_UST, BYTES("\x00\x0E", 2));
    script_put_list(&w, SCRIPT_FILES_MNC_LENGTH, BYTES("\x03", 1));
    script_put_list(&w, SCRIPT_FILES_HPPLMN, BYTES("\x0A", 1));
    s.files = buf_bytes(&w);
    bench_send(&b, bench_encode(&b, &s, &wire));
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    CHECK_SW(&b.r, "00A4040C07A0000000871002", "9000");
    CHECK_APDU(&b.r, "00B0930014", "64F0204000 FFFFFFFFFF FFFFFFFFFF FFFFFFFFFF", "9000");
    CHECK_APDU(&b.r, "00B08D0006", "64F010 FFFFFF", "9000");
    CHECK_APDU(&b.r, "00B0860002", "8000", "9000");
    CHECK_APDU(&b.r, "00B0830004", "00000003", "9000");
    CHECK_APDU(&b.r, "00B0920001", "0A", "9000");
    CHECK_APDU(&b.r, "00B0840003", "000E1C", "9000");
    CHECK_SW(&b.r, "00A4000C026F46", "9000");
    CHECK_APDU(&b.r, "00B0000009", "01 496F542063617264", "9000");
    CHECK_OK(usim_check(b.r.card));
    bench_fini(&b);
}

TEST(repeats_are_answered_with_what_became_of_it)
{
    struct usim_state before, after;
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP);
    bench_serve(&b, ALL);
    before = bench_state(&b);
    bench_run(&b, 1, PREPARE_KEEP);
    bench_serve(&b, ALL);
    after = bench_state(&b);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    CHECK(b.report.has_flags && b.report.flags == SCRIPT_REPORT_REPEATED);
    CHECK(after.wear.writes - before.wear.writes <= 2); /* the counter, no bank */
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK(!b.report.has_flags);
    bench_start(&b);
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    CHECK(b.report.has_flags);
    CHECK_INT(b.refreshes, 1);
    bench_attach(&b);
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK(b.report.has_flags);
    CHECK_INT(b.report.attach, 0);
    bench_run(&b, 1, PREPARE_KEEP);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK(b.report.has_flags);
    bench_fini(&b);
}

TEST(new_prepare_takes_the_place_of_the_old)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP);
    bench_serve(&b, ALL);
    bench_run(&b, 2, PREPARE_KEEP);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    CHECK(!b.report.has_flags);
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_INTERNAL);
    CHECK_INT(b.report.detail, 0x6A88);
    bench_run(&b, 2, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    bench_fini(&b);
}

/* Written again and again: A, B, A, B; the seed stays. */
TEST(many_writes_in_a_row)
{
    struct usim_state s;
    struct bench b;

    bench_init(&b);
    for (uint8_t i = 1; i <= 6; i++) {
        bench_run(&b, i, PREPARE_KEEP | SCRIPT_COMMIT);
        bench_serve(&b, ALL);
        CHECK_INT(b.report.result, SCRIPT_COMMITTED);
        bench_start(&b);
        bench_attach(&b);
        CHECK_INT(b.report.result, SCRIPT_OK);
        s = bench_state(&b);
        CHECK_INT(s.bank, i % 2 ? USIM_BANK_A : USIM_BANK_B);
        CHECK_OK(usim_check(b.r.card));
    }
    bench_run(&b, 9, SCRIPT_RESTORE_SEED | SCRIPT_REFRESH_RESET);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    s = bench_state(&b);
    CHECK_STR(s.imsi, RIG_IMSI);
    CHECK(s.awaiting_attach);
    bench_start(&b);
    bench_attach(&b);
    CHECK_INT(b.report.result, SCRIPT_OK);
    bench_run(&b, 10, SCRIPT_RESTORE_SEED);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_OK); /* is there already */
    bench_fini(&b);
}

TEST(refresh_by_initialisation)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
    rig_send(&b.r, "00A4040C07A0000000871002");
    bench_serve(&b, 1);
    rig_send(&b.r, "00B0870009");
    CHECK_HEX(b.r.data, "084906802143658709"); /* until REFRESH the old one is shown */
    CHECK_INT(b.r.sw >> 8, 0x91);
    bench_serve(&b, ALL);
    CHECK_INT(b.refresh_qualifier, CAT_REFRESH_INIT);
    CHECK_APDU(&b.r, "00B0870009", "084906001121223343", "9000");
    CHECK_INT(b.timers, 1); /* the fall-back time runs from here */
    bench_attach(&b);
    CHECK_INT(b.report.result, SCRIPT_OK);
    bench_fini(&b);
}

/* The old identity is used until the reset, even for authentication. */
TEST(old_identity_is_shown_until_refresh)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    rig_send(&b.r, "00A4040C07A0000000871002");
    rig_send(&b.r, "00B0870009");
    CHECK_HEX(b.r.data, "084906802143658709");
    rig_send(&b.r, "00D69E0012 0BF664F0000123456789ABCD 64F0001234 00");
    CHECK(bench_state(&b).awaiting_attach); /* it was the seed that had service */
    rig_reset(&b.r);
    CHECK_SW(&b.r, "00A4040C07A0000000871002", "9000");
    CHECK_APDU(&b.r, "00B0870009", "084906001121223343", "9000");
    bench_fini(&b);
}

TEST(refused_refresh_is_reported_and_taken_up_at_the_reset)
{
    struct bench b;

    bench_init(&b);
    b.refresh_result = CAT_RESULT_TERMINAL_UNABLE;
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(b.timer_id, 2);
        CHECK_INT(b.refreshes, i + 1);
        bench_timer_ends(&b, 2, 10);
    }
    CHECK_INT(b.refreshes, 4);
    CHECK(b.has_report && !b.has_por);
    CHECK_INT(b.report.result, SCRIPT_REFRESH_REFUSED);
    CHECK_INT(bench_state(&b).last_result, SCRIPT_REFRESH_REFUSED);
    /* A is active, the seed still shown: B is free */
    bench_run(&b, 2, PREPARE_KEEP);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    b.refresh_result = 0;
    rig_reset(&b.r);
    bench_start(&b);
    bench_attach(&b);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK_STR(bench_state(&b).imsi, NEW_IMSI);
    bench_fini(&b);
}

TEST(no_free_bank)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    bench_start(&b);
    bench_attach(&b);
    b.refresh_result = CAT_RESULT_TERMINAL_UNABLE;
    bench_run(&b, 2, PREPARE_KEEP | SCRIPT_COMMIT); /* B is active, A still shown */
    bench_serve(&b, ALL);
    bench_run(&b, 3, PREPARE_KEEP);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_NO_SPACE);
    CHECK_INT(b.report.detail, 0x6A84);
    bench_fini(&b);
}

TEST(fall_back_to_the_seed)
{
    struct script s = bench_script(1, PREPARE_KEEP | SCRIPT_COMMIT);
    struct bench_wire wire;
    struct bench b;

    bench_init(&b);
    s.has_fallback = true;
    s.fallback_min = 5;
    bench_send(&b, bench_encode(&b, &s, &wire));
    bench_serve(&b, ALL);
    bench_start(&b);
    CHECK_INT(b.timer_s, 300);
    rig_reset(&b.r); /* power off: the timer starts again */
    bench_start(&b);
    CHECK_INT(b.timers, 2);
    bench_timer_ends(&b, 1, 300);
    CHECK_INT(b.refreshes, 2);
    CHECK_STR(bench_state(&b).imsi, RIG_IMSI);
    CHECK(bench_state(&b).awaiting_attach);
    CHECK_OK(usim_check(b.r.card));
    bench_start(&b);
    bench_attach(&b);
    CHECK_INT(b.report.result, SCRIPT_FELL_BACK);
    CHECK_STR(b.sms_to, RIG_PLATFORM);
    CHECK(!bench_state(&b).report_due);
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_FELL_BACK);
    CHECK(b.report.has_flags);
    bench_run(&b, 1, PREPARE_KEEP); /* the same task may try again */
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_PREPARED);
    bench_run(&b, 1, SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    bench_run(&b, 2, PREPARE_KEEP | SCRIPT_COMMIT); /* and another one may follow */
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    bench_fini(&b);
}

TEST(long_fall_back_time_takes_several_timers)
{
    struct script s = bench_script(1, PREPARE_KEEP | SCRIPT_COMMIT);
    struct bench_wire wire;
    struct bench b;

    bench_init(&b);
    s.has_fallback = true;
    s.fallback_min = 2000;
    bench_send(&b, bench_encode(&b, &s, &wire));
    bench_serve(&b, ALL);
    bench_start(&b);
    CHECK_INT(b.timer_s, 86399);
    bench_timer_ends(&b, 1, 86399);
    CHECK_STR(bench_state(&b).imsi, NEW_IMSI);
    CHECK_INT(b.timer_s, 2000 * 60 - 86399);
    bench_timer_ends(&b, 1, b.timer_s);
    CHECK_STR(bench_state(&b).imsi, RIG_IMSI);
    bench_fini(&b);
}

TEST(no_seed_to_fall_back_to)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_ERASE_SEED | SCRIPT_REFRESH_RESET);
    bench_serve(&b, ALL);
    bench_start(&b);
    bench_timer_ends(&b, 1, 1800);
    CHECK_STR(bench_state(&b).imsi, NEW_IMSI);
    CHECK_INT(bench_state(&b).last_result, SCRIPT_ATTACH_TIMEOUT);
    bench_run(&b, 1, SCRIPT_COMMIT); /* asked over another way */
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_ATTACH_TIMEOUT);
    CHECK(b.report.has_flags);
    CHECK_INT(b.report.attach, 1);
    bench_attach(&b); /* late, but it works */
    CHECK_INT(b.report.result, SCRIPT_OK);
    /* now the seed is erased */
    bench_run(&b, 2, SCRIPT_RESTORE_SEED);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_INTERNAL);
    CHECK_INT(b.report.detail, 0x6A88);
    CHECK_OK(usim_check(b.r.card));
    bench_fini(&b);
}

TEST(report_is_kept_until_it_was_sent)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    bench_start(&b);
    b.sms_result = CAT_RESULT_NETWORK_UNABLE;
    b.sms = 0;
    bench_attach(&b);
    CHECK_INT(b.sms, 1);
    CHECK_INT(b.timer_id, 2);
    CHECK_INT(b.timer_s, 30);
    bench_timer_ends(&b, 2, 30);
    CHECK_INT(b.timer_s, 60);
    for (int i = 0; i < 3; i++)
        bench_timer_ends(&b, 2, b.timer_s);
    CHECK_INT(b.sms, 5); /* bounded */
    bench_timer_ends(&b, 2, b.timer_s);
    CHECK_INT(b.sms, 5);
    CHECK(bench_state(&b).report_due);
    bench_attach(&b); /* another area, another chance */
    CHECK_INT(b.sms, 6);
    rig_reset(&b.r);
    b.sms_result = 0;
    bench_start(&b);
    CHECK_INT(b.sms, 6);
    bench_attach(&b);
    CHECK_INT(b.sms, 7);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK_INT(b.report_packet.counter, 7);
    CHECK(!bench_state(&b).report_due);
    rig_reset(&b.r);
    bench_start(&b);
    bench_attach(&b);
    CHECK_INT(b.sms, 7);
    bench_fini(&b);
}

TEST(report_without_timers_and_location)
{
    struct bench b;

    bench_init(&b);
    b.no_timer = true;
    rig_reset(&b.r);
    bench_start(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    bench_start(&b);
    b.sms_result = CAT_RESULT_TERMINAL_UNABLE;
    bench_attach(&b);
    CHECK(bench_state(&b).report_due);
    b.sms_result = 0;
    rig_send(&b.r, "80F2000C"); /* STATUS is the beat */
    bench_serve(&b, ALL);
    CHECK(!bench_state(&b).report_due);
    CHECK_INT(b.timers, 0);
    bench_fini(&b);
}

TEST(location_event_means_attached)
{
    struct bench b;

    bench_init(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    bench_start(&b);
    rig_send(&b.r, "80C200000C D60A 990103 82028281 9B0101"); /* limited service */
    CHECK_INT(b.r.sw, 0x9000);
    CHECK(bench_state(&b).awaiting_attach);
    rig_send(&b.r, "80C2000015 D613 990103 82028281 9B0100 1307 64F00012345678");
    CHECK(!bench_state(&b).awaiting_attach);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_OK);
    bench_fini(&b);
}

/* Without a toolkit all is done by APDU; the switch comes with the reset, the report when a toolkit
 * session begins. */
TEST(terminal_without_toolkit)
{
    struct bench b;

    bench_init(&b);
    b.no_toolkit = true;
    rig_reset(&b.r);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    CHECK_INT(b.r.sw, 0x9000);
    CHECK_INT(bench_state(&b).bank, USIM_BANK_A);
    rig_reset(&b.r);
    bench_attach(&b);
    CHECK(bench_state(&b).report_due);
    CHECK_OK(usim_check(b.r.card));
    rig_reset(&b.r);
    b.no_toolkit = false;
    bench_start(&b);
    rig_send(&b.r, "80F2000C");
    rig_send(&b.r, "80F2000C");
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK(!bench_state(&b).report_due);
    bench_fini(&b);
}

/* A card that was made without a number is written through the terminal (P-13). */
TEST(blank_card)
{
    struct usim_personalisation p = rig_personalisation();
    struct bench b = {0};

    p.imsi[0] = p.msisdn[0] = p.smsc[0] = '\0';
    rig_init(&b.r, &p);
    bench_keys(&b);
    bench_start(&b);
    bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    CHECK(b.report.has_imsi_hash);
    bench_start(&b);
    bench_timer_ends(&b, 1, 1800); /* there is no seed to go back to */
    CHECK_STR(bench_state(&b).imsi, NEW_IMSI);
    bench_attach(&b);
    CHECK_INT(b.report.result, SCRIPT_OK);
    CHECK_OK(usim_check(b.r.card));
    bench_fini(&b);
}

TEST(national_suite)
{
    struct script s = bench_script(1, PREPARE_KEEP | SCRIPT_COMMIT);
    struct bench_wire wire;
    struct bench b;

    bench_init(&b);
    s.version = SCRIPT_VERSION_SM;
    bench_send(&b, bench_encode(&b, &s, &wire));
    bench_serve(&b, ALL);
    CHECK_INT(b.report.result, SCRIPT_COMMITTED);
    CHECK_STR(bench_state(&b).imsi, NEW_IMSI);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(profile_brings_the_event_list), XT_CASE(prepare_commit_attach_report),
           XT_CASE(new_identity_works), XT_CASE(identity_files_follow), XT_CASE(patches_and_lists),
           XT_CASE(repeats_are_answered_with_what_became_of_it),
           XT_CASE(new_prepare_takes_the_place_of_the_old), XT_CASE(many_writes_in_a_row),
           XT_CASE(refresh_by_initialisation), XT_CASE(old_identity_is_shown_until_refresh),
           XT_CASE(refused_refresh_is_reported_and_taken_up_at_the_reset), XT_CASE(no_free_bank),
           XT_CASE(fall_back_to_the_seed), XT_CASE(long_fall_back_time_takes_several_timers),
           XT_CASE(no_seed_to_fall_back_to), XT_CASE(report_is_kept_until_it_was_sent),
           XT_CASE(report_without_timers_and_location), XT_CASE(location_event_means_attached),
           XT_CASE(terminal_without_toolkit), XT_CASE(blank_card), XT_CASE(national_suite))
