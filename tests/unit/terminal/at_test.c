/* SPDX-License-Identifier: Apache-2.0 */
/* Transcripts: what is typed, what comes back; '|' stands for CR LF. */
#include "base/clock.h"
#include "bench.h"

static const struct modem_config with_port = {
    .imei = "861234567890128", .imeisv = "8612345678901201", .rat = AIR_LTE, .at_port = true};
static const struct modem_config gsm_port = {
    .imei = "861234567890128", .imeisv = "8612345678901201", .rat = AIR_GSM, .at_port = true};

struct exchange {
    const char *typed, *back;
};

static void transcript(struct bench *b, const struct exchange *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int before = xt_failures;

        CHECK_STR(bench_at(b, rows[i].typed), rows[i].back);
        if (xt_failures > before)
            printf("# at: %s\n", rows[i].typed);
    }
}
#define TRANSCRIPT(b, rows) transcript(b, rows, ARRAY_LEN(rows))

static void ready(struct bench *b)
{
    bench_init(b, &with_port);
    bench_attached(b);
    bench_at(b, "ATE0\r");
}

/* V.250 */
TEST(lines)
{
    static const struct exchange rows[] = {
        {"AT\r", "|OK|"},
        {"at\r\n", "|OK|"},
        {"", ""},
        {"hello\r", ""},
        {"A", ""},
        {"T\r", "|OK|"},
        {"AXX\b\bT\r", "|OK|"},
        {"ATE0;+CMEE=2;+CMEE?\r", "|+CMEE: 2||OK|"},
        {"AT+CMEE=0\r", "|OK|"},
        {"AT+NOSUCH\r", "|ERROR|"},
        {"AT+CMEE=0;+NOSUCH;+CMEE?\r", "|ERROR|"},
        {"AT+CMEE=3\r", "|ERROR|"},
        {"AT+CMEE=1;+CMEE=3\r", "|+CME ERROR: 50|"},
        {"AT+CMEE=2;+CMEE=3\r", "|+CME ERROR: incorrect parameters|"},
        {"ATV0\r", "0\r"},
        {"AT+NOSUCH\r", "4\r"},
        {"ATV1\r", "|OK|"},
        {"ATQ1\r", ""},
        {"ATQ0\r", "|OK|"},
        {"ATE2\r", "|ERROR|"},
        {"ATE1\r", "|OK|"},
        {"AT\r", "AT\r|OK|"},
        {"ATZ\rAT\r", "ATZ\r|OK|AT\r|OK|"},
        {"AT+CMEE?\r", "AT+CMEE?\r|+CMEE: 0||OK|"},
    };
    struct bench b;

    ready(&b);
    TRANSCRIPT(&b, rows);
    bench_fini(&b);
}

TEST(identity)
{
    static const struct exchange rows[] = {
        {"ATI\r", "|xieka|xieka virtual modem|Revision: 1||OK|"},
        {"AT+CGMI\r", "|xieka||OK|"},
        {"AT+CGMM\r", "|xieka virtual modem||OK|"},
        {"AT+CGMR\r", "|1||OK|"},
        {"AT+CGMR=?\r", "|OK|"},
        {"AT+CGMR=1\r", "|ERROR|"},
        {"AT+CGSN\r", "|861234567890128||OK|"},
        {"AT+CGSN=1\r", "|+CGSN: \"861234567890128\"||OK|"},
        {"AT+CGSN=2\r", "|+CGSN: \"8612345678901201\"||OK|"},
        {"AT+CIMI\r", "|460000000000001||OK|"},
        {"AT+CCID\r", "|+CCID: 89860040120000000001||OK|"},
        {"AT+ICCID\r", "|+ICCID: 89860040120000000001||OK|"},
        {"AT+CSQ\r", "|+CSQ: 21,99||OK|"},
        {"AT+CPIN?\r", "|+CPIN: READY||OK|"},
        {"AT+CLAC=?\r", "|OK|"},
    };
    struct bench b;

    ready(&b);
    TRANSCRIPT(&b, rows);
    CHECK(strstr(bench_at(&b, "AT+CLAC\r"), "AT+CSIM|"));
    bench_fini(&b);
}

/* TS 27.007 7.2, 10.1.22 */
TEST(registration)
{
    static const struct exchange rows[] = {
        {"AT+CEREG?\r", "|+CEREG: 0,1||OK|"},
        {"AT+CGREG?\r", "|+CGREG: 0,0||OK|"},
        {"AT+CREG?\r", "|+CREG: 0,1||OK|"},
        {"AT+CEREG=2;+CEREG?\r", "|+CEREG: 2,1,\"1234\",\"00A1B2C3\",7||OK|"},
        {"AT+CREG=1\r", "|OK|"},
        {"AT+CREG=?\r", "|+CREG: (0-2)||OK|"},
        {"AT+CREG=3\r", "|ERROR|"},
        {"AT+COPS?\r", "|+COPS: 0,2,\"46000\",7||OK|"},
        {"AT+COPS=?\r", "|+COPS: (2,\"46000\",\"46000\",\"46000\",7),,(0-4),(0-2)||OK|"},
        {"AT+COPS=1,2,\"46001\"\r", "|ERROR|"},
        {"AT+COPS=1,2,\"46000\"\r", "|OK|"},
        {"AT+COPS?\r", "|+COPS: 1,2,\"46000\",7||OK|"},
        {"AT+COPS=2\r", "|+CREG: 0||+CEREG: 0||OK|"},
        {"AT+COPS?\r", "|+COPS: 2||OK|"},
        {"AT+COPS=0\r", "|+CREG: 2||+CEREG: 2||OK|"},
        {"AT+COPS=7\r", "|ERROR|"},
    };
    struct bench b;

    ready(&b);
    TRANSCRIPT(&b, rows);
    b.at_n = 0;
    bench_attach(&b);
    CHECK_STR(b.at, "|+CREG: 1||+CEREG: 1,\"1234\",\"00A1B2C3\",7|");
    b.at_n = 0;
    bench_air(&b, &(struct air_message){.type = AIR_NO_SERVICE});
    CHECK_STR(b.at, "|+CREG: 2||+CEREG: 2|");
    CHECK_STR(bench_at(&b, "AT+CSQ;+COPS=?\r"), "|+CSQ: 99,99||+COPS: ,,(0-4),(0-2)||OK|");
    bench_fini(&b);
}

/* TS 27.007 8.2 */
TEST(functionality)
{
    struct bench b;

    ready(&b);
    CHECK_STR(bench_at(&b, "AT+CFUN?\r"), "|+CFUN: 1||OK|");
    CHECK_STR(bench_at(&b, "AT+CFUN=4\r"), "|OK|");
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_STR(bench_at(&b, "AT+CIMI\r"), "|460000000000001||OK|");
    CHECK_STR(bench_at(&b, "AT+COPS=0\r"), "|ERROR|");
    CHECK_STR(bench_at(&b, "AT+CFUN=0\r"), "|OK|");
    CHECK_INT(b.offs, 1);
    CHECK_STR(bench_at(&b, "AT+CMEE=1;+CIMI\r"), "|+CME ERROR: 10|");
    CHECK_STR(bench_at(&b, "AT+CFUN?;+CPIN?\r"), "|+CFUN: 0||+CME ERROR: 10|");
    CHECK_STR(bench_at(&b, "AT+CFUN=1\r"), "|OK||+CPIN: READY|");
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    CHECK_STR(bench_at(&b, "AT+CFUN=7\r"), "|+CME ERROR: 4|");
    CHECK_STR(bench_at(&b, "AT+CFUN=16\r"), "|+CME ERROR: 50|");
    CHECK_STR(bench_at(&b, "AT+CFUN=1,1\r"), "|OK||+CPIN: READY|");
    CHECK_INT(bench_said(&b).type, AIR_DETACH_REQUEST);
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    CHECK_STR(bench_at(&b, "ATE0;+CMEE?\r"), "ATE0;+CMEE?\r|+CMEE: 0||OK|");
    CHECK_STR(bench_at(&b, "AT+CFUN=15\r"), "|OK||+CPIN: READY|");
    bench_fini(&b);
}

/* TS 27.007 8.3, 7.4, 7.5 */
TEST(pin)
{
    static const struct exchange rows[] = {
        {"ATE0\r", "ATE0\r|OK|"},
        {"AT+CMEE=1;+CPIN?\r", "|+CPIN: SIM PIN||OK|"},
        {"AT+CIMI\r", "|+CME ERROR: 11|"},
        {"AT+CPIN=\"12\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"12345678901\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"abcd\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"0000\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"0000\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"0000\"\r", "|+CME ERROR: 12|"},
        {"AT+CPIN?\r", "|+CPIN: SIM PUK||OK|"},
        {"AT+CPIN=\"1234\"\r", "|+CME ERROR: 12|"},
        {"AT+CPIN=\"11111111\",\"4321\"\r", "|+CME ERROR: 16|"},
        {"AT+CPIN=\"12345678\",\"4321\"\r", "|OK||+CPIN: READY|"},
        {"AT+CIMI\r", "|460000000000001||OK|"},
        {"AT+CPIN=\"4321\"\r", "|+CME ERROR: 3|"},
        {"AT+CLCK=\"SC\",2\r", "|+CLCK: 1||OK|"},
        {"AT+CPWD=\"SC\",\"0000\",\"5678\"\r", "|+CME ERROR: 16|"},
        {"AT+CPWD=\"SC\",\"4321\",\"5678\"\r", "|OK|"},
        {"AT+CPWD=\"P2\",\"4321\",\"5678\"\r", "|+CME ERROR: 50|"},
        {"AT+CLCK=\"SC\",0,\"5678\"\r", "|OK|"},
        {"AT+CLCK=\"SC\",2\r", "|+CLCK: 0||OK|"},
        {"AT+CLCK=\"SC\",1,\"0000\"\r", "|+CME ERROR: 16|"},
        {"AT+CLCK=\"AO\",2\r", "|+CME ERROR: 50|"},
        {"AT+CLCK=\"SC\"\r", "|+CME ERROR: 50|"},
    };
    struct bench b;

    bench_init(&b, &with_port);
    b.card.pin_enabled = 1;
    bench_power_and_cell(&b);
    CHECK_STR(b.at, "|+CPIN: SIM PIN|");
    CHECK(!bench_status(&b).card_ready);
    CHECK_INT(b.airs, 0);
    TRANSCRIPT(&b, rows);
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    bench_fini(&b);
}

TEST(pin_of_a_sim)
{
    struct bench b;

    bench_init(&b, &gsm_port);
    b.card.sim_only = true;
    b.card.pin_enabled = 1;
    bench_power_and_cell(&b);
    CHECK_STR(b.at, "|+CPIN: SIM PIN|");
    bench_at(&b, "ATE0\r");
    CHECK_STR(bench_at(&b, "AT+CPIN=\"1234\"\r"), "|OK||+CPIN: READY|");
    CHECK_INT(bench_said(&b).type, AIR_ATTACH_REQUEST);
    bench_fini(&b);
}

/* TS 27.007 8.17, 8.18 */
TEST(card_access)
{
    static const struct exchange rows[] = {
        {"AT+CSIM=14,\"00A40004023F00\"\r", "|+CSIM: 32,\"620C82027821C6069001008301019000\"||OK|"},
        {"AT+CSIM=10,\"00B0000009\"\r", "|+CSIM: 4,\"6986\"||OK|"},
        {"AT+CSIM=12,\"00B0000009\"\r", "|+CME ERROR: 50|"},
        {"AT+CSIM=6,\"00B000\"\r", "|+CME ERROR: 50|"},
        {"AT+CSIM=10,\"00B00000ZZ\"\r", "|+CME ERROR: 50|"},
        {"AT+CSIM=10\r", "|+CME ERROR: 50|"},
        {"AT+CRSM=176,28423,0,0,9\r", "|+CRSM: 144,0,\"084906000000000010\"||OK|"},
        {"AT+CRSM=176,12258,0,0,10,,\"3F00\"\r", "|+CRSM: 144,0,\"98680004210000000010\"||OK|"},
        {"AT+CRSM=176,28423,0,0,9,,\"3F007FFF\"\r", "|+CRSM: 144,0,\"084906000000000010\"||OK|"},
        {"AT+CRSM=176,28423,0,0,0\r", "|+CRSM: 144,0,\"084906000000000010\"||OK|"},
        {"AT+CRSM=178,28476,3,4,176\r", "|+CRSM: 106,131||OK|"},
        {"AT+CRSM=176,28600,0,0,1\r", "|+CRSM: 106,130||OK|"},
        {"AT+CRSM=192,28423\r", "|+CRSM: 144,0,\"620B8205422100090080020009\"||OK|"},
        {"AT+CRSM=214,28539,0,0,12,\"64F010FFFFFFFFFFFFFFFFFF\"\r", "|+CRSM: 144,0||OK|"},
        {"AT+CRSM=176,28539,0,0,12\r", "|+CRSM: 144,0,\"64F010FFFFFFFFFFFFFFFFFF\"||OK|"},
        {"AT+CRSM=214,28539,0,0,11,\"64F010FFFFFFFFFFFFFFFFFF\"\r", "|+CME ERROR: 50|"},
        {"AT+CRSM=242\r", "|+CRSM: 144,0||OK|"},
        {"AT+CRSM=32,28423\r", "|+CME ERROR: 4|"},
        {"AT+CRSM=176\r", "|+CME ERROR: 50|"},
        {"AT+CRSM=176,28423,0,0,256\r", "|+CME ERROR: 50|"},
        {"AT+CRSM=176,28423,0,0,9,,\"3F0\"\r", "|+CME ERROR: 50|"},
    };
    struct bench b;

    ready(&b);
    bench_at(&b, "AT+CMEE=1\r");
    TRANSCRIPT(&b, rows);
    CHECK_STR(bench_at(&b, "AT+CSIM=8,\"00A40000\"\r"), "|+CSIM: 4,\"6A82\"||OK|");
    bench_attach(&b); /* and AUTHENTICATE finds its directory again */
    bench_fini(&b);
}

/* TS 27.007 8.43 to 8.45 */
TEST(logical_channels)
{
    static const struct exchange rows[] = {
        {"AT+CCHO=\"A0000000871002\"\r", "|+CCHO: 1||OK|"},
        {"AT+CGLA=1,8,\"80F2000C\"\r", "|+CGLA: 4,\"9000\"||OK|"},
        {"AT+CGLA=2,8,\"80F2000C\"\r", "|+CME ERROR: 21|"},
        {"AT+CGLA=1,10,\"80F2000C\"\r", "|+CME ERROR: 50|"},
        {"AT+CCHC=1\r", "|OK|"},
        {"AT+CCHC=1\r", "|+CME ERROR: 21|"},
        {"AT+CCHO=\"A000000\"\r", "|+CME ERROR: 50|"},
        {"AT+CCHO=\"A00000008710\"\r", "|+CME ERROR: 22|"},
    };
    struct bench b;

    ready(&b);
    bench_at(&b, "AT+CMEE=1\r");
    TRANSCRIPT(&b, rows);
    bench_fini(&b);
}

/* TS 27.005 4.3 */
TEST(send)
{
    struct bench b;
    struct air_message msg;
    struct rp_message rp;

    ready(&b);
    CHECK_STR(bench_at(&b, "AT+CMGS=14\r"), "|> ");
    CHECK_STR(bench_at(&b, "0001000B916831081000F5000001AA\x1A"), "");
    msg = bench_said(&b);
    CHECK_INT(msg.type, AIR_CP_DATA);
    CHECK_OK(rp_decode(msg.rp, &rp));
    CHECK_STR(rp.destination, "+8613800100500");
    CHECK_HEX(rp.tpdu, "01000B916831081000F5000001AA");
    CHECK_STR(bench_at(&b, "AT\r"), ""); /* held until the end */
    b.at_n = 0;
    bench_rp(&b, "0300");
    CHECK_STR(b.at, "|+CMGS: 0||OK||OK|");
    bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A");
    b.at_n = 0;
    bench_rp(&b, "05010126");
    CHECK_STR(b.at, "|+CMS ERROR: 38|");
    bench_at(&b, "AT+CMGS=14\r07916831081000F501000B916831081000F5000001AA\x1A");
    b.at_n = 0;
    bench_wait(&b, 40000);
    CHECK_STR(b.at, "|+CMS ERROR: 332|");
    CHECK_STR(bench_at(&b, "AT+CMGS=14\rzz\x1B"), "|> |OK|");
    CHECK_STR(bench_at(&b, "AT+CMGS=14\r00\x1A"), "|> |+CMS ERROR: 304|");
    CHECK_STR(bench_at(&b, "AT+CMGS=14\r0000000B916831081000F5000001AA\x1A"),
              "|> |+CMS ERROR: 304|");
    CHECK_STR(bench_at(&b, "AT+CMGS=200\r"), "|+CMS ERROR: 304|");
    CHECK_STR(bench_at(&b, "AT+CSCA=\"+86138\";+CSCA?\r"), "|+CSCA: \"+86138\",145||OK|");
    CHECK_STR(bench_at(&b, "AT+CSCA=\"\"\r"), "|OK|");
    CHECK_STR(bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A"),
              "|> |+CMS ERROR: 330|");
    bench_air(&b, &(struct air_message){.type = AIR_NO_SERVICE});
    bench_at(&b, "AT+CSCA=\"+86138\"\r");
    CHECK_STR(bench_at(&b, "AT+CMGS=14\r0001000B916831081000F5000001AA\x1A"),
              "|> |+CMS ERROR: 331|");
    bench_fini(&b);
}

static void receive(struct bench *b, const char *tpdu)
{
    char rp[400];

    snprintf(rp, sizeof rp, "01010891683108100005F000%02zX%s", strlen(tpdu) / 2, tpdu);
    b->at_n = 0;
    b->at[0] = '\0';
    bench_rp(b, rp);
}

#define PLAIN "04048121430004621020304050230411223344"
#define CLASS_2 "040481214300F6621020304050230411223344"

TEST(receive_in_the_terminal)
{
    static const struct exchange rows[] = {
        {"AT+CMGL=0\r", "|+CMGL: 0,0,,19|0891683108100005F0" PLAIN "||OK|"},
        {"AT+CMGL=0\r", "|OK|"},
        {"AT+CMGL=4\r", "|+CMGL: 0,1,,19|0891683108100005F0" PLAIN "||OK|"},
        {"AT+CMGR=0\r", "|+CMGR: 1,,19|0891683108100005F0" PLAIN "||OK|"},
        {"AT+CMGR=1\r", "|+CMS ERROR: 321|"},
        {"AT+CPMS?\r", "|+CPMS: \"ME\",1,20,\"ME\",1,20,\"ME\",1,20||OK|"},
        {"AT+CMGD=0\r", "|OK|"},
        {"AT+CMGR=0\r", "|+CMS ERROR: 321|"},
        {"AT+CMGD=99\r", "|+CMS ERROR: 321|"},
        {"AT+CMGF=1\r", "|+CMS ERROR: 303|"},
        {"AT+CMGF=0;+CMGF?\r", "|+CMGF: 0||OK|"},
        {"AT+CSMS=0\r", "|+CSMS: 1,1,0||OK|"},
        {"AT+CNMI=3,1\r", "|+CMS ERROR: 303|"},
    };
    struct bench b;

    ready(&b);
    receive(&b, PLAIN);
    CHECK_STR(b.at, "");
    TRANSCRIPT(&b, rows);
    CHECK_STR(bench_at(&b, "AT+CNMI=2,1,0,0,0;+CNMI?\r"), "|+CNMI: 2,1,0,0,0||OK|");
    receive(&b, PLAIN);
    CHECK_STR(b.at, "|+CMTI: \"ME\",0|");
    bench_at(&b, "AT+CNMI=2,2\r");
    receive(&b, PLAIN);
    CHECK_STR(b.at, "|+CMT: ,19|0891683108100005F0" PLAIN "|");
    bench_at(&b, "AT+CNMI=0\r");
    b.airs = 0;
    for (int i = 0; i < 20; i++)
        receive(&b, PLAIN);
    for (int i = 0; i < 19; i++)
        bench_said(&b);
    CHECK_HEX(bench_said(&b).rp, "0401 0116 4103 00D300"); /* TS 23.040: memory capacity exceeded */
    CHECK_STR(bench_at(&b, "AT+CMGD=0,4;+CPMS=\"ME\"\r"), "|+CPMS: 0,20,0,20,0,20||OK|");
    bench_fini(&b);
}

TEST(receive_in_the_card)
{
    static const struct exchange rows[] = {
        {"AT+CPMS=\"SM\",\"SM\"\r", "|+CPMS: 1,2,1,2,1,2||OK|"},
        {"AT+CPMS?\r", "|+CPMS: \"SM\",1,2,\"SM\",1,2,\"SM\",1,2||OK|"},
        {"AT+CMGL=4\r", "|+CMGL: 1,0,,19|0891683108100005F0" CLASS_2 "||OK|"},
        {"AT+CMGL=0\r", "|OK|"},
        {"AT+CMGL=1\r", "|+CMGL: 1,1,,19|0891683108100005F0" CLASS_2 "||OK|"},
        {"AT+CMGR=1\r", "|+CMGR: 1,,19|0891683108100005F0" CLASS_2 "||OK|"},
        {"AT+CMGR=2\r", "|OK|"},
        {"AT+CMGR=3\r", "|+CMS ERROR: 321|"},
        {"AT+CMGR=0\r", "|+CMS ERROR: 321|"},
        {"AT+CMGD=1\r", "|OK|"},
        {"AT+CMGL=4\r", "|OK|"},
        {"AT+CPMS=\"MT\"\r", "|+CMS ERROR: 303|"},
    };
    struct bench b;

    ready(&b);
    bench_at(&b, "AT+CNMI=2,1\r");
    receive(&b, CLASS_2);
    CHECK_STR(b.at, "|+CMTI: \"SM\",1|");
    TRANSCRIPT(&b, rows);
    receive(&b, CLASS_2);
    receive(&b, CLASS_2);
    CHECK_STR(bench_at(&b, "AT+CMGD=1,4;+CMGL=4\r"), "|OK|");
    bench_fini(&b);
}

TEST(display_text)
{
    struct bench b;

    ready(&b);
    b.at_n = 0;
    bench_proactive(&b, "D0108103012180820281028D050458494B41");
    CHECK_STR(b.at, "|+STKTEXT: \"XIKA\"|");
    b.at_n = 0;
    bench_proactive(&b, "D0108103012180820281028D050851995361");
    CHECK_STR(b.at, "|+STKTEXT: \"\xE5\x86\x99\xE5\x8D\xA1\"|");
    bench_fini(&b);
}

/* Nothing that is typed can hurt. */
TEST(garbage)
{
    char line[3000];
    struct bench b;
    struct xk_prng prng = {7};

    ready(&b);
    memset(line, 'A', sizeof line - 2);
    line[sizeof line - 2] = '\r';
    line[sizeof line - 1] = '\0';
    CHECK_STR(bench_at(&b, line), "|ERROR|");
    CHECK_STR(bench_at(&b, "AT\r"), "|OK|");
    for (int i = 0; i < 2000; i++) {
        for (size_t k = 0; k < 200; k++)
            line[k] = (char)(1 + xk_prng_below(&prng, 255));
        line[200] = '\0';
        memcpy(line, "\x1B\rAT+C", 6);
        bench_at(&b, line);
    }
    bench_at(&b, "\x1B\rATE0Q0V1\r");
    bench_fini(&b);
}

/* What is typed behind a command that uses the card is held, 4096 characters of it. */
TEST(typed_ahead)
{
    static char line[8192];
    struct bench b;
    size_t n;

    ready(&b);
    CHECK_STR(bench_at(&b, "AT+CRSM=242\rAT+CMGL=4\rAT+CRSM=242;+CMGR=0\rAT+CMGD=0\r"),
              "|+CRSM: 144,0||OK||OK||+CRSM: 144,0||+CMS ERROR: 321||OK|");
    n = (size_t)snprintf(line, sizeof line, "AT+CRSM=242\r");
    memset(line + n, ' ', 4096);
    memcpy(line + n + 4096 - 8, "AT+CMEE?\r", 9); /* its end does not fit */
    CHECK_STR(bench_at(&b, line), "|+CRSM: 144,0||OK|");
    CHECK_STR(bench_at(&b, "\rAT\r"), "|ERROR||OK|");
    bench_fini(&b);
}

/* The card dies under a command: the port hears of it and goes on. */
TEST(card_lost_under_a_command)
{
    struct bench b;

    ready(&b);
    b.card.mute_at = 1;
    CHECK_STR(bench_at(&b, "AT+CSIM=8,\"80F2000C\";+CMEE?\rAT\r"),
              "|ERROR||+CPIN: NOT READY||OK||+CPIN: READY|");
    b.card.mute_at = 1;
    bench_at(&b, "AT+CMGS=14\r");
    bench_wait(&b, 31000);
    CHECK_STR(bench_at(&b, "\x1B"), "|OK|");
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(lines), XT_CASE(identity), XT_CASE(registration), XT_CASE(functionality),
           XT_CASE(pin), XT_CASE(pin_of_a_sim), XT_CASE(card_access), XT_CASE(logical_channels),
           XT_CASE(send), XT_CASE(receive_in_the_terminal), XT_CASE(receive_in_the_card),
           XT_CASE(display_text), XT_CASE(garbage), XT_CASE(typed_ahead),
           XT_CASE(card_lost_under_a_command))
