/* SPDX-License-Identifier: Apache-2.0 */
#include "model/chip.h"
#include "model/import.h"
#include "model/number.h"
#include "model/task.h"

#include "xt.h"

TEST(task_states_are_the_table_of_p12)
{
    size_t n;
    const struct task_state_info *rows = task_states(&n);

    CHECK_INT(n, 19);
    for (size_t i = 0; i < n; i++) {
        CHECK(task_state_info((int)rows[i].state) == &rows[i]);
        CHECK(task_state_by_name(rows[i].name) == &rows[i]);
        for (size_t k = 0; k < i; k++) {
            CHECK(rows[k].state != rows[i].state);
            CHECK(strcmp(rows[k].name, rows[i].name) != 0);
            CHECK(strcmp(rows[k].zh, rows[i].zh) != 0);
        }
    }
    CHECK(task_state_info(10) == NULL);
    CHECK(task_state_info(-1) == NULL);
    CHECK(task_state_by_name("success") == NULL);
    CHECK_INT(task_state_info(4)->dwell_s, 86400);
    CHECK_INT(task_state_info(9)->kind, TASK_FINAL);
    CHECK_INT(task_state_info(95)->kind, TASK_RETRY);
}

TEST(task_words)
{
    enum task_mode mode = TASK_MODE_NEW;
    enum task_channel channel = TASK_CHANNEL_AUTO;

    CHECK_OK(task_mode_parse("RESTORE", &mode));
    CHECK_INT(mode, TASK_MODE_RESTORE);
    CHECK_INT(task_mode_parse("restore", &mode), XK_E_VALUE);
    CHECK_OK(task_channel_parse("RELAY", &channel));
    CHECK_STR(task_channel_name(channel), "RELAY");
    CHECK_INT(task_channel_parse("", &channel), XK_E_VALUE);
    CHECK_STR(task_mode_name(TASK_MODE_SWAP), "SWAP");
    CHECK_STR(task_mode_name((enum task_mode)9), "?");
    CHECK_STR(task_channel_name((enum task_channel)9), "?");
}

/* P-24, written a second time as a drawing: from down, to across, in the order of `order`. */
TEST(number_moves_are_those_of_p24_and_no_others)
{
    static const enum number_state order[] = {NUMBER_FREE,    NUMBER_RESERVED, NUMBER_ASSIGNED,
                                              NUMBER_WRITTEN, NUMBER_IN_USE,   NUMBER_FROZEN,
                                              NUMBER_BAD};
    static const char *const drawing[] = {
        ".x....x", /* FREE */
        "x.x....", /* RESERVED */
        "...x.x.", /* ASSIGNED */
        "....xx.", /* WRITTEN */
        ".....x.", /* IN_USE */
        "x.....x", /* FROZEN */
        ".......", /* BAD */
    };

    for (size_t a = 0; a < ARRAY_LEN(order); a++) {
        for (size_t b = 0; b < ARRAY_LEN(order); b++)
            CHECK_INT(number_may_move(order[a], order[b]), drawing[a][b] == 'x');
        CHECK(!number_may_move(order[a], (enum number_state)7));
        CHECK(!number_may_move((enum number_state)7, order[a]));
    }
}

TEST(number_words)
{
    enum number_purpose purpose = NUMBER_SEED;
    enum number_state state = NUMBER_FREE;

    CHECK_STR(number_state_name(NUMBER_IN_USE), "IN_USE");
    CHECK_STR(number_state_zh(NUMBER_FROZEN), "冷却中");
    CHECK_STR(number_state_name((enum number_state)8), "?");
    CHECK_STR(number_state_zh((enum number_state)8), "?");
    CHECK_OK(number_state_parse("BAD", &state));
    CHECK_INT(state, NUMBER_BAD);
    CHECK_INT(number_state_parse("GOOD", &state), XK_E_VALUE);
    CHECK_OK(number_purpose_parse("demo", &purpose));
    CHECK_STR(number_purpose_name(purpose), "demo");
    CHECK_INT(number_purpose_parse("?", &purpose), XK_E_VALUE);
    CHECK_STR(number_purpose_name((enum number_purpose)4), "?");
}

/* White paper, tables 2-1 and 2-2. */
TEST(chips_are_of_tables_2_1_and_2_2)
{
    enum chip_grade grade = CHIP_GRADE_CONSUMER;
    enum chip_form form = CHIP_FORM_DOMESTIC_5X6;

    CHECK_INT(chip_grade_endurance(CHIP_GRADE_CONSUMER), 100000);
    CHECK_INT(chip_grade_endurance(CHIP_GRADE_INDUSTRIAL), 500000);
    CHECK_INT(chip_grade_endurance(CHIP_GRADE_AUTOMOTIVE), 1000000);
    CHECK_INT(chip_grade_endurance((enum chip_grade)3), 0);
    CHECK_OK(chip_grade_parse("automotive", &grade));
    CHECK_STR(chip_grade_name(grade), "automotive");
    CHECK_INT(chip_grade_parse("AUTOMOTIVE", &grade), XK_E_VALUE);
    CHECK_STR(chip_grade_name((enum chip_grade)3), "?");
    CHECK_OK(chip_form_parse("DOMESTIC_SOC", &form));
    CHECK_INT(chip_form_type(form), CHIP_DOMESTIC);
    CHECK_STR(chip_form_name(CHIP_FORM_GLOBAL_2X2), "GLOBAL_2X2");
    CHECK_INT(chip_form_type(CHIP_FORM_GLOBAL_2X2), CHIP_INTERNATIONAL);
    CHECK_INT(chip_form_parse("DOMESTIC", &form), XK_E_VALUE);
    CHECK_STR(chip_form_name((enum chip_form)5), "?");
    CHECK_INT(chip_form_type((enum chip_form)5), CHIP_INTERNATIONAL);
    CHECK_STR(chip_state_name(CHIP_WRITING), "WRITING");
    CHECK_STR(chip_state_name((enum chip_state)4), "?");
}

TEST(import_reports_name_the_first_twenty)
{
    struct import_report report = {0};

    for (uint32_t i = 1; i <= 25; i++)
        import_refuse(&report, i, "a column with a very long name", IMPORT_NOT_DIGITS);
    CHECK_INT(report.bad, 25);
    CHECK_INT(report.n_errors, IMPORT_ERRORS_MAX);
    CHECK_INT(report.errors[19].line, 20);
    CHECK_STR(report.errors[0].field, "a column with a very lo");
    report = (struct import_report){0};
    import_refuse_name(&report, 3, BYTES_STR("a b\x7F~\n卡 and more than fits in it"), IMPORT_LUHN);
    CHECK_STR(report.errors[0].field, "a?b?~????\?and?more?than");
    report.errors[0].reason = IMPORT_NOT_DIGITS;
    CHECK_STR(import_reason_en(report.errors[0].reason), "must be digits");
    CHECK_STR(import_reason_name(IMPORT_LUHN), "LUHN");
    CHECK_STR(import_reason_zh(IMPORT_LUHN), "校验位错误");
    CHECK_STR(import_reason_name((enum import_reason)99), "?");
}

TESTS_MAIN(XT_CASE(task_states_are_the_table_of_p12), XT_CASE(task_words),
           XT_CASE(number_moves_are_those_of_p24_and_no_others), XT_CASE(number_words),
           XT_CASE(chips_are_of_tables_2_1_and_2_2), XT_CASE(import_reports_name_the_first_twenty))
