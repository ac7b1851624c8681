/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "codec/at/card_link.h"
#include "xt.h"

/* A command as text: "+CREG SET 2|-|"x"": name, kind, parameters; '-' is an absent one. */
static const char *show(const struct at_command *c, struct buf *b)
{
    static const char *const kinds[] = {"EXECUTE", "READ", "TEST", "SET"};

    buf_reset(b);
    buf_printf(b, "%s %s", c->name, kinds[c->kind]);
    for (size_t i = 0; i < c->params; i++) {
        const struct at_param *p = &c->param[i];

        buf_put_str(b, i == 0 ? " " : "|");
        if (!p->present)
            buf_put_str(b, "-");
        else if (p->quoted)
            buf_put_str(b, "\"");
        buf_put_bytes(b, p->text);
        if (p->quoted)
            buf_put_str(b, "\"");
    }
    return buf_cstr(b);
}

static const struct {
    const char *line;
    const char *want[4]; /* the commands in turn */
} good[] = {
    {"AT", {" EXECUTE"}},
    {"at", {" EXECUTE"}},
    {"AT  ", {" EXECUTE"}},
    {"ATE0", {"E EXECUTE 0"}},
    {"ate", {"E EXECUTE"}},
    {"ATE0V1Q0", {"E EXECUTE 0", "V EXECUTE 1", "Q EXECUTE 0"}},
    {"AT E0 V1", {"E EXECUTE 0", "V EXECUTE 1"}},
    {"AT&F", {"&F EXECUTE"}},
    {"AT&F0E1", {"&F EXECUTE 0", "E EXECUTE 1"}},
    {"ATS3=13", {"S3 SET 13"}},
    {"ATS0?", {"S0 READ"}},
    {"ATS0=", {"S0 SET -"}},
    {"ATS7", {"S7 EXECUTE"}},
    {"ATS3=13S4=10", {"S3 SET 13", "S4 SET 10"}},
    {"ATD*99***1#", {"D EXECUTE *99***1#"}},
    {"ATD10086;", {"D EXECUTE 10086;"}},
    {"ATD", {"D EXECUTE"}},
    {"ATE0+CREG?", {"E EXECUTE 0", "+CREG READ"}},
    {"ATE0;+CREG?", {"E EXECUTE 0", "+CREG READ"}},
    {"AT+CGSN", {"+CGSN EXECUTE"}},
    {"at+cgsn", {"+CGSN EXECUTE"}},
    {"AT+CREG?", {"+CREG READ"}},
    {"AT+CREG=?", {"+CREG TEST"}},
    {"AT+CREG = ?", {"+CREG TEST"}},
    {"AT+CREG=2", {"+CREG SET 2"}},
    {"AT+CREG = 2 ", {"+CREG SET 2"}},
    {"AT+COPS=1,2,\"46000\",7", {"+COPS SET 1|2|\"46000\"|7"}},
    {"AT+COPS=0,,\"\"", {"+COPS SET 0|-|\"\""}},
    {"AT+CNMI=2,1,0,0,0", {"+CNMI SET 2|1|0|0|0"}},
    {"AT+CNMI=,1", {"+CNMI SET -|1"}},
    {"AT+X=", {"+X SET -"}},
    {"AT+CPIN=\"1234\"", {"+CPIN SET \"1234\""}},
    {"AT+CSIM=14,\"A0A40000023F00\"", {"+CSIM SET 14|\"A0A40000023F00\""}},
    {"AT+X=\"a;b,c\",1;+Y", {"+X SET \"a;b,c\"|1", "+Y EXECUTE"}},
    {"AT+CREG?;+CGREG?;+CEREG?", {"+CREG READ", "+CGREG READ", "+CEREG READ"}},
    {"AT+CREG?;", {"+CREG READ"}},
    {"AT^SYSINFO", {"^SYSINFO EXECUTE"}},
    {"AT%XSIM?", {"%XSIM READ"}},
    {"AT+CMGS=23", {"+CMGS SET 23"}},
    {"AT+CPMS=\"ME\",\"ME\",\"ME\"", {"+CPMS SET \"ME\"|\"ME\"|\"ME\""}},
    {"AT+CEDRXS=2,5,\"0101\"", {"+CEDRXS SET 2|5|\"0101\""}},
    {"AT+X=?1", {"+X SET ?1"}},
};

TEST(takes_lines_apart)
{
    char mem[400];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct cur line = cur_of(bytes_cstr(good[i].line));
        size_t n = 0;

        CHECK(at_begin(&line));
        do {
            struct at_command c;

            REQUIRE(at_next(&line, &c) == XK_OK);
            REQUIRE(n < ARRAY_LEN(good[i].want) && good[i].want[n]);
            CHECK_STR(show(&c, &b), good[i].want[n]);
            n++;
        } while (line.n > 0);
        CHECK(n == ARRAY_LEN(good[i].want) || !good[i].want[n]);
    }
}

TEST(refuses_what_is_no_command)
{
    static const char *const bad[] = {
        "+",                                /* no name */
        "+ CREG",                           /* nor here */
        "+ABCDEFGHIJKLMNOP",                /* name too long */
        "+CREG?1",                          /* more behind a read */
        "+CREG 2",                          /* neither = nor ? */
        "+X=\"abc",                         /* string without end */
        "+X=\"abc\"d",                      /* text behind a string */
        "+X=a\"b\"",                        /* string inside a value */
        "+X=1,2,3,4,5,6,7,8,9,10,11,12,13", /* too many */
        "+X=\x01",                          /* control character */
        "+X=\xC3\xA9",                      /* no ASCII outside strings */
        ";+CREG?",                          /* nothing before the separator */
        "?",
        "=1",
        "12",
        "&",
        "&1",
        "\"E\"",
        "E0?",
        "S12345678901234567=1", /* name too long */
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct cur line = cur_of(bytes_cstr(bad[i])), before = line;
        struct at_command c = {.params = 99};
        enum xk_err err = XK_OK;

        while (err == XK_OK && line.n > 0) {
            before = line;
            err = at_next(&line, &c);
        }
        if (err != XK_E_FORMAT)
            printf("# %s\n", bad[i]);
        CHECK_INT(err, XK_E_FORMAT);
        CHECK(line.p == before.p && line.n == before.n);
    }
}

TEST(refuses_a_long_line)
{
    static char text[AT_LINE_MAX + 1];
    struct cur line = cur_of(BYTES_OF(text));
    struct at_command c;

    memset(text, 'E', sizeof text);
    CHECK_INT(at_next(&line, &c), XK_E_FORMAT);
    line.n = AT_LINE_MAX;
    CHECK_OK(at_next(&line, &c));
}

TEST(begins_with_at)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {{"AT", true}, {"at+x", true}, {"aT", true},  {"A", false},
                 {"", false},  {"TA", false},  {" AT", false}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cur line = cur_of(bytes_cstr(cases[i].text));
        size_t n = line.n;

        CHECK_INT(at_begin(&line), cases[i].want);
        CHECK_INT(line.n, cases[i].want ? n - 2 : n);
    }
}

TEST(numbers)
{
    static const struct {
        const char *line;
        size_t i;
        enum xk_err err;
        long want;
    } cases[] = {
        {"+X=5", 0, XK_OK, 5},
        {"+X=-5", 0, XK_OK, -5},
        {"+X=007", 0, XK_OK, 7},
        {"+X=1,,3", 1, XK_OK, 77},
        {"+X=1,,3", 2, XK_OK, 3},
        {"+X=1", 5, XK_OK, 77},
        {"+X", 0, XK_OK, 77},
        {"E1", 0, XK_OK, 1},
        {"+X=100", 0, XK_OK, 100},
        {"+X=-100", 0, XK_OK, -100},
        {"+X=101", 0, XK_E_VALUE, 0},
        {"+X=-101", 0, XK_E_VALUE, 0},
        {"+X=12345678901", 0, XK_E_VALUE, 0},
        {"+X=\"5\"", 0, XK_E_FORMAT, 0},
        {"+X=5a", 0, XK_E_FORMAT, 0},
        {"+X=a", 0, XK_E_FORMAT, 0},
        {"+X=-", 0, XK_E_FORMAT, 0},
        {"+X=+5", 0, XK_E_FORMAT, 0},
        {"+X=1 2", 0, XK_E_FORMAT, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cur line = cur_of(bytes_cstr(cases[i].line));
        struct at_command c;
        long got = 4242;

        REQUIRE(at_next(&line, &c) == XK_OK);
        CHECK_INT(at_int(&c, cases[i].i, 77, -100, 100, &got), cases[i].err);
        CHECK_INT(got, cases[i].err == XK_OK ? cases[i].want : 4242);
    }
}

/* ---- the other end ---- */

TEST(card_link_says)
{
    static const uint8_t aid[] = {0xA0, 0x00, 0x10}, command[] = {0x81, 0xE2, 0x91, 0x00, 0x00};
    char mem[AT_LINE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    at_put_open_channel(&b, BYTES_OF(aid));
    at_put_transmit(&b, 2, BYTES_OF(command));
    at_put_close_channel(&b, 2);
    at_put_generic(&b, BYTES_OF(command));
    CHECK_STR(buf_cstr(&b), "AT+CCHO=\"A00010\"\rAT+CGLA=2,10,\"81E2910000\"\rAT+CCHC=2\r"
                            "AT+CSIM=10,\"81E2910000\"\r");
}

TEST(card_link_hears)
{
    static const struct {
        const char *text;
        enum at_result result;
        const char *apdu;
        uint8_t channel;
        bool restarted;
    } cases[] = {
        {"\r\n+CCHO: 2\r\n\r\nOK\r\n", AT_OK, "", 2, false},
        {"AT+CCHO=\"A000\"\r\r\n+CCHO: 19\r\nOK\r\n", AT_OK, "", 19, false},
        {"+CCHO: 20\r\nOK\r\n", AT_OK, "", 0, false},
        {"+CCHO: 4294967298\r\nOK\r\n", AT_OK, "", 0, false},
        {"+CGLA: 4,\"9000\"\r\nOK\r\n", AT_OK, "9000", 0, false},
        {"+CGLA: 4,9000\r\nOK\r\n", AT_OK, "9000", 0, false},
        {"+CSIM: 4,\"9000\"\r\nOK\r\n", AT_OK, "9000", 0, false},
        {"+CGLA: 4,\"90\r\nOK\r\n", AT_OK, "90", 0, false},
        {"+CGLA: 4,\"90x0\"\r\nOK\r\n", AT_OK, "", 0, false},
        {"+CGLA: 9000\r\nOK\r\n", AT_OK, "", 0, false},
        {"+CGLA: 0,\r\nOK\r\n", AT_OK, "", 0, false},
        {"\r\nERROR\r\n", AT_ERROR, "", 0, false},
        {"+CME ERROR: 13\r\n", AT_ERROR, "", 0, false},
        {"RING\r\n+CPIN: NOT READY\r\nOKAY\r\n", AT_PENDING, "", 0, true},
        {"OK", AT_PENDING, "", 0, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct at_link l = {.line_n = 0};

        at_link_begin(&l);
        for (const char *p = cases[i].text; *p; p++) /* in the smallest pieces */
            at_link_take(&l, BYTES(p, 1));
        CHECK_INT(l.result, cases[i].result);
        CHECK_HEX(BYTES(l.apdu, l.apdu_n), cases[i].apdu);
        CHECK_INT(l.channel, cases[i].channel);
        CHECK_INT(l.card_restarted, cases[i].restarted);
    }
}

TEST(card_link_bounds_what_it_hears)
{
    struct at_link l = {.line_n = 0};
    char text[3 * AT_LINE_MAX];

    memset(text, 'A', sizeof text);
    memcpy(text, "+CGLA: 600,\"", 12);
    at_link_begin(&l);
    at_link_take(&l, BYTES_OF(text));
    at_link_take(&l, BYTES_STR("\r\nOK\r\n"));
    CHECK_INT(l.result, AT_OK);
    CHECK_INT(l.apdu_n, 0);
}

TESTS_MAIN(XT_CASE(takes_lines_apart), XT_CASE(refuses_what_is_no_command),
           XT_CASE(refuses_a_long_line), XT_CASE(begins_with_at), XT_CASE(numbers),
           XT_CASE(card_link_says), XT_CASE(card_link_hears),
           XT_CASE(card_link_bounds_what_it_hears))
