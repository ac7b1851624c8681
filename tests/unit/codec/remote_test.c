/* SPDX-License-Identifier: Apache-2.0 */
/* Remote APDU format (TS 102 226 5). The compact answer 01 61 32 and the expanded one AB 07 80 01
 * 01 23 02 90 00 are what other implementations exchange with cards of the field. */
#include "codec/remote/remote.h"

#include "codec/apdu/apdu.h"
#include "xt.h"

#define ROWS 512

struct wire {
    uint8_t mem[600];
    size_t n;
};

static struct bytes hex(struct wire *w, const char *text)
{
    if (hex_decode(bytes_cstr(text), w->mem, sizeof w->mem, &w->n) != XK_OK)
        abort();
    return BYTES(w->mem, w->n);
}

struct script_case {
    const char *text;
    enum remote_format format;
    const char *commands[4]; /* until the first NULL */
    enum remote_fault fault;
};

static const struct script_case scripts[] = {
    {"00A40004023F00", REMOTE_COMPACT, {"00A40004023F00"}, REMOTE_FINE},
    {"00A40004023F0000C0000016", REMOTE_COMPACT, {"00A40004023F00", "00C0000016"}, REMOTE_FINE},
    {"00B000000A00D60000021122", REMOTE_COMPACT, {"00B000000A", "00D60000021122"}, REMOTE_FINE},
    /* Le of the last one */
    {"00A40004023F0000", REMOTE_COMPACT, {"00A40004023F0000"}, REMOTE_FINE},
    {"00A40004023F00 00A400", REMOTE_COMPACT, {"00A40004023F00"}, REMOTE_WRONG_LENGTH},
    {"00D6000003AABB", REMOTE_COMPACT, {NULL}, REMOTE_WRONG_LENGTH},
    {"AA12220700A40004022FE2220700A40004023F00",
     REMOTE_DEFINITE,
     {"00A40004022FE2", "00A40004023F00"},
     REMOTE_FINE},
    {"AE80220700A40004022FE2220500B000000A0000",
     REMOTE_INDEFINITE,
     {"00A40004022FE2", "00B000000A"},
     REMOTE_FINE},
    {"AA00", REMOTE_DEFINITE, {NULL}, REMOTE_FINE},
    {"AA09210700A40004022FE2", REMOTE_DEFINITE, {NULL}, REMOTE_UNKNOWN_TAG},
    {"AA0A220700A40004022FE2", REMOTE_DEFINITE, {NULL}, REMOTE_WRONG_LENGTH},
    {"AA08220700A40004022FE2", REMOTE_DEFINITE, {NULL}, REMOTE_WRONG_LENGTH},
    {"AA09220800A40004022FE2", REMOTE_DEFINITE, {NULL}, REMOTE_WRONG_LENGTH},
    {"AE09220700A40004022FE2", REMOTE_INDEFINITE, {NULL}, REMOTE_LENGTH_NOT_FOUND},
    {"AE80220700A40004022FE2", REMOTE_INDEFINITE, {"00A40004022FE2"}, REMOTE_WRONG_LENGTH},
    {"AE", REMOTE_INDEFINITE, {NULL}, REMOTE_LENGTH_NOT_FOUND},
};

static void no_spaces(const char *from, char *to)
{
    for (; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
}

TEST(scripts_are_read)
{
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        const struct script_case *c = &scripts[i];
        struct remote_script s;
        struct bytes command;
        char text[200];
        struct wire w;
        size_t n = 0;

        no_spaces(c->text, text);
        remote_open(hex(&w, text), &s);
        CHECK_INT(s.format, c->format);
        for (; n < ARRAY_LEN(c->commands) && c->commands[n]; n++) {
            CHECK_OK(remote_next(&s, &command));
            CHECK_HEX(command, c->commands[n]);
        }
        CHECK_INT(remote_next(&s, &command),
                  c->fault == REMOTE_FINE ? XK_E_NOT_FOUND : XK_E_FORMAT);
        CHECK_INT(s.fault, c->fault);
        /* and stays so */
        CHECK_INT(remote_next(&s, &command),
                  c->fault == REMOTE_FINE ? XK_E_NOT_FOUND : XK_E_FORMAT);
    }
}

TEST(scripts_are_written)
{
    static const char *const want[] = {"00A40004022FE200B000000A",
                                       "AA10220700A40004022FE2220500B000000A",
                                       "AE80220700A40004022FE2220500B000000A0000"};
    struct wire a, b;
    const struct bytes commands[] = {hex(&a, "00A40004022FE2"), hex(&b, "00B000000A")};
    struct buf out;

    buf_init(&out, 64);
    for (unsigned format = REMOTE_COMPACT; format <= REMOTE_INDEFINITE; format++) {
        buf_reset(&out);
        CHECK_OK(remote_put_script((enum remote_format)format, commands, 2, &out));
        CHECK_HEX(buf_bytes(&out), want[format]);
    }
    CHECK_INT(remote_put_script(REMOTE_COMPACT, commands, 0, &out), XK_E_VALUE);
    CHECK_INT(remote_put_script(REMOTE_COMPACT, commands, REMOTE_COMMANDS_MAX + 1, &out),
              XK_E_VALUE);
    buf_fini(&out);
}

struct row {
    const char *data;
    uint16_t sw;
};
struct answer_case {
    enum remote_format format;
    enum remote_fault fault;
    struct row rows[2];
    unsigned n;
    const char *want;
};

static const struct answer_case answers[] = {
    {REMOTE_COMPACT, REMOTE_FINE, {{"", 0x6132}}, 1, "016132"},
    {REMOTE_COMPACT, REMOTE_FINE, {{"AA", 0x9000}, {"BBCC", 0x9000}}, 2, "029000BBCC"},
    {REMOTE_COMPACT, REMOTE_WRONG_LENGTH, {{"", 0}}, 0, "006700"},
    {REMOTE_DEFINITE, REMOTE_FINE, {{"", 0x9000}}, 1, "AB078001012302 9000"},
    {REMOTE_DEFINITE,
     REMOTE_FINE,
     {{"AA", 0x9000}, {"", 0x6A82}},
     2,
     "AB0C8001022303AA900023026A82"},
    {REMOTE_DEFINITE, REMOTE_UNKNOWN_TAG, {{"", 0x9000}}, 1, "AB0A80010123029000900101"},
    {REMOTE_INDEFINITE, REMOTE_FINE, {{"AABB", 0x9000}}, 1, "AF808001012304AABB90000000"},
    {REMOTE_INDEFINITE, REMOTE_LENGTH_NOT_FOUND, {{"", 0}}, 0, "AF808001009001030000"},
};

static void check_read(const struct answer_case *c, struct bytes wire)
{
    const struct row *last = c->n > 0 ? &c->rows[c->n - 1] : NULL;
    struct remote_result r;

    CHECK_OK(remote_read_answer(wire, &r));
    CHECK_INT(r.format, c->format);
    CHECK_INT(r.run, c->n);
    if (last) {
        CHECK_INT(r.sw, last->sw);
        CHECK_HEX(r.data, last->data);
    }
    if (c->format != REMOTE_COMPACT)
        CHECK_INT(r.fault, c->fault);
}

TEST(answers_there_and_back)
{
    struct buf rows, out;

    buf_init(&rows, ROWS);
    buf_init(&out, ROWS);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        const struct answer_case *c = &answers[i];
        struct remote_answer a;
        char want[100];
        struct wire w;

        remote_answer_begin(&a, c->format, &rows, ROWS);
        for (unsigned k = 0; k < c->n; k++)
            remote_answer_add(&a, hex(&w, c->rows[k].data), c->rows[k].sw);
        CHECK_INT(a.run, c->n);
        buf_reset(&out);
        CHECK_OK(remote_answer_end(&a, c->fault, &out));
        no_spaces(c->want, want);
        CHECK_HEX(buf_bytes(&out), want);
        check_read(c, buf_bytes(&out));
    }
    buf_fini(&rows);
    buf_fini(&out);
}

/* As many rows as the room takes, never more: the answer is never too long. */
TEST(room_of_the_answer)
{
    static const uint8_t data[200];
    struct remote_answer a;
    struct buf rows, out;

    buf_init(&rows, 1000);
    buf_init(&out, 1000);
    for (unsigned format = REMOTE_COMPACT; format <= REMOTE_INDEFINITE; format++) {
        for (size_t n = 0; n <= sizeof data; n++) {
            remote_answer_begin(&a, (enum remote_format)format, &rows, 300);
            while (remote_answer_fits(&a, n) && a.run < REMOTE_COMMANDS_MAX)
                remote_answer_add(&a, BYTES(data, n), SW_OK);
            CHECK(a.run > 0);
            buf_reset(&out);
            CHECK_OK(remote_answer_end(&a, REMOTE_WRONG_LENGTH, &out));
            CHECK(out.n <= 300);
        }
        CHECK(!remote_answer_fits(&a, 300));
    }
    buf_fini(&rows);
    buf_fini(&out);
}

TEST(answers_that_are_none)
{
    static const char *const bad[] = {
        "",
        "01",
        "0190",
        "AB",
        "AB07800101230290",
        "AB0780010123029000FF",
        "AB042302 9000",
        "AB0680010123 0190",
        "AB06800100900100",
        "AB068001009101 01",
        "AB0C800100900101 800100900101",
        "AF8080010123029000",
        "AF80",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct remote_result r;
        char text[100];
        struct wire w;

        no_spaces(bad[i], text);
        CHECK(remote_read_answer(hex(&w, text), &r) != XK_OK);
    }
}

TEST(a_script_goes_on)
{
    static const uint16_t on[] = {0x9000, 0x9105, 0x9240, 0x6132, 0x6282, 0x63C2, 0x9F10};
    static const uint16_t off[] = {0x6A82, 0x6982, 0x9804, 0x6F00, 0x6700, 0x6C05, 0x9300};

    for (size_t i = 0; i < ARRAY_LEN(on); i++)
        CHECK(remote_goes_on(on[i]));
    for (size_t i = 0; i < ARRAY_LEN(off); i++)
        CHECK(!remote_goes_on(off[i]));
}

TESTS_MAIN(XT_CASE(scripts_are_read), XT_CASE(scripts_are_written), XT_CASE(answers_there_and_back),
           XT_CASE(room_of_the_answer), XT_CASE(answers_that_are_none), XT_CASE(a_script_goes_on))
