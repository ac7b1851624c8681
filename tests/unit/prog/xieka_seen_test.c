/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator sees: widths, the ladder, the board, the figures of a batch. */
#include "prog/xieka/board.h"
#include "prog/xieka/ladder.h"
#include "prog/xieka/report.h"
#include "prog/xieka/width.h"

#include "xt.h"

#define LADDER_COLUMNS 92

TEST(widths)
{
    CHECK_INT(width_of(""), 0);
    CHECK_INT(width_of("xieka"), 5);
    CHECK_INT(width_of("写卡"), 4);
    CHECK_INT(width_of("写卡,号"), 7);
    CHECK_INT(width_of("写卡\xef\xbc\x8c号"), 8);
    CHECK_INT(width_of("►│█…"), 4);
    CHECK_INT(width_of("\xe5\x86"), 2);         /* cut in the middle: a column a byte */
    CHECK_INT(width_of("\xf0\xa0\x80\x80"), 2); /* U+20000 */
}

TEST(text_of_strangers)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"Vodafone", "Vodafone"},
        {"写卡 é 🎉", "写卡 é 🎉"},
        {"a\x1b[2Jb\x07\r\n\x7f", "a?[2Jb????"},
        {"\xc2\x9b"
         "31m",
         "?31m"},
        {"\x9b\xff\xe5\x86", "????"},
        {"\xe2\x80\xae"
         "on",
         "?on"},
        {"\xe2\x81\xa6"
         "on",
         "?on"},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char mem[64];
        struct buf out;

        buf_init_fixed(&out, mem, sizeof mem);
        width_plain(&out, rows[i].text);
        CHECK_STR(buf_cstr(&out), rows[i].want);
    }
}

TEST(cut_and_pad)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *want;
    } rows[] = {
        {"abc", 5, "abc  "},    {"abc", 3, "abc"},     {"abcd", 3, "ab…"},    {"写卡", 4, "写卡"},
        {"写卡号", 5, "写卡…"}, {"写卡号", 4, "写… "}, {"写卡", 6, "写卡  "}, {"", 2, "  "},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char mem[64], cut[64];
        struct buf out;

        buf_init_fixed(&out, cut, sizeof cut);
        width_cut(&out, rows[i].text, rows[i].columns);
        buf_cstr(&out);
        buf_init_fixed(&out, mem, sizeof mem);
        buf_put_str(&out, cut);
        width_pad(&out, cut, rows[i].columns);
        CHECK_STR(buf_cstr(&out), rows[i].want);
    }
}

static const struct ladder_event events[] = {
    {"2026-11-21T07:55:01.123Z", "state", "NUMBER_LOCKED", "applied", NULL},
    {"2026-11-21T07:55:01.400Z", "sms_out", "SENDING", "PREPARE to 1440000200001, attempt 1",
     "SCP80 command SPI 1639\n  84 IMSI 001010000100000\n"},
    {"2026-11-21T07:55:02.010Z", "sms_in", "PREPARED", "answer from 1440000200001: 01 prepared",
     NULL},
    {"2026-11-21T07:55:02.500Z", "receipt", "DELIVERED", "not delivered", NULL},
    {"2026-11-21T07:55:03.123Z", "attach", "COMMITTED", "8600000000000017", NULL},
    {"2026-11-21T07:56:03.123Z", "note", "COMMITTED",
     "a very long note that does not fit between the two life lines and is cut there", NULL},
};

/* Every line is as wide as the ladder, so that the card's lifeline is straight. */
static void check_straight(enum language lang, bool utf8)
{
    struct ladder l = {.lang = lang, .utf8 = utf8};
    struct buf out;
    char *rest;

    buf_init(&out, 65536);
    ladder_head(&l, "89860000000000000001", &out);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        ladder_put(&l, &events[i], &out);
    buf_cstr(&out);
    CHECK_OK(buf_ok(&out));
    rest = (char *)out.p;
    for (int line = 0; *rest; line++) {
        char *text = strsep(&rest, "\n");

        CHECK_INT(width_of(text), LADDER_COLUMNS);
        CHECK(line == 0 || utf8 || strspn(text, "\n") == 0);
    }
    buf_fini(&out);
}

TEST(ladder_is_straight)
{
    check_straight(LANG_EN, true);
    check_straight(LANG_ZH, true);
    check_straight(LANG_ZH, false);
}

TEST(ladder_lines)
{
    static const char *const want[] = {
        "07:55:01.123    +0.000  ● NUMBER_LOCKED: applied",
        "07:55:01.400    +0.277  │── PREPARE to 1440000200001, attempt 1 ────",
        "                        │    SCP80 command SPI 1639  ",
        "                        │      84 IMSI 001010000100000  ",
        "07:55:02.010    +0.887  │◄── answer from 1440000200001: 01 prepared ──",
        "07:55:02.500    +1.377  │◄── not delivered ─",
        "07:55:03.123    +2.000  │◄── attached, IMEI 8600000000000017 ",
        "07:56:03.123   +62.000  │ note: a very long note",
    };
    struct ladder l = {.lang = LANG_EN, .utf8 = true};
    struct buf out;

    buf_init(&out, 65536);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        ladder_put(&l, &events[i], &out);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK(strstr(buf_cstr(&out), want[i]));
    buf_reset(&out);
    l.bare = true;
    ladder_put(&l, &events[1], &out);
    CHECK(!strstr(buf_cstr(&out), "SCP80"));
    buf_fini(&out);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

TEST(board)
{
    struct board b = {.batch = "b1",
                      .total = 200,
                      .finished = 50,
                      .success = 50,
                      .elapsed_ms = 12340,
                      .has_sms = true,
                      .sent = 7,
                      .lang = LANG_ZH,
                      .utf8 = true};
    struct buf out;
    size_t lines;

    b.by_state[4] = 150;
    b.by_state[9] = 50;
    buf_init(&out, 65536);
    board_put(&b, &out, &lines);
    CHECK_INT(count_lines(buf_cstr(&out)), lines);
    CHECK(strstr(buf_cstr(&out), "写卡批次 b1   200 张卡   12.3 s"));
    CHECK(strstr(buf_cstr(&out), "██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  50/200  25 %"));
    CHECK(!strstr(buf_cstr(&out), "无回执"));
    b.by_state[13] = 1; /* NO_REPORT gets a row as soon as there is one */
    b.has_sms = false;
    b.utf8 = false;
    buf_reset(&out);
    board_put(&b, &out, &lines);
    CHECK_INT(count_lines(buf_cstr(&out)), lines);
    CHECK(strstr(buf_cstr(&out), "无回执"));
    CHECK(strstr(buf_cstr(&out), "##########.............................."));
    buf_fini(&out);
}

TEST(board_in_colours)
{
    struct board b = {.total = 2, .colours = true};
    struct buf out;
    size_t lines;

    b.by_state[9] = 1;
    b.by_state[13] = 1;
    buf_init(&out, 65536);
    board_put(&b, &out, &lines);
    CHECK(strstr(buf_cstr(&out), "\033[32m####################\033[0m\n"));
    CHECK(strstr(buf_cstr(&out), "\033[31m####################\033[0m\n"));
    buf_fini(&out);
}

TEST(board_in_one_line)
{
    struct board b = {.total = 10, .finished = 1, .elapsed_ms = 61000, .lang = LANG_EN};
    struct buf out;

    b.by_state[0] = 9;
    b.by_state[9] = 1;
    buf_init(&out, 4096);
    board_put_line(&b, &out);
    CHECK_STR(buf_cstr(&out), "1:01  1/10  10 %  ACCEPTED 9  SUCCESS 1\n");
    buf_fini(&out);
}

static void add(struct report *r, enum task_kind kind, bool success, int64_t attempts,
                int64_t rollbacks, int64_t took)
{
    const struct report_task t = {kind, success, attempts, rollbacks, took};

    CHECK_OK(report_add(r, &t));
}

TEST(report_of_a_batch)
{
    struct report r;

    report_init(&r);
    for (int64_t i = 300; i >= 1; i--)
        add(&r, TASK_FINAL, true, i % 100 == 0 ? 3 : 1, 0, i);
    add(&r, TASK_RETRY, false, 5, 1, 999999);
    add(&r, TASK_OPEN, false, 0, 0, 0);
    report_close(&r);
    CHECK_INT(r.tasks, 302);
    CHECK_INT(r.success, 300);
    CHECK_INT(r.first_pass, 297);
    CHECK_INT(r.failed, 1);
    CHECK_INT(r.open, 1);
    CHECK_INT(r.retries, 3 * 2 + 4);
    CHECK_INT(r.fallbacks, 1);
    CHECK_INT(r.mean_ms, 150);
    CHECK_INT(r.p95_ms, 285);
    CHECK_INT(r.max_ms, 300);
    report_fini(&r);
}

TEST(report_of_nothing_and_of_one)
{
    struct report r;

    report_init(&r);
    report_close(&r);
    CHECK_INT(r.p95_ms, 0);
    add(&r, TASK_FINAL, true, 1, 0, 7);
    report_close(&r);
    CHECK_INT(r.mean_ms, 7);
    CHECK_INT(r.p95_ms, 7);
    report_fini(&r);
}

TESTS_MAIN(XT_CASE(widths), XT_CASE(text_of_strangers), XT_CASE(cut_and_pad),
           XT_CASE(ladder_is_straight), XT_CASE(ladder_lines), XT_CASE(board),
           XT_CASE(board_in_colours), XT_CASE(board_in_one_line), XT_CASE(report_of_a_batch),
           XT_CASE(report_of_nothing_and_of_one))
