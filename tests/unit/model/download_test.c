/* SPDX-License-Identifier: Apache-2.0 */
#include "model/download.h"

#include "xt.h"

static const enum download_state order[] = {
    DOWNLOAD_AVAILABLE, DOWNLOAD_ALLOCATED,  DOWNLOAD_LINKED,    DOWNLOAD_CONFIRMED,
    DOWNLOAD_RELEASED,  DOWNLOAD_DOWNLOADED, DOWNLOAD_INSTALLED, DOWNLOAD_ENABLED,
    DOWNLOAD_DISABLED,  DOWNLOAD_DELETED,    DOWNLOAD_ERROR,     DOWNLOAD_UNAVAILABLE};

/* SGP.22 3.1.6, written a second time as a drawing: from down, to across, in the order of `order`;
 * x: some cause leads there. */
TEST(moves_are_those_of_3_1_6_and_no_others)
{
    static const char *const drawing[] = {
        ".xx........x", /* AVAILABLE */
        "x..xx.....xx", /* ALLOCATED */
        "x..xx.....xx", /* LINKED */
        "x...x.....xx", /* CONFIRMED */
        "x...xx....xx", /* RELEASED */
        "....xxxxxxxx", /* DOWNLOADED */
        "....x..xxx..", /* INSTALLED */
        "....x..xxx..", /* ENABLED */
        "....x..xxx..", /* DISABLED */
        "x...x....x.x", /* DELETED */
        "x.....x....x", /* ERROR */
        "x...........", /* UNAVAILABLE */
    };

    for (size_t a = 0; a < ARRAY_LEN(order); a++) {
        char row[ARRAY_LEN(order) + 1];

        memset(row, '.', ARRAY_LEN(order));
        row[ARRAY_LEN(order)] = '\0';
        for (int cause = DOWNLOAD_BY_NOTE + 1; cause <= DOWNLOAD_BY_RESTOCK; cause++) {
            enum download_state to = DOWNLOAD_AVAILABLE;

            if (!download_move(order[a], (enum download_cause)cause, &to))
                continue;
            for (size_t b = 0; b < ARRAY_LEN(order); b++) {
                if (order[b] == to)
                    row[b] = 'x';
            }
        }
        CHECK_STR(row, drawing[a]);
    }
}

TEST(a_note_moves_nothing)
{
    for (size_t a = 0; a < ARRAY_LEN(order); a++) {
        enum download_state to = DOWNLOAD_AVAILABLE;

        CHECK(download_move(order[a], DOWNLOAD_BY_NOTE, &to));
        CHECK_INT(to, order[a]);
    }
}

TEST(what_is_not_in_the_table_writes_nothing)
{
    enum download_state to = DOWNLOAD_ERROR;

    CHECK(!download_move(DOWNLOAD_INSTALLED, DOWNLOAD_BY_CANCEL_AVAILABLE, &to));
    CHECK(!download_move(DOWNLOAD_DOWNLOADED, DOWNLOAD_BY_CANCEL_AVAILABLE, &to));
    CHECK(!download_move(DOWNLOAD_UNAVAILABLE, DOWNLOAD_BY_ORDER, &to));
    CHECK(!download_move(DOWNLOAD_AVAILABLE, DOWNLOAD_BY_CONFIRM, &to));
    CHECK(!download_move((enum download_state)77, DOWNLOAD_BY_ORDER, &to));
    CHECK(!download_move(DOWNLOAD_AVAILABLE, (enum download_cause)99, &to));
    CHECK_INT(to, DOWNLOAD_ERROR);
}

TEST(only_two_states_are_offered)
{
    for (size_t a = 0; a < ARRAY_LEN(order); a++)
        CHECK_INT(download_is_offered(order[a]),
                  order[a] == DOWNLOAD_RELEASED || order[a] == DOWNLOAD_DOWNLOADED);
}

TEST(words)
{
    enum download_state state = DOWNLOAD_AVAILABLE;

    CHECK_STR(download_state_name(DOWNLOAD_RELEASED), "RELEASED");
    CHECK_STR(download_state_zh(DOWNLOAD_RELEASED), "已发布");
    CHECK_STR(download_state_text(DOWNLOAD_DOWNLOADED), "the bound package was handed out");
    CHECK_STR(download_state_name((enum download_state)77), "?");
    CHECK_STR(download_state_zh((enum download_state)77), "?");
    CHECK_STR(download_state_text((enum download_state)77), "?");
    CHECK_OK(download_state_parse("UNAVAILABLE", &state));
    CHECK_INT(state, DOWNLOAD_UNAVAILABLE);
    CHECK_INT(download_state_parse("released", &state), XK_E_VALUE);
    CHECK_STR(download_cause_name(DOWNLOAD_BY_CONFIRM_AND_RELEASE), "CONFIRM_AND_RELEASE");
    CHECK_STR(download_cause_text(DOWNLOAD_BY_BIND), "the bound package was handed out");
    CHECK_STR(download_cause_name((enum download_cause)99), "?");
    CHECK_STR(download_cause_text((enum download_cause)99), "?");
    CHECK_STR(download_point_text(DOWNLOAD_AT_INSTALLATION), "installation of the bound package");
    CHECK_STR(download_point_text(DOWNLOAD_AT_NONE), "");
}

TESTS_MAIN(XT_CASE(moves_are_those_of_3_1_6_and_no_others), XT_CASE(a_note_moves_nothing),
           XT_CASE(what_is_not_in_the_table_writes_nothing), XT_CASE(only_two_states_are_offered),
           XT_CASE(words))
